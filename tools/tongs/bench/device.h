/* SPDX-License-Identifier: MIT */
/* The device to measure, the same device without the layer, and a description of the machine. */
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

/* Allocates memory of `kind`. `import`: a pNext chain that imports instead of exporting; NULL: none. Returns false
 * after a message. */
bool tongs_bench_device_allocate(const struct tongs_bench_device *device, enum tongs_bench_kind kind,
	const void *import, VkDeviceSize size, VkDeviceMemory *memory);

/* Returns the MTLBUFFER handle of `memory`, borrowed; NULL after a message. */
void *tongs_bench_device_get_handle(const struct tongs_bench_device *device, VkDeviceMemory memory);

/* A device of an instance without the layer. */
struct tongs_bench_bare {
	struct tongs_vulkan vulkan;
	VkDevice device; /* without extensions */
};

/* Opens the same driver's device as `like`. Later instances of this process lack the layer, too. Returns false after a
 * message. `finish` accepts a zeroed or half-made device. */
bool tongs_bench_bare_init(struct tongs_bench_bare *bare, const struct tongs_bench_device *like);
void tongs_bench_bare_finish(struct tongs_bench_bare *bare);

struct tongs_bench_machine {
	char cpu[128];    /* "": unknown */
	unsigned cores;   /* online */
	char kernel[160]; /* name, release, architecture; "": unknown */
	struct tongs_vulkan_identity identity;
	uint32_t loader_version;
};

void tongs_bench_machine_read(VkPhysicalDevice device, struct tongs_bench_machine *machine);

#endif
