/* SPDX-License-Identifier: MIT */
/* What a physical device can share. */
#include "layer/caps.h"

#include <string.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/export.h"
#include "vulkan/import.h"
#include "layer/chain.h"

static const VkExternalMemoryHandleTypeFlagBits BUFFER = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
						HEAP = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT;

static const VkExternalMemoryFeatureFlags BOTH_WAYS =
	VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;

VkResult tongs_caps_list_extensions(struct tongs_layer_instance *instance, VkPhysicalDevice physical_device,
	const VkAllocationCallbacks *callbacks, VkExtensionProperties **extensions, uint32_t *count) {
	VkResult result;
	*extensions = NULL;
	do {
		*count = 0;
		tongs_free(callbacks, *extensions);
		*extensions = NULL;
		result = instance->next.EnumerateDeviceExtensionProperties(physical_device, NULL, count, NULL);
		if (result != VK_SUCCESS)
			break;
		*extensions = tongs_alloc(
			callbacks, *count ? *count : 1, sizeof(**extensions), VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
		if (!*extensions)
			return VK_ERROR_OUT_OF_HOST_MEMORY;
		result = instance->next.EnumerateDeviceExtensionProperties(physical_device, NULL, count, *extensions);
	} while (result == VK_INCOMPLETE);
	if (result != VK_SUCCESS) {
		tongs_free(callbacks, *extensions);
		*extensions = NULL;
	}
	return result;
}

bool tongs_caps_lists(const char *const *names, uint32_t count, const char *name) {
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool has_extension(const VkExtensionProperties *extensions, uint32_t count, const char *name) {
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(extensions[i].extensionName, name) == 0)
			return true;
	return false;
}

VkResult tongs_caps_extension(struct tongs_layer_instance *instance, VkPhysicalDevice physical_device, const char *name,
	const VkAllocationCallbacks *callbacks, bool *supported) {
	VkExtensionProperties *extensions;
	uint32_t count;
	VkResult result = tongs_caps_list_extensions(instance, physical_device, callbacks, &extensions, &count);
	*supported = result == VK_SUCCESS && has_extension(extensions, count, name);
	tongs_free(callbacks, extensions);
	return result;
}

/* Payloads are whole pages; a driver that wants coarser ones could not take them. */
static bool takes_pages(struct tongs_layer_instance *instance, VkPhysicalDevice physical_device) {
	VkPhysicalDeviceExternalMemoryHostPropertiesEXT host = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT,
	};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
		.pNext = &host,
	};
	instance->next.GetPhysicalDeviceProperties2(physical_device, &properties);
	return host.minImportedHostPointerAlignment <= (VkDeviceSize)sysconf(_SC_PAGESIZE);
}

VkResult tongs_caps_get_status(struct tongs_layer_instance *instance, VkPhysicalDevice physical_device,
	const VkAllocationCallbacks *callbacks, enum tongs_layer_status *status) {
	VkExtensionProperties *extensions;
	uint32_t count;
	*status = TONGS_LAYER_STATUS_TOO_OLD;
	if (!instance->can_query)
		return VK_SUCCESS;
	VkResult result = tongs_caps_list_extensions(instance, physical_device, callbacks, &extensions, &count);
	if (result != VK_SUCCESS)
		return result;
	if (has_extension(extensions, count, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME))
		*status = TONGS_LAYER_STATUS_NATIVE;
	else if (!has_extension(extensions, count, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME))
		*status = TONGS_LAYER_STATUS_NO_HOST_MEMORY;
	else if (!takes_pages(instance, physical_device))
		*status = TONGS_LAYER_STATUS_LARGE_ALIGNMENT;
	else if (!tongs_import_supports_any(instance->next.GetPhysicalDeviceExternalBufferProperties,
			 instance->next.GetPhysicalDeviceImageFormatProperties2, physical_device))
		*status = TONGS_LAYER_STATUS_NOT_IMPORTABLE;
	else
		*status = TONGS_LAYER_STATUS_PROVIDED;
	tongs_free(callbacks, extensions);
	return VK_SUCCESS;
}

