/* SPDX-License-Identifier: MIT */
/* Environment variables that switch something on. */
#include "base/env.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

bool tongs_env_is_on(const char *name) {
	const char *value = getenv(name);
	if (!value || !*value || strcmp(value, "0") == 0 || strcmp(value, "off") == 0)
		return false;
	if (strcmp(value, "1") == 0 || strcmp(value, "on") == 0)
		return true;
	tongs_log_warning("%s is `%.100s'; it can be 0 or 1; taken as 0", name, value);
	return false;
}
