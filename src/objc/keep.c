/* SPDX-License-Identifier: MIT */
/* Rings of references for each thread. */
#include "objc/keep.h"

#include <pthread.h>

#include "objc/send.h"
#include "util/alloc.h"
#include "vulkan/driver_call.h"

/* A new object replaces the oldest one. */
struct ring {
	unsigned next;
	struct tongs_object *objects[TONGS_KEEP_COUNT];
};

/* A ring for each: many errors do not end a command buffer. */
enum group { COMMAND_BUFFERS, RENDER_PASSES, ERRORS, OTHERS, GROUP_COUNT };

struct rings {
	struct ring of[GROUP_COUNT];
};

static enum group get_group(enum tongs_kind kind) {
	switch (kind) {
	case TONGS_KIND_COMMAND_BUFFER:
		return COMMAND_BUFFERS;
	case TONGS_KIND_RENDER_PASS_DESCRIPTOR:
		return RENDER_PASSES;
	case TONGS_KIND_ERROR:
		return ERRORS;
	default:
		return OTHERS;
	}
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool have_key;

static void free_rings(void *value) {
	struct rings *rings = value;
	for (size_t group = 0; group < GROUP_COUNT; group++)
		for (size_t i = 0; i < TONGS_KEEP_COUNT; i++)
			if (rings->of[group].objects[i])
				tongs_object_unref(rings->of[group].objects[i]);
	tongs_free(NULL, rings);
}

/* At the end of a thread. */
static void free_thread(void *value) {
	if (tongs_driver_call_begin()) {
		free_rings(value);
		tongs_driver_call_end();
	}
}

static void make_key(void) {
	have_key = pthread_key_create(&key, free_thread) == 0;
}

/* NULL when memory runs out. */
static struct rings *get_rings(void) {
	pthread_once(&once, make_key);
	struct rings *rings = have_key ? pthread_getspecific(key) : NULL;
	if (rings || !have_key)
		return rings;
	rings = tongs_malloc(1, sizeof(*rings));
	if (rings && pthread_setspecific(key, rings) != 0) {
		tongs_free(NULL, rings);
		rings = NULL;
	}
	return rings;
}

void *tongs_keep(struct tongs_object *object) {
	if (!object)
		return NULL;
	if (objc_lookUpClass("NSAutoreleasePool")) {
		tongs_runtime_autorelease((id)object);
		return object;
	}
	struct rings *rings = get_rings();
	if (!rings) {
		tongs_object_unref(object);
		return NULL;
	}
	struct ring *ring = &rings->of[get_group(object->kind)];
	struct tongs_object *oldest = ring->objects[ring->next];
	ring->objects[ring->next] = object;
	ring->next = (ring->next + 1) % TONGS_KEEP_COUNT;
	if (oldest)
		tongs_object_unref(oldest);
	return object;
}

/* exit() frees the thread-local data of no thread: what the exiting one kept is no leak. */
static void free_own_rings(void) {
	struct rings *rings = have_key ? pthread_getspecific(key) : NULL;
	if (!rings)
		return;
	pthread_setspecific(key, NULL);
	free_rings(rings);
}

__attribute__((constructor)) static void add_to_exit(void) {
	tongs_driver_call_set_at_exit(free_own_rings);
}

/* In a process that has called no driver. */
__attribute__((destructor)) static void free_at_end(void) {
	if (tongs_driver_call_begin()) {
		free_own_rings();
		tongs_driver_call_end();
	}
}
