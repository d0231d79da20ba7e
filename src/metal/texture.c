/* SPDX-License-Identifier: MIT */
/* MTLTexture: objects with bytes of their own, in a heap, over a buffer, or of an exported image. */
#include "metal/texture.h"
#include "memory/payload.h"

#include <string.h>

#include "util/alloc.h"
#include "util/log.h"

static void finish(struct tongs_texture *texture) {
	tongs_own_image_destroy(atomic_load(&texture->image));
	tongs_resource_finish(&texture->resource);
	tongs_buffer_unref(texture->buffer);
}

/* Views of views may be any number. */
static struct tongs_object *destroy(struct tongs_object *object) {
	struct tongs_texture *texture = (struct tongs_texture *)object, *parent = texture->parent;
	finish(texture);
	tongs_object_free(object);
	return (struct tongs_object *)parent;
}

static size_t layout_bytes(const struct tongs_texture_layout *layout) {
	return layout ? offsetof(struct tongs_texture_layout, levels) + layout->level_count * sizeof(layout->levels[0])
		      : 0;
}

struct tongs_texture *tongs_texture_create(
	const struct tongs_placement *site, const struct tongs_texture *model, const char *what) {
	const size_t layout_size = layout_bytes(model->layout);
	struct tongs_texture *texture = tongs_malloc(1, sizeof(*texture) + layout_size);
	if (!texture) {
		tongs_placement_abandon(site);
		goto fail;
	}
	*texture = *model;
	if (model->layout)
		texture->layout = memcpy(texture + 1, model->layout, layout_size);
	texture->info.resource_options = site->options;
	texture->format = tongs_format_from_metal(model->info.pixel_format);
	tongs_texture_ref(texture->parent);
	tongs_buffer_ref(texture->buffer);
	tongs_resource_init(&texture->resource, site);
	if (!tongs_object_publish(&texture->resource.object, TONGS_KIND_TEXTURE, destroy)) {
		finish(texture);
		tongs_texture_unref(texture->parent);
		tongs_free(NULL, texture);
		goto fail;
	}
	return texture;

fail:
	tongs_log_error("%s no memory for the texture object", what);
	return NULL;
}

static struct tongs_texture *create(const struct tongs_placement *site, const struct tongs_texture_info *info,
	const struct tongs_texture_requirements *needs, const char *what) {
	const struct tongs_texture model = {.info = *info, .shape = needs->shape, .layout = &needs->layout};
	return tongs_texture_create(site, &model, what);
}

struct tongs_texture *tongs_device_new_texture(struct tongs_device *device, const struct tongs_texture_info *info) {
	static const char what[] = "newTextureWithDescriptor:";
	struct tongs_texture_requirements needs;
	struct tongs_placement site;
	const struct tongs_format *format = tongs_texture_check_info(device, info, what);
	if (!format || !tongs_texture_query_requirements(device, info, format, &needs) ||
		!tongs_placement_allocate(&site, device, what, needs.size, info->resource_options))
		return NULL;
	struct tongs_texture *texture = create(&site, info, &needs, what);
	tongs_payload_unref(site.payload);
	return texture;
}

static struct tongs_texture *new_in_heap(
	struct tongs_heap *heap, const struct tongs_texture_info *info, const NSUInteger *offset, const char *what) {
	struct tongs_device *device = heap->storage.device;
	struct tongs_texture_requirements needs;
	struct tongs_placement site;
	const struct tongs_format *format = tongs_texture_check_info(device, info, what);
	if (!format || !tongs_texture_query_requirements(device, info, format, &needs) ||
		!tongs_placement_place(&site, heap, what, needs.size, needs.alignment, info->resource_options, offset))
		return NULL;
	return create(&site, info, &needs, what);
}

struct tongs_texture *tongs_heap_new_texture(struct tongs_heap *heap, const struct tongs_texture_info *info) {
	return new_in_heap(heap, info, NULL, "newTextureWithDescriptor:");
}

struct tongs_texture *tongs_heap_new_texture_at(
	struct tongs_heap *heap, const struct tongs_texture_info *info, NSUInteger offset) {
	return new_in_heap(heap, info, &offset, "newTextureWithDescriptor:offset:");
}

/* What `offset` must be a multiple of, and where there are rows `bytes_per_row`. 0, and a message, when there can be no
 * such texture. */
