/* SPDX-License-Identifier: MIT */
/* Arenas: 2 MiB mappings cut into equal slots of a power of two of bytes. What is free holds zeros: slots are cleared
 * when they are freed. Those which nobody wanted for a time go back to the system, however many neighbours are used. */
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

#define ARENA_BYTES TONGS_HUGE_PAGE
#define MIN_SLOT_SHIFT 12
#define MAX_SMALL_SHIFT 18
/* One more size of slots, two to an arena that is one huge page: its clearing costs a tenth of what the small pages do.
 */
#define HUGE_SHIFT 20
#define CLASS_COUNT (HUGE_SHIFT - MIN_SLOT_SHIFT + 1)
#define MAX_SLOTS (ARENA_BYTES >> MIN_SLOT_SHIFT)
#define WORD_BITS 64

struct tongs_slab {
	struct tongs_pooled pooled;         /* first; while no slot is used */
	struct tongs_slab *next, *previous; /* in its class's list while it has used slots and free ones */
	unsigned slot_shift;
	unsigned slot_count;
	unsigned used_count, held_count;
	uint64_t used[MAX_SLOTS / WORD_BITS];
	uint64_t held[MAX_SLOTS / WORD_BITS]; /* free slots that have pages, which the pool counts */
	uint64_t old[MAX_SLOTS / WORD_BITS];  /* those of them that the worker has seen before */
	/* The worker's alone: slots that go back, which count as used meanwhile. */
	uint64_t going[MAX_SLOTS / WORD_BITS];
	unsigned going_count;
	struct tongs_slab *next_going;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tongs_slab *open_arenas[CLASS_COUNT]; /* guarded by lock, with all arenas that have used slots */
static bool watched;                                /* guarded by lock: the worker will look for old slots */

/* What the worker was giving back stays used in the child. */
static void begin_child_locked(void) {
	watched = false;
}

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_SLAB, begin_child_locked);

static struct tongs_slab **list_of(const struct tongs_slab *arena) {
	return &open_arenas[arena->slot_shift - MIN_SLOT_SHIFT];
}

static unsigned slot_shift_for(size_t size) {
	unsigned shift = MIN_SLOT_SHIFT;
	while ((size_t)1 << shift < size)
		shift++;
	return shift <= MAX_SMALL_SHIFT ? shift : HUGE_SHIFT;
}

bool tongs_slab_fits(size_t size) {
	const size_t huge = (size_t)1 << HUGE_SHIFT;
	/* All of a huge page is there once a byte is: what a slot has too much would be held for nothing. */
	return size <= (size_t)1 << MAX_SMALL_SHIFT || (size <= huge && huge - size <= huge / 8);
}

static uint64_t bit_of(unsigned slot) {
	return UINT64_C(1) << slot % WORD_BITS;
}

static void link_locked(struct tongs_slab *arena) {
	struct tongs_slab **list = list_of(arena);
	arena->previous = NULL;
	arena->next = *list;
	if (arena->next)
		arena->next->previous = arena;
	*list = arena;
}

static void unlink_locked(struct tongs_slab *arena) {
	if (arena->next)
		arena->next->previous = arena->previous;
	if (arena->previous)
		arena->previous->next = arena->next;
	else
		*list_of(arena) = arena->next;
}

static size_t held_bytes(const struct tongs_slab *arena) {
	return (size_t)arena->held_count << arena->slot_shift;
}

static void destroy(struct tongs_pooled *item) {
	struct tongs_slab *arena = (struct tongs_slab *)item;
	tongs_pool_release(held_bytes(arena));
	tongs_unpoison(item->pages, ARENA_BYTES);
	tongs_free_pages(item->pages, ARENA_BYTES);
	tongs_free(NULL, arena);
}

