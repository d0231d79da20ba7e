/* SPDX-License-Identifier: MIT */
/* Every row of the table of formats: its columns and look-ups are consistent. */
#include "support.h"

#include <string.h>

#include "format/format.h"

#define FOR_EACH_FORMAT(row) \
	for (const struct tongs_format *row = tongs_format_next(NULL); row; row = tongs_format_next(row))
#define FOR_EACH_METAL_FORMAT(row) FOR_EACH_FORMAT(row) if (row->mtl_name)

static void rows_are_sorted_and_found(void **state) {
	(void)state;
	size_t vulkan = 0, metal = 0;
	const struct tongs_format *last = NULL;
	FOR_EACH_FORMAT(row) {
		assert_int_equal(row->vk_name != NULL, row->vk_format != VK_FORMAT_UNDEFINED);
		assert_int_equal(row->mtl_name != NULL, row->mtl_format != MTLPixelFormatInvalid);
		if (row->mtl_name) {
			metal++;
			assert_ptr_equal(tongs_format_from_metal(row->mtl_format), row);
		}
		if (row->vk_name) {
			vulkan++;
			assert_ptr_equal(tongs_format_from_vk(row->vk_format), row);
		}
		assert_true(row->vk_name || row->mtl_name);
		if (last && row->mtl_name)
			assert_true(row->mtl_format > last->mtl_format);
		else if (last && !last->mtl_name)
			assert_true(row->vk_format > last->vk_format);
		last = row;
	}
	assert_int_equal(metal, 138);
	assert_int_equal(vulkan, 244);
}

static void both_directions_agree(void **state) {
	(void)state;
	size_t equals = 0;
	FOR_EACH_METAL_FORMAT(row) {
		assert_int_equal(tongs_format_to_vk(row->mtl_format), row->vk_format);
		if (row->vk_format == VK_FORMAT_UNDEFINED)
			continue;
		equals++;
		assert_int_equal(tongs_format_to_metal(row->vk_format), row->mtl_format);
	}
	assert_int_equal(equals, 128);
}

static void blocks_make_sense(void **state) {
	(void)state;
	FOR_EACH_METAL_FORMAT(row) {
		assert_true(row->block_bytes > 0);
		bool blocks = row->block_width > 1 || row->block_height > 1;
		assert_int_equal(blocks, row->kind == TONGS_FORMAT_COMPRESSED || row->kind == TONGS_FORMAT_PACKED_422);
		/* The copies and row alignments of colour formats rely on it. */
		if (row->kind == TONGS_FORMAT_COLOR)
			assert_int_equal(row->block_bytes & (row->block_bytes - 1), 0);
		assert_int_equal(row->kind == TONGS_FORMAT_DEPTH || row->kind == TONGS_FORMAT_DEPTH_STENCIL,
			strncmp(row->mtl_name, "Depth", 5) == 0);
		assert_int_equal(row->kind == TONGS_FORMAT_STENCIL || row->kind == TONGS_FORMAT_DEPTH_STENCIL,
			strstr(row->mtl_name, "tencil") != NULL);
	}
}

static bool is_srgb_pair(MTLPixelFormat a, MTLPixelFormat b) {
	return tongs_format_is_srgb_pair(tongs_format_from_metal(a), tongs_format_from_metal(b));
}

static void srgb_pairs_are_mutual(void **state) {
	(void)state;
	size_t srgb = 0;
	FOR_EACH_METAL_FORMAT(row) {
		bool is_srgb = strstr(row->mtl_name, "_sRGB") != NULL;
		srgb += is_srgb;
		assert_true(tongs_format_is_srgb_pair(row, row));
		if (!row->srgb_pair) {
			assert_false(is_srgb);
			continue;
		}
		const struct tongs_format *pair = row->srgb_pair;
		assert_non_null(pair->mtl_name);
		assert_ptr_equal(pair->srgb_pair, row);
		assert_int_not_equal(is_srgb, strstr(pair->mtl_name, "_sRGB") != NULL);
		assert_int_equal(pair->block_bytes, row->block_bytes);
		assert_int_equal(pair->block_width, row->block_width);
		assert_int_equal(pair->kind, row->kind);
		assert_true(tongs_format_is_srgb_pair(row, row->srgb_pair));
	}
	assert_int_equal(srgb, 31);
	assert_false(is_srgb_pair(MTLPixelFormatRGBA8Unorm, MTLPixelFormatBGRA8Unorm_sRGB));
	assert_false(is_srgb_pair(MTLPixelFormatRGBA8Unorm, MTLPixelFormatInvalid));
	assert_false(is_srgb_pair(MTLPixelFormatInvalid, MTLPixelFormatInvalid));
}

