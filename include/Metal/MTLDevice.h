/* SPDX-License-Identifier: MIT */
/* Devices. */
#ifndef METAL_MTLDEVICE_H
#define METAL_MTLDEVICE_H

#import <Metal/MTLComputePipeline.h>
#import <Metal/MTLFoundation.h>
#import <Metal/MTLIOCommandQueue.h>
#import <Metal/MTLRenderPipeline.h>

#include <IOSurface/IOSurfaceRef.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLAccelerationStructure;
@protocol MTLArgumentEncoder;
@protocol MTLBinaryArchive;
@protocol MTLBuffer;
@protocol MTLBufferBinding;
@protocol MTLCommandQueue;
@protocol MTLComputePipelineState;
@protocol MTLCounterSampleBuffer;
@protocol MTLDepthStencilState;
@protocol MTLDynamicLibrary;
@protocol MTLEvent;
@protocol MTLFence;
@protocol MTLFunction;
@protocol MTLHeap;
@protocol MTLIOCommandQueue;
@protocol MTLIOFileHandle;
@protocol MTLIndirectCommandBuffer;
@protocol MTLLibrary;
@protocol MTLRasterizationRateMap;
@protocol MTLRenderPipelineState;
@protocol MTLSamplerState;
@protocol MTLSharedEvent;
@protocol MTLTexture;
@class MTLAccelerationStructureDescriptor;
@class MTLBinaryArchiveDescriptor;
@class MTLCompileOptions;
@class MTLComputePipelineDescriptor;
@class MTLCounterSampleBufferDescriptor;
@class MTLDepthStencilDescriptor;
@class MTLHeapDescriptor;
@class MTLIOCommandQueueDescriptor;
@class MTLIndirectCommandBufferDescriptor;
@class MTLMeshRenderPipelineDescriptor;
@class MTLRasterizationRateMapDescriptor;
@class MTLRenderPipelineDescriptor;
@class MTLSamplerDescriptor;
@class MTLSharedEventHandle;
@class MTLSharedTextureHandle;
@class MTLStitchedLibraryDescriptor;
@class MTLTextureDescriptor;
@class MTLTileRenderPipelineDescriptor;

typedef MTL_OPTIONS(NSUInteger, MTLPipelineOption){
	MTLPipelineOptionNone = 0,
	MTLPipelineOptionArgumentInfo = 1,
	MTLPipelineOptionBufferTypeInfo = 2,
	MTLPipelineOptionFailOnBinaryArchiveMiss = 4,
};

typedef MTL_ENUM(NSUInteger, MTLSparseTextureRegionAlignmentMode){
	MTLSparseTextureRegionAlignmentModeOutward = 0,
	MTLSparseTextureRegionAlignmentModeInward = 1,
};

typedef MTL_ENUM(NSUInteger, MTLCounterSamplingPoint){
	MTLCounterSamplingPointAtStageBoundary = 0,
	MTLCounterSamplingPointAtDrawBoundary = 1,
	MTLCounterSamplingPointAtDispatchBoundary = 2,
	MTLCounterSamplingPointAtTileDispatchBoundary = 3,
	MTLCounterSamplingPointAtBlitBoundary = 4,
};

typedef uint64_t MTLTimestamp;

#ifdef __BLOCKS__
typedef void (^MTLBufferDeallocator)(void *pointer, NSUInteger length);
typedef void (^MTLNewLibraryCompletionHandler)(id<MTLLibrary> library, NSError *error);
typedef void (^MTLNewRenderPipelineStateCompletionHandler)(id<MTLRenderPipelineState> state, NSError *error);
typedef void (^MTLNewRenderPipelineStateWithReflectionCompletionHandler)(
	id<MTLRenderPipelineState> state, MTLRenderPipelineReflection *reflection, NSError *error);
typedef void (^MTLNewComputePipelineStateCompletionHandler)(id<MTLComputePipelineState> state, NSError *error);
typedef void (^MTLNewComputePipelineStateWithReflectionCompletionHandler)(
	id<MTLComputePipelineState> state, MTLComputePipelineReflection *reflection, NSError *error);