VkResult tongs_caps_physical_device(struct tongs_layer_instance *instance, VkPhysicalDevice physical_device,
	const VkAllocationCallbacks *callbacks, bool *shares) {
	const struct tongs_caps_key question = tongs_caps_key_device(physical_device);
	union tongs_caps_value known;
	enum tongs_layer_status status;
	bool is_known = tongs_caps_cache_lookup(&instance->caps_cache, &question, &known, sizeof(known.shares));
	*shares = is_known && known.shares;
	if (is_known)
		return VK_SUCCESS;
	VkResult result = tongs_caps_get_status(instance, physical_device, callbacks, &status);
	if (result != VK_SUCCESS)
		return result;
	*shares = status == TONGS_LAYER_STATUS_PROVIDED;
	tongs_caps_cache_add(&instance->caps_cache, &question, &(union tongs_caps_value){.shares = *shares});
	return VK_SUCCESS;
}

/* The devices as the next layer has them, to be freed with tongs_free; NULL on failure. */
static VkPhysicalDevice *list_devices(struct tongs_layer_instance *instance, uint32_t *count) {
	const VkAllocationCallbacks *callbacks = instance->callbacks.used;
	VkPhysicalDevice *devices = NULL;
	*count = 0;
	if (instance->next.EnumeratePhysicalDevices(instance->handle, count, NULL) == VK_SUCCESS)
		devices = tongs_alloc(
			callbacks, *count ? *count : 1, sizeof(*devices), VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
	if (devices && instance->next.EnumeratePhysicalDevices(instance->handle, count, devices) < VK_SUCCESS)
		*count = 0;
	return devices;
}

bool tongs_caps_any_device(struct tongs_layer_instance *instance) {
	const VkAllocationCallbacks *callbacks = instance->callbacks.used;
	uint32_t count;
	VkPhysicalDevice *devices = list_devices(instance, &count);
	bool any = !devices || !count;
	for (uint32_t i = 0; i < count && !any; i++)
		any = tongs_caps_physical_device(instance, devices[i], callbacks, &any) != VK_SUCCESS || any;
	tongs_free(callbacks, devices);
	return any;
}

static bool has_uuid(
	struct tongs_layer_instance *instance, VkPhysicalDevice physical_device, const uint8_t uuid[VK_UUID_SIZE]) {
	VkPhysicalDeviceIDProperties id = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
		.pNext = &id,
	};
	instance->next.GetPhysicalDeviceProperties2(physical_device, &properties);
	return memcmp(id.deviceUUID, uuid, VK_UUID_SIZE) == 0;
}

TONGS_LAYER_ENTRY enum tongs_layer_status tongs_layer_get_status(
	VkInstance instance, const uint8_t device_uuid[VK_UUID_SIZE]) {
	struct tongs_layer_instance *record = tongs_layer_instance_get(instance);
	enum tongs_layer_status status = TONGS_LAYER_STATUS_UNKNOWN;
	uint32_t count = 0;
	if (record && !record->can_query)
		status = TONGS_LAYER_STATUS_TOO_OLD;
	VkPhysicalDevice *devices = record && record->can_query ? list_devices(record, &count) : NULL;
	for (uint32_t i = 0; devices && i < count && status == TONGS_LAYER_STATUS_UNKNOWN; i++)
		if (has_uuid(record, devices[i], device_uuid) &&
			tongs_caps_get_status(record, devices[i], record->callbacks.used, &status) != VK_SUCCESS)
			status = TONGS_LAYER_STATUS_UNKNOWN;
	if (record)
		tongs_free(record->callbacks.used, devices);
	return status;
}

/* VkBufferUsageFlags2CreateInfo, which the oldest supported headers lack: what it says stands for a create info's own
 * usage. */
