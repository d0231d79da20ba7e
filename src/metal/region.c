/* SPDX-License-Identifier: MIT */
/* What a region must be, whoever copies it. */
#include "metal/region.h"

#include "util/log.h"

bool tongs_region_check_subresource(
	const struct tongs_texture *texture, NSUInteger level, NSUInteger slice, const char *what) {
	if (level < texture->info.mipmap_level_count && slice < texture->slice_count)
		return true;
	tongs_log_error("%s level %lu, slice %lu: the texture has %lu levels and %lu slices", what,
		(unsigned long)level, (unsigned long)slice, (unsigned long)texture->info.mipmap_level_count,
		(unsigned long)texture->slice_count);
	return false;
}

static bool inside(NSUInteger origin, NSUInteger size, NSUInteger extent) {
	return size > 0 && origin < extent && size <= extent - origin;
}

/* Whether a range begins and ends at block boundaries, or ends at the edge of the level. */
static bool aligned(NSUInteger origin, NSUInteger size, NSUInteger extent, NSUInteger block) {
	return origin % block == 0 && (size % block == 0 || origin + size == extent);
}

bool tongs_region_check(
	const struct tongs_texture *texture, const MTLRegion *region, NSUInteger level, const char *what) {
	const struct tongs_format *format = texture->format;
	const MTLOrigin *origin = &region->origin;
	const MTLSize *size = &region->size, all = tongs_texture_info_get_level_size(&texture->info, level);
	const char *fault = NULL;
	if (!inside(origin->x, size->width, all.width) || !inside(origin->y, size->height, all.height) ||
		!inside(origin->z, size->depth, all.depth))
		fault = "is empty or exceeds";
	else if (!aligned(origin->x, size->width, all.width, format->block_width) ||
		 !aligned(origin->y, size->height, all.height, format->block_height))
		fault = "must begin and end between blocks, or end at the edge, of";
	if (!fault)
		return true;
	tongs_log_error("%s region (%lu, %lu, %lu) + (%lu x %lu x %lu) %s level %lu: %lu x %lu x %lu texels, in blocks "
			"of %u x %u",
		what, (unsigned long)origin->x, (unsigned long)origin->y, (unsigned long)origin->z,
		(unsigned long)size->width, (unsigned long)size->height, (unsigned long)size->depth, fault,
		(unsigned long)level, (unsigned long)all.width, (unsigned long)all.height, (unsigned long)all.depth,
		format->block_width, format->block_height);
	return false;
}
