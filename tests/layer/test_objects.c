/* SPDX-License-Identifier: MIT */
/* VK_EXT_metal_objects: what is exported is what VK_EXT_external_memory_metal hands out, and has the same bytes; what
 * is imported is retained and seen by both sides. */
#include <stdlib.h>
#include <string.h>

#include "metal_objects.h"

/* What programs do that do not look whether an image requires memory of its own. */
#define UNDEDICATED "VUID-vkBindImageMemory-image-01445"

enum { WIDTH = 48, HEIGHT = 20, SIZE = 8192 };

static const VkBufferUsageFlags COPIES = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
static const struct gpu_options BOTH = {.with_objects = true, .instance_exports = {EXPORT(DEVICE)}};
static const struct gpu_options ALONE = {
	.with_objects = true, .without_extension = true, .instance_exports = {EXPORT(DEVICE)}};

static unsigned count_extension(VkPhysicalDevice device) {
	uint32_t count = 0;
	unsigned found = 0;
	assert_vk(vkEnumerateDeviceExtensionProperties(device, NULL, &count, NULL));
	VkExtensionProperties *list = calloc(count, sizeof(*list));
	assert_vk(vkEnumerateDeviceExtensionProperties(device, NULL, &count, list));
	for (uint32_t i = 0; i < count; i++)
		found += strcmp(list[i].extensionName, VK_EXT_METAL_OBJECTS_EXTENSION_NAME) == 0;
	free(list);
	return found;
}

static void listed_once_and_enabled_alone(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	assert_int_equal(count_extension(gpu.physical_device), 1);
	assert_null(gpu.export_objects);
	assert_non_null(vkGetInstanceProcAddr(gpu.instance, "vkExportMetalObjectsEXT"));
	gpu_finish(&gpu);
	gpu_init(&gpu, &ALONE);
	assert_non_null(gpu.export_objects);
	assert_null(gpu.get_handle);
	assert_null(gpu.get_properties);
	gpu_finish(&gpu);
	gpu_init(&gpu, &BOTH);
	assert_non_null(gpu.export_objects);
	assert_non_null(gpu.get_handle);
	gpu_finish(&gpu);
}

/* The memory of a buffer that was created without a word about Metal. */
static VkDeviceMemory allocate_object(struct gpu *gpu, VkBuffer buffer, const void *next) {
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(BUFFER), next);
	VkMemoryRequirements requirements;
	vkGetBufferMemoryRequirements(gpu->device, buffer, &requirements);
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &object,
		.allocationSize = requirements.size,
		.memoryTypeIndex = shared_type(gpu),
	};
	VkDeviceMemory memory;
	assert_true(requirements.memoryTypeBits >> info.memoryTypeIndex & 1);
	assert_vk(vkAllocateMemory(gpu->device, &info, NULL, &memory));
	assert_vk(vkBindBufferMemory(gpu->device, buffer, memory, 0));
	return memory;
}

static void check_bytes(struct gpu *gpu, VkBuffer buffer, struct tongs_buffer *object) {
	uint8_t bytes[SIZE], got[SIZE];
	fill_noise(bytes, SIZE, 1);
	gpu_write_buffer(gpu, buffer, 0, bytes, SIZE);
	metal_read_buffer(gpu, object, 0, got, SIZE);
	assert_memory_equal(got, bytes, SIZE);
	fill_noise(bytes, SIZE, 2);
	metal_write_buffer(gpu, object, 0, bytes, SIZE);
	gpu_read_buffer(gpu, buffer, 0, got, SIZE);
	assert_memory_equal(got, bytes, SIZE);
}

static void export_buffer(const struct gpu_options *options) {
	struct gpu gpu;
	gpu_init(&gpu, options);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, 0);
	VkDeviceMemory memory = allocate_object(&gpu, buffer, NULL);
	struct tongs_buffer *object = buffer_object(&gpu, memory);
	assert_int_equal(tongs_handle_kind(object), TONGS_KIND_BUFFER);
	assert_ptr_equal(buffer_object(&gpu, memory), object);
	if (gpu.get_handle)
		assert_ptr_equal(handle_of(&gpu, memory, MTLBUFFER), object);
	assert_ptr_equal(tongs_resource_get_device(tongs_buffer_get_resource(object)), device_object(&gpu));
	assert_reported(&gpu, NULL);
	check_bytes(&gpu, buffer, object);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	assert_int_equal(tongs_handle_kind(object), TONGS_KIND_NONE);
	gpu_finish(&gpu);
}

