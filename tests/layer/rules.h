/* SPDX-License-Identifier: MIT */
/* Helpers of the tests of rules. Each test's name has the numbers of the rules that it asserts. */
#ifndef TONGS_TESTS_LAYER_RULES_H
#define TONGS_TESTS_LAYER_RULES_H

#include "harness.h"

enum { SIZE = 8192, WIDTH = 32, HEIGHT = 16 };

static const VkBufferUsageFlags COPIES = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;

static inline VkResult try_allocate(
	struct gpu *gpu, const void *next, VkDeviceSize size, uint32_t memory_type, VkDeviceMemory *memory) {
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = next,
		.allocationSize = size,
		.memoryTypeIndex = memory_type,
	};
	return vkAllocateMemory(gpu->device, &info, NULL, memory);
}

/* Asserts that an allocation fails with NULL, and is reported in one message about `object` (OBJECT(…)). */
static inline void assert_refused(struct gpu *gpu, const void *next, VkDeviceSize size, uint32_t memory_type,
	VkResult result, const char *rule, VkObjectType type, uint64_t handle, const char *name) {
	VkDeviceMemory memory = (VkDeviceMemory)(uintptr_t)1;
	gpu->reports = 0;
	assert_int_equal(try_allocate(gpu, next, size, memory_type, &memory), result);
	assert_true(memory == VK_NULL_HANDLE);
	assert_reported_of(gpu, rule, REFUSED, type, handle, name);
}

static inline VkImportMemoryMetalHandleInfoEXT import_info(
	VkExternalMemoryHandleTypeFlags type, const void *handle, const void *next) {
	return (VkImportMemoryMetalHandleInfoEXT){
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		.pNext = next,
		.handleType = (VkExternalMemoryHandleTypeFlagBits)type,
		.handle = (void *)handle,
	};
}

static inline VkExportMemoryAllocateInfo export_info(VkExternalMemoryHandleTypeFlags types, const void *next) {
	return (VkExportMemoryAllocateInfo){
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.pNext = next,
		.handleTypes = types,
	};
}

static inline VkMemoryDedicatedAllocateInfo dedicated_info(VkImage image, VkBuffer buffer) {
	return (VkMemoryDedicatedAllocateInfo){
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image,
		.buffer = buffer,
	};
}

static inline VkImageCreateInfo rgba8(VkImageTiling tiling) {
	return image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, tiling);
}

#endif
