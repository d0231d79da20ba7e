/* SPDX-License-Identifier: MIT */
/* Buffers. */
#ifndef TONGS_METAL_BUFFER_H
#define TONGS_METAL_BUFFER_H

#include "metal/resource.h"

struct tongs_buffer {
	struct tongs_resource resource; /* first */
	NSUInteger length;
	void *contents; /* of host pages; NULL: see tongs_buffer_get_contents */
};

#endif
