/* SPDX-License-Identifier: MIT */
/* What a physical device can share. */
#include "layer/support.h"

#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "layer/chain.h"

static const VkExternalMemoryHandleTypeFlagBits BUFFER = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
						TEXTURE = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT,
						HEAP = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT;

static const VkExternalMemoryFeatureFlags BOTH_WAYS =
	VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;

bool tongs_support_is_metal_type(VkExternalMemoryHandleTypeFlags type) {
	return type == BUFFER || type == TEXTURE || type == HEAP;
}

VkResult tongs_support_list_extensions(struct tongs_vk_instance *instance, VkPhysicalDevice physical_device,
	const VkAllocationCallbacks *callbacks, VkExtensionProperties **extensions, uint32_t *count) {
	VkResult result;
	*extensions = NULL;
	do {
		*count = 0;
		tongs_free(callbacks, *extensions);
		*extensions = NULL;
		result = instance->next.EnumerateDeviceExtensionProperties(physical_device, NULL, count, NULL);
		if (result != VK_SUCCESS)
			break;
		*extensions = tongs_alloc(
			callbacks, *count ? *count : 1, sizeof(**extensions), VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
		if (!*extensions)
			return VK_ERROR_OUT_OF_HOST_MEMORY;
		result = instance->next.EnumerateDeviceExtensionProperties(physical_device, NULL, count, *extensions);
	} while (result == VK_INCOMPLETE);
	if (result != VK_SUCCESS) {
		tongs_free(callbacks, *extensions);
		*extensions = NULL;
	}
	return result;
}

static bool has_extension(const VkExtensionProperties *extensions, uint32_t count, const char *name) {
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(extensions[i].extensionName, name) == 0)
			return true;
	return false;
}

/* Payloads are whole pages; a driver that wants coarser ones could not take them. */
static bool takes_pages(struct tongs_vk_instance *instance, VkPhysicalDevice physical_device) {
	VkPhysicalDeviceExternalMemoryHostPropertiesEXT host = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT,
	};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
		.pNext = &host,
	};
	instance->next.GetPhysicalDeviceProperties2(physical_device, &properties);
	return host.minImportedHostPointerAlignment <= (VkDeviceSize)sysconf(_SC_PAGESIZE);
}

VkResult tongs_support_physical_device(struct tongs_vk_instance *instance, VkPhysicalDevice physical_device,
	const VkAllocationCallbacks *callbacks, bool *shares) {
	*shares = false;
	if (instance->passive || !instance->next.GetPhysicalDeviceProperties2 ||
		!instance->next.GetPhysicalDeviceImageFormatProperties2 ||
		!instance->next.GetPhysicalDeviceExternalBufferProperties)
		return VK_SUCCESS;
	VkExtensionProperties *extensions;
	uint32_t count;
	VkResult result = tongs_support_list_extensions(instance, physical_device, callbacks, &extensions, &count);
	if (result != VK_SUCCESS)
		return result;
	*shares = has_extension(extensions, count, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME) &&
		  !has_extension(extensions, count, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME) &&
		  takes_pages(instance, physical_device);
	tongs_free(callbacks, extensions);
	return VK_SUCCESS;
}

VkExternalMemoryProperties tongs_support_buffer(struct tongs_vk_instance *instance, VkPhysicalDevice physical_device,
	const VkPhysicalDeviceExternalBufferInfo *info) {
	const VkExternalMemoryProperties none = {.compatibleHandleTypes = info->handleType};
	const VkBufferCreateFlags refused = VK_BUFFER_CREATE_SPARSE_BINDING_BIT |
					    VK_BUFFER_CREATE_SPARSE_RESIDENCY_BIT |
					    VK_BUFFER_CREATE_SPARSE_ALIASED_BIT | VK_BUFFER_CREATE_PROTECTED_BIT;
	if ((info->handleType != BUFFER && info->handleType != HEAP) || (info->flags & refused))
		return none;

	VkPhysicalDeviceExternalBufferInfo host = *info;
	host.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT;
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	instance->next.GetPhysicalDeviceExternalBufferProperties(physical_device, &host, &properties);
	VkExternalMemoryFeatureFlags features = properties.externalMemoryProperties.externalMemoryFeatures;
	if (!(features & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT) ||
		(features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT))
		return none;
	return (VkExternalMemoryProperties){
		.externalMemoryFeatures = BOTH_WAYS,
		.exportFromImportedHandleTypes = info->handleType,
		.compatibleHandleTypes = BUFFER | HEAP,
	};
}

