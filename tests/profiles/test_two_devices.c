/* SPDX-License-Identifier: MIT */
/* Two physical devices in one instance: each shares, and refuses the other's objects. */
#include "../layer/metal_objects.h"
#include "metal/interop.h"

enum { SIZE = 65536, TYPES = 3 };

static const VkExternalMemoryHandleTypeFlags types[TYPES] = {MTLBUFFER, MTLTEXTURE, MTLHEAP};

/* A device with an object of each handle type, and an image like that of the texture. */
struct side {
	struct gpu gpu;
	VkImage image, own_image;
	VkDeviceMemory memories[TYPES];
	void *handles[TYPES];
};

static void side_init(struct side *side, uint32_t device) {
	const struct gpu_options options = {.device = device};
	const VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, 64, 64, VK_IMAGE_TILING_OPTIMAL);
	struct gpu *gpu = &side->gpu;
	gpu_init(gpu, &options);
	side->own_image = make_image(gpu, &info, MTLTEXTURE);
	side->image = make_image(gpu, &info, MTLTEXTURE);
	for (int i = 0; i < TYPES; i++) {
		side->memories[i] = types[i] == MTLTEXTURE ? export_for_image(gpu, side->own_image, MTLTEXTURE)
							   : export_memory(gpu, SIZE, shared_type_as(gpu, types[i]),
								     types[i], VK_NULL_HANDLE, VK_NULL_HANDLE);
		side->handles[i] = handle_of(gpu, side->memories[i], types[i]);
	}
}

static void side_finish(struct side *side) {
	vkDestroyImage(side->gpu.device, side->image, NULL);
	vkDestroyImage(side->gpu.device, side->own_image, NULL);
	for (int i = 0; i < TYPES; i++)
		vkFreeMemory(side->gpu.device, side->memories[i], NULL);
	gpu_finish(&side->gpu);
}

static VkResult try_one(struct side *side, int i, const void *handle) {
	struct gpu *gpu = &side->gpu;
	VkDeviceMemory memory = VK_NULL_HANDLE;
	if (types[i] != MTLTEXTURE)
		return try_import(gpu, types[i], handle, SIZE, shared_type_as(gpu, types[i]), VK_NULL_HANDLE, &memory);
	VkMemoryRequirements requirements;
	vkGetImageMemoryRequirements(gpu->device, side->image, &requirements);
	return try_import(
		gpu, types[i], handle, 0, pick_type(gpu, requirements.memoryTypeBits, 0), side->image, &memory);
}

static void refuse(struct side *side, const struct side *other) {
	for (int i = 0; i < TYPES; i++) {
		VkMemoryMetalHandlePropertiesEXT properties = {
			.sType = VK_STRUCTURE_TYPE_MEMORY_METAL_HANDLE_PROPERTIES_EXT};
		assert_int_equal(side->gpu.get_properties(side->gpu.device,
					 (VkExternalMemoryHandleTypeFlagBits)types[i], other->handles[i], &properties),
			VK_ERROR_INVALID_EXTERNAL_HANDLE);
		assert_reported(&side->gpu, "10416");
		assert_int_equal(try_one(side, i, other->handles[i]), VK_ERROR_INVALID_EXTERNAL_HANDLE);
		assert_reported(&side->gpu, "10409");
	}
}

static void each_refuses_the_others_objects(void **state) {
	static struct side sides[2];
	(void)state;
	side_init(&sides[1], 1);
	side_init(&sides[0], 0);
	struct tongs_device *devices[2];
	for (int i = 0; i < 2; i++)
		devices[i] = tongs_heap_get_device(sides[i].handles[2]);
	assert_ptr_not_equal(devices[0], devices[1]);
	for (int i = 0; i < 2; i++)
		refuse(&sides[i], &sides[1 - i]);
	for (int i = 0; i < 2; i++)
		side_finish(&sides[i]);
}

/* A driver shares its semaphores with devices of its own alone. */
static void semaphores_stay_on_their_device(void **state) {
	struct gpu gpus[2];
	VkSemaphore semaphores[2];
	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		const struct gpu_options options = {
			.device = i, .with_objects = true, .instance_exports = {EXPORT(DEVICE)}};
		gpu_init(&gpus[i], &options);
		/* Newer validation layers ask whether binary semaphores are shared, which the mock's are not. */
		gpus[i].expected_below = "VkExportSemaphoreCreateInfo-handleTypes-01124";
	}
	for (int i = 0; i < 2; i++) {
		struct tongs_shared_event *event = tongs_device_new_shared_event(device_object(&gpus[i]));
		for (int other = 0; other < 2; other++) {
			const VkImportMetalSharedEventInfoEXT import = {
				.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_SHARED_EVENT_INFO_EXT,
				.mtlSharedEvent = (void *)event,
			};
			const VkSemaphoreTypeCreateInfo type = {
				.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
				.pNext = &import,
				.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
			};
			const VkSemaphoreCreateInfo info = {
				.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type};
			const int on = (i + 1 + other) % 2;
			assert_vk(vkCreateSemaphore(gpus[on].device, &info, NULL, &semaphores[on]));
			if (on != i)
				assert_int_equal(tongs_event_export_fd(event), -1);
		}
		for (int on = 0; on < 2; on++)
			vkDestroySemaphore(gpus[on].device, semaphores[on], NULL);
		tongs_shared_event_unref(event);
	}
	for (int i = 0; i < 2; i++)
		gpu_finish_unrefused(&gpus[i]);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_refuses_the_others_objects),
		cmocka_unit_test(semaphores_stay_on_their_device),
	};
	return cmocka_run_group_tests_name("profiles: two devices", tests, NULL, NULL);
}
