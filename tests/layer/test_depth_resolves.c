/* SPDX-License-Identifier: MIT */
/* Samples of depth and stencil that Vulkan draws, each with values of its own, and Metal resolves: texel by texel as
 * Vulkan resolves what is not shared, and as the drawing lays down. */
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "metal_side.h"
#include "pipelines.h"

#include "slope_vert.h"

enum { WIDTH = 32, HEIGHT = 24, COUNT = WIDTH * HEIGHT, SAMPLES = 4, PART_WIDTH = 19, PART_HEIGHT = 7 };

static const VkImageAspectFlags DEPTH = VK_IMAGE_ASPECT_DEPTH_BIT, STENCIL = VK_IMAGE_ASPECT_STENCIL_BIT;

/* Of each sample: where its depths begin, which have a slope of less than STEP, and its stencil. Sample 0 is neither
 * the least nor the greatest. */
static const float depths[SAMPLES] = {0.5f, 0.125f, 0.75f, 0.25f};
static const uint8_t stencils[SAMPLES] = {0x51, 0x12, 0xa3, 0x34};
static const float STEP = 0.25f;

/* What the targets have before. */
static const float OLD_DEPTH = 0.0625f;
static const uint8_t OLD_STENCIL = 0xee;

static unsigned compared;

struct image {
	VkImage image;
	VkDeviceMemory memory;
	VkImageView view;
};

static VkImageCreateInfo make_info(const struct tongs_format *format, VkSampleCountFlagBits samples) {
	VkImageCreateInfo info = image_info(format->vk_format, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	info.samples = samples;
	info.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT;
	return info;
}

static void image_init(struct gpu *gpu, struct image *image, const struct tongs_format *format,
	VkSampleCountFlagBits samples, bool shared) {
	const VkImageCreateInfo info = make_info(format, samples);
	image->image = make_image(gpu, &info, shared ? MTLTEXTURE : 0);
	if (shared) {
		image->memory = export_for_image(gpu, image->image, MTLTEXTURE);
	} else {
		VkMemoryRequirements requirements;
		vkGetImageMemoryRequirements(gpu->device, image->image, &requirements);
		image->memory = export_memory(gpu, requirements.size, pick_type(gpu, requirements.memoryTypeBits, 0), 0,
			VK_NULL_HANDLE, VK_NULL_HANDLE);
		assert_vk(vkBindImageMemory(gpu->device, image->image, image->memory, 0));
	}
	gpu_to_general(gpu, image->image, format, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
	image->view = make_view(gpu, image->image, VK_IMAGE_VIEW_TYPE_2D, format->vk_format, 0, 1);
}

static void image_finish(struct gpu *gpu, struct image *image) {
	vkDestroyImageView(gpu->device, image->view, NULL);
	vkDestroyImage(gpu->device, image->image, NULL);
	vkFreeMemory(gpu->device, image->memory, NULL);
}

/* Writes one sample. */
static VkPipeline make_pipeline(
	struct gpu *gpu, const struct tongs_format *format, VkPipelineLayout layout, unsigned sample) {
	const bool has_depth = format->aspects & DEPTH, has_stencil = format->aspects & STENCIL;
	const VkPipelineShaderStageCreateInfo stage = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
		.stage = VK_SHADER_STAGE_VERTEX_BIT,
		.module = make_module(gpu, (struct shader)SHADER(slope_vert)),
		.pName = "main",
	};
	const VkViewport viewport = {0, 0, WIDTH, HEIGHT, depths[sample], depths[sample] + STEP};
	const VkSampleMask mask = 1u << sample;
	const VkPipelineMultisampleStateCreateInfo samples = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO,
		.rasterizationSamples = (VkSampleCountFlagBits)SAMPLES,
		.pSampleMask = &mask,
	};
	const VkStencilOpState replace = {
		.passOp = VK_STENCIL_OP_REPLACE,
		.compareOp = VK_COMPARE_OP_ALWAYS,
		.writeMask = 0xff,
		.reference = stencils[sample],
	};
	const VkPipelineDepthStencilStateCreateInfo depth_stencil = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_DEPTH_STENCIL_STATE_CREATE_INFO,
		.depthTestEnable = has_depth,
		.depthWriteEnable = has_depth,
		.depthCompareOp = VK_COMPARE_OP_ALWAYS,
		.stencilTestEnable = has_stencil,
		.front = replace,
		.back = replace,
	};
	const VkPipelineRenderingCreateInfo rendering = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO,
		.depthAttachmentFormat = has_depth ? format->vk_format : VK_FORMAT_UNDEFINED,
		.stencilAttachmentFormat = has_stencil ? format->vk_format : VK_FORMAT_UNDEFINED,
	};
	const VkGraphicsPipelineCreateInfo create = {
		.sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
		.pNext = &rendering,
		.stageCount = 1,
		.pStages = &stage,
		.pMultisampleState = &samples,
		.pDepthStencilState = &depth_stencil,
		.layout = layout,
	};
	return make_graphics_pipeline(gpu, &create, &viewport);
}

