/* SPDX-License-Identifier: MIT */
/* Labels: returned strings stay valid, and threads read labels while others set them. */
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "metal/heap.h"
#include "metal/label.h"

enum { ROUNDS = 20000, READERS = 2 };

/* Each repeats one character, so that a mixture would be detected. */
static void write_text(char *text, unsigned number) {
	size_t length = number % 60 + 1;
	memset(text, 'a' + (int)(number % 26), length);
	text[length] = '\0';
}

static bool is_whole(const char *text) {
	size_t length = strlen(text);
	if (length == 0 || length > 60)
		return false;
	for (size_t i = 0; i < length; i++)
		if (text[i] != text[0] || text[i] < 'a' || text[i] > 'z')
			return false;
	return true;
}

struct race {
	struct tongs_buffer *buffer;
	struct tongs_heap *heap;
	atomic_bool stop;
	atomic_size_t torn;
	bool borrows; /* uses the C functions, whose strings stay valid */
};

static void *read_labels(void *user) {
	struct race *race = user;
	struct tongs_resource *resource = tongs_buffer_get_resource(race->buffer);
	char text[64];
	while (!race->stop) {
		const char *labels[4] = {0};
		char *copy = tongs_label_copy(&race->heap->storage.label);
		if (race->borrows) {
			labels[0] = tongs_resource_get_label(resource);
			labels[1] = tongs_heap_get_label(race->heap);
		}
		labels[2] = tongs_interop_read_label(race->buffer, TONGS_KIND_BUFFER, (char[TONGS_LABEL_TEXT_SIZE]){0});
		labels[3] = tongs_label_read(&race->heap->storage.label, text, sizeof(text));
		for (size_t i = 0; i < LENGTH(labels); i++)
			race->torn += labels[i] && !is_whole(labels[i]);
		race->torn += copy && !is_whole(copy);
		tongs_free(NULL, copy);
	}
	return NULL;
}

static void run_race(struct race *race) {
	pthread_t readers[READERS];
	char text[64];
	for (size_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_labels, race), 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		write_text(text, round);
		tongs_resource_set_label(tongs_buffer_get_resource(race->buffer), round % 7 ? text : NULL);
		tongs_heap_set_label(race->heap, text);
	}
	race->stop = true;
	for (size_t i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	assert_int_equal(race->torn, 0);
}

static void readers_and_writers(void **state) {
	struct tongs_device *device = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
	(void)state;
	for (int borrows = 0; borrows < 2; borrows++) {
		struct race race = {
			.buffer = tongs_device_new_buffer(device, 4096, MTLResourceStorageModeShared),
			.heap = tongs_device_new_heap(device, &(struct tongs_heap_info){.size = 4096}),
			.borrows = borrows,
		};
		run_race(&race);
		tongs_buffer_unref(race.buffer);
		tongs_heap_unref(race.heap);
	}
	tongs_device_unref(device);
}

static void a_borrowed_label_stays(void **state) {
	struct tongs_device *device = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, 4096, MTLResourceStorageModeShared);
	struct tongs_resource *resource = tongs_buffer_get_resource(buffer);
	const char *texts[3];
	(void)state;
	tongs_resource_set_label(resource, "first");
	texts[0] = tongs_resource_get_label(resource);
	tongs_resource_set_label(resource, "second");
	texts[1] = tongs_resource_get_label(resource);
	tongs_resource_set_label(resource, NULL);
	assert_null(tongs_resource_get_label(resource));
	tongs_resource_set_label(resource, "third");
	texts[2] = tongs_resource_get_label(resource);
	tongs_resource_set_label(resource, "fourth");
	assert_string_equal(texts[0], "first");
	assert_string_equal(texts[1], "second");
	assert_string_equal(texts[2], "third");
	/* An equal text is reused, so that alternating between two does not use more memory. */
	for (int round = 0; round < 100; round++) {
		tongs_resource_set_label(resource, "first");
		assert_ptr_equal(tongs_resource_get_label(resource), texts[0]);
		tongs_resource_set_label(resource, "second");
		assert_ptr_equal(tongs_resource_get_label(resource), texts[1]);
	}
	tongs_buffer_unref(buffer);
	tongs_device_unref(device);
}

static void copies_end_with_their_size(void **state) {
	struct tongs_label label = {.retired = NULL};
	char text[4];
	(void)state;
	assert_null(tongs_label_copy(&label));
	assert_null(tongs_label_read(&label, text, sizeof(text)));
	assert_null(tongs_label_get(&label));
	assert_true(tongs_label_set(&label, "label"));
	assert_string_equal(tongs_label_read(&label, text, sizeof(text)), "lab");
	char *copy = tongs_label_copy(&label);
	assert_string_equal(copy, "label");
	tongs_free(NULL, copy);
	assert_true(tongs_label_set(&label, ""));
	copy = tongs_label_copy(&label);
	assert_string_equal(copy, "");
	tongs_free(NULL, copy);
	tongs_alloc_fail_after(0);
	assert_null(tongs_label_copy(&label));
	tongs_alloc_fail_after(0);
	assert_false(tongs_label_set(&label, "lost"));
	tongs_alloc_fail_after(UINT64_MAX);
	assert_string_equal(tongs_label_get(&label), "");
	tongs_label_finish(&label);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readers_and_writers),
		cmocka_unit_test(a_borrowed_label_stays),
		cmocka_unit_test(copies_end_with_their_size),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
