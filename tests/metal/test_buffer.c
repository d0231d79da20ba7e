/* SPDX-License-Identifier: MIT */
/* Buffers: their bytes, the caller's bytes, and what is refused. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include <sys/mman.h>
#include <string.h>

#include "util/alloc.h"
#include "memory/payload.h"

static struct tongs_device *device; /* unified memory, no Vulkan */

static int setup(void **state) {
	(void)state;
	messages_capture();
	device = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
	return device ? 0 : -1;
}

/* Everything that the test created has been freed; otherwise the device would still count it. */
static int teardown(void **state) {
	(void)state;
	assert_int_equal(tongs_device_get_current_allocated_size(device), 0);
	tongs_device_unref(device);
	assert_int_equal(tongs_handle_kind(device), TONGS_KIND_NONE);
	messages_expect_none();
	return 0;
}

static void bytes_are_zeroed_and_shared(void **state) {
	(void)state;
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, 1000, MTLResourceStorageModeShared);
	assert_non_null(buffer);
	assert_int_equal(tongs_handle_kind(buffer), TONGS_KIND_BUFFER);
	assert_int_equal(tongs_buffer_get_length(buffer), 1000);
	assert_true(bytes_are(tongs_buffer_get_contents(buffer), 0, 1000));

	struct tongs_backing backing;
	tongs_interop_get_backing(buffer, TONGS_KIND_BUFFER, &backing);
	assert_ptr_equal(backing.device, device);
	assert_ptr_equal(tongs_payload_get_contents(backing.payload), tongs_buffer_get_contents(buffer));
	assert_int_equal(backing.offset, 0);
	assert_int_equal(backing.size, tongs_page_size());
	assert_int_equal(backing.storage_mode, MTLStorageModeShared);
	assert_int_equal(tongs_device_get_current_allocated_size(device), tongs_page_size());
	tongs_buffer_unref(buffer);
}

static void resource_properties(void **state) {
	(void)state;
	MTLResourceOptions options = MTLResourceStorageModeShared | MTLResourceCPUCacheModeWriteCombined;
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, 8192, options);
	struct tongs_resource *resource = tongs_buffer_get_resource(buffer);
	assert_ptr_equal(resource, buffer);
	assert_ptr_equal(tongs_resource_get_device(resource), device);
	assert_int_equal(tongs_resource_get_resource_options(resource), options | MTLResourceHazardTrackingModeTracked);
	assert_int_equal(tongs_resource_get_storage_mode(resource), MTLStorageModeShared);
	assert_int_equal(tongs_resource_get_cpu_cache_mode(resource), MTLCPUCacheModeWriteCombined);
	assert_int_equal(tongs_resource_get_hazard_tracking_mode(resource), MTLHazardTrackingModeTracked);
	assert_null(tongs_resource_get_heap(resource));
	assert_int_equal(tongs_resource_get_heap_offset(resource), 0);
	assert_int_equal(tongs_resource_get_allocated_size(resource), 8192);
	assert_false(tongs_resource_is_aliasable(resource));
	assert_int_equal(tongs_buffer_get_gpu_address(buffer), 0);
	messages_expect("cannot create a Vulkan device"); /* no Vulkan device stands behind this one */
	tongs_resource_make_aliasable(resource);
	assert_int_equal(messages_take(), 1);
	assert_false(tongs_resource_is_aliasable(resource));
	tongs_buffer_unref(buffer);
}

static void labels_are_copied(void **state) {
	(void)state;
	char text[] = "vertices";
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, 16, 0);
	struct tongs_resource *resource = tongs_buffer_get_resource(buffer);
	assert_null(tongs_resource_get_label(resource));
	tongs_resource_set_label(resource, text);
	text[0] = 'V';
	assert_string_equal(tongs_resource_get_label(resource), "vertices");
	tongs_alloc_fail_after(0);
	tongs_resource_set_label(resource, "lost");
	messages_expect("out of memory for the label");
	assert_string_equal(tongs_resource_get_label(resource), "vertices");
	tongs_resource_set_label(resource, NULL);
	assert_null(tongs_resource_get_label(resource));
	tongs_resource_set_label(resource, "");
	assert_string_equal(tongs_resource_get_label(resource), "");
	tongs_buffer_unref(buffer);
}

