/* SPDX-License-Identifier: MIT */
/* Allocation and release of memory: told apart here into Metal's, and all other, which passes through. */
#include "layer/memory.h"

#include "util/alloc.h"
#include "layer/chain.h"
#include "layer/handle.h"
#include "layer/report.h"

struct tongs_layer_memory tongs_exported_elsewhere;

/* The payload holds zeros when it is made, and an import may not ask for them.
 */
static void drop_zero_bit(struct tongs_chain *chain) {
	VkMemoryAllocateFlagsInfo *flags = tongs_chain_edit(chain, VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO);
	flags->flags &= ~TONGS_MEMORY_ALLOCATE_ZERO_INITIALIZE_BIT;
}

VkResult tongs_memory_import_pages(
	const struct tongs_allocation *allocation, void *pages, VkDeviceSize size, VkDeviceMemory *pMemory) {
	/* The export is Tongs' own affair, an import of host pages is not dedicated (02805, 02806), and the imports
	 * among them are none, by their handle type. */
	static const VkStructureType edited[] = {
		VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT, VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
		VK_STRUCTURE_TYPE_DEDICATED_ALLOCATION_MEMORY_ALLOCATE_INFO_NV,
		VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO, /* not removed */
	};
	enum { REMOVED = sizeof(edited) / sizeof(*edited) - 1 };
	struct tongs_layer_device *device = allocation->device;
	struct tongs_chain chain;
	VkResult result = tongs_chain_init(&chain, allocation->info->pNext, edited,
		REMOVED + (allocation->zero_initialize ? 1 : 0),
		tongs_callbacks_choose(allocation->callbacks, device->callbacks.used));
	if (result == VK_SUCCESS) {
		for (size_t i = 0; i < REMOVED; i++)
			tongs_chain_remove(&chain, edited[i]);
		if (allocation->zero_initialize)
			drop_zero_bit(&chain);
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
	} else if (result == VK_ERROR_VALIDATION_FAILED_EXT) {
		tongs_report_unknown_struct(device, &chain);
	}
	tongs_chain_finish(&chain);
	return result;
}

void tongs_memory_finish(struct tongs_layer_memory *memory, enum tongs_cause cause) {
	tongs_interop_release_from_memory(memory->texture, cause);
	tongs_interop_release_from_memory(memory->buffer, cause);
	tongs_interop_release_from_memory(memory->heap, cause);
	tongs_interop_release_from_memory(memory->imported_object, cause);
}

