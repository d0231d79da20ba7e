/* SPDX-License-Identifier: MIT */
/* A Vulkan layer that writes each call on its way to the driver as a line of the file TONGS_TEST_RECORDING: the name,
 * and of the arguments all but addresses. For programs with one instance and one device. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vulkan/vk_layer.h>

#include "util/export.h"
#include "layer/commands.h"

static FILE *recording;
static VkInstance the_instance;
static VkDevice the_device;
static PFN_vkGetInstanceProcAddr next_instance_proc_addr;
static PFN_vkGetDeviceProcAddr next_device_proc_addr;
static PFN_vkDestroyInstance next_destroy_instance;
static PFN_vkDestroyDevice next_destroy_device;

__attribute__((format(printf, 1, 2))) static void record(const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	vfprintf(recording, format, arguments);
	va_end(arguments);
	fputc('\n', recording);
	fflush(recording);
}

/* The structs of a chain, as " +type"; good until the next call but one. */
static const char *chain(const void *pNext) {
	static char texts[2][256];
	static unsigned turn;
	char *text = texts[turn++ % 2];
	size_t used = 0;
	*text = '\0';
	for (const VkBaseInStructure *s = pNext; s && used < sizeof(texts[0]) - 16; s = s->pNext)
		if (s->sType != VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO &&
			s->sType != VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO)
			used += (size_t)snprintf(text + used, sizeof(texts[0]) - used, " +%d", (int)s->sType);
	return text;
}

static const char *names(uint32_t count, const char *const *list) {
	static char text[512];
	*text = '\0';
	for (uint32_t i = 0; i < count; i++) {
		strncat(text, " ", sizeof(text) - strlen(text) - 1);
		strncat(text, list[i], sizeof(text) - strlen(text) - 1);
	}
	return text;
}

#define U(value) ((unsigned long long)(value))

/* X(whose command, name, result, parameters, arguments, what else is written) */
#define PHYSICAL(X) \
	X(INSTANCE, EnumerateDeviceExtensionProperties, VkResult, \
		(VkPhysicalDevice physical, const char *layer, uint32_t *count, VkExtensionProperties *list), \
		(physical, layer, count, list), ("%s %s", layer ? layer : "", list ? "list" : "count")) \
	X(INSTANCE, GetPhysicalDeviceProperties, void, \
		(VkPhysicalDevice physical, VkPhysicalDeviceProperties * properties), (physical, properties), ("")) \
	X(INSTANCE, GetPhysicalDeviceProperties2, void, \
		(VkPhysicalDevice physical, VkPhysicalDeviceProperties2 * properties), (physical, properties), \
		("%s", chain(properties->pNext))) \
	X(INSTANCE, GetPhysicalDeviceMemoryProperties, void, \
		(VkPhysicalDevice physical, VkPhysicalDeviceMemoryProperties * properties), (physical, properties), \
		("")) \
	X(INSTANCE, GetPhysicalDeviceFormatProperties, void, \
		(VkPhysicalDevice physical, VkFormat format, VkFormatProperties * properties), \
		(physical, format, properties), ("format %d", (int)format)) \
	X(INSTANCE, GetPhysicalDeviceFormatProperties2, void, \
		(VkPhysicalDevice physical, VkFormat format, VkFormatProperties2 * properties), \
		(physical, format, properties), ("format %d%s", (int)format, chain(properties->pNext))) \
	X(INSTANCE, GetPhysicalDeviceImageFormatProperties2, VkResult, \
		(VkPhysicalDevice physical, const VkPhysicalDeviceImageFormatInfo2 *info, \
			VkImageFormatProperties2 *properties), \
		(physical, info, properties), \
		("format %d type %d tiling %d usage 0x%x flags 0x%x%s /%s", (int)info->format, (int)info->type, \
			(int)info->tiling, info->usage, info->flags, chain(info->pNext), chain(properties->pNext))) \
	X(INSTANCE, GetPhysicalDeviceExternalBufferProperties, void, \
		(VkPhysicalDevice physical, const VkPhysicalDeviceExternalBufferInfo *info, \
			VkExternalBufferProperties *properties), \
		(physical, info, properties), \
		("flags 0x%x usage 0x%x type 0x%x%s", info->flags, info->usage, (unsigned)info->handleType, \
			chain(info->pNext)))

