/* SPDX-License-Identifier: MIT */
/* Measuring the figures of a report, one after the other, each in a process of its own. */
#ifndef TONGS_TOOL_BENCH_RUN_H
#define TONGS_TOOL_BENCH_RUN_H

#include "report.h"

/* Room for the results of `count` figures, which the processes that measure share; NULL, with a message. */
struct tongs_bench_report *tongs_bench_run_new(size_t count);
void tongs_bench_run_free(struct tongs_bench_report *report);

/* Finds the device (a number, a part of its name, or NULL: the first that can share) and fills `machine`. False, with a
 * message. */
bool tongs_bench_run_probe(struct tongs_bench_report *report, const char *device);

/* Measures every result, and tells progress on stderr. What fails does not keep the rest from it; false, with a
 * message, if something did. */
bool tongs_bench_run_measure(struct tongs_bench_report *report, const char *device);

/* Measures one of them anew. */
bool tongs_bench_run_measure_one(struct tongs_bench_report *report, const char *device, size_t index);

#endif
