/* SPDX-License-Identifier: MIT */
/* A driver inside the test program, below the layer and without a loader. Settings determine its properties, and it
 * records its calls. A strict one ends the program at the first call that the specification forbids. One instance, one
 * physical device, one device; not thread-safe. */
#ifndef TONGS_TESTS_MOCK_FAKE_DRIVER_H
#define TONGS_TESTS_MOCK_FAKE_DRIVER_H

#include <stdbool.h>

#include <tongs/vulkan_metal.h>
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

enum { FAKE_MEMORY_TYPES = 4 };

struct fake_driver {
	/* Settings. */
	bool strict;        /* checks every call */
	bool fresh_handles; /* never gives out a handle again */
	/* Strict: returns the size of a struct of a chain; 0: unknown. May be NULL. */
	size_t (*get_struct_size)(VkStructureType type);
	bool optimal_import;           /* strict: images of OPTIMAL tiling can lie in host pages */
	const void *application_pages; /* strict: imported by the application itself, validly or not */

	uint32_t api_version; /* of the device */
	/* May be NULL. Returns true for a name that it handles itself. */
	bool (*override)(bool is_device, const char *name, PFN_vkVoidFunction *command);
	const char *extensions[4];
	uint32_t extension_count;
	uint32_t other_extensions; /* that nobody asks for, listed before those */
	VkDeviceSize import_alignment;
	VkResult create_device_result;
	VkResult allocate_result;
	VkFormatFeatureFlags features; /* of every format, in both tilings */
	VkFormatFeatureFlags (*get_features)(
		VkFormat format, VkImageTiling tiling); /* instead of `features`; or NULL */
	VkResult image_result;                          /* of the query for images */
	VkExternalMemoryFeatureFlags image_features, buffer_features;
	VkBufferUsageFlags denied_usage; /* of buffers in host pages; by the usage's 64 bits */
	uint64_t denied_usage2;
	VkPhysicalDeviceType device_type;
	uint8_t device_uuid[VK_UUID_SIZE], driver_uuid[VK_UUID_SIZE]; /* of a real device, for libtongs' own device */
	uint32_t memory_type_count;
	VkMemoryPropertyFlags memory_flags[FAKE_MEMORY_TYPES];
	uint32_t host_types;   /* bits of the memory types that anonymous pages can be imported as */
	const void *odd_pages; /* pages that begin here can be imported as odd_types instead */
	uint32_t odd_types;
	VkDeviceSize buffer_alignment;    /* of every buffer */
	VkDeviceSize usage_alignment[32]; /* of buffers with each usage, where it is more */
	VkDeviceSize image_alignment;
	VkDeviceSize image_size;    /* of every image; 0: by its create info */
	VkDeviceSize map_alignment; /* minMemoryMapAlignment */
	VkDeviceSize atom;          /* nonCoherentAtomSize */

	/* May be NULL. Called inside each command, with the pNext chain that was passed; and after an object was
	 * destroyed, when its handle may be reused. */
	void (*look)(const char *command, const void *pNext);
	void (*on_destroyed)(void);

	/* Records. */
	const char *enabled[8]; /* extensions of the device */
	uint32_t enabled_count;
	VkMemoryAllocateInfo allocate_info; /* the last */
	const void
		*allocate_next_host_pointer; /* VkImportMemoryHostPointerInfoEXT::pHostPointer of the chain, or NULL */
	VkDeviceSize map_offset, map_size;
	unsigned unmaps;
	unsigned live_memories, live_buffers, live_images;
	VkPhysicalDeviceExternalBufferInfo buffer_query;
	VkMappedMemoryRange ranges[8]; /* of the last flush or invalidation */
	uint32_t range_count;
	struct fake_binding {
		uint64_t resource;
		VkDeviceMemory memory;
		VkDeviceSize offset;
	} bindings[40];
	uint32_t binding_count;
	VkResult bind_result;
	unsigned misaligned; /* bindings of buffers and images */
	unsigned imports;    /* of host pages */
	unsigned buffer_queries, image_queries;
};

extern struct fake_driver fake;

/* The defaults: 4 KiB pages, VK_EXT_external_memory_host, and four memory types, of which the second can be host pages;
 * formats and images have no features. Handles of live objects stay. */
void fake_reset(void);
/* The same for a strict driver, with formats that differ; no object may be live. */
void fake_reset_strict(void);

PFN_vkVoidFunction VKAPI_CALL fake_get_instance_proc_addr(VkInstance instance, const char *name);
PFN_vkVoidFunction VKAPI_CALL fake_get_device_proc_addr(VkDevice device, const char *name);
VkPhysicalDevice fake_physical_device(void);

/* The command that the fake gives out as the extension's own. */
VkResult VKAPI_CALL fake_get_metal_handle(VkDevice device, const VkMemoryGetMetalHandleInfoEXT *info, void **handle);

#endif
