/* SPDX-License-Identifier: MIT */
/* Heaps and their descriptor. */
#ifndef METAL_MTLHEAP_H
#define METAL_MTLHEAP_H

#import <Metal/MTLResource.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLAccelerationStructure;
@protocol MTLBuffer;
@protocol MTLTexture;
@class MTLAccelerationStructureDescriptor;
@class MTLTextureDescriptor;

@interface MTLHeapDescriptor : TongsObject <NSCopying>
@property(nonatomic) NSUInteger size;                    /* bytes; default 0, which is not valid */
@property(nonatomic) MTLHeapType type;                   /* default MTLHeapTypeAutomatic */
@property(nonatomic) MTLResourceOptions resourceOptions; /* default MTLResourceStorageModePrivate */
@property(nonatomic) MTLCPUCacheMode cpuCacheMode;
@property(nonatomic) MTLStorageMode storageMode;
@property(nonatomic) MTLHazardTrackingMode hazardTrackingMode;
@property(nonatomic) MTLSparsePageSize sparsePageSize; /* ignored: sparse heaps are not supported */
@end

@protocol MTLHeap <NSObject>
@property(copy) NSString *MTL_NULLABLE label;
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
- (id<MTLBuffer> MTL_NULLABLE)newBufferWithLength:(NSUInteger)length options:(MTLResourceOptions)options;
- (id<MTLTexture> MTL_NULLABLE)newTextureWithDescriptor:(MTLTextureDescriptor *)descriptor;
/* For placement heaps, with a multiple of the alignment from heap…SizeAndAlign… */
- (id<MTLBuffer> MTL_NULLABLE)newBufferWithLength:(NSUInteger)length
					  options:(MTLResourceOptions)options
					   offset:(NSUInteger)offset;
- (id<MTLTexture> MTL_NULLABLE)newTextureWithDescriptor:(MTLTextureDescriptor *)descriptor offset:(NSUInteger)offset;
/* Tongs has no ray tracing: nil, with an error reported. */
- (id<MTLAccelerationStructure> MTL_NULLABLE)newAccelerationStructureWithSize:(NSUInteger)size;
- (id<MTLAccelerationStructure> MTL_NULLABLE)newAccelerationStructureWithDescriptor:
	(MTLAccelerationStructureDescriptor *)descriptor;
- (id<MTLAccelerationStructure> MTL_NULLABLE)newAccelerationStructureWithSize:(NSUInteger)size
								       offset:(NSUInteger)offset;
- (id<MTLAccelerationStructure> MTL_NULLABLE)newAccelerationStructureWithDescriptor:
						     (MTLAccelerationStructureDescriptor *)descriptor
									     offset:(NSUInteger)offset;
@end

NS_ASSUME_NONNULL_END

#endif
