/* SPDX-License-Identifier: MIT */
/* The commands that the test layer hooks, each with how it can fail and what is recorded of it. */
#ifndef TONGS_TESTS_MOCK_LAYER_COMMANDS_H
#define TONGS_TESTS_MOCK_LAYER_COMMANDS_H

#include <vulkan/vulkan.h>

/* The error, other than running out of memory, that a command can fail with: VK_SUCCESS if it has none, NEVER if it is
 * not made to fail at all. */
#define NEVER VK_RESULT_MAX_ENUM

#define U(value) ((unsigned long long)(value))

/* X(name, its first argument, error, objects that it creates, parameters, arguments, format and values of the record)
 */
#define RESULT_COMMANDS(X) \
	X(EnumerateDeviceExtensionProperties, physical, VK_SUCCESS, 0, \
		(VkPhysicalDevice physical, const char *layer, uint32_t *count, VkExtensionProperties *list), \
		(physical, layer, count, list), ("%s %s", layer ? layer : "", list ? "list" : "count")) \
	X(GetPhysicalDeviceImageFormatProperties2, physical, VK_SUCCESS, 0, \
		(VkPhysicalDevice physical, const VkPhysicalDeviceImageFormatInfo2 *info, \
			VkImageFormatProperties2 *properties), \
		(physical, info, properties), \
		("format %d type %d tiling %d usage 0x%x flags 0x%x%s /%s", (int)info->format, (int)info->type, \
			(int)info->tiling, info->usage, info->flags, chain(info->pNext), chain(properties->pNext))) \
	X(AllocateMemory, device, VK_ERROR_INVALID_EXTERNAL_HANDLE, 1, \
		(VkDevice device, const VkMemoryAllocateInfo *info, const VkAllocationCallbacks *callbacks, \
			VkDeviceMemory *memory), \
		(device, info, callbacks, memory), \
		("size %llu type %u%s%s", U(info->allocationSize), info->memoryTypeIndex, \
			callbacks ? " callbacks" : "", chain(info->pNext))) \
	X(MapMemory, device, VK_ERROR_MEMORY_MAP_FAILED, 0, \
		(VkDevice device, VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize size, \
			VkMemoryMapFlags flags, void **data), \
		(device, memory, offset, size, flags, data), \
		("offset %llu size %llu flags 0x%x", U(offset), U(size), flags)) \
	X(FlushMappedMemoryRanges, device, VK_SUCCESS, 0, \
		(VkDevice device, uint32_t count, const VkMappedMemoryRange *ranges), (device, count, ranges), \
		("%u: offset %llu size %llu", count, U(ranges->offset), U(ranges->size))) \
	X(InvalidateMappedMemoryRanges, device, VK_SUCCESS, 0, \
		(VkDevice device, uint32_t count, const VkMappedMemoryRange *ranges), (device, count, ranges), \
		("%u: offset %llu size %llu", count, U(ranges->offset), U(ranges->size))) \
	X(GetMemoryHostPointerPropertiesEXT, device, VK_ERROR_INVALID_EXTERNAL_HANDLE, 0, \
		(VkDevice device, VkExternalMemoryHandleTypeFlagBits type, const void *pointer, \
			VkMemoryHostPointerPropertiesEXT *properties), \
		(device, type, pointer, properties), ("type 0x%x", (unsigned)type)) \
	X(CreateBuffer, device, VK_SUCCESS, 1, \
		(VkDevice device, const VkBufferCreateInfo *info, const VkAllocationCallbacks *callbacks, \
			VkBuffer *buffer), \
		(device, info, callbacks, buffer), \
		("size %llu usage 0x%x flags 0x%x%s%s", U(info->size), info->usage, info->flags, \
			callbacks ? " callbacks" : "", chain(info->pNext))) \
	X(CreateImage, device, VK_SUCCESS, 1, \
		(VkDevice device, const VkImageCreateInfo *info, const VkAllocationCallbacks *callbacks, \
			VkImage *image), \
		(device, info, callbacks, image), \
		("format %d type %d tiling %d usage 0x%x flags 0x%x %ux%ux%u levels %u layers %u samples %d%s%s", \
			(int)info->format, (int)info->imageType, (int)info->tiling, info->usage, info->flags, \
			info->extent.width, info->extent.height, info->extent.depth, info->mipLevels, \
			info->arrayLayers, (int)info->samples, callbacks ? " callbacks" : "", chain(info->pNext))) \
	X(CreateImageView, device, VK_SUCCESS, 1, \
		(VkDevice device, const VkImageViewCreateInfo *info, const VkAllocationCallbacks *callbacks, \
			VkImageView *view), \
		(device, info, callbacks, view), \
		("type %d format %d%s", (int)info->viewType, (int)info->format, chain(info->pNext))) \
	X(CreateBufferView, device, VK_SUCCESS, 1, \
		(VkDevice device, const VkBufferViewCreateInfo *info, const VkAllocationCallbacks *callbacks, \
			VkBufferView *view), \
		(device, info, callbacks, view), \
		("format %d offset %llu range %llu%s", (int)info->format, U(info->offset), U(info->range), \
			chain(info->pNext))) \
	X(CreateSemaphore, device, VK_SUCCESS, 1, \
		(VkDevice device, const VkSemaphoreCreateInfo *info, const VkAllocationCallbacks *callbacks, \
			VkSemaphore *semaphore), \
		(device, info, callbacks, semaphore), ("%s", chain(info->pNext))) \
	X(GetSemaphoreFdKHR, device, VK_ERROR_TOO_MANY_OBJECTS, 0, \
		(VkDevice device, const VkSemaphoreGetFdInfoKHR *info, int *fd), (device, info, fd), \
		("type 0x%x", (unsigned)info->handleType)) \
	X(ImportSemaphoreFdKHR, device, VK_ERROR_INVALID_EXTERNAL_HANDLE, 0, \
		(VkDevice device, const VkImportSemaphoreFdInfoKHR *info), (device, info), \
		("type 0x%x flags 0x%x", (unsigned)info->handleType, info->flags)) \
	X(CreateEvent, device, VK_SUCCESS, 1, \
		(VkDevice device, const VkEventCreateInfo *info, const VkAllocationCallbacks *callbacks, \
			VkEvent *event), \
		(device, info, callbacks, event), ("flags 0x%x%s", info->flags, chain(info->pNext))) \
	X(BindBufferMemory, device, VK_SUCCESS, 0, \
		(VkDevice device, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize offset), \
		(device, buffer, memory, offset), ("offset %llu", U(offset))) \
	X(BindImageMemory, device, VK_SUCCESS, 0, \
		(VkDevice device, VkImage image, VkDeviceMemory memory, VkDeviceSize offset), \
		(device, image, memory, offset), ("offset %llu", U(offset))) \
	X(BindBufferMemory2, device, VK_SUCCESS, 0, \
		(VkDevice device, uint32_t count, const VkBindBufferMemoryInfo *infos), (device, count, infos), \
		("%u: offset %llu%s", count, U(infos->memoryOffset), chain(infos->pNext))) \
	X(BindImageMemory2, device, VK_SUCCESS, 0, \
		(VkDevice device, uint32_t count, const VkBindImageMemoryInfo *infos), (device, count, infos), \
		("%u: offset %llu%s", count, U(infos->memoryOffset), chain(infos->pNext))) \
	X(CreateCommandPool, device, VK_SUCCESS, 1, \
		(VkDevice device, const VkCommandPoolCreateInfo *info, const VkAllocationCallbacks *callbacks, \
			VkCommandPool *pool), \
		(device, info, callbacks, pool), ("family %u", info->queueFamilyIndex)) \
	X(AllocateCommandBuffers, device, VK_SUCCESS, 0, \
		(VkDevice device, const VkCommandBufferAllocateInfo *info, VkCommandBuffer *buffers), \
		(device, info, buffers), ("%u", info->commandBufferCount)) \
	X(BeginCommandBuffer, commands, VK_SUCCESS, 0, \
		(VkCommandBuffer commands, const VkCommandBufferBeginInfo *info), (commands, info), \
		("flags 0x%x", info->flags)) \
	X(EndCommandBuffer, commands, VK_SUCCESS, 0, (VkCommandBuffer commands), (commands), ("")) \
	X(QueueSubmit, queue, VK_ERROR_DEVICE_LOST, 0, \
		(VkQueue queue, uint32_t count, const VkSubmitInfo *submits, VkFence fence), \
		(queue, count, submits, fence), ("%u", count)) \
	X(QueueWaitIdle, queue, NEVER, 0, (VkQueue queue), (queue), ("")) \
	X(EnumeratePhysicalDevices, instance, VK_ERROR_INITIALIZATION_FAILED, 0, \
		(VkInstance instance, uint32_t * count, VkPhysicalDevice * devices), (instance, count, devices), \
		("%s", devices ? "list" : "count")) \
	X(CreateFence, device, VK_SUCCESS, 1, \
		(VkDevice device, const VkFenceCreateInfo *info, const VkAllocationCallbacks *callbacks, \
			VkFence *fence), \
		(device, info, callbacks, fence), ("flags 0x%x", info->flags)) \
	X(ResetFences, device, VK_SUCCESS, 0, (VkDevice device, uint32_t count, const VkFence *fences), \
		(device, count, fences), ("%u", count))

