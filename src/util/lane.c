/* SPDX-License-Identifier: MIT */
/* The threads of lanes. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pthread_cond_clockwait; NOLINT(bugprone-reserved-identifier) */
#endif
#include "util/lane.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <time.h>

#include "util/alloc.h"
#include "util/clock.h"
#include "util/fork.h"
#include "util/futex.h"
#include "util/thread.h"

struct tongs_lane {
	/* Guarded by the lock below: */
	unsigned refs;                       /* of the owner, and of its thread */
	struct tongs_lane_job *first, **end; /* in order */
	uint32_t jobs_process;               /* whose jobs they are */
	uint32_t process;                    /* the thread is one of that process; 0: there is none */
	bool released;                       /* the owner has gone */
	bool running;                        /* a job runs */
	struct tongs_lane_job *current;      /* that runs; not to be touched */
	pthread_t runner;                    /* its thread */
	_Atomic uint32_t changes;            /* a futex of the thread */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic uint32_t process = 1;
/* Guarded by lock: */
static unsigned lanes;
static uint64_t turns;
static size_t unfinished; /* jobs that are ready, or run */
static pthread_cond_t finished = PTHREAD_COND_INITIALIZER;

static _Thread_local size_t own_jobs; /* of them, those that the thread is in */

static void begin_child(void) {
	process++;
	unfinished = own_jobs;
	pthread_cond_init(&finished, NULL);
}

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_LANE, begin_child);

uint32_t tongs_lane_get_process(void) {
	return atomic_load(&process);
}

#ifdef TONGS_TEST_HOOKS
unsigned tongs_lane_count(void) {
	pthread_mutex_lock(&lock);
	const unsigned count = lanes;
	pthread_mutex_unlock(&lock);
	return count;
}
#endif

struct tongs_lane *tongs_lane_create(void) {
	struct tongs_lane *lane = tongs_malloc(1, sizeof(*lane));
	if (!lane)
		return NULL;
	pthread_mutex_lock(&lock);
	lanes++;
	pthread_mutex_unlock(&lock);
	lane->refs = 1;
	lane->end = &lane->first;
	return lane;
}

static void unref(struct tongs_lane *lane) {
	pthread_mutex_lock(&lock);
	const bool last = --lane->refs == 0;
	if (last) {
		tongs_free(NULL, lane);
		lanes--;
	}
	pthread_mutex_unlock(&lock);
}

static void notify(struct tongs_lane *lane) {
	atomic_fetch_add(&lane->changes, 1);
	tongs_futex_wake_all(&lane->changes);
}

void tongs_lane_release(struct tongs_lane *lane) {
	if (!lane)
		return;
	pthread_mutex_lock(&lock);
	lane->released = true;
	pthread_mutex_unlock(&lock);
	notify(lane);
	unref(lane);
}

/* A child of fork() has none of its parent's jobs. */
static void begin_process_locked(struct tongs_lane *lane) {
	if (lane->jobs_process == process)
		return;
	lane->jobs_process = process;
	lane->running = false;
	lane->first = NULL;
	lane->end = &lane->first;
}

static bool is_ready_locked(const struct tongs_lane *lane) {
	return lane->jobs_process == process && lane->first && lane->first->ready;
}

static bool has_next_locked(const struct tongs_lane *lane) {
	return is_ready_locked(lane) && !lane->running;
}

static void set_running_locked(struct tongs_lane *lane, struct tongs_lane_job *job) {
	lane->running = true;
	lane->current = job;
	lane->runner = pthread_self();
}

static struct tongs_lane_job *take_locked(struct tongs_lane *lane) {
	struct tongs_lane_job *job = lane->first;
	lane->first = job->next;
	if (!lane->first)
		lane->end = &lane->first;
	set_running_locked(lane, job);
	return job;
}

/* The first job, if it is ready and none runs. */
static struct tongs_lane_job *take(struct tongs_lane *lane) {
	pthread_mutex_lock(&lock);
	struct tongs_lane_job *job = has_next_locked(lane) ? take_locked(lane) : NULL;
	pthread_mutex_unlock(&lock);
	return job;
}

/* Whether another can run now. */
static bool end_run(struct tongs_lane *lane) {
	pthread_mutex_lock(&lock);
	lane->running = false;
	const bool next = has_next_locked(lane);
	pthread_mutex_unlock(&lock);
	return next;
}

static void run_job(struct tongs_lane_job *job) {
	own_jobs++;
	job->run(job);
	own_jobs--;
	pthread_mutex_lock(&lock);
	unfinished--;
	pthread_mutex_unlock(&lock);
	pthread_cond_broadcast(&finished);
}

static void run_ready(struct tongs_lane *lane) {
	for (struct tongs_lane_job *job; (job = take(lane));) {
		run_job(job);
		end_run(lane);
	}
}

/* Ends the thread unless a job is ready. */
static bool stop(struct tongs_lane *lane) {
	pthread_mutex_lock(&lock);
	const bool idle = !has_next_locked(lane);
	if (idle)
		lane->process = 0;
	pthread_mutex_unlock(&lock);
	return idle;
}

