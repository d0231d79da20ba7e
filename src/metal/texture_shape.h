/* SPDX-License-Identifier: MIT */
/* Texture descriptors without an object: types, sizes, Vulkan equivalents, what Metal allows, and what the driver
 * requires. */
#ifndef TONGS_METAL_TEXTURE_SHAPE_H
#define TONGS_METAL_TEXTURE_SHAPE_H

#include <tongs/metal.h>

#include "format/format.h"
#include "metal/interop.h"
#include "vulkan/own_image.h"

struct tongs_texture_kind {
	const char *name; /* without the prefix MTLTextureType */
	VkImageType image_type;
	uint8_t dimensions; /* of a level: 1, 2 or 3 */
	uint8_t faces;      /* slices per array element: 6 for cubes, else 1 */
	bool array;
	bool multisample;
	bool buffer;  /* a row of texels without an image */
	size_t limit; /* offset in VkPhysicalDeviceLimits of the largest extent */
};

/* NULL for values that are not an MTLTextureType. */
const struct tongs_texture_kind *tongs_texture_kind_get(MTLTextureType type);

/* For an `info` with a valid type. Each face of a cube is a slice. */
NSUInteger tongs_texture_info_get_slice_count(const struct tongs_texture_info *info);
static inline MTLSize tongs_texture_info_get_level_size(const struct tongs_texture_info *info, NSUInteger level) {
	NSUInteger width = info->width >> level, height = info->height >> level, depth = info->depth >> level;
	return MTLSizeMake(width ? width : 1, height ? height : 1, depth ? depth : 1);
}
/* Flags of libtongs' own image besides those that every image of its shape has. */
static inline VkImageCreateFlags tongs_texture_info_get_image_flags(const struct tongs_texture_info *info) {
	const bool cube = info->type == MTLTextureTypeCube || info->type == MTLTextureTypeCubeArray;
	return cube ? VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT : 0;
}

/* The Vulkan description of a texture; `tiling` is OPTIMAL. False, with nothing logged, if no image has it (a texture
 * buffer). */
bool tongs_texture_info_get_shape(const struct tongs_texture_info *info, struct tongs_image_shape *shape);

/* The format's row if Metal allows `info` on `device`; else NULL, with an error logged that begins with `what`, a
 * selector. Does not query the driver. */
const struct tongs_format *tongs_texture_info_check(
	const struct tongs_device *device, const struct tongs_texture_info *info, const char *what);
/* What is wrong with a swizzle, as a phrase; NULL: nothing. */
const char *tongs_texture_find_swizzle_fault(MTLTextureSwizzleChannels swizzle);

/* What a texture requires of its memory. */
struct tongs_texture_requirements {
	uint64_t size;                  /* bytes */
	uint64_t alignment;             /* bytes, a power of two */
	enum tongs_role role;           /* the kind of memory */
	uint32_t memory_types;          /* that driver memory can have */
	bool dedicated;                 /* the memory must be the image's alone */
	struct tongs_image_shape shape; /* .format UNDEFINED: a texture buffer */
	struct tongs_texture_layout layout;
};

/* Queries the driver about an `info` that passed tongs_texture_info_check. False, with an error logged, if it cannot
 * share such an image. */
bool tongs_texture_query_requirements(struct tongs_device *device, const struct tongs_texture_info *info,
	const struct tongs_format *format, struct tongs_texture_requirements *requirements);
/* The same for an image of any shape in a kind of memory that the device uses; `flags` as for
 * tongs_own_image_query_requirements. */
bool tongs_texture_query_image(struct tongs_device *device, const struct tongs_import_kind *kind,
	const struct tongs_image_shape *shape, VkImageCreateFlags flags,
	struct tongs_own_image_requirements *requirements);
/* The bytes to a multiple of which the driver rounds rows of a linear image of a colour format. 0, with an error
 * logged, if it does not round to a power of two. */
uint64_t tongs_texture_query_row_alignment(struct tongs_device *device, const struct tongs_format *format);

#endif
