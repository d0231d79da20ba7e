/* SPDX-License-Identifier: MIT */
/* Arenas: 2 MiB mappings cut into equal slots of a power of two of bytes, which are cleared when they are used again.
 */
#include "metal/arena.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"

#define ARENA_BYTES ((size_t)2 << 20)
#define MIN_SLOT_SHIFT 12
#define MAX_SLOT_SHIFT 18
#define CLASS_COUNT (MAX_SLOT_SHIFT - MIN_SLOT_SHIFT + 1)
#define MAX_SLOTS (ARENA_BYTES >> MIN_SLOT_SHIFT)
#define WORD_BITS 64

_Static_assert(TONGS_ARENA_MAX_RUN == (size_t)1 << MAX_SLOT_SHIFT, "the largest slot is the largest run");

struct tongs_arena {
	struct tongs_arena *next, *previous; /* in its class's list while it has a free slot */
	char *pages;
	unsigned slot_shift;
	unsigned slot_count;
	unsigned used_count;
	uint64_t used[MAX_SLOTS / WORD_BITS];
	uint64_t dirty[MAX_SLOTS / WORD_BITS]; /* slots that have been used before */
};

/* Arenas of one slot size that have a free slot. */
struct slot_class {
	struct tongs_arena *open;
	unsigned empty_count; /* of them: without a used slot; one is kept, so that alternation costs no mapping */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot_class classes[CLASS_COUNT]; /* guarded by lock, with all arenas */

static struct slot_class *class_of(const struct tongs_arena *arena) {
	return &classes[arena->slot_shift - MIN_SLOT_SHIFT];
}

static unsigned slot_shift_for(size_t size) {
	unsigned shift = MIN_SLOT_SHIFT;
	while ((size_t)1 << shift < size)
		shift++;
	return shift;
}

static void link_locked(struct tongs_arena *arena) {
	struct slot_class *class = class_of(arena);
	arena->previous = NULL;
	arena->next = class->open;
	if (arena->next)
		arena->next->previous = arena;
	class->open = arena;
}

static void unlink_locked(struct tongs_arena *arena) {
	if (arena->next)
		arena->next->previous = arena->previous;
	if (arena->previous)
		arena->previous->next = arena->next;
	else
		class_of(arena)->open = arena->next;
}

static void destroy(struct tongs_arena *arena) {
	if (!arena)
		return;
	tongs_free_pages(arena->pages, ARENA_BYTES);
	tongs_free(NULL, arena);
}

static struct tongs_arena *create(unsigned slot_shift) {
	struct tongs_arena *arena = tongs_malloc(1, sizeof(*arena));
	if (!arena)
		return NULL;
	arena->slot_shift = slot_shift;
	arena->slot_count = (unsigned)(ARENA_BYTES >> slot_shift);
	arena->pages = tongs_alloc_pages(ARENA_BYTES, ARENA_BYTES);
	if (!arena->pages) {
		destroy(arena);
		return NULL;
	}
	return arena;
}

static struct tongs_arena *open_locked(unsigned slot_shift) {
	struct slot_class *class = &classes[slot_shift - MIN_SLOT_SHIFT];
	if (!class->open) {
		struct tongs_arena *arena = create(slot_shift);
		if (!arena)
			return NULL;
		link_locked(arena);
		class->empty_count++;
	}
	return class->open;
}

static unsigned take_slot_locked(struct tongs_arena *arena) {
	unsigned word = 0;
	while (arena->used[word] == UINT64_MAX)
		word++;
	unsigned slot = word * WORD_BITS + (unsigned)__builtin_ctzll(~arena->used[word]);
	assert(slot < arena->slot_count);
	arena->used[word] |= UINT64_C(1) << slot % WORD_BITS;
	if (arena->used_count++ == 0)
		class_of(arena)->empty_count--;
	if (arena->used_count == arena->slot_count)
		unlink_locked(arena);
	return slot;
}

void *tongs_arena_alloc(size_t size, struct tongs_arena **arena) {
	void *pages = NULL;
	bool dirty = false;
	pthread_mutex_lock(&lock);
	struct tongs_arena *open = open_locked(slot_shift_for(size));
	if (open) {
		unsigned slot = take_slot_locked(open);
		uint64_t bit = UINT64_C(1) << slot % WORD_BITS;
		dirty = open->dirty[slot / WORD_BITS] & bit;
		open->dirty[slot / WORD_BITS] |= bit;
		pages = open->pages + ((size_t)slot << open->slot_shift);
		*arena = open;
	}
	pthread_mutex_unlock(&lock);
	if (dirty)
		memset(pages, 0, size);
	return pages;
}

void tongs_arena_free(struct tongs_arena *arena, void *pages) {
	struct tongs_arena *unneeded = NULL;
	pthread_mutex_lock(&lock);
	struct slot_class *class = class_of(arena);
	unsigned slot = (unsigned)((size_t)((char *)pages - arena->pages) >> arena->slot_shift);
	if (arena->used_count == arena->slot_count)
		link_locked(arena);
	arena->used[slot / WORD_BITS] &= ~(UINT64_C(1) << slot % WORD_BITS);
	if (--arena->used_count == 0) {
		if (class->empty_count == 0) {
			class->empty_count = 1;
		} else {
			unlink_locked(arena);
			unneeded = arena;
		}
	}
	pthread_mutex_unlock(&lock);
	destroy(unneeded);
}