#else
/* Blocks from another compiler. */
typedef id MTLNewLibraryCompletionHandler;
typedef id MTLNewRenderPipelineStateCompletionHandler;
typedef id MTLNewRenderPipelineStateWithReflectionCompletionHandler;
typedef id MTLNewComputePipelineStateCompletionHandler;
typedef id MTLNewComputePipelineStateWithReflectionCompletionHandler;
typedef id MTLBufferDeallocator;         /* a block from another compiler, or nil */
#endif

@interface MTLArchitecture : TongsObject <NSCopying>
@property(nonatomic, readonly) NSString *name;
@end

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
@property(readonly) MTLArchitecture *architecture; /* its name is that of the device */
/* Limits of the device for compute, which Tongs does not run. */
@property(readonly) MTLSize maxThreadsPerThreadgroup;
@property(readonly) NSUInteger maxThreadgroupMemoryLength;
@property(readonly) NSUInteger maxArgumentBufferSamplerCount;         /* 0 */
@property(readonly) NSUInteger maximumConcurrentCompilationTaskCount; /* 1; nothing is compiled */
@property BOOL shouldMaximizeConcurrentCompilation;                   /* has no effect */
@property(readonly) NSArray *counterSets;                             /* empty */
@property(readonly) BOOL supportsBCTextureCompression;
@property(readonly, getter=isDepth24Stencil8PixelFormatSupported) BOOL depth24Stencil8PixelFormatSupported;
/* Capabilities of shaders, which Tongs does not run. */
@property(readonly) MTLReadWriteTextureTier readWriteTextureSupport; /* None */
@property(readonly) MTLArgumentBuffersTier argumentBuffersSupport;   /* Tier1, the least */
@property(readonly) BOOL supports32BitFloatFiltering;                /* NO, like all below */
@property(readonly) BOOL supports32BitMSAA;
@property(readonly) BOOL supportsQueryTextureLOD;
@property(readonly) BOOL supportsPullModelInterpolation;
@property(readonly, getter=areRasterOrderGroupsSupported) BOOL rasterOrderGroupsSupported;
@property(readonly, getter=areBarycentricCoordsSupported) BOOL barycentricCoordsSupported;
@property(readonly) BOOL supportsShaderBarycentricCoordinates;
@property(readonly, getter=areProgrammableSamplePositionsSupported) BOOL programmableSamplePositionsSupported;
- (BOOL)supportsRasterizationRateMapWithLayerCount:(NSUInteger)layerCount;
- (BOOL)supportsCounterSampling:(MTLCounterSamplingPoint)samplingPoint;
@property(readonly) BOOL supportsDynamicLibraries;
@property(readonly) BOOL supportsRenderDynamicLibraries;
@property(readonly) BOOL supportsRaytracing;
@property(readonly) BOOL supportsFunctionPointers;
@property(readonly) BOOL supportsFunctionPointersFromRender;
@property(readonly) BOOL supportsRaytracingFromRender;
@property(readonly) BOOL supportsPrimitiveMotionBlur;
- (BOOL)supportsFeatureSet:(MTLFeatureSet)featureSet;       /* NO: use supportsFamily: */
- (BOOL)supportsVertexAmplificationCount:(NSUInteger)count; /* of 1 alone */
- (BOOL)supportsFamily:(MTLGPUFamily)family;
- (BOOL)supportsTextureSampleCount:(NSUInteger)sampleCount;
- (NSUInteger)minimumLinearTextureAlignmentForPixelFormat:(MTLPixelFormat)format;
- (NSUInteger)minimumTextureBufferAlignmentForPixelFormat:(MTLPixelFormat)format;
- (MTLSizeAndAlign)heapTextureSizeAndAlignWithDescriptor:(MTLTextureDescriptor *)descriptor;
- (MTLSizeAndAlign)heapBufferSizeAndAlignWithLength:(NSUInteger)length options:(MTLResourceOptions)options;
/* The standard positions for 1, 2, 4, 8 or 16 samples; another count is reported as an error. */
- (void)getDefaultSamplePositions:(MTLSamplePosition *)positions count:(NSUInteger)count;
/* Nanoseconds of CLOCK_MONOTONIC, as in GPUStartTime of a command buffer, for both. */
- (void)sampleTimestamps:(MTLTimestamp *)cpuTimestamp gpuTimestamp:(MTLTimestamp *)gpuTimestamp;
/* Of sparse textures, which Tongs does not have: sizes of 0, and empty regions. */
- (MTLSize)sparseTileSizeWithTextureType:(MTLTextureType)textureType
			     pixelFormat:(MTLPixelFormat)pixelFormat
			     sampleCount:(NSUInteger)sampleCount;
