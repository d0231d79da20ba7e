/* SPDX-License-Identifier: MIT */
/* Imports of Metal handles: the checks of the object, and vkGetMemoryMetalHandlePropertiesEXT. */
#include "layer/import.h"

#include "format/format.h"
#include "layer/image.h"
#include "memory/driver_memory.h"

/* Stands for a list of requirements in the specification, and so is reported for several reasons. */
static const char RULE_COMPATIBILITY[] = "VUID-VkImportMemoryMetalHandleInfoEXT-handle-10412";

/* VK_EXT_metal_objects demands the same of what it imports, but has no rules that say so. */
static const char *get_rule(const struct tongs_layer_import *import, const char *rule) {
	return import->objects ? "TONGS-metal-object" : rule;
}

VkResult tongs_layer_import_query_memory_types(struct tongs_layer_device *dev, const struct tongs_import *import,
	VkDeviceSize offset, uint32_t *memory_types) {
	const struct tongs_import_kind *kind = import->kind;
	uint32_t types;
	VkResult result = kind->query_memory_types(dev->page_types_command, dev->handle, import, offset, &types);
	*memory_types = 0;
	for (uint32_t i = 0; result == VK_SUCCESS && i < VK_MAX_MEMORY_TYPES; i++)
		if ((types >> i & 1) && tongs_import_accepts_flags(kind, dev->memory_flags[i]))
			*memory_types |= 1u << i;
	return result;
}

/* Why the driver must not be given the bytes, as a phrase; NULL: it may. A failed import can make NVIDIA's driver fail
 * later valid ones. A device that is the CPU accesses memory like the program. */
static const char *find_pin_fault(
	const struct tongs_layer_device *dev, const struct tongs_backing *backing, VkDeviceSize size) {
	if (dev->is_cpu || !tongs_payload_is_external(backing->payload))
		return NULL;
	uint64_t first = backing->offset & ~(dev->import_alignment - 1);
	return tongs_payload_find_pin_fault(backing->payload, first, backing->offset - first + size);
}

/* Why an object cannot be imported, a clause about its bytes and what to do. `what` NULL: it can. */
struct fault {
	const char *what, *fix;
};

/* Driver memory has one type. Buffers for MTLBUFFER alone may be for host pages, and then take no driver memory that
 * has a type of those. */
static uint32_t find_driver_types(const struct tongs_layer_device *dev, enum tongs_kind kind,
	const struct tongs_backing *backing, struct fault *fault) {
	const uint32_t types = dev->memory_types[true] & tongs_driver_memory_get_types(backing->payload);
	const struct tongs_import_kind *buffers = dev->roles.kinds[TONGS_ROLE_BUFFER];
	if (kind != TONGS_KIND_BUFFER || !buffers || buffers->allocated_by_device || !(types & ~dev->private_types))
		return types;
	*fault = (struct fault){"are driver memory that the CPU maps, and MTLBUFFER is host pages on this device",
		"import the buffer's heap as MTLHEAP, or create the buffer without a heap"};
	return 0;
}

/* The memory types that `size` bytes of an object from the first byte of `backing` can be imported as. 0 with the
 * reason in *fault if the driver must not be given them; else there is no fault and the result is the driver's. */
static VkResult query_backing(struct tongs_layer_device *dev, enum tongs_kind kind, const struct tongs_backing *backing,
	VkDeviceSize size, uint32_t *memory_types, struct fault *fault) {
	const struct tongs_import *import = tongs_payload_get_import(backing->payload);
	*fault = (struct fault){0};
	*memory_types = dev->memory_types[false];
	if (tongs_payload_is_driver_memory(backing->payload)) {
		*memory_types = find_driver_types(dev, kind, backing, fault);
		return VK_SUCCESS;
	}
	const struct tongs_import_kind *heaps = dev->roles.kinds[TONGS_ROLE_OPTIMAL];
	if (kind == TONGS_KIND_HEAP && heaps && heaps->allocated_by_device)
		*fault = (struct fault){"are host pages, and MTLHEAP is driver memory on this device",
			"create the heap with storage mode Private, or import its buffers as MTLBUFFER"};
	else if (!tongs_import_find_used(&dev->roles, false))
		*fault = (struct fault){"are host pages, which the driver cannot import",
			"copy them into a buffer that newBufferWithLength:options: creates"};
	else
		*fault = (struct fault){find_pin_fault(dev, backing, size),
			"wrap anonymous or shared memory that is mapped with PROT_READ and PROT_WRITE, or copy the "
			"bytes into a buffer"};
	if (fault->what)
		*memory_types = 0;
	/* All payloads that are not external have the same types. */
	if (fault->what || !tongs_payload_is_external(backing->payload))
		return VK_SUCCESS;
	uint32_t possible = *memory_types;
	VkResult result = tongs_layer_import_query_memory_types(
		dev, import, backing->offset & ~(dev->import_alignment - 1), memory_types);
	*memory_types &= possible;
	return result;
}

