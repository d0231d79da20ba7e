/* SPDX-License-Identifier: MIT */
/* Filling a shared image by Vulkan's copies, reading it by getBytes:, comparing and showing both. */
#include "sheet_cell.h"

#include <assert.h>
#include <string.h>

#include "client/command.h"

/* A gradient with a disc in it, in a tint of its own for each level and each layer or plane. */
static void paint(float u, float v, uint32_t level, uint32_t index, float rgba[4]) {
	static const float tints[][3] = {{0.55f, 0.45f, 0.50f}, {1.0f, 0.35f, 0.1f}, {0.1f, 0.75f, 0.35f},
		{0.2f, 0.3f, 1.0f}, {1.0f, 0.8f, 0.1f}, {0.8f, 0.15f, 0.75f}, {0.1f, 0.8f, 0.9f}};
	const float *tint = tints[(index + level * 2) % (sizeof tints / sizeof *tints)];
	const float gradient[] = {u, v, 1 - (u + v) / 2};
	const float x = u - 0.6f, y = v - 0.4f;

	for (int i = 0; i < 3; i++) {
		rgba[i] = 0.7f * gradient[i] + 0.3f * tint[i];
		if (x * x + y * y < 0.07f)
			rgba[i] = 1 - 0.8f * rgba[i];
	}
	rgba[3] = 0.5f + v / 2;
}

static void paint_slice(const struct tongs_format *format, const struct tongs_sheet_slice *slice, uint8_t *texels) {
	const uint32_t columns = (uint32_t)(slice->row_bytes / format->block_stride);
	const uint32_t rows = (uint32_t)(slice->image_bytes / slice->row_bytes);
	float rgba[4];

	for (uint32_t z = 0; z < slice->extent.depth; z++)
		for (uint32_t y = 0; y < rows; y++)
			for (uint32_t x = 0; x < columns; x++, texels += format->block_stride) {
				paint(((float)x + 0.5f) / (float)columns, ((float)y + 0.5f) / (float)rows, slice->level,
					slice->layer + z, rgba);
				tongs_texel_encode(format, rgba, texels);
			}
}

/* How Vulkan's buffers hold an aspect: depth and stencil apart, 24 bits of depth in 4 bytes. */
static size_t aspect_bytes(const struct tongs_format *format, VkImageAspectFlags aspect) {
	if (aspect == VK_IMAGE_ASPECT_STENCIL_BIT)
		return 1;
	if (aspect == VK_IMAGE_ASPECT_DEPTH_BIT && format->block_stride > 4)
		return 4;
	return format->block_stride;
}

static size_t stage_aspect(const struct tongs_format *format, VkImageAspectFlags aspect, const uint8_t *packed,
	size_t size, uint8_t *staged) {
	const size_t bytes = aspect_bytes(format, aspect), count = size / format->block_stride;
	const bool is_combined = format->aspects == (VK_IMAGE_ASPECT_DEPTH_BIT | VK_IMAGE_ASPECT_STENCIL_BIT);
	const size_t skip =
		is_combined && aspect == VK_IMAGE_ASPECT_STENCIL_BIT ? (format->block_stride == 8 ? 4 : 3) : 0;

	for (size_t i = 0; i < count; i++)
		memcpy(staged + i * bytes, packed + i * format->block_stride + skip, bytes);
	return count * bytes;
}

bool tongs_sheet_cell_is_there(const struct tongs_context *context, const struct tongs_sheet_cell *cell) {
	const VkImageCreateInfo info = tongs_sheet_shape_get_info(cell->shape, cell->format);

	/* Devices of this program do not enable VK_KHR_maintenance5, which the format needs. */
	return cell->format->vk_format != VK_FORMAT_A8_UNORM && tongs_share_can_create(context->physical_device, &info);
}

static void take_image(VkCommandBuffer commands, VkImage image, VkImageAspectFlags aspects) {
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, NULL, 0,
		NULL, 1,
		&(VkImageMemoryBarrier){
			.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
			.dstAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
			.newLayout = VK_IMAGE_LAYOUT_GENERAL,
			.srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
			.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
			.image = image,
			.subresourceRange = {aspects, 0, VK_REMAINING_MIP_LEVELS, 0, VK_REMAINING_ARRAY_LAYERS},
		});
}

/* Stages a slice from `place` on, records the copies, and returns where the next one is staged. */
static size_t copy_slice(VkCommandBuffer commands, const struct tongs_context_buffer *staging, VkImage image,
	const struct tongs_sheet_cell *cell, const struct tongs_sheet_slice *slice, size_t place) {
	for (VkImageAspectFlags rest = cell->format->aspects; rest; rest &= rest - 1) {
		VkImageAspectFlags aspect = rest & -rest;
		size_t size = stage_aspect(cell->format, aspect, cell->written + slice->offset, slice->size,
			(uint8_t *)staging->pages + place);
		vkCmdCopyBufferToImage(commands, staging->buffer, image, VK_IMAGE_LAYOUT_GENERAL, 1,
			&(VkBufferImageCopy){
				.bufferOffset = place,
				.imageSubresource = {aspect, slice->level, slice->layer, 1},
				.imageExtent = slice->extent,
			});
		/* Copies begin at multiples of 4 and of the block, whose size is a power of two up to 16. */
		place = (place + size + 15) & ~(size_t)15;
	}
	return place;
}

