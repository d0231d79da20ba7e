/* SPDX-License-Identifier: MIT */
/* cmocka's fixtures for tests of one device. */
#ifndef TONGS_TESTS_METAL_OPEN_DEVICE_H
#define TONGS_TESTS_METAL_OPEN_DEVICE_H

#include "support.h"

/* The group's device: of a default Vulkan device, or a plain one. */
extern struct tongs_device *device;
int open_default_device(void **state);
int open_plain_device(void **state);
/* Fails unless nothing else has a reference. */
int close_device(void **state);

/* Drivers open files of their own with a VkDevice, its first commands and exports. Before a test counts files, this has
 * the driver open those that stay. */
void let_driver_open_files(void);

/* Skips the test where images need memory that Shared placement heaps do not have. */
void skip_unless_heaps_place_textures(void);

/* For each test: messages are captured; at its end there must be none left, and no memory of the device. */
int setup(void **state);
int teardown(void **state);

#endif
