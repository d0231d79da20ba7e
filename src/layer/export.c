/* SPDX-License-Identifier: MIT */
/* vkExportMetalObjectsEXT, and the textures and buffers of what is bound for it. */
#include "layer/export.h"

#include <string.h>

#include "format/format.h"
#include "layer/image.h"
#include "layer/mirror.h"
#include "layer/report.h"
#include "layer/texture.h"
#include "memory/payload.h"
#include "util/alloc.h"

static const VkExternalMemoryHandleTypeFlags BUFFER = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
					     TEXTURE = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT;

/* Where the memory's first byte is. False: it has no payload. */
static bool find_payload(const struct tongs_layer_memory *mem, struct tongs_payload **payload, uint64_t *offset) {
	const enum tongs_kind imported_kind = tongs_layer_get_kind(mem->import_type);
	struct tongs_backing backing = {.payload = mem->exported ? mem->exported : mem->pages};
	if (backing.payload)
		;
	else if (mem->heap)
		tongs_interop_get_backing(mem->heap, TONGS_KIND_HEAP, &backing);
	else if (mem->buffer)
		tongs_interop_get_backing(mem->buffer, TONGS_KIND_BUFFER, &backing);
	else if (mem->texture)
		tongs_interop_get_backing(mem->texture, TONGS_KIND_TEXTURE, &backing);
	else if (mem->imported_object)
		tongs_interop_get_backing(mem->imported_object, imported_kind, &backing);
	*payload = backing.payload;
	*offset = backing.offset;
	return backing.payload;
}

/* New textures for an image in memory that is not exported as one. NULL in textures[0]: the memory cannot be shared. */
static VkResult make_textures(struct tongs_layer_device *dev, VkImage image, const struct tongs_layer_image *img,
	const struct tongs_layer_memory *mem, VkDeviceSize offset, struct tongs_texture *textures[TONGS_MAX_PLANES]) {
	const struct tongs_import_kind *kind =
		tongs_layer_choose_image_kind(&dev->roles, img->types, img->shape.tiling);
	const struct tongs_format_plane first = tongs_format_get_plane(img->shape.format, 0);
	struct tongs_layer_place place = {.size = img->requirements.size};
	if (!find_payload(mem, &place.payload, &place.offset) ||
		tongs_payload_get_import(place.payload)->kind != kind ||
		tongs_format_to_metal(first.format) == MTLPixelFormatInvalid)
		return VK_SUCCESS;
	place.offset += offset;
	return tongs_layer_texture_new_all(dev, image, img, &place, 0, textures);
}

VkResult tongs_export_bind_image(
	struct tongs_layer_device *dev, VkImage image, VkDeviceMemory memory, VkDeviceSize offset) {
	struct tongs_layer_image *img = tongs_layer_device_find_image(dev, image);
	struct tongs_layer_memory *mem = tongs_layer_device_find_memory(dev, memory);
	struct tongs_texture *textures[TONGS_MAX_PLANES] = {NULL};
	VkResult result = VK_SUCCESS;
	if (!img)
		return VK_SUCCESS;
	if (mem && mem->texture)
		textures[0] = tongs_interop_acquire(mem->texture, TONGS_KIND_TEXTURE);
	else if (mem && mem->imported_object && mem->import_type == TEXTURE)
		textures[0] = tongs_interop_acquire(mem->imported_object, TONGS_KIND_TEXTURE);
	else if (mem && img->objects && !img->imported)
		result = make_textures(dev, image, img, mem, offset, textures);
	if (result != VK_SUCCESS)
		return result;
	if (!img->imported) {
		tongs_layer_release_textures(img->textures); /* of a binding that failed */
		memcpy(img->textures, textures, sizeof(textures));
	}
	if (!atomic_exchange(&img->bound, true) && img->objects)
		atomic_fetch_sub(&dev->unbound_images, 1);
	return VK_SUCCESS;
}

