/* SPDX-License-Identifier: MIT */
/* `tongs demo` on this machine's first device and on drivers of tests/mock: its checks, and its pictures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <png.h>

#include "process.h"

static const char *tongs;

/* Where the demo puts its panel: 40 texels from the left and from the bottom. */
enum { WIDTH = 1280, HEIGHT = 960, PANEL_LEFT = 40, PANEL_TOP = 824, PANEL_WIDTH = 460, PANEL_HEIGHT = 96 };

/* The picture, which is removed. */
static uint8_t *take_picture(const char *folder, const char *name, unsigned *width, unsigned *height) {
	png_image image = {.version = PNG_IMAGE_VERSION};
	char path[4096];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	assert_true(png_image_begin_read_from_file(&image, path));
	*width = image.width;
	*height = image.height;
	image.format = PNG_FORMAT_RGB;
	uint8_t *texels = malloc(PNG_IMAGE_SIZE(image));
	assert_non_null(texels);
	assert_true(png_image_finish_read(&image, NULL, texels, 0, NULL));
	assert_int_equal(unlink(path), 0);
	return texels;
}

static uint8_t *read_picture(const char *folder, const char *name) {
	unsigned width, height;
	uint8_t *texels = take_picture(folder, name, &width, &height);

	assert_int_equal(width, WIDTH);
	assert_int_equal(height, HEIGHT);
	return texels;
}

static uint32_t get_colour_of(const uint8_t *texels, unsigned width, unsigned x, unsigned y) {
	const uint8_t *texel = texels + ((size_t)y * width + x) * 3;

	return (uint32_t)texel[0] << 16 | (uint32_t)texel[1] << 8 | texel[2];
}

static uint32_t get_colour(const uint8_t *texels, unsigned x, unsigned y) {
	return get_colour_of(texels, WIDTH, x, y);
}

/* A lit scene has many colours, darkness and glare. */
static void check_drawing(const uint8_t *texels) {
	uint8_t *seen = calloc(1 << 24, 1);
	unsigned colours = 0, dark = 0, bright = 0;

	assert_non_null(seen);
	for (unsigned y = 0; y < HEIGHT; y++) {
		for (unsigned x = 0; x < WIDTH; x++) {
			uint32_t colour = get_colour(texels, x, y);
			unsigned sum = (colour >> 16) + (colour >> 8 & 255) + (colour & 255);
			colours += !seen[colour];
			seen[colour] = 1;
			dark += sum < 120;
			bright += sum > 600;
		}
	}
	free(seen);
	assert_true(colours > 10000);
	assert_true(dark > WIDTH * HEIGHT / 100);
	assert_true(bright > WIDTH * HEIGHT / 1000);
}

/* Outside the panel the pictures are one; inside, most texels differ. */
static void check_panel(const uint8_t *drawn, const uint8_t *both) {
	unsigned outside = 0, inside = 0;

	for (unsigned y = 0; y < HEIGHT; y++) {
		for (unsigned x = 0; x < WIDTH; x++) {
			bool in_panel = x - PANEL_LEFT < PANEL_WIDTH && y - PANEL_TOP < PANEL_HEIGHT;
			bool differs = get_colour(drawn, x, y) != get_colour(both, x, y);
			*(in_panel ? &inside : &outside) += differs;
		}
	}
	assert_int_equal(outside, 0);
	assert_true(inside > PANEL_WIDTH * PANEL_HEIGHT * 9 / 10);
}

/* Where the contact sheet has its cells, as demo_sheet.c lays them out. */
enum {
	SHEET_WIDTH = 2000,
	SHEET_LEFT = 174,
	SHEET_TOP = 84,
	SHEET_BLOCK = 988,
	SHEET_ROW = 40,
	SHEET_CELL = 74,
	SHEET_SQUARE = 32,
	SHEET_SHAPES = 11,
};

static unsigned read_number(const char *text, const char *before) {
	const char *place = strstr(text, before);

	assert_non_null(place);
	return (unsigned)strtoul(place + strlen(before), NULL, 10);
}

