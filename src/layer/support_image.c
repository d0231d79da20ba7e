/* SPDX-License-Identifier: MIT */
/* What images a physical device can share. */
#include "gpu/gpu.h"
#include "layer/chain.h"
#include "layer/support.h"

static const VkExternalMemoryHandleTypeFlagBits BUFFER = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
						TEXTURE = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT,
						HEAP = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT;

/* Metal has textures of these. */
static const VkSampleCountFlags METAL_SAMPLE_COUNTS =
	VK_SAMPLE_COUNT_1_BIT | VK_SAMPLE_COUNT_2_BIT | VK_SAMPLE_COUNT_4_BIT | VK_SAMPLE_COUNT_8_BIT;

static VkResult query_takes_optimal(
	struct tongs_vk_instance *instance, VkPhysicalDevice physical_device, bool *takes_optimal) {
	VkPhysicalDeviceIDProperties id = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
		.pNext = &id,
	};
	instance->next.GetPhysicalDeviceProperties2(physical_device, &properties);
	return tongs_gpu_takes_optimal(id.deviceUUID, takes_optimal);
}

static VkResult init_queries(struct tongs_image_queries *queries, struct tongs_vk_instance *instance,
	VkPhysicalDevice physical_device, VkImageTiling tiling) {
	*queries = (struct tongs_image_queries){
		.physical = physical_device,
		.GetPhysicalDeviceFormatProperties = instance->next.GetPhysicalDeviceFormatProperties,
		.GetPhysicalDeviceImageFormatProperties2 = instance->next.GetPhysicalDeviceImageFormatProperties2,
	};
	return tiling == VK_IMAGE_TILING_OPTIMAL
		       ? query_takes_optimal(instance, physical_device, &queries->takes_optimal)
		       : VK_SUCCESS;
}

/* Metal has depth and stencil in two dimensions only. */
static bool is_texture(VkFormat format, VkImageType type) {
	return tongs_pixel_format_from_vk(format) != MTLPixelFormatInvalid &&
	       (type == VK_IMAGE_TYPE_2D || tongs_canonical_aspects(format) == VK_IMAGE_ASPECT_COLOR_BIT);
}

static bool can_share(VkFormat format, VkImageType type, VkImageTiling tiling, VkImageCreateFlags flags,
	VkExternalMemoryHandleTypeFlags handle_type) {
	const VkImageCreateFlags refused = VK_IMAGE_CREATE_SPARSE_BINDING_BIT | VK_IMAGE_CREATE_SPARSE_RESIDENCY_BIT |
					   VK_IMAGE_CREATE_SPARSE_ALIASED_BIT | VK_IMAGE_CREATE_PROTECTED_BIT |
					   VK_IMAGE_CREATE_DISJOINT_BIT;
	if (flags & refused)
		return false;
	switch (handle_type) {
	case VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT:
		return tiling == VK_IMAGE_TILING_LINEAR;
	case VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT:
		return is_texture(format, type);
	case VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT:
		return true;
	default:
		return false;
	}
}

/* The handle types that an image of the tiling can be created for at once. */
static VkExternalMemoryHandleTypeFlags compatible_types(
	VkImageTiling tiling, VkExternalMemoryHandleTypeFlags handle_type) {
	if (handle_type == TEXTURE)
		return TEXTURE;
	return tiling == VK_IMAGE_TILING_LINEAR ? (VkExternalMemoryHandleTypeFlags)(BUFFER | HEAP) : HEAP;
}

/* The canonical image has the usage of all aspects, and views of all formats: these structs would narrow it. */
static const VkStructureType narrowing[] = {
	VK_STRUCTURE_TYPE_IMAGE_STENCIL_USAGE_CREATE_INFO,
	VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO,
};

static VkImageUsageFlags all_usage(VkImageUsageFlags usage, const void *pNext) {
	const VkImageStencilUsageCreateInfo *stencil = tongs_chain_find(pNext, narrowing[0]);
	return stencil ? usage | stencil->stencilUsage : usage;
}

