/* SPDX-License-Identifier: MIT */
/* Parallel render encoders, of which Tongs makes none. */
#ifndef METAL_MTLPARALLELRENDERCOMMANDENCODER_H
#define METAL_MTLPARALLELRENDERCOMMANDENCODER_H

#import <Metal/MTLRenderCommandEncoder.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLRenderCommandEncoder;

@protocol MTLParallelRenderCommandEncoder <MTLCommandEncoder>
- (id<MTLRenderCommandEncoder> MTL_NULLABLE)renderCommandEncoder;
- (void)setColorStoreAction:(MTLStoreAction)storeAction atIndex:(NSUInteger)colorAttachmentIndex;
- (void)setDepthStoreAction:(MTLStoreAction)storeAction;
- (void)setStencilStoreAction:(MTLStoreAction)storeAction;
- (void)setColorStoreActionOptions:(MTLStoreActionOptions)storeActionOptions atIndex:(NSUInteger)colorAttachmentIndex;
- (void)setDepthStoreActionOptions:(MTLStoreActionOptions)storeActionOptions;
- (void)setStencilStoreActionOptions:(MTLStoreActionOptions)storeActionOptions;
@end

NS_ASSUME_NONNULL_END

#endif
