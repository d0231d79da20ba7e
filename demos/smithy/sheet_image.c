/* SPDX-License-Identifier: MIT */
/* The contact sheet's table of shapes, their slices, and colours as texels of each format and back. */
#include "sheet_image.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CUBE VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT

/* clang-format off: one row a line. */
const struct tongs_sheet_shape tongs_sheet_shapes[TONGS_SHEET_SHAPE_COUNT] = {
	{"1D", VK_IMAGE_TYPE_1D, {32, 1, 1}, 1, 1, 0, 1, 0, 0, 0, 32, false, false},
	{"1D array", VK_IMAGE_TYPE_1D, {32, 1, 1}, 1, 4, 0, 1, 0, 8, 0, 8, false, false},
	{"2D", VK_IMAGE_TYPE_2D, {32, 32, 1}, 1, 1, 0, 1, 0, 0, 0, 1, false, false},
	{"2D mips", VK_IMAGE_TYPE_2D, {20, 32, 1}, 4, 1, 0, 1, 0, 0, 0, 1, false, false},
	{"2D array", VK_IMAGE_TYPE_2D, {15, 15, 1}, 1, 4, 0, 2, 17, 17, 0, 1, false, false},
	{"array mips", VK_IMAGE_TYPE_2D, {20, 15, 1}, 3, 2, 0, 1, 0, 17, 0, 1, false, false},
	{"cube", VK_IMAGE_TYPE_2D, {8, 8, 1}, 1, 6, CUBE, 4, 8, 8, 4, 1, true, false},
	{"cube mips", VK_IMAGE_TYPE_2D, {10, 10, 1}, 4, 6, CUBE, 3, 11, 16, 0, 1, false, true},
	{"cube array", VK_IMAGE_TYPE_2D, {7, 7, 1}, 1, 12, CUBE, 4, 8, 8, 4, 1, false, false},
	{"3D", VK_IMAGE_TYPE_3D, {15, 15, 4}, 1, 1, 0, 2, 17, 17, 0, 1, false, false},
	{"3D mips", VK_IMAGE_TYPE_3D, {10, 16, 4}, 3, 1, 0, 2, 10, 16, 0, 1, false, false},
};
/* clang-format on */

VkImageCreateInfo tongs_sheet_get_image_info(const struct tongs_sheet_shape *shape, const struct tongs_format *format) {
	return (VkImageCreateInfo){
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.flags = shape->flags,
		.imageType = shape->type,
		.format = format->vk_format,
		.extent = shape->extent,
		.mipLevels = shape->levels,
		.arrayLayers = shape->layers,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
	};
}

static uint32_t at_level(uint32_t size, uint32_t level) {
	return size >> level ? size >> level : 1;
}

bool tongs_sheet_next_slice(
	const struct tongs_sheet_shape *shape, const struct tongs_format *format, struct tongs_sheet_slice *slice) {
	struct tongs_sheet_slice next = {
		.offset = slice->offset + slice->size, .level = slice->level, .layer = slice->layer};

	if (slice->size && ++next.level == shape->levels) {
		next.level = 0;
		next.layer++;
	}
	if (next.layer == shape->layers)
		return false;
	next.extent = (VkExtent3D){at_level(shape->extent.width, next.level),
		at_level(shape->extent.height, next.level), at_level(shape->extent.depth, next.level)};
	next.row_bytes =
		(size_t)(next.extent.width + format->block_width - 1) / format->block_width * format->block_stride;
	next.image_bytes = next.row_bytes * ((next.extent.height + format->block_height - 1) / format->block_height);
	next.size = next.image_bytes * next.extent.depth;
	*slice = next;
	return true;
}

void tongs_sheet_get_place(const struct tongs_sheet_shape *shape, const struct tongs_sheet_slice *slice, uint32_t plane,
	uint32_t *x, uint32_t *y) {
	/* +X, -X, +Y, -Y, +Z, -Z around +Z. */
	static const uint8_t cross[6][2] = {{2, 1}, {0, 1}, {1, 0}, {1, 2}, {1, 1}, {3, 1}};
	const bool is_3d = shape->type == VK_IMAGE_TYPE_3D;
	const uint32_t n = is_3d ? plane : slice->layer, shrink = is_3d ? slice->level : 0;
	uint32_t column = n % shape->columns, row = n / shape->columns;

	if (shape->is_cross) {
		column = cross[n][0];
		row = cross[n][1];
	}
	*x = column * (shape->pitch_x >> shrink);
	*y = shape->top + row * (shape->pitch_y >> shrink);
	if (!slice->level)
		return;
	if (shape->is_below)
		*y += shape->extent.height + 1;
	else
		*x += (is_3d ? shape->pitch_x * shape->columns : shape->extent.width) + 1u;
	for (uint32_t level = 1; level < slice->level; level++)
		if (shape->is_below)
			*x += at_level(shape->extent.width, level) + 1;
		else
			*y += at_level(shape->extent.height, level) + 1;
}

/* One component of a struct tongs_format's layout, in bits of the block as a little-endian number. */
struct component {
	char letter;
	unsigned shift, width;
};

/* Advances `layout` and a zeroed or the previous `component` to the next one. Returns false at the end. */
static bool next_component(const char **layout, struct component *component) {
	char *end;

	if (!**layout)
		return false;
	component->shift += component->width;
	component->letter = **layout;
	component->width = (unsigned)strtoul(*layout + 1, &end, 10);
	*layout = end;
	return true;
}

