/* SPDX-License-Identifier: MIT */
/* What heaps, buffers and textures have in common (storage), what buffers and textures share (MTLResource), and where
 * the bytes of a new resource are placed. */
#ifndef TONGS_METAL_RESOURCE_H
#define TONGS_METAL_RESOURCE_H

#include <stdatomic.h>

#include "memory/driver_memory.h"
#include "memory/payload.h"
#include "metal/label.h"
#include "metal/object.h"
#include "vulkan/own_buffer.h"

struct tongs_storage {
	struct tongs_device *device;   /* a reference */
	struct tongs_payload *payload; /* a reference, accounted to the device */
	uint64_t offset;               /* bytes, of the object's first byte in the payload */
	uint64_t size;                 /* bytes of the payload from there on that belong to the object */
	MTLResourceOptions options;    /* hazard tracking is never Default */
	struct tongs_label label;
	_Atomic MTLPurgeableState purgeable_state;
	bool of_surface; /* the bytes are a surface's, which is not emptied */
	bool of_planes;  /* a plane; the bytes are those of all planes of an image, of which none is emptied */
};

/* `storage` is zeroed. Takes references of its own. */
void tongs_storage_init(struct tongs_storage *storage, struct tongs_device *device, struct tongs_payload *payload,
	uint64_t offset, uint64_t size, MTLResourceOptions options);
void tongs_storage_finish(struct tongs_storage *storage); /* a zeroed one is fine */

/* tongs_storage_get_bytes for driver memory. */
void *tongs_storage_map(const struct tongs_storage *storage);
/* The address of the object's first byte. NULL if the payload is Private, or on failure, which is logged. */
static inline void *tongs_storage_get_bytes(const struct tongs_storage *storage) {
	char *contents = storage->payload->import.contents;
	return contents ? contents + storage->offset : tongs_storage_map(storage);
}

/* The payload's memory on `own`, if that has allocated or imported it; else VK_NULL_HANDLE. */
static inline VkDeviceMemory tongs_storage_find_own_memory(
	const struct tongs_storage *storage, const struct tongs_own_device *own) {
	return tongs_payload_is_driver_memory(storage->payload) ? tongs_driver_memory_find_own(storage->payload, own)
								: VK_NULL_HANDLE;
}

/* `*own`, a buffer for the first `size` bytes on libtongs' own device; created at the first call. NULL, with an error
 * logged, on failure. */
struct tongs_own_buffer *tongs_storage_get_own_buffer(
	const struct tongs_storage *storage, uint64_t size, _Atomic(struct tongs_own_buffer *) *own);

/* Logs an error, and keeps the old label, when memory runs out. */
void tongs_storage_set_label(struct tongs_storage *storage, const char *label);
/* Returns the old state. */
MTLPurgeableState tongs_storage_set_purgeable_state(struct tongs_storage *storage, MTLPurgeableState state);

/* Whether tongs_handle_send can send objects in the payload. */
bool tongs_payload_is_shareable(const struct tongs_payload *payload);

static inline MTLStorageMode tongs_options_storage_mode(MTLResourceOptions options) {
	return (options & MTLResourceStorageModeMask) >> MTLResourceStorageModeShift;
}

static inline MTLCPUCacheMode tongs_options_cpu_cache_mode(MTLResourceOptions options) {
	return (options & MTLResourceCPUCacheModeMask) >> MTLResourceCPUCacheModeShift;
}

static inline MTLHazardTrackingMode tongs_options_hazard_tracking_mode(MTLResourceOptions options) {
	return (options & MTLResourceHazardTrackingModeMask) >> MTLResourceHazardTrackingModeShift;
}

/* `options` with Default hazard tracking replaced by `mode`. */
static inline MTLResourceOptions tongs_options_with_hazard_tracking(
	MTLResourceOptions options, MTLHazardTrackingMode mode) {
	if (tongs_options_hazard_tracking_mode(options) != MTLHazardTrackingModeDefault)
		return options;
	return options | mode << MTLResourceHazardTrackingModeShift;
}