static void known_rows(void **state) {
	(void)state;
	assert_int_equal(tongs_format_to_vk(MTLPixelFormatBGRA8Unorm_sRGB), VK_FORMAT_B8G8R8A8_SRGB);
	assert_int_equal(tongs_format_to_metal(VK_FORMAT_A2B10G10R10_UNORM_PACK32), MTLPixelFormatRGB10A2Unorm);
	assert_int_equal(tongs_format_to_vk(MTLPixelFormatA8Unorm), 1000470001);
	assert_true(is_srgb_pair(MTLPixelFormatASTC_8x6_LDR, MTLPixelFormatASTC_8x6_sRGB));
}

static void what_is_no_format_has_no_row(void **state) {
	(void)state;
	static const MTLPixelFormat none[] = {MTLPixelFormatInvalid, 2, 9, 44, 263, 551, 556, UINTPTR_MAX};
	for (size_t i = 0; i < LENGTH(none); i++) {
		assert_null(tongs_format_from_metal(none[i]));
		assert_int_equal(tongs_format_to_vk(none[i]), VK_FORMAT_UNDEFINED);
	}
	assert_int_equal(tongs_format_to_metal(VK_FORMAT_UNDEFINED), MTLPixelFormatInvalid);
	assert_int_equal(tongs_format_to_metal(VK_FORMAT_R64_SFLOAT), MTLPixelFormatInvalid);
	assert_int_equal(tongs_format_to_metal((VkFormat)-1), MTLPixelFormatInvalid);
}

static void strides_of_blocks(void **state) {
	(void)state;
	FOR_EACH_METAL_FORMAT(row) {
		size_t stride = row->block_stride;
		assert_int_equal(stride, row->block_bytes == 5 ? 8 : row->block_bytes);
		assert_int_equal(stride & (stride - 1), 0);
	}
}

static void view_rules(void **state) {
	(void)state;
	FOR_EACH_METAL_FORMAT(row) {
		FOR_EACH_METAL_FORMAT(view) {
			enum tongs_view_rule rule = tongs_format_get_view_rule(row, view);
			bool combined = row->kind == TONGS_FORMAT_DEPTH_STENCIL;
			assert_int_equal(rule == TONGS_VIEW_ALWAYS, tongs_format_is_srgb_pair(row, view));
			/* No view moves the texels. */
			if (rule != TONGS_VIEW_NEVER)
				assert_int_equal(row->block_stride, view->block_stride);
			if (rule == TONGS_VIEW_WITH_USAGE && combined)
				assert_int_equal(view->kind, TONGS_FORMAT_STENCIL);
			else if (rule == TONGS_VIEW_WITH_USAGE)
				assert_true(row->kind == TONGS_FORMAT_COLOR && view->kind == TONGS_FORMAT_COLOR);
		}
	}
	assert_false(is_srgb_pair(MTLPixelFormatR8Uint, MTLPixelFormatInvalid));
}

static void aspects_of_vulkan_formats(void **state) {
	static const struct {
		VkFormat format;
		VkImageAspectFlags aspects;
	} rows[] = {
		{VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_ASPECT_COLOR_BIT},
		{VK_FORMAT_BC7_UNORM_BLOCK, VK_IMAGE_ASPECT_COLOR_BIT},
		{VK_FORMAT_D32_SFLOAT, VK_IMAGE_ASPECT_DEPTH_BIT},
		{VK_FORMAT_S8_UINT, VK_IMAGE_ASPECT_STENCIL_BIT},
		{VK_FORMAT_D32_SFLOAT_S8_UINT, VK_IMAGE_ASPECT_DEPTH_BIT | VK_IMAGE_ASPECT_STENCIL_BIT},
		{VK_FORMAT_G8_B8R8_2PLANE_420_UNORM, VK_IMAGE_ASPECT_PLANE_0_BIT | VK_IMAGE_ASPECT_PLANE_1_BIT},
		{VK_FORMAT_G16_B16_R16_3PLANE_444_UNORM,
			VK_IMAGE_ASPECT_PLANE_0_BIT | VK_IMAGE_ASPECT_PLANE_1_BIT | VK_IMAGE_ASPECT_PLANE_2_BIT},
	};
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		assert_int_equal(tongs_format_get_aspects(rows[i].format), rows[i].aspects);
}

