/* SPDX-License-Identifier: MIT */
/* Command queues, command buffers, copies, fences and events in Objective-C, with and without an autorelease pool:
 * every method, its misuse, and what is left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#ifndef WITH_FOUNDATION
#include <objc/NXConstStr.h>
#endif
#include <objc/runtime.h>
#import <Metal/Metal.h>
#include <tongs/metal.h>

#include "queue.h"
#include "messages.h"

#define EDGE 16
#define ROW (EDGE * 4)
#define SIZE (EDGE * ROW)

static id<MTLTexture> new_texture(MTLPixelFormat format, BOOL mipmapped) {
	MTLTextureDescriptor *d = [[MTLTextureDescriptor alloc] init];
	d.pixelFormat = format;
	d.width = EDGE;
	d.height = EDGE;
	const NSUInteger levels = mipmapped ? 5 : 1;
	d.mipmapLevelCount = levels;
	d.storageMode = MTLStorageModePrivate;
	id<MTLTexture> texture = [device newTextureWithDescriptor:d];
	[d release];
	assert_non_null(texture);
	return texture;
}

static void every_copy(void **state) {
	(void)state;
	POOL_BEGIN
	const MTLOrigin zero = MTLOriginMake(0, 0, 0);
	const MTLSize all = MTLSizeMake(EDGE, EDGE, 1);
	id<MTLBuffer> source = [device newBufferWithLength:SIZE options:0], target = [device newBufferWithLength:SIZE
													 options:0];
	id<MTLTexture> first = new_texture(MTLPixelFormatRGBA8Unorm, YES),
		       second = new_texture(MTLPixelFormatRGBA8Unorm, YES);
	id<MTLTexture> stencil = new_texture(MTLPixelFormatDepth32Float_Stencil8, NO);
	id<MTLFence> fence = [device newFence];
	fence.label = (NSString *)(id) @"fence";
	assert_ptr_equal(fence.device, device);
	assert_true([fence.label length] == 5);
	uint8_t *bytes = [source contents];
	for (unsigned i = 0; i < SIZE; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 251);

	id<MTLCommandBuffer> commands = [queue commandBuffer];
	id<MTLBlitCommandEncoder> blit = [commands blitCommandEncoder];
	assert_int_equal(tongs_handle_kind(blit), TONGS_KIND_BLIT_COMMAND_ENCODER);
	assert_true([blit conformsToProtocol:@protocol(MTLCommandEncoder)]);
	blit.label = (NSString *)(id) @"blit";
	assert_true([blit.label length] == 4);
	assert_ptr_equal(blit.device, device);
	assert_non_null([(TongsObject *)blit description]);
	[blit insertDebugSignpost:nil];
	[blit pushDebugGroup:nil];
	[blit popDebugGroup];
	[blit fillBuffer:target range:NSMakeRange(0, SIZE) value:9];
	[blit copyFromBuffer:source
		       sourceOffset:0
		  sourceBytesPerRow:ROW
		sourceBytesPerImage:0
			 sourceSize:all
			  toTexture:first
		   destinationSlice:0
		   destinationLevel:0
		  destinationOrigin:zero];
	[blit generateMipmapsForTexture:first];
	[blit copyFromTexture:first toTexture:second];
	[blit copyFromTexture:first
		     sourceSlice:0
		     sourceLevel:0
		       toTexture:second
		destinationSlice:0
		destinationLevel:0
		      sliceCount:1
		      levelCount:5];
	/* The quarters change places. */
	[blit copyFromTexture:first
		      sourceSlice:0
		      sourceLevel:0
		     sourceOrigin:zero
		       sourceSize:MTLSizeMake(EDGE / 2, EDGE / 2, 1)
			toTexture:second
		 destinationSlice:0
		 destinationLevel:0
		destinationOrigin:MTLOriginMake(EDGE / 2, EDGE / 2, 0)];
	[blit copyFromTexture:second
			     sourceSlice:0
			     sourceLevel:0
			    sourceOrigin:zero
			      sourceSize:all
				toBuffer:target
		       destinationOffset:0
		  destinationBytesPerRow:ROW
		destinationBytesPerImage:SIZE];
	[blit updateFence:fence];
	[blit waitForFence:fence];
	[blit synchronizeResource:source];
	[blit synchronizeTexture:first slice:0 level:4];
	[blit optimizeContentsForGPUAccess:first];
	[blit optimizeContentsForGPUAccess:first slice:0 level:0];
	[blit optimizeContentsForCPUAccess:first];
	[blit optimizeContentsForCPUAccess:first slice:0 level:0];
	[blit endEncoding];
	finish(commands);
	assert_int_equal(messages.count, 0);
	const uint8_t *seen = [target contents];
	for (unsigned y = 0; y < EDGE; y++)
		for (unsigned x = 0; x < ROW; x++) {
			const bool moved = y >= EDGE / 2 && x >= ROW / 2;
			const unsigned from = moved ? (y - EDGE / 2) * ROW + x - ROW / 2 : y * ROW + x;
			assert_int_equal(seen[y * ROW + x], bytes[from]);
		}

	/* One aspect of two, and bytes. */
	commands = [queue commandBufferWithUnretainedReferences];
	assert_false(commands.retainedReferences);
	blit = [commands blitCommandEncoder];
	[blit copyFromBuffer:source
		       sourceOffset:0
		  sourceBytesPerRow:EDGE
		sourceBytesPerImage:0
			 sourceSize:all
			  toTexture:stencil
		   destinationSlice:0
		   destinationLevel:0
		  destinationOrigin:zero
			    options:MTLBlitOptionStencilFromDepthStencil];
	[blit copyFromTexture:stencil
			     sourceSlice:0
			     sourceLevel:0
			    sourceOrigin:zero
			      sourceSize:all
				toBuffer:target
		       destinationOffset:0
		  destinationBytesPerRow:EDGE
		destinationBytesPerImage:0
				 options:MTLBlitOptionStencilFromDepthStencil];
	[blit copyFromBuffer:source sourceOffset:3 toBuffer:target destinationOffset:EDGE * EDGE + 1 size:100];
	[blit endEncoding];
	finish(commands);
	assert_int_equal(messages.count, 0);
	assert_memory_equal(seen, bytes, EDGE * EDGE);
	assert_memory_equal(seen + EDGE * EDGE + 1, bytes + 3, 100);
	[stencil release];
	[first release];
	[second release];
	[source release];
	[target release];
	[fence release];
	POOL_END
}

