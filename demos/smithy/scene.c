/* SPDX-License-Identifier: MIT */
/* Two render passes: the lamp's shadow map, then the picture, multisampled and resolved into the target. */
#include "scene.h"

#include <stdlib.h>
#include <string.h>

#include "mesh.h"
#include "shader.h"
#include "smithy.h"

#include "smithy_frag.h"
#include "smithy_vert.h"

#define DEPTH_FORMAT VK_FORMAT_D32_SFLOAT
#define SAMPLES VK_SAMPLE_COUNT_4_BIT

/* A moment of a stroke, or the smithy at rest. */
struct moment {
	float stroke; /* as in smithy.h */
	uint32_t index_count;
	struct tongs_context_buffer vertices, indices;
};

struct tongs_scene {
	VkExtent2D extent, shadow_extent;
	struct moment *moments;
	uint32_t moment_count;
	struct tongs_context_image shadow, colour, depth;
	VkSampler sampler;
	struct tongs_shader_binding binding; /* the shadow map, and the view as push constants */
	VkShaderModule vertex_shader, fragment_shader;
	VkRenderPass shadow_pass, picture_pass;
	VkFramebuffer shadow_framebuffer, picture_framebuffers[TONGS_SCENE_MAX_TARGETS];
	VkPipeline shadow_pipeline, picture_pipeline;
};

static bool upload(const struct tongs_context *context, const struct tongs_mesh *mesh, struct moment *moment) {
	VkDeviceSize vertex_size = mesh->vertex_count * sizeof *mesh->vertices;
	VkDeviceSize index_size = mesh->index_count * sizeof *mesh->indices;

	if (!tongs_context_create_buffer(context, vertex_size, VK_BUFFER_USAGE_VERTEX_BUFFER_BIT, &moment->vertices) ||
		!tongs_context_create_buffer(context, index_size, VK_BUFFER_USAGE_INDEX_BUFFER_BIT, &moment->indices))
		return false;
	memcpy(moment->vertices.pages, mesh->vertices, vertex_size);
	memcpy(moment->indices.pages, mesh->indices, index_size);
	moment->index_count = mesh->index_count;
	return true;
}

static bool create_moments(const struct tongs_context *context, struct tongs_scene *scene, uint32_t strokes) {
	bool done = true;

	scene->moment_count = strokes ? strokes : 1;
	scene->moments = calloc(scene->moment_count, sizeof *scene->moments);
	if (!scene->moments)
		return tongs_vulkan_report(VK_ERROR_OUT_OF_HOST_MEMORY, "building the scene");
	for (uint32_t i = 0; i < scene->moment_count && done; i++) {
		struct moment *moment = &scene->moments[i];
		struct tongs_mesh mesh = {0};
		moment->stroke = strokes ? (float)i / (float)strokes : TONGS_SMITHY_AT_REST;
		done = tongs_smithy_build(&mesh, moment->stroke)
			       ? upload(context, &mesh, moment)
			       : tongs_vulkan_report(VK_ERROR_OUT_OF_HOST_MEMORY, "building the scene");
		tongs_mesh_finish(&mesh);
	}
	return done;
}

static bool create_images(
	const struct tongs_context *context, struct tongs_scene *scene, VkFormat format, VkExtent2D extent) {
	return tongs_context_create_image(context,
		       &(struct tongs_context_image_info){
			       .format = DEPTH_FORMAT,
			       .extent = scene->shadow_extent,
			       .samples = VK_SAMPLE_COUNT_1_BIT,
			       .usage = VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT | VK_IMAGE_USAGE_SAMPLED_BIT,
			       .aspect = VK_IMAGE_ASPECT_DEPTH_BIT,
		       },
		       &scene->shadow) &&
	       tongs_context_create_image(context,
		       &(struct tongs_context_image_info){
			       .format = format,
			       .extent = extent,
			       .samples = SAMPLES,
			       .usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT,
			       .aspect = VK_IMAGE_ASPECT_COLOR_BIT,
		       },
		       &scene->colour) &&
	       tongs_context_create_image(context,
		       &(struct tongs_context_image_info){
			       .format = DEPTH_FORMAT,
			       .extent = extent,
			       .samples = SAMPLES,
			       .usage = VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT |
					VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT,
			       .aspect = VK_IMAGE_ASPECT_DEPTH_BIT,
		       },
		       &scene->depth);
}

