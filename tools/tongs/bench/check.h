/* SPDX-License-Identifier: MIT */
/* `tongs bench --check`: whether a figure is so much worse than its goal that noise is no excuse. */
#ifndef TONGS_TOOL_BENCH_CHECK_H
#define TONGS_TOOL_BENCH_CHECK_H

#include "report.h"

/* Measures what is too bad again, up to five times each, and keeps the best. `measure` fills the result of that index
 * anew; false if it failed. Returns whether none failed. */
bool tongs_bench_check_again(struct tongs_bench_report *report, bool (*measure)(void *user, size_t index), void *user);

/* Lists in `file` what is too bad; true if nothing is. */
bool tongs_bench_check_tell(FILE *file, const struct tongs_bench_report *report);

#endif
