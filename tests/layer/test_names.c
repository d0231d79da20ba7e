/* SPDX-License-Identifier: MIT */
/* The store of objects' names: truncation, limits, and running out of memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/alloc.h"
#include "layer/names.h"

static const char *get(struct tongs_names *names, VkObjectType type, uint64_t handle) {
	static char text[TONGS_NAME_SIZE];
	return tongs_names_get(names, type, handle, text);
}

static void kept_by_type_and_handle(void **state) {
	struct tongs_names names;
	(void)state;
	tongs_names_init(&names, NULL);
	assert_null(get(&names, VK_OBJECT_TYPE_IMAGE, 7));
	tongs_names_set(&names, VK_OBJECT_TYPE_IMAGE, 7, "image");
	tongs_names_set(&names, VK_OBJECT_TYPE_BUFFER, 7, "buffer");
	tongs_names_set(&names, VK_OBJECT_TYPE_QUEUE, 7, "queue");
	tongs_names_set(&names, VK_OBJECT_TYPE_IMAGE, 0, "null");
	assert_string_equal(get(&names, VK_OBJECT_TYPE_IMAGE, 7), "image");
	assert_string_equal(get(&names, VK_OBJECT_TYPE_BUFFER, 7), "buffer");
	assert_null(get(&names, VK_OBJECT_TYPE_QUEUE, 7));
	assert_null(get(&names, VK_OBJECT_TYPE_IMAGE, 0));
	assert_null(get(&names, VK_OBJECT_TYPE_IMAGE, 8));
	tongs_names_set(&names, VK_OBJECT_TYPE_IMAGE, 7, "other");
	assert_string_equal(get(&names, VK_OBJECT_TYPE_IMAGE, 7), "other");
	tongs_names_remove(&names, VK_OBJECT_TYPE_IMAGE, 7);
	tongs_names_remove(&names, VK_OBJECT_TYPE_IMAGE, 7);
	assert_null(get(&names, VK_OBJECT_TYPE_IMAGE, 7));
	tongs_names_set(&names, VK_OBJECT_TYPE_BUFFER, 7, "");
	assert_null(get(&names, VK_OBJECT_TYPE_BUFFER, 7));
	assert_int_equal(names.count, 0);
	tongs_names_set(&names, VK_OBJECT_TYPE_DEVICE, 7, "left");
	tongs_names_finish(&names);
}

/* Long names are cut between characters. */
static void cut_between_characters(void **state) {
	struct tongs_names names;
	char name[3 * TONGS_NAME_SIZE];
	(void)state;
	tongs_names_init(&names, NULL);
	for (size_t lead = 0; lead < 3; lead++) {
		memset(name, 'a', lead);
		for (size_t i = lead; i + 3 < sizeof(name); i += 3)
			memcpy(name + i, "\xe2\x82\xac", 4);
		tongs_names_set(&names, VK_OBJECT_TYPE_IMAGE, 7, name);
		const char *kept = get(&names, VK_OBJECT_TYPE_IMAGE, 7);
		size_t whole = lead + (TONGS_NAME_SIZE - 1 - lead) / 3 * 3;
		assert_int_equal(strlen(kept), whole);
		assert_memory_equal(kept, name, whole);
	}
	/* What just fits, and what is no UTF-8. */
	memset(name, 'x', sizeof(name));
	name[TONGS_NAME_SIZE - 1] = 0;
	tongs_names_set(&names, VK_OBJECT_TYPE_IMAGE, 7, name);
	assert_string_equal(get(&names, VK_OBJECT_TYPE_IMAGE, 7), name);
	memset(name, 0x80, sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	tongs_names_set(&names, VK_OBJECT_TYPE_IMAGE, 7, name);
	assert_string_equal(get(&names, VK_OBJECT_TYPE_IMAGE, 7), "");
	tongs_names_finish(&names);
}

static void bounded(void **state) {
	struct tongs_names names;
	(void)state;
	tongs_names_init(&names, NULL);
	for (uint64_t i = 1; i <= TONGS_NAMES_MAX + 10; i++)
		tongs_names_set(&names, VK_OBJECT_TYPE_BUFFER, 64 * i, "name");
	assert_int_equal(names.count, TONGS_NAMES_MAX);
	assert_string_equal(get(&names, VK_OBJECT_TYPE_BUFFER, 64), "name");
	assert_null(get(&names, VK_OBJECT_TYPE_BUFFER, 64 * (TONGS_NAMES_MAX + 1)));
	/* Room for one is room for another. */
	tongs_names_remove(&names, VK_OBJECT_TYPE_BUFFER, 64);
	tongs_names_set(&names, VK_OBJECT_TYPE_IMAGE, 64, "image");
	assert_string_equal(get(&names, VK_OBJECT_TYPE_IMAGE, 64), "image");
	tongs_names_finish(&names);
}

/* An allocation that fails leaves the object without a name, and the rest as it was. */
static void without_memory(void **state) {
	struct tongs_names names;
	(void)state;
	tongs_names_init(&names, NULL);
	tongs_names_set(&names, VK_OBJECT_TYPE_IMAGE, 3, "kept");
	tongs_names_set(&names, VK_OBJECT_TYPE_BUFFER, 3, "old");
	for (uint64_t i = 0; i < 3; i++) {
		tongs_alloc_fail_after(i);
		tongs_names_set(&names, VK_OBJECT_TYPE_DEVICE_MEMORY, 3, "new");
		tongs_names_set(&names, VK_OBJECT_TYPE_BUFFER, 3, "new");
		tongs_alloc_fail_after(UINT64_MAX);
		assert_string_equal(get(&names, VK_OBJECT_TYPE_IMAGE, 3), "kept");
		const char *memory = get(&names, VK_OBJECT_TYPE_DEVICE_MEMORY, 3);
		assert_true(!memory || strcmp(memory, "new") == 0);
		assert_int_equal(memory != NULL, i == 2);
		tongs_names_set(&names, VK_OBJECT_TYPE_BUFFER, 3, "old");
		assert_string_equal(get(&names, VK_OBJECT_TYPE_BUFFER, 3), "old");
		assert_int_equal(names.count, 2 + (memory != NULL));
	}
	tongs_names_finish(&names);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept_by_type_and_handle),
		cmocka_unit_test(cut_between_characters),
		cmocka_unit_test(bounded),
		cmocka_unit_test(without_memory),
	};
	return cmocka_run_group_tests_name("layer: names", tests, NULL, NULL);
}
