/* SPDX-License-Identifier: MIT */
#include "vulkan/own_commands.h"

#include <time.h>

#include "util/alloc.h"
#include "util/clock.h"
#include "vulkan/own_recording.h"

struct tongs_own_commands *tongs_own_commands_create(struct tongs_own_device *dev, VkResult *result) {
	const struct tongs_vk_device *vkd = tongs_own_device_get_vk_device(dev);
	struct tongs_own_commands *commands = vkd ? tongs_malloc(1, sizeof(*commands)) : NULL;
	*result = vkd ? VK_ERROR_OUT_OF_HOST_MEMORY : VK_ERROR_INITIALIZATION_FAILED;
	if (!commands)
		return NULL;
	commands->dev = dev;
	const VkCommandPoolCreateInfo pool = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
		.flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
		.queueFamilyIndex = tongs_own_device_get_graphics_queue(dev)->family,
	};
	static const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
	*result = vkd->CreateCommandPool(vkd->device, &pool, NULL, &commands->pool);
	const VkCommandBufferAllocateInfo handle = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
		.commandPool = commands->pool,
		.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
		.commandBufferCount = 1,
	};
	if (*result == VK_SUCCESS)
		*result = vkd->AllocateCommandBuffers(vkd->device, &handle, &commands->handle);
	if (*result == VK_SUCCESS)
		*result = vkd->CreateFence(vkd->device, &fence, NULL, &commands->fence);
	if (*result == VK_SUCCESS)
		return commands;
	tongs_own_commands_destroy(commands);
	return NULL;
}

static void destroy_views(struct tongs_own_commands *commands) {
	const struct tongs_vk_device *vkd = tongs_own_commands_get_vkd(commands);
	const VkImageView *views = commands->views.items;
	for (size_t i = 0; i < commands->views.count; i++)
		vkd->DestroyImageView(vkd->device, views[i], NULL);
	tongs_list_finish(&commands->views);
}

void tongs_own_commands_destroy(struct tongs_own_commands *commands) {
	if (!commands)
		return;
	const struct tongs_vk_device *vkd = tongs_own_commands_get_vkd(commands);
	vkd->DestroyBuffer(vkd->device, commands->word, NULL);
	vkd->FreeMemory(vkd->device, commands->word_memory, NULL);
	vkd->DestroyFence(vkd->device, commands->fence, NULL);
	vkd->DestroyCommandPool(vkd->device, commands->pool, NULL);
	destroy_views(commands);
	tongs_own_recording_reset(commands);
	tongs_free(NULL, commands);
}

bool tongs_own_commands_reset(struct tongs_own_commands *commands) {
	const struct tongs_vk_device *vkd = tongs_own_commands_get_vkd(commands);
	if (vkd->ResetCommandPool(vkd->device, commands->pool, 0) != VK_SUCCESS ||
		vkd->ResetFences(vkd->device, 1, &commands->fence) != VK_SUCCESS)
		return false;
	destroy_views(commands);
	tongs_own_recording_reset(commands);
	return true;
}

VkResult tongs_own_commands_submit(struct tongs_own_commands *commands) {
	VkResult result = tongs_own_recording_end(commands);
	if (result == VK_SUCCESS)
		result = tongs_own_device_submit(commands->dev, tongs_own_device_get_graphics_queue(commands->dev),
			commands->handle, commands->fence);
	return result;
}

static void split(const struct tongs_own_points *points, VkSemaphore semaphores[], uint64_t values[]) {
	for (uint32_t i = 0; i < points->count; i++) {
		semaphores[i] = tongs_own_semaphore_get_handle(points->items[i].semaphore);
		values[i] = points->items[i].value;
	}
}

VkResult tongs_own_commands_submit_between(struct tongs_own_commands *commands, VkQueue queue,
	const struct tongs_own_points *waits, const struct tongs_own_points *signals) {
	VkPipelineStageFlags stages[TONGS_MAX_POINTS];
	VkSemaphore wait_semaphores[TONGS_MAX_POINTS], signal_semaphores[TONGS_MAX_POINTS];
	uint64_t wait_values[TONGS_MAX_POINTS], signal_values[TONGS_MAX_POINTS];
	const VkTimelineSemaphoreSubmitInfo values = {
		.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
		.waitSemaphoreValueCount = waits->count,
		.pWaitSemaphoreValues = wait_values,
		.signalSemaphoreValueCount = signals->count,
		.pSignalSemaphoreValues = signal_values,
	};
	const VkSubmitInfo info = {
		.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
		.pNext = &values,
		.waitSemaphoreCount = waits->count,
		.pWaitSemaphores = wait_semaphores,
		.pWaitDstStageMask = stages,
		.commandBufferCount = commands->recording,
		.pCommandBuffers = &commands->handle,
		.signalSemaphoreCount = signals->count,
		.pSignalSemaphores = signal_semaphores,
	};
	const VkResult result = commands->recording ? tongs_own_recording_end(commands) : commands->result;
	if (result != VK_SUCCESS)
		return result;
	for (int i = 0; i < TONGS_MAX_POINTS; i++)
		stages[i] = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
	split(waits, wait_semaphores, wait_values);
	split(signals, signal_semaphores, signal_values);
	return tongs_own_commands_get_vkd(commands)->QueueSubmit(queue, 1, &info, commands->fence);
}

/* A driver may be out of memory for the wait itself, while the commands go on and use their resources. */
VkResult tongs_own_commands_wait_for(struct tongs_own_commands *commands, uint64_t timeout) {
	enum { MOST_TRIES = 1000 };
	const struct tongs_vk_device *vkd = tongs_own_commands_get_vkd(commands);
	VkResult result = VK_ERROR_OUT_OF_HOST_MEMORY;
	for (int i = 0; i < MOST_TRIES && result < 0 && result != VK_ERROR_DEVICE_LOST; i++) {
		if (i > 0)
			nanosleep(&(struct timespec){.tv_nsec = TONGS_MS}, NULL);
		result = vkd->WaitForFences(vkd->device, 1, &commands->fence, VK_TRUE, timeout);
	}
	return result;
}

VkResult tongs_own_commands_wait(struct tongs_own_commands *commands) {
	return tongs_own_commands_wait_for(commands, UINT64_MAX);
}
