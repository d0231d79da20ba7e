/* SPDX-License-Identifier: MIT */
/* Chooses and opens the device to measure. A process for each benchmark, so that what the C library, the driver and
 * Tongs cache for one does not affect the next; in it, samples of both sides in turn. */
#include "report.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/command.h"
#include "client/terminal.h"

static bool can_share(VkPhysicalDevice device, VkPhysicalDeviceProperties *properties) {
	vkGetPhysicalDeviceProperties(device, properties);
	return properties->apiVersion >= VK_API_VERSION_1_1 &&
	       tongs_vulkan_has_extension(device, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME);
}

VkPhysicalDevice tongs_bench_device_choose(const struct tongs_vulkan *vulkan, const char *text) {
	const bool is_number = text && *text && text[strspn(text, "0123456789")] == '\0';
	VkPhysicalDeviceProperties properties;

	errno = 0;
	const unsigned long long number = is_number ? strtoull(text, NULL, 10) : 0;
	for (uint32_t i = 0; i < vulkan->device_count && !errno; i++)
		if (can_share(vulkan->devices[i], &properties) &&
			(is_number ? i == number : !text || strcasestr(properties.deviceName, text)))
			return vulkan->devices[i];
	if (text)
		tongs_command_error("no device with number or name '%s' can share memory with Metal; devices:", text);
	else
		tongs_command_error("no device can share memory with Metal; devices:");
	for (uint32_t i = 0; i < vulkan->device_count; i++) {
		const bool can = can_share(vulkan->devices[i], &properties);
		fprintf(stderr, "  %u  %s%s\n", i, properties.deviceName,
			can ? "" : " (cannot share; 'tongs info' shows why)");
	}
	return VK_NULL_HANDLE;
}

#define HOST_FLAGS (VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT)

const struct tongs_bench_kind_info tongs_bench_kinds[] = {
	[TONGS_BENCH_METAL] = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT, HOST_FLAGS,
		"the device shares no host-visible memory; 'tongs info' lists what it shares"},
	[TONGS_BENCH_PAGES] = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT, HOST_FLAGS,
		"the driver imports no host pages for buffers"},
	[TONGS_BENCH_FD] = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT, HOST_FLAGS,
		"the driver exports no host-visible memory as OPAQUE_FD"},
	[TONGS_BENCH_PLAIN] = {0, HOST_FLAGS, NULL},
	[TONGS_BENCH_LOCAL_METAL] = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT,
		VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, "the device shares no device-local memory as MTLHEAP"},
	[TONGS_BENCH_LOCAL_FD] = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
		"the driver exports no device-local memory as OPAQUE_FD"},
};

static const VkBufferUsageFlags buffer_usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;

/* Finds a memory type of buffers that can be exported and imported as `kind` without a dedicated allocation. Returns
 * UINT32_MAX if there is none. */
static uint32_t find_memory_type(const struct tongs_context *context, const struct tongs_bench_kind_info *kind) {
	const VkExternalMemoryFeatureFlags wanted =
		VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	const VkExternalMemoryBufferCreateInfo external = {
		VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, .handleTypes = kind->type};
	const VkBufferCreateInfo info = {
		VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .pNext = &external, .size = 4096, .usage = buffer_usage};
	VkMemoryRequirements requirements;
	VkBuffer buffer;

	if (tongs_vulkan_get_buffer_features(context->physical_device, kind->type, buffer_usage) != wanted ||
		!TONGS_VULKAN_TRY(vkCreateBuffer, context->device, &info, NULL, &buffer))
		return UINT32_MAX;
	vkGetBufferMemoryRequirements(context->device, buffer, &requirements);
	vkDestroyBuffer(context->device, buffer, NULL);
	for (uint32_t i = 0; i < context->memory_properties.memoryTypeCount; i++)
		if (requirements.memoryTypeBits >> i & 1 &&
			(context->memory_properties.memoryTypes[i].propertyFlags & kind->flags) == kind->flags)
			return i;
	return UINT32_MAX;
}

