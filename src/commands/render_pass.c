/* SPDX-License-Identifier: MIT */
/* MTLRenderCommandEncoder as far as it goes without shaders: checks a render pass, clears its attachments when it
 * begins and resolves them when it ends. */
#include "commands/render_commands.h"
#include "metal/device.h"
#include "metal/region.h"
#include "util/log.h"

enum { ATTACHMENT_COUNT = TONGS_MAX_COLOR_ATTACHMENTS + 2 };

/* The colors, depth and stencil. */
struct render_encoder {
	struct tongs_encoder encoder;
	struct tongs_render_attachment attachments[ATTACHMENT_COUNT];
	MTLSize size;      /* of the render target; 0: of the attachment */
	bool refused_draw; /* has been reported */
};

static const struct {
	const char *name;
	VkImageAspectFlags aspect;
} attachment_kinds[ATTACHMENT_COUNT] = {
	{"colorAttachments[0]", VK_IMAGE_ASPECT_COLOR_BIT},
	{"colorAttachments[1]", VK_IMAGE_ASPECT_COLOR_BIT},
	{"colorAttachments[2]", VK_IMAGE_ASPECT_COLOR_BIT},
	{"colorAttachments[3]", VK_IMAGE_ASPECT_COLOR_BIT},
	{"colorAttachments[4]", VK_IMAGE_ASPECT_COLOR_BIT},
	{"colorAttachments[5]", VK_IMAGE_ASPECT_COLOR_BIT},
	{"colorAttachments[6]", VK_IMAGE_ASPECT_COLOR_BIT},
	{"colorAttachments[7]", VK_IMAGE_ASPECT_COLOR_BIT},
	{"depthAttachment", VK_IMAGE_ASPECT_DEPTH_BIT},
	{"stencilAttachment", VK_IMAGE_ASPECT_STENCIL_BIT},
};
enum { DEPTH = TONGS_MAX_COLOR_ATTACHMENTS, STENCIL };

static const char make_what[] = "renderCommandEncoderWithDescriptor:";

void tongs_render_pass_info_init(struct tongs_render_pass_info *info) {
	*info = (struct tongs_render_pass_info){
		.depth = {.load_action = MTLLoadActionClear, .clear_depth = 1},
		.stencil = {.load_action = MTLLoadActionClear, .clear_depth = 1},
	};
	for (size_t i = 0; i < TONGS_MAX_COLOR_ATTACHMENTS; i++)
		info->colors[i] = (struct tongs_render_pass_attachment){
			.store_action = MTLStoreActionStore,
			.clear_color = {0, 0, 0, 1},
			.clear_depth = 1,
		};
	info->depth.clear_color.alpha = info->stencil.clear_color.alpha = 1;
}

static const struct tongs_render_pass_attachment *get_attachment(const struct tongs_render_pass_info *info, size_t i) {
	return i == DEPTH ? &info->depth : i == STENCIL ? &info->stencil : &info->colors[i];
}

static bool resolves(MTLStoreAction action) {
	return action == MTLStoreActionMultisampleResolve || action == MTLStoreActionStoreAndMultisampleResolve;
}

static MTLSize get_size(const struct tongs_render_part *part) {
	return tongs_texture_info_get_level_size(&part->texture->info, part->level);
}

/* The next functions return false, with an error logged that begins with `what` and `name`, the attachment's. */

static bool check_place(const struct tongs_render_part *part, const char *what, const char *name) {
	const struct tongs_texture_info *info = &part->texture->info;
	const bool has_level = part->level < info->mipmap_level_count;
	const NSUInteger depth = has_level ? get_size(part).depth : 1;
	const NSUInteger first = tongs_render_part_is_3d(part) ? part->plane : part->slice,
			 other = tongs_render_part_is_3d(part) ? part->slice : part->plane;
	const NSUInteger all = tongs_render_part_is_3d(part) ? depth : part->texture->slice_count;
	if (has_level && other == 0 && first < all && part->count <= all - first)
		return true;
	tongs_log_error("%s %s: level %lu, slice %lu, depth plane %lu, %lu of them: the texture has %lu levels, %lu "
			"slices and %lu planes",
		what, name, (unsigned long)part->level, (unsigned long)part->slice, (unsigned long)part->plane,
		(unsigned long)part->count, (unsigned long)info->mipmap_level_count,
		(unsigned long)part->texture->slice_count, (unsigned long)depth);
	return false;
}

