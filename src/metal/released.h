/* SPDX-License-Identifier: MIT */
/* A bounded memory of handles that were live once, so that a message can say what a dead one was. */
#ifndef TONGS_METAL_RELEASED_H
#define TONGS_METAL_RELEASED_H

#include <stdbool.h>

#include "metal/interop.h"
#include "metal/label.h"
#include "metal/object.h"

struct tongs_released {
	enum tongs_kind kind;
	enum tongs_cause cause;
	char label[48]; /* cut to fit; empty: none */
};

/* `object` lost its last reference. Takes no lock. */
void tongs_released_note(const struct tongs_object *object, enum tongs_cause cause);
/* Its label, if it has one, before it is freed; after the note, in the same thread. */
void tongs_released_note_label(const struct tongs_object *object, const struct tongs_label *label);

/* What was at `address` lately; false if nothing is known. What it points to is not touched; a live object may be there
 * again. */
bool tongs_released_find(const void *address, struct tongs_released *released);

/* "an MTLBuffer `label' that …: …", which says how it ended and how to mend it. */
void tongs_released_describe(const struct tongs_released *released, char *text, size_t size);

/* Tells that `handle` was given to `function`, if it is a dead one. */
void tongs_released_warn(const void *handle, const char *function);

#endif
