/* SPDX-License-Identifier: MIT */
/* vkAllocateMemory, vkFreeMemory and vkGetMemoryMetalHandleEXT: memory that is exported or imported as Metal handles.
 * All other memory passes through to the next layer. */
#include "layer/memory.h"

#include <stdalign.h>
#include <stddef.h>

#include "layer/chain.h"
#include "layer/image.h"
#include "layer/import.h"
#include "layer/report.h"
#include "layer/texture.h"
#include "memory/driver_memory.h"
#include "util/alloc.h"

static const VkExternalMemoryHandleTypeFlags BUFFER = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
					     TEXTURE = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT,
					     HEAP = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT;

/* VK_MEMORY_ALLOCATE_ZERO_INITIALIZE_BIT_EXT, which the oldest supported headers lack. */
#define MEMORY_ALLOCATE_ZERO_INITIALIZE_BIT ((VkMemoryAllocateFlags)0x00000008)

/* Structs that import memory on Linux: from a Metal handle, from a file descriptor and from a host pointer. */
enum { IMPORT_STRUCTS = 3 };

/* vkAllocateMemory's arguments, and what the layer reads from the pNext chain. */
struct allocation {
	struct tongs_layer_device *dev;
	const VkMemoryAllocateInfo *info;
	const VkAllocationCallbacks *callbacks;               /* pAllocator; may be NULL */
	VkExternalMemoryHandleTypeFlags export_types;         /* VkExportMemoryAllocateInfo::handleTypes; 0: none */
	const VkImportMemoryMetalHandleInfoEXT *import_metal; /* NULL: no import, also if its handleType is 0 */
	VkExternalMemoryHandleTypeFlags import_other;         /* handleType of an import that isn't Metal's; 0: none */
	uint32_t import_count;                                /* import structs whose handleType isn't 0 */
	bool has_metal_struct;                                /* a VkImportMemoryMetalHandleInfoEXT of any handleType */
	VkStructureType inert[IMPORT_STRUCTS];                /* types of import structs whose handleType is 0 */
	uint32_t inert_count;
	bool zero_initialize;                           /* VK_MEMORY_ALLOCATE_ZERO_INITIALIZE_BIT_EXT */
	uint64_t capture_address;                       /* VkMemoryOpaqueCaptureAddressAllocateInfo; 0: none */
	const VkMemoryDedicatedAllocateInfo *dedicated; /* may be NULL */
	/* Of VK_EXT_metal_objects: */
	bool objects; /* METAL_BUFFER is to be exported, and is in export_types */
	struct tongs_wrong_export wrong_export;
	VkImportMemoryMetalHandleInfoEXT converted; /* VkImportMetalBufferInfoEXT as the other extension's struct */
	const struct tongs_import_kind *awaited; /* nothing is exported, but an image waits for such memory; or NULL */
};

/* The members that all import structs begin with. A handleType of 0 makes the struct no import. */
struct import_struct {
	VkStructureType sType;
	const void *pNext;
	uint32_t handleType;
};

