/* SPDX-License-Identifier: MIT */
/* Where bytes lie: alignment of shared buffers, and the offsets of bindings, mappings and flushes of imports that begin
 * inside a page, each worked out by hand. Above a driver that records what it gets. */
#include <string.h>

#include "util/alloc.h"
#include "fake_stack.h"
#include "harness.h"

static const char *const metal[] = {VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME};

#define CALL(stack, name) ((PFN_vk##name)device_command(stack, "vk" #name))

enum { PAGE = 4096, ATOM = 64 };

/* libtongs' own device is a real one, which places Metal's buffers; the application's is the fake. */
static struct tongs_device *device;

static int find_device(void **state) {
	(void)state;
	device = tongs_device_new_default();
	return device ? 0 : 1;
}

static int lose_device(void **state) {
	(void)state;
	tongs_device_unref(device);
	return 0;
}

static void prepare(void) {
	fake_reset();
	fake.buffer_features = fake.image_features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	fake.features = VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT;
	tongs_device_get_uuid(device, fake.device_uuid);
	tongs_device_get_driver_uuid(device, fake.driver_uuid);
}

static void start_sharing(struct stack *stack) {
	start(stack);
	assert_vk(start_device(stack, metal, 1));
}

static VkBuffer new_buffer(struct stack *stack, VkDeviceSize size, VkBufferUsageFlags usage, bool shared) {
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, .handleTypes = MTLBUFFER};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = shared ? &external : NULL,
		.size = size,
		.usage = usage,
	};
	VkBuffer buffer;
	assert_vk(CALL(stack, CreateBuffer)(stack->device, &info, NULL, &buffer));
	return buffer;
}

/* A heap, and the buffers in it at offsets of the test's choice, imported by the fake. */
struct imports {
	struct tongs_heap *heap;
	struct tongs_buffer *buffers[4];
	VkDeviceMemory memories[4];
	size_t count;
};

static void import(
	struct stack *stack, struct imports *imports, NSUInteger offset, NSUInteger length, VkDeviceSize size) {
	struct tongs_heap_info info;
	tongs_heap_info_init(&info);
	info.size = 64 << 10;
	info.type = MTLHeapTypePlacement;
	info.resource_options = MTLResourceStorageModeShared;
	if (!imports->heap)
		imports->heap = tongs_device_new_heap(device, &info);
	struct tongs_buffer *buffer =
		tongs_heap_new_buffer_at(imports->heap, length, MTLResourceStorageModeShared, offset);
	assert_non_null(buffer);
	const VkImportMemoryMetalHandleInfoEXT handle = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		.handleType = MTLBUFFER,
		.handle = (void *)buffer,
	};
	const VkMemoryAllocateInfo allocate = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &handle,
		.allocationSize = size,
		.memoryTypeIndex = 1,
	};
	assert_vk(CALL(stack, AllocateMemory)(stack->device, &allocate, NULL, &imports->memories[imports->count]));
	imports->buffers[imports->count++] = buffer;
}

static void let_go(struct stack *stack, struct imports *imports) {
	for (size_t i = 0; i < imports->count; i++) {
		CALL(stack, FreeMemory)(stack->device, imports->memories[i], NULL);
		tongs_buffer_unref(imports->buffers[i]);
	}
	tongs_heap_unref(imports->heap);
	assert_int_equal(fake.live_memories, 0);
}

static void check_requirements(
	struct stack *stack, VkDeviceSize size, VkBufferUsageFlags usage, VkDeviceSize alignment, VkDeviceSize bytes) {
	VkMemoryRequirements one;
	VkMemoryRequirements2 two = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2}, three = two;
	VkBuffer buffer = new_buffer(stack, size, usage, true);
	const VkBufferMemoryRequirementsInfo2 query = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2, .buffer = buffer};
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, .handleTypes = MTLHEAP};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .pNext = &external, .size = size, .usage = usage};
	const VkDeviceBufferMemoryRequirements device_query = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_BUFFER_MEMORY_REQUIREMENTS, .pCreateInfo = &info};
	CALL(stack, GetBufferMemoryRequirements)(stack->device, buffer, &one);
	CALL(stack, GetBufferMemoryRequirements2)(stack->device, &query, &two);
	CALL(stack, GetDeviceBufferMemoryRequirements)(stack->device, &device_query, &three);
	assert_int_equal(one.alignment, alignment);
	assert_int_equal(one.size, bytes);
	assert_int_equal(one.memoryTypeBits, 2);
	const VkMemoryRequirements *others[] = {&two.memoryRequirements, &three.memoryRequirements};
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(others[i]->alignment, alignment);
		assert_int_equal(others[i]->size, bytes);
		assert_int_equal(others[i]->memoryTypeBits, 2);
	}
	CALL(stack, DestroyBuffer)(stack->device, buffer, NULL);
}

