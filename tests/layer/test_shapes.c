/* SPDX-License-Identifier: MIT */
/* Every format in every shape that the driver has, texel by texel: Vulkan to Metal, Metal to Vulkan, device to device.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fixtures/cases.h"
#include "metal_side.h"

static const struct shape {
	const char *name;
	VkImageType type;
	VkExtent3D extent;
	uint32_t levels, layers;
	VkImageCreateFlags flags;
} shapes[] = {
	{"1D", VK_IMAGE_TYPE_1D, {37, 1, 1}, 1, 1, 0},
	{"1D array", VK_IMAGE_TYPE_1D, {37, 1, 1}, 1, 5, 0},
	{"2D", VK_IMAGE_TYPE_2D, {53, 37, 1}, 1, 1, 0},
	{"2D mips", VK_IMAGE_TYPE_2D, {53, 37, 1}, 6, 1, 0},
	{"2D array", VK_IMAGE_TYPE_2D, {20, 11, 1}, 1, 4, 0},
	{"2D array mips", VK_IMAGE_TYPE_2D, {20, 12, 1}, 4, 3, 0},
	{"cube", VK_IMAGE_TYPE_2D, {24, 24, 1}, 1, 6, VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT},
	{"cube mips", VK_IMAGE_TYPE_2D, {24, 24, 1}, 5, 6, VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT},
	{"cube array", VK_IMAGE_TYPE_2D, {12, 12, 1}, 3, 12, VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT},
	{"3D", VK_IMAGE_TYPE_3D, {19, 13, 7}, 1, 1, 0},
	{"3D mips", VK_IMAGE_TYPE_3D, {20, 12, 8}, 4, 1, 0},
};

static unsigned compared, absent, out_of_reach;
static bool seen[1024]; /* by MTLPixelFormat */

/* VK_FORMAT_G8B8G8R8_422_UNORM and VK_FORMAT_B8G8R8G8_422_UNORM. */
static bool is_subsampled(VkFormat format) {
	return format == VK_FORMAT_G8B8G8R8_422_UNORM || format == VK_FORMAT_B8G8R8G8_422_UNORM;
}

/* VUID-VkImageCreateInfo-format-06410, 06412 and 06413, which drivers that claim more do not change. */
static bool is_valid(const VkImageCreateInfo *info) {
	return !is_subsampled(info->format) ||
	       (info->imageType == VK_IMAGE_TYPE_2D && info->mipLevels == 1 && info->arrayLayers == 1);
}

/* Whether the driver itself, without sharing, supports such images; then Tongs must share them. */
static bool driver_has(struct gpu *gpu, const VkImageCreateInfo *info) {
	VkImageFormatProperties limits;
	if (!is_valid(info))
		return false;
	return vkGetPhysicalDeviceImageFormatProperties(gpu->physical_device, info->format, info->imageType,
		       info->tiling, info->usage, info->flags, &limits) == VK_SUCCESS &&
	       info->mipLevels <= limits.maxMipLevels && info->arrayLayers <= limits.maxArrayLayers &&
	       info->extent.width <= limits.maxExtent.width && info->extent.depth <= limits.maxExtent.depth;
}

static VkImageCreateInfo create_info(
	const struct tongs_format *format, const struct shape *shape, VkImageTiling tiling) {
	VkImageCreateInfo info = image_info(format->vk_format, shape->extent.width, shape->extent.height, tiling);
	info.imageType = shape->type;
	info.extent = shape->extent;
	/* VUID-VkImageCreateInfo-format-04712 */
	if (is_subsampled(format->vk_format))
		info.extent.width += info.extent.width % 2;
	info.mipLevels = shape->levels;
	info.arrayLayers = shape->layers;
	info.flags = shape->flags;
	return info;
}

struct shared {
	struct gpu *gpu;
	const struct tongs_format *format;
	VkImageCreateInfo info;
	VkImage image;
	struct tongs_texture *texture;
	uint8_t *sent, *got;
};

static void fail_case(const struct shared *s, const struct slice *slice, const char *direction) {
	fail_msg("%s, type %d, %u levels, %u layers, tiling %d: %s differs in level %u, layer %u", s->format->mtl_name,
		s->info.imageType, s->info.mipLevels, s->info.arrayLayers, s->info.tiling, direction, slice->level,
		slice->layer);
}

static uint32_t seed_of(const struct slice *slice, uint32_t direction) {
	return direction * 1000 + slice->level * 50 + slice->layer;
}

/* All slices are written before any is read, so that one written to another's place is detected. */
static void vulkan_to_metal(struct shared *s) {
	for (size_t i = 0; i < slice_count(&s->info); i++) {
		struct slice slice = slice_at(&s->info, s->format, i);
		fill_texels(s->sent, slice.size, s->format, seed_of(&slice, 1));
		gpu_write_slice(s->gpu, s->image, s->format, &slice, s->sent);
	}
	for (size_t i = 0; i < slice_count(&s->info); i++) {
		struct slice slice = slice_at(&s->info, s->format, i);
		fill_texels(s->sent, slice.size, s->format, seed_of(&slice, 1));
		if (!metal_read_slice(s->gpu, s->texture, &s->info, &slice, s->got) ||
			memcmp(s->got, s->sent, slice.size) != 0)
			fail_case(s, &slice, "Vulkan to Metal");
	}
	compared++;
}

