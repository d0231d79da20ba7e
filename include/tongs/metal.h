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

struct tongs_device;                /* id<MTLDevice> */
struct tongs_resource;              /* id<MTLResource>: a buffer or a texture */
struct tongs_heap;                  /* id<MTLHeap> */
struct tongs_buffer;                /* id<MTLBuffer> */
struct tongs_texture;               /* id<MTLTexture> */
struct tongs_shared_event;          /* id<MTLSharedEvent> */
struct tongs_shared_event_listener; /* MTLSharedEventListener */
struct tongs_command_queue;         /* id<MTLCommandQueue> */
struct tongs_command_buffer;        /* id<MTLCommandBuffer> */
struct tongs_encoder;               /* id<MTLBlitCommandEncoder> or id<MTLRenderCommandEncoder> */
struct tongs_fence;                 /* id<MTLFence> */
struct tongs_surface;               /* IOSurface, which an IOSurfaceRef points to */

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
	TONGS_KIND_SHARED_EVENT,
	TONGS_KIND_SHARED_EVENT_LISTENER,
	TONGS_KIND_SHARED_EVENT_HANDLE,
	TONGS_KIND_EVENT,
	TONGS_KIND_FENCE,
	TONGS_KIND_COMMAND_QUEUE,
	TONGS_KIND_COMMAND_BUFFER,
	TONGS_KIND_COMMAND_BUFFER_DESCRIPTOR,
	TONGS_KIND_BLIT_COMMAND_ENCODER,
	TONGS_KIND_ERROR,
	TONGS_KIND_SURFACE,
	TONGS_KIND_SHARED_TEXTURE_HANDLE,
	TONGS_KIND_RENDER_COMMAND_ENCODER,
	TONGS_KIND_RENDER_PASS_DESCRIPTOR,
	TONGS_KIND_RENDER_PASS_COLOR_ATTACHMENT_DESCRIPTOR,
	TONGS_KIND_RENDER_PASS_COLOR_ATTACHMENT_DESCRIPTOR_ARRAY,
	TONGS_KIND_RENDER_PASS_DEPTH_ATTACHMENT_DESCRIPTOR,
	TONGS_KIND_RENDER_PASS_STENCIL_ATTACHMENT_DESCRIPTOR,
	TONGS_KIND_DEVICE_OBSERVER, /* from MTLCopyAllDevicesWithObserver */
	TONGS_KIND_DESCRIPTOR,      /* any other of Metal's descriptors */
};

/* The kind of a live object; TONGS_KIND_NONE for any other pointer, NULL and garbage included, since `handle` is not
 * dereferenced. Valid as long as something holds a reference to the object. */
TONGS_API enum tongs_kind tongs_handle_kind(const void *handle);

/* Casts a handle from vkGetMemoryMetalHandleEXT: borrowed; NULL if `handle`, any pointer, is not a live object of the
 * kind. A live object of another kind and a recently released one are reported with a warning. */
TONGS_API struct tongs_heap *tongs_heap_from_handle(void *handle);
TONGS_API struct tongs_buffer *tongs_buffer_from_handle(void *handle);
TONGS_API struct tongs_texture *tongs_texture_from_handle(void *handle);
TONGS_API struct tongs_surface *tongs_surface_from_handle(void *handle);

/* Add and release a reference. `ref` returns its argument. NULL is allowed, and ignored. */
TONGS_API struct tongs_device *tongs_device_ref(struct tongs_device *device);
TONGS_API void tongs_device_unref(struct tongs_device *device);
TONGS_API struct tongs_heap *tongs_heap_ref(struct tongs_heap *heap);
TONGS_API void tongs_heap_unref(struct tongs_heap *heap);
TONGS_API struct tongs_buffer *tongs_buffer_ref(struct tongs_buffer *buffer);
TONGS_API void tongs_buffer_unref(struct tongs_buffer *buffer);
TONGS_API struct tongs_texture *tongs_texture_ref(struct tongs_texture *texture);
TONGS_API void tongs_texture_unref(struct tongs_texture *texture);
TONGS_API struct tongs_shared_event *tongs_shared_event_ref(struct tongs_shared_event *event);
TONGS_API void tongs_shared_event_unref(struct tongs_shared_event *event);
TONGS_API struct tongs_shared_event_listener *tongs_shared_event_listener_ref(
	struct tongs_shared_event_listener *listener);
