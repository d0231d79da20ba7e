/* SPDX-License-Identifier: MIT */
/* Blit passes. */
#ifndef METAL_MTLBLITPASS_H
#define METAL_MTLBLITPASS_H

#import <Metal/MTLFoundation.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLCounterSampleBuffer;

@interface MTLBlitPassSampleBufferAttachmentDescriptor : TongsObject <NSCopying>
@property(nonatomic, retain) id<MTLCounterSampleBuffer> MTL_NULLABLE sampleBuffer;
@property(nonatomic) NSUInteger startOfEncoderSampleIndex;
@property(nonatomic) NSUInteger endOfEncoderSampleIndex;
@end

/* Four of them, from index 0 on. Setting one keeps a copy; nil sets the defaults. */
@interface MTLBlitPassSampleBufferAttachmentDescriptorArray : TongsObject
- (MTLBlitPassSampleBufferAttachmentDescriptor *)objectAtIndexedSubscript:(NSUInteger)index;
- (void)setObject:(MTLBlitPassSampleBufferAttachmentDescriptor *MTL_NULLABLE)object
	atIndexedSubscript:(NSUInteger)index;
@end

@interface MTLBlitPassDescriptor : TongsObject <NSCopying>
+ (MTLBlitPassDescriptor *)blitPassDescriptor;
@property(nonatomic, readonly) MTLBlitPassSampleBufferAttachmentDescriptorArray *sampleBufferAttachments;
@end

NS_ASSUME_NONNULL_END

#endif