static void exported_buffer(void **state) {
	(void)state;
	export_buffer(&BOTH);
}

static void exported_buffer_of_this_extension_alone(void **state) {
	(void)state;
	export_buffer(&ALONE);
}

/* By both extensions' structs at once. */
static void exported_as_both(void **state) {
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, .handleTypes = MTLBUFFER};
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &BOTH);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, MTLBUFFER);
	VkDeviceMemory memory = allocate_object(&gpu, buffer, &export);
	assert_ptr_equal(buffer_object(&gpu, memory), handle_of(&gpu, memory, MTLBUFFER));
	assert_reported(&gpu, NULL);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

static VkImageCreateInfo picture(VkImageTiling tiling) {
	return image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, tiling);
}

static void check_texels(struct gpu *gpu, VkImage image, struct tongs_texture *object, const VkImageCreateInfo *info) {
	uint8_t texels[WIDTH * HEIGHT * 4], got[sizeof(texels)];
	fill_noise(texels, sizeof(texels), 3);
	gpu_write_image(gpu, image, WIDTH, HEIGHT, texels, sizeof(texels));
	assert_true(metal_read_image(gpu, object, info, got));
	assert_memory_equal(got, texels, sizeof(texels));
	fill_noise(texels, sizeof(texels), 4);
	assert_true(metal_write_image(gpu, object, info, texels));
	gpu_read_image(gpu, image, WIDTH, HEIGHT, got, sizeof(texels));
	assert_memory_equal(got, texels, sizeof(texels));
}

/* Memory without a word about Metal; `dedicated` to the image, or not. `offset` is a multiple of the alignment. */
static VkDeviceMemory allocate_for_image(struct gpu *gpu, VkImage image, bool dedicated) {
	const VkMemoryDedicatedAllocateInfo dedicated_info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image,
	};
	VkMemoryRequirements requirements;
	vkGetImageMemoryRequirements(gpu->device, image, &requirements);
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = dedicated ? &dedicated_info : NULL,
		.allocationSize = requirements.size,
		.memoryTypeIndex = pick_mapped(gpu, requirements.memoryTypeBits),
	};
	VkDeviceMemory memory;
	assert_vk(vkAllocateMemory(gpu->device, &info, NULL, &memory));
	return memory;
}

