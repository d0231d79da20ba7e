/* SPDX-License-Identifier: MIT */
/* Copies between an image and bytes of the CPU, through the staging buffer, as many rows or planes at a time as fit. */
#include <string.h>

#include "util/log.h"
#include "format/format.h"
#include "vulkan/image_private.h"

/* A region with its bytes, in blocks: one row of one plane of texels when the format is not compressed. */
struct copy {
	const struct tongs_own_image *image;
	const struct tongs_own_image_region *region;
	struct tongs_texel_block block;
	size_t rows, planes;
	size_t row_bytes; /* without what lies between rows */
	size_t row_pitch, image_pitch;
	char *target;       /* reads: of the first row; else NULL */
	const char *source; /* writes */
};

/* What is copied at once: either some rows of one plane, or all rows of some planes. */
struct chunk {
	size_t row, rows;
	size_t plane, planes;
};

static uint32_t level_extent(uint32_t extent, uint32_t level) {
	return extent >> level ? extent >> level : 1;
}

static bool covers(int32_t origin, uint32_t extent, uint32_t size, uint32_t block) {
	return origin >= 0 && extent > 0 && (uint32_t)origin < size && extent <= size - (uint32_t)origin &&
	       (uint32_t)origin % block == 0 && (extent % block == 0 || extent == size - (uint32_t)origin);
}

static const char *find_fault(const struct copy *copy) {
	const struct tongs_image_shape *shape = &copy->image->shape;
	const struct tongs_own_image_region *region = copy->region;
	const VkExtent3D *size = &shape->extent;
	uint32_t level = region->level;
	if (shape->samples != VK_SAMPLE_COUNT_1_BIT)
		return "the image has several samples a texel";
	if (level >= shape->levels || region->layer >= shape->layers)
		return "the image has no such level or layer";
	if (!covers(region->origin.x, region->extent.width, level_extent(size->width, level), copy->block.width) ||
		!covers(region->origin.y, region->extent.height, level_extent(size->height, level),
			copy->block.height) ||
		!covers(region->origin.z, region->extent.depth, level_extent(size->depth, level), 1))
		return "the region is not a whole number of blocks inside the level";
	if ((copy->rows > 1 && copy->row_pitch < copy->row_bytes) ||
		(copy->planes > 1 && copy->image_pitch < (copy->rows - 1) * copy->row_pitch + copy->row_bytes))
		return "rows or planes of the bytes overlap";
	if (copy->row_bytes > TONGS_STAGING_SIZE)
		return "a row is too long";
	if (!(copy->image->params.usage &
		    (copy->target ? VK_IMAGE_USAGE_TRANSFER_SRC_BIT : VK_IMAGE_USAGE_TRANSFER_DST_BIT)))
		return "the driver does not copy this format";
	return NULL;
}

/* NULL, or why the region cannot be copied. */
static const char *prepare(struct copy *copy) {
	const VkExtent3D *extent = &copy->region->extent;
	struct tongs_texel_block *block = &copy->block;
	if (!tongs_format_get_block(copy->image->shape.format, copy->region->aspect, block))
		return "the format has no such aspect";
	copy->rows = ((size_t)extent->height + block->height - 1) / block->height;
	copy->planes = extent->depth;
	copy->row_bytes = ((size_t)extent->width + block->width - 1) / block->width * block->bytes;
	return find_fault(copy);
}

static void fill_staging(const struct copy *copy, const struct chunk *chunk, char *staging) {
	for (size_t plane = 0; plane < chunk->planes; plane++) {
		const char *source = copy->source + (chunk->plane + plane) * copy->image_pitch;
		for (size_t row = 0; row < chunk->rows; row++, staging += copy->row_bytes)
			memcpy(staging, source + (chunk->row + row) * copy->row_pitch, copy->row_bytes);
	}
}

static void take_staging(const struct copy *copy, const struct chunk *chunk, const char *staging) {
	for (size_t plane = 0; plane < chunk->planes; plane++) {
		char *target = copy->target + (chunk->plane + plane) * copy->image_pitch;
		for (size_t row = 0; row < chunk->rows; row++, staging += copy->row_bytes)
			memcpy(target + (chunk->row + row) * copy->row_pitch, staging, copy->row_bytes);
	}
}

/* Whoever writes the pages, in another VkDevice or with the CPU, has left the image in GENERAL and gets it back so. An
 * acquire from VK_QUEUE_FAMILY_EXTERNAL with that old layout keeps what is there. */
static VkImageMemoryBarrier ownership(const struct copy *copy, uint32_t from, uint32_t to) {
	return (VkImageMemoryBarrier){
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
		.oldLayout = VK_IMAGE_LAYOUT_GENERAL,
		.newLayout = VK_IMAGE_LAYOUT_GENERAL,
		.srcQueueFamilyIndex = from,
		.dstQueueFamilyIndex = to,
		.image = copy->image->image,
		.subresourceRange =
			{
				/* VUID-VkImageMemoryBarrier-image-03320: depth and stencil together */
				.aspectMask = tongs_format_get_aspects(copy->image->shape.format),
				.baseMipLevel = copy->region->level,
				.levelCount = 1,
				.baseArrayLayer = copy->region->layer,
				.layerCount = 1,
			},
	};
}

