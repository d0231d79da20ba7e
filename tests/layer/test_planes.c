/* SPDX-License-Identifier: MIT */
/* Images of several planes in VK_EXT_metal_objects: an MTLTexture for each plane, and surfaces with planes. What either
 * side writes to a plane, the other reads, and the other planes keep what they had. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "metal_objects.h"

enum { WIDTH = 44, HEIGHT = 26, MOST_BYTES = WIDTH * HEIGHT * 2 };

static const struct gpu_options OPTIONS = {.with_objects = true, .instance_exports = {EXPORT(DEVICE)}};

struct plane {
	MTLPixelFormat metal;
	uint32_t divide_x, divide_y, bytes;
};

static const struct planar {
	VkFormat format;
	uint32_t pixel_format; /* four characters */
	uint32_t count;
	struct plane planes[3];
	uint8_t low_bits; /* that a sample has, of its lower byte */
} formats[] = {
	{VK_FORMAT_G8_B8R8_2PLANE_420_UNORM, 0x34323076 /* 420v */, 2,
		{{MTLPixelFormatR8Unorm, 1, 1, 1}, {MTLPixelFormatRG8Unorm, 2, 2, 2}}, 0xff},
	{VK_FORMAT_G8_B8_R8_3PLANE_420_UNORM, 0x79343230 /* y420 */, 3,
		{{MTLPixelFormatR8Unorm, 1, 1, 1}, {MTLPixelFormatR8Unorm, 2, 2, 1}, {MTLPixelFormatR8Unorm, 2, 2, 1}},
		0xff},
	{VK_FORMAT_G8_B8R8_2PLANE_422_UNORM, 0x34323276 /* 422v */, 2,
		{{MTLPixelFormatR8Unorm, 1, 1, 1}, {MTLPixelFormatRG8Unorm, 2, 1, 2}}, 0xff},
	{VK_FORMAT_G10X6_B10X6R10X6_2PLANE_420_UNORM_3PACK16, 0x78343230 /* x420 */, 2,
		{{MTLPixelFormatR16Unorm, 1, 1, 2}, {MTLPixelFormatRG16Unorm, 2, 2, 4}}, 0xc0},
};
enum { FORMATS = sizeof(formats) / sizeof(*formats) };
static const VkImageTiling tilings[] = {VK_IMAGE_TILING_LINEAR, VK_IMAGE_TILING_OPTIMAL};
static unsigned compared, made, cleared; /* planes, images, planes */

static VkImageCreateInfo picture(const struct planar *format, VkImageTiling tiling) {
	VkImageCreateInfo info = image_info(format->format, WIDTH, HEIGHT, tiling);
	info.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
	return info;
}

static VkExtent3D extent_of(const struct planar *format, uint32_t plane) {
	return (VkExtent3D){WIDTH / format->planes[plane].divide_x, HEIGHT / format->planes[plane].divide_y, 1};
}

static size_t bytes_of(const struct planar *format, uint32_t plane) {
	const VkExtent3D extent = extent_of(format, plane);
	return (size_t)extent.width * extent.height * format->planes[plane].bytes;
}

static void fill(const struct planar *format, uint32_t plane, uint32_t seed, uint8_t *texels) {
	fill_noise(texels, bytes_of(format, plane), seed + plane);
	for (size_t i = 0; i < bytes_of(format, plane); i += 2)
		texels[i] &= format->low_bits;
}

/* What the memory of such an image is to the other extension. */
static VkExternalMemoryHandleTypeFlags type_of(const VkImageCreateInfo *info) {
	return info->tiling == VK_IMAGE_TILING_LINEAR ? MTLBUFFER : MTLHEAP;
}

/* An image in GENERAL that is shared comes from outside, and goes back. */
static void copy_plane(
	struct gpu *gpu, VkImage image, const struct planar *format, uint32_t plane, uint8_t *texels, bool write) {
	const size_t size = bytes_of(format, plane);
	const VkBufferImageCopy copy = {
		.imageSubresource = {VK_IMAGE_ASPECT_PLANE_0_BIT << plane, 0, 0, 1},
		.imageExtent = extent_of(format, plane),
	};
	struct staging staging;
	staging_init(gpu, &staging, size);
	gpu_transfer_image(gpu, image, VK_IMAGE_ASPECT_COLOR_BIT, VK_QUEUE_FAMILY_EXTERNAL, gpu->queue_family);
	VkCommandBuffer commands = begin(gpu);
	if (write) {
		memcpy(staging.bytes, texels, size);
		vkCmdCopyBufferToImage(commands, staging.buffer, image, VK_IMAGE_LAYOUT_GENERAL, 1, &copy);
	} else {
		vkCmdCopyImageToBuffer(commands, image, VK_IMAGE_LAYOUT_GENERAL, staging.buffer, 1, &copy);
	}
	submit(gpu, commands);
	gpu_transfer_image(gpu, image, VK_IMAGE_ASPECT_COLOR_BIT, gpu->queue_family, VK_QUEUE_FAMILY_EXTERNAL);
	if (!write)
		memcpy(texels, staging.bytes, size);
	staging_finish(gpu, &staging);
}

