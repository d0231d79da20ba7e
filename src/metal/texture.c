/* SPDX-License-Identifier: MIT */
/* MTLTexture: linear texels of their own, in a heap, or over a buffer. */
#include "metal/texture.h"

#include "base/alloc.h"
#include "base/log.h"

static void finish(struct tongs_texture *texture) {
	tongs_resource_finish(&texture->resource);
	tongs_buffer_unref(texture->buffer);
}

static void destroy(struct tongs_object *object) {
	finish((struct tongs_texture *)object);
	tongs_object_free(object);
}

/* NULL, and a message that begins with `what`, when memory runs out; the site is then abandoned. */
static struct tongs_texture *create(const struct tongs_site *site, const struct tongs_texture_info *info,
	const struct tongs_subresource_layout *layout, struct tongs_buffer *buffer, NSUInteger buffer_offset,
	const char *what) {
	struct tongs_texture *texture = tongs_malloc(1, sizeof(*texture));
	if (!texture) {
		tongs_site_abandon(site);
		goto fail;
	}
	texture->info = *info;
	texture->info.resource_options = site->options;
	texture->format = tongs_pixel_format_get(info->pixel_format);
	texture->layout = *layout;
	texture->buffer = tongs_buffer_ref(buffer);
	texture->buffer_offset = buffer_offset;
	tongs_resource_init(&texture->resource, site);
	if (!tongs_object_publish(&texture->resource.object, TONGS_KIND_TEXTURE, destroy)) {
		finish(texture);
		tongs_free(NULL, texture);
		goto fail;
	}
	return texture;

fail:
	tongs_log_error("%s no memory for the texture object", what);
	return NULL;
}

struct tongs_texture *tongs_device_new_texture(struct tongs_device *device, const struct tongs_texture_info *info) {
	static const char what[] = "newTextureWithDescriptor:";
	struct tongs_texture_needs needs;
	struct tongs_site site;
	const struct tongs_pixel_format *format = tongs_texture_check_info(device, info, what);
	if (!format || !tongs_texture_query_needs(device, info, format, &needs) ||
		!tongs_site_allocate(&site, device, what, needs.size, info->resource_options))
		return NULL;
	struct tongs_texture *texture = create(&site, info, &needs.layout, NULL, 0, what);
	tongs_payload_unref(site.payload);
	return texture;
}

static struct tongs_texture *new_in_heap(
	struct tongs_heap *heap, const struct tongs_texture_info *info, const NSUInteger *offset, const char *what) {
	struct tongs_device *device = heap->storage.device;
	struct tongs_texture_needs needs;
	struct tongs_site site;
	const struct tongs_pixel_format *format = tongs_texture_check_info(device, info, what);
	if (!format || !tongs_texture_query_needs(device, info, format, &needs) ||
		!tongs_site_place(&site, heap, what, needs.size, needs.alignment, info->resource_options, offset))
		return NULL;
	return create(&site, info, &needs.layout, NULL, 0, what);
}

struct tongs_texture *tongs_heap_new_texture(struct tongs_heap *heap, const struct tongs_texture_info *info) {
	return new_in_heap(heap, info, NULL, "newTextureWithDescriptor:");
}

struct tongs_texture *tongs_heap_new_texture_at(
	struct tongs_heap *heap, const struct tongs_texture_info *info, NSUInteger offset) {
	return new_in_heap(heap, info, &offset, "newTextureWithDescriptor:offset:");
}

