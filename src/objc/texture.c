/* SPDX-License-Identifier: MIT */
/* TongsTexture <MTLTexture>. */
#include "metal/handle.h"
#include "objc/absent.h"
#include "objc/string.h"
#include "objc/tables.h"

static struct tongs_texture_info info(const struct tongs_texture *self) {
	struct tongs_texture_info info;
	tongs_texture_get_info(self, &info);
	return info;
}

static struct tongs_texture *parentTexture(struct tongs_texture *self, SEL _cmd) {
	return tongs_texture_get_parent(self);
}

static struct tongs_buffer *buffer(struct tongs_texture *self, SEL _cmd) {
	return tongs_texture_get_buffer(self);
}

static struct tongs_resource *rootResource(struct tongs_texture *self, SEL _cmd) {
	return tongs_texture_get_root_resource(self);
}

static NSUInteger parentRelativeLevel(struct tongs_texture *self, SEL _cmd) {
	return tongs_texture_get_parent_relative_level(self);
}

static NSUInteger parentRelativeSlice(struct tongs_texture *self, SEL _cmd) {
	return tongs_texture_get_parent_relative_slice(self);
}

static NSUInteger bufferOffset(struct tongs_texture *self, SEL _cmd) {
	return tongs_texture_get_buffer_offset(self);
}

static NSUInteger bufferBytesPerRow(struct tongs_texture *self, SEL _cmd) {
	return tongs_texture_get_buffer_bytes_per_row(self);
}

static MTLTextureType textureType(struct tongs_texture *self, SEL _cmd) {
	return info(self).type;
}

static MTLPixelFormat pixelFormat(struct tongs_texture *self, SEL _cmd) {
	return tongs_texture_get_pixel_format(self);
}

static NSUInteger width(struct tongs_texture *self, SEL _cmd) {
	return tongs_texture_get_width(self);
}

static NSUInteger height(struct tongs_texture *self, SEL _cmd) {
	return tongs_texture_get_height(self);
}

static NSUInteger depth(struct tongs_texture *self, SEL _cmd) {
	return info(self).depth;
}

static NSUInteger mipmapLevelCount(struct tongs_texture *self, SEL _cmd) {
	return info(self).mipmap_level_count;
}

static NSUInteger sampleCount(struct tongs_texture *self, SEL _cmd) {
	return info(self).sample_count;
}

static NSUInteger arrayLength(struct tongs_texture *self, SEL _cmd) {
	return info(self).array_length;
}

static MTLTextureUsage usage(struct tongs_texture *self, SEL _cmd) {
	return info(self).usage;
}

static BOOL allowGPUOptimizedContents(struct tongs_texture *self, SEL _cmd) {
	return info(self).allow_gpu_optimized_contents;
}

static MTLTextureCompressionType compressionType(struct tongs_texture *self, SEL _cmd) {
	return info(self).compression_type;
}

static MTLTextureSwizzleChannels swizzle(struct tongs_texture *self, SEL _cmd) {
	return info(self).swizzle;
}

static struct tongs_surface *iosurface(struct tongs_texture *self, SEL _cmd) {
	return tongs_texture_get_surface(self);
}

static NSUInteger iosurfacePlane(struct tongs_texture *self, SEL _cmd) {
	return tongs_texture_get_surface_plane(self);
}

static void getBytes(struct tongs_texture *self, SEL _cmd, void *bytes, NSUInteger bytesPerRow,
	NSUInteger bytesPerImage, MTLRegion region, NSUInteger level, NSUInteger slice) {
	tongs_texture_get_bytes(self, bytes, bytesPerRow, bytesPerImage, region, level, slice);
}

static void getBytes_slice0(
	struct tongs_texture *self, SEL _cmd, void *bytes, NSUInteger bytesPerRow, MTLRegion region, NSUInteger level) {
	tongs_texture_get_bytes(self, bytes, bytesPerRow, 0, region, level, 0);
}

static void replaceRegion(struct tongs_texture *self, SEL _cmd, MTLRegion region, NSUInteger level, NSUInteger slice,
	const void *bytes, NSUInteger bytesPerRow, NSUInteger bytesPerImage) {
	tongs_texture_replace_region(self, region, level, slice, bytes, bytesPerRow, bytesPerImage);
}

static void replaceRegion_slice0(struct tongs_texture *self, SEL _cmd, MTLRegion region, NSUInteger level,
	const void *bytes, NSUInteger bytesPerRow) {
	tongs_texture_replace_region(self, region, level, 0, bytes, bytesPerRow, 0);
}

static struct tongs_texture *newView_swizzle(struct tongs_texture *self, SEL _cmd, MTLPixelFormat format,
	MTLTextureType type, struct _NSRange levels, struct _NSRange slices, MTLTextureSwizzleChannels swizzle) {
	return tongs_texture_new_view(
		self, format, type, levels.location, levels.length, slices.location, slices.length, swizzle);
}

static struct tongs_texture *newView_ranges(struct tongs_texture *self, SEL _cmd, MTLPixelFormat format,
	MTLTextureType type, struct _NSRange levels, struct _NSRange slices) {
	return newView_swizzle(self, _cmd, format, type, levels, slices, info(self).swizzle);
}

