/* SPDX-License-Identifier: MIT */
/* An instance without the layer, and in it the device of a UUID. */
#include "bench_bare.h"

#include <string.h>

#include "command.h"
#include "layer_path.h"

static void read_uuid(VkPhysicalDevice device, uint8_t uuid[VK_UUID_SIZE]) {
	VkPhysicalDeviceIDProperties id = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &id};

	vkGetPhysicalDeviceProperties2(device, &properties);
	memcpy(uuid, id.deviceUUID, VK_UUID_SIZE);
}

/* VK_NULL_HANDLE, with a message. */
static VkPhysicalDevice find_device(const struct tongs_vulkan *vulkan, const uint8_t uuid[VK_UUID_SIZE]) {
	for (uint32_t i = 0; i < vulkan->device_count; i++) {
		VkPhysicalDeviceProperties properties;
		uint8_t found[VK_UUID_SIZE] = {0};
		vkGetPhysicalDeviceProperties(vulkan->devices[i], &properties);
		if (properties.apiVersion >= VK_API_VERSION_1_1)
			read_uuid(vulkan->devices[i], found);
		if (!memcmp(found, uuid, VK_UUID_SIZE))
			return vulkan->devices[i];
	}
	tongs_command_error("without the layer, the device is not there");
	return VK_NULL_HANDLE;
}

bool tongs_bench_bare_init(struct tongs_bench_bare *bare, const struct tongs_bench_device *like) {
	VkPhysicalDevice device;
	uint8_t uuid[VK_UUID_SIZE];

	*bare = (struct tongs_bench_bare){0};
	read_uuid(like->context.physical_device, uuid);
	if (tongs_layer_path_disable() && tongs_vulkan_init(&bare->vulkan) &&
		(device = find_device(&bare->vulkan, uuid)) &&
		tongs_bench_device_create(device, like->context.family, NULL, 0, &bare->device))
		return true;
	tongs_bench_bare_finish(bare);
	return false;
}

void tongs_bench_bare_finish(struct tongs_bench_bare *bare) {
	if (bare->device)
		vkDestroyDevice(bare->device, NULL);
	tongs_vulkan_finish(&bare->vulkan);
	*bare = (struct tongs_bench_bare){0};
}
