/* SPDX-License-Identifier: MIT */
/* From a descriptor to an image: defaults, types, Vulkan equivalents, validation, the driver's requirements. */
#include "metal/texture_shape.h"

#include <stddef.h>
#include <string.h>

#include "metal/device.h"
#include "metal/resource.h"
#include "util/log.h"

void tongs_texture_info_init(struct tongs_texture_info *info) {
	*info = (struct tongs_texture_info){
		.type = MTLTextureType2D,
		.pixel_format = MTLPixelFormatRGBA8Unorm,
		.width = 1,
		.height = 1,
		.depth = 1,
		.mipmap_level_count = 1,
		.sample_count = 1,
		.array_length = 1,
		.resource_options = MTLResourceStorageModeShared,
		.usage = MTLTextureUsageShaderRead,
		.allow_gpu_optimized_contents = true,
		.compression_type = MTLTextureCompressionTypeLossless,
		.swizzle = {MTLTextureSwizzleRed, MTLTextureSwizzleGreen, MTLTextureSwizzleBlue,
			MTLTextureSwizzleAlpha},
	};
}

struct tongs_texture_info tongs_texture_info_2d(MTLPixelFormat format, NSUInteger width, NSUInteger height) {
	struct tongs_texture_info info;
	tongs_texture_info_init(&info);
	info.pixel_format = format;
	info.width = width;
	info.height = height;
	return info;
}

struct tongs_texture_info tongs_texture_info_cube(MTLPixelFormat format, NSUInteger size) {
	struct tongs_texture_info info = tongs_texture_info_2d(format, size, size);
	info.type = MTLTextureTypeCube;
	return info;
}

struct tongs_texture_info tongs_texture_info_buffer(MTLPixelFormat format, NSUInteger width) {
	struct tongs_texture_info info = tongs_texture_info_2d(format, width, 1);
	info.type = MTLTextureTypeTextureBuffer;
	return info;
}

NSUInteger tongs_texture_info_get_max_mipmap_level_count(const struct tongs_texture_info *info) {
	NSUInteger largest = info->width > info->height ? info->width : info->height, count = 1;
	if (info->depth > largest)
		largest = info->depth;
	while (largest >>= 1)
		count++;
	return count;
}

#define LIMIT(name) offsetof(VkPhysicalDeviceLimits, name)

static const struct tongs_texture_kind kinds[] = {
	[MTLTextureType1D] = {"1D", VK_IMAGE_TYPE_1D, 1, 1, .limit = LIMIT(maxImageDimension1D)},
	[MTLTextureType1DArray] = {"1DArray", VK_IMAGE_TYPE_1D, 1, 1, .array = true,
		.limit = LIMIT(maxImageDimension1D)},
	[MTLTextureType2D] = {"2D", VK_IMAGE_TYPE_2D, 2, 1, .limit = LIMIT(maxImageDimension2D)},
	[MTLTextureType2DArray] = {"2DArray", VK_IMAGE_TYPE_2D, 2, 1, .array = true,
		.limit = LIMIT(maxImageDimension2D)},
	[MTLTextureType2DMultisample] = {"2DMultisample", VK_IMAGE_TYPE_2D, 2, 1, .multisample = true,
		.limit = LIMIT(maxImageDimension2D)},
	[MTLTextureType2DMultisampleArray] = {"2DMultisampleArray", VK_IMAGE_TYPE_2D, 2, 1, .array = true,
		.multisample = true, .limit = LIMIT(maxImageDimension2D)},
	[MTLTextureTypeCube] = {"Cube", VK_IMAGE_TYPE_2D, 2, 6, .limit = LIMIT(maxImageDimensionCube)},
	[MTLTextureTypeCubeArray] = {"CubeArray", VK_IMAGE_TYPE_2D, 2, 6, .array = true,
		.limit = LIMIT(maxImageDimensionCube)},
	[MTLTextureType3D] = {"3D", VK_IMAGE_TYPE_3D, 3, 1, .limit = LIMIT(maxImageDimension3D)},
	[MTLTextureTypeTextureBuffer] = {"TextureBuffer", VK_IMAGE_TYPE_1D, 1, 1, .buffer = true,
		.limit = LIMIT(maxTexelBufferElements)},
};

