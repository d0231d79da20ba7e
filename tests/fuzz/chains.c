/* SPDX-License-Identifier: MIT */
/* Create infos with pNext chains of any order and length in read-only memory, with unknown structs before, between and
 * after ours, some of them twice. */
#include "arena.h"
#include "fuzz_stack.h"
#include "layer/chain.h"

#include <tongs/metal.h>

enum { OBJECTS = 8 };

/* Objects that this input has created. */
struct objects {
	VkBuffer buffers[OBJECTS];
	VkImage images[OBJECTS];
	VkDeviceMemory memories[OBJECTS];
	unsigned buffer_count, image_count, memory_count;
};

static VkImage choose_image(struct input *input, const struct objects *objects) {
	if (objects->image_count && choose(input, 8))
		return objects->images[choose(input, objects->image_count)];
	return (VkImage)(uintptr_t)(choose(input, 2) ? take(input, 8) : 0);
}

static VkBuffer choose_buffer(struct input *input, const struct objects *objects) {
	if (objects->buffer_count && choose(input, 8))
		return objects->buffers[choose(input, objects->buffer_count)];
	return VK_NULL_HANDLE;
}

/* A live Metal object, or any number. */
static void *choose_handle(struct input *input, const struct stack *stack, const struct objects *objects) {
	static const VkExternalMemoryHandleTypeFlagBits types[] = {MTLBUFFER, MTLTEXTURE, MTLHEAP};
	void *handle = NULL;
	if (!objects->memory_count || !choose(input, 4))
		return (void *)(uintptr_t)take(input, 8);
	const VkMemoryGetMetalHandleInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.memory = objects->memories[choose(input, objects->memory_count)],
		.handleType = CHOOSE_FROM(input, types),
	};
	tongs_GetMemoryMetalHandleEXT(stack->device, &info, &handle);
	return handle;
}

static const VkStructureType kinds[] = {
	VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
	VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
	VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
	VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
	VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
	VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
	VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
	VK_STRUCTURE_TYPE_IMAGE_STENCIL_USAGE_CREATE_INFO,
	VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO,
	VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
	VK_STRUCTURE_TYPE_MEMORY_PRIORITY_ALLOCATE_INFO_EXT,
	VK_STRUCTURE_TYPE_BUFFER_OPAQUE_CAPTURE_ADDRESS_CREATE_INFO,
	VK_STRUCTURE_TYPE_BIND_BUFFER_MEMORY_DEVICE_GROUP_INFO,
	VK_STRUCTURE_TYPE_IMAGE_VIEW_USAGE_CREATE_INFO,
};

/* Fills the members that the layer reads. */
static void fill(struct input *input, const struct stack *stack, const struct objects *objects, void *chained) {
	union {
		VkBaseOutStructure *base;
		VkExportMemoryAllocateInfo *export;
		VkImportMemoryMetalHandleInfoEXT *import;
		VkImportMemoryFdInfoKHR *fd;
		VkImportMemoryHostPointerInfoEXT *pages;
		VkMemoryDedicatedAllocateInfo *dedicated;
		VkExternalMemoryBufferCreateInfo *buffer;
		VkExternalMemoryImageCreateInfo *image;
		VkImageStencilUsageCreateInfo *stencil;
		VkImageFormatListCreateInfo *formats;
	} s = {.base = chained};
	switch ((uint32_t)s.base->sType) {
	case VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO:
		s.export->handleTypes = choose_types(input);
		break;
	case (uint32_t)VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT:
		s.import->handleType = (VkExternalMemoryHandleTypeFlagBits)choose_types(input);
		s.import->handle = choose_handle(input, stack, objects);
		break;
	case VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR:
		s.fd->handleType = choose(input, 2) ? VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT : 0;
		s.fd->fd = -1;
		break;
	case VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT:
		s.pages->handleType = choose(input, 2) ? VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT : 0;
		s.pages->pHostPointer = (void *)fake.application_pages;
		break;
	case VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO:
		s.dedicated->image = choose_image(input, objects);
		s.dedicated->buffer = choose_buffer(input, objects);
		break;
	case VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO:
		s.buffer->handleTypes = choose_types(input);
		break;
	case VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO:
		s.image->handleTypes = choose_types(input);
		break;
	case VK_STRUCTURE_TYPE_IMAGE_STENCIL_USAGE_CREATE_INFO:
		s.stencil->stencilUsage = (VkImageUsageFlags)take(input, 1);
		break;
	case VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO:
		s.formats->viewFormatCount = choose(input, 4);
		s.formats->pViewFormats = arena_take(s.formats->viewFormatCount * sizeof(VkFormat));
		break;
	default:
		break;
	}
}

