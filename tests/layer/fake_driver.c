/* SPDX-License-Identifier: MIT */
/* A driver that is made of settings and records. */
#include "fake_driver.h"

#include <stdlib.h>
#include <string.h>

struct fake_driver fake;

/* Dispatchable objects begin with a pointer to a table, which is what tells instances and devices apart. */
struct dispatchable {
	const void *table;
};

static int instance_table, device_table;
static struct dispatchable the_instance = {&instance_table}, the_physical_device = {&instance_table},
			   the_device = {&device_table};

void fake_reset(void) {
	fake = (struct fake_driver){
		.extensions = {VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME},
		.extension_count = 1,
		.import_alignment = 4096,
	};
}

VkPhysicalDevice fake_physical_device(void) {
	return (VkPhysicalDevice)&the_physical_device;
}

static VkResult VKAPI_CALL create_instance(
	const VkInstanceCreateInfo *info, const VkAllocationCallbacks *callbacks, VkInstance *instance) {
	(void)info;
	(void)callbacks;
	*instance = (VkInstance)&the_instance;
	return VK_SUCCESS;
}

static void VKAPI_CALL destroy_instance(VkInstance instance, const VkAllocationCallbacks *callbacks) {
	(void)instance;
	(void)callbacks;
}

static VkResult VKAPI_CALL enumerate_device_layer_properties(
	VkPhysicalDevice device, uint32_t *count, VkLayerProperties *list) {
	(void)device;
	(void)list;
	*count = 0;
	return VK_SUCCESS;
}

static VkResult VKAPI_CALL enumerate_device_extension_properties(
	VkPhysicalDevice device, const char *layer, uint32_t *count, VkExtensionProperties *list) {
	(void)device;
	(void)layer;
	for (uint32_t i = 0; list && i < fake.extension_count && i < *count; i++)
		strcpy(list[i].extensionName, fake.extensions[i]);
	*count = fake.extension_count;
	return VK_SUCCESS;
}

static void VKAPI_CALL get_properties(VkPhysicalDevice device, VkPhysicalDeviceProperties *properties) {
	(void)device;
	*properties = (VkPhysicalDeviceProperties){
		.apiVersion = VK_API_VERSION_1_3,
		.deviceName = "fake",
		.limits = {.nonCoherentAtomSize = 64, .maxFramebufferWidth = 16384, .maxFramebufferHeight = 16384},
	};
}

static void VKAPI_CALL get_properties2(VkPhysicalDevice device, VkPhysicalDeviceProperties2 *properties) {
	get_properties(device, &properties->properties);
	for (VkBaseOutStructure *s = properties->pNext; s; s = s->pNext) {
		if (s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT)
			((VkPhysicalDeviceExternalMemoryHostPropertiesEXT *)s)->minImportedHostPointerAlignment =
				fake.import_alignment;
		if (s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES)
			memset(((VkPhysicalDeviceIDProperties *)s)->deviceUUID, 0xfa, VK_UUID_SIZE);
	}
}

static void VKAPI_CALL get_memory_properties(VkPhysicalDevice device, VkPhysicalDeviceMemoryProperties *memory) {
	(void)device;
	*memory = (VkPhysicalDeviceMemoryProperties){.memoryTypeCount = 2, .memoryHeapCount = 1};
}

static void VKAPI_CALL get_format_properties2(
	VkPhysicalDevice device, VkFormat format, VkFormatProperties2 *properties) {
	(void)device;
	(void)format;
	properties->formatProperties = (VkFormatProperties){
		.linearTilingFeatures = fake.features,
		.optimalTilingFeatures = fake.features,
	};
}

static VkResult VKAPI_CALL get_image_format_properties2(
	VkPhysicalDevice device, const VkPhysicalDeviceImageFormatInfo2 *info, VkImageFormatProperties2 *properties) {
	(void)device;
	(void)info;
	fake.image_queries++;
	properties->imageFormatProperties = (VkImageFormatProperties){.maxMipLevels = 9};
	return fake.image_result; /* without features, as some drivers answer */
}

static void VKAPI_CALL get_external_buffer_properties(VkPhysicalDevice device,
	const VkPhysicalDeviceExternalBufferInfo *info, VkExternalBufferProperties *properties) {
	(void)device;
	(void)info;
	fake.buffer_queries++;
	properties->externalMemoryProperties = (VkExternalMemoryProperties){0};
}

static VkResult VKAPI_CALL create_device(VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
	const VkAllocationCallbacks *callbacks, VkDevice *device) {
	(void)physical;
	(void)callbacks;
	fake.enabled_count = info->enabledExtensionCount;
	for (uint32_t i = 0; i < info->enabledExtensionCount; i++)
		fake.enabled[i] = info->ppEnabledExtensionNames[i];
	*device = (VkDevice)&the_device;
	return fake.create_device_result;
}

static void VKAPI_CALL destroy_device(VkDevice device, const VkAllocationCallbacks *callbacks) {
	(void)device;
	(void)callbacks;
}

static VkResult VKAPI_CALL allocate_memory(VkDevice device, const VkMemoryAllocateInfo *info,
	const VkAllocationCallbacks *callbacks, VkDeviceMemory *memory) {
	(void)device;
	(void)callbacks;
	fake.allocate_info = *info;
	fake.allocate_next_host_pointer = NULL;
	for (const VkBaseInStructure *s = info->pNext; s; s = s->pNext)
		if (s->sType == VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT)
			fake.allocate_next_host_pointer = ((const VkImportMemoryHostPointerInfoEXT *)s)->pHostPointer;
	if (fake.allocate_result != VK_SUCCESS)
		return fake.allocate_result;
	/* The same in every run, so that what is counted of look-ups does not depend on where blocks lie. */
	static uintptr_t last = 0x100000;
	fake.live_memories++;
	*memory = (VkDeviceMemory)(last += 32);
	return VK_SUCCESS;
}

