/* SPDX-License-Identifier: MIT */
/* Benchmarks of memory: allocating, exporting, importing and freeing it, and what the process keeps. */
#include "benchmark.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/command.h"
#include "client/share.h"

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

static const uint64_t small_size = 4 * KIB, min_page = 4 * KIB;

/* A driver holds a file for each of its exports, and a process may have few. */
static const uint64_t fd_exports = 100;
static const uint64_t other_allocations = 200; /* of a benchmark beside a list, at most */

/* Live memory of one kind. */
struct list {
	VkDeviceMemory *memory;
	uint64_t count;
	uint64_t next[2]; /* to look up, by the measured thread and by the one beside it */
};

struct state {
	struct list lists[TONGS_BENCH_KIND_COUNT];
	void *handle;                /* to import */
	int fd;                      /* the same; 0: none */
	VkDeviceMemory first_import; /* of the handle */
};

/* `import`: a pNext chain that imports instead of exporting; NULL: none. Returns false after a message. */
static bool allocate(struct tongs_bench_run *run, enum tongs_bench_kind kind, uint64_t size, const void *import,
	VkDeviceMemory *memory) {
	const VkExportMemoryAllocateInfo export = {
		VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, NULL, tongs_bench_kinds[kind].type};
	const VkMemoryAllocateInfo info = {VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		import || kind == TONGS_BENCH_PLAIN ? import : &export, size, run->device->memory_types[kind]};

	return TONGS_VULKAN_TRY(vkAllocateMemory, run->device->context.device, &info, NULL, memory);
}

static void release(struct tongs_bench_run *run, VkDeviceMemory memory) {
	vkFreeMemory(run->device->context.device, memory, NULL);
}

/* Returns NULL after a message. */
static char *map(struct tongs_bench_run *run, VkDeviceMemory memory) {
	const VkDevice device = run->device->context.device;
	void *bytes;

	return TONGS_VULKAN_TRY(vkMapMemory, device, memory, 0, VK_WHOLE_SIZE, 0, &bytes) ? bytes : NULL;
}

/* Allocates memory and writes a byte of every page, which makes each present. Returns false after a message. */
static bool allocate_touched(
	struct tongs_bench_run *run, enum tongs_bench_kind kind, uint64_t size, VkDeviceMemory *memory) {
	if (!allocate(run, kind, size, NULL, memory))
		return false;
	volatile char *bytes = map(run, *memory);
	for (uint64_t i = 0; bytes && i < size; i += min_page)
		bytes[i] = 1;
	if (!bytes)
		release(run, *memory);
	return bytes;
}

static bool get_handle(struct tongs_bench_run *run, enum tongs_bench_kind kind, VkDeviceMemory memory, void **handle) {
	*handle = tongs_context_export(&run->device->context, memory, tongs_bench_kinds[kind].type);
	return *handle;
}

static bool get_fd(struct tongs_bench_run *run, VkDeviceMemory memory, int *fd) {
	const VkMemoryGetFdInfoKHR info = {
		VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR, NULL, memory, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT};

	return tongs_vulkan_ok(run->device->get_fd(run->device->context.device, &info, fd), "vkGetMemoryFdKHR");
}

static struct list *get_list(struct tongs_bench_run *run, enum tongs_bench_kind kind) {
	return &((struct state *)run->state)->lists[kind];
}