VkResult tongs_export_bind_buffer(
	struct tongs_layer_device *dev, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize offset) {
	struct tongs_layer_texel_buffer *texels = tongs_map_get(&dev->texel_buffers, TONGS_KEY(buffer));
	struct tongs_layer_memory *mem = texels ? tongs_layer_device_find_memory(dev, memory) : NULL;
	struct tongs_buffer *object = mem ? mem->buffer : NULL;
	if (mem && mem->imported_object && mem->import_type == BUFFER)
		object = mem->imported_object;
	if (!texels)
		return VK_SUCCESS;
	tongs_interop_release(texels->buffer); /* of a binding that failed */
	texels->buffer = object ? tongs_interop_acquire(object, TONGS_KIND_BUFFER) : NULL;
	texels->offset = offset;
	return VK_SUCCESS;
}

/* Programs leave out what the instance must say; nothing depends on it. */
static void export_device(struct tongs_layer_device *dev, VkExportMetalDeviceInfoEXT *info) {
	info->mtlDevice = (void *)dev->metal;
	if (!(dev->instance->export_types & VK_EXPORT_METAL_OBJECT_TYPE_METAL_DEVICE_BIT_EXT))
		tongs_report_warning(dev, "VUID-VkExportMetalObjectsInfoEXT-pNext-06791", NULL,
			"the MTLDevice is exported of an instance that was created without: chain "
			"VkExportMetalObjectCreateInfoEXT with METAL_DEVICE to VkInstanceCreateInfo");
}

/* The MTLCommandQueue of a VkQueue. */
struct tongs_layer_queue {
	VkQueue queue;
	struct tongs_command_queue *metal; /* a reference */
	struct tongs_layer_queue *next;
};

void tongs_export_finish_queues(struct tongs_layer_device *dev) {
	struct tongs_layer_queue *queue = atomic_load(&dev->queues);
	while (queue) {
		struct tongs_layer_queue *next = queue->next;
		tongs_command_queue_unref(queue->metal);
		tongs_free(NULL, queue);
		queue = next;
	}
}

static struct tongs_command_queue *find_queue(struct tongs_layer_queue *list, VkQueue queue) {
	while (list && list->queue != queue)
		list = list->next;
	return list ? list->metal : NULL;
}

static struct tongs_layer_queue *make_queue(struct tongs_layer_device *dev, VkQueue queue) {
	struct tongs_layer_queue *made = tongs_malloc(1, sizeof(*made));
	if (!made)
		return NULL;
	made->queue = queue;
	made->metal = tongs_device_new_command_queue(dev->metal);
	if (made->metal)
		return made;
	tongs_free(NULL, made);
	return NULL;
}

/* One for each VkQueue, created at the first call. NULL when memory runs out. */
static struct tongs_command_queue *get_queue(struct tongs_layer_device *dev, VkQueue queue) {
	struct tongs_layer_queue *list = atomic_load(&dev->queues);
	struct tongs_command_queue *found = find_queue(list, queue);
	struct tongs_layer_queue *made = found ? NULL : make_queue(dev, queue);
	if (!made)
		return found;
	do {
		/* Another thread may have been faster. */
		found = find_queue(list, queue);
		made->next = list;
	} while (!found && !atomic_compare_exchange_weak(&dev->queues, &list, made));
	if (!found)
		return made->metal;
	tongs_command_queue_unref(made->metal);
	tongs_free(NULL, made);
	return found;
}

/* It does not run its command buffers on the VkQueue: programs order the two by shared events. */
static void export_queue(struct tongs_layer_device *dev, VkExportMetalCommandQueueInfoEXT *info) {
	info->mtlCommandQueue = (void *)get_queue(dev, info->queue);
	if (!(dev->instance->export_types & VK_EXPORT_METAL_OBJECT_TYPE_METAL_COMMAND_QUEUE_BIT_EXT))
		tongs_report_warning(dev, "VUID-VkExportMetalObjectsInfoEXT-pNext-06792",
			TONGS_SUBJECTS(TONGS_VK(QUEUE, info->queue)),
			"an MTLCommandQueue is exported of an instance that was created without: chain "
			"VkExportMetalObjectCreateInfoEXT with METAL_COMMAND_QUEUE to VkInstanceCreateInfo");
}

