/* SPDX-License-Identifier: MIT */
/* Copies between two layouts of rows. */
#ifndef TONGS_METAL_ROWS_H
#define TONGS_METAL_ROWS_H

#include <stddef.h>
#include <stdint.h>

/* The size of what is copied: planes of rows. */
struct tongs_box {
	size_t row_bytes;
	size_t rows; /* of blocks */
	size_t planes;
};

/* Where the rows of one side are. */
struct tongs_rows {
	char *bytes;
	size_t row_pitch, plane_pitch;
	uint64_t span; /* bytes of the memory in which the rows are scattered, to guess whether they are in a cache */
};

/* Copies `box` from `from` to `to`, which do not overlap. The spans affect speed alone. */
void tongs_rows_copy(const struct tongs_rows *to, const struct tongs_rows *from, struct tongs_box box);

#endif
