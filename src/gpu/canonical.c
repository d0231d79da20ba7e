/* SPDX-License-Identifier: MIT */
/* The one rule for creating images that are shared. */
#include "gpu/canonical.h"

static const struct {
	VkFormatFeatureFlags feature;
	VkImageUsageFlags usage;
} usages[] = {
	{VK_FORMAT_FEATURE_TRANSFER_SRC_BIT, VK_IMAGE_USAGE_TRANSFER_SRC_BIT},
	{VK_FORMAT_FEATURE_TRANSFER_DST_BIT, VK_IMAGE_USAGE_TRANSFER_DST_BIT},
	{VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT, VK_IMAGE_USAGE_SAMPLED_BIT},
	{VK_FORMAT_FEATURE_STORAGE_IMAGE_BIT, VK_IMAGE_USAGE_STORAGE_BIT},
	{VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT,
		VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT},
	{VK_FORMAT_FEATURE_DEPTH_STENCIL_ATTACHMENT_BIT,
		VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT | VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT},
};

/* Formats of VK_KHR_sampler_ycbcr_conversion with more than one plane come in fours of bit depth. */
static unsigned plane_count(VkFormat format) {
	switch (format) {
	case VK_FORMAT_G8_B8_R8_3PLANE_420_UNORM:
	case VK_FORMAT_G8_B8_R8_3PLANE_422_UNORM:
	case VK_FORMAT_G8_B8_R8_3PLANE_444_UNORM:
	case VK_FORMAT_G10X6_B10X6_R10X6_3PLANE_420_UNORM_3PACK16:
	case VK_FORMAT_G10X6_B10X6_R10X6_3PLANE_422_UNORM_3PACK16:
	case VK_FORMAT_G10X6_B10X6_R10X6_3PLANE_444_UNORM_3PACK16:
	case VK_FORMAT_G12X4_B12X4_R12X4_3PLANE_420_UNORM_3PACK16:
	case VK_FORMAT_G12X4_B12X4_R12X4_3PLANE_422_UNORM_3PACK16:
	case VK_FORMAT_G12X4_B12X4_R12X4_3PLANE_444_UNORM_3PACK16:
	case VK_FORMAT_G16_B16_R16_3PLANE_420_UNORM:
	case VK_FORMAT_G16_B16_R16_3PLANE_422_UNORM:
	case VK_FORMAT_G16_B16_R16_3PLANE_444_UNORM:
		return 3;
	case VK_FORMAT_G8_B8R8_2PLANE_420_UNORM:
	case VK_FORMAT_G8_B8R8_2PLANE_422_UNORM:
	case VK_FORMAT_G8_B8R8_2PLANE_444_UNORM:
	case VK_FORMAT_G10X6_B10X6R10X6_2PLANE_420_UNORM_3PACK16:
	case VK_FORMAT_G10X6_B10X6R10X6_2PLANE_422_UNORM_3PACK16:
	case VK_FORMAT_G10X6_B10X6R10X6_2PLANE_444_UNORM_3PACK16:
	case VK_FORMAT_G12X4_B12X4R12X4_2PLANE_420_UNORM_3PACK16:
	case VK_FORMAT_G12X4_B12X4R12X4_2PLANE_422_UNORM_3PACK16:
	case VK_FORMAT_G12X4_B12X4R12X4_2PLANE_444_UNORM_3PACK16:
	case VK_FORMAT_G16_B16R16_2PLANE_420_UNORM:
	case VK_FORMAT_G16_B16R16_2PLANE_422_UNORM:
	case VK_FORMAT_G16_B16R16_2PLANE_444_UNORM:
		return 2;
	default:
		return 1;
	}
}

VkImageAspectFlags tongs_canonical_aspects(VkFormat format) {
	switch (format) {
	case VK_FORMAT_D16_UNORM:
	case VK_FORMAT_X8_D24_UNORM_PACK32:
	case VK_FORMAT_D32_SFLOAT:
		return VK_IMAGE_ASPECT_DEPTH_BIT;
	case VK_FORMAT_S8_UINT:
		return VK_IMAGE_ASPECT_STENCIL_BIT;
	case VK_FORMAT_D16_UNORM_S8_UINT:
	case VK_FORMAT_D24_UNORM_S8_UINT:
	case VK_FORMAT_D32_SFLOAT_S8_UINT:
		return VK_IMAGE_ASPECT_DEPTH_BIT | VK_IMAGE_ASPECT_STENCIL_BIT;
	default:
		break;
	}
	switch (plane_count(format)) {
	case 2:
		return VK_IMAGE_ASPECT_PLANE_0_BIT | VK_IMAGE_ASPECT_PLANE_1_BIT;
	case 3:
		return VK_IMAGE_ASPECT_PLANE_0_BIT | VK_IMAGE_ASPECT_PLANE_1_BIT | VK_IMAGE_ASPECT_PLANE_2_BIT;
	default:
		return VK_IMAGE_ASPECT_COLOR_BIT;
	}
}

