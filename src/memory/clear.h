/* SPDX-License-Identifier: MIT */
/* Clearing pages. */
#ifndef TONGS_MEMORY_CLEAR_H
#define TONGS_MEMORY_CLEAR_H

#include <stddef.h>

/* The size of a huge page, if the kernel has them. */
#define TONGS_HUGE_PAGE ((size_t)2 << 20)

/* Both write zeros to private anonymous pages; `size` is a multiple of the page size. */

/* Keeps resident pages; gives those of parts that were hardly touched back to the system. For pages that will soon be
 * used again. */
void tongs_pages_clear(void *pages, size_t size);
/* Gives all pages back to the system. The addresses stay mapped. */
void tongs_pages_discard(void *pages, size_t size);

#endif
