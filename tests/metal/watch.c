/* SPDX-License-Identifier: MIT */
/* Functions between libtongs and Vulkan's drivers, by the linker's --wrap. */
#define _GNU_SOURCE /* dladdr */
#include "watch.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "vulkan/caps.h"
#include "support.h"

struct watch watch;

/* What a driver has, by its library, which may be loaded again and lie elsewhere then. */
enum { MAX_DRIVERS = 32 }; /* more than a distribution installs */
static struct driver {
	char library[256];
	_Atomic(PFN_vkGetInstanceProcAddr) get_instance_proc_addr;
	_Atomic(PFN_vkGetDeviceProcAddr) get_device_proc_addr;
	_Atomic(PFN_vkCreateInstance) create_instance;
	_Atomic(PFN_vkDestroyInstance) destroy_instance;
	_Atomic(PFN_vkCreateDevice) create_device;
	_Atomic(PFN_vkDestroyDevice) destroy_device;
} drivers[MAX_DRIVERS];
static size_t driver_count;
static pthread_mutex_t drivers_lock = PTHREAD_MUTEX_INITIALIZER;

static VkResult create_instance(struct driver *driver, const VkInstanceCreateInfo *info,
	const VkAllocationCallbacks *callbacks, VkInstance *instance) {
	if (watch.instance_result != VK_SUCCESS)
		return watch.instance_result;
	VkResult result = atomic_load(&driver->create_instance)(info, callbacks, instance);
	watch.instances_made += result == VK_SUCCESS;
	return result;
}

static void destroy_instance(struct driver *driver, VkInstance instance, const VkAllocationCallbacks *callbacks) {
	atomic_load (&driver->destroy_instance)(instance, callbacks);
	watch.instances_gone++;
}

static VkResult create_device(struct driver *driver, VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
	const VkAllocationCallbacks *callbacks, VkDevice *device) {
	void (*before)(void) = watch.before_device_comes;
	if (before)
		before();
	if (watch.device_result != VK_SUCCESS)
		return watch.device_result;
	VkResult result = atomic_load(&driver->create_device)(physical, info, callbacks, device);
	watch.devices_made += result == VK_SUCCESS;
	return result;
}

static void destroy_device(struct driver *driver, VkDevice device, const VkAllocationCallbacks *callbacks) {
	void (*before)(void) = watch.before_device_goes;
	if (before)
		before();
	atomic_load (&driver->destroy_device)(device, callbacks);
	watch.devices_gone++;
}

/* One set of functions for each driver: a driver's calls do not say whose they are. */
#define DRIVER(n) \
	static VKAPI_ATTR VkResult VKAPI_CALL create_instance_##n( \
		const VkInstanceCreateInfo *info, const VkAllocationCallbacks *callbacks, VkInstance *instance) { \
		return create_instance(&drivers[n], info, callbacks, instance); \
	} \
	static VKAPI_ATTR void VKAPI_CALL destroy_instance_##n( \
		VkInstance instance, const VkAllocationCallbacks *callbacks) { \
		destroy_instance(&drivers[n], instance, callbacks); \
	} \
	static VKAPI_ATTR VkResult VKAPI_CALL create_device_##n(VkPhysicalDevice physical, \
		const VkDeviceCreateInfo *info, const VkAllocationCallbacks *callbacks, VkDevice *device) { \
		return create_device(&drivers[n], physical, info, callbacks, device); \
	} \
	static VKAPI_ATTR void VKAPI_CALL destroy_device_##n( \
		VkDevice device, const VkAllocationCallbacks *callbacks) { \
		destroy_device(&drivers[n], device, callbacks); \
	} \
	static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_device_proc_addr_##n(VkDevice device, const char *name) { \
		PFN_vkVoidFunction function = atomic_load(&drivers[n].get_device_proc_addr)(device, name); \
		if (strcmp(name, "vkDestroyDevice") != 0) \
			return function; \
		drivers[n].destroy_device = (PFN_vkDestroyDevice)function; \
		return (PFN_vkVoidFunction)destroy_device_##n; \
	} \
	static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_instance_proc_addr_##n( \
		VkInstance instance, const char *name) { \
		PFN_vkVoidFunction function = atomic_load(&drivers[n].get_instance_proc_addr)(instance, name); \
		WATCH(n, "vkCreateInstance", create_instance, PFN_vkCreateInstance) \
		WATCH(n, "vkDestroyInstance", destroy_instance, PFN_vkDestroyInstance) \
		WATCH(n, "vkCreateDevice", create_device, PFN_vkCreateDevice) \
		WATCH(n, "vkGetDeviceProcAddr", get_device_proc_addr, PFN_vkGetDeviceProcAddr) \
		return function; \
	}
