/* SPDX-License-Identifier: MIT */
/* Render passes without draws: see tongs_command_buffer_new_render_encoder of <tongs/metal.h>. */
#ifndef METAL_MTLRENDERCOMMANDENCODER_H
#define METAL_MTLRENDERCOMMANDENCODER_H

#import <Metal/MTLCommandEncoder.h>
#import <Metal/MTLRenderPass.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLAccelerationStructure;
@protocol MTLBuffer;
@protocol MTLCounterSampleBuffer;
@protocol MTLDepthStencilState;
@protocol MTLHeap;
@protocol MTLIndirectCommandBuffer;
@protocol MTLIntersectionFunctionTable;
@protocol MTLRenderPipelineState;
@protocol MTLResource;
@protocol MTLSamplerState;
@protocol MTLTexture;
@protocol MTLVisibleFunctionTable;

typedef struct {
	uint32_t viewportArrayIndexOffset;
	uint32_t renderTargetArrayIndexOffset;
} MTLVertexAmplificationViewMapping;

@protocol MTLRenderCommandEncoder <MTLCommandEncoder>
/* For store actions that are Unknown in the render pass. */
- (void)setColorStoreAction:(MTLStoreAction)storeAction atIndex:(NSUInteger)colorAttachmentIndex;
- (void)setDepthStoreAction:(MTLStoreAction)storeAction;
- (void)setStencilStoreAction:(MTLStoreAction)storeAction;
- (void)updateFence:(id<MTLFence>)fence afterStages:(MTLRenderStages)stages;
- (void)waitForFence:(id<MTLFence>)fence beforeStages:(MTLRenderStages)stages;
/* Keep the resource until the command buffer has run. */
- (void)useResource:(id<MTLResource>)resource usage:(MTLResourceUsage)usage;
- (void)useResource:(id<MTLResource>)resource usage:(MTLResourceUsage)usage stages:(MTLRenderStages)stages;
- (void)useResources:(const id<MTLResource> MTL_NULLABLE *MTL_NONNULL)resources
	       count:(NSUInteger)count
	       usage:(MTLResourceUsage)usage;
- (void)useResources:(const id<MTLResource> MTL_NULLABLE *MTL_NONNULL)resources
	       count:(NSUInteger)count
	       usage:(MTLResourceUsage)usage
	      stages:(MTLRenderStages)stages;
/* The next ones check their arguments, and have no effect: nothing is drawn. */
- (void)useHeap:(id<MTLHeap>)heap;
- (void)useHeap:(id<MTLHeap>)heap stages:(MTLRenderStages)stages;
- (void)setViewport:(MTLViewport)viewport;
- (void)setViewports:(const MTLViewport *)viewports count:(NSUInteger)count;
- (void)setScissorRect:(MTLScissorRect)rect;
- (void)setScissorRects:(const MTLScissorRect *)scissorRects count:(NSUInteger)count;
- (void)setFrontFacingWinding:(MTLWinding)frontFacingWinding;
- (void)setCullMode:(MTLCullMode)cullMode;
- (void)setDepthClipMode:(MTLDepthClipMode)depthClipMode;
- (void)setDepthBias:(float)depthBias slopeScale:(float)slopeScale clamp:(float)clamp;
- (void)setTriangleFillMode:(MTLTriangleFillMode)fillMode;
- (void)setBlendColorRed:(float)red green:(float)green blue:(float)blue alpha:(float)alpha;
- (void)setStencilReferenceValue:(uint32_t)referenceValue;
- (void)setStencilFrontReferenceValue:(uint32_t)frontReferenceValue backReferenceValue:(uint32_t)backReferenceValue;
- (void)textureBarrier;
- (void)memoryBarrierWithScope:(MTLBarrierScope)scope
		   afterStages:(MTLRenderStages)after
		  beforeStages:(MTLRenderStages)before;
- (void)memoryBarrierWithResources:(const id<MTLResource> MTL_NULLABLE *MTL_NONNULL)resources
			     count:(NSUInteger)count
		       afterStages:(MTLRenderStages)after
		      beforeStages:(MTLRenderStages)before;
