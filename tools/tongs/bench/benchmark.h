/* SPDX-License-Identifier: MIT */
/* The device to measure; benchmarks as descriptors, and their results. */
#ifndef TONGS_TOOL_BENCH_BENCHMARK_H
#define TONGS_TOOL_BENCH_BENCHMARK_H

#include <time.h>

#include <tongs/metal.h>

#include "client/context.h"

/* Kinds of memory that benchmarks compare. */
enum tongs_bench_kind {
	/* Host-visible and coherent: */
	TONGS_BENCH_METAL, /* exportable as MTLBUFFER */
	TONGS_BENCH_PAGES, /* the same, in host pages that the driver imports */
	TONGS_BENCH_FD,    /* exportable as OPAQUE_FD */
	TONGS_BENCH_PLAIN, /* not exportable; of the memory type of TONGS_BENCH_METAL */
	/* Device-local: */
	TONGS_BENCH_LOCAL_METAL, /* exportable as MTLHEAP */
	TONGS_BENCH_LOCAL_FD,    /* exportable as OPAQUE_FD */
	TONGS_BENCH_KIND_COUNT,
};

#define TONGS_BENCH_KIND(kind) (1u << TONGS_BENCH_##kind)

extern const struct tongs_bench_kind_info {
	VkExternalMemoryHandleTypeFlagBits type; /* 0: not exportable */
	VkMemoryPropertyFlags flags;
	const char *lacking; /* what to say of a device that has no such memory */
} tongs_bench_kinds[TONGS_BENCH_KIND_COUNT];

struct tongs_bench_device {
	struct tongs_context context; /* with VK_KHR_external_memory_fd where the driver has it */
	struct tongs_device *metal;
	uint32_t max_allocations;
	uint32_t memory_types[TONGS_BENCH_KIND_COUNT]; /* UINT32_MAX: the device has no such memory */
	PFN_vkGetMemoryFdKHR get_fd;                   /* NULL without the extension */
};

/* Returns the device with number `text`, or the first that can share and whose name contains `text`, ignoring case;
 * NULL: the first that can share. Returns VK_NULL_HANDLE after a message that lists the devices. */
VkPhysicalDevice tongs_bench_device_choose(const struct tongs_vulkan *vulkan, const char *text);

/* Returns false after a message. `finish` accepts a zeroed or half-made device. */
bool tongs_bench_device_init(struct tongs_bench_device *device, VkPhysicalDevice physical_device);
void tongs_bench_device_finish(struct tongs_bench_device *device);

/* Kinds of drivers that a goal may be for: one that copies and draws with the CPU, and any other. */
enum tongs_bench_driver { TONGS_BENCH_ANY_DRIVER, TONGS_BENCH_SOFTWARE, TONGS_BENCH_GPU };

struct tongs_bench_machine {
	enum tongs_bench_driver driver;
	char cpu[128];    /* "": unknown */
	unsigned cores;   /* online */
	char kernel[160]; /* name, release, architecture; "": unknown */
	struct tongs_vulkan_identity identity;
	uint32_t loader_version;
};

void tongs_bench_machine_read(VkPhysicalDevice device, struct tongs_bench_machine *machine);

/* What a size counts. */
enum tongs_bench_unit {
	TONGS_BENCH_NO_SIZE,
	TONGS_BENCH_BYTES,
	TONGS_BENCH_LIVE_EXPORTS,
	TONGS_BENCH_SIDE_LENGTH, /* texels of a square's side */
};

/* What is measured, and goals limit. */
enum tongs_bench_quantity {
	TONGS_BENCH_NO_QUANTITY,
	TONGS_BENCH_TIME,          /* nanoseconds of an operation with Tongs */
	TONGS_BENCH_BASELINE_TIME, /* the same of the baseline; no goal limits it */
	TONGS_BENCH_RATIO,         /* time of Tongs / time of the baseline */
	TONGS_BENCH_EXTRA,         /* nanoseconds more than the baseline, for each hooked call */
	TONGS_BENCH_AMOUNT,        /* bytes */
	TONGS_BENCH_QUANTITY_COUNT,
};

/* docs/performance.md says where the limits come from. */
struct tongs_bench_goal {
	enum tongs_bench_quantity quantity; /* TONGS_BENCH_NO_QUANTITY ends a list */
	double limit;                       /* the highest value that meets the goal */
	enum tongs_bench_driver driver;
};

struct tongs_benchmark;
struct tongs_bench_report;
struct tongs_bench_side;

