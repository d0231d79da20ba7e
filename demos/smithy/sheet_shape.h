/* SPDX-License-Identifier: MIT */
/* The shapes of images on the contact sheet, and where in a square each of their texels is shown. */
#ifndef TONGS_SMITHY_SHEET_SHAPE_H
#define TONGS_SMITHY_SHEET_SHAPE_H

#include "texel.h"

enum { TONGS_SHEET_SHAPE_COUNT = 11, TONGS_SHEET_SQUARE = 32 };

struct tongs_sheet_shape {
	const char *name;
	VkImageType type;
	VkExtent3D extent;
	uint32_t levels, layers;
	VkImageCreateFlags flags;
	uint8_t columns;          /* of layers, or of a 3D level's planes */
	uint8_t pitch_x, pitch_y; /* from one to the next */
	uint8_t top;              /* of the first */
	uint8_t stretch;          /* rows that each row of texels is shown on */
	bool is_cross, is_below;  /* a cube unfolded; smaller levels lie below, not beside, the first */
};

extern const struct tongs_sheet_shape tongs_sheet_shapes[TONGS_SHEET_SHAPE_COUNT];

/* One level of one layer, or of the whole of a 3D image, in bytes as getBytes: gives them. */
struct tongs_sheet_slice {
	uint32_t level, layer;
	VkExtent3D extent;
	size_t offset; /* behind all slices before it */
	size_t row_bytes, image_bytes, size;
};

/* An image of the shape that Vulkan can fill by copies. */
VkImageCreateInfo tongs_sheet_shape_get_info(const struct tongs_sheet_shape *shape, const struct tongs_format *format);

/* Steps `slice` to the next one, or to the first when it is zeroed; false behind the last. */
bool tongs_sheet_shape_next(
	const struct tongs_sheet_shape *shape, const struct tongs_format *format, struct tongs_sheet_slice *slice);

/* The corner of a slice's plane in the square. */
void tongs_sheet_shape_place(const struct tongs_sheet_shape *shape, const struct tongs_sheet_slice *slice,
	uint32_t plane, uint32_t *x, uint32_t *y);

#endif
