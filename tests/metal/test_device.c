/* SPDX-License-Identifier: MIT */
/* Device objects: one for each pair of UUIDs, and their properties. */
#include "support.h"

#include <pthread.h>
#include <string.h>

#include "util/alloc.h"
#include "metal/device.h"

static int setup(void **state) {
	(void)state;
	messages_capture();
	return 0;
}

static void one_object_for_a_uuid(void **state) {
	(void)state;
	struct tongs_device *a = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
	struct tongs_device *b = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
	struct tongs_device *other = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU);
	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, other);
	assert_int_equal(tongs_handle_kind(a), TONGS_KIND_DEVICE);
	uint8_t uuid[VK_UUID_SIZE];
	tongs_device_get_uuid(a, uuid);
	b = tongs_device_new_from_uuid(uuid);
	assert_ptr_equal(a, b);
	tongs_device_unref(b);
	tongs_device_unref(b);
	tongs_device_unref(a);
	assert_int_equal(tongs_handle_kind(a), TONGS_KIND_NONE);
	tongs_device_unref(other);
}

/* One piece of hardware under two drivers: they cannot share memory. */
static void two_drivers_have_two_objects(void **state) {
	(void)state;
	static const struct tongs_vk_id ids[] = {
		{.device = "hardware", .driver = "one driver"},
		{.device = "hardware", .driver = "another"},
		{.device = "other hardware", .driver = "another"},
	};
	const VkPhysicalDeviceProperties properties = {.deviceName = "hardware", .apiVersion = VK_API_VERSION_1_3};
	const VkPhysicalDeviceMemoryProperties memory = {.memoryHeapCount = 0};
	const struct tongs_import_roles roles = only_pages();
	struct tongs_device *devices[LENGTH(ids)];
	for (size_t i = 0; i < LENGTH(ids); i++)
		devices[i] = tongs_interop_new_device(&ids[i], &properties, &memory, &roles);
	for (size_t i = 0; i < LENGTH(ids); i++) {
		uint8_t device[VK_UUID_SIZE], driver[VK_UUID_SIZE];
		tongs_device_get_uuid(devices[i], device);
		tongs_device_get_driver_uuid(devices[i], driver);
		assert_memory_equal(device, ids[i].device, VK_UUID_SIZE);
		assert_memory_equal(driver, ids[i].driver, VK_UUID_SIZE);
		struct tongs_device *same = tongs_device_new_from_uuids(device, driver);
		assert_ptr_equal(same, devices[i]);
		tongs_device_unref(same);
		for (size_t k = 0; k < i; k++) {
			assert_ptr_not_equal(devices[k], devices[i]);
			assert_int_not_equal(
				tongs_device_get_registry_id(devices[k]), tongs_device_get_registry_id(devices[i]));
		}
	}
	struct tongs_device *any = tongs_device_new_from_uuid(ids[0].device);
	assert_true(any == devices[0] || any == devices[1]);
	tongs_device_unref(any);
	tongs_device_unref(devices[0]);
	/* What is left is the other driver's. */
	any = tongs_device_new_from_uuid(ids[0].device);
	assert_ptr_equal(any, devices[1]);
	assert_null(tongs_device_new_from_uuids(ids[0].device, ids[0].driver));
	messages_expect("UUID");
	tongs_device_unref(any);
	tongs_device_unref(devices[1]);
	tongs_device_unref(devices[2]);
}

static void plain_properties(void **state) {
	(void)state;
	struct tongs_device *cpu = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
	struct tongs_device *discrete = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU);
	struct tongs_device *integrated = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU);
	assert_string_equal(tongs_device_get_name(cpu), "plain");
	assert_true(tongs_device_has_unified_memory(cpu));
	assert_true(tongs_device_has_unified_memory(integrated));
	assert_false(tongs_device_has_unified_memory(discrete));
	assert_true(tongs_device_is_low_power(integrated));
	assert_false(tongs_device_is_low_power(discrete));
	assert_int_equal(tongs_device_get_max_buffer_length(cpu), 64 << 20);
	assert_int_equal(tongs_device_get_recommended_max_working_set_size(cpu), 256 << 20);
	assert_int_equal(tongs_device_get_minimum_texture_buffer_alignment(cpu, MTLPixelFormatR8Unorm), 16);
	assert_int_equal(tongs_device_get_minimum_texture_buffer_alignment(cpu, MTLPixelFormatDepth32Float), 0);
	assert_int_equal(tongs_device_get_minimum_texture_buffer_alignment(cpu, MTLPixelFormatInvalid), 0);

	uint64_t id = tongs_device_get_registry_id(cpu);
	assert_int_not_equal(id, tongs_device_get_registry_id(discrete));
	tongs_device_unref(cpu);
	cpu = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
	assert_int_equal(id, tongs_device_get_registry_id(cpu));
	tongs_device_unref(cpu);
	tongs_device_unref(discrete);
	tongs_device_unref(integrated);
}

static void sample_counts(void **state) {
	(void)state;
	struct tongs_device *device = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
	for (NSUInteger count = 0; count < 200; count++)
		assert_int_equal(tongs_device_supports_sample_count(device, count), count == 1 || count == 4);
	assert_false(tongs_device_supports_sample_count(device, UINTPTR_MAX));
	assert_false(tongs_device_supports_sample_count(device, (NSUInteger)1 << 32 | 1));
	tongs_device_unref(device);
}

