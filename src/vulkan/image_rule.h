/* SPDX-License-Identifier: MIT */
/* How an image that is shared is created, whoever creates it: the layer for the application, or libtongs for Metal. Two
 * images of one shape, made by this one rule, have one layout, whatever usage and flags each side asked for. */
#ifndef TONGS_VULKAN_IMAGE_RULE_H
#define TONGS_VULKAN_IMAGE_RULE_H

#include <stdbool.h>

#include <vulkan/vulkan_core.h>

#include "util/export.h"
#include "vulkan/id.h"

/* Of an image that is 65536 texels long, as no driver has larger ones; more is not shared. */
enum { TONGS_MAX_LEVELS = 17 };

/* What decides an image's layout. */
struct tongs_image_shape {
	VkFormat format;
	VkImageType type;
	VkExtent3D extent;
	uint32_t levels;
	uint32_t layers; /* faces of cubes counted */
	VkSampleCountFlagBits samples;
	VkImageTiling tiling; /* as asked for; LINEAR is kept, OPTIMAL may become LINEAR */
};

/* A physical device, and the two commands to ask it with. */
struct tongs_image_rule_device {
	VkPhysicalDevice physical;
	PFN_vkGetPhysicalDeviceFormatProperties2 GetPhysicalDeviceFormatProperties2;
	PFN_vkGetPhysicalDeviceImageFormatProperties2 GetPhysicalDeviceImageFormatProperties2;
	bool has_features2;         /* the device knows VkFormatProperties3 */
	bool optimal_import;        /* tongs_own_device_query_optimal_import; not looked at for LINEAR images */
	VkExtent2D max_framebuffer; /* maxFramebufferWidth and maxFramebufferHeight */
};

/* What goes into VkImageCreateInfo, beside the shape. */
struct tongs_image_params {
	VkImageTiling tiling; /* LINEAR: the texels lie where vkGetImageSubresourceLayout says */
	VkImageUsageFlags usage;
	VkImageCreateFlags flags;
};

/* What the device says of a kind of images, before an application's usage comes into it. */
struct tongs_image_base_caps {
	VkFormat format;
	VkImageType type;
	VkImageTiling tiling; /* as asked for */
	VkExtent2D granule;   /* what extents must be multiples of */
	VkExtent2D max_framebuffer;
	/* In OPTIMAL and LINEAR tiling, in the order of VkImageTiling: what the format can do, what any format can do
	 * that such images are seen under, and what some of those can do in OPTIMAL tiling alone. */
	VkFormatFeatureFlags2 features[2], view_features[2], lost_in_linear;
	unsigned count; /* of kinds of images that the driver has, the better first */
	struct tongs_image_base_option {
		VkImageTiling tiling; /* underneath */
		VkImageUsageFlags usage;
		VkImageFormatProperties limits;
	} kinds[2];
};

/* Images that one answer of the rule is for: whatever their extent, levels and layers. `usage` and `flags` are the
 * application's, 0 for none: they must be possible, and have no part in the choice of the tiling. */
struct tongs_image_query {
	VkFormat format;
	VkImageType type;
	VkImageTiling tiling;
	VkImageUsageFlags usage;
	VkImageCreateFlags flags;
	VkBool32 multisampled;
};

struct tongs_image_caps {
	unsigned count;     /* of options, the better first; 0: the driver has no such image */
	VkExtent2D granule; /* as in the base */
	VkExtent2D max_framebuffer;
	struct tongs_image_option {
		struct tongs_image_params image;    /* with the application's usage and flags */
		VkImageUsageFlags large_usage;      /* instead, of images that are larger than a framebuffer */
		VkImageFormatProperties own_limits; /* without them: what decides whether the option is taken */
		VkImageFormatProperties limits;     /* with them */
		VkResult result;                    /* of asking for `limits` */
	} options[2];
};

/* Asks the driver for all images of a format, type and tiling. The base stays true as long as the physical device; on
 * failure there is none. */
TONGS_INTEROP VkResult tongs_image_rule_query_base(const struct tongs_image_rule_device *queries, VkFormat format,
	VkImageType type, VkImageTiling tiling, struct tongs_image_base_caps *base);

/* Asks it for those with a usage and flags; `base` is that of the question's format, type and tiling. An answer in
 * which a option's result is neither VK_SUCCESS nor VK_ERROR_FORMAT_NOT_SUPPORTED is for once. */
TONGS_INTEROP void tongs_image_rule_query(const struct tongs_image_rule_device *queries,
	const struct tongs_image_base_caps *base, const struct tongs_image_query *question,
	struct tongs_image_caps *answer);

/* Less one, nothing at all is more than anything. */
static inline bool tongs_image_rule_fits(const struct tongs_image_shape *shape, const VkImageFormatProperties *limits) {
	return shape->extent.width - 1 < limits->maxExtent.width &&
	       shape->extent.height - 1 < limits->maxExtent.height &&
	       shape->extent.depth - 1 < limits->maxExtent.depth && shape->levels - 1 < limits->maxMipLevels &&
	       shape->layers - 1 < limits->maxArrayLayers && (shape->samples & limits->sampleCounts);
}

/* LINEAR where nothing is lost by it and the image fits, or where OPTIMAL images cannot lie in host pages, else
 * OPTIMAL. VK_ERROR_FORMAT_NOT_SUPPORTED when the driver has no such image. */
static inline VkResult tongs_image_rule_choose(const struct tongs_image_caps *answer,
	const struct tongs_image_shape *shape, struct tongs_image_params *params) {
	unsigned i = 0;
	while (i < answer->count && !tongs_image_rule_fits(shape, &answer->options[i].own_limits))
		i++;
	if (i == answer->count)
		return VK_ERROR_FORMAT_NOT_SUPPORTED;
	const struct tongs_image_option *option = &answer->options[i];
	if (option->result != VK_SUCCESS)
		return option->result;
	/* VUID-VkImageCreateInfo-format-04712, 04713; granules are powers of two. */
	if (!tongs_image_rule_fits(shape, &option->limits) || (shape->extent.width & (answer->granule.width - 1)) ||
		(shape->extent.height & (answer->granule.height - 1)))
		return VK_ERROR_FORMAT_NOT_SUPPORTED;
	*params = option->image;
	/* VUID-VkImageCreateInfo-usage-00964, 00965 */
	if (shape->extent.width > answer->max_framebuffer.width ||
		shape->extent.height > answer->max_framebuffer.height)
		params->usage = option->large_usage;
	return params->usage ? VK_SUCCESS : VK_ERROR_FORMAT_NOT_SUPPORTED;
}

/* The limits of all images that tongs_image_rule_choose takes, and how the largest of them are created. */
TONGS_INTEROP VkResult tongs_image_rule_get_limits(
	const struct tongs_image_caps *answer, struct tongs_image_params *params, VkImageFormatProperties *limits);

/* What to ask for an image of a shape. */
static inline struct tongs_image_query tongs_image_query_from_shape(
	const struct tongs_image_shape *shape, VkImageUsageFlags usage, VkImageCreateFlags flags) {
	return (struct tongs_image_query){
		.format = shape->format,
		.type = shape->type,
		.tiling = shape->tiling,
		.usage = usage,
		.flags = flags,
		.multisampled = shape->samples != VK_SAMPLE_COUNT_1_BIT,
	};
}

#endif