static void metal_to_vulkan(struct shared *s) {
	for (size_t i = 0; i < slice_count(&s->info); i++) {
		struct slice slice = slice_at(&s->info, s->format, i);
		fill_texels(s->sent, slice.size, s->format, seed_of(&slice, 2));
		if (!metal_write_slice(s->gpu, s->texture, &s->info, &slice, s->sent))
			fail_case(s, &slice, "Metal's write");
	}
	for (size_t i = 0; i < slice_count(&s->info); i++) {
		struct slice slice = slice_at(&s->info, s->format, i);
		fill_texels(s->sent, slice.size, s->format, seed_of(&slice, 2));
		gpu_read_slice(s->gpu, s->image, s->format, &slice, s->got);
		if (memcmp(s->got, s->sent, slice.size) != 0)
			fail_case(s, &slice, "Metal to Vulkan");
	}
	compared++;
}

/* What Metal wrote last, read by another device that imports the texture with other usage. */
static void device_to_device(struct shared *s, struct gpu *other) {
	VkImageCreateInfo info = s->info;
	info.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
	VkImage image = make_image(other, &info, MTLTEXTURE);
	VkDeviceMemory memory;
	assert_vk(try_import(other, MTLTEXTURE, s->texture, 0,
		pick_type(other, handle_types(other, MTLTEXTURE, s->texture), 0), image, &memory));
	assert_vk(vkBindImageMemory(other->device, image, memory, 0));
	gpu_to_general(other, image, s->format, VK_IMAGE_LAYOUT_GENERAL, VK_QUEUE_FAMILY_EXTERNAL);
	for (size_t i = 0; i < slice_count(&s->info); i++) {
		struct slice slice = slice_at(&s->info, s->format, i);
		fill_texels(s->sent, slice.size, s->format, seed_of(&slice, 2));
		gpu_read_slice(other, image, s->format, &slice, s->got);
		if (memcmp(s->got, s->sent, slice.size) != 0)
			fail_case(s, &slice, "device to device");
	}
	vkDestroyImage(other->device, image, NULL);
	vkFreeMemory(other->device, memory, NULL);
	compared++;
}

static void compare(struct gpu *gpu, struct gpu *other, const struct tongs_format *format, const struct shape *shape,
	VkImageTiling tiling) {
	struct shared s = {.gpu = gpu, .format = format, .info = create_info(format, shape, tiling)};
	/* Metal has depth and stencil in two dimensions only. */
	bool metal_has = shape->type == VK_IMAGE_TYPE_2D || format->aspects == VK_IMAGE_ASPECT_COLOR_BIT;
	if (!gpu_has_format(gpu, format) || !driver_has(gpu, &s.info) || !metal_has) {
		absent++;
		return;
	}
	if (!has_unified_memory(gpu) && !can_share_image(gpu, &s.info, MTLTEXTURE)) {
		out_of_reach++;
		return;
	}
	struct slice largest = slice_at(&s.info, format, 0);
	s.sent = malloc(largest.size);
	s.got = malloc(largest.size);
	s.image = make_image(gpu, &s.info, MTLTEXTURE);
	VkDeviceMemory memory = export_for_image(gpu, s.image, MTLTEXTURE);
	s.texture = handle_of(gpu, memory, MTLTEXTURE);
	gpu_to_general(gpu, s.image, format, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
	vulkan_to_metal(&s);
	metal_to_vulkan(&s);
	device_to_device(&s, other);
	vkDestroyImage(gpu->device, s.image, NULL);
	vkFreeMemory(gpu->device, memory, NULL);
	free(s.sent);
	free(s.got);
}

static void walk(VkImageTiling tiling) {
	struct gpu gpu, other;
	gpu_init(&gpu, NULL);
	gpu_init_sibling(&other, &gpu);
	for (const struct tongs_format *format = tongs_format_next(NULL); format; format = tongs_format_next(format)) {
		unsigned before = compared;
		if (!format->mtl_name)
			continue;
		for (size_t j = 0; j < sizeof(shapes) / sizeof(*shapes); j++)
			compare(&gpu, &other, format, &shapes[j], tiling);
		seen[format->mtl_format] |= compared > before;
	}
	gpu_finish(&other);
	gpu_finish(&gpu);
}

static void every_optimal_image(void **state) {
	(void)state;
	walk(VK_IMAGE_TILING_OPTIMAL);
}

static void every_linear_image(void **state) {
	(void)state;
	walk(VK_IMAGE_TILING_LINEAR);
}

/* Of both of the others. */
static void enough_was_compared(void **state) {
	(void)state;
	unsigned formats_seen = 0, shapes_seen = sizeof(shapes) / sizeof(*shapes);
	for (size_t i = 0; i < sizeof(seen) / sizeof(*seen); i++)
		formats_seen += seen[i];
	print_message("%u cases of format, shape and direction compared pixel by pixel: %u formats in %u shapes and 2 "
		      "tilings; %u that "
		      "the driver does not have\n",
		compared, formats_seen, shapes_seen, absent);
	if (out_of_reach)
		print_message("%u cases that the device cannot share\n", out_of_reach);
	printf("tally: pixel cases compared %u\n", compared);
	assert_true(compared > (out_of_reach ? 100 : 1000));
}

int main(int argc, char **argv) {
	(void)argc;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_optimal_image),
		cmocka_unit_test(every_linear_image),
		cmocka_unit_test(enough_was_compared),
	};
	return cases_run("layer: shapes", tests, sizeof(tests) / sizeof(tests[0]), argv + 1);
}