static void VKAPI_CALL free_memory(VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks *callbacks) {
	(void)device;
	(void)callbacks;
	if (memory)
		fake.live_memories--;
}

/* VkMemoryMapInfoKHR, which the oldest supported headers lack. */
struct map_info {
	VkStructureType type;
	const void *next;
	VkFlags flags;
	VkDeviceMemory memory;
	VkDeviceSize offset, size;
};

static VkResult VKAPI_CALL map_memory2(VkDevice device, const struct map_info *info, void **data) {
	(void)device;
	fake.map_offset = info->offset;
	fake.map_size = info->size;
	*data = (char *)fake.allocate_next_host_pointer + info->offset;
	return VK_SUCCESS;
}

static VkResult VKAPI_CALL map_memory(
	VkDevice device, VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize size, VkFlags flags, void **data) {
	return map_memory2(device, &(struct map_info){0, NULL, flags, memory, offset, size}, data);
}

static VkResult VKAPI_CALL flush(VkDevice device, uint32_t count, const VkMappedMemoryRange *ranges) {
	(void)device;
	(void)count;
	(void)ranges;
	return VK_SUCCESS;
}

static VkResult VKAPI_CALL bind_buffer(VkDevice device, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize offset) {
	(void)device;
	(void)buffer;
	(void)memory;
	(void)offset;
	return VK_SUCCESS;
}

static void VKAPI_CALL get_buffer_requirements(VkDevice device, VkBuffer buffer, VkMemoryRequirements *requirements) {
	(void)device;
	(void)buffer;
	*requirements = (VkMemoryRequirements){4096, 64, 3};
}

static VkResult VKAPI_CALL get_host_pointer_properties(VkDevice device, VkExternalMemoryHandleTypeFlagBits type,
	const void *pointer, VkMemoryHostPointerPropertiesEXT *properties) {
	(void)device;
	(void)type;
	(void)pointer;
	properties->memoryTypeBits = 2;
	return VK_SUCCESS;
}

VkResult VKAPI_CALL fake_get_metal_handle(VkDevice device, const VkMemoryGetMetalHandleInfoEXT *info, void **handle) {
	(void)device;
	(void)info;
	*handle = &fake;
	return VK_SUCCESS;
}

static const struct {
	const char *name;
	PFN_vkVoidFunction function;
} commands[] = {
	{"vkCreateInstance", (PFN_vkVoidFunction)create_instance},
	{"vkDestroyInstance", (PFN_vkVoidFunction)destroy_instance},
	{"vkEnumerateDeviceLayerProperties", (PFN_vkVoidFunction)enumerate_device_layer_properties},
	{"vkEnumerateDeviceExtensionProperties", (PFN_vkVoidFunction)enumerate_device_extension_properties},
	{"vkGetPhysicalDeviceProperties", (PFN_vkVoidFunction)get_properties},
	{"vkGetPhysicalDeviceProperties2", (PFN_vkVoidFunction)get_properties2},
	{"vkGetPhysicalDeviceMemoryProperties", (PFN_vkVoidFunction)get_memory_properties},
	{"vkGetPhysicalDeviceFormatProperties2", (PFN_vkVoidFunction)get_format_properties2},
	{"vkGetPhysicalDeviceImageFormatProperties2", (PFN_vkVoidFunction)get_image_format_properties2},
	{"vkGetPhysicalDeviceExternalBufferProperties", (PFN_vkVoidFunction)get_external_buffer_properties},
	{"vkCreateDevice", (PFN_vkVoidFunction)create_device},
	{"vkDestroyDevice", (PFN_vkVoidFunction)destroy_device},
	{"vkAllocateMemory", (PFN_vkVoidFunction)allocate_memory},
	{"vkFreeMemory", (PFN_vkVoidFunction)free_memory},
	{"vkMapMemory", (PFN_vkVoidFunction)map_memory},
	{"vkFlushMappedMemoryRanges", (PFN_vkVoidFunction)flush},
	{"vkBindBufferMemory", (PFN_vkVoidFunction)bind_buffer},
	{"vkGetBufferMemoryRequirements", (PFN_vkVoidFunction)get_buffer_requirements},
	{"vkMapMemory2KHR", (PFN_vkVoidFunction)map_memory2},
	{"vkGetMemoryHostPointerPropertiesEXT", (PFN_vkVoidFunction)get_host_pointer_properties},
};

static bool has_native_extension(void) {
	for (uint32_t i = 0; i < fake.extension_count; i++)
		if (strcmp(fake.extensions[i], VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME) == 0)
			return true;
	return false;
}

PFN_vkVoidFunction VKAPI_CALL fake_get_instance_proc_addr(VkInstance instance, const char *name) {
	(void)instance;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].function;
	if (has_native_extension() && strcmp(name, "vkGetMemoryMetalHandleEXT") == 0)
		return (PFN_vkVoidFunction)fake_get_metal_handle;
	return NULL;
}

PFN_vkVoidFunction VKAPI_CALL fake_get_device_proc_addr(VkDevice device, const char *name) {
	(void)device;
	return fake_get_instance_proc_addr(NULL, name);
}
