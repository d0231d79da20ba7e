/* SPDX-License-Identifier: MIT */
/* vkCreateDevice and vkDestroyDevice. */
#include <stdio.h>
#include <string.h>

#include <tongs/layer.h>
#include <vulkan/vk_layer.h>

#include "layer/buffer.h"
#include "layer/caps.h"
#include "layer/export.h"
#include "layer/import.h"
#include "layer/memory.h"
#include "layer/mirror.h"
#include "layer/report.h"
#include "layer/view.h"
#include "memory/payload.h"
#include "util/alloc.h"
#include "util/log.h"

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

/* pDevice is passed on: the loader, at the end of the chain, reads what it points to. */
static VkResult create_next(struct tongs_layer_device *dev, PFN_vkCreateDevice create, const VkDeviceCreateInfo *info,
	const VkAllocationCallbacks *pAllocator, VkDevice *pDevice) {
	VkResult result = create(dev->physical_device, info, pAllocator, pDevice);
	if (result == VK_SUCCESS) {
		dev->handle = *pDevice;
		tongs_layer_device_load_next(dev, info);
	}
	return result;
}

/* The extensions that the layer provides. */
static bool is_provided(const char *extension) {
	return strcmp(extension, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME) == 0 ||
	       strcmp(extension, VK_EXT_METAL_OBJECTS_EXTENSION_NAME) == 0;
}