#define WATCH(n, command, member, type) \
	if (function && strcmp(name, command) == 0) { \
		drivers[n].member = (type)function; \
		return (PFN_vkVoidFunction)member##_##n; \
	}
DRIVER(0)
DRIVER(1)
DRIVER(2)
DRIVER(3)
DRIVER(4)
DRIVER(5)
DRIVER(6)
DRIVER(7)
DRIVER(8)
DRIVER(9)
DRIVER(10)
DRIVER(11)
DRIVER(12)
DRIVER(13)
DRIVER(14)
DRIVER(15)
DRIVER(16)
DRIVER(17)
DRIVER(18)
DRIVER(19)
DRIVER(20)
DRIVER(21)
DRIVER(22)
DRIVER(23)
DRIVER(24)
DRIVER(25)
DRIVER(26)
DRIVER(27)
DRIVER(28)
DRIVER(29)
DRIVER(30)
DRIVER(31)

static const PFN_vkGetInstanceProcAddr watched[MAX_DRIVERS] = {
	get_instance_proc_addr_0,
	get_instance_proc_addr_1,
	get_instance_proc_addr_2,
	get_instance_proc_addr_3,
	get_instance_proc_addr_4,
	get_instance_proc_addr_5,
	get_instance_proc_addr_6,
	get_instance_proc_addr_7,
	get_instance_proc_addr_8,
	get_instance_proc_addr_9,
	get_instance_proc_addr_10,
	get_instance_proc_addr_11,
	get_instance_proc_addr_12,
	get_instance_proc_addr_13,
	get_instance_proc_addr_14,
	get_instance_proc_addr_15,
	get_instance_proc_addr_16,
	get_instance_proc_addr_17,
	get_instance_proc_addr_18,
	get_instance_proc_addr_19,
	get_instance_proc_addr_20,
	get_instance_proc_addr_21,
	get_instance_proc_addr_22,
	get_instance_proc_addr_23,
	get_instance_proc_addr_24,
	get_instance_proc_addr_25,
	get_instance_proc_addr_26,
	get_instance_proc_addr_27,
	get_instance_proc_addr_28,
	get_instance_proc_addr_29,
	get_instance_proc_addr_30,
	get_instance_proc_addr_31,
};

static size_t find_driver(const char *library) {
	size_t i = 0;
	pthread_mutex_lock(&drivers_lock);
	while (i < driver_count && strcmp(drivers[i].library, library) != 0)
		i++;
	if (i == driver_count) {
		assert_true(driver_count < MAX_DRIVERS);
		snprintf(drivers[driver_count++].library, sizeof(drivers[i].library), "%s", library);
	}
	pthread_mutex_unlock(&drivers_lock);
	return i;
}

void *__real_dlsym(void *library, const char *name);
void *__wrap_dlsym(void *library, const char *name);

void *__wrap_dlsym(void *library, const char *name) {
	void *address = __real_dlsym(library, name);
	Dl_info info;
	if (!address || strcmp(name, "vk_icdGetInstanceProcAddr") != 0 || !dladdr(address, &info))
		return address;
	size_t i = find_driver(info.dli_fname);
	PFN_vkGetInstanceProcAddr real;
	memcpy(&real, &address, sizeof(real));
	drivers[i].get_instance_proc_addr = real;
	memcpy(&address, &watched[i], sizeof(address));
	return address;
}

struct tongs_own_caps *__real_tongs_own_caps_get(const struct tongs_vk_id *id);
struct tongs_own_caps *__wrap_tongs_own_caps_get(const struct tongs_vk_id *id);

struct tongs_own_caps *__wrap_tongs_own_caps_get(const struct tongs_vk_id *id) {
	void (*before)(void) = watch.before_device_is_added;
	if (before)
		before();
	return __real_tongs_own_caps_get(id);
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
	if (watch.no_threads)
		return EAGAIN;
	watch.threads_started++;
	return __real_pthread_create(thread, attributes, start, argument);
}

int __real_atexit(void (*handler)(void));
int __wrap_atexit(void (*handler)(void));

int __wrap_atexit(void (*handler)(void)) {
	return watch.no_handlers ? -1 : __real_atexit(handler);
}

int __real_pthread_cond_clockwait(
	pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until);
int __wrap_pthread_cond_clockwait(
	pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until);

int __wrap_pthread_cond_clockwait(
	pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until) {
	watch.timed_waits++;
	return __real_pthread_cond_clockwait(condition, mutex, clock, until);
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