static bool check_format(
	const struct tongs_texture *texture, VkImageAspectFlags aspect, const char *what, const char *name) {
	const struct tongs_format *format = texture->format;
	const bool color = aspect == VK_IMAGE_ASPECT_COLOR_BIT;
	if ((format->aspects & aspect) && (!color || format->kind == TONGS_FORMAT_COLOR))
		return true;
	tongs_log_error("%s %s: %s is not an uncompressed format with %s", what, name, format->mtl_name,
		color                                 ? "colors"
		: aspect == VK_IMAGE_ASPECT_DEPTH_BIT ? "a depth"
						      : "a stencil");
	return false;
}

static bool check_target(const struct tongs_device *device, const struct tongs_render_part *part,
	VkImageAspectFlags aspect, const char *what, const char *name) {
	const struct tongs_texture *texture = part->texture;
	const MTLTextureUsage usage = texture->info.usage;
	if (texture->resource.storage.device != device)
		tongs_log_error("%s %s: the texture is of another device, %s: both devices must be the same", what,
			name, tongs_device_get_name(texture->resource.storage.device));
	else if (texture->info.type == MTLTextureTypeTextureBuffer)
		tongs_log_error("%s %s: a texture buffer is no render target: use a 2D texture", what, name);
	else if (usage != MTLTextureUsageUnknown && !(usage & MTLTextureUsageRenderTarget))
		tongs_log_error("%s %s: the texture's usage, 0x%lx, lacks MTLTextureUsageRenderTarget", what, name,
			(unsigned long)usage);
	else if (tongs_payload_is_read_only(texture->resource.storage.payload))
		tongs_log_error(
			"%s %s: the texture is memory that may only be read: map it with PROT_WRITE", what, name);
	else
		return check_format(texture, aspect, what, name) && check_place(part, what, name);
	return false;
}

static bool check_resolve_formats(const struct tongs_render_attachment *attachment, VkImageAspectFlags aspect,
	const char *what, const char *name) {
	const struct tongs_texture *from = attachment->part.texture, *to = attachment->resolve.texture;
	const enum tongs_numeric_format numbers = from->format->numeric_format;
	if (from->format != to->format)
		tongs_log_error("%s %s: %s cannot be resolved to %s: the formats must be the same", what, name,
			from->format->mtl_name, to->format->mtl_name);
	else if (aspect == VK_IMAGE_ASPECT_COLOR_BIT &&
		 (numbers == TONGS_NUMERIC_UINT || numbers == TONGS_NUMERIC_SINT))
		tongs_log_error("%s %s: %s has integers, of which there is no mean: store them", what, name,
			from->format->mtl_name);
	else
		return true;
	return false;
}

static bool check_resolve_sizes(const struct tongs_render_attachment *attachment, const char *what, const char *name) {
	const MTLSize from = get_size(&attachment->part), to = get_size(&attachment->resolve);
	if (attachment->resolve.texture->info.sample_count != 1)
		tongs_log_error("%s %s: the resolve texture has %lu samples: it must have 1", what, name,
			(unsigned long)attachment->resolve.texture->info.sample_count);
	else if (from.width != to.width || from.height != to.height)
		tongs_log_error("%s %s: %lu x %lu texels cannot be resolved to %lu x %lu: the sizes must be the same",
			what, name, (unsigned long)from.width, (unsigned long)from.height, (unsigned long)to.width,
			(unsigned long)to.height);
	else
		return true;
	return false;
}

static bool check_resolve(const struct tongs_device *device, const struct tongs_render_attachment *attachment,
	VkImageAspectFlags aspect, const char *what, const char *name) {
	if (!attachment->resolve.texture)
		tongs_log_error("%s %s: the store action resolves, but resolveTexture is nil", what, name);
	else if (attachment->part.texture->info.sample_count == 1)
		tongs_log_error("%s %s: the store action resolves a texture with one sample: use MTLStoreActionStore",
			what, name);
	else
		return check_target(device, &attachment->resolve, aspect, what, name) &&
		       check_resolve_formats(attachment, aspect, what, name) &&
		       check_resolve_sizes(attachment, what, name);
	return false;
}

