/* SPDX-License-Identifier: MIT */
/* The transfer queues of an own device, with their command buffers and the staging buffer, which are created on demand.
 * Private to src/vulkan. */
#ifndef TONGS_VULKAN_TRANSFER_H
#define TONGS_VULKAN_TRANSFER_H

#include <pthread.h>

#include <vulkan/vulkan_core.h>

#include "util/fork.h"

struct tongs_physical_device;
struct tongs_vk_device;

/* Holds many rows of the widest image, and still fits into a CPU's cache. */
enum { TONGS_STAGING_SIZE = 4 << 20 };

/* One for depth and stencil, one for everything else; they may have the same family. */
enum { TONGS_TRANSFER_QUEUE_COUNT = 2 };

struct tongs_transfer_queue {
	uint32_t family; /* constant after tongs_transfer_start, like `queue` */
	VkQueue queue;
	VkCommandPool pool; /* like the next two, NULL until needed */
	VkCommandBuffer commands;
	VkFence fence;
};

struct tongs_transfer {
	const struct tongs_physical_device *physical; /* borrowed from the own device, like `vkd` */
	const struct tongs_vk_device *vkd;
	pthread_mutex_t lock; /* guards all that follows and the use of the queues */
	struct tongs_fork_entry lock_at_fork;
	struct tongs_transfer_queue queues[TONGS_TRANSFER_QUEUE_COUNT];
	VkBuffer staging;
	VkDeviceMemory memory;
	void *bytes; /* the mapped staging buffer; NULL until needed */
};

/* Chooses the queue families that the VkDevice must be created with. */
VkResult tongs_transfer_choose_families(
	const struct tongs_physical_device *physical, uint32_t families[TONGS_TRANSFER_QUEUE_COUNT]);

/* `transfer` is zeroed. The two devices outlive it; `vkd` need not be filled in yet. */
void tongs_transfer_init(struct tongs_transfer *transfer, const struct tongs_physical_device *physical,
	const struct tongs_vk_device *vkd);
/* Call tongs_transfer_trim first. */
void tongs_transfer_finish(struct tongs_transfer *transfer);

/* Gets the queues once the VkDevice exists. */
void tongs_transfer_start(struct tongs_transfer *transfer, const uint32_t families[TONGS_TRANSFER_QUEUE_COUNT]);

/* Gets the queue that can copy an aspect; creates its command buffer and the staging buffer if they do not exist. */
VkResult tongs_transfer_prepare_locked(
	struct tongs_transfer *transfer, VkImageAspectFlagBits aspect, struct tongs_transfer_queue **queue);
/* Begins the queue's command buffer; tongs_transfer_end_locked submits it and waits until it has completed. */
VkResult tongs_transfer_begin_locked(struct tongs_transfer *transfer, const struct tongs_transfer_queue *queue);
VkResult tongs_transfer_end_locked(struct tongs_transfer *transfer, const struct tongs_transfer_queue *queue);

/* Destroys everything but the queues; the next tongs_transfer_prepare_locked creates it again. */
void tongs_transfer_trim(struct tongs_transfer *transfer);

#endif
