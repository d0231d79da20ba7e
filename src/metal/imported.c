/* SPDX-License-Identifier: MIT */
/* What the layer reads from the objects that it imports, and what becomes of memory that it frees. */
#include "metal/interop.h"

#include <string.h>

#include "memory/driver_memory.h"
#include "metal/device.h"
#include "metal/heap.h"
#include "metal/planes.h"
#include "metal/texture.h"

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

static struct tongs_own_device *open_device(void *user) {
	return tongs_device_get_own_device(user);
}

VkImage tongs_interop_detach(struct tongs_device *device, struct tongs_payload *payload) {
	return tongs_driver_memory_detach(payload, open_device, device);
}

bool tongs_interop_remove_image(struct tongs_device *device, struct tongs_payload *payload, VkImage image) {
	return tongs_driver_memory_remove_image(payload, image, open_device, device);
}

bool tongs_interop_get_texture_image(const struct tongs_texture *texture, struct tongs_image_shape *shape,
	const struct tongs_texture_layout **layout) {
	const struct tongs_texture *root = texture->root;
	/* A view with all levels and slices begins with the first one. */
	if (!root->shape.format || root->planes || !texture->format->vk_format ||
		texture->info.mipmap_level_count != root->shape.levels || texture->slice_count != root->shape.layers)
		return false;
	*shape = root->shape;
	shape->format = texture->format->vk_format;
	*layout = root->layout;
	return true;
}

const struct tongs_planes *tongs_interop_get_planes(
	const struct tongs_texture *texture, struct tongs_image_shape *image, uint32_t *plane) {
	if (!texture->planes)
		return NULL;
	*image = texture->planes->shape;
	*plane = texture->plane;
	return texture->planes;
}

bool tongs_interop_is_swizzled(const struct tongs_texture *texture) {
	const MTLTextureSwizzleChannels none = MTLTextureSwizzleChannelsDefault;
	return memcmp(&texture->info.swizzle, &none, sizeof(none)) != 0;
}
