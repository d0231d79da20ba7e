/* SPDX-License-Identifier: MIT */
/* Exporting and importing Vulkan memory as Metal objects. */
#include "client/share.h"

#include <tongs/format.h>

#include "client/command.h"

#define EVERY_ACCESS (VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT)

static const VkExternalMemoryFeatureFlags both_ways =
	VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;

bool tongs_share_has_format(VkPhysicalDevice device, VkFormat format) {
	const uint32_t version = tongs_format_get_core_version(tongs_format_from_vk(format));
	VkPhysicalDeviceProperties properties;

	vkGetPhysicalDeviceProperties(device, &properties);
	return version <= TONGS_VULKAN_API_VERSION && version <= properties.apiVersion;
}

bool tongs_share_can_create(VkPhysicalDevice device, const VkImageCreateInfo *info) {
	const VkPhysicalDeviceExternalImageFormatInfo external = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT,
	};
	VkExternalImageFormatProperties external_properties = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkImageFormatProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
		.pNext = &external_properties,
	};
	if (!tongs_share_has_format(device, info->format))
		return false;
	VkResult result = vkGetPhysicalDeviceImageFormatProperties2(device,
		&(VkPhysicalDeviceImageFormatInfo2){
			.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
			.pNext = &external,
			.format = info->format,
			.type = info->imageType,
			.tiling = info->tiling,
			.usage = info->usage,
			.flags = info->flags,
		},
		&properties);
	const VkImageFormatProperties *limits = &properties.imageFormatProperties;

	return result == VK_SUCCESS &&
	       (external_properties.externalMemoryProperties.externalMemoryFeatures & both_ways) == both_ways &&
	       limits->maxExtent.width >= info->extent.width && limits->maxExtent.height >= info->extent.height &&
	       limits->maxExtent.depth >= info->extent.depth && limits->maxMipLevels >= info->mipLevels &&
	       limits->maxArrayLayers >= info->arrayLayers && limits->sampleCounts & info->samples;
}

bool tongs_share_can_image(VkPhysicalDevice device, const struct tongs_context_image_info *info) {
	const VkImageCreateInfo shape = tongs_context_get_create_info(info);

	return tongs_share_can_create(device, &shape);
}

/* Takes out of `bits` the memory types that `share`'s handle cannot be imported as. */
static bool limit_to_handle(const struct tongs_context *context, const struct tongs_share *share, uint32_t *bits) {
	VkMemoryMetalHandlePropertiesEXT properties = {.sType = VK_STRUCTURE_TYPE_MEMORY_METAL_HANDLE_PROPERTIES_EXT};

	if (!share->handle)
		return true;
	if (!tongs_vulkan_ok(context->get_handle_properties(context->device, share->type, share->handle, &properties),
		    "vkGetMemoryMetalHandlePropertiesEXT"))
		return false;
	*bits &= properties.memoryTypeBits;
	return true;
}

/* `dedicated` (may be NULL) names the one resource that the memory is for. */
static bool allocate(const struct tongs_context *context, const struct tongs_share *share, uint32_t memory_types,
	const VkMemoryRequirements *requirements, const VkMemoryDedicatedAllocateInfo *dedicated,
	VkDeviceMemory *memory, bool *mappable) {
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.pNext = dedicated,
		.handleTypes = share->type,
	};
	const VkImportMemoryMetalHandleInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		.pNext = dedicated,
		.handleType = share->type,
		.handle = share->handle,
	};
	/* The size of a texture's memory is the texture's. */
	const bool has_size = !share->handle || share->type != VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT;
	uint32_t bits = requirements->memoryTypeBits & memory_types;

	if (!limit_to_handle(context, share, &bits))
		return false;
	uint32_t type = tongs_context_pick_memory_type(
		context, bits, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT);
	if (share->device_local || (type != UINT32_MAX && !tongs_context_is_mappable(context, type)))
		type = tongs_context_pick_memory_type(context, bits, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);
	if (type == UINT32_MAX) {
		tongs_command_error("no memory type suits both the resource and the handle; 'tongs info' lists them");
		return false;
	}
	*mappable = tongs_context_is_mappable(context, type);
	return tongs_vulkan_ok(vkAllocateMemory(context->device,
				       &(VkMemoryAllocateInfo){
					       .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
					       .pNext = share->handle ? (const void *)&import : &export,
					       .allocationSize = has_size ? share->offset + requirements->size : 0,
					       .memoryTypeIndex = type,
				       },
				       NULL, memory),
		share->handle ? "vkAllocateMemory, importing," : "vkAllocateMemory, to export,");
}

