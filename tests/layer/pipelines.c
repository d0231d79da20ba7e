/* SPDX-License-Identifier: MIT */
/* Drawing into shared images and computing on them. */
#include "pipelines.h"

#include "screen_vert.h"

VkImageView make_view(struct gpu *gpu, VkImage image, VkImageViewType type, VkFormat format, uint32_t first_level,
	uint32_t level_count) {
	const bool depth = format == VK_FORMAT_D16_UNORM || format == VK_FORMAT_D32_SFLOAT;
	const VkImageViewCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
		.image = image,
		.viewType = type,
		.format = format,
		.subresourceRange = {depth ? VK_IMAGE_ASPECT_DEPTH_BIT : VK_IMAGE_ASPECT_COLOR_BIT, first_level,
			level_count, 0, VK_REMAINING_ARRAY_LAYERS},
	};
	VkImageView view;
	assert_vk(vkCreateImageView(gpu->device, &info, NULL, &view));
	return view;
}

static VkShaderModule make_module(struct gpu *gpu, struct shader shader) {
	const VkShaderModuleCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
		.codeSize = shader.size,
		.pCode = shader.code,
	};
	VkShaderModule module;
	assert_vk(vkCreateShaderModule(gpu->device, &info, NULL, &module));
	return module;
}

static VkPipelineLayout make_layout(
	struct gpu *gpu, VkShaderStageFlags stages, const VkDescriptorSetLayout *set_layout) {
	const VkPushConstantRange range = {stages, 0, sizeof(struct constants)};
	const VkPipelineLayoutCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
		.setLayoutCount = set_layout ? 1 : 0,
		.pSetLayouts = set_layout,
		.pushConstantRangeCount = 1,
		.pPushConstantRanges = &range,
	};
	VkPipelineLayout layout;
	assert_vk(vkCreatePipelineLayout(gpu->device, &info, NULL, &layout));
	return layout;
}

static VkSampleCountFlagBits sample_count(const struct drawing_info *info) {
	return info->samples ? info->samples : VK_SAMPLE_COUNT_1_BIT;
}

static VkRenderPass make_pass(struct gpu *gpu, const struct drawing_info *info) {
	enum { COLOR, DEPTH, RESOLVE, COUNT };
	VkAttachmentDescription attachments[COUNT];
	for (int i = 0; i < COUNT; i++)
		attachments[i] = (VkAttachmentDescription){
			.format = i == DEPTH ? info->depth_format : info->color_format,
			.samples = i == RESOLVE ? VK_SAMPLE_COUNT_1_BIT : sample_count(info),
			.loadOp = i == RESOLVE ? VK_ATTACHMENT_LOAD_OP_DONT_CARE : info->load,
			.stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE,
			.stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE,
			.initialLayout = VK_IMAGE_LAYOUT_GENERAL,
			.finalLayout = VK_IMAGE_LAYOUT_GENERAL,
		};
	const VkAttachmentReference references[COUNT] = {
		{COLOR, VK_IMAGE_LAYOUT_GENERAL}, {DEPTH, VK_IMAGE_LAYOUT_GENERAL}, {RESOLVE, VK_IMAGE_LAYOUT_GENERAL}};
	const VkSubpassDescription subpass = {
		.colorAttachmentCount = 1,
		.pColorAttachments = &references[COLOR],
		.pResolveAttachments = info->resolve ? &references[RESOLVE] : NULL,
		.pDepthStencilAttachment = &references[DEPTH],
	};
	const VkRenderPassCreateInfo create = {
		.sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
		.attachmentCount = info->resolve ? COUNT : RESOLVE,
		.pAttachments = attachments,
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
	const VkPipelineVertexInputStateCreateInfo no_input = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO,
	};
	const VkPipelineInputAssemblyStateCreateInfo triangles = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO,
		.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST,
	};
	const VkViewport viewport = {0, 0, (float)info->extent.width, (float)info->extent.height, 0, 1};
	const VkPipelineViewportStateCreateInfo viewports = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO,
		.viewportCount = 1,
		.pViewports = &viewport,
		.scissorCount = 1,
	};
	const VkPipelineRasterizationStateCreateInfo rasterization = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO,
		.lineWidth = 1,
	};
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
	const VkPipelineColorBlendStateCreateInfo blend = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO,
		.attachmentCount = 1,
		.pAttachments = &add,
	};
	const VkDynamicState scissor = VK_DYNAMIC_STATE_SCISSOR;
	const VkPipelineDynamicStateCreateInfo dynamic = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO,
		.dynamicStateCount = 1,
		.pDynamicStates = &scissor,
	};
	const VkGraphicsPipelineCreateInfo create = {
		.sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
		.stageCount = 2,
		.pStages = stages,
		.pVertexInputState = &no_input,
		.pInputAssemblyState = &triangles,
		.pViewportState = &viewports,
		.pRasterizationState = &rasterization,
		.pMultisampleState = &samples,
		.pDepthStencilState = &depth,
		.pColorBlendState = &blend,
		.pDynamicState = &dynamic,
		.layout = layout,
		.renderPass = pass,
	};
	VkPipeline pipeline;
	assert_vk(vkCreateGraphicsPipelines(gpu->device, VK_NULL_HANDLE, 1, &create, NULL, &pipeline));
	for (int i = 0; i < 2; i++)
		vkDestroyShaderModule(gpu->device, stages[i].module, NULL);
	return pipeline;
}

