/* SPDX-License-Identifier: MIT */
/* MTLTextureDescriptor. */
#include "objc/descriptor.h"

#include "util/log.h"
#include "objc/class.h"
#include "objc/root.h"
#include "objc/string.h"

const struct tongs_texture_info *tongs_objc_texture_info_get(const void *descriptor, SEL method) {
	if (tongs_handle_kind(descriptor) == TONGS_KIND_TEXTURE_DESCRIPTOR)
		return &((const struct tongs_texture_descriptor *)descriptor)->info;
	tongs_log_error("%s was given %p, which is no MTLTextureDescriptor", sel_getName(method), descriptor);
	return NULL;
}

static struct tongs_texture_descriptor *create(const struct tongs_texture_info *info) {
	struct tongs_object *object = tongs_object_create(
		TONGS_KIND_TEXTURE_DESCRIPTOR, sizeof(struct tongs_texture_descriptor), tongs_object_free);
	struct tongs_texture_descriptor *descriptor = (struct tongs_texture_descriptor *)object;
	if (!descriptor) {
		tongs_log_error("no memory for an MTLTextureDescriptor");
		return NULL;
	}
	descriptor->info = *info;
	return descriptor;
}

static id alloc(Class self, SEL _cmd) {
	if (self != tongs_class_get(TONGS_KIND_TEXTURE_DESCRIPTOR)) {
		tongs_log_error("%s cannot be allocated: MTLTextureDescriptor has no subclasses", class_getName(self));
		return nil;
	}
	struct tongs_texture_info info;
	tongs_texture_info_init(&info);
	return (id)create(&info);
}

static id copyWithZone(struct tongs_texture_descriptor *self, SEL _cmd, void *zone) {
	return (id)create(&self->info);
}

static id create_autoreleased(const struct tongs_texture_info *info) {
	struct tongs_texture_descriptor *descriptor = create(info);
	return descriptor ? tongs_objc_autorelease((id)descriptor, NULL) : nil;
}

static id create_mipmapped(struct tongs_texture_info *info, BOOL mipmapped) {
	if (mipmapped)
		info->mipmap_level_count = tongs_texture_info_get_max_mipmap_level_count(info);
	return create_autoreleased(info);
}

static id texture2DDescriptor(
	Class self, SEL _cmd, MTLPixelFormat format, NSUInteger width, NSUInteger height, BOOL mipmapped) {
	struct tongs_texture_info info = tongs_texture_info_2d(format, width, height);
	return create_mipmapped(&info, mipmapped);
}

static id textureCubeDescriptor(Class self, SEL _cmd, MTLPixelFormat format, NSUInteger size, BOOL mipmapped) {
	struct tongs_texture_info info = tongs_texture_info_cube(format, size);
	return create_mipmapped(&info, mipmapped);
}

static id textureBufferDescriptor(Class self, SEL _cmd, MTLPixelFormat format, NSUInteger width,
	MTLResourceOptions options, MTLTextureUsage usage) {
	struct tongs_texture_info info = tongs_texture_info_buffer(format, width);
	info.resource_options = options;
	info.usage = usage;
	return create_autoreleased(&info);
}

#define PROPERTY(value_type, getter, setter, field) \
	static value_type getter(struct tongs_texture_descriptor *self, SEL _cmd) { \
		return self->info.field; \
	} \
	static void setter(struct tongs_texture_descriptor *self, SEL _cmd, value_type value) { \
		self->info.field = value; \
	}
#define MODE(value_type, getter, setter, part) \
	static value_type getter(struct tongs_texture_descriptor *self, SEL _cmd) { \
		return tongs_options_get(self->info.resource_options, part); \
	} \
	static void setter(struct tongs_texture_descriptor *self, SEL _cmd, value_type value) { \
		tongs_options_set(&self->info.resource_options, part, value, _cmd); \
	}

PROPERTY(MTLTextureType, textureType, setTextureType, type)
PROPERTY(MTLPixelFormat, pixelFormat, setPixelFormat, pixel_format)
PROPERTY(NSUInteger, width, setWidth, width)
PROPERTY(NSUInteger, height, setHeight, height)
PROPERTY(NSUInteger, depth, setDepth, depth)
PROPERTY(NSUInteger, mipmapLevelCount, setMipmapLevelCount, mipmap_level_count)
PROPERTY(NSUInteger, sampleCount, setSampleCount, sample_count)
PROPERTY(NSUInteger, arrayLength, setArrayLength, array_length)
PROPERTY(MTLResourceOptions, resourceOptions, setResourceOptions, resource_options)
MODE(MTLCPUCacheMode, cpuCacheMode, setCpuCacheMode, TONGS_PART_CPU_CACHE)
MODE(MTLStorageMode, storageMode, setStorageMode, TONGS_PART_STORAGE)
MODE(MTLHazardTrackingMode, hazardTrackingMode, setHazardTrackingMode, TONGS_PART_HAZARD_TRACKING)
PROPERTY(MTLTextureUsage, usage, setUsage, usage)
PROPERTY(BOOL, allowGPUOptimizedContents, setAllowGPUOptimizedContents, allow_gpu_optimized_contents)
PROPERTY(MTLTextureCompressionType, compressionType, setCompressionType, compression_type)
PROPERTY(MTLTextureSwizzleChannels, swizzle, setSwizzle, swizzle)

