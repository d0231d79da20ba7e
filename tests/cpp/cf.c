/* SPDX-License-Identifier: MIT */
/* CFRetain and its kin, in a program that has another CoreFoundation, too: linked before or after it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <limits.h>
#include <cmocka.h>

#include <CoreFoundation/CoreFoundation.h>
#include <IOSurface/IOSurface.h>
#include <objc/runtime.h>

#include "../objc/messages.h"
#include "other_cf.h"

#ifdef OTHER_FIRST
enum { OTHER_FIRST_CALLS = 1 };
#else
enum { OTHER_FIRST_CALLS = 0 };
#endif

/* A call for an object of Tongs goes to the library that comes first, and no further. */
static void objects_of_tongs_are_counted(void **state) {
	(void)state;
	struct tongs_surface_info info = {.whole = {.width = 4, .height = 4, .bytes_per_element = 4}};
	IOSurfaceRef surface = (IOSurfaceRef)tongs_surface_new(&info);
	assert_non_null(surface);
	other_calls = 0;
	assert_ptr_equal(CFRetain(surface), surface);
	assert_int_equal(CFGetRetainCount(surface), 2);
	CFRelease(surface);
	assert_int_equal(CFGetRetainCount(surface), 1);
	assert_int_equal(other_calls, 4 * OTHER_FIRST_CALLS);
	CFRelease(surface);
	assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_NONE);
	assert_int_equal(messages.count, 0);
}

/* Whatever comes first: once for each call, and no circle through the object's methods. */
static void other_objects_go_to_their_library(void **state) {
	(void)state;
	const struct other_object *object = other_get_object();
	other_calls = 0;
	assert_ptr_equal(CFRetain(object), object);
	assert_int_equal(object->count, 2);
	assert_int_equal(CFGetRetainCount(object), 2);
	CFRelease(object);
	assert_int_equal(object->count, 1);
	assert_int_equal(other_calls, 3);
}

static void null_is_refused(void **state) {
	(void)state;
#ifndef OTHER_FIRST
	assert_null(CFRetain(NULL));
	assert_true(was_logged("CFRetain: the object is NULL"));
	CFRelease(NULL);
	assert_true(was_logged("CFRelease: the object is NULL"));
	assert_int_equal(CFGetRetainCount(NULL), 0);
	assert_true(was_logged("CFGetRetainCount: the object is NULL"));
#endif
}

static void constants_are_never_freed(void **state) {
	(void)state;
	CFRelease(kIOSurfaceWidth);
	CFRetain(kIOSurfaceWidth);
	assert_true(CFGetRetainCount(kIOSurfaceWidth) > LONG_MAX / 4);
#ifndef OTHER_FIRST
	assert_true(CFGetRetainCount(objc_lookUpClass("TongsObject")) == LONG_MAX);
#endif
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(objects_of_tongs_are_counted, hear_messages),
		cmocka_unit_test_setup(other_objects_go_to_their_library, hear_messages),
		cmocka_unit_test_setup(null_is_refused, hear_messages),
		cmocka_unit_test_setup(constants_are_never_freed, hear_messages),
	};
	return cmocka_run_group_tests_name("cpp cf", tests, NULL, NULL);
}
