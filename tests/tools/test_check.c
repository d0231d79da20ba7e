/* SPDX-License-Identifier: MIT */
/* `tongs check`: that it passes on good drivers, agrees with `tongs info`, fails on broken ones, and explains why the
 * layer is not loaded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include "layer_request.h"
#include "loader_log.h"
#include "process.h"
#include "schema_check.h"

static const char *tongs, *layer_folder;
static char folder[32]; /* with layers of tests */

#define MOCK "VK_DRIVER_FILES=" MOCK_MANIFEST, "VK_ICD_FILENAMES=" MOCK_MANIFEST, "NODEVICE_SELECT=1"
/* libtongs creates all buffers for export. */
#define TOLERANT "TONGS_MOCK_TOLERATES=unshared"

static struct process check(const char *const *changes) {
	return process_run((const char *const[]){tongs, "check", NULL}, changes);
}

static cJSON *read_json(const char *command, const char *const *changes, int status) {
	struct process process = process_run((const char *const[]){tongs, command, "--json", NULL}, changes);
	cJSON *json = cJSON_Parse(process.out);

	assert_int_equal(process.status, status);
	assert_non_null(json);
	if (!strcmp(command, "check"))
		schema_assert(process.out, "check.schema.json", NULL);
	process_finish(&process);
	return json;
}

static const char *get_text(const cJSON *object, const char *key) {
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

	return text ? text : "";
}

static void lavapipe_is_well(void **state) {
	static const char *const lines[] = {"\n  loader       ok: Vulkan 1.", "\n  layer        ok: VK_LAYER_TONGS_",
		"\n  MTLBUFFER   buffer         memory type 0  ok: Metal, Metal's blits and a second device both "
		"ways\n",
		"\n  MTLTEXTURE  LINEAR image   memory type 0  ok: Metal, Metal's blits and a second device both "
		"ways\n",
		"\n  MTLTEXTURE  OPTIMAL image  memory type 0  ok: Metal, Metal's blits and a second device both "
		"ways\n",
		"\n  MTLHEAP     buffer         memory type 0  ok: Metal, Metal's blits and a second device both "
		"ways\n",
		"\n  MTLHEAP     OPTIMAL image  memory type 0  ok: a second device both ways\n", "\n  MTLSharedEvent ",
		"\nAll is well: "};
	(void)state;
	struct process process = check(NULL), first = RUN(tongs, "check", "--device", "0");

	assert_string_equal(process.err, "");
	assert_int_equal(process.status, 0);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (process_count(process.out, lines[i]) != 1)
			fail_msg("no \"%s\" in\n%.4000s", lines[i], process.out);
	assert_int_equal(process_count(process.out, "FAILED") + process_count(process.out, "\033"), 0);
	assert_int_equal(first.status, 0);
	assert_int_equal(process_count(first.out, "\nDevice "), 1);
	process_finish(&process);
	process_finish(&first);
}

static void an_absent_device_is_reported(void **state) {
	(void)state;
	struct process process = RUN(tongs, "check", "--device", "4000");

	assert_int_equal(process.status, 1);
	assert_int_equal(process_count(process.out, "FAILED: no device has number 4000"), 1);
	process_finish(&process);
}

static void an_absent_manifest_is_reported(void **state) {
	(void)state;
	struct process process = RUN(tongs, "check", "--layer-path", "/proc");

	assert_int_equal(process.status, 1);
	assert_string_equal(process.err, "");
	assert_int_equal(process_count(process.out, "\n  layer        FAILED: the layer's manifest, "), 1);
	assert_int_equal(process_count(process.out, "/proc\n"), 1);
	assert_int_equal(process_count(process.out, "To mend it: Pass the folder that has it to --layer-path.\n"), 1);
	assert_int_equal(process_count(process.out, "\nDevice "), 0);
	process_finish(&process);
}

