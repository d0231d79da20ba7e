/* SPDX-License-Identifier: MIT */
/* Timeline semaphores of other VkDevices, imported by libtongs' own: both have one value, and each device's GPU waits
 * for the other's signals. May be called from any thread. */
#ifndef TONGS_VULKAN_OWN_SEMAPHORE_H
#define TONGS_VULKAN_OWN_SEMAPHORE_H

#include <stdint.h>

#include "vulkan/own_device.h"

struct tongs_own_semaphore;

/* Imports what vkGetSemaphoreFdKHR returned, an OPAQUE_FD of the same driver's. Takes over `fd`, also on failure. NULL,
 * with nothing logged, on failure. Takes a reference to `dev`, whose VkDevice exists, for this is called under a lock
 * that comes after that of its creation. */
struct tongs_own_semaphore *tongs_own_semaphore_import(struct tongs_own_device *dev, int fd);
struct tongs_own_semaphore *tongs_own_semaphore_ref(struct tongs_own_semaphore *semaphore);
/* No submission uses it any more with the last reference. NULL is fine. */
void tongs_own_semaphore_unref(struct tongs_own_semaphore *semaphore);
/* The same where the driver may not be called: what it has goes with the process. */
void tongs_own_semaphore_abandon(struct tongs_own_semaphore *semaphore);

/* UINT64_MAX if the device is lost. */
uint64_t tongs_own_semaphore_get_value(const struct tongs_own_semaphore *semaphore);
/* Signals it from the CPU, unless it has the value or a higher one. */
void tongs_own_semaphore_raise(struct tongs_own_semaphore *semaphore, uint64_t value);

/* The same in a function of tongs_driver_call_set_at_end. */
void tongs_own_semaphore_raise_at_end(struct tongs_own_semaphore *semaphore, uint64_t value);

VkSemaphore tongs_own_semaphore_get_handle(const struct tongs_own_semaphore *semaphore);

#endif
