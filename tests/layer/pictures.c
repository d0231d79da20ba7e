/* SPDX-License-Identifier: MIT */
/* Pictures that shaders and the tests compute the same way. */
#include "pictures.h"

#include <string.h>

/* Of an integer below 2048. */
static uint64_t half(uint32_t value) {
	if (!value)
		return 0;
	uint32_t exponent = 31 - (uint32_t)__builtin_clz(value);
	return (exponent + 15) << 10 | (value << (10 - exponent) & 0x3ff);
}

static uint64_t fraction_of_65536(uint32_t value) {
	float fraction = (float)value / 65536;
	uint32_t bits;
	memcpy(&bits, &fraction, sizeof(bits));
	return bits;
}

const struct picture_format picture_formats[] = {
	{.vulkan = VK_FORMAT_R8G8B8A8_UNORM,
		.mask = {255, 255, 255, 255},
		.scale = {255, 255, 255, 255},
		.shift = {0, 8, 16, 24}},
	{.vulkan = VK_FORMAT_B8G8R8A8_UNORM,
		.mask = {255, 255, 255, 255},
		.scale = {255, 255, 255, 255},
		.shift = {16, 8, 0, 24}},
	{.vulkan = VK_FORMAT_A2B10G10R10_UNORM_PACK32,
		.mask = {1023, 1023, 1023, 3},
		.scale = {1023, 1023, 1023, 3},
		.shift = {0, 10, 20, 30}},
	{.vulkan = VK_FORMAT_R16G16B16A16_SFLOAT,
		.mask = {2047, 2047, 2047, 2047},
		.scale = {1, 1, 1, 1},
		.shift = {0, 16, 32, 48},
		.encode = half},
	{.vulkan = VK_FORMAT_R32_UINT, .mask = {UINT32_MAX}, .scale = {1, 1, 1, 1}, .integer = true},
	{.vulkan = VK_FORMAT_D16_UNORM, .mask = {65535}, .scale = {65535, 1, 1, 1}},
	{.vulkan = VK_FORMAT_D32_SFLOAT, .mask = {65535}, .scale = {65536, 1, 1, 1}, .encode = fraction_of_65536},
};
const size_t picture_format_count = sizeof(picture_formats) / sizeof(*picture_formats);

const struct picture_format *picture_format_of(VkFormat vulkan) {
	for (size_t i = 0; i < picture_format_count; i++)
		if (picture_formats[i].vulkan == vulkan)
			return &picture_formats[i];
	fail_msg("no picture in format %d", vulkan);
	return NULL;
}

struct texel texel_at(uint32_t x, uint32_t y, uint32_t z, uint32_t seed) {
	uint32_t h = x * 0x9e3779b1u ^ y * 0x85ebca6bu ^ z * 0xc2b2ae35u ^ seed * 0x27d4eb2fu;
	h = (h ^ h >> 15) * 0x2c1b3c6du;
	h ^= h >> 12;
	return (struct texel){{h, h >> 7, h >> 14, h >> 21}};
}

void pack_texel(const struct picture_format *format, struct texel texel, void *bytes) {
	uint64_t packed = 0;
	for (int i = 0; i < 4; i++) {
		uint32_t value = texel.channels[i] & format->mask[i];
		packed |= (format->encode ? format->encode(value) : value) << format->shift[i];
	}
	memcpy(bytes, &packed, picture_base(format)->block_bytes);
}

void pack_slice(const struct picture_format *format, const struct slice *slice, uint32_t seed, void *bytes) {
	uint32_t size = picture_base(format)->block_bytes;
	char *next = bytes;
	for (uint32_t z = 0; z < slice->extent.depth; z++)
		for (uint32_t y = 0; y < slice->extent.height; y++)
			for (uint32_t x = 0; x < slice->extent.width; x++, next += size)
				pack_texel(format, texel_at(x, y, slice->layer + z, seed), next);
}

struct constants constants_for(const struct picture_format *format, uint32_t seed) {
	struct constants constants = {.depth_scale = 65536, .seed = seed};
	memcpy(constants.mask, format->mask, sizeof(constants.mask));
	memcpy(constants.scale, format->scale, sizeof(constants.scale));
	return constants;
}
