/* SPDX-License-Identifier: MIT */
/* Pages made to hold zeros. */
#ifndef TONGS_MEMORY_CLEAR_H
#define TONGS_MEMORY_CLEAR_H

#include <stddef.h>

/* The size of a huge page, where the kernel has them. */
#define TONGS_HUGE_PAGE ((size_t)2 << 20)

/* Both take private anonymous pages; `size` is a multiple of the page size. */
/* For pages that are to be used again: those which are there stay there; a part of which little was touched is given
 * back to the system. */
void tongs_pages_clear(void *pages, size_t size);
/* Gives them back to the system, but for their addresses. */
void tongs_pages_drop(void *pages, size_t size);

#endif