struct usage2 {
	VkStructureType sType;
	const void *pNext;
	uint64_t usage;
};
#define USAGE2 ((VkStructureType)1000470006)

uint64_t tongs_caps_buffer_usage(VkBufferUsageFlags usage, const void *pNext) {
	const struct usage2 *wide = tongs_chain_find(pNext, USAGE2);
	return wide ? wide->usage : usage;
}

/* What host pages can be for buffers. */
static __attribute__((noinline)) VkExternalMemoryFeatureFlags ask_buffer(struct tongs_layer_instance *instance,
	VkPhysicalDevice physical_device, VkBufferCreateFlags flags, VkBufferUsageFlags usage, const void *pNext) {
	const VkPhysicalDeviceExternalBufferInfo host = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.pNext = pNext,
		.flags = flags,
		.usage = usage,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
	};
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	instance->next.GetPhysicalDeviceExternalBufferProperties(physical_device, &host, &properties);
	const union tongs_caps_value answer = {
		.buffer_features = properties.externalMemoryProperties.externalMemoryFeatures,
	};
	/* A chain may ask for more than the question says. */
	if (!pNext) {
		const struct tongs_caps_key question = tongs_caps_key_buffer(physical_device, flags, usage);
		tongs_caps_cache_add(&instance->caps_cache, &question, &answer);
	}
	return answer.buffer_features;
}

static bool can_share_buffer(struct tongs_layer_instance *instance, VkPhysicalDevice physical_device,
	VkBufferCreateFlags flags, VkBufferUsageFlags usage, const void *pNext, VkExternalMemoryHandleTypeFlags types) {
	const VkBufferCreateFlags refused = VK_BUFFER_CREATE_SPARSE_BINDING_BIT |
					    VK_BUFFER_CREATE_SPARSE_RESIDENCY_BIT |
					    VK_BUFFER_CREATE_SPARSE_ALIASED_BIT | VK_BUFFER_CREATE_PROTECTED_BIT;
	if ((types & ~(VkExternalMemoryHandleTypeFlags)(BUFFER | HEAP)) || (flags & refused))
		return false;
	const struct tongs_caps_key question = tongs_caps_key_buffer(physical_device, flags, usage);
	union tongs_caps_value known;
	bool is_known = !pNext && tongs_caps_cache_lookup(
					  &instance->caps_cache, &question, &known, sizeof(known.buffer_features));
	VkExternalMemoryFeatureFlags features =
		is_known ? known.buffer_features : ask_buffer(instance, physical_device, flags, usage, pNext);
	return (features & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT) &&
	       !(features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT);
}

bool tongs_caps_buffer_create(struct tongs_layer_instance *instance, VkPhysicalDevice physical_device,
	const VkBufferCreateInfo *info, VkExternalMemoryHandleTypeFlags types) {
	/* Of a create info's chain this alone may stand in the question's; without the wide bits it is not needed. */
	const struct usage2 wide = {
		.sType = USAGE2,
		.usage = tongs_caps_buffer_usage(info->usage, info->pNext),
	};
	return can_share_buffer(instance, physical_device, info->flags, (VkBufferUsageFlags)wide.usage,
		wide.usage >> 32 ? &wide : NULL, types);
}

VkExternalMemoryProperties tongs_caps_buffer(struct tongs_layer_instance *instance, VkPhysicalDevice physical_device,
	const VkPhysicalDeviceExternalBufferInfo *info) {
	if ((info->handleType != BUFFER && info->handleType != HEAP) ||
		!can_share_buffer(instance, physical_device, info->flags,
			(VkBufferUsageFlags)tongs_caps_buffer_usage(info->usage, info->pNext), info->pNext,
			info->handleType))
		return (VkExternalMemoryProperties){.compatibleHandleTypes = info->handleType};
	return (VkExternalMemoryProperties){
		.externalMemoryFeatures = BOTH_WAYS,
		.exportFromImportedHandleTypes = info->handleType,
		.compatibleHandleTypes = BUFFER | HEAP,
	};
}
