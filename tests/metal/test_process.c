/* SPDX-License-Identifier: MIT */
/* A second process: objects that are sent to another program over a socket are its own, over the same bytes. The other
 * program is this one, executed again. */
#include "peers.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <pthread.h>

#include "child.h"
#include "metal/handle.h"

enum {
	TEXELS = WIDTH * HEIGHT * 4,
	LONG = 20000, /* milliseconds, which no test waits unless it fails */
};

static void peer_buffer(int socket) {
	struct tongs_buffer *buffer = tongs_handle_receive(socket, NULL);
	CHECK(buffer && tongs_handle_kind(buffer) == TONGS_KIND_BUFFER);
	CHECK(tongs_buffer_get_length(buffer) == SIZE);
	struct tongs_resource *resource = tongs_buffer_get_resource(buffer);
	CHECK(tongs_resource_get_resource_options(resource) ==
		(MTLResourceCPUCacheModeWriteCombined | MTLResourceHazardTrackingModeTracked));
	CHECK(strcmp(tongs_resource_get_label(resource), "sent") == 0);
	CHECK(has(tongs_buffer_get_contents(buffer), SIZE, 1));
	fill(tongs_buffer_get_contents(buffer), SIZE, 2);
	CHECK(peer_say(socket, 'w') && peer_hear(socket, 'r'));
	/* The sender has released its own. */
	CHECK(has(tongs_buffer_get_contents(buffer), SIZE, 2));
	tongs_buffer_unref(buffer);
}

static void peer_leaves(int socket) {
	struct tongs_buffer *buffer = tongs_handle_receive(socket, NULL);
	CHECK(buffer && has(tongs_buffer_get_contents(buffer), SIZE, 1));
	fill(tongs_buffer_get_contents(buffer), SIZE, 3);
	_exit(0);
}

static void peer_part(int socket) {
	struct tongs_buffer *buffer = tongs_handle_receive(socket, NULL);
	CHECK(buffer && tongs_buffer_get_length(buffer) == 5000);
	CHECK(!tongs_resource_get_heap(tongs_buffer_get_resource(buffer)));
	CHECK(has(tongs_buffer_get_contents(buffer), 5000, 1));
	fill(tongs_buffer_get_contents(buffer), 5000, 2);
}

static void peer_heap(int socket) {
	struct tongs_heap *heap = tongs_handle_receive(socket, NULL);
	CHECK(heap && tongs_handle_kind(heap) == TONGS_KIND_HEAP);
	CHECK(tongs_heap_get_type(heap) == MTLHeapTypePlacement && tongs_heap_get_used_size(heap) == 0);
	CHECK(tongs_heap_get_size(heap) == 1 << 20);
	struct tongs_buffer *buffer =
		tongs_heap_new_buffer_at(heap, 5000, tongs_heap_get_resource_options(heap), 1 << 16);
	CHECK(buffer && has(tongs_buffer_get_contents(buffer), 5000, 1));
	fill(tongs_buffer_get_contents(buffer), 5000, 2);
	tongs_buffer_unref(buffer);
	tongs_heap_unref(heap);
}

static void write_texture(struct tongs_texture *texture, unsigned seed) {
	unsigned char texels[TEXELS];
	for (NSUInteger level = 0; level < LEVELS; level++) {
		fill(texels, sizeof(texels), seed + (unsigned)level);
		CHECK(tongs_texture_replace_region(texture, MTLRegionMake2D(0, 0, WIDTH >> level, HEIGHT >> level),
			level, 0, texels, (WIDTH >> level) * 4, 0));
	}
}

static void check_texture(struct tongs_texture *texture, unsigned seed) {
	unsigned char texels[TEXELS];
	for (NSUInteger level = 0; level < LEVELS; level++) {
		const size_t row = (WIDTH >> level) * 4, rows = HEIGHT >> level;
		memset(texels, 0, sizeof(texels));
		CHECK(tongs_texture_get_bytes(
			texture, texels, row, 0, MTLRegionMake2D(0, 0, WIDTH >> level, rows), level, 0));
		CHECK(has(texels, row * rows, seed + (unsigned)level));
	}
}

