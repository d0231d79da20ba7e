/* SPDX-License-Identifier: MIT */
/* Indirect command buffers, of which Tongs makes none: they hold draws and dispatches. */
#ifndef METAL_MTLINDIRECTCOMMANDBUFFER_H
#define METAL_MTLINDIRECTCOMMANDBUFFER_H

#import <Metal/MTLFoundation.h>

NS_ASSUME_NONNULL_BEGIN

typedef MTL_OPTIONS(NSUInteger, MTLIndirectCommandType){
	MTLIndirectCommandTypeDraw = 1,
	MTLIndirectCommandTypeDrawIndexed = 2,
	MTLIndirectCommandTypeDrawPatches = 4,
	MTLIndirectCommandTypeDrawIndexedPatches = 8,
	MTLIndirectCommandTypeConcurrentDispatch = 32,
	MTLIndirectCommandTypeConcurrentDispatchThreads = 64,
	MTLIndirectCommandTypeDrawMeshThreadgroups = 128,
	MTLIndirectCommandTypeDrawMeshThreads = 256,
};

@interface MTLIndirectCommandBufferDescriptor : TongsObject <NSCopying>
@property(nonatomic) MTLIndirectCommandType commandTypes;
@property(nonatomic) BOOL inheritPipelineState;
@property(nonatomic) BOOL inheritBuffers;
@property(nonatomic) NSUInteger maxVertexBufferBindCount;
@property(nonatomic) NSUInteger maxFragmentBufferBindCount;
@property(nonatomic) NSUInteger maxKernelBufferBindCount;
@property(nonatomic) NSUInteger maxKernelThreadgroupMemoryBindCount;
@property(nonatomic) NSUInteger maxObjectBufferBindCount;
@property(nonatomic) NSUInteger maxMeshBufferBindCount;
@property(nonatomic) NSUInteger maxObjectThreadgroupMemoryBindCount;
@property(nonatomic) BOOL supportRayTracing;
@property(nonatomic) BOOL supportDynamicAttributeStride;
@end

NS_ASSUME_NONNULL_END

#endif