static VkImageUsageFlags usage_for(VkFormatFeatureFlags features) {
	VkImageUsageFlags usage = 0;
	for (size_t i = 0; i < sizeof(usages) / sizeof(*usages); i++)
		if (features & usages[i].feature)
			usage |= usages[i].usage;
	return usage;
}

/* Colour images can be seen under another format of their class; what else an application does with flags moves
 * nothing. */
static VkImageCreateFlags flags_for(VkFormat format) {
	return tongs_canonical_aspects(format) == VK_IMAGE_ASPECT_COLOR_BIT ? VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT : 0;
}

static VkResult query(const struct tongs_image_queries *queries, VkFormat format, VkImageType type,
	const struct tongs_canonical_image *image, VkImageFormatProperties *limits) {
	const VkPhysicalDeviceExternalImageFormatInfo handle = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
	};
	const VkPhysicalDeviceImageFormatInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &handle,
		.format = format,
		.type = type,
		.tiling = image->tiling,
		.usage = image->usage,
		.flags = image->flags,
	};
	VkExternalImageFormatProperties external = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkImageFormatProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
		.pNext = &external,
	};
	VkResult result = queries->GetPhysicalDeviceImageFormatProperties2(queries->physical, &info, &properties);
	if (result != VK_SUCCESS)
		return result;
	VkExternalMemoryFeatureFlags features = external.externalMemoryProperties.externalMemoryFeatures;
	/* Drivers answer success without features where the specification wants the error. */
	if (!(features & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT) ||
		(features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT))
		return VK_ERROR_FORMAT_NOT_SUPPORTED;
	*limits = properties.imageFormatProperties;
	return VK_SUCCESS;
}

/* Storage usage of multisampled images is a feature of its own, which the device may not have enabled: such images go
 * without it, unless the application asks for it. So the sample counts are those of images without. */
static VkResult query_all_counts(const struct tongs_image_queries *queries, VkFormat format, VkImageType type,
	const struct tongs_canonical_image *image, VkImageUsageFlags asked, VkImageFormatProperties *limits) {
	const VkImageUsageFlags storage = VK_IMAGE_USAGE_STORAGE_BIT;
	VkResult result = query(queries, format, type, image, limits);
	if (result != VK_SUCCESS || !(image->usage & ~asked & storage) || image->usage == storage)
		return result;
	struct tongs_canonical_image without = *image;
	VkImageFormatProperties counts;
	without.usage &= ~storage;
	result = query(queries, format, type, &without, &counts);
	if (result == VK_SUCCESS)
		limits->sampleCounts = counts.sampleCounts;
	return result;
}

/* The tilings that come into question for a format, the better first. */
struct candidates {
	struct tongs_canonical_image images[2];
	VkImageFormatProperties limits[2];
	unsigned count;
};

static VkResult add(const struct tongs_image_queries *queries, VkFormat format, VkImageType type, VkImageTiling tiling,
	VkFormatFeatureFlags features, struct candidates *candidates) {
	struct tongs_canonical_image *image = &candidates->images[candidates->count];
	*image = (struct tongs_canonical_image){
		.tiling = tiling,
		.usage = usage_for(features),
		.flags = flags_for(format),
	};
	if (!image->usage)
		return VK_SUCCESS;
	VkResult result = query_all_counts(queries, format, type, image, 0, &candidates->limits[candidates->count]);
	if (result == VK_ERROR_FORMAT_NOT_SUPPORTED)
		return VK_SUCCESS;
	candidates->count += result == VK_SUCCESS;
	return result;
}

/* LINEAR comes into question for an OPTIMAL image when the format can do as much in it and Metal's texels are the
 * image's, which those of several planes are not, or when OPTIMAL is out of the question. Depth and stencil are never
 * LINEAR. What the application adds has no part in this, or two sides that share could come to different ends. */
