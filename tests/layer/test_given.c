/* SPDX-License-Identifier: MIT */
/* What a driver is given for the program's memory, and when it is taken back: above a fake driver. */
#include "fake_stack.h"
#include "harness.h"

/* With a device that has the extension. */
static void start_metal(struct stack *stack) {
	static const char *const metal[] = {VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME};
	fake_reset();
	start(stack);
	assert_vk(start_device(stack, metal, 1));
}

static VkResult allocate(
	struct stack *stack, const void *next, VkDeviceSize size, uint32_t type, VkDeviceMemory *memory) {
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = next,
		.allocationSize = size,
		.memoryTypeIndex = type,
	};
	return ((PFN_vkAllocateMemory)device_command(stack, "vkAllocateMemory"))(stack->device, &info, NULL, memory);
}

static void free_memory(struct stack *stack, VkDeviceMemory memory) {
	((PFN_vkFreeMemory)device_command(stack, "vkFreeMemory"))(stack->device, memory, NULL);
}

/* Of memory that is exported as MTLHEAP. */
static void *get_heap(struct stack *stack, VkDeviceMemory memory) {
	const VkMemoryGetMetalHandleInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.memory = memory,
		.handleType = MTLHEAP,
	};
	void *handle;
	assert_vk(((PFN_vkGetMemoryMetalHandleEXT)device_command(stack, "vkGetMemoryMetalHandleEXT"))(
		stack->device, &info, &handle));
	return handle;
}

static const VkExportMemoryAllocateInfo export_heap = {
	.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
	.handleTypes = MTLHEAP,
};

static void failed_driver_import_undoes_all(void **state) {
	struct stack stack;
	VkDeviceMemory memory = (VkDeviceMemory)(uintptr_t)1;
	(void)state;
	start_metal(&stack);
	fake.allocate_result = VK_ERROR_INVALID_EXTERNAL_HANDLE;
	assert_int_equal(allocate(&stack, &export_heap, 100, 1, &memory), VK_ERROR_OUT_OF_DEVICE_MEMORY);
	assert_true(memory == VK_NULL_HANDLE);
	fake.allocate_result = VK_ERROR_TOO_MANY_OBJECTS;
	assert_int_equal(allocate(&stack, &export_heap, 100, 1, &memory), VK_ERROR_TOO_MANY_OBJECTS);
	fake.allocate_result = VK_SUCCESS;
	assert_vk(allocate(&stack, &export_heap, 100, 1, &memory));
	free_memory(&stack, memory);
	assert_int_equal(fake.live_memories, 0);
	finish(&stack);
}

/* The driver gets whole pages and none of our structs; what has nothing to do with Metal it gets as it was given. */
static void what_the_driver_is_given(void **state) {
	struct stack stack;
	VkDeviceMemory memory;
	(void)state;
	start_metal(&stack);
	assert_vk(allocate(&stack, &export_heap, 100, 1, &memory));
	assert_int_equal(fake.allocate_info.allocationSize, 4096);
	assert_non_null(fake.allocate_next_host_pointer);
	assert_int_equal((uintptr_t)fake.allocate_next_host_pointer % 4096, 0);
	free_memory(&stack, memory);

	const VkMemoryAllocateFlagsInfo flags = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO};
	assert_vk(allocate(&stack, &flags, 100, 1, &memory));
	assert_ptr_equal(fake.allocate_info.pNext, &flags);
	assert_int_equal(fake.allocate_info.allocationSize, 100);
	free_memory(&stack, memory);
	assert_int_equal(fake.live_memories, 0);
	finish(&stack);
}

/* A chain must not have a struct twice. If one does, it is treated as drivers treat it: the first counts, and no Metal
 * handle type reaches the driver in the second. */
static void first_of_duplicates_wins(void **state) {
	struct stack stack;
	VkDeviceMemory memory;
	(void)state;
	start_metal(&stack);
	const VkExportMemoryAllocateInfo second = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
	};
	const VkExportMemoryAllocateInfo first = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.pNext = &second,
		.handleTypes = MTLHEAP,
	};
	assert_vk(allocate(&stack, &first, 100, 1, &memory));
	assert_non_null(fake.allocate_next_host_pointer);
	assert_non_null(get_heap(&stack, memory));
	free_memory(&stack, memory);
	assert_int_equal(fake.live_memories, 0);
	finish(&stack);
}

/* An import struct of the application's whose type is 0 is none, and the driver is given one struct of a type. */
static void pages_of_no_import_are_left_out(void **state) {
	struct stack stack;
	VkDeviceMemory memory;
	(void)state;
	start_metal(&stack);
	const VkImportMemoryHostPointerInfoEXT none = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
		.pHostPointer = &stack,
	};
	VkExportMemoryAllocateInfo export = export_heap;
	export.pNext = &none;
	assert_vk(allocate(&stack, &export, 100, 1, &memory));
	assert_non_null(fake.allocate_next_host_pointer);
	assert_ptr_not_equal(fake.allocate_next_host_pointer, &stack);
	free_memory(&stack, memory);
	finish(&stack);
}

