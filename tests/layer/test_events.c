/* SPDX-License-Identifier: MIT */
/* Timeline semaphores and VkEvents that are MTLSharedEvents, in both directions. */
#include <pthread.h>
#include <stdatomic.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "semaphores.h"

enum { ROUNDS = 1000 };

static void one_object_with_the_value(void **state) {
	struct gpu gpu;
	(void)state;
	init_with_timelines(&gpu);
	VkSemaphore semaphore = make_semaphore(&gpu, 41);
	struct tongs_shared_event *event = event_object(&gpu, semaphore, VK_NULL_HANDLE);
	assert_int_equal(tongs_handle_kind(event), TONGS_KIND_SHARED_EVENT);
	assert_ptr_equal(event_object(&gpu, semaphore, VK_NULL_HANDLE), event);
	assert_ptr_equal(tongs_shared_event_get_device(event), device_object(&gpu));
	assert_int_equal(tongs_shared_event_get_signaled_value(event), 41);
	assert_reported(&gpu, NULL);
	vkDestroySemaphore(gpu.device, semaphore, NULL);
	assert_int_equal(tongs_handle_kind(event), TONGS_KIND_NONE);
	gpu_finish(&gpu);
}

/* Metal's signals are there when the call returns. */
static void metal_signals_at_once(void **state) {
	struct gpu gpu;
	(void)state;
	init_with_timelines(&gpu);
	VkSemaphore semaphore = make_semaphore(&gpu, 0);
	struct tongs_shared_event *event = event_object(&gpu, semaphore, VK_NULL_HANDLE);
	for (uint64_t value = 1; value <= ROUNDS; value++) {
		tongs_shared_event_set_signaled_value(event, value * 3);
		assert_int_equal(counter(&gpu, semaphore), value * 3);
	}
	/* Never a lower value, nor the same again. */
	tongs_shared_event_set_signaled_value(event, 7);
	tongs_shared_event_set_signaled_value(event, ROUNDS * 3);
	assert_int_equal(counter(&gpu, semaphore), ROUNDS * 3);
	assert_int_equal(tongs_shared_event_get_signaled_value(event), ROUNDS * 3);
	vkDestroySemaphore(gpu.device, semaphore, NULL);
	gpu_finish(&gpu);
}

/* And so are those of Vulkan's CPU side. */
static void vulkan_signals_at_once(void **state) {
	struct gpu gpu;
	(void)state;
	init_with_timelines(&gpu);
	VkSemaphore semaphore = make_semaphore(&gpu, 0);
	struct tongs_shared_event *event = event_object(&gpu, semaphore, VK_NULL_HANDLE);
	for (uint64_t value = 1; value <= 100; value++) {
		signal_vulkan(&gpu, semaphore, value);
		assert_int_equal(tongs_shared_event_get_signaled_value(event), value);
	}
	vkDestroySemaphore(gpu.device, semaphore, NULL);
	gpu_finish(&gpu);
}

static void the_gpu_signals_and_waits(void **state) {
	const VkFenceCreateInfo fence_info = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
	struct gpu gpu;
	VkFence fence;
	(void)state;
	init_with_timelines(&gpu);
	VkSemaphore semaphore = make_semaphore(&gpu, 0);
	struct tongs_shared_event *event = event_object(&gpu, semaphore, VK_NULL_HANDLE);
	assert_vk(vkCreateFence(gpu.device, &fence_info, NULL, &fence));
	for (uint64_t value = 1; value < 200; value += 3) {
		submit_values(&gpu, semaphore, 0, value, VK_NULL_HANDLE);
		assert_true(tongs_shared_event_wait(event, value, PATIENCE_MS));
		/* Waits for a value that nothing has signaled yet. */
		submit_values(&gpu, semaphore, value + 1, value + 2, fence);
		assert_int_equal(vkGetFenceStatus(gpu.device, fence), VK_NOT_READY);
		assert_int_equal(tongs_shared_event_get_signaled_value(event), value);
		tongs_shared_event_set_signaled_value(event, value + 1);
		assert_vk(vkWaitForFences(gpu.device, 1, &fence, VK_TRUE, PATIENCE_MS * UINT64_C(1000000)));
		assert_vk(vkResetFences(gpu.device, 1, &fence));
		assert_true(tongs_shared_event_wait(event, value + 2, PATIENCE_MS));
	}
	vkDestroyFence(gpu.device, fence, NULL);
	vkDestroySemaphore(gpu.device, semaphore, NULL);
	gpu_finish(&gpu);
}

