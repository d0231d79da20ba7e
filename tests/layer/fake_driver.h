/* SPDX-License-Identifier: MIT */
/* A driver below the layer that is made of settings and records, for what no driver at hand does. One at a time. */
#ifndef TONGS_TESTS_LAYER_FAKE_DRIVER_H
#define TONGS_TESTS_LAYER_FAKE_DRIVER_H

#include <stdbool.h>

#include <tongs/vulkan_metal.h>
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

struct fake_driver {
	/* What it is like. */
	uint32_t api_version; /* of the device */
	/* May be NULL. Decides of a name itself, by returning true. */
	bool (*answers)(bool is_device, const char *name, PFN_vkVoidFunction *command);
	const char *extensions[4];
	uint32_t extension_count;
	VkDeviceSize import_alignment;
	VkResult create_device_result;
	VkResult allocate_result;
	VkFormatFeatureFlags features; /* of every format, in both tilings */
	VkResult image_result;         /* of the query for images */
	VkExternalMemoryFeatureFlags image_features, buffer_features;
	VkBufferUsageFlags denied_usage; /* of buffers in host pages; by the usage's 64 bits */
	uint64_t denied_usage2;
	VkPhysicalDeviceType device_type;
	uint8_t device_uuid[VK_UUID_SIZE], driver_uuid[VK_UUID_SIZE]; /* of a real one: libtongs' own device is that */
	VkMemoryPropertyFlags memory_flags[4];                        /* of its memory types */
	uint32_t host_types;                                          /* that anonymous pages can be imported as */
	const void *odd_pages; /* pages, beginning here, that are odd_types instead */
	uint32_t odd_types;
	VkDeviceSize usage_alignment[32]; /* of buffers with each usage; 0: 64 */
	VkDeviceSize image_alignment;
	VkDeviceSize map_alignment; /* minMemoryMapAlignment */
	VkDeviceSize atom;          /* nonCoherentAtomSize */

	/* May be NULL. Called in the command, with the chain of what was passed to it; and when an object is gone, with
	 * its handle free to be given out again. */
	void (*look)(const char *command, const void *pNext);
	void (*on_destroyed)(void);

	/* What it was asked for last. */
	const char *enabled[8];
	uint32_t enabled_count;
	VkMemoryAllocateInfo allocate_info;
	const void
		*allocate_next_host_pointer; /* VkImportMemoryHostPointerInfoEXT::pHostPointer of the chain, or NULL */
	VkDeviceSize map_offset, map_size;
	unsigned unmaps;
	unsigned live_memories, live_buffers, live_images;
	VkPhysicalDeviceExternalBufferInfo buffer_question;
	VkMappedMemoryRange ranges[8]; /* of flushes and invalidations */
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

/* One physical device with 4 KiB pages and VK_EXT_external_memory_host, everything else zero. */
void fake_reset(void);

PFN_vkVoidFunction VKAPI_CALL fake_get_instance_proc_addr(VkInstance instance, const char *name);
PFN_vkVoidFunction VKAPI_CALL fake_get_device_proc_addr(VkDevice device, const char *name);
VkPhysicalDevice fake_physical_device(void);

/* The command that the fake gives out as the extension's own. */
VkResult VKAPI_CALL fake_get_metal_handle(VkDevice device, const VkMemoryGetMetalHandleInfoEXT *info, void **handle);

#endif
