/* SPDX-License-Identifier: MIT */
/* The rules of buffers and images: their creation for handle types, and their binding to memory of handle types. */
#include <string.h>

#include "metal_side.h"
#include "rules.h"

static void create_00920_buffers(void **state) {
	static const struct {
		VkExternalMemoryHandleTypeFlags types;
		VkBufferCreateFlags flags;
	} rows[] = {
		{MTLTEXTURE, 0},
		{MTLTEXTURE | MTLBUFFER, 0},
		{MTLBUFFER | VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT, 0},
		{MTLHEAP, VK_BUFFER_CREATE_SPARSE_BINDING_BIT},
		{MTLBUFFER, VK_BUFFER_CREATE_PROTECTED_BIT},
	};
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	set_name(&gpu, OBJECT(DEVICE, gpu.device, "the device"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const VkExternalMemoryBufferCreateInfo external = {
			.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
			.handleTypes = rows[i].types,
		};
		const VkBufferCreateInfo info = {
			.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
			.pNext = &external,
			.flags = rows[i].flags,
			.size = SIZE,
			.usage = COPIES,
		};
		VkBuffer buffer = (VkBuffer)(uintptr_t)1;
		assert_int_equal(vkCreateBuffer(gpu.device, &info, NULL, &buffer), VK_ERROR_VALIDATION_FAILED_EXT);
		assert_true(buffer == VK_NULL_HANDLE);
		assert_reported_of(
			&gpu, "VUID-VkBufferCreateInfo-pNext-00920", REFUSED, OBJECT(DEVICE, gpu.device, "the device"));
	}
	gpu_finish(&gpu);
}

static VkResult try_image(struct gpu *gpu, VkImageCreateInfo create, VkExternalMemoryHandleTypeFlags types) {
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = types,
	};
	VkImage image = (VkImage)(uintptr_t)1;
	create.pNext = &external;
	VkResult result = vkCreateImage(gpu->device, &create, NULL, &image);
	if (result != VK_SUCCESS)
		assert_true(image == VK_NULL_HANDLE);
	vkDestroyImage(gpu->device, image, NULL);
	return result;
}

static void create_00990_images(void **state) {
	const VkImageCreateInfo optimal = rgba8(VK_IMAGE_TILING_OPTIMAL);
	VkImageCreateInfo sparse = optimal, no_metal = optimal;
	sparse.flags = VK_IMAGE_CREATE_SPARSE_BINDING_BIT;
	no_metal.format = VK_FORMAT_R8G8B8_UNORM;
	const struct {
		const VkImageCreateInfo *create;
		VkExternalMemoryHandleTypeFlags types;
		const char *text;
	} rows[] = {
		{&no_metal, MTLTEXTURE, "VK_FORMAT_R8G8B8_UNORM"},
		{&no_metal, MTLTEXTURE, "Metal has no such pixel format"},
		{&optimal, MTLBUFFER, "VK_IMAGE_TILING_LINEAR"},
		{&optimal, MTLTEXTURE | MTLHEAP, "compatibleHandleTypes"},
		{&optimal, MTLHEAP | VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT, "compatibleHandleTypes"},
		{&sparse, MTLHEAP, "2D, OPTIMAL, "},
	};
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(try_image(&gpu, *rows[i].create, rows[i].types), VK_ERROR_VALIDATION_FAILED_EXT);
		assert_reported_of(
			&gpu, "VUID-VkImageCreateInfo-pNext-00990", REFUSED, OBJECT(DEVICE, gpu.device, NULL));
		assert_non_null(strstr(gpu.last.text, rows[i].text));
	}
	gpu_finish(&gpu);
}

/* Told of and done: the validation layer below says the same, of the handle type that the driver knows. */
static void create_01443_initial_layout(void **state) {
	VkImageCreateInfo create = rgba8(VK_IMAGE_TILING_LINEAR);
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	gpu.expected_below = "VUID-VkImageCreateInfo-pNext-01443";
	create.initialLayout = VK_IMAGE_LAYOUT_PREINITIALIZED;
	assert_vk(try_image(&gpu, create, MTLBUFFER));
	assert_reported_of(&gpu, "VUID-VkImageCreateInfo-pNext-01443", TOLERATED, OBJECT(DEVICE, gpu.device, NULL));
	create.initialLayout = VK_IMAGE_LAYOUT_UNDEFINED;
	assert_vk(try_image(&gpu, create, MTLBUFFER));
	assert_reported(&gpu, NULL);
	gpu_finish(&gpu);
}

