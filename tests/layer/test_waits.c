/* SPDX-License-Identifier: MIT */
/* vkWaitSemaphores for semaphores that are an MTLSharedEvent: in each form, for signals of each kind, and never late
 * because others wait, too. */
#include <pthread.h>
#include <unistd.h>

#include "event_scene.h"
#include "metal/interop.h"
#include "util/clock.h"

enum { ROUNDS = 50 };

static VkSemaphore make_plain(struct gpu *gpu) {
	const VkSemaphoreTypeCreateInfo type = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO, .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE};
	const VkSemaphoreCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type};
	VkSemaphore semaphore;
	assert_vk(vkCreateSemaphore(gpu->device, &info, NULL, &semaphore));
	return semaphore;
}

static VkResult wait_for(struct gpu *gpu, VkSemaphoreWaitFlags flags, uint32_t count, const VkSemaphore *semaphores,
	const uint64_t *values, uint64_t timeout) {
	const VkSemaphoreWaitInfo info = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
		.flags = flags,
		.semaphoreCount = count,
		.pSemaphores = semaphores,
		.pValues = values,
	};
	return vkWaitSemaphores(gpu->device, &info, timeout);
}

/* A thread of Metal's answers each odd value. */
static void *answer(void *user) {
	const struct scene *scene = user;
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (!tongs_shared_event_wait(scene->event, 2 * i + 1, PATIENCE_MS))
			break;
		tongs_shared_event_set_signaled_value(scene->event, 2 * i + 2);
	}
	return NULL;
}

static void signals_are_seen_at_once(void **state) {
	struct scene scene;
	pthread_t thread;
	(void)state;
	begin_scene(&scene);
	const unsigned late = count().late_waits;
	assert_int_equal(pthread_create(&thread, NULL, answer, &scene), 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (i % 2)
			signal_vulkan(&scene.gpu, scene.semaphore, 2 * i + 1);
		else
			submit_values(&scene.gpu, scene.semaphore, 0, 2 * i + 1, VK_NULL_HANDLE);
		assert_vk(wait_vulkan(&scene.gpu, scene.semaphore, 2 * i + 2));
		assert_int_equal(counter(&scene.gpu, scene.semaphore), 2 * i + 2);
	}
	pthread_join(thread, NULL);
	assert_int_equal(count().late_waits, late);
	end_scene(&scene);
}

/* Metal shows what Vulkan shows, at once. */
static void the_event_has_vulkans_value(void **state) {
	struct scene scene;
	(void)state;
	begin_scene(&scene);
	for (unsigned i = 1; i <= 10 * ROUNDS; i++) {
		submit_values(&scene.gpu, scene.semaphore, 0, i, VK_NULL_HANDLE);
		while (counter(&scene.gpu, scene.semaphore) < i)
			;
		assert_int_equal(tongs_shared_event_get_signaled_value(scene.event), i);
	}
	end_scene(&scene);
}

static void *signal_later(void *user) {
	const struct scene *scene = user;
	usleep(5000);
	tongs_shared_event_set_signaled_value(scene->event, 9);
	return NULL;
}

