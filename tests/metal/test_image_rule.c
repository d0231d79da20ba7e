/* SPDX-License-Identifier: MIT */
/* The image rule, on a fake driver that returns success to every image query, as some drivers do. */
#include <string.h>

#include "support.h"

#include "vulkan/image_rule.h"

#define TRANSFER (VK_FORMAT_FEATURE_2_TRANSFER_SRC_BIT | VK_FORMAT_FEATURE_2_TRANSFER_DST_BIT)
#define READ (TRANSFER | VK_FORMAT_FEATURE_2_SAMPLED_IMAGE_BIT)
#define DRAW (READ | VK_FORMAT_FEATURE_2_COLOR_ATTACHMENT_BIT | VK_FORMAT_FEATURE_2_COLOR_ATTACHMENT_BLEND_BIT)
/* The feature of VK_NV_linear_color_attachment, which does not count as COLOR_ATTACHMENT. */
#define LINEAR_COLOR ((VkFormatFeatureFlags2)0x4000000000)

#define USAGE(name) VK_IMAGE_USAGE_##name##_BIT

/* The features of driver.format; other formats have all. */
struct features {
	VkFormatFeatureFlags2 linear, optimal;
};

/* The fake driver. */
static struct {
	VkFormat format; /* which has `features` */
	struct features features;
	bool has_features2; /* false: VkFormatProperties3 is not supported */
	VkImageFormatProperties limits;
	VkImageUsageFlags usages[16]; /* of the queries */
	unsigned count;
} driver;

static const VkImageFormatProperties generous = {
	{64, 64, 1},
	7,
	6,
	VK_SAMPLE_COUNT_1_BIT | VK_SAMPLE_COUNT_4_BIT,
	1 << 20,
};

static VKAPI_ATTR void VKAPI_CALL get_features(
	VkPhysicalDevice device, VkFormat format, VkFormatProperties2 *properties) {
	const struct features all = {~0ull, ~0ull};
	const struct features *features = format == driver.format ? &driver.features : &all;
	(void)device;
	VkFormatProperties3 *properties3 = properties->pNext;
	assert_int_equal(properties3 != NULL, driver.has_features2);
	properties->formatProperties.linearTilingFeatures = (VkFormatFeatureFlags)features->linear;
	properties->formatProperties.optimalTilingFeatures = (VkFormatFeatureFlags)features->optimal;
	if (properties3) {
		assert_int_equal(properties3->sType, VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_3);
		properties3->linearTilingFeatures = features->linear;
		properties3->optimalTilingFeatures = features->optimal;
	}
}

static VKAPI_ATTR VkResult VKAPI_CALL get_limits(
	VkPhysicalDevice device, const VkPhysicalDeviceImageFormatInfo2 *info, VkImageFormatProperties2 *properties) {
	(void)device;
	VkExternalImageFormatProperties *external = properties->pNext;
	external->externalMemoryProperties.externalMemoryFeatures = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	properties->imageFormatProperties = driver.limits;
	driver.usages[driver.count++ % 16] = info->usage;
	return VK_SUCCESS;
}

#define LINEAR VK_IMAGE_TILING_LINEAR
#define OPTIMAL VK_IMAGE_TILING_OPTIMAL
enum { REFUSED = -1 };

struct request {
	VkFormat format;
	VkImageType type;
	VkImageTiling tiling;
	VkImageUsageFlags usage;
	VkImageCreateFlags flags;
	uint32_t width, height, levels, layers; /* 0: 64, 32, 1, 1 */
};

static uint32_t or_else(uint32_t value, uint32_t otherwise) {
	return value ? value : otherwise;
}

static const VkExtent2D framebuffer = {48, 40};