static void properties(void **state) {
	(void)state;
	POOL_BEGIN
	MTLCommandBufferDescriptor *d = [[MTLCommandBufferDescriptor alloc] init];
	assert_true(d.retainedReferences);
	d.retainedReferences = NO;
	d.errorOptions = MTLCommandBufferErrorOptionEncoderExecutionStatus;
	MTLCommandBufferDescriptor *copy = [d copy];
	assert_false(copy.retainedReferences);
	queue.label = (NSString *)(id) @"a queue";
	assert_true([queue.label length] == 7);
	assert_ptr_equal(queue.device, device);
	[queue insertDebugCaptureBoundary];
	assert_non_null([(TongsObject *)queue description]);
	id<MTLCommandBuffer> commands = [queue commandBufferWithDescriptor:copy];
	assert_int_equal(tongs_handle_kind(commands), TONGS_KIND_COMMAND_BUFFER);
	assert_false(commands.retainedReferences);
	assert_int_equal(commands.errorOptions, MTLCommandBufferErrorOptionEncoderExecutionStatus);
	assert_ptr_equal(commands.commandQueue, queue);
	assert_ptr_equal(commands.device, device);
	commands.label = (NSString *)(id) @"commands";
	assert_true([commands.label length] == 8);
	assert_non_null([(TongsObject *)commands description]);
	[commands pushDebugGroup:nil];
	[commands popDebugGroup];
	assert_true(commands.GPUStartTime == 0 && commands.kernelEndTime == 0);
	[commands enqueue];
	assert_int_equal(commands.status, MTLCommandBufferStatusEnqueued);
	[commands commit];
	[commands waitUntilScheduled];
	[commands waitUntilCompleted];
	assert_true(commands.GPUStartTime > 0 && commands.GPUEndTime >= commands.GPUStartTime);
	assert_true(commands.kernelStartTime == commands.GPUStartTime && commands.kernelEndTime == commands.GPUEndTime);
	[d release];
	[copy release];
	POOL_END
}

