/* SPDX-License-Identifier: MIT */
#include "metal/message.h"

#include <string.h>

#include "util/parcel.h"

_Static_assert(sizeof(struct tongs_message) <= TONGS_PARCEL_SIZE, "a message fits a parcel");
_Static_assert(sizeof(struct tongs_message_shape) == 40 && sizeof(struct tongs_message_memory) == 16 + 8 + 40 &&
		       offsetof(struct tongs_message, as) == 8 + 32 + 256 + 64 &&
		       sizeof(struct tongs_message_surface) == 5 * 64 + 16 && sizeof(struct tongs_message_view) == 56 &&
		       sizeof(struct tongs_message_texture) ==
			       24 + 10 * 8 + 6 * 4 + 16 + 32 + (5 * 64 + 16) + 56 + 40 + 40 * TONGS_MAX_LEVELS,
	"no gaps");

size_t tongs_message_get_size(uint32_t kind) {
	const size_t head = offsetof(struct tongs_message, as);
	switch (kind) {
	case TONGS_MESSAGE_BUFFER:
		return head + sizeof(struct tongs_message_buffer);
	case TONGS_MESSAGE_HEAP:
		return head + sizeof(struct tongs_message_heap);
	case TONGS_MESSAGE_TEXTURE:
	case TONGS_MESSAGE_TEXTURE_HANDLE:
		return head + sizeof(struct tongs_message_texture);
	case TONGS_MESSAGE_SURFACE:
		return head + sizeof(struct tongs_message_surface);
	case TONGS_MESSAGE_EVENT:
	case TONGS_MESSAGE_EVENT_HANDLE:
		return head;
	default:
		return 0;
	}
}

unsigned tongs_message_get_fd_count(const struct tongs_message *message) {
	switch (message->kind) {
	case TONGS_MESSAGE_SURFACE:
		return 2;
	case TONGS_MESSAGE_TEXTURE:
	case TONGS_MESSAGE_TEXTURE_HANDLE:
		return message->as.texture.root == TONGS_MESSAGE_ROOT_SURFACE ? 2 : 1;
	default:
		return 1;
	}
}

void tongs_message_put_shape(struct tongs_message_shape *to, const struct tongs_image_shape *shape) {
	*to = (struct tongs_message_shape){
		.format = (uint32_t)shape->format,
		.type = (uint32_t)shape->type,
		.width = shape->extent.width,
		.height = shape->extent.height,
		.depth = shape->extent.depth,
		.levels = shape->levels,
		.layers = shape->layers,
		.samples = (uint32_t)shape->samples,
		.tiling = (uint32_t)shape->tiling,
	};
}

void tongs_message_get_shape(const struct tongs_message_shape *from, struct tongs_image_shape *shape) {
	*shape = (struct tongs_image_shape){
		.format = (VkFormat)from->format,
		.type = (VkImageType)from->type,
		.extent = {from->width, from->height, from->depth},
		.levels = from->levels,
		.layers = from->layers,
		.samples = (VkSampleCountFlagBits)from->samples,
		.tiling = (VkImageTiling)from->tiling,
	};
}

void tongs_message_put_texture(struct tongs_message_texture *to, const struct tongs_texture_info *info) {
	to->type = info->type;
	to->pixel_format = info->pixel_format;
	to->width = info->width;
	to->height = info->height;
	to->depth = info->depth;
	to->mipmap_level_count = info->mipmap_level_count;
	to->sample_count = info->sample_count;
	to->array_length = info->array_length;
	to->usage = info->usage;
	to->compression_type = info->compression_type;
	to->swizzle[0] = info->swizzle.red;
	to->swizzle[1] = info->swizzle.green;
	to->swizzle[2] = info->swizzle.blue;
	to->swizzle[3] = info->swizzle.alpha;
	to->allow_gpu_optimized_contents = info->allow_gpu_optimized_contents;
	to->storage.options = info->resource_options;
}

void tongs_message_get_texture(const struct tongs_message_texture *from, struct tongs_texture_info *info) {
	tongs_texture_info_init(info);
	info->type = from->type;
	info->pixel_format = from->pixel_format;
	info->width = from->width;
	info->height = from->height;
	info->depth = from->depth;
	info->mipmap_level_count = from->mipmap_level_count;
	info->sample_count = from->sample_count;
	info->array_length = from->array_length;
	info->usage = from->usage;
	info->compression_type = (MTLTextureCompressionType)from->compression_type;
	info->swizzle =
		(MTLTextureSwizzleChannels){from->swizzle[0], from->swizzle[1], from->swizzle[2], from->swizzle[3]};
	info->allow_gpu_optimized_contents = from->allow_gpu_optimized_contents;
	info->resource_options = from->storage.options;
}

