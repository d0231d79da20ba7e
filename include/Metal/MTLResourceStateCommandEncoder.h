/* SPDX-License-Identifier: MIT */
/* Encoders that map sparse textures, of which Tongs makes none. */
#ifndef METAL_MTLRESOURCESTATECOMMANDENCODER_H
#define METAL_MTLRESOURCESTATECOMMANDENCODER_H

#import <Metal/MTLCommandEncoder.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLBuffer;
@protocol MTLFence;
@protocol MTLTexture;

typedef MTL_ENUM(NSUInteger, MTLSparseTextureMappingMode){
	MTLSparseTextureMappingModeMap = 0,
	MTLSparseTextureMappingModeUnmap = 1,
};

@protocol MTLResourceStateCommandEncoder <MTLCommandEncoder>
- (void)updateTextureMappings:(id<MTLTexture>)texture
			 mode:(MTLSparseTextureMappingMode)mode
		      regions:(const MTLRegion *)regions
		    mipLevels:(const NSUInteger *)mipLevels
		       slices:(const NSUInteger *)slices
		   numRegions:(NSUInteger)numRegions;
- (void)updateTextureMapping:(id<MTLTexture>)texture
			mode:(MTLSparseTextureMappingMode)mode
		      region:(MTLRegion)region
		    mipLevel:(NSUInteger)mipLevel
		       slice:(NSUInteger)slice;
- (void)updateTextureMapping:(id<MTLTexture>)texture
			mode:(MTLSparseTextureMappingMode)mode
	      indirectBuffer:(id<MTLBuffer>)indirectBuffer
	indirectBufferOffset:(NSUInteger)indirectBufferOffset;
- (void)updateFence:(id<MTLFence>)fence;
- (void)waitForFence:(id<MTLFence>)fence;
- (void)moveTextureMappingsFromTexture:(id<MTLTexture>)sourceTexture
			   sourceSlice:(NSUInteger)sourceSlice
			   sourceLevel:(NSUInteger)sourceLevel
			  sourceOrigin:(MTLOrigin)sourceOrigin
			    sourceSize:(MTLSize)sourceSize
			     toTexture:(id<MTLTexture>)destinationTexture
		      destinationSlice:(NSUInteger)destinationSlice
		      destinationLevel:(NSUInteger)destinationLevel
		     destinationOrigin:(MTLOrigin)destinationOrigin;
@end

NS_ASSUME_NONNULL_END

#endif
