/* SPDX-License-Identifier: MIT */
/* The queries of a physical device that tell of the extension: its name, and what buffers and images can do with it. */
#include <string.h>

#include "util/alloc.h"
#include "layer/chain.h"
#include "layer/layer.h"
#include "layer/caps.h"

static const VkExtensionProperties extension = {
	VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME,
	VK_EXT_EXTERNAL_MEMORY_METAL_SPEC_VERSION,
};

/* Vulkan's two-call idiom: counts, or copies as many as there is room for. */
static VkResult copy_out(const VkExtensionProperties *from, uint32_t count, uint32_t *pPropertyCount,
	VkExtensionProperties *pProperties) {
	if (!pProperties) {
		*pPropertyCount = count;
		return VK_SUCCESS;
	}
	uint32_t copied = *pPropertyCount < count ? *pPropertyCount : count;
	if (copied)
		memcpy(pProperties, from, copied * sizeof(*from));
	*pPropertyCount = copied;
	return copied < count ? VK_INCOMPLETE : VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_EnumerateDeviceExtensionProperties(VkPhysicalDevice physicalDevice,
	const char *pLayerName, uint32_t *pPropertyCount, VkExtensionProperties *pProperties) {
	bool is_ours = pLayerName && strcmp(pLayerName, TONGS_LAYER_NAME) == 0;
	struct tongs_layer_instance *instance = tongs_layer_instance_get(physicalDevice);
	bool shares = false;
	VkResult result = VK_SUCCESS;
	if (is_ours || !pLayerName || !*pLayerName)
		result = tongs_caps_physical_device(instance, physicalDevice, instance->callbacks.used, &shares);
	if (result != VK_SUCCESS)
		return result;
	/* The extension is the layer's where the device lists it for the layer, and the only one. */
	if (is_ours)
		return copy_out(&extension, shares, pPropertyCount, pProperties);
	if (!shares)
		return instance->next.EnumerateDeviceExtensionProperties(
			physicalDevice, pLayerName, pPropertyCount, pProperties);

	const VkAllocationCallbacks *callbacks = instance->callbacks.used;
	VkExtensionProperties *below, *all;
	uint32_t count;
	result = tongs_caps_list_extensions(instance, physicalDevice, callbacks, &below, &count);
	if (result != VK_SUCCESS)
		return result;
	all = tongs_alloc(callbacks, count + 1, sizeof(*all), VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
	if (all) {
		memcpy(all, below, count * sizeof(*all));
		all[count] = extension;
		result = copy_out(all, count + 1, pPropertyCount, pProperties);
	} else {
		result = VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	tongs_free(callbacks, all);
	tongs_free(callbacks, below);
	return result;
}

VKAPI_ATTR void VKAPI_CALL tongs_GetPhysicalDeviceExternalBufferProperties(VkPhysicalDevice physicalDevice,
	const VkPhysicalDeviceExternalBufferInfo *pExternalBufferInfo,
	VkExternalBufferProperties *pExternalBufferProperties) {
	struct tongs_layer_instance *instance = tongs_layer_instance_get(physicalDevice);
	bool shares = false;
	VkResult result = VK_SUCCESS;
	if (pExternalBufferInfo->handleType & TONGS_METAL_HANDLE_TYPES)
		result = tongs_caps_physical_device(instance, physicalDevice, instance->callbacks.used, &shares);
	if (result != VK_SUCCESS) {
		/* Without memory there is no way to tell; no features say so. */
		pExternalBufferProperties->externalMemoryProperties =
			(VkExternalMemoryProperties){.compatibleHandleTypes = pExternalBufferInfo->handleType};
		return;
	}
	if (!shares) {
		instance->next.GetPhysicalDeviceExternalBufferProperties(
			physicalDevice, pExternalBufferInfo, pExternalBufferProperties);
		return;
	}
	pExternalBufferProperties->externalMemoryProperties =
		tongs_caps_buffer(instance, physicalDevice, pExternalBufferInfo);
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_GetPhysicalDeviceImageFormatProperties2(VkPhysicalDevice physicalDevice,
	const VkPhysicalDeviceImageFormatInfo2 *pImageFormatInfo, VkImageFormatProperties2 *pImageFormatProperties) {
	struct tongs_layer_instance *instance = tongs_layer_instance_get(physicalDevice);
	const VkPhysicalDeviceExternalImageFormatInfo *external =
		tongs_chain_find(pImageFormatInfo->pNext, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO);
	bool shares = false;
	VkResult result = VK_SUCCESS;
	if (external && (external->handleType & TONGS_METAL_HANDLE_TYPES))
		result = tongs_caps_physical_device(instance, physicalDevice, instance->callbacks.used, &shares);
	if (result == VK_SUCCESS && !shares)
		return instance->next.GetPhysicalDeviceImageFormatProperties2(
			physicalDevice, pImageFormatInfo, pImageFormatProperties);

	VkExternalMemoryProperties properties = {0};
	if (result == VK_SUCCESS)
		result = tongs_caps_image(instance, physicalDevice, pImageFormatInfo, external->handleType,
			pImageFormatProperties, &properties);
	else
		pImageFormatProperties->imageFormatProperties = (VkImageFormatProperties){0};
	VkExternalImageFormatProperties *out = (void *)tongs_chain_find(
		pImageFormatProperties->pNext, VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES);
	if (out)
		out->externalMemoryProperties = properties;
	return result;
}
