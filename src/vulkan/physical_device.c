/* SPDX-License-Identifier: MIT */
/* Lists physical devices: which of them can import memory, and in which order. */
#define _GNU_SOURCE /* secure_getenv; NOLINT(bugprone-reserved-identifier) */
#include "vulkan/physical_device.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/list.h"
#include "util/log.h"
#include "vulkan/import.h"
#include "vulkan/semaphore.h"
#include "vulkan/vk.h"

/* VK_LOADER_DEVICE_SELECT: `vendor:device`, in hexadecimal digits. */
static bool is_selected(const VkPhysicalDeviceProperties *properties) {
	const char *selection = secure_getenv("VK_LOADER_DEVICE_SELECT");
	char *end;
	if (!selection)
		return false;
	unsigned long vendor = strtoul(selection, &end, 16);
	if (end == selection || *end != ':')
		return false;
	const char *rest = end + 1;
	unsigned long device = strtoul(rest, &end, 16);
	return end != rest && vendor == properties->vendorID && device == properties->deviceID;
}

static uint32_t rank_kind(const VkPhysicalDeviceProperties *properties) {
	static const VkPhysicalDeviceType types[] = {
		VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU,
		VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU,
		VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU,
		VK_PHYSICAL_DEVICE_TYPE_OTHER,
		VK_PHYSICAL_DEVICE_TYPE_CPU,
	};
	uint32_t rank = 0;
	if (is_selected(properties))
		return 0;
	while (rank < sizeof(types) / sizeof(types[0]) && types[rank] != properties->deviceType)
		rank++;
	return rank + 1;
}

struct tongs_rank tongs_rank_from(
	const VkPhysicalDeviceProperties *properties, const VkPhysicalDevicePCIBusInfoPropertiesEXT *pci) {
	return (struct tongs_rank){
		.kind = rank_kind(properties),
		.pci = pci ? (uint64_t)pci->pciDomain << 24 | (uint64_t)(pci->pciBus & 0xff) << 16 |
				       (uint64_t)(pci->pciDevice & 0xff) << 8 | (pci->pciFunction & 0xff)
			   : UINT64_MAX,
		.ids = properties->vendorID ^ properties->deviceID,
	};
}

int tongs_rank_compare(const struct tongs_rank *a, const struct tongs_rank *b) {
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->pci != b->pci)
		return a->pci < b->pci ? -1 : 1;
	return a->ids < b->ids ? -1 : a->ids > b->ids;
}

/* All device extensions, for the caller to free; NULL if there are none. */
static VkResult list_extensions(
	const struct tongs_physical_device *device, VkExtensionProperties **extensions, uint32_t *count) {
	const struct tongs_vk *vk = device->vk;
	*count = 0;
	*extensions = NULL;
	VkResult result = vk->EnumerateDeviceExtensionProperties(device->handle, NULL, count, NULL);
	if (result != VK_SUCCESS || *count == 0)
		return result;
	*extensions = tongs_malloc(*count, sizeof(**extensions));
	if (!*extensions)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	result = vk->EnumerateDeviceExtensionProperties(device->handle, NULL, count, *extensions);
	if (result >= 0)
		return VK_SUCCESS;
	tongs_free(NULL, *extensions);
	*extensions = NULL;
	return result;
}

static bool contains(const VkExtensionProperties *extensions, uint32_t count, const char *name) {
	for (uint32_t i = 0; extensions && i < count; i++)
		if (strcmp(extensions[i].extensionName, name) == 0)
			return true;
	return false;
}

VkResult tongs_physical_device_has_extension(const struct tongs_physical_device *device, const char *name, bool *has) {
	VkExtensionProperties *extensions;
	uint32_t count;
	VkResult result = list_extensions(device, &extensions, &count);
	*has = contains(extensions, count, name);
	tongs_free(NULL, extensions);
	return result;
}

