/* SPDX-License-Identifier: MIT */
/* A frame, a checkered gradient, and a line of text, drawn by the CPU. */
#include "panel.h"

#include <string.h>

#include "letters.h"

static const char text[] = "WRITTEN BY METAL";

enum { FRAME = 4 };

void tongs_panel_draw(struct tongs_picture *picture) {
	const uint32_t length = (uint32_t)strlen(text) * TONGS_LETTER_ADVANCE - 1;
	const uint32_t width = picture->width, height = picture->height;
	uint32_t scale = width / (length + TONGS_LETTER_ADVANCE) ? width / (length + TONGS_LETTER_ADVANCE) : 1;
	uint32_t left = (width - length * scale) / 2, top = (height - TONGS_LETTER_HEIGHT * scale) / 2;

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
			else if (x >= left && y >= top &&
				 tongs_letters_is_ink(text, (x - left) / scale, (y - top) / scale))
				rgb = 0xfff1cf;
			tongs_picture_set(picture, x, y, rgb);
		}
	}
}
