/* SPDX-License-Identifier: MIT */
/* Heaps and their descriptor. */
#ifndef METAL_MTLHEAP_H
#define METAL_MTLHEAP_H

#import <Metal/MTLResource.h>

@protocol MTLBuffer;
@protocol MTLTexture;
@class MTLTextureDescriptor;

@interface MTLHeapDescriptor : TongsObject <NSCopying>
@property NSUInteger size;
@property MTLHeapType type;
@property MTLResourceOptions resourceOptions;
@property MTLCPUCacheMode cpuCacheMode;
@property MTLStorageMode storageMode;
@property MTLHazardTrackingMode hazardTrackingMode;
@property MTLSparsePageSize sparsePageSize;
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
@property(readonly) NSUInteger usedSize;
@property(readonly) NSUInteger currentAllocatedSize;
- (NSUInteger)maxAvailableSizeWithAlignment:(NSUInteger)alignment;
- (MTLPurgeableState)setPurgeableState:(MTLPurgeableState)state;
- (id<MTLBuffer>)newBufferWithLength:(NSUInteger)length options:(MTLResourceOptions)options;
- (id<MTLTexture>)newTextureWithDescriptor:(MTLTextureDescriptor *)descriptor;
- (id<MTLBuffer>)newBufferWithLength:(NSUInteger)length options:(MTLResourceOptions)options offset:(NSUInteger)offset;
- (id<MTLTexture>)newTextureWithDescriptor:(MTLTextureDescriptor *)descriptor offset:(NSUInteger)offset;
@end

#endif
