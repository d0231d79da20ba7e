/* SPDX-License-Identifier: MIT */
/* tongs_handle_receive: makes the object that a message is about. Each field is checked before it is used: the other
 * process may be hostile. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "memory/driver_memory.h"
#include "memory/host_pages.h"
#include "metal/device.h"
#include "metal/handle.h"
#include "metal/heap.h"
#include "metal/message.h"
#include "metal/surface.h"
#include "util/alloc.h"
#include "util/log.h"
#include "util/memfd.h"
#include "util/parcel.h"

static const char WHAT[] = "tongs_handle_receive:";

/* A message on its way to an object. */
struct arrival {
	struct tongs_message message;
	int fd, page_fd;               /* -1: something has taken it over; the latter, too: not a surface's message */
	struct tongs_device *device;   /* a reference; NULL: a surface */
	struct tongs_payload *payload; /* a reference; NULL: none yet, or an event */
};

/* Logs what is wrong with the message. Returns false. */
static bool refuse(const char *fault) {
	tongs_log_error("%s %s: the message is refused", WHAT, fault);
	return false;
}

/* Of a part that has no fault, NULL. */
static bool accept(const char *part, const char *fault) {
	if (fault)
		tongs_log_error("%s %s %s: the message is refused", WHAT, part, fault);
	return !fault;
}

static bool is_text(const char *label, size_t size) {
	return memchr(label, '\0', size);
}

/* Whether the bytes are a message of this version, for which the rest is as it should be. */
static bool read_message(struct arrival *arrival, const struct tongs_parcel *parcel) {
	struct tongs_message *message = &arrival->message;
	const size_t head = offsetof(struct tongs_message, as);
	memset(message, 0, sizeof(*message));
	memcpy(message, parcel->bytes, parcel->size < head ? parcel->size : head);
	if (parcel->size < head)
		return refuse("it is too short");
	if (message->version != TONGS_MESSAGE_VERSION) {
		tongs_log_error(
			"%s the message has version %u, not %d: the message is refused: let both processes have "
			"the same version of Tongs",
			WHAT, message->version, TONGS_MESSAGE_VERSION);
		return false;
	}
	if (!tongs_message_get_size(message->kind))
		return refuse("it is about no kind of object that this version of Tongs knows");
	if (parcel->size != tongs_message_get_size(message->kind))
		return refuse("it has another length than messages of its kind");
	memcpy(message, parcel->bytes, parcel->size);
	if (parcel->fd_count != tongs_message_get_fd_count(message))
		return refuse("it has more or fewer file descriptors than messages of its kind");
	if (!is_text(message->label, sizeof(message->label)))
		return refuse("its label has no end");
	return true;
}

/* The device of the message: the given one, or that with the UUIDs. */
static bool find_device(struct arrival *arrival, struct tongs_device *device) {
	const struct tongs_message *message = &arrival->message;
	if (!device) {
		arrival->device = tongs_device_new_from_uuids(message->device_uuid, message->driver_uuid);
		return arrival->device;
	}
	if (memcmp(device->id.device, message->device_uuid, VK_UUID_SIZE) != 0 ||
		memcmp(device->id.driver, message->driver_uuid, VK_UUID_SIZE) != 0) {
		tongs_log_error("%s the object is of another device or driver than %s: the message is refused: pass "
				"NULL, or the device with the sender's UUIDs",
			WHAT, tongs_device_get_name(device));
		return false;
	}
	arrival->device = tongs_device_ref(device);
	return true;
}

/* A fault of `fd` as memory of a driver, before the driver sees it: those of CPUs have memfds, others dma-bufs or their
 * devices' files. */
static const char *find_driver_fd_fault(int fd, uint64_t size) {
	static const char fault[] = "is a file that no driver makes";
	struct statfs system;
	struct stat file;
	if (fstat(fd, &file) != 0 || fstatfs(fd, &system) != 0)
		return fault;
	if (system.f_type == TMPFS_MAGIC && S_ISREG(file.st_mode)) {
		tongs_memfd_seal(fd);
		return tongs_memfd_find_fault(fd, size);
	}
	return S_ISCHR(file.st_mode) || system.f_type == DMA_BUF_MAGIC ? NULL : fault;
}

