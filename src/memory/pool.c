/* SPDX-License-Identifier: MIT */
/* The pool keeps whole mappings, in a hash table by key and in a list by age. The worker clears large ones, so that
 * freeing them costs no more than unmapping. Mappings that are not reused within TONGS_POOL_AGE return to the system:
 * at the next allocation or release, or else by the worker.
 *
 * A slab is a 2 MiB mapping cut into equal slots, whose size is a power of two. Free slots hold zeros: they are cleared
 * when they are freed. A slab without used slots becomes one of the pool's mappings; in the others, the worker returns
 * the pages of slots that stay free to the system. */
#include "memory/pool.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include <sys/mman.h>

#include "memory/clear.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/fork.h"
#include "util/poison.h"
#include "util/settings.h"
#include "util/worker.h"

enum { BUCKETS = 64 };

/* Clearing this much takes as long as touching the first byte of new pages, for which the kernel clears a huge page. So
 * if no cleared pages are left, the allocating thread clears up to this much itself. */
static const size_t CLEARED_BY_TAKER = (size_t)4 << 20;

static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;
static struct tongs_pooled *buckets[BUCKETS]; /* guarded by pool_lock, like the next ones; newest first */
static struct tongs_pooled *oldest, *newest;
static struct tongs_pooled *dirty, **dirty_end = &dirty;  /* to be cleared, oldest first; linked by `next` */
static struct tongs_pooled *cleared_now;                  /* being cleared by the worker; in no list */
static pthread_cond_t cleared = PTHREAD_COND_INITIALIZER; /* cleared_now has become NULL */
static bool trim_scheduled;                               /* the worker will trim */
static _Atomic int64_t oldest_since = INT64_MAX;          /* written under pool_lock; INT64_MAX: the pool is empty */
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

/* Lists by key, linked through the items: a key may have any number of them, and adding one allocates nothing. */
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

