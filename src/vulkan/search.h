/* SPDX-License-Identifier: MIT */
/* Looks for physical devices that can share memory, among those of all drivers. Private to src/gpu. */
#ifndef TONGS_VULKAN_SEARCH_H
#define TONGS_VULKAN_SEARCH_H

#include <stddef.h>

#include "vulkan/own_device.h"
#include "vulkan/order.h"
#include "vulkan/vk.h"

struct tongs_physical_device {
	const struct tongs_vk *vk; /* valid as long as there is a user of Vulkan */
	VkPhysicalDevice physical;
	struct tongs_physical_device_info info;
	struct tongs_rank rank;
};

/* Both are for users of Vulkan, see vk.h. */

/* The devices of all installed drivers, each id once, in the Vulkan loader's order; `*found` is the caller's to free
 * with tongs_free. None, and a message, when memory runs out, or when there is none because a driver fails. */
size_t tongs_physical_device_list(struct tongs_physical_device **found);

/* The first device with these UUIDs; `driver_uuid` may be NULL, for any. Otherwise VK_ERROR_INITIALIZATION_FAILED, or
 * what a driver failed with, and then a message: that it isn't there now doesn't mean that there is none. */
VkResult tongs_physical_device_find(
	const uint8_t device_uuid[VK_UUID_SIZE], const uint8_t *driver_uuid, struct tongs_physical_device *found);

#endif
