/* SPDX-License-Identifier: MIT */
/* Image views and buffer views: their usage, and the MTLTextures that VK_EXT_metal_objects exports of them. */
#include "format/format.h"
#include "layer/caps.h"
#include "layer/chain.h"
#include "layer/image.h"
#include "layer/report.h"
#include "layer/view.h"

static const VkStructureType EXPORT = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT;

/* The usage of a view without VkImageViewUsageCreateInfo. */
static VkImageUsageFlags get_view_usage(const struct tongs_layer_image *img, VkImageAspectFlags aspects) {
	const VkImageAspectFlags stencil = VK_IMAGE_ASPECT_STENCIL_BIT;
	if (!(aspects & stencil))
		return img->usage;
	return aspects == stencil ? img->stencil_usage : img->usage & img->stencil_usage;
}

static MTLTextureType get_texture_type(VkImageViewType type, VkSampleCountFlagBits samples) {
	const bool multisample = samples > VK_SAMPLE_COUNT_1_BIT;
	switch (type) {
	case VK_IMAGE_VIEW_TYPE_1D:
		return MTLTextureType1D;
	case VK_IMAGE_VIEW_TYPE_3D:
		return MTLTextureType3D;
	case VK_IMAGE_VIEW_TYPE_CUBE:
		return MTLTextureTypeCube;
	case VK_IMAGE_VIEW_TYPE_1D_ARRAY:
		return MTLTextureType1DArray;
	case VK_IMAGE_VIEW_TYPE_2D_ARRAY:
		return multisample ? MTLTextureType2DMultisampleArray : MTLTextureType2DArray;
	case VK_IMAGE_VIEW_TYPE_CUBE_ARRAY:
		return MTLTextureTypeCubeArray;
	default:
		return multisample ? MTLTextureType2DMultisample : MTLTextureType2D;
	}
}

static MTLPixelFormat get_pixel_format(const VkImageViewCreateInfo *info) {
	const MTLPixelFormat format = tongs_format_to_metal(info->format);
	if (info->subresourceRange.aspectMask != VK_IMAGE_ASPECT_STENCIL_BIT)
		return format;
	switch (format) {
	case MTLPixelFormatDepth24Unorm_Stencil8:
		return MTLPixelFormatX24_Stencil8;
	case MTLPixelFormatDepth32Float_Stencil8:
		return MTLPixelFormatX32_Stencil8;
	default:
		return format;
	}
}

static MTLTextureSwizzle get_swizzle(VkComponentSwizzle swizzle, MTLTextureSwizzle identity) {
	switch (swizzle) {
	case VK_COMPONENT_SWIZZLE_ZERO:
		return MTLTextureSwizzleZero;
	case VK_COMPONENT_SWIZZLE_ONE:
		return MTLTextureSwizzleOne;
	case VK_COMPONENT_SWIZZLE_R:
		return MTLTextureSwizzleRed;
	case VK_COMPONENT_SWIZZLE_G:
		return MTLTextureSwizzleGreen;
	case VK_COMPONENT_SWIZZLE_B:
		return MTLTextureSwizzleBlue;
	case VK_COMPONENT_SWIZZLE_A:
		return MTLTextureSwizzleAlpha;
	default:
		return identity;
	}
}

/* The textures of the image that the view shows: one plane's, or all. */
static uint32_t find_planes(const struct tongs_layer_image *img, VkImageAspectFlags aspects, uint32_t *first) {
	const uint32_t count = tongs_format_count_planes(img->shape.format);
	*first = 0;
	if (count == 1 || (aspects & VK_IMAGE_ASPECT_COLOR_BIT))
		return count;
	*first = aspects & VK_IMAGE_ASPECT_PLANE_1_BIT ? 1 : aspects & VK_IMAGE_ASPECT_PLANE_2_BIT ? 2 : 0;
	return 1;
}

