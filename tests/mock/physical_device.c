/* SPDX-License-Identifier: MIT */
/* The profile's properties, memory types, format features and image caps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mock.h"

static uint32_t min(uint32_t a, uint32_t b) {
	return a < b ? a : b;
}

/* The least that the specification allows. */
static const struct { uint32_t size, size_3d, layers; } least = {4096, 256, 256};

uint32_t mock_get_version(uint32_t version) {
	const char *wanted = getenv("TONGS_MOCK_VERSION");
	if (mock_hides(VK_KHR_DYNAMIC_RENDERING_EXTENSION_NAME))
		version = min(version, VK_API_VERSION_1_2);
	if (wanted && strcmp(wanted, "1.1") == 0)
		version = min(version, VK_API_VERSION_1_1);
	return version;
}

static void change_properties(VkPhysicalDeviceProperties *properties) {
	const struct mock_profile *profile = mock_profile;
	snprintf(properties->deviceName, sizeof(properties->deviceName), "%s", profile->device_name);
	properties->vendorID = profile->vendor;
	properties->deviceID = profile->device;
	properties->deviceType = profile->device_type;
	VkPhysicalDeviceLimits *limits = &properties->limits;
	properties->apiVersion = mock_get_version(properties->apiVersion);
	limits->nonCoherentAtomSize = profile->atom;
	limits->minMemoryMapAlignment = profile->map_alignment;
	limits->bufferImageGranularity = profile->granularity ? profile->granularity : 1;
	limits->maxMemoryAllocationCount = profile->allocations ? profile->allocations : UINT32_MAX;
	if (profile->least_limits) {
		limits->maxImageDimension1D = min(limits->maxImageDimension1D, least.size);
		limits->maxImageDimension2D = min(limits->maxImageDimension2D, least.size);
		limits->maxImageDimensionCube = min(limits->maxImageDimensionCube, least.size);
		limits->maxImageDimension3D = min(limits->maxImageDimension3D, least.size_3d);
		limits->maxImageArrayLayers = min(limits->maxImageArrayLayers, least.layers);
		limits->maxFramebufferWidth = min(limits->maxFramebufferWidth, least.size);
		limits->maxFramebufferHeight = min(limits->maxFramebufferHeight, least.size);
		limits->maxFramebufferLayers = min(limits->maxFramebufferLayers, least.layers);
	}
	if (profile->samples) {
		limits->framebufferColorSampleCounts &= profile->samples;
		limits->framebufferDepthSampleCounts &= profile->samples;
		limits->framebufferStencilSampleCounts &= profile->samples;
		limits->sampledImageColorSampleCounts &= profile->samples;
		limits->sampledImageDepthSampleCounts &= profile->samples;
		limits->sampledImageStencilSampleCounts &= profile->samples;
		limits->sampledImageIntegerSampleCounts &= profile->samples;
	}
}

static VKAPI_ATTR void VKAPI_CALL GetPhysicalDeviceProperties(
	VkPhysicalDevice physical, VkPhysicalDeviceProperties *properties) {
	mock_next.GetPhysicalDeviceProperties(physical, properties);
	change_properties(properties);
}

void mock_make_uuids(uint8_t device[VK_UUID_SIZE], uint8_t driver[VK_UUID_SIZE]) {
	memset(device, 0xd0, VK_UUID_SIZE);
	memset(driver, 0xd1, VK_UUID_SIZE);
	memcpy(device, mock_profile->name, strlen(mock_profile->name));
	memcpy(driver, mock_profile->name, strlen(mock_profile->name));
}

static void change_resolves(VkResolveModeFlags *depth, VkResolveModeFlags *stencil) {
	*depth = VK_RESOLVE_MODE_SAMPLE_ZERO_BIT | mock_profile->depth_resolves;
	*stencil = VK_RESOLVE_MODE_SAMPLE_ZERO_BIT | mock_profile->stencil_resolves;
}

