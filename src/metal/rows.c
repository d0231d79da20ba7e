/* SPDX-License-Identifier: MIT */
/* Copies rows one by one. Rows that are scattered in memory are prefetched: the processor's own prefetcher stops at
 * page boundaries, and each row of a tile may be in another page. */
#include "metal/rows.h"

#include <stdbool.h>
#include <string.h>

#define LINE ((size_t)64) /* bytes of a cache line; larger ones are prefetched more than once */

/* Smaller spans are likely to be in a cache already, where prefetching costs a third more than it saves. */
#define SCATTERED_SPAN ((uint64_t)8 << 20)
/* Shorter rows are copied before the prefetch completes; longer ones suit the processor's own prefetcher. */
#define SHORTEST_ROW ((size_t)256)
#define LONGEST_ROW ((size_t)8 << 10)

/* How many bytes of rows before its copy a line is prefetched. The processor drops prefetches while too many are
 * pending, so each line is prefetched three times. */
static const size_t distances_in_bytes[] = {12 << 10, 6 << 10, 2 << 10};
enum { PREFETCHES = sizeof(distances_in_bytes) / sizeof(distances_in_bytes[0]) };

static bool is_scattered(const struct tongs_rows *side, const struct tongs_box *box) {
	return box->rows > 1 && side->row_pitch != box->row_bytes && side->span >= SCATTERED_SPAN &&
	       box->row_bytes >= SHORTEST_ROW && box->row_bytes <= LONGEST_ROW;
}

/* The same in rows; no two are equal. */
static void find_distances(size_t row_bytes, size_t distances[PREFETCHES]) {
	for (size_t i = 0; i < PREFETCHES; i++) {
		size_t rows = distances_in_bytes[i] / row_bytes, least = PREFETCHES - i;
		distances[i] = rows > least ? rows : least;
	}
}

/* Copies one plane, and prefetches the rows of one side. */
static void copy_prefetching(
	char *to, size_t to_pitch, const char *from, size_t from_pitch, bool prefetch_to, const struct tongs_box *box) {
	const size_t prefetch_pitch = prefetch_to ? to_pitch : from_pitch;
	size_t distances[PREFETCHES];
	find_distances(box->row_bytes, distances);
	for (size_t y = 0; y < box->rows; y++, to += to_pitch, from += from_pitch) {
		const char *row = prefetch_to ? to : from, *ahead[PREFETCHES];
		for (size_t i = 0; i < PREFETCHES; i++)
			ahead[i] = row + (y + distances[i] < box->rows ? distances[i] * prefetch_pitch : 0);
		size_t x = 0;
		for (; x + LINE <= box->row_bytes; x += LINE) {
			for (size_t i = 0; i < PREFETCHES; i++)
				__builtin_prefetch(ahead[i] + x, 0, 1);
			memcpy(to + x, from + x, LINE);
		}
		memcpy(to + x, from + x, box->row_bytes - x);
	}
}

static void copy_rows(char *to, size_t to_pitch, const char *from, size_t from_pitch, const struct tongs_box *box) {
	for (size_t y = 0; y < box->rows; y++)
		memcpy(to + y * to_pitch, from + y * from_pitch, box->row_bytes);
}

/* Merges rows into one if there are no gaps between them on either side. */
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
	const bool to_is_scattered = is_scattered(to, &box), prefetch = to_is_scattered || is_scattered(from, &box);
	for (size_t z = 0; z < box.planes; z++) {
		char *plane = to->bytes + z * to->plane_pitch;
		const char *source = from->bytes + z * from->plane_pitch;
		if (prefetch)
			copy_prefetching(plane, to->row_pitch, source, from->row_pitch, to_is_scattered, &box);
		else
			copy_rows(plane, to->row_pitch, source, from->row_pitch, &box);
	}
}
