/* SPDX-License-Identifier: MIT */
/* MTLTexture: with new memory, in a heap, over a buffer, or a view of another texture. */
#include "metal/texture.h"

#include <string.h>

#include "memory/driver_memory.h"
#include "metal/device.h"
#include "metal/heap.h"
#include "metal/interop.h"
#include "metal/planes.h"
#include "util/alloc.h"
#include "util/log.h"

static void finish(struct tongs_texture *texture) {
	tongs_own_image_destroy(atomic_load(&texture->image));
	tongs_own_buffer_destroy(atomic_load(&texture->rows));
	tongs_planes_unref(texture->planes);
	tongs_heap_release_place(&texture->resource);
	tongs_resource_finish(&texture->resource);
	tongs_buffer_unref(texture->buffer);
	tongs_surface_unref(texture->surface);
}

/* Returns the parent, for the caller to release: views of views may form chains of any length. */
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
	const struct tongs_placement *placement, const struct tongs_texture *model, const char *what) {
	const size_t layout_size = layout_bytes(model->layout);
	struct tongs_texture *texture = tongs_malloc(1, sizeof(*texture) + layout_size);
	if (!texture) {
		tongs_placement_abandon(placement);
		goto fail;
	}
	*texture = *model;
	if (model->layout)
		texture->layout = memcpy(texture + 1, model->layout, layout_size);
	texture->info.resource_options = placement->options;
	texture->format = tongs_format_from_metal(model->info.pixel_format);
	texture->slice_count = tongs_texture_info_get_slice_count(&model->info);
	texture->root = texture;
	if (model->parent) {
		texture->root = model->parent->root;
		texture->root_level = model->parent->root_level + model->parent_level;
		texture->root_slice = model->parent->root_slice + model->parent_slice;
	}
	tongs_texture_ref(texture->parent);
	tongs_buffer_ref(texture->buffer);
	tongs_surface_ref(texture->surface);
	tongs_planes_ref(texture->planes);
	tongs_resource_init(&texture->resource, placement);
	if (!tongs_object_publish(&texture->resource.object, TONGS_KIND_TEXTURE, destroy)) {
		finish(texture);
		tongs_texture_unref(texture->parent);
		tongs_free(NULL, texture);
		goto fail;
	}
	return texture;

fail:
	tongs_log_error("%s out of memory for the texture object", what);
	return NULL;
}

static struct tongs_texture *create_from_requirements(const struct tongs_placement *placement,
	const struct tongs_texture_info *info, const struct tongs_texture_requirements *requirements,
	const char *what) {
	const struct tongs_texture model = {
		.info = *info, .shape = requirements->shape, .layout = &requirements->layout};
	return tongs_texture_create(placement, &model, what);
}

/* Driver memory for a texture, and its image on libtongs' own device. A Private texture gets a memory type that the CPU
 * does not reach, if there is one. False, with an error logged, on failure. */
static bool allocate_image(struct tongs_device *device, const struct tongs_texture_info *info,
	const struct tongs_texture_requirements *requirements, uint32_t memory_type, struct tongs_payload **payload,
	struct tongs_own_image **image) {
	struct tongs_own_device *own = tongs_device_get_own_device(device);
	struct tongs_driver_memory_info memory_info = {
		.size = requirements->size,
		.memory_type = memory_type,
		.host_visible = tongs_device_is_host_visible(device, memory_type),
		.image = requirements->shape,
	};
	struct tongs_own_memory memory;
	*image = own ? tongs_own_image_create_with_memory(own, &requirements->shape,
			       tongs_texture_info_get_image_flags(info), memory_type, &memory, &memory_info.dedicated)
		     : NULL;
	if (!*image)
		return false;
	*payload = tongs_driver_memory_wrap(&memory_info, &memory);
	if (*payload)
		return true;
	tongs_log_error("newTextureWithDescriptor: out of memory");
	tongs_own_image_destroy(*image);
	return false;
}

/* The memory type of a new image: one that suits the storage mode if possible. In another, a Shared texture is still
 * Shared, for getBytes: and replaceRegion: go through libtongs' own device. -1, with an error logged, on failure. */
static int choose_memory_type(struct tongs_device *device, const struct tongs_texture_info *info,
	const struct tongs_texture_requirements *requirements) {
	struct tongs_own_device *own = tongs_device_get_own_device(device);
	if (!own)
		return -1;
	const bool host_visible = tongs_options_host_visible(info->resource_options);
	const int type = tongs_own_device_choose_driver_type(own, requirements->memory_types, host_visible);
	return type >= 0 ? type : tongs_own_device_choose_driver_type(own, requirements->memory_types, !host_visible);
}

