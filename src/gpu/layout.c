/* SPDX-License-Identifier: MIT */
/* Layout queries: what the driver would need for an image or a buffer in host pages, learned from one that never gets
 * memory. */
#include "base/log.h"
#include "gpu/device.h"

#define HOST_ALLOCATION VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT

static const struct {
	VkFormatFeatureFlags feature;
	VkImageUsageFlags usage;
} usages[] = {
	{VK_FORMAT_FEATURE_TRANSFER_SRC_BIT, VK_IMAGE_USAGE_TRANSFER_SRC_BIT},
	{VK_FORMAT_FEATURE_TRANSFER_DST_BIT, VK_IMAGE_USAGE_TRANSFER_DST_BIT},
	{VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT, VK_IMAGE_USAGE_SAMPLED_BIT},
	{VK_FORMAT_FEATURE_STORAGE_IMAGE_BIT, VK_IMAGE_USAGE_STORAGE_BIT},
	{VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT,
		VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT},
};

void tongs_gpu_image_create_info_init(struct tongs_gpu_image_create_info *create_info,
	const struct tongs_gpu_image_shape *shape, VkFormatFeatureFlags features) {
	VkImageUsageFlags usage = 0;
	for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++) {
		if (features & usages[i].feature)
			usage |= usages[i].usage;
	}
	create_info->external = (VkExternalMemoryImageCreateInfo){
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = HOST_ALLOCATION,
	};
	create_info->info = (VkImageCreateInfo){
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.pNext = &create_info->external,
		.imageType = shape->type,
		.format = shape->format,
		.extent = shape->extent,
		.mipLevels = shape->levels,
		.arrayLayers = shape->layers,
		.samples = shape->samples,
		.tiling = shape->tiling,
		.usage = usage,
		.sharingMode = VK_SHARING_MODE_EXCLUSIVE,
		.initialLayout = VK_IMAGE_LAYOUT_UNDEFINED,
	};
}

static bool fits(const VkImageCreateInfo *info, const VkImageFormatProperties *limits) {
	return info->extent.width <= limits->maxExtent.width && info->extent.height <= limits->maxExtent.height &&
	       info->extent.depth <= limits->maxExtent.depth && info->mipLevels <= limits->maxMipLevels &&
	       info->arrayLayers <= limits->maxArrayLayers && (info->samples & limits->sampleCounts);
}

static bool can_import(const struct tongs_gpu *gpu, const VkImageCreateInfo *info) {
	const VkPhysicalDeviceExternalImageFormatInfo external_info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = HOST_ALLOCATION,
	};
	const VkPhysicalDeviceImageFormatInfo2 format_info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &external_info,
		.format = info->format,
		.type = info->imageType,
		.tiling = info->tiling,
		.usage = info->usage,
		.flags = info->flags,
	};
	VkExternalImageFormatProperties external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES,
	};
	VkImageFormatProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
		.pNext = &external,
	};
	return gpu->vk->GetPhysicalDeviceImageFormatProperties2(gpu->physical, &format_info, &properties) ==
		       VK_SUCCESS &&
	       (external.externalMemoryProperties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT) &&
	       fits(info, &properties.imageFormatProperties);
}

static VkFormatFeatureFlags features_of(const struct tongs_gpu *gpu, VkFormat format, VkImageTiling tiling) {
	VkFormatProperties properties;
	gpu->vk->GetPhysicalDeviceFormatProperties(gpu->physical, format, &properties);
	return tiling == VK_IMAGE_TILING_LINEAR ? properties.linearTilingFeatures : properties.optimalTilingFeatures;
}

