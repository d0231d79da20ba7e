/* SPDX-License-Identifier: MIT */
/* Identifies a Vulkan device within a process and between processes. */
#ifndef TONGS_VULKAN_ID_H
#define TONGS_VULKAN_ID_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <vulkan/vulkan_core.h>

/* From VkPhysicalDeviceIDProperties. Two drivers for the same hardware report the same deviceUUID but cannot share
 * memory, so both UUIDs are needed. */
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