static bool is_in_driver_memory(
	const struct tongs_device *device, const struct tongs_texture_requirements *requirements) {
	const struct tongs_import_kind *kind = device->roles.kinds[requirements->role];
	return requirements->shape.format && kind && kind->allocated_by_device;
}

/* Memory for a texture alone, which the caller unrefs, and in driver memory its image on libtongs' own device; else
 * `*image` is NULL. False, with an error logged, on failure. */
static bool allocate(struct tongs_placement *placement, struct tongs_device *device,
	const struct tongs_texture_info *info, const struct tongs_texture_requirements *requirements, bool shareable,
	const char *what, struct tongs_own_image **image) {
	*image = NULL;
	if (!is_in_driver_memory(device, requirements))
		return tongs_placement_allocate(placement, device, what, requirements->role, requirements->size,
			requirements->memory_types, info->resource_options, shareable);
	const int memory_type = choose_memory_type(device, info, requirements);
	struct tongs_payload *payload;
	if (memory_type < 0 || !allocate_image(device, info, requirements, (uint32_t)memory_type, &payload, image))
		return false;
	*placement = tongs_placement_of_payload(device, payload, info->resource_options);
	return true;
}

/* Takes over `image`, which may be NULL. NULL, with an error logged, when memory runs out. */
static struct tongs_texture *create_with_image(const struct tongs_placement *placement,
	const struct tongs_texture_info *info, const struct tongs_texture_requirements *requirements,
	struct tongs_own_image *image, const char *what) {
	struct tongs_texture *texture = create_from_requirements(placement, info, requirements, what);
	if (texture)
		atomic_store(&texture->image, image);
	else
		tongs_own_image_destroy(image);
	return texture;
}

static struct tongs_texture *new_texture(
	struct tongs_device *device, const struct tongs_texture_info *info, bool shareable, const char *what) {
	struct tongs_texture_requirements requirements;
	struct tongs_placement placement;
	struct tongs_own_image *image;
	const struct tongs_format *format = tongs_texture_info_check(device, info, what);
	if (!format || !tongs_texture_query_requirements(device, info, format, &requirements) ||
		!allocate(&placement, device, info, &requirements, shareable, what, &image))
		return NULL;
	struct tongs_texture *texture = create_with_image(&placement, info, &requirements, image, what);
	tongs_payload_unref(placement.payload);
	return texture;
}

struct tongs_texture *tongs_device_new_texture(struct tongs_device *device, const struct tongs_texture_info *info) {
	return new_texture(device, info, false, "newTextureWithDescriptor:");
}

struct tongs_texture *tongs_device_new_shareable_texture(
	struct tongs_device *device, const struct tongs_texture_info *info) {
	return new_texture(device, info, true, "newSharedTextureWithDescriptor:");
}

struct tongs_texture *tongs_texture_new_in_payload(const struct tongs_placement *placement,
	const struct tongs_texture_info *info, const struct tongs_image_shape *shape,
	const struct tongs_texture_layout *layout, const char *what) {
	const struct tongs_texture model = {.info = *info, .shape = *shape, .layout = layout};
	return tongs_texture_create(placement, &model, what);
}

/* Whether the image can be bound to the heap's memory. `offset` NULL: the heap chooses. */
static bool takes_image(const struct tongs_heap *heap, const struct tongs_texture_requirements *requirements,
	const NSUInteger *offset) {
	const struct tongs_payload *payload = heap->storage.payload;
	const bool driver = tongs_payload_is_driver_memory(payload);
	if (!requirements->shape.format)
		return true;
	if (requirements->dedicated)
		return driver && offset && *offset == 0 &&
		       tongs_driver_memory_is_dedicated_to(payload, &requirements->shape);
	return is_in_driver_memory(heap->storage.device, requirements) == driver &&
	       (!driver || (tongs_driver_memory_get_types(payload) & requirements->memory_types));
}

/* In a placement heap, the bytes at an offset are all that is there, and others may be at it, too. */
static void report_refused_image(
	const struct tongs_heap *heap, const struct tongs_texture_requirements *requirements, const char *what) {
	const bool shared = tongs_options_host_visible(heap->storage.options);
	if (requirements->dedicated)
		tongs_log_error("%s the driver requires memory of its own for such a texture, which has no offset in a "
				"placement heap: use an automatic heap, no heap, or one that Vulkan dedicated to such "
				"an image, at offset 0",
			what);
	else
		tongs_log_error("%s the driver cannot bind such a texture to the memory of a %s heap, and in other "
				"memory it has no offset in a placement heap: use an automatic heap, no heap, or one "
				"with storage mode %s",
			what, shared ? "Shared" : "Private", shared ? "Private" : "Shared");
}

