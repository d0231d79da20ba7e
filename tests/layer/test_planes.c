/* SPDX-License-Identifier: MIT */
/* Images of several planes in VK_EXT_metal_objects: an MTLTexture for each plane, and surfaces with planes. What either
 * side writes to a plane, the other reads, on drivers that share such images in LINEAR tiling. */
#include <stdlib.h>
#include <string.h>

#include "metal_objects.h"

enum { WIDTH = 44, HEIGHT = 26, MOST_BYTES = WIDTH * HEIGHT * 2 };

static const struct gpu_options OPTIONS = {.with_objects = true, .instance_exports = {EXPORT(DEVICE)}};

struct plane {
	MTLPixelFormat metal;
	uint32_t divide_x, divide_y, bytes;
};

static const struct planar {
	VkFormat format;
	uint32_t pixel_format; /* four characters */
	uint32_t count;
	struct plane planes[3];
	uint8_t low_bits; /* that a sample has, of its lower byte */
} formats[] = {
	{VK_FORMAT_G8_B8R8_2PLANE_420_UNORM, 0x34323076 /* 420v */, 2,
		{{MTLPixelFormatR8Unorm, 1, 1, 1}, {MTLPixelFormatRG8Unorm, 2, 2, 2}}, 0xff},
	{VK_FORMAT_G8_B8_R8_3PLANE_420_UNORM, 0x79343230 /* y420 */, 3,
		{{MTLPixelFormatR8Unorm, 1, 1, 1}, {MTLPixelFormatR8Unorm, 2, 2, 1}, {MTLPixelFormatR8Unorm, 2, 2, 1}},
		0xff},
	{VK_FORMAT_G8_B8R8_2PLANE_422_UNORM, 0x34323276 /* 422v */, 2,
		{{MTLPixelFormatR8Unorm, 1, 1, 1}, {MTLPixelFormatRG8Unorm, 2, 1, 2}}, 0xff},
	{VK_FORMAT_G10X6_B10X6R10X6_2PLANE_420_UNORM_3PACK16, 0x78343230 /* x420 */, 2,
		{{MTLPixelFormatR16Unorm, 1, 1, 2}, {MTLPixelFormatRG16Unorm, 2, 2, 4}}, 0xc0},
};
enum { FORMATS = sizeof(formats) / sizeof(*formats) };
static unsigned compared, made; /* planes, images */

static VkImageCreateInfo picture(const struct planar *format, VkImageTiling tiling) {
	VkImageCreateInfo info = image_info(format->format, WIDTH, HEIGHT, tiling);
	info.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
	return info;
}

static VkExtent3D extent_of(const struct planar *format, uint32_t plane) {
	return (VkExtent3D){WIDTH / format->planes[plane].divide_x, HEIGHT / format->planes[plane].divide_y, 1};
}

static size_t bytes_of(const struct planar *format, uint32_t plane) {
	const VkExtent3D extent = extent_of(format, plane);
	return (size_t)extent.width * extent.height * format->planes[plane].bytes;
}

static void fill(const struct planar *format, uint32_t plane, uint32_t seed, uint8_t *texels) {
	fill_noise(texels, bytes_of(format, plane), seed + plane);
	for (size_t i = 0; i < bytes_of(format, plane); i += 2)
		texels[i] &= format->low_bits;
}

static void copy_plane(
	struct gpu *gpu, VkImage image, const struct planar *format, uint32_t plane, uint8_t *texels, bool write) {
	const size_t size = bytes_of(format, plane);
	const VkBufferImageCopy copy = {
		.imageSubresource = {VK_IMAGE_ASPECT_PLANE_0_BIT << plane, 0, 0, 1},
		.imageExtent = extent_of(format, plane),
	};
	struct staging staging;
	staging_init(gpu, &staging, size);
	VkCommandBuffer commands = begin(gpu);
	if (write) {
		memcpy(staging.bytes, texels, size);
		vkCmdCopyBufferToImage(commands, staging.buffer, image, VK_IMAGE_LAYOUT_GENERAL, 1, &copy);
	} else {
		vkCmdCopyImageToBuffer(commands, image, VK_IMAGE_LAYOUT_GENERAL, staging.buffer, 1, &copy);
	}
	submit(gpu, commands);
	if (!write)
		memcpy(texels, staging.bytes, size);
	staging_finish(gpu, &staging);
}

