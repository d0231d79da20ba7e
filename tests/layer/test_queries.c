/* SPDX-License-Identifier: MIT */
/* The physical device's queries and the memory requirements: consistent, and as specified. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static const VkExternalMemoryFeatureFlags EXPORT = VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT,
					  IMPORT = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT,
					  DEDICATED = VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT;

static VkExternalMemoryProperties query_buffer(
	struct gpu *gpu, VkExternalMemoryHandleTypeFlags type, VkBufferCreateFlags flags) {
	const VkPhysicalDeviceExternalBufferInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.flags = flags,
		.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
		.handleType = (VkExternalMemoryHandleTypeFlagBits)type,
	};
	VkExternalBufferProperties core = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	VkExternalBufferProperties khr = core;
	PFN_vkGetPhysicalDeviceExternalBufferPropertiesKHR ask =
		(PFN_vkGetPhysicalDeviceExternalBufferPropertiesKHR)vkGetInstanceProcAddr(
			gpu->instance, "vkGetPhysicalDeviceExternalBufferPropertiesKHR");
	vkGetPhysicalDeviceExternalBufferProperties(gpu->physical_device, &info, &core);
	if (ask) {
		ask(gpu->physical_device, &info, &khr);
		assert_memory_equal(&core, &khr, sizeof(core));
	}
	return core.externalMemoryProperties;
}

static VkResult query_image_of_type(struct gpu *gpu, VkExternalMemoryHandleTypeFlags type, VkFormat format,
	VkImageType image_type, VkImageTiling tiling, VkImageUsageFlags usage, VkImageCreateFlags flags,
	VkImageFormatProperties *limits, VkExternalMemoryProperties *external) {
	const VkPhysicalDeviceExternalImageFormatInfo handle = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = (VkExternalMemoryHandleTypeFlagBits)type,
	};
	const VkPhysicalDeviceImageFormatInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &handle,
		.format = format,
		.type = image_type,
		.tiling = tiling,
		.usage = usage,
		.flags = flags,
	};
	VkExternalImageFormatProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkImageFormatProperties2 caps = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
		.pNext = &properties,
	};
	memset(&caps.imageFormatProperties, 0xab, sizeof(caps.imageFormatProperties));
	memset(&properties.externalMemoryProperties, 0xab, sizeof(properties.externalMemoryProperties));
	VkResult result = vkGetPhysicalDeviceImageFormatProperties2(gpu->physical_device, &info, &caps);
	*limits = caps.imageFormatProperties;
	*external = properties.externalMemoryProperties;
	return result;
}

static VkResult query_image(struct gpu *gpu, VkExternalMemoryHandleTypeFlags type, VkFormat format,
	VkImageTiling tiling, VkImageUsageFlags usage, VkImageCreateFlags flags, VkImageFormatProperties *limits,
	VkExternalMemoryProperties *external) {
	return query_image_of_type(gpu, type, format, VK_IMAGE_TYPE_2D, tiling, usage, flags, limits, external);
}

/* Not memcmp: the struct ends in padding. */
static void assert_same(const VkMemoryRequirements *a, const VkMemoryRequirements *b) {
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->alignment, b->alignment);
	assert_int_equal(a->memoryTypeBits, b->memoryTypeBits);
}

