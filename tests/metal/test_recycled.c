/* SPDX-License-Identifier: MIT */
/* What a freed allocation held is never seen by the next owner of its pages. */
#include "support.h"
#include "memory/payload.h"

#include <string.h>

static const NSUInteger sizes[] = {1, 4096, 5000, 65536, 256 << 10, 300 << 10, 2 << 20, (2 << 20) + 4096, 5 << 20};

enum { ROUNDS = 60, HELD = 4 };

static struct tongs_device *device;

static int find_device(void **state) {
	(void)state;
	device = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
	return device ? 0 : -1;
}

static int release_device(void **state) {
	(void)state;
	tongs_device_unref(device);
	return 0;
}

static void expect_zero_then_soil(void *bytes, size_t size) {
	assert_true(bytes_are(bytes, 0, size));
	memset(bytes, 0xa5, size);
}

static void buffers(void **state) {
	(void)state;
	struct tongs_buffer *held[HELD] = {NULL};
	uint32_t random = 3;
	for (size_t i = 0; i < ROUNDS * LENGTH(sizes); i++) {
		NSUInteger size = sizes[next_random(&random) % LENGTH(sizes)];
		struct tongs_buffer **place = &held[next_random(&random) % HELD];
		tongs_buffer_unref(*place);
		*place = tongs_device_new_buffer(device, size, MTLResourceStorageModeShared);
		assert_non_null(*place);
		expect_zero_then_soil(tongs_buffer_get_contents(*place),
			tongs_resource_get_allocated_size(tongs_buffer_get_resource(*place)));
	}
	for (size_t i = 0; i < HELD; i++)
		tongs_buffer_unref(held[i]);
}

/* Heaps, buffers and bare payloads reuse each other's pages. */
static void heaps_buffers_and_payloads(void **state) {
	(void)state;
	for (size_t i = 0; i < ROUNDS; i++) {
		const NSUInteger size = sizes[i % LENGTH(sizes)];
		struct tongs_payload *payload = tongs_payload_create(size);
		expect_zero_then_soil(tongs_payload_get_contents(payload), tongs_payload_get_size(payload));
		tongs_payload_unref(payload);

		const struct tongs_heap_info info = {.size = size, .resource_options = MTLResourceStorageModeShared};
		struct tongs_heap *heap = tongs_device_new_heap(device, &info);
		struct tongs_backing backing;
		tongs_interop_get_backing(heap, TONGS_KIND_HEAP, &backing);
		expect_zero_then_soil(
			tongs_payload_get_contents(backing.payload), tongs_payload_get_size(backing.payload));
		tongs_heap_unref(heap);

		struct tongs_buffer *buffer = tongs_device_new_buffer(device, size, MTLResourceStorageModeShared);
		expect_zero_then_soil(tongs_buffer_get_contents(buffer), size);
		tongs_buffer_unref(buffer);
	}
}

/* Bytes that are still referenced are neither cleared nor reused. */
static void retained_bytes_stay(void **state) {
	(void)state;
	struct tongs_buffer *held[LENGTH(sizes)];
	for (size_t i = 0; i < LENGTH(sizes); i++) {
		held[i] = tongs_device_new_buffer(device, sizes[i], MTLResourceStorageModeShared);
		memset(tongs_buffer_get_contents(held[i]), (int)i + 1, sizes[i]);
	}
	for (size_t round = 0; round < ROUNDS; round++) {
		struct tongs_buffer *buffer =
			tongs_device_new_buffer(device, sizes[round % LENGTH(sizes)], MTLResourceStorageModeShared);
		memset(tongs_buffer_get_contents(buffer), 0xff, sizes[round % LENGTH(sizes)]);
		tongs_buffer_unref(buffer);
	}
	for (size_t i = 0; i < LENGTH(sizes); i++) {
		assert_true(bytes_are(tongs_buffer_get_contents(held[i]), (int)i + 1, sizes[i]));
		tongs_buffer_unref(held[i]);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffers),
		cmocka_unit_test(heaps_buffers_and_payloads),
		cmocka_unit_test(retained_bytes_stay),
	};
	return cmocka_run_group_tests(tests, find_device, release_device);
}
