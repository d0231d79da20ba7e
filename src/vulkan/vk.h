/* SPDX-License-Identifier: MIT */
/* libtongs' own instances, one for each driver, and their dispatch tables. Private to src/vulkan. */
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
	X(ResetCommandPool) \
	X(CmdPipelineBarrier) \
	X(CmdCopyBuffer) \
	X(CmdFillBuffer) \
	X(CmdUpdateBuffer) \
	X(CmdCopyImage) \
	X(CmdBlitImage) \
	X(CmdClearColorImage) \
	X(CmdClearDepthStencilImage) \
	X(CmdResolveImage) \
	X(CmdCopyBufferToImage) \
	X(CmdCopyImageToBuffer) \
	X(CreateFence) \
	X(DestroyFence) \
	X(ResetFences) \
	X(WaitForFences) \
	X(QueueSubmit)

/* Of devices that share timeline semaphores. */
#define TONGS_VK_SEMAPHORE_FUNCTIONS(X) \
	X(CreateSemaphore) \
	X(DestroySemaphore) \
	X(GetSemaphoreCounterValue) \
	X(SignalSemaphore) \
	X(ImportSemaphoreFdKHR)

/* Of devices with dynamic rendering. */
#define TONGS_VK_RENDERING_FUNCTIONS(X) \
	X(CreateImageView) \
	X(DestroyImageView) \
	X(CmdBeginRendering) \
	X(CmdEndRendering)

#define TONGS_VK_MEMBER(name) PFN_vk##name name;

struct tongs_vk {
	VkInstance instance;
	TONGS_VK_INSTANCE_FUNCTIONS(TONGS_VK_MEMBER)
	/* NULL: the driver has none. */
	PFN_vkGetPhysicalDeviceExternalSemaphoreProperties GetPhysicalDeviceExternalSemaphoreProperties;
};

struct tongs_vk_device {
	VkDevice device;
	PFN_vkGetMemoryFdKHR GetMemoryFdKHR; /* NULL: its extension is not enabled */
	TONGS_VK_DEVICE_FUNCTIONS(TONGS_VK_MEMBER)
	TONGS_VK_SEMAPHORE_FUNCTIONS(TONGS_VK_MEMBER) /* NULL: timeline semaphores are not shared */
	TONGS_VK_RENDERING_FUNCTIONS(TONGS_VK_MEMBER) /* NULL: there is no dynamic rendering */
};

/* Instances are created on demand by tongs_vk_visit and live while at least one reference exists. The last unref
 * destroys them and closes the drivers' libraries. */
void tongs_vk_ref(void);
void tongs_vk_unref(void);

enum tongs_vk_scope {
	TONGS_VK_INSTALLED, /* drivers with a manifest */
	TONGS_VK_ALL,       /* also others that the process has loaded; drivers that are both come first */
};

/* The last failure of a visit. */
struct tongs_vk_failure {
	/* VK_SUCCESS: no failure. VK_ERROR_INCOMPATIBLE_DRIVER: only from drivers without hardware here. */
	VkResult result;
	char what[256]; /* the driver's library, or what else failed */
};

/* Calls `visit` with the instance of each driver until it returns false. The caller holds a reference, which keeps the
 * instances valid. Drivers that fail are skipped and recorded in `failure`; out of memory ends the visit. No lock is
 * held while `visit` or a driver runs. */
void tongs_vk_visit(enum tongs_vk_scope scope, bool (*visit)(const struct tongs_vk *vk, void *user), void *user,
	struct tongs_vk_failure *failure);

#ifdef TONGS_TEST_HOOKS
/* Replaces all drivers by this entry point (the Vulkan loader's, with the test's layers). NULL restores the drivers.
 * Existing instances stay until the last reference is released. */
TONGS_TEST_INTEROP void tongs_vk_set_loader(PFN_vkGetInstanceProcAddr get_instance_proc_addr);
#endif

/* Loads the functions. Returns false if the driver lacks one; those that it has are loaded nevertheless. */
bool tongs_vk_device_init(struct tongs_vk_device *vkd, const struct tongs_vk *vk, VkDevice device);
/* And those for semaphores; false, with none loaded, if the driver lacks one. */
bool tongs_vk_device_init_semaphores(struct tongs_vk_device *vkd, const struct tongs_vk *vk);
/* The same for those of rendering, by their names in Vulkan 1.3 or the extension's. */
bool tongs_vk_device_init_rendering(struct tongs_vk_device *vkd, const struct tongs_vk *vk);

/* The name of a VkResult, for messages; never NULL. */
const char *tongs_vk_result_name(VkResult result);

/* Changes whenever a VkInstance or VkDevice is created, and so whenever a driver may have registered static
 * destructors. */
unsigned tongs_vk_get_generation(void);

#endif
