/* SPDX-License-Identifier: MIT */
/* TongsResource <MTLResource>, the superclass of buffers and textures. */
#include "metal/resource.h"
#include "objc/class.h"
#include "objc/string.h"

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

static const struct tongs_objc_method methods[] = {
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

const struct tongs_objc_class tongs_objc_resource = {
	.name = "TongsResource",
	.super = &tongs_objc_root,
	.methods = methods,
	.protocols = {"MTLResource"},
};
