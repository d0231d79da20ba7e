/* SPDX-License-Identifier: MIT */
/* Vulkan as the program uses it: commands loaded at run time, so that a machine without a loader gets a sentence
 * instead of a linker's error; the instance; and results as words. */
#ifndef TONGS_CLIENT_VULKAN_H
#define TONGS_CLIENT_VULKAN_H

#include <stdbool.h>

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan.h>
#include <tongs/vulkan_metal.h>

#define TONGS_VULKAN_COMMANDS(X) \
	X(AllocateCommandBuffers) \
	X(AllocateDescriptorSets) \
	X(AllocateMemory) \
	X(BeginCommandBuffer) \
	X(BindBufferMemory) \
	X(BindImageMemory) \
	X(CmdBeginRenderPass) \
	X(CmdBindDescriptorSets) \
	X(CmdBindIndexBuffer) \
	X(CmdBindPipeline) \
	X(CmdBindVertexBuffers) \
	X(CmdCopyBuffer) \
	X(CmdCopyBufferToImage) \
	X(CmdCopyImage) \
	X(CmdCopyImageToBuffer) \
	X(CmdDispatch) \
	X(CmdDrawIndexed) \
	X(CmdEndRenderPass) \
	X(CmdPipelineBarrier) \
	X(CmdPushConstants) \
	X(CreateBuffer) \
	X(CreateCommandPool) \
	X(CreateComputePipelines) \
	X(CreateDescriptorPool) \
	X(CreateDescriptorSetLayout) \
	X(CreateDevice) \
	X(CreateFramebuffer) \
	X(CreateGraphicsPipelines) \
	X(CreateImage) \
	X(CreateImageView) \
	X(CreateInstance) \
	X(CreatePipelineLayout) \
	X(CreateRenderPass) \
	X(CreateSampler) \
	X(CreateShaderModule) \
	X(DestroyBuffer) \
	X(DestroyCommandPool) \
	X(DestroyDescriptorPool) \
	X(DestroyDescriptorSetLayout) \
	X(DestroyDevice) \
	X(DestroyFramebuffer) \
	X(DestroyImage) \
	X(DestroyImageView) \
	X(DestroyInstance) \
	X(DestroyPipeline) \
	X(DestroyPipelineLayout) \
	X(DestroyRenderPass) \
	X(DestroySampler) \
	X(DestroyShaderModule) \
	X(EndCommandBuffer) \
	X(EnumerateDeviceExtensionProperties) \
	X(EnumerateInstanceVersion) \
	X(EnumeratePhysicalDevices) \
	X(FreeCommandBuffers) \
	X(FreeMemory) \
	X(GetBufferMemoryRequirements) \
	X(GetDeviceProcAddr) \
	X(GetDeviceQueue) \
	X(GetImageMemoryRequirements) \
	X(GetPhysicalDeviceExternalBufferProperties) \
	X(GetPhysicalDeviceImageFormatProperties2) \
	X(GetPhysicalDeviceMemoryProperties) \
	X(GetPhysicalDeviceProperties) \
	X(GetPhysicalDeviceProperties2) \
	X(GetPhysicalDeviceQueueFamilyProperties) \
	X(MapMemory) \
	X(QueueSubmit) \
	X(QueueWaitIdle) \
	X(UpdateDescriptorSets)

#define TONGS_VULKAN_DECLARE(name) extern PFN_vk##name vk##name;
TONGS_VULKAN_COMMANDS(TONGS_VULKAN_DECLARE)
#undef TONGS_VULKAN_DECLARE

/* Everything that an instance gives: zeroed by init when it fails, and finish takes that. */
struct tongs_vulkan {
	VkInstance instance;
	VkPhysicalDevice *devices; /* in the order of vkEnumeratePhysicalDevices */
	uint32_t device_count;     /* at least 1 */
};

/* Loads the loader, makes an API 1.1 instance and lists the devices. On false the user has been told what to install.
 */
bool tongs_vulkan_init(struct tongs_vulkan *vulkan);
void tongs_vulkan_finish(struct tongs_vulkan *vulkan);

/* VK_SUCCESS is true; anything else is told to the user as the failure of `what`. */
bool tongs_vulkan_ok(VkResult result, const char *what);

/* "VK_ERROR_…"; "an unknown result" for what this program has no name for. */
const char *tongs_vulkan_result_name(VkResult result);

/* Whether the device lists the extension `name`. */
bool tongs_vulkan_has_extension(VkPhysicalDevice device, const char *name);

#endif
