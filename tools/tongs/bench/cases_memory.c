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

static const uint64_t small_size = 4096, huge_page = 2 * MIB;

static void *map(const struct tongs_bench_device *device, VkDeviceMemory memory) {
	void *bytes;

	return TONGS_VULKAN_TRY(vkMapMemory, device->device, memory, 0, VK_WHOLE_SIZE, 0, &bytes) ? bytes : NULL;
}

/* A driver holds a file for each of its exports, and a process may have few. */
enum { FD_EXPORTS = 100 };

struct handles {
	VkDeviceMemory *exports; /* in random order */
	uint64_t count;
	VkDeviceMemory fd_exports[FD_EXPORTS];
	uint64_t next[TONGS_BENCH_MAX_THREADS]; /* of `exports`, for each thread that looks up */
};

/* The order of creation must not help the look-up. */
static void shuffle(VkDeviceMemory *exports, uint64_t count) {
	uint64_t random = 88172645463325252;

	for (uint64_t i = count; i > 1; i--) {
		random ^= random << 13; /* xorshift64 */
		random ^= random >> 7;
		random ^= random << 17;
		uint64_t other = random % i;
		VkDeviceMemory swapped = exports[i - 1];
		exports[i - 1] = exports[other];
		exports[other] = swapped;
	}
}

static bool prepare_handles(struct tongs_bench_run *run) {
	const double max_nanoseconds = 15e9, start = tongs_bench_now(); /* some drivers take 0.1 ms for each export */
	const struct tongs_bench_device *device = run->device;
	struct handles *handles = run->state;

	handles->exports = calloc(run->size, sizeof *handles->exports);
	if (!handles->exports)
		return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "preparing the exports");
	for (; handles->count < run->size; handles->count++) {
		if (handles->count % 1000 == 0 && tongs_bench_now() - start > max_nanoseconds) {
			run->why_not = "the driver takes too long to make so many exports";
			return false;
		}
		if (!tongs_bench_device_allocate(
			    device, TONGS_BENCH_METAL, NULL, small_size, &handles->exports[handles->count]))
			return false;
	}
	shuffle(handles->exports, handles->count);
	for (unsigned i = 0; i < TONGS_BENCH_MAX_THREADS; i++)
		handles->next[i] = handles->count / TONGS_BENCH_MAX_THREADS * i;
	for (int i = 0; device->get_fd && i < FD_EXPORTS; i++)
		if (!tongs_bench_device_allocate(device, TONGS_BENCH_FD, NULL, small_size, &handles->fd_exports[i]))
			return false;
	return true;
}

static void finish_handles(struct tongs_bench_run *run) {
	struct handles *handles = run->state;

	for (uint64_t i = 0; i < handles->count; i++)
		vkFreeMemory(run->device->device, handles->exports[i], NULL);
	for (int i = 0; i < FD_EXPORTS; i++)
		vkFreeMemory(run->device->device, handles->fd_exports[i], NULL);
	free(handles->exports);
}

static bool get_handles(const struct tongs_bench_run *run, uint64_t count) {
	const struct tongs_bench_device *device = run->device;
	struct handles *handles = run->state;
	VkMemoryGetMetalHandleInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
	};
	uint64_t next = handles->next[run->thread];
	void *handle;

	for (; count; count--) {
		info.memory = handles->exports[next];
		next = next + 1 < handles->count ? next + 1 : 0;
		if (!tongs_vulkan_ok(device->get_handle(device->device, &info, &handle), "vkGetMemoryMetalHandleEXT"))
			return false;
	}
	handles->next[run->thread] = next;
	return true;
}

static bool get_fds(const struct tongs_bench_run *run, uint64_t count) {
	const struct tongs_bench_device *device = run->device;
	const struct handles *handles = run->state;
	VkMemoryGetFdInfoKHR info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
	};
	uint64_t next = (uint64_t)FD_EXPORTS * run->thread / TONGS_BENCH_MAX_THREADS;
	int fd;

	for (; count; count--) {
		info.memory = handles->fd_exports[next];
		next = next + 1 < FD_EXPORTS ? next + 1 : 0;
		if (!tongs_vulkan_ok(device->get_fd(device->device, &info, &fd), "vkGetMemoryFdKHR"))
			return false;
		close(fd);
	}
	return true;
}

