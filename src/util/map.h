/* SPDX-License-Identifier: MIT */
/* A hash map from keys to pointers. Look-ups take no lock and may run while others insert and remove.
 *
 * The table is an array of buckets of one cache line, each with two slots; a key whose home bucket is full goes to the
 * next bucket with room. The home records how far the farthest of its keys went, so the look-up of a missing key mostly
 * ends at its home, and a removed slot is simply empty again.
 *
 * Why look-ups are correct. The caller orders a look-up after the insertion or removal of its key, as Vulkan requires
 * for handles. So it sees the table in which this was done, or a later one, and everything that was written until then.
 *
 * A live key is found: it stays in its slot until it is removed. All that time its home's `max_probe` is at least its
 * distance, because `displaced` counts it and `max_probe` shrinks only when `displaced` reaches 0. So no look-up ends
 * before it, whatever other keys are inserted and removed. The value is stored before the key (release, and acquire by
 * the reader), and is not stored again while the key is there. When the table grows, all live keys are copied to a new
 * one, which is published (release) when it is complete. The old one is left unchanged for readers that still walk it:
 * their keys were live before, or they would see the new table. It is kept until the map is finished; tables double, so
 * all old ones together are smaller than the current one.
 *
 * A key that is not live is not found: its removal emptied its slot, and a thread that can see the removal no longer
 * reads an old table. A handle that is reused (ABA) is inserted after the old one was removed, so it, too, is in one
 * slot only. A slot that is emptied and filled with another key between a reader's loads of its key and of its value
 * held a key that the reader was not looking for, or one that was removed during its own look-up, which the caller's
 * ordering excludes. */
#ifndef TONGS_UTIL_MAP_H
#define TONGS_UTIL_MAP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

#include "util/export.h"

/* Called before each load and store that readers and writers share; a test of interleavings defines it. */
#ifndef TONGS_MAP_STEP
#define TONGS_MAP_STEP() ((void)0)
#endif

enum { TONGS_MAP_LINE = 64, TONGS_MAP_SLOTS = 2 };

struct tongs_map_bucket {
	_Alignas(TONGS_MAP_LINE) _Atomic uint64_t keys[TONGS_MAP_SLOTS]; /* 0: empty */
	_Atomic(void *) values[TONGS_MAP_SLOTS];
	atomic_uintptr_t tags[TONGS_MAP_SLOTS];
	atomic_uint_least32_t max_probe; /* the most buckets that a live key of this home is displaced by; mostly 0 */
	uint_least32_t displaced;        /* live keys of this home in other buckets; for writers */
};

struct tongs_map_table {
	void *memory;  /* to free: from the allocator, or pages */
	size_t mapped; /* bytes, if pages; 0: from the allocator */
	struct tongs_map_table *older;
	size_t mask;    /* buckets - 1, a power of two less one */
	unsigned shift; /* of a hash, to get the number of a bucket */
	struct tongs_map_bucket buckets[];
};

/* Each lock serves several maps: fork() takes all locks, and there can be any number of maps. */
enum { TONGS_MAP_LOCKS = 4 };
extern TONGS_INTEROP pthread_mutex_t tongs_map_locks[TONGS_MAP_LOCKS];

/* A zeroed map is empty: without a lock (TONGS_MAP_INIT has one) its owner serializes all use of it, look-ups included.
 * Such a map frees its old tables when it grows, and all but the first when it becomes empty. */
struct tongs_map {
	_Atomic(struct tongs_map_table *) table; /* NULL until the first insertion */
	char apart[TONGS_MAP_LINE];              /* keeps what writers write out of the cache line that readers read */
	pthread_mutex_t *lock;                   /* held by writers; guards what follows; may be NULL */
	size_t live;
	const VkAllocationCallbacks *callbacks; /* may be NULL; outlives the map */
	char apart_behind[TONGS_MAP_LINE];      /* and out of the one that follows the map */
};

#define TONGS_MAP_INIT \
	{ .lock = &tongs_map_locks[0] }

TONGS_INTEROP void tongs_map_init(struct tongs_map *map, const VkAllocationCallbacks *callbacks);

/* Frees the map's memory, not the values. No other thread may use the map. */
TONGS_INTEROP void tongs_map_finish(struct tongs_map *map);