static void read_info(struct tongs_physical_device *device, bool has_driver, bool has_pci) {
	struct tongs_physical_device_info *info = &device->info;
	VkPhysicalDevicePCIBusInfoPropertiesEXT pci = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT,
	};
	VkPhysicalDeviceDriverProperties driver = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES,
		.pNext = has_pci ? &pci : NULL,
	};
	VkPhysicalDeviceMaintenance3Properties maintenance3 = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES,
		.pNext = has_driver ? (void *)&driver : driver.pNext,
	};
	VkPhysicalDeviceIDProperties id = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES,
		.pNext = &maintenance3,
	};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
		.pNext = &id,
	};
	device->vk->GetPhysicalDeviceProperties2(device->handle, &properties);
	device->vk->GetPhysicalDeviceMemoryProperties(device->handle, &info->memory);
	device->vk->GetPhysicalDeviceFeatures(device->handle, &info->features);
	info->id = tongs_vk_id_from(&id);
	info->properties = properties.properties;
	info->max_allocation_size = maintenance3.maxMemoryAllocationSize;
	info->reexports = driver.driverID != VK_DRIVER_ID_NVIDIA_PROPRIETARY;
	const struct tongs_import_kind *pages = tongs_import_find_used(&info->roles, false);
	info->import_alignment =
		pages ? pages->query_alignment(device->vk->GetPhysicalDeviceProperties2, device->handle) : 1;
	device->rank = tongs_rank_from(&info->properties, has_pci ? &pci : NULL);
}

static uint64_t query_semaphore_difference(const struct tongs_physical_device *device) {
	VkPhysicalDeviceTimelineSemaphoreProperties timeline = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_PROPERTIES};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &timeline};
	device->vk->GetPhysicalDeviceProperties2(device->handle, &properties);
	return timeline.maxTimelineSemaphoreValueDifference;
}

/* libtongs asks for timeline semaphores by their names in Vulkan 1.2. */
static bool shares_semaphores(
	const struct tongs_physical_device *device, const VkExtensionProperties *extensions, uint32_t count) {
	VkPhysicalDeviceTimelineSemaphoreFeatures timeline = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES};
	VkPhysicalDeviceFeatures2 features = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = &timeline};
	if (device->info.properties.apiVersion < VK_API_VERSION_1_2 ||
		!contains(extensions, count, VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME))
		return false;
	device->vk->GetPhysicalDeviceFeatures2(device->handle, &features);
	return timeline.timelineSemaphore &&
	       tongs_semaphore_has_queues(device->vk->GetPhysicalDeviceQueueFamilyProperties, device->handle) &&
	       tongs_semaphore_is_shared(device->vk->GetPhysicalDeviceExternalSemaphoreProperties, device->handle,
		       device->info.properties.deviceType);
}

uint32_t tongs_physical_device_list_rendering_extensions(
	uint32_t api_version, const char *names[TONGS_RENDERING_EXTENSIONS]) {
	uint32_t count = 0;
	if (api_version < VK_API_VERSION_1_3)
		names[count++] = VK_KHR_DYNAMIC_RENDERING_EXTENSION_NAME;
	if (api_version < VK_API_VERSION_1_2) {
		names[count++] = VK_KHR_DEPTH_STENCIL_RESOLVE_EXTENSION_NAME;
		names[count++] = VK_KHR_CREATE_RENDERPASS_2_EXTENSION_NAME;
	}
	return count;
}

VkResult tongs_physical_device_query_rendering(
	const struct tongs_physical_device *device, struct tongs_rendering *rendering) {
	VkPhysicalDeviceDynamicRenderingFeatures dynamic = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DYNAMIC_RENDERING_FEATURES};
	VkPhysicalDeviceFeatures2 features = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = &dynamic};
	VkPhysicalDeviceDepthStencilResolveProperties resolves = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DEPTH_STENCIL_RESOLVE_PROPERTIES};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &resolves};
	const char *names[TONGS_RENDERING_EXTENSIONS];
	const uint32_t required =
		tongs_physical_device_list_rendering_extensions(device->info.properties.apiVersion, names);
	*rendering = (struct tongs_rendering){0};
	for (uint32_t i = 0; i < required; i++) {
		bool has;
		VkResult result = tongs_physical_device_has_extension(device, names[i], &has);
		if (result != VK_SUCCESS || !has)
			return result;
	}
	device->vk->GetPhysicalDeviceFeatures2(device->handle, &features);
	if (!dynamic.dynamicRendering)
		return VK_SUCCESS;
	device->vk->GetPhysicalDeviceProperties2(device->handle, &properties);
	rendering->is_supported = true;
	rendering->depth_resolves = resolves.supportedDepthResolveModes;
	rendering->stencil_resolves = resolves.supportedStencilResolveModes;
	return VK_SUCCESS;
}

