/* SPDX-License-Identifier: MIT */
/* A driver below the layer that believes nothing: it ends the program at the first call that is not as the
 * specification wants it. One instance, one physical device, one device. */
#ifndef TONGS_FUZZ_DRIVER_H
#define TONGS_FUZZ_DRIVER_H

#include <stdbool.h>

#include <tongs/vulkan_metal.h>
#include <vulkan/vulkan.h>

enum {
	DRIVER_PAGE = 4096,
	DRIVER_ATOM = 64,
	DRIVER_MEMORY_TYPES = 3,
	DRIVER_HOST_TYPES = 6,   /* bits of those that host pages can be imported as */
	DRIVER_SHARED_TYPES = 2, /* of those the coherent ones */
};

struct driver {
	bool optimal_import;           /* images of OPTIMAL tiling can lie in host pages */
	const void *application_pages; /* imported by the application itself, rightly or not */
	unsigned live_memories, live_buffers, live_images;
};

extern struct driver driver;

PFN_vkVoidFunction VKAPI_CALL driver_get_instance_proc_addr(VkInstance instance, const char *name);
PFN_vkVoidFunction VKAPI_CALL driver_get_device_proc_addr(VkDevice device, const char *name);
VkPhysicalDevice driver_get_physical_device(void);

/* The UUID that the driver tells. */
extern const uint8_t driver_uuid[VK_UUID_SIZE];

/* The bytes that a struct of a chain has; 0 where that isn't known. */
size_t driver_struct_size(VkStructureType type);

#endif
