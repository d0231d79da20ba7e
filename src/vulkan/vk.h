/* SPDX-License-Identifier: MIT */
/* The instances of libtongs' own, one of each driver, and their functions. Private to src/gpu. */
#ifndef TONGS_VULKAN_VK_H
#define TONGS_VULKAN_VK_H

#include <stdbool.h>

#include <vulkan/vulkan_core.h>

#include "util/export.h"

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
	X(GetImageMemoryRequirements2) \
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

/* Counted: while anybody uses Vulkan, the instances that were made stay. The last one to leave destroys them and closes
 * their libraries. */
void tongs_vk_ref(void);
void tongs_vk_unref(void);

enum tongs_vk_scope {
	TONGS_VK_INSTALLED, /* the drivers that have manifests */
	TONGS_VK_ALL,       /* those and what else the process has loaded; first of all what both are */
};

/* The last thing that could not be looked at. */
struct tongs_vk_failure {
	/* VK_SUCCESS: there was none; VK_ERROR_INCOMPATIBLE_DRIVER: none but of drivers for what is not here. */
	VkResult result;
	char what[256]; /* a driver's library */
};

/* For a user: calls `visit` with the instance of each driver, made when it is missing, until it returns false; the
 * instance is valid as long as there is a user. A driver that fails is passed over, but for want of memory, which ends
 * the walk. No lock is held in `visit`, nor in a driver. */
void tongs_vk_visit(enum tongs_vk_scope scope, bool (*visit)(const struct tongs_vk *vk, void *user), void *user,
	struct tongs_vk_failure *failure);

#ifdef TONGS_TEST_HOOKS
/* Instead of all drivers, what answers here (the Vulkan loader, with the layers that a test has put into
 * it). NULL: the drivers again. Made instances stay as long as they have a user. */
TONGS_TEST_INTEROP void tongs_vk_set_loader(PFN_vkGetInstanceProcAddr get_instance_proc_addr);
#endif

/* False when the driver lacks a function. */
bool tongs_vk_device_init(struct tongs_vk_device *vkd, const struct tongs_vk *vk, VkDevice device);

/* "VK_ERROR_…" for what this module's calls return; never NULL. */
const char *tongs_vk_result_name(VkResult result);

#endif
