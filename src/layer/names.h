/* SPDX-License-Identifier: MIT */
/* The names that an application gives to a device's objects, for messages. */
#ifndef TONGS_LAYER_NAMES_H
#define TONGS_LAYER_NAMES_H

#include "util/map.h"

enum {
	TONGS_NAME_SIZE = 128,   /* in bytes, with the 0; longer names are cut */
	TONGS_NAMES_MAX = 65536, /* of a device */
	TONGS_NAMED_TYPES = 8,
};

struct tongs_names {
	struct tongs_map maps[TONGS_NAMED_TYPES]; /* by object type: handle to char *; guarded by a lock in names.c */
	atomic_uint count;                        /* of all names; written under the same lock */
	const VkAllocationCallbacks *callbacks;   /* may be NULL */
};

/* `callbacks` outlive the names and may be NULL. */
void tongs_names_init(struct tongs_names *names, const VkAllocationCallbacks *callbacks);
void tongs_names_finish(struct tongs_names *names);

/* Stores a copy of `name`, cut to whole UTF-8 characters of TONGS_NAME_SIZE - 1 bytes; NULL or "" removes the name.
 * Does nothing for types other than devices, memory, buffers, images, views, semaphores and events, when memory runs
 * out, and beyond TONGS_NAMES_MAX. */
void tongs_names_set(struct tongs_names *names, VkObjectType type, uint64_t handle, const char *name);

/* Copies the name into `text` and returns `text`; NULL: no name. */
const char *tongs_names_get(struct tongs_names *names, VkObjectType type, uint64_t handle, char text[TONGS_NAME_SIZE]);

/* Removes the name of an object that is destroyed. Takes no lock while the device has no names. */
static inline void tongs_names_remove(struct tongs_names *names, VkObjectType type, uint64_t handle) {
	if (handle && atomic_load_explicit(&names->count, memory_order_relaxed) > 0)
		tongs_names_set(names, type, handle, NULL);
}

#endif
