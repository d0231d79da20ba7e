/* SPDX-License-Identifier: MIT */
/* An Objective-C program without Foundation that sends every message in the tables, and checks that at the end. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <objc/NXConstStr.h>
#include <objc/message.h>
#include <objc/runtime.h>
#import <IOSurface/IOSurface.h>
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
	/* Driver memory always is. */
	assert_int_equal(t.isShareable, tongs_texture_is_shareable((struct tongs_texture *)t));
	assert_false(t.isFramebufferOnly || t.isSparse);
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
	if (texture)
		assert_int_equal(texture.heapOffset, at);
	else
		assert_true(was_logged("no offset in a placement heap: use an automatic heap"));
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

static unsigned calls;

static void called(void *block, id<MTLSharedEvent> event, uint64_t value) {
	(void)block;
	__atomic_add_fetch(&calls, event.signaledValue >= value && value >= 4 ? 1 : 100, __ATOMIC_SEQ_CST);
}

/* As clang compiles a block that captures nothing. */
static struct {
	void *isa;
	int flags, reserved;
	void (*invoke)(void *block, id<MTLSharedEvent> event, uint64_t value);
} block = {NULL, 1 << 28, 0, called};

static void shared_events_are_signaled_and_waited_for(void **state) {
	(void)state;
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	id<MTLSharedEvent> event = [device newSharedEvent];
	assert_int_equal(tongs_handle_kind(event), TONGS_KIND_SHARED_EVENT);
	assert_true([event conformsToProtocol:@protocol(MTLSharedEvent)]);
	assert_true([event conformsToProtocol:@protocol(MTLEvent)]);
	assert_ptr_equal(event.device, device);
	assert_int_equal(event.signaledValue, 0);
	event.signaledValue = 4;
	event.signaledValue = 2;
	assert_int_equal(event.signaledValue, 4);
	assert_true([event waitUntilSignaledValue:4 timeoutMS:0]);
	assert_false([event waitUntilSignaledValue:5 timeoutMS:1]);
	event.label = (NSString *)(id) @"an event";
	assert_string_equal(text(event.label), "an event");
	assert_non_null(strstr(text([(TongsObject *)event description]), "signaledValue = 4"));

	MTLSharedEventHandle *handle = [event newSharedEventHandle];
	assert_string_equal(text(handle.label), "an event");
	id<MTLSharedEvent> same = [device newSharedEventWithHandle:handle];
	assert_ptr_equal(same, event);
	[same release];
	[handle release];

	MTLSharedEventListener *listener = [[MTLSharedEventListener alloc] init];
	assert_null(listener.dispatchQueue);
	calls = 0;
	[event notifyListener:listener atValue:4 block:(MTLSharedEventNotificationBlock)(void *)&block];
	[event notifyListener:listener atValue:6 block:(MTLSharedEventNotificationBlock)(void *)&block];
	event.signaledValue = 6;
	for (unsigned i = 0; i < 20000 && __atomic_load_n(&calls, __ATOMIC_SEQ_CST) < 2; i++)
		usleep(1000);
	assert_int_equal(calls, 2);
	assert_int_equal(messages.count, 0);

	/* What is none is refused. */
	[event notifyListener:(MTLSharedEventListener *)(id)device
		      atValue:1
			block:(MTLSharedEventNotificationBlock)(void *)&block];
	assert_int_equal(messages.count, 1);
	[event notifyListener:listener atValue:1 block:nil];
	assert_int_equal(messages.count, 2);
	assert_null([device newSharedEventWithHandle:(MTLSharedEventHandle *)(id)event]);
	assert_int_equal(messages.count, 3);
	assert_null([MTLSharedEventHandle alloc]);
	assert_int_equal(messages.count, 4);
	assert_null([[MTLSharedEventListener alloc] initWithDispatchQueue:nil]);
	assert_int_equal(messages.count, 5);
	assert_null([[MTLSharedEventListener alloc] initWithDispatchQueue:(id)device]);
	assert_int_equal(messages.count, 6);
	[(id)[device newEvent] release];
	[(id)[device newFence] release];
	[(id)[device newCommandQueue] release];
	[(id)[device newCommandQueueWithMaxCommandBufferCount:1] release];
	assert_int_equal(messages.count, 6);
	[listener release];
	[event release];
	[device release];
}

/* Objects that surfaces' properties are made of: not Foundation's, and of no class in common. */
MTL_ROOT_CLASS
@interface Number {
	Class isa;
	long long value;
}
+ (id)number:(long long)value;
- (unsigned long long)unsignedLongLongValue;
@end

