/* SPDX-License-Identifier: MIT */
/* Texels in and out by the CPU: plain copies of rows. */
#include <string.h>

#include "base/log.h"
#include "metal/texture.h"

struct rows {
	char *texels; /* of the region's first row, in the texture */
	size_t row_bytes;
	size_t count;
};

static bool inside(NSUInteger origin, NSUInteger size, NSUInteger extent) {
	return size > 0 && origin < extent && size <= extent - origin;
}

static bool check_region(const struct tongs_texture *texture, const MTLRegion *region, NSUInteger level,
	NSUInteger slice, const char *what) {
	if (level != 0 || slice != 0) {
		tongs_log_error("%s level %lu, slice %lu: the texture has only level 0, slice 0", what,
			(unsigned long)level, (unsigned long)slice);
		return false;
	}
	if (!inside(region->origin.x, region->size.width, texture->info.width) ||
		!inside(region->origin.y, region->size.height, texture->info.height) ||
		!inside(region->origin.z, region->size.depth, 1)) {
		tongs_log_error("%s region (%lu, %lu, %lu) + (%lu x %lu x %lu) is empty or not inside %lu x %lu x 1",
			what, (unsigned long)region->origin.x, (unsigned long)region->origin.y,
			(unsigned long)region->origin.z, (unsigned long)region->size.width,
			(unsigned long)region->size.height, (unsigned long)region->size.depth,
			(unsigned long)texture->info.width, (unsigned long)texture->info.height);
		return false;
	}
	return true;
}

static bool check_bytes(const struct rows *rows, const void *bytes, NSUInteger bytes_per_row,
	NSUInteger bytes_per_image, const char *what) {
	if (!bytes) {
		tongs_log_error("%s bytes is NULL: give the address of the texels", what);
		return false;
	}
	NSUInteger image;
	if (bytes_per_row < rows->row_bytes || __builtin_mul_overflow(bytes_per_row, rows->count, &image)) {
		tongs_log_error("%s bytesPerRow %lu: %zu rows of %zu bytes are wanted", what,
			(unsigned long)bytes_per_row, rows->count, rows->row_bytes);
		return false;
	}
	image -= bytes_per_row - rows->row_bytes;
	if (bytes_per_image != 0 && bytes_per_image < image) {
		tongs_log_error("%s bytesPerImage %lu: the region needs %lu, and 0 will do", what,
			(unsigned long)bytes_per_image, (unsigned long)image);
		return false;
	}
	return true;
}

static bool find_rows(const struct tongs_texture *texture, const MTLRegion *region, NSUInteger level, NSUInteger slice,
	const void *bytes, NSUInteger bytes_per_row, NSUInteger bytes_per_image, const char *what, struct rows *rows) {
	const struct tongs_storage *storage = &texture->resource.storage;
	if (!tongs_options_host_visible(storage->options)) {
		tongs_log_error("%s storage mode Private is out of the CPU's reach: use Shared", what);
		return false;
	}
	if (!check_region(texture, region, level, slice, what))
		return false;
	*rows = (struct rows){
		.texels = (char *)tongs_storage_get_bytes(storage) + texture->layout.offset +
			  region->origin.y * texture->layout.row_pitch +
			  region->origin.x * texture->format->block_bytes,
		.row_bytes = region->size.width * texture->format->block_bytes,
		.count = region->size.height,
	};
	return check_bytes(rows, bytes, bytes_per_row, bytes_per_image, what);
}

static void copy_rows(void *to, size_t to_pitch, const void *from, size_t from_pitch, size_t row_bytes, size_t count) {
	if (to_pitch == row_bytes && from_pitch == row_bytes) {
		row_bytes *= count;
		count = 1;
	}
	for (size_t i = 0; i < count; i++)
		memcpy((char *)to + i * to_pitch, (const char *)from + i * from_pitch, row_bytes);
}

bool tongs_texture_get_bytes(struct tongs_texture *texture, void *bytes, NSUInteger bytes_per_row,
	NSUInteger bytes_per_image, MTLRegion region, NSUInteger level, NSUInteger slice) {
	struct rows rows;
	if (!find_rows(texture, &region, level, slice, bytes, bytes_per_row, bytes_per_image, "getBytes:", &rows))
		return false;
	copy_rows(bytes, bytes_per_row, rows.texels, texture->layout.row_pitch, rows.row_bytes, rows.count);
	return true;
}

bool tongs_texture_replace_region(struct tongs_texture *texture, MTLRegion region, NSUInteger level, NSUInteger slice,
	const void *bytes, NSUInteger bytes_per_row, NSUInteger bytes_per_image) {
	struct rows rows;
	if (!find_rows(texture, &region, level, slice, bytes, bytes_per_row, bytes_per_image, "replaceRegion:", &rows))
		return false;
	copy_rows(rows.texels, texture->layout.row_pitch, bytes, bytes_per_row, rows.row_bytes, rows.count);
	return true;
}
