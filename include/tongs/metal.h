/* SPDX-License-Identifier: MIT */
/* The C interface to Tongs' Metal objects: devices, heaps, buffers, textures and their descriptors.
 *
 * Every `struct tongs_…` here is an Objective-C object: a `struct tongs_buffer *` and the
 * `id<MTLBuffer>` of the same address are one thing, and either name may be used at any time.
 *
 * Conventions, unless a declaration says otherwise:
 *  - Lengths, offsets, pitches and alignments are bytes; origins and extents are texels.
 *  - A function with `new` or `ref` in its name gives the caller a reference, which one `…_unref`
 *    (or Objective-C `release`) returns. Every other pointer is borrowed and lives as long as the
 *    object that it came from.
 *  - Every function may be called from any thread. The bytes of a resource are the caller's to
 *    synchronize, as on Metal.
 *  - Object arguments must be live objects of the declared type, or NULL where that is said.
 *  - A `new` function that cannot do what it was asked returns NULL, and tells why through the
 *    message callback (tongs_set_message_callback). */
#ifndef TONGS_METAL_H
#define TONGS_METAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tongs/metal_types.h>
#include <tongs/version.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TONGS_API __attribute__((visibility("default")))
#else
#define TONGS_API
#endif

struct tongs_device;   /* id<MTLDevice> */
struct tongs_resource; /* id<MTLResource>: what a buffer and a texture have in common */
struct tongs_heap;     /* id<MTLHeap> */
struct tongs_buffer;   /* id<MTLBuffer> */
struct tongs_texture;  /* id<MTLTexture> */

/* The version of the library that is loaded, "major.minor.patch"; compare with TONGS_VERSION. */
TONGS_API const char *tongs_version(void);

enum tongs_message_severity {
	TONGS_MESSAGE_ERROR,   /* the call was refused */
	TONGS_MESSAGE_WARNING, /* it was done, and is probably not what was meant */
};

/* Called with one line of text without a newline, which is valid during the call only. May be called from
 * any thread, and must not call Tongs. */
typedef void (*tongs_message_callback)(enum tongs_message_severity severity, const char *text, void *user);

/* Sends Tongs' messages to `callback` instead of stderr; NULL: back to stderr. `user` is passed on. The
 * environment variable TONGS_LOG (`off`, `error`, `warning`; default `warning`) limits what is told. */
TONGS_API void tongs_set_message_callback(tongs_message_callback callback, void *user);

enum tongs_kind {
	TONGS_KIND_NONE, /* not a live object of Tongs */
	TONGS_KIND_DEVICE,
	TONGS_KIND_HEAP,
	TONGS_KIND_BUFFER,
	TONGS_KIND_TEXTURE,
	TONGS_KIND_TEXTURE_DESCRIPTOR,
	TONGS_KIND_HEAP_DESCRIPTOR,
};

/* What `handle` is, if it is a live object of Tongs. Any pointer may be asked about, NULL and garbage
 * included: what it points to is not touched. The answer is good for as long as the caller knows that
 * somebody holds a reference. */
TONGS_API enum tongs_kind tongs_handle_kind(const void *handle);

/* A handle from vkGetMemoryMetalHandleEXT as a typed object: borrowed, NULL if it is not a live object of
 * that kind. Of one that was released lately a warning tells what it was. */
TONGS_API struct tongs_heap *tongs_heap_from_handle(void *handle);
TONGS_API struct tongs_buffer *tongs_buffer_from_handle(void *handle);
TONGS_API struct tongs_texture *tongs_texture_from_handle(void *handle);

/* References. `ref` returns its argument; both take NULL and then do nothing. */
TONGS_API struct tongs_device *tongs_device_ref(struct tongs_device *device);
TONGS_API void tongs_device_unref(struct tongs_device *device);
TONGS_API struct tongs_heap *tongs_heap_ref(struct tongs_heap *heap);
TONGS_API void tongs_heap_unref(struct tongs_heap *heap);
TONGS_API struct tongs_buffer *tongs_buffer_ref(struct tongs_buffer *buffer);
TONGS_API void tongs_buffer_unref(struct tongs_buffer *buffer);
TONGS_API struct tongs_texture *tongs_texture_ref(struct tongs_texture *texture);
TONGS_API void tongs_texture_unref(struct tongs_texture *texture);

