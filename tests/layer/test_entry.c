/* SPDX-License-Identifier: MIT */
/* The layer's entry points, called as the loader calls them, above a fake driver that behaves as no available driver
 * does. */
#include <stdlib.h>
#include <string.h>

#include "fake_stack.h"
#include "harness.h"
#include "layer/commands.h"

static unsigned count_listed(struct stack *stack) {
	VkExtensionProperties list[8];
	uint32_t count = 8;
	unsigned found = 0;
	PFN_vkEnumerateDeviceExtensionProperties enumerate = (PFN_vkEnumerateDeviceExtensionProperties)instance_command(
		stack, "vkEnumerateDeviceExtensionProperties");
	assert_vk(enumerate(fake_physical_device(), NULL, &count, list));
	for (uint32_t i = 0; i < count; i++)
		found += strcmp(list[i].extensionName, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME) == 0;
	return found;
}

static const char *const metal[] = {VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME};

static void refuses_old_loaders(void **state) {
	VkNegotiateLayerInterface old = {.sType = LAYER_NEGOTIATE_INTERFACE_STRUCT, .loaderLayerInterfaceVersion = 1};
	(void)state;
	assert_int_equal(find_negotiation()(&old), VK_ERROR_INITIALIZATION_FAILED);
}

/* The loader queries with an instance of its own, which the layer has never seen. */
static void creates_instances_as_the_topmost_layer(void **state) {
	static void *table = &table, *unseen = &table;
	struct stack stack;
	(void)state;
	negotiate(&stack);
	PFN_vkVoidFunction create = stack.layer.pfnGetInstanceProcAddr(NULL, "vkCreateInstance");
	assert_non_null(create);
	assert_ptr_equal(stack.layer.pfnGetInstanceProcAddr((VkInstance)&unseen, "vkCreateInstance"), create);
}

static void describes_itself(void **state) {
	struct stack stack;
	VkLayerProperties layer;
	uint32_t count = 0;
	(void)state;
	fake_reset();
	start(&stack);
	PFN_vkEnumerateInstanceLayerProperties layers =
		(PFN_vkEnumerateInstanceLayerProperties)stack.layer.pfnGetInstanceProcAddr(
			NULL, "vkEnumerateInstanceLayerProperties");
	assert_vk(layers(&count, NULL));
	assert_int_equal(count, 1);
	assert_vk(layers(&count, &layer));
	assert_string_equal(layer.layerName, "VK_LAYER_TONGS_metal_interop");
	count = 0;
	assert_int_equal(layers(&count, &layer), VK_INCOMPLETE);
	PFN_vkEnumerateDeviceLayerProperties device_layers =
		(PFN_vkEnumerateDeviceLayerProperties)instance_command(&stack, "vkEnumerateDeviceLayerProperties");
	assert_vk(device_layers(fake_physical_device(), &count, NULL));
	assert_int_equal(count, 1);
	count = 0;
	PFN_vkEnumerateInstanceExtensionProperties extensions =
		(PFN_vkEnumerateInstanceExtensionProperties)stack.layer.pfnGetInstanceProcAddr(
			NULL, "vkEnumerateInstanceExtensionProperties");
	count = 7;
	assert_vk(extensions(layer.layerName, &count, NULL));
	assert_int_equal(count, 1);
	VkExtensionProperties own;
	assert_vk(extensions(layer.layerName, &count, &own));
	assert_int_equal(count, 1);
	assert_string_equal(own.extensionName, "VK_EXT_layer_settings");
	count = 0;
	assert_int_equal(extensions(layer.layerName, &count, &own), VK_INCOMPLETE);
	assert_int_equal(extensions("VK_LAYER_other", &count, NULL), VK_ERROR_LAYER_NOT_PRESENT);

	/* The extensions are the layer's on a device that it adds them to, and the only ones. */
	VkExtensionProperties listed[2];
	PFN_vkEnumerateDeviceExtensionProperties enumerate = (PFN_vkEnumerateDeviceExtensionProperties)instance_command(
		&stack, "vkEnumerateDeviceExtensionProperties");
	count = 7;
	assert_vk(enumerate(fake_physical_device(), layer.layerName, &count, NULL));
	assert_int_equal(count, 2);
	assert_vk(enumerate(fake_physical_device(), layer.layerName, &count, listed));
	assert_string_equal(listed[0].extensionName, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME);
	assert_int_equal(listed[0].specVersion, VK_EXT_EXTERNAL_MEMORY_METAL_SPEC_VERSION);
	assert_string_equal(listed[1].extensionName, VK_EXT_METAL_OBJECTS_EXTENSION_NAME);
	assert_int_equal(listed[1].specVersion, 2);
	count = 0;
	assert_int_equal(enumerate(fake_physical_device(), layer.layerName, &count, listed), VK_INCOMPLETE);
	finish(&stack);
	fake.extension_count = 0;
	start(&stack);
	enumerate = (PFN_vkEnumerateDeviceExtensionProperties)instance_command(
		&stack, "vkEnumerateDeviceExtensionProperties");
	assert_vk(enumerate(fake_physical_device(), layer.layerName, &count, NULL));
	assert_int_equal(count, 0);
	finish(&stack);
}

