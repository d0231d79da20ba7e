/* SPDX-License-Identifier: MIT */
/* VkAllocationCallbacks: Tongs takes its memory from the most specific ones under the right scope, and returns it to
 * the same ones, including that of objects that the application does not destroy. */
#include <string.h>

#include "allocator.h"
#include "metal_objects.h"

enum {
	SIZE = 20000,
	RECORDS = 3, /* of the four objects: the map's slot holds all that is known of a buffer */
};

static const VkSystemAllocationScope COMMAND = VK_SYSTEM_ALLOCATION_SCOPE_COMMAND,
				     OBJECT = VK_SYSTEM_ALLOCATION_SCOPE_OBJECT,
				     DEVICE = VK_SYSTEM_ALLOCATION_SCOPE_DEVICE,
				     INSTANCE = VK_SYSTEM_ALLOCATION_SCOPE_INSTANCE;

/* Three levels of them, and a device made with the second that the functions of harness.h take. */
struct callbacks {
	struct allocator of_instance, of_device, of_object;
	struct gpu gpu, device;
};

static uint32_t memory_type; /* that can be shared */

static VkDevice create_device(struct gpu *gpu, const VkAllocationCallbacks *callbacks) {
	const float priority = 1;
	const char *extension = VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME;
	const VkDeviceQueueCreateInfo queue = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
		.queueCount = 1,
		.pQueuePriorities = &priority,
	};
	const VkDeviceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue,
		.enabledExtensionCount = 1,
		.ppEnabledExtensionNames = &extension,
	};
	VkDevice device;
	assert_vk(vkCreateDevice(gpu->physical_device, &info, callbacks, &device));
	return device;
}

static void callbacks_init(struct callbacks *callbacks) {
	allocator_init(&callbacks->of_instance);
	allocator_init(&callbacks->of_device);
	allocator_init(&callbacks->of_object);
	const struct gpu_options options = {.callbacks = &callbacks->of_instance.callbacks};
	gpu_init(&callbacks->gpu, &options);
	memory_type = shared_type(&callbacks->gpu);
	callbacks->device = callbacks->gpu;
	callbacks->device.device = create_device(&callbacks->gpu, &callbacks->of_device.callbacks);
}

static void callbacks_finish(struct callbacks *callbacks) {
	vkDestroyDevice(callbacks->device.device, &callbacks->of_device.callbacks);
	assert_int_equal(allocator_count_live(&callbacks->of_object), 0);
	assert_int_equal(allocator_count_live(&callbacks->of_device), 0);
	gpu_finish(&callbacks->gpu);
	assert_true(allocator_finish(&callbacks->of_object));
	assert_true(allocator_finish(&callbacks->of_device));
	assert_true(allocator_finish(&callbacks->of_instance));
}

/* How many blocks Tongs has allocated. */
static size_t made(const struct allocator *allocator) {
	size_t sum = 0;
	for (size_t i = 0; i < SCOPE_COUNT; i++)
		sum += allocator->made[i];
	return sum;
}

/* What objects are made, and with which callbacks unmade. */
struct objects {
	VkBuffer buffer;
	VkImage image;
	VkDeviceMemory exported, imported;
	struct tongs_buffer *handle;
};

static VkResult allocate(
	struct gpu *gpu, const void *pNext, const VkAllocationCallbacks *callbacks, VkDeviceMemory *memory) {
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = pNext,
		.allocationSize = SIZE,
		.memoryTypeIndex = memory_type,
	};
	return vkAllocateMemory(gpu->device, &info, callbacks, memory);
}

static void create_memory(struct gpu *gpu, const VkAllocationCallbacks *callbacks, struct objects *objects) {
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.handleTypes = MTLBUFFER,
	};
	assert_vk(allocate(gpu, &export, callbacks, &objects->exported));
	objects->handle = handle_of(gpu, objects->exported, MTLBUFFER);
	const VkImportMemoryMetalHandleInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		.handleType = MTLBUFFER,
		.handle = objects->handle,
	};
	assert_vk(allocate(gpu, &import, callbacks, &objects->imported));
}

static void create_objects(struct gpu *gpu, const VkAllocationCallbacks *callbacks, struct objects *objects) {
	const VkExternalMemoryBufferCreateInfo external_buffer = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = MTLBUFFER,
	};
	const VkBufferCreateInfo buffer = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = &external_buffer,
		.size = SIZE,
		.usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT,
	};
	const VkExternalMemoryImageCreateInfo external_image = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = MTLHEAP,
	};
	VkImageCreateInfo image = image_info(VK_FORMAT_R8G8B8A8_UNORM, 16, 16, VK_IMAGE_TILING_OPTIMAL);
	image.pNext = &external_image;
	assert_vk(vkCreateBuffer(gpu->device, &buffer, callbacks, &objects->buffer));
	assert_vk(vkCreateImage(gpu->device, &image, callbacks, &objects->image));
	create_memory(gpu, callbacks, objects);
}