/* The properties of an MTLTextureDescriptor. Start from tongs_texture_info_init(), which sets Metal's
 * defaults, or from one of the functions below it. */
struct tongs_texture_info {
	MTLTextureType type;         /* default MTLTextureType2D */
	MTLPixelFormat pixel_format; /* default MTLPixelFormatRGBA8Unorm */
	NSUInteger width;            /* default 1, as all extents */
	NSUInteger height;
	NSUInteger depth;
	NSUInteger mipmap_level_count; /* default 1 */
	NSUInteger sample_count;       /* default 1; 2, 4 or 8 with the multisample types */
	NSUInteger array_length;       /* default 1; whole cubes in a cube array */
	/* MTLStorageModeShared by default: Tongs' devices have unified memory unless they say otherwise. */
	MTLResourceOptions resource_options;
	MTLTextureUsage usage;                      /* default MTLTextureUsageShaderRead */
	bool allow_gpu_optimized_contents;          /* default true */
	MTLTextureCompressionType compression_type; /* default lossless */
	MTLTextureSwizzleChannels swizzle;          /* default red, green, blue, alpha */
};

TONGS_API void tongs_texture_info_init(struct tongs_texture_info *info);
/* One level each. */
TONGS_API struct tongs_texture_info tongs_texture_info_2d(MTLPixelFormat format, NSUInteger width, NSUInteger height);
TONGS_API struct tongs_texture_info tongs_texture_info_cube(MTLPixelFormat format, NSUInteger size);
TONGS_API struct tongs_texture_info tongs_texture_info_buffer(MTLPixelFormat format, NSUInteger width);
/* The levels of a full chain, from the extents down to 1 x 1 x 1. */
TONGS_API NSUInteger tongs_texture_info_get_max_mipmap_level_count(const struct tongs_texture_info *info);

/* The properties of an MTLHeapDescriptor; start from tongs_heap_info_init(). */
struct tongs_heap_info {
	NSUInteger size;                     /* default 0, which makes no heap */
	MTLHeapType type;                    /* default MTLHeapTypeAutomatic */
	MTLResourceOptions resource_options; /* default Private storage, as on Metal */
	MTLSparsePageSize sparse_page_size;  /* default MTLSparsePageSize16; sparse heaps are refused */
};

TONGS_API void tongs_heap_info_init(struct tongs_heap_info *info);

/* MTLCreateSystemDefaultDevice: the first Vulkan device that can share memory, chosen with the same order
 * as vkEnumeratePhysicalDevices. NULL when there is none. */
TONGS_API struct tongs_device *tongs_device_new_default(void);

/* MTLCopyAllDevices: writes up to `capacity` new references to `devices` and returns how many devices
 * there are. `devices` may be NULL when `capacity` is 0. */
TONGS_API size_t tongs_device_new_all(struct tongs_device **devices, size_t capacity);

/* The device whose VkPhysicalDeviceIDProperties::deviceUUID is `uuid`, or NULL. Where several drivers have it, one that
 * has an object already, or else the first of tongs_device_new_all. */
TONGS_API struct tongs_device *tongs_device_new_from_uuid(const uint8_t uuid[16]);

/* The device whose deviceUUID and driverUUID these are, or NULL. */
TONGS_API struct tongs_device *tongs_device_new_from_uuids(
	const uint8_t device_uuid[16], const uint8_t driver_uuid[16]);

TONGS_API const char *tongs_device_get_name(const struct tongs_device *device);
TONGS_API void tongs_device_get_uuid(const struct tongs_device *device, uint8_t uuid[16]);
TONGS_API void tongs_device_get_driver_uuid(const struct tongs_device *device, uint8_t uuid[16]);
TONGS_API uint64_t tongs_device_get_registry_id(const struct tongs_device *device);
TONGS_API bool tongs_device_has_unified_memory(const struct tongs_device *device);
TONGS_API bool tongs_device_is_low_power(const struct tongs_device *device);
TONGS_API NSUInteger tongs_device_get_max_buffer_length(const struct tongs_device *device);
TONGS_API uint64_t tongs_device_get_recommended_max_working_set_size(const struct tongs_device *device);
/* Bytes of all payloads that live resources and heaps of the device hold. */
TONGS_API NSUInteger tongs_device_get_current_allocated_size(const struct tongs_device *device);
/* Speaks for resources alone, since Tongs runs no shaders. Common1 and Common2: every device. Common3: the Vulkan
 * device has cube map arrays. Mac2: also BC textures. All others: false, the Apple families for want of tile memory
 * (Memoryless storage), Metal3 for want of gpu addresses. */
