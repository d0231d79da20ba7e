/* SPDX-License-Identifier: MIT */
/* getBytes: and replaceRegion:. Texels of LINEAR layouts are copied by the CPU, others by libtongs' own Vulkan device.
 */
#include <string.h>

#include "metal/device.h"
#include "metal/region.h"
#include "metal/rows.h"
#include "metal/texture.h"
#include "util/alloc.h"
#include "util/log.h"

/* A call that passed validation, in blocks and bytes. */
struct call {
	const struct tongs_format *format;
	struct tongs_texture *root; /* to which level and slice refer; not the view that was called */
	uint32_t level, slice;
	MTLRegion region;
	struct tongs_box box;          /* the size of the region in memory */
	size_t row_pitch, plane_pitch; /* of the caller's memory; filled in where the caller may pass 0 */
};

static bool check_texture(const struct tongs_texture *texture, NSUInteger level, NSUInteger slice, const char *what) {
	if (!tongs_options_host_visible(texture->resource.storage.options)) {
		tongs_log_error("%s the CPU cannot access a texture with storage mode Private: use Shared", what);
		return false;
	}
	if (texture->info.sample_count > 1) {
		tongs_log_error("%s the CPU cannot access a texture with %lu samples: resolve it into one with 1", what,
			(unsigned long)texture->info.sample_count);
		return false;
	}
	return tongs_region_check_subresource(texture, level, slice, what);
}

/* The bytes of `count` parts of `part` bytes that are `pitch` bytes apart. False on overflow. */
static bool span(size_t part, size_t pitch, size_t count, size_t *bytes) {
	return !__builtin_mul_overflow(pitch, count - 1, bytes) && !__builtin_add_overflow(*bytes, part, bytes);
}

/* A pitch may be 0 where there is only one row or image. */
static bool check_pitches(struct call *call, NSUInteger bytes_per_row, NSUInteger bytes_per_image, const char *what) {
	const struct tongs_box *box = &call->box;
	size_t image, all;
	call->row_pitch = bytes_per_row == 0 && box->rows == 1 ? box->row_bytes : bytes_per_row;
	if (call->row_pitch < box->row_bytes || !span(box->row_bytes, call->row_pitch, box->rows, &image)) {
		tongs_log_error("%s bytesPerRow %lu: the region has %zu rows of %zu bytes", what,
			(unsigned long)bytes_per_row, box->rows, box->row_bytes);
		return false;
	}
	call->plane_pitch = bytes_per_image == 0 && box->planes == 1 ? image : bytes_per_image;
	if (call->plane_pitch < image || !span(image, call->plane_pitch, box->planes, &all)) {
		tongs_log_error("%s bytesPerImage %lu: the region has %zu images of %zu bytes%s", what,
			(unsigned long)bytes_per_image, box->planes, image, box->planes == 1 ? "; 0 is fine, too" : "");
		return false;
	}
	return true;
}

static bool init_call(struct call *call, const struct tongs_texture *texture, const MTLRegion *region, NSUInteger level,
	NSUInteger slice, const void *bytes, NSUInteger bytes_per_row, NSUInteger bytes_per_image, const char *what) {
	if (!check_texture(texture, level, slice, what) || !tongs_region_check(texture, region, level, what))
		return false;
	if (!bytes) {
		tongs_log_error("%s bytes is NULL: pass the address of the texels", what);
		return false;
	}
	const struct tongs_format *format = texture->format;
	*call = (struct call){
		.format = format,
		.root = texture->root,
		.level = (uint32_t)(texture->root_level + level),
		.slice = (uint32_t)(texture->root_slice + slice),
		.region = *region,
		.box =
			{
				.row_bytes = tongs_region_count_blocks(region->size.width, format->block_width) *
					     format->block_stride,
				.rows = tongs_region_count_blocks(region->size.height, format->block_height),
				.planes = region->size.depth,
			},
	};
	return check_pitches(call, bytes_per_row, bytes_per_image, what);
}

/* One aspect of texels with depth and stencil: Vulkan copies one at a time, Metal has both in one texel. */
struct part {
	VkImageAspectFlagBits aspect;
	struct tongs_format_aspect layout;
	unsigned char *texels; /* tightly packed, as Vulkan copies them */
};

