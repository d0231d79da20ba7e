/* SPDX-License-Identifier: MIT */
/* The layer for tests: passes calls on, counts, records and fails them. */
#include "test_layer.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tongs/vulkan_metal.h>
#include <vulkan/vk_layer.h>

#include "commands.h"
#include "layer/commands.h"

enum command {
#define NAME(name, ...) COMMAND_##name,
	RESULT_COMMANDS(NAME) VOID_COMMANDS(NAME) COMMAND_WaitForFences,
	COMMAND_COUNT
#undef NAME
};

/* The next layer's commands for one instance or device. The table at the head of every dispatchable object is the key.
 */
struct below {
	const void *key; /* NULL: unused */
	PFN_vkGetInstanceProcAddr get_instance_proc_addr;
	PFN_vkGetDeviceProcAddr get_device_proc_addr;
	VkInstance instance;
	VkDevice device;
	PFN_vkDestroyInstance destroy_instance;
	PFN_vkDestroyDevice destroy_device;
	PFN_vkVoidFunction next[COMMAND_COUNT];
};

enum { MAX_BELOW = 64 };

struct test_layer_queries test_layer_queries;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards all that follows */
static struct below all[MAX_BELOW];
static uint64_t left = UINT64_MAX; /* calls before the one that fails */
static enum failure chosen_failure;
static const char *failed;
static long live;
static FILE *recording; /* may be NULL */

static const void *key_of(const void *object) {
	return *(const void *const *)object;
}

