/* SPDX-License-Identifier: MIT */
/* Memory for an application's const structs: each has its exact size, and all can be made read-only. */
#ifndef TONGS_FUZZ_ARENA_H
#define TONGS_FUZZ_ARENA_H

#include <stddef.h>

/* Empty, and writable. */
void arena_reset(void);
/* `size` zeroed bytes; AddressSanitizer refuses those around them. Ends the program when the arena is full. */
void *arena_take(size_t size);
/* Writes are crashes from here on. */
void arena_lock(void);

#endif