/* Draws all samples; resolves them unless `resolve` is VK_NULL_HANDLE. */
static void draw(struct gpu *gpu, const struct tongs_format *format, VkImageView view, VkImageView resolve) {
	const VkRenderingAttachmentInfo attachment = {
		.sType = VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO,
		.imageView = view,
		.imageLayout = VK_IMAGE_LAYOUT_GENERAL,
		.resolveMode = resolve ? VK_RESOLVE_MODE_SAMPLE_ZERO_BIT : VK_RESOLVE_MODE_NONE,
		.resolveImageView = resolve,
		.resolveImageLayout = VK_IMAGE_LAYOUT_GENERAL,
		.loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
		.clearValue.depthStencil = {1, 0},
	};
	const VkRenderingInfo rendering = {
		.sType = VK_STRUCTURE_TYPE_RENDERING_INFO,
		.renderArea = {{0, 0}, {WIDTH, HEIGHT}},
		.layerCount = 1,
		.pDepthAttachment = format->aspects & DEPTH ? &attachment : NULL,
		.pStencilAttachment = format->aspects & STENCIL ? &attachment : NULL,
	};
	VkPipeline pipelines[SAMPLES];
	VkPipelineLayout layout = make_layout(gpu, VK_SHADER_STAGE_VERTEX_BIT, NULL);
	VkCommandBuffer commands = begin(gpu);
	vkCmdBeginRendering(commands, &rendering);
	for (unsigned sample = 0; sample < SAMPLES; sample++) {
		pipelines[sample] = make_pipeline(gpu, format, layout, sample);
		vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, pipelines[sample]);
		vkCmdDraw(commands, 3, 1, 0, 0);
	}
	vkCmdEndRendering(commands);
	submit(gpu, commands);
	for (unsigned sample = 0; sample < SAMPLES; sample++)
		vkDestroyPipeline(gpu->device, pipelines[sample], NULL);
	vkDestroyPipelineLayout(gpu->device, layout, NULL);
}

static unsigned get_depth_bytes(const struct tongs_format *format) {
	return format->vk_format == VK_FORMAT_D16_UNORM ? 2 : 4;
}

/* The texels of a level, as the bytes of buffers that they are copied to. */
struct picture {
	uint32_t depth[COUNT]; /* 0 where there is none */
	uint8_t stencil[COUNT];
};

static void take_depths(const struct tongs_format *format, const void *bytes, struct picture *picture) {
	const unsigned size = get_depth_bytes(format);
	for (size_t i = 0; i < COUNT; i++) {
		memcpy(&picture->depth[i], (const uint8_t *)bytes + i * size, size);
		if (format->vk_format == VK_FORMAT_D24_UNORM_S8_UINT)
			picture->depth[i] &= 0xffffff;
	}
}

