/* SPDX-License-Identifier: MIT */
/* What the parts of `tongs bench` share: a figure as a row of a table, and what was measured of it. */
#ifndef TONGS_TOOL_BENCH_BENCH_H
#define TONGS_TOOL_BENCH_BENCH_H

#include "device.h"

/* What a figure's sizes and amounts count. */
enum tongs_bench_unit {
	TONGS_BENCH_NO_SIZE,
	TONGS_BENCH_BYTES,
	TONGS_BENCH_LIVE_EXPORTS,
	TONGS_BENCH_SIDE, /* of a square of texels */
	TONGS_BENCH_COMMANDS,
};

/* A figure at one of its sizes, from prepare to finish. */
struct tongs_bench_case {
	const struct tongs_bench_device *device;
	uint64_t size;
	void *state;         /* made by prepare */
	const char *why_not; /* set by a prepare that cannot: the figure has no meaning on this device */
	double *nanoseconds; /* where a side that times itself adds its time */
};

/* Does a thing `count` times; `thread` counts from 0. False, with a message, if it failed. */
typedef bool (*tongs_bench_operation)(const struct tongs_bench_case *bench, unsigned thread, uint64_t count);

enum { TONGS_BENCH_MAX_SIZES = 5, TONGS_BENCH_MAX_THREADS = 2 };

/* One of the two things that are measured in turn. */
struct tongs_bench_side {
	tongs_bench_operation operation;
	unsigned threads;             /* that do it at once; 0: one */
	tongs_bench_operation beside; /* what one more thread does meanwhile, unmeasured; NULL: nothing */
	bool times_itself;            /* not all of the operation is measured; by one thread alone */
};

struct tongs_bench_figure {
	const char *name;           /* what --filter looks into */
	const char *yardstick_name; /* what it is measured against; of an amount, what it is the amount of */
	enum tongs_bench_unit unit;
	uint64_t sizes[TONGS_BENCH_MAX_SIZES + 1]; /* ended by 0 */
	uint64_t quick_limit;                      /* --quick leaves larger sizes out; 0: none */
	unsigned hooked_calls;                     /* in an operation, which the layer may have taken part in */
	bool needs_fd;                             /* tongs_bench_device::get_fd */
	const char *pool_limit;                    /* TONGS_POOL_LIMIT of its process; NULL: as it is */
	/* False, with a message or with `why_not`. NULL: nothing to prepare. */
	bool (*prepare)(struct tongs_bench_case *bench);
	/* Takes what prepare left half-made. */
	void (*finish)(struct tongs_bench_case *bench);
	struct tongs_bench_side ours, yardstick;
	/* Instead of the two sides: an amount that is found out once. False, with a message. */
	bool (*measure)(const struct tongs_bench_case *bench, double *amount);
	enum tongs_bench_unit amount_unit;
};

/* The tables, each ended by a row without a name. */
extern const struct tongs_bench_figure tongs_bench_handle[];
extern const struct tongs_bench_figure tongs_bench_allocate[];
extern const struct tongs_bench_figure tongs_bench_first_byte[];
extern const struct tongs_bench_figure tongs_bench_release[];
extern const struct tongs_bench_figure tongs_bench_import[];
extern const struct tongs_bench_figure tongs_bench_texels[];
extern const struct tongs_bench_figure tongs_bench_create[];
extern const struct tongs_bench_figure tongs_bench_hooked[];
extern const struct tongs_bench_figure tongs_bench_frame[];
extern const struct tongs_bench_figure tongs_bench_message[];
extern const struct tongs_bench_figure tongs_bench_memory[];

struct tongs_bench_quartiles {
	double lower, median, upper;
};

struct tongs_bench_result {
	const struct tongs_bench_figure *figure;
	uint64_t size;
	const char *why_not;                          /* NULL: it was measured; else what follows is 0 */
	double amount;                                /* of a figure that has `measure`, whose rest is 0 */
	unsigned pairs;                               /* samples of each side */
	struct tongs_bench_quartiles ours, yardstick; /* nanoseconds for one operation */
	struct tongs_bench_quartiles ratio, extra;    /* of the two samples of a pair; `ours` less `yardstick` */
};

#endif