@implementation Number
+ (id)number:(long long)value {
	Number *number = class_createInstance((Class)self, 0);
	number->value = value;
	return number;
}
- (unsigned long long)unsignedLongLongValue {
	return (unsigned long long)value;
}
@end

MTL_ROOT_CLASS
@interface IntNumber {
	Class isa;
	int value;
}
+ (id)number:(int)value;
- (int)intValue;
@end

@implementation IntNumber
+ (id)number:(int)value {
	IntNumber *number = class_createInstance((Class)self, 0);
	number->value = value;
	return number;
}
- (int)intValue {
	return value;
}
@end

enum { MOST_PAIRS = 8 };

MTL_ROOT_CLASS
@interface Pairs {
	Class isa;
	NSUInteger count;
	id objects[MOST_PAIRS];
	const void *keys[MOST_PAIRS];
}
+ (Pairs *)make;
- (Pairs *)set:(const void *)key to:(id)object;
- (id)objectForKey:(id)key;
- (id)objectAtIndex:(NSUInteger)index;
- (NSUInteger)count;
@end

/* What the cases below make and drop. */
static id made[256];
static size_t made_count;

static id keep(id object) {
	assert_true(made_count < 256);
	return made[made_count++] = object;
}

static void drop_all(void) {
	while (made_count)
		object_dispose(made[--made_count]);
}

@implementation Pairs
+ (Pairs *)make {
	return keep(class_createInstance((Class)self, 0));
}
- (Pairs *)set:(const void *)key to:(id)object {
	keys[count] = key;
	objects[count++] = object;
	return self;
}
- (id)objectForKey:(id)key {
	for (NSUInteger i = 0; i < count; i++)
		if (keys[i] && [(id)(uintptr_t)keys[i] isEqual:key])
			return objects[i];
	return nil;
}
- (id)objectAtIndex:(NSUInteger)index {
	return index < count ? objects[index] : nil;
}
- (NSUInteger)count {
	return count;
}
@end

static id number(long long value) {
	return keep([Number number:value]);
}

static Pairs *plane_properties(int width, int height, int bytes_per_element) {
	Pairs *plane = [Pairs make];
	[plane set:kIOSurfacePlaneWidth to:number(width)];
	[plane set:kIOSurfacePlaneHeight to:keep([IntNumber number:height])];
	[plane set:kIOSurfacePlaneBytesPerElement to:number(bytes_per_element)];
	return plane;
}

/* NV12: 22 x 14, with half as many pairs of chroma. */
static Pairs *planar_properties(void) {
	Pairs *planes = [[[Pairs make] set:NULL to:plane_properties(22, 14, 1)] set:NULL to:plane_properties(11, 7, 2)];
	Pairs *properties = [Pairs make];
	[properties set:kIOSurfacePixelFormat to:number(0x34323076)]; /* 420v */
	[properties set:kIOSurfacePlaneInfo to:planes];
	return properties;
}

static Pairs *bgra_properties(void) {
	Pairs *properties = [Pairs make];
	[properties set:kIOSurfaceWidth to:number(21)];
	[properties set:kIOSurfaceHeight to:number(13)];
	[properties set:kIOSurfaceBytesPerElement to:number(4)];
	[properties set:kIOSurfacePixelFormat to:number(0x42475241)];
	return properties;
}