static const char *find_driver_memory_fault(const struct arrival *arrival) {
	const struct tongs_message_memory *memory = &arrival->message.memory;
	const struct tongs_device *device = arrival->device;
	if (!device)
		return "is driver memory, which no IOSurface has";
	if (!tongs_import_find_used(&device->roles, true))
		return "is driver memory, which the device does not share";
	if (memory->memory_type >= device->memory.memoryTypeCount ||
		!(tongs_import_find_accepted(tongs_import_get_kind(true), &device->memory) >> memory->memory_type & 1))
		return "has a memory type that the device does not share";
	if (memory->host_visible != tongs_device_is_host_visible(device, memory->memory_type) || memory->dedicated > 1)
		return "is not as its memory type says";
	const uint32_t heap = device->memory.memoryTypes[memory->memory_type].heapIndex;
	if (memory->size == 0 || memory->size > device->memory.memoryHeaps[heap].size)
		return "is empty, or larger than the device's";
	return find_driver_fd_fault(arrival->fd, memory->size);
}

static bool adopt_driver_memory(struct arrival *arrival) {
	const struct tongs_message_memory *memory = &arrival->message.memory;
	const char *fault = find_driver_memory_fault(arrival);
	if (!accept("the memory", fault))
		return false;
	struct tongs_driver_memory_info info = {
		.size = memory->size,
		.memory_type = memory->memory_type,
		.host_visible = memory->host_visible,
		.dedicated = memory->dedicated,
	};
	tongs_message_get_shape(&memory->image, &info.image);
	struct tongs_own_device *own = tongs_device_get_own_device(arrival->device);
	if (!own)
		return false;
	const VkResult result = tongs_driver_memory_adopt(&info, arrival->fd, own, &arrival->payload);
	if (result == VK_SUCCESS) {
		arrival->fd = -1;
		return true;
	}
	tongs_log_error("%s the driver does not import %llu bytes of the other process: %s%s", WHAT,
		(unsigned long long)info.size, tongs_vk_result_name(result),
		result == VK_ERROR_TOO_MANY_OBJECTS ? ": release some objects of other processes" : "");
	return false;
}

static bool adopt_pages(struct arrival *arrival) {
	const uint64_t size = arrival->message.memory.size;
	if (size == 0 || (size & (tongs_page_size() - 1)))
		return refuse("its memory has not whole pages");
	const char *fault = tongs_memfd_find_fault(arrival->fd, size);
	if (!accept("the memory", fault))
		return false;
	arrival->payload = tongs_host_pages_adopt(arrival->fd, size);
	if (arrival->payload) {
		arrival->fd = -1;
		return true;
	}
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): glibc's is safe for known errors */
	tongs_log_error("%s %llu bytes cannot be mapped: %s", WHAT, (unsigned long long)size, strerror(errno));
	return false;
}

static bool adopt_memory(struct arrival *arrival) {
	switch (arrival->message.memory.kind) {
	case TONGS_MESSAGE_HOST_PAGES:
		return adopt_pages(arrival);
	case TONGS_MESSAGE_DRIVER_MEMORY:
		return adopt_driver_memory(arrival);
	default:
		return refuse("its memory is of no kind that an object of its kind has");
	}
}

/* Where the object lies. False if that is not inside the memory. */
static bool place(
	const struct arrival *arrival, const struct tongs_message_storage *storage, struct tongs_placement *placement) {
	const uint64_t size = tongs_payload_get_size(arrival->payload);
	if (storage->size == 0 || storage->offset > size || storage->size > size - storage->offset)
		return refuse("the object is not inside its memory");
	if (!tongs_storage_check_options(arrival->device, storage->options, WHAT))
		return false;
	if (tongs_options_hazard_tracking_mode(storage->options) == MTLHazardTrackingModeDefault)
		return refuse("its options have no hazard tracking mode");
	*placement = (struct tongs_placement){
		.device = arrival->device,
		.payload = arrival->payload,
		.offset = storage->offset,
		.size = storage->size,
		.options = storage->options,
	};
	return true;
}

