/* SPDX-License-Identifier: MIT */
/* Render pipelines, of which Tongs makes none: it has no shaders. */
#ifndef METAL_MTLRENDERPIPELINE_H
#define METAL_MTLRENDERPIPELINE_H

#import <Metal/MTLLinkedFunctions.h>
#import <Metal/MTLPipeline.h>
#import <Metal/MTLVertexDescriptor.h>

NS_ASSUME_NONNULL_BEGIN

@class MTLRenderPipelineReflection;
@protocol MTLDevice;
@protocol MTLFunction;
@protocol MTLFunctionHandle;
@protocol MTLIntersectionFunctionTable;
@protocol MTLVisibleFunctionTable;
@class MTLIntersectionFunctionTableDescriptor;
@class MTLVisibleFunctionTableDescriptor;

typedef MTLRenderPipelineReflection *MTLAutoreleasedRenderPipelineReflection;

typedef MTL_ENUM(NSUInteger, MTLBlendFactor){
	MTLBlendFactorZero = 0,
	MTLBlendFactorOne = 1,
	MTLBlendFactorSourceColor = 2,
	MTLBlendFactorOneMinusSourceColor = 3,
	MTLBlendFactorSourceAlpha = 4,
	MTLBlendFactorOneMinusSourceAlpha = 5,
	MTLBlendFactorDestinationColor = 6,
	MTLBlendFactorOneMinusDestinationColor = 7,
	MTLBlendFactorDestinationAlpha = 8,
	MTLBlendFactorOneMinusDestinationAlpha = 9,
	MTLBlendFactorSourceAlphaSaturated = 10,
	MTLBlendFactorBlendColor = 11,
	MTLBlendFactorOneMinusBlendColor = 12,
	MTLBlendFactorBlendAlpha = 13,
	MTLBlendFactorOneMinusBlendAlpha = 14,
	MTLBlendFactorSource1Color = 15,
	MTLBlendFactorOneMinusSource1Color = 16,
	MTLBlendFactorSource1Alpha = 17,
	MTLBlendFactorOneMinusSource1Alpha = 18,
};

typedef MTL_ENUM(NSUInteger, MTLBlendOperation){
	MTLBlendOperationAdd = 0,
	MTLBlendOperationSubtract = 1,
	MTLBlendOperationReverseSubtract = 2,
	MTLBlendOperationMin = 3,
	MTLBlendOperationMax = 4,
};

typedef MTL_OPTIONS(NSUInteger, MTLColorWriteMask){
	MTLColorWriteMaskNone = 0,
	MTLColorWriteMaskRed = 8,
	MTLColorWriteMaskGreen = 4,
	MTLColorWriteMaskBlue = 2,
	MTLColorWriteMaskAlpha = 1,
	MTLColorWriteMaskAll = 15,
};

typedef MTL_ENUM(NSUInteger, MTLPrimitiveTopologyClass){
	MTLPrimitiveTopologyClassUnspecified = 0,
	MTLPrimitiveTopologyClassPoint = 1,
	MTLPrimitiveTopologyClassLine = 2,
	MTLPrimitiveTopologyClassTriangle = 3,
};

typedef MTL_ENUM(NSUInteger, MTLTessellationPartitionMode){
	MTLTessellationPartitionModePow2 = 0,
	MTLTessellationPartitionModeInteger = 1,
	MTLTessellationPartitionModeFractionalOdd = 2,
	MTLTessellationPartitionModeFractionalEven = 3,
};

typedef MTL_ENUM(NSUInteger, MTLTessellationFactorStepFunction){
	MTLTessellationFactorStepFunctionConstant = 0,
	MTLTessellationFactorStepFunctionPerPatch = 1,
	MTLTessellationFactorStepFunctionPerInstance = 2,
	MTLTessellationFactorStepFunctionPerPatchAndPerInstance = 3,
};

