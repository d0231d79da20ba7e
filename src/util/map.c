/* SPDX-License-Identifier: MIT */
/* Insertion and removal, by one writer at a time; map.h says why readers need not wait for them. */
#include "util/map.h"

#include <string.h>

#include <sys/mman.h>

#include "util/alloc.h"
#include "util/fork.h"

static const uint64_t EMPTY = 0;

pthread_mutex_t tongs_map_locks[TONGS_MAP_LOCKS] = {
	PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};

TONGS_FORK_STATIC_LOCKS(tongs_map_locks, TONGS_LOCK_MAP, TONGS_MAP_LOCKS, sizeof(pthread_mutex_t), NULL);

#ifndef TONGS_MAP_FIRST_BUCKETS
#define TONGS_MAP_FIRST_BUCKETS 16 /* a power of two, and more than one */
#endif

/* In a table of this size most look-ups would miss the TLB, too. */
static const size_t HUGE_PAGE = (size_t)2 << 20;

static struct tongs_map_table *place_table(void *memory, size_t buckets) {
	uintptr_t address = ((uintptr_t)memory + TONGS_MAP_LINE - 1) & ~(uintptr_t)(TONGS_MAP_LINE - 1);
	struct tongs_map_table *table = (struct tongs_map_table *)address;
	table->memory = memory;
	table->mask = buckets - 1;
	table->shift = 64;
	for (size_t rest = buckets; rest > 1; rest /= 2)
		table->shift--;
	return table;
}

/* Zeroed memory is empty buckets. Without callbacks, large tables are mappings, of huge pages where the kernel has
 * them. */
static struct tongs_map_table *create_table(const struct tongs_map *map, size_t buckets) {
	if (buckets > (SIZE_MAX / 2 - sizeof(struct tongs_map_table)) / sizeof(struct tongs_map_bucket))
		return NULL;
	size_t size = sizeof(struct tongs_map_table) + buckets * sizeof(struct tongs_map_bucket);
	struct tongs_map_table *table;
	void *memory;
	if (map->callbacks || size < HUGE_PAGE) {
		memory = tongs_alloc(map->callbacks, 1, size + TONGS_MAP_LINE - 1, VK_SYSTEM_ALLOCATION_SCOPE_DEVICE);
		return memory ? place_table(memory, buckets) : NULL;
	}
	size_t page = tongs_page_size();
	size = (size + page - 1) & ~(page - 1);
	memory = tongs_alloc_pages(size, HUGE_PAGE);
	if (!memory)
		return NULL;
	/* Without huge pages the kernel gives small ones. */
	madvise(memory, size, MADV_HUGEPAGE);
	table = place_table(memory, buckets);
	table->mapped = size;
	return table;
}

static void destroy_table(const struct tongs_map *map, struct tongs_map_table *table) {
	if (table->mapped)
		tongs_free_pages(table->memory, table->mapped);
	else
		tongs_free(map->callbacks, table->memory);
}

static void lock(const struct tongs_map *map) {
	if (map->lock)
		pthread_mutex_lock(map->lock);
}

static void unlock(const struct tongs_map *map) {
	if (map->lock)
		pthread_mutex_unlock(map->lock);
}

static void set_max_probe(struct tongs_map_bucket *home, size_t max_probe) {
	TONGS_MAP_STEP();
	atomic_store_explicit(&home->max_probe, (uint_least32_t)max_probe, memory_order_relaxed);
}

static void fill_slot(struct tongs_map_bucket *bucket, unsigned slot, uint64_t key, struct tongs_map_entry entry) {
	TONGS_MAP_STEP();
	atomic_store_explicit(&bucket->values[slot], entry.value, memory_order_relaxed);
	TONGS_MAP_STEP();
	atomic_store_explicit(&bucket->tags[slot], entry.tag, memory_order_relaxed);
	TONGS_MAP_STEP();
	atomic_store_explicit(&bucket->keys[slot], key, memory_order_release);
}

