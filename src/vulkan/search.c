/* SPDX-License-Identifier: MIT */
/* The physical devices of all drivers: which can share, and which come first. */
#include "vulkan/search.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/log.h"
#include "vulkan/own_device_private.h"
#include "vulkan/import.h"

/* All device extensions, the caller's to free; NULL when there are none. */
static VkResult list_extensions(
	const struct tongs_vk *vk, VkPhysicalDevice physical, VkExtensionProperties **extensions, uint32_t *count) {
	*count = 0;
	*extensions = NULL;
	VkResult result = vk->EnumerateDeviceExtensionProperties(physical, NULL, count, NULL);
	if (result != VK_SUCCESS || *count == 0)
		return result;
	*extensions = tongs_malloc(*count, sizeof(**extensions));
	if (!*extensions)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	result = vk->EnumerateDeviceExtensionProperties(physical, NULL, count, *extensions);
	if (result >= 0)
		return VK_SUCCESS;
	tongs_free(NULL, *extensions);
	*extensions = NULL;
	return result;
}

static bool lists(const VkExtensionProperties *extensions, uint32_t count, const char *name) {
	for (uint32_t i = 0; extensions && i < count; i++)
		if (strcmp(extensions[i].extensionName, name) == 0)
			return true;
	return false;
}

VkResult tongs_physical_device_has_extension(
	const struct tongs_vk *vk, VkPhysicalDevice physical, const char *name, bool *has) {
	VkExtensionProperties *extensions;
	uint32_t count;
	VkResult result = list_extensions(vk, physical, &extensions, &count);
	*has = lists(extensions, count, name);
	tongs_free(NULL, extensions);
	return result;
}

/* `has_pci` tells whether the driver knows where the device is on its bus. */
static void read_device(struct tongs_physical_device *found, bool has_pci) {
	struct tongs_physical_device_info *info = &found->info;
	VkPhysicalDevicePCIBusInfoPropertiesEXT pci = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT,
	};
	VkPhysicalDeviceExternalMemoryHostPropertiesEXT host = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT,
		.pNext = has_pci ? &pci : NULL,
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
	found->vk->GetPhysicalDeviceProperties2(found->physical, &properties);
	found->vk->GetPhysicalDeviceMemoryProperties(found->physical, &info->memory);
	found->vk->GetPhysicalDeviceFeatures(found->physical, &info->features);
	info->id = tongs_vk_id_from(&id);
	info->properties = properties.properties;
	info->max_allocation_size = maintenance3.maxMemoryAllocationSize;
	info->host_pointer_alignment = host.minImportedHostPointerAlignment;
	found->rank = tongs_rank_from(&info->properties, has_pci ? &pci : NULL);
}

/* Fills the rest of `found` if the device can share. */
static VkResult look(struct tongs_physical_device *found, bool *can) {
	VkPhysicalDeviceProperties properties;
	VkExtensionProperties *extensions;
	uint32_t count;
	*can = false;
	found->vk->GetPhysicalDeviceProperties(found->physical, &properties);
	if (properties.apiVersion < VK_API_VERSION_1_1)
		return VK_SUCCESS;
	VkResult result = list_extensions(found->vk, found->physical, &extensions, &count);
	*can = lists(extensions, count, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME) &&
	       tongs_import_supports_any(found->vk->GetPhysicalDeviceExternalBufferProperties,
		       found->vk->GetPhysicalDeviceImageFormatProperties2, found->physical);
	if (*can)
		read_device(found, lists(extensions, count, VK_EXT_PCI_BUS_INFO_EXTENSION_NAME));
	found->info.has_format_features2 = properties.apiVersion >= VK_API_VERSION_1_3 ||
					   lists(extensions, count, VK_KHR_FORMAT_FEATURE_FLAGS_2_EXTENSION_NAME);
	tongs_free(NULL, extensions);
	return result;
}

struct search {
	/* Returns false when it has found enough, or has failed. */
	bool (*take)(struct search *search, const struct tongs_physical_device *found);
	VkResult result; /* why a device could not be looked at */
	size_t drivers;
	/* Of a device: */
	const uint8_t *device_uuid;
	const uint8_t *driver_uuid;
	struct tongs_physical_device *one;
	bool is_found;
	/* Of all: */
	struct tongs_physical_device *all;
	size_t count, capacity;
};

static bool look_at_all(
	struct search *search, const struct tongs_vk *vk, const VkPhysicalDevice *devices, uint32_t count) {
	bool going_on = true;
	for (uint32_t i = 0; devices && i < count && going_on; i++) {
		struct tongs_physical_device found = {.vk = vk, .physical = devices[i]};
		bool can;
		VkResult result = look(&found, &can);
		if (result != VK_SUCCESS)
			search->result = result;
		going_on = result != VK_ERROR_OUT_OF_HOST_MEMORY && (!can || search->take(search, &found));
	}
	return going_on;
}

