/* SPDX-License-Identifier: MIT */
/* lavapipe behind older interfaces of drivers. INTERFACE 0: a Vulkan library by itself. 1: an entry of its own, and no
 * negotiation. 7: negotiation that is not exported. -1: negotiation that fails. -2: instance creation that fails. -3:
 * Vulkan 1.0, before its version could be queried. -4: instance creation that reports no hardware for the driver. -5:
 * exactly Vulkan 1.1, instance and device. -6: Vulkan 1.0, when its version is queried. -7: a device of Vulkan 1.0. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <vulkan/vulkan_core.h>

#define EXPORT __attribute__((visibility("default"))) VKAPI_ATTR

static PFN_vkGetInstanceProcAddr next;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void open_lavapipe(void) {
	void *library = dlopen("libvulkan_lvp.so", RTLD_NOW | RTLD_LOCAL);
	void *address = library ? dlsym(library, "vk_icdGetInstanceProcAddr") : NULL;
	if (!address)
		abort();
	memcpy(&next, &address, sizeof(next));
}

VkResult VKAPI_CALL vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *version);
#if INTERFACE < 0
EXPORT
#else
__attribute__((visibility("hidden")))
#endif
VkResult VKAPI_CALL vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *version) {
	if (*version > 7)
		*version = 7;
	return INTERFACE == -1 ? VK_ERROR_INCOMPATIBLE_DRIVER : VK_SUCCESS;
}

#if INTERFACE == -2 || INTERFACE == -4
static VKAPI_ATTR VkResult VKAPI_CALL refuse(
	const VkInstanceCreateInfo *info, const VkAllocationCallbacks *callbacks, VkInstance *instance) {
	(void)info;
	(void)callbacks;
	(void)instance;
	return INTERFACE == -2 ? VK_ERROR_INITIALIZATION_FAILED : VK_ERROR_INCOMPATIBLE_DRIVER;
}
#endif

#if INTERFACE == -5 || INTERFACE == -6
static VKAPI_ATTR VkResult VKAPI_CALL enumerate_version(uint32_t *version) {
	*version = INTERFACE == -5 ? VK_API_VERSION_1_1 : VK_MAKE_API_VERSION(0, 1, 0, VK_HEADER_VERSION);
	return VK_SUCCESS;
}
#endif

#if INTERFACE == -5 || INTERFACE == -7
static PFN_vkGetPhysicalDeviceProperties next_properties;

static VKAPI_ATTR void VKAPI_CALL get_properties(VkPhysicalDevice physical, VkPhysicalDeviceProperties *properties) {
	next_properties(physical, properties);
	properties->apiVersion = INTERFACE == -5 ? VK_API_VERSION_1_1 : VK_MAKE_API_VERSION(0, 1, 0, VK_HEADER_VERSION);
}
#endif

#if INTERFACE == 0
#define ENTRY vkGetInstanceProcAddr
#else
#define ENTRY vk_icdGetInstanceProcAddr
#endif
EXPORT PFN_vkVoidFunction VKAPI_CALL ENTRY(VkInstance instance, const char *name);

PFN_vkVoidFunction VKAPI_CALL ENTRY(VkInstance instance, const char *name) {
	pthread_once(&once, open_lavapipe);
	if (INTERFACE == 7 && strcmp(name, "vk_icdNegotiateLoaderICDInterfaceVersion") == 0)
		return (PFN_vkVoidFunction)vk_icdNegotiateLoaderICDInterfaceVersion;
	if (INTERFACE == -3 && strcmp(name, "vkEnumerateInstanceVersion") == 0)
		return NULL;
#if INTERFACE == -2 || INTERFACE == -4
	if (strcmp(name, "vkCreateInstance") == 0)
		return (PFN_vkVoidFunction)refuse;
#endif
#if INTERFACE == -5 || INTERFACE == -6
	if (strcmp(name, "vkEnumerateInstanceVersion") == 0)
		return (PFN_vkVoidFunction)enumerate_version;
#endif
#if INTERFACE == -5 || INTERFACE == -7
	if (strcmp(name, "vkGetPhysicalDeviceProperties") == 0) {
		next_properties = (PFN_vkGetPhysicalDeviceProperties)next(instance, name);
		return next_properties ? (PFN_vkVoidFunction)get_properties : NULL;
	}
#endif
	return next(instance, name);
}
