/* SPDX-License-Identifier: MIT */
/* The page of a shared event that several processes have: its value, and a futex for those who wait in any of them.
 * What other processes write there is not believed: the event's own value never sinks, and no wait is for ever. */
#ifndef TONGS_METAL_EVENT_SHARE_H
#define TONGS_METAL_EVENT_SHARE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct tongs_shared_event;

/* Zeroed at first. The layout is part of the messages' version. */
struct tongs_event_page {
	_Atomic uint64_t value;
	_Atomic uint32_t changes; /* changes after each change of the value: a futex */
	_Atomic uint32_t waiters; /* a process that ends while it waits leaves its own */
};

struct tongs_event_share {
	atomic_size_t refs;
	int fd; /* a memfd, of the page */
	struct tongs_event_page *page;
	/* Guarded by the lock of event.c: */
	struct tongs_shared_event *event; /* NULL: it has ended */
	uint32_t process; /* a thread of the process after so many forks watches the page; 0: none does */
};

/* With one reference. NULL with errno. */
struct tongs_event_share *tongs_event_share_create(void);
/* Over another process' memfd, which it takes over on success. NULL with errno. */
struct tongs_event_share *tongs_event_share_adopt(int fd);
struct tongs_event_share *tongs_event_share_ref(struct tongs_event_share *share);
void tongs_event_share_unref(struct tongs_event_share *share); /* NULL is fine */

/* Raises the value, and wakes all who wait. */
void tongs_event_share_signal(struct tongs_event_share *share, uint64_t value);
/* Wakes all who wait. */
void tongs_event_share_wake(struct tongs_event_share *share);
/* Waits until `changes` is not `seen`, at most so many nanoseconds, and at most a second; or ends at random. */
void tongs_event_share_wait(struct tongs_event_share *share, uint32_t seen, uint64_t nanoseconds);

/* Raises a value; false: it is that high already. */
static inline bool tongs_event_raise(_Atomic uint64_t *word, uint64_t value) {
	uint64_t old = atomic_load(word);
	while (old < value && !atomic_compare_exchange_weak(word, &old, value))
		;
	return old < value;
}

#endif
