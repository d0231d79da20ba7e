/* SPDX-License-Identifier: MIT */
/* Remembering answers of the driver; memo.h has the look-up. */
#include "layer/memo.h"

/* Two threads that ask at once may both add: the two entries say the same. */
void tongs_memo_add(
	struct tongs_memo *memo, const struct tongs_memo_question *question, const union tongs_memo_answer *answer) {
	size_t home = tongs_memo_home(question);
	for (size_t i = 0; i < TONGS_MEMO_MAX_PROBE; i++) {
		struct tongs_memo_entry *entry = &memo->entries[(home + i) % TONGS_MEMO_ENTRIES];
		unsigned state = TONGS_MEMO_EMPTY;
		if (!atomic_compare_exchange_strong_explicit(
			    &entry->state, &state, TONGS_MEMO_CLAIMED, memory_order_relaxed, memory_order_relaxed))
			continue;
		entry->question = *question;
		entry->answer = *answer;
		atomic_store_explicit(&entry->state, TONGS_MEMO_PUBLISHED, memory_order_release);
		return;
	}
}
