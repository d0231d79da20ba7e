/* SPDX-License-Identifier: MIT */
/* One sample: an operation done by one thread, or by several at once, with or without another beside them. */
#ifndef TONGS_TOOL_BENCH_THREAD_H
#define TONGS_TOOL_BENCH_THREAD_H

#include "bench.h"

/* Each of the side's threads does its operation `count` times; writes how long the slowest of them took. False, with a
 * message, if an operation failed or a thread could not be started. */
bool tongs_bench_thread_run(
	const struct tongs_bench_case *bench, const struct tongs_bench_side *side, uint64_t count, double *nanoseconds);

#endif
