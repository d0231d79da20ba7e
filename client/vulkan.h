/* SPDX-License-Identifier: MIT */
/* A Vulkan instance and its devices, with commands loaded at run time by volk: a machine without the Vulkan loader gets
 * a message instead of a linker's error. */
#ifndef TONGS_CLIENT_VULKAN_H
#define TONGS_CLIENT_VULKAN_H

#include <stdbool.h>

#define VK_NO_PROTOTYPES
#include <volk.h>

#include <tongs/vulkan_metal.h>

/* Zeroed by a failed init; finish accepts that. */
struct tongs_vulkan {
	VkInstance instance;
	VkPhysicalDevice *devices; /* in the order of vkEnumeratePhysicalDevices */
	uint32_t device_count;     /* at least 1 */
};

/* Loads the Vulkan loader, creates a Vulkan 1.1 instance and lists its devices. Returns false after a message that
 * names the package to install. Not thread-safe: the commands are global. */
bool tongs_vulkan_init(struct tongs_vulkan *vulkan);
void tongs_vulkan_finish(struct tongs_vulkan *vulkan);

/* Returns whether `result` is VK_SUCCESS; prints an error about `what` if not. */
bool tongs_vulkan_ok(VkResult result, const char *what);

/* Returns "VK_ERROR_…", or "an unknown result". */
const char *tongs_vulkan_result_name(VkResult result);

/* Returns whether the device lists extension `name`. */
bool tongs_vulkan_has_extension(VkPhysicalDevice device, const char *name);

#endif
