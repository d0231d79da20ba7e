/* SPDX-License-Identifier: MIT */
/* Loads Vulkan, creates an instance, lists devices and extensions. */
#define VOLK_IMPLEMENTATION
#include "client/vulkan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tongs/version.h>

#include "client/command.h"

static bool load(void) {
	if (volkInitialize() != VK_SUCCESS) {
		tongs_command_error("cannot load the Vulkan loader, libvulkan.so.1; on Debian: apt-get install "
				    "libvulkan1");
		return false;
	}
	if (volkGetInstanceVersion() < VK_API_VERSION_1_1) {
		tongs_command_error("the Vulkan loader is older than Vulkan 1.1; on Debian: apt-get install "
				    "libvulkan1");
		return false;
	}
	return true;
}

static bool create_instance(VkInstance *instance) {
	VkResult result = vkCreateInstance(
		&(VkInstanceCreateInfo){
			.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
			.pApplicationInfo =
				&(VkApplicationInfo){
					.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
					.pApplicationName = "tongs",
					.applicationVersion = VK_MAKE_API_VERSION(
						0, TONGS_VERSION_MAJOR, TONGS_VERSION_MINOR, TONGS_VERSION_PATCH),
					.apiVersion = VK_API_VERSION_1_1,
				},
		},
		NULL, instance);

	if (result == VK_SUCCESS) {
		volkLoadInstance(*instance);
		return true;
	}
	*instance = VK_NULL_HANDLE;
	if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
		tongs_command_error("no Vulkan driver is installed; on Debian: apt-get install mesa-vulkan-drivers "
				    "(its software driver needs no GPU)");
	else
		tongs_command_error("vkCreateInstance failed: %s%s", tongs_vulkan_result_name(result),
			result == VK_ERROR_LAYER_NOT_PRESENT ? "; set VK_LOADER_DEBUG=error,layer for details" : "");
	return false;
}

static bool list_devices(struct tongs_vulkan *vulkan) {
	uint32_t count = 0;
	VkResult result = vkEnumeratePhysicalDevices(vulkan->instance, &count, NULL);

	/* Some loaders return this error where no driver has a device. */
	if (result == VK_ERROR_INITIALIZATION_FAILED || (result == VK_SUCCESS && !count)) {
		tongs_command_error("no Vulkan driver has a device; on Debian: apt-get install "
				    "mesa-vulkan-drivers (its software driver needs no GPU)");
		return false;
	}
	if (!tongs_vulkan_ok(result, "vkEnumeratePhysicalDevices"))
		return false;
	vulkan->devices = calloc(count, sizeof *vulkan->devices);
	if (!vulkan->devices)
		return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "listing the devices");
	result = vkEnumeratePhysicalDevices(vulkan->instance, &count, vulkan->devices);
	vulkan->device_count = count;
	return tongs_vulkan_ok(result == VK_INCOMPLETE ? VK_SUCCESS : result, "vkEnumeratePhysicalDevices");
}

bool tongs_vulkan_init(struct tongs_vulkan *vulkan) {
	*vulkan = (struct tongs_vulkan){0};
	if (load() && create_instance(&vulkan->instance) && list_devices(vulkan))
		return true;
	tongs_vulkan_finish(vulkan);
	return false;
}

void tongs_vulkan_finish(struct tongs_vulkan *vulkan) {
	free(vulkan->devices);
	if (vulkan->instance)
		vkDestroyInstance(vulkan->instance, NULL);
	*vulkan = (struct tongs_vulkan){0};
}

const char *tongs_vulkan_result_name(VkResult result) {
	static const struct {
		VkResult result;
		const char *name;
	} names[] = {
#define ROW(name) {name, #name},
		ROW(VK_SUCCESS) ROW(VK_INCOMPLETE) ROW(VK_ERROR_OUT_OF_HOST_MEMORY) ROW(VK_ERROR_OUT_OF_DEVICE_MEMORY)
			ROW(VK_ERROR_INITIALIZATION_FAILED) ROW(VK_ERROR_DEVICE_LOST) ROW(VK_ERROR_MEMORY_MAP_FAILED)
				ROW(VK_ERROR_LAYER_NOT_PRESENT) ROW(VK_ERROR_EXTENSION_NOT_PRESENT)
					ROW(VK_ERROR_FEATURE_NOT_PRESENT) ROW(VK_ERROR_INCOMPATIBLE_DRIVER)
						ROW(VK_ERROR_TOO_MANY_OBJECTS) ROW(VK_ERROR_FORMAT_NOT_SUPPORTED)
							ROW(VK_ERROR_UNKNOWN) ROW(VK_ERROR_INVALID_EXTERNAL_HANDLE)
								ROW(VK_ERROR_VALIDATION_FAILED_EXT)
#undef ROW
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].result == result)
			return names[i].name;
	return "an unknown result";
}

bool tongs_vulkan_report(VkResult result, const char *what) {
	tongs_command_error("%s failed: %s", what, tongs_vulkan_result_name(result));
	return false;
}

bool tongs_vulkan_has_extension(VkPhysicalDevice device, const char *name) {
	uint32_t count = 0;
	bool found = false;

	if (vkEnumerateDeviceExtensionProperties(device, NULL, &count, NULL) != VK_SUCCESS || !count)
		return false;
	VkExtensionProperties *extensions = calloc(count, sizeof *extensions);
	if (!extensions)
		return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "listing the extensions");
	if (vkEnumerateDeviceExtensionProperties(device, NULL, &count, extensions) >= VK_SUCCESS)
		for (uint32_t i = 0; i < count && !found; i++)
			found = !strcmp(extensions[i].extensionName, name);
	free(extensions);
	return found;
}

bool tongs_vulkan_create_device(VkPhysicalDevice physical_device, uint32_t family, const char *const *extensions,
	uint32_t extension_count, VkDevice *device) {
	const VkDeviceQueueCreateInfo queue = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
		.queueFamilyIndex = family,
		.queueCount = 1,
		.pQueuePriorities = &(float){1.0f},
	};
	const VkDeviceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue,
		.enabledExtensionCount = extension_count,
		.ppEnabledExtensionNames = extensions,
	};

	if (TONGS_VULKAN_TRY(vkCreateDevice, physical_device, &info, NULL, device))
		return true;
	*device = VK_NULL_HANDLE;
	return false;
}

void tongs_vulkan_identify(VkPhysicalDevice device, struct tongs_vulkan_identity *identity) {
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &identity->ids};

	*identity = (struct tongs_vulkan_identity){
		.ids.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES,
		.driver.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES,
	};
	vkGetPhysicalDeviceProperties(device, &identity->properties);
	if (identity->properties.apiVersion < VK_API_VERSION_1_1)
		return;
	if (identity->properties.apiVersion >= VK_API_VERSION_1_2 ||
		tongs_vulkan_has_extension(device, VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME))
		identity->ids.pNext = &identity->driver;
	vkGetPhysicalDeviceProperties2(device, &properties);
	identity->ids.pNext = NULL;
}

void tongs_vulkan_format_version(uint32_t version, char text[TONGS_VULKAN_VERSION_SIZE]) {
	snprintf(text, TONGS_VULKAN_VERSION_SIZE, "%u.%u.%u", VK_API_VERSION_MAJOR(version),
		VK_API_VERSION_MINOR(version), VK_API_VERSION_PATCH(version));
}