static void buffers(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	const VkExternalMemoryHandleTypeFlags types[] = {MTLBUFFER, MTLHEAP};
	for (size_t i = 0; i < 2; i++) {
		VkExternalMemoryProperties got = query_buffer(&gpu, types[i], 0);
		assert_int_equal(got.externalMemoryFeatures, EXPORT | IMPORT);
		assert_int_equal(got.compatibleHandleTypes, can_combine(&gpu) ? MTLBUFFER | MTLHEAP : types[i]);
		assert_true(got.exportFromImportedHandleTypes & types[i]);
	}
	assert_int_equal(query_buffer(&gpu, MTLTEXTURE, 0).externalMemoryFeatures, 0);
	assert_int_equal(query_buffer(&gpu, MTLBUFFER | MTLHEAP, 0).externalMemoryFeatures, 0);
	assert_int_equal(query_buffer(&gpu, MTLBUFFER, VK_BUFFER_CREATE_SPARSE_BINDING_BIT).externalMemoryFeatures, 0);
	assert_int_equal(query_buffer(&gpu, MTLHEAP, VK_BUFFER_CREATE_PROTECTED_BIT).externalMemoryFeatures, 0);
	/* The driver's own types are still the driver's. */
	VkExternalMemoryProperties fd = query_buffer(&gpu, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT, 0);
	assert_false(fd.compatibleHandleTypes & (MTLBUFFER | MTLHEAP | MTLTEXTURE));
	gpu_finish(&gpu);
}

/* Whether the driver wants memory of its own for RGBA8 images in driver memory. */
static bool requires_dedicated(struct gpu *gpu, VkImageTiling tiling, VkImageUsageFlags usage) {
	VkImageFormatProperties limits;
	VkExternalMemoryProperties fd;
	return !has_unified_memory(gpu) &&
	       query_image(gpu, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT, VK_FORMAT_R8G8B8A8_UNORM, tiling, usage,
		       0, &limits, &fd) == VK_SUCCESS &&
	       (fd.externalMemoryFeatures & DEDICATED);
}

/* Whether heaps are driver memory and the driver shares no LINEAR images in that. */
static bool lacks_linear(struct gpu *gpu) {
	VkImageFormatProperties limits;
	VkExternalMemoryProperties fd;
	return !has_unified_memory(gpu) &&
	       (query_image(gpu, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT, VK_FORMAT_R8G8B8A8_UNORM,
			VK_IMAGE_TILING_LINEAR, VK_IMAGE_USAGE_SAMPLED_BIT, 0, &limits, &fd) != VK_SUCCESS ||
		       !(fd.externalMemoryFeatures & IMPORT));
}

static void images(void **state) {
	static const struct {
		VkExternalMemoryHandleTypeFlags type;
		VkImageTiling tiling;
		VkExternalMemoryFeatureFlags features;
		VkExternalMemoryHandleTypeFlags compatible;
	} rows[] = {
		{MTLTEXTURE, VK_IMAGE_TILING_OPTIMAL, EXPORT | IMPORT | DEDICATED, MTLTEXTURE},
		{MTLTEXTURE, VK_IMAGE_TILING_LINEAR, EXPORT | IMPORT | DEDICATED, MTLTEXTURE},
		{MTLHEAP, VK_IMAGE_TILING_OPTIMAL, EXPORT | IMPORT, MTLHEAP},
		{MTLHEAP, VK_IMAGE_TILING_LINEAR, EXPORT | IMPORT, MTLHEAP | MTLBUFFER},
		{MTLBUFFER, VK_IMAGE_TILING_LINEAR, EXPORT | IMPORT, MTLHEAP | MTLBUFFER},
	};
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		VkImageFormatProperties limits;
		VkExternalMemoryProperties got;
		const VkResult result = query_image(&gpu, rows[i].type, VK_FORMAT_R8G8B8A8_UNORM, rows[i].tiling,
			VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT, 0, &limits, &got);
		/* A heap in driver memory holds no LINEAR images if the driver shares none there. */
		if (rows[i].tiling == VK_IMAGE_TILING_LINEAR && rows[i].type != MTLTEXTURE && lacks_linear(&gpu)) {
			assert_int_equal(result, rows[i].type == MTLHEAP ? VK_ERROR_FORMAT_NOT_SUPPORTED : VK_SUCCESS);
			assert_int_equal(got.compatibleHandleTypes, rows[i].type == MTLHEAP ? 0 : MTLBUFFER);
			continue;
		}
		assert_vk(result);
		const bool dedicated = requires_dedicated(
			&gpu, rows[i].tiling, VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT);
		assert_int_equal(got.externalMemoryFeatures,
			rows[i].features | (rows[i].type == MTLHEAP && dedicated ? DEDICATED : 0));
		assert_int_equal(got.compatibleHandleTypes, can_combine(&gpu) ? rows[i].compatible : rows[i].type);
		assert_int_equal(got.exportFromImportedHandleTypes, rows[i].type);
		VkImageFormatProperties driver;
		assert_vk(vkGetPhysicalDeviceImageFormatProperties(gpu.physical_device, VK_FORMAT_R8G8B8A8_UNORM,
			VK_IMAGE_TYPE_2D, rows[i].tiling, VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
			0, &driver));
		/* Where host pages support everything, sharing loses none of the limits. */
		if (has_unified_memory(&gpu)) {
			assert_int_equal(limits.maxMipLevels, driver.maxMipLevels);
			assert_int_equal(limits.maxArrayLayers, driver.maxArrayLayers);
			assert_int_equal(limits.maxExtent.width, driver.maxExtent.width);
		}
		assert_true(limits.sampleCounts & VK_SAMPLE_COUNT_1_BIT);
	}
	gpu_finish(&gpu);
}

