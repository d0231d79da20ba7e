/* SPDX-License-Identifier: MIT */
/* What the layer's library (libVkLayer_tongs_metal_interop.so) exports besides the loader's entry point: why a physical
 * device has VK_EXT_external_memory_metal or lacks it, and which memory it shares. A layer above Tongs may hide the
 * extension from the usual queries, so a program that wants the reason finds these functions with dlsym() in the
 * library that is loaded already. They may be called from any thread while the instance lives, and take no reference.
 */
#ifndef TONGS_LAYER_H
#define TONGS_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

#ifdef __cplusplus
extern "C" {
#endif

enum tongs_layer_status {
	TONGS_LAYER_STATUS_UNKNOWN,  /* the instance has no such device or is NULL, or memory ran out */
	TONGS_LAYER_STATUS_PROVIDED, /* the layer provides the extension */
	TONGS_LAYER_STATUS_NATIVE,   /* the driver, or a layer below, has it: Tongs leaves the device alone */
	TONGS_LAYER_STATUS_TOO_OLD,  /* the instance is older than Vulkan 1.1 and lacks the queries */
	/* VK_EXT_external_memory_host and VK_KHR_external_memory_fd are missing below the layer */
	TONGS_LAYER_STATUS_NO_EXTERNAL_MEMORY,
	/* minImportedHostPointerAlignment is larger than a page, and VK_KHR_external_memory_fd is missing */
	TONGS_LAYER_STATUS_LARGE_ALIGNMENT,
	/* no buffer and no image can be bound to imported memory */
	TONGS_LAYER_STATUS_NOT_IMPORTABLE,
};

/* The status of the device of `instance` (a handle as the loader returns it) whose deviceUUID is `device_uuid`. */
enum tongs_layer_status tongs_layer_get_status(VkInstance instance, const uint8_t device_uuid[VK_UUID_SIZE]);

enum tongs_layer_memory_kind {
	TONGS_LAYER_MEMORY_NONE,       /* nothing is shared */
	TONGS_LAYER_MEMORY_HOST_PAGES, /* pages of the process, imported through VK_EXT_external_memory_host */
	TONGS_LAYER_MEMORY_DRIVER,     /* memory that the driver allocates, shared through VK_KHR_external_memory_fd */
};

enum tongs_layer_carrier {
	TONGS_LAYER_CARRIER_NONE, /* nothing is carried */
	TONGS_LAYER_CARRIER_CPU,  /* the layer signals each side when it sees the other's signal */
	TONGS_LAYER_CARRIER_GPU,  /* both sides' queues wait for the same semaphore, which the driver shares */
};

/* What a device shares in which memory. */
struct tongs_layer_roles {
	enum tongs_layer_memory_kind buffers;          /* MTLBUFFER: buffers and LINEAR images */
	enum tongs_layer_memory_kind linear_textures;  /* MTLTEXTURE: LINEAR images */
	enum tongs_layer_memory_kind optimal_textures; /* MTLTEXTURE: OPTIMAL images */
	enum tongs_layer_memory_kind heaps;            /* MTLHEAP: all resources */
	enum tongs_layer_carrier signals; /* between timeline semaphores and the MTLSharedEvents that they are */
	bool linear_only; /* the driver shares no OPTIMAL image: each is LINEAR underneath, or not supported */
};

/* The roles of that device; all NONE unless its status is PROVIDED. */
struct tongs_layer_roles tongs_layer_get_roles(VkInstance instance, const uint8_t device_uuid[VK_UUID_SIZE]);

#ifdef __cplusplus
}
#endif

#endif
