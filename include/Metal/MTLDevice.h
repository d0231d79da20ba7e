/* SPDX-License-Identifier: MIT */
/* Devices. */
#ifndef METAL_MTLDEVICE_H
#define METAL_MTLDEVICE_H

#import <Metal/MTLFoundation.h>

@protocol MTLBuffer;
@protocol MTLHeap;
@protocol MTLTexture;
@class MTLHeapDescriptor;
@class MTLTextureDescriptor;

#ifdef __BLOCKS__
typedef void (^MTLBufferDeallocator)(void *pointer, NSUInteger length);
#else
typedef id MTLBufferDeallocator; /* a block that another compiler made, or nil */
#endif

@protocol MTLDevice <NSObject>
@property(readonly) NSString *name;
@property(readonly) uint64_t registryID;
@property(readonly, getter=isLowPower) BOOL lowPower;
@property(readonly, getter=isHeadless) BOOL headless;   /* NO */
@property(readonly, getter=isRemovable) BOOL removable; /* NO */
@property(readonly) BOOL hasUnifiedMemory;
@property(readonly) uint64_t recommendedMaxWorkingSetSize;
@property(readonly) MTLDeviceLocation location; /* Unspecified, and so locationNumber and maxTransferRate are 0 */
@property(readonly) NSUInteger locationNumber;
@property(readonly) uint64_t maxTransferRate;
@property(readonly) uint64_t peerGroupID; /* 0: no device has peers */
@property(readonly) uint32_t peerIndex;
@property(readonly) uint32_t peerCount;
@property(readonly) NSUInteger maxBufferLength;
@property(readonly) NSUInteger currentAllocatedSize;
@property(readonly) BOOL supportsBCTextureCompression;
@property(readonly, getter=isDepth24Stencil8PixelFormatSupported) BOOL depth24Stencil8PixelFormatSupported;
/* What is asked about shaders: Tongs runs none. */
@property(readonly) MTLReadWriteTextureTier readWriteTextureSupport; /* None */
@property(readonly) MTLArgumentBuffersTier argumentBuffersSupport;   /* Tier1, the least */
@property(readonly) BOOL supports32BitFloatFiltering;                /* NO, as all below */
@property(readonly) BOOL supports32BitMSAA;
@property(readonly) BOOL supportsQueryTextureLOD;
@property(readonly) BOOL supportsPullModelInterpolation;
- (BOOL)supportsFeatureSet:(MTLFeatureSet)featureSet; /* NO: GPU families have taken their place */
- (BOOL)supportsFamily:(MTLGPUFamily)family;
- (BOOL)supportsTextureSampleCount:(NSUInteger)sampleCount;
- (NSUInteger)minimumLinearTextureAlignmentForPixelFormat:(MTLPixelFormat)format;
- (NSUInteger)minimumTextureBufferAlignmentForPixelFormat:(MTLPixelFormat)format;
- (MTLSizeAndAlign)heapTextureSizeAndAlignWithDescriptor:(MTLTextureDescriptor *)descriptor;
- (MTLSizeAndAlign)heapBufferSizeAndAlignWithLength:(NSUInteger)length options:(MTLResourceOptions)options;
- (id<MTLHeap>)newHeapWithDescriptor:(MTLHeapDescriptor *)descriptor;
- (id<MTLBuffer>)newBufferWithLength:(NSUInteger)length options:(MTLResourceOptions)options;
- (id<MTLBuffer>)newBufferWithBytes:(const void *)pointer length:(NSUInteger)length options:(MTLResourceOptions)options;
/* Pages that can only be read, such as a file's, may be wrapped, too; writing to them is the caller's fault. Vulkan
 * imports them on software drivers alone. */
- (id<MTLBuffer>)newBufferWithBytesNoCopy:(void *)pointer
				   length:(NSUInteger)length
				  options:(MTLResourceOptions)options
			      deallocator:(MTLBufferDeallocator)deallocator;
- (id<MTLTexture>)newTextureWithDescriptor:(MTLTextureDescriptor *)descriptor;
@end

/* The first Vulkan device that can share memory, or nil. The caller releases it. */
MTL_EXTERN id<MTLDevice> MTLCreateSystemDefaultDevice(void);
/* All of them. The caller releases the array. */
MTL_EXTERN NSArray *MTLCopyAllDevices(void);

#endif
