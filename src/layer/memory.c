/* SPDX-License-Identifier: MIT */
/* Allocation and release of memory: told apart here into Metal's, and all other, which passes through. */
#include "layer/memory.h"

#include "base/alloc.h"
#include "layer/chain.h"
#include "layer/handle.h"
#include "layer/report.h"

VkResult tongs_memory_import_pages(
	const struct tongs_allocation *allocation, void *pages, VkDeviceSize size, VkDeviceMemory *pMemory) {
	/* The export is Tongs' own affair, a dedicated allocation's size would have to be the resource's to the byte,
	 * and pages whose handle type is 0 are no import. */
	static const VkStructureType removed[] = {
		VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
	};
	enum { COUNT = sizeof(removed) / sizeof(*removed) };
	struct tongs_vk_device *device = allocation->device;
	struct tongs_chain chain;
	VkResult result = tongs_chain_init(&chain, allocation->info->pNext, removed, COUNT,
		tongs_callbacks_choose(allocation->callbacks, device->callbacks.used));
	if (result == VK_SUCCESS) {
		for (size_t i = 0; i < COUNT; i++)
			tongs_chain_remove(&chain, removed[i]);
		const VkImportMemoryHostPointerInfoEXT host = {
			.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
			.pNext = chain.head,
			.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
			.pHostPointer = pages,
		};
		VkMemoryAllocateInfo info = *allocation->info;
		info.pNext = &host;
		info.allocationSize = size;
		result = device->next.AllocateMemory(device->handle, &info, allocation->callbacks, pMemory);
	}
	tongs_chain_finish(&chain);
	return result;
}

void tongs_memory_finish(struct tongs_vk_memory *memory, enum tongs_cause cause) {
	tongs_interop_release_from_memory(memory->texture, cause);
	tongs_interop_release_from_memory(memory->buffer, cause);
	tongs_interop_release_from_memory(memory->heap, cause);
	tongs_interop_release_from_memory(memory->unexported, cause);
}

static VkResult allocate_metal(const struct tongs_allocation *allocation, VkDeviceMemory *pMemory) {
	struct tongs_vk_device *device = allocation->device;
	VkDeviceMemory created = VK_NULL_HANDLE;
	*pMemory = VK_NULL_HANDLE;
	VkResult result = tongs_allocation_check(allocation);
	if (result != VK_SUCCESS)
		return result;
	struct tongs_vk_memory *memory = tongs_callbacks_new(
		allocation->callbacks, device->callbacks.used, sizeof(*memory), VK_SYSTEM_ALLOCATION_SCOPE_OBJECT);
	if (!memory)
		return VK_ERROR_OUT_OF_HOST_MEMORY;

	result = allocation->import_metal ? tongs_memory_import(allocation, memory, &created)
					  : tongs_memory_export(allocation, memory, &created);
	if (result != VK_SUCCESS)
		goto fail;
	if (!tongs_map_insert_noted(&device->memories, TONGS_KEY(created), memory, tongs_handle_note(memory))) {
		device->next.FreeMemory(device->handle, created, allocation->callbacks);
		result = VK_ERROR_OUT_OF_HOST_MEMORY;
		goto fail;
	}
	*pMemory = created;
	return VK_SUCCESS;

fail:
	tongs_memory_finish(memory, TONGS_CAUSE_RELEASE);
	tongs_callbacks_free(&memory->callbacks, allocation->callbacks);
	return result;
}

/* Memory that has nothing to do with Metal. An import struct whose type is 0 is no import, and nothing that a driver
 * knows. */
