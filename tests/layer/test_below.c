/* SPDX-License-Identifier: MIT */
/* Which parts of a program's pNext chains reach the driver, and which are refused, above a driver that records its
 * input. */
#include <string.h>

#include "fake_stack.h"
#include "harness.h"

static const char *const metal[] = {VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME};

#define CALL(stack, name) ((PFN_vk##name)device_command(stack, "vk" #name))
#define ASK(stack, name) ((PFN_vk##name)instance_command(stack, "vk" #name))

enum { ZERO_INITIALIZE = 8 };

/* A struct of an unknown type. */
struct unknown {
	VkStructureType sType;
	const void *pNext;
	uint64_t word;
};

#define UNKNOWN ((VkStructureType)0x7ffffff1)
#define WORD UINT64_C(0x0123456789abcdef)

/* What the driver saw since the last reset. */
static struct {
	unsigned calls, unknown, types[32], type_count;
	VkMemoryAllocateFlags flags;
	uint64_t usage2; /* of VkBufferUsageFlags2CreateInfo */
} seen;

/* VkBufferUsageFlags2CreateInfo, which the oldest supported headers lack, is such a struct. */
#define USAGE2 ((VkStructureType)1000470006)

/* Only the command under test: the layer makes queries of its own. */
static const char *watched;

static void look(const char *command, const void *pNext) {
	if (strcmp(command, watched) != 0)
		return;
	seen.calls++;
	seen.type_count = 0;
	for (const VkBaseInStructure *s = pNext; s; s = s->pNext) {
		assert_true(seen.type_count < 32);
		seen.types[seen.type_count++] = (unsigned)s->sType;
		if (s->sType == UNKNOWN) {
			assert_true(((const struct unknown *)s)->word == WORD);
			seen.unknown++;
		}
		assert_true(s->sType != VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT);
		if (s->sType == VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO)
			seen.flags = ((const VkMemoryAllocateFlagsInfo *)s)->flags;
		if (s->sType == USAGE2)
			seen.usage2 = ((const struct unknown *)s)->word;
	}
}

static bool saw(VkStructureType type) {
	for (unsigned i = 0; i < seen.type_count; i++)
		if (seen.types[i] == (unsigned)type)
			return true;
	return false;
}

static void start_sharing(struct stack *stack) {
	fake_reset();
	fake.buffer_features = fake.image_features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	fake.features = VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT;
	start(stack);
	assert_vk(start_device(stack, metal, 1));
	memset(&seen, 0, sizeof(seen));
	fake.look = look;
}

static struct tongs_device *metal_device(struct stack *stack) {
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.handleTypes = MTLHEAP,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &export,
		.allocationSize = 4096,
		.memoryTypeIndex = 1,
	};
	VkDeviceMemory memory;
	void *handle;
	assert_vk(CALL(stack, AllocateMemory)(stack->device, &info, NULL, &memory));
	const VkMemoryGetMetalHandleInfoEXT get = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.memory = memory,
		.handleType = MTLHEAP,
	};
	assert_vk(CALL(stack, GetMemoryMetalHandleEXT)(stack->device, &get, &handle));
	struct tongs_device *device = tongs_device_ref(tongs_heap_get_device(handle));
	CALL(stack, FreeMemory)(stack->device, memory, NULL);
	return device;
}

/* The commands whose chains the layer edits: each makes one call with the chain, destroys what it created, and returns
 * whether it succeeded. */
static bool create_buffer(struct stack *stack, const void *chain) {
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = chain,
		.size = 256,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
	};
	VkBuffer buffer = (VkBuffer)(uintptr_t)1;
	VkResult result = CALL(stack, CreateBuffer)(stack->device, &info, NULL, &buffer);
	if (result == VK_SUCCESS)
		CALL(stack, DestroyBuffer)(stack->device, buffer, NULL);
	else
		assert_true(result == VK_ERROR_VALIDATION_FAILED_EXT && buffer == VK_NULL_HANDLE);
	return result == VK_SUCCESS;
}