static bool check_filter(const struct tongs_render_pass_attachment *info, VkImageAspectFlags aspect, const char *what,
	const char *name) {
	if (aspect == VK_IMAGE_ASPECT_DEPTH_BIT && info->depth_resolve_filter > MTLMultisampleDepthResolveFilterMax)
		tongs_log_error("%s %s: %lu is not an MTLMultisampleDepthResolveFilter", what, name,
			(unsigned long)info->depth_resolve_filter);
	else if (aspect == VK_IMAGE_ASPECT_STENCIL_BIT &&
		 info->stencil_resolve_filter > MTLMultisampleStencilResolveFilterDepthResolvedSample)
		tongs_log_error("%s %s: %lu is not an MTLMultisampleStencilResolveFilter", what, name,
			(unsigned long)info->stencil_resolve_filter);
	else
		return true;
	return false;
}

/* The stencil of the sample whose depth is taken: which one that is, is known of sample 0 alone. */
static bool check_depth_resolved_sample(const struct render_encoder *pass, const char *what) {
	const struct tongs_render_attachment *depth = &pass->attachments[DEPTH], *stencil = &pass->attachments[STENCIL];
	if (!depth->part.texture || !resolves(depth->info.store_action) ||
		depth->info.depth_resolve_filter == MTLMultisampleDepthResolveFilterSample0 || !stencil->part.texture ||
		!resolves(stencil->info.store_action) ||
		stencil->info.stencil_resolve_filter == MTLMultisampleStencilResolveFilterSample0)
		return true;
	tongs_log_error("%s %s: MTLMultisampleStencilResolveFilterDepthResolvedSample needs the depth of sample 0: use "
			"MTLMultisampleStencilResolveFilterSample0, or MTLMultisampleDepthResolveFilterSample0",
		what, attachment_kinds[STENCIL].name);
	return false;
}

static bool check_store_action(MTLStoreAction action, VkImageAspectFlags aspect, const char *what, const char *name) {
	if (action <= MTLStoreActionUnknown ||
		(action == MTLStoreActionCustomSampleDepthStore && aspect == VK_IMAGE_ASPECT_DEPTH_BIT))
		return true;
	tongs_log_error("%s %s: %lu is not an MTLStoreAction for it", what, name, (unsigned long)action);
	return false;
}

static bool check_actions(const struct tongs_render_pass_attachment *info, VkImageAspectFlags aspect, const char *what,
	const char *name) {
	const bool clears = info->load_action == MTLLoadActionClear;
	if (info->load_action > MTLLoadActionClear)
		tongs_log_error("%s %s: %lu is not an MTLLoadAction", what, name, (unsigned long)info->load_action);
	else if (clears && aspect == VK_IMAGE_ASPECT_DEPTH_BIT && !(info->clear_depth >= 0 && info->clear_depth <= 1))
		tongs_log_error("%s %s: clearDepth %g must be from 0 to 1", what, name, info->clear_depth);
	else
		return check_filter(info, aspect, what, name) &&
		       check_store_action(info->store_action, aspect, what, name);
	return false;
}

static bool check_attachment(
	const struct render_encoder *pass, const struct tongs_device *device, size_t i, const char *what) {
	const struct tongs_render_attachment *attachment = &pass->attachments[i];
	const VkImageAspectFlags aspect = attachment_kinds[i].aspect;
	const char *name = attachment_kinds[i].name;
	if (!check_target(device, &attachment->part, aspect, what, name) ||
		!check_actions(&attachment->info, aspect, what, name))
		return false;
	const MTLSize size = get_size(&attachment->part);
	if (pass->size.width > size.width || pass->size.height > size.height) {
		tongs_log_error("%s %s: a render target of %lu x %lu exceeds the level's %lu x %lu texels", what, name,
			(unsigned long)pass->size.width, (unsigned long)pass->size.height, (unsigned long)size.width,
			(unsigned long)size.height);
		return false;
	}
	return !resolves(attachment->info.store_action) || check_resolve(device, attachment, aspect, what, name);
}

