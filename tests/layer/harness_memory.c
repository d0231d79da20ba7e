/* SPDX-License-Identifier: MIT */
/* Buffers, images and their memory. */
#include "harness.h"

#include <string.h>

VkBuffer make_buffer(
	struct gpu *gpu, VkDeviceSize size, VkBufferUsageFlags usage, VkExternalMemoryHandleTypeFlags types) {
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = types,
	};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = types ? &external : NULL,
		.size = size,
		.usage = usage,
	};
	VkBuffer buffer;
	assert_vk(vkCreateBuffer(gpu->device, &info, NULL, &buffer));
	return buffer;
}

VkImageCreateInfo image_info(VkFormat format, uint32_t width, uint32_t height, VkImageTiling tiling) {
	return (VkImageCreateInfo){
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.imageType = VK_IMAGE_TYPE_2D,
		.format = format,
		.extent = {width, height, 1},
		.mipLevels = 1,
		.arrayLayers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.tiling = tiling,
		.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_SAMPLED_BIT,
	};
}

uint32_t pick_type(struct gpu *gpu, uint32_t bits, VkMemoryPropertyFlags flags) {
	VkPhysicalDeviceMemoryProperties memory;
	vkGetPhysicalDeviceMemoryProperties(gpu->physical_device, &memory);
	for (uint32_t i = 0; i < memory.memoryTypeCount; i++)
		if ((bits >> i & 1) && (memory.memoryTypes[i].propertyFlags & flags) == flags)
			return i;
	fail_msg("no memory type in 0x%x has the flags 0x%x", bits, flags);
	return 0;
}

uint32_t pick_mapped(struct gpu *gpu, uint32_t bits) {
	VkPhysicalDeviceMemoryProperties memory;
	vkGetPhysicalDeviceMemoryProperties(gpu->physical_device, &memory);
	VkMemoryPropertyFlags flags = 0;
	for (uint32_t i = 0; i < memory.memoryTypeCount; i++)
		if (bits >> i & 1)
			flags |= memory.memoryTypes[i].propertyFlags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT;
	return pick_type(gpu, bits, flags);
}

uint32_t pick_combined(struct gpu *gpu, uint32_t bits) {
	VkBuffer buffer = make_buffer(gpu, 64, VK_BUFFER_USAGE_TRANSFER_DST_BIT, MTLBUFFER | MTLHEAP);
	VkMemoryRequirements requirements;
	vkGetBufferMemoryRequirements(gpu->device, buffer, &requirements);
	vkDestroyBuffer(gpu->device, buffer, NULL);
	return pick_mapped(gpu, bits & requirements.memoryTypeBits);
}

bool is_mapped(struct gpu *gpu, uint32_t type) {
	VkPhysicalDeviceMemoryProperties memory;
	vkGetPhysicalDeviceMemoryProperties(gpu->physical_device, &memory);
	return memory.memoryTypes[type].propertyFlags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT;
}

uint32_t shared_type(struct gpu *gpu) {
	return shared_type_as(gpu, MTLBUFFER);
}

uint32_t shared_type_as(struct gpu *gpu, VkExternalMemoryHandleTypeFlags types) {
	VkBuffer buffer = make_buffer(gpu, 64, VK_BUFFER_USAGE_TRANSFER_DST_BIT, types);
	VkMemoryRequirements requirements;
	vkGetBufferMemoryRequirements(gpu->device, buffer, &requirements);
	vkDestroyBuffer(gpu->device, buffer, NULL);
	return pick_type(gpu, requirements.memoryTypeBits, 0);
}

