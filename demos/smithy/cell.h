/* SPDX-License-Identifier: MIT */
/* A cell of the contact sheet: one format in one shape, written by Vulkan and read by Metal. */
#ifndef TONGS_SMITHY_CELL_H
#define TONGS_SMITHY_CELL_H

#include "demo.h"
#include "sheet_image.h"

/* The most bytes that the slices of a cell take; a staging buffer has twice as many. */
enum { TONGS_CELL_BYTES = 32768 };

struct tongs_cell {
	const struct tongs_format *format;
	const struct tongs_sheet_shape *shape;
	uint8_t written[TONGS_CELL_BYTES], read[TONGS_CELL_BYTES]; /* all slices, as Metal packs them */
	uint64_t texels, differing;
	bool is_private; /* Metal's calls refuse; `read` is from an import of the handle */
};

/* What a cell's texels pass through: a buffer of each device of the demo. */
struct tongs_cell_staging {
	struct tongs_context_buffer first, second;
};

/* Returns false after a message. `finish` accepts a zeroed or half-made staging. */
bool tongs_cell_staging_init(const struct tongs_demo *demo, struct tongs_cell_staging *staging);
void tongs_cell_staging_finish(const struct tongs_demo *demo, struct tongs_cell_staging *staging);

/* Returns whether the device shares such images. */
bool tongs_cell_can_share(const struct tongs_context *context, const struct tongs_cell *cell);

/* Paints such an image on the CPU, writes it by Vulkan on the first device, reads it by getBytes: or, if the texture is
 * Private, by the second device's import of its handle, and counts the texels that differ from the painted ones.
 * Returns false, with a message, if the image cannot be created, written or read. */
bool tongs_cell_compare(
	const struct tongs_demo *demo, const struct tongs_cell_staging *staging, struct tongs_cell *cell);

#endif
