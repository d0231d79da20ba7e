/* SPDX-License-Identifier: MIT */
/* Host pages: payloads that are memory of this process, anonymous, the caller's own, or a memfd that other processes
 * can have, too. */
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

/* The memfd that the pages are, borrowed; -1: they are none, and no other process can have them. */
int tongs_host_pages_get_fd(const struct tongs_payload *payload);
/* A payload over the first `size` bytes, a multiple of the page size, of a memfd without a fault
 * (tongs_memfd_find_fault), which it takes over on success. NULL with errno. */
struct tongs_payload *tongs_host_pages_adopt(int fd, uint64_t size);

#endif