struct side {
	struct gpu *gpu;
	VkSemaphore semaphore;
	struct tongs_shared_event *event;
	unsigned rounds; /* that were passed */
};

/* Waits for even values and signals odd ones. */
static void *run_metal(void *user) {
	struct side *side = user;
	for (uint64_t value = 0; value < 2 * ROUNDS; value += 2) {
		if (!tongs_shared_event_wait(side->event, value, PATIENCE_MS))
			break;
		tongs_shared_event_set_signaled_value(side->event, value + 1);
		side->rounds++;
	}
	return NULL;
}

enum { SIGNALS = 2000 };
static _Atomic uint64_t looked_at;

/* Each value stays until it has been looked at. */
static void *signal_metal(void *user) {
	const struct side *side = user;
	for (uint64_t value = 1; value <= SIGNALS; value++) {
		tongs_shared_event_set_signaled_value(side->event, value);
		while (atomic_load(&looked_at) < value)
			sched_yield();
	}
	return NULL;
}

/* Whoever sees a value in Metal finds it in Vulkan, where the next is signaled then. */
static void vulkan_has_what_metal_shows(void **state) {
	struct gpu gpu;
	pthread_t thread;
	unsigned early = 0;
	(void)state;
	init_with_timelines(&gpu);
	VkSemaphore semaphore = make_semaphore(&gpu, 0);
	struct side side = {.event = event_object(&gpu, semaphore, VK_NULL_HANDLE)};
	assert_int_equal(pthread_create(&thread, NULL, signal_metal, &side), 0);
	for (uint64_t value = 1; value <= SIGNALS; value++) {
		while (tongs_shared_event_get_signaled_value(side.event) < value)
			sched_yield();
		early += counter(&gpu, semaphore) < value;
		atomic_store(&looked_at, value);
	}
	pthread_join(thread, NULL);
	print_message("%u of %u values came before Vulkan had them\n", early, SIGNALS);
	assert_int_equal(early, 0);
	vkDestroySemaphore(gpu.device, semaphore, NULL);
	gpu_finish(&gpu);
}

/* Each side waits before the other signals, most of the time. */
static void alternating_values(void **state) {
	struct gpu gpu;
	pthread_t thread;
	(void)state;
	init_with_timelines(&gpu);
	VkSemaphore semaphore = make_semaphore(&gpu, 0);
	struct side side = {.event = event_object(&gpu, semaphore, VK_NULL_HANDLE)};
	unsigned rounds = 0;
	assert_int_equal(pthread_create(&thread, NULL, run_metal, &side), 0);
	for (uint64_t value = 1; value < 2 * ROUNDS; value += 2) {
		if (wait_vulkan(&gpu, semaphore, value) != VK_SUCCESS || counter(&gpu, semaphore) != value)
			break;
		if (rounds % 2)
			submit_values(&gpu, semaphore, 0, value + 1, VK_NULL_HANDLE);
		else
			signal_vulkan(&gpu, semaphore, value + 1);
		rounds++;
	}
	pthread_join(thread, NULL);
	assert_int_equal(rounds, ROUNDS);
	assert_int_equal(side.rounds, ROUNDS);
	assert_vk(vkQueueWaitIdle(gpu.queue));
	vkDestroySemaphore(gpu.device, semaphore, NULL);
	gpu_finish(&gpu);
}

