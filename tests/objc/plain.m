/* SPDX-License-Identifier: MIT */
/* An Objective-C program without Foundation that sends every message in the tables, and checks that at the end. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <objc/NXConstStr.h>
#include <objc/message.h>
#include <objc/runtime.h>
#import <Metal/Metal.h>

#include "messages.h"

/* Interposes libobjc's function: records which method each message reaches. */
static struct objc_method *reached[1024];
static size_t reached_count;

static int was_reached(struct objc_method *method) {
	for (size_t i = 0; i < reached_count; i++)
		if (reached[i] == method)
			return 1;
	return 0;
}

__attribute__((visibility("default"))) IMP objc_msg_lookup(id receiver, SEL selector) {
	static IMP (*next)(id, SEL);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "objc_msg_lookup");
	struct objc_method *method = receiver ? class_getInstanceMethod(object_getClass(receiver), selector) : NULL;
	if (method && !was_reached(method) && reached_count < 1024)
		reached[reached_count++] = method;
	return next(receiver, selector);
}

/* What the root class has beyond its declaration. */
@interface TongsObject (Undeclared)
- (void)dealloc;
- (IMP)methodForSelector:(SEL)selector;
- (id)methodSignatureForSelector:(SEL)selector;
- (void)doesNotRecognizeSelector:(SEL)selector;
- (void)doesNotRecognize:(SEL)selector;
- (void)forwardInvocation:(id)invocation;
+ (IMP)methodForSelector:(SEL)selector;
+ (id)methodSignatureForSelector:(SEL)selector;
+ (void)doesNotRecognizeSelector:(SEL)selector;
+ (void)doesNotRecognize:(SEL)selector;
+ (void)forwardInvocation:(id)invocation;
+ (BOOL)instancesRespondToSelector:(SEL)selector;
+ (IMP)instanceMethodForSelector:(SEL)selector;
+ (id)instanceMethodSignatureForSelector:(SEL)selector;
+ (BOOL)isSubclassOfClass:(Class)aClass;
+ (id)init;
+ (void)dealloc;
+ (id)self;
+ (NSUInteger)hash;
+ (BOOL)isEqual:(id)object;
+ (BOOL)isKindOfClass:(Class)aClass;
+ (BOOL)isMemberOfClass:(Class)aClass;
+ (BOOL)isProxy;
+ (NSZone *)zone;
+ (BOOL)respondsToSelector:(SEL)selector;
+ (id)performSelector:(SEL)selector;
+ (id)performSelector:(SEL)selector withObject:(id)object;
+ (id)performSelector:(SEL)selector withObject:(id)object1 withObject:(id)object2;
+ (id)retain;
+ (oneway void)release;
+ (id)autorelease;
+ (NSUInteger)retainCount;
+ (id)copy;
+ (id)copyWithZone:(NSZone *)zone;
+ (Class)class;
+ (Class)superclass;
+ (BOOL)conformsToProtocol:(Protocol *)protocol;
+ (NSString *)description;
+ (NSString *)debugDescription;
@end

/* What -forwardInvocation: asks of an NSInvocation. */
MTL_ROOT_CLASS
@interface Invocation {
	Class isa;
}
+ (id)make;
- (SEL)selector;
@end

@implementation Invocation
+ (id)make {
	return class_createInstance((Class)self, 0);
}
- (SEL)selector {
	return sel_registerName("invoked");
}
@end

static const char *text(NSString *string) {
	return [string UTF8String];
}

static void objects_keep_the_promises_of_nsobject(void **state) {
	(void)state;
	MTLHeapDescriptor *d = [MTLHeapDescriptor new], *other = [[MTLHeapDescriptor allocWithZone:NULL] init];
	assert_ptr_equal([d self], d);
	assert_true([d isEqual:d] && ![d isEqual:other] && ![d isEqual:nil]);
	assert_int_equal([d hash], [[d self] hash]);
	assert_true([d isKindOfClass:[MTLHeapDescriptor class]] && [d isKindOfClass:[TongsObject class]]);
	assert_false([d isKindOfClass:[MTLTextureDescriptor class]]);
	assert_true([d isMemberOfClass:[MTLHeapDescriptor class]] && ![d isMemberOfClass:[TongsObject class]]);
	assert_ptr_equal([d class], objc_lookUpClass("MTLHeapDescriptor"));
	assert_ptr_equal([d superclass], objc_lookUpClass("TongsObject"));
	assert_false([d isProxy]);
	assert_null([d zone]);
	assert_true([d respondsToSelector:@selector(setSize:)] && ![d respondsToSelector:@selector(setWidth:)]);
	assert_true([d conformsToProtocol:@protocol(NSCopying)] && ![d conformsToProtocol:@protocol(MTLHeap)]);
	assert_ptr_equal([d performSelector:@selector(self)], d);
	assert_false((BOOL)(uintptr_t)[d performSelector:@selector(isEqual:) withObject:other]);
	[d performSelector:@selector(setSize:) withObject:(id)4096 withObject:nil];
	assert_int_equal([d size], 4096);
	assert_true([d methodForSelector:@selector(size)] == class_getMethodImplementation([d class], @selector(size)));
	assert_null([d methodSignatureForSelector:@selector(size)]);
	assert_ptr_equal([d retain], d);
	assert_int_equal([d retainCount], 2);
	[d release];
	assert_ptr_equal([d autorelease], d);
	assert_int_equal([d retainCount], 1);
	assert_non_null(strstr(text([d description]), "size = 4096"));
	assert_string_equal(text([d debugDescription]), text([d description]));
	assert_int_equal(messages.count, 0);
	[d dealloc];
	assert_true(was_logged("dealloc"));
	[d release];
	[other release];
}

