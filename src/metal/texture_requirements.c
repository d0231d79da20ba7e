/* SPDX-License-Identifier: MIT */
/* What the driver needs for a texture, and how it lays out the texels. */
#include "util/log.h"
#include "metal/device.h"
#include "metal/texture.h"

static void read_layout(
	const struct tongs_own_image_requirements *image, uint32_t levels, struct tongs_texture_layout *layout) {
	*layout = (struct tongs_texture_layout){.linear = image->tiling == VK_IMAGE_TILING_LINEAR};
	if (!layout->linear)
		return;
	layout->level_count = levels;
	for (uint32_t i = 0; i < levels; i++) {
		const VkSubresourceLayout *level = &image->levels[i];
		layout->levels[i] = (struct tongs_subresource_layout){
			.offset = level->offset,
			.size = level->size,
			.row_pitch = level->rowPitch,
			.array_pitch = level->arrayPitch,
			.depth_pitch = level->depthPitch,
		};
	}
}

static bool query_image(struct tongs_device *device, const struct tongs_image_shape *shape, VkImageCreateFlags flags,
	struct tongs_own_image_requirements *needs) {
	/* VUID-vkGetPhysicalDeviceFormatProperties-None-12272: only who has maintenance5, a part of Vulkan 1.4, may be
	 * asked. */
	if (shape->format == VK_FORMAT_A8_UNORM &&
		device->properties.apiVersion < VK_MAKE_API_VERSION(0, 1, 4, 0)) {
		tongs_log_error("%s: pixelFormat A8Unorm needs a driver of Vulkan 1.4: use R8Unorm",
			device->properties.deviceName);
		return false;
	}
	struct tongs_own_device *gpu = tongs_device_get_own_device(device);
	return gpu && tongs_own_image_query_requirements(gpu, shape, flags, needs);
}

/* One row, which no driver has a say in. */
static void find_texture_buffer_needs(struct tongs_device *device, const struct tongs_texture_info *info,
	const struct tongs_format *format, struct tongs_texture_requirements *needs) {
	const uint64_t size = (uint64_t)info->width * format->block_bytes;
	*needs = (struct tongs_texture_requirements){
		.size = size,
		.alignment = tongs_device_get_minimum_texture_buffer_alignment(device, info->pixel_format),
		.layout = {.linear = true, .level_count = 1, .levels = {{.size = size, .row_pitch = size}}},
	};
}

bool tongs_texture_query_requirements(struct tongs_device *device, const struct tongs_texture_info *info,
	const struct tongs_format *format, struct tongs_texture_requirements *needs) {
	struct tongs_image_shape shape;
	struct tongs_own_image_requirements image;
	if (!tongs_texture_info_get_shape(info, &shape)) {
		find_texture_buffer_needs(device, info, format, needs);
		return true;
	}
	if (!query_image(device, &shape, tongs_texture_info_get_image_flags(info), &image))
		return false;
	needs->size = image.requirements.size;
	needs->alignment = image.requirements.alignment;
	needs->shape = shape;
	read_layout(&image, shape.levels, &needs->layout);
	return true;
}

static bool query_row_pitch(
	struct tongs_device *device, const struct tongs_format *format, uint32_t width, uint64_t *row_pitch) {
	const struct tongs_image_shape shape = {
		.format = format->vk_format,
		.type = VK_IMAGE_TYPE_2D,
		.extent = {width, 1, 1},
		.levels = 1,
		.layers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.tiling = VK_IMAGE_TILING_LINEAR,
	};
	struct tongs_own_image_requirements needs;
	if (!query_image(device, &shape, 0, &needs))
		return false;
	*row_pitch = needs.levels[0].rowPitch;
	return true;
}

uint64_t tongs_texture_query_row_alignment(struct tongs_device *device, const struct tongs_format *format) {
	uint64_t step, pitch;
	if (!query_row_pitch(device, format, 1, &step))
		return 0;
	/* One texel more than fills the first step: it must take a second one. */
	if (!query_row_pitch(device, format, (uint32_t)(step / format->block_bytes + 1), &pitch))
		return 0;
	if (pitch != 2 * step || (step & (step - 1))) {
		tongs_log_error("the driver of %s does not round rows of %s to a multiple: rows of %llu and %llu bytes",
			device->properties.deviceName, format->mtl_name, (unsigned long long)step,
			(unsigned long long)pitch);
		return 0;
	}
	return step;
}

NSUInteger tongs_device_get_minimum_linear_texture_alignment(struct tongs_device *device, MTLPixelFormat format) {
	const struct tongs_format *row = tongs_format_from_metal(format);
	if (!row || row->kind != TONGS_FORMAT_COLOR || !row->vk_format)
		return 0;
	return tongs_texture_query_row_alignment(device, row);
}

MTLSizeAndAlign tongs_device_get_heap_texture_size_and_align(
	struct tongs_device *device, const struct tongs_texture_info *info) {
	struct tongs_texture_requirements needs;
	const struct tongs_format *format =
		tongs_texture_check_info(device, info, "heapTextureSizeAndAlignWithDescriptor:");
	if (!format || !tongs_texture_query_requirements(device, info, format, &needs))
		return (MTLSizeAndAlign){0, 0};
	return (MTLSizeAndAlign){needs.size, needs.alignment};
}
