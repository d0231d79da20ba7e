/* SPDX-License-Identifier: MIT */
/* Processes that exit, or fork, while unused own devices wait to be destroyed. Each case runs in a process of its own,
 * forked before Vulkan is loaded; an alarm ends it if it hangs. */
#include "support.h"

#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "vulkan/own_device.h"
#include "watch.h"

#define NEVER UINT64_MAX
#define MILLISECOND 1000000L

/* `body` must end the child itself. */
static void call(void *body) {
	(*(void (**)(void))body)();
	_exit(CHILD_FAILED);
}

/* Runs `body` in a child and returns the status of that. */
static int run(void (*body)(void)) {
	return child_run(call, &body);
}

static struct tongs_own_device *open_device(void) {
	struct tongs_own_device *dev = NULL;
	CHECK(tongs_own_device_new_all(&dev, 1) > 0);
	CHECK(tongs_own_device_get_vk_device(dev));
	return dev;
}

static bool has_worker(void) {
	DIR *folder = opendir("/proc/self/task");
	bool found = false;
	CHECK(folder);
	for (const struct dirent *entry = readdir(folder); entry && !found; entry = readdir(folder)) {
		char path[300], name[32] = "";
		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", entry->d_name);
		FILE *file = fopen(path, "r");
		if (!file)
			continue;
		found = fgets(name, sizeof(name), file) && strcmp(name, "tongs-worker\n") == 0;
		fclose(file);
	}
	closedir(folder);
	return found;
}

static int devices_expected_gone;
static bool is_child; /* a child of a case, with the exit handlers of its parent */
static int waits_before, threads_before;

/* Runs when a driver's static destructors would: the worker must have stopped and completed its work. */
static void expect_no_worker(void) {
	CHECK(!has_worker());
	if (is_child) {
		CHECK(watch.timed_waits == waits_before);
		CHECK(watch.threads_started == threads_before);
		/* Skips the driver's exit handlers: Mesa's join threads that the child lacks. */
		_exit(0);
	}
	CHECK(watch.devices_gone == devices_expected_gone);
	CHECK(watch.instances_gone == (devices_expected_gone > 0 ? watch.instances_made : 0));
}

static void expect_at_exit(int devices_gone) {
	devices_expected_gone = devices_gone;
	CHECK(atexit(expect_no_worker) == 0);
}

static void expect_no_thread(void) {
	CHECK(!has_worker());
}

static bool devices_are_gone(void) {
	return watch.devices_gone == devices_expected_gone && !has_worker();
}

static void exit_while_it_waits(void) {
	expect_at_exit(0);
	tongs_own_device_set_idle_delay(NEVER);
	tongs_own_device_unref(open_device());
	wait_until(has_worker);
	exit(0);
}

/* A driver registers destructors when it is loaded or creates its first VkDevice, which may be after the worker's exit
 * handler has been registered. */
static void exit_after_drivers_came_late(void) {
	for (int i = 0; i < 3; i++) {
		struct tongs_own_device *dev = NULL;
		tongs_own_device_set_idle_delay(NEVER);
		CHECK(tongs_own_device_new_all(&dev, 1) > 0);
		tongs_own_device_unref(dev);
		wait_until(has_worker);
		/* Like a handler that vkCreateDevice registers. */
		CHECK(atexit(expect_no_thread) == 0);
		tongs_own_device_unref(open_device());
		wait_until(has_worker);
		if (i == 2)
			break;
		tongs_own_device_set_idle_delay(0);
		devices_expected_gone = i + 1;
		wait_until(devices_are_gone);
		/* Like a handler that vkCreateInstance registers. */
		CHECK(atexit(expect_no_thread) == 0);
	}
	exit(0);
}

static atomic_bool in_destroy, may_destroy;

static bool is_in_destroy(void) {
	return in_destroy;
}

static void take_a_while(void) {
	in_destroy = true;
	nanosleep(&(struct timespec){.tv_nsec = 100 * MILLISECOND}, NULL);
}

static void exit_while_it_destroys(void) {
	expect_at_exit(1);
	watch.before_device_goes = take_a_while;
	tongs_own_device_set_idle_delay(0);
	tongs_own_device_unref(open_device());
	wait_until(is_in_destroy);
	exit(0);
}

static struct tongs_own_device *kept;

/* Like an application's static destructor. */
static void unref_at_exit(void) {
	tongs_own_device_unref(kept);
}

/* The last unref comes after the worker's exit handler, so no new thread starts. */
static void exit_with_a_user(void) {
	expect_at_exit(0);
	CHECK(atexit(unref_at_exit) == 0);
	tongs_own_device_set_idle_delay(NEVER);
	tongs_own_device_unref(open_device());
	wait_until(has_worker);
	kept = open_device();
	exit(0);
}

