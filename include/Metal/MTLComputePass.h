/* SPDX-License-Identifier: MIT */
/* Compute passes, of which Tongs has none: it has no shaders. */
#ifndef METAL_MTLCOMPUTEPASS_H
#define METAL_MTLCOMPUTEPASS_H

#import <Metal/MTLFoundation.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLCounterSampleBuffer;

@interface MTLComputePassSampleBufferAttachmentDescriptor : TongsObject <NSCopying>
@property(nonatomic, retain) id<MTLCounterSampleBuffer> MTL_NULLABLE sampleBuffer;
@property(nonatomic) NSUInteger startOfEncoderSampleIndex;
@property(nonatomic) NSUInteger endOfEncoderSampleIndex;
@end

/* Four of them, from index 0 on. Setting one keeps a copy; nil sets the defaults. */
@interface MTLComputePassSampleBufferAttachmentDescriptorArray : TongsObject
- (MTLComputePassSampleBufferAttachmentDescriptor *)objectAtIndexedSubscript:(NSUInteger)index;
- (void)setObject:(MTLComputePassSampleBufferAttachmentDescriptor *MTL_NULLABLE)object
	atIndexedSubscript:(NSUInteger)index;
@end

@interface MTLComputePassDescriptor : TongsObject <NSCopying>
+ (MTLComputePassDescriptor *)computePassDescriptor;
@property(nonatomic) MTLDispatchType dispatchType;
@property(nonatomic, readonly) MTLComputePassSampleBufferAttachmentDescriptorArray *sampleBufferAttachments;
@end

NS_ASSUME_NONNULL_END

#endif