/* With TONGS_BENCH_METAL, writes to the table that the look-ups read; with TONGS_BENCH_PLAIN, keeps the other core, the
 * driver and the C library as busy. */
static bool allocate_and_free(const struct tongs_bench_run *run, uint64_t count) {
	VkDeviceMemory memory;

	for (; count; count--) {
		if (!tongs_bench_device_allocate(run->device, run->side->variant, NULL, small_size, &memory))
			return false;
		vkFreeMemory(run->device->device, memory, NULL);
	}
	return true;
}

/* Writes a byte of every page, so that each is present. */
static bool allocate_and_touch(const struct tongs_bench_run *run, uint64_t count) {
	const size_t page_size = (size_t)sysconf(_SC_PAGESIZE);

	for (; count; count--) {
		VkDeviceMemory memory;
		if (!tongs_bench_device_allocate(run->device, run->side->variant, NULL, run->size, &memory))
			return false;
		volatile char *bytes = map(run->device, memory);
		for (size_t i = 0; bytes && i < run->size; i += page_size)
			bytes[i] = 1;
		vkFreeMemory(run->device->device, memory, NULL);
		if (!bytes)
			return false;
	}
	return true;
}

/* The source of a staging copy: written before, in memory that is not shared. */
struct staging {
	VkDeviceMemory memory;
	char *bytes;
};

static bool prepare_staging(struct tongs_bench_run *run) {
	struct staging *staging = run->state;

	if (tongs_bench_device_allocate(run->device, TONGS_BENCH_PLAIN, NULL, run->size, &staging->memory))
		staging->bytes = map(run->device, staging->memory);
	return staging->bytes && memset(staging->bytes, 1, run->size);
}

static void finish_staging(struct tongs_bench_run *run) {
	vkFreeMemory(run->device->device, ((struct staging *)run->state)->memory, NULL);
}

static bool read_first(const struct tongs_buffer *buffer, char byte) {
	const volatile char *contents = buffer ? tongs_buffer_get_contents(buffer) : NULL;

	if (contents && *contents == byte)
		return true;
	tongs_command_error("Metal did not read what Vulkan wrote");
	return false;
}

enum { ALL, SMALL };

/* Freeing the memory is not part of the way to the first byte. */
static bool share(const struct tongs_bench_run *run, uint64_t count) {
	const struct tongs_bench_device *device = run->device;
	const uint64_t size = run->side->variant == SMALL ? small_size : run->size;
	bool done = true;

	for (; count && done; count--) {
		const char byte = (char)(count | 1);
		VkDeviceMemory memory;
		double start = tongs_bench_now();
		if (!tongs_bench_device_allocate(device, TONGS_BENCH_METAL, NULL, size, &memory))
			return false;
		volatile char *bytes = map(device, memory);
		if (bytes)
			*bytes = byte;
		void *handle = bytes ? tongs_bench_device_get_handle(device, memory) : NULL;
		done = handle && read_first(tongs_buffer_from_handle(handle), byte);
		*run->nanoseconds += tongs_bench_now() - start;
		vkFreeMemory(device->device, memory, NULL);
	}
	return done;
}

/* Large memory may be a new mapping, whose cost differs between machines by more than a factor of ten. */
static bool map_and_share(const struct tongs_bench_run *run, uint64_t count) {
	bool done = true;

	for (; count && done; count--) {
		double start = tongs_bench_now();
		char *bytes = mmap(NULL, run->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (bytes == MAP_FAILED)
			return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "mmap");
		*(volatile char *)bytes = 1;
		*run->nanoseconds += tongs_bench_now() - start;
		munmap(bytes, run->size);
		done = share(run, 1);
	}
	return done;
}