static id description(struct tongs_texture_descriptor *self, SEL _cmd) {
	const struct tongs_texture_info *info = &self->info;
	return tongs_string_new_format(
		"<%s: %p> textureType = %lu, pixelFormat = %lu, %lu x %lu x %lu, mipmapLevelCount = %lu, sampleCount = "
		"%lu, "
		"arrayLength = %lu, resourceOptions = 0x%lx, usage = 0x%lx",
		object_getClassName((id)self), (void *)self, (unsigned long)info->type,
		(unsigned long)info->pixel_format, (unsigned long)info->width, (unsigned long)info->height,
		(unsigned long)info->depth, (unsigned long)info->mipmap_level_count, (unsigned long)info->sample_count,
		(unsigned long)info->array_length, (unsigned long)info->resource_options, (unsigned long)info->usage);
}

static const struct tongs_objc_method methods[] = {
	METHOD("copyWithZone:", copyWithZone, "@@:^{_NSZone=}"),
	METHOD("textureType", textureType, "Q@:"),
	METHOD("setTextureType:", setTextureType, "v@:Q"),
	METHOD("pixelFormat", pixelFormat, "Q@:"),
	METHOD("setPixelFormat:", setPixelFormat, "v@:Q"),
	METHOD("width", width, "Q@:"),
	METHOD("setWidth:", setWidth, "v@:Q"),
	METHOD("height", height, "Q@:"),
	METHOD("setHeight:", setHeight, "v@:Q"),
	METHOD("depth", depth, "Q@:"),
	METHOD("setDepth:", setDepth, "v@:Q"),
	METHOD("mipmapLevelCount", mipmapLevelCount, "Q@:"),
	METHOD("setMipmapLevelCount:", setMipmapLevelCount, "v@:Q"),
	METHOD("sampleCount", sampleCount, "Q@:"),
	METHOD("setSampleCount:", setSampleCount, "v@:Q"),
	METHOD("arrayLength", arrayLength, "Q@:"),
	METHOD("setArrayLength:", setArrayLength, "v@:Q"),
	METHOD("resourceOptions", resourceOptions, "Q@:"),
	METHOD("setResourceOptions:", setResourceOptions, "v@:Q"),
	METHOD("cpuCacheMode", cpuCacheMode, "Q@:"),
	METHOD("setCpuCacheMode:", setCpuCacheMode, "v@:Q"),
	METHOD("storageMode", storageMode, "Q@:"),
	METHOD("setStorageMode:", setStorageMode, "v@:Q"),
	METHOD("hazardTrackingMode", hazardTrackingMode, "Q@:"),
	METHOD("setHazardTrackingMode:", setHazardTrackingMode, "v@:Q"),
	METHOD("usage", usage, "Q@:"),
	METHOD("setUsage:", setUsage, "v@:Q"),
	METHOD("allowGPUOptimizedContents", allowGPUOptimizedContents, "C@:"),
	METHOD("setAllowGPUOptimizedContents:", setAllowGPUOptimizedContents, "v@:C"),
	METHOD("compressionType", compressionType, "q@:"),
	METHOD("setCompressionType:", setCompressionType, "v@:q"),
	METHOD("swizzle", swizzle, ENC_SWIZZLE "@:"),
	METHOD("setSwizzle:", setSwizzle, "v@:" ENC_SWIZZLE),
	METHOD("description", description, "@@:"),
	METHODS_END,
};

static const struct tongs_objc_method class_methods[] = {
	METHOD("alloc", alloc, "@@:"),
	METHOD("texture2DDescriptorWithPixelFormat:width:height:mipmapped:", texture2DDescriptor, "@@:QQQC"),
	METHOD("textureCubeDescriptorWithPixelFormat:size:mipmapped:", textureCubeDescriptor, "@@:QQC"),
	METHOD("textureBufferDescriptorWithPixelFormat:width:resourceOptions:usage:", textureBufferDescriptor,
		"@@:QQQQ"),
	METHODS_END,
};

const struct tongs_objc_class tongs_objc_texture_descriptor = {
	.name = "MTLTextureDescriptor",
	.super = &tongs_objc_root,
	.methods = methods,
	.class_methods = class_methods,
	.protocols = {"NSCopying"},
};
