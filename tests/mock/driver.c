/* SPDX-License-Identifier: MIT */
/* The driver's entry points: each command is a hook of ours or lavapipe's own. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mock.h"

#define EXPORT __attribute__((visibility("default"))) VKAPI_ATTR

EXPORT PFN_vkVoidFunction VKAPI_CALL vk_icdGetInstanceProcAddr(VkInstance instance, const char *name);
EXPORT PFN_vkVoidFunction VKAPI_CALL vk_icdGetPhysicalDeviceProcAddr(VkInstance instance, const char *name);
EXPORT VkResult VKAPI_CALL vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *version);

struct mock_next mock_next;

enum { DEVICE_LISTS = 7 };
static const struct mock_hook *const device_lists[DEVICE_LISTS] = {mock_memory_hooks, mock_page_hooks,
	mock_mapping_hooks, mock_resource_hooks, mock_copy_hooks, mock_semaphore_hooks, mock_rendering_hooks};

static struct {
	PFN_vkGetInstanceProcAddr get_instance_proc_addr, get_physical_device_proc_addr;
	VkResult(VKAPI_PTR *negotiate)(uint32_t *version);
	PFN_vkCreateInstance create_instance;
	PFN_vkGetDeviceProcAddr get_device_proc_addr;
} lavapipe;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the initialization of mock_next */

static void open_lavapipe(void) {
	mock_choose_profile();
	const char *path = getenv("TONGS_MOCK_DRIVER");
	void *library = dlopen(path ? path : "libvulkan_lvp.so", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!library) {
		fprintf(stderr, "mock: %s\n", dlerror());
		abort();
	}
	*(void **)&lavapipe.get_instance_proc_addr = dlsym(library, "vk_icdGetInstanceProcAddr");
	*(void **)&lavapipe.get_physical_device_proc_addr = dlsym(library, "vk_icdGetPhysicalDeviceProcAddr");
	*(void **)&lavapipe.negotiate = dlsym(library, "vk_icdNegotiateLoaderICDInterfaceVersion");
	lavapipe.create_instance =
		(PFN_vkCreateInstance)lavapipe.get_instance_proc_addr(VK_NULL_HANDLE, "vkCreateInstance");
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_device_proc_addr(VkDevice device, const char *name);

static bool is_called(const struct mock_hook *hook, const char *name) {
	size_t length = strlen(hook->name);
	return strncmp(name, hook->name, length) == 0 && (!name[length] || strcmp(name + length, hook->suffix) == 0);
}

static bool is_hidden(const char *name) {
	static const struct {
		const char *command, *extension;
	} rows[] = {
		{"vkGetMemoryHostPointerPropertiesEXT", VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME},
		{"vkGetMemoryFdKHR", VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME},
		{"vkGetMemoryFdPropertiesKHR", VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME},
		{"vkGetSemaphoreFdKHR", VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME},
		{"vkImportSemaphoreFdKHR", VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME},
		{"vkCmdBeginRenderingKHR", VK_KHR_DYNAMIC_RENDERING_EXTENSION_NAME},
		{"vkCmdEndRenderingKHR", VK_KHR_DYNAMIC_RENDERING_EXTENSION_NAME},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].command, name) == 0)
			return mock_hides(rows[i].extension);
	if (strcmp(name, "vkCmdBeginRendering") == 0 || strcmp(name, "vkCmdEndRendering") == 0)
		return mock_get_version(VK_API_VERSION_1_3) < VK_API_VERSION_1_3;
	return false;
}

static const struct mock_hook *find_hook(const struct mock_hook *hooks, const char *name) {
	while (hooks->name && !is_called(hooks, name))
		hooks++;
	return hooks->name ? hooks : NULL;
}

/* Commands that lavapipe lacks. */
static bool is_ours(const char *name) {
	return mock_shares_timelines() &&
	       (strcmp(name, "vkGetSemaphoreFdKHR") == 0 || strcmp(name, "vkImportSemaphoreFdKHR") == 0);
}

/* Our hook, if lavapipe has the command or it is ours. */
static PFN_vkVoidFunction choose(const char *name, PFN_vkVoidFunction function, bool physical_only) {
	if ((!function && (physical_only || !is_ours(name))) || is_hidden(name))
		return NULL;
	const struct mock_hook *hook = find_hook(mock_physical_device_hooks, name);
	for (size_t i = 0; i < DEVICE_LISTS && !hook && !physical_only; i++)
		hook = find_hook(device_lists[i], name);
	if (!hook && !physical_only && strcmp(name, "vkGetDeviceProcAddr") == 0)
		return (PFN_vkVoidFunction)get_device_proc_addr;
	return hook ? hook->function : function;
}

static void find_next_of(VkInstance instance, const struct mock_hook *hook) {
	char name[64];
	snprintf(name, sizeof(name), "%s%s", hook->name, hook->suffix);
	if (!*hook->next)
		*hook->next = lavapipe.get_instance_proc_addr(instance, hook->name);
	if (!*hook->next)
		*hook->next = lavapipe.get_instance_proc_addr(instance, name);
}

/* An older version of an instance hides commands that a newer one has: keep what any instance returned. */
static void find_next(VkInstance instance) {
	pthread_mutex_lock(&lock);
	for (const struct mock_hook *hook = mock_physical_device_hooks; hook->name; hook++)
		find_next_of(instance, hook);
	for (size_t i = 0; i < DEVICE_LISTS; i++)
		for (const struct mock_hook *hook = device_lists[i]; hook->name; hook++)
			find_next_of(instance, hook);
	lavapipe.get_device_proc_addr =
		(PFN_vkGetDeviceProcAddr)lavapipe.get_instance_proc_addr(instance, "vkGetDeviceProcAddr");
	pthread_mutex_unlock(&lock);
}

static VkResult VKAPI_CALL create_instance(
	const VkInstanceCreateInfo *info, const VkAllocationCallbacks *callbacks, VkInstance *instance) {
	VkResult result = lavapipe.create_instance(info, callbacks, instance);
	if (result == VK_SUCCESS)
		find_next(*instance);
	return result;
}

static PFN_vkVoidFunction VKAPI_CALL get_device_proc_addr(VkDevice device, const char *name) {
	return choose(name, lavapipe.get_device_proc_addr(device, name), false);
}

PFN_vkVoidFunction VKAPI_CALL vk_icdGetInstanceProcAddr(VkInstance instance, const char *name) {
	pthread_once(&once, open_lavapipe);
	if (strcmp(name, "vkCreateInstance") == 0)
		return (PFN_vkVoidFunction)create_instance;
	if (strcmp(name, "vkGetInstanceProcAddr") == 0)
		return (PFN_vkVoidFunction)vk_icdGetInstanceProcAddr;
	return choose(name, lavapipe.get_instance_proc_addr(instance, name), false);
}

PFN_vkVoidFunction VKAPI_CALL vk_icdGetPhysicalDeviceProcAddr(VkInstance instance, const char *name) {
	pthread_once(&once, open_lavapipe);
	return choose(name, lavapipe.get_physical_device_proc_addr(instance, name), true);
}

VkResult VKAPI_CALL vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *version) {
	pthread_once(&once, open_lavapipe);
	if (*version > 5)
		*version = 5;
	return lavapipe.negotiate(version);
}
