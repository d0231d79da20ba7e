/* SPDX-License-Identifier: MIT */
/* What the Vulkan layer may know of the Metal objects. The only header of src/metal that src/layer includes; its
 * functions are exported from libtongs for the layer of the same build, under a version node of its own,
 * TONGS_PRIVATE_… with the project's version. */
#ifndef TONGS_METAL_INTEROP_H
#define TONGS_METAL_INTEROP_H

#include <stdbool.h>
#include <stdint.h>

#include <tongs/metal.h>
#include <vulkan/vulkan_core.h>

#include "util/export.h"
#include "vulkan/image_rule.h"
#include "vulkan/id.h"

struct tongs_payload; /* memory/payload.h */

/* Where the texels of one level lie, in bytes from the texture's first byte (VkSubresourceLayout's fields). */
struct tongs_subresource_layout {
	uint64_t offset;
	uint64_t size;
	uint64_t row_pitch;   /* of a row of blocks */
	uint64_t array_pitch; /* from slice to slice */
	uint64_t depth_pitch; /* from plane to plane of a 3D level */
};

struct tongs_texture_layout {
	bool linear; /* false: only the driver knows; the levels are zero */
	uint32_t level_count;
	struct tongs_subresource_layout levels[TONGS_MAX_LEVELS];
};

/* Part of a payload that a Metal resource occupies: what an import hands to the driver. */
struct tongs_backing {
	struct tongs_device *device;   /* borrowed from the object */
	struct tongs_payload *payload; /* borrowed from the object */
	uint64_t offset;               /* of the object's first byte in the payload */
	uint64_t size;                 /* bytes that the object has from there on */
	MTLStorageMode storage_mode;
};

/* The one device object of the Vulkan device `id`: a new reference, made from `properties` and the memory heaps when
 * it is the first. NULL when memory runs out. */
TONGS_INTEROP struct tongs_device *tongs_interop_new_device(const struct tongs_vk_id *id,
	const VkPhysicalDeviceProperties *properties, const VkPhysicalDeviceMemoryProperties *memory);

/* Objects that stand for an exported payload; each holds a reference to `device` and `payload`. NULL when memory runs
 * out. `cpu_cache_mode` tells what the Vulkan memory type is. */
TONGS_INTEROP struct tongs_heap *tongs_interop_new_heap(
	struct tongs_device *device, struct tongs_payload *payload, uint64_t size, MTLCPUCacheMode cpu_cache_mode);
/* `heap` may be NULL; otherwise the buffer is the whole of it. */
TONGS_INTEROP struct tongs_buffer *tongs_interop_new_buffer(struct tongs_device *device, struct tongs_payload *payload,
	uint64_t size, MTLCPUCacheMode cpu_cache_mode, struct tongs_heap *heap);
/* A texture with `info`, whose image underneath has `shape` and `layout`, from the payload's first byte. */
TONGS_INTEROP struct tongs_texture *tongs_interop_new_texture(struct tongs_device *device,
	struct tongs_payload *payload, uint64_t size, const struct tongs_texture_info *info,
	const struct tongs_image_shape *shape, const struct tongs_texture_layout *layout);

/* `handle`, whatever it points to, as an object of `kind` with a new reference for the caller; NULL if it is not a live
 * one. Atomic with respect to a release in another thread. */
TONGS_INTEROP void *tongs_interop_acquire(const void *handle, enum tongs_kind kind);
/* Returns a reference from tongs_interop_acquire or a tongs_interop_new_…; NULL is fine. */
TONGS_INTEROP void tongs_interop_release(void *object);

/* Why an object's last reference went. */
enum tongs_cause {
	TONGS_CAUSE_RELEASE,
	TONGS_CAUSE_FREE_MEMORY,    /* the memory's own reference was the last one, at vkFreeMemory */
	TONGS_CAUSE_DESTROY_DEVICE, /* the same, of memory that vkDestroyDevice found */
};
/* Returns the reference that memory holds to its object; NULL is fine. */
TONGS_INTEROP void tongs_interop_release_from_memory(void *object, enum tongs_cause cause);

/* What `handle` is, whatever it points to, as the end of a sentence: a live object, one that was released lately and
 * how, or nothing of Tongs'. Returns `text`. */
enum { TONGS_HANDLE_TEXT_SIZE = 320 };
TONGS_INTEROP const char *tongs_interop_describe_handle(const void *handle, char text[TONGS_HANDLE_TEXT_SIZE]);

/* `object` is live and a heap, a buffer or a texture: its label, cut to fit, as `text`; NULL: it has none. */
enum { TONGS_LABEL_TEXT_SIZE = 128 };
TONGS_INTEROP const char *tongs_interop_read_label(
	const void *object, enum tongs_kind kind, char text[TONGS_LABEL_TEXT_SIZE]);

/* `object` is live and a heap, a buffer or a texture. */
TONGS_INTEROP void tongs_interop_get_backing(const void *object, enum tongs_kind kind, struct tongs_backing *backing);
/* The image that the texture's texels are: of a view, the parent's with the view's format when it shows the whole of
 * it. False for a view of a part, which no image is. `layout` is valid as long as the texture is, and has no more
 * than its `level_count` levels: not to be copied whole. */
TONGS_INTEROP bool tongs_interop_get_texture_image(const struct tongs_texture *texture, struct tongs_image_shape *shape,
	const struct tongs_texture_layout **layout);

/* Metal's words for an image: all that does not depend on the memory. pixel_format is MTLPixelFormatInvalid where Metal
 * has none. Cube-compatible images of 6 or 12 and more layers are cubes and cube arrays. */
TONGS_INTEROP void tongs_texture_info_from_image(const VkImageCreateInfo *image, struct tongs_texture_info *info);
/* Vulkan's words for a texture; `tiling` is OPTIMAL. False, with no message, for what no image can be (a texture
 * buffer). */
TONGS_INTEROP bool tongs_texture_info_get_shape(const struct tongs_texture_info *info, struct tongs_image_shape *shape);

#ifdef TONGS_TEST_HOOKS
/* Live Metal objects of all kinds. */
TONGS_TEST_INTEROP size_t tongs_interop_count_objects(void);
#endif

#endif
