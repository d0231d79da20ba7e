/* SPDX-License-Identifier: MIT */
/* Free pages by key and by age. What nobody wanted for a time goes back whenever memory is allocated or freed, and in a
 * program that does neither by a thread, the sweeper, which is there only while the pool holds something. */
#include "metal/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include <sys/mman.h>
#include <sys/prctl.h>

#include "base/alloc.h"
#include "base/fork.h"
#include "metal/clear.h"
#include "metal/pool_limit.h"

enum { BUCKETS = 64 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tongs_pooled *buckets[BUCKETS]; /* guarded by lock, as the next ones; newest first */
static struct tongs_pooled *oldest, *newest;
static bool swept;                               /* the sweeper is there, or about to be */
static _Atomic int64_t oldest_since = INT64_MAX; /* written under lock; INT64_MAX: the pool is empty */
static atomic_size_t held;

bool tongs_pool_reserve(size_t bytes) {
	const size_t limit = tongs_pool_limit();
	size_t now = atomic_load_explicit(&held, memory_order_relaxed);
	do {
		if (bytes > limit || now > limit - bytes)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		&held, &now, now + bytes, memory_order_relaxed, memory_order_relaxed));
	return true;
}

void tongs_pool_release(size_t bytes) {
	atomic_fetch_sub_explicit(&held, bytes, memory_order_relaxed);
}

size_t tongs_pool_get_held(void) {
	return atomic_load_explicit(&held, memory_order_relaxed);
}

static int64_t get_now(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct tongs_pooled **bucket_of(size_t key) {
	return &buckets[(key * UINT64_C(0x9e3779b97f4a7c15)) >> 58];
}

static struct tongs_pooled *find_locked(size_t key) {
	struct tongs_pooled *item = *bucket_of(key);
	while (item && item->key != key)
		item = item->next;
	return item;
}

static void update_oldest_locked(void) {
	atomic_store_explicit(&oldest_since, oldest ? oldest->since : INT64_MAX, memory_order_relaxed);
}

static void link_locked(struct tongs_pooled *item) {
	struct tongs_pooled **bucket = bucket_of(item->key);
	item->previous = NULL;
	item->next = *bucket;
	if (item->next)
		item->next->previous = item;
	*bucket = item;

	item->newer = NULL;
	item->older = newest;
	if (newest)
		newest->newer = item;
	else
		oldest = item;
	newest = item;
	update_oldest_locked();
}

static void unlink_locked(struct tongs_pooled *item) {
	if (item->next)
		item->next->previous = item->previous;
	if (item->previous)
		item->previous->next = item->next;
	else
		*bucket_of(item->key) = item->next;

	if (item->newer)
		item->newer->older = item->older;
	else
		newest = item->older;
	if (item->older)
		item->older->newer = item->newer;
	else
		oldest = item->newer;
	update_oldest_locked();
}

struct tongs_pooled *tongs_pool_take(size_t key) {
	pthread_mutex_lock(&lock);
	struct tongs_pooled *item = find_locked(key);
	if (item)
		unlink_locked(item);
	pthread_mutex_unlock(&lock);
	return item;
}

/* What was put at `until` or before. */
static bool destroy_until(int64_t until) {
	struct tongs_pooled *doomed = NULL, *next;
	pthread_mutex_lock(&lock);
	while (oldest && oldest->since <= until) {
		struct tongs_pooled *item = oldest;
		unlink_locked(item);
		item->next = doomed;
		doomed = item;
	}
	pthread_mutex_unlock(&lock);
	const bool any = doomed;
	for (; doomed; doomed = next) {
		next = doomed->next;
		doomed->destroy(doomed);
	}
	return any;
}

void tongs_pool_trim(int64_t now) {
	destroy_until(now - TONGS_POOL_AGE);
}

void tongs_pool_tick(void) {
	int64_t since = atomic_load_explicit(&oldest_since, memory_order_relaxed);
	if (since == INT64_MAX)
		return;
	int64_t now = get_now();
	if (now - since >= TONGS_POOL_AGE)
		tongs_pool_trim(now);
}

static void *sweep(void *unused) {
	const struct timespec age = {.tv_sec = TONGS_POOL_AGE / 1000000000, .tv_nsec = TONGS_POOL_AGE % 1000000000};
	(void)unused;
	prctl(PR_SET_NAME, "tongs-pool");
	for (bool again = true; again;) {
		nanosleep(&age, NULL);
		tongs_pool_tick();
		pthread_mutex_lock(&lock);
		again = swept = oldest != NULL;
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void begin_child_locked(void) {
	swept = false;
}

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_POOL, begin_child_locked);

/* Without a thread, or the memory for one, there is none until something is next put here. Signals are for the
 * application's threads. */
static void start_sweeper(void) {
	sigset_t all, before;
	pthread_t thread;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	const bool started = pthread_create(&thread, NULL, sweep, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (started) {
		pthread_detach(thread);
		return;
	}
	pthread_mutex_lock(&lock);
	swept = false;
	pthread_mutex_unlock(&lock);
}

void tongs_pool_put(struct tongs_pooled *item) {
	item->since = get_now();
	pthread_mutex_lock(&lock);
	/* Lets the kernel have the pages when it is short of memory: they hold zeros, and so do those that come
	 * instead. Not the first small ones, because their owner may be about to come back, and writing to what was
	 * offered costs some time. */
	if (item->size > TONGS_HUGE_PAGE || find_locked(item->key)) {
		pthread_mutex_unlock(&lock);
		madvise(item->pages, item->size, MADV_FREE);
		pthread_mutex_lock(&lock);
	}
	link_locked(item);
	const bool start = !swept;
	swept = true;
	pthread_mutex_unlock(&lock);
	if (start)
		start_sweeper();
}

bool tongs_pool_drain(void) {
	return destroy_until(INT64_MAX);
}

void *tongs_pool_map(size_t size, size_t alignment) {
	void *pages = tongs_alloc_pages(size, alignment);
	if (!pages && tongs_pool_drain())
		pages = tongs_alloc_pages(size, alignment);
	return pages;
}
