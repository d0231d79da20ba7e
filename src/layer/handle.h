/* SPDX-License-Identifier: MIT */
/* Handle types and the kinds of objects that they stand for. */
#ifndef TONGS_LAYER_HANDLE_H
#define TONGS_LAYER_HANDLE_H

#include "layer/objects.h"

/* TONGS_KIND_NONE for everything but exactly one Metal handle type. */
enum tongs_kind tongs_handle_type_kind(VkExternalMemoryHandleTypeFlags type);

/* A handle of `memory` with its kind in the low bits: the note beside its entry in the map. Not 0. */
uintptr_t tongs_handle_note(const struct tongs_layer_memory *memory);

#endif
