/* SPDX-License-Identifier: MIT */
/* Figure: from vkAllocateMemory to the first byte that Metal reads of what Vulkan wrote, against a copy of all. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "client/command.h"

static const uint64_t small_size = 4096;

/* The yardstick's source: bytes that were written before, in memory that is not shared. */
struct state {
	VkDeviceMemory memory;
	char *bytes;
};

static bool prepare(struct tongs_bench_case *bench) {
	const struct tongs_bench_device *device = bench->device;
	VkDevice handle = device->context.device;
	struct state *state = bench->state = calloc(1, sizeof *state);
	void *bytes;

	if (!state)
		return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "preparing a copy");
	if (!tongs_bench_device_allocate(device, NULL, bench->size, device->metal_type, &state->memory) ||
		!tongs_vulkan_ok(vkMapMemory(handle, state->memory, 0, VK_WHOLE_SIZE, 0, &bytes), "vkMapMemory"))
		return false;
	state->bytes = memset(bytes, 1, bench->size);
	return true;
}

static void finish(struct tongs_bench_case *bench) {
	struct state *state = bench->state;

	if (!state)
		return;
	vkFreeMemory(bench->device->context.device, state->memory, NULL);
	free(state);
}

/* Whether Metal sees `byte` where `buffer` begins. */
static bool read_first(const struct tongs_buffer *buffer, char byte) {
	const volatile char *contents = buffer ? tongs_buffer_get_contents(buffer) : NULL;

	if (contents && *contents == byte)
		return true;
	tongs_command_error("Metal did not read what Vulkan wrote");
	return false;
}

static bool write_and_read(const struct tongs_bench_device *device, VkDeviceMemory memory, char byte) {
	const struct tongs_context *context = &device->context;
	void *bytes, *handle;
	VkResult result = vkMapMemory(context->device, memory, 0, VK_WHOLE_SIZE, 0, &bytes);

	if (result != VK_SUCCESS)
		return tongs_vulkan_ok(result, "vkMapMemory");
	*(volatile char *)bytes = byte;
	result = context->get_handle(context->device,
		&(VkMemoryGetMetalHandleInfoEXT){
			.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
			.memory = memory,
			.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
		},
		&handle);
	if (result != VK_SUCCESS)
		return tongs_vulkan_ok(result, "vkGetMemoryMetalHandleEXT");
	return read_first(tongs_buffer_from_handle(handle), byte);
}

static double get_now(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Freeing the memory is not on the way to the first byte. */
static bool share(const struct tongs_bench_case *bench, uint64_t size, uint64_t count) {
	const struct tongs_bench_device *device = bench->device;
	bool done = true;

	for (; count && done; count--) {
		VkDeviceMemory memory;
		double start = get_now();
		if (!tongs_bench_device_allocate(device, &tongs_bench_export_metal, size, device->metal_type, &memory))
			return false;
		done = write_and_read(device, memory, (char)(count | 1));
		*bench->nanoseconds += get_now() - start;
		vkFreeMemory(device->context.device, memory, NULL);
	}
	return done;
}

static bool share_all(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	(void)thread;
	return share(bench, bench->size, count);
}

static bool share_little(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	(void)thread;
	return share(bench, small_size, count);
}

/* Large memory may be a new mapping, and what one costs differs between machines by more than a factor of ten. */
static bool map_and_share_little(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	bool done = true;

	(void)thread;
	for (; count && done; count--) {
		double start = get_now();
		char *bytes = mmap(NULL, bench->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (bytes == MAP_FAILED)
			return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "mmap");
		*(volatile char *)bytes = 1;
		*bench->nanoseconds += get_now() - start;
		munmap(bytes, bench->size);
		done = share(bench, small_size, 1);
	}
	return done;
}

static bool copy_all(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	const struct state *state = bench->state;
	bool done = true;

	(void)thread;
	for (; count && done; count--) {
		double start = get_now();
		struct tongs_buffer *buffer = tongs_device_new_buffer(
			bench->device->metal, (NSUInteger)bench->size, MTLResourceStorageModeShared);
		if (buffer)
			memcpy(tongs_buffer_get_contents(buffer), state->bytes, bench->size);
		done = read_first(buffer, 1);
		*bench->nanoseconds += get_now() - start;
		tongs_buffer_unref(buffer);
	}
	return done;
}

const struct tongs_bench_figure tongs_bench_first_byte[] = {
	{.name = "first byte",
		.yardstick_name = "staging copy",
		.unit = TONGS_BENCH_BYTES,
		.sizes = {4 << 10, 64 << 10, 1 << 20, 64 << 20, 1 << 30},
		.quick_limit = 64 << 20,
		.prepare = prepare,
		.finish = finish,
		.ours = {.operation = share_all, .times_itself = true},
		.yardstick = {.operation = copy_all, .times_itself = true}},
	{.name = "first byte",
		.yardstick_name = "the same at 4 KiB",
		.unit = TONGS_BENCH_BYTES,
		.sizes = {64 << 10},
		.ours = {.operation = share_all, .times_itself = true},
		.yardstick = {.operation = share_little, .times_itself = true}},
	{.name = "first byte",
		.yardstick_name = "4 KiB, and a new mapping",
		.unit = TONGS_BENCH_BYTES,
		.sizes = {1 << 20, 64 << 20, 1 << 30},
		.quick_limit = 64 << 20,
		.ours = {.operation = share_all, .times_itself = true},
		.yardstick = {.operation = map_and_share_little, .times_itself = true}},
	{0},
};