static void surfaces_have_their_properties(void **state) {
	(void)state;
	IOSurface *surface = [[IOSurface alloc] initWithProperties:planar_properties()];
	assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_SURFACE);
	assert_ptr_equal([surface class], objc_lookUpClass("IOSurface"));
	assert_int_equal(surface.width, 22);
	assert_int_equal(surface.height, 14);
	assert_int_equal(surface.pixelFormat, 0x34323076);
	assert_int_equal(surface.planeCount, 2);
	assert_int_equal(surface.allocationSize, 8192);
	assert_int_equal(surface.bytesPerRow, 64);
	assert_int_equal(surface.bytesPerElement, 1);
	assert_int_equal(surface.elementWidth, 1);
	assert_int_equal(surface.elementHeight, 1);
	assert_int_equal([surface widthOfPlaneAtIndex:1], 11);
	assert_int_equal([surface heightOfPlaneAtIndex:1], 7);
	assert_int_equal([surface bytesPerRowOfPlaneAtIndex:1], 64);
	assert_int_equal([surface bytesPerElementOfPlaneAtIndex:1], 2);
	assert_int_equal([surface elementWidthOfPlaneAtIndex:1], 1);
	assert_int_equal([surface elementHeightOfPlaneAtIndex:1], 1);
	assert_ptr_equal([surface baseAddressOfPlaneAtIndex:0], surface.baseAddress);
	assert_ptr_equal([surface baseAddressOfPlaneAtIndex:1], (char *)surface.baseAddress + 4096);
	assert_false(surface.allowsPixelSizeCasting);
	assert_non_null(strstr(text([surface description]), "planeCount = 2"));

	uint32_t seed = 0;
	assert_int_equal([surface lockWithOptions:0 seed:&seed], kIOReturnSuccess);
	assert_int_equal(seed, surface.seed);
	assert_int_equal([surface unlockWithOptions:0 seed:NULL], kIOReturnSuccess);
	assert_int_equal(surface.seed, seed + 1);
	assert_false(surface.isInUse);
	[surface incrementUseCount];
	[surface incrementUseCount];
	[surface decrementUseCount];
	assert_true(surface.isInUse);
	assert_int_equal(surface.localUseCount, 1);
	IOSurfaceRef found = IOSurfaceLookup(surface.surfaceID);
	assert_ptr_equal(found, surface);
	[(id)found release];
	assert_int_equal([surface retainCount], 1);

	/* Any string is a key; the surface keeps the object. */
	MTLHeapDescriptor *attached = [MTLHeapDescriptor new];
	[surface setAttachment:attached forKey:(NSString *)(id) @"name"];
	assert_int_equal([attached retainCount], 2);
	assert_ptr_equal([surface attachmentForKey:(NSString *)(id) @"name"], attached);
	assert_int_equal([attached retainCount], 2);
	assert_null([surface attachmentForKey:(NSString *)(id) @"other"]);
	[surface removeAttachmentForKey:(NSString *)(id) @"name"];
	assert_int_equal([attached retainCount], 1);
	[surface setAttachment:attached forKey:(NSString *)(id) @"name"];
	[surface setAttachment:attached forKey:(NSString *)kIOSurfaceName];
	[surface removeAllAttachments];
	assert_int_equal([attached retainCount], 1);
	[surface setAttachment:attached forKey:IOSurfacePropertyKeyName];
	assert_int_equal(messages.count, 0);
	[surface release];
	assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_NONE);
	assert_int_equal([attached retainCount], 1);
	[attached release];
	drop_all();
}

