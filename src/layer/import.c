/* SPDX-License-Identifier: MIT */
/* Memory that is a Metal object's: the object is checked, retained, and its pages are handed to the driver. */
#include <string.h>

#include "layer/handle.h"
#include "format/format.h"
#include "memory/payload.h"
#include "layer/image.h"
#include "layer/memory.h"
#include "layer/report.h"
#include "layer/caps.h"

/* Broken in more than one way: the requirements that the specification lists for each handle type. */
static const char RULE_COMPATIBILITY[] = "VUID-VkImportMemoryMetalHandleInfoEXT-handle-10412";

/* A pending import: the object, and which bytes of it. */
struct import {
	const struct tongs_allocation *allocation;
	enum tongs_kind kind;
	void *object; /* a reference */
	struct tongs_backing backing;
	struct tongs_layer_image *image; /* textures: the image that the memory is dedicated to, and what it needs */
	VkMemoryRequirements needs;
	/* What messages are about: the handle, and the resource that the memory is dedicated to. */
	struct tongs_subject subjects[TONGS_MAX_SUBJECTS];
};

/* Two images of one shape that only the driver knows were created by one rule, and so have one layout. */
static bool same_layout(const struct tongs_image_shape *shape, const struct tongs_texture_layout *a,
	const struct tongs_texture_layout *b) {
	if (a->linear != b->linear)
		return false;
	for (uint32_t i = 0; a->linear && i < shape->levels; i++) {
		const struct tongs_subresource_layout *x = &a->levels[i], *y = &b->levels[i];
		if (x->offset != y->offset || (x->row_pitch != y->row_pitch && shape->extent.height >> i > 1) ||
			(x->array_pitch != y->array_pitch && shape->layers > 1) ||
			(x->depth_pitch != y->depth_pitch && shape->extent.depth >> i > 1))
			return false;
	}
	return true;
}

/* A difference between the texture and the image: all that decides where texels lie must be the same. The sRGB twin of
 * a format differs in meaning alone. */
static const char *find_difference(const struct tongs_image_shape *texture, const struct tongs_image_shape *image) {
	if (texture->type != image->type)
		return "type";
	if (texture->extent.depth != image->extent.depth)
		return "depth";
	if (texture->samples != image->samples)
		return "sample count";
	if (!tongs_format_is_srgb_pair(tongs_format_from_vk(texture->format), tongs_format_from_vk(image->format)))
		return "pixel format";
	return NULL;
}

/* How far into a page of the driver's the object begins. */
static uint64_t find_bias(const struct import *import) {
	return import->backing.offset & (import->allocation->device->import_alignment - 1);
}

/* Why a texture does not do as the memory of an image of its extent; NULL: it does. */
static const char *find_misfit(
	const struct import *import, const struct tongs_image_shape *shape, const struct tongs_texture_layout *layout) {
	struct tongs_texture_layout image_layout;
	tongs_image_get_layout(
		import->allocation->device, import->allocation->dedicated->image, import->image, &image_layout);
	if (!same_layout(shape, layout, &image_layout))
		return "rows lie elsewhere than the image's: give a texture over a buffer the bytesPerRow that "
		       "minimumLinearTextureAlignmentForPixelFormat: leads to";
	if (find_bias(import) % import->needs.alignment != 0 || import->backing.size < import->needs.size)
		return "bytes are too few or not aligned for the image: make its buffer or heap, and its offset there, "
		       "what heapTextureSizeAndAlignWithDescriptor: says";
	return NULL;
}

/* An image has no swizzle: its texels would not be those that the texture shows. */
static bool is_swizzled(const struct tongs_texture *texture) {
	const MTLTextureSwizzleChannels none = MTLTextureSwizzleChannelsDefault;
	struct tongs_texture_info info;
	tongs_texture_get_info(texture, &info);
	return memcmp(&info.swizzle, &none, sizeof(none)) != 0;
}

