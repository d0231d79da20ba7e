/* SPDX-License-Identifier: MIT */
/* The C interface to Tongs' Metal objects: devices, heaps, buffers, textures and their descriptors.
 *
 * Every `struct tongs_…` object is an Objective-C object: a `struct tongs_buffer *` and the `id<MTLBuffer>` with the
 * same address are the same object. Cast between them at any time.
 *
 * Unless a declaration says otherwise:
 *  - Units: lengths, offsets, pitches and alignments are in bytes; origins and extents are in texels.
 *  - Ownership: functions with `new` or `ref` in their names return a reference, which the caller releases with
 *    `…_unref` or Objective-C `release`. Other pointers are borrowed, and valid as long as the object that they came
 *    from.
 *  - NULL: object arguments are live objects of the declared type; NULL is allowed only where that is said.
 *  - Threads: every function may be called from any thread. Programs synchronize access to the contents of resources
 *    themselves, as on Metal.
 *  - Errors: on failure, functions with `new` in their names return NULL and report the reason through the message
 *    callback (tongs_set_message_callback). */
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
struct tongs_resource; /* id<MTLResource>: a buffer or a texture */
struct tongs_heap;     /* id<MTLHeap> */
struct tongs_buffer;   /* id<MTLBuffer> */
struct tongs_texture;  /* id<MTLTexture> */

/* The version of the loaded library as "major.minor.patch"; TONGS_VERSION is that of the header. */
TONGS_API const char *tongs_version(void);

enum tongs_message_severity {
	TONGS_MESSAGE_ERROR,   /* the call failed */
	TONGS_MESSAGE_WARNING, /* the call succeeded, but is probably a mistake */
};

/* Receives one line of text, without a newline and valid only during the call. Is called from any thread, and must not
 * call Tongs. */
typedef void (*tongs_message_callback)(enum tongs_message_severity severity, const char *text, void *user);

/* Sends messages to `callback`, which gets `user`; NULL, the default: to stderr. The environment variable TONGS_LOG
 * (`off`, `error`, `warning`; default `warning`) sets the least severity that is reported. */
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

/* The kind of a live object; TONGS_KIND_NONE for any other pointer, NULL and garbage included, since `handle` is not
 * dereferenced. Valid as long as something holds a reference to the object. */
TONGS_API enum tongs_kind tongs_handle_kind(const void *handle);

/* Casts a handle from vkGetMemoryMetalHandleEXT: borrowed; NULL if `handle`, any pointer, is not a live object of the
 * kind. A recently released object is reported with a warning. */
TONGS_API struct tongs_heap *tongs_heap_from_handle(void *handle);
TONGS_API struct tongs_buffer *tongs_buffer_from_handle(void *handle);
TONGS_API struct tongs_texture *tongs_texture_from_handle(void *handle);

/* Add and release a reference. `ref` returns its argument. NULL is allowed, and ignored. */
TONGS_API struct tongs_device *tongs_device_ref(struct tongs_device *device);
TONGS_API void tongs_device_unref(struct tongs_device *device);
TONGS_API struct tongs_heap *tongs_heap_ref(struct tongs_heap *heap);
TONGS_API void tongs_heap_unref(struct tongs_heap *heap);
TONGS_API struct tongs_buffer *tongs_buffer_ref(struct tongs_buffer *buffer);
TONGS_API void tongs_buffer_unref(struct tongs_buffer *buffer);
TONGS_API struct tongs_texture *tongs_texture_ref(struct tongs_texture *texture);
TONGS_API void tongs_texture_unref(struct tongs_texture *texture);

/* The properties of an MTLTextureDescriptor. Initialize it with tongs_texture_info_init, which sets the defaults, or
 * one of the functions below it. */
