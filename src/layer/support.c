/* SPDX-License-Identifier: MIT */
/* What a physical device can share. */
#include "layer/support.h"

#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

static const VkExternalMemoryHandleTypeFlagBits BUFFER = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
						HEAP = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT;

static const VkExternalMemoryFeatureFlags BOTH_WAYS =
	VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;

VkResult tongs_support_list_extensions(struct tongs_vk_instance *instance, VkPhysicalDevice physical_device,
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

bool tongs_support_lists(const char *const *names, uint32_t count, const char *name) {
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

VkResult tongs_support_extension(struct tongs_vk_instance *instance, VkPhysicalDevice physical_device, const char *name,
	const VkAllocationCallbacks *callbacks, bool *supported) {
	VkExtensionProperties *extensions;
	uint32_t count;
	VkResult result = tongs_support_list_extensions(instance, physical_device, callbacks, &extensions, &count);
	*supported = result == VK_SUCCESS && has_extension(extensions, count, name);
	tongs_free(callbacks, extensions);
	return result;
}

/* Payloads are whole pages; a driver that wants coarser ones could not take them. */
static bool takes_pages(struct tongs_vk_instance *instance, VkPhysicalDevice physical_device) {
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

VkResult tongs_support_physical_device(struct tongs_vk_instance *instance, VkPhysicalDevice physical_device,
	const VkAllocationCallbacks *callbacks, bool *shares) {
	*shares = false;
	if (instance->passive || !instance->can_query)
		return VK_SUCCESS;
	const struct tongs_memo_question question = tongs_memo_device_question(physical_device);
	const union tongs_memo_answer *known = tongs_memo_find(&instance->memo, &question);
	if (known) {
		*shares = known->shares;
		return VK_SUCCESS;
	}
	VkExtensionProperties *extensions;
	uint32_t count;
	VkResult result = tongs_support_list_extensions(instance, physical_device, callbacks, &extensions, &count);
	if (result != VK_SUCCESS)
		return result;
	*shares = has_extension(extensions, count, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME) &&
		  !has_extension(extensions, count, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME) &&
		  takes_pages(instance, physical_device);
	tongs_free(callbacks, extensions);
	tongs_memo_add(&instance->memo, &question, &(union tongs_memo_answer){.shares = *shares});
	return VK_SUCCESS;
}

bool tongs_support_any_device(struct tongs_vk_instance *instance) {
	const VkAllocationCallbacks *callbacks = instance->callbacks.used;
	uint32_t count = 0;
	if (instance->next.EnumeratePhysicalDevices(instance->handle, &count, NULL) != VK_SUCCESS)
		return true;
	VkPhysicalDevice *devices =
		tongs_alloc(callbacks, count ? count : 1, sizeof(*devices), VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
	bool any = !devices || instance->next.EnumeratePhysicalDevices(instance->handle, &count, devices) < 0;
	for (uint32_t i = 0; i < count && !any; i++)
		any = tongs_support_physical_device(instance, devices[i], callbacks, &any) != VK_SUCCESS || any;
	tongs_free(callbacks, devices);
	return any;
}

/* What host pages can be for buffers. */
static __attribute__((noinline)) VkExternalMemoryFeatureFlags ask_buffer(struct tongs_vk_instance *instance,
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
	const union tongs_memo_answer answer = {
		.buffer_features = properties.externalMemoryProperties.externalMemoryFeatures,
	};
	/* A chain may ask for more than the question says. */
	if (!pNext) {
		const struct tongs_memo_question question = tongs_memo_buffer_question(physical_device, flags, usage);
		tongs_memo_add(&instance->memo, &question, &answer);
	}
	return answer.buffer_features;
}

static bool can_share_buffer(struct tongs_vk_instance *instance, VkPhysicalDevice physical_device,
	VkBufferCreateFlags flags, VkBufferUsageFlags usage, const void *pNext, VkExternalMemoryHandleTypeFlags types) {
	const VkBufferCreateFlags refused = VK_BUFFER_CREATE_SPARSE_BINDING_BIT |
					    VK_BUFFER_CREATE_SPARSE_RESIDENCY_BIT |
					    VK_BUFFER_CREATE_SPARSE_ALIASED_BIT | VK_BUFFER_CREATE_PROTECTED_BIT;
	if ((types & ~(VkExternalMemoryHandleTypeFlags)(BUFFER | HEAP)) || (flags & refused))
		return false;
	const struct tongs_memo_question question = tongs_memo_buffer_question(physical_device, flags, usage);
	const union tongs_memo_answer *known = pNext ? NULL : tongs_memo_find(&instance->memo, &question);
	VkExternalMemoryFeatureFlags features =
		known ? known->buffer_features : ask_buffer(instance, physical_device, flags, usage, pNext);
	return (features & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT) &&
	       !(features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT);
}

bool tongs_support_buffer_create(struct tongs_vk_instance *instance, VkPhysicalDevice physical_device,
	const VkBufferCreateInfo *info, VkExternalMemoryHandleTypeFlags types) {
	return can_share_buffer(instance, physical_device, info->flags, info->usage, NULL, types);
}

VkExternalMemoryProperties tongs_support_buffer(struct tongs_vk_instance *instance, VkPhysicalDevice physical_device,
	const VkPhysicalDeviceExternalBufferInfo *info) {
	if ((info->handleType != BUFFER && info->handleType != HEAP) ||
		!can_share_buffer(instance, physical_device, info->flags, info->usage, info->pNext, info->handleType))
		return (VkExternalMemoryProperties){.compatibleHandleTypes = info->handleType};
	return (VkExternalMemoryProperties){
		.externalMemoryFeatures = BOTH_WAYS,
		.exportFromImportedHandleTypes = info->handleType,
		.compatibleHandleTypes = BUFFER | HEAP,
	};
}
