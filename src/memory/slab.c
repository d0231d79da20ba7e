/* SPDX-License-Identifier: MIT */
/* A slab is a 2 MiB mapping cut into equal slots, whose size is a power of two. Free slots hold zeros: they are cleared
 * when they are freed. The worker gives the pages of slots that stay free back to the system. */
#include "memory/slab.h"

#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include <sys/mman.h>

#include "util/alloc.h"
#include "util/fork.h"
#include "util/poison.h"
#include "util/worker.h"
#include "memory/clear.h"
#include "memory/pool.h"

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
	uint64_t
		backed[MAX_SLOTS / WORD_BITS]; /* free slots that have pages, for which the pool's bytes are reserved */
	uint64_t idle[MAX_SLOTS / WORD_BITS];  /* backed slots that the previous sweep saw */
	/* For the sweep alone: slots whose pages it gives back. They count as used meanwhile. */
	uint64_t releasing[MAX_SLOTS / WORD_BITS];
	unsigned releasing_count;
	struct tongs_slab *next_releasing;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* By slot size; guarded by lock, as all slabs with used slots are. */
static struct tongs_slab *open_slabs[CLASS_COUNT];
static bool watched; /* guarded by lock: the worker will sweep */

static struct tongs_worker_task sweep_task;

/* Slots that the worker was releasing stay used in the child. */
static void begin_child_locked(void) {
	watched = false;
}

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_SLAB, begin_child_locked);

static struct tongs_slab **list_of(const struct tongs_slab *slab) {
	return &open_slabs[slab->slot_shift - MIN_SLOT_SHIFT];
}

static unsigned slot_shift_for(size_t size) {
	unsigned shift = MIN_SLOT_SHIFT;
	while ((size_t)1 << shift < size)
		shift++;
	return shift <= MAX_SMALL_SHIFT ? shift : HUGE_SHIFT;
}

bool tongs_slab_fits(size_t size) {
	const size_t huge = (size_t)1 << HUGE_SHIFT;
	/* A huge page is resident as a whole: more than an eighth of a slot must not be wasted. */
	return size <= (size_t)1 << MAX_SMALL_SHIFT || (size <= huge && huge - size <= huge / 8);
}

static uint64_t bit_of(unsigned slot) {
	return UINT64_C(1) << slot % WORD_BITS;
}

static void link_locked(struct tongs_slab *slab) {
	struct tongs_slab **list = list_of(slab);
	slab->previous = NULL;
	slab->next = *list;
	if (slab->next)
		slab->next->previous = slab;
	*list = slab;
}

