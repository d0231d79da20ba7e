/* SPDX-License-Identifier: MIT */
/* Timeline semaphores with an MTLSharedEvent. */
#ifndef TONGS_TESTS_LAYER_SEMAPHORES_H
#define TONGS_TESTS_LAYER_SEMAPHORES_H

#include "metal_objects.h"

/* For what happens at once, or never: a failure, not a measure. */
enum { PATIENCE_MS = 20000 };

/* A device with VK_EXT_metal_objects. */
extern const struct gpu_options OBJECTS;
/* Such a device; skips the test if it has no timeline semaphores. */
void init_with_timelines(struct gpu *gpu);

/* `next` has structs of the extension. */
VkResult try_semaphore(struct gpu *gpu, const void *next, uint64_t value, VkSemaphore *semaphore);
VkSemaphore make_semaphore(struct gpu *gpu, uint64_t value);
VkSemaphore import_semaphore(struct gpu *gpu, struct tongs_shared_event *event, uint64_t value);

uint64_t counter(struct gpu *gpu, VkSemaphore semaphore);
void signal_vulkan(struct gpu *gpu, VkSemaphore semaphore, uint64_t value);
VkResult wait_vulkan(struct gpu *gpu, VkSemaphore semaphore, uint64_t value);
/* Commands, or none, that wait for one value, if it is not 0, and signal another. */
void submit_commands(struct gpu *gpu, VkSemaphore semaphore, uint64_t wait, VkCommandBuffer commands, uint64_t signal,
	VkFence fence);
void submit_values(struct gpu *gpu, VkSemaphore semaphore, uint64_t wait, uint64_t signal, VkFence fence);

#endif
