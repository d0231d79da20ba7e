/* SPDX-License-Identifier: MIT */
/* Render passes without draws: clears of every color format in every type of texture, Shared and Private, against
 * texels that the CPU made; depth and stencil; resolves; views; textures over buffers and surfaces; and what is
 * refused. */
#include "render.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metal/clear_color.h"
#include "metal/texture.h"
#include "metal/texture_shape.h"

/* Numbers that a component of so many bits has exactly, or that are far from the middle between two. */
static double pick(enum tongs_numeric_format numbers, uint32_t *random) {
	const int choice = (int)(next_random(random) >> 8) % 8;
	switch (numbers) {
	case TONGS_NUMERIC_UINT:
		return choice == 7 ? 1e12 : choice == 6 ? -3 : choice * 2 + 1;
	case TONGS_NUMERIC_SINT:
		return choice == 7 ? 1e12 : choice == 6 ? -1e12 : choice * 2 - 5;
	case TONGS_NUMERIC_SFLOAT:
		return choice / 8.0 - 0.5;
	case TONGS_NUMERIC_UFLOAT:
		return choice / 8.0;
	case TONGS_NUMERIC_SNORM:
		return choice == 7 ? 3 : choice == 6 ? -3 : choice / 5.0 - 0.4;
	default:
		return choice == 7 ? 3 : choice == 6 ? -3 : choice / 5.0;
	}
}

static double limit(double value, double least, double most) {
	return value < least ? least : value > most ? most : value;
}

/* Of a number that fewer bits have exactly. */
static uint64_t shrink_float(float value, unsigned bits) {
	uint32_t word;
	memcpy(&word, &value, 4);
	if (bits == 32)
		return word;
	const unsigned mantissa = bits == 16 ? 10 : bits - 5;
	const uint64_t sign = bits == 16 ? (uint64_t)(word >> 31) << 15 : 0;
	return value == 0 ? sign
			  : sign | (((word >> 23 & 0xff) - 112) << mantissa) | (word & 0x7fffff) >> (23 - mantissa);
}

static uint64_t make_component(enum tongs_numeric_format numbers, unsigned bits, bool alpha, double value) {
	const double most = (double)((UINT64_C(1) << bits) - 1), half = (most + 1) / 2;
	const uint64_t mask = (UINT64_C(1) << bits) - 1;
	const double unit = limit(value, 0, 1);
	switch (numbers) {
	case TONGS_NUMERIC_UINT:
		return (uint64_t)limit(value, 0, most);
	case TONGS_NUMERIC_SINT:
		return (uint64_t)(int64_t)limit(value, -half, half - 1) & mask;
	case TONGS_NUMERIC_SFLOAT:
	case TONGS_NUMERIC_UFLOAT:
		return shrink_float((float)value, bits);
	case TONGS_NUMERIC_SNORM:
		return (uint64_t)(int64_t)round(limit(value, -1, 1) * (half - 1)) & mask;
	case TONGS_NUMERIC_SRGB:
		if (!alpha)
			return (uint64_t)round(
				(unit <= 0.0031308 ? unit * 12.92 : 1.055 * pow(unit, 1 / 2.4) - 0.055) * most);
		/* fall through */
	default:
		return (uint64_t)round(unit * most);
	}
}

/* A texel, from the format's layout. */
static void make_texel(const struct tongs_format *format, const MTLClearColor *color, uint8_t texel[16]) {
	const double values[] = {color->red, color->green, color->blue, color->alpha};
	static const char letters[] = "rgba";
	unsigned shift = 0;
	memset(texel, 0, 16);
	for (const char *at = format->layout; *at;) {
		const char letter = *at++;
		const unsigned bits = (unsigned)strtoul(at, (char **)&at, 10);
		const char *index = strchr(letters, letter);
		const uint64_t component =
			index ? make_component(format->numeric_format, bits, letter == 'a', values[index - letters])
			      : 0;
		for (unsigned bit = 0; bit < bits; bit++)
			texel[(shift + bit) / 8] |= (uint8_t)((component >> bit & 1) << (shift + bit) % 8);
		shift += bits;
	}
}

/* Whether a component is one that the color may have: of a normalized number that lies between two, drivers may write
 * either; sRGB's function is approximate. */
static bool may_be(enum tongs_numeric_format numbers, unsigned bits, bool alpha, double value, uint64_t got) {
	const uint64_t most = (UINT64_C(1) << bits) - 1, sign = bits ? UINT64_C(1) << (bits - 1) : 0;
	double exact = limit(value, 0, 1) * (double)most, number = (double)got;
	if (got == make_component(numbers, bits, alpha, value))
		return true;
	if (numbers == TONGS_NUMERIC_SRGB && !alpha)
		return fabs(number - (double)make_component(numbers, bits, alpha, value)) <= 1;
	if (numbers == TONGS_NUMERIC_SNORM) {
		exact = limit(value, -1, 1) * (double)(sign - 1);
		number = got & sign ? number - (double)most - 1 : number;
	} else if (numbers != TONGS_NUMERIC_UNORM && numbers != TONGS_NUMERIC_SRGB) {
		return false;
	}
	return fabs(number - exact) < 0.9999;
}

