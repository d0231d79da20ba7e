/* SPDX-License-Identifier: MIT */
/* TONGS_LOG, whatever it says. */
#include "input.h"

/* The variable is read once a process; here, once an input. */
#include "../src/base/log.c"

static unsigned errors, warnings;

static void count(enum tongs_message_severity severity, const char *text, void *user) {
	(void)user;
	REQUIRE(strlen(text) < 1024);
	*(severity == TONGS_MESSAGE_ERROR ? &errors : &warnings) += 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
	static const pthread_once_t again = PTHREAD_ONCE_INIT;
	char *value = strndup((const char *)bytes, size);
	REQUIRE(value && setenv("TONGS_LOG", value, 1) == 0);
	level_once = again;
	level = LEVEL_WARNING;
	errors = warnings = 0;
	tongs_set_message_callback(count, NULL);
	tongs_log_error("%s", value);
	tongs_log_warning("%.*s", (int)size, value);
	bool off = strcmp(value, "off") == 0, error = strcmp(value, "error") == 0;
	bool known = off || error || !*value || strcmp(value, "warning") == 0;
	REQUIRE(errors == (off ? 0 : 1));
	REQUIRE(warnings == (off || error ? 0 : known ? 1 : 2));
	free(value);
	return 0;
}