static void check_info(const struct tongs_texture *texture) {
	struct tongs_texture_info info, expected = picture();
	tongs_texture_get_info(texture, &info);
	CHECK(info.type == expected.type && info.pixel_format == expected.pixel_format && info.width == WIDTH &&
		info.height == HEIGHT && info.mipmap_level_count == LEVELS && info.usage == expected.usage &&
		info.array_length == 1 && info.depth == 1 && info.sample_count == 1 &&
		info.allow_gpu_optimized_contents &&
		memcmp(&info.swizzle, &expected.swizzle, sizeof(info.swizzle)) == 0);
}

static void peer_texture(int socket) {
	struct tongs_texture *texture = tongs_handle_receive(socket, NULL);
	CHECK(texture && tongs_handle_kind(texture) == TONGS_KIND_TEXTURE && tongs_texture_is_shareable(texture));
	check_info(texture);
	check_texture(texture, 1);
	write_texture(texture, 11);
	struct tongs_texture *view = tongs_texture_new_view(
		texture, MTLPixelFormatR32Uint, MTLTextureType2D, 1, 1, 0, 1, MTLTextureSwizzleChannelsDefault);
	CHECK(view);
	tongs_texture_unref(view);
	tongs_texture_unref(texture);
}

static void peer_texture_handle(int socket) {
	struct tongs_texture_handle *handle = tongs_handle_receive(socket, NULL);
	CHECK(handle && tongs_handle_kind(handle) == TONGS_KIND_SHARED_TEXTURE_HANDLE);
	struct tongs_texture *texture = tongs_texture_handle_open(handle->texture->resource.storage.device, handle);
	CHECK(texture);
	check_info(texture);
	check_texture(texture, 1);
	write_texture(texture, 11);
	/* And back again. */
	CHECK(tongs_handle_send(socket, handle));
}

static void peer_over_buffer(int socket) {
	struct tongs_texture *texture = tongs_handle_receive(socket, NULL);
	CHECK(texture && tongs_texture_get_buffer(texture));
	CHECK(tongs_texture_get_buffer_offset(texture) == 4096 &&
		tongs_texture_get_buffer_bytes_per_row(texture) == 256);
	CHECK(tongs_buffer_get_length(tongs_texture_get_buffer(texture)) == SIZE);
	unsigned char texels[8 * 4 * 4];
	CHECK(tongs_texture_get_bytes(texture, texels, 32, 0, MTLRegionMake2D(0, 0, 8, 4), 0, 0));
	CHECK(has(texels, sizeof(texels), 1));
	fill(texels, sizeof(texels), 2);
	CHECK(tongs_texture_replace_region(texture, MTLRegionMake2D(0, 0, 8, 4), 0, 0, texels, 32, 0));
}

enum { VALUES = 1000 };

static void peer_event(int socket) {
	struct tongs_shared_event *event = tongs_handle_receive(socket, NULL);
	CHECK(event && tongs_handle_kind(event) == TONGS_KIND_SHARED_EVENT);
	CHECK(strcmp(tongs_shared_event_get_label(event), "turns") == 0);
	for (uint64_t value = 1; value < VALUES; value += 2) {
		CHECK(tongs_shared_event_wait(event, value, LONG));
		CHECK(tongs_shared_event_get_signaled_value(event) == value);
		tongs_shared_event_set_signaled_value(event, value + 1);
	}
	tongs_shared_event_unref(event);
}

static void called(struct tongs_shared_event *event, uint64_t value, void *user) {
	/* The lowest value at which it is due. */
	*(uint64_t *)user = value;
	tongs_shared_event_set_signaled_value(event, value + 10);
}

static void peer_notified(int socket) {
	struct tongs_event_handle *handle = tongs_handle_receive(socket, NULL);
	CHECK(handle && tongs_handle_kind(handle) == TONGS_KIND_SHARED_EVENT_HANDLE);
	struct tongs_shared_event *event = tongs_event_handle_open(handle->event->device, handle);
	struct tongs_shared_event_listener *listener = tongs_shared_event_listener_new();
	uint64_t seen = 0;
	CHECK(event && listener && tongs_shared_event_notify(event, listener, 5, called, &seen));
	/* Ends with the event. */
	uint64_t never = 0;
	CHECK(tongs_shared_event_notify(event, listener, 1000, called, &never));
	CHECK(peer_say(socket, 'n'));
	CHECK(tongs_shared_event_wait(event, 17, LONG) && seen == 7);
	tongs_shared_event_listener_unref(listener);
	tongs_shared_event_unref(event);
	tongs_object_unref(&handle->object);
	CHECK(never == 0);
}

