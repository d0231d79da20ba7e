/* SPDX-License-Identifier: MIT */
#include "mistakes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_STATUS = 86 };

unsigned get_profile(void) {
	static const char *const names[] = {
		"nvidia", "radv", "anv-tgl", "anv-dg2", "nvk", "swiftshader", "hostile", "coarse"};
	const char *name = getenv("TONGS_MOCK_PROFILE");
	for (unsigned i = 0; name && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return 1u << i;
	fprintf(stderr, "TONGS_MOCK_PROFILE is %s\n", name ? name : "not set");
	abort();
}

void check(VkResult result) {
	if (result != VK_SUCCESS) {
		fprintf(stderr, "VkResult %d\n", result);
		abort();
	}
}

static bool has_extension(VkPhysicalDevice physical, const char *name) {
	static VkExtensionProperties list[512];
	uint32_t count = sizeof(list) / sizeof(list[0]);
	check(vkEnumerateDeviceExtensionProperties(physical, NULL, &count, list));
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(list[i].extensionName, name) == 0)
			return true;
	return false;
}

static VkDevice create_device(const struct gpu *gpu, bool has_extensions) {
	const char *extensions[2];
	uint32_t count = 0;
	if (has_extensions && gpu->has_host)
		extensions[count++] = VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME;
	if (has_extensions && gpu->has_fd)
		extensions[count++] = VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME;
	const VkDeviceQueueCreateInfo queue = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
		.queueCount = 1,
		.pQueuePriorities = &(float){1},
	};
	const VkDeviceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue,
		.enabledExtensionCount = count,
		.ppEnabledExtensionNames = extensions,
	};
	VkDevice device;
	check(vkCreateDevice(gpu->physical, &info, NULL, &device));
	return device;
}

void init(struct gpu *gpu) {
	const VkApplicationInfo application = {
		.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_1};
	const VkInstanceCreateInfo instance = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, .pApplicationInfo = &application};
	uint32_t count = 1;
	check(vkCreateInstance(&instance, NULL, &gpu->instance));
	check(vkEnumeratePhysicalDevices(gpu->instance, &count, &gpu->physical));
	vkGetPhysicalDeviceMemoryProperties(gpu->physical, &gpu->memory);
	gpu->has_host = has_extension(gpu->physical, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME);
	gpu->has_fd = has_extension(gpu->physical, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME);
	VkPhysicalDeviceExternalMemoryHostPropertiesEXT host = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &host};
	vkGetPhysicalDeviceProperties2(gpu->physical, &properties);
	gpu->page = host.minImportedHostPointerAlignment;
	gpu->device = create_device(gpu, true);
}

void init_sibling(const struct gpu *gpu, struct gpu *sibling) {
	*sibling = *gpu;
	sibling->device = create_device(gpu, true);
}

void init_bare_sibling(const struct gpu *gpu, struct gpu *sibling) {
	*sibling = *gpu;
	sibling->device = create_device(gpu, false);
}

void finish(struct gpu *gpu) {
	vkDestroyDevice(gpu->device, NULL);
	vkDestroyInstance(gpu->instance, NULL);
}

uint32_t find_type(const struct gpu *gpu, uint32_t bits, VkMemoryPropertyFlags flags) {
	uint32_t type = 0;
	while (type < gpu->memory.memoryTypeCount &&
		(!(bits >> type & 1) || (gpu->memory.memoryTypes[type].propertyFlags & flags) != flags))
		type++;
	return type;
}

VkBuffer make_buffer(const struct gpu *gpu, VkDeviceSize size, VkExternalMemoryHandleTypeFlags types,
	VkMemoryRequirements *requirements) {
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, .handleTypes = types};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = types ? &external : NULL,
		.size = size,
		.usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT,
	};
	VkBuffer buffer;
	check(vkCreateBuffer(gpu->device, &info, NULL, &buffer));
	vkGetBufferMemoryRequirements(gpu->device, buffer, requirements);
	return buffer;
}

VkImageCreateInfo image_info(VkImageType type, VkImageTiling tiling) {
	return (VkImageCreateInfo){
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.imageType = type,
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.extent = {64, 64, type == VK_IMAGE_TYPE_3D ? 4 : 1},
		.mipLevels = 1,
		.arrayLayers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.tiling = tiling,
		.usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
	};
}

VkImage make_image(const struct gpu *gpu, const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags types,
	VkMemoryRequirements *requirements) {
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO, .handleTypes = types};
	VkImageCreateInfo shared = *info;
	if (types)
		shared.pNext = &external;
	VkImage image;
	check(vkCreateImage(gpu->device, &shared, NULL, &image));
	vkGetImageMemoryRequirements(gpu->device, image, requirements);
	return image;
}

VkDeviceMemory allocate(const struct gpu *gpu, VkDeviceSize size, uint32_t type, const void *next) {
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = next,
		.allocationSize = size,
		.memoryTypeIndex = type,
	};
	VkDeviceMemory memory;
	return vkAllocateMemory(gpu->device, &info, NULL, &memory) == VK_SUCCESS ? memory : VK_NULL_HANDLE;
}

/* Writes what the program says of itself into `text`. */
static int run(const struct mistake *mistake, char *text, size_t size) {
	FILE *said = tmpfile();
	assert_non_null(said);
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct gpu gpu;
		dup2(fileno(said), STDERR_FILENO);
		init(&gpu);
		mistake->make(&gpu);
		exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	rewind(said);
	text[fread(text, 1, size - 1, said)] = '\0';
	fclose(said);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void check_mistakes(const struct mistake *mistakes, size_t count) {
	for (size_t i = 0; i < count; i++) {
		static char text[8192];
		if (!(mistakes[i].profiles & get_profile()))
			continue;
		int status = run(&mistakes[i], text, sizeof(text));
		if (mistakes[i].rule && (status != EXIT_STATUS || !strstr(text, mistakes[i].rule)))
			fail_msg("%zu, %s: exit status %d\n%s", i, mistakes[i].rule, status, text);
		if (!mistakes[i].rule && status != 0)
			fail_msg("%zu, all is well: exit status %d\n%s", i, status, text);
	}
}
