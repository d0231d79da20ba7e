/* SPDX-License-Identifier: MIT */
/* How instances and devices are found, and the next layer's commands. */
#include "layer/objects.h"

#include <string.h>

static struct tongs_map instances = TONGS_MAP_INIT;

struct tongs_layer_instance *tongs_layer_instance_get(const void *dispatchable) {
	return tongs_map_get(&instances, tongs_dispatch_key(dispatchable));
}

bool tongs_layer_instance_add(struct tongs_layer_instance *inst) {
	return tongs_map_insert(&instances, tongs_dispatch_key(inst->handle), inst);
}

struct tongs_layer_instance *tongs_layer_instance_remove(VkInstance instance) {
	return tongs_map_remove(&instances, tongs_dispatch_key(instance));
}

struct tongs_layer_memory tongs_non_metal_export;

struct tongs_layer_device_table tongs_layer_devices = {.others = TONGS_MAP_INIT};

struct tongs_layer_device *tongs_layer_device_lookup(uint64_t key) {
	return tongs_map_get(&tongs_layer_devices.others, key);
}

/* Takes the slot in front of the map if it is free; the map's lock guards that. */
bool tongs_layer_device_add(struct tongs_layer_device *dev) {
	uint64_t key = tongs_dispatch_key(dev->handle);
	pthread_mutex_lock(tongs_layer_devices.others.lock);
	bool is_first = atomic_load_explicit(&tongs_layer_devices.key, memory_order_relaxed) == 0;
	if (is_first) {
		atomic_store_explicit(&tongs_layer_devices.first, dev, memory_order_relaxed);
		atomic_store_explicit(&tongs_layer_devices.key, key, memory_order_release);
	}
	pthread_mutex_unlock(tongs_layer_devices.others.lock);
	return is_first || tongs_map_insert(&tongs_layer_devices.others, key, dev);
}

struct tongs_layer_device *tongs_layer_device_remove(VkDevice device) {
	uint64_t key = tongs_dispatch_key(device);
	if (atomic_load_explicit(&tongs_layer_devices.key, memory_order_relaxed) != key)
		return tongs_map_remove_present(&tongs_layer_devices.others, key);
	struct tongs_layer_device *dev = atomic_load_explicit(&tongs_layer_devices.first, memory_order_relaxed);
	atomic_store_explicit(&tongs_layer_devices.key, 0, memory_order_release);
	return dev;
}