/* Has the driver fill the chain's output structs, for the image as it will be created. */
static VkResult query_outputs(struct tongs_vk_instance *instance, VkPhysicalDevice physical_device,
	const VkPhysicalDeviceImageFormatInfo2 *info, const struct tongs_canonical_image *canonical,
	VkImageFormatProperties2 *properties) {
	VkExternalImageFormatProperties external_answer = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES,
		.pNext = properties->pNext,
	};
	/* Where the application has none, the driver gets one: lavapipe writes to it unasked. */
	VkImageFormatProperties2 answer = *properties;
	if (!tongs_chain_find(properties->pNext, external_answer.sType))
		answer.pNext = &external_answer;
	const VkStructureType edited[] = {
		VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO, narrowing[0], narrowing[1]};
	struct tongs_chain chain;
	VkResult result = tongs_chain_init(&chain, info->pNext, edited, 3, instance->callbacks.used);
	if (result == VK_SUCCESS) {
		VkPhysicalDeviceExternalImageFormatInfo *external = tongs_chain_edit(&chain, edited[0]);
		external->handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT;
		tongs_chain_remove(&chain, narrowing[0]);
		tongs_chain_remove(&chain, narrowing[1]);
		VkPhysicalDeviceImageFormatInfo2 driver_info = *info;
		driver_info.pNext = chain.head;
		driver_info.tiling = canonical->tiling;
		driver_info.usage = canonical->usage;
		driver_info.flags = canonical->flags;
		result = instance->next.GetPhysicalDeviceImageFormatProperties2(physical_device, &driver_info, &answer);
	}
	tongs_chain_finish(&chain);
	return result;
}

VkResult tongs_support_image(struct tongs_vk_instance *instance, VkPhysicalDevice physical_device,
	const VkPhysicalDeviceImageFormatInfo2 *info, VkExternalMemoryHandleTypeFlags handle_type,
	VkImageFormatProperties2 *properties, VkExternalMemoryProperties *external) {
	struct tongs_image_queries queries;
	struct tongs_canonical_image canonical;
	VkImageFormatProperties limits;
	VkResult result = VK_ERROR_FORMAT_NOT_SUPPORTED;
	if (can_share(info->format, info->type, info->tiling, info->flags, handle_type))
		result = init_queries(&queries, instance, physical_device, info->tiling);
	if (result == VK_SUCCESS)
		result = tongs_canonical_image_limits(&queries, info->format, info->type, info->tiling,
			all_usage(info->usage, info->pNext), info->flags, &canonical, &limits);
	if (result == VK_SUCCESS)
		result = query_outputs(instance, physical_device, info, &canonical, properties);
	if (result != VK_SUCCESS) {
		properties->imageFormatProperties = (VkImageFormatProperties){0};
		*external = (VkExternalMemoryProperties){0};
		return result;
	}
	properties->imageFormatProperties = limits;
	*external = (VkExternalMemoryProperties){
		.externalMemoryFeatures =
			VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT,
		.exportFromImportedHandleTypes = handle_type,
		.compatibleHandleTypes = compatible_types(info->tiling, handle_type),
	};
	if (handle_type == TEXTURE) {
		properties->imageFormatProperties.sampleCounts &= METAL_SAMPLE_COUNTS;
		external->externalMemoryFeatures |= VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT;
	}
	return VK_SUCCESS;
}

struct tongs_image_shape tongs_support_image_shape(const VkImageCreateInfo *info) {
	return (struct tongs_image_shape){
		.format = info->format,
		.type = info->imageType,
		.extent = info->extent,
		.levels = info->mipLevels,
		.layers = info->arrayLayers,
		.samples = info->samples,
		.tiling = info->tiling,
	};
}

VkResult tongs_support_image_create(struct tongs_vk_instance *instance, VkPhysicalDevice physical_device,
	const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags types, struct tongs_canonical_image *canonical) {
	for (VkExternalMemoryHandleTypeFlags rest = types; rest; rest &= rest - 1) {
		VkExternalMemoryHandleTypeFlags type = rest & -rest;
		if (!can_share(info->format, info->imageType, info->tiling, info->flags, type) ||
			(types & ~compatible_types(info->tiling, type)) ||
			(type == TEXTURE && !(info->samples & METAL_SAMPLE_COUNTS)))
			return VK_ERROR_FORMAT_NOT_SUPPORTED;
	}
	struct tongs_image_queries queries;
	VkResult result = init_queries(&queries, instance, physical_device, info->tiling);
	if (result != VK_SUCCESS)
		return result;
	const struct tongs_image_shape shape = tongs_support_image_shape(info);
	return tongs_canonical_image_choose(
		&queries, &shape, all_usage(info->usage, info->pNext), info->flags, canonical);
}
