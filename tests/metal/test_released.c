/* SPDX-License-Identifier: MIT */
/* The history of released handles. */
#include "open_device.h"

#include <stdio.h>
#include <string.h>

#include "metal/object.h"
#include "metal/released.h"

static struct tongs_buffer *new_buffer(const char *label) {
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, 64, MTLResourceStorageModeShared);
	assert_non_null(buffer);
	tongs_resource_set_label(tongs_buffer_get_resource(buffer), label);
	return buffer;
}

static void describe_says(const void *handle, const char *part) {
	char text[TONGS_HANDLE_TEXT_SIZE];
	if (!strstr(tongs_interop_describe_handle(handle, text), part))
		fail_msg("`%s' was expected: %s", part, text);
}

static void kind_label_and_cause_are_reported(void **state) {
	(void)state;
	struct tongs_buffer *plain = new_buffer(NULL), *labelled = new_buffer("particles");
	describe_says(labelled, "is an MTLBuffer");
	tongs_buffer_unref(plain);
	tongs_buffer_unref(labelled);
	describe_says(plain, "was an MTLBuffer whose last reference was released");
	describe_says(labelled, "was an MTLBuffer `particles' whose last reference was released");

	struct tongs_buffer *freed = new_buffer("staging"), *destroyed = new_buffer(NULL);
	tongs_interop_release_from_memory(freed, TONGS_CAUSE_FREE_MEMORY);
	tongs_interop_release_from_memory(destroyed, TONGS_CAUSE_DESTROY_DEVICE);
	tongs_interop_release_from_memory(NULL, TONGS_CAUSE_FREE_MEMORY);
	describe_says(freed, "was an MTLBuffer `staging' that was freed by vkFreeMemory");
	describe_says(destroyed, "was an MTLBuffer that was freed by vkDestroyDevice");

	const struct tongs_heap_info info = {.size = 4096, .resource_options = MTLResourceStorageModeShared};
	struct tongs_heap *heap = tongs_device_new_heap(device, &info);
	tongs_heap_set_label(heap, "pool");
	tongs_heap_unref(heap);
	describe_says(heap, "was an MTLHeap `pool'");
}

/* Freeing memory whose object is retained does not release the object. */
static void the_last_reference_is_the_cause(void **state) {
	(void)state;
	struct tongs_buffer *buffer = tongs_buffer_ref(new_buffer(NULL));
	tongs_interop_release_from_memory(buffer, TONGS_CAUSE_FREE_MEMORY);
	describe_says(buffer, "is an MTLBuffer");
	tongs_buffer_unref(buffer);
	describe_says(buffer, "whose last reference was released");
}

static void what_never_was_is_not_remembered(void **state) {
	(void)state;
	struct tongs_buffer *buffer = new_buffer("near");
	tongs_buffer_unref(buffer);
	describe_says(NULL, "is NULL");
	describe_says((char *)buffer + 1, "is not a live Metal object");
	describe_says((void *)((uintptr_t)buffer | UINT64_C(1) << 63), "is not a live Metal object");
	describe_says(&buffer, "is not a live Metal object");
	uint32_t random = 11;
	struct tongs_released released;
	for (size_t i = 0; i < 100000; i++) {
		uint64_t address = (uint64_t)next_random(&random) << 32 | next_random(&random);
		assert_false(tongs_released_find((void *)(uintptr_t)address, &released));
	}
}

