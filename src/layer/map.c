/* SPDX-License-Identifier: MIT */
/* Mapping of memory with Metal handles: the driver's memory is the whole pages around the application's bytes. */
#include "util/alloc.h"
#include "layer/objects.h"
#include "layer/report.h"

static struct tongs_layer_memory *find(struct tongs_layer_device *dev, VkDeviceMemory memory) {
	return dev->metal_enabled ? tongs_layer_device_find_memory(dev, memory) : NULL;
}

/* Translates a range of the application's memory to the driver's, extended to multiples of nonCoherentAtomSize: the
 * bytes may begin inside an atom, and flushes must lie inside the mapping. The end of one memory becomes the end of the
 * other. */
static void translate_range(struct tongs_layer_device *dev, const struct tongs_layer_memory *mem, VkDeviceSize *offset,
	VkDeviceSize *size) {
	VkDeviceSize atom = dev->atom_size;
	VkDeviceSize begin = *offset + mem->page_offset, first = begin - begin % atom;
	VkDeviceSize end = *size == VK_WHOLE_SIZE || *offset + *size >= mem->size ? mem->driver_size : begin + *size;
	end += (atom - end % atom) % atom;
	*offset = first;
	*size = end >= mem->driver_size ? VK_WHOLE_SIZE : end - first;
}

/* The pointer that vkMapMemory returns, minus the offset, must be a multiple of minMemoryMapAlignment. Pages are. */
static VkResult check_map_alignment(
	struct tongs_layer_device *dev, VkDeviceMemory handle, const struct tongs_layer_memory *mem, void **ppData) {
	if (mem->page_offset % dev->map_alignment == 0)
		return VK_SUCCESS;
	tongs_report(dev, "TONGS-unaligned-memory", TONGS_SUBJECTS(TONGS_VK(DEVICE_MEMORY, handle)),
		"imported memory that begins %llu bytes into a page cannot be mapped: minMemoryMapAlignment is %llu: "
		"access the bytes through the Metal object, or place it at a multiple of that alignment",
		(unsigned long long)mem->page_offset, (unsigned long long)dev->map_alignment);
	*ppData = NULL;
	return VK_ERROR_MEMORY_MAP_FAILED;
}

/* VK_MEMORY_MAP_PLACED_BIT_EXT, which the oldest supported headers lack. */
#define MAP_PLACED ((VkFlags)0x00000001)

/* An import of host pages cannot be mapped at another address: rule 09575 of VkMemoryMapInfo. */
static VkResult reject_placed(struct tongs_layer_device *dev, VkDeviceMemory handle, void **ppData) {
	tongs_report(dev, "TONGS-placed-map", TONGS_SUBJECTS(TONGS_VK(DEVICE_MEMORY, handle)),
		"memory of host pages has a fixed address, which its Metal objects use, and cannot be mapped at "
		"another: leave VK_MEMORY_MAP_PLACED_BIT_EXT out");
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
	VkResult result = check_map_alignment(dev, memory, mem, ppData);
	if (result != VK_SUCCESS)
		return result;
	translate_range(dev, mem, &first, &size);
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
	VkResult result = (info.flags & MAP_PLACED) && mem->is_pages
				  ? reject_placed(dev, info.memory, ppData)
				  : check_map_alignment(dev, info.memory, mem, ppData);
	if (result != VK_SUCCESS)
		return result;
	translate_range(dev, mem, &info.offset, &info.size);
	result = dev->next.MapMemory2(device, &info, ppData);
	if (result == VK_SUCCESS)
		*ppData = (char *)*ppData + (pMemoryMapInfo->offset + mem->page_offset - info.offset);
	return result;
}

/* VK_MEMORY_UNMAP_RESERVE_BIT_EXT, which the oldest supported headers lack. */
#define UNMAP_RESERVE ((VkFlags)0x00000001)

VKAPI_ATTR VkResult VKAPI_CALL tongs_UnmapMemory2(VkDevice device, const VkMemoryUnmapInfoKHR *pMemoryUnmapInfo) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	const struct tongs_layer_memory *mem = find(dev, pMemoryUnmapInfo->memory);
	if ((pMemoryUnmapInfo->flags & UNMAP_RESERVE) && mem && mem->is_pages) {
		/* Rule 09580 of VkMemoryUnmapInfo. */
		tongs_report(dev, "TONGS-reserved-unmap",
			TONGS_SUBJECTS(TONGS_VK(DEVICE_MEMORY, pMemoryUnmapInfo->memory)),
			"memory of host pages stays at its address, which its Metal objects use, and reserves "
			"none: leave VK_MEMORY_UNMAP_RESERVE_BIT_EXT out");
		return VK_ERROR_MEMORY_MAP_FAILED;
	}
	return dev->next.UnmapMemory2(device, pMemoryUnmapInfo);
}

static VkMappedMemoryRange get_driver_range(struct tongs_layer_device *dev, const VkMappedMemoryRange *range) {
	struct tongs_layer_memory *mem = find(dev, range->memory);
	VkMappedMemoryRange moved = *range;
	if (mem)
		translate_range(dev, mem, &moved.offset, &moved.size);
	return moved;
}

/* Calls vkFlushMappedMemoryRanges or vkInvalidateMappedMemoryRanges below with the driver's ranges. */
static VkResult call_with_ranges(struct tongs_layer_device *dev, uint32_t count, const VkMappedMemoryRange *ranges,
	PFN_vkFlushMappedMemoryRanges next) {
	uint32_t first = 0;
	while (first < count && !find(dev, ranges[first].memory))
		first++;
	if (first == count)
		return next(dev->handle, count, ranges);
	VkMappedMemoryRange *moved =
		tongs_alloc(dev->allocator.callbacks, count, sizeof(*moved), VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
	if (!moved)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	for (uint32_t i = 0; i < count; i++)
		moved[i] = get_driver_range(dev, &ranges[i]);
	VkResult result = next(dev->handle, count, moved);
	tongs_free(dev->allocator.callbacks, moved);
	return result;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_FlushMappedMemoryRanges(
	VkDevice device, uint32_t memoryRangeCount, const VkMappedMemoryRange *pMemoryRanges) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	return call_with_ranges(dev, memoryRangeCount, pMemoryRanges, dev->next.FlushMappedMemoryRanges);
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_InvalidateMappedMemoryRanges(
	VkDevice device, uint32_t memoryRangeCount, const VkMappedMemoryRange *pMemoryRanges) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	return call_with_ranges(dev, memoryRangeCount, pMemoryRanges, dev->next.InvalidateMappedMemoryRanges);
}