static bool create_shadow_pass(const struct tongs_context *context, struct tongs_scene *scene) {
	const VkAttachmentDescription depth = {
		.format = DEPTH_FORMAT,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
		.storeOp = VK_ATTACHMENT_STORE_OP_STORE,
		.stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE,
		.stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE,
		.initialLayout = VK_IMAGE_LAYOUT_UNDEFINED,
		.finalLayout = VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL,
	};
	const VkSubpassDescription subpass = {
		.pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS,
		.pDepthStencilAttachment =
			&(VkAttachmentReference){0, VK_IMAGE_LAYOUT_DEPTH_STENCIL_ATTACHMENT_OPTIMAL},
	};
	const VkSubpassDependency read_after = {
		.srcSubpass = 0,
		.dstSubpass = VK_SUBPASS_EXTERNAL,
		.srcStageMask = VK_PIPELINE_STAGE_LATE_FRAGMENT_TESTS_BIT,
		.dstStageMask = VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT,
		.srcAccessMask = VK_ACCESS_DEPTH_STENCIL_ATTACHMENT_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_SHADER_READ_BIT,
	};

	return tongs_vulkan_ok(vkCreateRenderPass(context->device,
				       &(VkRenderPassCreateInfo){
					       .sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
					       .attachmentCount = 1,
					       .pAttachments = &depth,
					       .subpassCount = 1,
					       .pSubpasses = &subpass,
					       .dependencyCount = 1,
					       .pDependencies = &read_after,
				       },
				       NULL, &scene->shadow_pass),
		"vkCreateRenderPass");
}

static bool create_picture_pass(const struct tongs_context *context, struct tongs_scene *scene, VkFormat format) {
	enum { COLOUR, DEPTH, TARGET, COUNT };
	VkAttachmentDescription attachments[COUNT] = {
		[COLOUR] = {.format = format,
			.samples = SAMPLES,
			.loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
			.finalLayout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL},
		[DEPTH] = {.format = DEPTH_FORMAT,
			.samples = SAMPLES,
			.loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
			.finalLayout = VK_IMAGE_LAYOUT_DEPTH_STENCIL_ATTACHMENT_OPTIMAL},
		[TARGET] = {.format = format,
			.samples = VK_SAMPLE_COUNT_1_BIT,
			.loadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE,
			.finalLayout = VK_IMAGE_LAYOUT_GENERAL},
	};
	const VkSubpassDescription subpass = {
		.pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS,
		.colorAttachmentCount = 1,
		.pColorAttachments = &(VkAttachmentReference){COLOUR, VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL},
		.pResolveAttachments = &(VkAttachmentReference){TARGET, VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL},
		.pDepthStencilAttachment =
			&(VkAttachmentReference){DEPTH, VK_IMAGE_LAYOUT_DEPTH_STENCIL_ATTACHMENT_OPTIMAL},
	};

	for (int i = 0; i < COUNT; i++) {
		attachments[i].storeOp = i == TARGET ? VK_ATTACHMENT_STORE_OP_STORE : VK_ATTACHMENT_STORE_OP_DONT_CARE;
		attachments[i].stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE;
		attachments[i].stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE;
	}
	return tongs_vulkan_ok(vkCreateRenderPass(context->device,
				       &(VkRenderPassCreateInfo){
					       .sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
					       .attachmentCount = COUNT,
					       .pAttachments = attachments,
					       .subpassCount = 1,
					       .pSubpasses = &subpass,
				       },
				       NULL, &scene->picture_pass),
		"vkCreateRenderPass");
}

static bool create_framebuffer(const struct tongs_context *context, VkRenderPass pass, VkExtent2D extent,
	uint32_t count, const VkImageView *views, VkFramebuffer *framebuffer) {
	return tongs_vulkan_ok(vkCreateFramebuffer(context->device,
				       &(VkFramebufferCreateInfo){
					       .sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
					       .renderPass = pass,
					       .attachmentCount = count,
					       .pAttachments = views,
					       .width = extent.width,
					       .height = extent.height,
					       .layers = 1,
				       },
				       NULL, framebuffer),
		"vkCreateFramebuffer");
}