static void the_c_functions_are_the_class(void **state) {
	(void)state;
	IOSurfaceRef ref = IOSurfaceCreate((CFDictionaryRef)(void *)planar_properties());
	IOSurface *surface = (IOSurface *)ref;
	assert_non_null(ref);
	assert_int_equal(IOSurfaceGetID(ref), surface.surfaceID);
	assert_int_equal(IOSurfaceGetAllocSize(ref), 8192);
	assert_int_equal(IOSurfaceGetWidth(ref), 22);
	assert_int_equal(IOSurfaceGetHeight(ref), 14);
	assert_int_equal(IOSurfaceGetBytesPerElement(ref), 1);
	assert_int_equal(IOSurfaceGetBytesPerRow(ref), 64);
	assert_int_equal(IOSurfaceGetElementWidth(ref), 1);
	assert_int_equal(IOSurfaceGetElementHeight(ref), 1);
	assert_ptr_equal(IOSurfaceGetBaseAddress(ref), surface.baseAddress);
	assert_int_equal(IOSurfaceGetPixelFormat(ref), 0x34323076);
	assert_int_equal(IOSurfaceGetPlaneCount(ref), 2);
	assert_int_equal(IOSurfaceGetWidthOfPlane(ref, 1), 11);
	assert_int_equal(IOSurfaceGetHeightOfPlane(ref, 1), 7);
	assert_int_equal(IOSurfaceGetBytesPerElementOfPlane(ref, 1), 2);
	assert_int_equal(IOSurfaceGetBytesPerRowOfPlane(ref, 1), 64);
	assert_int_equal(IOSurfaceGetElementWidthOfPlane(ref, 1), 1);
	assert_int_equal(IOSurfaceGetElementHeightOfPlane(ref, 1), 1);
	assert_ptr_equal(IOSurfaceGetBaseAddressOfPlane(ref, 1), [surface baseAddressOfPlaneAtIndex:1]);
	uint32_t seed = 7;
	assert_int_equal(IOSurfaceGetSeed(ref), 0);
	assert_int_equal(IOSurfaceLock(ref, kIOSurfaceLockReadOnly | kIOSurfaceLockAvoidSync, NULL), kIOReturnSuccess);
	assert_int_equal(IOSurfaceLock(ref, 0, &seed), kIOReturnSuccess);
	assert_int_equal(seed, 0);
	assert_int_equal(IOSurfaceUnlock(ref, 0, &seed), kIOReturnSuccess);
	assert_int_equal(seed, 1);
	assert_int_equal(IOSurfaceUnlock(ref, kIOSurfaceLockReadOnly, &seed), kIOReturnSuccess);
	assert_int_equal(seed, 1);
	IOSurfaceIncrementUseCount(ref);
	assert_int_equal(IOSurfaceGetUseCount(ref), 1);
	assert_true(IOSurfaceIsInUse(ref));
	IOSurfaceDecrementUseCount(ref);
	assert_false(IOSurfaceIsInUse(ref));
	assert_false(IOSurfaceAllowsPixelSizeCasting(ref));

	MTLHeapDescriptor *value = [MTLHeapDescriptor new];
	IOSurfaceSetValue(ref, kIOSurfaceName, (CFTypeRef)value);
	/* The same name in another class of strings. */
	CFTypeRef copied = IOSurfaceCopyValue(ref, (CFStringRef)(void *)@"IOSurfaceName");
	assert_ptr_equal(copied, value);
	assert_int_equal([value retainCount], 3);
	[value release];
	IOSurfaceRemoveValue(ref, kIOSurfaceName);
	assert_null(IOSurfaceCopyValue(ref, kIOSurfaceName));
	IOSurfaceSetValue(ref, kIOSurfaceName, (CFTypeRef)value);
	IOSurfaceRemoveAllValues(ref);
	assert_int_equal([value retainCount], 1);

	assert_int_equal(IOSurfaceGetPropertyAlignment(kIOSurfaceBytesPerRow), 64);
	assert_int_equal(IOSurfaceGetPropertyAlignment(kIOSurfacePlaneOffset), 4096);
	assert_int_equal(IOSurfaceGetPropertyAlignment(kIOSurfacePlaneSize), 4096);
	assert_int_equal(IOSurfaceGetPropertyAlignment(kIOSurfaceWidth), 1);
	assert_int_equal(IOSurfaceGetPropertyAlignment((CFStringRef)(void *)@"unknown"), 1);
	assert_int_equal(IOSurfaceGetPropertyMaximum(kIOSurfacePlaneHeight), 16384);
	assert_int_equal(IOSurfaceGetPropertyMaximum(kIOSurfaceBytesPerRow), 0);
	assert_int_equal(IOSurfaceAlignProperty(kIOSurfacePlaneBytesPerRow, 65), 128);
	assert_int_equal(IOSurfaceAlignProperty(kIOSurfaceAllocSize, SIZE_MAX), 0);
	assert_int_equal(messages.count, 0);
	[surface release];
	[value release];
	drop_all();
}

/* Each message below is the first to its constant. */
static void keys_are_strings(void **state) {
	(void)state;
	assert_string_equal([(NSString *)kIOSurfaceOffset UTF8String], "IOSurfaceOffset");
	assert_int_equal([(NSString *)kIOSurfaceElementWidth length], 21);
	assert_int_equal([(NSString *)kIOSurfaceElementHeight characterAtIndex:2], 'S');
	assert_true([(id)kIOSurfaceCacheMode isEqual:@"IOSurfaceCacheMode"]);
	assert_false([(id)kIOSurfaceIsGlobal isEqual:@"IOSurfaceCacheMode"]);
	assert_ptr_equal([(id)kIOSurfacePlaneSize retain], kIOSurfacePlaneSize);
	[(id)kIOSurfacePlaneSize release];
	assert_ptr_equal([(id)kIOSurfacePixelSizeCastingAllowed copyWithZone:NULL], kIOSurfacePixelSizeCastingAllowed);
	assert_true([(id)kIOSurfacePlaneOffset isKindOfClass:[TongsObject class]]);
	assert_ptr_equal((const void *)IOSurfacePropertyKeyPlaneElementWidth, kIOSurfacePlaneElementWidth);
	assert_int_equal(messages.count, 0);
	[(id)kIOSurfacePlaneElementHeight performSelector:@selector(nobodyHasThis)];
	assert_true(was_logged("unrecognized selector"));
}