void draw(struct gpu *gpu, const struct drawing_info *info, const struct draw *draws, size_t count) {
	const VkImageView views[] = {
		make_view(gpu, info->color, VK_IMAGE_VIEW_TYPE_2D, info->color_format, 0, 1),
		make_view(gpu, info->depth, VK_IMAGE_VIEW_TYPE_2D, info->depth_format, 0, 1),
		info->resolve ? make_view(gpu, info->resolve, VK_IMAGE_VIEW_TYPE_2D, info->color_format, 0, 1)
			      : VK_NULL_HANDLE,
	};
	const uint32_t view_count = info->resolve ? 3 : 2;
	VkRenderPass pass = make_pass(gpu, info);
	VkPipelineLayout layout = make_layout(gpu, VK_SHADER_STAGE_FRAGMENT_BIT, NULL);
	VkPipeline pipeline = make_graphics(gpu, info, pass, layout);
	const VkFramebufferCreateInfo framebuffer_info = {
		.sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
		.renderPass = pass,
		.attachmentCount = view_count,
		.pAttachments = views,
		.width = info->extent.width,
		.height = info->extent.height,
		.layers = 1,
	};
	VkFramebuffer framebuffer;
	assert_vk(vkCreateFramebuffer(gpu->device, &framebuffer_info, NULL, &framebuffer));
	const VkRenderPassBeginInfo pass_info = {
		.sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
		.renderPass = pass,
		.framebuffer = framebuffer,
		.renderArea = {{0, 0}, info->extent},
		.clearValueCount = 2,
		.pClearValues = info->clear,
	};
	VkCommandBuffer commands = begin(gpu);
	vkCmdBeginRenderPass(commands, &pass_info, VK_SUBPASS_CONTENTS_INLINE);
	vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, pipeline);
	for (size_t i = 0; i < count; i++) {
		vkCmdSetScissor(commands, 0, 1, &draws[i].scissor);
		vkCmdPushConstants(commands, layout, VK_SHADER_STAGE_FRAGMENT_BIT, 0, sizeof(struct constants),
			&draws[i].constants);
		vkCmdDraw(commands, 3, 1, 0, 0);
	}
	vkCmdEndRenderPass(commands);
	submit(gpu, commands);
	vkDestroyFramebuffer(gpu->device, framebuffer, NULL);
	vkDestroyPipeline(gpu->device, pipeline, NULL);
	vkDestroyPipelineLayout(gpu->device, layout, NULL);
	vkDestroyRenderPass(gpu->device, pass, NULL);
	for (uint32_t i = 0; i < view_count; i++)
		vkDestroyImageView(gpu->device, views[i], NULL);
}

/* One set of an image and, unless it is for storage, a sampler and the buffer that takes its texels. */
struct descriptors {
	VkSampler sampler;
	VkDescriptorSetLayout layout;
	VkDescriptorPool pool;
	VkDescriptorSet set;
};

