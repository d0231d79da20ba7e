/* SPDX-License-Identifier: MIT */
/* Fixture of the layer's tests. */
#define _GNU_SOURCE
#include "harness.h"

#include <stdio.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dlfcn.h>
#include <limits.h>
#include <link.h>

static void keep_message(struct message *message, VkDebugUtilsMessageSeverityFlagBitsEXT severity,
	const VkDebugUtilsMessengerCallbackDataEXT *data) {
	*message = (struct message){.severity = severity, .number = data->messageIdNumber};
	strncpy(message->rule, data->pMessageIdName, sizeof(message->rule) - 1);
	strncpy(message->text, data->pMessage, sizeof(message->text) - 1);
	for (uint32_t i = 0; i < data->objectCount && i < sizeof(message->objects) / sizeof(*message->objects); i++) {
		message->object_count = i + 1;
		message->objects[i].type = data->pObjects[i].objectType;
		message->objects[i].handle = data->pObjects[i].objectHandle;
		if (data->pObjects[i].pObjectName)
			strncpy(message->objects[i].name, data->pObjects[i].pObjectName,
				sizeof(message->objects[i].name) - 1);
	}
}

static VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
	VkDebugUtilsMessageTypeFlagsEXT types, const VkDebugUtilsMessengerCallbackDataEXT *data, void *user) {
	struct gpu *gpu = user;
	const char *rule = data->pMessageIdName ? data->pMessageIdName : "";
	size_t length = strlen(rule);
	/* Messages of Tongs begin with the rule, those of the validation layer do not. */
	if (length && strncmp(data->pMessage, rule, length) == 0 && data->pMessage[length] == ':' &&
		(types & VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT)) {
		gpu->reports++;
		gpu->refused += severity == REFUSED;
		keep_message(&gpu->last, severity, data);
		return VK_FALSE;
	}
	if (severity < VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT)
		return VK_FALSE;
	/* Of a test, or of all on a device that cannot keep it. */
	const char *everywhere = getenv("TONGS_TESTS_EXPECT_BELOW");
	if ((gpu->expected_below && strstr(rule, gpu->expected_below)) ||
		(everywhere && (strstr(rule, everywhere) || strstr(data->pMessage, everywhere))))
		return VK_FALSE;
	print_error("below: %s\n", data->pMessage);
	gpu->errors_below++;
	return VK_FALSE;
}

static const VkDebugUtilsMessengerCreateInfoEXT *messenger_info(
	struct gpu *gpu, const struct gpu_options *options, VkDebugUtilsMessengerCreateInfoEXT *info) {
	*info = (VkDebugUtilsMessengerCreateInfoEXT){
		.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
		.messageSeverity =
			VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
		.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT |
			       (options->without_loader ? 0 : VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT),
		.pfnUserCallback = on_message,
		.pUserData = gpu,
	};
	return info;
}

static int find_nvidia_tls(struct dl_phdr_info *info, size_t size, void *user) {
	const bool found = strstr(info->dlpi_name, "/libnvidia-tls.so");
	(void)size;
	if (found)
		snprintf(user, PATH_MAX, "%s", info->dlpi_name);
	return found;
}

/* Loaders unload a driver with its last instance. After about a hundred loads, NVIDIA's finds no more room for its
 * thread-local variables. */