const struct tongs_texture_kind *tongs_texture_kind_get(MTLTextureType type) {
	return type < sizeof(kinds) / sizeof(*kinds) ? &kinds[type] : NULL;
}

NSUInteger tongs_texture_info_get_slice_count(const struct tongs_texture_info *info) {
	return info->array_length * kinds[info->type].faces;
}

bool tongs_texture_info_get_shape(const struct tongs_texture_info *info, struct tongs_image_shape *shape) {
	const struct tongs_texture_kind *kind = tongs_texture_kind_get(info->type);
	VkFormat format = tongs_format_to_vk(info->pixel_format);
	if (!kind || kind->buffer || !format)
		return false;
	const NSUInteger values[] = {info->width, info->height, info->depth, info->mipmap_level_count,
		info->sample_count, info->array_length};
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		if (values[i] > UINT32_MAX / 6)
			return false;
	*shape = (struct tongs_image_shape){
		.format = format,
		.type = kind->image_type,
		.extent = {(uint32_t)info->width, (uint32_t)info->height, (uint32_t)info->depth},
		.levels = (uint32_t)info->mipmap_level_count,
		.layers = (uint32_t)tongs_texture_info_get_slice_count(info),
		.samples = (VkSampleCountFlagBits)info->sample_count,
		.tiling = VK_IMAGE_TILING_OPTIMAL,
	};
	return true;
}

static MTLTextureType type_of(const VkImageCreateInfo *image) {
	const bool array = image->arrayLayers > 1;
	switch (image->imageType) {
	case VK_IMAGE_TYPE_1D:
		return array ? MTLTextureType1DArray : MTLTextureType1D;
	case VK_IMAGE_TYPE_3D:
		return MTLTextureType3D;
	default:
		break;
	}
	if (image->samples > VK_SAMPLE_COUNT_1_BIT)
		return array ? MTLTextureType2DMultisampleArray : MTLTextureType2DMultisample;
	if ((image->flags & VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT) && array && image->arrayLayers % 6 == 0)
		return image->arrayLayers == 6 ? MTLTextureTypeCube : MTLTextureTypeCubeArray;
	return array ? MTLTextureType2DArray : MTLTextureType2D;
}

/* Vulkan usages, and their Metal equivalents. */
static const struct {
	VkImageUsageFlags vulkan;
	MTLTextureUsage metal;
} usages[] = {
	{VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
		MTLTextureUsageShaderRead},
	{VK_IMAGE_USAGE_STORAGE_BIT, MTLTextureUsageShaderRead | MTLTextureUsageShaderWrite},
	{VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT,
		MTLTextureUsageRenderTarget},
};

static MTLTextureUsage usage_of(const VkImageCreateInfo *image) {
	const VkImageAspectFlags both = VK_IMAGE_ASPECT_DEPTH_BIT | VK_IMAGE_ASPECT_STENCIL_BIT;
	MTLTextureUsage usage = MTLTextureUsageUnknown;
	for (size_t i = 0; i < sizeof(usages) / sizeof(*usages); i++)
		if (image->usage & usages[i].vulkan)
			usage |= usages[i].metal;
	/* In Vulkan, a view of one aspect requires no flag. */
	if ((image->flags & VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT) || tongs_format_get_aspects(image->format) == both)
		usage |= MTLTextureUsagePixelFormatView;
	return usage;
}

void tongs_texture_info_from_image(const VkImageCreateInfo *image, struct tongs_texture_info *info) {
	tongs_texture_info_init(info);
	info->type = type_of(image);
	info->pixel_format = tongs_format_to_metal(image->format);
	info->width = image->extent.width;
	info->height = image->extent.height;
	info->depth = image->extent.depth;
	info->mipmap_level_count = image->mipLevels;
	info->sample_count = image->samples;
	info->array_length = image->arrayLayers / kinds[info->type].faces;
	info->usage = usage_of(image);
}

