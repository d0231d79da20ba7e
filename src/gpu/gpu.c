/* SPDX-License-Identifier: MIT */
/* The physical devices that can share memory. */
#include "gpu/gpu.h"

#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "gpu/device.h"
#include "gpu/host_import.h"
#include "gpu/reaper.h"

VkResult tongs_gpu_has_extension(const struct tongs_vk *vk, VkPhysicalDevice physical, const char *name, bool *has) {
	uint32_t count = 0;
	VkExtensionProperties *extensions = NULL;
	*has = false;
	VkResult result = vk->EnumerateDeviceExtensionProperties(physical, NULL, &count, NULL);
	if (result == VK_SUCCESS) {
		extensions = tongs_malloc(count, sizeof(*extensions));
		result = extensions ? vk->EnumerateDeviceExtensionProperties(physical, NULL, &count, extensions)
				    : VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	for (uint32_t i = 0; extensions && result >= 0 && i < count && !*has; i++)
		*has = strcmp(extensions[i].extensionName, name) == 0;
	tongs_free(NULL, extensions);
	if (result >= 0)
		return VK_SUCCESS;
	tongs_log_error("Vulkan cannot list a device's extensions: %s", tongs_vk_result_name(result));
	return result;
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
	info->id = tongs_gpu_id_from(&id);
	info->properties = properties.properties;
	info->max_allocation_size = maintenance3.maxMemoryAllocationSize;
	info->host_pointer_alignment = host.minImportedHostPointerAlignment;
}

/* Fills `info` if the device can share. */
static VkResult can_share(
	const struct tongs_vk *vk, VkPhysicalDevice physical, struct tongs_gpu_info *info, bool *can) {
	VkPhysicalDeviceProperties properties;
	VkResult result = VK_SUCCESS;
	*can = false;
	vk->GetPhysicalDeviceProperties(physical, &properties);
	if (properties.apiVersion >= VK_API_VERSION_1_1)
		result = tongs_gpu_has_extension(vk, physical, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME, can);
	*can = *can && tongs_host_import_anything(vk->GetPhysicalDeviceExternalBufferProperties,
			       vk->GetPhysicalDeviceImageFormatProperties2, physical);
	if (*can)
		read_info(vk, physical, info);
	info->has_format_features2 = properties.apiVersion >= VK_API_VERSION_1_3;
	if (*can && !info->has_format_features2)
		result = tongs_gpu_has_extension(
			vk, physical, VK_KHR_FORMAT_FEATURE_FLAGS_2_EXTENSION_NAME, &info->has_format_features2);
	return result;
}

/* The list is the caller's to free; NULL when there is none. */
static VkResult list_physical_devices(const struct tongs_vk *vk, VkPhysicalDevice **physical, uint32_t *count) {
	VkPhysicalDevice *all = NULL;
	VkResult result = vk->EnumeratePhysicalDevices(vk->instance, count, NULL);
	if (result == VK_SUCCESS && *count > 0) {
		all = tongs_malloc(*count, sizeof(VkPhysicalDevice));
		result = all ? vk->EnumeratePhysicalDevices(vk->instance, count, all) : VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	*physical = all;
	if (result == VK_SUCCESS || result == VK_INCOMPLETE)
		return VK_SUCCESS;
	tongs_log_error("Vulkan cannot list its devices: %s", tongs_vk_result_name(result));
	tongs_free(NULL, all);
	*physical = NULL;
	return result;
}

/* One of each id: all that have users, and those whose last user has let go not long ago, which the next one gets
 * without waiting for a VkDevice. */
static struct tongs_gpu *list; /* guarded by tongs_reaper_lock */

/* With one user more; NULL when it is not there. */
static struct tongs_gpu *find_locked(const struct tongs_gpu_id *id) {
	struct tongs_gpu *gpu = list;
	while (gpu && !tongs_gpu_id_is_same(&gpu->info.id, id))
		gpu = gpu->next;
	if (gpu)
		gpu->users++;
	return gpu;
}

static struct tongs_gpu *find(const struct tongs_gpu_id *id) {
	tongs_reaper_lock();
	struct tongs_gpu *gpu = find_locked(id);
	tongs_reaper_unlock();
	return gpu;
}

static struct tongs_gpu *allocate(VkPhysicalDevice physical, const struct tongs_gpu_info *info) {
	const struct tongs_vk *vk = tongs_vk_ref();
	if (!vk)
		return NULL;
	struct tongs_facts *facts = tongs_facts_get(&info->id);
	struct tongs_gpu *gpu = facts ? tongs_malloc(1, sizeof(*gpu)) : NULL;
	if (!gpu) {
		tongs_vk_unref();
		tongs_log_error("no memory for the Vulkan device %s", info->properties.deviceName);
		return NULL;
	}
	gpu->vk = vk;
	gpu->physical = physical;
	gpu->info = *info;
	gpu->facts = facts;
	gpu->users = 1;
	tongs_fork_init_lock(&gpu->lock_at_fork, &gpu->lock, TONGS_LOCK_GPU);
	tongs_transfer_init(&gpu->transfer);
	return gpu;
}

void tongs_gpu_free(struct tongs_gpu *gpu) {
	tongs_gpu_destroy_vk_device(gpu);
	tongs_fork_finish_lock(&gpu->transfer.lock_at_fork);
	tongs_fork_finish_lock(&gpu->lock_at_fork);
	tongs_free(NULL, gpu);
	tongs_vk_unref();
}

static struct tongs_gpu *create(VkPhysicalDevice physical, const struct tongs_gpu_info *info) {
	struct tongs_gpu *known = find(&info->id);
	/* Without the lock: the loader may wait for a thread that lets go of a device. */
	struct tongs_gpu *gpu = known ? NULL : allocate(physical, info);
	if (!gpu)
		return known;
	tongs_reaper_lock();
	known = find_locked(&info->id);
	if (!known) {
		gpu->next = list;
		list = gpu;
	}
	tongs_reaper_unlock();
	if (!known)
		return gpu;
	tongs_gpu_free(gpu);
	return known;
}

/* Calls `visit` with each device that can share until it returns false. An error when some could not be looked at. */
static VkResult for_each(
	bool (*visit)(VkPhysicalDevice physical, const struct tongs_gpu_info *info, void *user), void *user) {
	const struct tongs_vk *vk;
	VkPhysicalDevice *physical;
	uint32_t count = 0;
	VkResult result = tongs_vk_try_ref(&vk);
	if (result != VK_SUCCESS)
		return result;
	tongs_vk_enter();
	result = list_physical_devices(vk, &physical, &count);
	struct tongs_gpu_info info = {0};
	for (uint32_t i = 0; physical && i < count; i++) {
		bool can;
		VkResult looked = can_share(vk, physical[i], &info, &can);
		if (looked != VK_SUCCESS)
			result = looked;
		if (can && !visit(physical[i], &info, user))
			break;
	}
	tongs_vk_leave();
	tongs_free(NULL, physical);
	tongs_vk_unref();
	return result;
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
	const uint8_t *device_uuid;
	const uint8_t *driver_uuid; /* NULL: any */
	bool found;
	struct tongs_gpu *gpu; /* NULL although it is found: memory ran out */
};

static bool match(VkPhysicalDevice physical, const struct tongs_gpu_info *info, void *user) {
	struct search *search = user;
	if (memcmp(info->id.device, search->device_uuid, VK_UUID_SIZE) != 0 ||
		(search->driver_uuid && memcmp(info->id.driver, search->driver_uuid, VK_UUID_SIZE) != 0))
		return true;
	search->found = true;
	search->gpu = create(physical, info);
	return false;
}

VkResult tongs_gpu_find(const struct tongs_gpu_id *id, struct tongs_gpu **gpu) {
	*gpu = find(id);
	if (*gpu)
		return VK_SUCCESS;
	struct search search = {.device_uuid = id->device, .driver_uuid = id->driver};
	VkResult result = for_each(match, &search);
	*gpu = search.gpu;
	if (search.found)
		return search.gpu ? VK_SUCCESS : VK_ERROR_OUT_OF_HOST_MEMORY;
	return result;
}

struct tongs_gpu *tongs_gpu_create(const struct tongs_gpu_id *id) {
	struct tongs_gpu *gpu;
	tongs_gpu_find(id, &gpu);
	return gpu;
}

struct tongs_gpu *tongs_gpu_create_from_uuid(const uint8_t uuid[VK_UUID_SIZE]) {
	struct search search = {.device_uuid = uuid};
	for_each(match, &search);
	return search.gpu;
}

void tongs_gpu_destroy(struct tongs_gpu *gpu) {
	if (!gpu)
		return;
	tongs_reaper_lock();
	bool trim = gpu->users == 1 && !gpu->inherited;
	tongs_reaper_unlock();
	/* While it is still the caller's. A new user makes again what it needs. */
	if (trim)
		tongs_transfer_trim(gpu);
	tongs_reaper_lock();
	bool reap = --gpu->users == 0 && !gpu->inherited;
	gpu->unused_since = tongs_reaper_now();
	tongs_reaper_unlock();
	if (reap)
		tongs_reaper_wake();
}

struct tongs_gpu *tongs_gpu_take_unused_locked(uint64_t until, uint64_t *oldest) {
	*oldest = UINT64_MAX;
	for (struct tongs_gpu **link = &list; *link; link = &(*link)->next) {
		struct tongs_gpu *gpu = *link;
		if (gpu->users > 0 || gpu->inherited)
			continue;
		if (gpu->unused_since <= until) {
			*link = gpu->next;
			return gpu;
		}
		if (gpu->unused_since < *oldest)
			*oldest = gpu->unused_since;
	}
	return NULL;
}

void tongs_gpu_inherit_locked(void) {
	for (struct tongs_gpu *gpu = list; gpu; gpu = gpu->next)
		gpu->inherited = true;
}

const struct tongs_gpu_info *tongs_gpu_get_info(const struct tongs_gpu *gpu) {
	return &gpu->info;
}
