/* SPDX-License-Identifier: MIT */
/* RGBA pictures in memory, and as PNG files. */
#ifndef TONGS_SMITHY_PICTURE_H
#define TONGS_SMITHY_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tongs_picture {
	uint8_t *texels; /* RGBA, rows without gaps, from the top */
	uint32_t width, height;
};

/* Zeroed texels; false, with a message, when memory runs out. `finish` takes a zeroed one. */
bool tongs_picture_init(struct tongs_picture *picture, uint32_t width, uint32_t height);
void tongs_picture_finish(struct tongs_picture *picture);

static inline size_t tongs_picture_get_pitch(const struct tongs_picture *picture) {
	return (size_t)picture->width * 4;
}

/* `rgb`: 0xRRGGBB; inside the picture. */
static inline void tongs_picture_set(struct tongs_picture *picture, uint32_t x, uint32_t y, uint32_t rgb) {
	uint8_t *texel = picture->texels + y * tongs_picture_get_pitch(picture) + (size_t)x * 4;

	texel[0] = (uint8_t)(rgb >> 16);
	texel[1] = (uint8_t)(rgb >> 8);
	texel[2] = (uint8_t)rgb;
	texel[3] = 255;
}

/* Writes the colours, without alpha, to `path`. False, with a message; no half-written file stays. */
bool tongs_picture_write(const struct tongs_picture *picture, const char *path);

#endif
