/* SPDX-License-Identifier: MIT */
/* The physical devices that can share memory. */
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
	if (!extensions)
		tongs_log_error("no memory for the list of a Vulkan device's extensions");
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

/* All devices that were ever asked for, one of each UUID, to the end of the process: a VkDevice is slow to make, and
 * the last user may let go of it inside vkDestroyDevice or vkDestroyInstance, where the loader holds a lock that its
 * own calls take. */
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct tongs_gpu *list; /* guarded by list_lock, as the users of each */

/* With one user more; NULL when nobody has asked for it before. */
static struct tongs_gpu *find_locked(const uint8_t uuid[VK_UUID_SIZE]) {
	struct tongs_gpu *gpu = list;
	while (gpu && memcmp(gpu->info.uuid, uuid, VK_UUID_SIZE) != 0)
		gpu = gpu->next;
	if (gpu)
		gpu->users++;
	return gpu;
}

static struct tongs_gpu *find(const uint8_t uuid[VK_UUID_SIZE]) {
	pthread_mutex_lock(&list_lock);
	struct tongs_gpu *gpu = find_locked(uuid);
	pthread_mutex_unlock(&list_lock);
	return gpu;
}

static struct tongs_gpu *allocate(VkPhysicalDevice physical, const struct tongs_gpu_info *info) {
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
	gpu->users = 1;
	pthread_mutex_init(&gpu->lock, NULL);
	tongs_transfer_init(&gpu->transfer);
	tongs_needs_init(&gpu->needs);
	return gpu;
}

/* Of one that has not been in the list, and has no VkDevice. */
static void deallocate(struct tongs_gpu *gpu) {
	pthread_mutex_destroy(&gpu->needs.lock);
	pthread_mutex_destroy(&gpu->transfer.lock);
	pthread_mutex_destroy(&gpu->lock);
	tongs_free(NULL, gpu);
	tongs_vk_unref();
}

static struct tongs_gpu *create(VkPhysicalDevice physical, const struct tongs_gpu_info *info) {
	struct tongs_gpu *known = find(info->uuid);
	/* The list's lock is not held in a call of the loader, which may wait for a thread that lets go of a device. */
	struct tongs_gpu *gpu = known ? NULL : allocate(physical, info);
	if (!gpu)
		return known;
	pthread_mutex_lock(&list_lock);
	known = find_locked(info->uuid);
	if (!known) {
		gpu->next = list;
		list = gpu;
	}
	pthread_mutex_unlock(&list_lock);
	if (!known)
		return gpu;
	deallocate(gpu);
	return known;
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
	struct tongs_gpu *known = find(uuid);
	if (known)
		return known;
	struct search search = {.uuid = uuid};
	for_each(match, &search);
	return search.gpu;
}

void tongs_gpu_destroy(struct tongs_gpu *gpu) {
	if (!gpu)
		return;
	pthread_mutex_lock(&list_lock);
	bool unused = --gpu->users == 0;
	pthread_mutex_unlock(&list_lock);
	if (unused)
		tongs_transfer_trim(gpu);
}

const struct tongs_gpu_info *tongs_gpu_get_info(const struct tongs_gpu *gpu) {
	return &gpu->info;
}
