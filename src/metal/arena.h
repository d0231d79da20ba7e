/* SPDX-License-Identifier: MIT */
/* Small runs of pages that share large mappings: a process may have only some 65,000 mappings. */
#ifndef TONGS_METAL_ARENA_H
#define TONGS_METAL_ARENA_H

#include <stddef.h>

/* The largest run that an arena gives. */
#define TONGS_ARENA_MAX_RUN ((size_t)256 << 10)

struct tongs_arena; /* one mapping */

/* Zeroed pages for `size` (a multiple of the page size, at most TONGS_ARENA_MAX_RUN) bytes; `*arena` is what gives them
 * back. NULL when memory runs out. */
void *tongs_arena_alloc(size_t size, struct tongs_arena **arena);
void tongs_arena_free(struct tongs_arena *arena, void *pages);

#endif
