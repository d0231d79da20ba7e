/* SPDX-License-Identifier: MIT */
/* How many bytes the pool may keep: TONGS_POOL_LIMIT, or a default. */
#ifndef TONGS_MEMORY_POOL_LIMIT_H
#define TONGS_MEMORY_POOL_LIMIT_H

#include <stdbool.h>
#include <stddef.h>

/* Of this machine: 1280 MiB, or an eighth of its memory if that is less. */
size_t tongs_pool_default_limit(void);

/* Decimal bytes, or with K, M or G of 2^10, 2^20 or 2^30 of them, in either case. False, and `*limit` unchanged, for
 * anything else and for more than an address space has. */
bool tongs_pool_limit_parse(const char *text, size_t *limit);

/* What the environment says, read at the first call; one message if that is no number. */
size_t tongs_pool_limit(void);

#endif
