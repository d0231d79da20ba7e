/* SPDX-License-Identifier: MIT */
/* libtongs' own devices: those that can share memory, and what their drivers require of buffers. Images: own_image.h.
 *
 * Drivers are loaded at the first call that needs them and called without the Vulkan loader (driver.h), so every
 * function may be called from any thread, also inside a Vulkan command. All devices of a driver share one VkInstance; a
 * VkDevice is created at the first query that needs one. The worker destroys instance and device two seconds after the
 * last reference was released: creating them takes long, a fifth of a second on a discrete GPU, and they are often
 * needed again soon. It never does so while drivers' static destructors run at exit. Functions that fail have logged an
 * error.
 *
 * The child of a fork keeps the parent's devices and never destroys them. It may release them and exit; whether it can
 * use them depends on the driver, whose threads it lacks, and on what the other threads were doing at the fork. */
#ifndef TONGS_VULKAN_OWN_DEVICE_H
#define TONGS_VULKAN_OWN_DEVICE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

#include "util/export.h"
#include "util/fork.h"
#include "vulkan/caps.h"
#include "vulkan/id.h"
#include "vulkan/physical_device.h"
#include "vulkan/vk.h"

/* Holds many rows of the widest image, and still fits into a CPU's cache. */
enum { TONGS_STAGING_SIZE = 4 << 20 };

/* One for depth and stencil, one for everything else; they may have the same family. */
enum { TONGS_TRANSFER_QUEUE_COUNT = 2 };

/* More of the family that does everything, which wait for semaphores of other VkDevices; the ones above never wait. */
enum { TONGS_WAITING_QUEUE_COUNT = 4 };
struct tongs_waiting_queues {
	VkQueue queues[TONGS_WAITING_QUEUE_COUNT];
	atomic_uint count; /* set once, with the VkDevice; 0: there is none yet, or it shares no semaphores */
	atomic_uint taken; /* a bit for each */
};

struct tongs_transfer_queue {
	uint32_t family; /* constant once the VkDevice exists, like `queue` */
	VkQueue queue;
	VkCommandPool pool; /* like the next two, NULL until needed */
	VkCommandBuffer commands;
	VkFence fence;
};

/* The queues of a device, with their command buffers and the staging buffer, which are created on demand. */
struct tongs_transfer {
	pthread_mutex_t lock; /* guards all that follows but the queues' handles */
	struct tongs_fork_entry lock_at_fork;
	pthread_mutex_t submit_lock; /* held while one of the queues is used */
	struct tongs_fork_entry submit_lock_at_fork;
	struct tongs_transfer_queue queues[TONGS_TRANSFER_QUEUE_COUNT];
	VkBuffer staging;
	VkDeviceMemory memory;
	void *bytes; /* the mapped staging buffer; NULL until needed */
};

/* A physical device that can import memory; one for each id, shared by all its users. The members are private to
 * src/vulkan. */
struct tongs_own_device {
	struct tongs_physical_device physical; /* constant; holds a reference of tongs_vk_ref */
	struct tongs_own_caps *caps;           /* of its id; page_types known with `vkd` */
	pthread_mutex_t lock;                  /* held while `vkd` is created and caps are queried */
	struct tongs_fork_entry lock_at_fork;
	struct tongs_vk_device vkd;       /* .device is NULL until created; constant from then on, like the next */
	struct tongs_rendering rendering; /* of the VkDevice */
	struct tongs_transfer transfer;
	struct tongs_waiting_queues waiting;
	_Atomic(struct tongs_own_image_cache *) image_cache; /* of own_image.c; NULL until the first query */
	/* Guarded by the lock of the list: */
	size_t references;
	uint64_t unused_since;         /* tongs_clock_now when the last reference was released */
	bool inherited;                /* from the parent of a fork; kept, because its driver's threads are missing */
	struct tongs_own_device *next; /* in the list of all devices */
};

/* The next functions return a new reference; release it with tongs_own_device_unref. */

/* Writes up to `capacity` devices of installed drivers to `devices` and returns how many there are, in the order in
 * which the Vulkan loader would list them in an instance without layers. */
