/* SPDX-License-Identifier: MIT */
/* Framebuffers that name no images: what they were made for and what is shown to them must agree below Tongs, too. */
#include <string.h>

#include "metal_side.h"

enum { SIDE = 24 };

#define USAGE(name) VK_IMAGE_USAGE_##name##_BIT

/* The one attachment. */
struct row {
	VkFormat format;
	VkImageUsageFlags usage;
	VkImageCreateFlags flags;
	VkImageUsageFlags stencil_usage; /* 0: not said */
	VkSampleCountFlagBits samples;
	VkImageTiling tiling;
};

static const struct row rows[] = {
	{VK_FORMAT_R8G8B8A8_UNORM, USAGE(COLOR_ATTACHMENT) | USAGE(TRANSFER_SRC), .samples = 1},
	{VK_FORMAT_R8G8B8A8_UNORM, USAGE(COLOR_ATTACHMENT), .samples = 1},
	{VK_FORMAT_R8G8B8A8_UNORM, USAGE(COLOR_ATTACHMENT), .samples = 1, .tiling = VK_IMAGE_TILING_LINEAR},
	{VK_FORMAT_R8G8B8A8_UNORM, USAGE(COLOR_ATTACHMENT) | USAGE(INPUT_ATTACHMENT) | USAGE(SAMPLED), .samples = 1},
	{VK_FORMAT_R8G8B8A8_UNORM, USAGE(COLOR_ATTACHMENT) | USAGE(SAMPLED), VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT,
		.samples = 1},
	{VK_FORMAT_R8G8B8A8_UNORM, USAGE(COLOR_ATTACHMENT), VK_IMAGE_CREATE_ALIAS_BIT, .samples = 1},
	{VK_FORMAT_R8G8B8A8_UNORM, USAGE(COLOR_ATTACHMENT) | USAGE(TRANSIENT_ATTACHMENT), .samples = 1},
	{VK_FORMAT_R8G8B8A8_UNORM, USAGE(COLOR_ATTACHMENT), .samples = 4},
	{VK_FORMAT_R8G8B8A8_UNORM, USAGE(COLOR_ATTACHMENT) | USAGE(TRANSIENT_ATTACHMENT) | USAGE(INPUT_ATTACHMENT),
		.samples = 4},
	{VK_FORMAT_D32_SFLOAT, USAGE(DEPTH_STENCIL_ATTACHMENT), .samples = 1},
	{VK_FORMAT_D32_SFLOAT, USAGE(DEPTH_STENCIL_ATTACHMENT) | USAGE(TRANSIENT_ATTACHMENT), .samples = 4},
	{VK_FORMAT_D32_SFLOAT_S8_UINT, USAGE(DEPTH_STENCIL_ATTACHMENT) | USAGE(SAMPLED), .samples = 1},
	{VK_FORMAT_D32_SFLOAT_S8_UINT, USAGE(DEPTH_STENCIL_ATTACHMENT) | USAGE(SAMPLED),
		.stencil_usage = USAGE(DEPTH_STENCIL_ATTACHMENT) | USAGE(TRANSFER_SRC), .samples = 1},
};

static bool is_color(VkFormat format) {
	return format == VK_FORMAT_R8G8B8A8_UNORM;
}

static VkImageAspectFlags aspects_of(VkFormat format) {
	return is_color(format) ? VK_IMAGE_ASPECT_COLOR_BIT
				: VK_IMAGE_ASPECT_DEPTH_BIT |
					  (format == VK_FORMAT_D32_SFLOAT_S8_UINT ? VK_IMAGE_ASPECT_STENCIL_BIT : 0);
}

/* The formats that images and framebuffers say that there are views of. */
static uint32_t list_formats(const struct row *row, const VkFormat **list) {
	static VkFormat formats[2];
	formats[0] = row->format;
	formats[1] = VK_FORMAT_R8G8B8A8_SRGB;
	*list = formats;
	return row->flags & VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT ? 2 : 1;
}