static void keep_nvidia_tls(void) {
	char path[PATH_MAX];
	if (dl_iterate_phdr(find_nvidia_tls, path))
		(void)dlopen(path, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

static void create_instance(struct gpu *gpu, const struct gpu_options *options) {
	const char *extensions[4];
	uint32_t count = 0;
	uint32_t version = options->api_version ? options->api_version : VK_API_VERSION_1_3;
	if (!options->without_messenger)
		extensions[count++] = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
	if (version < VK_API_VERSION_1_1) {
		extensions[count++] = VK_KHR_GET_PHYSICAL_DEVICE_PROPERTIES_2_EXTENSION_NAME;
		extensions[count++] = VK_KHR_EXTERNAL_MEMORY_CAPABILITIES_EXTENSION_NAME;
	}
	VkDebugUtilsMessengerCreateInfoEXT messenger;
	VkExportMetalObjectCreateInfoEXT exports[2];
	const VkApplicationInfo application = {
		.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
		.pApplicationName = "tongs-tests",
		.apiVersion = version,
	};
	VkInstanceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
		.pNext =
			options->without_messenger ? options->layer_settings : messenger_info(gpu, options, &messenger),
		.pApplicationInfo = &application,
		.enabledExtensionCount = count,
		.ppEnabledExtensionNames = extensions,
	};
	for (size_t i = 0; i < 2 && !options->without_messenger; i++) {
		exports[i] = (VkExportMetalObjectCreateInfoEXT){
			.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT,
			.pNext = info.pNext,
			.exportObjectType = (VkExportMetalObjectTypeFlagBitsEXT)options->instance_exports[i],
		};
		if (options->instance_exports[i])
			info.pNext = &exports[i];
	}
	VkResult result = VK_ERROR_EXTENSION_NOT_PRESENT;
	if (options->layer_settings) {
		extensions[info.enabledExtensionCount++] = "VK_EXT_layer_settings";
		result = vkCreateInstance(&info, gpu->callbacks, &gpu->instance);
		info.enabledExtensionCount--;
	}
	/* Older loaders refuse instance extensions that they do not know, even if a layer has them; they pass the
	 * struct on. */
	if (result == VK_ERROR_EXTENSION_NOT_PRESENT)
		result = vkCreateInstance(&info, gpu->callbacks, &gpu->instance);
	assert_vk(result);
	keep_nvidia_tls();
	if (options->without_messenger)
		return;
	PFN_vkCreateDebugUtilsMessengerEXT create = (PFN_vkCreateDebugUtilsMessengerEXT)vkGetInstanceProcAddr(
		gpu->instance, "vkCreateDebugUtilsMessengerEXT");
	assert_vk(create(gpu->instance, &messenger, NULL, &gpu->messenger));
}

static void create_device(struct gpu *gpu, const struct gpu_options *options) {
	const char *extensions[8];
	uint32_t count = 0;
	if (!options->without_extension)
		extensions[count++] = VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME;
	if (options->with_objects)
		extensions[count++] = VK_EXT_METAL_OBJECTS_EXTENSION_NAME;
	if (options->with_foreign)
		extensions[count++] = VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME;
	if (options->with_fd)
		extensions[count++] = VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME;
	if (options->api_version && options->api_version < VK_API_VERSION_1_1) {
		extensions[count++] = VK_KHR_EXTERNAL_MEMORY_EXTENSION_NAME;
		extensions[count++] = VK_KHR_GET_MEMORY_REQUIREMENTS_2_EXTENSION_NAME;
		extensions[count++] = VK_KHR_DEDICATED_ALLOCATION_EXTENSION_NAME;
		extensions[count++] = VK_KHR_BIND_MEMORY_2_EXTENSION_NAME;
	}
	const float priority = 1;
	const VkDeviceQueueCreateInfo queue = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
		.queueCount = 1,
		.pQueuePriorities = &priority,
	};
	VkPhysicalDeviceSamplerYcbcrConversionFeatures ycbcr = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SAMPLER_YCBCR_CONVERSION_FEATURES,
	};
	VkPhysicalDeviceVulkan12Features supported = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
		.pNext = &ycbcr,
	};
	VkPhysicalDeviceVulkan13Features supported13 = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
		.pNext = &supported,
	};
	VkPhysicalDeviceFeatures2 all = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
		.pNext = &supported13,
	};
	bool newest = !options->api_version || options->api_version >= VK_API_VERSION_1_3;
	if (newest)
		vkGetPhysicalDeviceFeatures2(gpu->physical_device, &all);
	gpu->has_addresses = supported.bufferDeviceAddress;
	gpu->has_timelines = supported.timelineSemaphore;
	gpu->has_dynamic_rendering = supported13.dynamicRendering;
	gpu->has_synchronization2 = options->with_synchronization2 && supported13.synchronization2;
	gpu->has_ycbcr = ycbcr.samplerYcbcrConversion;
	VkPhysicalDeviceVulkan12Features features12 = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
		.pNext = &ycbcr,
		.bufferDeviceAddress = supported.bufferDeviceAddress,
		.imagelessFramebuffer = supported.imagelessFramebuffer,
		.timelineSemaphore = supported.timelineSemaphore,
	};
	VkPhysicalDeviceVulkan13Features features = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
		.pNext = &features12,
		.synchronization2 = gpu->has_synchronization2,
		.dynamicRendering = supported13.dynamicRendering,
		.maintenance4 = VK_TRUE,
	};
	const VkDeviceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.pNext = newest ? &features : NULL,
		.queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue,
		.enabledExtensionCount = count,
		.ppEnabledExtensionNames = extensions,
	};
	assert_vk(vkCreateDevice(gpu->physical_device, &info, gpu->callbacks, &gpu->device));
	vkGetDeviceQueue(gpu->device, 0, 0, &gpu->queue);
	const VkCommandPoolCreateInfo pool = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
		.flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
	};
	assert_vk(vkCreateCommandPool(gpu->device, &pool, NULL, &gpu->pool));
	gpu->get_handle = (PFN_vkGetMemoryMetalHandleEXT)vkGetDeviceProcAddr(gpu->device, "vkGetMemoryMetalHandleEXT");
	gpu->get_properties = (PFN_vkGetMemoryMetalHandlePropertiesEXT)vkGetDeviceProcAddr(
		gpu->device, "vkGetMemoryMetalHandlePropertiesEXT");
	gpu->export_objects = (PFN_vkExportMetalObjectsEXT)vkGetDeviceProcAddr(gpu->device, "vkExportMetalObjectsEXT");
}