static struct tongs_texture *plane_object(struct gpu *gpu, VkImage image, uint32_t plane) {
	return texture_object(
		gpu, image, VK_NULL_HANDLE, VK_NULL_HANDLE, (VkImageAspectFlags)VK_IMAGE_ASPECT_PLANE_0_BIT << plane);
}

/* By Metal's GPU. */
static void check_blit(struct gpu *gpu, const struct planar *format, struct tongs_texture *texture, uint32_t plane,
	const uint8_t *wanted) {
	const VkExtent3D extent = extent_of(format, plane);
	const size_t row = (size_t)extent.width * format->planes[plane].bytes;
	struct tongs_device *device = device_object(gpu);
	struct tongs_buffer *buffer =
		tongs_device_new_buffer(device, bytes_of(format, plane), MTLResourceStorageModeShared);
	struct tongs_command_queue *queue = tongs_device_new_command_queue(device);
	struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(queue);
	struct tongs_encoder *encoder = tongs_command_buffer_new_blit_encoder(commands);
	tongs_blit_copy_texture_to_buffer(encoder, texture, 0, 0, MTLOriginMake(0, 0, 0),
		MTLSizeMake(extent.width, extent.height, 1), buffer, 0, row, 0, 0);
	tongs_encoder_end(encoder);
	tongs_encoder_unref(encoder);
	assert_true(tongs_command_buffer_commit(commands));
	tongs_command_buffer_wait_until_completed(commands);
	assert_int_equal(tongs_command_buffer_get_status(commands), MTLCommandBufferStatusCompleted);
	assert_memory_equal(tongs_buffer_get_contents(buffer), wanted, bytes_of(format, plane));
	tongs_command_buffer_unref(commands);
	tongs_command_queue_unref(queue);
	tongs_buffer_unref(buffer);
}

/* Over a kernel without a GPU nothing is executed: then only that the planes are there is checked. */
static bool executes(void) {
	return !getenv("TONGS_TESTS_CANNOT_EXECUTE");
}

static void check_textures(struct gpu *gpu, VkImage image, const struct planar *format) {
	for (uint32_t i = 0; i < format->count; i++) {
		struct tongs_texture *texture = plane_object(gpu, image, i);
		assert_non_null(texture);
		assert_ptr_equal(plane_object(gpu, image, i), texture);
		assert_int_equal(tongs_texture_get_pixel_format(texture), format->planes[i].metal);
		assert_int_equal(tongs_texture_get_width(texture), extent_of(format, i).width);
		assert_int_equal(tongs_texture_get_height(texture), extent_of(format, i).height);
	}
	assert_reported(gpu, NULL);
}

/* Every plane, written before any is read. */
static void check_planes(struct gpu *gpu, VkImage image, const struct planar *format) {
	static uint8_t sent[3][MOST_BYTES], got[MOST_BYTES];
	const struct tongs_format *color = tongs_format_from_vk(VK_FORMAT_R8G8B8A8_UNORM); /* for its aspect */
	check_textures(gpu, image, format);
	made++;
	if (!executes())
		return;
	gpu_to_general(gpu, image, color, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
	for (uint32_t i = 0; i < format->count; i++) {
		fill(format, i, 1, sent[i]);
		copy_plane(gpu, image, format, i, sent[i], true);
	}
	for (uint32_t i = 0; i < format->count; i++) {
		struct tongs_texture *texture = plane_object(gpu, image, i);
		const VkExtent3D extent = extent_of(format, i);
		const MTLRegion all = MTLRegionMake2D(0, 0, extent.width, extent.height);
		const size_t row = (size_t)extent.width * format->planes[i].bytes;
		assert_true(tongs_texture_get_bytes(texture, got, row, 0, all, 0, 0));
		assert_memory_equal(got, sent[i], bytes_of(format, i));
		check_blit(gpu, format, texture, i, sent[i]);
		fill(format, i, 9, sent[i]);
		assert_true(tongs_texture_replace_region(texture, all, 0, 0, sent[i], row, 0));
	}
	for (uint32_t i = 0; i < format->count; i++) {
		copy_plane(gpu, image, format, i, got, false);
		assert_memory_equal(got, sent[i], bytes_of(format, i));
		compared++;
	}
	assert_reported(gpu, NULL);
}

/* Whether the driver says where the planes of such an image lie. lavapipe 25 says the same of all. */
static bool has_layout(struct gpu *gpu, const VkImageCreateInfo *info) {
	const VkImageSubresource first = {.aspectMask = VK_IMAGE_ASPECT_PLANE_0_BIT},
				 second = {.aspectMask = VK_IMAGE_ASPECT_PLANE_1_BIT};
	VkSubresourceLayout layouts[2];
	VkImage image;
	if (!can_share_image(gpu, info, MTLBUFFER))
		return false;
	assert_vk(vkCreateImage(gpu->device, info, NULL, &image));
	vkGetImageSubresourceLayout(gpu->device, image, &first, &layouts[0]);
	vkGetImageSubresourceLayout(gpu->device, image, &second, &layouts[1]);
	vkDestroyImage(gpu->device, image, NULL);
	return layouts[0].offset != layouts[1].offset;
}

/* For export as textures. VK_NULL_HANDLE: the driver shares no such images, and the layer said so. */
static VkImage make_planar(struct gpu *gpu, const VkImageCreateInfo *info) {
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(TEXTURE), NULL);
	VkImageCreateInfo shared = *info;
	VkImage image = (VkImage)(uintptr_t)1;
	const bool can = can_share_image(gpu, info, MTLBUFFER), known = has_layout(gpu, info);
	shared.pNext = &object;
	gpu->reports = 0;
	VkResult result = vkCreateImage(gpu->device, &shared, NULL, &image);
	if (known) {
		assert_vk(result);
		return image;
	}
	assert_int_equal(result, can ? VK_ERROR_FEATURE_NOT_PRESENT : VK_ERROR_VALIDATION_FAILED_EXT);
	assert_true(image == VK_NULL_HANDLE);
	assert_reported(gpu, "TONGS-metal-image");
	return VK_NULL_HANDLE;
}

