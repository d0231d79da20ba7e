/* SPDX-License-Identifier: MIT */
/* Slabs: small pieces of pages that share large mappings, since a process can have only some 65,000 mappings. */
#ifndef TONGS_MEMORY_SLAB_H
#define TONGS_MEMORY_SLAB_H

#include <stdbool.h>
#include <stddef.h>

struct tongs_slab;

/* Whether a slot fits `size` bytes, a multiple of the page size, without wasting too much. */
bool tongs_slab_fits(size_t size);
/* Zeroed pages for `size` bytes that fit. `*slab` is set for tongs_slab_free. NULL when memory runs out. */
void *tongs_slab_alloc(size_t size, struct tongs_slab **slab);
void tongs_slab_free(struct tongs_slab *slab, void *pages, size_t size);

/* Gives the pages of slots that have been free since the previous call back to the system; by one thread at a time.
 * Returns whether other free slots have pages. */
bool tongs_slab_sweep(void);

#endif
