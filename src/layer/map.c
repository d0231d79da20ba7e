/* SPDX-License-Identifier: MIT */
/* The lock-free look-up: open addressing with linear probing over an array of atomic slots.
 *
 * Why a reader is right. A writer, alone under the lock, stores a slot's value before it publishes the key (release),
 * so a reader who sees the key (acquire) sees its value. The slot of a live key does not change until it is removed,
 * which the handle's owner orders after every look-up of it. A probe ends only at a slot that never held a key since
 * the table was written: removal leaves REMOVED there, unless the next slot is empty, and then no probe for another key
 * leads past it. Growth publishes a new table and keeps the old one, which readers may still be walking, until the map
 * is finished; tables double, so all old ones together are smaller than the present one. Clearing out removed slots
 * rewrites the table in place: `version` is odd meanwhile. All stores to slots are releases and all a reader's loads
 * acquires, so one that saw anything of the rewriting sees that version, too, and starts again. */
#include "layer/map.h"

#include <sched.h>

#include "base/alloc.h"

enum { FIRST_CAPACITY = 64 };

/* Vulkan handles are pointers or driver indices; all ones is neither. */
static const uint64_t EMPTY = 0, REMOVED = UINT64_MAX;

struct slot {
	_Atomic uint64_t key;
	_Atomic(void *) value;
};

struct tongs_map_table {
	struct tongs_map_table *older;
	size_t mask; /* capacity - 1, the capacity being a power of two */
	struct slot slots[];
};