static bool check_texture(struct import *import) {
	const struct tongs_allocation *allocation = import->allocation;
	struct tongs_layer_device *device = allocation->device;
	import->image = tongs_allocation_find_image(allocation);
	if (!import->image || !(import->image->types & VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT)) {
		tongs_report(device, "VUID-VkMemoryAllocateInfo-pNext-10395", import->subjects,
			"memory imported from a texture is dedicated to %s, it must be to an image of this device that "
			"was created with MTLTEXTURE in VkExternalMemoryImageCreateInfo::handleTypes: chain "
			"VkMemoryDedicatedAllocateInfo with that image",
			allocation->dedicated && allocation->dedicated->image ? "no such image" : "no image");
		return false;
	}
	const struct tongs_image_shape *image = &import->image->shape;
	struct tongs_image_shape texture;
	const struct tongs_texture_layout *layout;
	const char *why;
	if (!tongs_interop_get_texture_image(import->object, &texture, &layout)) {
		tongs_report(device, RULE_COMPATIBILITY, import->subjects,
			"the texture is a view of a part of another, or lies in a way that no image does: import the "
			"texture that it is a part of");
		return false;
	}
	if (is_swizzled(import->object)) {
		tongs_report(device, RULE_COMPATIBILITY, import->subjects,
			"the texture's swizzle is not red, green, blue, alpha, and an image shows its channels as they "
			"lie: import the texture that it is a view of, and give the swizzle to the image's views");
		return false;
	}
	if (texture.extent.width != image->extent.width || texture.extent.height != image->extent.height ||
		texture.layers != image->layers || texture.levels != image->levels) {
		tongs_report(device, "VUID-VkMemoryAllocateInfo-pNext-10396", import->subjects,
			"the texture is %ux%u with %u layers and %u levels, the image that the memory is dedicated to "
			"%ux%u with %u layers and %u levels: create the image like the texture",
			texture.extent.width, texture.extent.height, texture.layers, texture.levels,
			image->extent.width, image->extent.height, image->layers, image->levels);
		return false;
	}
	if ((why = find_difference(&texture, image))) {
		tongs_report(device, RULE_COMPATIBILITY, import->subjects,
			"the texture's %s is not that of the image which the memory is dedicated to: create the image "
			"like the texture",
			why);
		return false;
	}
	device->next.GetImageMemoryRequirements(device->handle, allocation->dedicated->image, &import->needs);
	if ((why = find_misfit(import, &texture, layout))) {
		tongs_report(device, RULE_COMPATIBILITY, import->subjects, "the texture's %s", why);
		return false;
	}
	return true;
}

/* Whether a resource that the memory is dedicated to can begin where the object does. Others are looked at when they
 * are bound. */
static bool check_place(const struct import *import) {
	const struct tongs_allocation *allocation = import->allocation;
	struct tongs_layer_device *device = allocation->device;
	uint64_t page_offset = find_bias(import);
	VkMemoryRequirements needs = {.alignment = 1};
	if (!page_offset || !allocation->dedicated)
		return true;
	if (tongs_allocation_find_image(allocation))
		device->next.GetImageMemoryRequirements(device->handle, allocation->dedicated->image, &needs);
	else if (allocation->dedicated->buffer &&
		 tongs_layer_device_get_buffer_types(device, allocation->dedicated->buffer))
		device->next.GetBufferMemoryRequirements(device->handle, allocation->dedicated->buffer, &needs);
	if (page_offset % needs.alignment == 0)
		return true;
	tongs_report(device, RULE_COMPATIBILITY, import->subjects,
		"the object's first byte is %llu bytes into a page, and the resource that the memory is dedicated to "
		"asks for a multiple of %llu: give the object another offset in its heap",
		(unsigned long long)page_offset, (unsigned long long)needs.alignment);
	return false;
}

/* What the object must be, given the rest of the allocation; tells why it is not. */
static bool check(struct import *import) {
	const struct tongs_allocation *allocation = import->allocation;
	struct tongs_layer_device *device = allocation->device;
	char text[TONGS_TYPES_TEXT_SIZE];
	VkExternalMemoryHandleTypeFlags type = allocation->import_metal->handleType;
	if (import->backing.device != device->metal) {
		tongs_report(device, "VUID-VkImportMemoryMetalHandleInfoEXT-handle-10409", import->subjects,
			"the handle belongs to the MTLDevice of another physical device than this VkDevice's: import "
			"it there, or make it with the MTLDevice of this one");
		return false;
	}
	if (tongs_allocation_find_unsupported(allocation, type)) {
		tongs_report(device, "VUID-VkImportMemoryMetalHandleInfoEXT-handleType-10408", import->subjects,
			"the resource that the memory is dedicated to can have no import as %s: ask "
			"vkGetPhysicalDeviceImageFormatProperties2 or vkGetPhysicalDeviceExternalBufferProperties for "
			"the handle types that can be imported",
			tongs_report_types(type, text));
		return false;
	}
	if (import->kind == TONGS_KIND_TEXTURE)
		return check_texture(import);
	if (!check_place(import))
		return false;
	if (allocation->info->allocationSize > import->backing.size) {
		tongs_report(device, RULE_COMPATIBILITY, import->subjects,
			"allocationSize is %llu, and the %s has %llu bytes: give no more than these",
			(unsigned long long)allocation->info->allocationSize, tongs_report_types(type, text),
			(unsigned long long)import->backing.size);
		return false;
	}
	return true;
}