/* Bits of the row of `tongs info` for such a resource. */
static uint32_t get_types(const cJSON *device, const char *handle_type, const char *resource) {
	const bool is_image = strcmp(resource, "buffer") != 0;
	const cJSON *row, *type;
	uint32_t types = 0;

	cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(device, "rows")) {
		if (strcmp(get_text(row, "handleType"), handle_type) != 0)
			continue;
		if (is_image ? strcmp(get_text(row, "pixelFormat"), "RGBA8Unorm") != 0 ||
					strncmp(get_text(row, "tiling"), resource, strlen(get_text(row, "tiling"))) != 0
			     : strcmp(get_text(row, "resource"), "buffer") != 0)
			continue;
		cJSON_ArrayForEach(type, cJSON_GetObjectItemCaseSensitive(row, "memoryTypes")) types |=
			UINT32_C(1) << type->valueint;
	}
	return types;
}

/* Each memory type that info names is tried, and no other; Metal's parts have the same verdict. */
static void compare(const cJSON *info, const cJSON *checked) {
	static const struct {
		const char *handle_type, *resource;
	} kinds[] = {{"MTLBUFFER", "buffer"}, {"MTLBUFFER", "LINEAR image"}, {"MTLTEXTURE", "LINEAR image"},
		{"MTLTEXTURE", "OPTIMAL image"}, {"MTLHEAP", "buffer"}, {"MTLHEAP", "LINEAR image"},
		{"MTLHEAP", "OPTIMAL image"}};
	const cJSON *row, *type, *feature, *checks = cJSON_GetObjectItemCaseSensitive(checked, "checks");
	unsigned features = 0;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		uint32_t types = 0;
		cJSON_ArrayForEach(row, checks) {
			if (strcmp(get_text(row, "name"), kinds[i].handle_type) != 0 ||
				strcmp(get_text(row, "resource"), kinds[i].resource) != 0)
				continue;
			assert_string_not_equal(get_text(row, "verdict"), "failed");
			cJSON_ArrayForEach(type, cJSON_GetObjectItemCaseSensitive(row,
							 "memoryTypes")) if (!strcmp(get_text(row, "verdict"), "ok"))
				types |= UINT32_C(1) << type->valueint;
		}
		assert_int_equal(types, get_types(info, kinds[i].handle_type, kinds[i].resource));
	}
	cJSON_ArrayForEach(feature, cJSON_GetObjectItemCaseSensitive(info, "metal")) {
		const bool works = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(feature, "works"));
		cJSON_ArrayForEach(row, checks) {
			if (strcmp(get_text(row, "name"), get_text(feature, "name")) != 0)
				continue;
			assert_string_equal(get_text(row, "verdict"), works ? "ok" : "no");
			features++;
		}
	}
	assert_int_equal(features, 6);
}

static void it_agrees_with_info(void **state) {
	static const char *const profiles[] = {
		NULL, "nvidia", "radv", "anv-tgl", "anv-dg2", "nvk", "swiftshader", "hostile"};
	(void)state;
	for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
		char profile[64];
		snprintf(profile, sizeof profile, "TONGS_MOCK_PROFILE=%s", profiles[i] ? profiles[i] : "");
		const char *const mock[] = {profile, TOLERANT, MOCK, NULL}, *const *changes = profiles[i] ? mock : NULL;
		cJSON *info = read_json("info", changes, 0), *checked = read_json("check", changes, 0);
		printf("%s\n", profiles[i] ? profiles[i] : "this machine's own");
		compare(cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(info, "devices"), 0),
			cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(checked, "devices"), 0));
		cJSON_Delete(info);
		cJSON_Delete(checked);
	}
}

