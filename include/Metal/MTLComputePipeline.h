/* SPDX-License-Identifier: MIT */
/* Compute pipelines, of which Tongs makes none: it has no shaders. */
#ifndef METAL_MTLCOMPUTEPIPELINE_H
#define METAL_MTLCOMPUTEPIPELINE_H

#import <Metal/MTLLinkedFunctions.h>
#import <Metal/MTLPipeline.h>
#import <Metal/MTLStageInputOutputDescriptor.h>

NS_ASSUME_NONNULL_BEGIN

@class MTLComputePipelineReflection;
@protocol MTLDevice;
@protocol MTLFunction;
@protocol MTLFunctionHandle;
@protocol MTLIntersectionFunctionTable;
@protocol MTLVisibleFunctionTable;
@class MTLIntersectionFunctionTableDescriptor;
@class MTLVisibleFunctionTableDescriptor;

typedef MTLComputePipelineReflection *MTLAutoreleasedComputePipelineReflection;

@interface MTLComputePipelineDescriptor : TongsObject <NSCopying>
@property(nonatomic, copy) NSString *MTL_NULLABLE label;
@property(nonatomic, retain) id<MTLFunction> MTL_NULLABLE computeFunction;
@property(nonatomic) BOOL threadGroupSizeIsMultipleOfThreadExecutionWidth;
@property(nonatomic) NSUInteger maxTotalThreadsPerThreadgroup;
@property(nonatomic, copy) MTLStageInputOutputDescriptor *MTL_NULLABLE stageInputDescriptor;
@property(nonatomic, readonly) MTLPipelineBufferDescriptorArray *buffers;
@property(nonatomic) BOOL supportIndirectCommandBuffers;
@property(nonatomic, copy) NSArray *insertLibraries;
@property(nonatomic, copy) NSArray *MTL_NULLABLE preloadedLibraries;
@property(nonatomic, copy) NSArray *MTL_NULLABLE binaryArchives;
- (void)reset;
@property(nonatomic, copy) MTLLinkedFunctions *MTL_NULLABLE linkedFunctions;
@property(nonatomic) BOOL supportAddingBinaryFunctions;
@property(nonatomic) NSUInteger maxCallStackDepth; /* default 1 */
@end

@protocol MTLComputePipelineState <NSObject>
@property(readonly) NSString *MTL_NULLABLE label;
@property(readonly) id<MTLDevice> device;
@property(readonly) NSUInteger maxTotalThreadsPerThreadgroup;
@property(readonly) NSUInteger threadExecutionWidth;
@property(readonly) NSUInteger staticThreadgroupMemoryLength;
- (NSUInteger)imageblockMemoryLengthForDimensions:(MTLSize)imageblockDimensions;
@property(readonly) BOOL supportIndirectCommandBuffers;
@property(readonly) MTLResourceID gpuResourceID;
- (id<MTLFunctionHandle>)functionHandleWithFunction:(id<MTLFunction>)function;
- (id<MTLComputePipelineState> MTL_NULLABLE)newComputePipelineStateWithAdditionalBinaryFunctions:(NSArray *)functions
											   error:(NSError **)error;
- (id<MTLVisibleFunctionTable> MTL_NULLABLE)newVisibleFunctionTableWithDescriptor:
	(MTLVisibleFunctionTableDescriptor *)descriptor;
- (id<MTLIntersectionFunctionTable> MTL_NULLABLE)newIntersectionFunctionTableWithDescriptor:
	(MTLIntersectionFunctionTableDescriptor *)descriptor;
@end

NS_ASSUME_NONNULL_END

#endif