/* 02727 and 02729, or 02985 and 02989, as the validation layer was built; 01035 and 01047, where the memory types of
 * the handle types differ. */
static const char BELOW[] = "-memory-0";

enum { RESOURCE_TYPES = 3 };
static const VkExternalMemoryHandleTypeFlags resource_types[RESOURCE_TYPES] = {0, MTLBUFFER, MTLHEAP};

/* Memory with handle types: exported as one, as two, imported with and without being named for export. */
struct memories {
	VkDeviceMemory heap, both, imported, imported_for_export;
};

static void make_memories(struct gpu *gpu, struct tongs_heap *heap, struct memories *memories) {
	const VkExportMemoryAllocateInfo export = export_info(MTLHEAP, NULL);
	const VkImportMemoryMetalHandleInfoEXT import = import_info(MTLHEAP, heap, &export);
	const VkExternalMemoryHandleTypeFlags both = can_combine(gpu) ? MTLHEAP | MTLBUFFER : MTLHEAP;
	memories->heap =
		export_memory(gpu, 16 * SIZE, shared_type_as(gpu, MTLHEAP), MTLHEAP, VK_NULL_HANDLE, VK_NULL_HANDLE);
	memories->both = export_memory(gpu, 16 * SIZE, shared_type_as(gpu, both), both, VK_NULL_HANDLE, VK_NULL_HANDLE);
	const uint32_t type = pick_type(gpu, handle_types(gpu, MTLHEAP, heap), 0);
	assert_vk(try_import(gpu, MTLHEAP, heap, 16 * SIZE, type, VK_NULL_HANDLE, &memories->imported));
	assert_vk(try_allocate(gpu, &import, 16 * SIZE, type, &memories->imported_for_export));
}

/* The rule that a binding is reported under; NULL: none. */
struct binding {
	VkDeviceMemory memory;
	const char *reports[RESOURCE_TYPES];
};

static void check_buffers(struct gpu *gpu, const struct binding *rows, size_t count, bool second) {
	for (size_t i = 0; i < count * RESOURCE_TYPES; i++) {
		const struct binding *row = &rows[i / RESOURCE_TYPES];
		VkBuffer buffer = make_buffer(gpu, SIZE, COPIES, resource_types[i % RESOURCE_TYPES]);
		set_name(gpu, OBJECT(BUFFER, buffer, "bound"));
		const VkBindBufferMemoryInfo info = {
			.sType = VK_STRUCTURE_TYPE_BIND_BUFFER_MEMORY_INFO,
			.buffer = buffer,
			.memory = row->memory,
		};
		gpu->reports = 0;
		assert_vk(second ? vkBindBufferMemory2(gpu->device, 1, &info)
				 : vkBindBufferMemory(gpu->device, buffer, row->memory, 0));
		if (row->reports[i % RESOURCE_TYPES])
			assert_reported_of(
				gpu, row->reports[i % RESOURCE_TYPES], TOLERATED, OBJECT(BUFFER, buffer, "bound"));
		else
			assert_reported(gpu, NULL);
		vkDestroyBuffer(gpu->device, buffer, NULL);
	}
}

static void check_images(struct gpu *gpu, const struct binding *rows, size_t count, bool second) {
	const VkImageCreateInfo create = rgba8(VK_IMAGE_TILING_LINEAR);
	for (size_t i = 0; i < count * RESOURCE_TYPES; i++) {
		const struct binding *row = &rows[i / RESOURCE_TYPES];
		VkImage image = make_image(gpu, &create, resource_types[i % RESOURCE_TYPES]);
		set_name(gpu, OBJECT(IMAGE, image, "bound"));
		const VkBindImageMemoryInfo info = {
			.sType = VK_STRUCTURE_TYPE_BIND_IMAGE_MEMORY_INFO,
			.image = image,
			.memory = row->memory,
		};
		gpu->reports = 0;
		assert_vk(second ? vkBindImageMemory2(gpu->device, 1, &info)
				 : vkBindImageMemory(gpu->device, image, row->memory, 0));
		if (row->reports[i % RESOURCE_TYPES])
			assert_reported_of(
				gpu, row->reports[i % RESOURCE_TYPES], TOLERATED, OBJECT(IMAGE, image, "bound"));
		else
			assert_reported(gpu, NULL);
		vkDestroyImage(gpu->device, image, NULL);
	}
}

