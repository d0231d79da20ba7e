/* SPDX-License-Identifier: MIT */
/* What `tongs bench` found, as a table for people and as JSON. */
#ifndef TONGS_TOOL_BENCH_REPORT_H
#define TONGS_TOOL_BENCH_REPORT_H

#include <stdio.h>

#include "bench.h"
#include "machine.h"

struct tongs_bench_report {
	struct tongs_bench_machine machine;
	bool quick;
	size_t result_count;
	struct tongs_bench_result results[];
};

/* A figure's name, and its size if it has sizes: no newline. */
void tongs_bench_report_print_name(FILE *file, const struct tongs_bench_result *result);

/* One result and its figure in a line. */
void tongs_bench_report_print_line(FILE *file, const struct tongs_bench_result *result);

void tongs_bench_report_print(FILE *file, const struct tongs_bench_report *report);

/* Whether writing went well is `file`'s to tell. */
void tongs_bench_report_write_json(FILE *file, const struct tongs_bench_report *report);

#endif