/* A label is not passed on to the next object at the same address, and a long one is truncated. */
static void labels_belong_to_one_object(void **state) {
	(void)state;
	struct tongs_object object = {.kind = TONGS_KIND_TEXTURE};
	struct tongs_released released;
	char text[200];
	struct tongs_label label = {.retired = NULL};
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_true(tongs_label_set(&label, text));
	tongs_released_record(&object, object.kind, TONGS_CAUSE_RELEASE);
	tongs_released_record_label(&object, &label);
	assert_true(tongs_label_set(&label, NULL));
	assert_true(tongs_released_find(&object, &released));
	assert_int_equal(released.kind, TONGS_KIND_TEXTURE);
	assert_int_equal(strlen(released.label), sizeof(released.label) - 1);
	tongs_released_record(&object, object.kind, TONGS_CAUSE_FREE_MEMORY);
	tongs_released_record_label(&object, &label);
	assert_true(tongs_released_find(&object, &released));
	assert_int_equal(released.cause, TONGS_CAUSE_FREE_MEMORY);
	assert_string_equal(released.label, "");
	/* Nor to one whose slot another has taken. */
	struct tongs_object others[4096] = {{0}};
	for (size_t i = 0; i < LENGTH(others); i++) {
		others[i].kind = TONGS_KIND_HEAP;
		tongs_released_record(&others[i], others[i].kind, TONGS_CAUSE_RELEASE);
	}
	assert_true(tongs_label_set(&label, "late"));
	tongs_released_record_label(&object, &label);
	tongs_label_finish(&label);
	size_t remembered = 0;
	for (size_t i = 0; i < LENGTH(others); i++) {
		if (!tongs_released_find(&others[i], &released))
			continue;
		remembered++;
		assert_int_equal(released.kind, TONGS_KIND_HEAP);
		assert_string_equal(released.label, "");
	}
	assert_true(remembered >= 512 && remembered <= 1024);
}

/* There are fewer slots for labels than for handles: an object whose label was overwritten is described without one. */
static void labels_are_not_mixed_up(void **state) {
	(void)state;
	static struct tongs_object objects[4096];
	struct tongs_released released;
	char text[32];
	size_t remembered = 0, labelled = 0;
	for (size_t i = 0; i < LENGTH(objects); i++) {
		struct tongs_label label = {.retired = NULL};
		objects[i].kind = TONGS_KIND_BUFFER;
		snprintf(text, sizeof(text), "number %zu", i);
		assert_true(tongs_label_set(&label, text));
		tongs_released_record(&objects[i], objects[i].kind, TONGS_CAUSE_RELEASE);
		tongs_released_record_label(&objects[i], &label);
		tongs_label_finish(&label);
		assert_true(tongs_released_find(&objects[i], &released));
		assert_string_equal(released.label, text);
	}
	for (size_t i = 0; i < LENGTH(objects); i++) {
		if (!tongs_released_find(&objects[i], &released))
			continue;
		remembered++;
		if (!released.label[0])
			continue;
		labelled++;
		snprintf(text, sizeof(text), "number %zu", i);
		assert_string_equal(released.label, text);
	}
	/* The places, all but full after four times and sixty-four times as many. */
	assert_in_range(remembered, 512, 1024);
	assert_in_range(labelled, 32, 64);
}

static void handles_of_no_such_object_are_reported(void **state) {
	(void)state;
	struct tongs_buffer *buffer = new_buffer("particles");
	messages_expect_none();
	assert_null(tongs_heap_from_handle(buffer));
	messages_expect_warning("which is an MTLBuffer");
	assert_null(tongs_buffer_from_handle(NULL));
	assert_null(tongs_texture_from_handle(&buffer));
	messages_expect_none();
	tongs_interop_release_from_memory(buffer, TONGS_CAUSE_FREE_MEMORY);
	assert_int_equal(tongs_handle_kind(buffer), TONGS_KIND_NONE);
	messages_expect_none();
	assert_null(tongs_buffer_from_handle(buffer));
	messages_expect_warning("tongs_buffer_from_handle was given");
	assert_null(tongs_texture_from_handle(buffer));
	messages_expect_warning("an MTLBuffer `particles' that was freed by vkFreeMemory");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kind_label_and_cause_are_reported),
		cmocka_unit_test(the_last_reference_is_the_cause),
		cmocka_unit_test(what_never_was_is_not_remembered),
		cmocka_unit_test(labels_belong_to_one_object),
		cmocka_unit_test(labels_are_not_mixed_up),
		cmocka_unit_test(handles_of_no_such_object_are_reported),
	};
	return cmocka_run_group_tests(tests, open_plain_device, close_device);
}