static VkResult allocate_metal(const struct tongs_allocation *allocation, VkDeviceMemory *pMemory) {
	struct tongs_layer_device *device = allocation->device;
	VkDeviceMemory created = VK_NULL_HANDLE;
	*pMemory = VK_NULL_HANDLE;
	VkResult result = tongs_allocation_check(allocation);
	if (result != VK_SUCCESS)
		return result;
	struct tongs_layer_memory *memory = tongs_callbacks_new(
		allocation->callbacks, device->callbacks.used, sizeof(*memory), VK_SYSTEM_ALLOCATION_SCOPE_OBJECT);
	if (!memory)
		return VK_ERROR_OUT_OF_HOST_MEMORY;

	result = allocation->import_metal ? tongs_memory_import(allocation, memory, &created)
					  : tongs_memory_export(allocation, memory, &created);
	if (result != VK_SUCCESS)
		goto fail;
	if (!tongs_map_insert_tagged(&device->memories, TONGS_KEY(created), memory, tongs_handle_note(memory))) {
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

/* A struct whose first word after pNext is a handle type: 0 makes it no import. */
struct typed {
	VkStructureType sType;
	const void *pNext;
	uint32_t type;
};

static void remove_inert(struct tongs_chain *chain, VkStructureType type) {
	for (VkBaseOutStructure **link = &chain->head; *link;) {
		if ((*link)->sType == type && ((const struct typed *)*link)->type == 0)
			*link = (*link)->pNext;
		else
			link = &(*link)->pNext;
	}
}

/* A copy of the chain without those of the `types` whose handle type is 0. */
static VkResult init_without_inert(struct tongs_chain *chain, const struct tongs_allocation *allocation,
	const VkStructureType *types, uint32_t count) {
	VkResult result = tongs_chain_init(chain, allocation->info->pNext, types, count,
		tongs_callbacks_choose(allocation->callbacks, allocation->device->callbacks.used));
	for (uint32_t i = 0; i < count && result == VK_SUCCESS; i++)
		remove_inert(chain, types[i]);
	return result;
}

/* Memory that has nothing to do with Metal, without the structs that stand for no import: some drivers take one whose
 * handle type is 0 for a bad one. Where a struct that can't be copied keeps them in, that is no more than a driver's
 * fault; but for Metal's, which is nothing that a driver knows. */
static VkResult allocate_below(const struct tongs_allocation *allocation, VkDeviceMemory *pMemory) {
	static const VkStructureType metal[] = {VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT};
	struct tongs_layer_device *device = allocation->device;
	VkMemoryAllocateInfo info = *allocation->info;
	struct tongs_chain chain;
	VkResult result = init_without_inert(&chain, allocation, allocation->inert, allocation->inert_count);
	if (result == VK_ERROR_VALIDATION_FAILED_EXT)
		result = init_without_inert(&chain, allocation, metal, allocation->has_metal_struct);
	if (result == VK_SUCCESS) {
		info.pNext = chain.head;
		result = device->next.AllocateMemory(device->handle, &info, allocation->callbacks, pMemory);
	} else {
		*pMemory = VK_NULL_HANDLE;
		if (result == VK_ERROR_VALIDATION_FAILED_EXT)
			tongs_report_unknown_struct(device, &chain);
	}
	tongs_chain_finish(&chain);
	return result;
}

static VkResult allocate_plain(const struct tongs_allocation *allocation, VkDeviceMemory *pMemory) {
	struct tongs_layer_device *device = allocation->device;
	if (allocation->has_metal_struct && allocation->info->allocationSize == 0 && !allocation->import_count &&
		!allocation->export_types) {
		tongs_report(device, "VUID-VkMemoryAllocateInfo-allocationSize-07897", NULL,
			"allocationSize is 0, and VkImportMemoryMetalHandleInfoEXT is no import because its handleType "
			"is 0: give a size, or the handle's type");
		*pMemory = VK_NULL_HANDLE;
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	VkResult result = allocation->inert_count ? allocate_below(allocation, pMemory)
						  : device->next.AllocateMemory(device->handle, allocation->info,
							    allocation->callbacks, pMemory);
	/* For a message alone: without memory for it, that will be less exact. */
	if (result == VK_SUCCESS && allocation->export_types)
		tongs_map_insert(&device->memories, TONGS_KEY(*pMemory), TONGS_EXPORTED_ELSEWHERE);
	return result;
}

static void read_import(struct tongs_allocation *allocation, const struct typed *import) {
	if (!import->type) {
		for (uint32_t i = 0; i < allocation->inert_count; i++)
			if (allocation->inert[i] == import->sType)
				return;
		allocation->inert[allocation->inert_count++] = import->sType;
		return;
	}
	allocation->import_count++;
	if (import->sType == VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT)
		allocation->import_metal = (const VkImportMemoryMetalHandleInfoEXT *)import;
	else
		allocation->import_other = import->type;
}

/* Finds what the layer looks at. Of what stands there twice, against the rules, the first counts, as it does for
 * drivers. */
static void read_chain(struct tongs_allocation *allocation) {
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
		case VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO:
			allocation->zero_initialize |= (((const VkMemoryAllocateFlagsInfo *)s)->flags &
							       TONGS_MEMORY_ALLOCATE_ZERO_INITIALIZE_BIT) != 0;
			break;
		case VK_STRUCTURE_TYPE_MEMORY_OPAQUE_CAPTURE_ADDRESS_ALLOCATE_INFO:
			allocation->capture_address |=
				((const VkMemoryOpaqueCaptureAddressAllocateInfo *)s)->opaqueCaptureAddress;
			break;
		case (uint32_t)VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT:
			allocation->has_metal_struct = true;
			read_import(allocation, (const struct typed *)s);
			break;
		/* The others that there are on Linux. */
		case VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR:
		case VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT:
			read_import(allocation, (const struct typed *)s);
			break;
		default:
			break;
		}
	}
	allocation->export_types = export ? export->handleTypes : 0;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_AllocateMemory(VkDevice device, const VkMemoryAllocateInfo *pAllocateInfo,
	const VkAllocationCallbacks *pAllocator, VkDeviceMemory *pMemory) {
	struct tongs_layer_device *record = tongs_layer_device_get(device);
	/* What has to do with Metal says so in the chain. */
	if (!pAllocateInfo->pNext)
		return record->next.AllocateMemory(device, pAllocateInfo, pAllocator, pMemory);
	struct tongs_allocation allocation = {.device = record, .info = pAllocateInfo, .callbacks = pAllocator};
	if (record->metal_enabled)
		read_chain(&allocation);
	if (!allocation.import_metal && !(allocation.export_types & TONGS_METAL_HANDLE_TYPES))
		return allocate_plain(&allocation, pMemory);
	return allocate_metal(&allocation, pMemory);
}

VKAPI_ATTR void VKAPI_CALL tongs_FreeMemory(
	VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks *pAllocator) {
	struct tongs_layer_device *record = tongs_layer_device_get(device);
	if (record->metal_enabled)
		tongs_names_drop(&record->names, VK_OBJECT_TYPE_DEVICE_MEMORY, TONGS_KEY(memory));
	struct tongs_layer_memory *known =
		record->metal_enabled ? tongs_map_remove(&record->memories, TONGS_KEY(memory)) : NULL;
	record->next.FreeMemory(device, memory, pAllocator);
	if (known && known != TONGS_EXPORTED_ELSEWHERE) {
		tongs_memory_finish(known, TONGS_CAUSE_FREE_MEMORY);
		tongs_callbacks_free(&known->callbacks, pAllocator);
	}
}
