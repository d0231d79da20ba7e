/* SPDX-License-Identifier: MIT */
/* Images on libtongs' own Vulkan device: what the driver needs for a shape, and texels of layouts that only it knows.
 */
#ifndef TONGS_VULKAN_OWN_IMAGE_H
#define TONGS_VULKAN_OWN_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vulkan/image_rule.h"
#include "vulkan/own_device.h"

/* What the driver says of an image. */
struct tongs_own_image_requirements {
	VkMemoryRequirements requirements;
	VkImageTiling tiling; /* underneath */
	/* LINEAR: of layer 0 of each level. The last levels of an image with fewer are zero. */
	VkSubresourceLayout levels[TONGS_MAX_LEVELS];
};

/* False, and a message, when the driver cannot share such an image. `flags` are beside the rule's own (a cube's).
 * Called for every texture that Metal makes, so what a shape needs is remembered. */
bool tongs_own_image_query_requirements(struct tongs_own_device *gpu, const struct tongs_image_shape *shape,
	VkImageCreateFlags flags, struct tongs_own_image_requirements *needs);

/* An image of a shape on the own device, bound to the caller's host pages from `offset` on: `pages` has the device's
 * import alignment, `offset` the image's. The pages must live as long as it, and the
 * caller use `gpu` as long. NULL, and a message, on failure. */
struct tongs_own_image *tongs_own_image_create(struct tongs_own_device *gpu, const struct tongs_image_shape *shape,
	VkImageCreateFlags flags, void *pages, uint64_t pages_size, uint64_t offset);
/* NULL is fine. */
void tongs_own_image_destroy(struct tongs_own_image *image);

/* Texels of one aspect of one level and layer; block formats in texels, at block boundaries. */
struct tongs_own_image_region {
	VkImageAspectFlagBits aspect;
	uint32_t level;
	uint32_t layer;
	VkOffset3D origin;
	VkExtent3D extent;
};

/* Copies between the image and bytes that lie as VkBufferImageCopy has it (a depth aspect of D24 in 32 bits): rows of
 * blocks `row_pitch` apart, planes `image_pitch` apart. Returns when it is done. Whatever was written to the pages
 * before is seen and kept: the image is taken as left in GENERAL by somebody outside. From any thread. False, and a
 * message, on failure; then nothing of `bytes` has changed, unless the device was lost in the middle of megabytes. */
bool tongs_own_image_read(struct tongs_own_image *image, const struct tongs_own_image_region *region, void *bytes,
	size_t row_pitch, size_t image_pitch);
bool tongs_own_image_write(struct tongs_own_image *image, const struct tongs_own_image_region *region,
	const void *bytes, size_t row_pitch, size_t image_pitch);

#endif
