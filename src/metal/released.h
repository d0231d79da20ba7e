/* SPDX-License-Identifier: MIT */
/* A bounded history of released objects, so that a message about a dead handle can name what it was. */
#ifndef TONGS_METAL_RELEASED_H
#define TONGS_METAL_RELEASED_H

#include <stdbool.h>
#include <stddef.h>

#include <tongs/metal.h>

#define TONGS_KIND_LAST TONGS_KIND_DESCRIPTOR

#include "metal/label.h"

/* Why an object's last reference was released. */
enum tongs_cause {
	TONGS_CAUSE_RELEASE,        /* release, or tongs_…_unref */
	TONGS_CAUSE_FREE_MEMORY,    /* the VkDeviceMemory's own reference was the last one, at vkFreeMemory */
	TONGS_CAUSE_DESTROY_DEVICE, /* the same, of memory that was still allocated at vkDestroyDevice */
};

struct tongs_released {
	enum tongs_kind kind;
	enum tongs_cause cause;
	char label[48]; /* truncated to fit; empty: none, or no longer known */
};

/* Records that the object at `handle` lost its last reference. Lock-free; an older entry may be overwritten. */
void tongs_released_record(const void *handle, enum tongs_kind kind, enum tongs_cause cause);
/* Adds its label, if it has one. Called by the same thread, after tongs_released_record and before the object is freed.
 */
void tongs_released_record_label(const void *handle, const struct tongs_label *label);

/* Looks up the last object that was released at `handle`, which may be any address: it is not dereferenced, and may be
 * a live object again. False if nothing is recorded. */
bool tongs_released_find(const void *handle, struct tongs_released *released);

/* Writes "an MTLBuffer `label' that …: …" into `text`: what it was, why it was freed, what to do instead. */
void tongs_released_describe(const struct tongs_released *released, char *text, size_t size);

/* Logs a warning if `handle`, which was passed to `function`, is a released object. */
void tongs_released_warn(const void *handle, const char *function);

/* "MTLBuffer" etc.; "object" for TONGS_KIND_NONE. */
const char *tongs_kind_name(enum tongs_kind kind);

#endif
