/* SPDX-License-Identifier: MIT */
/* Device caps that take a VkDevice to query. They are cached for the process, because own devices come and go and the
 * layer needs some of them in queries. Private to src/vulkan. */
#ifndef TONGS_VULKAN_CAPS_H
#define TONGS_VULKAN_CAPS_H

#include <stdatomic.h>
#include <stdint.h>

#include "vulkan/physical_device.h"
#include "vulkan/vk.h"

enum tongs_tristate { TONGS_TRISTATE_UNKNOWN, TONGS_TRISTATE_NO, TONGS_TRISTATE_YES };

struct tongs_own_caps {
	struct tongs_vk_id id;             /* constant, like `next` */
	struct tongs_own_caps *next;       /* in the list of all caps */
	atomic_uint page_types;            /* memory types of imported host pages; 0: unknown */
	atomic_int addresses_are_pointers; /* enum tongs_tristate: see tongs_own_device_addresses_are_pointers */
};

/* Returns the caps of a device, or NULL if tongs_own_caps_get has not been called for it. Lock-free, from any thread.
 */
struct tongs_own_caps *tongs_own_caps_lookup(const struct tongs_vk_id *id);
/* Returns the caps of a device, created with everything unknown, valid to the end of the process. NULL when memory runs
 * out. */
struct tongs_own_caps *tongs_own_caps_get(const struct tongs_vk_id *id);

/* Queries page_types with a VkDevice of the physical device, unless they are known or it imports none. On failure they
 * stay unknown. */
VkResult tongs_own_caps_query_pages(
	struct tongs_own_caps *caps, const struct tongs_physical_device *physical, const struct tongs_vk_device *vkd);

/* Queries addresses_are_pointers with a VkDevice created for this, because it requires a feature that no other VkDevice
 * here needs. On failure it stays unknown. */
VkResult tongs_own_caps_query_addresses(struct tongs_own_caps *caps, const struct tongs_physical_device *physical);

#endif
