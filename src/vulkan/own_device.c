/* SPDX-License-Identifier: MIT */
/* Makes the VkDevice of a tongs_own_device, and finds which memory types take host pages on it. */
#include "vulkan/own_device_private.h"

#include "util/alloc.h"
#include "util/log.h"

/* Without its feature a format of compressed blocks may not be used, nor a cube map of more than six faces viewed. */
static VkPhysicalDeviceFeatures choose_features(const VkPhysicalDeviceFeatures *supported) {
	return (VkPhysicalDeviceFeatures){
		.imageCubeArray = supported->imageCubeArray,
		.textureCompressionETC2 = supported->textureCompressionETC2,
		.textureCompressionASTC_LDR = supported->textureCompressionASTC_LDR,
		.textureCompressionBC = supported->textureCompressionBC,
	};
}

static VkResult create_device(const struct tongs_own_device *gpu, const uint32_t families[], VkDevice *device) {
	const float priority = 1.0f;
	VkDeviceQueueCreateInfo queues[TONGS_TRANSFER_QUEUE_COUNT];
	for (unsigned i = 0; i < TONGS_TRANSFER_QUEUE_COUNT; i++)
		queues[i] = (VkDeviceQueueCreateInfo){
			.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
			.queueFamilyIndex = families[i],
			.queueCount = 1,
			.pQueuePriorities = &priority,
		};
	static const char *const extensions[] = {VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME};
	const VkPhysicalDeviceFeatures features = choose_features(&gpu->info.features);
	const VkDeviceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		/* VUID-VkDeviceCreateInfo-queueFamilyIndex-02802: a family is named once. */
		.queueCreateInfoCount = families[0] == families[1] ? 1 : TONGS_TRANSFER_QUEUE_COUNT,
		.pQueueCreateInfos = queues,
		.enabledExtensionCount = sizeof(extensions) / sizeof(extensions[0]),
		.ppEnabledExtensionNames = extensions,
		.pEnabledFeatures = &features,
	};
	return gpu->vk->CreateDevice(gpu->physical, &info, NULL, device);
}

/* The types that take anonymous pages, which is what payloads are. Metal's storage mode Shared knows no flushes, so
 * they are coherent. */
static VkResult find_host_memory_types(
	const struct tongs_own_device *gpu, const struct tongs_vk_device *vkd, uint32_t *types) {
	size_t size = gpu->info.host_pointer_alignment;
	void *pages = tongs_alloc_pages(size, size);
	if (!pages)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	VkMemoryHostPointerPropertiesEXT properties = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT,
	};
	VkResult result = vkd->GetMemoryHostPointerPropertiesEXT(
		vkd->device, VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT, pages, &properties);
	tongs_free_pages(pages, size);
	const VkMemoryPropertyFlags coherent =
		VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
	const VkPhysicalDeviceMemoryProperties *memory = &gpu->info.memory;
	*types = 0;
	for (uint32_t i = 0; result == VK_SUCCESS && i < memory->memoryTypeCount; i++)
		if ((properties.memoryTypeBits >> i & 1) &&
			(memory->memoryTypes[i].propertyFlags & coherent) == coherent)
			*types |= 1u << i;
	return result;
}

/* VUID-VkImageCreateInfo-pNext-00990: asked before it is created. */
static VkResult can_import(const struct tongs_own_device *gpu, const VkImageCreateInfo *image, bool *can) {
	const VkPhysicalDeviceExternalImageFormatInfo handle = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
	};
	const VkPhysicalDeviceImageFormatInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &handle,
		.format = image->format,
		.type = image->imageType,
		.tiling = image->tiling,
		.usage = image->usage,
	};
	VkExternalImageFormatProperties external = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkImageFormatProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
		.pNext = &external,
	};
	VkResult result = gpu->vk->GetPhysicalDeviceImageFormatProperties2(gpu->physical, &info, &properties);
	*can = result == VK_SUCCESS &&
	       (external.externalMemoryProperties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT);
	return result == VK_ERROR_FORMAT_NOT_SUPPORTED ? VK_SUCCESS : result;
}

/* Images of the kinds that depend on it: with levels, and of depth. Drivers differ from kind to kind. */
static const struct {
	VkFormat format; /* which every device has with this usage */
	VkImageUsageFlags usage;
	uint32_t levels;
} opaque_kinds[] = {
	{VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT, 7},
	{VK_FORMAT_D16_UNORM, VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT, 1},
};

/* The memory types of a kind. There are none where the driver requires a dedicated allocation, which it says of an
 * image rather than in the query: an import of host pages is never dedicated (VUID-VkMemoryAllocateInfo-pNext-02806).
 */
static VkResult find_opaque_types(
	const struct tongs_own_device *gpu, const struct tongs_vk_device *vkd, size_t kind, uint32_t *memory_types) {
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
	};
	const VkImageCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.pNext = &external,
		.imageType = VK_IMAGE_TYPE_2D,
		.format = opaque_kinds[kind].format,
		.extent = {64, 64, 1},
		.mipLevels = opaque_kinds[kind].levels,
		.arrayLayers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.tiling = VK_IMAGE_TILING_OPTIMAL,
		.usage = opaque_kinds[kind].usage,
	};
	VkMemoryDedicatedRequirements dedicated = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS};
	VkMemoryRequirements2 needs = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2, .pNext = &dedicated};
	VkImageMemoryRequirementsInfo2 image = {.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2};
	bool can;
	*memory_types = 0;
	VkResult result = can_import(gpu, &info, &can);
	if (can)
		result = vkd->CreateImage(vkd->device, &info, NULL, &image.image);
	if (!can || result != VK_SUCCESS)
		return result;
	vkd->GetImageMemoryRequirements2(vkd->device, &image, &needs);
	vkd->DestroyImage(vkd->device, image.image, NULL);
	if (!dedicated.requiresDedicatedAllocation)
		*memory_types = needs.memoryRequirements.memoryTypeBits;
	return VK_SUCCESS;
}

