/* SPDX-License-Identifier: MIT */
/* Writes, reads and compares the image of a cell of the contact sheet. */
#include "cell.h"

#include <assert.h>
#include <string.h>

#include "client/share.h"

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
				tongs_sheet_encode_texel(format, rgba, texels);
			}
}

/* Copies an aspect of `size` bytes as Metal packs them to where Vulkan copies from, or back. Returns its bytes there.
 */
static size_t stage_aspect(const struct tongs_format *format, VkImageAspectFlags aspect, uint8_t *packed, size_t size,
	uint8_t *staged, bool back) {
	const size_t count = size / format->block_stride;
	struct tongs_format_aspect layout;

	if (!tongs_format_get_aspect(format, (VkImageAspectFlagBits)aspect, &layout))
		return 0;
	for (size_t i = 0; i < count; i++) {
		uint8_t *block = packed + i * format->block_stride + layout.offset,
			*place = staged + i * layout.copy_bytes;
		memcpy(back ? block : place, back ? place : block, layout.bytes);
	}
	return count * layout.copy_bytes;
}

/* Copies begin at multiples of 4 and of the block, whose size is a power of two up to 16. */
static size_t align_copy(size_t offset) {
	return (offset + 15) & ~(size_t)15;
}

bool tongs_cell_can_share(const struct tongs_context *context, const struct tongs_cell *cell) {
	const VkImageCreateInfo info = tongs_sheet_get_image_info(cell->shape, cell->format);

	return tongs_share_can_create(context->physical_device, &info);
}

/* Stages a slice from `offset` on and records its copies. Returns where to stage the next one. */
static size_t copy_slice(VkCommandBuffer commands, const struct tongs_context_buffer *staging, VkImage image,
	struct tongs_cell *cell, const struct tongs_sheet_slice *slice, size_t offset) {
	for (VkImageAspectFlags rest = cell->format->aspects; rest; rest &= rest - 1) {
		VkImageAspectFlags aspect = rest & -rest;
		size_t size = stage_aspect(cell->format, aspect, cell->written + slice->offset, slice->size,
			(uint8_t *)staging->pages + offset, false);
		vkCmdCopyBufferToImage(commands, staging->buffer, image, VK_IMAGE_LAYOUT_GENERAL, 1,
			&(VkBufferImageCopy){
				.bufferOffset = offset,
				.imageSubresource = {aspect, slice->level, slice->layer, 1},
				.imageExtent = slice->extent,
			});
		offset = align_copy(offset + size);
	}
	return offset;
}

static bool write_by_vulkan(const struct tongs_context *context, const struct tongs_context_buffer *staging,
	VkImage image, struct tongs_cell *cell) {
	const VkImageAspectFlags aspects = cell->format->aspects;
	struct tongs_sheet_slice slice = {0};
	VkCommandBuffer commands = tongs_context_begin(context);
	size_t offset = 0;

	if (!commands)
		return false;
	tongs_context_begin_image(commands, image, aspects);
	while (tongs_sheet_next_slice(cell->shape, cell->format, &slice)) {
		assert(slice.offset + slice.size <= sizeof cell->written);
		paint_slice(cell->format, &slice, cell->written + slice.offset);
		offset = copy_slice(commands, staging, image, cell, &slice, offset);
	}
	tongs_share_release_aspects(context, commands, image, aspects);
	return tongs_context_submit(context, commands);
}

static bool read_by_metal(struct tongs_texture *texture, struct tongs_cell *cell) {
	struct tongs_sheet_slice slice = {0};

	while (tongs_sheet_next_slice(cell->shape, cell->format, &slice)) {
		MTLRegion region =
			MTLRegionMake3D(0, 0, 0, slice.extent.width, slice.extent.height, slice.extent.depth);
		if (!tongs_texture_get_bytes(texture, cell->read + slice.offset, slice.row_bytes,
			    slice.extent.depth > 1 ? slice.image_bytes : 0, region, slice.level, slice.layer))
			return false;
	}
	return true;
}

/* Records the copies of all slices from the image, one behind the other. */
static void copy_back(VkCommandBuffer commands, const struct tongs_context_buffer *staging, VkImage image,
	const struct tongs_cell *cell) {
	struct tongs_sheet_slice slice = {0};
	struct tongs_format_aspect layout;
	size_t offset = 0;

	while (tongs_sheet_next_slice(cell->shape, cell->format, &slice)) {
		for (VkImageAspectFlags rest = cell->format->aspects; rest; rest &= rest - 1) {
			VkImageAspectFlags aspect = rest & -rest;
			if (!tongs_format_get_aspect(cell->format, (VkImageAspectFlagBits)aspect, &layout))
				continue;
			vkCmdCopyImageToBuffer(commands, image, VK_IMAGE_LAYOUT_GENERAL, staging->buffer, 1,
				&(VkBufferImageCopy){
					.bufferOffset = offset,
					.imageSubresource = {aspect, slice.level, slice.layer, 1},
					.imageExtent = slice.extent,
				});
			offset = align_copy(offset + slice.size / cell->format->block_stride * layout.copy_bytes);
		}
	}
}

