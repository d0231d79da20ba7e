/* SPDX-License-Identifier: MIT */
/* Every method that <Metal/Metal.h> declares exists with the types that this compiler gave it, and vice versa: no class
 * has a method that the headers do not declare. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <objc/runtime.h>
#import <IOSurface/IOSurface.h>
#import <Metal/Metal.h>

#include "encodings.h"

struct method {
	const void *name; /* a SEL once the runtime has seen the protocol, text before that */
	const char *types;
};

struct method_list {
	int count;
	struct method methods[];
};

struct protocol {
	Class isa;
	const char *name;
	void *protocols;
	const struct method_list *methods;
	const struct method_list *class_methods;
};

static const char *method_name(const struct protocol *protocol, const struct method *method) {
	int seen = (uintptr_t)protocol->isa > 4096;
	return seen ? sel_getName((SEL)method->name) : (const char *)method->name;
}

static void assert_same_types(const char *name, const char *a, const char *b) {
	char normal_a[256], normal_b[256];
	normalize(a, normal_a);
	normalize(b, normal_b);
	if (strcmp(normal_a, normal_b) != 0)
		fail_msg("%s: %s here, %s there", name, a, b);
}

static int declares(const struct protocol *protocol, const char *name) {
	for (int i = 0; i < protocol->methods->count; i++)
		if (strcmp(method_name(protocol, &protocol->methods->methods[i]), name) == 0)
			return 1;
	return 0;
}

static void has_all(const struct protocol *protocol, Class class, const char *class_name) {
	for (int i = 0; i < protocol->methods->count; i++) {
		const struct method *method = &protocol->methods->methods[i];
		const char *name = method_name(protocol, method);
		struct objc_method *ours = class_getInstanceMethod(class, sel_registerName(name));
		if (!ours)
			fail_msg("%s has no %s", class_name, name);
		assert_same_types(name, method->types, method_getTypeEncoding(ours));
	}
}

/* `adopted`: another protocol, whose methods the class has, too; NULL: none. */
static void compare_with(Protocol *declared, Protocol *adopted, const char *class_name) {
	const struct protocol *protocol = (const struct protocol *)(const void *)declared;
	const struct protocol *other = (const struct protocol *)(const void *)adopted;
	Class class = objc_lookUpClass(class_name);
	assert_non_null(class);
	assert_true(protocol->methods->count + (other ? other->methods->count : 0) > 2);
	has_all(protocol, class, class_name);
	if (other)
		has_all(other, class, class_name);
	unsigned count;
	struct objc_method **methods = class_copyMethodList(class, &count);
	for (unsigned i = 0; i < count; i++) {
		const char *name = sel_getName(method_getName(methods[i]));
		if (strcmp(name, "description") != 0 && !declares(protocol, name) && !(other && declares(other, name)))
			fail_msg("%s of %s is not in the headers", name, class_name);
	}
	free(methods);
}

static void compare(Protocol *declared, const char *class_name) {
	compare_with(declared, NULL, class_name);
}

static void device_is_as_declared(void **state) {
	(void)state;
	compare(@protocol(MTLDevice), "TongsDevice");
}

static void heap_is_as_declared(void **state) {
	(void)state;
	compare(@protocol(MTLHeap), "TongsHeap");
}

static void resource_is_as_declared(void **state) {
	(void)state;
	compare(@protocol(MTLResource), "TongsResource");
}

static void buffer_is_as_declared(void **state) {
	(void)state;
	compare(@protocol(MTLBuffer), "TongsBuffer");
}

static void texture_is_as_declared(void **state) {
	(void)state;
	compare(@protocol(MTLTexture), "TongsTexture");
}

static void shared_event_is_as_declared(void **state) {
	(void)state;
	compare_with(@protocol(MTLSharedEvent), @protocol(MTLEvent), "TongsSharedEvent");
}

static void commands_are_as_declared(void **state) {
	(void)state;
	compare(@protocol(MTLEvent), "TongsEvent");
	compare(@protocol(MTLFence), "TongsFence");
	compare(@protocol(MTLCommandQueue), "TongsCommandQueue");
	compare(@protocol(MTLCommandBuffer), "TongsCommandBuffer");
	compare_with(@protocol(MTLBlitCommandEncoder), @protocol(MTLCommandEncoder), "TongsBlitCommandEncoder");
	compare_with(@protocol(MTLRenderCommandEncoder), @protocol(MTLCommandEncoder), "TongsRenderCommandEncoder");
}

static void object_is_as_declared(void **state) {
	(void)state;
	const struct protocol *protocol = (const struct protocol *)(const void *)@protocol(NSObject);
	for (int i = 0; i < protocol->methods->count; i++) {
		const struct method *method = &protocol->methods->methods[i];
		const char *name = method_name(protocol, method);
		struct objc_method *ours =
			class_getInstanceMethod(objc_lookUpClass("TongsObject"), sel_registerName(name));
		if (!ours)
			fail_msg("TongsObject has no %s", name);
		assert_same_types(name, method->types, method_getTypeEncoding(ours));
	}
}