/* However many a driver has: here the one that the layer requires is the last. */
static void lists_every_extension_of_the_driver(void **state) {
	static const uint32_t others[] = {0, 1, 318, 319, 320, 321, 1000};
	static VkExtensionProperties list[1003];
	struct stack stack;
	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		fake_reset();
		fake.other_extensions = others[i];
		start(&stack);
		PFN_vkEnumerateDeviceExtensionProperties enumerate =
			(PFN_vkEnumerateDeviceExtensionProperties)instance_command(
				&stack, "vkEnumerateDeviceExtensionProperties");
		uint32_t count = 0;
		assert_vk(enumerate(fake_physical_device(), NULL, &count, NULL));
		assert_int_equal(count, others[i] + 3);
		assert_vk(enumerate(fake_physical_device(), NULL, &count, list));
		assert_int_equal(count, others[i] + 3);
		assert_string_equal(list[others[i]].extensionName, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME);
		assert_string_equal(list[others[i] + 1].extensionName, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME);
		count = others[i] + 2;
		assert_int_equal(enumerate(fake_physical_device(), NULL, &count, list), VK_INCOMPLETE);
		assert_int_equal(count, others[i] + 2);
		assert_vk(start_device(&stack, metal, 1));
		finish(&stack);
	}
}

static void added_where_host_pages_can_be_imported(void **state) {
	struct stack stack;
	(void)state;
	fake_reset();
	start(&stack);
	assert_int_equal(count_listed(&stack), 1);
	finish(&stack);
	fake.import_alignment = 1 << 20; /* coarser than a page */
	start(&stack);
	assert_int_equal(count_listed(&stack), 0);
	finish(&stack);
	fake.import_alignment = 4096;
	fake.buffer_features = 0; /* as SwiftShader, which has the extension */
	start(&stack);
	assert_int_equal(count_listed(&stack), 0);
	finish(&stack);
	fake.buffer_features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	fake.extensions[0] = "VK_KHR_other";
	start(&stack);
	assert_int_equal(count_listed(&stack), 0);
	finish(&stack);
}

static void device_gets_what_the_layer_requires(void **state) {
	struct stack stack;
	(void)state;
	fake_reset();
	start(&stack);
	assert_vk(start_device(&stack, metal, 1));
	assert_int_equal(fake.enabled_count, 1);
	assert_string_equal(fake.enabled[0], VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME);
	assert_non_null(device_command(&stack, "vkGetMemoryMetalHandleEXT"));
	finish(&stack);

	static const char *const both[] = {
		VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME,
		VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME,
	};
	start(&stack);
	assert_vk(start_device(&stack, both, 2));
	assert_int_equal(fake.enabled_count, 1);
	finish(&stack);
}

/* Where the driver has the extension, the layer does nothing at all. */
static void steps_aside_for_a_native_extension(void **state) {
	struct stack stack;
	(void)state;
	fake_reset();
	fake.extensions[1] = VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME;
	fake.extension_count = 2;
	start(&stack);
	assert_int_equal(count_listed(&stack), 1);
	assert_vk(start_device(&stack, metal, 1));
	assert_int_equal(fake.enabled_count, 1);
	assert_string_equal(fake.enabled[0], metal[0]);
	assert_ptr_equal(device_command(&stack, "vkGetMemoryMetalHandleEXT"), fake_get_metal_handle);
	assert_ptr_equal(instance_command(&stack, "vkGetMemoryMetalHandleEXT"), fake_get_metal_handle);
	assert_ptr_equal(
		device_command(&stack, "vkAllocateMemory"), fake_get_device_proc_addr(NULL, "vkAllocateMemory"));
	finish(&stack);
}

static void driver_failures_pass(void **state) {
	struct stack stack;
	(void)state;
	fake_reset();
	fake.create_device_result = VK_ERROR_TOO_MANY_OBJECTS;
	start(&stack);
	assert_int_equal(start_device(&stack, metal, 1), VK_ERROR_TOO_MANY_OBJECTS);
	stack.device = VK_NULL_HANDLE;
	finish(&stack);
}

static void query_buffers(struct stack *stack, VkBufferUsageFlags usage) {
	const VkPhysicalDeviceExternalBufferInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.usage = usage,
		.handleType = MTLBUFFER,
	};
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	PFN_vkGetPhysicalDeviceExternalBufferProperties query =
		(PFN_vkGetPhysicalDeviceExternalBufferProperties)instance_command(
			stack, "vkGetPhysicalDeviceExternalBufferProperties");
	query(fake_physical_device(), &info, &properties);
	assert_int_equal(properties.externalMemoryProperties.externalMemoryFeatures,
		VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT);
}

