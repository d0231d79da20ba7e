/* SPDX-License-Identifier: MIT */
/* Fixture of the layer's tests: instance, device, and what they report. */
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
	create_device(gpu, options);
}

void gpu_init_sibling(struct gpu *sibling, const struct gpu *gpu) {
	const struct gpu_options options = {.api_version = gpu->api_version, .with_objects = gpu->with_objects};
	*sibling = (struct gpu){
		.borrowed_instance = gpu->instance ? gpu->instance : gpu->borrowed_instance,
		.physical_device = gpu->physical_device,
		.api_version = gpu->api_version,
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
