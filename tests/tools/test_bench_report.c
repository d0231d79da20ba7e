/* SPDX-License-Identifier: MIT */
/* The reports of `tongs bench`, from invented results: goals, the check, the table, the JSON and the plot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/terminal.h"
#include "json_check.h"
#include "process.h"
#include "bench/report.h"

/* One for each quantity that a goal may be about, and one without a goal. */
static const struct tongs_benchmark benchmarks[] = {
	{.name = "import + free",
		.baseline_name = "OPAQUE_FD import",
		.unit = TONGS_BENCH_BYTES,
		.goals = {{.quantity = TONGS_BENCH_RATIO, .limit = 1.0 / 50}}},
	{.name = "handle, 1 thread",
		.baseline_name = "<fd> & close",
		.unit = TONGS_BENCH_LIVE_EXPORTS,
		.goals = {{.quantity = TONGS_BENCH_RATIO, .limit = 1.0 / 60},
			{.quantity = TONGS_BENCH_TIME, .limit = 10}}},
	{.name = "frame, vkMapMemory",
		.baseline_name = "no layer",
		.goals = {{.quantity = TONGS_BENCH_EXTRA, .limit = 3}},
		.hooked_calls = 2,
		.fair_ratio = 1.2},
	{.name = "memory of a live export",
		.baseline_name = "beyond its pages",
		.unit = TONGS_BENCH_LIVE_EXPORTS,
		.goals = {{.quantity = TONGS_BENCH_AMOUNT, .limit = 1024}},
		.is_amount = true},
	{.name = "no goal", .baseline_name = "nothing"},
};
enum { BENCHMARK_COUNT = sizeof benchmarks / sizeof *benchmarks };

static const struct tongs_bench_goal *find_goal(const struct tongs_bench_result *result, enum tongs_bench_quantity of) {
	for (const struct tongs_bench_goal *goal = result->goals; goal->quantity; goal++)
		if (goal->quantity == of)
			return goal;
	return NULL;
}

/* Makes the result one that takes `part` of its limit in every quantity. */
static void fill(struct tongs_bench_result *result, double part) {
	const double baseline = 200;
	const struct tongs_bench_goal *ratio = find_goal(result, TONGS_BENCH_RATIO),
				      *time = find_goal(result, TONGS_BENCH_TIME),
				      *extra = find_goal(result, TONGS_BENCH_EXTRA),
				      *amount = find_goal(result, TONGS_BENCH_AMOUNT);
	double r = part * (ratio ? ratio->limit : 0.5), t = time ? part * time->limit : baseline * r,
	       e = extra ? part * extra->limit : t - baseline;

	result->why_not = NULL;
	result->pairs = 7;
	memset(result->quartiles, 0, sizeof result->quartiles);
	if (result->benchmark->is_amount) {
		result->quartiles[TONGS_BENCH_AMOUNT].median = amount ? part * amount->limit : 0;
		result->pairs = 0;
		return;
	}
	result->quartiles[TONGS_BENCH_RATIO] = (struct tongs_bench_quartiles){r * 0.9, r, r * 1.1};
	result->quartiles[TONGS_BENCH_TIME] = (struct tongs_bench_quartiles){t * 0.9, t, t * 1.1};
	result->quartiles[TONGS_BENCH_BASELINE_TIME] = (struct tongs_bench_quartiles){baseline, baseline, baseline};
	result->quartiles[TONGS_BENCH_EXTRA] = (struct tongs_bench_quartiles){e - 1, e, e + 1};
}

static struct tongs_bench_report *make_report(double part) {
	struct tongs_bench_report *report = calloc(1, sizeof *report);

	assert_non_null(report);
	report->machine = (struct tongs_bench_machine){
		.cpu = "a <CPU> & \"more\"",
		.cores = 3,
		/* A byte that is no UTF-8, and a control. */
		.identity.properties.deviceName = "dev\xff\x01 µ",
		.identity.driver.driverName = "driver",
	};
	report->result_count = BENCHMARK_COUNT;
	for (int i = 0; i < BENCHMARK_COUNT; i++) {
		report->results[i] = (struct tongs_bench_result){.benchmark = &benchmarks[i], .size = 4 << 10};
		memcpy(report->results[i].goals, benchmarks[i].goals, sizeof benchmarks[i].goals);
		fill(&report->results[i], part);
	}
	return report;
}

