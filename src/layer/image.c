/* SPDX-License-Identifier: MIT */
/* Images with Metal handle types: the driver creates them by the image rule, for imports. */
#include "layer/image.h"

#include <assert.h>

#include "format/format.h"
#include "layer/caps.h"
#include "layer/chain.h"
#include "layer/report.h"
#include "layer/requirements.h"
#include "memory/driver_memory.h"
#include "util/alloc.h"

/* The first has the handle types. The second is removed: it would narrow the usage that the image rule gives all images
 * of a shape. */
static const VkStructureType EDITED[] = {
	VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
	VK_STRUCTURE_TYPE_IMAGE_STENCIL_USAGE_CREATE_INFO,
};

/* All handle types of VkExternalMemoryImageCreateInfo if any is Metal's; else 0. */
static VkExternalMemoryHandleTypeFlags get_handle_types(
	const struct tongs_layer_device *dev, const VkImageCreateInfo *info) {
	const VkExternalMemoryImageCreateInfo *external =
		dev->metal_enabled ? tongs_chain_find(info->pNext, EDITED[0]) : NULL;
	return external && (external->handleTypes & TONGS_METAL_HANDLE_TYPES) ? external->handleTypes : 0;
}

/* The create info for the driver: by the image rule, and with the handle type of imports in place of Metal's. `chain`
 * is to be finished in any case. */
static VkResult init_driver_info(const struct tongs_layer_device *dev, struct tongs_chain *chain,
	const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags types, const struct tongs_image_params *params,
	const VkAllocationCallbacks *callbacks, VkImageCreateInfo *driver_info) {
	const VkBaseInStructure *first = info->pNext;
	VkExternalMemoryImageCreateInfo *external;
	assert(first); /* get_handle_types found a struct */
	if (first->sType == EDITED[0] && !first->pNext) {
		external = tongs_chain_init_first(chain, first, sizeof(*external));
	} else {
		VkResult result = tongs_chain_init(chain, first, EDITED, 2, callbacks);
		if (result != VK_SUCCESS)
			return result;
		external = tongs_chain_edit(chain, EDITED[0]);
		tongs_chain_remove(chain, EDITED[1]);
	}
	external->handleTypes &= ~TONGS_METAL_HANDLE_TYPES;
	external->handleTypes |= tongs_layer_choose_image_kind(&dev->roles, types, info->tiling)->handle_type;
	*driver_info = *info;
	driver_info->pNext = chain->head;
	driver_info->tiling = params->tiling;
	driver_info->usage = params->usage;
	driver_info->flags = params->flags;
	return VK_SUCCESS;
}

void tongs_image_get_layout(const struct tongs_layer_device *dev, VkImage handle, const struct tongs_layer_image *img,
	struct tongs_texture_layout *layout) {
	uint32_t levels = img->shape.levels;
	/* Metal has no textures with several planes. */
	bool linear = img->linear && tongs_format_get_aspects(img->shape.format) == VK_IMAGE_ASPECT_COLOR_BIT;
	*layout = (struct tongs_texture_layout){.linear = linear};
	if (!linear)
		return;
	layout->level_count = levels;
	for (uint32_t i = 0; i < layout->level_count; i++) {
		const VkImageSubresource subresource = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT, .mipLevel = i};
		dev->next.GetImageSubresourceLayout(dev->handle, handle, &subresource, &layout->levels[i]);
	}
}

void tongs_image_get_texture_info(const struct tongs_layer_image *img, struct tongs_texture_info *info) {
	const VkImageCreateInfo create_info = {
		.flags = img->flags,
		.imageType = img->shape.type,
		.format = img->shape.format,
		.extent = img->shape.extent,
		.mipLevels = img->shape.levels,
		.arrayLayers = img->shape.layers,
		.samples = img->shape.samples,
		.usage = img->usage,
	};
	tongs_texture_info_from_image(&create_info, info);
}

/* Whether vkGetPhysicalDeviceImageFormatProperties2 reports `type` for images like `img`. */
static bool supports_type(
	struct tongs_layer_device *dev, const struct tongs_layer_image *img, VkExternalMemoryHandleTypeFlags type) {
	const VkPhysicalDeviceExternalImageFormatInfo external = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = (VkExternalMemoryHandleTypeFlagBits)type,
	};
	const VkPhysicalDeviceImageFormatInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &external,
		.format = img->shape.format,
		.type = img->shape.type,
		.tiling = img->shape.tiling,
		.usage = img->usage | img->stencil_usage,
		.flags = img->flags,
	};
	VkImageFormatProperties2 limits = {.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2};
	VkExternalMemoryProperties properties;
	return tongs_caps_query_image(dev->instance, dev->physical_device, &info, type, &limits, &properties) !=
	       VK_ERROR_FORMAT_NOT_SUPPORTED;
}

