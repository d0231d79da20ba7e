/* SPDX-License-Identifier: MIT */
/* `tongs info` and `tongs demo` on this machine's first device, and the layer under vulkaninfo. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <png.h>

#include "json_check.h"
#include "process.h"

static const char *tongs;

/* Where the demo puts its panel: 40 texels from the left and from the bottom. */
enum { WIDTH = 1280, HEIGHT = 960, PANEL_LEFT = 40, PANEL_TOP = 824, PANEL_WIDTH = 460, PANEL_HEIGHT = 96 };

/* The keys that every object of the kind has, once each. */
static const char *const device_keys[] = {
	"index", "name", "driver", "driverInfo", "apiVersion", "uuid", "memoryTypes", "shares", "whyNot", "rows", NULL};
static const char *const row_keys[] = {"handleType", "resource", "format", "tiling", "export", "import", "dedicated",
	"storageMode", "memoryTypes", "usage", "whyNot", NULL};

struct keys {
	unsigned devices[16], rows[16];
	unsigned unknown, sharing;
	unsigned shareable; /* rows with export and no reason why not */
};

static int find_key(const char *const *keys, const char *key) {
	for (int i = 0; keys[i]; i++)
		if (!strcmp(keys[i], key))
			return i;
	return -1;
}

static void count_key(const char *path, const char *value, void *user) {
	static const char in_rows[] = "devices.rows.", in_devices[] = "devices.";
	struct keys *keys = user;

	if (!strncmp(path, in_rows, strlen(in_rows))) {
		int i = find_key(row_keys, path + strlen(in_rows));
		bool element = value[0] != '[' &&
			       (!strcmp(path, "devices.rows.memoryTypes") || !strcmp(path, "devices.rows.usage"));
		if (i < 0)
			keys->unknown++;
		else if (!element)
			keys->rows[i]++;
		keys->shareable += !strcmp(path, "devices.rows.export") && !strcmp(value, "true");
	} else if (!strncmp(path, in_devices, strlen(in_devices))) {
		int i = find_key(device_keys, path + strlen(in_devices));
		bool element = value[0] == '{' || strchr(path + strlen(in_devices), '.');
		if (!element && i < 0)
			keys->unknown++;
		else if (!element)
			keys->devices[i]++;
		keys->sharing += !strcmp(path, "devices.shares") && !strcmp(value, "true");
	}
}

static void info_writes_complete_json(void **state) {
	(void)state;
	struct process process = RUN(tongs, "info", "--json", "--device", "0");
	struct keys keys = {0};

	assert_int_equal(process.status, 0);
	assert_string_equal(process.err, "");
	assert_true(json_check(process.out, count_key, &keys));
	assert_int_equal(keys.unknown, 0);
	for (int i = 0; device_keys[i]; i++)
		assert_int_equal(keys.devices[i], 1);
	assert_true(keys.rows[0] >= 3);
	for (int i = 0; row_keys[i]; i++)
		assert_int_equal(keys.rows[i], keys.rows[0]);
	assert_int_equal(keys.sharing, 1);
	/* Two kinds of buffers, and the kinds of images that every device has. */
	assert_true(keys.shareable >= 4);
	process_finish(&process);
}

static void info_prints_the_same_device(void **state) {
	(void)state;
	struct process all = RUN(tongs, "info"), first = RUN(tongs, "info", "--device", "0");

	assert_int_equal(all.status, 0);
	assert_int_equal(first.status, 0);
	assert_memory_equal(first.out, "Device 0: ", 10);
	assert_memory_equal(all.out, first.out, strlen(first.out));
	assert_true(process_count(first.out, "MTLBUFFER ") && process_count(first.out, "MTLTEXTURE ") &&
		    process_count(first.out, "MTLHEAP "));
	process_finish(&all);
	process_finish(&first);
}

static void an_absent_device_is_told(void **state) {
	(void)state;
	static const char *const names[] = {"info", "demo"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct process process = RUN(tongs, names[i], "--device", "4000");
		assert_int_equal(process.status, 1);
		assert_string_equal(process.out, "");
		assert_int_equal(process_count(process.err, "4000"), 1);
		process_finish(&process);
	}
}

static void without_a_driver_a_package_is_named(void **state) {
	(void)state;
	static const char *const changes[] = {
		"VK_DRIVER_FILES=/nonexistent.json", "VK_ICD_FILENAMES=/nonexistent.json", "VK_ADD_DRIVER_FILES", NULL};
	static const char *const names[] = {"info", "demo"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *arguments[] = {tongs, names[i], NULL};
		struct process process = process_run(arguments, changes);
		assert_int_equal(process.status, 1);
		assert_string_equal(process.out, "");
		assert_int_equal(process_count(process.err, "mesa-vulkan-drivers"), 1);
		process_finish(&process);
	}
}