static unsigned called;

static void count_call(void *block, id<MTLCommandBuffer> commands) {
	(void)block;
	called += commands.status == MTLCommandBufferStatusScheduled ? 1 : 100;
}

/* As clang compiles a block that captures nothing. */
static struct block_without_captures {
	void *isa;
	int flags, reserved;
	void (*invoke)(void *block, id<MTLCommandBuffer> commands);
} block = {NULL, 1 << 28, 0, count_call};

static void handlers_and_events(void **state) {
	(void)state;
	POOL_BEGIN
	id<MTLEvent> event = [device newEvent];
	id<MTLSharedEvent> shared = [device newSharedEvent];
	id<MTLCommandQueue> other = [device newCommandQueueWithMaxCommandBufferCount:2];
	assert_int_equal(tongs_handle_kind(event), TONGS_KIND_EVENT);
	event.label = (NSString *)(id) @"event";
	assert_true([event.label length] == 5);
	assert_ptr_equal(event.device, device);
	id<MTLCommandBuffer> waits = [queue commandBuffer], signals = [other commandBuffer];
	[waits encodeWaitForEvent:event value:3];
	[waits encodeSignalEvent:shared value:7];
	called = 0;
	[waits addScheduledHandler:(MTLCommandBufferHandler)(void *)&block];
	[waits addCompletedHandler:(MTLCommandBufferHandler)(void *)&block];
	[waits commit];
	assert_false([shared waitUntilSignaledValue:1 timeoutMS:10]);
	[signals encodeSignalEvent:event value:3];
	[signals commit];
	[waits waitUntilCompleted];
	assert_int_equal(shared.signaledValue, 7);
	assert_int_equal(called, 101);
	assert_int_equal(messages.count, 0);
	[event release];
	[shared release];
	[other release];
	POOL_END
}

static id<MTLCommandBuffer> made;

static void make_call(void *block, id<MTLCommandBuffer> commands) {
	(void)block;
	made = [[commands commandQueue] commandBuffer];
	assert_non_null(made);
	made.label = commands.label;
}

static struct block_without_captures making_block = {NULL, 1 << 28, 0, make_call};

/* What is made in a handler, whose thread is Tongs', does not stay. */
static void handlers_leave_nothing(void **state) {
	(void)state;
	POOL_BEGIN
	id<MTLCommandBuffer> commands = [queue commandBuffer];
	commands.label = (NSString *)(id) @"outer";
	[commands addCompletedHandler:(MTLCommandBufferHandler)(void *)&making_block];
	made = nil;
	finish(commands);
	assert_non_null(made);
	/* Without Foundation, the thread keeps it until it ends. */
	for (unsigned i = 0; i < 5000 && tongs_handle_kind(made) == TONGS_KIND_COMMAND_BUFFER; i++)
		usleep(1000);
	assert_int_equal(tongs_handle_kind(made), TONGS_KIND_NONE);
	assert_int_equal(messages.count, 0);
	POOL_END
}

