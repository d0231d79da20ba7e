/* SPDX-License-Identifier: MIT */
/* MTLBlitCommandEncoder: checks what is to be copied, and records it. */
#include "commands/command.h"
#include "metal/device.h"
#include "metal/region.h"
#include "util/log.h"

/* A texture's part of a copy. */
struct texels {
	struct tongs_texture *texture, *root;
	NSUInteger level, slice; /* of `texture` */
	MTLRegion region;
	VkImageAspectFlags aspect;
	struct tongs_texel_block block;
};

/* Rows of blocks in a buffer's part of a copy. */
struct bytes {
	struct tongs_buffer *buffer;
	NSUInteger offset, row_pitch, plane_pitch;
	NSUInteger row_bytes, rows, planes;
};

struct tongs_encoder *tongs_command_buffer_new_blit_encoder(struct tongs_command_buffer *commands) {
	return tongs_command_buffer_new_encoder(
		commands, TONGS_KIND_BLIT_COMMAND_ENCODER, sizeof(struct tongs_encoder), "blitCommandEncoder:");
}

static bool check(const struct tongs_encoder *encoder, const char *what) {
	return tongs_encoder_check_kind(encoder, TONGS_KIND_BLIT_COMMAND_ENCODER, what);
}

static bool check_writable(const struct tongs_storage *storage, const char *what) {
	if (!tongs_payload_is_read_only(storage->payload))
		return true;
	tongs_log_error("%s the destination is memory that may only be read: map it with PROT_WRITE", what);
	return false;
}

static bool check_range(const struct tongs_buffer *buffer, NSUInteger offset, NSUInteger size, const char *what) {
	if (size > 0 && offset < buffer->length && size <= buffer->length - offset)
		return true;
	tongs_log_error("%s %lu bytes at offset %lu: the buffer has %lu, and an empty range is not valid", what,
		(unsigned long)size, (unsigned long)offset, (unsigned long)buffer->length);
	return false;
}

/* The buffer as it is recorded; .buffer NULL, with the failure kept, if it cannot be. */
static struct tongs_own_place make_place(struct tongs_buffer *buffer, NSUInteger offset, NSUInteger size) {
	const struct tongs_storage *storage = &buffer->resource.storage;
	return (struct tongs_own_place){
		.buffer = tongs_buffer_get_own(buffer),
		.bytes = tongs_encoder_get_bytes(storage, offset, size),
		.offset = offset,
	};
}

/* Where to record commands on two resources, which the command buffer retains; NULL on failure. */
static struct tongs_own_commands *begin(struct tongs_encoder *encoder, void *from, void *to) {
	tongs_command_buffer_retain(encoder->commands, from);
	tongs_command_buffer_retain(encoder->commands, to);
	return tongs_command_buffer_get_commands(encoder->commands);
}

/* Whether both are there; otherwise the command buffer fails, for a command is missing. */
static bool have(struct tongs_encoder *encoder, const void *from, const void *to) {
	if (!from || !to)
		tongs_command_buffer_fail(encoder->commands, VK_ERROR_OUT_OF_DEVICE_MEMORY);
	return from && to;
}

void tongs_blit_copy_buffer(struct tongs_encoder *encoder, struct tongs_buffer *from, NSUInteger from_offset,
	struct tongs_buffer *to, NSUInteger to_offset, NSUInteger size) {
	static const char what[] = "copyFromBuffer:sourceOffset:toBuffer:destinationOffset:size:";
	if (!check(encoder, what) || !tongs_encoder_check_device(encoder, &from->resource.storage, what) ||
		!tongs_encoder_check_device(encoder, &to->resource.storage, what) ||
		!check_range(from, from_offset, size, what) || !check_range(to, to_offset, size, what) ||
		!check_writable(&to->resource.storage, what))
		return;
	const struct tongs_own_place source = make_place(from, from_offset, size),
				     target = make_place(to, to_offset, size);
	if (source.bytes.memory == target.bytes.memory && source.bytes.begin < target.bytes.end &&
		target.bytes.begin < source.bytes.end) {
		tongs_log_error("%s source and destination overlap: copy through another buffer", what);
		return;
	}
	struct tongs_own_commands *commands = begin(encoder, from, to);
	if (commands && have(encoder, source.buffer, target.buffer))
		tongs_own_commands_copy_buffer(commands, &source, &target, size);
}

