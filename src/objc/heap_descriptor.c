/* SPDX-License-Identifier: MIT */
/* MTLHeapDescriptor. */
#include "objc/descriptor.h"

#include "util/log.h"
#include "objc/class.h"
#include "objc/string.h"

const struct tongs_heap_info *tongs_objc_heap_info_get(const void *descriptor, SEL method) {
	if (tongs_handle_kind(descriptor) == TONGS_KIND_HEAP_DESCRIPTOR)
		return &((const struct tongs_heap_descriptor *)descriptor)->info;
	tongs_log_error("%s was given %p, which is no MTLHeapDescriptor", sel_getName(method), descriptor);
	return NULL;
}

static struct tongs_heap_descriptor *create(void) {
	struct tongs_object *object = tongs_object_create(
		TONGS_KIND_HEAP_DESCRIPTOR, sizeof(struct tongs_heap_descriptor), tongs_object_free);
	if (!object)
		tongs_log_error("no memory for an MTLHeapDescriptor");
	return (struct tongs_heap_descriptor *)object;
}

static id alloc(Class self, SEL _cmd) {
	if (self != tongs_class_get(TONGS_KIND_HEAP_DESCRIPTOR)) {
		tongs_log_error("%s cannot be allocated: MTLHeapDescriptor has no subclasses", class_getName(self));
		return nil;
	}
	struct tongs_heap_descriptor *descriptor = create();
	if (descriptor)
		tongs_heap_info_init(&descriptor->info);
	return (id)descriptor;
}

static id copyWithZone(struct tongs_heap_descriptor *self, SEL _cmd, void *zone) {
	struct tongs_heap_descriptor *copy = create();
	if (copy)
		copy->info = self->info;
	return (id)copy;
}

#define PROPERTY(value_type, getter, setter, field) \
	static value_type getter(struct tongs_heap_descriptor *self, SEL _cmd) { \
		return self->info.field; \
	} \
	static void setter(struct tongs_heap_descriptor *self, SEL _cmd, value_type value) { \
		self->info.field = value; \
	}
#define MODE(value_type, getter, setter, part) \
	static value_type getter(struct tongs_heap_descriptor *self, SEL _cmd) { \
		return tongs_options_get(self->info.resource_options, part); \
	} \
	static void setter(struct tongs_heap_descriptor *self, SEL _cmd, value_type value) { \
		tongs_options_set(&self->info.resource_options, part, value, _cmd); \
	}

PROPERTY(NSUInteger, size, setSize, size)
PROPERTY(MTLHeapType, type, setType, type)
PROPERTY(MTLResourceOptions, resourceOptions, setResourceOptions, resource_options)
MODE(MTLCPUCacheMode, cpuCacheMode, setCpuCacheMode, TONGS_PART_CPU_CACHE)
MODE(MTLStorageMode, storageMode, setStorageMode, TONGS_PART_STORAGE)
MODE(MTLHazardTrackingMode, hazardTrackingMode, setHazardTrackingMode, TONGS_PART_HAZARD_TRACKING)
PROPERTY(MTLSparsePageSize, sparsePageSize, setSparsePageSize, sparse_page_size)

static id description(struct tongs_heap_descriptor *self, SEL _cmd) {
	return tongs_string_new_format("<%s: %p> size = %lu, type = %ld, resourceOptions = 0x%lx",
		object_getClassName((id)self), (void *)self, (unsigned long)self->info.size, (long)self->info.type,
		(unsigned long)self->info.resource_options);
}

static const struct tongs_objc_method methods[] = {
	METHOD("copyWithZone:", copyWithZone, "@@:^{_NSZone=}"),
	METHOD("size", size, "Q@:"),
	METHOD("setSize:", setSize, "v@:Q"),
	METHOD("type", type, "q@:"),
	METHOD("setType:", setType, "v@:q"),
	METHOD("resourceOptions", resourceOptions, "Q@:"),
	METHOD("setResourceOptions:", setResourceOptions, "v@:Q"),
	METHOD("cpuCacheMode", cpuCacheMode, "Q@:"),
	METHOD("setCpuCacheMode:", setCpuCacheMode, "v@:Q"),
	METHOD("storageMode", storageMode, "Q@:"),
	METHOD("setStorageMode:", setStorageMode, "v@:Q"),
	METHOD("hazardTrackingMode", hazardTrackingMode, "Q@:"),
	METHOD("setHazardTrackingMode:", setHazardTrackingMode, "v@:Q"),
	METHOD("sparsePageSize", sparsePageSize, "q@:"),
	METHOD("setSparsePageSize:", setSparsePageSize, "v@:q"),
	METHOD("description", description, "@@:"),
	METHODS_END,
};

static const struct tongs_objc_method class_methods[] = {
	METHOD("alloc", alloc, "@@:"),
	METHODS_END,
};

const struct tongs_objc_class tongs_objc_heap_descriptor = {
	.name = "MTLHeapDescriptor",
	.super = &tongs_objc_root,
	.methods = methods,
	.class_methods = class_methods,
	.protocols = {"NSCopying"},
};
