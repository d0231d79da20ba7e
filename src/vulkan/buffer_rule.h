/* SPDX-License-Identifier: MIT */
/* Where a buffer that is shared may lie. Metal places a buffer before anybody knows what Vulkan will use it for, and
 * Vulkan places one that Metal will find at the same offset: so both go by the strictest alignment that any use asks
 * for, which this header finds, in the layer and in libtongs alike. */
#ifndef TONGS_VULKAN_BUFFER_RULE_H
#define TONGS_VULKAN_BUFFER_RULE_H

#include <vulkan/vulkan_core.h>

/* The usages that need neither a feature nor an extension: those of Vulkan 1.0. */
#define TONGS_BUFFER_RULE_USAGE \
	((VkBufferUsageFlags)(VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT | \
			      VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT | VK_BUFFER_USAGE_STORAGE_TEXEL_BUFFER_BIT | \
			      VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT | VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | \
			      VK_BUFFER_USAGE_INDEX_BUFFER_BIT | VK_BUFFER_USAGE_VERTEX_BUFFER_BIT | \
			      VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT))

/* What acceleration structures ask for by the specification, and other usages of extensions at most. */
#define TONGS_BUFFER_RULE_LEAST ((VkDeviceSize)256)

/* Those of the usages with which buffers can lie in host pages. */
static inline VkBufferUsageFlags tongs_buffer_rule_usage(
	PFN_vkGetPhysicalDeviceExternalBufferProperties query, VkPhysicalDevice physical) {
	VkPhysicalDeviceExternalBufferInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.usage = TONGS_BUFFER_RULE_USAGE,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
	};
	VkBufferUsageFlags usage = 0;
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	query(physical, &info, &properties);
	if (properties.externalMemoryProperties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT)
		return TONGS_BUFFER_RULE_USAGE;
	for (VkBufferUsageFlags rest = TONGS_BUFFER_RULE_USAGE; rest; rest &= rest - 1) {
		info.usage = rest & -rest;
		query(physical, &info, &properties);
		if (properties.externalMemoryProperties.externalMemoryFeatures &
			VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT)
			usage |= info.usage;
	}
	return usage;
}

/* `alignment` is the driver's, of a buffer with all of tongs_buffer_rule_usage. Memory that begins at the result can be
 * mapped, too: minMemoryMapAlignment is a promise about where a mapping begins. */
static inline VkDeviceSize tongs_buffer_rule_alignment(VkDeviceSize alignment, const VkPhysicalDeviceLimits *limits) {
	if (alignment < TONGS_BUFFER_RULE_LEAST)
		alignment = TONGS_BUFFER_RULE_LEAST;
	return alignment < limits->minMemoryMapAlignment ? limits->minMemoryMapAlignment : alignment;
}

/* Both sides ask for as many bytes, too: whole multiples. */
static inline void tongs_buffer_rule_apply(VkDeviceSize alignment, VkMemoryRequirements *requirements) {
	if (requirements->alignment < alignment)
		requirements->alignment = alignment;
	requirements->size = (requirements->size + alignment - 1) & ~(alignment - 1);
}

#endif
