/* SPDX-License-Identifier: MIT */
/* Creates modules, and layouts and sets of one descriptor. */
#include "shader.h"

static bool create_layouts(const struct tongs_context *context, const struct tongs_shader_binding_info *info,
	struct tongs_shader_binding *binding) {
	const VkDescriptorSetLayoutBinding descriptor = {
		.descriptorType = info->type, .descriptorCount = 1, .stageFlags = info->stages};
	const VkDescriptorSetLayoutCreateInfo set_info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
		.bindingCount = 1,
		.pBindings = &descriptor};
	const VkPipelineLayoutCreateInfo layout_info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
		.setLayoutCount = 1,
		.pSetLayouts = &binding->set_layout,
		.pushConstantRangeCount = 1,
		.pPushConstantRanges = &info->constants};

	return TONGS_VULKAN_TRY(vkCreateDescriptorSetLayout, context->device, &set_info, NULL, &binding->set_layout) &&
	       TONGS_VULKAN_TRY(vkCreatePipelineLayout, context->device, &layout_info, NULL, &binding->layout);
}

bool tongs_shader_create_binding(const struct tongs_context *context, const struct tongs_shader_binding_info *info,
	struct tongs_shader_binding *binding) {
	const VkDescriptorPoolSize size = {info->type, 1};
	const VkDescriptorPoolCreateInfo pool_info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
		.maxSets = 1,
		.poolSizeCount = 1,
		.pPoolSizes = &size};

	if (!create_layouts(context, info, binding) ||
		!TONGS_VULKAN_TRY(vkCreateDescriptorPool, context->device, &pool_info, NULL, &binding->pool))
		return false;
	const VkDescriptorSetAllocateInfo set_info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
		.descriptorPool = binding->pool,
		.descriptorSetCount = 1,
		.pSetLayouts = &binding->set_layout};
	if (!TONGS_VULKAN_TRY(vkAllocateDescriptorSets, context->device, &set_info, &binding->set))
		return false;
	const VkWriteDescriptorSet write = {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
		.dstSet = binding->set,
		.descriptorCount = 1,
		.descriptorType = info->type,
		.pImageInfo = &info->image,
		.pBufferInfo = &info->buffer};
	vkUpdateDescriptorSets(context->device, 1, &write, 0, NULL);
	return true;
}

void tongs_shader_destroy_binding(const struct tongs_context *context, struct tongs_shader_binding *binding) {
	vkDestroyPipelineLayout(context->device, binding->layout, NULL);
	vkDestroyDescriptorPool(context->device, binding->pool, NULL);
	vkDestroyDescriptorSetLayout(context->device, binding->set_layout, NULL);
}

bool tongs_shader_create_module(
	const struct tongs_context *context, const uint32_t *code, size_t size, VkShaderModule *module) {
	const VkShaderModuleCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = size, .pCode = code};

	return TONGS_VULKAN_TRY(vkCreateShaderModule, context->device, &info, NULL, module);
}