/* Whether the driver can take the bytes, as the memory type that was chosen. */
static VkResult check_memory_type(const struct import *import, VkDeviceSize size) {
	struct tongs_layer_device *device = import->allocation->device;
	uint32_t type_index = import->allocation->info->memoryTypeIndex, types;
	const char *fault;
	VkResult result = tongs_layer_device_query_backing(device, &import->backing, size, &types, &fault);
	if (result != VK_SUCCESS)
		return result;
	if (fault)
		tongs_report(device, RULE_COMPATIBILITY, import->subjects,
			"some of the object's bytes %s, and this device works in the program's pages: wrap anonymous "
			"or "
			"shared memory that is mapped with PROT_READ and PROT_WRITE, or copy the bytes into a buffer",
			fault);
	else if (type_index >= VK_MAX_MEMORY_TYPES || !(types >> type_index & 1))
		tongs_report(device, RULE_COMPATIBILITY, import->subjects,
			"memory type %u cannot be this object's, the types in 0x%x can: choose one from "
			"vkGetMemoryMetalHandlePropertiesEXT",
			type_index, types);
	else
		return VK_SUCCESS;
	return VK_ERROR_INVALID_EXTERNAL_HANDLE;
}

/* The pages around the object's bytes go to the driver; the record tells how far in the bytes begin. */
static VkResult hand_down(const struct import *import, struct tongs_layer_memory *memory, VkDeviceMemory *pMemory) {
	const struct tongs_allocation *allocation = import->allocation;
	const struct tongs_backing *backing = &import->backing;
	uint64_t alignment = allocation->device->import_alignment;
	memory->page_offset = find_bias(import);
	uint64_t first = backing->offset - memory->page_offset;
	memory->size = import->image                      ? import->needs.size
		       : allocation->info->allocationSize ? allocation->info->allocationSize
							  : backing->size;
	VkResult result = check_memory_type(import, memory->size);
	if (result != VK_SUCCESS)
		return result;
	memory->driver_size = (memory->page_offset + memory->size + alignment - 1) & ~(alignment - 1);
	char *pages = tongs_payload_get_contents(backing->payload);
	return tongs_memory_import_pages(allocation, pages + first, memory->driver_size, pMemory);
}

/* Makes the object the record's: what can be exported from the import where the application said so, else kept. */
static void keep(const struct import *import, struct tongs_layer_memory *memory) {
	const struct tongs_allocation *allocation = import->allocation;
	memory->import_type = allocation->import_metal->handleType;
	memory->types = allocation->export_types;
	if (!allocation->export_types)
		memory->imported_object = import->object;
	else if (import->kind == TONGS_KIND_HEAP)
		memory->heap = import->object;
	else if (import->kind == TONGS_KIND_BUFFER)
		memory->buffer = import->object;
	else
		memory->texture = import->object;
}

VkResult tongs_memory_import(
	const struct tongs_allocation *allocation, struct tongs_layer_memory *memory, VkDeviceMemory *pMemory) {
	const VkImportMemoryMetalHandleInfoEXT *info = allocation->import_metal;
	const VkMemoryDedicatedAllocateInfo *dedicated = allocation->dedicated;
	struct import import = {
		.allocation = allocation,
		.kind = tongs_handle_type_kind(info->handleType),
		.subjects = {TONGS_METAL(info->handle, NULL),
			TONGS_VK(IMAGE, dedicated ? dedicated->image : VK_NULL_HANDLE),
			TONGS_VK(BUFFER, dedicated ? dedicated->buffer : VK_NULL_HANDLE)},
	};
	char label[TONGS_LABEL_TEXT_SIZE]; /* another thread may set one meanwhile */
	import.object = tongs_interop_acquire(info->handle, import.kind);
	if (!import.object) {
		char text[TONGS_TYPES_TEXT_SIZE], what[TONGS_HANDLE_TEXT_SIZE];
		tongs_report(allocation->device, "VUID-VkImportMemoryMetalHandleInfoEXT-handleType-10411",
			import.subjects, "%p was given as %s, and %s: give a handle that is retained, and its type",
			info->handle, tongs_report_types(info->handleType, text),
			tongs_interop_describe_handle(info->handle, what));
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	}
	import.subjects[0].name = tongs_interop_read_label(import.object, import.kind, label);
	keep(&import, memory);
	tongs_interop_get_backing(import.object, import.kind, &import.backing);
	if (!check(&import))
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	VkDeviceSize size = allocation->info->allocationSize;
	if (import.kind != TONGS_KIND_TEXTURE &&
		!tongs_allocation_check_size(allocation, size ? size : import.backing.size))
		return VK_ERROR_VALIDATION_FAILED_EXT;
	/* The specification's text says that the size is ignored, and programs give one. */
	if (import.kind == TONGS_KIND_TEXTURE && size != 0)
		tongs_report_warning(allocation->device, "VUID-VkMemoryAllocateInfo-pNext-10397", import.subjects,
			"allocationSize of memory imported from a texture is %llu, it must be 0; it was ignored",
			(unsigned long long)size);
	return hand_down(&import, memory, pMemory);
}
