/* SPDX-License-Identifier: MIT */
/* Chooses transfer queues and creates their command buffers and the staging buffer. */
#include "vulkan/transfer.h"

#include "util/alloc.h"
#include "vulkan/physical_device.h"
#include "vulkan/vk.h"

/* VUID-vkCmdCopyBufferToImage-commandBuffer-07739: copies of depth and stencil need a graphics queue. */
enum { ANY_ASPECT, DEPTH_STENCIL };

/* A family for transfers alone: on others, copies may wait for the application's rendering. */
static bool only_transfers(const VkQueueFamilyProperties *family) {
	const VkQueueFlags allowed = VK_QUEUE_TRANSFER_BIT | VK_QUEUE_SPARSE_BINDING_BIT | VK_QUEUE_PROTECTED_BIT;
	const VkExtent3D *step = &family->minImageTransferGranularity;
	return (family->queueFlags & VK_QUEUE_TRANSFER_BIT) && !(family->queueFlags & ~allowed) && step->width == 1 &&
	       step->height == 1 && step->depth == 1;
}

VkResult tongs_transfer_choose_families(
	const struct tongs_physical_device *physical, uint32_t families[TONGS_TRANSFER_QUEUE_COUNT]) {
	uint32_t count = 0;
	physical->vk->GetPhysicalDeviceQueueFamilyProperties(physical->handle, &count, NULL);
	VkQueueFamilyProperties *all = tongs_malloc(count, sizeof(*all));
	if (!all)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	physical->vk->GetPhysicalDeviceQueueFamilyProperties(physical->handle, &count, all);
	families[DEPTH_STENCIL] = 0;
	for (uint32_t i = count; i-- > 0;)
		if (all[i].queueFlags & VK_QUEUE_GRAPHICS_BIT)
			families[DEPTH_STENCIL] = i;
	families[ANY_ASPECT] = families[DEPTH_STENCIL];
	for (uint32_t i = count; i-- > 0;)
		if (only_transfers(&all[i]))
			families[ANY_ASPECT] = i;
	tongs_free(NULL, all);
	return VK_SUCCESS;
}

void tongs_transfer_init(struct tongs_transfer *transfer, const struct tongs_physical_device *physical,
	const struct tongs_vk_device *vkd) {
	transfer->physical = physical;
	transfer->vkd = vkd;
	tongs_fork_init_lock(&transfer->lock_at_fork, &transfer->lock, TONGS_LOCK_TRANSFER);
}

void tongs_transfer_finish(struct tongs_transfer *transfer) {
	tongs_fork_finish_lock(&transfer->lock_at_fork);
}

void tongs_transfer_start(struct tongs_transfer *transfer, const uint32_t families[TONGS_TRANSFER_QUEUE_COUNT]) {
	const struct tongs_vk_device *vkd = transfer->vkd;
	for (unsigned i = 0; i < TONGS_TRANSFER_QUEUE_COUNT; i++) {
		struct tongs_transfer_queue *queue = &transfer->queues[i];
		queue->family = families[i];
		vkd->GetDeviceQueue(vkd->device, queue->family, 0, &queue->queue);
	}
}

static void destroy_commands(const struct tongs_vk_device *vkd, struct tongs_transfer_queue *queue) {
	vkd->DestroyFence(vkd->device, queue->fence, NULL);
	vkd->DestroyCommandPool(vkd->device, queue->pool, NULL);
	queue->fence = VK_NULL_HANDLE;
	queue->commands = NULL;
	queue->pool = VK_NULL_HANDLE;
}

static VkResult create_commands(const struct tongs_vk_device *vkd, struct tongs_transfer_queue *queue) {
	const VkCommandPoolCreateInfo pool = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
		.flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT | VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
		.queueFamilyIndex = queue->family,
	};
	static const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
	VkResult result = vkd->CreateCommandPool(vkd->device, &pool, NULL, &queue->pool);
	if (result != VK_SUCCESS)
		return result;
	const VkCommandBufferAllocateInfo commands = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
		.commandPool = queue->pool,
		.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
		.commandBufferCount = 1,
	};
	result = vkd->AllocateCommandBuffers(vkd->device, &commands, &queue->commands);
	if (result == VK_SUCCESS)
		result = vkd->CreateFence(vkd->device, &fence, NULL, &queue->fence);
	if (result != VK_SUCCESS)
		destroy_commands(vkd, queue);
	return result;
}