bool tongs_bench_device_init(struct tongs_bench_device *device, VkPhysicalDevice physical_device) {
	uint32_t *types = device->memory_types;
	struct tongs_vulkan_identity identity;

	tongs_vulkan_identify(physical_device, &identity);
	*device = (struct tongs_bench_device){.max_allocations = identity.properties.limits.maxMemoryAllocationCount};
	if (!tongs_context_init(&device->context, physical_device, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME))
		return false;
	device->get_fd = (PFN_vkGetMemoryFdKHR)vkGetDeviceProcAddr(device->context.device, "vkGetMemoryFdKHR");
	for (int i = 0; i < TONGS_BENCH_KIND_COUNT; i++)
		if (tongs_bench_kinds[i].type)
			types[i] = find_memory_type(&device->context, &tongs_bench_kinds[i]);
	types[TONGS_BENCH_PLAIN] = types[TONGS_BENCH_METAL];
	if (!device->get_fd)
		types[TONGS_BENCH_FD] = types[TONGS_BENCH_LOCAL_FD] = UINT32_MAX;
	if (!tongs_vulkan_has_extension(physical_device, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME) ||
		!(tongs_vulkan_get_buffer_features(device->context.physical_device,
			  VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT, buffer_usage) &
			VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT))
		types[TONGS_BENCH_PAGES] = UINT32_MAX;
	device->metal = tongs_device_new_from_uuids(identity.ids.deviceUUID, identity.ids.driverUUID);
	if (types[TONGS_BENCH_METAL] == UINT32_MAX)
		tongs_command_error("%s", tongs_bench_kinds[TONGS_BENCH_METAL].lacking);
	else if (!device->metal)
		tongs_command_error("no MTLDevice has the UUIDs of the Vulkan device");
	else
		return true;
	tongs_bench_device_finish(device);
	return false;
}

void tongs_bench_device_finish(struct tongs_bench_device *device) {
	tongs_device_unref(device->metal);
	tongs_context_finish(&device->context);
	*device = (struct tongs_bench_device){0};
}

void tongs_bench_machine_read(VkPhysicalDevice device, struct tongs_bench_machine *machine) {
	const long cores = sysconf(_SC_NPROCESSORS_ONLN);
	FILE *file = fopen("/proc/cpuinfo", "r");
	struct utsname system;
	char line[256];

	*machine = (struct tongs_bench_machine){
		.cores = cores > 0 ? (unsigned)cores : 1, .loader_version = volkGetInstanceVersion()};
	while (file && !*machine->cpu && fgets(line, sizeof line, file)) /* some architectures have no such line */
		sscanf(line, "model name : %127[^\n]", machine->cpu);
	if (file)
		fclose(file);
	if (!uname(&system))
		snprintf(machine->kernel, sizeof machine->kernel, "%.40s %.64s %.40s", system.sysname, system.release,
			system.machine);
	tongs_vulkan_identify(device, &machine->identity);
	machine->driver = machine->identity.properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU ? TONGS_BENCH_SOFTWARE
												 : TONGS_BENCH_GPU;
}

/* For a benchmark at one size. */
static const double quick_nanoseconds = 0.2e9, full_nanoseconds = 2e9;

/* Far longer than reading the clock (about 50 ns) and starting threads (about 10 µs) take. */
static const double min_sample_nanoseconds = 1e6;

/* An operation that measures a part of itself may do much beside: limits a sample with all of it. */
static const double max_sample_nanoseconds = 20e6;

/* Why a result is missing that a process did not enter. */
static const char unfinished[] = "its process ended early";

enum { MIN_PAIRS = 7, MAX_PAIRS = 400 };

/* What runs beside a measured thread. */
struct companion {
	struct tongs_bench_run run;
	atomic_bool started, over;
	bool done;
};

static void *run_beside(void *argument) {
	struct companion *companion = argument;

	atomic_store(&companion->started, true);
	do
		companion->done = companion->run.side->beside(&companion->run, 16);
	while (companion->done && !atomic_load(&companion->over));
	return NULL;
}

static bool sample_in_child(struct tongs_bench_run *run, const struct tongs_bench_side *side);

/* Measures `count` operations of the side, into `run`. Returns false after a message or with `why_not`. */
static bool sample(struct tongs_bench_run *run, const struct tongs_bench_side *side, uint64_t count) {
	const bool has_companion = side->beside;
	pthread_t thread;

	if (!run->device)
		return sample_in_child(run, side);
	run->side = side;
	run->measured = 0;
	struct companion companion = {.run = *run, .done = true};
	companion.run.is_beside = true;
	if (has_companion && (errno = pthread_create(&thread, NULL, run_beside, &companion))) {
		tongs_command_error("cannot start a thread: %s", strerror(errno));
		return false;
	}
	while (has_companion && !atomic_load(&companion.started))
		sched_yield();
	double start = tongs_bench_now();
	bool done = side->operation(run, count);
	run->elapsed = tongs_bench_now() - start;
	if (run->measured == 0 && !run->benchmark->is_amount)
		run->measured = run->elapsed;
	atomic_store(&companion.over, true);
	if (has_companion)
		pthread_join(thread, NULL);
	return done && companion.done;
}