/* Semaphores of two devices, and Metal's own event, are one. */
static void imported_by_two_devices(void **state) {
	struct gpu gpu, other;
	(void)state;
	init_with_timelines(&gpu);
	gpu_init_sibling(&other, &gpu);
	struct tongs_shared_event *event = tongs_device_new_shared_event(device_object(&gpu));
	tongs_shared_event_set_signaled_value(event, 5);
	VkSemaphore first = import_semaphore(&gpu, event, 0), second = import_semaphore(&other, event, 9);
	assert_ptr_equal(event_object(&gpu, first, VK_NULL_HANDLE), event);
	assert_ptr_equal(event_object(&other, second, VK_NULL_HANDLE), event);
	/* The largest of the values wins. */
	assert_int_equal(tongs_shared_event_get_signaled_value(event), 9);
	assert_int_equal(counter(&gpu, first), 9);
	assert_int_equal(counter(&other, second), 9);
	for (uint64_t value = 10; value < 100; value += 3) {
		signal_vulkan(&gpu, first, value);
		assert_vk(wait_vulkan(&other, second, value));
		submit_values(&other, second, 0, value + 1, VK_NULL_HANDLE);
		assert_vk(wait_vulkan(&gpu, first, value + 1));
		tongs_shared_event_set_signaled_value(event, value + 2);
		assert_int_equal(counter(&gpu, first), value + 2);
		assert_int_equal(counter(&other, second), value + 2);
	}
	/* One less. */
	assert_vk(vkQueueWaitIdle(other.queue));
	vkDestroySemaphore(other.device, second, NULL);
	tongs_shared_event_set_signaled_value(event, 1000);
	assert_int_equal(counter(&gpu, first), 1000);
	assert_reported(&gpu, NULL);
	vkDestroySemaphore(gpu.device, first, NULL);
	tongs_shared_event_unref(event);
	assert_int_equal(tongs_handle_kind(event), TONGS_KIND_NONE);
	gpu_finish(&other);
	gpu_finish(&gpu);
}

/* Without the export struct the event is exported, too, with a warning. */
static void import_without_export(void **state) {
	struct gpu gpu;
	VkSemaphore semaphore;
	(void)state;
	init_with_timelines(&gpu);
	struct tongs_shared_event *event = tongs_device_new_shared_event(device_object(&gpu));
	const VkImportMetalSharedEventInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_SHARED_EVENT_INFO_EXT,
		.mtlSharedEvent = (void *)event,
	};
	assert_vk(try_semaphore(&gpu, &import, 3, &semaphore));
	assert_int_equal(tongs_shared_event_get_signaled_value(event), 3);
	assert_ptr_equal(event_object(&gpu, semaphore, VK_NULL_HANDLE), event);
	assert_int_equal(gpu.last.severity, TOLERATED);
	assert_reported(&gpu, "06805");
	vkDestroySemaphore(gpu.device, semaphore, NULL);
	tongs_shared_event_unref(event);
	gpu_finish(&gpu);
}

/* The event has what Vulkan signaled last. */
static void the_event_lives_on(void **state) {
	struct gpu gpu;
	(void)state;
	init_with_timelines(&gpu);
	for (uint64_t value = 1; value < 50; value++) {
		VkSemaphore semaphore = make_semaphore(&gpu, 0);
		struct tongs_shared_event *event =
			tongs_shared_event_ref(event_object(&gpu, semaphore, VK_NULL_HANDLE));
		signal_vulkan(&gpu, semaphore, value);
		vkDestroySemaphore(gpu.device, semaphore, NULL);
		assert_int_equal(tongs_shared_event_get_signaled_value(event), value);
		tongs_shared_event_set_signaled_value(event, 100);
		assert_int_equal(tongs_shared_event_get_signaled_value(event), 100);
		tongs_shared_event_unref(event);
		assert_int_equal(tongs_handle_kind(event), TONGS_KIND_NONE);
	}
	gpu_finish(&gpu);
}