/* For the whole program: the number of instances with a messenger for errors of the layers below, and of errors
 * received. */
static atomic_uint watched, errors_below; /* devices may be made by several threads */
static pid_t own_process;

static void report_watched(void) {
	if (getpid() == own_process)
		printf("tally: instances watched %u\ntally: validation errors below %u\n", watched, errors_below);
}

bool is_validated(void) {
	const char *layers = getenv("VK_INSTANCE_LAYERS");
	return layers && strstr(layers, "VK_LAYER_KHRONOS_validation");
}

static int is_validation_layer(struct dl_phdr_info *library, size_t size, void *user) {
	(void)size, (void)user;
	return strstr(library->dlpi_name, "khronos_validation") != NULL;
}

static void watch(const struct gpu *gpu) {
	/* The loader does not fail if it cannot find a layer. */
	if (is_validated() && !dl_iterate_phdr(is_validation_layer, NULL))
		fail_msg("VK_LAYER_KHRONOS_validation is not installed");
	if (!gpu->messenger)
		return;
	if (!watched++) {
		own_process = getpid();
		atexit(report_watched);
	}
}

static VkExternalMemoryProperties query_buffer(const struct gpu *gpu, VkExternalMemoryHandleTypeFlagBits type) {
	const VkPhysicalDeviceExternalBufferInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
		.handleType = type,
	};
	VkExternalBufferProperties caps = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	const bool is_core = !gpu->api_version || gpu->api_version >= VK_API_VERSION_1_1;
	PFN_vkGetPhysicalDeviceExternalBufferProperties query =
		(PFN_vkGetPhysicalDeviceExternalBufferProperties)vkGetInstanceProcAddr(
			gpu->instance ? gpu->instance : gpu->borrowed_instance,
			is_core ? "vkGetPhysicalDeviceExternalBufferProperties"
				: "vkGetPhysicalDeviceExternalBufferPropertiesKHR");
	query(gpu->physical_device, &info, &caps);
	return caps.externalMemoryProperties;
}

void gpu_init(struct gpu *gpu, const struct gpu_options *options) {
	static const struct gpu_options defaults;
	if (!options)
		options = &defaults;
	*gpu = (struct gpu){.callbacks = options->callbacks,
		.api_version = options->api_version,
		.with_objects = options->with_objects};
	create_instance(gpu, options);
	watch(gpu);
	VkPhysicalDevice all[8];
	uint32_t count = sizeof(all) / sizeof(all[0]);
	VkResult result = vkEnumeratePhysicalDevices(gpu->instance, &count, all);
	assert_true(result == VK_SUCCESS || result == VK_INCOMPLETE);
	assert_true(count > 0);
	if (options->device >= count)
		skip();
	gpu->physical_device = all[options->device];
	gpu->has_host_pages =
		query_buffer(gpu, VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT).externalMemoryFeatures &
		VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	create_device(gpu, options);
}

void gpu_init_sibling(struct gpu *sibling, const struct gpu *gpu) {
	const struct gpu_options options = {.api_version = gpu->api_version, .with_objects = gpu->with_objects};
	*sibling = (struct gpu){
		.borrowed_instance = gpu->instance ? gpu->instance : gpu->borrowed_instance,
		.physical_device = gpu->physical_device,
		.api_version = gpu->api_version,
		.has_host_pages = gpu->has_host_pages,
	};
	create_device(sibling, &options);
}