VkExternalMemoryHandleTypeFlags tongs_image_find_unsupported_type(
	struct tongs_layer_device *dev, const struct tongs_layer_image *img, VkExternalMemoryHandleTypeFlags types) {
	for (VkExternalMemoryHandleTypeFlags rest = types & ~img->types; rest; rest &= rest - 1)
		if (!supports_type(dev, img, rest & -rest))
			return rest & -rest;
	return 0;
}

/* Whether the query reports DEDICATED_ONLY: for textures always, else if the driver does. */
static bool is_dedicated_only(VkExternalMemoryHandleTypeFlags types, bool dedicated) {
	return dedicated || (types & VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT);
}

static void init_image(const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags types,
	const struct tongs_image_params *params, struct tongs_layer_image *img) {
	img->types = types & TONGS_METAL_HANDLE_TYPES;
	img->shape = tongs_caps_get_image_shape(info); /* faster than a copy of the caller's */
	const VkImageStencilUsageCreateInfo *stencil = tongs_chain_find(info->pNext, EDITED[1]);
	img->usage = info->usage;
	img->stencil_usage = stencil ? stencil->stencilUsage : info->usage;
	img->flags = info->flags;
	img->linear = params->tiling == VK_IMAGE_TILING_LINEAR;
	img->dedicated = params->dedicated;
}

