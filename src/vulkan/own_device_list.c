/* SPDX-License-Identifier: MIT */
/* The devices of libtongs' own, and who uses them. */
#include "vulkan/own_device.h"

#include <string.h>

#include "util/alloc.h"
#include "util/log.h"
#include "vulkan/own_device_private.h"
#include "vulkan/reaper.h"
#include "vulkan/search.h"

/* One of each id: all that have users, and those whose last user has let go not long ago, which the next one gets
 * without waiting for a VkDevice. */
static struct tongs_own_device *list; /* guarded by tongs_reaper_lock */

/* With one user more; NULL when it is not there. */
static struct tongs_own_device *find_locked(const struct tongs_vk_id *id) {
	struct tongs_own_device *gpu = list;
	while (gpu && !tongs_vk_id_is_same(&gpu->info.id, id))
		gpu = gpu->next;
	if (gpu)
		gpu->users++;
	return gpu;
}

static struct tongs_own_device *find(const struct tongs_vk_id *id) {
	tongs_reaper_lock();
	struct tongs_own_device *gpu = find_locked(id);
	tongs_reaper_unlock();
	return gpu;
}

static struct tongs_own_device *allocate(const struct tongs_physical_device *found) {
	struct tongs_own_caps *facts = tongs_own_caps_get(&found->info.id);
	struct tongs_own_device *gpu = facts ? tongs_malloc(1, sizeof(*gpu)) : NULL;
	if (!gpu) {
		tongs_log_error("no memory for the Vulkan device %s", found->info.properties.deviceName);
		return NULL;
	}
	tongs_vk_ref();
	gpu->vk = found->vk;
	gpu->physical = found->physical;
	gpu->info = found->info;
	gpu->facts = facts;
	gpu->users = 1;
	tongs_fork_init_lock(&gpu->lock_at_fork, &gpu->lock, TONGS_LOCK_OWN_DEVICE);
	tongs_transfer_init(&gpu->transfer);
	return gpu;
}

void tongs_own_device_free(struct tongs_own_device *gpu) {
	tongs_own_device_destroy_vk_device(gpu);
	tongs_fork_finish_lock(&gpu->transfer.lock_at_fork);
	tongs_fork_finish_lock(&gpu->lock_at_fork);
	tongs_free(NULL, gpu);
	tongs_vk_unref();
}

static struct tongs_own_device *create(const struct tongs_physical_device *found) {
	struct tongs_own_device *known = find(&found->info.id);
	struct tongs_own_device *gpu = known ? NULL : allocate(found);
	if (!gpu)
		return known;
	tongs_reaper_lock();
	known = find_locked(&found->info.id);
	if (!known) {
		gpu->next = list;
		list = gpu;
	}
	tongs_reaper_unlock();
	if (!known)
		return gpu;
	tongs_own_device_free(gpu);
	return known;
}

size_t tongs_own_device_new_all(struct tongs_own_device **gpus, size_t capacity) {
	struct tongs_physical_device *found;
	tongs_vk_ref();
	size_t count = tongs_physical_device_list(&found);
	for (size_t i = 0; i < count && i < capacity; i++) {
		gpus[i] = create(&found[i]);
		if (!gpus[i])
			count = i;
	}
	tongs_free(NULL, found);
	tongs_vk_unref();
	return count;
}

/* `driver_uuid` may be NULL. */
static VkResult find_or_create(
	const uint8_t device_uuid[VK_UUID_SIZE], const uint8_t *driver_uuid, struct tongs_own_device **gpu) {
	struct tongs_physical_device found;
	*gpu = NULL;
	tongs_vk_ref();
	VkResult result = tongs_physical_device_find(device_uuid, driver_uuid, &found);
	if (result == VK_SUCCESS) {
		*gpu = create(&found);
		result = *gpu ? VK_SUCCESS : VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	tongs_vk_unref();
	return result;
}

VkResult tongs_own_device_find(const struct tongs_vk_id *id, struct tongs_own_device **gpu) {
	*gpu = find(id);
	return *gpu ? VK_SUCCESS : find_or_create(id->device, id->driver, gpu);
}

struct tongs_own_device *tongs_own_device_new_from_id(const struct tongs_vk_id *id) {
	struct tongs_own_device *gpu;
	tongs_own_device_find(id, &gpu);
	return gpu;
}

struct tongs_own_device *tongs_own_device_new_from_uuid(const uint8_t uuid[VK_UUID_SIZE]) {
	struct tongs_own_device *gpu;
	find_or_create(uuid, NULL, &gpu);
	return gpu;
}

void tongs_own_device_unref(struct tongs_own_device *gpu) {
	if (!gpu)
		return;
	tongs_reaper_lock();
	bool trim = gpu->users == 1 && !gpu->inherited;
	tongs_reaper_unlock();
	/* While it is still the caller's. A new user makes again what it needs. */
	if (trim)
		tongs_transfer_trim(gpu);
	tongs_reaper_lock();
	bool reap = --gpu->users == 0 && !gpu->inherited;
	gpu->unused_since = tongs_reaper_now();
	tongs_reaper_unlock();
	if (reap)
		tongs_reaper_wake();
}

struct tongs_own_device *tongs_own_device_take_unused_locked(uint64_t until, uint64_t *oldest) {
	*oldest = UINT64_MAX;
	for (struct tongs_own_device **link = &list; *link; link = &(*link)->next) {
		struct tongs_own_device *gpu = *link;
		if (gpu->users > 0 || gpu->inherited)
			continue;
		if (gpu->unused_since <= until) {
			*link = gpu->next;
			return gpu;
		}
		if (gpu->unused_since < *oldest)
			*oldest = gpu->unused_since;
	}
	return NULL;
}

void tongs_own_device_inherit_locked(void) {
	for (struct tongs_own_device *gpu = list; gpu; gpu = gpu->next)
		gpu->inherited = true;
}

const struct tongs_physical_device_info *tongs_own_device_get_info(const struct tongs_own_device *gpu) {
	return &gpu->info;
}
