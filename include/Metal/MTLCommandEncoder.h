/* SPDX-License-Identifier: MIT */
/* What all encoders of a command buffer have in common. */
#ifndef METAL_MTLCOMMANDENCODER_H
#define METAL_MTLCOMMANDENCODER_H

#import <Metal/MTLFoundation.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLDevice;

/* Orders passes of several queues: see tongs_device_new_fence in <tongs/metal.h>. */
@protocol MTLFence <NSObject>
@property(readonly) id<MTLDevice> device;
@property(copy) NSString *MTL_NULLABLE label;
@end

/* Used by one thread at a time. Its command buffer keeps it until the next encoder. */
@protocol MTLCommandEncoder <NSObject>
@property(readonly) id<MTLDevice> device;
@property(copy) NSString *MTL_NULLABLE label;
- (void)endEncoding;
/* For debuggers: they have no effect. */
- (void)insertDebugSignpost:(NSString *)string;
- (void)pushDebugGroup:(NSString *)string;
- (void)popDebugGroup;
@end

NS_ASSUME_NONNULL_END

#endif
