/* SPDX-License-Identifier: MIT */
/* TongsHeap <MTLHeap>. */
#include "metal/heap.h"
#include "objc/absent.h"
#include "objc/descriptor.h"
#include "objc/string.h"
#include "objc/tables.h"

static id label(struct tongs_heap *self, SEL _cmd) {
	return tongs_string_new_label(&self->storage.label);
}

static void setLabel(struct tongs_heap *self, SEL _cmd, id label) {
	tongs_heap_set_label(self, tongs_string_get_text(label));
}

static struct tongs_device *device(struct tongs_heap *self, SEL _cmd) {
	return tongs_heap_get_device(self);
}

static MTLHeapType type(struct tongs_heap *self, SEL _cmd) {
	return tongs_heap_get_type(self);
}

static MTLResourceOptions resourceOptions(struct tongs_heap *self, SEL _cmd) {
	return tongs_heap_get_resource_options(self);
}

static MTLCPUCacheMode cpuCacheMode(struct tongs_heap *self, SEL _cmd) {
	return tongs_options_cpu_cache_mode(self->storage.options);
}

static MTLStorageMode storageMode(struct tongs_heap *self, SEL _cmd) {
	return tongs_options_storage_mode(self->storage.options);
}

static MTLHazardTrackingMode hazardTrackingMode(struct tongs_heap *self, SEL _cmd) {
	return tongs_options_hazard_tracking_mode(self->storage.options);
}

static NSUInteger size(struct tongs_heap *self, SEL _cmd) {
	return tongs_heap_get_size(self);
}

static NSUInteger usedSize(struct tongs_heap *self, SEL _cmd) {
	return tongs_heap_get_used_size(self);
}

static NSUInteger currentAllocatedSize(struct tongs_heap *self, SEL _cmd) {
	return tongs_heap_get_current_allocated_size(self);
}

static NSUInteger maxAvailableSizeWithAlignment(struct tongs_heap *self, SEL _cmd, NSUInteger alignment) {
	return tongs_heap_get_max_available_size(self, alignment);
}

static MTLPurgeableState setPurgeableState(struct tongs_heap *self, SEL _cmd, MTLPurgeableState state) {
	return tongs_heap_set_purgeable_state(self, state);
}

static struct tongs_buffer *newBuffer(
	struct tongs_heap *self, SEL _cmd, NSUInteger length, MTLResourceOptions options) {
	return tongs_heap_new_buffer(self, length, options);
}

static struct tongs_buffer *newBuffer_offset(
	struct tongs_heap *self, SEL _cmd, NSUInteger length, MTLResourceOptions options, NSUInteger offset) {
	return tongs_heap_new_buffer_at(self, length, options, offset);
}

static struct tongs_texture *newTexture(struct tongs_heap *self, SEL _cmd, const void *descriptor) {
	const struct tongs_texture_info *info = tongs_descriptor_get_texture_info(descriptor, _cmd);
	return info ? tongs_heap_new_texture(self, info) : NULL;
}

static struct tongs_texture *newTexture_offset(
	struct tongs_heap *self, SEL _cmd, const void *descriptor, NSUInteger offset) {
	const struct tongs_texture_info *info = tongs_descriptor_get_texture_info(descriptor, _cmd);
	return info ? tongs_heap_new_texture_at(self, info, offset) : NULL;
}

static id description(struct tongs_heap *self, SEL _cmd) {
	char text[TONGS_LABEL_DESCRIPTION_SIZE];
	const char *label = tongs_label_read(&self->storage.label, text, sizeof(text));
	return tongs_string_new_format("<%s: %p> label = %s, type = %ld, size = %lu, usedSize = %lu, storageMode = %lu",
		object_getClassName((id)self), (void *)self, label ? label : "<none>", (long)tongs_heap_get_type(self),
		(unsigned long)tongs_heap_get_size(self), (unsigned long)tongs_heap_get_used_size(self),
		(unsigned long)storageMode(self, NULL));
}

static const struct tongs_objc_method methods[] = {
	METHOD("label", label, "@@:"),
	METHOD("setLabel:", setLabel, "v@:@"),
	METHOD("device", device, "@@:"),
	METHOD("type", type, "q@:"),
	METHOD("resourceOptions", resourceOptions, "Q@:"),
	METHOD("cpuCacheMode", cpuCacheMode, "Q@:"),
	METHOD("storageMode", storageMode, "Q@:"),
	METHOD("hazardTrackingMode", hazardTrackingMode, "Q@:"),
	METHOD("size", size, "Q@:"),
	METHOD("usedSize", usedSize, "Q@:"),
	METHOD("currentAllocatedSize", currentAllocatedSize, "Q@:"),
	METHOD("maxAvailableSizeWithAlignment:", maxAvailableSizeWithAlignment, "Q@:Q"),
	METHOD("setPurgeableState:", setPurgeableState, "Q@:Q"),
	METHOD("newBufferWithLength:options:", newBuffer, "@@:QQ"),
	METHOD("newBufferWithLength:options:offset:", newBuffer_offset, "@@:QQQ"),
	METHOD("newTextureWithDescriptor:", newTexture, "@@:@"),
	METHOD("newTextureWithDescriptor:offset:", newTexture_offset, "@@:@Q"),
	REFUSES("newAccelerationStructureWithSize:", tongs_refuse, "@@:Q", &tongs_no_ray_tracing),
	REFUSES("newAccelerationStructureWithSize:offset:", tongs_refuse, "@@:QQ", &tongs_no_ray_tracing),
	REFUSES("newAccelerationStructureWithDescriptor:", tongs_refuse, "@@:@", &tongs_no_ray_tracing),
	REFUSES("newAccelerationStructureWithDescriptor:offset:", tongs_refuse, "@@:@Q", &tongs_no_ray_tracing),
	METHOD("description", description, "@@:"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_heap = {
	.name = "TongsHeap",
	.methods = methods,
	.protocols = {"MTLHeap"},
};
