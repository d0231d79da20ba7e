/* SPDX-License-Identifier: MIT */
/* vkWaitSemaphores for semaphores that are MTLSharedEvents: the program's threads wait for the event, which the
 * mirror's thread signals (mirror.c). So each semaphore has one thread that waits for it in the driver: of several,
 * NVIDIA's driver wakes one, and the others up to 10 ms later. */
#include "layer/mirror.h"
#include "util/clock.h"

/* The longest wait for an event, in ms: who waits asks the driver then, for the device may be lost. */
enum { PATIENCE = 100 };

static struct tongs_layer_mirror *find(struct tongs_layer_device *dev, VkSemaphore semaphore) {
	return dev->objects_enabled ? tongs_map_get(&dev->semaphores, TONGS_KEY(semaphore)) : NULL;
}

static uint64_t get_rest(uint64_t start, uint64_t timeout) {
	const uint64_t waited = timeout == UINT64_MAX ? 0 : tongs_clock_now() - start;
	return waited < timeout ? timeout - waited : 0;
}

/* `info` has one semaphore, which is the mirror's. */
static VkResult wait_for_event(struct tongs_layer_device *dev, const struct tongs_layer_mirror *mirror,
	const VkSemaphoreWaitInfo *info, uint64_t timeout) {
	const uint64_t start = tongs_clock_now();
	struct tongs_shared_event *event = tongs_shared_event_ref(mirror->object);
	uint64_t rest = timeout;
	bool reached = false;
	VkResult result;
	while ((result = dev->next.WaitSemaphores(dev->handle, info, 0)) == VK_TIMEOUT && rest >= TONGS_MS &&
		!reached) {
		const uint64_t ms = rest / TONGS_MS;
		reached = tongs_shared_event_wait(event, *info->pValues, ms < PATIENCE ? ms : PATIENCE);
		rest = get_rest(start, timeout);
	}
	if (result == VK_TIMEOUT && rest > 0)
		result = dev->next.WaitSemaphores(dev->handle, info, rest);
	/* Whoever has seen the value may have another VkDevice signal the next one, whose semaphore must have it. */
	if (result == VK_SUCCESS && tongs_event_get_value(event) < *info->pValues)
		tongs_shared_event_set_signaled_value(event, *info->pValues);
	tongs_shared_event_unref(event);
	return result;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_WaitSemaphores(
	VkDevice device, const VkSemaphoreWaitInfo *pWaitInfo, uint64_t timeout) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	const uint32_t count = pWaitInfo->semaphoreCount;
	uint32_t mirrored = 0;
	for (uint32_t i = 0; i < count; i++)
		mirrored += find(dev, pWaitInfo->pSemaphores[i]) != NULL;
	/* For any of several the driver waits. */
	if (!mirrored || (count > 1 && (pWaitInfo->flags & VK_SEMAPHORE_WAIT_ANY_BIT)))
		return dev->next.WaitSemaphores(device, pWaitInfo, timeout);
	const uint64_t start = tongs_clock_now();
	VkResult result = VK_SUCCESS;
	/* One after the other: none loses its value. */
	for (uint32_t i = 0; i < count && result == VK_SUCCESS; i++) {
		const struct tongs_layer_mirror *mirror = find(dev, pWaitInfo->pSemaphores[i]);
		const uint64_t rest = get_rest(start, timeout);
		VkSemaphoreWaitInfo one = *pWaitInfo;
		one.semaphoreCount = 1;
		one.pSemaphores += i;
		one.pValues += i;
		result =
			mirror ? wait_for_event(dev, mirror, &one, rest) : dev->next.WaitSemaphores(device, &one, rest);
	}
	return result;
}