static struct tongs_texture *plane_object(struct gpu *gpu, VkImage image, uint32_t plane) {
	return texture_object(
		gpu, image, VK_NULL_HANDLE, VK_NULL_HANDLE, (VkImageAspectFlags)VK_IMAGE_ASPECT_PLANE_0_BIT << plane);
}

/* Commands of Metal's GPU, and a buffer for their bytes. */
struct work {
	struct tongs_buffer *buffer;
	struct tongs_command_queue *queue;
	struct tongs_command_buffer *commands;
	struct tongs_encoder *blit;
};

static void work_begin(struct gpu *gpu, struct work *work) {
	struct tongs_device *device = device_object(gpu);
	work->buffer = tongs_device_new_buffer(device, MOST_BYTES, MTLResourceStorageModeShared);
	work->queue = tongs_device_new_command_queue(device);
	work->commands = tongs_command_queue_new_command_buffer(work->queue);
	work->blit = tongs_command_buffer_new_blit_encoder(work->commands);
	assert_non_null(work->blit);
}

/* Between, for other encoders. */
static void work_end_blit(struct work *work) {
	tongs_encoder_end(work->blit);
	tongs_encoder_unref(work->blit);
	work->blit = NULL;
}

static void work_end(struct work *work) {
	if (work->blit)
		work_end_blit(work);
	assert_true(tongs_command_buffer_commit(work->commands));
	tongs_command_buffer_wait_until_completed(work->commands);
	assert_int_equal(tongs_command_buffer_get_status(work->commands), MTLCommandBufferStatusCompleted);
	tongs_command_buffer_unref(work->commands);
	tongs_command_queue_unref(work->queue);
}

static void blit_plane(struct gpu *gpu, const struct planar *format, struct tongs_texture *texture, uint32_t plane,
	uint8_t *texels, bool write) {
	const VkExtent3D extent = extent_of(format, plane);
	const MTLSize size = MTLSizeMake(extent.width, extent.height, 1);
	const size_t row = (size_t)extent.width * format->planes[plane].bytes;
	struct work work;
	work_begin(gpu, &work);
	if (write) {
		memcpy(tongs_buffer_get_contents(work.buffer), texels, bytes_of(format, plane));
		tongs_blit_copy_buffer_to_texture(
			work.blit, work.buffer, 0, row, 0, size, texture, 0, 0, MTLOriginMake(0, 0, 0), 0);
	} else {
		tongs_blit_copy_texture_to_buffer(
			work.blit, texture, 0, 0, MTLOriginMake(0, 0, 0), size, work.buffer, 0, row, 0, 0);
	}
	work_end(&work);
	if (!write)
		memcpy(texels, tongs_buffer_get_contents(work.buffer), bytes_of(format, plane));
	tongs_buffer_unref(work.buffer);
}

/* By the CPU where it reaches the texture, and by Metal's GPU. */
static void check_metal_reads(struct gpu *gpu, const struct planar *format, struct tongs_texture *texture,
	uint32_t plane, const uint8_t *wanted) {
	static uint8_t got[MOST_BYTES];
	const VkExtent3D extent = extent_of(format, plane);
	const bool is_shared = !is_private(tongs_texture_get_resource(texture));
	memset(got, 0, sizeof(got));
	assert_int_equal(tongs_texture_get_bytes(texture, got, (size_t)extent.width * format->planes[plane].bytes, 0,
				 MTLRegionMake2D(0, 0, extent.width, extent.height), 0, 0),
		is_shared);
	if (is_shared)
		assert_memory_equal(got, wanted, bytes_of(format, plane));
	blit_plane(gpu, format, texture, plane, got, false);
	assert_memory_equal(got, wanted, bytes_of(format, plane));
}

static void metal_writes(struct gpu *gpu, const struct planar *format, struct tongs_texture *texture, uint32_t plane,
	uint8_t *texels, bool by_gpu) {
	const VkExtent3D extent = extent_of(format, plane);
	if (by_gpu || is_private(tongs_texture_get_resource(texture)))
		blit_plane(gpu, format, texture, plane, texels, true);
	else
		assert_true(tongs_texture_replace_region(texture, MTLRegionMake2D(0, 0, extent.width, extent.height), 0,
			0, texels, (size_t)extent.width * format->planes[plane].bytes, 0));
}

/* Over a kernel without a GPU nothing is executed: then only that the planes are there is checked. */
static bool executes(void) {
	return !getenv("TONGS_TESTS_CANNOT_EXECUTE");
}

static void check_textures(struct gpu *gpu, VkImage image, const struct planar *format) {
	for (uint32_t i = 0; i < format->count; i++) {
		struct tongs_texture *texture = plane_object(gpu, image, i);
		assert_non_null(texture);
		assert_ptr_equal(plane_object(gpu, image, i), texture);
		assert_int_equal(tongs_texture_get_pixel_format(texture), format->planes[i].metal);
		assert_int_equal(tongs_texture_get_width(texture), extent_of(format, i).width);
		assert_int_equal(tongs_texture_get_height(texture), extent_of(format, i).height);
	}
	assert_reported(gpu, NULL);
}

