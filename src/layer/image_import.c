/* SPDX-License-Identifier: MIT */
/* vkCreateImage and vkDestroyImage: images of VK_EXT_metal_objects, which are bound to the memory of an MTLTexture or
 * IOSurface. */
#include <pthread.h>
#include <string.h>

#include "format/format.h"
#include "layer/chain.h"
#include "layer/image.h"
#include "layer/import.h"
#include "layer/memory.h"
#include "layer/report.h"
#include "layer/source.h"
#include "memory/payload.h"
#include "util/fork.h"

static const VkStructureType IMPORT = VK_STRUCTURE_TYPE_IMPORT_METAL_TEXTURE_INFO_EXT,
			     IMPORT_SURFACE = VK_STRUCTURE_TYPE_IMPORT_METAL_IO_SURFACE_INFO_EXT;

/* Whether VK_EXT_metal_objects allows the plane of an import. */
static bool check_plane(
	struct tongs_layer_device *dev, const VkImageCreateInfo *info, const VkImportMetalTextureInfoEXT *import) {
	const struct tongs_format *format = tongs_format_from_vk(info->format);
	const unsigned planes = format && format->plane_count ? format->plane_count : 1;
	const VkImageAspectFlags plane = import->plane;
	char text[TONGS_FORMAT_TEXT_SIZE];
	if (plane != VK_IMAGE_ASPECT_PLANE_0_BIT && plane != VK_IMAGE_ASPECT_PLANE_1_BIT &&
		plane != VK_IMAGE_ASPECT_PLANE_2_BIT)
		tongs_report(dev, "VUID-VkImageCreateInfo-pNext-06784", NULL,
			"plane of VkImportMetalTextureInfoEXT is 0x%x, it must be VK_IMAGE_ASPECT_PLANE_0_BIT, "
			"PLANE_1 or PLANE_2: set PLANE_0 for an image without planes",
			plane);
	else if (planes == 1 && plane != VK_IMAGE_ASPECT_PLANE_0_BIT)
		tongs_report(dev, "VUID-VkImageCreateInfo-pNext-06785", NULL,
			"plane of VkImportMetalTextureInfoEXT is 0x%x, and %s has one plane: set "
			"VK_IMAGE_ASPECT_PLANE_0_BIT",
			plane, tongs_report_format(info->format, text));
	else if (planes == 2 && plane == VK_IMAGE_ASPECT_PLANE_2_BIT)
		tongs_report(dev, "VUID-VkImageCreateInfo-pNext-06786", NULL,
			"plane of VkImportMetalTextureInfoEXT is PLANE_2, and %s has two planes: import the two",
			tongs_report_format(info->format, text));
	else
		return true;
	return false;
}

