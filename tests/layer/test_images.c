/* SPDX-License-Identifier: MIT */
/* Images shared as MTLTEXTURE, MTLHEAP and, LINEAR ones, MTLBUFFER: the same texels on every side. */
#include <stdlib.h>
#include <string.h>

#include "metal_side.h"

/* Neither is a multiple of what drivers pad rows and heights to. */
enum { WIDTH = 53, HEIGHT = 37 };

static const struct {
	VkFormat format;
	MTLPixelFormat metal;
	size_t texel;
} formats[] = {
	{VK_FORMAT_R8_UNORM, MTLPixelFormatR8Unorm, 1},
	{VK_FORMAT_R8G8_UNORM, MTLPixelFormatRG8Unorm, 2},
	{VK_FORMAT_R5G6B5_UNORM_PACK16, MTLPixelFormatB5G6R5Unorm, 2},
	{VK_FORMAT_R8G8B8A8_UNORM, MTLPixelFormatRGBA8Unorm, 4},
	{VK_FORMAT_R8G8B8A8_SRGB, MTLPixelFormatRGBA8Unorm_sRGB, 4},
	{VK_FORMAT_B8G8R8A8_UNORM, MTLPixelFormatBGRA8Unorm, 4},
	{VK_FORMAT_B8G8R8A8_SRGB, MTLPixelFormatBGRA8Unorm_sRGB, 4},
	{VK_FORMAT_A2B10G10R10_UNORM_PACK32, MTLPixelFormatRGB10A2Unorm, 4},
	{VK_FORMAT_B10G11R11_UFLOAT_PACK32, MTLPixelFormatRG11B10Float, 4},
	{VK_FORMAT_R32_UINT, MTLPixelFormatR32Uint, 4},
	{VK_FORMAT_R16G16B16A16_SFLOAT, MTLPixelFormatRGBA16Float, 8},
	{VK_FORMAT_R32G32B32A32_SFLOAT, MTLPixelFormatRGBA32Float, 16},
	{VK_FORMAT_R32G32B32A32_UINT, MTLPixelFormatRGBA32Uint, 16},
};

static void check_both_ways(
	struct gpu *gpu, VkImage image, const VkImageCreateInfo *info, struct tongs_texture *texture, size_t texel) {
	static uint8_t sent[WIDTH * HEIGHT * 16], got[WIDTH * HEIGHT * 16];
	const size_t size = WIDTH * HEIGHT * texel;
	fill_noise(sent, size, 11);
	gpu_write_image(gpu, image, WIDTH, HEIGHT, sent, size);
	memset(got, 0, size);
	assert_true(metal_read_image(gpu, texture, info, got));
	assert_memory_equal(got, sent, size);

	fill_noise(sent, size, 12);
	assert_true(metal_write_image(gpu, texture, info, sent));
	memset(got, 0, size);
	gpu_read_image(gpu, image, WIDTH, HEIGHT, got, size);
	assert_memory_equal(got, sent, size);
}

