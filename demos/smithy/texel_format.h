/* SPDX-License-Identifier: MIT */
/* Metal's pixel formats with a Vulkan equal, and colours as texels of each. */
#ifndef TONGS_SMITHY_TEXEL_FORMAT_H
#define TONGS_SMITHY_TEXEL_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "client/vulkan.h" /* first: without prototypes */

#include <tongs/format.h>

enum tongs_texel_kind {
	TONGS_TEXEL_UNORM, /* sRGB too: its codes are what a PNG holds */
	TONGS_TEXEL_SNORM,
	TONGS_TEXEL_UINT,
	TONGS_TEXEL_SINT,
	TONGS_TEXEL_FLOAT,
	TONGS_TEXEL_SHARED, /* floats with one exponent */
	TONGS_TEXEL_BLOCK,  /* compressed */
};

struct tongs_texel_format {
	const char *name; /* without the prefix MTLPixelFormat */
	MTLPixelFormat metal;
	VkFormat vulkan;
	const char *vulkan_name;                        /* without the prefix VK_FORMAT_ */
	uint8_t block_width, block_height, block_bytes; /* block_bytes: from one block to the next in getBytes: */
	enum tongs_texel_kind kind;
	const char *layout; /* channels with their bits, the lowest first: "b5g6r5", "d24s8"; NULL: compressed */
};

extern const struct tongs_texel_format tongs_texel_formats[];
enum { TONGS_TEXEL_FORMAT_COUNT = 128 };

/* COLOR, or DEPTH, STENCIL or both. */
VkImageAspectFlags tongs_texel_get_aspects(const struct tongs_texel_format *format);

/* Writes the block of `format` that holds `rgba`, each from 0 to 1. Signed channels run from their least to their
 * greatest value, depth is the light and stencil the blue; a compressed block gets bytes that lean to the colour. */
void tongs_texel_encode(const struct tongs_texel_format *format, const float rgba[4], void *block);

/* A colour for texel `index` of a block, as tongs_texel_encode writes it: alpha is shown where it is alone, and of a
 * compressed block, which is not decompressed, each texel shows three bytes. */
void tongs_texel_decode(const struct tongs_texel_format *format, const void *block, unsigned index, uint8_t rgb[3]);

#endif