static void export_image(const struct gpu_options *options, VkImageTiling tiling, bool dedicated) {
	const VkImageCreateInfo info = picture(tiling);
	struct gpu gpu;
	gpu_init(&gpu, options);
	if (!dedicated)
		gpu.expected_below = UNDEDICATED;
	VkImage image = make_object_image(&gpu, &info);
	VkDeviceMemory memory = allocate_for_image(&gpu, image, dedicated);
	assert_vk(vkBindImageMemory(gpu.device, image, memory, 0));
	struct tongs_texture *object = image_object(&gpu, image);
	if (!object && !dedicated) {
		/* The driver wants memory that is dedicated to the image, as its requirements say. */
		assert_false(has_unified_memory(&gpu));
		assert_reported(&gpu, "TONGS-metal-image");
		vkDestroyImage(gpu.device, image, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
		gpu_finish(&gpu);
		skip();
	}
	assert_int_equal(tongs_handle_kind(object), TONGS_KIND_TEXTURE);
	assert_ptr_equal(image_object(&gpu, image), object);
	assert_int_equal(tongs_texture_get_width(object), WIDTH);
	if (dedicated && gpu.get_handle)
		assert_ptr_equal(handle_of(&gpu, memory, MTLTEXTURE), object);
	assert_ptr_equal(tongs_resource_get_device(tongs_texture_get_resource(object)), device_object(&gpu));
	assert_reported(&gpu, NULL);
	check_texels(&gpu, image, object, &info);
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	assert_int_equal(tongs_handle_kind(object), TONGS_KIND_NONE);
	gpu_finish(&gpu);
}

static void exported_image(void **state) {
	(void)state;
	export_image(&BOTH, VK_IMAGE_TILING_OPTIMAL, true);
}

static void exported_linear_image(void **state) {
	(void)state;
	export_image(&ALONE, VK_IMAGE_TILING_LINEAR, true);
}

static void exported_image_in_memory_of_its_size(void **state) {
	(void)state;
	export_image(&ALONE, VK_IMAGE_TILING_OPTIMAL, false);
}

static void exported_linear_image_in_memory_of_its_size(void **state) {
	(void)state;
	export_image(&BOTH, VK_IMAGE_TILING_LINEAR, false);
}

/* By vkBindImageMemory2, in the second half of memory that is an MTLBuffer. */
static void exported_image_in_a_buffer(void **state) {
	const VkImageCreateInfo info = picture(VK_IMAGE_TILING_LINEAR);
	const VkExportMetalObjectCreateInfoEXT buffer_info = object_info(EXPORT(BUFFER), NULL);
	VkMemoryRequirements requirements;
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &BOTH);
	VkImage image = make_object_image(&gpu, &info);
	vkGetImageMemoryRequirements(gpu.device, image, &requirements);
	const VkDeviceSize half =
		(requirements.size + requirements.alignment - 1) / requirements.alignment * requirements.alignment;
	if (!has_unified_memory(&gpu)) {
		vkDestroyImage(gpu.device, image, NULL);
		gpu_finish(&gpu);
		skip();
	}
	const VkMemoryAllocateInfo allocate = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &buffer_info,
		.allocationSize = 2 * half,
		.memoryTypeIndex = pick_type(&gpu, requirements.memoryTypeBits, 0),
	};
	VkDeviceMemory memory;
	assert_vk(vkAllocateMemory(gpu.device, &allocate, NULL, &memory));
	const VkBindImageMemoryInfo bind = {
		.sType = VK_STRUCTURE_TYPE_BIND_IMAGE_MEMORY_INFO,
		.image = image,
		.memory = memory,
		.memoryOffset = half,
	};
	assert_vk(vkBindImageMemory2(gpu.device, 1, &bind));
	/* Created for textures, it lies in memory of buffers. */
	assert_int_equal(gpu.last.severity, TOLERATED);
	assert_reported(&gpu, "02728");
	struct tongs_texture *object = image_object(&gpu, image);
	assert_non_null(object);
	check_texels(&gpu, image, object, &info);
	/* The texels are in the buffer's second half. */
	uint8_t texels[WIDTH * HEIGHT * 4], got[WIDTH * 4];
	VkSubresourceLayout layout;
	const VkImageSubresource subresource = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT};
	vkGetImageSubresourceLayout(gpu.device, image, &subresource, &layout);
	gpu_read_image(&gpu, image, WIDTH, HEIGHT, texels, sizeof(texels));
	metal_read_buffer(&gpu, buffer_object(&gpu, memory), half + layout.offset + layout.rowPitch, got, sizeof(got));
	assert_memory_equal(got, texels + WIDTH * 4, sizeof(got));
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

static VkImageView make_view(struct gpu *gpu, VkImageViewCreateInfo *info) {
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(TEXTURE), NULL);
	VkImageView view;
	info->sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO;
	info->pNext = &object;
	assert_vk(vkCreateImageView(gpu->device, info, NULL, &view));
	info->pNext = NULL;
	return view;
}

static struct tongs_texture *view_object(struct gpu *gpu, VkImageView view) {
	return texture_object(gpu, VK_NULL_HANDLE, view, VK_NULL_HANDLE, VK_IMAGE_ASPECT_PLANE_0_BIT);
}

