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
	bool dedicated; /* imports must be dedicated to an image like the one that the memory was allocated for */
};

/* What an import chains into VkMemoryAllocateInfo, between `begin` and `end` of its kind. */
struct tongs_import_info {
	const void *head;   /* VkMemoryAllocateInfo::pNext */
	uint64_t words[16]; /* room for structs */
	int fd;
};

struct tongs_import_kind {
	const char *name;                               /* for messages: "host pages" */
	VkExternalMemoryHandleTypeFlagBits handle_type; /* of imports, and of buffers and images bound to them */
	const char *extension;                          /* the device extension that imports require */
	const char *memory_types_command; /* the device command that query_memory_types calls; may be NULL */
	/* A VkDevice allocates such memory and exports it; imports have the exporter's size and memory type, and may be
	 * dedicated. Otherwise the memory exists before any VkDevice imports it, as a whole or in parts, and an import
	 * is never dedicated (VUID-VkMemoryAllocateInfo-pNext-02806). */
	bool allocated_by_device;

	/* Queries the driver's alignment of addresses, offsets and sizes. `query` is vkGetPhysicalDeviceProperties2. */
	VkDeviceSize (*query_alignment)(PFN_vkGetPhysicalDeviceProperties2 query, VkPhysicalDevice physical_device);
	/* Queries the memory types of an import of `import` from `offset` on, which is aligned; 0 on failure. `command`
	 * is memory_types_command, or NULL if the driver lacks it. */
	VkResult (*query_memory_types)(PFN_vkVoidFunction command, VkDevice device, const struct tongs_import *import,
		VkDeviceSize offset, uint32_t *memory_types);
	/* Begins an import from `offset` on, which is aligned: info->head is the import's structs, then `next`. On
	 * failure there is no end. */
	VkResult (*begin)(const struct tongs_import *import, VkDeviceSize offset, const void *next,
		struct tongs_import_info *info);
	/* After vkAllocateMemory, with its result. */
	void (*end)(struct tongs_import_info *info, VkResult result);
	/* Creates memory like that of payloads of the kind, to probe a driver with. False when memory runs out. NULL
	 * if the kind is allocated_by_device. */
	bool (*create_sample)(uint64_t size, uint64_t alignment, struct tongs_import *sample);
	void (*destroy_sample)(struct tongs_import *sample);
};

/* Registers a kind; called before main, once for memory that is allocated by a device and once for memory that is not.
 */
void tongs_import_add_kind(const struct tongs_import_kind *kind);
TONGS_INTEROP const struct tongs_import_kind *tongs_import_get_kind(bool allocated_by_device);

/* Whether resources with these external memory features can be shared as `kind`: importable, and exportable if a device
 * allocates the memory. Drivers report success without features where the specification requires an error. */
static inline bool tongs_import_accepts_features(
	const struct tongs_import_kind *kind, VkExternalMemoryFeatureFlags features) {
	const VkExternalMemoryFeatureFlags both =
		VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT;
	if (kind->allocated_by_device)
		return (features & both) == both;
	return (features & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT) &&
	       !(features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT);
}

/* Whether memory of a type with these flags can be shared as `kind`. Metal's storage mode Shared has no flushes, so
 * what the CPU reaches must be coherent; other types are Private. Lazily allocated and protected memory cannot be
 * shared, and AMD's device-coherent types require a feature. */
static inline bool tongs_import_accepts_flags(const struct tongs_import_kind *kind, VkMemoryPropertyFlags flags) {
	const VkMemoryPropertyFlags visible = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT,
				    coherent = visible | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
				    refused = VK_MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT |
					      VK_MEMORY_PROPERTY_PROTECTED_BIT |
					      VK_MEMORY_PROPERTY_DEVICE_COHERENT_BIT_AMD;
	if (flags & refused)
		return false;
	return (flags & coherent) == coherent || (kind->allocated_by_device && !(flags & visible));
}

/* The memory types that `kind` accepts. */
static inline uint32_t tongs_import_find_accepted(
	const struct tongs_import_kind *kind, const VkPhysicalDeviceMemoryProperties *memory) {
	uint32_t types = 0;
	for (uint32_t i = 0; i < memory->memoryTypeCount; i++)
		if (tongs_import_accepts_flags(kind, memory->memoryTypes[i].propertyFlags))
			types |= 1u << i;
	return types;
}

/* The memory types that the CPU cannot map. */
static inline uint32_t tongs_import_find_private(const VkPhysicalDeviceMemoryProperties *memory) {
	uint32_t types = 0;
	for (uint32_t i = 0; i < memory->memoryTypeCount; i++)
		if (!(memory->memoryTypes[i].propertyFlags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT))
			types |= 1u << i;
	return types;
}

/* The part of the memory that is imported for some bytes of it. */
struct tongs_import_span {
	uint64_t start, size; /* in the memory */
	uint64_t offset;      /* of the bytes in the span */
};

