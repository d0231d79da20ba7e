/* SPDX-License-Identifier: MIT */
/* Shaders, and pipelines made of them. */
#ifndef TONGS_SMITHY_PIPELINE_H
#define TONGS_SMITHY_PIPELINE_H

#include <stddef.h>

#include "client/context.h"

struct tongs_shader {
	const uint32_t *code; /* SPIR-V */
	size_t size;          /* bytes */
};

#define TONGS_SHADER(words) \
	(struct tongs_shader) { \
		words, sizeof words \
	}

/* A pipeline for meshes of struct tongs_vertex with a depth test, both sides of the triangles seen. */
struct tongs_pipeline_info {
	struct tongs_shader vertex;
	struct tongs_shader fragment; /* code NULL: depth alone is drawn */
	VkPipelineLayout layout;
	VkRenderPass pass;
	VkExtent2D extent;
	VkSampleCountFlagBits samples;
	float depth_bias; /* in units and in slopes; 0: none */
};

bool tongs_pipeline_create_graphics(
	const struct tongs_context *context, const struct tongs_pipeline_info *info, VkPipeline *pipeline);
bool tongs_pipeline_create_compute(
	const struct tongs_context *context, struct tongs_shader shader, VkPipelineLayout layout, VkPipeline *pipeline);

#endif
