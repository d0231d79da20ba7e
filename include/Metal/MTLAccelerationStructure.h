/* SPDX-License-Identifier: MIT */
/* Descriptors of ray tracing, which Tongs does not have. */
#ifndef METAL_MTLACCELERATIONSTRUCTURE_H
#define METAL_MTLACCELERATIONSTRUCTURE_H

#import <Metal/MTLResource.h>
#import <Metal/MTLStageInputOutputDescriptor.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLBuffer;
@protocol MTLCounterSampleBuffer;

typedef MTL_OPTIONS(NSUInteger, MTLAccelerationStructureUsage){
	MTLAccelerationStructureUsageNone = 0,
	MTLAccelerationStructureUsageRefit = 1,
	MTLAccelerationStructureUsagePreferFastBuild = 2,
	MTLAccelerationStructureUsageExtendedLimits = 4,
};

typedef MTL_OPTIONS(uint32_t, MTLAccelerationStructureInstanceOptions){
	MTLAccelerationStructureInstanceOptionNone = 0,
	MTLAccelerationStructureInstanceOptionDisableTriangleCulling = 1,
	MTLAccelerationStructureInstanceOptionTriangleFrontFacingWindingCounterClockwise = 2,
	MTLAccelerationStructureInstanceOptionOpaque = 4,
	MTLAccelerationStructureInstanceOptionNonOpaque = 8,
};

typedef MTL_ENUM(uint32_t, MTLMotionBorderMode){
	MTLMotionBorderModeClamp = 0,
	MTLMotionBorderModeVanish = 1,
};

typedef MTL_ENUM(NSInteger, MTLCurveType){
	MTLCurveTypeRound = 0,
	MTLCurveTypeFlat = 1,
};

typedef MTL_ENUM(NSInteger, MTLCurveBasis){
	MTLCurveBasisBSpline = 0,
	MTLCurveBasisCatmullRom = 1,
	MTLCurveBasisLinear = 2,
	MTLCurveBasisBezier = 3,
};

typedef MTL_ENUM(NSInteger, MTLCurveEndCaps){
	MTLCurveEndCapsNone = 0,
	MTLCurveEndCapsDisk = 1,
	MTLCurveEndCapsSphere = 2,
};

typedef MTL_ENUM(NSUInteger, MTLAccelerationStructureInstanceDescriptorType){
	MTLAccelerationStructureInstanceDescriptorTypeDefault = 0,
	MTLAccelerationStructureInstanceDescriptorTypeUserID = 1,
	MTLAccelerationStructureInstanceDescriptorTypeMotion = 2,
	MTLAccelerationStructureInstanceDescriptorTypeIndirect = 3,
	MTLAccelerationStructureInstanceDescriptorTypeIndirectMotion = 4,
};

@interface MTLAccelerationStructureDescriptor : TongsObject <NSCopying>
@property(nonatomic) MTLAccelerationStructureUsage usage;
@end

@interface MTLAccelerationStructureGeometryDescriptor : TongsObject <NSCopying>
@property(nonatomic) NSUInteger intersectionFunctionTableOffset;
@property(nonatomic) BOOL opaque;
@property(nonatomic) BOOL allowDuplicateIntersectionFunctionInvocation;
@property(nonatomic, copy) NSString *MTL_NULLABLE label;
@property(nonatomic, retain) id<MTLBuffer> MTL_NULLABLE primitiveDataBuffer;
@property(nonatomic) NSUInteger primitiveDataBufferOffset;
@property(nonatomic) NSUInteger primitiveDataStride;
@property(nonatomic) NSUInteger primitiveDataElementSize;
@end

@interface MTLPrimitiveAccelerationStructureDescriptor : MTLAccelerationStructureDescriptor
@property(nonatomic, copy) NSArray *MTL_NULLABLE geometryDescriptors;
@property(nonatomic) MTLMotionBorderMode motionStartBorderMode;
@property(nonatomic) MTLMotionBorderMode motionEndBorderMode;
@property(nonatomic) float motionStartTime;
@property(nonatomic) float motionEndTime;
@property(nonatomic) NSUInteger motionKeyframeCount;
+ (MTLPrimitiveAccelerationStructureDescriptor *)descriptor;
@end

