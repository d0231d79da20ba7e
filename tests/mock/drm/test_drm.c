/* SPDX-License-Identifier: MIT */
/* Mesa's drivers over the mock kernel report the same caps as over a real one. Without Tongs, so that its tests there
 * can be trusted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>
#include <vulkan/vulkan.h>

enum {
	LOCAL = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
	SHARED = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
	CACHED = VK_MEMORY_PROPERTY_HOST_CACHED_BIT,
	PROTECTED = VK_MEMORY_PROPERTY_PROTECTED_BIT,
	PAGE = 4096,
};
#define HOST_ALLOCATION VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT

/* What the devices say, as drivers of real ones do; newer versions of Mesa have more memory types. */
static const struct expected {
	const char *gpu;
	uint32_t mesa;    /* the first of the major versions that say so */
	const char *name; /* a part of the device's */
	uint32_t type_count;
	VkMemoryPropertyFlags types[5];
	uint32_t page_types;
	bool optimal_in_pages, dedicated;
} all_expected[] = {
	{"navi31", 22, "GFX1100", 9, {LOCAL, LOCAL, SHARED, LOCAL | SHARED, SHARED | CACHED}, 0x10, true, true},
	{"navi31", 25, "NAVI31", 11, {LOCAL, LOCAL, SHARED, LOCAL | SHARED, LOCAL | SHARED}, 0x20, true, true},
	{"tgl", 22, "TGL", 1, {LOCAL | SHARED | CACHED}, 0x1, false, false},
	{"tgl", 25, "TGL", 7, {LOCAL, LOCAL | SHARED, LOCAL | SHARED | CACHED, LOCAL | PROTECTED, LOCAL}, 0x7f, false,
		false},
	{"dg2", 22, "DG2", 3, {LOCAL, SHARED | CACHED, LOCAL | SHARED}, 0x7, false, false},
	{"dg2", 25, "DG2", 7, {LOCAL, SHARED | CACHED, LOCAL | SHARED, LOCAL | PROTECTED, LOCAL}, 0x7f, false, false},
};

static const struct expected *expected;
static VkInstance instance;
static VkPhysicalDevice physical;
static VkDevice device;

static void expect(void) {
	VkPhysicalDeviceProperties properties;
	vkGetPhysicalDeviceProperties(physical, &properties);
	const uint32_t mesa = VK_API_VERSION_MAJOR(properties.driverVersion);
	const char *gpu = getenv("TONGS_MOCK_GPU");
	for (size_t i = 0; i < sizeof(all_expected) / sizeof(all_expected[0]); i++)
		if (gpu && strcmp(all_expected[i].gpu, gpu) == 0 && mesa >= all_expected[i].mesa)
			expected = &all_expected[i];
	assert_non_null(expected);
}

static int init(void **state) {
	(void)state;
	const VkApplicationInfo application = {
		.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_1};
	const VkInstanceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, .pApplicationInfo = &application};
	assert_int_equal(vkCreateInstance(&info, NULL, &instance), VK_SUCCESS);
	uint32_t count = 1;
	assert_int_equal(vkEnumeratePhysicalDevices(instance, &count, &physical), VK_SUCCESS);
	assert_int_equal(count, 1);
	expect();
	const char *extension = VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME;
	const VkDeviceQueueCreateInfo queue = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
		.queueCount = 1,
		.pQueuePriorities = &(float){1},
	};
	const VkDeviceCreateInfo device_info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue,
		.enabledExtensionCount = 1,
		.ppEnabledExtensionNames = &extension,
	};
	assert_int_equal(vkCreateDevice(physical, &device_info, NULL, &device), VK_SUCCESS);
	return 0;
}

static int finish(void **state) {
	(void)state;
	vkDestroyDevice(device, NULL);
	vkDestroyInstance(instance, NULL);
	return 0;
}

static void device_and_memory_types(void **state) {
	(void)state;
	VkPhysicalDeviceProperties properties;
	VkPhysicalDeviceMemoryProperties memory;
	vkGetPhysicalDeviceProperties(physical, &properties);
	vkGetPhysicalDeviceMemoryProperties(physical, &memory);
	assert_non_null(strstr(properties.deviceName, expected->name));
	assert_int_equal(memory.memoryTypeCount, expected->type_count);
	for (uint32_t i = 0; i < memory.memoryTypeCount && i < 5; i++)
		assert_int_equal(memory.memoryTypes[i].propertyFlags, expected->types[i]);
}