static VkDeviceMemory bind(struct gpu *gpu, VkImage image, bool dedicated) {
	VkMemoryRequirements requirements;
	VkDeviceMemory memory;
	const VkMemoryDedicatedAllocateInfo dedicated_info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image,
	};
	vkGetImageMemoryRequirements(gpu->device, image, &requirements);
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = dedicated ? &dedicated_info : NULL,
		.allocationSize = requirements.size,
		.memoryTypeIndex = pick_mapped(gpu, requirements.memoryTypeBits),
	};
	assert_vk(vkAllocateMemory(gpu->device, &info, NULL, &memory));
	assert_vk(vkBindImageMemory(gpu->device, image, memory, 0));
	return memory;
}

static void end_comparison(void) {
	print_message("# %u images with planes made, %u planes compared\n", made, compared);
	if (!made)
		skip();
}

static void exported_planes(void **state) {
	static const VkImageTiling tilings[] = {VK_IMAGE_TILING_LINEAR, VK_IMAGE_TILING_OPTIMAL};
	struct gpu gpu;
	(void)state;
	compared = made = 0;
	for (size_t i = 0; i < 2 * FORMATS; i++) {
		const struct planar *format = &formats[i / 2];
		const VkImageCreateInfo info = picture(format, tilings[i % 2]);
		/* One for each: what is refused too often is no longer reported. */
		gpu_init(&gpu, &OPTIONS);
		for (int dedicated = 0; dedicated < 2; dedicated++) {
			VkImage image = make_planar(&gpu, &info);
			if (!image)
				continue;
			assert_null(plane_object(&gpu, image, 0));
			assert_reported(&gpu, "TONGS-metal-image");
			VkDeviceMemory memory = bind(&gpu, image, dedicated);
			struct tongs_texture *last = tongs_texture_ref(plane_object(&gpu, image, format->count - 1));
			check_planes(&gpu, image, format);
			vkDestroyImage(gpu.device, image, NULL);
			vkFreeMemory(gpu.device, memory, NULL);
			assert_int_equal(tongs_handle_kind(last), TONGS_KIND_TEXTURE);
			tongs_texture_unref(last);
			assert_int_equal(tongs_handle_kind(last), TONGS_KIND_NONE);
		}
		gpu_finish(&gpu);
	}
	end_comparison();
}

static VkResult try_import_planes(struct gpu *gpu, const VkImageCreateInfo *info, struct tongs_texture *const *textures,
	uint32_t count, VkImage *image) {
	const VkExportMetalObjectCreateInfoEXT again = object_info(EXPORT(TEXTURE), NULL);
	VkImportMetalTextureInfoEXT imports[3];
	VkImageCreateInfo shared = *info;
	shared.pNext = &again;
	for (uint32_t i = 0; i < count; i++) {
		imports[i] = (VkImportMetalTextureInfoEXT){
			.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_TEXTURE_INFO_EXT,
			.pNext = shared.pNext,
			.plane = VK_IMAGE_ASPECT_PLANE_0_BIT << i,
			.mtlTexture = (void *)textures[i],
		};
		shared.pNext = &imports[i];
	}
	*image = (VkImage)(uintptr_t)1;
	gpu->reports = 0;
	return vkCreateImage(gpu->device, &shared, NULL, image);
}