static void purgeable_states(void **state) {
	(void)state;
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, 5000, 0);
	struct tongs_resource *resource = tongs_buffer_get_resource(buffer);
	memset(tongs_buffer_get_contents(buffer), 7, 5000);
	static const struct {
		MTLPurgeableState set, was;
	} steps[] = {
		{MTLPurgeableStateKeepCurrent, MTLPurgeableStateNonVolatile},
		{MTLPurgeableStateVolatile, MTLPurgeableStateNonVolatile},
		{MTLPurgeableStateKeepCurrent, MTLPurgeableStateVolatile},
		{MTLPurgeableStateNonVolatile, MTLPurgeableStateVolatile},
	};
	for (size_t i = 0; i < LENGTH(steps); i++)
		assert_int_equal(tongs_resource_set_purgeable_state(resource, steps[i].set), steps[i].was);
	assert_true(bytes_are(tongs_buffer_get_contents(buffer), 7, 5000));
	assert_int_equal(
		tongs_resource_set_purgeable_state(resource, MTLPurgeableStateEmpty), MTLPurgeableStateNonVolatile);
	assert_true(bytes_are(tongs_buffer_get_contents(buffer), 0, 5000));
	assert_int_equal(
		tongs_resource_set_purgeable_state(resource, MTLPurgeableStateNonVolatile), MTLPurgeableStateEmpty);
	assert_int_equal(tongs_resource_set_purgeable_state(resource, 0), MTLPurgeableStateNonVolatile);
	messages_expect("MTLPurgeableState");
	assert_int_equal(tongs_resource_set_purgeable_state(resource, 5), MTLPurgeableStateNonVolatile);
	messages_expect("MTLPurgeableState");
	tongs_buffer_unref(buffer);
}

static void bytes_are_copied_in(void **state) {
	(void)state;
	unsigned char bytes[777];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 31);
	struct tongs_buffer *buffer = tongs_device_new_buffer_with_bytes(device, bytes, sizeof(bytes), 0);
	assert_non_null(buffer);
	assert_ptr_not_equal(tongs_buffer_get_contents(buffer), bytes);
	assert_memory_equal(tongs_buffer_get_contents(buffer), bytes, sizeof(bytes));
	tongs_buffer_unref(buffer);
}

static void private_storage_has_no_contents(void **state) {
	(void)state;
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, 64, MTLResourceStorageModePrivate);
	assert_non_null(buffer);
	assert_null(tongs_buffer_get_contents(buffer));
	struct tongs_backing backing;
	tongs_interop_get_backing(buffer, TONGS_KIND_BUFFER, &backing);
	assert_int_equal(backing.storage_mode, MTLStorageModePrivate);
	assert_non_null(tongs_payload_get_contents(backing.payload));
	tongs_buffer_unref(buffer);
}

static void managed_is_for_discrete_devices(void **state) {
	(void)state;
	assert_null(tongs_device_new_buffer(device, 64, MTLResourceStorageModeManaged));
	messages_expect("Managed");
	struct tongs_device *discrete = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU);
	struct tongs_buffer *buffer = tongs_device_new_buffer(discrete, 64, MTLResourceStorageModeManaged);
	assert_non_null(buffer);
	assert_non_null(tongs_buffer_get_contents(buffer));
	tongs_buffer_unref(buffer);
	tongs_device_unref(discrete);
}

static void bad_lengths_and_options_are_refused(void **state) {
	(void)state;
	const NSUInteger most = tongs_device_get_max_buffer_length(device);
	static const struct {
		MTLResourceOptions options;
		const char *message;
	} bad_options[] = {
		{MTLResourceStorageModeMemoryless, "Memoryless"},
		{0x40, "MTLResourceOptions"},
		{0x2, "MTLResourceOptions"},
		{0x300, "MTLResourceOptions"},
		{0x1000, "MTLResourceOptions"},
		{UINTPTR_MAX, "MTLResourceOptions"},
	};
	const NSUInteger bad_lengths[] = {0, most + 1, UINTPTR_MAX, UINTPTR_MAX - 4094, (NSUInteger)1 << 63};
	for (size_t i = 0; i < LENGTH(bad_lengths); i++) {
		assert_null(tongs_device_new_buffer(device, bad_lengths[i], 0));
		messages_expect("maxBufferLength");
		MTLSizeAndAlign none = tongs_device_get_heap_buffer_size_and_align(device, bad_lengths[i], 0);
		assert_true(none.size == 0 && none.align == 0);
		messages_expect("maxBufferLength");
	}
	for (size_t i = 0; i < LENGTH(bad_options); i++) {
		assert_null(tongs_device_new_buffer(device, 64, bad_options[i].options));
		messages_expect(bad_options[i].message);
	}
	struct tongs_buffer *largest = tongs_device_new_buffer(device, most, 0);
	assert_non_null(largest);
	tongs_buffer_unref(largest);
	assert_null(tongs_device_new_buffer_with_bytes(device, NULL, 4, 0));
	messages_expect("NULL");
	assert_null(tongs_device_new_buffer_with_bytes(device, &most, 4, MTLResourceStorageModePrivate));
	messages_expect("Private");
}