/* A plane has its own format in a view of all, and where Metal has none for the view's. */
static MTLPixelFormat get_view_format(
	const struct tongs_layer_view *view, const VkImageViewCreateInfo *info, const struct tongs_texture *texture) {
	const MTLPixelFormat format = view->plane_count > 1 ? MTLPixelFormatInvalid : get_pixel_format(info);
	return format == MTLPixelFormatInvalid ? tongs_texture_get_pixel_format(texture) : format;
}

/* Sets the textures of an image view, or why there are none. */
static void make_image_view(
	const struct tongs_layer_image *img, const VkImageViewCreateInfo *info, struct tongs_layer_view *view) {
	const VkImageSubresourceRange *range = &info->subresourceRange;
	uint32_t first = 0;
	view->plane_count = img ? find_planes(img, range->aspectMask, &first) : 1;
	if (!img || !img->textures[0]) {
		view->fault = "its image is not shared with Metal: create the image with METAL_TEXTURE in a "
			      "VkExportMetalObjectCreateInfoEXT, and bind it to memory that is dedicated to it";
		return;
	}
	const bool is_3d = img->shape.type == VK_IMAGE_TYPE_3D;
	const NSUInteger levels = range->levelCount == VK_REMAINING_MIP_LEVELS ? img->shape.levels - range->baseMipLevel
									       : range->levelCount,
			 layers = range->layerCount == VK_REMAINING_ARRAY_LAYERS
					  ? img->shape.layers - range->baseArrayLayer
					  : range->layerCount;
	const MTLTextureSwizzleChannels swizzle = {
		get_swizzle(info->components.r, MTLTextureSwizzleRed),
		get_swizzle(info->components.g, MTLTextureSwizzleGreen),
		get_swizzle(info->components.b, MTLTextureSwizzleBlue),
		get_swizzle(info->components.a, MTLTextureSwizzleAlpha),
	};
	/* Layers of a view of a 3D image are slices of its depth, which no MTLTexture can show. */
	if (is_3d && info->viewType != VK_IMAGE_VIEW_TYPE_3D) {
		view->fault = "Metal has no two-dimensional views of 3D textures: create a view of type 3D";
		return;
	}
	for (uint32_t i = 0; i < view->plane_count; i++) {
		view->textures[i] = tongs_texture_new_view(img->textures[first + i],
			get_view_format(view, info, img->textures[first + i]),
			get_texture_type(info->viewType, img->shape.samples), range->baseMipLevel, levels,
			is_3d ? 0 : range->baseArrayLayer, is_3d ? 1 : layers, swizzle);
		if (!view->textures[i])
			view->fault = "Metal has no such view, as the log says: create the image with "
				      "VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT, or the view with the image's format";
	}
}

/* Frees the object of a view, which may be half-built; NULL is fine. */
static void destroy_view(struct tongs_layer_view *view, const VkAllocationCallbacks *callbacks) {
	if (!view)
		return;
	tongs_layer_release_textures(view->textures);
	tongs_allocator_free_object(&view->allocator, callbacks);
}

static void destroy_left_view(void *view, void *user) {
	(void)user;
	destroy_view(view, NULL);
}

static struct tongs_layer_view *create_view(struct tongs_layer_device *dev, const VkAllocationCallbacks *callbacks) {
	return tongs_allocator_new_object(callbacks, dev->allocator.callbacks, sizeof(struct tongs_layer_view),
		VK_SYSTEM_ALLOCATION_SCOPE_OBJECT);
}

