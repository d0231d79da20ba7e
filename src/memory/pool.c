/* SPDX-License-Identifier: MIT */
/* Free pages, in a hash table by key and in a list by age. The worker clears large ones, so that freeing them costs no
 * more than unmapping. Pages that nobody takes for TONGS_POOL_AGE go back to the system: at the next allocation or
 * release, else by the worker. */
#include "memory/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include <sys/mman.h>

#include "util/alloc.h"
#include "util/fork.h"
#include "util/poison.h"
#include "util/settings.h"
#include "util/worker.h"
#include "memory/clear.h"

enum { BUCKETS = 64 };

/* Clearing this much takes as long as the first byte of new pages, for which the kernel clears a huge page. So a taker
 * that finds nothing cleared clears as much itself. */
static const size_t CLEARED_BY_TAKER = (size_t)4 << 20;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tongs_pooled *buckets[BUCKETS]; /* guarded by lock, as the next ones; newest first */
static struct tongs_pooled *oldest, *newest;
static struct tongs_pooled *dirty, **dirty_end = &dirty;  /* to be cleared, oldest first; linked by `next` */
static struct tongs_pooled *cleared_now;                  /* by the worker; in none of the lists */
static pthread_cond_t cleared = PTHREAD_COND_INITIALIZER; /* cleared_now has become NULL */
static bool watched;                                      /* the worker will trim */
static _Atomic int64_t oldest_since = INT64_MAX;          /* written under lock; INT64_MAX: the pool is empty */
static atomic_size_t held;

bool tongs_pool_reserve(size_t bytes) {
	const size_t limit = tongs_settings_get(TONGS_SETTING_POOL_LIMIT);
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

/* Lists by key, linked in the items: a key has any number of them, and keeping one takes no memory. */
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

static void append_dirty_locked(struct tongs_pooled *item) {
	item->next = NULL;
	*dirty_end = item;
	dirty_end = &item->next;
}

static struct tongs_pooled *take_dirty_locked(struct tongs_pooled **link) {
	struct tongs_pooled *item = *link;
	*link = item->next;
	if (!*link)
		dirty_end = link;
	return item;
}

static struct tongs_pooled *find_dirty_locked(size_t key) {
	for (struct tongs_pooled **link = &dirty; *link; link = &(*link)->next)
		if ((*link)->key == key)
			return take_dirty_locked(link);
	return NULL;
}

static void clear(struct tongs_pooled *item) {
	tongs_unpoison(item->pages, item->size);
	tongs_pages_clear(item->pages, item->size);
	tongs_poison(item->pages, item->size);
}

struct tongs_pooled *tongs_pool_take(size_t key) {
	struct tongs_pooled *unclean = NULL;
	pthread_mutex_lock(&lock);
	struct tongs_pooled *item = find_locked(key);
	if (item)
		unlink_locked(item);
	else if (key <= CLEARED_BY_TAKER)
		unclean = find_dirty_locked(key);
	pthread_mutex_unlock(&lock);
	if (unclean)
		clear(unclean);
	return item ? item : unclean;
}

/* Destroys what was put at `until` or before. Returns whether there was any. */
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

/* Lets others take `item`, which holds zeros. */
static void keep(struct tongs_pooled *item) {
	item->since = get_now();
	pthread_mutex_lock(&lock);
	/* The kernel may take the pages when memory is short: new ones hold zeros, too. Not the first small ones of a
	 * key: their owner may come back at once, and the first write after MADV_FREE is slow. */
	if (item->size > TONGS_HUGE_PAGE || find_locked(item->key)) {
		pthread_mutex_unlock(&lock);
		madvise(item->pages, item->size, MADV_FREE);
		pthread_mutex_lock(&lock);
	}
	link_locked(item);
	if (cleared_now == item) {
		cleared_now = NULL;
		pthread_cond_broadcast(&cleared);
	}
	pthread_mutex_unlock(&lock);
}

/* Clears the oldest dirty item. False: there is none. */
static bool clear_one(bool by_worker) {
	pthread_mutex_lock(&lock);
	struct tongs_pooled *item = dirty ? take_dirty_locked(&dirty) : NULL;
	if (by_worker)
		cleared_now = item;
	pthread_mutex_unlock(&lock);
	if (item) {
		clear(item);
		keep(item);
	}
	return item;
}

static uint64_t run(void) {
	if (clear_one(true))
		return 0;
	tongs_pool_tick();
	pthread_mutex_lock(&lock);
	const bool empty = !oldest;
	int64_t age = empty ? 0 : get_now() - oldest->since;
	watched = !empty;
	pthread_mutex_unlock(&lock);
	if (empty)
		return TONGS_WORKER_DONE;
	/* The clock is coarse. */
	return (uint64_t)(age < TONGS_POOL_AGE ? TONGS_POOL_AGE - age : 0) + 10000000;
}

static struct tongs_worker_task task = {.run = run};

__attribute__((constructor)) static void add_task(void) {
	tongs_worker_add(&task);
}

/* The child starts over with what the worker was clearing. */
static void begin_child_locked(void) {
	watched = false;
	pthread_cond_init(&cleared, NULL);
	if (cleared_now)
		append_dirty_locked(cleared_now);
	cleared_now = NULL;
}

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_POOL, begin_child_locked);

void tongs_pool_put(struct tongs_pooled *item) {
	keep(item);
	pthread_mutex_lock(&lock);
	const bool wake = !watched;
	watched = true;
	pthread_mutex_unlock(&lock);
	/* If no thread can be started, the next put tries again. */
	if (!wake || tongs_worker_wake(&task))
		return;
	pthread_mutex_lock(&lock);
	watched = false;
	pthread_mutex_unlock(&lock);
}

void tongs_pool_put_dirty(struct tongs_pooled *item) {
	tongs_poison(item->pages, item->size);
	pthread_mutex_lock(&lock);
	append_dirty_locked(item);
	pthread_mutex_unlock(&lock);
	if (!tongs_worker_wake(&task))
		while (clear_one(false))
			;
}

#ifdef TONGS_TEST_HOOKS
void tongs_pool_settle(void) {
	pthread_mutex_lock(&lock);
	while (dirty || cleared_now) {
		pthread_mutex_unlock(&lock);
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		pthread_mutex_lock(&lock);
	}
	pthread_mutex_unlock(&lock);
}
#endif

bool tongs_pool_drain(void) {
	pthread_mutex_lock(&lock);
	struct tongs_pooled *doomed = dirty, *next;
	dirty = NULL;
	dirty_end = &dirty;
	while (cleared_now)
		pthread_cond_wait(&cleared, &lock);
	pthread_mutex_unlock(&lock);
	const bool any = doomed;
	for (; doomed; doomed = next) {
		next = doomed->next;
		doomed->destroy(doomed);
	}
	return destroy_until(INT64_MAX) || any;
}

void *tongs_pool_map(size_t size, size_t alignment) {
	void *pages = tongs_alloc_pages(size, alignment);
	if (!pages && tongs_pool_drain())
		pages = tongs_alloc_pages(size, alignment);
	return pages;
}
