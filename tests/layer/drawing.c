/* SPDX-License-Identifier: MIT */
/* Drawing into images, in a render pass or without one. */
#include "drawing.h"

#include "screen_vert.h"

enum { COLOR, DEPTH, SECOND, RESOLVE, ATTACHMENTS };

/* The attachments that a drawing has, in the order above, and where each of them is among them. */
struct attachments {
	uint32_t count, index[ATTACHMENTS]; /* VK_ATTACHMENT_UNUSED: it has none */
	VkFormat formats[ATTACHMENTS];
	VkImageView views[ATTACHMENTS];
};

static void attachments_init(struct gpu *gpu, const struct drawing_info *info, struct attachments *attachments) {
	const struct {
		VkImage image;
		VkFormat format;
	} all[ATTACHMENTS] = {
		[COLOR] = {info->color, info->color_format},
		[DEPTH] = {info->depth, info->depth_format},
		[SECOND] = {info->second, info->second_format},
		[RESOLVE] = {info->resolve, info->color_format},
	};
	attachments->count = 0;
	for (int i = 0; i < ATTACHMENTS; i++) {
		attachments->index[i] = all[i].image ? attachments->count : VK_ATTACHMENT_UNUSED;
		if (!all[i].image)
			continue;
		attachments->formats[attachments->count] = all[i].format;
		attachments->views[attachments->count++] =
			make_view(gpu, all[i].image, VK_IMAGE_VIEW_TYPE_2D, all[i].format, 0, 1);
	}
}

static VkImageView view_of(const struct attachments *attachments, int i) {
	return attachments->index[i] == VK_ATTACHMENT_UNUSED ? VK_NULL_HANDLE
							     : attachments->views[attachments->index[i]];
}

static VkSampleCountFlagBits sample_count(const struct drawing_info *info) {
	return info->samples ? info->samples : VK_SAMPLE_COUNT_1_BIT;
}

static VkAttachmentLoadOp load_of(const struct drawing_info *info, int attachment) {
	if (attachment == RESOLVE)
		return VK_ATTACHMENT_LOAD_OP_DONT_CARE;
	return attachment == DEPTH && info->load == VK_ATTACHMENT_LOAD_OP_DONT_CARE ? VK_ATTACHMENT_LOAD_OP_CLEAR
										    : info->load;
}

static VkRenderPass make_pass(struct gpu *gpu, const struct drawing_info *info, const struct attachments *attachments) {
	VkAttachmentDescription descriptions[ATTACHMENTS];
	VkAttachmentReference references[ATTACHMENTS];
	for (int i = 0; i < ATTACHMENTS; i++) {
		const uint32_t index = attachments->index[i];
		references[i] = (VkAttachmentReference){index, VK_IMAGE_LAYOUT_GENERAL};
		if (index == VK_ATTACHMENT_UNUSED)
			continue;
		descriptions[index] = (VkAttachmentDescription){
			.format = attachments->formats[index],
			.samples = i == RESOLVE ? VK_SAMPLE_COUNT_1_BIT : sample_count(info),
			.loadOp = load_of(info, i),
			.stencilLoadOp = load_of(info, i),
			.initialLayout = VK_IMAGE_LAYOUT_GENERAL,
			.finalLayout = VK_IMAGE_LAYOUT_GENERAL,
		};
	}
	const VkAttachmentReference colors[] = {references[COLOR], references[SECOND]};
	const VkAttachmentReference resolves[] = {references[RESOLVE], {VK_ATTACHMENT_UNUSED, 0}};
	const VkSubpassDescription subpass = {
		.colorAttachmentCount = info->second ? 2 : 1,
		.pColorAttachments = colors,
		.pResolveAttachments = info->resolve ? resolves : NULL,
		.pDepthStencilAttachment = &references[DEPTH],
	};
	const VkRenderPassCreateInfo create = {
		.sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
		.attachmentCount = attachments->count,
		.pAttachments = descriptions,
		.subpassCount = 1,
		.pSubpasses = &subpass,
	};
	VkRenderPass pass;
	assert_vk(vkCreateRenderPass(gpu->device, &create, NULL, &pass));
	return pass;
}