void tongs_blit_fill_buffer(
	struct tongs_encoder *encoder, struct tongs_buffer *buffer, NSUInteger offset, NSUInteger size, uint8_t value) {
	static const char what[] = "fillBuffer:range:value:";
	if (!check(encoder, what) || !tongs_encoder_check_device(encoder, &buffer->resource.storage, what) ||
		!check_range(buffer, offset, size, what) || !check_writable(&buffer->resource.storage, what))
		return;
	const struct tongs_own_place target = make_place(buffer, offset, size);
	struct tongs_own_commands *commands = begin(encoder, NULL, buffer);
	if (commands && have(encoder, target.buffer, target.buffer))
		tongs_own_commands_fill(commands, &target, size, value);
}

/* Whether the texels have bytes that can be copied: an image's, or rows. */
static bool check_texture(const struct tongs_encoder *encoder, const struct tongs_texture *texture, const char *what) {
	if (!tongs_encoder_check_device(encoder, &texture->resource.storage, what))
		return false;
	if (tongs_texture_has_rows(texture) || texture->root->shape.format != VK_FORMAT_UNDEFINED)
		return true;
	tongs_log_error(
		"%s a texture buffer without a buffer cannot be copied: make it over an MTLBuffer, and copy that",
		what);
	return false;
}

static bool check_texels(const struct tongs_encoder *encoder, const struct texels *texels, const char *what) {
	return check_texture(encoder, texels->texture, what) &&
	       tongs_region_check_subresource(texels->texture, texels->level, texels->slice, what) &&
	       tongs_region_check(texels->texture, &texels->region, texels->level, what);
}

static struct texels make_texels(
	struct tongs_texture *texture, NSUInteger slice, NSUInteger level, MTLOrigin origin, MTLSize size) {
	return (struct texels){
		.texture = texture,
		.root = texture->root,
		.level = level,
		.slice = slice,
		.region = {origin, size},
	};
}

/* The aspect that is copied from or to a buffer, which has one alone. False, with an error logged, if `options` does
 * not say which. */
static bool choose_aspect(struct texels *texels, MTLBlitOption options, const char *what) {
	const struct tongs_format *format = texels->texture->format;
	const bool combined = format->kind == TONGS_FORMAT_DEPTH_STENCIL;
	const MTLBlitOption depth = MTLBlitOptionDepthFromDepthStencil, stencil = MTLBlitOptionStencilFromDepthStencil;
	if (combined ? options != depth && options != stencil : options != MTLBlitOptionNone) {
		tongs_log_error(combined ? "%s options 0x%lx: of %s copy MTLBlitOptionDepthFromDepthStencil or "
					   "MTLBlitOptionStencilFromDepthStencil"
					 : "%s options 0x%lx: %s has no such option, use MTLBlitOptionNone",
			what, (unsigned long)options, format->mtl_name);
		return false;
	}
	texels->aspect = !combined          ? format->aspects
			 : options == depth ? VK_IMAGE_ASPECT_DEPTH_BIT
					    : VK_IMAGE_ASPECT_STENCIL_BIT;
	if (texels->texture->info.sample_count > 1) {
		tongs_log_error("%s a texture with %lu samples has no such bytes: resolve it into one with 1", what,
			(unsigned long)texels->texture->info.sample_count);
		return false;
	}
	if (tongs_format_get_block(format->vk_format, (VkImageAspectFlagBits)texels->aspect, &texels->block))
		return true;
	tongs_log_error("%s %s cannot be copied", what, format->mtl_name);
	return false;
}

/* The largest bufferRowLength that VUID-vkCmdCopyBufferToImage-pRegions-07933 and its like allow any format. */
enum { MAX_ROW_PITCH = INT32_MAX };

