/* SPDX-License-Identifier: MIT */
/* Compute shaders store to shared images and Metal reads them; Metal writes textures and compute shaders sample them.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metal_side.h"
#include "pipelines.h"

#include "fetch_2d.h"
#include "fetch_2d_uint.h"
#include "fetch_3d.h"
#include "fetch_3d_uint.h"
#include "fetch_cube.h"
#include "fetch_cube_uint.h"
#include "store_2d_r32ui.h"
#include "store_2d_rgba16f.h"
#include "store_2d_rgba8.h"
#include "store_3d_r32ui.h"
#include "store_3d_rgba16f.h"
#include "store_3d_rgba8.h"

static const struct shape {
	const char *name;
	VkImageType type;
	VkImageViewType view;
	VkExtent3D extent;
	uint32_t levels, layers;
	struct shader fetch, fetch_uint;
} shapes[] = {
	{"2D", VK_IMAGE_TYPE_2D, VK_IMAGE_VIEW_TYPE_2D_ARRAY, {45, 30, 1}, 3, 1, SHADER(fetch_2d),
		SHADER(fetch_2d_uint)},
	{"2D array", VK_IMAGE_TYPE_2D, VK_IMAGE_VIEW_TYPE_2D_ARRAY, {21, 14, 1}, 2, 5, SHADER(fetch_2d),
		SHADER(fetch_2d_uint)},
	{"3D", VK_IMAGE_TYPE_3D, VK_IMAGE_VIEW_TYPE_3D, {19, 13, 6}, 3, 1, SHADER(fetch_3d), SHADER(fetch_3d_uint)},
	{"cube", VK_IMAGE_TYPE_2D, VK_IMAGE_VIEW_TYPE_CUBE, {24, 24, 1}, 3, 6, SHADER(fetch_cube),
		SHADER(fetch_cube_uint)},
};
enum { SHAPES = sizeof(shapes) / sizeof(*shapes) };

static unsigned stored, sampled;

/* A shared image of a shape. */
struct shared {
	struct gpu *gpu;
	const struct shape *shape;
	const struct picture_format *format;
	VkImageCreateInfo info;
	VkImage image;
	VkDeviceMemory memory;
	struct tongs_texture *texture;
};

