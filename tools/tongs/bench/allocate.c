/* SPDX-License-Identifier: MIT */
/* Figure: memory that is allocated, touched and freed; exportable to Metal, exportable as an fd, and not at all. */
#include "bench.h"

#include <unistd.h>

/* Writes a byte of every page, so that each is there. Freeing the memory unmaps it. */
static bool touch(const struct tongs_bench_case *bench, VkDeviceMemory memory, size_t page_size) {
	VkDevice device = bench->device->context.device;
	void *bytes;
	VkResult result = vkMapMemory(device, memory, 0, VK_WHOLE_SIZE, 0, &bytes);

	if (result != VK_SUCCESS)
		return tongs_vulkan_ok(result, "vkMapMemory");
	for (volatile char *at = bytes, *end = at + bench->size; at < end; at += page_size)
		*at = 1;
	return true;
}

static bool allocate(const struct tongs_bench_case *bench, const void *next, uint32_t memory_type, uint64_t count) {
	const size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	VkDevice device = bench->device->context.device;
	bool done = true;

	for (; count && done; count--) {
		VkDeviceMemory memory;
		if (!tongs_bench_device_allocate(bench->device, next, bench->size, memory_type, &memory))
			return false;
		done = touch(bench, memory, page_size);
		vkFreeMemory(device, memory, NULL);
	}
	return done;
}

static bool for_metal(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	(void)thread;
	return allocate(bench, &tongs_bench_export_metal, bench->device->metal_type, count);
}

static bool for_fd(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	(void)thread;
	return allocate(bench, &tongs_bench_export_fd, bench->device->fd_type, count);
}

static bool for_nobody(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	(void)thread;
	return allocate(bench, NULL, bench->device->metal_type, count);
}

#define SIZES \
	{ 4 << 10, 64 << 10, 1 << 20, 64 << 20, 1 << 30 }

const struct tongs_bench_figure tongs_bench_allocate[] = {
	{.name = "allocate + touch + free",
		.yardstick_name = "OPAQUE_FD export",
		.unit = TONGS_BENCH_BYTES,
		.sizes = SIZES,
		.quick_limit = 64 << 20,
		.needs_fd = true,
		.ours.operation = for_metal,
		.yardstick.operation = for_fd},
	{.name = "allocate + touch + free",
		.yardstick_name = "no export",
		.unit = TONGS_BENCH_BYTES,
		.sizes = SIZES,
		.quick_limit = 64 << 20,
		.ours.operation = for_metal,
		.yardstick.operation = for_nobody},
	{0},
};