static bool check_rows(const struct tongs_buffer *buffer, const struct tongs_texture_info *info,
	const struct tongs_pixel_format *format, NSUInteger offset, NSUInteger bytes_per_row, const char *what) {
	uint64_t alignment = tongs_texture_query_row_alignment(buffer->resource.storage.device, format);
	if (alignment == 0)
		return false;
	if ((offset | bytes_per_row) & (alignment - 1)) {
		tongs_log_error("%s offset %lu and bytesPerRow %lu must be multiples of "
				"minimumLinearTextureAlignmentForPixelFormat:, %llu",
			what, (unsigned long)offset, (unsigned long)bytes_per_row, (unsigned long long)alignment);
		return false;
	}
	NSUInteger row_bytes = info->width * format->block_bytes;
	if (bytes_per_row < row_bytes) {
		tongs_log_error("%s bytesPerRow %lu is less than a row's %lu", what, (unsigned long)bytes_per_row,
			(unsigned long)row_bytes);
		return false;
	}
	NSUInteger size;
	if (__builtin_mul_overflow(bytes_per_row, info->height, &size) || offset > buffer->length ||
		size > buffer->length - offset) {
		tongs_log_error("%s %lu rows of %lu bytes at offset %lu reach past the buffer's %lu", what,
			(unsigned long)info->height, (unsigned long)bytes_per_row, (unsigned long)offset,
			(unsigned long)buffer->length);
		return false;
	}
	return true;
}

struct tongs_texture *tongs_buffer_new_texture(struct tongs_buffer *buffer, const struct tongs_texture_info *info,
	NSUInteger offset, NSUInteger bytes_per_row) {
	static const char what[] = "newTextureWithDescriptor:offset:bytesPerRow:";
	const struct tongs_storage *storage = &buffer->resource.storage;
	const struct tongs_pixel_format *format = tongs_texture_check_info(storage->device, info, what);
	if (!format || !tongs_storage_check_within(storage, "buffer", info->resource_options, what) ||
		!check_rows(buffer, info, format, offset, bytes_per_row, what))
		return NULL;

	const uint64_t size = (uint64_t)bytes_per_row * info->height;
	const struct tongs_subresource_layout layout = {
		.size = size,
		.row_pitch = bytes_per_row,
		.array_pitch = size,
		.depth_pitch = size,
	};
	/* The texture may use what follows it in the buffer: a driver may want rows beyond the last. */
	const struct tongs_site site = {
		.device = storage->device,
		.payload = storage->payload,
		.offset = storage->offset + offset,
		.size = storage->size - offset,
		.options = storage->options,
	};
	return create(&site, info, &layout, buffer, offset, what);
}

struct tongs_texture *tongs_interop_new_texture(struct tongs_device *device, struct tongs_payload *payload,
	uint64_t size, const struct tongs_texture_info *info, const struct tongs_subresource_layout *layout) {
	const struct tongs_site site = {
		.device = device,
		.payload = payload,
		.size = size,
		.options = tongs_options_with_hazard_tracking(info->resource_options, MTLHazardTrackingModeTracked),
	};
	return create(&site, info, layout, NULL, 0, "exported texture:");
}

struct tongs_resource *tongs_texture_get_resource(struct tongs_texture *texture) {
	return &texture->resource;
}

void tongs_texture_get_info(const struct tongs_texture *texture, struct tongs_texture_info *info) {
	*info = texture->info;
}

MTLPixelFormat tongs_texture_get_pixel_format(const struct tongs_texture *texture) {
	return texture->info.pixel_format;
}

NSUInteger tongs_texture_get_width(const struct tongs_texture *texture) {
	return texture->info.width;
}

NSUInteger tongs_texture_get_height(const struct tongs_texture *texture) {
	return texture->info.height;
}

struct tongs_buffer *tongs_texture_get_buffer(const struct tongs_texture *texture) {
	return texture->buffer;
}

NSUInteger tongs_texture_get_buffer_offset(const struct tongs_texture *texture) {
	return texture->buffer_offset;
}

NSUInteger tongs_texture_get_buffer_bytes_per_row(const struct tongs_texture *texture) {
	return texture->buffer ? texture->layout.row_pitch : 0;
}

/* Only a view has a parent, and every texture here was made on its own. */
struct tongs_texture *tongs_texture_get_parent(const struct tongs_texture *texture) {
	(void)texture;
	return NULL;
}
