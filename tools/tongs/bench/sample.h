/* SPDX-License-Identifier: MIT */
/* Timing an operation against its yardstick. */
#ifndef TONGS_TOOL_BENCH_SAMPLE_H
#define TONGS_TOOL_BENCH_SAMPLE_H

#include "bench.h"

/* Takes pairs of samples, one of each side in turn, for about `seconds`, and fills `result`. `bench` is prepared.
 * False, with a message, if an operation failed. */
bool tongs_bench_sample(const struct tongs_bench_figure *figure, const struct tongs_bench_case *bench, double seconds,
	struct tongs_bench_result *result);

#endif