static bool copy_all(const struct tongs_bench_run *run, uint64_t count) {
	const struct staging *staging = run->state;
	bool done = true;

	for (; count && done; count--) {
		double start = tongs_bench_now();
		struct tongs_buffer *buffer = tongs_device_new_buffer(
			run->device->metal, (NSUInteger)run->size, MTLResourceStorageModeShared);
		if (buffer)
			memcpy(tongs_buffer_get_contents(buffer), staging->bytes, run->size);
		done = read_first(buffer, 1);
		*run->nanoseconds += tongs_bench_now() - start;
		tongs_buffer_unref(buffer);
	}
	return done;
}

static bool free_written(const struct tongs_bench_run *run, uint64_t count) {
	for (; count; count--) {
		VkDeviceMemory memory;
		if (!tongs_bench_device_allocate(run->device, TONGS_BENCH_METAL, NULL, run->size, &memory))
			return false;
		void *bytes = map(run->device, memory);
		if (bytes)
			memset(bytes, 1, run->size);
		double start = tongs_bench_now();
		vkFreeMemory(run->device->device, memory, NULL);
		*run->nanoseconds += tongs_bench_now() - start;
		if (!bytes)
			return false;
	}
	return true;
}

/* In huge pages if one fits, like the memory. */
static bool unmap_written(const struct tongs_bench_run *run, uint64_t count) {
	const uint64_t size = run->size, reserved = size + (size >= huge_page ? huge_page : 0);

	for (; count; count--) {
		char *pages = mmap(NULL, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (pages == MAP_FAILED)
			return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "mmap");
		char *first = reserved > size ? pages + (-(uintptr_t)pages & (huge_page - 1)) : pages;
		if (size >= huge_page)
			madvise(first, size, MADV_HUGEPAGE);
		memset(first, 1, size);
		double start = tongs_bench_now();
		munmap(pages, reserved);
		*run->nanoseconds += tongs_bench_now() - start;
	}
	return true;
}

struct import {
	VkDeviceMemory exports[2]; /* by enum tongs_bench_kind */
	void *handle;
	int fd; /* 0: none */
};

static bool prepare_import(struct tongs_bench_run *run) {
	const struct tongs_bench_device *device = run->device;
	struct import *import = run->state;

	if (!tongs_bench_device_allocate(device, TONGS_BENCH_METAL, NULL, run->size, &import->exports[0]) ||
		!tongs_bench_device_allocate(device, TONGS_BENCH_FD, NULL, run->size, &import->exports[1]))
		return false;
	const VkMemoryGetFdInfoKHR info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
		.memory = import->exports[TONGS_BENCH_FD],
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
	};
	import->handle = tongs_bench_device_get_handle(device, import->exports[TONGS_BENCH_METAL]);
	return import->handle &&
	       tongs_vulkan_ok(device->get_fd(device->device, &info, &import->fd), "vkGetMemoryFdKHR");
}

static void finish_import(struct tongs_bench_run *run) {
	struct import *import = run->state;

	if (import->fd > 0)
		close(import->fd);
	vkFreeMemory(run->device->device, import->exports[0], NULL);
	vkFreeMemory(run->device->device, import->exports[1], NULL);
}

static bool import_handle(const struct tongs_bench_run *run, uint64_t count) {
	const VkImportMemoryMetalHandleInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
		.handle = ((const struct import *)run->state)->handle,
	};
	VkDeviceMemory memory;

	for (; count; count--) {
		if (!tongs_bench_device_allocate(run->device, TONGS_BENCH_METAL, &info, run->size, &memory))
			return false;
		vkFreeMemory(run->device->device, memory, NULL);
	}
	return true;
}

/* An import takes ownership of its fd, so each has a duplicate. */
static bool import_fd(const struct tongs_bench_run *run, uint64_t count) {
	VkImportMemoryFdInfoKHR info = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
	};
	VkDeviceMemory memory;

	for (; count; count--) {
		info.fd = fcntl(((const struct import *)run->state)->fd, F_DUPFD_CLOEXEC, 0);
		if (info.fd < 0) {
			tongs_command_error("cannot duplicate an fd: %s", strerror(errno));
			return false;
		}
		if (!tongs_bench_device_allocate(run->device, TONGS_BENCH_FD, &info, run->size, &memory)) {
			close(info.fd);
			return false;
		}
		vkFreeMemory(run->device->device, memory, NULL);
	}
	return true;
}

