/* SPDX-License-Identifier: MIT */
/* A user interface framework in C# (Avalonia): a timeline semaphore is exported as an MTLSharedEvent, and a compositor
 * waits for it and signals it; an image is exported as an IOSurface. As P/Invoke does, this knows no header of Vulkan,
 * Metal or Tongs, and links to none of their libraries: structs are laid out by hand, and functions found by their
 * names. */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "avalonia.h"

enum { WIDTH = 200, HEIGHT = 120, ROUNDS = 100, PATIENCE_MS = 20000 };

typedef void (*function)(void);
typedef function (*get_proc_addr)(void *of, const char *name);
/* Messages with up to two arguments, each of them a word. */
typedef void *(*message)(void *object, void *selector, uint64_t first, uint64_t second);

static struct {
	get_proc_addr instance_proc, device_proc;
	void *instance, *physical_device, *device, *queue;
	message send;
	void *(*selector)(const char *name);
	void *(*default_device)(void);
	size_t (*surface_width)(void *), (*surface_height)(void *), (*surface_pitch)(void *);
	void *(*surface_bytes)(void *);
	int (*lock)(void *, uint32_t, uint32_t *), (*unlock)(void *, uint32_t, uint32_t *);
	const void *(*retain)(const void *);
	void (*release)(const void *);
} api;

static void *load(const char *path) {
	void *library = dlopen(path, RTLD_NOW);
	if (!library)
		fail_msg("%s", dlerror());
	return library;
}

/* ISO C has no conversion between pointers to objects and functions. */
static void find(void *library, const char *name, void *into) {
	void *symbol = dlsym(library, name);
	if (!symbol)
		fail_msg("%s", dlerror());
	memcpy(into, &symbol, sizeof(symbol));
}

static function of_instance(const char *name) {
	function found = api.instance_proc(api.instance, name);
	if (!found)
		fail_msg("the instance has no %s", name);
	return found;
}

static function of_device(const char *name) {
	function found = api.device_proc(api.device, name);
	if (!found)
		fail_msg("the device has no %s", name);
	return found;
}

static void *send2(void *object, const char *name, uint64_t first, uint64_t second) {
	return api.send(object, api.selector(name), first, second);
}

static void *send(void *object, const char *name) {
	return send2(object, name, 0, 0);
}

static void create_instance(void) {
	const struct application_info application = {.type = APPLICATION_INFO, .api_version = API_1_1};
	const struct instance_info info = {.type = INSTANCE_CREATE_INFO, .application = &application};
	int32_t (*create)(const struct instance_info *, const void *, void **) =
		(int32_t(*)(const struct instance_info *, const void *, void **))of_instance("vkCreateInstance");
	assert_int_equal(create(&info, NULL, &api.instance), 0);
}

static bool has_extension(const struct extension *all, uint32_t count, const char *name) {
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(all[i].name, name) == 0)
			return true;
	return false;
}

static bool find_physical_device(void) {
	int32_t (*list)(void *, uint32_t *, void **) =
		(int32_t(*)(void *, uint32_t *, void **))of_instance("vkEnumeratePhysicalDevices");
	int32_t (*list_extensions)(void *, const char *, uint32_t *, struct extension *) = (int32_t(*)(void *,
		const char *, uint32_t *, struct extension *))of_instance("vkEnumerateDeviceExtensionProperties");
	uint32_t count = 1, extension_count = 0;
	assert_true(list(api.instance, &count, &api.physical_device) >= 0 && count == 1);
	assert_int_equal(list_extensions(api.physical_device, NULL, &extension_count, NULL), 0);
	struct extension *extensions = calloc(extension_count, sizeof(*extensions));
	assert_non_null(extensions);
	assert_int_equal(list_extensions(api.physical_device, NULL, &extension_count, extensions), 0);
	const bool found = has_extension(extensions, extension_count, "VK_EXT_metal_objects") &&
			   has_extension(extensions, extension_count, "VK_KHR_timeline_semaphore");
	free(extensions);
	return found;
}