static void link_item_locked(struct tongs_pooled *item) {
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

static void unlink_item_locked(struct tongs_pooled *item) {
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
	pthread_mutex_lock(&pool_lock);
	struct tongs_pooled *item = find_locked(key);
	if (item)
		unlink_item_locked(item);
	else if (key <= CLEARED_BY_TAKER)
		unclean = find_dirty_locked(key);
	pthread_mutex_unlock(&pool_lock);
	if (unclean)
		clear(unclean);
	return item ? item : unclean;
}

/* Destroys what was put at `until` or before. Returns whether there was any. */
static bool destroy_until(int64_t until) {
	struct tongs_pooled *doomed = NULL, *next;
	pthread_mutex_lock(&pool_lock);
	while (oldest && oldest->since <= until) {
		struct tongs_pooled *item = oldest;
		unlink_item_locked(item);
		item->next = doomed;
		doomed = item;
	}
	pthread_mutex_unlock(&pool_lock);
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
	pthread_mutex_lock(&pool_lock);
	/* The kernel may take the pages when memory is short: new ones hold zeros, too. Not the first small ones of a
	 * key: they may be reused at once, and the first write after MADV_FREE is slow. */
	if (item->size > TONGS_HUGE_PAGE || find_locked(item->key)) {
		pthread_mutex_unlock(&pool_lock);
		madvise(item->pages, item->size, MADV_FREE);
		pthread_mutex_lock(&pool_lock);
	}
	link_item_locked(item);
	if (cleared_now == item) {
		cleared_now = NULL;
		pthread_cond_broadcast(&cleared);
	}
	pthread_mutex_unlock(&pool_lock);
}

/* Clears the oldest dirty item. False: there is none. */
static bool clear_one(bool by_worker) {
	pthread_mutex_lock(&pool_lock);
	struct tongs_pooled *item = dirty ? take_dirty_locked(&dirty) : NULL;
	if (by_worker)
		cleared_now = item;
	pthread_mutex_unlock(&pool_lock);
	if (item) {
		clear(item);
		keep(item);
	}
	return item;
}

static uint64_t run_pool(void) {
	if (clear_one(true))
		return 0;
	tongs_pool_tick();
	pthread_mutex_lock(&pool_lock);
	const bool empty = !oldest;
	int64_t age = empty ? 0 : get_now() - oldest->since;
	trim_scheduled = !empty;
	pthread_mutex_unlock(&pool_lock);
	if (empty)
		return TONGS_WORKER_DONE;
	/* The clock is coarse. */
	return (uint64_t)(age < TONGS_POOL_AGE ? TONGS_POOL_AGE - age : 0) + 10000000;
}

static struct tongs_worker_task pool_task = {.run = run_pool};

/* The child starts over with what the worker was clearing. */
static void begin_pool_child_locked(void) {
	trim_scheduled = false;
	pthread_cond_init(&cleared, NULL);
	if (cleared_now)
		append_dirty_locked(cleared_now);
	cleared_now = NULL;
}

TONGS_FORK_STATIC_LOCK(&pool_lock, TONGS_LOCK_POOL, begin_pool_child_locked);

void tongs_pool_put(struct tongs_pooled *item) {
	keep(item);
	pthread_mutex_lock(&pool_lock);
	const bool wake = !trim_scheduled;
	trim_scheduled = true;
	pthread_mutex_unlock(&pool_lock);
	/* If no thread can be started, the next put tries again. */
	if (!wake || tongs_worker_wake(&pool_task))
		return;
	pthread_mutex_lock(&pool_lock);
	trim_scheduled = false;
	pthread_mutex_unlock(&pool_lock);
}

void tongs_pool_put_dirty(struct tongs_pooled *item) {
	tongs_poison(item->pages, item->size);
	pthread_mutex_lock(&pool_lock);
	append_dirty_locked(item);
	pthread_mutex_unlock(&pool_lock);
	if (!tongs_worker_wake(&pool_task))
		while (clear_one(false))
			;
}

#ifdef TONGS_TEST_HOOKS
void tongs_pool_settle(void) {
	pthread_mutex_lock(&pool_lock);
	while (dirty || cleared_now) {
		pthread_mutex_unlock(&pool_lock);
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		pthread_mutex_lock(&pool_lock);
	}
	pthread_mutex_unlock(&pool_lock);
}
#endif

bool tongs_pool_drain(void) {
	pthread_mutex_lock(&pool_lock);
	struct tongs_pooled *doomed = dirty, *next;
	dirty = NULL;
	dirty_end = &dirty;
	while (cleared_now)
		pthread_cond_wait(&cleared, &pool_lock);
	pthread_mutex_unlock(&pool_lock);
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

/* Slabs, whose free slots count as the pool's bytes while they have pages. */

#define SLAB_BYTES TONGS_HUGE_PAGE
#define MIN_SLOT_SHIFT 12
#define MAX_SMALL_SHIFT 18
/* The largest slots: two to a slab, which is one huge page. Clearing it costs a tenth of clearing as many small pages.
 */
#define HUGE_SHIFT 20
#define CLASS_COUNT (HUGE_SHIFT - MIN_SLOT_SHIFT + 1)
#define MAX_SLOTS (SLAB_BYTES >> MIN_SLOT_SHIFT)
#define WORD_BITS 64

struct tongs_slab {
	struct tongs_pooled pooled;         /* first; in the pool while no slot is used */
	struct tongs_slab *next, *previous; /* in its size's list while it has used slots and free ones */
	unsigned slot_shift;
	unsigned slot_count;
	unsigned used_count, backed_count;
	uint64_t used[MAX_SLOTS / WORD_BITS];
	uint64_t backed[MAX_SLOTS / WORD_BITS]; /* free slots that have pages, whose bytes are reserved */
	uint64_t idle[MAX_SLOTS / WORD_BITS];   /* backed slots that the previous sweep saw */
	/* For the sweep alone: slots whose pages it gives back. They count as used meanwhile. */
	uint64_t releasing[MAX_SLOTS / WORD_BITS];
	unsigned releasing_count;
	struct tongs_slab *next_releasing;
};

static pthread_mutex_t slab_lock = PTHREAD_MUTEX_INITIALIZER;
/* By slot size; guarded by slab_lock, like all slabs with used slots. */
static struct tongs_slab *open_slabs[CLASS_COUNT];
static bool sweep_scheduled; /* guarded by slab_lock: the worker will sweep */

static uint64_t run_sweep(void);
static struct tongs_worker_task sweep_task = {.run = run_sweep};

/* Slots that the worker was releasing stay used in the child. */
static void begin_slab_child_locked(void) {
	sweep_scheduled = false;
}

TONGS_FORK_STATIC_LOCK(&slab_lock, TONGS_LOCK_SLAB, begin_slab_child_locked);

static struct tongs_slab **list_of(const struct tongs_slab *slab) {
	return &open_slabs[slab->slot_shift - MIN_SLOT_SHIFT];
}

static unsigned slot_shift_for(size_t size) {
	unsigned shift = MIN_SLOT_SHIFT;
	while ((size_t)1 << shift < size)
		shift++;
	return shift <= MAX_SMALL_SHIFT ? shift : HUGE_SHIFT;
}

bool tongs_pool_fits_slot(size_t size) {
	const size_t huge = (size_t)1 << HUGE_SHIFT;
	/* A huge page is resident as a whole: more than an eighth of a slot must not be wasted. */
	return size <= (size_t)1 << MAX_SMALL_SHIFT || (size <= huge && huge - size <= huge / 8);
}

static uint64_t bit_of(unsigned slot) {
	return UINT64_C(1) << slot % WORD_BITS;
}

static void link_slab_locked(struct tongs_slab *slab) {
	struct tongs_slab **list = list_of(slab);
	slab->previous = NULL;
	slab->next = *list;
	if (slab->next)
		slab->next->previous = slab;
	*list = slab;
}

static void unlink_slab_locked(struct tongs_slab *slab) {
	if (slab->next)
		slab->next->previous = slab->previous;
	if (slab->previous)
		slab->previous->next = slab->next;
	else
		*list_of(slab) = slab->next;
}

static size_t backed_bytes(const struct tongs_slab *slab) {
	return (size_t)slab->backed_count << slab->slot_shift;
}

static void destroy_slab(struct tongs_pooled *item) {
	struct tongs_slab *slab = (struct tongs_slab *)item;
	tongs_pool_release(backed_bytes(slab));
	tongs_unpoison(item->pages, SLAB_BYTES);
	tongs_free_pages(item->pages, SLAB_BYTES);
	tongs_free(NULL, slab);
}

static struct tongs_slab *create_slab(unsigned slot_shift) {
	struct tongs_slab *slab = tongs_malloc(1, sizeof(*slab));
	if (!slab)
		return NULL;
	slab->slot_shift = slot_shift;
	slab->slot_count = (unsigned)(SLAB_BYTES >> slot_shift);
	slab->pooled.key = (size_t)1 << slot_shift;
	slab->pooled.size = SLAB_BYTES;
	slab->pooled.destroy = destroy_slab;
	slab->pooled.pages = tongs_pool_map(SLAB_BYTES, SLAB_BYTES);
	if (!slab->pooled.pages) {
		tongs_free(NULL, slab);
		return NULL;
	}
	if (slot_shift == HUGE_SHIFT)
		madvise(slab->pooled.pages, SLAB_BYTES, MADV_HUGEPAGE);
	tongs_poison(slab->pooled.pages, SLAB_BYTES);
	return slab;
}

/* Prefers a slot that has pages. */
static unsigned take_slot_locked(struct tongs_slab *slab) {
	const bool backed = slab->backed_count > 0;
	unsigned word = 0;
	while (backed ? slab->backed[word] == 0 : slab->used[word] == UINT64_MAX)
		word++;
	uint64_t free = backed ? slab->backed[word] : ~slab->used[word];
	unsigned slot = word * WORD_BITS + (unsigned)__builtin_ctzll(free);
	assert(slot < slab->slot_count);
	slab->used[word] |= bit_of(slot);
	if (++slab->used_count == slab->slot_count)
		unlink_slab_locked(slab);
	return slot;
}

/* Returns a slab with a free slot; NULL when memory runs out. Unlocks to make one. */
static struct tongs_slab *open_locked(unsigned slot_shift) {
	struct tongs_slab *slab = open_slabs[slot_shift - MIN_SLOT_SHIFT];
	if (slab)
		return slab;
	pthread_mutex_unlock(&slab_lock);
	slab = (struct tongs_slab *)tongs_pool_take((size_t)1 << slot_shift);
	if (!slab)
		slab = create_slab(slot_shift);
	pthread_mutex_lock(&slab_lock);
	if (slab)
		link_slab_locked(slab);
	return slab;
}

void *tongs_pool_alloc_slot(size_t size, struct tongs_slab **slab) {
	const unsigned slot_shift = slot_shift_for(size);
	char *pages = NULL;
	uint64_t backed = 0;
	pthread_mutex_lock(&slab_lock);
	struct tongs_slab *open = open_locked(slot_shift);
	if (open) {
		unsigned slot = take_slot_locked(open);
		backed = open->backed[slot / WORD_BITS] & bit_of(slot);
		open->backed[slot / WORD_BITS] ^= backed;
		open->idle[slot / WORD_BITS] &= ~backed;
		open->backed_count -= backed != 0;
		pages = open->pooled.pages + ((size_t)slot << slot_shift);
		*slab = open;
	}
	pthread_mutex_unlock(&slab_lock);
	if (backed)
		tongs_pool_release((size_t)1 << slot_shift);
	if (pages)
		tongs_unpoison(pages, size);
	return pages;
}

/* The huge page of a slab of the largest slots is resident as a whole, whichever slot was used. */
static bool back_all_slots(struct tongs_slab *slab) {
	if (!tongs_pool_reserve(SLAB_BYTES - backed_bytes(slab)))
		return false;
	slab->backed[0] = bit_of(slab->slot_count) - 1;
	slab->backed_count = slab->slot_count;
	return true;
}

/* Takes over a slab without used slots, which no other thread can reach. */
static void retire_slab(struct tongs_slab *slab) {
	if (slab->slot_shift == HUGE_SHIFT ? back_all_slots(slab) : backed_bytes(slab) > 0)
		tongs_pool_put(&slab->pooled);
	else
		destroy_slab(&slab->pooled);
}

/* Frees `count` slots. True if no used slot remains: then no other thread can reach the slab. */
static bool unuse_locked(struct tongs_slab *slab, unsigned count) {
	if (slab->used_count == slab->slot_count)
		link_slab_locked(slab);
	slab->used_count -= count;
	if (slab->used_count > 0)
		return false;
	unlink_slab_locked(slab);
	return true;
}

static void cancel_sweep(void) {
	pthread_mutex_lock(&slab_lock);
	sweep_scheduled = false;
	pthread_mutex_unlock(&slab_lock);
}

void tongs_pool_free_slot(struct tongs_slab *slab, void *pages, size_t size) {
	const size_t slot_bytes = (size_t)1 << slab->slot_shift;
	const unsigned slot = (unsigned)((size_t)((char *)pages - slab->pooled.pages) >> slab->slot_shift);
	const bool keep = tongs_pool_reserve(slot_bytes);
	tongs_unpoison(pages, slot_bytes);
	if (keep)
		tongs_pages_clear(pages, size);
	else
		tongs_pages_discard(pages, slot_bytes);
	tongs_poison(pages, slot_bytes);

	pthread_mutex_lock(&slab_lock);
	slab->used[slot / WORD_BITS] &= ~bit_of(slot);
	if (keep) {
		slab->backed[slot / WORD_BITS] |= bit_of(slot);
		slab->backed_count++;
	}
	const bool empty = unuse_locked(slab, 1), wake = keep && !empty && !sweep_scheduled;
	sweep_scheduled |= wake;
	pthread_mutex_unlock(&slab_lock);
	if (empty)
		retire_slab(slab);
	/* If no thread can be started, the next free tries again. */
	if (wake && !tongs_worker_wake(&sweep_task))
		cancel_sweep();
}

/* Takes the slots that have been free since the previous sweep. False if there are none. */
static bool take_idle_locked(struct tongs_slab *slab) {
	slab->releasing_count = 0;
	for (unsigned word = 0; word < MAX_SLOTS / WORD_BITS; word++) {
		const uint64_t releasing = slab->backed[word] & slab->idle[word];
		slab->releasing[word] = releasing;
		slab->releasing_count += (unsigned)__builtin_popcountll(releasing);
		slab->used[word] |= releasing;
		slab->backed[word] &= ~releasing;
		slab->idle[word] = slab->backed[word];
	}
	slab->backed_count -= slab->releasing_count;
	slab->used_count += slab->releasing_count;
	if (slab->releasing_count > 0 && slab->used_count == slab->slot_count)
		unlink_slab_locked(slab);
	return slab->releasing_count > 0;
}

static bool is_releasing(const struct tongs_slab *slab, unsigned slot) {
	return slot < slab->slot_count && (slab->releasing[slot / WORD_BITS] & bit_of(slot));
}

/* Adjacent slots in one call. */
static void discard_slots(struct tongs_slab *slab) {
	for (unsigned slot = 0, end; slot < slab->slot_count; slot = end + 1) {
		for (end = slot; is_releasing(slab, end); end++)
			;
		if (end == slot)
			continue;
		char *pages = slab->pooled.pages + ((size_t)slot << slab->slot_shift);
		const size_t bytes = (size_t)(end - slot) << slab->slot_shift;
		tongs_unpoison(pages, bytes);
		tongs_pages_discard(pages, bytes);
		tongs_poison(pages, bytes);
	}
	tongs_pool_release((size_t)slab->releasing_count << slab->slot_shift);
}

static void release_slots(struct tongs_slab *slab) {
	discard_slots(slab);
	pthread_mutex_lock(&slab_lock);
	for (unsigned word = 0; word < MAX_SLOTS / WORD_BITS; word++)
		slab->used[word] &= ~slab->releasing[word];
	const bool empty = unuse_locked(slab, slab->releasing_count);
	pthread_mutex_unlock(&slab_lock);
	if (empty)
		retire_slab(slab);
}

bool tongs_pool_sweep_slots(void) {
	struct tongs_slab *releasing = NULL, *next;
	bool some = false;
	pthread_mutex_lock(&slab_lock);
	for (unsigned class = 0; class < CLASS_COUNT; class ++) {
		for (struct tongs_slab *slab = open_slabs[class]; slab; slab = next) {
			next = slab->next;
			if (slab->backed_count > 0 && take_idle_locked(slab)) {
				slab->next_releasing = releasing;
				releasing = slab;
			}
			some |= slab->backed_count > 0;
		}
	}
	sweep_scheduled = some;
	pthread_mutex_unlock(&slab_lock);
	for (; releasing; releasing = next) {
		next = releasing->next_releasing;
		release_slots(releasing);
	}
	return some;
}

/* The worker's task: sweeps every TONGS_POOL_AGE, whatever wakes it. */
static uint64_t run_sweep(void) {
	static int64_t last;
	const int64_t now = (int64_t)tongs_clock_now();
	if (now - last < TONGS_POOL_AGE) {
		pthread_mutex_lock(&slab_lock);
		const bool wanted = sweep_scheduled;
		pthread_mutex_unlock(&slab_lock);
		return wanted ? (uint64_t)(last + TONGS_POOL_AGE - now) : TONGS_WORKER_DONE;
	}
	last = now;
	return tongs_pool_sweep_slots() ? (uint64_t)TONGS_POOL_AGE : TONGS_WORKER_DONE;
}

__attribute__((constructor)) static void add_tasks(void) {
	tongs_worker_add(&pool_task);
	tongs_worker_add(&sweep_task);
}
