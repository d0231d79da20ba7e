/* SPDX-License-Identifier: MIT */
/* A program with ARC, on libobjc2: the compiler counts references, weak ones become nil, and nothing is left at the
 * end. */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include <objc/runtime.h>
#import <IOSurface/IOSurface.h>
#import <Metal/Metal.h>

#include "messages.h"

/* A hook of libtongs, see src/metal/interop.h. */
size_t tongs_interop_count_objects(void);

/* Foundation's short strings are such: seven bits a character, from the top, and a length. */
static const char *tiny_text(id self, SEL selector) {
	(void)self, (void)selector;
	return "tiny";
}

static void weak_references_become_nil(void **state) {
	(void)state;
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	__weak id<MTLBuffer> weak = nil;
	__weak NSArray *weak_array = nil;
	@autoreleasepool {
		id<MTLBuffer> buffer = [device newBufferWithLength:4096 options:MTLResourceStorageModeShared];
		NSArray *devices = MTLCopyAllDevices();
		weak = buffer;
		weak_array = devices;
		assert_int_equal([weak length], 4096);
		assert_int_equal([weak_array count], 1);
	}
	assert_null((__bridge void *)weak);
	assert_null((__bridge void *)weak_array);
}

static __weak id<MTLBuffer> shared_weak;

static void *read_weak(void *stop) {
	size_t seen = 0;
	while (!__atomic_load_n((int *)stop, __ATOMIC_RELAXED)) {
		@autoreleasepool {
			id<MTLBuffer> buffer = shared_weak;
			seen += buffer.length == 64;
		}
	}
	return (void *)seen;
}

static void weak_references_race_with_the_end(void **state) {
	(void)state;
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	int stop = 0;
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, read_weak, &stop), 0);
	for (int i = 0; i < 20000; i++) {
		id<MTLBuffer> buffer = [device newBufferWithLength:64 options:MTLResourceStorageModeShared];
		shared_weak = buffer;
		assert_int_equal(buffer.length, 64);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_null((__bridge void *)shared_weak);
}

static void associated_objects_end_with_theirs(void **state) {
	(void)state;
	static char key;
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	__weak id<MTLBuffer> weak = nil;
	@autoreleasepool {
		id<MTLBuffer> buffer = [device newBufferWithLength:64 options:MTLResourceStorageModeShared];
		id<MTLBuffer> other = [device newBufferWithLength:128 options:MTLResourceStorageModeShared];
		weak = other;
		objc_setAssociatedObject(buffer, &key, other, OBJC_ASSOCIATION_RETAIN_NONATOMIC);
		@synchronized(buffer) {
			assert_int_equal([objc_getAssociatedObject(buffer, &key) length], 128);
		}
		assert_true([buffer conformsToProtocol:@protocol(MTLBuffer)]);
	}
	assert_null((__bridge void *)weak);
}

static void short_strings_are_labels(void **state) {
	(void)state;
	Class tiny = objc_allocateClassPair(objc_getClass("TongsObject"), "TestTinyString", 0);
	objc_registerClassPair(tiny);
	assert_true(class_addMethod(tiny, sel_registerName("UTF8String"), (IMP)(void (*)(void))tiny_text, "r*@:"));
	assert_true(objc_registerSmallObjectClass_np(tiny, 4));
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	id<MTLBuffer> buffer = [device newBufferWithLength:64 options:MTLResourceStorageModeShared];
	buffer.label = (__bridge NSString *)(void *)(uintptr_t)0x1004;
	assert_int_equal(messages.count, 0);
	NSString *label = buffer.label;
	assert_non_null((__bridge void *)label);
	assert_string_equal([label UTF8String], "tiny");
	[(__bridge id)(void *)(uintptr_t)0x1004 performSelector:sel_registerName("unknownToTiny")];
	assert_true(was_logged("unknownToTiny"));
}