/* What cannot be shared: the error that the specification requires, and zeroed properties. */
static void unsupported_images(void **state) {
	static const struct {
		VkExternalMemoryHandleTypeFlags type;
		VkFormat format;
		VkImageTiling tiling;
		VkImageUsageFlags usage;
		VkImageCreateFlags flags;
	} rows[] = {
		{MTLBUFFER, VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_TILING_OPTIMAL, VK_IMAGE_USAGE_SAMPLED_BIT, 0},
		{MTLTEXTURE, VK_FORMAT_R8G8B8_UNORM, VK_IMAGE_TILING_OPTIMAL, VK_IMAGE_USAGE_SAMPLED_BIT, 0},
		{MTLTEXTURE, VK_FORMAT_R8G8B8A8_USCALED, VK_IMAGE_TILING_LINEAR, VK_IMAGE_USAGE_SAMPLED_BIT, 0},
		{MTLTEXTURE, VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_TILING_OPTIMAL, VK_IMAGE_USAGE_SAMPLED_BIT,
			VK_IMAGE_CREATE_SPARSE_BINDING_BIT},
		{MTLHEAP, VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_TILING_OPTIMAL, VK_IMAGE_USAGE_SAMPLED_BIT,
			VK_IMAGE_CREATE_PROTECTED_BIT},
		{MTLTEXTURE | MTLHEAP, VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_TILING_OPTIMAL, VK_IMAGE_USAGE_SAMPLED_BIT,
			0},
		/* Images can be created for both, but a query is about one. */
		{MTLBUFFER | MTLHEAP, VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_TILING_LINEAR, VK_IMAGE_USAGE_SAMPLED_BIT, 0},
	};
	static const VkImageFormatProperties no_limits;
	static const VkExternalMemoryProperties nothing;
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		VkImageFormatProperties limits;
		VkExternalMemoryProperties got;
		assert_int_equal(query_image(&gpu, rows[i].type, rows[i].format, rows[i].tiling, rows[i].usage,
					 rows[i].flags, &limits, &got),
			VK_ERROR_FORMAT_NOT_SUPPORTED);
		assert_memory_equal(&limits, &no_limits, sizeof(limits));
		assert_memory_equal(&got, &nothing, sizeof(got));
	}
	gpu_finish(&gpu);
}

/* A program may leave out the struct for external memory properties: lavapipe alone would crash on it. */
static void without_an_output_struct(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, 8, 8, VK_IMAGE_TILING_OPTIMAL);
	assert_true(can_share_image(&gpu, &info, MTLTEXTURE));
	info.format = VK_FORMAT_R8G8B8_UNORM;
	assert_false(can_share_image(&gpu, &info, MTLTEXTURE));
	gpu_finish(&gpu);
}