static bool is_color(const struct tongs_format *format, const MTLClearColor *color, const uint8_t *texel) {
	const double values[] = {color->red, color->green, color->blue, color->alpha};
	static const char letters[] = "rgba";
	unsigned shift = 0;
	for (const char *at = format->layout; *at;) {
		const char letter = *at++;
		const unsigned bits = (unsigned)strtoul(at, (char **)&at, 10);
		const char *index = strchr(letters, letter);
		uint64_t got = 0;
		for (unsigned bit = 0; bit < bits; bit++, shift++)
			got |= (uint64_t)(texel[shift / 8] >> shift % 8 & 1) << bit;
		if (index ? !may_be(format->numeric_format, bits, letter == 'a', values[index - letters], got)
			  : got != 0)
			return false;
	}
	return true;
}

static const struct {
	MTLTextureType type;
	NSUInteger width, height, depth, array_length, levels;
} shapes[] = {
	{MTLTextureType1D, 19, 1, 1, 1, 1},
	{MTLTextureType2D, 17, 9, 1, 1, 3},
	{MTLTextureType2DArray, 9, 7, 1, 3, 2},
	{MTLTextureTypeCube, 8, 8, 1, 1, 2},
	{MTLTextureTypeCubeArray, 5, 5, 1, 2, 1},
	{MTLTextureType3D, 6, 5, 7, 1, 3},
};
enum { ROOM = 1 << 16, MAX_TARGETS = 16 };

static struct tongs_texture_info make_info(MTLPixelFormat format, size_t shape, MTLResourceOptions options) {
	struct tongs_texture_info info = tongs_texture_info_2d(format, shapes[shape].width, shapes[shape].height);
	info.type = shapes[shape].type;
	info.depth = shapes[shape].depth;
	info.array_length = shapes[shape].array_length;
	info.mipmap_level_count = shapes[shape].levels;
	info.resource_options = options;
	info.usage = MTLTextureUsageRenderTarget;
	return info;
}

/* The number of texels that differ from the color. */
static size_t count_wrong(const uint8_t *texels, size_t count, const struct tongs_format *format, MTLClearColor color) {
	uint8_t expected[16];
	size_t wrong = 0;
	make_texel(format, &color, expected);
	for (size_t i = 0; i < count; i++)
		wrong += !is_color(format, &color, texels + i * format->block_bytes);
	if (wrong)
		print_message("%s: %02x%02x%02x%02x… instead of %02x%02x%02x%02x…\n", format->mtl_name, texels[0],
			texels[1], texels[2], texels[3], expected[0], expected[1], expected[2], expected[3]);
	return wrong;
}

/* Every level and slice gets a color of its own, in passes of one command buffer. -1: the driver cannot clear it. */
static long clear_all(struct tongs_texture *texture, const struct tongs_texture_info *info, struct tongs_buffer *room) {
	const struct tongs_format *format = tongs_format_from_metal(info->pixel_format);
	const NSUInteger slices = tongs_texture_info_get_slice_count(info);
	struct tongs_command_buffer *commands = render_begin();
	MTLClearColor colors[MAX_TARGETS];
	uint32_t random = (uint32_t)info->pixel_format;
	NSUInteger target = 0, offset = 0;
	long wrong = 0;
	for (NSUInteger level = 0; level < info->mipmap_level_count; level++)
		for (NSUInteger slice = 0; slice < slices; slice++, target++) {
			assert_true(target < MAX_TARGETS);
			double values[4];
			for (size_t i = 0; i < 4; i++)
				values[i] = pick(format->numeric_format, &random);
			colors[target] = MTLClearColorMake(values[0], values[1], values[2], values[3]);
			struct tongs_render_pass_info pass = render_make_clear(texture, level, slice, colors[target]);
			if (info->type == MTLTextureType3D)
				pass.render_target_array_length = tongs_texture_info_get_level_size(info, level).depth;
			wrong = render_encode(commands, &pass) ? wrong : -1;
		}
	for (NSUInteger level = 0; level < info->mipmap_level_count && wrong == 0; level++)
		for (NSUInteger slice = 0; slice < slices; slice++, offset += 4096)
			render_read(commands, texture, level, slice, format->block_bytes, 0, room, offset);
	commands_finish(commands);
	offset = target = 0;
	for (NSUInteger level = 0; level < info->mipmap_level_count && wrong >= 0; level++)
		for (NSUInteger slice = 0; slice < slices; slice++, offset += 4096, target++) {
			const MTLSize size = tongs_texture_info_get_level_size(info, level);
			wrong += (long)count_wrong((uint8_t *)tongs_buffer_get_contents(room) + offset,
				size.width * size.height * size.depth, format, colors[target]);
		}
	return wrong;
}