/* `bytes` has buffer, offset and pitches, and gets the rest. */
static bool check_bytes(
	const struct tongs_encoder *encoder, const struct texels *texels, struct bytes *bytes, const char *what) {
	const MTLSize *size = &texels->region.size;
	const struct tongs_texel_block *block = &texels->block;
	/* VUID-vkCmdCopyBufferToImage-dstImage-07978 */
	const NSUInteger step = texels->aspect == VK_IMAGE_ASPECT_COLOR_BIT ? block->bytes : 4;
	NSUInteger planes, all;
	bytes->row_bytes = tongs_region_count_blocks(size->width, block->width) * block->bytes;
	bytes->rows = tongs_region_count_blocks(size->height, block->height);
	bytes->planes = size->depth;
	if (bytes->row_pitch == 0 && bytes->rows == 1)
		bytes->row_pitch = bytes->row_bytes;
	if (bytes->plane_pitch == 0 && bytes->planes == 1)
		bytes->plane_pitch = bytes->row_pitch * bytes->rows;
	if (bytes->offset % step || bytes->row_pitch % block->bytes || bytes->plane_pitch % block->bytes ||
		(bytes->planes > 1 && bytes->plane_pitch % step)) {
		tongs_log_error(
			"%s offset %lu, bytesPerRow %lu, bytesPerImage %lu: the offset must be a multiple of %lu "
			"here, the others of %u, and of several images of both",
			what, (unsigned long)bytes->offset, (unsigned long)bytes->row_pitch,
			(unsigned long)bytes->plane_pitch, (unsigned long)step, block->bytes);
		return false;
	}
	if (bytes->row_pitch < bytes->row_bytes || bytes->row_pitch > MAX_ROW_PITCH ||
		(bytes->planes > 1 && bytes->plane_pitch < bytes->row_pitch * bytes->rows)) {
		tongs_log_error(
			"%s bytesPerRow %lu, bytesPerImage %lu: the region has %lu images of %lu rows of %lu bytes",
			what, (unsigned long)bytes->row_pitch, (unsigned long)bytes->plane_pitch,
			(unsigned long)bytes->planes, (unsigned long)bytes->rows, (unsigned long)bytes->row_bytes);
		return false;
	}
	if (__builtin_mul_overflow(bytes->plane_pitch, bytes->planes - 1, &planes) ||
		__builtin_add_overflow(planes, bytes->row_pitch * (bytes->rows - 1) + bytes->row_bytes, &all)) {
		tongs_log_error("%s bytesPerImage %lu is too large", what, (unsigned long)bytes->plane_pitch);
		return false;
	}
	return tongs_encoder_check_device(encoder, &bytes->buffer->resource.storage, what) &&
	       check_range(bytes->buffer, bytes->offset, all, what);
}

static struct tongs_own_place place_bytes(const struct bytes *bytes) {
	return make_place(bytes->buffer, bytes->offset,
		bytes->plane_pitch * (bytes->planes - 1) + bytes->row_pitch * (bytes->rows - 1) + bytes->row_bytes);
}

static struct tongs_own_texels image_texels(const struct texels *texels, VkImageAspectFlags aspect) {
	const struct tongs_storage *storage = &texels->root->resource.storage;
	const MTLOrigin *origin = &texels->region.origin;
	return (struct tongs_own_texels){
		.image = tongs_texture_get_own_image(texels->root),
		.bytes = tongs_encoder_get_bytes(storage, 0, storage->size),
		.aspect = tongs_texture_get_image_aspect(texels->root, aspect),
		.level = (uint32_t)(texels->texture->root_level + texels->level),
		.layer = (uint32_t)(texels->texture->root_slice + texels->slice),
		.origin = {(int32_t)origin->x, (int32_t)origin->y, (int32_t)origin->z},
	};
}

/* The part of a texture that is rows; its texels have one plane. */
static struct tongs_own_place place_rows(const struct texels *texels) {
	const NSUInteger pitch = texels->root->layout->levels[0].rowPitch;
	const struct tongs_storage *storage = &texels->root->resource.storage;
	const MTLRegion *region = &texels->region;
	const NSUInteger texel = texels->texture->format->block_bytes;
	const NSUInteger offset =
		texels->root->layout->levels[0].offset + region->origin.y * pitch + region->origin.x * texel;
	return (struct tongs_own_place){
		.buffer = tongs_texture_get_own_rows(texels->root),
		.bytes = tongs_encoder_get_bytes(
			storage, offset, (region->size.height - 1) * pitch + region->size.width * texel),
		.offset = offset,
	};
}

static NSUInteger get_row_pitch(const struct texels *texels) {
	return texels->root->layout->levels[0].rowPitch;
}

static VkExtent3D get_extent(const MTLSize *size) {
	return (VkExtent3D){(uint32_t)size->width, (uint32_t)size->height, (uint32_t)size->depth};
}

