/* SPDX-License-Identifier: MIT */
/* vkAllocateMemory, vkFreeMemory and vkGetMemoryMetalHandleEXT: memory that is exported or imported as Metal handles.
 * All other memory passes through to the next layer. */
#include "layer/memory.h"

#include <stdalign.h>
#include <stddef.h>

#include "layer/allocation.h"
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

/* How the driver allocates the application's memory: an import, or new driver memory. */
struct driver_allocation {
	const struct tongs_import *import;              /* NULL: new memory */
	struct tongs_import_span span;                  /* of the import */
	VkExternalMemoryHandleTypeFlagBits export_type; /* of new memory */
	bool dedicated; /* pass VkMemoryDedicatedAllocateInfo on; else the driver does not see it */
};

/* Driver memory is whole pages, as all other memory: Metal's blits bind a buffer to all bytes, which drivers require to
 * end at a multiple of its alignment. What is dedicated to an image has the image's size. */
static VkDeviceSize get_new_size(const struct driver_allocation *driver, VkDeviceSize size) {
	const VkDeviceSize page = tongs_page_size();
	return driver->dedicated ? size : (size + page - 1) & ~(page - 1);
}

/* *pMemory is set on success only. */
static VkResult allocate_below(
	const struct tongs_allocation *allocation, const struct driver_allocation *driver, VkDeviceMemory *pMemory) {
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
			flags->flags &= ~TONGS_MEMORY_ALLOCATE_ZERO_INITIALIZE_BIT;
		}
		VkMemoryAllocateInfo info = *allocation->info;
		info.allocationSize = import ? driver->span.size : get_new_size(driver, info.allocationSize);
		/* VK_EXT_metal_objects exports without the struct. */
		const VkExportMemoryAllocateInfo added = {
			.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
			.pNext = chain.head,
			.handleTypes = driver->export_type,
		};
		struct tongs_import_info import_info = {
			.head = import || export ? (const void *)chain.head : &added,
		};
		if (import)
			result = import->kind->begin(import, driver->span.start, chain.head, &import_info);
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
	const struct tongs_allocation *allocation, struct tongs_payload *payload, struct tongs_layer_memory *mem) {
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
	const struct tongs_allocation *allocation, struct tongs_layer_memory *mem, VkDeviceMemory *pMemory) {
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
static VkResult export_driver_memory(const struct tongs_allocation *allocation, const struct tongs_import_kind *kind,
	struct tongs_layer_memory *mem, VkDeviceMemory *pMemory) {
	struct tongs_layer_device *dev = allocation->dev;
	const uint32_t type = allocation->info->memoryTypeIndex;
	const struct driver_allocation driver = {
		.export_type = kind->handle_type,
		.dedicated = requires_dedicated(dev, allocation->dedicated),
	};
	struct tongs_layer_image *img = tongs_layer_device_find_dedicated_image(dev, allocation->dedicated);
	const struct tongs_driver_memory_info info = {
		.size = get_new_size(&driver, mem->size),
		.memory_type = type,
		.host_visible = !(dev->private_types >> type & 1),
		.dedicated = driver.dedicated,
		.image = img ? img->shape : (struct tongs_image_shape){0},
	};
	/* Drivers need not check: rule 01713 of vkAllocateMemory. */
	if (mem->size > dev->heap_sizes[type] || info.size > dev->heap_sizes[type])
		return VK_ERROR_OUT_OF_DEVICE_MEMORY;
	mem->driver_size = info.size;
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
	const struct tongs_allocation *allocation, struct tongs_layer_memory *mem, VkDeviceMemory *pMemory) {
	const struct tongs_import_kind *kind = tongs_allocation_choose_kind(allocation);
	VkResult result = allocation->awaited ? VK_SUCCESS : tongs_allocation_check_export(allocation, kind);
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
static void keep_object(const struct tongs_allocation *allocation, const struct tongs_layer_import *import,
	struct tongs_layer_memory *mem) {
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
	const struct tongs_allocation *allocation, struct tongs_layer_memory *mem, VkDeviceMemory *pMemory) {
	struct tongs_layer_device *dev = allocation->dev;
	VkDeviceSize given_size = allocation->info->allocationSize;
	struct tongs_layer_import import;
	bool valid = tongs_layer_import_init(&import, dev, allocation->info, allocation->import_metal,
		allocation->dedicated, allocation->import_metal == &allocation->converted);
	mem->objects = allocation->objects;
	keep_object(allocation, &import, mem);
	if (!valid)
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	if (import.kind != TONGS_KIND_TEXTURE && !tongs_allocation_check_dedicated_size(allocation, import.size))
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

static VkResult allocate_metal(const struct tongs_allocation *allocation, VkDeviceMemory *pMemory) {
	struct tongs_layer_device *dev = allocation->dev;
	VkDeviceMemory memory = VK_NULL_HANDLE;
	*pMemory = VK_NULL_HANDLE;
	VkResult result = tongs_allocation_check_structs(allocation);
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
		if ((*link)->sType == type && ((const struct tongs_import_struct *)*link)->handleType == 0)
			*link = (*link)->pNext;
		else
			link = &(*link)->pNext;
	}
}

/* A copy of the chain without those structs of `types` whose handleType is 0. */
static VkResult init_without_inert(struct tongs_chain *chain, const struct tongs_allocation *allocation,
	const VkStructureType *types, uint32_t count) {
	VkResult result = tongs_chain_init(chain, allocation->info->pNext, types, count,
		tongs_allocator_choose(allocation->callbacks, allocation->dev->allocator.callbacks));
	for (uint32_t i = 0; i < count && result == VK_SUCCESS; i++)
		remove_inert(chain, types[i]);
	return result;
}

/* Allocates without the import structs whose handleType is 0, which some drivers refuse as bad imports. If a struct of
 * unknown size keeps the chain from being copied, leaving them in is harmless on other drivers; only Metal's struct,
 * which no driver knows, must go. */
static VkResult allocate_without_inert(const struct tongs_allocation *allocation, VkDeviceMemory *pMemory) {
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
static VkResult allocate_other(const struct tongs_allocation *allocation, VkDeviceMemory *pMemory) {
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
	struct tongs_allocation allocation = {
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
	struct tongs_allocation allocation = {.dev = dev, .info = pAllocateInfo, .callbacks = pAllocator};
	tongs_allocation_read(&allocation);
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
