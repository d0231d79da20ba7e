/* SPDX-License-Identifier: MIT */
/* One thread for what need not be done at once. It is there only while there is something to do, or to wait for. */
#ifndef TONGS_UTIL_WORKER_H
#define TONGS_UTIL_WORKER_H

#include <stdbool.h>
#include <stdint.h>

/* The task waits for nothing. */
#define TONGS_WORKER_DONE UINT64_MAX

struct tongs_worker_task {
	/* Does what there is to do, in the thread and with no lock held. Returns after how many nanoseconds it is to be
	 * called again at the latest, or TONGS_WORKER_DONE. */
	uint64_t (*run)(void);
	struct tongs_worker_task *next;
};

/* When the library is loaded. */
void tongs_worker_add(struct tongs_worker_task *task);

/* There is something to do: soon all tasks are run. From any thread, with no lock held. False where no thread can be
 * started; then the next call tries again. A child by fork has a thread of its own from its first call on. */
bool tongs_worker_wake(void);

#endif