static bool is_waiting(struct tongs_lane *lane) {
	pthread_mutex_lock(&lock);
	const bool waiting = !lane->released && !has_next_locked(lane);
	pthread_mutex_unlock(&lock);
	return waiting;
}

/* Runs jobs until none has been ready for so long. */
static void run(struct tongs_lane *lane, const struct timespec *patience) {
	do {
		run_ready(lane);
		const uint32_t seen = atomic_load(&lane->changes);
		if (is_waiting(lane))
			tongs_futex_wait(&lane->changes, seen, patience);
	} while (!stop(lane));
}

static void *run_thread(void *user) {
	prctl(PR_SET_NAME, "tongs-lane");
	run(user, &(struct timespec){.tv_sec = 1});
	unref(user);
	return NULL;
}

static void add_locked(struct tongs_lane *lane, struct tongs_lane_job *job) {
	begin_process_locked(lane);
	if (job->process == process)
		return;
	job->process = process;
	job->next = NULL;
	*lane->end = job;
	lane->end = &job->next;
}

void tongs_lane_add(struct tongs_lane *lane, struct tongs_lane_job *job) {
	pthread_mutex_lock(&lock);
	add_locked(lane, job);
	pthread_mutex_unlock(&lock);
}

/* A thread runs, or the calling one, which has a reference, does its work. A reference that the parent's thread had is
 * this one's. */
static void ensure_thread(struct tongs_lane *lane) {
	pthread_mutex_lock(&lock);
	const bool runs = lane->process == process;
	if (!lane->process)
		lane->refs++;
	lane->process = process;
	pthread_mutex_unlock(&lock);
	if (runs) {
		notify(lane);
	} else if (!tongs_thread_start_detached(run_thread, lane)) {
		run(lane, &(struct timespec){0});
		pthread_mutex_lock(&lock);
		lane->refs--; /* the thread's */
		pthread_mutex_unlock(&lock);
	}
}

uint64_t tongs_lane_take_turn(struct tongs_lane *lane, struct tongs_lane_job *job) {
	pthread_mutex_lock(&lock);
	add_locked(lane, job);
	job->turn = ++turns;
	uint64_t least = job->turn;
	for (const struct tongs_lane_job *behind = job->next; behind; behind = behind->next)
		if (behind->turn && behind->turn < least)
			least = behind->turn;
	pthread_mutex_unlock(&lock);
	return least;
}

void tongs_lane_start(struct tongs_lane *lane, struct tongs_lane_job *job) {
	pthread_mutex_lock(&lock);
	add_locked(lane, job);
	job->ready = true;
	unfinished++;
	lane->refs++; /* the job may end its owner, and with that the lane */
	pthread_mutex_unlock(&lock);
	ensure_thread(lane);
	unref(lane);
}

bool tongs_lane_run_if_idle(struct tongs_lane *lane, struct tongs_lane_job *job) {
	pthread_mutex_lock(&lock);
	begin_process_locked(lane);
	const bool idle = !lane->first && !lane->running && job->process != process;
	if (idle) {
		job->process = process;
		job->ready = true;
		unfinished++;
		set_running_locked(lane, job);
		lane->refs++; /* the job may end its owner */
	}
	pthread_mutex_unlock(&lock);
	if (!idle)
		return false;
	run_job(job);
	if (end_run(lane))
		ensure_thread(lane);
	unref(lane);
	return true;
}

void tongs_lane_remove(struct tongs_lane *lane, struct tongs_lane_job *job) {
	pthread_mutex_lock(&lock);
	struct tongs_lane_job **link = &lane->first;
	while (*link && *link != job)
		link = &(*link)->next;
	if (*link) {
		*link = job->next;
		if (!*link)
			lane->end = link;
		job->process = 0;
	}
	const bool wake = is_ready_locked(lane);
	if (wake)
		lane->refs++;
	pthread_mutex_unlock(&lock);
	if (wake) {
		ensure_thread(lane);
		unref(lane);
	}
}

struct tongs_lane_job *tongs_lane_get_running(struct tongs_lane *lane) {
	pthread_mutex_lock(&lock);
	const bool own = lane->jobs_process == process && lane->running && pthread_equal(lane->runner, pthread_self());
	struct tongs_lane_job *job = own ? lane->current : NULL;
	pthread_mutex_unlock(&lock);
	return job;
}

void tongs_lane_run_next(struct tongs_lane *lane) {
	for (;;) {
		const uint32_t seen = atomic_load(&lane->changes);
		pthread_mutex_lock(&lock);
		struct tongs_lane_job *outer = lane->current;
		struct tongs_lane_job *job = is_ready_locked(lane) ? take_locked(lane) : NULL;
		pthread_mutex_unlock(&lock);
		if (job) {
			run_job(job);
			pthread_mutex_lock(&lock);
			lane->current = outer;
			pthread_mutex_unlock(&lock);
			return;
		}
		tongs_futex_wait(&lane->changes, seen, NULL);
	}
}

void tongs_lane_wait_for_all(unsigned seconds) {
	const struct timespec until = tongs_clock_in(seconds);
	pthread_mutex_lock(&lock);
	while (unfinished > own_jobs && pthread_cond_clockwait(&finished, &lock, CLOCK_MONOTONIC, &until) == 0)
		;
	pthread_mutex_unlock(&lock);
}
