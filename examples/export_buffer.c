/* SPDX-License-Identifier: MIT */
/* Vulkan memory as an MTLBuffer that outlives every Vulkan object.
 *
 *     cc export_buffer.c -o export_buffer $(pkg-config --cflags --libs tongs vulkan)
 *     tongs run ./export_buffer */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vulkan/vulkan.h>
#include <tongs/metal.h>
#include <tongs/vulkan_metal.h>

static void check(VkResult result, const char *command) {
	if (result == VK_SUCCESS)
		return;
	fprintf(stderr, "%s: VkResult %d\n", command, result);
	if (result == VK_ERROR_EXTENSION_NOT_PRESENT)
		fprintf(stderr, "Start this program with `tongs run`, and without layers that hide the extension: "
				"`tongs info` shows the devices that can share, and why the others cannot.\n");
	exit(1);
}

/* The first memory type of `allowed` that the CPU can write without flushing. */
static uint32_t find_memory_type(VkPhysicalDevice physical, uint32_t allowed) {
	const VkMemoryPropertyFlags wanted = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
	VkPhysicalDeviceMemoryProperties memory;
	vkGetPhysicalDeviceMemoryProperties(physical, &memory);
	for (uint32_t i = 0; i < memory.memoryTypeCount; i++)
		if (allowed & 1u << i && (memory.memoryTypes[i].propertyFlags & wanted) == wanted)
			return i;
	fprintf(stderr, "no host-visible memory type can be shared\n");
	exit(1);
}

int main(void) {
	VkInstance instance;
	VkApplicationInfo application = {VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_1};
	VkInstanceCreateInfo instance_info = {VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, .pApplicationInfo = &application};
	check(vkCreateInstance(&instance_info, NULL, &instance), "vkCreateInstance");

	VkPhysicalDevice physical = VK_NULL_HANDLE;
	uint32_t count = 1;
	vkEnumeratePhysicalDevices(instance, &count, &physical);
	check(physical ? VK_SUCCESS : VK_ERROR_INITIALIZATION_FAILED, "vkEnumeratePhysicalDevices");

	VkDevice device;
	const char *extension = VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME;
	VkDeviceQueueCreateInfo queue = {
		VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO, .queueCount = 1, .pQueuePriorities = &(float){1}};
	VkDeviceCreateInfo device_info = {VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, .queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue, .enabledExtensionCount = 1, .ppEnabledExtensionNames = &extension};
	check(vkCreateDevice(physical, &device_info, NULL, &device), "vkCreateDevice");

	/* The resource and its memory both name the handle type. */
	VkBuffer buffer;
	VkExternalMemoryBufferCreateInfo external = {VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT};
	VkBufferCreateInfo buffer_info = {VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, &external, .size = 4096,
		.usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT};
	check(vkCreateBuffer(device, &buffer_info, NULL, &buffer), "vkCreateBuffer");
	VkMemoryRequirements requirements;
	vkGetBufferMemoryRequirements(device, buffer, &requirements);

	VkDeviceMemory memory;
	VkExportMemoryAllocateInfo export = {VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT};
	VkMemoryAllocateInfo memory_info = {VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, &export,
		.allocationSize = requirements.size,
		.memoryTypeIndex = find_memory_type(physical, requirements.memoryTypeBits)};
	check(vkAllocateMemory(device, &memory_info, NULL, &memory), "vkAllocateMemory");
	check(vkBindBufferMemory(device, buffer, memory, 0), "vkBindBufferMemory");

	void *mapped;
	check(vkMapMemory(device, memory, 0, VK_WHOLE_SIZE, 0, &mapped), "vkMapMemory");
	strcpy(mapped, "written through Vulkan");
	vkUnmapMemory(device, memory);

	void *handle;
	PFN_vkGetMemoryMetalHandleEXT get_handle =
		(PFN_vkGetMemoryMetalHandleEXT)vkGetDeviceProcAddr(device, "vkGetMemoryMetalHandleEXT");
	check(get_handle ? VK_SUCCESS : VK_ERROR_EXTENSION_NOT_PRESENT, "vkGetDeviceProcAddr");
	VkMemoryGetMetalHandleInfoEXT handle_info = {VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.memory = memory, .handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT};
	check(get_handle(device, &handle_info, &handle), "vkGetMemoryMetalHandleEXT");

	/* The handle belongs to the memory; a reference of our own outlives it. */
	struct tongs_buffer *metal = tongs_buffer_ref(tongs_buffer_from_handle(handle));

	vkDestroyBuffer(device, buffer, NULL);
	vkFreeMemory(device, memory, NULL);
	vkDestroyDevice(device, NULL);
	vkDestroyInstance(instance, NULL);

	const char *contents = tongs_buffer_get_contents(metal);
	printf("MTLBuffer, %zu bytes: %s\n", (size_t)tongs_buffer_get_length(metal), contents);
	tongs_buffer_unref(metal);
	return 0;
}
