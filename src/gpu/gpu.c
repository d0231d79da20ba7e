/* SPDX-License-Identifier: MIT */
/* The physical devices that can share memory, and the one VkDevice on each that layout queries use. */
#include "gpu/gpu.h"

#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "gpu/device.h"

static bool has_host_memory(const struct tongs_vk *vk, VkPhysicalDevice physical) {
	bool found = false;
	uint32_t count = 0;
	VkExtensionProperties *extensions = NULL;
	if (vk->EnumerateDeviceExtensionProperties(physical, NULL, &count, NULL) != VK_SUCCESS)
		return false;
	extensions = tongs_malloc(count, sizeof(*extensions));
	if (!extensions || vk->EnumerateDeviceExtensionProperties(physical, NULL, &count, extensions) != VK_SUCCESS)
		count = 0;
	for (uint32_t i = 0; i < count && !found; i++)
		found = strcmp(extensions[i].extensionName, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME) == 0;
	tongs_free(NULL, extensions);
	return found;
}

static void read_info(const struct tongs_vk *vk, VkPhysicalDevice physical, struct tongs_gpu_info *info) {
	VkPhysicalDeviceExternalMemoryHostPropertiesEXT host = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT,
	};
	VkPhysicalDeviceMaintenance3Properties maintenance3 = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES,
		.pNext = &host,
	};
	VkPhysicalDeviceIDProperties id = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES,
		.pNext = &maintenance3,
	};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
		.pNext = &id,
	};
	vk->GetPhysicalDeviceProperties2(physical, &properties);
	vk->GetPhysicalDeviceMemoryProperties(physical, &info->memory);
	vk->GetPhysicalDeviceFeatures(physical, &info->features);
	memcpy(info->uuid, id.deviceUUID, VK_UUID_SIZE);
	info->properties = properties.properties;
	info->max_allocation_size = maintenance3.maxMemoryAllocationSize;
	info->host_pointer_alignment = host.minImportedHostPointerAlignment;
}

/* Fills `info` if the device can share. */
static bool can_share(const struct tongs_vk *vk, VkPhysicalDevice physical, struct tongs_gpu_info *info) {
	VkPhysicalDeviceProperties properties;
	vk->GetPhysicalDeviceProperties(physical, &properties);
	if (properties.apiVersion < VK_API_VERSION_1_1 || !has_host_memory(vk, physical))
		return false;
	read_info(vk, physical, info);
	return true;
}

