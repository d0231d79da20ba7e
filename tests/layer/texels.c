/* SPDX-License-Identifier: MIT */
/* Whole images of any shape by Vulkan's copies. */
#include "texels.h"

#include <stdlib.h>
#include <string.h>

size_t slice_count(const VkImageCreateInfo *info) {
	return (size_t)info->mipLevels * info->arrayLayers;
}

static uint32_t at_level(uint32_t size, uint32_t level) {
	return size >> level ? size >> level : 1;
}

struct slice slice_at(const VkImageCreateInfo *info, const struct tongs_format *format, size_t index) {
	struct slice slice = {.level = index % info->mipLevels, .layer = index / info->mipLevels};
	slice.extent = (VkExtent3D){
		at_level(info->extent.width, slice.level),
		at_level(info->extent.height, slice.level),
		at_level(info->extent.depth, slice.level),
	};
	slice.row_bytes = (slice.extent.width + format->block_width - 1) / format->block_width * format->block_stride;
	slice.image_bytes = slice.row_bytes * ((slice.extent.height + format->block_height - 1) / format->block_height);
	slice.size = slice.image_bytes * slice.extent.depth;
	return slice;
}

void fill_texels(void *texels, size_t size, const struct tongs_format *format, uint32_t seed) {
	fill_noise(texels, size, seed);
	if (!(format->aspects & VK_IMAGE_ASPECT_DEPTH_BIT) || format->numeric_format != TONGS_NUMERIC_SFLOAT)
		return;
	size_t texel = format->block_stride;
	for (size_t i = 0; i + texel <= size; i += texel) {
		uint16_t random;
		memcpy(&random, (char *)texels + i, sizeof(random));
		float depth = (float)random / 65535.0f;
		memcpy((char *)texels + i, &depth, sizeof(depth));
		if (texel == 8)
			memset((char *)texels + i + 5, 0, 3);
	}
}

void gpu_to_general(
	struct gpu *gpu, VkImage image, const struct tongs_format *format, VkImageLayout from, uint32_t from_family) {
	const VkImageMemoryBarrier barrier = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
		.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
		.oldLayout = from,
		.newLayout = VK_IMAGE_LAYOUT_GENERAL,
		.srcQueueFamilyIndex = from_family,
		.dstQueueFamilyIndex =
			from_family == VK_QUEUE_FAMILY_IGNORED ? VK_QUEUE_FAMILY_IGNORED : gpu->queue_family,
		.image = image,
		.subresourceRange = {format->aspects, 0, VK_REMAINING_MIP_LEVELS, 0, VK_REMAINING_ARRAY_LAYERS},
	};
	VkCommandBuffer commands = begin(gpu);
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0,
		NULL, 0, NULL, 1, &barrier);
	submit(gpu, commands);
}

/* Between Metal's packed texels and an aspect's tight ones. */
static void split(const struct tongs_format *format, const struct tongs_format_aspect *aspect, char *packed,
	char *tight, size_t count, bool join) {
	for (size_t i = 0; i < count; i++, packed += format->block_stride, tight += aspect->copy_bytes) {
		if (join)
			memcpy(packed + aspect->offset, tight, aspect->bytes);
		else
			memcpy(tight, packed + aspect->offset, aspect->bytes);
	}
}

static void copy_aspect(struct gpu *gpu, VkImage image, const struct tongs_format *format, const struct slice *slice,
	VkImageAspectFlags aspect, char *packed, bool write) {
	struct tongs_format_aspect layout;
	assert_true(tongs_format_get_aspect(format, (VkImageAspectFlagBits)aspect, &layout));
	size_t texels = slice->size / format->block_stride;
	size_t size = texels * layout.copy_bytes;
	char *tight = calloc(1, size);
	struct staging staging;
	const VkBufferImageCopy copy = {
		.imageSubresource = {aspect, slice->level, slice->layer, 1},
		.imageExtent = slice->extent,
	};
	staging_init(gpu, &staging, size);
	VkCommandBuffer commands = begin(gpu);
	if (write) {
		split(format, &layout, packed, tight, texels, false);
		memcpy(staging.bytes, tight, size);
		vkCmdCopyBufferToImage(commands, staging.buffer, image, VK_IMAGE_LAYOUT_GENERAL, 1, &copy);
	} else {
		vkCmdCopyImageToBuffer(commands, image, VK_IMAGE_LAYOUT_GENERAL, staging.buffer, 1, &copy);
	}
	submit(gpu, commands);
	if (!write) {
		memcpy(tight, staging.bytes, size);
		split(format, &layout, packed, tight, texels, true);
	}
	staging_finish(gpu, &staging);
	free(tight);
}

static void copy_slice(struct gpu *gpu, VkImage image, const struct tongs_format *format, const struct slice *slice,
	char *packed, bool write) {
	for (VkImageAspectFlags rest = format->aspects; rest; rest &= rest - 1)
		copy_aspect(gpu, image, format, slice, rest & -rest, packed, write);
}

void gpu_write_slice(struct gpu *gpu, VkImage image, const struct tongs_format *format, const struct slice *slice,
	const void *texels) {
	copy_slice(gpu, image, format, slice, (char *)texels, true);
}

void gpu_read_slice(
	struct gpu *gpu, VkImage image, const struct tongs_format *format, const struct slice *slice, void *texels) {
	memset(texels, 0, slice->size);
	copy_slice(gpu, image, format, slice, texels, false);
}
