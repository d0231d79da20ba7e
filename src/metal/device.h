/* SPDX-License-Identifier: MIT */
/* MTLDevice: one object per Vulkan device in the process, identified by device and driver UUID. */
#ifndef TONGS_METAL_DEVICE_H
#define TONGS_METAL_DEVICE_H

#include <vulkan/vulkan_core.h>

#include "metal/object.h"
#include "vulkan/own_device.h"

struct tongs_device {
	struct tongs_object object;
	struct tongs_device *next; /* in the list of devices; guarded by its lock, like the next */
	bool inherited;            /* from the parent of a fork */
	struct tongs_vk_id id;
	VkPhysicalDeviceProperties properties;
	VkPhysicalDeviceMemoryProperties memory;
	struct tongs_import_roles roles;
	_Atomic uint64_t allocated_size;               /* bytes of the payloads of its objects */
	_Atomic(struct tongs_own_device *) own_device; /* set once; NULL: not used yet */
};

/* Whether the CPU can map memory of the type. */
static inline bool tongs_device_is_host_visible(const struct tongs_device *dev, uint32_t memory_type) {
	return dev->memory.memoryTypes[memory_type].propertyFlags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT;
}

/* A reference to the device that was made first of those that live; NULL: none lives. A child of a fork leaves its
 * parent's out: their driver may wait for a thread that the child does not have. */
struct tongs_device *tongs_device_find_first(void);

/* Private to the function below: its first call. */
struct tongs_own_device *tongs_device_open_own_device(struct tongs_device *dev);

/* libtongs' own Vulkan device, borrowed; created at the first call. NULL, with an error logged, on failure. */
static inline struct tongs_own_device *tongs_device_get_own_device(struct tongs_device *dev) {
	struct tongs_own_device *own = atomic_load_explicit(&dev->own_device, memory_order_acquire);
	return own ? own : tongs_device_open_own_device(dev);
}

#endif
