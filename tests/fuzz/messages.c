/* SPDX-License-Identifier: MIT */
/* Messages of another process: real ones of every kind with changes, with other file descriptors, and other bytes. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create; NOLINT(bugprone-reserved-identifier) */
#endif
#include "input.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/socket.h>

#include "metal/handle.h"
#include "metal/interop.h"
#include "metal/message.h"
#include "util/parcel.h"

enum { KINDS = 10, PAGE = 4096 };

static struct tongs_device *device;
static struct tongs_parcel messages[KINDS]; /* with their file descriptors */

static void ignore(enum tongs_message_severity severity, const char *text, void *user) {
	(void)severity;
	(void)user;
	REQUIRE(text[0]);
}

static void capture(const void *handle, struct tongs_parcel *parcel) {
	int ends[2];
	REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
	REQUIRE(tongs_handle_send(ends[0], handle));
	REQUIRE(!tongs_parcel_receive(ends[1], parcel));
	close(ends[0]);
	close(ends[1]);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
	(void)argc;
	(void)argv;
	device = tongs_device_new_default();
	REQUIRE(device);
	struct tongs_buffer *buffer = tongs_device_new_shareable_buffer(device, 1 << 16, MTLResourceStorageModeShared);
	struct tongs_heap_info heap_info;
	tongs_heap_info_init(&heap_info);
	heap_info.size = 1 << 16;
	struct tongs_heap *heap = tongs_device_new_shareable_heap(device, &heap_info);
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 16, 16);
	struct tongs_texture *over = tongs_buffer_new_texture(buffer, &info, 4096, 256);
	info.mipmap_level_count = 3;
	struct tongs_texture *texture = tongs_device_new_shareable_texture(device, &info);
	struct tongs_texture_handle *texture_handle = tongs_texture_handle_new(texture);
	struct tongs_shared_event *event = tongs_device_new_shared_event(device);
	struct tongs_event_handle *event_handle = tongs_event_handle_new(event);
	const struct tongs_surface_info surface_info = {.plane_count = 2,
		.planes = {{.width = 64, .height = 16}, {.width = 16, .height = 16, .bytes_per_element = 4}}};
	struct tongs_surface *surface = tongs_surface_new_shareable(&surface_info);
	info.mipmap_level_count = 1;
	struct tongs_texture *plane = tongs_device_new_texture_from_surface(device, &info, surface, 1);
	struct tongs_texture *view = tongs_texture_new_view(
		texture, MTLPixelFormatRGBA8Unorm, MTLTextureType2D, 1, 2, 0, 1, MTLTextureSwizzleChannelsDefault);
	const void *const handles[KINDS] = {
		buffer, heap, texture, over, texture_handle, event, event_handle, surface, plane, view};
	for (int i = 0; i < KINDS; i++)
		capture(handles[i], &messages[i]);
	tongs_texture_unref(view);
	tongs_texture_unref(plane);
	tongs_surface_unref(surface);
	tongs_object_unref(&event_handle->object);
	tongs_shared_event_unref(event);
	tongs_object_unref(&texture_handle->object);
	tongs_texture_unref(texture);
	tongs_texture_unref(over);
	tongs_heap_unref(heap);
	tongs_buffer_unref(buffer);
	tongs_set_message_callback(ignore, NULL);
	return 0;
}

static void use_surface(struct tongs_surface *surface) {
	struct tongs_surface_info info;
	tongs_surface_get_info(surface, &info);
	for (NSUInteger i = 0; i < info.plane_count; i++) {
		volatile unsigned char *bytes = tongs_surface_get_base_address_of_plane(surface, i);
		bytes[0]++;
		bytes[info.planes[i].size - 1]++;
	}
	tongs_surface_increment_use_count(surface);
	tongs_surface_is_in_use(surface);
	tongs_surface_lock(surface, false, NULL);
	tongs_surface_unlock(surface, false, NULL);
}

