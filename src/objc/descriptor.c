/* SPDX-License-Identifier: MIT */
/* MTLTextureDescriptor, MTLHeapDescriptor and MTLCommandBufferDescriptor. A descriptor class is a row of `kinds` (its
 * defaults), and a list of properties, from which its getters and setters are made. */
#include "objc/descriptor.h"

#include <string.h>

#include "metal/object.h"
#include "objc/check.h"
#include "objc/send.h"
#include "objc/string.h"
#include "objc/tables.h"
#include "util/log.h"

struct descriptor {
	struct tongs_object object;
	union {
		struct tongs_texture_info texture;
		struct tongs_heap_info heap;
		struct tongs_command_buffer_info commands;
	};
};

static void init_texture(struct descriptor *descriptor) {
	tongs_texture_info_init(&descriptor->texture);
}

static void init_heap(struct descriptor *descriptor) {
	tongs_heap_info_init(&descriptor->heap);
}

static void init_commands(struct descriptor *descriptor) {
	descriptor->commands = (struct tongs_command_buffer_info){.retained_references = true};
}

static const struct kind {
	enum tongs_kind kind;
	void (*init)(struct descriptor *descriptor); /* sets the defaults */
} kinds[] = {
	{TONGS_KIND_TEXTURE_DESCRIPTOR, init_texture},
	{TONGS_KIND_HEAP_DESCRIPTOR, init_heap},
	{TONGS_KIND_COMMAND_BUFFER_DESCRIPTOR, init_commands},
};

/* NULL, with an error logged, when memory runs out. */
static struct descriptor *create(enum tongs_kind kind) {
	struct tongs_object *object = tongs_object_create(kind, sizeof(struct descriptor), tongs_object_free);
	if (!object)
		tongs_log_error("out of memory for an %s", tongs_kind_name(kind));
	return (struct descriptor *)object;
}

static id alloc(Class self, SEL _cmd) {
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (self != tongs_object_get_class(kinds[i].kind))
			continue;
		struct descriptor *descriptor = create(kinds[i].kind);
		if (descriptor)
			kinds[i].init(descriptor);
		return (id)descriptor;
	}
	return tongs_objc_refuse_subclass(self);
}

static id copyWithZone(struct descriptor *self, SEL _cmd, void *zone) {
	struct descriptor *copy = create(self->object.kind);
	if (copy)
		memcpy((char *)copy + sizeof(copy->object), (const char *)self + sizeof(self->object),
			sizeof(*self) - sizeof(self->object));
	return (id)copy;
}

static const struct descriptor *get(const void *descriptor, enum tongs_kind kind, SEL method) {
	return tongs_check_kind(descriptor, kind, method) ? descriptor : NULL;
}

const struct tongs_texture_info *tongs_descriptor_get_texture_info(const void *descriptor, SEL method) {
	const struct descriptor *d = get(descriptor, TONGS_KIND_TEXTURE_DESCRIPTOR, method);
	return d ? &d->texture : NULL;
}

const struct tongs_heap_info *tongs_descriptor_get_heap_info(const void *descriptor, SEL method) {
	const struct descriptor *d = get(descriptor, TONGS_KIND_HEAP_DESCRIPTOR, method);
	return d ? &d->heap : NULL;
}

const struct tongs_command_buffer_info *tongs_descriptor_get_command_buffer_info(const void *descriptor, SEL method) {
	const struct descriptor *d = get(descriptor, TONGS_KIND_COMMAND_BUFFER_DESCRIPTOR, method);
	return d ? &d->commands : NULL;
}

/* Sets a mode that is a part of the resource options; `max` is the last valid value. */
static void set_mode(MTLResourceOptions *options, NSUInteger mask, unsigned shift, const char *mode_type,
	NSUInteger max, NSUInteger mode, SEL method) {
	if (mode > max)
		tongs_log_error("%s %lu is not an %s: the old one, %lu, is kept", sel_getName(method),
			(unsigned long)mode, mode_type, (unsigned long)((*options & mask) >> shift));
	else
		*options = (*options & ~mask) | mode << shift;
}

/* A list of properties has a row for each: VALUE(info, type, getter, setter, field, type encoding) is a field of the
 * descriptor's struct; MODE(info, type, getter, setter, name) is a part of its resource_options, and `name` one of the
 * names in MTLResource…Mask. The order is that of the headers. */