static void classes_are_objects_too(void **state) {
	(void)state;
	assert_ptr_equal([MTLHeapDescriptor self], [MTLHeapDescriptor class]);
	assert_ptr_equal([MTLHeapDescriptor superclass], [TongsObject class]);
	assert_null([TongsObject superclass]);
	assert_true([MTLHeapDescriptor isEqual:[MTLHeapDescriptor class]]);
	assert_int_equal([TongsObject hash], [[TongsObject class] hash]);
	assert_false([TongsObject isProxy]);
	assert_null([TongsObject zone]);
	assert_false([MTLHeapDescriptor isKindOfClass:[MTLHeapDescriptor class]]);
	assert_false([MTLHeapDescriptor isMemberOfClass:[MTLHeapDescriptor class]]);
	assert_true([MTLHeapDescriptor isSubclassOfClass:[TongsObject class]]);
	assert_false([TongsObject isSubclassOfClass:[MTLHeapDescriptor class]]);
	assert_true([MTLHeapDescriptor instancesRespondToSelector:@selector(size)]);
	assert_false([MTLHeapDescriptor respondsToSelector:@selector(size)]);
	assert_true([MTLHeapDescriptor instanceMethodForSelector:@selector(size)] ==
		    class_getMethodImplementation([MTLHeapDescriptor class], @selector(size)));
	assert_non_null([MTLHeapDescriptor methodForSelector:@selector(alloc)]);
	assert_null([MTLHeapDescriptor methodSignatureForSelector:@selector(alloc)]);
	assert_null([MTLHeapDescriptor instanceMethodSignatureForSelector:@selector(size)]);
	assert_ptr_equal([MTLHeapDescriptor performSelector:@selector(class)], [MTLHeapDescriptor class]);
	assert_false((BOOL)(uintptr_t)[MTLHeapDescriptor performSelector:@selector(isEqual:) withObject:nil]);
	assert_ptr_equal(
		[TongsObject performSelector:@selector(class) withObject:nil withObject:nil], [TongsObject class]);
	assert_ptr_equal([[[TongsObject retain] autorelease] copy], [TongsObject class]);
	assert_ptr_equal([TongsObject copyWithZone:NULL], [TongsObject class]);
	[TongsObject release];
	assert_int_equal([TongsObject retainCount], UINTPTR_MAX);
	assert_true([MTLHeapDescriptor conformsToProtocol:@protocol(NSCopying)]);
	assert_false([TongsObject conformsToProtocol:@protocol(NSCopying)]);
	assert_true([objc_lookUpClass("TongsTexture") conformsToProtocol:@protocol(MTLResource)]);
	assert_string_equal(text([MTLHeapDescriptor description]), "MTLHeapDescriptor");
	assert_string_equal(text([MTLHeapDescriptor debugDescription]), "MTLHeapDescriptor");
	assert_int_equal(messages.count, 0);
	assert_ptr_equal([TongsObject init], [TongsObject class]);
	assert_int_equal(messages.count, 0);
	[TongsObject dealloc];
	assert_true(was_logged("dealloc"));
	assert_null([TongsObject alloc]);
	assert_true(was_logged("TongsObject"));
}

static void *forward(id receiver, SEL selector) {
	SEL cmd = sel_registerName("forward::");
	return ((void *(*)(id, SEL, SEL, void *))(void (*)(void))objc_msg_lookup(receiver, cmd))(
		receiver, cmd, selector, NULL);
}

@protocol Unknown
- (id)someObject;
- (int)someNumber;
- (MTLSize)someSize;
- (MTLRegion)someRegionOf:(id)object;
- (double)someDouble;
- (void)nothing:(MTLRegion)region;
@end