static bool create_binding(const struct tongs_context *context, struct tongs_scene *scene) {
	const VkSamplerCreateInfo sampler_info = {.sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO,
		.addressModeU = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_BORDER,
		.addressModeV = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_BORDER,
		.addressModeW = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_BORDER,
		.compareEnable = VK_TRUE,
		.compareOp = VK_COMPARE_OP_LESS,
		.borderColor = VK_BORDER_COLOR_FLOAT_OPAQUE_WHITE};

	if (!TONGS_VULKAN_TRY(vkCreateSampler, context->device, &sampler_info, NULL, &scene->sampler))
		return false;
	const struct tongs_shader_binding_info info = {.type = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER,
		.stages = VK_SHADER_STAGE_FRAGMENT_BIT,
		.image = {scene->sampler, scene->shadow.view, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL},
		.constants = {VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT, 0,
			sizeof(struct tongs_smithy_view)}};
	return tongs_shader_create_binding(context, &info, &scene->binding);
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

static VkPipelineShaderStageCreateInfo stage(VkShaderStageFlagBits stage, VkShaderModule module) {
	return (VkPipelineShaderStageCreateInfo){
		.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
		.stage = stage,
		.module = module,
		.pName = "main",
	};
}

/* A pipeline for meshes with a depth test, both sides of the triangles seen. Without a fragment shader it draws depth
 * alone, biased by `depth_bias` units and slopes. */
static VkResult create_pipeline(const struct tongs_context *context, const struct tongs_scene *scene, VkRenderPass pass,
	VkShaderModule fragment, VkExtent2D extent, float depth_bias, VkPipeline *pipeline) {
	const VkPipelineShaderStageCreateInfo stages[] = {
		stage(VK_SHADER_STAGE_VERTEX_BIT, scene->vertex_shader),
		stage(VK_SHADER_STAGE_FRAGMENT_BIT, fragment),
	};
	const VkViewport viewport = {0, 0, (float)extent.width, (float)extent.height, 0, 1};
	const VkRect2D scissor = {{0, 0}, extent};
	const VkPipelineViewportStateCreateInfo viewports = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO,
		.viewportCount = 1,
		.pViewports = &viewport,
		.scissorCount = 1,
		.pScissors = &scissor,
	};
	const VkPipelineRasterizationStateCreateInfo rasterization = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO,
		.depthBiasEnable = depth_bias != 0,
		.depthBiasConstantFactor = depth_bias,
		.depthBiasSlopeFactor = depth_bias,
		.lineWidth = 1,
	};
	const VkPipelineMultisampleStateCreateInfo multisampling = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO,
		.rasterizationSamples = fragment ? SAMPLES : VK_SAMPLE_COUNT_1_BIT,
	};

	return vkCreateGraphicsPipelines(context->device, VK_NULL_HANDLE, 1,
		&(VkGraphicsPipelineCreateInfo){
			.sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
			.stageCount = fragment ? 2 : 1,
			.pStages = stages,
			.pVertexInputState = &vertex_input,
			.pInputAssemblyState = &triangles,
			.pViewportState = &viewports,
			.pRasterizationState = &rasterization,
			.pMultisampleState = &multisampling,
			.pDepthStencilState = &depth_test,
			.pColorBlendState = fragment ? &opaque : NULL,
			.layout = scene->binding.layout,
			.renderPass = pass,
		},
		NULL, pipeline);
}

static bool create_pipelines(const struct tongs_context *context, struct tongs_scene *scene, VkExtent2D extent) {
	return tongs_shader_create_module(context, smithy_vert, sizeof smithy_vert, &scene->vertex_shader) &&
	       tongs_shader_create_module(context, smithy_frag, sizeof smithy_frag, &scene->fragment_shader) &&
	       tongs_vulkan_ok(create_pipeline(context, scene, scene->shadow_pass, VK_NULL_HANDLE, scene->shadow_extent,
				       2, &scene->shadow_pipeline),
		       "vkCreateGraphicsPipelines") &&
	       tongs_vulkan_ok(create_pipeline(context, scene, scene->picture_pass, scene->fragment_shader, extent, 0,
				       &scene->picture_pipeline),
		       "vkCreateGraphicsPipelines");
}

static void draw_pass(VkCommandBuffer commands, const struct tongs_scene *scene, const VkRenderPassBeginInfo *pass,
	VkPipeline pipeline, const struct moment *moment, const struct tongs_smithy_view *view) {
	vkCmdBeginRenderPass(commands, pass, VK_SUBPASS_CONTENTS_INLINE);
	vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, pipeline);
	vkCmdBindDescriptorSets(
		commands, VK_PIPELINE_BIND_POINT_GRAPHICS, scene->binding.layout, 0, 1, &scene->binding.set, 0, NULL);
	vkCmdPushConstants(commands, scene->binding.layout, VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT,
		0, sizeof *view, view);
	vkCmdBindVertexBuffers(commands, 0, 1, &moment->vertices.buffer, &(VkDeviceSize){0});
	vkCmdBindIndexBuffer(commands, moment->indices.buffer, 0, VK_INDEX_TYPE_UINT32);
	vkCmdDrawIndexed(commands, moment->index_count, 1, 0, 0, 0);
	vkCmdEndRenderPass(commands);
}