/* Fills in the info and rank of a device that can import memory; clears `*supported` for others. */
static VkResult query_device(struct tongs_physical_device *device, bool *supported) {
	VkPhysicalDeviceProperties properties;
	VkExtensionProperties *extensions;
	uint32_t count;
	*supported = false;
	device->vk->GetPhysicalDeviceProperties(device->handle, &properties);
	if (properties.apiVersion < VK_API_VERSION_1_1)
		return VK_SUCCESS;
	VkResult result = list_extensions(device, &extensions, &count);
	const struct tongs_import_device import = {
		.physical = device->handle,
		.GetPhysicalDeviceProperties2 = device->vk->GetPhysicalDeviceProperties2,
		.GetPhysicalDeviceMemoryProperties = device->vk->GetPhysicalDeviceMemoryProperties,
		.GetPhysicalDeviceExternalBufferProperties = device->vk->GetPhysicalDeviceExternalBufferProperties,
		.GetPhysicalDeviceImageFormatProperties2 = device->vk->GetPhysicalDeviceImageFormatProperties2,
		.extensions = extensions,
		.extension_count = count,
	};
	enum tongs_import_fault fault = TONGS_IMPORT_NO_EXTENSION;
	if (result == VK_SUCCESS)
		result = tongs_import_choose_roles(&import, &device->info.roles, &fault);
	*supported = result == VK_SUCCESS && fault == TONGS_IMPORT_NO_FAULT;
	if (*supported)
		read_info(device,
			properties.apiVersion >= VK_API_VERSION_1_2 ||
				contains(extensions, count, VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME),
			contains(extensions, count, VK_EXT_PCI_BUS_INFO_EXTENSION_NAME));
	device->info.shares_semaphores =
		*supported && tongs_semaphore_is_wanted() && shares_semaphores(device, extensions, count);
	if (device->info.shares_semaphores)
		device->info.max_semaphore_difference = query_semaphore_difference(device);
	device->info.has_format_features2 = properties.apiVersion >= VK_API_VERSION_1_3 ||
					    contains(extensions, count, VK_KHR_FORMAT_FEATURE_FLAGS_2_EXTENSION_NAME);
	tongs_free(NULL, extensions);
	return result;
}

struct search {
	/* Returns false to end the search, which has found enough or failed. */
	bool (*add)(struct search *search, const struct tongs_physical_device *device);
	VkResult result; /* of the last query that failed */
	size_t drivers;
	/* For add_match: */
	const uint8_t *device_uuid;
	const uint8_t *driver_uuid;
	struct tongs_physical_device *match;
	bool has_match;
	/* For add_to_list: */
	struct tongs_list list; /* struct tongs_physical_device */
};

static bool query_devices(
	struct search *search, const struct tongs_vk *vk, const VkPhysicalDevice *handles, uint32_t count) {
	bool going_on = true;
	for (uint32_t i = 0; handles && i < count && going_on; i++) {
		struct tongs_physical_device device = {.vk = vk, .handle = handles[i]};
		bool supported;
		VkResult result = query_device(&device, &supported);
		if (result != VK_SUCCESS)
			search->result = result;
		going_on = result != VK_ERROR_OUT_OF_HOST_MEMORY && (!supported || search->add(search, &device));
	}
	return going_on;
}

