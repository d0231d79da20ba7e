/* SPDX-License-Identifier: MIT */
/* Timeline semaphores and VkEvents that have the value of an MTLSharedEvent, and it theirs. */
#ifndef TONGS_LAYER_MIRROR_H
#define TONGS_LAYER_MIRROR_H

#include <pthread.h>

#include "layer/objects.h"

struct tongs_layer_mirror {
	struct tongs_allocator allocator;
	struct tongs_event_mirror in_event;
	struct tongs_layer_device *dev;
	VkSemaphore semaphore; /* a timeline; or VK_NULL_HANDLE: */
	VkEvent event;
	VkSemaphore waker; /* a timeline that wakes the thread; VK_NULL_HANDLE: `semaphore` does */
	bool shared;       /* other devices may have the semaphore, and would see what wakes the thread */
	struct tongs_shared_event *object; /* a reference */
	bool exported;                     /* created for export, not only of an import */
	pthread_t thread;                  /* takes the GPU's signals to the event */
	uint32_t process;                  /* that it runs in, after so many forks */
	_Atomic uint64_t awaited;          /* the value that the thread waits for */
	_Atomic uint64_t from_cpu;         /* the value that Vulkan's CPU side signaled last, or is about to */
	atomic_bool stopping;
};

/* Before the VkDevice is destroyed: ends the mirroring of what the application left. */
void tongs_mirror_finish(struct tongs_layer_device *dev);

#endif
