/* SPDX-License-Identifier: MIT */
/* Views, shaders and layouts of pipelines, and computing on shared images. */
#include "pipelines.h"

VkImageView make_view(struct gpu *gpu, VkImage image, VkImageViewType type, VkFormat format, uint32_t first_level,
	uint32_t level_count) {
	const VkImageViewCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
		.image = image,
		.viewType = type,
		.format = format,
		.subresourceRange = {tongs_format_from_vk(format)->aspects, first_level, level_count, 0,
			VK_REMAINING_ARRAY_LAYERS},
	};
	VkImageView view;
	assert_vk(vkCreateImageView(gpu->device, &info, NULL, &view));
	return view;
}

VkShaderModule make_module(struct gpu *gpu, struct shader shader) {
	const VkShaderModuleCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
		.codeSize = shader.size,
		.pCode = shader.code,
	};
	VkShaderModule module;
	assert_vk(vkCreateShaderModule(gpu->device, &info, NULL, &module));
	return module;
}

VkPipelineLayout make_layout(struct gpu *gpu, VkShaderStageFlags stages, const VkDescriptorSetLayout *set_layout) {
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

VkPipeline make_graphics_pipeline(
	struct gpu *gpu, const VkGraphicsPipelineCreateInfo *info, const VkViewport *viewport) {
	const VkPipelineVertexInputStateCreateInfo no_input = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO,
	};
	const VkPipelineInputAssemblyStateCreateInfo triangles = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO,
		.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST,
	};
	const VkRect2D scissor = {{0, 0}, {(uint32_t)viewport->width, (uint32_t)viewport->height}};
	const VkPipelineViewportStateCreateInfo viewports = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO,
		.viewportCount = 1,
		.pViewports = viewport,
		.scissorCount = 1,
		.pScissors = &scissor,
	};
	const VkPipelineRasterizationStateCreateInfo rasterization = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO,
		.lineWidth = 1,
	};
	VkGraphicsPipelineCreateInfo create = *info;
	VkPipeline pipeline;
	create.pVertexInputState = &no_input;
	create.pInputAssemblyState = &triangles;
	create.pViewportState = &viewports;
	create.pRasterizationState = &rasterization;
	assert_vk(vkCreateGraphicsPipelines(gpu->device, VK_NULL_HANDLE, 1, &create, NULL, &pipeline));
	for (uint32_t i = 0; i < info->stageCount; i++)
		vkDestroyShaderModule(gpu->device, info->pStages[i].module, NULL);
	return pipeline;
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
