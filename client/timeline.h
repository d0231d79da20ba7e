/* SPDX-License-Identifier: MIT */
/* Timeline semaphores that are MTLSharedEvents, by VK_EXT_metal_objects. Functions that return false have printed a
 * message, except the queries. */
#ifndef TONGS_CLIENT_TIMELINE_H
#define TONGS_CLIENT_TIMELINE_H

#include <tongs/metal.h>

#include "client/context.h"

struct tongs_timeline {
	VkSemaphore semaphore;
	struct tongs_shared_event *event; /* borrowed from the semaphore */
};

/* Returns why the device lacks VK_EXT_metal_objects, and why it lacks timeline semaphores; NULL: it does not. The
 * device has VK_EXT_external_memory_metal. */
const char *tongs_timeline_explain_objects(VkPhysicalDevice device);
const char *tongs_timeline_explain_semaphores(VkPhysicalDevice device);

/* Creates a device that has both. */
bool tongs_timeline_init_context(struct tongs_context *context, VkPhysicalDevice device);

/* Creates a semaphore of value 0 and exports its event. `destroy` accepts a zeroed or half-made timeline. */
bool tongs_timeline_create(const struct tongs_context *context, struct tongs_timeline *timeline);
void tongs_timeline_destroy(const struct tongs_context *context, struct tongs_timeline *timeline);

/* Ends `commands` and submits them, to run when the semaphore has the value `wait`, and to signal `signal` and `fence`
 * (may be VK_NULL_HANDLE). Does not wait. */
bool tongs_timeline_submit(const struct tongs_context *context, const struct tongs_timeline *timeline,
	VkCommandBuffer commands, uint64_t wait, uint64_t signal, VkFence fence);

#endif
