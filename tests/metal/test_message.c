/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memfd_create; NOLINT(bugprone-reserved-identifier) */
/* Messages to other processes: what cannot be sent, and forged ones that are refused. */
#include "forge.h"
#include "sent_objects.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "metal/surface.h"
#include "metal/texture.h"

static void other_objects_are_not_sent(void **state) {
	(void)state;
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	let_driver_open_files();
	const size_t files = count_files();
	assert_false(tongs_handle_send(ends[0], NULL));
	messages_expect("the handle is NULL");
	assert_false(tongs_handle_send(ends[0], ends));
	messages_expect("is not a live Metal object");
	assert_false(tongs_handle_send(ends[0], device));
	messages_expect("is an MTLDevice");

	struct tongs_buffer *buffer = tongs_device_new_buffer(device, SIZE, MTLResourceStorageModeShared);
	if (!tongs_payload_is_shareable(buffer->resource.storage.payload)) {
		assert_false(tongs_handle_send(ends[0], buffer));
		messages_expect("TONGS_SHARE_PROCESSES=1");
	}
	tongs_buffer_unref(buffer);
	void *pages = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	buffer = tongs_device_new_buffer_no_copy(device, pages, 4096, MTLResourceStorageModeShared, NULL, NULL);
	assert_false(tongs_handle_send(ends[0], buffer));
	messages_expect("the program's own memory");
	tongs_buffer_unref(buffer);
	munmap(pages, 4096);

	const struct tongs_surface_info info = {.alloc_size = SIZE};
	struct tongs_surface *surface = tongs_surface_new(&info);
	const struct tongs_texture_info shape = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 16, 16);
	const struct tongs_surface_info pixels = {.whole = {.width = 16, .height = 16, .bytes_per_element = 4}};
	struct tongs_surface *shown = tongs_surface_new(&pixels);
	if (!tongs_payload_is_shareable(surface->payload)) {
		assert_false(tongs_handle_send(ends[0], surface));
		messages_expect("tongs_surface_new_shareable or kIOSurfaceIsGlobal");
		struct tongs_texture *texture = tongs_device_new_texture_from_surface(device, &shape, shown, 0);
		if (texture) {
			assert_false(tongs_texture_is_shareable(texture));
			assert_false(tongs_handle_send(ends[0], texture));
			messages_expect("kIOSurfaceIsGlobal");
			tongs_texture_unref(texture);
		}
		messages_take();
	}
	tongs_surface_unref(shown);
	tongs_surface_unref(surface);
	surface = tongs_surface_alloc();
	assert_false(tongs_handle_send(ends[0], surface));
	messages_expect("has no properties yet");
	tongs_surface_unref(surface);
	assert_int_equal(count_files(), files);
	close(ends[0]);
	close(ends[1]);
}

/* Each change to a message about a buffer of host pages or driver memory is refused. */
static void forged_buffers_are_refused(void **state) {
	(void)state;
	struct tongs_buffer *buffer = new_filled_buffer();
	const bool driver = tongs_payload_is_driver_memory(buffer->resource.storage.payload);
	struct tongs_parcel parcel = capture(buffer), changed;
	struct tongs_message *message = message_of(&changed);
	FORGE(message->version++, "has version");
	FORGE(message->kind = 0, "no kind of object");
	FORGE(message->kind = 99, "no kind of object");
	FORGE(message->kind = TONGS_MESSAGE_TEXTURE, "another length");
	FORGE(message->kind = TONGS_MESSAGE_EVENT, "another length");
	FORGE(changed.size--, "another length");
	FORGE(changed.size++, "another length");
	FORGE(changed.size = 8, "too short");
	FORGE(message->device_uuid[3] ^= 1, "another device or driver");
	FORGE(message->driver_uuid[15] ^= 128, "another device or driver");
	FORGE(memset(message->label, 'x', sizeof(message->label)), "label has no end");
	FORGE(message->memory.kind = 77, "no kind that an object");
	FORGE(message->memory.kind = TONGS_MESSAGE_EVENT_PAGE, "no kind that an object");
	FORGE(message->memory.size = 0, "memory");
	FORGE(message->memory.size *= 1024, "");
	FORGE(message->memory.size = UINT64_MAX & ~UINT64_C(4095), "");
	FORGE(message->as.buffer.storage.offset = 1, "not inside its memory");
	FORGE(message->as.buffer.storage.offset = UINT64_MAX, "not inside its memory");
	FORGE((message->as.buffer.storage.offset = 8, message->as.buffer.storage.size -= 8,
		      message->as.buffer.length = 16),
		"not aligned");
	FORGE(message->as.buffer.storage.size = UINT64_MAX, "not inside its memory");
	FORGE(message->as.buffer.storage.size = 0, "not inside its memory");
	FORGE(message->as.buffer.length = 0, "the buffer's length");
	FORGE(message->as.buffer.length = message->memory.size + 1, "the buffer's length");
	FORGE(message->as.buffer.storage.options = UINT64_MAX, "no MTLResourceOptions");
	FORGE(message->as.buffer.storage.options = 0, "no hazard tracking mode");
	FORGE(changed.fd_count = 0, "file descriptor");
	FORGE(changed.fd_count = 2; changed.fds[1] = changed.fds[0], "file descriptor");
	if (driver) {
		FORGE(message->memory.memory_type = 99, "memory type");
		FORGE(message->memory.host_visible ^= 1, "not as its memory type says");
		FORGE(message->memory.dedicated = 2, "not as its memory type says");
	} else {
		FORGE(message->memory.size++, "whole pages");
	}
	/* Files that are no memory. */
	int pipes[2];
	assert_int_equal(pipe(pipes), 0);
	const int files[] = {
		pipes[0], open("/dev/null", O_RDWR), open("/proc/self/exe", O_RDONLY), open("/tmp", O_RDONLY)};
	for (size_t i = 0; i < LENGTH(files); i++) {
		FORGE(changed.fds[0] = files[i], "");
		close(files[i]);
	}
	close(pipes[1]);
	tongs_parcel_close(&parcel);
	tongs_buffer_unref(buffer);
}

