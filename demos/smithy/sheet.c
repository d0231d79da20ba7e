/* SPDX-License-Identifier: MIT */
/* The contact sheet: every format in every shape, written by Vulkan and read by Metal, side by side. */
#include "demo.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/share.h"
#include "picture.h"
#include "sheet_image.h"

/* The most bytes that the slices of a cell take. */
enum { CELL_BYTES = 32768 };

/* One format in one shape. */
struct cell {
	const struct tongs_format *format;
	const struct tongs_sheet_shape *shape;
	uint8_t written[CELL_BYTES], read[CELL_BYTES]; /* all slices, as Metal packs them */
	uint64_t texels, differing;
};

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

/* Copies an aspect of `size` bytes as Metal packs them to where Vulkan copies from. Returns its bytes there. */
static size_t stage_aspect(const struct tongs_format *format, VkImageAspectFlags aspect, const uint8_t *packed,
	size_t size, uint8_t *staged) {
	const size_t count = size / format->block_stride;
	struct tongs_format_aspect layout;

	if (!tongs_format_get_aspect(format, (VkImageAspectFlagBits)aspect, &layout))
		return 0;
	for (size_t i = 0; i < count; i++)
		memcpy(staged + i * layout.copy_bytes, packed + i * format->block_stride + layout.offset, layout.bytes);
	return count * layout.copy_bytes;
}

/* Returns whether the device shares such images. */
static bool can_share(const struct tongs_context *context, const struct cell *cell) {
	const VkImageCreateInfo info = tongs_sheet_get_image_info(cell->shape, cell->format);

	/* Requires VK_KHR_maintenance5, which tongs_context_init does not enable. */
	return cell->format->vk_format != VK_FORMAT_A8_UNORM && tongs_share_can_create(context->physical_device, &info);
}

