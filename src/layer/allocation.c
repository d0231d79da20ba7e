/* SPDX-License-Identifier: MIT */
#include "layer/allocation.h"

#include "layer/image.h"
#include "layer/report.h"

static const VkExternalMemoryHandleTypeFlags BUFFER = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
					     TEXTURE = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT,
					     HEAP = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT;

static void read_import(struct tongs_allocation *allocation, const struct tongs_import_struct *import) {
	if (!import->handleType) {
		for (uint32_t i = 0; i < allocation->inert_count; i++)
			if (allocation->inert[i] == import->sType)
				return;
		allocation->inert[allocation->inert_count++] = import->sType;
		return;
	}
	allocation->import_count++;
	if (import->sType == VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT)
		allocation->import_metal = (const VkImportMemoryMetalHandleInfoEXT *)import;
	else
		allocation->import_other = import->handleType;
}

/* Is an import of the other extension, too. */
static void read_buffer_import(struct tongs_allocation *allocation, const VkImportMetalBufferInfoEXT *import) {
	allocation->import_count++;
	allocation->converted = (VkImportMemoryMetalHandleInfoEXT){
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
		.handle = import->mtlBuffer,
	};
	allocation->import_metal = &allocation->converted;
}

/* If a struct occurs twice, which is against the rules, the first wins, as in drivers. */
static void read_chain(struct tongs_allocation *allocation) {
	const VkExportMemoryAllocateInfo *export = NULL;
	for (const VkBaseInStructure *s = allocation->info->pNext; s; s = s->pNext) {
		switch ((uint32_t)s->sType) {
		case VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO:
			export = export ? export : (const VkExportMemoryAllocateInfo *)s;
			break;
		case VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO:
			if (!allocation->dedicated)
				allocation->dedicated = (const VkMemoryDedicatedAllocateInfo *)s;
			break;
		case VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO:
			allocation->zero_initialize |= (((const VkMemoryAllocateFlagsInfo *)s)->flags &
							       TONGS_MEMORY_ALLOCATE_ZERO_INITIALIZE_BIT) != 0;
			break;
		case VK_STRUCTURE_TYPE_MEMORY_OPAQUE_CAPTURE_ADDRESS_ALLOCATE_INFO:
			allocation->capture_address |=
				((const VkMemoryOpaqueCaptureAddressAllocateInfo *)s)->opaqueCaptureAddress;
			break;
		case (uint32_t)VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT:
			allocation->has_metal_struct = true;
			read_import(allocation, (const struct tongs_import_struct *)s);
			break;
		case VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR:
		case VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT:
			read_import(allocation, (const struct tongs_import_struct *)s);
			break;
		case VK_STRUCTURE_TYPE_IMPORT_METAL_BUFFER_INFO_EXT:
			if (allocation->dev->objects_enabled)
				read_buffer_import(allocation, (const VkImportMetalBufferInfoEXT *)s);
			break;
		default:
			break;
		}
	}
	allocation->export_types = export ? export->handleTypes : 0;
	if (!allocation->dev->objects_enabled)
		return;
	allocation->objects = tongs_export_read(
		allocation->info->pNext, VK_EXPORT_METAL_OBJECT_TYPE_METAL_BUFFER_BIT_EXT, &allocation->wrong_export);
	if (allocation->objects)
		allocation->export_types |= BUFFER;
}

/* Whether memory of this size and type is what an image asked for. */
static void visit_image(uint64_t key, void *value, void *user) {
	struct tongs_allocation *allocation = user;
	const struct tongs_layer_image *img = value;
	(void)key;
	if (img->objects && !img->dedicated && !atomic_load(&img->bound) &&
		img->requirements.size == allocation->info->allocationSize &&
		(img->requirements.memoryTypeBits >> allocation->info->memoryTypeIndex & 1))
		allocation->awaited =
			tongs_layer_choose_image_kind(&allocation->dev->roles, img->types, img->shape.tiling);
}

/* vkExportMetalObjectsEXT exports images, whose memory then must be shared, but names nothing in VkMemoryAllocateInfo.
 * The memory is known by its dedication, which the requirements of such an image ask for; programs that do not look at
 * that allocate the size that an image requires before they bind it. */
static void imply_export(struct tongs_allocation *allocation) {
	struct tongs_layer_device *dev = allocation->dev;
	const VkMemoryDedicatedAllocateInfo *dedicated = allocation->dedicated;
	if (!dev->objects_enabled || allocation->import_count || allocation->export_types ||
		allocation->capture_address || allocation->info->memoryTypeIndex >= VK_MAX_MEMORY_TYPES ||
		atomic_load_explicit(&dev->unbound_images, memory_order_relaxed) == 0)
		return;
	if (!dedicated || (!dedicated->image && !dedicated->buffer)) {
		tongs_map_visit(&dev->images, visit_image, allocation);
		return;
	}
	const struct tongs_layer_image *img = tongs_layer_device_find_dedicated_image(dev, dedicated);
	if (img && img->objects && !atomic_load(&img->bound))
		allocation->export_types = img->types;
}

