/* SPDX-License-Identifier: MIT */
/* The goals as data, and how results compare with them. docs/performance.md says where they come from. */
#include "goal.h"

#include <string.h>

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

const struct tongs_bench_goal tongs_bench_goals[] = {
	{"handle, 1 thread", NULL, 0, 10000, TONGS_BENCH_RATIO, 1.0 / 60},
	{"handle, 1 thread", NULL, 0, 10000, TONGS_BENCH_TIME, 10},
	{"handle, 1 thread", NULL, 10001, 1000000, TONGS_BENCH_TIME, 70},
	{"handle, 2 threads", "vkGetMemoryFdKHR + close", 0, 10000, TONGS_BENCH_RATIO, 1.0 / 60},
	{"handle, 2 threads", "vkGetMemoryFdKHR + close", 0, 10000, TONGS_BENCH_TIME, 10},
	{"handle, 2 threads", "vkGetMemoryFdKHR + close", 10001, 1000000, TONGS_BENCH_TIME, 70},
	{"handle, 2 threads", "the same by 1 thread", 0, 0, TONGS_BENCH_RATIO, 1.1},
	{"handle, beside a writer", NULL, 0, 0, TONGS_BENCH_RATIO, 1.1},
	{"allocate + touch + free", "OPAQUE_FD export", 0, MIB, TONGS_BENCH_RATIO, 0.05},
	{"allocate + touch + free", "OPAQUE_FD export", 64 * MIB, 64 * MIB, TONGS_BENCH_RATIO, 0.1},
	{"allocate + touch + free", "no export", 64 * MIB, GIB, TONGS_BENCH_RATIO, 0.25},
	{"first byte", "the same at 4 KiB", 0, 64 * KIB, TONGS_BENCH_RATIO, 1.1},
	{"first byte", "4 KiB, and a new mapping", MIB, GIB, TONGS_BENCH_RATIO, 2},
	{"free, all written", NULL, 0, 0, TONGS_BENCH_RATIO, 1},
	{"import + free", NULL, 0, 0, TONGS_BENCH_RATIO, 1.0 / 50},
	{"getBytes, whole", NULL, 0, 0, TONGS_BENCH_RATIO, 1 / 0.9},
	{"getBytes, tiles", NULL, 0, 0, TONGS_BENCH_RATIO, 1 / 0.9},
	{"replaceRegion, whole", NULL, 0, 0, TONGS_BENCH_RATIO, 1 / 0.9},
	{"replaceRegion, tiles", NULL, 0, 0, TONGS_BENCH_RATIO, 1 / 0.9},
	{"image, create + destroy", NULL, 0, 0, TONGS_BENCH_RATIO, 1.5},
	{"buffer, create + destroy", NULL, 0, 0, TONGS_BENCH_RATIO, 1.5},
	{"hooked, extension on", NULL, 0, 0, TONGS_BENCH_AMOUNT, 18},
	{"hooked, extension off", NULL, 0, 0, TONGS_BENCH_AMOUNT, 0},
	{"frame, vkAllocateMemory + vkFreeMemory", NULL, 0, 0, TONGS_BENCH_EXTRA, 3},
	{"frame, vkMapMemory", NULL, 0, 0, TONGS_BENCH_EXTRA, 3},
	{"frame, vkFlushMappedMemoryRanges", NULL, 0, 0, TONGS_BENCH_EXTRA, 3},
	{"frame, vkInvalidateMappedMemoryRanges", NULL, 0, 0, TONGS_BENCH_EXTRA, 3},
	{"frame, buffer, create + bind + destroy", NULL, 0, 0, TONGS_BENCH_EXTRA, 3},
	{"frame, image, create + bind + destroy", NULL, 0, 0, TONGS_BENCH_EXTRA, 3},
	{"frame, vkCreateImageView", NULL, 0, 0, TONGS_BENCH_EXTRA, 3},
	{"frame, vkGetBufferMemoryRequirements", NULL, 0, 0, TONGS_BENCH_EXTRA, 3},
	{"frame, vkGetBufferMemoryRequirements2", NULL, 0, 0, TONGS_BENCH_EXTRA, 3},
	{"frame, vkGetImageMemoryRequirements", NULL, 0, 0, TONGS_BENCH_EXTRA, 3},
	{"frame, vkGetImageMemoryRequirements2", NULL, 0, 0, TONGS_BENCH_EXTRA, 3},
	{"contents, C", NULL, 0, 0, TONGS_BENCH_RATIO, 2},
	{"retain + release, C", NULL, 0, 0, TONGS_BENCH_RATIO, 2},
	{"memory of a live export", NULL, 0, 0, TONGS_BENCH_AMOUNT, KIB},
	{"memory kept, all freed", NULL, 0, 0, TONGS_BENCH_AMOUNT, 257 * MIB},
	{0},
};

static bool applies(const struct tongs_bench_goal *goal, const struct tongs_bench_result *result) {
	return !strcmp(goal->figure, result->figure->name) &&
	       (!goal->yardstick || !strcmp(goal->yardstick, result->figure->yardstick_name)) &&
	       result->size >= goal->min_size && (!goal->max_size || result->size <= goal->max_size);
}

const struct tongs_bench_goal *tongs_bench_goal_next(
	const struct tongs_bench_result *result, const struct tongs_bench_goal *goal) {
	for (goal = goal ? goal + 1 : tongs_bench_goals; goal->figure; goal++)
		if (applies(goal, result))
			return goal;
	return NULL;
}

double tongs_bench_goal_measured(const struct tongs_bench_goal *goal, const struct tongs_bench_result *result) {
	switch (goal->quantity) {
	case TONGS_BENCH_TIME:
		return result->ours.median;
	case TONGS_BENCH_EXTRA:
		return result->extra.median / result->figure->hooked_calls;
	case TONGS_BENCH_AMOUNT:
		return result->amount;
	default:
		return result->ratio.median;
	}
}

double tongs_bench_goal_worst(const struct tongs_bench_result *result) {
	double worst = 0;

	for (const struct tongs_bench_goal *goal = NULL; (goal = tongs_bench_goal_next(result, goal));) {
		double measured = tongs_bench_goal_measured(goal, result);
		/* A limit of 0 is missed by anything, infinitely. */
		if (measured > 0 && measured / goal->limit > worst)
			worst = measured / goal->limit;
	}
	return worst;
}