/* Of a square, whether it has a picture in it; its twin on the right is then the same. */
static bool check_cell(const uint8_t *texels, unsigned left, unsigned top) {
	uint32_t first = get_colour_of(texels, SHEET_WIDTH, left, top + SHEET_SQUARE / 2);
	bool varies = false;

	for (unsigned y = top; y < top + SHEET_SQUARE; y++)
		for (unsigned x = left; x < left + SHEET_SQUARE; x++)
			varies |= get_colour_of(texels, SHEET_WIDTH, x, y) != first && y != top + SHEET_SQUARE / 2;
	for (unsigned y = top; y < top + SHEET_SQUARE && varies; y++)
		for (unsigned x = left; x < left + SHEET_SQUARE; x++)
			assert_int_equal(get_colour_of(texels, SHEET_WIDTH, x, y),
				get_colour_of(texels, SHEET_WIDTH, x + SHEET_SQUARE + 1, y));
	return varies;
}

/* The number of cells with pictures is the one in `out`. */
static void check_sheet(const char *folder, const char *out) {
	unsigned images = read_number(out, "contact sheet: "), formats = read_number(out, " images of ");
	unsigned rows = (formats + 1) / 2, width, height, seen = 0;
	uint8_t *texels = take_picture(folder, "contact-sheet.png", &width, &height);

	assert_int_equal(width, SHEET_WIDTH);
	assert_true(height > SHEET_TOP + rows * SHEET_ROW);
	for (unsigned i = 0; i < formats; i++)
		for (unsigned shape = 0; shape < SHEET_SHAPES; shape++)
			seen += check_cell(texels, SHEET_LEFT + i / rows * SHEET_BLOCK + shape * SHEET_CELL,
				SHEET_TOP + i % rows * SHEET_ROW);
	assert_true(formats >= 30);
	assert_true(images > formats * 4);
	assert_int_equal(seen, images);
	assert_int_equal(process_count(out, " texels compared, 0 differ  ok\n"), 1);
	free(texels);
}

/* The first frame; whether all are right is the program's own check. */
static void check_handshake(const char *folder, const char *out) {
	unsigned width, height;

	assert_int_equal(process_count(out, "handshake: 12 frames in 24 turns, one wait, 12 frames right  ok\n"), 1);
	free(take_picture(folder, "handshake.png", &width, &height));
	assert_int_equal(width, 480);
	assert_int_equal(height, 360);
}

static char *make_folder(void) {
	char *folder = strdup("/tmp/tongs-test-XXXXXX");

	assert_non_null(folder);
	assert_non_null(mkdtemp(folder));
	return folder;
}

/* The first device's picture, which other drivers must draw. */
static uint8_t *pictured;

static void demo_writes_its_pictures(void **state) {
	(void)state;
	char *folder = make_folder();
	struct process process = RUN(tongs, "demo", "--device", "0", "--out", folder);

	assert_string_equal(process.err, "");
	assert_int_equal(process.status, 0);
	assert_int_equal(process_count(process.out, "FAIL"), 0);
	/* On a GPU, images and heaps are the driver's memory. */
	const unsigned in_pages = process_count(process.out, "0 (same pages)  ok\n");
	assert_true(process_count(process.out, "llvmpipe") ? in_pages == 3 : in_pages <= 3);
	assert_int_equal(process_count(process.out,
				 "  ok    Vulkan draws into it what it draws into an image that is not shared\n"),
		1);
	uint8_t *drawn = read_picture(folder, "metal-reads.png"), *both = read_picture(folder, "both-hands.png");
	check_drawing(drawn);
	check_panel(drawn, both);
	check_sheet(folder, process.out);
	check_handshake(folder, process.out);
	pictured = drawn;
	free(both);
	assert_int_equal(rmdir(folder), 0);
	free(folder);
	process_finish(&process);
}

/* A device of tests/mock draws the picture that lavapipe does, and reports what `line` says of its texture. */
static void demo_on_profile(const char *profile, const char *line, const uint8_t *wanted) {
	char setting[64];
	char *folder = make_folder();
	snprintf(setting, sizeof setting, "TONGS_MOCK_PROFILE=%s", profile);
	/* VK_EXT_metal_objects creates all buffers for export. */
	const char *const changes[] = {setting, "TONGS_MOCK_TOLERATES=unshared", "VK_DRIVER_FILES=" MOCK_MANIFEST,
		"VK_ICD_FILENAMES=" MOCK_MANIFEST, NULL};
	struct process process = process_run((const char *const[]){tongs, "demo", "--out", folder, NULL}, changes);

	assert_string_equal(process.err, "");
	assert_int_equal(process.status, 0);
	assert_int_equal(process_count(process.out, "FAIL"), 0);
	assert_int_equal(process_count(process.out, "  skip  "), 0);
	assert_int_equal(process_count(process.out, line), 1);
	assert_int_equal(process_count(process.out,
				 "  ok    Vulkan draws into it what it draws into an image that is not shared\n"),
		1);
	uint8_t *drawn = read_picture(folder, "metal-reads.png"), *both = read_picture(folder, "both-hands.png");
	assert_memory_equal(drawn, wanted, WIDTH * HEIGHT * 3);
	check_panel(drawn, both);
	check_sheet(folder, process.out);
	check_handshake(folder, process.out);
	free(drawn);
	free(both);
	assert_int_equal(rmdir(folder), 0);
	free(folder);
	process_finish(&process);
}

