/* SPDX-License-Identifier: MIT */
/* What was learned of a device and does not change. It stays when the device goes: to learn it takes a VkDevice, and
 * the layer asks for it in queries. Private to src/gpu. */
#ifndef TONGS_VULKAN_CAPS_H
#define TONGS_VULKAN_CAPS_H

#include <stdatomic.h>
#include <stdint.h>

#include "vulkan/id.h"

enum tongs_tristate { TONGS_TRISTATE_UNKNOWN, TONGS_TRISTATE_NO, TONGS_TRISTATE_YES };

struct tongs_own_caps {
	struct tongs_vk_id id;
	struct tongs_own_caps *next;       /* constant, as the id */
	atomic_uint host_memory_types;     /* that take host pages; 0: unknown */
	atomic_int optimal_import;         /* an answer: OPTIMAL images can lie in host pages */
	atomic_int addresses_are_pointers; /* an answer: tongs_own_device_addresses_are_pointers */
};

/* From any thread, and without a lock. NULL: nobody has called tongs_own_caps_get with that id. */
struct tongs_own_caps *tongs_own_caps_lookup(const struct tongs_vk_id *id);
/* The facts of that device, all unknown at first; valid to the end of the process. NULL when memory runs out. */
struct tongs_own_caps *tongs_own_caps_get(const struct tongs_vk_id *id);

#endif