static void unlink_locked(struct tongs_slab *slab) {
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

static void destroy(struct tongs_pooled *item) {
	struct tongs_slab *slab = (struct tongs_slab *)item;
	tongs_pool_release(backed_bytes(slab));
	tongs_unpoison(item->pages, SLAB_BYTES);
	tongs_free_pages(item->pages, SLAB_BYTES);
	tongs_free(NULL, slab);
}

static struct tongs_slab *create(unsigned slot_shift) {
	struct tongs_slab *slab = tongs_malloc(1, sizeof(*slab));
	if (!slab)
		return NULL;
	slab->slot_shift = slot_shift;
	slab->slot_count = (unsigned)(SLAB_BYTES >> slot_shift);
	slab->pooled.key = (size_t)1 << slot_shift;
	slab->pooled.size = SLAB_BYTES;
	slab->pooled.destroy = destroy;
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
		unlink_locked(slab);
	return slot;
}

/* Returns a slab with a free slot; NULL when memory runs out. Unlocks the lock to make one. */
static struct tongs_slab *open_locked(unsigned slot_shift) {
	struct tongs_slab *slab = open_slabs[slot_shift - MIN_SLOT_SHIFT];
	if (slab)
		return slab;
	pthread_mutex_unlock(&lock);
	slab = (struct tongs_slab *)tongs_pool_take((size_t)1 << slot_shift);
	if (!slab)
		slab = create(slot_shift);
	pthread_mutex_lock(&lock);
	if (slab)
		link_locked(slab);
	return slab;
}

void *tongs_slab_alloc(size_t size, struct tongs_slab **slab) {
	const unsigned slot_shift = slot_shift_for(size);
	char *pages = NULL;
	uint64_t backed = 0;
	pthread_mutex_lock(&lock);
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
	pthread_mutex_unlock(&lock);
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

/* Takes a slab without used slots, which nobody else can reach. */
static void retire(struct tongs_slab *slab) {
	if (slab->slot_shift == HUGE_SHIFT ? back_all_slots(slab) : backed_bytes(slab) > 0)
		tongs_pool_put(&slab->pooled);
	else
		destroy(&slab->pooled);
}

/* Frees `count` slots. True if no used slot remains: then nobody else can reach the slab. */
static bool unuse_locked(struct tongs_slab *slab, unsigned count) {
	if (slab->used_count == slab->slot_count)
		link_locked(slab);
	slab->used_count -= count;
	if (slab->used_count > 0)
		return false;
	unlink_locked(slab);
	return true;
}

static void unwatch(void) {
	pthread_mutex_lock(&lock);
	watched = false;
	pthread_mutex_unlock(&lock);
}

void tongs_slab_free(struct tongs_slab *slab, void *pages, size_t size) {
	const size_t slot_bytes = (size_t)1 << slab->slot_shift;
	const unsigned slot = (unsigned)((size_t)((char *)pages - slab->pooled.pages) >> slab->slot_shift);
	const bool keep = tongs_pool_reserve(slot_bytes);
	tongs_unpoison(pages, slot_bytes);
	if (keep)
		tongs_pages_clear(pages, size);
	else
		tongs_pages_discard(pages, slot_bytes);
	tongs_poison(pages, slot_bytes);

	pthread_mutex_lock(&lock);
	slab->used[slot / WORD_BITS] &= ~bit_of(slot);
	if (keep) {
		slab->backed[slot / WORD_BITS] |= bit_of(slot);
		slab->backed_count++;
	}
	const bool empty = unuse_locked(slab, 1), wake = keep && !empty && !watched;
	watched |= wake;
	pthread_mutex_unlock(&lock);
	if (empty)
		retire(slab);
	/* If no thread can be started, the next free tries again. */
	if (wake && !tongs_worker_wake(&sweep_task))
		unwatch();
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
		unlink_locked(slab);
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
	pthread_mutex_lock(&lock);
	for (unsigned word = 0; word < MAX_SLOTS / WORD_BITS; word++)
		slab->used[word] &= ~slab->releasing[word];
	const bool empty = unuse_locked(slab, slab->releasing_count);
	pthread_mutex_unlock(&lock);
	if (empty)
		retire(slab);
}

bool tongs_slab_sweep(void) {
	struct tongs_slab *releasing = NULL, *next;
	bool some = false;
	pthread_mutex_lock(&lock);
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
	watched = some;
	pthread_mutex_unlock(&lock);
	for (; releasing; releasing = next) {
		next = releasing->next_releasing;
		release_slots(releasing);
	}
	return some;
}

/* The worker's task: sweeps every TONGS_POOL_AGE, whatever wakes it. */
static uint64_t run(void) {
	static int64_t last;
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	const int64_t now = (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
	if (now - last < TONGS_POOL_AGE) {
		pthread_mutex_lock(&lock);
		const bool wanted = watched;
		pthread_mutex_unlock(&lock);
		return wanted ? (uint64_t)(last + TONGS_POOL_AGE - now) : TONGS_WORKER_DONE;
	}
	last = now;
	return tongs_slab_sweep() ? (uint64_t)TONGS_POOL_AGE : TONGS_WORKER_DONE;
}

__attribute__((constructor)) static void add_task(void) {
	sweep_task.run = run;
	tongs_worker_add(&sweep_task);
}
