/* SPDX-License-Identifier: MIT */
/* Threads that start together. */
#include "thread.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "client/command.h"

enum gate { CLOSED, OPEN, CALLED_OFF };

struct start {
	atomic_uint waiting; /* threads that have come to the gate */
	_Atomic enum gate gate;
	atomic_bool over; /* the measured ones are done */
};

struct lane {
	const struct tongs_bench_case *bench;
	tongs_bench_operation operation;
	uint64_t count; /* 0: again and again until all others are done */
	unsigned thread;
	struct start *start;
	bool done;
	double nanoseconds;
};

enum { MAX_LANES = TONGS_BENCH_MAX_THREADS + 1 };

static void run(struct lane *lane) {
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	lane->done = lane->operation(lane->bench, lane->thread, lane->count);
	clock_gettime(CLOCK_MONOTONIC, &to);
	lane->nanoseconds = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
}

static void run_until_over(struct lane *lane) {
	do
		lane->done = lane->operation(lane->bench, lane->thread, 16);
	while (lane->done && !atomic_load(&lane->start->over));
}

/* Waits awake: a thread that must be woken starts late. */
static void *run_in_thread(void *argument) {
	struct lane *lane = argument;
	enum gate gate;

	atomic_fetch_add(&lane->start->waiting, 1);
	while ((gate = atomic_load(&lane->start->gate)) == CLOSED)
		sched_yield();
	if (gate == OPEN && lane->count)
		run(lane);
	else if (gate == OPEN)
		run_until_over(lane);
	return NULL;
}

/* The measured ones first. Returns how many there are. */
static unsigned fill_lanes(const struct tongs_bench_case *bench, const struct tongs_bench_side *side, uint64_t count,
	struct start *start, struct lane lanes[MAX_LANES]) {
	unsigned measured = side->threads ? side->threads : 1;

	for (unsigned i = 0; i < measured; i++)
		lanes[i] = (struct lane){bench, side->operation, count, i, start, false, 0};
	lanes[measured] = (struct lane){bench, side->beside, 0, measured, start, false, 0};
	return measured;
}

static bool all_done(const struct lane *lanes, unsigned count) {
	bool done = true;

	for (unsigned i = 0; i < count; i++)
		done = done && lanes[i].done;
	return done;
}

bool tongs_bench_thread_run(const struct tongs_bench_case *bench, const struct tongs_bench_side *side, uint64_t count,
	double *nanoseconds) {
	struct start start = {.gate = CLOSED};
	struct lane lanes[MAX_LANES];
	pthread_t others[MAX_LANES] = {0};
	unsigned measured = fill_lanes(bench, side, count, &start, lanes);
	unsigned all = measured + (side->beside ? 1 : 0), started = 1; /* the caller's */
	int failure = 0;

	*bench->nanoseconds = 0;
	while (started < all && !failure) {
		failure = pthread_create(&others[started], NULL, run_in_thread, &lanes[started]);
		started += !failure;
	}
	while (atomic_load(&start.waiting) < started - 1)
		sched_yield();
	atomic_store(&start.gate, failure ? CALLED_OFF : OPEN);
	if (failure)
		tongs_command_error("a thread could not be started: %s", strerror(failure));
	else
		run(&lanes[0]);
	for (unsigned i = 1; i < started && i < measured; i++)
		pthread_join(others[i], NULL);
	atomic_store(&start.over, true);
	if (started > measured)
		pthread_join(others[measured], NULL);

	*nanoseconds = side->times_itself ? *bench->nanoseconds : 0;
	for (unsigned i = 0; i < measured && !side->times_itself; i++)
		if (lanes[i].nanoseconds > *nanoseconds)
			*nanoseconds = lanes[i].nanoseconds;
	return all_done(lanes, all);
}