static void set_label(const struct tongs_message *message, struct tongs_storage *storage) {
	if (message->label[0])
		tongs_storage_set_label(storage, message->label);
}

static struct tongs_buffer *make_buffer(const struct arrival *arrival, const struct tongs_message_buffer *from) {
	struct tongs_placement placement;
	if (!place(arrival, &from->storage, &placement))
		return NULL;
	if (from->length == 0 || from->length > from->storage.size) {
		refuse("the buffer's length is 0, or larger than its memory");
		return NULL;
	}
	/* Drivers copy texels from and to it. */
	if (from->storage.offset % TONGS_BUFFER_RULE_MIN_ALIGNMENT) {
		refuse("the buffer is not aligned in its memory");
		return NULL;
	}
	return tongs_buffer_new_in_payload(&placement, from->length, WHAT);
}

static struct tongs_heap *make_heap(const struct arrival *arrival) {
	const struct tongs_message_heap *from = &arrival->message.as.heap;
	struct tongs_placement placement;
	if (!place(arrival, &from->storage, &placement))
		return NULL;
	if (from->storage.offset != 0 || (from->type != MTLHeapTypeAutomatic && from->type != MTLHeapTypePlacement)) {
		refuse("the heap has no valid type or offset");
		return NULL;
	}
	return tongs_heap_new_in_payload(&placement, (MTLHeapType)from->type, WHAT);
}

/* Whether the driver can bind the texture's image to its bytes. */
static bool check_image(const struct arrival *arrival, const struct tongs_texture_info *info,
	const struct tongs_image_shape *shape, const struct tongs_placement *placement) {
	const struct tongs_payload *payload = arrival->payload;
	const bool driver = tongs_payload_is_driver_memory(payload);
	struct tongs_own_image_requirements requirements;
	if (!tongs_import_find_used(&arrival->device->roles, driver))
		return refuse("the device shares no images in such memory");
	if (!tongs_texture_query_image(arrival->device, tongs_payload_get_import(payload)->kind, shape,
		    tongs_texture_info_get_image_flags(info), &requirements))
		return false;
	if (requirements.memory.size > placement->size || placement->offset % requirements.memory.alignment != 0)
		return refuse("the texture's bytes are too few or not aligned for its image");
	if (driver && !(tongs_driver_memory_get_types(payload) & requirements.memory.memoryTypeBits))
		return refuse("the texture's memory type is none that its image can have");
	if (payload->import.dedicated ? !tongs_driver_memory_is_dedicated_to(payload, shape) : requirements.dedicated)
		return refuse("the texture's memory is dedicated to another image, or to none");
	return true;
}

static bool read_layout(const struct tongs_message_texture *from, struct tongs_texture_layout *layout) {
	if (from->is_linear > 1 || from->level_count > TONGS_MAX_LEVELS)
		return refuse("the texture has no valid layout");
	*layout = (struct tongs_texture_layout){.linear = from->is_linear, .level_count = from->level_count};
	for (uint32_t i = 0; i < from->level_count; i++) {
		const struct tongs_message_level *level = &from->levels[i];
		layout->levels[i] = (VkSubresourceLayout){
			.offset = level->offset,
			.size = level->size,
			.rowPitch = level->row_pitch,
			.arrayPitch = level->array_pitch,
			.depthPitch = level->depth_pitch,
		};
	}
	return true;
}

/* What the surface shares beside its bytes. NULL, with an error logged, on failure. */
static struct tongs_surface_share *adopt_share(struct arrival *arrival) {
	const char *fault = tongs_memfd_find_fault(arrival->page_fd, tongs_page_size());
	if (!accept("the page of the IOSurface", fault))
		return NULL;
	struct tongs_surface_share *share = tongs_surface_share_adopt(arrival->page_fd);
	if (share)
		arrival->page_fd = -1;
	else
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): glibc's is safe for known errors */
		tongs_log_error("%s the page of the IOSurface cannot be opened or mapped: %s", WHAT, strerror(errno));
	return share;
}

