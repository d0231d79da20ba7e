/* SPDX-License-Identifier: MIT */
/* The registry is a hash map in shards, with one lock per shard. */
#include "metal/object.h"

#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

#include "metal/interop.h"
#include "util/alloc.h"
#include "util/fork.h"
#include "util/log.h"
#include "util/map.h"

#define SHARD_BITS 5

struct shard {
	_Alignas(64) pthread_mutex_t lock;
	struct tongs_map objects; /* guarded by lock; address to object */
};

#define EMPTY \
	{ .lock = PTHREAD_MUTEX_INITIALIZER }
#define FOUR(...) __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__

static struct shard shards[] = {FOUR(FOUR(EMPTY, EMPTY))};
_Static_assert(
	sizeof(shards) / sizeof(shards[0]) == 1 << SHARD_BITS, "one shard for each value of the hash's top bits");

TONGS_FORK_STATIC_LOCKS(&shards[0].lock, TONGS_LOCK_REGISTRY, 1 << SHARD_BITS, sizeof(struct shard), NULL);

static struct shard *shard_of(const void *address) {
	return &shards[((uintptr_t)address * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - SHARD_BITS)];
}

/* False when memory runs out. */
static bool insert(struct tongs_object *object) {
	struct shard *shard = shard_of(object);
	pthread_mutex_lock(&shard->lock);
	const bool inserted = tongs_map_insert(&shard->objects, (uintptr_t)object, object);
	pthread_mutex_unlock(&shard->lock);
	return inserted;
}

static void remove_object(struct tongs_object *object) {
	struct shard *shard = shard_of(object);
	pthread_mutex_lock(&shard->lock);
	tongs_map_remove_present(&shard->objects, (uintptr_t)object);
	pthread_mutex_unlock(&shard->lock);
}

static struct tongs_object *find_locked(struct shard *shard, const void *address) {
	return tongs_map_get(&shard->objects, (uintptr_t)address);
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
	if (object && (object->kind != kind || !tongs_refs_take(&object->refs)))
		object = NULL;
	pthread_mutex_unlock(&shard->lock);
	return object;
}

void *tongs_interop_acquire(const void *handle, enum tongs_kind kind) {
	return tongs_object_acquire(handle, kind);
}

struct visit {
	void (*visit)(const struct tongs_object *object, void *user);
	void *user;
};

static void visit_object(uint64_t key, void *object, void *user) {
	const struct visit *visit = user;
	(void)key;
	visit->visit(object, visit->user);
}

void tongs_object_visit(void (*visit)(const struct tongs_object *object, void *user), void *user) {
	struct visit each = {.visit = visit, .user = user};
	for (size_t i = 0; i < sizeof(shards) / sizeof(shards[0]); i++) {
		pthread_mutex_lock(&shards[i].lock);
		tongs_map_visit(&shards[i].objects, visit_object, &each);
		pthread_mutex_unlock(&shards[i].lock);
	}
}

#ifdef TONGS_TEST_HOOKS
static void count(const struct tongs_object *object, void *user) {
	(void)object;
	++*(size_t *)user;
}

size_t tongs_interop_count_objects(void) {
	size_t counted = 0;
	tongs_object_visit(count, &counted);
	return counted;
}
#endif

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

static Class classes[TONGS_KIND_LAST + 1];

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

static void (*at_end)(struct tongs_object *object); /* may be NULL; constant once the library is loaded */

void tongs_object_set_at_end(void (*function)(struct tongs_object *object)) {
	at_end = function;
}

static void destroy(struct tongs_object *object, enum tongs_cause cause) {
	for (size_t refs = 1; object && refs == 1; cause = TONGS_CAUSE_RELEASE) {
		if (at_end)
			at_end(object);
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

void tongs_interop_release(void *object) {
	if (object)
		tongs_object_unref(object);
}

void tongs_interop_release_from_memory(void *object, enum tongs_cause cause) {
	struct tongs_object *head = object;
	if (head && atomic_fetch_sub_explicit(&head->refs, 1, memory_order_acq_rel) == 1)
		destroy(head, cause);
}

const char *tongs_interop_describe_handle(const void *handle, char text[TONGS_HANDLE_TEXT_SIZE]) {
	enum tongs_kind kind = tongs_handle_kind(handle);
	struct tongs_released released;
	if (!handle)
		snprintf(text, TONGS_HANDLE_TEXT_SIZE, "is NULL");
	else if (kind != TONGS_KIND_NONE)
		snprintf(text, TONGS_HANDLE_TEXT_SIZE, "is an %s", tongs_kind_name(kind));
	else if (tongs_released_find(handle, &released)) {
		int used = snprintf(text, TONGS_HANDLE_TEXT_SIZE, "was ");
		tongs_released_describe(&released, text + used, TONGS_HANDLE_TEXT_SIZE - (size_t)used);
	} else
		snprintf(text, TONGS_HANDLE_TEXT_SIZE, "is not a live Metal object");
	return text;
}

static void *from_handle(void *handle, enum tongs_kind expected, const char *function) {
	enum tongs_kind kind = tongs_handle_kind(handle);
	if (kind == expected)
		return handle;
	if (kind == TONGS_KIND_NONE)
		tongs_released_warn(handle, function);
	else
		tongs_log_warning("%s was given %p, which is an %s: ask tongs_handle_kind where that may be", function,
			handle, tongs_kind_name(kind));
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

struct tongs_surface *tongs_surface_from_handle(void *handle) {
	return from_handle(handle, TONGS_KIND_SURFACE, __func__);
}

struct tongs_surface *tongs_surface_ref(struct tongs_surface *surface) {
	return ref(surface);
}

void tongs_surface_unref(struct tongs_surface *surface) {
	unref(surface);
}

struct tongs_shared_event *tongs_shared_event_ref(struct tongs_shared_event *event) {
	return ref(event);
}

void tongs_shared_event_unref(struct tongs_shared_event *event) {
	unref(event);
}

struct tongs_shared_event_listener *tongs_shared_event_listener_ref(struct tongs_shared_event_listener *listener) {
	return ref(listener);
}

void tongs_shared_event_listener_unref(struct tongs_shared_event_listener *listener) {
	unref(listener);
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

struct tongs_command_queue *tongs_command_queue_ref(struct tongs_command_queue *queue) {
	return ref((struct tongs_object *)queue);
}

void tongs_command_queue_unref(struct tongs_command_queue *queue) {
	unref((struct tongs_object *)queue);
}

struct tongs_command_buffer *tongs_command_buffer_ref(struct tongs_command_buffer *commands) {
	return ref((struct tongs_object *)commands);
}

void tongs_command_buffer_unref(struct tongs_command_buffer *commands) {
	unref((struct tongs_object *)commands);
}

struct tongs_encoder *tongs_encoder_ref(struct tongs_encoder *encoder) {
	return ref((struct tongs_object *)encoder);
}

void tongs_encoder_unref(struct tongs_encoder *encoder) {
	unref((struct tongs_object *)encoder);
}

struct tongs_fence *tongs_fence_ref(struct tongs_fence *fence) {
	return ref((struct tongs_object *)fence);
}

void tongs_fence_unref(struct tongs_fence *fence) {
	unref((struct tongs_object *)fence);
}