static void destroy_objects(struct gpu *gpu, const VkAllocationCallbacks *callbacks, const struct objects *objects) {
	vkDestroyBuffer(gpu->device, objects->buffer, callbacks);
	vkDestroyImage(gpu->device, objects->image, callbacks);
	vkFreeMemory(gpu->device, objects->exported, callbacks);
	vkFreeMemory(gpu->device, objects->imported, callbacks);
	assert_int_equal(tongs_handle_kind(objects->handle), TONGS_KIND_NONE);
}

static void each_object_has_its_own(void **state) {
	struct callbacks callbacks;
	struct objects objects;
	(void)state;
	callbacks_init(&callbacks);
	size_t device_objects = callbacks.of_device.made[OBJECT];
	create_objects(&callbacks.device, &callbacks.of_object.callbacks, &objects);
	assert_int_equal(callbacks.of_object.made[OBJECT], RECORDS);
	assert_int_equal(callbacks.of_object.live[OBJECT], RECORDS);
	assert_int_equal(callbacks.of_object.made[DEVICE] + callbacks.of_object.made[INSTANCE], 0);
	assert_int_equal(callbacks.of_device.made[OBJECT], device_objects);
	destroy_objects(&callbacks.device, &callbacks.of_object.callbacks, &objects);
	assert_int_equal(allocator_count_live(&callbacks.of_object), 0);
	callbacks_finish(&callbacks);
}

static void objects_without_have_the_devices(void **state) {
	struct callbacks callbacks;
	struct objects objects;
	(void)state;
	callbacks_init(&callbacks);
	size_t of_instance = callbacks.of_instance.made[OBJECT];
	create_objects(&callbacks.device, NULL, &objects);
	assert_int_equal(callbacks.of_device.made[OBJECT], RECORDS);
	assert_int_equal(callbacks.of_device.live[OBJECT], RECORDS);
	assert_int_equal(callbacks.of_instance.made[OBJECT], of_instance);
	destroy_objects(&callbacks.device, NULL, &objects);
	assert_int_equal(callbacks.of_device.live[OBJECT], 0);
	callbacks_finish(&callbacks);
}

static void devices_without_have_the_instances(void **state) {
	struct callbacks callbacks;
	struct objects objects;
	(void)state;
	callbacks_init(&callbacks);
	size_t before = allocator_count_live(&callbacks.of_instance);
	size_t devices = callbacks.of_instance.made[DEVICE], commands = callbacks.of_instance.made[COMMAND];
	struct gpu plain = callbacks.gpu;
	plain.device = create_device(&callbacks.gpu, NULL);
	assert_true(callbacks.of_instance.made[DEVICE] > devices);
	assert_true(callbacks.of_instance.made[COMMAND] > commands);
	size_t instance_objects = callbacks.of_instance.made[OBJECT];
	create_objects(&plain, NULL, &objects);
	assert_int_equal(callbacks.of_instance.made[OBJECT], instance_objects + RECORDS);
	destroy_objects(&plain, NULL, &objects);
	vkDestroyDevice(plain.device, NULL);
	assert_int_equal(allocator_count_live(&callbacks.of_instance), before);
	callbacks_finish(&callbacks);
}

static void each_scope_is_what_it_is_for(void **state) {
	struct callbacks callbacks;
	uint32_t count = 0;
	(void)state;
	callbacks_init(&callbacks);
	/* Records live as long as their objects, and temporary memory of commands has been freed. */
	assert_int_equal(callbacks.of_instance.live[INSTANCE], 1);
	assert_true(callbacks.of_device.live[DEVICE] >= 1);
	assert_int_equal(callbacks.of_device.made[INSTANCE] + callbacks.of_device.made[OBJECT], 0);
	assert_true(callbacks.of_device.made[COMMAND] > 0);
	assert_int_equal(callbacks.of_device.live[COMMAND] + callbacks.of_instance.live[COMMAND], 0);
	size_t commands = callbacks.of_instance.made[COMMAND], all = made(&callbacks.of_instance);
	assert_vk(vkEnumerateDeviceExtensionProperties(callbacks.gpu.physical_device, NULL, &count, NULL));
	assert_true(callbacks.of_instance.made[COMMAND] - commands == made(&callbacks.of_instance) - all);
	assert_int_equal(callbacks.of_instance.live[COMMAND], 0);
	callbacks_finish(&callbacks);
}

/* Commands without callbacks of their own work with the device's. */
static void commands_have_the_devices(void **state) {
	struct callbacks callbacks;
	struct objects objects;
	void *bytes;
	(void)state;
	callbacks_init(&callbacks);
	VkDevice device = callbacks.device.device;
	create_objects(&callbacks.device, &callbacks.of_object.callbacks, &objects);
	assert_vk(vkMapMemory(device, objects.exported, 0, VK_WHOLE_SIZE, 0, &bytes));
	size_t before = callbacks.of_device.made[COMMAND], object_commands = callbacks.of_object.made[COMMAND];
	const VkMappedMemoryRange range = {
		VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, NULL, objects.exported, 0, VK_WHOLE_SIZE};
	assert_vk(vkFlushMappedMemoryRanges(device, 1, &range));
	assert_int_equal(callbacks.of_device.made[COMMAND], before + 1);
	assert_int_equal(callbacks.of_object.made[COMMAND], object_commands);
	assert_int_equal(callbacks.of_device.live[COMMAND], 0);
	destroy_objects(&callbacks.device, &callbacks.of_object.callbacks, &objects);
	callbacks_finish(&callbacks);
}

