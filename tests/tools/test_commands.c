/* SPDX-License-Identifier: MIT */
/* `tongs info` and `tongs demo` on this machine's first device, and the layer under vulkaninfo. */
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

#include <tongs/format.h>

#include "json_check.h"
#include "process.h"

static const char *tongs;

/* Where the demo puts its panel: 40 texels from the left and from the bottom. */
enum { WIDTH = 1280, HEIGHT = 960, PANEL_LEFT = 40, PANEL_TOP = 824, PANEL_WIDTH = 460, PANEL_HEIGHT = 96 };

/* The keys that every object of the kind has, once each. */
static const char *const device_keys[] = {"index", "name", "driver", "driverInfo", "apiVersion", "uuid", "memoryTypes",
	"shares", "whyNot", "memory", "limits", "rows", NULL};
static const char *const row_keys[] = {"handleType", "resource", "pixelFormat", "format", "tiling", "export", "import",
	"dedicated", "storageMode", "memoryTypes", "shapes", "sampleCounts", "usage", "whyNot", NULL};
static const char *const row_lists[] = {
	"devices.rows.memoryTypes", "devices.rows.shapes", "devices.rows.sampleCounts", "devices.rows.usage", NULL};

/* The formats that Metal and Vulkan both have. */
enum { PIXEL_FORMAT_COUNT = 128 };
static const char *pixel_formats[PIXEL_FORMAT_COUNT]; /* without MTLPixelFormat */

static int list_pixel_formats(void **state) {
	int count = 0;

	(void)state;
	for (const struct tongs_format *format = tongs_format_next(NULL); format; format = tongs_format_next(format)) {
		if (!format->mtl_name || !format->vk_name)
			continue;
		assert_in_range(count, 0, PIXEL_FORMAT_COUNT - 1);
		pixel_formats[count++] = format->mtl_name;
	}
	assert_int_equal(count, PIXEL_FORMAT_COUNT);
	return 0;
}

struct keys {
	unsigned devices[16], rows[16];
	unsigned unknown, sharing;
	unsigned shareable; /* rows with export and no reason why not */
	unsigned formats[PIXEL_FORMAT_COUNT], shapes, multisampled;
};

/* `value` is the name in quotes. */
static void count_format(struct keys *keys, const char *value) {
	for (int i = 0; i < PIXEL_FORMAT_COUNT; i++)
		keys->formats[i] += strlen(value) == strlen(pixel_formats[i]) + 2 &&
				    !strncmp(pixel_formats[i], value + 1, strlen(pixel_formats[i]));
}

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
		bool element = value[0] != '[' && find_key(row_lists, path) >= 0;
		if (i < 0)
			keys->unknown++;
		else if (!element)
			keys->rows[i]++;
		keys->shareable += !strcmp(path, "devices.rows.export") && !strcmp(value, "true");
		if (!strcmp(path, "devices.rows.pixelFormat") && value[0] == '"')
			count_format(keys, value);
		keys->shapes += element && !strcmp(path, "devices.rows.shapes");
		keys->multisampled += element && !strcmp(path, "devices.rows.sampleCounts") && strcmp(value, "1") != 0;
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
	/* Three handle types with two tilings, and three with buffers. */
	for (int i = 0; i < PIXEL_FORMAT_COUNT; i++)
		assert_int_equal(keys.formats[i], 6);
	assert_int_equal(keys.rows[0], PIXEL_FORMAT_COUNT * 6 + 3);
	assert_true(keys.shapes > keys.shareable);
	assert_true(keys.multisampled > 0);
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

/* Each format stands once in the groups, and six times in the whole matrix. */
/* Only the given folder is searched. */
static void info_takes_the_layers_folder(void **state) {
	(void)state;
	struct process process = RUN(tongs, "info", "--layer-path", getenv("LAYER_FOLDER"));
	assert_int_equal(process.status, 0);
	process_finish(&process);
	process = RUN(tongs, "info", "--layer-path", "/proc");
	assert_int_equal(process.status, 1);
	assert_non_null(strstr(process.err, "/proc"));
	process_finish(&process);
}

static void info_names_every_format(void **state) {
	(void)state;
	struct process grouped = RUN(tongs, "info", "--device", "0"),
		       all = RUN(tongs, "info", "--device", "0", "--all");
	unsigned lines = process_count(grouped.out, "\n");

	for (int i = 0; i < PIXEL_FORMAT_COUNT; i++) {
		char name[64], line[80];
		snprintf(name, sizeof name, " %s", pixel_formats[i]);
		snprintf(line, sizeof line, "\n %s ", name);
		char *wrapped = grouped.out;
		unsigned found = 0;
		while ((wrapped = strstr(wrapped, name)) != NULL) {
			wrapped += strlen(name);
			found += *wrapped == ' ' || *wrapped == '\n';
		}
		assert_int_equal(found, 1);
		assert_int_equal(process_count(all.out, line), 6);
	}
	assert_true(lines < 120);
	process_finish(&grouped);
	process_finish(&all);
}