@property(readonly) NSUInteger sparseTileSizeInBytes;
- (void)convertSparsePixelRegions:(const MTLRegion *)pixelRegions
		    toTileRegions:(MTLRegion *)tileRegions
		     withTileSize:(MTLSize)tileSize
		    alignmentMode:(MTLSparseTextureRegionAlignmentMode)mode
		       numRegions:(NSUInteger)numRegions;
- (void)convertSparseTileRegions:(const MTLRegion *)tileRegions
		  toPixelRegions:(MTLRegion *)pixelRegions
		    withTileSize:(MTLSize)tileSize
		      numRegions:(NSUInteger)numRegions;
- (NSUInteger)sparseTileSizeInBytesForSparsePageSize:(MTLSparsePageSize)sparsePageSize;
- (MTLSize)sparseTileSizeWithTextureType:(MTLTextureType)textureType
			     pixelFormat:(MTLPixelFormat)pixelFormat
			     sampleCount:(NSUInteger)sampleCount
			  sparsePageSize:(MTLSparsePageSize)sparsePageSize;
/* Of ray tracing, which Tongs does not have: sizes of 0. */
- (MTLAccelerationStructureSizes)accelerationStructureSizesWithDescriptor:
	(MTLAccelerationStructureDescriptor *)descriptor;
- (MTLSizeAndAlign)heapAccelerationStructureSizeAndAlignWithSize:(NSUInteger)size;
- (MTLSizeAndAlign)heapAccelerationStructureSizeAndAlignWithDescriptor:(MTLAccelerationStructureDescriptor *)descriptor;
/* The methods below return nil on failure, with the reason reported (see tongs_set_message_callback). */
- (id<MTLHeap> MTL_NULLABLE)newHeapWithDescriptor:(MTLHeapDescriptor *)descriptor;
- (id<MTLBuffer> MTL_NULLABLE)newBufferWithLength:(NSUInteger)length options:(MTLResourceOptions)options;
- (id<MTLBuffer> MTL_NULLABLE)newBufferWithBytes:(const void *)pointer
					  length:(NSUInteger)length
					 options:(MTLResourceOptions)options;
/* `pointer` and `length` are multiples of the page size; the storage mode is not Private. Read-only pages are allowed;
 * writing to them faults, and only software drivers import them into Vulkan. The deallocator, which may be nil, is
 * called once, on any thread, when neither Metal objects nor Vulkan use the memory any more. */
- (id<MTLBuffer> MTL_NULLABLE)newBufferWithBytesNoCopy:(void *)pointer
						length:(NSUInteger)length
					       options:(MTLResourceOptions)options
					   deallocator:(MTLBufferDeallocator MTL_NULLABLE)deallocator;
- (id<MTLTexture> MTL_NULLABLE)newTextureWithDescriptor:(MTLTextureDescriptor *)descriptor;
- (id<MTLCommandQueue> MTL_NULLABLE)newCommandQueue;
- (id<MTLCommandQueue> MTL_NULLABLE)newCommandQueueWithMaxCommandBufferCount:
	(NSUInteger)maxCommandBufferCount; /* no limit, in fact */