static void every_color_in_every_type(void **state) {
	static const MTLResourceOptions modes[] = {MTLResourceStorageModeShared, MTLResourceStorageModePrivate};
	struct tongs_buffer *room = tongs_device_new_buffer(device, ROOM, MTLResourceStorageModeShared);
	size_t cleared = 0, refused = 0, differing = 0, kinds[TONGS_NUMERIC_XR + 1] = {0};
	(void)state;
	assert_non_null(room);
	for (const struct tongs_format *format = tongs_format_next(NULL); format; format = tongs_format_next(format)) {
		/* Of a shared exponent there are several texels for a color. */
		if (!format->mtl_format || !is_known(format) || format->kind != TONGS_FORMAT_COLOR || !format->layout ||
			strchr(format->layout, 'e'))
			continue;
		for (size_t i = 0; i < LENGTH(shapes) * LENGTH(modes); i++) {
			const struct tongs_texture_info info =
				make_info(format->mtl_format, i / LENGTH(modes), modes[i % LENGTH(modes)]);
			struct tongs_texture *texture = tongs_device_new_texture(device, &info);
			const long wrong = texture ? clear_all(texture, &info, room) : -1;
			if (wrong < 0)
				messages_take(); /* of what the driver lacks */
			messages_expect_none();
			cleared += wrong >= 0;
			refused += texture && wrong < 0;
			differing += wrong > 0;
			kinds[format->numeric_format] += wrong == 0;
			if (wrong > 0)
				print_message("%s, type %lu, mode %zu: %ld texels differ\n", format->mtl_name,
					(unsigned long)info.type, i % LENGTH(modes), wrong);
			tongs_texture_unref(texture);
		}
	}
	print_message("%zu textures cleared, %zu refused, %zu differ\n", cleared, refused, differing);
	assert_int_equal(differing, 0);
	assert_true(cleared > 150);
	assert_true(kinds[TONGS_NUMERIC_UNORM] && kinds[TONGS_NUMERIC_SNORM] && kinds[TONGS_NUMERIC_UINT] &&
		    kinds[TONGS_NUMERIC_SINT] && kinds[TONGS_NUMERIC_SFLOAT] && kinds[TONGS_NUMERIC_SRGB]);
	tongs_buffer_unref(room);
}

static void check_slices(struct tongs_texture *texture, MTLPixelFormat format, MTLBlitOption option, unsigned bytes,
	uint32_t mask, const uint32_t expected[4]) {
	enum { EDGE = 8 };
	struct tongs_buffer *room = tongs_device_new_buffer(device, ROOM, MTLResourceStorageModeShared);
	struct tongs_command_buffer *commands = render_begin();
	for (NSUInteger slice = 0; slice < 4; slice++)
		render_read(commands, texture, 0, slice, bytes, option, room, slice * 4096);
	commands_finish(commands);
	for (size_t slice = 0; slice < 4; slice++)
		for (size_t i = 0; i < EDGE * EDGE; i++) {
			uint32_t texel = 0;
			memcpy(&texel, (uint8_t *)tongs_buffer_get_contents(room) + slice * 4096 + i * bytes, bytes);
			if ((texel & mask) != expected[slice])
				fail_msg("format %lu, option %lu, slice %zu: 0x%x instead of 0x%x",
					(unsigned long)format, (unsigned long)option, slice, texel & mask,
					expected[slice]);
		}
	tongs_buffer_unref(room);
}

/* All slices, then two of them, then one in one aspect. */
static void depth_and_stencil(void **state) {
	static const struct {
		MTLPixelFormat format;
		bool depth, stencil;
	} formats[] = {
		{MTLPixelFormatDepth16Unorm, true, false},
		{MTLPixelFormatDepth32Float, true, false},
		{MTLPixelFormatStencil8, false, true},
		{MTLPixelFormatDepth24Unorm_Stencil8, true, true},
		{MTLPixelFormatDepth32Float_Stencil8, true, true},
	};
	size_t cleared = 0;
	(void)state;
	for (size_t i = 0; i < LENGTH(formats) * 2; i++) {
		const MTLPixelFormat format = formats[i / 2].format;
		const bool depth = formats[i / 2].depth, stencil = formats[i / 2].stencil;
		struct tongs_texture *texture = render_new_target(format, MTLTextureType2DArray, 8, 1,
			i % 2 ? MTLResourceStorageModePrivate : MTLResourceStorageModeShared);
		if (!texture) {
			messages_take();
			continue;
		}
		struct tongs_command_buffer *commands = render_begin();
		struct tongs_render_pass_info pass = render_make_pass();
		pass.depth.texture = depth ? texture : NULL;
		pass.stencil.texture = stencil ? texture : NULL;
		pass.depth.clear_depth = 0.25;
		pass.stencil.clear_stencil = 0x1a5;
		pass.render_target_array_length = 4;
		assert_true(render_encode(commands, &pass));
		pass.depth.slice = pass.stencil.slice = 1;
		pass.render_target_array_length = 2;
		pass.depth.clear_depth = 1;
		pass.stencil.clear_stencil = 7;
		assert_true(render_encode(commands, &pass));
		pass.render_target_array_length = 0;
		pass.depth.clear_depth = 0.75;
		pass.stencil.load_action = stencil && depth ? MTLLoadActionLoad : MTLLoadActionClear;
		pass.stencil.clear_stencil = 9;
		assert_true(render_encode(commands, &pass));
		pass.stencil.load_action = MTLLoadActionClear;
		pass.depth.load_action = MTLLoadActionDontCare;
		pass.depth.slice = pass.stencil.slice = 3;
		pass.stencil.clear_stencil = 3;
		assert_true(render_encode(commands, &pass));
		commands_finish(commands);
		messages_expect_none();
		const uint32_t depths[] = {render_make_depth(format, 0.25), render_make_depth(format, 0.75),
			render_make_depth(format, 1), render_make_depth(format, 0.25)};
		const uint32_t stencils[] = {0xa5, depth ? 7 : 9, 7, 3};
		const bool both = depth && stencil;
		if (depth)
			check_slices(texture, format, both ? MTLBlitOptionDepthFromDepthStencil : 0,
				format == MTLPixelFormatDepth16Unorm ? 2 : 4,
				format == MTLPixelFormatDepth24Unorm_Stencil8 ? 0xffffff : UINT32_MAX, depths);
		if (stencil)
			check_slices(
				texture, format, both ? MTLBlitOptionStencilFromDepthStencil : 0, 1, 0xff, stencils);
		tongs_texture_unref(texture);
		cleared++;
	}
	print_message("%zu depth and stencil textures cleared\n", cleared);
	assert_true(cleared > 4);
}

