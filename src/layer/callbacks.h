/* SPDX-License-Identifier: MIT */
/* Whose VkAllocationCallbacks a record's memory is from. */
#ifndef TONGS_LAYER_CALLBACKS_H
#define TONGS_LAYER_CALLBACKS_H

#include <stdbool.h>
#include <string.h>

#include "util/alloc.h"

/* The first member of a record. What its creation was given is copied behind the record, for an application that leaves
 * the object behind; most give nothing. */
struct tongs_callbacks {
	const VkAllocationCallbacks *used; /* the copy, the parent's, or NULL */
	bool copied;
};

/* The most specific callbacks that there are, as Vulkan has it: the command's own, else those of the object's parent;
 * each may be NULL. */
static inline const VkAllocationCallbacks *tongs_callbacks_choose(
	const VkAllocationCallbacks *given, const VkAllocationCallbacks *parent) {
	return given ? given : parent;
}

/* A record of `size` bytes, zeroed but for its first member. */
static inline void *tongs_callbacks_new(const VkAllocationCallbacks *given, const VkAllocationCallbacks *parent,
	size_t size, VkSystemAllocationScope scope) {
	const VkAllocationCallbacks *used = tongs_callbacks_choose(given, parent);
	char *record = tongs_alloc(used, 1, size + (given ? sizeof(*given) : 0), scope);
	if (!record)
		return NULL;
	if (given)
		used = memcpy(record + size, given, sizeof(*given));
	*(struct tongs_callbacks *)record = (struct tongs_callbacks){.used = used, .copied = given != NULL};
	return record;
}

/* Frees the record that `callbacks` is the first member of. Those that its destruction is given go before the copy of
 * those at creation: they are compatible, but their user data may be another by now. */
static inline void tongs_callbacks_free(struct tongs_callbacks *callbacks, const VkAllocationCallbacks *given) {
	tongs_free(given && callbacks->copied ? given : callbacks->used, callbacks);
}

#endif
