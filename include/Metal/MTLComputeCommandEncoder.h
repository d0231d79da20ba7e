/* SPDX-License-Identifier: MIT */
/* Compute encoders, of which Tongs makes none: it has no shaders. */
#ifndef METAL_MTLCOMPUTECOMMANDENCODER_H
#define METAL_MTLCOMPUTECOMMANDENCODER_H

#import <Metal/MTLCommandEncoder.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLAccelerationStructure;
@protocol MTLBuffer;
@protocol MTLComputePipelineState;
@protocol MTLCounterSampleBuffer;
@protocol MTLFence;
@protocol MTLHeap;
@protocol MTLIndirectCommandBuffer;
@protocol MTLIntersectionFunctionTable;
@protocol MTLResource;
@protocol MTLSamplerState;
@protocol MTLTexture;
@protocol MTLVisibleFunctionTable;

@protocol MTLComputeCommandEncoder <MTLCommandEncoder>
@property(readonly) MTLDispatchType dispatchType;
- (void)setComputePipelineState:(id<MTLComputePipelineState>)state;
- (void)setBytes:(const void *)bytes length:(NSUInteger)length atIndex:(NSUInteger)index;
- (void)setBuffer:(id<MTLBuffer> MTL_NULLABLE)buffer offset:(NSUInteger)offset atIndex:(NSUInteger)index;
- (void)setBufferOffset:(NSUInteger)offset atIndex:(NSUInteger)index;
- (void)setBuffers:(const id<MTLBuffer> MTL_NULLABLE *MTL_NONNULL)buffers
	   offsets:(const NSUInteger *)offsets
	 withRange:(NSRange)range;
- (void)setBuffer:(id<MTLBuffer> MTL_NULLABLE)buffer
		 offset:(NSUInteger)offset
	attributeStride:(NSUInteger)stride
		atIndex:(NSUInteger)index;
- (void)setBuffers:(const id<MTLBuffer> MTL_NULLABLE *MTL_NONNULL)buffers
		 offsets:(const NSUInteger *)offsets
	attributeStrides:(const NSUInteger *)strides
	       withRange:(NSRange)range;
- (void)setBufferOffset:(NSUInteger)offset attributeStride:(NSUInteger)stride atIndex:(NSUInteger)index;
- (void)setBytes:(const void *)bytes
		 length:(NSUInteger)length
	attributeStride:(NSUInteger)stride
		atIndex:(NSUInteger)index;
- (void)setVisibleFunctionTable:(id<MTLVisibleFunctionTable> MTL_NULLABLE)visibleFunctionTable
		  atBufferIndex:(NSUInteger)bufferIndex;
- (void)setVisibleFunctionTables:(const id<MTLVisibleFunctionTable> MTL_NULLABLE *MTL_NONNULL)visibleFunctionTables
		 withBufferRange:(NSRange)range;
- (void)setIntersectionFunctionTable:(id<MTLIntersectionFunctionTable> MTL_NULLABLE)intersectionFunctionTable
		       atBufferIndex:(NSUInteger)bufferIndex;
- (void)setIntersectionFunctionTables:
		(const id<MTLIntersectionFunctionTable> MTL_NULLABLE *MTL_NONNULL)intersectionFunctionTables
		      withBufferRange:(NSRange)range;
- (void)setAccelerationStructure:(id<MTLAccelerationStructure> MTL_NULLABLE)accelerationStructure
		   atBufferIndex:(NSUInteger)bufferIndex;
- (void)setTexture:(id<MTLTexture> MTL_NULLABLE)texture atIndex:(NSUInteger)index;
- (void)setTextures:(const id<MTLTexture> MTL_NULLABLE *MTL_NONNULL)textures withRange:(NSRange)range;
- (void)setSamplerState:(id<MTLSamplerState> MTL_NULLABLE)sampler atIndex:(NSUInteger)index;
- (void)setSamplerStates:(const id<MTLSamplerState> MTL_NULLABLE *MTL_NONNULL)samplers withRange:(NSRange)range;
- (void)setSamplerState:(id<MTLSamplerState> MTL_NULLABLE)sampler
	    lodMinClamp:(float)lodMinClamp
	    lodMaxClamp:(float)lodMaxClamp
		atIndex:(NSUInteger)index;
- (void)setSamplerStates:(const id<MTLSamplerState> MTL_NULLABLE *MTL_NONNULL)samplers
	    lodMinClamps:(const float *)lodMinClamps
	    lodMaxClamps:(const float *)lodMaxClamps
	       withRange:(NSRange)range;
- (void)setThreadgroupMemoryLength:(NSUInteger)length atIndex:(NSUInteger)index;
- (void)setImageblockWidth:(NSUInteger)width height:(NSUInteger)height;
- (void)setStageInRegion:(MTLRegion)region;
- (void)setStageInRegionWithIndirectBuffer:(id<MTLBuffer> MTL_NULLABLE)indirectBuffer
		      indirectBufferOffset:(NSUInteger)indirectBufferOffset;
- (void)dispatchThreadgroups:(MTLSize)threadgroupsPerGrid threadsPerThreadgroup:(MTLSize)threadsPerThreadgroup;
- (void)dispatchThreadgroupsWithIndirectBuffer:(id<MTLBuffer>)indirectBuffer
			  indirectBufferOffset:(NSUInteger)indirectBufferOffset
			 threadsPerThreadgroup:(MTLSize)threadsPerThreadgroup;
- (void)dispatchThreads:(MTLSize)threadsPerGrid threadsPerThreadgroup:(MTLSize)threadsPerThreadgroup;
- (void)updateFence:(id<MTLFence>)fence;
- (void)waitForFence:(id<MTLFence>)fence;
- (void)useResource:(id<MTLResource>)resource usage:(MTLResourceUsage)usage;
- (void)useResources:(const id<MTLResource> MTL_NULLABLE *MTL_NONNULL)resources
	       count:(NSUInteger)count
	       usage:(MTLResourceUsage)usage;
- (void)useHeap:(id<MTLHeap>)heap;
- (void)useHeaps:(const id<MTLHeap> MTL_NULLABLE *MTL_NONNULL)heaps count:(NSUInteger)count;
- (void)executeCommandsInBuffer:(id<MTLIndirectCommandBuffer>)indirectCommandBuffer withRange:(NSRange)executionRange;
- (void)executeCommandsInBuffer:(id<MTLIndirectCommandBuffer>)indirectCommandbuffer
		 indirectBuffer:(id<MTLBuffer>)indirectRangeBuffer
	   indirectBufferOffset:(NSUInteger)indirectBufferOffset;
- (void)memoryBarrierWithScope:(MTLBarrierScope)scope;
- (void)memoryBarrierWithResources:(const id<MTLResource> MTL_NULLABLE *MTL_NONNULL)resources count:(NSUInteger)count;
- (void)sampleCountersInBuffer:(id<MTLCounterSampleBuffer>)sampleBuffer
		 atSampleIndex:(NSUInteger)sampleIndex
		   withBarrier:(BOOL)barrier;
@end

NS_ASSUME_NONNULL_END

#endif