TONGS_API bool tongs_device_supports_family(const struct tongs_device *device, MTLGPUFamily family);
TONGS_API bool tongs_device_supports_sample_count(const struct tongs_device *device, NSUInteger count);
TONGS_API bool tongs_device_supports_bc_texture_compression(const struct tongs_device *device);
/* The alignment that `offset` and `bytesPerRow` of a texture over a buffer need; 0 for formats that cannot
 * be made over a buffer (depth, stencil, compressed, without a Vulkan equal). */
TONGS_API NSUInteger tongs_device_get_minimum_linear_texture_alignment(
	struct tongs_device *device, MTLPixelFormat format);
TONGS_API NSUInteger tongs_device_get_minimum_texture_buffer_alignment(
	struct tongs_device *device, MTLPixelFormat format);
/* What a placement heap must give the resource; {0, 0} for what the device cannot make. Never more than
 * Vulkan's requirements for the same resource. */
TONGS_API MTLSizeAndAlign tongs_device_get_heap_buffer_size_and_align(
	struct tongs_device *device, NSUInteger length, MTLResourceOptions options);
TONGS_API MTLSizeAndAlign tongs_device_get_heap_texture_size_and_align(
	struct tongs_device *device, const struct tongs_texture_info *info);

/* `length` bytes, zeroed. 0 and more than max_buffer_length are refused. */
TONGS_API struct tongs_buffer *tongs_device_new_buffer(
	struct tongs_device *device, NSUInteger length, MTLResourceOptions options);
/* The same, holding a copy of `bytes`. */
TONGS_API struct tongs_buffer *tongs_device_new_buffer_with_bytes(
	struct tongs_device *device, const void *bytes, NSUInteger length, MTLResourceOptions options);

/* Called once when nobody holds the memory any more; `pointer` and `length` as given. */
typedef void (*tongs_deallocator)(void *pointer, NSUInteger length, void *user);

/* A buffer that is the caller's own pages: `pointer` and `length` must be multiples of the page size, the
 * storage mode Shared. Pages that can only be read, such as a file's, may be wrapped, too, and writing to them is the
 * caller's fault; Vulkan imports them on software drivers alone, as it does a file's writable pages. `deallocator` may
 * be NULL; it is not called when NULL is returned. */
TONGS_API struct tongs_buffer *tongs_device_new_buffer_no_copy(struct tongs_device *device, void *pointer,
	NSUInteger length, MTLResourceOptions options, tongs_deallocator deallocator, void *user);
/* In zeroed memory, of every type and of every format that has a Vulkan equal and that the driver can share. As on
 * Metal, 1D textures have one level, depth and stencil are not for 1D and 3D textures, and 4:2:2 formats are for 2D
 * textures of one level and even width. */
TONGS_API struct tongs_texture *tongs_device_new_texture(
	struct tongs_device *device, const struct tongs_texture_info *info);
TONGS_API struct tongs_heap *tongs_device_new_heap(struct tongs_device *device, const struct tongs_heap_info *info);

/* A label may be NULL. It lives as long as the heap, also when another is set, by this thread or another: texts that
 * were asked for here are kept. */
