/* SPDX-License-Identifier: MIT */
/* Images of several planes, exported as an MTLTexture for each. What either side writes to a plane, the other reads,
 * and the other planes keep what they had. */
#include "planes.h"

static void exported_planes(void **state) {
	struct gpu gpu;
	(void)state;
	planes_begin_comparison();
	for (size_t i = 0; i < 2 * PLANAR_FORMATS; i++) {
		const struct planar *format = &planar_formats[i / 2];
		const VkImageCreateInfo info = planar_info(format, planar_tilings[i % 2]);
		/* One for each: what is refused too often is no longer reported. */
		gpu_init(&gpu, &PLANES_OPTIONS);
		for (int dedicated = planar_must_dedicate(&gpu, &info); dedicated < 2; dedicated++) {
			VkImage image = planar_create(&gpu, &info);
			if (!image)
				continue;
			assert_null(plane_object(&gpu, image, 0));
			assert_reported(&gpu, "TONGS-metal-image");
			VkDeviceMemory memory = planar_bind(&gpu, image, dedicated);
			struct tongs_texture *last = tongs_texture_ref(plane_object(&gpu, image, format->count - 1));
			planes_check(&gpu, image, format);
			vkDestroyImage(gpu.device, image, NULL);
			vkFreeMemory(gpu.device, memory, NULL);
			assert_int_equal(tongs_handle_kind(last), TONGS_KIND_TEXTURE);
			tongs_texture_unref(last);
			assert_int_equal(tongs_handle_kind(last), TONGS_KIND_NONE);
		}
		gpu_finish(&gpu);
	}
	planes_end_comparison();
}

/* Metal has no planes of half a texel, and Vulkan no images. */
static void create_04712_04713_odd_extents(void **state) {
	static const struct {
		VkExtent2D extent;
		const char *rule;
	} rows[] = {
		{{PLANES_WIDTH + 1, PLANES_HEIGHT}, "VUID-VkImageCreateInfo-format-04712"},
		{{PLANES_WIDTH, PLANES_HEIGHT + 1}, "VUID-VkImageCreateInfo-format-04713"},
		{{1, 1}, "VUID-VkImageCreateInfo-format-04712"},
	};
	struct gpu gpu;
	unsigned refused = 0;
	(void)state;
	gpu_init(&gpu, &PLANES_OPTIONS);
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(*rows); i++) {
		const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(TEXTURE), NULL);
		VkImageCreateInfo info = planar_info(&planar_formats[0], planar_tilings[i % 2]);
		VkImage image = (VkImage)(uintptr_t)1;
		if (!can_share_image(&gpu, &info, planar_type(&info)))
			continue;
		info.extent.width = rows[i / 2].extent.width;
		info.extent.height = rows[i / 2].extent.height;
		info.pNext = &object;
		gpu.reports = 0;
		assert_int_equal(vkCreateImage(gpu.device, &info, NULL, &image), VK_ERROR_VALIDATION_FAILED_EXT);
		assert_true(image == VK_NULL_HANDLE);
		assert_reported(&gpu, rows[i / 2].rule);
		refused++;
	}
	gpu_finish(&gpu);
	if (!refused)
		skip();
}

/* A view of all planes has a texture for each; one of a plane has that one's. */
static VkImageView make_view(struct gpu *gpu, VkImage image, VkFormat format, VkImageAspectFlags aspect,
	VkSamplerYcbcrConversion conversion) {
	const VkSamplerYcbcrConversionInfo with = {
		.sType = VK_STRUCTURE_TYPE_SAMPLER_YCBCR_CONVERSION_INFO,
		.conversion = conversion,
	};
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(TEXTURE), conversion ? &with : NULL);
	const VkImageViewCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
		.pNext = &object,
		.image = image,
		.viewType = VK_IMAGE_VIEW_TYPE_2D,
		.format = format,
		.subresourceRange = {aspect, 0, 1, 0, 1},
	};
	VkImageView view;
	assert_vk(vkCreateImageView(gpu->device, &info, NULL, &view));
	return view;
}

static VkSamplerYcbcrConversion make_conversion(struct gpu *gpu, VkFormat format) {
	const VkFormatFeatureFlags midpoint = VK_FORMAT_FEATURE_MIDPOINT_CHROMA_SAMPLES_BIT;
	VkFormatProperties properties;
	VkSamplerYcbcrConversion conversion;
	vkGetPhysicalDeviceFormatProperties(gpu->physical_device, format, &properties);
	const VkChromaLocation chroma = (properties.linearTilingFeatures & properties.optimalTilingFeatures & midpoint)
						? VK_CHROMA_LOCATION_MIDPOINT
						: VK_CHROMA_LOCATION_COSITED_EVEN;
	const VkSamplerYcbcrConversionCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_SAMPLER_YCBCR_CONVERSION_CREATE_INFO,
		.format = format,
		.ycbcrModel = VK_SAMPLER_YCBCR_MODEL_CONVERSION_RGB_IDENTITY,
		.xChromaOffset = chroma,
		.yChromaOffset = chroma,
	};
	assert_vk(vkCreateSamplerYcbcrConversion(gpu->device, &info, NULL, &conversion));
	return conversion;
}

