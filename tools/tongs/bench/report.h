/* SPDX-License-Identifier: MIT */
/* Results compared with their goals, as a table, as JSON and as a plot. */
#ifndef TONGS_TOOL_BENCH_REPORT_H
#define TONGS_TOOL_BENCH_REPORT_H

#include <stdio.h>

#include "benchmark.h"

enum { TONGS_BENCH_MAX_RESULTS = 128 };

struct tongs_bench_report {
	const char *device; /* number or part of a name; NULL: the first that can share */
	bool quick;
	struct tongs_bench_machine machine;
	size_t result_count;
	struct tongs_bench_result results[TONGS_BENCH_MAX_RESULTS];
};

/* Iterates over the goals that apply to a result: `goal` NULL gives the first; returns NULL after the last. */
const struct tongs_bench_goal *tongs_bench_goal_next(
	const struct tongs_bench_result *result, const struct tongs_bench_goal *goal);

/* Returns the highest quotient of a measured value and its limit: at most 1 if all goals are met, 0 without a goal or a
 * measurement. */
double tongs_bench_goal_worst(const struct tongs_bench_result *result);

/* Measures again what misses a goal by more than a factor of 2, up to five times each, and keeps the best. `measure`
 * fills a result anew, or returns false after a message. Returns false if one failed. */
bool tongs_bench_check_again(struct tongs_bench_report *report,
	bool (*measure)(struct tongs_bench_report *report, struct tongs_bench_result *result));

/* Lists what misses a goal by more than a factor of 2. Returns true if nothing does. */
bool tongs_bench_check_print(FILE *file, const struct tongs_bench_report *report);

/* Name and size, without a newline. */
void tongs_bench_report_print_name(FILE *file, const struct tongs_bench_result *result);
/* A result on one line. */
void tongs_bench_report_print_line(FILE *file, const struct tongs_bench_result *result);
/* The machine and the table. */
void tongs_bench_report_print(FILE *file, const struct tongs_bench_report *report);

/* Returns false after a message if memory runs out; the caller checks `file` for errors. */
bool tongs_bench_report_write_json(FILE *file, const struct tongs_bench_report *report);
/* Draws an SVG: a bar for the ratio of each result on a logarithmic scale, to the left of 1 where Tongs is faster, and
 * marks for its goals. Returns true; the caller checks `file` for errors. */
bool tongs_bench_report_write_plot(FILE *file, const struct tongs_bench_report *report);

#endif