/* Where Metal's documentation has depth and stencil, and what a VkBufferImageCopy copies. */
static void aspects_of_packed_texels(void **state) {
	static const struct {
		MTLPixelFormat format;
		VkImageAspectFlagBits aspect;
		uint8_t copy_bytes, offset, bytes; /* 0: no such aspect */
	} rows[] = {
		{MTLPixelFormatRGBA8Unorm, VK_IMAGE_ASPECT_COLOR_BIT, 4, 0, 4},
		{MTLPixelFormatRGBA8Unorm, VK_IMAGE_ASPECT_STENCIL_BIT, 0, 0, 0},
		{MTLPixelFormatBC1_RGBA, VK_IMAGE_ASPECT_COLOR_BIT, 8, 0, 8},
		{MTLPixelFormatDepth16Unorm, VK_IMAGE_ASPECT_DEPTH_BIT, 2, 0, 2},
		{MTLPixelFormatDepth16Unorm, VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 0},
		{MTLPixelFormatDepth32Float, VK_IMAGE_ASPECT_DEPTH_BIT, 4, 0, 4},
		{MTLPixelFormatStencil8, VK_IMAGE_ASPECT_STENCIL_BIT, 1, 0, 1},
		{MTLPixelFormatDepth24Unorm_Stencil8, VK_IMAGE_ASPECT_DEPTH_BIT, 4, 0, 3},
		{MTLPixelFormatDepth24Unorm_Stencil8, VK_IMAGE_ASPECT_STENCIL_BIT, 1, 3, 1},
		{MTLPixelFormatDepth32Float_Stencil8, VK_IMAGE_ASPECT_DEPTH_BIT, 4, 0, 4},
		{MTLPixelFormatDepth32Float_Stencil8, VK_IMAGE_ASPECT_STENCIL_BIT, 1, 4, 1},
		{MTLPixelFormatX24_Stencil8, VK_IMAGE_ASPECT_STENCIL_BIT, 1, 3, 1},
		{MTLPixelFormatX24_Stencil8, VK_IMAGE_ASPECT_DEPTH_BIT, 0, 0, 0},
		{MTLPixelFormatX32_Stencil8, VK_IMAGE_ASPECT_STENCIL_BIT, 1, 4, 1},
	};
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct tongs_format_aspect layout = {0};
		const struct tongs_format *format = tongs_format_from_metal(rows[i].format);
		assert_int_equal(tongs_format_get_aspect(format, rows[i].aspect, &layout), rows[i].bytes > 0);
		assert_int_equal(layout.copy_bytes, rows[i].copy_bytes);
		assert_int_equal(layout.offset, rows[i].offset);
		assert_int_equal(layout.bytes, rows[i].bytes);
	}
	struct tongs_format_aspect layout;
	assert_false(tongs_format_get_aspect(
		tongs_format_from_vk(VK_FORMAT_G8_B8R8_2PLANE_420_UNORM), VK_IMAGE_ASPECT_PLANE_0_BIT, &layout));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_sorted_and_found),
		cmocka_unit_test(both_directions_agree),
		cmocka_unit_test(blocks_make_sense),
		cmocka_unit_test(strides_of_blocks),
		cmocka_unit_test(view_rules),
		cmocka_unit_test(srgb_pairs_are_mutual),
		cmocka_unit_test(known_rows),
		cmocka_unit_test(aspects_of_packed_texels),
		cmocka_unit_test(what_is_no_format_has_no_row),
		cmocka_unit_test(aspects_of_vulkan_formats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
