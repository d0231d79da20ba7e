/* SPDX-License-Identifier: MIT */
/* The table of formats, and what follows from its rows. */
#include "format/format.h"

#include <stddef.h>

enum {
#define BOTH(vk, ...) ROW_##vk,
#define VULKAN(vk, ...) ROW_##vk,
#define METAL(mtl, ...) ROW_##mtl,
#include "format/formats.inc"
#undef BOTH
#undef VULKAN
#undef METAL
	ROW_NONE, /* also the number of rows */
};

/* The kinds of formats.inc. */
#define KIND(kind_, planes, aspects_, chroma_x, chroma_y) \
	.kind = TONGS_FORMAT_##kind_, .plane_count = (planes), .aspects = (aspects_), .chroma_width = (chroma_x), \
	.chroma_height = (chroma_y)
#define COLOR_ASPECT VK_IMAGE_ASPECT_COLOR_BIT
#define DEPTH_ASPECT VK_IMAGE_ASPECT_DEPTH_BIT
#define STENCIL_ASPECT VK_IMAGE_ASPECT_STENCIL_BIT
#define TWO_PLANES (VK_IMAGE_ASPECT_PLANE_0_BIT | VK_IMAGE_ASPECT_PLANE_1_BIT)
#define THREE_PLANES (TWO_PLANES | VK_IMAGE_ASPECT_PLANE_2_BIT)
#define KIND_COLOR KIND(COLOR, 1, COLOR_ASPECT, 0, 0)
#define KIND_COLOR_444 KIND(COLOR, 1, COLOR_ASPECT, 1, 1)
#define KIND_COMPRESSED KIND(COMPRESSED, 1, COLOR_ASPECT, 0, 0)
#define KIND_DEPTH KIND(DEPTH, 1, DEPTH_ASPECT, 0, 0)
#define KIND_STENCIL KIND(STENCIL, 1, STENCIL_ASPECT, 0, 0)
#define KIND_DEPTH_STENCIL KIND(DEPTH_STENCIL, 1, DEPTH_ASPECT | STENCIL_ASPECT, 0, 0)
#define KIND_PACKED_422 KIND(PACKED_422, 1, COLOR_ASPECT, 2, 1)
#define KIND_PLANES_2_420 KIND(MULTI_PLANAR, 2, TWO_PLANES, 2, 2)
#define KIND_PLANES_2_422 KIND(MULTI_PLANAR, 2, TWO_PLANES, 2, 1)
#define KIND_PLANES_2_444 KIND(MULTI_PLANAR, 2, TWO_PLANES, 1, 1)
#define KIND_PLANES_3_420 KIND(MULTI_PLANAR, 3, THREE_PLANES, 2, 2)
#define KIND_PLANES_3_422 KIND(MULTI_PLANAR, 3, THREE_PLANES, 2, 1)
#define KIND_PLANES_3_444 KIND(MULTI_PLANAR, 3, THREE_PLANES, 1, 1)

/* 32 bits of depth and 8 of stencil take 8 bytes, so that each depth is aligned. */
#define STRIDE(bytes) ((bytes) == 5 ? 8 : (bytes))

#define ROW(width, height, bytes, kind_, numeric, pair, layout_) \
	.block_width = (width), .block_height = (height), .block_bytes = (bytes), .block_stride = STRIDE(bytes), \
	.numeric_format = TONGS_NUMERIC_##numeric, .layout = (layout_), \
	.srgb_pair = ROW_##pair == ROW_NONE ? NULL : &formats[ROW_##pair], KIND_##kind_
#define OF_VULKAN(vk) .vk_name = #vk, .vk_format = VK_FORMAT_##vk
#define OF_METAL(mtl) .mtl_name = #mtl, .mtl_format = MTLPixelFormat##mtl

static const struct tongs_format formats[ROW_NONE] = {
#define BOTH(vk, mtl, ...) {OF_VULKAN(vk), OF_METAL(mtl), ROW(__VA_ARGS__)},
#define VULKAN(vk, ...) {OF_VULKAN(vk), ROW(__VA_ARGS__)},
#define METAL(mtl, ...) {OF_METAL(mtl), ROW(__VA_ARGS__)},
#include "format/formats.inc"
#undef BOTH
#undef VULKAN
#undef METAL
};

