/* SPDX-License-Identifier: MIT */
/* Queries for buffers and images: their results must be consistent, and creation must agree with them. */
#include "fuzz_stack.h"

static void check_properties(const VkExternalMemoryProperties *caps, VkExternalMemoryHandleTypeFlags asked) {
	VkExternalMemoryFeatureFlags both =
		VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	if (!(caps->externalMemoryFeatures & both))
		return;
	REQUIRE((caps->externalMemoryFeatures & both) == both);
	REQUIRE(caps->compatibleHandleTypes & asked);
	REQUIRE(!(caps->compatibleHandleTypes & ~METAL_TYPES));
	REQUIRE((asked & (asked - 1)) == 0);
}

/* Creation succeeds if and only if the query allowed it; several handle types at once are never allowed. */
static void check_creation(VkResult result, bool made, VkExternalMemoryHandleTypeFlags types, bool promised) {
	REQUIRE(result == VK_SUCCESS || result == VK_ERROR_VALIDATION_FAILED_EXT);
	REQUIRE(made == (result == VK_SUCCESS));
	REQUIRE(made || !promised);
	REQUIRE(!made || promised || (types & (types - 1)));
}

static void check_buffer(const struct stack *stack, struct input *input) {
	const VkPhysicalDeviceExternalBufferInfo query = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.flags = choose(input, 2) ? (VkBufferCreateFlags)take(input, 1) : 0,
		.usage = (VkBufferUsageFlags)take(input, 2),
		.handleType = (VkExternalMemoryHandleTypeFlagBits)choose_types(input),
	};
	VkExternalBufferProperties caps = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	memset(&caps.externalMemoryProperties, 0xcc, sizeof(caps.externalMemoryProperties));
	if (!(query.handleType & METAL_TYPES))
		return;
	tongs_GetPhysicalDeviceExternalBufferProperties(fake_physical_device(), &query, &caps);
	check_properties(&caps.externalMemoryProperties, query.handleType);

	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = query.handleType,
	};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = &external,
		.flags = query.flags,
		.size = 1 + choose(input, 256),
		.usage = query.usage,
	};
	VkBuffer buffer;
	VkResult result = tongs_CreateBuffer(stack->device, &info, NULL, &buffer);
	check_creation(result, buffer, query.handleType, caps.externalMemoryProperties.externalMemoryFeatures);
	tongs_DestroyBuffer(stack->device, buffer, NULL);
}

static bool is_within(const VkImageCreateInfo *info, const VkImageFormatProperties *limits) {
	return info->extent.width <= limits->maxExtent.width && info->extent.height <= limits->maxExtent.height &&
	       info->extent.depth <= limits->maxExtent.depth && info->mipLevels <= limits->maxMipLevels &&
	       info->arrayLayers <= limits->maxArrayLayers && (info->samples & limits->sampleCounts);
}

static bool is_zero(const void *bytes, size_t size) {
	for (size_t i = 0; i < size; i++)
		if (((const unsigned char *)bytes)[i])
			return false;
	return true;
}

static VkResult query_image(
	const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags type, VkImageFormatProperties2 *caps) {
	const VkPhysicalDeviceExternalImageFormatInfo handle = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = (VkExternalMemoryHandleTypeFlagBits)type,
	};
	const VkPhysicalDeviceImageFormatInfo2 query = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &handle,
		.format = info->format,
		.type = info->imageType,
		.tiling = info->tiling,
		.usage = info->usage,
		.flags = info->flags,
	};
	return tongs_GetPhysicalDeviceImageFormatProperties2(fake_physical_device(), &query, caps);
}

static void create(
	const struct stack *stack, const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags type, bool promised) {
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = type,
	};
	VkImageCreateInfo shared = *info;
	VkImage image;
	shared.pNext = &external;
	VkResult result = tongs_CreateImage(stack->device, &shared, NULL, &image);
	check_creation(result, image, type, promised);
	tongs_DestroyImage(stack->device, image, NULL);
}

static void check_image(const struct stack *stack, struct input *input) {
	const VkImageCreateInfo info = choose_image_info(input);
	VkExternalMemoryHandleTypeFlags type = choose_types(input);
	VkExternalImageFormatProperties external = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkImageFormatProperties2 caps = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
		.pNext = choose(input, 4) ? &external : NULL,
	};
	memset(&external.externalMemoryProperties, 0xcc, sizeof(external.externalMemoryProperties));
	if (!(type & METAL_TYPES))
		return;
	VkResult result = query_image(&info, type, &caps);
	REQUIRE(result == VK_SUCCESS || result == VK_ERROR_FORMAT_NOT_SUPPORTED);
	if (result != VK_SUCCESS) {
		REQUIRE(is_zero(&caps.imageFormatProperties, sizeof(caps.imageFormatProperties)));
		REQUIRE(!caps.pNext ||
			is_zero(&external.externalMemoryProperties, sizeof(external.externalMemoryProperties)));
	} else if (caps.pNext) {
		REQUIRE(external.externalMemoryProperties.externalMemoryFeatures);
		check_properties(&external.externalMemoryProperties, type);
	}
	/* vkCreateImage requires sizes of at least one. */
	if (!info.extent.width || !info.extent.height || !info.extent.depth || !info.mipLevels || !info.arrayLayers)
		return;
	create(stack, &info, type, result == VK_SUCCESS && is_within(&info, &caps.imageFormatProperties));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
	struct input input = {bytes, size};
	struct stack stack;
	fuzz_start(&stack, choose(&input, 2));
	while (input.left) {
		if (choose(&input, 4) == 0)
			check_buffer(&stack, &input);
		else
			check_image(&stack, &input);
	}
	fuzz_finish(&stack);
	return 0;
}
