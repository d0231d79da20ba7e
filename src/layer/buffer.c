/* SPDX-License-Identifier: MIT */
/* Buffers made for sharing: created for host pages below, and offered the memory types of host pages. */
#include "layer/buffer.h"

#include "layer/chain.h"
#include "layer/report.h"
#include "layer/requirements.h"
#include "layer/caps.h"

static const VkStructureType edited[] = {VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO};

/* All handle types that a buffer is created for, if one of them is Metal's; else 0. */
static VkExternalMemoryHandleTypeFlags find_types(
	const struct tongs_layer_device *device, const VkBufferCreateInfo *info) {
	const VkExternalMemoryBufferCreateInfo *external =
		device->metal_enabled ? tongs_chain_find(info->pNext, edited[0]) : NULL;
	return external && (external->handleTypes & TONGS_METAL_HANDLE_TYPES) ? external->handleTypes : 0;
}

/* The create info for the driver: Metal's handle types become host pages. */
static VkResult init_driver_info(struct tongs_chain *chain, const VkBufferCreateInfo *info,
	const VkAllocationCallbacks *callbacks, VkBufferCreateInfo *driver_info) {
	const VkBaseInStructure *first = info->pNext;
	VkExternalMemoryBufferCreateInfo *external;
	if (first->sType == edited[0]) {
		external = tongs_chain_init_first(chain, first, sizeof(*external));
	} else {
		VkResult result = tongs_chain_init(chain, first, edited, 1, callbacks);
		if (result != VK_SUCCESS)
			return result;
		external = tongs_chain_edit(chain, edited[0]);
	}
	external->handleTypes &= ~TONGS_METAL_HANDLE_TYPES;
	external->handleTypes |= VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT;
	*driver_info = *info;
	driver_info->pNext = chain->head;
	return VK_SUCCESS;
}

