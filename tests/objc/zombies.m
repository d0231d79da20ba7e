/* SPDX-License-Identifier: MIT */
/* TONGS_ZOMBIES=1 as Objective-C sees it, by two compilers, with and without Foundation. */
#ifdef WITH_FOUNDATION
#import <Foundation/Foundation.h>
#endif
#import <Metal/Metal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "device.h"
#include "messages.h"

static void messages_to_a_buffer(void **state) {
	(void)state;
	id<MTLBuffer> buffer = [device newBufferWithLength:4096 options:MTLResourceStorageModeShared];
	[buffer release];
	assert_null([buffer contents]);
	assert_true(was_logged("`contents' was sent to"));
	assert_int_equal([buffer length], 0);
	assert_true(was_logged("an MTLBuffer whose last reference was released"));
	assert_null([buffer label]);
	assert_true(was_logged("`label'"));
	assert_null([buffer device]);
	assert_true(was_logged("`device'"));
	[buffer didModifyRange:NSMakeRange(0, 16)];
	assert_int_equal(messages.count, 0);
}

static void messages_to_a_texture(void **state) {
	(void)state;
	MTLTextureDescriptor *descriptor = [MTLTextureDescriptor new];
	id<MTLTexture> texture = [device newTextureWithDescriptor:descriptor];
	[texture release];
	MTLTextureSwizzleChannels swizzle = [texture swizzle];
	assert_int_equal(swizzle.red, 0);
	assert_true(was_logged("`swizzle'"));
	uint32_t texel = 7;
	[texture getBytes:&texel bytesPerRow:4 fromRegion:MTLRegionMake2D(0, 0, 1, 1) mipmapLevel:0];
	assert_int_equal(texel, 7);
	assert_true(was_logged("`getBytes:bytesPerRow:fromRegion:mipmapLevel:'"));
	[descriptor release];
	assert_null([device newTextureWithDescriptor:descriptor]);
	assert_true(was_logged("MTLTextureDescriptor"));
}

static void released_once_too_often(void **state) {
	(void)state;
	id<MTLBuffer> buffer = [device newBufferWithLength:4096 options:MTLResourceStorageModeShared];
	[buffer release];
	[buffer release];
	assert_true(was_logged("`release'"));
	assert_null([buffer retain]);
	assert_true(was_logged("`retain'"));
}

#ifdef WITH_FOUNDATION
static void a_pool_releases_what_is_gone(void **state) {
	(void)state;
	NSAutoreleasePool *pool = [NSAutoreleasePool new];
	id<MTLBuffer> buffer = [device newBufferWithLength:4096 options:MTLResourceStorageModeShared];
	[buffer autorelease];
	[buffer release];
	assert_int_equal(messages.count, 0);
	[pool drain];
	assert_true(was_logged("`release'"));
}
#endif

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(messages_to_a_buffer, hear_messages),
		cmocka_unit_test_setup(messages_to_a_texture, hear_messages),
		cmocka_unit_test_setup(released_once_too_often, hear_messages),
#ifdef WITH_FOUNDATION
		cmocka_unit_test_setup(a_pool_releases_what_is_gone, hear_messages),
#endif
	};
	return cmocka_run_group_tests(tests, find_device, release_device);
}
