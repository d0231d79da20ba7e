/* SPDX-License-Identifier: MIT */
/* cmocka's fixtures: a queue of the default device. A pool where there is Foundation. */
#ifndef TESTS_OBJC_QUEUE_H
#define TESTS_OBJC_QUEUE_H

#include "device.h"

#ifdef WITH_FOUNDATION
#define POOL_BEGIN NSAutoreleasePool *pool = [[NSAutoreleasePool alloc] init];
#define POOL_END [pool release];
#else
#define POOL_BEGIN
#define POOL_END
#endif

static id<MTLCommandQueue> queue;

static inline int open_queue(void **state) {
	const int result = find_device(state);
	queue = [device newCommandQueue];
	return queue ? result : -1;
}

static inline int close_queue(void **state) {
	[queue release];
	return release_device(state);
}

static inline void finish(id<MTLCommandBuffer> commands) {
	[commands commit];
	[commands waitUntilCompleted];
	assert_int_equal(commands.status, MTLCommandBufferStatusCompleted);
	assert_null(commands.error);
}

#endif
