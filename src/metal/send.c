/* SPDX-License-Identifier: MIT */
/* tongs_handle_send: writes the message about an object. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "memory/driver_memory.h"
#include "memory/host_pages.h"
#include "metal/device.h"
#include "metal/handle.h"
#include "metal/heap.h"
#include "metal/message.h"
#include "metal/surface.h"
#include "util/log.h"
#include "util/parcel.h"

static const char WHAT[] = "tongs_handle_send:";

/* What is sent. File descriptors are borrowed, from the payload, event or surface, but for the first if it is owned. */
struct letter {
	struct tongs_message message;
	int fd;
	bool owns_fd;
	int page_fd; /* of a surface */
};

/* `creator`: what creates such objects in memory that can be sent. */
static bool describe_pages(struct letter *letter, const struct tongs_payload *payload, const char *creator) {
	letter->message.memory.kind = TONGS_MESSAGE_HOST_PAGES;
	letter->fd = tongs_host_pages_get_fd(payload);
	if (letter->fd >= 0)
		return true;
	if (tongs_payload_is_external(payload))
		tongs_log_error(
			"%s the bytes are the program's own memory, which Tongs cannot pass on: copy them into a "
			"buffer of tongs_device_new_shareable_buffer",
			WHAT);
	else
		tongs_log_error("%s the bytes are memory of this process alone: create the object with %s, or set "
				"TONGS_SHARE_PROCESSES=1 before the program starts and raise the limit of open files",
			WHAT, creator);
	return false;
}

static bool describe_driver_memory(struct letter *letter, struct tongs_payload *payload) {
	struct tongs_message_memory *memory = &letter->message.memory;
	struct tongs_driver_memory_info info;
	tongs_driver_memory_get_info(payload, &info);
	memory->kind = TONGS_MESSAGE_DRIVER_MEMORY;
	memory->memory_type = info.memory_type;
	memory->host_visible = info.host_visible;
	memory->dedicated = info.dedicated;
	tongs_message_put_shape(&memory->image, &info.image);
	const VkResult result = tongs_driver_memory_get_fd(payload, &letter->fd);
	letter->owns_fd = result == VK_SUCCESS;
	if (result != VK_SUCCESS)
		tongs_log_error("%s the driver does not export %llu bytes of its memory: %s: keep the VkDeviceMemory "
				"until the object is sent, or raise the limit of open files",
			WHAT, (unsigned long long)info.size, tongs_vk_result_name(result));
	return letter->owns_fd;
}

static void describe_device(struct tongs_message *message, const struct tongs_device *device) {
	tongs_device_get_uuid(device, message->device_uuid);
	tongs_device_get_driver_uuid(device, message->driver_uuid);
}

static bool describe_storage(
	struct letter *letter, struct tongs_message_storage *to, const struct tongs_storage *storage) {
	to->offset = storage->offset;
	to->size = storage->size;
	to->options = storage->options;
	describe_device(&letter->message, storage->device);
	tongs_label_read(&storage->label, letter->message.label, sizeof(letter->message.label));
	letter->message.memory.size = tongs_payload_get_size(storage->payload);
	return tongs_payload_is_driver_memory(storage->payload)
		       ? describe_driver_memory(letter, storage->payload)
		       : describe_pages(letter, storage->payload, "tongs_device_new_shareable_...");
}

static bool describe_buffer(struct letter *letter, struct tongs_message_buffer *to, const struct tongs_buffer *buffer) {
	to->length = buffer->length;
	return describe_storage(letter, &to->storage, &buffer->resource.storage);
}

static bool describe_heap(struct letter *letter, const struct tongs_heap *heap) {
	letter->message.as.heap.type = (uint64_t)heap->type;
	return describe_storage(letter, &letter->message.as.heap.storage, &heap->storage);
}

