/* SPDX-License-Identifier: MIT */
#include "placebo.h"

/* First of a small image, as each handle type is asked about when a device is opened; then of the one to be created.
 * The handle type is 0 for Metal's: then nothing external is asked about. */
bool placebo_can_create(struct gpu *gpu, const VkImageCreateInfo *info) {
	const VkPhysicalDeviceImageFormatInfo2 queries[] = {
		{
			.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
			.format = VK_FORMAT_R8_UNORM,
			.type = VK_IMAGE_TYPE_2D,
			.tiling = VK_IMAGE_TILING_OPTIMAL,
			.usage = VK_IMAGE_USAGE_TRANSFER_DST_BIT,
		},
		{
			.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
			.format = info->format,
			.type = info->imageType,
			.tiling = info->tiling,
			.usage = info->usage,
			.flags = info->flags,
		},
	};
	VkImageFormatProperties2 properties = {.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2};
	for (size_t i = 0; i < 2; i++)
		if (vkGetPhysicalDeviceImageFormatProperties2(gpu->physical_device, &queries[i], &properties) !=
			VK_SUCCESS)
			return false;
	return info->extent.width <= properties.imageFormatProperties.maxExtent.width &&
	       info->extent.height <= properties.imageFormatProperties.maxExtent.height;
}

VkImageCreateInfo placebo_info(VkFormat format, uint32_t width, uint32_t height) {
	return image_info(format, width, height, VK_IMAGE_TILING_OPTIMAL);
}

/* The requirements are asked for, and no memory is allocated. */
VkResult placebo_import(
	struct gpu *gpu, const VkImageCreateInfo *info, enum placebo_handle type, void *handle, VkImage *image) {
	const VkImportMetalTextureInfoEXT texture = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_TEXTURE_INFO_EXT,
		.plane = VK_IMAGE_ASPECT_PLANE_0_BIT,
		.mtlTexture = handle,
	};
	const VkImportMetalIOSurfaceInfoEXT surface = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_IO_SURFACE_INFO_EXT,
		.ioSurface = handle,
	};
	VkMemoryDedicatedRequirements dedicated = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS};
	VkMemoryRequirements2 requirements = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2,
		.pNext = &dedicated,
	};
	VkImageMemoryRequirementsInfo2 query = {.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2};
	VkImageCreateInfo create = *info;
	create.pNext = type == PLACEBO_TEXTURE ? (const void *)&texture : &surface;
	const VkResult result = vkCreateImage(gpu->device, &create, NULL, image);
	if (result != VK_SUCCESS)
		return result;
	query.image = *image;
	vkGetImageMemoryRequirements2(gpu->device, &query, &requirements);
	assert_true(requirements.memoryRequirements.size > 0);
	return VK_SUCCESS;
}
