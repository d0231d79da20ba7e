/* SPDX-License-Identifier: MIT */
/* Whether a driver's device addresses of host pages are the CPU's: asked of a device of its own, because its feature
 * would be of no use to any other. */
#include <string.h>

#include "base/alloc.h"
#include "gpu/device.h"

#define HOST_ALLOCATION VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT

struct probe {
	const struct tongs_gpu *gpu;
	struct tongs_vk_device vkd;
	PFN_vkGetBufferDeviceAddress GetBufferDeviceAddress;
	VkBuffer buffer;
	VkDeviceMemory memory;
};

/* Core Vulkan 1.2 has addresses, and a driver need not list the extension beside. */
static bool has_core(const struct tongs_gpu *gpu) {
	return gpu->info.properties.apiVersion >= VK_API_VERSION_1_2;
}

/* VK_ERROR_EXTENSION_NOT_PRESENT or VK_ERROR_FEATURE_NOT_PRESENT where the driver has none. */
static VkResult find_feature(const struct tongs_gpu *gpu) {
	bool has = has_core(gpu);
	VkResult result = VK_SUCCESS;
	if (!has)
		result = tongs_gpu_has_extension(
			gpu->vk, gpu->physical, VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME, &has);
	if (result != VK_SUCCESS || !has)
		return result == VK_SUCCESS ? VK_ERROR_EXTENSION_NOT_PRESENT : result;
	VkPhysicalDeviceBufferDeviceAddressFeatures address = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES,
	};
	VkPhysicalDeviceFeatures2 features = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
		.pNext = &address,
	};
	gpu->vk->GetPhysicalDeviceFeatures2(gpu->physical, &features);
	return address.bufferDeviceAddress ? VK_SUCCESS : VK_ERROR_FEATURE_NOT_PRESENT;
}

static VkResult create_device(const struct tongs_gpu *gpu, VkDevice *device) {
	static const char *const extensions[] = {
		VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME,
		VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME, /* the last: not where it is core */
	};
	VkResult result = find_feature(gpu);
	if (result != VK_SUCCESS)
		return result;
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

static VkResult bind_pages(struct probe *probe, void *pages, VkDeviceSize size) {
	const struct tongs_vk_device *vkd = &probe->vkd;
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = HOST_ALLOCATION,
	};
	const VkBufferCreateInfo buffer = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = &external,
		.size = size,
		.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT,
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
	int type = tongs_gpu_choose_memory_type(probe->gpu, types.memoryTypeBits & requirements.memoryTypeBits);
	if (type < 0 || requirements.size > size)
		return VK_ERROR_FEATURE_NOT_PRESENT;
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
	VkResult result = pages ? bind_pages(probe, pages, size) : VK_ERROR_OUT_OF_HOST_MEMORY;
	if (result == VK_SUCCESS) {
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

static VkResult run(const struct tongs_gpu *gpu, bool *identity) {
	struct probe probe = {.gpu = gpu};
	VkDevice device;
	*identity = false;
	VkResult result = create_device(gpu, &device);
	if (result != VK_SUCCESS)
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

/* What another attempt would not change. */
static bool is_final(VkResult result) {
	return result == VK_SUCCESS || result == VK_ERROR_EXTENSION_NOT_PRESENT ||
	       result == VK_ERROR_FEATURE_NOT_PRESENT;
}

bool tongs_gpu_addresses_are_pointers(struct tongs_gpu *gpu) {
	atomic_int *answer = &gpu->facts->addresses_are_pointers;
	if (*answer == TONGS_ANSWER_UNKNOWN) {
		bool identity;
		pthread_mutex_lock(&gpu->lock);
		if (*answer == TONGS_ANSWER_UNKNOWN && is_final(run(gpu, &identity)))
			*answer = identity ? TONGS_ANSWER_YES : TONGS_ANSWER_NO;
		pthread_mutex_unlock(&gpu->lock);
	}
	return *answer == TONGS_ANSWER_YES;
}