static struct tongs_image_caps query_caps(const struct request *request, bool takes_optimal) {
	const struct tongs_image_rule_device dev = {
		.GetPhysicalDeviceFormatProperties2 = get_features,
		.GetPhysicalDeviceImageFormatProperties2 = get_limits,
		.kind = tongs_import_get_kind(false),
		.has_features2 = driver.has_features2,
		.takes_optimal = takes_optimal,
		.max_framebuffer = framebuffer,
	};
	const struct tongs_image_query query = {
		.format = request->format,
		.type = request->type,
		.tiling = request->tiling,
		.usage = request->usage,
		.flags = request->flags,
	};
	struct tongs_image_base_caps base;
	struct tongs_image_caps caps;
	driver.limits = driver.limits.maxMipLevels ? driver.limits : generous;
	driver.count = 0;
	assert_int_equal(
		tongs_image_rule_query_base(&dev, request->format, request->type, request->tiling, &base), VK_SUCCESS);
	tongs_image_rule_query(&dev, &base, &query, &caps);
	return caps;
}

/* Returns the tiling that the rule chooses, or REFUSED; sets how the image is created. */
static int choose(const struct request *request, bool takes_optimal, struct tongs_image_params *image) {
	const struct tongs_image_shape shape = {
		.format = request->format,
		.type = request->type,
		.extent = {or_else(request->width, 64), or_else(request->height, 32), 1},
		.levels = or_else(request->levels, 1),
		.layers = or_else(request->layers, 1),
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.tiling = request->tiling,
	};
	const struct tongs_image_caps caps = query_caps(request, takes_optimal);
	return tongs_image_rule_choose(&caps, &shape, image) == VK_SUCCESS ? (int)image->tiling : REFUSED;
}

/* Returns the limits that an application gets; zero if the image is not supported. */
static VkImageFormatProperties limits_of(const struct request *request, bool takes_optimal) {
	struct tongs_image_params image;
	VkImageFormatProperties limits;
	const struct tongs_image_caps caps = query_caps(request, takes_optimal);
	if (tongs_image_rule_get_limits(&caps, &image, &limits) != VK_SUCCESS)
		return (VkImageFormatProperties){0};
	return limits;
}

static int choose_tiling(VkFormat format, VkImageTiling tiling, bool takes_optimal, VkFormatFeatureFlags2 linear) {
	const struct request request = {.format = format, .type = VK_IMAGE_TYPE_2D, .tiling = tiling};
	struct tongs_image_params image;
	driver.format = format;
	driver.features = (struct features){linear, READ};
	int chosen = choose(&request, takes_optimal, &image);
	assert_int_equal(limits_of(&request, takes_optimal).maxMipLevels > 0, chosen != REFUSED);
	return chosen;
}

static void tilings(void **state) {
	static const struct {
		VkFormat format;
		VkFormatFeatureFlags2 linear;
		int linear_chosen;           /* if LINEAR is requested */
		int optimal, without_import; /* if OPTIMAL is requested, and can be imported or not */
	} rows[] = {
		{VK_FORMAT_R8G8B8A8_UNORM, READ, LINEAR, LINEAR, LINEAR},
		{VK_FORMAT_R8G8B8A8_UNORM, TRANSFER, LINEAR, OPTIMAL, REFUSED},
		{VK_FORMAT_R8G8B8A8_UNORM, 0, REFUSED, OPTIMAL, REFUSED},
		{VK_FORMAT_D16_UNORM, READ, REFUSED, OPTIMAL, REFUSED},
		{VK_FORMAT_S8_UINT, READ, REFUSED, OPTIMAL, REFUSED},
		{VK_FORMAT_G8_B8R8_2PLANE_420_UNORM, READ, LINEAR, LINEAR, LINEAR},
		{VK_FORMAT_G8_B8_R8_3PLANE_444_UNORM, TRANSFER, LINEAR, OPTIMAL, REFUSED},
		{VK_FORMAT_G8_B8_R8_3PLANE_444_UNORM, 0, REFUSED, OPTIMAL, REFUSED},
	};
	(void)state;
	memset(&driver, 0, sizeof(driver));
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const VkFormat format = rows[i].format;
		assert_int_equal(
			choose_tiling(format, VK_IMAGE_TILING_LINEAR, true, rows[i].linear), rows[i].linear_chosen);
		assert_int_equal(
			choose_tiling(format, VK_IMAGE_TILING_LINEAR, false, rows[i].linear), rows[i].linear_chosen);
		assert_int_equal(choose_tiling(format, VK_IMAGE_TILING_OPTIMAL, true, rows[i].linear), rows[i].optimal);
		assert_int_equal(
			choose_tiling(format, VK_IMAGE_TILING_OPTIMAL, false, rows[i].linear), rows[i].without_import);
	}
}