static VkExternalMemoryProperties query_buffer(const struct gpu *gpu, VkExternalMemoryHandleTypeFlagBits type) {
	const VkPhysicalDeviceExternalBufferInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
		.handleType = type,
	};
	VkExternalBufferProperties caps = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	const bool is_core = !gpu->api_version || gpu->api_version >= VK_API_VERSION_1_1;
	PFN_vkGetPhysicalDeviceExternalBufferProperties query =
		(PFN_vkGetPhysicalDeviceExternalBufferProperties)vkGetInstanceProcAddr(
			gpu->instance ? gpu->instance : gpu->borrowed_instance,
			is_core ? "vkGetPhysicalDeviceExternalBufferProperties"
				: "vkGetPhysicalDeviceExternalBufferPropertiesKHR");
	query(gpu->physical_device, &info, &caps);
	return caps.externalMemoryProperties;
}

bool has_unified_memory(struct gpu *gpu) {
	VkPhysicalDeviceProperties properties;
	vkGetPhysicalDeviceProperties(gpu->physical_device, &properties);
	return properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU && imports_host_pages(gpu);
}

bool imports_host_pages(const struct gpu *gpu) {
	return query_buffer(gpu, VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT).externalMemoryFeatures &
	       VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
}

bool can_combine(struct gpu *gpu) {
	const bool combined = query_buffer(gpu, MTLBUFFER).compatibleHandleTypes & MTLHEAP;
	assert_true(combined || !has_unified_memory(gpu));
	return combined;
}

VkResult query_image_as(struct gpu *gpu, const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlagBits type,
	VkImageFormatProperties *limits, VkExternalMemoryProperties *external) {
	const VkPhysicalDeviceExternalImageFormatInfo handle = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = type,
	};
	const VkPhysicalDeviceImageFormatInfo2 query = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &handle,
		.format = info->format,
		.type = info->imageType,
		.tiling = info->tiling,
		.usage = info->usage,
		.flags = info->flags,
	};
	VkExternalImageFormatProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkImageFormatProperties2 caps = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
		.pNext = &properties,
	};
	VkResult result = vkGetPhysicalDeviceImageFormatProperties2(gpu->physical_device, &query, &caps);
	*limits = caps.imageFormatProperties;
	*external = properties.externalMemoryProperties;
	return result;
}

bool can_combine_images(struct gpu *gpu, const VkImageCreateInfo *info) {
	VkImageFormatProperties limits;
	VkExternalMemoryProperties external;
	return query_image_as(gpu, info, (VkExternalMemoryHandleTypeFlagBits)MTLBUFFER, &limits, &external) ==
		       VK_SUCCESS &&
	       (external.compatibleHandleTypes & MTLHEAP);
}

bool needs_dedicated(struct gpu *gpu, const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags type) {
	VkImageFormatProperties limits;
	VkExternalMemoryProperties external;
	if (has_unified_memory(gpu))
		return false;
	assert_vk(query_image_as(gpu, info, (VkExternalMemoryHandleTypeFlagBits)type, &limits, &external));
	return external.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT;
}

bool gpu_has_format(const struct gpu *gpu, const struct tongs_format *format) {
	VkPhysicalDeviceProperties properties;
	vkGetPhysicalDeviceProperties(gpu->physical_device, &properties);
	const uint32_t version = tongs_format_get_core_version(format);
	return version <= properties.apiVersion &&
	       version <= (gpu->api_version ? gpu->api_version : VK_API_VERSION_1_3);
}

bool can_share_image(struct gpu *gpu, const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags type) {
	VkImageFormatProperties limits;
	VkExternalMemoryProperties external;
	const VkExternalMemoryHandleTypeFlags any = type & (~type + 1); /* of several will do */
	return query_image_as(gpu, info, (VkExternalMemoryHandleTypeFlagBits)any, &limits, &external) == VK_SUCCESS &&
	       info->mipLevels <= limits.maxMipLevels && info->arrayLayers <= limits.maxArrayLayers &&
	       (info->samples & limits.sampleCounts);
}

VkImage make_image(struct gpu *gpu, const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags types) {
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.pNext = info->pNext,
		.handleTypes = types,
	};
	VkImageCreateInfo shared = *info;
	if (types)
		shared.pNext = &external;
	/* Except on a CPU, host pages may not support this; but what the query promises must work. */
	if (types && !has_unified_memory(gpu) && !can_share_image(gpu, info, types))
		skip();
	VkImage image;
	assert_vk(vkCreateImage(gpu->device, &shared, NULL, &image));
	return image;
}