static void read_by_vulkan(struct gpu *gpu, VkImage image, const struct tongs_format *format, struct picture *picture) {
	const VkImageAspectFlags aspects[] = {DEPTH, STENCIL};
	struct staging staging;
	memset(picture, 0, sizeof(*picture));
	staging_init(gpu, &staging, (VkDeviceSize)COUNT * 4);
	for (int i = 0; i < 2; i++) {
		const VkBufferImageCopy copy = {
			.imageSubresource = {aspects[i], 0, 0, 1},
			.imageExtent = {WIDTH, HEIGHT, 1},
		};
		if (!(format->aspects & aspects[i]))
			continue;
		VkCommandBuffer commands = begin(gpu);
		vkCmdCopyImageToBuffer(commands, image, VK_IMAGE_LAYOUT_GENERAL, staging.buffer, 1, &copy);
		submit(gpu, commands);
		if (i == 0)
			take_depths(format, staging.bytes, picture);
		else
			memcpy(picture->stencil, staging.bytes, COUNT);
	}
	staging_finish(gpu, &staging);
}

static double get_depth(const struct tongs_format *format, uint32_t bits) {
	float number;
	memcpy(&number, &bits, sizeof(number));
	return format->vk_format == VK_FORMAT_D16_UNORM           ? bits / 65535.0
	       : format->vk_format == VK_FORMAT_D24_UNORM_S8_UINT ? bits / 16777215.0
								  : (double)number;
}

/* What the drawing lays down for a sample, wherever in its texel it lies. */
static void check_drawn(
	const struct tongs_format *format, const struct picture *picture, unsigned depth_sample, unsigned sample) {
	for (size_t i = 0; i < COUNT; i++) {
		const double x = ((double)(i % WIDTH) + 0.5) / WIDTH, y = ((double)(i / WIDTH) + 0.5) / HEIGHT;
		const double depth = depths[depth_sample] + (double)STEP * (x / 4 + y / 8);
		const double got = get_depth(format, picture->depth[i]);
		if ((format->aspects & DEPTH) && fabs(got - depth) > (double)STEP / 4 / WIDTH)
			fail_msg("%s, texel %zu: depth %g instead of %g", format->mtl_name, i, got, depth);
		if ((format->aspects & STENCIL) && picture->stencil[i] != stencils[sample])
			fail_msg("%s, texel %zu: stencil 0x%x", format->mtl_name, i, picture->stencil[i]);
	}
}

/* Metal's side: a queue, and a buffer to which it copies texels. */
struct metal {
	struct tongs_device *device;
	struct tongs_command_queue *queue;
	struct tongs_buffer *buffer;
};

static void metal_init(struct metal *metal, struct tongs_texture *texture) {
	metal->device = tongs_resource_get_device(tongs_texture_get_resource(texture));
	metal->queue = tongs_device_new_command_queue(metal->device);
	metal->buffer = tongs_device_new_buffer(metal->device, COUNT * 8, MTLResourceStorageModeShared);
	assert_true(metal->queue && metal->buffer);
}

static void metal_finish(struct metal *metal) {
	tongs_buffer_unref(metal->buffer);
	tongs_command_queue_unref(metal->queue);
}

static void encode_pass(struct tongs_command_buffer *commands, const struct tongs_render_pass_info *pass) {
	struct tongs_encoder *encoder = tongs_command_buffer_new_render_encoder(commands, pass);
	assert_non_null(encoder);
	tongs_encoder_end(encoder);
	tongs_encoder_unref(encoder);
}

/* Where samples are resolved to. */
struct target {
	struct tongs_texture *texture;
	NSUInteger level, slice, width, height; /* of the part that is */
	VkImageAspectFlags aspects;
	MTLMultisampleDepthResolveFilter filter;
};