static void peer_signals(int socket) {
	struct tongs_shared_event *event = tongs_handle_receive(socket, NULL);
	CHECK(event);
	tongs_shared_event_set_signaled_value(event, 4);
	CHECK(peer_hear(socket, 's'));
	tongs_shared_event_set_signaled_value(event, 6);
	CHECK(peer_hear(socket, 's'));
	/* What the sender refuses to believe. */
	atomic_store(&atomic_load(&event->share)->page->value, 1);
	CHECK(peer_say(socket, 'd'));
}

static void peer_counts(int socket) {
	struct tongs_shared_event *event = tongs_handle_receive(socket, NULL);
	CHECK(event);
	for (uint64_t value = 1; value <= 20; value++) {
		CHECK(peer_hear(socket, 's'));
		tongs_shared_event_set_signaled_value(event, value);
	}
	tongs_shared_event_unref(event);
}

static const struct peer_task peers[] = {
	{"buffer", peer_buffer},
	{"leaves", peer_leaves},
	{"part", peer_part},
	{"heap", peer_heap},
	{"texture", peer_texture},
	{"texture handle", peer_texture_handle},
	{"over buffer", peer_over_buffer},
	{"event", peer_event},
	{"notified", peer_notified},
	{"signals", peer_signals},
	{"counts", peer_counts},
};

static void buffers_are_the_same_bytes(void **state) {
	(void)state;
	for (size_t i = 0; i < LENGTH(socket_types); i++) {
		struct peer peer = peer_start("buffer", socket_types[i]);
		struct tongs_buffer *buffer = new_filled_buffer();
		assert_true(tongs_handle_send(peer.socket, buffer));
		assert_true(peer_hear(peer.socket, 'w'));
		assert_true(has(tongs_buffer_get_contents(buffer), SIZE, 2));
		tongs_buffer_unref(buffer);
		assert_true(peer_say(peer.socket, 'r'));
		peer_finish(&peer);
	}
}

static void bytes_outlive_the_other_process(void **state) {
	(void)state;
	struct peer peer = peer_start("leaves", SOCK_STREAM);
	struct tongs_buffer *buffer = new_filled_buffer();
	assert_true(tongs_handle_send(peer.socket, buffer));
	peer_finish(&peer);
	assert_true(has(tongs_buffer_get_contents(buffer), SIZE, 3));
	tongs_buffer_unref(buffer);
}

static void heaps_and_parts_of_them_travel(void **state) {
	(void)state;
	for (int part = 0; part < 2; part++) {
		struct tongs_buffer *buffer;
		struct tongs_heap *heap = new_heap(&buffer);
		struct peer peer = peer_start(part ? "part" : "heap", SOCK_SEQPACKET);
		assert_true(tongs_handle_send(peer.socket, part ? (void *)buffer : (void *)heap));
		peer_finish(&peer);
		assert_true(has(tongs_buffer_get_contents(buffer), 5000, 2));
		tongs_buffer_unref(buffer);
		tongs_heap_unref(heap);
	}
}

static void textures_travel(void **state) {
	(void)state;
	const struct tongs_texture_info info = picture();
	struct tongs_texture *texture = tongs_device_new_shareable_texture(device, &info);
	assert_non_null(texture);
	assert_true(tongs_texture_is_shareable(texture));
	write_texture(texture, 1);
	struct peer peer = peer_start("texture", SOCK_STREAM);
	assert_true(tongs_handle_send(peer.socket, texture));
	peer_finish(&peer);
	check_texture(texture, 11);
	tongs_texture_unref(texture);
}