bool tongs_layer_enables(const char *const *names, uint32_t count, const char *name) {
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* The command, if the version or an enabled extension allows calling it. It is not enough that the next layer returns a
 * function. */
static PFN_vkVoidFunction load_valid(const struct tongs_layer_instance *inst, const VkInstanceCreateInfo *info,
	bool is_core, const char *name, const char *alias, const char *extension) {
	PFN_vkVoidFunction next = is_core ? inst->get_proc_addr(inst->handle, name) : NULL;
	if (!next && extension &&
		tongs_layer_enables(info->ppEnabledExtensionNames, info->enabledExtensionCount, extension))
		next = inst->get_proc_addr(inst->handle, alias);
	return next;
}

/* For programs that call a command that they must not call: behaves as without the layer. */
static PFN_vkVoidFunction load_any(const struct tongs_layer_instance *inst, const char *name, const char *alias) {
	PFN_vkVoidFunction next = inst->get_proc_addr(inst->handle, name);
	return next ? next : inst->get_proc_addr(inst->handle, alias);
}

void tongs_layer_instance_load_next(
	struct tongs_layer_instance *inst, VkInstance handle, const VkInstanceCreateInfo *info) {
	inst->handle = handle;
#define LOAD(name, since, alias, extension) \
	inst->next.name = (PFN_vk##name)load_valid( \
		inst, info, inst->api_version >= (since), "vk" #name, "vk" #alias, extension);
	TONGS_NEXT_INSTANCE_COMMANDS(LOAD)
#undef LOAD
	inst->can_query = inst->next.GetPhysicalDeviceProperties2 && inst->next.GetPhysicalDeviceFormatProperties2 &&
			  inst->next.GetPhysicalDeviceImageFormatProperties2 &&
			  inst->next.GetPhysicalDeviceExternalBufferProperties;
#define LOAD_ANY(name, since, alias, extension) \
	if (!inst->next.name) \
		inst->next.name = (PFN_vk##name)load_any(inst, "vk" #name, "vk" #alias);
	TONGS_NEXT_INSTANCE_COMMANDS(LOAD_ANY)
#undef LOAD_ANY
}

uint32_t tongs_layer_device_api_version(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device) {
	VkPhysicalDeviceProperties properties;
	inst->next.GetPhysicalDeviceProperties(physical_device, &properties);
	return properties.apiVersion < inst->api_version ? properties.apiVersion : inst->api_version;
}

/* As for instances: first by the name that the version or an enabled extension allows. */
static PFN_vkVoidFunction load_next(const struct tongs_layer_device *dev, const VkDeviceCreateInfo *info, bool is_core,
	const char *name, const char *alias, const char *extension) {
	PFN_vkVoidFunction next = is_core ? dev->get_proc_addr(dev->handle, name) : NULL;
	if (!next && extension &&
		tongs_layer_enables(info->ppEnabledExtensionNames, info->enabledExtensionCount, extension))
		next = dev->get_proc_addr(dev->handle, alias);
	if (!next)
		next = dev->get_proc_addr(dev->handle, name);
	return next ? next : dev->get_proc_addr(dev->handle, alias);
}

/* Stubs for commands that the next layer lacks fail, and set their outputs to nothing. */

static VKAPI_ATTR VkResult VKAPI_CALL map_memory2(
	VkDevice device, const VkMemoryMapInfoKHR *pMemoryMapInfo, void **ppData) {
	(void)device;
	(void)pMemoryMapInfo;
	*ppData = NULL;
	return VK_ERROR_EXTENSION_NOT_PRESENT;
}

static VKAPI_ATTR VkResult VKAPI_CALL unmap_memory2(VkDevice device, const VkMemoryUnmapInfoKHR *pMemoryUnmapInfo) {
	(void)device;
	(void)pMemoryUnmapInfo;
	return VK_ERROR_EXTENSION_NOT_PRESENT;
}

static VKAPI_ATTR void VKAPI_CALL get_device_image_subresource_layout(
	VkDevice device, const VkDeviceImageSubresourceInfoKHR *pInfo, VkSubresourceLayout2KHR *pLayout) {
	(void)device;
	(void)pInfo;
	pLayout->subresourceLayout = (VkSubresourceLayout){0};
}

static const VkMemoryRequirements no_memory_types = {.alignment = 1};

static VKAPI_ATTR void VKAPI_CALL get_buffer_memory_requirements2(
	VkDevice device, const VkBufferMemoryRequirementsInfo2 *pInfo, VkMemoryRequirements2 *pMemoryRequirements) {
	(void)device;
	(void)pInfo;
	pMemoryRequirements->memoryRequirements = no_memory_types;
}

static VKAPI_ATTR void VKAPI_CALL get_image_memory_requirements2(
	VkDevice device, const VkImageMemoryRequirementsInfo2 *pInfo, VkMemoryRequirements2 *pMemoryRequirements) {
	(void)device;
	(void)pInfo;
	pMemoryRequirements->memoryRequirements = no_memory_types;
}

static VKAPI_ATTR void VKAPI_CALL get_device_buffer_memory_requirements(
	VkDevice device, const VkDeviceBufferMemoryRequirements *pInfo, VkMemoryRequirements2 *pMemoryRequirements) {
	(void)device;
	(void)pInfo;
	pMemoryRequirements->memoryRequirements = no_memory_types;
}

static VKAPI_ATTR void VKAPI_CALL get_device_image_memory_requirements(
	VkDevice device, const VkDeviceImageMemoryRequirements *pInfo, VkMemoryRequirements2 *pMemoryRequirements) {
	(void)device;
	(void)pInfo;
	pMemoryRequirements->memoryRequirements = no_memory_types;
}

static VKAPI_ATTR void VKAPI_CALL get_device_image_sparse_memory_requirements(VkDevice device,
	const VkDeviceImageMemoryRequirements *pInfo, uint32_t *pSparseMemoryRequirementCount,
	VkSparseImageMemoryRequirements2 *pSparseMemoryRequirements) {
	(void)device;
	(void)pInfo;
	(void)pSparseMemoryRequirements;
	*pSparseMemoryRequirementCount = 0;
}

static VKAPI_ATTR VkResult VKAPI_CALL bind_buffer_memory2(
	VkDevice device, uint32_t bindInfoCount, const VkBindBufferMemoryInfo *pBindInfos) {
	(void)device;
	(void)bindInfoCount;
	(void)pBindInfos;
	return VK_ERROR_EXTENSION_NOT_PRESENT;
}

static VKAPI_ATTR VkResult VKAPI_CALL bind_image_memory2(
	VkDevice device, uint32_t bindInfoCount, const VkBindImageMemoryInfo *pBindInfos) {
	(void)device;
	(void)bindInfoCount;
	(void)pBindInfos;
	return VK_ERROR_EXTENSION_NOT_PRESENT;
}

static VKAPI_ATTR VkResult VKAPI_CALL get_memory_metal_handle(
	VkDevice device, const VkMemoryGetMetalHandleInfoEXT *pGetMetalHandleInfo, void **pHandle) {
	(void)device;
	(void)pGetMetalHandleInfo;
	*pHandle = NULL;
	return VK_ERROR_EXTENSION_NOT_PRESENT;
}

static VKAPI_ATTR VkResult VKAPI_CALL get_memory_metal_handle_properties(VkDevice device,
	VkExternalMemoryHandleTypeFlagBits handleType, const void *pHandle,
	VkMemoryMetalHandlePropertiesEXT *pMemoryMetalHandleProperties) {
	(void)device;
	(void)handleType;
	(void)pHandle;
	pMemoryMetalHandleProperties->memoryTypeBits = 0;
	return VK_ERROR_EXTENSION_NOT_PRESENT;
}

static VKAPI_ATTR VkResult VKAPI_CALL get_semaphore_counter_value(
	VkDevice device, VkSemaphore semaphore, uint64_t *pValue) {
	(void)device;
	(void)semaphore;
	*pValue = 0;
	return VK_ERROR_EXTENSION_NOT_PRESENT;
}

static VKAPI_ATTR VkResult VKAPI_CALL signal_semaphore(VkDevice device, const VkSemaphoreSignalInfo *pSignalInfo) {
	(void)device;
	(void)pSignalInfo;
	return VK_ERROR_EXTENSION_NOT_PRESENT;
}

static VKAPI_ATTR VkResult VKAPI_CALL wait_semaphores(
	VkDevice device, const VkSemaphoreWaitInfo *pWaitInfo, uint64_t timeout) {
	(void)device;
	(void)pWaitInfo;
	(void)timeout;
	return VK_ERROR_EXTENSION_NOT_PRESENT;
}

static VKAPI_ATTR void VKAPI_CALL export_metal_objects(
	VkDevice device, VkExportMetalObjectsInfoEXT *pMetalObjectsInfo) {
	(void)device;
	tongs_export_clear(pMetalObjectsInfo);
}

static VKAPI_ATTR VkResult VKAPI_CALL set_debug_utils_object_name(
	VkDevice device, const VkDebugUtilsObjectNameInfoEXT *pNameInfo) {
	(void)device;
	(void)pNameInfo;
	return VK_SUCCESS;
}

#define SET_STUB(device, name, function) \
	if (!(device)->next.name) \
	(device)->next.name = function

/* Sets a stub for each command that the next layer lacks. */
static void set_stubs(struct tongs_layer_device *dev) {
	SET_STUB(dev, MapMemory2, map_memory2);
	SET_STUB(dev, UnmapMemory2, unmap_memory2);
	SET_STUB(dev, GetDeviceImageSubresourceLayout, get_device_image_subresource_layout);
	SET_STUB(dev, GetBufferMemoryRequirements2, get_buffer_memory_requirements2);
	SET_STUB(dev, GetImageMemoryRequirements2, get_image_memory_requirements2);
	SET_STUB(dev, GetDeviceBufferMemoryRequirements, get_device_buffer_memory_requirements);
	SET_STUB(dev, GetDeviceImageMemoryRequirements, get_device_image_memory_requirements);
	SET_STUB(dev, GetDeviceImageSparseMemoryRequirements, get_device_image_sparse_memory_requirements);
	SET_STUB(dev, BindBufferMemory2, bind_buffer_memory2);
	SET_STUB(dev, BindImageMemory2, bind_image_memory2);
	SET_STUB(dev, GetMemoryMetalHandleEXT, get_memory_metal_handle);
	SET_STUB(dev, GetMemoryMetalHandlePropertiesEXT, get_memory_metal_handle_properties);
	SET_STUB(dev, GetSemaphoreCounterValue, get_semaphore_counter_value);
	SET_STUB(dev, SignalSemaphore, signal_semaphore);
	SET_STUB(dev, WaitSemaphores, wait_semaphores);
	SET_STUB(dev, ExportMetalObjectsEXT, export_metal_objects);
	SET_STUB(dev, SetDebugUtilsObjectNameEXT, set_debug_utils_object_name);
}

void tongs_layer_device_load_next(struct tongs_layer_device *dev, const VkDeviceCreateInfo *info) {
	uint32_t version = tongs_layer_device_api_version(dev->instance, dev->physical_device);
#define LOAD(name, since, alias, extension) \
	dev->next.name = (PFN_vk##name)load_next(dev, info, version >= (since), "vk" #name, "vk" #alias, extension);
	TONGS_NEXT_DEVICE_COMMANDS(LOAD)
#undef LOAD
	set_stubs(dev);
}