/* Not inlined: buffers that are not shared do nothing for it. */
static __attribute__((noinline)) VkResult create_shared(struct tongs_layer_device *device,
	const VkBufferCreateInfo *info, VkExternalMemoryHandleTypeFlags types, const VkAllocationCallbacks *callbacks,
	VkBuffer *pBuffer) {
	*pBuffer = VK_NULL_HANDLE;
	/* The handle types must be ones that the query calls compatible. */
	if (!tongs_caps_buffer_create(device->instance, device->physical_device, info, types)) {
		char text[TONGS_TYPES_TEXT_SIZE];
		tongs_report(device, "VUID-VkBufferCreateInfo-pNext-00920", NULL,
			"a buffer with flags 0x%x and usage 0x%llx cannot be shared as %s: ask "
			"vkGetPhysicalDeviceExternalBufferProperties for the handle types that can",
			info->flags, (unsigned long long)tongs_caps_buffer_usage(info->usage, info->pNext),
			tongs_report_types(types, text));
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}

	struct tongs_chain chain;
	VkBufferCreateInfo driver_info;
	VkBuffer created = VK_NULL_HANDLE;
	VkResult result =
		init_driver_info(&chain, info, tongs_callbacks_choose(callbacks, device->callbacks.used), &driver_info);
	if (result == VK_SUCCESS)
		result = device->next.CreateBuffer(device->handle, &driver_info, callbacks, &created);
	else if (result == VK_ERROR_VALIDATION_FAILED_EXT)
		tongs_report_unknown_struct(device, &chain);
	tongs_chain_finish(&chain);
	if (result != VK_SUCCESS)
		return result;
	if (!tongs_map_insert(
		    &device->buffers, TONGS_KEY(created), (void *)(uintptr_t)(types & TONGS_METAL_HANDLE_TYPES))) {
		device->next.DestroyBuffer(device->handle, created, callbacks);
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	*pBuffer = created;
	return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_CreateBuffer(VkDevice device, const VkBufferCreateInfo *pCreateInfo,
	const VkAllocationCallbacks *pAllocator, VkBuffer *pBuffer) {
	struct tongs_layer_device *record = tongs_layer_device_get(device);
	VkExternalMemoryHandleTypeFlags types = find_types(record, pCreateInfo);
	return types ? create_shared(record, pCreateInfo, types, pAllocator, pBuffer)
		     : record->next.CreateBuffer(device, pCreateInfo, pAllocator, pBuffer);
}

VKAPI_ATTR void VKAPI_CALL tongs_DestroyBuffer(
	VkDevice device, VkBuffer buffer, const VkAllocationCallbacks *pAllocator) {
	struct tongs_layer_device *record = tongs_layer_device_get(device);
	if (record->metal_enabled) {
		tongs_map_remove(&record->buffers, TONGS_KEY(buffer));
		tongs_names_drop(&record->names, VK_OBJECT_TYPE_BUFFER, TONGS_KEY(buffer));
	}
	record->next.DestroyBuffer(device, buffer, pAllocator);
}

VKAPI_ATTR void VKAPI_CALL tongs_GetBufferMemoryRequirements(
	VkDevice device, VkBuffer buffer, VkMemoryRequirements *pMemoryRequirements) {
	struct tongs_layer_device *record = tongs_layer_device_get(device);
	record->next.GetBufferMemoryRequirements(device, buffer, pMemoryRequirements);
	if (record->metal_enabled && tongs_layer_device_get_buffer_types(record, buffer))
		tongs_requirements_adjust_buffer(record, pMemoryRequirements);
}

static void adjust_requirements2(const struct tongs_layer_device *device, VkMemoryRequirements2 *requirements) {
	tongs_requirements_adjust(device, VK_FALSE, requirements);
	tongs_requirements_adjust_buffer(device, &requirements->memoryRequirements);
}

VKAPI_ATTR void VKAPI_CALL tongs_GetBufferMemoryRequirements2(
	VkDevice device, const VkBufferMemoryRequirementsInfo2 *pInfo, VkMemoryRequirements2 *pMemoryRequirements) {
	struct tongs_layer_device *record = tongs_layer_device_get(device);
	record->next.GetBufferMemoryRequirements2(device, pInfo, pMemoryRequirements);
	if (record->metal_enabled && tongs_layer_device_get_buffer_types(record, pInfo->buffer))
		adjust_requirements2(record, pMemoryRequirements);
}

VKAPI_ATTR void VKAPI_CALL tongs_GetDeviceBufferMemoryRequirements(
	VkDevice device, const VkDeviceBufferMemoryRequirements *pInfo, VkMemoryRequirements2 *pMemoryRequirements) {
	struct tongs_layer_device *record = tongs_layer_device_get(device);
	if (!find_types(record, pInfo->pCreateInfo)) {
		record->next.GetDeviceBufferMemoryRequirements(device, pInfo, pMemoryRequirements);
		return;
	}
	struct tongs_chain chain;
	VkBufferCreateInfo driver_info;
	VkDeviceBufferMemoryRequirements driver_query = *pInfo;
	driver_query.pCreateInfo = &driver_info;
	/* Without memory for a copy there is no way to ask; no memory types say so. */
	pMemoryRequirements->memoryRequirements = (VkMemoryRequirements){.alignment = 1};
	if (init_driver_info(&chain, pInfo->pCreateInfo, record->callbacks.used, &driver_info) == VK_SUCCESS)
		record->next.GetDeviceBufferMemoryRequirements(device, &driver_query, pMemoryRequirements);
	tongs_chain_finish(&chain);
	adjust_requirements2(record, pMemoryRequirements);
}

VkResult tongs_buffer_query_alignment(struct tongs_layer_device *device, const VkPhysicalDeviceLimits *limits) {
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
	};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = &external,
		.size = 1,
		.usage = tongs_buffer_rule_usage(
			device->instance->next.GetPhysicalDeviceExternalBufferProperties, device->physical_device),
	};
	VkMemoryRequirements requirements = {.alignment = 1};
	VkBuffer probe;
	if (info.usage) {
		const VkAllocationCallbacks *callbacks = device->callbacks.used;
		VkResult result = device->next.CreateBuffer(device->handle, &info, callbacks, &probe);
		if (result != VK_SUCCESS)
			return result;
		device->next.GetBufferMemoryRequirements(device->handle, probe, &requirements);
		device->next.DestroyBuffer(device->handle, probe, callbacks);
	}
	device->buffer_alignment = tongs_buffer_rule_alignment(requirements.alignment, limits);
	return VK_SUCCESS;
}
