/* SPDX-License-Identifier: MIT */
/* Memory that is a Metal object's: the object is checked, retained, and its pages are handed to the driver. */
#include "layer/handle.h"
#include "layer/memory.h"
#include "layer/report.h"
#include "layer/support.h"

/* A pending import: the object, and which bytes of it. */
struct import {
	const struct tongs_allocation *allocation;
	enum tongs_kind kind;
	void *object; /* a reference */
	struct tongs_backing backing;
	struct tongs_vk_image *image; /* textures: the image that the memory is dedicated to */
};

static void refuse(const struct import *import, const char *rule, const char *why) {
	char text[TONGS_TYPES_TEXT_SIZE];
	const VkImportMemoryMetalHandleInfoEXT *info = import->allocation->import_metal;
	struct tongs_vk_device *device = import->allocation->device;
	tongs_report(device, rule, TONGS_SUBJECTS(TONGS_METAL(info->handle, NULL)), "import of %p as %s: %s",
		info->handle, tongs_report_types(info->handleType, text), why);
}

/* VUID-VkMemoryAllocateInfo-pNext-10396: extents, layers and levels must be identical; so must be all that decides
 * where the texels lie. The sRGB twin of a format differs in meaning alone. */
static bool fits_image(const struct tongs_image_shape *texture, const struct tongs_image_shape *image) {
	return texture->type == image->type && texture->extent.width == image->extent.width &&
	       texture->extent.height == image->extent.height && texture->extent.depth == image->extent.depth &&
	       texture->levels == image->levels && texture->layers == image->layers &&
	       texture->samples == image->samples &&
	       tongs_pixel_format_is_twin(
		       tongs_pixel_format_from_vk(texture->format), tongs_pixel_format_from_vk(image->format));
}

/* Two images of one shape that only the driver knows were created by one rule, and so have one layout. */
static bool same_layout(const struct tongs_image_shape *shape, const struct tongs_texture_layout *a,
	const struct tongs_texture_layout *b) {
	if (a->linear != b->linear)
		return false;
	for (uint32_t i = 0; a->linear && i < shape->levels && i < TONGS_MAX_LEVELS; i++) {
		const struct tongs_subresource_layout *x = &a->levels[i], *y = &b->levels[i];
		if (x->offset != y->offset || (x->row_pitch != y->row_pitch && shape->extent.height >> i > 1) ||
			(x->array_pitch != y->array_pitch && shape->layers > 1) ||
			(x->depth_pitch != y->depth_pitch && shape->extent.depth >> i > 1))
			return false;
	}
	return true;
}

static bool check_texture(struct import *import) {
	const struct tongs_allocation *allocation = import->allocation;
	const VkMemoryDedicatedAllocateInfo *dedicated = allocation->dedicated;
	import->image =
		dedicated && dedicated->image ? tongs_device_find_image(allocation->device, dedicated->image) : NULL;
	if (!import->image || !(import->image->types & VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT)) {
		refuse(import, "VUID-VkMemoryAllocateInfo-pNext-10395",
			"a texture needs an image of this device, created with MTLTEXTURE among its handle types, that "
			"the "
			"memory is dedicated to: chain VkMemoryDedicatedAllocateInfo with it");
		return false;
	}
	struct tongs_image_shape shape;
	const struct tongs_texture_layout *layout;
	if (!tongs_interop_get_texture_image(import->object, &shape, &layout) ||
		!fits_image(&shape, &import->image->shape)) {
		refuse(import, "VUID-VkMemoryAllocateInfo-pNext-10396",
			"the texture's type, extent, levels, layers, samples or format differ from the dedicated "
			"image's");
		return false;
	}
	if (!same_layout(&shape, layout, &import->image->layout)) {
		refuse(import, "VUID-VkImportMemoryMetalHandleInfoEXT-handle-10412",
			"the texture's rows lie elsewhere than the image's: give a texture over a buffer the "
			"bytesPerRow that minimumLinearTextureAlignmentForPixelFormat: leads to");
		return false;
	}
	if (import->backing.offset % import->image->requirements.alignment != 0 ||
		import->backing.size < import->image->requirements.size) {
		refuse(import, "VUID-VkImportMemoryMetalHandleInfoEXT-handle-10412",
			"the texture's bytes are too few or not aligned for the image: make its buffer or heap, and "
			"its "
			"offset there, what heapTextureSizeAndAlignWithDescriptor: says");
		return false;
	}
	return true;
}