struct gpu *gpu_get_reader(struct gpu *gpu) {
	if (!gpu->reader) {
		gpu->reader = malloc(sizeof(*gpu->reader));
		assert_non_null(gpu->reader);
		gpu_init_sibling(gpu->reader, gpu);
	}
	return gpu->reader;
}

void gpu_finish_reader(struct gpu *gpu) {
	if (gpu->reader)
		gpu_finish(gpu->reader);
	free(gpu->reader);
	gpu->reader = NULL;
}

void gpu_finish(struct gpu *gpu) {
	gpu_finish_reader(gpu);
	/* After a group's set-up that failed there is none, which the loader takes for a fault. */
	if (gpu->device)
		vkDestroyCommandPool(gpu->device, gpu->pool, NULL);
	vkDestroyDevice(gpu->device, gpu->callbacks);
	if (gpu->messenger) {
		PFN_vkDestroyDebugUtilsMessengerEXT destroy =
			(PFN_vkDestroyDebugUtilsMessengerEXT)vkGetInstanceProcAddr(
				gpu->instance, "vkDestroyDebugUtilsMessengerEXT");
		destroy(gpu->instance, gpu->messenger, NULL);
	}
	if (gpu->instance)
		vkDestroyInstance(gpu->instance, gpu->callbacks);
	errors_below += gpu->errors_below;
	assert_int_equal(gpu->errors_below, 0);
}

void gpu_finish_unrefused(struct gpu *gpu) {
	if (gpu->refused)
		print_error("refused: %s\n", gpu->last.text);
	assert_int_equal(gpu->refused, 0);
	gpu_finish(gpu);
}

void gpu_finish_and_skip(struct gpu *gpu, const char *reason) {
	print_message("skipped: %s\n", reason);
	gpu_finish_unrefused(gpu);
	skip();
}

void assert_reported(struct gpu *gpu, const char *rule) {
	assert_int_equal(gpu->reports, rule ? 1 : 0);
	if (rule && !strstr(gpu->last.rule, rule))
		fail_msg("logged of %s, not of %s", gpu->last.rule, rule);
	gpu->reports = gpu->refused = 0;
}

void assert_reported_of(struct gpu *gpu, const char *rule, VkDebugUtilsMessageSeverityFlagBitsEXT severity,
	VkObjectType type, uint64_t handle, const char *name) {
	const struct message *last = &gpu->last;
	assert_reported(gpu, rule);
	assert_int_equal(last->severity, severity);
	assert_int_not_equal(last->number, 0);
	assert_true(last->object_count > 0);
	assert_int_equal(last->objects[last->object_count - 1].type, VK_OBJECT_TYPE_DEVICE);
	assert_true(last->objects[last->object_count - 1].handle == (uint64_t)(uintptr_t)gpu->device);
	uint32_t i = 0;
	while (i < last->object_count && (last->objects[i].type != type || last->objects[i].handle != handle))
		i++;
	if (i == last->object_count)
		fail_msg("the object is not in: %s", last->text);
	assert_string_equal(last->objects[i].name, name ? name : "");
	if (name && !strstr(last->text, name))
		fail_msg("%s is not in: %s", name, last->text);
}

void set_name(struct gpu *gpu, VkObjectType type, uint64_t handle, const char *name) {
	const VkDebugUtilsObjectNameInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT,
		.objectType = type,
		.objectHandle = handle,
		.pObjectName = name,
	};
	PFN_vkSetDebugUtilsObjectNameEXT set =
		(PFN_vkSetDebugUtilsObjectNameEXT)vkGetDeviceProcAddr(gpu->device, "vkSetDebugUtilsObjectNameEXT");
	assert_vk(set(gpu->device, &info));
}

VkBuffer make_buffer(
	struct gpu *gpu, VkDeviceSize size, VkBufferUsageFlags usage, VkExternalMemoryHandleTypeFlags types) {
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = types,
	};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = types ? &external : NULL,
		.size = size,
		.usage = usage,
	};
	VkBuffer buffer;
	assert_vk(vkCreateBuffer(gpu->device, &info, NULL, &buffer));
	return buffer;
}

VkImageCreateInfo image_info(VkFormat format, uint32_t width, uint32_t height, VkImageTiling tiling) {
	return (VkImageCreateInfo){
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.imageType = VK_IMAGE_TYPE_2D,
		.format = format,
		.extent = {width, height, 1},
		.mipLevels = 1,
		.arrayLayers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.tiling = tiling,
		.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_SAMPLED_BIT,
	};
}

