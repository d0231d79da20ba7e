/* SPDX-License-Identifier: MIT */
/* Texels in and out by the CPU: plain copies where the layout is known, else by the image on the own Vulkan device. */
#include <string.h>

#include "base/log.h"
#include "metal/device.h"
#include "metal/payload.h"
#include "metal/texture_combined.h"
#include "metal/texture_region.h"

/* Joins what lies without gaps on both sides. */
static void copy(char *to, size_t to_row, size_t to_plane, const char *from, size_t from_row, size_t from_plane,
	struct tongs_box box) {
	if (box.rows == 1 || (to_row == box.row_bytes && from_row == box.row_bytes)) {
		box.row_bytes *= box.rows;
		box.rows = 1;
	}
	if (box.rows == 1 && to_plane == box.row_bytes && from_plane == box.row_bytes) {
		box.row_bytes *= box.planes;
		box.planes = 1;
	}
	for (size_t z = 0; z < box.planes; z++)
		for (size_t y = 0; y < box.rows; y++)
			memcpy(to + z * to_plane + y * to_row, from + z * from_plane + y * from_row, box.row_bytes);
}

/* Where the call's first block lies in a linear texture. */
static char *find_blocks(const struct tongs_region_call *call) {
	const struct tongs_subresource_layout *layout = &call->root->layout.levels[call->level];
	const MTLOrigin *origin = &call->region.origin;
	return (char *)tongs_storage_get_bytes(&call->root->resource.storage) + layout->offset +
	       call->slice * layout->array_pitch + origin->z * layout->depth_pitch +
	       origin->y / call->format->block_height * layout->row_pitch +
	       origin->x / call->format->block_width * call->format->block_bytes;
}

/* The image on the own Vulkan device; NULL, and a message, when it cannot be made. */
static struct tongs_gpu_image *get_image(struct tongs_texture *texture) {
	const struct tongs_storage *storage = &texture->resource.storage;
	pthread_mutex_lock(&texture->image_lock);
	if (!texture->image) {
		struct tongs_gpu *gpu = tongs_device_get_gpu(storage->device);
		if (gpu)
			texture->image = tongs_gpu_image_create(gpu, &texture->shape,
				tongs_texture_info_get_image_flags(&texture->info),
				tongs_payload_get_pages(storage->payload), tongs_payload_get_size(storage->payload),
				storage->offset);
	}
	struct tongs_gpu_image *image = texture->image;
	pthread_mutex_unlock(&texture->image_lock);
	return image;
}

static struct tongs_gpu_region gpu_region(const struct tongs_region_call *call, VkImageAspectFlags aspect) {
	const MTLRegion *region = &call->region;
	return (struct tongs_gpu_region){
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
	struct tongs_region_call call;
	if (!tongs_region_call_init(&call, texture, &region, level, slice, bytes, bytes_per_row, bytes_per_image, what))
		return false;
	const struct tongs_texture *root = call.root;
	if (root->layout.linear) {
		const struct tongs_subresource_layout *layout = &root->layout.levels[call.level];
		copy(bytes, call.row_pitch, call.plane_pitch, find_blocks(&call), layout->row_pitch,
			layout->depth_pitch, call.box);
		return true;
	}
	struct tongs_gpu_image *image = get_image(call.root);
	if (!image)
		return false;
	const struct tongs_combined_texel *texel = tongs_combined_texel_get(call.format->value);
	struct tongs_gpu_region part = gpu_region(&call, tongs_canonical_aspects(root->shape.format));
	if (texel)
		return tongs_combined_texel_read(texel, image, &part, bytes, call.row_pitch, what);
	return tongs_gpu_image_read(image, &part, bytes, call.row_pitch, call.plane_pitch);
}

bool tongs_texture_replace_region(struct tongs_texture *texture, MTLRegion region, NSUInteger level, NSUInteger slice,
	const void *bytes, NSUInteger bytes_per_row, NSUInteger bytes_per_image) {
	static const char what[] = "replaceRegion:";
	struct tongs_region_call call;
	if (!tongs_region_call_init(&call, texture, &region, level, slice, bytes, bytes_per_row, bytes_per_image, what))
		return false;
	const struct tongs_texture *root = call.root;
	if (root->layout.linear) {
		const struct tongs_subresource_layout *layout = &root->layout.levels[call.level];
		copy(find_blocks(&call), layout->row_pitch, layout->depth_pitch, bytes, call.row_pitch,
			call.plane_pitch, call.box);
		return true;
	}
	struct tongs_gpu_image *image = get_image(call.root);
	if (!image)
		return false;
	const struct tongs_combined_texel *texel = tongs_combined_texel_get(call.format->value);
	struct tongs_gpu_region part = gpu_region(&call, tongs_canonical_aspects(root->shape.format));
	if (texel)
		return tongs_combined_texel_write(texel, image, &part, bytes, call.row_pitch, what);
	return tongs_gpu_image_write(image, &part, bytes, call.row_pitch, call.plane_pitch);
}
