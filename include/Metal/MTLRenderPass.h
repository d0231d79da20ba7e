/* SPDX-License-Identifier: MIT */
/* Descriptors of render passes: see struct tongs_render_pass_info of <tongs/metal.h>. */
#ifndef METAL_MTLRENDERPASS_H
#define METAL_MTLRENDERPASS_H

#import <Metal/MTLFoundation.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLBuffer;
@protocol MTLCounterSampleBuffer;
@protocol MTLRasterizationRateMap;
@protocol MTLTexture;

typedef MTL_OPTIONS(NSUInteger, MTLStoreActionOptions){
	MTLStoreActionOptionNone = 0,
	MTLStoreActionOptionCustomSamplePositions = 1,
	MTLStoreActionOptionValidMask = 1,
};

/* One of the classes below. */
@interface MTLRenderPassAttachmentDescriptor : TongsObject <NSCopying>
@property(nonatomic, retain) id<MTLTexture> MTL_NULLABLE texture;
@property(nonatomic) NSUInteger level;
@property(nonatomic) NSUInteger slice;
@property(nonatomic) NSUInteger depthPlane;
@property(nonatomic, retain) id<MTLTexture> MTL_NULLABLE resolveTexture;
@property(nonatomic) NSUInteger resolveLevel;
@property(nonatomic) NSUInteger resolveSlice;
@property(nonatomic) NSUInteger resolveDepthPlane;
@property(nonatomic) MTLLoadAction loadAction;                 /* default DontCare; of depth and stencil Clear */
@property(nonatomic) MTLStoreAction storeAction;               /* default Store; of depth and stencil DontCare */
@property(nonatomic) MTLStoreActionOptions storeActionOptions; /* has no effect */
@end

@interface MTLRenderPassColorAttachmentDescriptor : MTLRenderPassAttachmentDescriptor
@property(nonatomic) MTLClearColor clearColor; /* default 0, 0, 0, 1 */
@end

@interface MTLRenderPassDepthAttachmentDescriptor : MTLRenderPassAttachmentDescriptor
@property(nonatomic) double clearDepth;                                   /* default 1 */
@property(nonatomic) MTLMultisampleDepthResolveFilter depthResolveFilter; /* default Sample0 */
@end

@interface MTLRenderPassStencilAttachmentDescriptor : MTLRenderPassAttachmentDescriptor
@property(nonatomic) uint32_t clearStencil;                                   /* default 0 */
@property(nonatomic) MTLMultisampleStencilResolveFilter stencilResolveFilter; /* default Sample0 */
@end

/* Eight attachments, from index 0 on. */
@interface MTLRenderPassColorAttachmentDescriptorArray : TongsObject
- (MTLRenderPassColorAttachmentDescriptor *)objectAtIndexedSubscript:(NSUInteger)attachmentIndex;
/* Keeps a copy; nil: the defaults. */
- (void)setObject:(MTLRenderPassColorAttachmentDescriptor *MTL_NULLABLE)attachment
	atIndexedSubscript:(NSUInteger)attachmentIndex;
@end

/* Where counters are sampled. There are none, so that these have no effect. */
@interface MTLRenderPassSampleBufferAttachmentDescriptor : TongsObject <NSCopying>
@property(nonatomic, retain) id<MTLCounterSampleBuffer> MTL_NULLABLE sampleBuffer;
@property(nonatomic) NSUInteger startOfVertexSampleIndex;
@property(nonatomic) NSUInteger endOfVertexSampleIndex;
@property(nonatomic) NSUInteger startOfFragmentSampleIndex;
@property(nonatomic) NSUInteger endOfFragmentSampleIndex;
@end

/* Four attachments, from index 0 on. */
@interface MTLRenderPassSampleBufferAttachmentDescriptorArray : TongsObject
- (MTLRenderPassSampleBufferAttachmentDescriptor *)objectAtIndexedSubscript:(NSUInteger)attachmentIndex;
/* Keeps a copy; nil: the defaults. */
- (void)setObject:(MTLRenderPassSampleBufferAttachmentDescriptor *MTL_NULLABLE)attachment
	atIndexedSubscript:(NSUInteger)attachmentIndex;
@end

@interface MTLRenderPassDescriptor : TongsObject <NSCopying>
/* Autoreleased; without Foundation the thread keeps it as it keeps command buffers: retain it for longer use. */
+ (MTLRenderPassDescriptor *)renderPassDescriptor;
@property(nonatomic, readonly) MTLRenderPassColorAttachmentDescriptorArray *colorAttachments;
@property(MTL_NULL_RESETTABLE nonatomic, copy)
	MTLRenderPassDepthAttachmentDescriptor *depthAttachment; /* nil sets the defaults */
@property(MTL_NULL_RESETTABLE nonatomic, copy)
	MTLRenderPassStencilAttachmentDescriptor *stencilAttachment; /* nil sets the defaults */
@property(nonatomic) NSUInteger renderTargetArrayLength;
@property(nonatomic) NSUInteger renderTargetWidth;
@property(nonatomic) NSUInteger renderTargetHeight;
/* The next ones are kept and have no effect: nothing is drawn. */
@property(nonatomic, retain) id<MTLBuffer> MTL_NULLABLE visibilityResultBuffer;
@property(nonatomic) NSUInteger imageblockSampleLength;
@property(nonatomic) NSUInteger threadgroupMemoryLength;
@property(nonatomic) NSUInteger tileWidth;
@property(nonatomic) NSUInteger tileHeight;
@property(nonatomic) NSUInteger defaultRasterSampleCount;
@property(nonatomic, retain) id<MTLRasterizationRateMap> MTL_NULLABLE rasterizationRateMap;
@property(nonatomic, readonly) MTLRenderPassSampleBufferAttachmentDescriptorArray *sampleBufferAttachments;
/* Samples are at the standard positions: a count above 0 is reported as an error, and the other method returns 0. */
- (void)setSamplePositions:(const MTLSamplePosition *)positions count:(NSUInteger)count;
- (NSUInteger)getSamplePositions:(MTLSamplePosition *)positions count:(NSUInteger)count;
@end

NS_ASSUME_NONNULL_END

#endif
