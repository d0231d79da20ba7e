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

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

static const uint64_t small_size = 4 * KIB, min_page = 4 * KIB, huge_page = 2 * MIB;

/* A driver holds a file for each of its exports, and a process may have few. */
static const uint64_t fd_exports = 100;

/* Live memory of one kind. */
struct list {
	VkDeviceMemory *memory;
	uint64_t count;
	uint64_t next[TONGS_BENCH_MAX_THREADS]; /* for each thread that looks up */
};

struct state {
	struct list lists[TONGS_BENCH_KIND_COUNT];
	char *bytes;  /* of the first TONGS_BENCH_PLAIN memory, written */
	void *handle; /* of the first TONGS_BENCH_METAL memory */
	int fd;       /* of the first TONGS_BENCH_FD memory; 0: none */
};

/* `import`: a pNext chain that imports instead of exporting; NULL: none. Returns false after a message. */
static bool allocate(const struct tongs_bench_device *device, enum tongs_bench_kind kind, const void *import,
	VkDeviceSize size, VkDeviceMemory *memory) {
	static const VkExportMemoryAllocateInfo exports[] = {
		{VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, NULL, VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT},
		{VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, NULL, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT}};
	const void *export = kind == TONGS_BENCH_PLAIN ? NULL : &exports[kind];
	const VkMemoryAllocateInfo info = {
		VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, import ? import : export, size, device->memory_types[kind]};

	return TONGS_VULKAN_TRY(vkAllocateMemory, device->device, &info, NULL, memory);
}

static void *map(const struct tongs_bench_device *device, VkDeviceMemory memory) {
	void *bytes;

	return TONGS_VULKAN_TRY(vkMapMemory, device->device, memory, 0, VK_WHOLE_SIZE, 0, &bytes) ? bytes : NULL;
}

/* Allocates memory and writes all of it, or a byte of every page: either way each page is present. Returns
 * VK_NULL_HANDLE after a message. */
static VkDeviceMemory allocate_written(
	const struct tongs_bench_device *device, enum tongs_bench_kind kind, uint64_t size, bool all) {
	VkDeviceMemory memory;

	if (!allocate(device, kind, NULL, size, &memory))
		return VK_NULL_HANDLE;
	volatile char *bytes = map(device, memory);
	if (bytes && all)
		memset((char *)bytes, 1, size);
	for (uint64_t i = 0; bytes && !all && i < size; i += min_page)
		bytes[i] = 1;
	if (bytes)
		return memory;
	vkFreeMemory(device->device, memory, NULL);
	return VK_NULL_HANDLE;
}

static bool get_handle(const struct tongs_bench_device *device, VkDeviceMemory memory, void **handle) {
	const VkMemoryGetMetalHandleInfoEXT info = {VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT, NULL, memory,
		VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT};

	return tongs_vulkan_ok(device->get_handle(device->device, &info, handle), "vkGetMemoryMetalHandleEXT");
}

static bool get_fd(const struct tongs_bench_device *device, VkDeviceMemory memory, int *fd) {
	const VkMemoryGetFdInfoKHR info = {
		VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR, NULL, memory, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT};

	return tongs_vulkan_ok(device->get_fd(device->device, &info, fd), "vkGetMemoryFdKHR");
}

static bool fill(struct tongs_bench_run *run, enum tongs_bench_kind kind, uint64_t size, uint64_t count) {
	const double max_nanoseconds = 15e9, start = tongs_bench_now(); /* some drivers take 0.1 ms for each export */
	struct list *list = &((struct state *)run->state)->lists[kind];

	list->memory = calloc(count, sizeof *list->memory);
	if (!list->memory)
		return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "preparing the exports");
	for (; list->count < count; list->count++) {
		if (list->count % 1000 == 0 && tongs_bench_now() - start > max_nanoseconds)
			run->why_not = "the driver takes too long to make so many exports";
		if (run->why_not || !allocate(run->device, kind, NULL, size, &list->memory[list->count]))
			return false;
	}
	for (unsigned i = 0; i < TONGS_BENCH_MAX_THREADS; i++)
		list->next[i] = count / TONGS_BENCH_MAX_THREADS * i;
	return true;
}

