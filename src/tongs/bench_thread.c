/* SPDX-License-Identifier: MIT */
/* Threads that start together. */
#include "bench_thread.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "command.h"

enum gate { CLOSED, OPEN, CALLED_OFF };

struct start {
	atomic_uint waiting; /* threads that have come to the gate */
	_Atomic enum gate gate;
};

struct lane {
	const struct tongs_bench_case *bench;
	tongs_bench_operation operation;
	uint64_t count;
	unsigned thread;
	struct start *start;
	bool done;
	double nanoseconds;
};

static void run(struct lane *lane) {
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	lane->done = lane->operation(lane->bench, lane->thread, lane->count);
	clock_gettime(CLOCK_MONOTONIC, &to);
	lane->nanoseconds = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
}

/* Waits awake: a thread that must be woken starts late. */
static void *run_in_thread(void *argument) {
	struct lane *lane = argument;
	enum gate gate;

	atomic_fetch_add(&lane->start->waiting, 1);
	while ((gate = atomic_load(&lane->start->gate)) == CLOSED)
		sched_yield();
	if (gate == OPEN)
		run(lane);
	return NULL;
}

bool tongs_bench_thread_run(const struct tongs_bench_case *bench, tongs_bench_operation operation, unsigned threads,
	uint64_t count, double *nanoseconds) {
	struct lane lanes[TONGS_BENCH_MAX_THREADS];
	pthread_t others[TONGS_BENCH_MAX_THREADS];
	struct start start = {.gate = CLOSED};
	unsigned started = 1; /* the caller's */
	int failure = 0;

	for (unsigned i = 0; i < TONGS_BENCH_MAX_THREADS; i++)
		lanes[i] = (struct lane){
			.bench = bench, .operation = operation, .count = count, .thread = i, .start = &start};
	while (started < threads && !failure) {
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
	for (unsigned i = 1; i < started; i++)
		pthread_join(others[i], NULL);

	bool done = true;
	*nanoseconds = 0;
	for (unsigned i = 0; i < threads; i++) {
		done = done && lanes[i].done;
		if (lanes[i].nanoseconds > *nanoseconds)
			*nanoseconds = lanes[i].nanoseconds;
	}
	return done;
}