/* Asserts that the line of a result has `part`. */
static void check_line(const struct tongs_bench_result *result, const char *part) {
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	tongs_bench_report_print_line(file, result);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(process_count(text, part), 1);
	free(text);
}

/* Asserts "yes", "no", or "-" without a goal or a measurement. */
static void check_met(const struct tongs_bench_result *result, const char *met) {
	char *text = NULL, end[16];
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	tongs_bench_report_print_line(file, result);
	assert_int_equal(fclose(file), 0);
	snprintf(end, sizeof end, ": %s\n", met);
	assert_int_equal(process_count(text, "; goal "), *met != '-');
	assert_int_equal(process_count(text, end), *met != '-');
	free(text);
}

static void goals_are_of_their_quantities(void **state) {
	(void)state;
	struct tongs_bench_report *report = make_report(0.5);

	for (int i = 0; i < BENCHMARK_COUNT; i++) {
		struct tongs_bench_result *result = &report->results[i];
		bool has_goal = i < BENCHMARK_COUNT - 1;
		fill(result, 0.5);
		check_met(result, has_goal ? "yes" : "-");
		assert_true(tongs_bench_goal_worst(result) < 0.51);
		fill(result, 1.25);
		check_met(result, has_goal ? "no" : "-");
		assert_true(
			!has_goal || (tongs_bench_goal_worst(result) > 1.24 && tongs_bench_goal_worst(result) < 1.26));
		result->why_not = "it is not there";
		check_met(result, "-");
	}
	free(report);
}

/* Missing one of two goals is a miss, and the worst one decides. */
static void the_worst_goal_counts(void **state) {
	(void)state;
	struct tongs_bench_report *report = make_report(0.5);
	struct tongs_bench_result *result = &report->results[1];
	const struct tongs_bench_goal *time = find_goal(result, TONGS_BENCH_TIME);

	assert_non_null(time);
	assert_non_null(find_goal(result, TONGS_BENCH_RATIO));
	result->quartiles[TONGS_BENCH_TIME].median = 3 * time->limit;
	check_met(result, "no");
	assert_true(tongs_bench_goal_worst(result) > 2.99 && tongs_bench_goal_worst(result) < 3.01);
	free(report);
}

/* A measurement that has one result after the other, of the benchmark `index` alone. */
static struct {
	size_t index;
	const double *parts; /* less than 0: it fails */
	unsigned calls;
} script;

static bool play(struct tongs_bench_report *report, struct tongs_bench_result *result) {
	double part = script.parts[script.calls++];

	assert_int_equal(result - report->results, script.index);
	if (part < 0)
		result->why_not = "it failed";
	else
		fill(result, part);
	return part >= 0;
}

static void the_check_takes_the_best_of_several(void **state) {
	(void)state;
	static const struct {
		double first, parts[5], best;
		unsigned calls;
		bool done, good;
	} rows[] = {
		{0.5, {0}, 0.5, 0, true, true},
		{1.9, {0}, 1.9, 0, true, true},
		{2.5, {1.5}, 1.5, 1, true, true},
		{9, {8, 7, 1}, 1, 3, true, true},
		{5, {6, 3, 4, 4, 7}, 3, 5, true, false},
		{5, {-1, 4, 1.2}, 1.2, 3, false, true},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (int index = 0; index < BENCHMARK_COUNT - 1; index++) {
			struct tongs_bench_report *report = make_report(0.5);
			char *text = NULL;
			size_t size;
			FILE *file = open_memstream(&text, &size);

			assert_non_null(file);
			script.index = (size_t)index;
			script.parts = rows[i].parts;
			script.calls = 0;
			fill(&report->results[index], rows[i].first);
			assert_int_equal(tongs_bench_check_again(report, play), rows[i].done);
			assert_int_equal(script.calls, rows[i].calls);
			double worst = tongs_bench_goal_worst(&report->results[index]);
			assert_true(worst > rows[i].best * 0.99 && worst < rows[i].best * 1.01);
			assert_null(report->results[index].why_not);
			assert_int_equal(tongs_bench_check_print(file, report), rows[i].good);
			fclose(file);
			/* The benchmark that is too bad is named, and no other. */
			assert_int_equal(process_count(text, " times: "), !rows[i].good);
			assert_int_equal(process_count(text, benchmarks[index].name), !rows[i].good);
			free(text);
			free(report);
		}
	}
}

