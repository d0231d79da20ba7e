/* SPDX-License-Identifier: MIT */
/* libtongs' own devices when nobody uses them any more: they go after a while, and not before. */
#include "support.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include "gpu/device.h"
#include "gpu/image.h"
#include "gpu/reaper.h"
#include "watch.h"

#define NEVER UINT64_MAX
#define MILLISECOND UINT64_C(1000000)

static const struct tongs_image_shape rgba8 = {
	.format = VK_FORMAT_R8G8B8A8_UNORM,
	.type = VK_IMAGE_TYPE_2D,
	.extent = {50, 30, 1},
	.levels = 1,
	.layers = 1,
	.samples = VK_SAMPLE_COUNT_1_BIT,
	.tiling = VK_IMAGE_TILING_OPTIMAL,
};

static size_t tasks_before, files_before;

/* Nothing is left from one test to the next, nor to the process: no device, no instance, no thread, of the driver's or
 * ours, and no file. */
static bool all_is_gone(void) {
	return watch.devices_gone == watch.devices_made && watch.instances_gone == watch.instances_made &&
	       count_own("task") == tasks_before && count_own("fd") == files_before;
}

static void let_all_go(void) {
	tongs_reaper_set_delay(0);
	wait_until(all_is_gone);
}

static int setup(void **state) {
	(void)state;
	messages_capture();
	let_all_go();
	watch.instances_made = watch.instances_gone = watch.devices_made = watch.devices_gone = 0;
	tongs_reaper_set_delay(NEVER);
	return 0;
}

/* A user of a device that has its VkDevice. */
static struct tongs_gpu *open_device(void) {
	struct tongs_gpu *gpu = NULL;
	struct tongs_gpu_image_needs needs;
	assert_true(tongs_gpu_create_all(&gpu, 1) >= 1);
	assert_non_null(gpu);
	assert_true(tongs_gpu_query_image(gpu, &rgba8, 0, &needs));
	assert_non_null(tongs_gpu_get_vk_device(gpu));
	return gpu;
}

static void an_unused_device_goes(void **state) {
	(void)state;
	struct tongs_gpu *gpu = open_device(), *again = open_device();
	assert_ptr_equal(again, gpu);
	assert_int_equal(watch.devices_made, 1);
	/* One of each driver, whoever asks. */
	int instances = watch.instances_made;
	assert_int_equal(tongs_gpu_create_all(NULL, 0), tongs_gpu_create_all(NULL, 0));
	assert_int_equal(watch.instances_made, instances);
	tongs_gpu_destroy(gpu);
	tongs_gpu_destroy(again);
	tongs_reaper_set_delay(5 * MILLISECOND);
	wait_until(all_is_gone);
	assert_int_equal(watch.devices_gone, 1);
	assert_int_equal(watch.instances_gone, instances);

	/* And the next one is as good. */
	tongs_gpu_destroy(open_device());
	assert_int_equal(watch.devices_made, 2);
	let_all_go();
	messages_expect_none();
}

/* Also the commands and the staging buffer, which copies make. */
static void a_device_that_has_copied_goes(void **state) {
	(void)state;
	struct tongs_device *device = tongs_device_new_default();
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatDepth32Float, 16, 16);
	struct tongs_texture *texture = tongs_device_new_texture(device, &info);
	static const float noise[16 * 16] = {0.25f, 0.5f};
	float got[16 * 16] = {0};
	assert_non_null(texture);
	assert_true(tongs_texture_replace_region(texture, (MTLRegion){{0, 0, 0}, {16, 16, 1}}, 0, 0, noise, 64, 0));
	assert_true(tongs_texture_get_bytes(texture, got, 64, 0, (MTLRegion){{0, 0, 0}, {16, 16, 1}}, 0, 0));
	assert_memory_equal(got, noise, sizeof(got));
	tongs_device_unref(device);
	assert_int_equal(watch.devices_gone, 0);
	tongs_texture_unref(texture);
	let_all_go();
	assert_true(watch.devices_made > 0);
	messages_expect_none();
}

static void a_new_user_takes_it_back(void **state) {
	(void)state;
	struct tongs_gpu *gpu = open_device();
	int instances = watch.instances_made;
	for (size_t i = 0; i < 100; i++) {
		tongs_gpu_destroy(gpu);
		assert_ptr_equal(open_device(), gpu);
	}
	assert_int_equal(watch.instances_made, instances);
	assert_int_equal(watch.devices_made, 1);

	/* However short the time is, what has a user is left alone. */
	tongs_reaper_set_delay(0);
	for (size_t i = 0; i < 100; i++) {
		struct tongs_gpu *other = open_device();
		assert_ptr_equal(other, gpu);
		tongs_gpu_destroy(other);
	}
	assert_int_equal(watch.devices_gone, 0);
	assert_int_equal(watch.instances_gone, 0);
	tongs_gpu_destroy(gpu);
	let_all_go();
	assert_int_equal(watch.devices_gone, 1);
	messages_expect_none();
}