/* The three ways to ask for a buffer's requirements agree, and offer what a handle is then importable as. */
static void buffer_requirements_agree(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	const VkExternalMemoryHandleTypeFlags types = can_combine(&gpu) ? MTLBUFFER | MTLHEAP : MTLBUFFER;
	VkBuffer buffer = make_buffer(&gpu, 10000, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, types);
	VkMemoryRequirements one;
	vkGetBufferMemoryRequirements(gpu.device, buffer, &one);

	VkMemoryDedicatedRequirements dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS, .requiresDedicatedAllocation = 7};
	VkMemoryRequirements2 two = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2, .pNext = &dedicated};
	const VkBufferMemoryRequirementsInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2,
		.buffer = buffer,
	};
	vkGetBufferMemoryRequirements2(gpu.device, &info, &two);
	assert_same(&one, &two.memoryRequirements);
	assert_int_equal(dedicated.requiresDedicatedAllocation, VK_FALSE);

	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = types,
	};
	const VkBufferCreateInfo create = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = &external,
		.size = 10000,
		.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT,
	};
	const VkDeviceBufferMemoryRequirements query = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_BUFFER_MEMORY_REQUIREMENTS,
		.pCreateInfo = &create,
	};
	VkMemoryRequirements2 three = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2};
	vkGetDeviceBufferMemoryRequirements(gpu.device, &query, &three);
	assert_same(&one, &three.memoryRequirements);

	VkDeviceMemory memory = export_for_buffer(&gpu, buffer, MTLBUFFER);
	/* Driver memory has one type. */
	const uint32_t importable =
		handle_types(&gpu, MTLBUFFER, handle_of(&gpu, memory, MTLBUFFER)) & one.memoryTypeBits;
	assert_int_not_equal(importable, 0);
	if (has_unified_memory(&gpu))
		assert_int_equal(importable, one.memoryTypeBits);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

static void image_requirements_agree(void **state) {
	static const VkExternalMemoryHandleTypeFlags types[] = {MTLTEXTURE, MTLHEAP};
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (size_t i = 0; i < 2; i++) {
		const VkExternalMemoryImageCreateInfo external = {
			.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
			.handleTypes = types[i],
		};
		VkImageCreateInfo create = image_info(VK_FORMAT_R8G8B8A8_UNORM, 50, 37, VK_IMAGE_TILING_OPTIMAL);
		VkImage image = make_image(&gpu, &create, types[i]);
		create.pNext = &external;

		VkMemoryRequirements one;
		vkGetImageMemoryRequirements(gpu.device, image, &one);
		VkMemoryDedicatedRequirements dedicated = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS};
		VkMemoryRequirements2 two = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2, .pNext = &dedicated};
		const VkImageMemoryRequirementsInfo2 info = {
			.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2,
			.image = image,
		};
		vkGetImageMemoryRequirements2(gpu.device, &info, &two);
		assert_same(&one, &two.memoryRequirements);
		const bool is_dedicated =
			types[i] == MTLTEXTURE || requires_dedicated(&gpu, create.tiling, create.usage);
		assert_int_equal(dedicated.requiresDedicatedAllocation, is_dedicated);
		assert_int_equal(dedicated.prefersDedicatedAllocation, is_dedicated);

		const VkDeviceImageMemoryRequirements query = {
			.sType = VK_STRUCTURE_TYPE_DEVICE_IMAGE_MEMORY_REQUIREMENTS,
			.pCreateInfo = &create,
		};
		VkMemoryDedicatedRequirements dedicated3 = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS};
		VkMemoryRequirements2 three = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2, .pNext = &dedicated3};
		vkGetDeviceImageMemoryRequirements(gpu.device, &query, &three);
		assert_same(&one, &three.memoryRequirements);
		assert_int_equal(dedicated3.requiresDedicatedAllocation, is_dedicated);
		vkDestroyImage(gpu.device, image, NULL);
	}
	gpu_finish(&gpu);
}