static struct tongs_own_rows get_rows(const struct bytes *bytes, const struct tongs_texel_block *block) {
	return (struct tongs_own_rows){
		.row_pitch = bytes->row_pitch,
		.plane_pitch = bytes->plane_pitch,
		.block_bytes = block->bytes,
		.block_width = block->width,
		.block_height = block->height,
	};
}

/* The rows of a texture, for a copy between it and an image. */
static struct tongs_own_rows get_texture_rows(const struct texels *texels) {
	const struct tongs_format *format = texels->texture->format;
	return (struct tongs_own_rows){
		.row_pitch = get_row_pitch(texels),
		.block_bytes = format->block_bytes,
		.block_width = format->block_width,
		.block_height = format->block_height,
	};
}

static void record_to_texture(struct tongs_encoder *encoder, struct tongs_own_commands *commands,
	const struct bytes *from, const struct texels *to) {
	const struct tongs_own_place source = place_bytes(from);
	if (tongs_texture_has_rows(to->texture)) {
		const struct tongs_own_place target = place_rows(to);
		if (have(encoder, source.buffer, target.buffer))
			tongs_own_commands_copy_rows(commands, &source, from->row_pitch, &target, get_row_pitch(to),
				from->row_bytes, (uint32_t)from->rows);
		return;
	}
	const struct tongs_own_texels target = image_texels(to, to->aspect);
	const struct tongs_own_rows rows = get_rows(from, &to->block);
	if (have(encoder, source.buffer, target.image))
		tongs_own_commands_copy_to_image(commands, &source, &rows, &target, get_extent(&to->region.size));
}

static void record_from_texture(struct tongs_encoder *encoder, struct tongs_own_commands *commands,
	const struct texels *from, const struct bytes *to) {
	const struct tongs_own_place target = place_bytes(to);
	if (tongs_texture_has_rows(from->texture)) {
		const struct tongs_own_place source = place_rows(from);
		if (have(encoder, source.buffer, target.buffer))
			tongs_own_commands_copy_rows(commands, &source, get_row_pitch(from), &target, to->row_pitch,
				to->row_bytes, (uint32_t)to->rows);
		return;
	}
	const struct tongs_own_texels source = image_texels(from, from->aspect);
	const struct tongs_own_rows rows = get_rows(to, &from->block);
	if (have(encoder, source.image, target.buffer))
		tongs_own_commands_copy_from_image(commands, &source, get_extent(&from->region.size), &target, &rows);
}

void tongs_blit_copy_buffer_to_texture(struct tongs_encoder *encoder, struct tongs_buffer *from, NSUInteger offset,
	NSUInteger bytes_per_row, NSUInteger bytes_per_image, MTLSize size, struct tongs_texture *to, NSUInteger slice,
	NSUInteger level, MTLOrigin origin, MTLBlitOption options) {
	static const char what[] = "copyFromBuffer:…toTexture:";
	struct texels target = make_texels(to, slice, level, origin, size);
	struct bytes source = {
		.buffer = from, .offset = offset, .row_pitch = bytes_per_row, .plane_pitch = bytes_per_image};
	if (!check(encoder, what) || !check_texels(encoder, &target, what) || !choose_aspect(&target, options, what) ||
		!check_bytes(encoder, &target, &source, what) || !check_writable(&to->resource.storage, what))
		return;
	struct tongs_own_commands *commands = begin(encoder, from, to);
	if (commands)
		record_to_texture(encoder, commands, &source, &target);
}

void tongs_blit_copy_texture_to_buffer(struct tongs_encoder *encoder, struct tongs_texture *from, NSUInteger slice,
	NSUInteger level, MTLOrigin origin, MTLSize size, struct tongs_buffer *to, NSUInteger offset,
	NSUInteger bytes_per_row, NSUInteger bytes_per_image, MTLBlitOption options) {
	static const char what[] = "copyFromTexture:…toBuffer:";
	struct texels source = make_texels(from, slice, level, origin, size);
	struct bytes target = {
		.buffer = to, .offset = offset, .row_pitch = bytes_per_row, .plane_pitch = bytes_per_image};
	if (!check(encoder, what) || !check_texels(encoder, &source, what) || !choose_aspect(&source, options, what) ||
		!check_bytes(encoder, &source, &target, what) || !check_writable(&to->resource.storage, what))
		return;
	struct tongs_own_commands *commands = begin(encoder, from, to);
	if (commands)
		record_from_texture(encoder, commands, &source, &target);
}

