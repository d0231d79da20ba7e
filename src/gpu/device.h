/* SPDX-License-Identifier: MIT */
/* A physical device and its late VkDevice. Private to src/gpu. */
#ifndef TONGS_GPU_DEVICE_H
#define TONGS_GPU_DEVICE_H

#include <pthread.h>

#include "gpu/gpu.h"
#include "gpu/vk.h"

struct tongs_gpu {
	const struct tongs_vk *vk; /* a reference */
	VkPhysicalDevice physical;
	struct tongs_gpu_info info;
	pthread_mutex_t lock;       /* guards the making of what follows, which is constant from then on */
	struct tongs_vk_device vkd; /* .device NULL: not made yet */
	uint32_t host_memory_types;
	struct tongs_gpu *next_idle; /* in the list of devices that nobody uses */
};

/* The device's functions; makes the VkDevice at the first call. NULL, and a message, on failure. */
const struct tongs_vk_device *tongs_gpu_get_vk_device(struct tongs_gpu *gpu);

#endif