/* Whether images whose layout only the driver knows can lie in host pages: on discrete GPUs they cannot. */
static VkResult find_optimal_import(
	const struct tongs_own_device *gpu, const struct tongs_vk_device *vkd, int *answer) {
	VkResult result = VK_SUCCESS;
	bool takes = true;
	for (size_t i = 0; i < sizeof(opaque_kinds) / sizeof(opaque_kinds[0]) && result == VK_SUCCESS; i++) {
		uint32_t memory_types = 0;
		result = find_opaque_types(gpu, vkd, i, &memory_types);
		takes &= (memory_types & gpu->facts->host_memory_types) != 0;
	}
	*answer = takes ? TONGS_TRISTATE_YES : TONGS_TRISTATE_NO;
	return result;
}

static VkResult find_facts(struct tongs_own_device *gpu, const struct tongs_vk_device *vkd) {
	struct tongs_own_caps *facts = gpu->facts;
	uint32_t types = facts->host_memory_types;
	int optimal = facts->optimal_import;
	VkResult result = types ? VK_SUCCESS : find_host_memory_types(gpu, vkd, &types);
	if (result != VK_SUCCESS)
		return result;
	facts->host_memory_types = types;
	if (optimal == TONGS_TRISTATE_UNKNOWN)
		result = find_optimal_import(gpu, vkd, &optimal);
	if (result == VK_SUCCESS)
		facts->optimal_import = optimal;
	return result;
}

static VkResult make_locked(struct tongs_own_device *gpu) {
	struct tongs_vk_device vkd = {0};
	uint32_t families[TONGS_TRANSFER_QUEUE_COUNT];
	VkDevice device;
	VkResult result = tongs_transfer_choose_families(gpu, families);
	if (result == VK_SUCCESS)
		result = create_device(gpu, families, &device);
	if (result != VK_SUCCESS)
		return result;
	if (!tongs_vk_device_init(&vkd, gpu->vk, device))
		result = VK_ERROR_INCOMPATIBLE_DRIVER;
	else
		result = find_facts(gpu, &vkd);
	if (result == VK_SUCCESS) {
		tongs_transfer_get_queues(&gpu->transfer, &vkd, families);
		gpu->vkd = vkd;
	} else if (vkd.DestroyDevice)
		vkd.DestroyDevice(device, NULL);
	return result;
}

static VkResult need_vk_device(struct tongs_own_device *gpu) {
	VkResult result = VK_SUCCESS;
	pthread_mutex_lock(&gpu->lock);
	if (!gpu->vkd.device) {
		result = make_locked(gpu);
	}
	pthread_mutex_unlock(&gpu->lock);
	if (result != VK_SUCCESS)
		tongs_log_error("the driver makes no VkDevice on %s: %s", gpu->info.properties.deviceName,
			tongs_vk_result_name(result));
	return result;
}

const struct tongs_vk_device *tongs_own_device_get_vk_device(struct tongs_own_device *gpu) {
	return need_vk_device(gpu) == VK_SUCCESS ? &gpu->vkd : NULL;
}

void tongs_own_device_destroy_vk_device(struct tongs_own_device *gpu) {
	struct tongs_vk_device *vkd = &gpu->vkd;
	if (!vkd->device)
		return;
	/* It may have been busy again while the last but one let go. */
	tongs_transfer_trim(gpu);
	vkd->DestroyDevice(vkd->device, NULL);
}

VkResult tongs_own_device_query_optimal_import(const struct tongs_vk_id *id, bool *takes) {
	const struct tongs_own_caps *facts = tongs_own_caps_lookup(id);
	int answer = facts ? facts->optimal_import : TONGS_TRISTATE_UNKNOWN;
	*takes = answer == TONGS_TRISTATE_YES;
	if (answer != TONGS_TRISTATE_UNKNOWN)
		return VK_SUCCESS;
	struct tongs_own_device *gpu;
	VkResult result = tongs_own_device_find(id, &gpu);
	if (result == VK_SUCCESS)
		result = need_vk_device(gpu);
	else
		tongs_log_error(
			"libtongs cannot open the application's device, and without one of its own does not know "
			"whether images of OPTIMAL tiling can be shared: %s",
			tongs_vk_result_name(result));
	*takes = result == VK_SUCCESS && gpu->facts->optimal_import == TONGS_TRISTATE_YES;
	tongs_own_device_unref(gpu);
	/* Whatever went wrong: the caller has the device, so it was there, and may be again. */
	return result == VK_SUCCESS || result == VK_ERROR_OUT_OF_DEVICE_MEMORY ? result : VK_ERROR_OUT_OF_HOST_MEMORY;
}

uint32_t tongs_own_device_get_host_memory_types(struct tongs_own_device *gpu) {
	if (!gpu->facts->host_memory_types)
		tongs_own_device_get_vk_device(gpu);
	return gpu->facts->host_memory_types;
}

int tongs_physical_device_choose_memory_type(const struct tongs_own_device *gpu, uint32_t types) {
	static const VkMemoryPropertyFlags wishes[] = {
		VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT |
			VK_MEMORY_PROPERTY_HOST_CACHED_BIT,
		VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
		0,
	};
	const VkPhysicalDeviceMemoryProperties *memory = &gpu->info.memory;
	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
		for (uint32_t type = 0; type < memory->memoryTypeCount; type++)
			if ((types & (1u << type)) && !(wishes[i] & ~memory->memoryTypes[type].propertyFlags))
				return (int)type;
	return -1;
}