/* The goal is missed, but the check passes while the ratio is fair; a ratio above that is no excuse. */
static void a_slow_machine_passes_the_check(void **state) {
	(void)state;
	static const double none[] = {9, 9, 9, 9, 9};

	for (int fair = 0; fair <= 1; fair++) {
		struct tongs_bench_report *report = make_report(0.5);
		struct tongs_bench_result *result = &report->results[2];

		assert_int_equal(result->goals[0].quantity, TONGS_BENCH_EXTRA);
		fill(result, 9);
		result->quartiles[TONGS_BENCH_RATIO].median = fair ? 1.19 : 1.2;
		check_met(result, "no");
		script.index = 2;
		script.parts = none;
		script.calls = 0;
		assert_true(tongs_bench_check_again(report, play));
		assert_int_equal(script.calls, fair ? 0 : 5);
		assert_int_equal(tongs_bench_check_print(stderr, report), fair);
		free(report);
	}
}

static void what_the_device_lacks_is_not_bad(void **state) {
	(void)state;
	struct tongs_bench_report *report = make_report(9);

	script.index = BENCHMARK_COUNT;
	for (int i = 0; i < BENCHMARK_COUNT; i++)
		report->results[i].why_not = "it is not there";
	assert_true(tongs_bench_check_again(report, play));
	assert_true(tongs_bench_check_print(stderr, report));
	free(report);
}

static char *write_to_text(
	void (*write)(FILE *file, const struct tongs_bench_report *report), const struct tongs_bench_report *report) {
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	write(file, report);
	assert_int_equal(fclose(file), 0);
	return text;
}

static void the_table_shows_goals(void **state) {
	(void)state;
	/* clang-format off */
	static const char table[] =
		"benchmark                     size    Tongs  baseline                     ratio  spread (quartiles)  met  goal\n"
		"import + free                4 KiB  12.0 ns    200 ns  OPAQUE_FD import  0.0600  0.0540 to 0.0660    no   ≤ 0.0200\n"
		"handle, 1 thread         4096 live  5.00 ns    200 ns  <fd> & close      0.0083  0.0075 to 0.0092    yes  ≤ 0.0167, ≤ 10 ns\n"
		"frame, vkMapMemory               -  50.0 ns    200 ns  no layer           0.250  0.225 to 0.275      yes  ≤ +3 ns a call (+1.50)\n"
		"memory of a live export  4096 live    512 B         -  beyond its pages       -  -                   yes  ≤ 1 KiB\n"
		"no goal                          -  it is not there\n"
		"\n"
		"3 of 4 benchmarks with a goal meet it.\n";
	/* clang-format on */
	struct tongs_bench_report *report = make_report(0.5);

	fill(&report->results[0], 3);
	report->results[4].why_not = "it is not there";
	char *text = write_to_text(tongs_bench_report_print, report);
	assert_non_null(strstr(text, table));
	free(text);
	/* The same row, measured: no goal is met, and none missed. */
	report->results[4].why_not = NULL;
	text = write_to_text(tongs_bench_report_print, report);
	const char *row = strstr(text, "\nno goal  ");
	assert_non_null(row);
	assert_non_null(strstr(row, "  -    -\n"));
	assert_ptr_equal(strchr(row + 1, '\n'), strstr(row, "  -    -\n") + strlen("  -    -"));
	assert_non_null(strstr(text, "3 of 4 benchmarks with a goal meet it.\n"));
	free(text);
	free(report);
}

static void count_met(const char *path, const char *value, void *user) {
	unsigned *met = user;

	if (!strcmp(path, "benchmarks.goals.met"))
		met[*value == 't' ? 0 : *value == 'f' ? 1 : 2]++;
}

