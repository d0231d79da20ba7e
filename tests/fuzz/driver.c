/* SPDX-License-Identifier: MIT */
/* The driver below: its objects, and what it checks of each call. */
#include "driver_private.h"

#include "input.h"
#include "layer/chain.h"

struct driver driver;
const uint8_t driver_uuid[VK_UUID_SIZE] = "fuzzed device 0";

/* Dispatchable objects begin with a pointer to a table, which is what tells instances and devices apart. */
struct dispatchable {
	const void *table;
};

static int instance_table, device_table;
static struct dispatchable the_instance = {&instance_table}, the_physical_device = {&instance_table},
			   the_device = {&device_table};

VkPhysicalDevice driver_get_physical_device(void) {
	return (VkPhysicalDevice)&the_physical_device;
}

size_t driver_struct_size(VkStructureType type) {
	return tongs_chain_struct_size(type);
}

const void *driver_find(const void *pNext, VkStructureType type) {
	for (const VkBaseInStructure *s = pNext; s; s = s->pNext)
		if (s->sType == type)
			return s;
	return NULL;
}

void driver_read_all(const void *bytes, size_t size) {
	static volatile unsigned char last;
	for (size_t i = 0; i < size; i++)
		last = ((const volatile unsigned char *)bytes)[i];
	(void)last;
}

void driver_check_chain(const void *pNext) {
	unsigned length = 0;
	for (const VkBaseInStructure *s = pNext; s; s = s->pNext) {
		REQUIRE(++length <= 64);
		size_t size = driver_struct_size(s->sType);
		driver_read_all(s, size ? size : sizeof(*s));
	}
}

void driver_check_device(VkDevice device) {
	REQUIRE(device == (VkDevice)&the_device);
}

static VkResult VKAPI_CALL create_instance(
	const VkInstanceCreateInfo *info, const VkAllocationCallbacks *callbacks, VkInstance *instance) {
	(void)info;
	(void)callbacks;
	*instance = (VkInstance)&the_instance;
	return VK_SUCCESS;
}

static void VKAPI_CALL destroy_instance(VkInstance instance, const VkAllocationCallbacks *callbacks) {
	REQUIRE(instance == (VkInstance)&the_instance);
	(void)callbacks;
}

static VkResult VKAPI_CALL enumerate_device_extension_properties(
	VkPhysicalDevice device, const char *layer, uint32_t *count, VkExtensionProperties *list) {
	REQUIRE(device == driver_get_physical_device());
	(void)layer;
	if (list && *count > 0)
		strcpy(list[0].extensionName, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME);
	*count = 1;
	return VK_SUCCESS;
}

static void VKAPI_CALL get_properties(VkPhysicalDevice device, VkPhysicalDeviceProperties *properties) {
	REQUIRE(device == driver_get_physical_device());
	*properties = (VkPhysicalDeviceProperties){
		.apiVersion = VK_API_VERSION_1_3,
		.deviceName = "fuzzed",
		.limits = {.nonCoherentAtomSize = DRIVER_ATOM,
			.maxFramebufferWidth = 16384,
			.maxFramebufferHeight = 16384},
	};
}

static void VKAPI_CALL get_properties2(VkPhysicalDevice device, VkPhysicalDeviceProperties2 *properties) {
	get_properties(device, &properties->properties);
	for (VkBaseOutStructure *s = properties->pNext; s; s = s->pNext) {
		if (s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT)
			((VkPhysicalDeviceExternalMemoryHostPropertiesEXT *)s)->minImportedHostPointerAlignment =
				DRIVER_PAGE;
		if (s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES)
			memcpy(((VkPhysicalDeviceIDProperties *)s)->deviceUUID, driver_uuid, VK_UUID_SIZE);
	}
}

static void VKAPI_CALL get_memory_properties(VkPhysicalDevice device, VkPhysicalDeviceMemoryProperties *memory) {
	REQUIRE(device == driver_get_physical_device());
	*memory = (VkPhysicalDeviceMemoryProperties){
		.memoryTypeCount = DRIVER_MEMORY_TYPES,
		.memoryTypes =
			{
				{VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, 0},
				{VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT, 1},
				{VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_CACHED_BIT, 1},
			},
		.memoryHeapCount = 2,
		.memoryHeaps = {{(VkDeviceSize)1 << 30, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT}, {(VkDeviceSize)1 << 30, 0}},
	};
}

