/* SPDX-License-Identifier: MIT */
/* The names that an application gives to a device's objects. */
#include "layer/names.h"

#include <pthread.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fork.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* for the names of all devices */

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_NAMES, NULL);

/* Each type has a map: handles of different types may be equal. */
static const VkObjectType types[TONGS_NAMED_TYPES] = {
	VK_OBJECT_TYPE_DEVICE,
	VK_OBJECT_TYPE_DEVICE_MEMORY,
	VK_OBJECT_TYPE_BUFFER,
	VK_OBJECT_TYPE_IMAGE,
	/* With VK_EXT_metal_objects: */
	VK_OBJECT_TYPE_IMAGE_VIEW,
	VK_OBJECT_TYPE_BUFFER_VIEW,
	VK_OBJECT_TYPE_SEMAPHORE,
	VK_OBJECT_TYPE_EVENT,
};

static struct tongs_map *find_map(struct tongs_names *names, VkObjectType type) {
	for (size_t i = 0; i < TONGS_NAMED_TYPES; i++)
		if (types[i] == type)
			return &names->maps[i];
	return NULL;
}

void tongs_names_init(struct tongs_names *names, const VkAllocationCallbacks *callbacks) {
	atomic_init(&names->count, 0);
	names->callbacks = callbacks;
	for (size_t i = 0; i < TONGS_NAMED_TYPES; i++)
		tongs_map_init(&names->maps[i], callbacks);
}

static void free_name(void *value, void *user) {
	struct tongs_names *names = user;
	tongs_free(names->callbacks, value);
}

void tongs_names_finish(struct tongs_names *names) {
	for (size_t i = 0; i < TONGS_NAMED_TYPES; i++) {
		tongs_map_clear(&names->maps[i], free_name, names);
		tongs_map_finish(&names->maps[i]);
	}
}

/* NULL when memory runs out. */
static char *copy_name(struct tongs_names *names, const char *name) {
	size_t length = strnlen(name, TONGS_NAME_SIZE);
	/* Cut before a character of UTF-8, not inside one. */
	if (length == TONGS_NAME_SIZE)
		for (length--; length > 0 && (name[length] & 0xc0) == 0x80; length--)
			;
	char *copy = tongs_alloc(names->callbacks, length + 1, 1, VK_SYSTEM_ALLOCATION_SCOPE_OBJECT);
	if (copy)
		memcpy(copy, name, length);
	return copy;
}

void tongs_names_set(struct tongs_names *names, VkObjectType type, uint64_t handle, const char *name) {
	struct tongs_map *map = find_map(names, type);
	if (!map || !handle)
		return;
	pthread_mutex_lock(&lock);
	unsigned count = atomic_load_explicit(&names->count, memory_order_relaxed);
	char *old = tongs_map_remove(map, handle);
	if (old)
		count--;
	tongs_free(names->callbacks, old);
	char *copy = name && *name && count < TONGS_NAMES_MAX ? copy_name(names, name) : NULL;
	if (copy && tongs_map_insert(map, handle, copy))
		count++;
	else
		tongs_free(names->callbacks, copy);
	atomic_store_explicit(&names->count, count, memory_order_relaxed);
	pthread_mutex_unlock(&lock);
}

const char *tongs_names_get(struct tongs_names *names, VkObjectType type, uint64_t handle, char text[TONGS_NAME_SIZE]) {
	struct tongs_map *map = find_map(names, type);
	const char *result = NULL;
	if (!map || !handle || atomic_load_explicit(&names->count, memory_order_relaxed) == 0)
		return NULL;
	/* Another thread may destroy the object: a message may be about an invalid handle. */
	pthread_mutex_lock(&lock);
	const char *name = tongs_map_get(map, handle);
	if (name)
		result = memcpy(text, name, strlen(name) + 1);
	pthread_mutex_unlock(&lock);
	return result;
}
