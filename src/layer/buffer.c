/* SPDX-License-Identifier: MIT */
/* Buffers with Metal handle types: the driver creates them for imports, and their memory types are those of imports. */
#include "layer/buffer.h"

#include "layer/caps.h"
#include "layer/chain.h"
#include "layer/report.h"
#include "layer/requirements.h"
#include "layer/view.h"

static const VkStructureType EDITED[] = {VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO};

/* All handle types of VkExternalMemoryBufferCreateInfo if any is Metal's; else 0. */
static VkExternalMemoryHandleTypeFlags get_handle_types(
	const struct tongs_layer_device *dev, const VkBufferCreateInfo *info) {
	const VkExternalMemoryBufferCreateInfo *external =
		dev->metal_enabled ? tongs_chain_find(info->pNext, EDITED[0]) : NULL;
	return external && (external->handleTypes & TONGS_METAL_HANDLE_TYPES) ? external->handleTypes : 0;
}

/* VK_EXT_metal_objects exports memory of any buffer as an MTLBuffer, but names nothing in VkBufferCreateInfo: buffers
 * that can be shared are created for it. Their memory types stay the driver's, for most are never bound to such
 * memory. Returns `external` filled in for the driver, or the application's chain. */
static const void *imply_export(
	struct tongs_layer_device *dev, const VkBufferCreateInfo *info, VkExternalMemoryBufferCreateInfo *external) {
	const VkExternalMemoryHandleTypeFlags type = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT;
	if (!dev->objects_enabled || tongs_chain_find(info->pNext, EDITED[0]) ||
		!tongs_caps_supports_buffer(dev->instance, dev->physical_device, &dev->roles, info, type))
		return info->pNext;
	*external = (VkExternalMemoryBufferCreateInfo){
		.sType = EDITED[0],
		.pNext = info->pNext,
		.handleTypes = tongs_layer_choose_buffer_kind(&dev->roles, type)->handle_type,
	};
	return external;
}

static VkResult create_other(struct tongs_layer_device *dev, const VkBufferCreateInfo *info,
	const VkAllocationCallbacks *callbacks, VkBuffer *pBuffer) {
	VkExternalMemoryBufferCreateInfo external;
	VkBufferCreateInfo driver_info = *info;
	driver_info.pNext = imply_export(dev, info, &external);
	return dev->next.CreateBuffer(dev->handle, &driver_info, callbacks, pBuffer);
}

/* The create info for the driver: the handle type of imports replaces Metal's. `chain` is to be finished in any case.
 */
static VkResult init_driver_info(const struct tongs_layer_device *dev, struct tongs_chain *chain,
	const VkBufferCreateInfo *info, VkExternalMemoryHandleTypeFlags types, const VkAllocationCallbacks *callbacks,
	VkBufferCreateInfo *driver_info) {
	const VkBaseInStructure *first = info->pNext;
	VkExternalMemoryBufferCreateInfo *external;
	if (first->sType == EDITED[0]) {
		external = tongs_chain_init_first(chain, first, sizeof(*external));
	} else {
		VkResult result = tongs_chain_init(chain, first, EDITED, 1, callbacks);
		if (result != VK_SUCCESS)
			return result;
		external = tongs_chain_edit(chain, EDITED[0]);
	}
	external->handleTypes &= ~TONGS_METAL_HANDLE_TYPES;
	external->handleTypes |= tongs_layer_choose_buffer_kind(&dev->roles, types)->handle_type;
	*driver_info = *info;
	driver_info->pNext = chain->head;
	return VK_SUCCESS;
}

