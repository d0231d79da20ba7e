/* SPDX-License-Identifier: MIT */
/* The driver's devices, memory, buffers and images, in a table by handle. */
#ifndef TONGS_TESTS_MOCK_OBJECTS_H
#define TONGS_TESTS_MOCK_OBJECTS_H

#include <sys/types.h>

#include "mock.h"

#define HANDLE(object) ((uint64_t)(uintptr_t)(object))
#define ULL(number) ((unsigned long long)(number)) /* for %llu */

/* What a buffer or an image was created with. */
enum { MOCK_FIELDS = 11 };
struct mock_identity {
	VkObjectType object_type; /* VK_OBJECT_TYPE_UNKNOWN: of nothing */
	uint64_t fields[MOCK_FIELDS];
};
struct mock_identity mock_identify_buffer(const VkBufferCreateInfo *info);
struct mock_identity mock_identify_image(const VkImageCreateInfo *info);
/* Returns false, and how `one` differs from the export's, if it does. */
bool mock_compare(const struct mock_identity *one, const struct mock_identity *exported, char text[128]);

/* What an export is, for whoever imports it. */
struct mock_payload {
	uint8_t device[VK_UUID_SIZE], driver[VK_UUID_SIZE];
	VkDeviceSize size;
	uint32_t type;
	struct mock_identity dedicated; /* to it */
};

/* Memory that was exported or imported as OPAQUE_FD. */
struct mock_file {
	void *pages; /* NULL: it is not */
	size_t size;
	int fd; /* the driver's; -1: none */
	dev_t device;
	ino_t inode;
};

/* Where a buffer or an image lies. */
struct mock_binding {
	VkDeviceMemory memory; /* VK_NULL_HANDLE: not bound */
	VkDeviceSize first, last;
	bool is_optimal;
};

struct mock_object {
	struct mock_object *next;
	VkObjectType type;
	uint64_t handle;
	uint64_t device_handle; /* its device; 0: it is one */
	struct mock_binding binding;
	union {
		struct {
			VkPhysicalDevice physical;
			bool has_host, has_fd; /* the extensions for HOST_ALLOCATION and OPAQUE_FD are enabled */
			bool poisoned;
		} device;
		struct {
			VkDeviceSize size;
			uint32_t type;
			VkExternalMemoryHandleTypeFlags imported, exported; /* 0: not */
			struct mock_file file;
			VkBuffer buffer; /* dedicated to it; may be VK_NULL_HANDLE */
			VkImage image;
			bool mapped;
			VkDeviceSize map_offset, map_size;
		} memory;
		struct {
			VkExternalMemoryHandleTypeFlags types;
			VkBufferUsageFlags usage;
			struct mock_identity identity;
		} buffer;
		struct {
			VkExternalMemoryHandleTypeFlags types;
			VkImageTiling tiling;
			VkImageUsageFlags usage;
			VkImageCreateFlags flags;
			VkFormat format;
			struct mock_identity identity;
			bool is_disjoint;
		} image;
	};
};

/* Copies the object; returns false, and zeros, if there is none. */
bool mock_get(VkObjectType type, uint64_t handle, struct mock_object *object);
void mock_put(const struct mock_object *object); /* replaces one with the same handle */
void mock_drop(VkObjectType type, uint64_t handle);
/* Calls `visit` for each object; it must call none of these. */
void mock_visit(void (*visit)(struct mock_object *object, void *context), void *context);
/* The memory, which must exist and be the device's. */
bool mock_get_memory(VkDevice device, VkDeviceMemory memory, struct mock_object *object);

/* The profile's. */
void mock_get_buffer_requirements(VkDevice device, VkBuffer buffer, VkMemoryRequirements *requirements);
void mock_get_image_requirements(VkDevice device, VkImage image, VkMemoryRequirements *requirements);

/* Checks the caller, and fails as the profile's device would. */
VkResult mock_check_host_import(
	VkDevice device, const VkMemoryAllocateInfo *info, const VkImportMemoryHostPointerInfoEXT *host);

/* All return a VkResult that vkAllocateMemory or vkGetMemoryFdKHR may. */
VkResult mock_file_create(const struct mock_payload *payload, struct mock_file *file);
/* Returns false if the file is no export of ours. */
bool mock_file_read(int fd, struct mock_payload *payload);
VkResult mock_file_import(int fd, const struct mock_payload *payload, struct mock_file *file);
/* The file descriptor of an import that succeeded becomes the driver's; if `is_exported`, more of them may be made. */
void mock_file_take(struct mock_file *file, int fd, bool is_exported);
VkResult mock_file_get_fd(const struct mock_file *file, int *fd);
void mock_file_finish(struct mock_file *file);

#endif
