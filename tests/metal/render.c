/* SPDX-License-Identifier: MIT */
#include "render.h"

#include <math.h>
#include <string.h>

#include "metal/texture_shape.h"

const MTLClearColor render_zero = {0, 0, 0, 0}, render_first = {0.2, 0.4, 0.6, 1}, render_second = {1, 0, 0.2, 0.4};

struct tongs_command_buffer *render_begin(void) {
	struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(queue);
	assert_non_null(commands);
	return commands;
}

bool render_encode(struct tongs_command_buffer *commands, const struct tongs_render_pass_info *info) {
	struct tongs_encoder *encoder = tongs_command_buffer_new_render_encoder(commands, info);
	if (!encoder)
		return false;
	tongs_encoder_end(encoder);
	tongs_encoder_unref(encoder);
	return true;
}

struct tongs_render_pass_info render_make_pass(void) {
	struct tongs_render_pass_info info;
	tongs_render_pass_info_init(&info);
	return info;
}

struct tongs_render_pass_info render_make_clear(
	struct tongs_texture *texture, NSUInteger level, NSUInteger slice, MTLClearColor color) {
	struct tongs_render_pass_info info = render_make_pass();
	info.colors[0].texture = texture;
	info.colors[0].level = level;
	info.colors[0].slice = slice;
	info.colors[0].load_action = MTLLoadActionClear;
	info.colors[0].clear_color = color;
	return info;
}

void render_read(struct tongs_command_buffer *commands, struct tongs_texture *texture, NSUInteger level,
	NSUInteger slice, unsigned block_bytes, MTLBlitOption option, struct tongs_buffer *to, NSUInteger offset) {
	struct tongs_encoder *encoder = tongs_command_buffer_new_blit_encoder(commands);
	struct tongs_texture_info info;
	assert_non_null(encoder);
	tongs_texture_get_info(texture, &info);
	const MTLSize size = tongs_texture_info_get_level_size(&info, level);
	const NSUInteger row = size.width * block_bytes;
	tongs_blit_copy_texture_to_buffer(encoder, texture, slice, level, MTLOriginMake(0, 0, 0), size, to, offset, row,
		row * size.height, option);
	tongs_encoder_end(encoder);
	tongs_encoder_unref(encoder);
}

struct tongs_texture *render_new_target(
	MTLPixelFormat format, MTLTextureType type, NSUInteger edge, NSUInteger samples, MTLResourceOptions options) {
	struct tongs_texture_info info = tongs_texture_info_2d(format, edge, edge);
	info.type = type;
	info.sample_count = samples;
	info.array_length = type == MTLTextureType2DArray || type == MTLTextureType2DMultisampleArray ? 4 : 1;
	info.depth = type == MTLTextureType3D ? 4 : 1;
	info.mipmap_level_count = samples == 1 ? 2 : 1;
	info.usage = MTLTextureUsageRenderTarget | MTLTextureUsagePixelFormatView;
	info.resource_options = options;
	return tongs_device_new_texture(device, &info);
}

uint32_t render_make_depth(MTLPixelFormat format, double depth) {
	uint32_t bits;
	memcpy(&bits, &(float){(float)depth}, 4);
	return format == MTLPixelFormatDepth16Unorm            ? (uint32_t)round(depth * 0xffff)
	       : format == MTLPixelFormatDepth24Unorm_Stencil8 ? (uint32_t)round(depth * 0xffffff)
							       : bits;
}

bool render_are_all(const void *texels, size_t count, uint32_t texel) {
	for (size_t i = 0; i < count; i++)
		if (memcmp((const uint8_t *)texels + 4 * i, &texel, 4) != 0)
			return false;
	return true;
}