/* What create infos say about VK_EXT_metal_objects. */
static VkResult check_objects(struct tongs_layer_device *dev, const VkImageCreateInfo *info) {
	struct tongs_wrong_export wrong;
	tongs_export_read(info->pNext,
		VK_EXPORT_METAL_OBJECT_TYPE_METAL_TEXTURE_BIT_EXT | VK_EXPORT_METAL_OBJECT_TYPE_METAL_IOSURFACE_BIT_EXT,
		&wrong);
	if (tongs_report_wrong_export(dev, &wrong, "VUID-VkImageCreateInfo-pNext-06783", NULL, "an image",
		    "METAL_TEXTURE or METAL_IOSURFACE"))
		return VK_ERROR_VALIDATION_FAILED_EXT;
	for (const VkBaseInStructure *s = info->pNext; s; s = s->pNext)
		if (s->sType == IMPORT && !check_plane(dev, info, (const VkImportMetalTextureInfoEXT *)s))
			return VK_ERROR_VALIDATION_FAILED_EXT;
	if (tongs_chain_find(info->pNext, IMPORT) && tongs_chain_find(info->pNext, IMPORT_SURFACE)) {
		tongs_report(dev, "TONGS-metal-object", NULL,
			"an image is made of both an MTLTexture and an IOSurface: chain one of "
			"VkImportMetalTextureInfoEXT and VkImportMetalIOSurfaceInfoEXT");
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	return VK_SUCCESS;
}

/* Binds a new image to an MTLTexture's memory. */
static VkResult import_texture(
	struct tongs_layer_device *dev, VkImage image, void *handle, const VkAllocationCallbacks *callbacks) {
	struct tongs_layer_image *img = tongs_layer_device_find_image(dev, image);
	uint32_t types;
	VkResult result = tongs_layer_import_query_object(dev, TONGS_KIND_TEXTURE, handle, &types);
	types &= img->requirements.memoryTypeBits;
	if (result != VK_SUCCESS)
		return result;
	if (!types) {
		tongs_report(dev, "TONGS-metal-object", TONGS_SUBJECTS(TONGS_METAL(handle, NULL)),
			"the texture's memory cannot be bound to such an image on this device: create the image like "
			"the texture, and the texture without a buffer");
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	}
	VkDeviceMemory memory = VK_NULL_HANDLE;
	result = tongs_memory_import_object(dev, image, VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT, handle,
		(uint32_t)__builtin_ctz(types), callbacks, &memory);
	if (result != VK_SUCCESS)
		return result;
	result = tongs_BindImageMemory(dev->handle, image, memory, 0);
	img->own_memory = memory;
	return result;
}

/* Binds a new image with several planes to the memory that has them: as a heap or a buffer, which the image was created
 * for. */
static VkResult bind_planes(struct tongs_layer_device *dev, VkImage image, struct tongs_layer_image *img,
	struct tongs_layer_source *source, const VkAllocationCallbacks *callbacks) {
	const uint64_t size = tongs_payload_get_size(source->payload);
	const MTLCPUCacheMode cache = MTLCPUCacheModeDefaultCache;
	const bool is_heap = img->types & VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT;
	void *object = is_heap ? (void *)tongs_interop_new_heap(dev->metal, source->payload, size, cache)
			       : (void *)tongs_interop_new_buffer(dev->metal, source->payload, size, cache, NULL);
	uint32_t types;
	if (!object)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	VkResult result =
		tongs_layer_import_query_object(dev, is_heap ? TONGS_KIND_HEAP : TONGS_KIND_BUFFER, object, &types);
	types &= img->requirements.memoryTypeBits;
	if (result == VK_SUCCESS && !types) {
		tongs_report(dev, "TONGS-metal-object", TONGS_SUBJECTS(TONGS_METAL(source->textures[0], NULL)),
			"the memory of the image's planes cannot be bound to such an image on this device: have Vulkan "
			"make it with the image");
		result = VK_ERROR_INVALID_EXTERNAL_HANDLE;
	}
	VkDeviceMemory memory = VK_NULL_HANDLE;
	if (result == VK_SUCCESS)
		result = tongs_memory_import_object(dev, image,
			is_heap ? VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT
				: VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
			object, (uint32_t)__builtin_ctz(types), callbacks, &memory);
	tongs_interop_release(object);
	if (result != VK_SUCCESS)
		return result;
	memcpy(img->textures, source->textures, sizeof(img->textures));
	memset(source->textures, 0, sizeof(source->textures));
	img->imported = true;
	result = tongs_BindImageMemory(dev->handle, image, memory, source->offset);
	img->own_memory = memory;
	return result;
}

/* Binds an image to the memory of the source, which this ends. */
static VkResult bind_source(struct tongs_layer_device *dev, VkImage image, struct tongs_layer_image *img,
	struct tongs_layer_source *source, const VkAllocationCallbacks *callbacks) {
	VkResult result = tongs_format_count_planes(img->shape.format) > 1
				  ? bind_planes(dev, image, img, source, callbacks)
				  : import_texture(dev, image, source->textures[0], callbacks);
	tongs_layer_source_finish(source);
	return result;
}

/* Binds a new image to the memory of what it is made of. */
static VkResult import_objects(struct tongs_layer_device *dev, VkImage image, const VkImageCreateInfo *info,
	const VkAllocationCallbacks *callbacks) {
	const VkImportMetalTextureInfoEXT *texture = tongs_chain_find(info->pNext, IMPORT);
	const VkImportMetalIOSurfaceInfoEXT *surface = tongs_chain_find(info->pNext, IMPORT_SURFACE);
	struct tongs_layer_source source;
	if (!texture && !surface)
		return VK_SUCCESS;
	struct tongs_layer_image *img = tongs_layer_device_find_image(dev, image);
	if (!surface && tongs_format_count_planes(info->format) == 1)
		return import_texture(dev, image, texture->mtlTexture, callbacks);
	VkResult result = surface ? tongs_layer_source_init_surface(&source, dev, image, img, surface->ioSurface)
				  : tongs_layer_source_init_planes(&source, dev, image, img, info->pNext);
	return result == VK_SUCCESS ? bind_source(dev, image, img, &source, callbacks) : result;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* for the surfaces that tongs_image_provide_surface makes */

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_PROVIDED, NULL);

/* Makes an image whose new surface could not be bound what it was before. */
static void unbind_surface(
	struct tongs_layer_device *dev, struct tongs_layer_image *img, const VkAllocationCallbacks *callbacks) {
	tongs_FreeMemory(dev->handle, img->own_memory, callbacks);
	img->own_memory = VK_NULL_HANDLE;
	tongs_layer_release_textures(img->textures);
	img->imported = false;
	if (atomic_exchange(&img->bound, false))
		atomic_fetch_add(&dev->unbound_images, 1);
}

static VkResult provide_surface_locked(struct tongs_layer_device *dev, VkImage image, struct tongs_layer_image *img) {
	/* With the callbacks that free it with the image. */
	const VkAllocationCallbacks *callbacks = img->allocator.is_copy ? img->allocator.callbacks : NULL;
	struct tongs_layer_source source;
	if (atomic_load(&img->bound))
		return VK_SUCCESS;
	VkResult result = tongs_layer_source_init_surface(&source, dev, image, img, NULL);
	if (result == VK_SUCCESS)
		result = bind_source(dev, image, img, &source, callbacks);
	if (result != VK_SUCCESS)
		unbind_surface(dev, img, callbacks);
	return result;
}

VkResult tongs_image_provide_surface(struct tongs_layer_device *dev, VkImage image, struct tongs_layer_image *img) {
	if (!atomic_exchange(&img->provided, true))
		tongs_report_warning(dev, "VUID-VkImageViewCreateInfo-image-01020",
			TONGS_SUBJECTS(TONGS_VK(IMAGE, image)),
			"a view is created of an image for export as IOSurface that has no memory, and the image "
			"becomes a new surface: bind it first, or chain VkImportMetalIOSurfaceInfoEXT without a "
			"surface to VkImageCreateInfo");
	/* Threads that are second wait for the binding. */
	pthread_mutex_lock(&lock);
	VkResult result = provide_surface_locked(dev, image, img);
	pthread_mutex_unlock(&lock);
	return result;
}

static VkResult create_object(struct tongs_layer_device *dev, const VkImageCreateInfo *info,
	const VkAllocationCallbacks *callbacks, VkImage *pImage) {
	VkImage created = VK_NULL_HANDLE;
	*pImage = VK_NULL_HANDLE;
	VkResult result = check_objects(dev, info);
	if (result == VK_SUCCESS)
		result = tongs_image_create(dev, info, callbacks, &created);
	if (result == VK_SUCCESS)
		result = import_objects(dev, created, info, callbacks);
	if (result == VK_SUCCESS)
		*pImage = created;
	else if (created)
		tongs_DestroyImage(dev->handle, created, callbacks);
	return result;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_CreateImage(VkDevice device, const VkImageCreateInfo *pCreateInfo,
	const VkAllocationCallbacks *pAllocator, VkImage *pImage) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	return dev->objects_enabled && pCreateInfo->pNext ? create_object(dev, pCreateInfo, pAllocator, pImage)
							  : tongs_image_create(dev, pCreateInfo, pAllocator, pImage);
}

VKAPI_ATTR void VKAPI_CALL tongs_DestroyImage(VkDevice device, VkImage image, const VkAllocationCallbacks *pAllocator) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	const VkDeviceMemory own_memory = tongs_image_destroy(dev, image, pAllocator);
	if (own_memory)
		tongs_FreeMemory(device, own_memory, pAllocator);
}
