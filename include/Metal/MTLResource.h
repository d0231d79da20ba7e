/* SPDX-License-Identifier: MIT */
/* Resources: buffers and textures. */
#ifndef METAL_MTLRESOURCE_H
#define METAL_MTLRESOURCE_H

#import <Metal/MTLFoundation.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLDevice;
@protocol MTLHeap;

@protocol MTLResource <NSObject>
@property(copy) NSString *MTL_NULLABLE label;
@property(readonly) id<MTLDevice> device;
@property(readonly) MTLCPUCacheMode cpuCacheMode;
@property(readonly) MTLStorageMode storageMode;
@property(readonly) MTLHazardTrackingMode hazardTrackingMode;
@property(readonly) MTLResourceOptions resourceOptions;
@property(readonly) id<MTLHeap> MTL_NULLABLE heap; /* nil: not in a heap */
@property(readonly) NSUInteger heapOffset;
@property(readonly) NSUInteger allocatedSize;
/* Returns the old state. MTLPurgeableStateEmpty zeroes the contents; of Private storage they are undefined then. */
- (MTLPurgeableState)setPurgeableState:(MTLPurgeableState)state;
/* Allows new resources of an automatic heap to overlap this one. */
- (void)makeAliasable;
- (BOOL)isAliasable;
@end

NS_ASSUME_NONNULL_END

#endif