- (void)setColorStoreActionOptions:(MTLStoreActionOptions)storeActionOptions atIndex:(NSUInteger)colorAttachmentIndex;
- (void)setDepthStoreActionOptions:(MTLStoreActionOptions)storeActionOptions;
- (void)setStencilStoreActionOptions:(MTLStoreActionOptions)storeActionOptions;
@property(readonly) NSUInteger tileWidth; /* 0: there are no tiles, nor shaders of tiles */
@property(readonly) NSUInteger tileHeight;
- (void)useHeaps:(const id<MTLHeap> MTL_NULLABLE *MTL_NONNULL)heaps count:(NSUInteger)count;
- (void)useHeaps:(const id<MTLHeap> MTL_NULLABLE *MTL_NONNULL)heaps
	   count:(NSUInteger)count
	  stages:(MTLRenderStages)stages;
/* Tongs has no shaders. The first of these calls is reported as an error, and none has an effect. */
- (void)setRenderPipelineState:(id<MTLRenderPipelineState>)pipelineState;
- (void)setDepthStencilState:(id<MTLDepthStencilState> MTL_NULLABLE)depthStencilState;
- (void)setVisibilityResultMode:(MTLVisibilityResultMode)mode offset:(NSUInteger)offset;
- (void)setVertexBytes:(const void *)bytes length:(NSUInteger)length atIndex:(NSUInteger)index;
- (void)setVertexBuffer:(id<MTLBuffer> MTL_NULLABLE)buffer offset:(NSUInteger)offset atIndex:(NSUInteger)index;
- (void)setVertexBufferOffset:(NSUInteger)offset atIndex:(NSUInteger)index;
- (void)setVertexBuffers:(const id<MTLBuffer> MTL_NULLABLE *MTL_NONNULL)buffers
		 offsets:(const NSUInteger *)offsets
	       withRange:(NSRange)range;
- (void)setVertexTexture:(id<MTLTexture> MTL_NULLABLE)texture atIndex:(NSUInteger)index;
- (void)setVertexTextures:(const id<MTLTexture> MTL_NULLABLE *MTL_NONNULL)textures withRange:(NSRange)range;
- (void)setVertexSamplerState:(id<MTLSamplerState> MTL_NULLABLE)sampler atIndex:(NSUInteger)index;
- (void)setVertexSamplerStates:(const id<MTLSamplerState> MTL_NULLABLE *MTL_NONNULL)samplers withRange:(NSRange)range;
- (void)setFragmentBytes:(const void *)bytes length:(NSUInteger)length atIndex:(NSUInteger)index;
- (void)setFragmentBuffer:(id<MTLBuffer> MTL_NULLABLE)buffer offset:(NSUInteger)offset atIndex:(NSUInteger)index;
- (void)setFragmentBufferOffset:(NSUInteger)offset atIndex:(NSUInteger)index;
- (void)setFragmentBuffers:(const id<MTLBuffer> MTL_NULLABLE *MTL_NONNULL)buffers
		   offsets:(const NSUInteger *)offsets
		 withRange:(NSRange)range;
- (void)setFragmentTexture:(id<MTLTexture> MTL_NULLABLE)texture atIndex:(NSUInteger)index;
- (void)setFragmentTextures:(const id<MTLTexture> MTL_NULLABLE *MTL_NONNULL)textures withRange:(NSRange)range;
- (void)setFragmentSamplerState:(id<MTLSamplerState> MTL_NULLABLE)sampler atIndex:(NSUInteger)index;
- (void)setFragmentSamplerStates:(const id<MTLSamplerState> MTL_NULLABLE *MTL_NONNULL)samplers withRange:(NSRange)range;
- (void)drawPrimitives:(MTLPrimitiveType)primitiveType
	   vertexStart:(NSUInteger)vertexStart
	   vertexCount:(NSUInteger)vertexCount;
- (void)drawPrimitives:(MTLPrimitiveType)primitiveType
	   vertexStart:(NSUInteger)vertexStart
	   vertexCount:(NSUInteger)vertexCount
	 instanceCount:(NSUInteger)instanceCount;
- (void)drawPrimitives:(MTLPrimitiveType)primitiveType
	   vertexStart:(NSUInteger)vertexStart
	   vertexCount:(NSUInteger)vertexCount
	 instanceCount:(NSUInteger)instanceCount
	  baseInstance:(NSUInteger)baseInstance;