static bool check_pass(const struct render_encoder *pass, const struct tongs_device *device) {
	NSUInteger samples = 0;
	for (size_t i = 0; i < ATTACHMENT_COUNT; i++) {
		const struct tongs_texture *texture = pass->attachments[i].part.texture;
		if (!texture)
			continue;
		if (!check_attachment(pass, device, i, make_what))
			return false;
		if (samples && samples != texture->info.sample_count) {
			tongs_log_error(
				"%s %s: %lu samples, others have %lu: all attachments must have the same number",
				make_what, attachment_kinds[i].name, (unsigned long)texture->info.sample_count,
				(unsigned long)samples);
			return false;
		}
		samples = texture->info.sample_count;
	}
	if (!samples)
		tongs_log_error("%s the render pass has no attachment: set a texture", make_what);
	return samples > 0 && check_depth_resolved_sample(pass, make_what);
}

/* The pass as `info` says, unchecked. */
static void init_pass(struct render_encoder *pass, const struct tongs_render_pass_info *info) {
	const NSUInteger count = info->render_target_array_length ? info->render_target_array_length : 1;
	pass->size = MTLSizeMake(info->render_target_width, info->render_target_height, 1);
	for (size_t i = 0; i < ATTACHMENT_COUNT; i++) {
		const struct tongs_render_pass_attachment *from = get_attachment(info, i);
		if (from->texture)
			pass->attachments[i] = (struct tongs_render_attachment){
				.info = *from,
				.aspect = attachment_kinds[i].aspect,
				.part = {.texture = from->texture,
					.level = from->level,
					.slice = from->slice,
					.plane = from->depth_plane,
					.count = count,
					.target = pass->size},
				.resolve = {.texture = from->resolve_texture,
					.level = from->resolve_level,
					.slice = from->resolve_slice,
					.plane = from->resolve_depth_plane,
					.count = count,
					.target = pass->size},
			};
	}
}

/* False, with an error logged and nothing recorded, if an image cannot be had, or not be written so. */
static bool find_images(struct render_encoder *pass) {
	for (size_t i = 0; i < ATTACHMENT_COUNT; i++) {
		struct tongs_render_attachment *attachment = &pass->attachments[i];
		const char *name = attachment_kinds[i].name;
		if (!attachment->part.texture)
			continue;
		if ((attachment->info.load_action == MTLLoadActionClear &&
			    !tongs_render_find_clear(pass->encoder.commands, attachment, make_what, name)) ||
			(resolves(attachment->info.store_action) &&
				!tongs_render_find_resolve(pass->encoder.commands, attachment, make_what, name)))
			return false;
	}
	return true;
}

static void begin_pass(struct render_encoder *pass) {
	struct tongs_command_buffer *buffer = pass->encoder.commands;
	for (size_t i = 0; i < ATTACHMENT_COUNT; i++) {
		tongs_command_buffer_retain(buffer, pass->attachments[i].part.texture);
		tongs_command_buffer_retain(buffer, pass->attachments[i].resolve.texture);
	}
	for (size_t i = 0; i < ATTACHMENT_COUNT; i++) {
		const struct tongs_render_attachment *attachment = &pass->attachments[i];
		if (attachment->part.texture && attachment->info.load_action == MTLLoadActionClear)
			tongs_render_record_clear(buffer, attachment);
	}
}

static void end_pass(struct tongs_encoder *encoder) {
	struct render_encoder *pass = (struct render_encoder *)encoder;
	for (size_t i = 0; i < ATTACHMENT_COUNT; i++) {
		const struct tongs_render_attachment *attachment = &pass->attachments[i];
		if (!attachment->part.texture)
			continue;
		if (attachment->info.store_action == MTLStoreActionUnknown)
			tongs_log_error("endEncoding: the store action of %s is still MTLStoreActionUnknown: set it in "
					"the encoder before; the texels are stored",
				attachment_kinds[i].name);
		if (resolves(attachment->info.store_action))
			tongs_render_record_resolve(encoder->commands, attachment);
	}
}

struct tongs_encoder *tongs_command_buffer_new_render_encoder(
	struct tongs_command_buffer *commands, const struct tongs_render_pass_info *info) {
	struct render_encoder unchecked = {.refused_draw = false};
	init_pass(&unchecked, info);
	if (!tongs_command_buffer_check_open(commands, make_what) || !check_pass(&unchecked, commands->queue->device))
		return NULL;
	struct tongs_encoder *encoder = tongs_command_buffer_new_encoder(
		commands, TONGS_KIND_RENDER_COMMAND_ENCODER, sizeof(struct render_encoder), make_what);
	if (!encoder)
		return NULL;
	struct render_encoder *pass = (struct render_encoder *)encoder;
	init_pass(pass, info);
	encoder->end = end_pass;
	if (find_images(pass)) {
		begin_pass(pass);
		return encoder;
	}
	encoder->commands = NULL;
	tongs_encoder_unref(encoder);
	return NULL;
}

