/* SPDX-License-Identifier: MIT */
/* MTLBuffer: bytes of their own, of the caller, or in a heap. */
#include "metal/buffer.h"

#include <string.h>

#include "util/alloc.h"
#include "util/log.h"
#include "util/mapped.h"
#include "metal/device.h"
#include "memory/host_pages.h"

static struct tongs_object *destroy(struct tongs_object *object) {
	tongs_resource_finish((struct tongs_resource *)object);
	return tongs_object_free(object);
}

/* NULL when memory runs out; the site is then still the caller's to abandon. */
static struct tongs_buffer *create(const struct tongs_placement *site, NSUInteger length) {
	struct tongs_buffer *buffer = tongs_malloc(1, sizeof(*buffer));
	if (!buffer)
		return NULL;
	buffer->length = length;
	tongs_resource_init(&buffer->resource, site);
	if (tongs_options_host_visible(buffer->resource.storage.options))
		buffer->contents = tongs_storage_get_bytes(&buffer->resource.storage);
	if (!tongs_object_publish(&buffer->resource.object, TONGS_KIND_BUFFER, destroy)) {
		atomic_store(&buffer->resource.placed, false);
		tongs_resource_finish(&buffer->resource);
		tongs_free(NULL, buffer);
		return NULL;
	}
	return buffer;
}

static struct tongs_buffer *create_or_abandon(const struct tongs_placement *site, NSUInteger length, const char *what) {
	struct tongs_buffer *buffer = create(site, length);
	if (!buffer) {
		tongs_placement_abandon(site);
		tongs_log_error("%s no memory for the buffer object", what);
	}
	return buffer;
}

static bool check(const struct tongs_device *device, NSUInteger length, MTLResourceOptions options, const char *what) {
	NSUInteger most = tongs_device_get_max_buffer_length(device);
	if (length == 0 || length > most) {
		tongs_log_error("%s length %lu: it must be between 1 and maxBufferLength, %lu", what,
			(unsigned long)length, (unsigned long)most);
		return false;
	}
	return tongs_storage_check_options(device, options, what);
}

static struct tongs_buffer *new_buffer(
	struct tongs_device *device, NSUInteger length, MTLResourceOptions options, const char *what) {
	struct tongs_placement site;
	if (!check(device, length, options, what) || !tongs_placement_allocate(&site, device, what, length, options))
		return NULL;
	struct tongs_buffer *buffer = create_or_abandon(&site, length, what);
	tongs_payload_unref(site.payload);
	return buffer;
}

struct tongs_buffer *tongs_device_new_buffer(
	struct tongs_device *device, NSUInteger length, MTLResourceOptions options) {
	return new_buffer(device, length, options, "newBufferWithLength:options:");
}

struct tongs_buffer *tongs_device_new_buffer_with_bytes(
	struct tongs_device *device, const void *bytes, NSUInteger length, MTLResourceOptions options) {
	static const char what[] = "newBufferWithBytes:length:options:";
	if (!bytes) {
		tongs_log_error("%s bytes is NULL: use newBufferWithLength:options:", what);
		return NULL;
	}
	if (!tongs_options_host_visible(options)) {
		tongs_log_error("%s storage mode Private takes no bytes from the CPU: use Shared", what);
		return NULL;
	}
	struct tongs_buffer *buffer = new_buffer(device, length, options, what);
	if (buffer)
		memcpy(tongs_storage_get_bytes(&buffer->resource.storage), bytes, length);
	return buffer;
}