static struct tongs_slab *create(unsigned slot_shift) {
	struct tongs_slab *arena = tongs_malloc(1, sizeof(*arena));
	if (!arena)
		return NULL;
	arena->slot_shift = slot_shift;
	arena->slot_count = (unsigned)(ARENA_BYTES >> slot_shift);
	arena->pooled.key = (size_t)1 << slot_shift;
	arena->pooled.size = ARENA_BYTES;
	arena->pooled.destroy = destroy;
	arena->pooled.pages = tongs_pool_map(ARENA_BYTES, ARENA_BYTES);
	if (!arena->pooled.pages) {
		tongs_free(NULL, arena);
		return NULL;
	}
	if (slot_shift == HUGE_SHIFT)
		madvise(arena->pooled.pages, ARENA_BYTES, MADV_HUGEPAGE);
	tongs_poison(arena->pooled.pages, ARENA_BYTES);
	return arena;
}

/* One that has pages, if there is one. */
static unsigned take_slot_locked(struct tongs_slab *arena) {
	const bool held = arena->held_count > 0;
	unsigned word = 0;
	while (held ? arena->held[word] == 0 : arena->used[word] == UINT64_MAX)
		word++;
	uint64_t free = held ? arena->held[word] : ~arena->used[word];
	unsigned slot = word * WORD_BITS + (unsigned)__builtin_ctzll(free);
	assert(slot < arena->slot_count);
	arena->used[word] |= bit_of(slot);
	if (++arena->used_count == arena->slot_count)
		unlink_locked(arena);
	return slot;
}

/* An arena with a free slot; may let go of the lock. NULL when memory runs out. */
static struct tongs_slab *open_locked(unsigned slot_shift) {
	struct tongs_slab *arena = open_arenas[slot_shift - MIN_SLOT_SHIFT];
	if (arena)
		return arena;
	pthread_mutex_unlock(&lock);
	arena = (struct tongs_slab *)tongs_pool_take((size_t)1 << slot_shift);
	if (!arena)
		arena = create(slot_shift);
	pthread_mutex_lock(&lock);
	if (arena)
		link_locked(arena);
	return arena;
}

void *tongs_slab_alloc(size_t size, struct tongs_slab **arena) {
	const unsigned slot_shift = slot_shift_for(size);
	char *pages = NULL;
	uint64_t held = 0;
	pthread_mutex_lock(&lock);
	struct tongs_slab *open = open_locked(slot_shift);
	if (open) {
		unsigned slot = take_slot_locked(open);
		held = open->held[slot / WORD_BITS] & bit_of(slot);
		open->held[slot / WORD_BITS] ^= held;
		open->old[slot / WORD_BITS] &= ~held;
		open->held_count -= held != 0;
		pages = open->pooled.pages + ((size_t)slot << slot_shift);
		*arena = open;
	}
	pthread_mutex_unlock(&lock);
	if (held)
		tongs_pool_release((size_t)1 << slot_shift);
	if (pages)
		tongs_unpoison(pages, size);
	return pages;
}

/* The one page of a huge arena is there or not, whatever slots were used: all of it counts. */
static bool hold_all(struct tongs_slab *arena) {
	if (!tongs_pool_reserve(ARENA_BYTES - held_bytes(arena)))
		return false;
	arena->held[0] = bit_of(arena->slot_count) - 1;
	arena->held_count = arena->slot_count;
	return true;
}

/* An arena without a used slot, which nobody else knows any more. */
static void retire(struct tongs_slab *arena) {
	if (arena->slot_shift == HUGE_SHIFT ? hold_all(arena) : held_bytes(arena) > 0)
		tongs_pool_put(&arena->pooled);
	else
		destroy(&arena->pooled);
}

/* `count` slots are used no more. True: that were all, and the arena is nobody's but the caller's. */
static bool uncount_locked(struct tongs_slab *arena, unsigned count) {
	if (arena->used_count == arena->slot_count)
		link_locked(arena);
	arena->used_count -= count;
	if (arena->used_count > 0)
		return false;
	unlink_locked(arena);
	return true;
}

static void unwatch(void) {
	pthread_mutex_lock(&lock);
	watched = false;
	pthread_mutex_unlock(&lock);
}