void tongs_allocation_read(struct tongs_allocation *allocation) {
	if (allocation->dev->metal_enabled)
		read_chain(allocation);
	imply_export(allocation);
}

VkResult tongs_allocation_check_structs(const struct tongs_allocation *allocation) {
	struct tongs_layer_device *dev = allocation->dev;
	const VkImportMemoryMetalHandleInfoEXT *metal = allocation->import_metal;
	const VkMemoryDedicatedAllocateInfo *dedicated = allocation->dedicated;
	VkExternalMemoryHandleTypeFlags type = metal ? metal->handleType : allocation->import_other;
	const struct tongs_subject *subjects = TONGS_SUBJECTS(TONGS_METAL(metal ? metal->handle : NULL, NULL));
	char given[TONGS_TYPES_TEXT_SIZE], wanted[TONGS_TYPES_TEXT_SIZE];

	if (tongs_report_wrong_export(dev, &allocation->wrong_export, "VUID-VkMemoryAllocateInfo-pNext-06780", NULL,
		    "memory", "METAL_BUFFER"))
		return VK_ERROR_VALIDATION_FAILED_EXT;
	if (allocation->import_count > 1) {
		tongs_report(dev, "VUID-VkMemoryAllocateInfo-None-06657", subjects,
			"%u import structs in the chain have a handleType other than 0, only one may: set the others' "
			"handleType to 0, or leave them out",
			allocation->import_count);
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	if (dedicated && dedicated->image && dedicated->buffer) {
		tongs_report(dev, "VUID-VkMemoryDedicatedAllocateInfo-image-01432",
			TONGS_SUBJECTS(TONGS_VK(IMAGE, dedicated->image), TONGS_VK(BUFFER, dedicated->buffer)),
			"memory is dedicated to both an image and a buffer: set one of them to VK_NULL_HANDLE");
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	if (metal && tongs_layer_get_kind(type) == TONGS_KIND_NONE) {
		tongs_report(dev, "VUID-VkImportMemoryMetalHandleInfoEXT-handleType-10410", subjects,
			"handleType of the import is %s, it must be one of MTLBUFFER, MTLTEXTURE and MTLHEAP: set the "
			"type of the handle",
			tongs_report_types(type, given));
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	}
	if (type && allocation->zero_initialize) {
		tongs_report(dev, "VUID-VkMemoryAllocateFlagsInfo-flags-10760", subjects,
			"VK_MEMORY_ALLOCATE_ZERO_INITIALIZE_BIT_EXT is set for an import, which keeps its contents: "
			"leave it out of VkMemoryAllocateFlagsInfo::flags");
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	if (type && allocation->capture_address) {
		tongs_report(dev, "VUID-VkMemoryAllocateInfo-opaqueCaptureAddress-03333", subjects,
			"opaqueCaptureAddress of an import is 0x%llx, it must be 0: leave "
			"VkMemoryOpaqueCaptureAddressAllocateInfo out",
			(unsigned long long)allocation->capture_address);
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	/* An import can be exported as its own handle type only, as the queries report. */
	if (type && (allocation->export_types & ~type)) {
		tongs_report(dev, "VUID-VkMemoryAllocateInfo-ExportMemoryAllocateInfo-09860", subjects,
			"memory that is imported as %s cannot be exported as %s, only as the same type: leave the "
			"others out of VkExportMemoryAllocateInfo::handleTypes",
			tongs_report_types(type, given), tongs_report_types(allocation->export_types, wanted));
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	return VK_SUCCESS;
}

bool tongs_allocation_check_dedicated_size(const struct tongs_allocation *allocation, VkDeviceSize size) {
	struct tongs_layer_device *dev = allocation->dev;
	const VkMemoryDedicatedAllocateInfo *dedicated = allocation->dedicated;
	VkMemoryRequirements requirements = {0};
	if (!dedicated)
		return true;
	if (tongs_layer_device_find_dedicated_image(dev, dedicated))
		dev->next.GetImageMemoryRequirements(dev->handle, dedicated->image, &requirements);
	if (size < requirements.size) {
		tongs_report(dev, "VUID-VkMemoryDedicatedAllocateInfo-image-02964",
			TONGS_SUBJECTS(TONGS_VK(IMAGE, dedicated->image)),
			"allocationSize is %llu, the image that the memory is dedicated to requires %llu: use the size "
			"in its memory requirements",
			(unsigned long long)size, (unsigned long long)requirements.size);
		return false;
	}
	if (!dedicated->buffer || !tongs_layer_device_get_buffer_types(dev, dedicated->buffer))
		return true;
	dev->next.GetBufferMemoryRequirements(dev->handle, dedicated->buffer, &requirements);
	if (size < requirements.size) {
		tongs_report(dev, "VUID-VkMemoryDedicatedAllocateInfo-buffer-02965",
			TONGS_SUBJECTS(TONGS_VK(BUFFER, dedicated->buffer)),
			"allocationSize is %llu, the buffer that the memory is dedicated to requires %llu: use the "
			"size in its memory requirements",
			(unsigned long long)size, (unsigned long long)requirements.size);
		return false;
	}
	return true;
}

const struct tongs_import_kind *tongs_allocation_choose_kind(const struct tongs_allocation *allocation) {
	const struct tongs_layer_device *dev = allocation->dev;
	const struct tongs_layer_image *img =
		tongs_layer_device_find_dedicated_image(allocation->dev, allocation->dedicated);
	const uint32_t type = allocation->info->memoryTypeIndex;
	if (allocation->awaited)
		return allocation->awaited;
	if (allocation->export_types == TEXTURE)
		return img ? tongs_layer_choose_image_kind(&dev->roles, TEXTURE, img->shape.tiling)
			   : dev->roles.kinds[TONGS_ROLE_OPTIMAL];
	if (dev->roles.splits && type < VK_MAX_MEMORY_TYPES && (dev->private_types >> type & 1))
		return dev->roles.kinds[TONGS_ROLE_OPTIMAL];
	return tongs_layer_choose_buffer_kind(&dev->roles, allocation->export_types);
}

/* Whether the export's handle types go together, with the dedicated resource and with the memory type. */
static bool check_export_types(const struct tongs_allocation *allocation, const struct tongs_import_kind *kind) {
	struct tongs_layer_device *dev = allocation->dev;
	VkExternalMemoryHandleTypeFlags types = allocation->export_types, unsupported;
	const VkMemoryDedicatedAllocateInfo *dedicated = allocation->dedicated;
	uint32_t type_index = allocation->info->memoryTypeIndex;
	char text[TONGS_TYPES_TEXT_SIZE];
	const char *const rule = "VUID-VkExportMemoryAllocateInfo-handleTypes-00656";
	if (((types & ~(BUFFER | HEAP)) && types != TEXTURE) || (types == (BUFFER | HEAP) && !dev->roles.combines)) {
		tongs_report(dev, rule, NULL,
			"memory cannot be exported as %s on this device: combine MTLBUFFER with MTLHEAP%s, and "
			"MTLTEXTURE with nothing",
			tongs_report_types(types, text), dev->roles.combines ? " only" : " on other devices only");
		return false;
	}
	if (dedicated && (unsupported = tongs_image_find_unsupported_dedicated(dev, dedicated, types))) {
		tongs_report(dev, rule,
			TONGS_SUBJECTS(TONGS_VK(IMAGE, dedicated->image), TONGS_VK(BUFFER, dedicated->buffer)),
			"memory that is dedicated to this %s cannot be exported as %s: query the handle types that can "
			"be with %s",
			dedicated->image ? "image" : "buffer", tongs_report_types(unsupported, text),
			dedicated->image ? "vkGetPhysicalDeviceImageFormatProperties2"
					 : "vkGetPhysicalDeviceExternalBufferProperties");
		return false;
	}
	const uint32_t possible = kind ? tongs_layer_device_get_memory_types(dev, kind, types) : 0;
	if (type_index >= VK_MAX_MEMORY_TYPES || !(possible >> type_index & 1)) {
		tongs_report(dev, rule, NULL,
			"memory type %u cannot be exported as %s on this device, the types in 0x%x can: choose one "
			"from memoryTypeBits of the resource's memory requirements",
			type_index, tongs_report_types(types, text), possible);
		return false;
	}
	return true;
}

VkResult tongs_allocation_check_export(
	const struct tongs_allocation *allocation, const struct tongs_import_kind *kind) {
	struct tongs_layer_device *dev = allocation->dev;
	const VkMemoryDedicatedAllocateInfo *dedicated = allocation->dedicated;
	const struct tongs_layer_image *img = tongs_layer_device_find_dedicated_image(dev, dedicated);
	if (!check_export_types(allocation, kind))
		return VK_ERROR_VALIDATION_FAILED_EXT;
	if (allocation->info->allocationSize == 0) {
		char text[TONGS_TYPES_TEXT_SIZE];
		tongs_report(dev, "VUID-VkMemoryAllocateInfo-allocationSize-07899", NULL,
			"allocationSize of memory to be exported as %s is 0: use the size in the resource's memory "
			"requirements",
			tongs_report_types(allocation->export_types, text));
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	const char *fault = allocation->export_types == TEXTURE ? tongs_image_explain_dedicated(dedicated, img) : NULL;
	if (fault) {
		tongs_report(dev, "VUID-VkMemoryAllocateInfo-pNext-00639",
			TONGS_SUBJECTS(TONGS_VK(IMAGE, dedicated ? dedicated->image : VK_NULL_HANDLE)),
			"memory to be exported as MTLTEXTURE is dedicated to %s", fault);
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	if (!tongs_allocation_check_dedicated_size(allocation, allocation->info->allocationSize))
		return VK_ERROR_VALIDATION_FAILED_EXT;
	/* An import has no address of the application's choice, as in rule 03332 of VkMemoryAllocateInfo. */
	if (allocation->capture_address) {
		tongs_report(dev, "TONGS-capture-address", NULL,
			"memory to be exported as a Metal handle has the opaqueCaptureAddress 0x%llx, it must be 0: "
			"replay without the address, or without the export",
			(unsigned long long)allocation->capture_address);
		return VK_ERROR_INVALID_OPAQUE_CAPTURE_ADDRESS;
	}
	return VK_SUCCESS;
}
