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

/* Images that one answer of the rule is for: whatever their extent, levels and layers. `usage` and `flags` are the
 * application's, 0 for none: they must be possible beside the canonical ones, and change nothing else. */
struct tongs_canonical_question {
	VkFormat format;
	VkImageType type;
	VkImageTiling tiling;
	VkImageUsageFlags usage;
	VkImageCreateFlags flags;
	VkBool32 multisampled;
};

struct tongs_canonical_answer {
	unsigned count; /* of candidates, the better first; 0: the driver has no such image */
	struct tongs_canonical_candidate {
		struct tongs_canonical_image image; /* with the application's usage and flags */
		VkImageFormatProperties own_limits; /* without them: what decides whether the candidate is taken */
		VkImageFormatProperties limits;     /* with them */
		VkResult result;                    /* of asking for `limits` */
	} candidates[2];
};

/* Asks the driver. The answer stays true as long as the physical device; on failure there is none. An answer in which a
 * candidate's result is neither VK_SUCCESS nor VK_ERROR_FORMAT_NOT_SUPPORTED is for once. */
TONGS_INTEROP VkResult tongs_canonical_ask(const struct tongs_image_queries *queries,
	const struct tongs_canonical_question *question, struct tongs_canonical_answer *answer);

/* Less one, nothing at all is more than anything. */
static inline bool tongs_canonical_fits(const struct tongs_image_shape *shape, const VkImageFormatProperties *limits) {
	return shape->extent.width - 1 < limits->maxExtent.width &&
	       shape->extent.height - 1 < limits->maxExtent.height &&
	       shape->extent.depth - 1 < limits->maxExtent.depth && shape->levels - 1 < limits->maxMipLevels &&
	       shape->layers - 1 < limits->maxArrayLayers && (shape->samples & limits->sampleCounts);
}

/* LINEAR where nothing is lost by it and the image fits, or where OPTIMAL images cannot lie in host pages, else
 * OPTIMAL. VK_ERROR_FORMAT_NOT_SUPPORTED when the driver has no such image. */
static inline VkResult tongs_canonical_choose(const struct tongs_canonical_answer *answer,
	const struct tongs_image_shape *shape, struct tongs_canonical_image *canonical) {
	unsigned i = 0;
	while (i < answer->count && !tongs_canonical_fits(shape, &answer->candidates[i].own_limits))
		i++;
	if (i == answer->count)
		return VK_ERROR_FORMAT_NOT_SUPPORTED;
	const struct tongs_canonical_candidate *candidate = &answer->candidates[i];
	if (candidate->result != VK_SUCCESS)
		return candidate->result;
	if (!tongs_canonical_fits(shape, &candidate->limits))
		return VK_ERROR_FORMAT_NOT_SUPPORTED;
	*canonical = candidate->image;
	return VK_SUCCESS;
}

/* The limits of all images that tongs_canonical_choose takes, and how the largest of them are created. */
TONGS_INTEROP VkResult tongs_canonical_get_limits(const struct tongs_canonical_answer *answer,
	struct tongs_canonical_image *canonical, VkImageFormatProperties *limits);

/* What to ask for an image of a shape. */
static inline struct tongs_canonical_question tongs_canonical_question_of(
	const struct tongs_image_shape *shape, VkImageUsageFlags usage, VkImageCreateFlags flags) {
	return (struct tongs_canonical_question){
		.format = shape->format,
		.type = shape->type,
		.tiling = shape->tiling,
		.usage = usage,
		.flags = flags,
		.multisampled = shape->samples != VK_SAMPLE_COUNT_1_BIT,
	};
}

/* All aspects that images of a format have: COLOR, DEPTH, STENCIL, DEPTH|STENCIL, or those of planes. */
TONGS_INTEROP VkImageAspectFlags tongs_canonical_aspects(VkFormat format);

#endif