static void an_absent_device_is_reported(void **state) {
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

/* Drivers made by tests/mock. */
static void info_says_why_nothing_is_shared(void **state) {
	(void)state;
	static const struct {
		const char *profile, *hidden, *reason, *without_select;
	} rows[] = {
		{"TONGS_MOCK_PROFILE=coarse", "TONGS_MOCK_HIDES", "no buffer and no image can be in it",
			"NODEVICE_SELECT=1"},
		{"TONGS_MOCK_PROFILE=coarse", "TONGS_MOCK_HIDES=VK_KHR_external_memory_fd",
			"imports no single pages of host memory", "NODEVICE_SELECT=1"},
		{"TONGS_MOCK_PROFILE=nvk", "TONGS_MOCK_HIDES=VK_KHR_external_memory_fd",
			"its driver lacks VK_KHR_external_memory_fd and VK_EXT_external_memory_host\n",
			"NODEVICE_SELECT=1"},
		/* Mesa's layer, which comes with lavapipe, could be the one that hides them. */
		{"TONGS_MOCK_PROFILE=nvk", "TONGS_MOCK_HIDES=VK_KHR_external_memory_fd",
			"below Tongs hides it; loaded here: VK_LAYER_MESA_device_select", "NODEVICE_SELECT"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *changes[] = {rows[i].profile, rows[i].hidden, "VK_DRIVER_FILES=" MOCK_MANIFEST,
			"VK_ICD_FILENAMES=" MOCK_MANIFEST, rows[i].without_select, NULL};
		struct process process = process_run((const char *const[]){tongs, "info", NULL}, changes);
		assert_int_equal(process.status, 1);
		assert_int_equal(process_count(process.out, rows[i].reason), 1);
		process_finish(&process);
		process = process_run((const char *const[]){tongs, "info", "--json", NULL}, changes);
		assert_int_equal(process.status, 1);
		assert_int_equal(process_count(process.out, "\"shares\":\tfalse"), 1);
		process_finish(&process);
	}
}

static void info_says_which_memory_is_shared(void **state) {
	(void)state;
	static const struct {
		const char *profile, *parts[10];
	} rows[] = {
		{"TONGS_MOCK_PROFILE=nvidia",
			{"MTLBUFFER            host pages: the driver imports them\n",
				"MTLTEXTURE  LINEAR   host pages: the driver imports them\n",
				"MTLTEXTURE  OPTIMAL  driver memory: on GPUs they have no memory type",
				"MTLHEAP              driver memory: ", "; Private: MTLTEXTURE MTLHEAP\n",
				"; Shared: MTLBUFFER MTLTEXTURE\n",
				"MTLBUFFER and MTLHEAP go together in memory types that are not host-visible\n",
				"a Shared heap that Metal creates is host pages: "}},
		{"TONGS_MOCK_PROFILE=radv",
			{"MTLBUFFER            host pages: ", "MTLTEXTURE  OPTIMAL  driver memory: ",
				"the driver requires dedicated allocations for images of OPTIMAL tiling: ",
				"MTLBUFFER and MTLHEAP go together in memory types that are not host-visible\n"}},
		{"TONGS_MOCK_PROFILE=anv-tgl",
			{"MTLBUFFER            host pages: ", "OPTIMAL  driver memory: the driver's queries deny them",
				"; Shared: MTLBUFFER MTLTEXTURE MTLHEAP\n",
				"MTLBUFFER and MTLHEAP do not go together: ",
				", and every memory type is host-visible\n"}},
		{"TONGS_MOCK_PROFILE=nvk",
			{"MTLBUFFER            driver memory: the driver lacks VK_EXT_external_memory_host\n",
				"MTLTEXTURE  LINEAR   driver memory: ", "MTLTEXTURE  OPTIMAL  driver memory: ",
				"no-copy buffers cannot be imported: the driver lacks VK_EXT_external_memory_host\n",
				"; Private: MTLBUFFER MTLTEXTURE MTLHEAP\n"}},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *changes[] = {rows[i].profile, "TONGS_MOCK_HIDES", "VK_DRIVER_FILES=" MOCK_MANIFEST,
			"VK_ICD_FILENAMES=" MOCK_MANIFEST, NULL};
		struct process text = process_run((const char *const[]){tongs, "info", NULL}, changes),
			       json = process_run((const char *const[]){tongs, "info", "--json", NULL}, changes);
		assert_int_equal(text.status, 0);
		assert_int_equal(json.status, 0);
		for (size_t n = 0; rows[i].parts[n]; n++)
			if (process_count(text.out, rows[i].parts[n]) < 1)
				fail_msg("%s: no \"%s\" in\n%.3000s", rows[i].profile, rows[i].parts[n], text.out);
		assert_int_equal(process_count(json.out, "\"limits\":\t["), 1);
		assert_true(process_count(json.out, "\"memory\":\t\"driver memory\"") >= 2);
		process_finish(&text);
		process_finish(&json);
	}
	/* lavapipe */
	struct process process = RUN(tongs, "info");
	assert_int_equal(process_count(process.out, "  host pages: "), 4);
	assert_int_equal(process_count(process.out, "go together") + process_count(process.out, "no-copy"), 0);
	process_finish(&process);
}

static void without_the_layer_its_absence_is_reported(void **state) {
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

static char *make_folder(void) {
	char *folder = strdup("/tmp/tongs-test-XXXXXX");

	assert_non_null(folder);
	assert_non_null(mkdtemp(folder));
	return folder;
}

static void demo_writes_its_pictures(void **state) {
	(void)state;
	char *folder = make_folder();
	struct process process = RUN(tongs, "demo", "--device", "0", "--out", folder);

	assert_string_equal(process.err, "");
	assert_int_equal(process.status, 0);
	assert_int_equal(process_count(process.out, "FAIL"), 0);
	assert_int_equal(process_count(process.out, "0 (same pages)  ok\n"), 3);
	assert_int_equal(process_count(process.out,
				 "  ok    Vulkan draws into it what it draws into an image that is not shared\n"),
		1);
	uint8_t *drawn = read_picture(folder, "metal-reads.png"), *both = read_picture(folder, "both-hands.png");
	check_drawing(drawn);
	check_panel(drawn, both);
	check_sheet(folder, process.out);
	free(drawn);
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
	const char *const changes[] = {
		setting, "VK_DRIVER_FILES=" MOCK_MANIFEST, "VK_ICD_FILENAMES=" MOCK_MANIFEST, NULL};
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
	char *folder = make_folder();
	struct process process = RUN(tongs, "demo", "--device", "0", "--out", folder);
	uint8_t *drawn = read_picture(folder, "metal-reads.png");
	unsigned width, height;

	free(read_picture(folder, "both-hands.png"));
	free(take_picture(folder, "contact-sheet.png", &width, &height));
	demo_on_profile("nvidia", refused, drawn);
	demo_on_profile("hostile", refused, drawn);
	demo_on_profile("radv", read, drawn);
	demo_on_profile("anv-tgl", read, drawn);
	demo_on_profile("nvk", read, drawn);
	free(drawn);
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

/* The shell does not start with ThreadSanitizer's runtime in it. */
static void need_shell(void) {
#ifdef __SANITIZE_THREAD__
	skip();
#endif
}

static void lost_output_is_an_error(void **state) {
	static const char *const commands[] = {"$TONGS info --json >/dev/full", "$TONGS help >/dev/full",
		"$TONGS --version >/dev/full", "$TONGS info >&-"};
	(void)state;
	need_shell();
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		struct process process = RUN("sh", "-c", commands[i]);

		assert_int_equal(process.status, 1);
		assert_int_equal(process_count(process.err, "tongs: the output could not be written completely\n"), 1);
		process_finish(&process);
	}
}

/* The file is not opened in the place of a closed stream. */
static void a_closed_stream_is_not_written_to_a_file(void **state) {
	(void)state;
	need_shell();
	struct process process = RUN("sh", "-c",
		"folder=$(mktemp -d); $TONGS bench --quick --filter 'buffer, create + destroy' --json $folder/a 2>&-"
		" >/dev/null; head -c 2 $folder/a; rm -r $folder");

	assert_string_equal(process.out, "{\n");
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
		cmocka_unit_test(info_writes_complete_json),
		cmocka_unit_test(info_prints_the_same_device),
		cmocka_unit_test(info_takes_the_layers_folder),
		cmocka_unit_test(info_names_every_format),
		cmocka_unit_test(an_absent_device_is_reported),
		cmocka_unit_test(without_a_driver_a_package_is_named),
		cmocka_unit_test(info_says_why_nothing_is_shared),
		cmocka_unit_test(info_says_which_memory_is_shared),
		cmocka_unit_test(without_the_layer_its_absence_is_reported),
		cmocka_unit_test(vulkaninfo_lists_the_extension_once),
		cmocka_unit_test(demo_writes_its_pictures),
		cmocka_unit_test(demo_on_other_drivers),
		cmocka_unit_test(demo_cannot_write_just_anywhere),
		cmocka_unit_test(lost_output_is_an_error),
		cmocka_unit_test(a_closed_stream_is_not_written_to_a_file),
		cmocka_unit_test(the_validation_layer_below_is_silent),
	};
	tongs = getenv("TONGS");
	if (!tongs) {
		fputs("TONGS must name the program\n", stderr);
		return 1;
	}
	return cmocka_run_group_tests(tests, list_pixel_formats, NULL);
}
