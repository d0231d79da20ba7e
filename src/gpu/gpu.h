/* SPDX-License-Identifier: MIT */
/* libtongs' own Vulkan: which devices can share memory, and what their driver needs for buffers; for images see
 * image.h.
 *
 * Vulkan is loaded at the first call that needs it. One VkInstance serves all devices of this module; a VkDevice is
 * made at the first layout query. Both go a while after the last user has let go, in a thread of the module (reaper.h),
 * which is gone when nothing is left for it to do, and when exit() comes to the driver. Everything may be called from
 * any thread. What fails has told why in a message.
 *
 * In the child of a fork the devices are those of the parent, and stay. It may let go of them and end; whether it can
 * do more is up to the driver, whose threads it lacks, and up to what the other threads were doing with Vulkan. */
#ifndef TONGS_GPU_GPU_H
#define TONGS_GPU_GPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

#include "base/export.h"
#include "gpu/id.h"

/* A physical device that has VK_EXT_external_memory_host. There is one of each id, which all users share. */
struct tongs_gpu;

struct tongs_gpu_info {
	struct tongs_gpu_id id;
	VkPhysicalDeviceProperties properties;
	VkPhysicalDeviceMemoryProperties memory;
	VkPhysicalDeviceFeatures features;
	VkDeviceSize max_allocation_size;    /* VkPhysicalDeviceMaintenance3Properties::maxMemoryAllocationSize */
	VkDeviceSize host_pointer_alignment; /* minImportedHostPointerAlignment */
	bool has_format_features2;           /* VkFormatProperties3 */
};

/* Writes up to `capacity` devices to `gpus`, each the caller's, in the order of vkEnumeratePhysicalDevices, and returns
 * how many there are. */
size_t tongs_gpu_create_all(struct tongs_gpu **gpus, size_t capacity);
/* The device whose id is `id`; NULL when there is none. */
struct tongs_gpu *tongs_gpu_create(const struct tongs_gpu_id *id);
/* The first device whose deviceUUID is `uuid`, whatever its driver; NULL when there is none. */
struct tongs_gpu *tongs_gpu_create_from_uuid(const uint8_t uuid[VK_UUID_SIZE]);
/* The same, and why it is NULL: VK_SUCCESS when there is no such device. */
VkResult tongs_gpu_find(const struct tongs_gpu_id *id, struct tongs_gpu **gpu);
/* A user less; without any, it keeps its VkDevice for a while, for the next. Calls no command for which the loader
 * holds its lock, so it may be called inside one. NULL is fine. */
void tongs_gpu_destroy(struct tongs_gpu *gpu);

const struct tongs_gpu_info *tongs_gpu_get_info(const struct tongs_gpu *gpu);

/* What a shared buffer of `size` bytes needs, whatever it will be used for (buffer_rule.h). False when the driver
 * cannot import one. */
bool tongs_gpu_query_buffer(struct tongs_gpu *gpu, VkDeviceSize size, VkMemoryRequirements *requirements);

/* Memory types that take host pages. 0 on failure. */
uint32_t tongs_gpu_get_host_memory_types(struct tongs_gpu *gpu);

/* Whether the driver lets images of OPTIMAL tiling lie in host pages. Makes the own device at the first call: not for
 * use inside the commands for which the loader holds its lock. `*takes` is false when there can be no such device. When
 * it cannot be made now, VK_ERROR_OUT_OF_HOST_MEMORY or VK_ERROR_OUT_OF_DEVICE_MEMORY: without the answer two images of
 * one shape could come to be different. */
TONGS_INTEROP VkResult tongs_gpu_takes_optimal(const struct tongs_gpu_id *id, bool *takes);

/* Whether the driver knows host pages by the CPU's addresses, whatever VkDevice imports them, as software drivers do:
 * then vkGetBufferDeviceAddress can be told without asking. Makes a device at the first call, and not for use inside
 * the commands for which the loader holds its lock. */
bool tongs_gpu_addresses_are_pointers(struct tongs_gpu *gpu);

/* True in a thread that is inside one of this module's calls into Vulkan. */
bool tongs_gpu_is_own_call(void);

#endif
