/* SPDX-License-Identifier: MIT */
/* MTLResource: where a resource's bytes are, and the properties that buffers and textures share. */
#include "metal/resource.h"
#include "memory/payload.h"

#include "util/log.h"
#include "metal/released.h"

bool tongs_placement_allocate(struct tongs_placement *site, struct tongs_device *device, const char *what,
	uint64_t size, MTLResourceOptions options) {
	struct tongs_payload *payload = tongs_payload_create(size);
	if (!payload) {
		tongs_log_error("%s no memory for %llu bytes", what, (unsigned long long)size);
		return false;
	}
	*site = (struct tongs_placement){
		.device = device,
		.payload = payload,
		.size = tongs_payload_get_size(payload),
		.options = tongs_options_with_hazard_tracking(options, MTLHazardTrackingModeTracked),
	};
	return true;
}

bool tongs_placement_place(struct tongs_placement *site, struct tongs_heap *heap, const char *what, uint64_t size,
	uint64_t alignment, MTLResourceOptions options, const NSUInteger *offset) {
	uint64_t place = offset ? *offset : 0;
	if (!tongs_storage_check_within(&heap->storage, "heap", options, what))
		return false;
	if (offset ? !tongs_heap_place_at(heap, what, size, alignment, place)
		   : !tongs_heap_place(heap, what, size, alignment, &place))
		return false;
	MTLHazardTrackingMode mode = tongs_options_hazard_tracking_mode(heap->storage.options);
	*site = (struct tongs_placement){
		.device = heap->storage.device,
		.payload = heap->storage.payload,
		.offset = heap->storage.offset + place,
		.size = size,
		.options = tongs_options_with_hazard_tracking(options, mode),
		.heap = heap,
		.placed = true,
	};
	return true;
}

/* Who has the place that the resource's bytes are in. */
static struct tongs_resource *owner_of(const struct tongs_resource *resource) {
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
		.owner = owner_of(owner),
	};
}

void tongs_placement_abandon(const struct tongs_placement *site) {
	if (site->placed)
		tongs_heap_displace(site->heap, site->offset - site->heap->storage.offset, site->size);
}

void tongs_resource_init(struct tongs_resource *resource, const struct tongs_placement *site) {
	tongs_storage_init(&resource->storage, site->device, site->payload, site->offset, site->size, site->options);
	resource->heap = tongs_heap_ref(site->heap);
	resource->heap_offset = site->heap ? site->offset - site->heap->storage.offset : 0;
	atomic_init(&resource->placed, site->placed);
	resource->owner = site->owner;
}

static void displace(struct tongs_resource *resource) {
	if (atomic_exchange(&resource->placed, false))
		tongs_heap_displace(resource->heap, resource->heap_offset, resource->storage.size);
}

void tongs_resource_finish(struct tongs_resource *resource) {
	displace(resource);
	tongs_released_note_label(&resource->object, &resource->storage.label);
	tongs_storage_finish(&resource->storage);
	tongs_heap_unref(resource->heap);
}

const char *tongs_resource_get_label(const struct tongs_resource *resource) {
	return tongs_label_lend(&resource->storage.label);
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
	return owner_of(resource)->heap;
}

NSUInteger tongs_resource_get_heap_offset(const struct tongs_resource *resource) {
	const struct tongs_resource *owner = owner_of(resource);
	return owner->heap ? owner->heap_offset + (resource->storage.offset - owner->storage.offset) : 0;
}

NSUInteger tongs_resource_get_allocated_size(const struct tongs_resource *resource) {
	return resource->storage.size;
}

void tongs_resource_make_aliasable(struct tongs_resource *resource) {
	struct tongs_resource *owner = owner_of(resource);
	if (!owner->heap)
		tongs_log_warning("makeAliasable: the resource is in no heap, so nothing can take its place");
	else if (owner->heap->type == MTLHeapTypeAutomatic)
		displace(owner);
}

/* Resources of a placement heap may overlap from the start. */
bool tongs_resource_is_aliasable(const struct tongs_resource *resource) {
	const struct tongs_resource *owner = owner_of(resource);
	return owner->heap && (owner->heap->type == MTLHeapTypePlacement || !atomic_load(&owner->placed));
}

MTLPurgeableState tongs_resource_set_purgeable_state(struct tongs_resource *resource, MTLPurgeableState state) {
	return tongs_storage_set_purgeable_state(&owner_of(resource)->storage, state);
}