static struct tongs_surface *make_surface(struct arrival *arrival, const struct tongs_message_surface *from) {
	struct tongs_surface_info info;
	tongs_message_get_surface(from, &info);
	struct tongs_surface_share *share = adopt_share(arrival);
	struct tongs_surface *surface =
		share ? tongs_surface_new_with_share(&info, arrival->payload, share, WHAT) : NULL;
	if (!surface)
		tongs_surface_share_destroy(share);
	return surface;
}

static struct tongs_texture *make_over_surface(
	struct arrival *arrival, const struct tongs_texture_info *info, const struct tongs_message_texture *from) {
	struct tongs_surface *surface = make_surface(arrival, &from->surface);
	struct tongs_texture *texture =
		surface ? tongs_device_new_texture_from_surface(arrival->device, info, surface, from->plane) : NULL;
	tongs_surface_unref(surface);
	return texture;
}

static struct tongs_texture *make_over_buffer(const struct arrival *arrival, const struct tongs_texture_info *info,
	const struct tongs_message_texture *from) {
	struct tongs_buffer *buffer = make_buffer(arrival, &from->buffer);
	struct tongs_texture *texture =
		buffer ? tongs_buffer_new_texture(buffer, info, from->buffer_offset, from->bytes_per_row) : NULL;
	tongs_buffer_unref(buffer);
	return texture;
}

static struct tongs_texture *make_over_memory(const struct arrival *arrival, const struct tongs_texture_info *info,
	const struct tongs_message_texture *from) {
	struct tongs_image_shape shape;
	struct tongs_texture_layout layout;
	struct tongs_placement placement;
	tongs_message_get_shape(&from->shape, &shape);
	if (!place(arrival, &from->storage, &placement) || !read_layout(from, &layout))
		return NULL;
	const char *fault = tongs_message_find_texture_fault(info, &shape, &layout, placement.size);
	if (!accept("the texture", fault))
		return NULL;
	if (shape.format && !check_image(arrival, info, &shape, &placement))
		return NULL;
	return tongs_texture_new_in_payload(&placement, info, &shape, &layout, WHAT);
}

/* The texture that is no view. */
static struct tongs_texture *make_root(struct arrival *arrival, const struct tongs_message_texture *from) {
	struct tongs_texture_info info;
	tongs_message_get_texture(from, &info);
	if (from->allow_gpu_optimized_contents > 1 || from->view.is_view > 1) {
		refuse("the texture has no valid description");
		return NULL;
	}
	if (!tongs_texture_info_check(arrival->device, &info, WHAT))
		return NULL;
	switch (from->root) {
	case TONGS_MESSAGE_ROOT_MEMORY:
		return make_over_memory(arrival, &info, from);
	case TONGS_MESSAGE_ROOT_BUFFER:
		return make_over_buffer(arrival, &info, from);
	case TONGS_MESSAGE_ROOT_SURFACE:
		return make_over_surface(arrival, &info, from);
	default:
		refuse("the texture has no valid description");
		return NULL;
	}
}

static struct tongs_texture *make_texture(struct arrival *arrival) {
	const struct tongs_message_texture *from = &arrival->message.as.texture;
	const struct tongs_message_view *view = &from->view;
	struct tongs_texture *root = make_root(arrival, from);
	if (!root || !view->is_view)
		return root;
	const MTLTextureSwizzleChannels swizzle = {
		view->swizzle[0], view->swizzle[1], view->swizzle[2], view->swizzle[3]};
	struct tongs_texture *texture = tongs_texture_new_view(root, view->pixel_format, view->type, view->first_level,
		view->level_count, view->first_slice, view->slice_count, swizzle);
	tongs_texture_unref(root);
	return texture;
}