TONGS_API const char *tongs_heap_get_label(const struct tongs_heap *heap);
TONGS_API void tongs_heap_set_label(struct tongs_heap *heap, const char *label); /* copied; NULL: none */
TONGS_API struct tongs_device *tongs_heap_get_device(const struct tongs_heap *heap);
TONGS_API MTLHeapType tongs_heap_get_type(const struct tongs_heap *heap);
TONGS_API MTLResourceOptions tongs_heap_get_resource_options(const struct tongs_heap *heap);
TONGS_API NSUInteger tongs_heap_get_size(const struct tongs_heap *heap);
/* Of live resources; in a placement heap at most its size, however they overlap. */
TONGS_API NSUInteger tongs_heap_get_used_size(const struct tongs_heap *heap);
TONGS_API NSUInteger tongs_heap_get_current_allocated_size(const struct tongs_heap *heap);
/* `alignment`: a power of two. A placement heap has its whole size to offer, since resources may overlap. */
TONGS_API NSUInteger tongs_heap_get_max_available_size(const struct tongs_heap *heap, NSUInteger alignment);
TONGS_API MTLPurgeableState tongs_heap_set_purgeable_state(struct tongs_heap *heap, MTLPurgeableState state);

/* Automatic heaps find the place themselves; NULL when there is none. */
TONGS_API struct tongs_buffer *tongs_heap_new_buffer(
	struct tongs_heap *heap, NSUInteger length, MTLResourceOptions options);
TONGS_API struct tongs_texture *tongs_heap_new_texture(struct tongs_heap *heap, const struct tongs_texture_info *info);
/* Placement heaps put the resource at `offset`, which must have the alignment that heap…SizeAndAlign gives;
 * resources may overlap, and then alias. */
TONGS_API struct tongs_buffer *tongs_heap_new_buffer_at(
	struct tongs_heap *heap, NSUInteger length, MTLResourceOptions options, NSUInteger offset);
TONGS_API struct tongs_texture *tongs_heap_new_texture_at(
	struct tongs_heap *heap, const struct tongs_texture_info *info, NSUInteger offset);

TONGS_API struct tongs_resource *tongs_buffer_get_resource(struct tongs_buffer *buffer);
TONGS_API struct tongs_resource *tongs_texture_get_resource(struct tongs_texture *texture);

/* As a heap's label. */
TONGS_API const char *tongs_resource_get_label(const struct tongs_resource *resource);
TONGS_API void tongs_resource_set_label(struct tongs_resource *resource, const char *label);
TONGS_API struct tongs_device *tongs_resource_get_device(const struct tongs_resource *resource);
TONGS_API MTLResourceOptions tongs_resource_get_resource_options(const struct tongs_resource *resource);
TONGS_API MTLStorageMode tongs_resource_get_storage_mode(const struct tongs_resource *resource);
TONGS_API MTLCPUCacheMode tongs_resource_get_cpu_cache_mode(const struct tongs_resource *resource);
TONGS_API MTLHazardTrackingMode tongs_resource_get_hazard_tracking_mode(const struct tongs_resource *resource);
TONGS_API struct tongs_heap *tongs_resource_get_heap(const struct tongs_resource *resource); /* may be NULL */
TONGS_API NSUInteger tongs_resource_get_heap_offset(const struct tongs_resource *resource);
TONGS_API NSUInteger tongs_resource_get_allocated_size(const struct tongs_resource *resource);
/* Lets later resources of an automatic heap take this one's place. */
TONGS_API void tongs_resource_make_aliasable(struct tongs_resource *resource);
TONGS_API bool tongs_resource_is_aliasable(const struct tongs_resource *resource);
TONGS_API MTLPurgeableState tongs_resource_set_purgeable_state(
	struct tongs_resource *resource, MTLPurgeableState state);

TONGS_API NSUInteger tongs_buffer_get_length(const struct tongs_buffer *buffer);
TONGS_API void *tongs_buffer_get_contents(const struct tongs_buffer *buffer); /* NULL for Private storage */
/* What vkGetBufferDeviceAddress says of a VkBuffer bound to the buffer's first byte; 0 on devices that do not know host
 * pages by the CPU's addresses, where each VkDevice has its own. */
TONGS_API uint64_t tongs_buffer_get_gpu_address(const struct tongs_buffer *buffer);
/* A texture whose texels are the buffer's bytes: of a colour format, 2D or a texture buffer, with one level. `offset`
 * and `bytes_per_row` of a 2D texture are multiples of tongs_device_get_minimum_linear_texture_alignment, `offset` of a
 * texture buffer one of tongs_device_get_minimum_texture_buffer_alignment. It holds a reference to the buffer. */
