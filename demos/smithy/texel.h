/* SPDX-License-Identifier: MIT */
/* Colours as texels of every format that both Metal and Vulkan have. */
#ifndef TONGS_SMITHY_TEXEL_H
#define TONGS_SMITHY_TEXEL_H

#include "client/vulkan.h" /* before any other header of Vulkan */

#include <tongs/format.h>

/* The format after `format` (NULL: the first) that both have, in Metal's order, or NULL behind the last. */
static inline const struct tongs_format *tongs_texel_next_format(const struct tongs_format *format) {
	do
		format = tongs_format_next(format);
	while (format && !(format->mtl_name && format->vk_name));
	return format;
}

/* Writes the block of `format` that holds `rgba`, each from 0 to 1, as Metal packs it. Signed components run from their
 * least to their greatest value, sRGB values are stored as they are, depth is the mean of the three colours and stencil
 * the blue; a compressed block gets bytes near the colour's. */
void tongs_texel_encode(const struct tongs_format *format, const float rgba[4], void *block);

/* A colour for texel `index` of a block from tongs_texel_encode. Alpha is shown where it is the only component. Blocks
 * are not decompressed: each texel of theirs shows three bytes. */
void tongs_texel_decode(const struct tongs_format *format, const void *block, unsigned index, uint8_t rgb[3]);

#endif
