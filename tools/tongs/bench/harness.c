/* SPDX-License-Identifier: MIT */
/* A process for each benchmark, so that what the C library, the driver and Tongs cache for one does not affect the
 * next; in it, samples of both sides in turn, taken by threads that start together. */
#include "harness.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/command.h"

/* For a benchmark at one size. */
static const double quick_nanoseconds = 0.2e9, full_nanoseconds = 2e9;

/* Far longer than reading the clock (about 50 ns) and starting threads (about 10 µs) take. */
static const double min_sample_nanoseconds = 1e6;

/* A side that times itself may do much that is not measured: limits a sample with that included. */
static const double max_sample_nanoseconds = 20e6;

/* Those of a benchmark beside its live exports, at most. */
static const uint64_t other_allocations = 100;

enum { WARM_UP_PAIRS = 2, MIN_PAIRS = 7, MAX_PAIRS = 400, MAX_LANES = TONGS_BENCH_MAX_THREADS + 1 };

/* What the threads of a sample share. */
struct start {
	atomic_uint missing; /* threads that are not ready */
	atomic_bool over;    /* the measured threads are done */
};

/* One thread of a sample. */
struct lane {
	struct tongs_bench_run run;
	tongs_bench_operation *operation;
	uint64_t count; /* 0: repeat until `over` */
	struct start *start;
	bool done;
	double nanoseconds;
};

/* Spins until all threads are ready: one that must be woken starts late. */
static void *run_lane(void *argument) {
	struct lane *lane = argument;

	atomic_fetch_sub(&lane->start->missing, 1);
	while (atomic_load(&lane->start->missing))
		sched_yield();
	double from = tongs_bench_now();
	do
		lane->done = lane->operation(&lane->run, lane->count ? lane->count : 16);
	while (lane->done && !lane->count && !atomic_load(&lane->start->over));
	lane->nanoseconds = tongs_bench_now() - from;
	return NULL;
}

/* Each thread of the side does its operation `count` times. Writes the time of the slowest; returns false after a
 * message if an operation failed or a thread could not be started. */
static bool sample(
	const struct tongs_bench_run *run, const struct tongs_bench_side *side, uint64_t count, double *nanoseconds) {
	const unsigned measured = side->threads ? side->threads : 1, all = measured + (side->beside != NULL);
	struct start start = {.missing = all};
	struct lane lanes[MAX_LANES];
	pthread_t threads[MAX_LANES];
	unsigned started = 1; /* this thread runs the first lane */
	bool done = true;
	int failure = 0;

	*run->nanoseconds = *nanoseconds = 0;
	for (unsigned i = 0; i < all; i++) {
		lanes[i] = (struct lane){.run = *run, .operation = side->beside, .start = &start};
		lanes[i].run.side = side;
		lanes[i].run.thread = i;
		if (i < measured) {
			lanes[i].operation = side->operation;
			lanes[i].count = count;
		}
	}
	while (started < all && !(failure = pthread_create(&threads[started], NULL, run_lane, &lanes[started])))
		started++;
	if (failure)
		tongs_command_error("cannot start a thread: %s", strerror(failure));
	atomic_fetch_sub(&start.missing, all - started);
	run_lane(&lanes[0]);
	for (unsigned i = 0; i < all; i++) {
		if (i == measured)
			atomic_store(&start.over, true);
		if (i > 0 && i < started)
			pthread_join(threads[i], NULL);
		done = done && lanes[i].done;
		if (i < measured)
			*nanoseconds = fmax(*nanoseconds, lanes[i].nanoseconds);
	}
	if (side->times_itself)
		*nanoseconds = *run->nanoseconds;
	return done;
}

/* Finds the count of operations that makes even a warm sample long enough. */
static bool calibrate(const struct tongs_bench_run *run, const struct tongs_bench_side *side, uint64_t *count) {
	for (*count = 1;;) {
		double first, second, start = tongs_bench_now();
		if (!sample(run, side, *count, &first) || !sample(run, side, *count, &second))
			return false;
		double shorter = fmin(first, second),
		       max_growth = 2 * max_sample_nanoseconds / (tongs_bench_now() - start);
		if (shorter >= min_sample_nanoseconds || max_growth < 2)
			return true;
		double growth = shorter > 0 ? 1.5 * min_sample_nanoseconds / shorter : 1000;
		*count = (uint64_t)((double)*count * fmin(fmax(growth, 2), fmin(max_growth, 1000)));
	}
}

