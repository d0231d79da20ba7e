/* SPDX-License-Identifier: MIT */
/* The contact sheet: every format in every shape, written by Vulkan and read by Metal, side by side. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell.h"
#include "picture.h"

static void draw_plane(const struct tongs_cell *cell, const struct tongs_sheet_slice *slice, const uint8_t *texels,
	struct tongs_picture *picture, uint32_t left, uint32_t top) {
	const struct tongs_format *format = cell->format;
	uint8_t rgb[3];

	for (uint32_t y = 0; y < slice->extent.height; y++) {
		for (uint32_t x = 0; x < slice->extent.width; x++) {
			const uint8_t *block = texels + y / format->block_height * slice->row_bytes +
					       (size_t)x / format->block_width * format->block_stride;
			unsigned index = y % format->block_height * format->block_width + x % format->block_width;
			tongs_sheet_decode_texel(format, block, index, rgb);
			for (uint32_t i = 0; i < cell->shape->stretch; i++)
				tongs_picture_set(picture, left + x, top + y * cell->shape->stretch + i,
					(uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2]);
		}
	}
}

/* Shows `texels`, the written or the read ones, in the square at (left, top). */
static void draw_texels(const struct tongs_cell *cell, const uint8_t *texels, struct tongs_picture *picture,
	uint32_t left, uint32_t top) {
	struct tongs_sheet_slice slice = {0};
	uint32_t x, y;

	while (tongs_sheet_next_slice(cell->shape, cell->format, &slice)) {
		for (uint32_t plane = 0; plane < slice.extent.depth; plane++) {
			tongs_sheet_get_place(cell->shape, &slice, plane, &x, &y);
			draw_plane(cell, &slice, texels + slice.offset + plane * slice.image_bytes, picture, left + x,
				top + y);
		}
	}
}

/* In texels of the picture: a cell is Vulkan's square, a line, and Metal's square. */
enum {
	SQUARE = TONGS_SHEET_SQUARE,
	CELL_WIDTH = 2 * SQUARE + 1,
	CELL_PITCH = CELL_WIDTH + 9,
	ROW_PITCH = SQUARE + 8,
	LABEL_WIDTH = 150,
	MARGIN = 24,
	BLOCKS = 2,
	BLOCK_PITCH = LABEL_WIDTH + TONGS_SHEET_SHAPE_COUNT * CELL_PITCH + MARGIN,
	HEAD = 84,
	LINE_PITCH = 14,
	WIDTH = MARGIN + BLOCKS * BLOCK_PITCH,
	MAX_FORMATS = 160, /* that both have */
};

static const uint32_t ground = 0x14171d, hollow = 0x1b1f27, line = 0x343b48, dim = 0x6d7686, bright = 0xfff1cf,
		      wrong = 0xff2040;

static void draw_rectangle(
	struct tongs_picture *picture, uint32_t left, uint32_t top, uint32_t width, uint32_t height, uint32_t rgb) {
	for (uint32_t y = top; y < top + height; y++)
		for (uint32_t x = left; x < left + width; x++)
			tongs_picture_set(picture, x, y, rgb);
}

struct sheet {
	struct tongs_picture picture;
	struct tongs_cell_staging staging;
	struct tongs_cell *cell;
	const struct tongs_format *shared[MAX_FORMATS], *absent[MAX_FORMATS];
	uint32_t shared_count, absent_count;
	uint32_t rows; /* of each block */
};

static void draw_head(struct tongs_picture *picture) {
	draw_rectangle(picture, 0, 0, picture->width, picture->height, ground);
	tongs_picture_draw_text(picture, MARGIN, 20, 3, bright, "Contact sheet");
	for (uint32_t block = 0; block < BLOCKS; block++) {
		uint32_t left = MARGIN + block * BLOCK_PITCH + LABEL_WIDTH;
		for (uint32_t i = 0; i < TONGS_SHEET_SHAPE_COUNT; i++)
			tongs_picture_draw_text(
				picture, left + i * CELL_PITCH, HEAD - 16, 1, bright, tongs_sheet_shapes[i].name);
	}
}

/* Lists the formats that have no row. With `picture` NULL it draws nothing. Returns the number of lines. */
static uint32_t draw_absent(const struct sheet *sheet, struct tongs_picture *picture, uint32_t top) {
	static const char title[] = "Not shared by this device:";
	uint32_t x = MARGIN + sizeof title * TONGS_LETTER_ADVANCE, lines = 1;

	if (picture)
		tongs_picture_draw_text(picture, MARGIN, top, 1, bright, title);
	for (uint32_t i = 0; i < sheet->absent_count; i++) {
		const char *name = sheet->absent[i]->mtl_name;
		uint32_t width = ((uint32_t)strlen(name) + 2) * TONGS_LETTER_ADVANCE;
		if (x + width > WIDTH - MARGIN) {
			x = MARGIN + sizeof title * TONGS_LETTER_ADVANCE;
			lines++;
		}
		if (picture)
			tongs_picture_draw_text(picture, x, top + (lines - 1) * LINE_PITCH, 1, dim, name);
		x += width;
	}
	return lines;
}