/* For export: the driver's view is created, too. */
static VkResult create_exported_view(struct tongs_layer_device *dev, struct tongs_layer_image *img,
	const VkImageViewCreateInfo *info, const VkImageViewCreateInfo *driver_info,
	const VkAllocationCallbacks *callbacks, VkImageView *pView) {
	VkImageView created;
	struct tongs_layer_view *view = create_view(dev, callbacks);
	if (!view)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	make_image_view(img, info, view);
	VkResult result = dev->next.CreateImageView(dev->handle, driver_info, callbacks, &created);
	if (result == VK_SUCCESS && !tongs_map_insert(&dev->views, TONGS_KEY(created), view)) {
		dev->next.DestroyImageView(dev->handle, created, callbacks);
		result = VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	if (result == VK_SUCCESS)
		*pView = created;
	else
		destroy_view(view, callbacks);
	return result;
}

/* A view inherits its image's usage. What the image rule added to it may be invalid for the view's format, and does not
 * match imageless framebuffers (rule 04627 of VkRenderPassBeginInfo): so the view gets the application's usage. */
static VkResult create_with_usage(struct tongs_layer_device *dev, struct tongs_layer_image *img,
	const VkImageViewCreateInfo *info, const void *pNext, bool exported, const VkAllocationCallbacks *callbacks,
	VkImageView *pView) {
	const VkImageViewUsageCreateInfo usage = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_USAGE_CREATE_INFO,
		.pNext = pNext,
		.usage = img ? get_view_usage(img, info->subresourceRange.aspectMask) : 0,
	};
	VkImageViewCreateInfo driver_info = *info;
	driver_info.pNext = img && !tongs_chain_find(pNext, VK_STRUCTURE_TYPE_IMAGE_VIEW_USAGE_CREATE_INFO)
				    ? (const void *)&usage
				    : pNext;
	return exported ? create_exported_view(dev, img, info, &driver_info, callbacks, pView)
			: dev->next.CreateImageView(dev->handle, &driver_info, callbacks, pView);
}

/* A chain with structs of VK_EXT_metal_objects, which no driver knows. */
static VkResult create_object(struct tongs_layer_device *dev, struct tongs_layer_image *img,
	const VkImageViewCreateInfo *info, const VkAllocationCallbacks *callbacks, VkImageView *pView) {
	struct tongs_wrong_export wrong;
	struct tongs_chain chain;
	*pView = VK_NULL_HANDLE;
	tongs_export_read(info->pNext, VK_EXPORT_METAL_OBJECT_TYPE_METAL_TEXTURE_BIT_EXT, &wrong);
	if (tongs_report_wrong_export(dev, &wrong, "VUID-VkImageViewCreateInfo-pNext-06787",
		    TONGS_SUBJECTS(TONGS_VK(IMAGE, info->image)), "an image view", "METAL_TEXTURE"))
		return VK_ERROR_VALIDATION_FAILED_EXT;
	VkResult result = tongs_chain_init(
		&chain, info->pNext, &EXPORT, 1, tongs_allocator_choose(callbacks, dev->allocator.callbacks));
	if (result == VK_SUCCESS) {
		tongs_chain_remove(&chain, EXPORT);
		result = create_with_usage(dev, img, info, chain.head, true, callbacks, pView);
	} else if (result == VK_ERROR_VALIDATION_FAILED_EXT) {
		tongs_report_unknown_struct(dev, &chain);
	}
	tongs_chain_finish(&chain);
	return result;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_CreateImageView(VkDevice device, const VkImageViewCreateInfo *pCreateInfo,
	const VkAllocationCallbacks *pAllocator, VkImageView *pView) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	struct tongs_layer_image *img =
		dev->metal_enabled ? tongs_layer_device_find_image(dev, pCreateInfo->image) : NULL;
	/* While another thread provides the surface, the driver's image may not be bound yet though `bound` is set. */
	if (img && (img->exports & VK_EXPORT_METAL_OBJECT_TYPE_METAL_IOSURFACE_BIT_EXT) &&
		(!atomic_load(&img->bound) || atomic_load(&img->provided))) {
		VkResult result = tongs_image_provide_surface(dev, pCreateInfo->image, img);
		*pView = VK_NULL_HANDLE;
		if (result != VK_SUCCESS)
			return result;
	}
	if (dev->objects_enabled && tongs_chain_find(pCreateInfo->pNext, EXPORT))
		return create_object(dev, img, pCreateInfo, pAllocator, pView);
	if (!img)
		return dev->next.CreateImageView(device, pCreateInfo, pAllocator, pView);
	return create_with_usage(dev, img, pCreateInfo, pCreateInfo->pNext, false, pAllocator, pView);
}

