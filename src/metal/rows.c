/* SPDX-License-Identifier: MIT */
/* Rows copied one by one. Rows far from each other in much memory are asked for before their turn: a processor that
 * fetches ahead by itself does so within a page, and a tile's rows lie in a page each. */
#include "metal/rows.h"

#include <stdbool.h>
#include <string.h>

#define LINE ((size_t)64) /* a cache line; a larger one is asked for more than once */

/* What is smaller is likely to be in a cache, where asking costs a third more than it saves. */
#define SCATTERED_SPAN ((uint64_t)8 << 20)
/* Shorter rows are done before what was asked for comes; longer ones are long enough for the processor's own ways. */
#define SHORTEST_ROW ((size_t)256)
#define LONGEST_ROW ((size_t)8 << 10)

/* Bytes of rows between a line's copy and the requests for it. A request is dropped while too many are under way, so
 * each line is asked for three times. */
static const size_t ahead_bytes[] = {12 << 10, 6 << 10, 2 << 10};
enum { REQUESTS = sizeof(ahead_bytes) / sizeof(ahead_bytes[0]) };

static bool is_scattered(const struct tongs_rows *side, const struct tongs_box *box) {
	return box->rows > 1 && side->row_pitch != box->row_bytes && side->span >= SCATTERED_SPAN &&
	       box->row_bytes >= SHORTEST_ROW && box->row_bytes <= LONGEST_ROW;
}

/* How many rows ahead of the copy each request is; no two are the same. */
static void find_distances(size_t row_bytes, size_t distances[REQUESTS]) {
	for (size_t i = 0; i < REQUESTS; i++) {
		size_t rows = ahead_bytes[i] / row_bytes, least = REQUESTS - i;
		distances[i] = rows > least ? rows : least;
	}
}

/* One plane; `ahead`, one of the two sides, is asked for. */
static void copy_ahead(
	char *to, size_t to_pitch, const char *from, size_t from_pitch, bool ahead_is_to, const struct tongs_box *box) {
	const size_t ahead_pitch = ahead_is_to ? to_pitch : from_pitch;
	size_t distances[REQUESTS];
	find_distances(box->row_bytes, distances);
	for (size_t y = 0; y < box->rows; y++, to += to_pitch, from += from_pitch) {
		const char *row = ahead_is_to ? to : from, *ahead[REQUESTS];
		for (size_t i = 0; i < REQUESTS; i++)
			ahead[i] = row + (y + distances[i] < box->rows ? distances[i] * ahead_pitch : 0);
		size_t x = 0;
		for (; x + LINE <= box->row_bytes; x += LINE) {
			for (size_t i = 0; i < REQUESTS; i++)
				__builtin_prefetch(ahead[i] + x, 0, 1);
			memcpy(to + x, from + x, LINE);
		}
		memcpy(to + x, from + x, box->row_bytes - x);
	}
}

static void copy_plane(char *to, size_t to_pitch, const char *from, size_t from_pitch, const struct tongs_box *box) {
	for (size_t y = 0; y < box->rows; y++)
		memcpy(to + y * to_pitch, from + y * from_pitch, box->row_bytes);
}

/* What lies without gaps on both sides becomes one row. */
static void join(const struct tongs_rows *to, const struct tongs_rows *from, struct tongs_box *box) {
	if (box->rows == 1 || (to->row_pitch == box->row_bytes && from->row_pitch == box->row_bytes)) {
		box->row_bytes *= box->rows;
		box->rows = 1;
	}
	if (box->rows == 1 && to->plane_pitch == box->row_bytes && from->plane_pitch == box->row_bytes) {
		box->row_bytes *= box->planes;
		box->planes = 1;
	}
}

void tongs_rows_copy(const struct tongs_rows *to, const struct tongs_rows *from, struct tongs_box box) {
	join(to, from, &box);
	const bool to_is_scattered = is_scattered(to, &box), ahead = to_is_scattered || is_scattered(from, &box);
	for (size_t z = 0; z < box.planes; z++) {
		char *plane = to->bytes + z * to->plane_pitch;
		const char *source = from->bytes + z * from->plane_pitch;
		if (ahead)
			copy_ahead(plane, to->row_pitch, source, from->row_pitch, to_is_scattered, &box);
		else
			copy_plane(plane, to->row_pitch, source, from->row_pitch, &box);
	}
}
