/* SPDX-License-Identifier: MIT */
/* Bad input: the answer that is laid down, outputs of NULL or zero, one message with the rule, and nothing left behind.
 */
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

static void handle_queries(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, MTLBUFFER);
	VkDeviceMemory memory = export_for_buffer(&gpu, buffer, MTLBUFFER);
	VkDeviceMemory plain = export_memory(&gpu, SIZE, 0, 0, VK_NULL_HANDLE, VK_NULL_HANDLE);
	const struct {
		VkDeviceMemory memory;
		VkExternalMemoryHandleTypeFlags type;
		const char *rule;
	} rows[] = {
		{memory, MTLHEAP, "10414"},
		{memory, MTLTEXTURE, "10414"},
		{memory, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT, "10415"},
		{memory, MTLBUFFER | MTLHEAP, "10415"},
		{memory, 0, "10415"},
		{memory, 0x80000000, "10415"},
		{plain, MTLBUFFER, "10413"},
		{VK_NULL_HANDLE, MTLBUFFER, "10413"},
		{(VkDeviceMemory)(uintptr_t)0x1234560, MTLBUFFER, "10413"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(try_handle(&gpu, rows[i].memory, rows[i].type), VK_ERROR_VALIDATION_FAILED_EXT);
		assert_told(&gpu, rows[i].rule);
	}
	assert_vk(try_handle(&gpu, memory, MTLBUFFER));
	assert_told(&gpu, NULL);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	vkFreeMemory(gpu.device, plain, NULL);
	gpu_finish(&gpu);
}

/* Everything that is not a live object of the class that the type says: refused without being touched. */
static void bad_handles(void **state) {
	static const VkExternalMemoryHandleTypeFlags types[] = {MTLBUFFER, MTLTEXTURE, MTLHEAP};
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, MTLBUFFER | MTLHEAP);
	VkDeviceMemory memory = export_for_buffer(&gpu, buffer, MTLBUFFER | MTLHEAP);
	VkImageCreateInfo create = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	VkImage image = make_image(&gpu, &create, MTLTEXTURE);
	VkDeviceMemory image_memory = export_for_image(&gpu, image, MTLTEXTURE);
	struct tongs_buffer *metal_buffer = handle_of(&gpu, memory, MTLBUFFER);
	struct tongs_heap *metal_heap = handle_of(&gpu, memory, MTLHEAP);
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
		assert_told(&gpu, "10416");
		assert_int_equal(try_import(&gpu, type, rows[i / 3].handle, SIZE, 0, image, &got),
			VK_ERROR_INVALID_EXTERNAL_HANDLE);
		assert_true(got == VK_NULL_HANDLE);
		assert_told(&gpu, "10411");
	}
	munmap(forbidden, 4096);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	vkFreeMemory(gpu.device, image_memory, NULL);
	gpu_finish(&gpu);
}

/* Objects of another physical device, which only its UUID tells apart. */
static void objects_of_another_device(void **state) {
	static const uint8_t uuid[VK_UUID_SIZE] = "another device";
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
	struct tongs_device *another = tongs_interop_new_device(uuid, &properties, &memory);
	struct tongs_buffer *buffer = tongs_device_new_buffer(another, SIZE, MTLResourceStorageModeShared);
	assert_non_null(buffer);
	VkDeviceMemory got = (VkDeviceMemory)(uintptr_t)1;
	assert_int_equal(try_properties(&gpu, MTLBUFFER, buffer), VK_ERROR_INVALID_EXTERNAL_HANDLE);
	assert_told(&gpu, "10416");
	assert_int_equal(try_import(&gpu, MTLBUFFER, buffer, SIZE, shared_type(&gpu), VK_NULL_HANDLE, &got),
		VK_ERROR_INVALID_EXTERNAL_HANDLE);
	assert_true(got == VK_NULL_HANDLE);
	assert_told(&gpu, "10409");
	tongs_buffer_unref(buffer);
	tongs_device_unref(another);
	gpu_finish(&gpu);
}