static void unknown_selectors_are_reported_and_return_zero(void **state) {
	(void)state;
	MTLTextureDescriptor *d = [MTLTextureDescriptor new];
	id<Unknown> unknown = (id<Unknown>)d;
	assert_null([unknown someObject]);
	assert_true(was_logged("-[MTLTextureDescriptor someObject]"));
	assert_int_equal([unknown someNumber], 0);
	assert_true(was_logged("someNumber"));
	struct {
		uintptr_t before[8];
		MTLSize size;
		uintptr_t after[8];
	} s;
	memset(&s, 0x77, sizeof(s));
	s.size = [unknown someSize];
	assert_true(was_logged("someSize"));
	assert_int_equal(s.size.width | s.size.height | s.size.depth, 0);
	for (int i = 0; i < 8; i++)
		assert_true(s.before[i] == 0x7777777777777777 && s.after[i] == 0x7777777777777777);
	MTLRegion region = [unknown someRegionOf:d];
	assert_true(was_logged("someRegionOf:"));
	assert_int_equal(region.origin.x | region.size.depth, 0);
	assert_true([unknown someDouble] == 0);
	assert_true(was_logged("someDouble"));
	[unknown nothing:MTLRegionMake2D(0, 0, 1, 1)];
	assert_true(was_logged("nothing:"));
	assert_null([(id<Unknown>)[MTLTextureDescriptor class] someObject]);
	assert_true(was_logged("+[MTLTextureDescriptor someObject]"));

	id invocation = [Invocation make];
	[d doesNotRecognizeSelector:@selector(someObject)];
	[d doesNotRecognize:@selector(someObject)];
	[d forwardInvocation:invocation];
	assert_null(forward(d, @selector(someObject)));
	[MTLTextureDescriptor doesNotRecognizeSelector:@selector(someObject)];
	[MTLTextureDescriptor doesNotRecognize:@selector(someObject)];
	[MTLTextureDescriptor forwardInvocation:invocation];
	assert_null(forward([MTLTextureDescriptor class], @selector(someObject)));
	assert_int_equal(messages.count, 8);
	assert_non_null([d methodForSelector:@selector(someObject)]);
	object_dispose(invocation);
	[d release];
}

static void texture_descriptor_keeps_its_properties(void **state) {
	(void)state;
	MTLTextureDescriptor *d = [[MTLTextureDescriptor alloc] init];
	d.textureType = MTLTextureType3D;
	d.pixelFormat = MTLPixelFormatBGRA8Unorm_sRGB;
	d.width = 11;
	d.height = 12;
	d.depth = 13;
	d.mipmapLevelCount = 2;
	d.sampleCount = 4;
	d.arrayLength = 5;
	d.resourceOptions = MTLResourceStorageModePrivate;
	d.cpuCacheMode = MTLCPUCacheModeWriteCombined;
	d.hazardTrackingMode = MTLHazardTrackingModeTracked;
	d.usage = MTLTextureUsageRenderTarget;
	d.allowGPUOptimizedContents = NO;
	d.compressionType = MTLTextureCompressionTypeLossy;
	d.swizzle = MTLTextureSwizzleChannelsMake(
		MTLTextureSwizzleBlue, MTLTextureSwizzleOne, MTLTextureSwizzleZero, MTLTextureSwizzleRed);
	assert_non_null(strstr(text([d description]), "11 x 12 x 13"));
	MTLTextureDescriptor *copy = [d copy];
	d.storageMode = MTLStorageModeShared;
	d.width = 99;
	assert_int_equal(copy.textureType, MTLTextureType3D);
	assert_int_equal(copy.pixelFormat, MTLPixelFormatBGRA8Unorm_sRGB);
	assert_true(copy.width == 11 && copy.height == 12 && copy.depth == 13);
	assert_true(copy.mipmapLevelCount == 2 && copy.sampleCount == 4 && copy.arrayLength == 5);
	assert_int_equal(copy.resourceOptions, MTLResourceStorageModePrivate | MTLResourceCPUCacheModeWriteCombined |
						       MTLResourceHazardTrackingModeTracked);
	assert_int_equal(copy.storageMode, MTLStorageModePrivate);
	assert_int_equal(copy.cpuCacheMode, MTLCPUCacheModeWriteCombined);
	assert_int_equal(copy.hazardTrackingMode, MTLHazardTrackingModeTracked);
	assert_int_equal(copy.usage, MTLTextureUsageRenderTarget);
	assert_false(copy.allowGPUOptimizedContents);
	assert_int_equal(copy.compressionType, MTLTextureCompressionTypeLossy);
	MTLTextureSwizzleChannels swizzle = copy.swizzle;
	assert_true(swizzle.red == MTLTextureSwizzleBlue && swizzle.green == MTLTextureSwizzleOne);
	assert_true(swizzle.blue == MTLTextureSwizzleZero && swizzle.alpha == MTLTextureSwizzleRed);
	assert_int_equal(d.resourceOptions & MTLResourceStorageModeMask, MTLResourceStorageModeShared);
	[copy release];
	[d release];
}