/* Whether texels of one can be copied to the other: of one format, or of two that are views of each other. */
static bool check_formats(const struct tongs_texture *from, const struct tongs_texture *to, const char *what) {
	const struct tongs_format *a = from->format, *b = to->format;
	const bool plain = a->aspects == VK_IMAGE_ASPECT_COLOR_BIT && b->aspects == VK_IMAGE_ASPECT_COLOR_BIT;
	if (a != b && (!plain || tongs_format_get_view_rule(a, b) == TONGS_VIEW_NEVER)) {
		tongs_log_error("%s %s cannot be copied to %s: the formats must be the same, or colors of one size",
			what, a->mtl_name, b->mtl_name);
		return false;
	}
	if (from->info.sample_count != to->info.sample_count) {
		tongs_log_error("%s %lu samples cannot be copied to %lu: resolve them in a render pass", what,
			(unsigned long)from->info.sample_count, (unsigned long)to->info.sample_count);
		return false;
	}
	return true;
}

/* VUID-vkCmdCopyImage-srcImage-07743 */
static bool check_types(const struct texels *from, const struct texels *to, const char *what) {
	const VkImageType a = from->root->shape.type, b = to->root->shape.type;
	if (tongs_texture_has_rows(from->texture) || tongs_texture_has_rows(to->texture) || a == b ||
		(a != VK_IMAGE_TYPE_1D && b != VK_IMAGE_TYPE_1D))
		return true;
	tongs_log_error("%s a 1D texture can be copied to a 1D texture alone", what);
	return false;
}

static bool meets(NSUInteger a, NSUInteger b, NSUInteger size) {
	return a < b + size && b < a + size;
}

static bool check_apart(const struct texels *from, const struct texels *to, const char *what) {
	const MTLOrigin *a = &from->region.origin, *b = &to->region.origin;
	const MTLSize *size = &from->region.size;
	if (from->root != to->root || from->texture->root_level + from->level != to->texture->root_level + to->level ||
		from->texture->root_slice + from->slice != to->texture->root_slice + to->slice ||
		!meets(a->x, b->x, size->width) || !meets(a->y, b->y, size->height) || !meets(a->z, b->z, size->depth))
		return true;
	tongs_log_error("%s source and destination overlap: copy through another texture", what);
	return false;
}

static void record_image_copy(struct tongs_encoder *encoder, struct tongs_own_commands *commands,
	const struct texels *from, const struct texels *to) {
	/* All aspects go together, but for a view, which may have the stencil alone. */
	const struct tongs_own_texels source = image_texels(from, from->texture->format->aspects),
				      target = image_texels(to, to->texture->format->aspects);
	if (have(encoder, source.image, target.image))
		tongs_own_commands_copy_image(commands, &source, &target, get_extent(&from->region.size));
}

static void record_texture_copy(struct tongs_encoder *encoder, struct tongs_own_commands *commands,
	const struct texels *from, const struct texels *to) {
	const struct tongs_own_place source =
		tongs_texture_has_rows(from->texture) ? place_rows(from) : (struct tongs_own_place){0};
	const struct tongs_own_place target =
		tongs_texture_has_rows(to->texture) ? place_rows(to) : (struct tongs_own_place){0};
	const VkExtent3D extent = get_extent(&from->region.size);
	if (!tongs_texture_has_rows(from->texture) && !tongs_texture_has_rows(to->texture)) {
		record_image_copy(encoder, commands, from, to);
	} else if (tongs_texture_has_rows(from->texture) && tongs_texture_has_rows(to->texture)) {
		if (have(encoder, source.buffer, target.buffer))
			tongs_own_commands_copy_rows(commands, &source, get_row_pitch(from), &target, get_row_pitch(to),
				(VkDeviceSize)extent.width * from->texture->format->block_bytes, extent.height);
	} else if (tongs_texture_has_rows(from->texture)) {
		const struct tongs_own_texels image = image_texels(to, VK_IMAGE_ASPECT_COLOR_BIT);
		const struct tongs_own_rows rows = get_texture_rows(from);
		if (have(encoder, source.buffer, image.image))
			tongs_own_commands_copy_to_image(commands, &source, &rows, &image, extent);
	} else {
		const struct tongs_own_texels image = image_texels(from, VK_IMAGE_ASPECT_COLOR_BIT);
		const struct tongs_own_rows rows = get_texture_rows(to);
		if (have(encoder, image.image, target.buffer))
			tongs_own_commands_copy_from_image(commands, &image, extent, &target, &rows);
	}
}

