/* SPDX-License-Identifier: MIT */
/* Vulkan draws into colour and depth attachments that are both shared, over clears and over what Metal wrote, and Metal
 * reads what the CPU computes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "drawing.h"
#include "metal_objects.h"

#include "texels_frag.h"
#include "texels_uint_frag.h"

enum { WIDTH = 45, HEIGHT = 30, COUNT = WIDTH * HEIGHT, CLEAR_DEPTH = 40000 };

static const VkFormat color_formats[] = {
	VK_FORMAT_R8G8B8A8_UNORM,
	VK_FORMAT_B8G8R8A8_UNORM,
	VK_FORMAT_A2B10G10R10_UNORM_PACK32,
	VK_FORMAT_R16G16B16A16_SFLOAT,
	VK_FORMAT_R32_UINT,
};
static const VkFormat depth_formats[] = {VK_FORMAT_D16_UNORM, VK_FORMAT_D32_SFLOAT};
static unsigned compared;

static const struct texel clear_color = {{17, 134, 51, 2}};

/* Three overlapping parts that leave a border uncovered. */
static const VkRect2D parts[] = {
	{{1, 0}, {30, 21}},
	{{13, 8}, {31, 22}},
	{{5, 5}, {33, 3}},
};
enum { PARTS = sizeof(parts) / sizeof(*parts) };

/* A shared attachment, and what it must hold. */
struct attachment {
	const struct picture_format *format;
	struct gpu *gpu;
	VkImageCreateInfo info;
	VkImage image;
	VkDeviceMemory memory;
	struct tongs_texture *texture;
	struct texel texels[COUNT];
};