static VkResult query_images(struct stack *stack) {
	const VkPhysicalDeviceExternalImageFormatInfo external = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = MTLTEXTURE,
	};
	const VkPhysicalDeviceImageFormatInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &external,
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.type = VK_IMAGE_TYPE_2D,
		.tiling = VK_IMAGE_TILING_LINEAR,
		.usage = VK_IMAGE_USAGE_SAMPLED_BIT,
	};
	VkImageFormatProperties2 properties = {.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2};
	PFN_vkGetPhysicalDeviceImageFormatProperties2 query =
		(PFN_vkGetPhysicalDeviceImageFormatProperties2)instance_command(
			stack, "vkGetPhysicalDeviceImageFormatProperties2");
	return query(fake_physical_device(), &info, &properties);
}

/* Query results are cached for the life of the instance; errors are not cached. */
static void queries_once(void **state) {
	struct stack stack;
	(void)state;
	fake_reset();
	fake.features = VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT;
	fake.image_features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	start(&stack);
	/* Once whether the device takes host pages at all, and once for each kind of buffer. */
	for (int i = 0; i < 3; i++)
		query_buffers(&stack, VK_BUFFER_USAGE_TRANSFER_SRC_BIT);
	assert_int_equal(fake.buffer_queries, 2);
	query_buffers(&stack, VK_BUFFER_USAGE_TRANSFER_DST_BIT);
	assert_int_equal(fake.buffer_queries, 3);

	/* LINEAR images, OPTIMAL ones, and on a CPU device two kinds of OPTIMAL ones more. */
	assert_int_equal(fake.image_queries, 4);
	fake.image_result = VK_ERROR_OUT_OF_HOST_MEMORY;
	assert_int_equal(query_images(&stack), VK_ERROR_OUT_OF_HOST_MEMORY);
	assert_int_equal(query_images(&stack), VK_ERROR_OUT_OF_HOST_MEMORY);
	assert_int_equal(fake.image_queries, 6);
	/* A success without features. */
	fake.image_result = VK_SUCCESS;
	fake.image_features = 0;
	for (int i = 0; i < 3; i++)
		assert_int_equal(query_images(&stack), VK_ERROR_FORMAT_NOT_SUPPORTED);
	assert_int_equal(fake.image_queries, 7);
	finish(&stack);

	fake.image_features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	fake.buffer_queries = fake.image_queries = 0;
	start(&stack);
	query_buffers(&stack, VK_BUFFER_USAGE_TRANSFER_SRC_BIT);
	assert_int_equal(fake.buffer_queries, 2);
	fake.image_features = 0;
	assert_int_equal(query_images(&stack), VK_ERROR_FORMAT_NOT_SUPPORTED);
	assert_int_equal(fake.image_queries, 5);
	finish(&stack);
}

/* Queries that run out of memory say nothing about the device: the next one asks again. */
static void lost_roles_are_chosen_again(void **state) {
	struct stack stack;
	(void)state;
	fake_reset();
	fake.image_features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	fake.features = VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT;
	start(&stack);
	for (int i = 0; i < 2; i++) {
		fake.image_result = i ? VK_ERROR_OUT_OF_HOST_MEMORY : VK_ERROR_OUT_OF_DEVICE_MEMORY;
		assert_int_equal(query_images(&stack), fake.image_result);
		stack.device = VK_NULL_HANDLE;
		assert_int_equal(start_device(&stack, metal, 1), fake.image_result);
		stack.device = VK_NULL_HANDLE;
	}
	fake.image_result = VK_SUCCESS;
	assert_vk(query_images(&stack));
	assert_vk(start_device(&stack, metal, 1));
	finish(&stack);
}

/* An image that differs from all others in format or flags. */
static void create_image_of(struct stack *stack, unsigned i) {
	/* All but those of sparse, protected and disjoint images. */
	static const VkImageCreateFlags flags[] = {
		0x8, 0x10, 0x20, 0x40, 0x80, 0x100, 0x400, 0x1000, 0x2000, 0x4000, 0x8000};
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = MTLHEAP,
	};
	VkImageCreateInfo info = image_info((VkFormat)(VK_FORMAT_R8_UNORM + i % 5), 16, 16, VK_IMAGE_TILING_LINEAR);
	info.pNext = &external;
	info.usage = VK_IMAGE_USAGE_SAMPLED_BIT;
	for (unsigned bit = 0; bit < sizeof(flags) / sizeof(*flags); bit++)
		if (i / 5 >> bit & 1)
			info.flags |= flags[bit];
	VkImage image;
	assert_vk(((PFN_vkCreateImage)device_command(stack, "vkCreateImage"))(stack->device, &info, NULL, &image));
	((PFN_vkDestroyImage)device_command(stack, "vkDestroyImage"))(stack->device, image, NULL);
}