static bool copy_texels(
	struct tongs_encoder *encoder, const struct texels *from, const struct texels *to, const char *what) {
	if (!check_texels(encoder, from, what) || !check_texels(encoder, to, what) || !check_types(from, to, what) ||
		!check_apart(from, to, what))
		return false;
	struct tongs_own_commands *commands = begin(encoder, from->texture, to->texture);
	if (commands)
		record_texture_copy(encoder, commands, from, to);
	return true;
}

void tongs_blit_copy_texture(struct tongs_encoder *encoder, struct tongs_texture *from, NSUInteger from_slice,
	NSUInteger from_level, MTLOrigin from_origin, MTLSize size, struct tongs_texture *to, NSUInteger to_slice,
	NSUInteger to_level, MTLOrigin to_origin) {
	static const char what[] = "copyFromTexture:…toTexture:";
	const struct texels source = make_texels(from, from_slice, from_level, from_origin, size),
			    target = make_texels(to, to_slice, to_level, to_origin, size);
	if (check(encoder, what) && check_formats(from, to, what) && check_writable(&to->resource.storage, what))
		copy_texels(encoder, &source, &target, what);
}

static bool is_same_size(MTLSize a, MTLSize b) {
	return a.width == b.width && a.height == b.height && a.depth == b.depth;
}

static bool holds(NSUInteger first, NSUInteger count, NSUInteger all) {
	return count > 0 && first < all && count <= all - first;
}

static bool check_levels(const struct tongs_texture *texture, NSUInteger slice, NSUInteger level,
	NSUInteger slice_count, NSUInteger level_count, const char *what) {
	if (holds(slice, slice_count, texture->slice_count) &&
		holds(level, level_count, texture->info.mipmap_level_count))
		return true;
	tongs_log_error("%s slices {%lu, %lu}, levels {%lu, %lu}: the texture has %lu slices and %lu levels", what,
		(unsigned long)slice, (unsigned long)slice_count, (unsigned long)level, (unsigned long)level_count,
		(unsigned long)texture->slice_count, (unsigned long)texture->info.mipmap_level_count);
	return false;
}

void tongs_blit_copy_slices(struct tongs_encoder *encoder, struct tongs_texture *from, NSUInteger from_slice,
	NSUInteger from_level, struct tongs_texture *to, NSUInteger to_slice, NSUInteger to_level,
	NSUInteger slice_count, NSUInteger level_count) {
	static const char what[] = "copyFromTexture:…sliceCount:levelCount:";
	const MTLOrigin origin = {0, 0, 0};
	if (!check(encoder, what) || !check_formats(from, to, what) || !check_writable(&to->resource.storage, what) ||
		!check_levels(from, from_slice, from_level, slice_count, level_count, what) ||
		!check_levels(to, to_slice, to_level, slice_count, level_count, what))
		return;
	if (!is_same_size(tongs_texture_info_get_level_size(&from->info, from_level),
		    tongs_texture_info_get_level_size(&to->info, to_level))) {
		tongs_log_error("%s level %lu of the source and level %lu of the destination differ in size", what,
			(unsigned long)from_level, (unsigned long)to_level);
		return;
	}
	for (NSUInteger level = 0; level < level_count; level++) {
		const MTLSize size = tongs_texture_info_get_level_size(&from->info, from_level + level);
		for (NSUInteger slice = 0; slice < slice_count; slice++) {
			const struct texels source = make_texels(
						    from, from_slice + slice, from_level + level, origin, size),
					    target = make_texels(to, to_slice + slice, to_level + level, origin, size);
			if (!copy_texels(encoder, &source, &target, what))
				return;
		}
	}
}

static NSUInteger get_least(NSUInteger a, NSUInteger b) {
	return a < b ? a : b;
}

/* The first level whose size is `size`; the number of levels if there is none. */
static NSUInteger find_level(const struct tongs_texture *texture, MTLSize size) {
	NSUInteger level = 0;
	while (level < texture->info.mipmap_level_count &&
		!is_same_size(tongs_texture_info_get_level_size(&texture->info, level), size))
		level++;
	return level;
}

