/* SPDX-License-Identifier: MIT */
/* The handle map: every interleaving of one look-up with two operations of a writer, from every state that a few
 * operations lead to.
 *
 * A writer only stores, and a look-up only loads. So the writer runs first, alone, and what memory holds before each of
 * its stores is kept; then the look-up runs once for each way in which those states can pass by between its loads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void step(void);
static void check_store(const volatile void *place, memory_order order);
static void check_load(const volatile void *place, memory_order order);

/* The interleavings are of stores that become visible in their order, which a weaker order than that of map.h would not
 * promise on processors that this may not run on: so the orders themselves are looked at. The accesses are stronger. */
#undef atomic_store_explicit
#undef atomic_load_explicit
#define atomic_store_explicit(place, value, order) (check_store(place, order), (void)(*(place) = (value)))
#define atomic_load_explicit(place, order) (check_load(place, order), *(place))

#define TONGS_MAP_STEP() step()
#define TONGS_MAP_FIRST_BUCKETS 2 /* so that the fourth key makes it grow */
#include "util/map.c"

enum { KEYS = 6, MAX_STATES = 64, MAX_STEPS = 32, ARENA = 1024, MAX_PREFIXES = 100 };

/* All memory that is shared with a reader: the tables, and which of them is the present one. */
struct state {
	struct tongs_map_table *table;
	_Alignas(TONGS_MAP_LINE) char arena[ARENA];
};

static struct state now, states[MAX_STATES];
static size_t arena_used, state_count;
static struct tongs_map map;
static uint64_t keys[KEYS];
static bool present[KEYS];

static enum { ALONE, RECORDING, READING } mode;
static size_t schedule[MAX_STEPS]; /* which state each load of the look-up sees; it never goes back */
static size_t steps, planned;

static void *VKAPI_CALL allocate(void *user, size_t size, size_t alignment, VkSystemAllocationScope scope) {
	(void)user, (void)scope;
	arena_used = (arena_used + alignment - 1) & ~(alignment - 1);
	void *memory = now.arena + arena_used;
	arena_used += size;
	assert_true(arena_used <= ARENA);
	return memory;
}

static void VKAPI_CALL release(void *user, void *memory) {
	(void)user, (void)memory;
}

static const VkAllocationCallbacks callbacks = {.pfnAllocation = allocate, .pfnFree = release};

/* What a reader can reach: tables lie one after the other, so all up to the end of the present one. */
static size_t reachable(const struct tongs_map_table *table) {
	return table ? (size_t)((const char *)&table->buckets[table->mask + 1] - now.arena) : 0;
}

static void record(void) {
	now.table = atomic_load(&map.table);
	const struct state *last = state_count ? &states[state_count - 1] : NULL;
	if (last && last->table == now.table && memcmp(last->arena, now.arena, reachable(now.table)) == 0)
		return;
	assert_true(state_count < MAX_STATES);
	memcpy(&states[state_count++], &now, sizeof(now));
}

static void show(const struct state *state) {
	memcpy(&now, state, sizeof(now));
	atomic_store(&map.table, state->table);
}

/* Before a load of a look-up: the state that is planned for it, or the one that the load before saw. */
static void step(void) {
	if (mode == RECORDING)
		record();
	if (mode != READING)
		return;
	assert_true(steps < MAX_STEPS);
	if (steps >= planned)
		schedule[steps] = steps ? schedule[steps - 1] : 0;
	if (steps == 0 || schedule[steps] != schedule[steps - 1])
		show(&states[schedule[steps]]);
	steps++;
}

/* A key, or the table: what a reader finds first, and all else by it. Keys are at the head of a line. */
static bool publishes(const volatile void *place) {
	const char *at = (const char *)(uintptr_t)place;
	if (at == (const char *)&map.table)
		return true;
	return at >= now.arena && at < now.arena + ARENA &&
	       (uintptr_t)at % TONGS_MAP_LINE < sizeof(keys[0]) * TONGS_MAP_SLOTS;
}

static size_t publishing_stores, finding_loads;

static void check_store(const volatile void *place, memory_order order) {
	if (mode != RECORDING || !publishes(place))
		return;
	publishing_stores++;
	assert_true(order == memory_order_release || order == memory_order_seq_cst);
}

/* The writer's own loads need no order: it holds the lock. */
static void check_load(const volatile void *place, memory_order order) {
	if (mode != READING || !publishes(place))
		return;
	finding_loads++;
	assert_true(order == memory_order_acquire || order == memory_order_seq_cst);
}

/* The next schedule in order, given how many loads the last look-up did; false after the last one. */
static bool next_schedule(void) {
	while (steps > 0 && schedule[steps - 1] == state_count - 1)
		steps--;
	if (steps == 0)
		return false;
	schedule[steps - 1]++;
	planned = steps;
	return true;
}