/* Every plane, written before any is read. */
static void check_planes(struct gpu *gpu, VkImage image, const struct planar *format) {
	static uint8_t sent[3][MOST_BYTES], got[MOST_BYTES];
	const struct tongs_format *color = tongs_format_from_vk(VK_FORMAT_R8G8B8A8_UNORM); /* for its aspect */
	check_textures(gpu, image, format);
	made++;
	if (!executes())
		return;
	gpu_to_general(gpu, image, color, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
	gpu_transfer_image(gpu, image, VK_IMAGE_ASPECT_COLOR_BIT, gpu->queue_family, VK_QUEUE_FAMILY_EXTERNAL);
	for (uint32_t i = 0; i < format->count; i++) {
		fill(format, i, 1, sent[i]);
		copy_plane(gpu, image, format, i, sent[i], true);
	}
	for (int by_gpu = 0; by_gpu < 2; by_gpu++) {
		for (uint32_t i = 0; i < format->count; i++) {
			check_metal_reads(gpu, format, plane_object(gpu, image, i), i, sent[i]);
			fill(format, i, 9 + 4 * by_gpu, sent[i]);
			metal_writes(gpu, format, plane_object(gpu, image, i), i, sent[i], by_gpu);
		}
		for (uint32_t i = 0; i < format->count; i++) {
			copy_plane(gpu, image, format, i, got, false);
			assert_memory_equal(got, sent[i], bytes_of(format, i));
			compared++;
		}
	}
	assert_reported(gpu, NULL);
}

/* Whether the driver says where the planes of such a LINEAR image lie. lavapipe 25 says the same of all. */
static bool has_layout(struct gpu *gpu, const VkImageCreateInfo *info) {
	const VkImageSubresource first = {.aspectMask = VK_IMAGE_ASPECT_PLANE_0_BIT},
				 second = {.aspectMask = VK_IMAGE_ASPECT_PLANE_1_BIT};
	VkSubresourceLayout layouts[2];
	VkImage image;
	if (!can_share_image(gpu, info, type_of(info)))
		return false;
	assert_vk(vkCreateImage(gpu->device, info, NULL, &image));
	vkGetImageSubresourceLayout(gpu->device, image, &first, &layouts[0]);
	vkGetImageSubresourceLayout(gpu->device, image, &second, &layouts[1]);
	vkDestroyImage(gpu->device, image, NULL);
	return layouts[0].offset != layouts[1].offset;
}

/* For export as textures. VK_NULL_HANDLE: the driver shares no such images, and the layer said so. */
static VkImage make_planar(struct gpu *gpu, const VkImageCreateInfo *info) {
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(TEXTURE), NULL);
	VkImageCreateInfo shared = *info;
	VkImage image = (VkImage)(uintptr_t)1;
	const bool can = can_share_image(gpu, info, type_of(info));
	shared.pNext = &object;
	gpu->reports = 0;
	VkResult result = vkCreateImage(gpu->device, &shared, NULL, &image);
	if (can) {
		assert_vk(result);
		return image;
	}
	assert_int_equal(result, VK_ERROR_VALIDATION_FAILED_EXT);
	assert_true(image == VK_NULL_HANDLE);
	assert_reported(gpu, "TONGS-metal-image");
	return VK_NULL_HANDLE;
}

/* Some drivers bind such images to memory that is dedicated to them alone. */
static bool must_dedicate(struct gpu *gpu, const VkImageCreateInfo *info) {
	return can_share_image(gpu, info, type_of(info)) && needs_dedicated(gpu, info, type_of(info));
}

static VkDeviceMemory bind_memory(struct gpu *gpu, VkImage image, bool dedicated) {
	VkMemoryRequirements requirements;
	VkDeviceMemory memory;
	const VkMemoryDedicatedAllocateInfo dedicated_info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image,
	};
	VkMemoryDedicatedRequirements asked = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS};
	VkMemoryRequirements2 requirements2 = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2, .pNext = &asked};
	const VkImageMemoryRequirementsInfo2 query = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2,
		.image = image,
	};
	vkGetImageMemoryRequirements2(gpu->device, &query, &requirements2);
	/* Programs that look at it do not put the image into other memory. */
	assert_true(asked.requiresDedicatedAllocation);
	requirements = requirements2.memoryRequirements;
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = dedicated ? &dedicated_info : NULL,
		.allocationSize = requirements.size,
		.memoryTypeIndex = pick_mapped(gpu, requirements.memoryTypeBits),
	};
	assert_vk(vkAllocateMemory(gpu->device, &info, NULL, &memory));
	assert_vk(vkBindImageMemory(gpu->device, image, memory, 0));
	return memory;
}

static void end_comparison(void) {
	print_message("# %u images with planes made, %u planes compared, %u cleared\n", made, compared, cleared);
	if (!made)
		skip();
}