const struct tongs_subject *tongs_layer_import_get_subjects(struct tongs_layer_import *import) {
	const VkMemoryDedicatedAllocateInfo *dedicated = import->dedicated;
	const char *label =
		import->object ? tongs_interop_read_label(import->object, import->kind, import->label) : NULL;
	import->subjects[0] = (struct tongs_subject)TONGS_METAL(import->metal->handle, label);
	import->subjects[1] = (struct tongs_subject)TONGS_VK(IMAGE, dedicated ? dedicated->image : VK_NULL_HANDLE);
	import->subjects[2] = (struct tongs_subject)TONGS_VK(BUFFER, dedicated ? dedicated->buffer : VK_NULL_HANDLE);
	return import->subjects;
}

/* OPTIMAL images of one shape are created by one rule, and so have the same layout, which only the driver knows. */
static bool is_same_layout(const struct tongs_image_shape *shape, const struct tongs_texture_layout *a,
	const struct tongs_texture_layout *b) {
	if (a->linear != b->linear)
		return false;
	for (uint32_t i = 0; a->linear && i < shape->levels; i++) {
		const VkSubresourceLayout *x = &a->levels[i], *y = &b->levels[i];
		if (x->offset != y->offset || (x->rowPitch != y->rowPitch && shape->extent.height >> i > 1) ||
			(x->arrayPitch != y->arrayPitch && shape->layers > 1) ||
			(x->depthPitch != y->depthPitch && shape->extent.depth >> i > 1))
			return false;
	}
	return true;
}

/* A difference between the texture and the image that moves texels; NULL: none, but for the format. */
static const char *find_difference(const struct tongs_image_shape *texture, const struct tongs_image_shape *image) {
	if (texture->type != image->type)
		return "type";
	if (texture->extent.depth != image->extent.depth)
		return "depth";
	if (texture->samples != image->samples)
		return "sample count";
	return NULL;
}

/* Why an image of the texture's extent cannot be bound to its bytes, as a phrase; NULL: it can. */
static const char *find_mismatch(const struct tongs_layer_import *import, const struct tongs_image_shape *shape,
	const struct tongs_texture_layout *layout) {
	struct tongs_texture_layout image_layout;
	tongs_image_get_layout(import->dev, import->dedicated->image, import->image, 0, &image_layout);
	if (!is_same_layout(shape, layout, &image_layout))
		return "rows lie elsewhere than the image's: create a texture over a buffer with bytesPerRow aligned "
		       "to minimumLinearTextureAlignmentForPixelFormat:";
	if (import->page_offset % import->requirements.alignment != 0 ||
		import->backing.size < import->requirements.size)
		return "bytes are too few or not aligned for the image: create its buffer or heap with the size, and "
		       "the texture at the alignment, that heapTextureSizeAndAlignWithDescriptor: returns";
	return NULL;
}

