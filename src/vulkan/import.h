/* SPDX-License-Identifier: MIT */
/* What a physical device can import, and where a shared buffer is placed. Used by the layer and by libtongs, each with
 * its own functions of Vulkan. */
#ifndef TONGS_VULKAN_IMPORT_H
#define TONGS_VULKAN_IMPORT_H

#include <stdbool.h>

#include <vulkan/vulkan_core.h>

/* A driver that has the extension for a handle type need not import any resource: SwiftShader's queries deny it for
 * each. */

static inline bool tongs_import_supports_buffers(VkExternalMemoryHandleTypeFlagBits handle_type,
	PFN_vkGetPhysicalDeviceExternalBufferProperties ask, VkPhysicalDevice physical) {
	const VkPhysicalDeviceExternalBufferInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
		.handleType = handle_type,
	};
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	ask(physical, &info, &properties);
	return properties.externalMemoryProperties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
}

/* By the format and the usage that every device has. */
static inline bool tongs_import_supports_images(VkExternalMemoryHandleTypeFlagBits handle_type,
	PFN_vkGetPhysicalDeviceImageFormatProperties2 ask, VkPhysicalDevice physical, VkImageTiling tiling) {
	const VkPhysicalDeviceExternalImageFormatInfo external = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = handle_type,
	};
	const VkPhysicalDeviceImageFormatInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &external,
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.type = VK_IMAGE_TYPE_2D,
		.tiling = tiling,
		.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
	};
	VkExternalImageFormatProperties features = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkImageFormatProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
		.pNext = &features,
	};
	return ask(physical, &info, &properties) == VK_SUCCESS &&
	       (features.externalMemoryProperties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT);
}

static inline bool tongs_import_supports_any(VkExternalMemoryHandleTypeFlagBits handle_type,
	PFN_vkGetPhysicalDeviceExternalBufferProperties ask_buffer,
	PFN_vkGetPhysicalDeviceImageFormatProperties2 ask_image, VkPhysicalDevice physical) {
	return tongs_import_supports_buffers(handle_type, ask_buffer, physical) ||
	       tongs_import_supports_images(handle_type, ask_image, physical, VK_IMAGE_TILING_LINEAR) ||
	       tongs_import_supports_images(handle_type, ask_image, physical, VK_IMAGE_TILING_OPTIMAL);
}

/* The buffer rule. Metal places a buffer before anybody knows what Vulkan will use it for, and Vulkan places one that
 * Metal will find at the same offset: so both use the strictest alignment that any usage requires. */

/* The usages that need neither a feature nor an extension: those of Vulkan 1.0. */
#define TONGS_BUFFER_RULE_USAGE \
	((VkBufferUsageFlags)(VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT | \
			      VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT | VK_BUFFER_USAGE_STORAGE_TEXEL_BUFFER_BIT | \
			      VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT | VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | \
			      VK_BUFFER_USAGE_INDEX_BUFFER_BIT | VK_BUFFER_USAGE_VERTEX_BUFFER_BIT | \
			      VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT))

/* What acceleration structures ask for by the specification, and other usages of extensions at most. */
#define TONGS_BUFFER_RULE_LEAST ((VkDeviceSize)256)

/* Those of the usages with which buffers can be in imports of the handle type. */
static inline VkBufferUsageFlags tongs_buffer_rule_usage(VkExternalMemoryHandleTypeFlagBits handle_type,
	PFN_vkGetPhysicalDeviceExternalBufferProperties query, VkPhysicalDevice physical) {
	VkPhysicalDeviceExternalBufferInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.usage = TONGS_BUFFER_RULE_USAGE,
		.handleType = handle_type,
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
