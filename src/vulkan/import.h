/* SPDX-License-Identifier: MIT */
/* What a device can import, and how. src/memory defines and registers the kinds of memory; src/vulkan and the layer use
 * them through this description, without knowing which one it is. */
#ifndef TONGS_VULKAN_IMPORT_H
#define TONGS_VULKAN_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

#include "util/export.h"

struct tongs_import_kind;

/* Memory to import. It belongs to whoever created it, and must live as long as the VkDeviceMemory. */
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
	VkExternalMemoryHandleTypeFlagBits handle_type; /* of imports, and of buffers and images bound to them */
	const char *extension;                          /* the device extension that imports require */
	const char *memory_types_command;               /* the device command that query_memory_types calls */

	/* Queries the driver's alignment of addresses, offsets and sizes. `query` is vkGetPhysicalDeviceProperties2. */
	VkDeviceSize (*query_alignment)(PFN_vkGetPhysicalDeviceProperties2 query, VkPhysicalDevice physical_device);
	/* Queries the memory types of an import of `import` from `offset` on, which is aligned; 0 on failure. `command`
	 * is memory_types_command, or NULL if the driver lacks it. */
	VkResult (*query_memory_types)(PFN_vkVoidFunction command, VkDevice device, const struct tongs_import *import,
		VkDeviceSize offset, uint32_t *memory_types);
	/* Returns VkMemoryAllocateInfo::pNext for an import from `offset` on, which is aligned: structs in `info`, then
	 * `next`. */
	const void *(*init_info)(const struct tongs_import *import, VkDeviceSize offset, const void *next,
		struct tongs_import_info *info);
	/* Creates memory like that of payloads of the kind, to probe a driver with. False when memory runs out. */
	bool (*create_sample)(uint64_t size, uint64_t alignment, struct tongs_import *sample);
	void (*destroy_sample)(struct tongs_import *sample);
};

/* Registers a kind; called before main. Kinds registered earlier are preferred. */
void tongs_import_add_kind(const struct tongs_import_kind *kind);
/* Returns NULL after the last kind. */
TONGS_INTEROP const struct tongs_import_kind *tongs_import_get_kind(unsigned index);

/* Whether a device imports any buffer or image of a handle type. A driver that has the extension may still import none:
 * SwiftShader's queries deny it for every resource. */
TONGS_INTEROP bool tongs_import_supports_any(VkExternalMemoryHandleTypeFlagBits handle_type,
	PFN_vkGetPhysicalDeviceExternalBufferProperties query_buffer,
	PFN_vkGetPhysicalDeviceImageFormatProperties2 query_image, VkPhysicalDevice physical);

/* The buffer rule. Metal places a buffer before it is known how Vulkan will use it, and a buffer that Vulkan places is
 * at the same offset for Metal. So both align to the strictest requirement of any usage. */

/* Returns the usages of Vulkan 1.0, which require neither feature nor extension, with which imported buffers of the
 * handle type can be created. */
TONGS_INTEROP VkBufferUsageFlags tongs_buffer_rule_usage(VkExternalMemoryHandleTypeFlagBits handle_type,
	PFN_vkGetPhysicalDeviceExternalBufferProperties query, VkPhysicalDevice physical);

/* The most that usages of extensions require, by the specification of acceleration structures. */
#define TONGS_BUFFER_RULE_MIN_ALIGNMENT ((VkDeviceSize)256)

/* Returns the alignment of all shared buffers; `alignment` is the driver's for a buffer with tongs_buffer_rule_usage.
 * It includes minMemoryMapAlignment, which Vulkan guarantees for mapped memory. */
static inline VkDeviceSize tongs_buffer_rule_alignment(VkDeviceSize alignment, const VkPhysicalDeviceLimits *limits) {
	if (alignment < TONGS_BUFFER_RULE_MIN_ALIGNMENT)
		alignment = TONGS_BUFFER_RULE_MIN_ALIGNMENT;
	return alignment < limits->minMemoryMapAlignment ? limits->minMemoryMapAlignment : alignment;
}

/* Applies that alignment to a buffer's requirements; sizes become multiples of it. */
static inline void tongs_buffer_rule_apply(VkDeviceSize alignment, VkMemoryRequirements *requirements) {
	if (requirements->alignment < alignment)
		requirements->alignment = alignment;
	requirements->size = (requirements->size + alignment - 1) & ~(alignment - 1);
}

#endif
