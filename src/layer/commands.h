/* SPDX-License-Identifier: MIT */
/* The Vulkan commands that the layer calls in the next layer, and those that it hooks: one row each. */
#ifndef TONGS_LAYER_COMMANDS_H
#define TONGS_LAYER_COMMANDS_H

#include <stdint.h>

#include <tongs/vulkan_metal.h>
#include <vulkan/vulkan_core.h>

/* What the oldest supported headers lack. */
#ifndef VK_API_VERSION_1_4
#define VK_API_VERSION_1_4 VK_MAKE_API_VERSION(0, 1, 4, 0)
#endif

#ifndef VK_KHR_map_memory2
#define VK_KHR_MAP_MEMORY_2_EXTENSION_NAME "VK_KHR_map_memory2"
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

typedef VkFlags VkMemoryUnmapFlagsForUnmap2;

typedef struct VkMemoryUnmapInfoKHR {
	VkStructureType sType;
	const void *pNext;
	VkMemoryUnmapFlagsForUnmap2 flags;
	VkDeviceMemory memory;
} VkMemoryUnmapInfoKHR;

typedef VkResult(VKAPI_PTR *PFN_vkUnmapMemory2KHR)(VkDevice device, const VkMemoryUnmapInfoKHR *pMemoryUnmapInfo);
#endif

#ifndef VK_KHR_maintenance5
#define VK_KHR_MAINTENANCE_5_EXTENSION_NAME "VK_KHR_maintenance5"
#define VK_STRUCTURE_TYPE_DEVICE_IMAGE_SUBRESOURCE_INFO_KHR ((VkStructureType)1000470004)

typedef VkImageSubresource2EXT VkImageSubresource2KHR;
typedef VkSubresourceLayout2EXT VkSubresourceLayout2KHR;

typedef struct VkDeviceImageSubresourceInfoKHR {
	VkStructureType sType;
	const void *pNext;
	const VkImageCreateInfo *pCreateInfo;
	const VkImageSubresource2KHR *pSubresource;
} VkDeviceImageSubresourceInfoKHR;

typedef void(VKAPI_PTR *PFN_vkGetDeviceImageSubresourceLayoutKHR)(
	VkDevice device, const VkDeviceImageSubresourceInfoKHR *pInfo, VkSubresourceLayout2KHR *pLayout);
#endif

#ifndef VK_VERSION_1_4
typedef PFN_vkMapMemory2KHR PFN_vkMapMemory2;
typedef PFN_vkUnmapMemory2KHR PFN_vkUnmapMemory2;
typedef PFN_vkGetDeviceImageSubresourceLayoutKHR PFN_vkGetDeviceImageSubresourceLayout;
#endif

/* The next layer's commands: X(name, since, alias, extension). since: the core version that has `name`, or
 * TONGS_API_VERSION_NEVER. alias: the name in `extension`, which may be the same; `extension` may be NULL. The first is
 * used on an instance or device that has both. */
#define TONGS_API_VERSION_NEVER UINT32_MAX
#define TONGS_NEXT_CORE(X, name) X(name, VK_API_VERSION_1_0, name, NULL)
#define TONGS_NEXT_KHR(X, name, since, EXTENSION) X(name, since, name##KHR, VK_KHR_##EXTENSION##_EXTENSION_NAME)
#define TONGS_NEXT_EXT(X, name, EXTENSION) X(name, TONGS_API_VERSION_NEVER, name, VK_EXT_##EXTENSION##_EXTENSION_NAME)

#define TONGS_NEXT_INSTANCE_COMMANDS(X) \
	TONGS_NEXT_CORE(X, DestroyInstance) \
	TONGS_NEXT_CORE(X, CreateDevice) \
	TONGS_NEXT_CORE(X, EnumeratePhysicalDevices) \
	TONGS_NEXT_CORE(X, EnumerateDeviceExtensionProperties) \
	TONGS_NEXT_CORE(X, GetPhysicalDeviceProperties) \
	TONGS_NEXT_CORE(X, GetPhysicalDeviceMemoryProperties) \
	TONGS_NEXT_CORE(X, GetPhysicalDeviceQueueFamilyProperties) \
	TONGS_NEXT_KHR(X, GetPhysicalDeviceFormatProperties2, VK_API_VERSION_1_1, GET_PHYSICAL_DEVICE_PROPERTIES_2) \
	TONGS_NEXT_KHR(X, GetPhysicalDeviceProperties2, VK_API_VERSION_1_1, GET_PHYSICAL_DEVICE_PROPERTIES_2) \
	TONGS_NEXT_KHR( \
		X, GetPhysicalDeviceImageFormatProperties2, VK_API_VERSION_1_1, GET_PHYSICAL_DEVICE_PROPERTIES_2) \
	TONGS_NEXT_KHR(X, GetPhysicalDeviceExternalBufferProperties, VK_API_VERSION_1_1, EXTERNAL_MEMORY_CAPABILITIES) \
	TONGS_NEXT_KHR( \
		X, GetPhysicalDeviceExternalSemaphoreProperties, VK_API_VERSION_1_1, EXTERNAL_SEMAPHORE_CAPABILITIES) \
	TONGS_NEXT_EXT(X, CreateDebugUtilsMessengerEXT, DEBUG_UTILS) \
	TONGS_NEXT_EXT(X, DestroyDebugUtilsMessengerEXT, DEBUG_UTILS)

