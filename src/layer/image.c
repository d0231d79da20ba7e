/* SPDX-License-Identifier: MIT */
/* Images with Metal handle types: the driver creates them by the image rule, for imports. */
#include "layer/image.h"

#include <assert.h>
#include <stdio.h>

#include "format/format.h"
#include "layer/caps.h"
#include "layer/chain.h"
#include "layer/report.h"
#include "layer/requirements.h"
#include "memory/driver_memory.h"
#include "util/alloc.h"

/* The first has the handle types. The second is removed: it would narrow the usage that the image rule gives all images
 * of a shape. So are the structs of VK_EXT_metal_objects, which no driver knows. */
static const VkStructureType EDITED[] = {
	VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
	VK_STRUCTURE_TYPE_IMAGE_STENCIL_USAGE_CREATE_INFO,
	VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT,
	VK_STRUCTURE_TYPE_IMPORT_METAL_TEXTURE_INFO_EXT,
	VK_STRUCTURE_TYPE_IMPORT_METAL_IO_SURFACE_INFO_EXT,
};
enum { EDITED_COUNT = sizeof(EDITED) / sizeof(*EDITED), EXTERNAL = 0, STENCIL_USAGE, EXPORT, IMPORT, IMPORT_SURFACE };

/* What the driver creates an image with. */
struct driver_image {
	VkImageCreateInfo info;
	struct tongs_chain chain;
	VkExternalMemoryImageCreateInfo external; /* if the application has none */
};

/* Whether the application makes the image an IOSurface by VK_EXT_metal_objects. */
static bool is_surface(const struct tongs_layer_device *dev, const VkImageCreateInfo *info) {
	return dev->objects_enabled && info->pNext &&
	       (tongs_export_has(info->pNext, VK_EXPORT_METAL_OBJECT_TYPE_METAL_IOSURFACE_BIT_EXT) ||
		       tongs_chain_find(info->pNext, EDITED[IMPORT_SURFACE]));
}

/* Whether the application makes the image for export as an MTLTexture or IOSurface, or of one. */
static bool is_metal_object(const struct tongs_layer_device *dev, const VkImageCreateInfo *info) {
	return is_surface(dev, info) ||
	       (dev->objects_enabled && info->pNext &&
		       (tongs_export_has(info->pNext, VK_EXPORT_METAL_OBJECT_TYPE_METAL_TEXTURE_BIT_EXT) ||
			       tongs_chain_find(info->pNext, EDITED[IMPORT])));
}

/* All handle types of VkExternalMemoryImageCreateInfo if any is Metal's; else 0. VK_EXT_metal_objects adds MTLTEXTURE
 * to an image that has none of Metal's. One with several planes, which no MTLTexture has, gets MTLBUFFER if it is
 * LINEAR, else MTLHEAP: its memory has a texture for each. */
static VkExternalMemoryHandleTypeFlags get_handle_types(
	const struct tongs_layer_device *dev, const VkImageCreateInfo *info) {
	if (!info->pNext)
		return 0;
	const VkExternalMemoryImageCreateInfo *external =
		dev->metal_enabled ? tongs_chain_find(info->pNext, EDITED[EXTERNAL]) : NULL;
	const VkExternalMemoryHandleTypeFlags types = external ? external->handleTypes : 0;
	if (types & TONGS_METAL_HANDLE_TYPES)
		return types;
	if (!is_metal_object(dev, info))
		return 0;
	if (tongs_format_count_planes(info->format) == 1)
		return types | VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT;
	return types | (info->tiling == VK_IMAGE_TILING_LINEAR ? VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT
							       : VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT);
}

/* The create info for the driver: by the image rule, and with the handle type of imports in place of Metal's. `chain`
 * is to be finished in any case. */
