/* SPDX-License-Identifier: MIT */
/* `tongs bench`: its options, and that each figure is measured. What it measured is not judged. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "json_check.h"
#include "process.h"

static const char *tongs;

static const char *const names[] = {"handle, 1 thread", "handle, 2 threads", "allocate + touch + free", "import + free",
	"getBytes, whole", "getBytes, tiles", "replaceRegion, whole", "replaceRegion, tiles", "image, create + destroy",
	"buffer, create + destroy", "contents, C", "contents, message", "retain + release, C",
	"retain + release, message"};
enum { NAME_COUNT = sizeof names / sizeof *names };

static void help_names_every_option(void **state) {
	(void)state;
	static const char *const options[] = {
		"--device N", "--filter TEXT", "--quick", "--json FILE", "--layer-path DIR", "--help"};
	struct process process = RUN(tongs, "bench", "--help");

	assert_int_equal(process.status, 0);
	assert_string_equal(process.err, "");
	assert_memory_equal(process.out, "Usage: tongs bench ", 19);
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		assert_int_equal(process_count(process.out, options[i]), 1);
	process_finish(&process);
}

static void wrong_usage_is_told(void **state) {
	(void)state;
	static const char *const lines[][2] = {
		{"--no-such-option"},
		{"surplus"},
		{"--device"},
		{"--device", "one"},
		{"--filter"},
		{"--json"},
		{"--quick=1"},
	};

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct process process = RUN(tongs, "bench", lines[i][0], lines[i][1]);
		assert_int_equal(process.status, 2);
		assert_string_equal(process.out, "");
		assert_string_not_equal(process.err, "");
		process_finish(&process);
	}
}

static void a_wrong_filter_is_answered_with_the_names(void **state) {
	(void)state;
	struct process process = RUN(tongs, "bench", "--filter", "no such figure");

	assert_int_equal(process.status, 2);
	assert_int_equal(process_count(process.err, "no such figure"), 1);
	for (size_t i = 0; i < NAME_COUNT; i++) {
		char line[64];
		snprintf(line, sizeof line, "\n  %s\n", names[i]);
		assert_int_equal(process_count(process.err, line), 1);
	}
	process_finish(&process);
}

static void what_cannot_be_done_is_told_at_once(void **state) {
	(void)state;
	struct process no_device = RUN(tongs, "bench", "--device", "4000");
	struct process no_file = RUN(tongs, "bench", "--json", "/dev/null/figures.json");
	struct process no_layer = RUN(tongs, "bench", "--layer-path", "/proc");

	assert_int_equal(no_device.status, 1);
	assert_int_equal(process_count(no_device.err, "4000"), 1);
	assert_string_equal(no_device.out, "");
	assert_int_equal(no_file.status, 1);
	assert_int_equal(process_count(no_file.err, "/dev/null/figures.json"), 1);
	assert_string_equal(no_file.out, "");
	assert_int_equal(no_layer.status, 1);
	assert_int_equal(process_count(no_layer.err, "VkLayer_tongs_metal_interop.json"), 1);
	process_finish(&no_device);
	process_finish(&no_file);
	process_finish(&no_layer);
}

/* The keys of every figure, once each; the numbers that each has, with what stands in a figure without sizes. */
static const char *const keys[] = {"name", "yardstick", "size", "sizeUnit", "pairs", "oursPicoseconds",
	"oursPicoseconds.lower", "oursPicoseconds.median", "oursPicoseconds.upper", "yardstickPicoseconds",
	"yardstickPicoseconds.lower", "yardstickPicoseconds.median", "yardstickPicoseconds.upper", "ratioMillionths",
	"ratioMillionths.lower", "ratioMillionths.median", "ratioMillionths.upper", "whyNot"};
enum { KEY_COUNT = sizeof keys / sizeof *keys };

static const char *const machine_keys[] = {
	"cpu", "cores", "kernel", "device", "driver", "driverInfo", "apiVersion", "loader"};
enum { MACHINE_KEY_COUNT = sizeof machine_keys / sizeof *machine_keys };

struct seen {
	unsigned keys[KEY_COUNT], machine_keys[MACHINE_KEY_COUNT];
	unsigned figures, numbers, bad_numbers, unknown, unmeasured;
	char names[4096]; /* each with a newline before and behind it */
};

static void count(const char *const *list, size_t length, const char *key, unsigned *counts, unsigned *unknown) {
	for (size_t i = 0; i < length; i++) {
		if (!strcmp(list[i], key)) {
			counts[i]++;
			return;
		}
	}
	++*unknown;
}

