/* SPDX-License-Identifier: MIT */
/* Devices: the extension taken out and the driver's own put in, and the record of each. */
#include <stdio.h>
#include <string.h>

#include <vulkan/vk_layer.h>

#include "layer/buffer.h"
#include "layer/caps.h"
#include "layer/import.h"
#include "layer/memory.h"
#include "layer/report.h"
#include "memory/payload.h"
#include "util/alloc.h"

static bool enables(const VkDeviceCreateInfo *info, const char *extension) {
	return tongs_layer_enables(info->ppEnabledExtensionNames, info->enabledExtensionCount, extension);
}

static VkLayerDeviceCreateInfo *find_link(const VkDeviceCreateInfo *info) {
	for (const VkBaseInStructure *s = info->pNext; s; s = s->pNext) {
		VkLayerDeviceCreateInfo *link = (VkLayerDeviceCreateInfo *)s;
		if (s->sType == VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO && link->function == VK_LAYER_LINK_INFO)
			return link;
	}
	return NULL;
}

static VkResult create_and_load(struct tongs_layer_device *device, PFN_vkCreateDevice create,
	const VkDeviceCreateInfo *info, const VkAllocationCallbacks *pAllocator, VkDevice *pDevice) {
	VkResult result = create(device->physical_device, info, pAllocator, pDevice);
	if (result == VK_SUCCESS) {
		device->handle = *pDevice;
		tongs_layer_device_load_next(device, info);
	}
	return result;
}

/* Our extension's name out; the ones that the layer lives on in. */
static VkResult create_below(struct tongs_layer_device *device, PFN_vkCreateDevice create,
	const VkDeviceCreateInfo *pCreateInfo, const VkAllocationCallbacks *pAllocator, VkDevice *pDevice) {
	struct tongs_layer_instance *instance = device->instance;
	VkPhysicalDevice physical_device = device->physical_device;
	const VkAllocationCallbacks *callbacks = tongs_callbacks_choose(pAllocator, instance->callbacks.used);
	const char **names = tongs_alloc(
		callbacks, pCreateInfo->enabledExtensionCount + 3, sizeof(*names), VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
	if (!names)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	uint32_t count = 0;
	for (uint32_t i = 0; i < pCreateInfo->enabledExtensionCount; i++)
		if (strcmp(pCreateInfo->ppEnabledExtensionNames[i], VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME) != 0)
			names[count++] = pCreateInfo->ppEnabledExtensionNames[i];
	if (!enables(pCreateInfo, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME))
		names[count++] = VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME;
	bool before_1_1 = tongs_layer_device_api_version(instance, physical_device) < VK_API_VERSION_1_1,
	     has_maintenance2 = false;
	VkResult result = VK_SUCCESS;
	if (before_1_1 && !enables(pCreateInfo, VK_KHR_EXTERNAL_MEMORY_EXTENSION_NAME))
		names[count++] = VK_KHR_EXTERNAL_MEMORY_EXTENSION_NAME;
	/* For VkImageViewUsageCreateInfo. */
	if (before_1_1 && !enables(pCreateInfo, VK_KHR_MAINTENANCE_2_EXTENSION_NAME))
		result = tongs_caps_extension(
			instance, physical_device, VK_KHR_MAINTENANCE_2_EXTENSION_NAME, callbacks, &has_maintenance2);
	if (has_maintenance2)
		names[count++] = VK_KHR_MAINTENANCE_2_EXTENSION_NAME;

	VkDeviceCreateInfo info = *pCreateInfo;
	info.enabledExtensionCount = count;
	info.ppEnabledExtensionNames = names;
	if (result == VK_SUCCESS)
		result = create_and_load(device, create, &info, pAllocator, pDevice);
	tongs_free(callbacks, names);
	return result;
}

/* The memory types that anonymous pages, which all payloads are, can be imported as. */
static VkResult find_memory_types(struct tongs_layer_device *device) {
	struct tongs_payload *probe = tongs_payload_create(1);
	if (!probe)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	VkResult result =
		tongs_layer_import_query_pages(device, tongs_payload_get_contents(probe), &device->memory_types);
	tongs_payload_unref(probe);
	/* vkCreateDevice has no such error: the pages are good, the driver lacks something else. */
	return result == VK_ERROR_INVALID_EXTERNAL_HANDLE ? VK_ERROR_INITIALIZATION_FAILED : result;
}

static void finish_sharing(struct tongs_layer_device *device) {
	tongs_map_finish(&device->memories);
	tongs_map_finish(&device->buffers);
	tongs_map_finish(&device->images);
	tongs_names_finish(&device->names);
	tongs_device_unref(device->metal);
}

static VkResult init_sharing(struct tongs_layer_device *device) {
	tongs_map_init(&device->memories, device->callbacks.used);
	tongs_map_init(&device->buffers, device->callbacks.used);
	tongs_map_init(&device->images, device->callbacks.used);
	tongs_names_init(&device->names, device->callbacks.used);

	VkPhysicalDeviceIDProperties id = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
	VkPhysicalDeviceExternalMemoryHostPropertiesEXT host = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT,
		.pNext = &id,
	};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
		.pNext = &host,
	};
	VkPhysicalDeviceMemoryProperties memory;
	device->instance->next.GetPhysicalDeviceProperties2(device->physical_device, &properties);
	device->instance->next.GetPhysicalDeviceMemoryProperties(device->physical_device, &memory);
	device->import_alignment = host.minImportedHostPointerAlignment;
	device->atom_size = properties.properties.limits.nonCoherentAtomSize;
	device->is_cpu = properties.properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
	device->map_alignment = properties.properties.limits.minMemoryMapAlignment;
	if (device->map_alignment == 0)
		device->map_alignment = 1;
	for (uint32_t i = 0; i < memory.memoryTypeCount; i++)
		device->memory_flags[i] = memory.memoryTypes[i].propertyFlags;

	const struct tongs_vk_id gpu_id = tongs_vk_id_from(&id);
	device->metal = tongs_interop_new_device(&gpu_id, &properties.properties, &memory);
	if (!device->metal)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	VkResult result = tongs_buffer_query_alignment(device, &properties.properties.limits);
	return result == VK_SUCCESS ? find_memory_types(device) : result;
}

