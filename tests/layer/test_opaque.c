/* SPDX-License-Identifier: MIT */
/* Images whose layout Metal does not know: depth, stencil, samples and planes, as textures and in heaps. */
#include <stdlib.h>
#include <string.h>

#include "metal_side.h"

enum { WIDTH = 45, HEIGHT = 30 };

static VkImageCreateInfo depth_info(VkFormat format) {
	VkImageCreateInfo info = image_info(format, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	info.usage |= VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT;
	return info;
}

/* Skips the test if such images are not supported in host memory: never on unified memory. */
static void require(struct gpu *gpu, const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags type) {
	if (has_unified_memory(gpu) || can_share_image(gpu, info, type))
		return;
	gpu_finish(gpu);
	skip();
}

/* A depth image's heap holds the image: another device that imports it reads the same depths. */
static void depth_in_a_heap(void **state) {
	struct gpu gpu, other;
	const struct tongs_format *format = tongs_format_from_vk(VK_FORMAT_D32_SFLOAT);
	static float sent[WIDTH * HEIGHT], got[WIDTH * HEIGHT];
	(void)state;
	gpu_init(&gpu, NULL);
	const VkImageCreateInfo info = depth_info(format->vk_format);
	require(&gpu, &info, MTLHEAP);
	gpu_init_sibling(&other, &gpu);
	const struct slice slice = slice_at(&info, format, 0);
	VkImage image = make_image(&gpu, &info, MTLHEAP), there = make_image(&other, &info, MTLHEAP);
	VkDeviceMemory memory = export_for_image(&gpu, image, MTLHEAP), imported;
	struct tongs_heap *heap = handle_of(&gpu, memory, MTLHEAP);
	assert_vk(try_import(&other, MTLHEAP, heap, tongs_heap_get_size(heap),
		pick_type(&other, handle_types(&other, MTLHEAP, heap), 0), there, &imported));
	assert_vk(vkBindImageMemory(other.device, there, imported, 0));
	gpu_to_general(&gpu, image, format, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
	fill_texels(sent, sizeof(sent), format, 5);
	gpu_write_slice(&gpu, image, format, &slice, sent);
	gpu_to_general(&other, there, format, VK_IMAGE_LAYOUT_GENERAL, VK_QUEUE_FAMILY_EXTERNAL);
	gpu_read_slice(&other, there, format, &slice, got);
	assert_memory_equal(got, sent, sizeof(sent));

	/* And a texture placed in the heap is the image. */
	struct tongs_texture_info texture_info = tongs_texture_info_2d(format->mtl_format, WIDTH, HEIGHT);
	texture_info.resource_options = tongs_heap_get_resource_options(heap);
	texture_info.usage = MTLTextureUsageRenderTarget;
	struct tongs_texture *texture = tongs_heap_new_texture_at(heap, &texture_info, 0);
	assert_non_null(texture);
	assert_true(metal_read_slice(&gpu, texture, &info, &slice, got));
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
	const struct tongs_format *format = tongs_format_from_vk(VK_FORMAT_D32_SFLOAT_S8_UINT);
	static struct {
		float depth;
		uint8_t stencil, zero[3];
	} got[WIDTH * HEIGHT];
	(void)state;
	gpu_init(&gpu, NULL);
	const VkImageCreateInfo info = depth_info(format->vk_format);
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
	assert_true(metal_read_slice(&gpu, handle_of(&gpu, memory, MTLTEXTURE), &info, &slice, got));
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
	const struct tongs_format *format = tongs_format_from_vk(VK_FORMAT_R8G8B8A8_UNORM);
	static uint8_t got[WIDTH * HEIGHT][4];
	(void)state;
	gpu_init(&gpu, NULL);
	VkImageCreateInfo info = image_info(format->vk_format, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
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
	assert_true(metal_read_slice(&other, handle_of(&other, whole_memory, MTLTEXTURE), &whole_info, &slice, got));
	for (size_t i = 0; i < WIDTH * HEIGHT; i++) {
		const uint8_t wanted[4] = {51, 102, 153, 204};
		assert_memory_equal(got[i], wanted, 4);
	}
	assert_false(metal_read_slice(&gpu, texture, &info, &slice, got));
	assert_false(metal_write_slice(&gpu, texture, &info, &slice, got));

	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	vkDestroyImage(other.device, there, NULL);
	vkFreeMemory(other.device, imported, NULL);
	vkDestroyImage(other.device, whole, NULL);
	vkFreeMemory(other.device, whole_memory, NULL);
	gpu_finish(&other);
	gpu_finish(&gpu);
}

enum { PLANES_WIDTH = 48, PLANES_HEIGHT = 32, MAX_PLANES = 3 };

/* How planes lie in copies: the image's extent divided, and the bytes of a texel. */
static const struct planar {
	VkFormat format;
	uint32_t count;
	struct {
		uint32_t divide_x, divide_y, bytes;
	} planes[MAX_PLANES];
} planar_formats[] = {
	{VK_FORMAT_G8_B8R8_2PLANE_420_UNORM, 2, {{1, 1, 1}, {2, 2, 2}}},
	{VK_FORMAT_G8_B8_R8_3PLANE_420_UNORM, 3, {{1, 1, 1}, {2, 2, 1}, {2, 2, 1}}},
	{VK_FORMAT_G8_B8R8_2PLANE_422_UNORM, 2, {{1, 1, 1}, {2, 1, 2}}},
	{VK_FORMAT_G8_B8_R8_3PLANE_444_UNORM, 3, {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}}},
	{VK_FORMAT_G16_B16R16_2PLANE_420_UNORM, 2, {{1, 1, 2}, {2, 2, 4}}},
};

static void copy_plane(struct gpu *gpu, VkImage image, const struct planar *format, uint32_t plane, bool write) {
	static uint8_t noise[PLANES_WIDTH * PLANES_HEIGHT * 4];
	const uint32_t width = PLANES_WIDTH / format->planes[plane].divide_x;
	const uint32_t height = PLANES_HEIGHT / format->planes[plane].divide_y;
	const size_t size = (size_t)width * height * format->planes[plane].bytes;
	const VkBufferImageCopy copy = {
		.imageSubresource = {VK_IMAGE_ASPECT_PLANE_0_BIT << plane, 0, 0, 1},
		.imageExtent = {width, height, 1},
	};
	struct staging staging;
	fill_noise(noise, size, plane);
	staging_init(gpu, &staging, size);
	memset(staging.bytes, 0, size);
	VkCommandBuffer commands = begin(gpu);
	if (write) {
		memcpy(staging.bytes, noise, size);
		vkCmdCopyBufferToImage(commands, staging.buffer, image, VK_IMAGE_LAYOUT_GENERAL, 1, &copy);
	} else {
		vkCmdCopyImageToBuffer(commands, image, VK_IMAGE_LAYOUT_GENERAL, staging.buffer, 1, &copy);
	}
	submit(gpu, commands);
	assert_memory_equal(staging.bytes, noise, size);
	staging_finish(gpu, &staging);
}

static void share_planes(
	struct gpu *gpu, struct gpu *other, const VkImageCreateInfo *info, const struct planar *format) {
	VkImage image = make_image(gpu, info, MTLHEAP), there = make_image(other, info, MTLHEAP);
	VkDeviceMemory memory = export_for_image(gpu, image, MTLHEAP), imported;
	struct tongs_heap *heap = handle_of(gpu, memory, MTLHEAP);
	assert_vk(try_import(other, MTLHEAP, heap, tongs_heap_get_size(heap),
		pick_type(other, handle_types(other, MTLHEAP, heap), 0), there, &imported));
	assert_vk(vkBindImageMemory(other->device, there, imported, 0));
	const struct tongs_format *color = tongs_format_from_vk(VK_FORMAT_R8G8B8A8_UNORM); /* for its aspect */
	gpu_to_general(gpu, image, color, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
	for (uint32_t plane = 0; plane < format->count; plane++)
		copy_plane(gpu, image, format, plane, true);
	gpu_to_general(other, there, color, VK_IMAGE_LAYOUT_GENERAL, VK_QUEUE_FAMILY_EXTERNAL);
	for (uint32_t plane = 0; plane < format->count; plane++)
		copy_plane(other, there, format, plane, false);
	vkDestroyImage(gpu->device, image, NULL);
	vkDestroyImage(other->device, there, NULL);
	vkFreeMemory(gpu->device, memory, NULL);
	vkFreeMemory(other->device, imported, NULL);
}

/* Whether the driver itself imports the memory of heaps for such images: queried without Metal handle types. */
static bool driver_imports(struct gpu *gpu, const VkImageCreateInfo *info) {
	const VkExternalMemoryHandleTypeFlagBits type = has_unified_memory(gpu)
								? VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT
								: VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT;
	VkImageFormatProperties limits;
	VkExternalMemoryProperties external;
	return query_image_as(gpu, info, type, &limits, &external) == VK_SUCCESS &&
	       (external.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT);
}

/* Planes in one heap, between devices: formats without a Metal equivalent, and so without a texture. */
static void planes_in_a_heap(void **state) {
	static const VkImageTiling tilings[] = {VK_IMAGE_TILING_OPTIMAL, VK_IMAGE_TILING_LINEAR};
	struct gpu gpu, other;
	unsigned shared = 0;
	(void)state;
	gpu_init(&gpu, NULL);
	gpu_init_sibling(&other, &gpu);
	for (size_t i = 0; i < 2 * sizeof(planar_formats) / sizeof(*planar_formats); i++) {
		const struct planar *format = &planar_formats[i / 2];
		VkImageCreateInfo info = image_info(format->format, PLANES_WIDTH, PLANES_HEIGHT, tilings[i % 2]);
		info.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
		assert_false(can_share_image(&gpu, &info, MTLTEXTURE));
		assert_int_equal(can_share_image(&gpu, &info, MTLHEAP), driver_imports(&gpu, &info));
		if (!driver_imports(&gpu, &info))
			continue;
		share_planes(&gpu, &other, &info, format);
		/* Only their owner could know where in its memory each plane lies. */
		info.flags = VK_IMAGE_CREATE_DISJOINT_BIT;
		assert_false(can_share_image(&gpu, &info, MTLHEAP));
		shared++;
	}
	gpu_finish(&other);
	gpu_finish(&gpu);
	print_message("%u of %zu multi-planar formats and tilings shared; the driver does not import the memory of the "
		      "others\n",
		shared, 2 * sizeof(planar_formats) / sizeof(*planar_formats));
	if (!shared)
		skip();
}

/* A retained depth texture still reads when no Vulkan object of the application is left. */
static void depth_outlives_vulkan(void **state) {
	struct gpu gpu;
	const struct tongs_format *format = tongs_format_from_vk(VK_FORMAT_D16_UNORM);
	static uint16_t sent[WIDTH * HEIGHT], got[WIDTH * HEIGHT];
	(void)state;
	gpu_init(&gpu, NULL);
	const VkImageCreateInfo info = depth_info(format->vk_format);
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
	assert_true(metal_read_slice(NULL, texture, &info, &slice, got));
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
