/* SPDX-License-Identifier: MIT */
/* Regions of textures: whether they exist, and how many blocks they have. */
#ifndef TONGS_METAL_REGION_H
#define TONGS_METAL_REGION_H

#include "metal/texture.h"

/* The next functions return false, with an error logged that begins with `what`, a selector. */
bool tongs_region_check_subresource(
	const struct tongs_texture *texture, NSUInteger level, NSUInteger slice, const char *what);
/* Not empty, inside the level, and between blocks. */
bool tongs_region_check(
	const struct tongs_texture *texture, const MTLRegion *region, NSUInteger level, const char *what);

static inline size_t tongs_region_count_blocks(NSUInteger texels, unsigned block) {
	return texels / block + (texels % block != 0);
}

#endif
