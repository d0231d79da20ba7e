/* SPDX-License-Identifier: MIT */
/* `tongs info` on this machine's first device and on drivers of tests/mock, and the layer under vulkaninfo. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tongs/format.h>

#include "json_check.h"
#include "process.h"
#include "schema_check.h"

static const char *tongs;

/* The keys that every object of the kind has, once each. */
static const char *const device_keys[] = {"index", "name", "driver", "driverInfo", "apiVersion", "uuid", "memoryTypes",
	"shares", "whyNot", "memory", "limits", "metal", "rows", NULL};
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
		bool element = value[0] == '{' || strchr(path + strlen(in_devices), '.') ||
			       (value[0] != '[' && !strcmp(path, "devices.limits"));
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

struct answers {
	unsigned works, keeps, no, refuses, reasons, classes;
	bool right;
};

static void count_method(const char *path, const char *value, void *user) {
	struct answers *answers = user;
	const char *const counted = "classes.";

	if (strncmp(path, counted, strlen(counted)) != 0) {
		answers->right &= !*path || !strcmp(path, "tongs") || !strcmp(path, "classes");
		return;
	}
	path += strlen(counted);
	answers->classes += !strcmp(path, "name");
	if (value[0] == '[' || value[0] == '{')
		return;
	answers->works += !strcmp(path, "works");
	answers->keeps += !strcmp(path, "keepsValue");
	answers->no += !strcmp(path, "answersNo");
	answers->refuses += !strcmp(path, "refuses.selector");
	answers->reasons += !strcmp(path, "refuses.reason") && strlen(value) > 10;
}

/* The text and JSON list the methods of libtongs itself. */
static void info_lists_metals_methods(void **state) {
	(void)state;
	struct process text = RUN(tongs, "info", "--metal"), json = RUN(tongs, "info", "--metal", "--json");
	struct answers answers = {.right = true};
	unsigned works, keeps, no, refuses, classes = 0, sums[4] = {0};

	assert_int_equal(text.status, 0);
	assert_int_equal(json.status, 0);
	assert_string_equal(text.err, "");
	assert_true(json_check(json.out, count_method, &answers));
	assert_true(answers.right);
	for (const char *line = strstr(text.out, "\nMTL"); line; line = strstr(line + 1, "\nMTL")) {
		assert_int_equal(sscanf(line, "\nMTL%*[^:]: %u work, %u keep a value, %u answer no, %u refuse", &works,
					 &keeps, &no, &refuses),
			4);
		sums[0] += works;
		sums[1] += keeps;
		sums[2] += no;
		sums[3] += refuses;
		classes++;
	}
	assert_true(classes == answers.classes && classes > 60);
	assert_true(sums[0] == answers.works && sums[1] == answers.keeps);
	assert_true(sums[2] == answers.no && sums[3] == answers.refuses && answers.reasons == answers.refuses);
	assert_true(sums[0] > 200 && sums[1] > 400 && sums[2] > 60 && sums[3] > 120);
	/* One of each, by name. */
	assert_int_equal(process_count(text.out, "\nMTLDevice: "), 1);
	assert_non_null(strstr(text.out, "newCommandQueueWithMaxCommandBufferCount:"));
	assert_non_null(strstr(text.out, "supportsRaytracing"));
	assert_non_null(strstr(text.out, "  refuses: Tongs has no counters\n"));
	/* Lines are wrapped, but for a name that is longer than one. */
	for (const char *line = strchr(text.out, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
		const size_t length = strcspn(line + 1, "\n");
		assert_true(length <= 110 || line[1] != ' ' || strcspn(line + 5, " \n") + 4 == length);
	}
	process_finish(&text);
	process_finish(&json);
}

/* Each format stands once in the groups, and six times in the whole matrix. */
static void info_names_every_format(void **state) {
	(void)state;
	struct process grouped = RUN(tongs, "info", "--device", "0", "--groups"),
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
	/* lavapipe has 117 of 1000 or so. */
	assert_true(lines * 4 < process_count(all.out, "\n"));
	process_finish(&grouped);
	process_finish(&all);
}

static void info_fits_a_screen(void **state) {
	static const char *const widths[] = {"COLUMNS", "COLUMNS=80", "COLUMNS=40"};
	(void)state;
	for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
		const char *const changes[] = {widths[i], NULL};
		struct process process =
			process_run((const char *const[]){tongs, "info", "--device", "0", NULL}, changes);
		const char *columns = strchr(widths[i], '=');
		const size_t width = columns ? strtoul(columns + 1, NULL, 10) : 1000;

		assert_int_equal(process.status, 0);
		if (width >= 80)
			assert_in_range(process_count(process.out, "\n"), 24, 45);
		for (const char *line = process.out; *line; line += strcspn(line, "\n") + 1) {
			const size_t length = strcspn(line, "\n");
			if (length > width)
				fail_msg("%zu columns: %.*s", length, (int)length, line);
		}
		process_finish(&process);
	}
}

