/* SPDX-License-Identifier: MIT */
/* The Vulkan commands that the layer calls below itself, and those that it hooks: one row each. */
#ifndef TONGS_LAYER_COMMANDS_H
#define TONGS_LAYER_COMMANDS_H

#include <tongs/vulkan_metal.h>
#include <vulkan/vulkan_core.h>

/* VK_KHR_map_memory2, which the oldest supported headers lack. */
#ifndef VK_KHR_map_memory2
#define VK_STRUCTURE_TYPE_MEMORY_MAP_INFO_KHR ((VkStructureType)1000271000)

typedef VkFlags VkMemoryMapFlagsForMap2;

typedef struct VkMemoryMapInfoKHR {
	VkStructureType sType;
	const void *pNext;
	VkMemoryMapFlagsForMap2 flags;
	VkDeviceMemory memory;
	VkDeviceSize offset;
	VkDeviceSize size;
} VkMemoryMapInfoKHR;

typedef VkResult(VKAPI_PTR *PFN_vkMapMemory2KHR)(
	VkDevice device, const VkMemoryMapInfoKHR *pMemoryMapInfo, void **ppData);
#endif

/* X(name, the extension's name for it or the same again) */
#define TONGS_NEXT_INSTANCE_COMMANDS(X) \
	X(DestroyInstance, DestroyInstance) \
	X(CreateDevice, CreateDevice) \
	X(EnumerateDeviceExtensionProperties, EnumerateDeviceExtensionProperties) \
	X(GetPhysicalDeviceProperties, GetPhysicalDeviceProperties) \
	X(GetPhysicalDeviceMemoryProperties, GetPhysicalDeviceMemoryProperties) \
	X(GetPhysicalDeviceFormatProperties2, GetPhysicalDeviceFormatProperties2KHR) \
	X(GetPhysicalDeviceProperties2, GetPhysicalDeviceProperties2KHR) \
	X(GetPhysicalDeviceImageFormatProperties2, GetPhysicalDeviceImageFormatProperties2KHR) \
	X(GetPhysicalDeviceExternalBufferProperties, GetPhysicalDeviceExternalBufferPropertiesKHR) \
	X(CreateDebugUtilsMessengerEXT, CreateDebugUtilsMessengerEXT) \
	X(DestroyDebugUtilsMessengerEXT, DestroyDebugUtilsMessengerEXT)

#define TONGS_NEXT_DEVICE_COMMANDS(X) \
	X(DestroyDevice, DestroyDevice) \
	X(AllocateMemory, AllocateMemory) \
	X(FreeMemory, FreeMemory) \
	X(MapMemory, MapMemory) \
	X(MapMemory2KHR, MapMemory2KHR) \
	X(FlushMappedMemoryRanges, FlushMappedMemoryRanges) \
	X(InvalidateMappedMemoryRanges, InvalidateMappedMemoryRanges) \
	X(CreateBuffer, CreateBuffer) \
	X(DestroyBuffer, DestroyBuffer) \
	X(CreateImage, CreateImage) \
	X(DestroyImage, DestroyImage) \
	X(CreateImageView, CreateImageView) \
	X(GetImageSubresourceLayout, GetImageSubresourceLayout) \
	X(GetBufferMemoryRequirements, GetBufferMemoryRequirements) \
	X(GetImageMemoryRequirements, GetImageMemoryRequirements) \
	X(GetBufferMemoryRequirements2, GetBufferMemoryRequirements2KHR) \
	X(GetImageMemoryRequirements2, GetImageMemoryRequirements2KHR) \
	X(GetDeviceBufferMemoryRequirements, GetDeviceBufferMemoryRequirementsKHR) \
	X(GetDeviceImageMemoryRequirements, GetDeviceImageMemoryRequirementsKHR) \
	X(BindBufferMemory, BindBufferMemory) \
	X(BindImageMemory, BindImageMemory) \
	X(BindBufferMemory2, BindBufferMemory2KHR) \
	X(BindImageMemory2, BindImageMemory2KHR) \
	X(GetMemoryHostPointerPropertiesEXT, GetMemoryHostPointerPropertiesEXT) \
	X(SetDebugUtilsObjectNameEXT, SetDebugUtilsObjectNameEXT)

/* X(level, name, the function): GLOBAL without an instance; INSTANCE on every instance; DEVICE on every device;
 * SHARING on devices that enabled the extension; OURS like SHARING, and the driver has no such command. */
