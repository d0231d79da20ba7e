/* SPDX-License-Identifier: MIT */
/* The rules of VK_EXT_metal_objects. */
#include <string.h>

#include "metal_objects.h"
#include "rules.h"

static const struct gpu_options OBJECTS = {
	.with_objects = true,
	.instance_exports = {EXPORT(DEVICE), EXPORT(COMMAND_QUEUE)},
};

/* In one message about `handle`, which has no name. */
static void assert_object_reported(struct gpu *gpu, const char *rule, VkObjectType type, uint64_t handle) {
	assert_reported_of(gpu, rule, REFUSED, type, handle, NULL);
}
#define ABOUT(type, handle) VK_OBJECT_TYPE_##type, (uint64_t)(uintptr_t)(handle)

static void instance_06779_what_is_not_of_an_instance(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &(struct gpu_options){.with_objects = true, .instance_exports = {EXPORT(TEXTURE)}});
	assert_reported_of(&gpu, "VUID-VkInstanceCreateInfo-pNext-06779", TOLERATED, ABOUT(DEVICE, gpu.device), NULL);
	assert_non_null(device_object(&gpu));
	assert_reported(&gpu, "06791");
	gpu_finish(&gpu);
	/* Not of devices that do not use it. */
	gpu_init(&gpu, &(struct gpu_options){.instance_exports = {EXPORT(TEXTURE)}});
	assert_reported(&gpu, NULL);
	gpu_finish(&gpu);
}

static void memory_06780_what_is_not_of_memory(void **state) {
	const VkExportMetalObjectCreateInfoEXT buffer = object_info(EXPORT(BUFFER), NULL),
					       texture = object_info(EXPORT(TEXTURE), &buffer),
					       both = object_info(EXPORT(BUFFER) | EXPORT(TEXTURE), NULL);
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &OBJECTS);
	const void *const chains[] = {&texture, &both};
	for (size_t i = 0; i < 2; i++)
		assert_refused(&gpu, chains[i], SIZE, shared_type(&gpu), VK_ERROR_VALIDATION_FAILED_EXT,
			"VUID-VkMemoryAllocateInfo-pNext-06780", ABOUT(DEVICE, gpu.device), NULL);
	gpu_finish(&gpu);
}

