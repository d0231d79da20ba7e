/* SPDX-License-Identifier: MIT */
/* The whole of sharing with Metal: memory that is exported as a handle, or imported from one, and the resource in it.
 */
#ifndef TONGS_CLIENT_SHARE_H
#define TONGS_CLIENT_SHARE_H

#include "client/context.h"

/* New memory that can be exported as `type`; or, with a handle, that handle's memory. */
struct tongs_share {
	VkExternalMemoryHandleTypeFlagBits type;
	void *handle;        /* NULL: new memory */
	VkDeviceSize offset; /* where in the memory a buffer is bound; images are bound at 0 */
};

/* Whether `device` can both export such an image's memory as an MTLTexture and import it. Says nothing to the user. */
bool tongs_share_can_image(VkPhysicalDevice device, const struct tongs_context_image_info *info);

/* The same of an image of any shape. */
bool tongs_share_can_create(VkPhysicalDevice device, const VkImageCreateInfo *info);

/* A buffer in shared memory, mapped if its memory type allows it. False, with a message. */
bool tongs_share_create_buffer(const struct tongs_context *context, const struct tongs_share *share, VkDeviceSize size,
	VkBufferUsageFlags usage, struct tongs_context_buffer *buffer);

/* An image in shared memory of its own, without a view. `share` must be of type MTLTEXTURE. */
bool tongs_share_create_image(const struct tongs_context *context, const struct tongs_share *share,
	const struct tongs_context_image_info *info, struct tongs_context_image *image);

/* The same of an image of any shape, which tongs_share_can_create takes; `info` has no chain. */
bool tongs_share_create_shape(const struct tongs_context *context, const struct tongs_share *share,
	const VkImageCreateInfo *info, struct tongs_context_image *image);

/* The handle of `memory`: borrowed, valid until the memory is freed. NULL, with a message. */
void *tongs_share_export(
	const struct tongs_context *context, VkDeviceMemory memory, VkExternalMemoryHandleTypeFlagBits type);

/* Records that the queue family gives the resource to whoever else holds the memory (Metal, another device), or takes
 * it back. Images are in layout GENERAL before and after; those without
 * `aspects` are of colour. */
void tongs_share_release_image(const struct tongs_context *context, VkCommandBuffer commands, VkImage image);
void tongs_share_release_aspects(
	const struct tongs_context *context, VkCommandBuffer commands, VkImage image, VkImageAspectFlags aspects);
void tongs_share_acquire_image(const struct tongs_context *context, VkCommandBuffer commands, VkImage image);
void tongs_share_release_buffer(const struct tongs_context *context, VkCommandBuffer commands, VkBuffer buffer);
void tongs_share_acquire_buffer(const struct tongs_context *context, VkCommandBuffer commands, VkBuffer buffer);

#endif