/* Beside others. */
static void any_and_all(void **state) {
	enum { MOST = 20 };
	struct scene scene;
	VkSemaphore all[MOST];
	uint64_t values[MOST];
	pthread_t thread;
	(void)state;
	begin_scene(&scene);
	for (uint32_t i = 0; i < MOST; i++) {
		all[i] = i % 3 == 2 ? make_plain(&scene.gpu) : make_semaphore(&scene.gpu, 0);
		values[i] = 5 + i;
	}
	for (uint32_t n = 1; n <= MOST; n += n < 6 ? 1 : 7) {
		struct gpu *gpu = &scene.gpu;
		assert_int_equal(wait_for(gpu, VK_SEMAPHORE_WAIT_ANY_BIT, n, all, values, 0), VK_TIMEOUT);
		assert_int_equal(wait_for(gpu, 0, n, all, values, 2000000), VK_TIMEOUT);
		for (uint32_t i = n; i-- > 0;) {
			signal_vulkan(gpu, all[i], values[i]);
			assert_vk(wait_for(gpu, VK_SEMAPHORE_WAIT_ANY_BIT, n, all, values, UINT64_MAX));
			assert_int_equal(wait_for(gpu, 0, n, all, values, i ? 100000 : 0), i ? VK_TIMEOUT : VK_SUCCESS);
		}
		assert_vk(wait_for(gpu, 0, n, all, values, UINT64_MAX));
		for (uint32_t i = 0; i < MOST; i++)
			values[i] += MOST;
	}
	/* One that is signaled meanwhile, as the last of some that all are waited for. */
	all[MOST - 1] = (vkDestroySemaphore(scene.gpu.device, all[MOST - 1], NULL), scene.semaphore);
	for (uint32_t i = 0; i < MOST - 1; i++)
		values[i] = 0;
	values[MOST - 1] = 9;
	assert_int_equal(pthread_create(&thread, NULL, signal_later, &scene), 0);
	assert_vk(wait_for(&scene.gpu, 0, MOST, all, values, PATIENCE_MS * UINT64_C(1000000)));
	pthread_join(thread, NULL);
	assert_vk(wait_for(&scene.gpu, 0, 0, NULL, NULL, 0));
	for (uint32_t i = 0; i < MOST - 1; i++)
		vkDestroySemaphore(scene.gpu.device, all[i], NULL);
	end_scene(&scene);
}

/* What is there, or is never to come, in each form: no wait ends before its time. */
static void timeouts(void **state) {
	static const uint64_t all[] = {0, 1, 999999, 1000000, 1500001, 3000000};
	struct scene scene;
	(void)state;
	begin_scene(&scene);
	struct gpu *gpu = &scene.gpu;
	VkSemaphore plain = make_plain(gpu);
	signal_vulkan(gpu, scene.semaphore, 3);
	signal_vulkan(gpu, plain, 3);
	const VkSemaphore semaphores[] = {scene.semaphore, plain, scene.semaphore};
	for (uint32_t i = 0; i < 6; i++) {
		for (uint32_t n = 1; n <= 3; n++) {
			/* The wait for 4 is that of the event, or of the other. */
			const uint64_t none[] = {4, 4, 5}, one[] = {4, n == 3 ? 4 : 3, 0};
			const uint64_t start = tongs_clock_now();
			assert_int_equal(wait_for(gpu, 0, n, semaphores, one, all[i]), VK_TIMEOUT);
			const uint64_t middle = tongs_clock_now();
			assert_true(middle - start >= all[i]);
			assert_int_equal(
				wait_for(gpu, VK_SEMAPHORE_WAIT_ANY_BIT, n, semaphores, none, all[i]), VK_TIMEOUT);
			assert_true(tongs_clock_now() - middle >= all[i]);
		}
		static const uint64_t zero[] = {0, 0, 0}, reached[] = {3, 2, 1};
		for (uint32_t flags = 0; flags <= VK_SEMAPHORE_WAIT_ANY_BIT; flags++) {
			assert_vk(wait_for(gpu, flags, 3, semaphores, zero, all[i]));
			assert_vk(wait_for(gpu, flags, 3, semaphores, reached, all[i]));
			assert_vk(wait_for(gpu, flags, 1, semaphores, reached, UINT64_MAX));
		}
	}
	vkDestroySemaphore(gpu->device, plain, NULL);
	end_scene(&scene);
}

/* A thread that waits for one value, or for each `step` values. */
struct wait {
	pthread_t thread;
	struct gpu *gpu;
	VkSemaphore semaphores[2];
	uint32_t count; /* of them; the second for 0 */
	uint64_t value, last, step, timeout;
	VkResult result;
	unsigned early;
};