static void surfaces_refuse_what_they_must(void **state) {
	(void)state;
	IOSurfaceRef ref = IOSurfaceCreate((CFDictionaryRef)(void *)bgra_properties());
	IOSurface *surface = (IOSurface *)ref;
#define REFUSED(call, result, message) \
	assert_true((call) == (result)); \
	assert_true(was_logged(message))
	REFUSED(IOSurfaceCreate(NULL), NULL, "the dictionary is nil");
	REFUSED(IOSurfaceCreate((CFDictionaryRef)(void *)surface), NULL, "objectForKey:");
	REFUSED([[IOSurface alloc] initWithProperties:[Pairs make]], nil, "neither width and height");
	REFUSED([[IOSurface alloc] initWithProperties:[[Pairs make] set:kIOSurfaceWidth to:(id)surface]], nil,
		"must be a number");
	REFUSED([[IOSurface alloc] initWithProperties:[[Pairs make] set:kIOSurfaceIsGlobal to:(id)surface]], nil,
		"IOSurfaceIsGlobal");
	REFUSED([[IOSurface alloc] initWithProperties:[[Pairs make] set:kIOSurfaceWidth to:number(-1)]], nil,
		"must be a number");
	REFUSED([[IOSurface alloc] initWithProperties:[[Pairs make] set:kIOSurfaceWidth
								     to:keep([IntNumber number:-1])]],
		nil, "must be a number");
	REFUSED([[IOSurface alloc] initWithProperties:[[Pairs make] set:kIOSurfacePixelFormat to:number(1LL << 32)]],
		nil, "four characters");
	REFUSED([[IOSurface alloc] initWithProperties:[[Pairs make] set:kIOSurfacePlaneInfo to:(id)surface]], nil,
		"pass an array");
	Pairs *one = [[Pairs make] set:NULL to:(id)surface], *many = [Pairs make];
	REFUSED([[IOSurface alloc] initWithProperties:[[Pairs make] set:kIOSurfacePlaneInfo to:(id)one]], nil,
		"a plane of IOSurfacePlaneInfo is of class IOSurface");
	for (int i = 0; i < 5; i++)
		[many set:NULL to:plane_properties(1, 1, 1)];
	REFUSED([[IOSurface alloc] initWithProperties:[[Pairs make] set:kIOSurfacePlaneInfo to:(id)many]], nil,
		"up to 4");
	REFUSED([[IOSurface alloc] init], nil, "use initWithProperties:");
	REFUSED([IOSurface new], nil, "use initWithProperties:");
	assert_int_equal([surface retainCount], 1);
	[surface retain];
	REFUSED([surface initWithProperties:bgra_properties()], nil, "has its properties already");
	assert_int_equal([surface retainCount], 1);
	/* One without properties has nothing, and does no harm. */
	IOSurface *empty = [IOSurface alloc];
	assert_int_equal(empty.width, 0);
	assert_null(empty.baseAddress);
	assert_int_equal(empty.surfaceID, 0);
	assert_int_equal([empty lockWithOptions:0 seed:NULL], kIOReturnSuccess);
	[empty release];

	REFUSED(IOSurfaceGetWidth(NULL), 0, "IOSurfaceGetWidth: ");
	REFUSED(IOSurfaceGetWidth((IOSurfaceRef)(void *)&messages), 0, "is not a live Metal object");
	REFUSED(IOSurfaceLock(NULL, 0, NULL), kIOReturnBadArgument, "IOSurfaceLock: ");
	REFUSED(IOSurfaceLock(ref, 4, NULL), kIOReturnBadArgument, "0x4 are no IOSurfaceLockOptions");
	REFUSED(IOSurfaceUnlock(ref, 8, NULL), kIOReturnBadArgument, "0x8 are no IOSurfaceLockOptions");
	REFUSED(IOSurfaceUnlock(ref, 0, NULL), kIOReturnNotOpen, "without a lock");
	REFUSED(IOSurfaceGetBytesPerRowOfPlane(ref, 1), 0, "no plane 1");
	REFUSED([surface widthOfPlaneAtIndex:1], 0, "no plane 1");
	REFUSED(IOSurfaceGetBaseAddressOfPlane(ref, 1), NULL, "no plane 1");
	REFUSED(IOSurfaceCopyValue(ref, NULL), NULL, "is nil");
	REFUSED(IOSurfaceCopyValue(ref, (CFStringRef)(void *)surface), NULL, "is not a string");
	[surface setAttachment:nil forKey:(NSString *)kIOSurfaceName];
	assert_true(was_logged("remove it instead"));
	[surface setAttachment:(id)surface forKey:nil];
	assert_true(was_logged("the key of a value is nil"));
	assert_int_equal([surface retainCount], 1);
	[surface release];
	REFUSED(IOSurfaceGetID(ref), 0, "an IOSurface whose last reference was released");
	drop_all();
}

