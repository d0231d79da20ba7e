/* SPDX-License-Identifier: MIT */
/* libtongs' own device beside an application's Vulkan: it can be created and used inside any command, contains none of
 * the user's layers, and a failed query is repeated. Each case is a process of its own, forked before Vulkan is
 * entered, which an alarm ends if it hangs. */
#include "harness.h"

#include <pthread.h>
#include <string.h>

#include "child.h"
#include "test_layer.h"
#include "vulkan/own_device.h"
#include "vulkan/vk.h"

static void call(void *body) {
	(*(void (**)(void))body)();
}

static int run(void (*body)(void)) {
	return child_run(call, &body);
}

static VkInstance create_instance(VkPhysicalDevice *physical) {
	const VkApplicationInfo application = {
		.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
		.apiVersion = VK_API_VERSION_1_3,
	};
	const VkInstanceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
		.pApplicationInfo = &application,
	};
	VkInstance instance;
	uint32_t count = 1;
	CHECK(vkCreateInstance(&info, NULL, &instance) == VK_SUCCESS);
	CHECK(vkEnumeratePhysicalDevices(instance, &count, physical) >= 0 && count == 1);
	return instance;
}

static VkDevice create_device(VkPhysicalDevice physical) {
	static const char *const extension = VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME;
	const VkDeviceQueueCreateInfo queue = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
		.queueCount = 1,
		.pQueuePriorities = &(float){1},
	};
	const VkDeviceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue,
		.enabledExtensionCount = 1,
		.ppEnabledExtensionNames = &extension,
	};
	VkDevice device;
	CHECK(vkCreateDevice(physical, &info, NULL, &device) == VK_SUCCESS);
	return device;
}

/* A short program below a layer that queries then. */
static void query_at(unsigned moments, unsigned queries) {
	VkPhysicalDevice physical;
	test_layer_queries.moments = moments;
	VkInstance instance = create_instance(&physical);
	VkDevice device = create_device(physical);
	vkDestroyDevice(device, NULL);
	vkDestroyInstance(instance, NULL);
	CHECK(test_layer_queries.made == queries);
	CHECK(test_layer_queries.failed == 0);
	/* libtongs' own objects did not pass through the layer. */
	CHECK(test_layer_queries.instances == 1);
	CHECK(test_layer_queries.devices == 1);
}

static void in_create_instance(void) {
	query_at(1u << QUERY_CREATE_INSTANCE, 1);
}

static void in_destroy_instance(void) {
	query_at(1u << QUERY_DESTROY_INSTANCE, 1);
}

static void in_create_device(void) {
	query_at(1u << QUERY_CREATE_DEVICE, 2);
}

static void in_destroy_device(void) {
	query_at(1u << QUERY_DESTROY_DEVICE, 2);
}

static void in_all_of_them(void) {
	query_at((1u << QUERY_MOMENTS) - 1, 6);
}

enum { ROUNDS = 6 };

static void *make_devices(void *physical) {
	for (size_t i = 0; i < ROUNDS; i++)
		vkDestroyDevice(create_device(physical), NULL);
	return NULL;
}

static void *make_instances(void *unused) {
	VkPhysicalDevice physical;
	for (size_t i = 0; i < ROUNDS; i++)
		vkDestroyInstance(create_instance(&physical), NULL);
	return unused;
}

/* The own device is created and destroyed all the time. */
static void *make_metal(void *unused) {
	static const float texels[16] = {0.5f};
	for (size_t i = 0; i < ROUNDS; i++) {
		struct tongs_device *device = tongs_device_new_default();
		struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatDepth32Float, 4, 4);
		struct tongs_texture *texture = tongs_device_new_texture(device, &info);
		const MTLRegion all = {{0, 0, 0}, {4, 4, 1}};
		float got[16];
		CHECK(texture && tongs_texture_replace_region(texture, all, 0, 0, texels, 16, 0));
		CHECK(tongs_texture_get_bytes(texture, got, 16, 0, all, 0, 0));
		CHECK(memcmp(got, texels, sizeof(got)) == 0);
		tongs_texture_unref(texture);
		tongs_device_unref(device);
	}
	return unused;
}

