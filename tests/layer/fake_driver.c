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

enum kind { MEMORY, BUFFER, IMAGE, KINDS };

/* Handles are numbers, the same in every run, so that what is counted of look-ups does not depend on where blocks lie.
 * The one that was let go of last is given out first, as many drivers do. */
static struct {
	uintptr_t last;
	uintptr_t free[64];
	size_t free_count;
} handles[KINDS];

/* What a buffer was created with, by its number. */
static struct {
	VkBufferUsageFlags usage;
	VkDeviceSize size;
} buffers[1024];

static uintptr_t new_handle(enum kind kind) {
	if (handles[kind].free_count)
		return handles[kind].free[--handles[kind].free_count];
	if (!handles[kind].last)
		handles[kind].last = 0x100000;
	return handles[kind].last += 32;
}

static void end_handle(enum kind kind, uintptr_t handle) {
	if (handles[kind].free_count < sizeof(handles[kind].free) / sizeof(*handles[kind].free))
		handles[kind].free[handles[kind].free_count++] = handle;
	if (fake.on_destroyed)
		fake.on_destroyed();
}

static size_t index_of(uintptr_t handle) {
	return (handle - 0x100000) / 32 % 1024;
}

static void look(const char *command, const void *pNext) {
	if (fake.look)
		fake.look(command, pNext);
}

