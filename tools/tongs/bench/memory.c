/* SPDX-License-Identifier: MIT */
/* Figure: memory that the process holds for live exports beyond their pages, and when all of them are freed. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command.h"

static const VkDeviceSize small_size = 4096, large_size = 64 << 20;

/* Bytes of this process that are in memory now. */
static bool read_resident(double *bytes) {
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	unsigned long long kib;
	char line[128];
	bool found = false;

	while (file && !found && fgets(line, sizeof line, file))
		found = sscanf(line, "Rss: %llu kB", &kib) == 1;
	if (file)
		fclose(file);
	if (found)
		*bytes = 1024.0 * (double)kib;
	else
		tongs_command_error("the kernel does not tell in /proc/self/smaps_rollup how much memory is resident");
	return found;
}

/* Exports, every page of which was written. `count` of them is how many there are, in any case. */
static bool make_exports(
	const struct tongs_bench_device *device, VkDeviceSize size, VkDeviceMemory *exports, uint64_t *count) {
	for (uint64_t wanted = *count, i = *count = 0; i < wanted; i++) {
		void *bytes;
		if (!tongs_bench_device_allocate(
			    device, &tongs_bench_export_metal, size, device->metal_type, &exports[i]))
			return false;
		++*count;
		if (!tongs_vulkan_ok(vkMapMemory(device->context.device, exports[i], 0, VK_WHOLE_SIZE, 0, &bytes),
			    "vkMapMemory"))
			return false;
		memset(bytes, 1, size);
	}
	return true;
}

/* How much more is resident while `count` exports of `size` live, and after. */
static bool measure_exports(
	const struct tongs_bench_device *device, VkDeviceSize size, uint64_t count, double *live, double *after) {
	VkDeviceMemory *exports = calloc(count, sizeof *exports);
	double before = 0;

	if (!exports)
		return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "making room for the exports");
	/* The list itself is resident before it is counted. */
	memset(exports, 0xff, count * sizeof *exports);
	bool done = read_resident(&before) && make_exports(device, size, exports, &count) && read_resident(live);
	for (uint64_t i = 0; i < count; i++)
		vkFreeMemory(device->context.device, exports[i], NULL);
	done = done && read_resident(after);
	free(exports);
	*live -= before;
	*after -= before;
	return done;
}

static bool measure_held(const struct tongs_bench_case *bench, double *amount) {
	double live = 0, after = 0;
	bool done = measure_exports(bench->device, small_size, bench->size, &live, &after);

	*amount = live / (double)bench->size - (double)small_size;
	return done;
}

static bool measure_kept(const struct tongs_bench_case *bench, double *amount) {
	double live = 0;

	return measure_exports(bench->device, large_size, bench->size / large_size, &live, amount);
}

static bool prepare_held(struct tongs_bench_case *bench) {
	if (bench->size <= bench->device->max_allocations)
		return true;
	bench->why_not = "the driver allows fewer allocations";
	return false;
}

const struct tongs_bench_figure tongs_bench_memory[] = {
	{.name = "memory of a live export",
		.yardstick_name = "beyond its pages",
		.unit = TONGS_BENCH_LIVE_EXPORTS,
		.sizes = {10000},
		.prepare = prepare_held,
		.measure = measure_held,
		.amount_unit = TONGS_BENCH_BYTES},
	{.name = "memory kept, all freed",
		.yardstick_name = "of exports of 64 MiB",
		.unit = TONGS_BENCH_BYTES,
		.sizes = {1 << 30},
		.pool_limit = "256M",
		.measure = measure_kept,
		.amount_unit = TONGS_BENCH_BYTES},
	{0},
};