- (void)drawPrimitives:(MTLPrimitiveType)primitiveType
	      indirectBuffer:(id<MTLBuffer>)indirectBuffer
	indirectBufferOffset:(NSUInteger)indirectBufferOffset;
- (void)drawIndexedPrimitives:(MTLPrimitiveType)primitiveType
		   indexCount:(NSUInteger)indexCount
		    indexType:(MTLIndexType)indexType
		  indexBuffer:(id<MTLBuffer>)indexBuffer
	    indexBufferOffset:(NSUInteger)indexBufferOffset;
- (void)drawIndexedPrimitives:(MTLPrimitiveType)primitiveType
		   indexCount:(NSUInteger)indexCount
		    indexType:(MTLIndexType)indexType
		  indexBuffer:(id<MTLBuffer>)indexBuffer
	    indexBufferOffset:(NSUInteger)indexBufferOffset
		instanceCount:(NSUInteger)instanceCount;
- (void)drawIndexedPrimitives:(MTLPrimitiveType)primitiveType
		   indexCount:(NSUInteger)indexCount
		    indexType:(MTLIndexType)indexType
		  indexBuffer:(id<MTLBuffer>)indexBuffer
	    indexBufferOffset:(NSUInteger)indexBufferOffset
		instanceCount:(NSUInteger)instanceCount
		   baseVertex:(NSInteger)baseVertex
		 baseInstance:(NSUInteger)baseInstance;
- (void)drawIndexedPrimitives:(MTLPrimitiveType)primitiveType
		    indexType:(MTLIndexType)indexType
		  indexBuffer:(id<MTLBuffer>)indexBuffer
	    indexBufferOffset:(NSUInteger)indexBufferOffset
	       indirectBuffer:(id<MTLBuffer>)indirectBuffer
	 indirectBufferOffset:(NSUInteger)indirectBufferOffset;
- (void)setVertexBuffer:(id<MTLBuffer> MTL_NULLABLE)buffer
		 offset:(NSUInteger)offset
	attributeStride:(NSUInteger)stride
		atIndex:(NSUInteger)index;
- (void)setVertexBuffers:(const id<MTLBuffer> MTL_NULLABLE *MTL_NONNULL)buffers
		 offsets:(const NSUInteger *)offsets
	attributeStrides:(const NSUInteger *)strides
	       withRange:(NSRange)range;
- (void)setVertexBufferOffset:(NSUInteger)offset attributeStride:(NSUInteger)stride atIndex:(NSUInteger)index;
- (void)setVertexBytes:(const void *)bytes
		 length:(NSUInteger)length
	attributeStride:(NSUInteger)stride
		atIndex:(NSUInteger)index;
- (void)setVertexSamplerState:(id<MTLSamplerState> MTL_NULLABLE)sampler
		  lodMinClamp:(float)lodMinClamp
		  lodMaxClamp:(float)lodMaxClamp
		      atIndex:(NSUInteger)index;
- (void)setVertexSamplerStates:(const id<MTLSamplerState> MTL_NULLABLE *MTL_NONNULL)samplers
		  lodMinClamps:(const float *)lodMinClamps
		  lodMaxClamps:(const float *)lodMaxClamps
		     withRange:(NSRange)range;
- (void)setVertexVisibleFunctionTable:(id<MTLVisibleFunctionTable> MTL_NULLABLE)functionTable
			atBufferIndex:(NSUInteger)bufferIndex;
- (void)setVertexVisibleFunctionTables:(const id<MTLVisibleFunctionTable> MTL_NULLABLE *MTL_NONNULL)functionTables
		       withBufferRange:(NSRange)range;
- (void)setVertexIntersectionFunctionTable:(id<MTLIntersectionFunctionTable> MTL_NULLABLE)intersectionFunctionTable
			     atBufferIndex:(NSUInteger)bufferIndex;
- (void)setVertexIntersectionFunctionTables:
		(const id<MTLIntersectionFunctionTable> MTL_NULLABLE *MTL_NONNULL)intersectionFunctionTables
			    withBufferRange:(NSRange)range;
