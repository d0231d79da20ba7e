/* SPDX-License-Identifier: MIT */
/* Environment variables that are switches or numbers. */
#define _GNU_SOURCE /* secure_getenv; NOLINT(bugprone-reserved-identifier) */
#include "util/env.h"

#include <stdlib.h>
#include <string.h>

#include "util/log.h"

bool tongs_env_is_on(const char *name) {
	const char *value = secure_getenv(name);
	if (!value || !*value || strcmp(value, "0") == 0 || strcmp(value, "off") == 0)
		return false;
	if (strcmp(value, "1") == 0 || strcmp(value, "on") == 0)
		return true;
	tongs_log_warning("%s is `%.100s'; it can be 0 or off, and 1 or on; taken as 0", name, value);
	return false;
}

uint32_t tongs_env_get_number(const char *name, uint32_t otherwise) {
	const char *value = secure_getenv(name), *at = value;
	uint32_t number = 0;
	if (!value || !*value)
		return otherwise;
	while (*at >= '0' && *at <= '9' && !__builtin_mul_overflow(number, 10, &number) &&
		!__builtin_add_overflow(number, (uint32_t)(*at - '0'), &number))
		at++;
	if (!*at)
		return number;
	tongs_log_warning(
		"%s is `%.100s'; it must be a number of at most %u; taken as %u", name, value, UINT32_MAX, otherwise);
	return otherwise;
}
