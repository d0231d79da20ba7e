/* SPDX-License-Identifier: MIT */
/* What each MTLTextureType is made of, and the sizes that follow. */
#ifndef TONGS_METAL_TEXTURE_SHAPE_H
#define TONGS_METAL_TEXTURE_SHAPE_H

#include "metal/interop.h"

struct tongs_texture_kind {
	const char *name; /* without the prefix MTLTextureType */
	VkImageType image_type;
	uint8_t dimensions; /* of a level: 1, 2 or 3 */
	uint8_t faces;      /* slices of one element of the array: 6 of cubes, else 1 */
	bool array;
	bool multisample;
	bool buffer;  /* no image, but a row of texels */
	size_t limit; /* where in VkPhysicalDeviceLimits the largest extent is */
};

/* NULL for values that are no type. */
const struct tongs_texture_kind *tongs_texture_kind_get(MTLTextureType type);

/* For an `info` whose type is one: cube faces counted. */
NSUInteger tongs_texture_info_get_slice_count(const struct tongs_texture_info *info);
MTLSize tongs_texture_info_get_level_size(const struct tongs_texture_info *info, NSUInteger level);
/* What an own image of the type is created with, beside what every image of its shape has. */
VkImageCreateFlags tongs_texture_info_get_image_flags(const struct tongs_texture_info *info);

#endif
