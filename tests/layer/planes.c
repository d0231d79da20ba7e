/* SPDX-License-Identifier: MIT */
/* Images of several planes, and the texels of each. */
#include "planes.h"

#include <stdlib.h>
#include <string.h>

const struct gpu_options PLANES_OPTIONS = {.with_objects = true, .instance_exports = {EXPORT(DEVICE)}};

const struct planar planar_formats[PLANAR_FORMATS] = {
	{VK_FORMAT_G8_B8R8_2PLANE_420_UNORM, 0x34323076 /* 420v */, 2,
		{{MTLPixelFormatR8Unorm, 1, 1, 1}, {MTLPixelFormatRG8Unorm, 2, 2, 2}}, 0xff},
	{VK_FORMAT_G8_B8_R8_3PLANE_420_UNORM, 0x79343230 /* y420 */, 3,
		{{MTLPixelFormatR8Unorm, 1, 1, 1}, {MTLPixelFormatR8Unorm, 2, 2, 1}, {MTLPixelFormatR8Unorm, 2, 2, 1}},
		0xff},
	{VK_FORMAT_G8_B8R8_2PLANE_422_UNORM, 0x34323276 /* 422v */, 2,
		{{MTLPixelFormatR8Unorm, 1, 1, 1}, {MTLPixelFormatRG8Unorm, 2, 1, 2}}, 0xff},
	{VK_FORMAT_G10X6_B10X6R10X6_2PLANE_420_UNORM_3PACK16, 0x78343230 /* x420 */, 2,
		{{MTLPixelFormatR16Unorm, 1, 1, 2}, {MTLPixelFormatRG16Unorm, 2, 2, 4}}, 0xc0},
};
const VkImageTiling planar_tilings[2] = {VK_IMAGE_TILING_LINEAR, VK_IMAGE_TILING_OPTIMAL};
struct planes_count planes_count;

VkImageCreateInfo planar_info(const struct planar *format, VkImageTiling tiling) {
	VkImageCreateInfo info = image_info(format->format, PLANES_WIDTH, PLANES_HEIGHT, tiling);
	info.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
	return info;
}

VkExtent3D plane_extent(const struct planar *format, uint32_t plane) {
	return (VkExtent3D){
		PLANES_WIDTH / format->planes[plane].divide_x, PLANES_HEIGHT / format->planes[plane].divide_y, 1};
}

size_t plane_bytes(const struct planar *format, uint32_t plane) {
	const VkExtent3D extent = plane_extent(format, plane);
	return (size_t)extent.width * extent.height * format->planes[plane].bytes;
}

void plane_fill(const struct planar *format, uint32_t plane, uint32_t seed, uint8_t *texels) {
	fill_noise(texels, plane_bytes(format, plane), seed + plane);
	for (size_t i = 0; i < plane_bytes(format, plane); i += 2)
		texels[i] &= format->low_bits;
}

VkExternalMemoryHandleTypeFlags planar_type(const VkImageCreateInfo *info) {
	return info->tiling == VK_IMAGE_TILING_LINEAR ? MTLBUFFER : MTLHEAP;
}

void plane_copy(
	struct gpu *gpu, VkImage image, const struct planar *format, uint32_t plane, uint8_t *texels, bool write) {
	const size_t size = plane_bytes(format, plane);
	const VkBufferImageCopy copy = {
		.imageSubresource = {VK_IMAGE_ASPECT_PLANE_0_BIT << plane, 0, 0, 1},
		.imageExtent = plane_extent(format, plane),
	};
	struct staging staging;
	staging_init(gpu, &staging, size);
	gpu_transfer_image(gpu, image, VK_IMAGE_ASPECT_COLOR_BIT, VK_QUEUE_FAMILY_EXTERNAL, gpu->queue_family);
	VkCommandBuffer commands = begin(gpu);
	if (write) {
		memcpy(staging.bytes, texels, size);
		vkCmdCopyBufferToImage(commands, staging.buffer, image, VK_IMAGE_LAYOUT_GENERAL, 1, &copy);
	} else {
		vkCmdCopyImageToBuffer(commands, image, VK_IMAGE_LAYOUT_GENERAL, staging.buffer, 1, &copy);
	}
	submit(gpu, commands);
	gpu_transfer_image(gpu, image, VK_IMAGE_ASPECT_COLOR_BIT, gpu->queue_family, VK_QUEUE_FAMILY_EXTERNAL);
	if (!write)
		memcpy(texels, staging.bytes, size);
	staging_finish(gpu, &staging);
}

struct tongs_texture *plane_object(struct gpu *gpu, VkImage image, uint32_t plane) {
	return texture_object(
		gpu, image, VK_NULL_HANDLE, VK_NULL_HANDLE, (VkImageAspectFlags)VK_IMAGE_ASPECT_PLANE_0_BIT << plane);
}

