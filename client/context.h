/* SPDX-License-Identifier: MIT */
/* A Vulkan device with one queue, and the ordinary buffers, images and command buffers that the demo needs. Nothing
 * here knows of Metal but the extension's name at the creation of the device. */
#ifndef TONGS_CLIENT_CONTEXT_H
#define TONGS_CLIENT_CONTEXT_H

#include "client/vulkan.h"

struct tongs_context {
	VkPhysicalDevice physical_device;
	VkPhysicalDeviceMemoryProperties memory_properties;
	VkDevice device;
	VkQueue queue;
	uint32_t family; /* of the queue */
	VkCommandPool pool;
	PFN_vkGetMemoryMetalHandleEXT get_handle;
	PFN_vkGetMemoryMetalHandlePropertiesEXT get_handle_properties;
};

/* Memory, the resource that is bound to it, and its bytes where they are mapped. Zeroed is empty. */
struct tongs_context_buffer {
	VkBuffer buffer;
	VkDeviceMemory memory;
	VkDeviceSize size;
	void *pages; /* NULL: not host-visible */
};

struct tongs_context_image {
	VkImage image;
	VkDeviceMemory memory;
	VkImageView view;  /* may be VK_NULL_HANDLE */
	VkDeviceSize size; /* of `pages` */
	void *pages;       /* NULL: not mapped */
};

struct tongs_context_image_info {
	VkFormat format;
	VkExtent2D extent;
	VkSampleCountFlagBits samples;
	VkImageUsageFlags usage;
	VkImageAspectFlags aspect;
};

/* A device with VK_EXT_external_memory_metal and a queue for graphics and compute. False, with a message. `finish`
 * takes a zeroed or half-made context. */
bool tongs_context_init(struct tongs_context *context, VkPhysicalDevice device);
void tongs_context_finish(struct tongs_context *context);

/* The first of `bits` with `flags`, else the first of `bits`; UINT32_MAX if `bits` is 0. */
uint32_t tongs_context_pick_memory_type(
	const struct tongs_context *context, uint32_t bits, VkMemoryPropertyFlags flags);
bool tongs_context_is_mappable(const struct tongs_context *context, uint32_t memory_type);

/* Host-visible, coherent, mapped; not shared. */
bool tongs_context_create_buffer(const struct tongs_context *context, VkDeviceSize size, VkBufferUsageFlags usage,
	struct tongs_context_buffer *buffer);
/* Device-local with a view; not shared. */
bool tongs_context_create_image(const struct tongs_context *context, const struct tongs_context_image_info *info,
	struct tongs_context_image *image);
bool tongs_context_create_view(const struct tongs_context *context, const struct tongs_context_image_info *info,
	struct tongs_context_image *image);
/* Both take what is half-made, and leave it zeroed. */
void tongs_context_destroy_buffer(const struct tongs_context *context, struct tongs_context_buffer *buffer);
void tongs_context_destroy_image(const struct tongs_context *context, struct tongs_context_image *image);

/* A command buffer that records; VK_NULL_HANDLE, with a message, on failure. */
VkCommandBuffer tongs_context_begin(const struct tongs_context *context);
/* Ends `commands`, runs them, waits until they are done, and frees them in any case. */
bool tongs_context_submit(const struct tongs_context *context, VkCommandBuffer commands);

/* A barrier from everything to everything, the host included: for steps that are waited for anyway. */
void tongs_context_barrier(VkCommandBuffer commands);

#endif
