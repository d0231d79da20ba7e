/* SPDX-License-Identifier: MIT */
/* CLOCK_MONOTONIC in nanoseconds. */
#ifndef TONGS_UTIL_CLOCK_H
#define TONGS_UTIL_CLOCK_H

#include <stdint.h>
#include <time.h>

#define TONGS_MS UINT64_C(1000000)
#define TONGS_SECOND UINT64_C(1000000000)

static inline uint64_t tongs_clock_now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * TONGS_SECOND + (uint64_t)time.tv_nsec;
}

/* A time, or a span of it. */
static inline struct timespec tongs_clock_timespec(uint64_t nanoseconds) {
	return (struct timespec){
		.tv_sec = (time_t)(nanoseconds / TONGS_SECOND),
		.tv_nsec = (long)(nanoseconds % TONGS_SECOND),
	};
}

static inline struct timespec tongs_clock_in(unsigned seconds) {
	return tongs_clock_timespec(tongs_clock_now() + seconds * TONGS_SECOND);
}

#endif
