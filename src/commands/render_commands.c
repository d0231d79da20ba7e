/* SPDX-License-Identifier: MIT */
/* The commands of render passes. What Vulkan can write by a transfer, it does at once: whole levels of images. For the
 * rest a texture stands in, which is then copied: parts of a level, some planes of a 3D texture, views whose texels are
 * not the image's, planes of an image of several, and textures that are rows. Depth and stencil are resolved by a
 * rendering, of whole images alone. */
#include "commands/render_commands.h"

#include "commands/clear_color.h"
#include "metal/buffer.h"
#include "metal/device.h"
#include "util/log.h"

bool tongs_render_part_is_3d(const struct tongs_render_part *part) {
	return part->texture->info.type == MTLTextureType3D;
}

static MTLSize get_size(const struct tongs_render_part *part) {
	const MTLSize size = tongs_texture_info_get_level_size(&part->texture->info, part->level);
	return MTLSizeMake(part->target.width ? part->target.width : size.width,
		part->target.height ? part->target.height : size.height, 1);
}

static VkExtent3D get_extent(const struct tongs_render_part *part) {
	const MTLSize size = get_size(part);
	return (VkExtent3D){(uint32_t)size.width, (uint32_t)size.height, 1};
}

static bool is_whole_level(const struct tongs_render_part *part) {
	const MTLSize level = tongs_texture_info_get_level_size(&part->texture->info, part->level),
		      size = get_size(part);
	return size.width == level.width && size.height == level.height &&
	       (!tongs_render_part_is_3d(part) || part->count == level.depth);
}

static bool has_image_format(const struct tongs_texture *texture) {
	return texture->format == texture->root->format;
}

/* Depths and stencils are the same in each view that has them. No image with several planes is cleared
 * (VUID-vkCmdClearColorImage-image-01545). */
static bool can_clear_directly(const struct tongs_render_part *part, VkImageAspectFlags aspect) {
	const struct tongs_texture *texture = part->texture;
	return part->image && !texture->root->planes && is_whole_level(part) &&
	       (has_image_format(texture) || aspect != VK_IMAGE_ASPECT_COLOR_BIT ||
		       tongs_format_is_srgb_pair(texture->format, texture->root->format));
}

/* Vulkan resolves layer 0 alone to a 3D image (VUID-vkCmdResolveImage-srcImage-04446), and NVIDIA's driver to plane 0
 * alone. */
static bool can_resolve_directly(const struct tongs_render_part *to) {
	return to->image && !to->texture->root->planes && has_image_format(to->texture) && !tongs_render_part_is_3d(to);
}

/* The texture's own image. False, with an error logged, if it has none and no rows. */
static bool find_image(struct tongs_render_part *part) {
	if (!part->image && !tongs_texture_has_rows(part->texture))
		part->image = tongs_texture_get_own_image(part->texture->root);
	return part->image || tongs_texture_has_rows(part->texture);
}

static struct tongs_texture *new_stand_in(const struct tongs_render_part *part, VkImageAspectFlags aspect) {
	const struct tongs_texture *texture = aspect == VK_IMAGE_ASPECT_COLOR_BIT ? part->texture : part->texture->root;
	const MTLSize size = get_size(part);
	struct tongs_texture_info info = tongs_texture_info_2d(texture->info.pixel_format, size.width, size.height);
	info.sample_count = texture->info.sample_count;
	info.type = info.sample_count > 1 ? MTLTextureType2DMultisample : MTLTextureType2D;
	info.resource_options = MTLResourceStorageModePrivate;
	info.usage = MTLTextureUsageRenderTarget;
	return tongs_device_new_texture(texture->resource.storage.device, &info);
}

/* False, with an error logged, on failure. */
static bool find_stand_in(struct tongs_command_buffer *commands, struct tongs_render_part *part,
	VkImageAspectFlags aspect, const char *what) {
	struct tongs_texture *texture = part->stand_in ? NULL : new_stand_in(part, aspect);
	if (part->stand_in || !texture)
		return part->stand_in;
	part->stand_in_image = tongs_texture_get_own_image(texture);
	tongs_command_buffer_retain(commands, texture);
	tongs_texture_unref(texture);
	if (commands->result != VK_SUCCESS)
		tongs_log_error("%s the command buffer has failed: %s", what, tongs_vk_result_name(commands->result));
	else if (part->stand_in_image)
		part->stand_in = texture;
	return part->stand_in;
}