/* Handles are often multiples of a large power of two: multiply, and take the high bits (Fibonacci hashing). */
static size_t hash(uint64_t key) {
	return (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
}

static struct tongs_map_table *create_table(const struct tongs_map *map, size_t capacity) {
	if (capacity > (SIZE_MAX - sizeof(struct tongs_map_table)) / sizeof(struct slot))
		return NULL;
	struct tongs_map_table *table = tongs_alloc(
		map->callbacks, 1, sizeof(*table) + capacity * sizeof(struct slot), VK_SYSTEM_ALLOCATION_SCOPE_DEVICE);
	if (table)
		table->mask = capacity - 1;
	return table;
}

/* Puts the key into the first free slot of its probe; returns whether that slot had never been used. */
static bool place(struct tongs_map_table *table, uint64_t key, void *value) {
	for (size_t i = hash(key) & table->mask;; i = (i + 1) & table->mask) {
		struct slot *slot = &table->slots[i];
		uint64_t there = atomic_load_explicit(&slot->key, memory_order_relaxed);
		if (there != EMPTY && there != REMOVED)
			continue;
		atomic_store_explicit(&slot->value, value, memory_order_release);
		atomic_store_explicit(&slot->key, key, memory_order_release);
		return there == EMPTY;
	}
}

static struct slot *find(struct tongs_map_table *table, uint64_t key) {
	for (size_t i = hash(key) & table->mask;; i = (i + 1) & table->mask) {
		uint64_t there = atomic_load_explicit(&table->slots[i].key, memory_order_acquire);
		if (there == key)
			return &table->slots[i];
		if (there == EMPTY)
			return NULL;
	}
}

static bool grow_locked(struct tongs_map *map, struct tongs_map_table *old) {
	struct tongs_map_table *table = create_table(map, old ? 2 * (old->mask + 1) : FIRST_CAPACITY);
	if (!table)
		return false;
	for (size_t i = 0; old && i <= old->mask; i++) {
		uint64_t key = atomic_load_explicit(&old->slots[i].key, memory_order_relaxed);
		if (key != EMPTY && key != REMOVED)
			place(table, key, atomic_load_explicit(&old->slots[i].value, memory_order_relaxed));
	}
	table->older = old;
	map->used = map->live;
	atomic_store_explicit(&map->table, table, memory_order_release);
	return true;
}

/* Takes the removed slots out of a table that has room enough without them. */
static bool tidy_locked(struct tongs_map *map, struct tongs_map_table *table) {
	struct slot *live = tongs_alloc(
		map->callbacks, map->live ? map->live : 1, sizeof(*live), VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
	if (!live)
		return false;
	size_t count = 0;
	size_t version = atomic_load_explicit(&map->version, memory_order_relaxed);
	atomic_store_explicit(&map->version, version + 1, memory_order_relaxed);
	for (size_t i = 0; i <= table->mask; i++) {
		struct slot *slot = &table->slots[i];
		uint64_t key = atomic_load_explicit(&slot->key, memory_order_relaxed);
		if (key != EMPTY && key != REMOVED) {
			atomic_init(&live[count].key, key);
			atomic_init(&live[count].value, atomic_load_explicit(&slot->value, memory_order_relaxed));
			count++;
		}
		atomic_store_explicit(&slot->key, EMPTY, memory_order_release);
	}
	for (size_t i = 0; i < count; i++)
		place(table, atomic_load_explicit(&live[i].key, memory_order_relaxed),
			atomic_load_explicit(&live[i].value, memory_order_relaxed));
	atomic_store_explicit(&map->version, version + 2, memory_order_release);
	map->used = map->live;
	tongs_free(map->callbacks, live);
	return true;
}

/* Makes room for one more key: at most three quarters of the slots are used, so that probes are short and end. */
static bool reserve_locked(struct tongs_map *map) {
	struct tongs_map_table *table = atomic_load_explicit(&map->table, memory_order_relaxed);
	if (!table)
		return grow_locked(map, NULL);
	size_t capacity = table->mask + 1;
	if (map->used + 1 <= capacity / 4 * 3)
		return true;
	if (map->live + 1 <= capacity / 8 * 3)
		return tidy_locked(map, table);
	return grow_locked(map, table);
}

void tongs_map_init(struct tongs_map *map, const VkAllocationCallbacks *callbacks) {
	*map = (struct tongs_map){.callbacks = callbacks};
	pthread_mutex_init(&map->lock, NULL);
}

void tongs_map_finish(struct tongs_map *map) {
	struct tongs_map_table *table = atomic_load_explicit(&map->table, memory_order_relaxed);
	while (table) {
		struct tongs_map_table *older = table->older;
		tongs_free(map->callbacks, table);
		table = older;
	}
	pthread_mutex_destroy(&map->lock);
}

bool tongs_map_insert(struct tongs_map *map, uint64_t key, void *value) {
	pthread_mutex_lock(&map->lock);
	bool ok = reserve_locked(map);
	if (ok) {
		map->used += place(atomic_load_explicit(&map->table, memory_order_relaxed), key, value);
		map->live++;
	}
	pthread_mutex_unlock(&map->lock);
	return ok;
}

/* Marks the slot removed, or empty where no probe leads past it; then so are the removed slots before it. */
static void clear_slot_locked(struct tongs_map *map, struct tongs_map_table *table, struct slot *slot) {
	size_t i = (size_t)(slot - table->slots);
	uint64_t next = atomic_load_explicit(&table->slots[(i + 1) & table->mask].key, memory_order_relaxed);
	if (next != EMPTY) {
		atomic_store_explicit(&slot->key, REMOVED, memory_order_release);
		return;
	}
	do {
		atomic_store_explicit(&table->slots[i].key, EMPTY, memory_order_release);
		map->used--;
		i = (i - 1) & table->mask;
	} while (atomic_load_explicit(&table->slots[i].key, memory_order_relaxed) == REMOVED);
}

void *tongs_map_remove(struct tongs_map *map, uint64_t key) {
	if (!tongs_map_get(map, key))
		return NULL;
	pthread_mutex_lock(&map->lock);
	struct tongs_map_table *table = atomic_load_explicit(&map->table, memory_order_relaxed);
	struct slot *slot = find(table, key);
	void *value = NULL;
	if (slot) {
		value = atomic_load_explicit(&slot->value, memory_order_relaxed);
		clear_slot_locked(map, table, slot);
		map->live--;
	}
	pthread_mutex_unlock(&map->lock);
	return value;
}

void *tongs_map_get(struct tongs_map *map, uint64_t key) {
	if (key == EMPTY || key == REMOVED)
		return NULL;
	for (;;) {
		size_t version = atomic_load_explicit(&map->version, memory_order_acquire);
		struct tongs_map_table *table = atomic_load_explicit(&map->table, memory_order_acquire);
		if (!table)
			return NULL;
		struct slot *slot = find(table, key);
		void *value = slot ? atomic_load_explicit(&slot->value, memory_order_acquire) : NULL;
		if (!(version & 1) && atomic_load_explicit(&map->version, memory_order_relaxed) == version)
			return value;
		sched_yield();
	}
}

void tongs_map_visit(struct tongs_map *map, void (*visit)(uint64_t key, void *value, void *user), void *user) {
	pthread_mutex_lock(&map->lock);
	struct tongs_map_table *table = atomic_load_explicit(&map->table, memory_order_relaxed);
	for (size_t i = 0; table && i <= table->mask; i++) {
		struct slot *slot = &table->slots[i];
		uint64_t key = atomic_load_explicit(&slot->key, memory_order_relaxed);
		if (key != EMPTY && key != REMOVED)
			visit(key, atomic_load_explicit(&slot->value, memory_order_relaxed), user);
	}
	pthread_mutex_unlock(&map->lock);
}

void tongs_map_clear(struct tongs_map *map, void (*drop)(void *value, void *user), void *user) {
	pthread_mutex_lock(&map->lock);
	struct tongs_map_table *table = atomic_load_explicit(&map->table, memory_order_relaxed);
	for (size_t i = 0; table && i <= table->mask; i++) {
		struct slot *slot = &table->slots[i];
		uint64_t key = atomic_load_explicit(&slot->key, memory_order_relaxed);
		if (key != EMPTY && key != REMOVED)
			drop(atomic_load_explicit(&slot->value, memory_order_relaxed), user);
		atomic_store_explicit(&slot->key, EMPTY, memory_order_release);
	}
	map->live = map->used = 0;
	pthread_mutex_unlock(&map->lock);
}