static const char *find_type_fault(const struct tongs_texture_info *info, const struct tongs_texture_kind *kind) {
	if (!kind)
		return "textureType is not an MTLTextureType";
	if (kind->dimensions < 2 && info->height != 1)
		return "height of a one-dimensional texture must be 1";
	if (kind->dimensions < 3 && info->depth != 1)
		return "depth must be 1 except for MTLTextureType3D";
	if (kind->faces == 6 && info->width != info->height)
		return "width and height of a cube must be the same";
	if (!kind->array && info->array_length != 1)
		return "arrayLength must be 1 except for the array types";
	if (kind->multisample ? info->sample_count < 2 : info->sample_count != 1)
		return "sampleCount must be 1, or more with the multisample types";
	if (kind->multisample && info->mipmap_level_count != 1)
		return "mipmapLevelCount of a multisampled texture must be 1";
	/* Metal's shading language has no level of detail for one-dimensional textures. */
	if (kind->dimensions == 1 && info->mipmap_level_count != 1)
		return "mipmapLevelCount of a one-dimensional texture must be 1";
	if (info->mipmap_level_count == 0 || info->mipmap_level_count > TONGS_MAX_LEVELS ||
		info->mipmap_level_count > tongs_texture_info_get_max_mipmap_level_count(info))
		return "mipmapLevelCount must be between 1 and floor(log2(largest extent)) + 1";
	return NULL;
}

static const char *find_format_fault(const struct tongs_texture_info *info, const struct tongs_texture_kind *kind,
	const struct tongs_format *format) {
	switch (format->kind) {
	case TONGS_FORMAT_COLOR:
		return NULL;
	case TONGS_FORMAT_COMPRESSED:
		return kind->dimensions == 1 || kind->multisample
			       ? "pixelFormat is compressed: textureType must not be one-dimensional or multisampled"
			       : NULL;
	case TONGS_FORMAT_PACKED_422:
		if (info->type != MTLTextureType2D || info->mipmap_level_count != 1)
			return "pixelFormat is subsampled: textureType must be MTLTextureType2D, and "
			       "mipmapLevelCount 1";
		return info->width % format->block_width ? "pixelFormat is subsampled: width must be even" : NULL;
	default:
		return kind->dimensions != 2
			       ? "pixelFormat has depth or stencil: textureType must be a two-dimensional or cube type"
			       : NULL;
	}
}

const char *tongs_texture_find_swizzle_fault(MTLTextureSwizzleChannels swizzle) {
	bool fits = swizzle.red <= MTLTextureSwizzleAlpha && swizzle.green <= MTLTextureSwizzleAlpha &&
		    swizzle.blue <= MTLTextureSwizzleAlpha && swizzle.alpha <= MTLTextureSwizzleAlpha;
	return fits ? NULL : "swizzle has a channel that is not an MTLTextureSwizzle";
}

static const char *find_fault(const struct tongs_texture_info *info, const struct tongs_texture_kind *kind,
	const struct tongs_format *format) {
	const char *fault = tongs_texture_find_swizzle_fault(info->swizzle);
	if (!format)
		return "pixelFormat is not an MTLPixelFormat";
	if (!format->vk_format)
		return "pixelFormat has no Vulkan equivalent";
	if (!fault)
		fault = find_type_fault(info, kind);
	return fault ? fault : find_format_fault(info, kind, format);
}

