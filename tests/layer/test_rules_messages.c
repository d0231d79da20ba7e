/* SPDX-License-Identifier: MIT */
/* Messages: the names in them, how often they are sent, and who receives them. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "rules.h"

/* A misuse of `memory`: it is refused, whether or not it is reported. */
static void misuse(struct gpu *gpu, VkDeviceMemory memory, VkExternalMemoryHandleTypeFlags type) {
	const VkMemoryGetMetalHandleInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.memory = memory,
		.handleType = (VkExternalMemoryHandleTypeFlagBits)type,
	};
	void *handle;
	assert_int_equal(gpu->get_handle(gpu->device, &info, &handle), VK_ERROR_VALIDATION_FAILED_EXT);
}

static VkDeviceMemory make_memory(struct gpu *gpu) {
	return export_memory(gpu, SIZE, shared_type(gpu), MTLBUFFER, VK_NULL_HANDLE, VK_NULL_HANDLE);
}

static void names_are_the_last_ones_given(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	VkDeviceMemory memory = make_memory(&gpu);
	const char *const given[] = {"first", "second", "", "third", ""};
	for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++) {
		set_name(&gpu, OBJECT(DEVICE_MEMORY, memory, given[i]));
		misuse(&gpu, memory, MTLHEAP);
		assert_reported_of(&gpu, "10414", REFUSED, OBJECT(DEVICE_MEMORY, memory, given[i]));
	}
	/* A name is removed with its object. */
	set_name(&gpu, OBJECT(DEVICE_MEMORY, memory, "gone"));
	vkFreeMemory(gpu.device, memory, NULL);
	misuse(&gpu, memory, MTLHEAP);
	assert_reported_of(&gpu, "10413", REFUSED, OBJECT(DEVICE_MEMORY, memory, NULL));
	gpu_finish(&gpu);
}

/* As it was given, in memory that is not there any more, and cut where it is too long for the message. */
static void long_names_are_cut(void **state) {
	char name[1000];
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	VkDeviceMemory memory = make_memory(&gpu);
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = 0;
	set_name(&gpu, OBJECT(DEVICE_MEMORY, memory, name));
	misuse(&gpu, memory, MTLHEAP);
	name[127] = 0;
	assert_reported_of(&gpu, "10414", REFUSED, OBJECT(DEVICE_MEMORY, memory, name));
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

/* A number for filters: a rule's own, the same everywhere. */
static void numbers_are_the_rules(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	VkDeviceMemory memory = make_memory(&gpu), other = make_memory(&gpu);
	misuse(&gpu, memory, MTLHEAP);
	int32_t number = gpu.last.number;
	misuse(&gpu, other, MTLTEXTURE);
	assert_int_equal(gpu.last.number, number);
	misuse(&gpu, memory, 0);
	assert_int_not_equal(gpu.last.number, number);
	vkFreeMemory(gpu.device, memory, NULL);
	vkFreeMemory(gpu.device, other, NULL);
	gpu_finish(&gpu);
}

/* Ten times for the same rule and objects, by each instance; the tenth says that it is the last. */
static void reported_ten_times(void **state) {
	struct gpu gpu;
	(void)state;
	for (int round = 0; round < 2; round++) {
		gpu_init(&gpu, NULL);
		VkDeviceMemory memory = make_memory(&gpu), other = make_memory(&gpu);
		for (unsigned i = 1; i <= 25; i++) {
			misuse(&gpu, memory, MTLHEAP);
			assert_int_equal(gpu.reports, i < 10 ? i : 10);
			assert_true((strstr(gpu.last.text, "further reports are dropped") != NULL) == (i >= 10));
		}
		gpu.reports = 0;
		misuse(&gpu, memory, 0);
		assert_reported(&gpu, "10415");
		misuse(&gpu, other, MTLHEAP);
		assert_reported(&gpu, "10414");
		misuse(&gpu, memory, MTLHEAP);
		assert_reported(&gpu, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
		vkFreeMemory(gpu.device, other, NULL);
		gpu_finish(&gpu);
	}
}

/* Memory that is dedicated to an image and a buffer at once. */
static void dedicate_to_both(struct gpu *gpu, VkImage image, VkBuffer buffer) {
	const VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO, .image = image, .buffer = buffer};
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, .pNext = &dedicated, .handleTypes = MTLHEAP};
	const VkMemoryAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &export,
		.allocationSize = 65536,
		.memoryTypeIndex = shared_type(gpu)};
	VkDeviceMemory memory;
	assert_int_equal(vkAllocateMemory(gpu->device, &info, NULL, &memory), VK_ERROR_VALIDATION_FAILED_EXT);
}

