/* SPDX-License-Identifier: MIT */
/* Textures over IOSurfaces, imported as MTLTEXTURE: Vulkan's pixels are the surface's bytes, both ways. */
#include <stdlib.h>
#include <string.h>

#include "metal_side.h"

#define FOURCC(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

enum { MOST_BYTES = 65536 };

struct plane {
	MTLPixelFormat metal;
	VkFormat vulkan;
	uint32_t bytes, width, height;
};

static const struct surface {
	uint32_t pixel_format;
	struct plane planes[2];
} surfaces[] = {
	{FOURCC('B', 'G', 'R', 'A'), {{MTLPixelFormatBGRA8Unorm, VK_FORMAT_B8G8R8A8_UNORM, 4, 53, 37}}},
	{FOURCC('R', 'G', 'B', 'A'), {{MTLPixelFormatRGBA8Unorm, VK_FORMAT_R8G8B8A8_UNORM, 4, 53, 37}}},
	{FOURCC('l', '1', '0', 'r'), {{MTLPixelFormatBGR10A2Unorm, VK_FORMAT_A2R10G10B10_UNORM_PACK32, 4, 53, 37}}},
	{FOURCC('R', '1', '0', 'k'), {{MTLPixelFormatRGB10A2Unorm, VK_FORMAT_A2B10G10R10_UNORM_PACK32, 4, 53, 37}}},
	{FOURCC('R', 'G', 'h', 'A'), {{MTLPixelFormatRGBA16Float, VK_FORMAT_R16G16B16A16_SFLOAT, 8, 53, 37}}},
	{FOURCC('4', '2', '0', 'v'), {{MTLPixelFormatR8Unorm, VK_FORMAT_R8_UNORM, 1, 106, 38},
					     {MTLPixelFormatRG8Unorm, VK_FORMAT_R8G8_UNORM, 2, 53, 19}}},
	{FOURCC('4', '2', '0', 'f'), {{MTLPixelFormatR8Unorm, VK_FORMAT_R8_UNORM, 1, 1920, 8},
					     {MTLPixelFormatRG8Unorm, VK_FORMAT_R8G8_UNORM, 2, 960, 4}}},
	{FOURCC('x', '4', '2', '0'), {{MTLPixelFormatR16Unorm, VK_FORMAT_R16_UNORM, 2, 106, 38},
					     {MTLPixelFormatRG16Unorm, VK_FORMAT_R16G16_UNORM, 4, 53, 19}}},
};

static uint32_t count_planes(const struct surface *surface) {
	return surface->planes[1].bytes ? 2 : 1;
}

/* With the default pitches, which must suit the device, or with its own. */
static struct tongs_surface *make_surface(const struct surface *row, struct tongs_device *device, bool defaults) {
	struct tongs_surface_info info = {.pixel_format = row->pixel_format, .plane_count = count_planes(row)};
	for (uint32_t i = 0; i < info.plane_count; i++) {
		const struct plane *plane = &row->planes[i];
		const NSUInteger alignment = tongs_device_get_minimum_linear_texture_alignment(device, plane->metal);
		info.planes[i].width = plane->width;
		info.planes[i].height = plane->height;
		info.planes[i].bytes_per_element = plane->bytes;
		if (!defaults && alignment)
			info.planes[i].bytes_per_row =
				(plane->width * plane->bytes + alignment - 1) / alignment * alignment;
	}
	if (info.plane_count == 1) {
		info.whole = info.planes[0];
		info.plane_count = 0;
	}
	struct tongs_surface *surface = tongs_surface_new(&info);
	assert_non_null(surface);
	return surface;
}

/* The bytes of a plane without those between its rows. */
static void copy_rows(
	struct tongs_surface *surface, uint32_t number, const struct plane *plane, uint8_t *texels, bool to_surface) {
	struct tongs_surface_info info;
	tongs_surface_get_info(surface, &info);
	const size_t pitch = info.plane_count ? info.planes[number].bytes_per_row : info.whole.bytes_per_row;
	const size_t row = (size_t)plane->width * plane->bytes;
	uint8_t *bytes = tongs_surface_get_base_address_of_plane(surface, number);
	for (size_t y = 0; y < plane->height; y++) {
		if (to_surface)
			memcpy(bytes + y * pitch, texels + y * row, row);
		else
			memcpy(texels + y * row, bytes + y * pitch, row);
	}
}

/* Noise of which every bit is kept by copies of the format. */
static void fill(uint8_t *texels, size_t size, const struct plane *plane, uint32_t seed) {
	fill_texels(texels, size, tongs_format_from_metal(plane->metal), seed);
}

