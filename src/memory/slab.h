/* SPDX-License-Identifier: MIT */
/* Small runs of pages that share large mappings: a process may have only some 65,000 mappings. */
#ifndef TONGS_MEMORY_SLAB_H
#define TONGS_MEMORY_SLAB_H

#include <stdbool.h>
#include <stddef.h>

struct tongs_slab; /* one mapping */

/* Whether arenas have slots for `size` bytes, a multiple of the page size. */
bool tongs_slab_fits(size_t size);
/* Zeroed pages for `size` bytes that fit; `*arena` is what gives them back. NULL when memory runs out. */
void *tongs_slab_alloc(size_t size, struct tongs_slab **arena);
void tongs_slab_free(struct tongs_slab *arena, void *pages, size_t size);

/* The worker's look for slots that nobody has wanted since its last one, which go back to the system; by one thread at
 * a time. Returns whether other free slots have pages. */
bool tongs_slab_sweep(void);

#endif
