/* SPDX-License-Identifier: MIT */
/* What Metal's commands do to single planes of an image: the other planes keep what they had. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "planes.h"

/* The rows of a part of a plane. */
struct part {
	NSUInteger x, y, width, height;
};

static void copy_part(const struct planar *format, uint32_t plane, const uint8_t *from, const struct part *source,
	uint8_t *to, NSUInteger x, NSUInteger y) {
	const size_t texel = format->planes[plane].bytes, row = plane_extent(format, plane).width * texel;
	for (NSUInteger i = 0; i < source->height; i++)
		memcpy(to + (y + i) * row + x * texel, from + (source->y + i) * row + source->x * texel,
			source->width * texel);
}

static struct tongs_texture *new_private(struct gpu *gpu, const struct planar *format, uint32_t plane) {
	const VkExtent3D extent = plane_extent(format, plane);
	struct tongs_texture_info info =
		tongs_texture_info_2d(format->planes[plane].metal, extent.width, extent.height);
	info.resource_options = MTLResourceStorageModePrivate;
	struct tongs_texture *texture = tongs_device_new_texture(device_object(gpu), &info);
	assert_non_null(texture);
	return texture;
}

/* A part of the plane to another place, through a texture and a buffer whose rows have gaps; by views of another format
 * where the plane has such. Also what the plane has no room for, which is left out. */
static void move_part(
	struct gpu *gpu, const struct planar *format, struct tongs_texture *texture, uint32_t plane, uint8_t *texels) {
	const VkExtent3D extent = plane_extent(format, plane);
	const struct part part = {3, 1, extent.width - 7, extent.height - 5};
	const MTLSize size = MTLSizeMake(part.width, part.height, 1);
	const size_t texel = format->planes[plane].bytes, pitch = (part.width + 8) * texel;
	const MTLPixelFormat seen = format->planes[plane].metal == MTLPixelFormatR8Unorm ? MTLPixelFormatR8Unorm_sRGB
				    : format->planes[plane].metal == MTLPixelFormatRG8Unorm
					    ? MTLPixelFormatRG8Unorm_sRGB
					    : format->planes[plane].metal;
	struct tongs_texture *other = new_private(gpu, format, plane);
	struct tongs_texture *view =
		tongs_texture_new_view(texture, seen, MTLTextureType2D, 0, 1, 0, 1, MTLTextureSwizzleChannelsDefault);
	static uint8_t before[PLANE_MOST_BYTES];
	struct plane_work work;
	assert_non_null(view);
	memcpy(before, texels, sizeof(before));
	plane_work_begin(gpu, &work);
	tongs_blit_copy_texture(
		work.blit, texture, 0, 0, MTLOriginMake(part.x, part.y, 0), size, other, 0, 0, MTLOriginMake(0, 0, 0));
	tongs_blit_copy_texture(work.blit, other, 0, 0, MTLOriginMake(0, 0, 0), size, view, 0, 0,
		MTLOriginMake(part.x + 3, part.y + 2, 0));
	copy_part(format, plane, before, &part, texels, part.x + 3, part.y + 2);
	memcpy(before, texels, sizeof(before));
	tongs_blit_copy_texture_to_buffer(
		work.blit, view, 0, 0, MTLOriginMake(part.x, part.y, 0), size, work.buffer, 64, pitch, 0, 0);
	tongs_blit_copy_buffer_to_texture(
		work.blit, work.buffer, 64, pitch, 0, size, texture, 0, 0, MTLOriginMake(1, 4, 0), 0);
	copy_part(format, plane, before, &part, texels, 1, 4);
	tongs_blit_copy_texture(work.blit, other, 0, 0, MTLOriginMake(0, 0, 0), size, texture, 0, 0,
		MTLOriginMake(extent.width - part.width + 1, 0, 0));
	tongs_blit_copy_texture(
		work.blit, other, 0, 0, MTLOriginMake(0, 0, 0), size, texture, 0, 1, MTLOriginMake(0, 0, 0));
	tongs_blit_generate_mipmaps(work.blit, texture);
	plane_work_end(&work);
	tongs_buffer_unref(work.buffer);
	tongs_texture_unref(view);
	tongs_texture_unref(other);
	assert_false(tongs_texture_get_bytes(
		texture, before, sizeof(before), 0, MTLRegionMake2D(0, 0, extent.width + 1, extent.height), 0, 0));
}

