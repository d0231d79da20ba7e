/* SPDX-License-Identifier: MIT */
/* Memory that is allocated to be exported: its payload, the driver's import of it, and its Metal objects. */
#include "layer/image.h"
#include "memory/payload.h"
#include "layer/memory.h"
#include "layer/report.h"

static const VkExternalMemoryHandleTypeFlags BUFFER = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
					     TEXTURE = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT,
					     HEAP = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT;

/* The handle types: together, for the resource that the memory is dedicated to, and in the memory type. */
static bool check_handle_types(const struct tongs_allocation *allocation) {
	struct tongs_layer_device *device = allocation->device;
	VkExternalMemoryHandleTypeFlags types = allocation->export_types, unsupported;
	const VkMemoryDedicatedAllocateInfo *dedicated = allocation->dedicated;
	uint32_t type_index = allocation->info->memoryTypeIndex;
	char text[TONGS_TYPES_TEXT_SIZE];
	const char *const rule = "VUID-VkExportMemoryAllocateInfo-handleTypes-00656";
	if ((types & ~(BUFFER | HEAP)) && types != TEXTURE) {
		tongs_report(device, rule, NULL,
			"one allocation cannot be exported as %s: MTLBUFFER and MTLHEAP go together, MTLTEXTURE with "
			"itself only",
			tongs_report_types(types, text));
		return false;
	}
	if ((unsupported = tongs_allocation_find_unsupported(allocation, types))) {
		tongs_report(device, rule,
			TONGS_SUBJECTS(TONGS_VK(IMAGE, dedicated->image), TONGS_VK(BUFFER, dedicated->buffer)),
			"memory that is dedicated to this %s cannot be exported as %s: ask "
			"%s for the handle types that can be exported",
			dedicated->image ? "image" : "buffer", tongs_report_types(unsupported, text),
			dedicated->image ? "vkGetPhysicalDeviceImageFormatProperties2"
					 : "vkGetPhysicalDeviceExternalBufferProperties");
		return false;
	}
	if (type_index >= VK_MAX_MEMORY_TYPES || !(device->memory_types >> type_index & 1)) {
		tongs_report(device, rule, NULL,
			"memory type %u cannot be shared with Metal on this device, the types in 0x%x can: choose one "
			"from the memoryTypeBits of the resource's memory requirements",
			type_index, device->memory_types);
		return false;
	}
	return true;
}

static bool is_valid(const struct tongs_allocation *allocation) {
	struct tongs_layer_device *device = allocation->device;
	if (!check_handle_types(allocation))
		return false;
	if (allocation->info->allocationSize == 0) {
		char text[TONGS_TYPES_TEXT_SIZE];
		tongs_report(device, "VUID-VkMemoryAllocateInfo-allocationSize-07899", NULL,
			"allocationSize of memory to be exported as %s is 0: give the size from the resource's memory "
			"requirements",
			tongs_report_types(allocation->export_types, text));
		return false;
	}
	const struct tongs_layer_image *image = tongs_allocation_find_image(allocation);
	if (allocation->export_types == TEXTURE && (!image || !(image->types & TEXTURE))) {
		const VkMemoryDedicatedAllocateInfo *dedicated = allocation->dedicated;
		tongs_report(device, "VUID-VkMemoryAllocateInfo-pNext-00639",
			TONGS_SUBJECTS(TONGS_VK(IMAGE, dedicated ? dedicated->image : VK_NULL_HANDLE)),
			"memory exported as MTLTEXTURE is dedicated to %s, it must be to an image of this device that "
			"was created with MTLTEXTURE in VkExternalMemoryImageCreateInfo::handleTypes: chain "
			"VkMemoryDedicatedAllocateInfo with that image",
			dedicated && dedicated->image ? "no such image" : "no image");
		return false;
	}
	return tongs_allocation_check_size(allocation, allocation->info->allocationSize);
}

/* The objects of all the types asked for; each holds the payload. */
static VkResult create_objects(const struct tongs_allocation *allocation, const struct tongs_layer_image *image,
	struct tongs_payload *payload, struct tongs_layer_memory *memory) {
	struct tongs_layer_device *device = allocation->device;
	VkMemoryPropertyFlags flags = device->memory_flags[allocation->info->memoryTypeIndex];
	MTLCPUCacheMode cache =
		flags & VK_MEMORY_PROPERTY_HOST_CACHED_BIT ? MTLCPUCacheModeDefaultCache : MTLCPUCacheModeWriteCombined;
	VkDeviceSize size = allocation->info->allocationSize;
	if (memory->types & HEAP) {
		memory->heap = tongs_interop_new_heap(device->metal, payload, size, cache);
		if (!memory->heap)
			return VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	if (memory->types & BUFFER) {
		memory->buffer = tongs_interop_new_buffer(device->metal, payload, size, cache, memory->heap);
		if (!memory->buffer)
			return VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	if (image) {
		struct tongs_texture_info info;
		struct tongs_texture_layout layout;
		tongs_image_get_texture_info(image, &info);
		tongs_image_get_layout(device, allocation->dedicated->image, image, &layout);
		info.resource_options |= cache << MTLResourceCPUCacheModeShift;
		memory->texture =
			tongs_interop_new_texture(device->metal, payload, size, &info, &image->shape, &layout);
		if (!memory->texture)
			return VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	return VK_SUCCESS;
}

VkResult tongs_memory_export(
	const struct tongs_allocation *allocation, struct tongs_layer_memory *memory, VkDeviceMemory *pMemory) {
	if (!is_valid(allocation))
		return VK_ERROR_VALIDATION_FAILED_EXT;
	/* A driver gives imported pages no address that was asked for, as rule 03332 of VkMemoryAllocateInfo has it. */
	if (allocation->capture_address) {
		tongs_report(allocation->device, "TONGS-capture-address", NULL,
			"memory exported as a Metal handle cannot have the opaqueCaptureAddress 0x%llx, or any that is "
			"chosen: replay without the address, or without the export",
			(unsigned long long)allocation->capture_address);
		return VK_ERROR_INVALID_OPAQUE_CAPTURE_ADDRESS;
	}
	const struct tongs_layer_image *image =
		allocation->export_types == TEXTURE ? tongs_allocation_find_image(allocation) : NULL;

	struct tongs_payload *payload = tongs_payload_create(allocation->info->allocationSize);
	if (!payload)
		return VK_ERROR_OUT_OF_DEVICE_MEMORY;
	memory->types = allocation->export_types;
	memory->size = allocation->info->allocationSize;
	memory->driver_size = tongs_payload_get_size(payload);
	VkResult result = create_objects(allocation, image, payload, memory);
	if (result == VK_SUCCESS)
		result = tongs_memory_import_pages(
			allocation, tongs_payload_get_contents(payload), memory->driver_size, pMemory);
	/* The pages are good: a driver that does not take them lacks something else. */
	if (result == VK_ERROR_INVALID_EXTERNAL_HANDLE)
		result = VK_ERROR_OUT_OF_DEVICE_MEMORY;
	tongs_payload_unref(payload);
	return result;
}
