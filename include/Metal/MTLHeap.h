/* SPDX-License-Identifier: MIT */
/* Heaps and their descriptor. */
#ifndef METAL_MTLHEAP_H
#define METAL_MTLHEAP_H

#import <Metal/MTLResource.h>

@protocol MTLBuffer;
@protocol MTLTexture;
@class MTLTextureDescriptor;

@interface MTLHeapDescriptor : TongsObject <NSCopying>
@property NSUInteger size;                    /* bytes; default 0, which is not valid */
@property MTLHeapType type;                   /* default MTLHeapTypeAutomatic */
@property MTLResourceOptions resourceOptions; /* default MTLResourceStorageModePrivate */
@property MTLCPUCacheMode cpuCacheMode;
@property MTLStorageMode storageMode;
@property MTLHazardTrackingMode hazardTrackingMode;
@property MTLSparsePageSize sparsePageSize; /* ignored: sparse heaps are not supported */
@end

@protocol MTLHeap <NSObject>
@property(copy) NSString *label;
@property(readonly) id<MTLDevice> device;
@property(readonly) MTLHeapType type;
@property(readonly) MTLCPUCacheMode cpuCacheMode;
@property(readonly) MTLStorageMode storageMode;
@property(readonly) MTLHazardTrackingMode hazardTrackingMode;
@property(readonly) MTLResourceOptions resourceOptions;
@property(readonly) NSUInteger size;
@property(readonly) NSUInteger usedSize; /* of a placement heap, overlapping resources count each */
@property(readonly) NSUInteger currentAllocatedSize;
/* `alignment` is a power of two. */
- (NSUInteger)maxAvailableSizeWithAlignment:(NSUInteger)alignment;
- (MTLPurgeableState)setPurgeableState:(MTLPurgeableState)state;
/* For automatic heaps. nil on failure, with the reason reported, as below. */
- (id<MTLBuffer>)newBufferWithLength:(NSUInteger)length options:(MTLResourceOptions)options;
- (id<MTLTexture>)newTextureWithDescriptor:(MTLTextureDescriptor *)descriptor;
/* For placement heaps, with a multiple of the alignment from heap…SizeAndAlign… */
- (id<MTLBuffer>)newBufferWithLength:(NSUInteger)length options:(MTLResourceOptions)options offset:(NSUInteger)offset;
- (id<MTLTexture>)newTextureWithDescriptor:(MTLTextureDescriptor *)descriptor offset:(NSUInteger)offset;
@end

#endif