/* Builds a chain from its end. An unknown struct has only the two members of every struct. */
static const void *make_chain(struct input *input, const struct stack *stack, const struct objects *objects) {
	VkBaseOutStructure *chain = NULL;
	for (unsigned length = choose(input, 24); length; length--) {
		bool known = choose(input, 4) != 0;
		VkStructureType type =
			known ? CHOOSE_FROM(input, kinds) : (VkStructureType)(2000000000 + (int)take(input, 2));
		size_t size = known ? tongs_chain_struct_size(type) : sizeof(*chain);
		VkBaseOutStructure *next = arena_take(size ? size : sizeof(*chain));
		next->sType = type;
		next->pNext = chain;
		if (known && size)
			fill(input, stack, objects, next);
		chain = next;
	}
	return chain;
}

static void check_result(VkResult result, bool made) {
	REQUIRE(result == VK_SUCCESS || result == VK_ERROR_VALIDATION_FAILED_EXT ||
		result == VK_ERROR_INVALID_EXTERNAL_HANDLE || result == VK_ERROR_OUT_OF_DEVICE_MEMORY);
	REQUIRE(made == (result == VK_SUCCESS));
}

static void allocate(struct input *input, const struct stack *stack, struct objects *objects) {
	if (objects->memory_count == OBJECTS)
		return;
	VkMemoryAllocateInfo *info = arena_take(sizeof(*info));
	info->sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
	info->allocationSize = take(input, choose(input, 8) ? 2 : 8);
	info->memoryTypeIndex = choose(input, 8) ? choose(input, fake.memory_type_count) : (uint32_t)take(input, 4);
	info->pNext = make_chain(input, stack, objects);
	arena_lock();
	VkDeviceMemory memory = VK_NULL_HANDLE;
	check_result(tongs_AllocateMemory(stack->device, info, NULL, &memory), memory);
	if (memory)
		objects->memories[objects->memory_count++] = memory;
}

static void create_buffer(struct input *input, const struct stack *stack, struct objects *objects) {
	bool queried_only = choose(input, 4) == 0;
	if (objects->buffer_count == OBJECTS)
		return;
	VkBufferCreateInfo *info = arena_take(sizeof(*info));
	VkDeviceBufferMemoryRequirements *query = arena_take(sizeof(*query));
	info->sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
	info->flags = choose(input, 4) ? 0 : (VkBufferCreateFlags)take(input, 1);
	info->size = 1 + take(input, 2);
	info->usage = (VkBufferUsageFlags)take(input, 1);
	info->pNext = make_chain(input, stack, objects);
	query->sType = VK_STRUCTURE_TYPE_DEVICE_BUFFER_MEMORY_REQUIREMENTS;
	query->pCreateInfo = info;
	arena_lock();
	if (queried_only) {
		VkMemoryRequirements2 requirements = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2};
		tongs_GetDeviceBufferMemoryRequirements(stack->device, query, &requirements);
		return;
	}
	VkBuffer buffer = VK_NULL_HANDLE;
	check_result(tongs_CreateBuffer(stack->device, info, NULL, &buffer), buffer);
	if (buffer)
		objects->buffers[objects->buffer_count++] = buffer;
}

static void create_image(struct input *input, const struct stack *stack, struct objects *objects) {
	bool queried_only = choose(input, 4) == 0;
	if (objects->image_count == OBJECTS)
		return;
	VkImageCreateInfo *info = arena_take(sizeof(*info));
	VkDeviceImageMemoryRequirements *query = arena_take(sizeof(*query));
	*info = choose_image_info(input);
	info->pNext = make_chain(input, stack, objects);
	query->sType = VK_STRUCTURE_TYPE_DEVICE_IMAGE_MEMORY_REQUIREMENTS;
	query->pCreateInfo = info;
	arena_lock();
	if (queried_only) {
		VkMemoryDedicatedRequirements dedicated = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS};
		VkMemoryRequirements2 requirements = {VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2, &dedicated, {0}};
		tongs_GetDeviceImageMemoryRequirements(stack->device, query, &requirements);
		return;
	}
	VkImage image = VK_NULL_HANDLE;
	check_result(tongs_CreateImage(stack->device, info, NULL, &image), image);
	if (image)
		objects->images[objects->image_count++] = image;
}

