/* SPDX-License-Identifier: MIT */
/* Flows of memory: exported, imported, mapped, bound, seen through views. */
#include <stdlib.h>
#include <string.h>

#include "torture_flows.h"

#define UNTOUCHED(type) ((type)(uintptr_t)0x5a5a)

enum { SIZE = 20000 };

/* In a type of `types`, host-visible if one is. */
static bool allocate(struct torture *torture, const void *pNext, VkDeviceSize size, uint32_t types, unsigned listed,
	VkDeviceMemory *memory) {
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = pNext,
		.allocationSize = size,
		.memoryTypeIndex = pick_mapped(&torture->gpu, types),
	};
	*memory = UNTOUCHED(VkDeviceMemory);
	if (went(torture, vkAllocateMemory(torture->gpu.device, &info, torture->callbacks, memory), listed))
		return true;
	assert_null(*memory);
	return false;
}

static bool export_as(struct torture *torture, VkExternalMemoryHandleTypeFlags types,
	const VkMemoryRequirements *requirements, VkImage image, VkDeviceMemory *memory) {
	const VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image,
	};
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.pNext = image ? &dedicated : NULL,
		.handleTypes = types,
	};
	return allocate(torture, &export, requirements->size, requirements->memoryTypeBits, MEMORY, memory);
}

static bool query_types(
	struct torture *torture, VkExternalMemoryHandleTypeFlags type, void *handle, uint32_t *memory_types) {
	VkMemoryMetalHandlePropertiesEXT properties = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_METAL_HANDLE_PROPERTIES_EXT,
		.memoryTypeBits = 0xff,
	};
	bool ok = went(torture,
		torture->gpu.get_properties(
			torture->gpu.device, (VkExternalMemoryHandleTypeFlagBits)type, handle, &properties),
		MEMORY | INVALID_EXTERNAL_HANDLE);
	assert_true(ok == (properties.memoryTypeBits != 0));
	*memory_types = properties.memoryTypeBits;
	return ok;
}

static bool import_as(struct torture *torture, VkExternalMemoryHandleTypeFlags type, void *handle, VkImage image,
	VkDeviceSize size, VkDeviceMemory *memory) {
	const VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image,
	};
	const VkImportMemoryMetalHandleInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		.pNext = image ? &dedicated : NULL,
		.handleType = (VkExternalMemoryHandleTypeFlagBits)type,
		.handle = handle,
	};
	uint32_t types;
	return query_types(torture, type, handle, &types) &&
	       allocate(torture, &import, size, types, MEMORY | INVALID_EXTERNAL_HANDLE, memory);
}

static bool bind_image(struct torture *torture, VkImage image, VkDeviceMemory memory) {
	return went(torture, vkBindImageMemory(torture->gpu.device, image, memory, 0), MEMORY);
}

/* Returns whether the image requires memory of its own. */
static bool image_requirements(VkDevice device, VkImage image, VkMemoryRequirements *requirements) {
	const VkImageMemoryRequirementsInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2, .image = image};
	VkMemoryDedicatedRequirements dedicated = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS};
	VkMemoryRequirements2 all = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2, .pNext = &dedicated};
	vkGetImageMemoryRequirements2(device, &info, &all);
	*requirements = all.memoryRequirements;
	return dedicated.requiresDedicatedAllocation;
}

/* With an image, if the flow has a format, or a buffer. */
bool flow_export(struct torture *torture, const struct flow *flow) {
	VkDevice device = torture->gpu.device;
	VkDeviceMemory memory = VK_NULL_HANDLE;
	VkBuffer buffer = VK_NULL_HANDLE;
	VkImage image = VK_NULL_HANDLE;
	VkMemoryRequirements requirements = {0};
	bool dedicated = false;
	bool ok = flow->format ? torture_create_image(torture, flow, &image)
			       : torture_create_buffer(torture, flow->types, &buffer);
	if (image)
		dedicated = image_requirements(device, image, &requirements) || flow->types == MTLTEXTURE;
	else if (buffer)
		vkGetBufferMemoryRequirements(device, buffer, &requirements);
	if (flow->size > requirements.size)
		requirements.size = flow->size;
	ok = ok && export_as(torture, flow->types, &requirements, dedicated ? image : VK_NULL_HANDLE, &memory);
	ok = ok && (image ? bind_image(torture, image, memory)
			  : went(torture, vkBindBufferMemory(device, buffer, memory, 0), MEMORY));
	if (ok)
		for (VkExternalMemoryHandleTypeFlags rest = flow->types; rest; rest &= rest - 1)
			handle_of(&torture->gpu, memory, rest & -rest);
	vkDestroyBuffer(device, buffer, torture->callbacks);
	vkDestroyImage(device, image, torture->callbacks);
	vkFreeMemory(device, memory, torture->callbacks);
	return ok;
}