uint32_t pick_type(struct gpu *gpu, uint32_t bits, VkMemoryPropertyFlags flags) {
	VkPhysicalDeviceMemoryProperties memory;
	vkGetPhysicalDeviceMemoryProperties(gpu->physical_device, &memory);
	for (uint32_t i = 0; i < memory.memoryTypeCount; i++)
		if ((bits >> i & 1) && (memory.memoryTypes[i].propertyFlags & flags) == flags)
			return i;
	fail_msg("no memory type in 0x%x has the flags 0x%x", bits, flags);
	return 0;
}

uint32_t pick_mapped(struct gpu *gpu, uint32_t bits) {
	VkPhysicalDeviceMemoryProperties memory;
	vkGetPhysicalDeviceMemoryProperties(gpu->physical_device, &memory);
	VkMemoryPropertyFlags flags = 0;
	for (uint32_t i = 0; i < memory.memoryTypeCount; i++)
		if (bits >> i & 1)
			flags |= memory.memoryTypes[i].propertyFlags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT;
	return pick_type(gpu, bits, flags);
}

uint32_t pick_combined(struct gpu *gpu, uint32_t bits) {
	VkBuffer buffer = make_buffer(gpu, 64, VK_BUFFER_USAGE_TRANSFER_DST_BIT, MTLBUFFER | MTLHEAP);
	VkMemoryRequirements requirements;
	vkGetBufferMemoryRequirements(gpu->device, buffer, &requirements);
	vkDestroyBuffer(gpu->device, buffer, NULL);
	return pick_mapped(gpu, bits & requirements.memoryTypeBits);
}

bool is_mapped(struct gpu *gpu, uint32_t type) {
	VkPhysicalDeviceMemoryProperties memory;
	vkGetPhysicalDeviceMemoryProperties(gpu->physical_device, &memory);
	return memory.memoryTypes[type].propertyFlags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT;
}

uint32_t shared_type(struct gpu *gpu) {
	return shared_type_as(gpu, MTLBUFFER);
}

uint32_t shared_type_as(struct gpu *gpu, VkExternalMemoryHandleTypeFlags types) {
	VkBuffer buffer = make_buffer(gpu, 64, VK_BUFFER_USAGE_TRANSFER_DST_BIT, types);
	VkMemoryRequirements requirements;
	vkGetBufferMemoryRequirements(gpu->device, buffer, &requirements);
	vkDestroyBuffer(gpu->device, buffer, NULL);
	return pick_type(gpu, requirements.memoryTypeBits, 0);
}

bool has_unified_memory(struct gpu *gpu) {
	VkPhysicalDeviceProperties properties;
	vkGetPhysicalDeviceProperties(gpu->physical_device, &properties);
	return properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU && gpu->has_host_pages;
}

bool imports_host_pages(const struct gpu *gpu) {
	return gpu->has_host_pages;
}

bool can_combine(struct gpu *gpu) {
	const bool combined = query_buffer(gpu, MTLBUFFER).compatibleHandleTypes & MTLHEAP;
	assert_true(combined || !has_unified_memory(gpu));
	return combined;
}

static VkResult query_image(struct gpu *gpu, const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlagBits type,
	VkImageFormatProperties *limits, VkExternalMemoryProperties *external) {
	const VkPhysicalDeviceExternalImageFormatInfo handle = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = type,
	};
	const VkPhysicalDeviceImageFormatInfo2 query = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &handle,
		.format = info->format,
		.type = info->imageType,
		.tiling = info->tiling,
		.usage = info->usage,
		.flags = info->flags,
	};
	VkExternalImageFormatProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkImageFormatProperties2 caps = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
		.pNext = &properties,
	};
	VkResult result = vkGetPhysicalDeviceImageFormatProperties2(gpu->physical_device, &query, &caps);
	*limits = caps.imageFormatProperties;
	*external = properties.externalMemoryProperties;
	return result;
}

bool can_combine_images(struct gpu *gpu, const VkImageCreateInfo *info) {
	VkImageFormatProperties limits;
	VkExternalMemoryProperties external;
	return query_image(gpu, info, (VkExternalMemoryHandleTypeFlagBits)MTLBUFFER, &limits, &external) ==
		       VK_SUCCESS &&
	       (external.compatibleHandleTypes & MTLHEAP);
}

