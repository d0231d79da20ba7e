/* SPDX-License-Identifier: MIT */
/* Messages to other processes whose bytes are damaged at random, and sending and receiving where memory and file
 * descriptors run out. */
#include "forge.h"
#include "sent_objects.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "metal/handle.h"
#include "util/alloc.h"

/* Touches all that the other process described. */
static void use(void *object) {
	struct tongs_texture_info info;
	switch (tongs_handle_kind(object)) {
	case TONGS_KIND_BUFFER: {
		volatile unsigned char *bytes = tongs_buffer_get_contents(object);
		const NSUInteger length = tongs_buffer_get_length(object);
		for (NSUInteger i = 0; bytes && i < length; i += 512)
			bytes[i]++;
		if (bytes)
			bytes[length - 1]++;
		break;
	}
	case TONGS_KIND_TEXTURE: {
		tongs_texture_get_info(object, &info);
		void *texels = malloc(1 << 20);
		for (NSUInteger level = 0; level < info.mipmap_level_count; level++)
			for (NSUInteger slice = 0; slice < info.array_length && slice < 8; slice++)
				tongs_texture_get_bytes(object, texels, 1 << 12, 1 << 19,
					MTLRegionMake2D(0, 0, info.width >> level ? info.width >> level : 1,
						info.height >> level ? info.height >> level : 1),
					level, slice);
		free(texels);
		break;
	}
	case TONGS_KIND_SURFACE: {
		struct tongs_surface_info surface;
		tongs_surface_get_info(object, &surface);
		((volatile unsigned char *)tongs_surface_get_base_address(object))[0]++;
		for (NSUInteger plane = 0; plane < surface.plane_count; plane++) {
			volatile unsigned char *bytes = tongs_surface_get_base_address_of_plane(object, plane);
			bytes[0]++;
			bytes[surface.planes[plane].size - 1]++;
		}
		tongs_surface_increment_use_count(object);
		tongs_surface_is_in_use(object);
		break;
	}
	case TONGS_KIND_SHARED_EVENT:
		tongs_shared_event_set_signaled_value(object, tongs_shared_event_get_signaled_value(object) + 1);
		tongs_shared_event_wait(object, 5, 0);
		break;
	default:
		break;
	}
	tongs_object_unref(object);
}

static void corrupt_messages_do_no_harm(void **state) {
	(void)state;
	struct tongs_buffer *in_heap, *buffer = new_filled_buffer();
	struct tongs_heap *heap = new_heap(&in_heap);
	struct tongs_texture_info info = picture(), small = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 8, 4);
	small.resource_options = MTLResourceCPUCacheModeWriteCombined;
	struct tongs_texture *texture = tongs_device_new_shareable_texture(device, &info);
	struct tongs_texture *over = tongs_buffer_new_texture(buffer, &small, 4096, 256);
	struct tongs_shared_event *event = tongs_device_new_shared_event(device);
	struct tongs_surface *surface = new_shareable_surface();
	small.resource_options = 0;
	small.height = 8;
	small.width = 32;
	struct tongs_texture *plane = tongs_device_new_texture_from_surface(device, &small, surface, 1);
	struct tongs_texture *view = new_view(texture);
	const void *handles[] = {buffer, heap, in_heap, texture, over, event, surface, plane, view};
	struct tongs_parcel parcels[LENGTH(handles)];
	for (size_t i = 0; i < LENGTH(handles); i++)
		parcels[i] = capture(handles[i]);
	/* What they are used for here, once before files are counted. */
	let_driver_open_files();
	for (size_t i = 0; i < LENGTH(handles); i++) {
		struct tongs_parcel same = parcels[i];
		void *object = pass(&same);
		assert_non_null(object);
		use(object);
	}
	messages_expect_none();
	const size_t files = count_files(), objects = tongs_interop_count_objects();
	uint32_t random = 1;
	unsigned made = 0, refused = 0;
	const char *rounds = getenv("TONGS_TEST_MESSAGES");
	for (unsigned round = 0; round < (rounds ? (unsigned)atoi(rounds) : 12000); round++) {
		struct tongs_parcel changed = parcels[round % LENGTH(parcels)];
		const unsigned count = 1 + next_random(&random) % 4;
		for (unsigned i = 0; i < count; i++) {
			/* Mostly what stands behind the UUIDs and the label. */
			size_t at = next_random(&random) % changed.size;
			if (next_random(&random) % 8)
				at = 296 + at % (changed.size - 296);
			changed.bytes[at] = next_random(&random) % 2
						    ? (unsigned char)next_random(&random)
						    : changed.bytes[at] ^ 1 << next_random(&random) % 8;
		}
		void *object = pass(&changed);
		if (object) {
			made++;
			use(object);
		} else {
			refused++;
		}
		messages_take();
	}
	print_message("%u made, %u refused\n", made, refused);
	assert_true(made > 0 && refused > 0);
	assert_int_equal(count_files(), files);
	assert_int_equal(tongs_interop_count_objects(), objects);
	for (size_t i = 0; i < LENGTH(parcels); i++)
		tongs_parcel_close(&parcels[i]);
	tongs_texture_unref(view);
	tongs_texture_unref(plane);
	tongs_surface_unref(surface);
	tongs_shared_event_unref(event);
	tongs_texture_unref(over);
	tongs_texture_unref(texture);
	tongs_buffer_unref(in_heap);
	tongs_heap_unref(heap);
	tongs_buffer_unref(buffer);
}

