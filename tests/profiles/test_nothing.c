/* SPDX-License-Identifier: MIT */
/* Devices that can share nothing, each for a different reason: Tongs does not offer the extension on them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tongs/vulkan_metal.h>
#include <vulkan/vulkan.h>

static VkInstance instance;
static VkPhysicalDevice physical;

static int init(void **state) {
	(void)state;
	const VkApplicationInfo application = {
		.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_1};
	const VkInstanceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, .pApplicationInfo = &application};
	uint32_t count = 1;
	assert_int_equal(vkCreateInstance(&info, NULL, &instance), VK_SUCCESS);
	assert_int_equal(vkEnumeratePhysicalDevices(instance, &count, &physical), VK_SUCCESS);
	assert_int_equal(count, 1);
	return 0;
}

static int finish(void **state) {
	(void)state;
	vkDestroyInstance(instance, NULL);
	return 0;
}

static VkResult create_device(const char *extension, VkDevice *device) {
	const VkDeviceQueueCreateInfo queue = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
		.queueCount = 1,
		.pQueuePriorities = &(float){1},
	};
	const VkDeviceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue,
		.enabledExtensionCount = extension ? 1 : 0,
		.ppEnabledExtensionNames = &extension,
	};
	return vkCreateDevice(physical, &info, NULL, device);
}

static void the_extension_is_not_listed(void **state) {
	(void)state;
	static VkExtensionProperties list[512];
	uint32_t count = sizeof(list) / sizeof(list[0]);
	assert_int_equal(vkEnumerateDeviceExtensionProperties(physical, NULL, &count, list), VK_SUCCESS);
	assert_true(count > 10);
	for (uint32_t i = 0; i < count; i++)
		assert_string_not_equal(list[i].extensionName, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME);
	VkDevice device = VK_NULL_HANDLE;
	assert_int_equal(
		create_device(VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME, &device), VK_ERROR_EXTENSION_NOT_PRESENT);
}

static void all_else_works(void **state) {
	(void)state;
	VkDevice device;
	assert_int_equal(create_device(NULL, &device), VK_SUCCESS);
	assert_null(vkGetDeviceProcAddr(device, "vkGetMemoryMetalHandleEXT"));
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.size = 4096,
		.usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT,
	};
	VkBuffer buffer;
	VkMemoryRequirements needs;
	assert_int_equal(vkCreateBuffer(device, &info, NULL, &buffer), VK_SUCCESS);
	vkGetBufferMemoryRequirements(device, buffer, &needs);
	uint32_t type = 0;
	while (!(needs.memoryTypeBits >> type & 1))
		type++;
	const VkMemoryAllocateInfo allocation = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.allocationSize = needs.size,
		.memoryTypeIndex = type,
	};
	VkDeviceMemory memory;
	assert_int_equal(vkAllocateMemory(device, &allocation, NULL, &memory), VK_SUCCESS);
	assert_int_equal(vkBindBufferMemory(device, buffer, memory, 0), VK_SUCCESS);
	vkDestroyBuffer(device, buffer, NULL);
	vkFreeMemory(device, memory, NULL);
	vkDestroyDevice(device, NULL);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_extension_is_not_listed),
		cmocka_unit_test(all_else_works),
	};
	return cmocka_run_group_tests(tests, init, finish);
}
