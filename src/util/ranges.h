/* SPDX-License-Identifier: MIT */
/* An allocator of offsets, for the parts of a heap. The caller serializes all use. */
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
	size_t capacity; /* always above `taken`, so that giving back allocates nothing */
	size_t taken;    /* ranges in use */
	uint64_t used;   /* their bytes */
};

/* `ranges` is zeroed. False when memory runs out. */
bool tongs_ranges_init(struct tongs_ranges *ranges, uint64_t size);
void tongs_ranges_finish(struct tongs_ranges *ranges); /* `ranges` may be zeroed */

/* Takes the lowest range of `size` > 0 bytes at a multiple of `alignment`, a power of two. False when there is none or
 * memory runs out. */
bool tongs_ranges_take(struct tongs_ranges *ranges, uint64_t size, uint64_t alignment, uint64_t *offset);
void tongs_ranges_give_back(struct tongs_ranges *ranges, uint64_t offset, uint64_t size);

/* The largest size that tongs_ranges_take can take. */
uint64_t tongs_ranges_largest(const struct tongs_ranges *ranges, uint64_t alignment);

#endif