typedef MTL_ENUM(NSUInteger, MTLTessellationFactorFormat){
	MTLTessellationFactorFormatHalf = 0,
};

typedef MTL_ENUM(NSUInteger, MTLTessellationControlPointIndexType){
	MTLTessellationControlPointIndexTypeNone = 0,
	MTLTessellationControlPointIndexTypeUInt16 = 1,
	MTLTessellationControlPointIndexTypeUInt32 = 2,
};

@interface MTLRenderPipelineColorAttachmentDescriptor : TongsObject <NSCopying>
@property(nonatomic) MTLPixelFormat pixelFormat;
@property(nonatomic, getter=isBlendingEnabled) BOOL blendingEnabled;
@property(nonatomic) MTLBlendFactor sourceRGBBlendFactor; /* default One */
@property(nonatomic) MTLBlendFactor destinationRGBBlendFactor;
@property(nonatomic) MTLBlendOperation rgbBlendOperation;
@property(nonatomic) MTLBlendFactor sourceAlphaBlendFactor; /* default One */
@property(nonatomic) MTLBlendFactor destinationAlphaBlendFactor;
@property(nonatomic) MTLBlendOperation alphaBlendOperation;
@property(nonatomic) MTLColorWriteMask writeMask; /* default All */
@end

/* Eight of them, from index 0 on. Setting one keeps a copy; nil sets the defaults. */
@interface MTLRenderPipelineColorAttachmentDescriptorArray : TongsObject
- (MTLRenderPipelineColorAttachmentDescriptor *)objectAtIndexedSubscript:(NSUInteger)index;
- (void)setObject:(MTLRenderPipelineColorAttachmentDescriptor *MTL_NULLABLE)object atIndexedSubscript:(NSUInteger)index;
@end

@interface MTLRenderPipelineDescriptor : TongsObject <NSCopying>
@property(nonatomic, copy) NSString *MTL_NULLABLE label;
@property(nonatomic, retain) id<MTLFunction> MTL_NULLABLE vertexFunction;
@property(nonatomic, retain) id<MTLFunction> MTL_NULLABLE fragmentFunction;
@property(nonatomic, copy) MTLVertexDescriptor *MTL_NULLABLE vertexDescriptor;
@property(nonatomic) NSUInteger sampleCount;       /* the same as rasterSampleCount */
@property(nonatomic) NSUInteger rasterSampleCount; /* default 1 */
@property(nonatomic, getter=isAlphaToCoverageEnabled) BOOL alphaToCoverageEnabled;
@property(nonatomic, getter=isAlphaToOneEnabled) BOOL alphaToOneEnabled;
@property(nonatomic, getter=isRasterizationEnabled) BOOL rasterizationEnabled; /* default YES */
@property(nonatomic) NSUInteger maxVertexAmplificationCount;                   /* default 1 */
@property(nonatomic, readonly) MTLRenderPipelineColorAttachmentDescriptorArray *colorAttachments;
@property(nonatomic) MTLPixelFormat depthAttachmentPixelFormat;
@property(nonatomic) MTLPixelFormat stencilAttachmentPixelFormat;
@property(nonatomic) MTLPrimitiveTopologyClass inputPrimitiveTopology;
@property(nonatomic) MTLTessellationPartitionMode tessellationPartitionMode;
@property(nonatomic) NSUInteger maxTessellationFactor; /* default 16 */
@property(nonatomic, getter=isTessellationFactorScaleEnabled) BOOL tessellationFactorScaleEnabled;
@property(nonatomic) MTLTessellationFactorFormat tessellationFactorFormat;
@property(nonatomic) MTLTessellationControlPointIndexType tessellationControlPointIndexType;
@property(nonatomic) MTLTessellationFactorStepFunction tessellationFactorStepFunction;
@property(nonatomic) MTLWinding tessellationOutputWindingOrder;
@property(nonatomic, readonly) MTLPipelineBufferDescriptorArray *vertexBuffers;
@property(nonatomic, readonly) MTLPipelineBufferDescriptorArray *fragmentBuffers;
@property(nonatomic) BOOL supportIndirectCommandBuffers;
@property(nonatomic, copy) NSArray *MTL_NULLABLE binaryArchives;
@property(nonatomic, copy) NSArray *MTL_NULLABLE vertexPreloadedLibraries;
@property(nonatomic, copy) NSArray *MTL_NULLABLE fragmentPreloadedLibraries;
@property(nonatomic, copy) MTLLinkedFunctions *MTL_NULLABLE vertexLinkedFunctions;
@property(nonatomic, copy) MTLLinkedFunctions *MTL_NULLABLE fragmentLinkedFunctions;
@property(nonatomic) BOOL supportAddingVertexBinaryFunctions;
@property(nonatomic) BOOL supportAddingFragmentBinaryFunctions;
@property(nonatomic) NSUInteger maxVertexCallStackDepth;   /* default 1 */
@property(nonatomic) NSUInteger maxFragmentCallStackDepth; /* default 1 */
- (void)reset;
@end

