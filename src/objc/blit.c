/* SPDX-License-Identifier: MIT */
/* TongsBlitCommandEncoder <MTLBlitCommandEncoder>. */
#include "commands/command.h"
#include "metal/resource.h"
#include "objc/absent.h"
#include "objc/check.h"
#include "objc/tables.h"

typedef struct tongs_encoder encoder;
typedef struct tongs_buffer buffer;
typedef struct tongs_texture texture;

static bool are(const void *from, enum tongs_kind from_kind, const void *to, enum tongs_kind to_kind, SEL method) {
	return tongs_check_kind(from, from_kind, method) && tongs_check_kind(to, to_kind, method);
}

static bool are_textures(const texture *from, const texture *to, SEL method) {
	return are(from, TONGS_KIND_TEXTURE, to, TONGS_KIND_TEXTURE, method);
}

static void copyBuffer(encoder *self, SEL _cmd, buffer *from, NSUInteger from_offset, buffer *to, NSUInteger to_offset,
	NSUInteger size) {
	if (are(from, TONGS_KIND_BUFFER, to, TONGS_KIND_BUFFER, _cmd))
		tongs_blit_copy_buffer(self, from, from_offset, to, to_offset, size);
}

static void copyBufferToTextureWithOptions(encoder *self, SEL _cmd, buffer *from, NSUInteger offset,
	NSUInteger bytes_per_row, NSUInteger bytes_per_image, MTLSize size, texture *to, NSUInteger slice,
	NSUInteger level, MTLOrigin origin, MTLBlitOption options) {
	if (are(from, TONGS_KIND_BUFFER, to, TONGS_KIND_TEXTURE, _cmd))
		tongs_blit_copy_buffer_to_texture(
			self, from, offset, bytes_per_row, bytes_per_image, size, to, slice, level, origin, options);
}

static void copyBufferToTexture(encoder *self, SEL _cmd, buffer *from, NSUInteger offset, NSUInteger bytes_per_row,
	NSUInteger bytes_per_image, MTLSize size, texture *to, NSUInteger slice, NSUInteger level, MTLOrigin origin) {
	copyBufferToTextureWithOptions(self, _cmd, from, offset, bytes_per_row, bytes_per_image, size, to, slice, level,
		origin, MTLBlitOptionNone);
}

static void copyTextureToBufferWithOptions(encoder *self, SEL _cmd, texture *from, NSUInteger slice, NSUInteger level,
	MTLOrigin origin, MTLSize size, buffer *to, NSUInteger offset, NSUInteger bytes_per_row,
	NSUInteger bytes_per_image, MTLBlitOption options) {
	if (are(from, TONGS_KIND_TEXTURE, to, TONGS_KIND_BUFFER, _cmd))
		tongs_blit_copy_texture_to_buffer(
			self, from, slice, level, origin, size, to, offset, bytes_per_row, bytes_per_image, options);
}

static void copyTextureToBuffer(encoder *self, SEL _cmd, texture *from, NSUInteger slice, NSUInteger level,
	MTLOrigin origin, MTLSize size, buffer *to, NSUInteger offset, NSUInteger bytes_per_row,
	NSUInteger bytes_per_image) {
	copyTextureToBufferWithOptions(self, _cmd, from, slice, level, origin, size, to, offset, bytes_per_row,
		bytes_per_image, MTLBlitOptionNone);
}

static void copyTexture(encoder *self, SEL _cmd, texture *from, NSUInteger from_slice, NSUInteger from_level,
	MTLOrigin from_origin, MTLSize size, texture *to, NSUInteger to_slice, NSUInteger to_level,
	MTLOrigin to_origin) {
	if (are_textures(from, to, _cmd))
		tongs_blit_copy_texture(
			self, from, from_slice, from_level, from_origin, size, to, to_slice, to_level, to_origin);
}

static void copySlices(encoder *self, SEL _cmd, texture *from, NSUInteger from_slice, NSUInteger from_level,
	texture *to, NSUInteger to_slice, NSUInteger to_level, NSUInteger slice_count, NSUInteger level_count) {
	if (are_textures(from, to, _cmd))
		tongs_blit_copy_slices(
			self, from, from_slice, from_level, to, to_slice, to_level, slice_count, level_count);
}

static void copyTextures(encoder *self, SEL _cmd, texture *from, texture *to) {
	if (are_textures(from, to, _cmd))
		tongs_blit_copy_textures(self, from, to);
}

static void fillBuffer(encoder *self, SEL _cmd, buffer *to, struct _NSRange range, uint8_t value) {
	if (tongs_check_kind(to, TONGS_KIND_BUFFER, _cmd))
		tongs_blit_fill_buffer(self, to, range.location, range.length, value);
}

static void generateMipmaps(encoder *self, SEL _cmd, texture *to) {
	if (tongs_check_kind(to, TONGS_KIND_TEXTURE, _cmd))
		tongs_blit_generate_mipmaps(self, to);
}

static void updateFence(encoder *self, SEL _cmd, struct tongs_fence *fence) {
	if (tongs_check_kind(fence, TONGS_KIND_FENCE, _cmd))
		tongs_blit_update_fence(self, fence);
}

static void waitForFence(encoder *self, SEL _cmd, struct tongs_fence *fence) {
	if (tongs_check_kind(fence, TONGS_KIND_FENCE, _cmd))
		tongs_blit_wait_for_fence(self, fence);
}

