/* SPDX-License-Identifier: MIT */
/* Textures, and what a driver makes of a texture descriptor. */
#ifndef TONGS_METAL_TEXTURE_H
#define TONGS_METAL_TEXTURE_H

#include "vulkan/own_image.h"
#include "metal/buffer.h"
#include "format/format.h"
#include "metal/texture_shape.h"

struct tongs_texture {
	struct tongs_resource resource; /* first */
	struct tongs_texture_info info; /* resource_options as resolved */
	const struct tongs_format *format;
	struct tongs_texture *parent;          /* a reference; NULL: not a view */
	NSUInteger parent_level, parent_slice; /* the view's first in the parent */
	struct tongs_buffer *buffer;           /* a reference; NULL: not over a buffer */
	struct tongs_image_shape shape;        /* of the image underneath; .format UNDEFINED: none, or a view */
	/* Behind the struct, as long as its levels; NULL: a view. */
	const struct tongs_texture_layout *layout;
	_Atomic(struct tongs_own_image *) image; /* constant once it is there; NULL: not needed yet */
};

/* What a texture needs in host pages. */
struct tongs_texture_requirements {
	uint64_t size;
	uint64_t alignment;
	struct tongs_image_shape shape; /* .format UNDEFINED: a texture buffer */
	struct tongs_texture_layout layout;
};

/* A new texture at `site` with the fields of `model` between resource and image, which are borrowed, or copied;
 * format and resource_options are filled in. NULL, and a message that begins with `what`, when memory runs out; the
 * site is then abandoned. */
struct tongs_texture *tongs_texture_create(
	const struct tongs_placement *site, const struct tongs_texture *model, const char *what);

/* The texture that a view, or a view of a view, shows; and what it shows first of it. */
struct tongs_texture *tongs_texture_get_root(
	const struct tongs_texture *texture, NSUInteger *first_level, NSUInteger *first_slice);

/* The format's row if `device` can make a texture with `info`; else NULL, and a message that begins with `what`. What
 * only the driver knows is not asked. */
const struct tongs_format *tongs_texture_check_info(
	const struct tongs_device *device, const struct tongs_texture_info *info, const char *what);
/* What is wrong, as a phrase, or NULL. */
const char *tongs_texture_find_swizzle_fault(MTLTextureSwizzleChannels swizzle);
/* What the driver says of a checked `info`. False, and a message, when it cannot share such an image. */
bool tongs_texture_query_requirements(struct tongs_device *device, const struct tongs_texture_info *info,
	const struct tongs_format *format, struct tongs_texture_requirements *needs);
/* The bytes to which the driver rounds rows of a colour format; 0, and a message, when it rounds in no such way. */
uint64_t tongs_texture_query_row_alignment(struct tongs_device *device, const struct tongs_format *format);

#endif