/* Some formats can do all in both tilings, some more in OPTIMAL, some nothing. */
static VkFormatFeatureFlags features_of(VkFormat format, VkImageTiling tiling) {
	const VkFormatFeatureFlags copies = VK_FORMAT_FEATURE_TRANSFER_SRC_BIT | VK_FORMAT_FEATURE_TRANSFER_DST_BIT;
	if (format == VK_FORMAT_UNDEFINED || (uint32_t)format % 7 == 6)
		return 0;
	if (format >= VK_FORMAT_D16_UNORM && format <= VK_FORMAT_D32_SFLOAT_S8_UINT)
		return tiling == VK_IMAGE_TILING_OPTIMAL ? copies | VK_FORMAT_FEATURE_DEPTH_STENCIL_ATTACHMENT_BIT : 0;
	VkFormatFeatureFlags all = copies | VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT | VK_FORMAT_FEATURE_STORAGE_IMAGE_BIT;
	return tiling == VK_IMAGE_TILING_OPTIMAL && (uint32_t)format % 3 == 0
		       ? all | VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT
		       : all;
}

VkImageUsageFlags driver_usage_of(VkFormat format, VkImageTiling tiling) {
	VkFormatFeatureFlags features = features_of(format, tiling);
	VkImageUsageFlags usage = 0;
	if (features & VK_FORMAT_FEATURE_TRANSFER_SRC_BIT)
		usage |= VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
	if (features & VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT)
		usage |= VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_STORAGE_BIT;
	if (features & VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT)
		usage |= VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT;
	if (features & VK_FORMAT_FEATURE_DEPTH_STENCIL_ATTACHMENT_BIT)
		usage |= VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT | VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT;
	return usage;
}

static void VKAPI_CALL get_format_properties2(
	VkPhysicalDevice device, VkFormat format, VkFormatProperties2 *properties) {
	REQUIRE(device == driver_get_physical_device());
	driver_check_chain(properties->pNext);
	properties->formatProperties = (VkFormatProperties){
		.linearTilingFeatures = features_of(format, VK_IMAGE_TILING_LINEAR),
		.optimalTilingFeatures = features_of(format, VK_IMAGE_TILING_OPTIMAL),
	};
}

static VkResult VKAPI_CALL get_image_format_properties2(
	VkPhysicalDevice device, const VkPhysicalDeviceImageFormatInfo2 *info, VkImageFormatProperties2 *properties) {
	REQUIRE(device == driver_get_physical_device());
	driver_check_chain(info->pNext);
	driver_check_chain(properties->pNext);
	const VkPhysicalDeviceExternalImageFormatInfo *external =
		driver_find(info->pNext, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO);
	VkExternalImageFormatProperties *answer =
		(void *)driver_find(properties->pNext, VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES);
	REQUIRE(!external || !(external->handleType & METAL_TYPES));
	properties->imageFormatProperties = (VkImageFormatProperties){0};
	if (answer)
		answer->externalMemoryProperties = (VkExternalMemoryProperties){0};
	if (!info->usage || (info->usage & ~driver_usage_of(info->format, info->tiling)))
		return VK_ERROR_FORMAT_NOT_SUPPORTED;
	bool linear = info->tiling == VK_IMAGE_TILING_LINEAR;
	properties->imageFormatProperties = (VkImageFormatProperties){
		.maxExtent = {256, info->type == VK_IMAGE_TYPE_1D ? 1 : 256, info->type == VK_IMAGE_TYPE_3D ? 64 : 1},
		.maxMipLevels = 9,
		.maxArrayLayers = info->type == VK_IMAGE_TYPE_3D ? 1 : 64,
		.sampleCounts = linear ? VK_SAMPLE_COUNT_1_BIT : VK_SAMPLE_COUNT_1_BIT | VK_SAMPLE_COUNT_4_BIT,
		.maxResourceSize = (VkDeviceSize)1 << 31,
	};
	if (answer && external && external->handleType == HOST)
		answer->externalMemoryProperties.externalMemoryFeatures = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	return VK_SUCCESS;
}