static VkImageCreateInfo image_create_info(const void *chain) {
	return (VkImageCreateInfo){
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.pNext = chain,
		.imageType = VK_IMAGE_TYPE_2D,
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.extent = {16, 16, 1},
		.mipLevels = 1,
		.arrayLayers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.tiling = VK_IMAGE_TILING_LINEAR,
		.usage = VK_IMAGE_USAGE_SAMPLED_BIT,
	};
}

static bool create_image(struct stack *stack, const void *chain) {
	const VkImageCreateInfo info = image_create_info(chain);
	VkImage image = (VkImage)(uintptr_t)1;
	VkResult result = CALL(stack, CreateImage)(stack->device, &info, NULL, &image);
	if (result == VK_SUCCESS)
		CALL(stack, DestroyImage)(stack->device, image, NULL);
	else
		assert_true(result == VK_ERROR_VALIDATION_FAILED_EXT && image == VK_NULL_HANDLE);
	return result == VK_SUCCESS;
}

static bool allocate(struct stack *stack, const void *chain) {
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = chain,
		.allocationSize = 4096,
		.memoryTypeIndex = 1,
	};
	VkDeviceMemory memory = (VkDeviceMemory)(uintptr_t)1;
	VkResult result = CALL(stack, AllocateMemory)(stack->device, &info, NULL, &memory);
	if (result == VK_SUCCESS)
		CALL(stack, FreeMemory)(stack->device, memory, NULL);
	else
		assert_true(result == VK_ERROR_VALIDATION_FAILED_EXT && memory == VK_NULL_HANDLE);
	return result == VK_SUCCESS;
}

static bool query_buffer_requirements(struct stack *stack, const void *chain) {
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = chain,
		.size = 256,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
	};
	const VkDeviceBufferMemoryRequirements query = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_BUFFER_MEMORY_REQUIREMENTS,
		.pCreateInfo = &info,
	};
	VkMemoryRequirements2 caps = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2};
	CALL(stack, GetDeviceBufferMemoryRequirements)(stack->device, &query, &caps);
	return caps.memoryRequirements.memoryTypeBits != 0;
}

static bool query_image_requirements(struct stack *stack, const void *chain) {
	const VkImageCreateInfo info = image_create_info(chain);
	const VkDeviceImageMemoryRequirements query = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_IMAGE_MEMORY_REQUIREMENTS,
		.pCreateInfo = &info,
	};
	VkMemoryRequirements2 caps = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2};
	CALL(stack, GetDeviceImageMemoryRequirements)(stack->device, &query, &caps);
	return caps.memoryRequirements.memoryTypeBits != 0;
}

static bool query_image_format(struct stack *stack, const void *chain) {
	const VkPhysicalDeviceImageFormatInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = chain,
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.type = VK_IMAGE_TYPE_2D,
		.tiling = VK_IMAGE_TILING_LINEAR,
		.usage = VK_IMAGE_USAGE_SAMPLED_BIT,
	};
	VkImageFormatProperties2 caps = {.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2};
	VkResult result = ASK(stack, GetPhysicalDeviceImageFormatProperties2)(fake_physical_device(), &info, &caps);
	assert_true(result == VK_SUCCESS || result == VK_ERROR_FORMAT_NOT_SUPPORTED);
	return result == VK_SUCCESS;
}

static bool query_external_buffer(struct stack *stack, const void *chain) {
	const VkPhysicalDeviceExternalBufferInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.pNext = chain,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
		.handleType = MTLBUFFER,
	};
	VkExternalBufferProperties caps = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	ASK(stack, GetPhysicalDeviceExternalBufferProperties)(fake_physical_device(), &info, &caps);
	return caps.externalMemoryProperties.externalMemoryFeatures != 0;
}

static VkExternalMemoryBufferCreateInfo external_buffer = {
	.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, .handleTypes = MTLBUFFER};
static VkBufferOpaqueCaptureAddressCreateInfo buffer_address = {
	.sType = VK_STRUCTURE_TYPE_BUFFER_OPAQUE_CAPTURE_ADDRESS_CREATE_INFO};
static VkExternalMemoryImageCreateInfo external_image = {
	.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO, .handleTypes = MTLBUFFER};
static const VkFormat view_formats[] = {VK_FORMAT_R8G8B8A8_UNORM};
static VkImageFormatListCreateInfo format_list = {
	.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO, .viewFormatCount = 1, .pViewFormats = view_formats};
