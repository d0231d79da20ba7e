/* SPDX-License-Identifier: MIT */
/* The handle map against a plain model of it, and under readers that run while others write. */
#include "util/map.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "util/alloc.h"

static uint32_t next_random(uint32_t *state) {
	return *state = *state * 1664525u + 1013904223u;
}

static void *value_of(uint64_t key) {
	return (void *)(uintptr_t)(key * 2 + 1);
}

/* Keys like handles: addresses a cache line apart, few enough to be reused. */
static uint64_t key_of(uint32_t index) {
	return UINT64_C(0x7f0000000000) + (uint64_t)index * 64;
}

static void follows_the_model(void **state) {
	enum { KEYS = 3000, STEPS = 400000 };
	static bool model[KEYS];
	struct tongs_map map = TONGS_MAP_INIT;
	uint32_t random = 1;
	(void)state;
	for (int step = 0; step < STEPS; step++) {
		/* Phases of growth and of shrinking, so that removed slots pile up and are cleared out. */
		uint32_t index = next_random(&random) >> 8;
		index %= step / 40000 % 2 ? KEYS / 10 : KEYS;
		uint64_t key = key_of(index);
		assert_ptr_equal(tongs_map_get(&map, key), model[index] ? value_of(key) : NULL);
		if (model[index])
			assert_ptr_equal(tongs_map_remove(&map, key), value_of(key));
		else
			assert_true(tongs_map_insert(&map, key, value_of(key)));
		model[index] = !model[index];
	}
	size_t live = 0;
	for (uint32_t i = 0; i < KEYS; i++) {
		assert_ptr_equal(tongs_map_get(&map, key_of(i)), model[i] ? value_of(key_of(i)) : NULL);
		live += model[i];
	}
	assert_int_equal(map.live, live);
	tongs_map_finish(&map);
}

/* How many buckets the look-up of a missing key visits. */
static size_t probes_of(struct tongs_map *map, uint64_t key) {
	struct tongs_map_table *table = atomic_load(&map->table);
	return 1 + tongs_map_max_probe(&table->buckets[tongs_map_home(table, key)]);
}

/* Memory that isn't shared is looked for, too. Whatever the allocator's distance between handles is, none piles up. */
static void absent_keys_are_near(void **state) {
	enum { KEYS = 10000, MOST_ON_AVERAGE = 3 };
	(void)state;
	for (uint64_t distance = 16; distance <= 8192; distance += distance < 1024 ? 16 : 512) {
		const uint64_t first = UINT64_C(0x55d0c0de1000);
		struct tongs_map map = TONGS_MAP_INIT;
		size_t sum = 0;
		for (uint64_t i = 0; i < KEYS; i++)
			assert_true(tongs_map_insert(&map, first + i * distance, value_of(i)));
		for (uint64_t i = 0; i < KEYS; i++)
			sum += probes_of(&map, first + i * distance + 8);
		if (sum > MOST_ON_AVERAGE * KEYS)
			fail_msg("distance %d: %zu buckets for %d keys", (int)distance, sum, KEYS);
		tongs_map_finish(&map);
	}
}

/* Large enough to have pages of its own. */
static void tags_come_with_their_values(void **state) {
	enum { KEYS = 100000 };
	struct tongs_map map = TONGS_MAP_INIT;
	(void)state;
	for (uint32_t i = 0; i < KEYS; i++)
		assert_true(tongs_map_insert_tagged(&map, key_of(i), value_of(key_of(i)), i));
	for (uint32_t i = 0; i < KEYS; i++) {
		struct tongs_map_entry found = tongs_map_find(&map, key_of(i));
		assert_ptr_equal(found.value, value_of(key_of(i)));
		assert_int_equal(found.tag, i);
	}
	assert_true(tongs_map_insert(&map, key_of(KEYS), value_of(0)));
	assert_int_equal(tongs_map_find(&map, key_of(KEYS)).tag, 0);
	assert_null(tongs_map_find(&map, key_of(KEYS + 1)).value);
	tongs_map_finish(&map);
}

static void nothing_in_an_empty_map(void **state) {
	struct tongs_map map = TONGS_MAP_INIT;
	(void)state;
	assert_null(tongs_map_get(&map, 1));
	assert_null(tongs_map_get(&map, 0));
	assert_null(tongs_map_get(&map, UINT64_MAX));
	assert_null(tongs_map_remove(&map, 1));
	tongs_map_finish(&map);
}

