/* SPDX-License-Identifier: MIT */
/* A mapping, with poisoned gaps between allocations. */
#include "arena.h"

#include <sanitizer/asan_interface.h>
#include <sys/mman.h>

#include "input.h"

enum { ARENA_SIZE = 1 << 16, GAP = 32 };

static char *arena;
static size_t used;

void arena_reset(void) {
	if (!arena)
		arena = mmap(NULL, ARENA_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(arena != MAP_FAILED);
	REQUIRE(mprotect(arena, ARENA_SIZE, PROT_READ | PROT_WRITE) == 0);
	ASAN_POISON_MEMORY_REGION(arena, ARENA_SIZE);
	used = 0;
}

void *arena_take(size_t size) {
	char *taken = arena + used;
	used += (size + GAP + 15) & ~(size_t)15;
	REQUIRE(used <= ARENA_SIZE);
	ASAN_UNPOISON_MEMORY_REGION(taken, size);
	memset(taken, 0, size);
	return taken;
}

void arena_lock(void) {
	REQUIRE(mprotect(arena, ARENA_SIZE, PROT_READ) == 0);
}