static VkResult init_driver_image(const struct tongs_layer_device *dev, struct driver_image *image,
	const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags types, const struct tongs_image_params *params,
	const VkAllocationCallbacks *callbacks) {
	const VkBaseInStructure *first = info->pNext;
	VkExternalMemoryImageCreateInfo *external;
	assert(first); /* get_handle_types found a struct */
	image->info = *info;
	if (first->sType == EDITED[EXTERNAL] && !first->pNext) {
		external = tongs_chain_init_first(&image->chain, first, sizeof(*external));
		image->info.pNext = external;
	} else {
		VkResult result = tongs_chain_init(&image->chain, first, EDITED, EDITED_COUNT, callbacks);
		if (result != VK_SUCCESS)
			return result;
		for (unsigned i = STENCIL_USAGE; i < EDITED_COUNT; i++)
			tongs_chain_remove(&image->chain, EDITED[i]);
		external = tongs_chain_edit(&image->chain, EDITED[EXTERNAL]);
		image->info.pNext = image->chain.head;
	}
	if (!external) {
		external = &image->external;
		*external = (VkExternalMemoryImageCreateInfo){
			.sType = EDITED[EXTERNAL],
			.pNext = image->chain.head,
		};
		image->info.pNext = external;
	}
	external->handleTypes &= ~TONGS_METAL_HANDLE_TYPES;
	external->handleTypes |= tongs_layer_choose_image_kind(&dev->roles, types, info->tiling)->handle_type;
	image->info.tiling = params->tiling;
	image->info.usage = params->usage;
	image->info.flags = params->flags;
	return VK_SUCCESS;
}