/* Draws one cell: both squares, a dash if the device has no such image, or red if something went wrong. */
static void fill_cell(const struct tongs_demo *demo, struct sheet *sheet, uint32_t left, uint32_t top,
	struct tongs_demo_sheet *totals) {
	struct tongs_cell *cell = sheet->cell;

	if (!tongs_cell_can_share(&demo->first, cell)) {
		draw_rectangle(&sheet->picture, left + SQUARE - 5, top + SQUARE / 2, 11, 1, line);
		return;
	}
	if (!tongs_cell_compare(demo, &sheet->staging, cell)) {
		draw_rectangle(&sheet->picture, left, top, CELL_WIDTH, SQUARE, wrong);
		totals->failed++;
		return;
	}
	draw_rectangle(&sheet->picture, left, top, CELL_WIDTH, SQUARE, cell->differing ? wrong : hollow);
	draw_rectangle(&sheet->picture, left + SQUARE, top, 1, SQUARE, line);
	draw_texels(cell, cell->written, &sheet->picture, left, top);
	draw_texels(cell, cell->read, &sheet->picture, left + SQUARE + 1, top);
	if (cell->differing) {
		char text[256];
		snprintf(text, sizeof text, "%s, %s: %" PRIu64 " texels differ", cell->format->mtl_name,
			cell->shape->name, cell->differing);
		tongs_demo_check(&(struct tongs_demo_row){0}, false, text);
	}
	totals->compared++;
	totals->imported += cell->is_private;
	totals->texels += cell->texels;
	totals->differing += cell->differing;
}

static void fill(const struct tongs_demo *demo, struct sheet *sheet, struct tongs_demo_sheet *totals) {
	draw_head(&sheet->picture);
	for (uint32_t row = 0; row < sheet->shared_count; row++) {
		uint32_t left = MARGIN + row / sheet->rows * BLOCK_PITCH, top = HEAD + row % sheet->rows * ROW_PITCH;
		sheet->cell->format = sheet->shared[row];
		tongs_picture_draw_text(&sheet->picture, left, top + (SQUARE - TONGS_LETTER_HEIGHT) / 2, 1, bright,
			sheet->cell->format->mtl_name);
		for (uint32_t j = 0; j < TONGS_SHEET_SHAPE_COUNT; j++) {
			sheet->cell->shape = &tongs_sheet_shapes[j];
			fill_cell(demo, sheet, left + LABEL_WIDTH + j * CELL_PITCH, top, totals);
		}
	}
	draw_absent(sheet, &sheet->picture, HEAD + sheet->rows * ROW_PITCH + LINE_PITCH);
	tongs_picture_draw_text(&sheet->picture, MARGIN + 280, 26, 2, dim,
		totals->imported ? "in each cell: left as written by Vulkan, right as read through Metal, or its "
				   "handle if Private"
				 : "in each cell: left as written by Vulkan, right as read through Metal");
}

/* Finds the formats that get a row, and makes a picture high enough. */
static bool lay_out(const struct tongs_context *context, struct sheet *sheet, struct tongs_demo_sheet *totals) {
	for (const struct tongs_format *format = NULL; (format = tongs_sheet_next_format(format));) {
		bool is_shared = false;
		sheet->cell->format = format;
		for (uint32_t j = 0; j < TONGS_SHEET_SHAPE_COUNT && !is_shared; j++) {
			sheet->cell->shape = &tongs_sheet_shapes[j];
			is_shared = tongs_cell_can_share(context, sheet->cell);
		}
		assert(sheet->shared_count + sheet->absent_count < MAX_FORMATS);
		if (is_shared)
			sheet->shared[sheet->shared_count++] = format;
		else
			sheet->absent[sheet->absent_count++] = format;
	}
	totals->formats = sheet->shared_count;
	sheet->rows = (totals->formats + BLOCKS - 1) / BLOCKS;
	return tongs_picture_init(&sheet->picture, WIDTH,
		HEAD + sheet->rows * ROW_PITCH + (draw_absent(sheet, NULL, 0) + 1) * LINE_PITCH + MARGIN);
}

bool tongs_demo_sheet(const struct tongs_demo *demo, struct tongs_demo_sheet *totals) {
	struct sheet sheet = {.cell = calloc(1, sizeof *sheet.cell)};
	char path[PATH_MAX];
	bool done = false;

	*totals = (struct tongs_demo_sheet){0};
	if (!sheet.cell)
		tongs_command_error("memory for the contact sheet ran out");
	else if (lay_out(&demo->first, &sheet, totals) && tongs_cell_staging_init(demo, &sheet.staging)) {
		fill(demo, &sheet, totals);
		done = tongs_demo_get_path(demo, "contact-sheet.png", path) &&
		       tongs_picture_write(&sheet.picture, path);
		char text[256];
		snprintf(text, sizeof text, "getBytes%s reads every texel that Vulkan wrote, in %u formats",
			totals->imported ? ", or an import where the texture is Private," : "", totals->formats);
		tongs_demo_check(
			&(struct tongs_demo_row){0}, totals->compared && !totals->differing && !totals->failed, text);
		if (done)
			printf("  wrote %s\n", path);
	}
	tongs_cell_staging_finish(demo, &sheet.staging);
	tongs_picture_finish(&sheet.picture);
	free(sheet.cell);
	return done && totals->compared && !totals->differing && !totals->failed;
}
