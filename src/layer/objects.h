/* SPDX-License-Identifier: MIT */
/* The layer's own object for each instance and device, and for memory and images with Metal handle types; and how they
 * are found. By convention `inst`, `dev`, `mem` and `img` are these objects, and `instance`, `device`, `memory` and
 * `image` the application's handles. */
#ifndef TONGS_LAYER_OBJECTS_H
#define TONGS_LAYER_OBJECTS_H

#include "format/format.h"
#include "layer/allocator.h"
#include "layer/commands.h"
#include "layer/exports.h"
#include "util/map.h"
#include "layer/caps_cache.h"
#include "layer/messages.h"
#include "layer/names.h"
#include "metal/interop.h"
#include "vulkan/import.h"

#define TONGS_METAL_HANDLE_TYPES \
	((VkExternalMemoryHandleTypeFlags)(VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT | \
					   VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT | \
					   VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT))

struct tongs_layer_instance {
	struct tongs_allocator allocator;
	VkInstance handle;
	uint32_t api_version;
	bool can_query;                               /* whether the queries that caps.c makes may be called */
	bool debug_utils;                             /* the application enabled VK_EXT_debug_utils */
	bool validation;                              /* TONGS_SETTING_VALIDATION */
	uint32_t duplicate_message_limit;             /* TONGS_SETTING_DUPLICATE_MESSAGE_LIMIT; 0: none */
	VkExportMetalObjectTypeFlagsEXT export_types; /* that the application may export from its devices */
	struct tongs_wrong_export wrong_export;       /* reported by each device that enables the extension */
	PFN_vkGetInstanceProcAddr get_proc_addr;
	struct {
#define TONGS_MEMBER(name, since, alias, extension) PFN_vk##name name;
		TONGS_NEXT_INSTANCE_COMMANDS(TONGS_MEMBER)
	} next; /* NULL: the instance doesn't have the command */
	struct tongs_messages messages;
	struct tongs_caps_cache caps_cache;
};

struct tongs_layer_device {
	struct tongs_allocator allocator;
	VkDevice handle;
	struct tongs_layer_instance *instance;
	VkPhysicalDevice physical_device;
	PFN_vkGetDeviceProcAddr get_proc_addr;
	struct {
		TONGS_NEXT_DEVICE_COMMANDS(TONGS_MEMBER)
#undef TONGS_MEMBER
	} next;
	atomic_bool unenabled_reported; /* that an extension is used which is not enabled; without metal_enabled */
	bool metal_enabled;     /* the application enabled one of the extensions, and the layer provides them; else all
				 * of the following is zero */
	bool memory_enabled;    /* VK_EXT_external_memory_metal */
	bool objects_enabled;   /* VK_EXT_metal_objects */
	bool shares_semaphores; /* timeline semaphores, with libtongs' own device: vulkan/semaphore.h */
	struct tongs_device *metal;                 /* a reference */
	_Atomic(struct tongs_layer_queue *) queues; /* that were exported; freed with the device */
	struct tongs_import_roles roles;
	/* The memory_types_command of host pages; NULL: no role uses them, or the next layer has none. */
	PFN_vkVoidFunction page_types_command;
	/* The memory types that payloads, except external ones, can have. Indexed by
	 * tongs_import_kind::allocated_by_device. */
	uint32_t memory_types[2];
	uint32_t private_types;             /* memory types that are not host-visible */
	PFN_vkGetMemoryFdKHR get_memory_fd; /* NULL: no role uses driver memory */
	uint64_t import_alignment;          /* of offsets and sizes of imported pages; a power of two */
	uint64_t atom_size;                 /* nonCoherentAtomSize */
	bool is_cpu;                        /* VK_PHYSICAL_DEVICE_TYPE_CPU */
	uint64_t map_alignment;             /* minMemoryMapAlignment */
	uint64_t buffer_alignment;          /* of all buffers with Metal handle types: vulkan/import.h */
	VkMemoryPropertyFlags memory_flags[VK_MAX_MEMORY_TYPES];
	VkDeviceSize heap_sizes[VK_MAX_MEMORY_TYPES]; /* of each memory type's heap, in bytes */
	struct tongs_map memories; /* VkDeviceMemory to struct tongs_layer_memory, or to TONGS_NON_METAL_EXPORT */
	struct tongs_map buffers;  /* VkBuffer to its Metal handle types */
	struct tongs_map images;   /* VkImage to struct tongs_layer_image */
	/* With objects_enabled: */
	struct tongs_map views;         /* VkImageView to struct tongs_layer_view, of those that are made for export */
	struct tongs_map buffer_views;  /* VkBufferView to the same */
	struct tongs_map texel_buffers; /* VkBuffer to struct tongs_layer_texel_buffer */
	struct tongs_map semaphores; /* VkSemaphore to struct tongs_layer_mirror, of those that are MTLSharedEvents */
	struct tongs_map events;     /* VkEvent to the same */
	atomic_uint unbound_images;  /* with `objects` and no memory yet */
	struct tongs_names names;
};