static void heap_descriptor_keeps_its_properties(void **state) {
	(void)state;
	MTLHeapDescriptor *d = [[MTLHeapDescriptor alloc] init];
	assert_true(d.size == 0 && d.type == MTLHeapTypeAutomatic && d.storageMode == MTLStorageModePrivate);
	d.size = 1 << 20;
	d.type = MTLHeapTypePlacement;
	d.resourceOptions = MTLResourceStorageModePrivate;
	d.storageMode = MTLStorageModeShared;
	d.cpuCacheMode = MTLCPUCacheModeWriteCombined;
	d.hazardTrackingMode = MTLHazardTrackingModeUntracked;
	d.sparsePageSize = MTLSparsePageSize64;
	MTLHeapDescriptor *copy = [d copyWithZone:NULL];
	assert_true(copy.size == 1 << 20 && copy.type == MTLHeapTypePlacement);
	assert_int_equal(
		copy.resourceOptions, MTLResourceCPUCacheModeWriteCombined | MTLResourceHazardTrackingModeUntracked);
	assert_true(copy.storageMode == MTLStorageModeShared && copy.cpuCacheMode == MTLCPUCacheModeWriteCombined);
	assert_true(copy.hazardTrackingMode == MTLHazardTrackingModeUntracked);
	assert_int_equal(copy.sparsePageSize, MTLSparsePageSize64);
	[copy release];
	[d release];
}

static void convenience_constructors_fill_in(void **state) {
	(void)state;
	MTLTextureDescriptor *flat = [MTLTextureDescriptor texture2DDescriptorWithPixelFormat:MTLPixelFormatR8Unorm
											width:300
										       height:20
										    mipmapped:YES];
	assert_true(flat.textureType == MTLTextureType2D && flat.pixelFormat == MTLPixelFormatR8Unorm);
	assert_true(flat.width == 300 && flat.height == 20 && flat.mipmapLevelCount == 9);
	assert_int_equal([flat retainCount], 1);
	[flat release];
	MTLTextureDescriptor *cube = [MTLTextureDescriptor textureCubeDescriptorWithPixelFormat:MTLPixelFormatR16Float
											   size:64
										      mipmapped:NO];
	assert_true(cube.textureType == MTLTextureTypeCube && cube.width == 64 && cube.height == 64);
	assert_true(cube.mipmapLevelCount == 1 && cube.arrayLength == 1);
	[cube release];
	MTLTextureDescriptor *line =
		[MTLTextureDescriptor textureBufferDescriptorWithPixelFormat:MTLPixelFormatR32Float
								       width:1000
							     resourceOptions:MTLResourceStorageModePrivate
								       usage:MTLTextureUsageShaderWrite];
	assert_true(line.textureType == MTLTextureTypeTextureBuffer && line.width == 1000 && line.height == 1);
	assert_true(line.storageMode == MTLStorageModePrivate && line.usage == MTLTextureUsageShaderWrite);
	[line release];
}

static void device_answers_as_the_c_interface_does(void **state) {
	(void)state;
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	struct tongs_device *c = (struct tongs_device *)device;
	assert_string_equal(text(device.name), tongs_device_get_name(c));
	assert_true(device.registryID == tongs_device_get_registry_id(c) && device.registryID != 0);
	assert_int_equal(device.hasUnifiedMemory, tongs_device_has_unified_memory(c));
	assert_int_equal(device.isLowPower, tongs_device_is_low_power(c));
	assert_false(device.isHeadless || device.isRemovable);
	assert_true(device.recommendedMaxWorkingSetSize == tongs_device_get_recommended_max_working_set_size(c));
	assert_true(device.location == MTLDeviceLocationUnspecified && device.locationNumber == 0);
	assert_true(device.maxTransferRate == 0 && device.peerGroupID == 0);
	assert_true(device.peerIndex == 0 && device.peerCount == 0);
	assert_true(device.maxBufferLength == tongs_device_get_max_buffer_length(c) && device.maxBufferLength > 0);
	assert_int_equal(device.supportsBCTextureCompression, tongs_device_supports_bc_texture_compression(c));
	(void)device.isDepth24Stencil8PixelFormatSupported;
	assert_true(device.readWriteTextureSupport == MTLReadWriteTextureTierNone);
	assert_true(device.argumentBuffersSupport == MTLArgumentBuffersTier1);
	assert_false(device.supports32BitFloatFiltering || device.supports32BitMSAA);
	assert_false(device.supportsQueryTextureLOD || device.supportsPullModelInterpolation);
	assert_false([device supportsFeatureSet:0]);
	assert_int_equal(
		[device supportsFamily:MTLGPUFamilyCommon1], tongs_device_supports_family(c, MTLGPUFamilyCommon1));
	assert_true([device supportsTextureSampleCount:1] && ![device supportsTextureSampleCount:3]);
	assert_int_equal([device minimumLinearTextureAlignmentForPixelFormat:MTLPixelFormatRGBA8Unorm],
		tongs_device_get_minimum_linear_texture_alignment(c, MTLPixelFormatRGBA8Unorm));
	assert_int_equal([device minimumTextureBufferAlignmentForPixelFormat:MTLPixelFormatRGBA8Unorm],
		tongs_device_get_minimum_texture_buffer_alignment(c, MTLPixelFormatRGBA8Unorm));
	assert_non_null(strstr(text([(TongsObject *)device description]), "TongsDevice"));
	NSUInteger before = device.currentAllocatedSize;
	id<MTLBuffer> buffer = [device newBufferWithLength:1 << 20 options:0];
	assert_true(device.currentAllocatedSize >= before + (1 << 20));
	[buffer release];
	[device release];
}