/* Each allocation fails once. */
static void memory_runs_out(void **state) {
	(void)state;
	const struct tongs_texture_info info = picture();
	struct tongs_buffer *in_heap;
	struct tongs_heap *heap = new_heap(&in_heap);
	struct tongs_texture *texture = tongs_device_new_shareable_texture(device, &info);
	struct tongs_texture_handle *texture_handle = tongs_texture_handle_new(texture);
	struct tongs_texture *view = new_view(texture);
	tongs_resource_set_label(tongs_buffer_get_resource(in_heap), "a buffer");
	const struct tongs_texture_info pixels = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 32, 8);
	for (int kind = 0; kind < 9; kind++) {
		bool done = false;
		for (uint64_t countdown = 0; !done; countdown++) {
			/* New ones have no pages yet. */
			struct tongs_surface *surface = new_shareable_surface();
			struct tongs_texture *plane =
				tongs_device_new_texture_from_surface(device, &pixels, surface, 1);
			struct tongs_shared_event *event = tongs_device_new_shared_event(device);
			struct tongs_event_handle *event_handle = tongs_event_handle_new(event);
			const void *const handles[] = {
				heap, in_heap, texture, texture_handle, event, event_handle, view, surface, plane};
			int ends[2];
			assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
			const size_t files = count_files(), objects = tongs_interop_count_objects();
			tongs_alloc_fail_after(countdown);
			void *received = NULL;
			if (tongs_handle_send(ends[0], handles[kind]))
				received = tongs_handle_receive(ends[1], device);
			/* After a failure, an object that comes lacks its label at most. */
			done = tongs_alloc_fail_after(UINT64_MAX) != UINT64_MAX;
			const size_t logged = messages_take();
			assert_true(done ? received && !logged : logged > 0);
			if (received)
				tongs_object_unref(received);
			assert_int_equal(tongs_interop_count_objects(), objects);
			tongs_object_unref(&event_handle->object);
			tongs_shared_event_unref(event);
			tongs_texture_unref(plane);
			tongs_surface_unref(surface);
			/* The driver may keep one of those that it exported. */
			assert_true(count_files() <= files + 1);
			close(ends[0]);
			close(ends[1]);
			assert_true(countdown < 100);
		}
	}
	tongs_object_unref(&texture_handle->object);
	tongs_texture_unref(view);
	tongs_texture_unref(texture);
	tongs_buffer_unref(in_heap);
	tongs_heap_unref(heap);
}

/* With the setting: memory that cannot be sent is better than none. */
static void files_run_out(void **state) {
	(void)state;
	struct rlimit before, none;
	getrlimit(RLIMIT_NOFILE, &before);
	struct tongs_buffer *first = tongs_device_new_buffer(device, 4096, MTLResourceStorageModeShared);
	if (tongs_payload_is_driver_memory(first->resource.storage.payload)) {
		tongs_buffer_unref(first);
		skip();
	}
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, 4096, MTLResourceStorageModeShared);
	struct tongs_buffer *shareable = tongs_device_new_shareable_buffer(device, 4096, MTLResourceStorageModeShared);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_non_null(buffer);
	assert_false(tongs_payload_is_shareable(buffer->resource.storage.payload));
	assert_null(shareable);
	messages_expect("file descriptors");
	tongs_buffer_unref(buffer);
	tongs_buffer_unref(first);
}

/* With room for so many more file descriptors than are open, nothing that comes stays open unless all is received. */
static void files_run_out_on_the_way(void **state) {
	(void)state;
	struct rlimit before, few;
	getrlimit(RLIMIT_NOFILE, &before);
	struct tongs_surface *surface = new_shareable_surface();
	struct tongs_shared_event *event = tongs_device_new_shared_event(device);
	const void *const handles[] = {surface, event};
	for (size_t i = 0; i < LENGTH(handles); i++) {
		bool received = false;
		for (rlim_t room = 0; !received; room++) {
			int ends[2];
			assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
			assert_true(tongs_handle_send(ends[0], handles[i]));
			const size_t files = count_files();
			const int lowest = dup(0);
			close(lowest);
			few = before;
			few.rlim_cur = (rlim_t)lowest + room;
			assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
			void *object = tongs_handle_receive(ends[1], device);
			assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
			received = object;
			assert_true(received ? messages_take() == 0 : messages_take() == 1);
			if (received)
				tongs_object_unref(object);
			assert_int_equal(count_files(), files);
			assert_true(room < 10);
			close(ends[0]);
			close(ends[1]);
		}
	}
	tongs_shared_event_unref(event);
	tongs_surface_unref(surface);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(corrupt_messages_do_no_harm),
		TEST(memory_runs_out),
		TEST(files_run_out),
		TEST(files_run_out_on_the_way),
	};
	return cmocka_run_group_tests_name("message torture", tests, open_default_device, close_device);
}
