/* SPDX-License-Identifier: MIT */
/* Invalid handles, and more memory than exists: refused, outputs of NULL or zero, nothing leaked. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "harness.h"
#include "metal/interop.h"

enum { SIZE = 8192, WIDTH = 32, HEIGHT = 16 };

static const VkBufferUsageFlags COPIES = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;

static VkResult try_handle(struct gpu *gpu, VkDeviceMemory memory, VkExternalMemoryHandleTypeFlags type) {
	const VkMemoryGetMetalHandleInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.memory = memory,
		.handleType = (VkExternalMemoryHandleTypeFlagBits)type,
	};
	void *handle = gpu;
	VkResult result = gpu->get_handle(gpu->device, &info, &handle);
	if (result != VK_SUCCESS)
		assert_null(handle);
	return result;
}

static VkResult try_properties(struct gpu *gpu, VkExternalMemoryHandleTypeFlags type, const void *handle) {
	VkMemoryMetalHandlePropertiesEXT properties = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_METAL_HANDLE_PROPERTIES_EXT,
		.memoryTypeBits = 0xabcdef,
	};
	VkResult result =
		gpu->get_properties(gpu->device, (VkExternalMemoryHandleTypeFlagBits)type, handle, &properties);
	if (result != VK_SUCCESS)
		assert_int_equal(properties.memoryTypeBits, 0);
	return result;
}

/* Everything that is not a live object of the class that the type says: refused without being dereferenced. */
static void bad_handles(void **state) {
	static const VkExternalMemoryHandleTypeFlags types[] = {MTLBUFFER, MTLTEXTURE, MTLHEAP};
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, MTLBUFFER);
	VkDeviceMemory memory = export_for_buffer(&gpu, buffer, MTLBUFFER);
	VkDeviceMemory heap_memory =
		export_memory(&gpu, SIZE, shared_type_as(&gpu, MTLHEAP), MTLHEAP, VK_NULL_HANDLE, VK_NULL_HANDLE);
	VkImageCreateInfo create = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	VkImage image = make_image(&gpu, &create, MTLTEXTURE);
	VkDeviceMemory image_memory = export_for_image(&gpu, image, MTLTEXTURE);
	struct tongs_buffer *metal_buffer = handle_of(&gpu, memory, MTLBUFFER);
	struct tongs_heap *metal_heap = handle_of(&gpu, heap_memory, MTLHEAP);
	struct tongs_texture *metal_texture = handle_of(&gpu, image_memory, MTLTEXTURE);
	struct tongs_device *device = tongs_heap_get_device(metal_heap);
	struct tongs_buffer *released = tongs_device_new_buffer(device, 64, MTLResourceStorageModeShared);
	tongs_buffer_unref(released);
	char *forbidden = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t zeros[8] = {0};
	const struct {
		const void *handle;
		VkExternalMemoryHandleTypeFlags right; /* the type for which it is good */
	} rows[] = {
		{NULL, 0},
		{(void *)1, 0},
		{(void *)(uintptr_t)0xdeadbeefdeadbeefu, 0},
		{(void *)UINTPTR_MAX, 0},
		{forbidden, 0},
		{zeros, 0},
		{"not an object", 0},
		{released, 0},
		{(char *)metal_buffer + 8, 0},
		{(char *)metal_buffer + 1, 0},
		{device, 0},
		{tongs_buffer_get_contents(metal_buffer), 0},
		{metal_buffer, MTLBUFFER},
		{metal_heap, MTLHEAP},
		{metal_texture, MTLTEXTURE},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows) * 3; i++) {
		VkExternalMemoryHandleTypeFlags type = types[i % 3];
		VkDeviceMemory got = (VkDeviceMemory)(uintptr_t)1;
		if (rows[i / 3].right == type)
			continue;
		assert_int_equal(try_properties(&gpu, type, rows[i / 3].handle), VK_ERROR_INVALID_EXTERNAL_HANDLE);
		assert_reported(&gpu, "10416");
		assert_int_equal(try_import(&gpu, type, rows[i / 3].handle, SIZE, 0, image, &got),
			VK_ERROR_INVALID_EXTERNAL_HANDLE);
		assert_true(got == VK_NULL_HANDLE);
		assert_reported(&gpu, "10411");
	}
	munmap(forbidden, 4096);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	vkFreeMemory(gpu.device, heap_memory, NULL);
	vkFreeMemory(gpu.device, image_memory, NULL);
	gpu_finish(&gpu);
}