static void buffers_are_made_in_every_way(void **state) {
	(void)state;
	static _Alignas(65536) char pages[65536];
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	id<MTLBuffer> copied = [device newBufferWithBytes:"tongs" length:6 options:MTLResourceStorageModeShared];
	assert_string_equal([copied contents], "tongs");
	assert_int_equal(copied.length, 6);
	assert_int_equal(copied.gpuAddress, tongs_buffer_get_gpu_address((struct tongs_buffer *)copied));
	[copied didModifyRange:NSMakeRange(0, 6)];
	[copied addDebugMarker:nil range:NSMakeRange(2, 2)];
	[copied removeAllDebugMarkers];
	assert_null(copied.remoteStorageBuffer);
	assert_int_equal(messages.count, 0);
	[copied addDebugMarker:nil range:NSMakeRange(6, 1)];
	assert_true(was_logged("addDebugMarker:range:"));

	id<MTLBuffer> wrapped = [device newBufferWithBytesNoCopy:pages length:sizeof(pages) options:0 deallocator:nil];
	assert_ptr_equal([wrapped contents], pages);
	assert_true(wrapped.storageMode == MTLStorageModeShared && wrapped.cpuCacheMode == 0);
	assert_int_equal(wrapped.resourceOptions,
		tongs_resource_get_resource_options(tongs_buffer_get_resource((struct tongs_buffer *)wrapped)));
	assert_int_equal(wrapped.hazardTrackingMode,
		tongs_resource_get_hazard_tracking_mode(tongs_buffer_get_resource((struct tongs_buffer *)wrapped)));
	assert_ptr_equal(wrapped.device, device);
	assert_null(wrapped.heap);
	assert_int_equal(wrapped.heapOffset, 0);
	assert_true(wrapped.allocatedSize >= 65536);
	assert_int_equal([wrapped setPurgeableState:MTLPurgeableStateKeepCurrent], MTLPurgeableStateNonVolatile);
	assert_false([wrapped isAliasable]);
	assert_non_null(strstr(text([(TongsObject *)wrapped description]), "length = 65536"));
	[wrapped release];
	[copied release];
	[device release];
}

static void textures_over_buffers_are_the_buffers_bytes(void **state) {
	(void)state;
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	NSUInteger align = [device minimumLinearTextureAlignmentForPixelFormat:MTLPixelFormatRGBA8Unorm];
	NSUInteger pitch = (16 * 4 + align - 1) / align * align;
	id<MTLBuffer> buffer = [device newBufferWithLength:align + pitch * 8 options:0];
	MTLTextureDescriptor *d = [MTLTextureDescriptor texture2DDescriptorWithPixelFormat:MTLPixelFormatRGBA8Unorm
										     width:16
										    height:8
										 mipmapped:NO];
	id<MTLTexture> texture = [buffer newTextureWithDescriptor:d offset:align bytesPerRow:pitch];
	assert_int_equal(tongs_handle_kind(texture), TONGS_KIND_TEXTURE);
	assert_ptr_equal(texture.buffer, buffer);
	assert_ptr_equal(texture.rootResource, buffer);
	assert_true(texture.bufferOffset == align && texture.bufferBytesPerRow == pitch);
	uint8_t *bytes = [buffer contents];
	for (NSUInteger i = 0; i < [buffer length]; i++)
		bytes[i] = (uint8_t)(i * 7);
	uint32_t texels[3][5], check[8][16];
	[texture getBytes:texels bytesPerRow:sizeof(texels[0]) fromRegion:MTLRegionMake2D(2, 3, 5, 3) mipmapLevel:0];
	for (int y = 0; y < 3; y++)
		assert_memory_equal(texels[y], bytes + align + (NSUInteger)(y + 3) * pitch + 2 * 4, sizeof(texels[y]));
	memset(texels, 0xee, sizeof(texels));
	[texture replaceRegion:MTLRegionMake2D(0, 0, 5, 3)
		   mipmapLevel:0
		     withBytes:texels
		   bytesPerRow:sizeof(texels[0])];
	assert_true(bytes[align] == 0xee && bytes[align + 2 * pitch + 19] == 0xee && bytes[align + 20] != 0xee);
	[texture getBytes:check
		  bytesPerRow:sizeof(check[0])
		bytesPerImage:sizeof(check)
		   fromRegion:MTLRegionMake2D(0, 0, 16, 8)
		  mipmapLevel:0
			slice:0];
	assert_memory_equal(check[1], texels, 20);
	assert_int_equal(messages.count, 0);
	[buffer release];
	assert_int_equal([texture.buffer length], align + pitch * 8);
	[texture release];
	[d release];
	[device release];
}