/* Resident bytes of this process. */
static bool read_resident(double *bytes) {
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	unsigned long long size;
	char line[128];
	bool found = false;

	while (file && !found && fgets(line, sizeof line, file))
		found = sscanf(line, "Rss: %llu kB", &size) == 1;
	if (file)
		fclose(file);
	if (found)
		*bytes = 1024.0 * (double)size;
	else
		tongs_command_error("the kernel reports no resident size in /proc/self/smaps_rollup");
	return found;
}

/* Measures how many more bytes are resident while `count` written exports of `size` are live, and after. */
static bool measure_exports(
	const struct tongs_bench_device *device, VkDeviceSize size, uint64_t count, double *live, double *after) {
	VkDeviceMemory *exports = malloc(count * sizeof *exports);
	double before = 0;
	uint64_t made = 0;

	if (!exports)
		return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "preparing the exports");
	memset(exports, 0xff, count * sizeof *exports); /* makes the list itself resident */
	bool done = read_resident(&before);
	while (done && made < count) {
		done = tongs_bench_device_allocate(device, TONGS_BENCH_METAL, NULL, size, &exports[made]);
		void *bytes = done ? map(device, exports[made++]) : NULL;
		done = bytes && memset(bytes, 1, size);
	}
	done = done && read_resident(live);
	while (made)
		vkFreeMemory(device->device, exports[--made], NULL);
	done = done && read_resident(after);
	free(exports);
	*live -= before;
	*after -= before;
	return done;
}

static bool measure_live(const struct tongs_bench_run *run, double *amount) {
	double live = 0, after = 0;
	bool done = measure_exports(run->device, small_size, run->size, &live, &after);

	*amount = live / (double)run->size - (double)small_size;
	return done;
}

static bool measure_freed(const struct tongs_bench_run *run, double *amount) {
	double live = 0;

	return measure_exports(run->device, 64 * MIB, run->size / (64 * MIB), &live, amount);
}

#define ROW(title, against, ...) \
	{ .name = title, .baseline_name = against, __VA_ARGS__ }
#define HANDLES(title, against, ...) \
	ROW(title, against, .unit = TONGS_BENCH_LIVE_EXPORTS, .sizes = {100, 10000, 1000000}, .quick_limit = 10000, \
		.state_size = sizeof(struct handles), .prepare = prepare_handles, .finish = finish_handles, \
		__VA_ARGS__)
#define HANDLE_GOALS \
	.goals = {TONGS_BENCH_GOAL(RATIO, 1.0 / 60, .max_size = 10000), TONGS_BENCH_GOAL(TIME, 10, .max_size = 10000), \
		TONGS_BENCH_GOAL(TIME, 70, .min_size = 10001, .max_size = 1000000)}
#define BYTES(title, against, ...) ROW(title, against, .unit = TONGS_BENCH_BYTES, .quick_limit = 64 * MIB, __VA_ARGS__)
#define FIVE_SIZES .sizes = {4 * KIB, 64 * KIB, MIB, 64 * MIB, GIB}

