/* SPDX-License-Identifier: MIT */
#include "metal/handle.h"

#include "util/log.h"

static struct tongs_object *destroy_event_handle(struct tongs_object *object) {
	tongs_shared_event_unref(((struct tongs_event_handle *)object)->event);
	return tongs_object_free(object);
}

struct tongs_event_handle *tongs_event_handle_new(struct tongs_shared_event *event) {
	struct tongs_event_handle *handle = (struct tongs_event_handle *)tongs_object_create(
		TONGS_KIND_SHARED_EVENT_HANDLE, sizeof(*handle), destroy_event_handle);
	if (handle)
		handle->event = tongs_shared_event_ref(event);
	else
		tongs_log_error("newSharedEventHandle: out of memory");
	return handle;
}

struct tongs_shared_event *tongs_event_handle_open(struct tongs_device *device, const void *handle) {
	if (tongs_handle_kind(handle) != TONGS_KIND_SHARED_EVENT_HANDLE) {
		tongs_log_error("newSharedEventWithHandle: %p is not an MTLSharedEventHandle", handle);
		return NULL;
	}
	struct tongs_shared_event *event = ((const struct tongs_event_handle *)handle)->event;
	if (event->device == device)
		return tongs_shared_event_ref(event);
	tongs_log_error("newSharedEventWithHandle: the event is of another device, %s: send the message to that",
		tongs_device_get_name(event->device));
	return NULL;
}

static struct tongs_object *destroy_texture_handle(struct tongs_object *object) {
	tongs_texture_unref(((struct tongs_texture_handle *)object)->texture);
	return tongs_object_free(object);
}

struct tongs_texture_handle *tongs_texture_handle_new(struct tongs_texture *texture) {
	if (!tongs_texture_is_shareable(texture)) {
		tongs_log_error("newSharedTextureHandle: the texture is not shareable: create it with "
				"newSharedTextureWithDescriptor:");
		return NULL;
	}
	struct tongs_texture_handle *handle = (struct tongs_texture_handle *)tongs_object_create(
		TONGS_KIND_SHARED_TEXTURE_HANDLE, sizeof(*handle), destroy_texture_handle);
	if (handle)
		handle->texture = tongs_texture_ref(texture);
	else
		tongs_log_error("newSharedTextureHandle: out of memory");
	return handle;
}

struct tongs_texture *tongs_texture_handle_open(struct tongs_device *device, const void *handle) {
	if (tongs_handle_kind(handle) != TONGS_KIND_SHARED_TEXTURE_HANDLE) {
		tongs_log_error("newSharedTextureWithHandle: %p is not an MTLSharedTextureHandle", handle);
		return NULL;
	}
	struct tongs_texture *texture = ((const struct tongs_texture_handle *)handle)->texture;
	if (texture->resource.storage.device == device)
		return tongs_texture_ref(texture);
	tongs_log_error("newSharedTextureWithHandle: the texture is of another device, %s: send the message to that",
		tongs_device_get_name(texture->resource.storage.device));
	return NULL;
}