/* Shared buffers have the strictest alignment of all usages; others have the driver's. */
static void buffers_are_aligned_for_every_usage(void **state) {
	struct stack stack;
	(void)state;
	prepare();
	start_sharing(&stack);
	check_requirements(&stack, 100, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, 256, 256);
	finish(&stack);

	prepare();
	fake.usage_alignment[5] = 1024;  /* VK_BUFFER_USAGE_STORAGE_BUFFER_BIT */
	fake.usage_alignment[19] = 8192; /* of an extension: not known to be asked for until it is */
	start_sharing(&stack);
	check_requirements(&stack, 100, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, 1024, 1024);
	check_requirements(&stack, 1025, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, 1024, 2048);
	check_requirements(&stack, 100, 1u << 19, 8192, 8192);
	VkBuffer plain = new_buffer(&stack, 100, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, false);
	VkMemoryRequirements requirements;
	CALL(&stack, GetBufferMemoryRequirements)(stack.device, plain, &requirements);
	assert_int_equal(requirements.alignment, 64);
	assert_int_equal(requirements.size, 128);
	CALL(&stack, DestroyBuffer)(stack.device, plain, NULL);
	finish(&stack);

	prepare();
	fake.map_alignment = PAGE;
	start_sharing(&stack);
	check_requirements(&stack, 100, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, PAGE, PAGE);
	finish(&stack);
	assert_int_equal(fake.live_buffers, 0);
}

/* The driver gets the pages around the bytes: as many as the last byte is on. */
static void imports_are_the_pages_around_the_bytes(void **state) {
	static const struct {
		NSUInteger offset;
		VkDeviceSize size, pages;
	} rows[] = {
		{0, PAGE, 1},
		{0, PAGE + 1, 2},
		{256, PAGE - 256, 1},
		{256, PAGE - 255, 2}, /* its last byte is the next page's first */
		{256, PAGE, 2},
		{PAGE - 256, 256, 1},
		{PAGE - 256, 257, 2},
		{PAGE - 256, PAGE + 257, 3},
		{PAGE, PAGE, 1},
		{3 * PAGE + 512, 2 * PAGE, 3},
	};
	struct stack stack;
	(void)state;
	prepare();
	start_sharing(&stack);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct imports imports = {0};
		import(&stack, &imports, rows[i].offset, rows[i].size, rows[i].size);
		assert_int_equal(fake.allocate_info.allocationSize, rows[i].pages * PAGE);
		const char *contents = tongs_buffer_get_contents(imports.buffers[0]);
		assert_ptr_equal(fake.allocate_next_host_pointer, contents - rows[i].offset % PAGE);
		let_go(&stack, &imports);
	}
	finish(&stack);
}

/* Three memories that begin at different offsets in their pages, and one that is not shared. */
static void import_three(struct stack *stack, struct imports *imports, VkDeviceMemory *plain) {
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, .allocationSize = 16384, .memoryTypeIndex = 1};
	*imports = (struct imports){0};
	import(stack, imports, 256, 16384, 16384);
	import(stack, imports, 5 * PAGE + 1024, 16384, 16384);
	import(stack, imports, 10 * PAGE, 16384, 16384);
	assert_vk(CALL(stack, AllocateMemory)(stack->device, &info, NULL, plain));
}

/* VkBindMemoryStatus, which the oldest supported headers lack. */
struct status {
	VkStructureType sType;
	const void *pNext;
	VkResult *pResult;
};
#define STATUS ((VkStructureType)1000545002)

enum { MANY = 40 };