/* Not inlined, to keep the creation of other buffers short. */
static __attribute__((noinline)) VkResult create_metal(struct tongs_layer_device *dev, const VkBufferCreateInfo *info,
	VkExternalMemoryHandleTypeFlags types, const VkAllocationCallbacks *callbacks, VkBuffer *pBuffer) {
	*pBuffer = VK_NULL_HANDLE;
	if (!tongs_caps_supports_buffer(dev->instance, dev->physical_device, &dev->roles, info, types)) {
		char text[TONGS_TYPES_TEXT_SIZE];
		tongs_report(dev, "VUID-VkBufferCreateInfo-pNext-00920", NULL,
			"a buffer with flags 0x%x and usage 0x%llx cannot have the handle types %s: query those that "
			"it can have with vkGetPhysicalDeviceExternalBufferProperties",
			info->flags, (unsigned long long)tongs_caps_get_buffer_usage(info->usage, info->pNext),
			tongs_report_types(types, text));
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}

	struct tongs_chain chain;
	VkBufferCreateInfo driver_info;
	VkBuffer created = VK_NULL_HANDLE;
	VkResult result = init_driver_info(
		dev, &chain, info, types, tongs_allocator_choose(callbacks, dev->allocator.callbacks), &driver_info);
	if (result == VK_SUCCESS)
		result = dev->next.CreateBuffer(dev->handle, &driver_info, callbacks, &created);
	else if (result == VK_ERROR_VALIDATION_FAILED_EXT)
		tongs_report_unknown_struct(dev, &chain);
	tongs_chain_finish(&chain);
	if (result != VK_SUCCESS)
		return result;
	if (!tongs_map_insert(
		    &dev->buffers, TONGS_KEY(created), (void *)(uintptr_t)(types & TONGS_METAL_HANDLE_TYPES))) {
		dev->next.DestroyBuffer(dev->handle, created, callbacks);
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	*pBuffer = created;
	return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_CreateBuffer(VkDevice device, const VkBufferCreateInfo *pCreateInfo,
	const VkAllocationCallbacks *pAllocator, VkBuffer *pBuffer) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	VkExternalMemoryHandleTypeFlags types = get_handle_types(dev, pCreateInfo);
	if (!types && !dev->objects_enabled)
		return dev->next.CreateBuffer(device, pCreateInfo, pAllocator, pBuffer);
	VkResult result = types ? create_metal(dev, pCreateInfo, types, pAllocator, pBuffer)
				: create_other(dev, pCreateInfo, pAllocator, pBuffer);
	if (result == VK_SUCCESS && dev->objects_enabled && !tongs_view_add_buffer(dev, *pBuffer, pCreateInfo)) {
		tongs_DestroyBuffer(device, *pBuffer, pAllocator);
		*pBuffer = VK_NULL_HANDLE;
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	return result;
}

VKAPI_ATTR void VKAPI_CALL tongs_DestroyBuffer(
	VkDevice device, VkBuffer buffer, const VkAllocationCallbacks *pAllocator) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	if (dev->objects_enabled)
		tongs_view_remove_buffer(dev, buffer);
	if (dev->metal_enabled) {
		tongs_map_remove(&dev->buffers, TONGS_KEY(buffer));
		tongs_names_remove(&dev->names, VK_OBJECT_TYPE_BUFFER, TONGS_KEY(buffer));
	}
	dev->next.DestroyBuffer(device, buffer, pAllocator);
}

VKAPI_ATTR void VKAPI_CALL tongs_GetBufferMemoryRequirements(
	VkDevice device, VkBuffer buffer, VkMemoryRequirements *pMemoryRequirements) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	dev->next.GetBufferMemoryRequirements(device, buffer, pMemoryRequirements);
	const VkExternalMemoryHandleTypeFlags types =
		dev->metal_enabled ? tongs_layer_device_get_buffer_types(dev, buffer) : 0;
	if (types)
		tongs_requirements_restrict_buffer(dev, types, pMemoryRequirements);
}