struct counts {
	unsigned optimal, linear; /* MTLTEXTURE */
	bool is_texture, is_optimal;
};

static void count_shared(const char *path, const char *value, void *user) {
	struct counts *counts = user;

	if (!strcmp(path, "devices.rows.handleType"))
		counts->is_texture = !strcmp(value, "\"MTLTEXTURE\"");
	if (!strcmp(path, "devices.rows.tiling"))
		counts->is_optimal = !strcmp(value, "\"OPTIMAL\"");
	if (!strcmp(path, "devices.rows.export") && counts->is_texture && !strcmp(value, "true"))
		*(counts->is_optimal ? &counts->optimal : &counts->linear) += 1;
}

/* The screen, the summary and JSON have the same numbers. */
static void info_counts_formats(void **state) {
	(void)state;
	struct process screen = RUN(tongs, "info", "--device", "0"),
		       summary = RUN(tongs, "info", "--device", "0", "--summary"),
		       json = RUN(tongs, "info", "--device", "0", "--json");
	struct counts counts = {0};
	unsigned all = 0, linear = 0, optimal = 0, column[12];
	char text[128];

	assert_true(json_check(json.out, count_shared, &counts));
	assert_true(counts.optimal > 30 && counts.linear > 20);
	snprintf(text, sizeof text, "MTLTEXTURE (%u formats OPTIMAL, %u LINEAR)", counts.optimal, counts.linear);
	assert_non_null(strstr(summary.out, text));
	assert_int_equal(process_count(summary.out, "\n"), 1);
	const char *line = strstr(screen.out, " 3Dmips MSAA LINEAR\n");
	assert_non_null(line);
	/* A name, and the numbers of the family: all; nine shapes; several samples; LINEAR. */
	while ((line = strchr(line, '\n')) && strncmp(line + 1, "    as ", 7) != 0) {
		line += 1 + 4 + 14;
		for (int i = 0; i < 12; i++) {
			line += strspn(line, " ");
			column[i] = *line == '-' ? 0 : (unsigned)strtoul(line, NULL, 10);
			line += strcspn(line, " \n");
		}
		all += column[0];
		optimal += column[3];
		linear += column[11];
	}
	assert_true(all > optimal && all <= PIXEL_FORMAT_COUNT);
	assert_int_equal(optimal, counts.optimal);
	assert_int_equal(linear, counts.linear);
	assert_non_null(strstr(screen.out, "\n  Why not the other formats\n"));
	process_finish(&screen);
	process_finish(&summary);
	process_finish(&json);
}