/* Of all samples into one level and slice, into planes of a 3D texture, and of slices; after clears of two colors. */
static void resolves(void **state) {
	enum { EDGE = 8, COUNT = EDGE * EDGE };
	const MTLResourceOptions private = MTLResourceStorageModePrivate;
	(void)state;
	struct tongs_texture *samples =
		render_new_target(MTLPixelFormatRGBA8Unorm, MTLTextureType2DMultisampleArray, EDGE, 4, private);
	struct tongs_texture *array = render_new_target(
				     MTLPixelFormatRGBA8Unorm, MTLTextureType2DArray, EDGE * 2, 1, private),
			     *flat = render_new_target(
				     MTLPixelFormatRGBA8Unorm, MTLTextureType2D, EDGE, 1, MTLResourceStorageModeShared),
			     *solid = render_new_target(MTLPixelFormatRGBA8Unorm, MTLTextureType3D, EDGE, 1, private);
	struct tongs_buffer *room = tongs_device_new_buffer(device, ROOM, MTLResourceStorageModeShared);
	if (!samples || !array || !flat) {
		messages_take(); /* of what the driver lacks */
		tongs_texture_unref(samples);
		tongs_texture_unref(array);
		tongs_texture_unref(flat);
		tongs_texture_unref(solid);
		tongs_buffer_unref(room);
		skip();
	}
	if (!solid)
		messages_take();
	struct tongs_command_buffer *commands = render_begin();
	for (NSUInteger slice = 0; slice < 4; slice++) {
		const struct tongs_render_pass_info pass = render_make_clear(array, 1, slice, render_zero);
		assert_true(render_encode(commands, &pass));
	}
	struct tongs_render_pass_info pass = render_make_clear(samples, 0, 1, render_first);
	pass.colors[0].resolve_texture = array;
	pass.colors[0].resolve_level = 1;
	pass.colors[0].resolve_slice = 2;
	pass.colors[0].store_action = MTLStoreActionMultisampleResolve;
	assert_true(render_encode(commands, &pass));
	/* The action is set later; the sample's texels stay, and are resolved again. */
	pass = render_make_clear(samples, 0, 2, render_second);
	pass.colors[0].resolve_texture = flat;
	pass.colors[0].store_action = MTLStoreActionUnknown;
	struct tongs_encoder *encoder = tongs_command_buffer_new_render_encoder(commands, &pass);
	assert_non_null(encoder);
	tongs_render_set_color_store_action(encoder, MTLStoreActionStoreAndMultisampleResolve, 0);
	tongs_encoder_end(encoder);
	tongs_encoder_unref(encoder);
	pass = render_make_clear(samples, 0, 0, render_first);
	pass.colors[0].resolve_texture = solid;
	pass.colors[0].resolve_depth_plane = 1;
	pass.colors[0].store_action = MTLStoreActionStoreAndMultisampleResolve;
	if (solid) {
		assert_true(render_encode(commands, &pass));
	}
	/* The samples of two passes, both of which were stored. */
	pass.colors[0].load_action = MTLLoadActionLoad;
	pass.colors[0].slice = 1;
	pass.colors[0].resolve_texture = array;
	pass.colors[0].resolve_level = 1;
	pass.colors[0].resolve_slice = 0;
	pass.colors[0].resolve_depth_plane = 0;
	pass.render_target_array_length = 2;
	assert_true(render_encode(commands, &pass));
	for (NSUInteger slice = 0; slice < 4; slice++)
		render_read(commands, array, 1, slice, 4, 0, room, slice * COUNT * 4);
	render_read(commands, flat, 0, 0, 4, 0, room, 4 * COUNT * 4);
	if (solid)
		render_read(commands, solid, 0, 0, 4, 0, room, 5 * COUNT * 4);
	commands_finish(commands);
	messages_expect_none();
	const uint32_t expected[] = {RENDER_FIRST, RENDER_SECOND, RENDER_FIRST, 0},
		       *texels = tongs_buffer_get_contents(room);
	for (size_t slice = 0; slice < 4; slice++)
		assert_true(render_are_all(texels + slice * COUNT, COUNT, expected[slice]));
	assert_true(render_are_all(texels + 4 * COUNT, COUNT, RENDER_SECOND));
	if (solid && !render_are_all(texels + 6 * COUNT, COUNT, RENDER_FIRST))
		fail_msg("plane 1 begins with 0x%x, planes 0, 2 and 3 with 0x%x, 0x%x and 0x%x", texels[6 * COUNT],
			texels[5 * COUNT], texels[7 * COUNT], texels[8 * COUNT]);
	tongs_texture_unref(samples);
	tongs_texture_unref(array);
	tongs_texture_unref(flat);
	tongs_texture_unref(solid);
	tongs_buffer_unref(room);
}

