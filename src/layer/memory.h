/* SPDX-License-Identifier: MIT */
/* The two ways to memory that has Metal handles: made for export, or imported. */
#ifndef TONGS_LAYER_MEMORY_H
#define TONGS_LAYER_MEMORY_H

#include "layer/device.h"

/* vkAllocateMemory's arguments, with what the layer looks at found in the chain. */
struct tongs_allocation {
	struct tongs_vk_device *device;
	const VkMemoryAllocateInfo *info;
	const VkAllocationCallbacks *callbacks;
	VkExternalMemoryHandleTypeFlags export_types;         /* all types of VkExportMemoryAllocateInfo; 0: none */
	const VkImportMemoryMetalHandleInfoEXT *import_metal; /* NULL: no import, as when its handleType is 0 */
	const VkMemoryDedicatedAllocateInfo *dedicated;       /* may be NULL */
};

/* Each fills `memory`, whose every part tongs_memory_finish lets go of, and creates the driver's memory; on failure the
 * caller finishes `memory`, and there is no driver's memory. */
VkResult tongs_memory_export(
	const struct tongs_allocation *allocation, struct tongs_vk_memory *memory, VkDeviceMemory *pMemory);
VkResult tongs_memory_import(
	const struct tongs_allocation *allocation, struct tongs_vk_memory *memory, VkDeviceMemory *pMemory);

/* Has the driver import `size` bytes of host pages, both aligned as it wants, as the application's allocation. */
VkResult tongs_memory_import_pages(
	const struct tongs_allocation *allocation, void *pages, VkDeviceSize size, VkDeviceMemory *pMemory);

#endif
