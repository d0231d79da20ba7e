/* SPDX-License-Identifier: MIT */
/* The worker's thread: starting it, waiting for work, and stopping it. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pthread_cond_clockwait; NOLINT(bugprone-reserved-identifier) */
#endif
#include "util/worker.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include <sys/prctl.h>

#include "util/clock.h"
#include "util/fork.h"
#include "util/thread.h"

/* How long fork() waits for a driver, and callers for a piece of work. Destroying a VkDevice takes a fraction of that.
 */
static const uint64_t PATIENCE = TONGS_SECOND;
/* How long exit() waits for the thread, which a driver must not be left by: on a busy GPU all takes longer. */
static const uint64_t EXIT_PATIENCE = 5 * TONGS_SECOND;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tongs_worker_task *tasks; /* the list is constant once the library is loaded */
/* Guarded by lock: */
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool running;    /* `thread` exists and runs tasks, or is about to */
static bool sleeping;   /* it waits for the next task */
static uint64_t busy;   /* when the current piece of work began; 0: none */
static bool in_driver;  /* that piece of work calls drivers */
static unsigned forks;  /* that are in progress */
static bool stopping;   /* for exit */
static bool is_awaited; /* a thread is joining it */
static pthread_t thread;

/* A child has no thread but the one that forked. */
static void begin_child_locked(void) {
	running = sleeping = in_driver = is_awaited = false;
	forks = 0;
	busy = 0;
	pthread_cond_init(&changed, NULL);
	for (struct tongs_worker_task *task = tasks; task; task = task->next)
		task->due = TONGS_WORKER_DONE;
}

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_WORKER, begin_child_locked);

/* Never TONGS_WORKER_DONE. */
static uint64_t get_time_in(uint64_t nanoseconds) {
	const uint64_t now = tongs_clock_now();
	return nanoseconds < UINT64_MAX - 1 - now ? now + nanoseconds : UINT64_MAX - 1;
}

/* False when the time has come. */
static bool wait_locked(uint64_t until) {
	const struct timespec time = tongs_clock_timespec(until);
	return pthread_cond_clockwait(&changed, &lock, CLOCK_MONOTONIC, &time) == 0;
}

/* A driver may fork in the worker itself. */
static void begin_fork(void) {
	const uint64_t until = get_time_in(PATIENCE);
	pthread_mutex_lock(&lock);
	forks++;
	while (in_driver && !pthread_equal(pthread_self(), thread) && wait_locked(until))
		;
	pthread_mutex_unlock(&lock);
}

static void end_fork(void) {
	pthread_mutex_lock(&lock);
	if (forks > 0 && --forks == 0)
		pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void add_to_fork(void) {
	static struct tongs_fork_hook hook = {.begin = begin_fork, .end = end_fork};
	tongs_fork_add_hook(&hook);
}

void tongs_worker_add(struct tongs_worker_task *task) {
	task->due = TONGS_WORKER_DONE;
	task->next = tasks;
	tasks = task;
}

/* The task that is due first; NULL: none has anything to do. */
static struct tongs_worker_task *find_first_locked(void) {
	struct tongs_worker_task *first = NULL;
	for (struct tongs_worker_task *task = tasks; task; task = task->next)
		if (task->due < (first ? first->due : TONGS_WORKER_DONE))
			first = task;
	return first;
}

static void run_locked(struct tongs_worker_task *task, uint64_t now) {
	task->due = TONGS_WORKER_DONE;
	busy = now;
	in_driver = task->calls_drivers;
	pthread_mutex_unlock(&lock);
	const uint64_t wait = task->run();
	pthread_mutex_lock(&lock);
	busy = 0;
	in_driver = false;
	if (forks)
		pthread_cond_broadcast(&changed);
	const uint64_t due = wait == TONGS_WORKER_DONE ? wait : get_time_in(wait);
	/* It may have been woken meanwhile. */
	if (due < task->due)
		task->due = due;
}

static void *work(void *unused) {
	(void)unused;
	prctl(PR_SET_NAME, "tongs-worker");
	/* So that waking the thread does not preempt the caller. */
	pthread_setschedparam(pthread_self(), SCHED_BATCH, &(const struct sched_param){0});
	pthread_mutex_lock(&lock);
	for (struct tongs_worker_task *task; !stopping && (task = find_first_locked());) {
		const uint64_t now = tongs_clock_now();
		if (task->due <= now && forks && task->calls_drivers) {
			pthread_cond_wait(&changed, &lock);
		} else if (task->due <= now) {
			run_locked(task, now);
		} else {
			sleeping = true;
			wait_locked(task->due);
			sleeping = false;
		}
	}
	running = false;
	if (is_awaited)
		pthread_cond_broadcast(&changed);
	else
		pthread_detach(thread);
	pthread_mutex_unlock(&lock);
	return NULL;
}

bool tongs_worker_wake(struct tongs_worker_task *task) {
	const uint64_t now = tongs_clock_now();
	pthread_mutex_lock(&lock);
	if (!running && !stopping)
		running = tongs_thread_start(&thread, work, NULL);
	const bool available = running && !stopping, signal = sleeping;
	sleeping = false;
	const bool stuck = busy && now > busy + PATIENCE;
	if (available && now < task->due)
		task->due = now;
	pthread_mutex_unlock(&lock);
	if (signal)
		pthread_cond_signal(&changed);
	return available && !stuck;
}

/* The thread is joined, not only waited for, because its exit runs the destructors of drivers' thread-local data. */
static void stop(void) {
	bool ended = false;
	pthread_mutex_lock(&lock);
	/* A driver may call exit() in the worker itself, or in another thread while the first waits here. */
	if (running && !stopping && !pthread_equal(pthread_self(), thread)) {
		const uint64_t until = get_time_in(EXIT_PATIENCE);
		stopping = is_awaited = true;
		pthread_cond_broadcast(&changed);
		while (running && wait_locked(until))
			;
		ended = !running;
	}
	stopping = true;
	pthread_mutex_unlock(&lock);
	if (ended)
		pthread_join(thread, NULL);
}

bool tongs_worker_stop_at_exit(void) {
	return atexit(stop) == 0;
}
