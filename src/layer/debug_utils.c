/* SPDX-License-Identifier: MIT */
/* VK_EXT_debug_utils: who listens, and what the objects are called. */
#include "layer/objects.h"

VKAPI_ATTR VkResult VKAPI_CALL tongs_CreateDebugUtilsMessengerEXT(VkInstance instance,
	const VkDebugUtilsMessengerCreateInfoEXT *pCreateInfo, const VkAllocationCallbacks *pAllocator,
	VkDebugUtilsMessengerEXT *pMessenger) {
	struct tongs_layer_instance *inst = tongs_layer_instance_get(instance);
	VkResult result = inst->next.CreateDebugUtilsMessengerEXT(instance, pCreateInfo, pAllocator, pMessenger);
	if (result == VK_SUCCESS && !tongs_messages_add(&inst->messages, *pMessenger, pCreateInfo, pAllocator)) {
		inst->next.DestroyDebugUtilsMessengerEXT(instance, *pMessenger, pAllocator);
		*pMessenger = VK_NULL_HANDLE;
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	return result;
}

VKAPI_ATTR void VKAPI_CALL tongs_DestroyDebugUtilsMessengerEXT(
	VkInstance instance, VkDebugUtilsMessengerEXT messenger, const VkAllocationCallbacks *pAllocator) {
	struct tongs_layer_instance *inst = tongs_layer_instance_get(instance);
	if (messenger)
		tongs_messages_remove(&inst->messages, messenger, pAllocator);
	inst->next.DestroyDebugUtilsMessengerEXT(instance, messenger, pAllocator);
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_SetDebugUtilsObjectNameEXT(
	VkDevice device, const VkDebugUtilsObjectNameInfoEXT *pNameInfo) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	VkResult result = dev->next.SetDebugUtilsObjectNameEXT(device, pNameInfo);
	/* Whatever the result: some drivers take the removal of a name for a lack of memory. */
	if (dev->metal_enabled)
		tongs_names_set(&dev->names, pNameInfo->objectType, pNameInfo->objectHandle, pNameInfo->pObjectName);
	return result;
}
