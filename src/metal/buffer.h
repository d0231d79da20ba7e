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

#endif
