/* SPDX-License-Identifier: MIT */
/* A frame, a checkered gradient, and letters five texels wide, drawn by the CPU. */
#include "panel.h"

#include <stdbool.h>
#include <string.h>

static const char text[] = "WRITTEN BY METAL";

enum { GLYPH_WIDTH = 5, GLYPH_HEIGHT = 7, ADVANCE = GLYPH_WIDTH + 1, FRAME = 4 };

/* The letters of `text`; in each row the leftmost texel is bit 4. */
static const struct {
	char letter;
	uint8_t rows[GLYPH_HEIGHT];
} glyphs[] = {
	{'A', {0x0e, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11}},
	{'B', {0x1e, 0x11, 0x11, 0x1e, 0x11, 0x11, 0x1e}},
	{'E', {0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f}},
	{'I', {0x0e, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0e}},
	{'L', {0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1f}},
	{'M', {0x11, 0x1b, 0x15, 0x15, 0x11, 0x11, 0x11}},
	{'N', {0x11, 0x19, 0x19, 0x15, 0x13, 0x13, 0x11}},
	{'R', {0x1e, 0x11, 0x11, 0x1e, 0x14, 0x12, 0x11}},
	{'T', {0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04}},
	{'W', {0x11, 0x11, 0x11, 0x15, 0x15, 0x1b, 0x11}},
	{'Y', {0x11, 0x11, 0x0a, 0x04, 0x04, 0x04, 0x04}},
};

/* Whether the text, in texels of its own font, covers (x, y). */
static bool is_ink(uint32_t x, uint32_t y) {
	uint32_t n = x / ADVANCE, column = x % ADVANCE;

	if (n >= strlen(text) || column >= GLYPH_WIDTH || y >= GLYPH_HEIGHT)
		return false;
	for (size_t i = 0; i < sizeof glyphs / sizeof *glyphs; i++)
		if (glyphs[i].letter == text[n])
			return glyphs[i].rows[y] >> (GLYPH_WIDTH - 1 - column) & 1;
	return false;
}

static void set(struct tongs_picture *picture, uint32_t x, uint32_t y, uint32_t rgb) {
	uint8_t *texel = picture->texels + y * tongs_picture_get_pitch(picture) + (size_t)x * 4;

	texel[0] = (uint8_t)(rgb >> 16);
	texel[1] = (uint8_t)(rgb >> 8);
	texel[2] = (uint8_t)rgb;
	texel[3] = 255;
}

void tongs_panel_draw(struct tongs_picture *picture) {
	const uint32_t length = (uint32_t)strlen(text) * ADVANCE - 1;
	const uint32_t width = picture->width, height = picture->height;
	uint32_t scale = width / (length + ADVANCE) ? width / (length + ADVANCE) : 1;
	uint32_t left = (width - length * scale) / 2, top = (height - GLYPH_HEIGHT * scale) / 2;

	for (uint32_t y = 0; y < height; y++) {
		for (uint32_t x = 0; x < width; x++) {
			uint32_t edge = x < y ? x : y;
			edge = edge < width - 1 - x ? edge : width - 1 - x;
			edge = edge < height - 1 - y ? edge : height - 1 - y;
			/* From deep blue to teal, lighter on every other field. */
			uint32_t light = (x / 16 + y / 16) % 2 * 10;
			uint32_t rgb = (14 + light) << 16 | (30 + light + 70 * x / width) << 8 |
				       (66 + light + 40 * y / height);
			if (edge < FRAME)
				rgb = edge < FRAME / 2 ? 0x10141c : 0xd8b56a;
			else if (x >= left && y >= top && is_ink((x - left) / scale, (y - top) / scale))
				rgb = 0xfff1cf;
			set(picture, x, y, rgb);
		}
	}
}
