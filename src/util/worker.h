/* SPDX-License-Identifier: MIT */
/* One background thread for work that can wait. It exists only while a task has something to do or to wait for.
 *
 * Fork: a child has no worker; its first wake starts one. What the parent's tasks were in the middle of is mended by
 * the fork handlers of those who registered them.
 *
 * Exit: by default the thread runs on to the end of the process. Tasks that call drivers must not: see
 * tongs_worker_stop_at_exit. */
#ifndef TONGS_UTIL_WORKER_H
#define TONGS_UTIL_WORKER_H

#include <stdbool.h>
#include <stdint.h>

/* The task waits for nothing. */
#define TONGS_WORKER_DONE UINT64_MAX

struct tongs_worker_task {
	/* Does one piece of work, in the thread and with no lock held; other tasks run between two pieces. Returns in
	 * how many nanoseconds to call it again, or TONGS_WORKER_DONE. */
	uint64_t (*run)(void);
	/* Guarded by the worker's lock: */
	uint64_t due; /* on the clock of tongs_worker_now; TONGS_WORKER_DONE: not before it is woken */
	struct tongs_worker_task *next;
};

/* Registers `task` for the life of the process; called by a constructor of the library. */
void tongs_worker_add(struct tongs_worker_task *task);

/* Runs `task` soon. From any thread, with no lock held. False where the thread cannot be started, has stopped for exit,
 * or has been in one piece of work for over a second: the caller then does itself what cannot wait. */
bool tongs_worker_wake(struct tongs_worker_task *task);

/* Registers a handler with atexit() that stops the worker for good, and waits until its thread has ended; for a second
 * at most, since a driver may wait in it for a lock that the thread which calls exit() holds.
 *
 * exit() calls handlers in reverse order. So a task that calls a driver must be preceded by a call of this after all
 * that registers the driver's static destructors: loading it, and making its first instance and VkDevice. False without
 * memory for the handler. */
bool tongs_worker_stop_at_exit(void);

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t tongs_worker_now(void);

#endif
