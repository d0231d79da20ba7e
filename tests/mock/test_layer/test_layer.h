/* SPDX-License-Identifier: MIT */
/* A Vulkan layer for tests, above or below Tongs. It passes calls on. At a test's request it makes them fail, records
 * them, or queries Tongs inside the commands during which the loader holds its lock. A test program links to it, and so
 * has the same copy of it as the loader.
 *
 * If the environment variable TONGS_TEST_RECORDING names a file, each call is written to it as a line: its name and all
 * arguments except addresses. */
#ifndef TONGS_TESTS_MOCK_TEST_LAYER_H
#define TONGS_TESTS_MOCK_TEST_LAYER_H

#include <stdatomic.h>
#include <stdint.h>

#define TEST_LAYER_NAME "VK_LAYER_TONGS_test"
#define TEST_LAYER_API __attribute__((visibility("default")))

/* How a call fails. Commands that have no such error succeed, and do not count. */
enum failure {
	FAILURE_HOST_MEMORY,   /* VK_ERROR_OUT_OF_HOST_MEMORY */
	FAILURE_DEVICE_MEMORY, /* VK_ERROR_OUT_OF_DEVICE_MEMORY */
	FAILURE_OTHER,         /* an error of the command's own */
};

/* The call after the next `countdown` ones fails, and only that one; the layers and the driver below do not see it.
 * Calls of every thread count, those of libtongs' own devices too. */
TEST_LAYER_API void test_layer_fail_after(enum failure failure, uint64_t countdown);
/* Stops making calls fail. Returns the name of the command that failed since test_layer_fail_after, or NULL. */
TEST_LAYER_API const char *test_layer_stop_failing(void);

/* Vulkan objects, of all kinds, that were created through the layer and not destroyed. */
TEST_LAYER_API long test_layer_count_live(void);

/* The commands in which the layer can query. */
enum query_moment {
	QUERY_CREATE_INSTANCE,
	QUERY_DESTROY_INSTANCE,
	QUERY_CREATE_DEVICE,
	QUERY_DESTROY_DEVICE,
	QUERY_MOMENTS,
};

/* For use above Tongs, where it behaves like overlays and tools: it queries what Tongs can share, and creates such an
 * image. */
struct test_layer_queries {
	atomic_uint moments;            /* bits: when to query; default none */
	atomic_uint made;               /* how often it has */
	atomic_uint failed;             /* results that were not VK_SUCCESS */
	atomic_uint instances, devices; /* created through the loader */
};
extern TEST_LAYER_API struct test_layer_queries test_layer_queries;

#endif