static void refuse_planes(struct gpu *gpu, const VkImageCreateInfo *info, struct tongs_texture *const *textures,
	uint32_t count, VkResult wanted) {
	VkImage image;
	assert_int_equal(try_import_planes(gpu, info, textures, count, &image), wanted);
	assert_true(image == VK_NULL_HANDLE);
	assert_reported(gpu, "TONGS-metal-object");
}

/* An image of another's planes, which lie where the driver has them; and of textures that do not. */
static void imported_planes(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &OPTIONS);
	compared = made = 0;
	for (size_t i = 0; i < FORMATS; i++) {
		const struct planar *format = &formats[i];
		const VkImageCreateInfo info = picture(format, VK_IMAGE_TILING_LINEAR);
		struct tongs_texture *textures[3] = {NULL}, *bad[3] = {NULL};
		VkImage first = make_planar(&gpu, &info), image;
		if (!first)
			continue;
		VkDeviceMemory memory = bind(&gpu, first, true);
		for (uint32_t plane = 0; plane < format->count; plane++)
			textures[plane] = bad[plane] = tongs_texture_ref(plane_object(&gpu, first, plane));
		vkDestroyImage(gpu.device, first, NULL);
		vkFreeMemory(gpu.device, memory, NULL);

		refuse_planes(&gpu, &info, textures, format->count - 1, VK_ERROR_VALIDATION_FAILED_EXT);
		bad[0] = textures[1];
		refuse_planes(&gpu, &info, bad, format->count, VK_ERROR_INVALID_EXTERNAL_HANDLE);
		bad[0] = NULL;
		refuse_planes(&gpu, &info, bad, format->count, VK_ERROR_INVALID_EXTERNAL_HANDLE);
		bad[0] = textures[0];
		/* Of the right shape, elsewhere. */
		const VkExtent3D extent = extent_of(format, format->count - 1);
		const struct tongs_texture_info elsewhere =
			tongs_texture_info_2d(format->planes[format->count - 1].metal, extent.width, extent.height);
		bad[format->count - 1] = metal_new_texture(&gpu, device_object(&gpu), &elsewhere);
		assert_non_null(bad[format->count - 1]);
		refuse_planes(&gpu, &info, bad, format->count, VK_ERROR_INVALID_EXTERNAL_HANDLE);
		tongs_texture_unref(bad[format->count - 1]);

		assert_vk(try_import_planes(&gpu, &info, textures, format->count, &image));
		for (uint32_t plane = 0; plane < format->count; plane++) {
			assert_ptr_equal(plane_object(&gpu, image, plane), textures[plane]);
			tongs_texture_unref(textures[plane]);
		}
		memory = bind(&gpu, image, false); /* programs bind all images */
		check_planes(&gpu, image, format);
		vkDestroyImage(gpu.device, image, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
		for (uint32_t plane = 0; plane < format->count; plane++)
			assert_int_equal(tongs_handle_kind(textures[plane]), TONGS_KIND_NONE);
	}
	gpu_finish(&gpu);
	end_comparison();
}

static VkResult try_import_surface(
	struct gpu *gpu, const VkImageCreateInfo *info, struct tongs_surface *surface, VkImage *image) {
	const VkExportMetalObjectCreateInfoEXT again = object_info(EXPORT(IOSURFACE), NULL),
					       texture = object_info(EXPORT(TEXTURE), &again);
	const VkImportMetalIOSurfaceInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_IO_SURFACE_INFO_EXT,
		.pNext = &texture,
		.ioSurface = (void *)surface,
	};
	VkImageCreateInfo shared = *info;
	shared.pNext = &import;
	*image = (VkImage)(uintptr_t)1;
	gpu->reports = 0;
	return vkCreateImage(gpu->device, &shared, NULL, image);
}

