/* SPDX-License-Identifier: MIT */
/* Additions to the cache; cache.h has the look-up. */
#include "util/cache.h"

/* Makes the version of an entry odd; false when another thread has it. */
static bool claim(_Atomic uint64_t *entry, uint64_t version) {
	return !(version & 1) && atomic_compare_exchange_strong_explicit(
					 entry, &version, version + 1, memory_order_acquire, memory_order_relaxed);
}

static _Atomic uint64_t *choose_entry(_Atomic uint64_t *set, size_t value_words) {
	const size_t entry_words = TONGS_CACHE_ENTRY_WORDS(value_words);
	for (size_t way = 0; way < TONGS_CACHE_WAYS; way++) {
		_Atomic uint64_t *entry = set + 1 + way * entry_words;
		if (atomic_load_explicit(entry, memory_order_relaxed) == 0)
			return entry;
	}
	const uint64_t way = atomic_fetch_add_explicit(set, 1, memory_order_relaxed) % TONGS_CACHE_WAYS;
	return set + 1 + way * entry_words;
}

void tongs_cache_add(_Atomic uint64_t *set, size_t value_words, const struct tongs_cache_key *key, const void *value) {
	_Atomic uint64_t *entry = choose_entry(set, value_words), *to = entry + 1;
	const uint64_t version = atomic_load_explicit(entry, memory_order_relaxed);
	if (!claim(entry, version))
		return;
	for (size_t i = 0; i < TONGS_CACHE_KEY_WORDS; i++)
		atomic_store_explicit(to++, key->words[i], memory_order_release);
	for (size_t i = 0; i < value_words; i++) {
		uint64_t word;
		memcpy(&word, (const char *)value + i * sizeof(word), sizeof(word));
		atomic_store_explicit(to++, word, memory_order_release);
	}
	atomic_store_explicit(entry, version + 2, memory_order_release);
}