bool tongs_share_create_buffer_in(const struct tongs_context *context, const struct tongs_share *share,
	uint32_t memory_types, VkDeviceSize size, VkBufferUsageFlags usage, struct tongs_context_buffer *buffer) {
	VkExternalMemoryFeatureFlags features =
		tongs_vulkan_get_buffer_features(context->physical_device, share->type, usage);
	VkMemoryRequirements requirements;
	void *pages = NULL;
	bool mappable;

	*buffer = (struct tongs_context_buffer){.size = size};
	if ((features & both_ways) != both_ways) {
		tongs_command_error("the device cannot share such a buffer; 'tongs info' says what it can");
		return false;
	}
	if (!TONGS_VULKAN_TRY(vkCreateBuffer, context->device,
		    &(VkBufferCreateInfo){
			    .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
			    .pNext =
				    &(VkExternalMemoryBufferCreateInfo){
					    .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
					    .handleTypes = share->type,
				    },
			    .size = size,
			    .usage = usage,
		    },
		    NULL, &buffer->buffer))
		return false;
	vkGetBufferMemoryRequirements(context->device, buffer->buffer, &requirements);
	const VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.buffer = buffer->buffer,
	};
	bool alone = features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT;
	if (!allocate(context, share, memory_types, &requirements, alone ? &dedicated : NULL, &buffer->memory,
		    &mappable) ||
		!TONGS_VULKAN_TRY(vkBindBufferMemory, context->device, buffer->buffer, buffer->memory, share->offset) ||
		(mappable &&
			!TONGS_VULKAN_TRY(vkMapMemory, context->device, buffer->memory, 0, VK_WHOLE_SIZE, 0, &pages))) {
		tongs_context_destroy_buffer(context, buffer);
		return false;
	}
	buffer->pages = pages ? (char *)pages + share->offset : NULL;
	return true;
}

bool tongs_share_create_buffer(const struct tongs_context *context, const struct tongs_share *share, VkDeviceSize size,
	VkBufferUsageFlags usage, struct tongs_context_buffer *buffer) {
	return tongs_share_create_buffer_in(context, share, UINT32_MAX, size, usage, buffer);
}

bool tongs_share_create_shape_in(const struct tongs_context *context, const struct tongs_share *share,
	uint32_t memory_types, bool dedicated, const VkImageCreateInfo *info, struct tongs_context_image *image) {
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = share->type,
	};
	VkImageCreateInfo shared = *info;
	VkMemoryRequirements requirements;
	bool mappable;

	*image = (struct tongs_context_image){0};
	shared.pNext = &external;
	if (!TONGS_VULKAN_TRY(vkCreateImage, context->device, &shared, NULL, &image->image))
		return false;
	vkGetImageMemoryRequirements(context->device, image->image, &requirements);
	/* A texture handle is always for one image. */
	const bool is_alone = dedicated || share->type == VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT;
	const VkMemoryDedicatedAllocateInfo alone = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image->image,
	};
	if (allocate(
		    context, share, memory_types, &requirements, is_alone ? &alone : NULL, &image->memory, &mappable) &&
		TONGS_VULKAN_TRY(vkBindImageMemory, context->device, image->image, image->memory, 0) &&
		(!mappable || TONGS_VULKAN_TRY(vkMapMemory, context->device, image->memory, 0, VK_WHOLE_SIZE, 0,
				      &image->pages))) {
		image->size = requirements.size;
		return true;
	}
	tongs_context_destroy_image(context, image);
	return false;
}