TONGS_API void tongs_shared_event_listener_unref(struct tongs_shared_event_listener *listener);
TONGS_API struct tongs_command_queue *tongs_command_queue_ref(struct tongs_command_queue *queue);
TONGS_API void tongs_command_queue_unref(struct tongs_command_queue *queue);
TONGS_API struct tongs_command_buffer *tongs_command_buffer_ref(struct tongs_command_buffer *commands);
TONGS_API void tongs_command_buffer_unref(struct tongs_command_buffer *commands);
TONGS_API struct tongs_encoder *tongs_encoder_ref(struct tongs_encoder *encoder);
TONGS_API void tongs_encoder_unref(struct tongs_encoder *encoder);
TONGS_API struct tongs_fence *tongs_fence_ref(struct tongs_fence *fence);
TONGS_API void tongs_fence_unref(struct tongs_fence *fence);
TONGS_API struct tongs_surface *tongs_surface_ref(struct tongs_surface *surface);
TONGS_API void tongs_surface_unref(struct tongs_surface *surface);

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

/* Sets every field to its default. */
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

/* Sets every field to its default. */
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
/* Bytes of the memory of all live resources and heaps of the device; shared memory counts once. A surface counts for
 * one device: the first that made a texture over it. */
TONGS_API NSUInteger tongs_device_get_current_allocated_size(const struct tongs_device *device);
/* Whether the device supports the resources of the family; Tongs runs no shaders. True for Common1 and Common2; for
 * Common3 if the Vulkan device supports cube arrays (imageCubeArray); for Mac2 if it supports BC textures as well
 * (textureCompressionBC). False for others: the Apple families require tile memory (Memoryless storage), Metal3
 * requires gpuAddress. */
TONGS_API bool tongs_device_supports_family(const struct tongs_device *device, MTLGPUFamily family);
/* `count`: samples per texel of a texture. */
TONGS_API bool tongs_device_supports_sample_count(const struct tongs_device *device, NSUInteger count);
/* Whether textures can have BC formats. */
TONGS_API bool tongs_device_supports_bc_texture_compression(const struct tongs_device *device);
/* The alignment of `offset` and `bytes_per_row` of a 2D texture over a buffer, and of `offset` of a texture buffer. 0
 * if the format is not supported over a buffer (depth, stencil, compressed, or without a Vulkan equivalent). */
TONGS_API NSUInteger tongs_device_get_minimum_linear_texture_alignment(
	struct tongs_device *device, MTLPixelFormat format);
TONGS_API NSUInteger tongs_device_get_minimum_texture_buffer_alignment(
	struct tongs_device *device, MTLPixelFormat format);
/* The families, of the device's VkPhysicalDevice, of the queues of libtongs' own VkDevice: for command buffers, and for
 * the texels of getBytes: and replaceRegion: except those of depth and stencil, which take the first. May be one
 * family. False, with the reason reported and nothing written, if there is no such device. */
TONGS_API bool tongs_device_get_queue_families(
	struct tongs_device *device, uint32_t *command_buffers, uint32_t *texels);
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
 * process; its buffers can be imported as MTLBUFFER, the heap cannot be imported. If the driver cannot bind a texture
 * to a heap's memory, a placement heap refuses it. In an automatic heap it has memory of its own, as a device's
 * texture, and takes its room all the same. */
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
/* Bytes of memory that the heap takes. */
TONGS_API NSUInteger tongs_heap_get_current_allocated_size(const struct tongs_heap *heap);
/* The size of the largest resource that fits; `alignment` is a power of two. For a placement heap, the heap's size,
 * since resources may overlap. */
TONGS_API NSUInteger tongs_heap_get_max_available_size(const struct tongs_heap *heap, NSUInteger alignment);
/* Returns the old state. MTLPurgeableStateEmpty zeroes the contents, of Private memory makes them undefined. Textures
 * with memory of their own have their own state. */
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