@interface MTLAccelerationStructureTriangleGeometryDescriptor : MTLAccelerationStructureGeometryDescriptor
@property(nonatomic, retain) id<MTLBuffer> MTL_NULLABLE vertexBuffer;
@property(nonatomic) NSUInteger vertexBufferOffset;
@property(nonatomic) MTLAttributeFormat vertexFormat;
@property(nonatomic) NSUInteger vertexStride;
@property(nonatomic, retain) id<MTLBuffer> MTL_NULLABLE indexBuffer;
@property(nonatomic) NSUInteger indexBufferOffset;
@property(nonatomic) MTLIndexType indexType;
@property(nonatomic) NSUInteger triangleCount;
@property(nonatomic, retain) id<MTLBuffer> MTL_NULLABLE transformationMatrixBuffer;
@property(nonatomic) NSUInteger transformationMatrixBufferOffset;
+ (MTLAccelerationStructureTriangleGeometryDescriptor *)descriptor;
@end

@interface MTLAccelerationStructureBoundingBoxGeometryDescriptor : MTLAccelerationStructureGeometryDescriptor
@property(nonatomic, retain) id<MTLBuffer> MTL_NULLABLE boundingBoxBuffer;
@property(nonatomic) NSUInteger boundingBoxBufferOffset;
@property(nonatomic) NSUInteger boundingBoxStride;
@property(nonatomic) NSUInteger boundingBoxCount;
+ (MTLAccelerationStructureBoundingBoxGeometryDescriptor *)descriptor;
@end

@interface MTLAccelerationStructureMotionTriangleGeometryDescriptor : MTLAccelerationStructureGeometryDescriptor
@property(nonatomic, copy) NSArray *vertexBuffers;
@property(nonatomic) MTLAttributeFormat vertexFormat;
@property(nonatomic) NSUInteger vertexStride;
@property(nonatomic, retain) id<MTLBuffer> MTL_NULLABLE indexBuffer;
@property(nonatomic) NSUInteger indexBufferOffset;
@property(nonatomic) MTLIndexType indexType;
@property(nonatomic) NSUInteger triangleCount;
@property(nonatomic, retain) id<MTLBuffer> MTL_NULLABLE transformationMatrixBuffer;
@property(nonatomic) NSUInteger transformationMatrixBufferOffset;
+ (MTLAccelerationStructureMotionTriangleGeometryDescriptor *)descriptor;
@end

@interface MTLAccelerationStructureMotionBoundingBoxGeometryDescriptor : MTLAccelerationStructureGeometryDescriptor
@property(nonatomic, copy) NSArray *boundingBoxBuffers;
@property(nonatomic) NSUInteger boundingBoxStride;
@property(nonatomic) NSUInteger boundingBoxCount;
+ (MTLAccelerationStructureMotionBoundingBoxGeometryDescriptor *)descriptor;
@end

@interface MTLAccelerationStructureCurveGeometryDescriptor : MTLAccelerationStructureGeometryDescriptor
@property(nonatomic, retain) id<MTLBuffer> controlPointBuffer;
@property(nonatomic) NSUInteger controlPointBufferOffset;
@property(nonatomic) NSUInteger controlPointCount;
@property(nonatomic) NSUInteger controlPointStride;
@property(nonatomic) MTLAttributeFormat controlPointFormat;
@property(nonatomic, retain) id<MTLBuffer> radiusBuffer;
@property(nonatomic) NSUInteger radiusBufferOffset;
@property(nonatomic) MTLAttributeFormat radiusFormat;
@property(nonatomic) NSUInteger radiusStride;
@property(nonatomic, retain) id<MTLBuffer> MTL_NULLABLE indexBuffer;
@property(nonatomic) NSUInteger indexBufferOffset;
@property(nonatomic) MTLIndexType indexType;
@property(nonatomic) NSUInteger segmentCount;
@property(nonatomic) NSUInteger segmentControlPointCount;
@property(nonatomic) MTLCurveType curveType;
@property(nonatomic) MTLCurveBasis curveBasis;
@property(nonatomic) MTLCurveEndCaps curveEndCaps;
+ (MTLAccelerationStructureCurveGeometryDescriptor *)descriptor;
@end

