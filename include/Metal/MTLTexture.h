/* SPDX-License-Identifier: MIT */
/* Textures and their descriptor. */
#ifndef METAL_MTLTEXTURE_H
#define METAL_MTLTEXTURE_H

#import <Metal/MTLResource.h>

@protocol MTLBuffer;

typedef struct __IOSurface *IOSurfaceRef;

/* The defaults are those of struct tongs_texture_info. */
@interface MTLTextureDescriptor : TongsObject <NSCopying>
@property MTLTextureType textureType;
@property MTLPixelFormat pixelFormat;
@property NSUInteger width;
@property NSUInteger height;
@property NSUInteger depth;
@property NSUInteger mipmapLevelCount;
@property NSUInteger sampleCount;
@property NSUInteger arrayLength;
@property MTLResourceOptions resourceOptions;
@property MTLCPUCacheMode cpuCacheMode;
@property MTLStorageMode storageMode;
@property MTLHazardTrackingMode hazardTrackingMode;
@property MTLTextureUsage usage;
@property BOOL allowGPUOptimizedContents;
@property MTLTextureCompressionType compressionType;
@property MTLTextureSwizzleChannels swizzle;
+ (MTLTextureDescriptor *)texture2DDescriptorWithPixelFormat:(MTLPixelFormat)pixelFormat
						       width:(NSUInteger)width
						      height:(NSUInteger)height
						   mipmapped:(BOOL)mipmapped;
+ (MTLTextureDescriptor *)textureCubeDescriptorWithPixelFormat:(MTLPixelFormat)pixelFormat
							  size:(NSUInteger)size
						     mipmapped:(BOOL)mipmapped;
+ (MTLTextureDescriptor *)textureBufferDescriptorWithPixelFormat:(MTLPixelFormat)pixelFormat
							   width:(NSUInteger)width
						 resourceOptions:(MTLResourceOptions)resourceOptions
							   usage:(MTLTextureUsage)usage;
@end

@protocol MTLTexture <MTLResource>
@property(readonly) id<MTLResource> rootResource; /* the buffer or texture that owns the texels, or nil: itself */
@property(readonly) id<MTLTexture> parentTexture; /* nil: not a view */
@property(readonly) NSUInteger parentRelativeLevel;
@property(readonly) NSUInteger parentRelativeSlice;
@property(readonly) id<MTLBuffer> buffer; /* nil: not over a buffer */
@property(readonly) NSUInteger bufferOffset;
@property(readonly) NSUInteger bufferBytesPerRow;
@property(readonly) IOSurfaceRef iosurface; /* NULL */
@property(readonly) NSUInteger iosurfacePlane;
@property(readonly) MTLTextureType textureType;
@property(readonly) MTLPixelFormat pixelFormat;
@property(readonly) NSUInteger width;
@property(readonly) NSUInteger height;
@property(readonly) NSUInteger depth;
@property(readonly) NSUInteger mipmapLevelCount;
@property(readonly) NSUInteger sampleCount;
@property(readonly) NSUInteger arrayLength;
@property(readonly) MTLTextureUsage usage;
@property(readonly, getter=isShareable) BOOL shareable;             /* NO: there are no shared texture handles */
@property(readonly, getter=isFramebufferOnly) BOOL framebufferOnly; /* NO */
@property(readonly, getter=isSparse) BOOL sparse;                   /* NO; so there is no mipmap tail */
@property(readonly) NSUInteger firstMipmapInTail;
@property(readonly) NSUInteger tailSizeInBytes;
@property(readonly) BOOL allowGPUOptimizedContents;
@property(readonly) MTLTextureCompressionType compressionType;
@property(readonly) MTLTextureSwizzleChannels swizzle;
@property(readonly) id<MTLTexture> remoteStorageTexture; /* nil: devices have no peers */
/* Regions and pitches: see tongs_texture_get_bytes. Errors are reported (see tongs_set_message_callback). */
- (void)getBytes:(void *)bytes
	  bytesPerRow:(NSUInteger)bytesPerRow
	bytesPerImage:(NSUInteger)bytesPerImage
	   fromRegion:(MTLRegion)region
	  mipmapLevel:(NSUInteger)level
		slice:(NSUInteger)slice;
- (void)getBytes:(void *)bytes
	bytesPerRow:(NSUInteger)bytesPerRow
	 fromRegion:(MTLRegion)region
	mipmapLevel:(NSUInteger)level;
- (void)replaceRegion:(MTLRegion)region
	  mipmapLevel:(NSUInteger)level
		slice:(NSUInteger)slice
	    withBytes:(const void *)bytes
	  bytesPerRow:(NSUInteger)bytesPerRow
	bytesPerImage:(NSUInteger)bytesPerImage;
- (void)replaceRegion:(MTLRegion)region
	  mipmapLevel:(NSUInteger)level
	    withBytes:(const void *)bytes
	  bytesPerRow:(NSUInteger)bytesPerRow;
/* A view holds a reference to its texture. Each face of a cube is a slice. Methods without a swizzle use the texture's.
 * Formats and types: see tongs_texture_new_view. */
- (id<MTLTexture>)newTextureViewWithPixelFormat:(MTLPixelFormat)pixelFormat;
- (id<MTLTexture>)newTextureViewWithPixelFormat:(MTLPixelFormat)pixelFormat
				    textureType:(MTLTextureType)textureType
					 levels:(NSRange)levelRange
					 slices:(NSRange)sliceRange;
- (id<MTLTexture>)newTextureViewWithPixelFormat:(MTLPixelFormat)pixelFormat
				    textureType:(MTLTextureType)textureType
					 levels:(NSRange)levelRange
					 slices:(NSRange)sliceRange
					swizzle:(MTLTextureSwizzleChannels)swizzle;
@end

#endif
