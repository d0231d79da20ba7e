/* SPDX-License-Identifier: MIT */
/* Command buffers and Vulkan's queues that wait for each other by an MTLSharedEvent that is a timeline semaphore: by
 * the GPU alone where the driver shares such semaphores, and with the same result by the CPU where it does not. */
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "event_scene.h"
#include "metal/interop.h"
#include "util/fork.h"

enum { ROUNDS = 100, QUEUES = 6 };

/* Vulkan has odd values and Metal even ones; all is submitted before anything runs. */
static void in_turns(void **state) {
	static struct tongs_command_buffer *all[ROUNDS];
	struct scene scene;
	(void)state;
	begin_scene(&scene);
	const struct mock_counts before = count();
	for (unsigned i = 0; i < ROUNDS; i++) {
		/* In half of them Metal has nothing to do but to pass the value on, which the CPU does. */
		all[i] = commit(&scene, scene.queue, 2 * i + 1, i % 2 ? 0 : (uint8_t)(i + 1), 2 * i + 2);
		submit_values(&scene.gpu, scene.semaphore, i ? 2 * i : 0, 2 * i + 1, VK_NULL_HANDLE);
	}
	assert_vk(wait_vulkan(&scene.gpu, scene.semaphore, 2 * ROUNDS));
	for (unsigned i = 0; i < ROUNDS; i++)
		finish(all[i]);
	assert_int_equal(tongs_shared_event_get_signaled_value(scene.event), 2 * ROUNDS);
	assert_int_equal(counter(&scene.gpu, scene.semaphore), 2 * ROUNDS);
	const uint8_t *bytes = tongs_buffer_get_contents(scene.buffer);
	for (unsigned i = 0; i < SIZE; i++)
		assert_int_equal(bytes[i], ROUNDS - 1);
	if (scene.counts) {
		assert_int_equal(count().waits - before.waits, ROUNDS / 2);
		assert_int_equal(count().semaphore_imports - before.semaphore_imports, 1);
	}
	assert_vk(vkQueueWaitIdle(scene.gpu.queue));
	end_scene(&scene);
}

/* A mirror that keeps all of the CPU's signals waiting. */
static struct {
	struct tongs_event_mirror mirror;
	atomic_bool holds;
} barrier;

static void hold(struct tongs_event_mirror *mirror, uint64_t value) {
	(void)mirror;
	(void)value;
	while (atomic_load(&barrier.holds))
		usleep(100);
}

/* Vulkan's first submission signals 1, for which the command buffer waits, and the second one waits for its 2. */
static void the_cpu_carries_nothing(void **state) {
	const VkFenceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
	struct scene scene;
	VkFence fence;
	(void)state;
	begin_scene(&scene);
	assert_vk(vkCreateFence(scene.gpu.device, &info, NULL, &fence));
	const unsigned waits = count().waits;
	struct tongs_command_buffer *commands = commit(&scene, scene.queue, 1, 7, 2);
	for (unsigned ms = 0; scene.counts && count().waits == waits; ms++) {
		assert_true(ms < PATIENCE_MS);
		usleep(1000);
	}
	barrier.mirror.signal = hold;
	tongs_event_add_mirror(scene.event, &barrier.mirror);
	atomic_store(&barrier.holds, scene.counts);
	submit_values(&scene.gpu, scene.semaphore, 0, 1, VK_NULL_HANDLE);
	submit_values(&scene.gpu, scene.semaphore, 2, 3, fence);
	assert_vk(vkWaitForFences(scene.gpu.device, 1, &fence, VK_TRUE, PATIENCE_MS * UINT64_C(1000000)));
	if (scene.counts)
		assert_int_equal(tongs_event_get_value(scene.event), 0);
	atomic_store(&barrier.holds, false);
	finish(commands);
	assert_true(tongs_shared_event_wait(scene.event, 3, PATIENCE_MS));
	assert_int_equal(*(uint8_t *)tongs_buffer_get_contents(scene.buffer), 7);
	tongs_event_remove_mirror(scene.event, &barrier.mirror);
	vkDestroyFence(scene.gpu.device, fence, NULL);
	end_scene(&scene);
}

