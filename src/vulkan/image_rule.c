/* SPDX-License-Identifier: MIT */
/* The one rule for creating images that are shared. */
#include "vulkan/image_rule.h"

#include "format/format.h"

/* Younger than the oldest headers that Tongs is built with. */
#define IMAGE_USAGE_HOST_TRANSFER ((VkImageUsageFlags)1 << 22)
#define FEATURE_2_HOST_IMAGE_TRANSFER ((VkFormatFeatureFlags2)1 << 46)

static const VkImageUsageFlags ATTACHMENTS =
	VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT |
	VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT;

/* Usage that takes one of the features; what isn't here takes none that is known. VK_NV_linear_color_attachment's
 * feature is no COLOR_ATTACHMENT: it cannot be used beside a depth attachment or be resolved into. */
static const struct {
	VkFormatFeatureFlags2 features;
	VkImageUsageFlags usage;
	bool always; /* images that are shared have it where they can */
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

static VkImageUsageFlags canonical_usage(VkFormatFeatureFlags2 features) {
	VkImageUsageFlags usage = 0;
	for (size_t i = 0; i < sizeof(usages) / sizeof(*usages); i++)
		if (usages[i].always && (features & usages[i].features))
			usage |= usages[i].usage;
	return usage;
}

/* Whether some of the usage takes features that are not among these. */
static bool lacks_features(VkFormatFeatureFlags2 features, VkImageUsageFlags usage) {
	for (size_t i = 0; i < sizeof(usages) / sizeof(*usages); i++)
		if ((usage & usages[i].usage) && !(features & usages[i].features))
			return true;
	return false;
}

/* Whether some of the usage takes a feature that is among these. */
static bool meets_features(VkFormatFeatureFlags2 features, VkImageUsageFlags usage) {
	for (size_t i = 0; i < sizeof(usages) / sizeof(*usages); i++)
		if ((usage & usages[i].usage) && (features & usages[i].features))
			return true;
	return false;
}

static void clamp(uint32_t *value, uint32_t limit) {
	if (*value > limit)
		*value = limit;
}

/* What the specification forbids, whatever the driver claims. */
static VkResult narrow(VkFormat format, VkImageType type, VkImageTiling tiling, VkImageFormatProperties *limits) {
	VkExtent2D granule;
	clamp(&limits->maxMipLevels, TONGS_MAX_LEVELS);
	/* VUID-VkImageCreateInfo-samples-02257 */
	if (tiling == VK_IMAGE_TILING_LINEAR)
		limits->sampleCounts &= VK_SAMPLE_COUNT_1_BIT;
	if (!tongs_format_get_chroma(format, &granule))
		return VK_SUCCESS;
	/* VUID-VkImageCreateInfo-format-06410, 06411, 06413; layers are a feature of their own, which the device may
	 * not have enabled. */
	limits->maxMipLevels = 1;
	limits->sampleCounts &= VK_SAMPLE_COUNT_1_BIT;
	limits->maxArrayLayers = 1;
	/* VUID-VkImageCreateInfo-format-06412 */
	return type == VK_IMAGE_TYPE_2D ? VK_SUCCESS : VK_ERROR_FORMAT_NOT_SUPPORTED;
}

static VkResult query(const struct tongs_image_rule_device *queries, VkFormat format, VkImageType type,
	const struct tongs_image_params *image, VkImageFormatProperties *limits) {
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
	/* An import of host pages is never dedicated (VUID-VkMemoryAllocateInfo-pNext-02806). */
	if (!(features & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT) ||
		(features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT))
		return VK_ERROR_FORMAT_NOT_SUPPORTED;
	*limits = properties.imageFormatProperties;
	return narrow(format, type, image->tiling, limits);
}

/* Storage usage of multisampled images is a feature of its own, which the device may not have enabled: such images go
 * without it, unless the application asks for it. So the sample counts are those of images without. */
static VkResult query_all_counts(const struct tongs_image_rule_device *queries, VkFormat format, VkImageType type,
	const struct tongs_image_params *image, VkImageUsageFlags asked, VkImageFormatProperties *limits) {
	const VkImageUsageFlags storage = VK_IMAGE_USAGE_STORAGE_BIT;
	VkResult result = query(queries, format, type, image, limits);
	if (result != VK_SUCCESS || !(image->usage & ~asked & storage) || image->usage == storage)
		return result;
	struct tongs_image_params without = *image;
	VkImageFormatProperties counts;
	without.usage &= ~storage;
	result = query(queries, format, type, &without, &counts);
	if (result == VK_SUCCESS)
		limits->sampleCounts = counts.sampleCounts;
	return result;
}

static void get_features(
	const struct tongs_image_rule_device *queries, VkFormat format, VkFormatFeatureFlags2 features[2]) {
	VkFormatProperties3 wide = {.sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_3};
	VkFormatProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2,
		.pNext = queries->has_features2 ? &wide : NULL,
	};
	queries->GetPhysicalDeviceFormatProperties2(queries->physical, format, &properties);
	features[VK_IMAGE_TILING_OPTIMAL] =
		properties.formatProperties.optimalTilingFeatures | wide.optimalTilingFeatures;
	features[VK_IMAGE_TILING_LINEAR] = properties.formatProperties.linearTilingFeatures | wide.linearTilingFeatures;
}

