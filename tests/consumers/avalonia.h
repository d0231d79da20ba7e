/* SPDX-License-Identifier: MIT */
/* What of Vulkan a program declares that has no header of it: values and structs, laid out by hand. */
#ifndef TONGS_TESTS_AVALONIA_H
#define TONGS_TESTS_AVALONIA_H

#include <stdint.h>

enum {
	APPLICATION_INFO = 0,
	INSTANCE_CREATE_INFO = 1,
	DEVICE_QUEUE_CREATE_INFO = 2,
	DEVICE_CREATE_INFO = 3,
	SUBMIT_INFO = 4,
	SEMAPHORE_CREATE_INFO = 9,
	IMAGE_CREATE_INFO = 14,
	IMAGE_VIEW_CREATE_INFO = 15,
	COMMAND_POOL_CREATE_INFO = 39,
	COMMAND_BUFFER_ALLOCATE_INFO = 40,
	COMMAND_BUFFER_BEGIN_INFO = 42,
	IMAGE_MEMORY_BARRIER = 45,
	TIMELINE_SEMAPHORE_FEATURES = 1000207000,
	SEMAPHORE_TYPE_CREATE_INFO = 1000207002,
	TIMELINE_SEMAPHORE_SUBMIT_INFO = 1000207003,
	EXPORT_METAL_OBJECT_CREATE_INFO = 1000311000,
	EXPORT_METAL_OBJECTS_INFO = 1000311001,
	EXPORT_METAL_IO_SURFACE_INFO = 1000311008,
	EXPORT_METAL_SHARED_EVENT_INFO = 1000311010,

	IOSURFACE_BIT = 0x10,
	SHARED_EVENT_BIT = 0x20,
	TIMELINE = 1,
	ALL_COMMANDS = 0x10000,
	API_1_1 = 0x401000,
	FORMAT_B8G8R8A8_UNORM = 44,
	MUTABLE_FORMAT = 8,
	USAGE = 0x17, /* transfers, sampled, a colour attachment */
	COLOR_ASPECT = 1,
	LAYOUT_GENERAL = 1,
	READ_ONLY = 1,
};

struct application_info {
	int32_t type;
	const void *next;
	const char *name;
	uint32_t version;
	const char *engine;
	uint32_t engine_version, api_version;
};
struct instance_info {
	int32_t type;
	const void *next;
	uint32_t flags;
	const struct application_info *application;
	uint32_t layer_count;
	const char *const *layers;
	uint32_t extension_count;
	const char *const *extensions;
};
struct queue_info {
	int32_t type;
	const void *next;
	uint32_t flags, family, count;
	const float *priorities;
};
struct device_info {
	int32_t type;
	const void *next;
	uint32_t flags, queue_count;
	const struct queue_info *queues;
	uint32_t layer_count;
	const char *const *layers;
	uint32_t extension_count;
	const char *const *extensions;
	const void *features;
};
struct timeline_features {
	int32_t type;
	void *next;
	uint32_t timeline_semaphore;
};
struct export_object_info {
	int32_t type;
	const void *next;
	uint32_t object;
};
struct semaphore_type_info {
	int32_t type;
	const void *next;
	int32_t semaphore_type;
	uint64_t initial_value;
};
struct semaphore_info {
	int32_t type;
	const void *next;
	uint32_t flags;
};
struct export_objects_info {
	int32_t type;
	const void *next;
};
struct export_event_info {
	int32_t type;
	const void *next;
	uint64_t semaphore, event;
	void *shared_event;
};
struct export_surface_info {
	int32_t type;
	const void *next;
	uint64_t image;
	void *surface;
};
struct image_info {
	int32_t type;
	const void *next;
	uint32_t flags;
	int32_t image_type, format;
	uint32_t width, height, depth, levels, layers;
	int32_t samples, tiling;
	uint32_t usage;
	int32_t sharing;
	uint32_t family_count;
	const uint32_t *families;
	int32_t layout;
};
struct subresources {
	uint32_t aspects, first_level, levels, first_layer, layers;
};
struct view_info {
	int32_t type;
	const void *next;
	uint32_t flags;
	uint64_t image;
	int32_t view_type, format, swizzle[4];
	struct subresources range;
};
struct pool_info {
	int32_t type;
	const void *next;
	uint32_t flags, family;
};
struct commands_info {
	int32_t type;
	const void *next;
	uint64_t pool;
	int32_t level;
	uint32_t count;
};
struct begin_info {
	int32_t type;
	const void *next;
	uint32_t flags;
	const void *inheritance;
};
struct image_barrier {
	int32_t type;
	const void *next;
	uint32_t source_access, destination_access;
	int32_t old_layout, new_layout;
	uint32_t source_family, destination_family;
	uint64_t image;
	struct subresources range;
};
struct timeline_submit_info {
	int32_t type;
	const void *next;
	uint32_t wait_count;
	const uint64_t *waits;
	uint32_t signal_count;
	const uint64_t *signals;
};
struct submit_info {
	int32_t type;
	const void *next;
	uint32_t wait_count;
	const uint64_t *waits;
	const uint32_t *stages;
	uint32_t command_count;
	void *const *commands;
	uint32_t signal_count;
	const uint64_t *signals;
};
struct extension {
	char name[256];
	uint32_t version;
};

#endif