static void texture_handles_travel_there_and_back(void **state) {
	(void)state;
	const struct tongs_texture_info info = picture();
	struct tongs_texture *texture = tongs_device_new_shareable_texture(device, &info);
	write_texture(texture, 1);
	struct tongs_texture_handle *handle = tongs_texture_handle_new(texture);
	assert_non_null(handle);
	struct peer peer = peer_start("texture handle", SOCK_SEQPACKET);
	assert_true(tongs_handle_send(peer.socket, handle));
	struct tongs_texture_handle *back = tongs_handle_receive(peer.socket, device);
	assert_non_null(back);
	peer_finish(&peer);
	assert_ptr_not_equal(back->texture, texture);
	write_texture(texture, 21);
	check_texture(back->texture, 21);
	tongs_object_unref(&back->object);
	tongs_object_unref(&handle->object);
	tongs_texture_unref(texture);
}

static void textures_over_buffers_travel_with_them(void **state) {
	(void)state;
	unsigned char texels[8 * 4 * 4];
	struct tongs_buffer *buffer = tongs_device_new_shareable_buffer(device, SIZE, MTLResourceStorageModeShared);
	const struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 8, 4);
	struct tongs_texture *texture = tongs_buffer_new_texture(buffer, &info, 4096, 256);
	assert_non_null(texture);
	fill(texels, sizeof(texels), 1);
	tongs_texture_replace_region(texture, MTLRegionMake2D(0, 0, 8, 4), 0, 0, texels, 32, 0);
	struct peer peer = peer_start("over buffer", SOCK_STREAM);
	assert_true(tongs_handle_send(peer.socket, texture));
	peer_finish(&peer);
	for (size_t row = 0; row < 4; row++)
		for (size_t i = 0; i < 32; i++)
			assert_int_equal(((unsigned char *)tongs_buffer_get_contents(buffer))[4096 + 256 * row + i],
				pattern(32 * row + i, 2));
	tongs_texture_unref(texture);
	tongs_buffer_unref(buffer);
}

static void events_take_turns(void **state) {
	(void)state;
	struct tongs_shared_event *event = tongs_device_new_shared_event(device);
	tongs_shared_event_set_label(event, "turns");
	struct peer peer = peer_start("event", SOCK_STREAM);
	assert_true(tongs_handle_send(peer.socket, event));
	for (uint64_t value = 0; value < VALUES; value += 2) {
		tongs_shared_event_set_signaled_value(event, value + 1);
		assert_true(tongs_shared_event_wait(event, value + 2, LONG));
		assert_int_equal(tongs_shared_event_get_signaled_value(event), value + 2);
	}
	peer_finish(&peer);
	tongs_shared_event_unref(event);
}

static void notifications_cross_processes(void **state) {
	(void)state;
	struct tongs_shared_event *event = tongs_device_new_shared_event(device);
	struct tongs_event_handle *handle = tongs_event_handle_new(event);
	tongs_shared_event_set_signaled_value(event, 2);
	struct peer peer = peer_start("notified", SOCK_STREAM);
	assert_true(tongs_handle_send(peer.socket, handle));
	assert_true(peer_hear(peer.socket, 'n'));
	tongs_shared_event_set_signaled_value(event, 7);
	assert_true(tongs_shared_event_wait(event, 17, LONG));
	peer_finish(&peer);
	tongs_object_unref(&handle->object);
	tongs_shared_event_unref(event);
}

/* Libtongs' threads release theirs soon. */
static void wait_for_objects(size_t objects) {
	for (int i = 0; i < LONG && tongs_interop_count_objects() > objects; i++)
		usleep(1000);
	assert_int_equal(tongs_interop_count_objects(), objects);
}

struct waiter {
	pthread_t thread;
	struct tongs_shared_event *event;
	bool reached;
};

static void *wait_for_four(void *user) {
	struct waiter *waiter = user;
	waiter->reached = tongs_shared_event_wait(waiter->event, 4, LONG);
	return NULL;
}

static void count_call(struct tongs_shared_event *event, uint64_t value, void *user) {
	(void)event;
	(void)value;
	atomic_fetch_add((atomic_uint *)user, 1);
}