/* Objects that other processes can get, for tongs_handle_send: like those of the functions without `shareable`, whose
 * memory is a memfd of its own, or memory of the driver. Each takes a file descriptor, and memory in whole pages that
 * is not kept for the next one. With the setting TONGS_SHARE_PROCESSES all objects are such ones. */
TONGS_API struct tongs_buffer *tongs_device_new_shareable_buffer(
	struct tongs_device *device, NSUInteger length, MTLResourceOptions options);
TONGS_API struct tongs_texture *tongs_device_new_shareable_texture(/* newSharedTextureWithDescriptor: */
	struct tongs_device *device, const struct tongs_texture_info *info);
TONGS_API struct tongs_heap *tongs_device_new_shareable_heap(
	struct tongs_device *device, const struct tongs_heap_info *info);
/* Whether tongs_handle_send can send the texture. */
TONGS_API bool tongs_texture_is_shareable(const struct tongs_texture *texture);

/* The same object as a resource. */
TONGS_API struct tongs_resource *tongs_buffer_get_resource(struct tongs_buffer *buffer);
TONGS_API struct tongs_resource *tongs_texture_get_resource(struct tongs_texture *texture);

/* The label, as that of heaps: tongs_heap_get_label. */
TONGS_API const char *tongs_resource_get_label(const struct tongs_resource *resource);
TONGS_API void tongs_resource_set_label(struct tongs_resource *resource, const char *label);

TONGS_API struct tongs_device *tongs_resource_get_device(const struct tongs_resource *resource);
TONGS_API MTLResourceOptions tongs_resource_get_resource_options(const struct tongs_resource *resource);
TONGS_API MTLStorageMode tongs_resource_get_storage_mode(const struct tongs_resource *resource);
TONGS_API MTLCPUCacheMode tongs_resource_get_cpu_cache_mode(const struct tongs_resource *resource);
TONGS_API MTLHazardTrackingMode tongs_resource_get_hazard_tracking_mode(const struct tongs_resource *resource);
TONGS_API struct tongs_heap *tongs_resource_get_heap(const struct tongs_resource *resource); /* may be NULL */
/* Bytes from the heap's start; 0 without a heap. */
TONGS_API NSUInteger tongs_resource_get_heap_offset(const struct tongs_resource *resource);
/* Bytes of memory that the resource takes. */
TONGS_API NSUInteger tongs_resource_get_allocated_size(const struct tongs_resource *resource);
/* Allows new resources of an automatic heap to overlap this one. */
TONGS_API void tongs_resource_make_aliasable(struct tongs_resource *resource);
/* Whether that was called. */
TONGS_API bool tongs_resource_is_aliasable(const struct tongs_resource *resource);
/* As tongs_heap_set_purgeable_state. The bytes of a surface, and of a plane of an image, are kept, with a warning. */
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

/* A shared event: a value that the CPU signals and waits for, 0 at first. It only grows. */
TONGS_API struct tongs_shared_event *tongs_device_new_shared_event(struct tongs_device *device);

TONGS_API struct tongs_device *tongs_shared_event_get_device(const struct tongs_shared_event *event);
/* The label, as that of heaps: tongs_heap_get_label. */
TONGS_API const char *tongs_shared_event_get_label(const struct tongs_shared_event *event);
TONGS_API void tongs_shared_event_set_label(struct tongs_shared_event *event, const char *label);
/* The event's value now. */
TONGS_API uint64_t tongs_shared_event_get_signaled_value(const struct tongs_shared_event *event);
/* Signals a value. One that is not higher than the event's changes nothing. */
TONGS_API void tongs_shared_event_set_signaled_value(struct tongs_shared_event *event, uint64_t value);
/* Waits until the event has the value or a higher one, and returns true; false after so many milliseconds without.
 * UINT64_MAX: for ever. */
TONGS_API bool tongs_shared_event_wait(struct tongs_shared_event *event, uint64_t value, uint64_t timeout_ms);

/* Receives the event, its value by then, and what was given with the notification. It may call Tongs. */
typedef void (*tongs_shared_event_notification)(struct tongs_shared_event *event, uint64_t value, void *user);

/* Calls notifications, one after the other in the order in which they become due, in a thread of its own. */
TONGS_API struct tongs_shared_event_listener *tongs_shared_event_listener_new(void);
/* Has `listener` call `notification` once, as soon as the event has the value or a higher one: soon, if it has that
 * already. It is never called if the event ends before. References to the listener are not needed any more. False,
 * with an error reported, when memory runs out. */