#define TONGS_NEXT_DEVICE_COMMANDS(X) \
	TONGS_NEXT_CORE(X, DestroyDevice) \
	TONGS_NEXT_CORE(X, AllocateMemory) \
	TONGS_NEXT_CORE(X, FreeMemory) \
	TONGS_NEXT_CORE(X, MapMemory) \
	TONGS_NEXT_KHR(X, MapMemory2, VK_API_VERSION_1_4, MAP_MEMORY_2) \
	TONGS_NEXT_KHR(X, UnmapMemory2, VK_API_VERSION_1_4, MAP_MEMORY_2) \
	TONGS_NEXT_CORE(X, FlushMappedMemoryRanges) \
	TONGS_NEXT_CORE(X, InvalidateMappedMemoryRanges) \
	TONGS_NEXT_CORE(X, CreateBuffer) \
	TONGS_NEXT_CORE(X, DestroyBuffer) \
	TONGS_NEXT_CORE(X, CreateImage) \
	TONGS_NEXT_CORE(X, DestroyImage) \
	TONGS_NEXT_CORE(X, CreateImageView) \
	TONGS_NEXT_CORE(X, DestroyImageView) \
	TONGS_NEXT_CORE(X, CreateBufferView) \
	TONGS_NEXT_CORE(X, DestroyBufferView) \
	TONGS_NEXT_CORE(X, CreateSemaphore) \
	TONGS_NEXT_CORE(X, DestroySemaphore) \
	TONGS_NEXT_KHR(X, GetSemaphoreCounterValue, VK_API_VERSION_1_2, TIMELINE_SEMAPHORE) \
	TONGS_NEXT_KHR(X, SignalSemaphore, VK_API_VERSION_1_2, TIMELINE_SEMAPHORE) \
	TONGS_NEXT_KHR(X, WaitSemaphores, VK_API_VERSION_1_2, TIMELINE_SEMAPHORE) \
	X(GetSemaphoreFdKHR, TONGS_API_VERSION_NEVER, GetSemaphoreFdKHR, VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME) \
	X(ImportSemaphoreFdKHR, TONGS_API_VERSION_NEVER, ImportSemaphoreFdKHR, \
		VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME) \
	TONGS_NEXT_CORE(X, CreateEvent) \
	TONGS_NEXT_CORE(X, DestroyEvent) \
	TONGS_NEXT_CORE(X, GetEventStatus) \
	TONGS_NEXT_CORE(X, SetEvent) \
	TONGS_NEXT_CORE(X, GetImageSubresourceLayout) \
	TONGS_NEXT_KHR(X, GetDeviceImageSubresourceLayout, VK_API_VERSION_1_4, MAINTENANCE_5) \
	TONGS_NEXT_CORE(X, GetBufferMemoryRequirements) \
	TONGS_NEXT_CORE(X, GetImageMemoryRequirements) \
	TONGS_NEXT_KHR(X, GetBufferMemoryRequirements2, VK_API_VERSION_1_1, GET_MEMORY_REQUIREMENTS_2) \
	TONGS_NEXT_KHR(X, GetImageMemoryRequirements2, VK_API_VERSION_1_1, GET_MEMORY_REQUIREMENTS_2) \
	TONGS_NEXT_KHR(X, GetDeviceBufferMemoryRequirements, VK_API_VERSION_1_3, MAINTENANCE_4) \
	TONGS_NEXT_KHR(X, GetDeviceImageMemoryRequirements, VK_API_VERSION_1_3, MAINTENANCE_4) \
	TONGS_NEXT_KHR(X, GetDeviceImageSparseMemoryRequirements, VK_API_VERSION_1_3, MAINTENANCE_4) \
	TONGS_NEXT_CORE(X, BindBufferMemory) \
	TONGS_NEXT_CORE(X, BindImageMemory) \
	TONGS_NEXT_KHR(X, BindBufferMemory2, VK_API_VERSION_1_1, BIND_MEMORY_2) \
	TONGS_NEXT_KHR(X, BindImageMemory2, VK_API_VERSION_1_1, BIND_MEMORY_2) \
	TONGS_NEXT_EXT(X, GetMemoryMetalHandleEXT, EXTERNAL_MEMORY_METAL) \
	TONGS_NEXT_EXT(X, GetMemoryMetalHandlePropertiesEXT, EXTERNAL_MEMORY_METAL) \
	TONGS_NEXT_EXT(X, ExportMetalObjectsEXT, METAL_OBJECTS) \
	TONGS_NEXT_EXT(X, SetDebugUtilsObjectNameEXT, DEBUG_UTILS)