#define MEMORY(X) \
	X(DEVICE, AllocateMemory, VkResult, \
		(VkDevice device, const VkMemoryAllocateInfo *info, const VkAllocationCallbacks *callbacks, \
			VkDeviceMemory *memory), \
		(device, info, callbacks, memory), \
		("size %llu type %u%s%s", U(info->allocationSize), info->memoryTypeIndex, \
			callbacks ? " callbacks" : "", chain(info->pNext))) \
	X(DEVICE, FreeMemory, void, (VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks *callbacks), \
		(device, memory, callbacks), ("%s", memory ? "" : "NULL")) \
	X(DEVICE, MapMemory, VkResult, \
		(VkDevice device, VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize size, \
			VkMemoryMapFlags flags, void **data), \
		(device, memory, offset, size, flags, data), \
		("offset %llu size %llu flags 0x%x", U(offset), U(size), flags)) \
	X(DEVICE, UnmapMemory, void, (VkDevice device, VkDeviceMemory memory), (device, memory), ("")) \
	X(DEVICE, FlushMappedMemoryRanges, VkResult, \
		(VkDevice device, uint32_t count, const VkMappedMemoryRange *ranges), (device, count, ranges), \
		("%u: offset %llu size %llu", count, U(ranges->offset), U(ranges->size))) \
	X(DEVICE, InvalidateMappedMemoryRanges, VkResult, \
		(VkDevice device, uint32_t count, const VkMappedMemoryRange *ranges), (device, count, ranges), \
		("%u: offset %llu size %llu", count, U(ranges->offset), U(ranges->size))) \
	X(DEVICE, GetMemoryHostPointerPropertiesEXT, VkResult, \
		(VkDevice device, VkExternalMemoryHandleTypeFlagBits type, const void *pointer, \
			VkMemoryHostPointerPropertiesEXT *properties), \
		(device, type, pointer, properties), ("type 0x%x", (unsigned)type))

#define RESOURCES(X) \
	X(DEVICE, CreateBuffer, VkResult, \
		(VkDevice device, const VkBufferCreateInfo *info, const VkAllocationCallbacks *callbacks, \
			VkBuffer *buffer), \
		(device, info, callbacks, buffer), \
		("size %llu usage 0x%x flags 0x%x%s%s", U(info->size), info->usage, info->flags, \
			callbacks ? " callbacks" : "", chain(info->pNext))) \
	X(DEVICE, DestroyBuffer, void, (VkDevice device, VkBuffer buffer, const VkAllocationCallbacks *callbacks), \
		(device, buffer, callbacks), ("%s", buffer ? "" : "NULL")) \
	X(DEVICE, CreateImage, VkResult, \
		(VkDevice device, const VkImageCreateInfo *info, const VkAllocationCallbacks *callbacks, \
			VkImage *image), \
		(device, info, callbacks, image), \
		("format %d type %d tiling %d usage 0x%x flags 0x%x %ux%ux%u levels %u layers %u samples %d%s%s", \
			(int)info->format, (int)info->imageType, (int)info->tiling, info->usage, info->flags, \
			info->extent.width, info->extent.height, info->extent.depth, info->mipLevels, \
			info->arrayLayers, (int)info->samples, callbacks ? " callbacks" : "", chain(info->pNext))) \
	X(DEVICE, DestroyImage, void, (VkDevice device, VkImage image, const VkAllocationCallbacks *callbacks), \
		(device, image, callbacks), ("%s", image ? "" : "NULL")) \
	X(DEVICE, CreateImageView, VkResult, \
		(VkDevice device, const VkImageViewCreateInfo *info, const VkAllocationCallbacks *callbacks, \
			VkImageView *view), \
		(device, info, callbacks, view), \
		("type %d format %d%s", (int)info->viewType, (int)info->format, chain(info->pNext))) \
	X(DEVICE, DestroyImageView, void, (VkDevice device, VkImageView view, const VkAllocationCallbacks *callbacks), \
		(device, view, callbacks), ("")) \
	X(DEVICE, GetImageSubresourceLayout, void, \
		(VkDevice device, VkImage image, const VkImageSubresource *subresource, VkSubresourceLayout *layout), \
		(device, image, subresource, layout), \
		("aspect %u level %u layer %u", subresource->aspectMask, subresource->mipLevel, \
			subresource->arrayLayer)) \
	X(DEVICE, GetBufferMemoryRequirements, void, (VkDevice device, VkBuffer buffer, VkMemoryRequirements * needs), \
		(device, buffer, needs), ("")) \
	X(DEVICE, GetImageMemoryRequirements, void, (VkDevice device, VkImage image, VkMemoryRequirements * needs), \
		(device, image, needs), ("")) \
	X(DEVICE, GetBufferMemoryRequirements2, void, \
		(VkDevice device, const VkBufferMemoryRequirementsInfo2 *info, VkMemoryRequirements2 *needs), \
		(device, info, needs), ("%s /%s", chain(info->pNext), chain(needs->pNext))) \
	X(DEVICE, GetImageMemoryRequirements2, void, \
		(VkDevice device, const VkImageMemoryRequirementsInfo2 *info, VkMemoryRequirements2 *needs), \
		(device, info, needs), ("%s /%s", chain(info->pNext), chain(needs->pNext))) \
	X(DEVICE, GetDeviceBufferMemoryRequirements, void, \
		(VkDevice device, const VkDeviceBufferMemoryRequirements *info, VkMemoryRequirements2 *needs), \
		(device, info, needs), ("size %llu%s", U(info->pCreateInfo->size), chain(needs->pNext))) \
	X(DEVICE, GetDeviceImageMemoryRequirements, void, \
		(VkDevice device, const VkDeviceImageMemoryRequirements *info, VkMemoryRequirements2 *needs), \
		(device, info, needs), ("tiling %d%s", (int)info->pCreateInfo->tiling, chain(needs->pNext))) \
	X(DEVICE, BindBufferMemory, VkResult, \
		(VkDevice device, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize offset), \
		(device, buffer, memory, offset), ("offset %llu", U(offset))) \
	X(DEVICE, BindImageMemory, VkResult, \
		(VkDevice device, VkImage image, VkDeviceMemory memory, VkDeviceSize offset), \
		(device, image, memory, offset), ("offset %llu", U(offset))) \
	X(DEVICE, BindBufferMemory2, VkResult, (VkDevice device, uint32_t count, const VkBindBufferMemoryInfo *infos), \
		(device, count, infos), ("%u: offset %llu%s", count, U(infos->memoryOffset), chain(infos->pNext))) \
	X(DEVICE, BindImageMemory2, VkResult, (VkDevice device, uint32_t count, const VkBindImageMemoryInfo *infos), \
		(device, count, infos), ("%u: offset %llu%s", count, U(infos->memoryOffset), chain(infos->pNext)))

