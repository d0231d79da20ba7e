/* SPDX-License-Identifier: MIT */
/* The registry is a hash set in shards, with linear probing and one lock per shard. */
#include "metal/object.h"

#include <assert.h>
#include <pthread.h>
#include <stdint.h>

#include "util/alloc.h"
#include "util/fork.h"
#include "util/log.h"

#define SHARD_BITS 5
#define FIRST_CAPACITY 16 /* slots of a shard that take no allocation; a power of two */

struct shard {
	_Alignas(64) pthread_mutex_t lock;
	/* The lock guards the rest. At most 3/4 of the slots are used; a free one is NULL. A shard that becomes empty
	 * returns to `first`. */
	struct tongs_object **slots; /* NULL: first */
	size_t capacity_mask;
	size_t count;
	struct tongs_object *first[FIRST_CAPACITY];
};

#define EMPTY \
	{ .lock = PTHREAD_MUTEX_INITIALIZER, .capacity_mask = FIRST_CAPACITY - 1 }
#define FOUR(...) __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__

static struct shard shards[] = {FOUR(FOUR(EMPTY, EMPTY))};
_Static_assert(
	sizeof(shards) / sizeof(shards[0]) == 1 << SHARD_BITS, "one shard for each value of the hash's top bits");

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

/* The slot of `address`, or the free one where it belongs. */
static size_t find_slot(struct tongs_object *const *slots, size_t mask, const void *address) {
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
			slots[find_slot(slots, mask, old[i])] = old[i];
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

/* False when memory runs out. */
static bool insert(struct tongs_object *object) {
	struct shard *shard = shard_of(object);
	bool inserted = false;
	pthread_mutex_lock(&shard->lock);
	if ((shard->count + 1) * 4 <= (shard->capacity_mask + 1) * 3 || grow_locked(shard)) {
		struct tongs_object **slots = slots_locked(shard);
		slots[find_slot(slots, shard->capacity_mask, object)] = object;
		shard->count++;
		inserted = true;
	}
	pthread_mutex_unlock(&shard->lock);
	return inserted;
}

static void remove_object(struct tongs_object *object) {
	struct shard *shard = shard_of(object);
	pthread_mutex_lock(&shard->lock);
	struct tongs_object **slots = slots_locked(shard);
	size_t mask = shard->capacity_mask;
	size_t hole = find_slot(slots, mask, object);
	assert(slots[hole] == object);

	/* Each later entry of the cluster moves into the hole, unless its home lies between the hole and itself. */
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
	return slots[find_slot(slots, shard->capacity_mask, address)];
}

enum tongs_kind tongs_handle_kind(const void *handle) {
	struct shard *shard = shard_of(handle);
	pthread_mutex_lock(&shard->lock);
	const struct tongs_object *object = find_locked(shard, handle);
	enum tongs_kind kind = object ? object->kind : TONGS_KIND_NONE;
	pthread_mutex_unlock(&shard->lock);
	return kind;
}

/* An object is freed only after it was removed, which takes the shard's lock: so an object found under the lock can be
 * read, and its count says whether it is still alive. */
struct tongs_object *tongs_object_acquire(const void *address, enum tongs_kind kind) {
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

void tongs_object_visit(void (*visit)(const struct tongs_object *object, void *user), void *user) {
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

enum {
	MAX_ZOMBIES = 4096, /* 4 MiB if all are textures; a new one frees the oldest */
	MAX_REPORTS = 4,    /* per zombie, so that a loop does not fill the disk */
};

static Class zombie_class; /* constant once the library is loaded */

static pthread_mutex_t zombie_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	struct tongs_object *object; /* NULL: free */
	struct tongs_released was;
	unsigned reports;
} zombies[MAX_ZOMBIES];    /* guarded by zombie_lock */
static size_t next_zombie; /* guarded by zombie_lock: the oldest, or the first free one */

TONGS_FORK_STATIC_LOCK(&zombie_lock, TONGS_LOCK_ZOMBIE, NULL);

void tongs_object_enable_zombies(Class class) {
	zombie_class = class;
}

Class tongs_object_get_zombie_class(void) {
	return zombie_class;
}

/* Makes a zombie of an object whose own fields are finished. */
static void keep_zombie(struct tongs_object *object) {
	struct tongs_released was = {.kind = object->kind};
	tongs_released_find(object, &was);
	object->isa = zombie_class;
	pthread_mutex_lock(&zombie_lock);
	struct tongs_object *oldest = zombies[next_zombie].object;
	zombies[next_zombie].object = object;
	zombies[next_zombie].was = was;
	zombies[next_zombie].reports = 0;
	next_zombie = (next_zombie + 1) % MAX_ZOMBIES;
	pthread_mutex_unlock(&zombie_lock);
	tongs_free(NULL, oldest);
}

bool tongs_object_report_zombie(const struct tongs_object *object, const char *message) {
	if (!zombie_class || object->isa != zombie_class)
		return false;
	struct tongs_released was = {.kind = object->kind};
	unsigned reports = 0;
	pthread_mutex_lock(&zombie_lock);
	for (size_t i = 0; i < MAX_ZOMBIES; i++) {
		if (zombies[i].object == object) {
			was = zombies[i].was;
			reports = ++zombies[i].reports;
		}
	}
	pthread_mutex_unlock(&zombie_lock);
	if (reports > MAX_REPORTS)
		return true;
	char text[256];
	tongs_released_describe(&was, text, sizeof(text));
	tongs_log_warning("`%s' was sent to %p, which was %s; the call does nothing and returns 0%s", message,
		(const void *)object, text, reports == MAX_REPORTS ? "; further calls are not reported" : "");
	return true;
}

/* Takes back a change of a zombie's count, and reports it. */
static void undo_zombie(struct tongs_object *object, int change, const char *message) {
	if (!zombie_class)
		return;
	atomic_fetch_sub_explicit(&object->refs, (size_t)change, memory_order_relaxed);
	tongs_object_report_zombie(object, message);
}

static Class classes[TONGS_KIND_HEAP_DESCRIPTOR + 1];

void tongs_object_set_class(enum tongs_kind kind, Class class) {
	classes[kind] = class;
}

Class tongs_object_get_class(enum tongs_kind kind) {
	return classes[kind];
}

bool tongs_object_publish(struct tongs_object *object, enum tongs_kind kind, tongs_object_destroy destroy) {
	object->isa = classes[kind];
	object->kind = kind;
	object->destroy = destroy;
	atomic_init(&object->refs, 1);
	return insert(object);
}

struct tongs_object *tongs_object_create(enum tongs_kind kind, size_t size, tongs_object_destroy destroy) {
	assert(size >= sizeof(struct tongs_object));
	struct tongs_object *object = tongs_malloc(1, size);
	if (object && !tongs_object_publish(object, kind, destroy)) {
		tongs_free(NULL, object);
		object = NULL;
	}
	return object;
}

struct tongs_object *tongs_object_free(struct tongs_object *object) {
	if (zombie_class)
		keep_zombie(object);
	else
		tongs_free(NULL, object);
	return NULL;
}

static void destroy(struct tongs_object *object, enum tongs_cause cause) {
	for (size_t refs = 1; object && refs == 1; cause = TONGS_CAUSE_RELEASE) {
		remove_object(object);
		tongs_released_record(object, object->kind, cause);
		object = object->destroy(object);
		if (object)
			refs = atomic_fetch_sub_explicit(&object->refs, 1, memory_order_acq_rel);
	}
}

void tongs_object_ref_zombie(struct tongs_object *object) {
	undo_zombie(object, 1, "retain");
}

/* Not inlined into releases, which would save registers for it on every call. */
__attribute__((noinline)) void tongs_object_unref_last(struct tongs_object *object, size_t refs) {
	if (refs == 0)
		undo_zombie(object, -1, "release");
	else
		destroy(object, TONGS_CAUSE_RELEASE);
}

void tongs_object_unref_because(struct tongs_object *object, enum tongs_cause cause) {
	if (object && atomic_fetch_sub_explicit(&object->refs, 1, memory_order_acq_rel) == 1)
		destroy(object, cause);
}

static void *from_handle(void *handle, enum tongs_kind expected, const char *function) {
	enum tongs_kind kind = tongs_handle_kind(handle);
	if (kind == expected)
		return handle;
	if (kind == TONGS_KIND_NONE)
		tongs_released_warn(handle, function);
	return NULL;
}

static void *ref(void *object) {
	if (object)
		tongs_object_ref(object);
	return object;
}

static void unref(void *object) {
	if (object)
		tongs_object_unref(object);
}

struct tongs_heap *tongs_heap_from_handle(void *handle) {
	return from_handle(handle, TONGS_KIND_HEAP, __func__);
}

struct tongs_buffer *tongs_buffer_from_handle(void *handle) {
	return from_handle(handle, TONGS_KIND_BUFFER, __func__);
}

struct tongs_texture *tongs_texture_from_handle(void *handle) {
	return from_handle(handle, TONGS_KIND_TEXTURE, __func__);
}

struct tongs_device *tongs_device_ref(struct tongs_device *device) {
	return ref(device);
}

void tongs_device_unref(struct tongs_device *device) {
	unref(device);
}

struct tongs_heap *tongs_heap_ref(struct tongs_heap *heap) {
	return ref(heap);
}

void tongs_heap_unref(struct tongs_heap *heap) {
	unref(heap);
}

struct tongs_buffer *tongs_buffer_ref(struct tongs_buffer *buffer) {
	return ref(buffer);
}

void tongs_buffer_unref(struct tongs_buffer *buffer) {
	unref(buffer);
}

struct tongs_texture *tongs_texture_ref(struct tongs_texture *texture) {
	return ref(texture);
}

void tongs_texture_unref(struct tongs_texture *texture) {
	unref(texture);
}