#define TEXTURE_PROPERTIES(VALUE, MODE) \
	VALUE(texture, MTLTextureType, textureType, setTextureType, type, "Q") \
	VALUE(texture, MTLPixelFormat, pixelFormat, setPixelFormat, pixel_format, "Q") \
	VALUE(texture, NSUInteger, width, setWidth, width, "Q") \
	VALUE(texture, NSUInteger, height, setHeight, height, "Q") \
	VALUE(texture, NSUInteger, depth, setDepth, depth, "Q") \
	VALUE(texture, NSUInteger, mipmapLevelCount, setMipmapLevelCount, mipmap_level_count, "Q") \
	VALUE(texture, NSUInteger, sampleCount, setSampleCount, sample_count, "Q") \
	VALUE(texture, NSUInteger, arrayLength, setArrayLength, array_length, "Q") \
	VALUE(texture, MTLResourceOptions, resourceOptions, setResourceOptions, resource_options, "Q") \
	MODE(texture, MTLCPUCacheMode, cpuCacheMode, setCpuCacheMode, CPUCacheMode) \
	MODE(texture, MTLStorageMode, storageMode, setStorageMode, StorageMode) \
	MODE(texture, MTLHazardTrackingMode, hazardTrackingMode, setHazardTrackingMode, HazardTrackingMode) \
	VALUE(texture, MTLTextureUsage, usage, setUsage, usage, "Q") \
	VALUE(texture, BOOL, allowGPUOptimizedContents, setAllowGPUOptimizedContents, allow_gpu_optimized_contents, \
		"C") \
	VALUE(texture, MTLTextureCompressionType, compressionType, setCompressionType, compression_type, "q") \
	VALUE(texture, MTLTextureSwizzleChannels, swizzle, setSwizzle, swizzle, ENC_SWIZZLE)

#define HEAP_PROPERTIES(VALUE, MODE) \
	VALUE(heap, NSUInteger, size, setSize, size, "Q") \
	VALUE(heap, MTLHeapType, type, setType, type, "q") \
	VALUE(heap, MTLResourceOptions, resourceOptions, setResourceOptions, resource_options, "Q") \
	MODE(heap, MTLCPUCacheMode, cpuCacheMode, setCpuCacheMode, CPUCacheMode) \
	MODE(heap, MTLStorageMode, storageMode, setStorageMode, StorageMode) \
	MODE(heap, MTLHazardTrackingMode, hazardTrackingMode, setHazardTrackingMode, HazardTrackingMode) \
	VALUE(heap, MTLSparsePageSize, sparsePageSize, setSparsePageSize, sparse_page_size, "q")

#define COMMANDS_PROPERTIES(VALUE, MODE) \
	VALUE(commands, BOOL, retainedReferences, setRetainedReferences, retained_references, "C") \
	VALUE(commands, MTLCommandBufferErrorOption, errorOptions, setErrorOptions, error_options, "Q")

#define VALUE_FUNCTIONS(info, value_type, getter, setter, field, encoding) \
	static value_type info##_##getter(struct descriptor *self, SEL _cmd) { \
		return self->info.field; \
	} \
	static void info##_##setter(struct descriptor *self, SEL _cmd, value_type value) { \
		self->info.field = value; \
	}