struct tongs_texture_info {
	MTLTextureType type;         /* default MTLTextureType2D */
	MTLPixelFormat pixel_format; /* default MTLPixelFormatRGBA8Unorm */
	NSUInteger width;            /* default 1, like all extents */
	NSUInteger height;
	NSUInteger depth;
	NSUInteger mipmap_level_count;              /* default 1 */
	NSUInteger sample_count;                    /* default 1; 2, 4 or 8 with the multisample types */
	NSUInteger array_length;                    /* default 1; of a cube array, the number of cubes */
	MTLResourceOptions resource_options;        /* default MTLResourceStorageModeShared */
	MTLTextureUsage usage;                      /* default MTLTextureUsageShaderRead */
	bool allow_gpu_optimized_contents;          /* default true */
	MTLTextureCompressionType compression_type; /* default lossless */
	MTLTextureSwizzleChannels swizzle;          /* default red, green, blue, alpha */
};

TONGS_API void tongs_texture_info_init(struct tongs_texture_info *info);
/* A 2D texture, a cube, and a texture buffer with one level and Metal's defaults. */
TONGS_API struct tongs_texture_info tongs_texture_info_2d(MTLPixelFormat format, NSUInteger width, NSUInteger height);
TONGS_API struct tongs_texture_info tongs_texture_info_cube(MTLPixelFormat format, NSUInteger size);
TONGS_API struct tongs_texture_info tongs_texture_info_buffer(MTLPixelFormat format, NSUInteger width);
/* The number of levels of a full mipmap chain, down to 1 x 1 x 1. */
TONGS_API NSUInteger tongs_texture_info_get_max_mipmap_level_count(const struct tongs_texture_info *info);

/* The properties of an MTLHeapDescriptor. Initialize it with tongs_heap_info_init, which sets the defaults. */
struct tongs_heap_info {
	NSUInteger size;                     /* default 0, which is not valid */
	MTLHeapType type;                    /* default MTLHeapTypeAutomatic */
	MTLResourceOptions resource_options; /* default MTLResourceStorageModePrivate */
	MTLSparsePageSize
		sparse_page_size; /* default MTLSparsePageSize16; ignored, since sparse heaps are not supported */
};

TONGS_API void tongs_heap_info_init(struct tongs_heap_info *info);

/* MTLCreateSystemDefaultDevice: the first device, in the order of vkEnumeratePhysicalDevices, that can share memory.
 * NULL if there is none. */
TONGS_API struct tongs_device *tongs_device_new_default(void);

/* MTLCopyAllDevices: writes up to `capacity` new references to `devices`, and returns the number of devices that there
 * are. `devices` may be NULL if `capacity` is 0. */
TONGS_API size_t tongs_device_new_all(struct tongs_device **devices, size_t capacity);

/* The device with this VkPhysicalDeviceIDProperties::deviceUUID, or NULL. If several drivers have it: the one that has
 * an object already, else the first in the order of tongs_device_new_all. */
TONGS_API struct tongs_device *tongs_device_new_from_uuid(const uint8_t uuid[16]);

/* The device with this deviceUUID and driverUUID, or NULL. */
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
/* Bytes of the memory of all live resources and heaps of the device; shared memory counts once. */
TONGS_API NSUInteger tongs_device_get_current_allocated_size(const struct tongs_device *device);
/* Whether the device supports the resources of the family; Tongs runs no shaders. True for Common1 and Common2; for
 * Common3 if the Vulkan device supports cube arrays (imageCubeArray); for Mac2 if it supports BC textures as well
 * (textureCompressionBC). False for others: the Apple families require tile memory (Memoryless storage), Metal3
 * requires gpuAddress. */
TONGS_API bool tongs_device_supports_family(const struct tongs_device *device, MTLGPUFamily family);
/* `count`: samples per texel of a texture. */
TONGS_API bool tongs_device_supports_sample_count(const struct tongs_device *device, NSUInteger count);
TONGS_API bool tongs_device_supports_bc_texture_compression(const struct tongs_device *device);
/* The alignment of `offset` and `bytes_per_row` of a 2D texture over a buffer, and of `offset` of a texture buffer. 0
 * if the format is not supported over a buffer (depth, stencil, compressed, or without a Vulkan equivalent). */