static void exported_planes(void **state) {
	struct gpu gpu;
	(void)state;
	compared = made = cleared = 0;
	for (size_t i = 0; i < 2 * FORMATS; i++) {
		const struct planar *format = &formats[i / 2];
		const VkImageCreateInfo info = picture(format, tilings[i % 2]);
		/* One for each: what is refused too often is no longer reported. */
		gpu_init(&gpu, &OPTIONS);
		for (int dedicated = must_dedicate(&gpu, &info); dedicated < 2; dedicated++) {
			VkImage image = make_planar(&gpu, &info);
			if (!image)
				continue;
			assert_null(plane_object(&gpu, image, 0));
			assert_reported(&gpu, "TONGS-metal-image");
			VkDeviceMemory memory = bind_memory(&gpu, image, dedicated);
			struct tongs_texture *last = tongs_texture_ref(plane_object(&gpu, image, format->count - 1));
			check_planes(&gpu, image, format);
			vkDestroyImage(gpu.device, image, NULL);
			vkFreeMemory(gpu.device, memory, NULL);
			assert_int_equal(tongs_handle_kind(last), TONGS_KIND_TEXTURE);
			tongs_texture_unref(last);
			assert_int_equal(tongs_handle_kind(last), TONGS_KIND_NONE);
		}
		gpu_finish(&gpu);
	}
	end_comparison();
}

/* The rows of a part of a plane. */
struct part {
	NSUInteger x, y, width, height;
};

static void copy_part(const struct planar *format, uint32_t plane, const uint8_t *from, const struct part *source,
	uint8_t *to, NSUInteger x, NSUInteger y) {
	const size_t texel = format->planes[plane].bytes, row = extent_of(format, plane).width * texel;
	for (NSUInteger i = 0; i < source->height; i++)
		memcpy(to + (y + i) * row + x * texel, from + (source->y + i) * row + source->x * texel,
			source->width * texel);
}

static struct tongs_texture *new_private(struct gpu *gpu, const struct planar *format, uint32_t plane) {
	const VkExtent3D extent = extent_of(format, plane);
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
	const VkExtent3D extent = extent_of(format, plane);
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
	static uint8_t before[MOST_BYTES];
	struct work work;
	assert_non_null(view);
	memcpy(before, texels, sizeof(before));
	work_begin(gpu, &work);
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
	work_end(&work);
	tongs_buffer_unref(work.buffer);
	tongs_texture_unref(view);
	tongs_texture_unref(other);
	assert_false(tongs_texture_get_bytes(
		texture, before, sizeof(before), 0, MTLRegionMake2D(0, 0, extent.width + 1, extent.height), 0, 0));
}

/* The second plane of three to the third, of the same image. */
static void copy_chroma(struct gpu *gpu, const struct planar *format, VkImage image, uint8_t texels[3][MOST_BYTES]) {
	const VkExtent3D extent = extent_of(format, 1);
	const struct part part = {0, 2, extent.width, extent.height - 3};
	struct work work;
	if (format->count < 3)
		return;
	work_begin(gpu, &work);
	tongs_blit_copy_texture(work.blit, plane_object(gpu, image, 1), 0, 0, MTLOriginMake(part.x, part.y, 0),
		MTLSizeMake(part.width, part.height, 1), plane_object(gpu, image, 2), 0, 0, MTLOriginMake(0, 1, 0));
	work_end(&work);
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
	const bool can = can_share_image(gpu, &target, type_of(info)) &&
			 (info->tiling == VK_IMAGE_TILING_OPTIMAL || has_layout(gpu, info));
	if (can)
		*info = target;
	return can;
}

/* A render pass clears a part of the plane to 0x80, of 16 bits 0x8000, and 0. */
static void clear_part(
	struct gpu *gpu, const struct planar *format, struct tongs_texture *texture, uint32_t plane, uint8_t *texels) {
	const VkExtent3D extent = extent_of(format, plane);
	const struct part part = {0, 0, extent.width - 3, extent.height - 2};
	const size_t texel = format->planes[plane].bytes, component = format->low_bits == 0xff ? 1 : 2;
	struct tongs_render_pass_info pass;
	struct work work;
	tongs_render_pass_info_init(&pass);
	pass.colors[0].texture = texture;
	pass.colors[0].load_action = MTLLoadActionClear;
	pass.colors[0].clear_color = MTLClearColorMake(32768.0 / 65535, 0, 0, 0);
	pass.render_target_width = part.width;
	pass.render_target_height = part.height;
	work_begin(gpu, &work);
	work_end_blit(&work);
	struct tongs_encoder *encoder = tongs_command_buffer_new_render_encoder(work.commands, &pass);
	assert_non_null(encoder);
	tongs_encoder_end(encoder);
	tongs_encoder_unref(encoder);
	work_end(&work);
	tongs_buffer_unref(work.buffer);
	for (NSUInteger y = 0; y < part.height; y++)
		for (size_t i = 0; i < part.width * texel; i++)
			texels[y * extent.width * texel + i] = i % texel == component - 1 ? 0x80 : 0;
	cleared++;
}

