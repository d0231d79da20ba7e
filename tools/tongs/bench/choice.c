/* SPDX-License-Identifier: MIT */
/* Choosing a device by its number or its name. */
#include "choice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command.h"

static bool can_share(VkPhysicalDevice device) {
	VkPhysicalDeviceProperties properties;

	vkGetPhysicalDeviceProperties(device, &properties);
	return properties.apiVersion >= VK_API_VERSION_1_1 &&
	       tongs_vulkan_has_extension(device, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME);
}

static bool has_name(VkPhysicalDevice device, const char *text) {
	VkPhysicalDeviceProperties properties;

	vkGetPhysicalDeviceProperties(device, &properties);
	return strcasestr(properties.deviceName, text);
}

static void list_devices(const struct tongs_vulkan *vulkan) {
	for (uint32_t i = 0; i < vulkan->device_count; i++) {
		VkPhysicalDeviceProperties properties;
		vkGetPhysicalDeviceProperties(vulkan->devices[i], &properties);
		fprintf(stderr, "  %u  %s%s\n", i, properties.deviceName,
			can_share(vulkan->devices[i]) ? "" : " (shares no memory; 'tongs info' says why)");
	}
}

/* The device that `text` numbers; VK_NULL_HANDLE for a number that none has. */
static VkPhysicalDevice get_numbered(const struct tongs_vulkan *vulkan, const char *text) {
	errno = 0;
	unsigned long long index = strtoull(text, NULL, 10);

	return errno || index >= vulkan->device_count ? VK_NULL_HANDLE : vulkan->devices[index];
}

VkPhysicalDevice tongs_bench_choose_device(const struct tongs_vulkan *vulkan, const char *text) {
	bool is_number = text && *text && text[strspn(text, "0123456789")] == '\0';

	if (is_number) {
		VkPhysicalDevice device = get_numbered(vulkan, text);
		if (device && can_share(device))
			return device;
	}
	for (uint32_t i = 0; i < vulkan->device_count && !is_number; i++)
		if (can_share(vulkan->devices[i]) && (!text || has_name(vulkan->devices[i], text)))
			return vulkan->devices[i];
	if (text)
		tongs_command_error("no device that can share memory with Metal has the number or name '%s'; the "
				    "devices here:",
			text);
	else
		tongs_command_error("no device here can share memory with Metal:");
	list_devices(vulkan);
	return VK_NULL_HANDLE;
}