static bool write_by_vulkan(const struct tongs_context *context, const struct tongs_context_buffer *staging,
	VkImage image, struct tongs_sheet_cell *cell) {
	const VkImageAspectFlags aspects = cell->format->aspects;
	struct tongs_sheet_slice slice = {0};
	VkCommandBuffer commands = tongs_context_begin(context);
	size_t place = 0;

	if (!commands)
		return false;
	take_image(commands, image, aspects);
	while (tongs_sheet_shape_next(cell->shape, cell->format, &slice)) {
		assert(slice.offset + slice.size <= sizeof cell->written);
		paint_slice(cell->format, &slice, cell->written + slice.offset);
		place = copy_slice(commands, staging, image, cell, &slice, place);
	}
	tongs_share_release_aspects(context, commands, image, aspects);
	return tongs_context_submit(context, commands);
}

static bool read_by_metal(struct tongs_texture *texture, struct tongs_sheet_cell *cell) {
	struct tongs_sheet_slice slice = {0};

	while (tongs_sheet_shape_next(cell->shape, cell->format, &slice)) {
		MTLRegion region =
			MTLRegionMake3D(0, 0, 0, slice.extent.width, slice.extent.height, slice.extent.depth);
		if (!tongs_texture_get_bytes(texture, cell->read + slice.offset, slice.row_bytes,
			    slice.extent.depth > 1 ? slice.image_bytes : 0, region, slice.level, slice.layer))
			return false;
	}
	return true;
}

static void count(struct tongs_sheet_cell *cell) {
	const size_t bytes = cell->format->block_stride;
	struct tongs_sheet_slice slice = {0};

	cell->texels = cell->differing = 0;
	while (tongs_sheet_shape_next(cell->shape, cell->format, &slice)) {
		for (size_t at = slice.offset; at < slice.offset + slice.size; at += bytes) {
			cell->texels += (uint64_t)cell->format->block_width * cell->format->block_height;
			if (memcmp(cell->written + at, cell->read + at, bytes) != 0)
				cell->differing += (uint64_t)cell->format->block_width * cell->format->block_height;
		}
	}
}

bool tongs_sheet_cell_compare(const struct tongs_context *context, const struct tongs_context_buffer *staging,
	struct tongs_sheet_cell *cell) {
	const struct tongs_share share = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT, NULL, 0};
	const VkImageCreateInfo info = tongs_sheet_shape_get_info(cell->shape, cell->format);
	struct tongs_context_image image;

	if (!tongs_share_create_shape(context, &share, &info, &image))
		return false;
	struct tongs_texture *texture = tongs_texture_from_handle(
		tongs_share_export(context, image.memory, VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT));
	bool done = texture && tongs_texture_get_pixel_format(texture) == cell->format->mtl_format &&
		    write_by_vulkan(context, staging, image.image, cell) && read_by_metal(texture, cell);
	tongs_context_destroy_image(context, &image);
	if (done)
		count(cell);
	else
		tongs_command_error("%s, %s: Vulkan could not write or Metal not read it", cell->format->mtl_name,
			cell->shape->name);
	return done;
}

static void draw_plane(const struct tongs_sheet_cell *cell, const struct tongs_sheet_slice *slice,
	const uint8_t *texels, struct tongs_picture *picture, uint32_t left, uint32_t top) {
	const struct tongs_format *format = cell->format;
	uint8_t rgb[3];

	for (uint32_t y = 0; y < slice->extent.height; y++) {
		for (uint32_t x = 0; x < slice->extent.width; x++) {
			const uint8_t *block = texels + y / format->block_height * slice->row_bytes +
					       (size_t)x / format->block_width * format->block_stride;
			unsigned index = y % format->block_height * format->block_width + x % format->block_width;
			tongs_texel_decode(format, block, index, rgb);
			for (uint32_t i = 0; i < cell->shape->stretch; i++)
				tongs_picture_set(picture, left + x, top + y * cell->shape->stretch + i,
					(uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2]);
		}
	}
}

void tongs_sheet_cell_draw(const struct tongs_sheet_cell *cell, const uint8_t *texels, struct tongs_picture *picture,
	uint32_t left, uint32_t top) {
	struct tongs_sheet_slice slice = {0};
	uint32_t x, y;

	while (tongs_sheet_shape_next(cell->shape, cell->format, &slice)) {
		for (uint32_t plane = 0; plane < slice.extent.depth; plane++) {
			tongs_sheet_shape_place(cell->shape, &slice, plane, &x, &y);
			draw_plane(cell, &slice, texels + slice.offset + plane * slice.image_bytes, picture, left + x,
				top + y);
		}
	}
}
