/* SPDX-License-Identifier: MIT */
/* The layer's entry points: the loader's negotiation, which function stands for which name, and the queries of physical
 * devices. */
#include <string.h>

#include <tongs/layer.h>
#include <tongs/version.h>
#include <vulkan/vk_layer.h>

#include "layer/caps.h"
#include "layer/chain.h"
#include "layer/unenabled.h"
#include "util/alloc.h"
#include "util/export.h"
#include "util/layer_settings.h"

#define TONGS_LAYER_NAME "VK_LAYER_TONGS_metal_interop"

enum level { GLOBAL, INSTANCE, DEVICE, METAL, OBJECTS, MEMORY_PROVIDED, OBJECTS_PROVIDED };
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

/* Without an instance or device that the layer knows: the commands that every instance and device has, as the loader
 * and other layers do. Layers above rely on it, mostly for vkCreateDevice, which many look up without an instance. */
static PFN_vkVoidFunction find_without_object(const struct hook *hook, enum level from) {
	return hook && hook->level >= from && hook->origin == CORE ? hook->function : NULL;
}

/* The extensions' commands from vkGetInstanceProcAddr serve devices for which the layer provides the extension, and
 * devices that have it natively. */
static VKAPI_ATTR VkResult VKAPI_CALL call_get_memory_metal_handle(
	VkDevice device, const VkMemoryGetMetalHandleInfoEXT *pGetMetalHandleInfo, void **pHandle) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	return dev->memory_enabled ? tongs_GetMemoryMetalHandleEXT(device, pGetMetalHandleInfo, pHandle)
				   : dev->next.GetMemoryMetalHandleEXT(device, pGetMetalHandleInfo, pHandle);
}

static VKAPI_ATTR VkResult VKAPI_CALL call_get_memory_metal_handle_properties(VkDevice device,
	VkExternalMemoryHandleTypeFlagBits handleType, const void *pHandle,
	VkMemoryMetalHandlePropertiesEXT *pMemoryMetalHandleProperties) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	return dev->memory_enabled ? tongs_GetMemoryMetalHandlePropertiesEXT(
					     device, handleType, pHandle, pMemoryMetalHandleProperties)
				   : dev->next.GetMemoryMetalHandlePropertiesEXT(
					     device, handleType, pHandle, pMemoryMetalHandleProperties);
}

static VKAPI_ATTR void VKAPI_CALL call_export_metal_objects(
	VkDevice device, VkExportMetalObjectsInfoEXT *pMetalObjectsInfo) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	if (dev->objects_enabled)
		tongs_ExportMetalObjectsEXT(device, pMetalObjectsInfo);
	else
		dev->next.ExportMetalObjectsEXT(device, pMetalObjectsInfo);
}

static PFN_vkVoidFunction find_provided(
	const struct hook *hook, struct tongs_layer_instance *inst, PFN_vkVoidFunction next) {
	/* If all devices have the extension natively, the next layer's commands serve. */
	if (next && !tongs_caps_is_any_provided(inst))
		return next;
	if (hook->level == OBJECTS_PROVIDED)
		return (PFN_vkVoidFunction)call_export_metal_objects;
	return hook->function == (PFN_vkVoidFunction)tongs_GetMemoryMetalHandleEXT
		       ? (PFN_vkVoidFunction)call_get_memory_metal_handle
		       : (PFN_vkVoidFunction)call_get_memory_metal_handle_properties;
}