static void *run_wait(void *user) {
	struct wait *wait = user;
	wait->result = VK_SUCCESS;
	for (; wait->value <= wait->last && wait->result == VK_SUCCESS; wait->value += wait->step) {
		const uint64_t values[] = {wait->value, 0};
		wait->result = wait_for(wait->gpu, 0, wait->count, wait->semaphores, values, wait->timeout);
		if (wait->result == VK_SUCCESS)
			wait->early += counter(wait->gpu, wait->semaphores[0]) < wait->value;
	}
	return NULL;
}

static void begin_wait(struct wait *wait) {
	assert_int_equal(pthread_create(&wait->thread, NULL, run_wait, wait), 0);
}

/* Of two VkDevices, each for values of its own, which come from all sides. */
static void many_threads(void **state) {
	enum { THREADS = 16, LAST = 40 * THREADS };
	struct wait waits[THREADS];
	struct scene scene;
	struct gpu other;
	(void)state;
	begin_scene(&scene);
	gpu_init_sibling(&other, &scene.gpu);
	struct gpu *const gpus[] = {&scene.gpu, &other};
	const VkSemaphore semaphores[] = {scene.semaphore, import_semaphore(&other, scene.event, 0)};
	const unsigned late = count().late_waits;
	for (unsigned i = 0; i < THREADS; i++) {
		waits[i] = (struct wait){.gpu = gpus[i % 2],
			.semaphores = {semaphores[i % 2], semaphores[i % 2]},
			.count = i % 4 < 2 ? 1 : 2,
			.value = i + 1,
			.last = LAST,
			.step = THREADS,
			.timeout = i % 8 < 4 ? UINT64_MAX : PATIENCE_MS * UINT64_C(1000000)};
		begin_wait(&waits[i]);
	}
	for (unsigned value = 1; value <= LAST; value++) {
		const unsigned side = value / 3 % 2;
		assert_vk(wait_vulkan(gpus[side], semaphores[side], value - 1));
		if (value % 3 == 0)
			tongs_shared_event_set_signaled_value(scene.event, value);
		else if (value % 3 == 1)
			signal_vulkan(gpus[side], semaphores[side], value);
		else
			submit_values(gpus[side], semaphores[side], 0, value, VK_NULL_HANDLE);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(waits[i].thread, NULL);
		assert_vk(waits[i].result);
		assert_int_equal(waits[i].early, 0);
	}
	assert_int_equal(count().late_waits, late);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(counter(gpus[i], semaphores[i]), LAST);
		assert_vk(vkQueueWaitIdle(gpus[i]->queue));
	}
	vkDestroySemaphore(other.device, semaphores[1], NULL);
	gpu_finish_unrefused(&other);
	end_scene(&scene);
}

/* A value is on its way from one VkDevice to another, where the program signals the next. */
static void the_next_value_elsewhere(void **state) {
	struct scene scene;
	struct gpu other;
	(void)state;
	begin_scene(&scene);
	gpu_init_sibling(&other, &scene.gpu);
	VkSemaphore second = import_semaphore(&other, scene.event, 0);
	if (scene.counts)
		delay_signal(200000000);
	submit_values(&scene.gpu, scene.semaphore, 0, 1, VK_NULL_HANDLE);
	while (counter(&scene.gpu, scene.semaphore) < 1)
		usleep(100);
	usleep(20000); /* the mirror's thread has seen it, too */
	signal_vulkan(&other, second, 2);
	assert_vk(wait_vulkan(&scene.gpu, scene.semaphore, 2));
	assert_int_equal(counter(&other, second), 2);
	assert_int_equal(counter(&scene.gpu, scene.semaphore), 2);
	assert_vk(vkQueueWaitIdle(scene.gpu.queue));
	vkDestroySemaphore(other.device, second, NULL);
	gpu_finish_unrefused(&other);
	end_scene(&scene);
}

/* Skips the test over drivers that cannot be made to fail. */
static void begin_mock_scene(struct scene *scene) {
	begin_scene(scene);
	if (scene->counts)
		return;
	end_scene(scene);
	skip();
}

