/* SPDX-License-Identifier: MIT */
/* The layer's entry: the loader's negotiation, and which function answers to which name. */
#include "layer/layer.h"

#include <string.h>

#include <tongs/version.h>
#include <vulkan/vk_layer.h>

#include "util/export.h"
#include "layer/caps.h"

enum level { GLOBAL, INSTANCE, DEVICE, SHARING, OURS };
enum origin { CORE, ADDED, DEBUG_UTILS };

static const struct hook {
	const char *name;
	PFN_vkVoidFunction function;
	enum level level;
	enum origin origin;
} hooks[] = {
#define ROW(level, origin, name, function) {"vk" #name, (PFN_vkVoidFunction)tongs_##function, level, origin},
	TONGS_HOOKED_COMMANDS(ROW)
#undef ROW
};

static const struct hook *find_hook(const char *name) {
	for (size_t i = 0; i < sizeof(hooks) / sizeof(*hooks); i++)
		if (strcmp(hooks[i].name, name) == 0)
			return &hooks[i];
	return NULL;
}

/* Without an instance or device that is known, as layers above ask: what everyone has, as the loader and other layers
 * answer. vkCreateDevice most of all, which many layers ask for with no instance inside their own. */
static PFN_vkVoidFunction find_without_object(const struct hook *hook, enum level from) {
	return hook && hook->level >= from && hook->origin == CORE ? hook->function : NULL;
}

/* The extension's commands, got from the instance: for devices that the layer provides the extension on, and for those
 * that have it without the layer. */
static VKAPI_ATTR VkResult VKAPI_CALL dispatch_metal_handle(
	VkDevice device, const VkMemoryGetMetalHandleInfoEXT *pGetMetalHandleInfo, void **pHandle) {
	struct tongs_layer_device *record = tongs_layer_device_get(device);
	return record->metal_enabled ? tongs_GetMemoryMetalHandleEXT(device, pGetMetalHandleInfo, pHandle)
				     : record->next.GetMemoryMetalHandleEXT(device, pGetMetalHandleInfo, pHandle);
}

static VKAPI_ATTR VkResult VKAPI_CALL dispatch_metal_handle_properties(VkDevice device,
	VkExternalMemoryHandleTypeFlagBits handleType, const void *pHandle,
	VkMemoryMetalHandlePropertiesEXT *pMemoryMetalHandleProperties) {
	struct tongs_layer_device *record = tongs_layer_device_get(device);
	return record->metal_enabled ? tongs_GetMemoryMetalHandlePropertiesEXT(
					       device, handleType, pHandle, pMemoryMetalHandleProperties)
				     : record->next.GetMemoryMetalHandlePropertiesEXT(
					       device, handleType, pHandle, pMemoryMetalHandleProperties);
}

static PFN_vkVoidFunction find_ours(
	const struct hook *hook, struct tongs_layer_instance *instance, PFN_vkVoidFunction next) {
	/* Whoever has the extension below needs us only where another device lacks it. */
	if (next && !tongs_caps_any_device(instance))
		return next;
	return hook->function == (PFN_vkVoidFunction)tongs_GetMemoryMetalHandleEXT
		       ? (PFN_vkVoidFunction)dispatch_metal_handle
		       : (PFN_vkVoidFunction)dispatch_metal_handle_properties;
}

/* A command that the application did not enable is as it is without the layer. */
static bool is_enabled(const struct hook *hook, const struct tongs_layer_instance *instance) {
	return hook->origin != DEBUG_UTILS || instance->debug_utils;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL tongs_GetInstanceProcAddr(VkInstance instance, const char *pName) {
	const struct hook *hook = find_hook(pName);
	/* The loader asks the topmost layer for vkCreateInstance with an instance that is not there yet. */
	if (hook && hook->level == GLOBAL)
		return hook->function;
	struct tongs_layer_instance *record = instance ? tongs_layer_instance_get(instance) : NULL;
	if (!record)
		return find_without_object(hook, INSTANCE);
	/* A command that the instance does not have is not there for being hooked. */
	PFN_vkVoidFunction next = record->get_proc_addr(instance, pName);
	if (!hook || !is_enabled(hook, record))
		return next;
	if (hook->level == OURS)
		return find_ours(hook, record, next);
	return next ? hook->function : NULL;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL tongs_GetDeviceProcAddr(VkDevice device, const char *pName) {
	struct tongs_layer_device *record = device ? tongs_layer_device_get(device) : NULL;
	const struct hook *hook = find_hook(pName);
	if (!record)
		return find_without_object(hook, DEVICE);
	PFN_vkVoidFunction next = record->get_proc_addr(device, pName);
	if (!hook || hook->level < DEVICE || (hook->level >= SHARING && !record->metal_enabled) ||
		!is_enabled(hook, record->instance))
		return next;
	return next || hook->level == OURS ? hook->function : NULL;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_EnumerateInstanceLayerProperties(
	uint32_t *pPropertyCount, VkLayerProperties *pProperties) {
	static const VkLayerProperties layer = {
		.layerName = TONGS_LAYER_NAME,
		.specVersion = VK_HEADER_VERSION_COMPLETE,
		.implementationVersion = TONGS_VERSION_NUMBER,
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
