/* SPDX-License-Identifier: MIT */
/* A map from handles to records, whose look-up takes no lock and may run while others insert and remove.
 *
 * The table is an array of buckets of one cache line, each with two slots; a key that finds its home full goes to the
 * next bucket with room. The home tells how far the farthest of its keys went, so a look-up of a key that is not there
 * mostly ends at its home, whoever else went past it, and a removed slot is simply empty again.
 *
 * Why a reader is right. It looks for a key that is live, or for one that is not: that is for the owner of the handle
 * to order, as Vulkan has it. So what it looks for was inserted, or removed, before, and by whatever ordered this it
 * sees the table that this was done in, or a later one, with all that was written there until then.
 *
 * A live key is found: neither its slot nor its place changes until it is removed, and its home's `max_probe` is not
 * less than its distance all the while, because `displaced` counts it and `max_probe` shrinks only when that comes to
 * 0: so the look-up does not end before it, however other keys come and go. The value is stored before the key
 * (release, and acquire by the reader), and is not stored again while the key is there. When the table grows, all live
 * keys are copied to a new one, which is published (release) when it is complete. The old one is left as it was, for
 * those who are still walking it: they look for keys that were live before, or else they would see the new one. It is
 * kept until the map is finished; tables double, so all old ones together are smaller than the present one.
 *
 * A key that is not live is not found: it is in no slot, since its removal emptied the one it had, and what is in an
 * old table is seen by none who can see the removal. A handle that comes again (ABA) is inserted after the removal of
 * the old one, so that, too, is in one slot only. A slot that is emptied and filled with another key between a reader's
 * loads of its key and of its value held a key that the reader was not looking for, or one that its owner removed
 * during the look-up, which he must not. */
#ifndef TONGS_UTIL_MAP_H
#define TONGS_UTIL_MAP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

#include "util/export.h"

/* Called before each load and store that readers and writers meet in; a test of their interleavings defines it. */
#ifndef TONGS_MAP_STEP
#define TONGS_MAP_STEP() ((void)0)
#endif

enum { TONGS_MAP_LINE = 64, TONGS_MAP_SLOTS = 2 };

struct tongs_map_bucket {
	_Alignas(TONGS_MAP_LINE) _Atomic uint64_t keys[TONGS_MAP_SLOTS]; /* 0: empty */
	_Atomic(void *) values[TONGS_MAP_SLOTS];
	atomic_uintptr_t tags[TONGS_MAP_SLOTS];
	atomic_uint_least32_t
		max_probe;        /* no live key whose home is here is in a bucket farther on than this; mostly 0 */
	uint_least32_t displaced; /* live keys whose home is here, and whose slot is not; for writers */
};

struct tongs_map_table {
	void *memory;  /* what to free: of the allocator, or pages */
	size_t mapped; /* bytes of pages; 0: of the allocator */
	struct tongs_map_table *older;
	size_t mask;    /* buckets - 1, a power of two less one */
	unsigned shift; /* what leaves the bucket's number of a hash */
	struct tongs_map_bucket buckets[];
};

/* Each for some of the maps: fork takes them all, and there may be any number of maps. */
enum { TONGS_MAP_LOCKS = 4 };
extern TONGS_INTEROP pthread_mutex_t tongs_map_locks[TONGS_MAP_LOCKS];

/* A zeroed map is empty: without a lock (TONGS_MAP_INIT has one) its owner serializes all use of it, look-ups included.
 * Such a map frees its old tables when it grows, and a large one when it becomes empty. */
struct tongs_map {
	_Atomic(struct tongs_map_table *) table; /* NULL until the first insertion */
	char apart[TONGS_MAP_LINE];              /* writers write to another cache line than readers read */
	pthread_mutex_t *lock;                   /* held by writers; guards what follows; may be NULL */
	size_t live;
	const VkAllocationCallbacks *callbacks; /* may be NULL; outlives the map */
	char apart_behind[TONGS_MAP_LINE];      /* from what lies behind the map, another one or not */
};

#define TONGS_MAP_INIT \
	{ .lock = &tongs_map_locks[0] }

TONGS_INTEROP void tongs_map_init(struct tongs_map *map, const VkAllocationCallbacks *callbacks);

/* Frees the map's own memory, not the values. No other thread may be using the map. */
TONGS_INTEROP void tongs_map_finish(struct tongs_map *map);

/* `key` is not 0 and not yet in the map; `value` is not NULL; `tag` is a word that is found with it, from the same
 * cache line. False when memory runs out. */
TONGS_INTEROP bool tongs_map_insert_tagged(struct tongs_map *map, uint64_t key, void *value, uintptr_t tag);
TONGS_INTEROP bool tongs_map_insert(struct tongs_map *map, uint64_t key, void *value); /* with tag 0 */

/* Calls `visit` with every key and its value; it may not change the map. */
TONGS_INTEROP void tongs_map_visit(
	struct tongs_map *map, void (*visit)(uint64_t key, void *value, void *user), void *user);

/* Removes all, calling `drop` with each value, in which code of others may run: so without the lock. No other thread
 * may be using the map. */
TONGS_INTEROP void tongs_map_clear(struct tongs_map *map, void (*drop)(void *value, void *user), void *user);

struct tongs_map_entry {
	void *value; /* NULL: none */
	uintptr_t tag;
};

/* Handles are often addresses in a row. A product with an odd constant alone would put rows of some distances into few
 * buckets, and those that are not there would be looked for in many: so its high half is mixed into the low, and that
 * is done once more. */
static inline size_t tongs_map_home(const struct tongs_map_table *table, uint64_t key) {
	const uint64_t factor = UINT64_C(0x9E3779B97F4A7C15);
	key *= factor;
	return (size_t)(((key ^ key >> 32) * factor) >> table->shift);
}

/* Which slot of the bucket the key is in; TONGS_MAP_SLOTS: none. Both are compared before any branch, since which of
 * the two it will be is not to be foreseen. */
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

/* The look-up in the `max_probe` buckets after the key's home. */
TONGS_INTEROP struct tongs_map_entry tongs_map_find_displaced(
	struct tongs_map_table *table, uint64_t key, size_t max_probe);

/* The value and its tag, or NULL. The caller sees to it that the key's own value isn't removed meanwhile, as Vulkan
 * has it for handles; what happens to other keys does not matter. */
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

/* Of a key that is known to be in the map. */
TONGS_INTEROP void *tongs_map_remove_present(struct tongs_map *map, uint64_t key);

/* The value that was removed, NULL if there was none: that takes no lock. */
static inline void *tongs_map_remove(struct tongs_map *map, uint64_t key) {
	return tongs_map_get(map, key) ? tongs_map_remove_present(map, key) : NULL;
}

#endif
