/* SPDX-License-Identifier: MIT */
/* What both fake drivers know of Vulkan: chains, structs that the oldest supported headers lack, and rules of memory.
 */
#ifndef TONGS_TESTS_MOCK_RULES_H
#define TONGS_TESTS_MOCK_RULES_H

#include <vulkan/vulkan_core.h>

/* The first struct of `type` in a chain, or NULL. */
static inline const void *chain_find(const void *next, VkStructureType type) {
	for (const VkBaseInStructure *s = next; s; s = s->pNext)
		if (s->sType == type)
			return s;
	return NULL;
}

#define BUFFER_USAGE_2 ((VkStructureType)1000470006) /* of VkBufferUsageFlags2CreateInfo */

/* VkMemoryMapInfo */
struct map_info {
	VkStructureType sType;
	const void *pNext;
	VkFlags flags;
	VkDeviceMemory memory;
	VkDeviceSize offset, size;
};

/* VkMemoryUnmapInfo */
struct unmap_info {
	VkStructureType sType;
	const void *pNext;
	VkFlags flags;
	VkDeviceMemory memory;
};

/* Each returns the rule that is broken, or NULL. The memory has `memory_size` bytes. */
const char *rule_of_map(VkDeviceSize offset, VkDeviceSize size, VkDeviceSize memory_size);
/* A range to be flushed or invalidated, of memory that is mapped from `first` to `last`. */
const char *rule_of_range(const VkMappedMemoryRange *range, VkDeviceSize first, VkDeviceSize last,
	VkDeviceSize memory_size, VkDeviceSize atom);
/* An import of host pages; `types` are those that the pages can be, 0 where they cannot be imported. */
const char *rule_of_pages(const VkMemoryAllocateInfo *info, const VkImportMemoryHostPointerInfoEXT *host,
	VkDeviceSize alignment, uint32_t types);

#endif