static void exported_as_texture(void **state) {
	static const VkImageTiling tilings[] = {VK_IMAGE_TILING_OPTIMAL, VK_IMAGE_TILING_LINEAR};
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (size_t i = 0; i < 2 * sizeof(formats) / sizeof(*formats); i++) {
		VkImageCreateInfo info = image_info(formats[i / 2].format, WIDTH, HEIGHT, tilings[i % 2]);
		VkImage image = make_image(&gpu, &info, MTLTEXTURE);
		VkDeviceMemory memory = export_for_image(&gpu, image, MTLTEXTURE);
		struct tongs_texture *texture = handle_of(&gpu, memory, MTLTEXTURE);
		struct tongs_texture_info got;
		tongs_texture_get_info(texture, &got);
		assert_int_equal(got.type, MTLTextureType2D);
		assert_int_equal(got.pixel_format, formats[i / 2].metal);
		assert_int_equal(got.width, WIDTH);
		assert_int_equal(got.height, HEIGHT);
		assert_int_equal(got.mipmap_level_count, 1);
		assert_int_equal(got.array_length, 1);
		check_both_ways(&gpu, image, &info, texture, formats[i / 2].texel);
		vkDestroyImage(gpu.device, image, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
	}
	gpu_finish(&gpu);
}

/* A texture placed in the exported heap where Vulkan bound its image is that image. */
static void exported_as_heap(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		VkImageCreateInfo create = image_info(formats[i].format, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
		if (needs_dedicated(&gpu, &create, MTLHEAP))
			continue;
		VkImage image = make_image(&gpu, &create, MTLHEAP);
		VkMemoryRequirements requirements;
		vkGetImageMemoryRequirements(gpu.device, image, &requirements);
		VkDeviceSize offset = 2 * requirements.alignment;
		VkDeviceMemory memory = export_memory(&gpu, offset + requirements.size,
			pick_type(&gpu, requirements.memoryTypeBits, 0), MTLHEAP, VK_NULL_HANDLE, VK_NULL_HANDLE);
		assert_vk(vkBindImageMemory(gpu.device, image, memory, offset));

		struct tongs_heap *heap = handle_of(&gpu, memory, MTLHEAP);
		struct tongs_texture_info info = tongs_texture_info_2d(formats[i].metal, WIDTH, HEIGHT);
		info.resource_options = tongs_heap_get_resource_options(heap);
		MTLSizeAndAlign metal_requirements =
			tongs_device_get_heap_texture_size_and_align(tongs_heap_get_device(heap), &info);
		assert_true(metal_requirements.size > 0 && metal_requirements.size <= requirements.size);
		assert_true(metal_requirements.align > 0 && metal_requirements.align <= requirements.alignment);
		struct tongs_texture *texture = tongs_heap_new_texture_at(heap, &info, offset);
		assert_non_null(texture);
		check_both_ways(&gpu, image, &create, texture, formats[i].texel);
		tongs_texture_unref(texture);
		vkDestroyImage(gpu.device, image, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
	}
	gpu_finish(&gpu);
}

/* A LINEAR image's memory as a buffer, and a texture over it with Vulkan's row pitch. */
static void linear_exported_as_buffer(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	const VkExternalMemoryHandleTypeFlags types = has_unified_memory(&gpu) ? MTLBUFFER | MTLHEAP : MTLBUFFER;
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		VkImageCreateInfo create = image_info(formats[i].format, WIDTH, HEIGHT, VK_IMAGE_TILING_LINEAR);
		VkImage image = make_image(&gpu, &create, types);
		VkDeviceMemory memory = export_for_image(&gpu, image, types);
		const VkImageSubresource first = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT};
		VkSubresourceLayout layout;
		vkGetImageSubresourceLayout(gpu.device, image, &first, &layout);

		struct tongs_buffer *buffer = handle_of(&gpu, memory, MTLBUFFER);
		struct tongs_device *device = tongs_resource_get_device(tongs_buffer_get_resource(buffer));
		NSUInteger alignment = tongs_device_get_minimum_linear_texture_alignment(device, formats[i].metal);
		NSUInteger pitch = (WIDTH * formats[i].texel + alignment - 1) / alignment * alignment;
		assert_int_equal(pitch, layout.rowPitch);
		struct tongs_texture_info info = tongs_texture_info_2d(formats[i].metal, WIDTH, HEIGHT);
		info.resource_options = tongs_resource_get_resource_options(tongs_buffer_get_resource(buffer));
		struct tongs_texture *texture = tongs_buffer_new_texture(buffer, &info, layout.offset, pitch);
		assert_non_null(texture);
		check_both_ways(&gpu, image, &create, texture, formats[i].texel);
		tongs_texture_unref(texture);
		vkDestroyImage(gpu.device, image, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
	}
	gpu_finish(&gpu);
}

/* Vulkan's clear, a Metal sub-region unless the texture is Private, and nothing else changed. */
static void clear_then_replace_a_region(void **state) {
	static uint8_t got[WIDTH * HEIGHT][4];
	const uint8_t patch[5 * 3][4] = {{1, 2, 3, 4}, {5, 6, 7, 8}, [14] = {250, 251, 252, 253}};
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	VkImageCreateInfo create = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	VkImage image = make_image(&gpu, &create, MTLTEXTURE);
	VkDeviceMemory memory = export_for_image(&gpu, image, MTLTEXTURE);
	struct tongs_texture *texture = handle_of(&gpu, memory, MTLTEXTURE);

	const VkImageSubresourceRange range = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
	const VkImageMemoryBarrier barrier = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
		.dstAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
		.newLayout = VK_IMAGE_LAYOUT_GENERAL,
		.srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
		.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
		.image = image,
		.subresourceRange = range,
	};
	const VkClearColorValue color = {.float32 = {1.0f, 0.0f, 0.2f, 0.6f}};
	VkCommandBuffer commands = begin(&gpu);
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, NULL, 0,
		NULL, 1, &barrier);
	vkCmdClearColorImage(commands, image, VK_IMAGE_LAYOUT_GENERAL, &color, 1, &range);
	submit(&gpu, commands);
	const bool is_shared = !is_private(tongs_texture_get_resource(texture));
	assert_int_equal(
		tongs_texture_replace_region(texture, MTLRegionMake2D(40, 30, 5, 3), 0, 0, patch, 5 * 4, 0), is_shared);
	gpu_read_image(&gpu, image, WIDTH, HEIGHT, got, sizeof(got));
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++) {
			static const uint8_t clear[4] = {255, 0, 51, 153};
			bool inside = is_shared && x >= 40 && x < 45 && y >= 30 && y < 33;
			assert_memory_equal(got[y * WIDTH + x], inside ? patch[(y - 30) * 5 + x - 40] : clear, 4);
		}
	assert_false(tongs_texture_get_bytes(texture, got, 4 * WIDTH, 0, MTLRegionMake2D(1, 0, WIDTH, 1), 0, 0));
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

