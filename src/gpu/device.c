/* SPDX-License-Identifier: MIT */
/* Makes the VkDevice of a tongs_gpu, and finds which memory types take host pages on it. */
#include "gpu/device.h"

#include "base/alloc.h"
#include "base/log.h"

static VkResult create_device(const struct tongs_gpu *gpu, VkDevice *device) {
	/* A device needs a queue, and every physical device has a family 0. */
	const float priority = 1.0f;
	const VkDeviceQueueCreateInfo queue = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
		.queueFamilyIndex = 0,
		.queueCount = 1,
		.pQueuePriorities = &priority,
	};
	static const char *const extensions[] = {VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME};
	const VkDeviceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue,
		.enabledExtensionCount = sizeof(extensions) / sizeof(extensions[0]),
		.ppEnabledExtensionNames = extensions,
	};
	return gpu->vk->CreateDevice(gpu->physical, &info, NULL, device);
}

/* The types that take anonymous pages, which is what payloads are. */
static VkResult find_host_memory_types(
	const struct tongs_gpu *gpu, const struct tongs_vk_device *vkd, uint32_t *types) {
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
	*types = properties.memoryTypeBits;
	return result;
}

static VkResult make_locked(struct tongs_gpu *gpu) {
	struct tongs_vk_device vkd = {0};
	VkDevice device;
	VkResult result = create_device(gpu, &device);
	if (result != VK_SUCCESS)
		return result;
	if (!tongs_vk_device_init(&vkd, gpu->vk, device))
		result = VK_ERROR_INCOMPATIBLE_DRIVER;
	else
		result = find_host_memory_types(gpu, &vkd, &gpu->host_memory_types);
	if (result == VK_SUCCESS)
		gpu->vkd = vkd;
	else if (vkd.DestroyDevice)
		vkd.DestroyDevice(device, NULL);
	return result;
}

const struct tongs_vk_device *tongs_gpu_get_vk_device(struct tongs_gpu *gpu) {
	VkResult result = VK_SUCCESS;
	pthread_mutex_lock(&gpu->lock);
	if (!gpu->vkd.device) {
		tongs_vk_enter();
		result = make_locked(gpu);
		tongs_vk_leave();
	}
	pthread_mutex_unlock(&gpu->lock);
	if (result == VK_SUCCESS)
		return &gpu->vkd;
	tongs_log_error("the driver makes no VkDevice on %s: %s", gpu->info.properties.deviceName,
		tongs_vk_result_name(result));
	return NULL;
}

uint32_t tongs_gpu_get_host_memory_types(struct tongs_gpu *gpu) {
	return tongs_gpu_get_vk_device(gpu) ? gpu->host_memory_types : 0;
}