/* The second plane of three to the third, of the same image. */
static void copy_chroma(
	struct gpu *gpu, const struct planar *format, VkImage image, uint8_t texels[3][PLANE_MOST_BYTES]) {
	const VkExtent3D extent = plane_extent(format, 1);
	const struct part part = {0, 2, extent.width, extent.height - 3};
	struct plane_work work;
	if (format->count < 3)
		return;
	plane_work_begin(gpu, &work);
	tongs_blit_copy_texture(work.blit, plane_object(gpu, image, 1), 0, 0, MTLOriginMake(part.x, part.y, 0),
		MTLSizeMake(part.width, part.height, 1), plane_object(gpu, image, 2), 0, 0, MTLOriginMake(0, 1, 0));
	plane_work_end(&work);
	tongs_buffer_unref(work.buffer);
	copy_part(format, 1, texels[1], &part, texels[2], 0, 1);
}

/* Whether Metal can draw into planes of the image, which takes flags and usage that few drivers have. */
static bool add_target_usage(struct gpu *gpu, VkImageCreateInfo *info) {
	VkImageCreateInfo target = *info;
	target.flags |= VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT | VK_IMAGE_CREATE_EXTENDED_USAGE_BIT;
	target.usage |= VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
	/* libtongs' own image lacks what EXTENDED_USAGE adds, and the mock's hostile device moves LINEAR images by it:
	 * the layout must say so. */
	const bool can = can_share_image(gpu, &target, planar_type(info)) &&
			 (info->tiling == VK_IMAGE_TILING_OPTIMAL || planar_has_layout(gpu, info));
	if (can)
		*info = target;
	return can;
}

/* A render pass clears a part of the plane to 0x80, of 16 bits 0x8000, and 0. */
static void clear_part(
	struct gpu *gpu, const struct planar *format, struct tongs_texture *texture, uint32_t plane, uint8_t *texels) {
	const VkExtent3D extent = plane_extent(format, plane);
	const struct part part = {0, 0, extent.width - 3, extent.height - 2};
	const size_t texel = format->planes[plane].bytes, component = format->low_bits == 0xff ? 1 : 2;
	struct tongs_render_pass_info pass;
	struct plane_work work;
	tongs_render_pass_info_init(&pass);
	pass.colors[0].texture = texture;
	pass.colors[0].load_action = MTLLoadActionClear;
	pass.colors[0].clear_color = MTLClearColorMake(32768.0 / 65535, 0, 0, 0);
	pass.render_target_width = part.width;
	pass.render_target_height = part.height;
	plane_work_begin(gpu, &work);
	plane_work_end_blit(&work);
	struct tongs_encoder *encoder = tongs_command_buffer_new_render_encoder(work.commands, &pass);
	assert_non_null(encoder);
	tongs_encoder_end(encoder);
	tongs_encoder_unref(encoder);
	plane_work_end(&work);
	tongs_buffer_unref(work.buffer);
	for (NSUInteger y = 0; y < part.height; y++)
		for (size_t i = 0; i < part.width * texel; i++)
			texels[y * extent.width * texel + i] = i % texel == component - 1 ? 0x80 : 0;
	planes_count.cleared++;
}

/* A driver's own image gets the planes by a copy, and has the same bytes. */
static void check_unshared(struct gpu *gpu, VkImage image, const struct planar *format, const VkImageCreateInfo *info,
	uint8_t texels[3][PLANE_MOST_BYTES]) {
	static uint8_t got[PLANE_MOST_BYTES];
	const struct tongs_format *color = tongs_format_from_vk(VK_FORMAT_R8G8B8A8_UNORM);
	VkMemoryRequirements requirements;
	VkDeviceMemory memory;
	VkImage own;
	assert_vk(vkCreateImage(gpu->device, info, NULL, &own));
	vkGetImageMemoryRequirements(gpu->device, own, &requirements);
	const VkMemoryAllocateInfo allocation = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.allocationSize = requirements.size,
		.memoryTypeIndex = pick_type(gpu, requirements.memoryTypeBits, 0),
	};
	assert_vk(vkAllocateMemory(gpu->device, &allocation, NULL, &memory));
	assert_vk(vkBindImageMemory(gpu->device, own, memory, 0));
	gpu_to_general(gpu, own, color, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
	gpu_transfer_image(gpu, image, VK_IMAGE_ASPECT_COLOR_BIT, VK_QUEUE_FAMILY_EXTERNAL, gpu->queue_family);
	VkCommandBuffer commands = begin(gpu);
	for (uint32_t i = 0; i < format->count; i++) {
		const VkImageSubresourceLayers plane = {VK_IMAGE_ASPECT_PLANE_0_BIT << i, 0, 0, 1};
		const VkImageCopy region = {
			.srcSubresource = plane, .dstSubresource = plane, .extent = plane_extent(format, i)};
		vkCmdCopyImage(commands, image, VK_IMAGE_LAYOUT_GENERAL, own, VK_IMAGE_LAYOUT_GENERAL, 1, &region);
	}
	submit(gpu, commands);
	gpu_transfer_image(gpu, image, VK_IMAGE_ASPECT_COLOR_BIT, gpu->queue_family, VK_QUEUE_FAMILY_EXTERNAL);
	gpu_transfer_image(gpu, own, VK_IMAGE_ASPECT_COLOR_BIT, gpu->queue_family, VK_QUEUE_FAMILY_EXTERNAL);
	for (uint32_t i = 0; i < format->count; i++) {
		plane_copy(gpu, own, format, i, got, false);
		assert_memory_equal(got, texels[i], plane_bytes(format, i));
		planes_count.compared++;
	}
	vkDestroyImage(gpu->device, own, NULL);
	vkFreeMemory(gpu->device, memory, NULL);
}