static void textures_have_their_properties(void **state) {
	(void)state;
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	MTLTextureDescriptor *d = [MTLTextureDescriptor texture2DDescriptorWithPixelFormat:MTLPixelFormatBGRA8Unorm
										     width:33
										    height:17
										 mipmapped:NO];
	id<MTLTexture> t = [device newTextureWithDescriptor:d];
	assert_int_equal(tongs_handle_kind(t), TONGS_KIND_TEXTURE);
	assert_true(t.textureType == MTLTextureType2D && t.pixelFormat == MTLPixelFormatBGRA8Unorm);
	assert_true(t.width == 33 && t.height == 17 && t.depth == 1);
	assert_true(t.mipmapLevelCount == 1 && t.sampleCount == 1 && t.arrayLength == 1);
	assert_int_equal(t.usage, d.usage);
	assert_int_equal(t.allowGPUOptimizedContents, d.allowGPUOptimizedContents);
	assert_int_equal(t.compressionType, d.compressionType);
	MTLTextureSwizzleChannels swizzle = t.swizzle;
	assert_true(swizzle.red == MTLTextureSwizzleRed && swizzle.alpha == MTLTextureSwizzleAlpha);
	assert_true(
		t.rootResource == nil && t.parentTexture == nil && t.buffer == nil && t.remoteStorageTexture == nil);
	assert_true(t.parentRelativeLevel == 0 && t.parentRelativeSlice == 0);
	assert_true(t.bufferOffset == 0 && t.bufferBytesPerRow == 0);
	assert_true(t.iosurface == NULL && t.iosurfacePlane == 0);
	assert_false(t.isShareable || t.isFramebufferOnly || t.isSparse);
	assert_true(t.firstMipmapInTail == 0 && t.tailSizeInBytes == 0);
	assert_non_null(strstr(text([(TongsObject *)t description]), "33 x 17"));

	uint32_t in[17][33], out[17][33];
	for (uint32_t i = 0; i < 17 * 33; i++)
		in[i / 33][i % 33] = i * 2654435761u;
	[t replaceRegion:MTLRegionMake2D(0, 0, 33, 17)
		  mipmapLevel:0
			slice:0
		    withBytes:in
		  bytesPerRow:sizeof(in[0])
		bytesPerImage:sizeof(in)];
	[t getBytes:out bytesPerRow:sizeof(out[0]) fromRegion:MTLRegionMake2D(0, 0, 33, 17) mipmapLevel:0];
	assert_memory_equal(in, out, sizeof(in));
	assert_int_equal(messages.count, 0);
	[t getBytes:out bytesPerRow:sizeof(out[0]) fromRegion:MTLRegionMake2D(1, 0, 33, 17) mipmapLevel:0];
	assert_int_equal(messages.count, 1);
	assert_memory_equal(in, out, sizeof(in));
	[t release];
	[d release];
	[device release];
}

static void views_show_textures(void **state) {
	(void)state;
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	MTLTextureDescriptor *d = [MTLTextureDescriptor textureCubeDescriptorWithPixelFormat:MTLPixelFormatRGBA8Unorm
											size:8
										   mipmapped:YES];
	assert_true(d.textureType == MTLTextureTypeCube && d.mipmapLevelCount == 4);
	d.usage = MTLTextureUsageShaderRead | MTLTextureUsagePixelFormatView;
	d.swizzle = MTLTextureSwizzleChannelsMake(
		MTLTextureSwizzleBlue, MTLTextureSwizzleGreen, MTLTextureSwizzleRed, MTLTextureSwizzleOne);
	id<MTLTexture> cube = [device newTextureWithDescriptor:d];
	assert_true(cube.textureType == MTLTextureTypeCube && cube.arrayLength == 1 && cube.mipmapLevelCount == 4);
	const uint32_t face[2][2] = {{1, 2}, {3, 4}};
	[cube replaceRegion:MTLRegionMake2D(0, 0, 2, 2)
		  mipmapLevel:2
			slice:5
		    withBytes:face
		  bytesPerRow:sizeof(face[0])
		bytesPerImage:0];

	id<MTLTexture> whole = [cube newTextureViewWithPixelFormat:MTLPixelFormatRGBA8Unorm_sRGB];
	assert_true(whole.textureType == MTLTextureTypeCube && whole.pixelFormat == MTLPixelFormatRGBA8Unorm_sRGB);
	assert_true(whole.mipmapLevelCount == 4 && whole.arrayLength == 1 && whole.width == 8);
	assert_ptr_equal(whole.parentTexture, cube);
	assert_true(whole.swizzle.red == MTLTextureSwizzleBlue && whole.swizzle.alpha == MTLTextureSwizzleOne);

	id<MTLTexture> faces = [cube newTextureViewWithPixelFormat:MTLPixelFormatR32Uint
						       textureType:MTLTextureType2DArray
							    levels:NSMakeRange(1, 2)
							    slices:NSMakeRange(4, 2)];
	assert_true(faces.arrayLength == 2 && faces.mipmapLevelCount == 2 && faces.width == 4);
	assert_true(faces.parentRelativeLevel == 1 && faces.parentRelativeSlice == 4);
	assert_true(faces.swizzle.red == MTLTextureSwizzleBlue);

	id<MTLTexture> last = [faces newTextureViewWithPixelFormat:MTLPixelFormatRGBA8Unorm
						       textureType:MTLTextureType2D
							    levels:NSMakeRange(1, 1)
							    slices:NSMakeRange(1, 1)
							   swizzle:MTLTextureSwizzleChannelsDefault];
	assert_true(last.swizzle.red == MTLTextureSwizzleRed && last.parentRelativeSlice == 1);
	assert_ptr_equal(last.parentTexture, faces);
	assert_ptr_equal(last.rootResource, cube);
	[faces release];
	[whole release];
	[cube release];
	uint32_t texels[2][2];
	[last getBytes:texels bytesPerRow:sizeof(texels[0]) fromRegion:MTLRegionMake2D(0, 0, 2, 2) mipmapLevel:0];
	assert_memory_equal(texels, face, sizeof(face));
	assert_int_equal(messages.count, 0);
	assert_null([last newTextureViewWithPixelFormat:MTLPixelFormatR8Unorm]);
	assert_true(was_logged("R8Unorm"));
	[last release];
	[d release];
	[device release];
}

