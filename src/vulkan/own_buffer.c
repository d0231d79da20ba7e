/* SPDX-License-Identifier: MIT */
/* A buffer begins with its memory, because the bytes in it may have any offset. */
#include "vulkan/own_buffer.h"

#include "util/alloc.h"
#include "util/log.h"
#include "vulkan/own_memory.h"

static VkResult create_handle(
	struct tongs_own_buffer *buffer, const struct tongs_import_kind *kind, VkDeviceSize size) {
	const struct tongs_vk_device *vkd = &buffer->dev->vkd;
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = kind->handle_type,
	};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = &external,
		.size = size,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
		.sharingMode = VK_SHARING_MODE_EXCLUSIVE,
	};
	return vkd->CreateBuffer(vkd->device, &info, NULL, &buffer->handle);
}

/* Imports whole pages, and begins the buffer with them. */
static VkResult bind_import(
	struct tongs_own_buffer *buffer, const struct tongs_import *import, uint64_t offset, uint64_t size) {
	const struct tongs_own_device *dev = buffer->dev;
	const struct tongs_vk_device *vkd = &dev->vkd;
	const struct tongs_import_span span =
		tongs_import_get_span(import, offset, size, dev->physical.info.import_alignment);
	VkMemoryRequirements requirements;
	if (span.start > import->size || span.size > import->size - span.start)
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	VkResult result = create_handle(buffer, import->kind, span.offset + size);
	if (result != VK_SUCCESS)
		return result;
	buffer->offset = span.offset;
	vkd->GetBufferMemoryRequirements(vkd->device, buffer->handle, &requirements);
	if (requirements.size > span.size)
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	result = tongs_own_memory_import_span(
		dev, import, &span, requirements.memoryTypeBits, VK_NULL_HANDLE, &buffer->memory);
	if (result == VK_SUCCESS)
		result = vkd->BindBufferMemory(vkd->device, buffer->handle, buffer->memory, 0);
	return result;
}

static VkResult bind_existing(struct tongs_own_buffer *buffer, const struct tongs_import *import,
	VkDeviceMemory existing, uint64_t offset, uint64_t size) {
	const struct tongs_vk_device *vkd = &buffer->dev->vkd;
	VkResult result = create_handle(buffer, import->kind, offset + size);
	VkMemoryRequirements requirements;
	if (result != VK_SUCCESS)
		return result;
	buffer->offset = offset;
	vkd->GetBufferMemoryRequirements(vkd->device, buffer->handle, &requirements);
	return requirements.size > import->size ? VK_ERROR_INVALID_EXTERNAL_HANDLE
						: vkd->BindBufferMemory(vkd->device, buffer->handle, existing, 0);
}

struct tongs_own_buffer *tongs_own_buffer_create(struct tongs_own_device *dev, const struct tongs_import *import,
	VkDeviceMemory existing, uint64_t offset, uint64_t size) {
	VkResult result = VK_ERROR_OUT_OF_HOST_MEMORY;
	/* VUID-VkBufferCreateInfo-pNext-00920 */
	if (!tongs_import_find_used(&dev->physical.info.roles, import->kind->allocated_by_device)) {
		tongs_log_error("the bytes are %s, which %s does not import: use memory that the device makes",
			import->kind->name, dev->physical.info.properties.deviceName);
		return NULL;
	}
	if (!tongs_own_device_get_vk_device(dev))
		return NULL;
	struct tongs_own_buffer *buffer = tongs_malloc(1, sizeof(*buffer));
	if (buffer) {
		buffer->dev = dev;
		result = existing ? bind_existing(buffer, import, existing, offset, size)
				  : bind_import(buffer, import, offset, size);
	}
	if (result == VK_SUCCESS)
		return buffer;
	tongs_log_error("%s cannot import a buffer of %llu bytes: %s", dev->physical.info.properties.deviceName,
		(unsigned long long)size, tongs_vk_result_name(result));
	tongs_own_buffer_destroy(buffer);
	return NULL;
}

void tongs_own_buffer_destroy(struct tongs_own_buffer *buffer) {
	if (!buffer)
		return;
	const struct tongs_vk_device *vkd = &buffer->dev->vkd;
	vkd->DestroyBuffer(vkd->device, buffer->handle, NULL);
	vkd->FreeMemory(vkd->device, buffer->memory, NULL);
	tongs_free(NULL, buffer);
}
