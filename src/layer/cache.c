/* SPDX-License-Identifier: MIT */
/* Remembering answers of the driver; memo.h has the look-up. */
#include "layer/cache.h"

/* Makes the version of an entry odd; false when another thread has it. */
static bool claim(struct tongs_cache_entry *entry, unsigned version) {
	return !(version & 1) && atomic_compare_exchange_strong_explicit(&entry->version, &version, version + 1,
					 memory_order_acquire, memory_order_relaxed);
}

/* Two threads that ask at once may both add: the two entries say the same. */
void tongs_caps_cache_add(
	struct tongs_caps_cache *memo, const struct tongs_caps_key *question, const union tongs_caps_value *answer) {
	struct tongs_cache_set *set = &memo->sets[tongs_cache_find_set(question)];
	size_t way = 0;
	while (way < TONGS_CACHE_WAYS && atomic_load_explicit(&set->ways[way].version, memory_order_relaxed) != 0)
		way++;
	if (way == TONGS_CACHE_WAYS)
		way = atomic_fetch_add_explicit(&set->turn, 1, memory_order_relaxed) % TONGS_CACHE_WAYS;
	struct tongs_cache_entry *entry = &set->ways[way];
	unsigned version = atomic_load_explicit(&entry->version, memory_order_relaxed);
	if (!claim(entry, version))
		return;
	for (size_t i = 0; i < sizeof(question->words) / sizeof(question->words[0]); i++)
		atomic_store_explicit(&entry->question[i], question->words[i], memory_order_release);
	for (size_t i = 0; i < TONGS_CACHE_ANSWER_WORDS; i++) {
		uint64_t word;
		memcpy(&word, (const char *)answer + i * sizeof(word), sizeof(word));
		atomic_store_explicit(&entry->answer[i], word, memory_order_release);
	}
	/* Not 0 again, after two thousand million times. */
	atomic_store_explicit(&entry->version, version + 2 ? version + 2 : 2, memory_order_release);
}
