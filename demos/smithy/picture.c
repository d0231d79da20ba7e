/* SPDX-License-Identifier: MIT */
/* Pictures: their texels, text in them, and PNG files by libpng. */
#include "picture.h"

#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <png.h>

#include "client/command.h"

bool tongs_picture_init(struct tongs_picture *picture, uint32_t width, uint32_t height) {
	*picture =
		(struct tongs_picture){.texels = calloc(height, (size_t)width * 4), .width = width, .height = height};
	if (picture->texels)
		return true;
	tongs_command_error("memory for a picture of %u × %u ran out", width, height);
	return false;
}

void tongs_picture_finish(struct tongs_picture *picture) {
	free(picture->texels);
	*picture = (struct tongs_picture){0};
}

/* Seven rows a letter; in each row bit 4 is the leftmost texel. */
/* clang-format off: one letter a line. */
static const struct {
	char letter;
	uint8_t rows[TONGS_LETTER_HEIGHT];
} glyphs[] = {
	{'0', {0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e}},
	{'1', {0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e}},
	{'2', {0x0e, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1f}},
	{'3', {0x1f, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0e}},
	{'4', {0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02}},
	{'5', {0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e}},
	{'6', {0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e}},
	{'7', {0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08}},
	{'8', {0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e}},
	{'9', {0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c}},
	{'A', {0x0e, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11}},
	{'B', {0x1e, 0x11, 0x11, 0x1e, 0x11, 0x11, 0x1e}},
	{'C', {0x0e, 0x11, 0x10, 0x10, 0x10, 0x11, 0x0e}},
	{'D', {0x1e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1e}},
	{'E', {0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f}},
	{'F', {0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x10}},
	{'G', {0x0e, 0x11, 0x10, 0x17, 0x11, 0x11, 0x0f}},
	{'H', {0x11, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11}},
	{'I', {0x0e, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0e}},
	{'J', {0x07, 0x02, 0x02, 0x02, 0x02, 0x12, 0x0c}},
	{'K', {0x11, 0x12, 0x14, 0x18, 0x14, 0x12, 0x11}},
	{'L', {0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1f}},
	{'M', {0x11, 0x1b, 0x15, 0x15, 0x11, 0x11, 0x11}},
	{'N', {0x11, 0x19, 0x19, 0x15, 0x13, 0x13, 0x11}},
	{'O', {0x0e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e}},
	{'P', {0x1e, 0x11, 0x11, 0x1e, 0x10, 0x10, 0x10}},
	{'Q', {0x0e, 0x11, 0x11, 0x11, 0x15, 0x12, 0x0d}},
	{'R', {0x1e, 0x11, 0x11, 0x1e, 0x14, 0x12, 0x11}},
	{'S', {0x0f, 0x10, 0x10, 0x0e, 0x01, 0x01, 0x1e}},
	{'T', {0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04}},
	{'U', {0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e}},
	{'V', {0x11, 0x11, 0x11, 0x11, 0x11, 0x0a, 0x04}},
	{'W', {0x11, 0x11, 0x11, 0x15, 0x15, 0x1b, 0x11}},
	{'X', {0x11, 0x11, 0x0a, 0x04, 0x0a, 0x11, 0x11}},
	{'Y', {0x11, 0x11, 0x0a, 0x04, 0x04, 0x04, 0x04}},
	{'Z', {0x1f, 0x01, 0x02, 0x04, 0x08, 0x10, 0x1f}},
	{'_', {0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x1f}},
	{'-', {0x00, 0x00, 0x00, 0x1f, 0x00, 0x00, 0x00}},
	{',', {0x00, 0x00, 0x00, 0x00, 0x04, 0x04, 0x08}},
	{':', {0x00, 0x04, 0x04, 0x00, 0x04, 0x04, 0x00}},
};
/* clang-format on */