static uint64_t find_alignment(struct tongs_device *device, const struct tongs_texture_info *info,
	const struct tongs_format *format, const char *what) {
	if (format->kind != TONGS_FORMAT_COLOR) {
		tongs_log_error("%s pixelFormat %s is not an uncompressed colour format", what, format->mtl_name);
		return 0;
	}
	if (info->type == MTLTextureTypeTextureBuffer)
		return tongs_device_get_minimum_texture_buffer_alignment(device, info->pixel_format);
	if (info->type == MTLTextureType2D && info->mipmap_level_count == 1)
		return tongs_texture_query_row_alignment(device, format);
	tongs_log_error("%s textureType %s, %lu levels: a texture over a buffer is MTLTextureType2D or "
			"MTLTextureTypeTextureBuffer, and has one level",
		what, tongs_texture_kind_get(info->type)->name, (unsigned long)info->mipmap_level_count);
	return 0;
}

static bool check_rows(const struct tongs_buffer *buffer, const struct tongs_texture_info *info,
	const struct tongs_format *format, NSUInteger offset, NSUInteger bytes_per_row, const char *what) {
	const bool row = info->type == MTLTextureTypeTextureBuffer;
	uint64_t alignment = find_alignment(buffer->resource.storage.device, info, format, what);
	if (alignment == 0)
		return false;
	if ((offset | (row ? 0 : bytes_per_row)) & (alignment - 1)) {
		tongs_log_error("%s offset %lu and bytesPerRow %lu must be multiples of "
				"minimum%sAlignmentForPixelFormat:, %llu",
			what, (unsigned long)offset, (unsigned long)bytes_per_row,
			row ? "TextureBuffer" : "LinearTexture", (unsigned long long)alignment);
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
	const struct tongs_format *format = tongs_texture_check_info(storage->device, info, what);
	if (!format || !tongs_storage_check_within(storage, "buffer", info->resource_options, what) ||
		!check_rows(buffer, info, format, offset, bytes_per_row, what))
		return NULL;

	const uint64_t size = (uint64_t)bytes_per_row * info->height;
	const struct tongs_texture_layout layout = {
		.linear = true,
		.level_count = 1,
		.levels = {{
			.size = size,
			.row_pitch = bytes_per_row,
			.array_pitch = size,
			.depth_pitch = size,
		}},
	};
	struct tongs_texture model = {.info = *info, .buffer = buffer, .layout = &layout};
	if (tongs_texture_info_get_shape(info, &model.shape))
		model.shape.tiling = VK_IMAGE_TILING_LINEAR;
	/* The texture may use what follows it in the buffer: a driver may want rows beyond the last. */
	const struct tongs_placement site = tongs_placement_within(&buffer->resource, offset);
	return tongs_texture_create(&site, &model, what);
}

struct tongs_texture *tongs_interop_new_texture(struct tongs_device *device, struct tongs_payload *payload,
	uint64_t size, const struct tongs_texture_info *info, const struct tongs_image_shape *shape,
	const struct tongs_texture_layout *layout) {
	const struct tongs_placement site = {
		.device = device,
		.payload = payload,
		.size = size,
		.options = tongs_options_with_hazard_tracking(info->resource_options, MTLHazardTrackingModeTracked),
	};
	const struct tongs_texture model = {.info = *info, .shape = *shape, .layout = layout};
	return tongs_texture_create(&site, &model, "exported texture:");
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

struct tongs_texture *tongs_texture_get_root(
	const struct tongs_texture *texture, NSUInteger *first_level, NSUInteger *first_slice) {
	*first_level = *first_slice = 0;
	while (texture->parent) {
		*first_level += texture->parent_level;
		*first_slice += texture->parent_slice;
		texture = texture->parent;
	}
	return (struct tongs_texture *)texture;
}

static const struct tongs_texture *root_of(const struct tongs_texture *texture) {
	NSUInteger level, slice;
	return tongs_texture_get_root(texture, &level, &slice);
}

struct tongs_buffer *tongs_texture_get_buffer(const struct tongs_texture *texture) {
	return root_of(texture)->buffer;
}

NSUInteger tongs_texture_get_buffer_offset(const struct tongs_texture *texture) {
	const struct tongs_texture *root = root_of(texture);
	return root->buffer ? root->resource.storage.offset - root->buffer->resource.storage.offset : 0;
}

NSUInteger tongs_texture_get_buffer_bytes_per_row(const struct tongs_texture *texture) {
	const struct tongs_texture *root = root_of(texture);
	return root->buffer ? root->layout->levels[0].row_pitch : 0;
}

struct tongs_texture *tongs_texture_get_parent(const struct tongs_texture *texture) {
	return texture->parent;
}

NSUInteger tongs_texture_get_parent_relative_level(const struct tongs_texture *texture) {
	return texture->parent_level;
}

NSUInteger tongs_texture_get_parent_relative_slice(const struct tongs_texture *texture) {
	return texture->parent_slice;
}

struct tongs_resource *tongs_texture_get_root_resource(const struct tongs_texture *texture) {
	return texture->resource.owner;
}