static struct tongs_texture *newView(struct tongs_texture *self, SEL _cmd, MTLPixelFormat format) {
	const struct tongs_texture_info i = info(self);
	const bool cube = i.type == MTLTextureTypeCube || i.type == MTLTextureTypeCubeArray;
	const struct _NSRange levels = {0, i.mipmap_level_count}, slices = {0, i.array_length * (cube ? 6 : 1)};
	return newView_swizzle(self, _cmd, format, i.type, levels, slices, i.swizzle);
}

static BOOL isShareable(struct tongs_texture *self, SEL _cmd) {
	return tongs_texture_is_shareable(self);
}

static struct tongs_texture_handle *newSharedTextureHandle(struct tongs_texture *self, SEL _cmd) {
	return tongs_texture_handle_new(self);
}

static id description(struct tongs_texture *self, SEL _cmd) {
	char text[TONGS_LABEL_DESCRIPTION_SIZE];
	const char *label = tongs_label_read(&self->resource.storage.label, text, sizeof(text));
	struct tongs_texture_info i = info(self);
	return tongs_string_new_format(
		"<%s: %p> label = %s, textureType = %lu, pixelFormat = %lu, %lu x %lu x %lu, mipmapLevelCount = %lu, "
		"arrayLength = %lu, sampleCount = %lu, storageMode = %lu",
		object_getClassName((id)self), (void *)self, label ? label : "<none>", (unsigned long)i.type,
		(unsigned long)i.pixel_format, (unsigned long)i.width, (unsigned long)i.height, (unsigned long)i.depth,
		(unsigned long)i.mipmap_level_count, (unsigned long)i.array_length, (unsigned long)i.sample_count,
		(unsigned long)tongs_resource_get_storage_mode(tongs_texture_get_resource(self)));
}

static const struct tongs_objc_method methods[] = {
	METHOD("rootResource", rootResource, "@@:"),
	METHOD("parentTexture", parentTexture, "@@:"),
	METHOD("parentRelativeLevel", parentRelativeLevel, "Q@:"),
	METHOD("parentRelativeSlice", parentRelativeSlice, "Q@:"),
	METHOD("buffer", buffer, "@@:"),
	METHOD("bufferOffset", bufferOffset, "Q@:"),
	METHOD("bufferBytesPerRow", bufferBytesPerRow, "Q@:"),
	METHOD("iosurface", iosurface, "^{__IOSurface=}@:"),
	METHOD("iosurfacePlane", iosurfacePlane, "Q@:"),
	METHOD("textureType", textureType, "Q@:"),
	METHOD("pixelFormat", pixelFormat, "Q@:"),
	METHOD("width", width, "Q@:"),
	METHOD("height", height, "Q@:"),
	METHOD("depth", depth, "Q@:"),
	METHOD("mipmapLevelCount", mipmapLevelCount, "Q@:"),
	METHOD("sampleCount", sampleCount, "Q@:"),
	METHOD("arrayLength", arrayLength, "Q@:"),
	METHOD("usage", usage, "Q@:"),
	METHOD("isShareable", isShareable, "C@:"),
	ANSWERS_NO("isFramebufferOnly", tongs_answer_no, "C@:"),
	ANSWERS_NO("isSparse", tongs_answer_no, "C@:"),
	ANSWERS_NO("firstMipmapInTail", tongs_answer_0, "Q@:"),
	ANSWERS_NO("tailSizeInBytes", tongs_answer_0, "Q@:"),
	METHOD("allowGPUOptimizedContents", allowGPUOptimizedContents, "C@:"),
	METHOD("compressionType", compressionType, "q@:"),
	METHOD("swizzle", swizzle, ENC_SWIZZLE "@:"),
	ANSWERS_NO("remoteStorageTexture", tongs_answer_nil, "@@:"),
	ANSWERS_NO("gpuResourceID", tongs_answer_no_resource_id, "{?=Q}@:"),
	REFUSES("newRemoteTextureViewForDevice:", tongs_refuse, "@@:@", &tongs_no_peers),
	METHOD("getBytes:bytesPerRow:bytesPerImage:fromRegion:mipmapLevel:slice:", getBytes, "v@:^vQQ" ENC_REGION "QQ"),
	METHOD("getBytes:bytesPerRow:fromRegion:mipmapLevel:", getBytes_slice0, "v@:^vQ" ENC_REGION "Q"),
	METHOD("replaceRegion:mipmapLevel:slice:withBytes:bytesPerRow:bytesPerImage:", replaceRegion,
		"v@:" ENC_REGION "QQr^vQQ"),
	METHOD("replaceRegion:mipmapLevel:withBytes:bytesPerRow:", replaceRegion_slice0, "v@:" ENC_REGION "Qr^vQ"),
	METHOD("newSharedTextureHandle", newSharedTextureHandle, "@@:"),
	METHOD("newTextureViewWithPixelFormat:", newView, "@@:Q"),
	METHOD("newTextureViewWithPixelFormat:textureType:levels:slices:", newView_ranges, "@@:QQ" ENC_RANGE ENC_RANGE),
	METHOD("newTextureViewWithPixelFormat:textureType:levels:slices:swizzle:", newView_swizzle,
		"@@:QQ" ENC_RANGE ENC_RANGE ENC_SWIZZLE),
	METHOD("description", description, "@@:"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_texture = {
	.name = "TongsTexture",
	.methods = methods,
	.protocols = {"MTLTexture"},
};