/* Returns whether `text`, in texels of its own font, covers (x, y). */
static bool is_ink(const char *text, uint32_t x, uint32_t y) {
	uint32_t n = x / TONGS_LETTER_ADVANCE, column = x % TONGS_LETTER_ADVANCE;

	if (n >= strlen(text) || column >= TONGS_LETTER_WIDTH || y >= TONGS_LETTER_HEIGHT)
		return false;
	for (size_t i = 0; i < sizeof glyphs / sizeof *glyphs; i++)
		if (glyphs[i].letter == toupper((unsigned char)text[n]))
			return glyphs[i].rows[y] >> (TONGS_LETTER_WIDTH - 1 - column) & 1;
	return false;
}

void tongs_picture_draw_text(
	struct tongs_picture *picture, uint32_t x, uint32_t y, uint32_t scale, uint32_t rgb, const char *text) {
	const uint32_t width = (uint32_t)strlen(text) * TONGS_LETTER_ADVANCE * scale;

	for (uint32_t row = 0; row < TONGS_LETTER_HEIGHT * scale && y + row < picture->height; row++)
		for (uint32_t column = 0; column < width && x + column < picture->width; column++)
			if (is_ink(text, column / scale, row / scale))
				tongs_picture_set(picture, x + column, y + row, rgb);
}

bool tongs_picture_is_same(const struct tongs_picture *a, const struct tongs_picture *b) {
	return !memcmp(a->texels, b->texels, tongs_picture_get_pitch(a) * a->height);
}

bool tongs_picture_is_close(const struct tongs_picture *a, const struct tongs_picture *b) {
	const size_t size = tongs_picture_get_pitch(a) * a->height;

	for (size_t i = 0; i < size; i++)
		if (abs(a->texels[i] - b->texels[i]) > 1)
			return false;
	return true;
}

bool tongs_picture_is_composed(const struct tongs_picture *both, const struct tongs_picture *under,
	const struct tongs_picture *panel, uint32_t left, uint32_t top) {
	const size_t pitch = tongs_picture_get_pitch(both), panel_pitch = tongs_picture_get_pitch(panel);
	const size_t before = (size_t)left * 4, behind = before + panel_pitch;

	for (size_t y = 0; y < both->height; y++) {
		const uint8_t *row = both->texels + y * pitch, *old = under->texels + y * pitch;
		bool inside = y >= top && y < (size_t)top + panel->height;
		const uint8_t *middle = inside ? panel->texels + (y - top) * panel_pitch : old + before;
		if (memcmp(row, old, before) || memcmp(row + before, middle, panel_pitch) ||
			memcmp(row + behind, old + behind, pitch - behind))
			return false;
	}
	return true;
}

/* libpng leaves its calls by longjmp on errors: no local variable may change after setjmp. */
static bool encode(png_structp png, png_infop info, FILE *file, const struct tongs_picture *picture, int effort) {
	if (setjmp(png_jmpbuf(png)))
		return false;
	png_init_io(png, file);
	png_set_IHDR(png, info, picture->width, picture->height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
		PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_set_compression_level(png, effort);
	png_write_info(png, info);
	png_set_filler(png, 0, PNG_FILLER_AFTER); /* drops the alpha that follows each colour */
	for (uint32_t y = 0; y < picture->height; y++)
		png_write_row(png, picture->texels + y * tongs_picture_get_pitch(picture));
	png_write_end(png, info);
	return true;
}

bool tongs_picture_encode(const struct tongs_picture *picture, int effort, FILE *file) {
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	bool done = info && encode(png, info, file, picture, effort);

	png_destroy_write_struct(&png, &info);
	return done;
}

bool tongs_picture_write(const struct tongs_picture *picture, const char *path) {
	FILE *file = fopen(path, "wb");

	if (!file) {
		tongs_command_error("%s cannot be written: %s", path, strerror(errno));
		return false;
	}
	bool done = tongs_picture_encode(picture, 6, file);
	done = !fclose(file) && done;
	if (!done) {
		tongs_command_error("%s could not be written; is the disk full?", path);
		unlink(path);
	}
	return done;
}