bool tongs_render_find_clear(struct tongs_command_buffer *commands, struct tongs_render_attachment *attachment,
	const char *what, const char *name) {
	struct tongs_render_part *part = &attachment->part;
	if (!find_image(part) || (!can_clear_directly(part, attachment->aspect) &&
					 !find_stand_in(commands, part, attachment->aspect, what)))
		return false;
	if ((!part->image || tongs_own_image_can_clear(part->image)) &&
		(!part->stand_in || tongs_own_image_can_clear(part->stand_in_image)))
		return true;
	tongs_log_error("%s %s: the driver does not write %s textures without a draw", what, name,
		part->texture->format->mtl_name);
	return false;
}

static VkResolveModeFlagBits get_mode(const struct tongs_render_attachment *attachment) {
	static const VkResolveModeFlagBits modes[] = {
		[MTLMultisampleDepthResolveFilterSample0] = VK_RESOLVE_MODE_SAMPLE_ZERO_BIT,
		[MTLMultisampleDepthResolveFilterMin] = VK_RESOLVE_MODE_MIN_BIT,
		[MTLMultisampleDepthResolveFilterMax] = VK_RESOLVE_MODE_MAX_BIT,
	};
	return attachment->aspect == VK_IMAGE_ASPECT_DEPTH_BIT ? modes[attachment->info.depth_resolve_filter]
							       : VK_RESOLVE_MODE_SAMPLE_ZERO_BIT;
}

static VkImageAspectFlags get_aspects(const struct tongs_render_part *part) {
	return tongs_format_get_aspects(part->texture->root->format->vk_format);
}

/* Of what a rendering is told to resolve, lavapipe takes the first level and layer, whatever the view is, and
 * SwiftShader the whole level, whatever the render area is. */
static bool is_whole_image(const struct tongs_render_part *part) {
	const struct tongs_texture *root = part->texture->root;
	return root->slice_count == 1 && root->info.mipmap_level_count == 1 && is_whole_level(part);
}

/* A driver that has both aspects in a word resolves the word (lavapipe). */
static bool has_one_aspect(const struct tongs_render_part *part) {
	const VkImageAspectFlags aspects = get_aspects(part);
	return !(aspects & (aspects - 1));
}

/* False, with an error logged, on failure. */
static bool find_carrier(
	struct tongs_command_buffer *commands, struct tongs_render_attachment *attachment, const char *what) {
	const struct tongs_render_part *to = &attachment->resolve;
	const MTLSize size = get_size(to);
	if (has_one_aspect(to) || attachment->carrier)
		return true;
	struct tongs_buffer *carrier = tongs_device_new_buffer(to->texture->resource.storage.device,
		size.width * size.height * sizeof(uint32_t), MTLResourceStorageModePrivate);
	if (!carrier)
		return false;
	tongs_command_buffer_retain(commands, carrier);
	tongs_buffer_unref(carrier);
	if (commands->result != VK_SUCCESS)
		tongs_log_error("%s the command buffer has failed: %s", what, tongs_vk_result_name(commands->result));
	else if (tongs_buffer_get_own(carrier))
		attachment->carrier = carrier;
	return attachment->carrier;
}

/* Views of depth and stencil have the image's texels. */
static bool find_depth_resolve(struct tongs_command_buffer *commands, struct tongs_render_attachment *attachment,
	const char *what, const char *name) {
	const VkImageAspectFlags aspect = attachment->aspect;
	struct tongs_render_part *from = &attachment->source, *to = &attachment->resolve;
	if (!find_image(from) || !find_image(to) ||
		(!is_whole_image(from) && !find_stand_in(commands, from, aspect, what)) ||
		(!(is_whole_image(to) && has_one_aspect(to)) &&
			(!find_stand_in(commands, to, aspect, what) || !find_carrier(commands, attachment, what))))
		return false;
	const char *fault = tongs_own_image_find_resolve_fault(from->stand_in ? from->stand_in_image : from->image,
		to->stand_in ? to->stand_in_image : to->image, (VkImageAspectFlagBits)aspect, get_mode(attachment));
	if (fault)
		tongs_log_error("%s %s: %s cannot be resolved: the driver %s", what, name,
			from->texture->format->mtl_name, fault);
	return !fault;
}

bool tongs_render_find_resolve(struct tongs_command_buffer *commands, struct tongs_render_attachment *attachment,
	const char *what, const char *name) {
	const VkImageAspectFlags aspect = attachment->aspect;
	struct tongs_render_part *from = &attachment->source, *to = &attachment->resolve;
	*from = attachment->part;
	from->stand_in = NULL;
	from->stand_in_image = NULL;
	if (aspect != VK_IMAGE_ASPECT_COLOR_BIT)
		return find_depth_resolve(commands, attachment, what, name);
	if (!find_image(from) || !find_image(to) ||
		(!has_image_format(from->texture) && !find_stand_in(commands, from, aspect, what)) ||
		(!can_resolve_directly(to) && !find_stand_in(commands, to, aspect, what)))
		return false;
	if (tongs_own_image_can_resolve(
		    from->stand_in ? from->stand_in_image : from->image, to->stand_in ? to->stand_in_image : to->image))
		return true;
	tongs_log_error("%s %s: the driver does not resolve %s textures without a draw", what, name,
		from->texture->format->mtl_name);
	return false;
}