void tongs_scene_record(const struct tongs_scene *scene, uint32_t target, uint32_t index, VkCommandBuffer commands) {
	const VkExtent2D extent = scene->extent;
	const struct moment *moment = &scene->moments[index];
	const struct tongs_smithy_view lamp = tongs_smithy_get_lamp(moment->stroke);
	const struct tongs_smithy_view camera =
		tongs_smithy_get_camera((float)extent.width / (float)extent.height, moment->stroke);

	draw_pass(commands, scene,
		&(VkRenderPassBeginInfo){
			.sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
			.renderPass = scene->shadow_pass,
			.framebuffer = scene->shadow_framebuffer,
			.renderArea = {{0, 0}, scene->shadow_extent},
			.clearValueCount = 1,
			.pClearValues = &(VkClearValue){.depthStencil = {1, 0}},
		},
		scene->shadow_pipeline, moment, &lamp);
	draw_pass(commands, scene,
		&(VkRenderPassBeginInfo){
			.sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
			.renderPass = scene->picture_pass,
			.framebuffer = scene->picture_framebuffers[target],
			.renderArea = {{0, 0}, extent},
			.clearValueCount = 2,
			.pClearValues = (const VkClearValue[]){{.color = {{0, 0, 0, 1}}}, {.depthStencil = {1, 0}}},
		},
		scene->picture_pipeline, moment, &camera);
}

void tongs_scene_destroy(const struct tongs_context *context, struct tongs_scene *scene) {
	VkDevice device = context->device;

	if (!scene)
		return;
	vkDestroyPipeline(device, scene->picture_pipeline, NULL);
	vkDestroyPipeline(device, scene->shadow_pipeline, NULL);
	vkDestroyShaderModule(device, scene->fragment_shader, NULL);
	vkDestroyShaderModule(device, scene->vertex_shader, NULL);
	for (int i = 0; i < TONGS_SCENE_MAX_TARGETS; i++)
		vkDestroyFramebuffer(device, scene->picture_framebuffers[i], NULL);
	vkDestroyFramebuffer(device, scene->shadow_framebuffer, NULL);
	vkDestroyRenderPass(device, scene->picture_pass, NULL);
	vkDestroyRenderPass(device, scene->shadow_pass, NULL);
	tongs_shader_destroy_binding(context, &scene->binding);
	vkDestroySampler(device, scene->sampler, NULL);
	tongs_context_destroy_image(context, &scene->depth);
	tongs_context_destroy_image(context, &scene->colour);
	tongs_context_destroy_image(context, &scene->shadow);
	for (uint32_t i = 0; scene->moments && i < scene->moment_count; i++) {
		tongs_context_destroy_buffer(context, &scene->moments[i].indices);
		tongs_context_destroy_buffer(context, &scene->moments[i].vertices);
	}
	free(scene->moments);
	free(scene);
}

struct tongs_scene *tongs_scene_create(const struct tongs_context *context, const VkImageView *targets,
	uint32_t target_count, VkFormat format, VkExtent2D extent, uint32_t moments) {
	struct tongs_scene *scene = calloc(1, sizeof *scene);

	if (!scene) {
		tongs_vulkan_report(VK_ERROR_OUT_OF_HOST_MEMORY, "building the scene");
		return NULL;
	}
	scene->extent = extent;
	scene->shadow_extent = moments ? (VkExtent2D){1024, 1024} : (VkExtent2D){2048, 2048};
	bool done = create_moments(context, scene, moments) && create_images(context, scene, format, extent) &&
		    create_shadow_pass(context, scene) && create_picture_pass(context, scene, format) &&
		    create_framebuffer(context, scene->shadow_pass, scene->shadow_extent, 1, &scene->shadow.view,
			    &scene->shadow_framebuffer) &&
		    create_binding(context, scene) && create_pipelines(context, scene, extent);
	for (uint32_t i = 0; i < target_count && done; i++)
		done = create_framebuffer(context, scene->picture_pass, extent, 3,
			(const VkImageView[]){scene->colour.view, scene->depth.view, targets[i]},
			&scene->picture_framebuffers[i]);
	if (done)
		return scene;
	tongs_scene_destroy(context, scene);
	return NULL;
}

bool tongs_scene_render(const struct tongs_context *context, VkImageView target, VkFormat format, VkExtent2D extent) {
	struct tongs_scene *scene = tongs_scene_create(context, &target, 1, format, extent, 0);
	VkCommandBuffer commands = scene ? tongs_context_begin(context) : VK_NULL_HANDLE;

	if (commands)
		tongs_scene_record(scene, 0, 0, commands);
	bool done = commands && tongs_context_submit(context, commands);
	tongs_scene_destroy(context, scene);
	return done;
}
