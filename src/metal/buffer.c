/* SPDX-License-Identifier: MIT */
/* MTLBuffer: with new memory, with the caller's pages, or in a heap. */
#include "metal/buffer.h"

#include <string.h>

#include "memory/host_pages.h"
#include "metal/device.h"
#include "metal/heap.h"
#include "metal/interop.h"
#include "util/alloc.h"
#include "util/log.h"
#include "util/mapped.h"

static struct tongs_object *destroy(struct tongs_object *object) {
	struct tongs_resource *resource = (struct tongs_resource *)object;
	tongs_own_buffer_destroy(atomic_load(&((struct tongs_buffer *)object)->own));
	tongs_heap_release_place(resource);
	tongs_resource_finish(resource);
	return tongs_object_free(object);
}

/* NULL when memory runs out; the placement is then still the caller's to abandon. */
static struct tongs_buffer *create(const struct tongs_placement *placement, NSUInteger length) {
	struct tongs_buffer *buffer = tongs_malloc(1, sizeof(*buffer));
	if (!buffer)
		return NULL;
	buffer->length = length;
	tongs_resource_init(&buffer->resource, placement);
	/* Driver memory is mapped when its contents are first asked for. */
	const struct tongs_storage *storage = &buffer->resource.storage;
	if (tongs_options_host_visible(storage->options) && !tongs_payload_is_driver_memory(storage->payload))
		buffer->contents = tongs_storage_get_bytes(storage);
	if (!tongs_object_publish(&buffer->resource.object, TONGS_KIND_BUFFER, destroy)) {
		tongs_resource_finish(&buffer->resource);
		tongs_free(NULL, buffer);
		return NULL;
	}
	return buffer;
}

static struct tongs_buffer *create_or_abandon(
	const struct tongs_placement *placement, NSUInteger length, const char *what) {
	struct tongs_buffer *buffer = create(placement, length);
	if (!buffer) {
		tongs_placement_abandon(placement);
		tongs_log_error("%s out of memory for the buffer object", what);
	}
	return buffer;
}

static bool check(const struct tongs_device *device, NSUInteger length, MTLResourceOptions options, const char *what) {
	NSUInteger max = tongs_device_get_max_buffer_length(device);
	if (length == 0 || length > max) {
		tongs_log_error("%s length %lu: it must be between 1 and maxBufferLength, %lu", what,
			(unsigned long)length, (unsigned long)max);
		return false;
	}
	return tongs_storage_check_options(device, options, what);
}

static struct tongs_buffer *new_buffer(
	struct tongs_device *device, NSUInteger length, MTLResourceOptions options, bool shareable, const char *what) {
	struct tongs_placement placement;
	if (!check(device, length, options, what) ||
		!tongs_placement_allocate(&placement, device, what, tongs_options_get_role(options), length, UINT32_MAX,
			options, shareable))
		return NULL;
	struct tongs_buffer *buffer = create_or_abandon(&placement, length, what);
	tongs_payload_unref(placement.payload);
	return buffer;
}

struct tongs_buffer *tongs_device_new_buffer(
	struct tongs_device *device, NSUInteger length, MTLResourceOptions options) {
	return new_buffer(device, length, options, false, "newBufferWithLength:options:");
}

struct tongs_buffer *tongs_device_new_shareable_buffer(
	struct tongs_device *device, NSUInteger length, MTLResourceOptions options) {
	return new_buffer(device, length, options, true, "tongs_device_new_shareable_buffer:");
}

struct tongs_buffer *tongs_buffer_new_in_payload(
	const struct tongs_placement *placement, NSUInteger length, const char *what) {
	return create_or_abandon(placement, length, what);
}

struct tongs_buffer *tongs_device_new_buffer_with_bytes(
	struct tongs_device *device, const void *bytes, NSUInteger length, MTLResourceOptions options) {
	static const char what[] = "newBufferWithBytes:length:options:";
	if (!bytes) {
		tongs_log_error("%s bytes is NULL: use newBufferWithLength:options:", what);
		return NULL;
	}
	if (!tongs_options_host_visible(options)) {
		tongs_log_error("%s storage mode Private cannot be initialized by the CPU: use Shared", what);
		return NULL;
	}
	struct tongs_buffer *buffer = new_buffer(device, length, options, false, what);
	void *contents = buffer ? tongs_buffer_get_contents(buffer) : NULL;
	if (contents) {
		memcpy(contents, bytes, length);
		return buffer;
	}
	tongs_buffer_unref(buffer);
	return NULL;
}

static bool check_no_copy(const void *pointer, NSUInteger length, MTLResourceOptions options, const char *what) {
	uint64_t page = tongs_page_size();
	if (!pointer || ((uintptr_t)pointer | length) & (page - 1)) {
		tongs_log_error("%s pointer %p and length %lu must be multiples of the page size, %lu", what, pointer,
			(unsigned long)length, (unsigned long)page);
		return false;
	}
	if (length > UINTPTR_MAX - (uintptr_t)pointer) {
		tongs_log_error("%s %lu bytes at %p exceed the address space", what, (unsigned long)length, pointer);
		return false;
	}
	if (!tongs_options_host_visible(options)) {
		tongs_log_error("%s storage mode Private cannot wrap the caller's pages: use Shared", what);
		return false;
	}
	const char *fault = tongs_mapped_find_fault(pointer, length, TONGS_MAPPED_READ);
	if (fault) {
		tongs_log_error("%s some of the %lu bytes at %p %s: map them all, with PROT_READ at least", what,
			(unsigned long)length, pointer, fault);
		return false;
	}
	return true;
}