static void create_device(void) {
	static const char *const extensions[] = {"VK_EXT_metal_objects", "VK_KHR_timeline_semaphore"};
	const float priority = 1;
	const struct queue_info queue = {DEVICE_QUEUE_CREATE_INFO, NULL, 0, 0, 1, &priority};
	const struct timeline_features features = {TIMELINE_SEMAPHORE_FEATURES, NULL, 1};
	const struct device_info info = {DEVICE_CREATE_INFO, &features, 0, 1, &queue, 0, NULL, 2, extensions, NULL};
	int32_t (*create)(void *, const struct device_info *, const void *, void **) =
		(int32_t(*)(void *, const struct device_info *, const void *, void **))of_instance("vkCreateDevice");
	assert_int_equal(create(api.physical_device, &info, NULL, &api.device), 0);
	api.device_proc = (get_proc_addr)of_instance("vkGetDeviceProcAddr");
	void (*get_queue)(void *, uint32_t, uint32_t, void **) =
		(void (*)(void *, uint32_t, uint32_t, void **))of_device("vkGetDeviceQueue");
	get_queue(api.device, 0, 0, &api.queue);
}

static uint64_t create_timeline(void) {
	const struct export_object_info event = {EXPORT_METAL_OBJECT_CREATE_INFO, NULL, SHARED_EVENT_BIT};
	const struct semaphore_type_info type = {SEMAPHORE_TYPE_CREATE_INFO, &event, TIMELINE, 0};
	const struct semaphore_info info = {SEMAPHORE_CREATE_INFO, &type, 0};
	int32_t (*create)(void *, const struct semaphore_info *, const void *, uint64_t *) = (int32_t(*)(
		void *, const struct semaphore_info *, const void *, uint64_t *))of_device("vkCreateSemaphore");
	uint64_t semaphore;
	assert_int_equal(create(api.device, &info, NULL, &semaphore), 0);
	return semaphore;
}

static void *export_event(uint64_t semaphore) {
	struct export_event_info event = {.type = EXPORT_METAL_SHARED_EVENT_INFO, .semaphore = semaphore};
	const struct export_objects_info info = {EXPORT_METAL_OBJECTS_INFO, &event};
	void (*export)(void *, const struct export_objects_info *) =
		(void (*)(void *, const struct export_objects_info *))of_device("vkExportMetalObjectsEXT");
	export(api.device, &info);
	assert_non_null(event.shared_event);
	return event.shared_event;
}

/* No commands, as only the order counts. */
static void submit(uint64_t semaphore, uint64_t wait, uint64_t signal) {
	const uint32_t stage = ALL_COMMANDS;
	const struct timeline_submit_info values = {
		TIMELINE_SEMAPHORE_SUBMIT_INFO, NULL, wait ? 1 : 0, &wait, signal ? 1 : 0, &signal};
	const struct submit_info info = {
		SUBMIT_INFO, &values, wait ? 1 : 0, &semaphore, &stage, 0, NULL, signal ? 1 : 0, &semaphore};
	int32_t (*queue_submit)(void *, uint32_t, const struct submit_info *, uint64_t) =
		(int32_t(*)(void *, uint32_t, const struct submit_info *, uint64_t))of_device("vkQueueSubmit");
	assert_int_equal(queue_submit(api.queue, 1, &info, 0), 0);
}

static uint64_t counter(uint64_t semaphore) {
	int32_t (*get)(void *, uint64_t, uint64_t *) =
		(int32_t(*)(void *, uint64_t, uint64_t *))of_device("vkGetSemaphoreCounterValueKHR");
	uint64_t value;
	assert_int_equal(get(api.device, semaphore, &value), 0);
	return value;
}

static uint64_t signaled_value(void *event) {
	return (uintptr_t)send(event, "signaledValue");
}

/* One command buffer that waits, and one that signals. */
static void encode(void *queue, const char *message_name, void *event, uint64_t value) {
	void *commands = send(queue, "commandBuffer");
	assert_non_null(commands);
	send2(commands, message_name, (uintptr_t)event, value);
	send(commands, "commit");
}

static void destroy_child(const char *function_name, uint64_t handle) {
	((void (*)(void *, uint64_t, const void *))of_device(function_name))(api.device, handle, NULL);
}

static void destroy_device(void) {
	((void (*)(void *, const void *))of_device("vkDestroyDevice"))(api.device, NULL);
	((void (*)(void *, const void *))of_instance("vkDestroyInstance"))(api.instance, NULL);
}

static int find_functions(void **state) {
	(void)state;
	find(load("libvulkan.so.1"), "vkGetInstanceProcAddr", &api.instance_proc);
	void *tongs = load(TONGS_LIBRARY), *runtime = load("libobjc.so.4"), *cf = load(CF_LIBRARY);
	find(tongs, "MTLCreateSystemDefaultDevice", &api.default_device);
	find(tongs, "IOSurfaceGetWidth", &api.surface_width);
	find(tongs, "IOSurfaceGetHeight", &api.surface_height);
	find(tongs, "IOSurfaceGetBytesPerRow", &api.surface_pitch);
	find(tongs, "IOSurfaceGetBaseAddress", &api.surface_bytes);
	find(tongs, "IOSurfaceLock", &api.lock);
	find(tongs, "IOSurfaceUnlock", &api.unlock);
	find(runtime, "sel_registerName", &api.selector);
	find(load(MSGSEND_LIBRARY), "objc_msgSend", &api.send);
	find(cf, "CFRetain", &api.retain);
	find(cf, "CFRelease", &api.release);
	return 0;
}