/* Usage that a tiling's features lack is refused, whatever the image query returns. */
static void features_come_before_the_query(void **state) {
	enum { NO_IMPORT = false, IMPORT = true };
	static const struct {
		struct features features;
		VkImageTiling tiling;
		bool takes_optimal;
		VkImageUsageFlags usage;
		int wanted;
	} rows[] = {
		/* Like the NVIDIA driver: LINEAR has no attachments but by the driver's own feature. */
		{{READ | LINEAR_COLOR, DRAW}, LINEAR, NO_IMPORT, USAGE(SAMPLED), LINEAR},
		{{READ | LINEAR_COLOR, DRAW}, LINEAR, NO_IMPORT, USAGE(COLOR_ATTACHMENT), REFUSED},
		{{READ | LINEAR_COLOR, DRAW}, LINEAR, IMPORT, USAGE(COLOR_ATTACHMENT), REFUSED},
		{{READ | LINEAR_COLOR, DRAW}, LINEAR, NO_IMPORT, USAGE(INPUT_ATTACHMENT), REFUSED},
		{{READ | LINEAR_COLOR, DRAW}, OPTIMAL, NO_IMPORT, USAGE(SAMPLED) | USAGE(TRANSFER_SRC), REFUSED},
		{{READ | LINEAR_COLOR, DRAW}, OPTIMAL, NO_IMPORT, USAGE(SAMPLED) | USAGE(COLOR_ATTACHMENT), REFUSED},
		{{READ | LINEAR_COLOR, DRAW}, OPTIMAL, NO_IMPORT, USAGE(INPUT_ATTACHMENT), REFUSED},
		{{READ | LINEAR_COLOR, DRAW}, OPTIMAL, NO_IMPORT, USAGE(COLOR_ATTACHMENT) | USAGE(TRANSIENT_ATTACHMENT),
			REFUSED},
		{{READ | LINEAR_COLOR, DRAW}, OPTIMAL, IMPORT, USAGE(COLOR_ATTACHMENT), OPTIMAL},
		{{READ | LINEAR_COLOR, DRAW}, OPTIMAL, IMPORT, USAGE(STORAGE), REFUSED},
		/* Each usage bit alone. */
		{{0, READ}, LINEAR, IMPORT, USAGE(TRANSFER_SRC), REFUSED},
		{{VK_FORMAT_FEATURE_2_TRANSFER_SRC_BIT, READ}, LINEAR, IMPORT, USAGE(TRANSFER_SRC), LINEAR},
		{{VK_FORMAT_FEATURE_2_TRANSFER_SRC_BIT, READ}, LINEAR, IMPORT, USAGE(TRANSFER_DST), REFUSED},
		{{TRANSFER, READ}, LINEAR, IMPORT, USAGE(SAMPLED), REFUSED},
		{{READ, DRAW}, LINEAR, IMPORT, USAGE(STORAGE), REFUSED},
		{{READ | VK_FORMAT_FEATURE_2_STORAGE_IMAGE_BIT, 0}, LINEAR, IMPORT, USAGE(STORAGE), LINEAR},
		{{DRAW, READ}, LINEAR, IMPORT, USAGE(INPUT_ATTACHMENT) | USAGE(COLOR_ATTACHMENT), LINEAR},
		{{DRAW, READ}, LINEAR, IMPORT, USAGE(DEPTH_STENCIL_ATTACHMENT), REFUSED},
		{{DRAW, READ}, LINEAR, IMPORT, VK_IMAGE_USAGE_FRAGMENT_SHADING_RATE_ATTACHMENT_BIT_KHR, REFUSED},
		{{DRAW, READ}, LINEAR, IMPORT, VK_IMAGE_USAGE_FRAGMENT_DENSITY_MAP_BIT_EXT, REFUSED},
		{{DRAW, READ}, LINEAR, IMPORT, 0x400000 /* HOST_TRANSFER */, REFUSED},
		{{DRAW | 0x400000000000 /* HOST_IMAGE_TRANSFER */, READ}, LINEAR, IMPORT, 0x400000, LINEAR},
		/* Features of LINEAR do not make up for those that OPTIMAL lacks. */
		{{DRAW, READ}, OPTIMAL, NO_IMPORT, USAGE(COLOR_ATTACHMENT), REFUSED},
		{{DRAW, READ}, OPTIMAL, IMPORT, USAGE(COLOR_ATTACHMENT), REFUSED},
		/* LINEAR is chosen only if it loses no feature, of the 64-bit ones either. */
		{{DRAW, DRAW}, OPTIMAL, IMPORT, USAGE(COLOR_ATTACHMENT), LINEAR},
		{{DRAW, DRAW | 0x400000000000}, OPTIMAL, IMPORT, USAGE(COLOR_ATTACHMENT), OPTIMAL},
	};
	(void)state;
	for (int properties3 = 0; properties3 < 2; properties3++)
		for (size_t i = 0; i < LENGTH(rows); i++) {
			const bool uses_properties3 =
				(rows[i].features.linear | rows[i].features.optimal) >> 32 & 0x4000;
			const struct request request = {
				VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_TYPE_2D, rows[i].tiling, rows[i].usage, .width = 32};
			struct tongs_image_params image;
			if (uses_properties3 && !properties3)
				continue;
			memset(&driver, 0, sizeof(driver));
			driver.format = VK_FORMAT_R8G8B8A8_UNORM;
			driver.features = rows[i].features;
			driver.has_features2 = properties3;
			int got = choose(&request, rows[i].takes_optimal, &image);
			if (got != rows[i].wanted)
				fail_msg("row %zu: %d, not %d", i, got, rows[i].wanted);
			assert_int_equal(limits_of(&request, rows[i].takes_optimal).maxMipLevels > 0, got != REFUSED);
		}
}