/* The CPU, too, has what the GPU waits for. */
static void cpu_signals_reach_the_gpu(void **state) {
	struct scene scene;
	(void)state;
	begin_scene(&scene);
	for (uint64_t value = 1; value < 60; value += 4) {
		struct tongs_command_buffer *commands = commit(&scene, scene.queue, value, 7, value + 1);
		tongs_shared_event_set_signaled_value(scene.event, value);
		assert_true(tongs_shared_event_wait(scene.event, value + 1, PATIENCE_MS));
		assert_int_equal(counter(&scene.gpu, scene.semaphore), value + 1);
		finish(commands);
		commands = commit(&scene, scene.queue, value + 2, 0, value + 3);
		signal_vulkan(&scene.gpu, scene.semaphore, value + 2);
		assert_vk(wait_vulkan(&scene.gpu, scene.semaphore, value + 3));
		finish(commands);
		assert_int_equal(tongs_shared_event_get_signaled_value(scene.event), value + 3);
	}
	end_scene(&scene);
}

/* Values that are there already, and such that the CPU would ignore. */
static void values_only_grow(void **state) {
	struct scene scene;
	(void)state;
	begin_scene(&scene);
	finish(commit(&scene, scene.queue, 0, 1, 9));
	finish(commit(&scene, scene.queue, 4, 2, 3));
	finish(commit(&scene, scene.queue, 9, 0, 9));
	assert_int_equal(tongs_shared_event_get_signaled_value(scene.event), 9);
	assert_int_equal(counter(&scene.gpu, scene.semaphore), 9);
	struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(scene.queue);
	for (uint64_t value = 10; value < 20; value++)
		tongs_command_buffer_encode_signal(commands, scene.event, value);
	tongs_command_buffer_encode_wait(commands, scene.event, 19);
	tongs_command_buffer_encode_signal(commands, scene.event, 20);
	assert_true(tongs_command_buffer_commit(commands));
	finish(commands);
	assert_int_equal(counter(&scene.gpu, scene.semaphore), 20);
	end_scene(&scene);
}

/* What waits for more than it signals signals nothing: a semaphore would be lowered. */
static void a_signal_may_be_below_its_wait(void **state) {
	struct scene scene;
	(void)state;
	begin_scene(&scene);
	struct tongs_command_buffer *below = commit(&scene, scene.queue, 10, 1, 5);
	usleep(10000); /* it waits by now */
	tongs_shared_event_set_signaled_value(scene.event, 10);
	finish(below);
	struct tongs_command_buffer *same = commit(&scene, scene.queue, 20, 0, 20);
	usleep(10000);
	signal_vulkan(&scene.gpu, scene.semaphore, 20);
	finish(same);
	assert_int_equal(tongs_shared_event_get_signaled_value(scene.event), 20);
	assert_int_equal(counter(&scene.gpu, scene.semaphore), 20);
	end_scene(&scene);
}

/* A driver bounds how far a queue's values are from the semaphore's. */
static void values_may_be_far(void **state) {
	const uint64_t far = UINT64_C(1) << 40;
	struct scene scene;
	(void)state;
	begin_scene(&scene);
	struct tongs_command_buffer *commands = commit(&scene, scene.queue, far, 1, far + 1);
	usleep(10000); /* it waits by now */
	tongs_shared_event_set_signaled_value(scene.event, far);
	finish(commands);
	finish(commit(&scene, scene.queue, 1, 2, 2 * far));
	assert_true(counter(&scene.gpu, scene.semaphore) == 2 * far);
	end_scene(&scene);
}

/* Each queue waits for one that is committed after it; there are more than the device has queues for. */
static void queues_wait_for_later_ones(void **state) {
	struct tongs_command_queue *queues[QUEUES];
	struct tongs_command_buffer *all[QUEUES];
	struct scene scene;
	(void)state;
	begin_scene(&scene);
	for (unsigned i = 0; i < QUEUES; i++) {
		queues[i] = tongs_device_new_command_queue(device_object(&scene.gpu));
		all[i] = commit(&scene, queues[i], QUEUES - i, (uint8_t)(QUEUES - i), QUEUES - i + 1);
	}
	/* What needs the driver meanwhile does not wait. */
	finish(commit(&scene, scene.queue, 0, 99, 0));
	submit_values(&scene.gpu, scene.semaphore, 0, 1, VK_NULL_HANDLE);
	for (unsigned i = 0; i < QUEUES; i++)
		finish(all[i]);
	assert_int_equal(*(uint8_t *)tongs_buffer_get_contents(scene.buffer), QUEUES);
	for (unsigned i = 0; i < QUEUES; i++)
		tongs_command_queue_unref(queues[i]);
	assert_vk(vkQueueWaitIdle(scene.gpu.queue));
	end_scene(&scene);
}