/* Of every benchmark with a state. */
static void finish(struct tongs_bench_run *run) {
	struct state *state = run->state;

	for (struct list *list = state->lists; list < state->lists + TONGS_BENCH_KIND_COUNT; list++) {
		while (list->count)
			vkFreeMemory(run->device->device, list->memory[--list->count], NULL);
		free(list->memory);
	}
	if (state->fd > 0)
		close(state->fd);
}

/* The order of creation must not help the look-up. */
static void shuffle(const struct list *list) {
	uint64_t random = 88172645463325252;

	for (uint64_t i = list->count; i > 1; i--) {
		random ^= random << 13; /* xorshift64 */
		random ^= random >> 7;
		random ^= random << 17;
		VkDeviceMemory *other = &list->memory[random % i], swapped = *other;
		*other = list->memory[i - 1];
		list->memory[i - 1] = swapped;
	}
}

static bool prepare_handles(struct tongs_bench_run *run) {
	if (!fill(run, TONGS_BENCH_METAL, small_size, run->size))
		return false;
	shuffle(((struct state *)run->state)->lists);
	return !run->device->get_fd || fill(run, TONGS_BENCH_FD, small_size, fd_exports);
}

/* A few nanoseconds each: only the memory changes from one to the next. */
static bool get_handles(const struct tongs_bench_run *run, uint64_t count) {
	const struct tongs_bench_device *device = run->device;
	struct list *list = &((struct state *)run->state)->lists[TONGS_BENCH_METAL];
	VkMemoryGetMetalHandleInfoEXT info = {VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT, NULL, VK_NULL_HANDLE,
		VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT};
	uint64_t next = list->next[run->thread];
	void *handle;

	for (; count; count--) {
		info.memory = list->memory[next];
		next = next + 1 < list->count ? next + 1 : 0;
		if (!tongs_vulkan_ok(device->get_handle(device->device, &info, &handle), "vkGetMemoryMetalHandleEXT"))
			return false;
	}
	list->next[run->thread] = next;
	return true;
}

static bool get_fds(const struct tongs_bench_run *run, uint64_t count) {
	const struct list *list = &((const struct state *)run->state)->lists[TONGS_BENCH_FD];
	uint64_t next = list->next[run->thread];
	int fd;

	for (; count && get_fd(run->device, list->memory[next], &fd); count--) {
		next = next + 1 < list->count ? next + 1 : 0;
		close(fd);
	}
	return !count;
}

/* With TONGS_BENCH_METAL, writes to the table that the look-ups read; with TONGS_BENCH_PLAIN, keeps the other core, the
 * driver and the C library as busy. */
static bool allocate_and_free(const struct tongs_bench_run *run, uint64_t count) {
	VkDeviceMemory memory;

	for (; count && allocate(run->device, run->side->variant, NULL, small_size, &memory); count--)
		vkFreeMemory(run->device->device, memory, NULL);
	return !count;
}

static bool allocate_and_touch(const struct tongs_bench_run *run, uint64_t count) {
	VkDeviceMemory memory;

	for (; count && (memory = allocate_written(run->device, run->side->variant, run->size, false)); count--)
		vkFreeMemory(run->device->device, memory, NULL);
	return !count;
}

/* The source of a staging copy is memory that is not shared. */
static bool prepare_staging(struct tongs_bench_run *run) {
	struct state *state = run->state;

	if (fill(run, TONGS_BENCH_PLAIN, run->size, 1))
		state->bytes = map(run->device, state->lists[TONGS_BENCH_PLAIN].memory[0]);
	return state->bytes && memset(state->bytes, 1, run->size);
}