/* One benchmark at one of its sizes, from prepare to finish. */
struct tongs_bench_run {
	struct tongs_bench_report *report;
	struct tongs_bench_result *result;
	const struct tongs_benchmark *benchmark;
	const struct tongs_bench_device *device; /* for `is_first`: has only the context */
	const struct tongs_bench_side *side;     /* NULL in prepare and finish */
	uint64_t size;
	bool is_beside;      /* a copy, for the thread of tongs_bench_side::beside */
	void *state;         /* tongs_benchmark::state_size bytes, zeroed before prepare */
	const char *why_not; /* set where the device lacks something, before returning false */
	double measured;     /* an operation that measures itself, or a part of itself, adds the result here */
	double elapsed;      /* nanoseconds of the whole operation; set by the harness */
};

/* Repeats an operation `count` times. Returns false after a message or with `why_not`. */
typedef bool tongs_bench_operation(struct tongs_bench_run *run, uint64_t count);

/* One of the two things to compare. */
struct tongs_bench_side {
	tongs_bench_operation *operation;
	unsigned variant;              /* for the operation, which may serve several sides */
	tongs_bench_operation *beside; /* what another thread does meanwhile, unmeasured; NULL: nothing */
};

/* One operation on both sides, in two variants; then what else both sides have in common. */
#define TONGS_BENCH_SIDES(tongs_variant, baseline_variant, ...) \
	.tongs = {.variant = tongs_variant, .operation = __VA_ARGS__}, \
	.baseline = {.variant = baseline_variant, .operation = __VA_ARGS__}

enum { TONGS_BENCH_MAX_SIZES = 5, TONGS_BENCH_MAX_GOALS = 4 };

struct tongs_benchmark {
	const char *name;          /* for --filter; several rows may have one name */
	const char *baseline_name; /* what it is compared with; for an amount, what it is the amount of */
	enum tongs_bench_unit unit;
	uint64_t sizes[TONGS_BENCH_MAX_SIZES + 1]; /* ended by 0 */
	uint64_t quick_limit;                      /* --quick skips larger sizes; 0: none */
	struct tongs_bench_goal goals[TONGS_BENCH_MAX_GOALS + 1];
	unsigned hooked_calls;  /* in an operation: TONGS_BENCH_EXTRA is for each; 0: it is not reported */
	double fair_ratio;      /* --check passes below it: a busy machine's nanoseconds are longer; 0: nothing */
	bool is_first;          /* each operation is the first of a process: it runs once in each */
	bool takes_turns;       /* threads or processes wait for each other: all of its process has one processor */
	unsigned kinds;         /* of memory that the device must have: TONGS_BENCH_KIND(…) | … */
	const char *pool_limit; /* TONGS_POOL_LIMIT of its process; NULL: unchanged */
	size_t state_size;
	/* Returns false after a message or with `why_not`. NULL: nothing to prepare. */
	bool (*prepare)(struct tongs_bench_run *run);
	void (*finish)(struct tongs_bench_run *run); /* accepts a half-made state; NULL: nothing to free */
	struct tongs_bench_side tongs, baseline;
	bool is_amount; /* Tongs' operation finds a number of bytes, once, and there is no baseline */
};

/* All benchmarks, each table ended by a row without a name. */
extern const struct tongs_benchmark tongs_bench_memory_cases[];
extern const struct tongs_benchmark tongs_bench_image_cases[];
extern const struct tongs_benchmark tongs_bench_texture_cases[];
extern const struct tongs_benchmark tongs_bench_program_cases[];
extern const struct tongs_benchmark tongs_bench_commands_cases[];
extern const struct tongs_benchmark tongs_bench_event_cases[];
extern const struct tongs_benchmark tongs_bench_process_cases[];

struct tongs_bench_quartiles {
	double lower, median, upper;
};

struct tongs_bench_result {
	const struct tongs_benchmark *benchmark;
	uint64_t size;
	const char *why_not; /* why it was not measured, and all numbers are 0; NULL: it was */
	struct tongs_bench_goal goals[TONGS_BENCH_MAX_GOALS + 1]; /* the benchmark's for the kind of driver */
	unsigned pairs;                                           /* samples of each side; of an amount, 0 */
	/* Of the samples of all pairs. An amount has the median of TONGS_BENCH_AMOUNT alone. */
	struct tongs_bench_quartiles quartiles[TONGS_BENCH_QUANTITY_COUNT];
};

/* Monotonic time in nanoseconds. */
static inline double tongs_bench_now(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

#endif