/* The last unref would start the first thread. */
static void exit_with_the_only_user(void) {
	expect_at_exit(0);
	CHECK(atexit(unref_at_exit) == 0);
	tongs_own_device_set_idle_delay(NEVER);
	kept = open_device();
	exit(0);
}

static void exit_without_a_thread(void) {
	expect_at_exit(0);
	watch.no_threads = true;
	tongs_own_device_set_idle_delay(0);
	tongs_own_device_unref(open_device());
	exit(0);
}

static void make_surface(void) {
	const struct tongs_surface_info info = {.whole = {.width = 100, .height = 2, .bytes_per_element = 4}};
	struct tongs_surface *surface = tongs_surface_new(&info);
	CHECK(surface);
	tongs_surface_unref(surface);
}

/* Needs no driver, and their destructors have run. */
static void make_surface_at_exit(void) {
	make_surface();
	CHECK(watch.devices_made == 0);
}

static void exit_with_a_late_surface(void) {
	CHECK(atexit(make_surface_at_exit) == 0);
	CHECK(tongs_device_new_default());
	exit(0);
}

static void refuse_message(enum tongs_message_severity severity, const char *text, void *user) {
	(void)severity;
	(void)user;
	fprintf(stderr, "message: %s\n", text);
	_exit(CHILD_FAILED);
}

/* Without exit handlers nobody would stop calls of a driver before its destructors run: it is not called for the rows'
 * alignment. */
static void surface_without_exit_handlers(void) {
	watch.no_handlers = true;
	CHECK(tongs_device_new_default());
	tongs_set_message_callback(refuse_message, NULL);
	make_surface();
	CHECK(watch.devices_made == 0);
	watch.no_handlers = false;
	make_surface();
	CHECK(watch.devices_made == 1);
	exit(0);
}

/* The surface is made all the same, and the failure is no message. */
static void surface_without_a_vk_device(void) {
	CHECK(tongs_device_new_default());
	tongs_set_message_callback(refuse_message, NULL);
	watch.device_result = VK_ERROR_OUT_OF_HOST_MEMORY;
	make_surface();
	CHECK(watch.devices_made == 0);
	watch.device_result = VK_SUCCESS;
	make_surface();
	CHECK(watch.devices_made == 1);
	exit(0);
}

static atomic_bool in_create;

static bool is_in_create(void) {
	return in_create;
}

static void create_slowly(void) {
	in_create = true;
	nanosleep(&(struct timespec){.tv_nsec = 100 * MILLISECOND}, NULL);
}

static void *make_surface_meanwhile(void *unused) {
	make_surface();
	for (;;)
		pause();
	return unused;
}

/* Runs when a driver's static destructors would. */
static void expect_device(void) {
	CHECK(watch.devices_made == 1);
}

/* A thread that is inside a driver for a surface leaves it before destructors run. */
static void exit_while_a_surface_is_made(void) {
	pthread_t thread;
	CHECK(atexit(expect_device) == 0);
	CHECK(tongs_device_new_default());
	watch.before_device_comes = create_slowly;
	CHECK(pthread_create(&thread, NULL, make_surface_meanwhile, NULL) == 0);
	wait_until(is_in_create);
	exit(0);
}

static bool device_is_gone(void) {
	return watch.devices_gone == 1;
}

/* Exits inside vkDestroyInstance, where the loader holds its lock; the worker does not take that. */
static VKAPI_ATTR VkBool32 VKAPI_CALL exit_inside(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
	VkDebugUtilsMessageTypeFlagsEXT types, const VkDebugUtilsMessengerCallbackDataEXT *data, void *user) {
	(void)severity;
	(void)types;
	(void)data;
	if (!*(bool *)user)
		return VK_FALSE;
	tongs_own_device_unref(kept);
	wait_until(device_is_gone);
	exit(0);
}

static void exit_inside_the_loader(void) {
	static const char *const extensions[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME};
	/* The loader reports that it unloads a layer; without one it may be silent. */
	static const char *const layers[] = {"VK_LAYER_KHRONOS_validation"};
	bool destroying = false;
	const VkDebugUtilsMessengerCreateInfoEXT messenger = {
		.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
		.messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_VERBOSE_BIT_EXT |
				   VK_DEBUG_UTILS_MESSAGE_SEVERITY_INFO_BIT_EXT |
				   VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT,
		.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT,
		.pfnUserCallback = exit_inside,
		.pUserData = &destroying,
	};
	const VkInstanceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
		.pNext = &messenger,
		.enabledLayerCount = 1,
		.ppEnabledLayerNames = layers,
		.enabledExtensionCount = 1,
		.ppEnabledExtensionNames = extensions,
	};
	VkInstance instance;
	PFN_vkGetInstanceProcAddr get_proc_addr = load_vulkan();
	expect_at_exit(1);
	kept = open_device();
	tongs_own_device_set_idle_delay(0);
	PFN_vkCreateInstance create = (PFN_vkCreateInstance)get_proc_addr(VK_NULL_HANDLE, "vkCreateInstance");
	CHECK(create(&info, NULL, &instance) == VK_SUCCESS);
	PFN_vkDestroyInstance destroy = (PFN_vkDestroyInstance)get_proc_addr(instance, "vkDestroyInstance");
	destroying = true;
	destroy(instance, NULL);
}

