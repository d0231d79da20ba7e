/* SPDX-License-Identifier: MIT */
/* Whether a driver's device addresses of host pages are the CPU's: asked of a device of its own, because its feature
 * would be of no use to any other. */
#include <string.h>

#include "util/alloc.h"
#include "vulkan/own_device_private.h"

#define HOST_ALLOCATION VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT
#define USAGE (VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT)

struct probe {
	const struct tongs_own_device *gpu;
	struct tongs_vk_device vkd;
	PFN_vkGetBufferDeviceAddress GetBufferDeviceAddress;
	VkBuffer buffer;
	VkDeviceMemory memory;
};

/* Core Vulkan 1.2 has addresses, and a driver need not list the extension beside. */
static bool has_core(const struct tongs_own_device *gpu) {
	return gpu->info.properties.apiVersion >= VK_API_VERSION_1_2;
}

/* VUID-VkBufferCreateInfo-pNext-00920: asked before one is created. */
static bool can_import(const struct tongs_own_device *gpu) {
	const VkPhysicalDeviceExternalBufferInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.usage = USAGE,
		.handleType = HOST_ALLOCATION,
	};
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	gpu->vk->GetPhysicalDeviceExternalBufferProperties(gpu->physical, &info, &properties);
	return properties.externalMemoryProperties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
}

/* Of buffers in host pages. */
static VkResult has_addresses(const struct tongs_own_device *gpu, bool *has) {
	VkResult result = VK_SUCCESS;
	*has = has_core(gpu);
	if (!*has)
		result = tongs_physical_device_has_extension(
			gpu->vk, gpu->physical, VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME, has);
	if (result != VK_SUCCESS || !*has)
		return result;
	VkPhysicalDeviceBufferDeviceAddressFeatures address = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES,
	};
	VkPhysicalDeviceFeatures2 features = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
		.pNext = &address,
	};
	gpu->vk->GetPhysicalDeviceFeatures2(gpu->physical, &features);
	*has = address.bufferDeviceAddress && can_import(gpu);
	return VK_SUCCESS;
}

static VkResult create_device(const struct tongs_own_device *gpu, VkDevice *device) {
	static const char *const extensions[] = {
		VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME,
		VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME, /* the last: not where it is core */
	};
	const float priority = 1.0f;
	const VkDeviceQueueCreateInfo queue = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
		.queueCount = 1,
		.pQueuePriorities = &priority,
	};
	const VkPhysicalDeviceBufferDeviceAddressFeatures address = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES,
		.bufferDeviceAddress = VK_TRUE,
	};
	const VkDeviceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.pNext = &address,
		.queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue,
		.enabledExtensionCount = has_core(gpu) ? 1 : 2,
		.ppEnabledExtensionNames = extensions,
	};
	return gpu->vk->CreateDevice(gpu->physical, &info, NULL, device);
}

/* `*bound` is false where the driver would have the buffer elsewhere. */
static VkResult bind_pages(struct probe *probe, void *pages, VkDeviceSize size, bool *bound) {
	const struct tongs_vk_device *vkd = &probe->vkd;
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = HOST_ALLOCATION,
	};
	const VkBufferCreateInfo buffer = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = &external,
		.size = size,
		.usage = USAGE,
	};
	VkResult result = vkd->CreateBuffer(vkd->device, &buffer, NULL, &probe->buffer);
	if (result != VK_SUCCESS)
		return result;
	VkMemoryRequirements requirements;
	vkd->GetBufferMemoryRequirements(vkd->device, probe->buffer, &requirements);
	VkMemoryHostPointerPropertiesEXT types = {.sType = VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT};
	result = vkd->GetMemoryHostPointerPropertiesEXT(vkd->device, HOST_ALLOCATION, pages, &types);
	if (result != VK_SUCCESS)
		return result;
	int type = tongs_physical_device_choose_memory_type(
		probe->gpu, types.memoryTypeBits & requirements.memoryTypeBits);
	*bound = type >= 0 && requirements.size <= size;
	if (!*bound)
		return VK_SUCCESS;
	const VkMemoryAllocateFlagsInfo flags = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
		.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT,
	};
	const VkImportMemoryHostPointerInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
		.pNext = &flags,
		.handleType = HOST_ALLOCATION,
		.pHostPointer = pages,
	};
	const VkMemoryAllocateInfo memory = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &import,
		.allocationSize = size,
		.memoryTypeIndex = (uint32_t)type,
	};
	result = vkd->AllocateMemory(vkd->device, &memory, NULL, &probe->memory);
	return result == VK_SUCCESS ? vkd->BindBufferMemory(vkd->device, probe->buffer, probe->memory, 0) : result;
}

static VkResult is_identity(struct probe *probe, bool *identity) {
	size_t size = 16 * probe->gpu->info.host_pointer_alignment;
	void *pages = tongs_alloc_pages(size, probe->gpu->info.host_pointer_alignment);
	bool bound = false;
	VkResult result = pages ? bind_pages(probe, pages, size, &bound) : VK_ERROR_OUT_OF_HOST_MEMORY;
	if (result == VK_SUCCESS && bound) {
		const VkBufferDeviceAddressInfo info = {
			.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO,
			.buffer = probe->buffer,
		};
		*identity = probe->GetBufferDeviceAddress(probe->vkd.device, &info) == (uintptr_t)pages;
	}
	probe->vkd.DestroyBuffer(probe->vkd.device, probe->buffer, NULL);
	probe->vkd.FreeMemory(probe->vkd.device, probe->memory, NULL);
	if (pages)
		tongs_free_pages(pages, size);
	return result;
}

static VkResult run(const struct tongs_own_device *gpu, bool *identity) {
	struct probe probe = {.gpu = gpu};
	VkDevice device;
	*identity = false;
	bool has;
	VkResult result = has_addresses(gpu, &has);
	if (result == VK_SUCCESS && has)
		result = create_device(gpu, &device);
	if (result != VK_SUCCESS || !has)
		return result;
	bool complete = tongs_vk_device_init(&probe.vkd, gpu->vk, device);
	probe.GetBufferDeviceAddress = (PFN_vkGetBufferDeviceAddress)gpu->vk->GetDeviceProcAddr(
		device, has_core(gpu) ? "vkGetBufferDeviceAddress" : "vkGetBufferDeviceAddressKHR");
	if (complete && probe.GetBufferDeviceAddress)
		result = is_identity(&probe, identity);
	if (probe.vkd.DestroyDevice)
		probe.vkd.DestroyDevice(device, NULL);
	return result;
}

bool tongs_own_device_addresses_are_pointers(struct tongs_own_device *gpu) {
	atomic_int *answer = &gpu->facts->addresses_are_pointers;
	if (*answer == TONGS_TRISTATE_UNKNOWN) {
		bool identity;
		pthread_mutex_lock(&gpu->lock);
		if (*answer == TONGS_TRISTATE_UNKNOWN && run(gpu, &identity) == VK_SUCCESS)
			*answer = identity ? TONGS_TRISTATE_YES : TONGS_TRISTATE_NO;
		pthread_mutex_unlock(&gpu->lock);
	}
	return *answer == TONGS_TRISTATE_YES;
}