static void destroy_staging(struct tongs_transfer *transfer) {
	const struct tongs_vk_device *vkd = transfer->vkd;
	vkd->DestroyBuffer(vkd->device, transfer->staging, NULL);
	vkd->FreeMemory(vkd->device, transfer->memory, NULL);
	transfer->staging = VK_NULL_HANDLE;
	transfer->memory = VK_NULL_HANDLE;
	transfer->bytes = NULL;
}

static VkResult create_staging(struct tongs_transfer *transfer) {
	const struct tongs_vk_device *vkd = transfer->vkd;
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.size = TONGS_STAGING_SIZE,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
		.sharingMode = VK_SHARING_MODE_EXCLUSIVE,
	};
	VkResult result = vkd->CreateBuffer(vkd->device, &info, NULL, &transfer->staging);
	if (result != VK_SUCCESS)
		return result;
	VkMemoryRequirements requirements;
	vkd->GetBufferMemoryRequirements(vkd->device, transfer->staging, &requirements);
	const VkMemoryAllocateInfo allocation = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.allocationSize = requirements.size,
		/* Vulkan guarantees a coherent memory type for every buffer. */
		.memoryTypeIndex = (uint32_t)tongs_physical_device_choose_memory_type(
			transfer->physical, requirements.memoryTypeBits),
	};
	result = vkd->AllocateMemory(vkd->device, &allocation, NULL, &transfer->memory);
	if (result == VK_SUCCESS)
		result = vkd->BindBufferMemory(vkd->device, transfer->staging, transfer->memory, 0);
	if (result == VK_SUCCESS)
		result = vkd->MapMemory(vkd->device, transfer->memory, 0, VK_WHOLE_SIZE, 0, &transfer->bytes);
	if (result != VK_SUCCESS)
		destroy_staging(transfer);
	return result;
}

VkResult tongs_transfer_prepare_locked(
	struct tongs_transfer *transfer, VkImageAspectFlagBits aspect, struct tongs_transfer_queue **queue) {
	bool graphics = aspect == VK_IMAGE_ASPECT_DEPTH_BIT || aspect == VK_IMAGE_ASPECT_STENCIL_BIT;
	struct tongs_transfer_queue *chosen = &transfer->queues[graphics ? DEPTH_STENCIL : ANY_ASPECT];
	VkResult result = chosen->pool ? VK_SUCCESS : create_commands(transfer->vkd, chosen);
	if (result == VK_SUCCESS && !transfer->bytes)
		result = create_staging(transfer);
	if (result == VK_SUCCESS)
		*queue = chosen;
	return result;
}

VkResult tongs_transfer_begin_locked(struct tongs_transfer *transfer, const struct tongs_transfer_queue *queue) {
	static const VkCommandBufferBeginInfo begin = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
		.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
	};
	return transfer->vkd->BeginCommandBuffer(queue->commands, &begin);
}

VkResult tongs_transfer_end_locked(struct tongs_transfer *transfer, const struct tongs_transfer_queue *queue) {
	const struct tongs_vk_device *vkd = transfer->vkd;
	const VkSubmitInfo submit = {
		.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
		.commandBufferCount = 1,
		.pCommandBuffers = &queue->commands,
	};
	VkResult result = vkd->EndCommandBuffer(queue->commands);
	if (result == VK_SUCCESS)
		result = vkd->ResetFences(vkd->device, 1, &queue->fence);
	if (result == VK_SUCCESS)
		result = vkd->QueueSubmit(queue->queue, 1, &submit, queue->fence);
	if (result == VK_SUCCESS)
		result = vkd->WaitForFences(vkd->device, 1, &queue->fence, VK_TRUE, UINT64_MAX);
	return result;
}

void tongs_transfer_trim(struct tongs_transfer *transfer) {
	pthread_mutex_lock(&transfer->lock);
	for (unsigned i = 0; i < TONGS_TRANSFER_QUEUE_COUNT; i++)
		if (transfer->queues[i].pool)
			destroy_commands(transfer->vkd, &transfer->queues[i]);
	if (transfer->bytes)
		destroy_staging(transfer);
	pthread_mutex_unlock(&transfer->lock);
}