/* False: the device lacks what it needs. */
static bool check_views(VkImageTiling tiling) {
	const struct planar *format = &planar_formats[0];
	VkImageCreateInfo info = planar_info(format, tiling);
	const VkImageAspectFlags planes[] = {
		VK_IMAGE_ASPECT_PLANE_0_BIT, VK_IMAGE_ASPECT_PLANE_1_BIT, VK_IMAGE_ASPECT_PLANE_2_BIT};
	struct gpu gpu;
	gpu_init(&gpu, &PLANES_OPTIONS);
	info.usage |= VK_IMAGE_USAGE_SAMPLED_BIT;
	info.flags = VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT;
	if (!gpu.has_ycbcr || !can_share_image(&gpu, &info, planar_type(&info))) {
		gpu_finish(&gpu);
		return false;
	}
	VkImage image = planar_create(&gpu, &info);
	VkDeviceMemory memory = planar_bind(&gpu, image, true);
	VkSamplerYcbcrConversion conversion = make_conversion(&gpu, format->format);
	VkImageView all = make_view(&gpu, image, format->format, VK_IMAGE_ASPECT_COLOR_BIT, conversion),
		    second = make_view(&gpu, image, VK_FORMAT_R8G8_UNORM, VK_IMAGE_ASPECT_PLANE_1_BIT, VK_NULL_HANDLE);
	assert_null(texture_object(&gpu, image, VK_NULL_HANDLE, VK_NULL_HANDLE, planes[2]));
	assert_reported_of(&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06800", REFUSED, OBJECT(IMAGE, image, NULL));
	assert_null(texture_object(&gpu, VK_NULL_HANDLE, all, VK_NULL_HANDLE, planes[2]));
	assert_reported_of(
		&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06802", REFUSED, OBJECT(IMAGE_VIEW, all, NULL));
	/* Only without planes is there one texture to ask for as COLOR. */
	assert_null(texture_object(&gpu, image, VK_NULL_HANDLE, VK_NULL_HANDLE, VK_IMAGE_ASPECT_COLOR_BIT));
	assert_reported_of(&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06798", REFUSED, OBJECT(IMAGE, image, NULL));
	assert_null(texture_object(&gpu, VK_NULL_HANDLE, all, VK_NULL_HANDLE, VK_IMAGE_ASPECT_COLOR_BIT));
	assert_reported_of(
		&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06798", REFUSED, OBJECT(IMAGE_VIEW, all, NULL));
	/* A view of one plane has one. */
	assert_null(texture_object(&gpu, VK_NULL_HANDLE, second, VK_NULL_HANDLE, planes[1]));
	assert_reported_of(
		&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06801", REFUSED, OBJECT(IMAGE_VIEW, second, NULL));
	for (uint32_t i = 0; i < 2; i++) {
		struct tongs_texture *whole = plane_object(&gpu, image, i),
				     *view = texture_object(&gpu, VK_NULL_HANDLE, all, VK_NULL_HANDLE, planes[i]);
		assert_non_null(whole);
		assert_non_null(view);
		assert_ptr_equal(tongs_texture_get_parent(view), whole);
	}
	struct tongs_texture *view = texture_object(&gpu, VK_NULL_HANDLE, second, VK_NULL_HANDLE, planes[0]);
	assert_non_null(view);
	assert_ptr_equal(tongs_texture_get_parent(view), plane_object(&gpu, image, 1));
	assert_int_equal(tongs_texture_get_pixel_format(view), MTLPixelFormatRG8Unorm);
	assert_reported(&gpu, NULL);
	vkDestroyImageView(gpu.device, all, NULL);
	vkDestroyImageView(gpu.device, second, NULL);
	vkDestroySamplerYcbcrConversion(gpu.device, conversion, NULL);
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
	return true;
}

static void planes_06800_06802(void **state) {
	const bool linear = check_views(VK_IMAGE_TILING_LINEAR), optimal = check_views(VK_IMAGE_TILING_OPTIMAL);
	(void)state;
	if (!linear && !optimal)
		skip();
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exported_planes),
		cmocka_unit_test(create_04712_04713_odd_extents),
		cmocka_unit_test(planes_06800_06802),
	};
	return cmocka_run_group_tests_name("layer: images of several planes", tests, NULL, NULL);
}