static void buffer_view_06782_06797(void **state) {
	const VkExportMetalObjectCreateInfoEXT wrong = object_info(EXPORT(BUFFER), NULL),
					       right = object_info(EXPORT(TEXTURE), NULL);
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &OBJECTS);
	VkBuffer buffer = make_buffer(&gpu, SIZE, VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT, 0);
	VkMemoryRequirements requirements;
	vkGetBufferMemoryRequirements(gpu.device, buffer, &requirements);
	VkDeviceMemory memory = VK_NULL_HANDLE;
	assert_vk(
		try_allocate(&gpu, NULL, requirements.size, pick_type(&gpu, requirements.memoryTypeBits, 0), &memory));
	assert_vk(vkBindBufferMemory(gpu.device, buffer, memory, 0));
	VkBufferViewCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO,
		.pNext = &wrong,
		.buffer = buffer,
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.range = VK_WHOLE_SIZE,
	};
	VkBufferView view = (VkBufferView)(uintptr_t)1;
	assert_int_equal(vkCreateBufferView(gpu.device, &info, NULL, &view), VK_ERROR_VALIDATION_FAILED_EXT);
	assert_true(view == VK_NULL_HANDLE);
	assert_object_reported(&gpu, "VUID-VkBufferViewCreateInfo-pNext-06782", ABOUT(BUFFER, buffer));

	info.pNext = NULL;
	assert_vk(vkCreateBufferView(gpu.device, &info, NULL, &view));
	assert_null(texture_object(&gpu, VK_NULL_HANDLE, VK_NULL_HANDLE, view, VK_IMAGE_ASPECT_PLANE_0_BIT));
	assert_object_reported(&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06797", ABOUT(BUFFER_VIEW, view));
	vkDestroyBufferView(gpu.device, view, NULL);

	/* Made for export, of a buffer that is not. */
	info.pNext = &right;
	assert_vk(vkCreateBufferView(gpu.device, &info, NULL, &view));
	assert_null(texture_object(&gpu, VK_NULL_HANDLE, VK_NULL_HANDLE, view, VK_IMAGE_ASPECT_PLANE_0_BIT));
	assert_object_reported(&gpu, "TONGS-metal-view", ABOUT(BUFFER_VIEW, view));
	vkDestroyBufferView(gpu.device, view, NULL);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

static void refuse_image(struct gpu *gpu, VkFormat format, const void *next, VkResult result, const char *rule) {
	VkImageCreateInfo info = rgba8(VK_IMAGE_TILING_OPTIMAL);
	VkImage image = (VkImage)(uintptr_t)1;
	info.format = format;
	info.pNext = next;
	assert_int_equal(vkCreateImage(gpu->device, &info, NULL, &image), result);
	assert_true(image == VK_NULL_HANDLE);
	assert_object_reported(gpu, rule, ABOUT(DEVICE, gpu->device));
}

static VkImportMetalTextureInfoEXT texture_import(VkImageAspectFlags plane, void *texture) {
	return (VkImportMetalTextureInfoEXT){
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_TEXTURE_INFO_EXT,
		.plane = (VkImageAspectFlagBits)plane,
		.mtlTexture = texture,
	};
}

static void image_06783_06784_06785_06786(void **state) {
	const VkExportMetalObjectCreateInfoEXT wrong = object_info(EXPORT(DEVICE), NULL);
	const VkImportMetalTextureInfoEXT color = texture_import(VK_IMAGE_ASPECT_COLOR_BIT, NULL),
					  second = texture_import(VK_IMAGE_ASPECT_PLANE_1_BIT, NULL),
					  third = texture_import(VK_IMAGE_ASPECT_PLANE_2_BIT, NULL);
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &OBJECTS);
	refuse_image(&gpu, VK_FORMAT_R8G8B8A8_UNORM, &wrong, VK_ERROR_VALIDATION_FAILED_EXT,
		"VUID-VkImageCreateInfo-pNext-06783");
	refuse_image(&gpu, VK_FORMAT_R8G8B8A8_UNORM, &color, VK_ERROR_VALIDATION_FAILED_EXT,
		"VUID-VkImageCreateInfo-pNext-06784");
	refuse_image(&gpu, VK_FORMAT_R8G8B8A8_UNORM, &second, VK_ERROR_VALIDATION_FAILED_EXT,
		"VUID-VkImageCreateInfo-pNext-06785");
	refuse_image(&gpu, VK_FORMAT_G8_B8R8_2PLANE_420_UNORM, &third, VK_ERROR_VALIDATION_FAILED_EXT,
		"VUID-VkImageCreateInfo-pNext-06786");
	/* Metal has no textures of three components. */
	const VkExportMetalObjectCreateInfoEXT texture = object_info(EXPORT(TEXTURE), NULL);
	refuse_image(&gpu, VK_FORMAT_R16G16B16_UNORM, &texture, VK_ERROR_VALIDATION_FAILED_EXT, "TONGS-metal-image");
	gpu_finish(&gpu);
}

/* What no surface can be, whatever the device. */
static void surfaces_have_one_plane_of_color(void **state) {
	const VkExportMetalObjectCreateInfoEXT export = object_info(EXPORT(IOSURFACE), NULL);
	const VkImportMetalIOSurfaceInfoEXT import = {.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_IO_SURFACE_INFO_EXT};
	const VkImportMetalTextureInfoEXT both = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_TEXTURE_INFO_EXT,
		.pNext = &import,
		.plane = VK_IMAGE_ASPECT_PLANE_0_BIT,
	};
	const void *const chains[] = {&export, &import};
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &OBJECTS);
	for (size_t chain = 0; chain < 2; chain++)
		for (size_t i = 0; i < 4; i++) {
			VkImageCreateInfo info = rgba8(VK_IMAGE_TILING_OPTIMAL);
			VkImage image = (VkImage)(uintptr_t)1;
			info.mipLevels = i == 0 ? 2 : 1;
			info.arrayLayers = i == 1 ? 2 : 1;
			info.imageType = i == 2 ? VK_IMAGE_TYPE_3D : VK_IMAGE_TYPE_2D;
			if (i == 3) {
				info.format = VK_FORMAT_D16_UNORM;
				info.usage = VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT;
			}
			if (!has_unified_memory(&gpu) && !can_share_image(&gpu, &info, MTLTEXTURE))
				continue;
			info.pNext = chains[chain];
			assert_int_equal(vkCreateImage(gpu.device, &info, NULL, &image), VK_ERROR_FEATURE_NOT_PRESENT);
			assert_true(image == VK_NULL_HANDLE);
			assert_object_reported(&gpu, "TONGS-metal-surface", ABOUT(DEVICE, gpu.device));
		}
	refuse_image(&gpu, VK_FORMAT_R8G8B8A8_UNORM, &both, VK_ERROR_VALIDATION_FAILED_EXT, "TONGS-metal-object");
	gpu_finish(&gpu);
}

