/* SPDX-License-Identifier: MIT */
/* Measures benchmarks, each in a process of its own. */
#ifndef TONGS_TOOL_BENCH_HARNESS_H
#define TONGS_TOOL_BENCH_HARNESS_H

#include "report.h"

/* Allocates a zeroed report for `count` results, shared with child processes. Returns NULL after a message. */
struct tongs_bench_report *tongs_bench_harness_new_report(size_t count);
void tongs_bench_harness_free_report(struct tongs_bench_report *report);

/* Checks that device `text` (see tongs_bench_device_choose) can be measured, and fills the report's `machine`. Returns
 * false after a message. */
bool tongs_bench_harness_probe(struct tongs_bench_report *report, const char *text);

/* Measures the result of that index anew and prints progress to stderr. Returns false after a message. */
bool tongs_bench_harness_measure(struct tongs_bench_report *report, const char *text, size_t index);

#endif