static VkImage make_attachment(struct gpu *gpu, const struct row *row, VkImageCreateInfo *info) {
	static VkImageFormatListCreateInfo list;
	static VkImageStencilUsageCreateInfo stencil;
	list = (VkImageFormatListCreateInfo){.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO};
	list.viewFormatCount = list_formats(row, &list.pViewFormats);
	stencil = (VkImageStencilUsageCreateInfo){
		.sType = VK_STRUCTURE_TYPE_IMAGE_STENCIL_USAGE_CREATE_INFO,
		.stencilUsage = row->stencil_usage,
	};
	*info = image_info(row->format, SIDE, SIDE, row->tiling);
	info->usage = row->usage;
	info->flags = row->flags;
	info->samples = row->samples;
	info->pNext = &list;
	if (row->stencil_usage)
		list.pNext = &stencil;
	/* Where host memory does not reach so far, the test does without. */
	if (!has_unified_memory(gpu) && !can_share_image(gpu, info, MTLTEXTURE))
		return VK_NULL_HANDLE;
	return make_image(gpu, info, MTLTEXTURE);
}

static VkRenderPass make_pass(struct gpu *gpu, const struct row *row) {
	const VkAttachmentDescription attachment = {
		.format = row->format,
		.samples = row->samples,
		.loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
		.storeOp = VK_ATTACHMENT_STORE_OP_STORE,
		.stencilLoadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
		.stencilStoreOp = VK_ATTACHMENT_STORE_OP_STORE,
		.finalLayout = VK_IMAGE_LAYOUT_GENERAL,
	};
	const VkAttachmentReference reference = {0, VK_IMAGE_LAYOUT_GENERAL};
	const VkSubpassDescription subpass = {
		.colorAttachmentCount = is_color(row->format),
		.pColorAttachments = &reference,
		.pDepthStencilAttachment = is_color(row->format) ? NULL : &reference,
	};
	const VkRenderPassCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
		.attachmentCount = 1,
		.pAttachments = &attachment,
		.subpassCount = 1,
		.pSubpasses = &subpass,
	};
	VkRenderPass pass;
	assert_vk(vkCreateRenderPass(gpu->device, &info, NULL, &pass));
	return pass;
}

static VkFramebuffer make_framebuffer(struct gpu *gpu, const struct row *row, VkRenderPass pass) {
	/* As the image was created, which is what it is compared with. */
	VkFramebufferAttachmentImageInfo image = {
		.sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_ATTACHMENT_IMAGE_INFO,
		.flags = row->flags,
		.usage = row->usage & (row->stencil_usage ? row->stencil_usage : ~0u),
		.width = SIDE,
		.height = SIDE,
		.layerCount = 1,
	};
	image.viewFormatCount = list_formats(row, &image.pViewFormats);
	const VkFramebufferAttachmentsCreateInfo images = {
		.sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_ATTACHMENTS_CREATE_INFO,
		.attachmentImageInfoCount = 1,
		.pAttachmentImageInfos = &image,
	};
	const VkFramebufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
		.pNext = &images,
		.flags = VK_FRAMEBUFFER_CREATE_IMAGELESS_BIT,
		.renderPass = pass,
		.attachmentCount = 1,
		.width = SIDE,
		.height = SIDE,
		.layers = 1,
	};
	VkFramebuffer framebuffer;
	assert_vk(vkCreateFramebuffer(gpu->device, &info, NULL, &framebuffer));
	return framebuffer;
}

static const uint8_t clear_bytes[4] = {51, 102, 153, 255};

static void clear_in_pass(
	struct gpu *gpu, const struct row *row, VkRenderPass pass, VkFramebuffer framebuffer, VkImageView view) {
	const VkRenderPassAttachmentBeginInfo views = {
		.sType = VK_STRUCTURE_TYPE_RENDER_PASS_ATTACHMENT_BEGIN_INFO,
		.attachmentCount = 1,
		.pAttachments = &view,
	};
	VkClearValue clear = {.depthStencil = {0.25f, 7}};
	if (is_color(row->format))
		clear = (VkClearValue){.color.float32 = {0.2f, 0.4f, 0.6f, 1}};
	const VkRenderPassBeginInfo info = {
		.sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
		.pNext = &views,
		.renderPass = pass,
		.framebuffer = framebuffer,
		.renderArea = {{0, 0}, {SIDE, SIDE}},
		.clearValueCount = 1,
		.pClearValues = &clear,
	};
	VkCommandBuffer commands = begin(gpu);
	vkCmdBeginRenderPass(commands, &info, VK_SUBPASS_CONTENTS_INLINE);
	vkCmdEndRenderPass(commands);
	submit(gpu, commands);
}