/* Drivers that damage bytes, refuse, crash or hang. */
static void broken_drivers_fail(void **state) {
	static const struct {
		const char *fault, *profile, *text;
		unsigned failed; /* lines, at least */
	} rows[] = {
		{"copies", "nvk",
			"Metal reads what Vulkan wrote: 1 of 16384 bytes differ, the first is byte 16383: 0x00", 10},
		{"copies", "anv-tgl", "MTLBlitCommandEncoder                     FAILED: blits did not copy", 7},
		{"imports", "nvidia", "MTLTEXTURE  OPTIMAL image  memory types 0, 1  FAILED: Metal's blit reads: ", 3},
		{"pages", "nvidia",
			"MTLBUFFER   buffer         memory types 2, 3  FAILED: Metal reads what Vulkan wrote: ", 3},
		{"refuses", "nvk", "VK_ERROR_OUT_OF_DEVICE_MEMORY", 7},
		{"crashes", "nvk", "was ended by signal 9", 1},
		{"hangs", "nvk", "s, in the step: ", 1},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char fault[64], profile[64];
		snprintf(fault, sizeof fault, "TONGS_MOCK_FAULT=%s", rows[i].fault);
		snprintf(profile, sizeof profile, "TONGS_MOCK_PROFILE=%s", rows[i].profile);
		const char *const changes[] = {fault, profile, TOLERANT, "COLUMNS=1000", MOCK, NULL};
		struct process process = check(changes);
		printf("%s, %s\n", rows[i].fault, rows[i].profile);
		assert_int_equal(process.status, 1);
		if (!strstr(process.out, rows[i].text))
			fail_msg("no \"%s\" in\n%.6000s", rows[i].text, process.out);
		assert_true(process_count(process.out, "  FAILED: ") >= rows[i].failed);
		assert_true(process_count(process.out, "To mend it: try another version of the driver") == 1);
		assert_int_equal(process_count(process.out, "All is well"), 0);
		assert_int_equal(process_count(process.out, " checks failed, in "), 1);
		process_finish(&process);
	}
}

/* In JSON, whatever is not ok says why, and whatever failed says what to do. */
static void failures_have_mends(void **state) {
	static const char *const changes[] = {
		"TONGS_MOCK_FAULT=imports", "TONGS_MOCK_PROFILE=nvidia", TOLERANT, MOCK, NULL};
	const cJSON *device, *row;
	unsigned failed = 0, refused = 0;
	(void)state;
	cJSON *json = read_json("check", changes, 1);

	assert_true(cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(json, "good")));
	cJSON_ArrayForEach(device, cJSON_GetObjectItemCaseSensitive(json, "devices")) {
		cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(device, "checks")) {
			failed += !strcmp(get_text(row, "verdict"), "failed");
			refused += !strcmp(get_text(row, "verdict"), "no");
			if (strcmp(get_text(row, "verdict"), "ok") != 0)
				assert_true(*get_text(row, "text") && *get_text(row, "mend"));
		}
	}
	assert_true(failed >= 4 && refused >= 4);
	cJSON_Delete(json);
}

static void what_cannot_share_is_refused(void **state) {
	static const struct {
		const char *changes[6];
		const char *text;
		int status;
	} rows[] = {
		{{"TONGS_MOCK_PROFILE=coarse", MOCK},
			"sharing                                   no: its driver has the", 1},
		{{"TONGS_MOCK_PROFILE=radv", "TONGS_MOCK_HIDES=VK_KHR_timeline_semaphore", MOCK},
			"MTLSharedEvent                            no: the driver has no timeline semaphores\n", 0},
		{{"VK_DRIVER_FILES=/no/such.json", "VK_ICD_FILENAMES=/no/such.json"},
			"drivers      FAILED: VK_DRIVER_FILES names the driver /no/such.json", 1},
		{{"VK_DRIVER_FILES=/dev/null", "VK_ICD_FILENAMES=/dev/null"}, "drivers      FAILED: ", 1},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct process process = check(rows[i].changes);
		assert_int_equal(process.status, rows[i].status);
		if (!strstr(process.out, rows[i].text))
			fail_msg("no \"%s\" in\n%.6000s", rows[i].text, process.out);
		process_finish(&process);
		cJSON_Delete(read_json("check", rows[i].changes, rows[i].status));
	}
}

/* Makes `folder`/`name`/ with a manifest whose library is `library`, which begins with these bytes if they are not
 * NULL. */
