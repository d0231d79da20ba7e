/* SPDX-License-Identifier: MIT */
/* Argument encoders, of which Tongs makes none: they encode arguments of shaders. */
#ifndef METAL_MTLARGUMENTENCODER_H
#define METAL_MTLARGUMENTENCODER_H

#import <Metal/MTLFoundation.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLAccelerationStructure;
@protocol MTLBuffer;
@protocol MTLComputePipelineState;
@protocol MTLDevice;
@protocol MTLIndirectCommandBuffer;
@protocol MTLIntersectionFunctionTable;
@protocol MTLRenderPipelineState;
@protocol MTLSamplerState;
@protocol MTLTexture;
@protocol MTLVisibleFunctionTable;

@protocol MTLArgumentEncoder <NSObject>
@property(readonly) id<MTLDevice> device;
@property(copy) NSString *MTL_NULLABLE label;
@property(readonly) NSUInteger encodedLength;
@property(readonly) NSUInteger alignment;
- (void)setArgumentBuffer:(id<MTLBuffer> MTL_NULLABLE)argumentBuffer offset:(NSUInteger)offset;
- (void)setArgumentBuffer:(id<MTLBuffer> MTL_NULLABLE)argumentBuffer
	      startOffset:(NSUInteger)startOffset
	     arrayElement:(NSUInteger)arrayElement;
- (void)setBuffer:(id<MTLBuffer> MTL_NULLABLE)buffer offset:(NSUInteger)offset atIndex:(NSUInteger)index;
- (void)setBuffers:(const id<MTLBuffer> MTL_NULLABLE *MTL_NONNULL)buffers
	   offsets:(const NSUInteger *)offsets
	 withRange:(NSRange)range;
- (void)setTexture:(id<MTLTexture> MTL_NULLABLE)texture atIndex:(NSUInteger)index;
- (void)setTextures:(const id<MTLTexture> MTL_NULLABLE *MTL_NONNULL)textures withRange:(NSRange)range;
- (void)setSamplerState:(id<MTLSamplerState> MTL_NULLABLE)sampler atIndex:(NSUInteger)index;
- (void)setSamplerStates:(const id<MTLSamplerState> MTL_NULLABLE *MTL_NONNULL)samplers withRange:(NSRange)range;
- (void *)constantDataAtIndex:(NSUInteger)index;
- (void)setRenderPipelineState:(id<MTLRenderPipelineState>)pipeline atIndex:(NSUInteger)index;
- (void)setRenderPipelineStates:(const id<MTLRenderPipelineState> MTL_NULLABLE *MTL_NONNULL)pipelines
		      withRange:(NSRange)range;
- (void)setComputePipelineState:(id<MTLComputePipelineState>)pipeline atIndex:(NSUInteger)index;
- (void)setComputePipelineStates:(const id<MTLComputePipelineState> MTL_NULLABLE *MTL_NONNULL)pipelines
		       withRange:(NSRange)range;
- (void)setIndirectCommandBuffer:(id<MTLIndirectCommandBuffer> MTL_NULLABLE)indirectCommandBuffer
			 atIndex:(NSUInteger)index;
- (void)setIndirectCommandBuffers:(const id<MTLIndirectCommandBuffer> MTL_NULLABLE *MTL_NONNULL)buffers
			withRange:(NSRange)range;
- (void)setAccelerationStructure:(id<MTLAccelerationStructure> MTL_NULLABLE)accelerationStructure
			 atIndex:(NSUInteger)index;
- (id<MTLArgumentEncoder> MTL_NULLABLE)newArgumentEncoderForBufferAtIndex:(NSUInteger)index;
- (void)setVisibleFunctionTable:(id<MTLVisibleFunctionTable> MTL_NULLABLE)visibleFunctionTable
			atIndex:(NSUInteger)index;
- (void)setVisibleFunctionTables:(const id<MTLVisibleFunctionTable> MTL_NULLABLE *MTL_NONNULL)visibleFunctionTables
		       withRange:(NSRange)range;
- (void)setIntersectionFunctionTable:(id<MTLIntersectionFunctionTable> MTL_NULLABLE)intersectionFunctionTable
			     atIndex:(NSUInteger)index;
- (void)setIntersectionFunctionTables:
		(const id<MTLIntersectionFunctionTable> MTL_NULLABLE *MTL_NONNULL)intersectionFunctionTables
			    withRange:(NSRange)range;
@end

NS_ASSUME_NONNULL_END

#endif
