/* SPDX-License-Identifier: MIT */
/* The driver's devices, memory, buffers and images, in a table by handle. */
#ifndef TONGS_TESTS_MOCK_OBJECTS_H
#define TONGS_TESTS_MOCK_OBJECTS_H

#include "mock.h"

struct mock_object {
	struct mock_object *next;
	VkObjectType type;
	uint64_t handle;
	union {
		struct {
			VkPhysicalDevice physical;
			bool has_host; /* VK_EXT_external_memory_host is enabled */
			bool poisoned;
		} device;
		struct {
			VkDeviceSize size;
			uint32_t type;
			bool host, imported; /* from host pages; from anything */
			VkBuffer buffer;     /* dedicated to it; may be VK_NULL_HANDLE */
			VkImage image;
			bool mapped;
			VkDeviceSize map_offset, map_size;
		} memory;
		struct {
			VkExternalMemoryHandleTypeFlags types;
			VkBufferUsageFlags usage;
			VkDeviceSize bind_offset;
			bool bound;
		} buffer;
		struct {
			VkExternalMemoryHandleTypeFlags types;
			VkImageTiling tiling;
			VkImageUsageFlags usage;
			VkImageCreateFlags flags;
			VkFormat format;
			bool bound, is_disjoint;
		} image;
	};
};

/* Copies the object; returns false, and zeros, if there is none. */
bool mock_get(VkObjectType type, uint64_t handle, struct mock_object *object);
void mock_put(const struct mock_object *object); /* replaces one with the same handle */
void mock_drop(VkObjectType type, uint64_t handle);

#endif