/* A view's levels and slices are the texture's, and its transfer function is its own. */
static void views(void **state) {
	static const struct {
		MTLPixelFormat format, view;
		uint32_t texel; /* 0.2, 0.4, 0.6, 1 in the view */
	} cases[] = {
		{MTLPixelFormatRGBA8Unorm, MTLPixelFormatRGBA8Unorm, 0xff996633},
		{MTLPixelFormatRGBA8Unorm, MTLPixelFormatRGBA8Unorm_sRGB, 0xffcbaa7c},
		{MTLPixelFormatRGBA8Unorm_sRGB, MTLPixelFormatRGBA8Unorm, 0xff996633},
	};
	enum { EDGE = 4, COUNT = EDGE * EDGE };
	struct tongs_buffer *room = tongs_device_new_buffer(device, ROOM, MTLResourceStorageModeShared);
	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct tongs_texture *texture = render_new_target(
			cases[i].format, MTLTextureType2DArray, EDGE * 2, 1, MTLResourceStorageModePrivate);
		assert_non_null(texture);
		struct tongs_texture *view = tongs_texture_new_view(
			texture, cases[i].view, MTLTextureType2DArray, 1, 1, 2, 2, MTLTextureSwizzleChannelsDefault);
		assert_non_null(view);
		struct tongs_command_buffer *commands = render_begin();
		struct tongs_render_pass_info pass = render_make_clear(texture, 1, 0, render_zero);
		pass.render_target_array_length = 4;
		assert_true(render_encode(commands, &pass));
		pass = render_make_clear(view, 0, 1, render_first);
		assert_true(render_encode(commands, &pass));
		for (NSUInteger slice = 0; slice < 4; slice++)
			render_read(commands, texture, 1, slice, 4, 0, room, slice * COUNT * 4);
		commands_finish(commands);
		const uint32_t *texels = tongs_buffer_get_contents(room);
		for (size_t slice = 0; slice < 4; slice++)
			if (!render_are_all(texels + slice * COUNT, COUNT, slice == 3 ? cases[i].texel : 0))
				fail_msg("case %zu, slice %zu: 0x%x", i, slice, texels[slice * COUNT]);
		tongs_texture_unref(texture);
		tongs_texture_unref(view);
	}
	messages_expect_none();
	tongs_buffer_unref(room);
}

/* All values of a component, with and without the transfer function, in a view of the other kind. */
static void every_value_in_views(void **state) {
	enum { VALUES = 256 };
	static const MTLPixelFormat formats[] = {MTLPixelFormatRGBA8Unorm, MTLPixelFormatRGBA8Unorm_sRGB};
	struct tongs_buffer *room = tongs_device_new_buffer(device, ROOM, MTLResourceStorageModeShared);
	(void)state;
	for (size_t i = 0; i < LENGTH(formats); i++) {
		struct tongs_texture_info info = tongs_texture_info_2d(formats[i], 1, 1);
		info.type = MTLTextureType2DArray;
		info.array_length = VALUES;
		info.usage = MTLTextureUsageRenderTarget | MTLTextureUsagePixelFormatView;
		struct tongs_texture *texture = tongs_device_new_texture(device, &info);
		assert_non_null(texture);
		struct tongs_texture *view = tongs_texture_new_view(
			texture, formats[!i], MTLTextureType2DArray, 0, 1, 0, VALUES, MTLTextureSwizzleChannelsDefault);
		assert_non_null(view);
		struct tongs_command_buffer *commands = render_begin();
		for (unsigned value = 0; value < VALUES; value++) {
			const double number = value / 255.0;
			const struct tongs_render_pass_info pass =
				render_make_clear(view, 0, value, MTLClearColorMake(number, number, number, number));
			assert_true(render_encode(commands, &pass));
			render_read(commands, texture, 0, value, 4, 0, room, value * 4);
		}
		commands_finish(commands);
		const uint8_t *texels = tongs_buffer_get_contents(room);
		for (unsigned value = 0; value < VALUES; value++)
			for (unsigned j = 0; j < 4; j++) {
				const enum tongs_numeric_format numbers = i ? TONGS_NUMERIC_UNORM : TONGS_NUMERIC_SRGB;
				const unsigned got = texels[value * 4 + j];
				const unsigned expected = (unsigned)make_component(numbers, 8, j == 3, value / 255.0);
				/* An image that is sRGB itself has the driver's approximation of its function. */
				if (got != expected && (!i || j == 3 || got + 1 < expected || got > expected + 1))
					fail_msg("value %u in a texture of %s: 0x%x instead of 0x%x", value,
						i ? "sRGB" : "Unorm", got, expected);
			}
		tongs_texture_unref(texture);
		tongs_texture_unref(view);
	}
	messages_expect_none();
	tongs_buffer_unref(room);
}

