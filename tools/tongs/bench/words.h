/* SPDX-License-Identifier: MIT */
/* Sizes, times, ratios, amounts and goals as people read them. */
#ifndef TONGS_TOOL_BENCH_WORDS_H
#define TONGS_TOOL_BENCH_WORDS_H

#include "goal.h"

enum { TONGS_BENCH_WORDS = 96 }; /* room for a text, its end included */

/* "64 KiB", "100 live", …; "-" where there is none. */
void tongs_bench_words_size(enum tongs_bench_unit unit, uint64_t size, char text[TONGS_BENCH_WORDS]);

/* In nanoseconds to seconds. Every unit is two columns wide, and the number six. */
void tongs_bench_words_time(double nanoseconds, char text[TONGS_BENCH_WORDS]);

void tongs_bench_words_ratio(double ratio, char text[TONGS_BENCH_WORDS]);

/* Of bytes or commands. */
void tongs_bench_words_amount(enum tongs_bench_unit unit, double amount, char text[TONGS_BENCH_WORDS]);

/* All goals of a result, with what was measured where no column of the table tells; "-" if it has none. */
void tongs_bench_words_goals(const struct tongs_bench_result *result, char text[TONGS_BENCH_WORDS]);

/* "yes", "no"; "-" where nothing can be told. */
const char *tongs_bench_words_met(const struct tongs_bench_result *result);

/* How many columns UTF-8 text takes. */
int tongs_bench_words_width(const char *text);

#endif
