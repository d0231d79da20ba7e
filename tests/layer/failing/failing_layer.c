/* SPDX-License-Identifier: MIT */
/* Calls that fail on request, and the count of what the others made. */
#include "failing_layer.h"

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

/* The commands that can fail: X(name, its first argument, an error of its own that registry and callers know or
 * VK_SUCCESS, +1 when it creates one object, parameters, arguments). The first two start chains of layers and stand
 * apart below. */
#define FALLIBLE(X) \
	X(EnumeratePhysicalDevices, instance, VK_ERROR_INITIALIZATION_FAILED, 0, \
		(VkInstance instance, uint32_t * count, VkPhysicalDevice * devices), (instance, count, devices)) \
	X(EnumerateDeviceExtensionProperties, physical, VK_SUCCESS, 0, \
		(VkPhysicalDevice physical, const char *layer, uint32_t *count, VkExtensionProperties *properties), \
		(physical, layer, count, properties)) \
	X(GetPhysicalDeviceImageFormatProperties2, physical, VK_SUCCESS, 0, \
		(VkPhysicalDevice physical, const VkPhysicalDeviceImageFormatInfo2 *info, \
			VkImageFormatProperties2 *properties), \
		(physical, info, properties)) \
	X(AllocateMemory, device, VK_ERROR_INVALID_EXTERNAL_HANDLE, 1, \
		(VkDevice device, const VkMemoryAllocateInfo *info, const VkAllocationCallbacks *callbacks, \
			VkDeviceMemory *memory), \
		(device, info, callbacks, memory)) \
	X(MapMemory, device, VK_ERROR_MEMORY_MAP_FAILED, 0, \
		(VkDevice device, VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize size, \
			VkMemoryMapFlags flags, void **data), \
		(device, memory, offset, size, flags, data)) \
	X(FlushMappedMemoryRanges, device, VK_SUCCESS, 0, \
		(VkDevice device, uint32_t count, const VkMappedMemoryRange *ranges), (device, count, ranges)) \
	X(InvalidateMappedMemoryRanges, device, VK_SUCCESS, 0, \
		(VkDevice device, uint32_t count, const VkMappedMemoryRange *ranges), (device, count, ranges)) \
	X(CreateBuffer, device, VK_SUCCESS, 1, \
		(VkDevice device, const VkBufferCreateInfo *info, const VkAllocationCallbacks *callbacks, \
			VkBuffer *buffer), \
		(device, info, callbacks, buffer)) \
	X(CreateImage, device, VK_SUCCESS, 1, \
		(VkDevice device, const VkImageCreateInfo *info, const VkAllocationCallbacks *callbacks, \
			VkImage *image), \
		(device, info, callbacks, image)) \
	X(CreateImageView, device, VK_SUCCESS, 1, \
		(VkDevice device, const VkImageViewCreateInfo *info, const VkAllocationCallbacks *callbacks, \
			VkImageView *view), \
		(device, info, callbacks, view)) \
	X(BindBufferMemory, device, VK_SUCCESS, 0, \
		(VkDevice device, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize offset), \
		(device, buffer, memory, offset)) \
	X(BindImageMemory, device, VK_SUCCESS, 0, \
		(VkDevice device, VkImage image, VkDeviceMemory memory, VkDeviceSize offset), \
		(device, image, memory, offset)) \
	X(BindBufferMemory2, device, VK_SUCCESS, 0, \
		(VkDevice device, uint32_t count, const VkBindBufferMemoryInfo *infos), (device, count, infos)) \
	X(BindImageMemory2, device, VK_SUCCESS, 0, \
		(VkDevice device, uint32_t count, const VkBindImageMemoryInfo *infos), (device, count, infos)) \
	X(GetMemoryHostPointerPropertiesEXT, device, VK_ERROR_INVALID_EXTERNAL_HANDLE, 0, \
		(VkDevice device, VkExternalMemoryHandleTypeFlagBits type, const void *pointer, \
			VkMemoryHostPointerPropertiesEXT *properties), \
		(device, type, pointer, properties)) \
	X(CreateCommandPool, device, VK_SUCCESS, 1, \
		(VkDevice device, const VkCommandPoolCreateInfo *info, const VkAllocationCallbacks *callbacks, \
			VkCommandPool *pool), \
		(device, info, callbacks, pool)) \
	X(AllocateCommandBuffers, device, VK_SUCCESS, 0, \
		(VkDevice device, const VkCommandBufferAllocateInfo *info, VkCommandBuffer *buffers), \
		(device, info, buffers)) \
	X(BeginCommandBuffer, commands, VK_SUCCESS, 0, \
		(VkCommandBuffer commands, const VkCommandBufferBeginInfo *info), (commands, info)) \
	X(EndCommandBuffer, commands, VK_SUCCESS, 0, (VkCommandBuffer commands), (commands)) \
	X(CreateFence, device, VK_SUCCESS, 1, \
		(VkDevice device, const VkFenceCreateInfo *info, const VkAllocationCallbacks *callbacks, \
			VkFence *fence), \
		(device, info, callbacks, fence)) \
	X(ResetFences, device, VK_SUCCESS, 0, (VkDevice device, uint32_t count, const VkFence *fences), \
		(device, count, fences)) \
	X(QueueSubmit, queue, VK_ERROR_DEVICE_LOST, 0, \
		(VkQueue queue, uint32_t count, const VkSubmitInfo *submits, VkFence fence), \
		(queue, count, submits, fence))