static void info_shows_one_format(void **state) {
	static const char *const names[] = {
		"RGBA8Unorm", "rgba8unorm", "MTLPixelFormatRGBA8Unorm", "VK_FORMAT_R8G8B8A8_UNORM", "r8g8b8a8_unorm"};
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct process process = RUN(tongs, "info", "--device", "0", "--format", names[i]),
			       json = RUN(tongs, "info", "--json", "--device", "0", "--format", names[i]);
		assert_int_equal(process.status, 0);
		assert_int_equal(process_count(process.out, "\n  RGBA8Unorm (VK_FORMAT_R8G8B8A8_UNORM)\n"), 1);
		assert_int_equal(process_count(process.out, "    MTLBUFFER OPTIMAL: no, "), 1);
		assert_int_equal(process_count(process.out, "BGRA8Unorm"), 0);
		assert_int_equal(process_count(json.out, "\"pixelFormat\":\t\"RGBA8Unorm\""), 6);
		assert_int_equal(process_count(json.out, "\"pixelFormat\":"), 6);
		process_finish(&process);
		process_finish(&json);
	}
	static const struct {
		const char *name, *similar;
	} unknown[] = {{"RGBA8Unrom", "similar: RGBA8Unorm (R8G8B8A8_UNORM)"},
		{"depth32", "similar: Depth32Float (D32_SFLOAT)"},
		{"no such thing at all", "called 'no such thing at all'; "}, {"", "called ''"}};
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
		struct process process = RUN(tongs, "info", "--format", unknown[i].name);
		assert_int_equal(process.status, 2);
		assert_string_equal(process.out, "");
		if (!strstr(process.err, unknown[i].similar))
			fail_msg("no \"%s\" in %s", unknown[i].similar, process.err);
		process_finish(&process);
	}
}

/* JSON of this machine, of profiles, and where there is nothing to show, as the schemas say. */
static void json_is_as_documented(void **state) {
	static const struct {
		const char *changes[6], *error;
		int status;
	} rows[] = {
		{{NULL}, NULL, 0},
		{{"TONGS_MOCK_PROFILE=nvidia", "VK_DRIVER_FILES=" MOCK_MANIFEST, "VK_ICD_FILENAMES=" MOCK_MANIFEST},
			NULL, 0},
		{{"TONGS_MOCK_PROFILE=radv", "VK_DRIVER_FILES=" MOCK_MANIFEST, "VK_ICD_FILENAMES=" MOCK_MANIFEST}, NULL,
			0},
		{{"TONGS_MOCK_PROFILE=nvk", "VK_DRIVER_FILES=" MOCK_MANIFEST, "VK_ICD_FILENAMES=" MOCK_MANIFEST}, NULL,
			0},
		{{"TONGS_MOCK_PROFILE=hostile", "VK_DRIVER_FILES=" MOCK_MANIFEST, "VK_ICD_FILENAMES=" MOCK_MANIFEST},
			NULL, 0},
		{{"TONGS_MOCK_PROFILE=coarse", "VK_DRIVER_FILES=" MOCK_MANIFEST, "VK_ICD_FILENAMES=" MOCK_MANIFEST},
			NULL, 1},
		{{"VK_DRIVER_FILES=/no/such.json", "VK_ICD_FILENAMES=/no/such.json"},
			"\"error\":\t\"VK_DRIVER_FILES names the driver /no/such.json, ", 1},
		{{"VK_DRIVER_FILES=/dev/null", "VK_ICD_FILENAMES=/dev/null"}, "\"error\":\t\"no Vulkan driver", 1},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct process process =
			process_run((const char *const[]){tongs, "info", "--json", NULL}, rows[i].changes);
		printf("%s\n", rows[i].changes[0] ? rows[i].changes[0] : "this machine's own");
		assert_int_equal(process.status, rows[i].status);
		schema_assert(process.out, "info.schema.json", NULL);
		assert_int_equal(process_count(process.out, rows[i].error ? rows[i].error : "\"error\":\tnull"), 1);
		assert_int_equal(process_count(process.err, "\n"), rows[i].error != NULL);
		process_finish(&process);
	}
	struct process no_layer = RUN(tongs, "info", "--json", "--layer-path", "/proc"),
		       no_device = RUN(tongs, "info", "--json", "--device", "4000"),
		       metal = RUN(tongs, "info", "--metal", "--json");
	assert_int_equal(no_layer.status, 1);
	assert_int_equal(no_device.status, 1);
	assert_int_equal(process_count(no_layer.out, "\"error\":\t\"the layer's manifest, "), 1);
	assert_int_equal(process_count(no_device.out, "\"error\":\t\"no device has number 4000"), 1);
	schema_assert(no_layer.out, "info.schema.json", NULL);
	schema_assert(no_device.out, "info.schema.json", NULL);
	schema_assert(metal.out, "info-metal.schema.json", NULL);
	schema_assert(metal.out, "info.schema.json", "lacks ['error', 'devices']");
	process_finish(&no_layer);
	process_finish(&no_device);
	process_finish(&metal);
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
		"VK_DRIVER_FILES=/dev/null", "VK_ICD_FILENAMES=/dev/null", "VK_ADD_DRIVER_FILES", NULL};
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