#define COMMANDS(X) \
	X(DEVICE, GetDeviceQueue, void, (VkDevice device, uint32_t family, uint32_t index, VkQueue * queue), \
		(device, family, index, queue), ("%u %u", family, index)) \
	X(DEVICE, CreateCommandPool, VkResult, \
		(VkDevice device, const VkCommandPoolCreateInfo *info, const VkAllocationCallbacks *callbacks, \
			VkCommandPool *pool), \
		(device, info, callbacks, pool), ("family %u", info->queueFamilyIndex)) \
	X(DEVICE, DestroyCommandPool, void, \
		(VkDevice device, VkCommandPool pool, const VkAllocationCallbacks *callbacks), \
		(device, pool, callbacks), ("")) \
	X(DEVICE, AllocateCommandBuffers, VkResult, \
		(VkDevice device, const VkCommandBufferAllocateInfo *info, VkCommandBuffer *buffers), \
		(device, info, buffers), ("%u", info->commandBufferCount)) \
	X(DEVICE, BeginCommandBuffer, VkResult, (VkCommandBuffer commands, const VkCommandBufferBeginInfo *info), \
		(commands, info), ("flags 0x%x", info->flags)) \
	X(DEVICE, EndCommandBuffer, VkResult, (VkCommandBuffer commands), (commands), ("")) \
	X(DEVICE, CmdFillBuffer, void, \
		(VkCommandBuffer commands, VkBuffer buffer, VkDeviceSize offset, VkDeviceSize size, uint32_t data), \
		(commands, buffer, offset, size, data), ("offset %llu size %llu data %u", U(offset), U(size), data)) \
	X(DEVICE, CmdPipelineBarrier, void, \
		(VkCommandBuffer commands, VkPipelineStageFlags from, VkPipelineStageFlags to, \
			VkDependencyFlags flags, uint32_t memory_count, const VkMemoryBarrier *memory, \
			uint32_t buffer_count, const VkBufferMemoryBarrier *buffers, uint32_t image_count, \
			const VkImageMemoryBarrier *images), \
		(commands, from, to, flags, memory_count, memory, buffer_count, buffers, image_count, images), \
		("stages 0x%x 0x%x: %u %u %u", from, to, memory_count, buffer_count, image_count)) \
	X(DEVICE, CmdClearColorImage, void, \
		(VkCommandBuffer commands, VkImage image, VkImageLayout layout, const VkClearColorValue *color, \
			uint32_t count, const VkImageSubresourceRange *ranges), \
		(commands, image, layout, color, count, ranges), ("layout %d", (int)layout)) \
	X(DEVICE, QueueSubmit, VkResult, (VkQueue queue, uint32_t count, const VkSubmitInfo *submits, VkFence fence), \
		(queue, count, submits, fence), ("%u", count)) \
	X(DEVICE, QueueWaitIdle, VkResult, (VkQueue queue), (queue), (""))