static struct tongs_heap *new_heap(struct torture *torture, MTLResourceOptions options) {
	struct tongs_heap_info info;
	tongs_heap_info_init(&info);
	info.size = 4 * SIZE;
	info.type = MTLHeapTypePlacement;
	info.resource_options = options;
	return tongs_device_new_heap(torture->metal, &info);
}

static void *new_object(struct torture *torture, const struct flow *flow) {
	const struct tongs_texture_info info = tongs_texture_info_2d(
		flow->format == VK_FORMAT_D32_SFLOAT ? MTLPixelFormatDepth32Float : MTLPixelFormatRGBA8Unorm, 40, 24);
	switch (flow->types) {
	case MTLBUFFER:
		return tongs_device_new_buffer(torture->metal, SIZE, MTLResourceStorageModeShared);
	case MTLHEAP:
		return new_heap(torture, torture->heap_options);
	default:
		return tongs_device_new_texture(torture->metal, &info);
	}
}

static void unref(const struct flow *flow, void *object) {
	switch (flow->types) {
	case MTLBUFFER:
		tongs_buffer_unref(object);
		break;
	case MTLHEAP:
		tongs_heap_unref(object);
		break;
	default:
		tongs_texture_unref(object);
	}
}

bool flow_import(struct torture *torture, const struct flow *flow) {
	VkDevice device = torture->gpu.device;
	VkDeviceMemory memory = VK_NULL_HANDLE;
	VkImage image = VK_NULL_HANDLE;
	void *object = new_object(torture, flow);
	bool ok = made(torture, object != NULL);
	ok = ok && (!flow->format || torture_create_image(torture, flow, &image));
	ok = ok && import_as(torture, flow->types, object, image, flow->format ? 0 : SIZE, &memory);
	ok = ok && (!image || bind_image(torture, image, memory));
	if (ok)
		assert_ptr_equal(handle_of(&torture->gpu, memory, flow->types), object);
	vkDestroyImage(device, image, torture->callbacks);
	vkFreeMemory(device, memory, torture->callbacks);
	unref(flow, object);
	/* The memory held the only other reference. */
	assert_int_equal(tongs_handle_kind(object), TONGS_KIND_NONE);
	return ok;
}

bool flow_properties(struct torture *torture, const struct flow *flow) {
	uint32_t types;
	void *object = new_object(torture, flow);
	bool ok = made(torture, object != NULL) && query_types(torture, flow->types, object, &types);
	unref(flow, object);
	assert_int_equal(tongs_handle_kind(object), TONGS_KIND_NONE);
	return ok;
}

/* Memory with a page_offset: an imported buffer of a heap, which begins inside a page. */
struct inside {
	struct tongs_heap *heap;
	struct tongs_buffer *buffer;
	VkDeviceMemory memory;
};

static bool inside_init(struct torture *torture, struct inside *inside) {
	*inside = (struct inside){.heap = new_heap(torture, MTLResourceStorageModeShared)};
	if (!made(torture, inside->heap != NULL))
		return false;
	const NSUInteger alignment =
		tongs_device_get_heap_buffer_size_and_align(torture->metal, 2 * SIZE, MTLResourceStorageModeShared)
			.align;
	if (!made(torture, alignment != 0))
		return false;
	inside->buffer = tongs_heap_new_buffer_at(
		inside->heap, 2 * SIZE, MTLResourceStorageModeShared, alignment > 1024 ? alignment : 1024);
	return made(torture, inside->buffer != NULL) &&
	       import_as(torture, MTLBUFFER, inside->buffer, VK_NULL_HANDLE, 2 * SIZE, &inside->memory);
}

