/* SPDX-License-Identifier: MIT */
/* What a VkDevice can import, and how. src/memory defines and registers the kinds; src/vulkan and the layer use them
 * through this description, without knowing which one it is. */
#ifndef TONGS_VULKAN_IMPORT_KIND_H
#define TONGS_VULKAN_IMPORT_KIND_H

#include <stdbool.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

#include "util/export.h"

struct tongs_import_kind;

/* Memory to import. It belongs to whoever made it, and must live as long as the VkDeviceMemory. */
struct tongs_import {
	const struct tongs_import_kind *kind;
	void *contents; /* the CPU's address of the first byte; NULL if it has none */
	uint64_t size;  /* in bytes */
};

/* Room for the structs that an import chains into VkMemoryAllocateInfo. */
struct tongs_import_info {
	uint64_t words[16];
};

struct tongs_import_kind {
	const char *name;                               /* for messages: "host pages" */
	VkExternalMemoryHandleTypeFlagBits handle_type; /* of imports, and of the buffers and images in them */
	const char *extension;                          /* the device extension that imports require */
	const char *memory_types_command;               /* the device command that query_memory_types calls */

	/* The driver's alignment of addresses, offsets and sizes. `query` is vkGetPhysicalDeviceProperties2. */
	VkDeviceSize (*query_alignment)(PFN_vkGetPhysicalDeviceProperties2 query, VkPhysicalDevice physical_device);
	/* The memory types that `import` can be from `offset` on, which is aligned; 0 on failure. `command` is
	 * memory_types_command; NULL if the driver lacks it. */
	VkResult (*query_memory_types)(PFN_vkVoidFunction command, VkDevice device, const struct tongs_import *import,
		VkDeviceSize offset, uint32_t *memory_types);
	/* VkMemoryAllocateInfo::pNext of an import from `offset` on, which is aligned: structs in `info`, then `next`.
	 */
	const void *(*init_info)(const struct tongs_import *import, VkDeviceSize offset, const void *next,
		struct tongs_import_info *info);
	/* Memory like that of all payloads of the kind, to probe a driver with. False when memory runs out. */
	bool (*create_sample)(uint64_t size, uint64_t alignment, struct tongs_import *sample);
	void (*destroy_sample)(struct tongs_import *sample);
};

/* Registers a kind; called before main. Kinds are preferred in the order in which they are registered. */
void tongs_import_add_kind(const struct tongs_import_kind *kind);
/* NULL after the last one. */
TONGS_INTEROP const struct tongs_import_kind *tongs_import_get_kind(unsigned index);

#endif