void fake_reset(void) {
	fake = (struct fake_driver){
		.api_version = VK_API_VERSION_1_3,
		.extensions = {VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME},
		.extension_count = 1,
		.import_alignment = 4096,
		.buffer_features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT,
		.device_type = VK_PHYSICAL_DEVICE_TYPE_CPU,
		.memory_flags = {VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
			VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT},
		.host_types = 2,
		.image_alignment = 64,
		.map_alignment = 64,
		.atom = 64,
		.device_uuid = "a fake's device",
		.driver_uuid = "a fake's driver",
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

static VkResult VKAPI_CALL enumerate_physical_devices(VkInstance instance, uint32_t *count, VkPhysicalDevice *devices) {
	(void)instance;
	if (devices && *count > 0)
		*devices = fake_physical_device();
	*count = 1;
	return VK_SUCCESS;
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
		.apiVersion = fake.api_version,
		.deviceName = "fake",
		.deviceType = fake.device_type,
		.limits =
			{
				.nonCoherentAtomSize = fake.atom,
				.minMemoryMapAlignment = fake.map_alignment,
				.maxFramebufferWidth = 16384,
				.maxFramebufferHeight = 16384,
			},
	};
}

static void VKAPI_CALL get_properties2(VkPhysicalDevice device, VkPhysicalDeviceProperties2 *properties) {
	get_properties(device, &properties->properties);
	for (VkBaseOutStructure *s = properties->pNext; s; s = s->pNext) {
		if (s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT)
			((VkPhysicalDeviceExternalMemoryHostPropertiesEXT *)s)->minImportedHostPointerAlignment =
				fake.import_alignment;
		if (s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES) {
			memcpy(((VkPhysicalDeviceIDProperties *)s)->deviceUUID, fake.device_uuid, VK_UUID_SIZE);
			memcpy(((VkPhysicalDeviceIDProperties *)s)->driverUUID, fake.driver_uuid, VK_UUID_SIZE);
		}
	}
}

static void VKAPI_CALL get_memory_properties(VkPhysicalDevice device, VkPhysicalDeviceMemoryProperties *memory) {
	(void)device;
	*memory = (VkPhysicalDeviceMemoryProperties){
		.memoryTypeCount = 4,
		.memoryHeapCount = 1,
		.memoryHeaps = {{(VkDeviceSize)1 << 30, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT}},
	};
	for (uint32_t i = 0; i < memory->memoryTypeCount; i++)
		memory->memoryTypes[i].propertyFlags = fake.memory_flags[i];
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
	look("vkGetPhysicalDeviceImageFormatProperties2", info->pNext);
	fake.image_queries++;
	/* Without image_features this is a success without features, as some drivers answer. */
	properties->imageFormatProperties = (VkImageFormatProperties){.maxMipLevels = 9};
	if (fake.image_features)
		properties->imageFormatProperties = (VkImageFormatProperties){
			.maxExtent = {4096, 4096, 256},
			.maxMipLevels = 9,
			.maxArrayLayers = 64,
			.sampleCounts = VK_SAMPLE_COUNT_1_BIT,
			.maxResourceSize = (VkDeviceSize)1 << 30,
		};
	for (VkBaseOutStructure *s = properties->pNext; s; s = s->pNext)
		if (s->sType == VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES)
			((VkExternalImageFormatProperties *)s)->externalMemoryProperties.externalMemoryFeatures =
				fake.image_features;
	return fake.image_result;
}

static void VKAPI_CALL get_external_buffer_properties(VkPhysicalDevice device,
	const VkPhysicalDeviceExternalBufferInfo *info, VkExternalBufferProperties *properties) {
	(void)device;
	look("vkGetPhysicalDeviceExternalBufferProperties", info->pNext);
	fake.buffer_queries++;
	fake.buffer_question = *info;
	/* VkBufferUsageFlags2CreateInfo: its usage stands for the other. */
	uint64_t usage = info->usage;
	for (const VkBaseInStructure *s = info->pNext; s; s = s->pNext)
		if ((uint32_t)s->sType == 1000470006)
			memcpy(&usage, s + 1, sizeof(usage));
	bool denied = usage & (fake.denied_usage | fake.denied_usage2);
	properties->externalMemoryProperties = (VkExternalMemoryProperties){
		.externalMemoryFeatures = denied ? 0 : fake.buffer_features,
	};
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
	look("vkAllocateMemory", info->pNext);
	fake.allocate_info = *info;
	fake.allocate_next_host_pointer = NULL;
	for (const VkBaseInStructure *s = info->pNext; s; s = s->pNext)
		if (s->sType == VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT)
			fake.allocate_next_host_pointer = ((const VkImportMemoryHostPointerInfoEXT *)s)->pHostPointer;
	if (fake.allocate_result != VK_SUCCESS)
		return fake.allocate_result;
	fake.imports += fake.allocate_next_host_pointer != NULL;
	fake.live_memories++;
	*memory = (VkDeviceMemory)new_handle(MEMORY);
	return VK_SUCCESS;
}

static void VKAPI_CALL free_memory(VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks *callbacks) {
	(void)device;
	(void)callbacks;
	if (!memory)
		return;
	fake.live_memories--;
	end_handle(MEMORY, (uintptr_t)memory);
}

static VkResult VKAPI_CALL create_buffer(
	VkDevice device, const VkBufferCreateInfo *info, const VkAllocationCallbacks *callbacks, VkBuffer *buffer) {
	(void)device;
	(void)callbacks;
	look("vkCreateBuffer", info->pNext);
	fake.live_buffers++;
	*buffer = (VkBuffer)new_handle(BUFFER);
	buffers[index_of((uintptr_t)*buffer)].usage = info->usage;
	buffers[index_of((uintptr_t)*buffer)].size = info->size;
	return VK_SUCCESS;
}

static void VKAPI_CALL destroy_buffer(VkDevice device, VkBuffer buffer, const VkAllocationCallbacks *callbacks) {
	(void)device;
	(void)callbacks;
	if (!buffer)
		return;
	fake.live_buffers--;
	end_handle(BUFFER, (uintptr_t)buffer);
}

static VkResult VKAPI_CALL create_image(
	VkDevice device, const VkImageCreateInfo *info, const VkAllocationCallbacks *callbacks, VkImage *image) {
	(void)device;
	(void)callbacks;
	look("vkCreateImage", info->pNext);
	fake.live_images++;
	*image = (VkImage)new_handle(IMAGE);
	return VK_SUCCESS;
}

static void VKAPI_CALL destroy_image(VkDevice device, VkImage image, const VkAllocationCallbacks *callbacks) {
	(void)device;
	(void)callbacks;
	if (!image)
		return;
	fake.live_images--;
	end_handle(IMAGE, (uintptr_t)image);
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

static VkResult VKAPI_CALL unmap_memory2(VkDevice device, const void *info) {
	(void)device;
	(void)info;
	fake.unmaps++;
	return VK_SUCCESS;
}

static VkResult VKAPI_CALL map_memory(
	VkDevice device, VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize size, VkFlags flags, void **data) {
	return map_memory2(device, &(struct map_info){0, NULL, flags, memory, offset, size}, data);
}

static VkResult VKAPI_CALL flush(VkDevice device, uint32_t count, const VkMappedMemoryRange *ranges) {
	(void)device;
	fake.range_count = count;
	for (uint32_t i = 0; i < count && i < 8; i++)
		fake.ranges[i] = ranges[i];
	return VK_SUCCESS;
}

static VkDeviceSize buffer_alignment(VkBufferUsageFlags usage) {
	VkDeviceSize alignment = 64;
	for (unsigned i = 0; i < 32; i++)
		if ((usage >> i & 1) && fake.usage_alignment[i] > alignment)
			alignment = fake.usage_alignment[i];
	return alignment;
}

static VkMemoryRequirements requirements_of(VkDeviceSize size, VkBufferUsageFlags usage) {
	VkDeviceSize alignment = buffer_alignment(usage);
	return (VkMemoryRequirements){(size + alignment - 1) & ~(alignment - 1), alignment, 15};
}

static void get_buffer_requirements_now(VkBuffer buffer, VkMemoryRequirements *requirements) {
	size_t i = index_of((uintptr_t)buffer);
	*requirements = requirements_of(buffers[i].size, buffers[i].usage);
}

static void VKAPI_CALL get_buffer_requirements(VkDevice device, VkBuffer buffer, VkMemoryRequirements *requirements) {
	(void)device;
	get_buffer_requirements_now(buffer, requirements);
}

static void VKAPI_CALL get_buffer_requirements2(
	VkDevice device, const VkBufferMemoryRequirementsInfo2 *info, VkMemoryRequirements2 *requirements) {
	(void)device;
	get_buffer_requirements_now(info->buffer, &requirements->memoryRequirements);
}

static void VKAPI_CALL get_device_buffer_requirements(
	VkDevice device, const VkDeviceBufferMemoryRequirements *info, VkMemoryRequirements2 *requirements) {
	(void)device;
	look("vkGetDeviceBufferMemoryRequirements", info->pCreateInfo->pNext);
	requirements->memoryRequirements = requirements_of(info->pCreateInfo->size, info->pCreateInfo->usage);
}

static void VKAPI_CALL get_image_requirements(VkDevice device, VkImage image, VkMemoryRequirements *requirements) {
	(void)device;
	(void)image;
	*requirements = (VkMemoryRequirements){16384, fake.image_alignment, 15};
}

static void VKAPI_CALL get_image_requirements2(
	VkDevice device, const VkImageMemoryRequirementsInfo2 *info, VkMemoryRequirements2 *requirements) {
	get_image_requirements(device, info->image, &requirements->memoryRequirements);
}

static void VKAPI_CALL get_device_image_requirements(
	VkDevice device, const VkDeviceImageMemoryRequirements *info, VkMemoryRequirements2 *requirements) {
	look("vkGetDeviceImageMemoryRequirements", info->pCreateInfo->pNext);
	get_image_requirements(device, VK_NULL_HANDLE, &requirements->memoryRequirements);
}

static void VKAPI_CALL get_subresource_layout(
	VkDevice device, VkImage image, const VkImageSubresource *subresource, VkSubresourceLayout *layout) {
	(void)device;
	(void)image;
	(void)subresource;
	*layout = (VkSubresourceLayout){.size = 16384, .rowPitch = 256};
}

static void record_binding(uint64_t resource, VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize alignment) {
	fake.misaligned += offset % alignment != 0;
	if (fake.binding_count < sizeof(fake.bindings) / sizeof(*fake.bindings))
		fake.bindings[fake.binding_count++] = (struct fake_binding){resource, memory, offset};
}

static VkResult VKAPI_CALL bind_buffer(VkDevice device, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize offset) {
	VkMemoryRequirements requirements;
	(void)device;
	get_buffer_requirements_now(buffer, &requirements);
	record_binding((uint64_t)(uintptr_t)buffer, memory, offset, requirements.alignment);
	return fake.bind_result;
}

static VkResult VKAPI_CALL bind_image(VkDevice device, VkImage image, VkDeviceMemory memory, VkDeviceSize offset) {
	(void)device;
	record_binding((uint64_t)(uintptr_t)image, memory, offset, fake.image_alignment);
	return fake.bind_result;
}

/* VkBindMemoryStatus, which the oldest supported headers lack. */
struct bind_status {
	VkStructureType type;
	const void *next;
	VkResult *result;
};

static void write_status(const void *pNext) {
	for (const VkBaseInStructure *s = pNext; s; s = s->pNext)
		if ((uint32_t)s->sType == 1000545002)
			*((const struct bind_status *)s)->result = fake.bind_result;
}

static VkResult VKAPI_CALL bind_buffers2(VkDevice device, uint32_t count, const VkBindBufferMemoryInfo *infos) {
	for (uint32_t i = 0; i < count; i++) {
		bind_buffer(device, infos[i].buffer, infos[i].memory, infos[i].memoryOffset);
		write_status(infos[i].pNext);
	}
	return fake.bind_result;
}

static VkResult VKAPI_CALL bind_images2(VkDevice device, uint32_t count, const VkBindImageMemoryInfo *infos) {
	for (uint32_t i = 0; i < count; i++) {
		bind_image(device, infos[i].image, infos[i].memory, infos[i].memoryOffset);
		write_status(infos[i].pNext);
	}
	return fake.bind_result;
}

static VkResult VKAPI_CALL get_host_pointer_properties(VkDevice device, VkExternalMemoryHandleTypeFlagBits type,
	const void *pointer, VkMemoryHostPointerPropertiesEXT *properties) {
	(void)device;
	(void)type;
	properties->memoryTypeBits = pointer && pointer == fake.odd_pages ? fake.odd_types : fake.host_types;
	return VK_SUCCESS;
}

static VkResult VKAPI_CALL set_name(VkDevice device, const VkDebugUtilsObjectNameInfoEXT *info) {
	(void)device;
	(void)info;
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
	{"vkEnumeratePhysicalDevices", (PFN_vkVoidFunction)enumerate_physical_devices},
	{"vkEnumerateDeviceLayerProperties", (PFN_vkVoidFunction)enumerate_device_layer_properties},
	{"vkEnumerateDeviceExtensionProperties", (PFN_vkVoidFunction)enumerate_device_extension_properties},
	{"vkGetPhysicalDeviceProperties", (PFN_vkVoidFunction)get_properties},
	{"vkGetPhysicalDeviceProperties2", (PFN_vkVoidFunction)get_properties2},
	{"vkGetPhysicalDeviceProperties2KHR", (PFN_vkVoidFunction)get_properties2},
	{"vkGetPhysicalDeviceMemoryProperties", (PFN_vkVoidFunction)get_memory_properties},
	{"vkGetPhysicalDeviceFormatProperties2", (PFN_vkVoidFunction)get_format_properties2},
	{"vkGetPhysicalDeviceFormatProperties2KHR", (PFN_vkVoidFunction)get_format_properties2},
	{"vkGetPhysicalDeviceImageFormatProperties2", (PFN_vkVoidFunction)get_image_format_properties2},
	{"vkGetPhysicalDeviceExternalBufferProperties", (PFN_vkVoidFunction)get_external_buffer_properties},
	{"vkCreateDevice", (PFN_vkVoidFunction)create_device},
	{"vkGetDeviceProcAddr", (PFN_vkVoidFunction)fake_get_device_proc_addr},
	{"vkDestroyDevice", (PFN_vkVoidFunction)destroy_device},
	{"vkAllocateMemory", (PFN_vkVoidFunction)allocate_memory},
	{"vkFreeMemory", (PFN_vkVoidFunction)free_memory},
	{"vkMapMemory", (PFN_vkVoidFunction)map_memory},
	{"vkFlushMappedMemoryRanges", (PFN_vkVoidFunction)flush},
	{"vkBindBufferMemory", (PFN_vkVoidFunction)bind_buffer},
	{"vkGetBufferMemoryRequirements", (PFN_vkVoidFunction)get_buffer_requirements},
	{"vkSetDebugUtilsObjectNameEXT", (PFN_vkVoidFunction)set_name},
	{"vkGetBufferMemoryRequirements2", (PFN_vkVoidFunction)get_buffer_requirements2},
	{"vkGetDeviceBufferMemoryRequirements", (PFN_vkVoidFunction)get_device_buffer_requirements},
	{"vkCreateBuffer", (PFN_vkVoidFunction)create_buffer},
	{"vkDestroyBuffer", (PFN_vkVoidFunction)destroy_buffer},
	{"vkCreateImage", (PFN_vkVoidFunction)create_image},
	{"vkDestroyImage", (PFN_vkVoidFunction)destroy_image},
	{"vkGetImageMemoryRequirements", (PFN_vkVoidFunction)get_image_requirements},
	{"vkGetImageMemoryRequirements2", (PFN_vkVoidFunction)get_image_requirements2},
	{"vkGetDeviceImageMemoryRequirements", (PFN_vkVoidFunction)get_device_image_requirements},
	{"vkGetImageSubresourceLayout", (PFN_vkVoidFunction)get_subresource_layout},
	{"vkBindBufferMemory2", (PFN_vkVoidFunction)bind_buffers2},
	{"vkBindImageMemory", (PFN_vkVoidFunction)bind_image},
	{"vkBindImageMemory2", (PFN_vkVoidFunction)bind_images2},
	{"vkInvalidateMappedMemoryRanges", (PFN_vkVoidFunction)flush},
	{"vkMapMemory2KHR", (PFN_vkVoidFunction)map_memory2},
	{"vkUnmapMemory2KHR", (PFN_vkVoidFunction)unmap_memory2},
	{"vkGetMemoryHostPointerPropertiesEXT", (PFN_vkVoidFunction)get_host_pointer_properties},
};

static bool has_native_extension(void) {
	for (uint32_t i = 0; i < fake.extension_count; i++)
		if (strcmp(fake.extensions[i], VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME) == 0)
			return true;
	return false;
}

static PFN_vkVoidFunction find(bool is_device, const char *name) {
	PFN_vkVoidFunction command;
	if (fake.answers && fake.answers(is_device, name, &command))
		return command;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].function;
	if (has_native_extension() && strcmp(name, "vkGetMemoryMetalHandleEXT") == 0)
		return (PFN_vkVoidFunction)fake_get_metal_handle;
	return NULL;
}

PFN_vkVoidFunction VKAPI_CALL fake_get_instance_proc_addr(VkInstance instance, const char *name) {
	(void)instance;
	return find(false, name);
}

PFN_vkVoidFunction VKAPI_CALL fake_get_device_proc_addr(VkDevice device, const char *name) {
	(void)device;
	return find(true, name);
}