void tongs_slab_free(struct tongs_slab *arena, void *pages, size_t size) {
	const size_t slot_bytes = (size_t)1 << arena->slot_shift;
	const unsigned slot = (unsigned)((size_t)((char *)pages - arena->pooled.pages) >> arena->slot_shift);
	const bool keep = tongs_pool_reserve(slot_bytes);
	tongs_unpoison(pages, slot_bytes);
	if (keep)
		tongs_pages_clear(pages, size);
	else
		tongs_pages_drop(pages, slot_bytes);
	tongs_poison(pages, slot_bytes);

	pthread_mutex_lock(&lock);
	arena->used[slot / WORD_BITS] &= ~bit_of(slot);
	if (keep) {
		arena->held[slot / WORD_BITS] |= bit_of(slot);
		arena->held_count++;
	}
	const bool empty = uncount_locked(arena, 1), wake = keep && !empty && !watched;
	watched |= wake;
	pthread_mutex_unlock(&lock);
	if (empty)
		retire(arena);
	/* Where no thread can be started the next one tries again. */
	if (wake && !tongs_worker_wake())
		unwatch();
}

/* Takes the slots that were here, unused, when the worker last looked. False: there are none. */
static bool take_old_locked(struct tongs_slab *arena) {
	arena->going_count = 0;
	for (unsigned word = 0; word < MAX_SLOTS / WORD_BITS; word++) {
		const uint64_t going = arena->held[word] & arena->old[word];
		arena->going[word] = going;
		arena->going_count += (unsigned)__builtin_popcountll(going);
		arena->used[word] |= going;
		arena->held[word] &= ~going;
		arena->old[word] = arena->held[word];
	}
	arena->held_count -= arena->going_count;
	arena->used_count += arena->going_count;
	if (arena->going_count > 0 && arena->used_count == arena->slot_count)
		unlink_locked(arena);
	return arena->going_count > 0;
}

static bool goes(const struct tongs_slab *arena, unsigned slot) {
	return slot < arena->slot_count && (arena->going[slot / WORD_BITS] & bit_of(slot));
}

/* Neighbours in one call. */
static void drop_going(struct tongs_slab *arena) {
	for (unsigned slot = 0, end; slot < arena->slot_count; slot = end + 1) {
		for (end = slot; goes(arena, end); end++)
			;
		if (end == slot)
			continue;
		char *pages = arena->pooled.pages + ((size_t)slot << arena->slot_shift);
		const size_t bytes = (size_t)(end - slot) << arena->slot_shift;
		tongs_unpoison(pages, bytes);
		tongs_pages_drop(pages, bytes);
		tongs_poison(pages, bytes);
	}
	tongs_pool_release((size_t)arena->going_count << arena->slot_shift);
}

static void give_back_going(struct tongs_slab *arena) {
	drop_going(arena);
	pthread_mutex_lock(&lock);
	for (unsigned word = 0; word < MAX_SLOTS / WORD_BITS; word++)
		arena->used[word] &= ~arena->going[word];
	const bool empty = uncount_locked(arena, arena->going_count);
	pthread_mutex_unlock(&lock);
	if (empty)
		retire(arena);
}

bool tongs_slab_sweep(void) {
	struct tongs_slab *going = NULL, *next;
	bool some = false;
	pthread_mutex_lock(&lock);
	for (unsigned class = 0; class < CLASS_COUNT; class ++) {
		for (struct tongs_slab *arena = open_arenas[class]; arena; arena = next) {
			next = arena->next;
			if (arena->held_count > 0 && take_old_locked(arena)) {
				arena->next_going = going;
				going = arena;
			}
			some |= arena->held_count > 0;
		}
	}
	watched = some;
	pthread_mutex_unlock(&lock);
	for (; going; going = next) {
		next = going->next_going;
		give_back_going(going);
	}
	return some;
}

/* The worker's part: looks every so often, whatever else wakes it. */
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
	static struct tongs_worker_task task = {.run = run};
	tongs_worker_add(&task);
}
