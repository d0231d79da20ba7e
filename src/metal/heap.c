/* SPDX-License-Identifier: MIT */
/* MTLHeap: one payload in which resources are placed, where the heap finds room or where the caller says. */
#include "metal/heap.h"

#include <pthread.h>

#include "metal/device.h"
#include "metal/interop.h"
#include "util/alloc.h"
#include "util/fork.h"
#include "util/log.h"
#include "vulkan/own_image.h"

/* Each guards the ranges of some heaps: fork() takes all locks, so their number must not grow with the heaps. */
static pthread_mutex_t locks[] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};

TONGS_FORK_STATIC_LOCKS(locks, TONGS_LOCK_HEAP, sizeof(locks) / sizeof(locks[0]), sizeof(locks[0]), NULL);

static pthread_mutex_t *lock_of(const struct tongs_heap *heap) {
	return &locks[((uintptr_t)heap >> 8) % (sizeof(locks) / sizeof(locks[0]))];
}

static void finish(struct tongs_heap *heap) {
	tongs_released_record_label(&heap->object, &heap->storage.label);
	tongs_ranges_finish(&heap->ranges);
	tongs_storage_finish(&heap->storage);
}

static struct tongs_object *destroy(struct tongs_object *object) {
	finish((struct tongs_heap *)object);
	return tongs_object_free(object);
}

/* A heap that is the first `size` bytes of `payload`. NULL when memory runs out. */
static struct tongs_heap *create(struct tongs_device *device, struct tongs_payload *payload, uint64_t size,
	MTLHeapType type, MTLResourceOptions options) {
	struct tongs_heap *heap = tongs_malloc(1, sizeof(*heap));
	if (!heap)
		return NULL;
	heap->type = type;
	tongs_storage_init(&heap->storage, device, payload, 0, size,
		tongs_options_with_hazard_tracking(options, MTLHazardTrackingModeUntracked));
	if (type == MTLHeapTypeAutomatic && !tongs_ranges_init(&heap->ranges, size))
		goto fail;
	if (!tongs_object_publish(&heap->object, TONGS_KIND_HEAP, destroy))
		goto fail;
	return heap;

fail:
	finish(heap);
	tongs_free(NULL, heap);
	return NULL;
}

/* The memory types of driver memory that colour and depth images can be bound to; those of buffers may be more. */
static uint32_t find_memory_types(struct tongs_device *device) {
	const VkFormat formats[] = {VK_FORMAT_R8G8B8A8_UNORM, VK_FORMAT_D16_UNORM};
	const struct tongs_import_kind *kind = device->roles.kinds[TONGS_ROLE_OPTIMAL];
	struct tongs_own_device *own = NULL;
	uint32_t types = UINT32_MAX;
	if (kind && kind->allocated_by_device && device->roles.takes_optimal)
		own = tongs_device_get_own_device(device);
	for (size_t i = 0; own && i < sizeof(formats) / sizeof(formats[0]); i++) {
		const struct tongs_image_shape shape = {
			.format = formats[i],
			.type = VK_IMAGE_TYPE_2D,
			.extent = {64, 64, 1},
			.levels = 1,
			.layers = 1,
			.samples = VK_SAMPLE_COUNT_1_BIT,
			.tiling = VK_IMAGE_TILING_OPTIMAL,
		};
		struct tongs_own_image_requirements requirements;
		if (tongs_own_image_query_requirements(own, kind, &shape, 0, &requirements))
			types &= requirements.memory.memoryTypeBits;
	}
	return types;
}

struct tongs_heap *tongs_heap_new_in_payload(
	const struct tongs_placement *placement, MTLHeapType type, const char *what) {
	struct tongs_heap *heap =
		create(placement->device, placement->payload, placement->size, type, placement->options);
	if (!heap)
		tongs_log_error("%s out of memory for the heap object", what);
	return heap;
}

