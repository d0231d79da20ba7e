/* SPDX-License-Identifier: MIT */
/* The pool of free pages: no payload sees an earlier one's bytes, the limit is kept, and unused pages are released. */
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/settings.h"
#include "util/poison.h"
#include "memory/clear.h"
#include "memory/payload.h"
#include "memory/pool.h"
#include "watch.h"

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)

/* Sanitizers have memory of their own for each byte of the program's, which outlives it. */
#if defined(TONGS_HAVE_POISON) || defined(__SANITIZE_THREAD__)
#define RESIDENT_SAYS_NOTHING 1
#else
#define RESIDENT_SAYS_NOTHING 0
#endif

/* Slots of each size, mappings between them, huge and small pages, and both in one. */
static const uint64_t sizes[] = {4 * KIB, 12 * KIB, 64 * KIB, 200 * KIB, 256 * KIB, 300 * KIB, 512 * KIB, 900 * KIB,
	MIB, MIB + 4 * KIB, 2 * MIB, 3 * MIB, 5 * MIB + 8 * KIB, 16 * MIB};

static struct tongs_payload *create(uint64_t size) {
	struct tongs_payload *payload = tongs_payload_create(size);
	assert_non_null(payload);
	assert_true(bytes_are(tongs_payload_get_contents(payload), 0, size));
	return payload;
}

static void fill(const struct tongs_payload *payload) {
	memset(tongs_payload_get_contents(payload), 0xa5, tongs_payload_get_size(payload));
}

static struct tongs_payload *create_filled(uint64_t size) {
	struct tongs_payload *payload = create(size);
	fill(payload);
	return payload;
}

static size_t count_resident(const void *pages, uint64_t size) {
	unsigned char resident[4096];
	size_t count = 0, all = size / tongs_page_size();
	assert_true(all <= sizeof(resident));
	assert_int_equal(mincore((void *)(uintptr_t)pages, size, resident), 0);
	for (size_t i = 0; i < all; i++)
		count += resident[i] & 1;
	return count;
}

/* Columns of /proc/self/statm, in bytes. */
static void read_sizes(uint64_t *mapped, uint64_t *resident) {
	unsigned long long values[2];
	FILE *file = fopen("/proc/self/statm", "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%llu %llu", &values[0], &values[1]), 2);
	fclose(file);
	*mapped = values[0] * tongs_page_size();
	*resident = values[1] * tongs_page_size();
}

static uint64_t resident_bytes(void) {
	uint64_t mapped, resident;
	read_sizes(&mapped, &resident);
	return resident;
}

/* The environment is read once in a process, so each value has its own. */
static void in_child(const char *limit, void (*body)(void)) {
	fflush(stdout);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (limit)
			setenv("TONGS_POOL_LIMIT", limit, 1);
		else
			unsetenv("TONGS_POOL_LIMIT");
		messages_capture();
		body();
		exit(0);
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* cmocka's assertions jump to the parent's test; a child ends instead. */
#define CHECK(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			_exit(1); \
		} \
	} while (0)

static void limit_is_the_default(void) {
	CHECK(tongs_settings_get(TONGS_SETTING_POOL_LIMIT) == tongs_setting_get_default(TONGS_SETTING_POOL_LIMIT));
	CHECK(messages_take() == 0);
}

static void limit_is_3_mib(void) {
	CHECK(tongs_settings_get(TONGS_SETTING_POOL_LIMIT) == 3 * MIB);
	CHECK(messages_take() == 0);
}

static void bad_limit_is_reported(void) {
	CHECK(tongs_settings_get(TONGS_SETTING_POOL_LIMIT) == tongs_setting_get_default(TONGS_SETTING_POOL_LIMIT));
	CHECK(tongs_settings_get(TONGS_SETTING_POOL_LIMIT) == tongs_setting_get_default(TONGS_SETTING_POOL_LIMIT));
	CHECK(messages_take() == 1);
}

