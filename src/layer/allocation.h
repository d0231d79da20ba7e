/* SPDX-License-Identifier: MIT */
/* What a program asks of vkAllocateMemory: the structs that have to do with Metal, and the rules about them. */
#ifndef TONGS_LAYER_ALLOCATION_H
#define TONGS_LAYER_ALLOCATION_H

#include "layer/exports.h"
#include "layer/objects.h"

/* VK_MEMORY_ALLOCATE_ZERO_INITIALIZE_BIT_EXT, which the oldest supported headers lack. */
#define TONGS_MEMORY_ALLOCATE_ZERO_INITIALIZE_BIT ((VkMemoryAllocateFlags)0x00000008)

/* Structs that import memory on Linux: from a Metal handle, from a file descriptor and from a host pointer. */
enum { TONGS_IMPORT_STRUCTS = 3 };

/* vkAllocateMemory's arguments, and what the layer reads from the pNext chain. */
struct tongs_allocation {
	struct tongs_layer_device *dev;
	const VkMemoryAllocateInfo *info;
	const VkAllocationCallbacks *callbacks;               /* pAllocator; may be NULL */
	VkExternalMemoryHandleTypeFlags export_types;         /* VkExportMemoryAllocateInfo::handleTypes; 0: none */
	const VkImportMemoryMetalHandleInfoEXT *import_metal; /* NULL: no import, also if its handleType is 0 */
	VkExternalMemoryHandleTypeFlags import_other;         /* handleType of an import that isn't Metal's; 0: none */
	uint32_t import_count;                                /* import structs whose handleType isn't 0 */
	bool has_metal_struct;                                /* a VkImportMemoryMetalHandleInfoEXT of any handleType */
	VkStructureType inert[TONGS_IMPORT_STRUCTS];          /* types of import structs whose handleType is 0 */
	uint32_t inert_count;
	bool zero_initialize;                           /* VK_MEMORY_ALLOCATE_ZERO_INITIALIZE_BIT_EXT */
	uint64_t capture_address;                       /* VkMemoryOpaqueCaptureAddressAllocateInfo; 0: none */
	const VkMemoryDedicatedAllocateInfo *dedicated; /* may be NULL */
	/* Of VK_EXT_metal_objects: */
	bool objects; /* METAL_BUFFER is to be exported, and is in export_types */
	struct tongs_wrong_export wrong_export;
	VkImportMemoryMetalHandleInfoEXT converted; /* VkImportMetalBufferInfoEXT as the other extension's struct */
	const struct tongs_import_kind *awaited; /* nothing is exported, but an image waits for such memory; or NULL */
};

/* The members that all import structs begin with. A handleType of 0 makes the struct no import. */
struct tongs_import_struct {
	VkStructureType sType;
	const void *pNext;
	uint32_t handleType;
};

/* Reads the pNext chain, and what images wait for, into an allocation that has the first three members. */
void tongs_allocation_read(struct tongs_allocation *allocation);

/* The kind of memory that an export is; NULL: the device has none. */
const struct tongs_import_kind *tongs_allocation_choose_kind(const struct tongs_allocation *allocation);

/* The next functions report what is wrong. */

/* Whether the structs of an allocation with Metal handle types keep the rules, by themselves. */
VkResult tongs_allocation_check_structs(const struct tongs_allocation *allocation);
/* Whether `size` bytes are enough for the resource that the memory is dedicated to, if the layer knows it. */
bool tongs_allocation_check_dedicated_size(const struct tongs_allocation *allocation, VkDeviceSize size);
/* Whether the allocation may be an export, as this kind of memory. */
VkResult tongs_allocation_check_export(const struct tongs_allocation *allocation, const struct tongs_import_kind *kind);

#endif
