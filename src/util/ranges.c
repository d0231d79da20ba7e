/* SPDX-License-Identifier: MIT */
/* First fit over a sorted array of free ranges. */
#include "util/ranges.h"

#include <assert.h>
#include <string.h>

#include "util/alloc.h"

#define FIRST_CAPACITY 16

bool tongs_ranges_init(struct tongs_ranges *ranges, uint64_t size) {
	ranges->free = tongs_malloc(FIRST_CAPACITY, sizeof(*ranges->free));
	if (!ranges->free)
		return false;
	ranges->capacity = FIRST_CAPACITY;
	ranges->count = 1;
	ranges->free[0] = (struct tongs_range){.offset = 0, .size = size};
	return true;
}

void tongs_ranges_finish(struct tongs_ranges *ranges) {
	tongs_free(NULL, ranges->free);
	*ranges = (struct tongs_ranges){0};
}

/* Between `taken` ranges there are at most `taken` + 1 free ones. */
static bool reserve(struct tongs_ranges *ranges, size_t capacity) {
	if (capacity <= ranges->capacity)
		return true;
	struct tongs_range *grown = tongs_malloc(ranges->capacity * 2, sizeof(*grown));
	if (!grown)
		return false;
	memcpy(grown, ranges->free, ranges->count * sizeof(*grown));
	tongs_free(NULL, ranges->free);
	ranges->free = grown;
	ranges->capacity *= 2;
	return true;
}

static void insert(struct tongs_ranges *ranges, size_t at, struct tongs_range range) {
	assert(ranges->count < ranges->capacity);
	memmove(&ranges->free[at + 1], &ranges->free[at], (ranges->count - at) * sizeof(range));
	ranges->free[at] = range;
	ranges->count++;
}

static void erase(struct tongs_ranges *ranges, size_t at) {
	ranges->count--;
	memmove(&ranges->free[at], &ranges->free[at + 1], (ranges->count - at) * sizeof(ranges->free[0]));
}

/* Bytes to skip at the front of a range to reach the alignment; at most its size. */
static uint64_t padding(struct tongs_range range, uint64_t alignment) {
	uint64_t lost = -range.offset & (alignment - 1);
	return lost < range.size ? lost : range.size;
}

bool tongs_ranges_take(struct tongs_ranges *ranges, uint64_t size, uint64_t alignment, uint64_t *offset) {
	if (!reserve(ranges, ranges->taken + 2))
		return false;
	for (size_t i = 0; i < ranges->count; i++) {
		struct tongs_range range = ranges->free[i];
		uint64_t front = padding(range, alignment);
		if (range.size - front < size)
			continue;
		uint64_t back = range.size - front - size;
		struct tongs_range rest = {.offset = range.offset + front + size, .size = back};
		if (front > 0) {
			ranges->free[i].size = front;
			if (back > 0)
				insert(ranges, i + 1, rest);
		} else if (back > 0) {
			ranges->free[i] = rest;
		} else {
			erase(ranges, i);
		}
		ranges->taken++;
		ranges->used += size;
		*offset = range.offset + front;
		return true;
	}
	return false;
}

void tongs_ranges_give_back(struct tongs_ranges *ranges, uint64_t offset, uint64_t size) {
	size_t low = 0, high = ranges->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (ranges->free[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	struct tongs_range *before = low > 0 ? &ranges->free[low - 1] : NULL;
	struct tongs_range *after = low < ranges->count ? &ranges->free[low] : NULL;
	bool joins_before = before && before->offset + before->size == offset;
	bool joins_after = after && offset + size == after->offset;
	if (joins_before && joins_after) {
		before->size += size + after->size;
		erase(ranges, low);
	} else if (joins_before) {
		before->size += size;
	} else if (joins_after) {
		after->offset = offset;
		after->size += size;
	} else {
		insert(ranges, low, (struct tongs_range){.offset = offset, .size = size});
	}
	ranges->taken--;
	ranges->used -= size;
}

uint64_t tongs_ranges_largest(const struct tongs_ranges *ranges, uint64_t alignment) {
	uint64_t largest = 0;
	for (size_t i = 0; i < ranges->count; i++) {
		uint64_t size = ranges->free[i].size - padding(ranges->free[i], alignment);
		if (size > largest)
			largest = size;
	}
	return largest;
}
