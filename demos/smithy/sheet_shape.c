/* SPDX-License-Identifier: MIT */
/* The contact sheet's table of shapes, one row each. */
#include "sheet_shape.h"

#define CUBE VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT

/* clang-format off: one row a line. */
const struct tongs_sheet_shape tongs_sheet_shapes[TONGS_SHEET_SHAPE_COUNT] = {
	{"1D", VK_IMAGE_TYPE_1D, {32, 1, 1}, 1, 1, 0, 1, 0, 0, 0, 32, false, false},
	{"1D array", VK_IMAGE_TYPE_1D, {32, 1, 1}, 1, 4, 0, 1, 0, 8, 0, 8, false, false},
	{"2D", VK_IMAGE_TYPE_2D, {32, 32, 1}, 1, 1, 0, 1, 0, 0, 0, 1, false, false},
	{"2D mips", VK_IMAGE_TYPE_2D, {20, 32, 1}, 4, 1, 0, 1, 0, 0, 0, 1, false, false},
	{"2D array", VK_IMAGE_TYPE_2D, {15, 15, 1}, 1, 4, 0, 2, 17, 17, 0, 1, false, false},
	{"array mips", VK_IMAGE_TYPE_2D, {20, 15, 1}, 3, 2, 0, 1, 0, 17, 0, 1, false, false},
	{"cube", VK_IMAGE_TYPE_2D, {8, 8, 1}, 1, 6, CUBE, 4, 8, 8, 4, 1, true, false},
	{"cube mips", VK_IMAGE_TYPE_2D, {10, 10, 1}, 4, 6, CUBE, 3, 11, 16, 0, 1, false, true},
	{"cube array", VK_IMAGE_TYPE_2D, {7, 7, 1}, 1, 12, CUBE, 4, 8, 8, 4, 1, false, false},
	{"3D", VK_IMAGE_TYPE_3D, {15, 15, 4}, 1, 1, 0, 2, 17, 17, 0, 1, false, false},
	{"3D mips", VK_IMAGE_TYPE_3D, {10, 16, 4}, 3, 1, 0, 2, 10, 16, 0, 1, false, false},
};
/* clang-format on */

VkImageCreateInfo tongs_sheet_shape_get_info(const struct tongs_sheet_shape *shape, const struct tongs_format *format) {
	return (VkImageCreateInfo){
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.flags = shape->flags,
		.imageType = shape->type,
		.format = format->vk_format,
		.extent = shape->extent,
		.mipLevels = shape->levels,
		.arrayLayers = shape->layers,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
	};
}

static uint32_t at_level(uint32_t size, uint32_t level) {
	return size >> level ? size >> level : 1;
}

bool tongs_sheet_shape_next(
	const struct tongs_sheet_shape *shape, const struct tongs_format *format, struct tongs_sheet_slice *slice) {
	struct tongs_sheet_slice next = {
		.offset = slice->offset + slice->size, .level = slice->level, .layer = slice->layer};

	if (slice->size && ++next.level == shape->levels) {
		next.level = 0;
		next.layer++;
	}
	if (next.layer == shape->layers)
		return false;
	next.extent = (VkExtent3D){at_level(shape->extent.width, next.level),
		at_level(shape->extent.height, next.level), at_level(shape->extent.depth, next.level)};
	next.row_bytes =
		(size_t)(next.extent.width + format->block_width - 1) / format->block_width * format->block_stride;
	next.image_bytes = next.row_bytes * ((next.extent.height + format->block_height - 1) / format->block_height);
	next.size = next.image_bytes * next.extent.depth;
	*slice = next;
	return true;
}

void tongs_sheet_shape_place(const struct tongs_sheet_shape *shape, const struct tongs_sheet_slice *slice,
	uint32_t plane, uint32_t *x, uint32_t *y) {
	/* +X, -X, +Y, -Y, +Z, -Z around +Z. */
	static const uint8_t cross[6][2] = {{2, 1}, {0, 1}, {1, 0}, {1, 2}, {1, 1}, {3, 1}};
	const bool is_3d = shape->type == VK_IMAGE_TYPE_3D;
	const uint32_t n = is_3d ? plane : slice->layer, shrink = is_3d ? slice->level : 0;
	uint32_t column = n % shape->columns, row = n / shape->columns;

	if (shape->is_cross) {
		column = cross[n][0];
		row = cross[n][1];
	}
	*x = column * (shape->pitch_x >> shrink);
	*y = shape->top + row * (shape->pitch_y >> shrink);
	if (!slice->level)
		return;
	if (shape->is_below)
		*y += shape->extent.height + 1;
	else
		*x += (is_3d ? shape->pitch_x * shape->columns : shape->extent.width) + 1u;
	for (uint32_t level = 1; level < slice->level; level++)
		if (shape->is_below)
			*x += at_level(shape->extent.width, level) + 1;
		else
			*y += at_level(shape->extent.height, level) + 1;
}