static void heaps_place_resources(void **state) {
	(void)state;
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	MTLTextureDescriptor *t = [MTLTextureDescriptor texture2DDescriptorWithPixelFormat:MTLPixelFormatRGBA8Unorm
										     width:64
										    height:64
										 mipmapped:NO];
	MTLSizeAndAlign texture_needs = [device heapTextureSizeAndAlignWithDescriptor:t];
	MTLSizeAndAlign buffer_needs = [device heapBufferSizeAndAlignWithLength:1000 options:0];
	assert_true(texture_needs.size >= 64 * 64 * 4 && texture_needs.align > 0);
	assert_true(buffer_needs.size >= 1000 && buffer_needs.align > 0);
	NSUInteger at = (buffer_needs.size + texture_needs.align - 1) / texture_needs.align * texture_needs.align;
	MTLHeapDescriptor *d = [MTLHeapDescriptor new];
	NSUInteger size = at + texture_needs.size;
	d.size = size;
	d.type = MTLHeapTypePlacement;
	d.storageMode = MTLStorageModeShared;
	id<MTLHeap> heap = [device newHeapWithDescriptor:d];
	struct tongs_heap *c = (struct tongs_heap *)heap;
	assert_int_equal(tongs_handle_kind(heap), TONGS_KIND_HEAP);
	assert_true(heap.type == MTLHeapTypePlacement && heap.size >= d.size);
	assert_true(heap.storageMode == MTLStorageModeShared && heap.cpuCacheMode == MTLCPUCacheModeDefaultCache);
	assert_int_equal(heap.resourceOptions, tongs_heap_get_resource_options(c));
	assert_int_equal(heap.hazardTrackingMode,
		(heap.resourceOptions & MTLResourceHazardTrackingModeMask) >> MTLResourceHazardTrackingModeShift);
	assert_ptr_equal(heap.device, device);
	assert_int_equal(heap.usedSize, tongs_heap_get_used_size(c));
	assert_int_equal(heap.currentAllocatedSize, tongs_heap_get_current_allocated_size(c));
	assert_int_equal([heap maxAvailableSizeWithAlignment:256], tongs_heap_get_max_available_size(c, 256));
	assert_int_equal([heap setPurgeableState:MTLPurgeableStateKeepCurrent], MTLPurgeableStateNonVolatile);
	assert_null(heap.label);
	heap.label = (NSString *)(id) @"a heap";
	assert_string_equal(text(heap.label), "a heap");
	assert_non_null(strstr(text([(TongsObject *)heap description]), "a heap"));

	id<MTLBuffer> buffer = [heap newBufferWithLength:1000 options:MTLResourceStorageModeShared offset:0];
	id<MTLTexture> texture = [heap newTextureWithDescriptor:t offset:at];
	assert_ptr_equal(buffer.heap, heap);
	assert_int_equal(texture.heapOffset, at);
	[buffer makeAliasable];
	assert_int_equal([buffer isAliasable],
		tongs_resource_is_aliasable(tongs_buffer_get_resource((struct tongs_buffer *)buffer)));
	assert_int_equal(messages.count, 0);
	assert_null([heap newBufferWithLength:1000 options:MTLResourceStorageModeShared offset:heap.size]);
	assert_int_equal(messages.count, 1);
	[texture release];
	[buffer release];
	[heap release];

	d.type = MTLHeapTypeAutomatic;
	d.size = 1 << 20;
	heap = [device newHeapWithDescriptor:d];
	buffer = [heap newBufferWithLength:1000 options:MTLResourceStorageModeShared];
	texture = [heap newTextureWithDescriptor:t];
	assert_ptr_equal(buffer.heap, heap);
	assert_ptr_equal(texture.heap, heap);
	assert_true(heap.usedSize >= 1000 + 64 * 64 * 4);
	[heap release];
	assert_int_equal([texture.heap size], [buffer.heap size]);
	[texture release];
	[buffer release];
	[t release];
	[d release];
	[device release];
}

