/* SPDX-License-Identifier: MIT */
/* Every render target format that can be shared: whatever of a drawing's images is shared, it comes out texel by texel
 * as where nothing is. Depth attachments, four samples and their resolve, a second target that is not shared, blending,
 * all load operations, with and without a render pass. */
#include <stdio.h>
#include <string.h>

#include "drawing.h"
#include "metal_side.h"

#include "targets_frag.h"
#include "targets_sint_frag.h"
#include "targets_uint_frag.h"

enum { WIDTH = 45, HEIGHT = 30, BYTES = WIDTH * HEIGHT * 16 };

static const VkFormat usual_color = VK_FORMAT_R8G8B8A8_UNORM, usual_depth = VK_FORMAT_D32_SFLOAT;
static unsigned compared, out_of_reach;

/* The images of a drawing. SECOND is never shared. */
enum { COLOR = 1, DEPTH = 2, SECOND = 4, RESOLVE = 8, TARGETS = 4 };

static const struct way {
	const char *name;
	VkAttachmentLoadOp load;
	VkSampleCountFlagBits samples;
	bool second, blend, dynamic;
} ways[] = {
	{.name = "cleared", .load = VK_ATTACHMENT_LOAD_OP_CLEAR, .samples = 1},
	{.name = "beside a second target", .load = VK_ATTACHMENT_LOAD_OP_CLEAR, .samples = 1, .second = true},
	{.name = "loaded", .load = VK_ATTACHMENT_LOAD_OP_LOAD, .samples = 1},
	{.name = "blended", .load = VK_ATTACHMENT_LOAD_OP_LOAD, .samples = 1, .blend = true},
	{.name = "not loaded", .load = VK_ATTACHMENT_LOAD_OP_DONT_CARE, .samples = 1},
	{.name = "resolved", .load = VK_ATTACHMENT_LOAD_OP_CLEAR, .samples = 4},
	{.name = "resolved beside a second target", .load = VK_ATTACHMENT_LOAD_OP_LOAD, .samples = 4, .second = true},
	{.name = "without a pass", .load = VK_ATTACHMENT_LOAD_OP_LOAD, .samples = 1, .second = true, .dynamic = true},
	{.name = "resolved without a pass", .load = VK_ATTACHMENT_LOAD_OP_CLEAR, .samples = 4, .dynamic = true},
};

/* The first covers everything, for what is not loaded; the others overlap. */
static const VkRect2D parts[] = {
	{{0, 0}, {WIDTH, HEIGHT}},
	{{1, 0}, {30, 21}},
	{{13, 8}, {31, 22}},
	{{5, 5}, {33, 3}},
};
enum { PARTS = sizeof(parts) / sizeof(*parts) };

static bool is_depth(const struct tongs_format *format) {
	return format->aspects & VK_IMAGE_ASPECT_DEPTH_BIT;
}

