/* SPDX-License-Identifier: MIT */
/* MTLResource, and the rules for MTLResourceOptions. */
#include "metal/resource.h"

#include <string.h>

#include "memory/driver_memory.h"
#include "memory/host_pages.h"
#include "metal/device.h"
#include "util/alloc.h"
#include "util/log.h"

static const char *const storage_mode_names[] = {
	[MTLStorageModeShared] = "Shared",
	[MTLStorageModeManaged] = "Managed",
	[MTLStorageModePrivate] = "Private",
	[MTLStorageModeMemoryless] = "Memoryless",
};

void tongs_storage_init(struct tongs_storage *storage, struct tongs_device *device, struct tongs_payload *payload,
	uint64_t offset, uint64_t size, MTLResourceOptions options) {
	storage->device = tongs_device_ref(device);
	storage->payload = tongs_payload_account(payload, &device->allocated_size);
	storage->offset = offset;
	storage->size = size;
	storage->options = options;
	atomic_init(&storage->purgeable_state, MTLPurgeableStateNonVolatile);
}

void tongs_storage_finish(struct tongs_storage *storage) {
	tongs_label_finish(&storage->label);
	if (storage->payload)
		tongs_payload_unaccount(storage->payload, &storage->device->allocated_size);
	tongs_device_unref(storage->device);
}

void *tongs_storage_map(const struct tongs_storage *storage) {
	if (tongs_payload_get_storage_mode(storage->payload) == MTLStorageModePrivate)
		return NULL;
	struct tongs_own_device *own = tongs_device_get_own_device(storage->device);
	char *contents = own ? tongs_payload_map(storage->payload, own) : NULL;
	return contents ? contents + storage->offset : NULL;
}

/* Writes zeros, unless the CPU does not reach the bytes: then they stay, and are as undefined. */
static void clear(const struct tongs_storage *storage) {
	void *bytes = tongs_storage_get_bytes(storage);
	if (bytes)
		memset(bytes, 0, storage->size);
}

struct tongs_own_buffer *tongs_storage_get_own_buffer(
	const struct tongs_storage *storage, uint64_t size, _Atomic(struct tongs_own_buffer *) *own) {
	struct tongs_own_buffer *buffer = atomic_load_explicit(own, memory_order_acquire), *other = NULL;
	struct tongs_own_device *dev = buffer ? NULL : tongs_device_get_own_device(storage->device);
	if (!dev)
		return buffer;
	buffer = tongs_own_buffer_create(dev, tongs_payload_get_import(storage->payload),
		tongs_storage_find_own_memory(storage, dev), storage->offset, size);
	if (!buffer || atomic_compare_exchange_strong(own, &other, buffer))
		return buffer;
	/* Another thread has set one first. */
	tongs_own_buffer_destroy(buffer);
	return other;
}

void tongs_storage_set_label(struct tongs_storage *storage, const char *label) {
	if (!tongs_label_set(&storage->label, label))
		tongs_log_error("out of memory for the label `%.64s': the old one is kept", label);
}

MTLPurgeableState tongs_storage_set_purgeable_state(struct tongs_storage *storage, MTLPurgeableState state) {
	if (state == MTLPurgeableStateKeepCurrent)
		return atomic_load(&storage->purgeable_state);
	if (state < MTLPurgeableStateKeepCurrent || state > MTLPurgeableStateEmpty) {
		tongs_log_error("setPurgeableState: %lu is not an MTLPurgeableState: the old one is kept",
			(unsigned long)state);
		return atomic_load(&storage->purgeable_state);
	}
	if (state == MTLPurgeableStateEmpty && tongs_payload_is_read_only(storage->payload))
		tongs_log_warning("setPurgeableState: Empty: the buffer's pages are read-only memory of the program, "
				  "which is not cleared");
	else if (state == MTLPurgeableStateEmpty && storage->of_surface)
		tongs_log_warning("setPurgeableState: Empty: the bytes are an IOSurface's, which is not cleared: write "
				  "zeros to it");
	else if (state == MTLPurgeableStateEmpty && storage->of_planes)
		tongs_log_warning("setPurgeableState: Empty: the texture is a plane of an image, whose bytes are not "
				  "cleared: write zeros to it");
	else if (state == MTLPurgeableStateEmpty)
		clear(storage);
	return atomic_exchange(&storage->purgeable_state, state);
}

