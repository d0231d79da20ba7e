/* SPDX-License-Identifier: MIT */
/* The devices of libtongs' own, and who uses them. */
#include "gpu/gpu.h"

#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "gpu/device.h"
#include "gpu/reaper.h"
#include "gpu/search.h"

/* One of each id: all that have users, and those whose last user has let go not long ago, which the next one gets
 * without waiting for a VkDevice. */
static struct tongs_gpu *list; /* guarded by tongs_reaper_lock */

/* With one user more; NULL when it is not there. */
static struct tongs_gpu *find_locked(const struct tongs_gpu_id *id) {
	struct tongs_gpu *gpu = list;
	while (gpu && !tongs_gpu_id_is_same(&gpu->info.id, id))
		gpu = gpu->next;
	if (gpu)
		gpu->users++;
	return gpu;
}

static struct tongs_gpu *find(const struct tongs_gpu_id *id) {
	tongs_reaper_lock();
	struct tongs_gpu *gpu = find_locked(id);
	tongs_reaper_unlock();
	return gpu;
}

static struct tongs_gpu *allocate(const struct tongs_found *found) {
	struct tongs_facts *facts = tongs_facts_get(&found->info.id);
	struct tongs_gpu *gpu = facts ? tongs_malloc(1, sizeof(*gpu)) : NULL;
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
	tongs_fork_init_lock(&gpu->lock_at_fork, &gpu->lock, TONGS_LOCK_GPU);
	tongs_transfer_init(&gpu->transfer);
	return gpu;
}

void tongs_gpu_free(struct tongs_gpu *gpu) {
	tongs_gpu_destroy_vk_device(gpu);
	tongs_fork_finish_lock(&gpu->transfer.lock_at_fork);
	tongs_fork_finish_lock(&gpu->lock_at_fork);
	tongs_free(NULL, gpu);
	tongs_vk_unref();
}

static struct tongs_gpu *create(const struct tongs_found *found) {
	struct tongs_gpu *known = find(&found->info.id);
	struct tongs_gpu *gpu = known ? NULL : allocate(found);
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
	tongs_gpu_free(gpu);
	return known;
}

size_t tongs_gpu_create_all(struct tongs_gpu **gpus, size_t capacity) {
	struct tongs_found *found;
	tongs_vk_ref();
	size_t count = tongs_search_all(&found);
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
	const uint8_t device_uuid[VK_UUID_SIZE], const uint8_t *driver_uuid, struct tongs_gpu **gpu) {
	struct tongs_found found;
	*gpu = NULL;
	tongs_vk_ref();
	VkResult result = tongs_search_uuids(device_uuid, driver_uuid, &found);
	if (result == VK_SUCCESS) {
		*gpu = create(&found);
		result = *gpu ? VK_SUCCESS : VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	tongs_vk_unref();
	return result;
}

VkResult tongs_gpu_find(const struct tongs_gpu_id *id, struct tongs_gpu **gpu) {
	*gpu = find(id);
	return *gpu ? VK_SUCCESS : find_or_create(id->device, id->driver, gpu);
}

struct tongs_gpu *tongs_gpu_create(const struct tongs_gpu_id *id) {
	struct tongs_gpu *gpu;
	tongs_gpu_find(id, &gpu);
	return gpu;
}

struct tongs_gpu *tongs_gpu_create_from_uuid(const uint8_t uuid[VK_UUID_SIZE]) {
	struct tongs_gpu *gpu;
	find_or_create(uuid, NULL, &gpu);
	return gpu;
}

void tongs_gpu_destroy(struct tongs_gpu *gpu) {
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

struct tongs_gpu *tongs_gpu_take_unused_locked(uint64_t until, uint64_t *oldest) {
	*oldest = UINT64_MAX;
	for (struct tongs_gpu **link = &list; *link; link = &(*link)->next) {
		struct tongs_gpu *gpu = *link;
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

void tongs_gpu_inherit_locked(void) {
	for (struct tongs_gpu *gpu = list; gpu; gpu = gpu->next)
		gpu->inherited = true;
}

const struct tongs_gpu_info *tongs_gpu_get_info(const struct tongs_gpu *gpu) {
	return &gpu->info;
}