/* A device that the layer passed to libtongs, and that libtongs itself cannot find. */
static void an_unreachable_device_is_reported(void **state) {
	(void)state;
	struct tongs_device *device = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
	assert_int_equal(tongs_device_get_heap_buffer_size_and_align(device, 64, 0).size, 0);
	messages_expect("cannot create a Vulkan device");
	assert_false(tongs_device_supports_bc_texture_compression(device));
	messages_expect("cannot create a Vulkan device");
	assert_int_equal(tongs_device_get_minimum_linear_texture_alignment(device, MTLPixelFormatR8Unorm), 0);
	messages_expect("cannot create a Vulkan device");
	uint32_t families[2] = {7, 8};
	assert_false(tongs_device_get_queue_families(device, &families[0], &families[1]));
	messages_expect("cannot create a Vulkan device");
	assert_true(families[0] == 7 && families[1] == 8);
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatR8Unorm, 4, 4);
	assert_null(tongs_device_new_texture(device, &info));
	messages_expect("cannot create a Vulkan device");
	tongs_device_unref(device);
}

static void unknown_uuid_is_refused(void **state) {
	(void)state;
	static const uint8_t uuid[VK_UUID_SIZE] = {0xde, 0xad};
	assert_null(tongs_device_new_from_uuid(uuid));
	messages_expect("UUID");
}

static void vulkan_devices(void **state) {
	(void)state;
	struct tongs_device *device = tongs_device_new_default();
	assert_non_null(device);
	struct tongs_device *all[8] = {0};
	size_t count = tongs_device_new_all(all, LENGTH(all));
	assert_true(count >= 1 && count <= LENGTH(all));
	assert_ptr_equal(all[0], device);
	assert_int_equal(tongs_device_new_all(NULL, 0), count);
	for (size_t i = 0; i < count; i++) {
		uint8_t uuid[VK_UUID_SIZE];
		assert_true(strlen(tongs_device_get_name(all[i])) > 0);
		assert_true(tongs_device_get_max_buffer_length(all[i]) >= 1 << 20);
		assert_true(tongs_device_supports_sample_count(all[i], 1));
		assert_true(tongs_device_supports_family(all[i], MTLGPUFamilyCommon1));
		assert_false(tongs_device_supports_family(all[i], MTLGPUFamilyApple7));
		assert_false(tongs_device_supports_family(all[i], 0));
		assert_int_equal(tongs_device_supports_family(all[i], MTLGPUFamilyMac2),
			tongs_device_supports_bc_texture_compression(all[i]) &&
				tongs_device_supports_family(all[i], MTLGPUFamilyCommon3));
		uint32_t families[2] = {UINT32_MAX, UINT32_MAX};
		assert_true(tongs_device_get_queue_families(all[i], &families[0], &families[1]));
		assert_true(families[0] < 16 && families[1] < 16);
		tongs_device_get_uuid(all[i], uuid);
		struct tongs_device *again = tongs_device_new_from_uuid(uuid);
		assert_ptr_equal(again, all[i]);
		tongs_device_unref(again);
		tongs_device_unref(all[i]);
	}
	tongs_device_unref(device);
	assert_int_equal(tongs_handle_kind(device), TONGS_KIND_NONE);
	device = tongs_device_new_default();
	assert_non_null(device);
	tongs_device_unref(device);
	messages_expect_none();
}

static void *make_and_drop(void *user) {
	for (size_t i = 0; i < 2000; i++) {
		struct tongs_device *device = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
		if (!device || strcmp(tongs_device_get_name(device), "plain") != 0)
			return user;
		tongs_device_unref(device);
	}
	return NULL;
}

static void threads_share_the_table(void **state) {
	(void)state;
	pthread_t threads[4];
	for (size_t i = 0; i < LENGTH(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_and_drop, threads), 0);
	for (size_t i = 0; i < LENGTH(threads); i++) {
		void *failed;
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
}

static void fails_without_memory(void **state) {
	(void)state;
	tongs_alloc_fail_after(0);
	assert_null(new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU));
	messages_expect("out of memory");

	/* With Vulkan: the lists, the records and the objects. */
	struct tongs_device *device = NULL;
	for (uint64_t countdown = 0; !device; countdown++) {
		assert_true(countdown < 80);
		tongs_alloc_fail_after(countdown);
		device = tongs_device_new_default();
		tongs_alloc_fail_after(UINT64_MAX);
		assert_int_equal(device == NULL, messages_take() > 0);
	}
	tongs_device_unref(device);
	size_t count = 0;
	for (uint64_t countdown = 0; count == 0; countdown++) {
		assert_true(countdown < 80);
		tongs_alloc_fail_after(countdown);
		count = tongs_device_new_all(&device, 1);
		tongs_alloc_fail_after(UINT64_MAX);
	}
	tongs_device_unref(device);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_object_for_a_uuid, setup),
		cmocka_unit_test_setup(two_drivers_have_two_objects, setup),
		cmocka_unit_test_setup(plain_properties, setup),
		cmocka_unit_test_setup(sample_counts, setup),
		cmocka_unit_test_setup(an_unreachable_device_is_reported, setup),
		cmocka_unit_test_setup(unknown_uuid_is_refused, setup),
		cmocka_unit_test_setup(vulkan_devices, setup),
		cmocka_unit_test_setup(threads_share_the_table, setup),
		cmocka_unit_test_setup(fails_without_memory, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
