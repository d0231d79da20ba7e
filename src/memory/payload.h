/* SPDX-License-Identifier: MIT */
/* What only libtongs does with payloads: pages of the caller's, and who holds how much. */
#ifndef TONGS_MEMORY_PAYLOAD_H
#define TONGS_MEMORY_PAYLOAD_H

#include "metal/interop.h"

/* A payload that is the caller's own pages: `pages` and `size` are multiples of the page size. NULL when memory runs
 * out. */
struct tongs_payload *tongs_payload_create_external(void *pages, uint64_t size);
/* Tells that the caller's pages may be read alone; set before the payload is shared. */
void tongs_payload_set_read_only(struct tongs_payload *payload);
bool tongs_payload_is_read_only(const struct tongs_payload *payload);
/* Called once, with the pages, after the last reference; set before the payload is shared. */
void tongs_payload_set_deallocator(struct tongs_payload *payload, tongs_deallocator deallocator, void *user);

/* A reference by a Metal object of `device`: the payload counts once in the device's allocated size, however many
 * objects hold it. */
struct tongs_payload *tongs_payload_account(struct tongs_payload *payload, struct tongs_device *device);
void tongs_payload_unaccount(struct tongs_payload *payload); /* NULL is fine */

uint64_t tongs_page_size(void);

#endif