/* VK_KHR_map_memory2: to the end of the application's bytes is to the end of the driver's. */
static void map_memory2(void **state) {
	struct {
		VkStructureType type;
		const void *next;
		VkFlags flags;
		VkDeviceMemory memory;
		VkDeviceSize offset, size;
	} info = {.type = (VkStructureType)1000271000};
	struct stack stack;
	void *data;
	(void)state;
	start_metal(&stack);
	VkResult(VKAPI_PTR * map)(VkDevice, const void *, void **) =
		(VkResult(VKAPI_PTR *)(VkDevice, const void *, void **))device_command(&stack, "vkMapMemory2KHR");
	assert_vk(allocate(&stack, &export_heap, 1000, 1, &info.memory));
	info.offset = 64;
	info.size = 936;
	assert_vk(map(stack.device, &info, &data));
	assert_int_equal(fake.map_offset, 64);
	assert_true(fake.map_size == VK_WHOLE_SIZE);
	/* A partial range is extended to whole atoms, and the pointer is at the requested offset. */
	info.offset = 80;
	info.size = 100;
	assert_vk(map(stack.device, &info, &data));
	assert_int_equal(fake.map_offset, 64);
	assert_int_equal(fake.map_size, 128);
	assert_ptr_equal(data, (const char *)fake.allocate_next_host_pointer + 80);
	/* VK_MEMORY_MAP_PLACED_BIT_EXT: pages cannot be anywhere else. */
	info.flags = 1;
	fake.map_size = 0;
	assert_int_equal(map(stack.device, &info, &data), VK_ERROR_MEMORY_MAP_FAILED);
	assert_null(data);
	assert_int_equal(fake.map_size, 0);
	/* VK_MEMORY_UNMAP_RESERVE_BIT_EXT: nor can their address stay behind. VkMemoryUnmapInfoKHR is no more than the
	 * beginning. */
	VkResult(VKAPI_PTR * unmap)(VkDevice, const void *) =
		(VkResult(VKAPI_PTR *)(VkDevice, const void *))device_command(&stack, "vkUnmapMemory2KHR");
	assert_int_equal(unmap(stack.device, &info), VK_ERROR_MEMORY_MAP_FAILED);
	assert_int_equal(fake.unmaps, 0);
	info.flags = 0;
	assert_vk(unmap(stack.device, &info));
	assert_int_equal(fake.unmaps, 1);
	free_memory(&stack, info.memory);
	assert_vk(allocate(&stack, NULL, 1000, 1, &info.memory));
	info.flags = 1;
	assert_vk(unmap(stack.device, &info));
	assert_int_equal(fake.unmaps, 2);
	info.size = 936;
	assert_vk(map(stack.device, &info, &data));
	assert_int_equal(fake.map_size, 936);
	free_memory(&stack, info.memory);
	finish(&stack);
}

/* Memory and its handles that an application leaves behind go with the device. */
static void forgotten_memory_goes_with_the_device(void **state) {
	struct stack stack;
	VkDeviceMemory memory;
	void *handle;
	(void)state;
	start_metal(&stack);
	assert_vk(allocate(&stack, &export_heap, 1000, 1, &memory));
	handle = get_heap(&stack, memory);
	assert_int_equal(tongs_handle_kind(handle), TONGS_KIND_HEAP);
	PFN_vkFreeMemory driver_free = (PFN_vkFreeMemory)fake_get_device_proc_addr(NULL, "vkFreeMemory");
	finish(&stack);
	assert_int_equal(tongs_handle_kind(handle), TONGS_KIND_NONE);
	driver_free(NULL, memory, NULL);
}

static void *freed_handle;
static bool was_alive;

static void look_at_object(void) {
	was_alive = tongs_handle_kind(freed_handle) == TONGS_KIND_HEAP;
}

/* The pages stay valid until the driver has freed its import. */
static void the_object_outlives_the_drivers_memory(void **state) {
	struct stack stack;
	VkDeviceMemory memory;
	(void)state;
	start_metal(&stack);
	assert_vk(allocate(&stack, &export_heap, 1000, 1, &memory));
	freed_handle = get_heap(&stack, memory);
	was_alive = false;
	fake.on_destroyed = look_at_object;
	free_memory(&stack, memory);
	fake.on_destroyed = NULL;
	assert_true(was_alive);
	assert_int_equal(tongs_handle_kind(freed_handle), TONGS_KIND_NONE);
	finish(&stack);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_object_outlives_the_drivers_memory),
		cmocka_unit_test(failed_driver_import_undoes_all),
		cmocka_unit_test(what_the_driver_is_given),
		cmocka_unit_test(first_of_duplicates_wins),
		cmocka_unit_test(pages_of_no_import_are_left_out),
		cmocka_unit_test(map_memory2),
		cmocka_unit_test(forgotten_memory_goes_with_the_device),
	};
	return cmocka_run_group_tests_name("layer: given", tests, NULL, NULL);
}
