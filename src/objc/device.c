/* SPDX-License-Identifier: MIT */
/* TongsDevice <MTLDevice>, and Metal's two C functions. */
#define _GNU_SOURCE /* RTLD_DEFAULT; NOLINT(bugprone-reserved-identifier) */
#include <dlfcn.h>

#include "objc/array.h"
#include "objc/descriptor.h"
#include "objc/string.h"
#include "objc/tables.h"
#include "util/alloc.h"
#include "util/log.h"

TONGS_API id MTLCreateSystemDefaultDevice(void);
TONGS_API id MTLCopyAllDevices(void);

id MTLCreateSystemDefaultDevice(void) {
	return (id)tongs_device_new_default();
}

id MTLCopyAllDevices(void) {
	size_t capacity = tongs_device_new_all(NULL, 0), count = 0;
	struct tongs_device **devices = tongs_malloc(capacity + 1, sizeof(id));
	id array = nil;
	if (!devices)
		goto out;
	count = tongs_device_new_all(devices, capacity);
	if (count > capacity)
		count = capacity;
	array = tongs_array_new((const id *)devices, count);
out:
	if (!array)
		tongs_log_error("MTLCopyAllDevices: out of memory");
	for (size_t i = 0; i < count; i++)
		tongs_device_unref(devices[i]);
	tongs_free(NULL, devices);
	return array;
}

static id name(struct tongs_device *self, SEL _cmd) {
	return tongs_string_new(tongs_device_get_name(self));
}

static uint64_t registryID(struct tongs_device *self, SEL _cmd) {
	return tongs_device_get_registry_id(self);
}

static BOOL isLowPower(struct tongs_device *self, SEL _cmd) {
	return tongs_device_is_low_power(self);
}

static BOOL hasUnifiedMemory(struct tongs_device *self, SEL _cmd) {
	return tongs_device_has_unified_memory(self);
}

static uint64_t recommendedMaxWorkingSetSize(struct tongs_device *self, SEL _cmd) {
	return tongs_device_get_recommended_max_working_set_size(self);
}

static NSUInteger maxBufferLength(struct tongs_device *self, SEL _cmd) {
	return tongs_device_get_max_buffer_length(self);
}

static NSUInteger currentAllocatedSize(struct tongs_device *self, SEL _cmd) {
	return tongs_device_get_current_allocated_size(self);
}

static BOOL supportsBCTextureCompression(struct tongs_device *self, SEL _cmd) {
	return tongs_device_supports_bc_texture_compression(self);
}

static BOOL isDepth24Stencil8PixelFormatSupported(struct tongs_device *self, SEL _cmd) {
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatDepth24Unorm_Stencil8, 1, 1);
	info.usage = MTLTextureUsageRenderTarget;
	info.resource_options = MTLResourceStorageModePrivate;
	return tongs_device_get_heap_texture_size_and_align(self, &info).size != 0;
}

static BOOL supportsFamily(struct tongs_device *self, SEL _cmd, MTLGPUFamily family) {
	return tongs_device_supports_family(self, family);
}

static BOOL supportsTextureSampleCount(struct tongs_device *self, SEL _cmd, NSUInteger count) {
	return tongs_device_supports_sample_count(self, count);
}

static NSUInteger minimumLinearTextureAlignment(struct tongs_device *self, SEL _cmd, MTLPixelFormat format) {
	return tongs_device_get_minimum_linear_texture_alignment(self, format);
}

static NSUInteger minimumTextureBufferAlignment(struct tongs_device *self, SEL _cmd, MTLPixelFormat format) {
	return tongs_device_get_minimum_texture_buffer_alignment(self, format);
}

static BOOL no(struct tongs_device *self, SEL _cmd) {
	return NO;
}

static BOOL supportsFeatureSet(struct tongs_device *self, SEL _cmd, MTLFeatureSet featureSet) {
	return NO;
}

static uint32_t zero32(struct tongs_device *self, SEL _cmd) {
	return 0;
}

