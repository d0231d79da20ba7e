/* SPDX-License-Identifier: MIT */
/* Numbers with units. */
#include "words.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const byte_units[] = {"B", "KiB", "MiB", "GiB"};
enum { BYTE_UNIT_COUNT = sizeof byte_units / sizeof *byte_units };

/* How many decimals show three digits of `value` when it is rounded to them, and no more than five. */
static int get_decimals(double value) {
	value = fabs(value);
	return value < 0.0009995 ? 5
	       : value < 0.09995 ? 4
	       : value < 0.9995  ? 3
	       : value < 9.995   ? 2
	       : value < 99.95   ? 1
				 : 0;
}

void tongs_bench_words_size(enum tongs_bench_unit unit, uint64_t size, char text[TONGS_BENCH_WORDS]) {
	size_t power = 0;

	switch (unit) {
	case TONGS_BENCH_BYTES:
		for (; size >= 1024 && size % 1024 == 0 && power + 1 < BYTE_UNIT_COUNT; size /= 1024)
			power++;
		snprintf(text, TONGS_BENCH_WORDS, "%" PRIu64 " %s", size, byte_units[power]);
		break;
	case TONGS_BENCH_LIVE_EXPORTS:
		snprintf(text, TONGS_BENCH_WORDS, "%" PRIu64 " live", size);
		break;
	case TONGS_BENCH_SIDE:
		snprintf(text, TONGS_BENCH_WORDS, "%" PRIu64 " x %" PRIu64, size, size);
		break;
	case TONGS_BENCH_COMMANDS:
		snprintf(text, TONGS_BENCH_WORDS, "%" PRIu64 " commands", size);
		break;
	case TONGS_BENCH_NO_SIZE:
		snprintf(text, TONGS_BENCH_WORDS, "-");
		break;
	}
}

void tongs_bench_words_time(double nanoseconds, char text[TONGS_BENCH_WORDS]) {
	static const char *const units[] = {"ns", "µs", "ms", "s "};
	size_t power = 0;

	for (; nanoseconds >= 999.5 && power + 1 < sizeof units / sizeof *units; nanoseconds /= 1000)
		power++;
	snprintf(text, TONGS_BENCH_WORDS, "%6.*f %s", get_decimals(nanoseconds), nanoseconds, units[power]);
}

void tongs_bench_words_ratio(double ratio, char text[TONGS_BENCH_WORDS]) {
	snprintf(text, TONGS_BENCH_WORDS, "%.*f", get_decimals(ratio), ratio);
}

void tongs_bench_words_amount(enum tongs_bench_unit unit, double amount, char text[TONGS_BENCH_WORDS]) {
	size_t power = 0;

	if (unit != TONGS_BENCH_BYTES) {
		snprintf(text, TONGS_BENCH_WORDS, "%.0f", amount);
		return;
	}
	for (; fabs(amount) >= 1024 && power + 1 < BYTE_UNIT_COUNT; amount /= 1024)
		power++;
	snprintf(text, TONGS_BENCH_WORDS, "%.*f %s", power && amount != floor(amount) ? get_decimals(amount) : 0,
		amount, byte_units[power]);
}

static void format_goal(
	const struct tongs_bench_goal *goal, const struct tongs_bench_result *result, char text[TONGS_BENCH_WORDS]) {
	char limit[TONGS_BENCH_WORDS];

	switch (goal->quantity) {
	case TONGS_BENCH_RATIO:
		tongs_bench_words_ratio(goal->limit, limit);
		snprintf(text, TONGS_BENCH_WORDS, "≤ %.32s", limit);
		break;
	case TONGS_BENCH_TIME:
		snprintf(text, TONGS_BENCH_WORDS, "≤ %g ns", goal->limit);
		break;
	case TONGS_BENCH_EXTRA:
		if (result->why_not)
			snprintf(text, TONGS_BENCH_WORDS, "≤ +%g ns a call", goal->limit);
		else
			snprintf(text, TONGS_BENCH_WORDS, "≤ +%g ns a call (%+.2f)", goal->limit,
				tongs_bench_goal_measured(goal, result));
		break;
	case TONGS_BENCH_AMOUNT:
		tongs_bench_words_amount(result->figure->amount_unit, goal->limit, limit);
		snprintf(text, TONGS_BENCH_WORDS, "≤ %.32s", limit);
		break;
	}
}

void tongs_bench_words_goals(const struct tongs_bench_result *result, char text[TONGS_BENCH_WORDS]) {
	const struct tongs_bench_goal *goal = NULL;
	size_t length = 0;

	snprintf(text, TONGS_BENCH_WORDS, "-");
	while ((goal = tongs_bench_goal_next(result, goal))) {
		char one[TONGS_BENCH_WORDS];
		format_goal(goal, result, one);
		snprintf(text + length, TONGS_BENCH_WORDS - length, "%s%s", length ? ", " : "", one);
		length = strlen(text);
	}
}

const char *tongs_bench_words_met(const struct tongs_bench_result *result) {
	if (result->why_not || !tongs_bench_goal_next(result, NULL))
		return "-";
	return tongs_bench_goal_worst(result) <= 1 ? "yes" : "no";
}

int tongs_bench_words_width(const char *text) {
	int width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}
