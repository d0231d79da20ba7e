/* SPDX-License-Identifier: MIT */
/* Mapping of shared memory, whose driver's memory is whole pages around the application's bytes. */
#include <string.h>

#include "base/alloc.h"
#include "layer/device.h"

static struct tongs_vk_memory *find(struct tongs_vk_device *device, VkDeviceMemory memory) {
	return device->sharing ? tongs_device_find_memory(device, memory) : NULL;
}

/* A range to the end of the application's memory goes to the end of the driver's: a flush may end nowhere else but at a
 * multiple of nonCoherentAtomSize. */
static void translate(const struct tongs_vk_memory *memory, VkDeviceSize *offset, VkDeviceSize *size) {
	if (*size != VK_WHOLE_SIZE && *offset + *size >= memory->size)
		*size = VK_WHOLE_SIZE;
	*offset += memory->bias;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_MapMemory(VkDevice device, VkDeviceMemory memory, VkDeviceSize offset,
	VkDeviceSize size, VkMemoryMapFlags flags, void **ppData) {
	struct tongs_vk_device *record = tongs_device_record_get(device);
	struct tongs_vk_memory *known = find(record, memory);
	if (known)
		translate(known, &offset, &size);
	return record->next.MapMemory(device, memory, offset, size, flags, ppData);
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_MapMemory2KHR(
	VkDevice device, const VkMemoryMapInfoKHR *pMemoryMapInfo, void **ppData) {
	struct tongs_vk_device *record = tongs_device_record_get(device);
	struct tongs_vk_memory *known = find(record, pMemoryMapInfo->memory);
	VkMemoryMapInfoKHR info = *pMemoryMapInfo;
	if (known)
		translate(known, &info.offset, &info.size);
	return record->next.MapMemory2KHR(device, known ? &info : pMemoryMapInfo, ppData);
}

/* The bytes of a range in the driver's memory, out to whole atoms. */
static VkMappedMemoryRange driver_range(struct tongs_vk_device *device, const VkMappedMemoryRange *range) {
	struct tongs_vk_memory *known = find(device, range->memory);
	VkMappedMemoryRange moved = *range;
	if (!known)
		return moved;
	translate(known, &moved.offset, &moved.size);
	VkDeviceSize excess = moved.offset % device->atom_size;
	moved.offset -= excess;
	if (moved.size == VK_WHOLE_SIZE)
		return moved;
	moved.size += excess;
	moved.size += (device->atom_size - moved.size % device->atom_size) % device->atom_size;
	if (moved.offset + moved.size > known->driver_size)
		moved.size = known->driver_size - moved.offset;
	return moved;
}

static VkResult for_ranges(struct tongs_vk_device *device, uint32_t count, const VkMappedMemoryRange *ranges,
	PFN_vkFlushMappedMemoryRanges next) {
	bool known = false;
	for (uint32_t i = 0; i < count && !known; i++)
		known = find(device, ranges[i].memory);
	if (!known)
		return next(device->handle, count, ranges);
	VkMappedMemoryRange *moved =
		tongs_alloc(device->callbacks, count, sizeof(*moved), VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
	if (!moved)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	for (uint32_t i = 0; i < count; i++)
		moved[i] = driver_range(device, &ranges[i]);
	VkResult result = next(device->handle, count, moved);
	tongs_free(device->callbacks, moved);
	return result;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_FlushMappedMemoryRanges(
	VkDevice device, uint32_t memoryRangeCount, const VkMappedMemoryRange *pMemoryRanges) {
	struct tongs_vk_device *record = tongs_device_record_get(device);
	return for_ranges(record, memoryRangeCount, pMemoryRanges, record->next.FlushMappedMemoryRanges);
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_InvalidateMappedMemoryRanges(
	VkDevice device, uint32_t memoryRangeCount, const VkMappedMemoryRange *pMemoryRanges) {
	struct tongs_vk_device *record = tongs_device_record_get(device);
	return for_ranges(record, memoryRangeCount, pMemoryRanges, record->next.InvalidateMappedMemoryRanges);
}
