/* SPDX-License-Identifier: MIT */
/* The two ways to memory that has Metal handles: made for export, or imported. */
#ifndef TONGS_LAYER_MEMORY_H
#define TONGS_LAYER_MEMORY_H

#include "layer/device.h"

/* VK_MEMORY_ALLOCATE_ZERO_INITIALIZE_BIT_EXT, which the oldest supported headers lack. */
#define TONGS_MEMORY_ALLOCATE_ZERO_INITIALIZE_BIT ((VkMemoryAllocateFlags)0x00000008)

enum { TONGS_IMPORT_STRUCTS = 3 }; /* of Metal handles, files and host pointers */

/* vkAllocateMemory's arguments, with what the layer looks at found in the chain. */
struct tongs_allocation {
	struct tongs_layer_device *device;
	const VkMemoryAllocateInfo *info;
	const VkAllocationCallbacks *callbacks;               /* pAllocator */
	VkExternalMemoryHandleTypeFlags export_types;         /* all types of VkExportMemoryAllocateInfo; 0: none */
	const VkImportMemoryMetalHandleInfoEXT *import_metal; /* NULL: no import, as when its handleType is 0 */
	VkExternalMemoryHandleTypeFlags import_other;         /* handleType of an import that isn't Metal's; 0: none */
	uint32_t import_count;                                /* of both */
	bool has_metal_struct;                                /* a VkImportMemoryMetalHandleInfoEXT of any type */
	VkStructureType inert[TONGS_IMPORT_STRUCTS];          /* those of which there is one whose handleType is 0 */
	uint32_t inert_count;
	bool zero_initialize;                           /* VK_MEMORY_ALLOCATE_ZERO_INITIALIZE_BIT_EXT */
	uint64_t capture_address;                       /* of VkMemoryOpaqueCaptureAddressAllocateInfo */
	const VkMemoryDedicatedAllocateInfo *dedicated; /* may be NULL */
};

/* Tells which rule the allocation breaks by what is in its structs, and what it is then answered with. */
VkResult tongs_allocation_check(const struct tongs_allocation *allocation);

/* The image of this device which the memory is dedicated to, if it has to do with Metal; else NULL. */
struct tongs_layer_image *tongs_allocation_find_image(const struct tongs_allocation *allocation);

/* One of the Metal handle types in `types` that the queries do not report for the resource which the memory is
 * dedicated to; 0: they report all, or nothing is known of the resource, as of one that has nothing to do with Metal or
 * belongs to another device. */
VkExternalMemoryHandleTypeFlags tongs_allocation_find_unsupported(
	const struct tongs_allocation *allocation, VkExternalMemoryHandleTypeFlags types);

/* Whether `size` bytes are enough for the resource that the memory is dedicated to, if it is known; tells if not. */
bool tongs_allocation_check_size(const struct tongs_allocation *allocation, VkDeviceSize size);

/* Each fills `memory`, whose every part tongs_memory_finish lets go of, and creates the driver's memory; on failure
 * the caller finishes `memory`, and there is no driver's memory. */
VkResult tongs_memory_export(
	const struct tongs_allocation *allocation, struct tongs_layer_memory *memory, VkDeviceMemory *pMemory);
VkResult tongs_memory_import(
	const struct tongs_allocation *allocation, struct tongs_layer_memory *memory, VkDeviceMemory *pMemory);

/* Has the driver import `size` bytes of host pages, both aligned as it wants, as the application's allocation. */
VkResult tongs_memory_import_pages(
	const struct tongs_allocation *allocation, void *pages, VkDeviceSize size, VkDeviceMemory *pMemory);

#endif