/* What a driver takes from the C library is not this test's to count. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#else
#define __lsan_disable() ((void)0)
#define __lsan_enable() ((void)0)
#endif

/* A rule is broken: the driver's objects leak, but Tongs' memory returns to its allocator. */
static void what_is_left_behind_goes_back(void **state) {
	struct callbacks callbacks;
	struct objects with, without;
	(void)state;
	callbacks_init(&callbacks);
	__lsan_disable();
	create_objects(&callbacks.device, &callbacks.of_object.callbacks, &with);
	create_objects(&callbacks.device, NULL, &without);
	__lsan_enable();
	vkDestroyDevice(callbacks.device.device, &callbacks.of_device.callbacks);
	assert_int_equal(allocator_count_live(&callbacks.of_object), 0);
	assert_int_equal(allocator_count_live(&callbacks.of_device), 0);
	assert_int_equal(tongs_handle_kind(with.handle), TONGS_KIND_NONE);
	assert_int_equal(tongs_handle_kind(without.handle), TONGS_KIND_NONE);
	assert_int_equal(callbacks.of_object.faults + callbacks.of_device.faults, 0);
	gpu_finish(&callbacks.gpu);
	allocator_finish(&callbacks.of_object);
	allocator_finish(&callbacks.of_device);
	assert_true(allocator_finish(&callbacks.of_instance));
}

/* User data at destruction may differ from that at creation. */
static size_t freed_for_other;

static VKAPI_ATTR void VKAPI_CALL free_for_other(void *user, void *bytes) {
	struct allocator *allocator = *(struct allocator **)user;
	freed_for_other += bytes != NULL;
	allocator->callbacks.pfnFree(allocator, bytes);
}

static void callbacks_of_the_destruction_are_used(void **state) {
	struct callbacks callbacks;
	struct objects objects;
	(void)state;
	callbacks_init(&callbacks);
	create_objects(&callbacks.device, &callbacks.of_object.callbacks, &objects);
	struct allocator *allocator = &callbacks.of_object;
	VkAllocationCallbacks compatible = allocator->callbacks;
	compatible.pUserData = &allocator;
	compatible.pfnFree = free_for_other;
	size_t blocks = allocator_count_live(allocator) + allocator->live_others;
	destroy_objects(&callbacks.device, &compatible, &objects);
	assert_int_equal(freed_for_other, blocks);
	assert_int_equal(allocator_count_live(&callbacks.of_object), 0);
	callbacks_finish(&callbacks);
}

/* It is made with the first view, and goes with the image: it has the image's callbacks, not the view's. */
static void a_provided_surface_has_its_images(void **state) {
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(IOSURFACE), NULL);
	VkImageCreateInfo info = image_info(VK_FORMAT_B8G8R8A8_UNORM, 16, 16, VK_IMAGE_TILING_LINEAR);
	struct allocator of_instance, of_image, of_view;
	struct gpu gpu;
	VkImage image;
	VkImageView view;
	(void)state;
	allocator_init(&of_instance);
	allocator_init(&of_image);
	allocator_init(&of_view);
	const struct gpu_options options = {.callbacks = &of_instance.callbacks, .with_objects = true};
	gpu_init(&gpu, &options);
	info.pNext = &object;
	const VkResult result = vkCreateImage(gpu.device, &info, &of_image.callbacks, &image);
	if (result == VK_ERROR_FEATURE_NOT_PRESENT && !has_unified_memory(&gpu)) {
		gpu_finish(&gpu);
		skip();
	}
	assert_vk(result);
	const size_t before = made(&of_image), others_before = of_image.live_others;
	const VkImageViewCreateInfo view_info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
		.image = image,
		.viewType = VK_IMAGE_VIEW_TYPE_2D,
		.format = info.format,
		.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1},
	};
	assert_vk(vkCreateImageView(gpu.device, &view_info, &of_view.callbacks, &view));
	assert_true(made(&of_image) > before);
	assert_true(of_image.live_others > others_before);
	vkDestroyImageView(gpu.device, view, &of_view.callbacks);
	vkDestroyImage(gpu.device, image, &of_image.callbacks);
	gpu_finish(&gpu);
	assert_true(allocator_finish(&of_view));
	assert_true(allocator_finish(&of_image));
	assert_true(allocator_finish(&of_instance));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_object_has_its_own),
		cmocka_unit_test(objects_without_have_the_devices),
		cmocka_unit_test(devices_without_have_the_instances),
		cmocka_unit_test(each_scope_is_what_it_is_for),
		cmocka_unit_test(commands_have_the_devices),
		cmocka_unit_test(what_is_left_behind_goes_back),
		cmocka_unit_test(callbacks_of_the_destruction_are_used),
		cmocka_unit_test(a_provided_surface_has_its_images),
	};
	return cmocka_run_group_tests_name("layer: callbacks", tests, NULL, NULL);
}