static bool read_first(const struct tongs_buffer *buffer, char byte) {
	const volatile char *contents = buffer ? tongs_buffer_get_contents(buffer) : NULL;

	if (contents && *contents == byte)
		return true;
	tongs_command_error("Metal did not read what Vulkan wrote");
	return false;
}

/* Returns NULL after a message. */
static char *new_mapping(uint64_t size) {
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages != MAP_FAILED)
		return pages;
	tongs_vulkan_report(VK_ERROR_OUT_OF_HOST_MEMORY, "mmap");
	return NULL;
}

/* Large memory may be a new mapping, whose cost differs between machines by more than a factor of ten: a baseline makes
 * one, too. */
enum { ALL, SMALL, SMALL_AND_MAPPING };

/* Freeing is not part of the way to the first byte. */
static bool share(const struct tongs_bench_run *run, uint64_t count) {
	const struct tongs_bench_device *device = run->device;
	const bool with_mapping = run->side->variant == SMALL_AND_MAPPING;
	const uint64_t size = run->side->variant == ALL ? run->size : small_size;
	bool done = true;

	for (; count && done; count--) {
		const char byte = (char)(count | 1);
		VkDeviceMemory memory;
		void *handle;
		double start = tongs_bench_now();
		volatile char *pages = with_mapping ? new_mapping(run->size) : NULL;
		if ((with_mapping && !pages) || !allocate(device, TONGS_BENCH_METAL, NULL, size, &memory))
			return false;
		if (pages)
			*pages = 1;
		volatile char *bytes = map(device, memory);
		if (bytes)
			*bytes = byte;
		done = bytes && get_handle(device, memory, &handle) &&
		       read_first(tongs_buffer_from_handle(handle), byte);
		*run->nanoseconds += tongs_bench_now() - start;
		vkFreeMemory(device->device, memory, NULL);
		if (pages)
			munmap((char *)pages, run->size);
	}
	return done;
}

static bool copy_all(const struct tongs_bench_run *run, uint64_t count) {
	const struct state *state = run->state;
	bool done = true;

	for (; count && done; count--) {
		double start = tongs_bench_now();
		struct tongs_buffer *buffer = tongs_device_new_buffer(
			run->device->metal, (NSUInteger)run->size, MTLResourceStorageModeShared);
		if (buffer)
			memcpy(tongs_buffer_get_contents(buffer), state->bytes, run->size);
		done = read_first(buffer, 1);
		*run->nanoseconds += tongs_bench_now() - start;
		tongs_buffer_unref(buffer);
	}
	return done;
}

static bool free_written(const struct tongs_bench_run *run, uint64_t count) {
	for (; count; count--) {
		VkDeviceMemory memory = allocate_written(run->device, TONGS_BENCH_METAL, run->size, true);
		double start = tongs_bench_now();
		vkFreeMemory(run->device->device, memory, NULL);
		*run->nanoseconds += tongs_bench_now() - start;
		if (!memory)
			return false;
	}
	return true;
}

/* In huge pages if one fits, like the memory. */
static bool unmap_written(const struct tongs_bench_run *run, uint64_t count) {
	const uint64_t size = run->size, alignment = size < huge_page ? min_page : huge_page,
		       reserved = size + alignment;

	for (; count; count--) {
		char *pages = new_mapping(reserved);
		if (!pages)
			return false;
		char *first = pages + (alignment - (uintptr_t)pages % alignment);
		if (size >= huge_page)
			madvise(first, size, MADV_HUGEPAGE);
		memset(first, 1, size);
		double start = tongs_bench_now();
		munmap(pages, reserved);
		*run->nanoseconds += tongs_bench_now() - start;
	}
	return true;
}