/* An import's own object is exported even if nobody said so, as by vkGetMemoryMetalHandleEXT. */
static void export_buffer(struct tongs_layer_device *dev, VkExportMetalBufferInfoEXT *info) {
	const struct tongs_layer_memory *mem = tongs_layer_device_find_memory(dev, info->memory);
	void *imported = mem && mem->import_type == BUFFER ? mem->imported_object : NULL;
	if (mem && mem->objects)
		info->mtlBuffer = (void *)mem->buffer;
	if (info->mtlBuffer)
		return;
	(imported ? tongs_report_warning : tongs_report)(dev, "VUID-VkExportMetalObjectsInfoEXT-pNext-06793",
		TONGS_SUBJECTS(TONGS_VK(DEVICE_MEMORY, info->memory)),
		"an MTLBuffer is exported of memory that was allocated without: chain "
		"VkExportMetalObjectCreateInfoEXT with METAL_BUFFER to VkMemoryAllocateInfo");
	info->mtlBuffer = imported;
}

/* Whether the plane is one that a format has; reports the rule that it breaks. `count`: the planes of the image's or
 * image view's format. */
static bool check_plane(struct tongs_layer_device *dev, const VkExportMetalTextureInfoEXT *info, uint32_t count) {
	const struct tongs_subject *subjects =
		TONGS_SUBJECTS(TONGS_VK(IMAGE, info->image), TONGS_VK(IMAGE_VIEW, info->imageView));
	const VkImageAspectFlags plane = info->plane;
	const VkImageAspectFlags all =
		VK_IMAGE_ASPECT_PLANE_0_BIT | VK_IMAGE_ASPECT_PLANE_1_BIT | VK_IMAGE_ASPECT_PLANE_2_BIT;
	/* Without planes there is no other texture, and programs ask so for it. */
	const bool is_color = count == 1 && plane == VK_IMAGE_ASPECT_COLOR_BIT;
	if (!(plane & all) || (plane & (plane - 1)))
		(is_color ? tongs_report_warning : tongs_report)(dev, "VUID-VkExportMetalObjectsInfoEXT-pNext-06798",
			subjects,
			"plane is 0x%x, it must be VK_IMAGE_ASPECT_PLANE_0_BIT, PLANE_1 or PLANE_2: set PLANE_0 for a "
			"format without planes",
			plane);
	else if (plane < (VkImageAspectFlags)VK_IMAGE_ASPECT_PLANE_0_BIT << count)
		return true;
	else if (info->image && count == 1)
		tongs_report(dev, "VUID-VkExportMetalObjectsInfoEXT-pNext-06799", subjects,
			"plane is 0x%x, and the image's format has one plane: set VK_IMAGE_ASPECT_PLANE_0_BIT", plane);
	else if (info->image)
		tongs_report(dev, "VUID-VkExportMetalObjectsInfoEXT-pNext-06800", subjects,
			"plane is 0x%x, and the image's format has two planes: set VK_IMAGE_ASPECT_PLANE_0_BIT or "
			"PLANE_1",
			plane);
	else if (count == 1)
		tongs_report(dev, "VUID-VkExportMetalObjectsInfoEXT-pNext-06801", subjects,
			"plane is 0x%x, and the image view's format has one plane: set VK_IMAGE_ASPECT_PLANE_0_BIT",
			plane);
	else
		tongs_report(dev, "VUID-VkExportMetalObjectsInfoEXT-pNext-06802", subjects,
			"plane is 0x%x, and the image view's format has two planes: set VK_IMAGE_ASPECT_PLANE_0_BIT or "
			"PLANE_1",
			plane);
	return is_color;
}

/* Why an image without a texture has none. */
static const char *find_texture_fault(const struct tongs_layer_image *img) {
	return atomic_load(&img->bound) ? "the image is bound to memory that is not shared with Metal: allocate its "
					  "memory with VkMemoryDedicatedAllocateInfo, as its memory requirements say"
					: "the image has no memory yet: bind it before its Metal object is exported";
}