void tongs_image_get_layout(const struct tongs_layer_device *dev, VkImage handle, const struct tongs_layer_image *img,
	uint32_t plane, struct tongs_texture_layout *layout) {
	const VkImageAspectFlags aspects = tongs_format_get_aspects(img->shape.format),
				 depth = VK_IMAGE_ASPECT_DEPTH_BIT | VK_IMAGE_ASPECT_STENCIL_BIT;
	const bool linear = img->linear && !(aspects & depth);
	*layout = (struct tongs_texture_layout){.linear = linear};
	if (!linear)
		return;
	layout->level_count = img->shape.levels;
	for (uint32_t i = 0; i < layout->level_count; i++) {
		const VkImageSubresource subresource = {
			.aspectMask = aspects & VK_IMAGE_ASPECT_COLOR_BIT ? VK_IMAGE_ASPECT_COLOR_BIT
									  : VK_IMAGE_ASPECT_PLANE_0_BIT << plane,
			.mipLevel = i,
		};
		dev->next.GetImageSubresourceLayout(dev->handle, handle, &subresource, &layout->levels[i]);
	}
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

/* Whether memory must be dedicated to the image: if the driver says so, for textures, and for what
 * vkExportMetalObjectsEXT exports, whose memory is known by that. */
static bool is_dedicated_only(VkExternalMemoryHandleTypeFlags types, bool dedicated, bool objects) {
	return dedicated || objects || (types & VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT);
}

static void init_image(const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags types,
	const struct tongs_image_params *params, struct tongs_layer_image *img) {
	img->types = types & TONGS_METAL_HANDLE_TYPES;
	img->shape = tongs_caps_get_image_shape(info); /* faster than a copy of the caller's */
	const VkImageStencilUsageCreateInfo *stencil = tongs_chain_find(info->pNext, EDITED[STENCIL_USAGE]);
	img->usage = info->usage;
	img->stencil_usage = stencil ? stencil->stencilUsage : info->usage;
	img->flags = info->flags;
	img->linear = params->tiling == VK_IMAGE_TILING_LINEAR;
	img->dedicated = params->dedicated;
}

/* Why such an image cannot be an IOSurface, as a phrase with what to do; NULL: it can. */
static const char *find_surface_fault(const struct tongs_layer_device *dev, const VkImageCreateInfo *info,
	VkExternalMemoryHandleTypeFlags types, const struct tongs_image_params *params) {
	const struct tongs_format *format = tongs_format_from_vk(info->format);
	if (!format || (format->kind != TONGS_FORMAT_COLOR && format->kind != TONGS_FORMAT_MULTI_PLANAR))
		return "surfaces have uncompressed color formats: choose such a format";
	if (info->imageType != VK_IMAGE_TYPE_2D || info->mipLevels > 1 || info->arrayLayers > 1 ||
		info->samples > VK_SAMPLE_COUNT_1_BIT)
		return "a surface is two-dimensional, with one level, one layer and one sample: create such an image";
	if (params->tiling == VK_IMAGE_TILING_LINEAR &&
		!tongs_layer_choose_image_kind(&dev->roles, types, info->tiling)->allocated_by_device)
		return NULL;
	return info->tiling == VK_IMAGE_TILING_LINEAR
		       ? "surfaces are host pages, which the driver does not import for images: export an MTLTexture"
		       : "surfaces are rows in host pages, and the driver's images of this tiling are not: create the "
			 "image with VK_IMAGE_TILING_LINEAR, or export an MTLTexture";
}

/* The image as the subject of a sentence. Returns `text`. */
enum { IMAGE_TEXT_SIZE = 256 };
static const char *describe(const VkImageCreateInfo *info, char text[IMAGE_TEXT_SIZE]) {
	static const char *const types[] = {"1D", "2D", "3D"}, *const tilings[] = {"OPTIMAL", "LINEAR"};
	char format[TONGS_FORMAT_TEXT_SIZE];
	snprintf(text, IMAGE_TEXT_SIZE,
		"an image of %s, %s, %s, %ux%ux%u, %u levels, %u layers, %u samples, usage 0x%x, flags 0x%x",
		tongs_report_format(info->format, format),
		info->imageType <= VK_IMAGE_TYPE_3D ? types[info->imageType] : "of no type",
		info->tiling <= VK_IMAGE_TILING_LINEAR ? tilings[info->tiling] : "of another tiling",
		info->extent.width, info->extent.height, info->extent.depth, info->mipLevels, info->arrayLayers,
		info->samples, info->usage, info->flags);
	return text;
}

static VkResult check_surface(struct tongs_layer_device *dev, const VkImageCreateInfo *info,
	VkExternalMemoryHandleTypeFlags types, const struct tongs_image_params *params) {
	const char *fault = is_surface(dev, info) ? find_surface_fault(dev, info, types, params) : NULL;
	char image[IMAGE_TEXT_SIZE];
	if (!fault)
		return VK_SUCCESS;
	tongs_report(dev, "TONGS-metal-surface", NULL, "%s cannot be an IOSurface: %s", describe(info, image), fault);
	return VK_ERROR_FEATURE_NOT_PRESENT;
}

/* Why no device, or only this one, has such images, with what to do. */
static const char *find_type_fault(const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags types) {
	const struct tongs_format *format = tongs_format_from_vk(info->format);
	const bool is_texture = types & VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT;
	if (is_texture && !(format && format->mtl_name))
		return "Metal has no such pixel format: choose another, or share the memory as MTLHEAP";
	if ((types & VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT) && info->tiling != VK_IMAGE_TILING_LINEAR)
		return "an MTLBuffer has no opaque layout: create it with VK_IMAGE_TILING_LINEAR, or share it as "
		       "MTLTEXTURE or MTLHEAP";
	return "the driver has no such images, or cannot share them so: choose what "
	       "vkGetPhysicalDeviceImageFormatProperties2 reports, with compatibleHandleTypes; 'tongs info' lists it";
}

/* The rule by which no image of the format has this extent; NULL: there is none. */
static const char *find_extent_rule(const VkImageCreateInfo *info) {
	const struct tongs_format *format = tongs_format_from_vk(info->format);
	if (!format || !format->chroma_width)
		return NULL;
	return info->extent.width % format->chroma_width     ? "VUID-VkImageCreateInfo-format-04712"
	       : info->extent.height % format->chroma_height ? "VUID-VkImageCreateInfo-format-04713"
							     : NULL;
}

/* Chooses how the driver's image is created; reports if it cannot be. */
static VkResult choose_params(struct tongs_layer_device *dev, const VkImageCreateInfo *info,
	VkExternalMemoryHandleTypeFlags types, struct tongs_image_params *params) {
	const struct tongs_image_shape shape = tongs_caps_get_image_shape(info);
	VkResult result =
		tongs_caps_choose_image_params(dev->instance, dev->physical_device, info, &shape, types, params);
	char image[IMAGE_TEXT_SIZE], text[TONGS_TYPES_TEXT_SIZE];
	const char *rule = result == VK_ERROR_FORMAT_NOT_SUPPORTED ? find_extent_rule(info) : NULL;
	if (rule) {
		tongs_report(dev, rule, NULL,
			"%s has half a texel of a chroma plane: choose an even width and, for 4:2:0, an even height",
			describe(info, image));
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	if (result == VK_ERROR_FORMAT_NOT_SUPPORTED && is_metal_object(dev, info)) {
		tongs_report(dev, "TONGS-metal-image", NULL,
			"%s cannot be an MTLTexture: choose a format and usage that "
			"vkGetPhysicalDeviceImageFormatProperties2 reports for MTLTEXTURE, or, if the format has "
			"several planes, for MTLBUFFER with VK_IMAGE_TILING_LINEAR or for MTLHEAP",
			describe(info, image));
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	if (result == VK_ERROR_FORMAT_NOT_SUPPORTED) {
		tongs_report(dev, "VUID-VkImageCreateInfo-pNext-00990", NULL, "%s cannot have the handle types %s: %s",
			describe(info, image), tongs_report_types(types, text), find_type_fault(info, types));
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	if (result == VK_SUCCESS)
		result = check_surface(dev, info, types, params);
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

static void init_objects(
	struct tongs_layer_device *dev, const VkImageCreateInfo *info, VkImage image, struct tongs_layer_image *img) {
	img->objects = is_metal_object(dev, info);
	if (!img->objects)
		return;
	struct tongs_wrong_export wrong;
	img->exports = tongs_export_read(info->pNext,
		VK_EXPORT_METAL_OBJECT_TYPE_METAL_TEXTURE_BIT_EXT | VK_EXPORT_METAL_OBJECT_TYPE_METAL_IOSURFACE_BIT_EXT,
		&wrong);
	if (tongs_chain_find(info->pNext, EDITED[IMPORT]))
		img->exports |= VK_EXPORT_METAL_OBJECT_TYPE_METAL_TEXTURE_BIT_EXT;
	img->surface = is_surface(dev, info);
	dev->next.GetImageMemoryRequirements(dev->handle, image, &img->requirements);
	tongs_requirements_restrict_image(dev, img->types, img->shape.tiling, &img->requirements);
}

/* Whether the driver says where a LINEAR image's planes lie: apart and inside it. lavapipe 25 says of each that it
 * begins the image. */
static bool check_planes(struct tongs_layer_device *dev, VkImage handle, const struct tongs_layer_image *img) {
	const uint32_t count = img->objects && img->linear ? tongs_format_count_planes(img->shape.format) : 1;
	struct tongs_texture_layout layout;
	uint64_t first[TONGS_MAX_PLANES], end[TONGS_MAX_PLANES];
	bool apart = true;
	for (uint32_t i = 0; i < count && count > 1; i++) {
		tongs_image_get_layout(dev, handle, img, i, &layout);
		first[i] = layout.levels[0].offset;
		end[i] = first[i] + layout.levels[0].size;
		apart &= end[i] <= img->requirements.size;
		for (uint32_t j = 0; j < i; j++)
			apart &= end[i] <= first[j] || end[j] <= first[i];
	}
	return apart;
}

/* Textures of planes whose places the driver does not say are as those of an OPTIMAL image. A surface has rows. */
static bool settle_planes(struct tongs_layer_device *dev, VkImage handle, struct tongs_layer_image *img) {
	char text[TONGS_FORMAT_TEXT_SIZE];
	if (check_planes(dev, handle, img))
		return true;
	img->linear = false;
	if (img->surface)
		tongs_report(dev, "TONGS-metal-surface", NULL,
			"the driver does not say where the planes of a LINEAR image of %s lie, so they cannot be an "
			"IOSurface: export an MTLTexture for each",
			tongs_report_format(img->shape.format, text));
	return !img->surface;
}

/* Not inlined, to keep the creation of other images short. */
static __attribute__((noinline)) VkResult create_metal(struct tongs_layer_device *dev, const VkImageCreateInfo *info,
	VkExternalMemoryHandleTypeFlags types, const VkAllocationCallbacks *callbacks, VkImage *pImage) {
	struct tongs_image_params params;
	*pImage = VK_NULL_HANDLE;
	VkResult result = choose_params(dev, info, types, &params);
	if (result != VK_SUCCESS)
		return result;
	struct driver_image driver;
	VkImage created = VK_NULL_HANDLE;
	const VkAllocationCallbacks *parent = dev->allocator.callbacks;
	struct tongs_layer_image *img =
		tongs_allocator_new_object(callbacks, parent, sizeof(*img), VK_SYSTEM_ALLOCATION_SCOPE_OBJECT);
	if (!img)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	init_image(info, types, &params, img);
	result = init_driver_image(dev, &driver, info, types, &params, tongs_allocator_choose(callbacks, parent));
	if (result == VK_SUCCESS)
		result = dev->next.CreateImage(dev->handle, &driver.info, callbacks, &created);
	else if (result == VK_ERROR_VALIDATION_FAILED_EXT)
		tongs_report_unknown_struct(dev, &driver.chain);
	tongs_chain_finish(&driver.chain);
	if (result == VK_SUCCESS) {
		init_objects(dev, info, created, img);
		if (!settle_planes(dev, created, img))
			result = VK_ERROR_FEATURE_NOT_PRESENT;
		else if (!tongs_map_insert(&dev->images, TONGS_KEY(created), img))
			result = VK_ERROR_OUT_OF_HOST_MEMORY;
		if (result != VK_SUCCESS)
			dev->next.DestroyImage(dev->handle, created, callbacks);
	}
	if (result != VK_SUCCESS) {
		tongs_allocator_free_object(&img->allocator, callbacks);
		return result;
	}
	if (img->objects)
		atomic_fetch_add(&dev->unbound_images, 1);
	*pImage = created;
	return VK_SUCCESS;
}

VkResult tongs_image_create(struct tongs_layer_device *dev, const VkImageCreateInfo *info,
	const VkAllocationCallbacks *callbacks, VkImage *pImage) {
	VkExternalMemoryHandleTypeFlags types = get_handle_types(dev, info);
	return types ? create_metal(dev, info, types, callbacks, pImage)
		     : dev->next.CreateImage(dev->handle, info, callbacks, pImage);
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

VkDeviceMemory tongs_image_destroy(
	struct tongs_layer_device *dev, VkImage image, const VkAllocationCallbacks *callbacks) {
	struct tongs_layer_image *img = dev->metal_enabled ? tongs_map_remove(&dev->images, TONGS_KEY(image)) : NULL;
	if (dev->metal_enabled)
		tongs_names_remove(&dev->names, VK_OBJECT_TYPE_IMAGE, TONGS_KEY(image));
	if (!img || !stays(dev, img, image, callbacks))
		dev->next.DestroyImage(dev->handle, image, callbacks);
	if (!img)
		return VK_NULL_HANDLE;
	const VkDeviceMemory own_memory = img->own_memory;
	if (img->objects && !atomic_load(&img->bound))
		atomic_fetch_sub(&dev->unbound_images, 1);
	tongs_layer_release_textures(img->textures);
	tongs_allocator_free_object(&img->allocator, callbacks);
	return own_memory;
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
	tongs_requirements_set_dedicated(
		is_dedicated_only(img->types, img->dedicated, img->objects), pMemoryRequirements);
}

VKAPI_ATTR void VKAPI_CALL tongs_GetDeviceImageMemoryRequirements(
	VkDevice device, const VkDeviceImageMemoryRequirements *pInfo, VkMemoryRequirements2 *pMemoryRequirements) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	VkExternalMemoryHandleTypeFlags types = get_handle_types(dev, pInfo->pCreateInfo);
	if (!types) {
		dev->next.GetDeviceImageMemoryRequirements(device, pInfo, pMemoryRequirements);
		return;
	}
	struct driver_image driver;
	VkDeviceImageMemoryRequirements driver_query = *pInfo;
	driver_query.pCreateInfo = &driver.info;
	/* The command cannot fail: no memory types if the image cannot be created, or if memory runs out. */
	tongs_requirements_clear(pMemoryRequirements);
	const struct tongs_image_shape shape = tongs_caps_get_image_shape(pInfo->pCreateInfo);
	struct tongs_image_params params = {0};
	if (tongs_caps_choose_image_params(
		    dev->instance, dev->physical_device, pInfo->pCreateInfo, &shape, types, &params) == VK_SUCCESS) {
		if (init_driver_image(dev, &driver, pInfo->pCreateInfo, types, &params, dev->allocator.callbacks) ==
			VK_SUCCESS)
			dev->next.GetDeviceImageMemoryRequirements(device, &driver_query, pMemoryRequirements);
		tongs_chain_finish(&driver.chain);
	}
	if (tongs_layer_choose_image_kind(&dev->roles, types, shape.tiling))
		tongs_requirements_restrict_image(dev, types, shape.tiling, &pMemoryRequirements->memoryRequirements);
	tongs_requirements_set_dedicated(
		is_dedicated_only(types, params.dedicated, is_metal_object(dev, pInfo->pCreateInfo)),
		pMemoryRequirements);
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
	struct driver_image driver;
	VkDeviceImageSubresourceInfoKHR driver_query = *pInfo;
	driver_query.pCreateInfo = &driver.info;
	/* The command cannot fail: zero if the image cannot be created, or if memory runs out. */
	pLayout->subresourceLayout = (VkSubresourceLayout){0};
	const struct tongs_image_shape shape = tongs_caps_get_image_shape(pInfo->pCreateInfo);
	struct tongs_image_params params;
	if (tongs_caps_choose_image_params(
		    dev->instance, dev->physical_device, pInfo->pCreateInfo, &shape, types, &params) != VK_SUCCESS)
		return;
	if (init_driver_image(dev, &driver, pInfo->pCreateInfo, types, &params, dev->allocator.callbacks) == VK_SUCCESS)
		dev->next.GetDeviceImageSubresourceLayout(device, &driver_query, pLayout);
	tongs_chain_finish(&driver.chain);
}