/* However many kinds of images a program has created: the driver is queried once for each new kind, besides the queries
 * for its format, and not again for a recently created one. */
static void queries_once_after_ten_thousand_images(void **state) {
	enum { IMAGES = 10000, FORMATS = 5 };
	struct stack stack;
	(void)state;
	fake_reset();
	fake.features = VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT;
	fake.buffer_features = fake.image_features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	start(&stack);
	assert_vk(start_device(&stack, metal, 1));
	unsigned first = fake.image_queries;
	for (unsigned i = 0; i < IMAGES; i++)
		create_image_of(&stack, i);
	assert_true(fake.image_queries - first >= IMAGES && fake.image_queries - first <= IMAGES + FORMATS);
	first = fake.image_queries;
	for (unsigned round = 0; round < 100; round++)
		for (unsigned i = IMAGES - 12; i < IMAGES; i++)
			create_image_of(&stack, i);
	/* Two of the twelve may have been evicted. */
	assert_true(fake.image_queries - first <= 2);
	finish(&stack);
}

/* A driver that returns success but no features: the layer returns the error that the specification requires. */
static void featureless_success_is_an_error(void **state) {
	struct stack stack;
	(void)state;
	fake_reset();
	start(&stack);
	const VkPhysicalDeviceExternalImageFormatInfo external = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = MTLTEXTURE,
	};
	const VkPhysicalDeviceImageFormatInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &external,
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.type = VK_IMAGE_TYPE_2D,
		.tiling = VK_IMAGE_TILING_LINEAR,
		.usage = VK_IMAGE_USAGE_SAMPLED_BIT,
	};
	VkImageFormatProperties2 properties = {.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2};
	PFN_vkGetPhysicalDeviceImageFormatProperties2 ask =
		(PFN_vkGetPhysicalDeviceImageFormatProperties2)instance_command(
			&stack, "vkGetPhysicalDeviceImageFormatProperties2");
	assert_int_equal(ask(fake_physical_device(), &info, &properties), VK_ERROR_FORMAT_NOT_SUPPORTED);
	assert_int_equal(properties.imageFormatProperties.maxMipLevels, 0);
	finish(&stack);
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

static const VkExportMemoryAllocateInfo export_heap = {
	.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
	.handleTypes = MTLHEAP,
};

static void failed_driver_import_undoes_all(void **state) {
	struct stack stack;
	VkDeviceMemory memory = (VkDeviceMemory)(uintptr_t)1;
	(void)state;
	fake_reset();
	start(&stack);
	assert_vk(start_device(&stack, metal, 1));
	fake.allocate_result = VK_ERROR_INVALID_EXTERNAL_HANDLE;
	assert_int_equal(allocate(&stack, &export_heap, 100, 1, &memory), VK_ERROR_OUT_OF_DEVICE_MEMORY);
	assert_true(memory == VK_NULL_HANDLE);
	fake.allocate_result = VK_ERROR_TOO_MANY_OBJECTS;
	assert_int_equal(allocate(&stack, &export_heap, 100, 1, &memory), VK_ERROR_TOO_MANY_OBJECTS);
	fake.allocate_result = VK_SUCCESS;
	assert_vk(allocate(&stack, &export_heap, 100, 1, &memory));
	((PFN_vkFreeMemory)device_command(&stack, "vkFreeMemory"))(stack.device, memory, NULL);
	assert_int_equal(fake.live_memories, 0);
	finish(&stack);
}

/* The driver gets whole pages and none of our structs; what has nothing to do with Metal it gets as it was given. */
static void what_the_driver_is_given(void **state) {
	struct stack stack;
	VkDeviceMemory memory;
	(void)state;
	fake_reset();
	start(&stack);
	assert_vk(start_device(&stack, metal, 1));
	PFN_vkFreeMemory free_memory = (PFN_vkFreeMemory)device_command(&stack, "vkFreeMemory");
	assert_vk(allocate(&stack, &export_heap, 100, 1, &memory));
	assert_int_equal(fake.allocate_info.allocationSize, 4096);
	assert_non_null(fake.allocate_next_host_pointer);
	assert_int_equal((uintptr_t)fake.allocate_next_host_pointer % 4096, 0);
	free_memory(stack.device, memory, NULL);

	const VkMemoryAllocateFlagsInfo flags = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO};
	assert_vk(allocate(&stack, &flags, 100, 1, &memory));
	assert_ptr_equal(fake.allocate_info.pNext, &flags);
	assert_int_equal(fake.allocate_info.allocationSize, 100);
	free_memory(stack.device, memory, NULL);
	assert_int_equal(fake.live_memories, 0);
	finish(&stack);
}

/* A chain must not have a struct twice. If one does, it is treated as drivers treat it: the first counts, and no Metal
 * handle type reaches the driver in the second. */