/* A driver's own image gets the planes by a copy, and has the same bytes. */
static void check_unshared(struct gpu *gpu, VkImage image, const struct planar *format, const VkImageCreateInfo *info,
	uint8_t texels[3][MOST_BYTES]) {
	static uint8_t got[MOST_BYTES];
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
			.srcSubresource = plane, .dstSubresource = plane, .extent = extent_of(format, i)};
		vkCmdCopyImage(commands, image, VK_IMAGE_LAYOUT_GENERAL, own, VK_IMAGE_LAYOUT_GENERAL, 1, &region);
	}
	submit(gpu, commands);
	gpu_transfer_image(gpu, image, VK_IMAGE_ASPECT_COLOR_BIT, gpu->queue_family, VK_QUEUE_FAMILY_EXTERNAL);
	gpu_transfer_image(gpu, own, VK_IMAGE_ASPECT_COLOR_BIT, gpu->queue_family, VK_QUEUE_FAMILY_EXTERNAL);
	for (uint32_t i = 0; i < format->count; i++) {
		copy_plane(gpu, own, format, i, got, false);
		assert_memory_equal(got, texels[i], bytes_of(format, i));
		compared++;
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
	static uint8_t sent[3][MOST_BYTES], got[MOST_BYTES];
	const struct tongs_format *color = tongs_format_from_vk(VK_FORMAT_R8G8B8A8_UNORM);
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &OPTIONS);
	compared = made = cleared = 0;
	for (size_t i = 0; i < 2 * FORMATS && executes(); i++) {
		const struct planar *format = &formats[i / 2];
		VkImageCreateInfo info = picture(format, tilings[i % 2]);
		const bool is_target = add_target_usage(&gpu, &info);
		const bool can = can_share_image(&gpu, &info, type_of(&info));
		VkImage image = can ? make_planar(&gpu, &info) : VK_NULL_HANDLE;
		if (!image)
			continue;
		made++;
		VkDeviceMemory memory = bind_memory(&gpu, image, true);
		gpu_to_general(&gpu, image, color, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
		gpu_transfer_image(&gpu, image, VK_IMAGE_ASPECT_COLOR_BIT, gpu.queue_family, VK_QUEUE_FAMILY_EXTERNAL);
		for (uint32_t plane = 0; plane < format->count; plane++) {
			fill(format, plane, 31, sent[plane]);
			copy_plane(&gpu, image, format, plane, sent[plane], true);
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
			check_metal_reads(&gpu, format, plane_object(&gpu, image, plane), plane, sent[plane]);
			copy_plane(&gpu, image, format, plane, got, false);
			assert_memory_equal(got, sent[plane], bytes_of(format, plane));
			compared++;
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
			check_metal_reads(&gpu, format, textures[plane], plane, sent[plane]);
		for (uint32_t plane = 0; plane < format->count; plane++) {
			tongs_texture_unref(textures[plane]);
			assert_int_equal(tongs_handle_kind(textures[plane]), TONGS_KIND_NONE);
		}
	}
	gpu_finish(&gpu);
	end_comparison();
}

/* Metal has no planes of half a texel, and Vulkan no images. */
static void create_04712_04713_odd_extents(void **state) {
	static const struct {
		VkExtent2D extent;
		const char *rule;
	} rows[] = {
		{{WIDTH + 1, HEIGHT}, "VUID-VkImageCreateInfo-format-04712"},
		{{WIDTH, HEIGHT + 1}, "VUID-VkImageCreateInfo-format-04713"},
		{{1, 1}, "VUID-VkImageCreateInfo-format-04712"},
	};
	struct gpu gpu;
	unsigned refused = 0;
	(void)state;
	gpu_init(&gpu, &OPTIONS);
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(*rows); i++) {
		const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(TEXTURE), NULL);
		VkImageCreateInfo info = picture(&formats[0], tilings[i % 2]);
		VkImage image = (VkImage)(uintptr_t)1;
		if (!can_share_image(&gpu, &info, type_of(&info)))
			continue;
		info.extent.width = rows[i / 2].extent.width;
		info.extent.height = rows[i / 2].extent.height;
		info.pNext = &object;
		gpu.reports = 0;
		assert_int_equal(vkCreateImage(gpu.device, &info, NULL, &image), VK_ERROR_VALIDATION_FAILED_EXT);
		assert_true(image == VK_NULL_HANDLE);
		assert_reported(&gpu, rows[i / 2].rule);
		refused++;
	}
	gpu_finish(&gpu);
	if (!refused)
		skip();
}

static VkResult try_import_planes(struct gpu *gpu, const VkImageCreateInfo *info, struct tongs_texture *const *textures,
	uint32_t count, VkImage *image) {
	const VkExportMetalObjectCreateInfoEXT again = object_info(EXPORT(TEXTURE), NULL);
	VkImportMetalTextureInfoEXT imports[3];
	VkImageCreateInfo shared = *info;
	shared.pNext = &again;
	for (uint32_t i = 0; i < count; i++) {
		imports[i] = (VkImportMetalTextureInfoEXT){
			.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_TEXTURE_INFO_EXT,
			.pNext = shared.pNext,
			.plane = VK_IMAGE_ASPECT_PLANE_0_BIT << i,
			.mtlTexture = (void *)textures[i],
		};
		shared.pNext = &imports[i];
	}
	*image = (VkImage)(uintptr_t)1;
	gpu->reports = 0;
	return vkCreateImage(gpu->device, &shared, NULL, image);
}

static void refuse_planes(struct gpu *gpu, const VkImageCreateInfo *info, struct tongs_texture *const *textures,
	uint32_t count, VkResult wanted) {
	VkImage image;
	assert_int_equal(try_import_planes(gpu, info, textures, count, &image), wanted);
	assert_true(image == VK_NULL_HANDLE);
	assert_reported(gpu, "TONGS-metal-object");
}

