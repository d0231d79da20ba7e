/* SPDX-License-Identifier: MIT */
/* The reaper: its thread, and its end at exit and in children. */
#include "vulkan/reaper.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

#include <sys/prctl.h>

#include "util/fork.h"
#include "vulkan/own_device.h"

#define SECOND UINT64_C(1000000000)

/* A program that opens and closes devices one after the other finds its old one; one that has done with Metal has its
 * memory and threads back soon. */
static const uint64_t DELAY = 2 * SECOND;
/* Drivers destroy a device in a fraction of that. It is waited for in vain only when the driver waits for a lock of its
 * own that the thread which calls exit() holds, in a callback of the driver's. */
static const uint64_t PATIENCE_AT_EXIT = SECOND;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* What follows is guarded by it. */
static bool prepared;          /* the next is there */
static pthread_cond_t changed; /* of CLOCK_MONOTONIC */
static uint64_t delay = DELAY;
static bool running; /* `thread` is there, and may call Vulkan */
static bool awaited; /* somebody joins it */
static bool exiting;
static pthread_t thread;

void tongs_reaper_lock(void) {
	pthread_mutex_lock(&lock);
}

void tongs_reaper_unlock(void) {
	pthread_mutex_unlock(&lock);
}

uint64_t tongs_reaper_now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

static uint64_t later(uint64_t time, uint64_t by) {
	return time > UINT64_MAX - by ? UINT64_MAX : time + by;
}

/* False when the time has come. */
static bool wait_locked(uint64_t until) {
	const struct timespec time = {.tv_sec = (time_t)(until / SECOND), .tv_nsec = (long)(until % SECOND)};
	return pthread_cond_timedwait(&changed, &lock, &time) != ETIMEDOUT;
}

/* exit() calls handlers in reverse order, so ours must be younger than those of the drivers that the thread may be in:
 * a driver's are registered when it is loaded, by its static constructors, or when it makes a device. At a let-go all
 * that is done, and a driver may have been loaded since the last one; so there the handler is registered anew, and the
 * former one taken back. So is the last, when the thread ends: left behind, it would keep the C library from using the
 * entries of unloaded drivers again. atexit() takes nothing back; these two, of the Itanium C++ ABI, do it for
 * libraries that are unloaded, which a mark poses as. __cxa_finalize calls the handler, and may wait for a fork, so the
 * lock is not held in it. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier) */
extern int __cxa_atexit(void (*function)(void *), void *argument, void *library);
/* NOLINTNEXTLINE(bugprone-reserved-identifier) */
extern void __cxa_finalize(void *library);

static uintptr_t mark;  /* of the handler that counts; 0: none. Guarded by the lock, as the next */
static uintptr_t marks; /* how many there have been */

/* When it returns the thread is out of Vulkan and gone, or waits for a lock of the driver's that will never be free. */
static void stop_at_exit(void *registered) {
	bool ended = false;
	pthread_mutex_lock(&lock);
	/* Another one is being taken back, or about to be. */
	bool counts = (uintptr_t)registered == mark;
	if (counts && running && !exiting) {
		uint64_t until = later(tongs_reaper_now(), PATIENCE_AT_EXIT);
		awaited = true;
		exiting = true;
		pthread_cond_broadcast(&changed);
		while (running && wait_locked(until))
			;
		ended = !running;
	}
	exiting |= counts;
	pthread_mutex_unlock(&lock);
	if (ended)
		pthread_join(thread, NULL);
}

/* Returns what is to be taken back with the lock released; 0: nothing, or the handler could not be registered. */
static uintptr_t register_locked(void) {
	void *next = (void *)++marks;
	if (__cxa_atexit(stop_at_exit, next, next) != 0)
		return 0;
	uintptr_t former = mark;
	mark = marks;
	return former;
}

static void take_back(uintptr_t former) {
	/* 0 would be the handlers of every library. */
	if (former)
		__cxa_finalize((void *)former);
}

static void *reap(void *unused) {
	(void)unused;
	prctl(PR_SET_NAME, "tongs-reaper");
	pthread_mutex_lock(&lock);
	while (!exiting) {
		uint64_t now = tongs_reaper_now(), oldest;
		struct tongs_own_device *dev =
			tongs_own_device_take_unused_locked(now > delay ? now - delay : 0, &oldest);
		if (dev) {
			pthread_mutex_unlock(&lock);
			tongs_own_device_free(dev);
			pthread_mutex_lock(&lock);
		} else if (oldest != UINT64_MAX)
			wait_locked(later(oldest, delay));
		else
			break;
	}
	running = false;
	uintptr_t former = mark;
	mark = 0;
	if (awaited)
		pthread_cond_broadcast(&changed);
	else
		pthread_detach(thread);
	pthread_mutex_unlock(&lock);
	take_back(former);
	return NULL;
}

static bool init_condition(void) {
	pthread_condattr_t attributes;
	if (pthread_condattr_init(&attributes) != 0)
		return false;
	bool done = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
		    pthread_cond_init(&changed, &attributes) == 0;
	pthread_condattr_destroy(&attributes);
	return done;
}

/* The child has no thread but the one that forked. What the reaper was in the middle of stays as it is. */
static void begin_child_locked(void) {
	running = false;
	awaited = false;
	prepared = init_condition();
	tongs_own_device_inherit_locked();
}

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_OWN_DEVICES, begin_child_locked);

static void prepare(void) {
	prepared = init_condition();
}

/* Signals are for the application's threads. */
static bool start_locked(void) {
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bool started = pthread_create(&thread, NULL, reap, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

void tongs_reaper_wake(void) {
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, prepare);
	uintptr_t former = 0;
	pthread_mutex_lock(&lock);
	if (prepared && !exiting) {
		former = register_locked();
		if (!running && mark)
			running = start_locked();
		if (!running) {
			former = mark;
			mark = 0;
		}
	}
	pthread_mutex_unlock(&lock);
	take_back(former);
}

#ifdef TONGS_TEST_HOOKS
void tongs_reaper_set_delay(uint64_t nanoseconds) {
	pthread_mutex_lock(&lock);
	delay = nanoseconds;
	if (running)
		pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}
#endif