/* The values of each axis of the walk below. */
static const VkExternalMemoryHandleTypeFlags walk_types[] = {MTLBUFFER, MTLTEXTURE, MTLHEAP};
static const VkImageTiling walk_tilings[] = {VK_IMAGE_TILING_OPTIMAL, VK_IMAGE_TILING_LINEAR};
static const VkImageUsageFlags walk_usages[] = {
	VK_IMAGE_USAGE_TRANSFER_DST_BIT,
	VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_SAMPLED_BIT,
	VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_STORAGE_BIT,
	VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT,
	VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT,
	VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT | VK_IMAGE_USAGE_SAMPLED_BIT,
};
static const struct {
	VkImageType type;
	VkImageCreateFlags flags;
	VkExtent3D extent;
	uint32_t levels, layers;
	VkSampleCountFlagBits samples;
} walk_shapes[] = {
	{VK_IMAGE_TYPE_1D, 0, {33, 1, 1}, 1, 1, VK_SAMPLE_COUNT_1_BIT},
	{VK_IMAGE_TYPE_2D, 0, {33, 9, 1}, 1, 1, VK_SAMPLE_COUNT_1_BIT},
	{VK_IMAGE_TYPE_2D, VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT, {32, 8, 1}, 6, 3, VK_SAMPLE_COUNT_1_BIT},
	{VK_IMAGE_TYPE_2D, VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT, {16, 16, 1}, 5, 6, VK_SAMPLE_COUNT_1_BIT},
	{VK_IMAGE_TYPE_2D, VK_IMAGE_CREATE_ALIAS_BIT, {33, 9, 1}, 1, 1, VK_SAMPLE_COUNT_4_BIT},
	{VK_IMAGE_TYPE_3D, VK_IMAGE_CREATE_2D_ARRAY_COMPATIBLE_BIT, {9, 8, 5}, 1, 1, VK_SAMPLE_COUNT_1_BIT},
};

struct walk {
	struct gpu gpu;
	unsigned shared, refused;
};

/* For what has nothing to do with Metal, every command returns the driver's own results. */
static void requirements_of_what_is_not_shared(void **state) {
	struct gpu gpu;
	VkMemoryRequirements requirements;
	VkMemoryRequirements2 reports = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2};
	(void)state;
	gpu_init(&gpu, NULL);
	const VkBufferCreateInfo buffer_info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.size = 5000,
		.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT,
	};
	const VkDeviceBufferMemoryRequirements buffer_query = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_BUFFER_MEMORY_REQUIREMENTS,
		.pCreateInfo = &buffer_info,
	};
	VkBuffer buffer = make_buffer(&gpu, buffer_info.size, buffer_info.usage, 0);
	vkGetBufferMemoryRequirements(gpu.device, buffer, &requirements);
	vkGetDeviceBufferMemoryRequirements(gpu.device, &buffer_query, &reports);
	assert_same(&reports.memoryRequirements, &requirements);
	vkDestroyBuffer(gpu.device, buffer, NULL);

	VkImageCreateInfo image_query_info = image_info(VK_FORMAT_R8G8B8A8_UNORM, 50, 40, VK_IMAGE_TILING_OPTIMAL);
	const VkDeviceImageMemoryRequirements image_query = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_IMAGE_MEMORY_REQUIREMENTS,
		.pCreateInfo = &image_query_info,
	};
	VkImage image = make_image(&gpu, &image_query_info, 0);
	vkGetImageMemoryRequirements(gpu.device, image, &requirements);
	vkGetDeviceImageMemoryRequirements(gpu.device, &image_query, &reports);
	assert_same(&reports.memoryRequirements, &requirements);
	vkDestroyImage(gpu.device, image, NULL);
	gpu_finish(&gpu);
}

