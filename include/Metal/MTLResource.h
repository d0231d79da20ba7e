/* SPDX-License-Identifier: MIT */
/* What buffers and textures have in common. */
#ifndef METAL_MTLRESOURCE_H
#define METAL_MTLRESOURCE_H

#import <Metal/MTLFoundation.h>

@protocol MTLDevice;
@protocol MTLHeap;

@protocol MTLResource <NSObject>
@property(copy) NSString *label;
@property(readonly) id<MTLDevice> device;
@property(readonly) MTLCPUCacheMode cpuCacheMode;
@property(readonly) MTLStorageMode storageMode;
@property(readonly) MTLHazardTrackingMode hazardTrackingMode;
@property(readonly) MTLResourceOptions resourceOptions;
@property(readonly) id<MTLHeap> heap;
@property(readonly) NSUInteger heapOffset;
@property(readonly) NSUInteger allocatedSize;
- (MTLPurgeableState)setPurgeableState:(MTLPurgeableState)state;
- (void)makeAliasable;
- (BOOL)isAliasable;
@end

#endif
