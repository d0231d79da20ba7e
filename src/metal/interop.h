/* SPDX-License-Identifier: MIT */
/* What the Vulkan layer uses of the Metal objects, and the only header of src/metal that src/layer includes. The
 * functions that create objects are in the file of each kind; those for handles are in object.c, and those that read
 * from imported objects in imported.c. The functions are exported from libtongs for the layer of the same build, under
 * a version node of their own, TONGS_PRIVATE_… with the project's version. All may be called from any thread. */
#ifndef TONGS_METAL_INTEROP_H
#define TONGS_METAL_INTEROP_H

#include <stdbool.h>
#include <stdint.h>

#include <tongs/metal.h>
#include <vulkan/vulkan_core.h>

#include "metal/released.h"
#include "util/export.h"
#include "vulkan/id.h"
#include "vulkan/image_rule.h"

struct tongs_payload; /* memory/payload.h */
struct tongs_planes;  /* metal/planes.h */

/* Where the texels of a texture or image are. */
struct tongs_texture_layout {
	bool linear;          /* false: only the driver knows it, and there are no levels */
	uint32_t level_count; /* further elements of `levels` may not exist: do not copy the struct */
	VkSubresourceLayout levels[TONGS_MAX_LEVELS]; /* of slice 0, in bytes from the texture's first byte */
};

/* The Metal description of an image, except for what depends on its memory. pixel_format is MTLPixelFormatInvalid if
 * Metal has none. Cube-compatible images with a multiple of 6 layers are cubes or cube arrays. */
TONGS_INTEROP void tongs_texture_info_from_image(const VkImageCreateInfo *image, struct tongs_texture_info *info);

/* The one device object of the Vulkan device `id`: a new reference. The first call creates it from `properties`,
 * `memory` and `roles`. NULL, with an error logged, when memory runs out. */
TONGS_INTEROP struct tongs_device *tongs_interop_new_device(const struct tongs_vk_id *id,
	const VkPhysicalDeviceProperties *properties, const VkPhysicalDeviceMemoryProperties *memory,
	const struct tongs_import_roles *roles);

/* tongs_driver_memory_detach and tongs_driver_memory_remove_image for a VkDevice of `device`, whose own device imports
 * what has no room for a file descriptor. */
TONGS_INTEROP VkImage tongs_interop_detach(struct tongs_device *device, struct tongs_payload *payload);
TONGS_INTEROP bool tongs_interop_remove_image(
	struct tongs_device *device, struct tongs_payload *payload, VkImage image);

/* Objects for an exported payload: the first `size` bytes of it. Each takes references to `device` and `payload`.
 * `cpu_cache_mode` is that of the Vulkan memory type. NULL when memory runs out. */
TONGS_INTEROP struct tongs_heap *tongs_interop_new_heap(
	struct tongs_device *device, struct tongs_payload *payload, uint64_t size, MTLCPUCacheMode cpu_cache_mode);
/* `heap` may be NULL; otherwise the buffer is all of it. */
TONGS_INTEROP struct tongs_buffer *tongs_interop_new_buffer(struct tongs_device *device, struct tongs_payload *payload,
	uint64_t size, MTLCPUCacheMode cpu_cache_mode, struct tongs_heap *heap);
/* A texture described by `info`, whose image has `shape` and `layout` and begins `offset` bytes into the payload. Logs
 * an error on failure. */
TONGS_INTEROP struct tongs_texture *tongs_interop_new_texture_at(struct tongs_device *device,
	struct tongs_payload *payload, uint64_t offset, uint64_t size, const struct tongs_texture_info *info,
	const struct tongs_image_shape *shape, const struct tongs_texture_layout *layout);

/* What the textures have in common that are the planes of an image of this shape, whose layout only the driver knows: a
 * reference, for tongs_interop_release_planes, which takes NULL, too. NULL, with an error logged, when memory runs out.
 */
TONGS_INTEROP struct tongs_planes *tongs_interop_new_planes(const struct tongs_image_shape *image);
TONGS_INTEROP void tongs_interop_release_planes(struct tongs_planes *planes);
/* As tongs_interop_new_texture_at, for a plane of such an image: `shape` and `layout` are the plane's. `planes` is NULL
 * if the layout is linear; else the texture holds a reference to it, and is its `plane`. */
TONGS_INTEROP struct tongs_texture *tongs_interop_new_plane_texture(struct tongs_device *device,
	struct tongs_payload *payload, uint64_t offset, uint64_t size, const struct tongs_texture_info *info,
	const struct tongs_image_shape *shape, const struct tongs_texture_layout *layout, struct tongs_planes *planes,
	uint32_t plane);
/* The `planes` that a texture was made with, their image, and which it is. NULL: none, or a view. */
TONGS_INTEROP const struct tongs_planes *tongs_interop_get_planes(
	const struct tongs_texture *texture, struct tongs_image_shape *image, uint32_t *plane);

/* A surface over host pages, to which it holds a reference: alloc_size and the planes lie in them. Logs an error on
 * failure. */
TONGS_INTEROP struct tongs_surface *tongs_interop_new_surface(
	struct tongs_payload *payload, const struct tongs_surface_info *info);