/* Views of a mutable image have other formats, whose features count, too. */
static void features_of_views(void **state) {
	const VkImageCreateFlags mutable = VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT,
				 extended = mutable | VK_IMAGE_CREATE_EXTENDED_USAGE_BIT;
	struct request request = {VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_TYPE_2D, OPTIMAL, USAGE(SAMPLED), .width = 32};
	struct tongs_image_params image;
	(void)state;
	memset(&driver, 0, sizeof(driver));
	/* Another format of the class cannot be sampled in LINEAR tiling. So no image of the class becomes LINEAR. */
	driver.format = VK_FORMAT_R8G8B8A8_SRGB;
	driver.features = (struct features){TRANSFER, READ};
	assert_int_equal(choose(&request, true, &image), OPTIMAL);
	assert_int_equal(choose(&request, false, &image), REFUSED);
	request.flags = mutable;
	assert_int_equal(choose(&request, true, &image), OPTIMAL);
	assert_int_equal(choose(&request, false, &image), REFUSED);
	request.usage = USAGE(TRANSFER_SRC);
	assert_int_equal(choose(&request, false, &image), REFUSED);
	/* Formats of another size are not compatible. */
	driver.format = VK_FORMAT_R8G8_UNORM;
	request.usage = USAGE(SAMPLED);
	assert_int_equal(choose(&request, true, &image), LINEAR);
	/* A plane has views of its own format's class. */
	for (int planes = 2; planes <= 3; planes++) {
		request.format = planes == 2 ? VK_FORMAT_G8_B8R8_2PLANE_420_UNORM : VK_FORMAT_G8_B8_R8_3PLANE_420_UNORM;
		assert_int_equal(choose(&request, true, &image), planes == 2 ? OPTIMAL : LINEAR);
		assert_int_equal(choose(&request, false, &image), planes == 2 ? REFUSED : LINEAR);
	}
	driver.format = VK_FORMAT_R8_UINT;
	assert_int_equal(choose(&request, true, &image), OPTIMAL);
	driver.format = VK_FORMAT_R16_UNORM;
	assert_int_equal(choose(&request, true, &image), LINEAR);
	request.format = VK_FORMAT_G10X6_B10X6R10X6_2PLANE_420_UNORM_3PACK16;
	assert_int_equal(choose(&request, true, &image), OPTIMAL);
	/* EXTENDED_USAGE needs the feature in some view format only. */
	request.format = driver.format = VK_FORMAT_R8G8B8A8_SRGB;
	driver.features = (struct features){READ, READ};
	request.usage = USAGE(STORAGE);
	request.flags = mutable;
	assert_int_equal(choose(&request, true, &image), REFUSED);
	request.flags = extended;
	assert_int_equal(choose(&request, true, &image), LINEAR);
	request.usage = USAGE(DEPTH_STENCIL_ATTACHMENT);
	driver.features = (struct features){READ, READ};
	assert_int_equal(
		choose(&request, true, &image), LINEAR); /* the fake driver's other formats have all features */
	request.usage = 0;
	assert_int_equal(choose(&request, true, &image), LINEAR);
}