enum { MAX_PARTS = 2 };

/* False: Vulkan and Metal lay out the texels in the same way. */
static bool has_parts(const struct tongs_format *format) {
	return format->kind == TONGS_FORMAT_DEPTH_STENCIL ||
	       (format->kind == TONGS_FORMAT_STENCIL && format->block_bytes > 1);
}

/* Finds the format's parts and allocates memory for `count` texels of each. Returns the first one's, to be freed; NULL,
 * with an error logged, when memory runs out. */
static unsigned char *alloc_parts(
	const struct tongs_format *format, size_t count, struct part *parts, unsigned *part_count, const char *what) {
	static const VkImageAspectFlagBits aspects[MAX_PARTS] = {
		VK_IMAGE_ASPECT_DEPTH_BIT, VK_IMAGE_ASPECT_STENCIL_BIT};
	size_t bytes = 0;
	*part_count = 0;
	for (size_t i = 0; i < MAX_PARTS; i++) {
		struct part *part = &parts[*part_count];
		if (!tongs_format_get_aspect(format, aspects[i], &part->layout))
			continue;
		part->aspect = aspects[i];
		bytes += part->layout.copy_bytes;
		++*part_count;
	}
	unsigned char *room = tongs_malloc(count, bytes), *next = room;
	for (unsigned i = 0; room && i < *part_count; i++) {
		parts[i].texels = next;
		next += parts[i].layout.copy_bytes * count;
	}
	if (!room)
		tongs_log_error("%s out of memory for %zu texels of depth and stencil", what, count);
	return room;
}

/* Copies a region of one plane, whose aspect is ignored. False, with an error logged, on failure: then `bytes` is
 * unchanged. */
static bool read_parts(const struct tongs_format *format, struct tongs_own_image *image,
	const struct tongs_own_image_region *region, void *bytes, size_t row_pitch, const char *what) {
	const size_t width = region->extent.width, height = region->extent.height, size = format->block_stride;
	struct tongs_own_image_region copied = *region;
	struct part parts[MAX_PARTS];
	unsigned count;
	unsigned char *room = alloc_parts(format, width * height, parts, &count, what);
	bool done = room;
	for (const struct part *part = parts; done && part < parts + count; part++) {
		const size_t pitch = width * part->layout.copy_bytes;
		copied.aspect = part->aspect;
		done = tongs_own_image_read(image, &copied, part->texels, pitch, height * pitch);
	}
	for (size_t y = 0; done && y < height; y++) {
		unsigned char *row = (unsigned char *)bytes + y * row_pitch;
		memset(row, 0, width * size);
		for (const struct part *part = parts; part < parts + count; part++)
			for (size_t x = 0; x < width; x++)
				memcpy(row + x * size + part->layout.offset,
					part->texels + (y * width + x) * part->layout.copy_bytes, part->layout.bytes);
	}
	tongs_free(NULL, room);
	return done;
}

/* The same in the other direction. On failure, the depth may be written already. */
static bool write_parts(const struct tongs_format *format, struct tongs_own_image *image,
	const struct tongs_own_image_region *region, const void *bytes, size_t row_pitch, const char *what) {
	const size_t width = region->extent.width, height = region->extent.height, size = format->block_stride;
	struct tongs_own_image_region copied = *region;
	struct part parts[MAX_PARTS];
	unsigned count;
	unsigned char *room = alloc_parts(format, width * height, parts, &count, what);
	bool done = room;
	for (size_t y = 0; done && y < height; y++) {
		const unsigned char *row = (const unsigned char *)bytes + y * row_pitch;
		for (const struct part *part = parts; part < parts + count; part++)
			for (size_t x = 0; x < width; x++)
				memcpy(part->texels + (y * width + x) * part->layout.copy_bytes,
					row + x * size + part->layout.offset, part->layout.bytes);
	}
	for (const struct part *part = parts; done && part < parts + count; part++) {
		const size_t pitch = width * part->layout.copy_bytes;
		copied.aspect = part->aspect;
		done = tongs_own_image_write(image, &copied, part->texels, pitch, height * pitch);
	}
	tongs_free(NULL, room);
	return done;
}