static VkImageStencilUsageCreateInfo stencil_usage = {
	.sType = VK_STRUCTURE_TYPE_IMAGE_STENCIL_USAGE_CREATE_INFO, .stencilUsage = VK_IMAGE_USAGE_SAMPLED_BIT};
static VkPhysicalDeviceExternalImageFormatInfo external_format = {
	.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO, .handleType = MTLBUFFER};
static VkExportMemoryAllocateInfo export_heap = {
	.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, .handleTypes = MTLHEAP};
static VkMemoryAllocateFlagsInfo zeroed = {
	.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO, .flags = ZERO_INITIALIZE};
static VkMemoryDedicatedAllocateInfo undedicated = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO};
static VkDedicatedAllocationMemoryAllocateInfoNV dedicated_nv = {
	.sType = VK_STRUCTURE_TYPE_DEDICATED_ALLOCATION_MEMORY_ALLOCATE_INFO_NV};
static VkImportMemoryFdInfoKHR no_file = {.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR, .fd = -1};
static VkImportMemoryHostPointerInfoEXT no_pages = {
	.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT, .pHostPointer = &no_file};
static VkImportMemoryMetalHandleInfoEXT import_buffer = {
	.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT, .handleType = MTLBUFFER};
static VkImportMemoryMetalHandleInfoEXT no_handle = {.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT};
static VkMemoryPriorityAllocateInfoEXT priority = {.sType = VK_STRUCTURE_TYPE_MEMORY_PRIORITY_ALLOCATE_INFO_EXT};

enum { MAX_STRUCTS = 6 };

/* Links the structs, with the unknown one at its place among them, if it has one. */
static const void *link_chain(VkBaseOutStructure *const *structs, size_t count, struct unknown *unknown, size_t place) {
	VkBaseOutStructure *all[MAX_STRUCTS + 1] = {NULL};
	size_t length = 0;
	for (size_t i = 0; i <= count; i++) {
		if (unknown && i == place)
			all[length++] = (VkBaseOutStructure *)unknown;
		if (i < count)
			all[length++] = structs[i];
	}
	for (size_t i = 0; i < length; i++)
		all[i]->pNext = i + 1 < length ? all[i + 1] : NULL;
	return all[0];
}

#define S(name) ((VkBaseOutStructure *)&(name))

static const struct {
	const char *command;
	bool (*call)(struct stack *stack, const void *chain);
	VkBaseOutStructure *structs[MAX_STRUCTS]; /* to the first NULL */
	size_t done;                              /* the places of the unknown struct from here on must be taken */
} chains[] = {
	{"vkCreateBuffer", create_buffer, {S(external_buffer), S(buffer_address)}, 1},
	{"vkCreateBuffer", create_buffer, {S(buffer_address), S(external_buffer)}, 2},
	{"vkCreateImage", create_image, {S(external_image)}, 1},
	{"vkCreateImage", create_image, {S(format_list), S(external_image), S(stencil_usage)}, 3},
	{"vkAllocateMemory", allocate, {S(export_heap)}, 1},
	{"vkAllocateMemory", allocate, {S(export_heap), S(priority), S(zeroed), S(undedicated)}, 4},
	{"vkAllocateMemory", allocate, {S(dedicated_nv), S(export_heap)}, 2},
	{"vkAllocateMemory", allocate, {S(no_file), S(no_pages), S(export_heap), S(priority)}, 3},
	{"vkAllocateMemory", allocate, {S(import_buffer), S(no_file)}, 2},
	{"vkAllocateMemory", allocate, {S(priority), S(import_buffer), S(export_heap)}, 3},
	/* Nothing of Metal's: taken wherever it stands, but before a struct that the driver does not know. */
	{"vkAllocateMemory", allocate, {S(no_file), S(priority)}, 0},
	{"vkAllocateMemory", allocate, {S(priority), S(no_handle), S(no_pages)}, 2},
	{"vkGetDeviceBufferMemoryRequirements", query_buffer_requirements, {S(buffer_address), S(external_buffer)}, 2},
	{"vkGetDeviceImageMemoryRequirements", query_image_requirements, {S(external_image), S(format_list)}, 2},
	{"vkGetPhysicalDeviceImageFormatProperties2", query_image_format, {S(external_format), S(format_list)}, 2},
	{"vkGetPhysicalDeviceExternalBufferProperties", query_external_buffer, {NULL}, 0},
};