static void *export_image(struct tongs_layer_device *dev, const VkExportMetalTextureInfoEXT *info) {
	const struct tongs_layer_image *img = tongs_layer_device_find_image(dev, info->image);
	const struct tongs_subject *subjects = TONGS_SUBJECTS(TONGS_VK(IMAGE, info->image));
	if (!img || !(img->exports & VK_EXPORT_METAL_OBJECT_TYPE_METAL_TEXTURE_BIT_EXT)) {
		tongs_report(dev, "VUID-VkExportMetalObjectsInfoEXT-pNext-06795", subjects,
			"an MTLTexture is exported of an image that was created without: chain "
			"VkExportMetalObjectCreateInfoEXT with METAL_TEXTURE to VkImageCreateInfo");
		return NULL;
	}
	if (!check_plane(dev, info, tongs_format_count_planes(img->shape.format)))
		return NULL;
	if (!img->textures[0])
		tongs_report(dev, "TONGS-metal-image", subjects, "%s", find_texture_fault(img));
	return img->textures[tongs_format_get_plane_index(info->plane)];
}

/* Of an image view or a buffer view that was made for export. */
static void *export_view(struct tongs_layer_device *dev, const struct tongs_layer_view *view, uint32_t plane,
	const struct tongs_subject *subjects) {
	if (!view->textures[plane])
		tongs_report(dev, "TONGS-metal-view", subjects, "the view is no MTLTexture: %s", view->fault);
	return view->textures[plane];
}

static void *export_image_view(struct tongs_layer_device *dev, const VkExportMetalTextureInfoEXT *info) {
	const struct tongs_subject *subjects = TONGS_SUBJECTS(TONGS_VK(IMAGE_VIEW, info->imageView));
	const struct tongs_layer_view *view = tongs_map_get(&dev->views, TONGS_KEY(info->imageView));
	if (view)
		return check_plane(dev, info, view->plane_count)
			       ? export_view(dev, view, tongs_format_get_plane_index(info->plane), subjects)
			       : NULL;
	tongs_report(dev, "VUID-VkExportMetalObjectsInfoEXT-pNext-06796", subjects,
		"an MTLTexture is exported of an image view that was created without: chain "
		"VkExportMetalObjectCreateInfoEXT with METAL_TEXTURE to VkImageViewCreateInfo");
	return NULL;
}

static void *export_buffer_view(struct tongs_layer_device *dev, VkBufferView handle) {
	const struct tongs_subject *subjects = TONGS_SUBJECTS(TONGS_VK(BUFFER_VIEW, handle));
	const struct tongs_layer_view *view = tongs_map_get(&dev->buffer_views, TONGS_KEY(handle));
	if (view)
		return export_view(dev, view, 0, subjects);
	tongs_report(dev, "VUID-VkExportMetalObjectsInfoEXT-pNext-06797", subjects,
		"an MTLTexture is exported of a buffer view that was created without: chain "
		"VkExportMetalObjectCreateInfoEXT with METAL_TEXTURE to VkBufferViewCreateInfo");
	return NULL;
}

static void export_texture(struct tongs_layer_device *dev, VkExportMetalTextureInfoEXT *info) {
	const unsigned count = !!info->image + !!info->imageView + !!info->bufferView;
	if (count != 1) {
		tongs_report(dev, "VUID-VkExportMetalObjectsInfoEXT-pNext-06794",
			TONGS_SUBJECTS(TONGS_VK(IMAGE, info->image), TONGS_VK(IMAGE_VIEW, info->imageView),
				TONGS_VK(BUFFER_VIEW, info->bufferView)),
			"%u of image, imageView and bufferView are not VK_NULL_HANDLE, exactly one must not: chain one "
			"VkExportMetalTextureInfoEXT for each",
			count);
		return;
	}
	info->mtlTexture = info->image       ? export_image(dev, info)
			   : info->imageView ? export_image_view(dev, info)
					     : export_buffer_view(dev, info->bufferView);
}

/* As for buffers: an import's own surface is exported even if nobody said so. */
static void export_surface(struct tongs_layer_device *dev, VkExportMetalIOSurfaceInfoEXT *info) {
	const struct tongs_subject *subjects = TONGS_SUBJECTS(TONGS_VK(IMAGE, info->image));
	const struct tongs_layer_image *img = tongs_layer_device_find_image(dev, info->image);
	struct tongs_surface *surface = img && img->textures[0] ? tongs_texture_get_surface(img->textures[0]) : NULL;
	if (img && (img->exports & VK_EXPORT_METAL_OBJECT_TYPE_METAL_IOSURFACE_BIT_EXT)) {
		info->ioSurface = (void *)surface;
		if (!surface)
			tongs_report(dev, "TONGS-metal-surface", subjects, "%s",
				img->textures[0]
					? "the image is bound to an MTLTexture that is made over no IOSurface: make "
					  "the texture of one, or export the MTLTexture"
					: find_texture_fault(img));
		return;
	}
	const bool imported = surface && img->own_memory;
	(imported ? tongs_report_warning : tongs_report)(dev, "VUID-VkExportMetalObjectsInfoEXT-pNext-06803", subjects,
		"an IOSurface is exported of an image that was created without: chain "
		"VkExportMetalObjectCreateInfoEXT with METAL_IOSURFACE to VkImageCreateInfo");
	info->ioSurface = imported ? (void *)surface : NULL;
}

