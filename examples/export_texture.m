/* SPDX-License-Identifier: MIT */
/* A Vulkan image as an id<MTLTexture> that outlives it: Vulkan cleared the texels, Metal reads and writes them.
 *
 *     gcc export_texture.m -o export_texture $(pkg-config --cflags --libs tongs vulkan) -lobjc
 *     tongs run ./export_texture */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vulkan/vulkan.h>
#include <Metal/Metal.h>
#include <tongs/vulkan_metal.h>

enum { SIZE = 64 };

static void check(VkResult result, const char *command) {
	if (result == VK_SUCCESS)
		return;
	fprintf(stderr, "%s: VkResult %d\n", command, result);
	if (result == VK_ERROR_EXTENSION_NOT_PRESENT)
		fprintf(stderr, "Start this program with `tongs run`, and without layers that hide the extension: "
				"`tongs info` shows the devices that can share, and why the others cannot.\n");
	exit(1);
}

static VkDevice create_device(VkInstance instance) {
	VkPhysicalDevice physical = VK_NULL_HANDLE;
	uint32_t count = 1;
	vkEnumeratePhysicalDevices(instance, &count, &physical);
	check(physical ? VK_SUCCESS : VK_ERROR_INITIALIZATION_FAILED, "vkEnumeratePhysicalDevices");

	VkDevice device;
	const char *extension = VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME;
	VkDeviceQueueCreateInfo queue = {
		VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO, .queueCount = 1, .pQueuePriorities = &(float){1}};
	VkDeviceCreateInfo info = {VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, .queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue, .enabledExtensionCount = 1, .ppEnabledExtensionNames = &extension};
	check(vkCreateDevice(physical, &info, NULL, &device), "vkCreateDevice");
	return device;
}

static VkImage create_image(VkDevice device) {
	VkImage image;
	VkExternalMemoryImageCreateInfo external = {VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT};
	VkImageCreateInfo info = {VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO, &external, .imageType = VK_IMAGE_TYPE_2D,
		.format = VK_FORMAT_R8G8B8A8_UNORM, .extent = {SIZE, SIZE, 1}, .mipLevels = 1, .arrayLayers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT, .tiling = VK_IMAGE_TILING_OPTIMAL,
		.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT};
	check(vkCreateImage(device, &info, NULL, &image), "vkCreateImage");
	return image;
}

/* A texture's memory is always dedicated to its image. */
static VkDeviceMemory allocate(VkDevice device, VkImage image) {
	VkMemoryRequirements requirements;
	vkGetImageMemoryRequirements(device, image, &requirements);

	VkDeviceMemory memory;
	VkMemoryDedicatedAllocateInfo dedicated = {VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO, .image = image};
	VkExportMemoryAllocateInfo export = {VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, &dedicated,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT};
	VkMemoryAllocateInfo info = {VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, &export,
		.allocationSize = requirements.size,
		.memoryTypeIndex = (uint32_t)__builtin_ctz(requirements.memoryTypeBits)};
	check(vkAllocateMemory(device, &info, NULL, &memory), "vkAllocateMemory");
	check(vkBindImageMemory(device, image, memory, 0), "vkBindImageMemory");
	return memory;
}

static void clear(VkDevice device, VkImage image, VkClearColorValue color) {
	VkCommandPool pool;
	VkCommandPoolCreateInfo pool_info = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
	check(vkCreateCommandPool(device, &pool_info, NULL, &pool), "vkCreateCommandPool");
	VkCommandBuffer commands;
	VkCommandBufferAllocateInfo commands_info = {
		VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO, .commandPool = pool, .commandBufferCount = 1};
	check(vkAllocateCommandBuffers(device, &commands_info, &commands), "vkAllocateCommandBuffers");

	VkImageSubresourceRange all = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
	VkImageMemoryBarrier to_general = {VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
		.dstAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT, .newLayout = VK_IMAGE_LAYOUT_GENERAL,
		.srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED, .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
		.image = image, .subresourceRange = all};
	VkMemoryBarrier to_host = {VK_STRUCTURE_TYPE_MEMORY_BARRIER, .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_HOST_READ_BIT | VK_ACCESS_HOST_WRITE_BIT};
	VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
	check(vkBeginCommandBuffer(commands, &begin), "vkBeginCommandBuffer");
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, NULL, 0,
		NULL, 1, &to_general);
	vkCmdClearColorImage(commands, image, VK_IMAGE_LAYOUT_GENERAL, &color, 1, &all);
	vkCmdPipelineBarrier(
		commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &to_host, 0, NULL, 0, NULL);
	check(vkEndCommandBuffer(commands), "vkEndCommandBuffer");

	VkQueue queue;
	vkGetDeviceQueue(device, 0, 0, &queue);
	VkSubmitInfo submit = {VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &commands};
	check(vkQueueSubmit(queue, 1, &submit, VK_NULL_HANDLE), "vkQueueSubmit");
	check(vkQueueWaitIdle(queue), "vkQueueWaitIdle");
	vkDestroyCommandPool(device, pool, NULL);
}

int main(void) {
	VkInstance instance;
	VkApplicationInfo application = {VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_1};
	VkInstanceCreateInfo instance_info = {VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, .pApplicationInfo = &application};
	check(vkCreateInstance(&instance_info, NULL, &instance), "vkCreateInstance");
	VkDevice device = create_device(instance);
	VkImage image = create_image(device);
	VkDeviceMemory memory = allocate(device, image);
	clear(device, image, (VkClearColorValue){.float32 = {1, 0.5f, 0, 1}});

	void *handle;
	PFN_vkGetMemoryMetalHandleEXT get_handle =
		(PFN_vkGetMemoryMetalHandleEXT)vkGetDeviceProcAddr(device, "vkGetMemoryMetalHandleEXT");
	check(get_handle ? VK_SUCCESS : VK_ERROR_EXTENSION_NOT_PRESENT, "vkGetDeviceProcAddr");
	VkMemoryGetMetalHandleInfoEXT handle_info = {VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.memory = memory, .handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT};
	check(get_handle(device, &handle_info, &handle), "vkGetMemoryMetalHandleEXT");
	id<MTLTexture> texture = [(id)handle retain];

	vkDestroyImage(device, image, NULL);
	vkFreeMemory(device, memory, NULL);
	vkDestroyDevice(device, NULL);
	vkDestroyInstance(instance, NULL);

	const unsigned char written[4] = {1, 2, 3, 4};
	unsigned char read[2][4];
	[texture replaceRegion:MTLRegionMake2D(1, 0, 1, 1) mipmapLevel:0 withBytes:written bytesPerRow:sizeof written];
	[texture getBytes:read bytesPerRow:sizeof read fromRegion:MTLRegionMake2D(0, 0, 2, 1) mipmapLevel:0];
	printf("MTLTexture, %lu by %lu texels: Vulkan's is %d %d %d %d, Metal's is %d %d %d %d\n",
		(unsigned long)[texture width], (unsigned long)[texture height], read[0][0], read[0][1], read[0][2],
		read[0][3], read[1][0], read[1][1], read[1][2], read[1][3]);
	[texture release];
	return 0;
}