bool tongs_storage_check_options(const struct tongs_device *device, MTLResourceOptions options, const char *what) {
	const MTLResourceOptions valid =
		MTLResourceCPUCacheModeMask | MTLResourceStorageModeMask | MTLResourceHazardTrackingModeMask;
	if ((options & ~valid) || tongs_options_cpu_cache_mode(options) > MTLCPUCacheModeWriteCombined ||
		tongs_options_storage_mode(options) > MTLStorageModeMemoryless ||
		tongs_options_hazard_tracking_mode(options) > MTLHazardTrackingModeTracked) {
		tongs_log_error("%s: 0x%lx are no MTLResourceOptions: combine MTLResourceStorageMode..., "
				"MTLResourceCPUCacheMode... and MTLResourceHazardTrackingMode... constants",
			what, (unsigned long)options);
		return false;
	}
	switch (tongs_options_storage_mode(options)) {
	case MTLStorageModeManaged:
		if (!tongs_device_has_unified_memory(device))
			return true;
		tongs_log_error("%s: storage mode Managed on a device with unified memory: use Shared", what);
		return false;
	case MTLStorageModeMemoryless:
		tongs_log_error("%s: storage mode Memoryless has no memory to share: use Shared or Private", what);
		return false;
	default:
		return true;
	}
}

bool tongs_storage_check_within(
	const struct tongs_storage *owner, const char *owner_name, MTLResourceOptions options, const char *what) {
	MTLStorageMode mode = tongs_options_storage_mode(options);
	MTLStorageMode owner_mode = tongs_options_storage_mode(owner->options);
	if (mode != owner_mode) {
		tongs_log_error("%s: storage mode %s in a %s with %s: they must be the same", what,
			storage_mode_names[mode], owner_name, storage_mode_names[owner_mode]);
		return false;
	}
	if (tongs_options_cpu_cache_mode(options) != tongs_options_cpu_cache_mode(owner->options)) {
		tongs_log_error("%s: CPU cache mode %lu in a %s with %lu: they must be the same", what,
			(unsigned long)tongs_options_cpu_cache_mode(options), owner_name,
			(unsigned long)tongs_options_cpu_cache_mode(owner->options));
		return false;
	}
	return true;
}

/* Driver memory on libtongs' own device, zeroed if the CPU reaches it. NULL, with an error logged, on failure. */
static struct tongs_payload *create_driver_memory(struct tongs_device *device, const char *what, enum tongs_role role,
	uint64_t size, uint32_t memory_types, bool host_visible) {
	struct tongs_own_device *own = tongs_device_get_own_device(device);
	VkMemoryRequirements requirements;
	if (!own || !tongs_own_device_query_buffer_requirements(own, role, size, &requirements))
		return NULL;
	const int type =
		tongs_own_device_choose_driver_type(own, requirements.memoryTypeBits & memory_types, host_visible);
	if (type < 0) {
		tongs_log_error("%s %s has no memory type for it that the CPU can%s map: use storage mode %s", what,
			device->properties.deviceName, host_visible ? "" : "not", host_visible ? "Private" : "Shared");
		return NULL;
	}
	const struct tongs_driver_memory_info info = {
		.size = (requirements.size + tongs_page_size() - 1) & ~(tongs_page_size() - 1),
		.memory_type = (uint32_t)type,
		.host_visible = tongs_device_is_host_visible(device, (uint32_t)type),
	};
	struct tongs_own_memory memory;
	VkResult result = tongs_own_memory_allocate(own, info.size, info.memory_type, VK_NULL_HANDLE, &memory);
	struct tongs_payload *payload = result == VK_SUCCESS ? tongs_driver_memory_wrap(&info, &memory) : NULL;
	if (!payload)
		tongs_log_error("%s %llu bytes of driver memory: %s", what, (unsigned long long)size,
			tongs_vk_result_name(result == VK_SUCCESS ? VK_ERROR_OUT_OF_HOST_MEMORY : result));
	if (!payload || !host_visible)
		return payload;
	void *bytes = tongs_payload_map(payload, own);
	if (bytes) {
		memset(bytes, 0, info.size);
		return payload;
	}
	tongs_payload_unref(payload);
	return NULL;
}

enum tongs_role tongs_device_get_heap_role(const struct tongs_device *device, MTLResourceOptions options) {
	return device->roles.splits ? tongs_options_get_role(options) : TONGS_ROLE_OPTIMAL;
}

