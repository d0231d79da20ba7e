/* SPDX-License-Identifier: MIT */
/* A physical device and its late VkDevice. Private to src/gpu. */
#ifndef TONGS_GPU_DEVICE_H
#define TONGS_GPU_DEVICE_H

#include <pthread.h>

#include "gpu/gpu.h"
#include "gpu/needs.h"
#include "gpu/transfer.h"
#include "gpu/vk.h"

/* What tongs_gpu_addresses_are_pointers found. */
enum tongs_addresses {
	TONGS_ADDRESSES_UNKNOWN,
	TONGS_ADDRESSES_ARE_POINTERS,
	TONGS_ADDRESSES_ARE_OTHERS,
};

struct tongs_gpu {
	const struct tongs_vk *vk; /* a reference */
	VkPhysicalDevice physical;
	struct tongs_gpu_info info;
	pthread_mutex_t lock;       /* guards the making of what follows, which is constant from then on */
	struct tongs_vk_device vkd; /* .device NULL: not made yet */
	uint32_t host_memory_types;
	bool takes_optimal; /* OPTIMAL images can lie in host pages */
	enum tongs_addresses addresses;
	struct tongs_transfer transfer;
	struct tongs_needs_cache needs;
	size_t users;           /* guarded by the lock of the list, in gpu.c */
	struct tongs_gpu *next; /* in that list */
};

/* The device's functions; makes the VkDevice at the first call. NULL, and a message, on failure. */
const struct tongs_vk_device *tongs_gpu_get_vk_device(struct tongs_gpu *gpu);

/* Among `types`, the best for the CPU to read and write. -1 when there are none. */
int tongs_gpu_choose_memory_type(const struct tongs_gpu *gpu, uint32_t types);

#endif