/* A plane is in no image of its own layout. */
static void refuse_alone(struct gpu *gpu, const struct planar *format, struct tongs_texture *texture) {
	VkImageCreateInfo info = image_info(format->planes[0].bytes == 1 ? VK_FORMAT_R8_UNORM : VK_FORMAT_R16_UNORM,
		WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	const VkImportMetalTextureInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_TEXTURE_INFO_EXT,
		.plane = VK_IMAGE_ASPECT_PLANE_0_BIT,
		.mtlTexture = (void *)texture,
	};
	VkImage image = (VkImage)(uintptr_t)1;
	if (has_unified_memory(gpu) || !can_share_image(gpu, &info, MTLTEXTURE))
		return;
	info.pNext = &import;
	assert_int_equal(vkCreateImage(gpu->device, &info, NULL, &image), VK_ERROR_INVALID_EXTERNAL_HANDLE);
	assert_true(image == VK_NULL_HANDLE);
	assert_reported(gpu, "TONGS-metal-object");
}

/* An image of another's planes, which lie where the driver has them; and of textures that do not. */
static void imported_planes(void **state) {
	struct gpu gpu;
	(void)state;
	compared = made = cleared = 0;
	for (size_t i = 0; i < 2 * FORMATS; i++) {
		const struct planar *format = &formats[i / 2];
		const VkImageCreateInfo info = picture(format, tilings[i % 2]);
		struct tongs_texture *textures[3] = {NULL}, *bad[3] = {NULL}, *other;
		/* One for each: what is refused too often is no longer reported. */
		gpu_init(&gpu, &OPTIONS);
		VkImage first = make_planar(&gpu, &info), image;
		if (!first) {
			gpu_finish(&gpu);
			continue;
		}
		VkDeviceMemory memory = bind_memory(&gpu, first, true);
		for (uint32_t plane = 0; plane < format->count; plane++)
			textures[plane] = bad[plane] = tongs_texture_ref(plane_object(&gpu, first, plane));
		vkDestroyImage(gpu.device, first, NULL);
		vkFreeMemory(gpu.device, memory, NULL);

		refuse_planes(&gpu, &info, textures, format->count - 1, VK_ERROR_VALIDATION_FAILED_EXT);
		bad[0] = textures[1];
		refuse_planes(&gpu, &info, bad, format->count, VK_ERROR_INVALID_EXTERNAL_HANDLE);
		bad[0] = NULL;
		refuse_planes(&gpu, &info, bad, format->count, VK_ERROR_INVALID_EXTERNAL_HANDLE);
		bad[0] = textures[0];
		/* Of the right shape, elsewhere. */
		const VkExtent3D extent = extent_of(format, format->count - 1);
		const struct tongs_texture_info elsewhere =
			tongs_texture_info_2d(format->planes[format->count - 1].metal, extent.width, extent.height);
		bad[format->count - 1] = metal_new_texture(&gpu, device_object(&gpu), &elsewhere);
		assert_non_null(bad[format->count - 1]);
		refuse_planes(&gpu, &info, bad, format->count, VK_ERROR_INVALID_EXTERNAL_HANDLE);
		tongs_texture_unref(bad[format->count - 1]);
		/* Of another image like it, and all of an image of the other tiling. */
		VkDeviceMemory other_memory;
		first = make_planar(&gpu, &info);
		other_memory = bind_memory(&gpu, first, true);
		other = plane_object(&gpu, first, format->count - 1);
		bad[format->count - 1] = other;
		refuse_planes(&gpu, &info, bad, format->count, VK_ERROR_INVALID_EXTERNAL_HANDLE);
		vkDestroyImage(gpu.device, first, NULL);
		vkFreeMemory(gpu.device, other_memory, NULL);
		bad[format->count - 1] = textures[format->count - 1];
		VkImageCreateInfo larger = info;
		larger.extent.height += 2;
		refuse_planes(&gpu, &larger, bad, format->count, VK_ERROR_INVALID_EXTERNAL_HANDLE);
		refuse_alone(&gpu, format, textures[0]);

		assert_vk(try_import_planes(&gpu, &info, textures, format->count, &image));
		for (uint32_t plane = 0; plane < format->count; plane++) {
			assert_ptr_equal(plane_object(&gpu, image, plane), textures[plane]);
			tongs_texture_unref(textures[plane]);
		}
		memory = bind_memory(&gpu, image, must_dedicate(&gpu, &info)); /* programs bind all images */
		check_planes(&gpu, image, format);
		vkDestroyImage(gpu.device, image, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
		for (uint32_t plane = 0; plane < format->count; plane++)
			assert_int_equal(tongs_handle_kind(textures[plane]), TONGS_KIND_NONE);
		gpu_finish(&gpu);
	}
	end_comparison();
}

static VkResult try_import_surface(
	struct gpu *gpu, const VkImageCreateInfo *info, struct tongs_surface *surface, VkImage *image) {
	const VkExportMetalObjectCreateInfoEXT again = object_info(EXPORT(IOSURFACE), NULL),
					       texture = object_info(EXPORT(TEXTURE), &again);
	const VkImportMetalIOSurfaceInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_IO_SURFACE_INFO_EXT,
		.pNext = &texture,
		.ioSurface = (void *)surface,
	};
	VkImageCreateInfo shared = *info;
	shared.pNext = &import;
	*image = (VkImage)(uintptr_t)1;
	gpu->reports = 0;
	return vkCreateImage(gpu->device, &shared, NULL, image);
}

