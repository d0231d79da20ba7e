/* SPDX-License-Identifier: MIT */
/* How the film looks, and where its parts are. */
#include "film.h"

#include <string.h>

enum { WIDTH = 480, HEIGHT = 96, TOP = 360 - HEIGHT, CELL_WIDTH = 88, CELL_HEIGHT = 66, PITCH = 97, LEFT = 86 };

const struct tongs_film_area tongs_film_in_frame = {0, TOP, WIDTH, HEIGHT};
const struct tongs_film_area tongs_film_view = {194, 80, CELL_WIDTH, CELL_HEIGHT};
const struct tongs_film_area tongs_film_number = {13, 15, 60, CELL_HEIGHT};

static const uint32_t base = 0x15110e, hole = 0x6b5a48, unexposed = 0x2a211a, gold = 0xd8b56a, pale = 0xfff1cf;

struct tongs_film_area tongs_film_get_cell(uint32_t frame) {
	return (struct tongs_film_area){LEFT + frame / TONGS_FILM_PER_CELL * PITCH, 15, CELL_WIDTH, CELL_HEIGHT};
}

static void fill(struct tongs_picture *picture, const struct tongs_film_area *area, uint32_t rgb) {
	for (uint32_t y = area->top; y < area->top + area->height; y++)
		for (uint32_t x = area->left; x < area->left + area->width; x++)
			tongs_picture_set(picture, x, y, rgb);
}

void tongs_film_draw(struct tongs_picture *film) {
	fill(film, &(struct tongs_film_area){0, 0, WIDTH, HEIGHT}, base);
	fill(film, &(struct tongs_film_area){0, 0, WIDTH, 1}, gold);
	for (uint32_t x = 6; x + 8 < WIDTH; x += 14) {
		fill(film, &(struct tongs_film_area){x, 5, 7, 5}, hole);
		fill(film, &(struct tongs_film_area){x, HEIGHT - 10, 7, 5}, hole);
	}
	for (uint32_t frame = 0; frame < TONGS_FILM_FRAMES; frame += TONGS_FILM_PER_CELL) {
		const struct tongs_film_area cell = tongs_film_get_cell(frame);
		fill(film, &cell, unexposed);
	}
}

static void draw_centered(struct tongs_picture *picture, uint32_t top, uint32_t scale, uint32_t rgb, const char *text) {
	uint32_t width = ((uint32_t)strlen(text) * TONGS_LETTER_ADVANCE - 1) * scale;

	tongs_picture_draw_text(picture, (picture->width - width) / 2, top, scale, rgb, text);
}

void tongs_film_draw_number(struct tongs_picture *picture, uint32_t frame) {
	char text[16];

	fill(picture, &(struct tongs_film_area){0, 0, picture->width, picture->height}, base);
	draw_centered(picture, 5, 1, gold, "METAL SAW");
	snprintf(text, sizeof text, "%02u", frame + 1);
	draw_centered(picture, 19, 4, pale, text);
	snprintf(text, sizeof text, "OF %d", TONGS_FILM_FRAMES);
	draw_centered(picture, 53, 1, gold, text);
}

void tongs_film_copy(const struct tongs_picture *from, const struct tongs_film_area *area, struct tongs_picture *to,
	uint32_t left, uint32_t top) {
	for (uint32_t y = 0; y < area->height; y++)
		memcpy(to->texels + (top + y) * tongs_picture_get_pitch(to) + (size_t)left * 4,
			from->texels + (area->top + y) * tongs_picture_get_pitch(from) + (size_t)area->left * 4,
			(size_t)area->width * 4);
}