/* False: the device cannot share such images. */
static bool shared_init(struct shared *s, struct gpu *gpu, const struct shape *shape, VkFormat format,
	VkImageUsageFlags usage, VkImageCreateFlags flags) {
	*s = (struct shared){.gpu = gpu, .shape = shape, .format = picture_format_of(format)};
	s->info = image_info(format, 0, 0, VK_IMAGE_TILING_OPTIMAL);
	s->info.imageType = shape->type;
	s->info.extent = shape->extent;
	s->info.mipLevels = shape->levels;
	s->info.arrayLayers = shape->layers;
	s->info.usage |= usage;
	s->info.flags |= flags;
	if (shape->view == VK_IMAGE_VIEW_TYPE_CUBE)
		s->info.flags |= VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT;
	if (!has_unified_memory(gpu) && !can_share_image(gpu, &s->info, MTLTEXTURE))
		return false;
	s->image = make_image(gpu, &s->info, MTLTEXTURE);
	s->memory = export_for_image(gpu, s->image, MTLTEXTURE);
	s->texture = handle_of(gpu, s->memory, MTLTEXTURE);
	gpu_to_general(gpu, s->image, picture_base(s->format), VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
	return true;
}

static void shared_finish(struct shared *s) {
	vkDestroyImage(s->gpu->device, s->image, NULL);
	vkFreeMemory(s->gpu->device, s->memory, NULL);
}

/* The places of a level: its layers are planes. */
static VkExtent3D places(const struct shared *s, uint32_t level) {
	struct slice slice = slice_at(&s->info, picture_base(s->format), level);
	if (s->info.arrayLayers > 1)
		slice.extent.depth = s->info.arrayLayers;
	return slice.extent;
}

static void store(const struct shared *s, struct shader shader) {
	for (uint32_t level = 0; level < s->info.mipLevels; level++) {
		const struct compute_info info = {
			.shader = shader,
			.view = make_view(s->gpu, s->image, s->shape->view, s->format->vulkan, level, 1),
			.constants = constants_for(s->format, 20 + level),
			.extent = places(s, level),
		};
		compute(s->gpu, &info);
		vkDestroyImageView(s->gpu->device, info.view, NULL);
	}
}

static void compare_in_metal(const struct shared *s) {
	for (size_t i = 0; i < slice_count(&s->info); i++) {
		struct slice slice = slice_at(&s->info, picture_base(s->format), i);
		char *wanted = malloc(slice.size), *got = malloc(slice.size);
		pack_slice(s->format, &slice, 20 + slice.level, wanted);
		if (!metal_read_slice(s->gpu, s->texture, &s->info, &slice, got) ||
			memcmp(got, wanted, slice.size) != 0)
			fail_msg("%s of %s differs in level %u, layer %u", s->shape->name,
				picture_base(s->format)->mtl_name, slice.level, slice.layer);
		free(wanted);
		free(got);
	}
}

static void stored_by_vulkan(void **state) {
	static const struct {
		VkFormat format;
		struct shader shaders[2]; /* for layers, and for planes */
	} stores[] = {
		{VK_FORMAT_R8G8B8A8_UNORM, {SHADER(store_2d_rgba8), SHADER(store_3d_rgba8)}},
		{VK_FORMAT_R16G16B16A16_SFLOAT, {SHADER(store_2d_rgba16f), SHADER(store_3d_rgba16f)}},
		{VK_FORMAT_R32_UINT, {SHADER(store_2d_r32ui), SHADER(store_3d_r32ui)}},
	};
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (size_t i = 0; i < sizeof(stores) / sizeof(*stores); i++)
		for (size_t j = 0; j < SHAPES; j++) {
			struct shared s;
			/* To storage a cube's faces are layers. */
			if (shapes[j].view == VK_IMAGE_VIEW_TYPE_CUBE)
				continue;
			if (!shared_init(&s, &gpu, &shapes[j], stores[i].format, VK_IMAGE_USAGE_STORAGE_BIT, 0))
				continue;
			store(&s, stores[i].shaders[shapes[j].type == VK_IMAGE_TYPE_3D]);
			compare_in_metal(&s);
			stored++;
			shared_finish(&s);
		}
	gpu_finish(&gpu);
}

static void write_from_metal(const struct shared *s) {
	for (size_t i = 0; i < slice_count(&s->info); i++) {
		struct slice slice = slice_at(&s->info, picture_base(s->format), i);
		char *sent = malloc(slice.size);
		pack_slice(s->format, &slice, 40 + slice.level, sent);
		assert_true(metal_write_slice(s->gpu, s->texture, &s->info, &slice, sent));
		free(sent);
	}
}

/* The texels of a level through a view of all levels in `format`. */
static struct texel *fetch(const struct shared *s, VkFormat format, uint32_t level, const struct constants *constants) {
	const VkExtent3D extent = places(s, level);
	const VkDeviceSize size = (VkDeviceSize)extent.width * extent.height * extent.depth * sizeof(struct texel);
	VkBuffer buffer =
		make_buffer(s->gpu, size, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT, 0);
	VkDeviceMemory memory = export_for_buffer(s->gpu, buffer, 0);
	const struct compute_info info = {
		.shader = s->format->integer ? s->shape->fetch_uint : s->shape->fetch,
		.view = make_view(s->gpu, s->image, s->shape->view, format, 0, s->info.mipLevels),
		.buffer = buffer,
		.constants = *constants,
		.extent = extent,
	};
	compute(s->gpu, &info);
	struct texel *texels = malloc(size);
	gpu_read_buffer(s->gpu, buffer, 0, texels, size);
	vkDestroyImageView(s->gpu->device, info.view, NULL);
	vkDestroyBuffer(s->gpu->device, buffer, NULL);
	vkFreeMemory(s->gpu->device, memory, NULL);
	return texels;
}

static void compare_sampled(const struct shared *s, uint32_t level) {
	const VkExtent3D extent = places(s, level);
	struct constants constants = constants_for(s->format, 0);
	constants.level = (int32_t)level;
	struct texel *texels = fetch(s, s->format->vulkan, level, &constants);
	const struct texel *got = texels;
	for (uint32_t z = 0; z < extent.depth; z++)
		for (uint32_t y = 0; y < extent.height; y++)
			for (uint32_t x = 0; x < extent.width; x++, got++) {
				struct texel wanted = texel_at(x, y, z, 40 + level);
				for (int i = 0; i < 4; i++)
					if (got->channels[i] != (wanted.channels[i] & s->format->mask[i]))
						fail_msg("%s of %s: channel %d is %u, not %u, in level %u at %u, %u, "
							 "%u",
							s->shape->name, picture_base(s->format)->mtl_name, i,
							got->channels[i], wanted.channels[i] & s->format->mask[i],
							level, x, y, z);
			}
	free(texels);
}

static void sampled_by_vulkan(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (size_t i = 0; i < picture_format_count; i++)
		for (size_t j = 0; j < SHAPES; j++) {
			struct shared s;
			/* Metal has depth in two dimensions only. */
			if (shapes[j].type == VK_IMAGE_TYPE_3D &&
				picture_base(&picture_formats[i])->kind == TONGS_FORMAT_DEPTH)
				continue;
			if (!shared_init(&s, &gpu, &shapes[j], picture_formats[i].vulkan, 0, 0))
				continue;
			write_from_metal(&s);
			for (uint32_t level = 0; level < shapes[j].levels; level++)
				compare_sampled(&s, level);
			sampled++;
			shared_finish(&s);
		}
	gpu_finish(&gpu);
}

static double encode_srgb(double linear) {
	return linear <= 0.0031308 ? linear * 12.92 : 1.055 * pow(linear, 1 / 2.4) - 0.055;
}

/* Metal's bytes through an sRGB view of a mutable UNORM image: decoded, but for alpha. */
static void sampled_through_an_srgb_view(void **state) {
	const struct shape *shape = &shapes[0];
	struct gpu gpu;
	struct shared s;
	(void)state;
	gpu_init(&gpu, NULL);
	if (!shared_init(&s, &gpu, shape, VK_FORMAT_R8G8B8A8_UNORM, 0, VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT)) {
		gpu_finish(&gpu);
		skip();
	}
	write_from_metal(&s);
	struct constants constants = {.level = 1};
	for (int i = 0; i < 4; i++) {
		constants.scale[i] = 65535;
		constants.mask[i] = 65535;
	}
	struct texel *texels = fetch(&s, VK_FORMAT_R8G8B8A8_SRGB, 1, &constants);
	const VkExtent3D extent = places(&s, 1);
	for (uint32_t i = 0; i < extent.width * extent.height; i++)
		for (int channel = 0; channel < 4; channel++) {
			double value =
				(texel_at(i % extent.width, i / extent.width, 0, 41).channels[channel] & 255) / 255.0;
			double got = texels[i].channels[channel] / 65535.0;
			/* Drivers convert with the precision that the format's 8 bits require. */
			assert_true(fabs((channel == 3 ? got : encode_srgb(got)) - value) <= 0.5 / 255);
		}
	free(texels);
	shared_finish(&s);
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stored_by_vulkan),
		cmocka_unit_test(sampled_by_vulkan),
		cmocka_unit_test(sampled_through_an_srgb_view),
	};
	int failed = cmocka_run_group_tests_name("layer: compute", tests, NULL, NULL);
	print_message("%u images of format and shape that Vulkan stored to, and %u that it sampled, compared pixel by "
		      "pixel\n",
		stored, sampled);
	printf("tally: pixel cases compared %u\n", stored + sampled);
	return failed;
}
