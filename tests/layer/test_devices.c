/* SPDX-License-Identifier: MIT */
/* Devices made and destroyed by several threads at once. The Vulkan loader admits one thread at a time, so these tests
 * run without it, above the fake driver with devices of several kinds, which return different results. */
#include "harness.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <tongs/layer.h>

#include "fake_stack.h"

enum {
	THREADS = 2, /* more would wait for one another's time on a small machine */
	ROUNDS = 40000,
	KINDS = 3,  /* of devices */
	AT_ONCE = 3 /* of a thread */
};

struct dispatchable {
	const void *table; /* its own, by which the layer knows it */
	char own;
};

static struct stack stack;
static atomic_size_t live;

static VkResult VKAPI_CALL create_device(VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
	const VkAllocationCallbacks *callbacks, VkDevice *device) {
	(void)physical;
	(void)info;
	(void)callbacks;
	struct dispatchable *made = malloc(sizeof(*made));
	if (!made)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	made->table = &made->own;
	live++;
	*device = (VkDevice)made;
	return VK_SUCCESS;
}

static void VKAPI_CALL destroy_device(VkDevice device, const VkAllocationCallbacks *callbacks) {
	(void)callbacks;
	free(device);
	live--;
}

static bool override(bool is_device, const char *name, PFN_vkVoidFunction *command) {
	*command = (PFN_vkVoidFunction)create_device;
	return !is_device && strcmp(name, "vkCreateDevice") == 0;
}

static atomic_size_t arrived;
static _Thread_local size_t meetings;

/* Both leave within some nanoseconds, which a barrier of the system's cannot promise. */
static void come_together(void) {
	size_t wanted = ++meetings * THREADS;
	atomic_fetch_add(&arrived, 1);
	for (size_t spins = 0; atomic_load_explicit(&arrived, memory_order_relaxed) < wanted; spins++)
		if (spins > 10000)
			sched_yield();
}

/* The layer's last query before it records the device: here the threads meet. */
static size_t queries_of_a_device;
static _Thread_local size_t queries, queries_to_meeting;

static void count_query(void) {
	queries++;
	if (queries_to_meeting > 0 && --queries_to_meeting == 0)
		come_together();
}

/* What a device of each kind is known by. */
#define KIND(n) \
	static VkResult VKAPI_CALL wait_##n(VkDevice device) { \
		(void)device; \
		return (VkResult)(n); \
	} \
	static PFN_vkVoidFunction VKAPI_CALL get_device_proc_addr_##n(VkDevice device, const char *name) { \
		(void)device; \
		count_query(); \
		if (strcmp(name, "vkDestroyDevice") == 0) \
			return (PFN_vkVoidFunction)destroy_device; \
		return strcmp(name, "vkDeviceWaitIdle") == 0 ? (PFN_vkVoidFunction)wait_##n : NULL; \
	}
KIND(0)
KIND(1)
KIND(2)

static const PFN_vkGetDeviceProcAddr kinds[KINDS] = {
	get_device_proc_addr_0, get_device_proc_addr_1, get_device_proc_addr_2};

static VkResult make(size_t kind, VkDevice *device) {
	VkLayerDeviceLink link = {
		.pfnNextGetInstanceProcAddr = fake_get_instance_proc_addr, .pfnNextGetDeviceProcAddr = kinds[kind]};
	const VkLayerDeviceCreateInfo chain = {
		.sType = VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO,
		.function = VK_LAYER_LINK_INFO,
		.u.pLayerInfo = &link,
	};
	const VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO, .pNext = &chain};
	PFN_vkCreateDevice create = (PFN_vkCreateDevice)instance_command(&stack, "vkCreateDevice");
	return create(fake_physical_device(), &info, NULL, device);
}

/* The layer passes each device's calls to its own driver, whichever was created first. */
static void *make_and_destroy(void *user) {
	const size_t number = (size_t)(uintptr_t)user;
	uintptr_t wrong = 0;
	for (size_t round = 0; round < ROUNDS; round++) {
		VkDevice devices[AT_ONCE];
		/* There is no device at first, and all threads compete for the first slot. */
		queries_to_meeting = queries_of_a_device;
		for (size_t i = 0; i < AT_ONCE; i++)
			wrong += make((number + i + round) % KINDS, &devices[i]) != VK_SUCCESS;
		for (size_t i = 0; i < AT_ONCE; i++) {
			PFN_vkDeviceWaitIdle wait =
				(PFN_vkDeviceWaitIdle)stack.layer.pfnGetDeviceProcAddr(devices[i], "vkDeviceWaitIdle");
			wrong += !wait || (size_t)wait(devices[i]) != (number + i + round) % KINDS;
		}
		come_together();
		for (size_t i = 0; i < AT_ONCE; i++) {
			PFN_vkDestroyDevice destroy =
				(PFN_vkDestroyDevice)stack.layer.pfnGetDeviceProcAddr(devices[i], "vkDestroyDevice");
			destroy(devices[i], NULL);
		}
		come_together();
	}
	return (void *)wrong;
}

static void devices_of_threads_are_distinguished(void **state) {
	pthread_t threads[THREADS];
	uintptr_t wrong = 0;
	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_and_destroy, (void *)i), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *result;
		pthread_join(threads[i], &result);
		wrong += (uintptr_t)result;
	}
	assert_int_equal(wrong, 0);
	assert_int_equal(live, 0);
}

static void of_no_instance_nothing_is_known(void **state) {
	static const uint8_t uuid[VK_UUID_SIZE];
	enum tongs_layer_status (*get_status)(VkInstance instance, const uint8_t *device_uuid);
	struct tongs_layer_roles (*get_roles)(VkInstance instance, const uint8_t *device_uuid);
	void *library = dlopen(TONGS_LAYER_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	(void)state;
	*(void **)&get_status = dlsym(library, "tongs_layer_get_status");
	*(void **)&get_roles = dlsym(library, "tongs_layer_get_roles");
	assert_non_null(get_status);
	assert_non_null(get_roles);
	assert_int_equal(get_status(VK_NULL_HANDLE, uuid), TONGS_LAYER_STATUS_UNKNOWN);
	const struct tongs_layer_roles roles = get_roles(VK_NULL_HANDLE, uuid);
	assert_int_equal(roles.buffers, TONGS_LAYER_MEMORY_NONE);
	assert_int_equal(roles.heaps, TONGS_LAYER_MEMORY_NONE);
	assert_int_equal(roles.signals, TONGS_LAYER_CARRIER_NONE);
	dlclose(library);
}

static int setup(void **state) {
	VkDevice device;
	(void)state;
	fake_reset();
	fake.override = override;
	start(&stack);
	if (make(0, &device) != VK_SUCCESS)
		return -1;
	queries_of_a_device = queries;
	((PFN_vkDestroyDevice)stack.layer.pfnGetDeviceProcAddr(device, "vkDestroyDevice"))(device, NULL);
	return queries_of_a_device > 0 ? 0 : -1;
}

static int teardown(void **state) {
	(void)state;
	finish(&stack);
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices_of_threads_are_distinguished),
		cmocka_unit_test(of_no_instance_nothing_is_known),
	};
	return cmocka_run_group_tests_name("layer: devices of several threads", tests, setup, teardown);
}