static void write_json(FILE *file, const struct tongs_bench_report *report) {
	assert_true(tongs_bench_report_write_json(file, report));
}

static void write_plot(FILE *file, const struct tongs_bench_report *report) {
	assert_true(tongs_bench_report_write_plot(file, report));
}

/* Where the table is too wide, nothing is lost. */
static void narrow_terminals_get_a_list(void **state) {
	(void)state;
	struct tongs_bench_report *report = make_report(0.5);

	report->results[4].why_not = "it is not there";
	assert_int_equal(setenv("COLUMNS", "50", 1), 0);
	char *text = write_to_text(tongs_bench_report_print, report);
	assert_int_equal(setenv("COLUMNS", "200", 1), 0);
	char *wide = write_to_text(tongs_bench_report_print, report);
	assert_int_equal(unsetenv("COLUMNS"), 0);
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		assert_in_range(strcspn(line, "\n"), 0, 50 + 4); /* bytes: some take two or three */
	for (int i = 0; i < BENCHMARK_COUNT; i++) {
		char name[128];
		snprintf(name, sizeof name, "\n%s", benchmarks[i].name);
		assert_int_equal(process_count(text, name), 1);
	}
	assert_null(strstr(text, "spread"));
	assert_non_null(strstr(wide, "spread (quartiles)"));
	assert_int_equal(process_count(text, "\n1 not measured: no goal"), 1);
	free(text);
	free(wide);
	free(report);
}

/* In a locale that is not UTF-8; the plot names its own encoding. */
static void ascii_terminals_get_ascii(void **state) {
	(void)state;
	struct tongs_bench_report *report = make_report(0.5);

	assert_int_equal(setenv("LC_ALL", "C", 1), 0);
	tongs_terminal_init();
	char *text = write_to_text(tongs_bench_report_print, report), *line = NULL;
	size_t size;
	FILE *file = open_memstream(&line, &size);
	assert_non_null(file);
	tongs_bench_report_print_line(file, &report->results[0]);
	assert_int_equal(fclose(file), 0);
	char *plot = write_to_text(write_plot, report);
	assert_int_equal(setenv("LC_ALL", "C.UTF-8", 1), 0);
	tongs_terminal_init();
	for (const char *c = text; *c; c++)
		assert_in_range((unsigned char)*c, 1, 127);
	assert_non_null(strstr(text, "<= 0.0200"));
	assert_non_null(strstr(line, "goal <= 0.0200"));
	assert_non_null(strstr(plot, "≤ 0.0200"));
	free(text);
	free(line);
	free(plot);
	free(report);
}

static void the_json_has_goals(void **state) {
	(void)state;
	struct tongs_bench_report *report = make_report(0.5);
	unsigned met[3] = {0};
	fill(&report->results[0], 3);
	report->results[3].why_not = "it is not there";
	char *text = write_to_text(write_json, report);

	assert_true(json_check(text, count_met, met));
	assert_int_equal(met[0], 3); /* two of the look-up, one of the frame */
	assert_int_equal(met[1], 1);
	assert_int_equal(met[2], 1);
	free(text);
	free(report);
}

static void check_plot(const struct tongs_bench_report *report) {
	char path[] = "/tmp/tongs-plot-XXXXXX";
	int descriptor = mkstemp(path);
	assert_true(descriptor >= 0);
	FILE *file = fdopen(descriptor, "w");

	assert_non_null(file);
	write_plot(file, report);
	assert_int_equal(fclose(file), 0);
	process_assert_xml(path);
	assert_int_equal(unlink(path), 0);
}

static void the_plot_is_xml_whatever_the_texts(void **state) {
	(void)state;
	struct tongs_bench_report *report = make_report(0.5);
	char *text = write_to_text(write_plot, report);

	assert_non_null(strstr(text, "  &lt;fd&gt; &amp; close  "));
	assert_null(strstr(text, "\xff"));
	assert_null(strstr(text, "nan"));
	assert_null(strstr(text, "inf"));
	free(text);
	check_plot(report);
	for (int i = 0; i < BENCHMARK_COUNT; i++)
		report->results[i].why_not = "it is <not> there";
	check_plot(report);
	report->result_count = 0;
	check_plot(report);
	free(report);
}

