/* SPDX-License-Identifier: MIT */
/* A checked getBytes: or replaceRegion: call, in blocks and bytes. */
#ifndef TONGS_METAL_TEXTURE_REGION_H
#define TONGS_METAL_TEXTURE_REGION_H

#include "metal/rows.h"
#include "metal/texture.h"

struct tongs_region_call {
	const struct tongs_format *format;
	struct tongs_texture *root; /* whose level and slice these are, whatever view was asked */
	uint32_t level, slice;
	MTLRegion region;
	struct tongs_box box;          /* what the region is among the caller's bytes */
	size_t row_pitch, plane_pitch; /* the caller's, filled in where they may be 0 */
};

/* False, and a message that begins with `what`, when Metal takes no such call. */
bool tongs_region_call_init(struct tongs_region_call *call, const struct tongs_texture *texture,
	const MTLRegion *region, NSUInteger level, NSUInteger slice, const void *bytes, NSUInteger bytes_per_row,
	NSUInteger bytes_per_image, const char *what);

#endif