/* An unknown struct at every position of every chain that the layer edits either reaches the driver, or the call is
 * refused and does not reach the driver. */
static void unknown_structs_are_passed_on_or_refused(void **state) {
	struct stack stack;
	unsigned passed = 0, refused = 0;
	(void)state;
	start_sharing(&stack);
	watched = "";
	struct tongs_device *device = metal_device(&stack);
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, 4096, MTLResourceStorageModeShared);
	import_buffer.handle = buffer;
	for (size_t i = 0; i < sizeof(chains) / sizeof(*chains); i++) {
		size_t count = 0;
		while (count < MAX_STRUCTS && chains[i].structs[count])
			count++;
		watched = chains[i].command;
		/* An import is exported as what it is imported as. */
		export_heap.handleTypes = chains[i].structs[1] == S(import_buffer) ? MTLBUFFER : MTLHEAP;
		for (size_t place = 0; place <= count; place++) {
			struct unknown unknown = {.sType = UNKNOWN, .word = WORD};
			memset(&seen, 0, sizeof(seen));
			bool done = chains[i].call(&stack, link_chain(chains[i].structs, count, &unknown, place));
			if (done)
				assert_int_equal(seen.unknown, seen.calls);
			else
				assert_int_equal(seen.unknown, 0);
			assert_true(!done || seen.calls > 0);
			assert_true(done || place < chains[i].done);
			passed += done;
			refused += !done;
		}
	}
	print_message("unknown structs passed on %u, refused %u\n", passed, refused);
	export_heap.handleTypes = MTLHEAP;
	tongs_buffer_unref(buffer);
	tongs_device_unref(device);
	assert_int_equal(fake.live_memories + fake.live_buffers + fake.live_images, 0);
	finish(&stack);
}

/* Allocates with `count` structs, and returns the result that the application gets. */
static VkResult allocate_with(struct stack *stack, VkBaseOutStructure *const *structs, size_t count) {
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = link_chain(structs, count, NULL, 0),
		.allocationSize = 4096,
		.memoryTypeIndex = 1,
	};
	VkDeviceMemory memory = (VkDeviceMemory)(uintptr_t)1;
	memset(&seen, 0, sizeof(seen));
	watched = "vkAllocateMemory";
	VkResult result = CALL(stack, AllocateMemory)(stack->device, &info, NULL, &memory);
	if (result == VK_SUCCESS)
		CALL(stack, FreeMemory)(stack->device, memory, NULL);
	else
		assert_true(memory == VK_NULL_HANDLE);
	assert_int_equal(fake.live_memories, 0);
	return result;
}

/* An import struct whose handleType is 0 is no import, and some drivers fail on it. */
static void imports_of_no_type_are_left_out(void **state) {
	VkBaseOutStructure *const inert[] = {S(no_file), S(no_pages), S(no_handle)};
	VkImportMemoryFdInfoKHR file = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
		.fd = 7,
	};
	struct stack stack;
	(void)state;
	start_sharing(&stack);
	for (size_t i = 0; i < 3; i++) {
		for (size_t place = 0; place < 2; place++) {
			VkBaseOutStructure *plain[] = {inert[i], S(priority)}, *export[] = {inert[i], S(export_heap)};
			if (place) {
				plain[0] = S(priority);
				plain[1] = inert[i];
				export[0] = S(export_heap);
				export[1] = inert[i];
			}
			assert_vk(allocate_with(&stack, plain, 2));
			assert_int_equal(seen.type_count, 1);
			assert_true(saw(priority.sType));
			assert_vk(allocate_with(&stack, export, 2));
			assert_int_equal(seen.type_count, 1);
			assert_true(saw(VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT));
			assert_ptr_not_equal(fake.allocate_next_host_pointer, no_pages.pHostPointer);
		}
	}
	assert_vk(allocate_with(&stack, inert, 3));
	assert_int_equal(seen.type_count, 0);
	/* No import of host pages is dedicated in this way (02805). */
	VkBaseOutStructure *const nv[] = {S(dedicated_nv), S(export_heap), S(priority)};
	assert_vk(allocate_with(&stack, nv, 3));
	assert_int_equal(seen.type_count, 2);
	assert_false(saw(dedicated_nv.sType));
	/* What is an import stays, beside those that are none. */
	VkBaseOutStructure *const imports[] = {S(no_pages), S(file), S(no_handle), S(no_file)};
	assert_vk(allocate_with(&stack, imports, 4));
	assert_int_equal(seen.type_count, 1);
	assert_true(saw(file.sType));
	finish(&stack);
}

