/* SPDX-License-Identifier: MIT */
/* A process for each figure: what the C library, the driver and Tongs keep from one figure does not reach the next. */
#include "run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "choice.h"
#include "sample.h"
#include "client/command.h"

static const double quick_seconds = 0.2, full_seconds = 2; /* for a figure at one size */

static size_t get_room(size_t count) {
	return sizeof(struct tongs_bench_report) + count * sizeof(struct tongs_bench_result);
}

struct tongs_bench_report *tongs_bench_run_new(size_t count) {
	struct tongs_bench_report *report =
		mmap(NULL, get_room(count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (report == MAP_FAILED) {
		tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "making room for the results");
		return NULL;
	}
	report->result_count = count;
	return report;
}

void tongs_bench_run_free(struct tongs_bench_report *report) {
	munmap(report, get_room(report->result_count));
}

static bool measure(const struct tongs_bench_device *device, double seconds, struct tongs_bench_result *result) {
	const struct tongs_bench_figure *figure = result->figure;
	double nanoseconds;
	struct tongs_bench_case bench = {.device = device, .size = result->size, .nanoseconds = &nanoseconds};
	bool done = false;

	if (figure->needs_fd && !device->get_fd) {
		result->why_not = "the driver shares no such memory as an OPAQUE_FD";
		return true;
	}
	if (figure->prepare && !figure->prepare(&bench))
		done = bench.why_not != NULL;
	else if (figure->measure)
		done = figure->measure(&bench, &result->amount);
	else
		done = tongs_bench_sample(figure, &bench, seconds, result);
	if (figure->finish)
		figure->finish(&bench);
	result->why_not = done ? bench.why_not : "it failed";
	return done;
}

/* glibc's malloc learns from the blocks that a program frees which sizes to keep. It learns the most here, as in a
 * program that has run for a while: or what a driver's freed memory costs would depend on what else lies in the heap.
 */
static void teach_malloc(void) {
	const size_t most_that_it_keeps = ((size_t)32 << 20) - (64 << 10);
	void *block = malloc(most_that_it_keeps);

	__asm__ volatile("" : : "r"(block) : "memory"); /* or the compiler would leave both calls out */
	free(block);
}

/* What a process does: measures `result`, or reads what the machine is when that is NULL. */
static bool work(struct tongs_bench_report *report, const char *text, struct tongs_bench_result *result) {
	struct tongs_bench_device device;
	struct tongs_vulkan vulkan;

	teach_malloc();
	if (!tongs_vulkan_init(&vulkan))
		return false;
	VkPhysicalDevice physical_device = tongs_bench_choose_device(&vulkan, text);
	bool done = physical_device && tongs_bench_device_init(&device, physical_device);
	if (done) {
		if (result)
			done = measure(&device, report->quick ? quick_seconds : full_seconds, result);
		else
			tongs_bench_machine_read(physical_device, &report->machine);
		tongs_bench_device_finish(&device);
	}
	tongs_vulkan_finish(&vulkan);
	return done;
}

/* Does that in a new process, and waits for its end. */
static bool work_apart(struct tongs_bench_report *report, const char *text, struct tongs_bench_result *result) {
	int status;

	fflush(NULL); /* or both would write it */
	pid_t child = fork();
	if (!child) {
		if (result && result->figure->pool_limit)
			setenv("TONGS_POOL_LIMIT", result->figure->pool_limit, 1);
		exit(work(report, text, result) ? TONGS_EXIT_OK : TONGS_EXIT_FAILED);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	if (child < 0)
		tongs_command_error("a process to measure in could not be started: %s", strerror(errno));
	else if (WIFSIGNALED(status))
		tongs_command_error("the process that measured was ended by signal %d (%s)", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	else
		return WEXITSTATUS(status) == TONGS_EXIT_OK;
	return false;
}

bool tongs_bench_run_probe(struct tongs_bench_report *report, const char *device) {
	return work_apart(report, device, NULL);
}

/* On a terminal one line that changes tells what is measured; elsewhere a line tells what was. */
static void tell_start(size_t number, size_t count, const struct tongs_bench_result *result) {
	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r\033[K[%zu/%zu] ", number, count);
	tongs_bench_report_print_name(stderr, result);
	fflush(stderr);
}

static void tell_end(size_t number, size_t count, const struct tongs_bench_result *result) {
	if (isatty(STDERR_FILENO)) {
		fputs("\r\033[K", stderr);
		return;
	}
	fprintf(stderr, "[%zu/%zu] ", number, count);
	tongs_bench_report_print_line(stderr, result);
}

bool tongs_bench_run_measure_one(struct tongs_bench_report *report, const char *device, size_t index) {
	struct tongs_bench_result *result = &report->results[index];

	*result = (struct tongs_bench_result){
		.figure = result->figure, .size = result->size, .why_not = "the process that measured it ended"};
	tell_start(index + 1, report->result_count, result);
	bool done = work_apart(report, device, result);
	tell_end(index + 1, report->result_count, result);
	return done;
}

bool tongs_bench_run_measure(struct tongs_bench_report *report, const char *device) {
	bool done = true;

	for (size_t i = 0; i < report->result_count; i++)
		done = tongs_bench_run_measure_one(report, device, i) && done;
	return done;
}
