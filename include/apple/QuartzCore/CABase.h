/* SPDX-License-Identifier: MIT */
/* Core Animation's clock. */
#ifndef TONGS_APPLE_CABASE_H
#define TONGS_APPLE_CABASE_H

#include <time.h>

#include <CoreFoundation/CFBase.h>

#ifdef __cplusplus
#define CA_EXTERN extern "C" __attribute__((visibility("default")))
#else
#define CA_EXTERN extern __attribute__((visibility("default")))
#endif

#ifdef CLOCK_MONOTONIC /* not with -std=c11, which hides it */
/* Seconds of the monotonic clock. */
static inline CFTimeInterval CACurrentMediaTime(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (CFTimeInterval)now.tv_sec + (CFTimeInterval)now.tv_nsec * 1e-9;
}
#endif

#endif
