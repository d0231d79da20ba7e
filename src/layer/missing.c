/* SPDX-License-Identifier: MIT */
/* Commands that the next layer doesn't have: errors, and outputs that say nothing is there. */
#include "layer/missing.h"

static VKAPI_ATTR VkResult VKAPI_CALL map_memory2(
	VkDevice device, const VkMemoryMapInfoKHR *pMemoryMapInfo, void **ppData) {
	(void)device;
	(void)pMemoryMapInfo;
	*ppData = NULL;
	return VK_ERROR_EXTENSION_NOT_PRESENT;
}

static VKAPI_ATTR VkResult VKAPI_CALL unmap_memory2(VkDevice device, const VkMemoryUnmapInfoKHR *pMemoryUnmapInfo) {
	(void)device;
	(void)pMemoryUnmapInfo;
	return VK_ERROR_EXTENSION_NOT_PRESENT;
}

static VKAPI_ATTR void VKAPI_CALL get_device_image_subresource_layout(
	VkDevice device, const VkDeviceImageSubresourceInfoKHR *pInfo, VkSubresourceLayout2KHR *pLayout) {
	(void)device;
	(void)pInfo;
	pLayout->subresourceLayout = (VkSubresourceLayout){0};
}

/* No memory types. */
static const VkMemoryRequirements none = {.alignment = 1};

static VKAPI_ATTR void VKAPI_CALL get_buffer_memory_requirements2(
	VkDevice device, const VkBufferMemoryRequirementsInfo2 *pInfo, VkMemoryRequirements2 *pMemoryRequirements) {
	(void)device;
	(void)pInfo;
	pMemoryRequirements->memoryRequirements = none;
}

static VKAPI_ATTR void VKAPI_CALL get_image_memory_requirements2(
	VkDevice device, const VkImageMemoryRequirementsInfo2 *pInfo, VkMemoryRequirements2 *pMemoryRequirements) {
	(void)device;
	(void)pInfo;
	pMemoryRequirements->memoryRequirements = none;
}

static VKAPI_ATTR void VKAPI_CALL get_device_buffer_memory_requirements(
	VkDevice device, const VkDeviceBufferMemoryRequirements *pInfo, VkMemoryRequirements2 *pMemoryRequirements) {
	(void)device;
	(void)pInfo;
	pMemoryRequirements->memoryRequirements = none;
}

static VKAPI_ATTR void VKAPI_CALL get_device_image_memory_requirements(
	VkDevice device, const VkDeviceImageMemoryRequirements *pInfo, VkMemoryRequirements2 *pMemoryRequirements) {
	(void)device;
	(void)pInfo;
	pMemoryRequirements->memoryRequirements = none;
}

static VKAPI_ATTR void VKAPI_CALL get_device_image_sparse_memory_requirements(VkDevice device,
	const VkDeviceImageMemoryRequirements *pInfo, uint32_t *pSparseMemoryRequirementCount,
	VkSparseImageMemoryRequirements2 *pSparseMemoryRequirements) {
	(void)device;
	(void)pInfo;
	(void)pSparseMemoryRequirements;
	*pSparseMemoryRequirementCount = 0;
}

static VKAPI_ATTR VkResult VKAPI_CALL bind_buffer_memory2(
	VkDevice device, uint32_t bindInfoCount, const VkBindBufferMemoryInfo *pBindInfos) {
	(void)device;
	(void)bindInfoCount;
	(void)pBindInfos;
	return VK_ERROR_EXTENSION_NOT_PRESENT;
}

static VKAPI_ATTR VkResult VKAPI_CALL bind_image_memory2(
	VkDevice device, uint32_t bindInfoCount, const VkBindImageMemoryInfo *pBindInfos) {
	(void)device;
	(void)bindInfoCount;
	(void)pBindInfos;
	return VK_ERROR_EXTENSION_NOT_PRESENT;
}

static VKAPI_ATTR VkResult VKAPI_CALL get_memory_host_pointer_properties(VkDevice device,
	VkExternalMemoryHandleTypeFlagBits handleType, const void *pHostPointer,
	VkMemoryHostPointerPropertiesEXT *pMemoryHostPointerProperties) {
	(void)device;
	(void)handleType;
	(void)pHostPointer;
	pMemoryHostPointerProperties->memoryTypeBits = 0;
	return VK_ERROR_INVALID_EXTERNAL_HANDLE;
}

static VKAPI_ATTR VkResult VKAPI_CALL get_memory_metal_handle(
	VkDevice device, const VkMemoryGetMetalHandleInfoEXT *pGetMetalHandleInfo, void **pHandle) {
	(void)device;
	(void)pGetMetalHandleInfo;
	*pHandle = NULL;
	return VK_ERROR_EXTENSION_NOT_PRESENT;
}

static VKAPI_ATTR VkResult VKAPI_CALL get_memory_metal_handle_properties(VkDevice device,
	VkExternalMemoryHandleTypeFlagBits handleType, const void *pHandle,
	VkMemoryMetalHandlePropertiesEXT *pMemoryMetalHandleProperties) {
	(void)device;
	(void)handleType;
	(void)pHandle;
	pMemoryMetalHandleProperties->memoryTypeBits = 0;
	return VK_ERROR_EXTENSION_NOT_PRESENT;
}

/* A name is nobody's need. */
static VKAPI_ATTR VkResult VKAPI_CALL set_debug_utils_object_name(
	VkDevice device, const VkDebugUtilsObjectNameInfoEXT *pNameInfo) {
	(void)device;
	(void)pNameInfo;
	return VK_SUCCESS;
}

#define FILL(device, name, function) \
	if (!(device)->next.name) \
	(device)->next.name = function

void tongs_missing_fill_device(struct tongs_layer_device *device) {
	FILL(device, MapMemory2, map_memory2);
	FILL(device, UnmapMemory2, unmap_memory2);
	FILL(device, GetDeviceImageSubresourceLayout, get_device_image_subresource_layout);
	FILL(device, GetBufferMemoryRequirements2, get_buffer_memory_requirements2);
	FILL(device, GetImageMemoryRequirements2, get_image_memory_requirements2);
	FILL(device, GetDeviceBufferMemoryRequirements, get_device_buffer_memory_requirements);
	FILL(device, GetDeviceImageMemoryRequirements, get_device_image_memory_requirements);
	FILL(device, GetDeviceImageSparseMemoryRequirements, get_device_image_sparse_memory_requirements);
	FILL(device, BindBufferMemory2, bind_buffer_memory2);
	FILL(device, BindImageMemory2, bind_image_memory2);
	FILL(device, GetMemoryHostPointerPropertiesEXT, get_memory_host_pointer_properties);
	FILL(device, GetMemoryMetalHandleEXT, get_memory_metal_handle);
	FILL(device, GetMemoryMetalHandlePropertiesEXT, get_memory_metal_handle_properties);
	FILL(device, SetDebugUtilsObjectNameEXT, set_debug_utils_object_name);
}