#define PROPERTY(class, getter, setter, type) \
	{ class, getter, setter, @encode(type) }
static const struct {
	const char *class, *getter, *setter, *types;
} properties[] = {
	PROPERTY("MTLTextureDescriptor", "textureType", "setTextureType:", MTLTextureType),
	PROPERTY("MTLTextureDescriptor", "pixelFormat", "setPixelFormat:", MTLPixelFormat),
	PROPERTY("MTLTextureDescriptor", "width", "setWidth:", NSUInteger),
	PROPERTY("MTLTextureDescriptor", "height", "setHeight:", NSUInteger),
	PROPERTY("MTLTextureDescriptor", "depth", "setDepth:", NSUInteger),
	PROPERTY("MTLTextureDescriptor", "mipmapLevelCount", "setMipmapLevelCount:", NSUInteger),
	PROPERTY("MTLTextureDescriptor", "sampleCount", "setSampleCount:", NSUInteger),
	PROPERTY("MTLTextureDescriptor", "arrayLength", "setArrayLength:", NSUInteger),
	PROPERTY("MTLTextureDescriptor", "resourceOptions", "setResourceOptions:", MTLResourceOptions),
	PROPERTY("MTLTextureDescriptor", "cpuCacheMode", "setCpuCacheMode:", MTLCPUCacheMode),
	PROPERTY("MTLTextureDescriptor", "storageMode", "setStorageMode:", MTLStorageMode),
	PROPERTY("MTLTextureDescriptor", "hazardTrackingMode", "setHazardTrackingMode:", MTLHazardTrackingMode),
	PROPERTY("MTLTextureDescriptor", "usage", "setUsage:", MTLTextureUsage),
	PROPERTY("MTLTextureDescriptor", "allowGPUOptimizedContents", "setAllowGPUOptimizedContents:", BOOL),
	PROPERTY("MTLTextureDescriptor", "compressionType", "setCompressionType:", MTLTextureCompressionType),
	PROPERTY("MTLTextureDescriptor", "swizzle", "setSwizzle:", MTLTextureSwizzleChannels),
	PROPERTY("MTLCommandBufferDescriptor", "retainedReferences", "setRetainedReferences:", BOOL),
	PROPERTY("MTLCommandBufferDescriptor", "errorOptions", "setErrorOptions:", MTLCommandBufferErrorOption),
	PROPERTY("MTLHeapDescriptor", "size", "setSize:", NSUInteger),
	PROPERTY("MTLHeapDescriptor", "type", "setType:", MTLHeapType),
	PROPERTY("MTLHeapDescriptor", "resourceOptions", "setResourceOptions:", MTLResourceOptions),
	PROPERTY("MTLHeapDescriptor", "cpuCacheMode", "setCpuCacheMode:", MTLCPUCacheMode),
	PROPERTY("MTLHeapDescriptor", "storageMode", "setStorageMode:", MTLStorageMode),
	PROPERTY("MTLHeapDescriptor", "hazardTrackingMode", "setHazardTrackingMode:", MTLHazardTrackingMode),
	PROPERTY("MTLHeapDescriptor", "sparsePageSize", "setSparsePageSize:", MTLSparsePageSize),
	PROPERTY("MTLRenderPassAttachmentDescriptor", "texture", "setTexture:", id),
	PROPERTY("MTLRenderPassAttachmentDescriptor", "level", "setLevel:", NSUInteger),
	PROPERTY("MTLRenderPassAttachmentDescriptor", "slice", "setSlice:", NSUInteger),
	PROPERTY("MTLRenderPassAttachmentDescriptor", "depthPlane", "setDepthPlane:", NSUInteger),
	PROPERTY("MTLRenderPassAttachmentDescriptor", "resolveTexture", "setResolveTexture:", id),
	PROPERTY("MTLRenderPassAttachmentDescriptor", "resolveLevel", "setResolveLevel:", NSUInteger),
	PROPERTY("MTLRenderPassAttachmentDescriptor", "resolveSlice", "setResolveSlice:", NSUInteger),
	PROPERTY("MTLRenderPassAttachmentDescriptor", "resolveDepthPlane", "setResolveDepthPlane:", NSUInteger),
	PROPERTY("MTLRenderPassAttachmentDescriptor", "loadAction", "setLoadAction:", MTLLoadAction),
	PROPERTY("MTLRenderPassAttachmentDescriptor", "storeAction", "setStoreAction:", MTLStoreAction),
	PROPERTY("MTLRenderPassColorAttachmentDescriptor", "clearColor", "setClearColor:", MTLClearColor),
	PROPERTY("MTLRenderPassDepthAttachmentDescriptor", "clearDepth", "setClearDepth:", double),
	PROPERTY("MTLRenderPassStencilAttachmentDescriptor", "clearStencil", "setClearStencil:", uint32_t),
	PROPERTY("MTLRenderPassDescriptor", "depthAttachment", "setDepthAttachment:", id),
	PROPERTY("MTLRenderPassDescriptor", "stencilAttachment", "setStencilAttachment:", id),
	PROPERTY("MTLRenderPassDescriptor", "renderTargetArrayLength", "setRenderTargetArrayLength:", NSUInteger),
	PROPERTY("MTLRenderPassDescriptor", "renderTargetWidth", "setRenderTargetWidth:", NSUInteger),
	PROPERTY("MTLRenderPassDescriptor", "renderTargetHeight", "setRenderTargetHeight:", NSUInteger),
};

