/* SPDX-License-Identifier: MIT */
/* The fake driver by itself, without Tongs: it reports the profile's caps, and each broken rule fails the program. */
#include "mistakes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 64 << 10 };

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
	VkMemoryRequirements requirements;
	VkImageCreateInfo info = image_info(VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_LINEAR);
	info.usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
	make_image(gpu, &info, HOST_ALLOCATION, &requirements);
}

static void leave_struct_in(struct gpu *gpu) {
	const VkBaseInStructure stranger = {(VkStructureType)1000999000, NULL};
	allocate(gpu, PAGE, 0, &stranger);
}

static void bind_memory_of_another_device(struct gpu *gpu) {
	VkMemoryRequirements requirements;
	struct gpu sibling;
	init_sibling(gpu, &sibling);
	VkBuffer buffer = make_buffer(gpu, 64, 0, &requirements);
	vkBindBufferMemory(gpu->device, buffer,
		allocate(&sibling, requirements.size, find_type(gpu, requirements.memoryTypeBits, 0), NULL), 0);
}

/* A buffer, and an image as near as its alignment allows, at least `distance` away. */
static void bind_beside_image(struct gpu *gpu, VkDeviceSize distance) {
	VkMemoryRequirements of_buffer, of_image;
	const VkImageCreateInfo info = image_info(VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL);
	VkBuffer buffer = make_buffer(gpu, 64, 0, &of_buffer);
	VkImage image = make_image(gpu, &info, 0, &of_image);
	uint32_t type = find_type(gpu, of_buffer.memoryTypeBits & of_image.memoryTypeBits, 0);
	VkDeviceSize at = of_image.size + distance;
	VkDeviceMemory memory = allocate(gpu, at + of_buffer.size, type, NULL);
	check(vkBindImageMemory(gpu->device, image, memory, 0));
	check(vkBindBufferMemory(gpu->device, buffer, memory, at));
	vkDestroyImage(gpu->device, image, NULL);
	vkDestroyBuffer(gpu->device, buffer, NULL);
	vkFreeMemory(gpu->device, memory, NULL);
}

static void bind_next_to_image(struct gpu *gpu) {
	bind_beside_image(gpu, 0);
}

static void bind_far_from_image(struct gpu *gpu) {
	bind_beside_image(gpu, 128 << 10);
}

static void leave_children(struct gpu *gpu) {
	allocate(gpu, PAGE, 0, NULL);
	finish(gpu);
}

static void allocate_too_often(struct gpu *gpu) {
	static VkDeviceMemory memories[4096];
	for (size_t i = 0; i < sizeof(memories) / sizeof(memories[0]); i++) {
		memories[i] = allocate(gpu, 64, 0, NULL);
		if (!memories[i])
			abort();
	}
	if (allocate(gpu, 64, 0, NULL))
		abort();
	vkFreeMemory(gpu->device, memories[7], NULL);
	memories[7] = allocate(gpu, 64, 0, NULL);
	for (size_t i = 0; i < sizeof(memories) / sizeof(memories[0]); i++)
		vkFreeMemory(gpu->device, memories[i], NULL);
	finish(gpu);
}

static void make_larger_than_least(struct gpu *gpu) {
	VkMemoryRequirements requirements;
	VkImageCreateInfo info = image_info(VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL);
	info.extent.width = 4097;
	make_image(gpu, &info, 0, &requirements);
}

static void mistakes_fail_the_program(void **state) {
	static const struct mistake mistakes[] = {
		{NULL, do_nothing_wrong, ALL},
		{"VUID-vkBindBufferMemory-memoryOffset-01036", bind_misaligned, ALL},
		{"VUID-vkBindBufferMemory-size-01037", bind_behind_end, ALL},
		{"VUID-VkMappedMemoryRange-offset-00687", flush_between_atoms, ALL},
		{"VUID-VkMemoryAllocateInfo-allocationSize-01745", import_half_a_page, WITH_HOST},
		{"VUID-VkImportMemoryHostPointerInfoEXT-handleType-01750", import_hole, WITH_HOST},
		{"VUID-vkBindBufferMemory-memory-02985", bind_pages_to_plain_buffer, WITH_HOST},
		{"pNext", leave_struct_in, ALL},
		{"VUID-vkBindBufferMemory-memory-01035", bind_in_wrong_type, NVIDIA},
		{"VUID-vkMapMemory-memory-00682", map_what_is_not_visible, ALL & ~WITH_ONE_TYPE},
		{"VUID-VkMemoryAllocateInfo-memoryTypeIndex-01744", import_as_wrong_type, NVIDIA | RADV | HOSTILE},
		{"VUID-VkImageViewCreateInfo-usage-02276", draw_into_linear, NVIDIA},
		{"parent", bind_memory_of_another_device, ALL},
		/* Where images are not in whole pages. */
		{"granularity", bind_next_to_image, HOSTILE},
		{NULL, bind_next_to_image, ALL & ~HOSTILE},
		{NULL, bind_far_from_image, ALL},
		{"VUID-vkDestroyDevice-device-05137", leave_children, ALL},
		{NULL, allocate_too_often, SWIFTSHADER | HOSTILE},
		{"VUID-VkImageCreateInfo-imageCreateMaxMipLevels-02251", make_larger_than_least, HOSTILE},
	};
	(void)state;
	check_mistakes(mistakes, sizeof(mistakes) / sizeof(mistakes[0]));
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
	if (get_profile() == NVIDIA) {
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
