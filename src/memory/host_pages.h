/* SPDX-License-Identifier: MIT */
/* Host pages: payloads that are memory of this process, anonymous or the caller's own. */
#ifndef TONGS_MEMORY_HOST_PAGES_H
#define TONGS_MEMORY_HOST_PAGES_H

#include "memory/payload.h"

/* A payload with one reference that is the caller's own memory; `pages` and `size` are multiples of the page size.
 * NULL when memory runs out. */
struct tongs_payload *tongs_host_pages_wrap(void *pages, uint64_t size);
/* `deallocator` is called once with the pages, after the last reference; NULL for none, the default. For payloads of
 * tongs_host_pages_wrap, before they are shared with other threads. */
void tongs_host_pages_set_deallocator(struct tongs_payload *payload, tongs_deallocator deallocator, void *user);
/* Says that the CPU may only read the wrapped pages, before they are shared with other threads. */
void tongs_host_pages_set_read_only(struct tongs_payload *payload);

#endif
