/* SPDX-License-Identifier: MIT */
/* VK_EXT_external_memory_metal for programs whose Vulkan headers lack it. Include it after, or instead of,
 * <vulkan/vulkan.h>. If those headers declare the extension, this one adds nothing. */
#ifndef TONGS_VULKAN_METAL_H
#define TONGS_VULKAN_METAL_H

#include <vulkan/vulkan_core.h>

/* If vulkan_core.h has these enumerators, the macros replace them with the same type and value. */
#define VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT ((VkStructureType)1000602000)
#define VK_STRUCTURE_TYPE_MEMORY_METAL_HANDLE_PROPERTIES_EXT ((VkStructureType)1000602001)
#define VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT ((VkStructureType)1000602002)
#define VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT ((VkExternalMemoryHandleTypeFlagBits)0x00010000)
#define VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT ((VkExternalMemoryHandleTypeFlagBits)0x00020000)
#define VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT ((VkExternalMemoryHandleTypeFlagBits)0x00040000)

/* The declarations below are those of vulkan_metal.h, which requires VK_USE_PLATFORM_METAL_EXT. */
#ifndef VK_EXT_external_memory_metal
#define VK_EXT_external_memory_metal 1
#define VK_EXT_EXTERNAL_MEMORY_METAL_SPEC_VERSION 1
#define VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME "VK_EXT_external_memory_metal"

#ifdef __cplusplus
extern "C" {
#endif

/* In the pNext chain of VkMemoryAllocateInfo: imports `handle`, a Metal object that the new memory retains. */
typedef struct VkImportMemoryMetalHandleInfoEXT {
	VkStructureType sType;
	const void *pNext;
	VkExternalMemoryHandleTypeFlagBits handleType;
	void *handle;
} VkImportMemoryMetalHandleInfoEXT;

typedef struct VkMemoryMetalHandlePropertiesEXT {
	VkStructureType sType;
	void *pNext;
	uint32_t memoryTypeBits;
} VkMemoryMetalHandlePropertiesEXT;

typedef struct VkMemoryGetMetalHandleInfoEXT {
	VkStructureType sType;
	const void *pNext;
	VkDeviceMemory memory;
	VkExternalMemoryHandleTypeFlagBits handleType;
} VkMemoryGetMetalHandleInfoEXT;

typedef VkResult(VKAPI_PTR *PFN_vkGetMemoryMetalHandleEXT)(
	VkDevice device, const VkMemoryGetMetalHandleInfoEXT *pGetMetalHandleInfo, void **pHandle);
typedef VkResult(VKAPI_PTR *PFN_vkGetMemoryMetalHandlePropertiesEXT)(VkDevice device,
	VkExternalMemoryHandleTypeFlagBits handleType, const void *pHandle,
	VkMemoryMetalHandlePropertiesEXT *pMemoryMetalHandleProperties);

#ifdef __cplusplus
}
#endif
#endif

#endif