/* A view is a view of the image's texture, with format, levels, layers and swizzle as in Vulkan. */
static void exported_image_view(void **state) {
	VkImageCreateInfo info = picture(VK_IMAGE_TILING_OPTIMAL);
	struct gpu gpu;
	struct tongs_texture_info got;
	(void)state;
	gpu_init(&gpu, &BOTH);
	info.flags = VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT;
	info.arrayLayers = 4;
	info.mipLevels = 3;
	VkImage image = make_object_image(&gpu, &info);
	VkDeviceMemory memory = allocate_for_image(&gpu, image, true);
	assert_vk(vkBindImageMemory(gpu.device, image, memory, 0));
	VkImageView view = make_view(
		&gpu, &(VkImageViewCreateInfo){
			      .image = image,
			      .viewType = VK_IMAGE_VIEW_TYPE_2D_ARRAY,
			      .format = VK_FORMAT_R8G8B8A8_SRGB,
			      .components = {.r = VK_COMPONENT_SWIZZLE_B, .b = VK_COMPONENT_SWIZZLE_ONE},
			      .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 1, VK_REMAINING_MIP_LEVELS, 1, 2},
		      });
	struct tongs_texture *object = view_object(&gpu, view);
	assert_non_null(object);
	assert_ptr_equal(view_object(&gpu, view), object);
	assert_ptr_equal(tongs_texture_get_parent(object), image_object(&gpu, image));
	assert_int_equal(tongs_texture_get_parent_relative_level(object), 1);
	assert_int_equal(tongs_texture_get_parent_relative_slice(object), 1);
	tongs_texture_get_info(object, &got);
	assert_int_equal(got.type, MTLTextureType2DArray);
	assert_int_equal(got.pixel_format, MTLPixelFormatRGBA8Unorm_sRGB);
	assert_int_equal(got.width, WIDTH / 2);
	assert_int_equal(got.mipmap_level_count, 2);
	assert_int_equal(got.array_length, 2);
	assert_int_equal(got.swizzle.red, MTLTextureSwizzleBlue);
	assert_int_equal(got.swizzle.green, MTLTextureSwizzleGreen);
	assert_int_equal(got.swizzle.blue, MTLTextureSwizzleOne);
	assert_int_equal(got.swizzle.alpha, MTLTextureSwizzleAlpha);
	assert_reported(&gpu, NULL);
	vkDestroyImageView(gpu.device, view, NULL);
	assert_int_equal(tongs_handle_kind(object), TONGS_KIND_NONE);
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

/* A texture over a part of the buffer's part of the memory. */
static void exported_buffer_view(void **state) {
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(TEXTURE), NULL);
	uint8_t bytes[SIZE], got[1024];
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &BOTH);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES | VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT, 0);
	VkDeviceMemory memory = allocate_object(&gpu, buffer, NULL);
	const VkBufferViewCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO,
		.pNext = &object,
		.buffer = buffer,
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.offset = 4096,
		.range = 1024,
	};
	VkBufferView view;
	assert_vk(vkCreateBufferView(gpu.device, &info, NULL, &view));
	struct tongs_texture *texture =
		texture_object(&gpu, VK_NULL_HANDLE, VK_NULL_HANDLE, view, VK_IMAGE_ASPECT_PLANE_0_BIT);
	assert_non_null(texture);
	assert_ptr_equal(tongs_texture_get_buffer(texture), buffer_object(&gpu, memory));
	assert_int_equal(tongs_texture_get_buffer_offset(texture), 4096);
	assert_int_equal(tongs_texture_get_width(texture), 256);
	fill_noise(bytes, SIZE, 5);
	metal_write_buffer(&gpu, buffer_object(&gpu, memory), 0, bytes, SIZE);
	if (!is_private(tongs_texture_get_resource(texture))) {
		tongs_texture_get_bytes(texture, got, 1024, 0, MTLRegionMake1D(0, 256), 0, 0);
		assert_memory_equal(got, bytes + 4096, sizeof(got));
	}
	assert_reported(&gpu, NULL);
	vkDestroyBufferView(gpu.device, view, NULL);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

/* Metal's own buffer becomes Vulkan's memory. */
static void imported_buffer(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &BOTH);
	struct tongs_buffer *object = tongs_device_new_buffer(device_object(&gpu), SIZE, MTLResourceStorageModeShared);
	assert_non_null(object);
	const uint32_t types = handle_types(&gpu, MTLBUFFER, object);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, 0);
	VkMemoryRequirements requirements;
	vkGetBufferMemoryRequirements(gpu.device, buffer, &requirements);
	if (!(types & requirements.memoryTypeBits)) {
		assert_false(has_unified_memory(&gpu));
		vkDestroyBuffer(gpu.device, buffer, NULL);
		tongs_buffer_unref(object);
		gpu_finish(&gpu);
		skip();
	}
	const VkExportMetalObjectCreateInfoEXT again = object_info(EXPORT(BUFFER), NULL);
	const VkImportMetalBufferInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_BUFFER_INFO_EXT,
		.pNext = &again,
		.mtlBuffer = (void *)object,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &import,
		.allocationSize = SIZE,
		.memoryTypeIndex = pick_type(&gpu, types & requirements.memoryTypeBits, 0),
	};
	VkDeviceMemory memory;
	assert_vk(vkAllocateMemory(gpu.device, &info, NULL, &memory));
	assert_vk(vkBindBufferMemory(gpu.device, buffer, memory, 0));
	assert_ptr_equal(buffer_object(&gpu, memory), object);
	tongs_buffer_unref(object); /* the memory retains it */
	assert_int_equal(tongs_handle_kind(object), TONGS_KIND_BUFFER);
	assert_reported(&gpu, NULL);
	check_bytes(&gpu, buffer, object);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	assert_int_equal(tongs_handle_kind(object), TONGS_KIND_NONE);
	gpu_finish(&gpu);
}

