/* SPDX-License-Identifier: MIT */
/* vkWaitSemaphores for semaphores that are an MTLSharedEvent: in each form, for signals of each kind, and never late
 * because others wait, too. */
#include <pthread.h>
#include <unistd.h>

#include "event_scene.h"

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
		cmocka_unit_test(exported_by_the_program),
	};
	return cmocka_run_group_tests_name("layer: waits", tests, NULL, NULL);
}
