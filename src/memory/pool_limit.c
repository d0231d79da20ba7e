/* SPDX-License-Identifier: MIT */
/* TONGS_POOL_LIMIT. */
#define _GNU_SOURCE /* secure_getenv; NOLINT(bugprone-reserved-identifier) */
#include "memory/pool_limit.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/log.h"

/* Room for a gigabyte, and for what else a program has beside it. */
#define MOST ((size_t)1280 << 20)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static size_t limit; /* set once, by read_limit */

size_t tongs_pool_default_limit(void) {
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	if (pages <= 0 || page <= 0 || (uint64_t)pages >= (uint64_t)MOST * 8 / (uint64_t)page)
		return MOST;
	return (size_t)pages / 8 * (size_t)page;
}

static bool find_unit(char suffix, size_t *unit) {
	static const struct {
		char upper, lower;
		unsigned shift;
	} units[] = {{'K', 'k', 10}, {'M', 'm', 20}, {'G', 'g', 30}};
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (suffix == units[i].upper || suffix == units[i].lower) {
			*unit = (size_t)1 << units[i].shift;
			return true;
		}
	}
	return false;
}

bool tongs_pool_limit_parse(const char *text, size_t *result) {
	size_t value = 0, unit = 1;
	const char *at = text;
	for (; *at >= '0' && *at <= '9'; at++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, (size_t)(*at - '0'), &value))
			return false;
	}
	if (at == text || (*at && (!find_unit(*at, &unit) || at[1])) || __builtin_mul_overflow(value, unit, &value))
		return false;
	*result = value;
	return true;
}

static void read_limit(void) {
	limit = tongs_pool_default_limit();
	const char *text = secure_getenv("TONGS_POOL_LIMIT");
	if (text && *text && !tongs_pool_limit_parse(text, &limit))
		tongs_log_warning(
			"TONGS_POOL_LIMIT is `%.100s': it can be a number of bytes, as 1048576, 1024K, 1M or 2G, "
			"or 0 for no pool; taken as %zuM",
			text, limit >> 20);
}

size_t tongs_pool_limit(void) {
	pthread_once(&once, read_limit);
	return limit;
}
