/* SPDX-License-Identifier: MIT */
/* Texture types in Metal's words and in Vulkan's. */
#include "metal/texture_shape.h"

#include <stddef.h>

#include "format/format.h"

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

static NSUInteger shrink(NSUInteger extent, NSUInteger level) {
	return extent >> level ? extent >> level : 1;
}

MTLSize tongs_texture_info_get_level_size(const struct tongs_texture_info *info, NSUInteger level) {
	return MTLSizeMake(shrink(info->width, level), shrink(info->height, level), shrink(info->depth, level));
}

VkImageCreateFlags tongs_texture_info_get_image_flags(const struct tongs_texture_info *info) {
	return kinds[info->type].faces == 6 ? VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT : 0;
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

/* What Vulkan calls the same. */
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
	/* Vulkan needs no flag for a view of one aspect. */
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