/* Pages without PROT_WRITE, such as those of a file that is only read, are accepted; writing to them faults. */
static struct tongs_payload *new_external_payload(void *pointer, NSUInteger length) {
	struct tongs_payload *payload = tongs_host_pages_wrap(pointer, length);
	if (payload && tongs_mapped_find_fault(pointer, length, TONGS_MAPPED_WRITE))
		tongs_host_pages_set_read_only(payload);
	return payload;
}

struct tongs_buffer *tongs_device_new_buffer_no_copy(struct tongs_device *device, void *pointer, NSUInteger length,
	MTLResourceOptions options, tongs_deallocator deallocator, void *user) {
	static const char what[] = "newBufferWithBytesNoCopy:length:options:deallocator:";
	if (!check(device, length, options, what) || !check_no_copy(pointer, length, options, what))
		return NULL;

	struct tongs_buffer *buffer = NULL;
	struct tongs_payload *payload = new_external_payload(pointer, length);
	if (payload) {
		const struct tongs_placement placement = {
			.device = device,
			.payload = payload,
			.size = length,
			.options = tongs_options_with_hazard_tracking(options, MTLHazardTrackingModeTracked),
		};
		buffer = create(&placement, length);
	}
	if (buffer)
		tongs_host_pages_set_deallocator(payload, deallocator, user);
	else
		tongs_log_error("%s out of memory for the buffer object", what);
	tongs_payload_unref(payload);
	return buffer;
}

struct tongs_buffer *tongs_interop_new_buffer(struct tongs_device *device, struct tongs_payload *payload, uint64_t size,
	MTLCPUCacheMode cpu_cache_mode, struct tongs_heap *heap) {
	const struct tongs_placement placement = {
		.device = device,
		.payload = payload,
		.size = size,
		.options = tongs_options_for_payload(
			payload, cpu_cache_mode, heap ? MTLHazardTrackingModeUntracked : MTLHazardTrackingModeTracked),
		.heap = heap,
	};
	return create(&placement, size);
}

MTLSizeAndAlign tongs_device_get_heap_buffer_size_and_align(
	struct tongs_device *device, NSUInteger length, MTLResourceOptions options) {
	VkMemoryRequirements requirements;
	if (!check(device, length, options, "heapBufferSizeAndAlignWithLength:options:"))
		return (MTLSizeAndAlign){0, 0};
	struct tongs_own_device *own = tongs_device_get_own_device(device);
	if (!own || !tongs_own_device_query_buffer_requirements(
			    own, tongs_device_get_heap_role(device, options), length, &requirements))
		return (MTLSizeAndAlign){0, 0};
	return (MTLSizeAndAlign){requirements.size, requirements.alignment};
}

static struct tongs_buffer *new_in_heap(struct tongs_heap *heap, NSUInteger length, MTLResourceOptions options,
	const NSUInteger *offset, const char *what) {
	struct tongs_device *device = heap->storage.device;
	struct tongs_own_device *own;
	VkMemoryRequirements requirements;
	struct tongs_placement placement;
	if (!check(device, length, options, what))
		return NULL;
	own = tongs_device_get_own_device(device);
	if (!own ||
		!tongs_own_device_query_buffer_requirements(
			own, tongs_device_get_heap_role(device, heap->storage.options), length, &requirements) ||
		!tongs_heap_take_place(
			heap, &placement, what, requirements.size, requirements.alignment, options, offset))
		return NULL;
	return create_or_abandon(&placement, length, what);
}

struct tongs_buffer *tongs_heap_new_buffer(struct tongs_heap *heap, NSUInteger length, MTLResourceOptions options) {
	return new_in_heap(heap, length, options, NULL, "newBufferWithLength:options:");
}

struct tongs_buffer *tongs_heap_new_buffer_at(
	struct tongs_heap *heap, NSUInteger length, MTLResourceOptions options, NSUInteger offset) {
	return new_in_heap(heap, length, options, &offset, "newBufferWithLength:options:offset:");
}

struct tongs_own_buffer *tongs_buffer_get_own(struct tongs_buffer *buffer) {
	return tongs_storage_get_own_buffer(&buffer->resource.storage, buffer->length, &buffer->own);
}

struct tongs_resource *tongs_buffer_get_resource(struct tongs_buffer *buffer) {
	return &buffer->resource;
}

NSUInteger tongs_buffer_get_length(const struct tongs_buffer *buffer) {
	return buffer->length;
}

void *tongs_buffer_get_contents(const struct tongs_buffer *buffer) {
	if (buffer->contents || !tongs_options_host_visible(buffer->resource.storage.options))
		return buffer->contents;
	return tongs_storage_get_bytes(&buffer->resource.storage);
}

uint64_t tongs_buffer_get_gpu_address(const struct tongs_buffer *buffer) {
	const struct tongs_storage *storage = &buffer->resource.storage;
	if (tongs_payload_is_driver_memory(storage->payload))
		return 0;
	struct tongs_own_device *own = tongs_device_get_own_device(storage->device);
	return own && tongs_own_device_addresses_are_pointers(own) ? (uintptr_t)tongs_storage_get_bytes(storage) : 0;
}
