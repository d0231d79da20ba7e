/* SPDX-License-Identifier: MIT */
/* The order of devices: the Vulkan loader's, so that Metal's default device is Vulkan's first. Private to src/gpu. */
#ifndef TONGS_VULKAN_ORDER_H
#define TONGS_VULKAN_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

/* Where a device stands: the lower comes first. */
struct tongs_rank {
	uint32_t kind; /* what the user has selected, then discrete and integrated GPUs, and so on */
	uint64_t pci;  /* its place on the bus, UINT64_MAX where it has none */
	uint32_t ids;  /* vendor and device */
};

/* `pci` may be NULL. */
struct tongs_rank tongs_rank_from(
	const VkPhysicalDeviceProperties *properties, const VkPhysicalDevicePCIBusInfoPropertiesEXT *pci);

/* As qsort compares. */
int tongs_rank_compare(const struct tongs_rank *a, const struct tongs_rank *b);

#endif
