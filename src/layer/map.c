/* SPDX-License-Identifier: MIT */
/* Mapping of shared memory, whose driver's memory is whole pages around the application's bytes. */
#include "util/alloc.h"
#include "layer/objects.h"
#include "layer/report.h"

static struct tongs_layer_memory *find(struct tongs_layer_device *dev, VkDeviceMemory memory) {
	return dev->metal_enabled ? tongs_layer_device_find_memory(dev, memory) : NULL;
}

/* A range of the application's memory in the driver's, out to whole atoms: where the bytes begin inside a page they may
 * begin inside an atom, and flushes of the mapping must lie inside it. To the end of one is to the end of the other. */
static void translate(struct tongs_layer_device *dev, const struct tongs_layer_memory *mem, VkDeviceSize *offset,
	VkDeviceSize *size) {
	VkDeviceSize atom = dev->atom_size;
	VkDeviceSize begin = *offset + mem->page_offset, first = begin - begin % atom;
	VkDeviceSize end = *size == VK_WHOLE_SIZE || *offset + *size >= mem->size ? mem->driver_size : begin + *size;
	end += (atom - end % atom) % atom;
	*offset = first;
	*size = end >= mem->driver_size ? VK_WHOLE_SIZE : end - first;
}

/* What vkMapMemory gives, less the offset, must be a multiple of minMemoryMapAlignment, of which a page is one. */
static VkResult check_map(
	struct tongs_layer_device *dev, VkDeviceMemory handle, const struct tongs_layer_memory *mem, void **ppData) {
	if (mem->page_offset % dev->map_alignment == 0)
		return VK_SUCCESS;
	tongs_report(dev, "TONGS-unaligned-memory", TONGS_SUBJECTS(TONGS_VK(DEVICE_MEMORY, handle)),
		"the first byte of this imported memory is %llu bytes into a page, and mappings begin at multiples of "
		"minMemoryMapAlignment, %llu: reach the bytes through the Metal object, or place it at such a multiple",
		(unsigned long long)mem->page_offset, (unsigned long long)dev->map_alignment);
	*ppData = NULL;
	return VK_ERROR_MEMORY_MAP_FAILED;
}

/* VK_MEMORY_MAP_PLACED_BIT_EXT, which the oldest supported headers lack. */
#define MAP_PLACED ((VkFlags)0x00000001)

/* Pages are where they are; no import of host pages is mapped elsewhere, by rule 09575 of VkMemoryMapInfo. */
static VkResult refuse_placed(struct tongs_layer_device *dev, VkDeviceMemory handle, void **ppData) {
	tongs_report(dev, "TONGS-placed-map", TONGS_SUBJECTS(TONGS_VK(DEVICE_MEMORY, handle)),
		"memory that is shared with Metal is mapped where its Metal object has it, and at no address that is "
		"chosen: leave VK_MEMORY_MAP_PLACED_BIT_EXT out");
	*ppData = NULL;
	return VK_ERROR_MEMORY_MAP_FAILED;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_MapMemory(VkDevice device, VkDeviceMemory memory, VkDeviceSize offset,
	VkDeviceSize size, VkMemoryMapFlags flags, void **ppData) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	struct tongs_layer_memory *mem = find(dev, memory);
	if (!mem)
		return dev->next.MapMemory(device, memory, offset, size, flags, ppData);
	VkDeviceSize first = offset;
	VkResult result = check_map(dev, memory, mem, ppData);
	if (result != VK_SUCCESS)
		return result;
	translate(dev, mem, &first, &size);
	result = dev->next.MapMemory(device, memory, first, size, flags, ppData);
	if (result == VK_SUCCESS)
		*ppData = (char *)*ppData + (offset + mem->page_offset - first);
	return result;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_MapMemory2(
	VkDevice device, const VkMemoryMapInfoKHR *pMemoryMapInfo, void **ppData) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	struct tongs_layer_memory *mem = find(dev, pMemoryMapInfo->memory);
	if (!mem)
		return dev->next.MapMemory2(device, pMemoryMapInfo, ppData);
	VkMemoryMapInfoKHR info = *pMemoryMapInfo;
	VkResult result = info.flags & MAP_PLACED ? refuse_placed(dev, info.memory, ppData)
						  : check_map(dev, info.memory, mem, ppData);
	if (result != VK_SUCCESS)
		return result;
	translate(dev, mem, &info.offset, &info.size);
	result = dev->next.MapMemory2(device, &info, ppData);
	if (result == VK_SUCCESS)
		*ppData = (char *)*ppData + (pMemoryMapInfo->offset + mem->page_offset - info.offset);
	return result;
}

/* VK_MEMORY_UNMAP_RESERVE_BIT_EXT, which the oldest supported headers lack. */
#define UNMAP_RESERVE ((VkFlags)0x00000001)

VKAPI_ATTR VkResult VKAPI_CALL tongs_UnmapMemory2(VkDevice device, const VkMemoryUnmapInfoKHR *pMemoryUnmapInfo) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	if ((pMemoryUnmapInfo->flags & UNMAP_RESERVE) && find(dev, pMemoryUnmapInfo->memory)) {
		/* By rule 09580 of VkMemoryUnmapInfo. */
		tongs_report(dev, "TONGS-reserved-unmap",
			TONGS_SUBJECTS(TONGS_VK(DEVICE_MEMORY, pMemoryUnmapInfo->memory)),
			"memory that is shared with Metal stays where its Metal object has it, and leaves no address "
			"behind: "
			"leave VK_MEMORY_UNMAP_RESERVE_BIT_EXT out");
		return VK_ERROR_MEMORY_MAP_FAILED;
	}
	return dev->next.UnmapMemory2(device, pMemoryUnmapInfo);
}

static VkMappedMemoryRange driver_range(struct tongs_layer_device *dev, const VkMappedMemoryRange *range) {
	struct tongs_layer_memory *mem = find(dev, range->memory);
	VkMappedMemoryRange moved = *range;
	if (mem)
		translate(dev, mem, &moved.offset, &moved.size);
	return moved;
}

static VkResult for_ranges(struct tongs_layer_device *dev, uint32_t count, const VkMappedMemoryRange *ranges,
	PFN_vkFlushMappedMemoryRanges next) {
	bool known = false;
	for (uint32_t i = 0; i < count && !known; i++)
		known = find(dev, ranges[i].memory);
	if (!known)
		return next(dev->handle, count, ranges);
	VkMappedMemoryRange *moved =
		tongs_alloc(dev->allocator.callbacks, count, sizeof(*moved), VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
	if (!moved)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	for (uint32_t i = 0; i < count; i++)
		moved[i] = driver_range(dev, &ranges[i]);
	VkResult result = next(dev->handle, count, moved);
	tongs_free(dev->allocator.callbacks, moved);
	return result;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_FlushMappedMemoryRanges(
	VkDevice device, uint32_t memoryRangeCount, const VkMappedMemoryRange *pMemoryRanges) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	return for_ranges(dev, memoryRangeCount, pMemoryRanges, dev->next.FlushMappedMemoryRanges);
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_InvalidateMappedMemoryRanges(
	VkDevice device, uint32_t memoryRangeCount, const VkMappedMemoryRange *pMemoryRanges) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	return for_ranges(dev, memoryRangeCount, pMemoryRanges, dev->next.InvalidateMappedMemoryRanges);
}