/* Formats whose texel is one colour: neither depth nor stencil, not compressed, not multi-planar. */
static bool is_color_format(VkFormat format) {
	switch ((uint32_t)format) {
	case 1000340000: /* VK_FORMAT_A4R4G4B4_UNORM_PACK16 */
	case 1000340001: /* VK_FORMAT_A4B4G4R4_UNORM_PACK16 */
	case 1000470000: /* VK_FORMAT_A1B5G5R5_UNORM_PACK16 */
	case 1000470001: /* VK_FORMAT_A8_UNORM */
		return true;
	default:
		return format > VK_FORMAT_UNDEFINED && format < VK_FORMAT_D16_UNORM;
	}
}

static bool can_share(const VkPhysicalDeviceImageFormatInfo2 *info, VkExternalMemoryHandleTypeFlags handle_type) {
	/* The 2D images that shared memory has no place for; a cube needs more than the one layer. */
	const VkImageCreateFlags refused = VK_IMAGE_CREATE_SPARSE_BINDING_BIT | VK_IMAGE_CREATE_SPARSE_RESIDENCY_BIT |
					   VK_IMAGE_CREATE_SPARSE_ALIASED_BIT | VK_IMAGE_CREATE_PROTECTED_BIT |
					   VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT;
	if (info->type != VK_IMAGE_TYPE_2D || (info->flags & refused) || !is_color_format(info->format))
		return false;
	if (info->tiling != VK_IMAGE_TILING_OPTIMAL && info->tiling != VK_IMAGE_TILING_LINEAR)
		return false;
	switch (handle_type) {
	case VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT:
		return info->tiling == VK_IMAGE_TILING_LINEAR;
	case VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT:
		return tongs_pixel_format_from_vk(info->format) != MTLPixelFormatInvalid;
	case VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT:
		return true;
	default:
		return false;
	}
}

/* An OPTIMAL image can be LINEAR underneath when nothing is lost by it. */
static bool linear_loses_nothing(
	struct tongs_vk_instance *instance, VkPhysicalDevice physical_device, VkFormat format) {
	VkFormatProperties properties;
	instance->next.GetPhysicalDeviceFormatProperties(physical_device, format, &properties);
	return !(properties.optimalTilingFeatures & ~properties.linearTilingFeatures);
}

static VkResult query_linear(struct tongs_vk_instance *instance, VkPhysicalDevice physical_device,
	const VkPhysicalDeviceImageFormatInfo2 *info, VkImageFormatProperties2 *properties) {
	const VkStructureType edited[] = {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO};
	struct tongs_chain chain;
	VkResult result = tongs_chain_init(&chain, info->pNext, edited, 1, NULL);
	if (result == VK_SUCCESS) {
		VkPhysicalDeviceExternalImageFormatInfo *external = tongs_chain_edit(&chain, edited[0]);
		external->handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT;
		VkPhysicalDeviceImageFormatInfo2 linear = *info;
		linear.pNext = chain.head;
		linear.tiling = VK_IMAGE_TILING_LINEAR;
		result = instance->next.GetPhysicalDeviceImageFormatProperties2(physical_device, &linear, properties);
	}
	tongs_chain_finish(&chain);
	return result;
}