/* Each of several bindings is moved by its own memory's page_offset, in calls with few and with many. */
static void each_binding_moves_by_its_own(void **state) {
	static const VkDeviceSize moved[] = {256, 1024, 0, 0};
	struct stack stack;
	struct imports imports;
	VkDeviceMemory memories[4];
	VkBuffer buffers[MANY];
	VkImage images[MANY];
	VkBindBufferMemoryInfo buffer_infos[MANY];
	VkBindImageMemoryInfo image_infos[MANY];
	VkResult results[MANY];
	struct status statuses[MANY];
	(void)state;
	prepare();
	start_sharing(&stack);
	import_three(&stack, &imports, &memories[3]);
	memcpy(memories, imports.memories, 3 * sizeof(*memories));
	for (uint32_t i = 0; i < MANY; i++) {
		buffers[i] = new_buffer(&stack, 64, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, true);
		images[i] = (VkImage)(uintptr_t)(0x777000 + 32 * i);
		statuses[i] = (struct status){.sType = STATUS, .pResult = &results[i]};
	}
	for (uint32_t count = 1; count <= MANY; count++) {
		for (uint32_t i = 0; i < count; i++) {
			/* The first is one that does not move: what is right for it is right for no other. */
			VkDeviceMemory memory = memories[(i + 3) % 4];
			results[i] = VK_NOT_READY;
			buffer_infos[i] = (VkBindBufferMemoryInfo){.sType = VK_STRUCTURE_TYPE_BIND_BUFFER_MEMORY_INFO,
				.pNext = &statuses[i],
				.buffer = buffers[i],
				.memory = memory,
				.memoryOffset = 256 * i};
			image_infos[i] = (VkBindImageMemoryInfo){.sType = VK_STRUCTURE_TYPE_BIND_IMAGE_MEMORY_INFO,
				.pNext = &statuses[i],
				.image = images[i],
				.memory = memory,
				.memoryOffset = 64 * i};
		}
		fake.binding_count = 0;
		assert_vk(CALL(&stack, BindBufferMemory2)(stack.device, count, buffer_infos));
		assert_int_equal(fake.binding_count, count);
		for (uint32_t i = 0; i < count; i++) {
			assert_int_equal(fake.bindings[i].resource, (uintptr_t)buffers[i]);
			assert_true(fake.bindings[i].memory == memories[(i + 3) % 4]);
			assert_int_equal(fake.bindings[i].offset, 256 * i + moved[(i + 3) % 4]);
			assert_int_equal(buffer_infos[i].memoryOffset, 256 * i);
			assert_int_equal(results[i], VK_SUCCESS);
		}
		fake.binding_count = 0;
		assert_vk(CALL(&stack, BindImageMemory2)(stack.device, count, image_infos));
		assert_int_equal(fake.binding_count, count);
		for (uint32_t i = 0; i < count; i++) {
			assert_int_equal(fake.bindings[i].resource, (uintptr_t)images[i]);
			assert_int_equal(fake.bindings[i].offset, 64 * i + moved[(i + 3) % 4]);
		}
	}
	/* If memory for the copy runs out, nothing is bound, and each binding's status says so. */
	fake.binding_count = 0;
	tongs_alloc_fail_after(0);
	assert_int_equal(
		CALL(&stack, BindBufferMemory2)(stack.device, MANY, buffer_infos), VK_ERROR_OUT_OF_HOST_MEMORY);
	tongs_alloc_fail_after(UINT64_MAX);
	assert_int_equal(fake.binding_count, 0);
	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(results[i], VK_ERROR_OUT_OF_HOST_MEMORY);
	for (uint32_t i = 0; i < 4; i++) {
		fake.binding_count = 0;
		assert_vk(CALL(&stack, BindBufferMemory)(stack.device, buffers[i], memories[i], 512));
		assert_vk(CALL(&stack, BindImageMemory)(stack.device, images[i], memories[i], 192));
		assert_int_equal(fake.bindings[0].offset, 512 + moved[i]);
		assert_int_equal(fake.bindings[1].offset, 192 + moved[i]);
	}
	assert_int_equal(fake.misaligned, 0);
	for (uint32_t i = 0; i < MANY; i++)
		CALL(&stack, DestroyBuffer)(stack.device, buffers[i], NULL);
	CALL(&stack, FreeMemory)(stack.device, memories[3], NULL);
	let_go(&stack, &imports);
	finish(&stack);
}

/* An offset that is right for the memory, and wrong for the pages that the driver has of it, is refused; the other
 * bindings of the call are done, and each has its status. */
