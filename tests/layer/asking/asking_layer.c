/* SPDX-License-Identifier: MIT */
#include "asking_layer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <tongs/vulkan_metal.h>
#include <vulkan/vk_layer.h>

struct asking asking;

/* What is below one instance or one device. The table at the head of every dispatchable object is its key. */
struct below {
	const void *key; /* NULL: free */
	PFN_vkGetInstanceProcAddr get_instance_proc_addr;
	PFN_vkGetDeviceProcAddr get_device_proc_addr;
	VkInstance instance;
};

enum { MAX_BELOW = 64 };
static struct below all[MAX_BELOW];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const void *key_of(const void *object) {
	return *(const void *const *)object;
}

static void put(const struct below *below) {
	size_t i = 0;
	pthread_mutex_lock(&lock);
	while (i < MAX_BELOW && all[i].key)
		i++;
	if (i == MAX_BELOW)
		abort();
	all[i] = *below;
	pthread_mutex_unlock(&lock);
}

static struct below look_up(const void *object, int take) {
	size_t i = 0;
	pthread_mutex_lock(&lock);
	while (i < MAX_BELOW && all[i].key != key_of(object))
		i++;
	if (i == MAX_BELOW)
		abort();
	struct below below = all[i];
	if (take)
		all[i].key = NULL;
	pthread_mutex_unlock(&lock);
	return below;
}

static void hear(VkResult result) {
	asking.asked++;
	asking.refused += result != VK_SUCCESS;
}

static int is_time(enum asking_moment moment) {
	return atomic_load(&asking.moments) >> moment & 1;
}

/* Depth is of a layout that the driver alone knows: whether it can be shared is asked of a device. */
#define FORMAT VK_FORMAT_D16_UNORM
#define USAGE (VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT)

static void ask_instance(const struct below *below) {
	PFN_vkEnumeratePhysicalDevices enumerate = (PFN_vkEnumeratePhysicalDevices)below->get_instance_proc_addr(
		below->instance, "vkEnumeratePhysicalDevices");
	PFN_vkGetPhysicalDeviceImageFormatProperties2 query =
		(PFN_vkGetPhysicalDeviceImageFormatProperties2)below->get_instance_proc_addr(
			below->instance, "vkGetPhysicalDeviceImageFormatProperties2");
	const VkPhysicalDeviceExternalImageFormatInfo external = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT,
	};
	const VkPhysicalDeviceImageFormatInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &external,
		.format = FORMAT,
		.type = VK_IMAGE_TYPE_2D,
		.tiling = VK_IMAGE_TILING_OPTIMAL,
		.usage = USAGE,
	};
	VkImageFormatProperties2 properties = {.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2};
	VkPhysicalDevice physical;
	uint32_t count = 1;
	hear(enumerate(below->instance, &count, &physical) < 0 || count == 0 ? VK_ERROR_INITIALIZATION_FAILED
									     : query(physical, &info, &properties));
}

static void ask_device(const struct below *below, VkDevice device) {
	PFN_vkCreateImage create = (PFN_vkCreateImage)below->get_device_proc_addr(device, "vkCreateImage");
	PFN_vkDestroyImage destroy = (PFN_vkDestroyImage)below->get_device_proc_addr(device, "vkDestroyImage");
	PFN_vkGetImageMemoryRequirements get_requirements =
		(PFN_vkGetImageMemoryRequirements)below->get_device_proc_addr(device, "vkGetImageMemoryRequirements");
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT,
	};
	const VkImageCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.pNext = &external,
		.imageType = VK_IMAGE_TYPE_2D,
		.format = FORMAT,
		.extent = {64, 64, 1},
		.mipLevels = 1,
		.arrayLayers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.tiling = VK_IMAGE_TILING_OPTIMAL,
		.usage = USAGE,
	};
	VkImage image = VK_NULL_HANDLE;
	VkMemoryRequirements requirements = {0};
	VkResult result = create(device, &info, NULL, &image);
	if (result == VK_SUCCESS)
		get_requirements(device, image, &requirements);
	destroy(device, image, NULL);
	hear(result == VK_SUCCESS && requirements.size == 0 ? VK_ERROR_UNKNOWN : result);
}

static VKAPI_ATTR VkResult VKAPI_CALL ask_CreateInstance(
	const VkInstanceCreateInfo *info, const VkAllocationCallbacks *callbacks, VkInstance *instance) {
	VkLayerInstanceCreateInfo *link = (VkLayerInstanceCreateInfo *)info->pNext;
	while (link->sType != VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO || link->function != VK_LAYER_LINK_INFO)
		link = (VkLayerInstanceCreateInfo *)link->pNext;
	struct below below = {.get_instance_proc_addr = link->u.pLayerInfo->pfnNextGetInstanceProcAddr};
	link->u.pLayerInfo = link->u.pLayerInfo->pNext;
	PFN_vkCreateInstance create =
		(PFN_vkCreateInstance)below.get_instance_proc_addr(VK_NULL_HANDLE, "vkCreateInstance");
	VkResult result = create(info, callbacks, instance);
	if (result != VK_SUCCESS)
		return result;
	asking.instances++;
	below.key = key_of(*instance);
	below.instance = *instance;
	put(&below);
	if (is_time(ASKING_CREATE_INSTANCE))
		ask_instance(&below);
	return VK_SUCCESS;
}