/* The plane's rows, through the surface's addresses. */
static void check_surface_rows(
	struct gpu *gpu, VkImage image, const struct planar *format, struct tongs_surface *surface) {
	static uint8_t sent[MOST_BYTES];
	struct tongs_surface_info info;
	tongs_surface_get_info(surface, &info);
	assert_int_equal(info.plane_count, format->count);
	for (uint32_t i = 0; i < format->count; i++) {
		const VkExtent3D extent = extent_of(format, i);
		const size_t row = (size_t)extent.width * format->planes[i].bytes;
		const uint8_t *bytes = tongs_surface_get_base_address_of_plane(surface, i);
		assert_int_equal(info.planes[i].width, extent.width);
		assert_int_equal(info.planes[i].height, extent.height);
		assert_int_equal(info.planes[i].bytes_per_element, format->planes[i].bytes);
		assert_ptr_equal(tongs_texture_get_surface(plane_object(gpu, image, i)), surface);
		assert_int_equal(tongs_texture_get_surface_plane(plane_object(gpu, image, i)), i);
		if (!executes())
			continue;
		fill(format, i, 23, sent);
		copy_plane(gpu, image, format, i, sent, true);
		for (size_t y = 0; y < extent.height; y++)
			assert_memory_equal(bytes + y * info.planes[i].bytes_per_row, sent + y * row, row);
	}
}

/* New ones, imports of surfaces whose planes lie where the driver has them, and of others. */
static void surfaces_with_planes(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &OPTIONS);
	compared = made = 0;
	for (size_t i = 0; i < FORMATS; i++) {
		const struct planar *format = &formats[i];
		const VkImageCreateInfo info = picture(format, VK_IMAGE_TILING_LINEAR);
		VkImage image;
		if (!has_layout(&gpu, &info))
			continue;
		VkResult result = try_import_surface(&gpu, &info, NULL, &image);
		if (result != VK_SUCCESS) {
			assert_int_equal(result, VK_ERROR_FEATURE_NOT_PRESENT);
			assert_false(has_unified_memory(&gpu));
			assert_reported(&gpu, "TONGS-metal-surface");
			continue;
		}
		struct tongs_surface *surface = surface_object(&gpu, image);
		struct tongs_surface_info properties;
		assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_SURFACE);
		tongs_surface_get_info(surface, &properties);
		assert_int_equal(properties.pixel_format, format->pixel_format);
		check_planes(&gpu, image, format);
		check_surface_rows(&gpu, image, format, surface);
		vkDestroyImage(gpu.device, image, NULL);
		assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_NONE);

		surface = tongs_surface_new(&properties);
		assert_non_null(surface);
		assert_vk(try_import_surface(&gpu, &info, surface, &image));
		tongs_surface_unref(surface);
		assert_ptr_equal(surface_object(&gpu, image), surface);
		check_planes(&gpu, image, format);
		check_surface_rows(&gpu, image, format, surface);
		vkDestroyImage(gpu.device, image, NULL);
		assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_NONE);

		properties.alloc_size = 0;
		properties.planes[1].size = 0;
		properties.planes[1].offset += 4096;
		surface = tongs_surface_new(&properties);
		assert_non_null(surface);
		assert_int_equal(try_import_surface(&gpu, &info, surface, &image), VK_ERROR_INVALID_EXTERNAL_HANDLE);
		assert_true(image == VK_NULL_HANDLE);
		assert_reported(&gpu, "TONGS-metal-object");
		tongs_surface_unref(surface);
	}
	gpu_finish(&gpu);
	end_comparison();
}

/* A view of all planes has a texture for each; one of a plane has that one's. */
static VkImageView make_view(struct gpu *gpu, VkImage image, VkFormat format, VkImageAspectFlags aspect,
	VkSamplerYcbcrConversion conversion) {
	const VkSamplerYcbcrConversionInfo with = {
		.sType = VK_STRUCTURE_TYPE_SAMPLER_YCBCR_CONVERSION_INFO,
		.conversion = conversion,
	};
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(TEXTURE), conversion ? &with : NULL);
	const VkImageViewCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
		.pNext = &object,
		.image = image,
		.viewType = VK_IMAGE_VIEW_TYPE_2D,
		.format = format,
		.subresourceRange = {aspect, 0, 1, 0, 1},
	};
	VkImageView view;
	assert_vk(vkCreateImageView(gpu->device, &info, NULL, &view));
	return view;
}