TONGS_API bool tongs_shared_event_notify(struct tongs_shared_event *event, struct tongs_shared_event_listener *listener,
	uint64_t value, tongs_shared_event_notification notification, void *user);

/* A command queue: its command buffers run one after the other, in the order in which they are enqueued or committed.
 */
TONGS_API struct tongs_command_queue *tongs_device_new_command_queue(struct tongs_device *device);

TONGS_API struct tongs_device *tongs_command_queue_get_device(const struct tongs_command_queue *queue);
/* The label, as that of heaps: tongs_heap_get_label. So are all labels below. */
TONGS_API const char *tongs_command_queue_get_label(const struct tongs_command_queue *queue);
TONGS_API void tongs_command_queue_set_label(struct tongs_command_queue *queue, const char *label);

/* A command buffer: commands are added to it by one thread at a time, it is committed once, and then runs. While it
 * runs, it keeps all that it uses alive, and the program may release its own references. What other Vulkan devices and
 * the CPU wrote before it runs is seen by its commands, and they see what it wrote when it has completed: Vulkan
 * releases resources to VK_QUEUE_FAMILY_EXTERNAL before, and acquires them from there after; images are in GENERAL
 * layout. */
TONGS_API struct tongs_command_buffer *tongs_command_queue_new_command_buffer(struct tongs_command_queue *queue);

TONGS_API struct tongs_command_queue *tongs_command_buffer_get_queue(const struct tongs_command_buffer *commands);
TONGS_API const char *tongs_command_buffer_get_label(const struct tongs_command_buffer *commands);
TONGS_API void tongs_command_buffer_set_label(struct tongs_command_buffer *commands, const char *label);
/* Gives the command buffer its place in the queue's order before it is committed; once. */
TONGS_API void tongs_command_buffer_enqueue(struct tongs_command_buffer *commands);
/* Has it run. False, with an error reported and nothing changed: it is committed already, or an encoder is open. */
TONGS_API bool tongs_command_buffer_commit(struct tongs_command_buffer *commands);
/* How far it is: not enqueued, enqueued, committed, scheduled, completed or failed. */
TONGS_API MTLCommandBufferStatus tongs_command_buffer_get_status(const struct tongs_command_buffer *commands);
/* MTLCommandBufferErrorNone unless the status is Error. `text`, which may be NULL, gets the cause: constant; NULL:
 * none. */
TONGS_API MTLCommandBufferError tongs_command_buffer_get_error(
	const struct tongs_command_buffer *commands, const char **text);
/* Return when its scheduled, or all its handlers have been called; at once, with an error reported, if it is not
 * committed, and in its own handlers. In a completed handler of another one of its queue, the calling thread runs what
 * comes before it; a scheduled handler of one cannot wait, and an error is reported. */
TONGS_API void tongs_command_buffer_wait_until_scheduled(struct tongs_command_buffer *commands);
TONGS_API void tongs_command_buffer_wait_until_completed(struct tongs_command_buffer *commands);
/* When its commands began and ended, in seconds on the clock CLOCK_MONOTONIC; 0 before it has ended. */
TONGS_API double tongs_command_buffer_get_gpu_start_time(const struct tongs_command_buffer *commands);
TONGS_API double tongs_command_buffer_get_gpu_end_time(const struct tongs_command_buffer *commands);

/* Handlers are called once, in the order in which they were added, in a thread of the queue's; they may call Tongs.
 * Scheduled ones are called when the command buffers before it have completed, completed ones when it has, whatever its
 * status. False, with an error reported: it is committed already, or memory ran out. */
typedef void (*tongs_command_buffer_handler)(struct tongs_command_buffer *commands, void *user);
TONGS_API bool tongs_command_buffer_add_scheduled_handler(
	struct tongs_command_buffer *commands, tongs_command_buffer_handler handler, void *user);
TONGS_API bool tongs_command_buffer_add_completed_handler(
	struct tongs_command_buffer *commands, tongs_command_buffer_handler handler, void *user);

