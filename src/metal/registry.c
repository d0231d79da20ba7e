/* SPDX-License-Identifier: MIT */
/* The set of live Metal objects: sharded open addressing, one lock a shard. */
#include "metal/registry.h"

#include <assert.h>
#include <pthread.h>
#include <stdint.h>

#include "util/alloc.h"
#include "util/fork.h"

#define SHARD_BITS 5
#define FIRST_CAPACITY 16 /* slots that a shard has without an allocation; a power of two */

struct shard {
	_Alignas(64) pthread_mutex_t lock;
	/* The rest is guarded by the lock. Linear probing; at most 3/4 are taken; NULL is free. A shard that is empty
	 * goes back to its first slots. */
	struct tongs_object **slots; /* NULL: first */
	size_t capacity_mask;
	size_t count;
	struct tongs_object *first[FIRST_CAPACITY];
};

#define EMPTY \
	{ .lock = PTHREAD_MUTEX_INITIALIZER, .capacity_mask = FIRST_CAPACITY - 1 }
#define FOUR(...) __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__

static struct shard shards[] = {FOUR(FOUR(EMPTY, EMPTY))};
_Static_assert(sizeof(shards) / sizeof(shards[0]) == 1 << SHARD_BITS, "one shard for each value of the hash's top");

TONGS_FORK_STATIC_LOCKS(&shards[0].lock, TONGS_LOCK_REGISTRY, 1 << SHARD_BITS, sizeof(struct shard), NULL);

static uint64_t hash(const void *address) {
	return (uint64_t)(uintptr_t)address * UINT64_C(0x9e3779b97f4a7c15);
}

static struct shard *shard_of(const void *address) {
	return &shards[hash(address) >> (64 - SHARD_BITS)];
}

static struct tongs_object **slots_locked(struct shard *shard) {
	return shard->slots ? shard->slots : shard->first;
}

static size_t home(const void *address, size_t mask) {
	return (size_t)(hash(address) >> 20) & mask;
}

/* The slot that holds `address`, or the free one where it would go. */
static size_t find(struct tongs_object *const *slots, size_t mask, const void *address) {
	size_t i = home(address, mask);
	while (slots[i] && slots[i] != address)
		i = (i + 1) & mask;
	return i;
}

static bool grow_locked(struct shard *shard) {
	struct tongs_object **old = slots_locked(shard);
	size_t mask = shard->capacity_mask * 2 + 1;
	struct tongs_object **slots = tongs_malloc(mask + 1, sizeof(struct tongs_object *));
	if (!slots)
		return false;
	for (size_t i = 0; i <= shard->capacity_mask; i++) {
		if (old[i])
			slots[find(slots, mask, old[i])] = old[i];
	}
	tongs_free(NULL, shard->slots);
	shard->slots = slots;
	shard->capacity_mask = mask;
	return true;
}

static void shrink_locked(struct shard *shard) {
	tongs_free(NULL, shard->slots);
	shard->slots = NULL;
	shard->capacity_mask = FIRST_CAPACITY - 1;
	for (size_t i = 0; i < FIRST_CAPACITY; i++)
		shard->first[i] = NULL;
}

bool tongs_registry_insert(struct tongs_object *object) {
	struct shard *shard = shard_of(object);
	bool inserted = false;
	pthread_mutex_lock(&shard->lock);
	if ((shard->count + 1) * 4 <= (shard->capacity_mask + 1) * 3 || grow_locked(shard)) {
		struct tongs_object **slots = slots_locked(shard);
		slots[find(slots, shard->capacity_mask, object)] = object;
		shard->count++;
		inserted = true;
	}
	pthread_mutex_unlock(&shard->lock);
	return inserted;
}

void tongs_registry_remove(struct tongs_object *object) {
	struct shard *shard = shard_of(object);
	pthread_mutex_lock(&shard->lock);
	struct tongs_object **slots = slots_locked(shard);
	size_t mask = shard->capacity_mask;
	size_t hole = find(slots, mask, object);
	assert(slots[hole] == object);

	/* Every later member of the run moves into the hole if its home is not between the hole and itself. */
	for (size_t i = (hole + 1) & mask; slots[i]; i = (i + 1) & mask) {
		if (((i - home(slots[i], mask)) & mask) >= ((i - hole) & mask)) {
			slots[hole] = slots[i];
			hole = i;
		}
	}
	slots[hole] = NULL;
	if (--shard->count == 0 && shard->slots)
		shrink_locked(shard);
	pthread_mutex_unlock(&shard->lock);
}

static struct tongs_object *find_locked(struct shard *shard, const void *address) {
	if (!address)
		return NULL;
	struct tongs_object **slots = slots_locked(shard);
	return slots[find(slots, shard->capacity_mask, address)];
}

enum tongs_kind tongs_registry_kind(const void *address) {
	struct shard *shard = shard_of(address);
	pthread_mutex_lock(&shard->lock);
	const struct tongs_object *object = find_locked(shard, address);
	enum tongs_kind kind = object ? object->kind : TONGS_KIND_NONE;
	pthread_mutex_unlock(&shard->lock);
	return kind;
}

/* An object in the set is freed only after it left it, for which this shard's lock is needed: so what is found may be
 * read while the lock is held, and its count tells whether it is still alive. */
struct tongs_object *tongs_registry_acquire(const void *address, enum tongs_kind kind) {
	struct shard *shard = shard_of(address);
	pthread_mutex_lock(&shard->lock);
	struct tongs_object *object = find_locked(shard, address);
	if (object && object->kind == kind) {
		size_t refs = atomic_load(&object->refs);
		while (refs != 0 && !atomic_compare_exchange_weak(&object->refs, &refs, refs + 1))
			;
		if (refs == 0)
			object = NULL;
	} else {
		object = NULL;
	}
	pthread_mutex_unlock(&shard->lock);
	return object;
}

void tongs_registry_visit(void (*visit)(const struct tongs_object *object, void *user), void *user) {
	for (size_t i = 0; i < sizeof(shards) / sizeof(shards[0]); i++) {
		struct shard *shard = &shards[i];
		pthread_mutex_lock(&shard->lock);
		struct tongs_object **slots = slots_locked(shard);
		for (size_t j = 0; j <= shard->capacity_mask; j++)
			if (slots[j])
				visit(slots[j], user);
		pthread_mutex_unlock(&shard->lock);
	}
}
