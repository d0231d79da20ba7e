/* SPDX-License-Identifier: MIT */
/* Registers the kinds of imports, and queries which resources a device imports. */
#include "vulkan/import.h"

#include <assert.h>
#include <stddef.h>

enum { MAX_KINDS = 4 };

static const struct tongs_import_kind *kinds[MAX_KINDS]; /* constant from main on */
static unsigned kind_count;

void tongs_import_add_kind(const struct tongs_import_kind *kind) {
	assert(kind_count < MAX_KINDS);
	kinds[kind_count++] = kind;
}

const struct tongs_import_kind *tongs_import_get_kind(unsigned index) {
	return index < kind_count ? kinds[index] : NULL;
}

static bool supports_buffers(VkExternalMemoryHandleTypeFlagBits handle_type, VkBufferUsageFlags usage,
	PFN_vkGetPhysicalDeviceExternalBufferProperties query, VkPhysicalDevice physical) {
	const VkPhysicalDeviceExternalBufferInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.usage = usage,
		.handleType = handle_type,
	};
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	query(physical, &info, &properties);
	return properties.externalMemoryProperties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
}

/* Queries images of a format with a usage that every device supports. */
static bool supports_images(VkExternalMemoryHandleTypeFlagBits handle_type, VkImageTiling tiling,
	PFN_vkGetPhysicalDeviceImageFormatProperties2 query, VkPhysicalDevice physical) {
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
	return query(physical, &info, &properties) == VK_SUCCESS &&
	       (features.externalMemoryProperties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT);
}

bool tongs_import_supports_any(VkExternalMemoryHandleTypeFlagBits handle_type,
	PFN_vkGetPhysicalDeviceExternalBufferProperties query_buffer,
	PFN_vkGetPhysicalDeviceImageFormatProperties2 query_image, VkPhysicalDevice physical) {
	const VkBufferUsageFlags usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
	return supports_buffers(handle_type, usage, query_buffer, physical) ||
	       supports_images(handle_type, VK_IMAGE_TILING_LINEAR, query_image, physical) ||
	       supports_images(handle_type, VK_IMAGE_TILING_OPTIMAL, query_image, physical);
}

VkBufferUsageFlags tongs_buffer_rule_usage(VkExternalMemoryHandleTypeFlagBits handle_type,
	PFN_vkGetPhysicalDeviceExternalBufferProperties query, VkPhysicalDevice physical) {
	const VkBufferUsageFlags all = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT |
				       VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT |
				       VK_BUFFER_USAGE_STORAGE_TEXEL_BUFFER_BIT | VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT |
				       VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_INDEX_BUFFER_BIT |
				       VK_BUFFER_USAGE_VERTEX_BUFFER_BIT | VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT;
	if (supports_buffers(handle_type, all, query, physical))
		return all;
	VkBufferUsageFlags usage = 0;
	for (VkBufferUsageFlags rest = all; rest; rest &= rest - 1)
		if (supports_buffers(handle_type, rest & -rest, query, physical))
			usage |= rest & -rest;
	return usage;
}
