/* SPDX-License-Identifier: MIT */
/* Queries a driver for the images that can be shared, and chooses their tiling and usage. */
#include "vulkan/image_rule.h"

#include "format/format.h"

/* Not defined by the oldest headers that Tongs is built with. */
#define IMAGE_USAGE_HOST_TRANSFER ((VkImageUsageFlags)1 << 22)
#define FEATURE_2_HOST_IMAGE_TRANSFER ((VkFormatFeatureFlags2)1 << 46)

static const VkImageUsageFlags ATTACHMENTS =
	VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT |
	VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT;

/* Usage flags that require one of the given format features; others require no known feature. The feature of
 * VK_NV_linear_color_attachment does not count as COLOR_ATTACHMENT: such images cannot be used together with a depth
 * attachment or as resolve targets. */
static const struct {
	VkFormatFeatureFlags2 features;
	VkImageUsageFlags usage;
	bool always; /* shared images have this usage wherever the format supports it */
} usages[] = {
	{VK_FORMAT_FEATURE_2_TRANSFER_SRC_BIT, VK_IMAGE_USAGE_TRANSFER_SRC_BIT, true},
	{VK_FORMAT_FEATURE_2_TRANSFER_DST_BIT, VK_IMAGE_USAGE_TRANSFER_DST_BIT, true},
	{VK_FORMAT_FEATURE_2_SAMPLED_IMAGE_BIT, VK_IMAGE_USAGE_SAMPLED_BIT, true},
	{VK_FORMAT_FEATURE_2_STORAGE_IMAGE_BIT, VK_IMAGE_USAGE_STORAGE_BIT, true},
	{VK_FORMAT_FEATURE_2_COLOR_ATTACHMENT_BIT, VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT, true},
	{VK_FORMAT_FEATURE_2_DEPTH_STENCIL_ATTACHMENT_BIT, VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT, true},
	{VK_FORMAT_FEATURE_2_COLOR_ATTACHMENT_BIT | VK_FORMAT_FEATURE_2_DEPTH_STENCIL_ATTACHMENT_BIT,
		VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT, true},
	{VK_FORMAT_FEATURE_2_FRAGMENT_DENSITY_MAP_BIT_EXT, VK_IMAGE_USAGE_FRAGMENT_DENSITY_MAP_BIT_EXT, false},
	{VK_FORMAT_FEATURE_2_FRAGMENT_SHADING_RATE_ATTACHMENT_BIT_KHR,
		VK_IMAGE_USAGE_FRAGMENT_SHADING_RATE_ATTACHMENT_BIT_KHR, false},
	{VK_FORMAT_FEATURE_2_VIDEO_DECODE_OUTPUT_BIT_KHR, VK_IMAGE_USAGE_VIDEO_DECODE_DST_BIT_KHR, false},
	{VK_FORMAT_FEATURE_2_VIDEO_DECODE_DPB_BIT_KHR, VK_IMAGE_USAGE_VIDEO_DECODE_DPB_BIT_KHR, false},
	{FEATURE_2_HOST_IMAGE_TRANSFER, IMAGE_USAGE_HOST_TRANSFER, false},
};

static VkImageUsageFlags shared_usage(VkFormatFeatureFlags2 features) {
	VkImageUsageFlags usage = 0;
	for (size_t i = 0; i < sizeof(usages) / sizeof(*usages); i++)
		if (usages[i].always && (features & usages[i].features))
			usage |= usages[i].usage;
	return usage;
}

/* Whether some of the usage requires features that are not in `features`. */
static bool lacks_features(VkFormatFeatureFlags2 features, VkImageUsageFlags usage) {
	for (size_t i = 0; i < sizeof(usages) / sizeof(*usages); i++)
		if ((usage & usages[i].usage) && !(features & usages[i].features))
			return true;
	return false;
}

/* Whether some of the usage requires a feature that is in `features`. */
static bool uses_features(VkFormatFeatureFlags2 features, VkImageUsageFlags usage) {
	for (size_t i = 0; i < sizeof(usages) / sizeof(*usages); i++)
		if ((usage & usages[i].usage) && (features & usages[i].features))
			return true;
	return false;
}

static void clamp(uint32_t *value, uint32_t limit) {
	if (*value > limit)
		*value = limit;
}

/* Applies the specification's limits, which drivers may exceed in their reports. */
static VkResult apply_spec_limits(
	VkFormat format, VkImageType type, VkImageTiling tiling, VkImageFormatProperties *limits) {
	VkExtent2D granule;
	clamp(&limits->maxMipLevels, TONGS_MAX_LEVELS);
	/* VUID-VkImageCreateInfo-samples-02257 */
	if (tiling == VK_IMAGE_TILING_LINEAR)
		limits->sampleCounts &= VK_SAMPLE_COUNT_1_BIT;
	if (!tongs_format_get_chroma(format, &granule))
		return VK_SUCCESS;
	/* VUID-VkImageCreateInfo-format-06410, 06411, 06413; layers require a feature that the device may not have
	 * enabled. */
	limits->maxMipLevels = 1;
	limits->sampleCounts &= VK_SAMPLE_COUNT_1_BIT;
	limits->maxArrayLayers = 1;
	/* VUID-VkImageCreateInfo-format-06412 */
	return type == VK_IMAGE_TYPE_2D ? VK_SUCCESS : VK_ERROR_FORMAT_NOT_SUPPORTED;
}