/* Creates a device without the extensions that the layer provides, and with those that it requires. */
static VkResult create_metal(struct tongs_layer_device *dev, PFN_vkCreateDevice create,
	const VkDeviceCreateInfo *pCreateInfo, const VkAllocationCallbacks *pAllocator, VkDevice *pDevice) {
	struct tongs_layer_instance *inst = dev->instance;
	VkPhysicalDevice physical_device = dev->physical_device;
	const VkAllocationCallbacks *callbacks = tongs_allocator_choose(pAllocator, inst->allocator.callbacks);
	const char **names = tongs_alloc(
		callbacks, pCreateInfo->enabledExtensionCount + 5, sizeof(*names), VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
	if (!names)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	uint32_t count = 0;
	for (uint32_t i = 0; i < pCreateInfo->enabledExtensionCount; i++)
		if (!is_provided(pCreateInfo->ppEnabledExtensionNames[i]))
			names[count++] = pCreateInfo->ppEnabledExtensionNames[i];
	for (int i = 0; i < 2; i++) {
		const struct tongs_import_kind *kind = tongs_import_find_used(&dev->roles, i);
		if (kind && !enables(pCreateInfo, kind->extension))
			names[count++] = kind->extension;
	}
	if (dev->shares_semaphores && !enables(pCreateInfo, VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME))
		names[count++] = VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME;
	bool before_1_1 = tongs_layer_device_api_version(inst, physical_device) < VK_API_VERSION_1_1,
	     has_maintenance2 = false;
	VkResult result = VK_SUCCESS;
	if (before_1_1 && !enables(pCreateInfo, VK_KHR_EXTERNAL_MEMORY_EXTENSION_NAME))
		names[count++] = VK_KHR_EXTERNAL_MEMORY_EXTENSION_NAME;
	/* It has VkImageViewUsageCreateInfo. */
	if (before_1_1 && !enables(pCreateInfo, VK_KHR_MAINTENANCE_2_EXTENSION_NAME))
		result = tongs_caps_has_extension(
			inst, physical_device, VK_KHR_MAINTENANCE_2_EXTENSION_NAME, callbacks, &has_maintenance2);
	if (has_maintenance2)
		names[count++] = VK_KHR_MAINTENANCE_2_EXTENSION_NAME;

	VkDeviceCreateInfo info = *pCreateInfo;
	info.enabledExtensionCount = count;
	info.ppEnabledExtensionNames = names;
	if (result == VK_SUCCESS)
		result = create_next(dev, create, &info, pAllocator, pDevice);
	tongs_free(callbacks, names);
	return result;
}

/* The memory types that imported pages, except external ones, can have. */
static VkResult query_page_types(struct tongs_layer_device *dev) {
	struct tongs_payload *probe = tongs_payload_create(1);
	if (!probe)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	VkResult result = tongs_layer_import_query_memory_types(
		dev, tongs_payload_get_import(probe), 0, &dev->memory_types[false]);
	tongs_payload_unref(probe);
	/* vkCreateDevice must not return this error. The payload is valid: the driver lacks some other resource. */
	return result == VK_ERROR_INVALID_EXTERNAL_HANDLE ? VK_ERROR_INITIALIZATION_FAILED : result;
}

/* What the kinds of memory that the device uses need. `dev->memory_flags` is set. */
static VkResult init_kinds(struct tongs_layer_device *dev, const VkPhysicalDeviceMemoryProperties *memory) {
	const struct tongs_import_kind *pages = tongs_import_find_used(&dev->roles, false),
				       *driver = tongs_import_find_used(&dev->roles, true);
	dev->import_alignment = 1;
	dev->private_types = tongs_import_find_private(memory);
	if (driver) {
		dev->memory_types[true] = tongs_import_find_accepted(driver, memory);
		dev->get_memory_fd = (PFN_vkGetMemoryFdKHR)dev->get_proc_addr(dev->handle, "vkGetMemoryFdKHR");
		if (!dev->get_memory_fd)
			return VK_ERROR_INITIALIZATION_FAILED;
	}
	if (!pages)
		return VK_SUCCESS;
	dev->import_alignment =
		pages->query_alignment(dev->instance->next.GetPhysicalDeviceProperties2, dev->physical_device);
	dev->page_types_command = dev->get_proc_addr(dev->handle, pages->memory_types_command);
	return query_page_types(dev);
}

static void finish_metal(struct tongs_layer_device *dev) {
	tongs_export_finish_queues(dev);
	tongs_view_finish(dev);
	tongs_map_finish(&dev->semaphores);
	tongs_map_finish(&dev->events);
	tongs_map_finish(&dev->memories);
	tongs_map_finish(&dev->buffers);
	tongs_map_finish(&dev->images);
	tongs_names_finish(&dev->names);
	tongs_device_unref(dev->metal);
}

static VkResult init_metal(struct tongs_layer_device *dev) {
	tongs_map_init(&dev->memories, dev->allocator.callbacks);
	tongs_map_init(&dev->buffers, dev->allocator.callbacks);
	tongs_map_init(&dev->images, dev->allocator.callbacks);
	tongs_map_init(&dev->views, dev->allocator.callbacks);
	tongs_map_init(&dev->buffer_views, dev->allocator.callbacks);
	tongs_map_init(&dev->texel_buffers, dev->allocator.callbacks);
	tongs_map_init(&dev->semaphores, dev->allocator.callbacks);
	tongs_map_init(&dev->events, dev->allocator.callbacks);
	tongs_names_init(&dev->names, dev->allocator.callbacks);

	VkPhysicalDeviceIDProperties id = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
		.pNext = &id,
	};
	VkPhysicalDeviceMemoryProperties memory;
	dev->instance->next.GetPhysicalDeviceProperties2(dev->physical_device, &properties);
	dev->instance->next.GetPhysicalDeviceMemoryProperties(dev->physical_device, &memory);
	dev->atom_size = properties.properties.limits.nonCoherentAtomSize;
	dev->is_cpu = properties.properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
	dev->map_alignment = properties.properties.limits.minMemoryMapAlignment;
	if (dev->map_alignment == 0)
		dev->map_alignment = 1;
	for (uint32_t i = 0; i < memory.memoryTypeCount; i++) {
		dev->memory_flags[i] = memory.memoryTypes[i].propertyFlags;
		dev->heap_sizes[i] = memory.memoryHeaps[memory.memoryTypes[i].heapIndex].size;
	}

	const struct tongs_vk_id gpu_id = tongs_vk_id_from(&id);
	dev->metal = tongs_interop_new_device(&gpu_id, &properties.properties, &memory, &dev->roles);
	if (!dev->metal)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	VkResult result = tongs_buffer_query_alignment(dev, &properties.properties.limits);
	return result == VK_SUCCESS ? init_kinds(dev, &memory) : result;
}

/* For a device that enables `extension`: no roles if the next layer has it natively. The loader knows the extension
 * from the layer's manifest, and so lets programs enable it on every device. */
static VkResult query_roles(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device, const char *extension,
	const VkAllocationCallbacks *callbacks, struct tongs_import_roles *roles) {
	bool native = false;
	VkResult result = tongs_caps_get_roles(inst, physical_device, callbacks, roles);
	bool has = result == VK_SUCCESS && tongs_import_has_role(roles);
	if (result == VK_SUCCESS && !has)
		result = tongs_caps_has_extension(inst, physical_device, extension, callbacks, &native);
	/* Rule 01387 of vkCreateDevice. */
	return result == VK_SUCCESS && !has && !native ? VK_ERROR_EXTENSION_NOT_PRESENT : result;
}