static bool begins_with_texels(struct gpu *gpu, VkImage image) {
	const VkImageSubresource first = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT};
	VkSubresourceLayout layout;
	vkGetImageSubresourceLayout(gpu->device, image, &first, &layout);
	return layout.offset == 0;
}

/* A driver that imports no host pages, or puts the texels elsewhere. */
static void refuse(struct gpu *gpu, uint32_t types, struct tongs_texture *texture, VkImage image) {
	VkDeviceMemory memory = (VkDeviceMemory)(uintptr_t)1;
	gpu->reports = 0;
	assert_int_equal(try_import(gpu, MTLTEXTURE, texture, 0, types ? pick_mapped(gpu, types) : 0, image, &memory),
		VK_ERROR_INVALID_EXTERNAL_HANDLE);
	assert_reported(gpu, "10412");
}

/* Imports a plane's texture under an image, and compares with the surface's bytes in both directions. False: the driver
 * cannot, and says so. */
static bool check_import(struct gpu *gpu, struct tongs_surface *surface, uint32_t number, const struct plane *plane,
	VkImage image, struct tongs_texture *texture) {
	static uint8_t sent[MOST_BYTES], got[MOST_BYTES];
	const size_t size = (size_t)plane->width * plane->height * plane->bytes;
	VkDeviceMemory memory;
	assert_true(size <= MOST_BYTES);
	const uint32_t types = handle_types(gpu, MTLTEXTURE, texture);
	assert_true(types || !imports_host_pages(gpu));
	if (!types || !begins_with_texels(gpu, image)) {
		refuse(gpu, types, texture, image);
		return false;
	}
	assert_vk(try_import(gpu, MTLTEXTURE, texture, 0, pick_mapped(gpu, types), image, &memory));
	assert_vk(vkBindImageMemory(gpu->device, image, memory, 0));
	assert_ptr_equal(handle_of(gpu, memory, MTLTEXTURE), texture);

	fill(sent, size, plane, 11 + number);
	gpu_write_image(gpu, image, plane->width, plane->height, sent, size);
	copy_rows(surface, number, plane, got, false);
	assert_memory_equal(got, sent, size);
	const MTLRegion all = MTLRegionMake2D(0, 0, plane->width, plane->height);
	memset(got, 0, size);
	assert_true(tongs_texture_get_bytes(texture, got, (NSUInteger)plane->width * plane->bytes, 0, all, 0, 0));
	assert_memory_equal(got, sent, size);

	fill(sent, size, plane, 31 + number);
	copy_rows(surface, number, plane, sent, true);
	gpu_read_image(gpu, image, plane->width, plane->height, got, size);
	assert_memory_equal(got, sent, size);
	vkFreeMemory(gpu->device, memory, NULL);
	return true;
}

/* The planes of a surface; those before keep their texels. */
static void check_surface(
	struct gpu *gpu, struct tongs_device *device, const struct surface *row, bool defaults, unsigned *compared) {
	struct tongs_surface *surface = make_surface(row, device, defaults);
	static uint8_t first[MOST_BYTES], still[MOST_BYTES];
	for (uint32_t i = 0; i < count_planes(row); i++) {
		const struct plane *plane = &row->planes[i];
		const struct tongs_texture_info info = tongs_texture_info_2d(plane->metal, plane->width, plane->height);
		const VkImageCreateInfo create =
			image_info(plane->vulkan, plane->width, plane->height, VK_IMAGE_TILING_LINEAR);
		if (!has_unified_memory(gpu) && !can_share_image(gpu, &create, MTLTEXTURE))
			break;
		struct tongs_texture *texture = tongs_device_new_texture_from_surface(device, &info, surface, i);
		assert_non_null(texture);
		VkImage image = make_image(gpu, &create, MTLTEXTURE);
		if (check_import(gpu, surface, i, plane, image, texture))
			++*compared;
		vkDestroyImage(gpu->device, image, NULL);
		tongs_texture_unref(texture);
		if (i == 0)
			copy_rows(surface, 0, plane, first, false);
		copy_rows(surface, 0, &row->planes[0], still, false);
		assert_memory_equal(
			first, still, (size_t)row->planes[0].width * row->planes[0].height * row->planes[0].bytes);
	}
	tongs_surface_unref(surface);
}

static struct tongs_device *metal_device(struct gpu *gpu) {
	VkPhysicalDeviceIDProperties id = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &id};
	vkGetPhysicalDeviceProperties2(gpu->physical_device, &properties);
	struct tongs_device *device = tongs_device_new_from_uuid(id.deviceUUID);
	assert_non_null(device);
	return device;
}

