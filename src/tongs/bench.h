/* SPDX-License-Identifier: MIT */
/* What the parts of `tongs bench` share: a figure as a row of a table, and what was measured of it. */
#ifndef TONGS_BENCH_H
#define TONGS_BENCH_H

#include "bench_device.h"

/* What a figure's sizes count. */
enum tongs_bench_unit {
	TONGS_BENCH_NO_SIZE,
	TONGS_BENCH_BYTES,
	TONGS_BENCH_LIVE_EXPORTS,
	TONGS_BENCH_SIDE, /* of a square of texels */
};

/* A figure at one of its sizes, from prepare to finish. */
struct tongs_bench_case {
	const struct tongs_bench_device *device;
	uint64_t size;
	void *state;         /* made by prepare */
	const char *why_not; /* set by a prepare that cannot: the figure has no meaning on this device */
};

/* Does a thing `count` times; `thread` counts from 0. False, with a message, if it failed. */
typedef bool (*tongs_bench_operation)(const struct tongs_bench_case *bench, unsigned thread, uint64_t count);

enum { TONGS_BENCH_MAX_SIZES = 4, TONGS_BENCH_MAX_THREADS = 2 };

struct tongs_bench_figure {
	const char *name;           /* what --filter looks into */
	const char *yardstick_name; /* what it is measured against */
	enum tongs_bench_unit unit;
	uint64_t sizes[TONGS_BENCH_MAX_SIZES + 1]; /* ended by 0 */
	uint64_t quick_limit;                      /* --quick leaves larger sizes out; 0: none */
	unsigned threads;                          /* that do the operation at once; 0: one */
	bool needs_fd;                             /* tongs_bench_device::get_fd */
	/* False, with a message or with `why_not`. */
	bool (*prepare)(struct tongs_bench_case *bench);
	/* Takes what prepare left half-made. */
	void (*finish)(struct tongs_bench_case *bench);
	tongs_bench_operation ours, yardstick;
};

/* The tables, each ended by a row without a name. */
extern const struct tongs_bench_figure tongs_bench_handle[];
extern const struct tongs_bench_figure tongs_bench_allocate[];
extern const struct tongs_bench_figure tongs_bench_import[];
extern const struct tongs_bench_figure tongs_bench_texels[];
extern const struct tongs_bench_figure tongs_bench_create[];
extern const struct tongs_bench_figure tongs_bench_message[];

struct tongs_bench_quartiles {
	double lower, median, upper;
};

struct tongs_bench_result {
	const struct tongs_bench_figure *figure;
	uint64_t size;
	const char *why_not;                          /* NULL: it was measured; else what follows is 0 */
	unsigned pairs;                               /* samples of each side */
	struct tongs_bench_quartiles ours, yardstick; /* nanoseconds for one operation */
	struct tongs_bench_quartiles ratio;           /* of the two samples of a pair */
};

#endif
