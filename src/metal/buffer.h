/* SPDX-License-Identifier: MIT */
/* Buffers. */
#ifndef TONGS_METAL_BUFFER_H
#define TONGS_METAL_BUFFER_H

#include "metal/resource.h"

struct tongs_buffer {
	struct tongs_resource resource; /* first */
	NSUInteger length;
	void *contents;                         /* of host pages; NULL: see tongs_buffer_get_contents */
	_Atomic(struct tongs_own_buffer *) own; /* on libtongs' own device; set once; NULL: not used yet */
};

/* The buffer on libtongs' own device; created at the first call. NULL, with an error logged, on failure. */
struct tongs_own_buffer *tongs_buffer_get_own(struct tongs_buffer *buffer);
/* The first `length` bytes of a placement outside heaps. NULL, with an error logged that begins with `what`, when
 * memory runs out. */
struct tongs_buffer *tongs_buffer_new_in_payload(
	const struct tongs_placement *placement, NSUInteger length, const char *what);

#endif
