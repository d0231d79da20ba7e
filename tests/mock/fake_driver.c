/* SPDX-License-Identifier: MIT */
/* The fake driver's instance, physical device and device. */
#include "fake_private.h"

#include <stdio.h>
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
		.api_version = VK_API_VERSION_1_3,
		.extensions = {VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME},
		.extension_count = 1,
		.import_alignment = 4096,
		.buffer_features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT,
		.device_type = VK_PHYSICAL_DEVICE_TYPE_CPU,
		.memory_type_count = FAKE_MEMORY_TYPES,
		.memory_flags = {VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
			VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT},
		.host_types = 2,
		.buffer_alignment = 64,
		.image_alignment = 64,
		.image_size = 16384,
		.map_alignment = 64,
		.atom = 64,
		.device_uuid = "a fake's device",
		.driver_uuid = "a fake's driver",
	};
}

/* Some formats can do all in both tilings, some more in OPTIMAL, some nothing. */
static VkFormatFeatureFlags get_strict_features(VkFormat format, VkImageTiling tiling) {
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

void fake_reset_strict(void) {
	REQUIRE(fake.live_memories == 0 && fake.live_buffers == 0 && fake.live_images == 0);
	fake_reset();
	fake_reset_handles();
	fake.strict = fake.fresh_handles = true;
	fake.device_type = VK_PHYSICAL_DEVICE_TYPE_OTHER;
	fake.memory_type_count = 3;
	fake.memory_flags[2] = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
	fake.host_types = 6;
	fake.get_features = get_strict_features;
	fake.image_features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	fake.buffer_alignment = 256;
	fake.image_alignment = 256;
	fake.image_size = 0;
}

VkPhysicalDevice fake_physical_device(void) {
	return (VkPhysicalDevice)&the_physical_device;
}

void fake_require_no(const char *rule, const char *function) {
	if (fake.strict && rule) {
		fprintf(stderr, "%s: %s\n", function, rule);
		abort();
	}
}

void fake_look(const char *command, const void *pNext) {
	if (fake.look)
		fake.look(command, pNext);
}

void fake_read_all(const void *bytes, size_t size) {
	static volatile unsigned char last;
	for (size_t i = 0; i < size; i++)
		last = ((const volatile unsigned char *)bytes)[i];
	(void)last;
}

void fake_check_chain(const void *pNext) {
	unsigned length = 0;
	for (const VkBaseInStructure *s = pNext; fake.strict && s; s = s->pNext) {
		REQUIRE(++length <= 64);
		size_t size = fake.get_struct_size ? fake.get_struct_size(s->sType) : 0;
		fake_read_all(s, size ? size : sizeof(*s));
	}
}

void fake_check_device(VkDevice device) {
	STRICTLY(device == (VkDevice)&the_device);
}

static void check_instance(VkInstance instance) {
	STRICTLY(instance == (VkInstance)&the_instance);
}

static void check_physical_device(VkPhysicalDevice device) {
	STRICTLY(device == fake_physical_device());
}

static VkFormatFeatureFlags get_features(VkFormat format, VkImageTiling tiling) {
	return fake.get_features ? fake.get_features(format, tiling) : fake.features;
}

VkImageUsageFlags fake_get_usage(VkFormat format, VkImageTiling tiling) {
	VkFormatFeatureFlags features = get_features(format, tiling);
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

static VkResult VKAPI_CALL create_instance(
	const VkInstanceCreateInfo *info, const VkAllocationCallbacks *callbacks, VkInstance *instance) {
	(void)info;
	(void)callbacks;
	*instance = (VkInstance)&the_instance;
	return VK_SUCCESS;
}

static void VKAPI_CALL destroy_instance(VkInstance instance, const VkAllocationCallbacks *callbacks) {
	check_instance(instance);
	(void)callbacks;
}

static VkResult VKAPI_CALL enumerate_physical_devices(VkInstance instance, uint32_t *count, VkPhysicalDevice *devices) {
	check_instance(instance);
	if (devices && *count > 0)
		*devices = fake_physical_device();
	*count = 1;
	return VK_SUCCESS;
}

static VkResult VKAPI_CALL enumerate_device_layer_properties(
	VkPhysicalDevice device, uint32_t *count, VkLayerProperties *list) {
	check_physical_device(device);
	(void)list;
	*count = 0;
	return VK_SUCCESS;
}

static VkResult VKAPI_CALL enumerate_device_extension_properties(
	VkPhysicalDevice device, const char *layer, uint32_t *count, VkExtensionProperties *list) {
	check_physical_device(device);
	(void)layer;
	const uint32_t all = fake.other_extensions + fake.extension_count;
	const uint32_t listed = list && *count < all ? *count : all;
	for (uint32_t i = 0; list && i < listed; i++) {
		if (i < fake.other_extensions)
			snprintf(list[i].extensionName, sizeof(list[i].extensionName), "VK_FAKE_%u", i);
		else
			strcpy(list[i].extensionName, fake.extensions[i - fake.other_extensions]);
	}
	*count = listed;
	return listed < all ? VK_INCOMPLETE : VK_SUCCESS;
}

static void VKAPI_CALL get_properties(VkPhysicalDevice device, VkPhysicalDeviceProperties *properties) {
	check_physical_device(device);
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
	check_physical_device(device);
	*memory = (VkPhysicalDeviceMemoryProperties){
		.memoryTypeCount = fake.memory_type_count,
		.memoryHeapCount = 2,
		.memoryHeaps = {{(VkDeviceSize)1 << 30, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT}, {(VkDeviceSize)1 << 30, 0}},
	};
	for (uint32_t i = 0; i < memory->memoryTypeCount; i++)
		memory->memoryTypes[i] = (VkMemoryType){
			.propertyFlags = fake.memory_flags[i],
			.heapIndex = fake.memory_flags[i] & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT ? 0 : 1,
		};
}

static void VKAPI_CALL get_format_properties2(
	VkPhysicalDevice device, VkFormat format, VkFormatProperties2 *properties) {
	check_physical_device(device);
	fake_check_chain(properties->pNext);
	properties->formatProperties = (VkFormatProperties){
		.linearTilingFeatures = get_features(format, VK_IMAGE_TILING_LINEAR),
		.optimalTilingFeatures = get_features(format, VK_IMAGE_TILING_OPTIMAL),
	};
}

static VkResult VKAPI_CALL get_image_format_properties2(
	VkPhysicalDevice device, const VkPhysicalDeviceImageFormatInfo2 *info, VkImageFormatProperties2 *properties) {
	check_physical_device(device);
	fake_look("vkGetPhysicalDeviceImageFormatProperties2", info->pNext);
	fake_check_chain(info->pNext);
	fake_check_chain(properties->pNext);
	fake.image_queries++;
	const VkPhysicalDeviceExternalImageFormatInfo *external =
		chain_find(info->pNext, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO);
	VkExternalImageFormatProperties *caps =
		(void *)chain_find(properties->pNext, VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES);
	STRICTLY(!external || !(external->handleType & METAL_TYPES));
	/* Without image_features this is a success without features, as some drivers return. */
	properties->imageFormatProperties = (VkImageFormatProperties){.maxMipLevels = fake.strict ? 0 : 9};
	if (caps)
		caps->externalMemoryProperties = (VkExternalMemoryProperties){0};
	if (fake.strict && (!info->usage || (info->usage & ~fake_get_usage(info->format, info->tiling))))
		return VK_ERROR_FORMAT_NOT_SUPPORTED;
	const bool volume = info->type == VK_IMAGE_TYPE_3D, linear = info->tiling == VK_IMAGE_TILING_LINEAR;
	if (fake.image_features)
		properties->imageFormatProperties = (VkImageFormatProperties){
			.maxExtent = {4096, info->type == VK_IMAGE_TYPE_1D ? 1 : 4096, volume ? 256 : 1},
			.maxMipLevels = 9,
			.maxArrayLayers = volume ? 1 : 64,
			.sampleCounts = linear ? VK_SAMPLE_COUNT_1_BIT : VK_SAMPLE_COUNT_1_BIT | VK_SAMPLE_COUNT_4_BIT,
			.maxResourceSize = (VkDeviceSize)1 << 31,
		};
	if (caps && (!fake.strict || (external && external->handleType == HOST)))
		caps->externalMemoryProperties.externalMemoryFeatures = fake.image_features;
	return fake.image_result;
}

static void VKAPI_CALL get_external_buffer_properties(VkPhysicalDevice device,
	const VkPhysicalDeviceExternalBufferInfo *info, VkExternalBufferProperties *properties) {
	check_physical_device(device);
	fake_look("vkGetPhysicalDeviceExternalBufferProperties", info->pNext);
	fake_check_chain(info->pNext);
	STRICTLY(!(info->handleType & METAL_TYPES));
	fake.buffer_queries++;
	fake.buffer_query = *info;
	/* VkBufferUsageFlags2CreateInfo: its usage replaces the other. */
	uint64_t usage = info->usage;
	for (const VkBaseInStructure *s = info->pNext; s; s = s->pNext)
		if (s->sType == BUFFER_USAGE_2)
			memcpy(&usage, s + 1, sizeof(usage));
	bool denied = (usage & (fake.denied_usage | fake.denied_usage2)) || (fake.strict && info->handleType != HOST);
	properties->externalMemoryProperties = (VkExternalMemoryProperties){
		.externalMemoryFeatures = denied ? 0 : fake.buffer_features,
	};
}

static bool has_extension(const char *name) {
	for (uint32_t i = 0; i < fake.extension_count; i++)
		if (strcmp(fake.extensions[i], name) == 0)
			return true;
	return false;
}

static VkResult VKAPI_CALL create_device(VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
	const VkAllocationCallbacks *callbacks, VkDevice *device) {
	check_physical_device(physical);
	(void)callbacks;
	fake.enabled_count = info->enabledExtensionCount;
	for (uint32_t i = 0; i < info->enabledExtensionCount; i++) {
		fake.enabled[i] = info->ppEnabledExtensionNames[i];
		STRICTLY(has_extension(fake.enabled[i]));
	}
	*device = (VkDevice)&the_device;
	return fake.create_device_result;
}

static void VKAPI_CALL destroy_device(VkDevice device, const VkAllocationCallbacks *callbacks) {
	fake_check_device(device);
	(void)callbacks;
}

static VkResult VKAPI_CALL create_messenger(VkInstance instance, const VkDebugUtilsMessengerCreateInfoEXT *info,
	const VkAllocationCallbacks *callbacks, VkDebugUtilsMessengerEXT *messenger) {
	check_instance(instance);
	(void)callbacks;
	fake_check_chain(info->pNext);
	*messenger = (VkDebugUtilsMessengerEXT)(uintptr_t)&fake;
	return VK_SUCCESS;
}

static void VKAPI_CALL destroy_messenger(
	VkInstance instance, VkDebugUtilsMessengerEXT messenger, const VkAllocationCallbacks *callbacks) {
	check_instance(instance);
	STRICTLY(messenger == (VkDebugUtilsMessengerEXT)(uintptr_t)&fake);
	(void)callbacks;
}

static VkResult VKAPI_CALL set_name(VkDevice device, const VkDebugUtilsObjectNameInfoEXT *info) {
	fake_check_device(device);
	STRICTLY(info->objectHandle);
	return VK_SUCCESS;
}

VkResult VKAPI_CALL fake_get_metal_handle(VkDevice device, const VkMemoryGetMetalHandleInfoEXT *info, void **handle) {
	(void)device;
	(void)info;
	*handle = &fake;
	return VK_SUCCESS;
}

static const struct fake_command commands[] = {
	FAKE_COMMAND(CreateInstance, create_instance),
	FAKE_COMMAND(DestroyInstance, destroy_instance),
	FAKE_COMMAND(EnumeratePhysicalDevices, enumerate_physical_devices),
	FAKE_COMMAND(EnumerateDeviceLayerProperties, enumerate_device_layer_properties),
	FAKE_COMMAND(EnumerateDeviceExtensionProperties, enumerate_device_extension_properties),
	FAKE_COMMAND(GetPhysicalDeviceProperties, get_properties),
	FAKE_COMMAND(GetPhysicalDeviceProperties2, get_properties2),
	FAKE_COMMAND(GetPhysicalDeviceProperties2KHR, get_properties2),
	FAKE_COMMAND(GetPhysicalDeviceMemoryProperties, get_memory_properties),
	FAKE_COMMAND(GetPhysicalDeviceFormatProperties2, get_format_properties2),
	FAKE_COMMAND(GetPhysicalDeviceFormatProperties2KHR, get_format_properties2),
	FAKE_COMMAND(GetPhysicalDeviceImageFormatProperties2, get_image_format_properties2),
	FAKE_COMMAND(GetPhysicalDeviceExternalBufferProperties, get_external_buffer_properties),
	FAKE_COMMAND(CreateDevice, create_device),
	FAKE_COMMAND(GetDeviceProcAddr, fake_get_device_proc_addr),
	FAKE_COMMAND(DestroyDevice, destroy_device),
	FAKE_COMMAND(SetDebugUtilsObjectNameEXT, set_name),
	{0},
};

/* A driver that is not strict leaves messengers to the loader. */
static const struct fake_command strict_commands[] = {
	FAKE_COMMAND(CreateDebugUtilsMessengerEXT, create_messenger),
	FAKE_COMMAND(DestroyDebugUtilsMessengerEXT, destroy_messenger),
	{0},
};

static PFN_vkVoidFunction find_in(const struct fake_command *row, const char *name) {
	while (row->name && strcmp(row->name, name) != 0)
		row++;
	return row->function;
}

static PFN_vkVoidFunction find(bool is_device, const char *name) {
	PFN_vkVoidFunction command;
	if (fake.override && fake.override(is_device, name, &command))
		return command;
	command = find_in(commands, name);
	if (!command)
		command = find_in(fake_resource_commands, name);
	if (!command && fake.strict)
		command = find_in(strict_commands, name);
	if (!command && has_extension(VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME) &&
		strcmp(name, "vkGetMemoryMetalHandleEXT") == 0)
		command = (PFN_vkVoidFunction)fake_get_metal_handle;
	return command;
}

PFN_vkVoidFunction VKAPI_CALL fake_get_instance_proc_addr(VkInstance instance, const char *name) {
	(void)instance;
	return find(false, name);
}

PFN_vkVoidFunction VKAPI_CALL fake_get_device_proc_addr(VkDevice device, const char *name) {
	fake_check_device(device);
	return find(true, name);
}