static void bad_handle_types(void **state) {
	static const VkExternalMemoryHandleTypeFlags types[] = {
		VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
		VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
		MTLBUFFER | MTLHEAP,
		MTLBUFFER | VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
		0x7fffffff,
	};
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, MTLBUFFER);
	VkDeviceMemory memory = export_for_buffer(&gpu, buffer, MTLBUFFER);
	void *handle = handle_of(&gpu, memory, MTLBUFFER);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		VkDeviceMemory got = (VkDeviceMemory)(uintptr_t)1;
		assert_int_equal(try_properties(&gpu, types[i], handle), VK_ERROR_INVALID_EXTERNAL_HANDLE);
		assert_told(&gpu, "10417");
		assert_int_equal(try_import(&gpu, types[i], handle, SIZE, shared_type(&gpu), VK_NULL_HANDLE, &got),
			VK_ERROR_INVALID_EXTERNAL_HANDLE);
		assert_true(got == VK_NULL_HANDLE);
		assert_told(&gpu, "10410");
	}
	assert_int_equal(try_properties(&gpu, 0, handle), VK_ERROR_INVALID_EXTERNAL_HANDLE);
	assert_told(&gpu, "10417");
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

static void imports_of_too_much(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, MTLBUFFER | MTLHEAP);
	VkDeviceMemory memory = export_for_buffer(&gpu, buffer, MTLBUFFER | MTLHEAP);
	const VkDeviceSize sizes[] = {SIZE + 1, 2 * SIZE, UINT64_MAX, UINT64_MAX - 4095};
	for (size_t i = 0; i < 2 * sizeof(sizes) / sizeof(*sizes); i++) {
		VkExternalMemoryHandleTypeFlags type = i % 2 ? MTLBUFFER : MTLHEAP;
		VkDeviceMemory got = (VkDeviceMemory)(uintptr_t)1;
		assert_int_equal(try_import(&gpu, type, handle_of(&gpu, memory, type), sizes[i / 2], shared_type(&gpu),
					 VK_NULL_HANDLE, &got),
			VK_ERROR_INVALID_EXTERNAL_HANDLE);
		assert_true(got == VK_NULL_HANDLE);
		assert_told(&gpu, "10412");
	}
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

static void textures_that_do_not_fit(void **state) {
	struct gpu gpu, other;
	(void)state;
	gpu_init(&gpu, NULL);
	gpu_init_sibling(&other, &gpu);
	VkImageCreateInfo create = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	VkImage image = make_image(&gpu, &create, MTLTEXTURE);
	VkDeviceMemory memory = export_for_image(&gpu, image, MTLTEXTURE);
	void *texture = handle_of(&gpu, memory, MTLTEXTURE);
	VkImageCreateInfo wider = create, higher = create, swapped = create, deeper = create;
	wider.extent.width++;
	higher.extent.height--;
	swapped.format = VK_FORMAT_B8G8R8A8_UNORM;
	deeper.format = VK_FORMAT_R16G16B16A16_SFLOAT;
	const struct {
		VkImage image;
		const char *rule;
	} rows[] = {
		{VK_NULL_HANDLE, "10395"},
		{make_image(&other, &create, MTLTEXTURE), "10395"}, /* another device's */
		{make_image(&gpu, &create, 0), "10395"},
		{make_image(&gpu, &create, MTLHEAP), "10395"},
		{make_image(&gpu, &wider, MTLTEXTURE), "10396"},
		{make_image(&gpu, &higher, MTLTEXTURE), "10396"},
		{make_image(&gpu, &swapped, MTLTEXTURE), "10412"},
		{make_image(&gpu, &deeper, MTLTEXTURE), "10412"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		VkDeviceMemory got = (VkDeviceMemory)(uintptr_t)1;
		assert_int_equal(try_import(&gpu, MTLTEXTURE, texture, 0, shared_type(&gpu), rows[i].image, &got),
			VK_ERROR_INVALID_EXTERNAL_HANDLE);
		assert_true(got == VK_NULL_HANDLE);
		assert_told(&gpu, rows[i].rule);
		vkDestroyImage(i == 1 ? other.device : gpu.device, rows[i].image, NULL);
	}
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&other);
	gpu_finish(&gpu);
}