static struct tongs_own_bytes get_bytes(const struct tongs_texture *texture) {
	const struct tongs_storage *storage = &texture->resource.storage;
	return tongs_encoder_get_bytes(storage, 0, storage->size);
}

/* From the `i`-th slice or plane on. */
static struct tongs_own_texels get_texels(
	const struct tongs_render_part *part, VkImageAspectFlags aspect, NSUInteger i) {
	const bool is_3d = tongs_render_part_is_3d(part);
	return (struct tongs_own_texels){
		.image = part->image,
		.bytes = get_bytes(part->texture->root),
		.aspect = tongs_texture_get_image_aspect(part->texture->root, aspect),
		.level = (uint32_t)(part->texture->root_level + part->level),
		.layer = is_3d ? 0 : (uint32_t)(part->texture->root_slice + part->slice + i),
		.origin = {0, 0, is_3d ? (int32_t)(part->plane + i) : 0},
	};
}

static struct tongs_own_texels get_stand_in(const struct tongs_render_part *part, VkImageAspectFlags aspect) {
	return (struct tongs_own_texels){
		.image = part->stand_in_image, .bytes = get_bytes(part->stand_in), .aspect = aspect};
}

static void copy_to_rows(struct tongs_command_buffer *buffer, struct tongs_own_commands *commands,
	const struct tongs_render_part *part) {
	struct tongs_texture *root = part->texture->root;
	const struct tongs_format *format = part->texture->format;
	const VkExtent3D extent = get_extent(part);
	const NSUInteger pitch = root->layout->levels[0].rowPitch, first = root->layout->levels[0].offset;
	const struct tongs_own_texels from = get_stand_in(part, VK_IMAGE_ASPECT_COLOR_BIT);
	const struct tongs_own_rows rows = {
		.row_pitch = pitch, .block_bytes = format->block_bytes, .block_width = 1, .block_height = 1};
	const struct tongs_own_place to = {
		.buffer = tongs_texture_get_own_rows(root),
		.bytes = tongs_encoder_get_bytes(&root->resource.storage, first,
			(extent.height - 1) * pitch + (uint64_t)extent.width * format->block_bytes),
		.offset = first,
	};
	if (to.buffer)
		tongs_own_commands_copy_from_image(commands, &from, extent, &to, &rows);
	else
		tongs_command_buffer_fail(buffer, VK_ERROR_OUT_OF_DEVICE_MEMORY);
}

/* Copies the stand-in to the part's `i`-th slice or plane. */
static void copy_stand_in(struct tongs_command_buffer *buffer, struct tongs_own_commands *commands,
	const struct tongs_render_part *part, VkImageAspectFlags aspect, NSUInteger i) {
	const struct tongs_own_texels from = get_stand_in(part, aspect), to = get_texels(part, aspect, i);
	if (part->image)
		tongs_own_commands_copy_image(commands, &from, &to, get_extent(part));
	else
		copy_to_rows(buffer, commands, part);
}

/* Clears layers of an image whose format is `format`. */
static void clear(struct tongs_own_commands *commands, const struct tongs_render_attachment *attachment,
	const struct tongs_own_texels *texels, uint32_t layers, const struct tongs_format *format) {
	const struct tongs_render_pass_attachment *info = &attachment->info;
	if (attachment->aspect == VK_IMAGE_ASPECT_COLOR_BIT) {
		const VkClearColorValue value =
			tongs_clear_color_make(attachment->part.texture->format, format, &info->clear_color);
		tongs_own_commands_clear_color(commands, texels, layers, &value);
	} else {
		const VkClearDepthStencilValue value = {(float)info->clear_depth, info->clear_stencil & 0xff};
		tongs_own_commands_clear_depth_stencil(commands, texels, layers, &value);
	}
}