/* Of the format, and of those that its images can be seen under. Those of extensions are not asked for: the device may
 * not know them. */
static void get_all_features(const struct tongs_image_rule_device *queries, struct tongs_image_base_caps *base) {
	const VkFormat last_of_core = VK_FORMAT_ASTC_12x12_SRGB_BLOCK;
	VkFormatFeatureFlags2 features[2];
	get_features(queries, base->format, base->features);
	for (int i = 0; i < 2; i++)
		base->view_features[i] = base->features[i];
	base->lost_in_linear = base->features[VK_IMAGE_TILING_OPTIMAL] & ~base->features[VK_IMAGE_TILING_LINEAR];
	for (VkFormat view = 1; view <= last_of_core; view++) {
		if (view == base->format || !tongs_format_is_view(base->format, view))
			continue;
		get_features(queries, view, features);
		for (int i = 0; i < 2; i++)
			base->view_features[i] |= features[i];
		base->lost_in_linear |= features[VK_IMAGE_TILING_OPTIMAL] & ~features[VK_IMAGE_TILING_LINEAR];
	}
}

static VkResult add_kind(
	const struct tongs_image_rule_device *queries, VkImageTiling tiling, struct tongs_image_base_caps *base) {
	struct tongs_image_base_option *kind = &base->kinds[base->count];
	const struct tongs_image_params image = {
		.tiling = tiling,
		.usage = canonical_usage(base->features[tiling]),
	};
	*kind = (struct tongs_image_base_option){.tiling = tiling, .usage = image.usage};
	if (!image.usage)
		return VK_SUCCESS;
	VkResult result = query_all_counts(queries, base->format, base->type, &image, 0, &kind->limits);
	base->count += result == VK_SUCCESS;
	return result == VK_ERROR_FORMAT_NOT_SUPPORTED ? VK_SUCCESS : result;
}

/* LINEAR comes into question for an OPTIMAL image when the format, and each that it can be seen under, can do as much
 * in it and Metal's texels are the image's, which those of several planes are not, or when OPTIMAL is out of the
 * question. Depth and stencil are never LINEAR. What the application adds has no part in this, or two sides that share
 * could come to different ends. */
VkResult tongs_image_rule_query_base(const struct tongs_image_rule_device *queries, VkFormat format, VkImageType type,
	VkImageTiling tiling, struct tongs_image_base_caps *base) {
	VkResult result = VK_SUCCESS;
	*base = (struct tongs_image_base_caps){
		.format = format,
		.type = type,
		.tiling = tiling,
		.max_framebuffer = queries->max_framebuffer,
	};
	if (!tongs_format_get_chroma(format, &base->granule))
		base->granule = (VkExtent2D){1, 1};
	if (tiling != VK_IMAGE_TILING_OPTIMAL && tiling != VK_IMAGE_TILING_LINEAR)
		return VK_SUCCESS;
	get_all_features(queries, base);
	bool optimal_import = tiling == VK_IMAGE_TILING_OPTIMAL && queries->optimal_import;
	VkImageAspectFlags aspects = tongs_format_get_aspects(format);
	bool as_good = aspects == VK_IMAGE_ASPECT_COLOR_BIT && !base->lost_in_linear;
	if (!(aspects & (VK_IMAGE_ASPECT_DEPTH_BIT | VK_IMAGE_ASPECT_STENCIL_BIT)) &&
		(tiling == VK_IMAGE_TILING_LINEAR || as_good || !optimal_import))
		result = add_kind(queries, VK_IMAGE_TILING_LINEAR, base);
	if (result == VK_SUCCESS && optimal_import)
		result = add_kind(queries, VK_IMAGE_TILING_OPTIMAL, base);
	return result;
}