/* Of several objects each counts: the second one alone makes a message another. */
static void reported_for_every_object(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	const VkImageCreateInfo create = image_info(VK_FORMAT_R8G8B8A8_UNORM, 16, 16, VK_IMAGE_TILING_LINEAR);
	VkImage image = make_image(&gpu, &create, MTLHEAP);
	VkBuffer first = make_buffer(&gpu, 64, VK_BUFFER_USAGE_TRANSFER_DST_BIT, MTLHEAP);
	VkBuffer second = make_buffer(&gpu, 64, VK_BUFFER_USAGE_TRANSFER_DST_BIT, MTLHEAP);
	for (unsigned i = 0; i < 12; i++)
		dedicate_to_both(&gpu, image, first);
	assert_int_equal(gpu.reports, 10);
	gpu.reports = 0;
	dedicate_to_both(&gpu, image, second);
	assert_reported(&gpu, "01432");
	vkDestroyBuffer(gpu.device, first, NULL);
	vkDestroyBuffer(gpu.device, second, NULL);
	vkDestroyImage(gpu.device, image, NULL);
	gpu_finish(&gpu);
}

static atomic_uint heard;

static VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
	VkDebugUtilsMessageTypeFlagsEXT types, const VkDebugUtilsMessengerCallbackDataEXT *data, void *user) {
	(void)severity;
	(void)types;
	(void)user;
	if (strncmp(data->pMessage, "VUID-VkMemoryGetMetalHandleInfoEXT-", 35) == 0)
		atomic_fetch_add(&heard, 1);
	return VK_FALSE;
}

/* Instead of the harness', which counts for one thread. */
static void replace_messenger(struct gpu *gpu) {
	const VkDebugUtilsMessengerCreateInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
		.messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
		.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
		.pfnUserCallback = on_message,
	};
	PFN_vkCreateDebugUtilsMessengerEXT create = (PFN_vkCreateDebugUtilsMessengerEXT)vkGetInstanceProcAddr(
		gpu->instance, "vkCreateDebugUtilsMessengerEXT");
	PFN_vkDestroyDebugUtilsMessengerEXT destroy = (PFN_vkDestroyDebugUtilsMessengerEXT)vkGetInstanceProcAddr(
		gpu->instance, "vkDestroyDebugUtilsMessengerEXT");
	destroy(gpu->instance, gpu->messenger, NULL);
	assert_vk(create(gpu->instance, &info, NULL, &gpu->messenger));
}

enum { THREADS = 4, ROUNDS = 50 };

struct worker {
	struct gpu *gpu;
	VkDeviceMemory memory, own;
	char name[16];
	bool failed;
};

static void *work(void *argument) {
	struct worker *worker = argument;
	struct gpu *gpu = worker->gpu;
	PFN_vkSetDebugUtilsObjectNameEXT set =
		(PFN_vkSetDebugUtilsObjectNameEXT)vkGetDeviceProcAddr(gpu->device, "vkSetDebugUtilsObjectNameEXT");
	for (int i = 0; i < ROUNDS; i++) {
		const VkDebugUtilsObjectNameInfoEXT name = {
			.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT,
			.objectType = VK_OBJECT_TYPE_DEVICE_MEMORY,
			.objectHandle = (uint64_t)(uintptr_t)worker->own,
			.pObjectName = i % 2 ? worker->name : "",
		};
		const VkMemoryGetMetalHandleInfoEXT shared = {
			.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
			.memory = worker->memory,
			.handleType = MTLHEAP,
		};
		VkMemoryGetMetalHandleInfoEXT own = shared;
		own.memory = worker->own;
		void *handle;
		worker->failed |= set(gpu->device, &name) != VK_SUCCESS;
		worker->failed |= gpu->get_handle(gpu->device, &shared, &handle) != VK_ERROR_VALIDATION_FAILED_EXT;
		worker->failed |= gpu->get_handle(gpu->device, &own, &handle) != VK_ERROR_VALIDATION_FAILED_EXT;
	}
	return NULL;
}

/* Several threads break one rule for one object, and each for its own: ten messages for each object. */
static void threads_share_the_count(void **state) {
	struct gpu gpu;
	struct worker workers[THREADS];
	pthread_t threads[THREADS];
	(void)state;
	gpu_init(&gpu, NULL);
	replace_messenger(&gpu);
	atomic_store(&heard, 0);
	VkDeviceMemory memory = make_memory(&gpu);
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.gpu = &gpu, .memory = memory, .own = make_memory(&gpu)};
		snprintf(workers[i].name, sizeof(workers[i].name), "worker %d", i);
		assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_false(workers[i].failed);
		vkFreeMemory(gpu.device, workers[i].own, NULL);
	}
	assert_int_equal(atomic_load(&heard), 10 * (1 + THREADS));
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_the_last_ones_given),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(numbers_are_the_rules),
		cmocka_unit_test(reported_ten_times),
		cmocka_unit_test(reported_for_every_object),
		cmocka_unit_test(threads_share_the_count),
	};
	return cmocka_run_group_tests_name("layer: messages of rules", tests, NULL, NULL);
}