@interface MTLAccelerationStructureMotionCurveGeometryDescriptor : MTLAccelerationStructureGeometryDescriptor
@property(nonatomic, copy) NSArray *controlPointBuffers;
@property(nonatomic) NSUInteger controlPointCount;
@property(nonatomic) NSUInteger controlPointStride;
@property(nonatomic) MTLAttributeFormat controlPointFormat;
@property(nonatomic, copy) NSArray *radiusBuffers;
@property(nonatomic) MTLAttributeFormat radiusFormat;
@property(nonatomic) NSUInteger radiusStride;
@property(nonatomic, retain) id<MTLBuffer> MTL_NULLABLE indexBuffer;
@property(nonatomic) NSUInteger indexBufferOffset;
@property(nonatomic) MTLIndexType indexType;
@property(nonatomic) NSUInteger segmentCount;
@property(nonatomic) NSUInteger segmentControlPointCount;
@property(nonatomic) MTLCurveType curveType;
@property(nonatomic) MTLCurveBasis curveBasis;
@property(nonatomic) MTLCurveEndCaps curveEndCaps;
+ (MTLAccelerationStructureMotionCurveGeometryDescriptor *)descriptor;
@end

@interface MTLInstanceAccelerationStructureDescriptor : MTLAccelerationStructureDescriptor
@property(nonatomic, retain) id<MTLBuffer> instanceDescriptorBuffer;
@property(nonatomic) NSUInteger instanceDescriptorBufferOffset;
@property(nonatomic) NSUInteger instanceDescriptorStride;
@property(nonatomic) NSUInteger instanceCount;
@property(nonatomic, copy) NSArray *MTL_NULLABLE instancedAccelerationStructures;
@property(nonatomic) MTLAccelerationStructureInstanceDescriptorType instanceDescriptorType;
@property(nonatomic, retain) id<MTLBuffer> MTL_NULLABLE motionTransformBuffer;
@property(nonatomic) NSUInteger motionTransformBufferOffset;
@property(nonatomic) NSUInteger motionTransformCount;
+ (MTLInstanceAccelerationStructureDescriptor *)descriptor;
@end

@interface MTLIndirectInstanceAccelerationStructureDescriptor : MTLAccelerationStructureDescriptor
@property(nonatomic, retain) id<MTLBuffer> instanceDescriptorBuffer;
@property(nonatomic) NSUInteger instanceDescriptorBufferOffset;
@property(nonatomic) NSUInteger instanceDescriptorStride;
@property(nonatomic) NSUInteger maxInstanceCount;
@property(nonatomic, retain) id<MTLBuffer> MTL_NULLABLE instanceCountBuffer;
@property(nonatomic) NSUInteger instanceCountBufferOffset;
@property(nonatomic) MTLAccelerationStructureInstanceDescriptorType instanceDescriptorType;
@property(nonatomic, retain) id<MTLBuffer> MTL_NULLABLE motionTransformBuffer;
@property(nonatomic) NSUInteger motionTransformBufferOffset;
@property(nonatomic) NSUInteger maxMotionTransformCount;
@property(nonatomic, retain) id<MTLBuffer> motionTransformCountBuffer;
@property(nonatomic) NSUInteger motionTransformCountBufferOffset;
+ (MTLIndirectInstanceAccelerationStructureDescriptor *)descriptor;
@end

@protocol MTLAccelerationStructure <MTLResource>
@property(readonly) NSUInteger size;
@property(readonly) MTLResourceID gpuResourceID;
@end

@interface MTLAccelerationStructurePassSampleBufferAttachmentDescriptor : TongsObject <NSCopying>
@property(nonatomic, retain) id<MTLCounterSampleBuffer> MTL_NULLABLE sampleBuffer;
@property(nonatomic) NSUInteger startOfEncoderSampleIndex;
@property(nonatomic) NSUInteger endOfEncoderSampleIndex;
@end

/* Four of them, from index 0 on. Setting one keeps a copy; nil sets the defaults. */
@interface MTLAccelerationStructurePassSampleBufferAttachmentDescriptorArray : TongsObject
- (MTLAccelerationStructurePassSampleBufferAttachmentDescriptor *)objectAtIndexedSubscript:(NSUInteger)index;
- (void)setObject:(MTLAccelerationStructurePassSampleBufferAttachmentDescriptor *MTL_NULLABLE)object
	atIndexedSubscript:(NSUInteger)index;
@end

@interface MTLAccelerationStructurePassDescriptor : TongsObject <NSCopying>
+ (MTLAccelerationStructurePassDescriptor *)accelerationStructurePassDescriptor;
@property(nonatomic, readonly)
	MTLAccelerationStructurePassSampleBufferAttachmentDescriptorArray *sampleBufferAttachments;
@end

NS_ASSUME_NONNULL_END

#endif
