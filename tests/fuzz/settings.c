/* SPDX-License-Identifier: MIT */
/* The settings, whatever the environment, the file or the application says. */
#define _GNU_SOURCE /* secure_getenv, strsep */
#include <limits.h>

#include "input.h"

/* Settings are read once a process; here, once an input. */
#include "util/setting_table.c"
#include "util/log.c"
#include "util/settings.c"

static unsigned errors, warnings;

static void count(enum tongs_message_severity severity, const char *text, void *user) {
	(void)user;
	REQUIRE(strlen(text) < 1024);
	*(severity == TONGS_MESSAGE_ERROR ? &errors : &warnings) += 1;
}

static void check_log(const char *value) {
	static const pthread_once_t again = PTHREAD_ONCE_INIT;
	level_once = again;
	atomic_store(&level, LEVEL_WARNING);
	errors = warnings = 0;
	REQUIRE(setenv("TONGS_LOG", value, 1) == 0);
	tongs_log_error("%s", value);
	tongs_log_warning("%s", value);
	bool off = strcasecmp(value, "off") == 0, error = strcasecmp(value, "error") == 0;
	bool known = off || error || !*value || strcasecmp(value, "warning") == 0;
	REQUIRE(errors == (off ? 0 : 1));
	REQUIRE(warnings == (off || error ? 0 : known ? 1 : 2));
	atomic_store(&level, LEVEL_WARNING);
	unsetenv("TONGS_LOG");
}

static void forget(void) {
	memset(states, 0, sizeof(states));
	warnings = 0;
}

static void check_switch(const char *value) {
	static const char *const on[] = {"1", "on", "true"}, *const off[] = {"", "0", "off", "false"};
	bool is_on = false, is_off = false;
	for (size_t i = 0; i < 3; i++)
		is_on |= strcasecmp(value, on[i]) == 0;
	for (size_t i = 0; i < 4; i++)
		is_off |= strcasecmp(value, off[i]) == 0;
	forget();
	REQUIRE(setenv("TONGS_ZOMBIES", value, 1) == 0);
	REQUIRE(tongs_settings_get(TONGS_SETTING_ZOMBIES) == is_on);
	REQUIRE(warnings == (is_on || is_off ? 0 : 1));
}

static void check_number(const char *value) {
	size_t digits = strspn(value, "0123456789"), zeros = strspn(value, "0");
	unsigned long long wide = digits - zeros <= 10 ? strtoull(value, NULL, 10) : ULLONG_MAX;
	bool good = digits && !value[digits] && wide <= UINT32_MAX;
	forget();
	REQUIRE(setenv("TONGS_VALIDATION_LIMIT", value, 1) == 0);
	REQUIRE(tongs_settings_get(TONGS_SETTING_DUPLICATE_MESSAGE_LIMIT) == (good ? wide : 10));
	REQUIRE(warnings == (good || !*value ? 0 : 1));
}

/* By wider arithmetic than the parser's. */
static bool read_size(const char *value, size_t *size) {
	unsigned __int128 wide = 0;
	size_t digits = strspn(value, "0123456789");
	const char *unit = value + digits, *letters = "kKmMgG", *letter = *unit ? strchr(letters, *unit) : NULL;
	for (size_t i = 0; i < digits; i++) {
		wide = wide * 10 + (unsigned)(value[i] - '0');
		if (wide > SIZE_MAX)
			return false;
	}
	if (letter)
		wide <<= 10 * ((letter - letters) / 2 + 1);
	*size = (size_t)wide;
	return digits && (!*unit || (letter && !unit[1])) && wide <= SIZE_MAX;
}

static void check_limit(const char *value) {
	const struct tongs_setting_row *row = tongs_setting_get_row(TONGS_SETTING_POOL_LIMIT);
	const uint64_t otherwise = tongs_setting_get_default(TONGS_SETTING_POOL_LIMIT);
	uint64_t parsed = 12345;
	size_t wanted;
	bool good = read_size(value, &wanted);
	REQUIRE(tongs_setting_parse(row, value, &parsed) == good);
	REQUIRE(parsed == (good ? wanted : 12345));
	forget();
	REQUIRE(setenv("TONGS_POOL_LIMIT", value, 1) == 0);
	REQUIRE(tongs_settings_get(TONGS_SETTING_POOL_LIMIT) == (good ? wanted : otherwise));
	REQUIRE(warnings == (good || !*value ? 0 : 1));
	unsetenv("TONGS_POOL_LIMIT");
}

/* Lines of the settings file. */
static void check_file(const char *value) {
	char *lines = strdup(value), *rest = lines;
	REQUIRE(lines);
	for (char *line; (line = strsep(&rest, "\n"));)
		read_line(line);
	free(lines);
	for (size_t i = 0; i < TONGS_SETTING_COUNT; i++) {
		forget();
		tongs_settings_get((enum tongs_setting)i);
		REQUIRE(warnings <= 1);
		tongs_free(NULL, file_values[i]);
		file_values[i] = NULL;
	}
}

/* The type, then the value's bytes; as a text, too. */
static void check_chain(const uint8_t *bytes, size_t size, const char *text) {
	uint64_t number = 0, values[TONGS_SETTING_COUNT];
	if (size > 0)
		memcpy(&number, bytes + 1, size - 1 < sizeof(number) ? size - 1 : sizeof(number));
	for (size_t i = 0; i < TONGS_SETTING_COUNT; i++) {
		const struct tongs_setting_row *row = tongs_setting_get_row((enum tongs_setting)i);
		const VkLayerSettingTypeEXT type = size > 0 ? (VkLayerSettingTypeEXT)(bytes[0] % 9) : 0;
		const bool is_text = type == VK_LAYER_SETTING_TYPE_STRING_EXT;
		const VkLayerSettingEXT settings[] = {
			{text, row->name, type, 1, is_text ? (const void *)&text : &number},
			{LAYER_NAME, text, type, 1, is_text ? (const void *)&text : &number},
			{LAYER_NAME, row->name, type, 1, is_text ? (const void *)&text : &number},
		};
		const VkLayerSettingsCreateInfoEXT info = {
			.sType = VK_STRUCTURE_TYPE_LAYER_SETTINGS_CREATE_INFO_EXT,
			.settingCount = 3,
			.pSettings = settings,
		};
		forget();
		tongs_settings_read_instance(&info, values);
		if (row->type == TONGS_SETTING_SWITCH)
			REQUIRE(values[i] <= 1);
		if (row->type == TONGS_SETTING_NUMBER)
			REQUIRE(values[i] <= UINT32_MAX);
		if (row->type == TONGS_SETTING_CHOICE)
			REQUIRE(values[i] <= 2);
	}
	forget();
	atomic_store(&level, LEVEL_WARNING);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
	char *value = strndup((const char *)bytes, size);
	REQUIRE(value);
	tongs_set_message_callback(count, NULL);
	check_log(value);
	check_switch(value);
	check_number(value);
	check_limit(value);
	unsetenv("TONGS_ZOMBIES");
	unsetenv("TONGS_VALIDATION_LIMIT");
	check_file(value);
	check_chain(bytes, size, value);
	free(value);
	return 0;
}