/* Memory that was exported or imported as Metal handles. */
struct tongs_layer_memory {
	struct tongs_allocator allocator;
	VkExternalMemoryHandleTypeFlags types; /* that vkGetMemoryMetalHandleEXT returns handles of */
	struct tongs_heap *heap;               /* references; NULL: the type isn't in `types` */
	struct tongs_buffer *buffer;
	struct tongs_texture *texture;
	VkExternalMemoryHandleTypeFlags import_type; /* 0: not an import */
	void *imported_object;                       /* a reference, of an import without an export; else NULL */
	struct tongs_payload *exported;              /* a reference; driver memory that this is; else NULL */
	bool is_pages;                               /* imported host pages, at a fixed address */
	bool objects;                                /* for export by vkExportMetalObjectsEXT, as MTLBuffer */
	struct tongs_payload
		*pages; /* a reference; host pages without a Metal object, for an image's texture; or NULL */
	struct tongs_layer_memory *next_left; /* in the list of what vkDestroyDevice finds */
	/* In bytes. The driver imports whole pages: the application's first byte is `page_offset` bytes inside its
	 * memory, whose size is `driver_size`. */
	VkDeviceSize page_offset;
	VkDeviceSize size;
	VkDeviceSize driver_size;
};

/* Stands for memory that was allocated for export, but not as a Metal handle type: for messages. */
extern __attribute__((visibility("hidden"))) struct tongs_layer_memory tongs_non_metal_export;
#define TONGS_NON_METAL_EXPORT (&tongs_non_metal_export)

struct tongs_layer_image {
	struct tongs_allocator allocator;
	VkExternalMemoryHandleTypeFlags types; /* Metal's */
	struct tongs_image_shape shape;
	/* The application's; the image rule may add more to the driver's image. */
	VkImageUsageFlags usage;
	VkImageUsageFlags stencil_usage;
	VkImageCreateFlags flags;
	bool linear;    /* the tiling of the driver's image, which says where the texels are */
	bool dedicated; /* the driver requires memory that is dedicated to it */
	_Atomic(struct tongs_payload *) exported; /* a reference; driver memory that is dedicated to it; NULL: none */
	/* With objects_enabled: */
	bool objects;                            /* for export by vkExportMetalObjectsEXT, or of what it exports */
	VkExportMetalObjectTypeFlagsEXT exports; /* then; METAL_TEXTURE, also for imports, or METAL_IOSURFACE */
	bool surface;                            /* then; its texture is over an IOSurface */
	VkMemoryRequirements requirements;       /* then; as the application gets them */
	atomic_bool bound;                       /* to memory, whatever it is; then: */
	/* References, one for each plane; NULL: its memory cannot be shared. `imported`: they are what it is made of.
	 */
	struct tongs_texture *textures[TONGS_MAX_PLANES];
	bool imported;
	VkDeviceMemory own_memory; /* of an imported texture, or a surface that is provided; freed with the image */
	atomic_bool provided;      /* tongs_image_provide_surface has reported it */
};

/* Releases the textures of an image or view that are not NULL, and sets them to NULL. */
static inline void tongs_layer_release_textures(struct tongs_texture *textures[TONGS_MAX_PLANES]) {
	for (uint32_t i = 0; i < TONGS_MAX_PLANES; i++) {
		tongs_interop_release(textures[i]);
		textures[i] = NULL;
	}
}

/* What a view is to Metal. */
struct tongs_layer_view {
	struct tongs_allocator allocator;
	uint32_t plane_count;
	struct tongs_texture *textures[TONGS_MAX_PLANES]; /* references; NULL: Metal has no such view */
	const char *fault;                                /* then why, as a clause with what to do */
};

/* A buffer that buffer views can be made of, and where it lies in the MTLBuffer of its memory. */
struct tongs_layer_texel_buffer {
	struct tongs_allocator allocator;
	VkDeviceSize size;
	VkBufferUsageFlags usage;
	struct tongs_buffer *buffer; /* a reference; NULL: not bound yet, or to memory without one */
	VkDeviceSize offset;
};

/* The address of the loader's dispatch table, which every dispatchable object begins with: one for each instance and
 * for each device. */
static inline uint64_t tongs_dispatch_key(const void *dispatchable) {
	return (uint64_t)(uintptr_t) * (void *const *)dispatchable;
}

/* Devices by their dispatch key. Most programs have one device, which has a slot in front of the map. Readers take no
 * lock: `first` is stored before `key`, and neither changes while the device lives. */
struct tongs_layer_device_table {
	_Atomic uint64_t key; /* of `first`; 0: none */
	_Atomic(struct tongs_layer_device *) first;
	struct tongs_map others;
};

extern __attribute__((visibility("hidden"))) struct tongs_layer_device_table tongs_layer_devices;

/* By an instance or one of its physical devices. Never NULL for live objects that were created through the layer. */
struct tongs_layer_instance *tongs_layer_instance_get(const void *dispatchable);

/* `inst->handle` is set. False: out of memory. */
bool tongs_layer_instance_add(struct tongs_layer_instance *inst);
/* Returns the object, which is the caller's to free. */
struct tongs_layer_instance *tongs_layer_instance_remove(VkInstance instance);