static void read_import(struct allocation *allocation, const struct import_struct *import) {
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
static void read_buffer_import(struct allocation *allocation, const VkImportMetalBufferInfoEXT *import) {
	allocation->import_count++;
	allocation->converted = (VkImportMemoryMetalHandleInfoEXT){
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
		.handle = import->mtlBuffer,
	};
	allocation->import_metal = &allocation->converted;
}

/* If a struct occurs twice, which is against the rules, the first wins, as in drivers. */
static void read_chain(struct allocation *allocation) {
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
							       MEMORY_ALLOCATE_ZERO_INITIALIZE_BIT) != 0;
			break;
		case VK_STRUCTURE_TYPE_MEMORY_OPAQUE_CAPTURE_ADDRESS_ALLOCATE_INFO:
			allocation->capture_address |=
				((const VkMemoryOpaqueCaptureAddressAllocateInfo *)s)->opaqueCaptureAddress;
			break;
		case (uint32_t)VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT:
			allocation->has_metal_struct = true;
			read_import(allocation, (const struct import_struct *)s);
			break;
		case VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR:
		case VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT:
			read_import(allocation, (const struct import_struct *)s);
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

/* Reports the rule that the structs of an allocation with Metal handle types break by themselves; VK_SUCCESS: none. */
static VkResult check_structs(const struct allocation *allocation) {
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

/* Whether `size` bytes are enough for the resource that the memory is dedicated to, if the layer knows it; reports if
 * not. */
static bool check_dedicated_size(const struct allocation *allocation, VkDeviceSize size) {
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

/* The kind of memory that an export is; NULL: the device has none. */
static const struct tongs_import_kind *choose_kind(const struct allocation *allocation) {
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
static bool check_export_types(const struct allocation *allocation, const struct tongs_import_kind *kind) {
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

static VkResult check_export(const struct allocation *allocation, const struct tongs_import_kind *kind) {
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
	if (!check_dedicated_size(allocation, allocation->info->allocationSize))
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

/* How the driver allocates the application's memory: an import, or new driver memory. */
struct driver_allocation {
	const struct tongs_import *import;              /* NULL: new memory */
	struct tongs_import_span span;                  /* of the import */
	VkExternalMemoryHandleTypeFlagBits export_type; /* of new memory */
	bool dedicated; /* pass VkMemoryDedicatedAllocateInfo on; else the driver does not see it */
};

/* *pMemory is set on success only. */
static VkResult allocate_below(
	const struct allocation *allocation, const struct driver_allocation *driver, VkDeviceMemory *pMemory) {
	/* Import structs whose handleType is 0 are no imports. */
	static const VkStructureType edited[] = {
		VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT, VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
		VK_STRUCTURE_TYPE_DEDICATED_ALLOCATION_MEMORY_ALLOCATE_INFO_NV,
		VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT, VK_STRUCTURE_TYPE_IMPORT_METAL_BUFFER_INFO_EXT,
		VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO, /* the last three are changed or removed */
	};
	enum { COUNT = sizeof(edited) / sizeof(*edited), REMOVED = COUNT - 3, EXPORT = REMOVED, DEDICATED, FLAGS };
	struct tongs_layer_device *dev = allocation->dev;
	const struct tongs_import *import = driver->import;
	struct tongs_chain chain;
	VkResult result =
		tongs_chain_init(&chain, allocation->info->pNext, edited, COUNT - (allocation->zero_initialize ? 0 : 1),
			tongs_allocator_choose(allocation->callbacks, dev->allocator.callbacks));
	if (result == VK_SUCCESS) {
		for (size_t i = 0; i < REMOVED; i++)
			tongs_chain_remove(&chain, edited[i]);
		VkExportMemoryAllocateInfo *export = import ? NULL : tongs_chain_edit(&chain, edited[EXPORT]);
		if (export)
			export->handleTypes = driver->export_type;
		else
			tongs_chain_remove(&chain, edited[EXPORT]);
		if (!driver->dedicated)
			tongs_chain_remove(&chain, edited[DEDICATED]);
		/* New host pages are zeroed already, and an import must not have the flag. */
		if (import && allocation->zero_initialize) {
			VkMemoryAllocateFlagsInfo *flags = tongs_chain_edit(&chain, edited[FLAGS]);
			flags->flags &= ~MEMORY_ALLOCATE_ZERO_INITIALIZE_BIT;
		}
		VkMemoryAllocateInfo info = *allocation->info;
		/* VK_EXT_metal_objects exports without the struct. */
		const VkExportMemoryAllocateInfo added = {
			.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
			.pNext = chain.head,
			.handleTypes = driver->export_type,
		};
		struct tongs_import_info import_info = {
			.head = import || export ? (const void *)chain.head : &added,
		};
		if (import) {
			info.allocationSize = driver->span.size;
			result = import->kind->begin(import, driver->span.start, chain.head, &import_info);
		}
		if (result == VK_SUCCESS) {
			info.pNext = import_info.head;
			result = dev->next.AllocateMemory(dev->handle, &info, allocation->callbacks, pMemory);
			if (import)
				import->kind->end(&import_info, result);
		}
	} else if (result == VK_ERROR_VALIDATION_FAILED_EXT) {
		tongs_report_unknown_struct(dev, &chain);
	}
	tongs_chain_finish(&chain);
	return result;
}

/* Creates an object for each handle type of `mem`; each references the payload. */
static VkResult create_objects(
	const struct allocation *allocation, struct tongs_payload *payload, struct tongs_layer_memory *mem) {
	struct tongs_layer_device *dev = allocation->dev;
	VkMemoryPropertyFlags flags = dev->memory_flags[allocation->info->memoryTypeIndex];
	const VkMemoryPropertyFlags uncached =
		flags & (VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_CACHED_BIT);
	MTLCPUCacheMode cache = uncached == VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT ? MTLCPUCacheModeWriteCombined
										: MTLCPUCacheModeDefaultCache;
	VkDeviceSize size = allocation->info->allocationSize;
	const struct tongs_layer_image *img =
		mem->types & TEXTURE ? tongs_layer_device_find_dedicated_image(dev, allocation->dedicated) : NULL;
	if (mem->types & HEAP) {
		mem->heap = tongs_interop_new_heap(dev->metal, payload, size, cache);
		if (!mem->heap)
			return VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	if (mem->types & BUFFER) {
		mem->buffer = tongs_interop_new_buffer(dev->metal, payload, size, cache, mem->heap);
		if (!mem->buffer)
			return VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	if (img && allocation->dedicated) {
		struct tongs_texture *textures[TONGS_MAX_PLANES];
		VkResult result = tongs_layer_texture_new_all(dev, allocation->dedicated->image, img,
			&(struct tongs_layer_place){.payload = payload, .size = size},
			cache << MTLResourceCPUCacheModeShift, textures);
		/* No format of an MTLTexture has a second plane. */
		mem->texture = textures[0];
		return result;
	}
	return VK_SUCCESS;
}

/* Whether the driver requires memory that is dedicated to the image: some say so in the query, others only for an
 * image. */
static bool requires_dedicated(struct tongs_layer_device *dev, const VkMemoryDedicatedAllocateInfo *dedicated) {
	const struct tongs_layer_image *img = tongs_layer_device_find_dedicated_image(dev, dedicated);
	VkMemoryDedicatedRequirements required = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS};
	VkMemoryRequirements2 requirements = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2,
		.pNext = &required,
	};
	if (!dedicated || !img || img->dedicated)
		return img;
	const VkImageMemoryRequirementsInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2,
		.image = dedicated->image,
	};
	dev->next.GetImageMemoryRequirements2(dev->handle, &info, &requirements);
	return required.requiresDedicatedAllocation;
}

/* Host pages: a payload that the driver imports. */
static VkResult export_pages(
	const struct allocation *allocation, struct tongs_layer_memory *mem, VkDeviceMemory *pMemory) {
	struct tongs_payload *payload = tongs_payload_create(mem->size);
	if (!payload)
		return VK_ERROR_OUT_OF_DEVICE_MEMORY;
	mem->is_pages = true;
	mem->driver_size = tongs_payload_get_size(payload);
	const struct driver_allocation driver = {
		.import = tongs_payload_get_import(payload),
		.span = {.size = mem->driver_size},
	};
	VkResult result = create_objects(allocation, payload, mem);
	if (result == VK_SUCCESS)
		result = allocate_below(allocation, &driver, pMemory);
	/* Otherwise the objects have it. */
	if (allocation->awaited)
		mem->pages = payload;
	else
		tongs_payload_unref(payload);
	return result;
}

/* Driver memory: the application's own allocation, which the driver can export. */
static VkResult export_driver_memory(const struct allocation *allocation, const struct tongs_import_kind *kind,
	struct tongs_layer_memory *mem, VkDeviceMemory *pMemory) {
	struct tongs_layer_device *dev = allocation->dev;
	const uint32_t type = allocation->info->memoryTypeIndex;
	const struct driver_allocation driver = {
		.export_type = kind->handle_type,
		.dedicated = requires_dedicated(dev, allocation->dedicated),
	};
	struct tongs_layer_image *img = tongs_layer_device_find_dedicated_image(dev, allocation->dedicated);
	const struct tongs_driver_memory_info info = {
		.size = mem->size,
		.memory_type = type,
		.host_visible = !(dev->private_types >> type & 1),
		.dedicated = driver.dedicated,
		.image = img ? img->shape : (struct tongs_image_shape){0},
	};
	/* Drivers need not check: rule 01713 of vkAllocateMemory. */
	if (mem->size > dev->heap_sizes[type])
		return VK_ERROR_OUT_OF_DEVICE_MEMORY;
	mem->driver_size = mem->size;
	mem->exported = tongs_driver_memory_create(&info);
	if (!mem->exported)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	VkResult result = create_objects(allocation, mem->exported, mem);
	if (result == VK_SUCCESS)
		result = allocate_below(allocation, &driver, pMemory);
	if (result != VK_SUCCESS)
		return result;
	tongs_driver_memory_attach(mem->exported, dev->handle, *pMemory, dev->get_memory_fd);
	if (driver.dedicated)
		tongs_image_set_exported(dev, img, mem->exported);
	return VK_SUCCESS;
}

/* Fills in `mem`, which the caller finishes on failure, and creates the driver's memory. */
static VkResult allocate_export(
	const struct allocation *allocation, struct tongs_layer_memory *mem, VkDeviceMemory *pMemory) {
	const struct tongs_import_kind *kind = choose_kind(allocation);
	VkResult result = allocation->awaited ? VK_SUCCESS : check_export(allocation, kind);
	if (result != VK_SUCCESS)
		return result;
	mem->types = allocation->export_types;
	mem->objects = allocation->objects;
	mem->size = allocation->info->allocationSize;
	result = kind->allocated_by_device ? export_driver_memory(allocation, kind, mem, pMemory)
					   : export_pages(allocation, mem, pMemory);
	/* No handle was imported, and the payload is valid: a driver that refuses it lacks some other resource. */
	return result == VK_ERROR_INVALID_EXTERNAL_HANDLE ? VK_ERROR_OUT_OF_DEVICE_MEMORY : result;
}

/* Moves the object's reference to `mem`: as an export if the application wants one, else as imported_object. */
static void keep_object(
	const struct allocation *allocation, const struct tongs_layer_import *import, struct tongs_layer_memory *mem) {
	mem->import_type = allocation->import_metal->handleType;
	mem->types = allocation->export_types;
	if (!allocation->export_types)
		mem->imported_object = import->object;
	else if (import->kind == TONGS_KIND_HEAP)
		mem->heap = import->object;
	else if (import->kind == TONGS_KIND_BUFFER)
		mem->buffer = import->object;
	else
		mem->texture = import->object;
}

/* Fills in `mem`, which the caller finishes on failure, and creates the driver's memory: the whole pages around the
 * object's bytes. */
static VkResult allocate_import(
	const struct allocation *allocation, struct tongs_layer_memory *mem, VkDeviceMemory *pMemory) {
	struct tongs_layer_device *dev = allocation->dev;
	VkDeviceSize given_size = allocation->info->allocationSize;
	struct tongs_layer_import import;
	bool valid = tongs_layer_import_init(&import, dev, allocation->info, allocation->import_metal,
		allocation->dedicated, allocation->import_metal == &allocation->converted);
	mem->objects = allocation->objects;
	keep_object(allocation, &import, mem);
	if (!valid)
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	if (import.kind != TONGS_KIND_TEXTURE && !check_dedicated_size(allocation, import.size))
		return VK_ERROR_VALIDATION_FAILED_EXT;
	/* The specification's text says that the size is ignored, and programs give one. */
	if (import.kind == TONGS_KIND_TEXTURE && given_size != 0)
		tongs_report_warning(dev, "VUID-VkMemoryAllocateInfo-pNext-10397",
			tongs_layer_import_get_subjects(&import),
			"allocationSize of memory imported from a texture is %llu and ignored: set it to 0",
			(unsigned long long)given_size);
	VkResult result = tongs_layer_import_check_memory_type(&import);
	if (result != VK_SUCCESS)
		return result;
	const struct tongs_import *memory = tongs_payload_get_import(import.backing.payload);
	const struct driver_allocation driver = {
		.import = memory,
		.span = tongs_import_get_span(memory, import.backing.offset, import.size, dev->import_alignment),
		/* Programs name images of other devices, too. */
		.dedicated = memory->dedicated && tongs_layer_device_find_dedicated_image(dev, allocation->dedicated),
	};
	mem->is_pages = !memory->kind->allocated_by_device;
	mem->page_offset = driver.span.offset;
	mem->size = import.size;
	mem->driver_size = driver.span.size;
	return allocate_below(allocation, &driver, pMemory);
}

static void release_objects(struct tongs_layer_memory *mem, enum tongs_cause cause) {
	tongs_interop_release_from_memory(mem->texture, cause);
	tongs_interop_release_from_memory(mem->buffer, cause);
	tongs_interop_release_from_memory(mem->heap, cause);
	tongs_interop_release_from_memory(mem->imported_object, cause);
	mem->texture = NULL;
	mem->buffer = NULL;
	mem->heap = NULL;
	mem->imported_object = NULL;
}

void tongs_memory_detach(struct tongs_layer_device *dev, struct tongs_layer_memory *mem, enum tongs_cause cause) {
	if (!mem->exported)
		return;
	release_objects(mem, cause);
	const VkImage image = tongs_interop_detach(dev->metal, mem->exported);
	if (image)
		dev->next.DestroyImage(dev->handle, image, NULL);
}

void tongs_memory_finish(struct tongs_layer_memory *mem, enum tongs_cause cause) {
	release_objects(mem, cause);
	tongs_payload_unref(mem->pages);
	tongs_payload_unref(mem->exported);
}

static void *get_object(const struct tongs_layer_memory *mem, enum tongs_kind kind) {
	switch (kind) {
	case TONGS_KIND_BUFFER:
		return mem->buffer;
	case TONGS_KIND_TEXTURE:
		return mem->texture;
	case TONGS_KIND_HEAP:
		return mem->heap;
	default:
		return NULL;
	}
}

/* An object's address has room for its kind in the low bits. */
#define KIND_MASK ((uintptr_t)7)

_Static_assert(TONGS_KIND_HEAP <= KIND_MASK && TONGS_KIND_BUFFER <= KIND_MASK && TONGS_KIND_TEXTURE <= KIND_MASK &&
		       alignof(max_align_t) > KIND_MASK,
	"a kind in the low bits of an object's address");

/* A handle of the memory and its kind in one word, for the map: vkGetMemoryMetalHandleEXT then reads one cache line.
 * 0: the memory has no handle. */
static uintptr_t make_tag(const struct tongs_layer_memory *mem) {
	static const enum tongs_kind kinds[] = {TONGS_KIND_BUFFER, TONGS_KIND_TEXTURE, TONGS_KIND_HEAP};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (get_object(mem, kinds[i]))
			return (uintptr_t)get_object(mem, kinds[i]) | kinds[i];
	return 0;
}

static VkResult allocate_metal(const struct allocation *allocation, VkDeviceMemory *pMemory) {
	struct tongs_layer_device *dev = allocation->dev;
	VkDeviceMemory memory = VK_NULL_HANDLE;
	*pMemory = VK_NULL_HANDLE;
	VkResult result = check_structs(allocation);
	if (result != VK_SUCCESS)
		return result;
	struct tongs_layer_memory *mem = tongs_allocator_new_object(
		allocation->callbacks, dev->allocator.callbacks, sizeof(*mem), VK_SYSTEM_ALLOCATION_SCOPE_OBJECT);
	if (!mem)
		return VK_ERROR_OUT_OF_HOST_MEMORY;

	result = allocation->import_metal ? allocate_import(allocation, mem, &memory)
					  : allocate_export(allocation, mem, &memory);
	if (result != VK_SUCCESS)
		goto fail;
	if (!tongs_map_insert_tagged(&dev->memories, TONGS_KEY(memory), mem, make_tag(mem))) {
		tongs_memory_detach(dev, mem, TONGS_CAUSE_RELEASE);
		dev->next.FreeMemory(dev->handle, memory, allocation->callbacks);
		result = VK_ERROR_OUT_OF_HOST_MEMORY;
		goto fail;
	}
	*pMemory = memory;
	return VK_SUCCESS;

fail:
	tongs_memory_finish(mem, TONGS_CAUSE_RELEASE);
	tongs_allocator_free_object(&mem->allocator, allocation->callbacks);
	return result;
}

static void remove_inert(struct tongs_chain *chain, VkStructureType type) {
	for (VkBaseOutStructure **link = &chain->head; *link;) {
		if ((*link)->sType == type && ((const struct import_struct *)*link)->handleType == 0)
			*link = (*link)->pNext;
		else
			link = &(*link)->pNext;
	}
}

/* A copy of the chain without those structs of `types` whose handleType is 0. */
static VkResult init_without_inert(
	struct tongs_chain *chain, const struct allocation *allocation, const VkStructureType *types, uint32_t count) {
	VkResult result = tongs_chain_init(chain, allocation->info->pNext, types, count,
		tongs_allocator_choose(allocation->callbacks, allocation->dev->allocator.callbacks));
	for (uint32_t i = 0; i < count && result == VK_SUCCESS; i++)
		remove_inert(chain, types[i]);
	return result;
}

/* Allocates without the import structs whose handleType is 0, which some drivers refuse as bad imports. If a struct of
 * unknown size keeps the chain from being copied, leaving them in is harmless on other drivers; only Metal's struct,
 * which no driver knows, must go. */
static VkResult allocate_without_inert(const struct allocation *allocation, VkDeviceMemory *pMemory) {
	static const VkStructureType metal[] = {VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT};
	struct tongs_layer_device *dev = allocation->dev;
	VkMemoryAllocateInfo info = *allocation->info;
	struct tongs_chain chain;
	VkResult result = init_without_inert(&chain, allocation, allocation->inert, allocation->inert_count);
	if (result == VK_ERROR_VALIDATION_FAILED_EXT)
		result = init_without_inert(&chain, allocation, metal, allocation->has_metal_struct);
	if (result == VK_SUCCESS) {
		info.pNext = chain.head;
		result = dev->next.AllocateMemory(dev->handle, &info, allocation->callbacks, pMemory);
	} else {
		*pMemory = VK_NULL_HANDLE;
		if (result == VK_ERROR_VALIDATION_FAILED_EXT)
			tongs_report_unknown_struct(dev, &chain);
	}
	tongs_chain_finish(&chain);
	return result;
}

/* Memory without Metal handle types. */
static VkResult allocate_other(const struct allocation *allocation, VkDeviceMemory *pMemory) {
	struct tongs_layer_device *dev = allocation->dev;
	if (allocation->has_metal_struct && allocation->info->allocationSize == 0 && !allocation->import_count &&
		!allocation->export_types) {
		tongs_report(dev, "VUID-VkMemoryAllocateInfo-allocationSize-07897", NULL,
			"allocationSize is 0, and VkImportMemoryMetalHandleInfoEXT imports nothing because its "
			"handleType is 0: set the size, or the handle's type");
		*pMemory = VK_NULL_HANDLE;
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	VkResult result = allocation->inert_count ? allocate_without_inert(allocation, pMemory)
						  : dev->next.AllocateMemory(dev->handle, allocation->info,
							    allocation->callbacks, pMemory);
	/* For messages only: if the map has no room, they are less exact. */
	if (result == VK_SUCCESS && allocation->export_types)
		tongs_map_insert(&dev->memories, TONGS_KEY(*pMemory), TONGS_NON_METAL_EXPORT);
	return result;
}

/* Whether memory of this size and type is what an image asked for. */
static void visit_image(uint64_t key, void *value, void *user) {
	struct allocation *allocation = user;
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
static void imply_export(struct allocation *allocation) {
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

VkResult tongs_memory_import_object(struct tongs_layer_device *dev, VkImage image,
	VkExternalMemoryHandleTypeFlagBits type, void *object, uint32_t memory_type,
	const VkAllocationCallbacks *callbacks, VkDeviceMemory *memory) {
	const VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &dedicated,
		.memoryTypeIndex = memory_type,
	};
	struct allocation allocation = {
		.dev = dev,
		.info = &info,
		.callbacks = callbacks,
		.import_count = 1,
		.dedicated = &dedicated,
		.converted =
			{
				.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
				.handleType = type,
				.handle = object,
			},
	};
	allocation.import_metal = &allocation.converted;
	return allocate_metal(&allocation, memory);
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_AllocateMemory(VkDevice device, const VkMemoryAllocateInfo *pAllocateInfo,
	const VkAllocationCallbacks *pAllocator, VkDeviceMemory *pMemory) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	/* Metal handles require a pNext chain, images that are exported by VK_EXT_metal_objects none. */
	if (!pAllocateInfo->pNext && atomic_load_explicit(&dev->unbound_images, memory_order_relaxed) == 0)
		return dev->next.AllocateMemory(device, pAllocateInfo, pAllocator, pMemory);
	struct allocation allocation = {.dev = dev, .info = pAllocateInfo, .callbacks = pAllocator};
	if (dev->metal_enabled)
		read_chain(&allocation);
	imply_export(&allocation);
	if (!allocation.import_metal && !(allocation.export_types & TONGS_METAL_HANDLE_TYPES) && !allocation.awaited &&
		!allocation.wrong_export.found)
		return allocate_other(&allocation, pMemory);
	return allocate_metal(&allocation, pMemory);
}

VKAPI_ATTR void VKAPI_CALL tongs_FreeMemory(
	VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks *pAllocator) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	if (dev->metal_enabled)
		tongs_names_remove(&dev->names, VK_OBJECT_TYPE_DEVICE_MEMORY, TONGS_KEY(memory));
	struct tongs_layer_memory *mem =
		dev->metal_enabled ? tongs_map_remove(&dev->memories, TONGS_KEY(memory)) : NULL;
	if (mem && mem != TONGS_NON_METAL_EXPORT)
		tongs_memory_detach(dev, mem, TONGS_CAUSE_FREE_MEMORY);
	dev->next.FreeMemory(device, memory, pAllocator);
	if (mem && mem != TONGS_NON_METAL_EXPORT) {
		tongs_memory_finish(mem, TONGS_CAUSE_FREE_MEMORY);
		tongs_allocator_free_object(&mem->allocator, pAllocator);
	}
}

/* A handle type that was not exported is an error; but an import's own type is allowed, with a warning, because
 * programs use it. */
static VkResult get_unexported(struct tongs_layer_device *dev, const VkMemoryGetMetalHandleInfoEXT *info,
	const struct tongs_layer_memory *mem, void **pHandle) {
	char type_text[TONGS_TYPES_TEXT_SIZE], exported_text[TONGS_TYPES_TEXT_SIZE];
	const struct tongs_subject *subjects = TONGS_SUBJECTS(TONGS_VK(DEVICE_MEMORY, info->memory));
	tongs_report_types(info->handleType, type_text);
	if (tongs_layer_get_kind(info->handleType) == TONGS_KIND_NONE) {
		tongs_report(dev, "VUID-VkMemoryGetMetalHandleInfoEXT-handleType-10415", subjects,
			"handleType is %s, it must be one of MTLBUFFER, MTLTEXTURE and MTLHEAP: get each handle by "
			"itself",
			type_text);
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	bool non_metal = mem == TONGS_NON_METAL_EXPORT;
	if (mem && (mem->types || non_metal)) {
		tongs_report(dev, "VUID-VkMemoryGetMetalHandleInfoEXT-handleType-10414", subjects,
			"the memory was allocated for export as %s, not %s: add the type to "
			"VkExportMemoryAllocateInfo::handleTypes",
			non_metal ? "no Metal handle type" : tongs_report_types(mem->types, exported_text), type_text);
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	bool tolerated = mem && mem->imported_object && mem->import_type == info->handleType;
	(tolerated ? tongs_report_warning : tongs_report)(dev, "VUID-VkMemoryGetMetalHandleInfoEXT-memory-10413",
		subjects,
		"the memory was %s without an export: chain VkExportMemoryAllocateInfo with %s to its "
		"VkMemoryAllocateInfo",
		mem && mem->import_type ? "imported" : "allocated", type_text);
	if (!tolerated)
		return VK_ERROR_VALIDATION_FAILED_EXT;
	*pHandle = mem->imported_object;
	return VK_SUCCESS;
}

/* What the tag cannot say: the second handle of memory that has two, or why there is none. */
static __attribute__((noinline)) VkResult get_untagged(struct tongs_layer_device *dev,
	const VkMemoryGetMetalHandleInfoEXT *info, const struct tongs_layer_memory *mem, void **pHandle) {
	*pHandle = mem ? get_object(mem, tongs_layer_get_kind(info->handleType)) : NULL;
	return *pHandle ? VK_SUCCESS : get_unexported(dev, info, mem, pHandle);
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_GetMemoryMetalHandleEXT(
	VkDevice device, const VkMemoryGetMetalHandleInfoEXT *pGetMetalHandleInfo, void **pHandle) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	struct tongs_map_entry found = {0};
	if (dev->metal_enabled)
		found = tongs_map_find(&dev->memories, TONGS_KEY(pGetMetalHandleInfo->memory));
	enum tongs_kind kind = tongs_layer_get_kind(pGetMetalHandleInfo->handleType);
	uintptr_t handle = found.tag ^ kind;
	if (__builtin_expect(!found.tag || (handle & KIND_MASK), 0))
		return get_untagged(dev, pGetMetalHandleInfo, found.value, pHandle);
	*pHandle = (void *)handle;
	return VK_SUCCESS;
}