/* Chooses how the driver's image is created; reports if it cannot be. */
static VkResult choose_params(struct tongs_layer_device *dev, const VkImageCreateInfo *info,
	VkExternalMemoryHandleTypeFlags types, struct tongs_image_params *params) {
	const struct tongs_image_shape shape = tongs_caps_get_image_shape(info);
	VkResult result =
		tongs_caps_choose_image_params(dev->instance, dev->physical_device, info, &shape, types, params);
	if (result == VK_ERROR_FORMAT_NOT_SUPPORTED) {
		char text[TONGS_TYPES_TEXT_SIZE];
		tongs_report(dev, "VUID-VkImageCreateInfo-pNext-00990", NULL,
			"an image of format %d, type %d, tiling %d, usage 0x%x, flags 0x%x, %ux%ux%u, %u levels, %u "
			"layers cannot have the handle types %s: query what can with "
			"vkGetPhysicalDeviceImageFormatProperties2",
			info->format, info->imageType, info->tiling, info->usage, info->flags, info->extent.width,
			info->extent.height, info->extent.depth, info->mipLevels, info->arrayLayers,
			tongs_report_types(types, text));
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	if (result != VK_SUCCESS)
		return result;
	/* A warning: drivers accept it, and programs use it for LINEAR images that they fill by the CPU. */
	if (info->initialLayout != VK_IMAGE_LAYOUT_UNDEFINED)
		tongs_report_warning(dev, "VUID-VkImageCreateInfo-pNext-01443", NULL,
			"initialLayout of an image with Metal handle types is %d, it must be "
			"VK_IMAGE_LAYOUT_UNDEFINED, 0: acquire present contents by a transfer from "
			"VK_QUEUE_FAMILY_EXTERNAL",
			info->initialLayout);
	return VK_SUCCESS;
}

/* Not inlined, to keep the creation of other images short. */
static __attribute__((noinline)) VkResult create_metal(struct tongs_layer_device *dev, const VkImageCreateInfo *info,
	VkExternalMemoryHandleTypeFlags types, const VkAllocationCallbacks *callbacks, VkImage *pImage) {
	struct tongs_image_params params;
	*pImage = VK_NULL_HANDLE;
	VkResult result = choose_params(dev, info, types, &params);
	if (result != VK_SUCCESS)
		return result;
	struct tongs_chain chain;
	VkImageCreateInfo driver_info;
	VkImage created = VK_NULL_HANDLE;
	const VkAllocationCallbacks *parent = dev->allocator.callbacks;
	struct tongs_layer_image *img =
		tongs_allocator_new_object(callbacks, parent, sizeof(*img), VK_SYSTEM_ALLOCATION_SCOPE_OBJECT);
	if (!img)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	init_image(info, types, &params, img);
	result = init_driver_info(
		dev, &chain, info, types, &params, tongs_allocator_choose(callbacks, parent), &driver_info);
	if (result == VK_SUCCESS)
		result = dev->next.CreateImage(dev->handle, &driver_info, callbacks, &created);
	else if (result == VK_ERROR_VALIDATION_FAILED_EXT)
		tongs_report_unknown_struct(dev, &chain);
	tongs_chain_finish(&chain);
	if (result == VK_SUCCESS && !tongs_map_insert(&dev->images, TONGS_KEY(created), img)) {
		dev->next.DestroyImage(dev->handle, created, callbacks);
		result = VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	if (result != VK_SUCCESS) {
		tongs_allocator_free_object(&img->allocator, callbacks);
		return result;
	}
	*pImage = created;
	return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_CreateImage(VkDevice device, const VkImageCreateInfo *pCreateInfo,
	const VkAllocationCallbacks *pAllocator, VkImage *pImage) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	VkExternalMemoryHandleTypeFlags types = get_handle_types(dev, pCreateInfo);
	return types ? create_metal(dev, pCreateInfo, types, pAllocator, pImage)
		     : dev->next.CreateImage(device, pCreateInfo, pAllocator, pImage);
}

void tongs_image_set_exported(
	struct tongs_layer_device *dev, struct tongs_layer_image *img, struct tongs_payload *payload) {
	tongs_driver_memory_add_image(payload);
	struct tongs_payload *old = atomic_exchange(&img->exported, payload);
	if (old)
		tongs_interop_remove_image(dev->metal, old, VK_NULL_HANDLE);
}

/* Whether the driver's image must stay for the memory that is dedicated to it, until tongs_memory_detach. It cannot, if
 * callbacks free it: they may end with the call. */
static bool stays(struct tongs_layer_device *dev, struct tongs_layer_image *img, VkImage image,
	const VkAllocationCallbacks *callbacks) {
	struct tongs_payload *exported = atomic_exchange(&img->exported, NULL);
	return exported && tongs_interop_remove_image(dev->metal, exported, callbacks ? VK_NULL_HANDLE : image);
}

VKAPI_ATTR void VKAPI_CALL tongs_DestroyImage(VkDevice device, VkImage image, const VkAllocationCallbacks *pAllocator) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	struct tongs_layer_image *img = dev->metal_enabled ? tongs_map_remove(&dev->images, TONGS_KEY(image)) : NULL;
	if (dev->metal_enabled)
		tongs_names_remove(&dev->names, VK_OBJECT_TYPE_IMAGE, TONGS_KEY(image));
	if (!img || !stays(dev, img, image, pAllocator))
		dev->next.DestroyImage(device, image, pAllocator);
	if (img)
		tongs_allocator_free_object(&img->allocator, pAllocator);
}

/* The usage of a view without VkImageViewUsageCreateInfo. */
static VkImageUsageFlags get_view_usage(const struct tongs_layer_image *img, VkImageAspectFlags aspects) {
	const VkImageAspectFlags stencil = VK_IMAGE_ASPECT_STENCIL_BIT;
	if (!(aspects & stencil))
		return img->usage;
	return aspects == stencil ? img->stencil_usage : img->usage & img->stencil_usage;
}

/* A view inherits its image's usage. What the image rule added to it may be invalid for the view's format, and does not
 * match imageless framebuffers (rule 04627 of VkRenderPassBeginInfo): so the view gets the application's usage. */
VKAPI_ATTR VkResult VKAPI_CALL tongs_CreateImageView(VkDevice device, const VkImageViewCreateInfo *pCreateInfo,
	const VkAllocationCallbacks *pAllocator, VkImageView *pView) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	struct tongs_layer_image *img =
		dev->metal_enabled ? tongs_layer_device_find_image(dev, pCreateInfo->image) : NULL;
	if (!img || tongs_chain_find(pCreateInfo->pNext, VK_STRUCTURE_TYPE_IMAGE_VIEW_USAGE_CREATE_INFO))
		return dev->next.CreateImageView(device, pCreateInfo, pAllocator, pView);
	const VkImageViewUsageCreateInfo usage = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_USAGE_CREATE_INFO,
		.pNext = pCreateInfo->pNext,
		.usage = get_view_usage(img, pCreateInfo->subresourceRange.aspectMask),
	};
	VkImageViewCreateInfo driver_info = *pCreateInfo;
	driver_info.pNext = &usage;
	return dev->next.CreateImageView(device, &driver_info, pAllocator, pView);
}

VKAPI_ATTR void VKAPI_CALL tongs_GetImageMemoryRequirements(
	VkDevice device, VkImage image, VkMemoryRequirements *pMemoryRequirements) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	dev->next.GetImageMemoryRequirements(device, image, pMemoryRequirements);
	struct tongs_layer_image *img = dev->metal_enabled ? tongs_layer_device_find_image(dev, image) : NULL;
	if (img)
		tongs_requirements_restrict_image(dev, img->types, img->shape.tiling, pMemoryRequirements);
}