- (void)setVertexAccelerationStructure:(id<MTLAccelerationStructure> MTL_NULLABLE)accelerationStructure
			 atBufferIndex:(NSUInteger)bufferIndex;
- (void)setVertexAmplificationCount:(NSUInteger)count
		       viewMappings:(const MTLVertexAmplificationViewMapping *)viewMappings;
- (void)setFragmentSamplerState:(id<MTLSamplerState> MTL_NULLABLE)sampler
		    lodMinClamp:(float)lodMinClamp
		    lodMaxClamp:(float)lodMaxClamp
			atIndex:(NSUInteger)index;
- (void)setFragmentSamplerStates:(const id<MTLSamplerState> MTL_NULLABLE *MTL_NONNULL)samplers
		    lodMinClamps:(const float *)lodMinClamps
		    lodMaxClamps:(const float *)lodMaxClamps
		       withRange:(NSRange)range;
- (void)setFragmentVisibleFunctionTable:(id<MTLVisibleFunctionTable> MTL_NULLABLE)functionTable
			  atBufferIndex:(NSUInteger)bufferIndex;
- (void)setFragmentVisibleFunctionTables:(const id<MTLVisibleFunctionTable> MTL_NULLABLE *MTL_NONNULL)functionTables
			 withBufferRange:(NSRange)range;
- (void)setFragmentIntersectionFunctionTable:(id<MTLIntersectionFunctionTable> MTL_NULLABLE)intersectionFunctionTable
			       atBufferIndex:(NSUInteger)bufferIndex;
- (void)setFragmentIntersectionFunctionTables:
		(const id<MTLIntersectionFunctionTable> MTL_NULLABLE *MTL_NONNULL)intersectionFunctionTables
			      withBufferRange:(NSRange)range;
- (void)setFragmentAccelerationStructure:(id<MTLAccelerationStructure> MTL_NULLABLE)accelerationStructure
			   atBufferIndex:(NSUInteger)bufferIndex;
- (void)setObjectBytes:(const void *)bytes length:(NSUInteger)length atIndex:(NSUInteger)index;
- (void)setObjectBuffer:(id<MTLBuffer> MTL_NULLABLE)buffer offset:(NSUInteger)offset atIndex:(NSUInteger)index;
- (void)setObjectBufferOffset:(NSUInteger)offset atIndex:(NSUInteger)index;
- (void)setObjectBuffers:(const id<MTLBuffer> MTL_NULLABLE *MTL_NONNULL)buffers
		 offsets:(const NSUInteger *)offsets
	       withRange:(NSRange)range;
- (void)setObjectTexture:(id<MTLTexture> MTL_NULLABLE)texture atIndex:(NSUInteger)index;
- (void)setObjectTextures:(const id<MTLTexture> MTL_NULLABLE *MTL_NONNULL)textures withRange:(NSRange)range;
- (void)setObjectSamplerState:(id<MTLSamplerState> MTL_NULLABLE)sampler atIndex:(NSUInteger)index;
- (void)setObjectSamplerStates:(const id<MTLSamplerState> MTL_NULLABLE *MTL_NONNULL)samplers withRange:(NSRange)range;
- (void)setObjectSamplerState:(id<MTLSamplerState> MTL_NULLABLE)sampler
		  lodMinClamp:(float)lodMinClamp
		  lodMaxClamp:(float)lodMaxClamp
		      atIndex:(NSUInteger)index;
- (void)setObjectSamplerStates:(const id<MTLSamplerState> MTL_NULLABLE *MTL_NONNULL)samplers
		  lodMinClamps:(const float *)lodMinClamps
		  lodMaxClamps:(const float *)lodMaxClamps
		     withRange:(NSRange)range;
- (void)setObjectThreadgroupMemoryLength:(NSUInteger)length atIndex:(NSUInteger)index;
- (void)setMeshBytes:(const void *)bytes length:(NSUInteger)length atIndex:(NSUInteger)index;
- (void)setMeshBuffer:(id<MTLBuffer> MTL_NULLABLE)buffer offset:(NSUInteger)offset atIndex:(NSUInteger)index;
- (void)setMeshBufferOffset:(NSUInteger)offset atIndex:(NSUInteger)index;
- (void)setMeshBuffers:(const id<MTLBuffer> MTL_NULLABLE *MTL_NONNULL)buffers
	       offsets:(const NSUInteger *)offsets
	     withRange:(NSRange)range;