void tongs_blit_copy_textures(struct tongs_encoder *encoder, struct tongs_texture *from, struct tongs_texture *to) {
	const NSUInteger from_levels = from->info.mipmap_level_count, to_levels = to->info.mipmap_level_count;
	NSUInteger from_level = find_level(from, tongs_texture_info_get_level_size(&to->info, 0)), to_level = 0;
	if (from_level == from_levels) {
		from_level = 0;
		to_level = find_level(to, tongs_texture_info_get_level_size(&from->info, 0));
	}
	if (to_level == to_levels) {
		tongs_log_error("copyFromTexture:toTexture: no level of one texture has the size of the other's first");
		return;
	}
	tongs_blit_copy_slices(encoder, from, 0, from_level, to, 0, to_level,
		get_least(from->slice_count, to->slice_count),
		get_least(from_levels - from_level, to_levels - to_level));
}

static struct tongs_own_texels get_level(
	const struct tongs_texture *texture, struct tongs_own_image *image, NSUInteger level) {
	const struct tongs_storage *storage = &texture->root->resource.storage;
	return (struct tongs_own_texels){
		.image = image,
		.bytes = tongs_encoder_get_bytes(storage, 0, storage->size),
		.aspect = VK_IMAGE_ASPECT_COLOR_BIT,
		.level = (uint32_t)(texture->root_level + level),
		.layer = (uint32_t)texture->root_slice,
	};
}

void tongs_blit_generate_mipmaps(struct tongs_encoder *encoder, struct tongs_texture *texture) {
	static const char what[] = "generateMipmapsForTexture:";
	if (!check(encoder, what) || !check_texture(encoder, texture, what) ||
		!check_writable(&texture->resource.storage, what))
		return;
	if (texture->format != texture->root->format) {
		tongs_log_error("%s %s, a view of %s, is not filtered: use a view with the format of the texture "
				"that it is a view of",
			what, texture->format->mtl_name, texture->root->format->mtl_name);
		return;
	}
	const bool filtered = texture->info.mipmap_level_count > 1 && !tongs_texture_has_rows(texture) &&
			      texture->info.sample_count == 1 && texture->format->aspects == VK_IMAGE_ASPECT_COLOR_BIT;
	struct tongs_own_image *image = filtered ? tongs_texture_get_own_image(texture->root) : NULL;
	if (filtered && !have(encoder, image, image))
		return;
	if (!filtered || !tongs_own_image_can_downsample(image)) {
		tongs_log_error(
			"%s %s, %lu levels: the texture must have several levels, one sample, and a color format "
			"that the driver filters",
			what, texture->format->mtl_name, (unsigned long)texture->info.mipmap_level_count);
		return;
	}
	struct tongs_own_commands *commands = begin(encoder, NULL, texture);
	for (NSUInteger level = 1; commands && level < texture->info.mipmap_level_count; level++) {
		const MTLSize size = tongs_texture_info_get_level_size(&texture->info, level - 1),
			      next = tongs_texture_info_get_level_size(&texture->info, level);
		const struct tongs_own_texels source = get_level(texture, image, level - 1),
					      target = get_level(texture, image, level);
		tongs_own_commands_downsample(commands, &source, get_extent(&size), &target, get_extent(&next),
			(uint32_t)texture->slice_count);
	}
}

void tongs_blit_touch(struct tongs_encoder *encoder, struct tongs_resource *resource, const char *what) {
	if (check(encoder, what) && tongs_encoder_check_device(encoder, &resource->storage, what))
		tongs_command_buffer_retain(encoder->commands, resource);
}

void tongs_blit_touch_level(struct tongs_encoder *encoder, struct tongs_texture *texture, NSUInteger slice,
	NSUInteger level, const char *what) {
	if (tongs_region_check_subresource(texture, level, slice, what))
		tongs_blit_touch(encoder, &texture->resource, what);
}

static void use_fence(struct tongs_encoder *encoder, struct tongs_fence *fence, bool updates, const char *what) {
	if (check(encoder, what) && tongs_encoder_check_fence(encoder, fence, what))
		tongs_command_buffer_use_fence(encoder->commands, fence, updates);
}

void tongs_blit_update_fence(struct tongs_encoder *encoder, struct tongs_fence *fence) {
	use_fence(encoder, fence, true, "updateFence:");
}

void tongs_blit_wait_for_fence(struct tongs_encoder *encoder, struct tongs_fence *fence) {
	use_fence(encoder, fence, false, "waitForFence:");
}