/* Without the semaphore the event goes on, for a command buffer that waits, too. */
static void the_event_outlives_its_semaphore(void **state) {
	struct scene scene;
	(void)state;
	begin_scene(&scene);
	finish(commit(&scene, scene.queue, 0, 1, 1));
	struct tongs_command_buffer *commands = commit(&scene, scene.queue, 5, 3, 6);
	usleep(10000); /* it waits by now */
	vkDestroySemaphore(scene.gpu.device, scene.semaphore, NULL);
	assert_int_equal(tongs_shared_event_get_signaled_value(scene.event), 1);
	tongs_shared_event_set_signaled_value(scene.event, 5);
	finish(commands);
	assert_int_equal(tongs_shared_event_get_signaled_value(scene.event), 6);
	/* Another of the event's, which the driver does not share any more. */
	scene.semaphore = import_semaphore(&scene.gpu, scene.event, 0);
	commands = commit(&scene, scene.queue, 7, 4, 8);
	submit_values(&scene.gpu, scene.semaphore, 0, 7, VK_NULL_HANDLE);
	assert_vk(wait_vulkan(&scene.gpu, scene.semaphore, 8));
	finish(commands);
	assert_vk(vkQueueWaitIdle(scene.gpu.queue));
	end_scene(&scene);
}

/* Two VkDevices and Metal, in a circle. */
static void three_devices(void **state) {
	struct tongs_command_buffer *all[ROUNDS];
	struct scene scene;
	struct gpu other;
	(void)state;
	begin_scene(&scene);
	const struct mock_counts before = count();
	gpu_init_sibling(&other, &scene.gpu);
	VkSemaphore second = import_semaphore(&other, scene.event, 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		all[i] = commit(&scene, scene.queue, 3 * i + 2, (uint8_t)(i % 3), 3 * i + 3);
		submit_values(&other, second, 3 * i + 1, 3 * i + 2, VK_NULL_HANDLE);
		submit_values(&scene.gpu, scene.semaphore, i ? 3 * i : 0, 3 * i + 1, VK_NULL_HANDLE);
	}
	assert_vk(wait_vulkan(&other, second, 3 * ROUNDS));
	for (unsigned i = 0; i < ROUNDS; i++)
		finish(all[i]);
	if (scene.counts)
		assert_int_equal(count().semaphore_imports - before.semaphore_imports, 2);
	assert_vk(vkQueueWaitIdle(other.queue));
	assert_vk(vkQueueWaitIdle(scene.gpu.queue));
	/* The first can go, and the second still has the value of Metal's. */
	vkDestroySemaphore(scene.gpu.device, scene.semaphore, NULL);
	scene.semaphore = VK_NULL_HANDLE;
	finish(commit(&scene, scene.queue, 0, 1, 1000));
	assert_int_equal(counter(&other, second), 1000);
	vkDestroySemaphore(other.device, second, NULL);
	gpu_finish_unrefused(&other);
	end_scene(&scene);
}

static unsigned count_fds(void) {
	DIR *directory = opendir("/proc/self/fd");
	unsigned fds = 0;
	assert_non_null(directory);
	while (readdir(directory))
		fds++;
	closedir(directory);
	return fds;
}

/* A driver that is out of memory for the wait itself goes on with the commands. */
static void failing_waits_are_repeated(void **state) {
	static const VkResult failures[] = {VK_ERROR_OUT_OF_HOST_MEMORY, VK_ERROR_OUT_OF_DEVICE_MEMORY};
	struct scene scene;
	(void)state;
	begin_scene(&scene);
	for (unsigned i = 0; i < 2 && scene.counts; i++) {
		struct tongs_command_buffer *commands = commit(&scene, scene.queue, 2 * i + 1, 1, 2 * i + 2);
		usleep(10000); /* it waits by now */
		fail_next("vkWaitForFences", failures[i]);
		usleep(150000); /* and has failed once */
		assert_int_equal(tongs_command_buffer_get_status(commands), MTLCommandBufferStatusScheduled);
		tongs_shared_event_set_signaled_value(scene.event, 2 * i + 1);
		finish(commands);
		assert_int_equal(counter(&scene.gpu, scene.semaphore), 2 * i + 2);
	}
	end_scene(&scene);
}