/* One more than the row of each MTLPixelFormat; 0: none. */
static const uint16_t metal_rows[] = {
#define BOTH(vk, mtl, ...) [MTLPixelFormat##mtl] = ROW_##vk + 1,
#define VULKAN(vk, ...)
#define METAL(mtl, ...) [MTLPixelFormat##mtl] = ROW_##mtl + 1,
#include "format/formats.inc"
#undef BOTH
#undef VULKAN
#undef METAL
};

#define METAL_ROWS (sizeof(metal_rows) / sizeof(*metal_rows))

const struct tongs_format *tongs_format_from_vk(VkFormat format) {
	size_t low = 0, high = ROW_NONE;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if ((uint32_t)formats[middle].vk_format < (uint32_t)format)
			low = middle + 1;
		else
			high = middle;
	}
	return format != VK_FORMAT_UNDEFINED && low < ROW_NONE && formats[low].vk_format == format ? &formats[low]
												   : NULL;
}

const struct tongs_format *tongs_format_from_metal(MTLPixelFormat format) {
	unsigned row = format < METAL_ROWS ? metal_rows[format] : 0;
	return row ? &formats[row - 1] : NULL;
}

const struct tongs_format *tongs_format_next(const struct tongs_format *format) {
	const struct tongs_format *next = format && !format->mtl_name ? format + 1 : formats;
	if (!format || format->mtl_name)
		for (size_t i = format ? format->mtl_format + 1 : 0; i < METAL_ROWS; i++)
			if (metal_rows[i])
				return &formats[metal_rows[i] - 1];
	while (next < formats + ROW_NONE && next->mtl_name)
		next++;
	return next < formats + ROW_NONE ? next : NULL;
}

uint32_t tongs_format_get_core_version(const struct tongs_format *format) {
	/* The values of an extension's formats begin at 1000000000 + 1000 * (its number - 1). */
	static const struct {
		uint32_t extension, version;
	} promoted[] = {
		{67, VK_API_VERSION_1_3},               /* VK_EXT_texture_compression_astc_hdr */
		{157, VK_API_VERSION_1_1},              /* VK_KHR_sampler_ycbcr_conversion */
		{331, VK_API_VERSION_1_3},              /* VK_EXT_ycbcr_2plane_444_formats */
		{341, VK_API_VERSION_1_3},              /* VK_EXT_4444_formats */
		{471, VK_MAKE_API_VERSION(0, 1, 4, 0)}, /* VK_KHR_maintenance5 */
	};
	if (!format || !format->vk_name)
		return UINT32_MAX;
	if (format->vk_format < 1000000000)
		return VK_API_VERSION_1_0;
	const uint32_t extension = ((uint32_t)format->vk_format - 1000000000) / 1000 + 1;
	for (size_t i = 0; i < sizeof(promoted) / sizeof(*promoted); i++)
		if (promoted[i].extension == extension)
			return promoted[i].version;
	return UINT32_MAX;
}

VkImageAspectFlags tongs_format_get_aspects(VkFormat format) {
	const struct tongs_format *row = tongs_format_from_vk(format);
	return row ? row->aspects : VK_IMAGE_ASPECT_COLOR_BIT;
}

/* Finds the bits of component `letter` of a layout. They are whole bytes. */
static void find_component(const char *layout, char letter, unsigned *shift, unsigned *bits) {
	for (*shift = *bits = 0; *layout; *shift += *bits) {
		char here = *layout++;
		for (*bits = 0; *layout >= '0' && *layout <= '9'; layout++)
			*bits = *bits * 10 + (unsigned)(*layout - '0');
		if (here == letter)
			return;
	}
}