/* The bytes between the rows stay. */
static void check_rows(struct tongs_texture *rows, const uint8_t *bytes, size_t pitch, NSUInteger edge) {
	struct tongs_texture *samples = render_new_target(
		MTLPixelFormatRGBA8Unorm, MTLTextureType2DMultisample, edge, 4, MTLResourceStorageModePrivate);
	struct tongs_command_buffer *commands = render_begin();
	struct tongs_render_pass_info pass = render_make_clear(rows, 0, 0, render_first);
	assert_true(render_encode(commands, &pass));
	commands_finish(commands);
	for (size_t y = 0; y < edge; y++) {
		assert_true(render_are_all(bytes + y * pitch, edge, RENDER_FIRST));
		for (size_t x = edge * 4; x < pitch; x++)
			assert_int_equal(bytes[y * pitch + x], 0xee);
	}
	if (!samples) {
		messages_take();
		return;
	}
	commands = render_begin();
	pass = render_make_clear(samples, 0, 0, render_second);
	pass.colors[0].resolve_texture = rows;
	pass.colors[0].store_action = MTLStoreActionMultisampleResolve;
	assert_true(render_encode(commands, &pass));
	commands_finish(commands);
	for (size_t y = 0; y < edge; y++) {
		assert_true(render_are_all(bytes + y * pitch, edge, RENDER_SECOND));
		for (size_t x = edge * 4; x < pitch; x++)
			assert_int_equal(bytes[y * pitch + x], 0xee);
	}
	tongs_texture_unref(samples);
}

static void textures_over_buffers(void **state) {
	enum { EDGE = 24, PITCH = 512, OFFSET = 256 };
	(void)state;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, EDGE, EDGE);
	info.usage = MTLTextureUsageRenderTarget;
	struct tongs_buffer *buffer =
		tongs_device_new_buffer(device, OFFSET + PITCH * EDGE, MTLResourceStorageModeShared);
	struct tongs_texture *rows = tongs_buffer_new_texture(buffer, &info, OFFSET, PITCH);
	if (!rows) {
		messages_take(); /* a larger pitch is required */
		tongs_buffer_unref(buffer);
		skip();
	}
	uint8_t *bytes = tongs_buffer_get_contents(buffer);
	memset(bytes, 0xee, OFFSET + PITCH * EDGE);
	check_rows(rows, bytes + OFFSET, PITCH, EDGE);
	for (size_t i = 0; i < OFFSET; i++)
		assert_int_equal(bytes[i], 0xee);
	messages_expect_none();
	tongs_texture_unref(rows);
	tongs_buffer_unref(buffer);
}

/* A copy after a pass in the same command buffer waits for it. */
static void copies_follow_a_pass_over_a_buffer(void **state) {
	enum { EDGE = 24, PITCH = 512, SIZE = PITCH * EDGE };
	(void)state;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, EDGE, EDGE);
	info.usage = MTLTextureUsageRenderTarget;
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, SIZE, MTLResourceStorageModeShared),
			    *copy = tongs_device_new_buffer(device, SIZE, MTLResourceStorageModeShared);
	struct tongs_texture *rows = tongs_buffer_new_texture(buffer, &info, 0, PITCH);
	if (!rows) {
		messages_take(); /* a larger pitch is required */
		tongs_buffer_unref(buffer);
		tongs_buffer_unref(copy);
		skip();
	}
	struct tongs_command_buffer *commands = render_begin();
	const struct tongs_render_pass_info pass = render_make_clear(rows, 0, 0, render_first);
	assert_true(render_encode(commands, &pass));
	struct tongs_encoder *blit = tongs_command_buffer_new_blit_encoder(commands);
	tongs_blit_copy_texture_to_buffer(blit, rows, 0, 0, MTLOriginMake(0, 0, 0), MTLSizeMake(EDGE, EDGE, 1), copy, 0,
		PITCH, SIZE, MTLBlitOptionNone);
	tongs_encoder_end(blit);
	tongs_encoder_unref(blit);
	commands_finish(commands);
	for (size_t y = 0; y < EDGE; y++)
		assert_true(render_are_all((uint8_t *)tongs_buffer_get_contents(copy) + y * PITCH, EDGE, RENDER_FIRST));
	tongs_texture_unref(rows);
	tongs_buffer_unref(buffer);
	tongs_buffer_unref(copy);
}

static void textures_over_surfaces(void **state) {
	enum { EDGE = 24, PITCH = 256 };
	const struct tongs_surface_info surface_info = {
		.whole = {.width = EDGE, .height = EDGE, .bytes_per_element = 4, .bytes_per_row = PITCH}};
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, EDGE, EDGE);
	(void)state;
	info.usage = MTLTextureUsageRenderTarget;
	struct tongs_surface *surface = tongs_surface_new(&surface_info);
	assert_non_null(surface);
	struct tongs_texture *over = tongs_device_new_texture_from_surface(device, &info, surface, 0);
	assert_non_null(over);
	if (!tongs_texture_get_own_rows(over)) {
		assert_true(messages_take() > 0);
		tongs_texture_unref(over);
		tongs_surface_unref(surface);
		skip(); /* the driver imports no host pages */
	}
	uint8_t *bytes = tongs_surface_get_base_address(surface);
	memset(bytes, 0xee, PITCH * EDGE);
	check_rows(over, bytes, PITCH, EDGE);
	messages_expect_none();
	tongs_texture_unref(over);
	tongs_surface_unref(surface);
}

