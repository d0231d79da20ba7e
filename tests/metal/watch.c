/* SPDX-License-Identifier: MIT */
/* What stands between libtongs and the Vulkan loader: three functions, by the linker's --wrap. */
#include "watch.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "support.h"

struct watch watch;

/* The same at every call. */
static PFN_vkGetInstanceProcAddr get_instance_proc_addr;
static _Atomic(PFN_vkGetDeviceProcAddr) get_device_proc_addr;
static _Atomic(PFN_vkCreateInstance) create_instance;
static _Atomic(PFN_vkDestroyInstance) destroy_instance;
static _Atomic(PFN_vkCreateDevice) create_device;
static _Atomic(PFN_vkDestroyDevice) destroy_device;

static VKAPI_ATTR VkResult VKAPI_CALL watch_CreateInstance(
	const VkInstanceCreateInfo *info, const VkAllocationCallbacks *callbacks, VkInstance *instance) {
	VkResult result = atomic_load(&create_instance)(info, callbacks, instance);
	watch.instances_made += result == VK_SUCCESS;
	return result;
}

static VKAPI_ATTR void VKAPI_CALL watch_DestroyInstance(VkInstance instance, const VkAllocationCallbacks *callbacks) {
	atomic_load (&destroy_instance)(instance, callbacks);
	watch.instances_gone++;
}

static VKAPI_ATTR VkResult VKAPI_CALL watch_CreateDevice(VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
	const VkAllocationCallbacks *callbacks, VkDevice *device) {
	VkResult result = atomic_load(&create_device)(physical, info, callbacks, device);
	watch.devices_made += result == VK_SUCCESS;
	return result;
}

static VKAPI_ATTR void VKAPI_CALL watch_DestroyDevice(VkDevice device, const VkAllocationCallbacks *callbacks) {
	void (*before)(void) = watch.before_device_goes;
	if (before)
		before();
	atomic_load (&destroy_device)(device, callbacks);
	watch.devices_gone++;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL watch_GetDeviceProcAddr(VkDevice device, const char *name) {
	PFN_vkVoidFunction function = atomic_load(&get_device_proc_addr)(device, name);
	if (strcmp(name, "vkDestroyDevice") != 0)
		return function;
	destroy_device = (PFN_vkDestroyDevice)function;
	return (PFN_vkVoidFunction)watch_DestroyDevice;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL watch_GetInstanceProcAddr(VkInstance instance, const char *name) {
	PFN_vkVoidFunction function = get_instance_proc_addr(instance, name);
#define WATCH(command, real) \
	if (strcmp(name, "vk" #command) == 0) { \
		real = (PFN_vk##command)function; \
		return (PFN_vkVoidFunction)watch_##command; \
	}
	WATCH(CreateInstance, create_instance)
	WATCH(DestroyInstance, destroy_instance)
	WATCH(CreateDevice, create_device)
	WATCH(GetDeviceProcAddr, get_device_proc_addr)
#undef WATCH
	return function;
}

PFN_vkVoidFunction watch_get_unwatched(VkInstance instance, const char *name) {
	return get_instance_proc_addr(instance, name);
}

void *__real_dlsym(void *library, const char *name);
void *__wrap_dlsym(void *library, const char *name);

void *__wrap_dlsym(void *library, const char *name) {
	void *address = __real_dlsym(library, name);
	PFN_vkGetInstanceProcAddr watched = watch_GetInstanceProcAddr;
	if (!address || strcmp(name, "vkGetInstanceProcAddr") != 0)
		return address;
	memcpy(&get_instance_proc_addr, &address, sizeof(address));
	memcpy(&address, &watched, sizeof(address));
	return address;
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
	if (watch.no_threads)
		return EAGAIN;
	watch.threads_started++;
	return __real_pthread_create(thread, attributes, start, argument);
}

int __real_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until);
int __wrap_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until);

int __wrap_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until) {
	watch.timed_waits++;
	return __real_pthread_cond_timedwait(condition, mutex, until);
}

size_t count_own(const char *name) {
	char path[64];
	size_t count = 0;
	snprintf(path, sizeof(path), "/proc/self/%s", name);
	DIR *folder = opendir(path);
	assert_non_null(folder);
	for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
		count += entry->d_name[0] != '.';
	closedir(folder);
	return count;
}

void wait_until(bool (*condition)(void)) {
	while (!condition())
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}