static void textures_show_surfaces(void **state) {
	(void)state;
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	/* The default pitch of a surface is lavapipe's. */
	NSUInteger pitch = [device minimumLinearTextureAlignmentForPixelFormat:MTLPixelFormatRG8Unorm];
	pitch = pitch > 64 ? pitch : 64;
	Pairs *chroma = plane_properties(11, 7, 2);
	[chroma set:kIOSurfacePlaneBytesPerRow to:number((long long)pitch)];
	Pairs *planes = [[[Pairs make] set:NULL to:plane_properties(22, 14, 1)] set:NULL to:chroma];
	IOSurfaceRef surface = IOSurfaceCreate((CFDictionaryRef)(void *)[[Pairs make] set:kIOSurfacePlaneInfo
										       to:planes]);
	MTLTextureDescriptor *d = [MTLTextureDescriptor texture2DDescriptorWithPixelFormat:MTLPixelFormatRG8Unorm
										     width:11
										    height:7
										 mipmapped:NO];
	id<MTLTexture> texture = [device newTextureWithDescriptor:d iosurface:surface plane:1];
	assert_non_null(texture);
	assert_ptr_equal(texture.iosurface, surface);
	assert_int_equal(texture.iosurfacePlane, 1);
	assert_int_equal([(id)surface retainCount], 2);
	uint8_t *base = IOSurfaceGetBaseAddressOfPlane(surface, 1), texels[7][11][2];
	base[pitch * 6 + 20] = 17;
	base[pitch * 6 + 21] = 34;
	[texture getBytes:texels bytesPerRow:22 fromRegion:MTLRegionMake2D(0, 0, 11, 7) mipmapLevel:0];
	assert_int_equal(texels[6][10][0], 17);
	assert_int_equal(texels[6][10][1], 34);
	texels[3][4][1] = 200;
	[texture replaceRegion:MTLRegionMake2D(0, 0, 11, 7) mipmapLevel:0 withBytes:texels bytesPerRow:22];
	assert_int_equal(base[pitch * 3 + 9], 200);
	assert_int_equal(messages.count, 0);
	assert_null([device newTextureWithDescriptor:d iosurface:surface plane:0]);
	assert_true(was_logged("must have as many bytes"));
	assert_null([device newTextureWithDescriptor:d iosurface:surface plane:2]);
	assert_true(was_logged("no plane 2"));
	assert_null([device newTextureWithDescriptor:d iosurface:NULL plane:0]);
	assert_true(was_logged("is not an IOSurface"));
	assert_null([device newTextureWithDescriptor:d iosurface:(IOSurfaceRef)(void *)device plane:0]);
	assert_true(was_logged("is not an IOSurface"));
	assert_null([device newTextureWithDescriptor:nil iosurface:surface plane:0]);
	assert_true(was_logged("is not an MTLTextureDescriptor"));
	[(id)surface release];
	assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_SURFACE);
	[texture release];
	assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_NONE);
	[d release];
	[device release];
	drop_all();
}

static void shared_textures_have_handles(void **state) {
	(void)state;
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	MTLTextureDescriptor *descriptor =
		[MTLTextureDescriptor texture2DDescriptorWithPixelFormat:MTLPixelFormatRGBA8Unorm
								   width:4
								  height:2
							       mipmapped:NO];
	id<MTLTexture> texture = [device newSharedTextureWithDescriptor:descriptor];
	assert_int_equal(tongs_handle_kind(texture), TONGS_KIND_TEXTURE);
	assert_true(texture.shareable);
	texture.label = (NSString *)(id) @"shared";
	MTLSharedTextureHandle *handle = [texture newSharedTextureHandle];
	assert_int_equal(tongs_handle_kind(handle), TONGS_KIND_SHARED_TEXTURE_HANDLE);
	assert_ptr_equal(handle.device, device);
	assert_string_equal(text(handle.label), "shared");
	id<MTLTexture> same = [device newSharedTextureWithHandle:handle];
	assert_ptr_equal(same, texture);
	[same release];

	/* Another texture over the same texels, as in another process. */
	int ends[2];
	uint32_t texels[8] = {1, 2, 3, 4, 5, 6, 7, 8}, got[8] = {0};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_true(tongs_handle_send(ends[0], handle));
	MTLSharedTextureHandle *other = tongs_handle_receive(ends[1], NULL);
	assert_string_equal(text(other.label), "shared");
	id<MTLTexture> received = [other.device newSharedTextureWithHandle:other];
	assert_ptr_not_equal(received, texture);
	[texture replaceRegion:MTLRegionMake2D(0, 0, 4, 2) mipmapLevel:0 withBytes:texels bytesPerRow:16];
	[received getBytes:got bytesPerRow:16 fromRegion:MTLRegionMake2D(0, 0, 4, 2) mipmapLevel:0];
	assert_memory_equal(got, texels, sizeof(texels));
	close(ends[0]);
	close(ends[1]);
	[received release];
	[other release];
	assert_int_equal(messages.count, 0);

	assert_null([device newSharedTextureWithHandle:(MTLSharedTextureHandle *)(id)texture]);
	assert_int_equal(messages.count, 1);
	id<MTLTexture> view = [texture newTextureViewWithPixelFormat:MTLPixelFormatRGBA8Unorm];
	assert_true(view.shareable);
	MTLSharedTextureHandle *view_handle = [view newSharedTextureHandle];
	assert_int_equal(tongs_handle_kind(view_handle), TONGS_KIND_SHARED_TEXTURE_HANDLE);
	id<MTLTexture> alone = [device newTextureWithDescriptor:descriptor];
	messages.count = 0;
	MTLSharedTextureHandle *alone_handle = [alone newSharedTextureHandle];
	if (alone.shareable)
		assert_non_null(alone_handle);
	else
		assert_null(alone_handle);
	assert_int_equal(messages.count, !alone.shareable);
	messages.count = 0;
	assert_null([MTLSharedTextureHandle alloc]);
	assert_int_equal(messages.count, 1);
	[alone_handle release];
	[alone release];
	[view_handle release];
	[view release];
	[handle release];
	[texture release];
	[descriptor release];
	[device release];
}

