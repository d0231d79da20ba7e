/* SPDX-License-Identifier: MIT */
/* Texels of formats with depth and stencil, which Vulkan copies one aspect at a time and Metal as one. */
#ifndef TONGS_METAL_TEXTURE_DEPTH_STENCIL_H
#define TONGS_METAL_TEXTURE_DEPTH_STENCIL_H

#include "vulkan/own_image.h"
#include "metal/interop.h"

struct tongs_depth_stencil_texel;

/* NULL for formats whose texels are the image's only aspect. */
const struct tongs_depth_stencil_texel *tongs_depth_stencil_texel_get(MTLPixelFormat format);

/* Copies a region of one plane; its aspect is of no account. False, and a message that may begin with `what`, on
 * failure: then nothing of `bytes` has changed, and of an image at most the depth. */
bool tongs_depth_stencil_texel_read(const struct tongs_depth_stencil_texel *texel, struct tongs_own_image *image,
	const struct tongs_own_image_region *region, void *bytes, size_t row_pitch, const char *what);
bool tongs_depth_stencil_texel_write(const struct tongs_depth_stencil_texel *texel, struct tongs_own_image *image,
	const struct tongs_own_image_region *region, const void *bytes, size_t row_pitch, const char *what);

#endif