void plane_work_begin(struct gpu *gpu, struct plane_work *work) {
	struct tongs_device *device = device_object(gpu);
	work->buffer = tongs_device_new_buffer(device, PLANE_MOST_BYTES, MTLResourceStorageModeShared);
	work->queue = tongs_device_new_command_queue(device);
	work->commands = tongs_command_queue_new_command_buffer(work->queue);
	work->blit = tongs_command_buffer_new_blit_encoder(work->commands);
	assert_non_null(work->blit);
}

void plane_work_end_blit(struct plane_work *work) {
	tongs_encoder_end(work->blit);
	tongs_encoder_unref(work->blit);
	work->blit = NULL;
}

void plane_work_end(struct plane_work *work) {
	if (work->blit)
		plane_work_end_blit(work);
	assert_true(tongs_command_buffer_commit(work->commands));
	tongs_command_buffer_wait_until_completed(work->commands);
	assert_int_equal(tongs_command_buffer_get_status(work->commands), MTLCommandBufferStatusCompleted);
	tongs_command_buffer_unref(work->commands);
	tongs_command_queue_unref(work->queue);
}

static void blit_plane(struct gpu *gpu, const struct planar *format, struct tongs_texture *texture, uint32_t plane,
	uint8_t *texels, bool write) {
	const VkExtent3D extent = plane_extent(format, plane);
	const MTLSize size = MTLSizeMake(extent.width, extent.height, 1);
	const size_t row = (size_t)extent.width * format->planes[plane].bytes;
	struct plane_work work;
	plane_work_begin(gpu, &work);
	if (write) {
		memcpy(tongs_buffer_get_contents(work.buffer), texels, plane_bytes(format, plane));
		tongs_blit_copy_buffer_to_texture(
			work.blit, work.buffer, 0, row, 0, size, texture, 0, 0, MTLOriginMake(0, 0, 0), 0);
	} else {
		tongs_blit_copy_texture_to_buffer(
			work.blit, texture, 0, 0, MTLOriginMake(0, 0, 0), size, work.buffer, 0, row, 0, 0);
	}
	plane_work_end(&work);
	if (!write)
		memcpy(texels, tongs_buffer_get_contents(work.buffer), plane_bytes(format, plane));
	tongs_buffer_unref(work.buffer);
}

void plane_check_metal_reads(struct gpu *gpu, const struct planar *format, struct tongs_texture *texture,
	uint32_t plane, const uint8_t *wanted) {
	static uint8_t got[PLANE_MOST_BYTES];
	const VkExtent3D extent = plane_extent(format, plane);
	const bool is_shared = !is_private(tongs_texture_get_resource(texture));
	memset(got, 0, sizeof(got));
	assert_int_equal(tongs_texture_get_bytes(texture, got, (size_t)extent.width * format->planes[plane].bytes, 0,
				 MTLRegionMake2D(0, 0, extent.width, extent.height), 0, 0),
		is_shared);
	if (is_shared)
		assert_memory_equal(got, wanted, plane_bytes(format, plane));
	blit_plane(gpu, format, texture, plane, got, false);
	assert_memory_equal(got, wanted, plane_bytes(format, plane));
}

static void metal_writes(struct gpu *gpu, const struct planar *format, struct tongs_texture *texture, uint32_t plane,
	uint8_t *texels, bool by_gpu) {
	const VkExtent3D extent = plane_extent(format, plane);
	if (by_gpu || is_private(tongs_texture_get_resource(texture)))
		blit_plane(gpu, format, texture, plane, texels, true);
	else
		assert_true(tongs_texture_replace_region(texture, MTLRegionMake2D(0, 0, extent.width, extent.height), 0,
			0, texels, (size_t)extent.width * format->planes[plane].bytes, 0));
}

bool planes_execute(void) {
	return !getenv("TONGS_TESTS_CANNOT_EXECUTE");
}

static void check_textures(struct gpu *gpu, VkImage image, const struct planar *format) {
	for (uint32_t i = 0; i < format->count; i++) {
		struct tongs_texture *texture = plane_object(gpu, image, i);
		assert_non_null(texture);
		assert_ptr_equal(plane_object(gpu, image, i), texture);
		assert_int_equal(tongs_texture_get_pixel_format(texture), format->planes[i].metal);
		assert_int_equal(tongs_texture_get_width(texture), plane_extent(format, i).width);
		assert_int_equal(tongs_texture_get_height(texture), plane_extent(format, i).height);
	}
	assert_reported(gpu, NULL);
}