static void what_would_lie_wrongly_is_refused(void **state) {
	struct stack stack;
	struct imports imports;
	VkDeviceMemory plain;
	VkResult results[4];
	struct status statuses[4];
	VkBindBufferMemoryInfo infos[4];
	VkBindImageMemoryInfo image_infos[2];
	(void)state;
	prepare();
	fake.usage_alignment[4] = 512; /* VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT: more than where Metal put the first */
	fake.image_alignment = 1024;
	start_sharing(&stack);
	import_three(&stack, &imports, &plain);
	VkBuffer strict = new_buffer(&stack, 64, VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT, true);
	VkBuffer lax = new_buffer(&stack, 64, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, true);
	VkImage image = (VkImage)(uintptr_t)0x777000;
	fake.binding_count = 0;
	assert_int_equal(CALL(&stack, BindBufferMemory)(stack.device, strict, imports.memories[0], 512),
		VK_ERROR_VALIDATION_FAILED_EXT);
	assert_int_equal(CALL(&stack, BindImageMemory)(stack.device, image, imports.memories[0], 1024),
		VK_ERROR_VALIDATION_FAILED_EXT);
	assert_int_equal(fake.binding_count, 0);
	assert_vk(CALL(&stack, BindBufferMemory)(stack.device, lax, imports.memories[0], 512));
	assert_vk(CALL(&stack, BindBufferMemory)(stack.device, strict, imports.memories[1], 512));
	assert_vk(CALL(&stack, BindImageMemory)(stack.device, image, imports.memories[1], 1024));
	/* Together they are right. */
	assert_vk(CALL(&stack, BindBufferMemory)(stack.device, strict, imports.memories[0], 256));

	const VkBuffer buffers[] = {lax, strict, strict, lax};
	const VkDeviceMemory memories[] = {imports.memories[0], imports.memories[0], imports.memories[1], plain};
	for (uint32_t i = 0; i < 4; i++) {
		results[i] = VK_NOT_READY;
		statuses[i] = (struct status){.sType = STATUS, .pResult = &results[i]};
		infos[i] = (VkBindBufferMemoryInfo){.sType = VK_STRUCTURE_TYPE_BIND_BUFFER_MEMORY_INFO,
			.pNext = &statuses[i],
			.buffer = buffers[i],
			.memory = memories[i],
			.memoryOffset = 1024};
	}
	fake.binding_count = 0;
	assert_int_equal(CALL(&stack, BindBufferMemory2)(stack.device, 4, infos), VK_ERROR_VALIDATION_FAILED_EXT);
	assert_int_equal(fake.binding_count, 3);
	assert_int_equal(fake.bindings[0].offset, 1024 + 256);
	assert_int_equal(fake.bindings[1].offset, 1024 + 1024);
	assert_int_equal(fake.bindings[2].offset, 1024);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(results[i], i == 1 ? VK_ERROR_VALIDATION_FAILED_EXT : VK_SUCCESS);
	for (uint32_t i = 0; i < 2; i++) {
		results[i] = VK_NOT_READY;
		image_infos[i] = (VkBindImageMemoryInfo){.sType = VK_STRUCTURE_TYPE_BIND_IMAGE_MEMORY_INFO,
			.pNext = &statuses[i],
			.image = image,
			.memory = imports.memories[1 - i]};
	}
	assert_int_equal(CALL(&stack, BindImageMemory2)(stack.device, 2, image_infos), VK_ERROR_VALIDATION_FAILED_EXT);
	assert_int_equal(results[0], VK_SUCCESS);
	assert_int_equal(results[1], VK_ERROR_VALIDATION_FAILED_EXT);
	/* The driver's own failure is reported, too. */
	fake.bind_result = VK_ERROR_OUT_OF_DEVICE_MEMORY;
	assert_int_equal(CALL(&stack, BindBufferMemory2)(stack.device, 1, infos), VK_ERROR_OUT_OF_DEVICE_MEMORY);
	assert_int_equal(results[0], VK_ERROR_OUT_OF_DEVICE_MEMORY);
	assert_int_equal(fake.misaligned, 0);
	CALL(&stack, DestroyBuffer)(stack.device, strict, NULL);
	CALL(&stack, DestroyBuffer)(stack.device, lax, NULL);
	CALL(&stack, FreeMemory)(stack.device, plain, NULL);
	let_go(&stack, &imports);
	finish(&stack);
}

