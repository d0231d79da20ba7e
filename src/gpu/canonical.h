/* SPDX-License-Identifier: MIT */
/* How an image that is shared is created, whoever creates it: the layer for the application, or libtongs for Metal. Two
 * images of one shape, made by this one rule, have one layout, whatever usage and flags each side asked for. */
#ifndef TONGS_GPU_CANONICAL_H
#define TONGS_GPU_CANONICAL_H

#include <stdbool.h>

#include <vulkan/vulkan_core.h>

#include "base/export.h"

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
struct tongs_image_queries {
	VkPhysicalDevice physical;
	PFN_vkGetPhysicalDeviceFormatProperties GetPhysicalDeviceFormatProperties;
	PFN_vkGetPhysicalDeviceImageFormatProperties2 GetPhysicalDeviceImageFormatProperties2;
	bool takes_optimal; /* tongs_gpu_takes_optimal; not looked at for LINEAR images */
};

/* What goes into VkImageCreateInfo, beside the shape. An application's own usage (but TRANSIENT_ATTACHMENT, which
 * excludes all other) and flags may be added. */
struct tongs_canonical_image {
	VkImageTiling tiling; /* LINEAR: the texels lie where vkGetImageSubresourceLayout says */
	VkImageUsageFlags usage;
	VkImageCreateFlags flags;
};

/* LINEAR where nothing is lost by it and the image fits, or where OPTIMAL images cannot lie in host pages, else
 * OPTIMAL. `usage` and `flags` are the application's, 0 for none: they must be possible beside the canonical ones, and
 * change nothing else. VK_ERROR_FORMAT_NOT_SUPPORTED when the driver has no such image. */
TONGS_INTEROP VkResult tongs_canonical_image_choose(const struct tongs_image_queries *queries,
	const struct tongs_image_shape *shape, VkImageUsageFlags usage, VkImageCreateFlags flags,
	struct tongs_canonical_image *canonical);

/* The limits of all images with a format, type, tiling, usage and flags that tongs_canonical_image_choose takes, and
 * how the largest of them are created. */
TONGS_INTEROP VkResult tongs_canonical_image_limits(const struct tongs_image_queries *queries, VkFormat format,
	VkImageType type, VkImageTiling tiling, VkImageUsageFlags usage, VkImageCreateFlags flags,
	struct tongs_canonical_image *canonical, VkImageFormatProperties *limits);

/* All aspects that images of a format have: COLOR, DEPTH, STENCIL, DEPTH|STENCIL, or those of planes. */
TONGS_INTEROP VkImageAspectFlags tongs_canonical_aspects(VkFormat format);

#endif
