/* SPDX-License-Identifier: MIT */
/* Results: measured, compared with their goals, and shown as a table, as JSON and as a plot. */
#ifndef TONGS_TOOL_BENCH_REPORT_H
#define TONGS_TOOL_BENCH_REPORT_H

#include <stdio.h>

#include "benchmark.h"

enum { TONGS_BENCH_MAX_RESULTS = 128 };

struct tongs_bench_report {
	const char *device; /* number or part of a name; NULL: the first that can share */
	bool quick;
	struct tongs_bench_machine machine;
	double sample;       /* of a process that takes only one */
	char left_out[2048]; /* by --quick: names and sizes */
	size_t result_count;
	struct tongs_bench_result results[TONGS_BENCH_MAX_RESULTS];
};

/* Measures `result` anew, in a process of its own, and, if stderr is a terminal, prints a line of progress there. With
 * `result` NULL, only checks that the report's device can be measured, and fills `machine`. The report must be in
 * memory shared with child processes. Returns false after a message. */
bool tongs_bench_measure(struct tongs_bench_report *report, struct tongs_bench_result *result);

/* Returns the highest quotient of a measured value and its limit: at most 1 if all goals are met, 0 without a goal or a
 * measurement. */
double tongs_bench_goal_worst(const struct tongs_bench_result *result);

/* Measures again, by tongs_bench_measure or a test's `measure`, what misses a goal by more than a factor of 2, up to
 * five times each, and keeps the best. Returns false after a message if one failed. */
bool tongs_bench_check_again(struct tongs_bench_report *report,
	bool (*measure)(struct tongs_bench_report *report, struct tongs_bench_result *result));

/* Lists what misses a goal by more than a factor of 2. Returns true if nothing does. */
bool tongs_bench_check_print(FILE *file, const struct tongs_bench_report *report);

/* A result on one line, which is wrapped on a terminal. */
void tongs_bench_report_print_line(FILE *file, const struct tongs_bench_result *result);
/* The machine and the table; a list, where the table is too wide for the terminal. */
void tongs_bench_report_print(FILE *file, const struct tongs_bench_report *report);

/* Adds the benchmark's name and size to `left_out`. */
void tongs_bench_report_leave_out(
	struct tongs_bench_report *report, const struct tongs_benchmark *benchmark, uint64_t size);

/* Returns false after a message if memory runs out; the caller checks `file` for errors. */
bool tongs_bench_report_write_json(FILE *file, const struct tongs_bench_report *report);
/* Draws an SVG: the table, with a bar for each ratio on a logarithmic scale, to the left of 1 where Tongs is faster,
 * and marks for its goals. Returns like the above. */
bool tongs_bench_report_write_plot(FILE *file, const struct tongs_bench_report *report);

#endif
