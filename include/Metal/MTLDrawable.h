/* SPDX-License-Identifier: MIT */
/* Drawables, of which Tongs has none. */
#ifndef METAL_MTLDRAWABLE_H
#define METAL_MTLDRAWABLE_H

#import <Metal/MTLFoundation.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLDrawable;

#ifdef __BLOCKS__
typedef void (^MTLDrawablePresentedHandler)(id<MTLDrawable> drawable);
#else
typedef id MTLDrawablePresentedHandler; /* a block from another compiler */
#endif

@protocol MTLDrawable <NSObject>
- (void)present;
- (void)presentAtTime:(double)presentationTime;
- (void)presentAfterMinimumDuration:(double)duration;
- (void)addPresentedHandler:(MTLDrawablePresentedHandler)block;
@property(readonly) double presentedTime;
@property(readonly) NSUInteger drawableID;
@end

NS_ASSUME_NONNULL_END

#endif
