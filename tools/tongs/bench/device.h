/* SPDX-License-Identifier: MIT */
/* The device to measure, and a description of the machine. */
#ifndef TONGS_TOOL_BENCH_DEVICE_H
#define TONGS_TOOL_BENCH_DEVICE_H

#include <tongs/metal.h>

#include "client/vulkan.h"

/* Kinds of memory that benchmarks compare. */
enum tongs_bench_kind {
	TONGS_BENCH_METAL, /* exportable as MTLBUFFER */
	TONGS_BENCH_FD,    /* exportable as OPAQUE_FD */
	TONGS_BENCH_PLAIN, /* not exportable; of the memory type of TONGS_BENCH_METAL */
	TONGS_BENCH_KIND_COUNT,
};

/* A device with VK_EXT_external_memory_metal, and VK_KHR_external_memory_fd where the driver has it. */
struct tongs_bench_device {
	VkPhysicalDevice physical_device;
	VkDevice device;
	struct tongs_device *metal;
	uint32_t max_allocations;
	uint32_t memory_types[TONGS_BENCH_KIND_COUNT]; /* host-visible and coherent */
	PFN_vkGetMemoryMetalHandleEXT get_handle;
	PFN_vkGetMemoryFdKHR get_fd; /* NULL: no host-visible memory can be exported as OPAQUE_FD */
};

/* Returns the device with number `text`, or the first that can share and whose name contains `text`, ignoring case;
 * NULL: the first that can share. Returns VK_NULL_HANDLE after a message that lists the devices. */
VkPhysicalDevice tongs_bench_device_choose(const struct tongs_vulkan *vulkan, const char *text);

/* Returns false after a message. `finish` accepts a zeroed or half-made device. */
bool tongs_bench_device_init(struct tongs_bench_device *device, VkPhysicalDevice physical_device);
void tongs_bench_device_finish(struct tongs_bench_device *device);

struct tongs_bench_machine {
	char cpu[128];    /* "": unknown */
	unsigned cores;   /* online */
	char kernel[160]; /* name, release, architecture; "": unknown */
	struct tongs_vulkan_identity identity;
	uint32_t loader_version;
};

void tongs_bench_machine_read(VkPhysicalDevice device, struct tongs_bench_machine *machine);

#endif