static void put_plane(struct tongs_message_plane *to, const struct tongs_surface_plane *plane) {
	*to = (struct tongs_message_plane){plane->width, plane->height, plane->bytes_per_element, plane->element_width,
		plane->element_height, plane->bytes_per_row, plane->offset, plane->size};
}

static void get_plane(const struct tongs_message_plane *from, struct tongs_surface_plane *plane) {
	*plane = (struct tongs_surface_plane){from->width, from->height, from->bytes_per_element, from->element_width,
		from->element_height, from->bytes_per_row, from->offset, from->size};
}

void tongs_message_put_surface(struct tongs_message_surface *to, const struct tongs_surface_info *info) {
	put_plane(&to->whole, &info->whole);
	for (NSUInteger i = 0; i < info->plane_count; i++)
		put_plane(&to->planes[i], &info->planes[i]);
	to->alloc_size = info->alloc_size;
	to->pixel_format = info->pixel_format;
	to->plane_count = (uint32_t)info->plane_count;
}

void tongs_message_get_surface(const struct tongs_message_surface *from, struct tongs_surface_info *info) {
	*info = (struct tongs_surface_info){
		.alloc_size = from->alloc_size,
		.pixel_format = from->pixel_format,
		.plane_count = from->plane_count,
	};
	get_plane(&from->whole, &info->whole);
	for (NSUInteger i = 0; i < from->plane_count && i < TONGS_SURFACE_MAX_PLANES; i++)
		get_plane(&from->planes[i], &info->planes[i]);
}

/* Formats that differ in Vulkan alone, as packed and unpacked ones, are one of Metal's. */
static bool is_same_shape(const struct tongs_texture_info *info, const struct tongs_image_shape *shape) {
	struct tongs_image_shape expected;
	if (!tongs_texture_info_get_shape(info, &expected))
		return !shape->format;
	if (tongs_format_to_metal(shape->format) != info->pixel_format)
		return false;
	if (shape->tiling != VK_IMAGE_TILING_OPTIMAL && shape->tiling != VK_IMAGE_TILING_LINEAR)
		return false;
	expected.format = shape->format;
	expected.tiling = shape->tiling;
	return memcmp(&expected, shape, sizeof(expected)) == 0;
}

/* Adds (count - 1) * pitch. False on overflow. */
static bool add(uint64_t *bytes, uint64_t pitch, uint64_t count) {
	uint64_t more;
	return !__builtin_mul_overflow(pitch, count - 1, &more) && !__builtin_add_overflow(*bytes, more, bytes);
}

/* Whether the last texel of a level that the CPU would copy lies inside. */
static bool is_inside(const struct tongs_texture_info *info, const struct tongs_format *format,
	const VkSubresourceLayout *level, NSUInteger index, uint64_t size) {
	const MTLSize extent = tongs_texture_info_get_level_size(info, index);
	const uint64_t columns = (extent.width + format->block_width - 1) / format->block_width,
		       rows = (extent.height + format->block_height - 1) / format->block_height;
	uint64_t end = level->offset;
	return add(&end, level->arrayPitch, tongs_texture_info_get_slice_count(info)) &&
	       add(&end, level->depthPitch, extent.depth) && add(&end, level->rowPitch, rows) &&
	       add(&end, format->block_stride, columns + 1) && end <= size;
}

const char *tongs_message_find_texture_fault(const struct tongs_texture_info *info,
	const struct tongs_image_shape *shape, const struct tongs_texture_layout *layout, uint64_t size) {
	const struct tongs_format *format = tongs_format_from_metal(info->pixel_format);
	if (!format || !is_same_shape(info, shape))
		return "is an image that Metal cannot describe";
	/* Only the driver knows where the texels are. */
	if (!layout->linear)
		return shape->format && layout->level_count == 0 ? NULL : "has no layout";
	if (layout->level_count != info->mipmap_level_count)
		return "has another number of levels than its layout";
	for (uint32_t i = 0; i < layout->level_count; i++)
		if (!is_inside(info, format, &layout->levels[i], i, size))
			return "is larger than its memory";
	return NULL;
}
