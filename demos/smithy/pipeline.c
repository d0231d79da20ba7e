/* SPDX-License-Identifier: MIT */
/* Making graphics and compute pipelines. */
#include "pipeline.h"

#include "mesh.h"

static bool create_module(const struct tongs_context *context, struct tongs_shader shader, VkShaderModule *module) {
	return tongs_vulkan_ok(vkCreateShaderModule(context->device,
				       &(VkShaderModuleCreateInfo){
					       .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
					       .codeSize = shader.size,
					       .pCode = shader.code,
				       },
				       NULL, module),
		"vkCreateShaderModule");
}

static const VkPipelineVertexInputStateCreateInfo vertex_input = {
	.sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO,
	.vertexBindingDescriptionCount = 1,
	.pVertexBindingDescriptions =
		(const VkVertexInputBindingDescription[]){
			{0, sizeof(struct tongs_vertex), VK_VERTEX_INPUT_RATE_VERTEX},
		},
	.vertexAttributeDescriptionCount = 4,
	.pVertexAttributeDescriptions =
		(const VkVertexInputAttributeDescription[]){
			{0, 0, VK_FORMAT_R32G32B32_SFLOAT, offsetof(struct tongs_vertex, position)},
			{1, 0, VK_FORMAT_R32G32B32_SFLOAT, offsetof(struct tongs_vertex, normal)},
			{2, 0, VK_FORMAT_R32_SFLOAT, offsetof(struct tongs_vertex, material)},
			{3, 0, VK_FORMAT_R32_SFLOAT, offsetof(struct tongs_vertex, heat)},
		},
};

static const VkPipelineInputAssemblyStateCreateInfo triangles = {
	.sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO,
	.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST,
};

static const VkPipelineDepthStencilStateCreateInfo depth_test = {
	.sType = VK_STRUCTURE_TYPE_PIPELINE_DEPTH_STENCIL_STATE_CREATE_INFO,
	.depthTestEnable = VK_TRUE,
	.depthWriteEnable = VK_TRUE,
	.depthCompareOp = VK_COMPARE_OP_LESS,
};

static const VkPipelineColorBlendStateCreateInfo opaque = {
	.sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO,
	.attachmentCount = 1,
	.pAttachments =
		&(const VkPipelineColorBlendAttachmentState){
			.colorWriteMask = VK_COLOR_COMPONENT_R_BIT | VK_COLOR_COMPONENT_G_BIT |
					  VK_COLOR_COMPONENT_B_BIT | VK_COLOR_COMPONENT_A_BIT,
		},
};

static VkResult create_graphics(const struct tongs_context *context, const struct tongs_pipeline_info *info,
	const VkPipelineShaderStageCreateInfo *stages, VkPipeline *pipeline) {
	const bool has_colour = info->fragment.code;
	const VkViewport viewport = {0, 0, (float)info->extent.width, (float)info->extent.height, 0, 1};
	const VkRect2D scissor = {{0, 0}, info->extent};
	const VkPipelineViewportStateCreateInfo viewports = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO,
		.viewportCount = 1,
		.pViewports = &viewport,
		.scissorCount = 1,
		.pScissors = &scissor,
	};
	const VkPipelineRasterizationStateCreateInfo rasterization = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO,
		.depthBiasEnable = info->depth_bias != 0,
		.depthBiasConstantFactor = info->depth_bias,
		.depthBiasSlopeFactor = info->depth_bias,
		.lineWidth = 1,
	};
	const VkPipelineMultisampleStateCreateInfo multisampling = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO,
		.rasterizationSamples = info->samples,
	};

	return vkCreateGraphicsPipelines(context->device, VK_NULL_HANDLE, 1,
		&(VkGraphicsPipelineCreateInfo){
			.sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
			.stageCount = has_colour ? 2 : 1,
			.pStages = stages,
			.pVertexInputState = &vertex_input,
			.pInputAssemblyState = &triangles,
			.pViewportState = &viewports,
			.pRasterizationState = &rasterization,
			.pMultisampleState = &multisampling,
			.pDepthStencilState = &depth_test,
			.pColorBlendState = has_colour ? &opaque : NULL,
			.layout = info->layout,
			.renderPass = info->pass,
		},
		NULL, pipeline);
}

bool tongs_pipeline_create_graphics(
	const struct tongs_context *context, const struct tongs_pipeline_info *info, VkPipeline *pipeline) {
	VkPipelineShaderStageCreateInfo stages[2] = {
		{
			.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
			.stage = VK_SHADER_STAGE_VERTEX_BIT,
			.pName = "main",
		},
		{
			.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
			.stage = VK_SHADER_STAGE_FRAGMENT_BIT,
			.pName = "main",
		},
	};
	bool done = create_module(context, info->vertex, &stages[0].module) &&
		    (!info->fragment.code || create_module(context, info->fragment, &stages[1].module)) &&
		    tongs_vulkan_ok(create_graphics(context, info, stages, pipeline), "vkCreateGraphicsPipelines");

	vkDestroyShaderModule(context->device, stages[0].module, NULL);
	vkDestroyShaderModule(context->device, stages[1].module, NULL);
	return done;
}

bool tongs_pipeline_create_compute(const struct tongs_context *context, struct tongs_shader shader,
	VkPipelineLayout layout, VkPipeline *pipeline) {
	VkShaderModule module = VK_NULL_HANDLE;
	bool done =
		create_module(context, shader, &module) &&
		tongs_vulkan_ok(
			vkCreateComputePipelines(context->device, VK_NULL_HANDLE, 1,
				&(VkComputePipelineCreateInfo){
					.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
					.stage =
						{
							.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
							.stage = VK_SHADER_STAGE_COMPUTE_BIT,
							.module = module,
							.pName = "main",
						},
					.layout = layout,
				},
				NULL, pipeline),
			"vkCreateComputePipelines");

	vkDestroyShaderModule(context->device, module, NULL);
	return done;
}