static void planes_are_images(void **state) {
	struct gpu gpu;
	unsigned compared = 0;
	(void)state;
	gpu_init(&gpu, NULL);
	struct tongs_device *device = metal_device(&gpu);
	for (size_t i = 0; i < sizeof(surfaces) / sizeof(surfaces[0]); i++) {
		check_surface(&gpu, device, &surfaces[i], false, &compared);
		check_surface(&gpu, device, &surfaces[i], true, &compared);
	}
	tongs_device_unref(device);
	print_message("# %u planes compared as images\n", compared);
	gpu_finish(&gpu);
	if (!compared)
		skip();
}

/* The image of one import outlives the program's references to surface and texture. */
static void memory_keeps_the_surface(void **state) {
	struct gpu gpu;
	static uint8_t sent[53 * 37 * 4], got[53 * 37 * 4];
	(void)state;
	gpu_init(&gpu, NULL);
	const struct plane *plane = &surfaces[1].planes[0];
	const VkImageCreateInfo create = image_info(plane->vulkan, plane->width, plane->height, VK_IMAGE_TILING_LINEAR);
	VkImage image = make_image(&gpu, &create, MTLTEXTURE);
	if (!imports_host_pages(&gpu) || !begins_with_texels(&gpu, image)) {
		vkDestroyImage(gpu.device, image, NULL);
		gpu_finish(&gpu);
		skip();
	}
	struct tongs_device *device = metal_device(&gpu);
	struct tongs_surface *surface = make_surface(&surfaces[1], device, false);
	const struct tongs_texture_info info = tongs_texture_info_2d(plane->metal, plane->width, plane->height);
	struct tongs_texture *texture = tongs_device_new_texture_from_surface(device, &info, surface, 0);
	assert_non_null(texture);
	VkDeviceMemory memory;
	assert_vk(try_import(&gpu, MTLTEXTURE, texture, 0, pick_mapped(&gpu, handle_types(&gpu, MTLTEXTURE, texture)),
		image, &memory));
	assert_vk(vkBindImageMemory(gpu.device, image, memory, 0));
	const uint32_t id = tongs_surface_get_id(surface);
	tongs_texture_unref(texture);
	tongs_surface_unref(surface);
	tongs_device_unref(device);
	fill_noise(sent, sizeof(sent), 5);
	gpu_write_image(&gpu, image, plane->width, plane->height, sent, sizeof(sent));
	gpu_read_image(&gpu, image, plane->width, plane->height, got, sizeof(got));
	assert_memory_equal(got, sent, sizeof(sent));
	struct tongs_surface *found = tongs_surface_new_from_id(id);
	assert_ptr_equal(found, surface);
	assert_ptr_equal(tongs_texture_get_surface(handle_of(&gpu, memory, MTLTEXTURE)), surface);
	copy_rows(found, 0, plane, got, false);
	assert_memory_equal(got, sent, sizeof(sent));
	tongs_surface_unref(found);
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	assert_null(tongs_surface_new_from_id(id));
	gpu_finish(&gpu);
}

static NSUInteger default_pitch(const struct plane *plane) {
	const struct tongs_surface_info info = {
		.whole = {.width = plane->width, .height = plane->height, .bytes_per_element = plane->bytes}};
	struct tongs_surface_info made;
	struct tongs_surface *surface = tongs_surface_new(&info);
	assert_non_null(surface);
	tongs_surface_get_info(surface, &made);
	tongs_surface_unref(surface);
	return made.whole.bytes_per_row;
}

/* An import must have its rows where the driver has them. */
static void default_pitches_are_the_drivers(void **state) {
	struct gpu gpu;
	unsigned compared = 0;
	(void)state;
	gpu_init(&gpu, NULL);
	for (size_t i = 0; i < sizeof(surfaces) / sizeof(surfaces[0]); i++)
		for (uint32_t p = 0; p < count_planes(&surfaces[i]); p++) {
			const struct plane *plane = &surfaces[i].planes[p];
			const VkImageSubresource first = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT};
			const VkImageCreateInfo create =
				image_info(plane->vulkan, plane->width, plane->height, VK_IMAGE_TILING_LINEAR);
			VkSubresourceLayout layout;
			if (!can_share_image(&gpu, &create, MTLTEXTURE))
				continue;
			VkImage image = make_image(&gpu, &create, MTLTEXTURE);
			vkGetImageSubresourceLayout(gpu.device, image, &first, &layout);
			assert_int_equal(default_pitch(plane), layout.rowPitch);
			vkDestroyImage(gpu.device, image, NULL);
			compared++;
		}
	print_message("# %u pitches compared\n", compared);
	gpu_finish(&gpu);
	if (!compared)
		skip();
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_pitches_are_the_drivers),
		cmocka_unit_test(planes_are_images),
		cmocka_unit_test(memory_keeps_the_surface),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