static void environment_sets_the_limit(void **state) {
	(void)state;
	in_child(NULL, limit_is_the_default);
	in_child("", limit_is_the_default);
	in_child("3M", limit_is_3_mib);
	in_child("much", bad_limit_is_reported);
	in_child("-1", bad_limit_is_reported);
}

static void keeps_no_more_than_the_limit(void) {
	enum { COUNT = 300, LIMIT = 24 << 20, SLACK = 4 << 20 };
	static struct tongs_payload *payloads[COUNT];
	CHECK(tongs_settings_get(TONGS_SETTING_POOL_LIMIT) == LIMIT);
	uint64_t before = resident_bytes(), all = 0;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT; i++) {
			payloads[i] = tongs_payload_create(sizes[(i + (size_t)round) % LENGTH(sizes)]);
			CHECK(payloads[i]);
			fill(payloads[i]);
			all += tongs_payload_get_size(payloads[i]);
		}
		for (size_t i = 0; i < COUNT; i++) {
			tongs_payload_unref(payloads[(i * 7) % COUNT]);
			CHECK(tongs_pool_get_held() <= LIMIT);
		}
		CHECK(tongs_pool_get_held() > LIMIT / 2);
		CHECK(RESIDENT_SAYS_NOTHING || resident_bytes() < before + LIMIT + SLACK);
	}
	CHECK(all > 10 * LIMIT);
	CHECK(tongs_pool_drain());
	CHECK(tongs_pool_get_held() == 0);
	CHECK(RESIDENT_SAYS_NOTHING || resident_bytes() < before + SLACK);
	CHECK(!tongs_pool_drain());
}

static void the_pool_is_bounded(void **state) {
	(void)state;
	in_child("24M", keeps_no_more_than_the_limit);
}

static void keeps_nothing(void) {
	for (size_t i = 0; i < LENGTH(sizes); i++) {
		/* One stays, so that a slab does. */
		struct tongs_payload *stays = tongs_payload_create(sizes[i]), *goes = tongs_payload_create(sizes[i]);
		CHECK(stays && goes);
		fill(goes);
		const void *pages = tongs_payload_get_contents(goes);
		tongs_payload_unref(goes);
		CHECK(tongs_pool_get_held() == 0);
		if (sizes[i] <= 256 * KIB)
			CHECK(count_resident(pages, sizes[i]) == 0);
		goes = tongs_payload_create(sizes[i]);
		CHECK(bytes_are(tongs_payload_get_contents(goes), 0, sizes[i]));
		tongs_payload_unref(goes);
		tongs_payload_unref(stays);
	}
	CHECK(!tongs_pool_drain());
}

static void zero_turns_the_pool_off(void **state) {
	(void)state;
	in_child("0", keeps_nothing);
}

/* With too little address space, the pool's mappings must be released first, and only what still does not fit must
 * fail. */
static void address_space_runs_out(void) {
	struct tongs_payload *payloads[3], *payload;
	for (size_t i = 0; i < LENGTH(payloads); i++)
		payloads[i] = tongs_payload_create(32 * MIB + i * 4 * KIB);
	for (size_t i = 0; i < LENGTH(payloads); i++)
		tongs_payload_unref(payloads[i]);
	CHECK(tongs_pool_get_held() > 96 * MIB);

	uint64_t mapped, resident;
	read_sizes(&mapped, &resident);
	const struct rlimit limit = {mapped + 16 * MIB, mapped + 16 * MIB};
	CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
	payload = tongs_payload_create(64 * MIB);
	CHECK(payload);
	CHECK(tongs_pool_get_held() == 0);
	CHECK(!tongs_payload_create(1024 * MIB));
	tongs_payload_unref(payload);
	CHECK(tongs_pool_get_held() == 64 * MIB);
	CHECK(!tongs_payload_create(1024 * MIB));
	CHECK(tongs_pool_get_held() == 0);
	payload = tongs_payload_create(4 * KIB);
	CHECK(payload);
	tongs_payload_unref(payload);
}