/* Takes a new image to layout GENERAL. */
static void prepare_image(VkCommandBuffer commands, VkImage image, VkImageAspectFlags aspects) {
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

/* Stages a slice from `offset` on and records its copies. Returns where to stage the next one. */
static size_t copy_slice(VkCommandBuffer commands, const struct tongs_context_buffer *staging, VkImage image,
	const struct cell *cell, const struct tongs_sheet_slice *slice, size_t offset) {
	for (VkImageAspectFlags rest = cell->format->aspects; rest; rest &= rest - 1) {
		VkImageAspectFlags aspect = rest & -rest;
		size_t size = stage_aspect(cell->format, aspect, cell->written + slice->offset, slice->size,
			(uint8_t *)staging->pages + offset);
		vkCmdCopyBufferToImage(commands, staging->buffer, image, VK_IMAGE_LAYOUT_GENERAL, 1,
			&(VkBufferImageCopy){
				.bufferOffset = offset,
				.imageSubresource = {aspect, slice->level, slice->layer, 1},
				.imageExtent = slice->extent,
			});
		/* Copies begin at multiples of 4 and of the block, whose size is a power of two up to 16. */
		offset = (offset + size + 15) & ~(size_t)15;
	}
	return offset;
}

static bool write_by_vulkan(const struct tongs_context *context, const struct tongs_context_buffer *staging,
	VkImage image, struct cell *cell) {
	const VkImageAspectFlags aspects = cell->format->aspects;
	struct tongs_sheet_slice slice = {0};
	VkCommandBuffer commands = tongs_context_begin(context);
	size_t offset = 0;

	if (!commands)
		return false;
	prepare_image(commands, image, aspects);
	while (tongs_sheet_next_slice(cell->shape, cell->format, &slice)) {
		assert(slice.offset + slice.size <= sizeof cell->written);
		paint_slice(cell->format, &slice, cell->written + slice.offset);
		offset = copy_slice(commands, staging, image, cell, &slice, offset);
	}
	tongs_share_release_aspects(context, commands, image, aspects);
	return tongs_context_submit(context, commands);
}

static bool read_by_metal(struct tongs_texture *texture, struct cell *cell) {
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

static void count(struct cell *cell) {
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

/* Writes such an image by Vulkan, reads it by Metal, and counts. `staging` has TRANSFER_SRC usage and twice CELL_BYTES.
 * Returns false, with a message, if the image cannot be created, written or read. */
static bool compare(
	const struct tongs_context *context, const struct tongs_context_buffer *staging, struct cell *cell) {
	const struct tongs_share share = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT, NULL, 0};
	const VkImageCreateInfo info = tongs_sheet_get_image_info(cell->shape, cell->format);
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

static void draw_plane(const struct cell *cell, const struct tongs_sheet_slice *slice, const uint8_t *texels,
	struct tongs_picture *picture, uint32_t left, uint32_t top) {
	const struct tongs_format *format = cell->format;
	uint8_t rgb[3];

	for (uint32_t y = 0; y < slice->extent.height; y++) {
		for (uint32_t x = 0; x < slice->extent.width; x++) {
			const uint8_t *block = texels + y / format->block_height * slice->row_bytes +
					       (size_t)x / format->block_width * format->block_stride;
			unsigned index = y % format->block_height * format->block_width + x % format->block_width;
			tongs_sheet_decode_texel(format, block, index, rgb);
			for (uint32_t i = 0; i < cell->shape->stretch; i++)
				tongs_picture_set(picture, left + x, top + y * cell->shape->stretch + i,
					(uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2]);
		}
	}
}

/* Shows `texels`, the written or the read ones, in the square at (left, top). */
static void draw_texels(
	const struct cell *cell, const uint8_t *texels, struct tongs_picture *picture, uint32_t left, uint32_t top) {
	struct tongs_sheet_slice slice = {0};
	uint32_t x, y;

	while (tongs_sheet_next_slice(cell->shape, cell->format, &slice)) {
		for (uint32_t plane = 0; plane < slice.extent.depth; plane++) {
			tongs_sheet_get_place(cell->shape, &slice, plane, &x, &y);
			draw_plane(cell, &slice, texels + slice.offset + plane * slice.image_bytes, picture, left + x,
				top + y);
		}
	}
}

/* In texels of the picture: a cell is Vulkan's square, a line, and Metal's square. */
enum {
	SQUARE = TONGS_SHEET_SQUARE,
	CELL_WIDTH = 2 * SQUARE + 1,
	CELL_PITCH = CELL_WIDTH + 9,
	ROW_PITCH = SQUARE + 8,
	LABEL_WIDTH = 150,
	MARGIN = 24,
	BLOCKS = 2,
	BLOCK_PITCH = LABEL_WIDTH + TONGS_SHEET_SHAPE_COUNT * CELL_PITCH + MARGIN,
	HEAD = 84,
	LINE_PITCH = 14,
	WIDTH = MARGIN + BLOCKS * BLOCK_PITCH,
	MAX_FORMATS = 160, /* that both have */
};

static const uint32_t ground = 0x14171d, hollow = 0x1b1f27, line = 0x343b48, dim = 0x6d7686, bright = 0xfff1cf,
		      wrong = 0xff2040;

static void draw_rectangle(
	struct tongs_picture *picture, uint32_t left, uint32_t top, uint32_t width, uint32_t height, uint32_t rgb) {
	for (uint32_t y = top; y < top + height; y++)
		for (uint32_t x = left; x < left + width; x++)
			tongs_picture_set(picture, x, y, rgb);
}

struct sheet {
	struct tongs_picture picture;
	struct tongs_context_buffer staging;
	struct cell *cell;
	const struct tongs_format *shared[MAX_FORMATS], *absent[MAX_FORMATS];
	uint32_t shared_count, absent_count;
	uint32_t rows; /* of each block */
};

static void draw_head(struct tongs_picture *picture) {
	draw_rectangle(picture, 0, 0, picture->width, picture->height, ground);
	tongs_picture_draw_text(picture, MARGIN, 20, 3, bright, "Contact sheet");
	tongs_picture_draw_text(picture, MARGIN + 280, 26, 2, dim,
		"in each cell: left as written by Vulkan, right as read through Metal");
	for (uint32_t block = 0; block < BLOCKS; block++) {
		uint32_t left = MARGIN + block * BLOCK_PITCH + LABEL_WIDTH;
		for (uint32_t i = 0; i < TONGS_SHEET_SHAPE_COUNT; i++)
			tongs_picture_draw_text(
				picture, left + i * CELL_PITCH, HEAD - 16, 1, bright, tongs_sheet_shapes[i].name);
	}
}

/* Lists the formats that have no row. With `picture` NULL it draws nothing. Returns the number of lines. */
static uint32_t draw_absent(const struct sheet *sheet, struct tongs_picture *picture, uint32_t top) {
	static const char title[] = "Not shared by this device:";
	uint32_t x = MARGIN + sizeof title * TONGS_LETTER_ADVANCE, lines = 1;

	if (picture)
		tongs_picture_draw_text(picture, MARGIN, top, 1, bright, title);
	for (uint32_t i = 0; i < sheet->absent_count; i++) {
		const char *name = sheet->absent[i]->mtl_name;
		uint32_t width = ((uint32_t)strlen(name) + 2) * TONGS_LETTER_ADVANCE;
		if (x + width > WIDTH - MARGIN) {
			x = MARGIN + sizeof title * TONGS_LETTER_ADVANCE;
			lines++;
		}
		if (picture)
			tongs_picture_draw_text(picture, x, top + (lines - 1) * LINE_PITCH, 1, dim, name);
		x += width;
	}
	return lines;
}

/* Draws one cell: both squares, a dash if the device has no such image, or red if something went wrong. */
static void fill_cell(const struct tongs_context *context, struct sheet *sheet, uint32_t left, uint32_t top,
	struct tongs_demo_sheet *totals) {
	struct cell *cell = sheet->cell;

	if (!can_share(context, cell)) {
		draw_rectangle(&sheet->picture, left + SQUARE - 5, top + SQUARE / 2, 11, 1, line);
		return;
	}
	if (!compare(context, &sheet->staging, cell)) {
		draw_rectangle(&sheet->picture, left, top, CELL_WIDTH, SQUARE, wrong);
		totals->failed++;
		return;
	}
	draw_rectangle(&sheet->picture, left, top, CELL_WIDTH, SQUARE, cell->differing ? wrong : hollow);
	draw_rectangle(&sheet->picture, left + SQUARE, top, 1, SQUARE, line);
	draw_texels(cell, cell->written, &sheet->picture, left, top);
	draw_texels(cell, cell->read, &sheet->picture, left + SQUARE + 1, top);
	if (cell->differing)
		printf("  FAIL  %s, %s: %" PRIu64 " texels differ\n", cell->format->mtl_name, cell->shape->name,
			cell->differing);
	totals->compared++;
	totals->texels += cell->texels;
	totals->differing += cell->differing;
}

static void fill(const struct tongs_context *context, struct sheet *sheet, struct tongs_demo_sheet *totals) {
	draw_head(&sheet->picture);
	for (uint32_t row = 0; row < sheet->shared_count; row++) {
		uint32_t left = MARGIN + row / sheet->rows * BLOCK_PITCH, top = HEAD + row % sheet->rows * ROW_PITCH;
		sheet->cell->format = sheet->shared[row];
		tongs_picture_draw_text(&sheet->picture, left, top + (SQUARE - TONGS_LETTER_HEIGHT) / 2, 1, bright,
			sheet->cell->format->mtl_name);
		for (uint32_t j = 0; j < TONGS_SHEET_SHAPE_COUNT; j++) {
			sheet->cell->shape = &tongs_sheet_shapes[j];
			fill_cell(context, sheet, left + LABEL_WIDTH + j * CELL_PITCH, top, totals);
		}
	}
	draw_absent(sheet, &sheet->picture, HEAD + sheet->rows * ROW_PITCH + LINE_PITCH);
}

/* Finds the formats that get a row, and makes a picture high enough. */
static bool lay_out(const struct tongs_context *context, struct sheet *sheet, struct tongs_demo_sheet *totals) {
	for (const struct tongs_format *format = NULL; (format = tongs_sheet_next_format(format));) {
		bool is_shared = false;
		sheet->cell->format = format;
		for (uint32_t j = 0; j < TONGS_SHEET_SHAPE_COUNT && !is_shared; j++) {
			sheet->cell->shape = &tongs_sheet_shapes[j];
			is_shared = can_share(context, sheet->cell);
		}
		assert(sheet->shared_count + sheet->absent_count < MAX_FORMATS);
		if (is_shared)
			sheet->shared[sheet->shared_count++] = format;
		else
			sheet->absent[sheet->absent_count++] = format;
	}
	totals->formats = sheet->shared_count;
	sheet->rows = (totals->formats + BLOCKS - 1) / BLOCKS;
	return tongs_picture_init(&sheet->picture, WIDTH,
		HEAD + sheet->rows * ROW_PITCH + (draw_absent(sheet, NULL, 0) + 1) * LINE_PITCH + MARGIN);
}

bool tongs_demo_sheet(const struct tongs_demo *demo, struct tongs_demo_sheet *totals) {
	const struct tongs_context *context = &demo->first;
	struct sheet sheet = {.cell = calloc(1, sizeof *sheet.cell)};
	char path[PATH_MAX];
	bool done = false;

	*totals = (struct tongs_demo_sheet){0};
	if (!sheet.cell)
		tongs_command_error("memory for the contact sheet ran out");
	else if (lay_out(context, &sheet, totals) && tongs_context_create_buffer(context, (VkDeviceSize)2 * CELL_BYTES,
							     VK_BUFFER_USAGE_TRANSFER_SRC_BIT, &sheet.staging)) {
		fill(context, &sheet, totals);
		done = tongs_demo_get_path(demo, "contact-sheet.png", path) &&
		       tongs_picture_write(&sheet.picture, path);
		printf("  %s  getBytes reads every texel that Vulkan wrote, in %u formats\n",
			totals->compared && !totals->differing && !totals->failed ? "ok  " : "FAIL", totals->formats);
		if (done)
			printf("  wrote %s\n", path);
	}
	tongs_context_destroy_buffer(context, &sheet.staging);
	tongs_picture_finish(&sheet.picture);
	free(sheet.cell);
	return done && totals->compared && !totals->differing && !totals->failed;
}
