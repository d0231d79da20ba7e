/* SPDX-License-Identifier: MIT */
/* Heaps, and how resources get a place in one. */
#ifndef TONGS_METAL_HEAP_H
#define TONGS_METAL_HEAP_H

#include "metal/object.h"
#include "util/ranges.h"
#include "metal/storage.h"

struct tongs_heap {
	struct tongs_object object;
	struct tongs_storage storage;
	MTLHeapType type;
	_Atomic uint64_t placed;    /* placement heaps: the sum of the live resources' sizes */
	struct tongs_ranges ranges; /* automatic heaps; guarded by a lock of heap.c */
};

/* Takes `size` bytes for a resource; `what` names the caller in messages. False, and a message, when the heap is of the
 * other type, has no room, or when the place is not in the heap. `place` chooses, `place_at` is told. */
bool tongs_heap_place(struct tongs_heap *heap, const char *what, uint64_t size, uint64_t alignment, uint64_t *offset);
bool tongs_heap_place_at(struct tongs_heap *heap, const char *what, uint64_t size, uint64_t alignment, uint64_t offset);
void tongs_heap_displace(struct tongs_heap *heap, uint64_t offset, uint64_t size);

#endif
