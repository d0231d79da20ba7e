/* SPDX-License-Identifier: MIT */
/* A Vulkan instance and its devices, with commands loaded at run time by volk: a machine without the Vulkan loader gets
 * a message instead of a linker's error. */
#ifndef TONGS_CLIENT_VULKAN_H
#define TONGS_CLIENT_VULKAN_H

#include <stdbool.h>
#include <stdint.h>

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

/* Prints "`what` failed: VK_ERROR_…". Always returns false. */
bool tongs_vulkan_report(VkResult result, const char *what);

/* Returns whether `result` is VK_SUCCESS; reports it if not. Inline: benchmarks call it in their loops. */
static inline bool tongs_vulkan_ok(VkResult result, const char *what) {
	return result == VK_SUCCESS || tongs_vulkan_report(result, what);
}

/* Calls a command that returns a VkResult, and reports a failure by its name: TONGS_VULKAN_TRY(vkMapMemory, …). */
#define TONGS_VULKAN_TRY(command, ...) tongs_vulkan_ok(command(__VA_ARGS__), #command)

/* Returns "VK_ERROR_…", or "an unknown result". */
const char *tongs_vulkan_result_name(VkResult result);

/* Returns whether the device lists extension `name`. */
bool tongs_vulkan_has_extension(VkPhysicalDevice device, const char *name);

/* Creates a device with a queue of that family. On failure, sets `device` to VK_NULL_HANDLE and returns false after a
 * message. */
bool tongs_vulkan_create_device(VkPhysicalDevice physical_device, uint32_t family, const char *const *extensions,
	uint32_t extension_count, VkDevice *device);

/* What tells devices apart. */
struct tongs_vulkan_identity {
	VkPhysicalDeviceProperties properties;
	VkPhysicalDeviceIDProperties ids;        /* zeroed before Vulkan 1.1 */
	VkPhysicalDeviceDriverProperties driver; /* zeroed if the driver does not report them */
};

void tongs_vulkan_identify(VkPhysicalDevice device, struct tongs_vulkan_identity *identity);

enum { TONGS_VULKAN_VERSION_SIZE = 32 }; /* bytes of a version as text, with its end */

/* Formats "1.3.239". */
void tongs_vulkan_format_version(uint32_t version, char text[TONGS_VULKAN_VERSION_SIZE]);

#endif