- (void)setMeshTexture:(id<MTLTexture> MTL_NULLABLE)texture atIndex:(NSUInteger)index;
- (void)setMeshTextures:(const id<MTLTexture> MTL_NULLABLE *MTL_NONNULL)textures withRange:(NSRange)range;
- (void)setMeshSamplerState:(id<MTLSamplerState> MTL_NULLABLE)sampler atIndex:(NSUInteger)index;
- (void)setMeshSamplerStates:(const id<MTLSamplerState> MTL_NULLABLE *MTL_NONNULL)samplers withRange:(NSRange)range;
- (void)setMeshSamplerState:(id<MTLSamplerState> MTL_NULLABLE)sampler
		lodMinClamp:(float)lodMinClamp
		lodMaxClamp:(float)lodMaxClamp
		    atIndex:(NSUInteger)index;
- (void)setMeshSamplerStates:(const id<MTLSamplerState> MTL_NULLABLE *MTL_NONNULL)samplers
		lodMinClamps:(const float *)lodMinClamps
		lodMaxClamps:(const float *)lodMaxClamps
		   withRange:(NSRange)range;
- (void)drawMeshThreadgroups:(MTLSize)threadgroupsPerGrid
	threadsPerObjectThreadgroup:(MTLSize)threadsPerObjectThreadgroup
	  threadsPerMeshThreadgroup:(MTLSize)threadsPerMeshThreadgroup;
- (void)drawMeshThreads:(MTLSize)threadsPerGrid
	threadsPerObjectThreadgroup:(MTLSize)threadsPerObjectThreadgroup
	  threadsPerMeshThreadgroup:(MTLSize)threadsPerMeshThreadgroup;
- (void)drawMeshThreadgroupsWithIndirectBuffer:(id<MTLBuffer>)indirectBuffer
			  indirectBufferOffset:(NSUInteger)indirectBufferOffset
		   threadsPerObjectThreadgroup:(MTLSize)threadsPerObjectThreadgroup
		     threadsPerMeshThreadgroup:(MTLSize)threadsPerMeshThreadgroup;
- (void)setTessellationFactorBuffer:(id<MTLBuffer> MTL_NULLABLE)buffer
			     offset:(NSUInteger)offset
		     instanceStride:(NSUInteger)instanceStride;
- (void)setTessellationFactorScale:(float)scale;
- (void)drawPatches:(NSUInteger)numberOfPatchControlPoints
		    patchStart:(NSUInteger)patchStart
		    patchCount:(NSUInteger)patchCount
	      patchIndexBuffer:(id<MTLBuffer>)patchIndexBuffer
	patchIndexBufferOffset:(NSUInteger)patchIndexBufferOffset
		 instanceCount:(NSUInteger)instanceCount
		  baseInstance:(NSUInteger)baseInstance;
- (void)drawPatches:(NSUInteger)numberOfPatchControlPoints
	      patchIndexBuffer:(id<MTLBuffer>)patchIndexBuffer
	patchIndexBufferOffset:(NSUInteger)patchIndexBufferOffset
		indirectBuffer:(id<MTLBuffer>)indirectBuffer
	  indirectBufferOffset:(NSUInteger)indirectBufferOffset;
- (void)drawIndexedPatches:(NSUInteger)numberOfPatchControlPoints
			   patchStart:(NSUInteger)patchStart
			   patchCount:(NSUInteger)patchCount
		     patchIndexBuffer:(id<MTLBuffer>)patchIndexBuffer
	       patchIndexBufferOffset:(NSUInteger)patchIndexBufferOffset
	      controlPointIndexBuffer:(id<MTLBuffer>)controlPointIndexBuffer
	controlPointIndexBufferOffset:(NSUInteger)controlPointIndexBufferOffset
			instanceCount:(NSUInteger)instanceCount
			 baseInstance:(NSUInteger)baseInstance;