const struct tongs_benchmark tongs_bench_memory_cases[] = {
	/* vkGetMemoryMetalHandleEXT while many exports are live. */
	HANDLES("handle, 1 thread", "vkGetMemoryFdKHR + close", HANDLE_GOALS, .requires_fd = true,
		.tongs = TONGS_BENCH_SIDE(get_handles), .baseline = TONGS_BENCH_SIDE(get_fds)),
	HANDLES("handle, 2 threads", "vkGetMemoryFdKHR + close", HANDLE_GOALS, .requires_fd = true,
		.tongs = TONGS_BENCH_SIDE(get_handles, .threads = 2),
		.baseline = TONGS_BENCH_SIDE(get_fds, .threads = 2)),
	HANDLES("handle, 2 threads", "the same by 1 thread", .goals = {TONGS_BENCH_GOAL(RATIO, 1.1)},
		.tongs = TONGS_BENCH_SIDE(get_handles, .threads = 2), .baseline = TONGS_BENCH_SIDE(get_handles)),
	HANDLES("handle, beside a writer", "beside another thread", .goals = {TONGS_BENCH_GOAL(RATIO, 1.1)},
		.tongs = TONGS_BENCH_SIDE(get_handles, .variant = TONGS_BENCH_METAL, .beside = allocate_and_free),
		.baseline = TONGS_BENCH_SIDE(get_handles, .variant = TONGS_BENCH_PLAIN, .beside = allocate_and_free)),
	BYTES("allocate + touch + free", "OPAQUE_FD export", FIVE_SIZES,
		.goals = {TONGS_BENCH_GOAL(RATIO, 0.05, .max_size = MIB),
			TONGS_BENCH_GOAL(RATIO, 0.1, .min_size = 64 * MIB, .max_size = 64 * MIB)},
		.requires_fd = true, .tongs = TONGS_BENCH_SIDE(allocate_and_touch, .variant = TONGS_BENCH_METAL),
		.baseline = TONGS_BENCH_SIDE(allocate_and_touch, .variant = TONGS_BENCH_FD)),
	BYTES("allocate + touch + free", "no export", FIVE_SIZES,
		.goals = {TONGS_BENCH_GOAL(RATIO, 0.25, .min_size = 64 * MIB, .max_size = GIB)},
		.tongs = TONGS_BENCH_SIDE(allocate_and_touch, .variant = TONGS_BENCH_METAL),
		.baseline = TONGS_BENCH_SIDE(allocate_and_touch, .variant = TONGS_BENCH_PLAIN)),
	/* From vkAllocateMemory to the first byte that Metal reads of what Vulkan wrote. */
	BYTES("first byte", "staging copy", FIVE_SIZES, .state_size = sizeof(struct staging),
		.prepare = prepare_staging, .finish = finish_staging,
		.tongs = TONGS_BENCH_SIDE(share, .variant = ALL, .times_itself = true),
		.baseline = TONGS_BENCH_SIDE(copy_all, .times_itself = true)),
	BYTES("first byte", "the same at 4 KiB", .sizes = {64 * KIB}, .goals = {TONGS_BENCH_GOAL(RATIO, 1.1)},
		.tongs = TONGS_BENCH_SIDE(share, .variant = ALL, .times_itself = true),
		.baseline = TONGS_BENCH_SIDE(share, .variant = SMALL, .times_itself = true)),
	BYTES("first byte", "4 KiB, and a new mapping", .sizes = {MIB, 64 * MIB, GIB},
		.goals = {TONGS_BENCH_GOAL(RATIO, 2)},
		.tongs = TONGS_BENCH_SIDE(share, .variant = ALL, .times_itself = true),
		.baseline = TONGS_BENCH_SIDE(map_and_share, .variant = SMALL, .times_itself = true)),
	BYTES("free, all written", "munmap", FIVE_SIZES, .goals = {TONGS_BENCH_GOAL(RATIO, 1)},
		.tongs = TONGS_BENCH_SIDE(free_written, .times_itself = true),
		.baseline = TONGS_BENCH_SIDE(unmap_written, .times_itself = true)),
	BYTES("import + free", "OPAQUE_FD import", .sizes = {64 * KIB, 64 * MIB},
		.goals = {TONGS_BENCH_GOAL(RATIO, 1.0 / 50)}, .requires_fd = true, .state_size = sizeof(struct import),
		.prepare = prepare_import, .finish = finish_import, .tongs = TONGS_BENCH_SIDE(import_handle),
		.baseline = TONGS_BENCH_SIDE(import_fd)),
	ROW("memory of a live export", "beyond its pages", .unit = TONGS_BENCH_LIVE_EXPORTS, .sizes = {10000},
		.goals = {TONGS_BENCH_GOAL(AMOUNT, KIB)}, .measure = measure_live, .amount_unit = TONGS_BENCH_BYTES),
	ROW("memory kept, all freed", "of exports of 64 MiB", .unit = TONGS_BENCH_BYTES, .sizes = {GIB},
		.goals = {TONGS_BENCH_GOAL(AMOUNT, 257 * MIB)}, .pool_limit = "256M", .measure = measure_freed,
		.amount_unit = TONGS_BENCH_BYTES),
	{0},
};
