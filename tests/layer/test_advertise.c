/* SPDX-License-Identifier: MIT */
/* Which devices list the extension, and which objects return its commands. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metal_side.h"

static unsigned count_extension(VkPhysicalDevice device) {
	uint32_t count = 0;
	assert_vk(vkEnumerateDeviceExtensionProperties(device, NULL, &count, NULL));
	VkExtensionProperties *list = calloc(count, sizeof(*list));
	assert_vk(vkEnumerateDeviceExtensionProperties(device, NULL, &count, list));
	unsigned found = 0;
	for (uint32_t i = 0; i < count; i++)
		found += strcmp(list[i].extensionName, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME) == 0;
	free(list);
	return found;
}

static void reported_once(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	assert_int_equal(count_extension(gpu.physical_device), 1);
	gpu_finish(&gpu);
}

static void short_lists_are_incomplete(void **state) {
	struct gpu gpu;
	uint32_t all = 0;
	(void)state;
	gpu_init(&gpu, NULL);
	assert_vk(vkEnumerateDeviceExtensionProperties(gpu.physical_device, NULL, &all, NULL));
	VkExtensionProperties *list = calloc(all + 1, sizeof(*list));
	uint32_t count = all - 1;
	assert_int_equal(vkEnumerateDeviceExtensionProperties(gpu.physical_device, NULL, &count, list), VK_INCOMPLETE);
	assert_int_equal(count, all - 1);
	count = 0;
	assert_int_equal(vkEnumerateDeviceExtensionProperties(gpu.physical_device, NULL, &count, list), VK_INCOMPLETE);
	assert_int_equal(count, 0);
	count = all + 1;
	assert_vk(vkEnumerateDeviceExtensionProperties(gpu.physical_device, NULL, &count, list));
	assert_int_equal(count, all);
	free(list);
	gpu_finish(&gpu);
}

static void commands_respond(void **state) {
	static const char *const names[] = {"vkGetMemoryMetalHandleEXT", "vkGetMemoryMetalHandlePropertiesEXT"};
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (size_t i = 0; i < 2; i++) {
		assert_non_null(vkGetInstanceProcAddr(gpu.instance, names[i]));
		assert_non_null(vkGetDeviceProcAddr(gpu.device, names[i]));
	}
	assert_null(vkGetDeviceProcAddr(gpu.device, "vkGetMemoryMetalHandle"));
	gpu_finish(&gpu);
}

static void commands_are_null_without_the_extension(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &(struct gpu_options){.without_extension = true});
	assert_null(gpu.get_handle);
	assert_null(gpu.get_properties);
	gpu_finish(&gpu);
}

/* The commands got from the instance work as well: through the loader's own dispatch. */
static void instance_level_pointer_works(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	gpu.get_handle =
		(PFN_vkGetMemoryMetalHandleEXT)vkGetInstanceProcAddr(gpu.instance, "vkGetMemoryMetalHandleEXT");
	VkBuffer buffer = make_buffer(&gpu, 4096, VK_BUFFER_USAGE_TRANSFER_DST_BIT, MTLBUFFER);
	VkDeviceMemory memory = export_for_buffer(&gpu, buffer, MTLBUFFER);
	assert_int_equal(tongs_handle_kind(handle_of(&gpu, memory, MTLBUFFER)), TONGS_KIND_BUFFER);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

/* What has nothing to do with Metal is the driver's own command: the same pointer as without the extension. */
static void unrelated_commands_are_not_hooked(void **state) {
	static const char *const names[] = {"vkDestroyImageView", "vkQueueSubmit", "vkCmdDraw", "vkCmdCopyBuffer",
		"vkUnmapMemory", "vkCreateSampler", "vkWaitForFences"};
	struct gpu with, without;
	(void)state;
	gpu_init(&with, NULL);
	gpu_init(&without, &(struct gpu_options){.without_extension = true});
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_ptr_equal(
			vkGetDeviceProcAddr(with.device, names[i]), vkGetDeviceProcAddr(without.device, names[i]));
	assert_ptr_not_equal(vkGetDeviceProcAddr(with.device, "vkAllocateMemory"),
		vkGetDeviceProcAddr(without.device, "vkAllocateMemory"));
	gpu_finish(&without);
	gpu_finish(&with);
}

/* Of a device that enabled the extension, few commands are the layer's; of any other, none. The rest are the pointers
 * that a program gets without the layer, and cost what they cost there. */
static void few_commands_are_hooked(void **state) {
	static const char *const names[] = {
#include "command_names.inc"
	};
	const char *layers = getenv("VK_INSTANCE_LAYERS"), *tongs = "VK_LAYER_TONGS_metal_interop";
	struct gpu with, objects, without, bare;
	char all[256];
	int hooked = 0, hooked_for_objects = 0;
	(void)state;
	assert_non_null(layers);
	assert_memory_equal(layers, tongs, strlen(tongs));
	gpu_init(&with, NULL);
	gpu_init(&objects, &(struct gpu_options){.with_objects = true});
	gpu_init(&without, &(struct gpu_options){.without_extension = true});
	snprintf(all, sizeof(all), "%s", layers);
	setenv("VK_INSTANCE_LAYERS", all + strlen(tongs) + (all[strlen(tongs)] == ':'), 1);
	gpu_init(&bare, &(struct gpu_options){.without_extension = true});
	setenv("VK_INSTANCE_LAYERS", all, 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		PFN_vkVoidFunction expected = vkGetDeviceProcAddr(bare.device, names[i]);
		hooked += vkGetDeviceProcAddr(with.device, names[i]) != expected;
		hooked_for_objects += vkGetDeviceProcAddr(objects.device, names[i]) != expected;
		assert_ptr_equal(vkGetDeviceProcAddr(without.device, names[i]), expected);
	}
	/* Of Vulkan 1.3; a driver of an earlier version lacks some of the first, and none of the others. */
	VkPhysicalDeviceProperties properties;
	vkGetPhysicalDeviceProperties(with.physical_device, &properties);
	assert_in_range(hooked, properties.apiVersion >= VK_API_VERSION_1_3 ? 21 : 1, 21);
	assert_int_equal(hooked_for_objects, hooked + 10);
	gpu_finish(&objects);
	gpu_finish(&bare);
	gpu_finish(&without);
	gpu_finish(&with);
}

static void works_with_api(uint32_t version) {
	struct gpu gpu;
	gpu_init(&gpu, &(struct gpu_options){.api_version = version});
	assert_int_equal(count_extension(gpu.physical_device), 1);
	VkBuffer buffer = make_buffer(&gpu, 4096, VK_BUFFER_USAGE_TRANSFER_DST_BIT, MTLBUFFER);
	VkDeviceMemory memory = export_for_buffer(&gpu, buffer, MTLBUFFER);
	uint8_t bytes[4096], got[4096];
	fill_noise(bytes, sizeof(bytes), version);
	gpu_write_buffer(&gpu, buffer, 0, bytes, sizeof(bytes));
	struct tongs_buffer *metal = handle_of(&gpu, memory, MTLBUFFER);
	metal_read_buffer(&gpu, metal, 0, got, sizeof(got));
	assert_memory_equal(got, bytes, sizeof(bytes));
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

static void works_with_1_0(void **state) {
	(void)state;
	works_with_api(VK_API_VERSION_1_0);
}

static void works_with_1_1(void **state) {
	(void)state;
	works_with_api(VK_API_VERSION_1_1);
}

static void works_with_1_2(void **state) {
	(void)state;
	works_with_api(VK_API_VERSION_1_2);
}

static void works_with_1_3(void **state) {
	(void)state;
	works_with_api(VK_API_VERSION_1_3);
}

/* A program that uses Vulkan 1.0 and enables no instance extension may still enable ours on a device. */
static void bare_1_0_instance_lists_the_extension(void **state) {
	const VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO};
	VkInstance instance;
	VkPhysicalDevice device;
	uint32_t count = 1;
	(void)state;
	assert_vk(vkCreateInstance(&info, NULL, &instance));
	VkResult result = vkEnumeratePhysicalDevices(instance, &count, &device);
	assert_true(result == VK_SUCCESS || result == VK_INCOMPLETE);
	assert_int_equal(count_extension(device), 1);
	vkDestroyInstance(instance, NULL);
}

static VKAPI_ATTR VkBool32 VKAPI_CALL find_old(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
	VkDebugUtilsMessageTypeFlagsEXT types, const VkDebugUtilsMessengerCallbackDataEXT *data, void *user) {
	unsigned *counts = user;
	(void)severity, (void)types;
	bool ours = strstr(data->pMessage, "VK_LAYER_TONGS_metal_interop") != NULL;
	counts[0] += ours;
	counts[1] += ours && strstr(data->pMessage, "older than the application specified API version");
	return VK_FALSE;
}

/* Loaders warn a program about layers whose manifest has an older API version than the program requests. */
static void the_manifest_is_not_older_than_1_4(void **state) {
	unsigned counts[2] = {0};
	const VkDebugUtilsMessengerCreateInfoEXT messenger = {
		.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
		.messageSeverity =
			VK_DEBUG_UTILS_MESSAGE_SEVERITY_VERBOSE_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_INFO_BIT_EXT |
			VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
		.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT,
		.pfnUserCallback = find_old,
		.pUserData = counts,
	};
	const VkApplicationInfo application = {
		.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
		.apiVersion = VK_MAKE_API_VERSION(0, 1, 4, 0),
	};
	const char *extension = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
	const VkInstanceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
		.pNext = &messenger,
		.pApplicationInfo = &application,
		.enabledExtensionCount = 1,
		.ppEnabledExtensionNames = &extension,
	};
	VkInstance instance;
	(void)state;
	assert_vk(vkCreateInstance(&info, NULL, &instance));
	vkDestroyInstance(instance, NULL);
	assert_true(counts[0] > 0);
	assert_int_equal(counts[1], 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reported_once),
		cmocka_unit_test(short_lists_are_incomplete),
		cmocka_unit_test(commands_respond),
		cmocka_unit_test(commands_are_null_without_the_extension),
		cmocka_unit_test(instance_level_pointer_works),
		cmocka_unit_test(unrelated_commands_are_not_hooked),
		cmocka_unit_test(few_commands_are_hooked),
		cmocka_unit_test(works_with_1_0),
		cmocka_unit_test(works_with_1_1),
		cmocka_unit_test(works_with_1_2),
		cmocka_unit_test(works_with_1_3),
		cmocka_unit_test(bare_1_0_instance_lists_the_extension),
		cmocka_unit_test(the_manifest_is_not_older_than_1_4),
	};
	return cmocka_run_group_tests_name("layer: advertising", tests, NULL, NULL);
}