/* Makes live memory of a kind, with all pages present or none. Returns false after a message or with `why_not`. */
static bool fill(struct tongs_bench_run *run, enum tongs_bench_kind kind, uint64_t size, uint64_t count, bool touched) {
	const double max_nanoseconds = 15e9, start = tongs_bench_now(); /* some drivers take 0.1 ms for each export */
	struct list *list = get_list(run, kind);

	list->memory = calloc(count, sizeof *list->memory);
	if (!list->memory)
		return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "preparing the exports");
	if (count + other_allocations > run->device->max_allocations)
		run->why_not = "the driver allows fewer allocations";
	for (; list->count < count; list->count++) {
		VkDeviceMemory *memory = &list->memory[list->count];
		if (list->count % 1000 == 0 && tongs_bench_now() - start > max_nanoseconds)
			run->why_not = "the driver takes too long to make so many exports";
		if (run->why_not)
			return false;
		if (touched ? allocate_touched(run, kind, size, memory) : allocate(run, kind, size, NULL, memory))
			continue;
		if (list->count >= 10000) /* a program has fewer */
			run->why_not = "the driver has no room for so many exports";
		return false;
	}
	list->next[1] = count / 2;
	return true;
}

static void empty(struct tongs_bench_run *run, struct list *list) {
	while (list->count)
		release(run, list->memory[--list->count]);
}

/* Of every benchmark with a state. */
static void finish(struct tongs_bench_run *run) {
	struct state *state = run->state;

	for (int i = 0; i < TONGS_BENCH_KIND_COUNT; i++) {
		empty(run, &state->lists[i]);
		free(state->lists[i].memory);
	}
	release(run, state->first_import);
	if (state->fd > 0)
		close(state->fd);
}

/* The order of creation must not help the look-up. The same numbers in every run. */
static void shuffle(const struct list *list) {
	for (uint64_t i = list->count; i > 1; i--) {
		VkDeviceMemory *other = &list->memory[(uint64_t)rand() % i], swapped = *other;
		*other = list->memory[i - 1];
		list->memory[i - 1] = swapped;
	}
}

static bool prepare_handles(struct tongs_bench_run *run) {
	if (!fill(run, TONGS_BENCH_METAL, small_size, run->size, false))
		return false;
	shuffle(get_list(run, TONGS_BENCH_METAL));
	return !(run->benchmark->kinds & TONGS_BENCH_KIND(FD)) ||
	       fill(run, TONGS_BENCH_FD, small_size, fd_exports, false);
}

/* A few nanoseconds each: only the memory changes from one to the next. */
static bool get_handles(struct tongs_bench_run *run, uint64_t count) {
	const struct tongs_context *context = &run->device->context;
	struct list *list = get_list(run, TONGS_BENCH_METAL);
	const struct list own = *list; /* another thread writes beside it */
	VkMemoryGetMetalHandleInfoEXT info = {VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT, NULL, VK_NULL_HANDLE,
		VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT};
	uint64_t next = own.next[run->is_beside];
	void *handle;

	for (; count; count--) {
		info.memory = own.memory[next];
		next = next + 1 < own.count ? next + 1 : 0;
		if (!tongs_vulkan_ok(context->get_handle(context->device, &info, &handle), "vkGetMemoryMetalHandleEXT"))
			return false;
	}
	list->next[run->is_beside] = next;
	return true;
}

static bool get_fds(struct tongs_bench_run *run, uint64_t count) {
	const struct list *list = get_list(run, TONGS_BENCH_FD);
	int fd;

	for (; count && get_fd(run, list->memory[count % list->count], &fd); count--)
		close(fd);
	return !count;
}

/* With TONGS_BENCH_METAL, writes to the table that the look-ups read; with TONGS_BENCH_PLAIN, keeps the other core, the
 * driver and the C library as busy. */
static bool allocate_and_free(struct tongs_bench_run *run, uint64_t count) {
	VkDeviceMemory memory;

	for (; count && allocate(run, run->side->variant, small_size, NULL, &memory); count--)
		release(run, memory);
	return !count;
}

/* With a Metal handle, which needs no fd; without an fd. */
static bool allocate_for_export(struct tongs_bench_run *run, uint64_t count) {
	const enum tongs_bench_kind kind = run->side->variant;
	bool done = true;

	for (; count && done; count--) {
		VkDeviceMemory memory;
		void *handle;
		if (!allocate(run, kind, run->size, NULL, &memory))
			return false;
		done = kind == TONGS_BENCH_LOCAL_FD || get_handle(run, kind, memory, &handle);
		release(run, memory);
	}
	return done;
}