static VkResult import_for(struct stack *stack, struct tongs_buffer *object, VkBuffer buffer, VkDeviceMemory *memory) {
	const VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO, .buffer = buffer};
	const VkImportMemoryMetalHandleInfoEXT handle = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		.pNext = &dedicated,
		.handleType = MTLBUFFER,
		.handle = (void *)object,
	};
	const VkMemoryAllocateInfo allocate = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &handle,
		.allocationSize = 16384,
		.memoryTypeIndex = 1,
	};
	return CALL(stack, AllocateMemory)(stack->device, &allocate, NULL, memory);
}

/* Memory that is for one buffer is refused at its import where the buffer could not lie at its beginning. */
static void what_it_is_dedicated_to_must_fit(void **state) {
	struct stack stack;
	struct imports imports;
	VkDeviceMemory plain, memory = (VkDeviceMemory)(uintptr_t)1;
	(void)state;
	prepare();
	fake.usage_alignment[4] = 512; /* VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT */
	start_sharing(&stack);
	import_three(&stack, &imports, &plain); /* 256, 1024 and 0 bytes into a page */
	VkBuffer strict = new_buffer(&stack, 64, VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT, true);
	VkBuffer lax = new_buffer(&stack, 64, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, true);
	const unsigned live = fake.live_memories;
	assert_int_equal(import_for(&stack, imports.buffers[0], strict, &memory), VK_ERROR_INVALID_EXTERNAL_HANDLE);
	assert_true(memory == VK_NULL_HANDLE);
	assert_int_equal(fake.live_memories, live);
	for (size_t i = 0; i < 4; i++) {
		assert_vk(import_for(&stack, imports.buffers[i % 3], i == 0 || i == 3 ? lax : strict, &memory));
		CALL(&stack, FreeMemory)(stack.device, memory, NULL);
	}
	CALL(&stack, DestroyBuffer)(stack.device, strict, NULL);
	CALL(&stack, DestroyBuffer)(stack.device, lax, NULL);
	CALL(&stack, FreeMemory)(stack.device, plain, NULL);
	let_go(&stack, &imports);
	finish(&stack);
}

/* Ranges of memories that begin at 256, 1024 and 0 bytes into a page, out to atoms of 64; 0 stands for VK_WHOLE_SIZE on
 * both sides. */
static const struct {
	size_t memory;
	VkDeviceSize offset, size, driver_offset, driver_size;
} ranges[] = {
	{3, 192, 64, 192, 64},     /* not shared: as it is */
	{0, 0, 64, 256, 64},       /* each moves by its own */
	{1, 64, 128, 1088, 128},   /* */
	{2, 128, 64, 128, 64},     /* */
	{1, 64, 0, 1088, 0},       /* to the end */
	{0, 16320, 64, 16576, 0},  /* the application's last atom: to the driver's end */
	{0, 16256, 64, 16512, 64}, /* the one before */
	{2, 16320, 64, 16320, 0},  /* */
};
enum { RANGES = sizeof(ranges) / sizeof(*ranges) };

static void each_range_moves_by_its_own(void **state) {
	struct stack stack;
	struct imports imports;
	VkDeviceMemory memories[4];
	VkMappedMemoryRange given[RANGES];
	(void)state;
	prepare();
	start_sharing(&stack);
	import_three(&stack, &imports, &memories[3]);
	memcpy(memories, imports.memories, 3 * sizeof(*memories));
	for (size_t i = 0; i < RANGES; i++)
		given[i] = (VkMappedMemoryRange){
			.sType = VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE,
			.memory = memories[ranges[i].memory],
			.offset = ranges[i].offset,
			.size = ranges[i].size ? ranges[i].size : VK_WHOLE_SIZE,
		};
	PFN_vkFlushMappedMemoryRanges commands[] = {
		CALL(&stack, FlushMappedMemoryRanges), CALL(&stack, InvalidateMappedMemoryRanges)};
	for (size_t c = 0; c < 2; c++) {
		for (uint32_t first = 0; first < RANGES; first++) {
			fake.range_count = 0;
			assert_vk(commands[c](stack.device, RANGES - first, given + first));
			assert_int_equal(fake.range_count, RANGES - first);
			for (uint32_t i = first; i < RANGES; i++) {
				const VkMappedMemoryRange *range = &fake.ranges[i - first];
				assert_true(range->memory == memories[ranges[i].memory]);
				assert_int_equal(range->offset, ranges[i].driver_offset);
				assert_true(
					range->size == (ranges[i].driver_size ? ranges[i].driver_size : VK_WHOLE_SIZE));
			}
		}
	}
	/* Mapped alike, and the pointer is where the bytes are. */
	for (size_t i = 1; i < RANGES; i++) {
		if (ranges[i].memory == 3)
			continue;
		char *data, *contents = tongs_buffer_get_contents(imports.buffers[ranges[i].memory]);
		static const VkDeviceSize into[] = {256, 1024, 0};
		fake.allocate_next_host_pointer = contents - into[ranges[i].memory];
		assert_vk(CALL(&stack, MapMemory)(
			stack.device, given[i].memory, given[i].offset, given[i].size, 0, (void **)&data));
		assert_int_equal(fake.map_offset, ranges[i].driver_offset);
		assert_true(fake.map_size == (ranges[i].driver_size ? ranges[i].driver_size : VK_WHOLE_SIZE));
		assert_ptr_equal(data, contents + ranges[i].offset);
	}
	CALL(&stack, FreeMemory)(stack.device, memories[3], NULL);
	let_go(&stack, &imports);
	finish(&stack);
}