/* VK_EXT_zero_initialize_device_memory: a payload holds zeros, and the import that it becomes must not have the flag.
 */
static void zeros_are_not_requested_below(void **state) {
	VkMemoryAllocateFlagsInfo flags = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
		.flags = ZERO_INITIALIZE | VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT,
	};
	VkBaseOutStructure *const export[] = {S(flags), S(export_heap)}, *const behind[] = {S(export_heap), S(flags)},
				  *const plain[] = {S(flags)};
	struct stack stack;
	(void)state;
	start_sharing(&stack);
	assert_vk(allocate_with(&stack, export, 2));
	assert_int_equal(seen.flags, VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT);
	assert_vk(allocate_with(&stack, behind, 2));
	assert_int_equal(seen.flags, VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT);
	assert_int_equal(flags.flags, ZERO_INITIALIZE | VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT);
	assert_vk(allocate_with(&stack, plain, 1));
	assert_int_equal(seen.flags, flags.flags);
	/* An import has bytes already. */
	watched = "";
	struct tongs_device *device = metal_device(&stack);
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, 4096, MTLResourceStorageModeShared);
	memset(tongs_buffer_get_contents(buffer), 7, 4096);
	import_buffer.handle = buffer;
	VkBaseOutStructure *const import[] = {S(import_buffer), S(flags)};
	assert_int_equal(allocate_with(&stack, import, 2), VK_ERROR_VALIDATION_FAILED_EXT);
	assert_int_equal(*(char *)tongs_buffer_get_contents(buffer), 7);
	flags.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT;
	assert_vk(allocate_with(&stack, import, 2));
	tongs_buffer_unref(buffer);
	tongs_device_unref(device);
	finish(&stack);
}

/* Imported pages cannot be given a captured address. An address of 0 requests none. */
static void captured_addresses(void **state) {
	VkMemoryOpaqueCaptureAddressAllocateInfo address = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_OPAQUE_CAPTURE_ADDRESS_ALLOCATE_INFO,
		.opaqueCaptureAddress = 0x1000,
	};
	VkBaseOutStructure *const export[] = {S(export_heap), S(address)},
				  *const import[] = {S(address), S(import_buffer)}, *const plain[] = {S(address)};
	struct stack stack;
	(void)state;
	start_sharing(&stack);
	watched = "";
	struct tongs_device *device = metal_device(&stack);
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, 4096, MTLResourceStorageModeShared);
	import_buffer.handle = buffer;
	assert_int_equal(allocate_with(&stack, export, 2), VK_ERROR_INVALID_OPAQUE_CAPTURE_ADDRESS);
	assert_int_equal(seen.calls, 0);
	assert_int_equal(allocate_with(&stack, import, 2), VK_ERROR_VALIDATION_FAILED_EXT);
	assert_int_equal(seen.calls, 0);
	assert_vk(allocate_with(&stack, plain, 1));
	assert_true(saw(address.sType));
	address.opaqueCaptureAddress = 0;
	assert_vk(allocate_with(&stack, export, 2));
	assert_vk(allocate_with(&stack, import, 2));
	tongs_buffer_unref(buffer);
	tongs_device_unref(device);
	finish(&stack);
}

