/* SPDX-License-Identifier: MIT */
/* Figure: importing a live handle and freeing the memory, against an fd. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command.h"
#include "client/share.h"

struct state {
	VkDeviceMemory metal_export, fd_export;
	void *handle;
	int fd;
};

static bool export_fd(const struct tongs_bench_device *device, struct state *state) {
	return tongs_vulkan_ok(device->get_fd(device->context.device,
				       &(VkMemoryGetFdInfoKHR){
					       .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
					       .memory = state->fd_export,
					       .handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
				       },
				       &state->fd),
		"vkGetMemoryFdKHR");
}

static bool prepare(struct tongs_bench_case *bench) {
	const struct tongs_bench_device *device = bench->device;
	struct state *state = bench->state = calloc(1, sizeof *state);

	if (!state)
		return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "preparing an import");
	state->fd = -1;
	if (!tongs_bench_device_allocate(
		    device, &tongs_bench_export_metal, bench->size, device->metal_type, &state->metal_export) ||
		!tongs_bench_device_allocate(
			device, &tongs_bench_export_fd, bench->size, device->fd_type, &state->fd_export))
		return false;
	state->handle = tongs_share_export(
		&device->context, state->metal_export, VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT);
	return state->handle && export_fd(device, state);
}

static void finish(struct tongs_bench_case *bench) {
	struct state *state = bench->state;
	VkDevice device = bench->device->context.device;

	if (!state)
		return;
	if (state->fd >= 0)
		close(state->fd);
	vkFreeMemory(device, state->fd_export, NULL);
	vkFreeMemory(device, state->metal_export, NULL);
	free(state);
}

static bool import_handle(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	const struct state *state = bench->state;
	const struct tongs_bench_device *device = bench->device;
	const VkImportMemoryMetalHandleInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
		.handle = state->handle,
	};
	VkDeviceMemory memory;

	(void)thread;
	for (; count; count--) {
		if (!tongs_bench_device_allocate(device, &import, bench->size, device->metal_type, &memory))
			return false;
		vkFreeMemory(device->context.device, memory, NULL);
	}
	return true;
}

/* An import takes the fd for itself, so each needs one of its own. */
static bool import_fd(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	const struct state *state = bench->state;
	const struct tongs_bench_device *device = bench->device;
	VkImportMemoryFdInfoKHR import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
	};
	VkDeviceMemory memory;

	(void)thread;
	for (; count; count--) {
		import.fd = fcntl(state->fd, F_DUPFD_CLOEXEC, 0);
		if (import.fd < 0) {
			tongs_command_error("an fd cannot be duplicated: %s", strerror(errno));
			return false;
		}
		if (!tongs_bench_device_allocate(device, &import, bench->size, device->fd_type, &memory)) {
			close(import.fd);
			return false;
		}
		vkFreeMemory(device->context.device, memory, NULL);
	}
	return true;
}

const struct tongs_bench_figure tongs_bench_import[] = {
	{.name = "import + free",
		.yardstick_name = "OPAQUE_FD import",
		.unit = TONGS_BENCH_BYTES,
		.sizes = {64 << 10, 64 << 20},
		.needs_fd = true,
		.prepare = prepare,
		.finish = finish,
		.ours.operation = import_handle,
		.yardstick.operation = import_fd},
	{0},
};
