/* SPDX-License-Identifier: MIT */
/* One cell of the contact sheet: an image of one format and shape, written by Vulkan and read through Metal. */
#ifndef TONGS_SMITHY_SHEET_CELL_H
#define TONGS_SMITHY_SHEET_CELL_H

#include "picture.h"
#include "sheet_shape.h"
#include "client/share.h"

/* As much as any cell's slices take, in Metal's packing and again in Vulkan's. */
enum { TONGS_SHEET_CELL_BYTES = 32768 };

struct tongs_sheet_cell {
	const struct tongs_format *format;
	const struct tongs_sheet_shape *shape;
	uint8_t written[TONGS_SHEET_CELL_BYTES], read[TONGS_SHEET_CELL_BYTES]; /* all slices, as Metal packs them */
	uint64_t texels, differing;
};

/* Whether the device shares such images. */
bool tongs_sheet_cell_is_there(const struct tongs_context *context, const struct tongs_sheet_cell *cell);

/* Has Vulkan write a picture into such an image by way of `staging` (TRANSFER_SRC, 2 * TONGS_SHEET_CELL_BYTES), reads
 * it through Metal and counts. False, with a message, if it could not. */
bool tongs_sheet_cell_compare(
	const struct tongs_context *context, const struct tongs_context_buffer *staging, struct tongs_sheet_cell *cell);

/* Shows `texels` (`written` or `read`) in a square of `picture` with its corner at (left, top). */
void tongs_sheet_cell_draw(const struct tongs_sheet_cell *cell, const uint8_t *texels, struct tongs_picture *picture,
	uint32_t left, uint32_t top);

#endif
