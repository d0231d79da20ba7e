/* SPDX-License-Identifier: MIT */
/* Whose VkAllocationCallbacks a record's memory is from. */
#ifndef TONGS_LAYER_CALLBACKS_H
#define TONGS_LAYER_CALLBACKS_H

#include "base/alloc.h"

/* Part of a record. A copy of what its creation was given, for an application that leaves the object behind. */
struct tongs_callbacks {
	const VkAllocationCallbacks *used; /* &given, the parent's, or NULL */
	VkAllocationCallbacks given;
};

/* The most specific callbacks that there are, as Vulkan has it: the command's own, else those of the object's parent;
 * each may be NULL. */
static inline const VkAllocationCallbacks *tongs_callbacks_choose(
	const VkAllocationCallbacks *given, const VkAllocationCallbacks *parent) {
	return given ? given : parent;
}

/* A zeroed record of `size` bytes, whose struct tongs_callbacks is to be initialized with the same two. */
static inline void *tongs_callbacks_new(const VkAllocationCallbacks *given, const VkAllocationCallbacks *parent,
	size_t size, VkSystemAllocationScope scope) {
	return tongs_alloc(tongs_callbacks_choose(given, parent), 1, size, scope);
}

static inline void tongs_callbacks_init(
	struct tongs_callbacks *callbacks, const VkAllocationCallbacks *given, const VkAllocationCallbacks *parent) {
	if (given)
		callbacks->given = *given;
	callbacks->used = given ? &callbacks->given : parent;
}

/* Frees the record that `callbacks` is a part of. Those that its destruction is given go before the copy of those at
 * creation: they are compatible, but their user data may be another by now. */
static inline void tongs_callbacks_free(
	const struct tongs_callbacks *callbacks, const VkAllocationCallbacks *given, void *record) {
	tongs_free(given && callbacks->used == &callbacks->given ? given : callbacks->used, record);
}

#endif
