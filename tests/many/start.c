/* SPDX-License-Identifier: MIT */
/* The start of a program that shares, up to the first bytes of its first memory: an instance, a device, and 64 KiB,
 * with the handle if the device has the extension. It prints whether it has, and what that took: nanoseconds,
 * nanoseconds of the processors since the program was executed, the process' resident bytes, and those that are no
 * file's. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tongs/vulkan_metal.h>

enum { SIZE = 64 << 10 };

#define TYPE VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT

static void check(VkResult result, const char *what) {
	if (result != VK_SUCCESS) {
		fprintf(stderr, "%s failed: %d\n", what, (int)result);
		exit(EXIT_FAILURE);
	}
}

static long long get_time(clockid_t clock) {
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static bool has_extension(VkPhysicalDevice device) {
	uint32_t count = 0;
	bool has = false;

	check(vkEnumerateDeviceExtensionProperties(device, NULL, &count, NULL), "vkEnumerateDeviceExtensionProperties");
	VkExtensionProperties *list = calloc(count + 1, sizeof *list);
	if (!list)
		exit(EXIT_FAILURE);
	check(vkEnumerateDeviceExtensionProperties(device, NULL, &count, list), "vkEnumerateDeviceExtensionProperties");
	for (uint32_t i = 0; i < count; i++)
		has |= strcmp(list[i].extensionName, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME) == 0;
	free(list);
	return has;
}

static uint32_t find_mapped_type(VkPhysicalDevice device) {
	const VkMemoryPropertyFlags wanted = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
	VkPhysicalDeviceMemoryProperties properties;
	uint32_t type = 0;

	vkGetPhysicalDeviceMemoryProperties(device, &properties);
	while ((properties.memoryTypes[type].propertyFlags & wanted) != wanted)
		type++;
	return type;
}

/* The first bytes that the program has: through the handle's memory, or the driver's own. */
static void allocate(VkPhysicalDevice physical, VkDevice device, bool shared) {
	const VkExportMemoryAllocateInfo export = {VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, NULL, TYPE};
	const VkMemoryAllocateInfo info = {
		VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, shared ? &export : NULL, SIZE, find_mapped_type(physical)};
	VkMemoryGetMetalHandleInfoEXT get_info = {
		VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT, .handleType = TYPE};
	void *bytes, *handle;

	check(vkAllocateMemory(device, &info, NULL, &get_info.memory), "vkAllocateMemory");
	check(vkMapMemory(device, get_info.memory, 0, VK_WHOLE_SIZE, 0, &bytes), "vkMapMemory");
	memset(bytes, 1, SIZE);
	if (!shared)
		return;
	PFN_vkGetMemoryMetalHandleEXT get_handle =
		(PFN_vkGetMemoryMetalHandleEXT)vkGetDeviceProcAddr(device, "vkGetMemoryMetalHandleEXT");
	check(get_handle ? get_handle(device, &get_info, &handle) : VK_ERROR_EXTENSION_NOT_PRESENT,
		"vkGetMemoryMetalHandleEXT");
}

/* Of the process, whatever others have in common with it; the kernel gives KiB. */
static void read_memory(long long *resident, long long *anonymous) {
	FILE *file = fopen("/proc/self/smaps_rollup", "re");
	char line[256];

	*resident = *anonymous = 0;
	while (file && fgets(line, sizeof line, file)) {
		sscanf(line, "Rss: %lld kB", resident);
		sscanf(line, "Anonymous: %lld kB", anonymous);
	}
	if (file)
		fclose(file);
	*resident *= 1024;
	*anonymous *= 1024;
}

int main(void) {
	const char *const extension = VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME;
	const VkApplicationInfo application = {
		.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_1};
	const VkInstanceCreateInfo instance_info = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, .pApplicationInfo = &application};
	const VkDeviceQueueCreateInfo queue = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO, .queueCount = 1, .pQueuePriorities = &(float){1}};
	VkDeviceCreateInfo device_info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue,
		.ppEnabledExtensionNames = &extension};
	const long long begin = get_time(CLOCK_MONOTONIC);
	long long resident, anonymous;
	uint32_t count = 1;
	VkInstance instance;
	VkPhysicalDevice physical;
	VkDevice device;

	check(vkCreateInstance(&instance_info, NULL, &instance), "vkCreateInstance");
	const VkResult result = vkEnumeratePhysicalDevices(instance, &count, &physical);
	check(result == VK_INCOMPLETE ? VK_SUCCESS
		: count               ? result
				      : VK_ERROR_INITIALIZATION_FAILED,
		"vkEnumeratePhysicalDevices");
	const bool shared = has_extension(physical);
	device_info.enabledExtensionCount = shared;
	check(vkCreateDevice(physical, &device_info, NULL, &device), "vkCreateDevice");
	allocate(physical, device, shared);
	const long long elapsed = get_time(CLOCK_MONOTONIC) - begin, used = get_time(CLOCK_PROCESS_CPUTIME_ID);
	read_memory(&resident, &anonymous);
	printf("%s %lld %lld %lld %lld\n", shared ? "shared" : "plain", elapsed, used, resident, anonymous);
	return EXIT_SUCCESS;
}