static VkPipeline make_graphics(
	struct gpu *gpu, const struct drawing_info *info, VkRenderPass pass, VkPipelineLayout layout) {
	const VkPipelineShaderStageCreateInfo stages[] = {
		{.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
			.stage = VK_SHADER_STAGE_VERTEX_BIT,
			.module = make_module(gpu, (struct shader)SHADER(screen_vert)),
			.pName = "main"},
		{.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
			.stage = VK_SHADER_STAGE_FRAGMENT_BIT,
			.module = make_module(gpu, info->fragment),
			.pName = "main"},
	};
	const VkViewport viewport = {0, 0, (float)info->extent.width, (float)info->extent.height, 0, 1};
	const VkPipelineMultisampleStateCreateInfo samples = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO,
		.rasterizationSamples = sample_count(info),
	};
	const VkPipelineDepthStencilStateCreateInfo depth = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_DEPTH_STENCIL_STATE_CREATE_INFO,
		.depthTestEnable = VK_TRUE,
		.depthWriteEnable = VK_TRUE,
		.depthCompareOp = VK_COMPARE_OP_LESS,
	};
	const VkPipelineColorBlendAttachmentState add = {
		.blendEnable = info->blend,
		.srcColorBlendFactor = VK_BLEND_FACTOR_ONE,
		.dstColorBlendFactor = VK_BLEND_FACTOR_ONE,
		.srcAlphaBlendFactor = VK_BLEND_FACTOR_ONE,
		.dstAlphaBlendFactor = VK_BLEND_FACTOR_ONE,
		.colorWriteMask = 0xf,
	};
	const VkPipelineColorBlendAttachmentState blends[] = {add, add};
	const VkPipelineColorBlendStateCreateInfo blend = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO,
		.attachmentCount = info->second ? 2 : 1,
		.pAttachments = blends,
	};
	const VkDynamicState scissor = VK_DYNAMIC_STATE_SCISSOR;
	const VkPipelineDynamicStateCreateInfo dynamic = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO,
		.dynamicStateCount = 1,
		.pDynamicStates = &scissor,
	};
	const VkFormat formats[] = {info->color_format, info->second_format};
	const bool has_stencil = tongs_format_from_vk(info->depth_format)->aspects & VK_IMAGE_ASPECT_STENCIL_BIT;
	const VkPipelineRenderingCreateInfo rendering = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO,
		.colorAttachmentCount = info->second ? 2 : 1,
		.pColorAttachmentFormats = formats,
		.depthAttachmentFormat = info->depth_format,
		.stencilAttachmentFormat = has_stencil ? info->depth_format : VK_FORMAT_UNDEFINED,
	};
	const VkGraphicsPipelineCreateInfo create = {
		.sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
		.pNext = info->dynamic ? &rendering : NULL,
		.stageCount = 2,
		.pStages = stages,
		.pMultisampleState = &samples,
		.pDepthStencilState = &depth,
		.pColorBlendState = &blend,
		.pDynamicState = &dynamic,
		.layout = layout,
		.renderPass = pass,
	};
	return make_graphics_pipeline(gpu, &create, &viewport);
}

static VkFramebuffer make_framebuffer(
	struct gpu *gpu, const struct drawing_info *info, const struct attachments *attachments, VkRenderPass pass) {
	const VkFramebufferCreateInfo create = {
		.sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
		.renderPass = pass,
		.attachmentCount = attachments->count,
		.pAttachments = attachments->views,
		.width = info->extent.width,
		.height = info->extent.height,
		.layers = 1,
	};
	VkFramebuffer framebuffer;
	assert_vk(vkCreateFramebuffer(gpu->device, &create, NULL, &framebuffer));
	return framebuffer;
}

static void begin_pass(
	VkCommandBuffer commands, const struct drawing_info *info, VkRenderPass pass, VkFramebuffer framebuffer) {
	const VkClearValue clear[] = {info->clear[0], info->clear[1], info->clear[0]};
	const VkRenderPassBeginInfo pass_info = {
		.sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
		.renderPass = pass,
		.framebuffer = framebuffer,
		.renderArea = {{0, 0}, info->extent},
		.clearValueCount = 3,
		.pClearValues = clear,
	};
	vkCmdBeginRenderPass(commands, &pass_info, VK_SUBPASS_CONTENTS_INLINE);
}

