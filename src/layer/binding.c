/* SPDX-License-Identifier: MIT */
/* Binding to imported memory whose first byte lies inside a page: offsets move by the memory's bias. */
#include <string.h>

#include "base/alloc.h"
#include "layer/device.h"

static VkDeviceSize bias_of(struct tongs_vk_device *device, VkDeviceMemory memory) {
	struct tongs_vk_memory *known = device->sharing ? tongs_device_find_memory(device, memory) : NULL;
	return known ? known->bias : 0;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_BindBufferMemory(
	VkDevice device, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize memoryOffset) {
	struct tongs_vk_device *record = tongs_device_record_get(device);
	return record->next.BindBufferMemory(device, buffer, memory, memoryOffset + bias_of(record, memory));
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_BindImageMemory(
	VkDevice device, VkImage image, VkDeviceMemory memory, VkDeviceSize memoryOffset) {
	struct tongs_vk_device *record = tongs_device_record_get(device);
	return record->next.BindImageMemory(device, image, memory, memoryOffset + bias_of(record, memory));
}

/* The two commands differ in the type of their infos alone, whose members `memory` and `memoryOffset` they share. */
#define BIND_ALL(record, Info, next_command) \
	do { \
		bool moved = false; \
		for (uint32_t i = 0; i < bindInfoCount && !moved; i++) \
			moved = bias_of(record, pBindInfos[i].memory) != 0; \
		if (!moved) \
			return (record)->next.next_command(device, bindInfoCount, pBindInfos); \
		Info *infos = tongs_alloc( \
			(record)->callbacks, bindInfoCount, sizeof(*infos), VK_SYSTEM_ALLOCATION_SCOPE_COMMAND); \
		if (!infos) \
			return VK_ERROR_OUT_OF_HOST_MEMORY; \
		memcpy(infos, pBindInfos, bindInfoCount * sizeof(*infos)); \
		for (uint32_t i = 0; i < bindInfoCount; i++) \
			infos[i].memoryOffset += bias_of(record, infos[i].memory); \
		VkResult result = (record)->next.next_command(device, bindInfoCount, infos); \
		tongs_free((record)->callbacks, infos); \
		return result; \
	} while (0)

VKAPI_ATTR VkResult VKAPI_CALL tongs_BindBufferMemory2(
	VkDevice device, uint32_t bindInfoCount, const VkBindBufferMemoryInfo *pBindInfos) {
	struct tongs_vk_device *record = tongs_device_record_get(device);
	BIND_ALL(record, VkBindBufferMemoryInfo, BindBufferMemory2);
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_BindImageMemory2(
	VkDevice device, uint32_t bindInfoCount, const VkBindImageMemoryInfo *pBindInfos) {
	struct tongs_vk_device *record = tongs_device_record_get(device);
	BIND_ALL(record, VkBindImageMemoryInfo, BindImageMemory2);
}