/* The image may go before its memory, and the texture outlives both. */
static void texture_outlives_image_and_memory(void **state) {
	static uint8_t sent[WIDTH * HEIGHT * 4], got[WIDTH * HEIGHT * 4];
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	VkImageCreateInfo create = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	VkImage image = make_image(&gpu, &create, MTLTEXTURE);
	VkDeviceMemory memory = export_for_image(&gpu, image, MTLTEXTURE);
	struct tongs_texture *texture = handle_of(&gpu, memory, MTLTEXTURE);
	fill_noise(sent, sizeof(sent), 13);
	gpu_write_image(&gpu, image, WIDTH, HEIGHT, sent, sizeof(sent));
	vkDestroyImage(gpu.device, image, NULL);
	assert_ptr_equal(handle_of(&gpu, memory, MTLTEXTURE), texture);
	tongs_texture_ref(texture);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
	assert_true(metal_read_image(NULL, texture, &create, got));
	assert_memory_equal(got, sent, sizeof(sent));
	tongs_texture_unref(texture);
	assert_int_equal(tongs_handle_kind(texture), TONGS_KIND_NONE);
}

/* Structs around the one that names the handle types: those that would narrow the image are left out on the way down.
 */
static void created_with_structs_before_and_behind(void **state) {
	static const VkFormat formats_listed[] = {VK_FORMAT_R8G8B8A8_UNORM, VK_FORMAT_R8G8B8A8_SRGB};
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	const VkImageFormatListCreateInfo behind = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO,
		.viewFormatCount = 2,
		.pViewFormats = formats_listed,
	};
	VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	info.flags = VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT;
	info.pNext = &behind;
	VkImage image = make_image(&gpu, &info, MTLTEXTURE);
	VkDeviceMemory memory = export_for_image(&gpu, image, MTLTEXTURE);
	check_both_ways(&gpu, image, &info, handle_of(&gpu, memory, MTLTEXTURE), 4);
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);

	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = MTLTEXTURE,
	};
	VkImageFormatListCreateInfo before = behind;
	before.pNext = &external;
	info.pNext = &before;
	assert_vk(vkCreateImage(gpu.device, &info, NULL, &image));
	memory = export_for_image(&gpu, image, MTLTEXTURE);
	check_both_ways(&gpu, image, &info, handle_of(&gpu, memory, MTLTEXTURE), 4);
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

/* The driver is never queried for the layout of a level or layer that does not exist. */
static void images_without_texels_are_refused(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (int i = 0; i < 5; i++) {
		const VkExternalMemoryImageCreateInfo external = {
			.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
			.handleTypes = MTLTEXTURE,
		};
		VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_LINEAR);
		uint32_t *const counts[] = {&info.extent.width, &info.extent.height, &info.extent.depth,
			&info.mipLevels, &info.arrayLayers};
		VkImage image = (VkImage)(uintptr_t)&gpu;
		*counts[i] = 0;
		info.pNext = &external;
		assert_int_equal(vkCreateImage(gpu.device, &info, NULL, &image), VK_ERROR_VALIDATION_FAILED_EXT);
		assert_true(image == VK_NULL_HANDLE);
		assert_reported(&gpu, "00990");
	}
	gpu_finish(&gpu);
}