#define VALUE_METHODS(info, value_type, getter, setter, field, encoding) \
	METHOD(#getter, info##_##getter, encoding "@:"), METHOD(#setter ":", info##_##setter, "v@:" encoding),

enum {
	MAX_CPUCacheMode = MTLCPUCacheModeWriteCombined,
	MAX_StorageMode = MTLStorageModeMemoryless,
	MAX_HazardTrackingMode = MTLHazardTrackingModeTracked,
};
#define MODE_FUNCTIONS(info, value_type, getter, setter, name) \
	static value_type info##_##getter(struct descriptor *self, SEL _cmd) { \
		return (self->info.resource_options & MTLResource##name##Mask) >> MTLResource##name##Shift; \
	} \
	static void info##_##setter(struct descriptor *self, SEL _cmd, value_type value) { \
		set_mode(&self->info.resource_options, MTLResource##name##Mask, MTLResource##name##Shift, #value_type, \
			MAX_##name, value, _cmd); \
	}
#define MODE_METHODS(info, value_type, getter, setter, name) \
	VALUE_METHODS(info, value_type, getter, setter, resource_options, "Q")

TEXTURE_PROPERTIES(VALUE_FUNCTIONS, MODE_FUNCTIONS)
HEAP_PROPERTIES(VALUE_FUNCTIONS, MODE_FUNCTIONS)
COMMANDS_PROPERTIES(VALUE_FUNCTIONS, MODE_FUNCTIONS)

/* The convenience constructors of MTLTextureDescriptor. Autoreleased. */
static id new_texture_descriptor(const struct tongs_texture_info *info, BOOL mipmapped) {
	struct descriptor *descriptor = create(TONGS_KIND_TEXTURE_DESCRIPTOR);
	if (!descriptor)
		return nil;
	descriptor->texture = *info;
	if (mipmapped)
		descriptor->texture.mipmap_level_count = tongs_texture_info_get_max_mipmap_level_count(info);
	tongs_runtime_autorelease((id)descriptor);
	return (id)descriptor;
}

static id texture2DDescriptor(
	Class self, SEL _cmd, MTLPixelFormat format, NSUInteger width, NSUInteger height, BOOL mipmapped) {
	const struct tongs_texture_info info = tongs_texture_info_2d(format, width, height);
	return new_texture_descriptor(&info, mipmapped);
}

static id textureCubeDescriptor(Class self, SEL _cmd, MTLPixelFormat format, NSUInteger size, BOOL mipmapped) {
	const struct tongs_texture_info info = tongs_texture_info_cube(format, size);
	return new_texture_descriptor(&info, mipmapped);
}

static id textureBufferDescriptor(Class self, SEL _cmd, MTLPixelFormat format, NSUInteger width,
	MTLResourceOptions options, MTLTextureUsage usage) {
	struct tongs_texture_info info = tongs_texture_info_buffer(format, width);
	info.resource_options = options;
	info.usage = usage;
	return new_texture_descriptor(&info, NO);
}

static id texture_description(struct descriptor *self, SEL _cmd) {
	const struct tongs_texture_info *info = &self->texture;
	return tongs_string_new_format(
		"<%s: %p> textureType = %lu, pixelFormat = %lu, %lu x %lu x %lu, mipmapLevelCount = %lu, sampleCount = "
		"%lu, arrayLength = %lu, resourceOptions = 0x%lx, usage = 0x%lx",
		object_getClassName((id)self), (void *)self, (unsigned long)info->type,
		(unsigned long)info->pixel_format, (unsigned long)info->width, (unsigned long)info->height,
		(unsigned long)info->depth, (unsigned long)info->mipmap_level_count, (unsigned long)info->sample_count,
		(unsigned long)info->array_length, (unsigned long)info->resource_options, (unsigned long)info->usage);
}

static id heap_description(struct descriptor *self, SEL _cmd) {
	return tongs_string_new_format("<%s: %p> size = %lu, type = %ld, resourceOptions = 0x%lx",
		object_getClassName((id)self), (void *)self, (unsigned long)self->heap.size, (long)self->heap.type,
		(unsigned long)self->heap.resource_options);
}

static const struct tongs_objc_method texture_methods[] = {
	TEXTURE_PROPERTIES(VALUE_METHODS, MODE_METHODS) METHOD("copyWithZone:", copyWithZone, "@@:^{_NSZone=}"),
	METHOD("description", texture_description, "@@:"),
	METHODS_END,
};

static const struct tongs_objc_method texture_class_methods[] = {
	METHOD("alloc", alloc, "@@:"),
	METHOD("texture2DDescriptorWithPixelFormat:width:height:mipmapped:", texture2DDescriptor, "@@:QQQC"),
	METHOD("textureCubeDescriptorWithPixelFormat:size:mipmapped:", textureCubeDescriptor, "@@:QQC"),
	METHOD("textureBufferDescriptorWithPixelFormat:width:resourceOptions:usage:", textureBufferDescriptor,
		"@@:QQQQ"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_texture_descriptor = {
	.name = "MTLTextureDescriptor",
	.methods = texture_methods,
	.class_methods = texture_class_methods,
	.protocols = {"NSCopying"},
};

static const struct tongs_objc_method heap_methods[] = {
	HEAP_PROPERTIES(VALUE_METHODS, MODE_METHODS) METHOD("copyWithZone:", copyWithZone, "@@:^{_NSZone=}"),
	METHOD("description", heap_description, "@@:"),
	METHODS_END,
};

static const struct tongs_objc_method heap_class_methods[] = {
	METHOD("alloc", alloc, "@@:"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_heap_descriptor = {
	.name = "MTLHeapDescriptor",
	.methods = heap_methods,
	.class_methods = heap_class_methods,
	.protocols = {"NSCopying"},
};

static const struct tongs_objc_method commands_methods[] = {
	COMMANDS_PROPERTIES(VALUE_METHODS, MODE_METHODS) METHOD("copyWithZone:", copyWithZone, "@@:^{_NSZone=}"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_command_buffer_descriptor = {
	.name = "MTLCommandBufferDescriptor",
	.methods = commands_methods,
	.class_methods = heap_class_methods,
	.protocols = {"NSCopying"},
};