/* Destroying wakes the thread that waits for a signal which never comes. */
static void destroyed_at_once(void **state) {
	enum { COUNT = 20, PERIOD_MS = 100 };
	struct timespec start, end;
	struct gpu gpu;
	long long ms = 0;
	(void)state;
	init_with_timelines(&gpu);
	for (unsigned i = 0; i < COUNT; i++) {
		VkSemaphore semaphore = make_semaphore(&gpu, i);
		struct tongs_shared_event *event =
			tongs_shared_event_ref(event_object(&gpu, semaphore, VK_NULL_HANDLE));
		usleep(5000); /* it waits by now */
		clock_gettime(CLOCK_MONOTONIC, &start);
		vkDestroySemaphore(gpu.device, semaphore, NULL);
		clock_gettime(CLOCK_MONOTONIC, &end);
		ms += (end.tv_sec - start.tv_sec) * 1000LL + (end.tv_nsec - start.tv_nsec) / 1000000;
		/* What woke it is no value of the event. */
		assert_int_equal(tongs_shared_event_get_signaled_value(event), i);
		tongs_shared_event_unref(event);
	}
	print_message("%d semaphores destroyed in %lld ms\n", COUNT, ms);
	assert_in_range(ms, 0, COUNT * PERIOD_MS / 2);
	gpu_finish(&gpu);
}

static atomic_bool destroyed_all;

/* Metal signals while the semaphore is destroyed. The result is the last value. */
static void *signal_all_the_time(void *user) {
	struct side *side = user;
	uintptr_t value = 0;
	while (!atomic_load(&destroyed_all))
		tongs_shared_event_set_signaled_value(side->event, ++value);
	return (void *)value;
}

static void destroyed_while_metal_signals(void **state) {
	struct gpu gpu;
	pthread_t thread;
	(void)state;
	init_with_timelines(&gpu);
	struct side side = {.event = tongs_device_new_shared_event(device_object(&gpu))};
	void *last;
	atomic_store(&destroyed_all, false);
	assert_int_equal(pthread_create(&thread, NULL, signal_all_the_time, &side), 0);
	assert_true(tongs_shared_event_wait(side.event, 1, 10000));
	for (unsigned i = 0; i < 20; i++) {
		VkSemaphore semaphore = import_semaphore(&gpu, side.event, 0);
		vkDestroySemaphore(gpu.device, semaphore, NULL);
	}
	atomic_store(&destroyed_all, true);
	pthread_join(thread, &last);
	VkSemaphore semaphore = import_semaphore(&gpu, side.event, 0);
	assert_int_equal(counter(&gpu, semaphore), (uintptr_t)last);
	vkDestroySemaphore(gpu.device, semaphore, NULL);
	tongs_shared_event_unref(side.event);
	gpu_finish(&gpu);
}