bool needs_dedicated(struct gpu *gpu, const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags type) {
	VkImageFormatProperties limits;
	VkExternalMemoryProperties external;
	if (has_unified_memory(gpu))
		return false;
	assert_vk(query_image(gpu, info, (VkExternalMemoryHandleTypeFlagBits)type, &limits, &external));
	return external.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT;
}

bool gpu_has_format(const struct gpu *gpu, const struct tongs_format *format) {
	VkPhysicalDeviceProperties properties;
	vkGetPhysicalDeviceProperties(gpu->physical_device, &properties);
	const uint32_t version = tongs_format_get_core_version(format);
	return version <= properties.apiVersion &&
	       version <= (gpu->api_version ? gpu->api_version : VK_API_VERSION_1_3);
}

bool can_share_image(struct gpu *gpu, const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags type) {
	VkImageFormatProperties limits;
	VkExternalMemoryProperties external;
	const VkExternalMemoryHandleTypeFlags any = type & (~type + 1); /* of several will do */
	return query_image(gpu, info, (VkExternalMemoryHandleTypeFlagBits)any, &limits, &external) == VK_SUCCESS &&
	       info->mipLevels <= limits.maxMipLevels && info->arrayLayers <= limits.maxArrayLayers &&
	       (info->samples & limits.sampleCounts);
}

VkImage make_image(struct gpu *gpu, const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags types) {
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.pNext = info->pNext,
		.handleTypes = types,
	};
	VkImageCreateInfo shared = *info;
	if (types)
		shared.pNext = &external;
	/* Except on a CPU, host pages may not support this; but what the query promises must work. */
	if (types && !has_unified_memory(gpu) && !can_share_image(gpu, info, types))
		skip();
	VkImage image;
	assert_vk(vkCreateImage(gpu->device, &shared, NULL, &image));
	return image;
}

VkDeviceMemory export_memory(struct gpu *gpu, VkDeviceSize size, uint32_t type, VkExternalMemoryHandleTypeFlags types,
	VkImage image, VkBuffer buffer) {
	const VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image,
		.buffer = buffer,
	};
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.pNext = image || buffer ? &dedicated : NULL,
		.handleTypes = types,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = types ? &export : export.pNext,
		.allocationSize = size,
		.memoryTypeIndex = type,
	};
	VkDeviceMemory memory;
	assert_vk(vkAllocateMemory(gpu->device, &info, NULL, &memory));
	return memory;
}

VkDeviceMemory export_for_buffer(struct gpu *gpu, VkBuffer buffer, VkExternalMemoryHandleTypeFlags types) {
	VkMemoryRequirements requirements;
	vkGetBufferMemoryRequirements(gpu->device, buffer, &requirements);
	VkDeviceMemory memory = export_memory(
		gpu, requirements.size, pick_mapped(gpu, requirements.memoryTypeBits), types, VK_NULL_HANDLE, buffer);
	assert_vk(vkBindBufferMemory(gpu->device, buffer, memory, 0));
	return memory;
}

VkDeviceMemory export_for_image(struct gpu *gpu, VkImage image, VkExternalMemoryHandleTypeFlags types) {
	VkMemoryRequirements requirements;
	vkGetImageMemoryRequirements(gpu->device, image, &requirements);
	VkDeviceMemory memory = export_memory(
		gpu, requirements.size, pick_mapped(gpu, requirements.memoryTypeBits), types, image, VK_NULL_HANDLE);
	assert_vk(vkBindImageMemory(gpu->device, image, memory, 0));
	return memory;
}

VkResult try_import(struct gpu *gpu, VkExternalMemoryHandleTypeFlags type, const void *handle, VkDeviceSize size,
	uint32_t memory_type, VkImage image, VkDeviceMemory *memory) {
	const VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image,
	};
	const VkImportMemoryMetalHandleInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		.pNext = image ? &dedicated : NULL,
		.handleType = (VkExternalMemoryHandleTypeFlagBits)type,
		.handle = (void *)handle,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &import,
		.allocationSize = size,
		.memoryTypeIndex = memory_type,
	};
	return vkAllocateMemory(gpu->device, &info, NULL, memory);
}

void *handle_of(struct gpu *gpu, VkDeviceMemory memory, VkExternalMemoryHandleTypeFlags type) {
	const VkMemoryGetMetalHandleInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.memory = memory,
		.handleType = (VkExternalMemoryHandleTypeFlagBits)type,
	};
	void *handle = NULL;
	assert_vk(gpu->get_handle(gpu->device, &info, &handle));
	assert_non_null(handle);
	return handle;
}