VKAPI_ATTR void VKAPI_CALL tongs_GetImageMemoryRequirements2(
	VkDevice device, const VkImageMemoryRequirementsInfo2 *pInfo, VkMemoryRequirements2 *pMemoryRequirements) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	dev->next.GetImageMemoryRequirements2(device, pInfo, pMemoryRequirements);
	struct tongs_layer_image *img = dev->metal_enabled ? tongs_layer_device_find_image(dev, pInfo->image) : NULL;
	if (!img)
		return;
	tongs_requirements_restrict_image(dev, img->types, img->shape.tiling, &pMemoryRequirements->memoryRequirements);
	tongs_requirements_set_dedicated(is_dedicated_only(img->types, img->dedicated), pMemoryRequirements);
}

VKAPI_ATTR void VKAPI_CALL tongs_GetDeviceImageMemoryRequirements(
	VkDevice device, const VkDeviceImageMemoryRequirements *pInfo, VkMemoryRequirements2 *pMemoryRequirements) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	VkExternalMemoryHandleTypeFlags types = get_handle_types(dev, pInfo->pCreateInfo);
	if (!types) {
		dev->next.GetDeviceImageMemoryRequirements(device, pInfo, pMemoryRequirements);
		return;
	}
	struct tongs_chain chain;
	VkImageCreateInfo driver_info;
	VkDeviceImageMemoryRequirements driver_query = *pInfo;
	driver_query.pCreateInfo = &driver_info;
	/* The command cannot fail: no memory types if the image cannot be created, or if memory runs out. */
	tongs_requirements_clear(pMemoryRequirements);
	const struct tongs_image_shape shape = tongs_caps_get_image_shape(pInfo->pCreateInfo);
	struct tongs_image_params params = {0};
	if (tongs_caps_choose_image_params(
		    dev->instance, dev->physical_device, pInfo->pCreateInfo, &shape, types, &params) == VK_SUCCESS) {
		if (init_driver_info(dev, &chain, pInfo->pCreateInfo, types, &params, dev->allocator.callbacks,
			    &driver_info) == VK_SUCCESS)
			dev->next.GetDeviceImageMemoryRequirements(device, &driver_query, pMemoryRequirements);
		tongs_chain_finish(&chain);
	}
	if (tongs_layer_choose_image_kind(&dev->roles, types, shape.tiling))
		tongs_requirements_restrict_image(dev, types, shape.tiling, &pMemoryRequirements->memoryRequirements);
	tongs_requirements_set_dedicated(is_dedicated_only(types, params.dedicated), pMemoryRequirements);
}

/* Sparse images, which alone have these requirements, cannot have Metal handle types. */
VKAPI_ATTR void VKAPI_CALL tongs_GetDeviceImageSparseMemoryRequirements(VkDevice device,
	const VkDeviceImageMemoryRequirements *pInfo, uint32_t *pSparseMemoryRequirementCount,
	VkSparseImageMemoryRequirements2 *pSparseMemoryRequirements) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	if (get_handle_types(dev, pInfo->pCreateInfo))
		*pSparseMemoryRequirementCount = 0;
	else
		dev->next.GetDeviceImageSparseMemoryRequirements(
			device, pInfo, pSparseMemoryRequirementCount, pSparseMemoryRequirements);
}

VKAPI_ATTR void VKAPI_CALL tongs_GetDeviceImageSubresourceLayout(
	VkDevice device, const VkDeviceImageSubresourceInfoKHR *pInfo, VkSubresourceLayout2KHR *pLayout) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	VkExternalMemoryHandleTypeFlags types = get_handle_types(dev, pInfo->pCreateInfo);
	if (!types) {
		dev->next.GetDeviceImageSubresourceLayout(device, pInfo, pLayout);
		return;
	}
	struct tongs_chain chain;
	VkImageCreateInfo driver_info;
	VkDeviceImageSubresourceInfoKHR driver_query = *pInfo;
	driver_query.pCreateInfo = &driver_info;
	/* The command cannot fail: zero if the image cannot be created, or if memory runs out. */
	pLayout->subresourceLayout = (VkSubresourceLayout){0};
	const struct tongs_image_shape shape = tongs_caps_get_image_shape(pInfo->pCreateInfo);
	struct tongs_image_params params;
	if (tongs_caps_choose_image_params(
		    dev->instance, dev->physical_device, pInfo->pCreateInfo, &shape, types, &params) != VK_SUCCESS)
		return;
	if (init_driver_info(dev, &chain, pInfo->pCreateInfo, types, &params, dev->allocator.callbacks, &driver_info) ==
		VK_SUCCESS)
		dev->next.GetDeviceImageSubresourceLayout(device, &driver_query, pLayout);
	tongs_chain_finish(&chain);
}
