/* SPDX-License-Identifier: MIT */
/* Waiting for a word of memory to change. */
#ifndef TONGS_UTIL_FUTEX_H
#define TONGS_UTIL_FUTEX_H

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static inline void tongs_futex_wake(_Atomic uint32_t *word, int count) {
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

static inline void tongs_futex_wake_all(_Atomic uint32_t *word) {
	tongs_futex_wake(word, INT_MAX);
}

/* Returns when the word is not `seen`, or no longer, or at random; at the latest after `timeout`; NULL: never. */
static inline void tongs_futex_wait(_Atomic uint32_t *word, uint32_t seen, const struct timespec *timeout) {
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, timeout, NULL, 0);
}

#endif