void planes_check(struct gpu *gpu, VkImage image, const struct planar *format) {
	static uint8_t sent[3][PLANE_MOST_BYTES], got[PLANE_MOST_BYTES];
	const struct tongs_format *color = tongs_format_from_vk(VK_FORMAT_R8G8B8A8_UNORM); /* for its aspect */
	check_textures(gpu, image, format);
	planes_count.made++;
	if (!planes_execute())
		return;
	gpu_to_general(gpu, image, color, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
	gpu_transfer_image(gpu, image, VK_IMAGE_ASPECT_COLOR_BIT, gpu->queue_family, VK_QUEUE_FAMILY_EXTERNAL);
	for (uint32_t i = 0; i < format->count; i++) {
		plane_fill(format, i, 1, sent[i]);
		plane_copy(gpu, image, format, i, sent[i], true);
	}
	for (int by_gpu = 0; by_gpu < 2; by_gpu++) {
		for (uint32_t i = 0; i < format->count; i++) {
			plane_check_metal_reads(gpu, format, plane_object(gpu, image, i), i, sent[i]);
			plane_fill(format, i, 9 + 4 * by_gpu, sent[i]);
			metal_writes(gpu, format, plane_object(gpu, image, i), i, sent[i], by_gpu);
		}
		for (uint32_t i = 0; i < format->count; i++) {
			plane_copy(gpu, image, format, i, got, false);
			assert_memory_equal(got, sent[i], plane_bytes(format, i));
			planes_count.compared++;
		}
	}
	assert_reported(gpu, NULL);
}

bool planar_has_layout(struct gpu *gpu, const VkImageCreateInfo *info) {
	const VkImageSubresource first = {.aspectMask = VK_IMAGE_ASPECT_PLANE_0_BIT},
				 second = {.aspectMask = VK_IMAGE_ASPECT_PLANE_1_BIT};
	VkSubresourceLayout layouts[2];
	VkImage image;
	if (!can_share_image(gpu, info, planar_type(info)))
		return false;
	assert_vk(vkCreateImage(gpu->device, info, NULL, &image));
	vkGetImageSubresourceLayout(gpu->device, image, &first, &layouts[0]);
	vkGetImageSubresourceLayout(gpu->device, image, &second, &layouts[1]);
	vkDestroyImage(gpu->device, image, NULL);
	return layouts[0].offset != layouts[1].offset;
}

VkImage planar_create(struct gpu *gpu, const VkImageCreateInfo *info) {
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(TEXTURE), NULL);
	VkImageCreateInfo shared = *info;
	VkImage image = (VkImage)(uintptr_t)1;
	const bool can = can_share_image(gpu, info, planar_type(info));
	shared.pNext = &object;
	gpu->reports = 0;
	VkResult result = vkCreateImage(gpu->device, &shared, NULL, &image);
	if (can) {
		assert_vk(result);
		return image;
	}
	assert_int_equal(result, VK_ERROR_VALIDATION_FAILED_EXT);
	assert_true(image == VK_NULL_HANDLE);
	assert_reported(gpu, "TONGS-metal-image");
	return VK_NULL_HANDLE;
}

bool planar_must_dedicate(struct gpu *gpu, const VkImageCreateInfo *info) {
	return can_share_image(gpu, info, planar_type(info)) && needs_dedicated(gpu, info, planar_type(info));
}

VkDeviceMemory planar_bind(struct gpu *gpu, VkImage image, bool dedicated) {
	VkMemoryRequirements requirements;
	VkDeviceMemory memory;
	const VkMemoryDedicatedAllocateInfo dedicated_info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image,
	};
	VkMemoryDedicatedRequirements asked = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS};
	VkMemoryRequirements2 requirements2 = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2, .pNext = &asked};
	const VkImageMemoryRequirementsInfo2 query = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2,
		.image = image,
	};
	vkGetImageMemoryRequirements2(gpu->device, &query, &requirements2);
	/* Programs that look at it do not put the image into other memory. */
	assert_true(asked.requiresDedicatedAllocation);
	requirements = requirements2.memoryRequirements;
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = dedicated ? &dedicated_info : NULL,
		.allocationSize = requirements.size,
		.memoryTypeIndex = pick_mapped(gpu, requirements.memoryTypeBits),
	};
	assert_vk(vkAllocateMemory(gpu->device, &info, NULL, &memory));
	assert_vk(vkBindImageMemory(gpu->device, image, memory, 0));
	return memory;
}

void planes_begin_comparison(void) {
	planes_count = (struct planes_count){0};
}

void planes_end_comparison(void) {
	print_message("# %u images with planes made, %u planes compared, %u cleared\n", planes_count.made,
		planes_count.compared, planes_count.cleared);
	if (!planes_count.made)
		skip();
}