static void encode_clear(
	struct tongs_command_buffer *commands, const struct tongs_format *format, const struct target *target) {
	struct tongs_render_pass_info pass;
	tongs_render_pass_info_init(&pass);
	pass.depth.texture = format->aspects & DEPTH ? target->texture : NULL;
	pass.stencil.texture = format->aspects & STENCIL ? target->texture : NULL;
	pass.depth.level = pass.stencil.level = target->level;
	pass.depth.slice = pass.stencil.slice = target->slice;
	pass.depth.clear_depth = (double)OLD_DEPTH;
	pass.stencil.clear_stencil = OLD_STENCIL;
	encode_pass(commands, &pass);
}

static void encode_resolve(
	struct tongs_command_buffer *commands, struct tongs_texture *samples, const struct target *target) {
	struct tongs_render_pass_info pass;
	tongs_render_pass_info_init(&pass);
	pass.depth.texture = target->aspects & DEPTH ? samples : NULL;
	pass.stencil.texture = target->aspects & STENCIL ? samples : NULL;
	pass.depth.resolve_texture = pass.stencil.resolve_texture = target->texture;
	pass.depth.resolve_level = pass.stencil.resolve_level = target->level;
	pass.depth.resolve_slice = pass.stencil.resolve_slice = target->slice;
	pass.depth.load_action = pass.stencil.load_action = MTLLoadActionLoad;
	pass.depth.store_action = pass.stencil.store_action = MTLStoreActionStoreAndMultisampleResolve;
	pass.depth.depth_resolve_filter = target->filter;
	pass.render_target_width = target->width;
	pass.render_target_height = target->height;
	encode_pass(commands, &pass);
}

static void encode_read(struct tongs_command_buffer *commands, const struct metal *metal,
	const struct tongs_format *format, const struct target *target) {
	const MTLOrigin origin = MTLOriginMake(0, 0, 0);
	const MTLSize size = MTLSizeMake(WIDTH, HEIGHT, 1);
	const bool both = format->aspects == (DEPTH | STENCIL);
	const NSUInteger row = (NSUInteger)WIDTH * get_depth_bytes(format);
	struct tongs_encoder *encoder = tongs_command_buffer_new_blit_encoder(commands);
	assert_non_null(encoder);
	if (format->aspects & DEPTH)
		tongs_blit_copy_texture_to_buffer(encoder, target->texture, target->slice, target->level, origin, size,
			metal->buffer, 0, row, row * HEIGHT, both ? MTLBlitOptionDepthFromDepthStencil : 0);
	if (format->aspects & STENCIL)
		tongs_blit_copy_texture_to_buffer(encoder, target->texture, target->slice, target->level, origin, size,
			metal->buffer, COUNT * 4, WIDTH, COUNT, both ? MTLBlitOptionStencilFromDepthStencil : 0);
	tongs_encoder_end(encoder);
	tongs_encoder_unref(encoder);
}

/* Clears the target, resolves the samples, and reads it. */
static void resolve_by_metal(const struct metal *metal, const struct tongs_format *format,
	struct tongs_texture *samples, const struct target *target, struct picture *picture) {
	struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(metal->queue);
	assert_non_null(commands);
	encode_clear(commands, format, target);
	encode_resolve(commands, samples, target);
	encode_read(commands, metal, format, target);
	assert_true(tongs_command_buffer_commit(commands));
	tongs_command_buffer_wait_until_completed(commands);
	assert_int_equal(tongs_command_buffer_get_status(commands), MTLCommandBufferStatusCompleted);
	tongs_command_buffer_unref(commands);
	const uint8_t *bytes = tongs_buffer_get_contents(metal->buffer);
	memset(picture, 0, sizeof(*picture));
	if (format->aspects & DEPTH)
		take_depths(format, bytes, picture);
	if (format->aspects & STENCIL)
		memcpy(picture->stencil, bytes + (size_t)COUNT * 4, COUNT);
}

