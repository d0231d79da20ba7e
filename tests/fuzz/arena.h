/* SPDX-License-Identifier: MIT */
/* Memory for an application's const structs: each has its exact size, and all can be made read-only. */
#ifndef TONGS_FUZZ_ARENA_H
#define TONGS_FUZZ_ARENA_H

#include <stddef.h>

/* Makes the arena empty and writable. */
void arena_reset(void);
/* Returns `size` zeroed bytes with poisoned bytes around them. Ends the program when the arena is full. */
void *arena_take(size_t size);
/* Makes the arena read-only: writes crash. */
void arena_lock(void);

#endif