/* Sets image->dedicated, too. */
static VkResult query_limits(const struct tongs_image_rule_device *dev, VkFormat format, VkImageType type,
	struct tongs_image_params *image, VkImageFormatProperties *limits) {
	const VkPhysicalDeviceExternalImageFormatInfo handle = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = dev->kind->handle_type,
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
	VkResult result = dev->GetPhysicalDeviceImageFormatProperties2(dev->physical, &info, &properties);
	if (result != VK_SUCCESS)
		return result;
	VkExternalMemoryFeatureFlags features = external.externalMemoryProperties.externalMemoryFeatures;
	if (!tongs_import_accepts_features(dev->kind, features))
		return VK_ERROR_FORMAT_NOT_SUPPORTED;
	image->dedicated = (features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT) != 0;
	*limits = properties.imageFormatProperties;
	return apply_spec_limits(format, type, image->tiling, limits);
}

/* Like query_limits, with the sample counts of images without STORAGE usage: multisampled images have that only if the
 * application requests it, because it requires a feature that the device may not have enabled. */
static VkResult query_limits_and_counts(const struct tongs_image_rule_device *dev, VkFormat format, VkImageType type,
	struct tongs_image_params *image, VkImageUsageFlags requested, VkImageFormatProperties *limits) {
	const VkImageUsageFlags storage = VK_IMAGE_USAGE_STORAGE_BIT;
	VkResult result = query_limits(dev, format, type, image, limits);
	if (result != VK_SUCCESS || !(image->usage & ~requested & storage) || image->usage == storage)
		return result;
	struct tongs_image_params without = *image;
	VkImageFormatProperties counts;
	without.usage &= ~storage;
	result = query_limits(dev, format, type, &without, &counts);
	if (result == VK_SUCCESS)
		limits->sampleCounts = counts.sampleCounts;
	return result;
}

static void get_features(
	const struct tongs_image_rule_device *dev, VkFormat format, VkFormatFeatureFlags2 features[2]) {
	VkFormatProperties3 properties3 = {.sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_3};
	VkFormatProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
		.pNext = dev->has_features2 ? &properties3 : NULL,
	};
	dev->GetPhysicalDeviceFormatProperties2(dev->physical, format, &properties);
	features[VK_IMAGE_TILING_OPTIMAL] =
		properties.formatProperties.optimalTilingFeatures | properties3.optimalTilingFeatures;
	features[VK_IMAGE_TILING_LINEAR] =
		properties.formatProperties.linearTilingFeatures | properties3.linearTilingFeatures;
}

/* Whether views of images, or of their planes, can have the format `view`. */
static bool is_view(VkFormat format, VkFormat view) {
	for (uint32_t i = 0; i < tongs_format_count_planes(format); i++)
		if (tongs_format_is_view(tongs_format_get_plane(format, i).format, view))
			return true;
	return false;
}

/* Queries the features of the format and of the formats that views of its images can have. Formats of extensions are
 * left out: the device may not support them. */
static void get_all_features(const struct tongs_image_rule_device *dev, struct tongs_image_base_caps *base) {
	const VkFormat last_of_core = VK_FORMAT_ASTC_12x12_SRGB_BLOCK;
	VkFormatFeatureFlags2 features[2];
	get_features(dev, base->format, base->features);
	for (int i = 0; i < 2; i++)
		base->view_features[i] = base->features[i];
	base->lost_in_linear = base->features[VK_IMAGE_TILING_OPTIMAL] & ~base->features[VK_IMAGE_TILING_LINEAR];
	for (VkFormat view = 1; view <= last_of_core; view++) {
		if (view == base->format || !is_view(base->format, view))
			continue;
		get_features(dev, view, features);
		for (int i = 0; i < 2; i++)
			base->view_features[i] |= features[i];
		base->lost_in_linear |= features[VK_IMAGE_TILING_OPTIMAL] & ~features[VK_IMAGE_TILING_LINEAR];
	}
}

/* Adds an option to the base if the driver supports it. */
static VkResult add_option(
	const struct tongs_image_rule_device *dev, VkImageTiling tiling, struct tongs_image_base_caps *base) {
	struct tongs_image_base_option *option = &base->options[base->count];
	struct tongs_image_params image = {
		.tiling = tiling,
		.usage = shared_usage(base->features[tiling]),
	};
	*option = (struct tongs_image_base_option){.tiling = tiling, .usage = image.usage};
	if (!image.usage)
		return VK_SUCCESS;
	VkResult result = query_limits_and_counts(dev, base->format, base->type, &image, 0, &option->limits);
	base->count += result == VK_SUCCESS;
	return result == VK_ERROR_FORMAT_NOT_SUPPORTED ? VK_SUCCESS : result;
}

