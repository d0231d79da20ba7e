/* SPDX-License-Identifier: MIT */
/* Allocates, imports, exports and maps memory on libtongs' own device. */
#include "vulkan/own_memory.h"

VkResult tongs_own_memory_import_span(const struct tongs_own_device *dev, const struct tongs_import *import,
	const struct tongs_import_span *span, uint32_t memory_types, VkImage image, VkDeviceMemory *memory) {
	const struct tongs_vk_device *vkd = &dev->vkd;
	uint32_t importable;
	VkResult result =
		tongs_physical_device_query_import(&dev->physical, vkd->device, import, span->start, &importable);
	if (result != VK_SUCCESS)
		return result;
	const int type = tongs_physical_device_choose_memory_type(&dev->physical, memory_types & importable);
	if (type < 0)
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	const VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image,
	};
	/* What is imported may be exported again when the exporter is gone. */
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.pNext = image ? &dedicated : NULL,
		.handleTypes = import->kind->handle_type,
	};
	const bool exports = import->kind->allocated_by_device && dev->physical.info.reexports;
	struct tongs_import_info import_info;
	result = import->kind->begin(import, span->start, exports ? &export : export.pNext, &import_info);
	if (result != VK_SUCCESS)
		return result;
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = import_info.head,
		.allocationSize = span->size,
		.memoryTypeIndex = (uint32_t)type,
	};
	result = vkd->AllocateMemory(vkd->device, &info, NULL, memory);
	import->kind->end(&import_info, result);
	return result;
}

/* Takes a reference to the device on success. */
static VkResult keep(
	struct tongs_own_device *dev, VkResult result, VkDeviceMemory handle, struct tongs_own_memory *memory) {
	*memory = (struct tongs_own_memory){0};
	if (result == VK_SUCCESS)
		*memory = (struct tongs_own_memory){.dev = tongs_own_device_ref(dev), .handle = handle};
	return result;
}

VkResult tongs_own_memory_allocate(struct tongs_own_device *dev, uint64_t size, uint32_t memory_type, VkImage image,
	struct tongs_own_memory *memory) {
	const struct tongs_vk_device *vkd = tongs_own_device_get_vk_device(dev);
	const VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image,
	};
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.pNext = image ? &dedicated : NULL,
		.handleTypes = tongs_import_get_kind(true)->handle_type,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &export,
		.allocationSize = size,
		.memoryTypeIndex = memory_type,
	};
	VkDeviceMemory handle = VK_NULL_HANDLE;
	VkResult result = vkd ? vkd->AllocateMemory(vkd->device, &info, NULL, &handle) : VK_ERROR_INITIALIZATION_FAILED;
	return keep(dev, result, handle, memory);
}

VkResult tongs_own_memory_import(
	struct tongs_own_device *dev, const struct tongs_import *import, struct tongs_own_memory *memory) {
	const struct tongs_import_span span = {.size = import->size};
	VkDeviceMemory handle = VK_NULL_HANDLE;
	VkResult result = tongs_own_device_get_vk_device(dev) ? tongs_own_memory_import_span(dev, import, &span,
									UINT32_MAX, VK_NULL_HANDLE, &handle)
							      : VK_ERROR_INITIALIZATION_FAILED;
	return keep(dev, result, handle, memory);
}

VkResult tongs_own_memory_map(const struct tongs_own_memory *memory, void **contents) {
	const struct tongs_vk_device *vkd = &memory->dev->vkd;
	return vkd->MapMemory(vkd->device, memory->handle, 0, VK_WHOLE_SIZE, 0, contents);
}

VkResult tongs_own_memory_get_fd(const struct tongs_own_memory *memory, int *fd) {
	const struct tongs_vk_device *vkd = &memory->dev->vkd;
	const VkMemoryGetFdInfoKHR info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
		.memory = memory->handle,
		.handleType = tongs_import_get_kind(true)->handle_type,
	};
	return vkd->GetMemoryFdKHR(vkd->device, &info, fd);
}

void tongs_own_memory_free(struct tongs_own_memory *memory) {
	if (!memory->dev)
		return;
	const struct tongs_vk_device *vkd = &memory->dev->vkd;
	vkd->DestroyImage(vkd->device, memory->image, NULL);
	vkd->FreeMemory(vkd->device, memory->handle, NULL);
	tongs_own_device_unref(memory->dev);
	*memory = (struct tongs_own_memory){0};
}
