/* SPDX-License-Identifier: MIT */
/* The fake driver by itself, without Tongs: it reports the profile's caps, and each broken rule fails the program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <vulkan/vulkan.h>

enum { EXIT_STATUS = 86, PAGE = 4096 };
#define HOST_ALLOCATION VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT

struct gpu {
	VkInstance instance;
	VkPhysicalDevice physical;
	VkDevice device;
	VkPhysicalDeviceMemoryProperties memory;
};

static void check(VkResult result) {
	if (result != VK_SUCCESS) {
		fprintf(stderr, "VkResult %d\n", result);
		abort();
	}
}

static void init(struct gpu *gpu) {
	const VkApplicationInfo application = {VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_1};
	const VkInstanceCreateInfo instance = {
		VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, .pApplicationInfo = &application};
	uint32_t count = 1;
	check(vkCreateInstance(&instance, NULL, &gpu->instance));
	check(vkEnumeratePhysicalDevices(gpu->instance, &count, &gpu->physical));
	vkGetPhysicalDeviceMemoryProperties(gpu->physical, &gpu->memory);
	const char *extension = VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME;
	const VkDeviceQueueCreateInfo queue = {
		VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO, .queueCount = 1, .pQueuePriorities = &(float){1}};
	const VkDeviceCreateInfo device = {VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, .queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue, .enabledExtensionCount = 1, .ppEnabledExtensionNames = &extension};
	check(vkCreateDevice(gpu->physical, &device, NULL, &gpu->device));
}

static void finish(struct gpu *gpu) {
	vkDestroyDevice(gpu->device, NULL);
	vkDestroyInstance(gpu->instance, NULL);
}

static uint32_t find_type(const struct gpu *gpu, uint32_t bits, VkMemoryPropertyFlags flags) {
	uint32_t type = 0;
	while (type < gpu->memory.memoryTypeCount &&
		(!(bits >> type & 1) || (gpu->memory.memoryTypes[type].propertyFlags & flags) != flags))
		type++;
	return type;
}

static VkBuffer make_buffer(const struct gpu *gpu, VkDeviceSize size, VkExternalMemoryHandleTypeFlags types,
	VkMemoryRequirements *requirements) {
	const VkExternalMemoryBufferCreateInfo external = {
		VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, .handleTypes = types};
	const VkBufferCreateInfo info = {VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, types ? &external : NULL, .size = size,
		.usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT};
	VkBuffer buffer;
	check(vkCreateBuffer(gpu->device, &info, NULL, &buffer));
	vkGetBufferMemoryRequirements(gpu->device, buffer, requirements);
	return buffer;
}

static VkDeviceMemory allocate(const struct gpu *gpu, VkDeviceSize size, uint32_t type, const void *next) {
	const VkMemoryAllocateInfo info = {
		VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, next, .allocationSize = size, .memoryTypeIndex = type};
	VkDeviceMemory memory = VK_NULL_HANDLE;
	vkAllocateMemory(gpu->device, &info, NULL, &memory);
	return memory;
}

static void do_nothing_wrong(struct gpu *gpu) {
	VkMemoryRequirements requirements;
	VkBuffer buffer = make_buffer(gpu, 3000, 0, &requirements);
	VkDeviceMemory memory = allocate(gpu, 2 * requirements.size,
		find_type(gpu, requirements.memoryTypeBits, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT), NULL);
	void *bytes;
	check(vkBindBufferMemory(gpu->device, buffer, memory, requirements.size));
	check(vkMapMemory(gpu->device, memory, 0, VK_WHOLE_SIZE, 0, &bytes));
	const VkMappedMemoryRange range = {
		VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, .memory = memory, .size = VK_WHOLE_SIZE};
	check(vkFlushMappedMemoryRanges(gpu->device, 1, &range));
	vkUnmapMemory(gpu->device, memory);
	vkDestroyBuffer(gpu->device, buffer, NULL);
	vkFreeMemory(gpu->device, memory, NULL);
}

static void bind_in_wrong_type(struct gpu *gpu) {
	VkMemoryRequirements requirements;
	VkBuffer buffer = make_buffer(gpu, 64, HOST_ALLOCATION, &requirements);
	check(vkBindBufferMemory(gpu->device, buffer,
		allocate(gpu, requirements.size, find_type(gpu, ~requirements.memoryTypeBits, 0), NULL), 0));
}

static void bind_misaligned(struct gpu *gpu) {
	VkMemoryRequirements requirements;
	VkBuffer buffer = make_buffer(gpu, 64, 0, &requirements);
	VkDeviceMemory memory =
		allocate(gpu, 2 * requirements.size, find_type(gpu, requirements.memoryTypeBits, 0), NULL);
	check(vkBindBufferMemory(gpu->device, buffer, memory, requirements.alignment / 2));
}

static void bind_behind_end(struct gpu *gpu) {
	VkMemoryRequirements requirements;
	VkBuffer buffer = make_buffer(gpu, PAGE, 0, &requirements);
	VkDeviceMemory memory = allocate(gpu, requirements.size, find_type(gpu, requirements.memoryTypeBits, 0), NULL);
	check(vkBindBufferMemory(gpu->device, buffer, memory, requirements.alignment));
}

static void flush_between_atoms(struct gpu *gpu) {
	VkDeviceMemory memory = allocate(gpu, PAGE, find_type(gpu, ~0u, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT), NULL);
	void *bytes;
	check(vkMapMemory(gpu->device, memory, 0, VK_WHOLE_SIZE, 0, &bytes));
	const VkMappedMemoryRange range = {
		VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, .memory = memory, .offset = 32, .size = VK_WHOLE_SIZE};
	check(vkFlushMappedMemoryRanges(gpu->device, 1, &range));
}

static void map_what_is_not_visible(struct gpu *gpu) {
	void *bytes;
	uint32_t type = 0;
	while (gpu->memory.memoryTypes[type].propertyFlags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT)
		type++;
	vkMapMemory(gpu->device, allocate(gpu, PAGE, type, NULL), 0, VK_WHOLE_SIZE, 0, &bytes);
}

static VkDeviceMemory import(const struct gpu *gpu, void *pages, VkDeviceSize size, uint32_t type) {
	const VkImportMemoryHostPointerInfoEXT host = {VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
		.handleType = HOST_ALLOCATION, .pHostPointer = pages};
	return allocate(gpu, size, type, &host);
}

static void *map_pages(size_t size, int protection) {
	return mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static uint32_t types_of(const struct gpu *gpu, const void *pages) {
	PFN_vkGetMemoryHostPointerPropertiesEXT get = (PFN_vkGetMemoryHostPointerPropertiesEXT)vkGetDeviceProcAddr(
		gpu->device, "vkGetMemoryHostPointerPropertiesEXT");
	VkMemoryHostPointerPropertiesEXT properties = {.sType = VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT};
	check(get(gpu->device, HOST_ALLOCATION, pages, &properties));
	return properties.memoryTypeBits;
}

static void import_as_wrong_type(struct gpu *gpu) {
	void *pages = map_pages(PAGE, PROT_READ | PROT_WRITE);
	import(gpu, pages, PAGE, find_type(gpu, ~types_of(gpu, pages), 0));
}

static void import_half_a_page(struct gpu *gpu) {
	void *pages = map_pages(PAGE, PROT_READ | PROT_WRITE);
	import(gpu, pages, PAGE / 2, find_type(gpu, types_of(gpu, pages), 0));
}

static void import_hole(struct gpu *gpu) {
	char *pages = map_pages(3 * PAGE, PROT_READ | PROT_WRITE);
	uint32_t type = find_type(gpu, types_of(gpu, pages), 0);
	munmap(pages + PAGE, PAGE);
	import(gpu, pages, (VkDeviceSize)3 * PAGE, type);
}

static void bind_pages_to_plain_buffer(struct gpu *gpu) {
	VkMemoryRequirements requirements;
	VkBuffer buffer = make_buffer(gpu, 64, 0, &requirements);
	void *pages = map_pages(PAGE, PROT_READ | PROT_WRITE);
	check(vkBindBufferMemory(
		gpu->device, buffer, import(gpu, pages, PAGE, find_type(gpu, types_of(gpu, pages), 0)), 0));
}

static void draw_into_linear(struct gpu *gpu) {
	const VkExternalMemoryImageCreateInfo external = {
		VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO, .handleTypes = HOST_ALLOCATION};
	const VkImageCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.pNext = &external,
		.imageType = VK_IMAGE_TYPE_2D,
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.extent = {64, 64, 1},
		.mipLevels = 1,
		.arrayLayers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.tiling = VK_IMAGE_TILING_LINEAR,
		.usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT,
	};
	VkImage image;
	vkCreateImage(gpu->device, &info, NULL, &image);
}

static void leave_struct_in(struct gpu *gpu) {
	const VkBaseInStructure stranger = {(VkStructureType)1000999000, NULL};
	allocate(gpu, PAGE, 0, &stranger);
}

/* Returns the exit status of a process that calls `wrong`. */
static int status_of(void (*wrong)(struct gpu *gpu)) {
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct gpu gpu;
		init(&gpu);
		wrong(&gpu);
		exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool is_profile(const char *name) {
	const char *profile = getenv("TONGS_MOCK_PROFILE");
	return profile && strcmp(profile, name) == 0;
}

static void mistakes_fail_the_program(void **state) {
	(void)state;
	static void (*const wrong[])(struct gpu * gpu) = {bind_misaligned, bind_behind_end, flush_between_atoms,
		import_half_a_page, import_hole, bind_pages_to_plain_buffer, leave_struct_in};
	assert_int_equal(status_of(do_nothing_wrong), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (status_of(wrong[i]) != EXIT_STATUS)
			fail_msg("mistake %zu went by", i);
	if (is_profile("nvidia")) {
		assert_int_equal(status_of(bind_in_wrong_type), EXIT_STATUS);
		assert_int_equal(status_of(map_what_is_not_visible), EXIT_STATUS);
		assert_int_equal(status_of(import_as_wrong_type), EXIT_STATUS);
		assert_int_equal(status_of(draw_into_linear), EXIT_STATUS);
	}
}

static void says_what_the_profile_says(void **state) {
	(void)state;
	struct gpu gpu;
	init(&gpu);
	VkPhysicalDeviceIDProperties ids = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &ids};
	vkGetPhysicalDeviceProperties2(gpu.physical, &properties);
	const char *name = getenv("TONGS_MOCK_PROFILE");
	if (!name)
		fail_msg("TONGS_MOCK_PROFILE is not set");
	assert_memory_equal(ids.deviceUUID, name, strlen(name));
	assert_memory_equal(ids.driverUUID, name, strlen(name));
	assert_non_null(strstr(properties.properties.deviceName, "(mock)"));
	if (is_profile("nvidia")) {
		VkFormatProperties features;
		vkGetPhysicalDeviceFormatProperties(gpu.physical, VK_FORMAT_R8G8B8A8_UNORM, &features);
		assert_int_equal(gpu.memory.memoryTypeCount, 5);
		assert_int_equal(gpu.memory.memoryTypes[0].propertyFlags, 0);
		assert_true(features.optimalTilingFeatures & VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT);
		assert_false(features.linearTilingFeatures & VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT);
		assert_int_equal(types_of(&gpu, map_pages(PAGE, PROT_READ | PROT_WRITE)), 0x0c);
	}
	finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		/* First, while this process has no driver whose threads a child would lack. */
		cmocka_unit_test(mistakes_fail_the_program),
		cmocka_unit_test(says_what_the_profile_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
