/* SPDX-License-Identifier: MIT */
/* A cache of fixed size that allocates nothing and takes no lock: sets of four entries, each with a key of five words
 * and a value of any number of them. When a set is full, new entries replace its old ones in turn.
 *
 * An entry has a version, which is odd while the entry is written. A reader copies the value word by word, and uses it
 * if the version is the same before and after. The words are atomic, loaded with acquire and stored with release, so
 * that none is older than the first load of the version or newer than the second. */
#ifndef TONGS_UTIL_CACHE_H
#define TONGS_UTIL_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "util/export.h"

enum { TONGS_CACHE_WAYS = 4 /* entries of a set */, TONGS_CACHE_KEY_WORDS = 5 };

/* Few words, so that a key which is built for a look-up stays in registers. */
struct tongs_cache_key {
	uint64_t words[TONGS_CACHE_KEY_WORDS];
};

/* A set in words: the number of replacements, and in each entry a version (0: empty), a key and a value. All zero is
 * empty. A cache is an array of sets; its user picks the set by tongs_cache_hash. */
#define TONGS_CACHE_ENTRY_WORDS(value_words) (1 + TONGS_CACHE_KEY_WORDS + (value_words))
#define TONGS_CACHE_SET_WORDS(value_words) (1 + TONGS_CACHE_WAYS * TONGS_CACHE_ENTRY_WORDS(value_words))

/* A sum of products with odd constants, which can be computed in parallel, then mixed once more, so that keys that
 * differ in a bit or two do not land in the same set. Any of its bits may be used. */
static inline size_t tongs_cache_hash(const struct tongs_cache_key *key) {
	const uint64_t *w = key->words;
	uint64_t sum = w[0] * UINT64_C(0x9E3779B97F4A7C15) + w[1] * UINT64_C(0xBF58476D1CE4E5B9) +
		       w[2] * UINT64_C(0x94D049BB133111EB) + w[3] * UINT64_C(0xD6E8FEB86659FD93) +
		       w[4] * UINT64_C(0xA0761D6478BD642F);
	return (size_t)((sum ^ sum >> 32) * UINT64_C(0xD6E8FEB86659FD93) >> 40);
}

static inline uint64_t tongs_cache_load(const _Atomic uint64_t *word) {
	return atomic_load_explicit(word, memory_order_acquire);
}

static inline bool tongs_cache_is_equal(const _Atomic uint64_t *x, const struct tongs_cache_key *key) {
	const uint64_t *y = key->words;
	return !((tongs_cache_load(&x[0]) ^ y[0]) | (tongs_cache_load(&x[1]) ^ y[1]) |
		 (tongs_cache_load(&x[2]) ^ y[2]) | (tongs_cache_load(&x[3]) ^ y[3]) |
		 (tongs_cache_load(&x[4]) ^ y[4]));
}

/* Copies the first `size` bytes of the key's value in `set`, whose values have `value_words` words. `size` is rounded
 * up to words. False: not cached. Callers pass constants for `value_words` and `size`. */
static inline bool tongs_cache_lookup(
	const _Atomic uint64_t *set, size_t value_words, const struct tongs_cache_key *key, void *value, size_t size) {
	const _Atomic uint64_t *entry = set + 1;
	for (size_t way = 0; way < TONGS_CACHE_WAYS; way++, entry += TONGS_CACHE_ENTRY_WORDS(value_words)) {
		const uint64_t version = tongs_cache_load(entry);
		if (version == 0)
			return false;
		if ((version & 1) || !tongs_cache_is_equal(entry + 1, key))
			continue;
		for (size_t i = 0; i * sizeof(uint64_t) < size; i++) {
			const uint64_t word = tongs_cache_load(entry + 1 + TONGS_CACHE_KEY_WORDS + i);
			memcpy((char *)value + i * sizeof(word), &word, sizeof(word));
		}
		if (atomic_load_explicit(entry, memory_order_relaxed) == version)
			return true;
	}
	return false;
}

/* Adds `value`, of `value_words` words, to `set`; does nothing when another thread writes to the same entry. Two
 * threads that miss at the same time may both add; they must add the same value. */
TONGS_INTEROP void tongs_cache_add(
	_Atomic uint64_t *set, size_t value_words, const struct tongs_cache_key *key, const void *value);

#endif