static void export_event(struct tongs_layer_device *dev, VkExportMetalSharedEventInfoEXT *info) {
	const struct tongs_subject *subjects =
		TONGS_SUBJECTS(TONGS_VK(SEMAPHORE, info->semaphore), TONGS_VK(EVENT, info->event));
	if (!info->semaphore == !info->event) {
		tongs_report(dev, "VUID-VkExportMetalObjectsInfoEXT-pNext-06804", subjects,
			"%s of semaphore and event are VK_NULL_HANDLE, exactly one must be: chain one "
			"VkExportMetalSharedEventInfoEXT for each",
			info->semaphore ? "none" : "both");
		return;
	}
	const struct tongs_layer_mirror *mirror = info->semaphore
							  ? tongs_map_get(&dev->semaphores, TONGS_KEY(info->semaphore))
							  : tongs_map_get(&dev->events, TONGS_KEY(info->event));
	/* As for buffers: an import's own object is exported all the same. */
	if (mirror)
		info->mtlSharedEvent = (void *)mirror->object;
	if (mirror && mirror->exported)
		return;
	void (*const report)(struct tongs_layer_device *, const char *, const struct tongs_subject *, const char *,
		...) = mirror ? tongs_report_warning : tongs_report;
	if (info->semaphore)
		report(dev, "VUID-VkExportMetalObjectsInfoEXT-pNext-06805", subjects,
			"an MTLSharedEvent is exported of a semaphore that was created without: chain "
			"VkExportMetalObjectCreateInfoEXT with METAL_SHARED_EVENT to VkSemaphoreCreateInfo");
	else
		report(dev, "VUID-VkExportMetalObjectsInfoEXT-pNext-06806", subjects,
			"an MTLSharedEvent is exported of an event that was created without: chain "
			"VkExportMetalObjectCreateInfoEXT with METAL_SHARED_EVENT to VkEventCreateInfo");
}

VKAPI_ATTR void VKAPI_CALL tongs_ExportMetalObjectsEXT(
	VkDevice device, VkExportMetalObjectsInfoEXT *pMetalObjectsInfo) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	tongs_export_clear(pMetalObjectsInfo);
	for (VkBaseOutStructure *s = (VkBaseOutStructure *)pMetalObjectsInfo->pNext; s; s = s->pNext)
		switch (s->sType) {
		case VK_STRUCTURE_TYPE_EXPORT_METAL_DEVICE_INFO_EXT:
			export_device(dev, (VkExportMetalDeviceInfoEXT *)s);
			break;
		case VK_STRUCTURE_TYPE_EXPORT_METAL_COMMAND_QUEUE_INFO_EXT:
			export_queue(dev, (VkExportMetalCommandQueueInfoEXT *)s);
			break;
		case VK_STRUCTURE_TYPE_EXPORT_METAL_BUFFER_INFO_EXT:
			export_buffer(dev, (VkExportMetalBufferInfoEXT *)s);
			break;
		case VK_STRUCTURE_TYPE_EXPORT_METAL_TEXTURE_INFO_EXT:
			export_texture(dev, (VkExportMetalTextureInfoEXT *)s);
			break;
		case VK_STRUCTURE_TYPE_EXPORT_METAL_IO_SURFACE_INFO_EXT:
			export_surface(dev, (VkExportMetalIOSurfaceInfoEXT *)s);
			break;
		case VK_STRUCTURE_TYPE_EXPORT_METAL_SHARED_EVENT_INFO_EXT:
			export_event(dev, (VkExportMetalSharedEventInfoEXT *)s);
			break;
		default:
			break;
		}
}