/* What the object must be, given the rest of the allocation; tells why it is not. */
static bool check(struct import *import) {
	const struct tongs_allocation *allocation = import->allocation;
	struct tongs_vk_device *device = allocation->device;
	uint32_t type_index = allocation->info->memoryTypeIndex;
	if (import->backing.device != device->metal) {
		refuse(import, "VUID-VkImportMemoryMetalHandleInfoEXT-handle-10409",
			"the object belongs to another MTLDevice than this VkDevice's");
		return false;
	}
	if (type_index >= VK_MAX_MEMORY_TYPES || !(device->memory_types >> type_index & 1)) {
		refuse(import, "VUID-VkImportMemoryMetalHandleInfoEXT-handle-10412",
			"the memory type cannot be Metal's: choose one from vkGetMemoryMetalHandlePropertiesEXT");
		return false;
	}
	if (import->kind == TONGS_KIND_TEXTURE)
		return check_texture(import);
	if (allocation->info->allocationSize > import->backing.size) {
		refuse(import, "VUID-VkImportMemoryMetalHandleInfoEXT-handle-10412",
			"allocationSize is more than the object has");
		return false;
	}
	return true;
}

/* The pages around the object's bytes go to the driver; the record tells how far in the bytes begin. */
static VkResult hand_down(const struct import *import, struct tongs_vk_memory *memory, VkDeviceMemory *pMemory) {
	const struct tongs_allocation *allocation = import->allocation;
	const struct tongs_backing *backing = &import->backing;
	uint64_t alignment = allocation->device->import_alignment;
	uint64_t first = backing->offset & ~(alignment - 1);
	memory->bias = backing->offset - first;
	memory->size = import->image                      ? import->image->requirements.size
		       : allocation->info->allocationSize ? allocation->info->allocationSize
							  : backing->size;
	memory->driver_size = (memory->bias + memory->size + alignment - 1) & ~(alignment - 1);
	char *pages = tongs_payload_get_pages(backing->payload);
	return tongs_memory_import_pages(allocation, pages + first, memory->driver_size, pMemory);
}

VkResult tongs_memory_import(
	const struct tongs_allocation *allocation, struct tongs_vk_memory *memory, VkDeviceMemory *pMemory) {
	const VkImportMemoryMetalHandleInfoEXT *info = allocation->import_metal;
	struct import import = {.allocation = allocation, .kind = tongs_handle_type_kind(info->handleType)};
	if (import.kind == TONGS_KIND_NONE) {
		refuse(&import, "VUID-VkImportMemoryMetalHandleInfoEXT-handleType-10410",
			"handleType must be one of MTLBUFFER, MTLTEXTURE and MTLHEAP");
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	}
	if (allocation->export_types & ~(VkExternalMemoryHandleTypeFlags)info->handleType) {
		refuse(&import, "VUID-VkMemoryAllocateInfo-ExportMemoryAllocateInfo-09860",
			"imported memory can be exported as the handle type of the import only");
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	import.object = tongs_interop_acquire(info->handle, import.kind);
	if (!import.object) {
		refuse(&import, "VUID-VkImportMemoryMetalHandleInfoEXT-handleType-10411",
			"it is not a live Metal object of the handle type's class");
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	}
	switch (import.kind) {
	case TONGS_KIND_HEAP:
		memory->heap = import.object;
		break;
	case TONGS_KIND_BUFFER:
		memory->buffer = import.object;
		break;
	default:
		memory->texture = import.object;
		break;
	}
	memory->types = info->handleType;
	tongs_interop_get_backing(import.object, import.kind, &import.backing);
	return check(&import) ? hand_down(&import, memory, pMemory) : VK_ERROR_INVALID_EXTERNAL_HANDLE;
}