static void descriptors_init(struct gpu *gpu, const struct compute_info *info, struct descriptors *descriptors) {
	const VkDescriptorType types[] = {
		info->buffer ? VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER : VK_DESCRIPTOR_TYPE_STORAGE_IMAGE,
		VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
	};
	const uint32_t count = info->buffer ? 2 : 1;
	const VkSamplerCreateInfo nearest = {
		.sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO,
		.maxLod = VK_LOD_CLAMP_NONE,
	};
	assert_vk(vkCreateSampler(gpu->device, &nearest, NULL, &descriptors->sampler));
	VkDescriptorSetLayoutBinding bindings[2];
	VkDescriptorPoolSize sizes[2];
	for (uint32_t i = 0; i < 2; i++) {
		bindings[i] = (VkDescriptorSetLayoutBinding){
			.binding = i,
			.descriptorType = types[i],
			.descriptorCount = 1,
			.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
		};
		sizes[i] = (VkDescriptorPoolSize){types[i], 1};
	}
	const VkDescriptorSetLayoutCreateInfo layout = {
		.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
		.bindingCount = count,
		.pBindings = bindings,
	};
	assert_vk(vkCreateDescriptorSetLayout(gpu->device, &layout, NULL, &descriptors->layout));
	const VkDescriptorPoolCreateInfo pool = {
		.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
		.maxSets = 1,
		.poolSizeCount = count,
		.pPoolSizes = sizes,
	};
	assert_vk(vkCreateDescriptorPool(gpu->device, &pool, NULL, &descriptors->pool));
	const VkDescriptorSetAllocateInfo allocate = {
		.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
		.descriptorPool = descriptors->pool,
		.descriptorSetCount = 1,
		.pSetLayouts = &descriptors->layout,
	};
	assert_vk(vkAllocateDescriptorSets(gpu->device, &allocate, &descriptors->set));
	const VkDescriptorImageInfo image = {descriptors->sampler, info->view, VK_IMAGE_LAYOUT_GENERAL};
	const VkDescriptorBufferInfo buffer = {info->buffer, 0, VK_WHOLE_SIZE};
	VkWriteDescriptorSet writes[2];
	for (uint32_t i = 0; i < 2; i++)
		writes[i] = (VkWriteDescriptorSet){
			.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
			.dstSet = descriptors->set,
			.dstBinding = i,
			.descriptorCount = 1,
			.descriptorType = types[i],
			.pImageInfo = &image,
			.pBufferInfo = &buffer,
		};
	vkUpdateDescriptorSets(gpu->device, count, writes, 0, NULL);
}

static void descriptors_finish(struct gpu *gpu, struct descriptors *descriptors) {
	vkDestroyDescriptorPool(gpu->device, descriptors->pool, NULL);
	vkDestroyDescriptorSetLayout(gpu->device, descriptors->layout, NULL);
	vkDestroySampler(gpu->device, descriptors->sampler, NULL);
}

void compute(struct gpu *gpu, const struct compute_info *info) {
	struct descriptors descriptors;
	descriptors_init(gpu, info, &descriptors);
	VkPipelineLayout layout = make_layout(gpu, VK_SHADER_STAGE_COMPUTE_BIT, &descriptors.layout);
	const VkComputePipelineCreateInfo create = {
		.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
		.stage =
			{
				.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
				.stage = VK_SHADER_STAGE_COMPUTE_BIT,
				.module = make_module(gpu, info->shader),
				.pName = "main",
			},
		.layout = layout,
	};
	VkPipeline pipeline;
	assert_vk(vkCreateComputePipelines(gpu->device, VK_NULL_HANDLE, 1, &create, NULL, &pipeline));
	VkCommandBuffer commands = begin(gpu);
	vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
	vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, 1, &descriptors.set, 0, NULL);
	vkCmdPushConstants(commands, layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(info->constants), &info->constants);
	vkCmdDispatch(commands, (info->extent.width + 7) / 8, (info->extent.height + 7) / 8, info->extent.depth);
	submit(gpu, commands);
	vkDestroyPipeline(gpu->device, pipeline, NULL);
	vkDestroyShaderModule(gpu->device, create.stage.module, NULL);
	vkDestroyPipelineLayout(gpu->device, layout, NULL);
	descriptors_finish(gpu, &descriptors);
}