/* A plane does not travel by itself. */
static void refuse_to_send(const struct tongs_texture *texture) {
	int sockets[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets), 0);
	assert_false(tongs_handle_send(sockets[0], texture));
	close(sockets[0]);
	close(sockets[1]);
}

static void commands_on_planes(void **state) {
	static uint8_t sent[3][PLANE_MOST_BYTES], got[PLANE_MOST_BYTES];
	const struct tongs_format *color = tongs_format_from_vk(VK_FORMAT_R8G8B8A8_UNORM);
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &PLANES_OPTIONS);
	planes_begin_comparison();
	for (size_t i = 0; i < 2 * PLANAR_FORMATS && planes_execute(); i++) {
		const struct planar *format = &planar_formats[i / 2];
		VkImageCreateInfo info = planar_info(format, planar_tilings[i % 2]);
		const bool is_target = add_target_usage(&gpu, &info);
		const bool can = can_share_image(&gpu, &info, planar_type(&info));
		VkImage image = can ? planar_create(&gpu, &info) : VK_NULL_HANDLE;
		if (!image)
			continue;
		planes_count.made++;
		VkDeviceMemory memory = planar_bind(&gpu, image, true);
		gpu_to_general(&gpu, image, color, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
		gpu_transfer_image(&gpu, image, VK_IMAGE_ASPECT_COLOR_BIT, gpu.queue_family, VK_QUEUE_FAMILY_EXTERNAL);
		for (uint32_t plane = 0; plane < format->count; plane++) {
			plane_fill(format, plane, 31, sent[plane]);
			plane_copy(&gpu, image, format, plane, sent[plane], true);
		}
		for (uint32_t plane = 0; plane < format->count; plane++)
			move_part(&gpu, format, plane_object(&gpu, image, plane), plane, sent[plane]);
		for (uint32_t plane = 0; plane < format->count && is_target; plane++)
			clear_part(&gpu, format, plane_object(&gpu, image, plane), plane, sent[plane]);
		copy_chroma(&gpu, format, image, sent);
		/* Which clears none of the others. */
		tongs_resource_set_purgeable_state(
			tongs_texture_get_resource(plane_object(&gpu, image, 1)), MTLPurgeableStateEmpty);
		for (uint32_t plane = 0; plane < format->count; plane++) {
			plane_check_metal_reads(&gpu, format, plane_object(&gpu, image, plane), plane, sent[plane]);
			plane_copy(&gpu, image, format, plane, got, false);
			assert_memory_equal(got, sent[plane], plane_bytes(format, plane));
			planes_count.compared++;
		}
		check_unshared(&gpu, image, format, &info, sent);
		refuse_to_send(plane_object(&gpu, image, 1));
		assert_reported(&gpu, NULL);
		/* Retained, they keep their texels. */
		struct tongs_texture *textures[3] = {NULL};
		for (uint32_t plane = 0; plane < format->count; plane++)
			textures[plane] = tongs_texture_ref(plane_object(&gpu, image, plane));
		vkDestroyImage(gpu.device, image, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
		for (uint32_t plane = 0; plane < format->count; plane++)
			plane_check_metal_reads(&gpu, format, textures[plane], plane, sent[plane]);
		for (uint32_t plane = 0; plane < format->count; plane++) {
			tongs_texture_unref(textures[plane]);
			assert_int_equal(tongs_handle_kind(textures[plane]), TONGS_KIND_NONE);
		}
	}
	gpu_finish(&gpu);
	planes_end_comparison();
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_on_planes),
	};
	return cmocka_run_group_tests_name("layer: commands on planes", tests, NULL, NULL);
}