static void stay_in_destroy(void) {
	in_destroy = true;
	for (;;)
		pause();
}

/* The driver never returns, because the exiting thread holds one of its locks: the exit handler stops waiting after a
 * second. */
static void exit_while_the_driver_is_stuck(void) {
	watch.before_device_goes = stay_in_destroy;
	tongs_own_device_set_idle_delay(0);
	tongs_own_device_unref(open_device());
	wait_until(is_in_destroy);
	exit(0);
}

/* A child has no thread to wait for. */
static void just_exit(void) {
	is_child = true;
	waits_before = watch.timed_waits;
	threads_before = watch.threads_started;
	exit(0);
}

/* A child starts no thread to destroy the parent's devices. */
static void unref_and_exit(void) {
	tongs_own_device_set_idle_delay(0);
	threads_before = watch.threads_started;
	tongs_own_device_unref(kept);
	CHECK(watch.threads_started == threads_before);
	just_exit();
}

static void children_while_it_waits(void) {
	struct tongs_own_device *dev = open_device();
	expect_at_exit(0);
	tongs_own_device_set_idle_delay(NEVER);
	tongs_own_device_unref(dev);
	wait_until(has_worker);
	CHECK(run(just_exit) == 0);
	kept = open_device();
	CHECK(run(unref_and_exit) == 0);
	CHECK(watch.devices_made == 1);
	tongs_own_device_unref(kept);
	exit(0);
}

static void stop_in_destroy(void) {
	in_destroy = true;
	while (!may_destroy)
		nanosleep(&(struct timespec){.tv_nsec = MILLISECOND}, NULL);
}

static bool both_are_gone(void) {
	return watch.devices_gone == 2 && !has_worker();
}

static void children_while_it_destroys(void) {
	struct tongs_own_device *dev = open_device();
	expect_at_exit(2);
	watch.before_device_goes = stop_in_destroy;
	tongs_own_device_set_idle_delay(0);
	tongs_own_device_unref(dev);
	wait_until(is_in_destroy);
	CHECK(run(just_exit) == 0);
	kept = open_device();
	CHECK(run(unref_and_exit) == 0);
	may_destroy = true;
	tongs_own_device_unref(kept);
	wait_until(both_are_gone);
	exit(0);
}

/* Defines a test that runs `body` in a process and expects exit status 0. */
#define PROCESS(body) \
	static void test_##body(void **state) { \
		(void)state; \
		assert_int_equal(run(body), 0); \
	}
PROCESS(exit_while_it_waits)
PROCESS(exit_after_drivers_came_late)
PROCESS(exit_while_it_destroys)
PROCESS(exit_with_a_user)
PROCESS(exit_with_the_only_user)
PROCESS(exit_without_a_thread)
PROCESS(exit_with_a_late_surface)
PROCESS(surface_without_exit_handlers)
PROCESS(surface_without_a_vk_device)
PROCESS(exit_while_a_surface_is_made)
PROCESS(exit_inside_the_loader)
PROCESS(exit_while_the_driver_is_stuck)
PROCESS(children_while_it_waits)
PROCESS(children_while_it_destroys)

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_while_it_waits),
		cmocka_unit_test(test_exit_after_drivers_came_late),
		cmocka_unit_test(test_exit_while_it_destroys),
		cmocka_unit_test(test_exit_with_a_user),
		cmocka_unit_test(test_exit_with_the_only_user),
		cmocka_unit_test(test_exit_without_a_thread),
		cmocka_unit_test(test_exit_with_a_late_surface),
		cmocka_unit_test(test_surface_without_exit_handlers),
		cmocka_unit_test(test_surface_without_a_vk_device),
		cmocka_unit_test(test_exit_while_a_surface_is_made),
		cmocka_unit_test(test_exit_inside_the_loader),
		cmocka_unit_test(test_exit_while_the_driver_is_stuck),
		cmocka_unit_test(test_children_while_it_waits),
		cmocka_unit_test(test_children_while_it_destroys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