static void record(const struct copy *copy, const struct chunk *chunk, const struct tongs_transfer_queue *queue) {
	const struct tongs_vk_device *vkd = &copy->image->gpu->vkd;
	const struct tongs_own_image_region *region = copy->region;
	VkBuffer staging = copy->image->gpu->transfer.staging;
	VkImage image = copy->image->image;
	uint32_t top = (uint32_t)chunk->row * copy->block.height, left = region->extent.height - top;
	uint32_t height = (uint32_t)chunk->rows * copy->block.height;
	const VkBufferImageCopy box = {
		.imageSubresource = {region->aspect, region->level, region->layer, 1},
		.imageOffset = {region->origin.x, region->origin.y + (int32_t)top,
			region->origin.z + (int32_t)chunk->plane},
		.imageExtent = {region->extent.width, height < left ? height : left, (uint32_t)chunk->planes},
	};

	VkImageMemoryBarrier acquire = ownership(copy, VK_QUEUE_FAMILY_EXTERNAL, queue->family);
	acquire.dstAccessMask = copy->target ? VK_ACCESS_TRANSFER_READ_BIT : VK_ACCESS_TRANSFER_WRITE_BIT;
	vkd->CmdPipelineBarrier(queue->commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 0,
		0, NULL, 0, NULL, 1, &acquire);
	if (copy->target)
		vkd->CmdCopyImageToBuffer(queue->commands, image, VK_IMAGE_LAYOUT_GENERAL, staging, 1, &box);
	else
		vkd->CmdCopyBufferToImage(queue->commands, staging, image, VK_IMAGE_LAYOUT_GENERAL, 1, &box);
	/* The CPU reads what was written, be it the staging buffer or the pages of a LINEAR image. By itself:
	 * VUID-vkCmdPipelineBarrier-srcStageMask-09633, a barrier of the host changes no owner. */
	const VkMemoryBarrier host = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_HOST_READ_BIT,
	};
	vkd->CmdPipelineBarrier(queue->commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1,
		&host, 0, NULL, 0, NULL);
	VkImageMemoryBarrier release = ownership(copy, queue->family, VK_QUEUE_FAMILY_EXTERNAL);
	release.srcAccessMask = copy->target ? 0 : VK_ACCESS_TRANSFER_WRITE_BIT;
	vkd->CmdPipelineBarrier(queue->commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT,
		0, 0, NULL, 0, NULL, 1, &release);
}

static VkResult run_chunk(
	const struct copy *copy, const struct chunk *chunk, const struct tongs_transfer_queue *queue) {
	struct tongs_own_device *gpu = copy->image->gpu;
	if (copy->source)
		fill_staging(copy, chunk, gpu->transfer.bytes);
	VkResult result = tongs_transfer_begin_locked(gpu, queue);
	if (result != VK_SUCCESS)
		return result;
	record(copy, chunk, queue);
	result = tongs_transfer_end_locked(gpu, queue);
	if (result == VK_SUCCESS && copy->target)
		take_staging(copy, chunk, gpu->transfer.bytes);
	return result;
}

static VkResult run_locked(const struct copy *copy) {
	struct tongs_transfer_queue *queue;
	VkResult result = tongs_transfer_prepare_locked(copy->image->gpu, copy->region->aspect, &queue);
	size_t rows_at_once = TONGS_STAGING_SIZE / copy->row_bytes, planes_at_once = rows_at_once / copy->rows;
	if (planes_at_once == 0)
		planes_at_once = 1;
	else
		rows_at_once = copy->rows;
	for (size_t plane = 0; plane < copy->planes && result == VK_SUCCESS; plane += planes_at_once) {
		for (size_t row = 0; row < copy->rows && result == VK_SUCCESS; row += rows_at_once) {
			size_t rows = copy->rows - row, planes = copy->planes - plane;
			const struct chunk chunk = {
				.row = row,
				.rows = rows < rows_at_once ? rows : rows_at_once,
				.plane = plane,
				.planes = planes < planes_at_once ? planes : planes_at_once,
			};
			result = run_chunk(copy, &chunk, queue);
		}
	}
	return result;
}

static bool run(struct copy *copy) {
	struct tongs_own_device *gpu = copy->image->gpu;
	const char *fault = prepare(copy);
	if (!fault) {
		pthread_mutex_lock(&gpu->transfer.lock);
		VkResult result = run_locked(copy);
		pthread_mutex_unlock(&gpu->transfer.lock);
		fault = result == VK_SUCCESS ? NULL : tongs_vk_result_name(result);
	}
	if (fault)
		tongs_log_error("%s cannot %s texels of an image of VkFormat %d: %s", gpu->info.properties.deviceName,
			copy->target ? "read" : "write", (int)copy->image->shape.format, fault);
	return !fault;
}

bool tongs_own_image_read(struct tongs_own_image *image, const struct tongs_own_image_region *region, void *bytes,
	size_t row_pitch, size_t image_pitch) {
	struct copy copy = {
		.image = image,
		.region = region,
		.row_pitch = row_pitch,
		.image_pitch = image_pitch,
		.target = bytes,
	};
	return run(&copy);
}

bool tongs_own_image_write(struct tongs_own_image *image, const struct tongs_own_image_region *region,
	const void *bytes, size_t row_pitch, size_t image_pitch) {
	struct copy copy = {
		.image = image,
		.region = region,
		.row_pitch = row_pitch,
		.image_pitch = image_pitch,
		.source = bytes,
	};
	return run(&copy);
}
