/* SPDX-License-Identifier: MIT */
/* TongsResource <MTLResource>, the superclass of buffers and textures, and TongsBuffer <MTLBuffer>. */
#include "metal/buffer.h"
#include "objc/absent.h"
#include "objc/descriptor.h"
#include "objc/string.h"
#include "objc/tables.h"
#include "util/log.h"

static id label(struct tongs_resource *self, SEL _cmd) {
	return tongs_string_new_label(&self->storage.label);
}

static void setLabel(struct tongs_resource *self, SEL _cmd, id label) {
	tongs_resource_set_label(self, tongs_string_get_text(label));
}

static struct tongs_device *device(struct tongs_resource *self, SEL _cmd) {
	return tongs_resource_get_device(self);
}

static MTLCPUCacheMode cpuCacheMode(struct tongs_resource *self, SEL _cmd) {
	return tongs_resource_get_cpu_cache_mode(self);
}

static MTLStorageMode storageMode(struct tongs_resource *self, SEL _cmd) {
	return tongs_resource_get_storage_mode(self);
}

static MTLHazardTrackingMode hazardTrackingMode(struct tongs_resource *self, SEL _cmd) {
	return tongs_resource_get_hazard_tracking_mode(self);
}

static MTLResourceOptions resourceOptions(struct tongs_resource *self, SEL _cmd) {
	return tongs_resource_get_resource_options(self);
}

static MTLPurgeableState setPurgeableState(struct tongs_resource *self, SEL _cmd, MTLPurgeableState state) {
	return tongs_resource_set_purgeable_state(self, state);
}

static struct tongs_heap *heap(struct tongs_resource *self, SEL _cmd) {
	return tongs_resource_get_heap(self);
}

static NSUInteger heapOffset(struct tongs_resource *self, SEL _cmd) {
	return tongs_resource_get_heap_offset(self);
}

static NSUInteger allocatedSize(struct tongs_resource *self, SEL _cmd) {
	return tongs_resource_get_allocated_size(self);
}

static void makeAliasable(struct tongs_resource *self, SEL _cmd) {
	tongs_resource_make_aliasable(self);
}

static BOOL isAliasable(struct tongs_resource *self, SEL _cmd) {
	return tongs_resource_is_aliasable(self);
}

static const struct tongs_objc_method resource_methods[] = {
	METHOD("label", label, "@@:"),
	METHOD("setLabel:", setLabel, "v@:@"),
	METHOD("device", device, "@@:"),
	METHOD("cpuCacheMode", cpuCacheMode, "Q@:"),
	METHOD("storageMode", storageMode, "Q@:"),
	METHOD("hazardTrackingMode", hazardTrackingMode, "Q@:"),
	METHOD("resourceOptions", resourceOptions, "Q@:"),
	METHOD("setPurgeableState:", setPurgeableState, "Q@:Q"),
	METHOD("heap", heap, "@@:"),
	METHOD("heapOffset", heapOffset, "Q@:"),
	METHOD("allocatedSize", allocatedSize, "Q@:"),
	METHOD("makeAliasable", makeAliasable, "v@:"),
	METHOD("isAliasable", isAliasable, "C@:"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_resource = {
	.name = "TongsResource",
	.methods = resource_methods,
	.protocols = {"MTLResource"},
};

static NSUInteger length(struct tongs_buffer *self, SEL _cmd) {
	return tongs_buffer_get_length(self);
}

static void *contents(struct tongs_buffer *self, SEL _cmd) {
	return tongs_buffer_get_contents(self);
}

static uint64_t gpuAddress(struct tongs_buffer *self, SEL _cmd) {
	return tongs_buffer_get_gpu_address(self);
}

static void check_range(const struct tongs_buffer *self, SEL method, struct _NSRange range) {
	NSUInteger length = tongs_buffer_get_length(self);
	if (range.location > length || range.length > length - range.location)
		tongs_log_error("%s the range {%lu, %lu} exceeds the buffer's %lu bytes", sel_getName(method),
			(unsigned long)range.location, (unsigned long)range.length, (unsigned long)length);
}

static void didModifyRange(struct tongs_buffer *self, SEL _cmd, struct _NSRange range) {
	check_range(self, _cmd, range);
}

static void addDebugMarker(struct tongs_buffer *self, SEL _cmd, id marker, struct _NSRange range) {
	check_range(self, _cmd, range);
}

static struct tongs_texture *newTexture(
	struct tongs_buffer *self, SEL _cmd, const void *descriptor, NSUInteger offset, NSUInteger bytesPerRow) {
	const struct tongs_texture_info *info = tongs_descriptor_get_texture_info(descriptor, _cmd);
	return info ? tongs_buffer_new_texture(self, info, offset, bytesPerRow) : NULL;
}

static id buffer_description(struct tongs_buffer *self, SEL _cmd) {
	char text[TONGS_LABEL_DESCRIPTION_SIZE];
	const char *label = tongs_label_read(&self->resource.storage.label, text, sizeof(text));
	return tongs_string_new_format("<%s: %p> label = %s, length = %lu, storageMode = %lu, contents = %p",
		object_getClassName((id)self), (void *)self, label ? label : "<none>",
		(unsigned long)tongs_buffer_get_length(self),
		(unsigned long)tongs_resource_get_storage_mode(tongs_buffer_get_resource(self)),
		tongs_buffer_get_contents(self));
}

static const struct tongs_objc_method buffer_methods[] = {
	METHOD("length", length, "Q@:"),
	METHOD("contents", contents, "^v@:"),
	METHOD("gpuAddress", gpuAddress, "Q@:"),
	METHOD("didModifyRange:", didModifyRange, "v@:" ENC_RANGE),
	ANSWERS_NO("addDebugMarker:range:", addDebugMarker, "v@:@" ENC_RANGE),
	ANSWERS_NO("removeAllDebugMarkers", tongs_answer_nothing, "v@:"),
	METHOD("newTextureWithDescriptor:offset:bytesPerRow:", newTexture, "@@:@QQ"),
	ANSWERS_NO("remoteStorageBuffer", tongs_answer_nil, "@@:"),
	REFUSES("newRemoteBufferViewForDevice:", tongs_refuse, "@@:@", &tongs_no_peers),
	METHOD("description", buffer_description, "@@:"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_buffer = {
	.name = "TongsBuffer",
	.methods = buffer_methods,
	.protocols = {"MTLBuffer"},
};
