/* SPDX-License-Identifier: MIT */
/* What the layer's library (libVkLayer_tongs_metal_interop.so) exports besides the loader's entry point: why a physical
 * device has VK_EXT_external_memory_metal or lacks it. A layer above Tongs may hide the extension from the usual
 * queries, so a program that wants the reason finds this function with dlsym() in the library that is loaded already.
 */
#ifndef TONGS_LAYER_H
#define TONGS_LAYER_H

#include <stdint.h>

#include <vulkan/vulkan_core.h>

#ifdef __cplusplus
extern "C" {
#endif

enum tongs_layer_status {
	TONGS_LAYER_STATUS_UNKNOWN,         /* the instance has no such device or is NULL, or memory ran out */
	TONGS_LAYER_STATUS_PROVIDED,        /* the layer provides the extension */
	TONGS_LAYER_STATUS_NATIVE,          /* the driver, or a layer below, has it: Tongs leaves the device alone */
	TONGS_LAYER_STATUS_TOO_OLD,         /* the instance is older than Vulkan 1.1 and lacks the queries */
	/* VK_EXT_external_memory_host and VK_KHR_external_memory_fd are missing below the layer */
	TONGS_LAYER_STATUS_NO_EXTERNAL_MEMORY,
	/* minImportedHostPointerAlignment is larger than a page, and VK_KHR_external_memory_fd is missing */
	TONGS_LAYER_STATUS_LARGE_ALIGNMENT,
	/* no buffer and no image can be bound to imported memory */
	TONGS_LAYER_STATUS_NOT_IMPORTABLE,
};

/* The status of the device of `instance` (a handle as the loader returns it) whose deviceUUID is `device_uuid`. May be
 * called from any thread while the instance lives; takes no reference. */
enum tongs_layer_status tongs_layer_get_status(VkInstance instance, const uint8_t device_uuid[VK_UUID_SIZE]);

#ifdef __cplusplus
}
#endif

#endif