/* What follows in the command buffer runs when the event has the value or a higher one. */
TONGS_API void tongs_command_buffer_encode_wait(
	struct tongs_command_buffer *commands, struct tongs_shared_event *event, uint64_t value);
/* Signals the value when what stands before it has completed, or failed. */
TONGS_API void tongs_command_buffer_encode_signal(
	struct tongs_command_buffer *commands, struct tongs_shared_event *event, uint64_t value);

/* An encoder for copies. One encoder of a command buffer is open at a time, until tongs_encoder_end. Commands run as if
 * one after the other: each sees what those before it wrote. A command that is not valid is reported and left out. */
TONGS_API struct tongs_encoder *tongs_command_buffer_new_blit_encoder(struct tongs_command_buffer *commands);
/* Ends the encoder: nothing more can be added to it, and the next one can be opened. */
TONGS_API void tongs_encoder_end(struct tongs_encoder *encoder);

TONGS_API struct tongs_device *tongs_encoder_get_device(const struct tongs_encoder *encoder);
TONGS_API const char *tongs_encoder_get_label(const struct tongs_encoder *encoder);
TONGS_API void tongs_encoder_set_label(struct tongs_encoder *encoder, const char *label);

/* The methods of MTLBlitCommandEncoder, for resources of the encoder's device with any storage mode. Ranges and regions
 * lie inside their resources; source and destination do not overlap. */

/* Copies bytes. */
TONGS_API void tongs_blit_copy_buffer(struct tongs_encoder *encoder, struct tongs_buffer *from, NSUInteger from_offset,
	struct tongs_buffer *to, NSUInteger to_offset, NSUInteger size);
/* Sets bytes to a value. */
TONGS_API void tongs_blit_fill_buffer(
	struct tongs_encoder *encoder, struct tongs_buffer *buffer, NSUInteger offset, NSUInteger size, uint8_t value);
/* Rows of blocks in the buffer are `bytes_per_row` apart, and the images of a 3D texture `bytes_per_image`; 0 is fine
 * where there is one. Offset and pitches are multiples of the bytes of a block; the offset of depth and stencil of 4.
 * `options` chooses the aspect of a format that has both; a depth of 24 bits takes 4 bytes a texel. */
TONGS_API void tongs_blit_copy_buffer_to_texture(struct tongs_encoder *encoder, struct tongs_buffer *from,
	NSUInteger offset, NSUInteger bytes_per_row, NSUInteger bytes_per_image, MTLSize size, struct tongs_texture *to,
	NSUInteger slice, NSUInteger level, MTLOrigin origin, MTLBlitOption options);
TONGS_API void tongs_blit_copy_texture_to_buffer(struct tongs_encoder *encoder, struct tongs_texture *from,
	NSUInteger slice, NSUInteger level, MTLOrigin origin, MTLSize size, struct tongs_buffer *to, NSUInteger offset,
	NSUInteger bytes_per_row, NSUInteger bytes_per_image, MTLBlitOption options);
/* The formats are the same, or colors with texels of one size; so are the numbers of samples. */
TONGS_API void tongs_blit_copy_texture(struct tongs_encoder *encoder, struct tongs_texture *from, NSUInteger from_slice,
	NSUInteger from_level, MTLOrigin from_origin, MTLSize size, struct tongs_texture *to, NSUInteger to_slice,
	NSUInteger to_level, MTLOrigin to_origin);
/* Whole levels, from the given ones on, which have the same sizes. */
TONGS_API void tongs_blit_copy_slices(struct tongs_encoder *encoder, struct tongs_texture *from, NSUInteger from_slice,
	NSUInteger from_level, struct tongs_texture *to, NSUInteger to_slice, NSUInteger to_level,
	NSUInteger slice_count, NSUInteger level_count);
/* All slices and levels that both have, from the first level of one that has the size of the other's first. */
TONGS_API void tongs_blit_copy_textures(
	struct tongs_encoder *encoder, struct tongs_texture *from, struct tongs_texture *to);
/* Every level but the first from the one above it, by linear filtering. A view has the format of its root. */
TONGS_API void tongs_blit_generate_mipmaps(struct tongs_encoder *encoder, struct tongs_texture *texture);