static VKAPI_ATTR void VKAPI_CALL GetPhysicalDeviceProperties2(
	VkPhysicalDevice physical, VkPhysicalDeviceProperties2 *properties) {
	mock_next.GetPhysicalDeviceProperties2(physical, properties);
	change_properties(&properties->properties);
	for (VkBaseOutStructure *s = properties->pNext; s; s = s->pNext)
		switch ((int)s->sType) {
		case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES:
			if (mock_profile->driver_id)
				((VkPhysicalDeviceDriverProperties *)s)->driverID = mock_profile->driver_id;
			break;
		case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES: {
			VkPhysicalDeviceIDProperties *ids = (VkPhysicalDeviceIDProperties *)s;
			mock_make_uuids(ids->deviceUUID, ids->driverUUID);
			break;
		}
		case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES: {
			VkPhysicalDeviceVulkan11Properties *ids = (VkPhysicalDeviceVulkan11Properties *)s;
			mock_make_uuids(ids->deviceUUID, ids->driverUUID);
			break;
		}
		case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DEPTH_STENCIL_RESOLVE_PROPERTIES: {
			VkPhysicalDeviceDepthStencilResolveProperties *resolves =
				(VkPhysicalDeviceDepthStencilResolveProperties *)s;
			change_resolves(&resolves->supportedDepthResolveModes, &resolves->supportedStencilResolveModes);
			break;
		}
		case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_PROPERTIES: {
			VkPhysicalDeviceVulkan12Properties *resolves = (VkPhysicalDeviceVulkan12Properties *)s;
			change_resolves(&resolves->supportedDepthResolveModes, &resolves->supportedStencilResolveModes);
			break;
		}
		case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_PROPERTIES:
			if (mock_profile->timeline_difference)
				((VkPhysicalDeviceTimelineSemaphoreProperties *)s)
					->maxTimelineSemaphoreValueDifference = mock_profile->timeline_difference;
			break;
		case VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT:
			if (mock_profile->import_alignment)
				((VkPhysicalDeviceExternalMemoryHostPropertiesEXT *)s)
					->minImportedHostPointerAlignment = mock_profile->import_alignment;
			break;
		}
}

static VKAPI_ATTR void VKAPI_CALL GetPhysicalDeviceMemoryProperties(
	VkPhysicalDevice physical, VkPhysicalDeviceMemoryProperties *memory) {
	(void)physical;
	const struct mock_profile *profile = mock_profile;
	memset(memory, 0, sizeof(*memory));
	memory->memoryTypeCount = profile->type_count;
	memcpy(memory->memoryTypes, profile->types, profile->type_count * sizeof(profile->types[0]));
	while (memory->memoryHeapCount < sizeof(profile->heaps) / sizeof(profile->heaps[0]) &&
		profile->heaps[memory->memoryHeapCount].size) {
		memory->memoryHeaps[memory->memoryHeapCount] = profile->heaps[memory->memoryHeapCount];
		memory->memoryHeapCount++;
	}
}

static VKAPI_ATTR void VKAPI_CALL GetPhysicalDeviceMemoryProperties2(
	VkPhysicalDevice physical, VkPhysicalDeviceMemoryProperties2 *memory) {
	mock_next.GetPhysicalDeviceMemoryProperties2(physical, memory);
	GetPhysicalDeviceMemoryProperties(physical, &memory->memoryProperties);
}

static unsigned kind_of(VkFormat format) {
	if (format >= VK_FORMAT_BC1_RGB_UNORM_BLOCK && format <= VK_FORMAT_BC7_SRGB_BLOCK)
		return MOCK_COMPRESSED;
	if (format >= VK_FORMAT_D16_UNORM && format <= VK_FORMAT_D32_SFLOAT_S8_UINT)
		return MOCK_DEPTH;
	if (format >= VK_FORMAT_R32G32B32_UINT && format <= VK_FORMAT_R32G32B32_SFLOAT)
		return MOCK_THREE_CHANNEL;
	return 0;
}

static void change_features(VkFormat format, VkFormatProperties *properties) {
	properties->linearTilingFeatures &= ~mock_profile->no_linear;
	if (kind_of(format) & mock_profile->no_linear_of)
		properties->linearTilingFeatures = 0;
	if (kind_of(format) & mock_profile->no_optimal_of)
		properties->optimalTilingFeatures = 0;
}

static VKAPI_ATTR void VKAPI_CALL GetPhysicalDeviceFormatProperties(
	VkPhysicalDevice physical, VkFormat format, VkFormatProperties *properties) {
	mock_next.GetPhysicalDeviceFormatProperties(physical, format, properties);
	change_features(format, properties);
}