static int compare(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts `values`, and interpolates between them. */
static struct tongs_bench_quartiles get_quartiles(double *values, size_t count) {
	double quartiles[3];

	qsort(values, count, sizeof *values, compare);
	for (size_t i = 0; i < 3; i++) {
		size_t quarters = (i + 1) * (count - 1), below = quarters / 4, above = (quarters + 3) / 4;
		quartiles[i] = values[below] + (double)(quarters % 4) / 4 * (values[above] - values[below]);
	}
	return (struct tongs_bench_quartiles){quartiles[0], quartiles[1], quartiles[2]};
}

static bool sample_pairs(const struct tongs_bench_run *run, double nanoseconds, struct tongs_bench_result *result) {
	const struct tongs_benchmark *benchmark = result->benchmark;
	const unsigned calls = benchmark->hooked_calls ? benchmark->hooked_calls : 1;
	double samples[TONGS_BENCH_AMOUNT][MAX_PAIRS], start = tongs_bench_now();
	double *tongs = samples[TONGS_BENCH_TIME], *baseline = samples[TONGS_BENCH_BASELINE_TIME];
	uint64_t tongs_count, baseline_count;
	size_t n = 0;

	if (!calibrate(run, &benchmark->tongs, &tongs_count) || !calibrate(run, &benchmark->baseline, &baseline_count))
		return false;
	for (int i = 0; n < MAX_PAIRS && (n < MIN_PAIRS || tongs_bench_now() - start < nanoseconds); i++) {
		if (!sample(run, &benchmark->tongs, tongs_count, &tongs[n]) ||
			!sample(run, &benchmark->baseline, baseline_count, &baseline[n]))
			return false;
		if (i < WARM_UP_PAIRS)
			continue;
		tongs[n] /= (double)tongs_count;
		baseline[n] /= (double)baseline_count;
		samples[TONGS_BENCH_RATIO][n] = tongs[n] / baseline[n];
		samples[TONGS_BENCH_EXTRA][n] = (tongs[n] - baseline[n]) / calls;
		n++;
	}
	result->pairs = (unsigned)n;
	for (int i = TONGS_BENCH_TIME; i < TONGS_BENCH_AMOUNT; i++)
		result->quartiles[i] = get_quartiles(samples[i], n);
	return true;
}

static bool measure(
	const struct tongs_bench_device *device, double max_nanoseconds, struct tongs_bench_result *result) {
	const struct tongs_benchmark *benchmark = result->benchmark;
	double nanoseconds;
	struct tongs_bench_run run = {.device = device, .size = result->size, .nanoseconds = &nanoseconds};
	bool done = false;

	if (benchmark->requires_fd && !device->get_fd)
		run.why_not = "the driver exports no host-visible memory as OPAQUE_FD";
	else if (benchmark->unit == TONGS_BENCH_LIVE_EXPORTS &&
		 result->size + other_allocations > device->max_allocations)
		run.why_not = "the driver allows fewer allocations";
	else if (!(run.state = calloc(1, benchmark->state_size + 1)))
		tongs_vulkan_report(VK_ERROR_OUT_OF_HOST_MEMORY, "preparing a benchmark");
	else if (!benchmark->prepare || benchmark->prepare(&run))
		done = benchmark->measure ? benchmark->measure(&run, &result->quartiles[TONGS_BENCH_AMOUNT].median)
					  : sample_pairs(&run, max_nanoseconds, result);
	if (run.state && benchmark->finish)
		benchmark->finish(&run);
	free(run.state);
	result->why_not = done || run.why_not ? run.why_not : "it failed";
	return done || run.why_not;
}

/* In the child: measures `result`, or reads the machine if it is NULL. */
static bool work(struct tongs_bench_report *report, struct tongs_bench_result *result) {
	struct tongs_bench_device device = {0};
	struct tongs_vulkan vulkan;

	/* Raise glibc's mmap threshold to its maximum, as in a program that has run for a while. Otherwise the cost of
	 * memory that a driver frees depends on what else is in the heap. */
	void *block = malloc(((size_t)32 << 20) - (64 << 10));
	__asm__ volatile("" : : "r"(block) : "memory"); /* keeps the compiler from removing both calls */
	free(block);
	if (result && result->benchmark->pool_limit)
		setenv("TONGS_POOL_LIMIT", result->benchmark->pool_limit, 1);
	if (!tongs_vulkan_init(&vulkan))
		return false;
	VkPhysicalDevice physical_device = tongs_bench_device_choose(&vulkan, report->device);
	bool done = physical_device && tongs_bench_device_init(&device, physical_device);
	if (done && result)
		done = measure(&device, report->quick ? quick_nanoseconds : full_nanoseconds, result);
	else if (done)
		tongs_bench_machine_read(physical_device, &report->machine);
	tongs_bench_device_finish(&device);
	tongs_vulkan_finish(&vulkan);
	return done;
}

/* Does `work` in a new process and waits for its end. */
static bool work_in_child(struct tongs_bench_report *report, struct tongs_bench_result *result) {
	int status;

	fflush(NULL); /* otherwise both processes write what is buffered */
	pid_t child = fork();
	if (!child)
		exit(work(report, result) ? TONGS_EXIT_OK : TONGS_EXIT_FAILED);
	pid_t ended = child;
	while (child > 0 && (ended = waitpid(child, &status, 0)) < 0 && errno == EINTR)
		continue;
	if (ended < 0)
		tongs_command_error("cannot start a process to measure in: %s", strerror(errno));
	else if (WIFSIGNALED(status))
		tongs_command_error("the measuring process was ended by signal %d (%s)", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	else
		return WEXITSTATUS(status) == TONGS_EXIT_OK;
	return false;
}

/* On a terminal, progress is one line that changes; elsewhere, one line for each result. */
bool tongs_bench_harness_measure(struct tongs_bench_report *report, struct tongs_bench_result *result) {
	if (!result)
		return work_in_child(report, NULL);
	const size_t index = (size_t)(result - report->results) + 1;
	const bool on_terminal = isatty(STDERR_FILENO);
	if (!result->why_not)
		sleep(1); /* measured before: noise rarely lasts */
	*result = (struct tongs_bench_result){
		.benchmark = result->benchmark, .size = result->size, .why_not = "its process ended early"};
	if (on_terminal) {
		fprintf(stderr, "\r\033[K[%zu/%zu] ", index, report->result_count);
		tongs_bench_report_print_name(stderr, result);
	}
	bool done = work_in_child(report, result);
	if (on_terminal) {
		fputs("\r\033[K", stderr);
	} else {
		fprintf(stderr, "[%zu/%zu] ", index, report->result_count);
		tongs_bench_report_print_line(stderr, result);
	}
	return done;
}