static void from_threads_at_once(void) {
	pthread_t threads[4];
	VkPhysicalDevice physical;
	test_layer_queries.moments = (1u << QUERY_MOMENTS) - 1;
	tongs_own_device_set_idle_delay(0);
	VkInstance instance = create_instance(&physical);
	CHECK(pthread_create(&threads[0], NULL, make_devices, physical) == 0);
	CHECK(pthread_create(&threads[1], NULL, make_devices, physical) == 0);
	CHECK(pthread_create(&threads[2], NULL, make_instances, NULL) == 0);
	CHECK(pthread_create(&threads[3], NULL, make_metal, NULL) == 0);
	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++)
		pthread_join(threads[i], NULL);
	vkDestroyInstance(instance, NULL);
	CHECK(test_layer_queries.made == 2 * ROUNDS * 4 + (ROUNDS + 1) * 2);
	CHECK(test_layer_queries.failed == 0);
	CHECK(test_layer_queries.instances == ROUNDS + 1);
	CHECK(test_layer_queries.devices == 2 * ROUNDS);
}

static VkResult refusal;
static unsigned refusals;
static size_t errors;

static VKAPI_ATTR VkResult VKAPI_CALL refuse(
	const VkInstanceCreateInfo *info, const VkAllocationCallbacks *callbacks, VkInstance *instance) {
	(void)info;
	(void)callbacks;
	(void)instance;
	refusals++;
	return refusal;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_refusing(VkInstance instance, const char *name) {
	return strcmp(name, "vkCreateInstance") == 0 ? (PFN_vkVoidFunction)refuse
						     : vkGetInstanceProcAddr(instance, name);
}

static void on_message(enum tongs_message_severity severity, const char *text, void *user) {
	(void)text;
	(void)user;
	errors += severity == TONGS_MESSAGE_ERROR;
}

static VkResult query_depth(VkPhysicalDevice physical, VkImageTiling tiling) {
	const VkPhysicalDeviceExternalImageFormatInfo external = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT,
	};
	const VkPhysicalDeviceImageFormatInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &external,
		.format = tiling == VK_IMAGE_TILING_LINEAR ? VK_FORMAT_R8G8B8A8_UNORM : VK_FORMAT_D16_UNORM,
		.type = VK_IMAGE_TYPE_2D,
		.tiling = tiling,
		.usage = VK_IMAGE_USAGE_SAMPLED_BIT,
	};
	VkImageFormatProperties2 properties = {.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2};
	return vkGetPhysicalDeviceImageFormatProperties2(physical, &info, &properties);
}

/* Queries need no device of libtongs' own. */
static void out_of_reach_for_a_moment(void) {
	static const VkResult results[] = {
		VK_ERROR_INITIALIZATION_FAILED,
		VK_ERROR_INCOMPATIBLE_DRIVER,
		VK_ERROR_OUT_OF_HOST_MEMORY,
		VK_ERROR_OUT_OF_DEVICE_MEMORY,
		VK_ERROR_EXTENSION_NOT_PRESENT,
		VK_ERROR_DEVICE_LOST,
		VK_ERROR_TOO_MANY_OBJECTS,
		VK_ERROR_UNKNOWN,
	};
	VkPhysicalDevice physical;
	VkInstance instance = create_instance(&physical);
	tongs_set_message_callback(on_message, NULL);
	tongs_vk_set_loader(get_refusing);
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		refusal = results[i];
		refusals = 0;
		errors = 0;
		CHECK(query_depth(physical, VK_IMAGE_TILING_OPTIMAL) == VK_SUCCESS);
		CHECK(query_depth(physical, VK_IMAGE_TILING_LINEAR) == VK_SUCCESS);
		CHECK(refusals == 0 && errors == 0);
		CHECK(!tongs_device_new_default());
		CHECK(refusals > 0 && errors > 0);
	}
	tongs_vk_set_loader(NULL);
	errors = 0;
	CHECK(query_depth(physical, VK_IMAGE_TILING_OPTIMAL) == VK_SUCCESS);
	struct tongs_device *device = tongs_device_new_default();
	CHECK(device && errors == 0);
	tongs_device_unref(device);
	vkDestroyInstance(instance, NULL);
}

/* Runs the case, which must complete. */
#define PROCESS(body) \
	static void test_##body(void **state) { \
		(void)state; \
		assert_int_equal(run(body), 0); \
	}
PROCESS(in_create_instance)
PROCESS(in_destroy_instance)
PROCESS(in_create_device)
PROCESS(in_destroy_device)
PROCESS(in_all_of_them)
PROCESS(from_threads_at_once)
PROCESS(out_of_reach_for_a_moment)

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_create_instance),
		cmocka_unit_test(test_in_destroy_instance),
		cmocka_unit_test(test_in_create_device),
		cmocka_unit_test(test_in_destroy_device),
		cmocka_unit_test(test_in_all_of_them),
		cmocka_unit_test(test_from_threads_at_once),
		cmocka_unit_test(test_out_of_reach_for_a_moment),
	};
	return cmocka_run_group_tests_name("layer: the own device", tests, NULL, NULL);
}