/* NULL when there is none or memory runs out. */
static VkPhysicalDevice *list_physical_devices(const struct tongs_vk *vk, uint32_t *count) {
	VkPhysicalDevice *list = NULL;
	VkResult result = vk->EnumeratePhysicalDevices(vk->instance, count, NULL);
	if (result == VK_SUCCESS && *count > 0) {
		list = tongs_malloc(*count, sizeof(VkPhysicalDevice));
		result = list ? vk->EnumeratePhysicalDevices(vk->instance, count, list) : VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	if (result == VK_SUCCESS || result == VK_INCOMPLETE)
		return list;
	tongs_log_error("Vulkan cannot list its devices: %s", tongs_vk_result_name(result));
	tongs_free(NULL, list);
	return NULL;
}

/* Devices that nobody uses, at most one of each UUID, kept for the next to ask: a VkDevice is slow to make, and the
 * last user may let go of it inside vkDestroyDevice or vkDestroyInstance, where the loader holds a lock that its own
 * calls take. */
static pthread_mutex_t idle_lock = PTHREAD_MUTEX_INITIALIZER;
static struct tongs_gpu *idle; /* guarded by idle_lock */

static struct tongs_gpu **find_idle_locked(const uint8_t uuid[VK_UUID_SIZE]) {
	struct tongs_gpu **link = &idle;
	while (*link && memcmp((*link)->info.uuid, uuid, VK_UUID_SIZE) != 0)
		link = &(*link)->next_idle;
	return link;
}

static struct tongs_gpu *take_idle(const uint8_t uuid[VK_UUID_SIZE]) {
	pthread_mutex_lock(&idle_lock);
	struct tongs_gpu **link = find_idle_locked(uuid);
	struct tongs_gpu *gpu = *link;
	if (gpu)
		*link = gpu->next_idle;
	pthread_mutex_unlock(&idle_lock);
	return gpu;
}

/* False when there is one of the UUID already. */
static bool put_idle(struct tongs_gpu *gpu) {
	pthread_mutex_lock(&idle_lock);
	bool first = !*find_idle_locked(gpu->info.uuid);
	if (first) {
		gpu->next_idle = idle;
		idle = gpu;
	}
	pthread_mutex_unlock(&idle_lock);
	return first;
}

static struct tongs_gpu *create(VkPhysicalDevice physical, const struct tongs_gpu_info *info) {
	struct tongs_gpu *known = take_idle(info->uuid);
	if (known)
		return known;
	const struct tongs_vk *vk = tongs_vk_ref();
	if (!vk)
		return NULL;
	struct tongs_gpu *gpu = tongs_malloc(1, sizeof(*gpu));
	if (!gpu) {
		tongs_vk_unref();
		tongs_log_error("no memory for the Vulkan device %s", info->properties.deviceName);
		return NULL;
	}
	gpu->vk = vk;
	gpu->physical = physical;
	gpu->info = *info;
	pthread_mutex_init(&gpu->lock, NULL);
	return gpu;
}

/* Calls `visit` with each device that can share until it returns false. */
static void for_each(
	bool (*visit)(VkPhysicalDevice physical, const struct tongs_gpu_info *info, void *user), void *user) {
	const struct tongs_vk *vk = tongs_vk_ref();
	if (!vk)
		return;
	uint32_t count = 0;
	tongs_vk_enter();
	VkPhysicalDevice *physical = list_physical_devices(vk, &count);
	struct tongs_gpu_info info = {0};
	for (uint32_t i = 0; physical && i < count; i++) {
		if (can_share(vk, physical[i], &info) && !visit(physical[i], &info, user))
			break;
	}
	tongs_vk_leave();
	tongs_free(NULL, physical);
	tongs_vk_unref();
}

struct collection {
	struct tongs_gpu **gpus;
	size_t capacity;
	size_t count;
};

static bool collect(VkPhysicalDevice physical, const struct tongs_gpu_info *info, void *user) {
	struct collection *collection = user;
	if (collection->count < collection->capacity) {
		struct tongs_gpu *gpu = create(physical, info);
		if (!gpu)
			return false;
		collection->gpus[collection->count] = gpu;
	}
	collection->count++;
	return true;
}

size_t tongs_gpu_create_all(struct tongs_gpu **gpus, size_t capacity) {
	struct collection collection = {.gpus = gpus, .capacity = capacity};
	for_each(collect, &collection);
	return collection.count;
}

struct search {
	const uint8_t *uuid;
	struct tongs_gpu *gpu;
};

static bool match(VkPhysicalDevice physical, const struct tongs_gpu_info *info, void *user) {
	struct search *search = user;
	if (memcmp(info->uuid, search->uuid, VK_UUID_SIZE) != 0)
		return true;
	search->gpu = create(physical, info);
	return false;
}

struct tongs_gpu *tongs_gpu_create(const uint8_t uuid[VK_UUID_SIZE]) {
	struct tongs_gpu *known = take_idle(uuid);
	if (known)
		return known;
	struct search search = {.uuid = uuid};
	for_each(match, &search);
	return search.gpu;
}

void tongs_gpu_destroy(struct tongs_gpu *gpu) {
	if (!gpu || put_idle(gpu))
		return;
	if (gpu->vkd.device) {
		tongs_vk_enter();
		gpu->vkd.DestroyDevice(gpu->vkd.device, NULL);
		tongs_vk_leave();
	}
	pthread_mutex_destroy(&gpu->lock);
	tongs_free(NULL, gpu);
	tongs_vk_unref();
}

const struct tongs_gpu_info *tongs_gpu_get_info(const struct tongs_gpu *gpu) {
	return &gpu->info;
}