#define TONGS_HOOKED_COMMANDS(X) \
	X(GLOBAL, GetInstanceProcAddr, GetInstanceProcAddr) \
	X(GLOBAL, CreateInstance, CreateInstance) \
	X(GLOBAL, EnumerateInstanceLayerProperties, EnumerateInstanceLayerProperties) \
	X(GLOBAL, EnumerateInstanceExtensionProperties, EnumerateInstanceExtensionProperties) \
	X(INSTANCE, DestroyInstance, DestroyInstance) \
	X(INSTANCE, EnumerateDeviceLayerProperties, EnumerateDeviceLayerProperties) \
	X(INSTANCE, EnumerateDeviceExtensionProperties, EnumerateDeviceExtensionProperties) \
	X(INSTANCE, GetPhysicalDeviceImageFormatProperties2, GetPhysicalDeviceImageFormatProperties2) \
	X(INSTANCE, GetPhysicalDeviceImageFormatProperties2KHR, GetPhysicalDeviceImageFormatProperties2) \
	X(INSTANCE, GetPhysicalDeviceExternalBufferProperties, GetPhysicalDeviceExternalBufferProperties) \
	X(INSTANCE, GetPhysicalDeviceExternalBufferPropertiesKHR, GetPhysicalDeviceExternalBufferProperties) \
	X(INSTANCE, CreateDevice, CreateDevice) \
	X(INSTANCE, CreateDebugUtilsMessengerEXT, CreateDebugUtilsMessengerEXT) \
	X(INSTANCE, DestroyDebugUtilsMessengerEXT, DestroyDebugUtilsMessengerEXT) \
	X(DEVICE, GetDeviceProcAddr, GetDeviceProcAddr) \
	X(DEVICE, DestroyDevice, DestroyDevice) \
	X(SHARING, AllocateMemory, AllocateMemory) \
	X(SHARING, FreeMemory, FreeMemory) \
	X(SHARING, MapMemory, MapMemory) \
	X(SHARING, MapMemory2, MapMemory2KHR) \
	X(SHARING, MapMemory2KHR, MapMemory2KHR) \
	X(SHARING, FlushMappedMemoryRanges, FlushMappedMemoryRanges) \
	X(SHARING, InvalidateMappedMemoryRanges, InvalidateMappedMemoryRanges) \
	X(SHARING, CreateBuffer, CreateBuffer) \
	X(SHARING, DestroyBuffer, DestroyBuffer) \
	X(SHARING, CreateImage, CreateImage) \
	X(SHARING, DestroyImage, DestroyImage) \
	X(SHARING, CreateImageView, CreateImageView) \
	X(SHARING, GetBufferMemoryRequirements, GetBufferMemoryRequirements) \
	X(SHARING, GetImageMemoryRequirements, GetImageMemoryRequirements) \
	X(SHARING, GetBufferMemoryRequirements2, GetBufferMemoryRequirements2) \
	X(SHARING, GetBufferMemoryRequirements2KHR, GetBufferMemoryRequirements2) \
	X(SHARING, GetImageMemoryRequirements2, GetImageMemoryRequirements2) \
	X(SHARING, GetImageMemoryRequirements2KHR, GetImageMemoryRequirements2) \
	X(SHARING, GetDeviceBufferMemoryRequirements, GetDeviceBufferMemoryRequirements) \
	X(SHARING, GetDeviceBufferMemoryRequirementsKHR, GetDeviceBufferMemoryRequirements) \
	X(SHARING, GetDeviceImageMemoryRequirements, GetDeviceImageMemoryRequirements) \
	X(SHARING, GetDeviceImageMemoryRequirementsKHR, GetDeviceImageMemoryRequirements) \
	X(SHARING, BindBufferMemory, BindBufferMemory) \
	X(SHARING, BindImageMemory, BindImageMemory) \
	X(SHARING, BindBufferMemory2, BindBufferMemory2) \
	X(SHARING, BindBufferMemory2KHR, BindBufferMemory2) \
	X(SHARING, BindImageMemory2, BindImageMemory2) \
	X(SHARING, BindImageMemory2KHR, BindImageMemory2) \
	X(SHARING, SetDebugUtilsObjectNameEXT, SetDebugUtilsObjectNameEXT) \
	X(OURS, GetMemoryMetalHandleEXT, GetMemoryMetalHandleEXT) \
	X(OURS, GetMemoryMetalHandlePropertiesEXT, GetMemoryMetalHandlePropertiesEXT)

/* tongs_AllocateMemory and so on: a hook for each function of the table. A command and its alias share one. */
#define TONGS_DECLARE_HOOK(name) extern __typeof__(*(PFN_vk##name)NULL) tongs_##name
#define TONGS_DECLARE_ROW(level, name, function) TONGS_DECLARE_HOOK(function);
TONGS_HOOKED_COMMANDS(TONGS_DECLARE_ROW)
#undef TONGS_DECLARE_ROW

#endif