/* Every kind of memory against resources for no handle type, for another and for the right one. Those for none are
 * wrong in the eyes of the validation layer below, too. */
static void check_bindings(const char *exported, const char *imported,
	void (*check)(struct gpu *gpu, const struct binding *rows, size_t count, bool second), bool second) {
	struct gpu gpu;
	struct memories memories;
	gpu_init(&gpu, NULL);
	gpu.expected_below = BELOW;
	struct tongs_device *device = tongs_device_new_default();
	struct tongs_heap *heap = metal_new_heap(device, 16 * SIZE);
	make_memories(&gpu, heap, &memories);
	const struct binding rows[] = {
		{memories.heap, {exported, exported, NULL}},
		{memories.both, {exported, can_combine(&gpu) ? NULL : exported, NULL}},
		{memories.imported, {imported, imported, NULL}},
		{memories.imported_for_export, {imported, imported, NULL}},
	};
	check(&gpu, rows, sizeof(rows) / sizeof(*rows), second);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		vkFreeMemory(gpu.device, rows[i].memory, NULL);
	tongs_heap_unref(heap);
	tongs_device_unref(device);
	gpu_finish(&gpu);
}

static void bind_02726_02985_02727_buffers(void **state) {
	(void)state;
	check_bindings(
		"VUID-vkBindBufferMemory-memory-02726", "VUID-vkBindBufferMemory-memory-02985", check_buffers, false);
	check_bindings("VUID-VkBindBufferMemoryInfo-memory-02726", "VUID-VkBindBufferMemoryInfo-memory-02985",
		check_buffers, true);
}

static void bind_02728_02989_02729_images(void **state) {
	(void)state;
	check_bindings(
		"VUID-vkBindImageMemory-memory-02728", "VUID-vkBindImageMemory-memory-02989", check_images, false);
	check_bindings("VUID-VkBindImageMemoryInfo-memory-02728", "VUID-VkBindImageMemoryInfo-memory-02989",
		check_images, true);
}

/* Each binding of one call is reported separately, and all are done. */
static void bind_02726_each_of_one_call(void **state) {
	enum { COUNT = 3 };
	struct gpu gpu;
	VkBindBufferMemoryInfo infos[COUNT];
	(void)state;
	gpu_init(&gpu, NULL);
	gpu.expected_below = BELOW;
	VkDeviceMemory memory =
		export_memory(&gpu, 16 * SIZE, shared_type_as(&gpu, MTLHEAP), MTLHEAP, VK_NULL_HANDLE, VK_NULL_HANDLE);
	for (uint32_t i = 0; i < COUNT; i++)
		infos[i] = (VkBindBufferMemoryInfo){
			.sType = VK_STRUCTURE_TYPE_BIND_BUFFER_MEMORY_INFO,
			.buffer = make_buffer(&gpu, SIZE, COPIES, i == 1 ? MTLHEAP : 0),
			.memory = memory,
			.memoryOffset = i * SIZE,
		};
	assert_vk(vkBindBufferMemory2(gpu.device, COUNT, infos));
	assert_int_equal(gpu.reports, 2);
	for (uint32_t i = 0; i < COUNT; i++)
		vkDestroyBuffer(gpu.device, infos[i].buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(create_00920_buffers),
		cmocka_unit_test(create_00990_images),
		cmocka_unit_test(create_01443_initial_layout),
		cmocka_unit_test(bind_02726_02985_02727_buffers),
		cmocka_unit_test(bind_02728_02989_02729_images),
		cmocka_unit_test(bind_02726_each_of_one_call),
	};
	return cmocka_run_group_tests_name("layer: rules of buffers and images", tests, NULL, NULL);
}
