/* SPDX-License-Identifier: MIT */
/* A Vulkan device with one queue, and ordinary buffers, images and command buffers. Functions that return false have
 * printed a message. */
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

/* A resource and the memory that is bound to it. Zeroed: none. */
struct tongs_context_buffer {
	VkBuffer buffer;
	VkDeviceMemory memory;
	VkDeviceSize size;
	void *pages; /* mapped; NULL: not host-visible */
};

struct tongs_context_image {
	VkImage image;
	VkDeviceMemory memory;
	VkImageView view;  /* may be VK_NULL_HANDLE */
	VkDeviceSize size; /* of `pages` */
	void *pages;       /* mapped; NULL: not mapped */
};

struct tongs_context_image_info {
	VkFormat format;
	VkExtent2D extent;
	VkSampleCountFlagBits samples;
	VkImageUsageFlags usage;
	VkImageAspectFlags aspect;
};

/* Creates a device with VK_EXT_external_memory_metal, with extension `optional` (may be NULL) if the driver has it, and
 * a queue for graphics and compute. `finish` accepts a zeroed or half-made context. */
bool tongs_context_init(struct tongs_context *context, VkPhysicalDevice device, const char *optional);
/* The same with a list of extensions, VK_EXT_external_memory_metal among them, and a chain of features, or NULL. */
bool tongs_context_init_with(struct tongs_context *context, VkPhysicalDevice device, const char *const *extensions,
	uint32_t extension_count, const void *features);
void tongs_context_finish(struct tongs_context *context);

/* Returns the first memory type of `bits` with all `flags`, else the first of `bits`; UINT32_MAX if `bits` is 0. */
uint32_t tongs_context_pick_memory_type(
	const struct tongs_context *context, uint32_t bits, VkMemoryPropertyFlags flags);
/* Returns whether the memory type is host-visible and coherent. */
bool tongs_context_is_mappable(const struct tongs_context *context, uint32_t memory_type);

/* A 2D image of one level and layer, OPTIMAL. */
VkImageCreateInfo tongs_context_get_create_info(const struct tongs_context_image_info *info);

/* Creates a buffer in host-visible, coherent, mapped memory; not shared. */
bool tongs_context_create_buffer(const struct tongs_context *context, VkDeviceSize size, VkBufferUsageFlags usage,
	struct tongs_context_buffer *buffer);
/* Creates an image in device-local memory, with a view; not shared. */
bool tongs_context_create_image(const struct tongs_context *context, const struct tongs_context_image_info *info,
	struct tongs_context_image *image);
bool tongs_context_create_view(const struct tongs_context *context, const struct tongs_context_image_info *info,
	struct tongs_context_image *image);
/* Both accept half-made resources and leave them zeroed. */
void tongs_context_destroy_buffer(const struct tongs_context *context, struct tongs_context_buffer *buffer);
void tongs_context_destroy_image(const struct tongs_context *context, struct tongs_context_image *image);

/* Returns a command buffer in recording state; VK_NULL_HANDLE after a message. */
VkCommandBuffer tongs_context_begin(const struct tongs_context *context);
/* Ends and submits `commands`, waits for them, and frees them, also on failure. */
bool tongs_context_submit(const struct tongs_context *context, VkCommandBuffer commands);

/* Records a barrier from everything to everything, the host included. */
void tongs_context_barrier(VkCommandBuffer commands);
/* Takes a new image to layout GENERAL, for every command that follows. */
void tongs_context_begin_image(VkCommandBuffer commands, VkImage image, VkImageAspectFlags aspects);

/* Returns the handle of `memory`: borrowed, valid until the memory is freed. NULL after a message. */
void *tongs_context_export(
	const struct tongs_context *context, VkDeviceMemory memory, VkExternalMemoryHandleTypeFlagBits type);

#endif
