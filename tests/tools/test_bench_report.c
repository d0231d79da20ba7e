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

#include "json_check.h"
#include "process.h"
#include "bench/report.h"

static bool measure_nothing(const struct tongs_bench_run *run, double *amount) {
	(void)run;
	(void)amount;
	return false;
}

/* One for each quantity that a goal may be about, and one without a goal. */
static const struct tongs_benchmark benchmarks[] = {
	{.name = "import + free",
		.baseline_name = "OPAQUE_FD import",
		.unit = TONGS_BENCH_BYTES,
		.goals = {TONGS_BENCH_GOAL(RATIO, 1.0 / 50), TONGS_BENCH_GOAL(RATIO, 1e-9, .min_size = 1 << 20)}},
	{.name = "handle, 1 thread",
		.baseline_name = "<fd> & close",
		.unit = TONGS_BENCH_LIVE_EXPORTS,
		.goals = {TONGS_BENCH_GOAL(RATIO, 1.0 / 60, .max_size = 10000),
			TONGS_BENCH_GOAL(TIME, 10, .max_size = 10000),
			TONGS_BENCH_GOAL(TIME, 1e-9, .min_size = 10001, .max_size = 1000000)}},
	{.name = "frame, vkMapMemory",
		.baseline_name = "no layer",
		.goals = {TONGS_BENCH_GOAL(EXTRA, 3)},
		.hooked_calls = 2},
	{.name = "memory of a live export",
		.baseline_name = "beyond its pages",
		.unit = TONGS_BENCH_LIVE_EXPORTS,
		.goals = {TONGS_BENCH_GOAL(AMOUNT, 1024)},
		.measure = measure_nothing,
		.amount_unit = TONGS_BENCH_BYTES},
	{.name = "no goal", .baseline_name = "nothing"},
};
enum { BENCHMARK_COUNT = sizeof benchmarks / sizeof *benchmarks };

static const struct tongs_bench_goal *find_goal(const struct tongs_bench_result *result, enum tongs_bench_quantity of) {
	const struct tongs_bench_goal *goal = NULL;

	while ((goal = tongs_bench_goal_next(result, goal)))
		if (goal->quantity == of)
			return goal;
	return NULL;
}

/* Makes the result one that takes `part` of its limit in every quantity. */
static void fill(struct tongs_bench_result *result, double part) {
	static const struct tongs_bench_quartiles zero;
	const double baseline = 200;
	const struct tongs_bench_goal *ratio = find_goal(result, TONGS_BENCH_RATIO),
				      *time = find_goal(result, TONGS_BENCH_TIME),
				      *extra = find_goal(result, TONGS_BENCH_EXTRA),
				      *amount = find_goal(result, TONGS_BENCH_AMOUNT);
	double r = part * (ratio ? ratio->limit : 0.5), t = time ? part * time->limit : baseline * r,
	       e = extra ? part * extra->limit * result->benchmark->hooked_calls : t - baseline;

	result->why_not = NULL;
	result->pairs = 7;
	result->ratio = (struct tongs_bench_quartiles){r * 0.9, r, r * 1.1};
	result->tongs = (struct tongs_bench_quartiles){t * 0.9, t, t * 1.1};
	result->baseline = (struct tongs_bench_quartiles){baseline, baseline, baseline};
	result->extra = (struct tongs_bench_quartiles){e - 1, e, e + 1};
	result->amount = amount ? part * amount->limit : 0;
	if (result->benchmark->measure) {
		result->ratio = result->tongs = result->baseline = result->extra = zero;
		result->pairs = 0;
	}
}

static struct tongs_bench_report *make_report(double part) {
	struct tongs_bench_report *report = calloc(1, sizeof *report + BENCHMARK_COUNT * sizeof *report->results);

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
		fill(&report->results[i], part);
	}
	return report;
}

