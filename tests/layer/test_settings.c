/* SPDX-License-Identifier: MIT */
/* Settings: each source, which of them wins, and good and bad values. Each case is a process of its own, since settings
 * are read once in one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <tongs/metal.h>

#include "util/layer_settings.h"
#include "util/log.h"
#include "util/settings.h"

#define LAYER "VK_LAYER_TONGS_metal_interop"
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define CHECK(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			_exit(1); \
		} \
	} while (0)

static unsigned warnings;
static char last_warning[1024];

static void count(enum tongs_message_severity severity, const char *text, void *user) {
	(void)user;
	warnings += severity == TONGS_MESSAGE_WARNING;
	snprintf(last_warning, sizeof(last_warning), "%s", text);
}

static char folder[64]; /* of this test; also the home of its cases */

static void write_file(const char *below, const char *text) {
	char path[256];
	snprintf(path, sizeof(path), "%s%s", folder, below);
	for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	FILE *file = fopen(path, "w");
	CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

#define HOME_FILE "/.local/share/vulkan/settings.d/vk_layer_settings.txt"

/* In a fresh environment and home. */
static void in_child(void (*body)(void)) {
	fflush(stdout);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		snprintf(folder, sizeof(folder), "/tmp/tongs-settings-XXXXXX");
		CHECK(mkdtemp(folder) && clearenv() == 0);
		setenv("HOME", folder, 1);
		tongs_set_message_callback(count, NULL);
		body();
		char command[128];
		snprintf(command, sizeof(command), "rm -r %s", folder);
		_exit(system(command) != 0); /* NOLINT(cert-env33-c) */
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

#define CASE(name) \
	static void name##_case(void); \
	static void name(void **state) { \
		(void)state; \
		in_child(name##_case); \
	} \
	static void name##_case(void)

CASE(defaults) {
	uint64_t values[TONGS_SETTING_COUNT];
	tongs_settings_read_instance(NULL, values);
	CHECK(values[TONGS_SETTING_LOG] == 2);
	CHECK(values[TONGS_SETTING_POOL_LIMIT] == tongs_setting_get_default(TONGS_SETTING_POOL_LIMIT));
	CHECK(values[TONGS_SETTING_VALIDATION] == 0);
	CHECK(values[TONGS_SETTING_DUPLICATE_MESSAGE_LIMIT] == 10);
	CHECK(values[TONGS_SETTING_LEAKS] == 0);
	CHECK(values[TONGS_SETTING_ZOMBIES] == 0);
	CHECK(values[TONGS_SETTING_SHARE_PROCESSES] == 0);
	for (enum tongs_setting i = 0; i < TONGS_SETTING_COUNT; i++)
		CHECK(tongs_settings_get(i) == values[i]);
	CHECK(warnings == 0);
}

/* Each setting by each of its names. */
CASE(variables) {
	for (enum tongs_setting i = 0; i < TONGS_SETTING_COUNT; i++) {
		const struct tongs_setting_row *row = tongs_setting_get_row(i);
		const char *text = row->type == TONGS_SETTING_CHOICE ? "error" : "1";
		char layers[128];
		snprintf(layers, sizeof(layers), "VK_TONGS_METAL_INTEROP_%s", row->variable + strlen("TONGS_"));
		const char *const names[] = {row->variable, row->old_variable, layers};
		for (size_t k = 0; k < LENGTH(names); k++) {
			char name[TONGS_SETTING_NAME_SIZE];
			if (!names[k])
				continue;
			setenv(names[k], text, 1);
			const char *found = tongs_setting_find(i, (enum tongs_setting_source)k, name);
			CHECK(found && strcmp(found, text) == 0 && strcmp(name, names[k]) == 0);
			if (k < LENGTH(names) - 1)
				unsetenv(names[k]);
		}
		CHECK(tongs_settings_get(i) == 1);
	}
	CHECK(warnings == 0);
}

static const uint32_t seven = 7, eight = 8;
static const VkBool32 yes = VK_TRUE;
static const char *const words[] = {"error", "2M", "maybe"};

static const VkLayerSettingEXT in_chain[] = {
	{"VK_LAYER_other", "duplicate_message_limit", VK_LAYER_SETTING_TYPE_UINT32_EXT, 1, &eight},
	{LAYER, "duplicate_message_limit", VK_LAYER_SETTING_TYPE_UINT32_EXT, 1, &seven},
	{LAYER, "duplicate_message_limit", VK_LAYER_SETTING_TYPE_UINT32_EXT, 1, &eight},
	{LAYER, "validation", VK_LAYER_SETTING_TYPE_BOOL32_EXT, 1, &yes},
	{LAYER, "log", VK_LAYER_SETTING_TYPE_STRING_EXT, 1, &words[0]},
	{LAYER, "pool_limit", VK_LAYER_SETTING_TYPE_STRING_EXT, 1, &words[1]},
	{LAYER, "of_another_version", VK_LAYER_SETTING_TYPE_STRING_EXT, 1, &words[2]},
};
static const VkLayerSettingsCreateInfoEXT second = {
	.sType = VK_STRUCTURE_TYPE_LAYER_SETTINGS_CREATE_INFO_EXT,
	.settingCount = LENGTH(in_chain),
	.pSettings = in_chain,
};
static const VkLayerSettingsCreateInfoEXT chain = {
	.sType = VK_STRUCTURE_TYPE_LAYER_SETTINGS_CREATE_INFO_EXT,
	.pNext = &second,
};

/* What is of the instance is of it alone; what is of the process stays. */
CASE(layer_settings) {
	uint64_t values[TONGS_SETTING_COUNT];
	tongs_settings_read_instance(&chain, values);
	CHECK(values[TONGS_SETTING_DUPLICATE_MESSAGE_LIMIT] == 7);
	CHECK(values[TONGS_SETTING_VALIDATION] == 1);
	CHECK(values[TONGS_SETTING_LOG] == 1);
	CHECK(values[TONGS_SETTING_POOL_LIMIT] == 2 << 20);
	tongs_log_warning("not logged");
	CHECK(warnings == 0);
	tongs_settings_read_instance(NULL, values);
	CHECK(values[TONGS_SETTING_DUPLICATE_MESSAGE_LIMIT] == 10);
	CHECK(values[TONGS_SETTING_VALIDATION] == 0);
	CHECK(values[TONGS_SETTING_LOG] == 1);
	CHECK(tongs_settings_get(TONGS_SETTING_POOL_LIMIT) == 2 << 20);
}

CASE(layer_settings_of_all_types) {
	static const int32_t int32 = 1, negative = -1;
	static const int64_t int64 = 2;
	static const uint64_t uint64 = 3, large = UINT64_C(1) << 32;
	static const float float32 = 1;
	static const struct {
		VkLayerSettingTypeEXT type;
		const void *value;
		uint32_t count;
		uint64_t limit;
	} cases[] = {
		{VK_LAYER_SETTING_TYPE_INT32_EXT, &int32, 1, 1},
		{VK_LAYER_SETTING_TYPE_INT64_EXT, &int64, 1, 2},
		{VK_LAYER_SETTING_TYPE_UINT64_EXT, &uint64, 1, 3},
		{VK_LAYER_SETTING_TYPE_INT32_EXT, &negative, 1, 10},
		{VK_LAYER_SETTING_TYPE_UINT64_EXT, &large, 1, 10},
		{VK_LAYER_SETTING_TYPE_FLOAT32_EXT, &float32, 1, 10},
		{VK_LAYER_SETTING_TYPE_BOOL32_EXT, &yes, 1, 10},
		{VK_LAYER_SETTING_TYPE_STRING_EXT, &words[2], 1, 10},
		{VK_LAYER_SETTING_TYPE_UINT32_EXT, NULL, 0, 10},
		{VK_LAYER_SETTING_TYPE_UINT32_EXT, &seven, 2, 10},
	};
	for (size_t i = 0; i < LENGTH(cases); i++) {
		const VkLayerSettingEXT setting = {
			LAYER, "duplicate_message_limit", cases[i].type, cases[i].count, cases[i].value};
		const VkLayerSettingsCreateInfoEXT info = {
			.sType = VK_STRUCTURE_TYPE_LAYER_SETTINGS_CREATE_INFO_EXT,
			.settingCount = 1,
			.pSettings = &setting,
		};
		uint64_t values[TONGS_SETTING_COUNT];
		tongs_settings_read_instance(&info, values);
		CHECK(values[TONGS_SETTING_DUPLICATE_MESSAGE_LIMIT] == cases[i].limit);
		/* Of all bad ones the first is reported. */
		CHECK(warnings == (i > 2));
	}
	CHECK(strstr(last_warning, "duplicate_message_limit of " LAYER " has 1 values of VkLayerSettingTypeEXT 1,"));
}

/* libtongs has read these when there is an instance. */
CASE(settings_that_come_too_late) {
	const VkLayerSettingEXT setting = {LAYER, "zombies", VK_LAYER_SETTING_TYPE_BOOL32_EXT, 1, &yes};
	const VkLayerSettingsCreateInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_LAYER_SETTINGS_CREATE_INFO_EXT,
		.settingCount = 1,
		.pSettings = &setting,
	};
	uint64_t values[TONGS_SETTING_COUNT];
	tongs_settings_read_instance(&info, values);
	tongs_settings_read_instance(&info, values);
	CHECK(values[TONGS_SETTING_ZOMBIES] == 0);
	CHECK(warnings == 1 && strstr(last_warning, "TONGS_ZOMBIES"));
}

CASE(file_at_home) {
	write_file(HOME_FILE, "# of vkconfig\n"
			      "khronos_validation.log = off\n"
			      "tongs_metal_interop.pool_limit=3M # bytes\n"
			      "  tongs_metal_interop.duplicate_message_limit =\t5 \n"
			      "tongs_metal_interop.duplicate_message_limit = 6\n"
			      "tongs_metal_interop.validation = True\n"
			      "tongs_metal_interop.leaks =\n"
			      "tongs_metal_interop.unknown = 1\n"
			      "tongs_metal_interop.zombies");
	CHECK(tongs_settings_get(TONGS_SETTING_POOL_LIMIT) == 3 << 20);
	CHECK(tongs_settings_get(TONGS_SETTING_DUPLICATE_MESSAGE_LIMIT) == 6);
	CHECK(tongs_settings_get(TONGS_SETTING_VALIDATION) == 1);
	CHECK(tongs_settings_get(TONGS_SETTING_LOG) == 2);
	CHECK(tongs_settings_get(TONGS_SETTING_LEAKS) == 0);
	CHECK(tongs_settings_get(TONGS_SETTING_ZOMBIES) == 0);
	CHECK(warnings == 0);
}

static void check_file(const char *variable, const char *value, const char *below) {
	char path[128];
	snprintf(path, sizeof(path), "%s%s", folder, value);
	setenv(variable, path, 1);
	write_file(below, "tongs_metal_interop.pool_limit = 4096\n");
	CHECK(tongs_settings_get(TONGS_SETTING_POOL_LIMIT) == 4096);
	CHECK(warnings == 0);
}

CASE(file_in_the_data_folder) {
	write_file(HOME_FILE, "tongs_metal_interop.pool_limit = 1\n");
	check_file("XDG_DATA_HOME", "/data", "/data/vulkan/settings.d/vk_layer_settings.txt");
}

CASE(file_by_its_path) {
	check_file("VK_LAYER_SETTINGS_PATH", "/any.txt", "/any.txt");
}

CASE(file_by_its_folder) {
	check_file("VK_LAYER_SETTINGS_PATH", "/any", "/any/vk_layer_settings.txt");
}

/* As some editors write it. */
CASE(file_with_a_byte_order_mark) {
	write_file(HOME_FILE, "\xef\xbb\xbftongs_metal_interop.pool_limit = 4096\n");
	CHECK(tongs_settings_get(TONGS_SETTING_POOL_LIMIT) == 4096);
}

/* As in the layers of the SDK, vkconfig's file comes first. */
CASE(file_at_home_before_the_path) {
	write_file("/any.txt", "tongs_metal_interop.pool_limit = 1\n");
	setenv("VK_LAYER_SETTINGS_PATH", "any.txt", 1);
	check_file("HOME", "", HOME_FILE);
}

CASE(no_file_in_the_working_directory) {
	write_file("/vk_layer_settings.txt", "tongs_metal_interop.pool_limit = 1\n");
	write_file("/data/vulkan/settings.d/vk_layer_settings.txt", "tongs_metal_interop.pool_limit = 1\n");
	/* The base directory specification has relative paths ignored. */
	setenv("XDG_DATA_HOME", "data", 1);
	CHECK(chdir(folder) == 0);
	CHECK(tongs_settings_get(TONGS_SETTING_POOL_LIMIT) == tongs_setting_get_default(TONGS_SETTING_POOL_LIMIT));
}

static void check_limit(uint64_t limit) {
	uint64_t values[TONGS_SETTING_COUNT];
	tongs_settings_read_instance(&chain, values);
	CHECK(values[TONGS_SETTING_DUPLICATE_MESSAGE_LIMIT] == limit);
}

/* Each source that comes before the last one wins. */
CASE(precedence) {
	write_file(HOME_FILE, "tongs_metal_interop.duplicate_message_limit = 4\n");
	check_limit(4);
	setenv("VK_TONGS_METAL_INTEROP_DUPLICATE_MESSAGE_LIMIT", "3", 1);
	check_limit(3);
	setenv("TONGS_VALIDATION_LIMIT", "2", 1);
	check_limit(2);
	setenv("TONGS_DUPLICATE_MESSAGE_LIMIT", "1", 1);
	check_limit(1);
	setenv("TONGS_DUPLICATE_MESSAGE_LIMIT", "", 1);
	check_limit(2);
	CHECK(warnings == 0);
}

CASE(file_before_layer_settings) {
	write_file(HOME_FILE, "tongs_metal_interop.duplicate_message_limit = 4\ntongs_metal_interop.pool_limit = 4\n");
	uint64_t values[TONGS_SETTING_COUNT];
	tongs_settings_read_instance(&chain, values);
	CHECK(values[TONGS_SETTING_DUPLICATE_MESSAGE_LIMIT] == 4);
	CHECK(values[TONGS_SETTING_POOL_LIMIT] == 4);
	CHECK(values[TONGS_SETTING_VALIDATION] == 1);
}

/* Neither the size of a file nor that of a line costs time or memory. */
CASE(huge_file) {
	char path[128], line[8192];
	snprintf(path, sizeof(path), "%s/huge.txt", folder);
	memset(line, 'x', sizeof(line));
	memcpy(line + 4000, "# ", 2);
	memcpy(line + sizeof(line) - 3, "x\n", 3);
	write_file("/huge.txt", "tongs_metal_interop.duplicate_message_limit = 7\n");
	FILE *file = fopen(path, "a");
	CHECK(file && fputs(line, file) >= 0 && fputs("tongs_metal_interop.validation = on", file) >= 0);
	CHECK(fputs("\n", file) >= 0 && fclose(file) == 0);
	CHECK(truncate(path, INT64_C(8) << 30) == 0);
	setenv("VK_LAYER_SETTINGS_PATH", path, 1);
	alarm(10);
	CHECK(tongs_settings_get(TONGS_SETTING_DUPLICATE_MESSAGE_LIMIT) == 7);
	CHECK(tongs_settings_get(TONGS_SETTING_VALIDATION) == 1);
	CHECK(warnings == 0);
}

/* The callback gets the warning about TONGS_LOG, and logs. */
static void log_more(enum tongs_message_severity severity, const char *text, void *user) {
	count(severity, text, user);
	if (warnings == 1)
		tongs_log_warning("from the callback");
}

CASE(bad_log_level_and_a_callback_that_logs) {
	setenv("TONGS_LOG", "loud", 1);
	setenv("VK_TONGS_METAL_INTEROP_LOG", "louder", 1);
	tongs_set_message_callback(log_more, NULL);
	alarm(10);
	tongs_log_warning("last");
	CHECK(warnings == 3 && strcmp(last_warning, "last") == 0);
}

/* One warning for each setting; the next source counts. */
CASE(bad_values) {
	write_file(HOME_FILE, "tongs_metal_interop.pool_limit = 4096\n");
	setenv("TONGS_POOL_LIMIT", "much", 1);
	setenv("TONGS_VALIDATION", "perhaps", 1);
	setenv("TONGS_DUPLICATE_MESSAGE_LIMIT", "-1", 1);
	setenv("TONGS_LOG", "loud", 1);
	CHECK(tongs_settings_get(TONGS_SETTING_POOL_LIMIT) == 4096);
	/* The log's own is reported with its first message. */
	CHECK(warnings == 2 && strstr(last_warning, "TONGS_POOL_LIMIT is `much'"));
	for (int i = 0; i < 2; i++) {
		uint64_t values[TONGS_SETTING_COUNT];
		tongs_settings_read_instance(NULL, values);
		CHECK(values[TONGS_SETTING_VALIDATION] == 0);
		CHECK(values[TONGS_SETTING_DUPLICATE_MESSAGE_LIMIT] == 10);
		CHECK(values[TONGS_SETTING_LOG] == 2);
		CHECK(warnings == 4);
	}
}

/* The manifest has each setting of the table, for vkconfig. */
static void the_manifest_lists_all(void **state) {
	static char text[16384];
	(void)state;
	FILE *file = fopen(getenv("TONGS_TEST_MANIFEST"), "r");
	assert_non_null(file);
	size_t size = fread(text, 1, sizeof(text) - 1, file), listed = 0;
	fclose(file);
	assert_in_range(size, 1, sizeof(text) - 2);
	for (enum tongs_setting i = 0; i < TONGS_SETTING_COUNT; i++) {
		const struct tongs_setting_row *row = tongs_setting_get_row(i);
		char key[128], variable[128];
		snprintf(key, sizeof(key), "\"key\": \"%s\"", row->name);
		snprintf(variable, sizeof(variable), "\"env\": \"VK_TONGS_METAL_INTEROP_%s\"",
			row->variable + strlen("TONGS_"));
		assert_non_null(strstr(text, key));
		assert_non_null(strstr(text, variable));
	}
	for (const char *at = text; (at = strstr(at, "\"env\": ")); at++)
		listed++;
	assert_int_equal(listed, TONGS_SETTING_COUNT);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(variables),
		cmocka_unit_test(layer_settings),
		cmocka_unit_test(layer_settings_of_all_types),
		cmocka_unit_test(settings_that_come_too_late),
		cmocka_unit_test(file_at_home),
		cmocka_unit_test(file_in_the_data_folder),
		cmocka_unit_test(file_by_its_path),
		cmocka_unit_test(file_by_its_folder),
		cmocka_unit_test(file_with_a_byte_order_mark),
		cmocka_unit_test(file_at_home_before_the_path),
		cmocka_unit_test(no_file_in_the_working_directory),
		cmocka_unit_test(precedence),
		cmocka_unit_test(file_before_layer_settings),
		cmocka_unit_test(huge_file),
		cmocka_unit_test(bad_log_level_and_a_callback_that_logs),
		cmocka_unit_test(bad_values),
		cmocka_unit_test(the_manifest_lists_all),
	};
	return cmocka_run_group_tests_name("layer: settings", tests, NULL, NULL);
}