static int create_memfd(size_t size, int seals) {
	const int fd = memfd_create("forged", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

/* Memory whose sender could make the receiver fault. */
static void dangerous_memory_is_refused(void **state) {
	(void)state;
	static const struct {
		size_t size;
		int seals;
		const char *text;
	} rows[] = {
		{1 << 20, 0, "F_SEAL_SHRINK"}, {1 << 20, F_SEAL_GROW, "F_SEAL_SHRINK"},
		{4096, F_SEAL_SHRINK, "smaller than"}, {1 << 20, F_SEAL_SHRINK | F_SEAL_WRITE, "cannot be written"},
		{1 << 20, F_SEAL_SHRINK | 0x10, "cannot be written"}, /* F_SEAL_FUTURE_WRITE */
	};
	struct tongs_shared_event *event = tongs_device_new_shared_event(device);
	struct tongs_buffer *buffer = new_filled_buffer();
	const bool driver = tongs_payload_is_driver_memory(buffer->resource.storage.payload);
	struct tongs_parcel parcels[] = {capture(event), capture(buffer)};
	for (size_t i = 0; i < LENGTH(rows); i++) {
		for (size_t j = 0; j < (driver ? 1 : 2); j++) {
			if (j == 0 && rows[i].size == 4096)
				continue;
			struct tongs_parcel changed = parcels[j];
			changed.fds[0] = create_memfd(rows[i].size, rows[i].seals);
			refuse(&changed, rows[i].text);
			close(changed.fds[0]);
		}
	}
	/* Read-only. */
	if (!driver) {
		char path[64];
		struct tongs_parcel changed = parcels[1];
		snprintf(path, sizeof(path), "/proc/self/fd/%d", parcels[1].fds[0]);
		changed.fds[0] = open(path, O_RDONLY | O_CLOEXEC);
		assert_true(changed.fds[0] >= 0);
		refuse(&changed, "cannot be mapped");
		close(changed.fds[0]);
	}
	/* A good one is not. */
	struct tongs_parcel changed = parcels[0];
	changed.fds[0] = create_memfd(4096, F_SEAL_SHRINK);
	struct tongs_shared_event *other = pass(&changed);
	assert_non_null(other);
	tongs_shared_event_unref(other);
	close(changed.fds[0]);
	for (size_t i = 0; i < LENGTH(parcels); i++)
		tongs_parcel_close(&parcels[i]);
	tongs_buffer_unref(buffer);
	tongs_shared_event_unref(event);
}

static void forged_textures_are_refused(void **state) {
	(void)state;
	const struct tongs_texture_info info = picture();
	struct tongs_texture *texture = tongs_device_new_shareable_texture(device, &info);
	struct tongs_parcel parcel = capture(texture), changed;
	struct tongs_message *message = message_of(&changed);
	struct tongs_message_texture *to = &message->as.texture;
	const bool linear = message_of(&parcel)->as.texture.is_linear;
	/* So on a driver that has OPTIMAL images in host pages, all are tried. */
	assert_true(linear || tongs_payload_is_driver_memory(texture->resource.storage.payload));
	FORGE(to->type = 77, "textureType");
	FORGE(to->pixel_format = 0, "pixelFormat");
	FORGE(to->pixel_format = UINT64_MAX, "pixelFormat");
	FORGE(to->width = 0, "");
	FORGE(to->width = UINT64_MAX, "");
	FORGE(to->width++, "Metal cannot describe");
	FORGE(to->mipmap_level_count = 1 << 20, "mipmapLevelCount");
	FORGE(to->array_length = 2, "arrayLength");
	FORGE(to->sample_count = 4, "sampleCount");
	FORGE(to->swizzle[2] = 9, "swizzle");
	FORGE(to->is_linear = 3, "layout");
	FORGE(to->level_count = 1 << 30, "layout");
	FORGE(to->root = 3, "description");
	FORGE(to->root = TONGS_MESSAGE_ROOT_BUFFER, "not inside");
	FORGE(to->shape.width = 1 << 30, "Metal cannot describe");
	FORGE(to->shape.tiling = 5, "Metal cannot describe");
	FORGE(to->shape.format = 0x7fffffff, "Metal cannot describe");
	FORGE(to->storage.size = 4096, "");
	if (linear) {
		FORGE(to->level_count--, "levels");
		FORGE(to->levels[0].offset = UINT64_MAX - 8, "larger than its memory");
		FORGE(to->levels[1].row_pitch = UINT64_MAX / 2, "larger than its memory");
		FORGE(to->levels[2].row_pitch = 1 << 20, "larger than its memory");
	}
	tongs_parcel_close(&parcel);
	tongs_texture_unref(texture);
}

static void forged_surfaces_are_refused(void **state) {
	(void)state;
	struct tongs_surface *surface = new_shareable_surface();
	struct tongs_parcel parcel = capture(surface), changed;
	struct tongs_message *message = message_of(&changed);
	struct tongs_message_surface *to = &message->as.surface;
	FORGE(message->kind = TONGS_MESSAGE_TEXTURE, "another length");
	FORGE(changed.size--, "another length");
	FORGE(message->memory.kind = TONGS_MESSAGE_EVENT_PAGE, "no kind that an object");
	FORGE(message->memory.kind = TONGS_MESSAGE_DRIVER_MEMORY, "driver memory");
	FORGE(message->memory.size = 0, "whole pages");
	FORGE(message->memory.size++, "whole pages");
	FORGE(message->memory.size -= 4096, "the surface takes");
	FORGE(message->memory.size += 1 << 20, "smaller than");
	FORGE(message->memory.size = UINT64_MAX & ~UINT64_C(4095), "");
	FORGE(to->alloc_size += 1 << 20, "the surface takes");
	FORGE(to->alloc_size = UINT64_MAX, "the surface takes");
	FORGE(to->alloc_size = 4096, "bytes of the pixels");
	FORGE(to->plane_count = 5, "up to 4");
	FORGE(to->plane_count = UINT32_MAX, "up to 4");
	FORGE(to->plane_count = 3, "plane 2: width and height");
	FORGE(to->planes[0].width = 0, "plane 0: width and height");
	FORGE(to->planes[1].height = 0, "plane 1: width and height");
	FORGE(to->planes[0].width = 65, "plane 0: bytes per row");
	FORGE(to->planes[1].bytes_per_row = 127, "plane 1: bytes per row");
	FORGE(to->planes[1].bytes_per_row = 1 << 20, "plane 1: size");
	FORGE(to->planes[1].bytes_per_row = UINT64_MAX / 4, "plane 1: its rows have more bytes");
	FORGE(to->planes[1].bytes_per_element = UINT64_MAX / 4, "plane 1: a row has more bytes");
	FORGE(to->planes[1].height = 9, "plane 1: size");
	FORGE(to->planes[1].size = 1 << 20, "bytes of the pixels");
	FORGE(to->planes[1].size = UINT64_MAX, "plane 1: it ends behind");
	FORGE(to->planes[1].offset = 1 << 20, "bytes of the pixels");
	FORGE(to->planes[1].offset = UINT64_MAX - 8, "plane 1: it ends behind");
	FORGE((to->plane_count = 0, to->whole.offset = 1 << 20), "bytes of the pixels");
	FORGE(changed.fd_count = 1, "file descriptor");
	FORGE(changed.fd_count = 0, "file descriptor");
	/* A page that could make the receiver fault, and others that are no memory. */
	const int bad[] = {create_memfd(4096, 0), create_memfd(0, F_SEAL_SHRINK),
		create_memfd(4096, F_SEAL_SHRINK | F_SEAL_WRITE), open("/dev/null", O_RDWR | O_CLOEXEC),
		open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
	for (size_t i = 0; i < LENGTH(bad); i++) {
		FORGE(changed.fds[1] = bad[i], "the page of the IOSurface");
		FORGE(changed.fds[0] = bad[i], "the memory");
		close(bad[i]);
	}
	/* What the other process writes there is no more than a number. */
	struct tongs_surface *received = pass(&parcel);
	assert_non_null(received);
	atomic_store(&atomic_load(&received->share)->page->seed, UINT32_MAX);
	assert_int_equal(tongs_surface_get_seed(surface), UINT32_MAX);
	tongs_surface_lock(surface, false, NULL);
	tongs_surface_unlock(surface, false, NULL);
	assert_int_equal(tongs_surface_get_seed(received), 0);
	tongs_surface_unref(received);
	tongs_parcel_close(&parcel);
	tongs_surface_unref(surface);
}

/* Of a texture over a surface's plane. */
static void forged_views_are_refused(void **state) {
	(void)state;
	struct tongs_surface *surface = new_shareable_surface();
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 32, 8);
	info.usage = MTLTextureUsagePixelFormatView;
	struct tongs_texture *texture = tongs_device_new_texture_from_surface(device, &info, surface, 1);
	assert_non_null(texture);
	struct tongs_texture *view = new_view(texture);
	struct tongs_parcel parcel = capture(view), changed;
	struct tongs_message *message = message_of(&changed);
	struct tongs_message_texture *to = &message->as.texture;
	FORGE(message->device_uuid[3] ^= 1, "another device or driver");
	FORGE(to->root = TONGS_MESSAGE_ROOT_MEMORY, "file descriptor");
	FORGE(to->root = TONGS_MESSAGE_ROOT_BUFFER, "file descriptor");
	FORGE((to->root = TONGS_MESSAGE_ROOT_BUFFER, changed.fd_count = 1), "not inside");
	FORGE(to->root = 3, "file descriptor");
	FORGE(to->plane = 2, "there is no plane 2");
	FORGE(to->plane = 0, "bytes per element");
	FORGE(to->plane = UINT32_MAX, "there is no plane");
	FORGE(to->width = 33, "plane 1");
	FORGE(to->height = 9, "plane 1");
	FORGE(to->mipmap_level_count = 2, "");
	FORGE(to->surface.planes[1].offset += 1 << 20, "bytes of the pixels");
	FORGE(to->surface.planes[1].bytes_per_row = 64, "plane 1: bytes per row");
	FORGE(to->surface.plane_count = 1, "there is no plane 1");
	FORGE(to->storage.options = UINT64_MAX, "");
	FORGE(to->view.is_view = 2, "description");
	FORGE(to->view.pixel_format = MTLPixelFormatR8Unorm, "pixelFormat");
	FORGE(to->view.pixel_format = UINT64_MAX, "pixelFormat");
	FORGE(to->view.type = MTLTextureType3D, "textureType");
	FORGE(to->view.type = UINT64_MAX, "textureType");
	FORGE(to->view.first_level = 1, "levels");
	FORGE(to->view.first_level = UINT64_MAX, "levels");
	FORGE(to->view.level_count = 0, "levels");
	FORGE(to->view.level_count = UINT64_MAX, "levels");
	FORGE(to->view.first_slice = 1, "slices");
	FORGE(to->view.slice_count = 6, "slices");
	FORGE(to->view.swizzle[3] = 7, "swizzle");
	FORGE(to->usage = 0, "usage");
	/* The texture itself. */
	changed = parcel;
	memset(&to->view, 0, sizeof(to->view));
	struct tongs_texture *received = pass(&changed);
	assert_non_null(received);
	assert_null(tongs_texture_get_parent(received));
	tongs_texture_unref(received);
	tongs_parcel_close(&parcel);
	tongs_texture_unref(view);
	tongs_texture_unref(texture);
	tongs_surface_unref(surface);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(other_objects_are_not_sent),
		TEST(forged_buffers_are_refused),
		TEST(dangerous_memory_is_refused),
		TEST(forged_textures_are_refused),
		TEST(forged_surfaces_are_refused),
		TEST(forged_views_are_refused),
	};
	return cmocka_run_group_tests_name("message", tests, open_default_device, close_device);
}