static void misuse_is_refused(void **state) {
	(void)state;
	POOL_BEGIN
	id<MTLCommandBuffer> commands = [queue commandBuffer];
	id<MTLBlitCommandEncoder> blit = [commands blitCommandEncoder];
	unsigned expected = 0;
	[blit fillBuffer:(id<MTLBuffer>)(id)device range:NSMakeRange(0, 1) value:0];
	assert_int_equal(messages.count, ++expected);
	[blit copyFromBuffer:nil sourceOffset:0 toBuffer:nil destinationOffset:0 size:1];
	assert_int_equal(messages.count, ++expected);
	[blit copyFromTexture:nil toTexture:nil];
	assert_int_equal(messages.count, ++expected);
	[blit updateFence:nil];
	assert_int_equal(messages.count, ++expected);
	[blit synchronizeResource:(id<MTLResource>)(id)queue];
	assert_int_equal(messages.count, ++expected);
	assert_null([commands blitCommandEncoder]);
	assert_int_equal(messages.count, ++expected);
	[commands commit];
	assert_int_equal(messages.count, ++expected);
	[blit endEncoding];
	[commands encodeWaitForEvent:(id<MTLEvent>)(id)device value:1];
	assert_int_equal(messages.count, ++expected);
	[commands addCompletedHandler:nil];
	assert_int_equal(messages.count, ++expected);
	assert_null([queue commandBufferWithDescriptor:nil]);
	assert_int_equal(messages.count, ++expected);
	assert_null([device newCommandQueueWithMaxCommandBufferCount:0]);
	assert_int_equal(messages.count, ++expected);
	[commands commit];
	[commands commit];
	assert_int_equal(messages.count, ++expected);
	[commands waitUntilCompleted];
	POOL_END
}

static int compare_addresses(const void *a, const void *b) {
	const uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;
	return (x > y) - (x < y);
}

/* Command buffers that are alive at these addresses, which are sorted; later ones may have those of earlier ones. */
static size_t count_alive(const uintptr_t *addresses, size_t count) {
	size_t alive = 0;
	for (size_t i = 0; i < count; i++)
		alive += (i == 0 || addresses[i] != addresses[i - 1]) &&
			 tongs_handle_kind((void *)addresses[i]) == TONGS_KIND_COMMAND_BUFFER;
	return alive;
}

/* Ten thousand that nobody retains, and one that is retained, never committed and released. */
static void nothing_is_left(void **state) {
	enum { COUNT = 10000 };
	/* Without Foundation, a thread keeps the last. */
#ifdef WITH_FOUNDATION
	enum { KEPT = 0 };
#else
	enum { KEPT = 64 };
#endif
	static uintptr_t addresses[COUNT + 1];
	(void)state;
	id<MTLBuffer> buffer = [device newBufferWithLength:SIZE options:0];
	id<MTLCommandBuffer> last = nil;
	for (unsigned i = 0; i < COUNT; i++) {
		POOL_BEGIN
		id<MTLCommandBuffer> commands = [queue commandBuffer];
		if (i % 100 == 0) {
			id<MTLBlitCommandEncoder> blit = [commands blitCommandEncoder];
			[blit fillBuffer:buffer range:NSMakeRange(0, SIZE) value:(uint8_t)(i / 100)];
			[blit endEncoding];
		}
		[commands commit];
		addresses[i] = (uintptr_t)commands;
		if (i == COUNT - 1)
			last = [commands retain];
		POOL_END
	}
	[last waitUntilCompleted];
	[last release];
	assert_int_equal(*(uint8_t *)[buffer contents], 99);
	POOL_BEGIN
	id<MTLCommandBuffer> kept = [[queue commandBuffer] retain];
	[[kept blitCommandEncoder] fillBuffer:buffer range:NSMakeRange(0, 4) value:1];
	addresses[COUNT] = (uintptr_t)kept;
	[kept release];
	POOL_END
	assert_int_equal(messages.count, 0);
	qsort(addresses, COUNT + 1, sizeof(*addresses), compare_addresses);
	/* The queue's thread releases a command buffer soon after that has completed. */
	for (unsigned i = 0; i < 5000 && count_alive(addresses, COUNT + 1) > KEPT; i++)
		usleep(1000);
	assert_in_range(count_alive(addresses, COUNT + 1), 0, KEPT);
	[buffer release];
}

#define TEST(name) cmocka_unit_test_setup(name, hear_messages)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(every_copy),
		TEST(properties),
		TEST(handlers_and_events),
		TEST(handlers_leave_nothing),
		TEST(misuse_is_refused),
		TEST(nothing_is_left),
	};
	return cmocka_run_group_tests_name("objc commands", tests, open_queue, close_queue);
}