/* Bars have their colours by goals, and there is one for each ratio and none for an amount. */
static void the_plot_has_a_bar_for_each_ratio(void **state) {
	(void)state;
	struct tongs_bench_report *report = make_report(0.5);
	char *good = write_to_text(write_plot, report);
	fill(&report->results[0], 3);
	char *bad = write_to_text(write_plot, report);

	assert_int_equal(process_count(good, "height='12' class='yes'"), 3);
	assert_int_equal(process_count(good, "height='12' class='no'"), 0);
	assert_int_equal(process_count(good, "height='12' class='none'"), 1);
	assert_int_equal(process_count(bad, "height='12' class='yes'"), 2);
	assert_int_equal(process_count(bad, "height='12' class='no'"), 1);
	free(good);
	free(bad);
	free(report);
}

static void numbers_have_units(void **state) {
	(void)state;
	static const struct {
		enum tongs_bench_unit unit;
		uint64_t size;
		const char *text;
	} sizes[] = {
		{TONGS_BENCH_BYTES, 1 << 30, "name, 1 GiB: "},
		{TONGS_BENCH_BYTES, 1000, "name, 1000 B: "},
		{TONGS_BENCH_SIDE_LENGTH, 64, "name, 64 x 64: "},
		{TONGS_BENCH_LIVE_EXPORTS, 100, "name, 100 live: "},
		{TONGS_BENCH_NO_SIZE, 1, "name: "},
	};
	static const struct {
		double amount;
		const char *text;
	} amounts[] = {
		{1024, ": 1 KiB nothing\n"},
		{1.5 * 1024 * 1024, ": 1.50 MiB nothing\n"},
		{-312.4, ": -312 B nothing\n"},
	};

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct tongs_benchmark benchmark = {"name", "nothing", .unit = sizes[i].unit};
		check_line(&(struct tongs_bench_result){&benchmark, .size = sizes[i].size}, sizes[i].text);
	}
	for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
		struct tongs_benchmark benchmark = {"name", "nothing", .is_amount = true};
		check_line(&(struct tongs_bench_result){&benchmark,
				   .quartiles[TONGS_BENCH_AMOUNT].median = amounts[i].amount},
			amounts[i].text);
	}
	struct tongs_benchmark benchmark = {.name = "name", .baseline_name = "nothing"};
	struct tongs_bench_result result = {&benchmark, .quartiles[TONGS_BENCH_TIME].median = 7.126,
		.quartiles[TONGS_BENCH_BASELINE_TIME].median = 999600, .quartiles[TONGS_BENCH_RATIO].median = 0.0167};
	check_line(&result, "name: 7.13 ns; nothing: 1.00 ms; ratio 0.0167\n");
	result.goals[0] = (struct tongs_bench_goal){.quantity = TONGS_BENCH_EXTRA, .limit = 0.3e6};
	result.quartiles[TONGS_BENCH_EXTRA].median = 0.4e6;
	check_line(&result, "name: 7.13 ns; nothing: 1.00 ms; ratio 0.0167; goal ≤ +300 µs (+400): no\n");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goals_are_of_their_quantities),
		cmocka_unit_test(the_worst_goal_counts),
		cmocka_unit_test(the_check_takes_the_best_of_several),
		cmocka_unit_test(a_slow_machine_passes_the_check),
		cmocka_unit_test(what_the_device_lacks_is_not_bad),
		cmocka_unit_test(the_table_shows_goals),
		cmocka_unit_test(narrow_terminals_get_a_list),
		cmocka_unit_test(ascii_terminals_get_ascii),
		cmocka_unit_test(the_json_has_goals),
		cmocka_unit_test(the_plot_is_xml_whatever_the_texts),
		cmocka_unit_test(the_plot_has_a_bar_for_each_ratio),
		cmocka_unit_test(numbers_have_units),
	};
	/* Not what this machine's terminal is. */
	unsetenv("COLUMNS");
	setenv("LC_ALL", "C.UTF-8", 1);
	tongs_terminal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
