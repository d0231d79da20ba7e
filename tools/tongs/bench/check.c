/* SPDX-License-Identifier: MIT */
/* Judging results by their goals. */
#include "check.h"

#include "goal.h"

/* How many times its limit a goal may take, and how often a figure is measured again before that counts. */
static const double max_factor = 2;
static const int max_repeats = 5;

/* What was not measured is not bad: it failed, or the device does not have it. */
static bool is_bad(const struct tongs_bench_result *result) {
	return !result->why_not && tongs_bench_goal_worst(result) > max_factor;
}

bool tongs_bench_check_again(struct tongs_bench_report *report, bool (*measure)(void *user, size_t index), void *user) {
	bool done = true;

	/* In rounds: what slows a figure down now may have ended when its turn comes again. */
	for (int round = 0; round < max_repeats; round++) {
		for (size_t i = 0; i < report->result_count; i++) {
			struct tongs_bench_result *result = &report->results[i], best = *result;
			if (!is_bad(result))
				continue;
			done = measure(user, i) && done;
			if (result->why_not || tongs_bench_goal_worst(result) > tongs_bench_goal_worst(&best))
				*result = best;
		}
	}
	return done;
}

bool tongs_bench_check_tell(FILE *file, const struct tongs_bench_report *report) {
	size_t count = 0;

	for (size_t i = 0; i < report->result_count; i++) {
		if (!is_bad(&report->results[i]))
			continue;
		if (!count++)
			fprintf(file, "Worse than %g times the goal:\n", max_factor);
		fprintf(file, "  %.3g times: ", tongs_bench_goal_worst(&report->results[i]));
		tongs_bench_report_print_line(file, &report->results[i]);
	}
	return !count;
}
