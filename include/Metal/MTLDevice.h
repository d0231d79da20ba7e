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
typedef id MTLBufferDeallocator; /* a block from another compiler, or nil */
#endif

@protocol MTLDevice <NSObject>
@property(readonly) NSString *name;
@property(readonly) uint64_t registryID;
@property(readonly, getter=isLowPower) BOOL lowPower;
@property(readonly, getter=isHeadless) BOOL headless;   /* NO */
@property(readonly, getter=isRemovable) BOOL removable; /* NO */
@property(readonly) BOOL hasUnifiedMemory;
@property(readonly) uint64_t recommendedMaxWorkingSetSize;
@property(readonly) MTLDeviceLocation location; /* Unspecified; so locationNumber and maxTransferRate are 0 */
@property(readonly) NSUInteger locationNumber;
@property(readonly) uint64_t maxTransferRate;
@property(readonly) uint64_t peerGroupID; /* 0: devices have no peers */
@property(readonly) uint32_t peerIndex;
@property(readonly) uint32_t peerCount;
@property(readonly) NSUInteger maxBufferLength;
@property(readonly) NSUInteger currentAllocatedSize;
@property(readonly) BOOL supportsBCTextureCompression;
@property(readonly, getter=isDepth24Stencil8PixelFormatSupported) BOOL depth24Stencil8PixelFormatSupported;
/* Capabilities of shaders, which Tongs does not run. */
@property(readonly) MTLReadWriteTextureTier readWriteTextureSupport; /* None */
@property(readonly) MTLArgumentBuffersTier argumentBuffersSupport;   /* Tier1, the least */
@property(readonly) BOOL supports32BitFloatFiltering;                /* NO, like all below */
@property(readonly) BOOL supports32BitMSAA;
@property(readonly) BOOL supportsQueryTextureLOD;
@property(readonly) BOOL supportsPullModelInterpolation;
- (BOOL)supportsFeatureSet:(MTLFeatureSet)featureSet; /* NO: use supportsFamily: */
- (BOOL)supportsFamily:(MTLGPUFamily)family;
- (BOOL)supportsTextureSampleCount:(NSUInteger)sampleCount;
- (NSUInteger)minimumLinearTextureAlignmentForPixelFormat:(MTLPixelFormat)format;
- (NSUInteger)minimumTextureBufferAlignmentForPixelFormat:(MTLPixelFormat)format;
- (MTLSizeAndAlign)heapTextureSizeAndAlignWithDescriptor:(MTLTextureDescriptor *)descriptor;
- (MTLSizeAndAlign)heapBufferSizeAndAlignWithLength:(NSUInteger)length options:(MTLResourceOptions)options;
/* The methods below return nil on failure, with the reason reported (see tongs_set_message_callback). */
- (id<MTLHeap>)newHeapWithDescriptor:(MTLHeapDescriptor *)descriptor;
- (id<MTLBuffer>)newBufferWithLength:(NSUInteger)length options:(MTLResourceOptions)options;
- (id<MTLBuffer>)newBufferWithBytes:(const void *)pointer length:(NSUInteger)length options:(MTLResourceOptions)options;
/* `pointer` and `length` are multiples of the page size; the storage mode is not Private. Read-only pages are allowed;
 * writing to them faults, and only software drivers import them into Vulkan. The deallocator, which may be nil, is
 * called once, on any thread, when neither Metal objects nor Vulkan use the memory any more. */
- (id<MTLBuffer>)newBufferWithBytesNoCopy:(void *)pointer
				   length:(NSUInteger)length
				  options:(MTLResourceOptions)options
			      deallocator:(MTLBufferDeallocator)deallocator;
- (id<MTLTexture>)newTextureWithDescriptor:(MTLTextureDescriptor *)descriptor;
@end

/* The first device, in the order of vkEnumeratePhysicalDevices, that can share memory, or nil. The caller releases it.
 */
MTL_EXTERN id<MTLDevice> MTLCreateSystemDefaultDevice(void);
/* All devices that can share memory. The caller releases the array. */
MTL_EXTERN NSArray *MTLCopyAllDevices(void);

#endif
