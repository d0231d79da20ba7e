/* SPDX-License-Identifier: MIT */
/* The Vulkan library, the module's one instance, and the functions of both. Private to src/gpu. */
#ifndef TONGS_GPU_VK_H
#define TONGS_GPU_VK_H

#include <stdbool.h>

#include <vulkan/vulkan_core.h>

#define TONGS_VK_INSTANCE_FUNCTIONS(X) \
	X(DestroyInstance) \
	X(EnumeratePhysicalDevices) \
	X(EnumerateDeviceExtensionProperties) \
	X(GetPhysicalDeviceFeatures) \
	X(GetPhysicalDeviceFeatures2) \
	X(GetPhysicalDeviceFormatProperties2) \
	X(GetPhysicalDeviceMemoryProperties) \
	X(GetPhysicalDeviceProperties) \
	X(GetPhysicalDeviceProperties2) \
	X(GetPhysicalDeviceQueueFamilyProperties) \
	X(GetPhysicalDeviceImageFormatProperties2) \
	X(GetPhysicalDeviceExternalBufferProperties) \
	X(CreateDevice) \
	X(GetDeviceProcAddr)

#define TONGS_VK_DEVICE_FUNCTIONS(X) \
	X(DestroyDevice) \
	X(GetDeviceQueue) \
	X(GetMemoryHostPointerPropertiesEXT) \
	X(AllocateMemory) \
	X(FreeMemory) \
	X(MapMemory) \
	X(CreateBuffer) \
	X(DestroyBuffer) \
	X(GetBufferMemoryRequirements) \
	X(BindBufferMemory) \
	X(CreateImage) \
	X(DestroyImage) \
	X(GetImageMemoryRequirements) \
	X(GetImageSubresourceLayout) \
	X(BindImageMemory) \
	X(CreateCommandPool) \
	X(DestroyCommandPool) \
	X(AllocateCommandBuffers) \
	X(BeginCommandBuffer) \
	X(EndCommandBuffer) \
	X(CmdPipelineBarrier) \
	X(CmdCopyBufferToImage) \
	X(CmdCopyImageToBuffer) \
	X(CreateFence) \
	X(DestroyFence) \
	X(ResetFences) \
	X(WaitForFences) \
	X(QueueSubmit)

#define TONGS_VK_MEMBER(name) PFN_vk##name name;

struct tongs_vk {
	VkInstance instance;
	TONGS_VK_INSTANCE_FUNCTIONS(TONGS_VK_MEMBER)
};

struct tongs_vk_device {
	VkDevice device;
	TONGS_VK_DEVICE_FUNCTIONS(TONGS_VK_MEMBER)
};

/* Counted: the first reference makes the instance, the last one destroys it. Neither is for use inside the commands for
 * which the loader holds its lock. NULL, and a message, without Vulkan 1.1. */
const struct tongs_vk *tongs_vk_ref(void);
/* The same, and why it is NULL: VK_ERROR_INCOMPATIBLE_DRIVER without Vulkan 1.1, or what vkCreateInstance said. */
VkResult tongs_vk_try_ref(const struct tongs_vk **reference);
void tongs_vk_unref(void);

/* Around every call into Vulkan. They nest. */
void tongs_vk_enter(void);
void tongs_vk_leave(void);

/* False when the driver lacks a function. */
bool tongs_vk_device_init(struct tongs_vk_device *vkd, const struct tongs_vk *vk, VkDevice device);

/* "VK_ERROR_…" for what this module's calls return; never NULL. */
const char *tongs_vk_result_name(VkResult result);

#endif
