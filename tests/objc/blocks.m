/* SPDX-License-Identifier: MIT */
/* Blocks as deallocators of no-copy buffers, and as notifications of shared events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#import <Metal/Metal.h>

#include "messages.h"

#define SIZE 65536

static unsigned global_calls;

static id<MTLBuffer> wrap(void *pages, NSUInteger length, MTLBufferDeallocator deallocator) {
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	id<MTLBuffer> buffer = [device newBufferWithBytesNoCopy:pages
							 length:length
							options:MTLResourceStorageModeShared
						    deallocator:deallocator];
	[device release];
	return buffer;
}

static void captured_variables_live_on(void **state) {
	(void)state;
	void *pages = aligned_alloc(SIZE, SIZE);
	__block unsigned calls = 0;
	__block void *seen = NULL;
	NSUInteger expected = SIZE;
	id<MTLBuffer> buffer = wrap(pages, SIZE, ^(void *pointer, NSUInteger length) {
	  calls += length == expected;
	  seen = pointer;
	  free(pointer);
	});
	assert_ptr_equal([buffer contents], pages);
	memset([buffer contents], 1, SIZE);
	[buffer retain];
	[buffer release];
	assert_int_equal(calls, 0);
	[buffer release];
	assert_int_equal(calls, 1);
	assert_ptr_equal(seen, pages);
	assert_int_equal(messages.count, 0);
}

static void blocks_without_captures_are_called(void **state) {
	(void)state;
	void *pages = aligned_alloc(SIZE, SIZE);
	global_calls = 0;
	id<MTLBuffer> buffer = wrap(pages, SIZE, ^(void *pointer, NSUInteger length) {
	  global_calls += length == SIZE;
	  free(pointer);
	});
	[buffer release];
	assert_int_equal(global_calls, 1);
}

static void textures_keep_the_bytes(void **state) {
	(void)state;
	void *pages = aligned_alloc(SIZE, SIZE);
	__block unsigned calls = 0;
	id<MTLBuffer> buffer = wrap(pages, SIZE, ^(void *pointer, NSUInteger length) {
	  (void)length;
	  calls++;
	  free(pointer);
	});
	MTLTextureDescriptor *d = [MTLTextureDescriptor texture2DDescriptorWithPixelFormat:MTLPixelFormatRGBA8Unorm
										     width:64
										    height:64
										 mipmapped:NO];
	id<MTLTexture> texture = [buffer newTextureWithDescriptor:d offset:0 bytesPerRow:256];
	assert_non_null(texture);
	[buffer release];
	assert_int_equal(calls, 0);
	[texture release];
	assert_int_equal(calls, 1);
	[d release];
}

static void refused_buffers_leave_the_bytes_alone(void **state) {
	(void)state;
	char *pages = aligned_alloc(SIZE, SIZE);
	__block unsigned calls = 0;
	MTLBufferDeallocator deallocator = ^(void *pointer, NSUInteger length) {
	  (void)pointer;
	  (void)length;
	  calls++;
	};
	assert_null(wrap(pages + 1, SIZE, deallocator));
	assert_int_equal(messages.count, 1);
	assert_null(wrap(pages, 0, deallocator));
	assert_null(wrap(NULL, SIZE, deallocator));
	assert_int_equal(calls, 0);
	free(pages);
}

static void notifications_capture_variables(void **state) {
	(void)state;
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	id<MTLSharedEvent> event = [device newSharedEvent], done = [device newSharedEvent];
	MTLSharedEventListener *listener = [MTLSharedEventListener new];
	uint64_t answer = 40;
	[event notifyListener:listener
		      atValue:2
			block:^(id<MTLSharedEvent> signaled, uint64_t value) {
			  done.signaledValue = answer + value + (signaled != event);
			}];
	/* Never called. */
	[event notifyListener:listener
		      atValue:9
			block:^(id<MTLSharedEvent> signaled, uint64_t value) {
			  (void)signaled;
			  done.signaledValue = 1000 + value;
			}];
	[listener release];
	event.signaledValue = 2;
	assert_true([done waitUntilSignaledValue:42 timeoutMS:20000]);
	assert_int_equal(done.signaledValue, 42);
	[event release];
	assert_int_equal(done.signaledValue, 42);
	[done release];
	[device release];
	assert_int_equal(messages.count, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, hear_messages)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(captured_variables_live_on),
		TEST(blocks_without_captures_are_called),
		TEST(textures_keep_the_bytes),
		TEST(refused_buffers_leave_the_bytes_alone),
		TEST(notifications_capture_variables),
	};
	return cmocka_run_group_tests_name("objc blocks", tests, NULL, NULL);
}
