/* SPDX-License-Identifier: MIT */
/* Benchmarks as descriptors, and their results. */
#ifndef TONGS_TOOL_BENCH_BENCHMARK_H
#define TONGS_TOOL_BENCH_BENCHMARK_H

#include <time.h>

#include "device.h"

/* What a size or an amount counts. */
enum tongs_bench_unit {
	TONGS_BENCH_NO_SIZE,
	TONGS_BENCH_BYTES,
	TONGS_BENCH_LIVE_EXPORTS,
	TONGS_BENCH_SIDE_LENGTH, /* texels of a square's side */
	TONGS_BENCH_COMMANDS,
};

/* What is measured, and goals limit. */
enum tongs_bench_quantity {
	TONGS_BENCH_NO_QUANTITY,
	TONGS_BENCH_TIME,          /* nanoseconds of an operation with Tongs */
	TONGS_BENCH_BASELINE_TIME, /* the same of the baseline; no goal limits it */
	TONGS_BENCH_RATIO,         /* time of Tongs / time of the baseline */
	TONGS_BENCH_EXTRA,         /* nanoseconds more than the baseline, for each hooked call */
	TONGS_BENCH_AMOUNT,
	TONGS_BENCH_QUANTITY_COUNT,
};

/* docs/performance.md says where the limits come from. */
struct tongs_bench_goal {
	enum tongs_bench_quantity quantity; /* TONGS_BENCH_NO_QUANTITY ends a list */
	double limit;                       /* the highest value that meets the goal */
	uint64_t min_size, max_size;        /* the sizes it is for; a `max_size` of 0: no upper end */
};

#define TONGS_BENCH_GOAL(of, ...) \
	{ .quantity = TONGS_BENCH_##of, .limit = __VA_ARGS__ }

struct tongs_benchmark;
struct tongs_bench_side;

/* One benchmark at one of its sizes, from prepare to finish; every thread has a copy. */
struct tongs_bench_run {
	const struct tongs_bench_device *device;
	const struct tongs_bench_side *side; /* NULL in prepare and finish */
	uint64_t size;
	unsigned thread;     /* of the side, from 0 */
	void *state;         /* tongs_benchmark::state_size bytes, zeroed before prepare */
	const char *why_not; /* set by a prepare that fails: the device lacks something */
	double *nanoseconds; /* a side that times itself adds its time here */
};

/* Repeats an operation `count` times. Returns false after a message. */
typedef bool tongs_bench_operation(const struct tongs_bench_run *run, uint64_t count);

/* One of the two things to compare. */
struct tongs_bench_side {
	tongs_bench_operation *operation;
	unsigned variant;              /* for the operation, which may serve several sides */
	unsigned threads;              /* that run it at the same time; 0: one */
	tongs_bench_operation *beside; /* what one more thread does meanwhile, unmeasured; NULL: nothing */
	bool times_itself;             /* only a part of the operation is measured; one thread only */
};

/* One operation on both sides, in two variants; then what else both sides have in common. */
#define TONGS_BENCH_SIDES(tongs_variant, baseline_variant, ...) \
	.tongs = {.variant = tongs_variant, .operation = __VA_ARGS__}, \
	.baseline = {.variant = baseline_variant, .operation = __VA_ARGS__}

enum { TONGS_BENCH_MAX_SIZES = 5, TONGS_BENCH_MAX_GOALS = 3, TONGS_BENCH_MAX_THREADS = 2 };

struct tongs_benchmark {
	const char *name;          /* for --filter; several rows may have one name */
	const char *baseline_name; /* what it is compared with; for an amount, what it is the amount of */
	enum tongs_bench_unit unit;
	uint64_t sizes[TONGS_BENCH_MAX_SIZES + 1]; /* ended by 0 */
	uint64_t quick_limit;                      /* --quick skips larger sizes; 0: none */
	struct tongs_bench_goal goals[TONGS_BENCH_MAX_GOALS + 1];
	unsigned hooked_calls;  /* commands in an operation that the layer hooks */
	bool requires_fd;       /* tongs_bench_device::get_fd */
	const char *pool_limit; /* TONGS_POOL_LIMIT of its process; NULL: unchanged */
	size_t state_size;
	/* Returns false after a message or with `why_not`. NULL: nothing to prepare. */
	bool (*prepare)(struct tongs_bench_run *run);
	void (*finish)(struct tongs_bench_run *run); /* accepts a half-made state; NULL: nothing to free */
	struct tongs_bench_side tongs, baseline;
	/* Instead of the two sides: finds an amount, once. Returns false after a message. */
	bool (*measure)(const struct tongs_bench_run *run, double *amount);
	enum tongs_bench_unit amount_unit;
};

/* All benchmarks, each table ended by a row without a name. */
extern const struct tongs_benchmark tongs_bench_memory_cases[];
extern const struct tongs_benchmark tongs_bench_object_cases[];
extern const struct tongs_benchmark tongs_bench_program_cases[];

struct tongs_bench_quartiles {
	double lower, median, upper;
};

struct tongs_bench_result {
	const struct tongs_benchmark *benchmark;
	uint64_t size;
	const char *why_not; /* why it was not measured, and all that follows is 0; NULL: it was */
	unsigned pairs;      /* samples of each side; 0 if the benchmark has `measure` */
	/* Of the samples of all pairs. A benchmark with `measure` has the median of TONGS_BENCH_AMOUNT alone. */
	struct tongs_bench_quartiles quartiles[TONGS_BENCH_QUANTITY_COUNT];
};

/* Monotonic time in nanoseconds. */
static inline double tongs_bench_now(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

#endif
