/* SPDX-License-Identifier: MIT */
/* The rules for regions and pitches of getBytes: and replaceRegion:. */
#include "metal/texture_region.h"

#include "util/log.h"

static bool check_texture(const struct tongs_texture *texture, NSUInteger level, NSUInteger slice, const char *what) {
	if (!tongs_options_host_visible(texture->resource.storage.options)) {
		tongs_log_error("%s storage mode Private is out of the CPU's reach: use Shared", what);
		return false;
	}
	if (texture->info.sample_count > 1) {
		tongs_log_error("%s a texture with %lu samples has no texels for the CPU: resolve it into one with 1",
			what, (unsigned long)texture->info.sample_count);
		return false;
	}
	NSUInteger slices = tongs_texture_info_get_slice_count(&texture->info);
	if (level >= texture->info.mipmap_level_count || slice >= slices) {
		tongs_log_error("%s level %lu, slice %lu: the texture has %lu levels and %lu slices", what,
			(unsigned long)level, (unsigned long)slice, (unsigned long)texture->info.mipmap_level_count,
			(unsigned long)slices);
		return false;
	}
	return true;
}

static bool inside(NSUInteger origin, NSUInteger size, NSUInteger extent) {
	return size > 0 && origin < extent && size <= extent - origin;
}

/* Whether a range begins and ends between blocks; the level's edge is such an end. */
static bool aligned(NSUInteger origin, NSUInteger size, NSUInteger extent, NSUInteger block) {
	return origin % block == 0 && (size % block == 0 || origin + size == extent);
}

static bool check_region(
	const struct tongs_texture *texture, const MTLRegion *region, NSUInteger level, const char *what) {
	const struct tongs_format *format = texture->format;
	const MTLOrigin *origin = &region->origin;
	const MTLSize *size = &region->size, all = tongs_texture_info_get_level_size(&texture->info, level);
	const char *fault = NULL;
	if (!inside(origin->x, size->width, all.width) || !inside(origin->y, size->height, all.height) ||
		!inside(origin->z, size->depth, all.depth))
		fault = "is empty or not inside";
	else if (!aligned(origin->x, size->width, all.width, format->block_width) ||
		 !aligned(origin->y, size->height, all.height, format->block_height))
		fault = "cuts blocks of";
	if (!fault)
		return true;
	tongs_log_error("%s region (%lu, %lu, %lu) + (%lu x %lu x %lu) %s %lu x %lu x %lu, level %lu of a texture with "
			"blocks of %u x %u",
		what, (unsigned long)origin->x, (unsigned long)origin->y, (unsigned long)origin->z,
		(unsigned long)size->width, (unsigned long)size->height, (unsigned long)size->depth, fault,
		(unsigned long)all.width, (unsigned long)all.height, (unsigned long)all.depth, (unsigned long)level,
		format->block_width, format->block_height);
	return false;
}

static size_t count_blocks(NSUInteger texels, unsigned block) {
	return texels / block + (texels % block != 0);
}

/* What `count` parts of `part` bytes take when each begins `pitch` after the last. False on overflow. */
static bool span(size_t part, size_t pitch, size_t count, size_t *bytes) {
	return !__builtin_mul_overflow(pitch, count - 1, bytes) && !__builtin_add_overflow(*bytes, part, bytes);
}

/* A pitch of 0 will do where there is only one of what it is the pitch of. */
static bool check_pitches(
	struct tongs_region_call *call, NSUInteger bytes_per_row, NSUInteger bytes_per_image, const char *what) {
	const struct tongs_box *box = &call->box;
	size_t image, all;
	call->row_pitch = bytes_per_row == 0 && box->rows == 1 ? box->row_bytes : bytes_per_row;
	if (call->row_pitch < box->row_bytes || !span(box->row_bytes, call->row_pitch, box->rows, &image)) {
		tongs_log_error("%s bytesPerRow %lu: %zu rows of %zu bytes are wanted", what,
			(unsigned long)bytes_per_row, box->rows, box->row_bytes);
		return false;
	}
	call->plane_pitch = bytes_per_image == 0 && box->planes == 1 ? image : bytes_per_image;
	if (call->plane_pitch < image || !span(image, call->plane_pitch, box->planes, &all)) {
		tongs_log_error("%s bytesPerImage %lu: %zu images of %zu bytes are wanted%s", what,
			(unsigned long)bytes_per_image, box->planes, image, box->planes == 1 ? ", or 0" : "");
		return false;
	}
	return true;
}

bool tongs_region_call_init(struct tongs_region_call *call, const struct tongs_texture *texture,
	const MTLRegion *region, NSUInteger level, NSUInteger slice, const void *bytes, NSUInteger bytes_per_row,
	NSUInteger bytes_per_image, const char *what) {
	if (!check_texture(texture, level, slice, what) || !check_region(texture, region, level, what))
		return false;
	if (!bytes) {
		tongs_log_error("%s bytes is NULL: give the address of the texels", what);
		return false;
	}
	const struct tongs_format *format = texture->format;
	NSUInteger first_level, first_slice;
	struct tongs_texture *root = tongs_texture_get_root(texture, &first_level, &first_slice);
	*call = (struct tongs_region_call){
		.format = format,
		.root = root,
		.level = (uint32_t)(first_level + level),
		.slice = (uint32_t)(first_slice + slice),
		.region = *region,
		.box =
			{
				.row_bytes =
					count_blocks(region->size.width, format->block_width) * format->block_stride,
				.rows = count_blocks(region->size.height, format->block_height),
				.planes = region->size.depth,
			},
	};
	return check_pitches(call, bytes_per_row, bytes_per_image, what);
}