static void labels_take_constant_strings(void **state) {
	(void)state;
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	id<MTLBuffer> buffer = [device newBufferWithLength:16 options:0];
	assert_null(buffer.label);
	buffer.label = (NSString *)(id) @"constant";
	NSString *label = buffer.label;
	assert_string_equal(text(label), "constant");
	assert_int_equal([label length], 8);
	assert_int_equal([label characterAtIndex:2], 'n');
	assert_true([label isEqual:(id) @"constant"] && [label isEqualToString:label]);
	assert_false([label isEqual:(id) @"other"] || [label isEqual:device] || [label isEqual:nil]);
	assert_ptr_equal([[label retain] autorelease], label);
	[label release];
	[label release];
	assert_int_equal([label retainCount], 1);
	assert_ptr_equal([(id<NSCopying>)label copyWithZone:NULL], label);
	assert_ptr_equal([label description], label);
	assert_int_equal([label hash], [buffer.label hash]);
	assert_string_equal([(NXConstantString *)(id)label cString], "constant");
	buffer.label = nil;
	assert_null(buffer.label);
	[buffer release];
	[device release];
}

static void devices_are_enumerated(void **state) {
	(void)state;
	NSArray *all = MTLCopyAllDevices();
	NSUInteger count = 0;
	for (id<MTLDevice> device in all) {
		assert_ptr_equal(device, [all objectAtIndex:count]);
		assert_ptr_equal(device, [all objectAtIndexedSubscript:count]);
		assert_true([device conformsToProtocol:@protocol(MTLDevice)]);
		count++;
	}
	assert_true(count > 0 && count == [all count]);
	assert_ptr_equal([all lastObject], [all objectAtIndex:count - 1]);
	assert_ptr_equal([all firstObject], [all objectAtIndex:0]);
	assert_non_null(strstr(text([all description]), "TongsArray"));
	assert_ptr_equal([all retain], all);
	assert_int_equal([all retainCount], 2);
	[all release];
	assert_ptr_equal([(id<NSCopying>)all copyWithZone:NULL], all);
	[all release];
	[all release];
}

static unsigned count_unreached(Class class, const char *name) {
	unsigned count, unreached = 0;
	struct objc_method **methods = class_copyMethodList(class, &count);
	assert_true(count > 0);
	for (unsigned i = 0; i < count; i++) {
		int is_hidden = class_getInstanceMethod(class, method_getName(methods[i])) != methods[i];
		if (is_hidden || was_reached(methods[i]))
			continue;
		unreached++;
		printf("# %c[%s %s] was never sent\n", class_isMetaClass(class) ? '+' : '-', name,
			sel_getName(method_getName(methods[i])));
	}
	free(methods);
	return unreached;
}

static void every_method_was_sent(void **state) {
	(void)state;
	static const char *const names[] = {"TongsDevice", "TongsHeap", "TongsResource", "TongsBuffer", "TongsTexture",
		"MTLTextureDescriptor", "MTLHeapDescriptor", "TongsString", "TongsArray", "TongsObject"};
	unsigned unreached = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unreached += count_unreached(objc_lookUpClass(names[i]), names[i]);
	static const char *const with_class_methods[] = {"MTLTextureDescriptor", "MTLHeapDescriptor", "TongsObject"};
	for (size_t i = 0; i < sizeof(with_class_methods) / sizeof(with_class_methods[0]); i++)
		unreached += count_unreached(
			object_getClass((id)objc_lookUpClass(with_class_methods[i])), with_class_methods[i]);
	assert_int_equal(unreached, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, hear_messages)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(objects_keep_the_promises_of_nsobject),
		TEST(classes_are_objects_too),
		TEST(unknown_selectors_are_reported_and_return_zero),
		TEST(texture_descriptor_keeps_its_properties),
		TEST(heap_descriptor_keeps_its_properties),
		TEST(convenience_constructors_fill_in),
		TEST(device_answers_as_the_c_interface_does),
		TEST(buffers_are_made_in_every_way),
		TEST(textures_over_buffers_are_the_buffers_bytes),
		TEST(textures_have_their_properties),
		TEST(views_show_textures),
		TEST(heaps_place_resources),
		TEST(labels_take_constant_strings),
		TEST(devices_are_enumerated),
		TEST(every_method_was_sent),
	};
	return cmocka_run_group_tests_name("objc without Foundation", tests, NULL, NULL);
}