static bool check_limits(const struct tongs_device *device, const struct tongs_texture_info *info,
	const struct tongs_texture_kind *kind, const char *what) {
	const VkPhysicalDeviceLimits *limits = &device->properties.limits;
	uint32_t max = *(const uint32_t *)((const char *)limits + kind->limit);
	uint32_t max_elements = limits->maxImageArrayLayers / kind->faces;
	if (info->width - 1 >= max || info->height - 1 >= max || info->depth - 1 >= max) {
		tongs_log_error("%s %lu x %lu x %lu: the extents of MTLTextureType%s must be between 1 and %u", what,
			(unsigned long)info->width, (unsigned long)info->height, (unsigned long)info->depth, kind->name,
			max);
		return false;
	}
	if (kind->array && info->array_length - 1 >= max_elements) {
		tongs_log_error("%s arrayLength %lu: it must be between 1 and %u for MTLTextureType%s", what,
			(unsigned long)info->array_length, max_elements, kind->name);
		return false;
	}
	/* Metal has at most 8, whatever the driver supports. */
	if (kind->multisample &&
		(info->sample_count > 8 || !tongs_device_supports_sample_count(device, info->sample_count))) {
		tongs_log_error("%s sampleCount %lu is not supported: use one of 2, 4 and 8 for which "
				"supportsTextureSampleCount: returns YES",
			what, (unsigned long)info->sample_count);
		return false;
	}
	return true;
}

static const MTLTextureUsage VALID_USAGES = MTLTextureUsageShaderRead | MTLTextureUsageShaderWrite |
					    MTLTextureUsageRenderTarget | MTLTextureUsagePixelFormatView |
					    MTLTextureUsageShaderAtomic;

const struct tongs_format *tongs_texture_info_check(
	const struct tongs_device *device, const struct tongs_texture_info *info, const char *what) {
	const struct tongs_texture_kind *kind = tongs_texture_kind_get(info->type);
	const struct tongs_format *format = tongs_format_from_metal(info->pixel_format);
	const char *fault = find_fault(info, kind, format);
	if (fault) {
		tongs_log_error("%s %s (textureType %lu%s%s, pixelFormat %lu%s%s, %lu x %lu x %lu, mipmapLevelCount "
				"%lu, sampleCount %lu, arrayLength %lu)",
			what, fault, (unsigned long)info->type, kind ? " " : "", kind ? kind->name : "",
			(unsigned long)info->pixel_format, format ? " " : "", format ? format->mtl_name : "",
			(unsigned long)info->width, (unsigned long)info->height, (unsigned long)info->depth,
			(unsigned long)info->mipmap_level_count, (unsigned long)info->sample_count,
			(unsigned long)info->array_length);
		return NULL;
	}
	if (info->usage & ~VALID_USAGES) {
		tongs_log_error("%s usage 0x%lx: the bits 0x%lx are not an MTLTextureUsage: clear them", what,
			(unsigned long)info->usage, (unsigned long)(info->usage & ~VALID_USAGES));
		return NULL;
	}
	if (info->compression_type != MTLTextureCompressionTypeLossless &&
		info->compression_type != MTLTextureCompressionTypeLossy) {
		tongs_log_error("%s compressionType %ld is not an MTLTextureCompressionType", what,
			(long)info->compression_type);
		return NULL;
	}
	if (!check_limits(device, info, kind, what) ||
		!tongs_storage_check_options(device, info->resource_options, what))
		return NULL;
	return format;
}

static void read_layout(
	const struct tongs_own_image_requirements *image, uint32_t levels, struct tongs_texture_layout *layout) {
	*layout = (struct tongs_texture_layout){.linear = image->tiling == VK_IMAGE_TILING_LINEAR};
	if (!layout->linear)
		return;
	layout->level_count = levels;
	memcpy(layout->levels, image->levels, levels * sizeof(layout->levels[0]));
}

/* libtongs' own device enables no extension for a format. */
static bool check_version(const struct tongs_device *device, VkFormat vk_format) {
	const struct tongs_format *format = tongs_format_from_vk(vk_format);
	const uint32_t version = tongs_format_get_core_version(format);
	if (!format || device->properties.apiVersion >= version)
		return true;
	if (version == UINT32_MAX)
		tongs_log_error(
			"%s: pixelFormat %s is in no version of Vulkan, only in an extension: use another format",
			device->properties.deviceName, format->mtl_name);
	else
		tongs_log_error("%s: pixelFormat %s requires a driver with Vulkan %u.%u: use another format",
			device->properties.deviceName, format->mtl_name, VK_API_VERSION_MAJOR(version),
			VK_API_VERSION_MINOR(version));
	return false;
}

