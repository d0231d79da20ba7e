/* SPDX-License-Identifier: MIT */
/* A map from handles to records, whose look-up takes no lock and may run while others insert and remove. */
#ifndef TONGS_LAYER_MAP_H
#define TONGS_LAYER_MAP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

struct tongs_map_table;

/* A zeroed map with an initialized lock is empty: TONGS_MAP_INIT. */
struct tongs_map {
	_Atomic(struct tongs_map_table *) table; /* NULL until the first insertion */
	atomic_size_t version;                   /* odd while the table is rewritten in place */
	pthread_mutex_t lock;                    /* held by writers; guards what follows */
	size_t live;
	size_t used;                            /* live and removed slots: what a probe may have to pass */
	const VkAllocationCallbacks *callbacks; /* may be NULL; outlives the map */
};

#define TONGS_MAP_INIT \
	{ .lock = PTHREAD_MUTEX_INITIALIZER }

void tongs_map_init(struct tongs_map *map, const VkAllocationCallbacks *callbacks);

/* Frees the map's own memory, not the values. No other thread may be using the map. */
void tongs_map_finish(struct tongs_map *map);

/* `key` is not 0 and not yet in the map; `value` is not NULL. False when memory runs out. */
bool tongs_map_insert(struct tongs_map *map, uint64_t key, void *value);

/* The value that was removed, NULL if there was none. */
void *tongs_map_remove(struct tongs_map *map, uint64_t key);

/* The value, or NULL. The caller sees to it that the key's own value isn't removed meanwhile, as Vulkan has it for
 * handles; what happens to other keys does not matter. */
void *tongs_map_get(struct tongs_map *map, uint64_t key);

/* Calls `visit` with every key and its value; it may not change the map. */
void tongs_map_visit(struct tongs_map *map, void (*visit)(uint64_t key, void *value, void *user), void *user);

/* Removes all, calling `drop` with each value. */
void tongs_map_clear(struct tongs_map *map, void (*drop)(void *value, void *user), void *user);

#endif
