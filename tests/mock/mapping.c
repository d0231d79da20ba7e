/* SPDX-License-Identifier: MIT */
/* Mappings of memory, and the ranges of them that are flushed. */
#include "objects.h"

static bool check_map(struct mock_object *memory, VkDeviceSize offset, VkDeviceSize size) {
	if (!(mock_profile->types[memory->memory.type].propertyFlags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT)) {
		mock_violation("VUID-vkMapMemory-memory-00682", "type %u", memory->memory.type);
		return false;
	}
	if (memory->memory.mapped)
		mock_violation("VUID-vkMapMemory-memory-00678", "mapped already");
	const char *rule = rule_of_map(offset, size, memory->memory.size);
	if (rule)
		mock_violation(rule, "%llu bytes at %llu of %llu", ULL(size), ULL(offset), ULL(memory->memory.size));
	return true;
}

static void note_map(struct mock_object *memory, VkDeviceSize offset, VkDeviceSize size) {
	memory->memory.mapped = true;
	memory->memory.map_offset = offset;
	memory->memory.map_size = size == VK_WHOLE_SIZE ? memory->memory.size - offset : size;
	mock_put(memory);
}

static VKAPI_ATTR VkResult VKAPI_CALL MapMemory(VkDevice device, VkDeviceMemory memory, VkDeviceSize offset,
	VkDeviceSize size, VkMemoryMapFlags flags, void **data) {
	struct mock_object object;
	if (!mock_get_memory(device, memory, &object) || !check_map(&object, offset, size))
		return VK_ERROR_MEMORY_MAP_FAILED;
	VkResult result = mock_next.MapMemory(device, memory, offset, size, flags, data);
	if (result == VK_SUCCESS)
		note_map(&object, offset, size);
	return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL MapMemory2(VkDevice device, const struct map_info *info, void **data) {
	struct mock_object object;
	if (!mock_get_memory(device, info->memory, &object) || !check_map(&object, info->offset, info->size))
		return VK_ERROR_MEMORY_MAP_FAILED;
	VkResult result = mock_next.MapMemory2(device, info, data);
	if (result == VK_SUCCESS)
		note_map(&object, info->offset, info->size);
	return result;
}

static void note_unmap(VkDevice device, VkDeviceMemory memory) {
	struct mock_object object;
	if (!mock_get_memory(device, memory, &object))
		return;
	if (!object.memory.mapped)
		mock_violation("VUID-vkUnmapMemory-memory-00689", "not mapped");
	object.memory.mapped = false;
	mock_put(&object);
}

static VKAPI_ATTR void VKAPI_CALL UnmapMemory(VkDevice device, VkDeviceMemory memory) {
	note_unmap(device, memory);
	mock_next.UnmapMemory(device, memory);
}

static VKAPI_ATTR VkResult VKAPI_CALL UnmapMemory2(VkDevice device, const struct unmap_info *info) {
	note_unmap(device, info->memory);
	return mock_next.UnmapMemory2(device, info);
}

static void check_ranges(VkDevice device, const char *command, uint32_t count, const VkMappedMemoryRange *ranges) {
	const VkDeviceSize atom = mock_profile->atom;
	for (uint32_t i = 0; i < count; i++) {
		struct mock_object object;
		if (!mock_get_memory(device, ranges[i].memory, &object))
			continue;
		const VkDeviceSize first = object.memory.map_offset, last = first + object.memory.map_size;
		const char *rule = object.memory.mapped
					   ? rule_of_range(&ranges[i], first, last, object.memory.size, atom)
					   : "VUID-VkMappedMemoryRange-memory-00684";
		if (rule)
			mock_violation(rule, "%s: %llu bytes at %llu, mapped is %llu to %llu, atom %llu", command,
				ULL(ranges[i].size), ULL(ranges[i].offset), ULL(first), ULL(last), ULL(atom));
	}
}

static VKAPI_ATTR VkResult VKAPI_CALL FlushMappedMemoryRanges(
	VkDevice device, uint32_t count, const VkMappedMemoryRange *ranges) {
	check_ranges(device, "vkFlushMappedMemoryRanges", count, ranges);
	return mock_next.FlushMappedMemoryRanges(device, count, ranges);
}

static VKAPI_ATTR VkResult VKAPI_CALL InvalidateMappedMemoryRanges(
	VkDevice device, uint32_t count, const VkMappedMemoryRange *ranges) {
	check_ranges(device, "vkInvalidateMappedMemoryRanges", count, ranges);
	return mock_next.InvalidateMappedMemoryRanges(device, count, ranges);
}

const struct mock_hook mock_mapping_hooks[] = {
	MOCK_MAPPING_COMMANDS(MOCK_HOOK) MOCK_HOOK(MapMemory2, "KHR") MOCK_HOOK(UnmapMemory2, "KHR"){0}};