static VKAPI_ATTR void VKAPI_CALL GetPhysicalDeviceFormatProperties2(
	VkPhysicalDevice physical, VkFormat format, VkFormatProperties2 *properties) {
	mock_next.GetPhysicalDeviceFormatProperties2(physical, format, properties);
	change_features(format, &properties->formatProperties);
	VkFormatProperties3 *wide =
		(VkFormatProperties3 *)chain_find(properties->pNext, VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_3);
	if (!wide)
		return;
	/* The low bits are the same ones. */
	wide->linearTilingFeatures &= ~(VkFormatFeatureFlags2)mock_profile->no_linear;
	if (kind_of(format) & mock_profile->no_linear_of)
		wide->linearTilingFeatures = 0;
	if (kind_of(format) & mock_profile->no_optimal_of)
		wide->optimalTilingFeatures = 0;
}

VkFormatFeatureFlags mock_features(VkPhysicalDevice physical, VkFormat format, VkImageTiling tiling) {
	VkFormatProperties properties;
	GetPhysicalDeviceFormatProperties(physical, format, &properties);
	return tiling == VK_IMAGE_TILING_LINEAR ? properties.linearTilingFeatures : properties.optimalTilingFeatures;
}

/* The feature that each usage requires. An input attachment may be either. */
static bool allows(VkFormatFeatureFlags features, VkImageUsageFlags usage) {
	static const struct {
		VkImageUsageFlags usage;
		VkFormatFeatureFlags features;
	} rows[] = {
		{VK_IMAGE_USAGE_SAMPLED_BIT, VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT},
		{VK_IMAGE_USAGE_STORAGE_BIT, VK_FORMAT_FEATURE_STORAGE_IMAGE_BIT},
		{VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT, VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT},
		{VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT, VK_FORMAT_FEATURE_DEPTH_STENCIL_ATTACHMENT_BIT},
		{VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT,
			VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT | VK_FORMAT_FEATURE_DEPTH_STENCIL_ATTACHMENT_BIT},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((usage & rows[i].usage) && !(features & rows[i].features))
			return false;
	return true;
}

/* Whether the device supports no such image at all. */
static bool is_refused(VkPhysicalDevice physical, VkFormat format, VkImageType type, VkImageTiling tiling,
	VkImageUsageFlags usage, VkImageCreateFlags flags, VkExternalMemoryHandleTypeFlags handle_type) {
	const struct mock_profile *profile = mock_profile;
	if (type != VK_IMAGE_TYPE_2D && (handle_type & profile->no_volumes))
		return true;
	if (tiling == VK_IMAGE_TILING_OPTIMAL)
		return (kind_of(format) & profile->no_optimal_of) || (handle_type & profile->no_optimal);
	if (tiling != VK_IMAGE_TILING_LINEAR)
		return false;
	if (kind_of(format) & profile->no_linear_of)
		return true;
	if (profile->flat_linear && (type != VK_IMAGE_TYPE_2D || (flags & VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT)))
		return true;
	return !profile->lies_about_linear && !(flags & VK_IMAGE_CREATE_EXTENDED_USAGE_BIT) &&
	       !allows(mock_features(physical, format, tiling), usage);
}

static void change_limits(VkImageType type, VkImageTiling tiling, VkImageFormatProperties *limits) {
	if (mock_profile->least_limits) {
		uint32_t size = type == VK_IMAGE_TYPE_3D ? least.size_3d : least.size;
		limits->maxExtent.width = min(limits->maxExtent.width, size);
		limits->maxExtent.height = min(limits->maxExtent.height, size);
		limits->maxExtent.depth = min(limits->maxExtent.depth, size);
		limits->maxArrayLayers = min(limits->maxArrayLayers, least.layers);
		uint32_t levels = 1;
		while (limits->maxExtent.width >> levels || limits->maxExtent.height >> levels ||
			limits->maxExtent.depth >> levels)
			levels++;
		limits->maxMipLevels = min(limits->maxMipLevels, levels);
	}
	if (mock_profile->samples)
		limits->sampleCounts &= mock_profile->samples;
	if (tiling == VK_IMAGE_TILING_LINEAR && mock_profile->flat_linear) {
		limits->maxMipLevels = limits->maxMipLevels ? 1 : 0;
		limits->maxArrayLayers = limits->maxArrayLayers ? 1 : 0;
		limits->sampleCounts &= VK_SAMPLE_COUNT_1_BIT;
	}
}

static VKAPI_ATTR VkResult VKAPI_CALL GetPhysicalDeviceImageFormatProperties(VkPhysicalDevice physical, VkFormat format,
	VkImageType type, VkImageTiling tiling, VkImageUsageFlags usage, VkImageCreateFlags flags,
	VkImageFormatProperties *properties) {
	if (is_refused(physical, format, type, tiling, usage, flags, 0)) {
		memset(properties, 0, sizeof(*properties));
		return VK_ERROR_FORMAT_NOT_SUPPORTED;
	}
	VkResult result = mock_next.GetPhysicalDeviceImageFormatProperties(
		physical, format, type, tiling, usage, flags, properties);
	change_limits(type, tiling, properties);
	return result;
}

static const VkStructureType image_query_structs[] = {
	VK_STRUCTURE_TYPE_IMAGE_COMPRESSION_CONTROL_EXT,
	VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO,
	VK_STRUCTURE_TYPE_IMAGE_STENCIL_USAGE_CREATE_INFO,
	VK_STRUCTURE_TYPE_OPTICAL_FLOW_IMAGE_FORMAT_INFO_NV,
	VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
	VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT,
	VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_VIEW_IMAGE_FORMAT_INFO_EXT,
	0,
};

/* Handle types that no driver on Linux supports. */
static void check_handle_type(const char *command, VkExternalMemoryHandleTypeFlags type) {
	const VkExternalMemoryHandleTypeFlags known = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT |
						      VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT |
						      VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT |
						      VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_MAPPED_FOREIGN_MEMORY_BIT_EXT;
	if (type & ~known)
		mock_violation("handleType", "%s names the handle types 0x%x", command, type);
}

static void change_external(
	VkExternalMemoryProperties *properties, VkImageTiling tiling, VkExternalMemoryHandleTypeFlags handle_type) {
	const struct mock_profile *profile = mock_profile;
	bool linear = tiling == VK_IMAGE_TILING_LINEAR;
	if (handle_type & (linear ? profile->denied_linear : profile->denied_optimal))
		*properties = (VkExternalMemoryProperties){0};
	else if (!linear && (handle_type & profile->says_dedicated))
		properties->externalMemoryFeatures |= VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT;
}

static VKAPI_ATTR VkResult VKAPI_CALL GetPhysicalDeviceImageFormatProperties2(
	VkPhysicalDevice physical, const VkPhysicalDeviceImageFormatInfo2 *info, VkImageFormatProperties2 *properties) {
	const char *command = "vkGetPhysicalDeviceImageFormatProperties2";
	mock_check_chain(command, info->pNext, image_query_structs);
	const VkPhysicalDeviceExternalImageFormatInfo *external =
		chain_find(info->pNext, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO);
	const VkExternalMemoryHandleTypeFlags handle_type = external ? external->handleType : 0;
	if (external)
		check_handle_type(command, external->handleType);
	if ((external && handle_type && !(handle_type & mock_handle_types())) ||
		is_refused(physical, info->format, info->type, info->tiling, info->usage, info->flags, handle_type)) {
		memset(&properties->imageFormatProperties, 0, sizeof(properties->imageFormatProperties));
		return VK_ERROR_FORMAT_NOT_SUPPORTED;
	}
	VkExternalImageFormatProperties *caps = (VkExternalImageFormatProperties *)chain_find(
		properties->pNext, VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES);
	/* lavapipe writes to it where it should not. */
	VkExternalImageFormatProperties spare = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES, .pNext = properties->pNext};
	VkImageFormatProperties2 own = *properties;
	if (!caps)
		own.pNext = &spare;
	VkResult result = mock_next.GetPhysicalDeviceImageFormatProperties2(physical, info, &own);
	properties->imageFormatProperties = own.imageFormatProperties;
	change_limits(info->type, info->tiling, &properties->imageFormatProperties);
	if (result == VK_SUCCESS && handle_type && caps)
		change_external(&caps->externalMemoryProperties, info->tiling, handle_type);
	return result;
}