TONGS_API NSUInteger tongs_device_get_minimum_linear_texture_alignment(
	struct tongs_device *device, MTLPixelFormat format);
TONGS_API NSUInteger tongs_device_get_minimum_texture_buffer_alignment(
	struct tongs_device *device, MTLPixelFormat format);
/* The memory that a resource takes in a heap; at most Vulkan's requirements of the same resource. {0, 0}, with the
 * reason reported, if the device does not support such a resource. */
TONGS_API MTLSizeAndAlign tongs_device_get_heap_buffer_size_and_align(
	struct tongs_device *device, NSUInteger length, MTLResourceOptions options);
TONGS_API MTLSizeAndAlign tongs_device_get_heap_texture_size_and_align(
	struct tongs_device *device, const struct tongs_texture_info *info);

/* Storage modes. Shared: the CPU reaches the memory; buffers and heaps are zeroed. Private: on devices whose heaps are
 * memory of the driver (`tongs info` shows it), it is memory of the GPU that the CPU does not reach, with undefined
 * bytes; on others it is zeroed pages of the process. */

/* `length` is between 1 and tongs_device_get_max_buffer_length. */
TONGS_API struct tongs_buffer *tongs_device_new_buffer(
	struct tongs_device *device, NSUInteger length, MTLResourceOptions options);
/* A buffer with a copy of `bytes`. */
TONGS_API struct tongs_buffer *tongs_device_new_buffer_with_bytes(
	struct tongs_device *device, const void *bytes, NSUInteger length, MTLResourceOptions options);

/* Called once, with the `pointer` and `length` of the buffer, when neither Metal objects nor Vulkan use the memory any
 * more. Is called from any thread. */
typedef void (*tongs_deallocator)(void *pointer, NSUInteger length, void *user);

/* A buffer whose contents are memory of the program: `pointer` and `length` are multiples of the page size, and the
 * storage mode is not Private. Read-only pages are allowed; writing to them faults. Only software drivers import
 * read-only pages and pages of files into Vulkan, and only drivers with VK_EXT_external_memory_host import any.
 * `deallocator` may be NULL; it is not called if the function returns NULL. */
TONGS_API struct tongs_buffer *tongs_device_new_buffer_no_copy(struct tongs_device *device, void *pointer,
	NSUInteger length, MTLResourceOptions options, tongs_deallocator deallocator, void *user);
/* A texture, of any type, with any format that has a Vulkan equivalent and that the driver can share. As on
 * Metal, 1D textures have one level; 1D and 3D textures have no depth or stencil format; textures with a 4:2:2 format
 * are 2D with one level and an even width. Where OPTIMAL images are memory of the driver its texels are undefined;
 * elsewhere they are zeroed. Driver memory that the CPU cannot map is fine for a Shared one: getBytes: and
 * replaceRegion: go through the GPU. */
TONGS_API struct tongs_texture *tongs_device_new_texture(
	struct tongs_device *device, const struct tongs_texture_info *info);
/* A heap. On devices where heaps are memory of the driver that the CPU does not reach, a Shared one is pages of the
 * process, for buffers only; these can be imported as MTLBUFFER, the heap cannot be imported. */
TONGS_API struct tongs_heap *tongs_device_new_heap(struct tongs_device *device, const struct tongs_heap_info *info);