/* Bytes that begin inside an atom, as where atoms are larger than what buffers ask for, and a last byte inside one. */
static void ranges_go_out_to_atoms(void **state) {
	struct stack stack;
	struct imports imports = {0};
	(void)state;
	prepare();
	fake.atom = 1024;
	start_sharing(&stack);
	import(&stack, &imports, 256, 5000, 5000);
	assert_int_equal(fake.allocate_info.allocationSize, 2 * PAGE);
	static const struct {
		VkDeviceSize offset, size, driver_offset, driver_size;
	} rows[] = {
		{0, 1024, 0, 2048},       /* 256 to 1280 */
		{1024, 1024, 1024, 2048}, /* 1280 to 2304 */
		{2048, 1024, 2048, 2048},
		{4096, 904, 4096, 0}, /* to the last byte, 4999: to the end */
		{4096, 0, 4096, 0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const VkMappedMemoryRange range = {
			.sType = VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE,
			.memory = imports.memories[0],
			.offset = rows[i].offset,
			.size = rows[i].size ? rows[i].size : VK_WHOLE_SIZE,
		};
		assert_vk(CALL(&stack, FlushMappedMemoryRanges)(stack.device, 1, &range));
		assert_int_equal(fake.ranges[0].offset, rows[i].driver_offset);
		assert_true(fake.ranges[0].size == (rows[i].driver_size ? rows[i].driver_size : VK_WHOLE_SIZE));
	}
	let_go(&stack, &imports);
	finish(&stack);
}

/* minMemoryMapAlignment: what is mapped begins at a multiple of it, or is not mapped. */
static void mappings_begin_where_the_driver_promises(void **state) {
	struct stack stack;
	struct imports imports;
	VkDeviceMemory plain;
	void *data = &stack;
	(void)state;
	prepare();
	fake.map_alignment = 1024;
	start_sharing(&stack);
	import_three(&stack, &imports, &plain);
	fake.map_size = 7;
	assert_int_equal(CALL(&stack, MapMemory)(stack.device, imports.memories[0], 0, VK_WHOLE_SIZE, 0, &data),
		VK_ERROR_MEMORY_MAP_FAILED);
	assert_null(data);
	assert_int_equal(fake.map_size, 7);
	assert_vk(CALL(&stack, MapMemory)(stack.device, imports.memories[1], 0, VK_WHOLE_SIZE, 0, &data));
	assert_vk(CALL(&stack, MapMemory)(stack.device, imports.memories[2], 0, VK_WHOLE_SIZE, 0, &data));
	assert_vk(CALL(&stack, MapMemory)(stack.device, plain, 0, VK_WHOLE_SIZE, 0, &data));
	CALL(&stack, FreeMemory)(stack.device, plain, NULL);
	let_go(&stack, &imports);
	finish(&stack);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffers_are_aligned_for_every_usage),
		cmocka_unit_test(imports_are_the_pages_around_the_bytes),
		cmocka_unit_test(each_binding_moves_by_its_own),
		cmocka_unit_test(what_would_lie_wrongly_is_refused),
		cmocka_unit_test(what_it_is_dedicated_to_must_fit),
		cmocka_unit_test(each_range_moves_by_its_own),
		cmocka_unit_test(ranges_go_out_to_atoms),
		cmocka_unit_test(mappings_begin_where_the_driver_promises),
	};
	return cmocka_run_group_tests_name("layer: offsets", tests, find_device, lose_device);
}
