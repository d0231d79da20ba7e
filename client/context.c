/* SPDX-License-Identifier: MIT */
/* Creates a Vulkan device and ordinary resources on it. */
#include "client/context.h"

#include <stdlib.h>

#include "client/command.h"

#define EVERY_ACCESS (VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT)

static uint32_t find_family(VkPhysicalDevice device) {
	const VkQueueFlags wanted = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT;
	VkQueueFamilyProperties families[16];
	uint32_t count = sizeof families / sizeof *families;

	vkGetPhysicalDeviceQueueFamilyProperties(device, &count, families);
	for (uint32_t i = 0; i < count; i++)
		if ((families[i].queueFlags & wanted) == wanted)
			return i;
	return UINT32_MAX;
}

static bool load_commands(struct tongs_context *context) {
	context->get_handle =
		(PFN_vkGetMemoryMetalHandleEXT)vkGetDeviceProcAddr(context->device, "vkGetMemoryMetalHandleEXT");
	context->get_handle_properties = (PFN_vkGetMemoryMetalHandlePropertiesEXT)vkGetDeviceProcAddr(
		context->device, "vkGetMemoryMetalHandlePropertiesEXT");
	if (context->get_handle && context->get_handle_properties)
		return true;
	tongs_command_error("the device lacks commands of its enabled " VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME
			    "; is a layer above Tongs hiding them?");
	return false;
}

bool tongs_context_init(struct tongs_context *context, VkPhysicalDevice device, const char *optional) {
	const char *const extensions[] = {VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME, optional};

	return tongs_context_init_with(
		context, device, extensions, optional && tongs_vulkan_has_extension(device, optional) ? 2 : 1, NULL);
}

bool tongs_context_init_with(struct tongs_context *context, VkPhysicalDevice device, const char *const *extensions,
	uint32_t extension_count, const void *features) {
	*context = (struct tongs_context){.physical_device = device, .family = find_family(device)};
	vkGetPhysicalDeviceMemoryProperties(device, &context->memory_properties);
	if (context->family == UINT32_MAX) {
		tongs_command_error("the device has no queue for graphics and compute; choose another with --device");
		return false;
	}
	const VkCommandPoolCreateInfo pool = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
		.flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
		.queueFamilyIndex = context->family,
	};
	if (tongs_vulkan_create_device(
		    device, context->family, extensions, extension_count, features, &context->device) &&
		TONGS_VULKAN_TRY(vkCreateCommandPool, context->device, &pool, NULL, &context->pool) &&
		load_commands(context)) {
		vkGetDeviceQueue(context->device, context->family, 0, &context->queue);
		return true;
	}
	tongs_context_finish(context);
	return false;
}

void tongs_context_finish(struct tongs_context *context) {
	if (context->device) {
		vkDestroyCommandPool(context->device, context->pool, NULL);
		vkDestroyDevice(context->device, NULL);
	}
	*context = (struct tongs_context){0};
}

uint32_t tongs_context_pick_memory_type(
	const struct tongs_context *context, uint32_t bits, VkMemoryPropertyFlags flags) {
	uint32_t first = UINT32_MAX;

	for (uint32_t i = context->memory_properties.memoryTypeCount; i-- > 0;)
		if (bits & 1u << i)
			first = i;
	for (uint32_t i = 0; i < context->memory_properties.memoryTypeCount; i++)
		if (bits & 1u << i && (context->memory_properties.memoryTypes[i].propertyFlags & flags) == flags)
			return i;
	return first;
}

bool tongs_context_is_mappable(const struct tongs_context *context, uint32_t memory_type) {
	const VkMemoryPropertyFlags wanted = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;

	return (context->memory_properties.memoryTypes[memory_type].propertyFlags & wanted) == wanted;
}

static bool allocate(const struct tongs_context *context, const VkMemoryRequirements *requirements,
	VkMemoryPropertyFlags flags, VkDeviceMemory *memory) {
	return TONGS_VULKAN_TRY(vkAllocateMemory, context->device,
		&(VkMemoryAllocateInfo){
			.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
			.allocationSize = requirements->size,
			.memoryTypeIndex = tongs_context_pick_memory_type(context, requirements->memoryTypeBits, flags),
		},
		NULL, memory);
}

bool tongs_context_create_buffer(const struct tongs_context *context, VkDeviceSize size, VkBufferUsageFlags usage,
	struct tongs_context_buffer *buffer) {
	VkMemoryRequirements requirements;

	*buffer = (struct tongs_context_buffer){.size = size};
	if (!TONGS_VULKAN_TRY(vkCreateBuffer, context->device,
		    &(VkBufferCreateInfo){
			    .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
			    .size = size,
			    .usage = usage,
		    },
		    NULL, &buffer->buffer))
		return false;
	vkGetBufferMemoryRequirements(context->device, buffer->buffer, &requirements);
	/* Every device has a memory type that is both host-visible and coherent, and every such buffer can use it. */
	if (allocate(context, &requirements, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
		    &buffer->memory) &&
		TONGS_VULKAN_TRY(vkBindBufferMemory, context->device, buffer->buffer, buffer->memory, 0) &&
		TONGS_VULKAN_TRY(vkMapMemory, context->device, buffer->memory, 0, VK_WHOLE_SIZE, 0, &buffer->pages))
		return true;
	tongs_context_destroy_buffer(context, buffer);
	return false;
}