/* What Metal refuses, and what would need a draw. */
static void misuse_is_refused(void **state) {
	enum { EDGE = 8 };
	const MTLResourceOptions private = MTLResourceStorageModePrivate;
	(void)state;
	struct tongs_texture_info sampled_info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, EDGE, EDGE);
	struct tongs_texture *target = render_new_target(
				     MTLPixelFormatRGBA8Unorm, MTLTextureType2DArray, EDGE, 1, private),
			     *half = render_new_target(
				     MTLPixelFormatRGBA8Unorm, MTLTextureType2D, EDGE / 2, 1, private),
			     *depth = render_new_target(MTLPixelFormatDepth32Float, MTLTextureType2D, EDGE, 1, private),
			     *sampled = tongs_device_new_texture(device, &sampled_info);
	struct tongs_fence *fence = tongs_device_new_fence(device);
	assert_true(target && half && depth && sampled && fence);
	struct tongs_command_buffer *commands = render_begin();
	struct tongs_render_pass_info pass = render_make_pass();
#define REFUSED(text) \
	do { \
		assert_false(render_encode(commands, &pass)); \
		messages_expect(text); \
		pass = render_make_clear(target, 0, 0, render_zero); \
	} while (0)
	REFUSED("no attachment");
	pass.colors[0].texture = sampled;
	REFUSED("lacks MTLTextureUsageRenderTarget");
	pass.colors[0].texture = depth;
	REFUSED("not an uncompressed format with colors");
	pass.depth.texture = target;
	REFUSED("a depth");
	pass.stencil.texture = depth;
	REFUSED("a stencil");
	pass.colors[0].level = 2;
	REFUSED("2 levels");
	pass.colors[0].slice = 4;
	REFUSED("4 slices");
	pass.colors[0].slice = 3;
	pass.render_target_array_length = 2;
	REFUSED("4 slices");
	pass.render_target_array_length = UINTPTR_MAX;
	REFUSED("4 slices");
	pass.colors[0].depth_plane = 1;
	REFUSED("1 planes");
	pass.colors[0].load_action = 3;
	REFUSED("not an MTLLoadAction");
	pass.colors[0].store_action = 6;
	REFUSED("not an MTLStoreAction");
	pass.colors[0].store_action = MTLStoreActionCustomSampleDepthStore;
	REFUSED("not an MTLStoreAction");
	pass.render_target_width = EDGE + 1;
	REFUSED("exceeds");
	pass.colors[0].store_action = MTLStoreActionMultisampleResolve;
	REFUSED("resolveTexture is nil");
	pass.colors[0].store_action = MTLStoreActionMultisampleResolve;
	pass.colors[0].resolve_texture = half;
	REFUSED("one sample");
	pass.depth.texture = depth;
	pass.depth.clear_depth = 1.5;
	REFUSED("from 0 to 1");
	pass.depth.texture = depth;
	pass.depth.clear_depth = NAN;
	REFUSED("from 0 to 1");

	struct tongs_texture *solid = render_new_target(MTLPixelFormatRGBA8Unorm, MTLTextureType3D, EDGE, 1, private);
	if (solid) {
		pass.colors[0].texture = solid;
		pass.colors[0].load_action = MTLLoadActionLoad;
		pass.colors[0].depth_plane = 3;
		assert_true(render_encode(commands, &pass));
		pass.colors[0].depth_plane = 4;
		REFUSED("4 planes");
	} else {
		messages_take();
		pass = render_make_clear(target, 0, 0, render_zero);
	}
	struct tongs_texture *samples =
		render_new_target(MTLPixelFormatRGBA8Unorm, MTLTextureType2DMultisample, EDGE, 4, private);
	struct tongs_texture *other = render_new_target(MTLPixelFormatRGBA16Unorm, MTLTextureType2D, EDGE, 1, private);
	if (samples && other) {
		pass.colors[1].texture = samples;
		REFUSED("the same number");
		pass = render_make_clear(samples, 0, 0, render_zero);
		pass.colors[0].store_action = MTLStoreActionMultisampleResolve;
		pass.colors[0].resolve_texture = half;
		REFUSED("the sizes must be the same");
		pass = render_make_clear(samples, 0, 0, render_zero);
		pass.colors[0].store_action = MTLStoreActionMultisampleResolve;
		pass.colors[0].resolve_texture = samples;
		REFUSED("it must have 1");
		pass = render_make_clear(samples, 0, 0, render_zero);
		pass.colors[0].store_action = MTLStoreActionMultisampleResolve;
		pass.colors[0].resolve_texture = other;
		REFUSED("the formats must be the same");
	} else {
		messages_take();
	}

	/* In an encoder. */
	pass = render_make_clear(target, 0, 0, render_zero);
	pass.colors[0].store_action = MTLStoreActionUnknown;
	struct tongs_encoder *encoder = tongs_command_buffer_new_render_encoder(commands, &pass);
	assert_non_null(encoder);
	tongs_render_set_color_store_action(encoder, MTLStoreActionMultisampleResolve, 0);
	messages_expect("resolveTexture is nil");
	tongs_render_set_color_store_action(encoder, MTLStoreActionStore, 1);
	messages_expect("must be MTLStoreActionUnknown");
	tongs_render_set_color_store_action(encoder, MTLStoreActionStore, 8);
	messages_expect("8 color attachments");
	tongs_render_set_depth_store_action(encoder, MTLStoreActionStore);
	messages_expect("depthAttachment");
	tongs_render_set_stencil_store_action(encoder, MTLStoreActionStore);
	messages_expect("stencilAttachment");
	tongs_render_update_fence(encoder, fence, 0);
	messages_expect("0x0 are not MTLRenderStages");
	tongs_render_wait_for_fence(encoder, fence, MTLRenderStageVertex);
	tongs_render_update_fence(encoder, fence, MTLRenderStageFragment);
	tongs_blit_generate_mipmaps(encoder, target);
	messages_expect("not an MTLBlitCommandEncoder");
	assert_null(tongs_command_buffer_new_render_encoder(commands, &pass));
	messages_expect("is open");
	tongs_encoder_end(encoder);
	messages_expect("still MTLStoreActionUnknown");
	tongs_render_set_color_store_action(encoder, MTLStoreActionStore, 0);
	messages_expect("has ended");
	tongs_encoder_unref(encoder);
	commands_finish(commands);
	tongs_fence_unref(fence);
	tongs_texture_unref(target);
	tongs_texture_unref(half);
	tongs_texture_unref(depth);
	tongs_texture_unref(sampled);
	tongs_texture_unref(solid);
	tongs_texture_unref(samples);
	tongs_texture_unref(other);
}

