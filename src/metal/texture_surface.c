/* SPDX-License-Identifier: MIT */
/* Textures over the planes of surfaces. */
#include "metal/interop.h"
#include "metal/surface.h"
#include "metal/surface_layout.h"
#include "metal/texture.h"
#include "util/log.h"

/* Why a texture cannot show the plane, as a phrase; NULL: it can, if the device likes the place and the pitch. */
static const char *find_plane_fault(const struct tongs_texture_info *info, const struct tongs_format *format,
	const struct tongs_surface_plane *plane) {
	if (format->kind != TONGS_FORMAT_COLOR)
		return "the format must be an uncompressed color format";
	if (info->type != MTLTextureType2D || info->mipmap_level_count != 1)
		return "the texture must be MTLTextureType2D with one level";
	if (tongs_options_storage_mode(info->resource_options) != MTLStorageModeShared)
		return "storage mode must be Shared";
	if (plane->element_width > 1 || plane->element_height > 1)
		return "the plane's elements are blocks of pixels, which no format has: make the surface with elements "
		       "of one pixel";
	if (format->block_bytes != plane->bytes_per_element)
		return "the format's texels and the plane's elements must have as many bytes";
	return info->width > plane->width || info->height > plane->height ? "the texture is larger than the plane"
									  : NULL;
}

static bool check_plane(struct tongs_device *device, const struct tongs_texture_info *info,
	const struct tongs_format *format, const struct tongs_surface_plane *plane, NSUInteger number,
	const char *what) {
	const char *fault = find_plane_fault(info, format, plane);
	if (fault) {
		tongs_log_error("%s %s (%s, %lu bytes, %lu x %lu texels; plane %lu: %lu bytes per element, %lu x %lu "
				"pixels)",
			what, fault, format->mtl_name, (unsigned long)format->block_bytes, (unsigned long)info->width,
			(unsigned long)info->height, (unsigned long)number, (unsigned long)plane->bytes_per_element,
			(unsigned long)plane->width, (unsigned long)plane->height);
		return false;
	}
	const uint64_t alignment = tongs_texture_query_row_alignment(device, format);
	if (alignment && !((plane->offset | plane->bytes_per_row) & (alignment - 1)))
		return true;
	if (alignment)
		tongs_log_error("%s plane %lu: its offset %lu and %lu bytes per row must be multiples of "
				"minimumLinearTextureAlignmentForPixelFormat:, %llu: make the surface with such",
			what, (unsigned long)number, (unsigned long)plane->offset, (unsigned long)plane->bytes_per_row,
			(unsigned long long)alignment);
	return false;
}

/* The image's first row is the plane's. */
static struct tongs_texture *create(struct tongs_device *device, struct tongs_surface *surface, NSUInteger plane,
	const struct tongs_texture_info *info, const struct tongs_image_shape *shape,
	const struct tongs_texture_layout *layout, const char *what) {
	const struct tongs_texture model = {
		.resource.storage.of_surface = true,
		.info = *info,
		.surface = surface,
		.surface_plane = plane,
		.shape = *shape,
		.layout = layout,
	};
	/* The texture gets the rest of the surface, since a driver may require memory beyond the last row. */
	struct tongs_placement placement = tongs_placement_of_payload(device, surface->payload, info->resource_options);
	placement.offset = tongs_surface_layout_get_plane(&surface->info, plane)->offset - layout->levels[0].offset;
	placement.size -= placement.offset;
	return tongs_texture_create(&placement, &model, what);
}

struct tongs_texture *tongs_device_new_texture_from_surface(struct tongs_device *device,
	const struct tongs_texture_info *info, struct tongs_surface *surface, NSUInteger plane) {
	static const char what[] = "newTextureWithDescriptor:iosurface:plane:";
	const struct tongs_format *format = tongs_texture_info_check(device, info, what);
	const struct tongs_surface_plane *found = tongs_surface_layout_get_plane(&surface->info, plane);
	if (format && !found)
		tongs_log_error("%s there is no plane %lu: the surface has %lu", what, (unsigned long)plane,
			(unsigned long)surface->info.plane_count);
	if (!format || !found || !check_plane(device, info, format, found, plane, what))
		return NULL;
	const struct tongs_texture_layout layout = tongs_texture_get_rows_layout(info, found->bytes_per_row);
	const struct tongs_image_shape shape = tongs_texture_get_rows_shape(info);
	return create(device, surface, plane, info, &shape, &layout, what);
}

struct tongs_texture *tongs_interop_new_surface_texture(struct tongs_device *device, struct tongs_surface *surface,
	NSUInteger plane, const struct tongs_texture_info *info, const struct tongs_image_shape *shape,
	const struct tongs_texture_layout *layout) {
	return create(device, surface, plane, info, shape, layout, "exported texture:");
}
