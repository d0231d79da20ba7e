/* SPDX-License-Identifier: MIT */
/* The device that is measured: VK_EXT_external_memory_metal, and the driver's own sharing through file descriptors. */
#ifndef TONGS_TOOL_BENCH_DEVICE_H
#define TONGS_TOOL_BENCH_DEVICE_H

#include <tongs/metal.h>

#include "client/context.h"

struct tongs_bench_device {
	struct tongs_context context; /* without a command pool */
	struct tongs_device *metal;
	uint32_t max_allocations;    /* of memory, at once */
	uint32_t metal_type;         /* a memory type that is host-visible and shared as MTLBUFFER; UINT32_MAX: none */
	uint32_t fd_type;            /* the same for OPAQUE_FD */
	PFN_vkGetMemoryFdKHR get_fd; /* NULL: OPAQUE_FD can't be a yardstick here */
};

/* False, with a message. `finish` takes a zeroed or half-made device. */
bool tongs_bench_device_init(struct tongs_bench_device *device, VkPhysicalDevice physical_device);
void tongs_bench_device_finish(struct tongs_bench_device *device);

/* A device with one queue, which the caller destroys. False, with a message. */
bool tongs_bench_device_create(VkPhysicalDevice physical_device, uint32_t family, const char *const *extensions,
	uint32_t extension_count, VkDevice *device);

/* vkAllocateMemory; `next` is its pNext chain. False, with a message. */
bool tongs_bench_device_allocate(const struct tongs_bench_device *device, const void *next, VkDeviceSize size,
	uint32_t memory_type, VkDeviceMemory *memory);

/* For `next`: memory that can be exported as an MTLBUFFER, as an OPAQUE_FD. */
extern const VkExportMemoryAllocateInfo tongs_bench_export_metal;
extern const VkExportMemoryAllocateInfo tongs_bench_export_fd;

#endif
