/* SPDX-License-Identifier: MIT */
/* What the driver needs for a buffer in host pages, learned from one that never gets memory. */
#include "util/log.h"
#include "vulkan/import.h"
#include "vulkan/own_device_private.h"

static VkResult measure(
	const struct tongs_vk_device *vkd, const VkBufferCreateInfo *info, VkMemoryRequirements *requirements) {
	VkBuffer buffer;
	VkResult result = vkd->CreateBuffer(vkd->device, info, NULL, &buffer);
	if (result != VK_SUCCESS)
		return result;
	vkd->GetBufferMemoryRequirements(vkd->device, buffer, requirements);
	vkd->DestroyBuffer(vkd->device, buffer, NULL);
	return VK_SUCCESS;
}

bool tongs_own_device_query_buffer_requirements(
	struct tongs_own_device *gpu, VkDeviceSize size, VkMemoryRequirements *requirements) {
	const struct tongs_vk_device *vkd = tongs_own_device_get_vk_device(gpu);
	if (!vkd)
		return false;

	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
	};
	VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = &external,
		.size = size,
		.sharingMode = VK_SHARING_MODE_EXCLUSIVE,
	};
	VkResult result = VK_ERROR_FEATURE_NOT_PRESENT;
	VkMemoryRequirements measured = {0};
	/* No larger buffer can ever have memory; it also keeps below VkPhysicalDeviceMaintenance4Properties. */
	if (size > gpu->info.max_allocation_size)
		result = VK_ERROR_OUT_OF_DEVICE_MEMORY;
	else if ((info.usage = tongs_buffer_rule_usage(
			  gpu->vk->GetPhysicalDeviceExternalBufferProperties, gpu->physical)))
		result = measure(vkd, &info, &measured);

	if (result != VK_SUCCESS) {
		tongs_log_error("%s cannot share a buffer of %llu bytes in host pages: %s",
			gpu->info.properties.deviceName, (unsigned long long)size, tongs_vk_result_name(result));
		return false;
	}
	tongs_buffer_rule_apply(
		tongs_buffer_rule_alignment(measured.alignment, &gpu->info.properties.limits), &measured);
	*requirements = measured;
	return true;
}