static bool describe_surface(struct letter *letter, struct tongs_message_surface *to, struct tongs_surface *surface) {
	if (!surface->payload) {
		tongs_log_error("%s the IOSurface has no properties yet: send it initWithProperties: first", WHAT);
		return false;
	}
	tongs_message_put_surface(to, &surface->info);
	letter->message.memory.size = tongs_payload_get_size(surface->payload);
	if (!describe_pages(letter, surface->payload, "tongs_surface_new_shareable or kIOSurfaceIsGlobal"))
		return false;
	const struct tongs_surface_share *share = tongs_surface_get_share(surface);
	if (!share) {
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): glibc's is safe for known errors */
		tongs_log_error("%s no page for the IOSurface: %s: raise the limit of open files or of memory", WHAT,
			strerror(errno));
		return false;
	}
	letter->page_fd = share->fd;
	return true;
}

/* The buffer or surface travels, and the texture is made over it again. */
static bool describe_rows(struct letter *letter, const struct tongs_texture *texture) {
	struct tongs_message_texture *to = &letter->message.as.texture;
	if (texture->buffer) {
		to->root = TONGS_MESSAGE_ROOT_BUFFER;
		to->buffer_offset = tongs_texture_get_buffer_offset(texture);
		to->bytes_per_row = tongs_texture_get_buffer_bytes_per_row(texture);
		return describe_buffer(letter, &to->buffer, texture->buffer);
	}
	to->root = TONGS_MESSAGE_ROOT_SURFACE;
	to->plane = (uint32_t)texture->surface_plane;
	describe_device(&letter->message, texture->resource.storage.device);
	return describe_surface(letter, &to->surface, texture->surface);
}

static bool describe_image(struct letter *letter, const struct tongs_texture *texture) {
	struct tongs_message_texture *to = &letter->message.as.texture;
	const struct tongs_storage *storage = &texture->resource.storage;
	const struct tongs_texture_layout *layout = texture->layout;
	const char *fault = tongs_message_find_texture_fault(&texture->info, &texture->shape, layout, storage->size);
	if (fault) {
		tongs_log_error("%s the texture %s: send its memory as an MTLHeap or MTLBuffer", WHAT, fault);
		return false;
	}
	tongs_message_put_shape(&to->shape, &texture->shape);
	to->is_linear = layout->linear;
	to->level_count = layout->level_count;
	for (uint32_t i = 0; i < layout->level_count; i++) {
		const VkSubresourceLayout *level = &layout->levels[i];
		to->levels[i] = (struct tongs_message_level){
			level->offset, level->size, level->rowPitch, level->arrayPitch, level->depthPitch};
	}
	return describe_storage(letter, &to->storage, storage);
}

static void describe_view(struct tongs_message_view *to, const struct tongs_texture *texture) {
	const MTLTextureSwizzleChannels swizzle = texture->info.swizzle;
	*to = (struct tongs_message_view){
		.type = texture->info.type,
		.pixel_format = texture->info.pixel_format,
		.first_level = texture->root_level,
		.level_count = texture->info.mipmap_level_count,
		.first_slice = texture->root_slice,
		.slice_count = texture->slice_count,
		.swizzle = {swizzle.red, swizzle.green, swizzle.blue, swizzle.alpha},
		.is_view = true,
	};
}

/* Of a view, its root travels, and the view is made of that again. Of several labels, the texture's. */
static bool describe_texture(struct letter *letter, const struct tongs_texture *texture) {
	struct tongs_message_texture *to = &letter->message.as.texture;
	const struct tongs_texture *root = texture->root;
	char *label = letter->message.label;
	if (root->resource.storage.of_planes) {
		tongs_log_error("%s the texture is a plane of an image, which cannot be sent by itself: send the "
				"image's memory as an MTLBuffer or MTLHEAP",
			WHAT);
		return false;
	}
	if (!tongs_texture_info_check(root->resource.storage.device, &root->info, WHAT))
		return false;
	tongs_message_put_texture(to, &root->info);
	if (texture->parent)
		describe_view(&to->view, texture);
	if (!(tongs_texture_has_rows(root) ? describe_rows(letter, root) : describe_image(letter, root)))
		return false;
	if (!tongs_label_read(&texture->resource.storage.label, label, sizeof(letter->message.label)))
		memset(label, 0, sizeof(letter->message.label));
	return true;
}

