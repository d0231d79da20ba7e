/* SPDX-License-Identifier: MIT */
/* The thread that takes away devices which nobody uses any more. Private to src/gpu.
 *
 * A VkDevice and its instance take long to make (on a discrete GPU a fifth of a second), and the next user often comes
 * soon. So a device without users stays where it is, and this thread destroys it when nobody has wanted it back for a
 * while. The thread is there only as long as a device waits for it. */
#ifndef TONGS_VULKAN_REAPER_H
#define TONGS_VULKAN_REAPER_H

#include <stdint.h>

#include "util/export.h"

/* The lock of the list of devices and their users, which the thread looks through. Never held in a call into Vulkan, so
 * that it can be taken inside one. fork() takes it, too. */
void tongs_reaper_lock(void);
void tongs_reaper_unlock(void);

/* A device has lost its last user: starts the thread, unless it is there. Called without the lock, from any thread,
 * inside a command of Vulkan's or not. When no thread can be started, the device stays until a later call starts one.
 */
void tongs_reaper_wake(void);

/* The clock of tongs_own_device_take_unused_locked, in nanoseconds. */
uint64_t tongs_reaper_now(void);

#ifdef TONGS_TEST_HOOKS
/* How long, in nanoseconds, a device is kept without a user; also those that are waiting. UINT64_MAX: to the
 * end of the process. */
TONGS_TEST_INTEROP void tongs_reaper_set_delay(uint64_t nanoseconds);
#endif

#endif