/* A texture that takes room in an automatic heap, and has memory of its own: what the heap has at its offset is not
 * used. */
static struct tongs_texture *new_beside_heap(const struct tongs_placement *place, const struct tongs_texture_info *info,
	const struct tongs_texture_requirements *requirements, const char *what) {
	struct tongs_placement placement = *place, own;
	struct tongs_own_image *image;
	if (!allocate(&own, place->device, info, requirements, false, what, &image)) {
		tongs_placement_abandon(place);
		return NULL;
	}
	placement.payload = own.payload;
	placement.offset = own.offset;
	struct tongs_texture *texture = create_with_image(&placement, info, requirements, image, what);
	tongs_payload_unref(own.payload);
	return texture;
}

static struct tongs_texture *new_in_heap(
	struct tongs_heap *heap, const struct tongs_texture_info *info, const NSUInteger *offset, const char *what) {
	struct tongs_device *device = heap->storage.device;
	struct tongs_texture_requirements requirements;
	struct tongs_placement placement;
	const struct tongs_format *format = tongs_texture_info_check(device, info, what);
	if (!format || !tongs_texture_query_requirements(device, info, format, &requirements))
		return NULL;
	const bool takes = takes_image(heap, &requirements, offset);
	if (!takes && heap->type == MTLHeapTypePlacement) {
		report_refused_image(heap, &requirements, what);
		return NULL;
	}
	if (!tongs_heap_take_place(
		    heap, &placement, what, requirements.size, requirements.alignment, info->resource_options, offset))
		return NULL;
	return takes ? create_from_requirements(&placement, info, &requirements, what)
		     : new_beside_heap(&placement, info, &requirements, what);
}

struct tongs_own_buffer *tongs_texture_get_own_rows(struct tongs_texture *texture) {
	return tongs_storage_get_own_buffer(&texture->resource.storage, texture->resource.storage.size, &texture->rows);
}

struct tongs_own_image *tongs_texture_get_own_image(struct tongs_texture *texture) {
	const struct tongs_storage *storage = &texture->resource.storage;
	struct tongs_planes *planes = texture->planes;
	_Atomic(struct tongs_own_image *) *slot = planes ? &planes->image : &texture->image;
	struct tongs_own_image *image = atomic_load_explicit(slot, memory_order_acquire), *other = NULL;
	struct tongs_own_device *own = image ? NULL : tongs_device_get_own_device(storage->device);
	if (!own)
		return image;
	image = tongs_own_image_create(own, planes ? &planes->shape : &texture->shape,
		tongs_texture_info_get_image_flags(&texture->info), tongs_payload_get_import(storage->payload),
		tongs_storage_find_own_memory(storage, own), storage->offset);
	if (!image || atomic_compare_exchange_strong(slot, &other, image))
		return image;
	/* Another thread has set one first. */
	tongs_own_image_destroy(image);
	return other;
}

struct tongs_texture *tongs_heap_new_texture(struct tongs_heap *heap, const struct tongs_texture_info *info) {
	return new_in_heap(heap, info, NULL, "newTextureWithDescriptor:");
}

struct tongs_texture *tongs_heap_new_texture_at(
	struct tongs_heap *heap, const struct tongs_texture_info *info, NSUInteger offset) {
	return new_in_heap(heap, info, &offset, "newTextureWithDescriptor:offset:");
}

static struct tongs_placement place_export(struct tongs_device *device, struct tongs_payload *payload, uint64_t offset,
	uint64_t size, MTLResourceOptions options) {
	const MTLResourceOptions storage_mode = tongs_payload_get_storage_mode(payload) << MTLResourceStorageModeShift;
	return (struct tongs_placement){
		.device = device,
		.payload = payload,
		.offset = offset,
		.size = size,
		.options = tongs_options_with_hazard_tracking(storage_mode | options, MTLHazardTrackingModeTracked),
	};
}

struct tongs_texture *tongs_interop_new_plane_texture(struct tongs_device *device, struct tongs_payload *payload,
	uint64_t offset, uint64_t size, const struct tongs_texture_info *info, const struct tongs_image_shape *shape,
	const struct tongs_texture_layout *layout, struct tongs_planes *planes, uint32_t plane) {
	const struct tongs_placement placement = place_export(device, payload, offset, size, info->resource_options);
	const struct tongs_texture model = {
		.resource.storage.of_planes = true,
		.planes = planes,
		.plane = plane,
		.info = *info,
		.shape = *shape,
		.layout = layout,
	};
	return tongs_texture_create(&placement, &model, "exported texture:");
}

