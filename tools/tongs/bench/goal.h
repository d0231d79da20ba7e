/* SPDX-License-Identifier: MIT */
/* What each figure is to reach. */
#ifndef TONGS_TOOL_BENCH_GOAL_H
#define TONGS_TOOL_BENCH_GOAL_H

#include "bench.h"

/* What of a result a goal is about. */
enum tongs_bench_quantity {
	TONGS_BENCH_RATIO,
	TONGS_BENCH_TIME,  /* our nanoseconds for one operation */
	TONGS_BENCH_EXTRA, /* nanoseconds more than the yardstick, for each call that the layer may take part in */
	TONGS_BENCH_AMOUNT,
};

struct tongs_bench_goal {
	const char *figure;
	const char *yardstick;       /* NULL: any */
	uint64_t min_size, max_size; /* where it holds; a `max_size` of 0: at all sizes */
	enum tongs_bench_quantity quantity;
	double limit; /* the most that is good */
};

/* All of them, ended by a row without a figure. */
extern const struct tongs_bench_goal tongs_bench_goals[];

/* The goals of a result, one after the other: the first for NULL; NULL after the last. */
const struct tongs_bench_goal *tongs_bench_goal_next(
	const struct tongs_bench_result *result, const struct tongs_bench_goal *goal);

/* What was measured of the goal's quantity. */
double tongs_bench_goal_measured(const struct tongs_bench_goal *goal, const struct tongs_bench_result *result);

/* How many times its limit the worst goal of a measured result takes: up to 1, all are met. 0 where there is none. */
double tongs_bench_goal_worst(const struct tongs_bench_result *result);

#endif
