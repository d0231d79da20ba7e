/* SPDX-License-Identifier: MIT */
/* The table of Metal's pixel formats and their Vulkan equals. */
#ifndef TONGS_FORMAT_PIXEL_FORMAT_H
#define TONGS_FORMAT_PIXEL_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "metal/interop.h"

/* Younger than the oldest headers that Tongs is built with; a macro there would be an enumerator, so no test. */
#define VK_FORMAT_A8_UNORM_NUMBER ((VkFormat)1000470001)

enum tongs_pixel_class {
	TONGS_PIXEL_CLASS_COLOR,
	TONGS_PIXEL_CLASS_DEPTH,
	TONGS_PIXEL_CLASS_STENCIL,
	TONGS_PIXEL_CLASS_DEPTH_STENCIL,
	TONGS_PIXEL_CLASS_COMPRESSED,
	TONGS_PIXEL_CLASS_PACKED_422, /* two texels share their chroma */
};

struct tongs_pixel_format {
	const char *name; /* without the prefix MTLPixelFormat */
	MTLPixelFormat value;
	VkFormat vk_format; /* VK_FORMAT_UNDEFINED: Vulkan has no equal */
	uint8_t block_width, block_height;
	uint8_t block_bytes; /* that mean something; see tongs_pixel_format_get_block_stride */
	enum tongs_pixel_class class;
	MTLPixelFormat srgb_pair; /* the same with or without sRGB transfer function; MTLPixelFormatInvalid: none */
};

/* In the order of `value`. */
extern const struct tongs_pixel_format tongs_pixel_formats[];
extern const size_t tongs_pixel_format_count;

/* NULL for MTLPixelFormatInvalid and values that are no format. */
const struct tongs_pixel_format *tongs_pixel_format_get(MTLPixelFormat format);

/* From one block to the next in getBytes: and replaceRegion:. */
size_t tongs_pixel_format_get_block_stride(const struct tongs_pixel_format *format);

enum tongs_view_rule {
	TONGS_VIEW_NEVER,
	TONGS_VIEW_WITH_USAGE, /* of textures with MTLTextureUsagePixelFormatView */
	TONGS_VIEW_ALWAYS,
};

/* Whether a texture with `format` can be viewed with `view`. */
enum tongs_view_rule tongs_pixel_format_get_view_rule(
	const struct tongs_pixel_format *format, const struct tongs_pixel_format *view);

#endif