/* A fence orders command buffers of several queues; those of one run one after the other anyway. A command buffer with
 * a pass that waits for a fence starts when all that have a pass which updates it, and were committed before, have run:
 * all but those that would wait for it, because it was enqueued before one that they wait for. */
TONGS_API struct tongs_fence *tongs_device_new_fence(struct tongs_device *device);

TONGS_API struct tongs_device *tongs_fence_get_device(const struct tongs_fence *fence);
TONGS_API const char *tongs_fence_get_label(const struct tongs_fence *fence);
TONGS_API void tongs_fence_set_label(struct tongs_fence *fence, const char *label);
/* The pass of the encoder updates the fence, or waits for it. */
TONGS_API void tongs_blit_update_fence(struct tongs_encoder *encoder, struct tongs_fence *fence);
TONGS_API void tongs_blit_wait_for_fence(struct tongs_encoder *encoder, struct tongs_fence *fence);

/* A texture that a render pass writes: one level, and one slice of it or several from `slice` on. */
struct tongs_render_pass_attachment {
	struct tongs_texture *texture; /* borrowed; NULL, the default: no attachment, and the rest is ignored */
	NSUInteger level;              /* default 0, like the next three */
	NSUInteger slice;              /* a face of a cube is a slice */
	NSUInteger depth_plane;        /* of a 3D texture */
	/* Where the store actions with MultisampleResolve in their names write; NULL, the default: nowhere. */
	struct tongs_texture *resolve_texture;
	NSUInteger resolve_level, resolve_slice, resolve_depth_plane; /* default 0 */
	MTLLoadAction load_action;                                    /* default DontCare; of depth and stencil Clear */
	MTLStoreAction store_action;                                  /* default Store; of depth and stencil DontCare */
	/* For Clear. A color is converted to the format's kind of number; integers are clamped to what the format can
	 * hold, and of an sRGB format the color is linear. */
	MTLClearColor clear_color; /* default 0, 0, 0, 1 */
	double clear_depth;        /* default 1; from 0 to 1 */
	uint32_t clear_stencil;    /* default 0; the lower 8 bits count */
	/* Which of a texel's samples a resolve takes; a color is their mean. The driver may lack Min and Max. */
	MTLMultisampleDepthResolveFilter depth_resolve_filter; /* default Sample0 */
	/* Default Sample0. DepthResolvedSample is the same, and refused if depth is resolved to another. */
	MTLMultisampleStencilResolveFilter stencil_resolve_filter;
};

enum { TONGS_MAX_COLOR_ATTACHMENTS = 8 };

/* The properties of an MTLRenderPassDescriptor. Initialize it with tongs_render_pass_info_init. */
struct tongs_render_pass_info {
	struct tongs_render_pass_attachment colors[TONGS_MAX_COLOR_ATTACHMENTS];
	struct tongs_render_pass_attachment depth, stencil; /* a format with both may be in both */
	NSUInteger render_target_width; /* in texels; 0, the default: of the attachments; see below */
	NSUInteger render_target_height;
	NSUInteger render_target_array_length; /* slices, or planes of 3D textures; 0, the default: one */
};
/* Sets every field to its default. */
TONGS_API void tongs_render_pass_info_init(struct tongs_render_pass_info *info);

/* An encoder for a render pass, which clears its attachments at once and resolves them when it ends: Tongs has no
 * shaders, and nothing is drawn. DontCare is like Load and Store. NULL, with an error reported and nothing recorded, if
 * an attachment is not valid, or the driver cannot clear or resolve it. */
TONGS_API struct tongs_encoder *tongs_command_buffer_new_render_encoder(
	struct tongs_command_buffer *commands, const struct tongs_render_pass_info *info);
/* Instead of the pass's store action, which must be Unknown. */
TONGS_API void tongs_render_set_color_store_action(
	struct tongs_encoder *encoder, MTLStoreAction action, NSUInteger index);
TONGS_API void tongs_render_set_depth_store_action(struct tongs_encoder *encoder, MTLStoreAction action);
TONGS_API void tongs_render_set_stencil_store_action(struct tongs_encoder *encoder, MTLStoreAction action);
/* As tongs_blit_update_fence and tongs_blit_wait_for_fence; `stages`: one or more, which are all the same. */
TONGS_API void tongs_render_update_fence(
	struct tongs_encoder *encoder, struct tongs_fence *fence, MTLRenderStages stages);
