/* SPDX-License-Identifier: MIT */
/* Colours to texels and back, channel by channel. */
#include "texel_format.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where a channel lies in a texel, whose bytes are one little-endian number. */
struct channel {
	char letter;
	unsigned shift, width;
};

/* Steps to the next channel of a layout; false at its end. Starts with a zeroed channel. */
static bool next_channel(const char **layout, struct channel *channel) {
	char *end;

	if (!**layout)
		return false;
	channel->shift += channel->width;
	channel->letter = **layout;
	channel->width = (unsigned)strtoul(*layout + 1, &end, 10);
	*layout = end;
	return true;
}

static uint32_t greatest(unsigned width) {
	return UINT32_MAX >> (32 - width);
}

static uint32_t get_bits(const void *block, const struct channel *channel) {
	uint64_t word = 0;

	memcpy(&word, (const char *)block + channel->shift / 8, (channel->shift % 8 + channel->width + 7) / 8);
	return (uint32_t)(word >> channel->shift % 8) & greatest(channel->width);
}

static void set_bits(void *block, const struct channel *channel, uint32_t bits) {
	char *place = (char *)block + channel->shift / 8;
	size_t size = (channel->shift % 8 + channel->width + 7) / 8;
	uint64_t word = 0;

	memcpy(&word, place, size);
	word |= (uint64_t)bits << channel->shift % 8;
	memcpy(place, &word, size);
}

/* Floats of 16, 11 and 10 bits have 5 bits of exponent; only the first has a sign. */
static int mantissa_of(unsigned width) {
	return width == 16 ? 10 : (int)width - 5;
}

static uint32_t encode_float(float value, unsigned width) {
	int exponent, mantissa = mantissa_of(width);
	uint32_t bits;

	if (width == 32) {
		memcpy(&bits, &value, sizeof bits);
		return bits;
	}
	float fraction = frexpf(value, &exponent);
	if (fraction == 0 || exponent <= -14)
		return (uint32_t)ldexpf(value, 14 + mantissa);
	return (uint32_t)(exponent + 14) << mantissa | (uint32_t)ldexpf(2 * fraction - 1, mantissa);
}

static float decode_float(uint32_t bits, unsigned width) {
	int mantissa = mantissa_of(width);
	float value;

	if (width == 32) {
		memcpy(&value, &bits, sizeof value);
		return value;
	}
	int exponent = (int)(bits >> mantissa & 31);
	value = (float)(bits & greatest((unsigned)mantissa));
	return exponent ? ldexpf(value + ldexpf(1, mantissa), exponent - 15 - mantissa) : ldexpf(value, -14 - mantissa);
}

static enum tongs_texel_kind kind_of(const struct tongs_texel_format *format, char letter) {
	return letter == 's' ? TONGS_TEXEL_UINT : format->kind;
}

/* With this exponent a shared mantissa of 511 is just below 1. */
static const uint32_t shared_exponent = 15;

static uint32_t encode_channel(enum tongs_texel_kind kind, const struct channel *channel, float value) {
	const uint32_t top = greatest(channel->width), half = top >> 1;

	switch (kind) {
	case TONGS_TEXEL_FLOAT:
		return encode_float(value, channel->width);
	case TONGS_TEXEL_SHARED:
		return channel->letter == 'e' ? shared_exponent : (uint32_t)(value * (float)top);
	case TONGS_TEXEL_SNORM:
	case TONGS_TEXEL_SINT:
		return (uint32_t)lrint((2 * (double)value - 1) * half) & top;
	default:
		return (uint32_t)lrint((double)value * top);
	}
}

static float decode_channel(
	enum tongs_texel_kind kind, const struct channel *channel, uint32_t bits, uint32_t exponent) {
	const uint32_t top = greatest(channel->width), half = top >> 1;

	switch (kind) {
	case TONGS_TEXEL_FLOAT:
		return decode_float(bits, channel->width);
	case TONGS_TEXEL_SHARED:
		return ldexpf((float)bits, (int)exponent - 24);
	case TONGS_TEXEL_SNORM:
	case TONGS_TEXEL_SINT:
		return (float)(((double)bits - (bits > half ? (double)top + 1 : 0)) / half / 2 + 0.5);
	default:
		return (float)((double)bits / top);
	}
}

static void encode_bytes(const struct tongs_texel_format *format, const float rgba[4], uint8_t *block) {
	for (unsigned i = 0; i < format->block_bytes; i++) {
		unsigned step = i * 40 / format->block_bytes;
		block[i] = (uint8_t)(rgba[i % 3] * 215 + (float)step);
	}
}

void tongs_texel_encode(const struct tongs_texel_format *format, const float rgba[4], void *block) {
	static const char letters[] = "rgba";
	const char *layout = format->layout;
	struct channel channel = {0};

	memset(block, 0, format->block_bytes);
	if (!layout) {
		encode_bytes(format, rgba, block);
		return;
	}
	while (next_channel(&layout, &channel)) {
		const char *place = strchr(letters, channel.letter);
		float value = place                   ? rgba[place - letters]
			      : channel.letter == 'd' ? (rgba[0] + rgba[1] + rgba[2]) / 3
						      : rgba[2];
		set_bits(block, &channel, encode_channel(kind_of(format, channel.letter), &channel, value));
	}
}

static void decode_bytes(
	const struct tongs_texel_format *format, const uint8_t *block, unsigned index, uint8_t rgb[3]) {
	unsigned first = index % ((format->block_bytes + 2) / 3) * 3, last = format->block_bytes - 3u;

	memcpy(rgb, block + (first < last ? first : last), 3);
}

void tongs_texel_decode(const struct tongs_texel_format *format, const void *block, unsigned index, uint8_t rgb[3]) {
	/* Which of red, green and blue a channel shows. */
	static const struct {
		char letter;
		bool with[3], alone[3];
	} shown[] = {
		{'r', {true}, {true}},
		{'g', {false, true}, {false, true}},
		{'b', {false, false, true}, {false, false, true}},
		{'a', {false}, {true, true, true}},
		{'d', {true, true}, {true, true, true}},
		{'s', {false, false, true}, {true, true, true}},
	};
	const char *layout = format->layout;
	struct channel channel = {0};
	unsigned greens = 0;
	uint32_t exponent = 0;

	memset(rgb, 0, 3);
	if (!layout) {
		decode_bytes(format, block, index, rgb);
		return;
	}
	if (format->kind == TONGS_TEXEL_SHARED)
		exponent = get_bits(block, &(struct channel){'e', 27, 5});
	bool is_alone = strspn(layout + 1, "0123456789") == strlen(layout + 1);
	while (next_channel(&layout, &channel)) {
		/* Of 4:2:2 blocks each texel has its own green. */
		if (channel.letter == 'g' && format->block_width == 2 && greens++ != index % 2)
			continue;
		float value =
			decode_channel(kind_of(format, channel.letter), &channel, get_bits(block, &channel), exponent);
		uint8_t code = (uint8_t)(fminf(fmaxf(value, 0), 1) * 255 + 0.5f);
		for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
			for (int c = 0; c < 3 && shown[i].letter == channel.letter; c++)
				if (is_alone ? shown[i].alone[c] : shown[i].with[c])
					rgb[c] = code;
	}
}