/* The event is the child's own, its parent's semaphore is not. */
static void a_child_has_its_own_value(void **state) {
	struct gpu gpu;
	int status;
	(void)state;
	init_with_timelines(&gpu);
	VkSemaphore semaphore = make_semaphore(&gpu, 0);
	struct tongs_shared_event *event = event_object(&gpu, semaphore, VK_NULL_HANDLE);
	for (uint64_t value = 1; value < 20; value++) {
		signal_vulkan(&gpu, semaphore, value);
		const pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			tongs_shared_event_set_signaled_value(event, 1000);
			_exit(tongs_shared_event_wait(event, 1000, 0) ? 0 : 1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		assert_true(tongs_shared_event_wait(event, value, PATIENCE_MS));
		assert_int_equal(counter(&gpu, semaphore), value);
	}
	vkDestroySemaphore(gpu.device, semaphore, NULL);
	gpu_finish(&gpu);
}

/* What a program leaves to vkDestroyDevice. The driver's own objects leak. */
static void left_to_the_device(void **state) {
	struct gpu gpu;
	(void)state;
#ifdef __SANITIZE_ADDRESS__
	skip();
#endif
	init_with_timelines(&gpu);
	VkSemaphore semaphore = make_semaphore(&gpu, 0);
	struct tongs_shared_event *event = tongs_shared_event_ref(event_object(&gpu, semaphore, VK_NULL_HANDLE)),
				  *unretained = event_object(&gpu, make_semaphore(&gpu, 0), VK_NULL_HANDLE);
	signal_vulkan(&gpu, semaphore, 7);
	gpu_finish(&gpu);
	assert_int_equal(tongs_handle_kind(unretained), TONGS_KIND_NONE);
	assert_int_equal(tongs_shared_event_get_signaled_value(event), 7);
	tongs_shared_event_set_signaled_value(event, 8);
	assert_int_equal(tongs_shared_event_get_signaled_value(event), 8);
	tongs_shared_event_unref(event);
}

static VkResult try_event(struct gpu *gpu, const void *next, VkEventCreateFlags flags, VkEvent *event) {
	const VkEventCreateInfo info = {.sType = VK_STRUCTURE_TYPE_EVENT_CREATE_INFO, .pNext = next, .flags = flags};
	return vkCreateEvent(gpu->device, &info, NULL, event);
}

/* Set is 1, and a VkEvent is set at once by any value but 0. */
static void vulkan_events(void **state) {
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(SHARED_EVENT), NULL);
	struct gpu gpu;
	VkEvent by_host, by_gpu, by_metal, imported;
	(void)state;
	gpu_init(&gpu, &OBJECTS);
	assert_vk(try_event(&gpu, &object, 0, &by_host));
	assert_vk(try_event(&gpu, &object, 0, &by_gpu));
	assert_vk(try_event(&gpu, &object, 0, &by_metal));
	struct tongs_shared_event *host = event_object(&gpu, VK_NULL_HANDLE, by_host),
				  *device = event_object(&gpu, VK_NULL_HANDLE, by_gpu),
				  *metal = event_object(&gpu, VK_NULL_HANDLE, by_metal);
	assert_int_equal(tongs_shared_event_get_signaled_value(host), 0);
	assert_vk(vkSetEvent(gpu.device, by_host));
	assert_int_equal(tongs_shared_event_get_signaled_value(host), 1);

	assert_int_equal(vkGetEventStatus(gpu.device, by_metal), VK_EVENT_RESET);
	tongs_shared_event_set_signaled_value(metal, 1);
	assert_int_equal(vkGetEventStatus(gpu.device, by_metal), VK_EVENT_SET);

	if (!getenv("TONGS_TESTS_CANNOT_EXECUTE")) {
		VkCommandBuffer commands = begin(&gpu);
		vkCmdSetEvent(commands, by_gpu, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT);
		submit(&gpu, commands);
		assert_true(tongs_shared_event_wait(device, 1, PATIENCE_MS));
	}
	/* One that has happened already. */
	const VkImportMetalSharedEventInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_SHARED_EVENT_INFO_EXT,
		.mtlSharedEvent = (void *)metal,
	};
	assert_vk(try_event(&gpu, &import, 0, &imported));
	assert_int_equal(vkGetEventStatus(gpu.device, imported), VK_EVENT_SET);
	assert_reported(&gpu, NULL);
	vkDestroyEvent(gpu.device, by_host, NULL);
	vkDestroyEvent(gpu.device, by_gpu, NULL);
	vkDestroyEvent(gpu.device, by_metal, NULL);
	vkDestroyEvent(gpu.device, imported, NULL);
	gpu_finish(&gpu);
}

