/* SPDX-License-Identifier: MIT */
/* Command queues. */
#ifndef METAL_MTLCOMMANDQUEUE_H
#define METAL_MTLCOMMANDQUEUE_H

#import <Metal/MTLFoundation.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLCommandBuffer;
@protocol MTLDevice;
@class MTLCommandBufferDescriptor;

/* Command buffers are autoreleased. Without Foundation there is no pool: then each lives until it has run, and at least
 * until the thread has received 64 more of them, of render pass descriptors and of errors, or ends; retain and release
 * it to keep it longer. */
@protocol MTLCommandQueue <NSObject>
@property(readonly) id<MTLDevice> device;
@property(copy) NSString *MTL_NULLABLE label;
- (id<MTLCommandBuffer> MTL_NULLABLE)commandBuffer;
- (id<MTLCommandBuffer> MTL_NULLABLE)commandBufferWithUnretainedReferences;
- (id<MTLCommandBuffer> MTL_NULLABLE)commandBufferWithDescriptor:(MTLCommandBufferDescriptor *)descriptor;
- (void)insertDebugCaptureBoundary; /* for debuggers: it has no effect */
@end

NS_ASSUME_NONNULL_END

#endif