/* `size` bytes from `offset` on; `alignment` is the kind's, a power of two. */
static inline struct tongs_import_span tongs_import_get_span(
	const struct tongs_import *import, uint64_t offset, uint64_t size, uint64_t alignment) {
	const uint64_t start = import->kind->allocated_by_device ? 0 : offset & ~(alignment - 1);
	return (struct tongs_import_span){
		.start = start,
		.size = import->kind->allocated_by_device ? import->size
							  : (offset - start + size + alignment - 1) & ~(alignment - 1),
		.offset = offset - start,
	};
}

/* What resources are shared as. Buffers and images must be created for one kind of memory, before it is known which
 * memory they will be bound to. */
enum tongs_role {
	TONGS_ROLE_BUFFER,  /* MTLBUFFER without MTLHEAP */
	TONGS_ROLE_LINEAR,  /* LINEAR images as MTLTEXTURE */
	TONGS_ROLE_OPTIMAL, /* OPTIMAL images as MTLTEXTURE; all resources as MTLHEAP, for they are bound in one heap */
	TONGS_ROLE_COUNT,
};

/* The kinds of memory that a device uses; the same for all users of a device. */
struct tongs_import_roles {
	const struct tongs_import_kind *kinds[TONGS_ROLE_COUNT]; /* NULL: nothing is shared in this role */
	bool takes_optimal; /* images for TONGS_ROLE_OPTIMAL can have OPTIMAL tiling */
	/* Buffers are host pages, heaps are driver memory, and some memory types are not host-visible: all else than
	 * textures is in these if it is driver memory. So a memory type says which kind it is, and nothing that the CPU
	 * maps is an import, of which NVIDIA's driver maps other bytes. */
	bool splits;
	bool combines; /* MTLBUFFER and MTLHEAP go together: both roles are of one kind, or split by memory type */
};

/* A physical device and what chooses its roles. */
struct tongs_import_device {
	VkPhysicalDevice physical;
	PFN_vkGetPhysicalDeviceProperties2 GetPhysicalDeviceProperties2;
	PFN_vkGetPhysicalDeviceMemoryProperties GetPhysicalDeviceMemoryProperties;
	PFN_vkGetPhysicalDeviceExternalBufferProperties GetPhysicalDeviceExternalBufferProperties;
	PFN_vkGetPhysicalDeviceImageFormatProperties2 GetPhysicalDeviceImageFormatProperties2;
	const VkExtensionProperties *extensions; /* of the device */
	uint32_t extension_count;
};

/* Why a device has no role, the farthest that any kind came. */
enum tongs_import_fault {
	TONGS_IMPORT_NO_FAULT,
	TONGS_IMPORT_NO_EXTENSION,
	TONGS_IMPORT_LARGE_ALIGNMENT, /* memory is aligned to pages; the driver requires more */
	TONGS_IMPORT_NO_RESOURCE,     /* the queries deny it for every resource, as SwiftShader's do for host pages */
};

/* Chooses the roles by queries alone; no kind is set unless `*fault` is NO_FAULT. Fails when memory runs out in a
 * query, which says nothing about the device. */
TONGS_INTEROP VkResult tongs_import_choose_roles(
	const struct tongs_import_device *dev, struct tongs_import_roles *roles, enum tongs_import_fault *fault);

static inline bool tongs_import_has_role(const struct tongs_import_roles *roles) {
	return roles->kinds[TONGS_ROLE_BUFFER] || roles->kinds[TONGS_ROLE_LINEAR] || roles->kinds[TONGS_ROLE_OPTIMAL];
}

/* Whether images in memory of the kind can have OPTIMAL tiling. */
static inline bool tongs_import_takes_optimal(
	const struct tongs_import_roles *roles, const struct tongs_import_kind *kind) {
	const struct tongs_import_kind *optimal = roles->takes_optimal ? roles->kinds[TONGS_ROLE_OPTIMAL] : NULL;
	return optimal && optimal->allocated_by_device == kind->allocated_by_device;
}

/* Returns the kind if a role uses it; else NULL. */
static inline const struct tongs_import_kind *tongs_import_find_used(
	const struct tongs_import_roles *roles, bool allocated_by_device) {
	for (int i = 0; i < TONGS_ROLE_COUNT; i++)
		if (roles->kinds[i] && roles->kinds[i]->allocated_by_device == allocated_by_device)
			return roles->kinds[i];
	return NULL;
}

/* The buffer rule. Metal places a buffer before it is known how Vulkan will use it, and a buffer that Vulkan places is
 * at the same offset for Metal. So both align to the strictest requirement of any usage. */

/* Returns the usages of Vulkan 1.0, which require neither feature nor extension, with which buffers in memory of the
 * kind can be created. */
TONGS_INTEROP VkBufferUsageFlags tongs_buffer_rule_usage(const struct tongs_import_kind *kind,
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
