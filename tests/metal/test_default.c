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
	assert_in_range(count, 1, 4);
	assert_ptr_equal(device, devices[0]);
	for (size_t i = 0; i < count; i++) {
		assert_null(strstr(tongs_device_get_name(devices[i]), "64 KiB"));
		tongs_device_unref(devices[i]);
	}
	tongs_device_unref(device);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_can_share_nothing_is_no_device),
	};
	return cmocka_run_group_tests_name("metal: default", tests, NULL, NULL);
}
