/* SPDX-License-Identifier: MIT */
/* Textures, and what a driver makes of a texture descriptor. */
#ifndef TONGS_METAL_TEXTURE_H
#define TONGS_METAL_TEXTURE_H

#include "gpu/gpu.h"
#include "metal/buffer.h"
#include "metal/pixel_format.h"

struct tongs_texture {
	struct tongs_resource resource; /* first */
	struct tongs_texture_info info; /* resource_options as resolved */
	const struct tongs_pixel_format *format;
	struct tongs_subresource_layout layout; /* level 0, slice 0 */
	struct tongs_buffer *buffer;            /* a reference; NULL: the texture is not over a buffer */
	NSUInteger buffer_offset;
};

/* What a texture needs as linear texels in host pages. */
struct tongs_texture_needs {
	uint64_t size;
	uint64_t alignment;
	struct tongs_subresource_layout layout;
};

/* The format's row if `device` can make a texture with `info`; else NULL, and a message that begins with `what`. */
const struct tongs_pixel_format *tongs_texture_check_info(
	const struct tongs_device *device, const struct tongs_texture_info *info, const char *what);
/* What the driver says of a checked `info`. False, and a message, when it cannot share such an image. */
bool tongs_texture_query_needs(struct tongs_device *device, const struct tongs_texture_info *info,
	const struct tongs_pixel_format *format, struct tongs_texture_needs *needs);
/* The bytes to which the driver rounds rows of a colour format; 0, and a message, when it rounds in no such way. */
uint64_t tongs_texture_query_row_alignment(struct tongs_device *device, const struct tongs_pixel_format *format);

#endif
