/* SPDX-License-Identifier: MIT */
/* How code for macOS is written, which test_headers.py compiles in every way. It is not run. */
#ifdef WITH_MODULES
@import Metal;
@import IOSurface;
#else
#import <Metal/Metal.h>
#import <IOSurface/IOSurface.h>
#endif

#ifdef __clang__
#if __has_feature(objc_arc)
#define ARC
#endif
#endif

NS_ASSUME_NONNULL_BEGIN

typedef NS_ENUM(NSUInteger, FrameState) {
	FrameStateIdle,
	FrameStateBusy,
};

typedef NS_OPTIONS(NSUInteger, FrameFlags) {
	FrameFlagsNone = 0,
	FrameFlagsShared = 1 << 0,
};

@protocol Frame <NSObject>
@property(readonly) FrameState state;
- (void)draw API_AVAILABLE(macos(10.15), ios(13.0));
- (void)finish API_UNAVAILABLE(tvos);
- (void)flush API_DEPRECATED("use finish", macos(10.11, 10.15));
@end

NSUInteger copy_buffer(id<MTLDevice> device, id<MTLBuffer> from, FrameFlags flags);
NSUInteger draw_frame(id<Frame> frame);
NSUInteger count_devices(void);

NSUInteger copy_buffer(id<MTLDevice> device, id<MTLBuffer> from, FrameFlags flags) {
	id<MTLBuffer> to = [device newBufferWithLength:from.length options:MTLResourceStorageModeShared];
	to.label = nil;
	id<MTLCommandQueue> queue = [device newCommandQueue];
	id<MTLCommandBuffer> commands = [queue commandBuffer];
	id<MTLBlitCommandEncoder> blit = [commands blitCommandEncoder];
	[blit copyFromBuffer:from sourceOffset:0 toBuffer:(id<MTLBuffer>)to destinationOffset:0 size:from.length];
	[blit endEncoding];
#ifdef __BLOCKS__
	[commands addCompletedHandler:^(id<MTLCommandBuffer> done) {
	  (void)done.error;
	}];
#endif
	[commands commit];
	[commands waitUntilCompleted];
	const NSUInteger length = to.length + flags;
#ifndef ARC
	[queue release];
	[to release];
#endif
	return length;
}

NSUInteger draw_frame(id<Frame> frame) {
#ifdef __clang__
	if (@available(macOS 13, *))
		[frame draw];
#endif
	[frame finish];
	return frame.state == FrameStateBusy;
}

#ifdef __clang__
/* Enumerations are types of their own: C++ chooses functions by them. */
#ifdef __cplusplus
static NSUInteger count_bits(MTLStorageMode) {
	return 2;
}

static NSUInteger count_bits(MTLCPUCacheMode) {
	return 1;
}
#else
#define count_bits(mode) (__builtin_types_compatible_p(__typeof__(mode), MTLStorageMode) ? 2u : 1u)
_Static_assert(!__builtin_types_compatible_p(MTLStorageMode, MTLCPUCacheMode), "they are one type");
#endif

NSUInteger describe_modes(MTLStorageMode mode, MTLCPUCacheMode cache, MTLResourceOptions options);
NSUInteger describe_modes(MTLStorageMode mode, MTLCPUCacheMode cache, MTLResourceOptions options) {
	return (options | MTLResourceStorageModePrivate) + count_bits(mode) + count_bits(cache);
}
#endif

/* clang knows that the caller releases the array, and what it holds. */
NSUInteger count_devices(void) {
	NSUInteger count = 0;
	NSArray MTL_OF(id<MTLDevice>) *devices = MTLCopyAllDevices();
#if defined(__clang__) || !defined(__cplusplus) /* gcc's Objective-C++ has no such loop */
	for (id<MTLDevice> device in devices)
		count += device.isLowPower ? 0 : 1;
#endif
#ifdef __clang__
	count += devices.firstObject.registryID;
#endif
	MTLTextureDescriptor *descriptor = [[MTLTextureDescriptor alloc] init];
	descriptor.width = 16;
	MTLRenderPassDescriptor *pass = [MTLRenderPassDescriptor renderPassDescriptor];
	[pass.colorAttachments objectAtIndexedSubscript:0].clearColor = MTLClearColorMake(0, 0, 0, 1);
#ifdef __OBJC_GNUSTEP_RUNTIME_ABI__
	pass.colorAttachments[0].loadAction = MTLLoadActionClear;
#endif
	pass.depthAttachment = nil;
#ifdef ARC
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	__weak id<MTLDevice> weak = device;
	count += weak == nil;
#else
	[devices release];
	[descriptor release];
#endif
	return count;
}

NS_ASSUME_NONNULL_END