bool tongs_context_create_view(const struct tongs_context *context, const struct tongs_context_image_info *info,
	struct tongs_context_image *image) {
	return TONGS_VULKAN_TRY(vkCreateImageView, context->device,
		&(VkImageViewCreateInfo){
			.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
			.image = image->image,
			.viewType = VK_IMAGE_VIEW_TYPE_2D,
			.format = info->format,
			.subresourceRange = {info->aspect, 0, 1, 0, 1},
		},
		NULL, &image->view);
}

VkImageCreateInfo tongs_context_get_create_info(const struct tongs_context_image_info *info) {
	return (VkImageCreateInfo){
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.imageType = VK_IMAGE_TYPE_2D,
		.format = info->format,
		.extent = {info->extent.width, info->extent.height, 1},
		.mipLevels = 1,
		.arrayLayers = 1,
		.samples = info->samples,
		.usage = info->usage,
	};
}

bool tongs_context_create_image(const struct tongs_context *context, const struct tongs_context_image_info *info,
	struct tongs_context_image *image) {
	const VkImageCreateInfo create_info = tongs_context_get_create_info(info);
	VkMemoryRequirements requirements;

	*image = (struct tongs_context_image){0};
	if (!TONGS_VULKAN_TRY(vkCreateImage, context->device, &create_info, NULL, &image->image))
		return false;
	vkGetImageMemoryRequirements(context->device, image->image, &requirements);
	if (allocate(context, &requirements, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, &image->memory) &&
		TONGS_VULKAN_TRY(vkBindImageMemory, context->device, image->image, image->memory, 0) &&
		tongs_context_create_view(context, info, image))
		return true;
	tongs_context_destroy_image(context, image);
	return false;
}

void tongs_context_destroy_buffer(const struct tongs_context *context, struct tongs_context_buffer *buffer) {
	if (context->device) {
		vkDestroyBuffer(context->device, buffer->buffer, NULL);
		vkFreeMemory(context->device, buffer->memory, NULL);
	}
	*buffer = (struct tongs_context_buffer){0};
}

void tongs_context_destroy_image(const struct tongs_context *context, struct tongs_context_image *image) {
	if (context->device) {
		vkDestroyImageView(context->device, image->view, NULL);
		vkDestroyImage(context->device, image->image, NULL);
		vkFreeMemory(context->device, image->memory, NULL);
	}
	*image = (struct tongs_context_image){0};
}

VkCommandBuffer tongs_context_begin(const struct tongs_context *context) {
	VkCommandBuffer commands = VK_NULL_HANDLE;

	if (!TONGS_VULKAN_TRY(vkAllocateCommandBuffers, context->device,
		    &(VkCommandBufferAllocateInfo){
			    .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
			    .commandPool = context->pool,
			    .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
			    .commandBufferCount = 1,
		    },
		    &commands))
		return VK_NULL_HANDLE;
	if (TONGS_VULKAN_TRY(vkBeginCommandBuffer, commands,
		    &(VkCommandBufferBeginInfo){
			    .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
			    .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
		    }))
		return commands;
	vkFreeCommandBuffers(context->device, context->pool, 1, &commands);
	return VK_NULL_HANDLE;
}

bool tongs_context_submit(const struct tongs_context *context, VkCommandBuffer commands) {
	bool done = TONGS_VULKAN_TRY(vkEndCommandBuffer, commands) &&
		    TONGS_VULKAN_TRY(vkQueueSubmit, context->queue, 1,
			    &(VkSubmitInfo){
				    .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
				    .commandBufferCount = 1,
				    .pCommandBuffers = &commands,
			    },
			    VK_NULL_HANDLE) &&
		    TONGS_VULKAN_TRY(vkQueueWaitIdle, context->queue);

	vkFreeCommandBuffers(context->device, context->pool, 1, &commands);
	return done;
}

void tongs_context_barrier(VkCommandBuffer commands) {
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT | VK_PIPELINE_STAGE_HOST_BIT,
		VK_PIPELINE_STAGE_ALL_COMMANDS_BIT | VK_PIPELINE_STAGE_HOST_BIT, 0, 1,
		&(VkMemoryBarrier){
			.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
			.srcAccessMask = EVERY_ACCESS,
			.dstAccessMask = EVERY_ACCESS,
		},
		0, NULL, 0, NULL);
}

void tongs_context_begin_image(VkCommandBuffer commands, VkImage image, VkImageAspectFlags aspects) {
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0,
		NULL, 0, NULL, 1,
		&(VkImageMemoryBarrier){
			.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
			.dstAccessMask = EVERY_ACCESS,
			.newLayout = VK_IMAGE_LAYOUT_GENERAL,
			.srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
			.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
			.image = image,
			.subresourceRange = {aspects, 0, VK_REMAINING_MIP_LEVELS, 0, VK_REMAINING_ARRAY_LAYERS},
		});
}

void *tongs_context_export(
	const struct tongs_context *context, VkDeviceMemory memory, VkExternalMemoryHandleTypeFlagBits type) {
	void *handle = NULL;
	VkResult result = context->get_handle(context->device,
		&(VkMemoryGetMetalHandleInfoEXT){
			.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
			.memory = memory,
			.handleType = type,
		},
		&handle);

	return tongs_vulkan_ok(result, "vkGetMemoryMetalHandleEXT") ? handle : NULL;
}