/* Whether images of the kind can do what is asked. Drivers answer a query with success for usage that the format's
 * features lack, and what is then done with the image goes wrong: so features come first, those of the tiling that was
 * asked for and of the one underneath. */
static bool can_use(const struct tongs_image_base_caps *base, const struct tongs_image_base_option *kind,
	VkImageUsageFlags usage, VkImageCreateFlags flags) {
	const VkFormatFeatureFlags2 *features =
		flags & VK_IMAGE_CREATE_EXTENDED_USAGE_BIT ? base->view_features : base->features;
	if (lacks_features(features[base->tiling], usage) || lacks_features(features[kind->tiling], usage))
		return false;
	/* A view of another format, or of a plane, has that format's features in the tiling underneath. */
	if (kind->tiling == base->tiling || !(flags & VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT))
		return true;
	return tongs_format_get_aspects(base->format) == VK_IMAGE_ASPECT_COLOR_BIT &&
	       !meets_features(base->lost_in_linear, usage);
}

/* The image with what the application wants of it beside, and its limits. TRANSIENT_ATTACHMENT excludes all usage but
 * attachments': such an image has the application's alone. Flags are the application's alone, too: see design.md. */
static void extend(const struct tongs_image_rule_device *queries, const struct tongs_image_base_caps *base,
	const struct tongs_image_base_option *kind, const struct tongs_image_query *question,
	struct tongs_image_option *option) {
	const VkImageUsageFlags storage = VK_IMAGE_USAGE_STORAGE_BIT;
	VkImageUsageFlags own = kind->usage, asked = question->usage;
	if (asked & VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT)
		own = 0;
	if (question->multisampled)
		own &= ~storage;
	*option = (struct tongs_image_option){
		.image = {kind->tiling, own | asked, question->flags},
		.large_usage = (own & ~ATTACHMENTS) | asked,
		.own_limits = kind->limits,
		.result = VK_ERROR_FORMAT_NOT_SUPPORTED,
	};
	if (!can_use(base, kind, asked, question->flags))
		return;
	option->result = query_all_counts(queries, base->format, base->type, &option->image, asked, &option->limits);
	if (asked & ATTACHMENTS) {
		clamp(&option->limits.maxExtent.width, base->max_framebuffer.width);
		clamp(&option->limits.maxExtent.height, base->max_framebuffer.height);
	}
}

void tongs_image_rule_query(const struct tongs_image_rule_device *queries, const struct tongs_image_base_caps *base,
	const struct tongs_image_query *question, struct tongs_image_caps *answer) {
	*answer = (struct tongs_image_caps){
		.count = base->count,
		.granule = base->granule,
		.max_framebuffer = base->max_framebuffer,
	};
	for (unsigned i = 0; i < base->count; i++)
		extend(queries, base, &base->kinds[i], question, &answer->options[i]);
}

VkResult tongs_image_rule_get_limits(
	const struct tongs_image_caps *answer, struct tongs_image_params *params, VkImageFormatProperties *limits) {
	if (answer->count == 0)
		return VK_ERROR_FORMAT_NOT_SUPPORTED;
	/* Any may be chosen, so each must do; OPTIMAL, when it is there, is the last and has the wider limits. */
	for (unsigned i = 0; i < answer->count; i++)
		if (answer->options[i].result != VK_SUCCESS)
			return answer->options[i].result;
	*params = answer->options[answer->count - 1].image;
	*limits = answer->options[answer->count - 1].limits;
	return VK_SUCCESS;
}