/* The image is bound to the texture's memory when it is created, and stays so. */
static void imported_texture(void **state) {
	const VkImageCreateInfo info = picture(VK_IMAGE_TILING_OPTIMAL);
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &BOTH);
	if (!has_unified_memory(&gpu) && !can_share_image(&gpu, &info, MTLTEXTURE))
		skip();
	struct tongs_texture_info texture_info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, WIDTH, HEIGHT);
	struct tongs_texture *object = metal_new_texture(&gpu, device_object(&gpu), &texture_info);
	const VkExportMetalObjectCreateInfoEXT again = object_info(EXPORT(TEXTURE), NULL);
	const VkImportMetalTextureInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_TEXTURE_INFO_EXT,
		.pNext = &again,
		.plane = VK_IMAGE_ASPECT_PLANE_0_BIT,
		.mtlTexture = (void *)object,
	};
	VkImageCreateInfo shared = info;
	VkImage image;
	shared.pNext = &import;
	assert_non_null(object);
	assert_vk(vkCreateImage(gpu.device, &shared, NULL, &image));
	assert_ptr_equal(image_object(&gpu, image), object);
	tongs_texture_unref(object);
	assert_int_equal(tongs_handle_kind(object), TONGS_KIND_TEXTURE);
	/* Programs bind every image. */
	VkDeviceMemory memory = allocate_for_image(&gpu, image, false);
	assert_vk(vkBindImageMemory(gpu.device, image, memory, 0));
	const VkBindImageMemoryInfo bind = {
		.sType = VK_STRUCTURE_TYPE_BIND_IMAGE_MEMORY_INFO, .image = image, .memory = memory};
	assert_vk(vkBindImageMemory2(gpu.device, 1, &bind));
	assert_ptr_equal(image_object(&gpu, image), object);
	assert_reported(&gpu, NULL);
	check_texels(&gpu, image, object, &info);
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	assert_int_equal(tongs_handle_kind(object), TONGS_KIND_NONE);
	gpu_finish(&gpu);
}

/* Retained objects outlive the Vulkan ones, with their bytes. */
static void retained_objects_live_on(void **state) {
	const VkImageCreateInfo info = picture(VK_IMAGE_TILING_OPTIMAL);
	uint8_t texels[WIDTH * HEIGHT * 4], got[sizeof(texels)];
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &BOTH);
	VkImage image = make_object_image(&gpu, &info);
	VkDeviceMemory memory = allocate_for_image(&gpu, image, true);
	assert_vk(vkBindImageMemory(gpu.device, image, memory, 0));
	struct tongs_texture *object = tongs_texture_ref(image_object(&gpu, image));
	fill_noise(texels, sizeof(texels), 6);
	gpu_write_image(&gpu, image, WIDTH, HEIGHT, texels, sizeof(texels));
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	assert_true(metal_read_image(&gpu, object, &info, got));
	assert_memory_equal(got, texels, sizeof(texels));
	tongs_texture_unref(object);
	assert_int_equal(tongs_handle_kind(object), TONGS_KIND_NONE);
	gpu_finish(&gpu);
}