/* Finds the count of operations that makes even a warm sample long enough, and warms up. */
static bool calibrate(struct tongs_bench_run *run, const struct tongs_bench_side *side, uint64_t *count) {
	for (*count = 1; !run->benchmark->is_first;) {
		double shorter = INFINITY, elapsed = INFINITY;
		for (int i = 0; i < 2; i++) {
			if (!sample(run, side, *count))
				return false;
			shorter = fmin(shorter, run->measured);
			elapsed = fmin(elapsed, run->elapsed);
		}
		double growth = fmax(1.5 * min_sample_nanoseconds / shorter, 2),
		       max_growth = fmin(max_sample_nanoseconds / elapsed, 1000);
		if (shorter >= min_sample_nanoseconds || max_growth < 2)
			break;
		*count = (uint64_t)((double)*count * fmin(growth, max_growth));
	}
	return true;
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

static bool sample_pairs(struct tongs_bench_run *run) {
	const struct tongs_benchmark *benchmark = run->benchmark;
	const double nanoseconds = run->report->quick ? quick_nanoseconds : full_nanoseconds, start = tongs_bench_now();
	const unsigned calls = benchmark->hooked_calls ? benchmark->hooked_calls : 1;
	double samples[TONGS_BENCH_AMOUNT][MAX_PAIRS];
	double *tongs = samples[TONGS_BENCH_TIME], *baseline = samples[TONGS_BENCH_BASELINE_TIME];
	uint64_t tongs_count, baseline_count;
	size_t n;

	if (!calibrate(run, &benchmark->tongs, &tongs_count) || !calibrate(run, &benchmark->baseline, &baseline_count))
		return false;
	for (n = 0; n < MAX_PAIRS && (n < MIN_PAIRS || tongs_bench_now() - start < nanoseconds); n++) {
		if (!sample(run, &benchmark->tongs, tongs_count))
			return false;
		tongs[n] = run->measured / (double)tongs_count;
		if (!sample(run, &benchmark->baseline, baseline_count))
			return false;
		baseline[n] = run->measured / (double)baseline_count;
		samples[TONGS_BENCH_RATIO][n] = tongs[n] / baseline[n];
		samples[TONGS_BENCH_EXTRA][n] = (tongs[n] - baseline[n]) / calls;
	}
	run->result->pairs = (unsigned)n;
	for (int i = TONGS_BENCH_TIME; i < TONGS_BENCH_AMOUNT; i++)
		run->result->quartiles[i] = get_quartiles(samples[i], n);
	return true;
}

/* Takes all samples of the result, or with `side` one, into the report. */
static bool measure(struct tongs_bench_run *run, const struct tongs_bench_side *side) {
	const struct tongs_benchmark *benchmark = run->benchmark;
	bool done = false;

	for (unsigned i = 0; i < TONGS_BENCH_KIND_COUNT; i++)
		if (benchmark->kinds & 1u << i && run->device->memory_types[i] == UINT32_MAX)
			run->why_not = tongs_bench_kinds[i].lacking;
	run->state = calloc(1, benchmark->state_size + 1);
	if (!run->state)
		return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "preparing a benchmark");
	if (!run->why_not && (!benchmark->prepare || benchmark->prepare(run)))
		done = side                   ? sample(run, side, 1)
		       : benchmark->is_amount ? sample(run, &benchmark->tongs, 1)
					      : sample_pairs(run);
	if (side)
		run->report->sample = run->measured;
	else if (benchmark->is_amount)
		run->result->quartiles[TONGS_BENCH_AMOUNT].median = run->measured;
	if (benchmark->finish)
		benchmark->finish(run);
	free(run->state);
	run->result->why_not = done || run->why_not ? run->why_not : "it failed";
	return done || run->why_not;
}

/* Raises glibc's mmap threshold to its maximum, as in a program that has run for a while. Otherwise the cost of memory
 * that a driver frees depends on what else is in the heap. */