static void inside_finish(struct torture *torture, struct inside *inside) {
	vkFreeMemory(torture->gpu.device, inside->memory, torture->callbacks);
	tongs_buffer_unref(inside->buffer);
	tongs_heap_unref(inside->heap);
	assert_int_equal(tongs_handle_kind(inside->buffer), TONGS_KIND_NONE);
}

static bool flush(struct torture *torture, VkDeviceMemory memory) {
	const VkMappedMemoryRange ranges[] = {
		{VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, NULL, memory, 0, 256},
		{VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, NULL, memory, 1024, VK_WHOLE_SIZE},
	};
	return went(torture, vkFlushMappedMemoryRanges(torture->gpu.device, 2, ranges), MEMORY) &&
	       went(torture, vkInvalidateMappedMemoryRanges(torture->gpu.device, 2, ranges), MEMORY);
}

bool flow_map(struct torture *torture, const struct flow *flow) {
	struct inside inside;
	void *bytes = NULL;
	(void)flow;
	bool ok = inside_init(torture, &inside);
	ok = ok && went(torture, vkMapMemory(torture->gpu.device, inside.memory, 0, VK_WHOLE_SIZE, 0, &bytes),
			   MEMORY | MEMORY_MAP_FAILED);
	if (ok) {
		/* Driver memory has two mappings. */
		if (torture->host_pages)
			assert_ptr_equal(bytes, tongs_buffer_get_contents(inside.buffer));
		ok = flush(torture, inside.memory);
		vkUnmapMemory(torture->gpu.device, inside.memory);
	}
	inside_finish(torture, &inside);
	return ok;
}

/* Two at once, whose offsets move. A failed bind leaves a buffer that may only be destroyed. */
bool flow_bind(struct torture *torture, const struct flow *flow) {
	VkDevice device = torture->gpu.device;
	VkBuffer buffers[2] = {VK_NULL_HANDLE, VK_NULL_HANDLE};
	struct inside inside;
	(void)flow;
	bool ok = inside_init(torture, &inside) && torture_create_buffer(torture, MTLBUFFER, &buffers[0]) &&
		  torture_create_buffer(torture, MTLBUFFER, &buffers[1]);
	if (ok) {
		VkMemoryRequirements requirements;
		vkGetBufferMemoryRequirements(device, buffers[0], &requirements);
		const VkDeviceSize second =
			SIZE / requirements.alignment * requirements.alignment - requirements.alignment;
		const VkBindBufferMemoryInfo infos[] = {
			{VK_STRUCTURE_TYPE_BIND_BUFFER_MEMORY_INFO, NULL, buffers[0], inside.memory, 0},
			{VK_STRUCTURE_TYPE_BIND_BUFFER_MEMORY_INFO, NULL, buffers[1], inside.memory, second},
		};
		ok = went(torture, vkBindBufferMemory2(device, 2, infos), MEMORY);
	}
	vkDestroyBuffer(device, buffers[0], torture->callbacks);
	vkDestroyBuffer(device, buffers[1], torture->callbacks);
	inside_finish(torture, &inside);
	return ok;
}

/* Under another format, for which Tongs narrows the usage. */
bool flow_view(struct torture *torture, const struct flow *flow) {
	VkDevice device = torture->gpu.device;
	VkDeviceMemory memory = VK_NULL_HANDLE;
	VkImage image;
	VkImageView view;
	VkMemoryRequirements requirements;
	bool ok = torture_create_image(torture, flow, &image);
	if (ok)
		vkGetImageMemoryRequirements(device, image, &requirements);
	ok = ok && export_as(torture, flow->types, &requirements, image, &memory) && bind_image(torture, image, memory);
	const VkImageViewCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
		.image = image,
		.viewType = VK_IMAGE_VIEW_TYPE_2D,
		.format = VK_FORMAT_R8G8B8A8_UINT,
		.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1},
	};
	ok = ok && went(torture, vkCreateImageView(device, &info, torture->callbacks, &view), MEMORY);
	if (ok)
		vkDestroyImageView(device, view, torture->callbacks);
	vkDestroyImage(device, image, torture->callbacks);
	vkFreeMemory(device, memory, torture->callbacks);
	return ok;
}