/* The plane's rows, through the surface's addresses. */
static void check_surface_rows(
	struct gpu *gpu, VkImage image, const struct planar *format, struct tongs_surface *surface) {
	static uint8_t sent[MOST_BYTES];
	struct tongs_surface_info info;
	tongs_surface_get_info(surface, &info);
	assert_int_equal(info.plane_count, format->count);
	for (uint32_t i = 0; i < format->count; i++) {
		const VkExtent3D extent = extent_of(format, i);
		const size_t row = (size_t)extent.width * format->planes[i].bytes;
		const uint8_t *bytes = tongs_surface_get_base_address_of_plane(surface, i);
		assert_int_equal(info.planes[i].width, extent.width);
		assert_int_equal(info.planes[i].height, extent.height);
		assert_int_equal(info.planes[i].bytes_per_element, format->planes[i].bytes);
		assert_ptr_equal(tongs_texture_get_surface(plane_object(gpu, image, i)), surface);
		assert_int_equal(tongs_texture_get_surface_plane(plane_object(gpu, image, i)), i);
		if (!executes())
			continue;
		fill(format, i, 23, sent);
		copy_plane(gpu, image, format, i, sent, true);
		for (size_t y = 0; y < extent.height; y++)
			assert_memory_equal(bytes + y * info.planes[i].bytes_per_row, sent + y * row, row);
	}
}

/* New ones, imports of surfaces whose planes lie where the driver has them, and of others. */
static void surfaces_with_planes(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &OPTIONS);
	compared = made = cleared = 0;
	for (size_t i = 0; i < 2 * FORMATS; i++) {
		const struct planar *format = &formats[i / 2];
		const VkImageCreateInfo info = picture(format, tilings[i % 2]),
					rows = picture(format, VK_IMAGE_TILING_LINEAR);
		VkImage image;
		if (!can_share_image(&gpu, &info, type_of(&info)))
			continue;
		VkResult result = try_import_surface(&gpu, &info, NULL, &image);
		if (result != VK_SUCCESS) {
			assert_int_equal(result, VK_ERROR_FEATURE_NOT_PRESENT);
			assert_true(image == VK_NULL_HANDLE);
			assert_false(has_unified_memory(&gpu) && has_layout(&gpu, &rows));
			assert_reported(&gpu, "TONGS-metal-surface");
			continue;
		}
		struct tongs_surface *surface = surface_object(&gpu, image);
		struct tongs_surface_info properties;
		assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_SURFACE);
		tongs_surface_get_info(surface, &properties);
		assert_int_equal(properties.pixel_format, format->pixel_format);
		check_planes(&gpu, image, format);
		check_surface_rows(&gpu, image, format, surface);
		vkDestroyImage(gpu.device, image, NULL);
		assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_NONE);

		surface = tongs_surface_new(&properties);
		assert_non_null(surface);
		assert_vk(try_import_surface(&gpu, &info, surface, &image));
		tongs_surface_unref(surface);
		assert_ptr_equal(surface_object(&gpu, image), surface);
		check_planes(&gpu, image, format);
		check_surface_rows(&gpu, image, format, surface);
		vkDestroyImage(gpu.device, image, NULL);
		assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_NONE);

		properties.alloc_size = 0;
		properties.planes[1].size = 0;
		properties.planes[1].offset += 4096;
		surface = tongs_surface_new(&properties);
		assert_non_null(surface);
		assert_int_equal(try_import_surface(&gpu, &info, surface, &image), VK_ERROR_INVALID_EXTERNAL_HANDLE);
		assert_true(image == VK_NULL_HANDLE);
		assert_reported(&gpu, "TONGS-metal-object");
		tongs_surface_unref(surface);
	}
	gpu_finish(&gpu);
	end_comparison();
}

/* A view of all planes has a texture for each; one of a plane has that one's. */
static VkImageView make_view(struct gpu *gpu, VkImage image, VkFormat format, VkImageAspectFlags aspect,
	VkSamplerYcbcrConversion conversion) {
	const VkSamplerYcbcrConversionInfo with = {
		.sType = VK_STRUCTURE_TYPE_SAMPLER_YCBCR_CONVERSION_INFO,
		.conversion = conversion,
	};
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(TEXTURE), conversion ? &with : NULL);
	const VkImageViewCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
		.pNext = &object,
		.image = image,
		.viewType = VK_IMAGE_VIEW_TYPE_2D,
		.format = format,
		.subresourceRange = {aspect, 0, 1, 0, 1},
	};
	VkImageView view;
	assert_vk(vkCreateImageView(gpu->device, &info, NULL, &view));
	return view;
}

