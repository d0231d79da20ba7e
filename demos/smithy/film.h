/* SPDX-License-Identifier: MIT */
/* The film that Metal adds to each frame of the handshake: a strip below the picture that keeps what it saw. No command
 * of Vulkan or Metal. */
#ifndef TONGS_SMITHY_FILM_H
#define TONGS_SMITHY_FILM_H

#include "picture.h"

enum {
	TONGS_FILM_FRAMES = 12,
	TONGS_FILM_CELLS = 4,
	TONGS_FILM_PER_CELL =
		TONGS_FILM_FRAMES / TONGS_FILM_CELLS, /* frames that go to a cell; the last of them stays */
};

struct tongs_film_area {
	uint32_t left, top, width, height;
};

/* Where things are: the film in a frame; what it sees of the frame; and in the film a cell and the frame's number. */
extern const struct tongs_film_area tongs_film_in_frame, tongs_film_view, tongs_film_number;
struct tongs_film_area tongs_film_get_cell(uint32_t frame);

/* Draws the film without pictures and number. `film` has the size of tongs_film_in_frame. */
void tongs_film_draw(struct tongs_picture *film);
/* Draws a frame's number. `picture` has the size of tongs_film_number. */
void tongs_film_draw_number(struct tongs_picture *picture, uint32_t frame);

/* Copies `from` to `to`, whose upper left corner is at (left, top). */
void tongs_film_copy(const struct tongs_picture *from, const struct tongs_film_area *area, struct tongs_picture *to,
	uint32_t left, uint32_t top);

#endif