static bool check_texture(struct tongs_layer_import *import) {
	struct tongs_layer_device *dev = import->dev;
	import->image = tongs_layer_device_find_dedicated_image(dev, import->dedicated);
	const char *fault = tongs_image_explain_dedicated(import->dedicated, import->image);
	if (fault) {
		tongs_report(dev, get_rule(import, "VUID-VkMemoryAllocateInfo-pNext-10395"),
			tongs_layer_import_get_subjects(import), "memory imported from a texture is dedicated to %s",
			fault);
		return false;
	}
	const struct tongs_image_shape *image = &import->image->shape;
	struct tongs_image_shape texture;
	const struct tongs_texture_layout *layout;
	const char *reason;
	if (!tongs_interop_get_texture_image(import->object, &texture, &layout)) {
		tongs_report(dev, get_rule(import, RULE_COMPATIBILITY), tongs_layer_import_get_subjects(import),
			"the texture is a view of a part of another, a plane of an image, or has a layout that no "
			"image has: import the texture that it is a view of, or all planes for such an image");
		return false;
	}
	/* Images have no swizzle: only their views have. */
	if (tongs_interop_is_swizzled(import->object)) {
		tongs_report(dev, get_rule(import, RULE_COMPATIBILITY), tongs_layer_import_get_subjects(import),
			"the texture's swizzle is not red, green, blue, alpha, and images have none: import the "
			"texture that it is a view of, and set the swizzle in the image's views");
		return false;
	}
	if (texture.extent.width != image->extent.width || texture.extent.height != image->extent.height ||
		texture.layers != image->layers || texture.levels != image->levels) {
		tongs_report(dev, get_rule(import, "VUID-VkMemoryAllocateInfo-pNext-10396"),
			tongs_layer_import_get_subjects(import),
			"the texture is %ux%u with %u layers and %u levels, the image that the memory is dedicated to "
			"is %ux%u with %u layers and %u levels: create the image like the texture",
			texture.extent.width, texture.extent.height, texture.layers, texture.levels,
			image->extent.width, image->extent.height, image->layers, image->levels);
		return false;
	}
	if ((reason = find_difference(&texture, image))) {
		tongs_report(dev, get_rule(import, RULE_COMPATIBILITY), tongs_layer_import_get_subjects(import),
			"the texture's %s differs from that of the image that the memory is dedicated to: create the "
			"image like the texture",
			reason);
		return false;
	}
	if (!tongs_format_is_srgb_pair(tongs_format_from_vk(texture.format), tongs_format_from_vk(image->format))) {
		char texture_format[TONGS_FORMAT_TEXT_SIZE], image_format[TONGS_FORMAT_TEXT_SIZE];
		tongs_report(dev, get_rule(import, RULE_COMPATIBILITY), tongs_layer_import_get_subjects(import),
			"the texture's pixel format is %s, that of the image that the memory is dedicated to is %s: "
			"create the image with the texture's",
			tongs_report_format(texture.format, texture_format),
			tongs_report_format(image->format, image_format));
		return false;
	}
	const struct tongs_import *memory = tongs_payload_get_import(import->backing.payload);
	const struct tongs_import_kind *kind =
		tongs_layer_choose_image_kind(&dev->roles, import->image->types, image->tiling);
	if (memory->kind != kind) {
		tongs_report(dev, get_rule(import, RULE_COMPATIBILITY), tongs_layer_import_get_subjects(import),
			"the texture is in %s, and the device binds images of this tiling to %s: %s",
			memory->kind->name, kind->name,
			kind->allocated_by_device
				? "create the image with VK_IMAGE_TILING_LINEAR, or the texture with memory of its own"
				: "create the image with VK_IMAGE_TILING_OPTIMAL");
		return false;
	}
	dev->next.GetImageMemoryRequirements(dev->handle, import->dedicated->image, &import->requirements);
	if ((reason = find_mismatch(import, &texture, layout))) {
		tongs_report(dev, get_rule(import, RULE_COMPATIBILITY), tongs_layer_import_get_subjects(import),
			"the texture's %s", reason);
		return false;
	}
	return true;
}

/* Whether the resource that the memory is dedicated to can begin where the object does. Other resources are checked
 * when they are bound. */
static bool check_alignment(struct tongs_layer_import *import) {
	struct tongs_layer_device *dev = import->dev;
	VkMemoryRequirements requirements = {.alignment = 1};
	if (!import->page_offset || !import->dedicated)
		return true;
	if (tongs_layer_device_find_dedicated_image(dev, import->dedicated))
		dev->next.GetImageMemoryRequirements(dev->handle, import->dedicated->image, &requirements);
	else if (import->dedicated->buffer && tongs_layer_device_get_buffer_types(dev, import->dedicated->buffer))
		dev->next.GetBufferMemoryRequirements(dev->handle, import->dedicated->buffer, &requirements);
	if (import->page_offset % requirements.alignment == 0)
		return true;
	tongs_report(dev, get_rule(import, RULE_COMPATIBILITY), tongs_layer_import_get_subjects(import),
		"the object begins %llu bytes into a page, the resource that the memory is dedicated to requires a "
		"multiple of %llu: place the object at another offset in its heap",
		(unsigned long long)import->page_offset, (unsigned long long)requirements.alignment);
	return false;
}