static VkResult allocate_plain(
	const struct tongs_allocation *allocation, bool has_import_struct, VkDeviceMemory *pMemory) {
	static const VkStructureType removed[] = {VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT};
	struct tongs_vk_device *device = allocation->device;
	VkMemoryAllocateInfo info = *allocation->info;
	if (!has_import_struct)
		return device->next.AllocateMemory(device->handle, allocation->info, allocation->callbacks, pMemory);
	if (info.allocationSize == 0 && !allocation->import_count && !allocation->export_types) {
		tongs_report(device, "VUID-VkMemoryAllocateInfo-allocationSize-07897", NULL,
			"allocationSize is 0, and VkImportMemoryMetalHandleInfoEXT is no import because its handleType "
			"is 0: give a size, or the handle's type");
		*pMemory = VK_NULL_HANDLE;
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	struct tongs_chain chain;
	VkResult result = tongs_chain_init(
		&chain, info.pNext, removed, 1, tongs_callbacks_choose(allocation->callbacks, device->callbacks.used));
	if (result == VK_SUCCESS) {
		tongs_chain_remove(&chain, removed[0]);
		info.pNext = chain.head;
		result = device->next.AllocateMemory(device->handle, &info, allocation->callbacks, pMemory);
	}
	tongs_chain_finish(&chain);
	return result;
}

/* Finds what the layer looks at; true if there is a VkImportMemoryMetalHandleInfoEXT of any type. Of what stands there
 * twice, against the rules, the first counts, as it does for drivers. */
static bool read_chain(struct tongs_allocation *allocation) {
	bool has_import_struct = false;
	const VkExportMemoryAllocateInfo *export = NULL;
	for (const VkBaseInStructure *s = allocation->info->pNext; s; s = s->pNext) {
		switch ((uint32_t)s->sType) {
		case VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO:
			export = export ? export : (const VkExportMemoryAllocateInfo *)s;
			break;
		case VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO:
			if (!allocation->dedicated)
				allocation->dedicated = (const VkMemoryDedicatedAllocateInfo *)s;
			break;
		case (uint32_t)VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT:
			has_import_struct = true;
			if (((const VkImportMemoryMetalHandleInfoEXT *)s)->handleType) {
				allocation->import_metal = (const VkImportMemoryMetalHandleInfoEXT *)s;
				allocation->import_count++;
			}
			break;
		/* The others that there are on Linux; both begin alike. */
		case VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR:
		case VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT:
			if (((const VkImportMemoryFdInfoKHR *)s)->handleType) {
				allocation->import_other = ((const VkImportMemoryFdInfoKHR *)s)->handleType;
				allocation->import_count++;
			}
			break;
		default:
			break;
		}
	}
	allocation->export_types = export ? export->handleTypes : 0;
	return has_import_struct;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_AllocateMemory(VkDevice device, const VkMemoryAllocateInfo *pAllocateInfo,
	const VkAllocationCallbacks *pAllocator, VkDeviceMemory *pMemory) {
	struct tongs_vk_device *record = tongs_device_record_get(device);
	/* What has to do with Metal says so in the chain. */
	if (!pAllocateInfo->pNext)
		return record->next.AllocateMemory(device, pAllocateInfo, pAllocator, pMemory);
	struct tongs_allocation allocation = {.device = record, .info = pAllocateInfo, .callbacks = pAllocator};
	bool has_import_struct = record->sharing && read_chain(&allocation);
	if (!allocation.import_metal && !(allocation.export_types & TONGS_METAL_HANDLE_TYPES))
		return allocate_plain(&allocation, has_import_struct, pMemory);
	return allocate_metal(&allocation, pMemory);
}

VKAPI_ATTR void VKAPI_CALL tongs_FreeMemory(
	VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks *pAllocator) {
	struct tongs_vk_device *record = tongs_device_record_get(device);
	if (record->sharing)
		tongs_names_drop(&record->names, VK_OBJECT_TYPE_DEVICE_MEMORY, TONGS_KEY(memory));
	struct tongs_vk_memory *known = record->sharing ? tongs_map_remove(&record->memories, TONGS_KEY(memory)) : NULL;
	record->next.FreeMemory(device, memory, pAllocator);
	if (known) {
		tongs_memory_finish(known, TONGS_CAUSE_FREE_MEMORY);
		tongs_callbacks_free(&known->callbacks, pAllocator);
	}
}
