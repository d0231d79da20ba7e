/* SPDX-License-Identifier: MIT */
/* A lane runs jobs one after the other, in a thread that exists while there are jobs and for a second after.
 *
 * Fork: a child has no such thread; its next job starts one. Jobs that the parent had added stay with the parent. */
#ifndef TONGS_UTIL_LANE_H
#define TONGS_UTIL_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/export.h"

struct tongs_lane;

/* Part of what is to be run; zeroed at first. The members are private to lane.c, but for `run`. */
struct tongs_lane_job {
	void (*run)(struct tongs_lane_job *job); /* afterwards the lane does not touch the job */
	bool ready;
	uint32_t process; /* in which it was added; 0: in none */
	uint64_t turn;    /* of tongs_lane_take_turn; 0: none */
	struct tongs_lane_job *next;
};

/* NULL when memory runs out. */
struct tongs_lane *tongs_lane_create(void);
/* Its jobs have run or been removed. NULL is fine. */
void tongs_lane_release(struct tongs_lane *lane);

/* Gives the job its place in the order. It runs when it is ready, after those before it. */
void tongs_lane_add(struct tongs_lane *lane, struct tongs_lane_job *job);
/* Gives the job the next turn of all lanes, once, before it is ready; adds it if it is not. Returns the least turn of
 * it and those behind it in the lane: if it waits for jobs of less than that, and all others that wait do so, too, no
 * circle arises. For a job waits for those before it, and has no larger result than the ones behind it. */
uint64_t tongs_lane_take_turn(struct tongs_lane *lane, struct tongs_lane_job *job);
/* Makes the job ready, once; adds it if it is not. Without a thread, jobs run in the calling one. */
void tongs_lane_start(struct tongs_lane *lane, struct tongs_lane_job *job);
/* Runs a job that was not added in the calling thread, as one that is ready, if no other has its place before it.
 * False, with nothing done, if one has. */
bool tongs_lane_run_if_idle(struct tongs_lane *lane, struct tongs_lane_job *job);
/* Takes out a job that was never ready. */
void tongs_lane_remove(struct tongs_lane *lane, struct tongs_lane_job *job);

/* The job that the calling thread runs; of some that run inside each other, the last. NULL: none of this lane. */
struct tongs_lane_job *tongs_lane_get_running(struct tongs_lane *lane);
/* Called in a job after which others may run: waits for the next to be ready, and runs it. */
void tongs_lane_run_next(struct tongs_lane *lane);

/* Waits until the ready jobs of all lanes have run, except those that the calling thread is in; at most so long. */
void tongs_lane_wait_for_all(unsigned seconds);

/* Changes in each child of fork(), which lacks the threads of its parent. */
uint32_t tongs_lane_get_process(void);

#ifdef TONGS_TEST_HOOKS
/* Lanes that exist, also because their threads have not ended yet. */
TONGS_TEST_INTEROP unsigned tongs_lane_count(void);
#endif

#endif
