/* SPDX-License-Identifier: MIT */
/* Commands that the next layer doesn't have: errors, and outputs that say nothing is there. */
#include "layer/missing.h"

static VKAPI_ATTR void VKAPI_CALL get_physical_device_properties2(
	VkPhysicalDevice physicalDevice, VkPhysicalDeviceProperties2 *pProperties) {
	(void)physicalDevice;
	pProperties->properties = (VkPhysicalDeviceProperties){0};
}

static VKAPI_ATTR void VKAPI_CALL get_physical_device_format_properties2(
	VkPhysicalDevice physicalDevice, VkFormat format, VkFormatProperties2 *pFormatProperties) {
	(void)physicalDevice;
	(void)format;
	pFormatProperties->formatProperties = (VkFormatProperties){0};
}

static VKAPI_ATTR VkResult VKAPI_CALL get_physical_device_image_format_properties2(VkPhysicalDevice physicalDevice,
	const VkPhysicalDeviceImageFormatInfo2 *pImageFormatInfo, VkImageFormatProperties2 *pImageFormatProperties) {
	(void)physicalDevice;
	(void)pImageFormatInfo;
	pImageFormatProperties->imageFormatProperties = (VkImageFormatProperties){0};
	return VK_ERROR_FORMAT_NOT_SUPPORTED;
}

static VKAPI_ATTR void VKAPI_CALL get_physical_device_external_buffer_properties(VkPhysicalDevice physicalDevice,
	const VkPhysicalDeviceExternalBufferInfo *pExternalBufferInfo,
	VkExternalBufferProperties *pExternalBufferProperties) {
	(void)physicalDevice;
	pExternalBufferProperties->externalMemoryProperties =
		(VkExternalMemoryProperties){.compatibleHandleTypes = pExternalBufferInfo->handleType};
}

static VKAPI_ATTR VkResult VKAPI_CALL create_debug_utils_messenger(VkInstance instance,
	const VkDebugUtilsMessengerCreateInfoEXT *pCreateInfo, const VkAllocationCallbacks *pAllocator,
	VkDebugUtilsMessengerEXT *pMessenger) {
	(void)instance;
	(void)pCreateInfo;
	(void)pAllocator;
	*pMessenger = VK_NULL_HANDLE;
	return VK_ERROR_EXTENSION_NOT_PRESENT;
}

static VKAPI_ATTR void VKAPI_CALL destroy_debug_utils_messenger(
	VkInstance instance, VkDebugUtilsMessengerEXT messenger, const VkAllocationCallbacks *pAllocator) {
	(void)instance;
	(void)messenger;
	(void)pAllocator;
}

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

#define FILL(object, name, function) \
	if (!(object)->next.name) \
	(object)->next.name = function

void tongs_missing_fill_instance(struct tongs_vk_instance *instance) {
	FILL(instance, GetPhysicalDeviceProperties2, get_physical_device_properties2);
	FILL(instance, GetPhysicalDeviceFormatProperties2, get_physical_device_format_properties2);
	FILL(instance, GetPhysicalDeviceImageFormatProperties2, get_physical_device_image_format_properties2);
	FILL(instance, GetPhysicalDeviceExternalBufferProperties, get_physical_device_external_buffer_properties);
	FILL(instance, CreateDebugUtilsMessengerEXT, create_debug_utils_messenger);
	FILL(instance, DestroyDebugUtilsMessengerEXT, destroy_debug_utils_messenger);
}

void tongs_missing_fill_device(struct tongs_vk_device *device) {
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