/* Puts the key into the first free slot from its home on; there is one. */
static void place(struct tongs_map_table *table, uint64_t key, struct tongs_map_entry entry) {
	const size_t first = tongs_map_home(table, key);
	struct tongs_map_bucket *home = &table->buckets[first];
	for (size_t distance = 0;; distance++) {
		struct tongs_map_bucket *bucket = &table->buckets[(first + distance) & table->mask];
		for (unsigned slot = 0; slot < TONGS_MAP_SLOTS; slot++) {
			if (atomic_load_explicit(&bucket->keys[slot], memory_order_relaxed) != EMPTY)
				continue;
			home->displaced += distance > 0;
			if (distance > atomic_load_explicit(&home->max_probe, memory_order_relaxed))
				set_max_probe(home, distance);
			fill_slot(bucket, slot, key, entry);
			return;
		}
	}
}

static struct tongs_map_entry read_slot(struct tongs_map_bucket *bucket, unsigned slot, uint64_t *key) {
	*key = atomic_load_explicit(&bucket->keys[slot], memory_order_relaxed);
	return (struct tongs_map_entry){
		.value = atomic_load_explicit(&bucket->values[slot], memory_order_relaxed),
		.tag = atomic_load_explicit(&bucket->tags[slot], memory_order_relaxed),
	};
}

/* How many buckets one more key needs; 0: there is room. At most three quarters of the slots are used, so that most
 * keys are at home. */
static size_t growth_locked(const struct tongs_map *map) {
	const struct tongs_map_table *table = atomic_load_explicit(&map->table, memory_order_relaxed);
	size_t buckets = table ? table->mask + 1 : 0;
	if (map->live < buckets * TONGS_MAP_SLOTS / 4 * 3)
		return 0;
	return buckets ? 2 * buckets : TONGS_MAP_FIRST_BUCKETS;
}

static void grow_locked(struct tongs_map *map, struct tongs_map_table *table) {
	struct tongs_map_table *old = atomic_load_explicit(&map->table, memory_order_relaxed);
	size_t buckets = old ? old->mask + 1 : 0;
	for (size_t i = 0; i < buckets; i++) {
		for (unsigned slot = 0; slot < TONGS_MAP_SLOTS; slot++) {
			uint64_t key;
			struct tongs_map_entry entry = read_slot(&old->buckets[i], slot, &key);
			if (key != EMPTY)
				place(table, key, entry);
		}
	}
	table->older = old;
	TONGS_MAP_STEP();
	atomic_store_explicit(&map->table, table, memory_order_release);
}

static bool make_room(struct tongs_map *map) {
	struct tongs_map_table *old = atomic_load_explicit(&map->table, memory_order_relaxed);
	const size_t buckets = growth_locked(map);
	struct tongs_map_table *table = buckets ? create_table(map, buckets) : NULL;
	if (!table)
		return !buckets;
	grow_locked(map, table);
	/* The first table stays for when the map is empty again. */
	if (old && old->older) {
		table->older = old->older;
		destroy_table(map, old);
	}
	return true;
}

/* Makes room for one more key and takes the lock. The application's allocator is called without it. False, without the
 * lock, when memory runs out. */
static bool lock_with_room(struct tongs_map *map) {
	struct tongs_map_table *table = NULL;
	size_t buckets;
	if (!map->lock)
		return make_room(map);
	pthread_mutex_lock(map->lock);
	while ((buckets = growth_locked(map)) && !(table && table->mask + 1 == buckets)) {
		pthread_mutex_unlock(map->lock);
		if (table)
			destroy_table(map, table);
		table = create_table(map, buckets);
		if (!table)
			return false;
		pthread_mutex_lock(map->lock);
	}
	if (buckets) {
		grow_locked(map, table);
	} else if (table) {
		/* Another thread made room. */
		pthread_mutex_unlock(map->lock);
		destroy_table(map, table);
		return lock_with_room(map);
	}
	return true;
}

void tongs_map_init(struct tongs_map *map, const VkAllocationCallbacks *callbacks) {
	/* In turn, so that the maps of a device have different ones. */
	static atomic_uint next;
	unsigned i = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed) % TONGS_MAP_LOCKS;
	*map = (struct tongs_map){.callbacks = callbacks, .lock = &tongs_map_locks[i]};
}

void tongs_map_finish(struct tongs_map *map) {
	struct tongs_map_table *table = atomic_load_explicit(&map->table, memory_order_relaxed);
	while (table) {
		struct tongs_map_table *older = table->older;
		destroy_table(map, table);
		table = older;
	}
}

