/* SPDX-License-Identifier: MIT */
/* The physical devices of all drivers that can import memory, in the Vulkan loader's order. Private to src/vulkan; the
 * info is for every user of an own device. */
#ifndef TONGS_VULKAN_PHYSICAL_DEVICE_H
#define TONGS_VULKAN_PHYSICAL_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

#include "vulkan/id.h"
#include "vulkan/import.h"
#include "vulkan/vk.h"

struct tongs_physical_device_info {
	struct tongs_vk_id id;
	VkPhysicalDeviceProperties properties;
	VkPhysicalDeviceMemoryProperties memory;
	VkPhysicalDeviceFeatures features;
	struct tongs_import_roles roles;
	VkDeviceSize max_allocation_size; /* VkPhysicalDeviceMaintenance3Properties::maxMemoryAllocationSize */
	VkDeviceSize import_alignment; /* of addresses, offsets and sizes of host pages, in bytes; 1: none imported */
	bool has_format_features2;     /* VkFormatProperties3 is supported */
	/* An import can be exported again. NVIDIA's driver says so, but gives an import that may be exported other
	 * bytes than the exporter's. */
	bool reexports;
	bool shares_semaphores; /* timeline semaphores, with other VkDevices of the driver: vulkan/semaphore.h */
	uint64_t max_semaphore_difference; /* maxTimelineSemaphoreValueDifference of those */
};

/* Dynamic rendering, of Vulkan 1.3 or by extensions. */
struct tongs_rendering {
	bool is_supported;
	VkResolveModeFlags depth_resolves, stencil_resolves; /* 0 without rendering */
};

/* The sort key of a device; devices are in ascending order, so that Metal's default device is the loader's first. */
struct tongs_rank {
	uint32_t kind; /* 0: selected by VK_LOADER_DEVICE_SELECT; then discrete and integrated GPUs, and so on */
	uint64_t pci;  /* domain, bus, device and function; UINT64_MAX without VK_EXT_pci_bus_info */
	uint32_t ids;  /* vendorID ^ deviceID */
};

struct tongs_physical_device {
	const struct tongs_vk *vk; /* borrowed, see tongs_vk_ref */
	VkPhysicalDevice handle;
	struct tongs_physical_device_info info;
	struct tongs_rank rank;
};

/* The caller of the next two holds a reference of tongs_vk_ref. */

/* Writes the devices of all installed drivers to `*devices`, an array that the caller frees with tongs_free, each id
 * once and sorted, and returns their number. Logs an error and returns 0 when memory runs out, or when no device is
 * found because a driver fails. */
size_t tongs_physical_device_list(struct tongs_physical_device **devices);

/* Finds the first device with these UUIDs, among installed drivers and those that the process has loaded. `driver_uuid`
 * may be NULL: any driver. Returns VK_ERROR_INITIALIZATION_FAILED when there is none. When a driver failed, so that
 * the device may exist nevertheless, logs an error and returns that driver's result. */
VkResult tongs_physical_device_find(
	const uint8_t device_uuid[VK_UUID_SIZE], const uint8_t *driver_uuid, struct tongs_physical_device *device);

/* Writes the names of the extensions that rendering requires with this version of Vulkan; returns how many. */
enum { TONGS_RENDERING_EXTENSIONS = 3 };
uint32_t tongs_physical_device_list_rendering_extensions(
	uint32_t api_version, const char *names[TONGS_RENDERING_EXTENSIONS]);

/* Queries what only the creation of a VkDevice, and its users, need; no rendering on failure. */
VkResult tongs_physical_device_query_rendering(
	const struct tongs_physical_device *device, struct tongs_rendering *rendering);

/* Whether the driver lists a device extension; false on failure. */
VkResult tongs_physical_device_has_extension(const struct tongs_physical_device *device, const char *name, bool *has);

/* Queries the mask of memory types with which a VkDevice can import `import` from `offset` on; 0 on failure. */
static inline VkResult tongs_physical_device_query_import(const struct tongs_physical_device *physical,
	VkDevice vk_device, const struct tongs_import *import, VkDeviceSize offset, uint32_t *memory_types) {
	const struct tongs_import_kind *kind = import->kind;
	PFN_vkVoidFunction command = kind->memory_types_command
					     ? physical->vk->GetDeviceProcAddr(vk_device, kind->memory_types_command)
					     : NULL;
	return kind->query_memory_types(command, vk_device, import, offset, memory_types);
}

/* Returns the memory type in the mask `types` that suits the CPU best: coherent and cached if possible. -1 if `types`
 * is 0. */
static inline int tongs_physical_device_choose_memory_type(
	const struct tongs_physical_device *physical, uint32_t types) {
	static const VkMemoryPropertyFlags wishes[] = {
		VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT |
			VK_MEMORY_PROPERTY_HOST_CACHED_BIT,
		VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
		0,
	};
	const VkPhysicalDeviceMemoryProperties *memory = &physical->info.memory;
	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
		for (uint32_t type = 0; type < memory->memoryTypeCount; type++)
			if ((types & (1u << type)) && !(wishes[i] & ~memory->memoryTypes[type].propertyFlags))
				return (int)type;
	return -1;
}

/* Returns the memory type in the mask `types` for new driver memory: one that the CPU can map if `host_visible`, and
 * else, if possible, one that it cannot. -1 if there is none. */
static inline int tongs_physical_device_choose_driver_type(
	const struct tongs_physical_device *physical, uint32_t types, bool host_visible) {
	const VkPhysicalDeviceMemoryProperties *memory = &physical->info.memory;
	types &= tongs_import_find_accepted(tongs_import_get_kind(true), memory);
	if (host_visible)
		return tongs_physical_device_choose_memory_type(physical, types & ~tongs_import_find_private(memory));
	const uint32_t hidden = types & tongs_import_find_private(memory), rest = hidden ? hidden : types;
	for (uint32_t type = 0; type < memory->memoryTypeCount; type++)
		if ((rest >> type & 1) &&
			(memory->memoryTypes[type].propertyFlags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT))
			return (int)type;
	return rest ? __builtin_ctz(rest) : -1;
}

/* Returns the sort key of a device with these properties; `pci` may be NULL. */
struct tongs_rank tongs_rank_from(
	const VkPhysicalDeviceProperties *properties, const VkPhysicalDevicePCIBusInfoPropertiesEXT *pci);

/* Compares keys like qsort's function. */
int tongs_rank_compare(const struct tongs_rank *a, const struct tongs_rank *b);

#endif