static void first_of_duplicates_wins(void **state) {
	struct stack stack;
	VkDeviceMemory memory;
	void *handle;
	(void)state;
	fake_reset();
	start(&stack);
	assert_vk(start_device(&stack, metal, 1));
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
	const VkMemoryGetMetalHandleInfoEXT get = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.memory = memory,
		.handleType = MTLHEAP,
	};
	assert_vk(((PFN_vkGetMemoryMetalHandleEXT)device_command(&stack, "vkGetMemoryMetalHandleEXT"))(
		stack.device, &get, &handle));
	((PFN_vkFreeMemory)device_command(&stack, "vkFreeMemory"))(stack.device, memory, NULL);
	assert_int_equal(fake.live_memories, 0);
	finish(&stack);
}

/* An import struct of the application's whose type is 0 is none, and the driver is given one struct of a type. */
static void pages_of_no_import_are_left_out(void **state) {
	struct stack stack;
	VkDeviceMemory memory;
	(void)state;
	fake_reset();
	start(&stack);
	assert_vk(start_device(&stack, metal, 1));
	const VkImportMemoryHostPointerInfoEXT none = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
		.pHostPointer = &stack,
	};
	VkExportMemoryAllocateInfo export = export_heap;
	export.pNext = &none;
	assert_vk(allocate(&stack, &export, 100, 1, &memory));
	assert_non_null(fake.allocate_next_host_pointer);
	assert_ptr_not_equal(fake.allocate_next_host_pointer, &stack);
	((PFN_vkFreeMemory)device_command(&stack, "vkFreeMemory"))(stack.device, memory, NULL);
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
	fake_reset();
	start(&stack);
	assert_vk(start_device(&stack, metal, 1));
	VkResult(VKAPI_PTR * map)(VkDevice, const void *, void **) =
		(VkResult(VKAPI_PTR *)(VkDevice, const void *, void **))device_command(&stack, "vkMapMemory2KHR");
	PFN_vkFreeMemory free_memory = (PFN_vkFreeMemory)device_command(&stack, "vkFreeMemory");
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
	free_memory(stack.device, info.memory, NULL);
	assert_vk(allocate(&stack, NULL, 1000, 1, &info.memory));
	info.flags = 1;
	assert_vk(unmap(stack.device, &info));
	assert_int_equal(fake.unmaps, 2);
	info.size = 936;
	assert_vk(map(stack.device, &info, &data));
	assert_int_equal(fake.map_size, 936);
	free_memory(stack.device, info.memory, NULL);
	finish(&stack);
}

/* Queries to the driver about an image that is not created. */
static unsigned layout_queries, sparse_queries;
static VkExternalMemoryHandleTypeFlags queried_types;

static void VKAPI_CALL return_layout(
	VkDevice device, const VkDeviceImageSubresourceInfoKHR *info, VkSubresourceLayout2KHR *layout) {
	(void)device;
	const VkExternalMemoryImageCreateInfo *external = info->pCreateInfo->pNext;
	layout_queries++;
	queried_types = external ? external->handleTypes : 0;
	layout->subresourceLayout = (VkSubresourceLayout){.size = 1024, .rowPitch = 64};
}

static void VKAPI_CALL return_sparse(VkDevice device, const VkDeviceImageMemoryRequirements *info, uint32_t *count,
	VkSparseImageMemoryRequirements2 *requirements) {
	(void)device;
	(void)info;
	(void)requirements;
	sparse_queries++;
	*count = 7;
}

/* A driver that has one of the extensions is left alone: the objects of both must be the same. */
static void steps_aside_for_either_native_extension(void **state) {
	static const char *const objects[] = {VK_EXT_METAL_OBJECTS_EXTENSION_NAME};
	struct stack stack;
	(void)state;
	fake_reset();
	fake.extensions[1] = VK_EXT_METAL_OBJECTS_EXTENSION_NAME;
	fake.extension_count = 2;
	start(&stack);
	assert_int_equal(count_listed(&stack), 0);
	assert_int_equal(start_device(&stack, metal, 1), VK_ERROR_EXTENSION_NOT_PRESENT);
	assert_vk(start_device(&stack, objects, 1));
	assert_int_equal(fake.enabled_count, 1);
	assert_string_equal(fake.enabled[0], objects[0]);
	assert_null(device_command(&stack, "vkGetMemoryMetalHandleEXT"));
	assert_ptr_equal(
		device_command(&stack, "vkAllocateMemory"), fake_get_device_proc_addr(NULL, "vkAllocateMemory"));
	finish(&stack);
}

static void keep_message(enum tongs_message_severity severity, const char *text, void *user) {
	(void)severity;
	strncpy(user, text, 1023);
}

