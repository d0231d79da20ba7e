/* SPDX-License-Identifier: MIT */
/* Which texture descriptors can be made, and what the driver needs for them. */
#include "base/log.h"
#include "metal/device.h"
#include "metal/texture.h"

/* What this version makes: two-dimensional colour, one of everything. */
static const char *find_unsupported(const struct tongs_texture_info *info, const struct tongs_pixel_format *format) {
	if (!format)
		return "pixelFormat is no MTLPixelFormat";
	if (format->class != TONGS_PIXEL_CLASS_COLOR)
		return "pixelFormat is not an uncompressed colour format";
	if (!format->vk_format)
		return "pixelFormat has no Vulkan equal";
	if (info->type != MTLTextureType2D)
		return "textureType is not MTLTextureType2D";
	if (info->depth != 1)
		return "depth is not 1";
	if (info->mipmap_level_count != 1)
		return "mipmapLevelCount is not 1";
	if (info->sample_count != 1)
		return "sampleCount is not 1";
	if (info->array_length != 1)
		return "arrayLength is not 1";
	if (info->swizzle.red > MTLTextureSwizzleAlpha || info->swizzle.green > MTLTextureSwizzleAlpha ||
		info->swizzle.blue > MTLTextureSwizzleAlpha || info->swizzle.alpha > MTLTextureSwizzleAlpha)
		return "swizzle is out of range";
	return NULL;
}

const struct tongs_pixel_format *tongs_texture_check_info(
	const struct tongs_device *device, const struct tongs_texture_info *info, const char *what) {
	const struct tongs_pixel_format *format = tongs_pixel_format_get(info->pixel_format);
	const char *unsupported = find_unsupported(info, format);
	if (unsupported) {
		tongs_log_error("%s %s (pixelFormat %lu%s%s): 2D colour textures of one level, layer and sample can be "
				"made",
			what, unsupported, (unsigned long)info->pixel_format, format ? ", " : "",
			format ? format->name : "");
		return NULL;
	}
	uint32_t most = device->properties.limits.maxImageDimension2D;
	if (info->width == 0 || info->width > most || info->height == 0 || info->height > most) {
		tongs_log_error("%s %lu x %lu: width and height must be between 1 and %u", what,
			(unsigned long)info->width, (unsigned long)info->height, most);
		return NULL;
	}
	return tongs_storage_check_options(device, info->resource_options, what) ? format : NULL;
}

static bool query(struct tongs_device *device, const struct tongs_pixel_format *format, uint32_t width, uint32_t height,
	struct tongs_gpu_image_layout *layout) {
	const struct tongs_gpu_image_shape shape = {
		.format = format->vk_format,
		.type = VK_IMAGE_TYPE_2D,
		.extent = {width, height, 1},
		.levels = 1,
		.layers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.tiling = VK_IMAGE_TILING_LINEAR,
	};
	struct tongs_gpu *gpu = tongs_device_get_gpu(device);
	return gpu && tongs_gpu_query_image(gpu, &shape, layout);
}

bool tongs_texture_query_needs(struct tongs_device *device, const struct tongs_texture_info *info,
	const struct tongs_pixel_format *format, struct tongs_texture_needs *needs) {
	struct tongs_gpu_image_layout image;
	if (!query(device, format, (uint32_t)info->width, (uint32_t)info->height, &image))
		return false;
	*needs = (struct tongs_texture_needs){
		.size = image.requirements.size,
		.alignment = image.requirements.alignment,
		.layout =
			{
				.offset = image.subresource.offset,
				.size = image.subresource.size,
				.row_pitch = image.subresource.rowPitch,
				.array_pitch = image.subresource.arrayPitch,
				.depth_pitch = image.subresource.depthPitch,
			},
	};
	return true;
}

uint64_t tongs_texture_query_row_alignment(struct tongs_device *device, const struct tongs_pixel_format *format) {
	struct tongs_gpu_image_layout narrow, wide;
	if (!query(device, format, 1, 1, &narrow))
		return 0;
	/* One texel more than fills the first step: it must take a second one. */
	uint64_t step = narrow.subresource.rowPitch;
	if (!query(device, format, (uint32_t)(step / format->block_bytes + 1), 1, &wide))
		return 0;
	if (wide.subresource.rowPitch != 2 * step || (step & (step - 1))) {
		tongs_log_error("the driver of %s does not round rows of %s to a multiple: rows of %llu and %llu bytes",
			device->properties.deviceName, format->name, (unsigned long long)step,
			(unsigned long long)wide.subresource.rowPitch);
		return 0;
	}
	return step;
}

NSUInteger tongs_device_get_minimum_linear_texture_alignment(struct tongs_device *device, MTLPixelFormat format) {
	const struct tongs_pixel_format *row = tongs_pixel_format_get(format);
	if (!row || row->class != TONGS_PIXEL_CLASS_COLOR || !row->vk_format)
		return 0;
	return tongs_texture_query_row_alignment(device, row);
}

MTLSizeAndAlign tongs_device_get_heap_texture_size_and_align(
	struct tongs_device *device, const struct tongs_texture_info *info) {
	struct tongs_texture_needs needs;
	const struct tongs_pixel_format *format =
		tongs_texture_check_info(device, info, "heapTextureSizeAndAlignWithDescriptor:");
	if (!format || !tongs_texture_query_needs(device, info, format, &needs))
		return (MTLSizeAndAlign){0, 0};
	return (MTLSizeAndAlign){needs.size, needs.alignment};
}
