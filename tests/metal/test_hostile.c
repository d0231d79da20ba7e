/* SPDX-License-Identifier: MIT */
/* The C interface and the registry, given pointers that are not handles: refused, and not dereferenced. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include "hostile.h"
#include "metal/object.h"
#include "objc/string.h"

static size_t tried, refused;

/* `handle`, of kind `own`, is not accepted as an object of any other kind. */
static void refuse_as_others(const void *handle, enum tongs_kind own) {
	bool accepted = tongs_handle_kind(handle) != own;
	messages_take();
	accepted |= own != TONGS_KIND_HEAP && tongs_heap_from_handle((void *)handle);
	accepted |= own != TONGS_KIND_BUFFER && tongs_buffer_from_handle((void *)handle);
	accepted |= own != TONGS_KIND_TEXTURE && tongs_texture_from_handle((void *)handle);
	accepted |= own != TONGS_KIND_SURFACE && tongs_surface_from_handle((void *)handle);
	/* Of the four kinds, a live object is one at most, and each other is reported. */
	if (own != TONGS_KIND_NONE && messages_take() < 3)
		fail_msg("%p is not what it was asked for, and nothing was logged", handle);
	for (enum tongs_kind kind = TONGS_KIND_NONE; kind <= TONGS_KIND_LAST; kind++)
		accepted |= (own == TONGS_KIND_NONE || kind != own) && tongs_interop_acquire(handle, kind);
	tried++;
	refused += !accepted;
	if (accepted)
		fail_msg("%p was taken for an object that it is not", handle);
}

static void refuse(const void *handle) {
	refuse_as_others(handle, TONGS_KIND_NONE);
}

/* Objects that need no Vulkan device. */
enum { DEVICE, HEAP, BUFFER, IN_HEAP, DESCRIPTOR, HEAP_DESCRIPTOR, SURFACE, LIVE_COUNT };

static void create_objects(void *live[LIVE_COUNT]) {
	const struct tongs_heap_info info = {.size = 65536, .resource_options = MTLResourceStorageModeShared};
	struct tongs_device *device = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
	live[DEVICE] = device;
	live[HEAP] = tongs_device_new_heap(device, &info);
	live[BUFFER] = tongs_device_new_buffer(device, 4096, MTLResourceStorageModeShared);
	live[IN_HEAP] = tongs_device_new_buffer(device, 64, MTLResourceStorageModeShared);
	live[DESCRIPTOR] = tongs_object_create(
		TONGS_KIND_TEXTURE_DESCRIPTOR, sizeof(struct tongs_object) + 256, tongs_object_free);
	live[HEAP_DESCRIPTOR] =
		tongs_object_create(TONGS_KIND_HEAP_DESCRIPTOR, sizeof(struct tongs_object) + 64, tongs_object_free);
	live[SURFACE] = tongs_surface_new(&(struct tongs_surface_info){.alloc_size = 100});
	for (size_t i = 0; i < LIVE_COUNT; i++)
		assert_non_null(live[i]);
}

static void release_objects(void *live[LIVE_COUNT]) {
	for (size_t i = LIVE_COUNT; i-- > 0;)
		tongs_object_unref(live[i]);
}

static void what_is_no_object_is_refused(void **state) {
	(void)state;
	void *live[LIVE_COUNT];
	struct hostile hostile;
	messages_capture();
	create_objects(live);
	hostile_init(&hostile, (const void *const *)live, LIVE_COUNT, 300000);
	for (size_t i = 0; i < hostile.count; i++)
		refuse(hostile.pointers[i]);
	refuse(tongs_string_new("a string"));
	for (size_t i = 0; i < LIVE_COUNT; i++)
		assert_int_not_equal(tongs_handle_kind(live[i]), TONGS_KIND_NONE);
	hostile_finish(&hostile);
	release_objects(live);
	messages_expect_none();
}

static void objects_of_other_classes_are_refused(void **state) {
	(void)state;
	void *live[LIVE_COUNT];
	messages_capture();
	create_objects(live);
	for (size_t i = 0; i < LIVE_COUNT; i++)
		refuse_as_others(live[i], tongs_handle_kind(live[i]));
	release_objects(live);
	messages_expect_none();
}

static void released_objects_are_refused(void **state) {
	(void)state;
	void *live[LIVE_COUNT];
	messages_capture();
	for (size_t round = 0; round < 1000; round++) {
		create_objects(live);
		release_objects(live);
		for (size_t i = 0; i < LIVE_COUNT; i++)
			refuse(live[i]);
	}
	messages_take();
}

/* An address stands for the object that is there now, whatever the class of an earlier one. */
static void recycled_addresses_are_what_they_are_now(void **state) {
	(void)state;
	enum { ROUNDS = 1000 };
	struct tongs_object *first, *second;
	size_t recycled = 0;
	messages_capture();
	for (size_t round = 0; round < ROUNDS; round++) {
		first = tongs_object_create(TONGS_KIND_BUFFER, sizeof(*first), tongs_object_free);
		tongs_object_unref(first);
		second = tongs_object_create(TONGS_KIND_HEAP, sizeof(*second), tongs_object_free);
		if (first == second) {
			recycled++;
			assert_ptr_equal(tongs_heap_from_handle(second), second);
			refuse_as_others(first, TONGS_KIND_HEAP);
		} else {
			refuse(first);
		}
		tongs_object_unref(second);
	}
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	assert_true(recycled > 0); /* a sanitizer delays the reuse of freed memory */
#endif
	messages_take();
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_object_is_refused),
		cmocka_unit_test(objects_of_other_classes_are_refused),
		cmocka_unit_test(released_objects_are_refused),
		cmocka_unit_test(recycled_addresses_are_what_they_are_now),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	printf("tally: bad handles tried %zu\ntally: bad handles refused %zu\n", tried, refused);
	return failed;
}
