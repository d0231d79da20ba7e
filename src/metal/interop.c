/* SPDX-License-Identifier: MIT */
/* The objects of exported payloads, and what the layer reads of objects that it imports. */
#include "metal/interop.h"

#include <stdio.h>
#include <string.h>

#include "metal/device.h"
#include "metal/heap.h"
#include "metal/texture.h"

struct tongs_device *tongs_interop_new_device(const struct tongs_vk_id *id,
	const VkPhysicalDeviceProperties *properties, const VkPhysicalDeviceMemoryProperties *memory) {
	return tongs_device_new_from_id(id, properties, memory);
}

static MTLResourceOptions options_of(const struct tongs_payload *payload, MTLCPUCacheMode cpu_cache_mode,
	MTLHazardTrackingMode hazard_tracking_mode) {
	return tongs_payload_get_storage_mode(payload) << MTLResourceStorageModeShift |
	       cpu_cache_mode << MTLResourceCPUCacheModeShift |
	       hazard_tracking_mode << MTLResourceHazardTrackingModeShift;
}

struct tongs_heap *tongs_interop_new_heap(
	struct tongs_device *device, struct tongs_payload *payload, uint64_t size, MTLCPUCacheMode cpu_cache_mode) {
	return tongs_heap_create(device, payload, size, MTLHeapTypePlacement,
		options_of(payload, cpu_cache_mode, MTLHazardTrackingModeUntracked));
}

struct tongs_buffer *tongs_interop_new_buffer(struct tongs_device *device, struct tongs_payload *payload, uint64_t size,
	MTLCPUCacheMode cpu_cache_mode, struct tongs_heap *heap) {
	const struct tongs_placement placement = {
		.device = device,
		.payload = payload,
		.size = size,
		.options = options_of(
			payload, cpu_cache_mode, heap ? MTLHazardTrackingModeUntracked : MTLHazardTrackingModeTracked),
		.heap = heap,
	};
	return tongs_buffer_create(&placement, size);
}

struct tongs_texture *tongs_interop_new_texture(struct tongs_device *device, struct tongs_payload *payload,
	uint64_t size, const struct tongs_texture_info *info, const struct tongs_image_shape *shape,
	const struct tongs_texture_layout *layout) {
	const MTLResourceOptions storage_mode = tongs_payload_get_storage_mode(payload) << MTLResourceStorageModeShift;
	const struct tongs_placement placement = {
		.device = device,
		.payload = payload,
		.size = size,
		.options = tongs_options_with_hazard_tracking(
			storage_mode | info->resource_options, MTLHazardTrackingModeTracked),
	};
	const struct tongs_texture model = {.info = *info, .shape = *shape, .layout = layout};
	return tongs_texture_create(&placement, &model, "exported texture:");
}

void *tongs_interop_acquire(const void *handle, enum tongs_kind kind) {
	return tongs_object_acquire(handle, kind);
}

void tongs_interop_release(void *object) {
	if (object)
		tongs_object_unref(object);
}

void tongs_interop_release_from_memory(void *object, enum tongs_cause cause) {
	tongs_object_unref_because(object, cause);
}

static const struct tongs_storage *storage_of(const void *object, enum tongs_kind kind) {
	return kind == TONGS_KIND_HEAP ? &((const struct tongs_heap *)object)->storage
				       : &((const struct tongs_resource *)object)->storage;
}

const char *tongs_interop_read_label(const void *object, enum tongs_kind kind, char text[TONGS_LABEL_TEXT_SIZE]) {
	const struct tongs_label *label = &storage_of(object, kind)->label;
	return tongs_label_is_set(label) ? tongs_label_read(label, text, TONGS_LABEL_TEXT_SIZE) : NULL;
}

void tongs_interop_get_backing(const void *object, enum tongs_kind kind, struct tongs_backing *backing) {
	const struct tongs_storage *storage = storage_of(object, kind);
	*backing = (struct tongs_backing){
		.device = storage->device,
		.payload = storage->payload,
		.offset = storage->offset,
		.size = storage->size,
		.storage_mode = tongs_options_storage_mode(storage->options),
	};
}

bool tongs_interop_get_texture_image(const struct tongs_texture *texture, struct tongs_image_shape *shape,
	const struct tongs_texture_layout **layout) {
	const struct tongs_texture *root = texture->root;
	/* A view with all levels and slices begins with the first one. */
	if (!root->shape.format || !texture->format->vk_format ||
		texture->info.mipmap_level_count != root->shape.levels || texture->slice_count != root->shape.layers)
		return false;
	*shape = root->shape;
	shape->format = texture->format->vk_format;
	*layout = root->layout;
	return true;
}

bool tongs_interop_is_swizzled(const struct tongs_texture *texture) {
	const MTLTextureSwizzleChannels none = MTLTextureSwizzleChannelsDefault;
	return memcmp(&texture->info.swizzle, &none, sizeof(none)) != 0;
}

const char *tongs_interop_describe_handle(const void *handle, char text[TONGS_HANDLE_TEXT_SIZE]) {
	enum tongs_kind kind = tongs_handle_kind(handle);
	struct tongs_released released;
	if (!handle)
		snprintf(text, TONGS_HANDLE_TEXT_SIZE, "is NULL");
	else if (kind != TONGS_KIND_NONE)
		snprintf(text, TONGS_HANDLE_TEXT_SIZE, "is an %s", tongs_kind_name(kind));
	else if (tongs_released_find(handle, &released)) {
		int used = snprintf(text, TONGS_HANDLE_TEXT_SIZE, "was ");
		tongs_released_describe(&released, text + used, TONGS_HANDLE_TEXT_SIZE - (size_t)used);
	} else
		snprintf(text, TONGS_HANDLE_TEXT_SIZE, "is not a live Metal object");
	return text;
}

#ifdef TONGS_TEST_HOOKS
static void count(const struct tongs_object *object, void *user) {
	(void)object;
	++*(size_t *)user;
}

size_t tongs_interop_count_objects(void) {
	size_t counted = 0;
	tongs_object_visit(count, &counted);
	return counted;
}
#endif