static void raise_mmap_threshold(void) {
	void *block = malloc(((size_t)32 << 20) - (64 << 10));

	__asm__ volatile("" : : "r"(block) : "memory"); /* keeps the compiler from removing both calls */
	free(block);
}

/* Who is woken runs on the same processor or on another, as the scheduler likes: four times the time on one side, or on
 * the other, whatever is measured. */
static void stay_on_one_processor(void) {
	const int processor = sched_getcpu();
	cpu_set_t one;

	CPU_ZERO(&one);
	if (processor < 0 || processor >= CPU_SETSIZE)
		return;
	CPU_SET(processor, &one);
	sched_setaffinity(0, sizeof one, &one);
}

/* In the child: measures the result, or without one reads the machine. */
static bool work(const struct tongs_bench_run *run, const struct tongs_bench_side *side) {
	struct tongs_bench_report *report = run->report;
	struct tongs_bench_device device = {0};
	struct tongs_bench_run own = *run;
	struct tongs_vulkan vulkan;

	raise_mmap_threshold();
	if (run->benchmark && run->benchmark->pool_limit)
		setenv("TONGS_POOL_LIMIT", run->benchmark->pool_limit, 1);
	if (run->benchmark && run->benchmark->takes_turns)
		stay_on_one_processor();
	if (!tongs_vulkan_init(&vulkan))
		return false;
	VkPhysicalDevice physical_device = tongs_bench_device_choose(&vulkan, report->device);
	/* Before the first operation of a process nothing may have asked Tongs for memory or a Metal device. */
	const bool is_first = run->benchmark && run->benchmark->is_first;
	bool done = physical_device && (is_first ? tongs_context_init(&device.context, physical_device, NULL)
						 : tongs_bench_device_init(&device, physical_device));
	own.device = &device;
	if (done && run->benchmark)
		done = measure(&own, side);
	else if (done)
		tongs_bench_machine_read(physical_device, &report->machine);
	tongs_bench_device_finish(&device);
	tongs_vulkan_finish(&vulkan);
	return done;
}

/* Does `work` in a new process and waits for its end. */
static bool work_in_child(const struct tongs_bench_run *run, const struct tongs_bench_side *side) {
	int status;

	fflush(NULL); /* otherwise both processes write what is buffered */
	const pid_t child = fork();
	if (!child)
		exit(work(run, side) ? TONGS_EXIT_OK : TONGS_EXIT_FAILED);
	pid_t ended = child;
	while (child > 0 && (ended = waitpid(child, &status, 0)) < 0 && errno == EINTR)
		continue;
	if (ended < 0)
		tongs_command_error("cannot start a process to measure in: %s", strerror(errno));
	else if (WIFSIGNALED(status))
		tongs_command_error("the measuring process was ended by signal %d (%s)", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	return ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == TONGS_EXIT_OK;
}

/* Measures one operation in a process of its own. */
static bool sample_in_child(struct tongs_bench_run *run, const struct tongs_bench_side *side) {
	run->result->why_not = unfinished;
	if (!work_in_child(run, side))
		return false;
	run->measured = run->report->sample;
	run->why_not = run->result->why_not;
	return !run->why_not;
}

bool tongs_bench_measure(struct tongs_bench_report *report, struct tongs_bench_result *result) {
	struct tongs_bench_run run = {.report = report, .result = result};

	if (!result)
		return work_in_child(&run, NULL);
	const size_t number = (size_t)(result - report->results) + 1;
	tongs_terminal_show_progress("[%zu/%zu] %s", number, report->result_count, result->benchmark->name);
	if (!result->why_not)
		sleep(1); /* measured before: noise rarely lasts */
	run.benchmark = result->benchmark;
	run.size = result->size;
	*result = (struct tongs_bench_result){.benchmark = run.benchmark, .size = run.size, .why_not = unfinished};
	for (size_t i = 0, n = 0; run.benchmark->goals[i].quantity; i++)
		if (!run.benchmark->goals[i].driver || run.benchmark->goals[i].driver == report->machine.driver)
			result->goals[n++] = run.benchmark->goals[i];
	bool done = run.benchmark->is_first ? sample_pairs(&run) || run.why_not : work_in_child(&run, NULL);
	tongs_terminal_end_progress();
	if (tongs_terminal_shows_progress()) {
		fprintf(stderr, "[%zu/%zu] ", number, report->result_count);
		tongs_bench_report_print_line(stderr, result);
	}
	return done;
}