static bool allocate_and_touch(struct tongs_bench_run *run, uint64_t count) {
	VkDeviceMemory memory;

	for (; count && allocate_touched(run, run->side->variant, run->size, &memory); count--)
		release(run, memory);
	return !count;
}

/* Large memory may be a new mapping, whose cost differs between machines by more than a factor of ten: a baseline makes
 * one, too. */
enum { ALL, SMALL, SMALL_AND_MAPPING };

/* From vkAllocateMemory to the first byte that Metal reads of what Vulkan wrote; freeing is not part of it. */
static bool share(struct tongs_bench_run *run, uint64_t count) {
	const uint64_t size = run->side->variant == ALL ? run->size : small_size;
	bool done = true;

	for (; count && done; count--) {
		const char byte = (char)(count | 1);
		volatile char *pages = MAP_FAILED, *bytes;
		VkDeviceMemory memory;
		void *handle;
		run->measured -= tongs_bench_now();
		if (run->side->variant == SMALL_AND_MAPPING)
			pages = mmap(NULL, run->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (pages != MAP_FAILED)
			*pages = byte;
		if (!allocate(run, TONGS_BENCH_METAL, size, NULL, &memory))
			return false;
		if ((bytes = map(run, memory)))
			*bytes = byte;
		if ((done = bytes && get_handle(run, TONGS_BENCH_METAL, memory, &handle))) {
			bytes = tongs_buffer_get_contents(tongs_buffer_from_handle(handle));
			done = bytes && *bytes == byte;
			if (!done)
				tongs_command_error("Metal did not read what Vulkan wrote");
		}
		run->measured += tongs_bench_now();
		release(run, memory);
		if (pages != MAP_FAILED)
			munmap((char *)pages, run->size);
	}
	return done;
}

/* Makes memory for both sides, whose handle and fd are ready. */
static bool prepare_import(struct tongs_bench_run *run) {
	const enum tongs_bench_kind metal = run->benchmark->tongs.variant, fd = run->benchmark->baseline.variant;
	struct state *state = run->state;

	return fill(run, metal, run->size, 1, false) && fill(run, fd, run->size, 1, false) &&
	       get_handle(run, metal, get_list(run, metal)->memory[0], &state->handle) &&
	       get_fd(run, get_list(run, fd)->memory[0], &state->fd);
}

/* An import takes ownership of its fd, so each has a duplicate. Returns false after a message. */
static bool import(struct tongs_bench_run *run, enum tongs_bench_kind kind, VkDeviceMemory *memory) {
	const struct state *state = run->state;
	const VkExternalMemoryHandleTypeFlagBits type = tongs_bench_kinds[kind].type;
	const VkImportMemoryMetalHandleInfoEXT handle = {
		VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT, NULL, type, state->handle};
	VkImportMemoryFdInfoKHR fd = {VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR, NULL, type, -1};

	if (type != VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT)
		return allocate(run, kind, run->size, &handle, memory);
	fd.fd = fcntl(state->fd, F_DUPFD_CLOEXEC, 0);
	if (fd.fd >= 0)
		return allocate(run, kind, run->size, &fd, memory);
	tongs_command_error("cannot duplicate an fd: %s", strerror(errno));
	return false;
}

static bool import_and_free(struct tongs_bench_run *run, uint64_t count) {
	VkDeviceMemory memory;

	for (; count && import(run, run->side->variant, &memory); count--)
		release(run, memory);
	return !count;
}

static bool prepare_second_import(struct tongs_bench_run *run) {
	return prepare_import(run) &&
	       import(run, run->benchmark->tongs.variant, &((struct state *)run->state)->first_import);
}

/* Resident bytes of this process. Its size follows a line with its range of addresses. */
static bool read_resident(double *bytes) {
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	double kib = 0;
	const bool found = file && fscanf(file, "%*[^\n] Rss: %lf kB", &kib) == 1;

	if (file)
		fclose(file);
	if (!found)
		tongs_command_error("the kernel reports no resident size in /proc/self/smaps_rollup");
	*bytes = kib * 1024;
	return found;
}

/* Measures how many more bytes are resident for each of many small exports, beyond their own and those of the list. */
static bool measure_live(struct tongs_bench_run *run, uint64_t count) {
	const double own = (double)(small_size + sizeof(VkDeviceMemory));
	double before, after;

	(void)count;
	if (!read_resident(&before) || !fill(run, TONGS_BENCH_METAL, small_size, run->size, true) ||
		!read_resident(&after))
		return false;
	run->measured = (after - before) / (double)run->size - own;
	return true;
}

/* Measures how many more bytes are resident after large exports were touched and freed. */
static bool measure_freed(struct tongs_bench_run *run, uint64_t count) {
	double before, after;

	(void)count;
	if (!read_resident(&before) || !fill(run, TONGS_BENCH_METAL, 64 * MIB, run->size / (64 * MIB), true))
		return false;
	empty(run, get_list(run, TONGS_BENCH_METAL));
	if (!read_resident(&after))
		return false;
	run->measured = after - before;
	return true;
}

#define STATE(prepare_it) .state_size = sizeof(struct state), .prepare = prepare_it, .finish = finish
#define EXPORTS(...) .unit = TONGS_BENCH_LIVE_EXPORTS, .sizes = {__VA_ARGS__}, .quick_limit = 10000
#define SIZES(...) .unit = TONGS_BENCH_BYTES, .sizes = {__VA_ARGS__}, .quick_limit = 64 * MIB
#define AGAINST_FD(...) \
	.kinds = TONGS_BENCH_KIND(PAGES) | TONGS_BENCH_KIND(FD), \
	TONGS_BENCH_SIDES(TONGS_BENCH_PAGES, TONGS_BENCH_FD, __VA_ARGS__)
#define AGAINST_PLAIN(...) TONGS_BENCH_SIDES(TONGS_BENCH_METAL, TONGS_BENCH_PLAIN, __VA_ARGS__)
#define PAGES_AGAINST_PLAIN(...) .kinds = TONGS_BENCH_KIND(PAGES), AGAINST_PLAIN(__VA_ARGS__)
#define LOCAL(...) \
	.kinds = TONGS_BENCH_KIND(LOCAL_METAL) | TONGS_BENCH_KIND(LOCAL_FD), \
	TONGS_BENCH_SIDES(TONGS_BENCH_LOCAL_METAL, TONGS_BENCH_LOCAL_FD, __VA_ARGS__)
#define HANDLES \
	STATE(prepare_handles), .kinds = TONGS_BENCH_KIND(FD), .tongs.operation = get_handles, \
				.baseline.operation = get_fds
#define RATIO(limit) \
	{ TONGS_BENCH_RATIO, limit, TONGS_BENCH_ANY_DRIVER }
#define SOFTWARE(of, limit) \
	{ TONGS_BENCH_##of, limit, TONGS_BENCH_SOFTWARE }
#define GPU(of, limit) \
	{ TONGS_BENCH_##of, limit, TONGS_BENCH_GPU }
#define AMOUNT(limit) \
	{ TONGS_BENCH_AMOUNT, limit, TONGS_BENCH_ANY_DRIVER }

const struct tongs_benchmark tongs_bench_memory_cases[] = {
	/* vkGetMemoryMetalHandleEXT while many exports are live. */
	{"handle, 1 thread", "vkGetMemoryFdKHR + close", EXPORTS(100, 10000), HANDLES,
		.goals = {RATIO(1.0 / 60), SOFTWARE(TIME, 10), GPU(TIME, 30)}},
	{"handle, 1 thread", "vkGetMemoryFdKHR + close", EXPORTS(1000000), HANDLES, .goals = {SOFTWARE(TIME, 70)}},
	{"handle, 2 threads", "the same by 1 thread", EXPORTS(100, 10000, 1000000), STATE(prepare_handles),
		.goals = {RATIO(1.1)}, .tongs = {.operation = get_handles, .beside = get_handles},
		.baseline = {.operation = get_handles}},
	{"handle, beside a writer", "beside another thread", EXPORTS(100, 10000, 1000000), STATE(prepare_handles),
		.goals = {RATIO(1.1)}, AGAINST_PLAIN(get_handles, .beside = allocate_and_free)},
	/* Host pages. A GPU's driver pins and maps them: that much is what its own memory costs, too. */
	{"allocate + touch + free", "OPAQUE_FD export", SIZES(4 * KIB, 64 * KIB, MIB),
		.goals = {SOFTWARE(RATIO, 0.05), GPU(RATIO, 0.5)}, AGAINST_FD(allocate_and_touch)},
	{"allocate + touch + free", "OPAQUE_FD export", SIZES(64 * MIB, GIB),
		.goals = {SOFTWARE(RATIO, 0.1), GPU(RATIO, 0.5)}, AGAINST_FD(allocate_and_touch)},
	{"allocate + touch + free", "no export", SIZES(4 * KIB, 64 * KIB, MIB), .goals = {GPU(RATIO, 0.5)},
		PAGES_AGAINST_PLAIN(allocate_and_touch)},
	{"allocate + touch + free", "no export", SIZES(64 * MIB, GIB),
		.goals = {SOFTWARE(RATIO, 0.25), GPU(RATIO, 0.5)}, PAGES_AGAINST_PLAIN(allocate_and_touch)},
	{"first byte", "the same at 4 KiB", SIZES(64 * KIB), .goals = {RATIO(1.1)}, .kinds = TONGS_BENCH_KIND(PAGES),
		TONGS_BENCH_SIDES(ALL, SMALL, share)},
	{"first byte", "4 KiB, and a new mapping", SIZES(MIB, 64 * MIB, GIB), .goals = {SOFTWARE(RATIO, 2)},
		.kinds = TONGS_BENCH_KIND(PAGES), TONGS_BENCH_SIDES(ALL, SMALL_AND_MAPPING, share)},
	{"import + free", "OPAQUE_FD import", SIZES(64 * KIB, 64 * MIB), STATE(prepare_import),
		.goals = {SOFTWARE(RATIO, 1.0 / 50), GPU(RATIO, 1)}, AGAINST_FD(import_and_free)},
	/* Driver memory, unless the device takes OPTIMAL images in host pages. */
	{"device-local, allocate + handle + free", "OPAQUE_FD, no fd made", SIZES(64 * KIB, 64 * MIB, GIB),
		.goals = {RATIO(1.05)}, LOCAL(allocate_for_export)},
	{"device-local, import + free", "OPAQUE_FD import", SIZES(64 * KIB, 64 * MIB), STATE(prepare_import),
		.goals = {RATIO(1.05)}, LOCAL(import_and_free)},
	{"device-local, second import + free", "OPAQUE_FD import", SIZES(64 * KIB, 64 * MIB),
		STATE(prepare_second_import), .goals = {SOFTWARE(RATIO, 0.5), GPU(RATIO, 1.05)},
		LOCAL(import_and_free)},
	{"memory of a live export", "beyond its pages", EXPORTS(10000), STATE(NULL), .kinds = TONGS_BENCH_KIND(PAGES),
		.goals = {SOFTWARE(AMOUNT, KIB)}, .tongs = {.operation = measure_live}, .is_amount = true},
	{"memory kept, all freed", "of exports of 64 MiB", .unit = TONGS_BENCH_BYTES, .sizes = {GIB}, STATE(NULL),
		.kinds = TONGS_BENCH_KIND(PAGES), .goals = {AMOUNT(257 * MIB)}, .pool_limit = "256M",
		.tongs = {.operation = measure_freed}, .is_amount = true},
	{0},
};