static void demo_on_other_drivers(void **state) {
	static const char refused[] = "  ok    getBytes and replaceRegion refuse, because it is Private\n",
			  read[] = "  ok    getBytes reads every texel that is in it\n";
	(void)state;
	assert_non_null(pictured);
	demo_on_profile("nvidia", refused, pictured);
	demo_on_profile("hostile", refused, pictured);
	demo_on_profile("radv", read, pictured);
	demo_on_profile("anv-tgl", read, pictured);
	demo_on_profile("nvk", read, pictured);
	free(pictured);
	pictured = NULL;
}

/* Everything else is shown. */
static void demo_skips_a_handshake_without_semaphores(void **state) {
	static const char reason[] = "the driver has no timeline semaphores\n";
	const char *const changes[] = {"TONGS_MOCK_PROFILE=radv", "TONGS_MOCK_HIDES=VK_KHR_timeline_semaphore",
		"VK_DRIVER_FILES=" MOCK_MANIFEST, "VK_ICD_FILENAMES=" MOCK_MANIFEST, NULL};
	(void)state;
	char *folder = make_folder();
	struct process process = process_run((const char *const[]){tongs, "demo", "--out", folder, NULL}, changes);

	assert_string_equal(process.err, "");
	assert_int_equal(process.status, 0);
	assert_int_equal(process_count(process.out, "  skip  "), 1);
	assert_int_equal(process_count(process.out, reason), 2);
	assert_int_equal(process_count(process.out, "handshake: skipped, "), 1);
	free(read_picture(folder, "metal-reads.png"));
	free(read_picture(folder, "both-hands.png"));
	check_sheet(folder, process.out);
	assert_int_equal(rmdir(folder), 0);
	free(folder);
	process_finish(&process);
}

static void demo_cannot_write_just_anywhere(void **state) {
	(void)state;
	struct process process = RUN(tongs, "demo", "--out", "/dev/null/pictures");

	assert_int_equal(process.status, 1);
	assert_int_equal(process_count(process.err, "/dev/null/pictures"), 1);
	process_finish(&process);
}

static void the_validation_layer_below_is_silent(void **state) {
	(void)state;
	char *folder = make_folder();
	/* The loader does not fail if it cannot find a layer, but lists those that it has loaded. */
	static const char *const changes[] = {"VK_LOADER_DEBUG=layer", NULL};
	static const char inserted[] = "Inserted device layer \"VK_LAYER_KHRONOS_validation\"";
	struct process demo = process_run(
		(const char *const[]){tongs, "run", "--validation", tongs, "demo", "--out", folder, NULL}, changes);
	struct process info =
		process_run((const char *const[]){tongs, "run", "--validation", tongs, "info", NULL}, changes);

	free(read_picture(folder, "metal-reads.png"));
	free(read_picture(folder, "both-hands.png"));
	check_sheet(folder, demo.out);
	check_handshake(folder, demo.out);
	assert_int_equal(rmdir(folder), 0);
	free(folder);
	assert_int_equal(demo.status, 0);
	assert_true(process_count(demo.err, inserted) > 0);
	assert_int_equal(process_count(demo.out, "VUID") + process_count(demo.err, "VUID"), 0);
	assert_int_equal(info.status, 0);
	assert_true(process_count(info.err, inserted) > 0);
	assert_int_equal(process_count(info.out, "VUID") + process_count(info.err, "VUID"), 0);
	process_finish(&demo);
	process_finish(&info);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(demo_writes_its_pictures),
		cmocka_unit_test(demo_on_other_drivers),
		cmocka_unit_test(demo_skips_a_handshake_without_semaphores),
		cmocka_unit_test(demo_cannot_write_just_anywhere),
		cmocka_unit_test(the_validation_layer_below_is_silent),
	};
	unsetenv("COLUMNS"); /* output of full width */
	tongs = getenv("TONGS");
	if (!tongs) {
		fputs("TONGS must name the program\n", stderr);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
