/* SPDX-License-Identifier: MIT */
/* `tongs bench`: its options, and that each benchmark is measured. The measured values are not judged. */
#include <ctype.h>
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
#include "bench/benchmark.h"

static const char *tongs;

static const char *const names[] = {"handle, 1 thread", "handle, 2 threads", "handle, beside a writer",
	"allocate + touch + free", "first byte", "import + free", "device-local, allocate + handle + free",
	"device-local, import + free", "device-local, second import + free", "memory of a live export",
	"memory kept, all freed", "first image of a process", "drawing a frame, GPU time", "getBytes, OPTIMAL export",
	"getBytes, whole", "getBytes, tiles", "replaceRegion, whole", "replaceRegion, tiles", "image, create + destroy",
	"buffer, create + destroy", "frame, memory", "frame, buffer", "frame, image", "command buffer, empty",
	"blit, buffer to buffer", "blit, texture to buffer", "blits, 10,000 small", "shared event, CPU round trip",
	"shared event, queue round trip", "shared event, command buffer", "to another process, first byte"};
enum { NAME_COUNT = sizeof names / sizeof *names };

static void help_names_every_option(void **state) {
	(void)state;
	static const char *const options[] = {"--device DEVICE", "--filter TEXT", "--quick", "--check", "--json FILE",
		"--plot FILE", "--layer-path DIR", "--help"};
	struct process process = RUN(tongs, "bench", "--help");

	assert_int_equal(process.status, 0);
	assert_string_equal(process.err, "");
	assert_memory_equal(process.out, "Usage: tongs bench ", 19);
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		assert_int_equal(process_count(process.out, options[i]), 1);
	process_finish(&process);
}

