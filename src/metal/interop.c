/* SPDX-License-Identifier: MIT */
/* What the layer reads of an object that it has acquired. */
#include "metal/interop.h"

#include <stdio.h>

#include "metal/heap.h"
#include "metal/registry.h"
#include "metal/released.h"
#include "metal/texture.h"

static const struct tongs_storage *storage_of(const void *object, enum tongs_kind kind) {
	return kind == TONGS_KIND_HEAP ? &((const struct tongs_heap *)object)->storage
				       : &((const struct tongs_resource *)object)->storage;
}

const char *tongs_interop_read_label(const void *object, enum tongs_kind kind, char text[TONGS_LABEL_TEXT_SIZE]) {
	return tongs_label_read(&storage_of(object, kind)->label, text, TONGS_LABEL_TEXT_SIZE);
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
	NSUInteger level, slice;
	const struct tongs_texture *root = tongs_texture_get_root(texture, &level, &slice);
	/* A view with all levels and slices begins with the first. */
	if (!root->shape.format || !texture->format->vk_format ||
		texture->info.mipmap_level_count != root->shape.levels ||
		tongs_texture_info_get_slice_count(&texture->info) != root->shape.layers)
		return false;
	*shape = root->shape;
	shape->format = texture->format->vk_format;
	*layout = root->layout;
	return true;
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
	tongs_registry_visit(count, &counted);
	return counted;
}
#endif
