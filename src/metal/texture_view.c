/* SPDX-License-Identifier: MIT */
/* Views: textures that show levels and slices of another one, under a format and type of their own. */
#include "util/log.h"
#include "metal/texture.h"

static bool check_format(
	const struct tongs_texture *texture, const struct tongs_format *view, MTLPixelFormat asked, const char *what) {
	enum tongs_view_rule rule = view ? tongs_format_get_view_rule(texture->format, view) : TONGS_VIEW_NEVER;
	if (rule == TONGS_VIEW_NEVER) {
		tongs_log_error("%s pixelFormat %lu%s%s: a texture with %s can be seen with it, its sRGB twin, and "
				"formats whose texels are as large and of the same kind",
			what, (unsigned long)asked, view ? " " : "", view ? view->mtl_name : "",
			texture->format->mtl_name);
		return false;
	}
	if (rule == TONGS_VIEW_WITH_USAGE && !(texture->info.usage & MTLTextureUsagePixelFormatView)) {
		tongs_log_error("%s pixelFormat %s of a texture with %s: the texture's usage must include "
				"MTLTextureUsagePixelFormatView",
			what, view->mtl_name, texture->format->mtl_name);
		return false;
	}
	return true;
}

static bool inside(NSUInteger first, NSUInteger count, NSUInteger all) {
	return count > 0 && first < all && count <= all - first;
}

static bool check_ranges(const struct tongs_texture *texture, NSUInteger first_level, NSUInteger level_count,
	NSUInteger first_slice, NSUInteger slice_count, const char *what) {
	NSUInteger levels = texture->info.mipmap_level_count;
	NSUInteger slices = tongs_texture_info_get_slice_count(&texture->info);
	if (inside(first_level, level_count, levels) && inside(first_slice, slice_count, slices))
		return true;
	tongs_log_error("%s levels {%lu, %lu}, slices {%lu, %lu}: a range is empty or not inside the texture's %lu "
			"levels and %lu slices",
		what, (unsigned long)first_level, (unsigned long)level_count, (unsigned long)first_slice,
		(unsigned long)slice_count, (unsigned long)levels, (unsigned long)slices);
	return false;
}

/* Any type that lays texels out the same way and has as many slices; a face of a cube is a slice of its own. */
static const char *find_type_fault(const struct tongs_texture *texture, const struct tongs_texture_kind *kind,
	NSUInteger first_level, NSUInteger slice_count) {
	const struct tongs_texture_kind *own = tongs_texture_kind_get(texture->info.type);
	if (!kind)
		return "textureType is no MTLTextureType";
	if (kind->image_type != own->image_type || kind->multisample != own->multisample || kind->buffer != own->buffer)
		return "the texture's type and textureType have other dimensions or samples";
	if (kind->array ? slice_count % kind->faces != 0 : slice_count != kind->faces)
		return "slices must be one, of a cube six, and of an array any number of these";
	MTLSize size = tongs_texture_info_get_level_size(&texture->info, first_level);
	return kind->faces == 6 && size.width != size.height ? "a cube needs slices as wide as high" : NULL;
}

struct tongs_texture *tongs_texture_new_view(struct tongs_texture *texture, MTLPixelFormat format, MTLTextureType type,
	NSUInteger first_level, NSUInteger level_count, NSUInteger first_slice, NSUInteger slice_count,
	MTLTextureSwizzleChannels swizzle) {
	static const char what[] = "newTextureViewWithPixelFormat:textureType:levels:slices:swizzle:";
	const struct tongs_texture_kind *kind = tongs_texture_kind_get(type);
	if (!check_format(texture, tongs_format_from_metal(format), format, what) ||
		!check_ranges(texture, first_level, level_count, first_slice, slice_count, what))
		return NULL;
	const char *fault = find_type_fault(texture, kind, first_level, slice_count);
	if (!fault)
		fault = tongs_texture_find_swizzle_fault(swizzle);
	if (fault) {
		tongs_log_error("%s %s (textureType %lu of a texture with %lu, slices {%lu, %lu})", what, fault,
			(unsigned long)type, (unsigned long)texture->info.type, (unsigned long)first_slice,
			(unsigned long)slice_count);
		return NULL;
	}

	struct tongs_texture model = {
		.info = texture->info,
		.parent = texture,
		.parent_level = first_level,
		.parent_slice = first_slice,
	};
	MTLSize size = tongs_texture_info_get_level_size(&texture->info, first_level);
	model.info.type = type;
	model.info.pixel_format = format;
	model.info.width = size.width;
	model.info.height = size.height;
	model.info.depth = size.depth;
	model.info.mipmap_level_count = level_count;
	model.info.array_length = slice_count / kind->faces;
	model.info.swizzle = swizzle;
	const struct tongs_placement site = tongs_placement_within(&texture->resource, 0);
	return tongs_texture_create(&site, &model, what);
}
