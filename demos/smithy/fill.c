/* SPDX-License-Identifier: MIT */
/* Filling a buffer with numbers, on the CPU and by a compute shader. */
#include "fill.h"

#include "pipeline.h"
#include "client/share.h"

#include "count_comp.h"

static const uint32_t group_size = 64; /* as in count.comp */

static uint32_t get_word(size_t i, uint32_t seed) {
	return (uint32_t)i * 2654435761u + seed;
}

void tongs_fill_words(uint32_t *words, size_t count, uint32_t seed) {
	for (size_t i = 0; i < count; i++)
		words[i] = get_word(i, seed);
}

size_t tongs_fill_count_right(const uint32_t *words, size_t count, uint32_t seed) {
	size_t i = 0;

	while (i < count && words[i] == get_word(i, seed))
		i++;
	return i;
}

struct fill {
	VkDescriptorSetLayout set_layout;
	VkDescriptorPool pool;
	VkDescriptorSet set;
	VkPipelineLayout layout;
	VkPipeline pipeline;
};

static bool create_layouts(const struct tongs_context *context, struct fill *fill) {
	const VkPushConstantRange seed = {VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(uint32_t)};
	const VkDescriptorSetLayoutBinding numbers = {
		.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
		.descriptorCount = 1,
		.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
	};

	return tongs_vulkan_ok(vkCreateDescriptorSetLayout(context->device,
				       &(VkDescriptorSetLayoutCreateInfo){
					       .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
					       .bindingCount = 1,
					       .pBindings = &numbers,
				       },
				       NULL, &fill->set_layout),
		       "vkCreateDescriptorSetLayout") &&
	       tongs_vulkan_ok(vkCreatePipelineLayout(context->device,
				       &(VkPipelineLayoutCreateInfo){
					       .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
					       .setLayoutCount = 1,
					       .pSetLayouts = &fill->set_layout,
					       .pushConstantRangeCount = 1,
					       .pPushConstantRanges = &seed,
				       },
				       NULL, &fill->layout),
		       "vkCreatePipelineLayout");
}

static bool create_set(const struct tongs_context *context, struct fill *fill, VkBuffer buffer) {
	const VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1};

	if (!tongs_vulkan_ok(vkCreateDescriptorPool(context->device,
				     &(VkDescriptorPoolCreateInfo){
					     .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
					     .maxSets = 1,
					     .poolSizeCount = 1,
					     .pPoolSizes = &size,
				     },
				     NULL, &fill->pool),
		    "vkCreateDescriptorPool") ||
		!tongs_vulkan_ok(vkAllocateDescriptorSets(context->device,
					 &(VkDescriptorSetAllocateInfo){
						 .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
						 .descriptorPool = fill->pool,
						 .descriptorSetCount = 1,
						 .pSetLayouts = &fill->set_layout,
					 },
					 &fill->set),
			"vkAllocateDescriptorSets"))
		return false;
	vkUpdateDescriptorSets(context->device, 1,
		&(VkWriteDescriptorSet){
			.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
			.dstSet = fill->set,
			.descriptorCount = 1,
			.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
			.pBufferInfo = &(VkDescriptorBufferInfo){.buffer = buffer, .range = VK_WHOLE_SIZE},
		},
		0, NULL);
	return true;
}

static bool dispatch(const struct tongs_context *context, const struct fill *fill,
	const struct tongs_context_buffer *buffer, uint32_t seed) {
	VkCommandBuffer commands = tongs_context_begin(context);
	uint32_t words = (uint32_t)(buffer->size / sizeof(uint32_t));

	if (!commands)
		return false;
	vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, fill->pipeline);
	vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, fill->layout, 0, 1, &fill->set, 0, NULL);
	vkCmdPushConstants(commands, fill->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof seed, &seed);
	vkCmdDispatch(commands, (words + group_size - 1) / group_size, 1, 1);
	tongs_context_barrier(commands);
	tongs_share_release_buffer(context, commands, buffer->buffer);
	return tongs_context_submit(context, commands);
}

bool tongs_fill_on_gpu(const struct tongs_context *context, const struct tongs_context_buffer *buffer, uint32_t seed) {
	struct fill fill = {0};
	bool done = create_layouts(context, &fill) && create_set(context, &fill, buffer->buffer) &&
		    tongs_pipeline_create_compute(context, TONGS_SHADER(count_comp), fill.layout, &fill.pipeline) &&
		    dispatch(context, &fill, buffer, seed);

	vkDestroyPipeline(context->device, fill.pipeline, NULL);
	vkDestroyPipelineLayout(context->device, fill.layout, NULL);
	vkDestroyDescriptorPool(context->device, fill.pool, NULL);
	vkDestroyDescriptorSetLayout(context->device, fill.set_layout, NULL);
	return done;
}
