/* SPDX-License-Identifier: MIT */
/* An allocator of offsets: which parts of a heap are taken. Not locked. */
#ifndef TONGS_UTIL_RANGES_H
#define TONGS_UTIL_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tongs_range {
	uint64_t offset, size;
};

struct tongs_ranges {
	struct tongs_range *free; /* sorted by offset; no two touch */
	size_t count;
	size_t capacity; /* always above `taken`, so that giving back needs no memory */
	size_t taken;    /* ranges that are out */
	uint64_t used;   /* their bytes */
};

/* False when memory runs out. `ranges` is zeroed. */
bool tongs_ranges_init(struct tongs_ranges *ranges, uint64_t size);
void tongs_ranges_finish(struct tongs_ranges *ranges); /* a zeroed one is fine */

/* The lowest place for `size` > 0 bytes; `alignment` is a power of two. False when there is none or memory runs out. */
bool tongs_ranges_take(struct tongs_ranges *ranges, uint64_t size, uint64_t alignment, uint64_t *offset);
void tongs_ranges_give_back(struct tongs_ranges *ranges, uint64_t offset, uint64_t size);

/* The largest size that `take` finds a place for. */
uint64_t tongs_ranges_largest(const struct tongs_ranges *ranges, uint64_t alignment);

#endif