static void wrong_usage_is_reported(void **state) {
	(void)state;
	static const char *const lines[][2] = {
		{"--no-such-option"},
		{"surplus"},
		{"--device"},
		{"--device="},
		{"--filter"},
		{"--json"},
		{"--plot"},
		{"--check=1"},
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

static void a_wrong_filter_lists_the_names(void **state) {
	(void)state;
	struct process process = RUN(tongs, "bench", "--filter", "no such benchmark");

	assert_int_equal(process.status, 2);
	assert_int_equal(process_count(process.err, "no such benchmark"), 1);
	for (size_t i = 0; i < NAME_COUNT; i++) {
		char line[64];
		snprintf(line, sizeof line, "\n  %s\n", names[i]);
		assert_int_equal(process_count(process.err, line), 1);
	}
	process_finish(&process);
}

static void what_cannot_be_done_is_reported_at_once(void **state) {
	(void)state;
	static const struct {
		const char *option, *value, *logged;
	} rows[] = {
		{"--device", "4000", "'4000'"},
		{"--device", "99999999999999999999999", "'99999999999999999999999'"},
		{"--device", "-1", "'-1'"},
		{"--device", "no such device", "'no such device'"},
		{"--json", "/dev/null/results.json", "/dev/null/results.json"},
		{"--plot", "/dev/null/results.svg", "/dev/null/results.svg"},
		{"--layer-path", "/proc", "VkLayer_tongs_metal_interop.json"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct process process = RUN(tongs, "bench", rows[i].option, rows[i].value);
		assert_int_equal(process.status, 1);
		assert_string_equal(process.out, "");
		assert_int_equal(process_count(process.err, rows[i].logged), 1);
		/* The existing devices, by number. */
		if (!strcmp(rows[i].option, "--device"))
			assert_int_equal(process_count(process.err, "\n  0  "), 1);
		process_finish(&process);
	}
}

/* The keys of a benchmark, and the kind of object in which each occurs once. */
enum { EACH = 1, OF_RATIOS, OF_CALLS, OF_GOALS };

static const struct {
	const char *name;
	int in;
} keys[] = {{"name", EACH}, {"baseline", EACH}, {"size", EACH}, {"sizeUnit", EACH}, {"pairs", EACH},
	{"tongsNanoseconds", EACH}, {"tongsNanoseconds.lower", OF_RATIOS}, {"tongsNanoseconds.median", OF_RATIOS},
	{"tongsNanoseconds.upper", OF_RATIOS}, {"baselineNanoseconds", EACH}, {"baselineNanoseconds.lower", OF_RATIOS},
	{"baselineNanoseconds.median", OF_RATIOS}, {"baselineNanoseconds.upper", OF_RATIOS}, {"ratio", EACH},
	{"ratio.lower", OF_RATIOS}, {"ratio.median", OF_RATIOS}, {"ratio.upper", OF_RATIOS},
	{"extraNanosecondsPerCall", EACH}, {"extraNanosecondsPerCall.lower", OF_CALLS},
	{"extraNanosecondsPerCall.median", OF_CALLS}, {"extraNanosecondsPerCall.upper", OF_CALLS}, {"amount", EACH},
	{"amountUnit", EACH}, {"goals", EACH}, {"goals.of", OF_GOALS}, {"goals.limit", OF_GOALS},
	{"goals.met", OF_GOALS}, {"whyNot", EACH}};
enum { KEY_COUNT = sizeof keys / sizeof *keys };

static const char *const machine_keys[] = {
	"cpu", "cores", "kernel", "device", "driver", "driverInfo", "apiVersion", "loader"};
enum { MACHINE_KEY_COUNT = sizeof machine_keys / sizeof *machine_keys };

struct seen {
	unsigned keys[KEY_COUNT], machine_keys[MACHINE_KEY_COUNT];
	unsigned benchmarks, amounts, with_calls, goals, bad_numbers, unknown, unmeasured;
	char names[4096]; /* each with a newline before and behind it */
	char device[256];
	double amount; /* the last */
};

static void count_machine_key(struct seen *seen, const char *key) {
	for (size_t i = 0; i < MACHINE_KEY_COUNT; i++) {
		if (!strcmp(machine_keys[i], key)) {
			seen->machine_keys[i]++;
			return;
		}
	}
	seen->unknown++;
}

static void visit_benchmark(struct seen *seen, const char *key, const char *value) {
	size_t i = 0, length = strlen(seen->names);

	while (i < KEY_COUNT && strcmp(keys[i].name, key))
		i++;
	/* The list of goals, and each of them, come under one name. */
	if (!strcmp(key, "goals") && *value == '{')
		seen->goals++;
	else if (i < KEY_COUNT)
		seen->keys[i]++;
	else
		seen->unknown++;
	if (!strcmp(key, "amount")) {
		seen->amounts += strcmp(value, "null") != 0;
		seen->amount = strtod(value, NULL);
	} else if (!strcmp(key, "extraNanosecondsPerCall"))
		seen->with_calls += *value == '{';
	else if (!strcmp(key, "whyNot"))
		seen->unmeasured += strcmp(value, "null") != 0;
	else if (!strcmp(key, "name"))
		snprintf(seen->names + length, sizeof seen->names - length, "\n%.*s\n", (int)strlen(value) - 2,
			value + 1);
	else if (i < KEY_COUNT && keys[i].in == OF_RATIOS)
		seen->bad_numbers += strtod(value, NULL) <= 0;
}

static void visit(const char *path, const char *value, void *user) {
	static const char in_benchmarks[] = "benchmarks.", in_machine[] = "machine.";
	struct seen *seen = user;

	if (!strcmp(path, "benchmarks"))
		seen->benchmarks += *value == '{';
	else if (!strncmp(path, in_benchmarks, strlen(in_benchmarks)))
		visit_benchmark(seen, path + strlen(in_benchmarks), value);
	else if (!strncmp(path, in_machine, strlen(in_machine)))
		count_machine_key(seen, path + strlen(in_machine));
	if (!strcmp(path, "machine.device"))
		snprintf(seen->device, sizeof seen->device, "%.*s", (int)strlen(value) - 2, value + 1);
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

static void check_json(const char *path, struct seen *seen) {
	char *json = read_file(path);

	*seen = (struct seen){0};
	assert_true(json_check(json, visit, seen));
	free(json);
	assert_true(seen->benchmarks > 0);
	assert_int_equal(seen->unknown, 0);
	assert_int_equal(seen->unmeasured, 0);
	assert_int_equal(seen->bad_numbers, 0);
	const unsigned times[] = {
		[EACH] = seen->benchmarks,
		[OF_RATIOS] = seen->benchmarks - seen->amounts,
		[OF_CALLS] = seen->with_calls,
		[OF_GOALS] = seen->goals,
	};
	for (size_t i = 0; i < KEY_COUNT; i++)
		assert_int_equal(seen->keys[i], times[keys[i].in]);
	for (size_t i = 0; i < MACHINE_KEY_COUNT; i++)
		assert_int_equal(seen->machine_keys[i], 1);
}

static void make_file(char *path) {
	int file = mkstemp(path);

	assert_true(file >= 0);
	close(file);
}

/* Runs `tongs bench --quick --filter FILTER --json … --plot … [OPTION]` and checks all that holds for any filter. The
 * program's output is the caller's to finish. */
static struct process measure(const char *filter, struct seen *seen, const char *option) {
	char json[] = "/tmp/tongs-bench-json-XXXXXX", plot[] = "/tmp/tongs-bench-plot-XXXXXX";

	make_file(json);
	make_file(plot);
	struct process process =
		RUN(tongs, "bench", "--quick", "--filter", filter, "--json", json, "--plot", plot, option);
	assert_int_equal(process.status, 0);
	check_json(json, seen);
	process_assert_xml(plot);
	assert_int_equal(unlink(json), 0);
	assert_int_equal(unlink(plot), 0);
	return process;
}

static void a_filter_selects_benchmarks(void **state) {
	(void)state;
	struct seen seen;
	struct process process = measure("handle, 2", &seen, NULL);

	/* With 100 and with 10,000 live exports. */
	assert_int_equal(seen.benchmarks, 2);
	assert_int_equal(process_count(seen.names, "\nhandle, 2 threads\n"), 2);
	assert_int_equal(process_count(process.out, "\nhandle, "), 2);
	assert_int_equal(process_count(process.out, " 100 live "), 1);
	assert_int_equal(process_count(process.out, " 10000 live "), 1);
	process_finish(&process);
}

/* Counts in bytes, with a goal that is met whatever else the machine does, so that the check has nothing to find. */
static void an_amount_is_checked(void **state) {
	(void)state;
	struct seen seen;
	struct process process = measure("memory of a live", &seen, "--check");

	assert_int_equal(seen.benchmarks, 1);
	assert_int_equal(seen.amounts, 1);
	assert_int_equal(process_count(process.out, "\n1 of 1 benchmarks with a goal meet it.\n"), 1);
	assert_int_equal(process_count(process.err, "Worse than"), 0);
	assert_true(seen.amount > 0);
	process_finish(&process);
}

static void a_device_is_found_by_number_and_name(void **state) {
	(void)state;
	struct seen seen;
	struct process process = measure("memory of a live", &seen, NULL);
	char part[8] = "", option[32];

	process_finish(&process);
	/* The first letters of its name, in capitals. */
	for (size_t i = 0; i < 4 && seen.device[i]; i++)
		part[i] = (char)toupper((unsigned char)seen.device[i]);
	snprintf(option, sizeof option, "--device=%s", part);
	char name[sizeof seen.device];
	memcpy(name, seen.device, sizeof name);
	process = measure("memory of a live", &seen, option);
	assert_string_equal(seen.device, name);
	process_finish(&process);
	process = measure("memory of a live", &seen, "--device=0");
	process_finish(&process);
}

/* A driver without host pages, on which driver memory is shared. */
static void goals_and_reasons_are_of_the_driver(void **state) {
	(void)state;
	struct seen seen;
	struct process process = measure("handle, 1", &seen, NULL);

	assert_int_equal(process_count(process.out, " (goals of a software driver)\n"), 1);
	assert_int_equal(process_count(process.out, "≤ 10 ns\n"), 2);
	process_finish(&process);
	setenv("VK_DRIVER_FILES", MOCK_MANIFEST, 1);
	setenv("VK_ICD_FILENAMES", MOCK_MANIFEST, 1);
	setenv("TONGS_MOCK_PROFILE", "nvk", 1);
	process = measure("handle, 1", &seen, NULL);
	assert_int_equal(process_count(process.out, " (goals of a GPU)\n"), 1);
	assert_int_equal(process_count(process.out, "≤ 30 ns\n"), 2);
	process_finish(&process);
	process = measure("device-local", &seen, NULL);
	process_finish(&process);
	process = measure("image of a process", &seen, NULL);
	process_finish(&process);
	process = RUN(tongs, "bench", "--quick", "--filter", "memory of a live");
	assert_int_equal(process.status, 0);
	assert_int_equal(process_count(process.out, "  the driver imports no host pages for buffers\n"), 1);
	process_finish(&process);
	unsetenv("VK_DRIVER_FILES");
	unsetenv("VK_ICD_FILENAMES");
	unsetenv("TONGS_MOCK_PROFILE");
}

static void every_benchmark_is_measured(void **state) {
	(void)state;
	struct seen seen;
	struct process process = measure("", &seen, NULL);
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
	assert_int_equal(found, seen.benchmarks);
	/* No progress, since stderr is no terminal here. */
	assert_string_equal(process.err, "");
	/* What the table lacks is named. */
	assert_int_equal(process_count(process.out, "\nLeft out by --quick: "), 1);
	const char *left_out = strstr(process.out, "\nLeft out by --quick: ");
	assert_non_null(left_out);
	assert_non_null(strstr(left_out, "; drawing a frame, GPU time, 1024 x 1024"));
	process_finish(&process);
}

static void goals_make_sense(void **state) {
	static const struct tongs_benchmark *const tables[] = {tongs_bench_memory_cases, tongs_bench_image_cases,
		tongs_bench_texture_cases, tongs_bench_commands_cases, tongs_bench_event_cases,
		tongs_bench_program_cases, tongs_bench_process_cases};
	unsigned goals = 0;
	(void)state;
	for (size_t table = 0; table < sizeof tables / sizeof *tables; table++) {
		for (const struct tongs_benchmark *benchmark = tables[table]; benchmark->name; benchmark++) {
			size_t i = 0;
			while (i < NAME_COUNT && strcmp(names[i], benchmark->name))
				i++;
			assert_true(i < NAME_COUNT);
			assert_true(benchmark->sizes[0] > 0);
			for (const struct tongs_bench_goal *goal = benchmark->goals; goal->quantity; goal++, goals++) {
				assert_true(goal->limit > 0);
				assert_true(goal->quantity != TONGS_BENCH_EXTRA || benchmark->hooked_calls);
				assert_int_equal(goal->quantity == TONGS_BENCH_AMOUNT, benchmark->is_amount);
			}
		}
	}
	assert_int_equal(goals, 42);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_names_every_option),
		cmocka_unit_test(wrong_usage_is_reported),
		cmocka_unit_test(a_wrong_filter_lists_the_names),
		cmocka_unit_test(what_cannot_be_done_is_reported_at_once),
		cmocka_unit_test(a_filter_selects_benchmarks),
		cmocka_unit_test(an_amount_is_checked),
		cmocka_unit_test(a_device_is_found_by_number_and_name),
		cmocka_unit_test(goals_and_reasons_are_of_the_driver),
		cmocka_unit_test(every_benchmark_is_measured),
		cmocka_unit_test(goals_make_sense),
	};
	unsetenv("COLUMNS"); /* output of full width */
	tongs = getenv("TONGS");
	if (!tongs) {
		fputs("TONGS must name the program\n", stderr);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