static void visit(const char *path, const char *value, void *user) {
	static const char in_figures[] = "figures.", in_machine[] = "machine.";
	struct seen *seen = user;

	if (!strcmp(path, "figures"))
		seen->figures += *value == '{';
	else if (!strncmp(path, in_figures, strlen(in_figures)))
		count(keys, KEY_COUNT, path + strlen(in_figures), seen->keys, &seen->unknown);
	else if (!strncmp(path, in_machine, strlen(in_machine)))
		count(machine_keys, MACHINE_KEY_COUNT, path + strlen(in_machine), seen->machine_keys, &seen->unknown);
	if (*value == '-' || (*value >= '0' && *value <= '9')) {
		seen->numbers++;
		seen->bad_numbers += strtod(value, NULL) <= 0;
	}
	if (!strcmp(path, "figures.whyNot"))
		seen->unmeasured += strcmp(value, "null") != 0;
	if (!strcmp(path, "figures.name")) {
		size_t length = strlen(seen->names);
		snprintf(seen->names + length, sizeof seen->names - length, "\n%.*s\n", (int)strlen(value) - 2,
			value + 1);
	}
}

static char *read_file(const char *path) {
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 16);

	assert_non_null(file);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 16) - 1, file) > 0);
	assert_true(feof(file));
	fclose(file);
	return text;
}

/* Runs `tongs bench --quick --filter FILTER --json …` and checks all that holds for any filter. The program's output is
 * the caller's to finish. */
static struct process measure(const char *filter, struct seen *seen) {
	char path[] = "/tmp/tongs-bench-XXXXXX";
	int file = mkstemp(path);

	assert_true(file >= 0);
	close(file);
	struct process process = RUN(tongs, "bench", "--quick", "--filter", filter, "--json", path);
	assert_int_equal(process.status, 0);
	char *json = read_file(path);
	assert_int_equal(unlink(path), 0);
	*seen = (struct seen){0};
	assert_true(json_check(json, visit, seen));
	free(json);

	assert_true(seen->figures > 0);
	assert_int_equal(seen->unknown, 0);
	for (size_t i = 0; i < KEY_COUNT; i++)
		assert_int_equal(seen->keys[i], seen->figures);
	for (size_t i = 0; i < MACHINE_KEY_COUNT; i++)
		assert_int_equal(seen->machine_keys[i], 1);
	assert_int_equal(seen->unmeasured, 0);
	assert_int_equal(seen->bad_numbers, 0);
	/* The count of pairs and three quartiles of three things, at the least. */
	assert_true(seen->numbers >= seen->figures * 10);
	/* One line of progress for each, since stderr is no terminal here. */
	assert_int_equal(process_count(process.err, "\n"), seen->figures);
	return process;
}

static void a_filter_chooses_figures(void **state) {
	(void)state;
	struct seen seen;
	struct process process = measure("handle", &seen);

	/* By one thread and by two, with 100 and with 10,000 live exports. */
	assert_int_equal(seen.figures, 4);
	assert_int_equal(process_count(seen.names, "\nhandle, 1 thread\n"), 2);
	assert_int_equal(process_count(seen.names, "\nhandle, 2 threads\n"), 2);
	assert_int_equal(process_count(process.out, "\nhandle, "), 4);
	process_finish(&process);
}

static void every_figure_is_measured(void **state) {
	(void)state;
	struct seen seen;
	struct process process = measure("", &seen);
	unsigned found = 0;

	for (size_t i = 0; i < NAME_COUNT; i++) {
		char line[64];
		snprintf(line, sizeof line, "\n%s\n", names[i]);
		unsigned sizes = process_count(seen.names, line);
		assert_true(sizes > 0);
		found += sizes;
		snprintf(line, sizeof line, "\n%s ", names[i]);
		assert_int_equal(process_count(process.out, line), sizes);
	}
	assert_int_equal(found, seen.figures);
	process_finish(&process);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_names_every_option),
		cmocka_unit_test(wrong_usage_is_told),
		cmocka_unit_test(a_wrong_filter_is_answered_with_the_names),
		cmocka_unit_test(what_cannot_be_done_is_told_at_once),
		cmocka_unit_test(a_filter_chooses_figures),
		cmocka_unit_test(every_figure_is_measured),
	};
	tongs = getenv("TONGS");
	if (!tongs) {
		fputs("TONGS must name the program\n", stderr);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
