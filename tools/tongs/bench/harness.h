/* SPDX-License-Identifier: MIT */
/* Measures benchmarks, each in a process of its own. */
#ifndef TONGS_TOOL_BENCH_HARNESS_H
#define TONGS_TOOL_BENCH_HARNESS_H

#include "report.h"

/* Measures `result` anew and prints progress to stderr. With `result` NULL, only checks that the report's device can be
 * measured, and fills `machine`. The report must be in memory shared with child processes. Returns false after a
 * message. */
bool tongs_bench_harness_measure(struct tongs_bench_report *report, struct tongs_bench_result *result);

#endif