/* Memory of other sizes, and of other images, stays the driver's. */
static void other_memory_is_not_touched(void **state) {
	const VkImageCreateInfo info = picture(VK_IMAGE_TILING_OPTIMAL);
	struct gpu gpu;
	VkMemoryRequirements requirements;
	(void)state;
	gpu_init(&gpu, &BOTH);
	gpu.expected_below = UNDEDICATED;
	VkImage image = make_object_image(&gpu, &info);
	vkGetImageMemoryRequirements(gpu.device, image, &requirements);
	const VkMemoryAllocateInfo allocate = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.allocationSize = requirements.size * 2,
		.memoryTypeIndex = pick_type(&gpu, requirements.memoryTypeBits, 0),
	};
	VkDeviceMemory memory;
	assert_vk(vkAllocateMemory(gpu.device, &allocate, NULL, &memory));
	assert_null(image_object(&gpu, image));
	assert_non_null(strstr(gpu.last.text, "no memory yet"));
	assert_reported(&gpu, "TONGS-metal-image");
	assert_vk(vkBindImageMemory(gpu.device, image, memory, 0));
	assert_null(image_object(&gpu, image));
	assert_non_null(strstr(gpu.last.text, "VkMemoryDedicatedAllocateInfo"));
	assert_reported(&gpu, "TONGS-metal-image");
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

static struct tongs_command_queue *queue_object(struct gpu *gpu) {
	VkExportMetalCommandQueueInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_COMMAND_QUEUE_INFO_EXT,
		.queue = gpu->queue,
	};
	export_by(gpu, &info);
	return (struct tongs_command_queue *)info.mtlCommandQueue;
}

/* One for a VkQueue; it runs blits of what Vulkan wrote, and lives on when it is retained. */
static void exported_queue(void **state) {
	static const struct gpu_options options = {
		.with_objects = true, .instance_exports = {EXPORT(DEVICE), EXPORT(COMMAND_QUEUE)}};
	uint8_t bytes[SIZE];
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &options);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, 0);
	VkDeviceMemory memory = allocate_object(&gpu, buffer, NULL);
	struct tongs_buffer *object = buffer_object(&gpu, memory);
	struct tongs_command_queue *queue = queue_object(&gpu);
	assert_int_equal(tongs_handle_kind(queue), TONGS_KIND_COMMAND_QUEUE);
	assert_ptr_equal(queue_object(&gpu), queue);
	assert_ptr_equal(tongs_command_queue_get_device(queue), device_object(&gpu));
	struct tongs_buffer *copy = tongs_device_new_buffer(device_object(&gpu), SIZE, MTLResourceStorageModeShared);
	fill_noise(bytes, SIZE, 3);
	gpu_write_buffer(&gpu, buffer, 0, bytes, SIZE);
	gpu_transfer_buffer(&gpu, buffer, gpu.queue_family, VK_QUEUE_FAMILY_EXTERNAL);
	struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(queue);
	struct tongs_encoder *encoder = tongs_command_buffer_new_blit_encoder(commands);
	tongs_blit_copy_buffer(encoder, object, 0, copy, 0, SIZE);
	tongs_encoder_end(encoder);
	tongs_encoder_unref(encoder);
	assert_true(tongs_command_buffer_commit(commands));
	tongs_command_buffer_wait_until_completed(commands);
	tongs_command_buffer_unref(commands);
	assert_memory_equal(tongs_buffer_get_contents(copy), bytes, SIZE);
	tongs_buffer_unref(copy);
	tongs_command_queue_ref(queue);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
	assert_int_equal(tongs_handle_kind(queue), TONGS_KIND_COMMAND_QUEUE);
	tongs_command_queue_unref(queue);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listed_once_and_enabled_alone),
		cmocka_unit_test(exported_buffer),
		cmocka_unit_test(exported_buffer_of_this_extension_alone),
		cmocka_unit_test(exported_as_both),
		cmocka_unit_test(exported_image),
		cmocka_unit_test(exported_linear_image),
		cmocka_unit_test(exported_image_in_memory_of_its_size),
		cmocka_unit_test(exported_linear_image_in_memory_of_its_size),
		cmocka_unit_test(exported_image_in_a_buffer),
		cmocka_unit_test(exported_image_view),
		cmocka_unit_test(exported_buffer_view),
		cmocka_unit_test(exported_queue),
		cmocka_unit_test(imported_buffer),
		cmocka_unit_test(imported_texture),
		cmocka_unit_test(retained_objects_live_on),
		cmocka_unit_test(other_memory_is_not_touched),
	};
	return cmocka_run_group_tests_name("layer: metal objects", tests, NULL, NULL);
}