static void record_call(void *pointer, NSUInteger length, void *user) {
	assert_int_equal(length, 2 * tongs_page_size());
	*(void **)user = pointer;
}

static void no_copy_is_the_callers_pages(void **state) {
	(void)state;
	NSUInteger length = 2 * tongs_page_size();
	void *pages = aligned_alloc(tongs_page_size(), length), *given_back = NULL;
	assert_non_null(pages);
	memset(pages, 3, length);
	struct tongs_buffer *buffer =
		tongs_device_new_buffer_no_copy(device, pages, length, 0, record_call, &given_back);
	assert_non_null(buffer);
	assert_ptr_equal(tongs_buffer_get_contents(buffer), pages);
	assert_true(bytes_are(pages, 3, length));

	/* An owner that references only the payload, as an import does. */
	struct tongs_backing backing;
	tongs_interop_get_backing(buffer, TONGS_KIND_BUFFER, &backing);
	struct tongs_payload *payload = tongs_payload_ref(backing.payload);
	tongs_buffer_unref(buffer);
	assert_null(given_back);
	tongs_payload_unref(payload);
	assert_ptr_equal(given_back, pages);

	buffer = tongs_device_new_buffer_no_copy(device, pages, length, 0, NULL, NULL);
	assert_non_null(buffer);
	tongs_buffer_unref(buffer);
	free(pages);
}

/* A file that is mapped to be read, as model weights are: its bytes are the buffer's, and are never written. */
static void no_copy_of_a_file(void **state) {
	(void)state;
	NSUInteger length = 2 * tongs_page_size();
	FILE *file = tmpfile();
	assert_non_null(file);
	for (NSUInteger i = 0; i < length; i++)
		assert_int_equal(putc((int)(i % 251), file), (int)(i % 251));
	assert_int_equal(fflush(file), 0);
	char *pages = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fileno(file), 0);
	assert_ptr_not_equal(pages, MAP_FAILED);
	struct tongs_buffer *buffer = tongs_device_new_buffer_no_copy(device, pages, length, 0, NULL, NULL);
	assert_non_null(buffer);
	assert_ptr_equal(tongs_buffer_get_contents(buffer), pages);
	assert_int_equal(pages[length - 1], (char)((length - 1) % 251));
	/* What would clear a buffer leaves these bytes. */
	tongs_resource_set_purgeable_state(tongs_buffer_get_resource(buffer), MTLPurgeableStateEmpty);
	messages_expect_warning("read-only");
	assert_int_equal(pages[250], (char)250);
	tongs_buffer_unref(buffer);
	munmap(pages, length);
	fclose(file);
}

static void bad_no_copy_is_refused(void **state) {
	(void)state;
	NSUInteger page = tongs_page_size();
	void *given_back = NULL;
	char *pages = aligned_alloc(page, 2 * page);
	assert_non_null(pages);
	/* Writable, unreadable, and a hole. */
	char *mapped = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(mapped, MAP_FAILED);
	assert_int_equal(mprotect(mapped + page, page, PROT_NONE), 0);
	assert_int_equal(munmap(mapped + 2 * page, page), 0);
	const struct {
		void *pointer;
		NSUInteger length;
		MTLResourceOptions options;
		const char *message;
	} bad[] = {
		{NULL, page, 0, "page size"},
		{pages + 1, page, 0, "page size"},
		{pages, page + 1, 0, "page size"},
		{pages, 0, 0, "maxBufferLength"},
		{pages, UINTPTR_MAX & ~(page - 1), 0, "maxBufferLength"},
		{(void *)(UINTPTR_MAX & ~(page - 1)), 2 * page, 0, "address space"},
		{pages, page, MTLResourceStorageModePrivate, "Private"},
		{pages, page, MTLResourceStorageModeMemoryless, "Memoryless"},
		{mapped + page, page, 0, "cannot be read"},
		{mapped, 2 * page, 0, "cannot be read"},
		{mapped + 2 * page, page, 0, "not mapped"},
		{mapped, 3 * page, 0, "cannot be read"},
		{(void *)page, page, 0, "not mapped"},
	};
	for (size_t i = 0; i < LENGTH(bad); i++) {
		assert_null(tongs_device_new_buffer_no_copy(
			device, bad[i].pointer, bad[i].length, bad[i].options, record_call, &given_back));
		messages_expect(bad[i].message);
	}
	assert_null(given_back);
	munmap(mapped, 2 * page);
	free(pages);
}

