/* SPDX-License-Identifier: MIT */
/* A hash of bytes that is the same in every process. */
#ifndef TONGS_UTIL_HASH_H
#define TONGS_UTIL_HASH_H

#include <stddef.h>
#include <stdint.h>

#define TONGS_HASH_START UINT64_C(0xcbf29ce484222325)

/* FNV-1a, from `start`: TONGS_HASH_START or the hash of what comes before. */
static inline uint64_t tongs_hash(uint64_t start, const void *bytes, size_t size) {
	for (size_t i = 0; i < size; i++)
		start = (start ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
	return start;
}

#endif