static bool visit_instance(const struct tongs_vk *vk, void *user) {
	struct search *search = user;
	search->drivers++;
	VkPhysicalDevice *handles = NULL;
	uint32_t count = 0;
	VkResult result = vk->EnumeratePhysicalDevices(vk->instance, &count, NULL);
	if (result == VK_SUCCESS && count > 0) {
		handles = tongs_malloc(count, sizeof(VkPhysicalDevice));
		result = handles ? vk->EnumeratePhysicalDevices(vk->instance, &count, handles)
				 : VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	if (result < 0)
		search->result = result;
	bool going_on = result >= 0 ? query_devices(search, vk, handles, count) : result != VK_ERROR_OUT_OF_HOST_MEMORY;
	tongs_free(NULL, handles);
	return going_on;
}

/* Distributions install drivers for hardware that few machines have. Those fail with VK_ERROR_INCOMPATIBLE_DRIVER,
 * which is an error only if no driver works. */
static VkResult search_devices(struct search *search, enum tongs_vk_scope scope, struct tongs_vk_failure *failure) {
	tongs_vk_visit(scope, visit_instance, search, failure);
	if (failure->result == VK_ERROR_INCOMPATIBLE_DRIVER && search->drivers > 0)
		*failure = (struct tongs_vk_failure){0};
	return search->result != VK_SUCCESS ? search->result : failure->result;
}

static void report(VkResult result, const struct tongs_vk_failure *failure) {
	tongs_log_error("Vulkan cannot list all of its devices: %s%s%s", failure->what, *failure->what ? ": " : "",
		tongs_vk_result_name(result));
}

static bool add_to_list(struct search *search, const struct tongs_physical_device *device) {
	const struct tongs_physical_device *list = search->list.items;
	for (size_t i = 0; i < search->list.count; i++)
		if (tongs_vk_id_is_same(&list[i].info.id, &device->info.id))
			return true;
	struct tongs_physical_device *added = tongs_list_add(&search->list, sizeof(*added));
	if (added)
		*added = *device;
	else
		search->result = VK_ERROR_OUT_OF_HOST_MEMORY;
	return added;
}

/* Insertion sort, because it is stable: equal devices stay in their drivers' order. */
static void sort(struct tongs_physical_device *list, size_t count) {
	for (size_t i = 1; i < count; i++) {
		struct tongs_physical_device moving = list[i];
		size_t to = i;
		for (; to > 0 && tongs_rank_compare(&moving.rank, &list[to - 1].rank) < 0; to--)
			list[to] = list[to - 1];
		list[to] = moving;
	}
}

size_t tongs_physical_device_list(struct tongs_physical_device **devices) {
	struct search search = {.add = add_to_list};
	struct tongs_vk_failure failure;
	VkResult result = search_devices(&search, TONGS_VK_INSTALLED, &failure);
	if (result == VK_ERROR_OUT_OF_HOST_MEMORY)
		search.list.count = 0;
	if (result != VK_SUCCESS && search.list.count == 0)
		report(result, &failure);
	else if (search.drivers == 0)
		tongs_log_error("no Vulkan driver is installed here (Debian: mesa-vulkan-drivers)");
	sort(search.list.items, search.list.count);
	*devices = search.list.items;
	return search.list.count;
}

static bool add_match(struct search *search, const struct tongs_physical_device *device) {
	const struct tongs_vk_id *id = &device->info.id;
	if (memcmp(id->device, search->device_uuid, VK_UUID_SIZE) != 0 ||
		(search->driver_uuid && memcmp(id->driver, search->driver_uuid, VK_UUID_SIZE) != 0))
		return true;
	*search->match = *device;
	search->has_match = true;
	return false;
}

VkResult tongs_physical_device_find(
	const uint8_t device_uuid[VK_UUID_SIZE], const uint8_t *driver_uuid, struct tongs_physical_device *device) {
	struct search search = {
		.add = add_match,
		.device_uuid = device_uuid,
		.driver_uuid = driver_uuid,
		.match = device,
	};
	struct tongs_vk_failure failure;
	VkResult result = search_devices(&search, TONGS_VK_ALL, &failure);
	if (search.has_match)
		return VK_SUCCESS;
	if (result == VK_SUCCESS)
		return VK_ERROR_INITIALIZATION_FAILED;
	report(result, &failure);
	return result;
}