/* As Vulkan has it in the part and the aspects that were resolved, and elsewhere as it was cleared. */
static void compare(const struct tongs_format *format, const struct target *target, const struct picture *got,
	const struct picture *wanted) {
	for (size_t i = 0; i < COUNT; i++) {
		const bool inside = i % WIDTH < target->width && i / WIDTH < target->height;
		const bool depth = (format->aspects & DEPTH) && inside && (target->aspects & DEPTH);
		const bool stencil = inside && (target->aspects & STENCIL);
		const double old = get_depth(format, got->depth[i]) - (double)OLD_DEPTH;
		if (depth ? got->depth[i] != wanted->depth[i] : (format->aspects & DEPTH) && fabs(old) > 1.0 / 65535)
			fail_msg("%s, aspects %u, texel %zu, %zu: depth %g", format->mtl_name, target->aspects,
				i % WIDTH, i / WIDTH, get_depth(format, got->depth[i]));
		const uint8_t value = stencil ? wanted->stencil[i] : OLD_STENCIL;
		if ((format->aspects & STENCIL) && got->stencil[i] != value)
			fail_msg("%s, aspects %u, texel %zu, %zu: stencil 0x%x instead of 0x%x", format->mtl_name,
				target->aspects, i % WIDTH, i / WIDTH, got->stencil[i], value);
	}
	compared++;
}

static struct tongs_texture *new_array(struct tongs_device *device, const struct tongs_format *format) {
	struct tongs_texture_info info = tongs_texture_info_2d(format->mtl_format, 2 * WIDTH, 2 * HEIGHT);
	info.type = MTLTextureType2DArray;
	info.array_length = 3;
	info.mipmap_level_count = 2;
	info.usage = MTLTextureUsageRenderTarget;
	info.resource_options = MTLResourceStorageModePrivate;
	struct tongs_texture *texture = tongs_device_new_texture(device, &info);
	assert_non_null(texture);
	return texture;
}

/* Each aspect and both, of the whole level and a part, to a level of an array. */
static void resolve_to_array(const struct metal *metal, const struct tongs_format *format,
	struct tongs_texture *samples, const struct picture *wanted) {
	struct tongs_texture *array = new_array(metal->device, format);
	struct picture got;
	for (VkImageAspectFlags aspects = DEPTH; aspects <= (DEPTH | STENCIL); aspects += DEPTH)
		for (int whole = 0; whole < 2 && !(aspects & ~format->aspects); whole++) {
			const struct target target = {.texture = array,
				.level = 1,
				.slice = 2,
				.width = whole ? WIDTH : PART_WIDTH,
				.height = whole ? HEIGHT : PART_HEIGHT,
				.aspects = aspects};
			resolve_by_metal(metal, format, samples, &target, &got);
			compare(format, &target, &got, wanted);
		}
	tongs_texture_unref(array);
}

/* To an image that is shared, which Vulkan reads. */
static void resolve_to_image(struct gpu *gpu, const struct metal *metal, const struct tongs_format *format,
	struct tongs_texture *samples, const struct picture *wanted) {
	struct image image;
	struct picture got;
	image_init(gpu, &image, format, VK_SAMPLE_COUNT_1_BIT, true);
	gpu_transfer_image(gpu, image.image, format->aspects, gpu->queue_family, VK_QUEUE_FAMILY_EXTERNAL);
	const struct target target = {.texture = handle_of(gpu, image.memory, MTLTEXTURE),
		.width = WIDTH,
		.height = HEIGHT,
		.aspects = format->aspects};
	resolve_by_metal(metal, format, samples, &target, &got);
	compare(format, &target, &got, wanted);
	gpu_transfer_image(gpu, image.image, format->aspects, VK_QUEUE_FAMILY_EXTERNAL, gpu->queue_family);
	read_by_vulkan(gpu, image.image, format, &got);
	compare(format, &target, &got, wanted);
	image_finish(gpu, &image);
}

/* The mock driver says that it has modes that lavapipe does as sample 0. */
static bool is_mock(void) {
	void *library = dlopen("libvulkan_mock.so", RTLD_NOW | RTLD_NOLOAD);
	if (library)
		dlclose(library);
	return library;
}