static void unstage(const struct tongs_context_buffer *staging, struct tongs_cell *cell) {
	struct tongs_sheet_slice slice = {0};
	size_t offset = 0;

	while (tongs_sheet_next_slice(cell->shape, cell->format, &slice))
		for (VkImageAspectFlags rest = cell->format->aspects; rest; rest &= rest - 1)
			offset = align_copy(offset + stage_aspect(cell->format, rest & -rest, cell->read + slice.offset,
							     slice.size, (uint8_t *)staging->pages + offset, true));
}

/* What Metal's calls refuse: another device imports the handle. */
static bool read_by_import(const struct tongs_context *context, const struct tongs_context_buffer *staging,
	struct tongs_texture *texture, struct tongs_cell *cell) {
	const struct tongs_share share = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT, texture, 0, false};
	const VkImageCreateInfo info = tongs_sheet_get_image_info(cell->shape, cell->format);
	struct tongs_context_image image;

	if (!tongs_share_create_shape(context, &share, &info, &image))
		return false;
	VkCommandBuffer commands = tongs_context_begin(context);
	bool done = false;
	if (commands) {
		tongs_share_acquire_aspects(context, commands, image.image, cell->format->aspects);
		copy_back(commands, staging, image.image, cell);
		tongs_context_barrier(commands);
		tongs_share_release_aspects(context, commands, image.image, cell->format->aspects);
		done = tongs_context_submit(context, commands);
	}
	if (done)
		unstage(staging, cell);
	tongs_context_destroy_image(context, &image);
	return done;
}

static void count(struct tongs_cell *cell) {
	const size_t bytes = cell->format->block_stride;
	struct tongs_sheet_slice slice = {0};

	cell->texels = cell->differing = 0;
	while (tongs_sheet_next_slice(cell->shape, cell->format, &slice)) {
		for (size_t at = slice.offset; at < slice.offset + slice.size; at += bytes) {
			cell->texels += (uint64_t)cell->format->block_width * cell->format->block_height;
			if (memcmp(cell->written + at, cell->read + at, bytes) != 0)
				cell->differing += (uint64_t)cell->format->block_width * cell->format->block_height;
		}
	}
}

bool tongs_cell_compare(
	const struct tongs_demo *demo, const struct tongs_cell_staging *staging, struct tongs_cell *cell) {
	const struct tongs_share share = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT, NULL, 0, false};
	const VkImageCreateInfo info = tongs_sheet_get_image_info(cell->shape, cell->format);
	const struct tongs_context *context = &demo->first;
	struct tongs_context_image image;

	if (!tongs_share_create_shape(context, &share, &info, &image))
		return false;
	struct tongs_texture *texture = tongs_texture_from_handle(
		tongs_context_export(context, image.memory, VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT));
	bool done = texture && tongs_texture_get_pixel_format(texture) == cell->format->mtl_format;
	cell->is_private =
		done && tongs_resource_get_storage_mode(tongs_texture_get_resource(texture)) == MTLStorageModePrivate;
	memset(cell->read, 0, sizeof cell->read);
	done = done && write_by_vulkan(context, &staging->first, image.image, cell) &&
	       (cell->is_private ? read_by_import(&demo->second, &staging->second, texture, cell)
				 : read_by_metal(texture, cell));
	tongs_context_destroy_image(context, &image);
	if (done)
		count(cell);
	else
		tongs_command_error("%s, %s: Vulkan could not write or Metal not read it", cell->format->mtl_name,
			cell->shape->name);
	return done;
}

bool tongs_cell_staging_init(const struct tongs_demo *demo, struct tongs_cell_staging *staging) {
	const VkDeviceSize size = (VkDeviceSize)2 * TONGS_CELL_BYTES;

	return tongs_context_create_buffer(&demo->first, size, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, &staging->first) &&
	       tongs_context_create_buffer(&demo->second, size, VK_BUFFER_USAGE_TRANSFER_DST_BIT, &staging->second);
}

void tongs_cell_staging_finish(const struct tongs_demo *demo, struct tongs_cell_staging *staging) {
	tongs_context_destroy_buffer(&demo->first, &staging->first);
	tongs_context_destroy_buffer(&demo->second, &staging->second);
}