/* Messengers get messages about devices, and there is none: to the log, if `validation` is set. */
static void report_absence(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device, const char *extension,
	const VkAllocationCallbacks *callbacks) {
	const char *pages = tongs_import_get_kind(false)->extension, *files = tongs_import_get_kind(true)->extension;
	enum tongs_layer_status status;
	struct tongs_import_roles roles;
	char reason[128] = "";
	if (!inst->validation || tongs_caps_get_status(inst, physical_device, callbacks, &status, &roles) != VK_SUCCESS)
		return;
	if (status == TONGS_LAYER_STATUS_TOO_OLD)
		snprintf(reason, sizeof(reason), "is older than Vulkan 1.1");
	else if (status == TONGS_LAYER_STATUS_NO_EXTERNAL_MEMORY)
		snprintf(reason, sizeof(reason), "lacks %s and %s", files, pages);
	else if (status == TONGS_LAYER_STATUS_LARGE_ALIGNMENT)
		snprintf(reason, sizeof(reason), "imports no single pages by %s, and lacks %s", pages, files);
	else if (status == TONGS_LAYER_STATUS_NOT_IMPORTABLE)
		snprintf(reason, sizeof(reason), "takes no buffer and no image in memory that it can share");
	else if (status == TONGS_LAYER_STATUS_NATIVE)
		snprintf(reason, sizeof(reason), "has one of the two extensions itself, and not this one");
	else
		return;
	tongs_log_error("VUID-vkCreateDevice-ppEnabledExtensionNames-01387: %s is enabled on a device that does not "
			"have it, since its driver %s: enable it only where vkEnumerateDeviceExtensionProperties lists "
			"it; 'tongs info' shows which devices these are",
		extension, reason);
}

/* vkCreateInstance has no device to report to. */
static void report_instance(struct tongs_layer_device *dev) {
	if (dev->objects_enabled && dev->instance->wrong_export.found)
		tongs_report_warning(dev, "VUID-VkInstanceCreateInfo-pNext-06779", NULL,
			"exportObjectType of the instance is 0x%x and ignored: chain one "
			"VkExportMetalObjectCreateInfoEXT with METAL_DEVICE, and one with METAL_COMMAND_QUEUE, to "
			"VkInstanceCreateInfo, and others to what they are exported from",
			dev->instance->wrong_export.type);
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_CreateDevice(VkPhysicalDevice physicalDevice,
	const VkDeviceCreateInfo *pCreateInfo, const VkAllocationCallbacks *pAllocator, VkDevice *pDevice) {
	struct tongs_layer_instance *inst = tongs_layer_instance_get(physicalDevice);
	VkLayerDeviceCreateInfo *link = find_link(pCreateInfo);
	if (!inst || !link)
		return VK_ERROR_INITIALIZATION_FAILED;
	PFN_vkGetInstanceProcAddr get_instance_proc_addr = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
	PFN_vkGetDeviceProcAddr get_proc_addr = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
	PFN_vkCreateDevice create = (PFN_vkCreateDevice)get_instance_proc_addr(inst->handle, "vkCreateDevice");
	if (!create)
		return VK_ERROR_INITIALIZATION_FAILED;
	link->u.pLayerInfo = link->u.pLayerInfo->pNext;

	const VkAllocationCallbacks *parent = inst->allocator.callbacks;
	struct tongs_import_roles roles = {0};
	for (uint32_t i = 0; i < pCreateInfo->enabledExtensionCount; i++) {
		const char *extension = pCreateInfo->ppEnabledExtensionNames[i];
		VkResult result = VK_SUCCESS;
		if (is_provided(extension))
			result = query_roles(
				inst, physicalDevice, extension, tongs_allocator_choose(pAllocator, parent), &roles);
		if (result == VK_ERROR_EXTENSION_NOT_PRESENT)
			report_absence(inst, physicalDevice, extension, tongs_allocator_choose(pAllocator, parent));
		if (result != VK_SUCCESS)
			return result;
	}
	struct tongs_layer_device *dev =
		tongs_allocator_new_object(pAllocator, parent, sizeof(*dev), VK_SYSTEM_ALLOCATION_SCOPE_DEVICE);
	if (!dev)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	dev->instance = inst;
	dev->physical_device = physicalDevice;
	dev->get_proc_addr = get_proc_addr;
	dev->roles = roles;
	dev->metal_enabled = tongs_import_has_role(&roles);
	dev->memory_enabled = dev->metal_enabled && enables(pCreateInfo, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME);
	dev->objects_enabled = dev->metal_enabled && enables(pCreateInfo, VK_EXT_METAL_OBJECTS_EXTENSION_NAME);
	VkResult result = VK_SUCCESS;
	if (dev->objects_enabled)
		result = tongs_caps_query_semaphores(
			inst, physicalDevice, tongs_allocator_choose(pAllocator, parent), &dev->shares_semaphores);
	if (result == VK_SUCCESS)
		result = dev->metal_enabled ? create_metal(dev, create, pCreateInfo, pAllocator, pDevice)
					    : create_next(dev, create, pCreateInfo, pAllocator, pDevice);
	if (result == VK_SUCCESS && dev->metal_enabled)
		result = init_metal(dev);
	if (result == VK_SUCCESS && !tongs_layer_device_add(dev))
		result = VK_ERROR_OUT_OF_HOST_MEMORY;
	if (result == VK_SUCCESS) {
		report_instance(dev);
		return VK_SUCCESS;
	}

	if (dev->handle) {
		if (dev->metal_enabled)
			finish_metal(dev);
		dev->next.DestroyDevice(dev->handle, pAllocator);
		*pDevice = VK_NULL_HANDLE;
	}
	tongs_allocator_free_object(&dev->allocator, pAllocator);
	return result;
}

struct leaks {
	VkObjectType type;                                 /* of the objects that are visited */
	size_t count;                                      /* of that type */
	struct tongs_subject subjects[TONGS_MAX_SUBJECTS]; /* the first ones, of all types */
	size_t subject_count;
};

static void count_leak(uint64_t key, void *value, void *user) {
	struct leaks *leaks = user;
	if (value == TONGS_NON_METAL_EXPORT)
		return;
	leaks->count++;
	if (leaks->subject_count < TONGS_MAX_SUBJECTS)
		leaks->subjects[leaks->subject_count++] = (struct tongs_subject){leaks->type, key, NULL};
}

/* Reports, in one warning, the memory, buffers and images with Metal handle types that `dev` still has. */
static void report_leaks(struct tongs_layer_device *dev) {
	const struct {
		VkObjectType type;
		const char *name;
		struct tongs_map *map;
	} rows[] = {
		{VK_OBJECT_TYPE_DEVICE_MEMORY, "VkDeviceMemory", &dev->memories},
		{VK_OBJECT_TYPE_BUFFER, "VkBuffer", &dev->buffers},
		{VK_OBJECT_TYPE_IMAGE, "VkImage", &dev->images},
	};
	struct leaks leaks = {0};
	char text[128];
	size_t used = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		leaks.type = rows[i].type;
		leaks.count = 0;
		tongs_map_visit(rows[i].map, count_leak, &leaks);
		if (leaks.count)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%zu %s", used ? ", " : "",
				leaks.count, rows[i].name);
	}
	if (used)
		tongs_report_warning(dev, "VUID-vkDestroyDevice-device-05137", leaks.subjects,
			"%s with Metal handle types are left, and are destroyed with the device; Metal objects that "
			"are retained elsewhere stay: destroy and free all of them before their device",
			text);
}

