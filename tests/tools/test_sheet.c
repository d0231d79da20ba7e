/* SPDX-License-Identifier: MIT */
/* The images of the contact sheet: colours as texels of every format, and every shape's place in its square. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sheet_image.h"

static const float colour[4] = {0.8f, 0.25f, 0.6f, 0.4f};

/* Finds what a format with the layout shows of `colour`. False: it does not show component `c`. */
static bool expect(const char *layout, int c, float *value) {
	const float light = (colour[0] + colour[1] + colour[2]) / 3;

	*value = colour[c];
	if (layout[0] == 'a' && strlen(layout) == 2)
		*value = colour[3];
	else if (layout[0] == 's' || (layout[0] == 'd' && strchr(layout, 's') && c == 2))
		*value = colour[2];
	else if (layout[0] == 'd')
		*value = light;
	else
		return strchr(layout, "rgb"[c]);
	return true;
}

/* One step of the coarsest component that is shown, and a margin for floats, which are rounded down. */
static float tolerance_of(const char *layout) {
	float bits = 8;

	for (const char *at = layout; *at; at++)
		if (strchr("rgbds", *at))
			bits = fminf(bits, strtof(at + 1, NULL));
	return 1 / (exp2f(bits) - 1) + 0.02f;
}

static void colours_come_back(void **state) {
	(void)state;
	for (const struct tongs_format *format = NULL; (format = tongs_sheet_next_format(format));) {
		uint8_t block[16], rgb[3];
		if (!format->layout)
			continue;
		tongs_sheet_encode_texel(format, colour, block);
		for (unsigned index = 0; index < format->block_width; index++) {
			tongs_sheet_decode_texel(format, block, index, rgb);
			for (int c = 0; c < 3; c++) {
				float wanted;
				if (!expect(format->layout, c, &wanted))
					wanted = 0;
				if (fabsf((float)rgb[c] / 255 - wanted) > tolerance_of(format->layout))
					fail_msg("%s, component %d: %u / 255, not %f", format->mtl_name, c, rgb[c],
						(double)wanted);
			}
		}
	}
}

/* The ends of every format's range look different. */
static void black_and_white_differ(void **state) {
	(void)state;
	static const float ends[2][4] = {{0, 0, 0, 0}, {1, 1, 1, 1}};

	for (const struct tongs_format *format = NULL; (format = tongs_sheet_next_format(format));) {
		uint8_t block[16], rgb[2][3];
		if (!format->layout)
			continue;
		for (int end = 0; end < 2; end++) {
			tongs_sheet_encode_texel(format, ends[end], block);
			tongs_sheet_decode_texel(format, block, 0, rgb[end]);
		}
		int brightest = rgb[1][0] > rgb[1][2] ? rgb[1][0] : rgb[1][2];
		assert_true(rgb[0][0] <= 1 && rgb[0][1] <= 1 && rgb[0][2] <= 1);
		assert_true((brightest > rgb[1][1] ? brightest : rgb[1][1]) >= 254);
	}
}

/* A difference in any byte of a compressed block is visible. */
static void every_byte_of_a_block_is_shown(void **state) {
	(void)state;
	for (const struct tongs_format *format = NULL; (format = tongs_sheet_next_format(format));) {
		uint8_t block[16], other[16], rgb[2][3];
		if (format->layout)
			continue;
		tongs_sheet_encode_texel(format, colour, block);
		for (unsigned byte = 0; byte < format->block_bytes; byte++) {
			bool seen = false;
			memcpy(other, block, sizeof other);
			other[byte] ^= 1;
			for (unsigned index = 0; index < (unsigned)format->block_width * format->block_height;
				index++) {
				tongs_sheet_decode_texel(format, block, index, rgb[0]);
				tongs_sheet_decode_texel(format, other, index, rgb[1]);
				seen |= memcmp(rgb[0], rgb[1], 3) != 0;
			}
			assert_true(seen);
		}
	}
}

static void slices_lie_apart_in_the_square(void **state) {
	(void)state;
	const struct tongs_format *format = tongs_format_from_vk(VK_FORMAT_R8_UNORM);

	assert_int_equal(format->block_bytes, 1);
	for (int i = 0; i < TONGS_SHEET_SHAPE_COUNT; i++) {
		const struct tongs_sheet_shape *shape = &tongs_sheet_shapes[i];
		bool taken[TONGS_SHEET_SQUARE][TONGS_SHEET_SQUARE] = {0};
		struct tongs_sheet_slice slice = {0};
		uint32_t slices = 0, left, top;
		while (tongs_sheet_next_slice(shape, format, &slice)) {
			for (uint32_t plane = 0; plane < slice.extent.depth; plane++) {
				tongs_sheet_get_place(shape, &slice, plane, &left, &top);
				for (uint32_t y = top; y < top + slice.extent.height * shape->stretch; y++) {
					for (uint32_t x = left; x < left + slice.extent.width; x++) {
						assert_true(x < TONGS_SHEET_SQUARE && y < TONGS_SHEET_SQUARE);
						assert_false(taken[y][x]);
						taken[y][x] = true;
					}
				}
			}
			slices++;
		}
		assert_int_equal(slices, shape->levels * shape->layers);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(colours_come_back),
		cmocka_unit_test(black_and_white_differ),
		cmocka_unit_test(every_byte_of_a_block_is_shown),
		cmocka_unit_test(slices_lie_apart_in_the_square),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