/* Commands that the application did not enable are left to the next layer. */
static bool is_enabled(const struct hook *hook, const struct tongs_layer_instance *inst) {
	return hook->origin != DEBUG_UTILS || inst->debug_utils;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL tongs_GetInstanceProcAddr(VkInstance instance, const char *pName) {
	const struct hook *hook = find_hook(pName);
	/* The loader gets vkCreateInstance from the topmost layer with an instance that is not created yet. */
	if (hook && hook->level == GLOBAL)
		return hook->function;
	struct tongs_layer_instance *inst = instance ? tongs_layer_instance_get(instance) : NULL;
	if (!inst)
		return find_without_object(hook, INSTANCE);
	/* A hook does not make a command available. */
	PFN_vkVoidFunction next = inst->get_proc_addr(instance, pName);
	if (!hook || !is_enabled(hook, inst))
		return next;
	if (hook->level >= MEMORY_PROVIDED)
		return find_provided(hook, inst, next);
	return next ? hook->function : NULL;
}

/* Whether the hook is for devices like `dev`. */
static bool is_for_device(const struct hook *hook, const struct tongs_layer_device *dev) {
	switch (hook->level) {
	case DEVICE:
		return true;
	case METAL:
		return dev->metal_enabled;
	case MEMORY_PROVIDED:
		return dev->memory_enabled;
	case OBJECTS:
	case OBJECTS_PROVIDED:
		return dev->objects_enabled;
	default:
		return false;
	}
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL tongs_GetDeviceProcAddr(VkDevice device, const char *pName) {
	struct tongs_layer_device *dev = device ? tongs_layer_device_get(device) : NULL;
	const struct hook *hook = find_hook(pName);
	if (!dev)
		return find_without_object(hook, DEVICE);
	PFN_vkVoidFunction next = dev->get_proc_addr(device, pName);
	PFN_vkVoidFunction watch = next && !dev->metal_enabled ? tongs_unenabled_find(dev, pName) : NULL;
	if (watch)
		return watch;
	if (!hook || !is_for_device(hook, dev) || !is_enabled(hook, dev->instance))
		return next;
	return next || hook->level >= MEMORY_PROVIDED ? hook->function : NULL;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_EnumerateInstanceLayerProperties(
	uint32_t *pPropertyCount, VkLayerProperties *pProperties) {
	static const VkLayerProperties layer = {
		.layerName = TONGS_LAYER_NAME,
		.specVersion = VK_HEADER_VERSION_COMPLETE,
		.implementationVersion = TONGS_VERSION_NUMBER,
		.description = "Real Metal handles for Vulkan memory, on any driver that can share memory",
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

/* Vulkan's two-call idiom: returns the count, or copies as many as fit. */
static VkResult copy_extensions(const VkExtensionProperties *from, uint32_t count, uint32_t *pPropertyCount,
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

/* The layer's own instance extension: settings in VkInstanceCreateInfo's chain. */
VKAPI_ATTR VkResult VKAPI_CALL tongs_EnumerateInstanceExtensionProperties(
	const char *pLayerName, uint32_t *pPropertyCount, VkExtensionProperties *pProperties) {
	static const VkExtensionProperties layer_settings = {
		VK_EXT_LAYER_SETTINGS_EXTENSION_NAME,
		VK_EXT_LAYER_SETTINGS_SPEC_VERSION,
	};
	if (!pLayerName || strcmp(pLayerName, TONGS_LAYER_NAME) != 0)
		return VK_ERROR_LAYER_NOT_PRESENT;
	return copy_extensions(&layer_settings, 1, pPropertyCount, pProperties);
}

static const VkExtensionProperties provided_extensions[] = {
	{VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME, VK_EXT_EXTERNAL_MEMORY_METAL_SPEC_VERSION},
	{VK_EXT_METAL_OBJECTS_EXTENSION_NAME, 2 /* the version whose header tongs/vulkan_metal.h is like */},
};
enum { PROVIDED_EXTENSIONS = sizeof(provided_extensions) / sizeof(*provided_extensions) };

VKAPI_ATTR VkResult VKAPI_CALL tongs_EnumerateDeviceExtensionProperties(VkPhysicalDevice physicalDevice,
	const char *pLayerName, uint32_t *pPropertyCount, VkExtensionProperties *pProperties) {
	bool of_layer = pLayerName && strcmp(pLayerName, TONGS_LAYER_NAME) == 0;
	struct tongs_layer_instance *inst = tongs_layer_instance_get(physicalDevice);
	struct tongs_import_roles roles = {0};
	VkResult result = VK_SUCCESS;
	if (of_layer || !pLayerName || !*pLayerName)
		result = tongs_caps_get_roles(inst, physicalDevice, inst->allocator.callbacks, &roles);
	if (result != VK_SUCCESS)
		return result;
	/* The layer's own extensions: these, for devices that lack them. */
	const bool provided = tongs_import_has_role(&roles);
	if (of_layer)
		return copy_extensions(
			provided_extensions, provided ? PROVIDED_EXTENSIONS : 0, pPropertyCount, pProperties);
	if (!provided)
		return inst->next.EnumerateDeviceExtensionProperties(
			physicalDevice, pLayerName, pPropertyCount, pProperties);

	const VkAllocationCallbacks *callbacks = inst->allocator.callbacks;
	VkExtensionProperties *next, *all;
	uint32_t count;
	result = tongs_caps_list_extensions(inst, physicalDevice, callbacks, &next, &count);
	if (result != VK_SUCCESS)
		return result;
	all = tongs_alloc(callbacks, count + PROVIDED_EXTENSIONS, sizeof(*all), VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
	if (all) {
		memcpy(all, next, count * sizeof(*all));
		memcpy(all + count, provided_extensions, sizeof(provided_extensions));
		result = copy_extensions(all, count + PROVIDED_EXTENSIONS, pPropertyCount, pProperties);
	} else {
		result = VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	tongs_free(callbacks, all);
	tongs_free(callbacks, next);
	return result;
}

VKAPI_ATTR void VKAPI_CALL tongs_GetPhysicalDeviceExternalBufferProperties(VkPhysicalDevice physicalDevice,
	const VkPhysicalDeviceExternalBufferInfo *pExternalBufferInfo,
	VkExternalBufferProperties *pExternalBufferProperties) {
	struct tongs_layer_instance *inst = tongs_layer_instance_get(physicalDevice);
	struct tongs_import_roles roles = {0};
	VkResult result = VK_SUCCESS;
	if (pExternalBufferInfo->handleType & TONGS_METAL_HANDLE_TYPES)
		result = tongs_caps_get_roles(inst, physicalDevice, inst->allocator.callbacks, &roles);
	if (result != VK_SUCCESS) {
		/* The command cannot fail: without memory for the query, no features. */
		pExternalBufferProperties->externalMemoryProperties =
			(VkExternalMemoryProperties){.compatibleHandleTypes = pExternalBufferInfo->handleType};
		return;
	}
	if (!tongs_import_has_role(&roles)) {
		inst->next.GetPhysicalDeviceExternalBufferProperties(
			physicalDevice, pExternalBufferInfo, pExternalBufferProperties);
		return;
	}
	pExternalBufferProperties->externalMemoryProperties =
		tongs_caps_query_buffer(inst, physicalDevice, pExternalBufferInfo);
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_GetPhysicalDeviceImageFormatProperties2(VkPhysicalDevice physicalDevice,
	const VkPhysicalDeviceImageFormatInfo2 *pImageFormatInfo, VkImageFormatProperties2 *pImageFormatProperties) {
	struct tongs_layer_instance *inst = tongs_layer_instance_get(physicalDevice);
	const VkPhysicalDeviceExternalImageFormatInfo *external =
		tongs_chain_find(pImageFormatInfo->pNext, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO);
	struct tongs_import_roles roles = {0};
	VkResult result = VK_SUCCESS;
	if (external && (external->handleType & TONGS_METAL_HANDLE_TYPES))
		result = tongs_caps_get_roles(inst, physicalDevice, inst->allocator.callbacks, &roles);
	if (result == VK_SUCCESS && !tongs_import_has_role(&roles))
		return inst->next.GetPhysicalDeviceImageFormatProperties2(
			physicalDevice, pImageFormatInfo, pImageFormatProperties);

	VkExternalMemoryProperties properties = {0};
	if (result == VK_SUCCESS)
		result = tongs_caps_query_image(inst, physicalDevice, pImageFormatInfo, external->handleType,
			pImageFormatProperties, &properties);
	else
		pImageFormatProperties->imageFormatProperties = (VkImageFormatProperties){0};
	VkExternalImageFormatProperties *out = (void *)tongs_chain_find(
		pImageFormatProperties->pNext, VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES);
	if (out)
		out->externalMemoryProperties = properties;
	return result;
}

static bool has_uuid(
	struct tongs_layer_instance *inst, VkPhysicalDevice physical_device, const uint8_t uuid[VK_UUID_SIZE]) {
	VkPhysicalDeviceIDProperties id = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
		.pNext = &id,
	};
	inst->next.GetPhysicalDeviceProperties2(physical_device, &properties);
	return memcmp(id.deviceUUID, uuid, VK_UUID_SIZE) == 0;
}

/* Sets *roles, too, and *found if there is such a device. UNKNOWN on failure. */
static enum tongs_layer_status query_status(struct tongs_layer_instance *inst, const uint8_t device_uuid[VK_UUID_SIZE],
	struct tongs_import_roles *roles, VkPhysicalDevice *found) {
	const VkAllocationCallbacks *callbacks = inst->allocator.callbacks;
	enum tongs_layer_status status = TONGS_LAYER_STATUS_UNKNOWN;
	uint32_t count = 0;
	VkPhysicalDevice *devices = tongs_caps_list_devices(inst, &count);
	uint32_t i = 0;
	while (devices && i < count && !has_uuid(inst, devices[i], device_uuid))
		i++;
	if (devices && i < count &&
		tongs_caps_get_status(inst, *found = devices[i], callbacks, &status, roles) != VK_SUCCESS)
		status = TONGS_LAYER_STATUS_UNKNOWN;
	tongs_free(callbacks, devices);
	return status;
}

TONGS_LAYER_ENTRY enum tongs_layer_status tongs_layer_get_status(
	VkInstance instance, const uint8_t device_uuid[VK_UUID_SIZE]) {
	struct tongs_layer_instance *inst = instance ? tongs_layer_instance_get(instance) : NULL;
	struct tongs_import_roles roles;
	VkPhysicalDevice device;
	if (!inst)
		return TONGS_LAYER_STATUS_UNKNOWN;
	return inst->can_query ? query_status(inst, device_uuid, &roles, &device) : TONGS_LAYER_STATUS_TOO_OLD;
}

static enum tongs_layer_memory_kind get_memory(const struct tongs_import_kind *kind) {
	if (!kind)
		return TONGS_LAYER_MEMORY_NONE;
	return kind->allocated_by_device ? TONGS_LAYER_MEMORY_DRIVER : TONGS_LAYER_MEMORY_HOST_PAGES;
}

TONGS_LAYER_ENTRY struct tongs_layer_roles tongs_layer_get_roles(
	VkInstance instance, const uint8_t device_uuid[VK_UUID_SIZE]) {
	struct tongs_layer_instance *inst = instance ? tongs_layer_instance_get(instance) : NULL;
	struct tongs_import_roles roles = {0};
	VkPhysicalDevice device;
	bool shares_semaphores;
	if (!inst || !inst->can_query ||
		query_status(inst, device_uuid, &roles, &device) != TONGS_LAYER_STATUS_PROVIDED ||
		tongs_caps_query_semaphores(inst, device, inst->allocator.callbacks, &shares_semaphores) != VK_SUCCESS)
		return (struct tongs_layer_roles){0};
	return (struct tongs_layer_roles){
		.buffers = get_memory(roles.kinds[TONGS_ROLE_BUFFER]),
		.linear_textures = get_memory(roles.kinds[TONGS_ROLE_LINEAR]),
		.optimal_textures = get_memory(roles.kinds[TONGS_ROLE_OPTIMAL]),
		.heaps = get_memory(roles.kinds[TONGS_ROLE_OPTIMAL]),
		.signals = shares_semaphores ? TONGS_LAYER_CARRIER_GPU : TONGS_LAYER_CARRIER_CPU,
		.linear_only = !roles.takes_optimal,
	};
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
