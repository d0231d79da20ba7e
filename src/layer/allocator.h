/* SPDX-License-Identifier: MIT */
/* The VkAllocationCallbacks of the layer's own objects, which follow Vulkan's rules for pAllocator. */
#ifndef TONGS_LAYER_ALLOCATOR_H
#define TONGS_LAYER_ALLOCATOR_H

#include <stdbool.h>
#include <string.h>

#include "util/alloc.h"

/* The first member of each object. Callbacks that were passed to the object's creation are copied behind the object, in
 * case the application leaves it to its parent's destruction; most applications pass none. */
struct tongs_allocator {
	const VkAllocationCallbacks *callbacks; /* the copy, the parent's, or NULL */
	bool is_copy;
};

/* The most specific callbacks: the command's own, else those of the object's parent. Each may be NULL. */
static inline const VkAllocationCallbacks *tongs_allocator_choose(
	const VkAllocationCallbacks *given, const VkAllocationCallbacks *parent) {
	return given ? given : parent;
}

/* A new object of `size` bytes, zeroed but for its first member; NULL when memory runs out. */
static inline void *tongs_allocator_new_object(const VkAllocationCallbacks *given, const VkAllocationCallbacks *parent,
	size_t size, VkSystemAllocationScope scope) {
	const VkAllocationCallbacks *callbacks = tongs_allocator_choose(given, parent);
	char *object = tongs_alloc(callbacks, 1, size + (given ? sizeof(*given) : 0), scope);
	if (!object)
		return NULL;
	if (given)
		callbacks = memcpy(object + size, given, sizeof(*given));
	*(struct tongs_allocator *)object = (struct tongs_allocator){.callbacks = callbacks, .is_copy = given != NULL};
	return object;
}

/* Frees the object that `allocator` is the first member of. Callbacks passed to its destruction win over the copy of
 * those passed to its creation: they are compatible, but their user data may differ. `given` may be NULL. */
static inline void tongs_allocator_free_object(struct tongs_allocator *allocator, const VkAllocationCallbacks *given) {
	tongs_free(given && allocator->is_copy ? given : allocator->callbacks, allocator);
}

#endif
