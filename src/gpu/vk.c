/* SPDX-License-Identifier: MIT */
/* Loads the Vulkan library, makes the module's instance, and tells a layer which calls are ours. */
#include "gpu/vk.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include <tongs/version.h>

#include "base/fork.h"
#include "base/log.h"
#include "gpu/gpu.h"

static _Thread_local unsigned depth;

static pthread_once_t library_once = PTHREAD_ONCE_INIT;
static PFN_vkGetInstanceProcAddr get_instance_proc_addr; /* set once; NULL: no library */

/* Held in vkCreateInstance and vkDestroyInstance, which take the loader's lock. So whatever may run inside a command
 * for which the loader holds that must not take it, here by tongs_vk_ref or tongs_vk_unref: letting go of a device
 * leaves both to the reaper. Those who make devices, and the reaper, come from outside of Vulkan. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tongs_vk vk;   /* guarded by lock until instance_refs > 0, then constant until it is 0 again */
static size_t instance_refs; /* guarded by lock */

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_VK, NULL);

void tongs_vk_enter(void) {
	depth++;
}

void tongs_vk_leave(void) {
	depth--;
}

bool tongs_gpu_is_own_call(void) {
	return depth > 0;
}

const char *tongs_vk_result_name(VkResult result) {
#define NAME(name) \
	case name: \
		return #name;
	switch (result) {
		NAME(VK_SUCCESS)
		NAME(VK_INCOMPLETE)
		NAME(VK_ERROR_OUT_OF_HOST_MEMORY)
		NAME(VK_ERROR_OUT_OF_DEVICE_MEMORY)
		NAME(VK_ERROR_INITIALIZATION_FAILED)
		NAME(VK_ERROR_DEVICE_LOST)
		NAME(VK_ERROR_MEMORY_MAP_FAILED)
		NAME(VK_ERROR_LAYER_NOT_PRESENT)
		NAME(VK_ERROR_EXTENSION_NOT_PRESENT)
		NAME(VK_ERROR_FEATURE_NOT_PRESENT)
		NAME(VK_ERROR_INCOMPATIBLE_DRIVER)
		NAME(VK_ERROR_TOO_MANY_OBJECTS)
		NAME(VK_ERROR_FORMAT_NOT_SUPPORTED)
		NAME(VK_ERROR_INVALID_EXTERNAL_HANDLE)
	default:
		return "an unknown VkResult";
	}
#undef NAME
}

/* dlsym gives an object pointer, which ISO C does not let one convert. */
static PFN_vkVoidFunction symbol(void *library, const char *name) {
	PFN_vkVoidFunction function;
	void *address = dlsym(library, name);
	memcpy(&function, &address, sizeof(function));
	return function;
}

static void load_library(void) {
	tongs_vk_enter();
	void *library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
	if (library)
		get_instance_proc_addr = (PFN_vkGetInstanceProcAddr)symbol(library, "vkGetInstanceProcAddr");
	tongs_vk_leave();
}

static bool load_instance_functions(struct tongs_vk *table, VkInstance instance) {
	bool complete = true;
	table->instance = instance;
#define LOAD(name) \
	table->name = (PFN_vk##name)get_instance_proc_addr(instance, "vk" #name); \
	complete &= table->name != NULL;
	TONGS_VK_INSTANCE_FUNCTIONS(LOAD)
#undef LOAD
	return complete;
}

bool tongs_vk_device_init(struct tongs_vk_device *vkd, const struct tongs_vk *table, VkDevice device) {
	bool complete = true;
	vkd->device = device;
#define LOAD(name) \
	vkd->name = (PFN_vk##name)table->GetDeviceProcAddr(device, "vk" #name); \
	complete &= vkd->name != NULL;
	tongs_vk_enter();
	TONGS_VK_DEVICE_FUNCTIONS(LOAD)
	tongs_vk_leave();
#undef LOAD
	return complete;
}

static VkResult create_instance(struct tongs_vk *table) {
	PFN_vkEnumerateInstanceVersion enumerate_version =
		(PFN_vkEnumerateInstanceVersion)get_instance_proc_addr(NULL, "vkEnumerateInstanceVersion");
	PFN_vkCreateInstance create = (PFN_vkCreateInstance)get_instance_proc_addr(NULL, "vkCreateInstance");
	uint32_t version = VK_API_VERSION_1_0;
	if (!create || !enumerate_version || enumerate_version(&version) != VK_SUCCESS || version < VK_API_VERSION_1_1)
		return VK_ERROR_INCOMPATIBLE_DRIVER;

	const VkApplicationInfo application = {
		.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
		.pApplicationName = "libtongs",
		.applicationVersion =
			VK_MAKE_API_VERSION(0, TONGS_VERSION_MAJOR, TONGS_VERSION_MINOR, TONGS_VERSION_PATCH),
		.apiVersion = VK_API_VERSION_1_2,
	};
	const VkInstanceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
		.pApplicationInfo = &application,
	};
	VkInstance instance;
	VkResult result = create(&info, NULL, &instance);
	if (result != VK_SUCCESS)
		return result;
	if (!load_instance_functions(table, instance)) {
		if (table->DestroyInstance)
			table->DestroyInstance(instance, NULL);
		return VK_ERROR_INCOMPATIBLE_DRIVER;
	}
	return VK_SUCCESS;
}

VkResult tongs_vk_try_ref(const struct tongs_vk **reference) {
	*reference = NULL;
	pthread_once(&library_once, load_library);
	if (!get_instance_proc_addr) {
		tongs_log_error("Vulkan is needed, and libvulkan.so.1 cannot be loaded: install the Vulkan loader "
				"(Debian: libvulkan1)");
		return VK_ERROR_INCOMPATIBLE_DRIVER;
	}
	VkResult result = VK_SUCCESS;
	pthread_mutex_lock(&lock);
	if (instance_refs == 0) {
		tongs_vk_enter();
		result = create_instance(&vk);
		tongs_vk_leave();
	}
	if (result == VK_SUCCESS)
		instance_refs++;
	pthread_mutex_unlock(&lock);
	if (result != VK_SUCCESS) {
		tongs_log_error("no Vulkan 1.1 instance can be made (%s): install a Vulkan driver (Debian: "
				"mesa-vulkan-drivers)",
			tongs_vk_result_name(result));
		return result;
	}
	*reference = &vk;
	return VK_SUCCESS;
}

const struct tongs_vk *tongs_vk_ref(void) {
	const struct tongs_vk *reference;
	tongs_vk_try_ref(&reference);
	return reference;
}

void tongs_vk_unref(void) {
	pthread_mutex_lock(&lock);
	if (--instance_refs == 0) {
		tongs_vk_enter();
		vk.DestroyInstance(vk.instance, NULL);
		tongs_vk_leave();
	}
	pthread_mutex_unlock(&lock);
}