VkResult tongs_support_image(struct tongs_vk_instance *instance, VkPhysicalDevice physical_device,
	const VkPhysicalDeviceImageFormatInfo2 *info, VkExternalMemoryHandleTypeFlags handle_type,
	VkImageFormatProperties2 *properties, VkExternalMemoryProperties *external) {
	VkExternalImageFormatProperties own = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkExternalImageFormatProperties *driver =
		(void *)tongs_chain_find(properties->pNext, VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES);
	VkImageFormatProperties2 asked = *properties;
	if (!driver) {
		driver = &own;
		driver->pNext = asked.pNext;
		asked.pNext = driver;
	}

	VkResult result = VK_ERROR_FORMAT_NOT_SUPPORTED;
	if (can_share(info, handle_type) && linear_loses_nothing(instance, physical_device, info->format))
		result = query_linear(instance, physical_device, info, &asked);
	VkExternalMemoryFeatureFlags features = driver->externalMemoryProperties.externalMemoryFeatures;
	/* Drivers answer success without features where the specification wants the error. */
	if (result == VK_SUCCESS && (!(features & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT) ||
					    (features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT)))
		result = VK_ERROR_FORMAT_NOT_SUPPORTED;
	if (result != VK_SUCCESS) {
		properties->imageFormatProperties = (VkImageFormatProperties){0};
		*external = (VkExternalMemoryProperties){0};
		return result;
	}

	properties->imageFormatProperties = asked.imageFormatProperties;
	properties->imageFormatProperties.maxMipLevels = 1;
	properties->imageFormatProperties.maxArrayLayers = 1;
	properties->imageFormatProperties.sampleCounts = VK_SAMPLE_COUNT_1_BIT;
	*external = (VkExternalMemoryProperties){
		.externalMemoryFeatures = BOTH_WAYS,
		.exportFromImportedHandleTypes = handle_type,
		.compatibleHandleTypes = handle_type,
	};
	if (handle_type == TEXTURE)
		external->externalMemoryFeatures |= VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT;
	else if (info->tiling == VK_IMAGE_TILING_LINEAR)
		external->compatibleHandleTypes = BUFFER | HEAP;
	return VK_SUCCESS;
}

/* The structs that stand in the chains of both VkImageCreateInfo and VkPhysicalDeviceImageFormatInfo2 (the registry's
 * structextends) and say what the image is. */
static const VkStructureType shared_with_query[] = {
	VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO,
	VK_STRUCTURE_TYPE_IMAGE_STENCIL_USAGE_CREATE_INFO,
};

static bool fits(const VkImageCreateInfo *info, const VkImageFormatProperties *limits) {
	return info->extent.width <= limits->maxExtent.width && info->extent.height <= limits->maxExtent.height &&
	       info->extent.depth <= limits->maxExtent.depth && info->mipLevels <= limits->maxMipLevels &&
	       info->arrayLayers <= limits->maxArrayLayers && (info->samples & limits->sampleCounts);
}

VkResult tongs_support_image_create(struct tongs_vk_instance *instance, VkPhysicalDevice physical_device,
	const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags types) {
	struct tongs_chain chain;
	VkResult result = tongs_chain_init(&chain, info->pNext, shared_with_query, 2, NULL);
	VkPhysicalDeviceExternalImageFormatInfo external = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
	};
	const void **link = &external.pNext;
	for (size_t i = 0; result == VK_SUCCESS && i < 2; i++) {
		VkBaseOutStructure *s = tongs_chain_edit(&chain, shared_with_query[i]);
		if (!s)
			continue;
		*link = s;
		link = (const void **)&s->pNext;
	}
	*link = NULL;
	const VkPhysicalDeviceImageFormatInfo2 query = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &external,
		.format = info->format,
		.type = info->imageType,
		.tiling = info->tiling,
		.usage = info->usage,
		.flags = info->flags,
	};
	for (VkExternalMemoryHandleTypeFlags rest = types; result == VK_SUCCESS && rest; rest &= rest - 1) {
		VkImageFormatProperties2 properties = {.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2};
		VkExternalMemoryProperties answer;
		result = tongs_support_image(instance, physical_device, &query, rest & -rest, &properties, &answer);
		if (result == VK_SUCCESS &&
			((types & ~answer.compatibleHandleTypes) || !fits(info, &properties.imageFormatProperties)))
			result = VK_ERROR_FORMAT_NOT_SUPPORTED;
	}
	tongs_chain_finish(&chain);
	return result;
}