static void open_device(void) {
	create_instance();
	if (!find_physical_device()) {
		((void (*)(void *, const void *))of_instance("vkDestroyInstance"))(api.instance, NULL);
		print_message("skipped: the device has no timeline semaphores\n");
		skip();
	}
	create_device();
}

/* The framework's compositor has an event of its own, made from the handle of Vulkan's, and orders its work by that. */
static void compositor_waits_and_signals(void **state) {
	(void)state;
	open_device();
	const uint64_t semaphore = create_timeline();
	void *exported = export_event(semaphore);
	void *device = api.default_device();
	void *handle = send(exported, "newSharedEventHandle");
	void *event = send2(device, "newSharedEventWithHandle:", (uintptr_t)handle, 0);
	void *queue = send(device, "newCommandQueue");
	assert_non_null(event);
	assert_non_null(queue);
	uint64_t value = 0;
	for (int i = 0; i < ROUNDS; i++, value += 2) {
		submit(semaphore, value, value + 1);
		encode(queue, "encodeWaitForEvent:value:", event, value + 1);
		encode(queue, "encodeSignalEvent:value:", event, value + 2);
	}
	submit(semaphore, value, 0);
	assert_int_equal(((int32_t(*)(void *))of_device("vkDeviceWaitIdle"))(api.device), 0);
	assert_int_equal(counter(semaphore), value);
	/* A BOOL is a byte. */
	assert_int_equal((uint8_t)(uintptr_t)send2(event, "waitUntilSignaledValue:timeoutMS:", value, PATIENCE_MS), 1);
	assert_int_equal(signaled_value(exported), value);
	/* From the CPU. */
	send2(event, "setSignaledValue:", value + 1, 0);
	assert_int_equal(counter(semaphore), value + 1);
	send(queue, "release");
	send(event, "release");
	send(handle, "release");
	send(device, "release");
	destroy_child("vkDestroySemaphore", semaphore);
	destroy_device();
}

/* 0: the device has no such images in a surface's pages. */
static uint64_t create_surface_image(uint64_t *view) {
	const struct export_object_info surface = {EXPORT_METAL_OBJECT_CREATE_INFO, NULL, IOSURFACE_BIT};
	const struct image_info info = {
		.type = IMAGE_CREATE_INFO,
		.next = &surface,
		.flags = MUTABLE_FORMAT,
		.image_type = 1,
		.format = FORMAT_B8G8R8A8_UNORM,
		.width = WIDTH,
		.height = HEIGHT,
		.depth = 1,
		.levels = 1,
		.layers = 1,
		.samples = 1,
		.usage = USAGE,
	};
	int32_t (*create)(void *, const struct image_info *, const void *, uint64_t *) =
		(int32_t(*)(void *, const struct image_info *, const void *, uint64_t *))of_device("vkCreateImage");
	int32_t (*create_view)(void *, const struct view_info *, const void *, uint64_t *) =
		(int32_t(*)(void *, const struct view_info *, const void *, uint64_t *))of_device("vkCreateImageView");
	uint64_t image;
	if (create(api.device, &info, NULL, &image) != 0)
		return 0;
	const struct view_info view_info = {
		.type = IMAGE_VIEW_CREATE_INFO,
		.image = image,
		.view_type = 1,
		.format = FORMAT_B8G8R8A8_UNORM,
		.range = {COLOR_ASPECT, 0, 1, 0, 1},
	};
	assert_int_equal(create_view(api.device, &view_info, NULL, view), 0);
	return image;
}

