/* SPDX-License-Identifier: MIT */
/* What a Vulkan program begins with, for the examples beside this file: a device that shares with Metal, a choice of
 * memory, and commands that run at once. In C11 and in C++20. A call that fails ends the program. */
#ifndef VULKAN_SETUP_H
#define VULKAN_SETUP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <vulkan/vulkan.h>
#include <tongs/vulkan_metal.h>

static inline void check(VkResult result, const char *command) {
	if (result == VK_SUCCESS)
		return;
	fprintf(stderr, "%s: VkResult %d\n", command, result);
	if (result == VK_ERROR_EXTENSION_NOT_PRESENT)
		fprintf(stderr, "Start this program with `tongs run`, and without layers that hide the extension: "
				"`tongs info` shows the devices that can share, and why the others cannot.\n");
	exit(1);
}

static inline void expect(bool condition, const char *what) {
	if (condition)
		return;
	fprintf(stderr, "wrong: %s\n", what);
	exit(1);
}

struct vulkan {
	VkInstance instance;
	VkPhysicalDevice physical;
	VkDevice device;
	VkQueue queue; /* of family 0 */
	VkCommandPool pool;
};

/* The first device, with both extensions and timeline semaphores. */
static inline struct vulkan open_vulkan(void) {
	struct vulkan vk = {VK_NULL_HANDLE, VK_NULL_HANDLE, VK_NULL_HANDLE, VK_NULL_HANDLE, VK_NULL_HANDLE};
	VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_2};
	/* For a program that asks vkExportMetalObjectsEXT for the MTLDevice. */
	VkExportMetalObjectCreateInfoEXT with_device = {.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT,
		.exportObjectType = VK_EXPORT_METAL_OBJECT_TYPE_METAL_DEVICE_BIT_EXT};
	VkInstanceCreateInfo instance_info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
		.pNext = &with_device,
		.pApplicationInfo = &application};
	check(vkCreateInstance(&instance_info, NULL, &vk.instance), "vkCreateInstance");

	uint32_t count = 1;
	vkEnumeratePhysicalDevices(vk.instance, &count, &vk.physical);
	check(vk.physical ? VK_SUCCESS : VK_ERROR_INITIALIZATION_FAILED, "vkEnumeratePhysicalDevices");

	const char *extensions[] = {VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME, VK_EXT_METAL_OBJECTS_EXTENSION_NAME};
	const float priority = 1;
	VkDeviceQueueCreateInfo queue = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO, .queueCount = 1, .pQueuePriorities = &priority};
	VkPhysicalDeviceTimelineSemaphoreFeatures timelines = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES, .timelineSemaphore = VK_TRUE};
	VkDeviceCreateInfo device_info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.pNext = &timelines,
		.queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue,
		.enabledExtensionCount = 2,
		.ppEnabledExtensionNames = extensions};
	check(vkCreateDevice(vk.physical, &device_info, NULL, &vk.device), "vkCreateDevice");
	vkGetDeviceQueue(vk.device, 0, 0, &vk.queue);

	VkCommandPoolCreateInfo pool_info = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
	check(vkCreateCommandPool(vk.device, &pool_info, NULL, &vk.pool), "vkCreateCommandPool");
	return vk;
}

static inline void close_vulkan(struct vulkan *vk) {
	vkDestroyCommandPool(vk->device, vk->pool, NULL);
	vkDestroyDevice(vk->device, NULL);
	vkDestroyInstance(vk->instance, NULL);
}

/* The first memory type of `allowed` that has all `wanted` properties. */
static inline uint32_t find_memory_type(const struct vulkan *vk, uint32_t allowed, VkMemoryPropertyFlags wanted) {
	VkPhysicalDeviceMemoryProperties memory;
	vkGetPhysicalDeviceMemoryProperties(vk->physical, &memory);
	for (uint32_t i = 0; i < memory.memoryTypeCount; i++)
		if (allowed & 1u << i && (memory.memoryTypes[i].propertyFlags & wanted) == wanted)
			return i;
	expect(false, "no memory type can be shared like that");
	return 0;
}

static inline VkCommandBuffer begin_commands(const struct vulkan *vk) {
	VkCommandBuffer commands;
	VkCommandBufferAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
		.commandPool = vk->pool,
		.commandBufferCount = 1};
	check(vkAllocateCommandBuffers(vk->device, &info, &commands), "vkAllocateCommandBuffers");
	VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
	check(vkBeginCommandBuffer(commands, &begin), "vkBeginCommandBuffer");
	return commands;
}

/* Whose a resource is. Vulkan's commands take what Metal's use, and give it back: a GPU may keep the two apart. */
#define VULKAN 0u /* the queue's family */
#define METAL VK_QUEUE_FAMILY_EXTERNAL

static inline void hand_buffer(VkCommandBuffer commands, VkBuffer buffer, uint32_t from, uint32_t to) {
	VkBufferMemoryBarrier barrier = {.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
		.srcQueueFamilyIndex = from,
		.dstQueueFamilyIndex = to,
		.buffer = buffer,
		.size = VK_WHOLE_SIZE};
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0,
		NULL, 1, &barrier, 0, NULL);
}

/* A color image of one level and layer, which stays in GENERAL: the layout that Metal knows. */
static inline void hand_image(VkCommandBuffer commands, VkImage image, uint32_t from, uint32_t to) {
	VkImageMemoryBarrier barrier = {.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
		.oldLayout = VK_IMAGE_LAYOUT_GENERAL,
		.newLayout = VK_IMAGE_LAYOUT_GENERAL,
		.srcQueueFamilyIndex = from,
		.dstQueueFamilyIndex = to,
		.image = image,
		.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1}};
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0,
		NULL, 0, NULL, 1, &barrier);
}

/* Runs the commands and waits. The CPU, and Metal through it, sees what they wrote. */
static inline void run_commands(const struct vulkan *vk, VkCommandBuffer commands) {
	VkMemoryBarrier to_host = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_HOST_READ_BIT | VK_ACCESS_HOST_WRITE_BIT};
	vkCmdPipelineBarrier(
		commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &to_host, 0, NULL, 0, NULL);
	check(vkEndCommandBuffer(commands), "vkEndCommandBuffer");
	VkSubmitInfo submit = {
		.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &commands};
	check(vkQueueSubmit(vk->queue, 1, &submit, VK_NULL_HANDLE), "vkQueueSubmit");
	check(vkQueueWaitIdle(vk->queue), "vkQueueWaitIdle");
	vkFreeCommandBuffers(vk->device, vk->pool, 1, &commands);
}

#endif
