/* SPDX-License-Identifier: MIT */
/* Images of several planes, imported: textures of each, and surfaces with planes. */
#include "planes.h"

static VkResult try_import_planes(struct gpu *gpu, const VkImageCreateInfo *info, struct tongs_texture *const *textures,
	uint32_t count, VkImage *image) {
	const VkExportMetalObjectCreateInfoEXT again = object_info(EXPORT(TEXTURE), NULL);
	VkImportMetalTextureInfoEXT imports[3];
	VkImageCreateInfo shared = *info;
	shared.pNext = &again;
	for (uint32_t i = 0; i < count; i++) {
		imports[i] = (VkImportMetalTextureInfoEXT){
			.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_TEXTURE_INFO_EXT,
			.pNext = shared.pNext,
			.plane = VK_IMAGE_ASPECT_PLANE_0_BIT << i,
			.mtlTexture = (void *)textures[i],
		};
		shared.pNext = &imports[i];
	}
	*image = (VkImage)(uintptr_t)1;
	gpu->reports = 0;
	return vkCreateImage(gpu->device, &shared, NULL, image);
}

static void refuse_planes(struct gpu *gpu, const VkImageCreateInfo *info, struct tongs_texture *const *textures,
	uint32_t count, VkResult wanted) {
	VkImage image;
	assert_int_equal(try_import_planes(gpu, info, textures, count, &image), wanted);
	assert_true(image == VK_NULL_HANDLE);
	assert_reported(gpu, "TONGS-metal-object");
}

/* A plane is in no image of its own layout. */
static void refuse_alone(struct gpu *gpu, const struct planar *format, struct tongs_texture *texture) {
	VkImageCreateInfo info = image_info(format->planes[0].bytes == 1 ? VK_FORMAT_R8_UNORM : VK_FORMAT_R16_UNORM,
		PLANES_WIDTH, PLANES_HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	const VkImportMetalTextureInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_TEXTURE_INFO_EXT,
		.plane = VK_IMAGE_ASPECT_PLANE_0_BIT,
		.mtlTexture = (void *)texture,
	};
	VkImage image = (VkImage)(uintptr_t)1;
	if (has_unified_memory(gpu) || !can_share_image(gpu, &info, MTLTEXTURE))
		return;
	info.pNext = &import;
	assert_int_equal(vkCreateImage(gpu->device, &info, NULL, &image), VK_ERROR_INVALID_EXTERNAL_HANDLE);
	assert_true(image == VK_NULL_HANDLE);
	assert_reported(gpu, "TONGS-metal-object");
}

/* An image of another's planes, which lie where the driver has them; and of textures that do not. */
static void imported_planes(void **state) {
	struct gpu gpu;
	(void)state;
	planes_begin_comparison();
	for (size_t i = 0; i < 2 * PLANAR_FORMATS; i++) {
		const struct planar *format = &planar_formats[i / 2];
		const VkImageCreateInfo info = planar_info(format, planar_tilings[i % 2]);
		struct tongs_texture *textures[3] = {NULL}, *bad[3] = {NULL}, *other;
		/* One for each: what is refused too often is no longer reported. */
		gpu_init(&gpu, &PLANES_OPTIONS);
		VkImage first = planar_create(&gpu, &info), image;
		if (!first) {
			gpu_finish(&gpu);
			continue;
		}
		VkDeviceMemory memory = planar_bind(&gpu, first, true);
		for (uint32_t plane = 0; plane < format->count; plane++)
			textures[plane] = bad[plane] = tongs_texture_ref(plane_object(&gpu, first, plane));
		vkDestroyImage(gpu.device, first, NULL);
		vkFreeMemory(gpu.device, memory, NULL);

		refuse_planes(&gpu, &info, textures, format->count - 1, VK_ERROR_VALIDATION_FAILED_EXT);
		bad[0] = textures[1];
		refuse_planes(&gpu, &info, bad, format->count, VK_ERROR_INVALID_EXTERNAL_HANDLE);
		bad[0] = NULL;
		refuse_planes(&gpu, &info, bad, format->count, VK_ERROR_INVALID_EXTERNAL_HANDLE);
		bad[0] = textures[0];
		/* Of the right shape, elsewhere. */
		const VkExtent3D extent = plane_extent(format, format->count - 1);
		const struct tongs_texture_info elsewhere =
			tongs_texture_info_2d(format->planes[format->count - 1].metal, extent.width, extent.height);
		bad[format->count - 1] = metal_new_texture(&gpu, device_object(&gpu), &elsewhere);
		assert_non_null(bad[format->count - 1]);
		refuse_planes(&gpu, &info, bad, format->count, VK_ERROR_INVALID_EXTERNAL_HANDLE);
		tongs_texture_unref(bad[format->count - 1]);
		/* Of another image like it, and all of an image of the other tiling. */
		VkDeviceMemory other_memory;
		first = planar_create(&gpu, &info);
		other_memory = planar_bind(&gpu, first, true);
		other = plane_object(&gpu, first, format->count - 1);
		bad[format->count - 1] = other;
		refuse_planes(&gpu, &info, bad, format->count, VK_ERROR_INVALID_EXTERNAL_HANDLE);
		vkDestroyImage(gpu.device, first, NULL);
		vkFreeMemory(gpu.device, other_memory, NULL);
		bad[format->count - 1] = textures[format->count - 1];
		VkImageCreateInfo larger = info;
		larger.extent.height += 2;
		refuse_planes(&gpu, &larger, bad, format->count, VK_ERROR_INVALID_EXTERNAL_HANDLE);
		refuse_alone(&gpu, format, textures[0]);

		assert_vk(try_import_planes(&gpu, &info, textures, format->count, &image));
		for (uint32_t plane = 0; plane < format->count; plane++) {
			assert_ptr_equal(plane_object(&gpu, image, plane), textures[plane]);
			tongs_texture_unref(textures[plane]);
		}
		memory = planar_bind(&gpu, image, planar_must_dedicate(&gpu, &info)); /* programs bind all images */
		planes_check(&gpu, image, format);
		vkDestroyImage(gpu.device, image, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
		for (uint32_t plane = 0; plane < format->count; plane++)
			assert_int_equal(tongs_handle_kind(textures[plane]), TONGS_KIND_NONE);
		gpu_finish(&gpu);
	}
	planes_end_comparison();
}

static VkResult try_import_surface(
	struct gpu *gpu, const VkImageCreateInfo *info, struct tongs_surface *surface, VkImage *image) {
	const VkExportMetalObjectCreateInfoEXT again = object_info(EXPORT(IOSURFACE), NULL),
					       texture = object_info(EXPORT(TEXTURE), &again);
	const VkImportMetalIOSurfaceInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_IO_SURFACE_INFO_EXT,
		.pNext = &texture,
		.ioSurface = (void *)surface,
	};
	VkImageCreateInfo shared = *info;
	shared.pNext = &import;
	*image = (VkImage)(uintptr_t)1;
	gpu->reports = 0;
	return vkCreateImage(gpu->device, &shared, NULL, image);
}

