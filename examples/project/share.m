/* SPDX-License-Identifier: MIT */
/* A program for macOS and Linux alike: Metal's buffer is Vulkan's memory, and Vulkan's GPU fills half of it. */
#include "platform.h"

#include <stdio.h>
#include <stdlib.h>

enum { SIZE = 4096 };

static void check(VkResult result, const char *command) {
	if (result == VK_SUCCESS)
		return;
	fprintf(stderr, "%s: VkResult %d\n", command, result);
	exit(1);
}

static VkInstance create_instance(void) {
	VkExportMetalObjectCreateInfoEXT with_device = {.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT,
		.exportObjectType = VK_EXPORT_METAL_OBJECT_TYPE_METAL_DEVICE_BIT_EXT};
	VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_2};
	VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
		.pNext = &with_device,
		.pApplicationInfo = &application};
#ifdef __APPLE__ /* drivers over Metal are listed for who asks for them */
	const char *portability = VK_KHR_PORTABILITY_ENUMERATION_EXTENSION_NAME;
	info.flags = VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR;
	info.enabledExtensionCount = 1;
	info.ppEnabledExtensionNames = &portability;
#endif
	VkInstance instance;
	check(vkCreateInstance(&info, NULL, &instance), "vkCreateInstance");
	return instance;
}

static VkPhysicalDevice find_device(VkInstance instance) {
	VkPhysicalDevice physical = VK_NULL_HANDLE;
	uint32_t count = 1;
	vkEnumeratePhysicalDevices(instance, &count, &physical);
	check(physical ? VK_SUCCESS : VK_ERROR_INITIALIZATION_FAILED, "vkEnumeratePhysicalDevices");
	return physical;
}

static VkDevice create_device(VkPhysicalDevice physical) {
	const char *const extensions[] = {
		VK_EXT_METAL_OBJECTS_EXTENSION_NAME,
#ifdef __APPLE__
		"VK_KHR_portability_subset",
#endif
	};
	const float priority = 1;
	VkDeviceQueueCreateInfo queue = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO, .queueCount = 1, .pQueuePriorities = &priority};
	VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue,
		.enabledExtensionCount = sizeof(extensions) / sizeof(extensions[0]),
		.ppEnabledExtensionNames = extensions};
	VkDevice device;
	check(vkCreateDevice(physical, &info, NULL, &device), "vkCreateDevice");
	return device;
}

/* By the command's address: Linux' Vulkan loader exports none of the extension's commands. */
static id<MTLDevice> get_metal_device(VkDevice device) {
	PFN_vkExportMetalObjectsEXT export_objects =
		(PFN_vkExportMetalObjectsEXT)vkGetDeviceProcAddr(device, "vkExportMetalObjectsEXT");
	VkExportMetalDeviceInfoEXT metal = {.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_DEVICE_INFO_EXT};
	VkExportMetalObjectsInfoEXT info = {.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECTS_INFO_EXT, .pNext = &metal};
	export_objects(device, &info);
	return metal.mtlDevice;
}

static uint32_t find_memory_type(VkPhysicalDevice physical, uint32_t allowed) {
	VkPhysicalDeviceMemoryProperties memory;
	vkGetPhysicalDeviceMemoryProperties(physical, &memory);
	for (uint32_t i = 0; i < memory.memoryTypeCount; i++)
		if (allowed & 1u << i && memory.memoryTypes[i].propertyFlags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT)
			return i;
	check(VK_ERROR_FEATURE_NOT_PRESENT, "no memory type can be shared");
	return 0;
}

static VkDeviceMemory import_buffer(VkPhysicalDevice physical, VkDevice device, id<MTLBuffer> metal, VkBuffer buffer) {
	VkMemoryRequirements requirements;
	vkGetBufferMemoryRequirements(device, buffer, &requirements);
	VkImportMetalBufferInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_BUFFER_INFO_EXT, .mtlBuffer = metal};
	VkMemoryAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &import,
		.allocationSize = requirements.size,
		.memoryTypeIndex = find_memory_type(physical, requirements.memoryTypeBits)};
	VkDeviceMemory memory;
	check(vkAllocateMemory(device, &info, NULL, &memory), "vkAllocateMemory");
	check(vkBindBufferMemory(device, buffer, memory, 0), "vkBindBufferMemory");
	return memory;
}

/* Vulkan's GPU copies the first half over the second one. */
static void copy_half(VkDevice device, VkBuffer buffer) {
	VkCommandPoolCreateInfo pool_info = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
	VkCommandPool pool;
	check(vkCreateCommandPool(device, &pool_info, NULL, &pool), "vkCreateCommandPool");
	VkCommandBufferAllocateInfo commands_info = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO, .commandPool = pool, .commandBufferCount = 1};
	VkCommandBuffer commands;
	check(vkAllocateCommandBuffers(device, &commands_info, &commands), "vkAllocateCommandBuffers");

	VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
	check(vkBeginCommandBuffer(commands, &begin), "vkBeginCommandBuffer");
	VkBufferCopy half = {.dstOffset = SIZE / 2, .size = SIZE / 2};
	vkCmdCopyBuffer(commands, buffer, buffer, 1, &half);
	VkMemoryBarrier to_host = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_HOST_READ_BIT};
	vkCmdPipelineBarrier(
		commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &to_host, 0, NULL, 0, NULL);
	check(vkEndCommandBuffer(commands), "vkEndCommandBuffer");

	VkQueue queue;
	vkGetDeviceQueue(device, 0, 0, &queue);
	VkSubmitInfo submit = {
		.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &commands};
	check(vkQueueSubmit(queue, 1, &submit, VK_NULL_HANDLE), "vkQueueSubmit");
	check(vkQueueWaitIdle(queue), "vkQueueWaitIdle");
	vkDestroyCommandPool(device, pool, NULL);
}

static int run(void) {
	VkInstance instance = create_instance();
	VkPhysicalDevice physical = find_device(instance);
	VkDevice device = create_device(physical);
	id<MTLDevice> metal_device = KEEP(get_metal_device(device));
	id<MTLBuffer> metal = [metal_device newBufferWithLength:SIZE options:MTLResourceStorageModeShared];
	unsigned char *contents = (unsigned char *)[metal contents];
	for (unsigned i = 0; i < SIZE / 2; i++)
		contents[i] = (unsigned char)(i % 253);

	VkBufferCreateInfo buffer_info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.size = SIZE,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT};
	VkBuffer buffer;
	check(vkCreateBuffer(device, &buffer_info, NULL, &buffer), "vkCreateBuffer");
	VkDeviceMemory memory = import_buffer(physical, device, metal, buffer);
	copy_half(device, buffer);
	vkDestroyBuffer(device, buffer, NULL);
	vkFreeMemory(device, memory, NULL);
	vkDestroyDevice(device, NULL);
	vkDestroyInstance(instance, NULL);

	int wrong = 0;
	for (unsigned i = 0; i < SIZE; i++)
		wrong += contents[i] != i % (SIZE / 2) % 253;
	printf("%d bytes of %d are wrong\n", wrong, SIZE);
	DROP(metal);
	DROP(metal_device);
	return wrong != 0;
}

int main(void) {
	int status;
	POOL {
		status = run();
	}
	return status;
}