/* Whether Vulkan has a buffer for the rows that requires no more than the image's memory. */
static bool has_room_for_buffer(struct gpu *gpu, struct tongs_buffer *metal, const VkSubresourceLayout *layout) {
	VkMemoryRequirements requirements;
	VkBuffer buffer =
		make_buffer_for(gpu, MTLBUFFER, metal, layout->offset + HEIGHT * layout->rowPitch, &requirements);
	vkDestroyBuffer(gpu->device, buffer, NULL);
	return requirements.size <= tongs_buffer_get_length(metal);
}

/* Of texels of 4 bytes. */
static void check_rows(
	struct gpu *gpu, struct tongs_buffer *buffer, const VkSubresourceLayout *layout, const uint8_t *wanted) {
	static uint8_t got[2 * WIDTH * HEIGHT * 4];
	assert_true(HEIGHT * layout->rowPitch <= sizeof(got));
	metal_read_buffer(gpu, buffer, layout->offset, got, (HEIGHT - 1) * layout->rowPitch + (size_t)WIDTH * 4);
	for (size_t y = 0; y < HEIGHT; y++)
		assert_memory_equal(got + y * layout->rowPitch, wanted + y * WIDTH * 4, WIDTH * 4);
}

/* Memory may be exported as what the image was not created for, if images like it could be: with its flags, which here
 * let it have usage that only formats of its views have. */
static void exported_as_another_type_with_flags(void **state) {
	static const struct {
		VkFormat format;
		VkImageUsageFlags usage;
		VkImageCreateFlags flags;
	} rows[] = {
		{VK_FORMAT_R8G8B8A8_SRGB, VK_IMAGE_USAGE_STORAGE_BIT,
			VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT | VK_IMAGE_CREATE_EXTENDED_USAGE_BIT},
		{VK_FORMAT_B8G8R8A8_SRGB, VK_IMAGE_USAGE_STORAGE_BIT | VK_IMAGE_USAGE_SAMPLED_BIT,
			VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT | VK_IMAGE_CREATE_EXTENDED_USAGE_BIT},
	};
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		VkImageCreateInfo info = image_info(rows[i].format, WIDTH, HEIGHT, VK_IMAGE_TILING_LINEAR);
		info.usage |= rows[i].usage;
		info.flags |= rows[i].flags;
		if (!can_share_image(&gpu, &info, MTLBUFFER))
			continue;
		VkImage image = make_image(&gpu, &info, MTLHEAP);
		if (!can_combine(&gpu)) {
			vkDestroyImage(gpu.device, image, NULL);
			continue;
		}
		VkMemoryRequirements requirements;
		vkGetImageMemoryRequirements(gpu.device, image, &requirements);
		VkDeviceMemory memory = export_memory(&gpu, requirements.size,
			pick_combined(&gpu, requirements.memoryTypeBits), MTLBUFFER | MTLHEAP, image, VK_NULL_HANDLE);
		assert_vk(vkBindImageMemory(gpu.device, image, memory, 0));
		const VkImageSubresource first = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT};
		VkSubresourceLayout layout;
		vkGetImageSubresourceLayout(gpu.device, image, &first, &layout);
		static uint8_t sent[WIDTH * HEIGHT * 4];
		fill_noise(sent, sizeof(sent), 21);
		gpu_write_image(&gpu, image, WIDTH, HEIGHT, sent, sizeof(sent));
		struct tongs_buffer *metal = handle_of(&gpu, memory, MTLBUFFER);
		if (!is_private(tongs_buffer_get_resource(metal)) || has_room_for_buffer(&gpu, metal, &layout))
			check_rows(&gpu, metal, &layout, sent);
		vkDestroyImage(gpu.device, image, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
	}
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exported_as_texture),
		cmocka_unit_test(exported_as_heap),
		cmocka_unit_test(exported_as_another_type_with_flags),
		cmocka_unit_test(linear_exported_as_buffer),
		cmocka_unit_test(clear_then_replace_a_region),
		cmocka_unit_test(texture_outlives_image_and_memory),
		cmocka_unit_test(created_with_structs_before_and_behind),
		cmocka_unit_test(images_without_texels_are_refused),
	};
	return cmocka_run_group_tests_name("layer: images", tests, NULL, NULL);
}
