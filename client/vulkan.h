/* SPDX-License-Identifier: MIT */
/* The layer in the environment; a Vulkan instance and its devices, with commands loaded at run time by volk: a machine
 * without the Vulkan loader gets a message instead of a linker's error. */
#ifndef TONGS_CLIENT_VULKAN_H
#define TONGS_CLIENT_VULKAN_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define VK_NO_PROTOTYPES
#include <volk.h>

#include <tongs/vulkan_metal.h>

#define TONGS_VULKAN_API_VERSION VK_API_VERSION_1_3 /* of the instance; devices may have less */
#define TONGS_LAYER_NAME "VK_LAYER_TONGS_metal_interop"
#define TONGS_VALIDATION_LAYER_NAME "VK_LAYER_KHRONOS_validation"

/* Writes the folder of the manifest: `given`, or if that is NULL, the build tree's, else the installed one. Returns
 * false after a message that names every folder tried. */
bool tongs_vulkan_find_layer(const char *given, char folder[PATH_MAX]);

/* Changes this process' environment: enables the layer of `folder` above all others, and with `validation` the Khronos
 * validation layer right below it. Idempotent. Returns false after a message if memory runs out. */
bool tongs_vulkan_enable_layer(const char *folder, bool validation);

/* Whether the loader finds the layer, in this process' environment as it is now. False, too, without a loader. */
bool tongs_vulkan_has_layer(const char *name);

/* Removes the layer from the environment, for instances without it; other layers stay. Returns false after a message if
 * memory runs out. */
bool tongs_vulkan_disable_layer(void);

/* Finds and enables the layer in this process. Returns false after a message. */
bool tongs_vulkan_use_layer(const char *given);

/* Returns whether the loader reads the folder whatever the environment says. */
bool tongs_vulkan_is_system_folder(const char *folder);

/* The variables that tongs_vulkan_enable_layer may set, ended by NULL. */
extern const char *const tongs_vulkan_layer_variables[];

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

/* Creates a device with a queue of that family. `features` is a chain of structs of features to enable, or NULL. On
 * failure, sets `device` to VK_NULL_HANDLE and returns false after a message. */
bool tongs_vulkan_create_device(VkPhysicalDevice physical_device, uint32_t family, const char *const *extensions,
	uint32_t extension_count, const void *features, VkDevice *device);

/* What distinguishes devices. */
struct tongs_vulkan_identity {
	VkPhysicalDeviceProperties properties;
	VkPhysicalDeviceIDProperties ids;        /* zeroed before Vulkan 1.1 */
	VkPhysicalDeviceDriverProperties driver; /* zeroed if the driver does not report them */
};

void tongs_vulkan_identify(VkPhysicalDevice device, struct tongs_vulkan_identity *identity);

enum { TONGS_VULKAN_VERSION_SIZE = 32 }; /* bytes of a version as text, with its end */

/* Formats "1.3.239". */
void tongs_vulkan_format_version(uint32_t version, char text[TONGS_VULKAN_VERSION_SIZE]);

/* Returns what memory of such buffers can do as handles of `type`, Metal's or others. Prints nothing. */
VkExternalMemoryFeatureFlags tongs_vulkan_get_buffer_features(
	VkPhysicalDevice device, VkExternalMemoryHandleTypeFlagBits type, VkBufferUsageFlags usage);

#endif