/* For a device that enables the extension: whether it is ours there. The loader, which knows the name from the
 * manifest, takes it out on the way to a driver that lacks it. */
static VkResult find_sharing(struct tongs_layer_instance *instance, VkPhysicalDevice physical_device,
	const VkAllocationCallbacks *callbacks, bool *sharing) {
	bool native = false;
	VkResult result = tongs_caps_physical_device(instance, physical_device, callbacks, sharing);
	if (result == VK_SUCCESS && !*sharing)
		result = tongs_caps_extension(
			instance, physical_device, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME, callbacks, &native);
	/* Rule 01387 of vkCreateDevice. */
	return result == VK_SUCCESS && !*sharing && !native ? VK_ERROR_EXTENSION_NOT_PRESENT : result;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_CreateDevice(VkPhysicalDevice physicalDevice,
	const VkDeviceCreateInfo *pCreateInfo, const VkAllocationCallbacks *pAllocator, VkDevice *pDevice) {
	struct tongs_layer_instance *instance = tongs_layer_instance_get(physicalDevice);
	VkLayerDeviceCreateInfo *link = find_link(pCreateInfo);
	if (!instance || !link)
		return VK_ERROR_INITIALIZATION_FAILED;
	PFN_vkGetInstanceProcAddr get_instance_proc_addr = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
	PFN_vkGetDeviceProcAddr get_proc_addr = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
	PFN_vkCreateDevice create = (PFN_vkCreateDevice)get_instance_proc_addr(instance->handle, "vkCreateDevice");
	if (!create)
		return VK_ERROR_INITIALIZATION_FAILED;
	link->u.pLayerInfo = link->u.pLayerInfo->pNext;

	const VkAllocationCallbacks *parent = instance->callbacks.used;
	bool sharing = false;
	if (enables(pCreateInfo, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME)) {
		VkResult result =
			find_sharing(instance, physicalDevice, tongs_callbacks_choose(pAllocator, parent), &sharing);
		if (result != VK_SUCCESS)
			return result;
	}
	struct tongs_layer_device *device =
		tongs_callbacks_new(pAllocator, parent, sizeof(*device), VK_SYSTEM_ALLOCATION_SCOPE_DEVICE);
	if (!device)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	device->instance = instance;
	device->physical_device = physicalDevice;
	device->get_proc_addr = get_proc_addr;
	device->metal_enabled = sharing;
	VkResult result = sharing ? create_below(device, create, pCreateInfo, pAllocator, pDevice)
				  : create_and_load(device, create, pCreateInfo, pAllocator, pDevice);
	if (result != VK_SUCCESS) {
		tongs_callbacks_free(&device->callbacks, pAllocator);
		return result;
	}

	if (sharing)
		result = init_sharing(device);
	if (result == VK_SUCCESS && !tongs_layer_device_add(device))
		result = VK_ERROR_OUT_OF_HOST_MEMORY;
	if (result != VK_SUCCESS) {
		if (sharing)
			finish_sharing(device);
		device->next.DestroyDevice(device->handle, pAllocator);
		tongs_callbacks_free(&device->callbacks, pAllocator);
		*pDevice = VK_NULL_HANDLE;
	}
	return result;
}

struct leftovers {
	VkObjectType type; /* of those that are visited now */
	size_t count;      /* of them */
	size_t named;
	struct tongs_subject subjects[TONGS_MAX_SUBJECTS];
};

static void count(uint64_t key, void *value, void *user) {
	struct leftovers *leftovers = user;
	if (value == TONGS_NON_METAL_EXPORT)
		return;
	leftovers->count++;
	if (leftovers->named < TONGS_MAX_SUBJECTS)
		leftovers->subjects[leftovers->named++] = (struct tongs_subject){leftovers->type, key, NULL};
}

/* Reports, in one warning, the memory, buffers and images with Metal handle types that `device` still has. */
static void report_leaks(struct tongs_layer_device *device) {
	const struct {
		VkObjectType type;
		const char *name;
		struct tongs_map *map;
	} rows[] = {
		{VK_OBJECT_TYPE_DEVICE_MEMORY, "VkDeviceMemory", &device->memories},
		{VK_OBJECT_TYPE_BUFFER, "VkBuffer", &device->buffers},
		{VK_OBJECT_TYPE_IMAGE, "VkImage", &device->images},
	};
	struct leftovers leftovers = {0};
	char text[128];
	size_t used = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		leftovers.type = rows[i].type;
		leftovers.count = 0;
		tongs_map_visit(rows[i].map, count, &leftovers);
		if (leftovers.count)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%zu %s", used ? ", " : "",
				leftovers.count, rows[i].name);
	}
	if (used)
		tongs_report_warning(device, "VUID-vkDestroyDevice-device-05137", leftovers.subjects,
			"%s with Metal handle types are alive: destroy and free them before their device. They go with "
			"it, and so do their Metal objects, but for those that somebody has retained",
			text);
}

/* What the application left behind goes with the device, by the callbacks that it was made with. */
static void drop_memory(void *value, void *user) {
	struct tongs_layer_memory *memory = value;
	(void)user;
	if (memory == TONGS_NON_METAL_EXPORT)
		return;
	tongs_memory_finish(memory, TONGS_CAUSE_DESTROY_DEVICE);
	tongs_callbacks_free(&memory->callbacks, NULL);
}

static void drop_image(void *value, void *user) {
	struct tongs_layer_image *image = value;
	(void)user;
	tongs_callbacks_free(&image->callbacks, NULL);
}

VKAPI_ATTR void VKAPI_CALL tongs_DestroyDevice(VkDevice device, const VkAllocationCallbacks *pAllocator) {
	if (!device)
		return;
	struct tongs_layer_device *record = tongs_layer_device_remove(device);
	if (record->metal_enabled)
		report_leaks(record);
	record->next.DestroyDevice(device, pAllocator);
	if (record->metal_enabled) {
		tongs_map_clear(&record->memories, drop_memory, NULL);
		tongs_map_clear(&record->images, drop_image, NULL);
		finish_sharing(record);
	}
	tongs_callbacks_free(&record->callbacks, pAllocator);
}
