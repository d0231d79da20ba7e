/* SPDX-License-Identifier: MIT */
/* The allocator of ranges, compared with a map of bytes. */
#include "input.h"

#include "util/ranges.h"

enum { SIZE = 256, TAKEN = 32 };

struct taken {
	uint64_t offset, size;
};

static bool is_free(const bool *used, uint64_t offset, uint64_t size) {
	for (uint64_t i = 0; i < size; i++)
		if (used[offset + i])
			return false;
	return true;
}

/* Returns the lowest free place by the map, or SIZE if there is none. */
static uint64_t find(const bool *used, uint64_t size, uint64_t alignment) {
	for (uint64_t offset = 0; size <= SIZE && offset <= SIZE - size; offset += alignment)
		if (is_free(used, offset, size))
			return offset;
	return SIZE;
}

static void mark(bool *used, const struct taken *range, bool value) {
	for (uint64_t i = 0; i < range->size; i++)
		used[range->offset + i] = value;
}

static void check_largest(const struct tongs_ranges *ranges, const bool *used, uint64_t alignment) {
	uint64_t largest = tongs_ranges_largest(ranges, alignment);
	REQUIRE(largest == 0 || find(used, largest, alignment) < SIZE);
	REQUIRE(find(used, largest + 1, alignment) == SIZE);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
	struct input input = {bytes, size};
	struct tongs_ranges ranges = {0};
	struct taken taken[TAKEN];
	unsigned count = 0;
	bool used[SIZE] = {0};
	REQUIRE(tongs_ranges_init(&ranges, SIZE));
	while (input.left) {
		uint64_t alignment = 1u << choose(&input, 7);
		check_largest(&ranges, used, alignment);
		if (choose(&input, 3) && count < TAKEN) {
			struct taken range = {.size = choose(&input, 8) ? 1 + choose(&input, 64) : UINT64_MAX};
			uint64_t place = find(used, range.size, alignment);
			bool done = tongs_ranges_take(&ranges, range.size, alignment, &range.offset);
			REQUIRE(done == (place < SIZE));
			REQUIRE(!done || range.offset == place);
			if (done) {
				mark(used, &range, true);
				taken[count++] = range;
			}
		} else if (count) {
			unsigned i = choose(&input, count);
			mark(used, &taken[i], false);
			tongs_ranges_give_back(&ranges, taken[i].offset, taken[i].size);
			taken[i] = taken[--count];
		}
	}
	tongs_ranges_finish(&ranges);
	return 0;
}