/* The least and the greatest depths, where the driver has them. */
static void resolve_by_filters(
	struct gpu *gpu, const struct metal *metal, const struct tongs_format *format, struct tongs_texture *samples) {
	static const struct {
		MTLMultisampleDepthResolveFilter filter;
		VkResolveModeFlagBits mode;
		unsigned sample;
	} rows[] = {
		{MTLMultisampleDepthResolveFilterMin, VK_RESOLVE_MODE_MIN_BIT, 1},
		{MTLMultisampleDepthResolveFilterMax, VK_RESOLVE_MODE_MAX_BIT, 2},
	};
	VkPhysicalDeviceDepthStencilResolveProperties modes = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DEPTH_STENCIL_RESOLVE_PROPERTIES};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &modes};
	vkGetPhysicalDeviceProperties2(gpu->physical_device, &properties);
	struct tongs_texture *array = new_array(metal->device, format);
	struct picture got;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct target target = {.texture = array,
			.level = 1,
			.slice = 1,
			.width = WIDTH,
			.height = HEIGHT,
			.aspects = format->aspects,
			.filter = rows[i].filter};
		if (!(modes.supportedDepthResolveModes & rows[i].mode))
			continue;
		resolve_by_metal(metal, format, samples, &target, &got);
		check_drawn(format, &got, is_mock() ? 0 : rows[i].sample, 0);
		compared++;
	}
	tongs_texture_unref(array);
}

static bool can_share(struct gpu *gpu, const struct tongs_format *format) {
	const VkImageCreateInfo samples = make_info(format, (VkSampleCountFlagBits)SAMPLES),
				target = make_info(format, VK_SAMPLE_COUNT_1_BIT);
	return can_share_image(gpu, &samples, MTLTEXTURE) && can_share_image(gpu, &target, MTLTEXTURE);
}

static void resolve_format(struct gpu *gpu, const struct tongs_format *format) {
	struct image drawn, flat, shared;
	struct picture wanted;
	struct metal metal;
	image_init(gpu, &drawn, format, (VkSampleCountFlagBits)SAMPLES, false);
	image_init(gpu, &flat, format, VK_SAMPLE_COUNT_1_BIT, false);
	draw(gpu, format, drawn.view, flat.view);
	read_by_vulkan(gpu, flat.image, format, &wanted);
	check_drawn(format, &wanted, 0, 0);
	image_init(gpu, &shared, format, (VkSampleCountFlagBits)SAMPLES, true);
	draw(gpu, format, shared.view, VK_NULL_HANDLE);
	gpu_transfer_image(gpu, shared.image, format->aspects, gpu->queue_family, VK_QUEUE_FAMILY_EXTERNAL);
	struct tongs_texture *samples = handle_of(gpu, shared.memory, MTLTEXTURE);
	metal_init(&metal, samples);
	resolve_to_array(&metal, format, samples, &wanted);
	resolve_to_image(gpu, &metal, format, samples, &wanted);
	if (format->aspects & DEPTH)
		resolve_by_filters(gpu, &metal, format, samples);
	metal_finish(&metal);
	image_finish(gpu, &shared);
	image_finish(gpu, &flat);
	image_finish(gpu, &drawn);
}

static void every_format(void **state) {
	struct gpu gpu;
	unsigned formats = 0;
	(void)state;
	gpu_init(&gpu, NULL);
	if (!gpu.has_dynamic_rendering)
		gpu_finish_and_skip(&gpu, "no dynamic rendering");
	for (const struct tongs_format *format = tongs_format_next(NULL); format; format = tongs_format_next(format)) {
		if (!format->mtl_name || !(format->aspects & (DEPTH | STENCIL)) || !gpu_has_format(&gpu, format) ||
			!format->vk_format || !can_share(&gpu, format))
			continue;
		resolve_format(&gpu, format);
		formats++;
	}
	assert_true(formats > 0);
	print_message("%u formats\n", formats);
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format),
	};
	const int failed = cmocka_run_group_tests_name("layer: depth resolves", tests, NULL, NULL);
	printf("tally: resolves compared %u\n", compared);
	return failed;
}