static const VkStructureType buffer_query_structs[] = {
	BUFFER_USAGE_2,
	0,
};

static VKAPI_ATTR void VKAPI_CALL GetPhysicalDeviceExternalBufferProperties(VkPhysicalDevice physical,
	const VkPhysicalDeviceExternalBufferInfo *info, VkExternalBufferProperties *properties) {
	const char *command = "vkGetPhysicalDeviceExternalBufferProperties";
	mock_check_chain(command, info->pNext, buffer_query_structs);
	check_handle_type(command, info->handleType);
	mock_next.GetPhysicalDeviceExternalBufferProperties(physical, info, properties);
	if ((info->handleType & mock_profile->denied_buffers) || !(info->handleType & mock_handle_types()))
		properties->externalMemoryProperties = (VkExternalMemoryProperties){0};
}

static VKAPI_ATTR void VKAPI_CALL GetPhysicalDeviceExternalSemaphoreProperties(VkPhysicalDevice physical,
	const VkPhysicalDeviceExternalSemaphoreInfo *info, VkExternalSemaphoreProperties *properties) {
	const VkSemaphoreTypeCreateInfo *type = chain_find(info->pNext, VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO);
	bool timeline = type && type->semaphoreType == VK_SEMAPHORE_TYPE_TIMELINE;
	mock_next.GetPhysicalDeviceExternalSemaphoreProperties(physical, info, properties);
	if (timeline && info->handleType == VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT && mock_shares_timelines())
		*properties = (VkExternalSemaphoreProperties){
			.sType = properties->sType,
			.pNext = properties->pNext,
			.exportFromImportedHandleTypes = VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT,
			.compatibleHandleTypes = VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT,
			.externalSemaphoreFeatures = VK_EXTERNAL_SEMAPHORE_FEATURE_EXPORTABLE_BIT |
						     VK_EXTERNAL_SEMAPHORE_FEATURE_IMPORTABLE_BIT,
		};
	if (mock_hides(VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME) ||
		!(info->handleType & (timeline ? mock_profile->timeline_semaphores : mock_profile->binary_semaphores)))
		*properties = (VkExternalSemaphoreProperties){.sType = properties->sType, .pNext = properties->pNext};
}