/* X(name, its first argument, change of the count of live objects, parameters, arguments, format and values) */
#define VOID_COMMANDS(X) \
	X(GetPhysicalDeviceProperties, physical, 0, \
		(VkPhysicalDevice physical, VkPhysicalDeviceProperties * properties), (physical, properties), ("")) \
	X(GetPhysicalDeviceProperties2, physical, 0, \
		(VkPhysicalDevice physical, VkPhysicalDeviceProperties2 * properties), (physical, properties), \
		("%s", chain(properties->pNext))) \
	X(GetPhysicalDeviceMemoryProperties, physical, 0, \
		(VkPhysicalDevice physical, VkPhysicalDeviceMemoryProperties * properties), (physical, properties), \
		("")) \
	X(GetPhysicalDeviceQueueFamilyProperties, physical, 0, \
		(VkPhysicalDevice physical, uint32_t * count, VkQueueFamilyProperties * families), \
		(physical, count, families), ("")) \
	X(GetPhysicalDeviceFormatProperties, physical, 0, \
		(VkPhysicalDevice physical, VkFormat format, VkFormatProperties * properties), \
		(physical, format, properties), ("format %d", (int)format)) \
	X(GetPhysicalDeviceFormatProperties2, physical, 0, \
		(VkPhysicalDevice physical, VkFormat format, VkFormatProperties2 * properties), \
		(physical, format, properties), ("format %d%s", (int)format, chain(properties->pNext))) \
	X(GetPhysicalDeviceExternalBufferProperties, physical, 0, \
		(VkPhysicalDevice physical, const VkPhysicalDeviceExternalBufferInfo *info, \
			VkExternalBufferProperties *properties), \
		(physical, info, properties), \
		("flags 0x%x usage 0x%x type 0x%x%s", info->flags, info->usage, (unsigned)info->handleType, \
			chain(info->pNext))) \
	X(GetPhysicalDeviceExternalSemaphoreProperties, physical, 0, \
		(VkPhysicalDevice physical, const VkPhysicalDeviceExternalSemaphoreInfo *info, \
			VkExternalSemaphoreProperties *properties), \
		(physical, info, properties), ("type 0x%x%s", (unsigned)info->handleType, chain(info->pNext))) \
	X(FreeMemory, device, memory ? -1 : 0, \
		(VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks *callbacks), \
		(device, memory, callbacks), ("%s", memory ? "" : "NULL")) \
	X(UnmapMemory, device, 0, (VkDevice device, VkDeviceMemory memory), (device, memory), ("")) \
	X(DestroyBuffer, device, buffer ? -1 : 0, \
		(VkDevice device, VkBuffer buffer, const VkAllocationCallbacks *callbacks), \
		(device, buffer, callbacks), ("%s", buffer ? "" : "NULL")) \
	X(DestroyImage, device, image ? -1 : 0, \
		(VkDevice device, VkImage image, const VkAllocationCallbacks *callbacks), (device, image, callbacks), \
		("%s", image ? "" : "NULL")) \
	X(DestroyImageView, device, view ? -1 : 0, \
		(VkDevice device, VkImageView view, const VkAllocationCallbacks *callbacks), \
		(device, view, callbacks), ("")) \
	X(DestroySemaphore, device, semaphore ? -1 : 0, \
		(VkDevice device, VkSemaphore semaphore, const VkAllocationCallbacks *callbacks), \
		(device, semaphore, callbacks), ("")) \
	X(DestroyEvent, device, event ? -1 : 0, \
		(VkDevice device, VkEvent event, const VkAllocationCallbacks *callbacks), (device, event, callbacks), \
		("")) \
	X(DestroyBufferView, device, view ? -1 : 0, \
		(VkDevice device, VkBufferView view, const VkAllocationCallbacks *callbacks), \
		(device, view, callbacks), ("")) \
	X(GetImageSubresourceLayout, device, 0, \
		(VkDevice device, VkImage image, const VkImageSubresource *subresource, VkSubresourceLayout *layout), \
		(device, image, subresource, layout), \
		("aspect %u level %u layer %u", subresource->aspectMask, subresource->mipLevel, \
			subresource->arrayLayer)) \
	X(GetBufferMemoryRequirements, device, 0, \
		(VkDevice device, VkBuffer buffer, VkMemoryRequirements * requirements), \
		(device, buffer, requirements), ("")) \
	X(GetImageMemoryRequirements, device, 0, \
		(VkDevice device, VkImage image, VkMemoryRequirements * requirements), (device, image, requirements), \
		("")) \
	X(GetBufferMemoryRequirements2, device, 0, \
		(VkDevice device, const VkBufferMemoryRequirementsInfo2 *info, VkMemoryRequirements2 *requirements), \
		(device, info, requirements), ("%s /%s", chain(info->pNext), chain(requirements->pNext))) \
	X(GetImageMemoryRequirements2, device, 0, \
		(VkDevice device, const VkImageMemoryRequirementsInfo2 *info, VkMemoryRequirements2 *requirements), \
		(device, info, requirements), ("%s /%s", chain(info->pNext), chain(requirements->pNext))) \
	X(GetDeviceBufferMemoryRequirements, device, 0, \
		(VkDevice device, const VkDeviceBufferMemoryRequirements *info, VkMemoryRequirements2 *requirements), \
		(device, info, requirements), ("size %llu%s", U(info->pCreateInfo->size), chain(requirements->pNext))) \
	X(GetDeviceImageMemoryRequirements, device, 0, \
		(VkDevice device, const VkDeviceImageMemoryRequirements *info, VkMemoryRequirements2 *requirements), \
		(device, info, requirements), \
		("tiling %d%s", (int)info->pCreateInfo->tiling, chain(requirements->pNext))) \
	X(GetDeviceQueue, device, 0, (VkDevice device, uint32_t family, uint32_t index, VkQueue * queue), \
		(device, family, index, queue), ("%u %u", family, index)) \
	X(DestroyCommandPool, device, pool ? -1 : 0, \
		(VkDevice device, VkCommandPool pool, const VkAllocationCallbacks *callbacks), \
		(device, pool, callbacks), ("")) \
	X(CmdFillBuffer, commands, 0, \
		(VkCommandBuffer commands, VkBuffer buffer, VkDeviceSize offset, VkDeviceSize size, uint32_t data), \
		(commands, buffer, offset, size, data), ("offset %llu size %llu data %u", U(offset), U(size), data)) \
	X(CmdPipelineBarrier, commands, 0, \
		(VkCommandBuffer commands, VkPipelineStageFlags from, VkPipelineStageFlags to, \
			VkDependencyFlags flags, uint32_t memory_count, const VkMemoryBarrier *memory, \
			uint32_t buffer_count, const VkBufferMemoryBarrier *buffers, uint32_t image_count, \
			const VkImageMemoryBarrier *images), \
		(commands, from, to, flags, memory_count, memory, buffer_count, buffers, image_count, images), \
		("stages 0x%x 0x%x: %u %u %u", from, to, memory_count, buffer_count, image_count)) \
	X(CmdClearColorImage, commands, 0, \
		(VkCommandBuffer commands, VkImage image, VkImageLayout layout, const VkClearColorValue *color, \
			uint32_t count, const VkImageSubresourceRange *ranges), \
		(commands, image, layout, color, count, ranges), ("layout %d", (int)layout)) \
	X(DestroyFence, device, fence ? -1 : 0, \
		(VkDevice device, VkFence fence, const VkAllocationCallbacks *callbacks), (device, fence, callbacks), \
		(""))

#endif