static VkImageCreateInfo target_info(VkFormat format, VkSampleCountFlagBits samples) {
	VkImageCreateInfo info = image_info(format, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	info.samples = samples;
	info.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
	info.usage |= is_depth(tongs_format_from_vk(format)) ? VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT
							     : VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
	return info;
}

/* An image that is shared as MTLTEXTURE or not at all, in GENERAL; or none. */
struct target {
	bool is_shared;
	VkImageCreateInfo info;
	VkImage image;
	VkDeviceMemory memory;
};

static void target_init(
	struct gpu *gpu, struct target *target, VkFormat format, VkSampleCountFlagBits samples, bool is_shared) {
	*target = (struct target){.is_shared = is_shared, .info = target_info(format, samples)};
	target->image = make_image(gpu, &target->info, is_shared ? MTLTEXTURE : 0);
	if (is_shared) {
		target->memory = export_for_image(gpu, target->image, MTLTEXTURE);
	} else {
		VkMemoryRequirements requirements;
		vkGetImageMemoryRequirements(gpu->device, target->image, &requirements);
		target->memory = export_memory(gpu, requirements.size, pick_type(gpu, requirements.memoryTypeBits, 0),
			0, VK_NULL_HANDLE, VK_NULL_HANDLE);
		assert_vk(vkBindImageMemory(gpu->device, target->image, target->memory, 0));
	}
	gpu_to_general(
		gpu, target->image, tongs_format_from_vk(format), VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
}

static void target_finish(struct gpu *gpu, struct target *target) {
	vkDestroyImage(gpu->device, target->image, NULL);
	vkFreeMemory(gpu->device, target->memory, NULL);
}

/* By Metal where it is shared. */
static void target_read(struct gpu *gpu, const struct target *target, uint8_t *bytes) {
	const struct tongs_format *format = tongs_format_from_vk(target->info.format);
	const struct slice slice = slice_at(&target->info, format, 0);
	if (target->is_shared)
		assert_true(metal_read_slice(
			gpu, handle_of(gpu, target->memory, MTLTEXTURE), &target->info, &slice, bytes));
	else
		gpu_read_slice(gpu, target->image, format, &slice, bytes);
}

static bool is_integer(VkFormat format) {
	const enum tongs_numeric_format numeric = tongs_format_from_vk(format)->numeric_format;
	return numeric == TONGS_NUMERIC_UINT || numeric == TONGS_NUMERIC_SINT;
}

static struct shader shader_for(VkFormat format) {
	if (!is_integer(format))
		return (struct shader)SHADER(targets_frag);
	return tongs_format_from_vk(format)->numeric_format == TONGS_NUMERIC_UINT
		       ? (struct shader)SHADER(targets_uint_frag)
		       : (struct shader)SHADER(targets_sint_frag);
}

/* Integers that every format of integers has room for, else fractions of 255. */
static struct constants constants_of(VkFormat format, VkSampleCountFlagBits samples, uint32_t seed) {
	struct constants constants = {.depth_scale = 65536, .seed = seed, .samples = samples};
	for (int i = 0; i < 4; i++) {
		constants.mask[i] = !is_integer(format) ? 255 : i == 3 ? 3 : 127;
		constants.scale[i] = 255;
	}
	return constants;
}

static VkClearValue clear_color(VkFormat format) {
	return is_integer(format) ? (VkClearValue){.color.uint32 = {17, 34, 51, 2}}
				  : (VkClearValue){.color.float32 = {0.25f, 0.5f, 0.75f, 1}};
}

/* What is loaded has been drawn before. */
static void draw_parts(struct gpu *gpu, struct drawing_info *info, VkAttachmentLoadOp load) {
	struct draw draws[PARTS];
	const bool first_alone = load == VK_ATTACHMENT_LOAD_OP_LOAD;
	for (uint32_t i = 0; i < PARTS; i++)
		draws[i] = (struct draw){parts[i], constants_of(info->color_format, info->samples, 40 + i)};
	info->load = first_alone ? VK_ATTACHMENT_LOAD_OP_CLEAR : load;
	draw(gpu, info, draws, first_alone ? 1 : PARTS);
	if (!first_alone)
		return;
	info->load = load;
	draw(gpu, info, draws + 1, PARTS - 1);
}

/* What a drawing's images of one sample hold. */
struct picture {
	uint8_t bytes[TARGETS][BYTES];
};

static void draw_with(struct gpu *gpu, VkFormat color, VkFormat depth, const struct way *way, unsigned shared,
	struct picture *picture) {
	const VkFormat formats[TARGETS] = {color, depth, usual_color, color};
	const bool resolves = way->samples > VK_SAMPLE_COUNT_1_BIT;
	const bool has[TARGETS] = {true, true, way->second, resolves};
	struct target targets[TARGETS] = {0};
	for (int i = 0; i < TARGETS; i++)
		if (has[i])
			target_init(gpu, &targets[i], formats[i],
				1u << i == RESOLVE ? VK_SAMPLE_COUNT_1_BIT : way->samples, shared & 1u << i);
	struct drawing_info info = {
		.color = targets[0].image,
		.depth = targets[1].image,
		.second = targets[2].image,
		.resolve = targets[3].image,
		.color_format = color,
		.second_format = usual_color,
		.depth_format = depth,
		.samples = way->samples,
		.extent = {WIDTH, HEIGHT},
		.clear = {clear_color(color), {.depthStencil = {1, 0xa5}}},
		.fragment = shader_for(color),
		.blend = way->blend,
		.dynamic = way->dynamic,
	};
	draw_parts(gpu, &info, way->load);
	memset(picture, 0, sizeof(*picture));
	for (int i = 0; i < TARGETS; i++) {
		if (has[i] && targets[i].info.samples == VK_SAMPLE_COUNT_1_BIT)
			target_read(gpu, &targets[i], picture->bytes[i]);
		target_finish(gpu, &targets[i]);
	}
}

/* Whether the driver, without sharing, has such targets. */
static bool driver_has(struct gpu *gpu, VkFormat format, VkSampleCountFlagBits samples) {
	const VkImageCreateInfo info = target_info(format, samples);
	VkImageFormatProperties limits;
	return vkGetPhysicalDeviceImageFormatProperties(gpu->physical_device, format, info.imageType, info.tiling,
		       info.usage, info.flags, &limits) == VK_SUCCESS &&
	       (limits.sampleCounts & samples);
}

static bool can_blend(struct gpu *gpu, VkFormat format) {
	VkFormatProperties properties;
	vkGetPhysicalDeviceFormatProperties(gpu->physical_device, format, &properties);
	return properties.optimalTilingFeatures & VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BLEND_BIT;
}

/* Where memory is unified, what the driver has must be shared. */
static bool can_share(struct gpu *gpu, VkFormat format, VkSampleCountFlagBits samples) {
	const VkImageCreateInfo info = target_info(format, samples);
	const bool shares = can_share_image(gpu, &info, MTLTEXTURE);
	assert_true(shares || !has_unified_memory(gpu));
	return shares;
}

static bool can_draw(struct gpu *gpu, VkFormat color, VkFormat depth, const struct way *way) {
	return driver_has(gpu, color, VK_SAMPLE_COUNT_1_BIT) && driver_has(gpu, color, way->samples) &&
	       driver_has(gpu, depth, way->samples) && (!way->blend || can_blend(gpu, color)) &&
	       (!way->dynamic || gpu->has_dynamic_rendering);
}

static bool can_share_all(struct gpu *gpu, VkFormat color, VkFormat depth, const struct way *way, unsigned shared) {
	return (!(shared & COLOR) || can_share(gpu, color, way->samples)) &&
	       (!(shared & DEPTH) || can_share(gpu, depth, way->samples)) &&
	       (!(shared & RESOLVE) || can_share(gpu, color, VK_SAMPLE_COUNT_1_BIT));
}

static void compare_pictures(const struct picture *got, const struct picture *wanted, VkFormat color, VkFormat depth,
	const struct way *way, unsigned shared) {
	static const char *const names[TARGETS] = {"colour", "depth", "second target", "resolved colour"};
	for (int i = 0; i < TARGETS; i++)
		if (memcmp(got->bytes[i], wanted->bytes[i], BYTES) != 0)
			fail_msg("%s and %s, %s, shared 0x%x: the %s differs", tongs_format_from_vk(color)->vk_name,
				tongs_format_from_vk(depth)->vk_name, way->name, shared, names[i]);
	compared++;
}

/* Each image alone, and all together. */
static void compare_formats(struct gpu *gpu, VkFormat color, VkFormat depth) {
	static const unsigned choices[] = {COLOR, DEPTH, RESOLVE, COLOR | DEPTH | RESOLVE};
	static struct picture wanted, got;
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		const struct way *way = &ways[i];
		if (!can_draw(gpu, color, depth, way))
			continue;
		draw_with(gpu, color, depth, way, 0, &wanted);
		for (size_t j = 0; j < sizeof(choices) / sizeof(*choices); j++) {
			unsigned shared = choices[j];
			if (way->samples == VK_SAMPLE_COUNT_1_BIT)
				shared &= ~(unsigned)RESOLVE;
			if (!shared)
				continue;
			if (!can_share_all(gpu, color, depth, way, shared)) {
				out_of_reach++;
				continue;
			}
			draw_with(gpu, color, depth, way, shared, &got);
			compare_pictures(&got, &wanted, color, depth, way, shared);
		}
	}
}

static void every_target(bool depths) {
	struct gpu gpu;
	gpu_init(&gpu, NULL);
	for (const struct tongs_format *format = tongs_format_next(NULL); format; format = tongs_format_next(format)) {
		if (!format->mtl_name || !gpu_has_format(&gpu, format))
			continue;
		if (depths && is_depth(format))
			compare_formats(&gpu, usual_color, format->vk_format);
		if (!depths && format->kind == TONGS_FORMAT_COLOR)
			compare_formats(&gpu, format->vk_format, usual_depth);
	}
	gpu_finish(&gpu);
}

static void every_color(void **state) {
	(void)state;
	every_target(false);
}

static void every_depth(void **state) {
	(void)state;
	every_target(true);
}

/* The comparison itself: a row that lies elsewhere is found. */
static void scrambled_rows_are_detected(void **state) {
	static struct picture drawn, scrambled;
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		const int seen = ways[i].samples > VK_SAMPLE_COUNT_1_BIT ? 3 : 0;
		const size_t row = WIDTH * 4;
		if (!can_draw(&gpu, usual_color, usual_depth, &ways[i]))
			continue;
		draw_with(&gpu, usual_color, usual_depth, &ways[i], 0, &drawn);
		for (size_t y = 0; y + 1 < HEIGHT; y++) {
			scrambled = drawn;
			memcpy(scrambled.bytes[seen] + y * row, drawn.bytes[seen] + (y + 1) * row, row);
			memcpy(scrambled.bytes[seen] + (y + 1) * row, drawn.bytes[seen] + y * row, row);
			assert_memory_not_equal(scrambled.bytes[seen], drawn.bytes[seen], row * HEIGHT);
		}
	}
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_color),
		cmocka_unit_test(every_depth),
		cmocka_unit_test(scrambled_rows_are_detected),
	};
	int failed = cmocka_run_group_tests_name("layer: render targets", tests, NULL, NULL);
	print_message("%u drawings compared pixel by pixel with what is not shared\n", compared);
	if (out_of_reach)
		print_message("%u that the device cannot share\n", out_of_reach);
	printf("tally: pixel cases compared %u\n", compared);
	return failed;
}
