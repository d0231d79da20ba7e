/* SPDX-License-Identifier: MIT */
/* A table of objects by handle, with one lock. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "objects.h"

enum { BUCKETS = 1 << 14 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards `buckets` */
static struct mock_object *buckets[BUCKETS];

/* Returns the link to the object, or the end of its bucket. */
static struct mock_object **find_locked(VkObjectType type, uint64_t handle) {
	struct mock_object **link = &buckets[(handle >> 4) * 0x9e3779b97f4a7c15u >> (64 - 14)];
	while (*link && ((*link)->type != type || (*link)->handle != handle))
		link = &(*link)->next;
	return link;
}

bool mock_get(VkObjectType type, uint64_t handle, struct mock_object *object) {
	pthread_mutex_lock(&lock);
	const struct mock_object *found = *find_locked(type, handle);
	memset(object, 0, sizeof(*object));
	if (found)
		*object = *found;
	pthread_mutex_unlock(&lock);
	return found != NULL;
}

void mock_put(const struct mock_object *object) {
	pthread_mutex_lock(&lock);
	struct mock_object **link = find_locked(object->type, object->handle), *rest = *link ? (*link)->next : NULL;
	if (!*link)
		*link = malloc(sizeof(**link));
	if (!*link)
		abort();
	**link = *object;
	(*link)->next = rest;
	pthread_mutex_unlock(&lock);
}

void mock_visit(void (*visit)(struct mock_object *object, void *context), void *context) {
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct mock_object *object = buckets[i]; object; object = object->next)
			visit(object, context);
	pthread_mutex_unlock(&lock);
}

bool mock_get_memory(VkDevice device, VkDeviceMemory memory, struct mock_object *object) {
	bool found = mock_get(VK_OBJECT_TYPE_DEVICE_MEMORY, (uint64_t)(uintptr_t)memory, object);
	if (!found)
		mock_violation("memory", "%p is none", (void *)(uintptr_t)memory);
	else if (object->device_handle != (uint64_t)(uintptr_t)device)
		mock_violation("parent", "memory %p is another device's", (void *)(uintptr_t)memory);
	return found;
}

void mock_drop(VkObjectType type, uint64_t handle) {
	pthread_mutex_lock(&lock);
	struct mock_object **link = find_locked(type, handle), *object = *link;
	if (object) {
		*link = object->next;
		free(object);
	}
	pthread_mutex_unlock(&lock);
}