/* The specification's limits for formats whose texels share chroma; the driver reports larger ones. */
static void chroma_formats(void **state) {
	static const struct {
		VkFormat format;
		uint32_t width, height; /* the granule; 0: no chroma is shared */
	} rows[] = {
		{VK_FORMAT_R8G8B8A8_UNORM, 0, 0},
		{VK_FORMAT_R10X6_UNORM_PACK16, 0, 0},
		{VK_FORMAT_R12X4G12X4_UNORM_2PACK16, 0, 0},
		{VK_FORMAT_G8B8G8R8_422_UNORM, 2, 1},
		{VK_FORMAT_B8G8R8G8_422_UNORM, 2, 1},
		{VK_FORMAT_G8_B8_R8_3PLANE_420_UNORM, 2, 2},
		{VK_FORMAT_G8_B8R8_2PLANE_420_UNORM, 2, 2},
		{VK_FORMAT_G8_B8_R8_3PLANE_422_UNORM, 2, 1},
		{VK_FORMAT_G8_B8R8_2PLANE_422_UNORM, 2, 1},
		{VK_FORMAT_G8_B8_R8_3PLANE_444_UNORM, 1, 1},
		{VK_FORMAT_R10X6G10X6B10X6A10X6_UNORM_4PACK16, 1, 1},
		{VK_FORMAT_B10X6G10X6R10X6G10X6_422_UNORM_4PACK16, 2, 1},
		{VK_FORMAT_G10X6_B10X6R10X6_2PLANE_420_UNORM_3PACK16, 2, 2},
		{VK_FORMAT_G12X4_B12X4_R12X4_3PLANE_422_UNORM_3PACK16, 2, 1},
		{VK_FORMAT_G16B16G16R16_422_UNORM, 2, 1},
		{VK_FORMAT_G16_B16R16_2PLANE_420_UNORM, 2, 2},
		{VK_FORMAT_G16_B16_R16_3PLANE_444_UNORM, 1, 1},
		{VK_FORMAT_G8_B8R8_2PLANE_444_UNORM, 1, 1},
		{VK_FORMAT_G16_B16R16_2PLANE_444_UNORM, 1, 1},
	};
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const bool plain = rows[i].width == 0;
		for (int tiling = 0; tiling < 2; tiling++) {
			const struct request request = {.format = rows[i].format,
				.type = VK_IMAGE_TYPE_2D,
				.tiling = (VkImageTiling)tiling,
				.usage = USAGE(SAMPLED)};
			struct request odd = request, tall = request, deep = request, many = request, other = request;
			struct tongs_image_params image;
			memset(&driver, 0, sizeof(driver));
			driver.format = rows[i].format;
			driver.features = (struct features){READ, READ};
			const VkImageFormatProperties limits = limits_of(&request, true);
			assert_int_equal(limits.maxMipLevels, plain ? generous.maxMipLevels : 1);
			assert_int_equal(limits.maxArrayLayers, plain ? generous.maxArrayLayers : 1);
			assert_int_not_equal(choose(&request, true, &image), REFUSED);
			odd.width = 31;
			assert_int_equal(choose(&odd, true, &image) != REFUSED, rows[i].width < 2);
			tall.height = 31;
			assert_int_equal(choose(&tall, true, &image) != REFUSED, rows[i].height < 2);
			deep.levels = 2;
			assert_int_equal(choose(&deep, true, &image) != REFUSED, plain);
			many.layers = 2;
			assert_int_equal(choose(&many, true, &image) != REFUSED, plain);
			for (int type = VK_IMAGE_TYPE_1D; type <= VK_IMAGE_TYPE_3D; type++) {
				other.type = (VkImageType)type;
				bool shared = limits_of(&other, true).maxMipLevels > 0;
				assert_int_equal(shared, plain || type == VK_IMAGE_TYPE_2D);
			}
		}
	}
}