static struct tongs_map_entry entry_of(unsigned i) {
	return (struct tongs_map_entry){.value = &keys[i], .tag = i + 1};
}

static void toggle(unsigned i) {
	if (present[i])
		assert_ptr_equal(tongs_map_remove(&map, keys[i]), entry_of(i).value);
	else
		assert_true(tongs_map_insert_tagged(&map, keys[i], entry_of(i).value, entry_of(i).tag));
	present[i] = !present[i];
}

static void start(void) {
	memset(&now, 0, sizeof(now));
	memset(present, 0, sizeof(present));
	arena_used = 0;
	tongs_map_init(&map, &callbacks);
}

/* What a look-up of key `i` may find. If the key is removed meanwhile, which callers must not do, anything may be
 * returned. */
static void check(unsigned i, bool was_present, bool is_written, struct tongs_map_entry found) {
	if (is_written && was_present)
		return;
	if (!was_present && !is_written)
		assert_null(found.value);
	if (!found.value && !was_present)
		return;
	assert_ptr_equal(found.value, entry_of(i).value);
	assert_int_equal(found.tag, entry_of(i).tag);
}

static unsigned long long read_all_ways(unsigned first, unsigned second, const bool before[KEYS]) {
	unsigned long long count = 0;
	for (unsigned i = 0; i < KEYS; i++) {
		planned = 0;
		do {
			steps = 0;
			mode = READING;
			struct tongs_map_entry found = tongs_map_find(&map, keys[i]);
			mode = ALONE;
			check(i, before[i], i == first || i == second, found);
			count++;
		} while (next_schedule());
	}
	return count;
}

/* `begin` insertions, and the operations that the digits of `prefix` stand for. */
static void prepare(unsigned begin, unsigned length, unsigned prefix) {
	start();
	for (unsigned i = 0; i < begin; i++)
		toggle(i);
	for (; length; length--, prefix /= KEYS)
		toggle(prefix % KEYS);
	now.table = atomic_load(&map.table);
}

static unsigned long long interleave(unsigned first, unsigned second) {
	bool before[KEYS];
	memcpy(before, present, sizeof(before));
	state_count = 0;
	mode = RECORDING;
	toggle(first);
	toggle(second);
	record();
	mode = ALONE;
	unsigned long long count = read_all_ways(first, second, before);
	show(&states[state_count - 1]);
	tongs_map_finish(&map);
	return count;
}

/* Whether memory was the same after other operations before. */
static bool is_known(void) {
	static struct state known[MAX_PREFIXES];
	static size_t count;
	for (size_t i = 0; i < count; i++)
		if (memcmp(&known[i], &now, sizeof(now)) == 0)
			return true;
	memcpy(&known[count++], &now, sizeof(now));
	return false;
}

static unsigned long long interleave_after(unsigned begin, unsigned length, unsigned prefix) {
	unsigned long long count = 0;
	prepare(begin, length, prefix);
	bool known = is_known();
	tongs_map_finish(&map);
	for (unsigned pair = 0; pair < KEYS * KEYS && !known; pair++) {
		prepare(begin, length, prefix);
		count += interleave(pair / KEYS, pair % KEYS);
	}
	return count;
}

/* All that are few operations away from `begin` insertions. */
static unsigned long long interleave_around(unsigned begin, unsigned max_length) {
	unsigned long long count = 0;
	for (unsigned length = 0, prefixes = 1; length <= max_length; length++, prefixes *= KEYS)
		for (unsigned prefix = 0; prefix < prefixes; prefix++)
			count += interleave_after(begin, length, prefix);
	return count;
}

/* All but the last are at home in the first bucket of four, and so of two; the last in the second of two. */
static void choose_keys(void) {
	const struct tongs_map_table two = {.shift = 63}, four = {.shift = 62};
	unsigned count = 0;
	uint64_t key = 1;
	for (; count < KEYS - 1; key++)
		if (tongs_map_home(&four, key) == 0)
			keys[count++] = key;
	while (tongs_map_home(&two, key) != 1)
		key++;
	keys[count] = key;
}

static void a_reader_is_right_in_every_interleaving(void **state) {
	(void)state;
	choose_keys();
	/* The first table, and its growth; then the second one, with keys one and two buckets from their full home. */
	unsigned long long count = interleave_around(0, 1) + interleave_around(3, 1) + interleave_around(5, 1);
	assert_true(publishing_stores > 1000 && finding_loads > 1000);
	printf("tally: interleavings of the handle map %llu\n", count);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_is_right_in_every_interleaving),
	};
	return cmocka_run_group_tests_name("layer: interleave", tests, NULL, NULL);
}