/* The options of an object for `payload`. */
static inline MTLResourceOptions tongs_options_for_payload(const struct tongs_payload *payload,
	MTLCPUCacheMode cpu_cache_mode, MTLHazardTrackingMode hazard_tracking_mode) {
	return tongs_payload_get_storage_mode(payload) << MTLResourceStorageModeShift |
	       cpu_cache_mode << MTLResourceCPUCacheModeShift |
	       hazard_tracking_mode << MTLResourceHazardTrackingModeShift;
}

/* Whether the CPU may access the bytes. */
static inline bool tongs_options_host_visible(MTLResourceOptions options) {
	return tongs_options_storage_mode(options) != MTLStorageModePrivate;
}

/* Whether `device` can make objects with `options`. If not, logs an error that begins with `what`, a selector. */
bool tongs_storage_check_options(const struct tongs_device *device, MTLResourceOptions options, const char *what);
/* Whether an object with `options` may be placed in `owner`, a heap or a buffer, as `owner_name` says. If not, logs an
 * error that begins with `what`, a selector. */
bool tongs_storage_check_within(
	const struct tongs_storage *owner, const char *owner_name, MTLResourceOptions options, const char *what);

struct tongs_resource {
	struct tongs_object object;
	struct tongs_storage storage;
	struct tongs_heap *heap; /* a reference; NULL: not in a heap, or in `owner` */
	uint64_t heap_offset;
	atomic_bool placed; /* the heap counts the bytes as used, see tongs_heap_release_place */
	/* The texture that a view shows, or the buffer that a texture is made over, whose place in a heap and purgeable
	 * state are this one's, too. NULL: the resource has bytes of its own. Kept alive by whoever sets it. */
	struct tongs_resource *owner;
};

/* Where a new resource is placed. All pointers are borrowed. */
struct tongs_placement {
	struct tongs_device *device;
	struct tongs_payload *payload;
	uint64_t offset; /* bytes, in the payload */
	uint64_t size;
	MTLResourceOptions options;
	struct tongs_heap *heap; /* NULL: not in a heap */
	uint64_t heap_offset;
	bool placed; /* taken from `heap`, and given back with the resource */
	struct tongs_resource *owner;
};

/* The role in which buffers with `options` are shared. Private ones are what a heap is. */
static inline enum tongs_role tongs_options_get_role(MTLResourceOptions options) {
	return tongs_options_host_visible(options) ? TONGS_ROLE_BUFFER : TONGS_ROLE_OPTIMAL;
}

/* The role in which a device's heaps with `options`, and the buffers in them, are shared. */
enum tongs_role tongs_device_get_heap_role(const struct tongs_device *device, MTLResourceOptions options);

/* Allocates a new payload of the role's kind of memory, which the caller unrefs. Driver memory has a memory type that
 * buffers can be bound to and that is in the mask `memory_types`. `shareable`: other processes can get it. False, with
 * an error logged, on failure. */
bool tongs_placement_allocate(struct tongs_placement *placement, struct tongs_device *device, const char *what,
	enum tongs_role role, uint64_t size, uint32_t memory_types, MTLResourceOptions options, bool shareable);
/* Places a resource in all of `payload`. */
struct tongs_placement tongs_placement_of_payload(
	struct tongs_device *device, struct tongs_payload *payload, MTLResourceOptions options);
/* The bytes of `owner` from `offset` on. */
struct tongs_placement tongs_placement_within(struct tongs_resource *owner, uint64_t offset);

/* `resource` is zeroed. Takes references of its own, and the place in the heap. */
void tongs_resource_init(struct tongs_resource *resource, const struct tongs_placement *placement);
/* After tongs_heap_release_place. Records the label for messages about the dead handle. */
void tongs_resource_finish(struct tongs_resource *resource);

/* The resource whose place and purgeable state are this one's: itself, if it has bytes of its own. */
struct tongs_resource *tongs_resource_get_owner(const struct tongs_resource *resource);

#endif
