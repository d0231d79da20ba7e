/* SPDX-License-Identifier: MIT */
/* The queues and the staging buffer of a tongs_own_device, made when needed. Private to src/gpu. */
#ifndef TONGS_VULKAN_TRANSFER_H
#define TONGS_VULKAN_TRANSFER_H

#include <pthread.h>

#include <vulkan/vulkan_core.h>

#include "util/fork.h"

struct tongs_own_device;
struct tongs_vk_device;

/* Rows of the widest image fit many times, and what is read again is still in a cache. */
enum { TONGS_STAGING_SIZE = 4 << 20 };

enum { TONGS_TRANSFER_QUEUE_COUNT = 2 };

struct tongs_transfer_queue {
	uint32_t family; /* constant, as the queue's handle, from the making of the device on */
	VkQueue queue;
	VkCommandPool pool; /* as what follows, NULL until needed */
	VkCommandBuffer commands;
	VkFence fence;
};

struct tongs_transfer {
	pthread_mutex_t lock; /* guards what is made when needed, and use of the queues */
	struct tongs_fork_entry lock_at_fork;
	struct tongs_transfer_queue queues[TONGS_TRANSFER_QUEUE_COUNT];
	VkBuffer staging;
	VkDeviceMemory memory;
	void *bytes; /* of the staging buffer; NULL until needed */
};

/* The families to make a device with, one for each queue; they may be one. */
VkResult tongs_transfer_choose_families(
	const struct tongs_own_device *gpu, uint32_t families[TONGS_TRANSFER_QUEUE_COUNT]);
void tongs_transfer_init(struct tongs_transfer *transfer); /* of zeroed memory */
void tongs_transfer_get_queues(struct tongs_transfer *transfer, const struct tongs_vk_device *vkd,
	const uint32_t families[TONGS_TRANSFER_QUEUE_COUNT]);

/* The queue for copies of an aspect, with its commands and the staging buffer there. */
VkResult tongs_transfer_prepare_locked(
	struct tongs_own_device *gpu, VkImageAspectFlagBits aspect, struct tongs_transfer_queue **queue);
/* A command buffer begins; it is submitted, and done when the call returns. */
VkResult tongs_transfer_begin_locked(const struct tongs_own_device *gpu, const struct tongs_transfer_queue *queue);
VkResult tongs_transfer_end_locked(const struct tongs_own_device *gpu, const struct tongs_transfer_queue *queue);

/* Gives back everything but the queues, to be made again when needed. */
void tongs_transfer_trim(struct tongs_own_device *gpu);

#endif