/* A texture over a buffer whose rows are further apart than the image's. */
static void textures_with_other_rows(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	struct tongs_device *device = tongs_device_new_default();
	NSUInteger alignment = tongs_device_get_minimum_linear_texture_alignment(device, MTLPixelFormatRGBA8Unorm);
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, 1 << 20, MTLResourceStorageModeShared);
	const struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, WIDTH, HEIGHT);
	struct tongs_texture *texture = tongs_buffer_new_texture(buffer, &info, 0, 4 * WIDTH + 8 * alignment);
	assert_non_null(texture);
	VkImageCreateInfo create = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	VkImage image = make_image(&gpu, &create, MTLTEXTURE);
	VkDeviceMemory got = (VkDeviceMemory)(uintptr_t)1;
	assert_int_equal(try_import(&gpu, MTLTEXTURE, texture, 0, shared_type(&gpu), image, &got),
		VK_ERROR_INVALID_EXTERNAL_HANDLE);
	assert_true(got == VK_NULL_HANDLE);
	assert_told(&gpu, "10412");
	vkDestroyImage(gpu.device, image, NULL);
	tongs_texture_unref(texture);
	tongs_buffer_unref(buffer);
	tongs_device_unref(device);
	gpu_finish(&gpu);
}

/* Allocations for export that break a rule. */
static void bad_exports(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	VkImageCreateInfo create = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	VkImage image = make_image(&gpu, &create, MTLTEXTURE), plain = make_image(&gpu, &create, 0);
	const struct {
		VkExternalMemoryHandleTypeFlags types;
		VkDeviceSize size;
		uint32_t memory_type; /* 0: one that can be shared */
		VkImage image;
		const char *rule;
	} rows[] = {
		{MTLTEXTURE, 65536, 0, VK_NULL_HANDLE, "00639"},
		{MTLTEXTURE, 65536, 0, plain, "00639"},
		{MTLTEXTURE, 16, 0, image, "02964"},
		{MTLTEXTURE | MTLHEAP, 65536, 0, image, "00656"},
		{MTLBUFFER | VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT, 65536, 0, VK_NULL_HANDLE, "00656"},
		{MTLBUFFER, 65536, 31, VK_NULL_HANDLE, "00656"},
		{MTLBUFFER, 65536, 1000, VK_NULL_HANDLE, "00656"},
		{MTLHEAP, 0, 0, VK_NULL_HANDLE, "07899"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const VkMemoryDedicatedAllocateInfo dedicated = {
			.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
			.image = rows[i].image,
		};
		const VkExportMemoryAllocateInfo export = {
			.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
			.pNext = &dedicated,
			.handleTypes = rows[i].types,
		};
		const VkMemoryAllocateInfo info = {
			.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
			.pNext = &export,
			.allocationSize = rows[i].size,
			.memoryTypeIndex = rows[i].memory_type ? rows[i].memory_type : shared_type(&gpu),
		};
		VkDeviceMemory got = (VkDeviceMemory)(uintptr_t)1;
		assert_int_equal(vkAllocateMemory(gpu.device, &info, NULL, &got), VK_ERROR_VALIDATION_FAILED_EXT);
		assert_true(got == VK_NULL_HANDLE);
		assert_told(&gpu, rows[i].rule);
	}
	vkDestroyImage(gpu.device, image, NULL);
	vkDestroyImage(gpu.device, plain, NULL);
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
			.memoryTypeIndex = shared_type(&gpu),
		};
		VkDeviceMemory got = (VkDeviceMemory)(uintptr_t)1;
		VkResult result = vkAllocateMemory(gpu.device, &info, NULL, &got);
		assert_true(result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_OUT_OF_DEVICE_MEMORY);
		assert_true(got == VK_NULL_HANDLE);
	}
	gpu_finish(&gpu);
}

