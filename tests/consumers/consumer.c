/* SPDX-License-Identifier: MIT */
#include "consumer.h"

#include <stdlib.h>

#include "../layer/semaphores.h"

bool consumer_executes(void) {
	return !getenv("TONGS_TESTS_CANNOT_EXECUTE");
}

void consumer_open(struct gpu *gpu) {
	gpu_init(gpu, &OBJECTS);
}

void consumer_open_plainly(struct gpu *gpu) {
	gpu_init(gpu, &(struct gpu_options){.with_objects = true});
}

void *consumer_export_device(struct gpu *gpu, PFN_vkExportMetalObjectsEXT export_objects) {
	VkExportMetalDeviceInfoEXT device = {.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_DEVICE_INFO_EXT};
	VkExportMetalObjectsInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECTS_INFO_EXT,
		.pNext = &device,
	};
	assert_non_null(export_objects);
	export_objects(gpu->device, &info);
	return (void *)device.mtlDevice;
}

VkSemaphore consumer_make_timeline(struct gpu *gpu) {
	return make_semaphore(gpu, 0);
}

void *consumer_export_event(struct gpu *gpu, VkSemaphore semaphore) {
	void *event = event_object(gpu, semaphore, VK_NULL_HANDLE);
	assert_non_null(event);
	return event;
}