static void make_layer(const char *name, const char *library, const char *bytes, size_t size) {
	char path[256];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	assert_int_equal(mkdir(path, 0777), 0);
	snprintf(path, sizeof path, "%s/%s/layer.json", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file,
		"{\"file_format_version\": \"1.2.0\", \"layer\": {\"name\": \"VK_LAYER_TONGS_metal_interop\", "
		"\"type\": \"GLOBAL\", \"library_path\": \"%s\", \"api_version\": \"1.3.0\", "
		"\"implementation_version\": \"1\", \"description\": \"none\"}}\n",
		library);
	assert_int_equal(fclose(file), 0);
	if (!bytes)
		return;
	snprintf(path, sizeof path, "%s/%s/%s", folder, name, library);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static int make_layers(void **state) {
	/* An ELF head of 32 bits, for ARM (40), and text. */
	char other[64] = {0x7f, 'E', 'L', 'F', 1, 1, 1}, text[64] = "no library";
	(void)state;
	strcpy(folder, "/tmp/tongs-check-XXXXXX");
	assert_non_null(mkdtemp(folder));
	other[18] = 40;
	make_layer("missing", "./none.so", NULL, 0);
	make_layer("other", "./other.so", other, sizeof other);
	make_layer("text", "./text.so", text, sizeof text);
	return 0;
}

static int remove_layers(void **state) {
	(void)state;
	struct process process = RUN("rm", "-r", folder);

	assert_int_equal(process.status, 0);
	process_finish(&process);
	return 0;
}

#define ASKED "VK_INSTANCE_LAYERS=VK_LAYER_TONGS_metal_interop"
#define OWN "%OWN"   /* the layer's own folder */
#define MADE "%MADE" /* that of make_layers */

static void an_absent_layer_is_explained(void **state) {
	static const struct {
		const char *changes[4], *text, *mend;
	} rows[] = {
		{{ASKED}, "no manifest in the folders that the Vulkan loader reads names it", "use 'tongs run'"},
		{{ASKED, "VK_ADD_LAYER_PATH=" MADE "/missing"}, "/missing/./none.so, which is missing",
			"build or install"},
		{{ASKED, "VK_ADD_LAYER_PATH=" MADE "/other"}, "is for another architecture (ELF machine 40, 32 bits)",
			"install Tongs for this architecture"},
		{{ASKED, "VK_LAYER_PATH=" MADE "/text"}, "/text/./text.so of the manifest ", "install the layer again"},
		{{ASKED, "VK_LAYER_PATH=/proc", "VK_ADD_LAYER_PATH=" OWN},
			"VK_LAYER_PATH is set, so the Vulkan loader ignores VK_ADD_LAYER_PATH", "unset VK_LAYER_PATH"},
		{{ASKED, "VK_LAYER_PATH=/proc"}, "those of VK_LAYER_PATH alone, /proc names it", "to VK_LAYER_PATH"},
		{{ASKED, "VK_ADD_LAYER_PATH=" OWN, "VK_LOADER_LAYERS_DISABLE=*METAL_interop"},
			"VK_LOADER_LAYERS_DISABLE is *METAL_interop", "unset VK_LOADER_LAYERS_DISABLE"},
		{{ASKED, "VK_ADD_LAYER_PATH=" OWN, "VK_LOADER_LAYERS_DISABLE=none,~all~"},
			"VK_LOADER_LAYERS_DISABLE is none,~all~", "unset VK_LOADER_LAYERS_DISABLE"},
		{{"TONGS_ENABLE=1", "TONGS_DISABLE="}, "TONGS_DISABLE is set", "unset TONGS_DISABLE"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char texts[4][512];
		const char *changes[16] = {"VK_LAYER_PATH", "VK_ADD_LAYER_PATH", "VK_INSTANCE_LAYERS", "COLUMNS=1000",
			"VK_LOADER_LAYERS_ALLOW", "VK_LOADER_LAYERS_DISABLE", NULL};
		size_t count = 6;
		for (size_t n = 0; rows[i].changes[n]; n++) {
			const char *place = strchr(rows[i].changes[n], '%');
			const bool is_own = place && !strncmp(place, OWN, strlen(OWN));
			snprintf(texts[n], sizeof texts[n], "%.*s%s%s", place ? (int)(place - rows[i].changes[n]) : 500,
				rows[i].changes[n],
				!place   ? ""
				: is_own ? layer_folder
					 : folder,
				place ? place + strlen(is_own ? OWN : MADE) : "");
			/* Of two settings of a variable the first would count. */
			for (size_t k = 0; k < count; k++)
				if (!strncmp(changes[k], texts[n], strlen(changes[k])) &&
					texts[n][strlen(changes[k])] == '=')
					changes[k] = "TONGS_TEST_NONE";
			changes[count++] = texts[n];
		}
		struct process process = check(changes);
		const char *line = strstr(process.out, "\n  environment  FAILED: ");
		printf("%s\n", rows[i].text);
		assert_int_equal(process.status, 1);
		if (!line || !strstr(line, rows[i].text) || !strstr(line, rows[i].mend))
			fail_msg("no \"%s\", \"%s\" in\n%.3000s", rows[i].text, rows[i].mend, process.out);
		process_finish(&process);
	}
}

static void a_present_layer_is_reported(void **state) {
	char path[512];
	(void)state;
	snprintf(path, sizeof path, "VK_ADD_LAYER_PATH=%s", layer_folder);
	const char *const changes[] = {"VK_LAYER_PATH", path, ASKED, NULL};
	struct process process = check(changes);

	assert_int_equal(process.status, 0);
	assert_int_equal(process_count(process.out,
				 "\n  environment  ok: VK_INSTANCE_LAYERS asks for the layer, and it is loaded\n"),
		1);
	process_finish(&process);
	const char *const above[] = {"VK_LAYER_PATH", path, "COLUMNS=1000",
		"VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation:VK_LAYER_TONGS_metal_interop", NULL};
	process = check(above);
	/* Some loaders order layers by folder. */
	const char *validation = strstr(process.out, "VK_LAYER_KHRONOS_validation,"),
		   *own = strstr(process.out, "VK_LAYER_TONGS_metal_interop,");
	own = strstr(own + 1, "VK_LAYER_TONGS_metal_interop,");
	assert_true(validation && own);
	assert_int_equal(process_count(process.out, "layer order  no: program, "), validation < own);
	process_finish(&process);
}

static void privileges_are_explained(void **state) {
	struct tongs_layer_absence absence;
	char path[512];
	(void)state;
	snprintf(path, sizeof path, "%s/missing", folder);
	unsetenv("VK_LAYER_PATH");
	assert_int_equal(setenv("VK_ADD_LAYER_PATH", path, 1), 0);
	tongs_layer_request_explain("VK_INSTANCE_LAYERS", true, &absence);
	assert_non_null(strstr(absence.reason, "it is setuid or setgid"));
	assert_non_null(strstr(absence.mend, "always reads"));
	tongs_layer_request_explain("VK_INSTANCE_LAYERS", false, &absence);
	assert_non_null(strstr(absence.reason, "none.so, which is missing"));
	unsetenv("VK_ADD_LAYER_PATH");
}

/* The validator of the other tests finds what is wrong. */
static void schemas_reject(void **state) {
	static const struct {
		const char *json, *reason;
	} rows[] = {
		{"{", "Expecting"},
		{"[]", "type object"},
		{"{\"tongs\": \"1\"}", "lacks ['good', 'seconds'"},
		{"{\"good\": true, \"good\": true}", "stands twice"},
		{"{\"tongs\": 1, \"good\": true, \"seconds\": 1, \"error\": null, \"checks\": [], \"devices\": []}",
			"$.tongs: type string, not 1"},
		{"{\"tongs\": \"\", \"good\": 1, \"seconds\": 1, \"error\": null, \"checks\": [], \"devices\": []}",
			"$.good: type boolean"},
		{"{\"tongs\": \"\", \"good\": true, \"seconds\": -1, \"error\": null, \"checks\": [], \"devices\": []}",
			"$.seconds: minimum 0"},
		{"{\"tongs\": \"\", \"good\": true, \"seconds\": 1, \"error\": null, \"checks\": [{\"name\": \"\", "
		 "\"resource\": \"heap\", \"memoryTypes\": [], \"verdict\": \"ok\", \"text\": null, \"mend\": null}], "
		 "\"devices\": []}",
			"$.checks[0].resource: enum"},
		{"{\"tongs\": \"\", \"good\": true, \"seconds\": 1, \"error\": null, \"checks\": [], \"devices\": [], "
		 "\"more\": 1}",
			"has unknown ['more']"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		schema_assert(rows[i].json, "check.schema.json", rows[i].reason);
}

static void logs_of_loaders_are_read(void **state) {
	char text[] = "DRIVER:           Found ICD manifest file /usr/a_icd.json, version \"1.0.0\"\n"
		      "[Vulkan Loader] DRIVER:           Found ICD manifest file /usr/a_icd.json, version \"1.0.0\"\n"
		      "DRIVER:           Found ICD manifest file /usr/b.json, version \"1.0.0\"\n"
		      "LAYER:            VK_LAYER_not_in_the_list\n"
		      "[Vulkan Loader] LAYER:            vkCreateInstance layer callstack setup to:\n"
		      "LAYER:               <Application>\n"
		      "LAYER:                 ||\n"
		      "[Vulkan Loader] LAYER:               VK_LAYER_first\n"
		      "LAYER:                       Manifest: /usr/first.json\n"
		      "LAYER:                       Library:  libfirst.so\n"
		      "LAYER:               VK_LAYER_TONGS_metal_interop\n"
		      "LAYER:               <Drivers>\n"
		      "LAYER:               VK_LAYER_after\n",
	     endless[] = "vkCreateInstance layer callstack setup to:\n: VK_LAYER_a\n: Manifest:", empty[] = "";
	static struct tongs_loader_log log;
	(void)state;
	tongs_loader_log_parse(&log, text);
	assert_int_equal(log.driver_count, 2);
	assert_string_equal(log.drivers[0], "/usr/a_icd.json");
	assert_string_equal(log.drivers[1], "/usr/b.json");
	assert_int_equal(log.layer_count, 2);
	assert_string_equal(log.layers[0].name, "VK_LAYER_first");
	assert_string_equal(log.layers[0].manifest, "/usr/first.json");
	assert_string_equal(log.layers[0].library, "libfirst.so");
	assert_int_equal(tongs_loader_log_find(&log, "VK_LAYER_TONGS_metal_interop"), 1);
	assert_int_equal(tongs_loader_log_find(&log, "VK_LAYER_after"), UINT32_MAX);
	tongs_loader_log_parse(&log, endless);
	assert_int_equal(log.layer_count, 1);
	tongs_loader_log_parse(&log, empty);
	assert_int_equal(log.layer_count + log.driver_count, 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lavapipe_is_well),
		cmocka_unit_test(an_absent_device_is_reported),
		cmocka_unit_test(an_absent_manifest_is_reported),
		cmocka_unit_test(it_agrees_with_info),
		cmocka_unit_test(broken_drivers_fail),
		cmocka_unit_test(failures_have_mends),
		cmocka_unit_test(what_cannot_share_is_refused),
		cmocka_unit_test_setup_teardown(an_absent_layer_is_explained, make_layers, remove_layers),
		cmocka_unit_test(a_present_layer_is_reported),
		cmocka_unit_test_setup_teardown(privileges_are_explained, make_layers, remove_layers),
		cmocka_unit_test(schemas_reject),
		cmocka_unit_test(logs_of_loaders_are_read),
	};
	unsetenv("COLUMNS"); /* output of full width */
	tongs = getenv("TONGS");
	layer_folder = getenv("LAYER_FOLDER");
	if (!tongs || !layer_folder) {
		fputs("TONGS must name the program, and LAYER_FOLDER the layer's folder\n", stderr);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