static void bad_resources(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	const VkExternalMemoryBufferCreateInfo texture = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = MTLTEXTURE,
	};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = &texture,
		.size = SIZE,
		.usage = COPIES,
	};
	VkBuffer buffer = (VkBuffer)(uintptr_t)1;
	assert_int_equal(vkCreateBuffer(gpu.device, &info, NULL, &buffer), VK_ERROR_VALIDATION_FAILED_EXT);
	assert_true(buffer == VK_NULL_HANDLE);
	assert_told(&gpu, "00920");

	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = MTLTEXTURE,
	};
	VkImageCreateInfo create = image_info(VK_FORMAT_R8G8B8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	create.pNext = &external;
	VkImage image = (VkImage)(uintptr_t)1;
	assert_int_equal(vkCreateImage(gpu.device, &create, NULL, &image), VK_ERROR_VALIDATION_FAILED_EXT);
	assert_true(image == VK_NULL_HANDLE);
	assert_told(&gpu, "00990");
	gpu_finish(&gpu);
}

/* An import names what may be exported from it: its own type. */
static void other_types_from_an_import(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, MTLBUFFER | MTLHEAP);
	VkDeviceMemory memory = export_for_buffer(&gpu, buffer, MTLBUFFER | MTLHEAP);
	void *handle = handle_of(&gpu, memory, MTLHEAP);
	const VkImportMemoryMetalHandleInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		.handleType = MTLHEAP,
		.handle = handle,
	};
	VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.pNext = &import,
		.handleTypes = MTLBUFFER,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &export,
		.allocationSize = SIZE,
		.memoryTypeIndex = shared_type(&gpu),
	};
	VkDeviceMemory got = (VkDeviceMemory)(uintptr_t)1;
	assert_int_equal(vkAllocateMemory(gpu.device, &info, NULL, &got), VK_ERROR_VALIDATION_FAILED_EXT);
	assert_true(got == VK_NULL_HANDLE);
	assert_told(&gpu, "09860");
	export.handleTypes = MTLHEAP;
	assert_vk(vkAllocateMemory(gpu.device, &info, NULL, &got));
	assert_ptr_equal(handle_of(&gpu, got, MTLHEAP), handle);
	assert_int_equal(try_handle(&gpu, got, MTLBUFFER), VK_ERROR_VALIDATION_FAILED_EXT);
	assert_told(&gpu, "10414");
	vkFreeMemory(gpu.device, got, NULL);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

/* Without a messenger the answers are the same. */
static void silent_without_a_messenger(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &(struct gpu_options){.without_messenger = true});
	assert_int_equal(try_handle(&gpu, VK_NULL_HANDLE, MTLBUFFER), VK_ERROR_VALIDATION_FAILED_EXT);
	assert_int_equal(try_properties(&gpu, MTLBUFFER, NULL), VK_ERROR_INVALID_EXTERNAL_HANDLE);
	assert_told(&gpu, NULL);
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handle_queries),
		cmocka_unit_test(bad_handles),
		cmocka_unit_test(objects_of_another_device),
		cmocka_unit_test(bad_handle_types),
		cmocka_unit_test(imports_of_too_much),
		cmocka_unit_test(textures_that_do_not_fit),
		cmocka_unit_test(textures_with_other_rows),
		cmocka_unit_test(bad_exports),
		cmocka_unit_test(more_memory_than_there_is),
		cmocka_unit_test(bad_resources),
		cmocka_unit_test(other_types_from_an_import),
		cmocka_unit_test(silent_without_a_messenger),
	};
	return cmocka_run_group_tests_name("layer: refusals", tests, NULL, NULL);
}
