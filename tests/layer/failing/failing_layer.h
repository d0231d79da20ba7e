/* SPDX-License-Identifier: MIT */
/* A Vulkan layer below Tongs that has calls fail on the way to the driver, and counts what the driver has made. A test
 * program links to it, and so has the same copy of it as the loader. */
#ifndef TONGS_TESTS_FAILING_LAYER_H
#define TONGS_TESTS_FAILING_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#define FAILING_API __attribute__((visibility("default")))

/* The ways for a call to fail. Calls that do not have a way go on as they are, and do not count for it. */
enum failing_way {
	FAILING_HOST_MEMORY,   /* VK_ERROR_OUT_OF_HOST_MEMORY */
	FAILING_DEVICE_MEMORY, /* VK_ERROR_OUT_OF_DEVICE_MEMORY */
	FAILING_OTHER,         /* an error of the command's own */
};

/* The call after the next `countdown` ones fails that way, and only that one: the driver does not see it. Calls of
 * every thread count, those of libtongs' own devices too. */
FAILING_API void failing_set(enum failing_way way, uint64_t countdown);

/* No call fails any more. The name of the command that failed since failing_set, or NULL. */
FAILING_API const char *failing_stop(void);

/* Vulkan objects that were created through the layer and not destroyed, of all kinds. */
FAILING_API long failing_count_live(void);

#endif