static VkResult find_candidates(const struct tongs_image_queries *queries, VkFormat format, VkImageType type,
	VkImageTiling tiling, struct candidates *candidates) {
	VkFormatProperties features;
	VkResult result = VK_SUCCESS;
	candidates->count = 0;
	if (tiling != VK_IMAGE_TILING_OPTIMAL && tiling != VK_IMAGE_TILING_LINEAR)
		return VK_ERROR_FORMAT_NOT_SUPPORTED;
	queries->GetPhysicalDeviceFormatProperties(queries->physical, format, &features);
	VkImageAspectFlags aspects = tongs_canonical_aspects(format);
	bool as_good = aspects == VK_IMAGE_ASPECT_COLOR_BIT &&
		       !(features.optimalTilingFeatures & ~features.linearTilingFeatures);
	if (!(aspects & (VK_IMAGE_ASPECT_DEPTH_BIT | VK_IMAGE_ASPECT_STENCIL_BIT)) &&
		(tiling == VK_IMAGE_TILING_LINEAR || as_good || !queries->takes_optimal))
		result = add(queries, format, type, VK_IMAGE_TILING_LINEAR, features.linearTilingFeatures, candidates);
	if (result == VK_SUCCESS && tiling == VK_IMAGE_TILING_OPTIMAL && queries->takes_optimal)
		result =
			add(queries, format, type, VK_IMAGE_TILING_OPTIMAL, features.optimalTilingFeatures, candidates);
	if (result == VK_SUCCESS && candidates->count == 0)
		result = VK_ERROR_FORMAT_NOT_SUPPORTED;
	return result;
}

/* The image with what the application wants of it beside, and its limits. */
static VkResult extend(const struct tongs_image_queries *queries, VkFormat format, VkImageType type,
	VkImageUsageFlags usage, VkImageCreateFlags flags, struct tongs_canonical_image *image,
	VkImageFormatProperties *limits) {
	image->usage |= usage & ~(VkImageUsageFlags)VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT;
	image->flags |= flags;
	return query_all_counts(queries, format, type, image, usage, limits);
}

static bool fits(const struct tongs_image_shape *shape, const VkImageFormatProperties *limits) {
	return shape->extent.width <= limits->maxExtent.width && shape->extent.height <= limits->maxExtent.height &&
	       shape->extent.depth <= limits->maxExtent.depth && shape->levels <= limits->maxMipLevels &&
	       shape->layers <= limits->maxArrayLayers && (shape->samples & limits->sampleCounts);
}

VkResult tongs_canonical_image_choose(const struct tongs_image_queries *queries, const struct tongs_image_shape *shape,
	VkImageUsageFlags usage, VkImageCreateFlags flags, struct tongs_canonical_image *canonical) {
	struct candidates candidates;
	VkResult result = find_candidates(queries, shape->format, shape->type, shape->tiling, &candidates);
	if (result != VK_SUCCESS)
		return result;
	unsigned i = 0;
	while (i < candidates.count && !fits(shape, &candidates.limits[i]))
		i++;
	if (i == candidates.count)
		return VK_ERROR_FORMAT_NOT_SUPPORTED;
	struct tongs_canonical_image image = candidates.images[i];
	VkImageFormatProperties limits;
	if (shape->samples != VK_SAMPLE_COUNT_1_BIT)
		image.usage &= ~(VkImageUsageFlags)VK_IMAGE_USAGE_STORAGE_BIT;
	result = extend(queries, shape->format, shape->type, usage, flags, &image, &limits);
	if (result == VK_SUCCESS && !fits(shape, &limits))
		result = VK_ERROR_FORMAT_NOT_SUPPORTED;
	if (result == VK_SUCCESS)
		*canonical = image;
	return result;
}

VkResult tongs_canonical_image_limits(const struct tongs_image_queries *queries, VkFormat format, VkImageType type,
	VkImageTiling tiling, VkImageUsageFlags usage, VkImageCreateFlags flags,
	struct tongs_canonical_image *canonical, VkImageFormatProperties *limits) {
	struct candidates candidates;
	VkImageFormatProperties widest = {0};
	VkResult result = find_candidates(queries, format, type, tiling, &candidates);
	/* Any may be chosen, so each must do; OPTIMAL, when it is there, is the last and has the wider limits. */
	for (unsigned i = 0; i < candidates.count && result == VK_SUCCESS; i++)
		result = extend(queries, format, type, usage, flags, &candidates.images[i], &widest);
	if (result != VK_SUCCESS)
		return result;
	*canonical = candidates.images[candidates.count - 1];
	*limits = widest;
	return VK_SUCCESS;
}