/* Who waits when the event is first sent is woken by the other process, and called; and the value never sinks. */
static void waits_begin_before_the_event_is_sent(void **state) {
	(void)state;
	struct waiter waiters[3];
	atomic_uint calls = 0;
	const size_t objects = tongs_interop_count_objects();
	struct tongs_shared_event *event = tongs_device_new_shared_event(device);
	struct tongs_shared_event_listener *listener = tongs_shared_event_listener_new();
	assert_true(tongs_shared_event_notify(event, listener, 4, count_call, &calls));
	for (size_t i = 0; i < LENGTH(waiters); i++) {
		waiters[i].event = event;
		assert_int_equal(pthread_create(&waiters[i].thread, NULL, wait_for_four, &waiters[i]), 0);
	}
	while (atomic_load(&event->waiters) < LENGTH(waiters))
		usleep(100);
	struct peer peer = peer_start("signals", SOCK_STREAM);
	assert_true(tongs_handle_send(peer.socket, event));
	for (size_t i = 0; i < LENGTH(waiters); i++) {
		pthread_join(waiters[i].thread, NULL);
		assert_true(waiters[i].reached);
	}
	for (int i = 0; i < LONG && atomic_load(&calls) < 1; i++)
		usleep(1000);
	assert_int_equal(atomic_load(&calls), 1);
	assert_true(peer_say(peer.socket, 's'));
	assert_true(tongs_shared_event_wait(event, 6, LONG));
	assert_true(peer_say(peer.socket, 's'));
	assert_true(peer_hear(peer.socket, 'd'));
	assert_int_equal(tongs_shared_event_get_signaled_value(event), 6);
	assert_true(tongs_shared_event_wait(event, 6, 0));
	peer_finish(&peer);
	tongs_shared_event_listener_unref(listener);
	tongs_shared_event_unref(event);
	wait_for_objects(objects);
}

struct test_mirror {
	struct tongs_event_mirror in_event; /* first */
	_Atomic uint64_t value;
};

static void set_mirror(struct tongs_event_mirror *mirror, uint64_t value) {
	atomic_store(&((struct test_mirror *)mirror)->value, value);
}

/* Also if nobody waits for the event or asks for its value; whether it is sent first, or has the mirror first. */
static void mirrors_have_the_signals_of_other_processes(void **state) {
	(void)state;
	for (int sent_first = 0; sent_first < 2; sent_first++) {
		const size_t objects = tongs_interop_count_objects();
		struct test_mirror mirror = {.in_event.signal = set_mirror};
		struct tongs_shared_event *event = tongs_device_new_shared_event(device);
		struct peer peer = peer_start("counts", SOCK_STREAM);
		if (!sent_first)
			tongs_event_add_mirror(event, &mirror.in_event);
		assert_true(tongs_handle_send(peer.socket, event));
		if (sent_first)
			tongs_event_add_mirror(event, &mirror.in_event);
		for (uint64_t value = 1; value < 20; value++) {
			assert_true(peer_say(peer.socket, 's'));
			for (int i = 0; i < LONG && atomic_load(&mirror.value) < value; i++)
				usleep(1000);
			assert_int_equal(atomic_load(&mirror.value), value);
		}
		tongs_event_remove_mirror(event, &mirror.in_event);
		assert_true(peer_say(peer.socket, 's'));
		peer_finish(&peer);
		assert_int_equal(atomic_load(&mirror.value), 19);
		/* A new one has what was signaled meanwhile. */
		tongs_event_add_mirror(event, &mirror.in_event);
		assert_int_equal(atomic_load(&mirror.value), 20);
		tongs_event_remove_mirror(event, &mirror.in_event);
		tongs_shared_event_unref(event);
		wait_for_objects(objects);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv) {
	const struct CMUnitTest tests[] = {
		TEST(buffers_are_the_same_bytes),
		TEST(bytes_outlive_the_other_process),
		TEST(heaps_and_parts_of_them_travel),
		TEST(textures_travel),
		TEST(texture_handles_travel_there_and_back),
		TEST(textures_over_buffers_travel_with_them),
		TEST(events_take_turns),
		TEST(notifications_cross_processes),
		TEST(waits_begin_before_the_event_is_sent),
		TEST(mirrors_have_the_signals_of_other_processes),
	};
	return run_with_peers(argc, argv, peers, LENGTH(peers), "process", tests, LENGTH(tests));
}