/* Of a heap or buffer, without the rest of its last page. */
static VkDeviceSize get_length(const struct tongs_layer_import *import) {
	return import->kind == TONGS_KIND_HEAP ? tongs_heap_get_size(import->object)
					       : tongs_buffer_get_length(import->object);
}

/* Checks the object against the rest of the allocation; reports what is wrong. */
static bool check_object(struct tongs_layer_import *import) {
	struct tongs_layer_device *dev = import->dev;
	char text[TONGS_TYPES_TEXT_SIZE];
	VkExternalMemoryHandleTypeFlags type = import->metal->handleType;
	if (import->backing.device != dev->metal) {
		tongs_report(dev, get_rule(import, "VUID-VkImportMemoryMetalHandleInfoEXT-handle-10409"),
			tongs_layer_import_get_subjects(import),
			"the handle belongs to the MTLDevice of another physical device: import it there, or create it "
			"with the MTLDevice of this VkDevice");
		return false;
	}
	if (import->dedicated && tongs_image_find_unsupported_dedicated(dev, import->dedicated, type)) {
		tongs_report(dev, get_rule(import, "VUID-VkImportMemoryMetalHandleInfoEXT-handleType-10408"),
			tongs_layer_import_get_subjects(import),
			"the resource that the memory is dedicated to cannot be imported as %s: query the handle types "
			"that can be with vkGetPhysicalDeviceImageFormatProperties2 or "
			"vkGetPhysicalDeviceExternalBufferProperties",
			tongs_report_types(type, text));
		return false;
	}
	if (import->kind == TONGS_KIND_TEXTURE)
		return check_texture(import);
	if (!check_alignment(import))
		return false;
	if (import->info->allocationSize > import->backing.size) {
		tongs_report(dev, get_rule(import, RULE_COMPATIBILITY), tongs_layer_import_get_subjects(import),
			"allocationSize is %llu, the %s has %llu bytes, in memory of %llu: allocate no more",
			(unsigned long long)import->info->allocationSize, tongs_report_types(type, text),
			(unsigned long long)get_length(import), (unsigned long long)import->backing.size);
		return false;
	}
	return true;
}

VkResult tongs_layer_import_check_memory_type(struct tongs_layer_import *import) {
	struct tongs_layer_device *dev = import->dev;
	uint32_t type_index = import->info->memoryTypeIndex, types;
	struct fault fault;
	VkResult result = query_backing(dev, import->kind, &import->backing, import->size, &types, &fault);
	if (result != VK_SUCCESS)
		return result;
	if (fault.what)
		tongs_report(dev, get_rule(import, RULE_COMPATIBILITY), tongs_layer_import_get_subjects(import),
			"the object's bytes %s: %s", fault.what, fault.fix);
	else if (type_index >= VK_MAX_MEMORY_TYPES || !(types >> type_index & 1))
		tongs_report(dev, get_rule(import, RULE_COMPATIBILITY), tongs_layer_import_get_subjects(import),
			"the object cannot be imported as memory type %u, but as the types in 0x%x: choose one from "
			"vkGetMemoryMetalHandlePropertiesEXT",
			type_index, types);
	else
		return VK_SUCCESS;
	return VK_ERROR_INVALID_EXTERNAL_HANDLE;
}

/* What to do about a handle that is no live object of the type, or is one of another device (`other_device`). */
static const char *get_mend(const void *handle, bool other_device) {
	if (other_device)
		return "use it with the VkDevice of its own MTLDevice, or create it with this one's";
	if (!handle)
		return "pass the Metal object";
	switch (tongs_handle_kind(handle)) {
	case TONGS_KIND_BUFFER:
		return "set handleType to MTLBUFFER";
	case TONGS_KIND_TEXTURE:
		return "set handleType to MTLTEXTURE";
	case TONGS_KIND_HEAP:
		return "set handleType to MTLHEAP";
	case TONGS_KIND_NONE:
		return "pass an object of Tongs, and keep a reference to it meanwhile";
	default:
		return "pass a buffer, texture or heap";
	}
}

