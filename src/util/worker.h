/* SPDX-License-Identifier: MIT */
/* One background thread for work that can wait. It exists only while a task has something to do or to wait for.
 *
 * Fork: a child has no worker; its first wake starts one. Work that the parent's tasks had in progress is made
 * consistent by the fork handlers of the files that registered them.
 *
 * Exit: by default the thread runs on to the end of the process. Tasks that call drivers must not: see
 * tongs_worker_stop_at_exit. */
#ifndef TONGS_UTIL_WORKER_H
#define TONGS_UTIL_WORKER_H

#include <stdbool.h>
#include <stdint.h>

/* The task has nothing to do until it is woken. */
#define TONGS_WORKER_DONE UINT64_MAX

struct tongs_worker_task {
	/* Does one piece of work, in the thread and with no lock held; other tasks may run between two pieces. Returns
	 * the nanoseconds after which to call it again, or TONGS_WORKER_DONE. */
	uint64_t (*run)(void);
	/* Such a piece of work does not run during fork(), which waits for it, for a second at most: a driver or the
	 * dynamic linker would be left half-way in the child. */
	bool calls_drivers;
	/* Guarded by the worker's lock: */
	uint64_t due; /* on the clock of tongs_clock_now; TONGS_WORKER_DONE: not before it is woken */
	struct tongs_worker_task *next;
};

/* Registers `task` for the life of the process; called by a constructor of the library. */
void tongs_worker_add(struct tongs_worker_task *task);

/* Runs `task` soon. From any thread, with no lock held. False if the thread cannot be started, has stopped for exit, or
 * has been busy with one piece of work for over a second: the caller then does urgent work itself. */
bool tongs_worker_wake(struct tongs_worker_task *task);

/* Registers a handler with atexit() that stops the worker for good, and waits until its thread has ended; for a second
 * at most, because a driver in that thread may wait for a lock that the thread in exit() holds.
 *
 * exit() calls handlers in reverse order. So a task that calls a driver must be preceded by a call of this after all
 * that registers the driver's static destructors: loading it, and making its first instance and VkDevice. False without
 * memory for the handler. */
bool tongs_worker_stop_at_exit(void);

#endif