TONGS_API void tongs_render_wait_for_fence(
	struct tongs_encoder *encoder, struct tongs_fence *fence, MTLRenderStages stages);

enum { TONGS_SURFACE_MAX_PLANES = 4 };
/* A plane of a surface, or all of one that has no planes. An element is what bytes_per_element store: one pixel, or a
 * block of element_width x element_height. A field that is 0 gets its default. Vulkan imports a plane whose rows are
 * where the driver has them: by default, they are where that of the device has them that was made first of those that
 * live. For another device, see tongs_device_get_minimum_linear_texture_alignment. Without a device, or
 * with that of the parent of a fork, at exit, and for elements that are not of 1, 2, 4, 8 or 16 bytes, a row is rounded
 * up to 64. */
struct tongs_surface_plane {
	NSUInteger width, height;                 /* pixels; no default */
	NSUInteger bytes_per_element;             /* default 1 */
	NSUInteger element_width, element_height; /* pixels; default 1 */
	NSUInteger bytes_per_row;                 /* default: what a row takes, rounded up */
	NSUInteger offset;                        /* in the surface; default: the page behind the plane before */
	NSUInteger size;                          /* default: that of all rows */
};
/* The properties of a surface, of which some have defaults if they are 0, so that textures can be made over it. */
struct tongs_surface_info {
	/* Of all pixels. If there are planes: width and height are those of the first by default, and the rest is.
	 * Without planes, width and height may both be 0 if alloc_size is not: a surface that is bytes. */
	struct tongs_surface_plane whole;
	uint32_t pixel_format;  /* four characters: 'BGRA' is 0x42475241; not interpreted */
	NSUInteger alloc_size;  /* default: up to the end of the last plane, in whole pages */
	NSUInteger plane_count; /* up to TONGS_SURFACE_MAX_PLANES; 0: the surface is not planar */
	struct tongs_surface_plane planes[TONGS_SURFACE_MAX_PLANES];
};
/* A surface: pages of the process, zeroed at first, which textures of any device show. */
TONGS_API struct tongs_surface *tongs_surface_new(const struct tongs_surface_info *info);
/* One that other processes can get, for tongs_handle_send; with kIOSurfaceIsGlobal, an IOSurface is such a one. See
 * tongs_device_new_shareable_buffer. */
TONGS_API struct tongs_surface *tongs_surface_new_shareable(const struct tongs_surface_info *info);
/* A reference to the live surface with this ID. NULL, with nothing reported, if there is none; no surface has 0. */
TONGS_API struct tongs_surface *tongs_surface_new_from_id(uint32_t id);
/* Unique in the process as long as the surface lives. */
TONGS_API uint32_t tongs_surface_get_id(const struct tongs_surface *surface);
/* Fills `info` with the properties, in which defaults are replaced by values. */
TONGS_API void tongs_surface_get_info(const struct tongs_surface *surface, struct tongs_surface_info *info);
/* The CPU's address of the first pixel, constant while the surface lives. `plane`: of a surface that is not planar, 0
 * is all of it. NULL, with an error reported, if there is no such plane. */
TONGS_API void *tongs_surface_get_base_address(const struct tongs_surface *surface);
TONGS_API void *tongs_surface_get_base_address_of_plane(const struct tongs_surface *surface, NSUInteger plane);
/* Begin and end access by the CPU. Locks nest, and do not exclude each other: programs synchronize access themselves,
 * as on Metal. The seed changes at the end of each access that was not read-only. `seed` receives it; may be NULL.
 * False, with an error reported, if no lock of the kind is held, or too many are. */
