/* SPDX-License-Identifier: MIT */
/* The demo's Vulkan device, and ordinary resources on it. */
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

static bool create_device(struct tongs_context *context) {
	const char *extension = VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME;

	return tongs_vulkan_ok(vkCreateDevice(context->physical_device,
				       &(VkDeviceCreateInfo){
					       .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
					       .queueCreateInfoCount = 1,
					       .pQueueCreateInfos =
						       &(VkDeviceQueueCreateInfo){
							       .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
							       .queueFamilyIndex = context->family,
							       .queueCount = 1,
							       .pQueuePriorities = &(float){1.0f},
						       },
					       .enabledExtensionCount = 1,
					       .ppEnabledExtensionNames = &extension,
				       },
				       NULL, &context->device),
		"vkCreateDevice");
}

static bool create_pool(struct tongs_context *context) {
	return tongs_vulkan_ok(vkCreateCommandPool(context->device,
				       &(VkCommandPoolCreateInfo){
					       .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
					       .flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
					       .queueFamilyIndex = context->family,
				       },
				       NULL, &context->pool),
		"vkCreateCommandPool");
}

static bool load_commands(struct tongs_context *context) {
	context->get_handle =
		(PFN_vkGetMemoryMetalHandleEXT)vkGetDeviceProcAddr(context->device, "vkGetMemoryMetalHandleEXT");
	context->get_handle_properties = (PFN_vkGetMemoryMetalHandlePropertiesEXT)vkGetDeviceProcAddr(
		context->device, "vkGetMemoryMetalHandlePropertiesEXT");
	if (context->get_handle && context->get_handle_properties)
		return true;
	tongs_command_error("the device enabled " VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME
			    " and then lacks its commands; is a layer above it hiding them?");
	return false;
}

bool tongs_context_init(struct tongs_context *context, VkPhysicalDevice device) {
	*context = (struct tongs_context){.physical_device = device, .family = find_family(device)};
	vkGetPhysicalDeviceMemoryProperties(device, &context->memory_properties);
	if (context->family == UINT32_MAX) {
		tongs_command_error("the device has no queue for graphics and compute; choose another with --device");
		return false;
	}
	if (create_device(context) && create_pool(context) && load_commands(context)) {
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
	return tongs_vulkan_ok(vkAllocateMemory(context->device,
				       &(VkMemoryAllocateInfo){
					       .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
					       .allocationSize = requirements->size,
					       .memoryTypeIndex = tongs_context_pick_memory_type(
						       context, requirements->memoryTypeBits, flags),
				       },
				       NULL, memory),
		"vkAllocateMemory");
}

bool tongs_context_create_buffer(const struct tongs_context *context, VkDeviceSize size, VkBufferUsageFlags usage,
	struct tongs_context_buffer *buffer) {
	VkMemoryRequirements requirements;

	*buffer = (struct tongs_context_buffer){.size = size};
	if (!tongs_vulkan_ok(vkCreateBuffer(context->device,
				     &(VkBufferCreateInfo){
					     .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
					     .size = size,
					     .usage = usage,
				     },
				     NULL, &buffer->buffer),
		    "vkCreateBuffer"))
		return false;
	vkGetBufferMemoryRequirements(context->device, buffer->buffer, &requirements);
	/* Every device has a type that is both visible and coherent, and every such buffer may use it. */
	if (allocate(context, &requirements, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
		    &buffer->memory) &&
		tongs_vulkan_ok(
			vkBindBufferMemory(context->device, buffer->buffer, buffer->memory, 0), "vkBindBufferMemory") &&
		tongs_vulkan_ok(vkMapMemory(context->device, buffer->memory, 0, VK_WHOLE_SIZE, 0, &buffer->pages),
			"vkMapMemory"))
		return true;
	tongs_context_destroy_buffer(context, buffer);
	return false;
}

bool tongs_context_create_view(const struct tongs_context *context, const struct tongs_context_image_info *info,
	struct tongs_context_image *image) {
	return tongs_vulkan_ok(vkCreateImageView(context->device,
				       &(VkImageViewCreateInfo){
					       .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
					       .image = image->image,
					       .viewType = VK_IMAGE_VIEW_TYPE_2D,
					       .format = info->format,
					       .subresourceRange = {info->aspect, 0, 1, 0, 1},
				       },
				       NULL, &image->view),
		"vkCreateImageView");
}

bool tongs_context_create_image(const struct tongs_context *context, const struct tongs_context_image_info *info,
	struct tongs_context_image *image) {
	VkMemoryRequirements requirements;

	*image = (struct tongs_context_image){0};
	if (!tongs_vulkan_ok(vkCreateImage(context->device,
				     &(VkImageCreateInfo){
					     .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
					     .imageType = VK_IMAGE_TYPE_2D,
					     .format = info->format,
					     .extent = {info->extent.width, info->extent.height, 1},
					     .mipLevels = 1,
					     .arrayLayers = 1,
					     .samples = info->samples,
					     .usage = info->usage,
				     },
				     NULL, &image->image),
		    "vkCreateImage"))
		return false;
	vkGetImageMemoryRequirements(context->device, image->image, &requirements);
	if (allocate(context, &requirements, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, &image->memory) &&
		tongs_vulkan_ok(
			vkBindImageMemory(context->device, image->image, image->memory, 0), "vkBindImageMemory") &&
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

	if (!tongs_vulkan_ok(vkAllocateCommandBuffers(context->device,
				     &(VkCommandBufferAllocateInfo){
					     .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
					     .commandPool = context->pool,
					     .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
					     .commandBufferCount = 1,
				     },
				     &commands),
		    "vkAllocateCommandBuffers"))
		return VK_NULL_HANDLE;
	if (tongs_vulkan_ok(vkBeginCommandBuffer(commands,
				    &(VkCommandBufferBeginInfo){
					    .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
					    .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
				    }),
		    "vkBeginCommandBuffer"))
		return commands;
	vkFreeCommandBuffers(context->device, context->pool, 1, &commands);
	return VK_NULL_HANDLE;
}

bool tongs_context_submit(const struct tongs_context *context, VkCommandBuffer commands) {
	bool done = tongs_vulkan_ok(vkEndCommandBuffer(commands), "vkEndCommandBuffer") &&
		    tongs_vulkan_ok(vkQueueSubmit(context->queue, 1,
					    &(VkSubmitInfo){
						    .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
						    .commandBufferCount = 1,
						    .pCommandBuffers = &commands,
					    },
					    VK_NULL_HANDLE),
			    "vkQueueSubmit") &&
		    tongs_vulkan_ok(vkQueueWaitIdle(context->queue), "vkQueueWaitIdle");

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
