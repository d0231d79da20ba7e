/* SPDX-License-Identifier: MIT */
/* Which drivers share timeline semaphores between VkDevices, and let command buffers wait for them. */
#ifndef TONGS_VULKAN_SEMAPHORE_H
#define TONGS_VULKAN_SEMAPHORE_H

#include <stdbool.h>
#include <stddef.h>

#include <vulkan/vulkan_core.h>

#include "util/settings.h"

/* The setting, to be asked first. */
static inline bool tongs_semaphore_is_wanted(void) {
	return tongs_settings_get(TONGS_SETTING_SHARE_SEMAPHORES);
}

/* Whether VkDevices of a physical device, which has VK_KHR_external_semaphore_fd, share timeline semaphores as file
 * descriptors. Where the CPU does the GPU's work nothing would be gained. `query` may be NULL. */
static inline bool tongs_semaphore_is_shared(PFN_vkGetPhysicalDeviceExternalSemaphoreProperties query,
	VkPhysicalDevice physical_device, VkPhysicalDeviceType type) {
	static const VkSemaphoreTypeCreateInfo timeline = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
		.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
	};
	const VkPhysicalDeviceExternalSemaphoreInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_SEMAPHORE_INFO,
		.pNext = &timeline,
		.handleType = VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT,
	};
	const VkExternalSemaphoreFeatureFlags both =
		VK_EXTERNAL_SEMAPHORE_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_SEMAPHORE_FEATURE_IMPORTABLE_BIT;
	VkExternalSemaphoreProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_SEMAPHORE_PROPERTIES};
	if (!query || type == VK_PHYSICAL_DEVICE_TYPE_CPU)
		return false;
	query(physical_device, &info, &properties);
	return !(both & ~properties.externalSemaphoreFeatures);
}

/* Whether the family that does everything has queues beside its first, which never waits. Many drivers have one. */
static inline bool tongs_semaphore_has_queues(
	PFN_vkGetPhysicalDeviceQueueFamilyProperties query, VkPhysicalDevice physical_device) {
	VkQueueFamilyProperties families[32];
	uint32_t count = sizeof(families) / sizeof(families[0]), i = 0;
	query(physical_device, &count, families);
	while (i < count && !(families[i].queueFlags & VK_QUEUE_GRAPHICS_BIT))
		i++;
	return i < count && families[i].queueCount > 1;
}

#endif