static void a_missing_driver_is_named(void **state) {
	(void)state;
	static const struct {
		const char *files, *old_files, *text, *filter; /* none: NULL */
	} rows[] = {
		{"VK_DRIVER_FILES=/no/such.json", "VK_ICD_FILENAMES=/dev/null",
			"VK_DRIVER_FILES names the driver /no/such.json,", NULL},
		{"VK_DRIVER_FILES", "VK_ICD_FILENAMES=/dev/null:/none.json",
			"VK_ICD_FILENAMES names the driver /none.json,", NULL},
		{"VK_DRIVER_FILES=", "VK_ICD_FILENAMES=/none.json", "VK_DRIVER_FILES is empty", NULL},
		{"VK_DRIVER_FILES", "VK_ICD_FILENAMES", "VK_LOADER_DRIVERS_DISABLE is *,",
			"VK_LOADER_DRIVERS_DISABLE=*"},
		{"VK_DRIVER_FILES", "VK_ICD_FILENAMES", "VK_LOADER_DRIVERS_SELECT is none,",
			"VK_LOADER_DRIVERS_SELECT=none"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *changes[] = {rows[i].files, rows[i].old_files, "VK_ADD_DRIVER_FILES", rows[i].filter, NULL};
		struct process process = process_run((const char *const[]){tongs, "info", NULL}, changes);
		assert_int_equal(process.status, 1);
		assert_int_equal(process_count(process.err, rows[i].text), 1);
		assert_int_equal(process_count(process.err, "\n"), 1);
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
				"a Shared heap that Metal creates is host pages: ",
				"its textures have memory of their own, so only an automatic heap takes them\n"}},
		{"TONGS_MOCK_PROFILE=radv",
			{"MTLBUFFER            host pages: ", "MTLTEXTURE  OPTIMAL  driver memory: ",
				"the driver requires dedicated allocations for images of OPTIMAL tiling: ",
				"Metal places them only in heaps that Vulkan dedicated to such an image; in automatic "
				"heaps "
				"they have memory of their own\n",
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
	/* The default device: a driver of the CPU has all in host pages, and nothing to say. */
	struct process process = RUN(tongs, "info");
	if (process_count(process.out, "llvmpipe") > 0) {
		assert_int_equal(process_count(process.out, "  host pages: "), 4);
		assert_int_equal(process_count(process.out, "go together") + process_count(process.out, "no-copy"), 0);
	}
	process_finish(&process);
}

/* Of lavapipe, of a driver without timeline semaphores, of one that imports no host pages and has one queue, and of one
 * with more. */
static void info_says_what_metal_objects_can_do(void **state) {
	static const char mock[] = "VK_DRIVER_FILES=" MOCK_MANIFEST, old_mock[] = "VK_ICD_FILENAMES=" MOCK_MANIFEST;
	static const struct {
		const char *changes[5], *parts[8];
	} rows[] = {
		{{NULL}, {"\n  Metal\n    VK_EXT_metal_objects     yes\n",
				 "    MTLSharedEvent           yes: signals pass both ways between a timeline "
				 "semaphore and "
				 "its event, carried by the CPU\n",
				 "    MTLCommandQueue          yes: queue family 0 (graphics, compute, transfer",
				 "    MTLBlitCommandEncoder    yes: fills, copies, mipmaps\n",
				 "    MTLRenderCommandEncoder  yes: clears, resolves of samples (of depth: sample 0)\n",
				 "    IOSurface                yes: textures over it, which Vulkan imports\n"}},
		{{"TONGS_MOCK_PROFILE=radv", "TONGS_MOCK_HIDES=VK_KHR_timeline_semaphore", mock, old_mock},
			{"    VK_EXT_metal_objects     yes\n",
				"    MTLSharedEvent           no: the driver has no timeline semaphores\n",
				"    MTLBlitCommandEncoder    yes: fills, copies, mipmaps\n"}},
		{{"TONGS_MOCK_PROFILE=nvk", mock, old_mock},
			{"    MTLSharedEvent           yes: signals pass both ways between a timeline semaphore and "
			 "its "
			 "event, carried by the CPU\n",
				", which Vulkan does not import: it is host pages, and "}},
		{{"TONGS_MOCK_PROFILE=nvidia", mock, old_mock},
			{"    MTLSharedEvent           yes: signals pass both ways between a timeline semaphore and "
			 "its event, on the GPU without the CPU\n"}},
		{{"TONGS_MOCK_PROFILE=nvidia", "TONGS_SHARE_SEMAPHORES=0", mock, old_mock}, {", carried by the CPU\n"}},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct process text = process_run((const char *const[]){tongs, "info", NULL}, rows[i].changes),
			       json = process_run(
				       (const char *const[]){tongs, "info", "--json", NULL}, rows[i].changes);
		assert_string_equal(text.err, "");
		assert_int_equal(text.status, 0);
		for (size_t n = 0; rows[i].parts[n]; n++)
			if (process_count(text.out, rows[i].parts[n]) != 1)
				fail_msg("no \"%s\" in\n%.3000s", rows[i].parts[n], text.out);
		assert_int_equal(process_count(json.out, "\"works\":\t"), 6);
		assert_int_equal(process_count(json.out, "\"works\":\tfalse"), i == 1);
		process_finish(&text);
		process_finish(&json);
	}
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

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(info_writes_complete_json),
		cmocka_unit_test(info_prints_the_same_device),
		cmocka_unit_test(info_takes_the_layers_folder),
		cmocka_unit_test(info_lists_metals_methods),
		cmocka_unit_test(info_names_every_format),
		cmocka_unit_test(info_fits_a_screen),
		cmocka_unit_test(info_counts_formats),
		cmocka_unit_test(info_shows_one_format),
		cmocka_unit_test(json_is_as_documented),
		cmocka_unit_test(an_absent_device_is_reported),
		cmocka_unit_test(without_a_driver_a_package_is_named),
		cmocka_unit_test(a_missing_driver_is_named),
		cmocka_unit_test(info_says_why_nothing_is_shared),
		cmocka_unit_test(info_says_which_memory_is_shared),
		cmocka_unit_test(info_says_what_metal_objects_can_do),
		cmocka_unit_test(without_the_layer_its_absence_is_reported),
		cmocka_unit_test(vulkaninfo_lists_the_extension_once),
		cmocka_unit_test(lost_output_is_an_error),
		cmocka_unit_test(a_closed_stream_is_not_written_to_a_file),
	};
	unsetenv("COLUMNS"); /* output of full width */
	tongs = getenv("TONGS");
	if (!tongs) {
		fputs("TONGS must name the program\n", stderr);
		return 1;
	}
	return cmocka_run_group_tests(tests, list_pixel_formats, NULL);
}
