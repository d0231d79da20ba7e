/* SPDX-License-Identifier: MIT */
/* Images on libtongs' own device: what the driver requires of a shape, and copies of texels whose layout only the
 * driver knows. */
#ifndef TONGS_VULKAN_OWN_IMAGE_H
#define TONGS_VULKAN_OWN_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vulkan/image_rule.h"
#include "vulkan/own_device.h"
#include "vulkan/own_memory.h"

/* The members are private to src/vulkan. */
struct tongs_own_image {
	struct tongs_own_device *dev; /* not a reference: the caller holds one */
	struct tongs_image_shape shape;
	struct tongs_image_params params;
	VkImage image;
	bool owned_by_memory;  /* `image` ends with the caller's memory, which is dedicated to it */
	VkDeviceMemory memory; /* an import; VK_NULL_HANDLE: the caller's memory */
};

/* How many shapes' requirements a device caches at most. */
enum { TONGS_OWN_IMAGE_CACHE_SLOTS = 64 };

struct tongs_own_image_requirements {
	VkMemoryRequirements memory; /* memoryTypeBits are those that can be shared */
	VkImageTiling tiling;        /* which the image rule chose */
	VkBool32 dedicated;          /* the driver requires memory that is dedicated to the image */
	/* LINEAR tiling: the layout of layer 0 of each level, of the first plane; zero for levels that the image lacks.
	 */
	VkSubresourceLayout levels[TONGS_MAX_LEVELS];
};

/* Queries the driver, once for each recent shape. `kind` is a kind of memory that the device uses; `flags` are added to
 * the rule's own (for cubes). Returns false, with an error logged, if the driver cannot share such an image. */
bool tongs_own_image_query_requirements(struct tongs_own_device *dev, const struct tongs_import_kind *kind,
	const struct tongs_image_shape *shape, VkImageCreateFlags flags,
	struct tongs_own_image_requirements *requirements);

/* The functions that create images return NULL, with an error logged, on failure. The image holds no reference to
 * `dev`: the caller's must outlive it. */

/* Creates an image bound to new driver memory of a memory type, which is dedicated to it if the driver requires that.
 * `*memory` is the caller's to free, after the image. `*dedicated` is set. */
struct tongs_own_image *tongs_own_image_create_with_memory(struct tongs_own_device *dev,
	const struct tongs_image_shape *shape, VkImageCreateFlags flags, uint32_t memory_type,
	struct tongs_own_memory *memory, bool *dedicated);
/* Creates an image bound to `import`, `offset` bytes into it: to `existing`, if that is not VK_NULL_HANDLE, which is
 * the same memory on `dev`. An address of host pages has the device's import alignment, and `offset` the image's. The
 * memory must outlive the image. */
struct tongs_own_image *tongs_own_image_create(struct tongs_own_device *dev, const struct tongs_image_shape *shape,
	VkImageCreateFlags flags, const struct tongs_import *import, VkDeviceMemory existing, uint64_t offset);
/* `image` may be NULL. */
void tongs_own_image_destroy(struct tongs_own_image *image);

/* Whether the driver can make a level from the one above it, by linear filtering. */
bool tongs_own_image_can_downsample(const struct tongs_own_image *image);
/* Whether whole levels can be cleared. */
bool tongs_own_image_can_clear(const struct tongs_own_image *image);
/* Whether a level of one, which has several samples, can be resolved to one of the other. */
bool tongs_own_image_can_resolve(const struct tongs_own_image *from, const struct tongs_own_image *to);

/* The same for depth or stencil. Returns why not, as the end of a sentence about the driver, or NULL. */
const char *tongs_own_image_find_resolve_fault(const struct tongs_own_image *from, const struct tongs_own_image *to,
	VkImageAspectFlagBits aspect, VkResolveModeFlagBits mode);

/* One aspect of one level and layer, in texels of that aspect; at block boundaries for compressed formats. */
struct tongs_own_image_region {
	VkImageAspectFlagBits aspect;
	uint32_t level;
	uint32_t layer;
	VkOffset3D origin;
	VkExtent3D extent;
};

/* Copies between the image and bytes in the layout of VkBufferImageCopy (the depth aspect of D24 takes 32 bits a
 * texel): rows of blocks are `row_pitch` bytes apart, slices `image_pitch`. The image must be in GENERAL layout; its
 * memory may have been written by other devices and by the CPU. From any thread; returns when the copy has completed.
 * Returns false, with an error logged, on failure; `bytes` are then unchanged, unless the device was lost during a copy
 * of several chunks. */
bool tongs_own_image_read(struct tongs_own_image *image, const struct tongs_own_image_region *region, void *bytes,
	size_t row_pitch, size_t image_pitch);
bool tongs_own_image_write(struct tongs_own_image *image, const struct tongs_own_image_region *region,
	const void *bytes, size_t row_pitch, size_t image_pitch);

#endif
