/* SPDX-License-Identifier: MIT */
/* The offset allocator of automatic heaps, compared with a map of bytes. */
#include "support.h"

#include <string.h>

#include "util/alloc.h"
#include "util/ranges.h"

static void takes_the_lowest_place(void **state) {
	(void)state;
	struct tongs_ranges ranges = {0};
	uint64_t a, b, c, d;
	assert_true(tongs_ranges_init(&ranges, 1024));
	assert_true(tongs_ranges_take(&ranges, 100, 64, &a));
	assert_true(tongs_ranges_take(&ranges, 100, 64, &b));
	assert_true(tongs_ranges_take(&ranges, 20, 4, &c));
	assert_int_equal(a, 0);
	assert_int_equal(b, 128);
	assert_int_equal(c, 100); /* in the gap that the alignment left */
	assert_int_equal(ranges.used, 220);
	assert_int_equal(tongs_ranges_largest(&ranges, 1), 1024 - 228);
	assert_int_equal(tongs_ranges_largest(&ranges, 256), 1024 - 256);
	assert_int_equal(tongs_ranges_largest(&ranges, 2048), 0);
	assert_false(tongs_ranges_take(&ranges, 797, 1, &d));
	assert_true(tongs_ranges_take(&ranges, 796, 1, &d));
	assert_int_equal(tongs_ranges_largest(&ranges, 1), 8);
	tongs_ranges_give_back(&ranges, b, 100);
	tongs_ranges_give_back(&ranges, d, 796);
	tongs_ranges_give_back(&ranges, a, 100);
	tongs_ranges_give_back(&ranges, c, 20);
	assert_int_equal(ranges.used, 0);
	assert_int_equal(ranges.count, 1);
	assert_int_equal(tongs_ranges_largest(&ranges, 4096), 1024);
	tongs_ranges_finish(&ranges);
}

static void impossible_sizes_find_no_place(void **state) {
	(void)state;
	struct tongs_ranges ranges = {0};
	uint64_t offset;
	assert_true(tongs_ranges_init(&ranges, 4096));
	assert_true(tongs_ranges_take(&ranges, 1, 1, &offset));
	assert_false(tongs_ranges_take(&ranges, UINT64_MAX, 1, &offset));
	assert_false(tongs_ranges_take(&ranges, 4096, 1, &offset));
	assert_false(tongs_ranges_take(&ranges, 1, UINT64_C(1) << 63, &offset));
	assert_true(tongs_ranges_take(&ranges, 4095, 1, &offset));
	tongs_ranges_finish(&ranges);
	tongs_ranges_finish(&ranges);
}

enum { HEAP = 4096, MOST = 300 };

/* The largest run of free bytes that starts at a multiple of `alignment`. */
static uint64_t largest_in_map(const unsigned char *map, uint64_t alignment) {
	uint64_t largest = 0;
	for (uint64_t start = 0; start < HEAP; start += alignment) {
		uint64_t end = start;
		while (end < HEAP && !map[end])
			end++;
		if (end - start > largest)
			largest = end - start;
	}
	return largest;
}

static void agrees_with_a_map_of_bytes(void **state) {
	(void)state;
	static unsigned char map[HEAP];
	struct tongs_range taken[MOST];
	size_t count = 0;
	uint64_t used = 0;
	struct tongs_ranges ranges = {0};
	uint32_t random = 11;
	memset(map, 0, sizeof(map));
	assert_true(tongs_ranges_init(&ranges, HEAP));
	for (size_t round = 0; round < 5000; round++) {
		uint64_t alignment = UINT64_C(1) << next_random(&random) % 9;
		if (count < MOST && next_random(&random) % 5 < 3) {
			struct tongs_range range = {.size = next_random(&random) % 60 + 1};
			bool fits = range.size <= largest_in_map(map, alignment);
			assert_int_equal(tongs_ranges_take(&ranges, range.size, alignment, &range.offset), fits);
			if (!fits)
				continue;
			assert_int_equal(range.offset % alignment, 0);
			assert_true(range.offset + range.size <= HEAP);
			assert_true(bytes_are(map + range.offset, 0, range.size));
			memset(map + range.offset, 1, range.size);
			taken[count++] = range;
			used += range.size;
		} else if (count > 0) {
			size_t i = next_random(&random) % count;
			tongs_ranges_give_back(&ranges, taken[i].offset, taken[i].size);
			memset(map + taken[i].offset, 0, taken[i].size);
			used -= taken[i].size;
			taken[i] = taken[--count];
		}
		assert_int_equal(ranges.used, used);
		if (round % 16 == 0)
			assert_int_equal(tongs_ranges_largest(&ranges, alignment), largest_in_map(map, alignment));
	}
	tongs_ranges_finish(&ranges);
}

static void giving_back_needs_no_memory(void **state) {
	(void)state;
	enum { COUNT = 1000 };
	struct tongs_ranges ranges = {0};
	uint64_t offset;
	assert_true(tongs_ranges_init(&ranges, COUNT));
	for (size_t i = 0; i < COUNT; i++)
		assert_true(tongs_ranges_take(&ranges, 1, 1, &offset));
	tongs_alloc_fail_after(0);
	for (size_t i = 0; i < COUNT; i += 2)
		tongs_ranges_give_back(&ranges, i, 1);
	for (size_t i = 1; i < COUNT; i += 2)
		tongs_ranges_give_back(&ranges, i, 1);
	tongs_alloc_fail_after(UINT64_MAX);
	assert_int_equal(tongs_ranges_largest(&ranges, 1), COUNT);
	tongs_ranges_finish(&ranges);

	tongs_alloc_fail_after(0);
	assert_false(tongs_ranges_init(&ranges, COUNT));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_lowest_place),
		cmocka_unit_test(impossible_sizes_find_no_place),
		cmocka_unit_test(agrees_with_a_map_of_bytes),
		cmocka_unit_test(giving_back_needs_no_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
