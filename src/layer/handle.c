/* SPDX-License-Identifier: MIT */
/* The extension's two commands: the handle of memory, and what a handle can be imported as. */
#include "layer/handle.h"

#include "layer/device.h"
#include "layer/report.h"

enum tongs_kind tongs_handle_type_kind(VkExternalMemoryHandleTypeFlags type) {
	switch (type) {
	case VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT:
		return TONGS_KIND_BUFFER;
	case VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT:
		return TONGS_KIND_TEXTURE;
	case VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT:
		return TONGS_KIND_HEAP;
	default:
		return TONGS_KIND_NONE;
	}
}

/* Why a handle cannot be had; out of the way of those that can. */
static VkResult refuse_handle(struct tongs_vk_device *device, const VkMemoryGetMetalHandleInfoEXT *info,
	const struct tongs_vk_memory *memory) {
	char asked[TONGS_TYPES_TEXT_SIZE], made[TONGS_TYPES_TEXT_SIZE];
	tongs_report_types(info->handleType, asked);
	if (tongs_handle_type_kind(info->handleType) == TONGS_KIND_NONE)
		tongs_report(device, "VUID-VkMemoryGetMetalHandleInfoEXT-handleType-10415",
			TONGS_SUBJECTS(TONGS_VK(DEVICE_MEMORY, info->memory)),
			"handleType is %s, it must be one of MTLBUFFER, MTLTEXTURE and MTLHEAP", asked);
	else if (!memory)
		tongs_report(device, "VUID-VkMemoryGetMetalHandleInfoEXT-memory-10413",
			TONGS_SUBJECTS(TONGS_VK(DEVICE_MEMORY, info->memory)),
			"the memory was not allocated for export: chain VkExportMemoryAllocateInfo with %s to its "
			"VkMemoryAllocateInfo",
			asked);
	else
		tongs_report(device, "VUID-VkMemoryGetMetalHandleInfoEXT-handleType-10414",
			TONGS_SUBJECTS(TONGS_VK(DEVICE_MEMORY, info->memory)),
			"the memory was allocated for export as %s, not %s: name it in "
			"VkExportMemoryAllocateInfo::handleTypes",
			tongs_report_types(memory->types, made), asked);
	return VK_ERROR_VALIDATION_FAILED_EXT;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_GetMemoryMetalHandleEXT(
	VkDevice device, const VkMemoryGetMetalHandleInfoEXT *pGetMetalHandleInfo, void **pHandle) {
	struct tongs_vk_device *record = tongs_device_record_get(device);
	struct tongs_vk_memory *memory =
		record->sharing ? tongs_device_find_memory(record, pGetMetalHandleInfo->memory) : NULL;
	void *handle = NULL;
	if (memory) {
		switch (tongs_handle_type_kind(pGetMetalHandleInfo->handleType)) {
		case TONGS_KIND_BUFFER:
			handle = memory->buffer;
			break;
		case TONGS_KIND_TEXTURE:
			handle = memory->texture;
			break;
		case TONGS_KIND_HEAP:
			handle = memory->heap;
			break;
		default:
			break;
		}
	}
	*pHandle = handle;
	return handle ? VK_SUCCESS : refuse_handle(record, pGetMetalHandleInfo, memory);
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_GetMemoryMetalHandlePropertiesEXT(VkDevice device,
	VkExternalMemoryHandleTypeFlagBits handleType, const void *pHandle,
	VkMemoryMetalHandlePropertiesEXT *pMemoryMetalHandleProperties) {
	struct tongs_vk_device *record = tongs_device_record_get(device);
	char text[TONGS_TYPES_TEXT_SIZE];
	pMemoryMetalHandleProperties->memoryTypeBits = 0;
	tongs_report_types(handleType, text);

	enum tongs_kind kind = tongs_handle_type_kind(handleType);
	if (kind == TONGS_KIND_NONE || !record->sharing) {
		tongs_report(record, "VUID-vkGetMemoryMetalHandlePropertiesEXT-handleType-10417",
			TONGS_SUBJECTS(TONGS_METAL(pHandle, NULL)),
			"handleType is %s, it must be one of MTLBUFFER, MTLTEXTURE and MTLHEAP", text);
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	}
	void *held = tongs_interop_acquire(pHandle, kind);
	if (!held) {
		tongs_report(record, "VUID-vkGetMemoryMetalHandlePropertiesEXT-handle-10416",
			TONGS_SUBJECTS(TONGS_METAL(pHandle, NULL)),
			"%p is not a live Metal object of the class that %s stands for", pHandle, text);
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	}
	struct tongs_backing backing;
	tongs_interop_get_backing(held, kind, &backing);
	VkResult result = VK_ERROR_INVALID_EXTERNAL_HANDLE;
	if (backing.device == record->metal) {
		char *pages = tongs_payload_get_pages(backing.payload);
		uint32_t types;
		result = tongs_device_query_pages(
			record, pages + (backing.offset & ~(record->import_alignment - 1)), &types);
		pMemoryMetalHandleProperties->memoryTypeBits = types & record->memory_types;
	} else {
		tongs_report(record, "VUID-vkGetMemoryMetalHandlePropertiesEXT-handle-10416",
			TONGS_SUBJECTS(TONGS_METAL(pHandle, NULL)),
			"%p belongs to another MTLDevice than this VkDevice's", pHandle);
	}
	tongs_interop_release(held);
	return result;
}