static void VKAPI_CALL get_external_buffer_properties(VkPhysicalDevice device,
	const VkPhysicalDeviceExternalBufferInfo *info, VkExternalBufferProperties *properties) {
	REQUIRE(device == driver_get_physical_device());
	driver_check_chain(info->pNext);
	REQUIRE(!(info->handleType & METAL_TYPES));
	properties->externalMemoryProperties = (VkExternalMemoryProperties){0};
	if (info->handleType == HOST)
		properties->externalMemoryProperties.externalMemoryFeatures = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
}

static VkResult VKAPI_CALL create_device(VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
	const VkAllocationCallbacks *callbacks, VkDevice *device) {
	bool host = false;
	REQUIRE(physical == driver_get_physical_device());
	(void)callbacks;
	for (uint32_t i = 0; i < info->enabledExtensionCount; i++) {
		const char *name = info->ppEnabledExtensionNames[i];
		REQUIRE(strcmp(name, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME) != 0);
		host |= strcmp(name, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME) == 0;
	}
	REQUIRE(host);
	*device = (VkDevice)&the_device;
	return VK_SUCCESS;
}

static void VKAPI_CALL destroy_device(VkDevice device, const VkAllocationCallbacks *callbacks) {
	driver_check_device(device);
	(void)callbacks;
}

static VkResult VKAPI_CALL create_messenger(VkInstance instance, const VkDebugUtilsMessengerCreateInfoEXT *info,
	const VkAllocationCallbacks *callbacks, VkDebugUtilsMessengerEXT *messenger) {
	REQUIRE(instance == (VkInstance)&the_instance);
	(void)callbacks;
	driver_check_chain(info->pNext);
	*messenger = (VkDebugUtilsMessengerEXT)(uintptr_t)&driver;
	return VK_SUCCESS;
}

static void VKAPI_CALL destroy_messenger(
	VkInstance instance, VkDebugUtilsMessengerEXT messenger, const VkAllocationCallbacks *callbacks) {
	REQUIRE(instance == (VkInstance)&the_instance);
	REQUIRE(messenger == (VkDebugUtilsMessengerEXT)(uintptr_t)&driver);
	(void)callbacks;
}

static VkResult VKAPI_CALL set_name(VkDevice device, const VkDebugUtilsObjectNameInfoEXT *info) {
	driver_check_device(device);
	REQUIRE(info->objectHandle);
	return VK_SUCCESS;
}

static const struct driver_command commands[] = {
	COMMAND(CreateInstance, create_instance),
	COMMAND(DestroyInstance, destroy_instance),
	COMMAND(EnumerateDeviceExtensionProperties, enumerate_device_extension_properties),
	COMMAND(GetPhysicalDeviceProperties, get_properties),
	COMMAND(GetPhysicalDeviceProperties2, get_properties2),
	COMMAND(GetPhysicalDeviceMemoryProperties, get_memory_properties),
	COMMAND(GetPhysicalDeviceFormatProperties2, get_format_properties2),
	COMMAND(GetPhysicalDeviceImageFormatProperties2, get_image_format_properties2),
	COMMAND(GetPhysicalDeviceExternalBufferProperties, get_external_buffer_properties),
	COMMAND(CreateDevice, create_device),
	COMMAND(DestroyDevice, destroy_device),
	COMMAND(CreateDebugUtilsMessengerEXT, create_messenger),
	COMMAND(DestroyDebugUtilsMessengerEXT, destroy_messenger),
	COMMAND(SetDebugUtilsObjectNameEXT, set_name),
	{0},
};

static PFN_vkVoidFunction find_command(const struct driver_command *row, const char *name) {
	while (row->name && strcmp(row->name, name) != 0)
		row++;
	return row->function;
}

PFN_vkVoidFunction VKAPI_CALL driver_get_instance_proc_addr(VkInstance instance, const char *name) {
	(void)instance;
	PFN_vkVoidFunction own = find_command(commands, name);
	return own ? own : find_command(driver_resource_commands, name);
}

PFN_vkVoidFunction VKAPI_CALL driver_get_device_proc_addr(VkDevice device, const char *name) {
	driver_check_device(device);
	return driver_get_instance_proc_addr(NULL, name);
}
