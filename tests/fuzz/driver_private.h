/* SPDX-License-Identifier: MIT */
/* What the parts of the driver share. */
#ifndef TONGS_FUZZ_DRIVER_PRIVATE_H
#define TONGS_FUZZ_DRIVER_PRIVATE_H

#include "driver.h"

static const VkExternalMemoryHandleTypeFlags METAL_TYPES = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT |
							   VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT |
							   VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT,
					     HOST = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT;

struct driver_command {
	const char *name;
	PFN_vkVoidFunction function;
};

#define COMMAND(name, function) \
	{ "vk" #name, (PFN_vkVoidFunction)(PFN_vk##name)function }

/* Of memory, buffers and images; a row without a name ends them. */
extern const struct driver_command driver_resource_commands[];

void driver_check_device(VkDevice device);
/* The chain ends, and each struct of it is there to its last byte. */
void driver_check_chain(const void *pNext);
/* AddressSanitizer sees a read past the end of what was copied. */
void driver_read_all(const void *bytes, size_t size);
/* The first struct of `type`, or NULL. */
const void *driver_find(const void *pNext, VkStructureType type);

/* What images of the format can be used for. */
VkImageUsageFlags driver_usage_of(VkFormat format, VkImageTiling tiling);

#endif
