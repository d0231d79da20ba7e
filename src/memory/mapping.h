/* SPDX-License-Identifier: MIT */
/* Runs: pages in a mapping of their own, for what is too large for arenas or would leave too much of a slot unused. */
#ifndef TONGS_MEMORY_MAPPING_H
#define TONGS_MEMORY_MAPPING_H

#include <stddef.h>

struct tongs_mapping; /* one mapping */

/* `size` zeroed bytes, a multiple of the page size, in huge pages where there is room for one. NULL when memory runs
 * out. */
struct tongs_mapping *tongs_mapping_create(size_t size);
/* To the pool, or to the system. */
void tongs_mapping_free(struct tongs_mapping *run);
void *tongs_mapping_get_pages(const struct tongs_mapping *run);

#endif