static VkResult measure(
	const struct tongs_vk_device *vkd, const VkImageCreateInfo *info, struct tongs_gpu_image_layout *layout) {
	VkImage image;
	VkResult result = vkd->CreateImage(vkd->device, info, NULL, &image);
	if (result != VK_SUCCESS)
		return result;
	*layout = (struct tongs_gpu_image_layout){0};
	vkd->GetImageMemoryRequirements(vkd->device, image, &layout->requirements);
	if (info->tiling == VK_IMAGE_TILING_LINEAR) {
		const VkImageSubresource first = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT};
		vkd->GetImageSubresourceLayout(vkd->device, image, &first, &layout->subresource);
	}
	vkd->DestroyImage(vkd->device, image, NULL);
	return VK_SUCCESS;
}

bool tongs_gpu_query_image(
	struct tongs_gpu *gpu, const struct tongs_gpu_image_shape *shape, struct tongs_gpu_image_layout *layout) {
	const struct tongs_vk_device *vkd = tongs_gpu_get_vk_device(gpu);
	if (!vkd)
		return false;

	VkResult result = VK_ERROR_FORMAT_NOT_SUPPORTED;
	struct tongs_gpu_image_layout measured = {0};
	struct tongs_gpu_image_create_info create_info;
	tongs_vk_enter();
	tongs_gpu_image_create_info_init(&create_info, shape, features_of(gpu, shape->format, shape->tiling));
	if (create_info.info.usage && can_import(gpu, &create_info.info))
		result = measure(vkd, &create_info.info, &measured);
	tongs_vk_leave();

	if (result == VK_SUCCESS && !(measured.requirements.memoryTypeBits & gpu->host_memory_types))
		result = VK_ERROR_FORMAT_NOT_SUPPORTED;
	if (result != VK_SUCCESS) {
		tongs_log_error("%s cannot share an image of VkFormat %d, %u x %u x %u, in host pages: %s",
			gpu->info.properties.deviceName, (int)shape->format, shape->extent.width, shape->extent.height,
			shape->extent.depth, tongs_vk_result_name(result));
		return false;
	}
	*layout = measured;
	return true;
}

static bool can_import_buffer(const struct tongs_gpu *gpu, VkBufferUsageFlags usage) {
	const VkPhysicalDeviceExternalBufferInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.usage = usage,
		.handleType = HOST_ALLOCATION,
	};
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	gpu->vk->GetPhysicalDeviceExternalBufferProperties(gpu->physical, &info, &properties);
	return properties.externalMemoryProperties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
}

static VkResult measure_buffer(
	const struct tongs_vk_device *vkd, const VkBufferCreateInfo *info, VkMemoryRequirements *requirements) {
	VkBuffer buffer;
	VkResult result = vkd->CreateBuffer(vkd->device, info, NULL, &buffer);
	if (result != VK_SUCCESS)
		return result;
	vkd->GetBufferMemoryRequirements(vkd->device, buffer, requirements);
	vkd->DestroyBuffer(vkd->device, buffer, NULL);
	return VK_SUCCESS;
}

bool tongs_gpu_query_buffer(struct tongs_gpu *gpu, VkDeviceSize size, VkMemoryRequirements *requirements) {
	const struct tongs_vk_device *vkd = tongs_gpu_get_vk_device(gpu);
	if (!vkd)
		return false;

	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = HOST_ALLOCATION,
	};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = &external,
		.size = size,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
		.sharingMode = VK_SHARING_MODE_EXCLUSIVE,
	};
	VkResult result = VK_ERROR_FEATURE_NOT_PRESENT;
	VkMemoryRequirements measured = {0};
	tongs_vk_enter();
	/* No larger buffer can ever have memory; it also keeps below VkPhysicalDeviceMaintenance4Properties. */
	if (size > gpu->info.max_allocation_size)
		result = VK_ERROR_OUT_OF_DEVICE_MEMORY;
	else if (can_import_buffer(gpu, info.usage))
		result = measure_buffer(vkd, &info, &measured);
	tongs_vk_leave();

	if (result != VK_SUCCESS) {
		tongs_log_error("%s cannot share a buffer of %llu bytes in host pages: %s",
			gpu->info.properties.deviceName, (unsigned long long)size, tongs_vk_result_name(result));
		return false;
	}
	*requirements = measured;
	return true;
}