/* A million insertions and removals with few live: the first table does, and nothing else is allocated. */
static void churn_does_not_grow_it(void **state) {
	struct tongs_map map = TONGS_MAP_INIT;
	(void)state;
	for (uint32_t i = 0; i < 1000000; i++) {
		tongs_alloc_fail_after(i ? 0 : UINT64_MAX);
		assert_true(tongs_map_insert(&map, key_of(i), value_of(key_of(i))));
		if (i >= 16)
			assert_non_null(tongs_map_remove(&map, key_of(i - 16)));
	}
	tongs_alloc_fail_after(UINT64_MAX);
	assert_int_equal(map.live, 16);
	tongs_map_finish(&map);
}

static void count_visit(uint64_t key, void *value, void *user) {
	assert_ptr_equal(value, value_of(key));
	++*(unsigned *)user;
}

static void visit_shows_each_pair_once(void **state) {
	struct tongs_map map = TONGS_MAP_INIT;
	unsigned visited = 0;
	(void)state;
	tongs_map_visit(&map, count_visit, &visited);
	assert_int_equal(visited, 0);
	for (uint32_t i = 0; i < 1000; i++)
		assert_true(tongs_map_insert(&map, key_of(i), value_of(key_of(i))));
	for (uint32_t i = 0; i < 1000; i += 2)
		assert_non_null(tongs_map_remove(&map, key_of(i)));
	tongs_map_visit(&map, count_visit, &visited);
	assert_int_equal(visited, 500);
	assert_non_null(tongs_map_get(&map, key_of(1)));
	tongs_map_finish(&map);
}

static void count_drop(void *value, void *user) {
	assert_non_null(value);
	++*(unsigned *)user;
}

static void clear_gives_each_value_once(void **state) {
	struct tongs_map map = TONGS_MAP_INIT;
	unsigned dropped = 0;
	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		assert_true(tongs_map_insert(&map, key_of(i), value_of(key_of(i))));
	tongs_map_clear(&map, count_drop, &dropped);
	assert_int_equal(dropped, 1000);
	assert_null(tongs_map_get(&map, key_of(5)));
	assert_true(tongs_map_insert(&map, key_of(5), value_of(key_of(5))));
	tongs_map_finish(&map);
}

static void out_of_memory_leaves_it_as_it_was(void **state) {
	struct tongs_map map = TONGS_MAP_INIT;
	uint32_t inserted = 0;
	(void)state;
	for (int failures = 0; failures < 6;) {
		tongs_alloc_fail_after(0);
		bool ok = tongs_map_insert(&map, key_of(inserted), value_of(key_of(inserted)));
		tongs_alloc_fail_after(UINT64_MAX);
		if (ok) {
			inserted++;
			continue;
		}
		failures++;
		assert_null(tongs_map_get(&map, key_of(inserted)));
		for (uint32_t i = 0; i < inserted; i++)
			assert_ptr_equal(tongs_map_get(&map, key_of(i)), value_of(key_of(i)));
		assert_true(tongs_map_insert(&map, key_of(inserted), value_of(key_of(inserted))));
		inserted++;
	}
	assert_true(inserted > 300);
	tongs_map_finish(&map);
}

enum { STABLE = 200, CHURNING = 2000, ROUNDS = 60, READS = 100000, READERS = 2, WRITERS = 2 };

struct race {
	struct tongs_map map;
	atomic_uint readers, writers; /* started */
	atomic_uint busy_readers, busy_writers;
	atomic_uint wrong;
};

/* Keys that stay are found at every look-up, whatever happens around them. A reader does READS look-ups, then continues
 * until no writer is busy; a writer does ROUNDS rounds, then continues until each reader has done its READS. So both
 * kinds overlap, however late the machine starts a thread. */
static void *read_stable(void *user) {
	struct race *race = user;
	uint32_t random = 1 + atomic_fetch_add(&race->readers, 1);
	for (uint64_t reads = 1; reads <= READS || atomic_load(&race->busy_writers); reads++) {
		uint64_t key = key_of((next_random(&random) >> 8) % STABLE);
		if (tongs_map_get(&race->map, key) != value_of(key))
			atomic_fetch_add(&race->wrong, 1);
		if (reads == READS)
			atomic_fetch_sub(&race->busy_readers, 1);
	}
	return NULL;
}

