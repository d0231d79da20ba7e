/* SPDX-License-Identifier: MIT */
/* The pool: free pages that hold zeros, kept for the next payload of the same size. They are whole mappings or, for
 * small sizes, slots of slabs, because a process can have only some 65,000 mappings. May be called from any thread. */
#ifndef TONGS_MEMORY_POOL_H
#define TONGS_MEMORY_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Pages that are not reused within this many nanoseconds return to the system. */
#define TONGS_POOL_AGE INT64_C(2000000000)

/* The head of an item of the pool. The first fields are the pool's; the owner fills in the others. */
struct tongs_pooled {
	struct tongs_pooled *older, *newer;
	struct tongs_pooled *next, *previous; /* in its bucket */
	int64_t since;

	size_t key; /* for tongs_pool_take */
	char *pages;
	size_t size;
	void (*destroy)(struct tongs_pooled *item); /* unmaps the pages; called without a lock held */
};

/* Reserves `bytes` of TONGS_POOL_LIMIT. False, and nothing done, if fewer are left. */
bool tongs_pool_reserve(size_t bytes);
void tongs_pool_release(size_t bytes);
/* The bytes that are reserved. */
size_t tongs_pool_get_held(void);

/* Keeps `item`, whose pages hold zeros, until it is taken or destroyed; its owner has reserved its bytes, and releases
 * them then. */
void tongs_pool_put(struct tongs_pooled *item);
/* The same for pages with any content: the worker clears them. */
void tongs_pool_put_dirty(struct tongs_pooled *item);
/* The latest item with `key`, its pages holding zeros; NULL if there is none. */
struct tongs_pooled *tongs_pool_take(size_t key);

/* Destroys items that are TONGS_POOL_AGE old at `now`, of CLOCK_MONOTONIC. */
void tongs_pool_trim(int64_t now);
/* The same at the current time; cheap if there is nothing to do. */
void tongs_pool_tick(void);
/* Destroys all items. False if there was none. */
bool tongs_pool_drain(void);

struct tongs_slab;

/* Whether a slot fits `size` bytes, a multiple of the page size, without wasting too much. */
bool tongs_pool_fits_slot(size_t size);
/* Zeroed pages for `size` bytes that fit. `*slab` is set for tongs_pool_free_slot. NULL when memory runs out. */
void *tongs_pool_alloc_slot(size_t size, struct tongs_slab **slab);
void tongs_pool_free_slot(struct tongs_slab *slab, void *pages, size_t size);

/* Gives the pages of slots that have been free since the previous call back to the system; by one thread at a time.
 * Returns whether other free slots have pages. */
bool tongs_pool_sweep_slots(void);

/* For tests: waits until all pages are cleared. */
void tongs_pool_settle(void);

/* tongs_alloc_pages, once more after draining the pool if it fails. */
void *tongs_pool_map(size_t size, size_t alignment);

#endif
