/* SPDX-License-Identifier: MIT */
/* Which pages reach which driver, as which memory types, above a driver that records its input. */
#define _GNU_SOURCE /* memfd_create */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include "fake_stack.h"
#include "harness.h"

static const char *const metal[] = {VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME};

#define CALL(stack, name) ((PFN_vk##name)device_command(stack, "vk" #name))

static const int BOTH = PROT_READ | PROT_WRITE;
static size_t page;

static void prepare(void) {
	page = (size_t)sysconf(_SC_PAGESIZE);
	fake_reset();
	fake.strict = true;
	fake.buffer_features = fake.image_features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
}

static VkResult allocate(struct stack *stack, const void *next, uint32_t type, VkDeviceMemory *memory) {
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = next,
		.allocationSize = page,
		.memoryTypeIndex = type,
	};
	return CALL(stack, AllocateMemory)(stack->device, &info, NULL, memory);
}

static VkResult export(struct stack *stack, uint32_t type, VkDeviceMemory *memory) {
	const VkExportMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, .handleTypes = MTLHEAP};
	return allocate(stack, &info, type, memory);
}

static void start_sharing(struct stack *stack, struct tongs_device **device) {
	VkDeviceMemory memory;
	void *heap;
	start(stack);
	assert_vk(start_device(stack, metal, 1));
	assert_vk(export(stack, 1, &memory));
	const VkMemoryGetMetalHandleInfoEXT get = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT, .memory = memory, .handleType = MTLHEAP};
	assert_vk(CALL(stack, GetMemoryMetalHandleEXT)(stack->device, &get, &heap));
	*device = tongs_device_ref(tongs_heap_get_device(heap));
	CALL(stack, FreeMemory)(stack->device, memory, NULL);
	fake.imports = 0;
}

static void stop_sharing(struct stack *stack, struct tongs_device *device) {
	tongs_device_unref(device);
	assert_int_equal(fake.live_memories, 0);
	finish(stack);
}

/* What the handle's properties say of each memory type the import does. */
static void check_types(struct stack *stack, struct tongs_buffer *buffer, uint32_t expected) {
	const VkImportMemoryMetalHandleInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		.handleType = MTLBUFFER,
		.handle = (void *)buffer,
	};
	VkMemoryMetalHandlePropertiesEXT properties = {.sType = VK_STRUCTURE_TYPE_MEMORY_METAL_HANDLE_PROPERTIES_EXT};
	assert_vk(CALL(stack, GetMemoryMetalHandlePropertiesEXT)(stack->device, MTLBUFFER, buffer, &properties));
	assert_int_equal(properties.memoryTypeBits, expected);
	for (uint32_t type = 0; type < 32; type++) {
		unsigned imports = fake.imports;
		VkDeviceMemory memory;
		VkResult result = allocate(stack, &import, type, &memory);
		assert_int_equal(result, expected >> type & 1 ? VK_SUCCESS : VK_ERROR_INVALID_EXTERNAL_HANDLE);
		/* Refused calls do not reach the driver. */
		assert_int_equal(fake.imports - imports, expected >> type & 1);
		if (result == VK_SUCCESS)
			CALL(stack, FreeMemory)(stack->device, memory, NULL);
	}
}

static struct tongs_buffer *wrap(struct tongs_device *device, void *pages) {
	struct tongs_buffer *buffer = tongs_device_new_buffer_no_copy(device, pages, page, 0, NULL, NULL);
	assert_non_null(buffer);
	return buffer;
}