/* With NULL: one that is unused. */
static struct below *find_locked(const void *key) {
	for (size_t i = 0; i < MAX_BELOW; i++)
		if (all[i].key == key)
			return &all[i];
	abort();
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

static void drop(const void *object) {
	pthread_mutex_lock(&lock);
	*find_locked(key_of(object)) = (struct below){0};
	live--;
	pthread_mutex_unlock(&lock);
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

long test_layer_count_live(void) {
	pthread_mutex_lock(&lock);
	long count = live;
	pthread_mutex_unlock(&lock);
	return count;
}

/* VK_SUCCESS, or the error that this call fails with. */
static VkResult get_failure(const char *name, VkResult other) {
	const VkResult errors[] = {
		[FAILURE_HOST_MEMORY] = VK_ERROR_OUT_OF_HOST_MEMORY,
		[FAILURE_DEVICE_MEMORY] = VK_ERROR_OUT_OF_DEVICE_MEMORY,
		[FAILURE_OTHER] = other,
	};
	VkResult result = VK_SUCCESS;
	pthread_mutex_lock(&lock);
	if (left != UINT64_MAX && other != NEVER && errors[chosen_failure] != VK_SUCCESS && left-- == 0) {
		/* 0 wraps to UINT64_MAX, which disables failing. */
		result = errors[chosen_failure];
		failed = name;
	}
	pthread_mutex_unlock(&lock);
	return result;
}

void test_layer_fail_after(enum failure failure, uint64_t countdown) {
	pthread_mutex_lock(&lock);
	chosen_failure = failure;
	left = countdown;
	failed = NULL;
	pthread_mutex_unlock(&lock);
}

const char *test_layer_stop_failing(void) {
	pthread_mutex_lock(&lock);
	const char *name = failed;
	left = UINT64_MAX;
	pthread_mutex_unlock(&lock);
	return name;
}

static void start_recording(void) {
	const char *path = getenv("TONGS_TEST_RECORDING");
	pthread_mutex_lock(&lock);
	if (path && !recording && !(recording = fopen(path, "w")))
		abort();
	pthread_mutex_unlock(&lock);
}

__attribute__((format(printf, 2, 3))) static void write_record(const char *name, const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	pthread_mutex_lock(&lock);
	fprintf(recording, "%s ", name);
	vfprintf(recording, format, arguments);
	fputc('\n', recording);
	fflush(recording);
	pthread_mutex_unlock(&lock);
	va_end(arguments);
}

/* The arguments are formatted only while recording. */
#define RECORD(name, ...) \
	do { \
		if (recording) \
			write_record(name, __VA_ARGS__); \
	} while (0)
#define UNPACK(...) __VA_ARGS__

/* The structs of a chain, as " +type"; valid until the next call but one. */
static const char *chain(const void *pNext) {
	static _Thread_local char texts[2][256];
	static _Thread_local unsigned turn;
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
	static _Thread_local char text[512];
	*text = '\0';
	for (uint32_t i = 0; i < count; i++) {
		strncat(text, " ", sizeof(text) - strlen(text) - 1);
		strncat(text, list[i], sizeof(text) - strlen(text) - 1);
	}
	return text;
}

#pragma GCC diagnostic ignored "-Wformat-zero-length"

#define DEFINE(name, first, error, created, parameters, arguments, record) \
	static VKAPI_ATTR VkResult VKAPI_CALL test_##name parameters { \
		RECORD("vk" #name, UNPACK record); \
		VkResult result = get_failure("vk" #name, error); \
		if (result == VK_SUCCESS) { \
			result = ((PFN_vk##name)next_of(first, COMMAND_##name))arguments; \
			count_live(result == VK_SUCCESS ? created : 0); \
		} \
		return result; \
	}
RESULT_COMMANDS(DEFINE)
#undef DEFINE

#define DEFINE(name, first, change, parameters, arguments, record) \
	static VKAPI_ATTR void VKAPI_CALL test_##name parameters { \
		RECORD("vk" #name, UNPACK record); \
		count_live(change); \
		((PFN_vk##name)next_of(first, COMMAND_##name)) arguments; \
	}
VOID_COMMANDS(DEFINE)
#undef DEFINE

/* It waits before it fails: work that was submitted must end. */
static VKAPI_ATTR VkResult VKAPI_CALL test_WaitForFences(
	VkDevice device, uint32_t count, const VkFence *fences, VkBool32 wait_all, uint64_t timeout) {
	RECORD("vkWaitForFences", "%u", count);
	VkResult result =
		((PFN_vkWaitForFences)next_of(device, COMMAND_WaitForFences))(device, count, fences, wait_all, timeout);
	VkResult failure = get_failure("vkWaitForFences", VK_ERROR_DEVICE_LOST);
	return failure != VK_SUCCESS ? failure : result;
}

static const struct {
	const char *name;
	PFN_vkVoidFunction function;
} hooks[COMMAND_COUNT] = {
#define HOOK(name, ...) [COMMAND_##name] = {"vk" #name, (PFN_vkVoidFunction)test_##name},
	RESULT_COMMANDS(HOOK) VOID_COMMANDS(HOOK) HOOK(WaitForFences, )
#undef HOOK
};

/* The hook of a command, which has one name with and without an extension's KHR; may be NULL. */
static PFN_vkVoidFunction find_hook(const char *name) {
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		size_t length = strlen(hooks[i].name);
		if (strncmp(name, hooks[i].name, length) == 0 && (!name[length] || strcmp(name + length, "KHR") == 0))
			return hooks[i].function;
	}
	return NULL;
}

static PFN_vkVoidFunction get_from_instance(const struct below *below, const char *name) {
	return below->get_instance_proc_addr(below->instance, name);
}

static PFN_vkVoidFunction get_from_device(const struct below *below, const char *name) {
	return below->get_device_proc_addr(below->device, name);
}

/* While an instance is being created the loader returns the next layer's commands; later it looks them up from the
 * topmost layer on. */
static void load_next(struct below *below, PFN_vkVoidFunction (*get)(const struct below *below, const char *name)) {
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		char extension[64];
		snprintf(extension, sizeof(extension), "%sKHR", hooks[i].name);
		PFN_vkVoidFunction next = get(below, hooks[i].name);
		below->next[i] = next ? next : get(below, extension);
	}
}

static void count_query(VkResult result) {
	test_layer_queries.made++;
	test_layer_queries.failed += result != VK_SUCCESS;
}

static bool is_moment(enum query_moment moment) {
	return atomic_load(&test_layer_queries.moments) >> moment & 1;
}

/* A depth format, whose layout only the driver knows: whether it can be shared depends on a device. */
#define FORMAT VK_FORMAT_D16_UNORM
#define USAGE (VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT)

static void query_instance(const struct below *below) {
	PFN_vkEnumeratePhysicalDevices enumerate = (PFN_vkEnumeratePhysicalDevices)below->get_instance_proc_addr(
		below->instance, "vkEnumeratePhysicalDevices");
	PFN_vkGetPhysicalDeviceImageFormatProperties2 query =
		(PFN_vkGetPhysicalDeviceImageFormatProperties2)below->get_instance_proc_addr(
			below->instance, "vkGetPhysicalDeviceImageFormatProperties2");
	const VkPhysicalDeviceExternalImageFormatInfo external = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT,
	};
	const VkPhysicalDeviceImageFormatInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &external,
		.format = FORMAT,
		.type = VK_IMAGE_TYPE_2D,
		.tiling = VK_IMAGE_TILING_OPTIMAL,
		.usage = USAGE,
	};
	VkImageFormatProperties2 properties = {.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2};
	VkPhysicalDevice physical;
	uint32_t count = 1;
	const bool found = enumerate(below->instance, &count, &physical) >= 0 && count > 0;
	count_query(found ? query(physical, &info, &properties) : VK_ERROR_INITIALIZATION_FAILED);
}

static void query_device(const struct below *below, VkDevice device) {
	PFN_vkCreateImage create = (PFN_vkCreateImage)below->get_device_proc_addr(device, "vkCreateImage");
	PFN_vkDestroyImage destroy = (PFN_vkDestroyImage)below->get_device_proc_addr(device, "vkDestroyImage");
	PFN_vkGetImageMemoryRequirements get_requirements =
		(PFN_vkGetImageMemoryRequirements)below->get_device_proc_addr(device, "vkGetImageMemoryRequirements");
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT,
	};
	const VkImageCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.pNext = &external,
		.imageType = VK_IMAGE_TYPE_2D,
		.format = FORMAT,
		.extent = {64, 64, 1},
		.mipLevels = 1,
		.arrayLayers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.tiling = VK_IMAGE_TILING_OPTIMAL,
		.usage = USAGE,
	};
	VkImage image = VK_NULL_HANDLE;
	VkMemoryRequirements requirements = {0};
	VkResult result = create(device, &info, NULL, &image);
	if (result == VK_SUCCESS)
		get_requirements(device, image, &requirements);
	destroy(device, image, NULL);
	count_query(result == VK_SUCCESS && requirements.size == 0 ? VK_ERROR_UNKNOWN : result);
}

static VKAPI_ATTR VkResult VKAPI_CALL test_CreateInstance(
	const VkInstanceCreateInfo *info, const VkAllocationCallbacks *callbacks, VkInstance *instance) {
	VkLayerInstanceCreateInfo *link = (VkLayerInstanceCreateInfo *)info->pNext;
	while (link->sType != VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO || link->function != VK_LAYER_LINK_INFO)
		link = (VkLayerInstanceCreateInfo *)link->pNext;
	struct below below = {.get_instance_proc_addr = link->u.pLayerInfo->pfnNextGetInstanceProcAddr};
	link->u.pLayerInfo = link->u.pLayerInfo->pNext;
	start_recording();
	RECORD("vkCreateInstance", "0x%x%s:%s", info->pApplicationInfo->apiVersion, chain(info->pNext),
		names(info->enabledExtensionCount, info->ppEnabledExtensionNames));
	VkResult result = get_failure("vkCreateInstance", VK_ERROR_INITIALIZATION_FAILED);
	if (result == VK_SUCCESS)
		result = ((PFN_vkCreateInstance)below.get_instance_proc_addr(NULL, "vkCreateInstance"))(
			info, callbacks, instance);
	if (result != VK_SUCCESS)
		return result;
	test_layer_queries.instances++;
	below.key = key_of(*instance);
	below.instance = *instance;
	load_next(&below, get_from_instance);
	below.destroy_instance = (PFN_vkDestroyInstance)get_from_instance(&below, "vkDestroyInstance");
	put(&below);
	if (is_moment(QUERY_CREATE_INSTANCE))
		query_instance(&below);
	return VK_SUCCESS;
}

static VKAPI_ATTR void VKAPI_CALL test_DestroyInstance(VkInstance instance, const VkAllocationCallbacks *callbacks) {
	if (!instance)
		return;
	struct below below = find(instance);
	RECORD("vkDestroyInstance", "");
	if (is_moment(QUERY_DESTROY_INSTANCE))
		query_instance(&below);
	drop(instance);
	below.destroy_instance(instance, callbacks);
}

static VKAPI_ATTR VkResult VKAPI_CALL test_CreateDevice(VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
	const VkAllocationCallbacks *callbacks, VkDevice *device) {
	VkLayerDeviceCreateInfo *link = (VkLayerDeviceCreateInfo *)info->pNext;
	while (link->sType != VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO || link->function != VK_LAYER_LINK_INFO)
		link = (VkLayerDeviceCreateInfo *)link->pNext;
	struct below below = {
		.get_instance_proc_addr = link->u.pLayerInfo->pfnNextGetInstanceProcAddr,
		.get_device_proc_addr = link->u.pLayerInfo->pfnNextGetDeviceProcAddr,
		.instance = find(physical).instance,
	};
	link->u.pLayerInfo = link->u.pLayerInfo->pNext;
	RECORD("vkCreateDevice", "queues %u%s:%s", info->queueCreateInfoCount, chain(info->pNext),
		names(info->enabledExtensionCount, info->ppEnabledExtensionNames));
	VkResult result = get_failure("vkCreateDevice", VK_ERROR_INITIALIZATION_FAILED);
	if (result == VK_SUCCESS)
		result = ((PFN_vkCreateDevice)below.get_instance_proc_addr(below.instance, "vkCreateDevice"))(
			physical, info, callbacks, device);
	if (result != VK_SUCCESS)
		return result;
	test_layer_queries.devices++;
	below.key = key_of(*device);
	below.device = *device;
	load_next(&below, get_from_device);
	below.destroy_device = (PFN_vkDestroyDevice)get_from_device(&below, "vkDestroyDevice");
	put(&below);
	if (is_moment(QUERY_CREATE_DEVICE)) {
		query_instance(&below);
		query_device(&below, *device);
	}
	return VK_SUCCESS;
}

static VKAPI_ATTR void VKAPI_CALL test_DestroyDevice(VkDevice device, const VkAllocationCallbacks *callbacks) {
	if (!device)
		return;
	struct below below = find(device);
	RECORD("vkDestroyDevice", "");
	if (is_moment(QUERY_DESTROY_DEVICE)) {
		query_instance(&below);
		query_device(&below, device);
	}
	drop(device);
	below.destroy_device(device, callbacks);
}

/* A command that the next layer lacks is not there. */
static PFN_vkVoidFunction hook_next(const char *name, PFN_vkVoidFunction next) {
	PFN_vkVoidFunction hook = next ? find_hook(name) : NULL;
	return hook ? hook : next;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_device_proc_addr(VkDevice device, const char *name) {
	if (strcmp(name, "vkGetDeviceProcAddr") == 0)
		return (PFN_vkVoidFunction)get_device_proc_addr;
	if (strcmp(name, "vkDestroyDevice") == 0)
		return (PFN_vkVoidFunction)test_DestroyDevice;
	return hook_next(name, find(device).get_device_proc_addr(device, name));
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_instance_proc_addr(VkInstance instance, const char *name) {
	static const struct {
		const char *name;
		PFN_vkVoidFunction function;
	} own[] = {
		{"vkGetInstanceProcAddr", (PFN_vkVoidFunction)get_instance_proc_addr},
		{"vkCreateInstance", (PFN_vkVoidFunction)test_CreateInstance},
		{"vkDestroyInstance", (PFN_vkVoidFunction)test_DestroyInstance},
		{"vkCreateDevice", (PFN_vkVoidFunction)test_CreateDevice},
		{"vkGetDeviceProcAddr", (PFN_vkVoidFunction)get_device_proc_addr},
		{"vkDestroyDevice", (PFN_vkVoidFunction)test_DestroyDevice},
	};
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strcmp(name, own[i].name) == 0)
			return own[i].function;
	return instance ? hook_next(name, find(instance).get_instance_proc_addr(instance, name)) : NULL;
}

/* Whether a command that Tongs calls is recorded, or need not be: that of a chain, and those that no test here uses. */
static bool is_recorded(const char *name) {
	static const char *const others[] = {"vkMapMemory2", "vkUnmapMemory2", "vkGetDeviceImageSubresourceLayout",
		"vkGetDeviceImageSparseMemoryRequirements", "vkDestroyInstance", "vkDestroyDevice", "vkCreateDevice",
		"vkGetSemaphoreCounterValue", "vkSignalSemaphore", "vkWaitSemaphores", "vkGetEventStatus",
		"vkSetEvent"};
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (strcmp(name, others[i]) == 0)
			return true;
	const bool recorded = find_hook(name) || strstr(name, "DebugUtils") || strstr(name, "Metal");
	if (!recorded)
		fprintf(stderr, "%s: no hook for %s\n", TEST_LAYER_NAME, name);
	return recorded;
}

TEST_LAYER_API VKAPI_ATTR VkResult VKAPI_CALL vkNegotiateLoaderLayerInterfaceVersion(
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