/* Whether a buffer with the usages can be shared, by the query and by its creation. */
static void share_with_usage(struct stack *stack, VkBufferUsageFlags usage, uint64_t usage2, bool shared) {
	struct unknown wide = {.sType = USAGE2, .pNext = &external_buffer, .word = usage2};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .pNext = &wide, .size = 256, .usage = usage};
	VkBuffer buffer;
	external_buffer.pNext = NULL;
	watched = "vkGetPhysicalDeviceExternalBufferProperties";
	memset(&seen, 0, sizeof(seen));
	fake.buffer_queries = 0;
	VkResult result = CALL(stack, CreateBuffer)(stack->device, &info, NULL, &buffer);
	assert_int_equal(result, shared ? VK_SUCCESS : VK_ERROR_VALIDATION_FAILED_EXT);
	if (fake.buffer_queries) {
		assert_int_equal(fake.buffer_query.usage, (VkBufferUsageFlags)usage2);
		assert_true(usage2 >> 32 == 0 || seen.usage2 == usage2);
	}
	if (shared) {
		watched = "vkCreateBuffer";
		CALL(stack, DestroyBuffer)(stack->device, buffer, NULL);
		assert_vk(CALL(stack, CreateBuffer)(stack->device, &info, NULL, &buffer));
		assert_true(seen.usage2 == usage2);
		CALL(stack, DestroyBuffer)(stack->device, buffer, NULL);
	}

	wide.pNext = NULL;
	const VkPhysicalDeviceExternalBufferInfo query = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.pNext = &wide,
		.usage = usage,
		.handleType = MTLHEAP,
	};
	VkExternalBufferProperties caps = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	watched = "vkGetPhysicalDeviceExternalBufferProperties";
	memset(&seen, 0, sizeof(seen));
	ASK(stack, GetPhysicalDeviceExternalBufferProperties)(fake_physical_device(), &query, &caps);
	assert_int_equal(caps.externalMemoryProperties.externalMemoryFeatures != 0, shared);
	assert_int_equal(fake.buffer_query.usage, (VkBufferUsageFlags)usage2);
	assert_true(seen.usage2 == usage2);
}

/* VkBufferUsageFlags2CreateInfo replaces the usage, both in queries to the driver and in creation. */
static void usages_of_64_bits_count(void **state) {
	const VkBufferUsageFlags denied = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, given = VK_BUFFER_USAGE_TRANSFER_SRC_BIT;
	struct stack stack;
	(void)state;
	start_sharing(&stack);
	fake.denied_usage = denied;
	share_with_usage(&stack, given, denied, false);
	share_with_usage(&stack, denied, given, true);
	share_with_usage(&stack, 0, given | UINT64_C(1) << 40, true);
	fake.denied_usage2 = UINT64_C(1) << 41;
	share_with_usage(&stack, given, given | UINT64_C(1) << 41, false);
	/* And is forgotten where it is not. */
	share_with_usage(&stack, given, given, true);
	finish(&stack);
}

/* VK_KHR_extended_flags: such an image is refused, because it could not be created as requested. */
static void extended_flags_of_images_are_refused(void **state) {
	static const uint32_t types[] = {1000668001, 1000668002, 1000668005};
	struct stack stack;
	(void)state;
	start_sharing(&stack);
	for (size_t i = 0; i < 3; i++) {
		struct unknown wide = {.sType = (VkStructureType)types[i], .word = 4};
		VkBaseOutStructure *const image[] = {S(wide), S(external_image)}, *const format[] = {
											  S(wide), S(external_format)};
		watched = "vkCreateImage";
		memset(&seen, 0, sizeof(seen));
		assert_false(create_image(&stack, link_chain(image, 2, NULL, 0)));
		assert_false(query_image_requirements(&stack, link_chain(image, 2, NULL, 0)));
		assert_false(query_image_format(&stack, link_chain(format, 2, NULL, 0)));
		assert_int_equal(seen.calls, 0);
	}
	assert_int_equal(fake.live_images, 0);
	finish(&stack);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_structs_are_passed_on_or_refused),
		cmocka_unit_test(imports_of_no_type_are_left_out),
		cmocka_unit_test(zeros_are_not_requested_below),
		cmocka_unit_test(captured_addresses),
		cmocka_unit_test(usages_of_64_bits_count),
		cmocka_unit_test(extended_flags_of_images_are_refused),
	};
	return cmocka_run_group_tests_name("layer: what reaches the driver", tests, NULL, NULL);
}
