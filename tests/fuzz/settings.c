/* SPDX-License-Identifier: MIT */
/* The environment variables, whatever they say. */
#define _GNU_SOURCE /* secure_getenv, in the sources below */
#include <limits.h>

#include "input.h"

/* Variables are read once a process; here, once an input. */
#include "util/env.c"
#include "util/log.c"
#include "memory/pool_limit.c"

static unsigned errors, warnings;

static void count(enum tongs_message_severity severity, const char *text, void *user) {
	(void)user;
	REQUIRE(strlen(text) < 1024);
	*(severity == TONGS_MESSAGE_ERROR ? &errors : &warnings) += 1;
}

static void check_log(const char *value) {
	static const pthread_once_t again = PTHREAD_ONCE_INIT;
	level_once = again;
	level = LEVEL_WARNING;
	errors = warnings = 0;
	REQUIRE(setenv("TONGS_LOG", value, 1) == 0);
	tongs_log_error("%s", value);
	tongs_log_warning("%s", value);
	bool off = strcmp(value, "off") == 0, error = strcmp(value, "error") == 0;
	bool known = off || error || !*value || strcmp(value, "warning") == 0;
	REQUIRE(errors == (off ? 0 : 1));
	REQUIRE(warnings == (off || error ? 0 : known ? 1 : 2));
	level = LEVEL_WARNING;
}

static void check_switch(const char *value) {
	static const char *const on[] = {"1", "on"}, *const off[] = {"", "0", "off"};
	bool is_on = strcmp(value, on[0]) == 0 || strcmp(value, on[1]) == 0, is_off = false;
	for (size_t i = 0; i < 3; i++)
		is_off |= strcmp(value, off[i]) == 0;
	warnings = 0;
	REQUIRE(setenv("TONGS_ZOMBIES", value, 1) == 0);
	REQUIRE(tongs_env_is_on("TONGS_ZOMBIES") == is_on);
	REQUIRE(warnings == (is_on || is_off ? 0 : 1));
}

static void check_number(const char *value) {
	size_t digits = strspn(value, "0123456789"), zeros = strspn(value, "0");
	unsigned long long wide = digits - zeros <= 10 ? strtoull(value, NULL, 10) : ULLONG_MAX;
	bool good = digits && !value[digits] && wide <= UINT32_MAX;
	warnings = 0;
	REQUIRE(setenv("TONGS_VALIDATION_LIMIT", value, 1) == 0);
	REQUIRE(tongs_env_get_number("TONGS_VALIDATION_LIMIT", 10) == (good ? wide : 10));
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
	size_t limit_read = 12345, wanted;
	bool good = read_size(value, &wanted);
	REQUIRE(tongs_pool_limit_parse(value, &limit_read) == good);
	REQUIRE(limit_read == (good ? wanted : 12345));
	warnings = 0;
	REQUIRE(setenv("TONGS_POOL_LIMIT", value, 1) == 0);
	read_limit();
	REQUIRE(limit == (good ? wanted : tongs_pool_default_limit()));
	REQUIRE(warnings == (good || !*value ? 0 : 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
	char *value = strndup((const char *)bytes, size);
	REQUIRE(value);
	tongs_set_message_callback(count, NULL);
	check_log(value);
	check_switch(value);
	check_number(value);
	check_limit(value);
	free(value);
	return 0;
}