#define DESTROYED(X) \
	X(FreeMemory, VkDeviceMemory) \
	X(DestroyBuffer, VkBuffer) \
	X(DestroyImage, VkImage) \
	X(DestroyImageView, VkImageView) \
	X(DestroyCommandPool, VkCommandPool) \
	X(DestroyFence, VkFence)

enum command {
#define NAME(name, ...) COMMAND_##name,
	FALLIBLE(NAME) DESTROYED(NAME) COMMAND_WaitForFences,
#undef NAME
	COMMAND_COUNT
};

/* What is below one instance or one device. The table at the head of every dispatchable object is its key. */
struct below {
	const void *key;
	PFN_vkGetInstanceProcAddr get_instance_proc_addr;
	PFN_vkGetDeviceProcAddr get_device_proc_addr;
	VkInstance instance;
	VkDevice device;
	PFN_vkDestroyInstance destroy_instance;
	PFN_vkDestroyDevice destroy_device;
	PFN_vkVoidFunction next[COMMAND_COUNT];
};

enum { MAX_BELOW = 64 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards all that follows */
static struct below all[MAX_BELOW];
static uint64_t left = UINT64_MAX;
static enum failing_way chosen_way;
static const char *failed;
static long live;

static const void *key_of(const void *object) {
	return *(const void *const *)object;
}

static struct below *find_locked(const void *key) {
	for (size_t i = 0; i < MAX_BELOW; i++)
		if (all[i].key == key)
			return &all[i];
	return NULL;
}

static struct below find(const void *object) {
	pthread_mutex_lock(&lock);
	struct below below = *find_locked(key_of(object));
	pthread_mutex_unlock(&lock);
	return below;
}

static void put(const struct below *below) {
	pthread_mutex_lock(&lock);
	*find_locked(NULL) = *below;
	live++;
	pthread_mutex_unlock(&lock);
}

static struct below take(const void *object) {
	pthread_mutex_lock(&lock);
	struct below *there = find_locked(key_of(object)), below = *there;
	*there = (struct below){0};
	live--;
	pthread_mutex_unlock(&lock);
	return below;
}

static PFN_vkVoidFunction next_of(const void *object, enum command command) {
	pthread_mutex_lock(&lock);
	PFN_vkVoidFunction next = find_locked(key_of(object))->next[command];
	pthread_mutex_unlock(&lock);
	return next;
}

static void count_live(long change) {
	pthread_mutex_lock(&lock);
	live += change;
	pthread_mutex_unlock(&lock);
}

/* VK_SUCCESS, or how this call fails. */
static VkResult meet(const char *name, VkResult other) {
	const VkResult errors[] = {
		[FAILING_HOST_MEMORY] = VK_ERROR_OUT_OF_HOST_MEMORY,
		[FAILING_DEVICE_MEMORY] = VK_ERROR_OUT_OF_DEVICE_MEMORY,
		[FAILING_OTHER] = other,
	};
	VkResult result = VK_SUCCESS;
	pthread_mutex_lock(&lock);
	if (left != UINT64_MAX && errors[chosen_way] != VK_SUCCESS && left-- == 0) {
		/* After 0 comes UINT64_MAX, which is `none`. */
		result = errors[chosen_way];
		failed = name;
	}
	pthread_mutex_unlock(&lock);
	return result;
}

void failing_set(enum failing_way way, uint64_t countdown) {
	pthread_mutex_lock(&lock);
	chosen_way = way;
	left = countdown;
	failed = NULL;
	pthread_mutex_unlock(&lock);
}

const char *failing_stop(void) {
	pthread_mutex_lock(&lock);
	const char *name = failed;
	left = UINT64_MAX;
	pthread_mutex_unlock(&lock);
	return name;
}

long failing_count_live(void) {
	pthread_mutex_lock(&lock);
	long count = live;
	pthread_mutex_unlock(&lock);
	return count;
}

#define DEFINE(name, first, other, created, parameters, arguments) \
	static VKAPI_ATTR VkResult VKAPI_CALL fail_##name parameters { \
		VkResult result = meet("vk" #name, other); \
		if (result == VK_SUCCESS) { \
			result = ((PFN_vk##name)next_of(first, COMMAND_##name))arguments; \
			count_live(result == VK_SUCCESS ? created : 0); \
		} \
		return result; \
	}
FALLIBLE(DEFINE)
#undef DEFINE

#define DEFINE(name, handle) \
	static VKAPI_ATTR void VKAPI_CALL fail_##name( \
		VkDevice device, handle object, const VkAllocationCallbacks *callbacks) { \
		count_live(object ? -1 : 0); \
		((PFN_vk##name)next_of(device, COMMAND_##name))(device, object, callbacks); \
	}
DESTROYED(DEFINE)
#undef DEFINE

/* It waits, and then says that it did not: what was submitted has to come to its end. */
static VKAPI_ATTR VkResult VKAPI_CALL fail_WaitForFences(
	VkDevice device, uint32_t count, const VkFence *fences, VkBool32 wait_all, uint64_t timeout) {
	VkResult result =
		((PFN_vkWaitForFences)next_of(device, COMMAND_WaitForFences))(device, count, fences, wait_all, timeout);
	VkResult failure = meet("vkWaitForFences", VK_ERROR_DEVICE_LOST);
	return failure != VK_SUCCESS ? failure : result;
}

static const struct {
	const char *name;
	enum command command;
	PFN_vkVoidFunction function;
} hooks[] = {
#define HOOK(name, ...) {"vk" #name, COMMAND_##name, (PFN_vkVoidFunction)fail_##name},
	FALLIBLE(HOOK) DESTROYED(HOOK)
#undef HOOK
		{"vkWaitForFences", COMMAND_WaitForFences, (PFN_vkVoidFunction)fail_WaitForFences},
};

/* A command and its name as an extension's are one. */
static bool is_called(const char *asked, const char *name) {
	size_t length = strlen(name);
	return strncmp(asked, name, length) == 0 && (!asked[length] || strcmp(asked + length, "KHR") == 0);
}

/* The loader tells an instance's commands rightly as long as the instance is being created: later it looks them up from
 * the topmost layer on. */
static void load_next(struct below *below, PFN_vkVoidFunction (*get)(const struct below *below, const char *name)) {
	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		char extension[64];
		snprintf(extension, sizeof(extension), "%sKHR", hooks[i].name);
		PFN_vkVoidFunction next = get(below, hooks[i].name);
		below->next[hooks[i].command] = next ? next : get(below, extension);
	}
}

static PFN_vkVoidFunction get_from_instance(const struct below *below, const char *name) {
	return below->get_instance_proc_addr(below->instance, name);
}

static PFN_vkVoidFunction get_from_device(const struct below *below, const char *name) {
	return below->get_device_proc_addr(below->device, name);
}

static VKAPI_ATTR VkResult VKAPI_CALL fail_CreateInstance(
	const VkInstanceCreateInfo *info, const VkAllocationCallbacks *callbacks, VkInstance *instance) {
	VkLayerInstanceCreateInfo *link = (VkLayerInstanceCreateInfo *)info->pNext;
	while (link->sType != VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO || link->function != VK_LAYER_LINK_INFO)
		link = (VkLayerInstanceCreateInfo *)link->pNext;
	struct below below = {.get_instance_proc_addr = link->u.pLayerInfo->pfnNextGetInstanceProcAddr};
	link->u.pLayerInfo = link->u.pLayerInfo->pNext;
	VkResult result = meet("vkCreateInstance", VK_ERROR_INITIALIZATION_FAILED);
	if (result == VK_SUCCESS)
		result = ((PFN_vkCreateInstance)below.get_instance_proc_addr(NULL, "vkCreateInstance"))(
			info, callbacks, instance);
	if (result == VK_SUCCESS) {
		below.key = key_of(*instance);
		below.instance = *instance;
		load_next(&below, get_from_instance);
		below.destroy_instance = (PFN_vkDestroyInstance)get_from_instance(&below, "vkDestroyInstance");
		put(&below);
	}
	return result;
}

static VKAPI_ATTR void VKAPI_CALL fail_DestroyInstance(VkInstance instance, const VkAllocationCallbacks *callbacks) {
	if (!instance)
		return;
	struct below below = take(instance);
	below.destroy_instance(instance, callbacks);
}

static VKAPI_ATTR VkResult VKAPI_CALL fail_CreateDevice(VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
	const VkAllocationCallbacks *callbacks, VkDevice *device) {
	VkLayerDeviceCreateInfo *link = (VkLayerDeviceCreateInfo *)info->pNext;
	while (link->sType != VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO || link->function != VK_LAYER_LINK_INFO)
		link = (VkLayerDeviceCreateInfo *)link->pNext;
	struct below below = {
		.get_instance_proc_addr = link->u.pLayerInfo->pfnNextGetInstanceProcAddr,
		.get_device_proc_addr = link->u.pLayerInfo->pfnNextGetDeviceProcAddr,
	};
	link->u.pLayerInfo = link->u.pLayerInfo->pNext;
	VkResult result = meet("vkCreateDevice", VK_ERROR_INITIALIZATION_FAILED);
	if (result == VK_SUCCESS)
		result = ((PFN_vkCreateDevice)below.get_instance_proc_addr(find(physical).instance, "vkCreateDevice"))(
			physical, info, callbacks, device);
	if (result == VK_SUCCESS) {
		below.key = key_of(*device);
		below.device = *device;
		load_next(&below, get_from_device);
		below.destroy_device = (PFN_vkDestroyDevice)get_from_device(&below, "vkDestroyDevice");
		put(&below);
	}
	return result;
}

static VKAPI_ATTR void VKAPI_CALL fail_DestroyDevice(VkDevice device, const VkAllocationCallbacks *callbacks) {
	if (!device)
		return;
	struct below below = take(device);
	below.destroy_device(device, callbacks);
}

/* The hook of a command that the next layer has. */
static PFN_vkVoidFunction hook(const char *name, PFN_vkVoidFunction next) {
	for (size_t i = 0; next && i < sizeof(hooks) / sizeof(hooks[0]); i++)
		if (is_called(name, hooks[i].name))
			return hooks[i].function;
	return next;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_device_proc_addr(VkDevice device, const char *name) {
	if (strcmp(name, "vkGetDeviceProcAddr") == 0)
		return (PFN_vkVoidFunction)get_device_proc_addr;
	if (strcmp(name, "vkDestroyDevice") == 0)
		return (PFN_vkVoidFunction)fail_DestroyDevice;
	return hook(name, find(device).get_device_proc_addr(device, name));
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_instance_proc_addr(VkInstance instance, const char *name) {
	static const struct {
		const char *name;
		PFN_vkVoidFunction function;
	} own[] = {
		{"vkGetInstanceProcAddr", (PFN_vkVoidFunction)get_instance_proc_addr},
		{"vkCreateInstance", (PFN_vkVoidFunction)fail_CreateInstance},
		{"vkDestroyInstance", (PFN_vkVoidFunction)fail_DestroyInstance},
		{"vkCreateDevice", (PFN_vkVoidFunction)fail_CreateDevice},
		{"vkGetDeviceProcAddr", (PFN_vkVoidFunction)get_device_proc_addr},
		{"vkDestroyDevice", (PFN_vkVoidFunction)fail_DestroyDevice},
	};
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strcmp(name, own[i].name) == 0)
			return own[i].function;
	return instance ? hook(name, find(instance).get_instance_proc_addr(instance, name)) : NULL;
}

FAILING_API VKAPI_ATTR VkResult VKAPI_CALL vkNegotiateLoaderLayerInterfaceVersion(
	VkNegotiateLayerInterface *pVersionStruct) {
	pVersionStruct->loaderLayerInterfaceVersion = 2;
	pVersionStruct->pfnGetInstanceProcAddr = get_instance_proc_addr;
	pVersionStruct->pfnGetDeviceProcAddr = get_device_proc_addr;
	pVersionStruct->pfnGetPhysicalDeviceProcAddr = NULL;
	return VK_SUCCESS;
}