/* No event is signaled then: who waits for it asks the driver now and then. */
static void a_lost_device(void **state) {
	struct wait waits[4];
	struct scene scene;
	(void)state;
	begin_mock_scene(&scene);
	struct gpu *gpu = &scene.gpu;
	VkSemaphore plain = make_plain(gpu);
	for (unsigned i = 0; i < 4; i++) {
		waits[i] = (struct wait){.gpu = gpu,
			.semaphores = {scene.semaphore, plain},
			.count = 1 + i / 2,
			.value = 1,
			.last = 1,
			.step = 1,
			.timeout = i % 2 ? UINT64_MAX : 1000 * PATIENCE_MS * UINT64_C(1000000)};
		begin_wait(&waits[i]);
	}
	const uint64_t one = 1;
	usleep(20000); /* they wait by now */
	lose_devices(true);
	for (unsigned i = 0; i < 4; i++) {
		pthread_join(waits[i].thread, NULL);
		assert_int_equal(waits[i].result, VK_ERROR_DEVICE_LOST);
	}
	assert_int_equal(wait_for(gpu, 0, 1, &scene.semaphore, &one, 0), VK_ERROR_DEVICE_LOST);
	assert_int_equal(wait_for(gpu, 0, 1, &scene.semaphore, &one, UINT64_MAX), VK_ERROR_DEVICE_LOST);
	assert_int_equal(tongs_shared_event_get_signaled_value(scene.event), 0);
	vkDestroySemaphore(gpu->device, plain, NULL);
	end_scene(&scene);
	lose_devices(false);
}

/* Has the mirror's thread, which calls the driver alone, fail at its next call of a command. */
static void fail_thread(const char *command, VkResult result) {
	const unsigned failures = count().failures;
	fail_next(command, result);
	for (unsigned ms = 0; count().failures == failures; ms++) {
		assert_true(ms < PATIENCE_MS);
		usleep(1000);
	}
}

/* Whoever sees it in Metal, or by a wait of one VkDevice, may signal the next one on the other. */
static void what_is_seen_is_everywhere(void **state) {
	struct scene scene;
	struct gpu other;
	(void)state;
	begin_scene(&scene);
	gpu_init_sibling(&other, &scene.gpu);
	VkSemaphore second = import_semaphore(&other, scene.event, 0);
	/* Threads that end take nothing to the other device. */
	for (unsigned i = 0; i < 2 && scene.counts; i++)
		fail_thread("vkWaitSemaphores", VK_ERROR_DEVICE_LOST);
	for (uint64_t value = 1; value < 4; value++) {
		submit_values(&scene.gpu, scene.semaphore, 0, value, VK_NULL_HANDLE);
		while (counter(&scene.gpu, scene.semaphore) < value)
			usleep(100);
		if (value == 1)
			assert_int_equal(tongs_shared_event_get_signaled_value(scene.event), 1);
		else if (value == 2)
			assert_true(tongs_shared_event_wait(scene.event, 2, 0));
		else
			assert_vk(wait_vulkan(&scene.gpu, scene.semaphore, 3));
		assert_int_equal(counter(&other, second), value);
	}
	assert_vk(vkQueueWaitIdle(scene.gpu.queue));
	vkDestroySemaphore(other.device, second, NULL);
	gpu_finish_unrefused(&other);
	end_scene(&scene);
}

static void *submit_later(void *user) {
	struct scene *scene = user;
	usleep(20000);
	submit_values(&scene->gpu, scene->semaphore, 0, 1, VK_NULL_HANDLE);
	return NULL;
}