/* VUID-VkImageCreateInfo-samples-02257: LINEAR images have one sample. */
static void linear_is_not_multisampled(void **state) {
	const struct request linear = {.format = VK_FORMAT_R8G8B8A8_UNORM,
		.type = VK_IMAGE_TYPE_2D,
		.tiling = LINEAR,
		.usage = USAGE(SAMPLED)};
	(void)state;
	memset(&driver, 0, sizeof(driver));
	driver.features = (struct features){READ, READ};
	assert_int_equal(limits_of(&linear, true).sampleCounts, VK_SAMPLE_COUNT_1_BIT);
}

/* At most TONGS_MAX_LEVELS levels are supported. */
static void the_most_levels(void **state) {
	struct request request = {.format = VK_FORMAT_R8G8B8A8_UNORM,
		.type = VK_IMAGE_TYPE_2D,
		.tiling = LINEAR,
		.usage = USAGE(SAMPLED)};
	struct tongs_image_params image;
	(void)state;
	memset(&driver, 0, sizeof(driver));
	driver.features = (struct features){READ, READ};
	driver.limits = (VkImageFormatProperties){{1 << 20, 1 << 20, 1}, 21, 6, VK_SAMPLE_COUNT_1_BIT, 1ull << 40};
	assert_int_equal(limits_of(&request, true).maxMipLevels, 17);
	request.width = 65536;
	request.levels = 17;
	assert_int_equal(choose(&request, true, &image), LINEAR);
	request.width = 1 << 20;
	request.levels = 18;
	assert_int_equal(choose(&request, true, &image), REFUSED);
}

/* Images larger than a framebuffer get no attachment usage; for an application that requests it, the framebuffer limits
 * the extent. */
static void large_images_have_no_attachment_usage(void **state) {
	struct request request = {VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_TYPE_2D, OPTIMAL, USAGE(SAMPLED), .width = 48};
	const VkImageUsageFlags attachments = USAGE(COLOR_ATTACHMENT) | USAGE(INPUT_ATTACHMENT);
	struct tongs_image_params image;
	(void)state;
	memset(&driver, 0, sizeof(driver));
	driver.format = VK_FORMAT_R8G8B8A8_UNORM;
	driver.features = (struct features){DRAW, DRAW};
	assert_int_equal(choose(&request, true, &image), LINEAR);
	assert_int_equal(image.usage & attachments, attachments);
	request.width = 49;
	assert_int_equal(choose(&request, true, &image), LINEAR);
	assert_int_equal(image.usage & attachments, 0);
	request.width = 48;
	request.height = 41;
	assert_int_equal(choose(&request, true, &image), LINEAR);
	assert_int_equal(image.usage, USAGE(SAMPLED) | USAGE(TRANSFER_SRC) | USAGE(TRANSFER_DST));
	assert_int_equal(limits_of(&request, true).maxExtent.width, 64);
	request.usage = USAGE(COLOR_ATTACHMENT);
	assert_int_equal(choose(&request, true, &image), REFUSED);
	assert_int_equal(limits_of(&request, true).maxExtent.width, framebuffer.width);
	assert_int_equal(limits_of(&request, true).maxExtent.height, framebuffer.height);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tilings),
		cmocka_unit_test(features_come_before_the_query),
		cmocka_unit_test(features_of_views),
		cmocka_unit_test(chroma_formats),
		cmocka_unit_test(linear_is_not_multisampled),
		cmocka_unit_test(the_most_levels),
		cmocka_unit_test(large_images_have_no_attachment_usage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