static bool check(const struct tongs_encoder *encoder, const char *what) {
	return tongs_encoder_check_kind(encoder, TONGS_KIND_RENDER_COMMAND_ENCODER, what);
}

static void set_store_action(struct tongs_encoder *encoder, MTLStoreAction action, size_t i, const char *what) {
	struct render_encoder *pass = (struct render_encoder *)encoder;
	if (!check(encoder, what) || encoder->commands->result != VK_SUCCESS)
		return;
	const char *name = attachment_kinds[i].name;
	struct tongs_render_attachment *attachment = &pass->attachments[i];
	if (!attachment->part.texture || attachment->info.store_action != MTLStoreActionUnknown)
		tongs_log_error("%s %s: the store action in the render pass must be MTLStoreActionUnknown", what, name);
	else if (check_store_action(action, attachment_kinds[i].aspect, what, name) &&
		 (!resolves(action) ||
			 (check_resolve(encoder->device, attachment, attachment_kinds[i].aspect, what, name) &&
				 tongs_render_find_resolve(encoder->commands, attachment, what, name)))) {
		attachment->info.store_action = action;
		if (!check_depth_resolved_sample(pass, what))
			attachment->info.store_action = MTLStoreActionUnknown;
	}
}

void tongs_render_set_color_store_action(struct tongs_encoder *encoder, MTLStoreAction action, NSUInteger index) {
	static const char what[] = "setColorStoreAction:atIndex:";
	if (index < TONGS_MAX_COLOR_ATTACHMENTS)
		set_store_action(encoder, action, index, what);
	else
		tongs_log_error("%s index %lu: there are %d color attachments", what, (unsigned long)index,
			TONGS_MAX_COLOR_ATTACHMENTS);
}

void tongs_render_set_depth_store_action(struct tongs_encoder *encoder, MTLStoreAction action) {
	set_store_action(encoder, action, DEPTH, "setDepthStoreAction:");
}

void tongs_render_set_stencil_store_action(struct tongs_encoder *encoder, MTLStoreAction action) {
	set_store_action(encoder, action, STENCIL, "setStencilStoreAction:");
}

static void use_fence(struct tongs_encoder *encoder, struct tongs_fence *fence, MTLRenderStages stages, bool updates,
	const char *what) {
	const MTLRenderStages all = MTLRenderStageVertex | MTLRenderStageFragment | MTLRenderStageTile |
				    MTLRenderStageObject | MTLRenderStageMesh;
	if (!check(encoder, what) || !tongs_encoder_check_fence(encoder, fence, what))
		return;
	if (stages && !(stages & ~all))
		tongs_command_buffer_use_fence(encoder->commands, fence, updates);
	else
		tongs_log_error("%s 0x%lx are not MTLRenderStages", what, (unsigned long)stages);
}

void tongs_render_update_fence(struct tongs_encoder *encoder, struct tongs_fence *fence, MTLRenderStages stages) {
	use_fence(encoder, fence, stages, true, "updateFence:afterStages:");
}

void tongs_render_wait_for_fence(struct tongs_encoder *encoder, struct tongs_fence *fence, MTLRenderStages stages) {
	use_fence(encoder, fence, stages, false, "waitForFence:beforeStages:");
}

void tongs_render_touch(struct tongs_encoder *encoder, struct tongs_resource *resource, const char *what) {
	if (check(encoder, what) && tongs_encoder_check_device(encoder, &resource->storage, what))
		tongs_command_buffer_retain(encoder->commands, resource);
}

void tongs_render_refuse_drawing(struct tongs_encoder *encoder, const char *what) {
	struct render_encoder *pass = (struct render_encoder *)encoder;
	if (!check(encoder, what) || pass->refused_draw)
		return;
	pass->refused_draw = true;
	tongs_log_error("%s Tongs has no shaders: this render pass clears and resolves its attachments, and draws "
			"nothing",
		what);
}
