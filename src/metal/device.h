/* SPDX-License-Identifier: MIT */
/* The device object: one for each Vulkan device in the process, told apart by device and driver UUID. */
#ifndef TONGS_METAL_DEVICE_H
#define TONGS_METAL_DEVICE_H

#include <vulkan/vulkan_core.h>

#include "vulkan/own_device.h"
#include "metal/object.h"

struct tongs_device {
	struct tongs_object object;
	struct tongs_device *next; /* in the list of devices, guarded by its lock */
	struct tongs_vk_id id;
	VkPhysicalDeviceProperties properties;
	VkPhysicalDeviceMemoryProperties memory;
	_Atomic uint64_t allocated_size; /* of the payloads that its objects account */
	_Atomic(struct tongs_own_device *) gpu; /* constant once it is there; NULL: not needed yet */
};

/* Tongs' own Vulkan device: borrowed, made at the first call. NULL, and a message, when there is none. */
struct tongs_own_device *tongs_device_get_own_device(struct tongs_device *device);

#endif