static void objects_of_the_layer(void **state) {
	(void)state;
	struct tongs_payload *payload = tongs_payload_create(10000);
	struct tongs_heap *heap = tongs_interop_new_heap(device, payload, 10000, MTLCPUCacheModeDefaultCache);
	assert_non_null(heap);
	assert_int_equal(tongs_heap_get_type(heap), MTLHeapTypePlacement);
	assert_int_equal(tongs_heap_get_size(heap), 10000);
	assert_int_equal(tongs_heap_get_resource_options(heap),
		MTLResourceStorageModeShared | MTLResourceHazardTrackingModeUntracked);
	struct tongs_buffer *buffer =
		tongs_interop_new_buffer(device, payload, 10000, MTLCPUCacheModeDefaultCache, heap);
	assert_non_null(buffer);
	struct tongs_resource *resource = tongs_buffer_get_resource(buffer);
	assert_ptr_equal(tongs_resource_get_heap(resource), heap);
	assert_int_equal(tongs_buffer_get_length(buffer), 10000);
	assert_ptr_equal(tongs_buffer_get_contents(buffer), tongs_payload_get_contents(payload));
	assert_int_equal(tongs_device_get_current_allocated_size(device), tongs_payload_get_size(payload));

	/* The buffer keeps heap, payload and device. */
	tongs_payload_unref(payload);
	tongs_heap_unref(heap);
	assert_int_equal(tongs_handle_kind(heap), TONGS_KIND_HEAP);
	assert_true(bytes_are(tongs_buffer_get_contents(buffer), 0, 10000));
	tongs_buffer_unref(buffer);
	assert_int_equal(tongs_handle_kind(heap), TONGS_KIND_NONE);
}

static void *new_plain(void) {
	return tongs_device_new_buffer(device, 300000, 0);
}

static void *new_with_bytes(void) {
	return tongs_device_new_buffer_with_bytes(device, "12345678", 8, 0);
}

static void count_call(void *pointer, NSUInteger length, void *user) {
	(void)pointer;
	(void)length;
	++*(unsigned *)user;
}

/* If creating the buffer fails, the pages still belong to the caller. */
static void *new_no_copy(void) {
	static _Alignas(65536) char pages[65536];
	static unsigned given_back;
	struct tongs_buffer *buffer =
		tongs_device_new_buffer_no_copy(device, pages, sizeof(pages), 0, count_call, &given_back);
	assert_int_equal(given_back, 0);
	return buffer;
}

static void *new_heap(void) {
	struct tongs_heap_info info;
	tongs_heap_info_init(&info);
	info.size = 100000;
	return tongs_device_new_heap(device, &info);
}

static void *new_exported(void) {
	struct tongs_payload *payload = tongs_payload_create(64);
	struct tongs_buffer *buffer = NULL;
	if (payload)
		buffer = tongs_interop_new_buffer(device, payload, 64, MTLCPUCacheModeDefaultCache, NULL);
	tongs_payload_unref(payload);
	return buffer;
}

static void fails_without_memory(void **state) {
	(void)state;
	static void *(*const makers[])(void) = {new_plain, new_with_bytes, new_no_copy, new_heap, new_exported};
	for (size_t i = 0; i < LENGTH(makers); i++) {
		void *object = NULL;
		uint64_t countdown = 0;
		for (; !object; countdown++) {
			assert_true(countdown < 20);
			tongs_alloc_fail_after(countdown);
			object = makers[i]();
			tongs_alloc_fail_after(UINT64_MAX);
			/* For an exported object, the layer reports the error. */
			if (makers[i] != new_exported)
				assert_int_equal(messages_take(), object ? 0 : 1);
			if (!object)
				assert_int_equal(tongs_device_get_current_allocated_size(device), 0);
		}
		assert_true(countdown > 2);
		tongs_interop_release(object);
	}
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(bytes_are_zeroed_and_shared),
		CASE(resource_properties),
		CASE(labels_are_copied),
		CASE(purgeable_states),
		CASE(bytes_are_copied_in),
		CASE(private_storage_has_no_contents),
		CASE(managed_is_for_discrete_devices),
		CASE(bad_lengths_and_options_are_refused),
		CASE(no_copy_is_the_callers_pages),
		CASE(no_copy_of_a_file),
		CASE(bad_no_copy_is_refused),
		CASE(objects_of_the_layer),
		CASE(fails_without_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
