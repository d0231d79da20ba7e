/* SPDX-License-Identifier: MIT */
/* The pool: free pages that are kept, holding zeros, for whoever wants as many next. Everything may be called from any
 * thread. */
#ifndef TONGS_MEMORY_POOL_H
#define TONGS_MEMORY_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nanoseconds after which what nobody wanted goes back to the system. */
#define TONGS_POOL_AGE INT64_C(2000000000)

/* The head of what can be in the pool; its owner sets the second part. */
struct tongs_pooled {
	struct tongs_pooled *older, *newer;
	struct tongs_pooled *next, *previous; /* in its bucket */
	int64_t since;

	size_t key; /* what a taker asks for */
	char *pages;
	size_t size;
	void (*destroy)(struct tongs_pooled *item); /* unmaps the pages; called without a lock held */
};

/* Counts `bytes` as kept. False, and nothing done, when the limit leaves no room for them. */
bool tongs_pool_reserve(size_t bytes);
void tongs_pool_release(size_t bytes);
size_t tongs_pool_get_held(void);

/* Keeps `item`, whose pages hold zeros, until it is taken or destroyed. What it keeps is reserved, and its owner's to
 * release in both cases. */
void tongs_pool_put(struct tongs_pooled *item);
/* The same for pages of a run that hold anything: the worker clears them. */
void tongs_pool_put_dirty(struct tongs_pooled *item);
/* What was put last with that key, holding zeros; NULL: there is none. */
struct tongs_pooled *tongs_pool_take(size_t key);

/* Destroys what has been here for TONGS_POOL_AGE at `now`, of CLOCK_MONOTONIC. */
void tongs_pool_trim(int64_t now);
/* The same now: cheap where there is nothing to do. */
void tongs_pool_tick(void);
/* Destroys all. False: there was nothing. */
bool tongs_pool_drain(void);

#ifdef TONGS_TEST_HOOKS
/* Waits until nothing is to be cleared. */
void tongs_pool_settle(void);
#endif

/* tongs_alloc_pages; where that fails the pool is emptied and it is tried again. */
void *tongs_pool_map(size_t size, size_t alignment);

#endif