@interface MTLRenderPipelineFunctionsDescriptor : TongsObject <NSCopying>
@property(nonatomic, copy) NSArray *vertexAdditionalBinaryFunctions;
@property(nonatomic, copy) NSArray *fragmentAdditionalBinaryFunctions;
@property(nonatomic, copy) NSArray *tileAdditionalBinaryFunctions;
@end

@interface MTLTileRenderPipelineColorAttachmentDescriptor : TongsObject <NSCopying>
@property(nonatomic) MTLPixelFormat pixelFormat;
@end

/* Eight of them, from index 0 on. Setting one keeps a copy; nil sets the defaults. */
@interface MTLTileRenderPipelineColorAttachmentDescriptorArray : TongsObject
- (MTLTileRenderPipelineColorAttachmentDescriptor *)objectAtIndexedSubscript:(NSUInteger)index;
- (void)setObject:(MTLTileRenderPipelineColorAttachmentDescriptor *MTL_NULLABLE)object
	atIndexedSubscript:(NSUInteger)index;
@end

@interface MTLTileRenderPipelineDescriptor : TongsObject <NSCopying>
@property(nonatomic, copy) NSString *MTL_NULLABLE label;
@property(nonatomic, retain) id<MTLFunction> MTL_NULLABLE tileFunction;
@property(nonatomic) NSUInteger rasterSampleCount; /* default 1 */
@property(nonatomic, readonly) MTLTileRenderPipelineColorAttachmentDescriptorArray *colorAttachments;
@property(nonatomic) BOOL threadgroupSizeMatchesTileSize;
@property(nonatomic, readonly) MTLPipelineBufferDescriptorArray *tileBuffers;
@property(nonatomic) NSUInteger maxTotalThreadsPerThreadgroup;
@property(nonatomic, copy) NSArray *MTL_NULLABLE binaryArchives;
@property(nonatomic, copy) NSArray *MTL_NULLABLE preloadedLibraries;
@property(nonatomic, copy) MTLLinkedFunctions *MTL_NULLABLE linkedFunctions;
@property(nonatomic) BOOL supportAddingBinaryFunctions;
@property(nonatomic) NSUInteger maxCallStackDepth; /* default 1 */
- (void)reset;
@end

