/* SPDX-License-Identifier: MIT */
#include "rules.h"

const char *rule_of_map(VkDeviceSize offset, VkDeviceSize size, VkDeviceSize memory_size) {
	if (offset >= memory_size)
		return "VUID-vkMapMemory-offset-00679";
	if (size == 0)
		return "VUID-vkMapMemory-size-00680";
	return size != VK_WHOLE_SIZE && size > memory_size - offset ? "VUID-vkMapMemory-size-00681" : NULL;
}

const char *rule_of_range(const VkMappedMemoryRange *range, VkDeviceSize first, VkDeviceSize last,
	VkDeviceSize memory_size, VkDeviceSize atom) {
	if (range->offset < first || range->offset > last)
		return "VUID-VkMappedMemoryRange-size-00685";
	if (range->size != VK_WHOLE_SIZE && range->size > last - range->offset)
		return "VUID-VkMappedMemoryRange-size-00685";
	if (range->offset % atom)
		return "VUID-VkMappedMemoryRange-offset-00687";
	VkDeviceSize end = range->size == VK_WHOLE_SIZE ? last : range->offset + range->size;
	return end % atom && end != memory_size ? "VUID-VkMappedMemoryRange-size-01389" : NULL;
}

const char *rule_of_pages(const VkMemoryAllocateInfo *info, const VkImportMemoryHostPointerInfoEXT *host,
	VkDeviceSize alignment, uint32_t types) {
	if (host->handleType != VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT)
		return "VUID-VkImportMemoryHostPointerInfoEXT-handleType-01748";
	if ((uintptr_t)host->pHostPointer % alignment)
		return "VUID-VkImportMemoryHostPointerInfoEXT-handleType-01749";
	if (info->allocationSize % alignment)
		return "VUID-VkMemoryAllocateInfo-allocationSize-01745";
	if (!types || !info->allocationSize)
		return "VUID-VkImportMemoryHostPointerInfoEXT-handleType-01750";
	if (!(types >> info->memoryTypeIndex & 1))
		return "VUID-VkMemoryAllocateInfo-memoryTypeIndex-01744";
	if (chain_find(info->pNext, VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO))
		return "VUID-VkMemoryAllocateInfo-pNext-02806";
	const VkExportMemoryAllocateInfo *export =
		chain_find(info->pNext, VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO);
	return export && export->handleTypes ? "VUID-VkExportMemoryAllocateInfo-handleTypes-00656" : NULL;
}
