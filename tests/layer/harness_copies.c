/* SPDX-License-Identifier: MIT */
/* Copies between the CPU and a resource. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

VkCommandBuffer begin(struct gpu *gpu) {
	const VkCommandBufferAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
		.commandPool = gpu->pool,
		.commandBufferCount = 1,
	};
	const VkCommandBufferBeginInfo once = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
		.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
	};
	VkCommandBuffer commands;
	assert_vk(vkAllocateCommandBuffers(gpu->device, &info, &commands));
	assert_vk(vkBeginCommandBuffer(commands, &once));
	return commands;
}

void submit(struct gpu *gpu, VkCommandBuffer commands) {
	const VkMemoryBarrier to_host = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_HOST_READ_BIT | VK_ACCESS_HOST_WRITE_BIT,
	};
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &to_host,
		0, NULL, 0, NULL);
	assert_vk(vkEndCommandBuffer(commands));
	const VkSubmitInfo info = {
		.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
		.commandBufferCount = 1,
		.pCommandBuffers = &commands,
	};
	assert_vk(vkQueueSubmit(gpu->queue, 1, &info, VK_NULL_HANDLE));
	assert_vk(vkQueueWaitIdle(gpu->queue));
	vkFreeCommandBuffers(gpu->device, gpu->pool, 1, &commands);
}

void staging_init(struct gpu *gpu, struct staging *staging, VkDeviceSize size) {
	VkMemoryRequirements requirements;
	if (getenv("TONGS_TESTS_CANNOT_EXECUTE"))
		skip();
	staging->buffer =
		make_buffer(gpu, size, VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT, 0);
	vkGetBufferMemoryRequirements(gpu->device, staging->buffer, &requirements);
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.allocationSize = requirements.size,
		.memoryTypeIndex = pick_type(gpu, requirements.memoryTypeBits,
			VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT),
	};
	assert_vk(vkAllocateMemory(gpu->device, &info, NULL, &staging->memory));
	assert_vk(vkBindBufferMemory(gpu->device, staging->buffer, staging->memory, 0));
	assert_vk(vkMapMemory(gpu->device, staging->memory, 0, VK_WHOLE_SIZE, 0, &staging->bytes));
}

void staging_finish(struct gpu *gpu, struct staging *staging) {
	vkDestroyBuffer(gpu->device, staging->buffer, NULL);
	vkFreeMemory(gpu->device, staging->memory, NULL);
}

void gpu_write_buffer(struct gpu *gpu, VkBuffer buffer, VkDeviceSize offset, const void *bytes, VkDeviceSize size) {
	struct staging staging;
	staging_init(gpu, &staging, size);
	memcpy(staging.bytes, bytes, size);
	VkCommandBuffer commands = begin(gpu);
	const VkBufferCopy copy = {.dstOffset = offset, .size = size};
	vkCmdCopyBuffer(commands, staging.buffer, buffer, 1, &copy);
	submit(gpu, commands);
	staging_finish(gpu, &staging);
}

void gpu_read_buffer(struct gpu *gpu, VkBuffer buffer, VkDeviceSize offset, void *bytes, VkDeviceSize size) {
	struct staging staging;
	staging_init(gpu, &staging, size);
	VkCommandBuffer commands = begin(gpu);
	const VkBufferCopy copy = {.srcOffset = offset, .size = size};
	vkCmdCopyBuffer(commands, buffer, staging.buffer, 1, &copy);
	submit(gpu, commands);
	memcpy(bytes, staging.bytes, size);
	staging_finish(gpu, &staging);
}

static VkBufferImageCopy whole(uint32_t width, uint32_t height) {
	return (VkBufferImageCopy){
		.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
		.imageExtent = {width, height, 1},
	};
}

static void to_general(VkCommandBuffer commands, VkImage image, VkImageLayout from) {
	const VkImageMemoryBarrier barrier = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT | VK_ACCESS_HOST_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
		.oldLayout = from,
		.newLayout = VK_IMAGE_LAYOUT_GENERAL,
		.srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
		.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
		.image = image,
		.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1},
	};
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT | VK_PIPELINE_STAGE_HOST_BIT,
		VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, NULL, 0, NULL, 1, &barrier);
}

void gpu_write_image(
	struct gpu *gpu, VkImage image, uint32_t width, uint32_t height, const void *texels, VkDeviceSize size) {
	struct staging staging;
	staging_init(gpu, &staging, size);
	memcpy(staging.bytes, texels, size);
	VkCommandBuffer commands = begin(gpu);
	to_general(commands, image, VK_IMAGE_LAYOUT_UNDEFINED);
	const VkBufferImageCopy copy = whole(width, height);
	vkCmdCopyBufferToImage(commands, staging.buffer, image, VK_IMAGE_LAYOUT_GENERAL, 1, &copy);
	submit(gpu, commands);
	staging_finish(gpu, &staging);
}

void gpu_transfer_buffer(struct gpu *gpu, VkBuffer buffer, uint32_t from, uint32_t to) {
	const VkBufferMemoryBarrier barrier = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
		.srcQueueFamilyIndex = from,
		.dstQueueFamilyIndex = to,
		.buffer = buffer,
		.size = VK_WHOLE_SIZE,
	};
	VkCommandBuffer commands = begin(gpu);
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0,
		NULL, 1, &barrier, 0, NULL);
	submit(gpu, commands);
}

void gpu_transfer_image(struct gpu *gpu, VkImage image, VkImageAspectFlags aspects, uint32_t from, uint32_t to) {
	const VkImageMemoryBarrier barrier = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
		.oldLayout = VK_IMAGE_LAYOUT_GENERAL,
		.newLayout = VK_IMAGE_LAYOUT_GENERAL,
		.srcQueueFamilyIndex = from,
		.dstQueueFamilyIndex = to,
		.image = image,
		.subresourceRange = {aspects, 0, VK_REMAINING_MIP_LEVELS, 0, VK_REMAINING_ARRAY_LAYERS},
	};
	VkCommandBuffer commands = begin(gpu);
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0,
		NULL, 0, NULL, 1, &barrier);
	submit(gpu, commands);
}

void gpu_acquire_image(struct gpu *gpu, VkImage image) {
	const VkImageMemoryBarrier barrier = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
		.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT,
		.oldLayout = VK_IMAGE_LAYOUT_GENERAL,
		.newLayout = VK_IMAGE_LAYOUT_GENERAL,
		.srcQueueFamilyIndex = VK_QUEUE_FAMILY_EXTERNAL,
		.dstQueueFamilyIndex = gpu->queue_family,
		.image = image,
		.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1},
	};
	VkCommandBuffer commands = begin(gpu);
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0,
		NULL, 0, NULL, 1, &barrier);
	submit(gpu, commands);
}

void gpu_read_image(struct gpu *gpu, VkImage image, uint32_t width, uint32_t height, void *texels, VkDeviceSize size) {
	struct staging staging;
	staging_init(gpu, &staging, size);
	VkCommandBuffer commands = begin(gpu);
	to_general(commands, image, VK_IMAGE_LAYOUT_GENERAL);
	const VkBufferImageCopy copy = whole(width, height);
	vkCmdCopyImageToBuffer(commands, image, VK_IMAGE_LAYOUT_GENERAL, staging.buffer, 1, &copy);
	submit(gpu, commands);
	memcpy(texels, staging.bytes, size);
	staging_finish(gpu, &staging);
}

void fill_noise(void *bytes, size_t size, uint32_t seed) {
	uint8_t *byte = bytes;
	uint32_t state = seed * 2654435761u + 1;
	for (size_t i = 0; i < size; i++) {
		state = state * 1664525u + 1013904223u;
		byte[i] = (uint8_t)(state >> 24);
	}
}
