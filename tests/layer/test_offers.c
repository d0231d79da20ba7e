/* SPDX-License-Identifier: MIT */
/* What the queries offer works: for every format, shape, usage and handle type an image is created, given the memory
 * that it requires, and bound. Runs on any driver. */
#include <stdio.h>
#include <string.h>

#include "harness.h"

#define USAGE(name) VK_IMAGE_USAGE_##name##_BIT

static const VkImageUsageFlags usages[] = {
	USAGE(TRANSFER_SRC),
	USAGE(SAMPLED) | USAGE(TRANSFER_DST),
	USAGE(STORAGE),
	USAGE(COLOR_ATTACHMENT),
	USAGE(COLOR_ATTACHMENT) | USAGE(SAMPLED) | USAGE(TRANSFER_SRC) | USAGE(TRANSFER_DST),
	USAGE(DEPTH_STENCIL_ATTACHMENT),
	USAGE(DEPTH_STENCIL_ATTACHMENT) | USAGE(SAMPLED),
	USAGE(INPUT_ATTACHMENT) | USAGE(TRANSIENT_ATTACHMENT) | USAGE(COLOR_ATTACHMENT),
};

static const VkImageCreateFlags flag_sets[] = {
	0,
	VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT,
	VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT | VK_IMAGE_CREATE_EXTENDED_USAGE_BIT,
	VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT,
};

/* Asked for as far as the limits go. */
static const struct {
	VkImageType type;
	VkExtent3D extent;
	uint32_t levels, layers;
	VkSampleCountFlagBits samples;
} shapes[] = {
	{VK_IMAGE_TYPE_1D, {14, 1, 1}, 1, 1, 1},
	{VK_IMAGE_TYPE_1D, {14, 1, 1}, 3, 6, 1},
	{VK_IMAGE_TYPE_2D, {12, 12, 1}, 1, 1, 1},
	{VK_IMAGE_TYPE_2D, {12, 12, 1}, 4, 6, 1},
	{VK_IMAGE_TYPE_2D, {300, 300, 1}, 9, 1, 1},
	{VK_IMAGE_TYPE_2D, {12, 12, 1}, 1, 1, 4},
	{VK_IMAGE_TYPE_2D, {12, 12, 1}, 1, 6, 2},
	{VK_IMAGE_TYPE_3D, {12, 12, 5}, 1, 1, 1},
	{VK_IMAGE_TYPE_3D, {12, 12, 8}, 3, 1, 1},
};

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

/* Those of the core, of 4444, and of many planes. */
static const struct {
	uint32_t first, last;
} format_ranges[] = {
	{VK_FORMAT_R4G4_UNORM_PACK8, VK_FORMAT_ASTC_12x12_SRGB_BLOCK},
	{VK_FORMAT_ASTC_4x4_SFLOAT_BLOCK, VK_FORMAT_ASTC_12x12_SFLOAT_BLOCK},
	{VK_FORMAT_G8B8G8R8_422_UNORM, VK_FORMAT_G16_B16_R16_3PLANE_444_UNORM},
	{VK_FORMAT_G8_B8R8_2PLANE_444_UNORM, VK_FORMAT_G16_B16R16_2PLANE_444_UNORM},
	{VK_FORMAT_A4R4G4B4_UNORM_PACK16, VK_FORMAT_A4B4G4R4_UNORM_PACK16},
};

static unsigned asked, offered, failed;

struct offer {
	VkImageCreateInfo info;
	VkExternalMemoryHandleTypeFlagBits type;
	bool dedicated;
};

static void complain(const struct offer *offer, const char *what, int result) {
	const VkImageCreateInfo *info = &offer->info;
	if (failed++ < 40)
		print_error("%s: %d; format %d type %d tiling %d usage 0x%x flags 0x%x, %ux%ux%u, %u levels, "
			    "%u layers, %d samples, as 0x%x\n",
			what, result, info->format, info->imageType, info->tiling, info->usage, info->flags,
			info->extent.width, info->extent.height, info->extent.depth, info->mipLevels, info->arrayLayers,
			info->samples, offer->type);
}

static bool is_offered(struct gpu *gpu, struct offer *offer) {
	const VkImageCreateInfo *info = &offer->info;
	VkImageFormatProperties limits;
	VkExternalMemoryProperties external;
	asked++;
	if (query_image_as(gpu, info, offer->type, &limits, &external) != VK_SUCCESS)
		return false;
	offer->dedicated = external.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT;
	return info->extent.width <= limits.maxExtent.width && info->extent.height <= limits.maxExtent.height &&
	       info->extent.depth <= limits.maxExtent.depth && info->mipLevels <= limits.maxMipLevels &&
	       info->arrayLayers <= limits.maxArrayLayers && (info->samples & limits.sampleCounts);
}