#define ALL(X) PHYSICAL(X) MEMORY(X) RESOURCES(X) COMMANDS(X)

enum command {
#define NAME(level, name, ...) COMMAND_##name,
	ALL(NAME) COMMAND_COUNT
#undef NAME
};

enum level { INSTANCE, DEVICE };

/* Of the next layer. The loader tells an instance's commands rightly as long as the instance is being created: later it
 * looks them up from the topmost layer on. */
static PFN_vkVoidFunction next[COMMAND_COUNT];

static PFN_vkVoidFunction get_next(enum level level, const char *name) {
	return level == INSTANCE ? next_instance_proc_addr(the_instance, name)
				 : next_device_proc_addr(the_device, name);
}

/* A command and its name as an extension's are one. */
static void load_next(enum level wanted) {
#define LOAD(level, name, ...) \
	if (level == wanted) { \
		next[COMMAND_##name] = get_next(level, "vk" #name); \
		if (!next[COMMAND_##name]) \
			next[COMMAND_##name] = get_next(level, "vk" #name "KHR"); \
	}
	ALL(LOAD)
#undef LOAD
}

#define DEFINE(level, name, result, parameters, arguments, text) \
	static VKAPI_ATTR result VKAPI_CALL record_##name parameters { \
		fputs("vk" #name " ", recording); \
		record text; \
		return ((PFN_vk##name)next[COMMAND_##name])arguments; \
	}
/* A function that returns void may return what a call of void is. */
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wformat-zero-length"
ALL(DEFINE)

static VKAPI_ATTR VkResult VKAPI_CALL record_CreateInstance(
	const VkInstanceCreateInfo *info, const VkAllocationCallbacks *callbacks, VkInstance *instance) {
	const char *path = getenv("TONGS_TEST_RECORDING");
	VkLayerInstanceCreateInfo *link = (VkLayerInstanceCreateInfo *)info->pNext;
	while (link->sType != VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO || link->function != VK_LAYER_LINK_INFO)
		link = (VkLayerInstanceCreateInfo *)link->pNext;
	if (!recording)
		recording = fopen(path ? path : "/dev/null", "w");
	if (!recording || the_instance)
		abort();
	next_instance_proc_addr = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
	link->u.pLayerInfo = link->u.pLayerInfo->pNext;
	record("vkCreateInstance 0x%x%s:%s", info->pApplicationInfo->apiVersion, chain(info->pNext),
		names(info->enabledExtensionCount, info->ppEnabledExtensionNames));
	VkResult result =
		((PFN_vkCreateInstance)next_instance_proc_addr(NULL, "vkCreateInstance"))(info, callbacks, instance);
	if (result == VK_SUCCESS) {
		the_instance = *instance;
		next_destroy_instance = (PFN_vkDestroyInstance)get_next(INSTANCE, "vkDestroyInstance");
		load_next(INSTANCE);
	}
	return result;
}

static VKAPI_ATTR void VKAPI_CALL record_DestroyInstance(VkInstance instance, const VkAllocationCallbacks *callbacks) {
	record("vkDestroyInstance");
	next_destroy_instance(instance, callbacks);
	the_instance = NULL;
}

static VKAPI_ATTR VkResult VKAPI_CALL record_CreateDevice(VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
	const VkAllocationCallbacks *callbacks, VkDevice *device) {
	VkLayerDeviceCreateInfo *link = (VkLayerDeviceCreateInfo *)info->pNext;
	while (link->sType != VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO || link->function != VK_LAYER_LINK_INFO)
		link = (VkLayerDeviceCreateInfo *)link->pNext;
	if (the_device)
		abort();
	PFN_vkCreateDevice create =
		(PFN_vkCreateDevice)link->u.pLayerInfo->pfnNextGetInstanceProcAddr(the_instance, "vkCreateDevice");
	next_device_proc_addr = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
	link->u.pLayerInfo = link->u.pLayerInfo->pNext;
	record("vkCreateDevice queues %u%s:%s", info->queueCreateInfoCount, chain(info->pNext),
		names(info->enabledExtensionCount, info->ppEnabledExtensionNames));
	VkResult result = create(physical, info, callbacks, device);
	if (result == VK_SUCCESS) {
		the_device = *device;
		next_destroy_device = (PFN_vkDestroyDevice)get_next(DEVICE, "vkDestroyDevice");
		load_next(DEVICE);
	}
	return result;
}

static VKAPI_ATTR void VKAPI_CALL record_DestroyDevice(VkDevice device, const VkAllocationCallbacks *callbacks) {
	record("vkDestroyDevice");
	next_destroy_device(device, callbacks);
	the_device = NULL;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_instance_proc_addr(VkInstance instance, const char *name);
static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_device_proc_addr(VkDevice device, const char *name);

static const struct {
	const char *name;
	PFN_vkVoidFunction function;
} hooks[] = {{"vkGetInstanceProcAddr", (PFN_vkVoidFunction)get_instance_proc_addr},
	{"vkGetDeviceProcAddr", (PFN_vkVoidFunction)get_device_proc_addr},
	{"vkCreateInstance", (PFN_vkVoidFunction)record_CreateInstance},
	{"vkDestroyInstance", (PFN_vkVoidFunction)record_DestroyInstance},
	{"vkCreateDevice", (PFN_vkVoidFunction)record_CreateDevice},
	{"vkDestroyDevice", (PFN_vkVoidFunction)record_DestroyDevice},
#define HOOK(level, name, ...) {"vk" #name, (PFN_vkVoidFunction)record_##name},
	ALL(HOOK)
#undef HOOK
};

static PFN_vkVoidFunction find_hook(const char *name) {
	for (size_t i = 0; i < sizeof(hooks) / sizeof(*hooks); i++) {
		size_t length = strlen(hooks[i].name);
		if (strncmp(hooks[i].name, name, length) == 0 && (!name[length] || strcmp(name + length, "KHR") == 0))
			return hooks[i].function;
	}
	return NULL;
}

/* The loader asks the topmost layer with an instance that is not there yet. */
static PFN_vkVoidFunction VKAPI_CALL get_instance_proc_addr(VkInstance instance, const char *name) {
	PFN_vkVoidFunction hook = find_hook(name);
	if (!next_instance_proc_addr || strcmp(name, "vkGetInstanceProcAddr") == 0)
		return hook;
	PFN_vkVoidFunction below = next_instance_proc_addr(instance, name);
	return below && hook ? hook : below;
}

static PFN_vkVoidFunction VKAPI_CALL get_device_proc_addr(VkDevice device, const char *name) {
	PFN_vkVoidFunction hook = find_hook(name), below = next_device_proc_addr(device, name);
	return below && hook ? hook : below;
}

/* Every command that Tongs calls below itself is written down, but for those that no test here has a use for. */
static bool is_recorded(const char *name) {
	static const char *const unused[] = {"vkMapMemory2", "vkUnmapMemory2", "vkGetDeviceImageSubresourceLayout",
		"vkGetDeviceImageSparseMemoryRequirements", "vkEnumeratePhysicalDevices"};
	for (size_t i = 0; i < sizeof(unused) / sizeof(*unused); i++)
		if (strcmp(name, unused[i]) == 0)
			return true;
	return find_hook(name) || strstr(name, "DebugUtils") || strstr(name, "MetalHandle");
}

TONGS_LAYER_ENTRY VKAPI_ATTR VkResult VKAPI_CALL vkNegotiateLoaderLayerInterfaceVersion(
	VkNegotiateLayerInterface *pVersionStruct) {
#define CHECK(name, since, alias, extension) \
	if (!is_recorded("vk" #name)) \
		return VK_ERROR_INITIALIZATION_FAILED;
	TONGS_NEXT_INSTANCE_COMMANDS(CHECK)
	TONGS_NEXT_DEVICE_COMMANDS(CHECK)
#undef CHECK
	pVersionStruct->loaderLayerInterfaceVersion = 2;
	pVersionStruct->pfnGetInstanceProcAddr = get_instance_proc_addr;
	pVersionStruct->pfnGetDeviceProcAddr = get_device_proc_addr;
	pVersionStruct->pfnGetPhysicalDeviceProcAddr = NULL;
	return VK_SUCCESS;
}
