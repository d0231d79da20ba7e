/* SPDX-License-Identifier: MIT */
/* Texels in and out by the CPU: plain copies where the layout is known, else by the image on the own Vulkan device. */
#include "util/log.h"
#include "format/format.h"
#include "metal/device.h"
#include "memory/payload.h"
#include "metal/texture_depth_stencil.h"
#include "metal/texture_region.h"

/* The call's rows in a linear texture. */
static struct tongs_rows find_rows(const struct tongs_region_call *call) {
	const struct tongs_subresource_layout *layout = &call->root->layout->levels[call->level];
	const MTLOrigin *origin = &call->region.origin;
	return (struct tongs_rows){
		.bytes = (char *)tongs_storage_get_bytes(&call->root->resource.storage) + layout->offset +
			 call->slice * layout->array_pitch + origin->z * layout->depth_pitch +
			 origin->y / call->format->block_height * layout->row_pitch +
			 origin->x / call->format->block_width * call->format->block_bytes,
		.row_pitch = layout->row_pitch,
		.plane_pitch = layout->depth_pitch,
		.span = layout->size,
	};
}

/* The call's rows among the caller's bytes. */
static struct tongs_rows find_caller_rows(const struct tongs_region_call *call, void *bytes) {
	return (struct tongs_rows){
		.bytes = bytes,
		.row_pitch = call->row_pitch,
		.plane_pitch = call->plane_pitch,
		.span = (uint64_t)call->row_pitch * call->box.rows,
	};
}

/* The image on the own Vulkan device; NULL, and a message, when it cannot be made. */
static struct tongs_own_image *get_image(struct tongs_texture *texture) {
	const struct tongs_storage *storage = &texture->resource.storage;
	struct tongs_own_image *image = atomic_load_explicit(&texture->image, memory_order_acquire), *other = NULL;
	struct tongs_own_device *gpu = image ? NULL : tongs_device_get_own_device(storage->device);
	if (!gpu)
		return image;
	image = tongs_own_image_create(gpu, &texture->shape, tongs_texture_info_get_image_flags(&texture->info),
		tongs_payload_get_contents(storage->payload), tongs_payload_get_size(storage->payload),
		storage->offset);
	if (!image || atomic_compare_exchange_strong(&texture->image, &other, image))
		return image;
	/* Another thread was faster. */
	tongs_own_image_destroy(image);
	return other;
}

static struct tongs_own_image_region gpu_region(const struct tongs_region_call *call, VkImageAspectFlags aspect) {
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
	struct tongs_region_call call;
	if (!tongs_region_call_init(&call, texture, &region, level, slice, bytes, bytes_per_row, bytes_per_image, what))
		return false;
	const struct tongs_texture *root = call.root;
	if (root->layout->linear) {
		const struct tongs_rows from = find_rows(&call), to = find_caller_rows(&call, bytes);
		tongs_rows_copy(&to, &from, call.box);
		return true;
	}
	struct tongs_own_image *image = get_image(call.root);
	if (!image)
		return false;
	const struct tongs_depth_stencil_texel *texel = tongs_depth_stencil_texel_get(call.format->mtl_format);
	struct tongs_own_image_region part = gpu_region(&call, tongs_format_get_aspects(root->shape.format));
	if (texel)
		return tongs_depth_stencil_texel_read(texel, image, &part, bytes, call.row_pitch, what);
	return tongs_own_image_read(image, &part, bytes, call.row_pitch, call.plane_pitch);
}

bool tongs_texture_replace_region(struct tongs_texture *texture, MTLRegion region, NSUInteger level, NSUInteger slice,
	const void *bytes, NSUInteger bytes_per_row, NSUInteger bytes_per_image) {
	static const char what[] = "replaceRegion:";
	struct tongs_region_call call;
	if (!tongs_region_call_init(&call, texture, &region, level, slice, bytes, bytes_per_row, bytes_per_image, what))
		return false;
	const struct tongs_texture *root = call.root;
	if (root->layout->linear) {
		/* Rows that are read are not written. */
		const struct tongs_rows from = find_caller_rows(&call, (void *)(uintptr_t)bytes), to = find_rows(&call);
		tongs_rows_copy(&to, &from, call.box);
		return true;
	}
	struct tongs_own_image *image = get_image(call.root);
	if (!image)
		return false;
	const struct tongs_depth_stencil_texel *texel = tongs_depth_stencil_texel_get(call.format->mtl_format);
	struct tongs_own_image_region part = gpu_region(&call, tongs_format_get_aspects(root->shape.format));
	if (texel)
		return tongs_depth_stencil_texel_write(texel, image, &part, bytes, call.row_pitch, what);
	return tongs_own_image_write(image, &part, bytes, call.row_pitch, call.plane_pitch);
}
