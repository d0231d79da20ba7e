/* SPDX-License-Identifier: MIT */
/* One sample: an operation done by one thread, or by several at once. */
#ifndef TONGS_BENCH_THREAD_H
#define TONGS_BENCH_THREAD_H

#include "bench.h"

/* Each of `threads` (1 to TONGS_BENCH_MAX_THREADS) does the operation `count` times; writes how long the slowest of
 * them took. False, with a message, if the operation failed or a thread could not be started. */
bool tongs_bench_thread_run(const struct tongs_bench_case *bench, tongs_bench_operation operation, unsigned threads,
	uint64_t count, double *nanoseconds);

#endif
