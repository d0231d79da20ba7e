/* SPDX-License-Identifier: MIT */
/* The names that an application gives a device's objects, for messages. */
#ifndef TONGS_LAYER_NAMES_H
#define TONGS_LAYER_NAMES_H

#include "util/map.h"

enum {
	TONGS_NAME_SIZE = 128, /* longer names are cut */
	TONGS_NAMES_MAX = 65536,
	TONGS_NAMED_TYPES = 4,
};

struct tongs_names {
	struct tongs_map maps[TONGS_NAMED_TYPES]; /* of each type, handle to char *; guarded by a lock of names.c */
	atomic_uint count;                        /* written with it held */
	const VkAllocationCallbacks *callbacks;   /* may be NULL */
};

void tongs_names_init(struct tongs_names *names, const VkAllocationCallbacks *callbacks);
void tongs_names_finish(struct tongs_names *names);

/* Keeps a copy of `name`; NULL and "" take the old one away. Names of other types than devices, memory, buffers and
 * images are not kept, nor are those for which there is no memory or that are more than TONGS_NAMES_MAX. */
void tongs_names_set(struct tongs_names *names, VkObjectType type, uint64_t handle, const char *name);

/* Copies the name into `text` and returns that; NULL where there is none. */
const char *tongs_names_get(struct tongs_names *names, VkObjectType type, uint64_t handle, char text[TONGS_NAME_SIZE]);

/* An object goes, and its name with it. Costs nothing where there are no names. */
static inline void tongs_names_drop(struct tongs_names *names, VkObjectType type, uint64_t handle) {
	if (handle && atomic_load_explicit(&names->count, memory_order_relaxed) > 0)
		tongs_names_set(names, type, handle, NULL);
}

#endif