uint32_t handle_types(struct gpu *gpu, VkExternalMemoryHandleTypeFlags type, const void *handle) {
	VkMemoryMetalHandlePropertiesEXT properties = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_METAL_HANDLE_PROPERTIES_EXT,
	};
	assert_vk(gpu->get_properties(gpu->device, (VkExternalMemoryHandleTypeFlagBits)type, handle, &properties));
	return properties.memoryTypeBits;
}

void refuse_import(struct gpu *gpu, const void *buffer, VkDeviceSize size, const char *reason) {
	VkDeviceMemory memory;
	assert_int_equal(handle_types(gpu, MTLBUFFER, buffer), 0);
	assert_int_equal(try_import(gpu, MTLBUFFER, buffer, size, shared_type(gpu), VK_NULL_HANDLE, &memory),
		VK_ERROR_INVALID_EXTERNAL_HANDLE);
	assert_non_null(strstr(gpu->last.text, reason));
	assert_reported(gpu, "10412");
}

VkCommandBuffer begin(struct gpu *gpu) {
	const VkCommandBufferAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
		.commandPool = gpu->pool,
		.commandBufferCount = 1,
	};
	const VkCommandBufferBeginInfo once = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
		.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
	};
	VkCommandBuffer commands;
	assert_vk(vkAllocateCommandBuffers(gpu->device, &info, &commands));
	assert_vk(vkBeginCommandBuffer(commands, &once));
	return commands;
}

void submit(struct gpu *gpu, VkCommandBuffer commands) {
	const VkMemoryBarrier to_host = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_HOST_READ_BIT | VK_ACCESS_HOST_WRITE_BIT,
	};
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &to_host,
		0, NULL, 0, NULL);
	assert_vk(vkEndCommandBuffer(commands));
	const VkSubmitInfo info = {
		.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
		.commandBufferCount = 1,
		.pCommandBuffers = &commands,
	};
	assert_vk(vkQueueSubmit(gpu->queue, 1, &info, VK_NULL_HANDLE));
	assert_vk(vkQueueWaitIdle(gpu->queue));
	vkFreeCommandBuffers(gpu->device, gpu->pool, 1, &commands);
}

void staging_init(struct gpu *gpu, struct staging *staging, VkDeviceSize size) {
	VkMemoryRequirements requirements;
	if (getenv("TONGS_TESTS_CANNOT_EXECUTE"))
		skip();
	staging->buffer =
		make_buffer(gpu, size, VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT, 0);
	vkGetBufferMemoryRequirements(gpu->device, staging->buffer, &requirements);
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.allocationSize = requirements.size,
		.memoryTypeIndex = pick_type(gpu, requirements.memoryTypeBits,
			VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT),
	};
	assert_vk(vkAllocateMemory(gpu->device, &info, NULL, &staging->memory));
	assert_vk(vkBindBufferMemory(gpu->device, staging->buffer, staging->memory, 0));
	assert_vk(vkMapMemory(gpu->device, staging->memory, 0, VK_WHOLE_SIZE, 0, &staging->bytes));
}

void staging_finish(struct gpu *gpu, struct staging *staging) {
	vkDestroyBuffer(gpu->device, staging->buffer, NULL);
	vkFreeMemory(gpu->device, staging->memory, NULL);
}

void gpu_write_buffer(struct gpu *gpu, VkBuffer buffer, VkDeviceSize offset, const void *bytes, VkDeviceSize size) {
	struct staging staging;
	staging_init(gpu, &staging, size);
	memcpy(staging.bytes, bytes, size);
	VkCommandBuffer commands = begin(gpu);
	const VkBufferCopy copy = {.dstOffset = offset, .size = size};
	vkCmdCopyBuffer(commands, staging.buffer, buffer, 1, &copy);
	submit(gpu, commands);
	staging_finish(gpu, &staging);
}

void gpu_read_buffer(struct gpu *gpu, VkBuffer buffer, VkDeviceSize offset, void *bytes, VkDeviceSize size) {
	struct staging staging;
	staging_init(gpu, &staging, size);
	VkCommandBuffer commands = begin(gpu);
	const VkBufferCopy copy = {.srcOffset = offset, .size = size};
	vkCmdCopyBuffer(commands, buffer, staging.buffer, 1, &copy);
	submit(gpu, commands);
	memcpy(bytes, staging.bytes, size);
	staging_finish(gpu, &staging);
}

