/* SPDX-License-Identifier: MIT */
/* Figure: vkGetMemoryMetalHandleEXT while many exports live, against vkGetMemoryFdKHR, by threads at once and beside
 * one that makes and frees exports. */
#include "bench.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* A driver holds a file for each export of its own, and a process may have few: the yardstick makes do with these. */
enum { FD_EXPORTS = 100 };

static const VkDeviceSize export_size = 4096;
static const time_t max_prepare_seconds = 15;

struct state {
	VkDeviceMemory *exports; /* in random order */
	uint64_t count;
	VkDeviceMemory fd_exports[FD_EXPORTS];
	uint64_t at[TONGS_BENCH_MAX_THREADS]; /* where in `exports` each thread that looks up goes on */
};

/* So that the order in which they were made helps no look-up. */
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

/* Some drivers take a fraction of a millisecond for each. */
static bool make_exports(struct tongs_bench_case *bench, struct state *state) {
	const struct tongs_bench_device *device = bench->device;
	const time_t last_second = time(NULL) + max_prepare_seconds;

	for (; state->count < bench->size; state->count++) {
		if (state->count % 1000 == 0 && time(NULL) > last_second) {
			bench->why_not = "the driver takes too long to make so many exports";
			return false;
		}
		if (!tongs_bench_device_allocate(device, &tongs_bench_export_metal, export_size, device->metal_type,
			    &state->exports[state->count]))
			return false;
	}
	shuffle(state->exports, state->count);
	for (unsigned i = 0; i < TONGS_BENCH_MAX_THREADS; i++)
		state->at[i] = state->count / TONGS_BENCH_MAX_THREADS * i;
	return true;
}

/* None on a device without such a yardstick. */
static bool make_fd_exports(const struct tongs_bench_case *bench, struct state *state) {
	const struct tongs_bench_device *device = bench->device;

	for (int i = 0; device->get_fd && i < FD_EXPORTS; i++)
		if (!tongs_bench_device_allocate(
			    device, &tongs_bench_export_fd, export_size, device->fd_type, &state->fd_exports[i]))
			return false;
	return true;
}

static bool prepare(struct tongs_bench_case *bench) {
	if (bench->size + FD_EXPORTS > bench->device->max_allocations) {
		bench->why_not = "the driver allows fewer allocations";
		return false;
	}
	struct state *state = bench->state = calloc(1, sizeof *state);
	if (state)
		state->exports = calloc(bench->size, sizeof *state->exports);
	if (!state || !state->exports)
		return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "making room for the exports");
	return make_exports(bench, state) && make_fd_exports(bench, state);
}

static void finish(struct tongs_bench_case *bench) {
	struct state *state = bench->state;
	VkDevice device = bench->device->context.device;

	if (!state)
		return;
	for (uint64_t i = 0; i < state->count; i++)
		vkFreeMemory(device, state->exports[i], NULL);
	for (int i = 0; i < FD_EXPORTS; i++)
		vkFreeMemory(device, state->fd_exports[i], NULL);
	free(state->exports);
	free(state);
}

static bool get_handles(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	struct state *state = bench->state;
	const struct tongs_context *context = &bench->device->context;
	VkMemoryGetMetalHandleInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
	};
	uint64_t at = state->at[thread];
	void *handle;

	for (; count; count--) {
		info.memory = state->exports[at];
		at = at + 1 < state->count ? at + 1 : 0;
		VkResult result = context->get_handle(context->device, &info, &handle);
		if (result != VK_SUCCESS)
			return tongs_vulkan_ok(result, "vkGetMemoryMetalHandleEXT");
	}
	state->at[thread] = at;
	return true;
}

static bool get_fds(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	const struct state *state = bench->state;
	const struct tongs_bench_device *device = bench->device;
	VkMemoryGetFdInfoKHR info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
	};
	uint64_t at = (uint64_t)FD_EXPORTS * thread / TONGS_BENCH_MAX_THREADS;
	int fd;

	for (; count; count--) {
		info.memory = state->fd_exports[at];
		at = at + 1 < FD_EXPORTS ? at + 1 : 0;
		VkResult result = device->get_fd(device->context.device, &info, &fd);
		if (result != VK_SUCCESS)
			return tongs_vulkan_ok(result, "vkGetMemoryFdKHR");
		close(fd);
	}
	return true;
}

static bool allocate_and_free(
	const struct tongs_bench_case *bench, const VkExportMemoryAllocateInfo *export, uint64_t count) {
	const struct tongs_bench_device *device = bench->device;
	VkDeviceMemory memory;

	for (; count; count--) {
		if (!tongs_bench_device_allocate(device, export, export_size, device->metal_type, &memory))
			return false;
		vkFreeMemory(device->context.device, memory, NULL);
	}
	return true;
}

/* Enters an export among those that are looked up, and takes it out again. */
static bool write_exports(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	(void)thread;
	return allocate_and_free(bench, &tongs_bench_export_metal, count);
}

/* Keeps the other core, the driver and the C library as busy, and is no writer. */
static bool write_nothing(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	(void)thread;
	return allocate_and_free(bench, NULL, count);
}

#define ROW(title, against, against_fd, our_side, yardstick_side) \
	{ \
		.name = title, .yardstick_name = against, .unit = TONGS_BENCH_LIVE_EXPORTS, \
		.sizes = {100, 10000, 1000000}, .quick_limit = 10000, .needs_fd = against_fd, .prepare = prepare, \
		.finish = finish, .ours = our_side, .yardstick = yardstick_side \
	}
#define SIDE(...) \
	{ .operation = __VA_ARGS__ }

const struct tongs_bench_figure tongs_bench_handle[] = {
	ROW("handle, 1 thread", "vkGetMemoryFdKHR + close", true, SIDE(get_handles), SIDE(get_fds)),
	ROW("handle, 2 threads", "vkGetMemoryFdKHR + close", true, SIDE(get_handles, .threads = 2),
		SIDE(get_fds, .threads = 2)),
	ROW("handle, 2 threads", "the same by 1 thread", false, SIDE(get_handles, .threads = 2), SIDE(get_handles)),
	ROW("handle, beside a writer", "beside another thread", false, SIDE(get_handles, .beside = write_exports),
		SIDE(get_handles, .beside = write_nothing)),
	{0},
};
