/* SPDX-License-Identifier: MIT */
/* Clears of every color format in every type of texture, Shared and Private, against texels that the CPU made. */
#include "render.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands/clear_color.h"
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

/* What a driver gets is a value that the format has, for some do not take the nearest: NVIDIA's clears to 127 of
 * 127.502. */
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
		TEST(every_value_in_views),
		TEST(values_are_the_nearest),
	};
	return run_validated(argc, "metal: render colors", tests, LENGTH(tests));
}