/* An OPTIMAL image in host pages may become LINEAR if the format and all its view formats have the same features in
 * LINEAR tiling. Depth and stencil are never LINEAR.
 * The application's usage must not influence this: both sides that share an image have to choose the same tiling. */
VkResult tongs_image_rule_query_base(const struct tongs_image_rule_device *dev, VkFormat format, VkImageType type,
	VkImageTiling tiling, struct tongs_image_base_caps *base) {
	VkResult result = VK_SUCCESS;
	*base = (struct tongs_image_base_caps){
		.format = format,
		.type = type,
		.tiling = tiling,
		.max_framebuffer = dev->max_framebuffer,
	};
	if (!tongs_format_get_chroma(format, &base->granule))
		base->granule = (VkExtent2D){1, 1};
	if (tiling != VK_IMAGE_TILING_OPTIMAL && tiling != VK_IMAGE_TILING_LINEAR)
		return VK_SUCCESS;
	get_all_features(dev, base);
	VkImageAspectFlags aspects = tongs_format_get_aspects(format);
	if (!(aspects & (VK_IMAGE_ASPECT_DEPTH_BIT | VK_IMAGE_ASPECT_STENCIL_BIT)) &&
		(tiling == VK_IMAGE_TILING_LINEAR || (!base->lost_in_linear && !dev->kind->allocated_by_device)))
		result = add_option(dev, VK_IMAGE_TILING_LINEAR, base);
	if (result == VK_SUCCESS && tiling == VK_IMAGE_TILING_OPTIMAL && dev->takes_optimal)
		result = add_option(dev, VK_IMAGE_TILING_OPTIMAL, base);
	return result;
}

/* Whether images of the option support the usage. Drivers report success for usage that the format's features lack, and
 * using such an image then fails; so the features are checked too, in the requested tiling and in the option's. */
static bool supports_usage(const struct tongs_image_base_caps *base, const struct tongs_image_base_option *option,
	VkImageUsageFlags usage, VkImageCreateFlags flags) {
	const VkFormatFeatureFlags2 *features =
		flags & VK_IMAGE_CREATE_EXTENDED_USAGE_BIT ? base->view_features : base->features;
	if (lacks_features(features[base->tiling], usage) || lacks_features(features[option->tiling], usage))
		return false;
	/* A view of another format, or of a plane, has that format's features in the option's tiling. */
	if (option->tiling == base->tiling || !(flags & VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT))
		return true;
	return !uses_features(base->lost_in_linear, usage);
}

/* Adds the application's usage and flags to an option and queries its limits. TRANSIENT_ATTACHMENT excludes all usage
 * but attachments, so such an image has the application's usage alone. The rule adds no flags, see design.md. */
static void query_option(const struct tongs_image_rule_device *dev, const struct tongs_image_base_caps *base,
	const struct tongs_image_base_option *base_option, const struct tongs_image_query *query,
	struct tongs_image_option *option) {
	const VkImageUsageFlags storage = VK_IMAGE_USAGE_STORAGE_BIT;
	VkImageUsageFlags own = base_option->usage, requested = query->usage;
	if (requested & VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT)
		own = 0;
	if (query->multisampled)
		own &= ~storage;
	*option = (struct tongs_image_option){
		.image = {.tiling = base_option->tiling, .usage = own | requested, .flags = query->flags},
		.large_usage = (own & ~ATTACHMENTS) | requested,
		.own_limits = base_option->limits,
		.result = VK_ERROR_FORMAT_NOT_SUPPORTED,
	};
	if (!supports_usage(base, base_option, requested, query->flags))
		return;
	option->result =
		query_limits_and_counts(dev, base->format, base->type, &option->image, requested, &option->limits);
	if (requested & ATTACHMENTS) {
		clamp(&option->limits.maxExtent.width, base->max_framebuffer.width);
		clamp(&option->limits.maxExtent.height, base->max_framebuffer.height);
	}
}

void tongs_image_rule_query(const struct tongs_image_rule_device *dev, const struct tongs_image_base_caps *base,
	const struct tongs_image_query *query, struct tongs_image_caps *caps) {
	*caps = (struct tongs_image_caps){
		.count = base->count,
		.granule = base->granule,
		.max_framebuffer = base->max_framebuffer,
	};
	for (unsigned i = 0; i < base->count; i++)
		query_option(dev, base, &base->options[i], query, &caps->options[i]);
}

VkResult tongs_image_rule_get_limits(
	const struct tongs_image_caps *caps, struct tongs_image_params *params, VkImageFormatProperties *limits) {
	if (caps->count == 0)
		return VK_ERROR_FORMAT_NOT_SUPPORTED;
	/* Each option must be supported, because any may be chosen. OPTIMAL is the last and has the wider limits. */
	for (unsigned i = 0; i < caps->count; i++)
		if (caps->options[i].result != VK_SUCCESS)
			return caps->options[i].result;
	*params = caps->options[caps->count - 1].image;
	*limits = caps->options[caps->count - 1].limits;
	return VK_SUCCESS;
}