VkDeviceMemory export_memory(struct gpu *gpu, VkDeviceSize size, uint32_t type, VkExternalMemoryHandleTypeFlags types,
	VkImage image, VkBuffer buffer) {
	const VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image,
		.buffer = buffer,
	};
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.pNext = image || buffer ? &dedicated : NULL,
		.handleTypes = types,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = types ? &export : export.pNext,
		.allocationSize = size,
		.memoryTypeIndex = type,
	};
	VkDeviceMemory memory;
	assert_vk(vkAllocateMemory(gpu->device, &info, NULL, &memory));
	return memory;
}

VkDeviceMemory export_for_buffer(struct gpu *gpu, VkBuffer buffer, VkExternalMemoryHandleTypeFlags types) {
	VkMemoryRequirements requirements;
	vkGetBufferMemoryRequirements(gpu->device, buffer, &requirements);
	VkDeviceMemory memory = export_memory(
		gpu, requirements.size, pick_mapped(gpu, requirements.memoryTypeBits), types, VK_NULL_HANDLE, buffer);
	assert_vk(vkBindBufferMemory(gpu->device, buffer, memory, 0));
	return memory;
}

VkDeviceMemory export_for_image(struct gpu *gpu, VkImage image, VkExternalMemoryHandleTypeFlags types) {
	VkMemoryRequirements requirements;
	vkGetImageMemoryRequirements(gpu->device, image, &requirements);
	VkDeviceMemory memory = export_memory(
		gpu, requirements.size, pick_mapped(gpu, requirements.memoryTypeBits), types, image, VK_NULL_HANDLE);
	assert_vk(vkBindImageMemory(gpu->device, image, memory, 0));
	return memory;
}

VkResult try_import(struct gpu *gpu, VkExternalMemoryHandleTypeFlags type, const void *handle, VkDeviceSize size,
	uint32_t memory_type, VkImage image, VkDeviceMemory *memory) {
	const VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image,
	};
	const VkImportMemoryMetalHandleInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		.pNext = image ? &dedicated : NULL,
		.handleType = (VkExternalMemoryHandleTypeFlagBits)type,
		.handle = (void *)handle,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &import,
		.allocationSize = size,
		.memoryTypeIndex = memory_type,
	};
	return vkAllocateMemory(gpu->device, &info, NULL, memory);
}

void *handle_of(struct gpu *gpu, VkDeviceMemory memory, VkExternalMemoryHandleTypeFlags type) {
	const VkMemoryGetMetalHandleInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.memory = memory,
		.handleType = (VkExternalMemoryHandleTypeFlagBits)type,
	};
	void *handle = NULL;
	assert_vk(gpu->get_handle(gpu->device, &info, &handle));
	assert_non_null(handle);
	return handle;
}

uint32_t handle_types(struct gpu *gpu, VkExternalMemoryHandleTypeFlags type, const void *handle) {
	VkMemoryMetalHandlePropertiesEXT properties = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_METAL_HANDLE_PROPERTIES_EXT,
	};
	assert_vk(gpu->get_properties(gpu->device, (VkExternalMemoryHandleTypeFlagBits)type, handle, &properties));
	return properties.memoryTypeBits;
}

void refuse_import(struct gpu *gpu, const void *buffer, VkDeviceSize size, const char *reason) {
	VkDeviceMemory memory;
	assert_int_equal(handle_types(gpu, MTLBUFFER, buffer), 0);
	assert_int_equal(try_import(gpu, MTLBUFFER, buffer, size, shared_type(gpu), VK_NULL_HANDLE, &memory),
		VK_ERROR_INVALID_EXTERNAL_HANDLE);
	assert_non_null(strstr(gpu->last.text, reason));
	assert_reported(gpu, "10412");
}
