/* SPDX-License-Identifier: MIT */
/* Runs schema.py on a file in memory. */
#define _GNU_SOURCE
#include "schema_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "process.h"

void schema_assert(const char *json, const char *schema, const char *reason) {
	char schema_path[4096], path[64];
	int file = memfd_create("json", MFD_CLOEXEC);

	assert_true(file >= 0);
	assert_int_equal(write(file, json, strlen(json)), strlen(json));
	snprintf(schema_path, sizeof schema_path, "%s/tools/tongs/%s", SOURCE_ROOT, schema);
	snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), file);
	const char *arguments[] = {"python3", SOURCE_ROOT "/tests/tools/schema.py", schema_path, path, NULL};
	/* Not under the checkers of the test's own build. */
	struct process process = process_run(arguments, (const char *const[]){"LD_PRELOAD", NULL});

	if (reason)
		assert_non_null(strstr(process.err, reason));
	else
		assert_string_equal(process.err, "");
	assert_int_equal(process.status, reason != NULL);
	process_finish(&process);
	close(file);
}
