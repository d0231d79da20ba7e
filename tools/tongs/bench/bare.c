/* SPDX-License-Identifier: MIT */
/* An instance without the layer, and in it the device of given UUIDs. */
#include "bare.h"

#include <string.h>

#include "client/command.h"
#include "client/layer_path.h"

static void read_uuids(VkPhysicalDevice device, uint8_t uuids[2 * VK_UUID_SIZE]) {
	VkPhysicalDeviceIDProperties id = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &id};

	vkGetPhysicalDeviceProperties2(device, &properties);
	memcpy(uuids, id.deviceUUID, VK_UUID_SIZE);
	memcpy(uuids + VK_UUID_SIZE, id.driverUUID, VK_UUID_SIZE);
}

/* VK_NULL_HANDLE, with a message. */
static VkPhysicalDevice find_device(const struct tongs_vulkan *vulkan, const uint8_t uuids[2 * VK_UUID_SIZE]) {
	for (uint32_t i = 0; i < vulkan->device_count; i++) {
		VkPhysicalDeviceProperties properties;
		uint8_t found[2 * VK_UUID_SIZE] = {0};
		vkGetPhysicalDeviceProperties(vulkan->devices[i], &properties);
		if (properties.apiVersion >= VK_API_VERSION_1_1)
			read_uuids(vulkan->devices[i], found);
		if (!memcmp(found, uuids, sizeof(found)))
			return vulkan->devices[i];
	}
	tongs_command_error("without the layer, the device is not there");
	return VK_NULL_HANDLE;
}

bool tongs_bench_bare_init(struct tongs_bench_bare *bare, const struct tongs_bench_device *like) {
	VkPhysicalDevice device;
	uint8_t uuids[2 * VK_UUID_SIZE];

	*bare = (struct tongs_bench_bare){0};
	read_uuids(like->context.physical_device, uuids);
	if (tongs_layer_path_disable() && tongs_vulkan_init(&bare->vulkan) &&
		(device = find_device(&bare->vulkan, uuids)) &&
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
