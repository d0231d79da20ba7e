/* SPDX-License-Identifier: MIT */
/* Buffers. */
#ifndef METAL_MTLBUFFER_H
#define METAL_MTLBUFFER_H

#import <Metal/MTLResource.h>

@protocol MTLTexture;
@class MTLTextureDescriptor;

@protocol MTLBuffer <MTLResource>
@property(readonly) NSUInteger length;
@property(readonly) uint64_t gpuAddress;               /* 0 where it cannot be told */
@property(readonly) id<MTLBuffer> remoteStorageBuffer; /* nil: no device of Tongs has peers */
- (void *)contents;                                    /* NULL for Private storage */
/* Nothing needs telling about the writes of a CPU here; a range outside the buffer is reported. */
- (void)didModifyRange:(NSRange)range;
- (id<MTLTexture>)newTextureWithDescriptor:(MTLTextureDescriptor *)descriptor
				    offset:(NSUInteger)offset
			       bytesPerRow:(NSUInteger)bytesPerRow;
/* Nothing shows debug markers here; a range outside the buffer is reported. */
- (void)addDebugMarker:(NSString *)marker range:(NSRange)range;
- (void)removeAllDebugMarkers;
@end

#endif