static void attachment_init(struct gpu *gpu, struct attachment *attachment, VkFormat format, VkImageCreateFlags flags) {
	VkImageCreateInfo info = image_info(format, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	attachment->format = picture_format_of(format);
	const struct tongs_format *base = picture_base(attachment->format);
	info.usage |= base->kind == TONGS_FORMAT_DEPTH ? VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT
						       : VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
	info.flags |= flags;
	attachment->gpu = gpu;
	attachment->info = info;
	attachment->image = make_image(gpu, &info, MTLTEXTURE);
	attachment->memory = export_for_image(gpu, attachment->image, MTLTEXTURE);
	attachment->texture = handle_of(gpu, attachment->memory, MTLTEXTURE);
	gpu_to_general(gpu, attachment->image, base, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
}

static void attachment_finish(struct gpu *gpu, struct attachment *attachment) {
	vkDestroyImage(gpu->device, attachment->image, NULL);
	vkFreeMemory(gpu->device, attachment->memory, NULL);
}

static void pack(const struct attachment *attachment, uint8_t *bytes) {
	size_t size = picture_base(attachment->format)->block_bytes;
	for (size_t i = 0; i < COUNT; i++)
		pack_texel(attachment->format, attachment->texels[i], bytes + i * size);
}

static void write_from_metal(struct attachment *attachment) {
	static uint8_t sent[COUNT * 8];
	pack(attachment, sent);
	assert_true(metal_write_image(attachment->gpu, attachment->texture, &attachment->info, sent));
}

static void compare_in_metal(const struct attachment *attachment) {
	static uint8_t wanted[COUNT * 8], got[COUNT * 8];
	size_t size = picture_base(attachment->format)->block_bytes;
	pack(attachment, wanted);
	assert_true(metal_read_image(attachment->gpu, attachment->texture, &attachment->info, got));
	for (size_t i = 0; i < COUNT; i++)
		if (memcmp(got + i * size, wanted + i * size, size) != 0)
			fail_msg("%s differs at %zu, %zu", picture_base(attachment->format)->mtl_name, i % WIDTH,
				i / WIDTH);
}

/* Whether an attachment can be shared. Where not, tests do without. */
static bool can_attach(struct gpu *gpu, VkFormat format) {
	VkImageCreateInfo info = image_info(format, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	info.usage |= tongs_format_from_vk(format)->kind == TONGS_FORMAT_DEPTH
			      ? VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT
			      : VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
	return has_unified_memory(gpu) || can_share_image(gpu, &info, MTLTEXTURE);
}

struct scene {
	struct gpu *gpu;
	struct attachment color, depth;
};

static void scene_init(struct scene *scene, struct gpu *gpu, VkFormat color, VkFormat depth, VkImageCreateFlags flags) {
	scene->gpu = gpu;
	attachment_init(gpu, &scene->color, color, flags);
	attachment_init(gpu, &scene->depth, depth, 0);
}

static void scene_finish(struct scene *scene) {
	attachment_finish(scene->gpu, &scene->color);
	attachment_finish(scene->gpu, &scene->depth);
}

static struct drawing_info drawing_of(const struct scene *scene, VkAttachmentLoadOp load) {
	const struct picture_format *color = scene->color.format, *depth = scene->depth.format;
	struct drawing_info info = {
		.color = scene->color.image,
		.depth = scene->depth.image,
		.color_format = color->vulkan,
		.depth_format = depth->vulkan,
		.extent = {WIDTH, HEIGHT},
		.load = load,
		.fragment =
			color->integer ? (struct shader)SHADER(texels_uint_frag) : (struct shader)SHADER(texels_frag),
	};
	for (int i = 0; i < 4; i++) {
		uint32_t value = clear_color.channels[i] & color->mask[i];
		if (color->integer)
			info.clear[0].color.uint32[i] = value;
		else
			info.clear[0].color.float32[i] = (float)value / color->scale[i];
	}
	info.clear[1].depthStencil.depth = CLEAR_DEPTH / depth->scale[0];
	return info;
}

/* Draws the parts, by Vulkan and by the CPU. */
static void draw_parts(struct scene *scene, const struct drawing_info *info, uint32_t mask) {
	struct draw draws[PARTS];
	for (uint32_t i = 0; i < PARTS; i++) {
		draws[i] = (struct draw){parts[i], constants_for(scene->color.format, 10 + i)};
		draws[i].constants.depth_scale = scene->depth.format->scale[0];
		for (int channel = 0; channel < 4; channel++)
			draws[i].constants.mask[channel] &= mask;
	}
	draw(scene->gpu, info, draws, PARTS);
	for (uint32_t i = 0; i < PARTS; i++)
		for (uint32_t y = 0; y < parts[i].extent.height; y++)
			for (uint32_t x = 0; x < parts[i].extent.width; x++) {
				uint32_t left = (uint32_t)parts[i].offset.x + x, top = (uint32_t)parts[i].offset.y + y;
				struct texel *color = &scene->color.texels[top * WIDTH + left];
				uint32_t *depth = scene->depth.texels[top * WIDTH + left].channels;
				uint32_t drawn = texel_at(left, top, 1, 10 + i).channels[0] & 0xffff;
				if (drawn >= *depth)
					continue;
				*depth = drawn;
				for (int channel = 0; channel < 4; channel++) {
					uint32_t value = texel_at(left, top, 0, 10 + i).channels[channel] & mask;
					color->channels[channel] = value + info->blend * color->channels[channel];
				}
			}
}

static void compare_scene(const struct scene *scene) {
	compare_in_metal(&scene->color);
	compare_in_metal(&scene->depth);
	compared += 2;
}

static void clear_and_draw(struct gpu *gpu, VkFormat color, VkFormat depth) {
	static struct scene scene;
	scene_init(&scene, gpu, color, depth, 0);
	for (size_t i = 0; i < COUNT; i++) {
		scene.color.texels[i] = clear_color;
		scene.depth.texels[i] = (struct texel){{CLEAR_DEPTH}};
	}
	const struct drawing_info info = drawing_of(&scene, VK_ATTACHMENT_LOAD_OP_CLEAR);
	draw_parts(&scene, &info, UINT32_MAX);
	compare_scene(&scene);
	scene_finish(&scene);
}

/* Metal's colours and depths, drawn over where the depth test passes. */
static void load_and_draw(struct gpu *gpu, VkFormat color, VkFormat depth) {
	static struct scene scene;
	scene_init(&scene, gpu, color, depth, 0);
	for (uint32_t i = 0; i < COUNT; i++) {
		scene.color.texels[i] = texel_at(i % WIDTH, i / WIDTH, 0, 1);
		scene.depth.texels[i].channels[0] = texel_at(i % WIDTH, i / WIDTH, 1, 1).channels[0] & 0xffff;
	}
	write_from_metal(&scene.color);
	write_from_metal(&scene.depth);
	const struct drawing_info info = drawing_of(&scene, VK_ATTACHMENT_LOAD_OP_LOAD);
	draw_parts(&scene, &info, UINT32_MAX);
	compare_scene(&scene);
	scene_finish(&scene);
}

static void each_pair(void (*check)(struct gpu *gpu, VkFormat color, VkFormat depth)) {
	struct gpu gpu;
	gpu_init(&gpu, NULL);
	for (size_t i = 0; i < sizeof(color_formats) / sizeof(*color_formats); i++)
		for (size_t j = 0; j < sizeof(depth_formats) / sizeof(*depth_formats); j++)
			if (can_attach(&gpu, color_formats[i]) && can_attach(&gpu, depth_formats[j]))
				check(&gpu, color_formats[i], depth_formats[j]);
	gpu_finish(&gpu);
}

static void drawn_over_a_clear(void **state) {
	(void)state;
	each_pair(clear_and_draw);
}

static void drawn_over_metals_texels(void **state) {
	(void)state;
	each_pair(load_and_draw);
}

/* What is blended is added to Metal's texels; five bits are left free, so that no sum of four reaches past a channel.
 */
static void blended_with_metals_texels(void **state) {
	static const VkFormat blended[] = {
		VK_FORMAT_R8G8B8A8_UNORM,
		VK_FORMAT_B8G8R8A8_UNORM,
		VK_FORMAT_R16G16B16A16_SFLOAT,
	};
	static struct scene scene;
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (size_t format = 0; format < sizeof(blended) / sizeof(*blended); format++) {
		if (!can_attach(&gpu, blended[format]) || !can_attach(&gpu, VK_FORMAT_D32_SFLOAT))
			continue;
		scene_init(&scene, &gpu, blended[format], VK_FORMAT_D32_SFLOAT, 0);
		for (uint32_t i = 0; i < COUNT; i++) {
			scene.color.texels[i] = texel_at(i % WIDTH, i / WIDTH, 0, 1);
			for (int channel = 0; channel < 4; channel++)
				scene.color.texels[i].channels[channel] &= 0x3f;
			scene.depth.texels[i].channels[0] = CLEAR_DEPTH;
		}
		write_from_metal(&scene.color);
		write_from_metal(&scene.depth);
		struct drawing_info info = drawing_of(&scene, VK_ATTACHMENT_LOAD_OP_LOAD);
		info.blend = true;
		draw_parts(&scene, &info, 0x3f);
		compare_scene(&scene);
		scene_finish(&scene);
	}
	gpu_finish(&gpu);
}

/* The attachment is an IOSurface that was made with the image. */
static void make_surface(struct gpu *gpu, struct attachment *attachment) {
	const VkExportMetalObjectCreateInfoEXT texture = object_info(EXPORT(TEXTURE), NULL),
					       surface = object_info(EXPORT(IOSURFACE), &texture);
	const VkImportMetalIOSurfaceInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_IO_SURFACE_INFO_EXT,
		.pNext = &surface,
	};
	VkImageCreateInfo info = attachment->info;
	attachment_finish(gpu, attachment);
	info.pNext = &import;
	attachment->memory = VK_NULL_HANDLE;
	assert_vk(vkCreateImage(gpu->device, &info, NULL, &attachment->image));
	attachment->texture = image_object(gpu, attachment->image);
	gpu_to_general(gpu, attachment->image, picture_base(attachment->format), VK_IMAGE_LAYOUT_UNDEFINED,
		VK_QUEUE_FAMILY_IGNORED);
}

static void compare_surface(struct gpu *gpu, const struct attachment *attachment) {
	static uint8_t wanted[COUNT * 8];
	struct tongs_surface *surface = surface_object(gpu, attachment->image);
	struct tongs_surface_info info;
	const size_t row = WIDTH * picture_base(attachment->format)->block_bytes;
	assert_non_null(surface);
	tongs_surface_get_info(surface, &info);
	const uint8_t *bytes = tongs_surface_get_base_address(surface);
	pack(attachment, wanted);
	for (size_t y = 0; y < HEIGHT; y++)
		assert_memory_equal(bytes + y * info.whole.bytes_per_row, wanted + y * row, row);
}

/* The surface's bytes are what Vulkan draws, where attachments can be rows. */
static void drawn_into_a_surface(void **state) {
	static struct scene scene;
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &(struct gpu_options){.with_objects = true});
	if (!has_unified_memory(&gpu)) {
		gpu_finish(&gpu);
		skip();
	}
	for (size_t format = 0; format < sizeof(color_formats) / sizeof(*color_formats); format++) {
		scene_init(&scene, &gpu, color_formats[format], VK_FORMAT_D32_SFLOAT, 0);
		make_surface(&gpu, &scene.color);
		for (size_t i = 0; i < COUNT; i++) {
			scene.color.texels[i] = clear_color;
			scene.depth.texels[i] = (struct texel){{CLEAR_DEPTH}};
		}
		const struct drawing_info info = drawing_of(&scene, VK_ATTACHMENT_LOAD_OP_CLEAR);
		draw_parts(&scene, &info, UINT32_MAX);
		compare_scene(&scene);
		compare_surface(&gpu, &scene.color);
		scene_finish(&scene);
	}
	gpu_finish(&gpu);
}

static double encode_srgb(double linear) {
	return linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055;
}

/* Drawn through an sRGB view of a mutable UNORM image, whose texture shows the encoded bytes. Drivers may be one of 255
 * off in the conversion. */
static void draw_through_an_srgb_view(uint32_t api_version) {
	static struct scene scene;
	static uint8_t got[COUNT][4];
	struct gpu gpu;
	gpu_init(&gpu, &(struct gpu_options){.api_version = api_version});
	if (!can_attach(&gpu, VK_FORMAT_R8G8B8A8_UNORM) || !can_attach(&gpu, VK_FORMAT_D32_SFLOAT)) {
		gpu_finish(&gpu);
		skip();
	}
	scene_init(&scene, &gpu, VK_FORMAT_R8G8B8A8_UNORM, VK_FORMAT_D32_SFLOAT, VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT);
	struct drawing_info info = drawing_of(&scene, VK_ATTACHMENT_LOAD_OP_CLEAR);
	info.color_format = VK_FORMAT_R8G8B8A8_SRGB;
	info.clear[1].depthStencil.depth = 1;
	const struct draw whole = {{{0, 0}, {WIDTH, HEIGHT}}, constants_for(scene.color.format, 3)};
	draw(&gpu, &info, &whole, 1);
	assert_int_equal(tongs_texture_get_pixel_format(scene.color.texture), MTLPixelFormatRGBA8Unorm);
	assert_true(metal_read_image(&gpu, scene.color.texture, &scene.color.info, got));
	for (uint32_t i = 0; i < COUNT; i++)
		for (int channel = 0; channel < 4; channel++) {
			uint32_t value = texel_at(i % WIDTH, i / WIDTH, 0, 3).channels[channel] & 255;
			double wanted = channel == 3 ? value : 255 * encode_srgb(value / 255.0);
			assert_true(fabs(got[i][channel] - wanted) <= (channel == 3 ? 0 : 1.5));
		}
	scene_finish(&scene);
	gpu_finish(&gpu);
}

static void drawn_through_an_srgb_view(void **state) {
	(void)state;
	draw_through_an_srgb_view(VK_API_VERSION_1_0);
	draw_through_an_srgb_view(VK_API_VERSION_1_3);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drawn_over_a_clear),
		cmocka_unit_test(drawn_over_metals_texels),
		cmocka_unit_test(blended_with_metals_texels),
		cmocka_unit_test(drawn_into_a_surface),
		cmocka_unit_test(drawn_through_an_srgb_view),
	};
	int failed = cmocka_run_group_tests_name("layer: draw", tests, NULL, NULL);
	print_message("%u attachments that Vulkan drew into compared pixel by pixel\n", compared);
	printf("tally: pixel cases compared %u\n", compared);
	return failed;
}
