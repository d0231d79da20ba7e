/* SPDX-License-Identifier: MIT */
/* Buffers. */
#ifndef TONGS_METAL_BUFFER_H
#define TONGS_METAL_BUFFER_H

#include "metal/resource.h"

struct tongs_buffer {
	struct tongs_resource resource; /* first */
	NSUInteger length;
	void *contents; /* NULL: the CPU cannot access it */
};

/* NULL when memory runs out; the placement is then still the caller's to abandon. */
struct tongs_buffer *tongs_buffer_create(const struct tongs_placement *placement, NSUInteger length);

#endif
