/* SPDX-License-Identifier: MIT */
/* What buffers and textures share. */
#ifndef TONGS_METAL_RESOURCE_H
#define TONGS_METAL_RESOURCE_H

#include "metal/heap.h"
#include "metal/object.h"
#include "metal/storage.h"

struct tongs_resource {
	struct tongs_object object;
	struct tongs_storage storage;
	struct tongs_heap *heap; /* a reference; NULL: not in a heap, or another's bytes */
	uint64_t heap_offset;
	atomic_bool placed; /* its bytes are counted in the heap */
	/* The texture that a view shows, or the buffer that a texture is made over, whose place in a heap and purgeable
	 * state are the resource's, too; NULL: it has bytes of its own. Whoever sets it keeps it alive. */
	struct tongs_resource *owner;
};

/* Where a resource to be made will live: all pointers are borrowed. */
struct tongs_placement {
	struct tongs_device *device;
	struct tongs_payload *payload;
	uint64_t offset; /* in the payload */
	uint64_t size;
	MTLResourceOptions options;
	struct tongs_heap *heap; /* NULL: not in a heap */
	bool placed;             /* taken in `heap`, and given back with the resource */
	struct tongs_resource *owner;
};

/* A site in new memory of its own; its payload is the caller's to unref. False, and a message, when memory runs out. */
bool tongs_placement_allocate(struct tongs_placement *site, struct tongs_device *device, const char *what,
	uint64_t size, MTLResourceOptions options);
/* A site in `heap`, at `*offset`, or where there is room when `offset` is NULL. False, and a message, when the heap
 * refuses. */
bool tongs_placement_place(struct tongs_placement *site, struct tongs_heap *heap, const char *what, uint64_t size,
	uint64_t alignment, MTLResourceOptions options, const NSUInteger *offset);
/* A site in the bytes of `owner` from `offset` on. */
struct tongs_placement tongs_placement_within(struct tongs_resource *owner, uint64_t offset);
/* Gives back the place that no resource took over. */
void tongs_placement_abandon(const struct tongs_placement *site);

/* `resource` is zeroed; it takes its own references, and the place. */
void tongs_resource_init(struct tongs_resource *resource, const struct tongs_placement *site);
void tongs_resource_finish(struct tongs_resource *resource);

#endif