VKAPI_ATTR void VKAPI_CALL tongs_DestroyImageView(
	VkDevice device, VkImageView imageView, const VkAllocationCallbacks *pAllocator) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	struct tongs_layer_view *view =
		dev->objects_enabled ? tongs_map_remove(&dev->views, TONGS_KEY(imageView)) : NULL;
	if (dev->objects_enabled)
		tongs_names_remove(&dev->names, VK_OBJECT_TYPE_IMAGE_VIEW, TONGS_KEY(imageView));
	dev->next.DestroyImageView(device, imageView, pAllocator);
	destroy_view(view, pAllocator);
}

bool tongs_view_add_buffer(struct tongs_layer_device *dev, VkBuffer buffer, const VkBufferCreateInfo *info) {
	const VkBufferUsageFlags usage = (VkBufferUsageFlags)tongs_caps_get_buffer_usage(info->usage, info->pNext);
	if (!(usage & (VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT | VK_BUFFER_USAGE_STORAGE_TEXEL_BUFFER_BIT)))
		return true;
	struct tongs_layer_texel_buffer *texels = tongs_allocator_new_object(
		NULL, dev->allocator.callbacks, sizeof(*texels), VK_SYSTEM_ALLOCATION_SCOPE_DEVICE);
	if (!texels)
		return false;
	texels->size = info->size;
	texels->usage = usage;
	if (tongs_map_insert(&dev->texel_buffers, TONGS_KEY(buffer), texels))
		return true;
	tongs_allocator_free_object(&texels->allocator, NULL);
	return false;
}

static void destroy_left_buffer(void *buffer, void *user) {
	struct tongs_layer_texel_buffer *texels = buffer;
	(void)user;
	tongs_interop_release(texels->buffer);
	tongs_allocator_free_object(&texels->allocator, NULL);
}

void tongs_view_remove_buffer(struct tongs_layer_device *dev, VkBuffer buffer) {
	void *texels = tongs_map_remove(&dev->texel_buffers, TONGS_KEY(buffer));
	if (texels)
		destroy_left_buffer(texels, NULL);
}

/* Sets the texture of a buffer view, or why there is none. */
static void make_buffer_view(const struct tongs_layer_texel_buffer *texels, const VkBufferViewCreateInfo *info,
	struct tongs_layer_view *view) {
	const struct tongs_format *format = tongs_format_from_vk(info->format);
	if (!texels || !texels->buffer) {
		view->fault = "its buffer's memory is no MTLBuffer: allocate the memory with METAL_BUFFER in a "
			      "VkExportMetalObjectCreateInfoEXT";
		return;
	}
	if (!format || !format->mtl_format || format->kind != TONGS_FORMAT_COLOR) {
		view->fault = "Metal has no texture buffer of its format: choose an uncompressed color format";
		return;
	}
	const VkDeviceSize range = info->range == VK_WHOLE_SIZE ? texels->size - info->offset : info->range;
	struct tongs_texture_info texture = tongs_texture_info_buffer(format->mtl_format, range / format->block_bytes);
	if (texels->usage & VK_BUFFER_USAGE_STORAGE_TEXEL_BUFFER_BIT)
		texture.usage |= MTLTextureUsageShaderWrite;
	texture.resource_options = tongs_resource_get_resource_options(tongs_buffer_get_resource(texels->buffer));
	view->textures[0] = tongs_buffer_new_texture(texels->buffer, &texture, texels->offset + info->offset,
		range / format->block_bytes * format->block_bytes);
	if (!view->textures[0])
		view->fault = "Metal has no such texture buffer, as the log says: bind the buffer, and begin the view, "
			      "at multiples of minimumTextureBufferAlignmentForPixelFormat:";
}