/* Why a device has no extension that a program enables on it: in the log, if somebody wants to know. */
static void enabled_01387_where_it_is_not(void **state) {
	struct stack stack;
	char text[1024] = "";
	(void)state;
	tongs_set_message_callback(keep_message, text);
	for (int on = 0; on < 2; on++) {
		if (on)
			setenv("TONGS_VALIDATION", "1", 1);
		fake_reset();
		fake.extension_count = 0;
		start(&stack);
		assert_int_equal(start_device(&stack, metal, 1), VK_ERROR_EXTENSION_NOT_PRESENT);
		assert_int_equal(strstr(text, "VUID-vkCreateDevice-ppEnabledExtensionNames-01387") != NULL, on);
		assert_int_equal(strstr(text, "VK_EXT_external_memory_metal is enabled") != NULL, on);
		assert_int_equal(strstr(text, "its driver lacks VK_KHR_external_memory_fd and VK_EXT_ext") != NULL, on);
		finish(&stack);
	}
	fake_reset();
	fake.extensions[1] = VK_EXT_METAL_OBJECTS_EXTENSION_NAME;
	fake.extension_count = 2;
	start(&stack);
	assert_int_equal(start_device(&stack, metal, 1), VK_ERROR_EXTENSION_NOT_PRESENT);
	assert_non_null(strstr(text, "has one of the two extensions itself"));
	finish(&stack);
	unsetenv("TONGS_VALIDATION");
	tongs_set_message_callback(NULL, NULL);
}

static bool return_image_caps(bool is_device, const char *name, PFN_vkVoidFunction *command) {
	(void)is_device;
	if (strcmp(name, "vkGetDeviceImageSubresourceLayoutKHR") == 0)
		*command = (PFN_vkVoidFunction)return_layout;
	else if (strcmp(name, "vkGetDeviceImageSparseMemoryRequirements") == 0)
		*command = (PFN_vkVoidFunction)return_sparse;
	else
		return false;
	return true;
}

/* The driver is queried about the image that it would be given, and not about one that cannot be created. */
static void images_that_are_not_made(void **state) {
	static const char *const extensions[] = {
		VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME, VK_KHR_MAINTENANCE_5_EXTENSION_NAME};
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = MTLTEXTURE,
	};
	VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, 16, 16, VK_IMAGE_TILING_LINEAR);
	info.usage = VK_IMAGE_USAGE_SAMPLED_BIT;
	const VkImageSubresource2KHR subresource = {.sType = VK_STRUCTURE_TYPE_IMAGE_SUBRESOURCE_2_EXT};
	const VkDeviceImageSubresourceInfoKHR layout_query = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_IMAGE_SUBRESOURCE_INFO_KHR,
		.pCreateInfo = &info,
		.pSubresource = &subresource,
	};
	const VkDeviceImageMemoryRequirements sparse_query = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_IMAGE_MEMORY_REQUIREMENTS,
		.pCreateInfo = &info,
	};
	VkSubresourceLayout2KHR layout = {.sType = VK_STRUCTURE_TYPE_SUBRESOURCE_LAYOUT_2_EXT};
	struct stack stack;
	uint32_t count = 9;
	(void)state;
	fake_reset();
	fake.override = return_image_caps;
	fake.image_features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	fake.features = VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT;
	start(&stack);
	assert_vk(start_device(&stack, extensions, 2));
	PFN_vkGetDeviceImageSubresourceLayoutKHR get_layout = (PFN_vkGetDeviceImageSubresourceLayoutKHR)device_command(
		&stack, "vkGetDeviceImageSubresourceLayoutKHR");
	PFN_vkGetDeviceImageSparseMemoryRequirements get_sparse =
		(PFN_vkGetDeviceImageSparseMemoryRequirements)device_command(
			&stack, "vkGetDeviceImageSparseMemoryRequirements");
	layout_queries = sparse_queries = 0;

	get_layout(stack.device, &layout_query, &layout);
	assert_int_equal(queried_types, 0);
	get_sparse(stack.device, &sparse_query, &count, NULL);
	assert_int_equal(count, 7);

	info.pNext = &external;
	get_layout(stack.device, &layout_query, &layout);
	assert_int_equal(layout_queries, 2);
	assert_int_equal(queried_types, VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT);
	assert_int_equal(layout.subresourceLayout.rowPitch, 64);
	get_sparse(stack.device, &sparse_query, &count, NULL);
	assert_int_equal(sparse_queries, 1);
	assert_int_equal(count, 0);

	info.flags = VK_IMAGE_CREATE_SPARSE_BINDING_BIT;
	get_layout(stack.device, &layout_query, &layout);
	assert_int_equal(layout_queries, 2);
	assert_int_equal(layout.subresourceLayout.rowPitch, 0);
	finish(&stack);
}