- (id<MTLFence> MTL_NULLABLE)newFence;
- (id<MTLEvent> MTL_NULLABLE)newEvent; /* for command buffers of this process alone */
/* Shows a plane of a surface: see tongs_device_new_texture_from_surface. */
- (id<MTLTexture> MTL_NULLABLE)newTextureWithDescriptor:(MTLTextureDescriptor *)descriptor
					      iosurface:(IOSurfaceRef)iosurface
						  plane:(NSUInteger)plane;
- (id<MTLTexture> MTL_NULLABLE)newSharedTextureWithDescriptor:(MTLTextureDescriptor *)descriptor; /* shareable */
- (id<MTLTexture> MTL_NULLABLE)newSharedTextureWithHandle:
	(MTLSharedTextureHandle *)handle; /* its texture, with a reference */
- (id<MTLSharedEvent> MTL_NULLABLE)newSharedEvent;
- (id<MTLSharedEvent> MTL_NULLABLE)newSharedEventWithHandle:
	(MTLSharedEventHandle *)handle; /* the same event, with a reference */
/* Tongs has no shaders, counters, files of resources and ray tracing. All of these report one error that says so and
 * return nil. `error`, which may be NULL, and the completion handler, which is called once before the method returns,
 * get an NSError that says the same. */
- (id<MTLLibrary> MTL_NULLABLE)newDefaultLibrary;
- (id<MTLLibrary> MTL_NULLABLE)newDefaultLibraryWithBundle:(NSBundle *)bundle error:(NSError **)error;
- (id<MTLLibrary> MTL_NULLABLE)newLibraryWithFile:(NSString *)filepath error:(NSError **)error;
- (id<MTLLibrary> MTL_NULLABLE)newLibraryWithURL:(NSURL *)url error:(NSError **)error;
- (id<MTLLibrary> MTL_NULLABLE)newLibraryWithData:(id)data error:(NSError **)error;
- (id<MTLLibrary> MTL_NULLABLE)newLibraryWithSource:(NSString *)source
					    options:(MTLCompileOptions *MTL_NULLABLE)options
					      error:(NSError **)error;
- (void)newLibraryWithSource:(NSString *)source
		     options:(MTLCompileOptions *MTL_NULLABLE)options
	   completionHandler:(MTLNewLibraryCompletionHandler)completionHandler;
- (id<MTLLibrary> MTL_NULLABLE)newLibraryWithStitchedDescriptor:(MTLStitchedLibraryDescriptor *)descriptor
							  error:(NSError **)error;
- (void)newLibraryWithStitchedDescriptor:(MTLStitchedLibraryDescriptor *)descriptor
		       completionHandler:(MTLNewLibraryCompletionHandler)completionHandler;
- (id<MTLRenderPipelineState> MTL_NULLABLE)newRenderPipelineStateWithDescriptor:
						   (MTLRenderPipelineDescriptor *)descriptor
									  error:(NSError **)error;
- (id<MTLRenderPipelineState> MTL_NULLABLE)
	newRenderPipelineStateWithDescriptor:(MTLRenderPipelineDescriptor *)descriptor
				     options:(MTLPipelineOption)options
				  reflection:
					  (MTLAutoreleasedRenderPipelineReflection MTL_NULLABLE *MTL_NULLABLE)reflection
				       error:(NSError **)error;
- (void)newRenderPipelineStateWithDescriptor:(MTLRenderPipelineDescriptor *)descriptor
			   completionHandler:(MTLNewRenderPipelineStateCompletionHandler)completionHandler;
- (void)newRenderPipelineStateWithDescriptor:(MTLRenderPipelineDescriptor *)descriptor
				     options:(MTLPipelineOption)options
			   completionHandler:
				   (MTLNewRenderPipelineStateWithReflectionCompletionHandler)completionHandler;
- (id<MTLComputePipelineState> MTL_NULLABLE)newComputePipelineStateWithFunction:(id<MTLFunction>)computeFunction
									  error:(NSError **)error;