TONGS_API bool tongs_surface_lock(struct tongs_surface *surface, bool read_only, uint32_t *seed);
TONGS_API bool tongs_surface_unlock(struct tongs_surface *surface, bool read_only, uint32_t *seed);
/* The seed now. */
TONGS_API uint32_t tongs_surface_get_seed(const struct tongs_surface *surface);
/* How often this process says that it uses the surface, for pools of surfaces; 0 at first. It keeps nothing alive. */
TONGS_API void tongs_surface_increment_use_count(struct tongs_surface *surface);
TONGS_API void tongs_surface_decrement_use_count(struct tongs_surface *surface);
TONGS_API int32_t tongs_surface_get_use_count(const struct tongs_surface *surface);
/* Whether the count is not 0, here or in another process that has the surface; that of one that has ended is 0. */
TONGS_API bool tongs_surface_is_in_use(const struct tongs_surface *surface);
/* newTextureWithDescriptor:iosurface:plane:. A texture whose texels are the bytes of a plane of `surface`, to which it
 * holds a reference: 2D, Shared, with one level and a color format whose texels are as large as the plane's elements.
 * It is not larger than the plane, whose offset and pitch are multiples of
 * tongs_device_get_minimum_linear_texture_alignment. */
TONGS_API struct tongs_texture *tongs_device_new_texture_from_surface(struct tongs_device *device,
	const struct tongs_texture_info *info, struct tongs_surface *surface, NSUInteger plane);
/* The surface over which the texture, or the root of a view, was created, or NULL; and the plane. */
TONGS_API struct tongs_surface *tongs_texture_get_surface(const struct tongs_texture *texture);
TONGS_API NSUInteger tongs_texture_get_surface_plane(const struct tongs_texture *texture);
/* Sends an object to another process, over a connected Unix socket of type SOCK_STREAM or SOCK_SEQPACKET: a buffer, a
 * texture, a heap, a surface, a shared event, or an Objective-C handle of an event or texture. `handle` may be any
 * pointer. A view, and a texture over a buffer or surface, travels with the object that it shows. What is in a heap can
 * be sent by itself; the other process then can read and write all of the heap's memory. The bytes must be memory that
 * processes can share: see tongs_device_new_shareable_buffer and tongs_surface_new_shareable.
 *
 * Returns false, with the reason reported, if the object cannot be sent, or the other process has closed its end; no
 * SIGPIPE is raised. Waits for room in the socket as that says (O_NONBLOCK, SO_SNDTIMEO). */
TONGS_API bool tongs_handle_send(int socket, const void *handle);
/* Receives an object that tongs_handle_send of another process (or this one) sent: a new reference to an object of this
 * process' own with the same properties and label over the same bytes, whichever process releases its object first. A
 * heap is received without the resources in it, for which the processes must agree on offsets. A view's parent is the
 * texture that it showed through all views. An event has the same value in all processes; waits, notifications and
 * Vulkan's semaphores in each are for signals of all. A surface has the same seed in all processes, and is in use if it
 * is in any; its ID, locks, use count and values are each process' own, as if it had been created there. `device`: the
 * device of the object, or NULL for the one with the UUIDs of the sender's device and driver; surfaces have none.
 * tongs_handle_kind returns the object's kind.
 *
 * Returns NULL, with the reason reported, if the socket has ended, or the message is none of the same version of Tongs,
 * is damaged, or is about memory that could make this process fault. Then nothing of it stays open; close the socket,
 * for the rest of a stream has no meaning. Waits for the beginning of a message as the socket says (O_NONBLOCK,
 * SO_RCVTIMEO), and five seconds for the rest. One thread at a time receives from a socket. */
TONGS_API void *tongs_handle_receive(int socket, struct tongs_device *device);

/* What an Objective-C method does. */
enum tongs_method_answer {
	TONGS_METHOD_WORKS,
	TONGS_METHOD_KEEPS_VALUE, /* sets or gets a property that nothing uses */
	TONGS_METHOD_ANSWERS_NO,  /* NO, 0, nil or nothing, for Tongs does not have what it asks about */
	TONGS_METHOD_REFUSES,     /* reports an error, returns nil and gives an NSError, where it has one to give */
};

/* Calls `visit` for every instance method of Metal's protocols and classes, in no particular order: `owner` is
 * "MTLDevice" or the like, `reason` why it refuses or NULL. The texts are constant. Objects do what is said here, for
 * both come from the same tables. */
TONGS_API void tongs_visit_methods(void (*visit)(const char *owner, const char *selector,
					   enum tongs_method_answer answer, const char *reason, void *user),
	void *user);

#ifdef __cplusplus
}
#endif

#endif
