/* SPDX-License-Identifier: MIT */
/* The table of formats against those of Vulkan's registry and of Metal's documentation: no expected value comes from
 * the code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "format/format.h"

struct vulkan_row {
	VkFormat number;
	const char *name, *class;
	unsigned bytes, width, height, planes, depth_bits;
	bool stencil;
	unsigned chroma;
	bool compressed;
	const char *numeric, *layout;
	int minor; /* of the version of Vulkan 1 whose core has the format; -1: none */
};

#define FORMAT(number, name, class, bytes, width, height, planes, depth_bits, stencil, chroma, compressed, numeric, \
	layout, minor) \
	{(VkFormat)(number), #name, class, bytes, width, height, planes, depth_bits, stencil, chroma, compressed, \
		#numeric, layout, minor},
static const struct vulkan_row vulkan_rows[] = {
#include "vulkan_formats.inc"
};
#undef FORMAT

static const struct metal_row {
	const char *name;
	MTLPixelFormat value;
	const char *vulkan;
	unsigned width, height, bytes;
} metal_rows[] = {
#define PIXEL_FORMAT(name, value, vulkan, width, height, bytes) {#name, value, #vulkan, width, height, bytes},
#include "pixel_formats.inc"
#undef PIXEL_FORMAT
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define FOR_EACH(row, rows) for (const __typeof__((rows)[0]) *row = (rows); row < (rows) + LENGTH(rows); row++)

/* Formats of one vendor's extensions, which the table may lack. */
static bool is_vendors(const struct vulkan_row *row) {
	static const char *const vendors[] = {"_ARM", "_NV", "_QCOM", "_AMD", "_IMG"};
	for (size_t i = 0; i < LENGTH(vendors); i++)
		if (strlen(row->name) > 4 && strstr(row->name + strlen(row->name) - 5, vendors[i]))
			return strcmp(vendors[i], "_IMG") != 0 || strncmp(row->name, "PVRTC1", 6) != 0;
	return false;
}

static VkImageAspectFlags aspects_of(const struct vulkan_row *row) {
	VkImageAspectFlags aspects =
		(row->depth_bits ? VK_IMAGE_ASPECT_DEPTH_BIT : 0) | (row->stencil ? VK_IMAGE_ASPECT_STENCIL_BIT : 0);
	if (row->planes == 1)
		return aspects ? aspects : VK_IMAGE_ASPECT_COLOR_BIT;
	return VK_IMAGE_ASPECT_PLANE_0_BIT | VK_IMAGE_ASPECT_PLANE_1_BIT |
	       (row->planes == 3 ? VK_IMAGE_ASPECT_PLANE_2_BIT : 0);
}

static void aspects(void **state) {
	(void)state;
	FOR_EACH(row, vulkan_rows)
	if (!is_vendors(row) && tongs_format_get_aspects(row->number) != aspects_of(row))
		fail_msg("%s has the aspects 0x%x", row->name, tongs_format_get_aspects(row->number));
}

static void check_block(
	const struct vulkan_row *row, VkImageAspectFlagBits aspect, unsigned width, unsigned height, unsigned bytes) {
	struct tongs_texel_block block;
	/* The table must have every depth and stencil format and all of Vulkan 1.0; registries may have newer colours.
	 */
	bool found = tongs_format_get_block(row->number, aspect, &block);
	if (!found && aspect == VK_IMAGE_ASPECT_COLOR_BIT && row->number > VK_FORMAT_ASTC_12x12_SRGB_BLOCK)
		return;
	if (!found || block.width != width || block.height != height || block.bytes != bytes)
		fail_msg("%s, aspect %d: %s, not %u x %u of %u bytes", row->name, aspect,
			found ? "another block" : "no block", width, height, bytes);
}

/* "Copying Data Between Buffers and Images": 24 bits of depth take 32, stencil takes 8. */
static void blocks(void **state) {
	(void)state;
	FOR_EACH(row, vulkan_rows) {
		if (is_vendors(row) || row->planes > 1)
			continue;
		struct tongs_texel_block block;
		if (row->depth_bits)
			check_block(row, VK_IMAGE_ASPECT_DEPTH_BIT, 1, 1, row->depth_bits == 16 ? 2 : 4);
		if (row->stencil)
			check_block(row, VK_IMAGE_ASPECT_STENCIL_BIT, 1, 1, 1);
		if (!row->depth_bits && !row->stencil)
			check_block(row, VK_IMAGE_ASPECT_COLOR_BIT, row->width, row->height, row->bytes);
		/* Other aspects are refused. */
		if (!row->depth_bits)
			assert_false(tongs_format_get_block(row->number, VK_IMAGE_ASPECT_DEPTH_BIT, &block));
		if (!row->stencil)
			assert_false(tongs_format_get_block(row->number, VK_IMAGE_ASPECT_STENCIL_BIT, &block));
	}
}

static void chroma(void **state) {
	(void)state;
	FOR_EACH(row, vulkan_rows) {
		VkExtent2D granule;
		if (is_vendors(row))
			continue;
		if (tongs_format_get_chroma(row->number, &granule) != (row->chroma != 0))
			fail_msg("%s has chroma %u", row->name, row->chroma);
		if (row->chroma && (granule.width != (row->chroma == 444 ? 1u : 2u) ||
					   granule.height != (row->chroma == 420 ? 2u : 1u)))
			fail_msg(
				"%s has chroma %u, not %u x %u", row->name, row->chroma, granule.width, granule.height);
	}
}

/* The planes' texels together are the format's bytes, and a pair of components is twice as large as one. */
static void planes(void **state) {
	(void)state;
	FOR_EACH(row, vulkan_rows) {
		if (is_vendors(row) || !tongs_format_from_vk(row->number))
			continue;
		assert_int_equal(tongs_format_count_planes(row->number), row->planes);
		assert_true(row->planes <= TONGS_MAX_PLANES);
		uint32_t bytes[TONGS_MAX_PLANES] = {0}, all = 0;
		for (uint32_t i = 0; i < row->planes; i++) {
			const struct tongs_format_plane plane = tongs_format_get_plane(row->number, i);
			const bool shared = i > 0;
			bytes[i] = tongs_format_from_vk(plane.format)->block_bytes;
			all += bytes[i];
			assert_true(row->planes > 1 || plane.format == row->number);
			assert_int_equal(plane.divisor.width, shared && row->chroma != 444 ? 2 : 1);
			assert_int_equal(plane.divisor.height, shared && row->chroma == 420 ? 2 : 1);
		}
		if (row->planes > 1) {
			assert_int_equal(all, row->bytes);
			assert_int_equal(bytes[1], row->planes == 2 ? 2 * bytes[0] : bytes[0]);
		}
	}
}

/* "Format Compatibility Classes", and compressed blocks viewed as texels of the same size. */
static void compatible_formats(void **state) {
	(void)state;
	FOR_EACH(row, vulkan_rows)
	FOR_EACH(view, vulkan_rows) {
		if (!tongs_format_from_vk(row->number) || !tongs_format_from_vk(view->number) || row->depth_bits ||
			row->stencil || view->depth_bits || view->stencil)
			continue;
		bool compatible =
			strcmp(row->class, view->class) == 0 ||
			(row->compressed && !view->compressed && view->width == 1 && row->bytes == view->bytes);
		bool is_view = tongs_format_is_view(row->number, view->number);
		if (compatible && !is_view)
			fail_msg("%s may have views of %s", row->name, view->name);
		if (is_view && row->bytes != view->bytes)
			fail_msg("%s may not have views of %s", row->name, view->name);
	}
}

static const struct vulkan_row *find_vulkan(const char *name) {
	FOR_EACH(row, vulkan_rows)
	if (strcmp(row->name, name) == 0)
		return row;
	return NULL;
}

static void metal_formats(void **state) {
	(void)state;
	size_t count = 0;
	for (const struct tongs_format *format = tongs_format_next(NULL); format; format = tongs_format_next(format))
		count += format->mtl_name != NULL;
	assert_int_equal(count, LENGTH(metal_rows));
	FOR_EACH(row, metal_rows) {
		const struct tongs_format *format = tongs_format_from_metal(row->value);
		const struct vulkan_row *vulkan = find_vulkan(row->vulkan);
		if (!format || strcmp(format->mtl_name, row->name) != 0)
			fail_msg("%s is not %ju", row->name, (uintmax_t)row->value);
		if (format->block_width != row->width || format->block_height != row->height ||
			format->block_bytes != row->bytes)
			fail_msg("%s is not %u x %u of %u bytes", row->name, row->width, row->height, row->bytes);
		if (strcmp(row->vulkan, "UNDEFINED") == 0)
			assert_int_equal(format->vk_format, VK_FORMAT_UNDEFINED);
		else if (vulkan && format->vk_format != vulkan->number)
			fail_msg("%s is not %s", row->name, row->vulkan);
		/* Vulkan and Metal agree on blocks. */
		if (vulkan &&
			(vulkan->width != row->width || vulkan->height != row->height || vulkan->bytes != row->bytes))
			fail_msg("%s and %s differ", row->name, row->vulkan);
	}
}

static enum tongs_format_kind kind_of(const struct vulkan_row *row) {
	if (row->depth_bits)
		return row->stencil ? TONGS_FORMAT_DEPTH_STENCIL : TONGS_FORMAT_DEPTH;
	if (row->stencil)
		return TONGS_FORMAT_STENCIL;
	if (row->compressed)
		return TONGS_FORMAT_COMPRESSED;
	if (row->planes > 1)
		return TONGS_FORMAT_MULTI_PLANAR;
	return row->chroma == 422 ? TONGS_FORMAT_PACKED_422 : TONGS_FORMAT_COLOR;
}

/* The table's names are Vulkan 1.4's; older registries have suffixes. */
static bool is_name(const char *registry, const char *table) {
	size_t length = strlen(table);
	return strncmp(registry, table, length) == 0 &&
	       (!registry[length] || strcmp(registry + length, "_KHR") == 0 || strcmp(registry + length, "_EXT") == 0);
}

static void columns_of_vulkan_formats(void **state) {
	static const char *const numerics[] = {
		[TONGS_NUMERIC_UNORM] = "UNORM",
		[TONGS_NUMERIC_SNORM] = "SNORM",
		[TONGS_NUMERIC_USCALED] = "USCALED",
		[TONGS_NUMERIC_SSCALED] = "SSCALED",
		[TONGS_NUMERIC_UINT] = "UINT",
		[TONGS_NUMERIC_SINT] = "SINT",
		[TONGS_NUMERIC_UFLOAT] = "UFLOAT",
		[TONGS_NUMERIC_SFLOAT] = "SFLOAT",
		[TONGS_NUMERIC_SRGB] = "SRGB",
		[TONGS_NUMERIC_XR] = "none of Vulkan's",
	};
	(void)state;
	FOR_EACH(row, vulkan_rows) {
		const struct tongs_format *format = tongs_format_from_vk(row->number);
		/* Registries newer than the table may have more colours. */
		if (is_vendors(row) || (!format && row->number > VK_FORMAT_ASTC_12x12_SRGB_BLOCK && !row->chroma))
			continue;
		if (!format || format->vk_format != row->number || !is_name(row->name, format->vk_name))
			fail_msg("%s is not %d", row->name, row->number);
		if (format->block_width != row->width || format->block_height != row->height ||
			format->block_bytes != row->bytes || format->plane_count != row->planes)
			fail_msg("%s is not %u x %u of %u bytes in %u planes", row->name, row->width, row->height,
				row->bytes, row->planes);
		if (format->kind != kind_of(row) || format->aspects != aspects_of(row))
			fail_msg("%s is of kind %d with aspects 0x%x", row->name, format->kind, format->aspects);
		if (strcmp(numerics[format->numeric_format], row->numeric) != 0)
			fail_msg("%s has the numeric format %s, not %s", row->name, numerics[format->numeric_format],
				row->numeric);
		if ((format->layout != NULL) != (row->layout != NULL) ||
			(row->layout && strcmp(format->layout, row->layout) != 0))
			fail_msg("%s has the layout %s, not %s", row->name, format->layout ? format->layout : "none",
				row->layout ? row->layout : "none");
	}
}

static void core_versions(void **state) {
	(void)state;
	unsigned counts[5] = {0}, outside = 0;
	FOR_EACH(row, vulkan_rows) {
		const struct tongs_format *format = tongs_format_from_vk(row->number);
		const uint32_t version = tongs_format_get_core_version(format);
		if (!format)
			continue;
		if (row->minor >= 0 && version != VK_MAKE_API_VERSION(0, 1, (uint32_t)row->minor, 0))
			fail_msg("%s is in the core of Vulkan 1.%d, not 0x%x", row->name, row->minor, version);
		/* Registries older than 1.4 have VK_KHR_maintenance5 as an extension. */
		if (row->minor < 0 && version != UINT32_MAX && version != VK_MAKE_API_VERSION(0, 1, 4, 0))
			fail_msg("%s is in no version's core, not in 0x%x", row->name, version);
		if (row->minor >= 0 && row->minor < 5)
			counts[row->minor]++;
		outside += version == UINT32_MAX;
	}
	assert_int_equal(counts[0], 184);
	assert_int_equal(counts[1], 34);
	assert_int_equal(counts[3], 20);
	assert_int_equal(outside, 4); /* VK_IMG_format_pvrtc */
	assert_int_equal(tongs_format_get_core_version(NULL), UINT32_MAX);
	assert_int_equal(tongs_format_get_core_version(tongs_format_from_metal(MTLPixelFormatBGR10_XR)), UINT32_MAX);
}

/* Vulkan's names differ in UNORM and SRGB. */
static void srgb_pairs_of_vulkan_formats(void **state) {
	(void)state;
	FOR_EACH(row, vulkan_rows)
	FOR_EACH(other, vulkan_rows) {
		const struct tongs_format *format = tongs_format_from_vk(row->number);
		const char *unorm = strstr(row->name, "_UNORM");
		size_t before = unorm ? (size_t)(unorm - row->name) : 0;
		if (!format || !unorm || strncmp(row->name, other->name, before) != 0 ||
			strncmp(other->name + before, "_SRGB", 5) != 0 ||
			strcmp(unorm + 6, other->name + before + 5) != 0)
			continue;
		assert_ptr_equal(format->srgb_pair, tongs_format_from_vk(other->number));
		assert_ptr_equal(format->srgb_pair->srgb_pair, format);
	}
}

/* Metal's names differ in _sRGB. */
static void srgb_pairs(void **state) {
	(void)state;
	FOR_EACH(row, metal_rows)
	FOR_EACH(other, metal_rows) {
		size_t length = strlen(row->name);
		bool pair = strncmp(row->name, other->name, length) == 0 && strcmp(other->name + length, "_sRGB") == 0;
		/* ASTC formats without _sRGB end in _LDR. */
		if (length > 4 && strcmp(row->name + length - 4, "_LDR") == 0)
			pair = strncmp(row->name, other->name, length - 4) == 0 &&
			       strcmp(other->name + length - 4, "_sRGB") == 0;
		if (!pair)
			continue;
		assert_ptr_equal(tongs_format_from_metal(row->value)->srgb_pair, tongs_format_from_metal(other->value));
		assert_ptr_equal(tongs_format_from_metal(other->value)->srgb_pair, tongs_format_from_metal(row->value));
	}
}

/* An aspect is one bit, and a format that the table lacks is NULL. */
static void aspects_one_at_a_time(void **state) {
	struct tongs_format_aspect layout;
	(void)state;
	assert_false(tongs_format_get_aspect(NULL, VK_IMAGE_ASPECT_COLOR_BIT, &layout));
	for (const struct tongs_format *row = NULL; (row = tongs_format_next(row));) {
		const bool is_multi_planar = row->kind == TONGS_FORMAT_MULTI_PLANAR;
		for (unsigned aspect = 0; aspect < 4096; aspect++) {
			const bool is_one = aspect && !(aspect & (aspect - 1));
			assert_int_equal(tongs_format_get_aspect(row, (VkImageAspectFlagBits)aspect, &layout),
				is_one && (row->aspects & aspect) && !is_multi_planar);
		}
		assert_false(tongs_format_get_aspect(row, (VkImageAspectFlagBits)UINT32_MAX, &layout));
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aspects_one_at_a_time),
		cmocka_unit_test(aspects),
		cmocka_unit_test(blocks),
		cmocka_unit_test(chroma),
		cmocka_unit_test(planes),
		cmocka_unit_test(compatible_formats),
		cmocka_unit_test(metal_formats),
		cmocka_unit_test(columns_of_vulkan_formats),
		cmocka_unit_test(core_versions),
		cmocka_unit_test(srgb_pairs_of_vulkan_formats),
		cmocka_unit_test(srgb_pairs),
	};
	printf("tally: formats of the registry %zu\ntally: formats of Metal %zu\n", LENGTH(vulkan_rows),
		LENGTH(metal_rows));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
