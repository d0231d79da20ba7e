/* SPDX-License-Identifier: MIT */
/* From the properties that a program gives to the place of each byte. All sums are checked: a program's properties may
 * be any numbers. */
#include "metal/surface_layout.h"

#include <stdio.h>

#include "metal/device.h"
#include "util/log.h"
#include "vulkan/driver_call.h"

enum { DEFAULT_ROW_ALIGNMENT = 64 };

/* Drivers round the rows of a LINEAR image up to so many when they say how much memory it takes. No image has rows of
 * more than so many bytes. */
enum { ROW_COUNT_ALIGNMENT = 16, LARGEST_IMAGE_ROW = 1 << 20 };

/* Formats that each driver has, by the bytes of a texel. */
static MTLPixelFormat get_format(NSUInteger bytes_per_element) {
	switch (bytes_per_element) {
	case 1:
		return MTLPixelFormatR8Unorm;
	case 2:
		return MTLPixelFormatRG8Unorm;
	case 4:
		return MTLPixelFormatRGBA8Unorm;
	case 8:
		return MTLPixelFormatRGBA16Float;
	case 16:
		return MTLPixelFormatRGBA32Float;
	default:
		return MTLPixelFormatInvalid;
	}
}

NSUInteger tongs_surface_layout_get_row_alignment(NSUInteger bytes_per_element) {
	NSUInteger alignment = 0;
	/* Surfaces need no driver, and programs make them in exit handlers, too. */
	if (tongs_driver_call_begin()) {
		struct tongs_device *device = tongs_device_find_first();
		/* Without an answer the surface is made all the same. */
		tongs_log_drop_errors(true);
		if (device)
			alignment = tongs_device_get_minimum_linear_texture_alignment(
				device, get_format(bytes_per_element));
		tongs_log_drop_errors(false);
		tongs_device_unref(device);
		tongs_driver_call_end();
	}
	return alignment ? alignment : DEFAULT_ROW_ALIGNMENT;
}

/* False on overflow. */
static bool round_up(NSUInteger *value, NSUInteger alignment) {
	const NSUInteger rest = *value % alignment;
	return !rest || !__builtin_add_overflow(*value, alignment - rest, value);
}

static void set_default(NSUInteger *value, NSUInteger fallback) {
	if (*value == 0)
		*value = fallback;
}

static NSUInteger count_elements(NSUInteger pixels, NSUInteger element) {
	return pixels / element + (pixels % element != 0);
}

/* The byte behind `rows` rows of the plane. False on overflow. */
static bool find_end(const struct tongs_surface_plane *plane, NSUInteger rows, NSUInteger *end) {
	return !__builtin_mul_overflow(plane->bytes_per_row, rows, end) &&
	       !__builtin_add_overflow(*end, plane->offset, end);
}

/* Why the plane cannot be, as a phrase; NULL: it can, and its defaults are replaced. `place` is the default offset. */
static const char *resolve_plane(struct tongs_surface_plane *plane, NSUInteger place, NSUInteger *memory_end) {
	NSUInteger row, all, rows;
	if (plane->width == 0 || plane->height == 0)
		return "width and height must be at least 1";
	set_default(&plane->bytes_per_element, 1);
	set_default(&plane->element_width, 1);
	set_default(&plane->element_height, 1);
	set_default(&plane->offset, place);
	rows = count_elements(plane->height, plane->element_height);
	if (__builtin_mul_overflow(count_elements(plane->width, plane->element_width), plane->bytes_per_element, &row))
		return "a row has more bytes than there are addresses";
	if (plane->bytes_per_row && plane->bytes_per_row < row)
		return "bytes per row are fewer than those of a row: leave them out for the default";
	if (!plane->bytes_per_row) {
		plane->bytes_per_row = row;
		if (!round_up(&plane->bytes_per_row, tongs_surface_layout_get_row_alignment(plane->bytes_per_element)))
			return "a row has more bytes than there are addresses";
	}
	if (__builtin_mul_overflow(plane->bytes_per_row, rows, &all))
		return "its rows have more bytes than there are addresses";
	if (plane->size && plane->size < all)
		return "size is less than that of all rows: leave it out for the default";
	set_default(&plane->size, all);
	if (plane->bytes_per_row <= LARGEST_IMAGE_ROW && !round_up(&rows, ROW_COUNT_ALIGNMENT))
		return "its rows have more bytes than there are addresses";
	if (__builtin_add_overflow(plane->offset, plane->size, &all) || !find_end(plane, rows, memory_end))
		return "it ends behind the last address";
	return NULL;
}