/* Objects of another physical device, which only its UUID tells apart. */
static void objects_of_another_device(void **state) {
	static const struct tongs_vk_id id = {.device = "another device"};
	const VkPhysicalDeviceProperties properties = {
		.deviceType = VK_PHYSICAL_DEVICE_TYPE_CPU,
		.deviceName = "another",
	};
	const VkPhysicalDeviceMemoryProperties memory = {
		.memoryTypeCount = 1,
		.memoryTypes = {{.propertyFlags = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT}},
		.memoryHeapCount = 1,
		.memoryHeaps = {{.size = UINT64_C(1) << 32}},
	};
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	struct tongs_device *another =
		tongs_interop_new_device(&id, &properties, &memory, &(const struct tongs_import_roles){0});
	struct tongs_buffer *buffer = tongs_device_new_buffer(another, SIZE, MTLResourceStorageModeShared);
	assert_non_null(buffer);
	VkDeviceMemory got = (VkDeviceMemory)(uintptr_t)1;
	assert_int_equal(try_properties(&gpu, MTLBUFFER, buffer), VK_ERROR_INVALID_EXTERNAL_HANDLE);
	assert_reported(&gpu, "10416");
	assert_int_equal(try_import(&gpu, MTLBUFFER, buffer, SIZE, shared_type(&gpu), VK_NULL_HANDLE, &got),
		VK_ERROR_INVALID_EXTERNAL_HANDLE);
	assert_true(got == VK_NULL_HANDLE);
	assert_reported(&gpu, "10409");
	tongs_buffer_unref(buffer);
	tongs_device_unref(another);
	gpu_finish(&gpu);
}

static void more_memory_than_there_is(void **state) {
	static const VkDeviceSize sizes[] = {UINT64_C(1) << 60, UINT64_MAX, UINT64_MAX - 4096};
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (size_t i = 0; i < 3; i++) {
		const VkExportMemoryAllocateInfo export = {
			.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
			.handleTypes = MTLHEAP,
		};
		const VkMemoryAllocateInfo info = {
			.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
			.pNext = &export,
			.allocationSize = sizes[i],
			.memoryTypeIndex = shared_type_as(&gpu, MTLHEAP),
		};
		VkDeviceMemory got = (VkDeviceMemory)(uintptr_t)1;
		VkResult result = vkAllocateMemory(gpu.device, &info, NULL, &got);
		assert_true(result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_OUT_OF_DEVICE_MEMORY);
		assert_true(got == VK_NULL_HANDLE);
	}
	gpu_finish(&gpu);
}

/* Without a messenger the results are the same. */
static void silent_without_a_messenger(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &(struct gpu_options){.without_messenger = true});
	assert_int_equal(try_handle(&gpu, VK_NULL_HANDLE, MTLBUFFER), VK_ERROR_VALIDATION_FAILED_EXT);
	assert_int_equal(try_properties(&gpu, MTLBUFFER, NULL), VK_ERROR_INVALID_EXTERNAL_HANDLE);
	assert_reported(&gpu, NULL);
	gpu_finish(&gpu);
}

/* Handle types that do not go together, on one resource: no driver shares it as both, so there is no such resource. */
static void types_that_do_not_go_together(void **state) {
	static const VkExternalMemoryHandleTypeFlags others[] = {
		VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT, MTLTEXTURE, 1u << 30};
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		const VkExternalMemoryImageCreateInfo image_types = {
			.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
			.handleTypes = MTLHEAP | others[i],
		};
		const VkExternalMemoryBufferCreateInfo buffer_types = {
			.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
			.handleTypes = MTLHEAP | others[i],
		};
		VkImageCreateInfo image_create =
			image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_LINEAR);
		image_create.pNext = &image_types;
		const VkBufferCreateInfo buffer_create = {
			.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
			.pNext = &buffer_types,
			.size = SIZE,
			.usage = COPIES,
		};
		VkImage image = (VkImage)(uintptr_t)&gpu;
		VkBuffer buffer = (VkBuffer)(uintptr_t)&gpu;
		assert_int_equal(
			vkCreateImage(gpu.device, &image_create, NULL, &image), VK_ERROR_VALIDATION_FAILED_EXT);
		assert_reported(&gpu, "00990");
		assert_int_equal(
			vkCreateBuffer(gpu.device, &buffer_create, NULL, &buffer), VK_ERROR_VALIDATION_FAILED_EXT);
		assert_reported(&gpu, "00920");
		assert_true(image == VK_NULL_HANDLE && buffer == VK_NULL_HANDLE);
	}
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_handles),
		cmocka_unit_test(objects_of_another_device),
		cmocka_unit_test(more_memory_than_there_is),
		cmocka_unit_test(types_that_do_not_go_together),
		cmocka_unit_test(silent_without_a_messenger),
	};
	return cmocka_run_group_tests_name("layer: refusals", tests, NULL, NULL);
}