/* A program's own pages can be fewer memory types than anonymous ones, and never more. */
static void types_of_a_programs_pages(void **state) {
	const VkMemoryPropertyFlags coherent =
		VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
	struct stack stack;
	struct tongs_device *device;
	(void)state;
	prepare();
	fake.memory_flags[2] = coherent | VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
	fake.memory_flags[3] = coherent;
	fake.host_types = 6;
	start_sharing(&stack, &device);
	char *pages = mmap(NULL, 2 * page, BOTH, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(pages, MAP_FAILED);
	struct tongs_buffer *odd = wrap(device, pages), *other = wrap(device, pages + page),
			    *own = tongs_device_new_buffer(device, page, MTLResourceStorageModeShared);
	fake.odd_pages = pages;
	fake.odd_types = 4 | 8;
	check_types(&stack, odd, 4);
	check_types(&stack, other, 6);
	check_types(&stack, own, 6);
	fake.odd_types = 0;
	check_types(&stack, odd, 0);
	tongs_buffer_unref(odd);
	tongs_buffer_unref(other);
	tongs_buffer_unref(own);
	munmap(pages, 2 * page);
	stop_sharing(&stack, device);
}

/* Metal's Shared storage has no flushes, so memory that needs them is not offered anywhere. */
static void noncoherent_memory_is_not_offered(void **state) {
	const VkMemoryPropertyFlags visible = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT;
	struct stack stack;
	struct tongs_device *device;
	VkDeviceMemory memory;
	VkMemoryRequirements requirements;
	VkBuffer buffer;
	(void)state;
	prepare();
	fake.memory_flags[2] = visible | VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
	fake.memory_flags[3] = visible;
	fake.host_types = 15; /* including one that the CPU cannot map */
	start_sharing(&stack, &device);
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, .handleTypes = MTLBUFFER};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .pNext = &external, .size = 64, .usage = 1};
	assert_vk(CALL(&stack, CreateBuffer)(stack.device, &info, NULL, &buffer));
	CALL(&stack, GetBufferMemoryRequirements)(stack.device, buffer, &requirements);
	assert_int_equal(requirements.memoryTypeBits, 2);
	CALL(&stack, DestroyBuffer)(stack.device, buffer, NULL);
	for (uint32_t type = 0; type < 4; type++) {
		VkResult result = export(&stack, type, &memory);
		assert_int_equal(result, type == 1 ? VK_SUCCESS : VK_ERROR_VALIDATION_FAILED_EXT);
		if (result == VK_SUCCESS)
			CALL(&stack, FreeMemory)(stack.device, memory, NULL);
	}
	struct tongs_buffer *own = tongs_device_new_buffer(device, page, MTLResourceStorageModeShared);
	check_types(&stack, own, 2);
	tongs_buffer_unref(own);
	stop_sharing(&stack, device);
}

/* Pages that a driver may fail on do not reach it, unless the device is the CPU itself. */
static void pages_that_a_device_cannot_hold(void **state) {
	static const VkPhysicalDeviceType types[] = {VK_PHYSICAL_DEVICE_TYPE_CPU, VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU,
		VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU, VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU};
	char path[] = "/tmp/tongs-pages-XXXXXX";
	int file = mkstemp(path), memory = memfd_create("pages", 0);
	(void)state;
	prepare();
	assert_true(file >= 0 && memory >= 0);
	unlink(path);
	assert_int_equal(ftruncate(file, (off_t)page) + ftruncate(memory, (off_t)page), 0);
	const struct {
		int protection, flags, fd;
		bool held; /* by a device */
	} rows[] = {
		{BOTH, MAP_PRIVATE | MAP_ANONYMOUS, -1, true},
		{BOTH, MAP_SHARED | MAP_ANONYMOUS, -1, true},
		{BOTH, MAP_SHARED, memory, true},
		{BOTH, MAP_SHARED, file, false},
		{PROT_READ, MAP_PRIVATE, file, false},
		{PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, false},
	};
	for (size_t t = 0; t < sizeof(types) / sizeof(*types); t++) {
		struct stack stack;
		struct tongs_device *device;
		prepare();
		fake.device_type = types[t];
		start_sharing(&stack, &device);
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			void *pages = mmap(NULL, page, rows[i].protection, rows[i].flags, rows[i].fd, 0);
			assert_ptr_not_equal(pages, MAP_FAILED);
			struct tongs_buffer *buffer = wrap(device, pages);
			bool taken = rows[i].held || types[t] == VK_PHYSICAL_DEVICE_TYPE_CPU;
			check_types(&stack, buffer, taken ? 2 : 0);
			/* What counts is the state of the pages at the import, not when they were wrapped. */
			if (types[t] != VK_PHYSICAL_DEVICE_TYPE_CPU) {
				munmap(pages, page);
				check_types(&stack, buffer, 0);
			}
			tongs_buffer_unref(buffer);
			munmap(pages, page);
		}
		stop_sharing(&stack, device);
	}
	close(file);
	close(memory);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_of_a_programs_pages),
		cmocka_unit_test(noncoherent_memory_is_not_offered),
		cmocka_unit_test(pages_that_a_device_cannot_hold),
	};
	return cmocka_run_group_tests_name("layer: pages", tests, NULL, NULL);
}