TONGS_API struct tongs_texture *tongs_buffer_new_texture(struct tongs_buffer *buffer,
	const struct tongs_texture_info *info, NSUInteger offset, NSUInteger bytes_per_row);

/* Fills `info` with the texture's properties. */
TONGS_API void tongs_texture_get_info(const struct tongs_texture *texture, struct tongs_texture_info *info);
TONGS_API MTLPixelFormat tongs_texture_get_pixel_format(const struct tongs_texture *texture);
TONGS_API NSUInteger tongs_texture_get_width(const struct tongs_texture *texture);
TONGS_API NSUInteger tongs_texture_get_height(const struct tongs_texture *texture);
/* newTextureViewWithPixelFormat:textureType:levels:slices:swizzle:, a texture that shows `level_count` levels and
 * `slice_count` slices of `texture` and holds a reference to it. Each face of a cube is a slice. `type` has the same
 * dimensions and sampling; 2D arrays and cubes show each other. `format` is the texture's own or its sRGB twin; or,
 * when its usage includes MTLTextureUsagePixelFormatView, an uncompressed colour format whose texels are as large, or
 * the X…_Stencil8 of a format with depth and stencil. */
TONGS_API struct tongs_texture *tongs_texture_new_view(struct tongs_texture *texture, MTLPixelFormat format,
	MTLTextureType type, NSUInteger first_level, NSUInteger level_count, NSUInteger first_slice,
	NSUInteger slice_count, MTLTextureSwizzleChannels swizzle);

/* The buffer that the texture, or the one that it is a view of, was made over, or NULL; and where in it. */
TONGS_API struct tongs_buffer *tongs_texture_get_buffer(const struct tongs_texture *texture);
TONGS_API NSUInteger tongs_texture_get_buffer_offset(const struct tongs_texture *texture);
TONGS_API NSUInteger tongs_texture_get_buffer_bytes_per_row(const struct tongs_texture *texture);
/* The texture that a view was made of, and what it shows first of it; NULL and 0 of other textures. */
TONGS_API struct tongs_texture *tongs_texture_get_parent(const struct tongs_texture *texture);
TONGS_API NSUInteger tongs_texture_get_parent_relative_level(const struct tongs_texture *texture);
TONGS_API NSUInteger tongs_texture_get_parent_relative_slice(const struct tongs_texture *texture);
/* The buffer or texture whose bytes these are at last, through all views; NULL: the texture's own. */
TONGS_API struct tongs_resource *tongs_texture_get_root_resource(const struct tongs_texture *texture);

/* getBytes:bytesPerRow:bytesPerImage:fromRegion:mipmapLevel:slice: and its counterpart. The region must lie inside the
 * level and begin and end between the format's blocks, or at the level's edge. `bytes_per_row` leads from one row of
 * blocks to the next, `bytes_per_image` from one plane of a 3D region to the next; both must be at least what the
 * region needs, and may be 0 where there is only one row or plane. Cubes have six slices each, in Metal's order of
 * faces.
 *
 * Of formats with depth and stencil, a texel is of Depth24Unorm_Stencil8 4 bytes, of which the first 3 are the depth
 * and the last one the stencil; of Depth32Float_Stencil8 8 bytes: depth, stencil, and 3 that are read as 0. Views of
 * the stencil alone have the same texels, whose depth is read as 0 and not written.
 *
 * On false nothing was written, and a message tells why; only when a driver fails in the midst of it may a texture have
 * taken a part. Private storage and multisampled textures are refused. */
TONGS_API bool tongs_texture_get_bytes(struct tongs_texture *texture, void *bytes, NSUInteger bytes_per_row,
	NSUInteger bytes_per_image, MTLRegion region, NSUInteger level, NSUInteger slice);
TONGS_API bool tongs_texture_replace_region(struct tongs_texture *texture, MTLRegion region, NSUInteger level,
	NSUInteger slice, const void *bytes, NSUInteger bytes_per_row, NSUInteger bytes_per_image);

#ifdef __cplusplus
}
#endif

#endif
