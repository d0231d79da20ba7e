/* SPDX-License-Identifier: MIT */
/* Command buffers. */
#ifndef METAL_MTLCOMMANDBUFFER_H
#define METAL_MTLCOMMANDBUFFER_H

#import <Metal/MTLFoundation.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLAccelerationStructureCommandEncoder;
@protocol MTLBlitCommandEncoder;
@protocol MTLCommandBuffer;
@protocol MTLCommandQueue;
@protocol MTLComputeCommandEncoder;
@protocol MTLDevice;
@protocol MTLDrawable;
@protocol MTLEvent;
@protocol MTLLogContainer;
@protocol MTLParallelRenderCommandEncoder;
@protocol MTLRenderCommandEncoder;
@protocol MTLResourceStateCommandEncoder;
@class MTLAccelerationStructurePassDescriptor;
@class MTLBlitPassDescriptor;
@class MTLComputePassDescriptor;
@class MTLRenderPassDescriptor;
@class MTLResourceStatePassDescriptor;

#ifdef __BLOCKS__
typedef void (^MTLCommandBufferHandler)(id<MTLCommandBuffer> commandBuffer);
#else
typedef id MTLCommandBufferHandler; /* a block from another compiler */
#endif

MTL_EXTERN NSString *const MTLCommandBufferErrorDomain;
MTL_EXTERN NSString *const MTLCommandBufferEncoderInfoErrorKey; /* no error of Tongs has it */

@interface MTLCommandBufferDescriptor : TongsObject <NSCopying>
@property(nonatomic)
	BOOL retainedReferences; /* default YES; with NO, too, a command buffer keeps its resources until it has run */
@property(nonatomic) MTLCommandBufferErrorOption errorOptions; /* default None; has no effect */
@end

/* Used by one thread at a time until it is committed. See <tongs/metal.h>: tongs_command_queue_new_command_buffer. */
@protocol MTLCommandBuffer <NSObject>
@property(readonly) id<MTLDevice> device;
@property(readonly) id<MTLCommandQueue> commandQueue;
@property(readonly) BOOL retainedReferences;
@property(readonly) MTLCommandBufferErrorOption errorOptions;
@property(copy) NSString *MTL_NULLABLE label;
@property(readonly) MTLCommandBufferStatus status;
@property(readonly) NSError *MTL_NULLABLE error; /* nil, unless the status is Error */
@property(readonly) double GPUStartTime;         /* seconds of CLOCK_MONOTONIC; 0 before it has ended */
@property(readonly) double GPUEndTime;
@property(readonly) double kernelStartTime; /* the same */
@property(readonly) double kernelEndTime;
@property(readonly) id<MTLLogContainer> logs; /* nil: only shaders write logs */
- (void)enqueue;
- (void)commit; /* is refused, with an error reported, twice and with an encoder open */
- (void)addScheduledHandler:(MTLCommandBufferHandler)block;
- (void)addCompletedHandler:(MTLCommandBufferHandler)block;
- (void)waitUntilScheduled;
- (void)waitUntilCompleted; /* and its completed handlers have been called */
/* The encoder lives as long as it is open, and until the next one. */
- (id<MTLBlitCommandEncoder> MTL_NULLABLE)blitCommandEncoder;
- (id<MTLRenderCommandEncoder> MTL_NULLABLE)renderCommandEncoderWithDescriptor:
	(MTLRenderPassDescriptor *)renderPassDescriptor;
- (id<MTLBlitCommandEncoder> MTL_NULLABLE)blitCommandEncoderWithDescriptor:(MTLBlitPassDescriptor *)blitPassDescriptor;
/* Tongs has none of these: nil, with an error reported once for a command buffer. */
- (id<MTLComputeCommandEncoder> MTL_NULLABLE)computeCommandEncoderWithDescriptor:
	(MTLComputePassDescriptor *)computePassDescriptor;
- (id<MTLComputeCommandEncoder> MTL_NULLABLE)computeCommandEncoder;
- (id<MTLComputeCommandEncoder> MTL_NULLABLE)computeCommandEncoderWithDispatchType:(MTLDispatchType)dispatchType;
- (id<MTLParallelRenderCommandEncoder> MTL_NULLABLE)parallelRenderCommandEncoderWithDescriptor:
	(MTLRenderPassDescriptor *)renderPassDescriptor;
- (id<MTLResourceStateCommandEncoder> MTL_NULLABLE)resourceStateCommandEncoder;
- (id<MTLResourceStateCommandEncoder> MTL_NULLABLE)resourceStateCommandEncoderWithDescriptor:
	(MTLResourceStatePassDescriptor *)resourceStatePassDescriptor;
- (id<MTLAccelerationStructureCommandEncoder> MTL_NULLABLE)accelerationStructureCommandEncoder;
- (id<MTLAccelerationStructureCommandEncoder> MTL_NULLABLE)accelerationStructureCommandEncoderWithDescriptor:
	(MTLAccelerationStructurePassDescriptor *)descriptor;
- (void)encodeWaitForEvent:(id<MTLEvent>)event value:(uint64_t)value;
- (void)encodeSignalEvent:(id<MTLEvent>)event value:(uint64_t)value;
/* For debuggers: they have no effect. */
- (void)pushDebugGroup:(NSString *)string;
- (void)popDebugGroup;
/* There are no drawables: these report an error and do nothing. */
- (void)presentDrawable:(id<MTLDrawable>)drawable;
- (void)presentDrawable:(id<MTLDrawable>)drawable atTime:(double)presentationTime;
- (void)presentDrawable:(id<MTLDrawable>)drawable afterMinimumDuration:(double)duration;
@end

NS_ASSUME_NONNULL_END

#endif