static struct tongs_shared_event *make_event(struct arrival *arrival) {
	const struct tongs_message *message = &arrival->message;
	if (message->memory.kind != TONGS_MESSAGE_EVENT_PAGE ||
		message->memory.size != sizeof(struct tongs_event_page)) {
		refuse("its memory is of no kind that an event has");
		return NULL;
	}
	const char *fault = tongs_memfd_find_fault(arrival->fd, tongs_page_size());
	if (!accept("the memory", fault))
		return NULL;
	struct tongs_event_share *share = tongs_event_share_adopt(arrival->fd);
	if (!share) {
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): glibc's is safe for known errors */
		tongs_log_error("%s the event's page cannot be mapped: %s", WHAT, strerror(errno));
		return NULL;
	}
	arrival->fd = -1;
	struct tongs_shared_event *event = tongs_event_new_with_share(arrival->device, share);
	if (!event)
		tongs_event_share_unref(share);
	else if (message->label[0])
		tongs_shared_event_set_label(event, message->label);
	return event;
}

static void *make_buffer_object(const struct arrival *arrival) {
	struct tongs_buffer *buffer = make_buffer(arrival, &arrival->message.as.buffer);
	if (buffer)
		set_label(&arrival->message, &buffer->resource.storage);
	return buffer;
}

static void *make_heap_object(const struct arrival *arrival) {
	struct tongs_heap *heap = make_heap(arrival);
	if (heap)
		set_label(&arrival->message, &heap->storage);
	return heap;
}

static void *make_texture_object(struct arrival *arrival) {
	struct tongs_texture *texture = make_texture(arrival);
	if (texture)
		set_label(&arrival->message, &texture->resource.storage);
	return texture;
}

static void *make_event_handle(struct arrival *arrival) {
	struct tongs_shared_event *event = make_event(arrival);
	void *handle = event ? tongs_event_handle_new(event) : NULL;
	tongs_shared_event_unref(event);
	return handle;
}

static void *make_texture_handle(struct arrival *arrival) {
	struct tongs_texture *texture = make_texture_object(arrival);
	void *handle = texture ? tongs_texture_handle_new(texture) : NULL;
	tongs_texture_unref(texture);
	return handle;
}

static void *make(struct arrival *arrival) {
	switch (arrival->message.kind) {
	case TONGS_MESSAGE_EVENT:
		return make_event(arrival);
	case TONGS_MESSAGE_EVENT_HANDLE:
		return make_event_handle(arrival);
	default:
		break;
	}
	if (!adopt_memory(arrival))
		return NULL;
	switch (arrival->message.kind) {
	case TONGS_MESSAGE_SURFACE:
		return make_surface(arrival, &arrival->message.as.surface);
	case TONGS_MESSAGE_BUFFER:
		return make_buffer_object(arrival);
	case TONGS_MESSAGE_HEAP:
		return make_heap_object(arrival);
	case TONGS_MESSAGE_TEXTURE:
		return make_texture_object(arrival);
	default:
		return make_texture_handle(arrival);
	}
}

void *tongs_handle_receive(int socket, struct tongs_device *device) {
	struct tongs_parcel parcel;
	struct arrival arrival = {.fd = -1, .page_fd = -1};
	void *object = NULL;
	const char *fault = tongs_parcel_receive(socket, &parcel);
	if (fault) {
		tongs_log_error("%s %s", WHAT, fault);
		return NULL;
	}
	if (read_message(&arrival, &parcel)) {
		arrival.fd = parcel.fds[0];
		if (parcel.fd_count > 1)
			arrival.page_fd = parcel.fds[1];
		parcel.fd_count = 0;
		if (arrival.message.kind == TONGS_MESSAGE_SURFACE || find_device(&arrival, device))
			object = make(&arrival);
	}
	if (arrival.fd >= 0)
		close(arrival.fd);
	if (arrival.page_fd >= 0)
		close(arrival.page_fd);
	tongs_parcel_close(&parcel);
	tongs_payload_unref(arrival.payload);
	tongs_device_unref(arrival.device);
	return object;
}