static void without_the_layer_its_absence_is_told(void **state) {
	(void)state;
	struct process process = RUN(tongs, "demo", "--layer-path", "/proc");

	assert_int_equal(process.status, 1);
	assert_int_equal(process_count(process.err, "VkLayer_tongs_metal_interop.json"), 1);
	process_finish(&process);
}

static unsigned count_extension(const char *list) {
	/* Devices' extensions stand behind one tab, layers' own behind three. */
	return process_count(list, "\n\tVK_EXT_external_memory_metal ");
}

static void vulkaninfo_lists_the_extension_once(void **state) {
	(void)state;
	static const char *const changes[] = {"VK_LAYER_PATH", "VK_ADD_LAYER_PATH", "VK_INSTANCE_LAYERS", NULL};
	const char *with[] = {tongs, "run", "vulkaninfo", NULL};
	const char *without[] = {"vulkaninfo", NULL};
	struct process info = RUN(tongs, "info", "--json");
	struct keys keys = {0};
	struct process layered = process_run(with, changes), plain = process_run(without, changes);

	assert_true(json_check(info.out, count_key, &keys));
	assert_true(keys.sharing >= 1);
	assert_int_equal(layered.status, 0);
	assert_int_equal(count_extension(layered.out), keys.sharing);
	assert_int_equal(plain.status, 0);
	assert_int_equal(count_extension(plain.out), 0);
	process_finish(&info);
	process_finish(&layered);
	process_finish(&plain);
}

static uint8_t *read_picture(const char *folder, const char *name) {
	png_image image = {.version = PNG_IMAGE_VERSION};
	char path[4096];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	assert_true(png_image_begin_read_from_file(&image, path));
	assert_int_equal(image.width, WIDTH);
	assert_int_equal(image.height, HEIGHT);
	image.format = PNG_FORMAT_RGB;
	uint8_t *texels = malloc(PNG_IMAGE_SIZE(image));
	assert_non_null(texels);
	assert_true(png_image_finish_read(&image, NULL, texels, 0, NULL));
	assert_int_equal(unlink(path), 0);
	return texels;
}

static uint32_t get_colour(const uint8_t *texels, unsigned x, unsigned y) {
	const uint8_t *texel = texels + ((size_t)y * WIDTH + x) * 3;

	return (uint32_t)texel[0] << 16 | (uint32_t)texel[1] << 8 | texel[2];
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

static char *make_folder(void) {
	char *folder = strdup("/tmp/tongs-test-XXXXXX");

	assert_non_null(folder);
	assert_non_null(mkdtemp(folder));
	return folder;
}

static void demo_writes_both_pictures(void **state) {
	(void)state;
	char *folder = make_folder();
	struct process process = RUN(tongs, "demo", "--device", "0", "--out", folder);

	assert_string_equal(process.err, "");
	assert_int_equal(process.status, 0);
	assert_int_equal(process_count(process.out, "FAIL"), 0);
	assert_int_equal(process_count(process.out, "0 (same pages)  ok\n"), 3);
	uint8_t *drawn = read_picture(folder, "metal-reads.png"), *both = read_picture(folder, "both-hands.png");
	check_drawing(drawn);
	check_panel(drawn, both);
	free(drawn);
	free(both);
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
	struct process demo = RUN(tongs, "run", "--validation", tongs, "demo", "--out", folder);
	struct process info = RUN(tongs, "run", "--validation", tongs, "info");

	free(read_picture(folder, "metal-reads.png"));
	free(read_picture(folder, "both-hands.png"));
	assert_int_equal(rmdir(folder), 0);
	free(folder);
	assert_int_equal(demo.status, 0);
	assert_int_equal(process_count(demo.out, "VUID") + process_count(demo.err, "VUID"), 0);
	assert_int_equal(info.status, 0);
	assert_int_equal(process_count(info.out, "VUID") + process_count(info.err, "VUID"), 0);
	process_finish(&demo);
	process_finish(&info);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(info_writes_complete_json),
		cmocka_unit_test(info_prints_the_same_device),
		cmocka_unit_test(an_absent_device_is_told),
		cmocka_unit_test(without_a_driver_a_package_is_named),
		cmocka_unit_test(without_the_layer_its_absence_is_told),
		cmocka_unit_test(vulkaninfo_lists_the_extension_once),
		cmocka_unit_test(demo_writes_both_pictures),
		cmocka_unit_test(demo_cannot_write_just_anywhere),
		cmocka_unit_test(the_validation_layer_below_is_silent),
	};
	tongs = getenv("TONGS");
	if (!tongs) {
		fputs("TONGS must name the program\n", stderr);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
