/* SPDX-License-Identifier: MIT */
/* Copies of blocks are counted by a blocks runtime of this program's own: each is released exactly once, whatever
 * happens to the buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "libobjc.h"
#include "messages.h"

enum { SIZE = 65536 };

struct block {
	void *isa;
	int flags;
	int reserved;
	void (*invoke)(void *, ...);
};

static unsigned copies, live, called;

/* libtongs finds these by name. */
__attribute__((visibility("default"))) void *_Block_copy(const void *block);
__attribute__((visibility("default"))) void _Block_release(const void *block);

void *_Block_copy(const void *block) {
	struct block *copy = malloc(sizeof(*copy));
	if (copy) {
		memcpy(copy, block, sizeof(*copy));
		copies++;
		live++;
	}
	return copy;
}

void _Block_release(const void *block) {
	live--;
	free((void *)block);
}

static void invoke(void *block, ...) {
	(void)block;
	called++;
}

static struct tongs_buffer *wrap(struct tongs_device *device, void *pages, NSUInteger length, NSUInteger options) {
	struct block block = {NULL, 0, 0, invoke};
	SEL selector = sel_registerName("newBufferWithBytesNoCopy:length:options:deallocator:");
	return ((struct tongs_buffer * (*)(struct tongs_device *, SEL, void *, NSUInteger, NSUInteger, void *))(
		void (*)(void))objc_msg_lookup((id)device, selector))(device, selector, pages, length, options, &block);
}

static void each_copy_goes_once(void **state) {
	static _Alignas(SIZE) char pages[SIZE];
	struct tongs_device *device = tongs_device_new_default();
	(void)state;
	assert_non_null(device);
	/* Refused: an unaligned pointer and lengths, a storage mode, a range with a hole. */
	assert_null(wrap(device, pages + 1, SIZE, 0));
	assert_null(wrap(device, pages, 0, 0));
	assert_null(wrap(device, pages, SIZE - 1, 0));
	assert_null(wrap(device, NULL, SIZE, 0));
	assert_null(wrap(device, pages, SIZE, MTLResourceStorageModePrivate));
	assert_null(wrap(device, (void *)(uintptr_t)SIZE, SIZE, 0));
	assert_int_equal(copies, 6);
	assert_int_equal(live, 0);
	assert_int_equal(called, 0);
	struct tongs_buffer *buffer = wrap(device, pages, SIZE, 0);
	assert_non_null(buffer);
	assert_int_equal(live, 1);
	tongs_buffer_unref(buffer);
	assert_int_equal(live, 0);
	assert_int_equal(called, 1);
	tongs_device_unref(device);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_copy_goes_once, hear_messages),
	};
	return cmocka_run_group_tests_name("objc block counts", tests, NULL, NULL);
}