/* What the driver fails to share the CPU carries; it is tried again. */
static void share_despite(const char *command, bool also_second) {
	struct scene scene;
	VkSemaphore second = VK_NULL_HANDLE;
	begin_scene(&scene);
	if (scene.counts && also_second) {
		fail_next(command, VK_ERROR_OUT_OF_HOST_MEMORY);
		second = import_semaphore(&scene.gpu, scene.event, 0);
	}
	const struct mock_counts before = count();
	if (scene.counts)
		fail_next(command, VK_ERROR_OUT_OF_HOST_MEMORY);
	struct tongs_command_buffer *commands = commit(&scene, scene.queue, 1, 1, 2);
	usleep(10000); /* it waits by now */
	assert_int_equal(count().waits - before.waits, 0);
	submit_values(&scene.gpu, scene.semaphore, 0, 1, VK_NULL_HANDLE);
	assert_vk(wait_vulkan(&scene.gpu, scene.semaphore, 2));
	if (second)
		assert_vk(wait_vulkan(&scene.gpu, second, 2));
	finish(commands);
	commands = commit(&scene, scene.queue, 3, 1, 4);
	submit_values(&scene.gpu, scene.semaphore, 2, 3, VK_NULL_HANDLE);
	assert_vk(wait_vulkan(&scene.gpu, scene.semaphore, 4));
	finish(commands);
	if (scene.counts)
		assert_int_equal(count().waits - before.waits, 1);
	assert_vk(vkQueueWaitIdle(scene.gpu.queue));
	vkDestroySemaphore(scene.gpu.device, second, NULL);
	end_scene(&scene);
}

static void failures_to_share(void **state) {
	(void)state;
	share_despite("vkCreateSemaphore", false);
	const unsigned fds = count_fds();
	share_despite("vkGetSemaphoreFdKHR", false);
	share_despite("vkGetSemaphoreFdKHR", true);
	share_despite("vkImportSemaphoreFdKHR", false);
	share_despite("vkImportSemaphoreFdKHR", true);
	assert_int_equal(count_fds(), fds);
}

/* The commands have failed, and those who wait do not hang. */
static void failed_submissions_signal(void **state) {
	struct scene scene;
	(void)state;
	begin_scene(&scene);
	if (scene.counts) {
		finish(commit(&scene, scene.queue, 0, 1, 1)); /* the semaphore is shared by now */
		fail_next("vkQueueSubmit", VK_ERROR_OUT_OF_DEVICE_MEMORY);
		struct tongs_command_buffer *commands = commit(&scene, scene.queue, 2, 1, 3);
		submit_values(&scene.gpu, scene.semaphore, 1, 2, VK_NULL_HANDLE);
		assert_vk(wait_vulkan(&scene.gpu, scene.semaphore, 3));
		tongs_command_buffer_wait_until_completed(commands);
		assert_int_equal(tongs_command_buffer_get_status(commands), MTLCommandBufferStatusError);
		tongs_command_buffer_unref(commands);
		finish(commit(&scene, scene.queue, 3, 1, 4));
		assert_vk(vkQueueWaitIdle(scene.gpu.queue));
	}
	end_scene(&scene);
}

static pthread_mutex_t *own_device_lock;

static void find_own_device_lock(struct tongs_fork_entry *entry, void *user) {
	(void)user;
	if (entry->rank == TONGS_LOCK_OWN_DEVICE)
		own_device_lock = entry->lock;
}