/* A device whose timeline semaphores or rendering are hidden has no such feature, though they are in its version's
 * core.
 */
static VKAPI_ATTR void VKAPI_CALL GetPhysicalDeviceFeatures2(
	VkPhysicalDevice physical, VkPhysicalDeviceFeatures2 *features) {
	VkPhysicalDeviceTimelineSemaphoreFeatures *timeline = (VkPhysicalDeviceTimelineSemaphoreFeatures *)chain_find(
		features->pNext, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES);
	VkPhysicalDeviceDynamicRenderingFeatures *rendering = (VkPhysicalDeviceDynamicRenderingFeatures *)chain_find(
		features->pNext, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DYNAMIC_RENDERING_FEATURES);
	mock_next.GetPhysicalDeviceFeatures2(physical, features);
	if (timeline && mock_hides(VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME))
		timeline->timelineSemaphore = VK_FALSE;
	if (rendering && mock_hides(VK_KHR_DYNAMIC_RENDERING_EXTENSION_NAME))
		rendering->dynamicRendering = VK_FALSE;
}

bool mock_shares_timelines(void) {
	return (mock_profile->timeline_semaphores & VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT) &&
	       !mock_hides(VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME) &&
	       !mock_hides(VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME);
}

static bool has_queues(void) {
	return mock_shares_timelines() && !mock_profile->one_queue;
}

static VKAPI_ATTR void VKAPI_CALL GetPhysicalDeviceQueueFamilyProperties(
	VkPhysicalDevice physical, uint32_t *count, VkQueueFamilyProperties *families) {
	mock_next.GetPhysicalDeviceQueueFamilyProperties(physical, count, families);
	for (uint32_t i = 0; families && i < *count && has_queues(); i++)
		families[i].queueCount = MOCK_QUEUES;
}