/* The rows of the region in a linear texture; NULL bytes, with an error logged, if they cannot be mapped. */
static struct tongs_rows find_rows(const struct call *call) {
	char *texels = tongs_storage_get_bytes(&call->root->resource.storage);
	if (!texels)
		return (struct tongs_rows){0};
	const VkSubresourceLayout *layout = &call->root->layout->levels[call->level];
	const MTLOrigin *origin = &call->region.origin;
	return (struct tongs_rows){
		.bytes = texels + layout->offset + call->slice * layout->arrayPitch + origin->z * layout->depthPitch +
			 origin->y / call->format->block_height * layout->rowPitch +
			 origin->x / call->format->block_width * call->format->block_bytes,
		.row_pitch = layout->rowPitch,
		.plane_pitch = layout->depthPitch,
		.span = layout->size,
	};
}

/* The rows of the region in the caller's memory. */
static struct tongs_rows find_caller_rows(const struct call *call, void *bytes) {
	return (struct tongs_rows){
		.bytes = bytes,
		.row_pitch = call->row_pitch,
		.plane_pitch = call->plane_pitch,
		.span = (uint64_t)call->row_pitch * call->box.rows,
	};
}

static struct tongs_own_image_region image_region(const struct call *call, VkImageAspectFlags aspect) {
	const MTLRegion *region = &call->region;
	return (struct tongs_own_image_region){
		.aspect = (VkImageAspectFlagBits)aspect,
		.level = call->level,
		.layer = call->slice,
		.origin = {(int32_t)region->origin.x, (int32_t)region->origin.y, (int32_t)region->origin.z},
		.extent = {(uint32_t)region->size.width, (uint32_t)region->size.height, (uint32_t)region->size.depth},
	};
}

bool tongs_texture_get_bytes(struct tongs_texture *texture, void *bytes, NSUInteger bytes_per_row,
	NSUInteger bytes_per_image, MTLRegion region, NSUInteger level, NSUInteger slice) {
	static const char what[] = "getBytes:";
	struct call call;
	if (!init_call(&call, texture, &region, level, slice, bytes, bytes_per_row, bytes_per_image, what))
		return false;
	const struct tongs_texture *root = call.root;
	if (root->layout->linear) {
		const struct tongs_rows from = find_rows(&call), to = find_caller_rows(&call, bytes);
		if (from.bytes)
			tongs_rows_copy(&to, &from, call.box);
		return from.bytes;
	}
	struct tongs_own_image *image = tongs_texture_get_own_image(call.root);
	if (!image)
		return false;
	struct tongs_own_image_region part =
		image_region(&call, tongs_texture_get_image_aspect(root, root->format->aspects));
	if (has_parts(call.format))
		return read_parts(call.format, image, &part, bytes, call.row_pitch, what);
	return tongs_own_image_read(image, &part, bytes, call.row_pitch, call.plane_pitch);
}

bool tongs_texture_replace_region(struct tongs_texture *texture, MTLRegion region, NSUInteger level, NSUInteger slice,
	const void *bytes, NSUInteger bytes_per_row, NSUInteger bytes_per_image) {
	static const char what[] = "replaceRegion:";
	struct call call;
	if (!init_call(&call, texture, &region, level, slice, bytes, bytes_per_row, bytes_per_image, what))
		return false;
	const struct tongs_texture *root = call.root;
	if (root->layout->linear) {
		/* Only read from. */
		const struct tongs_rows from = find_caller_rows(&call, (void *)(uintptr_t)bytes), to = find_rows(&call);
		if (to.bytes)
			tongs_rows_copy(&to, &from, call.box);
		return to.bytes;
	}
	struct tongs_own_image *image = tongs_texture_get_own_image(call.root);
	if (!image)
		return false;
	struct tongs_own_image_region part =
		image_region(&call, tongs_texture_get_image_aspect(root, root->format->aspects));
	if (has_parts(call.format))
		return write_parts(call.format, image, &part, bytes, call.row_pitch, what);
	return tongs_own_image_write(image, &part, bytes, call.row_pitch, call.plane_pitch);
}