struct tongs_texture *tongs_interop_new_texture_at(struct tongs_device *device, struct tongs_payload *payload,
	uint64_t offset, uint64_t size, const struct tongs_texture_info *info, const struct tongs_image_shape *shape,
	const struct tongs_texture_layout *layout) {
	const struct tongs_placement placement = place_export(device, payload, offset, size, info->resource_options);
	return tongs_texture_new_in_payload(&placement, info, shape, layout, "exported texture:");
}

/* The alignment of `offset`, and of `bytes_per_row` if there are rows. 0, with an error logged, if no such texture can
 * be made over a buffer. */
static uint64_t find_alignment(struct tongs_device *device, const struct tongs_texture_info *info,
	const struct tongs_format *format, const char *what) {
	if (format->kind != TONGS_FORMAT_COLOR) {
		tongs_log_error("%s pixelFormat %s: a texture over a buffer must have an uncompressed color format",
			what, format->mtl_name);
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
		tongs_log_error("%s bytesPerRow %lu is less than the %lu bytes of a row", what,
			(unsigned long)bytes_per_row, (unsigned long)row_bytes);
		return false;
	}
	NSUInteger size;
	if (__builtin_mul_overflow(bytes_per_row, info->height, &size) || offset > buffer->length ||
		size > buffer->length - offset) {
		tongs_log_error("%s %lu rows of %lu bytes at offset %lu exceed the buffer's %lu bytes", what,
			(unsigned long)info->height, (unsigned long)bytes_per_row, (unsigned long)offset,
			(unsigned long)buffer->length);
		return false;
	}
	return true;
}

struct tongs_texture_layout tongs_texture_get_rows_layout(
	const struct tongs_texture_info *info, NSUInteger bytes_per_row) {
	const uint64_t size = (uint64_t)bytes_per_row * info->height;
	return (struct tongs_texture_layout){
		.linear = true,
		.level_count = 1,
		.levels = {{
			.size = size,
			.rowPitch = bytes_per_row,
			.arrayPitch = size,
			.depthPitch = size,
		}},
	};
}

struct tongs_image_shape tongs_texture_get_rows_shape(const struct tongs_texture_info *info) {
	struct tongs_image_shape shape = {0};
	if (tongs_texture_info_get_shape(info, &shape))
		shape.tiling = VK_IMAGE_TILING_LINEAR;
	return shape;
}

struct tongs_texture *tongs_buffer_new_texture(struct tongs_buffer *buffer, const struct tongs_texture_info *info,
	NSUInteger offset, NSUInteger bytes_per_row) {
	static const char what[] = "newTextureWithDescriptor:offset:bytesPerRow:";
	const struct tongs_storage *storage = &buffer->resource.storage;
	const struct tongs_format *format = tongs_texture_info_check(storage->device, info, what);
	if (!format || !tongs_storage_check_within(storage, "buffer", info->resource_options, what) ||
		!check_rows(buffer, info, format, offset, bytes_per_row, what))
		return NULL;

	const struct tongs_texture_layout layout = tongs_texture_get_rows_layout(info, bytes_per_row);
	const struct tongs_texture model = {
		.info = *info, .buffer = buffer, .shape = tongs_texture_get_rows_shape(info), .layout = &layout};
	/* The texture gets the rest of the buffer, since a driver may require memory beyond the last row. */
	const struct tongs_placement placement = tongs_placement_within(&buffer->resource, offset);
	return tongs_texture_create(&placement, &model, what);
}

static bool check_view_format(
	const struct tongs_texture *texture, const struct tongs_format *view, MTLPixelFormat value, const char *what) {
	enum tongs_view_rule rule = view ? tongs_format_get_view_rule(texture->format, view) : TONGS_VIEW_NEVER;
	if (rule == TONGS_VIEW_NEVER) {
		tongs_log_error("%s pixelFormat %lu%s%s: views of a texture with %s have the same format, its sRGB "
				"counterpart, or a color format with texels of the same size",
			what, (unsigned long)value, view ? " " : "", view ? view->mtl_name : "",
			texture->format->mtl_name);
		return false;
	}
	if (rule == TONGS_VIEW_WITH_USAGE && !(texture->info.usage & MTLTextureUsagePixelFormatView)) {
		tongs_log_error("%s pixelFormat %s of a texture with %s: the texture's usage must include "
				"MTLTextureUsagePixelFormatView",
			what, view->mtl_name, texture->format->mtl_name);
		return false;
	}
	return true;
}

static bool inside(NSUInteger first, NSUInteger count, NSUInteger all) {
	return count > 0 && first < all && count <= all - first;
}