bool tongs_texture_query_image(struct tongs_device *device, const struct tongs_import_kind *kind,
	const struct tongs_image_shape *shape, VkImageCreateFlags flags,
	struct tongs_own_image_requirements *requirements) {
	if (!check_version(device, shape->format))
		return false;
	struct tongs_own_device *own = tongs_device_get_own_device(device);
	return own && tongs_own_image_query_requirements(own, kind, shape, flags, requirements);
}

static bool query_image(struct tongs_device *device, enum tongs_role role, const struct tongs_image_shape *shape,
	VkImageCreateFlags flags, struct tongs_own_image_requirements *requirements) {
	const struct tongs_import_kind *kind = device->roles.kinds[role];
	if (kind)
		return tongs_texture_query_image(device, kind, shape, flags, requirements);
	tongs_log_error("%s: the driver shares no images", device->properties.deviceName);
	return false;
}

/* One row of texels, whose layout does not depend on a driver. */
static void set_texture_buffer_requirements(struct tongs_device *device, const struct tongs_texture_info *info,
	const struct tongs_format *format, struct tongs_texture_requirements *requirements) {
	const uint64_t size = (uint64_t)info->width * format->block_bytes;
	*requirements = (struct tongs_texture_requirements){
		.size = size,
		.alignment = tongs_device_get_minimum_texture_buffer_alignment(device, info->pixel_format),
		.role = tongs_options_get_role(info->resource_options),
		.memory_types = UINT32_MAX,
		.layout = {.linear = true, .level_count = 1, .levels = {{.size = size, .rowPitch = size}}},
	};
}

bool tongs_texture_query_requirements(struct tongs_device *device, const struct tongs_texture_info *info,
	const struct tongs_format *format, struct tongs_texture_requirements *requirements) {
	struct tongs_image_shape shape;
	struct tongs_own_image_requirements image;
	if (!tongs_texture_info_get_shape(info, &shape)) {
		set_texture_buffer_requirements(device, info, format, requirements);
		return true;
	}
	if (!query_image(device, TONGS_ROLE_OPTIMAL, &shape, tongs_texture_info_get_image_flags(info), &image))
		return false;
	requirements->size = image.memory.size;
	requirements->alignment = image.memory.alignment;
	requirements->role = TONGS_ROLE_OPTIMAL;
	requirements->memory_types = image.memory.memoryTypeBits;
	requirements->dedicated = image.dedicated;
	requirements->shape = shape;
	read_layout(&image, shape.levels, &requirements->layout);
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
	struct tongs_own_image_requirements requirements;
	if (!query_image(device, TONGS_ROLE_LINEAR, &shape, 0, &requirements))
		return false;
	*row_pitch = requirements.levels[0].rowPitch;
	return true;
}

uint64_t tongs_texture_query_row_alignment(struct tongs_device *device, const struct tongs_format *format) {
	uint64_t step, pitch;
	if (!query_row_pitch(device, format, 1, &step))
		return 0;
	/* One texel more than fits into the first step must take a second one. */
	if (!query_row_pitch(device, format, (uint32_t)(step / format->block_bytes + 1), &pitch))
		return 0;
	if (pitch != 2 * step || (step & (step - 1))) {
		tongs_log_error("%s: textures over buffers: the driver does not round rows of %s up to a power of two: "
				"%llu and %llu bytes",
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
	struct tongs_texture_requirements requirements;
	const struct tongs_format *format =
		tongs_texture_info_check(device, info, "heapTextureSizeAndAlignWithDescriptor:");
	if (!format || !tongs_texture_query_requirements(device, info, format, &requirements))
		return (MTLSizeAndAlign){0, 0};
	return (MTLSizeAndAlign){requirements.size, requirements.alignment};
}