- (id<MTLComputePipelineState> MTL_NULLABLE)
	newComputePipelineStateWithFunction:(id<MTLFunction>)computeFunction
				    options:(MTLPipelineOption)options
				 reflection:
					 (MTLAutoreleasedComputePipelineReflection MTL_NULLABLE *MTL_NULLABLE)reflection
				      error:(NSError **)error;
- (void)newComputePipelineStateWithFunction:(id<MTLFunction>)computeFunction
			  completionHandler:(MTLNewComputePipelineStateCompletionHandler)completionHandler;
- (void)newComputePipelineStateWithFunction:(id<MTLFunction>)computeFunction
				    options:(MTLPipelineOption)options
			  completionHandler:
				  (MTLNewComputePipelineStateWithReflectionCompletionHandler)completionHandler;
- (id<MTLComputePipelineState> MTL_NULLABLE)
	newComputePipelineStateWithDescriptor:(MTLComputePipelineDescriptor *)descriptor
				      options:(MTLPipelineOption)options
				   reflection:(MTLAutoreleasedComputePipelineReflection MTL_NULLABLE *MTL_NULLABLE)
						      reflection
					error:(NSError **)error;
- (void)newComputePipelineStateWithDescriptor:(MTLComputePipelineDescriptor *)descriptor
				      options:(MTLPipelineOption)options
			    completionHandler:
				    (MTLNewComputePipelineStateWithReflectionCompletionHandler)completionHandler;
- (id<MTLRenderPipelineState> MTL_NULLABLE)
	newRenderPipelineStateWithTileDescriptor:(MTLTileRenderPipelineDescriptor *)descriptor
					 options:(MTLPipelineOption)options
				      reflection:(MTLAutoreleasedRenderPipelineReflection MTL_NULLABLE *MTL_NULLABLE)
							 reflection
					   error:(NSError **)error;
- (void)newRenderPipelineStateWithTileDescriptor:(MTLTileRenderPipelineDescriptor *)descriptor
					 options:(MTLPipelineOption)options
			       completionHandler:
				       (MTLNewRenderPipelineStateWithReflectionCompletionHandler)completionHandler;
- (id<MTLRenderPipelineState> MTL_NULLABLE)
	newRenderPipelineStateWithMeshDescriptor:(MTLMeshRenderPipelineDescriptor *)descriptor
					 options:(MTLPipelineOption)options
				      reflection:(MTLAutoreleasedRenderPipelineReflection MTL_NULLABLE *MTL_NULLABLE)
							 reflection
					   error:(NSError **)error;
- (void)newRenderPipelineStateWithMeshDescriptor:(MTLMeshRenderPipelineDescriptor *)descriptor
					 options:(MTLPipelineOption)options
			       completionHandler:
				       (MTLNewRenderPipelineStateWithReflectionCompletionHandler)completionHandler;
- (id<MTLIOFileHandle> MTL_NULLABLE)newIOHandleWithURL:(NSURL *)url error:(NSError **)error;
- (id<MTLIOCommandQueue> MTL_NULLABLE)newIOCommandQueueWithDescriptor:(MTLIOCommandQueueDescriptor *)descriptor
								error:(NSError **)error;
- (id<MTLIOFileHandle> MTL_NULLABLE)newIOHandleWithURL:(NSURL *)url
				     compressionMethod:(MTLIOCompressionMethod)compressionMethod
						 error:(NSError **)error;
- (id<MTLIOFileHandle> MTL_NULLABLE)newIOFileHandleWithURL:(NSURL *)url error:(NSError **)error;
- (id<MTLIOFileHandle> MTL_NULLABLE)newIOFileHandleWithURL:(NSURL *)url
					 compressionMethod:(MTLIOCompressionMethod)compressionMethod
						     error:(NSError **)error;
- (id<MTLCounterSampleBuffer> MTL_NULLABLE)newCounterSampleBufferWithDescriptor:
						   (MTLCounterSampleBufferDescriptor *)descriptor
									  error:(NSError **)error;