static uint64_t zero64(struct tongs_device *self, SEL _cmd) {
	return 0;
}

static MTLDeviceLocation location(struct tongs_device *self, SEL _cmd) {
	return MTLDeviceLocationUnspecified;
}

static MTLReadWriteTextureTier readWriteTextureSupport(struct tongs_device *self, SEL _cmd) {
	return MTLReadWriteTextureTierNone;
}

static MTLArgumentBuffersTier argumentBuffersSupport(struct tongs_device *self, SEL _cmd) {
	return MTLArgumentBuffersTier1;
}

static MTLSizeAndAlign heapTextureSizeAndAlign(struct tongs_device *self, SEL _cmd, const void *descriptor) {
	const struct tongs_texture_info *info = tongs_descriptor_get_texture_info(descriptor, _cmd);
	return info ? tongs_device_get_heap_texture_size_and_align(self, info) : (MTLSizeAndAlign){0, 0};
}

static MTLSizeAndAlign heapBufferSizeAndAlign(
	struct tongs_device *self, SEL _cmd, NSUInteger length, MTLResourceOptions options) {
	return tongs_device_get_heap_buffer_size_and_align(self, length, options);
}

static struct tongs_heap *newHeap(struct tongs_device *self, SEL _cmd, const void *descriptor) {
	const struct tongs_heap_info *info = tongs_descriptor_get_heap_info(descriptor, _cmd);
	return info ? tongs_device_new_heap(self, info) : NULL;
}

static struct tongs_buffer *newBuffer(
	struct tongs_device *self, SEL _cmd, NSUInteger length, MTLResourceOptions options) {
	return tongs_device_new_buffer(self, length, options);
}

static struct tongs_buffer *newBufferWithBytes(
	struct tongs_device *self, SEL _cmd, const void *bytes, NSUInteger length, MTLResourceOptions options) {
	return tongs_device_new_buffer_with_bytes(self, bytes, length, options);
}

/* The ABI of blocks, as clang's -fblocks compiles them. */
#define BLOCK_IS_GLOBAL (1 << 28)

struct block {
	void *isa;
	int flags;
	int reserved;
	void (*invoke)(void *, ...);
};

/* A block that outlives its scope: the same if it captures nothing, else a copy made by the program's blocks runtime.
 * NULL, with an error logged, on failure. */
static void *copy_block(void *block) {
	if (((struct block *)block)->flags & BLOCK_IS_GLOBAL)
		return block;
	void *(*copy)(const void *);
	*(void **)&copy = dlsym(RTLD_DEFAULT, "_Block_copy");
	void *result = copy ? copy(block) : NULL;
	if (!copy)
		tongs_log_error(
			"the block captures variables, and the program has no blocks runtime to copy it: link with "
			"-lBlocksRuntime");
	else if (!result)
		tongs_log_error("out of memory for the copy of a block");
	return result;
}

static void release_block(void *block) {
	if (((struct block *)block)->flags & BLOCK_IS_GLOBAL)
		return;
	void (*release)(const void *);
	*(void **)&release = dlsym(RTLD_DEFAULT, "_Block_release");
	if (release)
		release(block);
}

/* A tongs_deallocator whose `user` is a copied block: calls and releases it. */
static void call_deallocator(void *pointer, NSUInteger length, void *user) {
	((void (*)(void *, void *, NSUInteger))((struct block *)user)->invoke)(user, pointer, length);
	release_block(user);
}

static struct tongs_buffer *newBufferWithBytesNoCopy(struct tongs_device *self, SEL _cmd, void *bytes,
	NSUInteger length, MTLResourceOptions options, void *deallocator) {
	if (!deallocator)
		return tongs_device_new_buffer_no_copy(self, bytes, length, options, NULL, NULL);
	void *block = copy_block(deallocator);
	if (!block)
		return NULL;
	struct tongs_buffer *buffer =
		tongs_device_new_buffer_no_copy(self, bytes, length, options, call_deallocator, block);
	if (!buffer)
		release_block(block);
	return buffer;
}