static void share_what_is_reported(
	struct walk *walk, const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags type) {
	VkImage image = make_image(&walk->gpu, info, type);
	VkDeviceMemory memory = export_for_image(&walk->gpu, image, type), imported;
	void *handle = handle_of(&walk->gpu, memory, type);
	VkImage other = make_image(&walk->gpu, info, type);
	VkMemoryRequirements requirements;
	vkGetImageMemoryRequirements(walk->gpu.device, other, &requirements);
	assert_vk(try_import(&walk->gpu, type, handle, requirements.size,
		pick_type(&walk->gpu, requirements.memoryTypeBits & handle_types(&walk->gpu, type, handle), 0), other,
		&imported));
	assert_vk(vkBindImageMemory(walk->gpu.device, other, imported, 0));
	vkDestroyImage(walk->gpu.device, other, NULL);
	vkFreeMemory(walk->gpu.device, imported, NULL);
	vkDestroyImage(walk->gpu.device, image, NULL);
	vkFreeMemory(walk->gpu.device, memory, NULL);
	walk->shared++;
}

static void walk_one(struct walk *walk, VkFormat format, size_t shape, VkImageTiling tiling, VkImageUsageFlags usage,
	VkExternalMemoryHandleTypeFlags type) {
	VkImageCreateInfo info =
		image_info(format, walk_shapes[shape].extent.width, walk_shapes[shape].extent.height, tiling);
	info.imageType = walk_shapes[shape].type;
	info.extent.depth = walk_shapes[shape].extent.depth;
	info.flags = walk_shapes[shape].flags;
	info.mipLevels = walk_shapes[shape].levels;
	info.arrayLayers = walk_shapes[shape].layers;
	info.samples = walk_shapes[shape].samples;
	info.usage = usage;
	VkImageFormatProperties limits;
	VkExternalMemoryProperties got;
	/* VUID-VkImageCreateInfo-usage-00968: a feature that this device does not enable. */
	if (info.samples != VK_SAMPLE_COUNT_1_BIT && (usage & VK_IMAGE_USAGE_STORAGE_BIT))
		return;
	VkResult result =
		query_image_of_type(&walk->gpu, type, format, info.imageType, tiling, usage, info.flags, &limits, &got);
	if (result != VK_SUCCESS || info.mipLevels > limits.maxMipLevels || info.arrayLayers > limits.maxArrayLayers ||
		!(info.samples & limits.sampleCounts) || info.extent.depth > limits.maxExtent.depth) {
		walk->refused++;
		return;
	}
	share_what_is_reported(walk, &info, type);
}

/* Every image that the query reports can be created, allocated, exported, bound, imported and bound again. All of it
 * with TONGS_TEST_WALK=all, else a sample: each combination with a seventh of the formats. */
static void what_is_reported_works(void **state) {
	const char *option = getenv("TONGS_TEST_WALK");
	const unsigned step = option && strcmp(option, "all") == 0 ? 1 : 7;
	struct walk walk = {0};
	unsigned combination = 0;
	(void)state;
	gpu_init(&walk.gpu, NULL);
	for (size_t shape = 0; shape < sizeof(walk_shapes) / sizeof(*walk_shapes); shape++)
		for (unsigned i = 0; i < 2 * 6 * 3; i++, combination++)
			for (VkFormat format = 1 + combination % step; format <= VK_FORMAT_ASTC_12x12_SRGB_BLOCK;
				format += step)
				walk_one(&walk, format, shape, walk_tilings[i % 2], walk_usages[i / 2 % 6],
					walk_types[i / 12]);
	print_message("%u combinations shared, %u refused\n", walk.shared, walk.refused);
	assert_true(walk.shared > (has_unified_memory(&walk.gpu) ? 500 : 50));
	gpu_finish(&walk.gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffers),
		cmocka_unit_test(images),
		cmocka_unit_test(unsupported_images),
		cmocka_unit_test(without_an_output_struct),
		cmocka_unit_test(buffer_requirements_agree),
		cmocka_unit_test(image_requirements_agree),
		cmocka_unit_test(requirements_of_what_is_not_shared),
		cmocka_unit_test(what_is_reported_works),
	};
	return cmocka_run_group_tests_name("layer: queries", tests, NULL, NULL);
}