void tongs_render_record_clear(struct tongs_command_buffer *buffer, const struct tongs_render_attachment *attachment) {
	const struct tongs_render_part *part = &attachment->part;
	const struct tongs_texture *texture = part->texture;
	struct tongs_own_commands *commands = tongs_command_buffer_get_commands(buffer);
	if (!commands)
		return;
	if (!part->stand_in) {
		const struct tongs_own_texels texels = get_texels(part, attachment->aspect, 0);
		clear(commands, attachment, &texels, tongs_render_part_is_3d(part) ? 1 : (uint32_t)part->count,
			texture->root->format);
		return;
	}
	/* Both aspects are copied, since drivers with both in a word copy the word (lavapipe). */
	const VkImageAspectFlags aspects = tongs_format_get_aspects(texture->root->format->vk_format);
	const bool keeps_other = aspects != attachment->aspect;
	const struct tongs_own_texels stand_in = get_stand_in(part, aspects),
				      cleared = get_stand_in(part, attachment->aspect);
	for (NSUInteger i = 0; i < part->count; i++) {
		const struct tongs_own_texels texels = get_texels(part, aspects, i);
		if (keeps_other)
			tongs_own_commands_copy_image(commands, &texels, &stand_in, get_extent(part));
		if (keeps_other || i == 0)
			clear(commands, attachment, &cleared, 1, texture->format);
		copy_stand_in(buffer, commands, part, aspects, i);
	}
}

/* Copies one aspect of the stand-in to the `i`-th slice, through bytes: a copy of texels may be one of both aspects. */
static void carry(struct tongs_own_commands *commands, const struct tongs_render_attachment *attachment, NSUInteger i) {
	const struct tongs_render_part *part = &attachment->resolve;
	const VkExtent3D extent = get_extent(part);
	const struct tongs_own_texels from = get_stand_in(part, attachment->aspect),
				      to = get_texels(part, attachment->aspect, i);
	const uint32_t bytes = attachment->aspect == VK_IMAGE_ASPECT_STENCIL_BIT ? 1 : 4;
	const struct tongs_own_rows rows = {
		.row_pitch = (VkDeviceSize)extent.width * bytes,
		.block_bytes = bytes,
		.block_width = 1,
		.block_height = 1,
	};
	const struct tongs_storage *storage = &attachment->carrier->resource.storage;
	const struct tongs_own_place place = {
		.buffer = tongs_buffer_get_own(attachment->carrier),
		.bytes = tongs_encoder_get_bytes(storage, 0, storage->size),
	};
	tongs_own_commands_copy_from_image(commands, &from, extent, &place, &rows);
	tongs_own_commands_copy_to_image(commands, &place, &rows, &to, extent);
}

static void record_depth_resolve(struct tongs_command_buffer *buffer, struct tongs_own_commands *commands,
	const struct tongs_render_attachment *attachment, NSUInteger i) {
	const struct tongs_render_part *from = &attachment->source, *to = &attachment->resolve;
	const VkImageAspectFlags aspect = attachment->aspect;
	const struct tongs_own_texels source =
					      from->stand_in ? get_stand_in(from, aspect) : get_texels(from, aspect, i),
				      target = to->stand_in ? get_stand_in(to, aspect) : get_texels(to, aspect, i);
	if (from->stand_in) {
		const struct tongs_own_texels samples = get_texels(from, get_aspects(from), i),
					      copy = get_stand_in(from, get_aspects(from));
		tongs_own_commands_copy_image(commands, &samples, &copy, get_extent(from));
	}
	tongs_own_commands_resolve_depth_stencil(commands, &source, &target, get_extent(from), get_mode(attachment));
	if (to->stand_in && attachment->carrier)
		carry(commands, attachment, i);
	else if (to->stand_in)
		copy_stand_in(buffer, commands, to, aspect, i);
}

void tongs_render_record_resolve(
	struct tongs_command_buffer *buffer, const struct tongs_render_attachment *attachment) {
	const struct tongs_render_part *from = &attachment->source, *to = &attachment->resolve;
	const VkImageAspectFlags aspect = attachment->aspect;
	struct tongs_own_commands *commands = tongs_command_buffer_get_commands(buffer);
	for (NSUInteger i = 0; commands && i < from->count; i++) {
		if (aspect != VK_IMAGE_ASPECT_COLOR_BIT) {
			record_depth_resolve(buffer, commands, attachment, i);
			continue;
		}
		struct tongs_own_texels source = get_texels(from, aspect, i), target = get_texels(to, aspect, i);
		if (from->stand_in) {
			const struct tongs_own_texels samples = source;
			source = get_stand_in(from, aspect);
			tongs_own_commands_copy_image(commands, &samples, &source, get_extent(from));
		}
		if (to->stand_in)
			target = get_stand_in(to, aspect);
		tongs_own_commands_resolve(commands, &source, &target, get_extent(from));
		if (to->stand_in)
			copy_stand_in(buffer, commands, to, aspect, i);
	}
}
