/* SPDX-License-Identifier: MIT */
/* RGBA pictures in memory, text in them, and PNG files. */
#ifndef TONGS_SMITHY_PICTURE_H
#define TONGS_SMITHY_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct tongs_picture {
	uint8_t *texels; /* RGBA, rows without gaps, from the top */
	uint32_t width, height;
};

/* Allocates zeroed texels; returns false, with a message, when memory runs out. `finish` accepts a zeroed picture. */
bool tongs_picture_init(struct tongs_picture *picture, uint32_t width, uint32_t height);
void tongs_picture_finish(struct tongs_picture *picture);

static inline size_t tongs_picture_get_pitch(const struct tongs_picture *picture) {
	return (size_t)picture->width * 4;
}

/* Sets the texel (x, y), which must be inside the picture, to `rgb`: 0xRRGGBB. */
static inline void tongs_picture_set(struct tongs_picture *picture, uint32_t x, uint32_t y, uint32_t rgb) {
	uint8_t *texel = picture->texels + y * tongs_picture_get_pitch(picture) + (size_t)x * 4;

	texel[0] = (uint8_t)(rgb >> 16);
	texel[1] = (uint8_t)(rgb >> 8);
	texel[2] = (uint8_t)rgb;
	texel[3] = 255;
}

enum { TONGS_LETTER_WIDTH = 5, TONGS_LETTER_HEIGHT = 7, TONGS_LETTER_ADVANCE = TONGS_LETTER_WIDTH + 1 };

/* Writes `text` with its upper left corner at (x, y), clipped to the picture. Small letters look like capitals; a
 * character without a glyph is blank. */
void tongs_picture_draw_text(
	struct tongs_picture *picture, uint32_t x, uint32_t y, uint32_t scale, uint32_t rgb, const char *text);

/* Comparisons of all texels, alpha included, of pictures of one size. `is_close`: no component differs by more than 1.
 * `is_composed`: `both` is `under`, except for `panel`, whose upper left corner is at (left, top). */
bool tongs_picture_is_same(const struct tongs_picture *a, const struct tongs_picture *b);
bool tongs_picture_is_close(const struct tongs_picture *a, const struct tongs_picture *b);
bool tongs_picture_is_composed(const struct tongs_picture *both, const struct tongs_picture *under,
	const struct tongs_picture *panel, uint32_t left, uint32_t top);

/* Writes the colours, without alpha, to `file` as a PNG file. `effort`: to make it small, from 1 to 9. Returns false on
 * failure, without a message. */
bool tongs_picture_encode(const struct tongs_picture *picture, int effort, FILE *file);

/* Writes the colours, without alpha, to `path`. Returns false, with a message and no file left, on failure. */
bool tongs_picture_write(const struct tongs_picture *picture, const char *path);

/* Writes pictures of one size to `path` as an animated PNG file, which repeats for ever and shows each picture for so
 * many milliseconds; programs that know no animations show the first. Returns false, with a message and no file left,
 * on failure. */
bool tongs_picture_write_animation(
	const struct tongs_picture *pictures, uint32_t count, uint16_t milliseconds, const char *path);

#endif