/* The plane's rows, through the surface's addresses. */
static void check_surface_rows(
	struct gpu *gpu, VkImage image, const struct planar *format, struct tongs_surface *surface) {
	static uint8_t sent[PLANE_MOST_BYTES];
	struct tongs_surface_info info;
	tongs_surface_get_info(surface, &info);
	assert_int_equal(info.plane_count, format->count);
	for (uint32_t i = 0; i < format->count; i++) {
		const VkExtent3D extent = plane_extent(format, i);
		const size_t row = (size_t)extent.width * format->planes[i].bytes;
		const uint8_t *bytes = tongs_surface_get_base_address_of_plane(surface, i);
		assert_int_equal(info.planes[i].width, extent.width);
		assert_int_equal(info.planes[i].height, extent.height);
		assert_int_equal(info.planes[i].bytes_per_element, format->planes[i].bytes);
		assert_ptr_equal(tongs_texture_get_surface(plane_object(gpu, image, i)), surface);
		assert_int_equal(tongs_texture_get_surface_plane(plane_object(gpu, image, i)), i);
		if (!planes_execute())
			continue;
		plane_fill(format, i, 23, sent);
		plane_copy(gpu, image, format, i, sent, true);
		for (size_t y = 0; y < extent.height; y++)
			assert_memory_equal(bytes + y * info.planes[i].bytes_per_row, sent + y * row, row);
	}
}

/* New ones, imports of surfaces whose planes lie where the driver has them, and of others. */
static void surfaces_with_planes(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &PLANES_OPTIONS);
	planes_begin_comparison();
	for (size_t i = 0; i < 2 * PLANAR_FORMATS; i++) {
		const struct planar *format = &planar_formats[i / 2];
		const VkImageCreateInfo info = planar_info(format, planar_tilings[i % 2]),
					rows = planar_info(format, VK_IMAGE_TILING_LINEAR);
		VkImage image;
		if (!can_share_image(&gpu, &info, planar_type(&info)))
			continue;
		VkResult result = try_import_surface(&gpu, &info, NULL, &image);
		if (result != VK_SUCCESS) {
			assert_int_equal(result, VK_ERROR_FEATURE_NOT_PRESENT);
			assert_true(image == VK_NULL_HANDLE);
			assert_false(has_unified_memory(&gpu) && planar_has_layout(&gpu, &rows));
			assert_reported(&gpu, "TONGS-metal-surface");
			continue;
		}
		struct tongs_surface *surface = surface_object(&gpu, image);
		struct tongs_surface_info properties;
		assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_SURFACE);
		tongs_surface_get_info(surface, &properties);
		assert_int_equal(properties.pixel_format, format->pixel_format);
		planes_check(&gpu, image, format);
		check_surface_rows(&gpu, image, format, surface);
		vkDestroyImage(gpu.device, image, NULL);
		assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_NONE);

		surface = tongs_surface_new(&properties);
		assert_non_null(surface);
		assert_vk(try_import_surface(&gpu, &info, surface, &image));
		tongs_surface_unref(surface);
		assert_ptr_equal(surface_object(&gpu, image), surface);
		planes_check(&gpu, image, format);
		check_surface_rows(&gpu, image, format, surface);
		vkDestroyImage(gpu.device, image, NULL);
		assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_NONE);

		properties.alloc_size = 0;
		properties.planes[1].size = 0;
		properties.planes[1].offset += 4096;
		surface = tongs_surface_new(&properties);
		assert_non_null(surface);
		assert_int_equal(try_import_surface(&gpu, &info, surface, &image), VK_ERROR_INVALID_EXTERNAL_HANDLE);
		assert_true(image == VK_NULL_HANDLE);
		assert_reported(&gpu, "TONGS-metal-object");
		tongs_surface_unref(surface);
	}
	gpu_finish(&gpu);
	planes_end_comparison();
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(imported_planes),
		cmocka_unit_test(surfaces_with_planes),
	};
	return cmocka_run_group_tests_name("layer: imports of planes", tests, NULL, NULL);
}