/* What the other process said must bear being used. */
static void use(void *object) {
	static unsigned char texels[16 << 10];
	struct tongs_texture *texture = NULL;
	switch (tongs_handle_kind(object)) {
	case TONGS_KIND_BUFFER: {
		volatile unsigned char *bytes = tongs_buffer_get_contents(object);
		if (bytes) {
			bytes[0]++;
			bytes[tongs_buffer_get_length(object) - 1]++;
		}
		break;
	}
	case TONGS_KIND_TEXTURE:
		texture = object;
		break;
	case TONGS_KIND_SHARED_TEXTURE_HANDLE:
		texture = ((struct tongs_texture_handle *)object)->texture;
		break;
	case TONGS_KIND_SURFACE:
		use_surface(object);
		break;
	case TONGS_KIND_SHARED_EVENT:
		tongs_shared_event_set_signaled_value(object, tongs_shared_event_get_signaled_value(object) + 1);
		break;
	default:
		break;
	}
	struct tongs_texture_info info;
	if (texture)
		tongs_texture_get_info(texture, &info);
	for (NSUInteger level = 0; texture && level < info.mipmap_level_count; level++) {
		const NSUInteger width = info.width >> level, height = info.height >> level;
		/* The last row, with a pitch that any row of it fits. */
		if (width && height && width <= 256)
			tongs_texture_get_bytes(texture, texels, sizeof(texels), sizeof(texels),
				MTLRegionMake2D(0, height - 1, width, 1), level, 0);
	}
	tongs_object_unref(object);
}

static void receive(int socket) {
	void *object = tongs_handle_receive(socket, device);
	if (object)
		use(object);
}

/* The bytes themselves, of a program that is none of Tongs'. */
static void receive_garbage(const struct input *input, int type) {
	int ends[2];
	REQUIRE(socketpair(AF_UNIX, type, 0, ends) == 0);
	REQUIRE(send(ends[0], input->bytes, input->left, 0) == (ssize_t)input->left);
	close(ends[0]);
	receive(ends[1]);
	close(ends[1]);
}

static int open_other(struct input *input) {
	const unsigned seals = choose(input, 32);
	switch (choose(input, 4)) {
	case 0:
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	case 1:
		return open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	default:
		break;
	}
	const int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	REQUIRE(fd >= 0 && ftruncate(fd, (off_t)choose(input, 32) * PAGE) == 0 &&
		fcntl(fd, F_ADD_SEALS, (int)seals) == 0);
	return fd;
}

/* Sets one byte, or one of the numbers of 8 bytes after the label. */
static void change(struct input *input, struct tongs_parcel *parcel) {
	const size_t numbers = offsetof(struct tongs_message, memory.size);
	if (choose(input, 4) == 0) {
		parcel->bytes[take(input, 2) % parcel->size] = (unsigned char)take(input, 1);
		return;
	}
	const size_t count = (parcel->size - numbers) / 8, at = numbers + 8 * (take(input, 1) % (count ? count : 1));
	uint64_t value = take(input, 1 + choose(input, 8));
	if (choose(input, 2))
		value = -value;
	if (at + sizeof(value) <= parcel->size)
		memcpy(parcel->bytes + at, &value, sizeof(value));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
	struct input input = {bytes, size};
	const unsigned what = choose(&input, KINDS + 1), how = choose(&input, 8);
	const int type = how & 1 ? SOCK_STREAM : SOCK_SEQPACKET, lowest = dup(0);
	int ends[2], other = -1;
	close(lowest);
	if (what == KINDS) {
		receive_garbage(&input, type);
	} else {
		struct tongs_parcel parcel = messages[what];
		if (parcel.fd_count < 2)
			parcel.fds[1] = parcel.fds[0];
		if (how == 2)
			parcel.fds[0] = other = open_other(&input);
		else if (how == 4)
			parcel.fd_count = choose(&input, 3);
		else if (how == 6)
			parcel.fds[1] = other = open_other(&input);
		while (input.left)
			change(&input, &parcel);
		REQUIRE(socketpair(AF_UNIX, type, 0, ends) == 0);
		REQUIRE(!tongs_parcel_send(ends[0], &parcel));
		close(ends[0]);
		receive(ends[1]);
		close(ends[1]);
		if (other >= 0)
			close(other);
	}
	/* Nothing stayed open. */
	const int now = dup(0);
	REQUIRE(now == lowest);
	close(now);
	return 0;
}