static VkDeviceMemory allocate(VkDeviceSize size, uint32_t type, const void *next) {
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = next,
		.allocationSize = size,
		.memoryTypeIndex = type,
	};
	VkDeviceMemory memory;
	assert_int_equal(vkAllocateMemory(device, &info, NULL, &memory), VK_SUCCESS);
	return memory;
}

/* The first of them that can be mapped. */
static uint32_t first_of(uint32_t bits) {
	VkPhysicalDeviceMemoryProperties memory;
	vkGetPhysicalDeviceMemoryProperties(physical, &memory);
	uint32_t type = 0;
	while (!(bits >> type & 1) || !(memory.memoryTypes[type].propertyFlags & SHARED))
		type++;
	return type;
}

static void memory_keeps_what_is_written(void **state) {
	(void)state;
	VkDeviceMemory memory = allocate((VkDeviceSize)4 * PAGE, first_of(~0u), NULL);
	unsigned char *bytes;
	for (int round = 0; round < 2; round++) {
		assert_int_equal(vkMapMemory(device, memory, PAGE, VK_WHOLE_SIZE, 0, (void **)&bytes), VK_SUCCESS);
		if (round == 0)
			memset(bytes, 0x5a, (size_t)3 * PAGE);
		assert_int_equal(bytes[3 * PAGE - 1], 0x5a);
		vkUnmapMemory(device, memory);
	}
	vkFreeMemory(device, memory, NULL);
}

static void takes_host_pages(void **state) {
	(void)state;
	unsigned char *pages = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *mapped;
	PFN_vkGetMemoryHostPointerPropertiesEXT get = (PFN_vkGetMemoryHostPointerPropertiesEXT)vkGetDeviceProcAddr(
		device, "vkGetMemoryHostPointerPropertiesEXT");
	VkMemoryHostPointerPropertiesEXT properties = {.sType = VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT};
	assert_int_equal(get(device, HOST_ALLOCATION, pages, &properties), VK_SUCCESS);
	assert_int_equal(properties.memoryTypeBits, expected->page_types);
	const VkImportMemoryHostPointerInfoEXT host = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
		.handleType = HOST_ALLOCATION,
		.pHostPointer = pages,
	};
	VkDeviceMemory memory = allocate(PAGE, first_of(properties.memoryTypeBits), &host);
	assert_int_equal(vkMapMemory(device, memory, 0, VK_WHOLE_SIZE, 0, (void **)&mapped), VK_SUCCESS);
	assert_ptr_equal(mapped, pages);
	vkFreeMemory(device, memory, NULL);
	munmap(pages, PAGE);
}

static void optimal_images(void **state) {
	(void)state;
	const VkPhysicalDeviceExternalImageFormatInfo handle = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = HOST_ALLOCATION,
	};
	const VkPhysicalDeviceImageFormatInfo2 query = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &handle,
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.type = VK_IMAGE_TYPE_2D,
		.tiling = VK_IMAGE_TILING_OPTIMAL,
		.usage = VK_IMAGE_USAGE_SAMPLED_BIT,
	};
	VkImageFormatProperties2 caps = {.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2};
	VkResult result = vkGetPhysicalDeviceImageFormatProperties2(physical, &query, &caps);
	assert_int_equal(result, expected->optimal_in_pages ? VK_SUCCESS : VK_ERROR_FORMAT_NOT_SUPPORTED);
	if (result != VK_SUCCESS)
		return;
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = HOST_ALLOCATION,
	};
	const VkImageCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.pNext = &external,
		.imageType = query.type,
		.format = query.format,
		.extent = {64, 64, 1},
		.mipLevels = 1,
		.arrayLayers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.usage = query.usage,
	};
	VkImage image;
	assert_int_equal(vkCreateImage(device, &info, NULL, &image), VK_SUCCESS);
	VkMemoryDedicatedRequirements dedicated = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS};
	VkMemoryRequirements2 requirements = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2, .pNext = &dedicated};
	vkGetImageMemoryRequirements2(device,
		&(VkImageMemoryRequirementsInfo2){
			.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2, .image = image},
		&requirements);
	assert_int_equal(dedicated.requiresDedicatedAllocation, expected->dedicated);
	vkDestroyImage(device, image, NULL);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(device_and_memory_types),
		cmocka_unit_test(memory_keeps_what_is_written),
		cmocka_unit_test(takes_host_pages),
		cmocka_unit_test(optimal_images),
	};
	return cmocka_run_group_tests(tests, init, finish);
}
