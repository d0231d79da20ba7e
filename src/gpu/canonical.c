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

/* The image with what the application wants of it beside, and its limits. */
static void extend(const struct tongs_image_queries *queries, const struct tongs_canonical_question *question,
	struct tongs_canonical_candidate *candidate) {
	struct tongs_canonical_image *image = &candidate->image;
	if (question->multisampled)
		image->usage &= ~(VkImageUsageFlags)VK_IMAGE_USAGE_STORAGE_BIT;
	image->usage |= question->usage & ~(VkImageUsageFlags)VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT;
	image->flags |= question->flags;
	candidate->result =
		query_all_counts(queries, question->format, question->type, image, question->usage, &candidate->limits);
}

static VkResult add(const struct tongs_image_queries *queries, const struct tongs_canonical_question *question,
	VkImageTiling tiling, VkFormatFeatureFlags features, struct tongs_canonical_answer *answer) {
	struct tongs_canonical_candidate *candidate = &answer->candidates[answer->count];
	struct tongs_canonical_image *image = &candidate->image;
	*image = (struct tongs_canonical_image){
		.tiling = tiling,
		.usage = usage_for(features),
		.flags = flags_for(question->format),
	};
	if (!image->usage)
		return VK_SUCCESS;
	VkResult result = query_all_counts(queries, question->format, question->type, image, 0, &candidate->own_limits);
	if (result == VK_ERROR_FORMAT_NOT_SUPPORTED)
		return VK_SUCCESS;
	if (result == VK_SUCCESS) {
		extend(queries, question, candidate);
		answer->count++;
	}
	return result;
}

/* LINEAR comes into question for an OPTIMAL image when the format can do as much in it and Metal's texels are the
 * image's, which those of several planes are not, or when OPTIMAL is out of the question. Depth and stencil are never
 * LINEAR. What the application adds has no part in this, or two sides that share could come to different ends. */
VkResult tongs_canonical_ask(const struct tongs_image_queries *queries, const struct tongs_canonical_question *question,
	struct tongs_canonical_answer *answer) {
	VkFormatProperties features;
	VkResult result = VK_SUCCESS;
	*answer = (struct tongs_canonical_answer){0};
	if (question->tiling != VK_IMAGE_TILING_OPTIMAL && question->tiling != VK_IMAGE_TILING_LINEAR)
		return VK_SUCCESS;
	queries->GetPhysicalDeviceFormatProperties(queries->physical, question->format, &features);
	VkImageAspectFlags aspects = tongs_canonical_aspects(question->format);
	bool as_good = aspects == VK_IMAGE_ASPECT_COLOR_BIT &&
		       !(features.optimalTilingFeatures & ~features.linearTilingFeatures);
	if (!(aspects & (VK_IMAGE_ASPECT_DEPTH_BIT | VK_IMAGE_ASPECT_STENCIL_BIT)) &&
		(question->tiling == VK_IMAGE_TILING_LINEAR || as_good || !queries->takes_optimal))
		result = add(queries, question, VK_IMAGE_TILING_LINEAR, features.linearTilingFeatures, answer);
	if (result == VK_SUCCESS && question->tiling == VK_IMAGE_TILING_OPTIMAL && queries->takes_optimal)
		result = add(queries, question, VK_IMAGE_TILING_OPTIMAL, features.optimalTilingFeatures, answer);
	return result;
}

VkResult tongs_canonical_get_limits(const struct tongs_canonical_answer *answer,
	struct tongs_canonical_image *canonical, VkImageFormatProperties *limits) {
	if (answer->count == 0)
		return VK_ERROR_FORMAT_NOT_SUPPORTED;
	/* Any may be chosen, so each must do; OPTIMAL, when it is there, is the last and has the wider limits. */
	for (unsigned i = 0; i < answer->count; i++)
		if (answer->candidates[i].result != VK_SUCCESS)
			return answer->candidates[i].result;
	*canonical = answer->candidates[answer->count - 1].image;
	*limits = answer->candidates[answer->count - 1].limits;
	return VK_SUCCESS;
}