static VkResult create_exported_buffer_view(struct tongs_layer_device *dev, const VkBufferViewCreateInfo *info,
	const VkBufferViewCreateInfo *driver_info, const VkAllocationCallbacks *callbacks, VkBufferView *pView) {
	VkBufferView created;
	struct tongs_layer_view *view = create_view(dev, callbacks);
	if (!view)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	make_buffer_view(tongs_map_get(&dev->texel_buffers, TONGS_KEY(info->buffer)), info, view);
	VkResult result = dev->next.CreateBufferView(dev->handle, driver_info, callbacks, &created);
	if (result == VK_SUCCESS && !tongs_map_insert(&dev->buffer_views, TONGS_KEY(created), view)) {
		dev->next.DestroyBufferView(dev->handle, created, callbacks);
		result = VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	if (result == VK_SUCCESS)
		*pView = created;
	else
		destroy_view(view, callbacks);
	return result;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_CreateBufferView(VkDevice device, const VkBufferViewCreateInfo *pCreateInfo,
	const VkAllocationCallbacks *pAllocator, VkBufferView *pView) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	struct tongs_wrong_export wrong;
	struct tongs_chain chain;
	if (!dev->objects_enabled || !tongs_chain_find(pCreateInfo->pNext, EXPORT))
		return dev->next.CreateBufferView(device, pCreateInfo, pAllocator, pView);
	*pView = VK_NULL_HANDLE;
	tongs_export_read(pCreateInfo->pNext, VK_EXPORT_METAL_OBJECT_TYPE_METAL_TEXTURE_BIT_EXT, &wrong);
	if (tongs_report_wrong_export(dev, &wrong, "VUID-VkBufferViewCreateInfo-pNext-06782",
		    TONGS_SUBJECTS(TONGS_VK(BUFFER, pCreateInfo->buffer)), "a buffer view", "METAL_TEXTURE"))
		return VK_ERROR_VALIDATION_FAILED_EXT;
	VkResult result = tongs_chain_init(
		&chain, pCreateInfo->pNext, &EXPORT, 1, tongs_allocator_choose(pAllocator, dev->allocator.callbacks));
	if (result == VK_SUCCESS) {
		VkBufferViewCreateInfo driver_info = *pCreateInfo;
		tongs_chain_remove(&chain, EXPORT);
		driver_info.pNext = chain.head;
		result = create_exported_buffer_view(dev, pCreateInfo, &driver_info, pAllocator, pView);
	} else if (result == VK_ERROR_VALIDATION_FAILED_EXT) {
		tongs_report_unknown_struct(dev, &chain);
	}
	tongs_chain_finish(&chain);
	return result;
}

VKAPI_ATTR void VKAPI_CALL tongs_DestroyBufferView(
	VkDevice device, VkBufferView bufferView, const VkAllocationCallbacks *pAllocator) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	struct tongs_layer_view *view =
		dev->objects_enabled ? tongs_map_remove(&dev->buffer_views, TONGS_KEY(bufferView)) : NULL;
	if (dev->objects_enabled)
		tongs_names_remove(&dev->names, VK_OBJECT_TYPE_BUFFER_VIEW, TONGS_KEY(bufferView));
	dev->next.DestroyBufferView(device, bufferView, pAllocator);
	destroy_view(view, pAllocator);
}

void tongs_view_finish(struct tongs_layer_device *dev) {
	tongs_map_clear(&dev->views, destroy_left_view, NULL);
	tongs_map_clear(&dev->buffer_views, destroy_left_view, NULL);
	tongs_map_clear(&dev->texel_buffers, destroy_left_buffer, NULL);
	tongs_map_finish(&dev->views);
	tongs_map_finish(&dev->buffer_views);
	tongs_map_finish(&dev->texel_buffers);
}
