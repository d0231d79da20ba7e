/* SPDX-License-Identifier: MIT */
/* Passes that map sparse textures, of which Tongs has none. */
#ifndef METAL_MTLRESOURCESTATEPASS_H
#define METAL_MTLRESOURCESTATEPASS_H

#import <Metal/MTLFoundation.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLCounterSampleBuffer;

@interface MTLResourceStatePassSampleBufferAttachmentDescriptor : TongsObject <NSCopying>
@property(nonatomic, retain) id<MTLCounterSampleBuffer> MTL_NULLABLE sampleBuffer;
@property(nonatomic) NSUInteger startOfEncoderSampleIndex;
@property(nonatomic) NSUInteger endOfEncoderSampleIndex;
@end

/* Four of them, from index 0 on. Setting one keeps a copy; nil sets the defaults. */
@interface MTLResourceStatePassSampleBufferAttachmentDescriptorArray : TongsObject
- (MTLResourceStatePassSampleBufferAttachmentDescriptor *)objectAtIndexedSubscript:(NSUInteger)index;
- (void)setObject:(MTLResourceStatePassSampleBufferAttachmentDescriptor *MTL_NULLABLE)object
	atIndexedSubscript:(NSUInteger)index;
@end

@interface MTLResourceStatePassDescriptor : TongsObject <NSCopying>
+ (MTLResourceStatePassDescriptor *)resourceStatePassDescriptor;
@property(nonatomic, readonly) MTLResourceStatePassSampleBufferAttachmentDescriptorArray *sampleBufferAttachments;
@end

NS_ASSUME_NONNULL_END

#endif