static void read_in_metal(
	struct gpu *gpu, const struct row *row, const VkImageCreateInfo *info, VkDeviceMemory memory) {
	static uint8_t got[SIDE * SIDE][4];
	struct tongs_texture *texture = handle_of(gpu, memory, MTLTEXTURE);
	const float depth = 0.25f;
	if (row->samples > 1 || row->format == VK_FORMAT_D32_SFLOAT_S8_UINT)
		return;
	/* Nothing but attachments of passes reaches it. */
	if (row->usage & USAGE(TRANSIENT_ATTACHMENT) && is_private(tongs_texture_get_resource(texture)))
		return;
	assert_true(metal_read_image(gpu, texture, info, got));
	for (int i = 0; i < SIDE * SIDE; i++)
		assert_memory_equal(got[i], is_color(row->format) ? clear_bytes : (const uint8_t *)&depth, 4);
}

static void drawn_into_without_naming_images(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *row = &rows[i];
		VkImageCreateInfo info;
		VkImage image = make_attachment(&gpu, row, &info);
		if (!image)
			continue;
		VkDeviceMemory memory = export_for_image(&gpu, image, MTLTEXTURE);
		const VkImageViewCreateInfo view_info = {
			.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
			.image = image,
			.viewType = VK_IMAGE_VIEW_TYPE_2D,
			.format = row->format,
			.subresourceRange = {aspects_of(row->format), 0, 1, 0, 1},
		};
		VkImageView view;
		assert_vk(vkCreateImageView(gpu.device, &view_info, NULL, &view));
		VkRenderPass pass = make_pass(&gpu, row);
		VkFramebuffer framebuffer = make_framebuffer(&gpu, row, pass);
		clear_in_pass(&gpu, row, pass, framebuffer, view);
		read_in_metal(&gpu, row, &info, memory);
		if (gpu.errors_below)
			fail_msg("row %zu", i);
		vkDestroyFramebuffer(gpu.device, framebuffer, NULL);
		vkDestroyRenderPass(gpu.device, pass, NULL);
		vkDestroyImageView(gpu.device, view, NULL);
		vkDestroyImage(gpu.device, image, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
	}
	gpu_finish(&gpu);
}

/* Views say what they are used for, or have what their image has: for each aspect what it has. */
static void views_of_all_usages(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		VkImageCreateInfo info;
		VkImage image = make_attachment(&gpu, &rows[i], &info);
		if (!image)
			continue;
		VkDeviceMemory memory = export_for_image(&gpu, image, MTLTEXTURE);
		VkImageAspectFlags all = aspects_of(rows[i].format);
		for (VkImageAspectFlags aspects = 1; aspects <= all; aspects++) {
			if (aspects & ~all)
				continue;
			const VkImageUsageFlags own = rows[i].usage, stencil = rows[i].stencil_usage;
			const VkImageUsageFlags usage = !stencil                                 ? own
							: aspects == VK_IMAGE_ASPECT_STENCIL_BIT ? stencil
							: aspects & VK_IMAGE_ASPECT_STENCIL_BIT  ? own & stencil
												 : own;
			const VkImageViewUsageCreateInfo said = {
				.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_USAGE_CREATE_INFO,
				.usage = usage,
			};
			for (int explicit = 0; explicit < 2; explicit ++) {
				const VkImageViewCreateInfo view_info = {
					.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
					.pNext = explicit ? &said : NULL,
					.image = image,
					.viewType = VK_IMAGE_VIEW_TYPE_2D,
					.format = rows[i].format,
					.subresourceRange = {aspects, 0, 1, 0, 1},
				};
				VkImageView view;
				assert_vk(vkCreateImageView(gpu.device, &view_info, NULL, &view));
				vkDestroyImageView(gpu.device, view, NULL);
			}
		}
		if (gpu.errors_below)
			fail_msg("row %zu", i);
		vkDestroyImage(gpu.device, image, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
	}
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drawn_into_without_naming_images),
		cmocka_unit_test(views_of_all_usages),
	};
	return cmocka_run_group_tests_name("layer: framebuffers", tests, NULL, NULL);
}
