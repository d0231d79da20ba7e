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

enum { EXIT_STATUS = 86, PAGE = 64 << 10 };
#define HOST_ALLOCATION VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT

struct gpu {
	VkInstance instance;
	VkPhysicalDevice physical;
	VkDevice device;
	VkPhysicalDeviceMemoryProperties memory;
	bool has_host;
	VkDeviceSize page; /* minImportedHostPointerAlignment */
};

static void check(VkResult result) {
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

static void init(struct gpu *gpu) {
	const VkApplicationInfo application = {VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_1};
	const VkInstanceCreateInfo instance = {
		VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, .pApplicationInfo = &application};
	uint32_t count = 1;
	check(vkCreateInstance(&instance, NULL, &gpu->instance));
	check(vkEnumeratePhysicalDevices(gpu->instance, &count, &gpu->physical));
	vkGetPhysicalDeviceMemoryProperties(gpu->physical, &gpu->memory);
	const char *extensions[] = {
		VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME};
	gpu->has_host = has_extension(gpu->physical, extensions[1]);
	VkPhysicalDeviceExternalMemoryHostPropertiesEXT host = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &host};
	vkGetPhysicalDeviceProperties2(gpu->physical, &properties);
	gpu->page = host.minImportedHostPointerAlignment;
	const VkDeviceQueueCreateInfo queue = {
		VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO, .queueCount = 1, .pQueuePriorities = &(float){1}};
	const VkDeviceCreateInfo device = {VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, .queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue, .enabledExtensionCount = gpu->has_host ? 2 : 1,
		.ppEnabledExtensionNames = extensions};
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

static void *map_pages(size_t size) {
	char *pages = mmap(NULL, size + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return pages + -(uintptr_t)pages % PAGE;
}

static uint32_t types_of(const struct gpu *gpu, const void *pages) {
	PFN_vkGetMemoryHostPointerPropertiesEXT get = (PFN_vkGetMemoryHostPointerPropertiesEXT)vkGetDeviceProcAddr(
		gpu->device, "vkGetMemoryHostPointerPropertiesEXT");
	VkMemoryHostPointerPropertiesEXT properties = {.sType = VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT};
	check(get(gpu->device, HOST_ALLOCATION, pages, &properties));
	return properties.memoryTypeBits;
}

static void import_as_wrong_type(struct gpu *gpu) {
	void *pages = map_pages(PAGE);
	import(gpu, pages, PAGE, find_type(gpu, ~types_of(gpu, pages), 0));
}

static void import_half_a_page(struct gpu *gpu) {
	void *pages = map_pages(PAGE);
	import(gpu, pages, gpu->page / 2, find_type(gpu, types_of(gpu, pages), 0));
}

static void import_hole(struct gpu *gpu) {
	char *pages = map_pages(3 * PAGE);
	uint32_t type = find_type(gpu, types_of(gpu, pages), 0);
	munmap(pages + PAGE, PAGE);
	import(gpu, pages, (VkDeviceSize)3 * PAGE, type);
}

static void bind_pages_to_plain_buffer(struct gpu *gpu) {
	VkMemoryRequirements requirements;
	VkBuffer buffer = make_buffer(gpu, 64, 0, &requirements);
	void *pages = map_pages(PAGE);
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

static const char
	*const with_host[] = {"nvidia", "radv", "anv-tgl", "anv-dg2", "swiftshader", "hostile", "coarse", NULL},
	       *const with_types[] = {"nvidia", "radv", "anv-dg2", "hostile", "nvk", NULL},
	       *const with_host_types[] = {"nvidia", "radv", "hostile", NULL}, *const only_nvidia[] = {"nvidia", NULL};

static const struct mistake {
	const char *name;
	void (*make)(struct gpu *gpu);
	const char *const *profiles; /* NULL: all */
} mistakes[] = {
	{"bind misaligned", bind_misaligned, NULL},
	{"bind behind the end", bind_behind_end, NULL},
	{"flush between atoms", flush_between_atoms, NULL},
	{"import half a page", import_half_a_page, with_host},
	{"import a hole", import_hole, with_host},
	{"bind pages to a plain buffer", bind_pages_to_plain_buffer, with_host},
	{"leave a struct in", leave_struct_in, NULL},
	{"bind in a wrong type", bind_in_wrong_type, only_nvidia},
	{"map what is not visible", map_what_is_not_visible, with_types},
	{"import as a wrong type", import_as_wrong_type, with_host_types},
	{"draw into LINEAR", draw_into_linear, only_nvidia},
};

static bool is_made_on(const struct mistake *mistake) {
	const char *const *profile = mistake->profiles;
	while (profile && *profile && !is_profile(*profile))
		profile++;
	return !profile || *profile;
}

static void mistakes_fail_the_program(void **state) {
	(void)state;
	assert_int_equal(status_of(do_nothing_wrong), 0);
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		if (is_made_on(&mistakes[i]) && status_of(mistakes[i].make) != EXIT_STATUS)
			fail_msg("%s: no violation", mistakes[i].name);
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
		assert_int_equal(types_of(&gpu, map_pages(PAGE)), 0x0c);
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