/* Sets `inst->handle` and loads `inst->next`. `info` is what the next layer created the instance with. */
void tongs_layer_instance_load_next(
	struct tongs_layer_instance *inst, VkInstance handle, const VkInstanceCreateInfo *info);

/* A device that is not the first, by its dispatch key. */
struct tongs_layer_device *tongs_layer_device_lookup(uint64_t key);

/* By a device, or one of its queues or command buffers. Never NULL for live objects that were created through the
 * layer.
 */
static inline struct tongs_layer_device *tongs_layer_device_get(const void *dispatchable) {
	uint64_t key = tongs_dispatch_key(dispatchable);
	if (atomic_load_explicit(&tongs_layer_devices.key, memory_order_acquire) == key)
		return atomic_load_explicit(&tongs_layer_devices.first, memory_order_relaxed);
	return tongs_layer_device_lookup(key);
}

/* `dev->handle` is set. False: out of memory. */
bool tongs_layer_device_add(struct tongs_layer_device *dev);
/* Returns the object, which is the caller's to free. */
struct tongs_layer_device *tongs_layer_device_remove(VkDevice device);

/* Loads `dev->next`. `info` is what the next layer created the device with. No command is NULL: those that the next
 * layer lacks, which only programs that break Vulkan's rules call, are stubs that fail. */
void tongs_layer_device_load_next(struct tongs_layer_device *dev, const VkDeviceCreateInfo *info);

/* The version that the device can be used with: the lower of its own and the instance's. */
uint32_t tongs_layer_device_api_version(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device);

/* Whether `name` is among the extensions that a create info enables. */
bool tongs_layer_enables(const char *const *names, uint32_t count, const char *name);

/* The kinds of memory that buffers and images with Metal handle types are created for; NULL: such are not shared. */
static inline const struct tongs_import_kind *tongs_layer_choose_buffer_kind(
	const struct tongs_import_roles *roles, VkExternalMemoryHandleTypeFlags types) {
	return roles->kinds[types & VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT ? TONGS_ROLE_OPTIMAL
										   : TONGS_ROLE_BUFFER];
}
static inline const struct tongs_import_kind *tongs_layer_choose_image_kind(
	const struct tongs_import_roles *roles, VkExternalMemoryHandleTypeFlags types, VkImageTiling tiling) {
	if (!(types & VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT))
		return tongs_layer_choose_buffer_kind(roles, types);
	return roles->kinds[tiling == VK_IMAGE_TILING_LINEAR ? TONGS_ROLE_LINEAR : TONGS_ROLE_OPTIMAL];
}

/* The memory types of memory for `types`, and of resources that are created for them and for `kind`. */
static inline uint32_t tongs_layer_device_get_memory_types(const struct tongs_layer_device *dev,
	const struct tongs_import_kind *kind, VkExternalMemoryHandleTypeFlags types) {
	const bool is_private = dev->roles.splits && kind->allocated_by_device &&
				!(types & VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT);
	return dev->memory_types[kind->allocated_by_device] & (is_private ? dev->private_types : UINT32_MAX);
}

/* TONGS_KIND_NONE for everything but exactly one Metal handle type. */
static inline enum tongs_kind tongs_layer_get_kind(VkExternalMemoryHandleTypeFlags type) {
	switch (type) {
	case VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT:
		return TONGS_KIND_BUFFER;
	case VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT:
		return TONGS_KIND_TEXTURE;
	case VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT:
		return TONGS_KIND_HEAP;
	default:
		return TONGS_KIND_NONE;
	}
}

/* Handles as keys of a map: on 32-bit platforms they are integers, elsewhere pointers. */
#define TONGS_KEY(handle) ((uint64_t)(handle))

/* NULL for handles without Metal handle types. */
static inline struct tongs_layer_memory *tongs_layer_device_find_memory(
	struct tongs_layer_device *dev, VkDeviceMemory memory) {
	struct tongs_layer_memory *mem = tongs_map_get(&dev->memories, TONGS_KEY(memory));
	return mem == TONGS_NON_METAL_EXPORT ? NULL : mem;
}

static inline struct tongs_layer_image *tongs_layer_device_find_image(struct tongs_layer_device *dev, VkImage image) {
	return tongs_map_get(&dev->images, TONGS_KEY(image));
}

/* The Metal handle types that the buffer was created for; 0: none. */
static inline VkExternalMemoryHandleTypeFlags tongs_layer_device_get_buffer_types(
	struct tongs_layer_device *dev, VkBuffer buffer) {
	return (VkExternalMemoryHandleTypeFlags)(uintptr_t)tongs_map_get(&dev->buffers, TONGS_KEY(buffer));
}

/* The image that memory is dedicated to; NULL: none, or none with Metal handle types of this device. `dedicated` may be
 * NULL. */
static inline struct tongs_layer_image *tongs_layer_device_find_dedicated_image(
	struct tongs_layer_device *dev, const VkMemoryDedicatedAllocateInfo *dedicated) {
	return dedicated && dedicated->image ? tongs_layer_device_find_image(dev, dedicated->image) : NULL;
}

#endif
