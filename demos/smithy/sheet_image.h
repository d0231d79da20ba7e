/* SPDX-License-Identifier: MIT */
/* The images of the contact sheet: their shapes, their texels as Metal packs them, and where a square shows each of
 * them. No command of Vulkan or Metal. */
#ifndef TONGS_SMITHY_SHEET_IMAGE_H
#define TONGS_SMITHY_SHEET_IMAGE_H

#include "client/vulkan.h" /* before any other header of Vulkan */

#include <tongs/format.h>

/* Returns the format after `format` (NULL: the first) that both Metal and Vulkan have, in Metal's order. NULL: none is
 * left. */
static inline const struct tongs_format *tongs_sheet_next_format(const struct tongs_format *format) {
	do
		format = tongs_format_next(format);
	while (format && !(format->mtl_name && format->vk_name));
	return format;
}

enum { TONGS_SHEET_SHAPE_COUNT = 11, TONGS_SHEET_SQUARE = 32 };

struct tongs_sheet_shape {
	const char *name;
	VkImageType type;
	VkExtent3D extent;
	uint32_t levels, layers;
	VkImageCreateFlags flags;
	/* How the square shows it: layers, or the planes of a 3D level, in columns and rows. */
	uint8_t columns;
	uint8_t pitch_x, pitch_y; /* from one to the next */
	uint8_t top;              /* y of the first */
	uint8_t stretch;          /* rows of the picture for each row of texels */
	bool is_cross;            /* the faces of a cube, unfolded; `columns` is not used */
	bool is_below;            /* smaller levels lie below the first, not beside it */
};

extern const struct tongs_sheet_shape tongs_sheet_shapes[TONGS_SHEET_SHAPE_COUNT];

/* One level of one layer, or of a whole 3D image, as getBytes: packs it. */
struct tongs_sheet_slice {
	uint32_t level, layer;
	VkExtent3D extent;
	size_t offset; /* of the slice, when all slices lie one behind the other */
	size_t row_bytes, image_bytes, size;
};

/* Returns how to create an image of the shape that Vulkan can fill by copies. */
VkImageCreateInfo tongs_sheet_get_image_info(const struct tongs_sheet_shape *shape, const struct tongs_format *format);

/* Advances a zeroed `slice` to the first one, any other to the next. Returns false behind the last. */
bool tongs_sheet_next_slice(
	const struct tongs_sheet_shape *shape, const struct tongs_format *format, struct tongs_sheet_slice *slice);

/* Finds where the square shows the upper left corner of a slice's plane. */
void tongs_sheet_get_place(const struct tongs_sheet_shape *shape, const struct tongs_sheet_slice *slice, uint32_t plane,
	uint32_t *x, uint32_t *y);

/* Writes the block of `format` that holds `rgba`, each from 0 to 1, as Metal packs it. Signed components run from their
 * least to their greatest value, sRGB values are stored as they are, depth is the mean of the three colours and stencil
 * the blue; a compressed block gets bytes near the colour's. */
void tongs_sheet_encode_texel(const struct tongs_format *format, const float rgba[4], void *block);

/* A colour for texel `index` of a block from tongs_sheet_encode_texel. Alpha is shown where it is the only component.
 * Blocks are not decompressed: each texel of theirs shows three bytes. */
void tongs_sheet_decode_texel(const struct tongs_format *format, const void *block, unsigned index, uint8_t rgb[3]);

#endif