/* The hooks: X(level, origin, name, function).
 * level: GLOBAL needs no instance; INSTANCE is for every instance; DEVICE for every device; METAL for devices with
 * metal_enabled, OBJECTS for those of them that enable VK_EXT_metal_objects. MEMORY_PROVIDED and OBJECTS_PROVIDED are
 * the commands of the one extension and the other, which the next layer lacks. origin: CORE is Vulkan 1.0, which every
 * instance and device has; ADDED came later, and is hooked if the next layer has it; DEBUG_UTILS, if the application
 * enabled VK_EXT_debug_utils on the instance. */
#define TONGS_HOOKED_COMMANDS(X) \
	X(GLOBAL, CORE, GetInstanceProcAddr, GetInstanceProcAddr) \
	X(GLOBAL, CORE, CreateInstance, CreateInstance) \
	X(GLOBAL, CORE, EnumerateInstanceLayerProperties, EnumerateInstanceLayerProperties) \
	X(GLOBAL, CORE, EnumerateInstanceExtensionProperties, EnumerateInstanceExtensionProperties) \
	X(INSTANCE, CORE, DestroyInstance, DestroyInstance) \
	X(INSTANCE, CORE, EnumerateDeviceLayerProperties, EnumerateDeviceLayerProperties) \
	X(INSTANCE, CORE, EnumerateDeviceExtensionProperties, EnumerateDeviceExtensionProperties) \
	X(INSTANCE, ADDED, GetPhysicalDeviceImageFormatProperties2, GetPhysicalDeviceImageFormatProperties2) \
	X(INSTANCE, ADDED, GetPhysicalDeviceImageFormatProperties2KHR, GetPhysicalDeviceImageFormatProperties2) \
	X(INSTANCE, ADDED, GetPhysicalDeviceExternalBufferProperties, GetPhysicalDeviceExternalBufferProperties) \
	X(INSTANCE, ADDED, GetPhysicalDeviceExternalBufferPropertiesKHR, GetPhysicalDeviceExternalBufferProperties) \
	X(INSTANCE, CORE, CreateDevice, CreateDevice) \
	X(INSTANCE, DEBUG_UTILS, CreateDebugUtilsMessengerEXT, CreateDebugUtilsMessengerEXT) \
	X(INSTANCE, DEBUG_UTILS, DestroyDebugUtilsMessengerEXT, DestroyDebugUtilsMessengerEXT) \
	X(DEVICE, CORE, GetDeviceProcAddr, GetDeviceProcAddr) \
	X(DEVICE, CORE, DestroyDevice, DestroyDevice) \
	X(METAL, CORE, AllocateMemory, AllocateMemory) \
	X(METAL, CORE, FreeMemory, FreeMemory) \
	X(METAL, CORE, MapMemory, MapMemory) \
	X(METAL, ADDED, MapMemory2, MapMemory2) \
	X(METAL, ADDED, MapMemory2KHR, MapMemory2) \
	X(METAL, ADDED, UnmapMemory2, UnmapMemory2) \
	X(METAL, ADDED, UnmapMemory2KHR, UnmapMemory2) \
	X(METAL, CORE, FlushMappedMemoryRanges, FlushMappedMemoryRanges) \
	X(METAL, CORE, InvalidateMappedMemoryRanges, InvalidateMappedMemoryRanges) \
	X(METAL, CORE, CreateBuffer, CreateBuffer) \
	X(METAL, CORE, DestroyBuffer, DestroyBuffer) \
	X(METAL, CORE, CreateImage, CreateImage) \
	X(METAL, CORE, DestroyImage, DestroyImage) \
	X(METAL, CORE, CreateImageView, CreateImageView) \
	X(OBJECTS, CORE, DestroyImageView, DestroyImageView) \
	X(OBJECTS, CORE, CreateBufferView, CreateBufferView) \
	X(OBJECTS, CORE, DestroyBufferView, DestroyBufferView) \
	X(OBJECTS, CORE, CreateSemaphore, CreateSemaphore) \
	X(OBJECTS, CORE, DestroySemaphore, DestroySemaphore) \
	X(OBJECTS, ADDED, SignalSemaphore, SignalSemaphore) \
	X(OBJECTS, ADDED, SignalSemaphoreKHR, SignalSemaphore) \
	X(OBJECTS, ADDED, WaitSemaphores, WaitSemaphores) \
	X(OBJECTS, ADDED, WaitSemaphoresKHR, WaitSemaphores) \
	X(OBJECTS, CORE, CreateEvent, CreateEvent) \
	X(OBJECTS, CORE, DestroyEvent, DestroyEvent) \
	X(OBJECTS, CORE, SetEvent, SetEvent) \
	X(METAL, CORE, GetBufferMemoryRequirements, GetBufferMemoryRequirements) \
	X(METAL, CORE, GetImageMemoryRequirements, GetImageMemoryRequirements) \
	X(METAL, ADDED, GetBufferMemoryRequirements2, GetBufferMemoryRequirements2) \
	X(METAL, ADDED, GetBufferMemoryRequirements2KHR, GetBufferMemoryRequirements2) \
	X(METAL, ADDED, GetImageMemoryRequirements2, GetImageMemoryRequirements2) \
	X(METAL, ADDED, GetImageMemoryRequirements2KHR, GetImageMemoryRequirements2) \
	X(METAL, ADDED, GetDeviceBufferMemoryRequirements, GetDeviceBufferMemoryRequirements) \
	X(METAL, ADDED, GetDeviceBufferMemoryRequirementsKHR, GetDeviceBufferMemoryRequirements) \
	X(METAL, ADDED, GetDeviceImageMemoryRequirements, GetDeviceImageMemoryRequirements) \
	X(METAL, ADDED, GetDeviceImageMemoryRequirementsKHR, GetDeviceImageMemoryRequirements) \
	X(METAL, ADDED, GetDeviceImageSparseMemoryRequirements, GetDeviceImageSparseMemoryRequirements) \
	X(METAL, ADDED, GetDeviceImageSparseMemoryRequirementsKHR, GetDeviceImageSparseMemoryRequirements) \
	X(METAL, ADDED, GetDeviceImageSubresourceLayout, GetDeviceImageSubresourceLayout) \
	X(METAL, ADDED, GetDeviceImageSubresourceLayoutKHR, GetDeviceImageSubresourceLayout) \
	X(METAL, CORE, BindBufferMemory, BindBufferMemory) \
	X(METAL, CORE, BindImageMemory, BindImageMemory) \
	X(METAL, ADDED, BindBufferMemory2, BindBufferMemory2) \
	X(METAL, ADDED, BindBufferMemory2KHR, BindBufferMemory2) \
	X(METAL, ADDED, BindImageMemory2, BindImageMemory2) \
	X(METAL, ADDED, BindImageMemory2KHR, BindImageMemory2) \
	X(METAL, DEBUG_UTILS, SetDebugUtilsObjectNameEXT, SetDebugUtilsObjectNameEXT) \
	X(MEMORY_PROVIDED, ADDED, GetMemoryMetalHandleEXT, GetMemoryMetalHandleEXT) \
	X(MEMORY_PROVIDED, ADDED, GetMemoryMetalHandlePropertiesEXT, GetMemoryMetalHandlePropertiesEXT) \
	X(OBJECTS_PROVIDED, ADDED, ExportMetalObjectsEXT, ExportMetalObjectsEXT)

/* Declares tongs_AllocateMemory and so on. A command and its aliases share one function. */
#define TONGS_DECLARE_ROW(level, origin, name, function) extern __typeof__(*(PFN_vk##function)NULL) tongs_##function;
TONGS_HOOKED_COMMANDS(TONGS_DECLARE_ROW)
#undef TONGS_DECLARE_ROW

#endif
