/* SPDX-License-Identifier: MIT */
/* Blocks as deallocators of no-copy buffers. */
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

#define TEST(name) cmocka_unit_test_setup(name, hear_messages)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(captured_variables_live_on),
		TEST(blocks_without_captures_are_called),
		TEST(textures_keep_the_bytes),
		TEST(refused_buffers_leave_the_bytes_alone),
	};
	return cmocka_run_group_tests_name("objc blocks", tests, NULL, NULL);
}