static void unknown_selectors_are_reported(void **state) {
	(void)state;
	id device = MTLCreateSystemDefaultDevice();
	[device setWidth:3];
	assert_true(was_logged("-[TongsDevice setWidth:]"));
	[device performSelector:sel_registerName("unknownThing")];
	assert_true(was_logged("-[TongsDevice unknownThing]"));
	[(id)[MTLTextureDescriptor class] setWidth:3];
	assert_true(was_logged("+[MTLTextureDescriptor setWidth:]"));
	[(id)[MTLTextureDescriptor class] performSelector:sel_registerName("unknownClassThing")];
	assert_true(was_logged("+[MTLTextureDescriptor unknownClassThing]"));
	/* By its class alone, before there is a receiver. */
	SEL unknown = sel_registerName("unknownByClass");
	MTLTextureDescriptor *descriptor = [MTLTextureDescriptor new];
	void (*method)(id, SEL) = (void (*)(id, SEL))class_getMethodImplementation([descriptor class], unknown);
	method(descriptor, unknown);
	assert_true(was_logged("-[MTLTextureDescriptor unknownByClass]"));
}

static void blocks_keep_what_they_capture(void **state) {
	(void)state;
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	id<MTLCommandQueue> queue = [device newCommandQueue];
	__block int done = 0, freed = 0;
	for (int i = 0; i < 100; i++) {
		@autoreleasepool {
			id<MTLCommandBuffer> commands = [queue commandBuffer];
			id<MTLBuffer> buffer = [device newBufferWithLength:64 options:MTLResourceStorageModeShared];
			[commands addCompletedHandler:^(id<MTLCommandBuffer> ended) {
			  done += ended.error == nil && buffer.length == 64;
			}];
			id<MTLBlitCommandEncoder> blit = [commands blitCommandEncoder];
			[blit fillBuffer:buffer range:NSMakeRange(0, 64) value:(uint8_t)i];
			[blit endEncoding];
			[commands commit];
			[commands waitUntilCompleted];
		}
	}
	assert_int_equal(done, 100);
	void *pages = aligned_alloc(65536, 65536);
	id<MTLBuffer> wrapped = [device newBufferWithBytesNoCopy:pages
							  length:65536
							 options:MTLResourceStorageModeShared
						     deallocator:^(void *pointer, NSUInteger length) {
						       free(pointer);
						       freed += length == 65536;
						     }];
	assert_non_null((__bridge void *)wrapped);
	wrapped = nil;
	assert_int_equal(freed, 1);
}

static void properties_and_copies_are_counted(void **state) {
	(void)state;
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	MTLTextureDescriptor *descriptor =
		[MTLTextureDescriptor texture2DDescriptorWithPixelFormat:MTLPixelFormatRGBA8Unorm
								   width:16
								  height:16
							       mipmapped:NO];
	MTLTextureDescriptor *copy = [descriptor copy];
	id<MTLTexture> texture = [device newTextureWithDescriptor:copy];
	MTLRenderPassDescriptor *pass = [MTLRenderPassDescriptor renderPassDescriptor];
	pass.colorAttachments[0].texture = texture;
	assert_ptr_equal((__bridge void *)pass.colorAttachments[0].texture, (__bridge void *)texture);
	for (id<MTLDevice> each in MTLCopyAllDevices())
		assert_int_equal(each.registryID, device.registryID);
}

/* What is autoreleased without a pool goes with the thread. */
static void *run(void *main_tests) {
	return (void *)(intptr_t)((int (*)(void))main_tests)();
}

static int run_all(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(weak_references_become_nil, hear_messages),
		cmocka_unit_test_setup(weak_references_race_with_the_end, hear_messages),
		cmocka_unit_test_setup(associated_objects_end_with_theirs, hear_messages),
		cmocka_unit_test_setup(short_strings_are_labels, hear_messages),
		cmocka_unit_test_setup(unknown_selectors_are_reported, hear_messages),
		cmocka_unit_test_setup(blocks_keep_what_they_capture, hear_messages),
		cmocka_unit_test_setup(properties_and_copies_are_counted, hear_messages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void) {
	pthread_t thread;
	void *failed = (void *)1;
	if (pthread_create(&thread, NULL, run, (void *)run_all) != 0 || pthread_join(thread, &failed) != 0)
		return 1;
	/* A queue's thread releases the last command buffer after those who wait for it have gone on. */
	size_t left = 1;
	for (int i = 0; i < 200 && left; i++, usleep(10000))
		left = tongs_interop_count_objects();
	if (left)
		printf("# %zu objects are left\n", left);
	return failed || left;
}
