/* SPDX-License-Identifier: MIT */
/* What libtongs and the layer derive from the table of formats. */
#ifndef TONGS_FORMAT_FORMAT_H
#define TONGS_FORMAT_FORMAT_H

#include <tongs/format.h>

#include "util/export.h"

/* The aspects of an image's format; COLOR for a format that the table does not have. */
TONGS_INTEROP VkImageAspectFlags tongs_format_get_aspects(VkFormat format);

/* The same format of the other interface: VK_FORMAT_UNDEFINED or MTLPixelFormatInvalid where it has none. */
static inline MTLPixelFormat tongs_format_to_metal(VkFormat format) {
	const struct tongs_format *row = tongs_format_from_vk(format);
	return row ? row->mtl_format : MTLPixelFormatInvalid;
}

static inline VkFormat tongs_format_to_vk(MTLPixelFormat format) {
	const struct tongs_format *row = tongs_format_from_metal(format);
	return row ? row->vk_format : VK_FORMAT_UNDEFINED;
}

/* Whether the two are the same, or differ only in the transfer function. NULL is like no format. */
static inline bool tongs_format_is_srgb_pair(const struct tongs_format *a, const struct tongs_format *b) {
	return a && b && (a == b || a->srgb_pair == b);
}

/* A compressed block, or one texel. */
struct tongs_texel_block {
	uint8_t width, height; /* in texels */
	uint8_t bytes;
};

/* The blocks of one aspect in a VkBufferImageCopy. False for aspects that the format lacks, and for formats that the
 * table does not have. */
bool tongs_format_get_block(VkFormat format, VkImageAspectFlagBits aspect, struct tongs_texel_block *block);

/* Whether the format needs a sampler Y'CbCr conversion, and the multiples that its images' extents must be: more than 1
 * where texels share their chroma. */
bool tongs_format_get_chroma(VkFormat format, VkExtent2D *granule);

/* 1 for a format that the table does not have. */
static inline uint32_t tongs_format_count_planes(VkFormat format) {
	const struct tongs_format *row = tongs_format_from_vk(format);
	return row && row->plane_count ? row->plane_count : 1;
}

enum { TONGS_MAX_PLANES = 3 };

/* What one plane of an image is by itself: its texels, in a format that Metal has if it has one (10 and 12 bits are the
 * upper ones of 16), and how many of the image's share one of them. */
struct tongs_format_plane {
	VkFormat format;
	VkExtent2D divisor;
};

/* `plane` is less than tongs_format_count_planes. */
TONGS_INTEROP struct tongs_format_plane tongs_format_get_plane(VkFormat format, uint32_t plane);

/* The plane of a PLANE aspect, from 0 on; 0 for other aspects. */
static inline uint32_t tongs_format_get_plane_index(VkImageAspectFlags aspect) {
	return aspect < VK_IMAGE_ASPECT_PLANE_0_BIT ? 0 : (uint32_t)__builtin_ctz(aspect / VK_IMAGE_ASPECT_PLANE_0_BIT);
}

/* The aspects of a barrier on a whole image: of one with several planes, which are not disjoint, COLOR
 * (VUID-VkImageMemoryBarrier-image-01671). */
static inline VkImageAspectFlags tongs_format_get_barrier_aspects(VkFormat format) {
	return tongs_format_count_planes(format) > 1 ? (VkImageAspectFlags)VK_IMAGE_ASPECT_COLOR_BIT
						     : tongs_format_get_aspects(format);
}

/* Whether images of `format` may have views of format `view`: at least what the specification calls compatible,
 * compressed blocks seen as texels included. */
bool tongs_format_is_view(VkFormat format, VkFormat view);

enum tongs_view_rule {
	TONGS_VIEW_NEVER,
	TONGS_VIEW_WITH_USAGE, /* of textures with MTLTextureUsagePixelFormatView */
	TONGS_VIEW_ALWAYS,
};

/* Whether a Metal texture of `format` may have views of format `view`. */
enum tongs_view_rule tongs_format_get_view_rule(const struct tongs_format *format, const struct tongs_format *view);

#endif