VKAPI_ATTR void VKAPI_CALL tongs_GetBufferMemoryRequirements2(
	VkDevice device, const VkBufferMemoryRequirementsInfo2 *pInfo, VkMemoryRequirements2 *pMemoryRequirements) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	dev->next.GetBufferMemoryRequirements2(device, pInfo, pMemoryRequirements);
	const VkExternalMemoryHandleTypeFlags types =
		dev->metal_enabled ? tongs_layer_device_get_buffer_types(dev, pInfo->buffer) : 0;
	if (types)
		tongs_requirements_restrict_buffer(dev, types, &pMemoryRequirements->memoryRequirements);
}

VKAPI_ATTR void VKAPI_CALL tongs_GetDeviceBufferMemoryRequirements(
	VkDevice device, const VkDeviceBufferMemoryRequirements *pInfo, VkMemoryRequirements2 *pMemoryRequirements) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	const VkExternalMemoryHandleTypeFlags types = get_handle_types(dev, pInfo->pCreateInfo);
	struct tongs_chain chain;
	if (!types && !dev->objects_enabled) {
		dev->next.GetDeviceBufferMemoryRequirements(device, pInfo, pMemoryRequirements);
		return;
	}
	VkBufferCreateInfo driver_info = *pInfo->pCreateInfo;
	VkDeviceBufferMemoryRequirements driver_query = *pInfo;
	driver_query.pCreateInfo = &driver_info;
	if (!types) {
		VkExternalMemoryBufferCreateInfo external;
		driver_info.pNext = imply_export(dev, pInfo->pCreateInfo, &external);
		dev->next.GetDeviceBufferMemoryRequirements(device, &driver_query, pMemoryRequirements);
		return;
	}
	/* The command cannot fail: if the buffer cannot be created, or if there is no memory for the chain, it returns
	 * no memory types. */
	pMemoryRequirements->memoryRequirements = (VkMemoryRequirements){.alignment = 1};
	if (!tongs_layer_choose_buffer_kind(&dev->roles, types))
		return;
	if (init_driver_info(dev, &chain, pInfo->pCreateInfo, types, dev->allocator.callbacks, &driver_info) ==
		VK_SUCCESS)
		dev->next.GetDeviceBufferMemoryRequirements(device, &driver_query, pMemoryRequirements);
	tongs_chain_finish(&chain);
	tongs_requirements_restrict_buffer(dev, types, &pMemoryRequirements->memoryRequirements);
}

/* The driver's alignment of buffers in memory of a kind. */
static VkResult query_alignment(
	struct tongs_layer_device *dev, const struct tongs_import_kind *kind, VkDeviceSize *alignment) {
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = kind->handle_type,
	};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = &external,
		.size = 1,
		.usage = tongs_buffer_rule_usage(
			kind, dev->instance->next.GetPhysicalDeviceExternalBufferProperties, dev->physical_device),
	};
	const VkAllocationCallbacks *callbacks = dev->allocator.callbacks;
	VkMemoryRequirements requirements;
	VkBuffer probe;
	if (!info.usage)
		return VK_SUCCESS;
	VkResult result = dev->next.CreateBuffer(dev->handle, &info, callbacks, &probe);
	if (result != VK_SUCCESS)
		return result;
	dev->next.GetBufferMemoryRequirements(dev->handle, probe, &requirements);
	dev->next.DestroyBuffer(dev->handle, probe, callbacks);
	*alignment = *alignment > requirements.alignment ? *alignment : requirements.alignment;
	return VK_SUCCESS;
}

VkResult tongs_buffer_query_alignment(struct tongs_layer_device *dev, const VkPhysicalDeviceLimits *limits) {
	VkDeviceSize alignment = 1;
	VkResult result = VK_SUCCESS;
	for (int i = 0; i < 2 && result == VK_SUCCESS; i++) {
		const struct tongs_import_kind *kind = tongs_import_find_used(&dev->roles, i);
		if (kind)
			result = query_alignment(dev, kind, &alignment);
	}
	dev->buffer_alignment = tongs_buffer_rule_alignment(alignment, limits);
	return result;
}
