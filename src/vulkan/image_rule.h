/* SPDX-License-Identifier: MIT */
/* The image rule: how a shared image is created, by the layer for the application and by libtongs for Metal. Two images
 * of the same shape have the same layout, whatever usage and flags each side requests. */
#ifndef TONGS_VULKAN_IMAGE_RULE_H
#define TONGS_VULKAN_IMAGE_RULE_H

#include <stdbool.h>

#include <vulkan/vulkan_core.h>

#include "util/export.h"
#include "vulkan/id.h"
#include "vulkan/import.h"

/* The levels of an image of 65536 texels, which no driver exceeds. Images with more cannot be shared. */
enum { TONGS_MAX_LEVELS = 17 };

/* What determines the layout of an image. */
struct tongs_image_shape {
	VkFormat format;
	VkImageType type;
	VkExtent3D extent;
	uint32_t levels;
	uint32_t layers; /* 6 for each cube */
	VkSampleCountFlagBits samples;
	VkImageTiling tiling; /* as requested; in host pages OPTIMAL may become LINEAR, never the reverse */
};

/* A physical device with the commands and caps that the rule needs. */
struct tongs_image_rule_device {
	VkPhysicalDevice physical;
	PFN_vkGetPhysicalDeviceFormatProperties2 GetPhysicalDeviceFormatProperties2;
	PFN_vkGetPhysicalDeviceImageFormatProperties2 GetPhysicalDeviceImageFormatProperties2;
	const struct tongs_import_kind *kind; /* of the memory that the images are bound to */
	bool takes_optimal;                   /* such memory takes OPTIMAL images; ignored for LINEAR ones */
	bool has_features2;                   /* the device supports VkFormatProperties3 */
	VkExtent2D max_framebuffer;           /* maxFramebufferWidth and maxFramebufferHeight */
};

/* The members of VkImageCreateInfo that are not in the shape. */
struct tongs_image_params {
	VkImageTiling tiling; /* LINEAR: vkGetImageSubresourceLayout describes the texels */
	VkImageUsageFlags usage;
	VkImageCreateFlags flags;
	VkBool32 dedicated; /* the driver requires memory that is dedicated to the image */
};

/* What the device supports for a format, type and tiling, before the application's usage is considered. */
struct tongs_image_base_caps {
	VkFormat format;
	VkImageType type;
	VkImageTiling tiling; /* as requested */
	VkExtent2D granule;   /* extents must be multiples of it */
	VkExtent2D max_framebuffer;
	/* Indexed by VkImageTiling: the format's features, and the union of those of all view formats. The features
	 * that the format or a view format has in OPTIMAL tiling alone. */
	VkFormatFeatureFlags2 features[2], view_features[2], lost_in_linear;
	unsigned count; /* of options that the driver supports, the better first */
	struct tongs_image_base_option {
		VkImageTiling tiling; /* of the created image */
		VkImageUsageFlags usage;
		VkImageFormatProperties limits;
	} options[2];
};

/* Images with the same caps, of any extent, levels and layers. `usage` and `flags` are the application's, 0 for none:
 * they must be supported, but do not influence the choice of the tiling. */
struct tongs_image_query {
	VkFormat format;
	VkImageType type;
	VkImageTiling tiling;
	VkImageUsageFlags usage;
	VkImageCreateFlags flags;
	VkBool32 multisampled;
};

struct tongs_image_caps {
	unsigned count;     /* of options, the better first; 0: not supported */
	VkExtent2D granule; /* as in the base */
	VkExtent2D max_framebuffer;
	struct tongs_image_option {
		struct tongs_image_params image;    /* with the application's usage and flags */
		VkImageUsageFlags large_usage;      /* replaces image.usage if the image is larger than a framebuffer */
		VkImageFormatProperties own_limits; /* without the application's: they decide which option is chosen */
		VkImageFormatProperties limits;     /* with the application's usage and flags */
		VkResult result;                    /* of the query for `limits` */
	} options[2];
};

/* Queries the driver for all images of a format, type and tiling. The result may be cached as long as the physical
 * device exists; it is undefined on failure. */
TONGS_INTEROP VkResult tongs_image_rule_query_base(const struct tongs_image_rule_device *dev, VkFormat format,
	VkImageType type, VkImageTiling tiling, struct tongs_image_base_caps *base);

/* Queries the driver for images with a usage and flags; `base` has the query's format, type and tiling. Do not cache
 * caps in which an option's result is neither VK_SUCCESS nor VK_ERROR_FORMAT_NOT_SUPPORTED. */
TONGS_INTEROP void tongs_image_rule_query(const struct tongs_image_rule_device *dev,
	const struct tongs_image_base_caps *base, const struct tongs_image_query *query, struct tongs_image_caps *caps);

/* The subtractions wrap: 0 never fits. */
static inline bool tongs_image_rule_fits(const struct tongs_image_shape *shape, const VkImageFormatProperties *limits) {
	return shape->extent.width - 1 < limits->maxExtent.width &&
	       shape->extent.height - 1 < limits->maxExtent.height &&
	       shape->extent.depth - 1 < limits->maxExtent.depth && shape->levels - 1 < limits->maxMipLevels &&
	       shape->layers - 1 < limits->maxArrayLayers && (shape->samples & limits->sampleCounts);
}

/* Chooses LINEAR for an OPTIMAL image in host pages where it loses no feature and the image fits; otherwise the tiling
 * that was requested. Returns VK_ERROR_FORMAT_NOT_SUPPORTED if the driver does not support the image. */
static inline VkResult tongs_image_rule_choose(
	const struct tongs_image_caps *caps, const struct tongs_image_shape *shape, struct tongs_image_params *params) {
	unsigned i = 0;
	while (i < caps->count && !tongs_image_rule_fits(shape, &caps->options[i].own_limits))
		i++;
	if (i == caps->count)
		return VK_ERROR_FORMAT_NOT_SUPPORTED;
	const struct tongs_image_option *option = &caps->options[i];
	if (option->result != VK_SUCCESS)
		return option->result;
	/* VUID-VkImageCreateInfo-format-04712, 04713; granules are powers of two. */
	if (!tongs_image_rule_fits(shape, &option->limits) || (shape->extent.width & (caps->granule.width - 1)) ||
		(shape->extent.height & (caps->granule.height - 1)))
		return VK_ERROR_FORMAT_NOT_SUPPORTED;
	*params = option->image;
	/* VUID-VkImageCreateInfo-usage-00964, 00965 */
	if (shape->extent.width > caps->max_framebuffer.width || shape->extent.height > caps->max_framebuffer.height)
		params->usage = option->large_usage;
	return params->usage ? VK_SUCCESS : VK_ERROR_FORMAT_NOT_SUPPORTED;
}

/* Gets the limits of all images that tongs_image_rule_choose accepts, and how the largest of them are created. */
TONGS_INTEROP VkResult tongs_image_rule_get_limits(
	const struct tongs_image_caps *caps, struct tongs_image_params *params, VkImageFormatProperties *limits);

/* The query for an image of this shape. */
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
