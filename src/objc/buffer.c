/* SPDX-License-Identifier: MIT */
/* TongsBuffer <MTLBuffer>. */
#include "util/log.h"
#include "metal/buffer.h"
#include "objc/class.h"
#include "objc/descriptor.h"
#include "objc/string.h"

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
		tongs_log_error("%s: the range {%lu, %lu} is not inside the buffer's %lu bytes", sel_getName(method),
			(unsigned long)range.location, (unsigned long)range.length, (unsigned long)length);
}

static void didModifyRange(struct tongs_buffer *self, SEL _cmd, struct _NSRange range) {
	check_range(self, _cmd, range);
}

static void addDebugMarker(struct tongs_buffer *self, SEL _cmd, id marker, struct _NSRange range) {
	check_range(self, _cmd, range);
}

static void removeAllDebugMarkers(struct tongs_buffer *self, SEL _cmd) {
}

static struct tongs_texture *newTexture(
	struct tongs_buffer *self, SEL _cmd, const void *descriptor, NSUInteger offset, NSUInteger bytesPerRow) {
	const struct tongs_texture_info *info = tongs_objc_texture_info_get(descriptor, _cmd);
	return info ? tongs_buffer_new_texture(self, info, offset, bytesPerRow) : NULL;
}

static id remoteStorageBuffer(struct tongs_buffer *self, SEL _cmd) {
	return nil;
}

static id description(struct tongs_buffer *self, SEL _cmd) {
	char text[TONGS_DESCRIBED_LABEL];
	const char *label = tongs_label_read(&self->resource.storage.label, text, sizeof(text));
	return tongs_string_new_format("<%s: %p> label = %s, length = %lu, storageMode = %lu, contents = %p",
		object_getClassName((id)self), (void *)self, label ? label : "<none>",
		(unsigned long)tongs_buffer_get_length(self),
		(unsigned long)tongs_resource_get_storage_mode(tongs_buffer_get_resource(self)),
		tongs_buffer_get_contents(self));
}

static const struct tongs_objc_method methods[] = {
	METHOD("length", length, "Q@:"),
	METHOD("contents", contents, "^v@:"),
	METHOD("gpuAddress", gpuAddress, "Q@:"),
	METHOD("didModifyRange:", didModifyRange, "v@:" ENC_RANGE),
	METHOD("addDebugMarker:range:", addDebugMarker, "v@:@" ENC_RANGE),
	METHOD("removeAllDebugMarkers", removeAllDebugMarkers, "v@:"),
	METHOD("newTextureWithDescriptor:offset:bytesPerRow:", newTexture, "@@:@QQ"),
	METHOD("remoteStorageBuffer", remoteStorageBuffer, "@@:"),
	METHOD("description", description, "@@:"),
	METHODS_END,
};

const struct tongs_objc_class tongs_objc_buffer = {
	.name = "TongsBuffer",
	.super = &tongs_objc_resource,
	.methods = methods,
	.protocols = {"MTLBuffer"},
};