static VkSamplerYcbcrConversion make_conversion(struct gpu *gpu, VkFormat format) {
	const VkFormatFeatureFlags midpoint = VK_FORMAT_FEATURE_MIDPOINT_CHROMA_SAMPLES_BIT;
	VkFormatProperties properties;
	VkSamplerYcbcrConversion conversion;
	vkGetPhysicalDeviceFormatProperties(gpu->physical_device, format, &properties);
	const VkChromaLocation chroma = (properties.linearTilingFeatures & properties.optimalTilingFeatures & midpoint)
						? VK_CHROMA_LOCATION_MIDPOINT
						: VK_CHROMA_LOCATION_COSITED_EVEN;
	const VkSamplerYcbcrConversionCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_SAMPLER_YCBCR_CONVERSION_CREATE_INFO,
		.format = format,
		.ycbcrModel = VK_SAMPLER_YCBCR_MODEL_CONVERSION_RGB_IDENTITY,
		.xChromaOffset = chroma,
		.yChromaOffset = chroma,
	};
	assert_vk(vkCreateSamplerYcbcrConversion(gpu->device, &info, NULL, &conversion));
	return conversion;
}

static void planes_06800_06802(void **state) {
	const struct planar *format = &formats[0];
	VkImageCreateInfo info = picture(format, VK_IMAGE_TILING_LINEAR);
	const VkImageAspectFlags planes[] = {
		VK_IMAGE_ASPECT_PLANE_0_BIT, VK_IMAGE_ASPECT_PLANE_1_BIT, VK_IMAGE_ASPECT_PLANE_2_BIT};
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &OPTIONS);
	info.usage |= VK_IMAGE_USAGE_SAMPLED_BIT;
	info.flags = VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT;
	if (!gpu.has_ycbcr || !has_layout(&gpu, &info)) {
		gpu_finish(&gpu);
		skip();
	}
	VkImage image = make_planar(&gpu, &info);
	VkDeviceMemory memory = bind(&gpu, image, true);
	VkSamplerYcbcrConversion conversion = make_conversion(&gpu, format->format);
	VkImageView all = make_view(&gpu, image, format->format, VK_IMAGE_ASPECT_COLOR_BIT, conversion),
		    second = make_view(&gpu, image, VK_FORMAT_R8G8_UNORM, VK_IMAGE_ASPECT_PLANE_1_BIT, VK_NULL_HANDLE);
	assert_null(texture_object(&gpu, image, VK_NULL_HANDLE, VK_NULL_HANDLE, planes[2]));
	assert_reported_of(&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06800", REFUSED, OBJECT(IMAGE, image, NULL));
	assert_null(texture_object(&gpu, VK_NULL_HANDLE, all, VK_NULL_HANDLE, planes[2]));
	assert_reported_of(
		&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06802", REFUSED, OBJECT(IMAGE_VIEW, all, NULL));
	/* Only without planes is there one texture to ask for as COLOR. */
	assert_null(texture_object(&gpu, image, VK_NULL_HANDLE, VK_NULL_HANDLE, VK_IMAGE_ASPECT_COLOR_BIT));
	assert_reported_of(&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06798", REFUSED, OBJECT(IMAGE, image, NULL));
	assert_null(texture_object(&gpu, VK_NULL_HANDLE, all, VK_NULL_HANDLE, VK_IMAGE_ASPECT_COLOR_BIT));
	assert_reported_of(
		&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06798", REFUSED, OBJECT(IMAGE_VIEW, all, NULL));
	/* A view of one plane has one. */
	assert_null(texture_object(&gpu, VK_NULL_HANDLE, second, VK_NULL_HANDLE, planes[1]));
	assert_reported_of(
		&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06801", REFUSED, OBJECT(IMAGE_VIEW, second, NULL));
	for (uint32_t i = 0; i < 2; i++) {
		struct tongs_texture *whole = plane_object(&gpu, image, i),
				     *view = texture_object(&gpu, VK_NULL_HANDLE, all, VK_NULL_HANDLE, planes[i]);
		assert_non_null(whole);
		assert_non_null(view);
		assert_ptr_equal(tongs_texture_get_parent(view), whole);
	}
	struct tongs_texture *view = texture_object(&gpu, VK_NULL_HANDLE, second, VK_NULL_HANDLE, planes[0]);
	assert_non_null(view);
	assert_ptr_equal(tongs_texture_get_parent(view), plane_object(&gpu, image, 1));
	assert_int_equal(tongs_texture_get_pixel_format(view), MTLPixelFormatRG8Unorm);
	assert_reported(&gpu, NULL);
	vkDestroyImageView(gpu.device, all, NULL);
	vkDestroyImageView(gpu.device, second, NULL);
	vkDestroySamplerYcbcrConversion(gpu.device, conversion, NULL);
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exported_planes),
		cmocka_unit_test(imported_planes),
		cmocka_unit_test(surfaces_with_planes),
		cmocka_unit_test(planes_06800_06802),
	};
	return cmocka_run_group_tests_name("layer: images of several planes", tests, NULL, NULL);
}
