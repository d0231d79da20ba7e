/* SPDX-License-Identifier: MIT */
/* Textures and their views. */
#ifndef TONGS_METAL_TEXTURE_H
#define TONGS_METAL_TEXTURE_H

#include "metal/buffer.h"
#include "metal/texture_shape.h"

struct tongs_texture {
	struct tongs_resource resource; /* first */
	struct tongs_texture_info info; /* resource_options as resolved */
	const struct tongs_format *format;
	NSUInteger slice_count;                /* faces of cubes counted */
	struct tongs_texture *parent;          /* a reference; NULL: not a view */
	NSUInteger parent_level, parent_slice; /* of the parent: the view's first */
	struct tongs_texture *root;            /* the texture at the end of the parents, itself if it is not a view */
	NSUInteger root_level, root_slice;     /* of the root: the view's first */
	struct tongs_buffer *buffer;           /* a reference; NULL: not over a buffer */
	struct tongs_image_shape shape;        /* of the image; .format UNDEFINED: a view, or no image */
	/* Allocated with the texture, with level_count levels; NULL: a view. */
	const struct tongs_texture_layout *layout;
	_Atomic(struct tongs_own_image *) image; /* on libtongs' own device; set once; NULL: not used yet */
};

#endif
