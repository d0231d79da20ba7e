/* SPDX-License-Identifier: MIT */
/* The flows of real programs, with Metal's side in Objective-C. */
#import <Foundation/Foundation.h>
#import <IOSurface/IOSurface.h>
#import <Metal/Metal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "flows.h"

struct plot {
	id<MTLCommandQueue> queue;
	id<MTLBuffer> buffer, log;
	id<MTLSharedEvent> event;
	id<MTLCommandBuffer> last;
};

static void *plot_begin(void *buffer, void *event) {
	struct plot *plot = calloc(1, sizeof(*plot));
	assert_non_null(plot);
	plot->buffer = [(id<MTLBuffer>)buffer retain];
	plot->event = [(id<MTLSharedEvent>)event retain];
	plot->queue = [plot->buffer.device newCommandQueue];
	plot->log = [plot->buffer.device newBufferWithLength:PLOT_CYCLES * PLOT_BYTES
						     options:MTLResourceStorageModeShared];
	assert_non_null(plot->queue);
	assert_non_null(plot->log);
	return plot;
}

static void plot_cycle(void *user, uint64_t odd) {
	struct plot *plot = user;
	const NSUInteger cycle = (odd + 1) / 2;
	NSAutoreleasePool *pool = [NSAutoreleasePool new];
	id<MTLCommandBuffer> commands = [plot->queue commandBuffer];
	[commands encodeWaitForEvent:plot->event value:odd];
	id<MTLBlitCommandEncoder> blit = [commands blitCommandEncoder];
	[blit copyFromBuffer:plot->buffer
		     sourceOffset:PLOT_VULKAN
			 toBuffer:plot->buffer
		destinationOffset:PLOT_METAL + 4
			     size:PLOT_BYTES - 4];
	[blit fillBuffer:plot->buffer range:NSMakeRange(PLOT_METAL, 4) value:(uint8_t)cycle];
	[blit copyFromBuffer:plot->buffer
		     sourceOffset:PLOT_METAL
			 toBuffer:plot->log
		destinationOffset:(cycle - 1) * PLOT_BYTES
			     size:PLOT_BYTES];
	[blit endEncoding];
	[commands encodeSignalEvent:plot->event value:odd + 1];
	[commands commit];
	[plot->last release];
	plot->last = [commands retain];
	[pool drain];
}

static const uint32_t *plot_finish(void *user) {
	struct plot *plot = user;
	[plot->last waitUntilCompleted];
	assert_int_equal(plot->last.status, MTLCommandBufferStatusCompleted);
	assert_null(plot->last.error);
	assert_int_equal(plot->event.signaledValue, 2 * PLOT_CYCLES);
	return [plot->log contents];
}

static void plot_end(void *user) {
	struct plot *plot = user;
	[plot->last release];
	[plot->queue release];
	[plot->buffer release];
	[plot->log release];
	[plot->event release];
	free(plot);
}

/* One command buffer that copies all layers between a buffer and a texture, one way or the other. */
static void copy_texture(id<MTLTexture> texture, size_t texel, id<MTLBuffer> buffer, bool to_texture) {
	const MTLOrigin zero = MTLOriginMake(0, 0, 0);
	const MTLSize size = MTLSizeMake(texture.width, texture.height, 1);
	const NSUInteger row = size.width * texel;
	NSAutoreleasePool *pool = [NSAutoreleasePool new];
	id<MTLCommandQueue> queue = [texture.device newCommandQueue];
	id<MTLCommandBuffer> commands = [queue commandBuffer];
	id<MTLBlitCommandEncoder> blit = [commands blitCommandEncoder];
	for (NSUInteger layer = 0; layer < texture.arrayLength; layer++) {
		if (to_texture)
			[blit copyFromBuffer:buffer
				       sourceOffset:layer * row * size.height
				  sourceBytesPerRow:row
				sourceBytesPerImage:0
					 sourceSize:size
					  toTexture:texture
				   destinationSlice:layer
				   destinationLevel:0
				  destinationOrigin:zero];
		else
			[blit copyFromTexture:texture
					     sourceSlice:layer
					     sourceLevel:0
					    sourceOrigin:zero
					      sourceSize:size
						toBuffer:buffer
				       destinationOffset:layer * row * size.height
				  destinationBytesPerRow:row
				destinationBytesPerImage:0];
	}
	[blit endEncoding];
	[commands commit];
	[commands waitUntilCompleted];
	assert_int_equal(commands.status, MTLCommandBufferStatusCompleted);
	assert_null(commands.error);
	[queue release];
	[pool drain];
}

static void upscale(void *handle, const struct upscaling *upscaling) {
	id<MTLHeap> heap = handle;
	assert_int_equal(heap.type, MTLHeapTypePlacement);
	MTLTextureDescriptor *descriptor = [MTLTextureDescriptor texture2DDescriptorWithPixelFormat:upscaling->format
											      width:upscaling->width
											     height:upscaling->height
											  mipmapped:NO];
	descriptor.storageMode = heap.storageMode;
	descriptor.cpuCacheMode = heap.cpuCacheMode;
	descriptor.hazardTrackingMode = heap.hazardTrackingMode;
	descriptor.usage = MTLTextureUsageShaderRead | MTLTextureUsageShaderWrite | MTLTextureUsageRenderTarget;
	const MTLSizeAndAlign needed = [heap.device heapTextureSizeAndAlignWithDescriptor:descriptor];
	assert_true(needed.size && needed.size <= upscaling->required && needed.size <= heap.size);
	id<MTLTexture> texture = [heap newTextureWithDescriptor:descriptor offset:0];
	assert_non_null(texture);
	assert_ptr_equal(texture.heap, heap);
	id<MTLBuffer> buffer = [heap.device newBufferWithLength:upscaling->size options:MTLResourceStorageModeShared];
	assert_non_null(buffer);
	copy_texture(texture, upscaling->texel, buffer, false);
	assert_memory_equal([buffer contents], upscaling -> before, upscaling -> size);
	memcpy([buffer contents], upscaling -> after, upscaling -> size);
	copy_texture(texture, upscaling->texel, buffer, true);
	[buffer release];
	[texture release];
}

