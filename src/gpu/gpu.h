/* SPDX-License-Identifier: MIT */
/* libtongs' own Vulkan: which devices can share memory, and how their driver lays out images and buffers.
 *
 * Vulkan is loaded at the first call that needs it. One VkInstance serves all devices of this module; a VkDevice is
 * made at the first layout query. One of each UUID is kept for the next to ask when nobody uses it any more. Everything
 * may be called from any thread. What fails has told why in a message. */
#ifndef TONGS_GPU_GPU_H
#define TONGS_GPU_GPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

/* A physical device that has VK_EXT_external_memory_host. */
struct tongs_gpu;

struct tongs_gpu_info {
	uint8_t uuid[VK_UUID_SIZE];
	VkPhysicalDeviceProperties properties;
	VkPhysicalDeviceMemoryProperties memory;
	VkPhysicalDeviceFeatures features;
	VkDeviceSize max_allocation_size;    /* VkPhysicalDeviceMaintenance3Properties::maxMemoryAllocationSize */
	VkDeviceSize host_pointer_alignment; /* minImportedHostPointerAlignment */
};

/* What decides an image's layout; usage and flags follow from it. */
struct tongs_gpu_image_shape {
	VkFormat format;
	VkImageType type;
	VkExtent3D extent;
	uint32_t levels;
	uint32_t layers;
	VkSampleCountFlagBits samples;
	VkImageTiling tiling;
};

/* The create info of a shape, with the struct that is chained to it. Not to be moved or copied. */
struct tongs_gpu_image_create_info {
	VkImageCreateInfo info;
	VkExternalMemoryImageCreateInfo external;
};

struct tongs_gpu_image_layout {
	VkMemoryRequirements requirements;
	VkSubresourceLayout subresource; /* level 0, layer 0 of a LINEAR image */
};

/* Writes up to `capacity` devices to `gpus`, each the caller's, in the order of vkEnumeratePhysicalDevices, and returns
 * how many there are. */
size_t tongs_gpu_create_all(struct tongs_gpu **gpus, size_t capacity);
/* The device whose UUID is `uuid`; NULL when there is none. */
struct tongs_gpu *tongs_gpu_create(const uint8_t uuid[VK_UUID_SIZE]);
/* Keeps it for the next to ask for its UUID. Calls nothing of Vulkan then, and so may be used where the loader's lock
 * is held. NULL is fine. */
void tongs_gpu_destroy(struct tongs_gpu *gpu);

const struct tongs_gpu_info *tongs_gpu_get_info(const struct tongs_gpu *gpu);

/* The one create info of all images of a shape, whoever makes them: two images with the same one have the same layout.
 * `features` are the format's for the shape's tiling. Calls nothing. */
void tongs_gpu_image_create_info_init(struct tongs_gpu_image_create_info *create_info,
	const struct tongs_gpu_image_shape *shape, VkFormatFeatureFlags features);

/* False when the driver cannot import such an image from host pages. */
bool tongs_gpu_query_image(
	struct tongs_gpu *gpu, const struct tongs_gpu_image_shape *shape, struct tongs_gpu_image_layout *layout);

/* What the driver asks for a buffer of `size` bytes that is only copied from and to: no buffer of that size needs
 * less. False when it cannot import one. */
bool tongs_gpu_query_buffer(struct tongs_gpu *gpu, VkDeviceSize size, VkMemoryRequirements *requirements);

/* Memory types that take host pages. 0 on failure. */
uint32_t tongs_gpu_get_host_memory_types(struct tongs_gpu *gpu);

/* True in a thread that is inside one of this module's calls into Vulkan. */
bool tongs_gpu_is_own_call(void);

#endif