static struct tongs_texture *newTexture(struct tongs_device *self, SEL _cmd, const void *descriptor) {
	const struct tongs_texture_info *info = tongs_descriptor_get_texture_info(descriptor, _cmd);
	return info ? tongs_device_new_texture(self, info) : NULL;
}

static id description(struct tongs_device *self, SEL _cmd) {
	return tongs_string_new_format("<%s: %p> name = %s, registryID = 0x%llx", object_getClassName((id)self),
		(void *)self, tongs_device_get_name(self), (unsigned long long)tongs_device_get_registry_id(self));
}

static const struct tongs_objc_method methods[] = {
	METHOD("name", name, "@@:"),
	METHOD("registryID", registryID, "Q@:"),
	METHOD("isLowPower", isLowPower, "C@:"),
	METHOD("isHeadless", no, "C@:"),
	METHOD("isRemovable", no, "C@:"),
	METHOD("hasUnifiedMemory", hasUnifiedMemory, "C@:"),
	METHOD("recommendedMaxWorkingSetSize", recommendedMaxWorkingSetSize, "Q@:"),
	METHOD("location", location, "Q@:"),
	METHOD("locationNumber", zero64, "Q@:"),
	METHOD("maxTransferRate", zero64, "Q@:"),
	METHOD("peerGroupID", zero64, "Q@:"),
	METHOD("peerIndex", zero32, "I@:"),
	METHOD("peerCount", zero32, "I@:"),
	METHOD("maxBufferLength", maxBufferLength, "Q@:"),
	METHOD("currentAllocatedSize", currentAllocatedSize, "Q@:"),
	METHOD("supportsBCTextureCompression", supportsBCTextureCompression, "C@:"),
	METHOD("isDepth24Stencil8PixelFormatSupported", isDepth24Stencil8PixelFormatSupported, "C@:"),
	METHOD("readWriteTextureSupport", readWriteTextureSupport, "Q@:"),
	METHOD("argumentBuffersSupport", argumentBuffersSupport, "Q@:"),
	METHOD("supports32BitFloatFiltering", no, "C@:"),
	METHOD("supports32BitMSAA", no, "C@:"),
	METHOD("supportsQueryTextureLOD", no, "C@:"),
	METHOD("supportsPullModelInterpolation", no, "C@:"),
	METHOD("supportsFeatureSet:", supportsFeatureSet, "C@:Q"),
	METHOD("supportsFamily:", supportsFamily, "C@:q"),
	METHOD("supportsTextureSampleCount:", supportsTextureSampleCount, "C@:Q"),
	METHOD("minimumLinearTextureAlignmentForPixelFormat:", minimumLinearTextureAlignment, "Q@:Q"),
	METHOD("minimumTextureBufferAlignmentForPixelFormat:", minimumTextureBufferAlignment, "Q@:Q"),
	METHOD("heapTextureSizeAndAlignWithDescriptor:", heapTextureSizeAndAlign, ENC_SIZE_AND_ALIGN "@:@"),
	METHOD("heapBufferSizeAndAlignWithLength:options:", heapBufferSizeAndAlign, ENC_SIZE_AND_ALIGN "@:QQ"),
	METHOD("newHeapWithDescriptor:", newHeap, "@@:@"),
	METHOD("newBufferWithLength:options:", newBuffer, "@@:QQ"),
	METHOD("newBufferWithBytes:length:options:", newBufferWithBytes, "@@:r^vQQ"),
	METHOD("newBufferWithBytesNoCopy:length:options:deallocator:", newBufferWithBytesNoCopy, "@@:^vQQ@?"),
	METHOD("newTextureWithDescriptor:", newTexture, "@@:@"),
	METHOD("description", description, "@@:"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_device = {
	.name = "TongsDevice",
	.methods = methods,
	.protocols = {"MTLDevice"},
};
