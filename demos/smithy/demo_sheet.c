/* SPDX-License-Identifier: MIT */
/* The contact sheet: every format in every shape, as Vulkan wrote it and as Metal reads it, side by side. */
#include "demo.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command.h"
#include "letters.h"
#include "sheet_cell.h"

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
	MAX_FORMATS = 160,
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
	struct tongs_context_buffer staging;
	struct tongs_sheet_cell *cell;
	const struct tongs_format *shared[MAX_FORMATS], *absent[MAX_FORMATS];
	uint32_t shared_count, absent_count;
	uint32_t rows; /* of each block */
};

static void draw_head(struct tongs_picture *picture) {
	draw_rectangle(picture, 0, 0, picture->width, picture->height, ground);
	tongs_letters_draw(picture, MARGIN, 20, 3, bright, "Contact sheet");
	tongs_letters_draw(picture, MARGIN + 280, 26, 2, dim,
		"in each cell: left as written by Vulkan, right as read through Metal");
	for (uint32_t block = 0; block < BLOCKS; block++) {
		uint32_t left = MARGIN + block * BLOCK_PITCH + LABEL_WIDTH;
		for (uint32_t i = 0; i < TONGS_SHEET_SHAPE_COUNT; i++)
			tongs_letters_draw(
				picture, left + i * CELL_PITCH, HEAD - 16, 1, bright, tongs_sheet_shapes[i].name);
	}
}

/* Names the formats that have no row. Draws nothing without a picture; returns how many lines that takes. */
static uint32_t draw_absent(const struct sheet *sheet, struct tongs_picture *picture, uint32_t top) {
	static const char title[] = "Not shared by this device:";
	uint32_t x = MARGIN + sizeof title * TONGS_LETTER_ADVANCE, lines = 1;

	if (picture)
		tongs_letters_draw(picture, MARGIN, top, 1, bright, title);
	for (uint32_t i = 0; i < sheet->absent_count; i++) {
		const char *name = sheet->absent[i]->mtl_name;
		uint32_t width = ((uint32_t)strlen(name) + 2) * TONGS_LETTER_ADVANCE;
		if (x + width > WIDTH - MARGIN) {
			x = MARGIN + sizeof title * TONGS_LETTER_ADVANCE;
			lines++;
		}
		if (picture)
			tongs_letters_draw(picture, x, top + (lines - 1) * LINE_PITCH, 1, dim, name);
		x += width;
	}
	return lines;
}

/* Where the device has no such image there is a dash. */
static void fill_cell(const struct tongs_context *context, struct sheet *sheet, uint32_t left, uint32_t top,
	struct tongs_demo_sheet *totals) {
	struct tongs_sheet_cell *cell = sheet->cell;

	if (!tongs_sheet_cell_is_there(context, cell)) {
		draw_rectangle(&sheet->picture, left + SQUARE - 5, top + SQUARE / 2, 11, 1, line);
		return;
	}
	if (!tongs_sheet_cell_compare(context, &sheet->staging, cell)) {
		draw_rectangle(&sheet->picture, left, top, CELL_WIDTH, SQUARE, wrong);
		totals->failed++;
		return;
	}
	draw_rectangle(&sheet->picture, left, top, CELL_WIDTH, SQUARE, cell->differing ? wrong : hollow);
	draw_rectangle(&sheet->picture, left + SQUARE, top, 1, SQUARE, line);
	tongs_sheet_cell_draw(cell, cell->written, &sheet->picture, left, top);
	tongs_sheet_cell_draw(cell, cell->read, &sheet->picture, left + SQUARE + 1, top);
	if (cell->differing)
		printf("  FAIL  %s, %s: %" PRIu64 " texels differ\n", cell->format->mtl_name, cell->shape->name,
			cell->differing);
	totals->compared++;
	totals->texels += cell->texels;
	totals->differing += cell->differing;
}

static void fill(const struct tongs_context *context, struct sheet *sheet, struct tongs_demo_sheet *totals) {
	draw_head(&sheet->picture);
	for (uint32_t row = 0; row < sheet->shared_count; row++) {
		uint32_t left = MARGIN + row / sheet->rows * BLOCK_PITCH, top = HEAD + row % sheet->rows * ROW_PITCH;
		sheet->cell->format = sheet->shared[row];
		tongs_letters_draw(&sheet->picture, left, top + (SQUARE - TONGS_LETTER_HEIGHT) / 2, 1, bright,
			sheet->cell->format->mtl_name);
		for (uint32_t j = 0; j < TONGS_SHEET_SHAPE_COUNT; j++) {
			sheet->cell->shape = &tongs_sheet_shapes[j];
			fill_cell(context, sheet, left + LABEL_WIDTH + j * CELL_PITCH, top, totals);
		}
	}
	draw_absent(sheet, &sheet->picture, HEAD + sheet->rows * ROW_PITCH + LINE_PITCH);
}

/* Finds the formats that have a row, and makes a picture of that height. */
static bool lay_out(const struct tongs_context *context, struct sheet *sheet, struct tongs_demo_sheet *totals) {
	for (const struct tongs_format *format = NULL; (format = tongs_texel_next_format(format));) {
		bool is_shared = false;
		sheet->cell->format = format;
		for (uint32_t j = 0; j < TONGS_SHEET_SHAPE_COUNT && !is_shared; j++) {
			sheet->cell->shape = &tongs_sheet_shapes[j];
			is_shared = tongs_sheet_cell_is_there(context, sheet->cell);
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
	const struct tongs_context *context = &demo->first;
	struct sheet sheet = {.cell = calloc(1, sizeof *sheet.cell)};
	char path[PATH_MAX];
	bool done = false;

	*totals = (struct tongs_demo_sheet){0};
	if (!sheet.cell)
		tongs_command_error("memory for the contact sheet ran out");
	else if (lay_out(context, &sheet, totals) &&
		 tongs_context_create_buffer(context, (VkDeviceSize)2 * TONGS_SHEET_CELL_BYTES,
			 VK_BUFFER_USAGE_TRANSFER_SRC_BIT, &sheet.staging)) {
		fill(context, &sheet, totals);
		done = tongs_demo_get_path(demo, "contact-sheet.png", path) &&
		       tongs_picture_write(&sheet.picture, path);
		printf("  %s  getBytes reads every texel that Vulkan wrote, in %u formats\n",
			totals->compared && !totals->differing && !totals->failed ? "ok  " : "FAIL", totals->formats);
		if (done)
			printf("  wrote %s\n", path);
	}
	tongs_context_destroy_buffer(context, &sheet.staging);
	tongs_picture_finish(&sheet.picture);
	free(sheet.cell);
	return done && totals->compared && !totals->differing && !totals->failed;
}