/* Memory that the application did not free. */
struct left_memory {
	struct tongs_layer_device *dev;
	struct tongs_layer_memory *first;
};

/* While its VkDevice lives. */
static void collect_memory(void *value, void *user) {
	struct tongs_layer_memory *mem = value;
	struct left_memory *left = user;
	if (mem == TONGS_NON_METAL_EXPORT)
		return;
	tongs_memory_detach(left->dev, mem, TONGS_CAUSE_DESTROY_DEVICE);
	mem->next_left = left->first;
	left->first = mem;
}

/* Objects that the application did not destroy are freed by the callbacks of their creation. */
static void destroy_memory(struct left_memory *left) {
	while (left->first) {
		struct tongs_layer_memory *mem = left->first;
		left->first = mem->next_left;
		tongs_memory_finish(mem, TONGS_CAUSE_DESTROY_DEVICE);
		tongs_allocator_free_object(&mem->allocator, NULL);
	}
}

static void destroy_image(void *value, void *user) {
	struct tongs_layer_image *img = value;
	(void)user;
	tongs_payload_unref(atomic_load(&img->exported));
	tongs_layer_release_textures(img->textures);
	tongs_allocator_free_object(&img->allocator, NULL);
}

VKAPI_ATTR void VKAPI_CALL tongs_DestroyDevice(VkDevice device, const VkAllocationCallbacks *pAllocator) {
	if (!device)
		return;
	struct tongs_layer_device *dev = tongs_layer_device_remove(device);
	struct left_memory left = {.dev = dev};
	if (dev->metal_enabled) {
		report_leaks(dev);
		tongs_mirror_finish(dev);
		tongs_map_clear(&dev->memories, collect_memory, &left);
	}
	dev->next.DestroyDevice(device, pAllocator);
	if (dev->metal_enabled) {
		destroy_memory(&left);
		tongs_map_clear(&dev->images, destroy_image, NULL);
		finish_metal(dev);
	}
	tongs_allocator_free_object(&dev->allocator, pAllocator);
}
