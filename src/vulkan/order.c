/* SPDX-License-Identifier: MIT */
/* The rank of a device, by the rules of the Vulkan loader on Linux. */
#define _GNU_SOURCE /* secure_getenv; NOLINT(bugprone-reserved-identifier) */
#include "vulkan/order.h"

#include <stdlib.h>

/* VK_LOADER_DEVICE_SELECT: `vendor:device`, in hexadecimal digits. */
static bool is_selected(const VkPhysicalDeviceProperties *properties) {
	const char *selection = secure_getenv("VK_LOADER_DEVICE_SELECT");
	char *end;
	if (!selection)
		return false;
	unsigned long vendor = strtoul(selection, &end, 16);
	if (end == selection || *end != ':')
		return false;
	const char *rest = end + 1;
	unsigned long device = strtoul(rest, &end, 16);
	return end != rest && vendor == properties->vendorID && device == properties->deviceID;
}

static uint32_t rank_kind(const VkPhysicalDeviceProperties *properties) {
	static const VkPhysicalDeviceType types[] = {
		VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU,
		VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU,
		VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU,
		VK_PHYSICAL_DEVICE_TYPE_OTHER,
		VK_PHYSICAL_DEVICE_TYPE_CPU,
	};
	uint32_t rank = 0;
	if (is_selected(properties))
		return 0;
	while (rank < sizeof(types) / sizeof(types[0]) && types[rank] != properties->deviceType)
		rank++;
	return rank + 1;
}

struct tongs_rank tongs_rank_from(
	const VkPhysicalDeviceProperties *properties, const VkPhysicalDevicePCIBusInfoPropertiesEXT *pci) {
	return (struct tongs_rank){
		.kind = rank_kind(properties),
		.pci = pci ? (uint64_t)pci->pciDomain << 24 | (uint64_t)(pci->pciBus & 0xff) << 16 |
				       (uint64_t)(pci->pciDevice & 0xff) << 8 | (pci->pciFunction & 0xff)
			   : UINT64_MAX,
		.ids = properties->vendorID ^ properties->deviceID,
	};
}

int tongs_rank_compare(const struct tongs_rank *a, const struct tongs_rank *b) {
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->pci != b->pci)
		return a->pci < b->pci ? -1 : 1;
	return a->ids < b->ids ? -1 : a->ids > b->ids;
}