/* As the class and as the reference of the C functions. */
static void global_surfaces_are_sent(void **state) {
	(void)state;
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	Pairs *properties = planar_properties();
	[properties set:kIOSurfaceIsGlobal to:number(1)];
	IOSurface *surface = [[IOSurface alloc] initWithProperties:properties];
	IOSurfaceRef ref = IOSurfaceCreate((CFDictionaryRef)(void *)properties);
	assert_true(tongs_handle_send(ends[0], surface));
	assert_true(tongs_handle_send(ends[0], ref));
	[surface incrementUseCount];
	IOSurface *received = tongs_handle_receive(ends[1], NULL);
	IOSurfaceRef received_ref = tongs_handle_receive(ends[1], NULL);
	assert_ptr_equal([received class], objc_lookUpClass("IOSurface"));
	assert_int_equal(received.pixelFormat, 0x34323076);
	assert_int_equal([received widthOfPlaneAtIndex:1], 11);
	assert_int_equal([received bytesPerRowOfPlaneAtIndex:1], 64);
	assert_int_not_equal(received.surfaceID, surface.surfaceID);
	assert_true(received.isInUse && received.localUseCount == 0);
	assert_false(IOSurfaceIsInUse(received_ref));
	memset([surface baseAddressOfPlaneAtIndex:1], 77, 64 * 7);
	assert_int_equal(((unsigned char *)[received baseAddressOfPlaneAtIndex:1])[64 * 7 - 1], 77);
	assert_int_equal(IOSurfaceLock(received_ref, 0, NULL), kIOReturnSuccess);
	assert_int_equal(IOSurfaceUnlock(received_ref, 0, NULL), kIOReturnSuccess);
	assert_int_equal(IOSurfaceGetSeed(ref), 1);
	assert_int_equal(messages.count, 0);
	[surface release];
	[received release];
	[(id)ref release];
	[(id)received_ref release];
	close(ends[0]);
	close(ends[1]);
	drop_all();
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

static void device_has_limits(void **state) {
	(void)state;
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	assert_string_equal(text(device.architecture.name), text(device.name));
	const MTLSize threads = device.maxThreadsPerThreadgroup;
	assert_true(threads.width >= 128 && threads.height >= 128 && threads.depth >= 64);
	assert_true(device.maxThreadgroupMemoryLength >= 16384);
	assert_int_equal(device.maximumConcurrentCompilationTaskCount, 1);
	assert_true([device supportsVertexAmplificationCount:1]);
	assert_false([device supportsVertexAmplificationCount:0] || [device supportsVertexAmplificationCount:2]);
	assert_int_equal([device.counterSets count], 0);
	MTLTimestamp cpu = 0, gpu = 0;
	[device sampleTimestamps:&cpu gpuTimestamp:&gpu];
	MTLTimestamp later = 0;
	[device sampleTimestamps:NULL gpuTimestamp:&later];
	assert_true(cpu > 0 && cpu == gpu && later >= gpu && later - gpu < 60000000000u);
	[device release];
	assert_int_equal(messages.count, 0);
}

static void samples_have_default_positions(void **state) {
	(void)state;
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	MTLSamplePosition positions[17];
	for (NSUInteger count = 1; count <= 16; count *= 2) {
		float x = 0, y = 0;
		memset(positions, 0x7f, sizeof(positions));
		[device getDefaultSamplePositions:positions count:count];
		for (NSUInteger i = 0; i < count; i++) {
			assert_true(
				positions[i].x >= 0 && positions[i].x < 1 && positions[i].y >= 0 && positions[i].y < 1);
			x += positions[i].x;
			y += positions[i].y;
			for (NSUInteger k = 0; k < i; k++)
				assert_true(positions[i].x != positions[k].x && positions[i].y != positions[k].y);
		}
		assert_true(x / (float)count >= 0.46f && x / (float)count <= 0.54f);
		assert_true(y / (float)count >= 0.46f && y / (float)count <= 0.54f);
		assert_true(positions[count].x > 1);
	}
	[device getDefaultSamplePositions:positions count:2];
	assert_true(positions[0].x == 0.75f && positions[1].y == 0.25f);
	assert_int_equal(messages.count, 0);
	[device getDefaultSamplePositions:positions count:3];
	assert_true(was_logged("getDefaultSamplePositions:count: there are no default positions of 3 samples"));
	[device getDefaultSamplePositions:NULL count:4];
	assert_true(was_logged("positions is NULL"));
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

static void find_answer(
	const char *owner, const char *selector, enum tongs_method_answer answer, const char *reason, void *user) {
	const char **wanted = user;
	(void)owner;
	(void)reason;
	if (*wanted && answer != TONGS_METHOD_WORKS && strcmp(selector, *wanted) == 0)
		*wanted = NULL;
}

/* Those that do not are sent by the test of selectors. */
static int works(const char *selector) {
	tongs_visit_methods(find_answer, &selector);
	return selector != NULL;
}

static unsigned count_unreached(Class class, const char *name) {
	unsigned count, unreached = 0;
	struct objc_method **methods = class_copyMethodList(class, &count);
	assert_true(count > 0);
	for (unsigned i = 0; i < count; i++) {
		int is_hidden = class_getInstanceMethod(class, method_getName(methods[i])) != methods[i];
		if (is_hidden || was_reached(methods[i]) || !works(sel_getName(method_getName(methods[i]))))
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
		"MTLTextureDescriptor", "MTLHeapDescriptor", "TongsSharedEvent", "MTLSharedEventListener",
		"MTLSharedEventHandle", "MTLSharedTextureHandle", "IOSurface", "TongsString", "TongsArray",
		"TongsObject"};
	unsigned unreached = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unreached += count_unreached(objc_lookUpClass(names[i]), names[i]);
	static const char *const with_class_methods[] = {"MTLTextureDescriptor", "MTLHeapDescriptor",
		"MTLSharedEventListener", "MTLSharedEventHandle", "MTLSharedTextureHandle", "IOSurface", "TongsObject"};
	for (size_t i = 0; i < sizeof(with_class_methods) / sizeof(with_class_methods[0]); i++)
		unreached += count_unreached(
			object_getClass((id)objc_lookUpClass(with_class_methods[i])), with_class_methods[i]);
	assert_int_equal(unreached, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, hear_messages)
#define DEVICE_TEST(name) cmocka_unit_test_setup(name, hear_messages_of_a_device)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(objects_keep_the_promises_of_nsobject),
		TEST(classes_are_objects_too),
		TEST(unknown_selectors_are_reported_and_return_zero),
		TEST(texture_descriptor_keeps_its_properties),
		TEST(heap_descriptor_keeps_its_properties),
		TEST(convenience_constructors_fill_in),
		DEVICE_TEST(device_answers_as_the_c_interface_does),
		DEVICE_TEST(buffers_are_made_in_every_way),
		DEVICE_TEST(textures_over_buffers_are_the_buffers_bytes),
		DEVICE_TEST(textures_have_their_properties),
		DEVICE_TEST(views_show_textures),
		DEVICE_TEST(heaps_place_resources),
		DEVICE_TEST(shared_events_are_signaled_and_waited_for),
		TEST(keys_are_strings),
		TEST(surfaces_have_their_properties),
		TEST(the_c_functions_are_the_class),
		TEST(surfaces_refuse_what_they_must),
		DEVICE_TEST(textures_show_surfaces),
		DEVICE_TEST(shared_textures_have_handles),
		TEST(global_surfaces_are_sent),
		DEVICE_TEST(labels_take_constant_strings),
		DEVICE_TEST(device_has_limits),
		DEVICE_TEST(samples_have_default_positions),
		DEVICE_TEST(devices_are_enumerated),
		TEST(every_method_was_sent),
	};
	return cmocka_run_group_tests_name("objc without Foundation", tests, NULL, NULL);
}
