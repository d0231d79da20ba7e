/* SPDX-License-Identifier: MIT */
/* Which tiling the images of a kind of format get, on drivers that are only made up here. */
#include "support.h"

#include "gpu/canonical.h"

#define DO_ALL \
	(VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT | VK_FORMAT_FEATURE_TRANSFER_SRC_BIT | VK_FORMAT_FEATURE_TRANSFER_DST_BIT)
#define DO_LESS (VK_FORMAT_FEATURE_TRANSFER_SRC_BIT | VK_FORMAT_FEATURE_TRANSFER_DST_BIT)

static VkFormatProperties features;

static VKAPI_ATTR void VKAPI_CALL get_features(VkPhysicalDevice device, VkFormat format, VkFormatProperties *answer) {
	(void)device;
	(void)format;
	*answer = features;
}

static VKAPI_ATTR VkResult VKAPI_CALL get_limits(
	VkPhysicalDevice device, const VkPhysicalDeviceImageFormatInfo2 *info, VkImageFormatProperties2 *answer) {
	(void)device;
	(void)info;
	VkExternalImageFormatProperties *external = answer->pNext;
	external->externalMemoryProperties.externalMemoryFeatures = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	answer->imageFormatProperties = (VkImageFormatProperties){{64, 64, 1}, 1, 1, VK_SAMPLE_COUNT_1_BIT, 1 << 20};
	return VK_SUCCESS;
}

enum { REFUSED = -1, LINEAR = VK_IMAGE_TILING_LINEAR, OPTIMAL = VK_IMAGE_TILING_OPTIMAL };

static int choose(VkFormat format, VkImageTiling tiling, bool takes_optimal, VkFormatFeatureFlags linear) {
	const struct tongs_image_queries queries = {
		.GetPhysicalDeviceFormatProperties = get_features,
		.GetPhysicalDeviceImageFormatProperties2 = get_limits,
		.takes_optimal = takes_optimal,
	};
	const struct tongs_image_shape shape = {format, VK_IMAGE_TYPE_2D, {64, 32, 1}, 1, 1, 1, tiling};
	struct tongs_canonical_image image, limits_image;
	VkImageFormatProperties limits;
	features = (VkFormatProperties){.linearTilingFeatures = linear, .optimalTilingFeatures = DO_ALL};
	const struct tongs_canonical_question question = tongs_canonical_question_of(&shape, 0, 0);
	struct tongs_canonical_answer answer;
	assert_int_equal(tongs_canonical_ask(&queries, &question, &answer), VK_SUCCESS);
	VkResult result = tongs_canonical_choose(&answer, &shape, &image);
	assert_int_equal(tongs_canonical_get_limits(&answer, &limits_image, &limits), result);
	return result == VK_SUCCESS ? (int)image.tiling : REFUSED;
}

static void tilings(void **state) {
	static const struct {
		VkFormat format;
		VkFormatFeatureFlags linear;
		int asked_linear; /* the tiling underneath of what is asked for as LINEAR */
		int optimal, optimal_out_of_reach;
	} rows[] = {
		{VK_FORMAT_R8G8B8A8_UNORM, DO_ALL, LINEAR, LINEAR, LINEAR},
		{VK_FORMAT_R8G8B8A8_UNORM, DO_LESS, LINEAR, OPTIMAL, LINEAR},
		{VK_FORMAT_R8G8B8A8_UNORM, 0, REFUSED, OPTIMAL, REFUSED},
		{VK_FORMAT_D16_UNORM, DO_ALL, REFUSED, OPTIMAL, REFUSED},
		{VK_FORMAT_S8_UINT, DO_ALL, REFUSED, OPTIMAL, REFUSED},
		{VK_FORMAT_G8_B8R8_2PLANE_420_UNORM, DO_ALL, LINEAR, OPTIMAL, LINEAR},
		{VK_FORMAT_G8_B8_R8_3PLANE_444_UNORM, DO_LESS, LINEAR, OPTIMAL, LINEAR},
		{VK_FORMAT_G8_B8_R8_3PLANE_444_UNORM, 0, REFUSED, OPTIMAL, REFUSED},
	};
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const VkFormat format = rows[i].format;
		assert_int_equal(choose(format, VK_IMAGE_TILING_LINEAR, true, rows[i].linear), rows[i].asked_linear);
		assert_int_equal(choose(format, VK_IMAGE_TILING_LINEAR, false, rows[i].linear), rows[i].asked_linear);
		assert_int_equal(choose(format, VK_IMAGE_TILING_OPTIMAL, true, rows[i].linear), rows[i].optimal);
		assert_int_equal(
			choose(format, VK_IMAGE_TILING_OPTIMAL, false, rows[i].linear), rows[i].optimal_out_of_reach);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tilings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