bool tongs_layer_import_init(struct tongs_layer_import *import, struct tongs_layer_device *dev,
	const VkMemoryAllocateInfo *info, const VkImportMemoryMetalHandleInfoEXT *metal,
	const VkMemoryDedicatedAllocateInfo *dedicated, bool objects) {
	import->dev = dev;
	import->objects = objects;
	import->info = info;
	import->metal = metal;
	import->dedicated = dedicated;
	import->image = NULL;
	import->kind = tongs_layer_get_kind(metal->handleType);
	import->object = tongs_interop_acquire(metal->handle, import->kind);
	if (!import->object) {
		char text[TONGS_TYPES_TEXT_SIZE], what[TONGS_HANDLE_TEXT_SIZE];
		tongs_report(dev, get_rule(import, "VUID-VkImportMemoryMetalHandleInfoEXT-handleType-10411"),
			tongs_layer_import_get_subjects(import), "the handle %p, passed as %s, %s: %s", metal->handle,
			tongs_report_types(metal->handleType, text), tongs_interop_describe_handle(metal->handle, what),
			get_mend(metal->handle, false));
		return false;
	}
	tongs_interop_get_backing(import->object, import->kind, &import->backing);
	import->page_offset = tongs_import_get_span(
		tongs_payload_get_import(import->backing.payload), import->backing.offset, 0, dev->import_alignment)
				      .offset;
	if (!check_object(import))
		return false;
	import->size = import->image          ? import->requirements.size
		       : info->allocationSize ? info->allocationSize
					      : import->backing.size;
	return true;
}

VkResult tongs_layer_import_query_object(
	struct tongs_layer_device *dev, enum tongs_kind kind, void *handle, uint32_t *memory_types) {
	const struct tongs_subject *subjects = TONGS_SUBJECTS(TONGS_METAL(handle, NULL));
	void *object = tongs_interop_acquire(handle, kind);
	struct tongs_backing backing = {0};
	struct fault fault = {0};
	char what[TONGS_HANDLE_TEXT_SIZE];
	VkResult result = VK_ERROR_INVALID_EXTERNAL_HANDLE;
	*memory_types = 0;
	if (object)
		tongs_interop_get_backing(object, kind, &backing);
	if (object && backing.device == dev->metal)
		result = query_backing(dev, kind, &backing, backing.size, memory_types, &fault);
	else
		tongs_report(dev, "TONGS-metal-object", subjects,
			"mtlTexture is %p, which %s%s: pass a retained texture of this device's MTLDevice", handle,
			tongs_interop_describe_handle(handle, what), object ? " of another MTLDevice" : "");
	if (fault.what) {
		tongs_report(dev, "TONGS-metal-object", subjects, "the object's bytes %s: %s", fault.what, fault.fix);
		result = VK_ERROR_INVALID_EXTERNAL_HANDLE;
	}
	tongs_interop_release(object);
	return result;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_GetMemoryMetalHandlePropertiesEXT(VkDevice device,
	VkExternalMemoryHandleTypeFlagBits handleType, const void *pHandle,
	VkMemoryMetalHandlePropertiesEXT *pMemoryMetalHandleProperties) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	const struct tongs_subject *subjects = TONGS_SUBJECTS(TONGS_METAL(pHandle, NULL));
	char text[TONGS_TYPES_TEXT_SIZE];
	pMemoryMetalHandleProperties->memoryTypeBits = 0;

	enum tongs_kind kind = tongs_layer_get_kind(handleType);
	if (kind == TONGS_KIND_NONE || !dev->metal_enabled) {
		tongs_report(dev, "VUID-vkGetMemoryMetalHandlePropertiesEXT-handleType-10417", subjects,
			"handleType is %s, it must be one of MTLBUFFER, MTLTEXTURE and MTLHEAP: set the type of the "
			"handle",
			tongs_report_types(handleType, text));
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	}
	void *object = tongs_interop_acquire(pHandle, kind);
	struct tongs_backing backing = {0};
	if (object)
		tongs_interop_get_backing(object, kind, &backing);
	VkResult result = VK_ERROR_INVALID_EXTERNAL_HANDLE;
	if (object && backing.device == dev->metal) {
		struct fault fault;
		result = query_backing(
			dev, kind, &backing, backing.size, &pMemoryMetalHandleProperties->memoryTypeBits, &fault);
	} else {
		char what[TONGS_HANDLE_TEXT_SIZE];
		tongs_report(dev, "VUID-vkGetMemoryMetalHandlePropertiesEXT-handle-10416", subjects,
			"the handle %p, passed as %s, %s%s: %s", pHandle, tongs_report_types(handleType, text),
			tongs_interop_describe_handle(pHandle, what), object ? " of another MTLDevice" : "",
			get_mend(pHandle, object));
	}
	tongs_interop_release(object);
	return result;
}