static VkBufferImageCopy whole(uint32_t width, uint32_t height) {
	return (VkBufferImageCopy){
		.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
		.imageExtent = {width, height, 1},
	};
}

static void to_general(VkCommandBuffer commands, VkImage image, VkImageLayout from) {
	const VkImageMemoryBarrier barrier = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT | VK_ACCESS_HOST_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
		.oldLayout = from,
		.newLayout = VK_IMAGE_LAYOUT_GENERAL,
		.srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
		.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
		.image = image,
		.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1},
	};
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT | VK_PIPELINE_STAGE_HOST_BIT,
		VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, NULL, 0, NULL, 1, &barrier);
}

void gpu_write_image(
	struct gpu *gpu, VkImage image, uint32_t width, uint32_t height, const void *texels, VkDeviceSize size) {
	struct staging staging;
	staging_init(gpu, &staging, size);
	memcpy(staging.bytes, texels, size);
	VkCommandBuffer commands = begin(gpu);
	to_general(commands, image, VK_IMAGE_LAYOUT_UNDEFINED);
	const VkBufferImageCopy copy = whole(width, height);
	vkCmdCopyBufferToImage(commands, staging.buffer, image, VK_IMAGE_LAYOUT_GENERAL, 1, &copy);
	submit(gpu, commands);
	staging_finish(gpu, &staging);
}

void gpu_transfer_buffer(struct gpu *gpu, VkBuffer buffer, uint32_t from, uint32_t to) {
	const VkBufferMemoryBarrier barrier = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
		.srcQueueFamilyIndex = from,
		.dstQueueFamilyIndex = to,
		.buffer = buffer,
		.size = VK_WHOLE_SIZE,
	};
	VkCommandBuffer commands = begin(gpu);
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0,
		NULL, 1, &barrier, 0, NULL);
	submit(gpu, commands);
}

void gpu_transfer_image(struct gpu *gpu, VkImage image, VkImageAspectFlags aspects, uint32_t from, uint32_t to) {
	const VkImageMemoryBarrier barrier = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
		.oldLayout = VK_IMAGE_LAYOUT_GENERAL,
		.newLayout = VK_IMAGE_LAYOUT_GENERAL,
		.srcQueueFamilyIndex = from,
		.dstQueueFamilyIndex = to,
		.image = image,
		.subresourceRange = {aspects, 0, VK_REMAINING_MIP_LEVELS, 0, VK_REMAINING_ARRAY_LAYERS},
	};
	VkCommandBuffer commands = begin(gpu);
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0,
		NULL, 0, NULL, 1, &barrier);
	submit(gpu, commands);
}

void gpu_acquire_image(struct gpu *gpu, VkImage image) {
	const VkImageMemoryBarrier barrier = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
		.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT,
		.oldLayout = VK_IMAGE_LAYOUT_GENERAL,
		.newLayout = VK_IMAGE_LAYOUT_GENERAL,
		.srcQueueFamilyIndex = VK_QUEUE_FAMILY_EXTERNAL,
		.dstQueueFamilyIndex = gpu->queue_family,
		.image = image,
		.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1},
	};
	VkCommandBuffer commands = begin(gpu);
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0,
		NULL, 0, NULL, 1, &barrier);
	submit(gpu, commands);
}

void gpu_read_image(struct gpu *gpu, VkImage image, uint32_t width, uint32_t height, void *texels, VkDeviceSize size) {
	struct staging staging;
	staging_init(gpu, &staging, size);
	VkCommandBuffer commands = begin(gpu);
	to_general(commands, image, VK_IMAGE_LAYOUT_GENERAL);
	const VkBufferImageCopy copy = whole(width, height);
	vkCmdCopyImageToBuffer(commands, image, VK_IMAGE_LAYOUT_GENERAL, staging.buffer, 1, &copy);
	submit(gpu, commands);
	memcpy(texels, staging.bytes, size);
	staging_finish(gpu, &staging);
}

void fill_noise(void *bytes, size_t size, uint32_t seed) {
	uint8_t *byte = bytes;
	uint32_t state = seed * 2654435761u + 1;
	for (size_t i = 0; i < size; i++) {
		state = state * 1664525u + 1013904223u;
		byte[i] = (uint8_t)(state >> 24);
	}
}
