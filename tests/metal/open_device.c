/* SPDX-License-Identifier: MIT */
/* A device for a group of tests. */
#include "open_device.h"

struct tongs_device *device;

int open_default_device(void **state) {
	(void)state;
	device = tongs_device_new_default();
	return device ? 0 : -1;
}

int open_plain_device(void **state) {
	device = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
	return device ? setup(state) : -1;
}

int close_device(void **state) {
	(void)state;
	tongs_device_unref(device);
	return tongs_handle_kind(device) == TONGS_KIND_NONE ? 0 : -1;
}

int setup(void **state) {
	(void)state;
	messages_capture();
	return 0;
}

int teardown(void **state) {
	(void)state;
	messages_expect_none();
	assert_int_equal(tongs_device_get_current_allocated_size(device), 0);
	return 0;
}