- (id<MTLDynamicLibrary> MTL_NULLABLE)newDynamicLibrary:(id<MTLLibrary>)library error:(NSError **)error;
- (id<MTLDynamicLibrary> MTL_NULLABLE)newDynamicLibraryWithURL:(NSURL *)url error:(NSError **)error;
- (id<MTLBinaryArchive> MTL_NULLABLE)newBinaryArchiveWithDescriptor:(MTLBinaryArchiveDescriptor *)descriptor
							      error:(NSError **)error;
- (id<MTLDepthStencilState> MTL_NULLABLE)newDepthStencilStateWithDescriptor:(MTLDepthStencilDescriptor *)descriptor;
- (id<MTLSamplerState> MTL_NULLABLE)newSamplerStateWithDescriptor:(MTLSamplerDescriptor *)descriptor;
- (id<MTLArgumentEncoder> MTL_NULLABLE)newArgumentEncoderWithArguments:(NSArray *)arguments;
- (id<MTLRasterizationRateMap> MTL_NULLABLE)newRasterizationRateMapWithDescriptor:
	(MTLRasterizationRateMapDescriptor *)descriptor;
- (id<MTLIndirectCommandBuffer> MTL_NULLABLE)newIndirectCommandBufferWithDescriptor:
						     (MTLIndirectCommandBufferDescriptor *)descriptor
								    maxCommandCount:(NSUInteger)maxCount
									    options:(MTLResourceOptions)options;
- (id<MTLArgumentEncoder> MTL_NULLABLE)newArgumentEncoderWithBufferBinding:(id<MTLBufferBinding>)bufferBinding;
- (id<MTLAccelerationStructure> MTL_NULLABLE)newAccelerationStructureWithSize:(NSUInteger)size;
- (id<MTLAccelerationStructure> MTL_NULLABLE)newAccelerationStructureWithDescriptor:
	(MTLAccelerationStructureDescriptor *)descriptor;
@end

/* The first device, in the order of vkEnumeratePhysicalDevices, that can share memory, or nil. The caller releases it.
 */
MTL_EXTERN id<MTLDevice> MTL_NULLABLE MTLCreateSystemDefaultDevice(void) MTL_RETURNS_RETAINED;
/* All devices that can share memory. The caller releases the array. */
MTL_EXTERN NSArray MTL_OF(id<MTLDevice>) * MTLCopyAllDevices(void) MTL_RETURNS_RETAINED;

MTL_EXTERN NSString *const MTLCaptureErrorDomain; /* no error of Tongs has it */

typedef NSString *MTLDeviceNotificationName;
MTL_EXTERN const MTLDeviceNotificationName MTLDeviceWasAddedNotification;
MTL_EXTERN const MTLDeviceNotificationName MTLDeviceRemovalRequestedNotification;
MTL_EXTERN const MTLDeviceNotificationName MTLDeviceWasRemovedNotification;
#ifdef __BLOCKS__
typedef void (^MTLDeviceNotificationHandler)(id<MTLDevice> device, MTLDeviceNotificationName notifyName);
#else
typedef id MTLDeviceNotificationHandler; /* a block from another compiler */
#endif
/* The same array, and in `*observer` an object that the caller releases. The devices of a process never change, so the
 * handler is never called; it is kept until the observer is removed or freed. nil, with the reason reported and no
 * observer, on failure. */
MTL_EXTERN NSArray MTL_OF(id<MTLDevice>) * MTL_NULLABLE
	MTLCopyAllDevicesWithObserver(MTL_STRONG id<NSObject> MTL_NULLABLE *MTL_NONNULL observer,
		MTLDeviceNotificationHandler handler) MTL_RETURNS_RETAINED;
/* Anything but a live observer is refused, with an error reported; a second time has no effect. */
MTL_EXTERN void MTLRemoveDeviceObserver(id observer);

NS_ASSUME_NONNULL_END

#endif
