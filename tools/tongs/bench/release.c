/* SPDX-License-Identifier: MIT */
/* Figure: freeing memory of which every page was written, against the unmapping of as many pages. */
#include "bench.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

#include <sys/mman.h>

#include "client/command.h"

static const uint64_t huge_page = (uint64_t)2 << 20;

static double get_now(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static bool release_memory(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	const struct tongs_bench_device *device = bench->device;
	VkDevice handle = device->context.device;

	(void)thread;
	for (; count; count--) {
		VkDeviceMemory memory;
		void *bytes;
		if (!tongs_bench_device_allocate(
			    device, &tongs_bench_export_metal, bench->size, device->metal_type, &memory) ||
			!tongs_vulkan_ok(vkMapMemory(handle, memory, 0, VK_WHOLE_SIZE, 0, &bytes), "vkMapMemory"))
			return false;
		memset(bytes, 1, bench->size);
		double start = get_now();
		vkFreeMemory(handle, memory, NULL);
		*bench->nanoseconds += get_now() - start;
	}
	return true;
}

/* In huge pages where there is room for one, as the memory is. */
static bool unmap(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	const uint64_t size = bench->size, reserved = size + (size >= huge_page ? huge_page : 0);

	(void)thread;
	for (; count; count--) {
		char *pages = mmap(NULL, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (pages == MAP_FAILED)
			return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "mmap");
		char *first = reserved > size ? pages + (-(uintptr_t)pages & (huge_page - 1)) : pages;
		if (size >= huge_page)
			madvise(first, size, MADV_HUGEPAGE);
		memset(first, 1, size);
		double start = get_now();
		munmap(pages, reserved);
		*bench->nanoseconds += get_now() - start;
	}
	return true;
}

const struct tongs_bench_figure tongs_bench_release[] = {
	{.name = "free, all written",
		.yardstick_name = "munmap",
		.unit = TONGS_BENCH_BYTES,
		.sizes = {4 << 10, 64 << 10, 1 << 20, 64 << 20, 1 << 30},
		.quick_limit = 64 << 20,
		.ours = {.operation = release_memory, .times_itself = true},
		.yardstick = {.operation = unmap, .times_itself = true}},
	{0},
};
