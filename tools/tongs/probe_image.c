/* SPDX-License-Identifier: MIT */
/* Asking a device which images of a format it shares. */
#include "probe_image.h"

#include "trial.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const VkImageUsageFlags transfer = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;

static const struct {
	const char *name;
	VkImageUsageFlags bits[2]; /* any of these, with transfer */
} usages[TONGS_PROBE_USAGE_COUNT] = {
	[TONGS_PROBE_TRANSFER] = {"transfer", {0}},
	[TONGS_PROBE_SAMPLED] = {"sampled", {VK_IMAGE_USAGE_SAMPLED_BIT}},
	[TONGS_PROBE_STORAGE] = {"storage", {VK_IMAGE_USAGE_STORAGE_BIT}},
	[TONGS_PROBE_ATTACHMENT] = {"attachment",
		{VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT, VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT}},
};

const char *tongs_probe_get_usage_name(enum tongs_probe_usage usage) {
	return usages[usage].name;
}

static const struct {
	const char *name;
	VkImageType type;
	VkImageCreateFlags flags;
	uint32_t levels, layers; /* at least */
} shapes[TONGS_PROBE_SHAPE_COUNT] = {
	[TONGS_PROBE_1D] = {"1D", VK_IMAGE_TYPE_1D, 0, 1, 1},
	[TONGS_PROBE_1D_ARRAY] = {"1D array", VK_IMAGE_TYPE_1D, 0, 1, 2},
	[TONGS_PROBE_2D] = {"2D", VK_IMAGE_TYPE_2D, 0, 1, 1},
	[TONGS_PROBE_MIPS] = {"2D mips", VK_IMAGE_TYPE_2D, 0, 2, 1},
	[TONGS_PROBE_ARRAY] = {"2D array", VK_IMAGE_TYPE_2D, 0, 1, 2},
	[TONGS_PROBE_CUBE] = {"cube", VK_IMAGE_TYPE_2D, VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT, 1, 6},
	[TONGS_PROBE_CUBE_ARRAY] = {"cube array", VK_IMAGE_TYPE_2D, VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT, 1, 12},
	[TONGS_PROBE_3D] = {"3D", VK_IMAGE_TYPE_3D, 0, 1, 1},
	[TONGS_PROBE_3D_MIPS] = {"3D mips", VK_IMAGE_TYPE_3D, 0, 2, 1},
};

const char *tongs_probe_get_shape_name(enum tongs_probe_shape shape) {
	return shapes[shape].name;
}

/* What is asked, beside the usage. */
struct question {
	VkPhysicalDevice device;
	VkExternalMemoryHandleTypeFlagBits type; /* 0: without a handle type */
	VkFormat format;
	VkImageTiling tiling;
};

/* The features of such an image's memory, and its limits, 0 where there is none. Without a handle type EXPORTABLE
 * stands for all that exist. */
static VkExternalMemoryFeatureFlags query(const struct question *question, enum tongs_probe_shape shape,
	VkImageUsageFlags usage, VkImageFormatProperties *limits) {
	const VkPhysicalDeviceExternalImageFormatInfo external = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = question->type,
	};
	VkExternalImageFormatProperties answer = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkImageFormatProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
		.pNext = question->type ? &answer : NULL,
	};
	VkResult result = vkGetPhysicalDeviceImageFormatProperties2(question->device,
		&(VkPhysicalDeviceImageFormatInfo2){
			.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
			.pNext = question->type ? &external : NULL,
			.format = question->format,
			.type = shapes[shape].type,
			.tiling = question->tiling,
			.usage = usage,
			.flags = shapes[shape].flags,
		},
		&properties);

	*limits = result == VK_SUCCESS ? properties.imageFormatProperties : (VkImageFormatProperties){0};
	if (result != VK_SUCCESS || limits->maxMipLevels < shapes[shape].levels ||
		limits->maxArrayLayers < shapes[shape].layers)
		return 0;
	return question->type ? answer.externalMemoryProperties.externalMemoryFeatures
			      : VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT;
}

static const char *explain(const struct question *question) {
	const struct question plain = {question->device, 0, question->format, question->tiling};
	VkImageFormatProperties limits;

	if (!query(&plain, TONGS_PROBE_2D, transfer, &limits))
		return "the driver has no such image";
	if (question->type == VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT &&
		question->tiling == VK_IMAGE_TILING_OPTIMAL)
		return "a buffer has no room for an opaque layout: use LINEAR";
	return "its memory cannot be laid out so that Metal finds the texels";
}

/* VUID-VkPhysicalDeviceImageFormatInfo2-format-parameter: a format of an extension that the driver lacks is none. */
static const char *explain_unasked(VkPhysicalDevice device) {
	return tongs_vulkan_has_extension(device, "VK_KHR_maintenance5")
		       ? "not tried: it needs VK_KHR_maintenance5, which this program does not enable"
		       : "the driver has no such image";
}

bool tongs_probe_image(const struct tongs_context *context, VkExternalMemoryHandleTypeFlagBits type,
	VkImageTiling tiling, struct tongs_probe_row *row) {
	const struct question question = {context->physical_device, type, row->format->vk_format, tiling};
	VkImageFormatProperties limits;

	row->tiling = tiling == VK_IMAGE_TILING_LINEAR ? "LINEAR" : "OPTIMAL";
	if (question.format == VK_FORMAT_A8_UNORM) {
		row->why_not = explain_unasked(question.device);
		return true;
	}
	row->features = query(&question, TONGS_PROBE_2D, transfer, &limits);
	if (!row->features) {
		row->why_not = explain(&question);
		return true;
	}
	row->samples = limits.sampleCounts;
	for (int i = 0; i < TONGS_PROBE_USAGE_COUNT; i++) {
		for (size_t n = 0; n < COUNT(usages[i].bits); n++) {
			/* An empty second choice would repeat the question for transfer alone. */
			if ((n && !usages[i].bits[n]) ||
				!query(&question, TONGS_PROBE_2D, transfer | usages[i].bits[n], &limits))
				continue;
			row->usage |= 1u << i;
			row->samples |= limits.sampleCounts;
		}
	}
	for (int i = 0; i < TONGS_PROBE_SHAPE_COUNT; i++)
		if (query(&question, (enum tongs_probe_shape)i, transfer, &limits))
			row->shapes |= 1u << i;
	return tongs_trial_image(context, type, question.format, tiling, transfer,
		row->features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT, row);
}
