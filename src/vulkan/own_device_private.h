/* SPDX-License-Identifier: MIT */
/* A physical device and its late VkDevice. Private to src/gpu.
 *
 * A record is there as long as it has users, and then until the reaper takes it. */
#ifndef TONGS_VULKAN_OWN_DEVICE_PRIVATE_H
#define TONGS_VULKAN_OWN_DEVICE_PRIVATE_H

#include <pthread.h>

#include "util/fork.h"
#include "vulkan/caps.h"
#include "vulkan/own_device.h"
#include "vulkan/requirements.h"
#include "vulkan/transfer.h"
#include "vulkan/vk.h"

struct tongs_own_device {
	const struct tongs_vk *vk; /* a reference */
	VkPhysicalDevice physical;
	struct tongs_physical_device_info info;
	struct tongs_own_caps *facts; /* its id's; known as far as they are the VkDevice's when there is one */
	pthread_mutex_t lock;         /* guards the making of a VkDevice */
	struct tongs_fork_entry lock_at_fork;
	struct tongs_vk_device vkd; /* .device NULL: not made yet; constant from then on */
	struct tongs_transfer transfer;
	struct tongs_requirements_cache needs;
	/* Guarded by tongs_reaper_lock: */
	size_t users;
	uint64_t unused_since; /* tongs_reaper_now when the last user let go */
	bool inherited;        /* made before the fork of this process: its threads are missing, so it is kept */
	struct tongs_own_device *next; /* in the list of all that can be found, in gpu.c */
};

/* Whether the driver lists a device extension. */
VkResult tongs_physical_device_has_extension(
	const struct tongs_vk *vk, VkPhysicalDevice physical, const char *name, bool *has);

/* The device's functions; makes the VkDevice at the first call. NULL, and a message, on failure. */
const struct tongs_vk_device *tongs_own_device_get_vk_device(struct tongs_own_device *gpu);

/* Of one that nobody uses any more; without a VkDevice, does nothing. */
void tongs_own_device_destroy_vk_device(struct tongs_own_device *gpu);

/* For the reaper. Takes a device out of the list that has had no user since `until` or longer; the caller's to free.
 * NULL when there is none; then `*oldest` is since when the one that will be next has had none, UINT64_MAX: no one. */
struct tongs_own_device *tongs_own_device_take_unused_locked(uint64_t until, uint64_t *oldest);
/* Destroys its VkDevice, and the module's instance if no other device is left. */
void tongs_own_device_free(struct tongs_own_device *gpu);
/* In the child of a fork: what is there stays there, and is never taken. */
void tongs_own_device_inherit_locked(void);

/* Among `types`, the best for the CPU to read and write. -1 when there are none. */
int tongs_physical_device_choose_memory_type(const struct tongs_own_device *gpu, uint32_t types);

#endif