static VkDeviceMemory allocate(struct gpu *gpu, const struct offer *offer, VkImage image,
	const VkMemoryRequirements *requirements, bool dedicated) {
	const VkMemoryDedicatedAllocateInfo own = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image,
	};
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.pNext = dedicated ? &own : NULL,
		.handleTypes = offer->type,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &export,
		.allocationSize = requirements->size,
		.memoryTypeIndex = (uint32_t)__builtin_ctz(requirements->memoryTypeBits),
	};
	VkDeviceMemory memory = VK_NULL_HANDLE;
	VkResult result = vkAllocateMemory(gpu->device, &info, NULL, &memory);
	if (result != VK_SUCCESS)
		complain(offer, "vkAllocateMemory", result);
	return memory;
}

static void take(struct gpu *gpu, const struct offer *offer) {
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = offer->type,
	};
	VkImageCreateInfo info = offer->info;
	VkImage image;
	info.pNext = &external;
	VkResult result = vkCreateImage(gpu->device, &info, NULL, &image);
	if (result != VK_SUCCESS) {
		complain(offer, "vkCreateImage", result);
		return;
	}
	VkMemoryDedicatedRequirements own = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS};
	VkMemoryRequirements2 requirements = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2, .pNext = &own};
	const VkImageMemoryRequirementsInfo2 which = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2,
		.image = image,
	};
	vkGetImageMemoryRequirements2(gpu->device, &which, &requirements);
	if (own.requiresDedicatedAllocation != offer->dedicated)
		complain(offer, "requiresDedicatedAllocation", (int)own.requiresDedicatedAllocation);
	if (requirements.memoryRequirements.memoryTypeBits) {
		VkDeviceMemory memory =
			allocate(gpu, offer, image, &requirements.memoryRequirements, own.requiresDedicatedAllocation);
		result = memory ? vkBindImageMemory(gpu->device, image, memory, 0) : VK_SUCCESS;
		if (result != VK_SUCCESS)
			complain(offer, "vkBindImageMemory", result);
		vkDestroyImage(gpu->device, image, NULL);
		vkFreeMemory(gpu->device, memory, NULL);
	} else {
		complain(offer, "memoryTypeBits", 0);
		vkDestroyImage(gpu->device, image, NULL);
	}
}

/* A cube has six square faces; three-dimensional and one-dimensional images are none. */
static bool is_image(const VkImageCreateInfo *info) {
	if (info->samples > 1 && (info->tiling == VK_IMAGE_TILING_LINEAR || (info->usage & USAGE(STORAGE))))
		return false;
	return !(info->flags & VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT) ||
	       (info->imageType == VK_IMAGE_TYPE_2D && info->arrayLayers == 6 && info->samples == 1);
}

static void walk_format(struct gpu *gpu, VkFormat format) {
	static const VkExternalMemoryHandleTypeFlagBits types[] = {MTLTEXTURE, MTLHEAP, MTLBUFFER};
	for (size_t i = 0; i < COUNT_OF(shapes) * COUNT_OF(usages) * COUNT_OF(flag_sets) * 2; i++) {
		size_t rest = i;
		struct offer offer = {.info = image_info(format, 0, 0, (VkImageTiling)(rest % 2))};
		VkImageCreateInfo *info = &offer.info;
		rest /= 2;
		info->usage = usages[rest % COUNT_OF(usages)];
		rest /= COUNT_OF(usages);
		info->flags = flag_sets[rest % COUNT_OF(flag_sets)];
		rest /= COUNT_OF(flag_sets);
		info->imageType = shapes[rest].type;
		info->extent = shapes[rest].extent;
		info->mipLevels = shapes[rest].levels;
		info->arrayLayers = shapes[rest].layers;
		info->samples = shapes[rest].samples;
		if (!is_image(info))
			continue;
		for (size_t j = 0; j < COUNT_OF(types); j++) {
			offer.type = types[j];
			if (!is_offered(gpu, &offer))
				continue;
			const unsigned errors = gpu->errors_below;
			offered++;
			take(gpu, &offer);
			if (gpu->errors_below > errors)
				complain(&offer, "an error below", (int)gpu->errors_below);
		}
	}
}

static void what_is_offered_can_be_had(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (size_t i = 0; i < COUNT_OF(format_ranges); i++)
		for (uint32_t format = format_ranges[i].first; format <= format_ranges[i].last; format++)
			walk_format(&gpu, (VkFormat)format);
	assert_int_equal(failed, 0);
	assert_true(offered > 1000);
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_offered_can_be_had),
	};
	int result = cmocka_run_group_tests_name("layer: offers", tests, NULL, NULL);
	print_message("%u questions, %u images offered, %u of them not to be had\n", asked, offered, failed);
	return result;
}
