/* SPDX-License-Identifier: MIT */
/* The rules of an allocation that has to do with Metal, which the structs alone can break; and what the resource that
 * memory is dedicated to asks of it. */
#include "layer/handle.h"
#include "layer/memory.h"
#include "layer/report.h"
#include "layer/caps.h"

static const VkExternalMemoryHandleTypeFlags TEXTURE = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT;

VkResult tongs_allocation_check(const struct tongs_allocation *allocation) {
	struct tongs_layer_device *device = allocation->device;
	const VkImportMemoryMetalHandleInfoEXT *metal = allocation->import_metal;
	const VkMemoryDedicatedAllocateInfo *dedicated = allocation->dedicated;
	VkExternalMemoryHandleTypeFlags type = metal ? metal->handleType : allocation->import_other;
	char given[TONGS_TYPES_TEXT_SIZE], wanted[TONGS_TYPES_TEXT_SIZE];

	if (allocation->import_count > 1) {
		tongs_report(device, "VUID-VkMemoryAllocateInfo-None-06657",
			TONGS_SUBJECTS(TONGS_METAL(metal ? metal->handle : NULL, NULL)),
			"%u import structs of the chain have a handleType other than 0, one may: set handleType of the "
			"others to 0, or leave the structs out",
			allocation->import_count);
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	if (dedicated && dedicated->image && dedicated->buffer) {
		tongs_report(device, "VUID-VkMemoryDedicatedAllocateInfo-image-01432",
			TONGS_SUBJECTS(TONGS_VK(IMAGE, dedicated->image), TONGS_VK(BUFFER, dedicated->buffer)),
			"memory is dedicated to an image and to a buffer, and can be to one of them: set the other to "
			"VK_NULL_HANDLE");
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	if (metal && tongs_handle_type_kind(type) == TONGS_KIND_NONE) {
		tongs_report(device, "VUID-VkImportMemoryMetalHandleInfoEXT-handleType-10410",
			TONGS_SUBJECTS(TONGS_METAL(metal->handle, NULL)),
			"an import's handleType is %s, it must be one of MTLBUFFER, MTLTEXTURE and MTLHEAP: name what "
			"the handle is",
			tongs_report_types(type, given));
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	}
	if (type && allocation->zero_initialize) {
		tongs_report(device, "VUID-VkMemoryAllocateFlagsInfo-flags-10760",
			TONGS_SUBJECTS(TONGS_METAL(metal ? metal->handle : NULL, NULL)),
			"VK_MEMORY_ALLOCATE_ZERO_INITIALIZE_BIT_EXT is set for an import, whose bytes are those of "
			"what "
			"is imported: leave it out of VkMemoryAllocateFlagsInfo::flags");
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	if (type && allocation->capture_address) {
		tongs_report(device, "VUID-VkMemoryAllocateInfo-opaqueCaptureAddress-03333",
			TONGS_SUBJECTS(TONGS_METAL(metal ? metal->handle : NULL, NULL)),
			"opaqueCaptureAddress of an import is 0x%llx, it must be 0: leave "
			"VkMemoryOpaqueCaptureAddressAllocateInfo out",
			(unsigned long long)allocation->capture_address);
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	/* Each handle type is exported from an import of itself only, as the queries say. */
	if (type && (allocation->export_types & ~type)) {
		tongs_report(device, "VUID-VkMemoryAllocateInfo-ExportMemoryAllocateInfo-09860",
			TONGS_SUBJECTS(TONGS_METAL(metal ? metal->handle : NULL, NULL)),
			"memory imported as %s cannot be exported as %s, only as what it is imported as: leave the "
			"rest out of VkExportMemoryAllocateInfo::handleTypes",
			tongs_report_types(type, given), tongs_report_types(allocation->export_types, wanted));
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	return VK_SUCCESS;
}

struct tongs_layer_image *tongs_allocation_find_image(const struct tongs_allocation *allocation) {
	const VkMemoryDedicatedAllocateInfo *dedicated = allocation->dedicated;
	return dedicated && dedicated->image ? tongs_layer_device_find_image(allocation->device, dedicated->image)
					     : NULL;
}

/* Whether images like a known one can be shared as a type that it was not created for. */
static bool image_query_reports(struct tongs_layer_device *device, const struct tongs_layer_image *image,
	VkExternalMemoryHandleTypeFlags type) {
	const VkPhysicalDeviceExternalImageFormatInfo external = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = (VkExternalMemoryHandleTypeFlagBits)type,
	};
	const VkPhysicalDeviceImageFormatInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &external,
		.format = image->shape.format,
		.type = image->shape.type,
		.tiling = image->shape.tiling,
		.usage = image->usage | image->stencil_usage,
		.flags = image->flags,
	};
	VkImageFormatProperties2 limits = {.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2};
	VkExternalMemoryProperties properties;
	return tongs_caps_image(device->instance, device->physical_device, &info, type, &limits, &properties) !=
	       VK_ERROR_FORMAT_NOT_SUPPORTED;
}

VkExternalMemoryHandleTypeFlags tongs_allocation_find_unsupported(
	const struct tongs_allocation *allocation, VkExternalMemoryHandleTypeFlags types) {
	const VkMemoryDedicatedAllocateInfo *dedicated = allocation->dedicated;
	if (dedicated && dedicated->buffer)
		return types & TEXTURE;
	const struct tongs_layer_image *image = tongs_allocation_find_image(allocation);
	if (!image)
		return 0;
	for (VkExternalMemoryHandleTypeFlags rest = types & ~image->types; rest; rest &= rest - 1)
		if (!image_query_reports(allocation->device, image, rest & -rest))
			return rest & -rest;
	return 0;
}

bool tongs_allocation_check_size(const struct tongs_allocation *allocation, VkDeviceSize size) {
	struct tongs_layer_device *device = allocation->device;
	const VkMemoryDedicatedAllocateInfo *dedicated = allocation->dedicated;
	VkMemoryRequirements needs = {0};
	if (!dedicated)
		return true;
	if (tongs_allocation_find_image(allocation))
		device->next.GetImageMemoryRequirements(device->handle, dedicated->image, &needs);
	if (size < needs.size) {
		tongs_report(device, "VUID-VkMemoryDedicatedAllocateInfo-image-02964",
			TONGS_SUBJECTS(TONGS_VK(IMAGE, dedicated->image)),
			"allocationSize is %llu, the image that the memory is dedicated to needs %llu bytes: take the "
			"size from its memory requirements",
			(unsigned long long)size, (unsigned long long)needs.size);
		return false;
	}
	if (!dedicated->buffer || !tongs_layer_device_get_buffer_types(device, dedicated->buffer))
		return true;
	device->next.GetBufferMemoryRequirements(device->handle, dedicated->buffer, &needs);
	if (size < needs.size) {
		tongs_report(device, "VUID-VkMemoryDedicatedAllocateInfo-buffer-02965",
			TONGS_SUBJECTS(TONGS_VK(BUFFER, dedicated->buffer)),
			"allocationSize is %llu, the buffer that the memory is dedicated to needs %llu bytes: take the "
			"size from its memory requirements",
			(unsigned long long)size, (unsigned long long)needs.size);
		return false;
	}
	return true;
}