struct tongs_placement tongs_placement_of_payload(
	struct tongs_device *device, struct tongs_payload *payload, MTLResourceOptions options) {
	return (struct tongs_placement){
		.device = device,
		.payload = payload,
		.size = tongs_payload_get_size(payload),
		.options = tongs_options_with_hazard_tracking(options, MTLHazardTrackingModeTracked),
	};
}

bool tongs_placement_allocate(struct tongs_placement *placement, struct tongs_device *device, const char *what,
	enum tongs_role role, uint64_t size, uint32_t memory_types, MTLResourceOptions options, bool shareable) {
	const struct tongs_import_kind *kind = device->roles.kinds[role];
	struct tongs_payload *payload;
	if (kind && kind->allocated_by_device) {
		payload = create_driver_memory(
			device, what, role, size, memory_types, tongs_options_host_visible(options));
	} else {
		payload = shareable ? tongs_payload_create_shareable(size) : tongs_payload_create(size);
		if (!payload)
			tongs_log_error("%s out of memory%s for %llu bytes", what,
				shareable ? " or file descriptors" : "", (unsigned long long)size);
	}
	if (payload)
		*placement = tongs_placement_of_payload(device, payload, options);
	return payload;
}

bool tongs_payload_is_shareable(const struct tongs_payload *payload) {
	return tongs_payload_is_driver_memory(payload) || tongs_host_pages_get_fd(payload) >= 0;
}

struct tongs_resource *tongs_resource_get_owner(const struct tongs_resource *resource) {
	return resource->owner ? resource->owner : (struct tongs_resource *)resource;
}

struct tongs_placement tongs_placement_within(struct tongs_resource *owner, uint64_t offset) {
	const struct tongs_storage *storage = &owner->storage;
	return (struct tongs_placement){
		.device = storage->device,
		.payload = storage->payload,
		.offset = storage->offset + offset,
		.size = storage->size - offset,
		.options = storage->options,
		.owner = tongs_resource_get_owner(owner),
	};
}

void tongs_resource_init(struct tongs_resource *resource, const struct tongs_placement *placement) {
	tongs_storage_init(&resource->storage, placement->device, placement->payload, placement->offset,
		placement->size, placement->options);
	resource->heap = tongs_heap_ref(placement->heap);
	resource->heap_offset = placement->heap_offset;
	atomic_init(&resource->placed, placement->placed);
	resource->owner = placement->owner;
}

void tongs_resource_finish(struct tongs_resource *resource) {
	tongs_released_record_label(&resource->object, &resource->storage.label);
	tongs_storage_finish(&resource->storage);
	tongs_heap_unref(resource->heap);
}

const char *tongs_resource_get_label(const struct tongs_resource *resource) {
	return tongs_label_get(&resource->storage.label);
}

void tongs_resource_set_label(struct tongs_resource *resource, const char *label) {
	tongs_storage_set_label(&resource->storage, label);
}

struct tongs_device *tongs_resource_get_device(const struct tongs_resource *resource) {
	return resource->storage.device;
}

MTLResourceOptions tongs_resource_get_resource_options(const struct tongs_resource *resource) {
	return resource->storage.options;
}

MTLStorageMode tongs_resource_get_storage_mode(const struct tongs_resource *resource) {
	return tongs_options_storage_mode(resource->storage.options);
}

MTLCPUCacheMode tongs_resource_get_cpu_cache_mode(const struct tongs_resource *resource) {
	return tongs_options_cpu_cache_mode(resource->storage.options);
}

MTLHazardTrackingMode tongs_resource_get_hazard_tracking_mode(const struct tongs_resource *resource) {
	return tongs_options_hazard_tracking_mode(resource->storage.options);
}

struct tongs_heap *tongs_resource_get_heap(const struct tongs_resource *resource) {
	return tongs_resource_get_owner(resource)->heap;
}

NSUInteger tongs_resource_get_heap_offset(const struct tongs_resource *resource) {
	const struct tongs_resource *owner = tongs_resource_get_owner(resource);
	return owner->heap ? owner->heap_offset + (resource->storage.offset - owner->storage.offset) : 0;
}

NSUInteger tongs_resource_get_allocated_size(const struct tongs_resource *resource) {
	return resource->storage.size;
}

MTLPurgeableState tongs_resource_set_purgeable_state(struct tongs_resource *resource, MTLPurgeableState state) {
	return tongs_storage_set_purgeable_state(&tongs_resource_get_owner(resource)->storage, state);
}