bool tongs_share_create_shape(const struct tongs_context *context, const struct tongs_share *share,
	const VkImageCreateInfo *info, struct tongs_context_image *image) {
	return tongs_share_create_shape_in(context, share, UINT32_MAX, false, info, image);
}

bool tongs_share_create_image(const struct tongs_context *context, const struct tongs_share *share,
	const struct tongs_context_image_info *info, struct tongs_context_image *image) {
	const VkImageCreateInfo shape = tongs_context_get_create_info(info);

	*image = (struct tongs_context_image){0};
	if (tongs_share_can_create(context->physical_device, &shape))
		return tongs_share_create_shape(context, share, &shape, image);
	tongs_command_error("the device cannot share such an image; 'tongs info' says what it can");
	return false;
}

static void transfer_image(
	VkCommandBuffer commands, VkImage image, VkImageAspectFlags aspects, uint32_t from, uint32_t to) {
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0,
		NULL, 0, NULL, 1,
		&(VkImageMemoryBarrier){
			.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
			.srcAccessMask = EVERY_ACCESS,
			.dstAccessMask = EVERY_ACCESS,
			.oldLayout = VK_IMAGE_LAYOUT_GENERAL,
			.newLayout = VK_IMAGE_LAYOUT_GENERAL,
			.srcQueueFamilyIndex = from,
			.dstQueueFamilyIndex = to,
			.image = image,
			.subresourceRange = {aspects, 0, VK_REMAINING_MIP_LEVELS, 0, VK_REMAINING_ARRAY_LAYERS},
		});
}

static void transfer_buffer(VkCommandBuffer commands, VkBuffer buffer, uint32_t from, uint32_t to) {
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0,
		NULL, 1,
		&(VkBufferMemoryBarrier){
			.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER,
			.srcAccessMask = EVERY_ACCESS,
			.dstAccessMask = EVERY_ACCESS,
			.srcQueueFamilyIndex = from,
			.dstQueueFamilyIndex = to,
			.buffer = buffer,
			.size = VK_WHOLE_SIZE,
		},
		0, NULL);
}

void tongs_share_release_image(const struct tongs_context *context, VkCommandBuffer commands, VkImage image) {
	tongs_share_release_aspects(context, commands, image, VK_IMAGE_ASPECT_COLOR_BIT);
}

void tongs_share_release_aspects(
	const struct tongs_context *context, VkCommandBuffer commands, VkImage image, VkImageAspectFlags aspects) {
	transfer_image(commands, image, aspects, context->family, VK_QUEUE_FAMILY_EXTERNAL);
}

void tongs_share_acquire_image(const struct tongs_context *context, VkCommandBuffer commands, VkImage image) {
	tongs_share_acquire_aspects(context, commands, image, VK_IMAGE_ASPECT_COLOR_BIT);
}

void tongs_share_acquire_aspects(
	const struct tongs_context *context, VkCommandBuffer commands, VkImage image, VkImageAspectFlags aspects) {
	transfer_image(commands, image, aspects, VK_QUEUE_FAMILY_EXTERNAL, context->family);
}

void tongs_share_release_buffer(const struct tongs_context *context, VkCommandBuffer commands, VkBuffer buffer) {
	transfer_buffer(commands, buffer, context->family, VK_QUEUE_FAMILY_EXTERNAL);
}

void tongs_share_acquire_buffer(const struct tongs_context *context, VkCommandBuffer commands, VkBuffer buffer) {
	transfer_buffer(commands, buffer, VK_QUEUE_FAMILY_EXTERNAL, context->family);
}
