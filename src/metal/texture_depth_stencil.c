/* SPDX-License-Identifier: MIT */
/* Packs the aspects of combined depth-stencil texels into one, and takes them apart. */
#include "metal/texture_depth_stencil.h"

#include <string.h>

#include "util/alloc.h"
#include "util/log.h"

struct part {
	VkImageAspectFlagBits aspect;
	uint8_t copied; /* bytes of the aspect in VkBufferImageCopy's buffers */
	uint8_t offset; /* in the texel */
	uint8_t bytes;  /* that mean something, from the first copied one on */
};

enum { MAX_PARTS = 2 };

struct tongs_depth_stencil_texel {
	MTLPixelFormat format;
	uint8_t size;
	struct part parts[MAX_PARTS]; /* up to the first without an aspect; other bytes are zero */
};

#define STENCIL(offset) \
	{ VK_IMAGE_ASPECT_STENCIL_BIT, 1, offset, 1 }

static const struct tongs_depth_stencil_texel texels[] = {
	{MTLPixelFormatDepth24Unorm_Stencil8, 4, {{VK_IMAGE_ASPECT_DEPTH_BIT, 4, 0, 3}, STENCIL(3)}},
	{MTLPixelFormatDepth32Float_Stencil8, 8, {{VK_IMAGE_ASPECT_DEPTH_BIT, 4, 0, 4}, STENCIL(4)}},
	{MTLPixelFormatX24_Stencil8, 4, {STENCIL(3)}},
	{MTLPixelFormatX32_Stencil8, 8, {STENCIL(4)}},
};

const struct tongs_depth_stencil_texel *tongs_depth_stencil_texel_get(MTLPixelFormat format) {
	for (size_t i = 0; i < sizeof(texels) / sizeof(*texels); i++)
		if (texels[i].format == format)
			return &texels[i];
	return NULL;
}

static const struct part *part_of(const struct tongs_depth_stencil_texel *texel, size_t i) {
	return i < MAX_PARTS && texel->parts[i].aspect ? &texel->parts[i] : NULL;
}

/* Room for the texels of each part, one after the other without gaps. NULL, and a message, when memory runs out. */
static unsigned char *alloc_parts(const struct tongs_depth_stencil_texel *texel, size_t count,
	unsigned char *starts[MAX_PARTS], const char *what) {
	size_t bytes = 0, offsets[MAX_PARTS] = {0};
	for (size_t i = 0; part_of(texel, i); i++) {
		offsets[i] = bytes;
		bytes += texel->parts[i].copied;
	}
	unsigned char *room = tongs_malloc(count, bytes);
	for (size_t i = 0; room && i < MAX_PARTS; i++)
		starts[i] = room + offsets[i] * count;
	if (!room)
		tongs_log_error("%s no memory for %zu texels of depth and stencil", what, count);
	return room;
}

bool tongs_depth_stencil_texel_read(const struct tongs_depth_stencil_texel *texel, struct tongs_own_image *image,
	const struct tongs_own_image_region *region, void *bytes, size_t row_pitch, const char *what) {
	const size_t width = region->extent.width, height = region->extent.height;
	struct tongs_own_image_region aspect = *region;
	unsigned char *starts[MAX_PARTS];
	unsigned char *room = alloc_parts(texel, width * height, starts, what);
	bool done = room;
	const struct part *part;
	for (size_t i = 0; done && (part = part_of(texel, i)); i++) {
		aspect.aspect = part->aspect;
		done = tongs_own_image_read(
			image, &aspect, starts[i], width * part->copied, width * height * part->copied);
	}
	for (size_t y = 0; done && y < height; y++) {
		unsigned char *row = (unsigned char *)bytes + y * row_pitch;
		memset(row, 0, width * texel->size);
		for (size_t i = 0; (part = part_of(texel, i)); i++)
			for (size_t x = 0; x < width; x++)
				memcpy(row + x * texel->size + part->offset, starts[i] + (y * width + x) * part->copied,
					part->bytes);
	}
	tongs_free(NULL, room);
	return done;
}

bool tongs_depth_stencil_texel_write(const struct tongs_depth_stencil_texel *texel, struct tongs_own_image *image,
	const struct tongs_own_image_region *region, const void *bytes, size_t row_pitch, const char *what) {
	const size_t width = region->extent.width, height = region->extent.height;
	struct tongs_own_image_region aspect = *region;
	unsigned char *starts[MAX_PARTS];
	unsigned char *room = alloc_parts(texel, width * height, starts, what);
	bool done = room;
	const struct part *part;
	for (size_t y = 0; done && y < height; y++) {
		const unsigned char *row = (const unsigned char *)bytes + y * row_pitch;
		for (size_t i = 0; (part = part_of(texel, i)); i++)
			for (size_t x = 0; x < width; x++)
				memcpy(starts[i] + (y * width + x) * part->copied, row + x * texel->size + part->offset,
					part->bytes);
	}
	for (size_t i = 0; done && (part = part_of(texel, i)); i++) {
		aspect.aspect = part->aspect;
		done = tongs_own_image_write(
			image, &aspect, starts[i], width * part->copied, width * height * part->copied);
	}
	tongs_free(NULL, room);
	return done;
}