/* Nothing of a pass that is refused is done, and nothing of one that is not committed. */
static void refused_passes_change_nothing(void **state) {
	enum { EDGE = 8, COUNT = EDGE * EDGE };
	(void)state;
	struct tongs_texture *target =
		render_new_target(MTLPixelFormatRGBA8Unorm, MTLTextureType2D, EDGE, 1, MTLResourceStorageModePrivate);
	struct tongs_buffer *room = tongs_device_new_buffer(device, ROOM, MTLResourceStorageModeShared);
	struct tongs_command_buffer *commands = render_begin(), *dropped = render_begin();
	struct tongs_render_pass_info pass = render_make_clear(target, 0, 0, render_first);
	assert_true(render_encode(commands, &pass));
	pass = render_make_clear(target, 0, 0, render_second);
	assert_true(render_encode(dropped, &pass));
	struct tongs_encoder *open = tongs_command_buffer_new_render_encoder(dropped, &pass);
	assert_non_null(open);
	tongs_encoder_unref(open);
	tongs_command_buffer_unref(dropped);
	pass.colors[7] = pass.colors[0];
	pass.colors[7].level = 5;
	assert_false(render_encode(commands, &pass));
	messages_expect("colorAttachments[7]");
	pass.colors[7].texture = NULL;
	pass.colors[0].load_action = MTLLoadActionDontCare;
	pass.colors[0].store_action = MTLStoreActionDontCare;
	assert_true(render_encode(commands, &pass));
	render_read(commands, target, 0, 0, 4, 0, room, 0);
	commands_finish(commands);
	assert_true(render_are_all(tongs_buffer_get_contents(room), COUNT, RENDER_FIRST));
	tongs_texture_unref(target);
	tongs_buffer_unref(room);
}

/* What a driver gets is a value that the format has, for some do not take the nearest: NVIDIA's clears to 127 of
 * 127.502.
 */
static void values_are_the_nearest(void **state) {
	static const struct {
		MTLPixelFormat format;
		double steps[4];
	} rows[] = {
		{MTLPixelFormatR8Unorm, {255}},
		{MTLPixelFormatBGRA8Unorm, {255, 255, 255, 255}},
		{MTLPixelFormatRGB10A2Unorm, {1023, 1023, 1023, 3}},
		{MTLPixelFormatRG16Unorm, {65535, 65535}},
	};
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const struct tongs_format *format = tongs_format_from_metal(rows[i].format);
		for (unsigned n = 0; n <= 1000; n++) {
			const double given = n / 1000.0;
			const MTLClearColor color = MTLClearColorMake(given, given, given, given);
			const VkClearColorValue value = tongs_clear_color_make(format, format, &color);
			for (size_t c = 0; c < 4 && rows[i].steps[c] > 0; c++)
				assert_true(fabs((double)value.float32[c] * rows[i].steps[c] -
						    floor(given * rows[i].steps[c] + 0.5)) < 0.01);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv) {
	(void)argv;
	const struct CMUnitTest tests[] = {
		TEST(every_color_in_every_type),
		TEST(values_are_the_nearest),
		TEST(depth_and_stencil),
		TEST(resolves),
		TEST(views),
		TEST(every_value_in_views),
		TEST(textures_over_buffers),
		TEST(copies_follow_a_pass_over_a_buffer),
		TEST(textures_over_surfaces),
		TEST(misuse_is_refused),
		TEST(refused_passes_change_nothing),
	};
	return run_validated(argc, "metal: render pass", tests, LENGTH(tests));
}
