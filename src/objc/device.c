/* SPDX-License-Identifier: MIT */
/* TongsDevice <MTLDevice>, and Metal's two C functions. */
#include "metal/event.h"
#include "metal/handle.h"
#include "objc/array.h"
#include "objc/block.h"
#include "objc/check.h"
#include "objc/descriptor.h"
#include "objc/send.h"
#include "objc/string.h"
#include "objc/tables.h"
#include "util/alloc.h"
#include "util/log.h"

TONGS_API id MTLCreateSystemDefaultDevice(void);
TONGS_API id MTLCopyAllDevices(void);

/* There are none where messages would go to another runtime: see tongs_runtime_init. */
static bool have_classes(const char *function) {
	if (!tongs_objc_device.class)
		tongs_log_error(
			"%s: Tongs has no Objective-C classes in this process, which has another runtime", function);
	return tongs_objc_device.class;
}

id MTLCreateSystemDefaultDevice(void) {
	return have_classes(__func__) ? (id)tongs_device_new_default() : nil;
}

id MTLCopyAllDevices(void) {
	if (!have_classes(__func__))
		return nil;
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

/* A tongs_deallocator whose `user` is a copied block: calls and releases it. */
static void call_deallocator(void *pointer, NSUInteger length, void *user) {
	void *pool = tongs_runtime_push_pool();
	((void (*)(void *, void *, NSUInteger))tongs_block_get_function(user))(user, pointer, length);
	tongs_runtime_pop_pool(pool);
	tongs_block_release(user);
}

static struct tongs_buffer *newBufferWithBytesNoCopy(struct tongs_device *self, SEL _cmd, void *bytes,
	NSUInteger length, MTLResourceOptions options, void *deallocator) {
	if (!deallocator)
		return tongs_device_new_buffer_no_copy(self, bytes, length, options, NULL, NULL);
	void *block = tongs_block_copy(deallocator);
	if (!block)
		return NULL;
	struct tongs_buffer *buffer =
		tongs_device_new_buffer_no_copy(self, bytes, length, options, call_deallocator, block);
	if (!buffer)
		tongs_block_release(block);
	return buffer;
}

static struct tongs_texture *newTexture(struct tongs_device *self, SEL _cmd, const void *descriptor) {
	const struct tongs_texture_info *info = tongs_descriptor_get_texture_info(descriptor, _cmd);
	return info ? tongs_device_new_texture(self, info) : NULL;
}

static struct tongs_texture *newTextureWithSurface(
	struct tongs_device *self, SEL _cmd, const void *descriptor, struct tongs_surface *surface, NSUInteger plane) {
	const struct tongs_texture_info *info = tongs_descriptor_get_texture_info(descriptor, _cmd);
	return info && tongs_check_kind(surface, TONGS_KIND_SURFACE, _cmd)
		       ? tongs_device_new_texture_from_surface(self, info, surface, plane)
		       : NULL;
}

static struct tongs_shared_event *newSharedEvent(struct tongs_device *self, SEL _cmd) {
	return tongs_device_new_shared_event(self);
}

static struct tongs_shared_event *newSharedEventWithHandle(struct tongs_device *self, SEL _cmd, const void *handle) {
	return tongs_event_handle_open(self, handle);
}

static struct tongs_texture *newSharedTexture(struct tongs_device *self, SEL _cmd, const void *descriptor) {
	const struct tongs_texture_info *info = tongs_descriptor_get_texture_info(descriptor, _cmd);
	return info ? tongs_device_new_shareable_texture(self, info) : NULL;
}

static struct tongs_texture *newSharedTextureWithHandle(struct tongs_device *self, SEL _cmd, const void *handle) {
	return tongs_texture_handle_open(self, handle);
}

static struct tongs_shared_event *newEvent(struct tongs_device *self, SEL _cmd) {
	return tongs_event_create(self, TONGS_KIND_EVENT);
}

static struct tongs_fence *newFence(struct tongs_device *self, SEL _cmd) {
	return tongs_device_new_fence(self);
}

static struct tongs_command_queue *newCommandQueue(struct tongs_device *self, SEL _cmd) {
	return tongs_device_new_command_queue(self);
}

/* Any number of command buffers can wait. */
static struct tongs_command_queue *newCommandQueueWithMax(struct tongs_device *self, SEL _cmd, NSUInteger count) {
	if (count > 0)
		return tongs_device_new_command_queue(self);
	tongs_log_error("%s the count must be 1 or more", sel_getName(_cmd));
	return NULL;
}

static id description(struct tongs_device *self, SEL _cmd) {
	return tongs_string_new_format("<%s: %p> name = %s, registryID = 0x%llx", object_getClassName((id)self),
		(void *)self, tongs_device_get_name(self), (unsigned long long)tongs_device_get_registry_id(self));
}

static const struct tongs_objc_method methods[] = {
	METHOD("name", name, "@@:"),
	METHOD("registryID", registryID, "Q@:"),
	METHOD("isLowPower", isLowPower, "C@:"),
	METHOD("hasUnifiedMemory", hasUnifiedMemory, "C@:"),
	METHOD("recommendedMaxWorkingSetSize", recommendedMaxWorkingSetSize, "Q@:"),
	METHOD("maxBufferLength", maxBufferLength, "Q@:"),
	METHOD("currentAllocatedSize", currentAllocatedSize, "Q@:"),
	METHOD("supportsBCTextureCompression", supportsBCTextureCompression, "C@:"),
	METHOD("isDepth24Stencil8PixelFormatSupported", isDepth24Stencil8PixelFormatSupported, "C@:"),
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
	METHOD("newTextureWithDescriptor:iosurface:plane:", newTextureWithSurface, "@@:@^{__IOSurface=}Q"),
	METHOD("newSharedTextureWithDescriptor:", newSharedTexture, "@@:@"),
	METHOD("newSharedTextureWithHandle:", newSharedTextureWithHandle, "@@:@"),
	METHOD("newSharedEvent", newSharedEvent, "@@:"),
	METHOD("newSharedEventWithHandle:", newSharedEventWithHandle, "@@:@"),
	METHOD("newEvent", newEvent, "@@:"),
	METHOD("newFence", newFence, "@@:"),
	METHOD("newCommandQueue", newCommandQueue, "@@:"),
	METHOD("newCommandQueueWithMaxCommandBufferCount:", newCommandQueueWithMax, "@@:Q"),
	METHOD("description", description, "@@:"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_device = {
	.name = "TongsDevice",
	.methods = methods,
	.more = {tongs_device_features, tongs_device_makers},
	.protocols = {"MTLDevice"},
};
