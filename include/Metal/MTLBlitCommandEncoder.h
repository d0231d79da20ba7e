/* SPDX-License-Identifier: MIT */
/* Copies: see the functions tongs_blit_… of <tongs/metal.h>. A command that is not valid is reported and left out. */
#ifndef METAL_MTLBLITCOMMANDENCODER_H
#define METAL_MTLBLITCOMMANDENCODER_H

#import <Metal/MTLCommandEncoder.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLBuffer;
@protocol MTLCounterSampleBuffer;
@protocol MTLIndirectCommandBuffer;
@protocol MTLResource;
@protocol MTLTexture;

@protocol MTLBlitCommandEncoder <MTLCommandEncoder>
- (void)copyFromBuffer:(id<MTLBuffer>)sourceBuffer
	     sourceOffset:(NSUInteger)sourceOffset
		 toBuffer:(id<MTLBuffer>)destinationBuffer
	destinationOffset:(NSUInteger)destinationOffset
		     size:(NSUInteger)size;
- (void)copyFromBuffer:(id<MTLBuffer>)sourceBuffer
	       sourceOffset:(NSUInteger)sourceOffset
	  sourceBytesPerRow:(NSUInteger)sourceBytesPerRow
	sourceBytesPerImage:(NSUInteger)sourceBytesPerImage
		 sourceSize:(MTLSize)sourceSize
		  toTexture:(id<MTLTexture>)destinationTexture
	   destinationSlice:(NSUInteger)destinationSlice
	   destinationLevel:(NSUInteger)destinationLevel
	  destinationOrigin:(MTLOrigin)destinationOrigin;
- (void)copyFromBuffer:(id<MTLBuffer>)sourceBuffer
	       sourceOffset:(NSUInteger)sourceOffset
	  sourceBytesPerRow:(NSUInteger)sourceBytesPerRow
	sourceBytesPerImage:(NSUInteger)sourceBytesPerImage
		 sourceSize:(MTLSize)sourceSize
		  toTexture:(id<MTLTexture>)destinationTexture
	   destinationSlice:(NSUInteger)destinationSlice
	   destinationLevel:(NSUInteger)destinationLevel
	  destinationOrigin:(MTLOrigin)destinationOrigin
		    options:(MTLBlitOption)options;
- (void)copyFromTexture:(id<MTLTexture>)sourceTexture
		     sourceSlice:(NSUInteger)sourceSlice
		     sourceLevel:(NSUInteger)sourceLevel
		    sourceOrigin:(MTLOrigin)sourceOrigin
		      sourceSize:(MTLSize)sourceSize
			toBuffer:(id<MTLBuffer>)destinationBuffer
	       destinationOffset:(NSUInteger)destinationOffset
	  destinationBytesPerRow:(NSUInteger)destinationBytesPerRow
	destinationBytesPerImage:(NSUInteger)destinationBytesPerImage;
- (void)copyFromTexture:(id<MTLTexture>)sourceTexture
		     sourceSlice:(NSUInteger)sourceSlice
		     sourceLevel:(NSUInteger)sourceLevel
		    sourceOrigin:(MTLOrigin)sourceOrigin
		      sourceSize:(MTLSize)sourceSize
			toBuffer:(id<MTLBuffer>)destinationBuffer
	       destinationOffset:(NSUInteger)destinationOffset
	  destinationBytesPerRow:(NSUInteger)destinationBytesPerRow
	destinationBytesPerImage:(NSUInteger)destinationBytesPerImage
			 options:(MTLBlitOption)options;
- (void)copyFromTexture:(id<MTLTexture>)sourceTexture
	      sourceSlice:(NSUInteger)sourceSlice
	      sourceLevel:(NSUInteger)sourceLevel
	     sourceOrigin:(MTLOrigin)sourceOrigin
	       sourceSize:(MTLSize)sourceSize
		toTexture:(id<MTLTexture>)destinationTexture
	 destinationSlice:(NSUInteger)destinationSlice
	 destinationLevel:(NSUInteger)destinationLevel
	destinationOrigin:(MTLOrigin)destinationOrigin;
- (void)copyFromTexture:(id<MTLTexture>)sourceTexture
	     sourceSlice:(NSUInteger)sourceSlice
	     sourceLevel:(NSUInteger)sourceLevel
	       toTexture:(id<MTLTexture>)destinationTexture
	destinationSlice:(NSUInteger)destinationSlice
	destinationLevel:(NSUInteger)destinationLevel
	      sliceCount:(NSUInteger)sliceCount
	      levelCount:(NSUInteger)levelCount;
- (void)copyFromTexture:(id<MTLTexture>)sourceTexture toTexture:(id<MTLTexture>)destinationTexture;
- (void)fillBuffer:(id<MTLBuffer>)buffer range:(NSRange)range value:(uint8_t)value;
- (void)generateMipmapsForTexture:(id<MTLTexture>)texture;
- (void)updateFence:(id<MTLFence>)fence;
- (void)waitForFence:(id<MTLFence>)fence;
/* No storage mode of Tongs needs these: they check their arguments. */
- (void)synchronizeResource:(id<MTLResource>)resource;
- (void)synchronizeTexture:(id<MTLTexture>)texture slice:(NSUInteger)slice level:(NSUInteger)level;
- (void)optimizeContentsForGPUAccess:(id<MTLTexture>)texture;
- (void)optimizeContentsForGPUAccess:(id<MTLTexture>)texture slice:(NSUInteger)slice level:(NSUInteger)level;
- (void)optimizeContentsForCPUAccess:(id<MTLTexture>)texture;
- (void)optimizeContentsForCPUAccess:(id<MTLTexture>)texture slice:(NSUInteger)slice level:(NSUInteger)level;
/* Tongs has no sparse textures, counters and indirect command buffers: these report an error and do nothing. */
- (void)getTextureAccessCounters:(id<MTLTexture>)texture
			  region:(MTLRegion)region
			mipLevel:(NSUInteger)mipLevel
			   slice:(NSUInteger)slice
		   resetCounters:(BOOL)resetCounters
		  countersBuffer:(id<MTLBuffer>)countersBuffer
	    countersBufferOffset:(NSUInteger)countersBufferOffset;
- (void)resetTextureAccessCounters:(id<MTLTexture>)texture
			    region:(MTLRegion)region
			  mipLevel:(NSUInteger)mipLevel
			     slice:(NSUInteger)slice;
- (void)resetCommandsInBuffer:(id<MTLIndirectCommandBuffer>)buffer withRange:(NSRange)range;
- (void)copyIndirectCommandBuffer:(id<MTLIndirectCommandBuffer>)source
		      sourceRange:(NSRange)sourceRange
		      destination:(id<MTLIndirectCommandBuffer>)destination
		 destinationIndex:(NSUInteger)destinationIndex;
- (void)optimizeIndirectCommandBuffer:(id<MTLIndirectCommandBuffer>)indirectCommandBuffer withRange:(NSRange)range;
- (void)sampleCountersInBuffer:(id<MTLCounterSampleBuffer>)sampleBuffer
		 atSampleIndex:(NSUInteger)sampleIndex
		   withBarrier:(BOOL)barrier;
- (void)resolveCounters:(id<MTLCounterSampleBuffer>)sampleBuffer
		  inRange:(NSRange)range
	destinationBuffer:(id<MTLBuffer>)destinationBuffer
	destinationOffset:(NSUInteger)destinationOffset;
@end

NS_ASSUME_NONNULL_END

#endif