static void begin_rendering(
	VkCommandBuffer commands, const struct drawing_info *info, const struct attachments *attachments) {
	const struct tongs_format *color = tongs_format_from_vk(info->color_format);
	const bool is_integer =
		color->numeric_format == TONGS_NUMERIC_UINT || color->numeric_format == TONGS_NUMERIC_SINT;
	VkRenderingAttachmentInfo each[ATTACHMENTS];
	for (int i = 0; i < ATTACHMENTS; i++)
		each[i] = (VkRenderingAttachmentInfo){
			.sType = VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO,
			.imageView = view_of(attachments, i),
			.imageLayout = VK_IMAGE_LAYOUT_GENERAL,
			.loadOp = load_of(info, i),
			.clearValue = info->clear[i == DEPTH],
		};
	if (info->resolve) {
		each[COLOR].resolveMode = is_integer ? VK_RESOLVE_MODE_SAMPLE_ZERO_BIT : VK_RESOLVE_MODE_AVERAGE_BIT;
		each[COLOR].resolveImageView = view_of(attachments, RESOLVE);
		each[COLOR].resolveImageLayout = VK_IMAGE_LAYOUT_GENERAL;
	}
	const VkRenderingAttachmentInfo colors[] = {each[COLOR], each[SECOND]};
	const bool has_stencil = tongs_format_from_vk(info->depth_format)->aspects & VK_IMAGE_ASPECT_STENCIL_BIT;
	const VkRenderingInfo rendering = {
		.sType = VK_STRUCTURE_TYPE_RENDERING_INFO,
		.renderArea = {{0, 0}, info->extent},
		.layerCount = 1,
		.colorAttachmentCount = info->second ? 2 : 1,
		.pColorAttachments = colors,
		.pDepthAttachment = &each[DEPTH],
		.pStencilAttachment = has_stencil ? &each[DEPTH] : NULL,
	};
	vkCmdBeginRendering(commands, &rendering);
}

void draw(struct gpu *gpu, const struct drawing_info *info, const struct draw *draws, size_t count) {
	struct attachments attachments;
	attachments_init(gpu, info, &attachments);
	VkRenderPass pass = info->dynamic ? VK_NULL_HANDLE : make_pass(gpu, info, &attachments);
	VkFramebuffer framebuffer = info->dynamic ? VK_NULL_HANDLE : make_framebuffer(gpu, info, &attachments, pass);
	VkPipelineLayout layout = make_layout(gpu, VK_SHADER_STAGE_FRAGMENT_BIT, NULL);
	VkPipeline pipeline = make_graphics(gpu, info, pass, layout);
	VkCommandBuffer commands = begin(gpu);
	if (info->dynamic)
		begin_rendering(commands, info, &attachments);
	else
		begin_pass(commands, info, pass, framebuffer);
	vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, pipeline);
	for (size_t i = 0; i < count; i++) {
		vkCmdSetScissor(commands, 0, 1, &draws[i].scissor);
		vkCmdPushConstants(commands, layout, VK_SHADER_STAGE_FRAGMENT_BIT, 0, sizeof(struct constants),
			&draws[i].constants);
		vkCmdDraw(commands, 3, 1, 0, 0);
	}
	if (info->dynamic)
		vkCmdEndRendering(commands);
	else
		vkCmdEndRenderPass(commands);
	submit(gpu, commands);
	vkDestroyFramebuffer(gpu->device, framebuffer, NULL);
	vkDestroyPipeline(gpu->device, pipeline, NULL);
	vkDestroyPipelineLayout(gpu->device, layout, NULL);
	vkDestroyRenderPass(gpu->device, pass, NULL);
	for (uint32_t i = 0; i < attachments.count; i++)
		vkDestroyImageView(gpu->device, attachments.views[i], NULL);
}