/* Memory and its handles that an application leaves behind go with the device. */
static void forgotten_memory_goes_with_the_device(void **state) {
	struct stack stack;
	VkDeviceMemory memory;
	void *handle;
	(void)state;
	fake_reset();
	start(&stack);
	assert_vk(start_device(&stack, metal, 1));
	assert_vk(allocate(&stack, &export_heap, 1000, 1, &memory));
	const VkMemoryGetMetalHandleInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.memory = memory,
		.handleType = MTLHEAP,
	};
	assert_vk(((PFN_vkGetMemoryMetalHandleEXT)device_command(&stack, "vkGetMemoryMetalHandleEXT"))(
		stack.device, &info, &handle));
	assert_int_equal(tongs_handle_kind(handle), TONGS_KIND_HEAP);
	PFN_vkFreeMemory driver_free = (PFN_vkFreeMemory)fake_get_device_proc_addr(NULL, "vkFreeMemory");
	finish(&stack);
	assert_int_equal(tongs_handle_kind(handle), TONGS_KIND_NONE);
	driver_free(NULL, memory, NULL);
}

/* A next layer that lacks the extensions: it advances the loader's link, as every layer does, and then fails. */
static struct {
	unsigned calls;
	uint32_t counts[4]; /* of extensions, in each call */
	const VkLayerInstanceLink *links[4];
} tries;

static VkResult VKAPI_CALL refuse_extensions(
	const VkInstanceCreateInfo *info, const VkAllocationCallbacks *callbacks, VkInstance *instance) {
	VkLayerInstanceCreateInfo *chain = (VkLayerInstanceCreateInfo *)info->pNext;
	while (chain->sType != VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO)
		chain = (VkLayerInstanceCreateInfo *)chain->pNext;
	assert_true(tries.calls < 4);
	tries.counts[tries.calls] = info->enabledExtensionCount;
	tries.links[tries.calls++] = chain->u.pLayerInfo;
	assert_non_null(chain->u.pLayerInfo);
	chain->u.pLayerInfo = chain->u.pLayerInfo->pNext;
	for (uint32_t i = 0; i < info->enabledExtensionCount; i++)
		if (strcmp(info->ppEnabledExtensionNames[i], VK_EXT_DEBUG_UTILS_EXTENSION_NAME) != 0)
			return VK_ERROR_EXTENSION_NOT_PRESENT;
	fake.override = NULL;
	return ((PFN_vkCreateInstance)fake_get_instance_proc_addr(NULL, "vkCreateInstance"))(info, callbacks, instance);
}

static bool return_refusal(bool is_device, const char *name, PFN_vkVoidFunction *command) {
	if (is_device || strcmp(name, "vkCreateInstance") != 0)
		return false;
	*command = (PFN_vkVoidFunction)refuse_extensions;
	return true;
}

static void try_again(const void *next_struct) {
	static const char *const own[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME};
	struct stack stack;
	fake_reset();
	fake.override = return_refusal;
	memset(&tries, 0, sizeof(tries));
	negotiate(&stack);
	VkLayerInstanceLink last = {.pfnNextGetInstanceProcAddr = fake_get_instance_proc_addr}, next = last,
			    link = last;
	next.pNext = &last;
	link.pNext = &next;
	const VkLayerInstanceCreateInfo chain = {
		.sType = VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO,
		.pNext = next_struct,
		.function = VK_LAYER_LINK_INFO,
		.u.pLayerInfo = &link,
	};
	const VkInstanceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
		.pNext = &chain,
		.enabledExtensionCount = 1,
		.ppEnabledExtensionNames = own,
	};
	assert_vk(((PFN_vkCreateInstance)stack.layer.pfnGetInstanceProcAddr(NULL, "vkCreateInstance"))(
		&info, NULL, &stack.instance));
	assert_int_equal(tries.calls, 2);
	assert_int_equal(tries.counts[0], 3);
	assert_int_equal(tries.counts[1], 1);
	assert_ptr_equal(tries.links[0], &next);
	assert_ptr_equal(tries.links[1], &next);
	/* It works, and shares nothing. */
	assert_vk(start_device(&stack, NULL, 0));
	assert_null(device_command(&stack, "vkGetMemoryMetalHandleEXT"));
	finish(&stack);
}

/* An instance of 1.0 is created with the extensions that queries require or, if they are missing, as the application
 * requested it: through the same layers, and with its own extensions. Exports make the layer copy the loader's links,
 * too. */
static void an_instance_is_tried_again_without_extensions(void **state) {
	const VkExportMetalObjectCreateInfoEXT device = {VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT, NULL,
		VK_EXPORT_METAL_OBJECT_TYPE_METAL_DEVICE_BIT_EXT};
	(void)state;
	try_again(NULL);
	try_again(&device);
}

/* The struct types in the chain of vkCreateInstance, as the next layer sees them. */
static VkStructureType seen[8];
static unsigned seen_count;

static VkResult VKAPI_CALL see_chain(
	const VkInstanceCreateInfo *info, const VkAllocationCallbacks *callbacks, VkInstance *instance) {
	seen_count = 0;
	for (const VkBaseInStructure *s = info->pNext; s; s = s->pNext) {
		assert_true(seen_count < 8);
		seen[seen_count++] = s->sType;
	}
	fake.override = NULL;
	return ((PFN_vkCreateInstance)fake_get_instance_proc_addr(NULL, "vkCreateInstance"))(info, callbacks, instance);
}