static void descriptors_are_as_declared(void **state) {
	(void)state;
	assert_ptr_equal([MTLTextureDescriptor superclass], [TongsObject class]);
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
		Class class = objc_lookUpClass(properties[i].class);
		char types[64];
		snprintf(types, sizeof(types), "%s@:", properties[i].types);
		assert_same_types(properties[i].getter, types,
			method_getTypeEncoding(class_getInstanceMethod(class, sel_registerName(properties[i].getter))));
		snprintf(types, sizeof(types), "v@:%s", properties[i].types);
		assert_same_types(properties[i].setter, types,
			method_getTypeEncoding(class_getInstanceMethod(class, sel_registerName(properties[i].setter))));
	}
}

#define METHOD(name, result, arguments) \
	{ name, @encode(result), arguments }
static const struct {
	const char *name, *result, *arguments;
} surface_methods[] = {
	METHOD("initWithProperties:", id, "@"),
	METHOD("init", id, ""),
	METHOD("description", id, ""),
	METHOD("surfaceID", IOSurfaceID, ""),
	METHOD("allocationSize", NSInteger, ""),
	METHOD("width", NSInteger, ""),
	METHOD("height", NSInteger, ""),
	METHOD("baseAddress", void *, ""),
	METHOD("pixelFormat", OSType, ""),
	METHOD("bytesPerRow", NSInteger, ""),
	METHOD("bytesPerElement", NSInteger, ""),
	METHOD("elementWidth", NSInteger, ""),
	METHOD("elementHeight", NSInteger, ""),
	METHOD("seed", uint32_t, ""),
	METHOD("planeCount", NSUInteger, ""),
	METHOD("widthOfPlaneAtIndex:", NSInteger, @encode(NSUInteger)),
	METHOD("heightOfPlaneAtIndex:", NSInteger, @encode(NSUInteger)),
	METHOD("bytesPerRowOfPlaneAtIndex:", NSInteger, @encode(NSUInteger)),
	METHOD("bytesPerElementOfPlaneAtIndex:", NSInteger, @encode(NSUInteger)),
	METHOD("elementWidthOfPlaneAtIndex:", NSInteger, @encode(NSUInteger)),
	METHOD("elementHeightOfPlaneAtIndex:", NSInteger, @encode(NSUInteger)),
	METHOD("baseAddressOfPlaneAtIndex:", void *, @encode(NSUInteger)),
	METHOD("lockWithOptions:seed:", kern_return_t, "I^I"),
	METHOD("unlockWithOptions:seed:", kern_return_t, "I^I"),
	METHOD("isInUse", BOOL, ""),
	METHOD("localUseCount", int32_t, ""),
	METHOD("incrementUseCount", void, ""),
	METHOD("decrementUseCount", void, ""),
	METHOD("allowsPixelSizeCasting", BOOL, ""),
	METHOD("setAttachment:forKey:", void, "@@"),
	METHOD("attachmentForKey:", id, "@"),
	METHOD("removeAttachmentForKey:", void, "@"),
	METHOD("removeAllAttachments", void, ""),
};

static void surface_is_as_declared(void **state) {
	(void)state;
	unsigned count;
	free(class_copyMethodList([IOSurface class], &count));
	assert_int_equal(count, sizeof(surface_methods) / sizeof(surface_methods[0]));
	for (size_t i = 0; i < count; i++) {
		const char *name = surface_methods[i].name;
		struct objc_method *method = class_getInstanceMethod([IOSurface class], sel_registerName(name));
		char types[64];
		snprintf(types, sizeof(types), "%s@:%s", surface_methods[i].result, surface_methods[i].arguments);
		if (!method)
			fail_msg("IOSurface has no %s", name);
		assert_same_types(name, types, method_getTypeEncoding(method));
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(device_is_as_declared),
		cmocka_unit_test(heap_is_as_declared),
		cmocka_unit_test(resource_is_as_declared),
		cmocka_unit_test(buffer_is_as_declared),
		cmocka_unit_test(texture_is_as_declared),
		cmocka_unit_test(shared_event_is_as_declared),
		cmocka_unit_test(commands_are_as_declared),
		cmocka_unit_test(object_is_as_declared),
		cmocka_unit_test(descriptors_are_as_declared),
		cmocka_unit_test(surface_is_as_declared),
	};
	return cmocka_run_group_tests_name("objc protocols", tests, NULL, NULL);
}