static bool check_no_copy(const void *pointer, NSUInteger length, MTLResourceOptions options, const char *what) {
	uint64_t page = tongs_page_size();
	if (!pointer || ((uintptr_t)pointer | length) & (page - 1)) {
		tongs_log_error("%s pointer %p and length %lu must be multiples of the page size, %lu", what, pointer,
			(unsigned long)length, (unsigned long)page);
		return false;
	}
	if (length > UINTPTR_MAX - (uintptr_t)pointer) {
		tongs_log_error(
			"%s %lu bytes at %p reach past the address space", what, (unsigned long)length, pointer);
		return false;
	}
	if (!tongs_options_host_visible(options)) {
		tongs_log_error("%s storage mode Private cannot be the caller's pages: use Shared", what);
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

/* Of the caller's pages. Files are mapped without PROT_WRITE to be read where they are; who writes to such a buffer is
 * told so by the CPU. */
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
		const struct tongs_placement site = {
			.device = device,
			.payload = payload,
			.size = length,
			.options = tongs_options_with_hazard_tracking(options, MTLHazardTrackingModeTracked),
		};
		buffer = create(&site, length);
	}
	if (buffer)
		tongs_host_pages_set_deallocator(payload, deallocator, user);
	else
		tongs_log_error("%s no memory for the buffer object", what);
	tongs_payload_unref(payload);
	return buffer;
}

MTLSizeAndAlign tongs_device_get_heap_buffer_size_and_align(
	struct tongs_device *device, NSUInteger length, MTLResourceOptions options) {
	VkMemoryRequirements requirements;
	if (!check(device, length, options, "heapBufferSizeAndAlignWithLength:options:"))
		return (MTLSizeAndAlign){0, 0};
	struct tongs_own_device *gpu = tongs_device_get_own_device(device);
	if (!gpu || !tongs_own_device_query_buffer_requirements(gpu, length, &requirements))
		return (MTLSizeAndAlign){0, 0};
	return (MTLSizeAndAlign){requirements.size, requirements.alignment};
}

static struct tongs_buffer *new_in_heap(struct tongs_heap *heap, NSUInteger length, MTLResourceOptions options,
	const NSUInteger *offset, const char *what) {
	struct tongs_device *device = heap->storage.device;
	struct tongs_own_device *gpu;
	VkMemoryRequirements requirements;
	struct tongs_placement site;
	if (!check(device, length, options, what))
		return NULL;
	gpu = tongs_device_get_own_device(device);
	if (!gpu || !tongs_own_device_query_buffer_requirements(gpu, length, &requirements) ||
		!tongs_placement_place(&site, heap, what, requirements.size, requirements.alignment, options, offset))
		return NULL;
	return create_or_abandon(&site, length, what);
}

struct tongs_buffer *tongs_heap_new_buffer(struct tongs_heap *heap, NSUInteger length, MTLResourceOptions options) {
	return new_in_heap(heap, length, options, NULL, "newBufferWithLength:options:");
}

struct tongs_buffer *tongs_heap_new_buffer_at(
	struct tongs_heap *heap, NSUInteger length, MTLResourceOptions options, NSUInteger offset) {
	return new_in_heap(heap, length, options, &offset, "newBufferWithLength:options:offset:");
}

struct tongs_buffer *tongs_interop_new_buffer(struct tongs_device *device, struct tongs_payload *payload, uint64_t size,
	MTLCPUCacheMode cpu_cache_mode, struct tongs_heap *heap) {
	MTLHazardTrackingMode mode = heap ? MTLHazardTrackingModeUntracked : MTLHazardTrackingModeTracked;
	const struct tongs_placement site = {
		.device = device,
		.payload = payload,
		.size = size,
		.options = tongs_options_with_hazard_tracking(
			MTLResourceStorageModeShared | cpu_cache_mode << MTLResourceCPUCacheModeShift, mode),
		.heap = heap,
	};
	return create(&site, size);
}

struct tongs_resource *tongs_buffer_get_resource(struct tongs_buffer *buffer) {
	return &buffer->resource;
}

NSUInteger tongs_buffer_get_length(const struct tongs_buffer *buffer) {
	return buffer->length;
}

void *tongs_buffer_get_contents(const struct tongs_buffer *buffer) {
	return buffer->contents;
}

uint64_t tongs_buffer_get_gpu_address(const struct tongs_buffer *buffer) {
	const struct tongs_storage *storage = &buffer->resource.storage;
	struct tongs_own_device *gpu = tongs_device_get_own_device(storage->device);
	return gpu && tongs_own_device_addresses_are_pointers(gpu) ? (uintptr_t)tongs_storage_get_bytes(storage) : 0;
}
