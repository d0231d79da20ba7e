/* SPDX-License-Identifier: MIT */
/* Counts the threads that are inside drivers. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pthread_cond_clockwait; NOLINT(bugprone-reserved-identifier) */
#endif
#include "vulkan/driver_call.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "util/clock.h"
#include "util/fork.h"
#include "util/lane.h"
#include "util/settings.h"
#include "vulkan/vk.h"

/* How long exit() waits: a driver's destructors crash threads that are inside it. */
enum { PATIENCE_SECONDS = 5 };

/* Constant once the library is loaded; NULL: none. */
static void (*at_exit)(void), (*at_end)(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Guarded by lock: */
static pthread_cond_t left = PTHREAD_COND_INITIALIZER;
static unsigned inside;
/* tongs_vk_get_generation when the handler was last registered; UINT_MAX: never */
static unsigned generation = UINT_MAX;
static bool exiting;

/* A child has no thread but the one that forked. */
static void begin_child_locked(void) {
	inside = 0;
	pthread_cond_init(&left, NULL);
}

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_DRIVER_CALL, begin_child_locked);

/* A lane releases a command buffer after those who wait for it have been woken: the leak check must not see that one.
 */
static void stop(void) {
	if (tongs_settings_get(TONGS_SETTING_LEAKS))
		tongs_lane_wait_for_all(PATIENCE_SECONDS);
	if (at_exit)
		at_exit();
	const struct timespec until = tongs_clock_in(PATIENCE_SECONDS);
	pthread_mutex_lock(&lock);
	exiting = true;
	while (inside > 0 && pthread_cond_clockwait(&left, &lock, CLOCK_MONOTONIC, &until) == 0)
		;
	const bool alone = inside == 0;
	pthread_mutex_unlock(&lock);
	if (alone && at_end)
		at_end();
}

void tongs_driver_call_set_at_exit(void (*call)(void)) {
	at_exit = call;
}

void tongs_driver_call_set_at_end(void (*call)(void)) {
	at_end = call;
}

bool tongs_driver_call_begin(void) {
	const unsigned now = tongs_vk_get_generation();
	pthread_mutex_lock(&lock);
	/* exit() calls handlers in reverse order: this one before those that the drivers have registered. */
	if (generation != now && !exiting) {
		pthread_mutex_unlock(&lock);
		const bool registered = atexit(stop) == 0;
		pthread_mutex_lock(&lock);
		if (registered)
			generation = now;
	}
	const bool may = !exiting && generation == now;
	inside += may;
	pthread_mutex_unlock(&lock);
	return may;
}

void tongs_driver_call_end(void) {
	pthread_mutex_lock(&lock);
	inside--;
	const bool wake = exiting;
	pthread_mutex_unlock(&lock);
	if (wake)
		pthread_cond_broadcast(&left);
}