static bool prepare_import(struct tongs_bench_run *run) {
	struct state *state = run->state;

	return fill(run, TONGS_BENCH_METAL, run->size, 1) && fill(run, TONGS_BENCH_FD, run->size, 1) &&
	       get_handle(run->device, state->lists[TONGS_BENCH_METAL].memory[0], &state->handle) &&
	       get_fd(run->device, state->lists[TONGS_BENCH_FD].memory[0], &state->fd);
}

/* An import takes ownership of its fd, so each has a duplicate. */
static bool import_and_free(const struct tongs_bench_run *run, uint64_t count) {
	const bool by_fd = run->side->variant == TONGS_BENCH_FD;
	const struct state *state = run->state;
	const VkImportMemoryMetalHandleInfoEXT handle = {VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT, NULL,
		VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT, state->handle};
	VkImportMemoryFdInfoKHR fd = {
		VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR, NULL, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT, -1};
	const void *import = by_fd ? (const void *)&fd : &handle;
	VkDeviceMemory memory;

	for (; count; count--) {
		if (by_fd && (fd.fd = fcntl(state->fd, F_DUPFD_CLOEXEC, 0)) < 0) {
			tongs_command_error("cannot duplicate an fd: %s", strerror(errno));
			return false;
		}
		if (!allocate(run->device, run->side->variant, import, run->size, &memory)) {
			close(fd.fd);
			return false;
		}
		vkFreeMemory(run->device->device, memory, NULL);
	}
	return true;
}

/* Resident bytes of this process. Its size follows a line with its range of addresses. */
static bool read_resident(double *bytes) {
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	const bool found = file && fscanf(file, "%*[^\n] Rss: %lf kB", bytes) == 1;

	if (file)
		fclose(file);
	if (!found)
		tongs_command_error("the kernel reports no resident size in /proc/self/smaps_rollup");
	*bytes *= 1024;
	return found;
}

/* Measures how many more bytes are resident while `count` written exports of `size` are live, or once they are freed.
 */
static bool measure_exports(
	const struct tongs_bench_device *device, uint64_t size, uint64_t count, bool freed, double *amount) {
	VkDeviceMemory *exports = malloc(count * sizeof *exports);
	double before = 0;
	uint64_t made = 0;

	if (!exports)
		return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "preparing the exports");
	memset(exports, 0xff, count * sizeof *exports); /* makes the list itself resident */
	bool done = read_resident(&before);
	while (done && made < count)
		done = (exports[made++] = allocate_written(device, TONGS_BENCH_METAL, size, true));
	done = done && (freed || read_resident(amount));
	while (made)
		vkFreeMemory(device->device, exports[--made], NULL);
	done = done && (!freed || read_resident(amount));
	*amount -= before;
	free(exports);
	return done;
}

static bool measure_live(const struct tongs_bench_run *run, double *amount) {
	bool done = measure_exports(run->device, small_size, run->size, false, amount);

	*amount = *amount / (double)run->size - (double)small_size;
	return done;
}

static bool measure_freed(const struct tongs_bench_run *run, double *amount) {
	return measure_exports(run->device, 64 * MIB, run->size / (64 * MIB), true, amount);
}

#define GOAL TONGS_BENCH_GOAL
#define STATE(prepare_it) .state_size = sizeof(struct state), .prepare = prepare_it, .finish = finish
#define HANDLES \
	STATE(prepare_handles), .unit = TONGS_BENCH_LIVE_EXPORTS, .sizes = {100, 10000, 1000000}, .quick_limit = 10000
#define HANDLE_GOALS \
	GOAL(RATIO, 1.0 / 60, .max_size = 10000), GOAL(TIME, 10, .max_size = 10000), \
		GOAL(TIME, 70, .min_size = 10001, .max_size = 1000000)