static void query_requirements(struct input *input, const struct stack *stack, struct objects *objects) {
	VkMemoryDedicatedRequirements dedicated = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS};
	VkMemoryRequirements2 requirements = {VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2, &dedicated, {0}};
	if (objects->buffer_count) {
		VkBufferMemoryRequirementsInfo2 *info = arena_take(sizeof(*info));
		info->sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2;
		info->buffer = objects->buffers[choose(input, objects->buffer_count)];
		info->pNext = make_chain(input, stack, objects);
		arena_lock();
		tongs_GetBufferMemoryRequirements2(stack->device, info, &requirements);
		REQUIRE(!dedicated.requiresDedicatedAllocation);
	}
}

static void bind(struct input *input, const struct stack *stack, struct objects *objects) {
	unsigned count = choose(input, 5);
	if (!objects->memory_count || !objects->buffer_count || !objects->image_count)
		return;
	VkBindBufferMemoryInfo *buffers = arena_take(count * sizeof(*buffers));
	VkBindImageMemoryInfo *images = arena_take(count * sizeof(*images));
	for (unsigned i = 0; i < count; i++) {
		VkDeviceMemory memory = objects->memories[choose(input, objects->memory_count)];
		const void *chain = make_chain(input, stack, objects);
		buffers[i] = (VkBindBufferMemoryInfo){VK_STRUCTURE_TYPE_BIND_BUFFER_MEMORY_INFO, chain,
			objects->buffers[choose(input, objects->buffer_count)], memory, 0};
		images[i] = (VkBindImageMemoryInfo){VK_STRUCTURE_TYPE_BIND_IMAGE_MEMORY_INFO, chain,
			objects->images[choose(input, objects->image_count)], memory, 0};
	}
	arena_lock();
	tongs_BindBufferMemory2(stack->device, count, buffers);
	tongs_BindImageMemory2(stack->device, count, images);
}

static void query_image(struct input *input, const struct stack *stack, struct objects *objects) {
	VkExternalImageFormatProperties external = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkImageFormatProperties2 caps = {VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2, &external, {0}};
	VkPhysicalDeviceImageFormatInfo2 *query = arena_take(sizeof(*query));
	VkPhysicalDeviceExternalImageFormatInfo *handle = arena_take(sizeof(*handle));
	VkImageCreateInfo image = choose_image_info(input);
	*handle =
		(VkPhysicalDeviceExternalImageFormatInfo){VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
			make_chain(input, stack, objects), (VkExternalMemoryHandleTypeFlagBits)choose_types(input)};
	*query = (VkPhysicalDeviceImageFormatInfo2){VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2, handle,
		image.format, image.imageType, image.tiling, image.usage, image.flags};
	arena_lock();
	VkResult result = tongs_GetPhysicalDeviceImageFormatProperties2(fake_physical_device(), query, &caps);
	REQUIRE(result == VK_SUCCESS || result == VK_ERROR_FORMAT_NOT_SUPPORTED);
}

static void view_image(struct input *input, const struct stack *stack, struct objects *objects) {
	VkImageView view;
	if (!objects->image_count)
		return;
	VkImageViewCreateInfo *info = arena_take(sizeof(*info));
	info->sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO;
	info->image = objects->images[choose(input, objects->image_count)];
	info->format = (VkFormat)take(input, 1);
	info->pNext = make_chain(input, stack, objects);
	arena_lock();
	REQUIRE(tongs_CreateImageView(stack->device, info, NULL, &view) == VK_SUCCESS);
}

static void destroy_all(const struct stack *stack, struct objects *objects) {
	for (unsigned i = 0; i < objects->buffer_count; i++)
		tongs_DestroyBuffer(stack->device, objects->buffers[i], NULL);
	for (unsigned i = 0; i < objects->image_count; i++)
		tongs_DestroyImage(stack->device, objects->images[i], NULL);
	for (unsigned i = 0; i < objects->memory_count; i++)
		tongs_FreeMemory(stack->device, objects->memories[i], NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
	static void (*const steps[])(struct input *, const struct stack *, struct objects *) = {
		allocate, allocate, create_buffer, create_image, query_requirements, bind, query_image, view_image};
	struct input input = {bytes, size};
	struct objects objects = {0};
	struct stack stack;
	static char pages[4096];
	fuzz_start(&stack, choose(&input, 2));
	fake.application_pages = pages;
	while (input.left) {
		arena_reset();
		CHOOSE_FROM(&input, steps)(&input, &stack, &objects);
	}
	destroy_all(&stack, &objects);
	fuzz_finish(&stack);
	return 0;
}
