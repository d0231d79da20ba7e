/* SPDX-License-Identifier: MIT */
/* libtongs' own Vulkan: which devices can share memory, and what their driver needs for buffers; for images see
 * image.h.
 *
 * Drivers are loaded at the first call that needs them, and called without the Vulkan loader (driver.h), so everything
 * may be called inside any command of Vulkan's, as from any thread. One VkInstance serves all devices of a driver; a
 * VkDevice is made at the first layout query. Both go a while after the last user has let go, in a thread of the module
 * (reaper.h), which is gone when nothing is left for it to do, and when exit() comes to the driver. What fails has told
 * why in a message.
 *
 * In the child of a fork the devices are those of the parent, and stay. It may let go of them and end; whether it can
 * do more is up to the driver, whose threads it lacks, and up to what the other threads were doing with Vulkan. */
#ifndef TONGS_VULKAN_OWN_DEVICE_H
#define TONGS_VULKAN_OWN_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

#include "util/export.h"
#include "vulkan/id.h"

/* A physical device that has VK_EXT_external_memory_host. There is one of each id, which all users share. */
struct tongs_own_device;

struct tongs_physical_device_info {
	struct tongs_vk_id id;
	VkPhysicalDeviceProperties properties;
	VkPhysicalDeviceMemoryProperties memory;
	VkPhysicalDeviceFeatures features;
	VkDeviceSize max_allocation_size;    /* VkPhysicalDeviceMaintenance3Properties::maxMemoryAllocationSize */
	VkDeviceSize host_pointer_alignment; /* minImportedHostPointerAlignment */
	bool has_format_features2;           /* VkFormatProperties3 */
};

/* Writes up to `capacity` devices to `gpus`, each the caller's, in the order of vkEnumeratePhysicalDevices, and returns
 * how many there are: those of installed drivers, which the Vulkan loader would list in an instance of its own. */
size_t tongs_own_device_new_all(struct tongs_own_device **gpus, size_t capacity);
/* The device whose id is `id`; NULL when there is none. */
struct tongs_own_device *tongs_own_device_new_from_id(const struct tongs_vk_id *id);
/* The first device whose deviceUUID is `uuid`, whatever its driver; NULL when there is none. */
struct tongs_own_device *tongs_own_device_new_from_uuid(const uint8_t uuid[VK_UUID_SIZE]);
/* The same, and why it is NULL. */
VkResult tongs_own_device_find(const struct tongs_vk_id *id, struct tongs_own_device **gpu);
/* A user less; without any, it keeps its VkDevice for a while, for the next. NULL is fine. */
void tongs_own_device_unref(struct tongs_own_device *gpu);

const struct tongs_physical_device_info *tongs_own_device_get_info(const struct tongs_own_device *gpu);

/* What a shared buffer of `size` bytes needs, whatever it will be used for (buffer_rule.h). False when the driver
 * cannot import one. */
bool tongs_own_device_query_buffer_requirements(
	struct tongs_own_device *gpu, VkDeviceSize size, VkMemoryRequirements *requirements);

/* Memory types that take host pages. 0 on failure. */
uint32_t tongs_own_device_get_host_memory_types(struct tongs_own_device *gpu);

/* Whether the driver lets images of OPTIMAL tiling lie in host pages. One that requires dedicated allocations of them
 * does not. Makes the own device at the first call. When it cannot be made, VK_ERROR_OUT_OF_HOST_MEMORY or
 * VK_ERROR_OUT_OF_DEVICE_MEMORY: without the answer two images of one shape could come to be different. */
TONGS_INTEROP VkResult tongs_own_device_query_optimal_import(const struct tongs_vk_id *id, bool *takes);

/* Whether the driver knows host pages by the CPU's addresses, whatever VkDevice imports them, as software drivers do:
 * then vkGetBufferDeviceAddress can be told without asking. Makes a device at the first call. */
bool tongs_own_device_addresses_are_pointers(struct tongs_own_device *gpu);

#endif