static bool return_chain_seer(bool is_device, const char *name, PFN_vkVoidFunction *command) {
	if (is_device || strcmp(name, "vkCreateInstance") != 0)
		return false;
	*command = (PFN_vkVoidFunction)see_chain;
	return true;
}

/* Only what is behind a struct of unknown size stays, since the chain cannot be copied up to there. */
static void exports_of_an_instance_end_at_the_layer(void **state) {
	(void)state;
	for (int with_unknown = 0; with_unknown < 2; with_unknown++) {
		struct stack stack;
		fake_reset();
		fake.override = return_chain_seer;
		negotiate(&stack);
		VkLayerInstanceLink link = {.pfnNextGetInstanceProcAddr = fake_get_instance_proc_addr};
		const VkBaseInStructure last = {.sType = VK_STRUCTURE_TYPE_MAX_ENUM - 1},
					first = {.sType = VK_STRUCTURE_TYPE_MAX_ENUM - 2};
		const VkExportMetalObjectCreateInfoEXT queue = {VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT,
							       &last,
							       VK_EXPORT_METAL_OBJECT_TYPE_METAL_COMMAND_QUEUE_BIT_EXT},
						       device = {VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT,
							       &queue,
							       VK_EXPORT_METAL_OBJECT_TYPE_METAL_DEVICE_BIT_EXT};
		VkBaseInStructure unknown = first;
		unknown.pNext = (const VkBaseInStructure *)&device;
		const VkLayerInstanceCreateInfo chain = {
			.sType = VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO,
			.pNext = with_unknown ? (const void *)&unknown : &device,
			.function = VK_LAYER_LINK_INFO,
			.u.pLayerInfo = &link,
		};
		const VkApplicationInfo application = {
			.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_1};
		const VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
			.pNext = &chain,
			.pApplicationInfo = &application};
		assert_vk(((PFN_vkCreateInstance)stack.layer.pfnGetInstanceProcAddr(NULL, "vkCreateInstance"))(
			&info, NULL, &stack.instance));
		assert_int_equal(seen_count, with_unknown ? 5 : 2);
		assert_int_equal(seen[0], VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO);
		assert_int_equal(seen[seen_count - 1], last.sType);
		stack.device = VK_NULL_HANDLE;
		((PFN_vkDestroyInstance)instance_command(&stack, "vkDestroyInstance"))(stack.instance, NULL);
	}
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
	fake_reset();
	start(&stack);
	assert_vk(start_device(&stack, metal, 1));
	assert_vk(allocate(&stack, &export_heap, 1000, 1, &memory));
	const VkMemoryGetMetalHandleInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.memory = memory,
		.handleType = MTLHEAP,
	};
	assert_vk(((PFN_vkGetMemoryMetalHandleEXT)device_command(&stack, "vkGetMemoryMetalHandleEXT"))(
		stack.device, &info, &freed_handle));
	was_alive = false;
	fake.on_destroyed = look_at_object;
	((PFN_vkFreeMemory)device_command(&stack, "vkFreeMemory"))(stack.device, memory, NULL);
	fake.on_destroyed = NULL;
	assert_true(was_alive);
	assert_int_equal(tongs_handle_kind(freed_handle), TONGS_KIND_NONE);
	finish(&stack);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_object_outlives_the_drivers_memory),
		cmocka_unit_test(refuses_old_loaders),
		cmocka_unit_test(an_instance_is_tried_again_without_extensions),
		cmocka_unit_test(exports_of_an_instance_end_at_the_layer),
		cmocka_unit_test(creates_instances_as_the_topmost_layer),
		cmocka_unit_test(describes_itself),
		cmocka_unit_test(lists_every_extension_of_the_driver),
		cmocka_unit_test(added_where_host_pages_can_be_imported),
		cmocka_unit_test(device_gets_what_the_layer_requires),
		cmocka_unit_test(steps_aside_for_a_native_extension),
		cmocka_unit_test(steps_aside_for_either_native_extension),
		cmocka_unit_test(enabled_01387_where_it_is_not),
		cmocka_unit_test(driver_failures_pass),
		cmocka_unit_test(queries_once),
		cmocka_unit_test(lost_roles_are_chosen_again),
		cmocka_unit_test(queries_once_after_ten_thousand_images),
		cmocka_unit_test(featureless_success_is_an_error),
		cmocka_unit_test(failed_driver_import_undoes_all),
		cmocka_unit_test(what_the_driver_is_given),
		cmocka_unit_test(first_of_duplicates_wins),
		cmocka_unit_test(pages_of_no_import_are_left_out),
		cmocka_unit_test(map_memory2),
		cmocka_unit_test(images_that_are_not_made),
		cmocka_unit_test(forgotten_memory_goes_with_the_device),
	};
	return cmocka_run_group_tests_name("layer: entry", tests, NULL, NULL);
}
