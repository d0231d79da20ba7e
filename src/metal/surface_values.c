/* SPDX-License-Identifier: MIT */
/* A list, since programs attach few objects. They are released without the lock, since that may run code of theirs. */
#include "metal/surface_values.h"

#include <pthread.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fork.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_SURFACE_VALUES, NULL);

/* NULL when memory runs out. */
static struct tongs_surface_value *create(const char *key, void *object, void (*release)(void *object)) {
	const size_t size = strlen(key) + 1;
	struct tongs_surface_value *value = tongs_malloc(1, sizeof(*value) + size);
	if (!value)
		return NULL;
	value->object = object;
	value->release = release;
	atomic_init(&value->refs, 1);
	memcpy(value->key, key, size);
	return value;
}

void tongs_surface_value_unref(struct tongs_surface_value *value) {
	if (!value || atomic_fetch_sub_explicit(&value->refs, 1, memory_order_acq_rel) != 1)
		return;
	value->release(value->object);
	tongs_free(NULL, value);
}

/* The pointer to the key's value, or to the end of the list. */
static struct tongs_surface_value **find_locked(struct tongs_surface_values *values, const char *key) {
	struct tongs_surface_value **place = &values->first;
	while (*place && strcmp((*place)->key, key) != 0)
		place = &(*place)->next;
	return place;
}

/* Puts `value`, which may be NULL, in the place of the key's. */
static void replace(struct tongs_surface_values *values, const char *key, struct tongs_surface_value *value) {
	pthread_mutex_lock(&lock);
	struct tongs_surface_value **place = find_locked(values, key), *old = *place;
	struct tongs_surface_value *next = old ? old->next : NULL;
	if (value)
		value->next = next;
	*place = value ? value : next;
	pthread_mutex_unlock(&lock);
	tongs_surface_value_unref(old);
}

bool tongs_surface_values_set(
	struct tongs_surface_values *values, const char *key, void *object, void (*release)(void *object)) {
	struct tongs_surface_value *value = create(key, object, release);
	if (value)
		replace(values, key, value);
	else
		release(object);
	return value;
}

struct tongs_surface_value *tongs_surface_values_find(struct tongs_surface_values *values, const char *key) {
	pthread_mutex_lock(&lock);
	struct tongs_surface_value *value = *find_locked(values, key);
	if (value)
		atomic_fetch_add_explicit(&value->refs, 1, memory_order_relaxed);
	pthread_mutex_unlock(&lock);
	return value;
}

void tongs_surface_values_remove(struct tongs_surface_values *values, const char *key) {
	replace(values, key, NULL);
}

void tongs_surface_values_remove_all(struct tongs_surface_values *values) {
	pthread_mutex_lock(&lock);
	struct tongs_surface_value *value = values->first;
	values->first = NULL;
	pthread_mutex_unlock(&lock);
	while (value) {
		struct tongs_surface_value *next = value->next;
		tongs_surface_value_unref(value);
		value = next;
	}
}