/* What the layer asks for in queries does not bring the device back. */
static void what_was_learned_stays(void **state) {
	(void)state;
	struct tongs_gpu *gpu = open_device();
	const struct tongs_gpu_id id = tongs_gpu_get_info(gpu)->id;
	uint32_t types = tongs_gpu_get_host_memory_types(gpu);
	bool optimal, optimal_then, dedicated, dedicated_then, pointers = tongs_gpu_addresses_are_pointers(gpu);
	assert_int_equal(tongs_gpu_takes_optimal(&id, &optimal, &dedicated), VK_SUCCESS);
	tongs_gpu_destroy(gpu);
	let_all_go();
	int instances = watch.instances_made, devices = watch.devices_made;
	assert_int_equal(tongs_gpu_takes_optimal(&id, &optimal_then, &dedicated_then), VK_SUCCESS);
	assert_int_equal(optimal_then, optimal);
	assert_int_equal(dedicated_then, dedicated);
	assert_int_equal(watch.instances_made, instances);

	gpu = tongs_gpu_create(&id);
	assert_non_null(gpu);
	assert_int_equal(tongs_gpu_get_host_memory_types(gpu), types);
	assert_int_equal(tongs_gpu_addresses_are_pointers(gpu), pointers);
	assert_int_equal(watch.devices_made, devices);
	tongs_gpu_destroy(gpu);
	let_all_go();
	messages_expect_none();
}

static void without_a_thread_it_stays(void **state) {
	(void)state;
	struct tongs_gpu *gpu = open_device();
	tongs_reaper_set_delay(0);
	watch.no_threads = true;
	tongs_gpu_destroy(gpu);
	assert_ptr_equal(open_device(), gpu);
	tongs_gpu_destroy(gpu);
	watch.no_threads = false;
	assert_int_equal(watch.devices_gone, 0);
	assert_int_equal(watch.devices_made, 1);
	assert_ptr_equal(open_device(), gpu);
	tongs_gpu_destroy(gpu);
	wait_until(all_is_gone);
	assert_int_equal(watch.devices_gone, 1);
	messages_expect_none();
}

static atomic_bool in_destroy, may_destroy;

static void stop_in_destroy(void) {
	in_destroy = true;
	while (!may_destroy)
		sched_yield();
}

static void no_stop(void) {
}

static bool is_in_destroy(void) {
	return in_destroy;
}

/* A device on its way out is out of reach, and in nobody's way. */
static void a_new_one_while_the_old_one_goes(void **state) {
	(void)state;
	in_destroy = may_destroy = false;
	watch.before_device_goes = stop_in_destroy;
	tongs_gpu_destroy(open_device());
	int instances = watch.instances_made;
	tongs_reaper_set_delay(0);
	wait_until(is_in_destroy);
	atomic_store(&watch.before_device_goes, no_stop);
	struct tongs_gpu *gpu = open_device();
	assert_int_equal(watch.devices_made, 2);
	assert_int_equal(watch.devices_gone, 0);
	/* One instance serves both. */
	assert_int_equal(watch.instances_made, instances);
	tongs_gpu_destroy(gpu);
	may_destroy = true;
	wait_until(all_is_gone);
	assert_int_equal(watch.devices_gone, 2);
	assert_int_equal(watch.instances_gone, instances);
	messages_expect_none();
}

enum { ROUNDS = 12, THREADS = 4 };

static void *make_query_let_go(void *user) {
	uint32_t random = *(uint32_t *)user;
	for (size_t i = 0; i < ROUNDS; i++) {
		struct tongs_gpu *gpu = NULL;
		struct tongs_gpu_image_needs needs;
		struct tongs_image_shape shape = rgba8;
		shape.extent.width += (uint32_t)i;
		if (tongs_gpu_create_all(&gpu, 1) == 0 || !tongs_gpu_query_image(gpu, &shape, 0, &needs))
			return user;
		tongs_reaper_set_delay(next_random(&random) % (2 * MILLISECOND));
		tongs_gpu_destroy(gpu);
		nanosleep(&(struct timespec){.tv_nsec = next_random(&random) % (3 * MILLISECOND)}, NULL);
	}
	return NULL;
}

static void many_rounds_from_many_threads(void **state) {
	(void)state;
	pthread_t threads[THREADS];
	uint32_t seeds[THREADS];
	for (uint32_t i = 0; i < THREADS; i++) {
		seeds[i] = i + 1;
		assert_int_equal(pthread_create(&threads[i], NULL, make_query_let_go, &seeds[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		void *failed;
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	let_all_go();
	messages_expect_none();
}

static void *nothing(void *user) {
	return user;
}

int main(void) {
	/* With the first thread comes one of ThreadSanitizer's. */
	pthread_t thread;
	if (pthread_create(&thread, NULL, nothing, NULL) == 0)
		pthread_join(thread, NULL);
	tasks_before = count_own("task");
	files_before = count_own("fd");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_unused_device_goes, setup),
		cmocka_unit_test_setup(a_device_that_has_copied_goes, setup),
		cmocka_unit_test_setup(a_new_user_takes_it_back, setup),
		cmocka_unit_test_setup(what_was_learned_stays, setup),
		cmocka_unit_test_setup(without_a_thread_it_stays, setup),
		cmocka_unit_test_setup(a_new_one_while_the_old_one_goes, setup),
		cmocka_unit_test_setup(many_rounds_from_many_threads, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