static struct tongs_heap *new_heap(
	struct tongs_device *device, const struct tongs_heap_info *info, bool shareable, const char *what) {
	if (info->size == 0) {
		tongs_log_error("%s size is 0: set the descriptor's size", what);
		return NULL;
	}
	if (info->type != MTLHeapTypeAutomatic && info->type != MTLHeapTypePlacement) {
		tongs_log_error("%s type %ld: only Automatic (0) and Placement (1) heaps are supported", what,
			(long)info->type);
		return NULL;
	}
	if (!tongs_storage_check_options(device, info->resource_options, what))
		return NULL;

	/* What the CPU maps holds buffers, and images only where their memory types can be mapped. */
	const uint32_t types =
		tongs_options_host_visible(info->resource_options) ? UINT32_MAX : find_memory_types(device);
	struct tongs_placement placement;
	if (!tongs_placement_allocate(&placement, device, what,
		    tongs_device_get_heap_role(device, info->resource_options), info->size, types,
		    info->resource_options, shareable))
		return NULL;
	placement.options = info->resource_options;
	struct tongs_heap *heap = tongs_heap_new_in_payload(&placement, info->type, what);
	tongs_payload_unref(placement.payload);
	return heap;
}

struct tongs_heap *tongs_device_new_heap(struct tongs_device *device, const struct tongs_heap_info *info) {
	return new_heap(device, info, false, "newHeapWithDescriptor:");
}

struct tongs_heap *tongs_device_new_shareable_heap(struct tongs_device *device, const struct tongs_heap_info *info) {
	return new_heap(device, info, true, "tongs_device_new_shareable_heap:");
}

struct tongs_heap *tongs_interop_new_heap(
	struct tongs_device *device, struct tongs_payload *payload, uint64_t size, MTLCPUCacheMode cpu_cache_mode) {
	return create(device, payload, size, MTLHeapTypePlacement,
		tongs_options_for_payload(payload, cpu_cache_mode, MTLHazardTrackingModeUntracked));
}

static bool find_place(struct tongs_heap *heap, const char *what, uint64_t size, uint64_t alignment, uint64_t *offset) {
	if (heap->type != MTLHeapTypeAutomatic) {
		tongs_log_error("%s a placement heap does not choose the offset: use the method with offset:", what);
		return false;
	}
	pthread_mutex_lock(lock_of(heap));
	bool taken = tongs_ranges_take(&heap->ranges, size, alignment, offset);
	uint64_t largest = taken ? 0 : tongs_ranges_largest(&heap->ranges, alignment);
	pthread_mutex_unlock(lock_of(heap));
	if (!taken)
		tongs_log_error(
			"%s no room for %llu bytes at a multiple of %llu: the largest free range of the heap has %llu",
			what, (unsigned long long)size, (unsigned long long)alignment, (unsigned long long)largest);
	return taken;
}

static bool check_place(
	const struct tongs_heap *heap, const char *what, uint64_t size, uint64_t alignment, uint64_t offset) {
	if (heap->type != MTLHeapTypePlacement) {
		tongs_log_error("%s an automatic heap chooses the offset: use the method without offset:", what);
		return false;
	}
	if (offset & (alignment - 1)) {
		tongs_log_error("%s offset %llu must be a multiple of %llu", what, (unsigned long long)offset,
			(unsigned long long)alignment);
		return false;
	}
	if (offset > heap->storage.size || size > heap->storage.size - offset) {
		tongs_log_error("%s %llu bytes at offset %llu exceed the heap's %llu bytes", what,
			(unsigned long long)size, (unsigned long long)offset, (unsigned long long)heap->storage.size);
		return false;
	}
	return true;
}

bool tongs_heap_take_place(struct tongs_heap *heap, struct tongs_placement *placement, const char *what, uint64_t size,
	uint64_t alignment, MTLResourceOptions options, const NSUInteger *offset) {
	uint64_t place = offset ? *offset : 0;
	if (!tongs_storage_check_within(&heap->storage, "heap", options, what))
		return false;
	if (offset ? !check_place(heap, what, size, alignment, place)
		   : !find_place(heap, what, size, alignment, &place))
		return false;
	if (heap->type == MTLHeapTypePlacement)
		atomic_fetch_add_explicit(&heap->placed, size, memory_order_relaxed);
	MTLHazardTrackingMode mode = tongs_options_hazard_tracking_mode(heap->storage.options);
	*placement = (struct tongs_placement){
		.device = heap->storage.device,
		.payload = heap->storage.payload,
		.offset = heap->storage.offset + place,
		.size = size,
		.options = tongs_options_with_hazard_tracking(options, mode),
		.heap = heap,
		.heap_offset = place,
		.placed = true,
	};
	return true;
}

