/* SPDX-License-Identifier: MIT */
/* Textures and their descriptor. */
#ifndef METAL_MTLTEXTURE_H
#define METAL_MTLTEXTURE_H

#import <Metal/MTLResource.h>

#include <IOSurface/IOSurfaceRef.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLBuffer;

/* The defaults are those of struct tongs_texture_info. */
@interface MTLTextureDescriptor : TongsObject <NSCopying>
@property(nonatomic) MTLTextureType textureType;
@property(nonatomic) MTLPixelFormat pixelFormat;
@property(nonatomic) NSUInteger width;
@property(nonatomic) NSUInteger height;
@property(nonatomic) NSUInteger depth;
@property(nonatomic) NSUInteger mipmapLevelCount;
@property(nonatomic) NSUInteger sampleCount;
@property(nonatomic) NSUInteger arrayLength;
@property(nonatomic) MTLResourceOptions resourceOptions;
@property(nonatomic) MTLCPUCacheMode cpuCacheMode;
@property(nonatomic) MTLStorageMode storageMode;
@property(nonatomic) MTLHazardTrackingMode hazardTrackingMode;
@property(nonatomic) MTLTextureUsage usage;
@property(nonatomic) BOOL allowGPUOptimizedContents;
@property(nonatomic) MTLTextureCompressionType compressionType;
@property(nonatomic) MTLTextureSwizzleChannels swizzle;
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

/* Stands for a texture, in this process or another (see tongs_handle_send). */
@interface MTLSharedTextureHandle : TongsObject
@property(nonatomic, readonly) id<MTLDevice> device;
@property(nonatomic, readonly) NSString *MTL_NULLABLE label; /* the texture's */
@end

@protocol MTLTexture <MTLResource>
@property(readonly) id<MTLResource> MTL_NULLABLE
	rootResource; /* the buffer or texture that owns the texels, or nil: itself */
@property(readonly) id<MTLTexture> MTL_NULLABLE parentTexture; /* nil: not a view */
@property(readonly) NSUInteger parentRelativeLevel;
@property(readonly) NSUInteger parentRelativeSlice;
@property(readonly) id<MTLBuffer> MTL_NULLABLE buffer; /* nil: not over a buffer */
@property(readonly) NSUInteger bufferOffset;
@property(readonly) NSUInteger bufferBytesPerRow;
@property(readonly) IOSurfaceRef MTL_NULLABLE iosurface; /* borrowed; NULL: not over a surface */
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
@property(readonly, getter=isShareable) BOOL shareable;             /* see tongs_texture_is_shareable */
@property(readonly, getter=isFramebufferOnly) BOOL framebufferOnly; /* NO */
@property(readonly, getter=isSparse) BOOL sparse;                   /* NO; so there is no mipmap tail */
@property(readonly) NSUInteger firstMipmapInTail;
@property(readonly) NSUInteger tailSizeInBytes;
@property(readonly) BOOL allowGPUOptimizedContents;
@property(readonly) MTLTextureCompressionType compressionType;
@property(readonly) MTLTextureSwizzleChannels swizzle;
@property(readonly) id<MTLTexture> MTL_NULLABLE remoteStorageTexture; /* nil: devices have no peers */
@property(readonly) MTLResourceID gpuResourceID;                      /* 0: there are no shaders that could use it */
- (id<MTLTexture> MTL_NULLABLE)newRemoteTextureViewForDevice:(id<MTLDevice>)device; /* nil, with an error reported */
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
- (MTLSharedTextureHandle *MTL_NULLABLE)
	newSharedTextureHandle; /* nil, with an error reported, if it is not shareable */
/* A view holds a reference to its texture. Each face of a cube is a slice. Methods without a swizzle use the texture's.
 * Formats and types: see tongs_texture_new_view. */
- (id<MTLTexture> MTL_NULLABLE)newTextureViewWithPixelFormat:(MTLPixelFormat)pixelFormat;
- (id<MTLTexture> MTL_NULLABLE)newTextureViewWithPixelFormat:(MTLPixelFormat)pixelFormat
						 textureType:(MTLTextureType)textureType
						      levels:(NSRange)levelRange
						      slices:(NSRange)sliceRange;
- (id<MTLTexture> MTL_NULLABLE)newTextureViewWithPixelFormat:(MTLPixelFormat)pixelFormat
						 textureType:(MTLTextureType)textureType
						      levels:(NSRange)levelRange
						      slices:(NSRange)sliceRange
						     swizzle:(MTLTextureSwizzleChannels)swizzle;
@end

NS_ASSUME_NONNULL_END

#endif