static bool describe_event(struct letter *letter, struct tongs_shared_event *event) {
	const struct tongs_event_share *share = tongs_event_get_share(event);
	if (!share) {
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): glibc's is safe for known errors */
		tongs_log_error("%s no page for the event: %s: raise the limit of open files or of memory", WHAT,
			strerror(errno));
		return false;
	}
	letter->message.memory.kind = TONGS_MESSAGE_EVENT_PAGE;
	letter->message.memory.size = sizeof(struct tongs_event_page);
	letter->fd = share->fd;
	describe_device(&letter->message, event->device);
	tongs_label_read(&event->label, letter->message.label, sizeof(letter->message.label));
	return true;
}

/* The kinds that travel. */
static const struct {
	enum tongs_kind kind;
	enum tongs_message_kind message;
} kinds[] = {
	{TONGS_KIND_BUFFER, TONGS_MESSAGE_BUFFER},
	{TONGS_KIND_TEXTURE, TONGS_MESSAGE_TEXTURE},
	{TONGS_KIND_HEAP, TONGS_MESSAGE_HEAP},
	{TONGS_KIND_SURFACE, TONGS_MESSAGE_SURFACE},
	{TONGS_KIND_SHARED_EVENT, TONGS_MESSAGE_EVENT},
	{TONGS_KIND_SHARED_EVENT_HANDLE, TONGS_MESSAGE_EVENT_HANDLE},
	{TONGS_KIND_SHARED_TEXTURE_HANDLE, TONGS_MESSAGE_TEXTURE_HANDLE},
};

static bool describe(struct letter *letter, struct tongs_object *object) {
	switch (object->kind) {
	case TONGS_KIND_BUFFER:
		return describe_buffer(letter, &letter->message.as.buffer, (struct tongs_buffer *)object);
	case TONGS_KIND_TEXTURE:
		return describe_texture(letter, (struct tongs_texture *)object);
	case TONGS_KIND_HEAP:
		return describe_heap(letter, (struct tongs_heap *)object);
	case TONGS_KIND_SURFACE:
		return describe_surface(letter, &letter->message.as.surface, (struct tongs_surface *)object);
	case TONGS_KIND_SHARED_EVENT:
		return describe_event(letter, (struct tongs_shared_event *)object);
	case TONGS_KIND_SHARED_EVENT_HANDLE:
		return describe_event(letter, ((struct tongs_event_handle *)object)->event);
	default:
		return describe_texture(letter, ((struct tongs_texture_handle *)object)->texture);
	}
}

static bool post(int socket, const struct letter *letter) {
	struct tongs_parcel parcel;
	parcel.size = tongs_message_get_size(letter->message.kind);
	parcel.fd_count = tongs_message_get_fd_count(&letter->message);
	parcel.fds[0] = letter->fd;
	parcel.fds[1] = letter->page_fd;
	memcpy(parcel.bytes, &letter->message, parcel.size);
	const char *fault = tongs_parcel_send(socket, &parcel);
	if (fault)
		tongs_log_error("%s %s", WHAT, fault);
	return !fault;
}

bool tongs_handle_send(int socket, const void *handle) {
	struct tongs_object *object = NULL;
	struct letter letter;
	char text[TONGS_HANDLE_TEXT_SIZE];
	memset(&letter, 0, sizeof(letter));
	letter.message.version = TONGS_MESSAGE_VERSION;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !object; i++) {
		object = tongs_object_acquire(handle, kinds[i].kind);
		letter.message.kind = kinds[i].message;
	}
	if (!object) {
		tongs_log_error("%s the handle %s: only buffers, textures, heaps, IOSurfaces, shared events and "
				"handles of these can be sent",
			WHAT, tongs_interop_describe_handle(handle, text));
		return false;
	}
	const bool sent = describe(&letter, object) && post(socket, &letter);
	if (letter.owns_fd)
		close(letter.fd);
	tongs_object_unref(object);
	return sent;
}