static VkSamplerYcbcrConversion make_conversion(struct gpu *gpu, VkFormat format) {
	const VkFormatFeatureFlags midpoint = VK_FORMAT_FEATURE_MIDPOINT_CHROMA_SAMPLES_BIT;
	VkFormatProperties properties;
	VkSamplerYcbcrConversion conversion;
	vkGetPhysicalDeviceFormatProperties(gpu->physical_device, format, &properties);
	const VkChromaLocation chroma = (properties.linearTilingFeatures & properties.optimalTilingFeatures & midpoint)
						? VK_CHROMA_LOCATION_MIDPOINT
						: VK_CHROMA_LOCATION_COSITED_EVEN;
	const VkSamplerYcbcrConversionCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_SAMPLER_YCBCR_CONVERSION_CREATE_INFO,
		.format = format,
		.ycbcrModel = VK_SAMPLER_YCBCR_MODEL_CONVERSION_RGB_IDENTITY,
		.xChromaOffset = chroma,
		.yChromaOffset = chroma,
	};
	assert_vk(vkCreateSamplerYcbcrConversion(gpu->device, &info, NULL, &conversion));
	return conversion;
}

/* False: the device lacks what it needs. */
static bool check_views(VkImageTiling tiling) {
	const struct planar *format = &formats[0];
	VkImageCreateInfo info = picture(format, tiling);
	const VkImageAspectFlags planes[] = {
		VK_IMAGE_ASPECT_PLANE_0_BIT, VK_IMAGE_ASPECT_PLANE_1_BIT, VK_IMAGE_ASPECT_PLANE_2_BIT};
	struct gpu gpu;
	gpu_init(&gpu, &OPTIONS);
	info.usage |= VK_IMAGE_USAGE_SAMPLED_BIT;
	info.flags = VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT;
	if (!gpu.has_ycbcr || !can_share_image(&gpu, &info, type_of(&info))) {
		gpu_finish(&gpu);
		return false;
	}
	VkImage image = make_planar(&gpu, &info);
	VkDeviceMemory memory = bind_memory(&gpu, image, true);
	VkSamplerYcbcrConversion conversion = make_conversion(&gpu, format->format);
	VkImageView all = make_view(&gpu, image, format->format, VK_IMAGE_ASPECT_COLOR_BIT, conversion),
		    second = make_view(&gpu, image, VK_FORMAT_R8G8_UNORM, VK_IMAGE_ASPECT_PLANE_1_BIT, VK_NULL_HANDLE);
	assert_null(texture_object(&gpu, image, VK_NULL_HANDLE, VK_NULL_HANDLE, planes[2]));
	assert_reported_of(&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06800", REFUSED, OBJECT(IMAGE, image, NULL));
	assert_null(texture_object(&gpu, VK_NULL_HANDLE, all, VK_NULL_HANDLE, planes[2]));
	assert_reported_of(
		&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06802", REFUSED, OBJECT(IMAGE_VIEW, all, NULL));
	/* Only without planes is there one texture to ask for as COLOR. */
	assert_null(texture_object(&gpu, image, VK_NULL_HANDLE, VK_NULL_HANDLE, VK_IMAGE_ASPECT_COLOR_BIT));
	assert_reported_of(&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06798", REFUSED, OBJECT(IMAGE, image, NULL));
	assert_null(texture_object(&gpu, VK_NULL_HANDLE, all, VK_NULL_HANDLE, VK_IMAGE_ASPECT_COLOR_BIT));
	assert_reported_of(
		&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06798", REFUSED, OBJECT(IMAGE_VIEW, all, NULL));
	/* A view of one plane has one. */
	assert_null(texture_object(&gpu, VK_NULL_HANDLE, second, VK_NULL_HANDLE, planes[1]));
	assert_reported_of(
		&gpu, "VUID-VkExportMetalObjectsInfoEXT-pNext-06801", REFUSED, OBJECT(IMAGE_VIEW, second, NULL));
	for (uint32_t i = 0; i < 2; i++) {
		struct tongs_texture *whole = plane_object(&gpu, image, i),
				     *view = texture_object(&gpu, VK_NULL_HANDLE, all, VK_NULL_HANDLE, planes[i]);
		assert_non_null(whole);
		assert_non_null(view);
		assert_ptr_equal(tongs_texture_get_parent(view), whole);
	}
	struct tongs_texture *view = texture_object(&gpu, VK_NULL_HANDLE, second, VK_NULL_HANDLE, planes[0]);
	assert_non_null(view);
	assert_ptr_equal(tongs_texture_get_parent(view), plane_object(&gpu, image, 1));
	assert_int_equal(tongs_texture_get_pixel_format(view), MTLPixelFormatRG8Unorm);
	assert_reported(&gpu, NULL);
	vkDestroyImageView(gpu.device, all, NULL);
	vkDestroyImageView(gpu.device, second, NULL);
	vkDestroySamplerYcbcrConversion(gpu.device, conversion, NULL);
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
	return true;
}

static void planes_06800_06802(void **state) {
	const bool linear = check_views(VK_IMAGE_TILING_LINEAR), optimal = check_views(VK_IMAGE_TILING_OPTIMAL);
	(void)state;
	if (!linear && !optimal)
		skip();
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exported_planes),
		cmocka_unit_test(commands_on_planes),
		cmocka_unit_test(create_04712_04713_odd_extents),
		cmocka_unit_test(imported_planes),
		cmocka_unit_test(surfaces_with_planes),
		cmocka_unit_test(planes_06800_06802),
	};
	return cmocka_run_group_tests_name("layer: images of several planes", tests, NULL, NULL);
}
