/* SPDX-License-Identifier: MIT */
/* Whether a physical device takes host pages as memory for anything. That a driver has VK_EXT_external_memory_host does
 * not say so: SwiftShader's queries deny it for every resource. */
#ifndef TONGS_VULKAN_HOST_IMPORT_H
#define TONGS_VULKAN_HOST_IMPORT_H

#include <stdbool.h>

#include <vulkan/vulkan_core.h>

static inline bool tongs_host_import_buffer(
	PFN_vkGetPhysicalDeviceExternalBufferProperties ask, VkPhysicalDevice physical) {
	const VkPhysicalDeviceExternalBufferInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
	};
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	ask(physical, &info, &properties);
	return properties.externalMemoryProperties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
}

/* By the format and the usage that every device has. */
static inline bool tongs_host_import_image(
	PFN_vkGetPhysicalDeviceImageFormatProperties2 ask, VkPhysicalDevice physical, VkImageTiling tiling) {
	const VkPhysicalDeviceExternalImageFormatInfo external = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
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

static inline bool tongs_host_import_anything(PFN_vkGetPhysicalDeviceExternalBufferProperties ask_buffer,
	PFN_vkGetPhysicalDeviceImageFormatProperties2 ask_image, VkPhysicalDevice physical) {
	return tongs_host_import_buffer(ask_buffer, physical) ||
	       tongs_host_import_image(ask_image, physical, VK_IMAGE_TILING_LINEAR) ||
	       tongs_host_import_image(ask_image, physical, VK_IMAGE_TILING_OPTIMAL);
}

#endif