static void goals_are_of_their_quantities(void **state) {
	(void)state;
	struct tongs_bench_report *report = make_report(0.5);

	for (int i = 0; i < BENCHMARK_COUNT; i++) {
		struct tongs_bench_result *result = &report->results[i];
		bool has_goal = i < BENCHMARK_COUNT - 1;
		assert_int_equal(tongs_bench_goal_next(result, NULL) != NULL, has_goal);
		fill(result, 0.5);
		assert_string_equal(tongs_bench_goal_met(result), has_goal ? "yes" : "-");
		assert_true(tongs_bench_goal_worst(result) < 0.51);
		fill(result, 1.25);
		assert_string_equal(tongs_bench_goal_met(result), has_goal ? "no" : "-");
		assert_true(
			!has_goal || (tongs_bench_goal_worst(result) > 1.24 && tongs_bench_goal_worst(result) < 1.26));
		result->why_not = "it is not there";
		assert_string_equal(tongs_bench_goal_met(result), "-");
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
	result->tongs.median = 3 * time->limit;
	assert_string_equal(tongs_bench_goal_met(result), "no");
	assert_true(tongs_bench_goal_worst(result) > 2.99 && tongs_bench_goal_worst(result) < 3.01);
	free(report);
}

/* A measurement that has one result after the other, of the benchmark `index` alone. */
struct script {
	struct tongs_bench_report *report;
	size_t index;
	const double *parts; /* less than 0: it fails */
	unsigned calls;
};

static bool play(void *user, size_t index) {
	struct script *script = user;
	double part = script->parts[script->calls++];
	struct tongs_bench_result *result = &script->report->results[index];

	assert_int_equal(index, script->index);
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
			struct script script = {report, (size_t)index, rows[i].parts, 0};
			char *text = NULL;
			size_t size;
			FILE *file = open_memstream(&text, &size);

			assert_non_null(file);
			fill(&report->results[index], rows[i].first);
			assert_int_equal(tongs_bench_check_again(report, play, &script), rows[i].done);
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

static void what_the_device_lacks_is_not_bad(void **state) {
	(void)state;
	struct tongs_bench_report *report = make_report(9);
	struct script script = {.report = report, .index = BENCHMARK_COUNT};

	for (int i = 0; i < BENCHMARK_COUNT; i++)
		report->results[i].why_not = "it is not there";
	assert_true(tongs_bench_check_again(report, play, &script));
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
	struct tongs_bench_report *report = make_report(0.5);
	fill(&report->results[0], 3);
	char *text = write_to_text(tongs_bench_report_print, report);

	for (int i = 0; i < BENCHMARK_COUNT; i++) {
		char goals[TONGS_BENCH_TEXT], line[2 * TONGS_BENCH_TEXT];
		tongs_bench_format_goals(&report->results[i], goals);
		snprintf(line, sizeof line, "  %-3s  %s\n", tongs_bench_goal_met(&report->results[i]), goals);
		const char *row = strstr(text, benchmarks[i].name);
		assert_non_null(row);
		const char *end = strchr(row, '\n');
		assert_non_null(end);
		assert_memory_equal(end + 1 - strlen(line), line, strlen(line));
	}
	assert_non_null(strstr(text, "\n3 of 4 benchmarks with a goal meet it.\n"));
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
	tongs_bench_report_write_plot(file, report);
	assert_int_equal(fclose(file), 0);
	process_assert_xml(path);
	assert_int_equal(unlink(path), 0);
}

static void the_plot_is_xml_whatever_the_texts(void **state) {
	(void)state;
	struct tongs_bench_report *report = make_report(0.5);
	char *text = write_to_text(tongs_bench_report_write_plot, report);

	assert_non_null(strstr(text, ">&lt;fd&gt; &amp; close</text>"));
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
	char *good = write_to_text(tongs_bench_report_write_plot, report);
	fill(&report->results[0], 3);
	char *bad = write_to_text(tongs_bench_report_write_plot, report);

	/* In the legend, too, each once. */
	assert_int_equal(process_count(good, "height=\"12.0\" fill=\"#2b7a9b\""), 1 + 3);
	assert_int_equal(process_count(good, "height=\"12.0\" fill=\"#d2601a\""), 1);
	assert_int_equal(process_count(good, "height=\"12.0\" fill=\"#9a9a9a\""), 1 + 1);
	assert_int_equal(process_count(bad, "height=\"12.0\" fill=\"#2b7a9b\""), 1 + 2);
	assert_int_equal(process_count(bad, "height=\"12.0\" fill=\"#d2601a\""), 1 + 1);
	free(good);
	free(bad);
	free(report);
}

static void numbers_have_units(void **state) {
	(void)state;
	char text[TONGS_BENCH_TEXT];

	tongs_bench_format_size(TONGS_BENCH_BYTES, 1 << 30, text);
	assert_string_equal(text, "1 GiB");
	tongs_bench_format_size(TONGS_BENCH_BYTES, 1000, text);
	assert_string_equal(text, "1000 B");
	tongs_bench_format_size(TONGS_BENCH_NO_SIZE, 1, text);
	assert_string_equal(text, "-");
	tongs_bench_format_time(7.126, text);
	assert_string_equal(text, "  7.13 ns");
	tongs_bench_format_time(999600, text);
	assert_string_equal(text, "  1.00 ms");
	tongs_bench_format_ratio(0.0167, text);
	assert_string_equal(text, "0.0167");
	tongs_bench_format_amount(TONGS_BENCH_BYTES, 1024, text);
	assert_string_equal(text, "1 KiB");
	tongs_bench_format_amount(TONGS_BENCH_BYTES, 1.5 * 1024 * 1024, text);
	assert_string_equal(text, "1.50 MiB");
	tongs_bench_format_amount(TONGS_BENCH_BYTES, -312.4, text);
	assert_string_equal(text, "-312 B");
	tongs_bench_format_amount(TONGS_BENCH_COMMANDS, 18, text);
	assert_string_equal(text, "18");
	assert_int_equal(tongs_bench_get_width("≤ 1 µs"), 6);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goals_are_of_their_quantities),
		cmocka_unit_test(the_worst_goal_counts),
		cmocka_unit_test(the_check_takes_the_best_of_several),
		cmocka_unit_test(what_the_device_lacks_is_not_bad),
		cmocka_unit_test(the_table_shows_goals),
		cmocka_unit_test(the_json_has_goals),
		cmocka_unit_test(the_plot_is_xml_whatever_the_texts),
		cmocka_unit_test(the_plot_has_a_bar_for_each_ratio),
		cmocka_unit_test(numbers_have_units),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