bool tongs_format_get_aspect(
	const struct tongs_format *format, VkImageAspectFlagBits aspect, struct tongs_format_aspect *layout) {
	unsigned shift, bits;
	const bool is_one = aspect && !(aspect & (aspect - 1u));
	if (!format || !is_one || !(format->aspects & aspect) || format->kind == TONGS_FORMAT_MULTI_PLANAR)
		return false;
	if (aspect == VK_IMAGE_ASPECT_COLOR_BIT) {
		*layout = (struct tongs_format_aspect){.copy_bytes = format->block_bytes, .bytes = format->block_bytes};
		return true;
	}
	find_component(format->layout, aspect == VK_IMAGE_ASPECT_DEPTH_BIT ? 'd' : 's', &shift, &bits);
	*layout = (struct tongs_format_aspect){
		/* "Copying Data Between Buffers and Images" */
		.copy_bytes = (uint8_t)(bits == 24 ? 4 : bits / 8),
		.offset = (uint8_t)(shift / 8),
		.bytes = (uint8_t)(bits / 8),
	};
	return true;
}

bool tongs_format_get_block(VkFormat format, VkImageAspectFlagBits aspect, struct tongs_texel_block *block) {
	const struct tongs_format *row = tongs_format_from_vk(format);
	struct tongs_format_aspect layout;
	if (row && row->kind == TONGS_FORMAT_MULTI_PLANAR && (row->aspects & aspect) && !(aspect & (aspect - 1u))) {
		const struct tongs_format_plane plane =
			tongs_format_get_plane(format, tongs_format_get_plane_index(aspect));
		*block = (struct tongs_texel_block){1, 1, tongs_format_from_vk(plane.format)->block_bytes};
		return true;
	}
	if (!row || !tongs_format_get_aspect(row, aspect, &layout))
		return false;
	*block = (struct tongs_texel_block){row->block_width, row->block_height, layout.copy_bytes};
	return true;
}

bool tongs_format_get_chroma(VkFormat format, VkExtent2D *granule) {
	const struct tongs_format *row = tongs_format_from_vk(format);
	*granule = row ? (VkExtent2D){row->chroma_width, row->chroma_height} : (VkExtent2D){0};
	return granule->width > 0;
}

struct tongs_format_plane tongs_format_get_plane(VkFormat format, uint32_t plane) {
	static const VkFormat plane_formats[2][2] = {
		{VK_FORMAT_R8_UNORM, VK_FORMAT_R8G8_UNORM},
		{VK_FORMAT_R16_UNORM, VK_FORMAT_R16G16_UNORM},
	};
	const struct tongs_format *row = tongs_format_from_vk(format);
	const uint32_t count = tongs_format_count_planes(format);
	if (!row || count == 1)
		return (struct tongs_format_plane){format, {1, 1}};
	/* Three components, of one or two bytes: one in each plane, or two in the second and last. */
	const bool wide = row->block_bytes > 3, pair = count == 2 && plane == 1;
	return (struct tongs_format_plane){
		.format = plane_formats[wide][pair],
		.divisor = plane ? (VkExtent2D){row->chroma_width, row->chroma_height} : (VkExtent2D){1, 1},
	};
}

bool tongs_format_is_view(VkFormat format, VkFormat view) {
	const struct tongs_format *own = tongs_format_from_vk(format), *other = tongs_format_from_vk(view);
	if (format == view || !own || !other || own->aspects != COLOR_ASPECT || other->aspects != COLOR_ASPECT)
		return format == view;
	/* A block may be seen as a texel, but no texel as a block. */
	bool is_texel = other->block_width * other->block_height == 1;
	return own->block_bytes == other->block_bytes &&
	       (is_texel || (own->block_width == other->block_width && own->block_height == other->block_height));
}

enum tongs_view_rule tongs_format_get_view_rule(const struct tongs_format *format, const struct tongs_format *view) {
	if (tongs_format_is_srgb_pair(format, view))
		return TONGS_VIEW_ALWAYS;
	if (format->kind == TONGS_FORMAT_COLOR && view->kind == TONGS_FORMAT_COLOR &&
		format->block_bytes == view->block_bytes)
		return TONGS_VIEW_WITH_USAGE;
	/* The stencil of a format that has depth as well has a format of its own. */
	if ((format->mtl_format == MTLPixelFormatDepth24Unorm_Stencil8 &&
		    view->mtl_format == MTLPixelFormatX24_Stencil8) ||
		(format->mtl_format == MTLPixelFormatDepth32Float_Stencil8 &&
			view->mtl_format == MTLPixelFormatX32_Stencil8))
		return TONGS_VIEW_WITH_USAGE;
	return TONGS_VIEW_NEVER;
}
