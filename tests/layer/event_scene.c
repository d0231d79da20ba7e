/* SPDX-License-Identifier: MIT */
#include "event_scene.h"

#include <dlfcn.h>

/* A function that the mock driver exports. NULL: it is another driver. */
static void *find_mock(const char *name) {
	void *library = dlopen("libvulkan_mock.so", RTLD_NOW | RTLD_NOLOAD);
	void *function = library ? dlsym(library, name) : NULL;
	if (library)
		dlclose(library);
	return function;
}

static void *get_mock(const char *name) {
	void *function = find_mock(name);
	assert_non_null(function);
	return function;
}

void fail_next(const char *command, VkResult result) {
	void (*set)(const char *, VkResult);
	*(void **)&set = get_mock("vk_mockFail");
	set(command, result);
}

void delay_signal(long nanoseconds) {
	void (*delay)(long);
	*(void **)&delay = get_mock("vk_mockDelaySignal");
	delay(nanoseconds);
}

void lose_devices(bool lost) {
	void (*lose)(bool);
	*(void **)&lose = get_mock("vk_mockLose");
	lose(lost);
}

struct mock_counts count(void) {
	struct mock_counts counts = {0};
	void (*get)(struct mock_counts *);
	*(void **)&get = find_mock("vk_mockGetCounts");
	if (get)
		get(&counts);
	return counts;
}

/* Whether the mock driver shares timelines, and has queues on which command buffers wait. */
static bool counts_waits(const struct gpu *gpu) {
	const VkSemaphoreTypeCreateInfo timeline = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO, .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE};
	const VkPhysicalDeviceExternalSemaphoreInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_SEMAPHORE_INFO,
		.pNext = &timeline,
		.handleType = VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT,
	};
	VkExternalSemaphoreProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_SEMAPHORE_PROPERTIES};
	vkGetPhysicalDeviceExternalSemaphoreProperties(gpu->physical_device, &info, &properties);
	VkQueueFamilyProperties family = {0};
	uint32_t families = 1;
	vkGetPhysicalDeviceQueueFamilyProperties(gpu->physical_device, &families, &family);
	return find_mock("vk_mockGetCounts") && properties.externalSemaphoreFeatures && family.queueCount > 1;
}

void begin_scene(struct scene *scene) {
	init_with_timelines(&scene->gpu);
	scene->semaphore = make_semaphore(&scene->gpu, 0);
	scene->event = tongs_shared_event_ref(event_object(&scene->gpu, scene->semaphore, VK_NULL_HANDLE));
	struct tongs_device *device = device_object(&scene->gpu);
	scene->queue = tongs_device_new_command_queue(device);
	scene->buffer = tongs_device_new_buffer(device, SIZE, MTLResourceStorageModeShared);
	assert_non_null(scene->queue);
	assert_non_null(scene->buffer);
	scene->counts = counts_waits(&scene->gpu);
}

void end_scene(struct scene *scene) {
	tongs_buffer_unref(scene->buffer);
	tongs_command_queue_unref(scene->queue);
	tongs_shared_event_unref(scene->event);
	vkDestroySemaphore(scene->gpu.device, scene->semaphore, NULL);
	gpu_finish_unrefused(&scene->gpu);
}

struct tongs_command_buffer *encode(
	struct scene *scene, struct tongs_command_queue *queue, uint64_t wait, uint8_t fill, uint64_t signal) {
	struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(queue);
	assert_non_null(commands);
	if (wait)
		tongs_command_buffer_encode_wait(commands, scene->event, wait);
	if (fill) {
		struct tongs_encoder *blit = tongs_command_buffer_new_blit_encoder(commands);
		tongs_blit_fill_buffer(blit, scene->buffer, 0, SIZE, fill);
		tongs_encoder_end(blit);
		tongs_encoder_unref(blit);
	}
	if (signal)
		tongs_command_buffer_encode_signal(commands, scene->event, signal);
	return commands;
}

struct tongs_command_buffer *commit(
	struct scene *scene, struct tongs_command_queue *queue, uint64_t wait, uint8_t fill, uint64_t signal) {
	struct tongs_command_buffer *commands = encode(scene, queue, wait, fill, signal);
	assert_true(tongs_command_buffer_commit(commands));
	return commands;
}

void finish(struct tongs_command_buffer *commands) {
	tongs_command_buffer_wait_until_completed(commands);
	assert_int_equal(tongs_command_buffer_get_status(commands), MTLCommandBufferStatusCompleted);
	tongs_command_buffer_unref(commands);
}