static void *churn(void *user) {
	struct race *race = user;
	uint32_t first = STABLE + CHURNING * atomic_fetch_add(&race->writers, 1);
	for (int round = 0; round < ROUNDS || atomic_load(&race->busy_readers); round++) {
		uint32_t count = round % 2 ? CHURNING : 100; /* growth, then removed slots */
		for (uint32_t i = 0; i < count; i++)
			if (!tongs_map_insert(&race->map, key_of(first + i), value_of(key_of(first + i))))
				atomic_fetch_add(&race->wrong, 1);
		for (uint32_t i = 0; i < count; i++)
			if (tongs_map_remove(&race->map, key_of(first + i)) != value_of(key_of(first + i)))
				atomic_fetch_add(&race->wrong, 1);
	}
	atomic_fetch_sub(&race->busy_writers, 1);
	return NULL;
}

static void readers_beside_writers(void **state) {
	struct race race = {.map = TONGS_MAP_INIT, .busy_readers = READERS, .busy_writers = WRITERS};
	pthread_t threads[READERS + WRITERS];
	(void)state;
	for (uint32_t i = 0; i < STABLE; i++)
		assert_true(tongs_map_insert(&race.map, key_of(i), value_of(key_of(i))));
	for (int i = 0; i < READERS + WRITERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, i < READERS ? read_stable : churn, &race), 0);
	for (int i = 0; i < READERS + WRITERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(race.wrong, 0);
	assert_int_equal(race.busy_readers, 0);
	assert_int_equal(race.map.live, STABLE);
	tongs_map_finish(&race.map);
}

/* Without a lock: it finds what a map with one does, and gives its memory back when it is empty. */
static void a_map_without_a_lock(void **state) {
	enum { COUNT = 1000 };
	struct tongs_map map = {.lock = NULL};
	unsigned visited = 0;
	(void)state;
	assert_null(tongs_map_get(&map, key_of(1)));
	assert_true(tongs_map_insert(&map, key_of(0), value_of(key_of(0))));
	struct tongs_map_table *first = atomic_load(&map.table);
	assert_ptr_equal(tongs_map_remove(&map, key_of(0)), value_of(key_of(0)));
	for (int round = 0; round < 2; round++) {
		for (unsigned i = 0; i < COUNT; i++) {
			assert_true(tongs_map_insert(&map, key_of(i), value_of(key_of(i))));
			/* No table but the first and the latest is kept. */
			struct tongs_map_table *latest = atomic_load(&map.table);
			assert_ptr_equal(latest->older, latest == first ? NULL : first);
		}
		assert_ptr_not_equal(atomic_load(&map.table), first);
		for (unsigned i = 0; i < COUNT; i++)
			assert_ptr_equal(tongs_map_get(&map, key_of(i)), value_of(key_of(i)));
		for (unsigned i = 0; i < COUNT; i++)
			assert_ptr_equal(tongs_map_remove(&map, key_of(i)), value_of(key_of(i)));
		assert_ptr_equal(atomic_load(&map.table), first);
		tongs_map_visit(&map, count_visit, &visited);
		assert_int_equal(visited, 0);
	}
	assert_true(tongs_map_insert(&map, key_of(1), value_of(key_of(1))));
	tongs_map_visit(&map, count_visit, &visited);
	assert_int_equal(visited, 1);
	assert_non_null(tongs_map_remove(&map, key_of(1)));
	assert_ptr_equal(atomic_load(&map.table), first);
	tongs_map_finish(&map);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_map_without_a_lock),
		cmocka_unit_test(follows_the_model),
		cmocka_unit_test(absent_keys_are_near),
		cmocka_unit_test(tags_come_with_their_values),
		cmocka_unit_test(nothing_in_an_empty_map),
		cmocka_unit_test(churn_does_not_grow_it),
		cmocka_unit_test(visit_shows_each_pair_once),
		cmocka_unit_test(clear_gives_each_value_once),
		cmocka_unit_test(out_of_memory_leaves_it_as_it_was),
		cmocka_unit_test(readers_beside_writers),
	};
	return cmocka_run_group_tests_name("layer: map", tests, NULL, NULL);
}
