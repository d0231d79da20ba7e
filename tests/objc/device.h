/* SPDX-License-Identifier: MIT */
/* cmocka's fixtures: the default device. */
#ifndef TESTS_OBJC_DEVICE_H
#define TESTS_OBJC_DEVICE_H

#import <Metal/Metal.h>

static id<MTLDevice> device;

static inline int find_device(void **state) {
	(void)state;
	device = MTLCreateSystemDefaultDevice();
	return device ? 0 : -1;
}

static inline int release_device(void **state) {
	(void)state;
	[device release];
	return 0;
}

#endif