/* A plain image and a view of it. */
static void image_view_06787_06796(void **state) {
	const VkExportMetalObjectCreateInfoEXT wrong = object_info(EXPORT(SHARED_EVENT), NULL),
					       right = object_info(EXPORT(TEXTURE), NULL);
	const VkImageCreateInfo image_info = rgba8(VK_IMAGE_TILING_OPTIMAL);
	struct gpu gpu;
	VkImage image;
	VkMemoryRequirements requirements;
	VkDeviceMemory memory;
	(void)state;
	gpu_init(&gpu, &OBJECTS);
	assert_vk(vkCreateImage(gpu.device, &image_info, NULL, &image));
	vkGetImageMemoryRequirements(gpu.device, image, &requirements);
	assert_vk(
		try_allocate(&gpu, NULL, requirements.size, pick_type(&gpu, requirements.memoryTypeBits, 0), &memory));
	assert_vk(vkBindImageMemory(gpu.device, image, memory, 0));
	VkImageViewCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
		.pNext = &wrong,
		.image = image,
		.viewType = VK_IMAGE_VIEW_TYPE_2D,
		.format = image_info.format,
		.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1},
	};
	VkImageView view = (VkImageView)(uintptr_t)1;
	assert_int_equal(vkCreateImageView(gpu.device, &info, NULL, &view), VK_ERROR_VALIDATION_FAILED_EXT);
	assert_true(view == VK_NULL_HANDLE);
	assert_object_reported(&gpu, "VUID-VkImageViewCreateInfo-pNext-06787", ABOUT(IMAGE, image));

	info.pNext = NULL;
	assert_vk(vkCreateImageView(gpu.device, &info, NULL, &view));
	set_name(&gpu, ABOUT(IMAGE_VIEW, view), "seen by all");
	assert_null(texture_object(&gpu, VK_NULL_HANDLE, view, VK_NULL_HANDLE, VK_IMAGE_ASPECT_PLANE_0_BIT));
	assert_reported_of(
		&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06796", REFUSED, ABOUT(IMAGE_VIEW, view), "seen by all");
	vkDestroyImageView(gpu.device, view, NULL);

	/* Made for export, of an image that is not. */
	info.pNext = &right;
	assert_vk(vkCreateImageView(gpu.device, &info, NULL, &view));
	assert_null(texture_object(&gpu, VK_NULL_HANDLE, view, VK_NULL_HANDLE, VK_IMAGE_ASPECT_PLANE_0_BIT));
	assert_object_reported(&gpu, "TONGS-metal-view", ABOUT(IMAGE_VIEW, view));
	vkDestroyImageView(gpu.device, view, NULL);
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

static void export_06791_06792_of_an_instance_without(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &(struct gpu_options){.with_objects = true});
	VkExportMetalCommandQueueInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_COMMAND_QUEUE_INFO_EXT,
		.queue = gpu.queue,
		.mtlCommandQueue = (void *)&info,
	};
	struct tongs_device *device = device_object(&gpu);
	assert_int_equal(tongs_handle_kind(device), TONGS_KIND_DEVICE);
	assert_reported_of(
		&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06791", TOLERATED, ABOUT(DEVICE, gpu.device), NULL);
	export_by(&gpu, &info);
	assert_ptr_equal(tongs_command_queue_get_device((void *)info.mtlCommandQueue), device);
	assert_reported_of(
		&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06792", TOLERATED, ABOUT(QUEUE, gpu.queue), NULL);
	gpu_finish(&gpu);
}

static void export_06793_memory(void **state) {
	const VkExportMemoryAllocateInfo other = export_info(MTLBUFFER, NULL);
	struct gpu gpu;
	VkDeviceMemory memory;
	(void)state;
	gpu_init(&gpu, &OBJECTS);
	const void *const chains[] = {NULL, &other};
	for (size_t i = 0; i < 2; i++) {
		assert_vk(try_allocate(&gpu, chains[i], SIZE, shared_type(&gpu), &memory));
		assert_null(buffer_object(&gpu, memory));
		assert_object_reported(
			&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06793", ABOUT(DEVICE_MEMORY, memory));
		vkFreeMemory(gpu.device, memory, NULL);
	}
	gpu_finish(&gpu);
}

static void export_06794_06795_06798_06799_06801(void **state) {
	const VkImageCreateInfo info = rgba8(VK_IMAGE_TILING_OPTIMAL);
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(TEXTURE), NULL);
	struct gpu gpu;
	VkMemoryRequirements requirements;
	VkDeviceMemory memory;
	VkImage plain;
	(void)state;
	gpu_init(&gpu, &OBJECTS);
	VkImage image = make_object_image(&gpu, &info);
	const VkMemoryDedicatedAllocateInfo dedicated = dedicated_info(image, VK_NULL_HANDLE);
	vkGetImageMemoryRequirements(gpu.device, image, &requirements);
	assert_vk(try_allocate(
		&gpu, &dedicated, requirements.size, pick_type(&gpu, requirements.memoryTypeBits, 0), &memory));
	assert_vk(vkBindImageMemory(gpu.device, image, memory, 0));
	const VkImageViewCreateInfo view_info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
		.pNext = &object,
		.image = image,
		.viewType = VK_IMAGE_VIEW_TYPE_2D,
		.format = info.format,
		.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1},
	};
	VkImageView view;
	assert_vk(vkCreateImageView(gpu.device, &view_info, NULL, &view));
	assert_vk(vkCreateImage(gpu.device, &info, NULL, &plain));
	const VkImageAspectFlags first = VK_IMAGE_ASPECT_PLANE_0_BIT, second = VK_IMAGE_ASPECT_PLANE_1_BIT;

	assert_null(texture_object(&gpu, VK_NULL_HANDLE, VK_NULL_HANDLE, VK_NULL_HANDLE, first));
	assert_object_reported(&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06794", ABOUT(DEVICE, gpu.device));
	assert_null(texture_object(&gpu, image, view, VK_NULL_HANDLE, first));
	assert_object_reported(&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06794", ABOUT(IMAGE_VIEW, view));
	assert_null(texture_object(&gpu, plain, VK_NULL_HANDLE, VK_NULL_HANDLE, first));
	assert_object_reported(&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06795", ABOUT(IMAGE, plain));
	/* Of a format without planes there is no other texture. */
	assert_ptr_equal(texture_object(&gpu, image, VK_NULL_HANDLE, VK_NULL_HANDLE, VK_IMAGE_ASPECT_COLOR_BIT),
		texture_object(&gpu, image, VK_NULL_HANDLE, VK_NULL_HANDLE, first));
	assert_reported_of(&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06798", TOLERATED, ABOUT(IMAGE, image), NULL);
	assert_ptr_equal(texture_object(&gpu, VK_NULL_HANDLE, view, VK_NULL_HANDLE, VK_IMAGE_ASPECT_COLOR_BIT),
		texture_object(&gpu, VK_NULL_HANDLE, view, VK_NULL_HANDLE, first));
	assert_reported_of(
		&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06798", TOLERATED, ABOUT(IMAGE_VIEW, view), NULL);
	assert_null(texture_object(&gpu, image, VK_NULL_HANDLE, VK_NULL_HANDLE, VK_IMAGE_ASPECT_DEPTH_BIT));
	assert_object_reported(&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06798", ABOUT(IMAGE, image));
	assert_null(texture_object(&gpu, image, VK_NULL_HANDLE, VK_NULL_HANDLE, first | second));
	assert_object_reported(&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06798", ABOUT(IMAGE, image));
	assert_null(texture_object(&gpu, image, VK_NULL_HANDLE, VK_NULL_HANDLE, second));
	assert_object_reported(&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06799", ABOUT(IMAGE, image));
	assert_null(texture_object(&gpu, VK_NULL_HANDLE, view, VK_NULL_HANDLE, second));
	assert_object_reported(&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06801", ABOUT(IMAGE_VIEW, view));
	assert_non_null(texture_object(&gpu, image, VK_NULL_HANDLE, VK_NULL_HANDLE, first));
	assert_non_null(texture_object(&gpu, VK_NULL_HANDLE, view, VK_NULL_HANDLE, first));
	assert_reported(&gpu, NULL);

	vkDestroyImageView(gpu.device, view, NULL);
	vkDestroyImage(gpu.device, plain, NULL);
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

/* Of a plain image, of one for export as a texture, and of one that was made a surface without METAL_IOSURFACE. */
static void export_06803_surfaces(void **state) {
	VkImageCreateInfo info = rgba8(VK_IMAGE_TILING_LINEAR);
	struct gpu gpu;
	VkImage image;
	(void)state;
	gpu_init(&gpu, &OBJECTS);
	const bool shared = has_unified_memory(&gpu) || can_share_image(&gpu, &info, MTLTEXTURE);
	assert_vk(vkCreateImage(gpu.device, &info, NULL, &image));
	assert_null(surface_object(&gpu, image));
	assert_object_reported(&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06803", ABOUT(IMAGE, image));
	vkDestroyImage(gpu.device, image, NULL);
	if (shared) {
		const VkImportMetalIOSurfaceInfoEXT import = {
			.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_IO_SURFACE_INFO_EXT};
		image = make_object_image(&gpu, &info);
		assert_null(surface_object(&gpu, image));
		assert_object_reported(&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06803", ABOUT(IMAGE, image));
		vkDestroyImage(gpu.device, image, NULL);
		info.pNext = &import;
		VkResult result = vkCreateImage(gpu.device, &info, NULL, &image);
		if (result == VK_SUCCESS) {
			assert_int_equal(tongs_handle_kind(surface_object(&gpu, image)), TONGS_KIND_SURFACE);
			assert_reported_of(&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06803", TOLERATED,
				ABOUT(IMAGE, image), NULL);
			vkDestroyImage(gpu.device, image, NULL);
		} else {
			assert_int_equal(result, VK_ERROR_FEATURE_NOT_PRESENT);
			assert_false(has_unified_memory(&gpu));
			assert_reported(&gpu, "TONGS-metal-surface");
		}
	}
	gpu_finish(&gpu);
}

/* Handles that are no objects, of the wrong class, or of another shape. */
static void bad_imports(void **state) {
	struct gpu gpu;
	VkDeviceMemory memory;
	VkImage image;
	uint64_t garbage[8] = {0};
	(void)state;
	gpu_init(&gpu, &OBJECTS);
	struct tongs_device *device = device_object(&gpu);
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, SIZE, MTLResourceStorageModeShared);
	const struct tongs_texture_info small = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, WIDTH / 2, HEIGHT);
	struct tongs_texture *texture = metal_new_texture(&gpu, device, &small);
	assert_non_null(texture);
	void *const bad_buffers[] = {NULL, garbage, device, texture};
	for (size_t i = 0; i < 4; i++) {
		const VkImportMetalBufferInfoEXT import = {
			.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_BUFFER_INFO_EXT,
			.mtlBuffer = bad_buffers[i],
		};
		assert_int_equal(try_allocate(&gpu, &import, SIZE, shared_type(&gpu), &memory),
			VK_ERROR_INVALID_EXTERNAL_HANDLE);
		assert_true(memory == VK_NULL_HANDLE);
		assert_reported(&gpu, "TONGS-metal-object");
	}
	VkImageCreateInfo info = rgba8(VK_IMAGE_TILING_OPTIMAL);
	if (can_share_image(&gpu, &info, MTLTEXTURE)) {
		void *const bad_textures[] = {NULL, garbage, device, buffer, texture};
		for (size_t i = 0; i < 5; i++) {
			const VkImportMetalTextureInfoEXT import =
				texture_import(VK_IMAGE_ASPECT_PLANE_0_BIT, bad_textures[i]);
			info.pNext = &import;
			assert_int_equal(
				vkCreateImage(gpu.device, &info, NULL, &image), VK_ERROR_INVALID_EXTERNAL_HANDLE);
			assert_true(image == VK_NULL_HANDLE);
			assert_reported(&gpu, "TONGS-metal-object");
		}
	}
	tongs_buffer_unref(buffer);
	tongs_texture_unref(texture);
	gpu_finish(&gpu);
}

/* The same for surfaces: garbage, other classes, a surface that was freed, and ones of another shape. */
static void bad_surfaces(void **state) {
	VkImageCreateInfo info = rgba8(VK_IMAGE_TILING_LINEAR);
	const struct tongs_surface_plane right = {.width = WIDTH, .height = HEIGHT, .bytes_per_element = 4};
	struct tongs_surface_info shapes[7];
	uint64_t garbage[8] = {0};
	struct gpu gpu;
	VkImage image = VK_NULL_HANDLE;
	(void)state;
	gpu_init(&gpu, &OBJECTS);
	const VkImportMetalIOSurfaceInfoEXT none = {.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_IO_SURFACE_INFO_EXT};
	const bool shared = has_unified_memory(&gpu) || can_share_image(&gpu, &info, MTLTEXTURE);
	info.pNext = &none;
	if (!shared || vkCreateImage(gpu.device, &info, NULL, &image) != VK_SUCCESS) {
		gpu_finish(&gpu);
		skip();
	}
	vkDestroyImage(gpu.device, image, NULL);
	for (size_t i = 0; i < 7; i++)
		shapes[i] = (struct tongs_surface_info){.whole = right};
	shapes[1].whole.width--;
	shapes[2].whole.height++;
	shapes[3].whole.bytes_per_element = 8;
	shapes[4].whole.element_width = 2;
	shapes[5].plane_count = 2;
	shapes[5].planes[0] = shapes[5].planes[1] = right;
	shapes[6] = (struct tongs_surface_info){.alloc_size = 1 << 20};
	struct tongs_device *device = device_object(&gpu);
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, SIZE, MTLResourceStorageModeShared);
	void *bad[10] = {garbage, device, buffer};
	for (size_t i = 0; i < 7; i++)
		assert_non_null(bad[3 + i] = (void *)tongs_surface_new(&shapes[i]));
	tongs_surface_unref(bad[3]);
	for (size_t i = 0; i < 10; i++) {
		VkImportMetalIOSurfaceInfoEXT import = none;
		import.ioSurface = bad[i];
		info.pNext = &import;
		image = (VkImage)(uintptr_t)1;
		assert_int_equal(vkCreateImage(gpu.device, &info, NULL, &image), VK_ERROR_INVALID_EXTERNAL_HANDLE);
		assert_true(image == VK_NULL_HANDLE);
		assert_reported(&gpu, "TONGS-metal-object");
	}
	for (size_t i = 1; i < 7; i++) {
		tongs_surface_unref(bad[3 + i]);
		assert_int_equal(tongs_handle_kind(bad[3 + i]), TONGS_KIND_NONE);
	}
	tongs_buffer_unref(buffer);
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instance_06779_what_is_not_of_an_instance),
		cmocka_unit_test(memory_06780_what_is_not_of_memory),
		cmocka_unit_test(buffer_view_06782_06797),
		cmocka_unit_test(image_06783_06784_06785_06786),
		cmocka_unit_test(surfaces_have_one_plane_of_color),
		cmocka_unit_test(image_view_06787_06796),
		cmocka_unit_test(export_06791_06792_of_an_instance_without),
		cmocka_unit_test(export_06793_memory),
		cmocka_unit_test(export_06794_06795_06798_06799_06801),
		cmocka_unit_test(export_06803_surfaces),
		cmocka_unit_test(bad_imports),
		cmocka_unit_test(bad_surfaces),
	};
	return cmocka_run_group_tests_name("layer: rules of metal objects", tests, NULL, NULL);
}