static void lack_of_address_space_empties_the_pool(void **state) {
	(void)state;
	in_child("200M", address_space_runs_out);
}

static void limits_are_parsed(void **state) {
	(void)state;
	static const struct {
		const char *text;
		size_t value;
	} good[] = {{"0", 0}, {"0G", 0}, {"1", 1}, {"4096", 4096}, {"00012", 12}, {"7k", 7 << 10}, {"7K", 7 << 10},
		{"256M", 256 << 20}, {"1m", 1 << 20}, {"3G", (size_t)3 << 30}, {"2g", (size_t)2 << 30},
		{"18446744073709551615", SIZE_MAX}, {"17179869183G", (size_t)17179869183 << 30}};
	static const char *const bad[] = {"", " ", "K", "M1", "-1", "+1", " 1", "1 ", "1 M", "1MB", "1KK", "1T", "0x10",
		"1.5G", "1e9", "18446744073709551616", "17179869184G", "99999999999999999999999999", "off", "\xff"};
	for (size_t i = 0; i < LENGTH(good); i++) {
		uint64_t value = 77;
		assert_true(tongs_setting_parse(tongs_setting_get_row(TONGS_SETTING_POOL_LIMIT), good[i].text, &value));
		assert_int_equal(value, good[i].value);
	}
	for (size_t i = 0; i < LENGTH(bad); i++) {
		uint64_t value = 77;
		assert_false(tongs_setting_parse(tongs_setting_get_row(TONGS_SETTING_POOL_LIMIT), bad[i], &value));
		assert_int_equal(value, 77);
	}
}

static void the_default_is_what_is_documented(void **state) {
	(void)state;
	const uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t limit = tongs_setting_get_default(TONGS_SETTING_POOL_LIMIT);
	if (memory >= 8 * 1280 * MIB)
		assert_int_equal(limit, 1280 * MIB);
	else
		assert_true(limit <= memory / 8 && memory / 8 - limit <= tongs_page_size());
}

static void freed_pages_are_used_again_and_hold_zeros(void **state) {
	(void)state;
	for (size_t i = 0; i < LENGTH(sizes); i++) {
		struct tongs_payload *payload = create_filled(sizes[i]);
		void *pages = tongs_payload_get_contents(payload);
		for (int round = 0; round < 5; round++) {
			tongs_payload_unref(payload);
			tongs_pool_settle();
			payload = create_filled(sizes[i]);
			assert_ptr_equal(tongs_payload_get_contents(payload), pages);
		}
		tongs_payload_unref(payload);
	}
}

/* For each pair of adjacent sizes, the smaller one reuses pages of the larger one, and vice versa. */
static void other_sizes_see_zeros_too(void **state) {
	(void)state;
	uint32_t random = 9;
	for (int round = 0; round < 400; round++) {
		uint64_t step = tongs_page_size(), size = sizes[next_random(&random) % (LENGTH(sizes) - 1)];
		uint64_t less = next_random(&random) % (size / step) * step;
		tongs_payload_unref(create_filled(size - less));
	}
}

/* Touched parts are cleared, and the rest does not become resident. */
static void untouched_pages_stay_away(void **state) {
	(void)state;
	tongs_pool_drain();
	const uint64_t size = 16 * MIB;
	for (int round = 0; round < 3; round++) {
		struct tongs_payload *payload = tongs_payload_create(size);
		assert_non_null(payload);
		char *pages = tongs_payload_get_contents(payload);
		assert_true(count_resident(pages, size) <= 2 * MIB / tongs_page_size());
		assert_int_equal(pages[9 * MIB], 0);
		pages[9 * MIB] = 1;
		tongs_payload_unref(payload);
		tongs_pool_settle();
	}
	tongs_payload_unref(create(size));
}

/* What was written to one part of a mapping, as large as a huge page: nothing, one byte somewhere, or all. */
enum touch { NOTHING, FIRST_BYTE, LAST_BYTE, MIDDLE_BYTE, EVERY_SECOND_PAGE, ALL, TOUCHES };

