/* SPDX-License-Identifier: MIT */
/* Images whose layout only the driver knows: depth, stencil and samples, as textures and in heaps. */
#include <stdlib.h>
#include <string.h>

#include "texels.h"

enum { WIDTH = 45, HEIGHT = 30 };

static const struct format *find_format(VkFormat vulkan) {
	for (size_t i = 0; i < format_count; i++)
		if (formats[i].vulkan == vulkan)
			return &formats[i];
	fail_msg("no format %d", vulkan);
	return NULL;
}

static VkImageCreateInfo depth_info(VkFormat format) {
	VkImageCreateInfo info = image_info(format, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	info.usage |= VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT;
	return info;
}

/* Ends the test as skipped where such images are out of host memory's reach: never on unified memory. */
static void require(struct gpu *gpu, const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags type) {
	if (has_unified_memory(gpu) || can_share_image(gpu, info, type))
		return;
	gpu_finish(gpu);
	skip();
}

/* A depth image's heap holds the image: another device that imports it reads the same depths. */
static void depth_in_a_heap(void **state) {
	struct gpu gpu, other;
	const struct format *format = find_format(VK_FORMAT_D32_SFLOAT);
	static float sent[WIDTH * HEIGHT], got[WIDTH * HEIGHT];
	(void)state;
	gpu_init(&gpu, NULL);
	const VkImageCreateInfo info = depth_info(format->vulkan);
	require(&gpu, &info, MTLHEAP);
	gpu_init_sibling(&other, &gpu);
	const struct slice slice = slice_at(&info, format, 0);
	VkImage image = make_image(&gpu, &info, MTLHEAP), there = make_image(&other, &info, MTLHEAP);
	VkDeviceMemory memory = export_for_image(&gpu, image, MTLHEAP), imported;
	struct tongs_heap *heap = handle_of(&gpu, memory, MTLHEAP);
	assert_vk(try_import(&other, MTLHEAP, heap, tongs_heap_get_size(heap),
		pick_type(&other, handle_types(&other, MTLHEAP, heap), 0), VK_NULL_HANDLE, &imported));
	assert_vk(vkBindImageMemory(other.device, there, imported, 0));
	gpu_to_general(&gpu, image, format, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
	fill_texels(sent, sizeof(sent), format, 5);
	gpu_write_slice(&gpu, image, format, &slice, sent);
	gpu_to_general(&other, there, format, VK_IMAGE_LAYOUT_GENERAL, VK_QUEUE_FAMILY_EXTERNAL);
	gpu_read_slice(&other, there, format, &slice, got);
	assert_memory_equal(got, sent, sizeof(sent));

	/* And a texture placed in the heap is the image. */
	struct tongs_texture_info texture_info = tongs_texture_info_2d(format->metal, WIDTH, HEIGHT);
	texture_info.resource_options = tongs_heap_get_resource_options(heap);
	texture_info.usage = MTLTextureUsageRenderTarget;
	struct tongs_texture *texture = tongs_heap_new_texture_at(heap, &texture_info, 0);
	assert_non_null(texture);
	assert_true(metal_read_slice(texture, &slice, got));
	assert_memory_equal(got, sent, sizeof(sent));
	tongs_texture_unref(texture);
	vkDestroyImage(gpu.device, image, NULL);
	vkDestroyImage(other.device, there, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	vkFreeMemory(other.device, imported, NULL);
	gpu_finish(&other);
	gpu_finish(&gpu);
}

/* Vulkan's clear of both aspects, as Metal packs them. */
static void cleared_depth_and_stencil(void **state) {
	struct gpu gpu;
	const struct format *format = find_format(VK_FORMAT_D32_SFLOAT_S8_UINT);
	static struct {
		float depth;
		uint8_t stencil, zero[3];
	} got[WIDTH * HEIGHT];
	(void)state;
	gpu_init(&gpu, NULL);
	const VkImageCreateInfo info = depth_info(format->vulkan);
	require(&gpu, &info, MTLTEXTURE);
	const struct slice slice = slice_at(&info, format, 0);
	VkImage image = make_image(&gpu, &info, MTLTEXTURE);
	VkDeviceMemory memory = export_for_image(&gpu, image, MTLTEXTURE);
	gpu_to_general(&gpu, image, format, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
	VkCommandBuffer commands = begin(&gpu);
	const VkClearDepthStencilValue value = {.depth = 0.375f, .stencil = 0xa5};
	const VkImageSubresourceRange range = {VK_IMAGE_ASPECT_DEPTH_BIT | VK_IMAGE_ASPECT_STENCIL_BIT, 0, 1, 0, 1};
	vkCmdClearDepthStencilImage(commands, image, VK_IMAGE_LAYOUT_GENERAL, &value, 1, &range);
	submit(&gpu, commands);
	assert_true(metal_read_slice(handle_of(&gpu, memory, MTLTEXTURE), &slice, got));
	for (size_t i = 0; i < WIDTH * HEIGHT; i++) {
		assert_true(got[i].depth == 0.375f);
		assert_int_equal(got[i].stencil, 0xa5);
	}
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

static void resolve(struct gpu *gpu, VkImage samples, VkImage whole) {
	const VkImageResolve region = {
		.srcSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
		.dstSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
		.extent = {WIDTH, HEIGHT, 1},
	};
	VkCommandBuffer commands = begin(gpu);
	vkCmdResolveImage(commands, samples, VK_IMAGE_LAYOUT_GENERAL, whole, VK_IMAGE_LAYOUT_GENERAL, 1, &region);
	submit(gpu, commands);
}

/* Samples written by one device, resolved by another; Metal refuses to copy them out, as it does. */
static void multisampled(void **state) {
	struct gpu gpu, other;
	const struct format *format = find_format(VK_FORMAT_R8G8B8A8_UNORM);
	static uint8_t got[WIDTH * HEIGHT][4];
	(void)state;
	gpu_init(&gpu, NULL);
	VkImageCreateInfo info = image_info(format->vulkan, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	const VkImageCreateInfo whole_info = info;
	info.samples = VK_SAMPLE_COUNT_4_BIT;
	info.usage |= VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
	require(&gpu, &info, MTLTEXTURE);
	gpu_init_sibling(&other, &gpu);
	VkImage image = make_image(&gpu, &info, MTLTEXTURE), there = make_image(&other, &info, MTLTEXTURE);
	VkDeviceMemory memory = export_for_image(&gpu, image, MTLTEXTURE), imported;
	struct tongs_texture *texture = handle_of(&gpu, memory, MTLTEXTURE);
	struct tongs_texture_info texture_info;
	tongs_texture_get_info(texture, &texture_info);
	assert_int_equal(texture_info.type, MTLTextureType2DMultisample);
	assert_int_equal(texture_info.sample_count, 4);
	assert_vk(try_import(&other, MTLTEXTURE, texture, 0,
		pick_type(&other, handle_types(&other, MTLTEXTURE, texture), 0), there, &imported));
	assert_vk(vkBindImageMemory(other.device, there, imported, 0));

	gpu_to_general(&gpu, image, format, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
	const VkClearColorValue color = {.float32 = {0.2f, 0.4f, 0.6f, 0.8f}};
	const VkImageSubresourceRange range = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
	VkCommandBuffer commands = begin(&gpu);
	vkCmdClearColorImage(commands, image, VK_IMAGE_LAYOUT_GENERAL, &color, 1, &range);
	submit(&gpu, commands);

	VkImage whole = make_image(&other, &whole_info, MTLTEXTURE);
	VkDeviceMemory whole_memory = export_for_image(&other, whole, MTLTEXTURE);
	gpu_to_general(&other, whole, format, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
	gpu_to_general(&other, there, format, VK_IMAGE_LAYOUT_GENERAL, VK_QUEUE_FAMILY_EXTERNAL);
	resolve(&other, there, whole);
	const struct slice slice = slice_at(&whole_info, format, 0);
	assert_true(metal_read_slice(handle_of(&other, whole_memory, MTLTEXTURE), &slice, got));
	for (size_t i = 0; i < WIDTH * HEIGHT; i++) {
		const uint8_t wanted[4] = {51, 102, 153, 204};
		assert_memory_equal(got[i], wanted, 4);
	}
	assert_false(metal_read_slice(texture, &slice, got));
	assert_false(metal_write_slice(texture, &slice, got));

	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	vkDestroyImage(other.device, there, NULL);
	vkFreeMemory(other.device, imported, NULL);
	vkDestroyImage(other.device, whole, NULL);
	vkFreeMemory(other.device, whole_memory, NULL);
	gpu_finish(&other);
	gpu_finish(&gpu);
}

/* Two planes in one heap, between devices: formats of which Metal has no equal, and no texture. */
static void planes_in_a_heap(void **state) {
	enum { W = 48, H = 32 };
	static const struct {
		VkImageAspectFlagBits aspect;
		VkExtent3D extent;
		size_t size;
	} planes[] = {
		{VK_IMAGE_ASPECT_PLANE_0_BIT, {W, H, 1}, W * H},
		{VK_IMAGE_ASPECT_PLANE_1_BIT, {W / 2, H / 2, 1}, W * H / 2},
	};
	struct gpu gpu, other;
	(void)state;
	gpu_init(&gpu, NULL);
	VkImageCreateInfo info = image_info(VK_FORMAT_G8_B8R8_2PLANE_420_UNORM, W, H, VK_IMAGE_TILING_OPTIMAL);
	info.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
	VkImageFormatProperties limits;
	assert_false(can_share_image(&gpu, &info, MTLTEXTURE));
	if (vkGetPhysicalDeviceImageFormatProperties(gpu.physical_device, info.format, info.imageType, info.tiling,
		    info.usage, 0, &limits) != VK_SUCCESS) {
		gpu_finish(&gpu);
		skip();
	}
	require(&gpu, &info, MTLHEAP);
	gpu_init_sibling(&other, &gpu);
	VkImage image = make_image(&gpu, &info, MTLHEAP), there = make_image(&other, &info, MTLHEAP);
	VkDeviceMemory memory = export_for_image(&gpu, image, MTLHEAP), imported;
	struct tongs_heap *heap = handle_of(&gpu, memory, MTLHEAP);
	assert_vk(try_import(&other, MTLHEAP, heap, tongs_heap_get_size(heap),
		pick_type(&other, handle_types(&other, MTLHEAP, heap), 0), VK_NULL_HANDLE, &imported));
	assert_vk(vkBindImageMemory(other.device, there, imported, 0));
	const struct format *color = find_format(VK_FORMAT_R8G8B8A8_UNORM); /* for its aspect */
	gpu_to_general(&gpu, image, color, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
	gpu_to_general(&other, there, color, VK_IMAGE_LAYOUT_GENERAL, VK_QUEUE_FAMILY_EXTERNAL);
	for (uint32_t i = 0; i < 4; i++) {
		bool write = i < 2;
		struct gpu *side = write ? &gpu : &other;
		static uint8_t noise[W * H];
		struct staging staging;
		const VkBufferImageCopy copy = {
			.imageSubresource = {planes[i % 2].aspect, 0, 0, 1},
			.imageExtent = planes[i % 2].extent,
		};
		fill_noise(noise, planes[i % 2].size, i % 2);
		staging_init(side, &staging, planes[i % 2].size);
		VkCommandBuffer commands = begin(side);
		if (write) {
			memcpy(staging.bytes, noise, planes[i % 2].size);
			vkCmdCopyBufferToImage(commands, staging.buffer, image, VK_IMAGE_LAYOUT_GENERAL, 1, &copy);
		} else {
			vkCmdCopyImageToBuffer(commands, there, VK_IMAGE_LAYOUT_GENERAL, staging.buffer, 1, &copy);
		}
		submit(side, commands);
		assert_memory_equal(staging.bytes, noise, planes[i % 2].size);
		staging_finish(side, &staging);
	}
	vkDestroyImage(gpu.device, image, NULL);
	vkDestroyImage(other.device, there, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	vkFreeMemory(other.device, imported, NULL);
	gpu_finish(&other);
	gpu_finish(&gpu);
}

/* A retained depth texture still reads when no Vulkan object of the application is left. */
static void depth_outlives_vulkan(void **state) {
	struct gpu gpu;
	const struct format *format = find_format(VK_FORMAT_D16_UNORM);
	static uint16_t sent[WIDTH * HEIGHT], got[WIDTH * HEIGHT];
	(void)state;
	gpu_init(&gpu, NULL);
	const VkImageCreateInfo info = depth_info(format->vulkan);
	require(&gpu, &info, MTLTEXTURE);
	const struct slice slice = slice_at(&info, format, 0);
	VkImage image = make_image(&gpu, &info, MTLTEXTURE);
	VkDeviceMemory memory = export_for_image(&gpu, image, MTLTEXTURE);
	struct tongs_texture *texture = tongs_texture_ref(handle_of(&gpu, memory, MTLTEXTURE));
	gpu_to_general(&gpu, image, format, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
	fill_texels(sent, sizeof(sent), format, 9);
	gpu_write_slice(&gpu, image, format, &slice, sent);
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
	assert_true(metal_read_slice(texture, &slice, got));
	assert_memory_equal(got, sent, sizeof(sent));
	tongs_texture_unref(texture);
	assert_int_equal(tongs_handle_kind(texture), TONGS_KIND_NONE);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(depth_in_a_heap),
		cmocka_unit_test(cleared_depth_and_stencil),
		cmocka_unit_test(multisampled),
		cmocka_unit_test(planes_in_a_heap),
		cmocka_unit_test(depth_outlives_vulkan),
	};
	return cmocka_run_group_tests_name("layer: opaque images", tests, NULL, NULL);
}