/* Returns the greatest number of `width` bits, 1 to 32. */
static uint32_t greatest(unsigned width) {
	return UINT32_MAX >> (32 - width);
}

static uint32_t get_bits(const void *block, const struct component *component) {
	uint64_t word = 0;

	memcpy(&word, (const char *)block + component->shift / 8, (component->shift % 8 + component->width + 7) / 8);
	return (uint32_t)(word >> component->shift % 8) & greatest(component->width);
}

static void set_bits(void *block, const struct component *component, uint32_t bits) {
	char *place = (char *)block + component->shift / 8;
	size_t size = (component->shift % 8 + component->width + 7) / 8;
	uint64_t word = 0;

	memcpy(&word, place, size);
	word |= (uint64_t)bits << component->shift % 8;
	memcpy(place, &word, size);
}

/* Returns the bits of a float's mantissa. Floats of 16, 11 and 10 bits have 5 of exponent; only the first has a sign.
 */
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

/* RGB9E5: floats without a sign that share an exponent. With this one a mantissa of 511 is just below 1. */
enum { SHARED_EXPONENT = 15 };

static bool is_float(enum tongs_numeric_format numeric) {
	return numeric == TONGS_NUMERIC_UFLOAT || numeric == TONGS_NUMERIC_SFLOAT;
}

static bool is_signed(enum tongs_numeric_format numeric) {
	return numeric == TONGS_NUMERIC_SNORM || numeric == TONGS_NUMERIC_SINT;
}

/* The numeric format of a component: a stencil is UINT beside any depth. */
static enum tongs_numeric_format get_numeric(const struct tongs_format *format, const struct component *component) {
	return component->letter == 's' ? TONGS_NUMERIC_UINT : format->numeric_format;
}

static uint32_t encode_component(const struct tongs_format *format, const struct component *component, float value) {
	const enum tongs_numeric_format numeric = get_numeric(format, component);
	const uint32_t top = greatest(component->width), half = top >> 1;

	if (component->letter == 'e')
		return SHARED_EXPONENT;
	if (strchr(format->layout, 'e'))
		return (uint32_t)(value * (float)top);
	if (is_float(numeric))
		return encode_float(value, component->width);
	if (is_signed(numeric))
		return (uint32_t)lrint((2 * (double)value - 1) * half) & top;
	return (uint32_t)lrint((double)value * top);
}

static float decode_component(
	const struct tongs_format *format, const struct component *component, uint32_t bits, uint32_t exponent) {
	const enum tongs_numeric_format numeric = get_numeric(format, component);
	const uint32_t top = greatest(component->width), half = top >> 1;

	if (strchr(format->layout, 'e'))
		return ldexpf((float)bits, (int)exponent - 24);
	if (is_float(numeric))
		return decode_float(bits, component->width);
	if (is_signed(numeric))
		return (float)(((double)bits - (bits > half ? (double)top + 1 : 0)) / half / 2 + 0.5);
	return (float)((double)bits / top);
}

/* A compressed block: bytes near the colour's, each a bit brighter than the one before. */
static void encode_bytes(const struct tongs_format *format, const float rgba[4], uint8_t *block) {
	for (unsigned i = 0; i < format->block_bytes; i++) {
		unsigned step = i * 40 / format->block_bytes;
		block[i] = (uint8_t)(rgba[i % 3] * 215 + (float)step);
	}
}

void tongs_sheet_encode_texel(const struct tongs_format *format, const float rgba[4], void *block) {
	static const char letters[] = "rgba";
	const char *layout = format->layout;
	struct component component = {0};

	memset(block, 0, format->block_stride);
	if (!layout) {
		encode_bytes(format, rgba, block);
		return;
	}
	while (next_component(&layout, &component)) {
		const char *place = strchr(letters, component.letter);
		float value = rgba[2];
		if (place)
			value = rgba[place - letters];
		else if (component.letter == 'd')
			value = (rgba[0] + rgba[1] + rgba[2]) / 3;
		set_bits(block, &component, encode_component(format, &component, value));
	}
}

static void decode_bytes(const struct tongs_format *format, const uint8_t *block, unsigned index, uint8_t rgb[3]) {
	unsigned first = index % ((format->block_bytes + 2) / 3) * 3, last = format->block_bytes - 3u;

	memcpy(rgb, block + (first < last ? first : last), 3);
}

void tongs_sheet_decode_texel(const struct tongs_format *format, const void *block, unsigned index, uint8_t rgb[3]) {
	/* Which of red, green and blue show a component: together with others, and when it is the only one. */
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
	struct component component = {0};
	unsigned greens = 0;

	memset(rgb, 0, 3);
	if (!layout) {
		decode_bytes(format, block, index, rgb);
		return;
	}
	uint32_t exponent = strchr(layout, 'e') ? get_bits(block, &(struct component){'e', 27, 5}) : 0;
	bool is_alone = strspn(layout + 1, "0123456789") == strlen(layout + 1);
	while (next_component(&layout, &component)) {
		/* Each texel of a 4:2:2 block has a green of its own. */
		if (component.letter == 'g' && format->block_width == 2 && greens++ != index % 2)
			continue;
		float value = decode_component(format, &component, get_bits(block, &component), exponent);
		uint8_t level = (uint8_t)(fminf(fmaxf(value, 0), 1) * 255 + 0.5f);
		for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
			for (int c = 0; c < 3 && shown[i].letter == component.letter; c++)
				if (is_alone ? shown[i].alone[c] : shown[i].with[c])
					rgb[c] = level;
	}
}