static bool visit(const struct tongs_vk *vk, void *user) {
	struct search *search = user;
	search->drivers++;
	VkPhysicalDevice *devices = NULL;
	uint32_t count = 0;
	VkResult result = vk->EnumeratePhysicalDevices(vk->instance, &count, NULL);
	if (result == VK_SUCCESS && count > 0) {
		devices = tongs_malloc(count, sizeof(VkPhysicalDevice));
		result = devices ? vk->EnumeratePhysicalDevices(vk->instance, &count, devices)
				 : VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	if (result < 0)
		search->result = result;
	bool going_on = result >= 0 ? look_at_all(search, vk, devices, count) : result != VK_ERROR_OUT_OF_HOST_MEMORY;
	tongs_free(NULL, devices);
	return going_on;
}

/* The worst that happened. Many drivers are installed for hardware that few machines have: they have no device to list,
 * and that matters only where no other driver answers. */
static VkResult run(struct search *search, enum tongs_vk_scope scope, struct tongs_vk_failure *failure) {
	tongs_vk_visit(scope, visit, search, failure);
	if (failure->result == VK_ERROR_INCOMPATIBLE_DRIVER && search->drivers > 0)
		*failure = (struct tongs_vk_failure){0};
	return search->result != VK_SUCCESS ? search->result : failure->result;
}

static void report(VkResult result, const struct tongs_vk_failure *failure) {
	tongs_log_error("Vulkan cannot list all of its devices: %s%s%s", failure->what, *failure->what ? ": " : "",
		tongs_vk_result_name(result));
}

static bool take_all(struct search *search, const struct tongs_physical_device *found) {
	for (size_t i = 0; i < search->count; i++)
		if (tongs_vk_id_is_same(&search->all[i].info.id, &found->info.id))
			return true;
	if (search->count == search->capacity) {
		size_t capacity = 2 * search->capacity + 4;
		struct tongs_physical_device *all = tongs_malloc(capacity, sizeof(*all));
		if (!all) {
			search->result = VK_ERROR_OUT_OF_HOST_MEMORY;
			return false;
		}
		if (search->count)
			memcpy(all, search->all, search->count * sizeof(*all));
		tongs_free(NULL, search->all);
		search->all = all;
		search->capacity = capacity;
	}
	search->all[search->count++] = *found;
	return true;
}

/* By insertion: few devices, and equal ones stay in their drivers' order. */
static void sort(struct tongs_physical_device *all, size_t count) {
	for (size_t i = 1; i < count; i++) {
		struct tongs_physical_device moving = all[i];
		size_t to = i;
		for (; to > 0 && tongs_rank_compare(&moving.rank, &all[to - 1].rank) < 0; to--)
			all[to] = all[to - 1];
		all[to] = moving;
	}
}

size_t tongs_physical_device_list(struct tongs_physical_device **found) {
	struct search search = {.take = take_all};
	struct tongs_vk_failure failure;
	VkResult result = run(&search, TONGS_VK_INSTALLED, &failure);
	if (result == VK_ERROR_OUT_OF_HOST_MEMORY)
		search.count = 0;
	if (result != VK_SUCCESS && search.count == 0)
		report(result, &failure);
	else if (search.drivers == 0)
		tongs_log_error("no Vulkan driver is installed here (Debian: mesa-vulkan-drivers)");
	sort(search.all, search.count);
	*found = search.all;
	return search.count;
}

static bool take_one(struct search *search, const struct tongs_physical_device *found) {
	if (memcmp(found->info.id.device, search->device_uuid, VK_UUID_SIZE) != 0 ||
		(search->driver_uuid && memcmp(found->info.id.driver, search->driver_uuid, VK_UUID_SIZE) != 0))
		return true;
	*search->one = *found;
	search->is_found = true;
	return false;
}

VkResult tongs_physical_device_find(
	const uint8_t device_uuid[VK_UUID_SIZE], const uint8_t *driver_uuid, struct tongs_physical_device *found) {
	struct search search = {.take = take_one, .device_uuid = device_uuid, .driver_uuid = driver_uuid, .one = found};
	struct tongs_vk_failure failure;
	VkResult result = run(&search, TONGS_VK_ALL, &failure);
	if (search.is_found)
		return VK_SUCCESS;
	if (result == VK_SUCCESS)
		return VK_ERROR_INITIALIZATION_FAILED;
	report(result, &failure);
	return result;
}