static void give_back(struct tongs_heap *heap, uint64_t offset, uint64_t size) {
	if (heap->type == MTLHeapTypePlacement) {
		atomic_fetch_sub_explicit(&heap->placed, size, memory_order_relaxed);
		return;
	}
	pthread_mutex_lock(lock_of(heap));
	tongs_ranges_give_back(&heap->ranges, offset, size);
	pthread_mutex_unlock(lock_of(heap));
}

void tongs_placement_abandon(const struct tongs_placement *placement) {
	if (placement->placed)
		give_back(placement->heap, placement->heap_offset, placement->size);
}

void tongs_heap_release_place(struct tongs_resource *resource) {
	if (atomic_exchange(&resource->placed, false))
		give_back(resource->heap, resource->heap_offset, resource->storage.size);
}

void tongs_resource_make_aliasable(struct tongs_resource *resource) {
	struct tongs_resource *owner = tongs_resource_get_owner(resource);
	if (!owner->heap)
		tongs_log_warning("makeAliasable: the resource is not in a heap, so no other can take its place");
	else if (owner->heap->type == MTLHeapTypeAutomatic)
		tongs_heap_release_place(owner);
}

/* Resources of a placement heap may overlap from the start. */
bool tongs_resource_is_aliasable(const struct tongs_resource *resource) {
	const struct tongs_resource *owner = tongs_resource_get_owner(resource);
	return owner->heap && (owner->heap->type == MTLHeapTypePlacement || !atomic_load(&owner->placed));
}

void tongs_heap_info_init(struct tongs_heap_info *info) {
	*info = (struct tongs_heap_info){
		.type = MTLHeapTypeAutomatic,
		.resource_options = MTLResourceStorageModePrivate,
		.sparse_page_size = MTLSparsePageSize16,
	};
}

const char *tongs_heap_get_label(const struct tongs_heap *heap) {
	return tongs_label_get(&heap->storage.label);
}

void tongs_heap_set_label(struct tongs_heap *heap, const char *label) {
	tongs_storage_set_label(&heap->storage, label);
}

struct tongs_device *tongs_heap_get_device(const struct tongs_heap *heap) {
	return heap->storage.device;
}

MTLHeapType tongs_heap_get_type(const struct tongs_heap *heap) {
	return heap->type;
}

MTLResourceOptions tongs_heap_get_resource_options(const struct tongs_heap *heap) {
	return heap->storage.options;
}

NSUInteger tongs_heap_get_size(const struct tongs_heap *heap) {
	return heap->storage.size;
}

NSUInteger tongs_heap_get_used_size(const struct tongs_heap *heap) {
	if (heap->type == MTLHeapTypePlacement) {
		/* Resources that overlap count twice. */
		uint64_t placed = atomic_load_explicit(&heap->placed, memory_order_relaxed);
		return placed < heap->storage.size ? placed : heap->storage.size;
	}
	pthread_mutex_lock(lock_of(heap));
	uint64_t used = heap->ranges.used;
	pthread_mutex_unlock(lock_of(heap));
	return used;
}

NSUInteger tongs_heap_get_current_allocated_size(const struct tongs_heap *heap) {
	return tongs_payload_get_size(heap->storage.payload);
}

NSUInteger tongs_heap_get_max_available_size(const struct tongs_heap *heap, NSUInteger alignment) {
	if (alignment == 0 || (alignment & (alignment - 1))) {
		tongs_log_error("maxAvailableSizeWithAlignment: %lu is not a power of two", (unsigned long)alignment);
		return 0;
	}
	/* Resources of a placement heap may overlap. */
	if (heap->type == MTLHeapTypePlacement)
		return heap->storage.size;
	pthread_mutex_lock(lock_of(heap));
	uint64_t largest = tongs_ranges_largest(&heap->ranges, alignment);
	pthread_mutex_unlock(lock_of(heap));
	return largest;
}

MTLPurgeableState tongs_heap_set_purgeable_state(struct tongs_heap *heap, MTLPurgeableState state) {
	return tongs_storage_set_purgeable_state(&heap->storage, state);
}
