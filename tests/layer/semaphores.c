/* SPDX-License-Identifier: MIT */
#include "semaphores.h"

const struct gpu_options OBJECTS = {.with_objects = true, .instance_exports = {EXPORT(DEVICE)}};

void init_with_timelines(struct gpu *gpu) {
	gpu_init(gpu, &OBJECTS);
	if (!gpu->has_timelines) {
		gpu_finish(gpu);
		skip();
	}
}

VkResult try_semaphore(struct gpu *gpu, const void *next, uint64_t value, VkSemaphore *semaphore) {
	const VkSemaphoreTypeCreateInfo type = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
		.pNext = next,
		.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
		.initialValue = value,
	};
	const VkSemaphoreCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type};
	return vkCreateSemaphore(gpu->device, &info, NULL, semaphore);
}

VkSemaphore make_semaphore(struct gpu *gpu, uint64_t value) {
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(SHARED_EVENT), NULL);
	VkSemaphore semaphore;
	assert_vk(try_semaphore(gpu, &object, value, &semaphore));
	return semaphore;
}

VkSemaphore import_semaphore(struct gpu *gpu, struct tongs_shared_event *event, uint64_t value) {
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(SHARED_EVENT), NULL);
	const VkImportMetalSharedEventInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_SHARED_EVENT_INFO_EXT,
		.pNext = &object,
		.mtlSharedEvent = (void *)event,
	};
	VkSemaphore semaphore;
	assert_vk(try_semaphore(gpu, &import, value, &semaphore));
	return semaphore;
}

uint64_t counter(struct gpu *gpu, VkSemaphore semaphore) {
	uint64_t value;
	assert_vk(vkGetSemaphoreCounterValue(gpu->device, semaphore, &value));
	return value;
}

void signal_vulkan(struct gpu *gpu, VkSemaphore semaphore, uint64_t value) {
	const VkSemaphoreSignalInfo info = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO, .semaphore = semaphore, .value = value};
	assert_vk(vkSignalSemaphore(gpu->device, &info));
}

VkResult wait_vulkan(struct gpu *gpu, VkSemaphore semaphore, uint64_t value) {
	const VkSemaphoreWaitInfo info = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
		.semaphoreCount = 1,
		.pSemaphores = &semaphore,
		.pValues = &value,
	};
	return vkWaitSemaphores(gpu->device, &info, PATIENCE_MS * UINT64_C(1000000));
}

void submit_commands(struct gpu *gpu, VkSemaphore semaphore, uint64_t wait, VkCommandBuffer commands, uint64_t signal,
	VkFence fence) {
	const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
	const VkTimelineSemaphoreSubmitInfo values = {
		.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
		.waitSemaphoreValueCount = wait ? 1 : 0,
		.pWaitSemaphoreValues = &wait,
		.signalSemaphoreValueCount = 1,
		.pSignalSemaphoreValues = &signal,
	};
	const VkSubmitInfo info = {
		.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
		.pNext = &values,
		.waitSemaphoreCount = wait ? 1 : 0,
		.pWaitSemaphores = &semaphore,
		.pWaitDstStageMask = &stage,
		.commandBufferCount = commands ? 1 : 0,
		.pCommandBuffers = &commands,
		.signalSemaphoreCount = 1,
		.pSignalSemaphores = &semaphore,
	};
	assert_vk(vkQueueSubmit(gpu->queue, 1, &info, fence));
}

void submit_values(struct gpu *gpu, VkSemaphore semaphore, uint64_t wait, uint64_t signal, VkFence fence) {
	submit_commands(gpu, semaphore, wait, VK_NULL_HANDLE, signal, fence);
}
