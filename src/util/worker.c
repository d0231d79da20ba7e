/* SPDX-License-Identifier: MIT */
/* The worker: its thread, its sleep and its end. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pthread_cond_clockwait; NOLINT(bugprone-reserved-identifier) */
#endif
#include "util/worker.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>

#include <sys/prctl.h>

#include "util/fork.h"

static const uint64_t SECOND = 1000000000;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct tongs_worker_task *tasks; /* constant once the library is loaded */
static bool running;                    /* guarded by lock, as the next: the thread is there, or about to be */
static bool woken;                      /* since it last began to run the tasks */
static bool sleeping;

/* The child has no thread but the one that forked. */
static void begin_child_locked(void) {
	running = woken = sleeping = false;
	pthread_cond_init(&changed, NULL);
}

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_WORKER, begin_child_locked);

void tongs_worker_add(struct tongs_worker_task *task) {
	task->next = tasks;
	tasks = task;
}

static uint64_t run_tasks(void) {
	uint64_t soonest = TONGS_WORKER_DONE;
	for (struct tongs_worker_task *task = tasks; task; task = task->next) {
		uint64_t wait = task->run();
		if (wait < soonest)
			soonest = wait;
	}
	return soonest;
}

static void sleep_locked(uint64_t nanoseconds) {
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(nanoseconds / SECOND);
	until.tv_nsec += (long)(nanoseconds % SECOND);
	if (until.tv_nsec >= (long)SECOND) {
		until.tv_nsec -= (long)SECOND;
		until.tv_sec++;
	}
	sleeping = true;
	while (!woken && pthread_cond_clockwait(&changed, &lock, CLOCK_MONOTONIC, &until) == 0)
		;
	sleeping = false;
}

static void *work(void *unused) {
	(void)unused;
	prctl(PR_SET_NAME, "tongs-worker");
	/* So that to wake it does not take the processor from whoever does that. */
	pthread_setschedparam(pthread_self(), SCHED_BATCH, &(const struct sched_param){0});
	pthread_mutex_lock(&lock);
	while (running) {
		woken = false;
		pthread_mutex_unlock(&lock);
		uint64_t wait = run_tasks();
		pthread_mutex_lock(&lock);
		if (!woken && wait == TONGS_WORKER_DONE)
			running = false;
		else if (!woken)
			sleep_locked(wait);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

/* Signals are for the application's threads. */
static bool start(void) {
	sigset_t all, before;
	pthread_t thread;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	const bool started = pthread_create(&thread, NULL, work, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (started)
		pthread_detach(thread);
	return started;
}

bool tongs_worker_wake(void) {
	pthread_mutex_lock(&lock);
	const bool was_running = running, signal = sleeping && !woken;
	running = woken = true;
	pthread_mutex_unlock(&lock);
	if (signal)
		pthread_cond_signal(&changed);
	if (was_running || start())
		return true;
	pthread_mutex_lock(&lock);
	running = false;
	pthread_mutex_unlock(&lock);
	return false;
}
