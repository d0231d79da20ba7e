/* SPDX-License-Identifier: MIT */
/* Heaps, and the places that resources take in them. */
#ifndef TONGS_METAL_HEAP_H
#define TONGS_METAL_HEAP_H

#include "metal/resource.h"
#include "util/ranges.h"

struct tongs_heap {
	struct tongs_object object;
	struct tongs_storage storage;
	MTLHeapType type;
	_Atomic uint64_t placed;    /* placement heaps: the sum of the live resources' sizes */
	struct tongs_ranges ranges; /* automatic heaps; guarded by a lock of heap.c */
};

/* A heap that is all of a placement at the beginning of its payload. NULL, with an error logged that begins with
 * `what`, when memory runs out. */
struct tongs_heap *tongs_heap_new_in_payload(
	const struct tongs_placement *placement, MTLHeapType type, const char *what);

/* Takes a place of `size` bytes: in a placement heap, at `*offset`; in an automatic heap, with `offset` NULL, wherever
 * there is room. `alignment` is a power of two. False, with an error logged that begins with `what`, a selector, if the
 * options do not fit the heap's, the heap has the other type, there is no room, or the place is not inside the heap. */
bool tongs_heap_take_place(struct tongs_heap *heap, struct tongs_placement *placement, const char *what, uint64_t size,
	uint64_t alignment, MTLResourceOptions options, const NSUInteger *offset);
/* Gives back a place that no resource has taken over; does nothing for placements outside heaps. */
void tongs_placement_abandon(const struct tongs_placement *placement);
/* Gives the resource's own place back, if it is in a heap and has not done so before. */
void tongs_heap_release_place(struct tongs_resource *resource);

#endif
