/* SPDX-License-Identifier: MIT */
/* Wraps libtongs' calls into Vulkan's drivers: counts instances and devices, can block their destruction, and makes
 * drivers, the start of threads and exit handlers fail. Link the program with watch_link_args. */
#ifndef TONGS_TEST_WATCH_H
#define TONGS_TEST_WATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <vulkan/vulkan_core.h>

/* Counts calls that succeeded. */
struct watch {
	atomic_int instances_made, instances_gone;
	atomic_int devices_made, devices_gone;
	/* Called at the beginning of vkDestroyDevice; may be NULL. */
	_Atomic(void (*)(void)) before_device_goes;
	/* Called at the beginning of vkCreateDevice; may be NULL. */
	_Atomic(void (*)(void)) before_device_comes;
	/* Called before a new device is added; may be NULL. */
	_Atomic(void (*)(void)) before_device_is_added;
	_Atomic VkResult instance_result, device_result; /* unless VK_SUCCESS, the result of creating one */
	atomic_bool no_threads;                          /* pthread_create fails */
	atomic_bool no_handlers;                         /* atexit fails */
	atomic_int threads_started;                      /* by others than drivers */
	atomic_int timed_waits;                          /* of a condition variable, by others than drivers */
};

extern struct watch watch;

/* Entries of /proc/self/NAME: `task` or `fd`. */
size_t count_own(const char *name);

/* Waits until it is true; the test's time limit applies. */
void wait_until(bool (*condition)(void));

#endif