static bool check_view_ranges(const struct tongs_texture *texture, NSUInteger first_level, NSUInteger level_count,
	NSUInteger first_slice, NSUInteger slice_count, const char *what) {
	NSUInteger levels = texture->info.mipmap_level_count;
	NSUInteger slices = texture->slice_count;
	if (inside(first_level, level_count, levels) && inside(first_slice, slice_count, slices))
		return true;
	tongs_log_error("%s levels {%lu, %lu}, slices {%lu, %lu}: a range is empty or exceeds the texture's %lu "
			"levels and %lu slices",
		what, (unsigned long)first_level, (unsigned long)level_count, (unsigned long)first_slice,
		(unsigned long)slice_count, (unsigned long)levels, (unsigned long)slices);
	return false;
}

/* A view may have any type with the same dimensions, samples and number of slices; each face of a cube is a slice. */
static const char *find_view_fault(const struct tongs_texture *texture, const struct tongs_texture_kind *kind,
	NSUInteger first_level, NSUInteger slice_count) {
	const struct tongs_texture_kind *own = tongs_texture_kind_get(texture->info.type);
	if (!kind)
		return "textureType is not an MTLTextureType";
	if (kind->image_type != own->image_type || kind->multisample != own->multisample || kind->buffer != own->buffer)
		return "textureType must have the dimensions and sampling of the texture's type";
	if (kind->array ? slice_count % kind->faces != 0 : slice_count != kind->faces)
		return "slices must be 1, 6 for a cube, or a multiple of these for an array type";
	MTLSize size = tongs_texture_info_get_level_size(&texture->info, first_level);
	return kind->faces == 6 && size.width != size.height ? "a cube must have slices that are as wide as high"
							     : NULL;
}

struct tongs_texture *tongs_texture_new_view(struct tongs_texture *texture, MTLPixelFormat format, MTLTextureType type,
	NSUInteger first_level, NSUInteger level_count, NSUInteger first_slice, NSUInteger slice_count,
	MTLTextureSwizzleChannels swizzle) {
	static const char what[] = "newTextureViewWithPixelFormat:textureType:levels:slices:swizzle:";
	const struct tongs_texture_kind *kind = tongs_texture_kind_get(type);
	if (!check_view_format(texture, tongs_format_from_metal(format), format, what) ||
		!check_view_ranges(texture, first_level, level_count, first_slice, slice_count, what))
		return NULL;
	const char *fault = find_view_fault(texture, kind, first_level, slice_count);
	if (!fault)
		fault = tongs_texture_find_swizzle_fault(swizzle);
	if (fault) {
		tongs_log_error("%s %s (textureType %lu of a texture with %lu, slices {%lu, %lu})", what, fault,
			(unsigned long)type, (unsigned long)texture->info.type, (unsigned long)first_slice,
			(unsigned long)slice_count);
		return NULL;
	}

	struct tongs_texture model = {
		.info = texture->info,
		.parent = texture,
		.parent_level = first_level,
		.parent_slice = first_slice,
	};
	MTLSize size = tongs_texture_info_get_level_size(&texture->info, first_level);
	model.info.type = type;
	model.info.pixel_format = format;
	model.info.width = size.width;
	model.info.height = size.height;
	model.info.depth = size.depth;
	model.info.mipmap_level_count = level_count;
	model.info.array_length = slice_count / kind->faces;
	model.info.swizzle = swizzle;
	const struct tongs_placement placement = tongs_placement_within(&texture->resource, 0);
	return tongs_texture_create(&placement, &model, what);
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
	return texture->root->buffer;
}

NSUInteger tongs_texture_get_buffer_offset(const struct tongs_texture *texture) {
	const struct tongs_texture *root = texture->root;
	return root->buffer ? root->resource.storage.offset - root->buffer->resource.storage.offset : 0;
}

NSUInteger tongs_texture_get_buffer_bytes_per_row(const struct tongs_texture *texture) {
	const struct tongs_texture *root = texture->root;
	return root->buffer ? root->layout->levels[0].rowPitch : 0;
}

struct tongs_surface *tongs_texture_get_surface(const struct tongs_texture *texture) {
	return texture->root->surface;
}

NSUInteger tongs_texture_get_surface_plane(const struct tongs_texture *texture) {
	return texture->root->surface_plane;
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

bool tongs_texture_is_shareable(const struct tongs_texture *texture) {
	return tongs_payload_is_shareable(texture->resource.storage.payload);
}

struct tongs_resource *tongs_texture_get_root_resource(const struct tongs_texture *texture) {
	return texture->resource.owner;
}