static void *new_texture(void *device, uint32_t width, uint32_t height, uint32_t layers, const void *texels) {
	MTLTextureDescriptor *descriptor =
		[MTLTextureDescriptor texture2DDescriptorWithPixelFormat:MTLPixelFormatRGBA8Unorm
								   width:width
								  height:height
							       mipmapped:NO];
	[descriptor setTextureType:layers > 1 ? MTLTextureType2DArray : MTLTextureType2D];
	descriptor.arrayLength = layers;
	descriptor.storageMode = MTLStorageModePrivate;
	descriptor.usage = MTLTextureUsageShaderRead | MTLTextureUsageRenderTarget;
	id<MTLTexture> texture = [(id<MTLDevice>)device newTextureWithDescriptor:descriptor];
	id<MTLBuffer> buffer = [(id<MTLDevice>)device newBufferWithBytes:texels
								  length:(NSUInteger)width * height * 4 * layers
								 options:MTLResourceStorageModeShared];
	assert_non_null(texture);
	assert_non_null(buffer);
	copy_texture(texture, 4, buffer, true);
	[buffer release];
	return texture;
}

static void read_texture(void *handle, uint32_t width, uint32_t height, uint32_t layers, void *texels) {
	id<MTLTexture> texture = handle;
	const NSUInteger length = (NSUInteger)width * height * 4 * layers;
	id<MTLBuffer> buffer = [texture.device newBufferWithLength:length options:MTLResourceStorageModeShared];
	assert_non_null(buffer);
	copy_texture(texture, 4, buffer, false);
	memcpy(texels, [buffer contents], length);
	[buffer release];
}

static NSNumber *number(NSUInteger value) {
	return [NSNumber numberWithUnsignedLong:value];
}

static void *new_surface_texture(void *handle, uint32_t width, uint32_t height, void **surface) {
	id<MTLDevice> device = handle;
	const NSUInteger alignment = [device minimumLinearTextureAlignmentForPixelFormat:MTLPixelFormatBGRA8Unorm];
	NSMutableDictionary *properties = [NSMutableDictionary dictionary];
	[properties setObject:number(width) forKey:(id)kIOSurfaceWidth];
	[properties setObject:number(height) forKey:(id)kIOSurfaceHeight];
	[properties setObject:number(4) forKey:(id)kIOSurfaceBytesPerElement];
	[properties setObject:number(0x42475241) forKey:(id)kIOSurfacePixelFormat]; /* 'BGRA' */
	if (alignment)
		[properties setObject:number((width * 4 + alignment - 1) / alignment * alignment)
			       forKey:(id)kIOSurfaceBytesPerRow];
	IOSurfaceRef created = IOSurfaceCreate((CFDictionaryRef)properties);
	assert_non_null(created);
	MTLTextureDescriptor *descriptor =
		[MTLTextureDescriptor texture2DDescriptorWithPixelFormat:MTLPixelFormatBGRA8Unorm
								   width:width
								  height:height
							       mipmapped:NO];
	descriptor.usage = MTLTextureUsageShaderRead | MTLTextureUsageRenderTarget;
	id<MTLTexture> texture = [device newTextureWithDescriptor:descriptor iosurface:created plane:0];
	assert_non_null(texture);
	assert_ptr_equal(texture.iosurface, created);
	*surface = created;
	return texture;
}

static void read_surface(void *handle, uint32_t width, uint32_t height, void *texels) {
	IOSurfaceRef surface = handle;
	assert_int_equal(IOSurfaceLock(surface, kIOSurfaceLockReadOnly, NULL), 0);
	const uint8_t *bytes = IOSurfaceGetBaseAddress(surface);
	const size_t pitch = IOSurfaceGetBytesPerRow(surface);
	for (size_t y = 0; y < height; y++)
		memcpy((uint8_t *)texels + y * width * 4, bytes + y * pitch, (size_t)width * 4);
	assert_int_equal(IOSurfaceUnlock(surface, kIOSurfaceLockReadOnly, NULL), 0);
}

static void *new_buffer(void *device, const void *bytes, size_t size, uint64_t *address) {
	id<MTLBuffer> buffer = [(id<MTLDevice>)device newBufferWithBytes:bytes
								  length:size
								 options:MTLResourceStorageModeShared];
	assert_non_null(buffer);
	*address = buffer.gpuAddress;
	return buffer;
}

static void release(void *object) {
	[(id)object release];
}

/* Of LeakSanitizer, where it is there. */
extern void __lsan_disable(void) __attribute__((weak));
extern void __lsan_enable(void) __attribute__((weak));

/* GNUstep loses a block when a dictionary is first made. */
static void use_dictionaries(void) {
	if (__lsan_disable)
		__lsan_disable();
	[NSMutableDictionary dictionary];
	if (__lsan_enable)
		__lsan_enable();
}

int main(void) {
	static const struct metal_flows in_objc = {release, plot_begin, plot_cycle, plot_finish, plot_end, upscale,
		new_texture, read_texture, new_surface_texture, read_surface, new_buffer};
	const struct CMUnitTest tests[] = {FLOW_TESTS};
	NSAutoreleasePool *pool = [NSAutoreleasePool new];
	metal = &in_objc;
	use_dictionaries();
	const int failed = cmocka_run_group_tests_name("layer: flows with Metal in Objective-C", tests, NULL, NULL);
	[pool drain];
	return failed;
}