@interface MTLMeshRenderPipelineDescriptor : TongsObject <NSCopying>
@property(nonatomic, copy) NSString *MTL_NULLABLE label;
@property(nonatomic, retain) id<MTLFunction> MTL_NULLABLE objectFunction;
@property(nonatomic, retain) id<MTLFunction> MTL_NULLABLE meshFunction;
@property(nonatomic, retain) id<MTLFunction> MTL_NULLABLE fragmentFunction;
@property(nonatomic) NSUInteger maxTotalThreadsPerObjectThreadgroup;
@property(nonatomic) NSUInteger maxTotalThreadsPerMeshThreadgroup;
@property(nonatomic) BOOL objectThreadgroupSizeIsMultipleOfThreadExecutionWidth;
@property(nonatomic) BOOL meshThreadgroupSizeIsMultipleOfThreadExecutionWidth;
@property(nonatomic) NSUInteger payloadMemoryLength;
@property(nonatomic) NSUInteger maxTotalThreadgroupsPerMeshGrid;
@property(nonatomic, readonly) MTLPipelineBufferDescriptorArray *objectBuffers;
@property(nonatomic, readonly) MTLPipelineBufferDescriptorArray *meshBuffers;
@property(nonatomic, readonly) MTLPipelineBufferDescriptorArray *fragmentBuffers;
@property(nonatomic) NSUInteger rasterSampleCount; /* default 1 */
@property(nonatomic, getter=isAlphaToCoverageEnabled) BOOL alphaToCoverageEnabled;
@property(nonatomic, getter=isAlphaToOneEnabled) BOOL alphaToOneEnabled;
@property(nonatomic, getter=isRasterizationEnabled) BOOL rasterizationEnabled; /* default YES */
@property(nonatomic) NSUInteger maxVertexAmplificationCount;                   /* default 1 */
@property(nonatomic, readonly) MTLRenderPipelineColorAttachmentDescriptorArray *colorAttachments;
@property(nonatomic) MTLPixelFormat depthAttachmentPixelFormat;
@property(nonatomic) MTLPixelFormat stencilAttachmentPixelFormat;
@property(nonatomic) BOOL supportIndirectCommandBuffers;
@property(nonatomic, copy) MTLLinkedFunctions *objectLinkedFunctions;
@property(nonatomic, copy) MTLLinkedFunctions *meshLinkedFunctions;
@property(nonatomic, copy) MTLLinkedFunctions *MTL_NULLABLE fragmentLinkedFunctions;
- (void)reset;
@end

@protocol MTLRenderPipelineState <NSObject>
@property(readonly) NSString *MTL_NULLABLE label;
@property(readonly) id<MTLDevice> device;
@property(readonly) NSUInteger maxTotalThreadsPerThreadgroup;
@property(readonly) BOOL threadgroupSizeMatchesTileSize;
@property(readonly) NSUInteger imageblockSampleLength;
- (NSUInteger)imageblockMemoryLengthForDimensions:(MTLSize)imageblockDimensions;
@property(readonly) BOOL supportIndirectCommandBuffers;
@property(readonly) NSUInteger maxTotalThreadsPerObjectThreadgroup;
@property(readonly) NSUInteger maxTotalThreadsPerMeshThreadgroup;
@property(readonly) NSUInteger objectThreadExecutionWidth;
@property(readonly) NSUInteger meshThreadExecutionWidth;
@property(readonly) NSUInteger maxTotalThreadgroupsPerMeshGrid;
@property(readonly) MTLResourceID gpuResourceID;
- (id<MTLFunctionHandle>)functionHandleWithFunction:(id<MTLFunction>)function stage:(MTLRenderStages)stage;
- (id<MTLVisibleFunctionTable> MTL_NULLABLE)newVisibleFunctionTableWithDescriptor:
						    (MTLVisibleFunctionTableDescriptor *)descriptor
									    stage:(MTLRenderStages)stage;
- (id<MTLIntersectionFunctionTable> MTL_NULLABLE)newIntersectionFunctionTableWithDescriptor:
							 (MTLIntersectionFunctionTableDescriptor *)descriptor
										      stage:(MTLRenderStages)stage;
- (id<MTLRenderPipelineState> MTL_NULLABLE)newRenderPipelineStateWithAdditionalBinaryFunctions:
						   (MTLRenderPipelineFunctionsDescriptor *)additionalBinaryFunctions
											 error:(NSError **)error;
@end

NS_ASSUME_NONNULL_END

#endif