size_t tongs_own_device_new_all(struct tongs_own_device **devices, size_t capacity);
/* Returns the device with this id, or NULL if there is none. */
struct tongs_own_device *tongs_own_device_new_from_id(const struct tongs_vk_id *id);
/* Returns the first device with this deviceUUID, with any driver, or NULL if there is none. */
struct tongs_own_device *tongs_own_device_new_from_uuid(const uint8_t uuid[VK_UUID_SIZE]);
struct tongs_own_device *tongs_own_device_ref(struct tongs_own_device *dev);
/* After the last reference the VkDevice is kept for a while, for the next user. `dev` may be NULL. */
void tongs_own_device_unref(struct tongs_own_device *dev);

/* Borrowed from the device. */
const struct tongs_physical_device_info *tongs_own_device_get_info(const struct tongs_own_device *dev);

/* Queries what a buffer of `size` bytes requires in a role, for every usage (buffer rule, import.h). Returns false if
 * the driver cannot share one. */
bool tongs_own_device_query_buffer_requirements(
	struct tongs_own_device *dev, enum tongs_role role, VkDeviceSize size, VkMemoryRequirements *requirements);

/* The mask of the memory types that memory of a kind can have, whatever resource is bound to it; 0 on failure. */
uint32_t tongs_own_device_get_memory_types(struct tongs_own_device *dev, const struct tongs_import_kind *kind);

/* tongs_physical_device_choose_driver_type. */
static inline int tongs_own_device_choose_driver_type(
	const struct tongs_own_device *dev, uint32_t types, bool host_visible) {
	return tongs_physical_device_choose_driver_type(&dev->physical, types, host_visible);
}

/* The families of the queues for everything and for copies of texels without depth and stencil. Creates a VkDevice at
 * the first call. Returns false on failure. */
bool tongs_own_device_get_families(struct tongs_own_device *dev, uint32_t *everything, uint32_t *texels);

/* Whether the device addresses of imported host pages equal the CPU's in every VkDevice, as with software drivers. Then
 * a buffer's vkGetBufferDeviceAddress is known without a query. Creates a VkDevice at the first call. */
bool tongs_own_device_addresses_are_pointers(struct tongs_own_device *dev);

/* The next functions are private to src/vulkan. */

/* Creates the VkDevice at the first call and returns its functions. Returns NULL on failure. */
const struct tongs_vk_device *tongs_own_device_get_vk_device(struct tongs_own_device *dev);

/* Gets the queue that can copy an aspect; creates its command buffer and the staging buffer if they do not exist. The
 * VkDevice exists, and the caller holds the lock of dev->transfer. */
VkResult tongs_own_device_get_transfer_queue_locked(
	struct tongs_own_device *dev, VkImageAspectFlagBits aspect, struct tongs_transfer_queue **queue);

/* The queue that does everything: copies of any aspect, clears and blits. The VkDevice exists. */
static inline const struct tongs_transfer_queue *tongs_own_device_get_graphics_queue(
	const struct tongs_own_device *dev) {
	return &dev->transfer.queues[TONGS_TRANSFER_QUEUE_COUNT - 1];
}

/* A queue that is the caller's alone until it is given back: what waits there keeps nobody else waiting. NULL: none is
 * left, or there is no VkDevice yet, or it shares no semaphores. */
VkQueue tongs_own_device_take_queue(struct tongs_own_device *dev);
/* NULL is fine. */
void tongs_own_device_give_queue(struct tongs_own_device *dev, VkQueue queue);

/* vkQueueSubmit of one command buffer. */
VkResult tongs_own_device_submit(struct tongs_own_device *dev, const struct tongs_transfer_queue *queue,
	VkCommandBuffer commands, VkFence fence);

#ifdef TONGS_TEST_HOOKS
/* How long, in nanoseconds, a device is kept without references. Applies to devices that are already waiting, too.
 * UINT64_MAX: to the end of the process. */
TONGS_TEST_INTEROP void tongs_own_device_set_idle_delay(uint64_t nanoseconds);
size_t tongs_own_device_count_references(const struct tongs_own_device *dev);
#endif

#endif