static void touch_part(char *part, size_t size, enum touch touch) {
	switch (touch) {
	case FIRST_BYTE:
		part[0] = 1;
		break;
	case LAST_BYTE:
		part[size - 1] = 1;
		break;
	case MIDDLE_BYTE:
		part[size / 2] = 1;
		break;
	case EVERY_SECOND_PAGE:
		for (size_t at = 0; at < size; at += 2 * tongs_page_size())
			part[at] = 1;
		break;
	case ALL:
		memset(part, 0xa5, size);
		break;
	default:
		break;
	}
}

/* Of any size: the touches of its parts are the digits of a number. */
static void touch(const struct tongs_payload *payload, uint32_t *random) {
	char *pages = tongs_payload_get_contents(payload);
	const size_t size = tongs_payload_get_size(payload);
	for (size_t at = 0; at < size; at += TONGS_HUGE_PAGE) {
		const size_t rest = size - at;
		touch_part(pages + at, rest < TONGS_HUGE_PAGE ? rest : TONGS_HUGE_PAGE,
			(enum touch)(next_random(random) % TOUCHES));
	}
}

/* The same pages are reused, and each of their bytes is 0. */
static void come_back_zeroed(uint64_t size, uint32_t *random) {
	enum { MOST = 1100 };
	static struct tongs_payload *others[MOST];
	size_t count = 0;
	struct tongs_payload *payload = tongs_payload_create(size), *again;
	CHECK(payload);
	const void *pages = tongs_payload_get_contents(payload);
	touch(payload, random);
	tongs_payload_unref(payload);
	tongs_pool_settle();
	for (;;) {
		again = tongs_payload_create(size);
		CHECK(again);
		if (tongs_payload_get_contents(again) == pages)
			break;
		CHECK(count < MOST);
		others[count++] = again;
	}
	CHECK(bytes_are(pages, 0, size));
	tongs_payload_unref(again);
	while (count > 0)
		tongs_payload_unref(others[--count]);
	tongs_pool_settle();
}

static void all_touches_come_back_zeroed(void) {
	/* Sizes around all limits of src/memory: slots, mappings, huge pages, the range of one mincore call, the small
	 * pages at the start of large mappings. */
	static const struct {
		uint64_t size;
		unsigned rounds;
	} rows[] = {{4 * KIB, 8}, {8 * KIB, 8}, {12 * KIB, 8}, {64 * KIB, 8}, {124 * KIB, 8}, {128 * KIB, 8},
		{132 * KIB, 8}, {256 * KIB, 8}, {260 * KIB, 8}, {892 * KIB, 8}, {896 * KIB, 8}, {MIB, 8},
		{MIB + 4 * KIB, 8}, {2 * MIB - 4 * KIB, 8}, {2 * MIB, 8}, {2 * MIB + 4 * KIB, 20}, {4 * MIB, 20},
		{4 * MIB + 4 * KIB, 20}, {6 * MIB, 40}, {16 * MIB, 10}, {16 * MIB + 4 * KIB, 10}, {18 * MIB, 20},
		{40 * MIB + 12 * KIB, 20}, {256 * MIB - 4 * KIB, 1}, {256 * MIB, 4}, {256 * MIB + 4 * KIB, 2}};
	uint32_t random = 5;
	for (size_t i = 0; i < LENGTH(rows); i++)
		for (unsigned round = 0; round < rows[i].rounds; round++)
			come_back_zeroed(rows[i].size, &random);
	CHECK(tongs_pool_drain());
}

/* With small pages, a part of a mapping can be partly resident. */
static void all_touches_of_small_pages(void) {
	CHECK(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0);
	all_touches_come_back_zeroed();
}

static void every_byte_comes_back_zero(void **state) {
	(void)state;
	in_child("1G", all_touches_come_back_zeroed);
	in_child("1G", all_touches_of_small_pages);
}