/* A driver that failed once loses the mirror's thread, and nothing signals the event. */
static void without_the_mirrors_thread(void **state) {
	struct scene scene;
	pthread_t thread;
	(void)state;
	begin_mock_scene(&scene);
	fail_thread("vkWaitSemaphores", VK_ERROR_DEVICE_LOST);
	assert_int_equal(pthread_create(&thread, NULL, submit_later, &scene), 0);
	const uint64_t start = tongs_clock_now();
	assert_vk(wait_vulkan(&scene.gpu, scene.semaphore, 1));
	assert_in_range(tongs_clock_now() - start, 0, PATIENCE_MS * UINT64_C(1000000) / 4);
	pthread_join(thread, NULL);
	submit_values(&scene.gpu, scene.semaphore, 0, 2, VK_NULL_HANDLE);
	while (counter(&scene.gpu, scene.semaphore) < 2)
		usleep(100);
	assert_true(tongs_event_get_value(scene.event) < 2);
	assert_true(tongs_shared_event_wait(scene.event, 2, 0));
	assert_false(tongs_shared_event_wait(scene.event, 3, 1));
	assert_vk(vkQueueWaitIdle(scene.gpu.queue));
	end_scene(&scene);
}

/* The mirror's thread goes on. */
static void a_driver_without_memory(void **state) {
	static const char *const commands[] = {"vkWaitSemaphores", "vkGetSemaphoreCounterValue"};
	static const VkResult failures[] = {VK_ERROR_OUT_OF_HOST_MEMORY, VK_ERROR_OUT_OF_DEVICE_MEMORY};
	struct scene scene;
	(void)state;
	begin_mock_scene(&scene);
	for (unsigned i = 0; i < 4; i++) {
		fail_thread(commands[i / 2], failures[i % 2]);
		submit_values(&scene.gpu, scene.semaphore, 0, i + 1, VK_NULL_HANDLE);
		assert_true(tongs_shared_event_wait(scene.event, i + 1, PATIENCE_MS));
	}
	/* Metal's signal, too, is tried again. */
	for (unsigned i = 0; i < 4; i++) {
		fail_next(i / 2 ? "vkGetSemaphoreCounterValue" : "vkSignalSemaphore", failures[i % 2]);
		tongs_shared_event_set_signaled_value(scene.event, 11 + i);
		assert_vk(wait_vulkan(&scene.gpu, scene.semaphore, 11 + i));
	}
	assert_vk(vkQueueWaitIdle(scene.gpu.queue));
	end_scene(&scene);
}

/* Others may have it, too. */
static void exported_by_the_program(void **state) {
	struct scene scene;
	(void)state;
	begin_scene(&scene);
	const VkExportSemaphoreCreateInfo exported = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_SEMAPHORE_CREATE_INFO,
		.handleTypes = VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT,
	};
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(SHARED_EVENT), &exported);
	if (scene.counts) {
		VkSemaphore semaphore;
		assert_vk(try_semaphore(&scene.gpu, &object, 3, &semaphore));
		tongs_shared_event_unref(scene.event);
		vkDestroySemaphore(scene.gpu.device, scene.semaphore, NULL);
		scene.semaphore = semaphore;
		scene.event = tongs_shared_event_ref(event_object(&scene.gpu, semaphore, VK_NULL_HANDLE));
		struct tongs_command_buffer *commands = commit(&scene, scene.queue, 4, 1, 5);
		submit_values(&scene.gpu, semaphore, 0, 4, VK_NULL_HANDLE);
		submit_values(&scene.gpu, semaphore, 5, 6, VK_NULL_HANDLE);
		assert_vk(wait_vulkan(&scene.gpu, semaphore, 6));
		finish(commands);
		assert_vk(vkQueueWaitIdle(scene.gpu.queue));
	}
	end_scene(&scene);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_are_seen_at_once),
		cmocka_unit_test(the_event_has_vulkans_value),
		cmocka_unit_test(any_and_all),
		cmocka_unit_test(timeouts),
		cmocka_unit_test(many_threads),
		cmocka_unit_test(the_next_value_elsewhere),
		cmocka_unit_test(a_lost_device),
		cmocka_unit_test(what_is_seen_is_everywhere),
		cmocka_unit_test(without_the_mirrors_thread),
		cmocka_unit_test(a_driver_without_memory),
		cmocka_unit_test(exported_by_the_program),
	};
	return cmocka_run_group_tests_name("layer: waits", tests, NULL, NULL);
}
