/* SPDX-License-Identifier: MIT */
/* Buffers. */
#ifndef METAL_MTLBUFFER_H
#define METAL_MTLBUFFER_H

#import <Metal/MTLResource.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLTexture;
@class MTLTextureDescriptor;

@protocol MTLBuffer <MTLResource>
@property(readonly) NSUInteger length;
@property(readonly) uint64_t gpuAddress;                            /* 0 where it differs between VkDevices */
@property(readonly) id<MTLBuffer> MTL_NULLABLE remoteStorageBuffer; /* nil: devices have no peers */
- (void *)contents;                                                 /* NULL for Private storage */
/* Has no effect, since the CPU's writes are always visible; a range outside the buffer is reported as an error. */
- (void)didModifyRange:(NSRange)range;
/* A texture over the contents of the buffer, see tongs_buffer_new_texture. nil on failure, with the reason reported. */
- (id<MTLTexture> MTL_NULLABLE)newTextureWithDescriptor:(MTLTextureDescriptor *)descriptor
						 offset:(NSUInteger)offset
					    bytesPerRow:(NSUInteger)bytesPerRow;
/* Debug markers have no effect; a range outside the buffer is reported as an error. */
- (void)addDebugMarker:(NSString *)marker range:(NSRange)range;
- (void)removeAllDebugMarkers;
- (id<MTLBuffer> MTL_NULLABLE)newRemoteBufferViewForDevice:(id<MTLDevice>)device; /* nil, with an error reported */
@end

NS_ASSUME_NONNULL_END

#endif