static NSUInteger max(NSUInteger a, NSUInteger b) {
	return a > b ? a : b;
}

/* Resolves one plane, numbered if there are several, and moves `end`, behind all planes, and `memory_end`, behind the
 * memory that images over them take. */
static bool add_plane(struct tongs_surface_plane *plane, const NSUInteger *number, NSUInteger *end,
	NSUInteger *memory_end, const char *what) {
	NSUInteger place = *end, plane_memory_end;
	const char *fault = round_up(&place, TONGS_SURFACE_PLANE_ALIGNMENT)
				    ? resolve_plane(plane, place, &plane_memory_end)
				    : "it begins behind the last address";
	if (!fault) {
		*end = max(*end, plane->offset + plane->size);
		*memory_end = max(*memory_end, plane_memory_end);
		return true;
	}
	char name[32] = "";
	if (number)
		snprintf(name, sizeof(name), "plane %lu: ", (unsigned long)*number);
	tongs_log_error("%s %s%s (%lu x %lu pixels, %lu bytes per element, %lu per row, offset %lu, size %lu)", what,
		name, fault, (unsigned long)plane->width, (unsigned long)plane->height,
		(unsigned long)plane->bytes_per_element, (unsigned long)plane->bytes_per_row,
		(unsigned long)plane->offset, (unsigned long)plane->size);
	return false;
}

static bool add_planes(struct tongs_surface_info *info, NSUInteger *end, NSUInteger *memory_end, const char *what) {
	for (NSUInteger i = 0; i < info->plane_count; i++)
		if (!add_plane(&info->planes[i], &i, end, memory_end, what))
			return false;
	const NSUInteger width = info->whole.width, height = info->whole.height;
	info->whole = info->planes[0];
	info->whole.width = width ? width : info->planes[0].width;
	info->whole.height = height ? height : info->planes[0].height;
	return true;
}

bool tongs_surface_layout_resolve(struct tongs_surface_info *info, uint64_t *memory_size, const char *what) {
	NSUInteger end = info->whole.offset, memory_end = 0;
	const bool bytes = info->plane_count == 0 && info->whole.width == 0 && info->whole.height == 0;
	if (info->plane_count > TONGS_SURFACE_MAX_PLANES) {
		tongs_log_error("%s %lu planes: a surface has up to %d", what, (unsigned long)info->plane_count,
			TONGS_SURFACE_MAX_PLANES);
		return false;
	}
	if (bytes && info->alloc_size == 0) {
		tongs_log_error("%s neither width and height nor an allocation size is set: set one of them", what);
		return false;
	}
	if (info->plane_count ? !add_planes(info, &end, &memory_end, what)
			      : !bytes && !add_plane(&info->whole, NULL, &end, &memory_end, what))
		return false;
	if (info->alloc_size == 0) {
		info->alloc_size = end;
		if (!round_up(&info->alloc_size, TONGS_SURFACE_PLANE_ALIGNMENT))
			info->alloc_size = end;
	}
	if (info->alloc_size < end) {
		tongs_log_error(
			"%s an allocation size of %lu is less than the %lu bytes of the pixels: leave it out for "
			"the default",
			what, (unsigned long)info->alloc_size, (unsigned long)end);
		return false;
	}
	*memory_size = max(info->alloc_size, memory_end);
	return true;
}

const struct tongs_surface_plane *tongs_surface_layout_get_plane(
	const struct tongs_surface_info *info, NSUInteger plane) {
	if (info->plane_count)
		return plane < info->plane_count ? &info->planes[plane] : NULL;
	return plane == 0 ? &info->whole : NULL;
}
