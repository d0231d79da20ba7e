/* SPDX-License-Identifier: MIT */
/* The layer's entry: the loader's negotiation, and which function answers to which name. */
#include "layer/layer.h"

#include <string.h>

#include <tongs/version.h>
#include <vulkan/vk_layer.h>

#include "base/export.h"
#include "layer/records.h"

enum level { GLOBAL, INSTANCE, DEVICE, SHARING, OURS };

static const struct hook {
	const char *name;
	PFN_vkVoidFunction function;
	enum level level;
} hooks[] = {
#define ROW(level, name, function) {"vk" #name, (PFN_vkVoidFunction)tongs_##function, level},
	TONGS_HOOKED_COMMANDS(ROW)
#undef ROW
};

static const struct hook *find_hook(const char *name) {
	for (size_t i = 0; i < sizeof(hooks) / sizeof(*hooks); i++)
		if (strcmp(hooks[i].name, name) == 0)
			return &hooks[i];
	return NULL;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL tongs_GetInstanceProcAddr(VkInstance instance, const char *pName) {
	const struct hook *hook = find_hook(pName);
	/* The loader asks the topmost layer for vkCreateInstance with an instance that is not there yet. */
	if (hook && hook->level == GLOBAL)
		return hook->function;
	struct tongs_vk_instance *record = instance ? tongs_instance_get(instance) : NULL;
	if (!record)
		return NULL;
	/* A command that the instance does not have is not there for being hooked. */
	PFN_vkVoidFunction next = record->get_proc_addr(instance, pName);
	if (!hook || (record->passive && hook->level > DEVICE))
		return next;
	return next || hook->level == OURS ? hook->function : NULL;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL tongs_GetDeviceProcAddr(VkDevice device, const char *pName) {
	struct tongs_vk_device *record = tongs_device_record_get(device);
	const struct hook *hook = find_hook(pName);
	PFN_vkVoidFunction next = record->get_proc_addr(device, pName);
	if (!hook || hook->level < DEVICE || (hook->level >= SHARING && !record->sharing))
		return next;
	return next || hook->level == OURS ? hook->function : NULL;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_EnumerateInstanceLayerProperties(
	uint32_t *pPropertyCount, VkLayerProperties *pProperties) {
	static const VkLayerProperties layer = {
		.layerName = TONGS_LAYER_NAME,
		.specVersion = VK_HEADER_VERSION_COMPLETE,
		.implementationVersion = TONGS_VERSION_MAJOR << 16 | TONGS_VERSION_MINOR << 8 | TONGS_VERSION_PATCH,
		.description = "Real Metal handles for Vulkan memory, on any driver",
	};
	if (!pProperties) {
		*pPropertyCount = 1;
		return VK_SUCCESS;
	}
	if (*pPropertyCount < 1)
		return VK_INCOMPLETE;
	*pProperties = layer;
	*pPropertyCount = 1;
	return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_EnumerateDeviceLayerProperties(
	VkPhysicalDevice physicalDevice, uint32_t *pPropertyCount, VkLayerProperties *pProperties) {
	(void)physicalDevice;
	return tongs_EnumerateInstanceLayerProperties(pPropertyCount, pProperties);
}

/* The layer has no instance extension of its own. */
VKAPI_ATTR VkResult VKAPI_CALL tongs_EnumerateInstanceExtensionProperties(
	const char *pLayerName, uint32_t *pPropertyCount, VkExtensionProperties *pProperties) {
	(void)pProperties;
	if (!pLayerName || strcmp(pLayerName, TONGS_LAYER_NAME) != 0)
		return VK_ERROR_LAYER_NOT_PRESENT;
	*pPropertyCount = 0;
	return VK_SUCCESS;
}

TONGS_LAYER_ENTRY VKAPI_ATTR VkResult VKAPI_CALL vkNegotiateLoaderLayerInterfaceVersion(
	VkNegotiateLayerInterface *pVersionStruct) {
	if (pVersionStruct->sType != LAYER_NEGOTIATE_INTERFACE_STRUCT ||
		pVersionStruct->loaderLayerInterfaceVersion < 2)
		return VK_ERROR_INITIALIZATION_FAILED;
	pVersionStruct->loaderLayerInterfaceVersion = 2;
	pVersionStruct->pfnGetInstanceProcAddr = tongs_GetInstanceProcAddr;
	pVersionStruct->pfnGetDeviceProcAddr = tongs_GetDeviceProcAddr;
	pVersionStruct->pfnGetPhysicalDeviceProcAddr = NULL;
	return VK_SUCCESS;
}
