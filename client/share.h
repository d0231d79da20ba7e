/* SPDX-License-Identifier: MIT */
/* Sharing with Metal: exporting memory as a handle, importing it, and the resource in it. Functions that return false
 * have printed a message, except the queries. */
#ifndef TONGS_CLIENT_SHARE_H
#define TONGS_CLIENT_SHARE_H

#include "client/context.h"

/* How to get memory: allocate it for export as `type`, or import `handle`. */
struct tongs_share {
	VkExternalMemoryHandleTypeFlagBits type;
	void *handle;        /* NULL: export */
	VkDeviceSize offset; /* where buffers are bound; images are bound at 0 */
	bool device_local;   /* prefer device-local memory to host-visible memory */
};

/* Returns whether queries about the format are valid: it is in the core of the device's and the instance's version.
 * Devices of this room enable no extension for a format. */
bool tongs_share_has_format(VkPhysicalDevice device, VkFormat format);

/* Returns whether such an image's memory can be both exported as an MTLTexture and imported. Prints nothing. */
bool tongs_share_can_image(VkPhysicalDevice device, const struct tongs_context_image_info *info);

/* The same for any image. */
bool tongs_share_can_create(VkPhysicalDevice device, const VkImageCreateInfo *info);

/* Creates a buffer in shared memory, mapped if its memory type is mappable. */
bool tongs_share_create_buffer(const struct tongs_context *context, const struct tongs_share *share, VkDeviceSize size,
	VkBufferUsageFlags usage, struct tongs_context_buffer *buffer);

/* The same in one of the memory types whose bits are in `memory_types`. */
bool tongs_share_create_buffer_in(const struct tongs_context *context, const struct tongs_share *share,
	uint32_t memory_types, VkDeviceSize size, VkBufferUsageFlags usage, struct tongs_context_buffer *buffer);

/* Creates an image in dedicated shared memory, without a view. `share` must be of type MTLTEXTURE. */
bool tongs_share_create_image(const struct tongs_context *context, const struct tongs_share *share,
	const struct tongs_context_image_info *info, struct tongs_context_image *image);

/* The same for any image that tongs_share_can_create accepts. `info->pNext` must be NULL. */
bool tongs_share_create_shape(const struct tongs_context *context, const struct tongs_share *share,
	const VkImageCreateInfo *info, struct tongs_context_image *image);

/* The same in one of the memory types whose bits are in `memory_types`, and for handles of any type. As MTLTEXTURE or
 * with `dedicated`, the memory is for the image alone. */
bool tongs_share_create_shape_in(const struct tongs_context *context, const struct tongs_share *share,
	uint32_t memory_types, bool dedicated, const VkImageCreateInfo *info, struct tongs_context_image *image);

/* Record an ownership transfer to VK_QUEUE_FAMILY_EXTERNAL (Metal or another device), or back. Images stay in layout
 * GENERAL. Without `aspects`: colour. */
void tongs_share_release_image(const struct tongs_context *context, VkCommandBuffer commands, VkImage image);
void tongs_share_release_aspects(
	const struct tongs_context *context, VkCommandBuffer commands, VkImage image, VkImageAspectFlags aspects);
void tongs_share_acquire_image(const struct tongs_context *context, VkCommandBuffer commands, VkImage image);
void tongs_share_acquire_aspects(
	const struct tongs_context *context, VkCommandBuffer commands, VkImage image, VkImageAspectFlags aspects);
void tongs_share_release_buffer(const struct tongs_context *context, VkCommandBuffer commands, VkBuffer buffer);
void tongs_share_acquire_buffer(const struct tongs_context *context, VkCommandBuffer commands, VkBuffer buffer);

#endif