/* While signals are mirrored no lock is waited for that is held during calls into drivers. */
static void sharing_waits_for_no_device(void **state) {
	struct scene scene;
	uint64_t value = 0;
	(void)state;
	begin_scene(&scene);
	struct tongs_command_buffer *commands = encode(&scene, scene.queue, 1, 1, 2);
	tongs_fork_visit(find_own_device_lock, NULL);
	assert_non_null(own_device_lock);
	submit_values(&scene.gpu, scene.semaphore, 0, 1, VK_NULL_HANDLE);
	pthread_mutex_lock(own_device_lock);
	assert_true(tongs_command_buffer_commit(commands));
	for (int i = 0; i < 5000 && value < 2; i++, usleep(1000))
		value = counter(&scene.gpu, scene.semaphore);
	pthread_mutex_unlock(own_device_lock);
	assert_int_equal(value, 2);
	finish(commands);
	assert_vk(vkQueueWaitIdle(scene.gpu.queue));
	end_scene(&scene);
}

/* A program that ends while a command buffer waits for what never comes. */
static int wait_and_exit(void) {
	static struct scene scene; /* the process leaves it behind */
	begin_scene(&scene);
	finish(commit(&scene, scene.queue, 0, 1, 1));
	commit(&scene, scene.queue, 1000, 1, 1001);
	usleep(100000);
	exit(0);
}

static atomic_bool called;
static struct mock_counts counts_at_exit;

static void call_late(struct tongs_shared_event *event, uint64_t value, void *user) {
	(void)event, (void)value, (void)user;
	usleep(300000); /* the process exits by now */
	atomic_store(&called, true);
}

/* After the drivers' own handlers. */
static void check_late(void) {
	while (!atomic_load(&called))
		usleep(1000);
	usleep(100000); /* the listener's thread has released the event */
	if (count().destroyed_semaphores != counts_at_exit.destroyed_semaphores)
		_exit(2);
}

/* A listener's thread has the last reference to an event at the end of the program. */
static int release_at_exit(void) {
	static struct scene scene; /* the process leaves the rest of it behind */
	atexit(check_late);
	begin_scene(&scene);
	finish(commit(&scene, scene.queue, 0, 1, 1));
	usleep(10000); /* the command buffer has been released */
	vkDestroySemaphore(scene.gpu.device, scene.semaphore, NULL);
	struct tongs_shared_event_listener *listener = tongs_shared_event_listener_new();
	assert_true(tongs_shared_event_notify(scene.event, listener, 2, call_late, NULL));
	tongs_shared_event_set_signaled_value(scene.event, 2);
	tongs_shared_event_unref(scene.event);
	tongs_shared_event_listener_unref(listener);
	usleep(50000);
	counts_at_exit = count();
	exit(0);
}

static void run_child(char *mode) {
	char *arguments[] = {"test_gpu_events", mode, NULL};
	struct gpu gpu;
	int status;
	init_with_timelines(&gpu); /* or skips */
	gpu_finish(&gpu);
	const pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		/* What a process leaves at exit is no leak of a thread. */
		const char *options = getenv("TSAN_OPTIONS");
		char all[4096];
		snprintf(all, sizeof(all), "%s%sreport_thread_leaks=0", options ? options : "", options ? ":" : "");
		setenv("TSAN_OPTIONS", all, 1);
		alarm(60);
		execv("/proc/self/exe", arguments);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void exit_while_one_waits(void **state) {
	(void)state;
	run_child("exit");
}

static void exit_while_one_is_released(void **state) {
	(void)state;
	run_child("release");
}

int main(int argc, char **argv) {
	if (argc == 2 && strcmp(argv[1], "exit") == 0)
		return wait_and_exit();
	if (argc == 2 && strcmp(argv[1], "release") == 0)
		return release_at_exit();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_turns),
		cmocka_unit_test(the_cpu_carries_nothing),
		cmocka_unit_test(cpu_signals_reach_the_gpu),
		cmocka_unit_test(values_only_grow),
		cmocka_unit_test(a_signal_may_be_below_its_wait),
		cmocka_unit_test(values_may_be_far),
		cmocka_unit_test(queues_wait_for_later_ones),
		cmocka_unit_test(the_event_outlives_its_semaphore),
		cmocka_unit_test(three_devices),
		cmocka_unit_test(failing_waits_are_repeated),
		cmocka_unit_test(failures_to_share),
		cmocka_unit_test(failed_submissions_signal),
		cmocka_unit_test(sharing_waits_for_no_device),
		cmocka_unit_test(exit_while_one_waits),
		cmocka_unit_test(exit_while_one_is_released),
	};
	return cmocka_run_group_tests_name("gpu events", tests, NULL, NULL);
}
