/* SPDX-License-Identifier: MIT */
/* Pairs of samples, and what they come to. */
#include "sample.h"

#include <stdlib.h>
#include <time.h>

#include "thread.h"

/* Far above what reading the clock (some 50 ns) and starting threads (some 10 µs) cost. */
static const double min_nanoseconds = 1e6;

/* A side that times itself may do much that is not measured: a sample is not to take longer than this for it. */
static const double max_seconds = 0.02;

enum { WARM_UP_PAIRS = 2, MIN_PAIRS = 7, MAX_PAIRS = 400 };

static double get_now(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Finds the count of operations that makes even a warm sample long enough. */
static bool calibrate(const struct tongs_bench_case *bench, const struct tongs_bench_side *side, uint64_t *count) {
	for (*count = 1;;) {
		double first, second, start = get_now();
		if (!tongs_bench_thread_run(bench, side, *count, &first) ||
			!tongs_bench_thread_run(bench, side, *count, &second))
			return false;
		double shorter = first < second ? first : second;
		double room = 2 * max_seconds / (get_now() - start);
		if (shorter >= min_nanoseconds || room < 2)
			return true;
		double growth = shorter > 0 ? 1.5 * min_nanoseconds / shorter : 1000;
		growth = growth < 2 ? 2 : growth > 1000 ? 1000 : growth;
		*count = (uint64_t)((double)*count * (growth < room ? growth : room));
	}
}

static int compare(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The value that `part` of the sorted ones lie below. */
static double get_quantile(const double *values, size_t count, double part) {
	double at = part * (double)(count - 1);
	size_t below = (size_t)at, above = below + 1 < count ? below + 1 : below;

	return values[below] + (at - (double)below) * (values[above] - values[below]);
}

/* Sorts `values`. */
static struct tongs_bench_quartiles get_quartiles(double *values, size_t count) {
	qsort(values, count, sizeof *values, compare);
	return (struct tongs_bench_quartiles){
		.lower = get_quantile(values, count, 0.25),
		.median = get_quantile(values, count, 0.5),
		.upper = get_quantile(values, count, 0.75),
	};
}

bool tongs_bench_sample(const struct tongs_bench_figure *figure, const struct tongs_bench_case *bench, double seconds,
	struct tongs_bench_result *result) {
	double our_times[MAX_PAIRS], yardstick_times[MAX_PAIRS], ratios[MAX_PAIRS], extras[MAX_PAIRS];
	uint64_t our_count, yardstick_count;
	double start = get_now();
	size_t n = 0;

	if (!calibrate(bench, &figure->ours, &our_count) || !calibrate(bench, &figure->yardstick, &yardstick_count))
		return false;
	for (int i = 0; n < MAX_PAIRS && (n < MIN_PAIRS || get_now() - start < seconds); i++) {
		double our_sample, yardstick_sample;
		if (!tongs_bench_thread_run(bench, &figure->ours, our_count, &our_sample) ||
			!tongs_bench_thread_run(bench, &figure->yardstick, yardstick_count, &yardstick_sample))
			return false;
		if (i < WARM_UP_PAIRS)
			continue;
		our_times[n] = our_sample / (double)our_count;
		yardstick_times[n] = yardstick_sample / (double)yardstick_count;
		ratios[n] = our_times[n] / yardstick_times[n];
		extras[n] = our_times[n] - yardstick_times[n];
		n++;
	}
	result->pairs = (unsigned)n;
	result->ours = get_quartiles(our_times, n);
	result->yardstick = get_quartiles(yardstick_times, n);
	result->ratio = get_quartiles(ratios, n);
	result->extra = get_quartiles(extras, n);
	return true;
}