static int64_t get_now(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void old_pages_go_back(void **state) {
	(void)state;
	tongs_pool_drain();
	for (size_t i = 0; i < LENGTH(sizes); i++)
		tongs_payload_unref(create_filled(sizes[i]));
	tongs_pool_settle();
	const size_t held = tongs_pool_get_held();
	assert_true(held > 16 * MIB);
	tongs_pool_trim(get_now() - TONGS_POOL_AGE);
	assert_int_equal(tongs_pool_get_held(), held);
	tongs_pool_trim(get_now() + TONGS_POOL_AGE);
	assert_int_equal(tongs_pool_get_held(), 0);
	assert_false(tongs_pool_drain());
}

/* ThreadSanitizer starts a thread of its own with the program's first one. */
#ifdef __SANITIZE_THREAD__
enum { CHECKERS_THREADS = 1 };
#else
enum { CHECKERS_THREADS = 0 };
#endif

static size_t threads_at_start;

/* Pages of an idle process return to the system. The worker's thread ends with the last of them. */
static void wait_until_swept(void) {
	while (tongs_pool_get_held() > 0 || count_own("task") > threads_at_start + CHECKERS_THREADS)
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

static void idle_pages_go_back(void **state) {
	(void)state;
	tongs_pool_drain();
	for (int round = 0; round < 2; round++) {
		tongs_payload_unref(create_filled(5 * MIB));
		assert_int_equal(tongs_pool_get_held(), 5 * MIB);
		wait_until_swept();
	}
}

/* What was kept while no worker could be started is released once the next item starts the worker. */
static void a_sweeper_that_cannot_be_started(void **state) {
	(void)state;
	wait_until_swept();
	watch.no_threads = true;
	tongs_payload_unref(create_filled(5 * MIB));
	watch.no_threads = false;
	assert_int_equal(tongs_pool_get_held(), 5 * MIB);
	assert_true(count_own("task") <= threads_at_start + CHECKERS_THREADS);
	tongs_payload_unref(create_filled(3 * MIB));
	assert_int_equal(tongs_pool_get_held(), 8 * MIB);
	wait_until_swept();
}

/* ThreadSanitizer lets no child of several threads start one. */
#ifndef __SANITIZE_THREAD__
/* The worker's thread exists here, but not in the child. */
static void a_child_has_its_own_sweeper(void **state) {
	int status;
	(void)state;
	tongs_pool_drain();
	struct tongs_payload *payload = create_filled(3 * MIB);
	tongs_payload_unref(create_filled(5 * MIB));
	const pid_t child = fork();
	if (child == 0) {
		tongs_payload_unref(payload);
		const bool kept = tongs_pool_get_held() == 8 * MIB;
		wait_until_swept();
		_exit(kept ? 0 : 1);
	}
	assert_true(child > 0);
	wait_until_swept();
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	tongs_payload_unref(payload);
}
#endif

/* The page allocation of a 5 MiB payload is the third that it makes. */
static void a_failing_mapping_empties_the_pool(void **state) {
	(void)state;
	tongs_pool_drain();
	tongs_alloc_fail_after(2);
	assert_null(tongs_payload_create(5 * MIB));
	tongs_payload_unref(create_filled(3 * MIB));
	tongs_payload_unref(create_filled(4 * KIB));
	assert_int_equal(tongs_pool_get_held(), 3 * MIB + 4 * KIB);
	tongs_alloc_fail_after(2);
	struct tongs_payload *payload = create(5 * MIB);
	tongs_alloc_fail_after(UINT64_MAX);
	assert_int_equal(tongs_pool_get_held(), 0);
	tongs_payload_unref(payload);
}

/* Of many small payloads, one in each slab stays; of those in slabs of one huge page, every other one. */
static void free_slots_go_back_beside_used_ones(void) {
	enum { COUNT = 102400, STEP = 512, LARGE = 64 };
	static struct tongs_payload *small[COUNT], *large[LARGE];
	const uint64_t before = resident_bytes();
	for (size_t i = 0; i < COUNT; i++) {
		small[i] = tongs_payload_create(4 * KIB);
		CHECK(small[i]);
		memset(tongs_payload_get_contents(small[i]), (int)(i / STEP), 4 * KIB);
	}
	for (size_t i = 0; i < LARGE; i++) {
		large[i] = tongs_payload_create(MIB);
		CHECK(large[i]);
		memset(tongs_payload_get_contents(large[i]), (int)i, MIB);
	}
	for (size_t i = 0; i < COUNT; i++)
		if (i % STEP != 0)
			tongs_payload_unref(small[i]);
	for (size_t i = 0; i < LARGE; i += 2)
		tongs_payload_unref(large[i]);
	/* They do as soon as two seconds after. */
	while (tongs_pool_get_held() > 0)
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	const uint64_t left = COUNT / STEP * 4 * KIB + LARGE / 2 * MIB;
	printf("102,400 of 4 KiB and 64 of 1 MiB, most freed: %llu KiB resident, %llu KiB used\n",
		(unsigned long long)((resident_bytes() - before) >> 10), (unsigned long long)(left >> 10));
	/* The objects of 102,400 payloads are what malloc keeps. */
	CHECK(RESIDENT_SAYS_NOTHING || resident_bytes() < before + left + 24 * MIB);
	for (size_t i = 0; i < COUNT; i += STEP)
		CHECK(bytes_are(tongs_payload_get_contents(small[i]), (uint8_t)(i / STEP), 4 * KIB));
	for (size_t i = 1; i < LARGE; i += 2)
		CHECK(bytes_are(tongs_payload_get_contents(large[i]), (int)i, MIB));
	/* Returned pages are used again. */
	for (size_t i = 0; i < COUNT; i++) {
		if (i % STEP != 0)
			small[i] = tongs_payload_create(4 * KIB);
		else
			memset(tongs_payload_get_contents(small[i]), 0, 4 * KIB);
		CHECK(bytes_are(tongs_payload_get_contents(small[i]), 0, 4 * KIB));
	}
	for (size_t i = 0; i < COUNT; i++)
		tongs_payload_unref(small[i]);
	for (size_t i = 1; i < LARGE; i += 2)
		tongs_payload_unref(large[i]);
	tongs_pool_drain();
	CHECK(tongs_pool_get_held() == 0);
}

static void slots_go_back(void **state) {
	(void)state;
	in_child("1G", free_slots_go_back_beside_used_ones);
}

static atomic_bool churning;

static void *churn(void *user) {
	uint32_t random = (uint32_t)(uintptr_t)user;
	struct tongs_payload *window[32] = {0};
	while (churning) {
		struct tongs_payload **slot = &window[next_random(&random) % LENGTH(window)];
		if (*slot) {
			const size_t size = tongs_payload_get_size(*slot);
			CHECK(bytes_are(tongs_payload_get_contents(*slot), (int)(uintptr_t)user, size));
			tongs_payload_unref(*slot);
		}
		*slot = tongs_payload_create((next_random(&random) % 4 + 1) * 4 * KIB);
		const size_t size = tongs_payload_get_size(*slot);
		CHECK(bytes_are(tongs_payload_get_contents(*slot), 0, size));
		memset(tongs_payload_get_contents(*slot), (int)(uintptr_t)user, size);
	}
	for (size_t i = 0; i < LENGTH(window); i++)
		tongs_payload_unref(window[i]);
	return NULL;
}

/* A sweep at an arbitrary moment, here by this thread. */
static void slots_go_back_under_threads(void **state) {
	enum { LOOKS = 3000 };
	pthread_t threads[2];
	(void)state;
	tongs_pool_drain();
	wait_until_swept();
	churning = true;
	for (size_t i = 0; i < LENGTH(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, churn, (void *)(i + 1)), 0);
	watch.no_threads = true;
	for (int look = 0; look < LOOKS; look++) {
		tongs_pool_sweep_slots();
		if (look % 16 == 0)
			nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
	}
	churning = false;
	for (size_t i = 0; i < LENGTH(threads); i++)
		pthread_join(threads[i], NULL);
	watch.no_threads = false;
	tongs_pool_drain();
	assert_int_equal(tongs_pool_get_held(), 0);
}

static void slots_in_use_keep_their_arena(void **state) {
	(void)state;
	tongs_pool_drain();
	struct tongs_payload *stays = create_filled(64 * KIB), *goes = create_filled(64 * KIB);
	tongs_payload_unref(goes);
	assert_int_equal(tongs_pool_get_held(), 64 * KIB);
	assert_false(tongs_pool_drain());
	assert_true(bytes_are(tongs_payload_get_contents(stays), 0xa5, 64 * KIB));
	tongs_payload_unref(stays);
	assert_int_equal(tongs_pool_get_held(), 128 * KIB);
	assert_true(tongs_pool_drain());
	assert_int_equal(tongs_pool_get_held(), 0);
}

#ifdef TONGS_HAVE_POISON
/* Without the worker, for which pages are open while it clears them. */
static void freed_pages_are_forbidden(void **state) {
	(void)state;
	tongs_pool_drain();
	wait_until_swept();
	watch.no_threads = true;
	for (size_t i = 0; i < LENGTH(sizes); i++) {
		struct tongs_payload *payload = create_filled(sizes[i]);
		char *pages = tongs_payload_get_contents(payload);
		assert_false(__asan_address_is_poisoned(pages + sizes[i] - 1));
		tongs_payload_unref(payload);
		assert_true(__asan_address_is_poisoned(pages));
		assert_true(__asan_address_is_poisoned(pages + sizes[i] - 1));
	}
	/* Unmapped addresses may be reused by anything. */
	struct tongs_payload *payload = create_filled(16 * MIB);
	char *pages = tongs_payload_get_contents(payload);
	tongs_payload_unref(payload);
	tongs_pool_drain();
	assert_false(__asan_address_is_poisoned(pages));
	watch.no_threads = false;
}

/* The worker closes what it has cleared. */
static void cleared_pages_are_forbidden(void **state) {
	(void)state;
	struct tongs_payload *payload = create_filled(16 * MIB);
	char *pages = tongs_payload_get_contents(payload);
	tongs_payload_unref(payload);
	tongs_pool_settle();
	assert_int_equal(tongs_pool_get_held(), 16 * MIB);
	assert_true(__asan_address_is_poisoned(pages));
	assert_true(__asan_address_is_poisoned(pages + 16 * MIB - 1));
	tongs_pool_drain();
}
#endif

int main(void) {
	threads_at_start = count_own("task");
	/* Tests that fork come first, before the environment is read. */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(environment_sets_the_limit),
		cmocka_unit_test(the_pool_is_bounded),
		cmocka_unit_test(zero_turns_the_pool_off),
		cmocka_unit_test(every_byte_comes_back_zero),
		cmocka_unit_test(slots_go_back),
		cmocka_unit_test(lack_of_address_space_empties_the_pool),
		cmocka_unit_test(limits_are_parsed),
		cmocka_unit_test(the_default_is_what_is_documented),
		cmocka_unit_test(freed_pages_are_used_again_and_hold_zeros),
		cmocka_unit_test(other_sizes_see_zeros_too),
		cmocka_unit_test(untouched_pages_stay_away),
		cmocka_unit_test(old_pages_go_back),
		cmocka_unit_test(idle_pages_go_back),
		cmocka_unit_test(a_sweeper_that_cannot_be_started),
#ifndef __SANITIZE_THREAD__
		cmocka_unit_test(a_child_has_its_own_sweeper),
#endif
		cmocka_unit_test(a_failing_mapping_empties_the_pool),
		cmocka_unit_test(slots_in_use_keep_their_arena),
		cmocka_unit_test(slots_go_back_under_threads),
#ifdef TONGS_HAVE_POISON
		cmocka_unit_test(freed_pages_are_forbidden),
		cmocka_unit_test(cleared_pages_are_forbidden),
#endif
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