static void touchResource(encoder *self, SEL _cmd, struct tongs_resource *resource) {
	if (tongs_handle_kind(resource) == TONGS_KIND_BUFFER || tongs_check_kind(resource, TONGS_KIND_TEXTURE, _cmd))
		tongs_blit_touch(self, resource, sel_getName(_cmd));
}

static void touchTexture(encoder *self, SEL _cmd, texture *touched) {
	if (tongs_check_kind(touched, TONGS_KIND_TEXTURE, _cmd))
		tongs_blit_touch(self, tongs_texture_get_resource(touched), sel_getName(_cmd));
}

static void touchLevel(encoder *self, SEL _cmd, texture *touched, NSUInteger slice, NSUInteger level) {
	if (tongs_check_kind(touched, TONGS_KIND_TEXTURE, _cmd))
		tongs_blit_touch_level(self, touched, slice, level, sel_getName(_cmd));
}

#define ORIGIN ENC_ORIGIN_OR_SIZE
static const struct tongs_objc_method methods[] = {
	METHOD("copyFromBuffer:sourceOffset:toBuffer:destinationOffset:size:", copyBuffer, "v@:@Q@QQ"),
	METHOD("copyFromBuffer:sourceOffset:sourceBytesPerRow:sourceBytesPerImage:sourceSize:toTexture:"
	       "destinationSlice:destinationLevel:destinationOrigin:",
		copyBufferToTexture, "v@:@QQQ" ORIGIN "@QQ" ORIGIN),
	METHOD("copyFromBuffer:sourceOffset:sourceBytesPerRow:sourceBytesPerImage:sourceSize:toTexture:"
	       "destinationSlice:destinationLevel:destinationOrigin:options:",
		copyBufferToTextureWithOptions, "v@:@QQQ" ORIGIN "@QQ" ORIGIN "Q"),
	METHOD("copyFromTexture:sourceSlice:sourceLevel:sourceOrigin:sourceSize:toBuffer:destinationOffset:"
	       "destinationBytesPerRow:destinationBytesPerImage:",
		copyTextureToBuffer, "v@:@QQ" ORIGIN ORIGIN "@QQQ"),
	METHOD("copyFromTexture:sourceSlice:sourceLevel:sourceOrigin:sourceSize:toBuffer:destinationOffset:"
	       "destinationBytesPerRow:destinationBytesPerImage:options:",
		copyTextureToBufferWithOptions, "v@:@QQ" ORIGIN ORIGIN "@QQQQ"),
	METHOD("copyFromTexture:sourceSlice:sourceLevel:sourceOrigin:sourceSize:toTexture:destinationSlice:"
	       "destinationLevel:destinationOrigin:",
		copyTexture, "v@:@QQ" ORIGIN ORIGIN "@QQ" ORIGIN),
	METHOD("copyFromTexture:sourceSlice:sourceLevel:toTexture:destinationSlice:destinationLevel:sliceCount:"
	       "levelCount:",
		copySlices, "v@:@QQ@QQQQ"),
	METHOD("copyFromTexture:toTexture:", copyTextures, "v@:@@"),
	METHOD("fillBuffer:range:value:", fillBuffer, "v@:@" ENC_RANGE "C"),
	METHOD("generateMipmapsForTexture:", generateMipmaps, "v@:@"),
	METHOD("updateFence:", updateFence, "v@:@"),
	METHOD("waitForFence:", waitForFence, "v@:@"),
	METHOD("synchronizeResource:", touchResource, "v@:@"),
	METHOD("synchronizeTexture:slice:level:", touchLevel, "v@:@QQ"),
	METHOD("optimizeContentsForGPUAccess:", touchTexture, "v@:@"),
	METHOD("optimizeContentsForGPUAccess:slice:level:", touchLevel, "v@:@QQ"),
	METHOD("optimizeContentsForCPUAccess:", touchTexture, "v@:@"),
	METHOD("optimizeContentsForCPUAccess:slice:level:", touchLevel, "v@:@QQ"),
	REFUSES("getTextureAccessCounters:region:mipLevel:slice:resetCounters:countersBuffer:countersBufferOffset:",
		tongs_refuse, "v@:@" ENC_REGION "QQC@Q", &tongs_no_sparse),
	REFUSES("resetTextureAccessCounters:region:mipLevel:slice:", tongs_refuse, "v@:@" ENC_REGION "QQ",
		&tongs_no_sparse),
	REFUSES("resetCommandsInBuffer:withRange:", tongs_refuse, "v@:@" ENC_RANGE, &tongs_no_shaders),
	REFUSES("copyIndirectCommandBuffer:sourceRange:destination:destinationIndex:", tongs_refuse,
		"v@:@" ENC_RANGE "@Q", &tongs_no_shaders),
	REFUSES("optimizeIndirectCommandBuffer:withRange:", tongs_refuse, "v@:@" ENC_RANGE, &tongs_no_shaders),
	REFUSES("sampleCountersInBuffer:atSampleIndex:withBarrier:", tongs_refuse, "v@:@QC", &tongs_no_counters),
	REFUSES("resolveCounters:inRange:destinationBuffer:destinationOffset:", tongs_refuse, "v@:@" ENC_RANGE "@Q",
		&tongs_no_counters),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_blit_command_encoder = {
	.name = "TongsBlitCommandEncoder",
	.methods = methods,
	.more = {tongs_encoder_methods},
	.protocols = {"MTLBlitCommandEncoder", "MTLCommandEncoder"},
};