/* `key` is not 0 and not yet in the map; `value` is not NULL; `tag` is a word that look-ups return
 * with it, from the same cache line. False when memory runs out. */
TONGS_INTEROP bool tongs_map_insert_tagged(struct tongs_map *map, uint64_t key, void *value, uintptr_t tag);
TONGS_INTEROP bool tongs_map_insert(struct tongs_map *map, uint64_t key, void *value); /* with tag 0 */

/* Calls `visit` with every key and its value; `visit` must not change the map. */
TONGS_INTEROP void tongs_map_visit(
	struct tongs_map *map, void (*visit)(uint64_t key, void *value, void *user), void *user);

/* Removes all keys and calls `release` with each value, without the lock, since foreign code may run in it. No other
 * thread may use the map. */
TONGS_INTEROP void tongs_map_clear(struct tongs_map *map, void (*release)(void *value, void *user), void *user);

struct tongs_map_entry {
	void *value; /* NULL: none */
	uintptr_t tag;
};

/* Keys are often addresses at regular intervals. Multiplying by an odd constant alone would send some such sequences to
 * few buckets, with long searches; so the high half of the product is mixed into the low half, and multiplied again. */
static inline size_t tongs_map_home(const struct tongs_map_table *table, uint64_t key) {
	const uint64_t factor = UINT64_C(0x9E3779B97F4A7C15);
	key *= factor;
	return (size_t)(((key ^ key >> 32) * factor) >> table->shift);
}

/* The slot of the bucket that holds the key; TONGS_MAP_SLOTS: none. Both slots are compared before any branch, because
 * a branch between them could not be predicted. */
static inline unsigned tongs_map_match(struct tongs_map_bucket *bucket, uint64_t key) {
	TONGS_MAP_STEP();
	bool first = atomic_load_explicit(&bucket->keys[0], memory_order_acquire) == key;
	TONGS_MAP_STEP();
	bool second = atomic_load_explicit(&bucket->keys[1], memory_order_acquire) == key;
	return (first | second) ? second : TONGS_MAP_SLOTS;
}

static inline struct tongs_map_entry tongs_map_read(struct tongs_map_bucket *bucket, unsigned slot) {
	struct tongs_map_entry found;
	TONGS_MAP_STEP();
	found.value = atomic_load_explicit(&bucket->values[slot], memory_order_relaxed);
	TONGS_MAP_STEP();
	found.tag = atomic_load_explicit(&bucket->tags[slot], memory_order_relaxed);
	return found;
}

static inline size_t tongs_map_max_probe(struct tongs_map_bucket *home) {
	TONGS_MAP_STEP();
	return atomic_load_explicit(&home->max_probe, memory_order_relaxed);
}

/* Looks in the `max_probe` buckets after the key's home. */
TONGS_INTEROP struct tongs_map_entry tongs_map_find_displaced(
	struct tongs_map_table *table, uint64_t key, size_t max_probe);

/* The value and its tag, or NULL. The caller makes sure that this key is not removed meanwhile, as Vulkan requires for
 * handles; other keys may be. */
static inline struct tongs_map_entry tongs_map_find(struct tongs_map *map, uint64_t key) {
	TONGS_MAP_STEP();
	struct tongs_map_table *table = atomic_load_explicit(&map->table, memory_order_acquire);
	if (!table || !key)
		return (struct tongs_map_entry){0};
	struct tongs_map_bucket *home = &table->buckets[tongs_map_home(table, key)];
	unsigned slot = tongs_map_match(home, key);
	if (__builtin_expect(slot < TONGS_MAP_SLOTS, 1))
		return tongs_map_read(home, slot);
	size_t max_probe = tongs_map_max_probe(home);
	return max_probe ? tongs_map_find_displaced(table, key, max_probe) : (struct tongs_map_entry){0};
}

static inline void *tongs_map_get(struct tongs_map *map, uint64_t key) {
	return tongs_map_find(map, key).value;
}

/* Removes a key that is in the map, and returns its value. */
TONGS_INTEROP void *tongs_map_remove_present(struct tongs_map *map, uint64_t key);

/* Returns the value that was removed, or NULL if there was none, which takes no lock. */
static inline void *tongs_map_remove(struct tongs_map *map, uint64_t key) {
	return tongs_map_get(map, key) ? tongs_map_remove_present(map, key) : NULL;
}

#endif