- (void)drawIndexedPatches:(NSUInteger)numberOfPatchControlPoints
		     patchIndexBuffer:(id<MTLBuffer>)patchIndexBuffer
	       patchIndexBufferOffset:(NSUInteger)patchIndexBufferOffset
	      controlPointIndexBuffer:(id<MTLBuffer>)controlPointIndexBuffer
	controlPointIndexBufferOffset:(NSUInteger)controlPointIndexBufferOffset
		       indirectBuffer:(id<MTLBuffer>)indirectBuffer
		 indirectBufferOffset:(NSUInteger)indirectBufferOffset;
- (void)setTileBytes:(const void *)bytes length:(NSUInteger)length atIndex:(NSUInteger)index;
- (void)setTileBuffer:(id<MTLBuffer> MTL_NULLABLE)buffer offset:(NSUInteger)offset atIndex:(NSUInteger)index;
- (void)setTileBufferOffset:(NSUInteger)offset atIndex:(NSUInteger)index;
- (void)setTileBuffers:(const id<MTLBuffer> MTL_NULLABLE *MTL_NONNULL)buffers
	       offsets:(const NSUInteger *)offsets
	     withRange:(NSRange)range;
- (void)setTileTexture:(id<MTLTexture> MTL_NULLABLE)texture atIndex:(NSUInteger)index;
- (void)setTileTextures:(const id<MTLTexture> MTL_NULLABLE *MTL_NONNULL)textures withRange:(NSRange)range;
- (void)setTileSamplerState:(id<MTLSamplerState> MTL_NULLABLE)sampler atIndex:(NSUInteger)index;
- (void)setTileSamplerStates:(const id<MTLSamplerState> MTL_NULLABLE *MTL_NONNULL)samplers withRange:(NSRange)range;
- (void)setTileSamplerState:(id<MTLSamplerState> MTL_NULLABLE)sampler
		lodMinClamp:(float)lodMinClamp
		lodMaxClamp:(float)lodMaxClamp
		    atIndex:(NSUInteger)index;
- (void)setTileSamplerStates:(const id<MTLSamplerState> MTL_NULLABLE *MTL_NONNULL)samplers
		lodMinClamps:(const float *)lodMinClamps
		lodMaxClamps:(const float *)lodMaxClamps
		   withRange:(NSRange)range;
- (void)setTileVisibleFunctionTable:(id<MTLVisibleFunctionTable> MTL_NULLABLE)functionTable
		      atBufferIndex:(NSUInteger)bufferIndex;
- (void)setTileVisibleFunctionTables:(const id<MTLVisibleFunctionTable> MTL_NULLABLE *MTL_NONNULL)functionTables
		     withBufferRange:(NSRange)range;
- (void)setTileIntersectionFunctionTable:(id<MTLIntersectionFunctionTable> MTL_NULLABLE)intersectionFunctionTable
			   atBufferIndex:(NSUInteger)bufferIndex;
- (void)setTileIntersectionFunctionTables:
		(const id<MTLIntersectionFunctionTable> MTL_NULLABLE *MTL_NONNULL)intersectionFunctionTables
			  withBufferRange:(NSRange)range;
- (void)setTileAccelerationStructure:(id<MTLAccelerationStructure> MTL_NULLABLE)accelerationStructure
		       atBufferIndex:(NSUInteger)bufferIndex;
- (void)dispatchThreadsPerTile:(MTLSize)threadsPerTile;
- (void)setThreadgroupMemoryLength:(NSUInteger)length offset:(NSUInteger)offset atIndex:(NSUInteger)index;
- (void)executeCommandsInBuffer:(id<MTLIndirectCommandBuffer>)indirectCommandBuffer withRange:(NSRange)executionRange;
- (void)executeCommandsInBuffer:(id<MTLIndirectCommandBuffer>)indirectCommandbuffer
		 indirectBuffer:(id<MTLBuffer>)indirectRangeBuffer
	   indirectBufferOffset:(NSUInteger)indirectBufferOffset;
- (void)sampleCountersInBuffer:(id<MTLCounterSampleBuffer>)sampleBuffer
		 atSampleIndex:(NSUInteger)sampleIndex
		   withBarrier:(BOOL)barrier;
@end

NS_ASSUME_NONNULL_END

#endif
