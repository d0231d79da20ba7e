/* SPDX-License-Identifier: MIT */
/* Runs: pages in a mapping of their own, for what is too large for arenas or would leave too much of a slot unused. */
#ifndef TONGS_METAL_RUN_H
#define TONGS_METAL_RUN_H

#include <stddef.h>

struct tongs_run; /* one mapping */

/* `size` zeroed bytes, a multiple of the page size, in huge pages where there is room for one. NULL when memory runs
 * out. */
struct tongs_run *tongs_run_create(size_t size);
/* To the pool, or to the system. */
void tongs_run_free(struct tongs_run *run);
void *tongs_run_get_pages(const struct tongs_run *run);

#endif