static VKAPI_ATTR void VKAPI_CALL GetPhysicalDeviceQueueFamilyProperties2(
	VkPhysicalDevice physical, uint32_t *count, VkQueueFamilyProperties2 *families) {
	mock_next.GetPhysicalDeviceQueueFamilyProperties2(physical, count, families);
	for (uint32_t i = 0; families && i < *count && has_queues(); i++)
		families[i].queueFamilyProperties.queueCount = MOCK_QUEUES;
}

bool mock_hides(const char *extension) {
	const char *also = getenv("TONGS_MOCK_HIDES");
	if (also && strcmp(also, extension) == 0)
		return true;
	for (size_t i = 0; i < sizeof(mock_profile->hidden) / sizeof(mock_profile->hidden[0]); i++)
		if (mock_profile->hidden[i] && strcmp(mock_profile->hidden[i], extension) == 0)
			return true;
	return false;
}

VkExternalMemoryHandleTypeFlags mock_handle_types(void) {
	VkExternalMemoryHandleTypeFlags types = ~0u;
	if (mock_hides(VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME))
		types &= ~(
			VkExternalMemoryHandleTypeFlags)(MOCK_HOST |
							 VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_MAPPED_FOREIGN_MEMORY_BIT_EXT);
	if (mock_hides(VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME))
		types &= ~(VkExternalMemoryHandleTypeFlags)MOCK_FD;
	return types;
}

static VKAPI_ATTR VkResult VKAPI_CALL EnumerateDeviceExtensionProperties(
	VkPhysicalDevice physical, const char *layer, uint32_t *count, VkExtensionProperties *list) {
	static _Thread_local VkExtensionProperties all[512];
	uint32_t all_count = sizeof(all) / sizeof(all[0]), shown = 0, room = *count;
	VkResult result = mock_next.EnumerateDeviceExtensionProperties(physical, layer, &all_count, all);
	if (result != VK_SUCCESS)
		return result;
	bool has = !mock_shares_timelines();
	for (uint32_t i = 0; i < all_count; i++)
		has = has || strcmp(all[i].extensionName, VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME) == 0;
	if (!has && all_count < sizeof(all) / sizeof(all[0]))
		all[all_count++] = (VkExtensionProperties){VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME, 1};
	for (uint32_t i = 0; i < all_count; i++)
		if (!mock_hides(all[i].extensionName)) {
			if (list && shown < room)
				list[shown] = all[i];
			shown++;
		}
	*count = list && shown > room ? room : shown;
	return list && shown > room ? VK_INCOMPLETE : VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL CreateDevice(VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
	const VkAllocationCallbacks *callbacks, VkDevice *device) {
	for (uint32_t i = 0; i < info->enabledExtensionCount; i++)
		if (mock_hides(info->ppEnabledExtensionNames[i]))
			return VK_ERROR_EXTENSION_NOT_PRESENT;
	/* lavapipe has one queue, and may lack an extension that is ours. */
	VkDeviceCreateInfo own = *info;
	VkDeviceQueueCreateInfo queues[8];
	const char *names[256];
	if (info->queueCreateInfoCount > sizeof(queues) / sizeof(queues[0]) ||
		info->enabledExtensionCount > sizeof(names) / sizeof(names[0]))
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	for (uint32_t i = 0; i < info->queueCreateInfoCount; i++) {
		queues[i] = info->pQueueCreateInfos[i];
		queues[i].queueCount = 1;
	}
	own.enabledExtensionCount = 0;
	for (uint32_t i = 0; i < info->enabledExtensionCount; i++)
		if (strcmp(info->ppEnabledExtensionNames[i], VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME) != 0)
			names[own.enabledExtensionCount++] = info->ppEnabledExtensionNames[i];
	if (mock_shares_timelines()) {
		own.pQueueCreateInfos = queues;
		own.ppEnabledExtensionNames = names;
	} else {
		own.enabledExtensionCount = info->enabledExtensionCount;
	}
	VkResult result = mock_next.CreateDevice(physical, &own, callbacks, device);
	if (result == VK_SUCCESS)
		mock_note_device(*device, physical, info);
	return result;
}

const struct mock_hook mock_physical_device_hooks[] = {MOCK_PHYSICAL_DEVICE_COMMANDS(MOCK_HOOK){0}};
