/* SPDX-License-Identifier: MIT */
#include "commands/clear_color.h"

#include <stdlib.h>
#include <string.h>

/* The bits of a component, by its letter in the format's layout; 0: it has none. */
static unsigned get_bits(const struct tongs_format *format, char letter) {
	const char *found = format->layout ? strchr(format->layout, letter) : NULL;
	return found ? (unsigned)strtoul(found + 1, NULL, 10) : 0;
}

/* 0 for what is not a number. */
static double clamp(double value, double least, double most) {
	return value < least ? least : value > most ? most : value == value ? value : 0;
}

static double power(double value, unsigned exponent) {
	double product = 1;
	for (unsigned i = 0; i < exponent; i++)
		product *= value;
	return product;
}

/* The n-th root of a value from 0.001 to 1, by Newton's method: libtongs does not link the mathematics library. */
static double root(double value, unsigned n) {
	double x = 1;
	for (unsigned i = 0; i < 64; i++)
		x -= (power(x, n) - value) / (n * power(x, n - 1));
	return x;
}

/* With exponent 1 / 2.4. */
static double to_srgb(double value) {
	const double linear = clamp(value, 0, 1);
	return linear <= 0.0031308 ? linear * 12.92 : 1.055 * power(root(linear, 12), 5) - 0.055;
}

/* The nearest value that a component of so many bits has: between two of them, drivers round as they like. */
static double store(double value, unsigned bits) {
	const double steps = (double)((UINT64_C(1) << bits) - 1);
	return (double)(uint64_t)(clamp(value, 0, 1) * steps + 0.5) / steps;
}

/* With exponent 2.4; of the value that the format stores, so that the driver stores the same again. */
static double from_srgb(double value, unsigned bits) {
	const double stored = store(value, bits);
	return stored <= 0.04045 ? stored / 12.92 : power(root((stored + 0.055) / 1.055, 5), 12);
}

VkClearColorValue tongs_clear_color_make(
	const struct tongs_format *format, const struct tongs_format *image, const MTLClearColor *color) {
	static const char letters[] = "rgba";
	const double components[] = {color->red, color->green, color->blue, color->alpha};
	VkClearColorValue value = {.uint32 = {0}};
	for (size_t i = 0; i < 4; i++) {
		const unsigned bits = get_bits(format, letters[i]);
		const double limit = (double)(UINT64_C(1) << bits);
		const bool has_transfer = format != image && i < 3;
		if (format->numeric_format == TONGS_NUMERIC_UINT)
			value.uint32[i] = bits ? (uint32_t)clamp(components[i], 0, limit - 1) : 0;
		else if (format->numeric_format == TONGS_NUMERIC_SINT)
			value.int32[i] = bits ? (int32_t)clamp(components[i], -limit / 2, limit / 2 - 1) : 0;
		else if (has_transfer && format->numeric_format == TONGS_NUMERIC_SRGB)
			value.float32[i] = (float)store(to_srgb(components[i]), bits);
		else if (has_transfer && bits)
			value.float32[i] = (float)from_srgb(components[i], bits);
		else if (format->numeric_format == TONGS_NUMERIC_UNORM && bits)
			value.float32[i] = (float)store(components[i], bits);
		else
			value.float32[i] = (float)components[i];
	}
	return value;
}