/* The label, or NULL. The text is valid as long as the heap is, even after another label is set. */
TONGS_API const char *tongs_heap_get_label(const struct tongs_heap *heap);
TONGS_API void tongs_heap_set_label(struct tongs_heap *heap, const char *label); /* copied; NULL: no label */
TONGS_API struct tongs_device *tongs_heap_get_device(const struct tongs_heap *heap);
TONGS_API MTLHeapType tongs_heap_get_type(const struct tongs_heap *heap);
TONGS_API MTLResourceOptions tongs_heap_get_resource_options(const struct tongs_heap *heap);
TONGS_API NSUInteger tongs_heap_get_size(const struct tongs_heap *heap);
/* Bytes of the live resources in the heap. In a placement heap, overlapping ones count each, up to the heap's size. */
TONGS_API NSUInteger tongs_heap_get_used_size(const struct tongs_heap *heap);
TONGS_API NSUInteger tongs_heap_get_current_allocated_size(const struct tongs_heap *heap);
/* The size of the largest resource that fits; `alignment` is a power of two. For a placement heap, the heap's size,
 * since resources may overlap. */
TONGS_API NSUInteger tongs_heap_get_max_available_size(const struct tongs_heap *heap, NSUInteger alignment);
/* Returns the old state. MTLPurgeableStateEmpty zeroes the contents, of Private memory makes them undefined. */
TONGS_API MTLPurgeableState tongs_heap_set_purgeable_state(struct tongs_heap *heap, MTLPurgeableState state);

/* For automatic heaps, which choose the offset; NULL, too, if there is no room. */
TONGS_API struct tongs_buffer *tongs_heap_new_buffer(
	struct tongs_heap *heap, NSUInteger length, MTLResourceOptions options);
TONGS_API struct tongs_texture *tongs_heap_new_texture(struct tongs_heap *heap, const struct tongs_texture_info *info);
/* For placement heaps: `offset` is a multiple of the alignment from tongs_device_get_heap_…_size_and_align. Resources
 * that overlap alias. */
TONGS_API struct tongs_buffer *tongs_heap_new_buffer_at(
	struct tongs_heap *heap, NSUInteger length, MTLResourceOptions options, NSUInteger offset);
TONGS_API struct tongs_texture *tongs_heap_new_texture_at(
	struct tongs_heap *heap, const struct tongs_texture_info *info, NSUInteger offset);

TONGS_API struct tongs_resource *tongs_buffer_get_resource(struct tongs_buffer *buffer);
TONGS_API struct tongs_resource *tongs_texture_get_resource(struct tongs_texture *texture);

/* As for heaps. */
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
/* Allows new resources of an automatic heap to overlap this one. */
TONGS_API void tongs_resource_make_aliasable(struct tongs_resource *resource);
TONGS_API bool tongs_resource_is_aliasable(const struct tongs_resource *resource);
TONGS_API MTLPurgeableState tongs_resource_set_purgeable_state(
	struct tongs_resource *resource, MTLPurgeableState state);

TONGS_API NSUInteger tongs_buffer_get_length(const struct tongs_buffer *buffer);
/* The CPU's address of the bytes, constant while the buffer lives; NULL for Private storage. Of memory of the driver it
 * is mapped at the first call, at another address than vkMapMemory's; NULL if that fails, with the reason reported. */
TONGS_API void *tongs_buffer_get_contents(const struct tongs_buffer *buffer);
/* The vkGetBufferDeviceAddress of a VkBuffer that is bound to the buffer's first byte; 0 on devices where the address
 * differs between VkDevices, because it is not the CPU's. */
TONGS_API uint64_t tongs_buffer_get_gpu_address(const struct tongs_buffer *buffer);
/* A texture over the contents of a buffer, to which it holds a reference: 2D or a texture buffer, with a color format
 * and one level. `offset` and `bytes_per_row` of a 2D texture are multiples of
 * tongs_device_get_minimum_linear_texture_alignment; `offset` of a texture buffer is a multiple of
 * tongs_device_get_minimum_texture_buffer_alignment. */
TONGS_API struct tongs_texture *tongs_buffer_new_texture(struct tongs_buffer *buffer,
	const struct tongs_texture_info *info, NSUInteger offset, NSUInteger bytes_per_row);