static void export_06804_06805_06806_events(void **state) {
	struct gpu gpu;
	VkSemaphore semaphore;
	VkEvent event;
	(void)state;
	init_with_timelines(&gpu);
	assert_vk(try_semaphore(&gpu, NULL, 0, &semaphore));
	assert_vk(try_event(&gpu, NULL, 0, &event));
	assert_null(event_object(&gpu, VK_NULL_HANDLE, VK_NULL_HANDLE));
	assert_reported_of(
		&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06804", REFUSED, OBJECT(DEVICE, gpu.device, NULL));
	assert_null(event_object(&gpu, semaphore, event));
	assert_reported_of(
		&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06804", REFUSED, OBJECT(SEMAPHORE, semaphore, NULL));
	assert_null(event_object(&gpu, semaphore, VK_NULL_HANDLE));
	assert_reported_of(
		&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06805", REFUSED, OBJECT(SEMAPHORE, semaphore, NULL));
	assert_null(event_object(&gpu, VK_NULL_HANDLE, event));
	assert_reported_of(&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06806", REFUSED, OBJECT(EVENT, event, NULL));
	vkDestroySemaphore(gpu.device, semaphore, NULL);
	vkDestroyEvent(gpu.device, event, NULL);
	gpu_finish(&gpu);
}

static void create_06789_06790_what_is_no_event(void **state) {
	const VkExportMetalObjectCreateInfoEXT wrong = object_info(EXPORT(BUFFER), NULL);
	uint64_t garbage[8] = {0};
	struct gpu gpu;
	(void)state;
	init_with_timelines(&gpu);
	VkSemaphore semaphore = (VkSemaphore)(uintptr_t)1;
	VkEvent event = (VkEvent)(uintptr_t)1;
	assert_int_equal(try_semaphore(&gpu, &wrong, 0, &semaphore), VK_ERROR_VALIDATION_FAILED_EXT);
	assert_true(semaphore == VK_NULL_HANDLE);
	assert_reported(&gpu, "VUID-VkSemaphoreCreateInfo-pNext-06789");
	assert_int_equal(try_event(&gpu, &wrong, 0, &event), VK_ERROR_VALIDATION_FAILED_EXT);
	assert_true(event == VK_NULL_HANDLE);
	assert_reported(&gpu, "VUID-VkEventCreateInfo-pNext-06790");
	void *const bad[] = {NULL, garbage, device_object(&gpu)};
	for (size_t i = 0; i < 3; i++) {
		const VkImportMetalSharedEventInfoEXT import = {
			.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_SHARED_EVENT_INFO_EXT, .mtlSharedEvent = bad[i]};
		assert_int_equal(try_semaphore(&gpu, &import, 0, &semaphore), VK_ERROR_INVALID_EXTERNAL_HANDLE);
		assert_reported(&gpu, "TONGS-metal-object");
		assert_int_equal(try_event(&gpu, &import, 0, &event), VK_ERROR_INVALID_EXTERNAL_HANDLE);
		assert_reported(&gpu, "TONGS-metal-object");
	}
	const VkExportMetalObjectCreateInfoEXT right = object_info(EXPORT(SHARED_EVENT), NULL);
	const VkSemaphoreCreateInfo binary = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &right};
	assert_int_equal(vkCreateSemaphore(gpu.device, &binary, NULL, &semaphore), VK_ERROR_FEATURE_NOT_PRESENT);
	assert_true(semaphore == VK_NULL_HANDLE);
	assert_reported(&gpu, "TONGS-metal-event");
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_object_with_the_value),
		cmocka_unit_test(metal_signals_at_once),
		cmocka_unit_test(vulkan_signals_at_once),
		cmocka_unit_test(the_gpu_signals_and_waits),
		cmocka_unit_test(vulkan_has_what_metal_shows),
		cmocka_unit_test(alternating_values),
		cmocka_unit_test(imported_by_two_devices),
		cmocka_unit_test(import_without_export),
		cmocka_unit_test(the_event_lives_on),
		cmocka_unit_test(destroyed_at_once),
		cmocka_unit_test(destroyed_while_metal_signals),
		cmocka_unit_test(a_child_has_its_own_value),
		cmocka_unit_test(left_to_the_device),
		cmocka_unit_test(vulkan_events),
		cmocka_unit_test(export_06804_06805_06806_events),
		cmocka_unit_test(create_06789_06790_what_is_no_event),
	};
	return cmocka_run_group_tests_name("layer: shared events", tests, NULL, NULL);
}
