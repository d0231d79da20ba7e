/* SPDX-License-Identifier: MIT */
/* What tells Vulkan devices apart in a process and between processes. */
#ifndef TONGS_VULKAN_ID_H
#define TONGS_VULKAN_ID_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <vulkan/vulkan_core.h>

/* Of VkPhysicalDeviceIDProperties. One piece of hardware has one deviceUUID under each of its drivers, so that alone
 * would take two drivers' memory for one's. */
struct tongs_vk_id {
	uint8_t device[VK_UUID_SIZE];
	uint8_t driver[VK_UUID_SIZE];
};

static inline struct tongs_vk_id tongs_vk_id_from(const VkPhysicalDeviceIDProperties *properties) {
	struct tongs_vk_id id;
	memcpy(id.device, properties->deviceUUID, VK_UUID_SIZE);
	memcpy(id.driver, properties->driverUUID, VK_UUID_SIZE);
	return id;
}

static inline bool tongs_vk_id_is_same(const struct tongs_vk_id *a, const struct tongs_vk_id *b) {
	return memcmp(a->device, b->device, VK_UUID_SIZE) == 0 && memcmp(a->driver, b->driver, VK_UUID_SIZE) == 0;
}

#endif