static VKAPI_ATTR void VKAPI_CALL ask_DestroyInstance(VkInstance instance, const VkAllocationCallbacks *callbacks) {
	if (!instance)
		return;
	struct below below = look_up(instance, 1);
	PFN_vkDestroyInstance destroy =
		(PFN_vkDestroyInstance)below.get_instance_proc_addr(instance, "vkDestroyInstance");
	if (is_time(ASKING_DESTROY_INSTANCE))
		ask_instance(&below);
	destroy(instance, callbacks);
}

static VKAPI_ATTR VkResult VKAPI_CALL ask_CreateDevice(VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
	const VkAllocationCallbacks *callbacks, VkDevice *device) {
	VkLayerDeviceCreateInfo *link = (VkLayerDeviceCreateInfo *)info->pNext;
	while (link->sType != VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO || link->function != VK_LAYER_LINK_INFO)
		link = (VkLayerDeviceCreateInfo *)link->pNext;
	struct below below = {
		.get_instance_proc_addr = link->u.pLayerInfo->pfnNextGetInstanceProcAddr,
		.get_device_proc_addr = link->u.pLayerInfo->pfnNextGetDeviceProcAddr,
		.instance = look_up(physical, 0).instance,
	};
	link->u.pLayerInfo = link->u.pLayerInfo->pNext;
	PFN_vkCreateDevice create = (PFN_vkCreateDevice)below.get_instance_proc_addr(below.instance, "vkCreateDevice");
	VkResult result = create(physical, info, callbacks, device);
	if (result != VK_SUCCESS)
		return result;
	asking.devices++;
	below.key = key_of(*device);
	put(&below);
	if (is_time(ASKING_CREATE_DEVICE)) {
		ask_instance(&below);
		ask_device(&below, *device);
	}
	return VK_SUCCESS;
}

static VKAPI_ATTR void VKAPI_CALL ask_DestroyDevice(VkDevice device, const VkAllocationCallbacks *callbacks) {
	if (!device)
		return;
	struct below below = look_up(device, 1);
	PFN_vkDestroyDevice destroy = (PFN_vkDestroyDevice)below.get_device_proc_addr(device, "vkDestroyDevice");
	if (is_time(ASKING_DESTROY_DEVICE)) {
		ask_instance(&below);
		ask_device(&below, device);
	}
	destroy(device, callbacks);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_device_proc_addr(VkDevice device, const char *name) {
	if (strcmp(name, "vkGetDeviceProcAddr") == 0)
		return (PFN_vkVoidFunction)get_device_proc_addr;
	if (strcmp(name, "vkDestroyDevice") == 0)
		return (PFN_vkVoidFunction)ask_DestroyDevice;
	return look_up(device, 0).get_device_proc_addr(device, name);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_instance_proc_addr(VkInstance instance, const char *name) {
	static const struct {
		const char *name;
		PFN_vkVoidFunction function;
	} own[] = {
		{"vkGetInstanceProcAddr", (PFN_vkVoidFunction)get_instance_proc_addr},
		{"vkCreateInstance", (PFN_vkVoidFunction)ask_CreateInstance},
		{"vkDestroyInstance", (PFN_vkVoidFunction)ask_DestroyInstance},
		{"vkCreateDevice", (PFN_vkVoidFunction)ask_CreateDevice},
		{"vkGetDeviceProcAddr", (PFN_vkVoidFunction)get_device_proc_addr},
		{"vkDestroyDevice", (PFN_vkVoidFunction)ask_DestroyDevice},
	};
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strcmp(name, own[i].name) == 0)
			return own[i].function;
	return instance ? look_up(instance, 0).get_instance_proc_addr(instance, name) : NULL;
}

__attribute__((visibility("default"))) VKAPI_ATTR VkResult VKAPI_CALL vkNegotiateLoaderLayerInterfaceVersion(
	VkNegotiateLayerInterface *version) {
	version->loaderLayerInterfaceVersion = 2;
	version->pfnGetInstanceProcAddr = get_instance_proc_addr;
	version->pfnGetDeviceProcAddr = get_device_proc_addr;
	version->pfnGetPhysicalDeviceProcAddr = NULL;
	return VK_SUCCESS;
}