/* A texture over a surface's plane, described by `info`, whose image has `shape` and `layout`: the image's first row is
 * the plane's, and so its first byte may lie before it. NULL, with an error logged, when memory runs out. */
TONGS_INTEROP struct tongs_texture *tongs_interop_new_surface_texture(struct tongs_device *device,
	struct tongs_surface *surface, NSUInteger plane, const struct tongs_texture_info *info,
	const struct tongs_image_shape *shape, const struct tongs_texture_layout *layout);
/* The memory of a surface, which its planes' offsets are in; borrowed. NULL: the surface has no properties yet. */
TONGS_INTEROP struct tongs_payload *tongs_interop_get_surface_payload(const struct tongs_surface *surface);

/* A new reference to the object at `handle`, any address, if that is a live one of `kind`; else NULL. Atomic with
 * respect to a release in another thread. */
TONGS_INTEROP void *tongs_interop_acquire(const void *handle, enum tongs_kind kind);
/* Releases a reference from tongs_interop_acquire or a tongs_interop_new_…; NULL is fine. */
TONGS_INTEROP void tongs_interop_release(void *object);
/* Releases the reference that a VkDeviceMemory holds to its object, and records why if it was the last one; NULL is
 * fine. */
TONGS_INTEROP void tongs_interop_release_from_memory(void *object, enum tongs_cause cause);

/* Describes `handle`, any address, as the end of a sentence: "is an MTLBuffer", what was released there and why, or "is
 * not a live Metal object". Returns `text`. */
enum { TONGS_HANDLE_TEXT_SIZE = 320 };
TONGS_INTEROP const char *tongs_interop_describe_handle(const void *handle, char text[TONGS_HANDLE_TEXT_SIZE]);

/* The functions below take live objects; `object` is a heap, buffer or texture, as `kind` says. */

/* Writes the object's label, truncated to fit, and returns `text`; NULL: it has none. */
enum { TONGS_LABEL_TEXT_SIZE = 128 };
TONGS_INTEROP const char *tongs_interop_read_label(
	const void *object, enum tongs_kind kind, char text[TONGS_LABEL_TEXT_SIZE]);

/* The part of a payload that an object occupies. */
struct tongs_backing {
	struct tongs_device *device;   /* borrowed from the object */
	struct tongs_payload *payload; /* borrowed from the object */
	uint64_t offset;               /* bytes, of the object's first byte in the payload */
	uint64_t size;                 /* bytes of the object from there on */
	MTLStorageMode storage_mode;
};
TONGS_INTEROP void tongs_interop_get_backing(const void *object, enum tongs_kind kind, struct tongs_backing *backing);

/* The shape and layout of the texture's image; for a view that shows all of its parent, the parent's image with the
 * view's format. False for a view of a part and for a plane whose layout only the driver knows, which are no images.
 * `layout` is borrowed from the texture. */
TONGS_INTEROP bool tongs_interop_get_texture_image(const struct tongs_texture *texture, struct tongs_image_shape *shape,
	const struct tongs_texture_layout **layout);

/* Whether the texture's swizzle differs from red, green, blue, alpha. */
TONGS_INTEROP bool tongs_interop_is_swizzled(const struct tongs_texture *texture);

/* Something of Vulkan's that has the value of a shared event. */
struct tongs_event_mirror {
	/* Called before each growth of the event's value to `value`, by the thread that signals; or after it, for a new
	 * mirror and for signals of other processes. One at a time for all mirrors. Must not signal the event. */
	void (*signal)(struct tongs_event_mirror *mirror, uint64_t value);
	/* Vulkan's value, unless that may be none of the event's; 0: it is not known. One at a time for all mirrors,
	 * too. NULL: another mirror has the same. */
	uint64_t (*read)(struct tongs_event_mirror *mirror);
	/* A new file descriptor of the mirror's semaphore, which other VkDevices of the driver can import; -1: there is
	 * none. NULL: it is not shared, or is an import itself. */
	int (*export_fd)(struct tongs_event_mirror *mirror);
	struct tongs_event_mirror *next; /* of the event */
};

/* The value without that of mirrors. What other processes signaled is remembered, so that none of them can lower it. */
TONGS_INTEROP uint64_t tongs_event_get_value(const struct tongs_shared_event *event);
/* Calls mirror->signal with the present value, and from then on. The mirror must not move until it is removed. */
TONGS_INTEROP void tongs_event_add_mirror(struct tongs_shared_event *event, struct tongs_event_mirror *mirror);
/* When it returns, no call runs any more. */
TONGS_INTEROP void tongs_event_remove_mirror(struct tongs_shared_event *event, struct tongs_event_mirror *mirror);
/* Whether the process exits, and a value that was read from Vulkan before the call may be none of the event's. */
TONGS_INTEROP bool tongs_event_is_over(void);
/* For another semaphore of the event's, on a VkDevice of the same MTLDevice: what the first mirror that can exports.
 * The caller closes it. -1: none can. */
TONGS_INTEROP int tongs_event_export_fd(struct tongs_shared_event *event);

#ifdef TONGS_TEST_HOOKS
/* The number of live Metal objects of all kinds. */
TONGS_TEST_INTEROP size_t tongs_interop_count_objects(void);
#endif

#endif
