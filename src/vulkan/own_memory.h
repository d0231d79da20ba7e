/* SPDX-License-Identifier: MIT */
/* Memory on libtongs' own device: allocated there for export, or imported. */
#ifndef TONGS_VULKAN_OWN_MEMORY_H
#define TONGS_VULKAN_OWN_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "vulkan/import.h"
#include "vulkan/own_device.h"

struct tongs_own_memory {
	struct tongs_own_device *dev; /* a reference; NULL: there is no memory */
	VkDeviceMemory handle;
	/* That the memory is dedicated to, if that is destroyed with it; VK_NULL_HANDLE: none. RADV reads the image
	 * whenever it exports the memory. */
	VkImage image;
};

/* Functions may be called from any thread. On failure `*memory` is zeroed; the caller reports. */

/* Allocates memory that can be exported, of a memory type. `image` may be VK_NULL_HANDLE; otherwise the memory is
 * dedicated to it. */
VkResult tongs_own_memory_allocate(struct tongs_own_device *dev, uint64_t size, uint32_t memory_type, VkImage image,
	struct tongs_own_memory *memory);
/* Imports all of `import`. It can be exported again where the device reexports. */
VkResult tongs_own_memory_import(
	struct tongs_own_device *dev, const struct tongs_import *import, struct tongs_own_memory *memory);
/* Maps the memory, which is host-visible and not mapped, until it is freed. */
VkResult tongs_own_memory_map(const struct tongs_own_memory *memory, void **contents);
/* Exports the memory. `*fd` is the caller's to close. */
VkResult tongs_own_memory_get_fd(const struct tongs_own_memory *memory, int *fd);
/* Zeroed memory is fine. */
void tongs_own_memory_free(struct tongs_own_memory *memory);

/* Private to src/vulkan: imports a span as one of the memory types in the mask, dedicated to `image` unless that is
 * VK_NULL_HANDLE. VK_ERROR_INVALID_EXTERNAL_HANDLE if the driver imports the memory as none of them. The VkDevice
 * exists. */
VkResult tongs_own_memory_import_span(const struct tongs_own_device *dev, const struct tongs_import *import,
	const struct tongs_import_span *span, uint32_t memory_types, VkImage image, VkDeviceMemory *memory);

#endif
