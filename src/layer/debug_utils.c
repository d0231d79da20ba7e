/* SPDX-License-Identifier: MIT */
/* VK_EXT_debug_utils: who listens, and what the objects are called. */
#include "layer/objects.h"

VKAPI_ATTR VkResult VKAPI_CALL tongs_CreateDebugUtilsMessengerEXT(VkInstance instance,
	const VkDebugUtilsMessengerCreateInfoEXT *pCreateInfo, const VkAllocationCallbacks *pAllocator,
	VkDebugUtilsMessengerEXT *pMessenger) {
	struct tongs_layer_instance *record = tongs_layer_instance_get(instance);
	VkResult result = record->next.CreateDebugUtilsMessengerEXT(instance, pCreateInfo, pAllocator, pMessenger);
	if (result == VK_SUCCESS && !tongs_messages_add(&record->messages, *pMessenger, pCreateInfo, pAllocator)) {
		record->next.DestroyDebugUtilsMessengerEXT(instance, *pMessenger, pAllocator);
		*pMessenger = VK_NULL_HANDLE;
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	return result;
}

VKAPI_ATTR void VKAPI_CALL tongs_DestroyDebugUtilsMessengerEXT(
	VkInstance instance, VkDebugUtilsMessengerEXT messenger, const VkAllocationCallbacks *pAllocator) {
	struct tongs_layer_instance *record = tongs_layer_instance_get(instance);
	if (messenger)
		tongs_messages_remove(&record->messages, messenger, pAllocator);
	record->next.DestroyDebugUtilsMessengerEXT(instance, messenger, pAllocator);
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_SetDebugUtilsObjectNameEXT(
	VkDevice device, const VkDebugUtilsObjectNameInfoEXT *pNameInfo) {
	struct tongs_layer_device *record = tongs_layer_device_get(device);
	VkResult result = record->next.SetDebugUtilsObjectNameEXT(device, pNameInfo);
	/* Whatever the result: some drivers take the removal of a name for a lack of memory. */
	if (record->metal_enabled)
		tongs_names_set(&record->names, pNameInfo->objectType, pNameInfo->objectHandle, pNameInfo->pObjectName);
	return result;
}