bool tongs_map_insert_tagged(struct tongs_map *map, uint64_t key, void *value, uintptr_t tag) {
	if (!lock_with_room(map))
		return false;
	place(atomic_load_explicit(&map->table, memory_order_relaxed), key,
		(struct tongs_map_entry){.value = value, .tag = tag});
	map->live++;
	unlock(map);
	return true;
}

bool tongs_map_insert(struct tongs_map *map, uint64_t key, void *value) {
	return tongs_map_insert_tagged(map, key, value, 0);
}

/* The bucket that holds the key, among the `max_probe` after its home; NULL: none. */
static struct tongs_map_bucket *find_displaced(
	struct tongs_map_table *table, uint64_t key, size_t max_probe, unsigned *slot) {
	size_t at = tongs_map_home(table, key);
	for (; max_probe; max_probe--) {
		at = (at + 1) & table->mask;
		*slot = tongs_map_match(&table->buckets[at], key);
		if (*slot < TONGS_MAP_SLOTS)
			return &table->buckets[at];
	}
	return NULL;
}

static void *remove_locked(struct tongs_map *map, uint64_t key) {
	struct tongs_map_table *table = atomic_load_explicit(&map->table, memory_order_relaxed);
	struct tongs_map_bucket *home = &table->buckets[tongs_map_home(table, key)], *bucket = home;
	unsigned slot = tongs_map_match(home, key);
	if (slot == TONGS_MAP_SLOTS)
		bucket = find_displaced(table, key, tongs_map_max_probe(home), &slot);
	if (!bucket)
		return NULL;
	void *value = atomic_load_explicit(&bucket->values[slot], memory_order_relaxed);
	TONGS_MAP_STEP();
	atomic_store_explicit(&bucket->keys[slot], EMPTY, memory_order_release);
	if (bucket != home && --home->displaced == 0)
		set_max_probe(home, 0);
	map->live--;
	return value;
}

/* Returns an empty map without a lock to its first table. */
static void shrink(struct tongs_map *map) {
	struct tongs_map_table *table = atomic_load_explicit(&map->table, memory_order_relaxed);
	if (map->live > 0 || !table->older)
		return;
	struct tongs_map_table *first = table->older;
	memset(first->buckets, 0, (first->mask + 1) * sizeof(first->buckets[0]));
	atomic_store_explicit(&map->table, first, memory_order_relaxed);
	destroy_table(map, table);
}

void *tongs_map_remove_present(struct tongs_map *map, uint64_t key) {
	lock(map);
	void *value = remove_locked(map, key);
	if (!map->lock)
		shrink(map);
	unlock(map);
	return value;
}

struct tongs_map_entry tongs_map_find_displaced(struct tongs_map_table *table, uint64_t key, size_t max_probe) {
	unsigned slot;
	struct tongs_map_bucket *bucket = find_displaced(table, key, max_probe, &slot);
	return bucket ? tongs_map_read(bucket, slot) : (struct tongs_map_entry){0};
}

void tongs_map_visit(struct tongs_map *map, void (*visit)(uint64_t key, void *value, void *user), void *user) {
	lock(map);
	struct tongs_map_table *table = atomic_load_explicit(&map->table, memory_order_relaxed);
	for (size_t i = 0; table && i <= table->mask; i++) {
		for (unsigned slot = 0; slot < TONGS_MAP_SLOTS; slot++) {
			uint64_t key;
			struct tongs_map_entry entry = read_slot(&table->buckets[i], slot, &key);
			if (key != EMPTY)
				visit(key, entry.value, user);
		}
	}
	unlock(map);
}

void tongs_map_clear(struct tongs_map *map, void (*release)(void *value, void *user), void *user) {
	struct tongs_map_table *table = atomic_load_explicit(&map->table, memory_order_relaxed);
	for (size_t i = 0; table && i <= table->mask; i++) {
		struct tongs_map_bucket *bucket = &table->buckets[i];
		for (unsigned slot = 0; slot < TONGS_MAP_SLOTS; slot++) {
			uint64_t key;
			struct tongs_map_entry entry = read_slot(bucket, slot, &key);
			if (key != EMPTY)
				release(entry.value, user);
			atomic_store_explicit(&bucket->keys[slot], EMPTY, memory_order_release);
		}
		atomic_store_explicit(&bucket->max_probe, 0, memory_order_relaxed);
		bucket->displaced = 0;
	}
	map->live = 0;
}