static void *begin_commands(uint64_t *pool) {
	const struct pool_info pool_info = {COMMAND_POOL_CREATE_INFO, NULL, 0, 0};
	int32_t (*create)(void *, const struct pool_info *, const void *, uint64_t *) = (int32_t(*)(
		void *, const struct pool_info *, const void *, uint64_t *))of_device("vkCreateCommandPool");
	assert_int_equal(create(api.device, &pool_info, NULL, pool), 0);
	const struct commands_info info = {COMMAND_BUFFER_ALLOCATE_INFO, NULL, *pool, 0, 1};
	const struct begin_info begin_info = {.type = COMMAND_BUFFER_BEGIN_INFO};
	int32_t (*allocate)(void *, const struct commands_info *, void **) =
		(int32_t(*)(void *, const struct commands_info *, void **))of_device("vkAllocateCommandBuffers");
	void *commands;
	assert_int_equal(allocate(api.device, &info, &commands), 0);
	int32_t (*begin)(void *, const struct begin_info *) =
		(int32_t(*)(void *, const struct begin_info *))of_device("vkBeginCommandBuffer");
	assert_int_equal(begin(commands, &begin_info), 0);
	return commands;
}

/* To one colour, in GENERAL. */
static void clear_image(uint64_t image, const float color[4]) {
	const struct subresources all = {COLOR_ASPECT, 0, 1, 0, 1};
	const struct image_barrier barrier = {
		IMAGE_MEMORY_BARRIER, NULL, 0, 0x1000, 0, LAYOUT_GENERAL, UINT32_MAX, UINT32_MAX, image, all};
	void (*pipeline_barrier)(void *, uint32_t, uint32_t, uint32_t, uint32_t, const void *, uint32_t, const void *,
		uint32_t, const struct image_barrier *) =
		(void (*)(void *, uint32_t, uint32_t, uint32_t, uint32_t, const void *, uint32_t, const void *,
			uint32_t, const struct image_barrier *))of_device("vkCmdPipelineBarrier");
	void (*clear)(void *, uint64_t, int32_t, const float *, uint32_t, const struct subresources *) =
		(void (*)(void *, uint64_t, int32_t, const float *, uint32_t, const struct subresources *))of_device(
			"vkCmdClearColorImage");
	uint64_t pool;
	void *commands = begin_commands(&pool);
	pipeline_barrier(commands, ALL_COMMANDS, ALL_COMMANDS, 0, 0, NULL, 0, NULL, 1, &barrier);
	clear(commands, image, LAYOUT_GENERAL, color, 1, &all);
	assert_int_equal(((int32_t(*)(void *))of_device("vkEndCommandBuffer"))(commands), 0);
	const struct submit_info info = {SUBMIT_INFO, NULL, 0, NULL, NULL, 1, &commands, 0, NULL};
	int32_t (*queue_submit)(void *, uint32_t, const struct submit_info *, uint64_t) =
		(int32_t(*)(void *, uint32_t, const struct submit_info *, uint64_t))of_device("vkQueueSubmit");
	assert_int_equal(queue_submit(api.queue, 1, &info, 0), 0);
	assert_int_equal(((int32_t(*)(void *))of_device("vkDeviceWaitIdle"))(api.device), 0);
	destroy_child("vkDestroyCommandPool", pool);
}

/* The image never gets memory: MoltenVK gives it that of its surface. */
static void image_is_a_surface(void **state) {
	static const float color[4] = {0, 1, 0, 1};
	uint64_t view;
	(void)state;
	open_device();
	const uint64_t image = create_surface_image(&view);
	if (!image) {
		destroy_device();
		print_message("skipped: OPTIMAL images have no rows there\n");
		skip();
	}
	clear_image(image, color);
	struct export_surface_info exported = {.type = EXPORT_METAL_IO_SURFACE_INFO, .image = image};
	const struct export_objects_info info = {EXPORT_METAL_OBJECTS_INFO, &exported};
	((void (*)(void *, const struct export_objects_info *))of_device("vkExportMetalObjectsEXT"))(api.device, &info);
	void *surface = exported.surface;
	assert_non_null(surface);
	api.retain(surface);
	destroy_child("vkDestroyImageView", view);
	destroy_child("vkDestroyImage", image);
	destroy_device();
	assert_int_equal(api.surface_width(surface), WIDTH);
	assert_int_equal(api.surface_height(surface), HEIGHT);
	assert_int_equal(api.lock(surface, READ_ONLY, NULL), 0);
	for (size_t y = 0; y < HEIGHT; y++)
		for (size_t x = 0; x < WIDTH; x++)
			assert_memory_equal(
				(uint8_t *)api.surface_bytes(surface) + y * api.surface_pitch(surface) + x * 4,
				"\0\377\0\377", 4);
	assert_int_equal(api.unlock(surface, READ_ONLY, NULL), 0);
	api.release(surface);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compositor_waits_and_signals),
		cmocka_unit_test(image_is_a_surface),
	};
	return cmocka_run_group_tests_name("consumers: Avalonia", tests, find_functions, NULL);
}
