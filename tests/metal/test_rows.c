/* SPDX-License-Identifier: MIT */
/* Copies of rows: on every path, the bytes of the box are copied and no others change. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "metal/rows.h"

/* Spans that fit into a cache, and spans that do not. */
static const uint64_t spans[] = {0, UINT64_C(1) << 40};
static const size_t row_bytes[] = {
	1, 63, 64, 255, 256, 257, 511, 1024, 1087, 4096, 4099, 6000, 8191, 8192, 8193, 20000};
static const size_t gaps[] = {0, 1, 64, 4096};

enum { GUARD = 256, MAX_ROWS = 67, PLANES = 3 };

struct side {
	char *bytes;
	size_t size;
	struct tongs_rows rows;
};

static void side_init(
	struct side *side, const struct tongs_box *box, size_t gap, size_t plane_gap, uint64_t span, char first) {
	const size_t row_pitch = box->row_bytes + gap, plane_pitch = row_pitch * box->rows + plane_gap;
	side->size = plane_pitch * box->planes + 2 * GUARD;
	side->bytes = malloc(side->size);
	assert_non_null(side->bytes);
	for (size_t i = 0; i < side->size; i++)
		side->bytes[i] = (char)(first + i % 251);
	side->rows = (struct tongs_rows){side->bytes + GUARD, row_pitch, plane_pitch, span};
}

/* One byte after the other: what is expected in all of `to`. */
static char *copy_slowly(const struct side *to, const struct side *from, const struct tongs_box *box) {
	char *expected = malloc(to->size);
	assert_non_null(expected);
	memcpy(expected, to->bytes, to->size);
	for (size_t z = 0; z < box->planes; z++)
		for (size_t y = 0; y < box->rows; y++)
			for (size_t x = 0; x < box->row_bytes; x++)
				expected[GUARD + z * to->rows.plane_pitch + y * to->rows.row_pitch + x] =
					from->rows.bytes[z * from->rows.plane_pitch + y * from->rows.row_pitch + x];
	return expected;
}

static void check(const struct tongs_box *box, size_t to_gap, size_t from_gap, uint64_t to_span, uint64_t from_span) {
	struct side to, from;
	side_init(&to, box, to_gap, to_gap, to_span, 1);
	side_init(&from, box, from_gap, 0, from_span, 100);
	char *expected = copy_slowly(&to, &from, box);
	tongs_rows_copy(&to.rows, &from.rows, *box);
	assert_memory_equal(to.bytes, expected, to.size);
	free(expected);
	free(from.bytes);
	free(to.bytes);
}

static void the_box_and_nothing_else_is_copied(void **state) {
	(void)state;
	uint32_t random = 5;
	for (size_t i = 0; i < LENGTH(row_bytes); i++) {
		for (size_t gap = 0; gap < LENGTH(gaps) * LENGTH(gaps); gap++) {
			for (size_t span = 0; span < LENGTH(spans) * LENGTH(spans); span++) {
				const struct tongs_box box = {
					row_bytes[i], next_random(&random) % MAX_ROWS + 1, span % PLANES + 1};
				check(&box, gaps[gap % LENGTH(gaps)], gaps[gap / LENGTH(gaps)],
					spans[span % LENGTH(spans)], spans[span / LENGTH(spans)]);
			}
		}
	}
}

static void every_count_of_rows_ends_well(void **state) {
	(void)state;
	for (size_t i = 0; i < LENGTH(row_bytes) - 4; i++)
		for (size_t rows = 1; rows <= MAX_ROWS; rows++)
			check(&(struct tongs_box){row_bytes[i], rows, 1}, 0, 64, spans[1], spans[1]);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_box_and_nothing_else_is_copied),
		cmocka_unit_test(every_count_of_rows_ends_well),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
