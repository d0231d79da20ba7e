/* SPDX-License-Identifier: MIT */
/* The default device, next to a driver that has the extension for host pages but imports no resource in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <tongs/metal.h>

static void whoever_can_share_nothing_is_no_device(void **state) {
	struct tongs_device *devices[4];
	size_t count = tongs_device_new_all(devices, 4);
	struct tongs_device *device = tongs_device_new_default();
	(void)state;
	assert_int_equal(count, 1);
	assert_non_null(device);
	assert_null(strstr(tongs_device_get_name(device), "64 KiB"));
	assert_ptr_equal(device, devices[0]);
	tongs_device_unref(device);
	tongs_device_unref(devices[0]);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_can_share_nothing_is_no_device),
	};
	return cmocka_run_group_tests_name("metal: default", tests, NULL, NULL);
}
