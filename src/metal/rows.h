/* SPDX-License-Identifier: MIT */
/* Copies of rows between two layouts. */
#ifndef TONGS_METAL_ROWS_H
#define TONGS_METAL_ROWS_H

#include <stddef.h>
#include <stdint.h>

/* Rows of bytes, and planes of rows. */
struct tongs_box {
	size_t row_bytes;
	size_t rows; /* of blocks */
	size_t planes;
};

/* Where the rows of one side begin. */
struct tongs_rows {
	char *bytes;
	size_t row_pitch, plane_pitch;
	uint64_t span; /* bytes that the rows are scattered in: tells whether a cache can have them */
};

/* Copies `box` from `from` to `to`, which do not overlap. Whatever the spans are, the bytes are the same. */
void tongs_rows_copy(const struct tongs_rows *to, const struct tongs_rows *from, struct tongs_box box);

#endif