#define BYTES .unit = TONGS_BENCH_BYTES, .quick_limit = 64 * MIB
#define FIVE_SIZES BYTES, .sizes = {4 * KIB, 64 * KIB, MIB, 64 * MIB, GIB}
#define AGAINST_FD(...) .requires_fd = true, TONGS_BENCH_SIDES(TONGS_BENCH_METAL, TONGS_BENCH_FD, __VA_ARGS__)
#define AGAINST_PLAIN(...) TONGS_BENCH_SIDES(TONGS_BENCH_METAL, TONGS_BENCH_PLAIN, __VA_ARGS__)

const struct tongs_benchmark tongs_bench_memory_cases[] = {
	/* vkGetMemoryMetalHandleEXT while many exports are live. */
	{"handle, 1 thread", "vkGetMemoryFdKHR + close", HANDLES, .goals = {HANDLE_GOALS}, .requires_fd = true,
		.tongs = {.operation = get_handles}, .baseline = {.operation = get_fds}},
	{"handle, 2 threads", "vkGetMemoryFdKHR + close", HANDLES, .goals = {HANDLE_GOALS}, .requires_fd = true,
		.tongs = {get_handles, .threads = 2}, .baseline = {get_fds, .threads = 2}},
	{"handle, 2 threads", "the same by 1 thread", HANDLES, .goals = {GOAL(RATIO, 1.1)},
		.tongs = {get_handles, .threads = 2}, .baseline = {get_handles, .threads = 1}},
	{"handle, beside a writer", "beside another thread", HANDLES, .goals = {GOAL(RATIO, 1.1)},
		AGAINST_PLAIN(get_handles, .beside = allocate_and_free)},
	{"allocate + touch + free", "OPAQUE_FD export", FIVE_SIZES, AGAINST_FD(allocate_and_touch),
		.goals = {GOAL(RATIO, 0.05, .max_size = MIB),
			GOAL(RATIO, 0.1, .min_size = 64 * MIB, .max_size = 64 * MIB)}},
	{"allocate + touch + free", "no export", FIVE_SIZES, AGAINST_PLAIN(allocate_and_touch),
		.goals = {GOAL(RATIO, 0.25, .min_size = 64 * MIB, .max_size = GIB)}},
	/* From vkAllocateMemory to the first byte that Metal reads of what Vulkan wrote. */
	{"first byte", "staging copy", FIVE_SIZES, STATE(prepare_staging),
		.tongs = {share, .variant = ALL, .times_itself = true}, .baseline = {copy_all, .times_itself = true}},
	{"first byte", "the same at 4 KiB", BYTES, .sizes = {64 * KIB}, .goals = {GOAL(RATIO, 1.1)},
		TONGS_BENCH_SIDES(ALL, SMALL, share, .times_itself = true)},
	{"first byte", "4 KiB, and a new mapping", BYTES, .sizes = {MIB, 64 * MIB, GIB}, .goals = {GOAL(RATIO, 2)},
		TONGS_BENCH_SIDES(ALL, SMALL_AND_MAPPING, share, .times_itself = true)},
	{"free, all written", "munmap", FIVE_SIZES, .goals = {GOAL(RATIO, 1)},
		.tongs = {free_written, .times_itself = true}, .baseline = {unmap_written, .times_itself = true}},
	{"import + free", "OPAQUE_FD import", BYTES, .sizes = {64 * KIB, 64 * MIB}, STATE(prepare_import),
		.goals = {GOAL(RATIO, 1.0 / 50)}, AGAINST_FD(import_and_free)},
	{"memory of a live export", "beyond its pages", .unit = TONGS_BENCH_LIVE_EXPORTS, .sizes = {10000},
		.goals = {GOAL(AMOUNT, KIB)}, .measure = measure_live, .amount_unit = TONGS_BENCH_BYTES},
	{"memory kept, all freed", "of exports of 64 MiB", .unit = TONGS_BENCH_BYTES, .sizes = {GIB},
		.goals = {GOAL(AMOUNT, 257 * MIB)}, .pool_limit = "256M", .measure = measure_freed,
		.amount_unit = TONGS_BENCH_BYTES},
	{0},
};