/* Fills `info` with the texture's properties. */
TONGS_API void tongs_texture_get_info(const struct tongs_texture *texture, struct tongs_texture_info *info);
TONGS_API MTLPixelFormat tongs_texture_get_pixel_format(const struct tongs_texture *texture);
TONGS_API NSUInteger tongs_texture_get_width(const struct tongs_texture *texture);
TONGS_API NSUInteger tongs_texture_get_height(const struct tongs_texture *texture);
/* newTextureViewWithPixelFormat:textureType:levels:slices:swizzle:. A view of `level_count` levels and `slice_count`
 * slices of `texture`, to which it holds a reference. Each face of a cube is a slice. `type` has the texture's
 * dimensions and sampling; 2D arrays and cubes may be views of each other. `format` is the texture's own or its sRGB
 * counterpart; if the texture's usage includes MTLTextureUsagePixelFormatView, it may also be a color format with
 * texels of the same size, or the X…_Stencil8 of a format with depth and stencil. */
TONGS_API struct tongs_texture *tongs_texture_new_view(struct tongs_texture *texture, MTLPixelFormat format,
	MTLTextureType type, NSUInteger first_level, NSUInteger level_count, NSUInteger first_slice,
	NSUInteger slice_count, MTLTextureSwizzleChannels swizzle);

/* The buffer over which the texture, or the root of a view, was created, or NULL; and its offset and pitch there. */
TONGS_API struct tongs_buffer *tongs_texture_get_buffer(const struct tongs_texture *texture);
TONGS_API NSUInteger tongs_texture_get_buffer_offset(const struct tongs_texture *texture);
TONGS_API NSUInteger tongs_texture_get_buffer_bytes_per_row(const struct tongs_texture *texture);
/* The texture that was passed to tongs_texture_new_view, and the view's first level and slice in it; NULL and 0 for a
 * texture that is not a view. */
TONGS_API struct tongs_texture *tongs_texture_get_parent(const struct tongs_texture *texture);
TONGS_API NSUInteger tongs_texture_get_parent_relative_level(const struct tongs_texture *texture);
TONGS_API NSUInteger tongs_texture_get_parent_relative_slice(const struct tongs_texture *texture);
/* The buffer or texture that owns the texels, through all views; NULL: the texture itself does. */
TONGS_API struct tongs_resource *tongs_texture_get_root_resource(const struct tongs_texture *texture);

/* getBytes:bytesPerRow:bytesPerImage:fromRegion:mipmapLevel:slice: and its counterpart. The region lies inside the
 * level, and begins and ends at block boundaries of the format, or ends at the level's edge. `bytes_per_row` is the
 * pitch of rows of blocks, `bytes_per_image` that of planes of a 3D region; each is at least what the region takes, and
 * may be 0 if there is only one row or plane. A cube has six slices, in Metal's order of faces.
 *
 * A texel of Depth24Unorm_Stencil8 is 4 bytes: 3 of depth, 1 of stencil. A texel of Depth32Float_Stencil8 is 8 bytes: 4
 * of depth, 1 of stencil, and 3 that are read as 0. Views of the stencil (X…_Stencil8) have the same texels, whose
 * depth is read as 0 and not written.
 *
 * Fails for Private storage and multisampled textures. Returns false on failure, with the reason reported and nothing
 * written, except that a texture may be partly written if the driver fails in the middle. */
TONGS_API bool tongs_texture_get_bytes(struct tongs_texture *texture, void *bytes, NSUInteger bytes_per_row,
	NSUInteger bytes_per_image, MTLRegion region, NSUInteger level, NSUInteger slice);
TONGS_API bool tongs_texture_replace_region(struct tongs_texture *texture, MTLRegion region, NSUInteger level,
	NSUInteger slice, const void *bytes, NSUInteger bytes_per_row, NSUInteger bytes_per_image);

#ifdef __cplusplus
}
#endif

#endif
